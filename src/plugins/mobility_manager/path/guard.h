/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_guard mobility_guard
 * @{ @ingroup mobility_manager
 *
 * Keeps out of the clear what belongs into the tunnels of sessions, when charon's
 * table has no route into them: while the virtual IP address or an interface is
 * gone, say.  See mobility_guard_plan() for how.  Everything carries
 * MOBILITY_RTPROT.
 */

#ifndef MOBILITY_GUARD_H_
#define MOBILITY_GUARD_H_

#include <collections/array.h>

#include "net/rtnl.h"

typedef struct mobility_guard_t mobility_guard_t;

/**
 * Guard.  Methods may be called from any thread, but not by listeners of
 * charon's bus: the internal mutex is held while waiting for the kernel.  But
 * for that of the socket it is a leaf.
 */
struct mobility_guard_t {

	/**
	 * Guard what belongs into the tunnels of a session, as it is from now on.
	 * Does nothing if nothing changes.
	 *
	 * @param session	what tells it from others
	 * @param nets		networks behind the gateway, mobility_net_t, NULL for
	 *					nothing
	 * @param peers		addresses of the gateway, mobility_ip_t, NULL for none
	 */
	void (*set)(mobility_guard_t *this, void *session, array_t *nets,
				array_t *peers);

	/**
	 * Set the uplinks: what is bound to one of them is not guarded.
	 *
	 * @param uplinks	their names, char[IFNAMSIZ], gets owned
	 */
	void (*set_uplinks)(mobility_guard_t *this, array_t *uplinks);

	/**
	 * Set what charon lets past tunnels, and is not guarded either.
	 *
	 * @param passes	networks, mobility_net_t, gets owned
	 */
	void (*set_passes)(mobility_guard_t *this, array_t *passes);

	/**
	 * Install rules and routes again that somebody removed.
	 */
	void (*restore)(mobility_guard_t *this);

	/**
	 * Removes all rules and routes and destroys.
	 */
	void (*destroy)(mobility_guard_t *this);
};

/**
 * Create a guard.  What a crashed daemon left is removed by
 * mobility_pins_create().
 *
 * @param rtnl			socket for requests, must live longer
 * @param priority		first of four priorities of rules, behind charon's
 * @param table			table
 * @return				instance
 */
mobility_guard_t *mobility_guard_create(mobility_rtnl_t *rtnl,
										uint32_t priority, uint32_t table);

#endif /** MOBILITY_GUARD_H_ @}*/
