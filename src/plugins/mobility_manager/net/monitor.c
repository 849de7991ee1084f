/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <poll.h>
#include <unistd.h>
#include <sys/eventfd.h>

#include "net/monitor.h"
#include "net/clock.h"
#include "net/rtnl_events.h"

#include <daemon.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/** how often the first state is read if that fails */
#define START_TRIES 3

/** ms until the state is read again if that has failed later */
#define REREAD_INTERVAL 1000

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
	 * Socket to read the state.
	 */
	mobility_rtnl_t *rtnl;

	/**
	 * Called on changes.
	 */
	mobility_monitor_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;

	/**
	 * Held to start, may wait for the kernel.
	 */
	mutex_t *starting;

	/**
	 * Protects what follows, never held while waiting for the kernel: listeners
	 * of the bus need it.
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
	 * Priority of pins.
	 */
	uint32_t pin_priority;

	/**
	 * They have that one in any case.
	 */
	bool pin_fixed;

	/**
	 * Number of threads that the callback has stopped and that have not ended.
	 */
	u_int orphans;

	/**
	 * Signaled when one of them has.
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
	mobility_rtnl_events_t *feed;
	/** thread that receives, and calls the monitor's callback */
	thread_t *thread;
	/** readable when the thread has to end */
	int stop;
	/** not in use anymore */
	bool stopped;
	/** to be destroyed by its own thread */
	bool orphaned;
	/** times changes were received, less one for each pause; the thread's only */
	u_int reads;
	/** time up to which pauses were counted, in ms */
	uint64_t since;
};

/**
 * Destroy a source
 */
static void source_destroy(source_t *source)
{
	source->feed->destroy(source->feed);
	close(source->stop);
	free(source);
}

/**
 * Check if a storm is going on, in which changes are better told together: each
 * time something is told all sessions look at it
 */
static bool is_storm(source_t *source)
{
	uint64_t now, pauses;

	now = mobility_now();
	pauses = (now - source->since) / MOBILITY_MONITOR_PAUSE;
	source->reads -= min(source->reads, pauses);
	source->since = source->reads ? source->since +
									pauses * MOBILITY_MONITOR_PAUSE : now;
	return ++source->reads > MOBILITY_MONITOR_BURST;
}

/**
 * Wait for changes, FALSE if the thread has to end
 */
static bool wait_for_changes(source_t *source)
{
	struct pollfd fds[] = {
		{ .fd = source->stop, .events = POLLIN },
		{ .fd = source->feed->get_fd(source->feed), .events = POLLIN },
	};

	if (is_storm(source) && poll(fds, 1, MOBILITY_MONITOR_PAUSE) > 0)
	{
		return FALSE;
	}
	while (poll(fds, countof(fds), source->feed->is_stale(source->feed) ?
				REREAD_INTERVAL : -1) == -1)
	{
		if (errno != EINTR)
		{
			DBG1(DBG_NET, "mobility: waiting for network changes failed: %s",
				 strerror(errno));
			return FALSE;
		}
	}
	return !fds[0].revents;
}

/**
 * Receive changes, or apply the whole state that was read.  Returns FALSE if
 * the source was stopped.
 */
static bool update(private_mobility_monitor_t *this, source_t *source,
				   mobility_change_t (*from)(mobility_rtnl_events_t *feed,
											 mobility_uplinks_t *uplinks),
				   mobility_change_t *change)
{
	bool stopped;

	this->mutex->lock(this->mutex);
	stopped = source->stopped;
	if (!stopped)
	{
		*change |= from(source->feed, this->uplinks);
	}
	this->mutex->unlock(this->mutex);
	return !stopped;
}

/**
 * Tell about changes
 */
static void tell(private_mobility_monitor_t *this, mobility_change_t change)
{
	if (change != MOBILITY_CHANGE_NONE)
	{
		this->cb(this->data, change);
	}
}

/**
 * Receive changes and tell about them, at once: what the kernel did not tell of
 * is found out after that
 */
static bool receive(private_mobility_monitor_t *this, source_t *source)
{
	mobility_change_t change = MOBILITY_CHANGE_NONE;
	mobility_rtnl_events_t *feed = source->feed;

	if (!update(this, source, feed->receive, &change))
	{
		return FALSE;
	}
	tell(this, change);
	if (!feed->is_stale(feed) || !feed->read(feed))
	{
		return TRUE;
	}
	change = MOBILITY_CHANGE_NONE;
	if (!update(this, source, feed->apply, &change))
	{
		return FALSE;
	}
	tell(this, change);
	return TRUE;
}

/**
 * Main function of a source's thread.
 *
 * The watcher is not for us: charon's own socket for such changes is much
 * smaller. If it overflows its callback sleeps, and for that second the watcher
 * of strongSwan before 6.0 calls nobody, but takes all of a processor.
 */
static void *follow(source_t *source)
{
	private_mobility_monitor_t *this = source->monitor;

	while (wait_for_changes(source) && receive(this, source))
	{
		/* until we have to end */
	}

	this->mutex->lock(this->mutex);
	if (source->orphaned)
	{
		source_destroy(source);
		this->orphans--;
		this->condvar->signal(this->condvar);
	}
	this->mutex->unlock(this->mutex);
	return NULL;
}

/**
 * Create an empty state
 */
static mobility_uplinks_t *create_uplinks(private_mobility_monitor_t *this)
{
	mobility_uplinks_t *uplinks;

	uplinks = mobility_uplinks_create(
					lib->settings->get_int(lib->settings, "%s.routing_table",
										   MOBILITY_CHARON_TABLE, lib->ns),
					lib->settings->get_bool(lib->settings,
								"%s.prefer_temporary_addrs", TRUE, lib->ns),
					MOBILITY_SYSFS);
	if (this->pin_priority)
	{
		uplinks->set_pin_priority(uplinks, this->pin_priority,
								  this->pin_fixed);
	}
	return uplinks;
}

/**
 * Get the state, with the mutex held: or if the monitor is not started one that
 * is read, without it.
 */
static mobility_uplinks_t *borrow(private_mobility_monitor_t *this, bool *held)
{
	mobility_uplinks_t *uplinks;
	mobility_rtnl_events_t *feed;

	this->mutex->lock(this->mutex);
	*held = this->uplinks != NULL;
	if (*held)
	{
		return this->uplinks;
	}
	this->mutex->unlock(this->mutex);
	uplinks = create_uplinks(this);
	feed = mobility_rtnl_events_create(this->rtnl);
	if (feed)
	{
		if (feed->read(feed))
		{
			feed->apply(feed, uplinks);
		}
		feed->destroy(feed);
	}
	return uplinks;
}

/**
 * Give back what borrow() returned
 */
static void give_back(private_mobility_monitor_t *this,
					  mobility_uplinks_t *uplinks, bool held)
{
	if (held)
	{
		this->mutex->unlock(this->mutex);
	}
	else
	{
		uplinks->destroy(uplinks);
	}
}

/**
 * Create a source, whose thread is to be started
 */
static source_t *source_create(private_mobility_monitor_t *this)
{
	source_t *source;
	mobility_rtnl_events_t *feed;
	int stop;

	feed = mobility_rtnl_events_create(this->rtnl);
	if (!feed)
	{
		return NULL;
	}
	stop = eventfd(0, EFD_CLOEXEC);
	if (stop == -1)
	{
		DBG1(DBG_NET, "mobility: watching network changes failed: %s",
			 strerror(errno));
		feed->destroy(feed);
		return NULL;
	}
	INIT(source,
		.monitor = this,
		.feed = feed,
		.stop = stop,
		.since = mobility_now(),
	);
	return source;
}

/**
 * Read the first state.  Returns NULL if that fails: nothing would seem to be
 * usable.
 */
static mobility_uplinks_t *read_uplinks(source_t *source)
{
	mobility_uplinks_t *uplinks;
	int i;

	for (i = 0; i < START_TRIES; i++)
	{
		if (source->feed->read(source->feed))
		{
			uplinks = create_uplinks(source->monitor);
			source->feed->apply(source->feed, uplinks);
			return uplinks;
		}
	}
	return NULL;
}

/**
 * Have a source's thread follow changes.  Returns FALSE if there is none.
 */
static bool run_source(private_mobility_monitor_t *this, source_t *source,
					   mobility_uplinks_t *uplinks)
{
	this->mutex->lock(this->mutex);
	/* does nothing before it gets the mutex */
	source->thread = thread_create((thread_main_t)follow, source);
	if (source->thread)
	{
		this->source = source;
		this->uplinks = uplinks;
	}
	this->mutex->unlock(this->mutex);
	return source->thread != NULL;
}

/**
 * Read the state, and follow changes.
 */
static bool start_source(private_mobility_monitor_t *this)
{
	mobility_uplinks_t *uplinks;
	source_t *source;

	source = source_create(this);
	if (!source)
	{
		return FALSE;
	}
	uplinks = read_uplinks(source);
	if (uplinks && run_source(this, source, uplinks))
	{
		return TRUE;
	}
	if (uplinks)
	{
		DBG1(DBG_NET, "mobility: no thread to watch network changes");
		uplinks->destroy(uplinks);
	}
	source_destroy(source);
	return FALSE;
}

METHOD(mobility_monitor_t, start, bool,
	private_mobility_monitor_t *this)
{
	bool started;

	this->starting->lock(this->starting);
	this->mutex->lock(this->mutex);
	started = this->source != NULL;
	this->mutex->unlock(this->mutex);
	started = started || start_source(this);
	this->starting->unlock(this->starting);
	return started;
}

METHOD(mobility_monitor_t, stop, void,
	private_mobility_monitor_t *this)
{
	uint64_t count = 1;
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
	ignore_result(write(source->stop, &count, sizeof(count)));
	/* the callback can't wait for its own thread */
	wait = source->thread != thread_current();
	if (!wait)
	{
		source->orphaned = TRUE;
		this->orphans++;
		source->thread->detach(source->thread);
	}
	this->mutex->unlock(this->mutex);

	if (wait)
	{
		source->thread->join(source->thread);
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
static bool use_uplink(void *data, const char *ifname, bool tunnel)
{
	filter_t *this = data;

	if (charon && charon->kernel &&
		!charon->kernel->is_interface_usable(charon->kernel, ifname))
	{
		return FALSE;
	}
	return !this->filter || this->filter(this->data, ifname, tunnel);
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
	bool held;
	int i;

	uplinks = borrow(this, &held);
	for (i = 0; i < array_count(peers); i++)
	{
		array_get(peers, i, &peer);
		uplinks->get_paths(uplinks, peer, use_uplink, is_vip, &filters, paths);
	}
	give_back(this, uplinks, held);
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

METHOD(mobility_monitor_t, get_owner, bool,
	private_mobility_monitor_t *this, host_t *addr, char *ifname)
{
	const char *owner = NULL;

	this->mutex->lock(this->mutex);
	if (this->uplinks)
	{
		owner = this->uplinks->get_owner(this->uplinks, addr);
		snprintf(ifname, IFNAMSIZ, "%s", owner ?: "");
	}
	this->mutex->unlock(this->mutex);
	return owner != NULL;
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

METHOD(mobility_monitor_t, set_pin_priority, void,
	private_mobility_monitor_t *this, uint32_t priority, bool fixed)
{
	this->pin_priority = priority;
	this->pin_fixed = fixed;
}

METHOD(mobility_monitor_t, get_pin_priority, uint32_t,
	private_mobility_monitor_t *this)
{
	uint32_t priority = this->pin_priority;

	this->mutex->lock(this->mutex);
	if (this->uplinks)
	{
		priority = this->uplinks->get_pin_priority(this->uplinks);
	}
	this->mutex->unlock(this->mutex);
	return priority;
}

METHOD(mobility_monitor_t, get_kind, mobility_link_kind_t,
	private_mobility_monitor_t *this, const char *ifname,
	mobility_link_kind_t *over)
{
	mobility_link_kind_t kind = *over = MOBILITY_KIND_UNKNOWN;

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
	bool held;

	reports = array_create(sizeof(report), 0);
	uplinks = borrow(this, &held);
	enumerator = uplinks->create_link_enumerator(uplinks);
	while (enumerator->enumerate(enumerator, &report.ifindex, &ifname))
	{
		snprintf(report.ifname, sizeof(report.ifname), "%s", ifname);
		report.kind = uplinks->get_kind(uplinks, ifname, &report.over);
		report.state = uplinks->describe(uplinks, ifname);
		array_insert(reports, ARRAY_TAIL, &report);
	}
	enumerator->destroy(enumerator);
	give_back(this, uplinks, held);
	return enumerator_create_cleaner(array_create_enumerator(reports),
									 (void*)array_destroy, reports);
}

METHOD(mobility_monitor_t, destroy, void,
	private_mobility_monitor_t *this)
{
	stop(this);
	/* a callback that stopped the monitor itself was not waited for */
	this->mutex->lock(this->mutex);
	while (this->orphans)
	{
		this->condvar->wait(this->condvar, this->mutex);
	}
	this->mutex->unlock(this->mutex);
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
	this->starting->destroy(this->starting);
	free(this);
}

/*
 * Described in header.
 */
mobility_monitor_t *mobility_monitor_create(mobility_rtnl_t *rtnl,
											mobility_monitor_cb_t cb,
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
			.get_owner = _get_owner,
			.describe = _describe,
			.get_kind = _get_kind,
			.set_pin_priority = _set_pin_priority,
			.get_pin_priority = _get_pin_priority,
			.create_link_enumerator = _create_link_enumerator,
			.destroy = _destroy,
		},
		.rtnl = rtnl,
		.cb = cb,
		.data = data,
		.starting = mutex_create(MUTEX_TYPE_DEFAULT),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	return &this->public;
}
