/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <time.h>

#include "mock_manager.h"

#include <collections/array.h>
#include <processing/jobs/callback_job.h>
#include <threading/condvar.h>
#include <threading/mutex.h>

typedef struct private_mock_manager_t private_mock_manager_t;

/**
 * Private data of a mock_manager_t.
 */
struct private_mock_manager_t {

	/**
	 * Public interface.
	 */
	mock_manager_t public;

	/**
	 * Sessions, as mobility_status_t*.
	 */
	array_t *sessions;

	/**
	 * Observers, as mobility_observer_t*.
	 */
	array_t *observers;

	/**
	 * Arguments of the last switch_uplink().
	 */
	char last_switch[128];

	/**
	 * Number of calls of reload().
	 */
	u_int reloads;

	/**
	 * create_status_enumerator() blocks.
	 */
	bool blocked;

	/**
	 * Number of those who are blocked.
	 */
	u_int waiting;

	/**
	 * Lock for everything.
	 */
	mutex_t *mutex;

	/**
	 * Signaled when blocked or waiting changes.
	 */
	condvar_t *condvar;
};

/**
 * Get the mock that belongs to a manager.
 */
static private_mock_manager_t *get_mock(mobility_manager_t *manager)
{
	/* it is the first member of the public interface */
	return (private_mock_manager_t*)manager;
}

/**
 * Make up a path.
 */
static mobility_path_report_t *create_report(const char *ifname,
											 const char *unusable)
{
	mobility_path_report_t *report;
	mobility_path_t *path;

	INIT(path,
		.ifindex = 2,
		.local = host_create_from_string("192.168.0.100", 0),
		.remote = host_create_from_string("192.168.0.1", 0),
		.gateway = unusable ? host_create_from_string("192.168.0.254", 0) :
							  NULL,
		.prefix = 24,
		.metric = 100,
	);
	snprintf(path->ifname, sizeof(path->ifname), "%s", ifname);
	INIT(report,
		.path = path,
		.cost = 100,
		.preference = MOBILITY_NORMAL,
		.rtt = unusable ? 0 : 12,
		.by = unusable ? MOBILITY_BY_ASIDE : MOBILITY_BY_NOTHING,
		.kind = unusable ? MOBILITY_KIND_WIFI : MOBILITY_KIND_ETHERNET,
		.current = !unusable,
		.unusable = unusable,
		.penalty = unusable ? 250 : 0,
		.encapsulated = !unusable,
		.mtu = unusable ? 0 : 1280,
	);
	return report;
}

/**
 * Make up some paths.
 */
static array_t *create_reports()
{
	array_t *reports = array_create(0, 0);

	array_insert(reports, ARRAY_TAIL, create_report("eth0", NULL));
	array_insert(reports, ARRAY_TAIL, create_report("wlan0", "no carrier"));
	return reports;
}

/**
 * Destroy paths.
 */
static void destroy_reports(array_t *reports)
{
	mobility_path_report_t *report;

	while (array_remove(reports, ARRAY_TAIL, &report))
	{
		mobility_path_report_destroy(report);
	}
	array_destroy(reports);
}

/**
 * Clone a session.
 */
static mobility_status_t *clone_status(mobility_status_t *status)
{
	mobility_status_t *clone;

	INIT(clone);
	*clone = *status;
	clone->connection = strdup(status->connection);
	clone->local = status->local->clone(status->local);
	clone->remote = status->remote->clone(status->remote);
	clone->peer = status->peer ? status->peer->clone(status->peer) : NULL;
	clone->vips = status->vips ? status->vips->clone_offset(status->vips,
											offsetof(host_t, clone)) : NULL;
	return clone;
}

/**
 * Destroy sessions.
 */
static void destroy_sessions(array_t *sessions)
{
	mobility_status_t *status;

	while (array_remove(sessions, ARRAY_TAIL, &status))
	{
		mobility_status_destroy(status);
	}
	array_destroy(sessions);
}

METHOD(mobility_manager_t, create_status_enumerator, enumerator_t*,
	mobility_manager_t *manager, const mobility_filter_t *filter)
{
	private_mock_manager_t *this = get_mock(manager);
	mobility_status_t *status;
	array_t *sessions;
	int i;

	sessions = array_create(0, 0);
	this->mutex->lock(this->mutex);
	this->waiting++;
	this->condvar->broadcast(this->condvar);
	while (this->blocked)
	{
		this->condvar->wait(this->condvar, this->mutex);
	}
	this->waiting--;
	for (i = 0; i < array_count(this->sessions); i++)
	{
		array_get(this->sessions, i, &status);
		if (mobility_filter_matches_status(filter, status))
		{
			array_insert(sessions, ARRAY_TAIL, clone_status(status));
		}
	}
	this->mutex->unlock(this->mutex);
	return enumerator_create_cleaner(array_create_enumerator(sessions),
									 (void*)destroy_sessions, sessions);
}

/**
 * Destroy counts.
 */
static void destroy_counts(array_t *counts)
{
	mobility_count_t *count;

	while (array_remove(counts, ARRAY_TAIL, &count))
	{
		free(count->connection);
		free(count);
	}
	array_destroy(counts);
}

/**
 * Get the count that a session belongs to.
 */
static mobility_count_t *get_count(array_t *counts, mobility_status_t *status)
{
	mobility_count_t *count;
	int i;

	for (i = 0; array_get(counts, i, &count); i++)
	{
		if (streq(count->connection, status->connection) &&
			count->mobile == status->mobile)
		{
			return count;
		}
	}
	INIT(count,
		.connection = strdup(status->connection),
		.mobile = status->mobile,
	);
	array_insert(counts, ARRAY_TAIL, count);
	return count;
}

METHOD(mobility_manager_t, create_count_enumerator, enumerator_t*,
	mobility_manager_t *manager, const mobility_filter_t *filter)
{
	private_mock_manager_t *this = get_mock(manager);
	mobility_status_t *status;
	array_t *counts;
	int i;

	counts = array_create(0, 0);
	this->mutex->lock(this->mutex);
	for (i = 0; array_get(this->sessions, i, &status); i++)
	{
		if (mobility_filter_matches_status(filter, status))
		{
			get_count(counts, status)->states[status->state]++;
		}
	}
	this->mutex->unlock(this->mutex);
	return enumerator_create_cleaner(array_create_enumerator(counts),
									 (void*)destroy_counts, counts);
}

METHOD(mobility_manager_t, create_path_enumerator, enumerator_t*,
	mobility_manager_t *manager, uint32_t session,
	mobility_prospect_t *prospect)
{
	private_mock_manager_t *this = get_mock(manager);
	array_t *reports;
	u_int count;

	this->mutex->lock(this->mutex);
	count = array_count(this->sessions);
	this->mutex->unlock(this->mutex);
	if (session > count)
	{
		return NULL;
	}
	reports = create_reports();
	if (prospect)
	{
		*prospect = (mobility_prospect_t){
			.stay = MOBILITY_STAY_SETTLE,
			.uplink = "wlan0",
			.left = 7,
		};
	}
	return enumerator_create_cleaner(array_create_enumerator(reports),
									 (void*)destroy_reports, reports);
}

METHOD(mock_manager_t, raise_, void,
	private_mock_manager_t *this, enum mobility_event_kind_t kind,
	mobility_state_t old, mobility_status_t *status)
{
	mobility_observer_t *observer;
	enumerator_t *enumerator;
	array_t *reports = NULL;

	if (kind == MOBILITY_EVENT_PATH)
	{
		reports = create_reports();
	}
	this->mutex->lock(this->mutex);
	enumerator = array_create_enumerator(this->observers);
	while (enumerator->enumerate(enumerator, &observer))
	{
		observer->event(observer, kind, old, status, reports);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	if (reports)
	{
		destroy_reports(reports);
	}
}

/**
 * What comes of switch_uplink(), told a bit later: eth1 works, wlan0 does not.
 */
static job_requeue_t complete_switch(private_mock_manager_t *this)
{
	mobility_status_t *status = NULL;

	this->mutex->lock(this->mutex);
	if (array_get(this->sessions, ARRAY_HEAD, &status))
	{
		status = clone_status(status);
	}
	this->mutex->unlock(this->mutex);
	if (!status)
	{
		return JOB_REQUEUE_NONE;
	}

	strcpy(status->last_move.to, "eth1");
	_raise_(this, strstr(this->last_switch, "eth1") ? MOBILITY_EVENT_MOVE :
		   MOBILITY_EVENT_PATH, MOBILITY_CONNECTED, status);
	mobility_status_destroy(status);
	return JOB_REQUEUE_NONE;
}

METHOD(mobility_manager_t, switch_uplink, bool,
	mobility_manager_t *manager, const char *connection, const char *uplink,
	char *error)
{
	private_mock_manager_t *this = get_mock(manager);

	this->mutex->lock(this->mutex);
	snprintf(this->last_switch, sizeof(this->last_switch), "%s %s", connection,
			 uplink);
	this->mutex->unlock(this->mutex);
	if (streq(uplink, "eth1") || streq(uplink, "wlan0"))
	{
		lib->processor->queue_job(lib->processor,
			(job_t*)callback_job_create((callback_job_cb_t)complete_switch,
										this, NULL, NULL));
		return TRUE;
	}
	snprintf(error, 128, "%s: no such interface", uplink);
	return FALSE;
}

/**
 * Count the sessions that are meant and whose peer is known, or is not.
 */
static u_int count_meant(private_mock_manager_t *this,
						 const mobility_filter_t *filter, bool known)
{
	mobility_status_t *status;
	u_int count = 0;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; array_get(this->sessions, i, &status); i++)
	{
		count += mobility_filter_matches_status(filter, status) &&
				 known == (status->peer != NULL);
	}
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(mobility_manager_t, terminate_, u_int,
	mobility_manager_t *manager, const mobility_filter_t *filter)
{
	private_mock_manager_t *this = get_mock(manager);

	return count_meant(this, filter, TRUE) + count_meant(this, filter, FALSE);
}

METHOD(mobility_manager_t, redirect_, u_int,
	mobility_manager_t *manager, const mobility_filter_t *filter,
	identification_t *gateway, u_int *unable)
{
	private_mock_manager_t *this = get_mock(manager);

	*unable = count_meant(this, filter, FALSE);
	return count_meant(this, filter, TRUE);
}

METHOD(mobility_manager_t, create_link_enumerator, enumerator_t*,
	mobility_manager_t *manager)
{
	static const mobility_uplink_report_t links[] = {
		{ .ifname = "eth0", .ifindex = 2, .kind = MOBILITY_KIND_ETHERNET,
		  .state = "usable" },
		{ .ifname = "wlan0", .ifindex = 3, .kind = MOBILITY_KIND_WIFI,
		  .state = "no carrier" },
		{ .ifname = "wlan0.7", .ifindex = 4, .kind = MOBILITY_KIND_VLAN,
		  .over = MOBILITY_KIND_WIFI, .state = "no address" },
	};
	array_t *reports;
	int i;

	reports = array_create(sizeof(links[0]), 0);
	for (i = 0; i < countof(links); i++)
	{
		array_insert(reports, ARRAY_TAIL, (void*)&links[i]);
	}
	return enumerator_create_cleaner(array_create_enumerator(reports),
									 (void*)array_destroy, reports);
}

METHOD(mobility_manager_t, reload, void,
	mobility_manager_t *manager)
{
	private_mock_manager_t *this = get_mock(manager);

	this->mutex->lock(this->mutex);
	this->reloads++;
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_manager_t, add_observer, void,
	mobility_manager_t *manager, mobility_observer_t *observer)
{
	private_mock_manager_t *this = get_mock(manager);

	this->mutex->lock(this->mutex);
	array_insert(this->observers, ARRAY_TAIL, observer);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_manager_t, remove_observer, void,
	mobility_manager_t *manager, mobility_observer_t *observer)
{
	private_mock_manager_t *this = get_mock(manager);
	mobility_observer_t *current;
	int i;

	this->mutex->lock(this->mutex);
	for (i = array_count(this->observers) - 1; i >= 0; i--)
	{
		if (array_get(this->observers, i, &current) && current == observer)
		{
			array_remove(this->observers, i, NULL);
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_manager_t, destroy, void,
	mobility_manager_t *manager)
{
	private_mock_manager_t *this = get_mock(manager);

	destroy_sessions(this->sessions);
	array_destroy(this->observers);
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
	free(this);
}

METHOD(mock_manager_t, add, mobility_status_t*,
	private_mock_manager_t *this, const char *connection)
{
	mobility_status_t *status;

	this->mutex->lock(this->mutex);
	INIT(status,
		.connection = strdup(connection),
		.session = array_count(this->sessions) + 1,
		.ike_id = 7,
		.mobile = TRUE,
		.state = MOBILITY_CONNECTED,
		.since = time(NULL),
		.cause = "established",
		.uplink = "eth0",
		.kind = MOBILITY_KIND_VLAN,
		.over = MOBILITY_KIND_ETHERNET,
		.local = host_create_from_string("192.168.0.100", 4500),
		.remote = host_create_from_string("192.168.0.1", 4500),
		.cost = 100,
		.outage_time = 1800,
		.rtt = 12,
		.packets = { .out = 10, .in = 7, .seq = 8 },
	);
	array_insert(this->sessions, ARRAY_TAIL, status);
	this->mutex->unlock(this->mutex);
	return status;
}

METHOD(mock_manager_t, lock, void,
	private_mock_manager_t *this)
{
	this->mutex->lock(this->mutex);
}

METHOD(mock_manager_t, unlock, void,
	private_mock_manager_t *this)
{
	this->mutex->unlock(this->mutex);
}

METHOD(mock_manager_t, get_switch, const char*,
	private_mock_manager_t *this)
{
	static char copy[sizeof(this->last_switch)];

	this->mutex->lock(this->mutex);
	memcpy(copy, this->last_switch, sizeof(copy));
	this->mutex->unlock(this->mutex);
	return copy;
}

METHOD(mock_manager_t, get_reloads, u_int,
	private_mock_manager_t *this)
{
	u_int reloads;

	this->mutex->lock(this->mutex);
	reloads = this->reloads;
	this->mutex->unlock(this->mutex);
	return reloads;
}

METHOD(mock_manager_t, get_observers, u_int,
	private_mock_manager_t *this)
{
	return array_count(this->observers);
}

METHOD(mock_manager_t, block, void,
	private_mock_manager_t *this, bool block)
{
	this->mutex->lock(this->mutex);
	this->blocked = block;
	this->condvar->broadcast(this->condvar);
	this->mutex->unlock(this->mutex);
}

METHOD(mock_manager_t, wait_blocked, void,
	private_mock_manager_t *this)
{
	this->mutex->lock(this->mutex);
	while (!this->blocked || !this->waiting)
	{
		this->condvar->wait(this->condvar, this->mutex);
	}
	this->mutex->unlock(this->mutex);
}

/*
 * Described in header.
 */
mock_manager_t *mock_manager_create()
{
	private_mock_manager_t *this;

	INIT(this,
		.public = {
			.manager = {
				.create_status_enumerator = _create_status_enumerator,
				.create_count_enumerator = _create_count_enumerator,
				.create_path_enumerator = _create_path_enumerator,
				.create_link_enumerator = _create_link_enumerator,
				.switch_uplink = _switch_uplink,
				.terminate = _terminate_,
				.redirect = _redirect_,
				.reload = _reload,
				.add_observer = _add_observer,
				.remove_observer = _remove_observer,
				.destroy = _destroy,
			},
			.add = _add,
			.lock = _lock,
			.unlock = _unlock,
			.raise = _raise_,
			.get_switch = _get_switch,
			.get_reloads = _get_reloads,
			.get_observers = _get_observers,
			.block = _block,
			.wait_blocked = _wait_blocked,
		},
		.sessions = array_create(0, 0),
		.observers = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	return &this->public;
}
