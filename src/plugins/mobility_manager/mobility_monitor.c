/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_monitor.h"
#include "mobility_feed.h"

#include <daemon.h>
#include <processing/watcher.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/** default of charon.routing_table */
#define CHARON_TABLE 220

typedef struct private_mobility_monitor_t private_mobility_monitor_t;
typedef struct source_t source_t;

/**
 * Private data
 */
struct private_mobility_monitor_t {

	/**
	 * Public interface.
	 */
	mobility_monitor_t public;

	/**
	 * Called on changes.
	 */
	mobility_monitor_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;

	/**
	 * Protects what follows.
	 */
	mutex_t *mutex;

	/**
	 * Where changes are received, NULL if not started.
	 */
	source_t *source;

	/**
	 * State of the network, NULL if not started.
	 */
	mobility_uplinks_t *uplinks;

	/**
	 * Number of threads in the callback.
	 */
	u_int busy;

	/**
	 * Signaled when a thread leaves the callback.
	 */
	condvar_t *condvar;
};

/**
 * Where changes are received, from start() to stop()
 */
struct source_t {
	/** monitor it belongs to */
	private_mobility_monitor_t *monitor;
	/** sockets */
	mobility_feed_t *feed;
	/** thread that calls the monitor's callback */
	thread_t *thread;
	/** not in use anymore */
	bool stopped;
	/** to be destroyed by the thread that calls the callback */
	bool orphaned;
};

/**
 * Destroy a source
 */
static void source_destroy(source_t *source)
{
	source->feed->destroy(source->feed);
	free(source);
}

/**
 * Changes can be received, a watcher_cb_t
 */
static bool changed(void *data, int fd, watcher_event_t event)
{
	source_t *source = data;
	private_mobility_monitor_t *this = source->monitor;
	mobility_change_t change;
	bool stopped, orphaned;

	this->mutex->lock(this->mutex);
	if (source->stopped)
	{
		this->mutex->unlock(this->mutex);
		return FALSE;
	}
	change = source->feed->receive(source->feed, this->uplinks);
	source->thread = thread_current();
	this->busy++;
	this->mutex->unlock(this->mutex);

	if (change != MOBILITY_CHANGE_NONE)
	{
		this->cb(this->data, change);
	}

	this->mutex->lock(this->mutex);
	source->thread = NULL;
	stopped = source->stopped;
	orphaned = source->orphaned;
	this->busy--;
	this->condvar->signal(this->condvar);
	this->mutex->unlock(this->mutex);

	if (orphaned)
	{
		source_destroy(source);
	}
	return !stopped;
}

/**
 * Create an empty state
 */
static mobility_uplinks_t *create_uplinks()
{
	return mobility_uplinks_create(
					lib->settings->get_int(lib->settings, "%s.routing_table",
										   CHARON_TABLE, lib->ns),
					lib->settings->get_bool(lib->settings,
								"%s.prefer_temporary_addrs", TRUE, lib->ns),
					MOBILITY_SYSFS);
}

/**
 * Get the state, which is read if the monitor is not started.  Mutex must be
 * held.
 */
static mobility_uplinks_t *borrow(private_mobility_monitor_t *this)
{
	mobility_uplinks_t *uplinks;
	mobility_feed_t *feed;

	if (this->uplinks)
	{
		return this->uplinks;
	}
	uplinks = create_uplinks();
	feed = mobility_feed_create();
	if (feed)
	{
		feed->sync(feed, uplinks);
		feed->destroy(feed);
	}
	return uplinks;
}

/**
 * Give back what borrow() returned
 */
static void give_back(private_mobility_monitor_t *this,
					  mobility_uplinks_t *uplinks)
{
	if (uplinks != this->uplinks)
	{
		uplinks->destroy(uplinks);
	}
}

METHOD(mobility_monitor_t, start, bool,
	private_mobility_monitor_t *this)
{
	mobility_feed_t *feed;

	this->mutex->lock(this->mutex);
	if (this->source)
	{
		this->mutex->unlock(this->mutex);
		return TRUE;
	}
	feed = mobility_feed_create();
	if (!feed)
	{
		this->mutex->unlock(this->mutex);
		return FALSE;
	}
	INIT(this->source,
		.monitor = this,
		.feed = feed,
	);
	this->uplinks = create_uplinks();
	feed->sync(feed, this->uplinks);
	lib->watcher->add(lib->watcher, feed->get_fd(feed), WATCHER_READ, changed,
					  this->source);
	this->mutex->unlock(this->mutex);
	return TRUE;
}

METHOD(mobility_monitor_t, stop, void,
	private_mobility_monitor_t *this)
{
	source_t *source;
	bool wait;

	this->mutex->lock(this->mutex);
	source = this->source;
	if (!source)
	{
		this->mutex->unlock(this->mutex);
		return;
	}
	this->source = NULL;
	this->uplinks->destroy(this->uplinks);
	this->uplinks = NULL;
	source->stopped = TRUE;
	/* the watcher would have us wait for the callback that we are in */
	wait = source->thread != thread_current();
	source->orphaned = !wait;
	this->mutex->unlock(this->mutex);

	if (wait)
	{
		lib->watcher->remove(lib->watcher, source->feed->get_fd(source->feed));
		source_destroy(source);
	}
}

/**
 * Filters for get_paths()
 */
typedef struct {
	/** further condition on interfaces, may be NULL */
	mobility_uplink_filter_t filter;
	/** user data for it */
	void *data;
	/** virtual IP addresses, host_t* */
	array_t *vips;
} filter_t;

/**
 * Collect the virtual IP addresses of all IKE_SAs.
 *
 * Done before the mutex is locked, as kernel interfaces have locks as well.
 */
static array_t *collect_vips()
{
	enumerator_t *enumerator;
	array_t *vips;
	host_t *host;

	vips = array_create(0, 0);
	if (charon && charon->kernel)
	{
		enumerator = charon->kernel->create_address_enumerator(charon->kernel,
										ADDR_TYPE_ALL & ~ADDR_TYPE_REGULAR);
		while (enumerator->enumerate(enumerator, &host))
		{
			array_insert(vips, ARRAY_TAIL, host->clone(host));
		}
		enumerator->destroy(enumerator);
	}
	return vips;
}

/**
 * Check if an interface may be used, a mobility_uplink_filter_t
 */
static bool use_uplink(void *data, const char *ifname)
{
	filter_t *this = data;

	if (charon && charon->kernel &&
		!charon->kernel->is_interface_usable(charon->kernel, ifname))
	{
		return FALSE;
	}
	return !this->filter || this->filter(this->data, ifname);
}

/**
 * Check if an address is a virtual IP, a mobility_vip_filter_t
 */
static bool is_vip(void *data, host_t *addr)
{
	filter_t *this = data;
	host_t *vip;
	int i;

	for (i = 0; i < array_count(this->vips); i++)
	{
		array_get(this->vips, i, &vip);
		if (vip->ip_equals(vip, addr))
		{
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(mobility_monitor_t, get_paths, void,
	private_mobility_monitor_t *this, host_t *peer,
	mobility_uplink_filter_t filter, void *data, array_t *paths)
{
	filter_t filters = {
		.filter = filter,
		.data = data,
		.vips = collect_vips(),
	};

	this->mutex->lock(this->mutex);
	if (this->uplinks)
	{
		this->uplinks->get_paths(this->uplinks, peer, use_uplink, is_vip,
								 &filters, paths);
	}
	this->mutex->unlock(this->mutex);
	array_destroy_offset(filters.vips, offsetof(host_t, destroy));
}

METHOD(mobility_monitor_t, read_paths, void,
	private_mobility_monitor_t *this, array_t *peers,
	mobility_uplink_filter_t filter, void *data, array_t *paths)
{
	filter_t filters = {
		.filter = filter,
		.data = data,
		.vips = collect_vips(),
	};
	mobility_uplinks_t *uplinks;
	host_t *peer;
	int i;

	this->mutex->lock(this->mutex);
	uplinks = borrow(this);
	for (i = 0; i < array_count(peers); i++)
	{
		array_get(peers, i, &peer);
		uplinks->get_paths(uplinks, peer, use_uplink, is_vip, &filters, paths);
	}
	give_back(this, uplinks);
	this->mutex->unlock(this->mutex);
	array_destroy_offset(filters.vips, offsetof(host_t, destroy));
}

METHOD(mobility_monitor_t, is_usable, bool,
	private_mobility_monitor_t *this, mobility_path_t *path)
{
	bool usable;

	this->mutex->lock(this->mutex);
	usable = this->uplinks && this->uplinks->is_usable(this->uplinks, path);
	this->mutex->unlock(this->mutex);
	return usable;
}

METHOD(mobility_monitor_t, find_path, mobility_path_t*,
	private_mobility_monitor_t *this, host_t *local, host_t *remote)
{
	mobility_path_t *path = NULL;

	this->mutex->lock(this->mutex);
	if (this->uplinks)
	{
		path = this->uplinks->find_path(this->uplinks, local, remote);
	}
	this->mutex->unlock(this->mutex);
	return path;
}

METHOD(mobility_monitor_t, describe, const char*,
	private_mobility_monitor_t *this, const char *ifname)
{
	const char *reason = "not monitored";

	this->mutex->lock(this->mutex);
	if (this->uplinks)
	{
		reason = this->uplinks->describe(this->uplinks, ifname);
	}
	this->mutex->unlock(this->mutex);
	return reason;
}

METHOD(mobility_monitor_t, get_kind, mobility_kind_t,
	private_mobility_monitor_t *this, const char *ifname,
	mobility_kind_t *over)
{
	mobility_kind_t kind = *over = MOBILITY_KIND_UNKNOWN;

	this->mutex->lock(this->mutex);
	if (this->uplinks)
	{
		kind = this->uplinks->get_kind(this->uplinks, ifname, over);
	}
	this->mutex->unlock(this->mutex);
	return kind;
}

METHOD(mobility_monitor_t, create_link_enumerator, enumerator_t*,
	private_mobility_monitor_t *this)
{
	mobility_uplink_report_t report = {};
	mobility_uplinks_t *uplinks;
	enumerator_t *enumerator;
	array_t *reports;
	char *ifname;

	reports = array_create(sizeof(report), 0);
	this->mutex->lock(this->mutex);
	uplinks = borrow(this);
	enumerator = uplinks->create_link_enumerator(uplinks);
	while (enumerator->enumerate(enumerator, &report.ifindex, &ifname))
	{
		snprintf(report.ifname, sizeof(report.ifname), "%s", ifname);
		report.kind = uplinks->get_kind(uplinks, ifname, &report.over);
		report.state = uplinks->describe(uplinks, ifname);
		array_insert(reports, ARRAY_TAIL, &report);
	}
	enumerator->destroy(enumerator);
	give_back(this, uplinks);
	this->mutex->unlock(this->mutex);
	return enumerator_create_cleaner(array_create_enumerator(reports),
									 (void*)array_destroy, reports);
}

METHOD(mobility_monitor_t, destroy, void,
	private_mobility_monitor_t *this)
{
	stop(this);
	/* a callback that stopped the monitor itself was not waited for */
	this->mutex->lock(this->mutex);
	while (this->busy)
	{
		this->condvar->wait(this->condvar, this->mutex);
	}
	this->mutex->unlock(this->mutex);
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_monitor_t *mobility_monitor_create(mobility_monitor_cb_t cb,
											void *data)
{
	private_mobility_monitor_t *this;

	INIT(this,
		.public = {
			.start = _start,
			.stop = _stop,
			.get_paths = _get_paths,
			.read_paths = _read_paths,
			.is_usable = _is_usable,
			.find_path = _find_path,
			.describe = _describe,
			.get_kind = _get_kind,
			.create_link_enumerator = _create_link_enumerator,
			.destroy = _destroy,
		},
		.cb = cb,
		.data = data,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	return &this->public;
}
