/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_manager.h"
#include "mobility_clock.h"
#include "mobility_compat.h"
#include "mobility_mover.h"
#include "mobility_session.h"

#include <daemon.h>
#include <collections/linked_list.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>
#include <threading/rwlock.h>

typedef struct private_mobility_manager_t private_mobility_manager_t;
typedef struct entry_t entry_t;
typedef struct work_t work_t;

/**
 * What a session's job has to do, flags.
 */
enum work_flag_t {
	/** the network has changed */
	WORK_LOOK = (1<<0),
	/** the session's time has come */
	WORK_TICK = (1<<1),
	/** settings have changed */
	WORK_RELOAD = (1<<2),
	/** reauthentication got no answer */
	WORK_REAUTH = (1<<3),
	/** give the IKE_SA back to stock */
	WORK_GIVE_BACK = (1<<4),
};

/**
 * Entry of a session.  The session itself is used with its IKE_SA checked out
 * only, the other members with the mutex locked.
 */
struct entry_t {

	/**
	 * Session.
	 */
	mobility_session_t *session;

	/**
	 * IKE_SA it has, only to compare.
	 */
	ike_sa_t *ike_sa;

	/**
	 * Id to check out the IKE_SA with.
	 */
	ike_sa_id_t *id;

	/**
	 * Connection it belongs to.
	 */
	char *connection;

	/**
	 * Unique id of the IKE_SA that is going to replace this one by
	 * break-before-make reauthentication, 0 if none.
	 */
	uint32_t successor;

	/**
	 * Unique id of the last IKE_SA of this connection that was initiated, maybe
	 * to replace this one by make-before-break reauthentication.
	 */
	uint32_t initiated;

	/**
	 * The IKE_SA is gone or going, no work for this session anymore.
	 */
	bool ended;

	/**
	 * When the session wants its tick, 0 for never.
	 */
	uint64_t deadline;

	/**
	 * Work to do; if not 0, a job is queued.
	 */
	enum work_flag_t work;
};

/**
 * Private data of a mobility_manager_t object.
 */
struct private_mobility_manager_t {

	/**
	 * Public interface.
	 */
	mobility_manager_t public;

	/**
	 * What sessions share.
	 */
	mobility_context_t context;

	/**
	 * Sessions, entry_t*.
	 */
	linked_list_t *entries;

	/**
	 * Locks entries; a leaf, nothing of charon is called with it held.
	 */
	mutex_t *mutex;

	/**
	 * Number of the last session.
	 */
	refcount_t numbers;

	/**
	 * Number of bound sessions; the monitor runs while there are any.
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

	/**
	 * Observers, mobility_observer_t*.
	 */
	linked_list_t *observers;

	/**
	 * Locks observers.
	 */
	rwlock_t *lock;
};

/**
 * Work on a session.
 */
struct work_t {

	/**
	 * Manager.
	 */
	private_mobility_manager_t *this;

	/**
	 * Id to check out the IKE_SA with.
	 */
	ike_sa_id_t *id;
};

/**
 * Destroy a work_t.
 */
static void work_destroy(work_t *work)
{
	work->id->destroy(work->id);
	free(work);
}

/**
 * Get the manager from the context of its sessions.
 */
static inline private_mobility_manager_t *manager_of(
												mobility_context_t *context)
{
	return (private_mobility_manager_t*)((char*)context -
							offsetof(private_mobility_manager_t, context));
}

/**
 * Find the entry of an IKE_SA we manage.
 */
static entry_t *find(private_mobility_manager_t *this, ike_sa_t *ike_sa)
{
	mobility_ike_hooks_t *hooks = this->context.hooks;
	mobility_session_t *session;
	mobility_hold_t *hold;

	hold = ike_sa ? (mobility_hold_t*)hooks->get_handler(hooks, ike_sa) : NULL;
	if (!hold)
	{
		return NULL;
	}
	session = hold->session;
	return session->entry;
}

/**
 * Count sessions that work; the monitor is stopped after the last of them.
 */
static void count_active(private_mobility_manager_t *this, int change)
{
	mobility_monitor_t *monitor = this->context.monitor;
	u_int active;

	this->mutex->lock(this->mutex);
	this->active += change;
	active = this->active;
	this->mutex->unlock(this->mutex);

	if (!active)
	{
		monitor->stop(monitor);
	}
}

/**
 * Do what there is to do for a session, its IKE_SA is checked out.
 */
static status_t do_work(mobility_session_t *session, enum work_flag_t work)
{
	status_t status = SUCCESS;

	if (work & WORK_RELOAD)
	{
		session->reload(session);
	}
	if (work & (WORK_LOOK | WORK_RELOAD))
	{
		status = session->look(session);
	}
	if (status != DESTROY_ME && work & WORK_TICK)
	{
		status = session->tick(session);
	}
	if (status != DESTROY_ME && work & WORK_REAUTH)
	{
		status = session->reauth(session);
	}
	return status;
}

/**
 * Forget a session that has no IKE_SA anymore.
 */
static void remove_entry(private_mobility_manager_t *this, entry_t *entry)
{
	this->mutex->lock(this->mutex);
	this->entries->remove(this->entries, entry, NULL);
	this->mutex->unlock(this->mutex);

	entry->session->destroy(entry->session);
	entry->id->destroy(entry->id);
	free(entry->connection);
	free(entry);
}

/**
 * Job of a session.
 */
static job_requeue_t work_job(work_t *work)
{
	private_mobility_manager_t *this = work->this;
	enum work_flag_t todo = 0;
	entry_t *entry;
	ike_sa_t *ike_sa;
	status_t status = SUCCESS;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, work->id);
	if (!ike_sa)
	{
		return JOB_REQUEUE_NONE;
	}
	entry = find(this, ike_sa);
	if (entry)
	{
		this->mutex->lock(this->mutex);
		todo = entry->work;
		entry->work = 0;
		this->mutex->unlock(this->mutex);

		if (todo & WORK_GIVE_BACK)
		{
			entry->session->give_back(entry->session);
			count_active(this, -1);
			remove_entry(this, entry);
		}
		else
		{	/* not started where sessions begin, listeners must not block */
			this->context.monitor->start(this->context.monitor);
			status = do_work(entry->session, todo);
		}
	}
	if (status == DESTROY_ME)
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	else
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Queue work for a session.  The mutex must be held.
 */
static void queue_work(private_mobility_manager_t *this, entry_t *entry,
					   enum work_flag_t flags, linked_list_t *jobs)
{
	work_t *work;

	if (entry->ended)
	{
		return;
	}
	if (!entry->work)
	{
		INIT(work,
			.this = this,
			.id = entry->id->clone(entry->id),
		);
		jobs->insert_last(jobs, callback_job_create_with_prio(
							(callback_job_cb_t)work_job, work,
							(void*)work_destroy, NULL, JOB_PRIO_HIGH));
	}
	entry->work |= flags;
}

/**
 * Queue jobs.  The mutex must not be held.
 */
static void queue_jobs(linked_list_t *jobs)
{
	job_t *job;

	while (jobs->remove_first(jobs, (void**)&job) == SUCCESS)
	{
		lib->processor->queue_job(lib->processor, job);
	}
	jobs->destroy(jobs);
}

/**
 * Queue work for all sessions.
 */
static void queue_all(private_mobility_manager_t *this, enum work_flag_t flags)
{
	enumerator_t *enumerator;
	linked_list_t *jobs;
	entry_t *entry;

	jobs = linked_list_create();
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		queue_work(this, entry, flags, jobs);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	queue_jobs(jobs);
}

/**
 * mobility_monitor_cb_t
 */
static void network_changed(void *data, mobility_change_t change)
{
	private_mobility_manager_t *this = data;
	mobility_pins_t *pins = this->context.pins;

	if (change & MOBILITY_CHANGE_PIN_LOST && pins)
	{
		pins->restore(pins);
	}
	if (change & ~MOBILITY_CHANGE_PIN_LOST)
	{
		queue_all(this, WORK_LOOK);
	}
}

/**
 * Set the clock to the earliest deadline.  The mutex must be held.
 */
static void set_alarm(private_mobility_manager_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry;

	this->alarm = 0;
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->deadline && (!this->alarm || entry->deadline < this->alarm))
		{
			this->alarm = entry->deadline;
		}
	}
	enumerator->destroy(enumerator);
	this->clock->set(this->clock, this->alarm);
}

/**
 * mobility_clock_cb_t
 */
static void time_has_come(void *data, uint64_t now)
{
	private_mobility_manager_t *this = data;
	enumerator_t *enumerator;
	linked_list_t *jobs;
	entry_t *entry;

	jobs = linked_list_create();
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->deadline && entry->deadline <= now)
		{
			entry->deadline = 0;
			queue_work(this, entry, WORK_TICK, jobs);
		}
	}
	enumerator->destroy(enumerator);
	set_alarm(this);
	this->mutex->unlock(this->mutex);
	queue_jobs(jobs);
}

/**
 * Implements mobility_context_t.arm()
 */
static void arm(mobility_context_t *context, mobility_session_t *session,
				uint64_t deadline)
{
	private_mobility_manager_t *this = manager_of(context);
	entry_t *entry = session->entry;
	bool was_first;

	this->mutex->lock(this->mutex);
	was_first = entry->deadline && entry->deadline == this->alarm;
	entry->deadline = deadline;
	if (was_first)
	{	/* do not wake the host for a time that is not meant anymore */
		set_alarm(this);
	}
	else if (deadline && (!this->alarm || deadline < this->alarm))
	{
		this->alarm = deadline;
		this->clock->set(this->clock, deadline);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Destroy an array of path reports.
 */
static void destroy_reports(array_t *paths)
{
	mobility_path_report_t *report;

	while (array_remove(paths, ARRAY_TAIL, &report))
	{
		mobility_path_report_destroy(report);
	}
	array_destroy(paths);
}

/**
 * Implements mobility_context_t.tell()
 */
static void tell(mobility_context_t *context, enum mobility_event_kind_t kind,
				 mobility_state_t old, mobility_session_t *session)
{
	private_mobility_manager_t *this = manager_of(context);
	enumerator_t *enumerator;
	mobility_observer_t *observer;
	mobility_status_t *status;
	array_t *paths = NULL;

	status = session->get_status(session);
	if (kind == MOBILITY_EVENT_PATH)
	{
		paths = session->get_paths(session);
	}
	this->lock->read_lock(this->lock);
	enumerator = this->observers->create_enumerator(this->observers);
	while (enumerator->enumerate(enumerator, &observer))
	{
		observer->event(observer, kind, old, status, paths);
	}
	enumerator->destroy(enumerator);
	this->lock->unlock(this->lock);
	mobility_status_destroy(status);
	if (paths)
	{
		destroy_reports(paths);
	}
}

/**
 * Check if an IKE_SA is ours to manage: the mobile end of MOBIKE.
 */
static bool is_manageable(private_mobility_manager_t *this, ike_sa_t *ike_sa)
{
	mobility_settings_t *settings = this->context.settings;
	mobility_config_t config;

	if (ike_sa->get_version(ike_sa) != IKEV2 ||
		!ike_sa->supports_extension(ike_sa, EXT_MOBIKE) ||
		!ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR))
	{
		return FALSE;
	}
	settings->get(settings, ike_sa->get_name(ike_sa), &config);
	return config.mobility;
}

/**
 * Have a session work for an IKE_SA.
 */
static void bind_session(private_mobility_manager_t *this, entry_t *entry,
						 ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	linked_list_t *jobs = linked_list_create();

	entry->session->bind(entry->session, ike_sa);

	this->mutex->lock(this->mutex);
	entry->ike_sa = ike_sa;
	entry->successor = 0;
	DESTROY_IF(entry->id);
	entry->id = id->clone(id);
	/* a job queued for the previous IKE_SA finds that ours no more */
	entry->work = 0;
	/* we are called by listeners: look around when the IKE_SA is free */
	queue_work(this, entry, WORK_LOOK, jobs);
	this->mutex->unlock(this->mutex);
	queue_jobs(jobs);
}

/**
 * Start to manage an IKE_SA.
 */
static void add_session(private_mobility_manager_t *this, ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	char *name = ike_sa->get_name(ike_sa);
	entry_t *entry;

	INIT(entry,
		.ike_sa = ike_sa,
		.id = id->clone(id),
		.connection = strdup(name),
	);
	entry->session = mobility_session_create(&this->context,
											 ref_get(&this->numbers), name);
	entry->session->entry = entry;
	this->mutex->lock(this->mutex);
	this->entries->insert_last(this->entries, entry);
	this->mutex->unlock(this->mutex);

	count_active(this, 1);
	bind_session(this, entry, ike_sa);
	DBG1(DBG_IKE, "mobility: managing %s[%u]", name,
		 ike_sa->get_unique_id(ike_sa));
}

/**
 * Find the session that an IKE_SA which was just established continues: it is
 * the successor by reauthentication, break-before-make or make-before-break.
 */
static entry_t *find_predecessor(private_mobility_manager_t *this,
								 ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	entry_t *entry, *found = NULL;
	bool reauth;

	reauth = mobility_task_queued(ike_sa, TASK_QUEUE_QUEUED,
							   TASK_IKE_REAUTH_COMPLETE);
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->successor == ike_sa->get_unique_id(ike_sa) ||
			(reauth && !entry->successor && !entry->ended &&
			 streq(entry->connection, ike_sa->get_name(ike_sa))))
		{
			found = entry;
			break;
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * End the session of an IKE_SA that is going to be destroyed.  The session
 * itself lives as long as the IKE_SA, whose task manager may have tasks of it.
 */
static void end_session(private_mobility_manager_t *this, entry_t *entry)
{
	entry->session->release(entry->session);
	this->mutex->lock(this->mutex);
	entry->ended = TRUE;
	this->mutex->unlock(this->mutex);
	count_active(this, -1);
}

METHOD(listener_t, ike_updown, bool,
	private_mobility_manager_t *this, ike_sa_t *ike_sa, bool up)
{
	entry_t *entry;

	entry = find(this, ike_sa);
	if (!up && entry)
	{
		end_session(this, entry);
	}
	else if (up && !entry && is_manageable(this, ike_sa))
	{
		entry = find_predecessor(this, ike_sa);
		if (entry)
		{
			if (entry->ended)
			{
				entry->ended = FALSE;
				count_active(this, 1);
			}
			bind_session(this, entry, ike_sa);
		}
		else
		{
			add_session(this, ike_sa);
		}
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	private_mobility_manager_t *this, ike_sa_t *old, ike_sa_t *new)
{
	entry_t *entry;

	entry = find(this, old);
	if (entry)
	{
		bind_session(this, entry, new);
	}
	return TRUE;
}

METHOD(listener_t, ike_reestablish_post, bool,
	private_mobility_manager_t *this, ike_sa_t *old, ike_sa_t *new,
	bool initiated)
{
	entry_t *entry;

	entry = find(this, old);
	if (entry && initiated && old->has_condition(old, COND_REAUTHENTICATING))
	{
		this->mutex->lock(this->mutex);
		entry->successor = new->get_unique_id(new);
		this->mutex->unlock(this->mutex);
	}
	return TRUE;
}

/**
 * An IKE_SA is being initiated.
 */
static void initiated(private_mobility_manager_t *this, ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	entry_t *entry;

	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (streq(entry->connection, ike_sa->get_name(ike_sa)))
		{
			entry->initiated = ike_sa->get_unique_id(ike_sa);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

/**
 * An IKE_SA is being destroyed: forget the session that ended with it, and
 * those it was to succeed to.
 */
static void destroyed(private_mobility_manager_t *this, ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	linked_list_t *gone;
	entry_t *entry;
	uint32_t id = ike_sa->get_unique_id(ike_sa);

	entry = find(this, ike_sa);
	if (entry)
	{	/* without having been reported down, e.g. on shutdown */
		end_session(this, entry);
	}
	gone = linked_list_create();
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->ike_sa == ike_sa && entry->ended)
		{
			entry->ike_sa = NULL;
		}
		if (entry->successor == id)
		{
			entry->successor = 0;
		}
		if (!entry->ike_sa && !entry->successor)
		{
			gone->insert_last(gone, entry);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);

	while (gone->remove_first(gone, (void**)&entry) == SUCCESS)
	{
		remove_entry(this, entry);
	}
	gone->destroy(gone);
}

METHOD(listener_t, ike_state_change, bool,
	private_mobility_manager_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	switch (state)
	{
		case IKE_CONNECTING:
			initiated(this, ike_sa);
			break;
		case IKE_DESTROYING:
			destroyed(this, ike_sa);
			break;
		default:
			break;
	}
	return TRUE;
}

METHOD(listener_t, message, bool,
	private_mobility_manager_t *this, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	entry_t *entry;

	entry = find(this, ike_sa);
	if (entry)
	{
		entry->session->message(entry->session, message, incoming, plain);
	}
	return TRUE;
}

METHOD(listener_t, ike_update, bool,
	private_mobility_manager_t *this, ike_sa_t *ike_sa, host_t *local,
	host_t *remote)
{
	linked_list_t *jobs;
	entry_t *entry;

	entry = find(this, ike_sa);
	if (entry)
	{	/* the peer or stock may have moved it, the pin has to follow */
		jobs = linked_list_create();
		this->mutex->lock(this->mutex);
		queue_work(this, entry, WORK_LOOK, jobs);
		this->mutex->unlock(this->mutex);
		queue_jobs(jobs);
	}
	return TRUE;
}

/**
 * An IKE_SA got no answer to its first requests: if it was to replace one of
 * ours, that has to be tried again, stock won't.
 */
static void not_established(private_mobility_manager_t *this, ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	linked_list_t *jobs;
	entry_t *entry;
	uint32_t id = ike_sa->get_unique_id(ike_sa);

	jobs = linked_list_create();
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (entry->initiated == id)
		{
			queue_work(this, entry, WORK_REAUTH, jobs);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	queue_jobs(jobs);
}

METHOD(listener_t, alert, bool,
	private_mobility_manager_t *this, ike_sa_t *ike_sa, alert_t alert,
	va_list args)
{
	entry_t *entry;

	switch (alert)
	{
		case ALERT_IKE_SA_EXPIRED:
			entry = find(this, ike_sa);
			if (entry)
			{
				entry->session->expired(entry->session);
			}
			break;
		case ALERT_PEER_INIT_UNREACHABLE:
			if (ike_sa)
			{
				not_established(this, ike_sa);
			}
			break;
		default:
			break;
	}
	return TRUE;
}

/**
 * Get the ids of the IKE_SAs of sessions, all or those of a connection or the
 * one with a number.
 */
static linked_list_t *get_ids(private_mobility_manager_t *this,
							  const char *connection, uint32_t number)
{
	enumerator_t *enumerator;
	linked_list_t *ids;
	entry_t *entry;

	ids = linked_list_create();
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		if (!entry->ended &&
			(!connection || streq(entry->connection, connection)) &&
			(!number || entry->session->number == number))
		{
			ids->insert_last(ids, entry->id->clone(entry->id));
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return ids;
}

/**
 * Check out the session of the next of the ids, which is removed.
 */
static mobility_session_t *checkout_next(private_mobility_manager_t *this,
										 linked_list_t *ids, ike_sa_t **ike_sa)
{
	ike_sa_id_t *id;
	entry_t *entry;

	while (ids->remove_first(ids, (void**)&id) == SUCCESS)
	{
		*ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
		id->destroy(id);
		entry = find(this, *ike_sa);
		if (entry)
		{
			return entry->session;
		}
		if (*ike_sa)
		{
			charon->ike_sa_manager->checkin(charon->ike_sa_manager, *ike_sa);
		}
	}
	return NULL;
}

/**
 * Destroy a list of snapshots.
 */
static void destroy_statuses(linked_list_t *list)
{
	list->destroy_function(list, (void*)mobility_status_destroy);
}

METHOD(mobility_manager_t, create_status_enumerator, enumerator_t*,
	private_mobility_manager_t *this)
{
	mobility_session_t *session;
	linked_list_t *ids, *list;
	ike_sa_t *ike_sa;

	list = linked_list_create();
	ids = get_ids(this, NULL, 0);
	while ((session = checkout_next(this, ids, &ike_sa)))
	{
		list->insert_last(list, session->get_status(session));
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	ids->destroy(ids);
	return enumerator_create_cleaner(list->create_enumerator(list),
									 (void*)destroy_statuses, list);
}

METHOD(mobility_manager_t, create_path_enumerator, enumerator_t*,
	private_mobility_manager_t *this, uint32_t number)
{
	mobility_session_t *session;
	linked_list_t *ids;
	ike_sa_t *ike_sa;
	array_t *paths;

	ids = get_ids(this, NULL, number);
	session = checkout_next(this, ids, &ike_sa);
	ids->destroy_offset(ids, offsetof(ike_sa_id_t, destroy));
	if (!session)
	{
		return NULL;
	}
	paths = session->get_paths(session);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	return enumerator_create_cleaner(array_create_enumerator(paths),
									 (void*)destroy_reports, paths);
}

METHOD(mobility_manager_t, switch_uplink, bool,
	private_mobility_manager_t *this, const char *connection,
	const char *uplink, char *error)
{
	mobility_session_t *session;
	linked_list_t *ids;
	ike_sa_t *ike_sa;
	status_t status;
	bool started = FALSE;

	snprintf(error, 128, "there is no session of a connection %s", connection);
	ids = get_ids(this, connection, 0);
	while ((session = checkout_next(this, ids, &ike_sa)))
	{
		started |= session->switch_uplink(session, uplink, error, &status);
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
	ids->destroy(ids);
	return started;
}

METHOD(mobility_manager_t, add_observer, void,
	private_mobility_manager_t *this, mobility_observer_t *observer)
{
	this->lock->write_lock(this->lock);
	this->observers->insert_last(this->observers, observer);
	this->lock->unlock(this->lock);
}

METHOD(mobility_manager_t, remove_observer, void,
	private_mobility_manager_t *this, mobility_observer_t *observer)
{
	this->lock->write_lock(this->lock);
	this->observers->remove(this->observers, observer, NULL);
	this->lock->unlock(this->lock);
}

METHOD(mobility_manager_t, reload, void,
	private_mobility_manager_t *this)
{
	mobility_settings_t *settings = this->context.settings;
	mobility_config_t config;
	enumerator_t *enumerator;
	linked_list_t *jobs;
	entry_t *entry;

	jobs = linked_list_create();
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		settings->get(settings, entry->connection, &config);
		queue_work(this, entry,
				   config.mobility ? WORK_RELOAD : WORK_GIVE_BACK, jobs);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	queue_jobs(jobs);
}

METHOD(mobility_manager_t, destroy, void,
	private_mobility_manager_t *this)
{
	mobility_session_t *session;
	linked_list_t *ids;
	ike_sa_t *ike_sa;
	entry_t *entry;

	/* on shutdown the IKE_SAs are gone already */
	ids = get_ids(this, NULL, 0);
	while ((session = checkout_next(this, ids, &ike_sa)))
	{
		session->give_back(session);
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	ids->destroy(ids);
	while (this->entries->get_first(this->entries, (void**)&entry) == SUCCESS)
	{
		remove_entry(this, entry);
	}
	this->context.monitor->destroy(this->context.monitor);
	DESTROY_IF(this->clock);
	DESTROY_IF(this->context.pins);
	this->context.hooks->destroy(this->context.hooks);
	this->entries->destroy(this->entries);
	this->observers->destroy(this->observers);
	this->mutex->destroy(this->mutex);
	this->lock->destroy(this->lock);
	free(this);
}

/*
 * Described in header.
 */
mobility_manager_t *mobility_manager_create(mobility_settings_t *settings)
{
	private_mobility_manager_t *this;

	INIT(this,
		.public = {
			.listener = {
				.alert = _alert,
				.ike_state_change = _ike_state_change,
				.message = _message,
				.ike_updown = _ike_updown,
				.ike_rekey = _ike_rekey,
				.ike_update = _ike_update,
				.ike_reestablish_post = _ike_reestablish_post,
			},
			.create_status_enumerator = _create_status_enumerator,
			.create_path_enumerator = _create_path_enumerator,
			.switch_uplink = _switch_uplink,
			.add_observer = _add_observer,
			.remove_observer = _remove_observer,
			.reload = _reload,
			.destroy = _destroy,
		},
		.context = {
			.settings = settings,
			.pins = mobility_pins_create(settings->get_pin_priority(settings),
										 settings->get_pin_table(settings)),
			.hooks = mobility_ike_hooks_create(),
			.arm = arm,
			.tell = tell,
		},
		.entries = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.observers = linked_list_create(),
		.lock = rwlock_create(RWLOCK_TYPE_DEFAULT),
	);
	this->context.monitor = mobility_monitor_create(network_changed, this);
	this->clock = mobility_clock_create(time_has_come, this);
	if (!this->clock)
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
