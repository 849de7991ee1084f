/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp/sleep_watch.h"

#include <collections/array.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>
#include <utils/debug.h>

typedef struct private_mobility_sleep_watch_t private_mobility_sleep_watch_t;

/**
 * Private data of a mobility_sleep_watch_t object.
 */
struct private_mobility_sleep_watch_t {

	/**
	 * Public interface.
	 */
	mobility_sleep_watch_t public;

	/**
	 * Called when ESP has come.
	 */
	mobility_sleep_watch_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;

	/**
	 * Socket for requests.
	 */
	mobility_xfrm_t *xfrm;

	/**
	 * Socket for events.
	 */
	mobility_xfrm_events_t *events;

	/**
	 * Lock for what follows, a leaf, not held for requests.
	 */
	mutex_t *mutex;

	/**
	 * SAs by SPI, which stays the same if they move: uintptr_t => armed_t*.
	 */
	hashtable_t *armed;
};

/**
 * An SA that is armed.
 */
typedef struct {
	/** number of the session */
	uint32_t number;
	/** highest sequence number that had come before */
	uint64_t seq;
} armed_t;

/**
 * What events say that were read together.
 */
typedef struct {
	/** who has read them */
	private_mobility_sleep_watch_t *watch;
	/** SAs by which packets came, came_t */
	array_t *came;
	/** SAs that nobody is interested in, mobility_sa_id_t */
	array_t *strays;
	/** their SPIs, so that each is there once */
	hashtable_t *seen;
} batch_t;

/**
 * An SA by which a packet came.
 */
typedef struct {
	/** SA */
	mobility_sa_id_t id;
	/** number of the session */
	uint32_t number;
} came_t;

/**
 * Key of an SA in a table.
 */
static void *key(uint32_t spi)
{
	return (void*)(uintptr_t)spi;
}

/**
 * Listen as long as an SA is armed, with the mutex locked.
 */
static void adjust_listening(private_mobility_sleep_watch_t *this)
{
	bool listen = this->armed->get_count(this->armed) > 0;
	int error;

	error = this->events->listen(this->events, listen);
	if (error)
	{
		DBG1(DBG_KNL, "mobility: listening to events of SAs failed, ESP from "
			 "clients that sleep is not heard: %s", strerror(error));
	}
}

/**
 * Remove an SA from the table, with the mutex locked.
 */
static bool remove_armed(private_mobility_sleep_watch_t *this, uint32_t spi)
{
	armed_t *armed = this->armed->remove(this->armed, key(spi));

	free(armed);
	adjust_listening(this);
	return armed != NULL;
}

/**
 * An event has come, with the mutex locked, a mobility_xfrm_events_cb_t.
 */
static void handle_event(void *data, const mobility_sa_t *sa)
{
	batch_t *batch = data;
	private_mobility_sleep_watch_t *this = batch->watch;
	armed_t *armed = this->armed->get(this->armed, key(sa->id.spi));
	came_t came = {
		.id = sa->id,
	};

	if (!armed)
	{
		if (!batch->seen->put(batch->seen, key(sa->id.spi), this))
		{
			array_insert(batch->strays, ARRAY_TAIL, &came.id);
		}
	}
	else if (sa->seq > armed->seq)
	{
		came.number = armed->number;
		array_insert(batch->came, ARRAY_TAIL, &came);
		/* what else there is about it is told no more */
		batch->seen->put(batch->seen, key(sa->id.spi), this);
		remove_armed(this, sa->id.spi);
	}
}

/**
 * Have no more events of an SA.
 */
static int silence(private_mobility_sleep_watch_t *this,
				   const mobility_sa_id_t *id)
{
	return this->xfrm->set_thresholds(this->xfrm, id, 0, MOBILITY_XFRM_RARELY);
}

/**
 * Have no more events of an SA that nobody is interested in.
 */
static void silence_stray(private_mobility_sleep_watch_t *this,
						  const mobility_sa_id_t *id)
{
	mobility_sa_t sa;

	if (this->xfrm->get_sa(this->xfrm, id, &sa) == 0 &&
		sa.threshold > MOBILITY_XFRM_WANTED)
	{
		silence(this, id);
	}
}

/**
 * There are events, a watcher_cb_t.  If some were lost there is another one with
 * the next packet.
 */
static bool receive(void *data, int fd, watcher_event_t event)
{
	private_mobility_sleep_watch_t *this = data;
	mobility_sa_id_t stray;
	came_t came;
	batch_t batch = {
		.watch = this,
		.came = array_create(sizeof(came_t), 0),
		.strays = array_create(sizeof(mobility_sa_id_t), 0),
		.seen = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 8),
	};

	this->mutex->lock(this->mutex);
	this->events->receive(this->events, handle_event, &batch);
	this->mutex->unlock(this->mutex);

	while (array_remove(batch.came, ARRAY_HEAD, &came))
	{	/* packets for it may wait already */
		this->cb(this->data, came.number);
		silence(this, &came.id);
	}
	while (array_remove(batch.strays, ARRAY_HEAD, &stray))
	{
		silence_stray(this, &stray);
	}
	array_destroy(batch.came);
	array_destroy(batch.strays);
	batch.seen->destroy(batch.seen);
	return TRUE;
}

METHOD(mobility_sleep_watch_t, arm, int,
	private_mobility_sleep_watch_t *this, const mobility_sa_id_t *id,
	uint32_t number, uint64_t *seq)
{
	armed_t *armed, *old;
	mobility_sa_t sa;
	int error;

	INIT(armed,
		.number = number,
		.seq = *seq,
	);
	this->mutex->lock(this->mutex);
	old = this->armed->put(this->armed, key(id->spi), armed);
	adjust_listening(this);
	this->mutex->unlock(this->mutex);
	free(old);

	/* what comes from now on makes an event, so nothing is missed in between */
	error = this->xfrm->set_thresholds(this->xfrm, id, 1,
									   MOBILITY_XFRM_RARELY) ?:
			this->xfrm->get_sa(this->xfrm, id, &sa);
	if (error)
	{
		this->mutex->lock(this->mutex);
		remove_armed(this, id->spi);
		this->mutex->unlock(this->mutex);
	}
	else
	{
		*seq = sa.seq;
	}
	return error;
}

METHOD(mobility_sleep_watch_t, disarm, void,
	private_mobility_sleep_watch_t *this, const mobility_sa_id_t *id)
{
	bool armed;

	this->mutex->lock(this->mutex);
	armed = remove_armed(this, id->spi);
	this->mutex->unlock(this->mutex);
	if (armed)
	{
		silence(this, id);
	}
}

METHOD(mobility_sleep_watch_t, forget, void,
	private_mobility_sleep_watch_t *this, uint32_t spi)
{
	this->mutex->lock(this->mutex);
	remove_armed(this, spi);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_sleep_watch_t, destroy, void,
	private_mobility_sleep_watch_t *this)
{
	enumerator_t *enumerator;
	armed_t *armed;

	lib->watcher->remove(lib->watcher, this->events->get_fd(this->events));
	enumerator = this->armed->create_enumerator(this->armed);
	while (enumerator->enumerate(enumerator, NULL, &armed))
	{
		free(armed);
	}
	enumerator->destroy(enumerator);
	this->armed->destroy(this->armed);
	this->events->destroy(this->events);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_sleep_watch_t *mobility_sleep_watch_create(mobility_xfrm_t *xfrm,
											mobility_xfrm_events_t *events,
											mobility_sleep_watch_cb_t cb,
											void *data)
{
	private_mobility_sleep_watch_t *this;

	INIT(this,
		.public = {
			.arm = _arm,
			.disarm = _disarm,
			.forget = _forget,
			.destroy = _destroy,
		},
		.cb = cb,
		.data = data,
		.xfrm = xfrm,
		.events = events,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.armed = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 8),
	);
	/* not those about thresholds that were set */
	events->filter(events, NULL, 0);
	lib->watcher->add(lib->watcher, events->get_fd(events), WATCHER_READ,
					  receive, this);
	return &this->public;
}
