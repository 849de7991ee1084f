/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/registry.h"
#include "net/clock.h"
#include "session/session.h"

#include <daemon.h>
#include <collections/hashtable.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

/** Jobs that work at the same time.  Most of what they do waits for the locks of
 * the kernel and of netlink sockets, more of them keep each other from working;
 * and messages need threads, too.  One would have all sessions wait for an
 * IKE_SA that somebody else has checked out. */
#define WORKERS 4

/** Sessions waiting for a job that are so many that it does not matter when
 * exactly others want to be woken, and ms between two times then. */
#define CROWD 16
#define CROWD_INTERVAL 50

typedef struct private_mobility_registry_t private_mobility_registry_t;
typedef struct line_t line_t;

/**
 * Sessions in a line for jobs of one kind.
 */
struct line_t {

	/**
	 * Registry.
	 */
	private_mobility_registry_t *registry;

	/**
	 * Does what they wait for.
	 */
	mobility_registry_cb_t cb;

	/**
	 * Sessions that no job has taken yet, mobility_entry_t*.
	 */
	linked_list_t *waiting;

	/**
	 * Number of jobs.
	 */
	u_int workers;

	/**
	 * How many of them to queue when the mutex is released.
	 */
	u_int starting;
};

/**
 * Private data of a mobility_registry_t object.
 */
struct private_mobility_registry_t {

	/**
	 * Public interface.
	 */
	mobility_registry_t public;

	/**
	 * User data for callbacks.
	 */
	void *data;

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
	 * Those that want to be woken.
	 */
	hashtable_t *armed;

	/**
	 * Sessions with work.
	 */
	line_t work;

	/**
	 * Sessions to be given up.
	 */
	line_t failing;

	/**
	 * Sessions that were forgotten, to be destroyed, mobility_entry_t*.
	 */
	linked_list_t *forgotten;

	/**
	 * Locks all of this.
	 */
	mutex_t *mutex;

	/**
	 * Number of sessions that have not ended.
	 */
	u_int active;

	/**
	 * Wakes us for the earliest deadline.
	 */
	mobility_clock_t *clock;

	/**
	 * Time the clock is set to, 0 if it is not.
	 */
	uint64_t alarm;
};

/**
 * Get a number as key of a hashtable.
 */
static inline void *key(uint32_t number)
{
	return (void*)(uintptr_t)number;
}

/**
 * Destroy an entry that nobody knows of anymore, with its session.
 */
static void entry_destroy(mobility_entry_t *entry)
{
	entry->session->destroy(entry->session);
	entry->id->destroy(entry->id);
	free(entry->connection);
	free(entry);
}

/**
 * Take the next session of a line, and get the id to check out its IKE_SA with,
 * or one that is to be destroyed.  Returns FALSE if there is none and the job is
 * to end.
 */
static bool take_next(line_t *line, ike_sa_id_t **id,
					  mobility_entry_t **forgotten)
{
	private_mobility_registry_t *this = line->registry;
	mobility_entry_t *entry;
	bool found = TRUE;

	*id = NULL;
	*forgotten = NULL;
	this->mutex->lock(this->mutex);
	if (line->waiting->remove_first(line->waiting, (void**)&entry) == SUCCESS)
	{
		*id = entry->id->clone(entry->id);
	}
	else if (line != &this->work ||
			 this->forgotten->remove_first(this->forgotten,
										   (void**)forgotten) != SUCCESS)
	{
		line->workers--;
		found = FALSE;
	}
	this->mutex->unlock(this->mutex);
	return found;
}

/*
 * Described in header.
 */
void mobility_checkin(ike_sa_t *ike_sa, status_t status)
{
	if (status == DESTROY_ME)
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	else
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
}

/**
 * Work on a session.
 */
static void work_on(line_t *line, ike_sa_id_t *id)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	if (ike_sa)
	{
		mobility_checkin(ike_sa, line->cb(line->registry->data, ike_sa));
	}
}

/**
 * Job that works until nothing is left to do, one session at a time: in between
 * it is the turn of messages.
 */
static job_requeue_t work_job(line_t *line)
{
	mobility_entry_t *forgotten;
	ike_sa_id_t *id;

	if (!take_next(line, &id, &forgotten))
	{
		return JOB_REQUEUE_NONE;
	}
	if (forgotten)
	{
		entry_destroy(forgotten);
	}
	else
	{
		work_on(line, id);
		id->destroy(id);
	}
	return JOB_REQUEUE_FAIR;
}

/**
 * Have one more job if there may be, the mutex must be held.
 */
static void add_worker(line_t *line)
{
	if (line->workers < WORKERS)
	{
		line->workers++;
		line->starting++;
	}
}

/**
 * Queue jobs of a line.
 */
static void start_workers(line_t *line, u_int count)
{
	while (count--)
	{
		lib->processor->queue_job(lib->processor,
				(job_t*)callback_job_create_with_prio(
							(callback_job_cb_t)work_job, line,
							NULL, NULL, JOB_PRIO_HIGH));
	}
}

/**
 * Unlock the mutex, then queue the jobs that are needed.
 */
static void unlock(private_mobility_registry_t *this)
{
	u_int working = this->work.starting, failing = this->failing.starting;

	this->work.starting = this->failing.starting = 0;
	this->mutex->unlock(this->mutex);

	start_workers(&this->work, working);
	start_workers(&this->failing, failing);
}

METHOD(mobility_registry_t, queue_locked, void,
	private_mobility_registry_t *this, mobility_entry_t *entry,
	mobility_work_t flags)
{
	if (entry->ended || entry->given_up)
	{	/* but the next IKE_SA may go on with it */
		entry->work |= flags & MOBILITY_WORK_RELOAD;
		return;
	}
	if (!entry->work)
	{
		this->work.waiting->insert_last(this->work.waiting, entry);
		add_worker(&this->work);
	}
	entry->work |= flags;
}

/**
 * Set when a session wants to be woken, the mutex must be held.
 */
static void set_deadline(private_mobility_registry_t *this,
						 mobility_entry_t *entry, uint64_t deadline)
{
	entry->deadline = deadline;
	if (deadline)
	{
		this->armed->put(this->armed, entry, entry);
	}
	else
	{
		this->armed->remove(this->armed, entry);
	}
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
	unlock(this);
}

METHOD(mobility_registry_t, queue, void,
	private_mobility_registry_t *this, mobility_entry_t *entry,
	mobility_work_t work)
{
	enumerator_t *enumerator;

	this->mutex->lock(this->mutex);
	if (entry)
	{
		queue_locked(this, entry, work);
	}
	else
	{
		enumerator = this->entries->create_enumerator(this->entries);
		while (enumerator->enumerate(enumerator, NULL, &entry))
		{
			queue_locked(this, entry, work);
		}
		enumerator->destroy(enumerator);
	}
	unlock(this);
}

METHOD(mobility_registry_t, queue_number, void,
	private_mobility_registry_t *this, uint32_t number, mobility_work_t work)
{
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->numbers->get(this->numbers, key(number));
	if (entry)
	{
		queue_locked(this, entry, work);
	}
	unlock(this);
}

METHOD(mobility_registry_t, give_up, void,
	private_mobility_registry_t *this, mobility_entry_t *entry)
{
	this->mutex->lock(this->mutex);
	if (!entry->ended && !entry->given_up)
	{	/* nobody is to wait for its IKE_SA */
		this->work.waiting->remove(this->work.waiting, entry, NULL);
		entry->given_up = TRUE;
		this->failing.waiting->insert_last(this->failing.waiting, entry);
		add_worker(&this->failing);
	}
	unlock(this);
}

METHOD(mobility_registry_t, take_work, mobility_work_t,
	private_mobility_registry_t *this, mobility_entry_t *entry)
{
	mobility_work_t work;

	this->mutex->lock(this->mutex);
	work = entry->work;
	entry->work = 0;
	this->mutex->unlock(this->mutex);
	return work;
}

/**
 * Check if there is much to do, the mutex must be held.
 */
static bool is_crowded(private_mobility_registry_t *this)
{
	return this->work.waiting->get_count(this->work.waiting) >= CROWD;
}

/**
 * Set the clock, the mutex must be held.
 */
static void set_clock(private_mobility_registry_t *this, uint64_t when)
{
	if (when && is_crowded(this))
	{
		when = max(when, mobility_now() + CROWD_INTERVAL);
		if (this->alarm && this->alarm <= when)
		{
			return;
		}
	}
	this->alarm = when;
	this->clock->set(this->clock, when);
}

/**
 * Set the clock to the earliest deadline, the mutex must be held.
 */
static void set_alarm(private_mobility_registry_t *this)
{
	enumerator_t *enumerator;
	mobility_entry_t *entry;
	uint64_t first = 0;

	enumerator = this->armed->create_enumerator(this->armed);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		first = first ? min(first, entry->deadline) : entry->deadline;
	}
	enumerator->destroy(enumerator);
	this->alarm = 0;
	set_clock(this, first);
}

/**
 * mobility_clock_cb_t
 */
static void time_has_come(void *data, uint64_t now)
{
	private_mobility_registry_t *this = data;
	enumerator_t *enumerator;
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	enumerator = this->armed->create_enumerator(this->armed);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		if (entry->deadline <= now)
		{
			entry->deadline = 0;
			this->armed->remove_at(this->armed, enumerator);
			queue_locked(this, entry, MOBILITY_WORK_TICK);
		}
	}
	enumerator->destroy(enumerator);
	set_alarm(this);
	unlock(this);
}

METHOD(mobility_registry_t, arm, void,
	private_mobility_registry_t *this, mobility_entry_t *entry,
	uint64_t deadline)
{
	bool was_first;

	this->mutex->lock(this->mutex);
	was_first = entry->deadline && entry->deadline == this->alarm;
	deadline = entry->ended ? 0 : deadline;
	set_deadline(this, entry, deadline);
	if (was_first && !is_crowded(this))
	{	/* do not wake the host for a time that is not meant anymore */
		set_alarm(this);
	}
	else if (deadline && (!this->alarm || deadline < this->alarm))
	{
		set_clock(this, deadline);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_registry_t, add, mobility_entry_t*,
	private_mobility_registry_t *this, mobility_session_t *session,
	const char *connection, ike_sa_t *ike_sa)
{
	mobility_entry_t *entry;
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	INIT(entry,
		.session = session,
		.connection = strdup(connection),
		.ike_sa = ike_sa,
		.id = id->clone(id),
	);
	this->mutex->lock(this->mutex);
	this->entries->put(this->entries, entry, entry);
	/* it may have the same as the one of an IKE_SA that it replaces */
	this->numbers->put(this->numbers, key(session->number), entry);
	this->ike_sas->put(this->ike_sas, ike_sa, entry);
	this->active++;
	this->mutex->unlock(this->mutex);
	return entry;
}

/**
 * Take a session that has work out of the line, the mutex must be held.
 */
static void leave_line(private_mobility_registry_t *this,
					   mobility_entry_t *entry)
{
	line_t *line = entry->given_up ? &this->failing : &this->work;

	if (entry->work || entry->given_up)
	{
		line->waiting->remove(line->waiting, entry, NULL);
	}
}

/**
 * There is no work for a session anymore, the mutex must be held.
 */
static void end(private_mobility_registry_t *this, mobility_entry_t *entry)
{
	if (!entry->ended)
	{
		leave_line(this, entry);
		set_deadline(this, entry, 0);
		entry->ended = TRUE;
		entry->work &= MOBILITY_WORK_RELOAD;
		this->active--;
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
	remove_entry(this, entry);
	this->forgotten->insert_last(this->forgotten, entry);
	add_worker(&this->work);
}

METHOD(mobility_registry_t, forget, void,
	private_mobility_registry_t *this, mobility_entry_t *entry)
{
	this->mutex->lock(this->mutex);
	forget_entry(this, entry);
	unlock(this);
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
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	mobility_work_t work;

	this->mutex->lock(this->mutex);
	leave_line(this, entry);
	set_ike_sa(this, entry, ike_sa, 0);
	entry->id->destroy(entry->id);
	entry->id = id->clone(id);
	if (entry->ended)
	{
		entry->ended = entry->given_up = FALSE;
		this->active++;
	}
	work = entry->work;
	entry->work = 0;
	if (work)
	{	/* a job may have taken the id of the previous IKE_SA */
		queue_locked(this, entry, work);
	}
	unlock(this);
}

METHOD(mobility_registry_t, expect, void,
	private_mobility_registry_t *this, ike_sa_t *ike_sa, uint32_t successor)
{
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->ike_sas->get(this->ike_sas, ike_sa);
	if (entry)
	{
		set_ike_sa(this, entry, ike_sa, successor);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_registry_t, retry, void,
	private_mobility_registry_t *this, uint32_t successor)
{
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = this->successors->get(this->successors, key(successor));
	if (entry)
	{
		queue_locked(this, entry, MOBILITY_WORK_REAUTH);
	}
	unlock(this);
}

METHOD(mobility_registry_t, succeed, mobility_entry_t*,
	private_mobility_registry_t *this, ike_sa_t *ike_sa, uint32_t *number,
	mobility_path_history_t **records)
{
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
	unlock(this);
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
	active = this->active;
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
		if (!entry->ended && !entry->replaced &&
			streq(entry->connection, connection))
		{
			ids->insert_last(ids, entry->id->clone(entry->id));
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
	if (entry && !entry->ended)
	{
		id = entry->id->clone(entry->id);
	}
	this->mutex->unlock(this->mutex);
	return id;
}

METHOD(mobility_registry_t, flush, void,
	private_mobility_registry_t *this)
{
	enumerator_t *enumerator;
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		this->entries->remove_at(this->entries, enumerator);
		remove_entry(this, entry);
		this->forgotten->insert_last(this->forgotten, entry);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	while (this->forgotten->remove_first(this->forgotten,
										 (void**)&entry) == SUCCESS)
	{
		entry_destroy(entry);
	}
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
	DESTROY_IF(this->clock);
	this->entries->destroy(this->entries);
	this->numbers->destroy(this->numbers);
	this->ike_sas->destroy(this->ike_sas);
	this->successors->destroy(this->successors);
	this->armed->destroy(this->armed);
	this->work.waiting->destroy(this->work.waiting);
	this->failing.waiting->destroy(this->failing.waiting);
	this->forgotten->destroy(this->forgotten);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_registry_t *mobility_registry_create(mobility_registry_cb_t cb,
											  mobility_registry_cb_t give_up,
											  void *data)
{
	private_mobility_registry_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.forget = _forget,
			.rebind = _rebind,
			.expect = _expect,
			.retry = _retry,
			.succeed = _succeed,
			.gone = _gone,
			.set_ended = _set_ended,
			.get_active = _get_active,
			.for_each = _for_each,
			.queue_locked = _queue_locked,
			.queue = _queue,
			.queue_number = _queue_number,
			.give_up = _give_up,
			.take_work = _take_work,
			.arm = _arm,
			.get_ids = _get_ids,
			.get_id = _get_id,
			.flush = _flush,
			.destroy = _destroy,
		},
		.data = data,
		.entries = create_table(),
		.numbers = create_table(),
		.ike_sas = create_table(),
		.successors = create_table(),
		.armed = create_table(),
		.work = {
			.registry = this,
			.cb = cb,
			.waiting = linked_list_create(),
		},
		.failing = {
			.registry = this,
			.cb = give_up,
			.waiting = linked_list_create(),
		},
		.forgotten = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->clock = mobility_clock_create(time_has_come, this);
	if (!this->clock)
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
