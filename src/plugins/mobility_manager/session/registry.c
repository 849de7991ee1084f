/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/registry.h"
#include "session/session.h"

#include <collections/hashtable.h>
#include <threading/mutex.h>

typedef struct private_mobility_registry_t private_mobility_registry_t;

/**
 * Private data of a mobility_registry_t object.
 */
struct private_mobility_registry_t {

	/**
	 * Public interface.
	 */
	mobility_registry_t public;

	/**
	 * Sessions, mobility_entry_t*.
	 */
	hashtable_t *entries;

	/**
	 * Those that are shown, by number.
	 */
	hashtable_t *numbers;

	/**
	 * Those that have an IKE_SA, or had until it ended, by that.
	 */
	hashtable_t *ike_sas;

	/**
	 * Those whose IKE_SA is going to be replaced, by the other's unique id.
	 */
	hashtable_t *successors;

	/**
	 * Those that have not ended, and don't just follow their peers.
	 */
	hashtable_t *active;

	/**
	 * Locks all of this.
	 */
	mutex_t *mutex;
};

/**
 * Get a number as key of a hashtable.
 */
static inline void *key(uint32_t number)
{
	return (void*)(uintptr_t)number;
}

/**
 * mobility_turn_cb_t, destroy an entry that nobody knows of anymore, with its
 * session.
 */
static void entry_destroy(mobility_turn_t *turn)
{
	mobility_entry_t *entry = (mobility_entry_t*)turn;

	entry->session->destroy(entry->session);
	free(entry->digest.names);
	free(entry);
}

METHOD(mobility_registry_t, for_each, void,
	private_mobility_registry_t *this, mobility_entry_cb_t cb, void *data)
{
	enumerator_t *enumerator;
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		cb(data, entry);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_registry_t, queue_all, void,
	private_mobility_registry_t *this, mobility_work_t work)
{
	mobility_agenda_t *agenda = this->public.agenda;
	enumerator_t *enumerator;
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	enumerator = this->active->create_enumerator(this->active);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		agenda->queue(agenda, &entry->turn, work);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_registry_t, queue_number, void,
	private_mobility_registry_t *this, uint32_t number, mobility_work_t work)
{
	mobility_agenda_t *agenda = this->public.agenda;
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->numbers->get(this->numbers, key(number));
	if (entry)
	{
		agenda->queue(agenda, &entry->turn, work);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Have a session among the active ones if it is, the mutex must be held.
 */
static void set_active(private_mobility_registry_t *this,
					   mobility_entry_t *entry)
{
	if (entry->turn.ended)
	{
		this->active->remove(this->active, entry);
	}
	else if (!entry->session->follows)
	{
		this->active->put(this->active, entry, entry);
	}
}

METHOD(mobility_registry_t, add, mobility_entry_t*,
	private_mobility_registry_t *this, mobility_session_t *session,
	ike_sa_t *ike_sa)
{
	mobility_entry_t *entry;

	INIT(entry,
		.session = session,
		.ike_sa = ike_sa,
	);
	mobility_turn_set_id(&entry->turn, ike_sa->get_id(ike_sa));
	this->mutex->lock(this->mutex);
	this->entries->put(this->entries, entry, entry);
	/* it may have the same as the one of an IKE_SA that it replaces */
	this->numbers->put(this->numbers, key(session->number), entry);
	this->ike_sas->put(this->ike_sas, ike_sa, entry);
	set_active(this, entry);
	this->mutex->unlock(this->mutex);
	return entry;
}

/**
 * There is no work for a session anymore, the mutex must be held.
 */
static void end(private_mobility_registry_t *this, mobility_entry_t *entry)
{
	mobility_agenda_t *agenda = this->public.agenda;

	if (!entry->turn.ended)
	{
		agenda->end(agenda, &entry->turn);
		set_active(this, entry);
	}
}

/**
 * Take a session out of the table, the mutex must be held.
 */
static void remove_entry(private_mobility_registry_t *this,
						 mobility_entry_t *entry)
{
	void *number = key(entry->session->number);

	end(this, entry);
	this->entries->remove(this->entries, entry);
	if (this->numbers->get(this->numbers, number) == entry)
	{
		this->numbers->remove(this->numbers, number);
	}
	this->ike_sas->remove(this->ike_sas, entry->ike_sa);
	this->successors->remove(this->successors, key(entry->successor));
}

/**
 * Have a job destroy a session, the mutex must be held.
 */
static void forget_entry(private_mobility_registry_t *this,
						 mobility_entry_t *entry)
{
	mobility_agenda_t *agenda = this->public.agenda;

	remove_entry(this, entry);
	agenda->forget(agenda, &entry->turn);
}

METHOD(mobility_registry_t, forget, void,
	private_mobility_registry_t *this, mobility_entry_t *entry)
{
	this->mutex->lock(this->mutex);
	forget_entry(this, entry);
	this->mutex->unlock(this->mutex);
}

/**
 * Set the IKE_SA a session has, and the one that is going to replace it, the
 * mutex must be held.
 */
static void set_ike_sa(private_mobility_registry_t *this,
					   mobility_entry_t *entry, ike_sa_t *ike_sa,
					   uint32_t successor)
{
	this->ike_sas->remove(this->ike_sas, entry->ike_sa);
	this->successors->remove(this->successors, key(entry->successor));
	entry->ike_sa = ike_sa;
	entry->successor = successor;
	if (ike_sa)
	{
		this->ike_sas->put(this->ike_sas, ike_sa, entry);
	}
	if (successor)
	{
		this->successors->put(this->successors, key(successor), entry);
	}
}

METHOD(mobility_registry_t, rebind, void,
	private_mobility_registry_t *this, mobility_entry_t *entry,
	ike_sa_t *ike_sa)
{
	mobility_agenda_t *agenda = this->public.agenda;
	uint32_t successor;

	this->mutex->lock(this->mutex);
	successor = entry->successor;
	if (successor == ike_sa->get_unique_id(ike_sa))
	{
		successor = 0;
	}
	entry->rekeyed = successor != 0;
	set_ike_sa(this, entry, ike_sa, successor);
	agenda->rebind(agenda, &entry->turn, ike_sa->get_id(ike_sa));
	set_active(this, entry);
	if (entry->replaced)
	{	/* by then the other one was under way already */
		agenda->queue(agenda, &entry->turn, MOBILITY_WORK_REPLACED);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_registry_t, expect, void,
	private_mobility_registry_t *this, ike_sa_t *ike_sa, uint32_t successor)
{
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->ike_sas->get(this->ike_sas, ike_sa);
	if (entry)
	{
		entry->rekeyed = FALSE;
		set_ike_sa(this, entry, ike_sa, successor);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_registry_t, retry, void,
	private_mobility_registry_t *this, uint32_t successor)
{
	mobility_agenda_t *agenda = this->public.agenda;
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->successors->get(this->successors, key(successor));
	if (entry)
	{
		agenda->queue(agenda, &entry->turn, MOBILITY_WORK_REAUTH);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_registry_t, note, void,
	private_mobility_registry_t *this, mobility_entry_t *entry,
	const mobility_status_t *status)
{
	mobility_session_t *session = entry->session;
	mobility_status_t *asked = NULL;

	if (!status)
	{
		status = asked = session->get_status(session);
	}
	this->mutex->lock(this->mutex);
	mobility_digest_set(&entry->digest, status);
	this->mutex->unlock(this->mutex);
	mobility_status_destroy(asked);
}

METHOD(mobility_registry_t, succeed, mobility_entry_t*,
	private_mobility_registry_t *this, ike_sa_t *ike_sa, uint32_t *number,
	mobility_path_history_t **records)
{
	mobility_agenda_t *agenda = this->public.agenda;
	uint32_t id = ike_sa->get_unique_id(ike_sa);
	mobility_entry_t *entry, *handed = NULL;

	this->mutex->lock(this->mutex);
	entry = this->successors->get(this->successors, key(id));
	if (entry && !entry->ike_sa)
	{
		set_ike_sa(this, entry, ike_sa, 0);
		handed = entry;
	}
	else if (entry)
	{
		set_ike_sa(this, entry, entry->ike_sa, 0);
		entry->replaced = TRUE;
		if (entry->rekeyed)
		{
			agenda->queue(agenda, &entry->turn, MOBILITY_WORK_REPLACED);
		}
		*number = entry->session->number;
		*records = entry->session->records;
		(*records)->get_ref(*records);
	}
	this->mutex->unlock(this->mutex);
	return handed;
}

/**
 * Set the IKE_SA a session has or waits for, and forget it if that is none, the
 * mutex must be held.
 */
static void lose_ike_sa(private_mobility_registry_t *this,
						mobility_entry_t *entry, ike_sa_t *ike_sa,
						uint32_t successor)
{
	set_ike_sa(this, entry, ike_sa, successor);
	if (!ike_sa && !successor)
	{
		forget_entry(this, entry);
	}
}

METHOD(mobility_registry_t, gone, void,
	private_mobility_registry_t *this, ike_sa_t *ike_sa)
{
	uint32_t id = ike_sa->get_unique_id(ike_sa);
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->ike_sas->get(this->ike_sas, ike_sa);
	if (entry)
	{
		lose_ike_sa(this, entry, NULL, entry->successor);
	}
	entry = this->successors->get(this->successors, key(id));
	if (entry)
	{
		lose_ike_sa(this, entry, entry->ike_sa, 0);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_registry_t, set_ended, void,
	private_mobility_registry_t *this, mobility_entry_t *entry)
{
	this->mutex->lock(this->mutex);
	end(this, entry);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_registry_t, get_active, u_int,
	private_mobility_registry_t *this)
{
	u_int active;

	this->mutex->lock(this->mutex);
	active = this->active->get_count(this->active);
	this->mutex->unlock(this->mutex);
	return active;
}

METHOD(mobility_registry_t, get_ids, linked_list_t*,
	private_mobility_registry_t *this, const char *connection)
{
	enumerator_t *enumerator;
	mobility_entry_t *entry;
	linked_list_t *ids;

	ids = linked_list_create();
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		if (!entry->turn.ended && !entry->replaced &&
			streq(entry->session->connection, connection))
		{
			ids->insert_last(ids, mobility_turn_get_id(&entry->turn));
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return ids;
}

METHOD(mobility_registry_t, get_id, ike_sa_id_t*,
	private_mobility_registry_t *this, uint32_t number)
{
	mobility_entry_t *entry;
	ike_sa_id_t *id = NULL;

	this->mutex->lock(this->mutex);
	entry = this->numbers->get(this->numbers, key(number));
	if (entry && !entry->turn.ended)
	{
		id = mobility_turn_get_id(&entry->turn);
	}
	this->mutex->unlock(this->mutex);
	return id;
}

METHOD(mobility_registry_t, flush, void,
	private_mobility_registry_t *this)
{
	mobility_agenda_t *agenda = this->public.agenda;
	linked_list_t *gone = linked_list_create();
	enumerator_t *enumerator;
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		this->entries->remove_at(this->entries, enumerator);
		remove_entry(this, entry);
		gone->insert_last(gone, entry);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	gone->destroy_function(gone, (void*)entry_destroy);
	agenda->flush(agenda);
}

/**
 * Create a table of sessions.
 */
static hashtable_t *create_table()
{
	return hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 4);
}

METHOD(mobility_registry_t, destroy, void,
	private_mobility_registry_t *this)
{
	DESTROY_IF(this->public.agenda);
	this->entries->destroy(this->entries);
	this->numbers->destroy(this->numbers);
	this->ike_sas->destroy(this->ike_sas);
	this->successors->destroy(this->successors);
	this->active->destroy(this->active);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_registry_t *mobility_registry_create(mobility_agenda_cb_t cb,
											  mobility_agenda_cb_t give_up,
											  void *data)
{
	private_mobility_registry_t *this;

	INIT(this,
		.public = {
			.agenda = mobility_agenda_create(cb, give_up, data, entry_destroy),
			.add = _add,
			.forget = _forget,
			.rebind = _rebind,
			.expect = _expect,
			.retry = _retry,
			.note = _note,
			.succeed = _succeed,
			.gone = _gone,
			.set_ended = _set_ended,
			.get_active = _get_active,
			.for_each = _for_each,
			.queue_all = _queue_all,
			.queue_number = _queue_number,
			.get_ids = _get_ids,
			.get_id = _get_id,
			.flush = _flush,
			.destroy = _destroy,
		},
		.entries = create_table(),
		.numbers = create_table(),
		.ike_sas = create_table(),
		.successors = create_table(),
		.active = create_table(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	if (!this->public.agenda)
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
