/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "control/event_log.h"

#include <library.h>
#include <threading/mutex.h>

typedef struct private_mobility_event_log_t private_mobility_event_log_t;

/**
 * Private data of a mobility_event_log_t.
 */
struct private_mobility_event_log_t {

	/**
	 * Public interface.
	 */
	mobility_event_log_t public;

	/**
	 * Records, mobility_event_log_entry_t, the oldest first.
	 */
	array_t *records;

	/**
	 * How many are kept.
	 */
	u_int size;

	/**
	 * Lock for all of it.
	 */
	mutex_t *mutex;
};

METHOD(mobility_event_log_t, add, void,
	private_mobility_event_log_t *this, enum mobility_event_kind_t kind,
	mobility_state_t old, const mobility_status_t *status)
{
	mobility_event_log_entry_t record = {
		.time = kind == MOBILITY_EVENT_MOVE ? status->last_move.time :
											  status->since,
		.kind = kind,
		.session = status->session,
		.old = old,
		.state = status->state,
	};

	if (kind == MOBILITY_EVENT_PATH)
	{
		return;
	}
	if (kind == MOBILITY_EVENT_MOVE)
	{
		record.move = status->last_move;
	}
	snprintf(record.connection, sizeof(record.connection), "%s",
			 status->connection);
	snprintf(record.cause, sizeof(record.cause), "%s", status->cause);
	snprintf(record.uplink, sizeof(record.uplink), "%s", status->uplink);

	this->mutex->lock(this->mutex);
	if (array_count(this->records) == this->size)
	{
		array_remove(this->records, ARRAY_HEAD, NULL);
	}
	array_insert(this->records, ARRAY_TAIL, &record);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_event_log_t, get, array_t*,
	private_mobility_event_log_t *this, const char *connection)
{
	mobility_event_log_entry_t *record;
	enumerator_t *enumerator;
	array_t *records;

	records = array_create(sizeof(mobility_event_log_entry_t), 0);
	this->mutex->lock(this->mutex);
	enumerator = array_create_enumerator(this->records);
	while (enumerator->enumerate(enumerator, &record))
	{
		/* names from elsewhere may be longer than what is kept of them */
		if (!connection || strneq(record->connection, connection,
								  sizeof(record->connection) - 1))
		{
			array_insert(records, ARRAY_TAIL, record);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return records;
}

METHOD(mobility_event_log_t, destroy, void,
	private_mobility_event_log_t *this)
{
	this->mutex->destroy(this->mutex);
	array_destroy(this->records);
	free(this);
}

/*
 * Described in header.
 */
mobility_event_log_t *mobility_event_log_create(u_int size)
{
	private_mobility_event_log_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.get = _get,
			.destroy = _destroy,
		},
		.records = array_create(sizeof(mobility_event_log_entry_t), 0),
		.size = size,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
