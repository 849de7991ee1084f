/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_way_back mobility_way_back
 * @{ @ingroup mobility_manager
 *
 * Has a gateway with several uplinks answer over the one that has the address
 * which a client sends to: the provider of another one may drop what comes from
 * an address that is not its own.  It takes no rules per client, see
 * mobility_way_back_plan().  They come right before the kernel's for the main
 * table, behind those of others.  Everything carries MOBILITY_RTPROT.
 */

#ifndef MOBILITY_WAY_BACK_H_
#define MOBILITY_WAY_BACK_H_

#include "net/monitor.h"
#include "net/rtnl.h"
#include "settings/settings.h"

/** priority of the rules, one before that of the main table */
#define MOBILITY_WAY_BACK_PRIORITY 32765

typedef struct mobility_way_back_t mobility_way_back_t;

/**
 * Rules for addresses of this host.  Methods may be called from any thread, but
 * not by listeners of charon's bus: the internal mutex is held while waiting for
 * the kernel, and while the monitor and settings are asked.
 */
struct mobility_way_back_t {

	/**
	 * Check if there are to be rules, should it take any.
	 *
	 * @return			FALSE if pin_paths or gateway.mobility is no
	 */
	bool (*is_wanted)(mobility_way_back_t *this);

	/**
	 * Have those rules that it takes now, none if they are not wanted, or the
	 * monitor is not started.
	 */
	void (*update)(mobility_way_back_t *this);

	/**
	 * Install rules and routes again that somebody removed.
	 */
	void (*restore)(mobility_way_back_t *this);

	/**
	 * Removes all rules and routes and destroys.
	 */
	void (*destroy)(mobility_way_back_t *this);
};

/**
 * Create an instance without rules.  What a crashed daemon left is removed by
 * mobility_pins_create().
 *
 * @param rtnl			socket for requests, must live longer
 * @param monitor		knows the uplinks, must live longer
 * @param settings		settings, must live longer
 * @return				instance
 */
mobility_way_back_t *mobility_way_back_create(mobility_rtnl_t *rtnl,
											  mobility_monitor_t *monitor,
											  mobility_settings_t *settings);

#endif /** MOBILITY_WAY_BACK_H_ @}*/
