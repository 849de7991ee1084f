/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_tunnel_rules mobility_tunnel_rules
 * @{ @ingroup mobility_manager
 *
 * Rules that lead into tunnels where charon's own comes too late: rules of
 * others that are for all packets are in front of it, such as those of wg-quick
 * if that was started last.  Then charon's table is looked up before these as
 * well, but for default routes, as wg-quick itself has it for the main table:
 * a network behind a gateway is more specific than what somebody else has for
 * everything, but of two tunnels for everything the one that was started last is
 * meant.  Everything carries MOBILITY_RTPROT.
 */

#ifndef MOBILITY_TUNNEL_RULES_H_
#define MOBILITY_TUNNEL_RULES_H_

#include "net/rtnl.h"

typedef struct mobility_tunnel_rules_t mobility_tunnel_rules_t;

/**
 * Rules that lead into tunnels, one for each address family.  Methods may be
 * called from any thread, but not by listeners of charon's bus: the internal
 * mutex is held while waiting for the kernel.  But for that of the socket it is a
 * leaf.
 */
struct mobility_tunnel_rules_t {

	/**
	 * Have the rules at a priority.  Does nothing if they are there.
	 *
	 * @param priority	priority, 0 to have none
	 */
	void (*set_priority)(mobility_tunnel_rules_t *this, uint32_t priority);

	/**
	 * Install them again if somebody removed them.
	 */
	void (*restore)(mobility_tunnel_rules_t *this);

	/**
	 * Removes the rules and destroys.
	 */
	void (*destroy)(mobility_tunnel_rules_t *this);
};

/**
 * Create an instance without rules.
 *
 * @param rtnl			socket for requests, must live longer
 * @param table			charon's table, 0 for no rules
 * @return				instance
 */
mobility_tunnel_rules_t *mobility_tunnel_rules_create(mobility_rtnl_t *rtnl,
													  uint32_t table);

#endif /** MOBILITY_TUNNEL_RULES_H_ @}*/
