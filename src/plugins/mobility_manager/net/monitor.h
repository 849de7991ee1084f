/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_monitor mobility_monitor
 * @{ @ingroup mobility_manager
 *
 * Watches rtnetlink and keeps a mobility_uplinks_t up to date.
 */

#ifndef MOBILITY_MONITOR_H_
#define MOBILITY_MONITOR_H_

#include "net/rtnl.h"
#include "net/uplinks.h"

/** where sysfs is mounted */
#define MOBILITY_SYSFS "/sys"

/** changes are told at once that many times in quick succession; in a storm they
 * are collected, and told after so many ms */
#define MOBILITY_MONITOR_BURST 32
#define MOBILITY_MONITOR_PAUSE 50

typedef struct mobility_monitor_t mobility_monitor_t;

/**
 * Called after changes were applied, by the monitor's own thread, with no lock
 * held.  The first change after a quiet period is reported at once; what
 * arrives in the same read is reported together, and what arrives in a storm.
 *
 * @param data			user data
 * @param change		what changed
 */
typedef void (*mobility_monitor_cb_t)(void *data, mobility_change_t change);

/**
 * Network monitor.  Methods may be called from any thread; the monitor's own
 * mutex is a leaf: it is not held while calling out, except to the filters, nor
 * while waiting for the kernel.
 */
struct mobility_monitor_t {

	/**
	 * Open the socket, read the current state synchronously, and watch it.
	 * Does nothing if already started.
	 *
	 * @return			FALSE if rtnetlink is not available, or the state can't be
	 *					read (logged)
	 */
	bool (*start)(mobility_monitor_t *this);

	/**
	 * Stop watching, close the socket, forget the state.
	 *
	 * May be called by the callback, which then is not called anymore once it
	 * returned.  Called by any other thread this waits for a callback that is
	 * running, so hold no lock which the callback needs.
	 */
	void (*stop)(mobility_monitor_t *this);

	/**
	 * Collect paths to a peer, see mobility_uplinks_t.get_paths().  Interfaces
	 * charon ignores (interfaces_use, interfaces_ignore) and virtual IPs are
	 * excluded here.
	 *
	 * @param peer		peer's address
	 * @param filter	further condition on interfaces, may be NULL
	 * @param data		user data for filter
	 * @param paths		gets mobility_path_t* appended
	 */
	void (*get_paths)(mobility_monitor_t *this, host_t *peer,
					  mobility_uplink_filter_t filter, void *data,
					  array_t *paths);

	/**
	 * As get_paths(), but for several peers, and if the monitor is not started
	 * the state is read, for this call only.
	 *
	 * @param peers		host_t*, peers' addresses
	 * @param filter	further condition on interfaces, may be NULL
	 * @param data		user data for filter
	 * @param paths		gets mobility_path_t* appended
	 */
	void (*read_paths)(mobility_monitor_t *this, array_t *peers,
					   mobility_uplink_filter_t filter, void *data,
					   array_t *paths);

	/** see mobility_uplinks_t.is_usable() */
	bool (*is_usable)(mobility_monitor_t *this, mobility_path_t *path);

	/** see mobility_uplinks_t.find_path() */
	mobility_path_t *(*find_path)(mobility_monitor_t *this, host_t *local,
								  host_t *remote);

	/**
	 * Find the interface that has an address, see
	 * mobility_uplinks_t.get_owner().
	 *
	 * @param addr		address
	 * @param ifname	gets the interface's name, IFNAMSIZ
	 * @return			FALSE if it is no address of this host
	 */
	bool (*get_owner)(mobility_monitor_t *this, host_t *addr, char *ifname);

	/** see mobility_uplinks_t.describe() */
	const char *(*describe)(mobility_monitor_t *this, const char *ifname);

	/** see mobility_uplinks_t.get_kind() */
	mobility_link_kind_t (*get_kind)(mobility_monitor_t *this,
									 const char *ifname,
									 mobility_link_kind_t *over);

	/**
	 * Set what is known of the rules of pins, before the monitor is started, see
	 * mobility_uplinks_t.set_pin_priority().
	 *
	 * @param priority	priority of our rules
	 * @param fixed		FALSE if they have less if that is needed
	 */
	void (*set_pin_priority)(mobility_monitor_t *this, uint32_t priority,
							 bool fixed);

	/**
	 * Get the priority that rules of pins have to have, see
	 * mobility_uplinks_t.get_pin_priority().
	 *
	 * @return			priority, as it was set if not started
	 */
	uint32_t (*get_pin_priority)(mobility_monitor_t *this);

	/**
	 * List interfaces, for people.  If not started, the state is read for this
	 * call only.
	 *
	 * @return			enumerator over mobility_uplink_report_t*, a copy
	 */
	enumerator_t *(*create_link_enumerator)(mobility_monitor_t *this);

	/**
	 * Stops and destroys.  Not to be called by the callback.
	 */
	void (*destroy)(mobility_monitor_t *this);
};

/**
 * Create a monitor, not started.
 *
 * @param rtnl			socket to read the state, must live longer
 * @param cb			called on changes
 * @param data			user data for cb
 * @return				monitor
 */
mobility_monitor_t *mobility_monitor_create(mobility_rtnl_t *rtnl,
											mobility_monitor_cb_t cb,
											void *data);

#endif /** MOBILITY_MONITOR_H_ @}*/
