/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/registry.h"
#include "net/clock.h"
#include "session/session.h"

#include <daemon.h>
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
	linked_list_t *entries;

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

/**
 * Work on a session.
 */
static void work_on(line_t *line, ike_sa_id_t *id)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	if (ike_sa)
	{
		if (line->cb(line->registry->data, ike_sa) == DESTROY_ME)
		{
			charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
														ike_sa);
		}
		else
		{
			charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
		}
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

METHOD(mobility_registry_t, for_each, void,
	private_mobility_registry_t *this, mobility_entry_cb_t cb, void *data)
{
	enumerator_t *enumerator;
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (cb(data, entry))
		{
			break;
		}
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
		while (enumerator->enumerate(enumerator, &entry))
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
	enumerator_t *enumerator;
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->number == number)
		{	/* there may be another, of an IKE_SA that was replaced */
			queue_locked(this, entry, work);
		}
	}
	enumerator->destroy(enumerator);
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

	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->deadline && (!first || entry->deadline < first))
		{
			first = entry->deadline;
		}
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
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->deadline && entry->deadline <= now)
		{
			entry->deadline = 0;
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
	entry->deadline = deadline = entry->ended ? 0 : deadline;
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
		.number = session->number,
		.connection = strdup(connection),
		.ike_sa = ike_sa,
		.id = id->clone(id),
	);
	this->mutex->lock(this->mutex);
	this->entries->insert_last(this->entries, entry);
	this->active++;
	this->mutex->unlock(this->mutex);
	return entry;
}

/**
 * There is no work for a session anymore, the mutex must be held.
 */
static void end(private_mobility_registry_t *this, mobility_entry_t *entry)
{
	if (!entry->ended)
	{
		entry->ended = TRUE;
		entry->deadline = 0;
		entry->work &= MOBILITY_WORK_RELOAD;
		this->work.waiting->remove(this->work.waiting, entry, NULL);
		this->failing.waiting->remove(this->failing.waiting, entry, NULL);
		this->active--;
	}
}

METHOD(mobility_registry_t, forget, void,
	private_mobility_registry_t *this, mobility_entry_cb_t cb, void *data)
{
	enumerator_t *enumerator;
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (cb(data, entry))
		{
			this->entries->remove_at(this->entries, enumerator);
			end(this, entry);
			this->forgotten->insert_last(this->forgotten, entry);
			add_worker(&this->work);
		}
	}
	enumerator->destroy(enumerator);
	unlock(this);
}

METHOD(mobility_registry_t, rebind, void,
	private_mobility_registry_t *this, mobility_entry_t *entry,
	ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	mobility_work_t work;

	this->mutex->lock(this->mutex);
	entry->ike_sa = ike_sa;
	entry->id->destroy(entry->id);
	entry->id = id->clone(id);
	entry->successor = 0;
	if (entry->ended)
	{
		entry->ended = entry->given_up = FALSE;
		this->active++;
	}
	work = entry->work;
	entry->work = 0;
	this->work.waiting->remove(this->work.waiting, entry, NULL);
	if (work)
	{	/* a job may have taken the id of the previous IKE_SA */
		queue_locked(this, entry, work);
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
	private_mobility_registry_t *this, const char *connection, uint32_t number)
{
	enumerator_t *enumerator;
	mobility_entry_t *entry;
	linked_list_t *ids;

	ids = linked_list_create();
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (!entry->ended && !entry->replaced &&
			(!connection || streq(entry->connection, connection)) &&
			(!number || entry->number == number))
		{
			ids->insert_last(ids, entry->id->clone(entry->id));
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return ids;
}

METHOD(mobility_registry_t, flush, void,
	private_mobility_registry_t *this)
{
	mobility_entry_t *entry;

	this->mutex->lock(this->mutex);
	while (this->entries->remove_first(this->entries,
									   (void**)&entry) == SUCCESS ||
		   this->forgotten->remove_first(this->forgotten,
										 (void**)&entry) == SUCCESS)
	{
		end(this, entry);
		this->mutex->unlock(this->mutex);
		entry_destroy(entry);
		this->mutex->lock(this->mutex);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_registry_t, destroy, void,
	private_mobility_registry_t *this)
{
	DESTROY_IF(this->clock);
	this->entries->destroy(this->entries);
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
			.flush = _flush,
			.destroy = _destroy,
		},
		.data = data,
		.entries = linked_list_create(),
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
