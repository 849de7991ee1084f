/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_fib_rules mobility_fib_rules
 * @{ @ingroup mobility_manager
 *
 * The kernel's routing rules, and which tables packets get looked up in that
 * follow from them.  Part of mobility_uplinks_t, which describes what the
 * messages have in common.
 */

#ifndef MOBILITY_FIB_RULES_H_
#define MOBILITY_FIB_RULES_H_

#include "net/links.h"
#include "net/fib.h"

typedef struct mobility_fib_rules_t mobility_fib_rules_t;

/**
 * Routing rules of both families.
 */
struct mobility_fib_rules_t {

	/**
	 * Apply RTM_NEWRULE or RTM_DELRULE.
	 *
	 * @param nlh		message
	 * @return			what changed
	 */
	mobility_change_t (*process)(mobility_fib_rules_t *this,
								 const struct nlmsghdr *nlh);

	/**
	 * Find the route packets take from a local address, if they leave by a
	 * given interface: the route over it in the first table that has one.
	 *
	 * @param routes	routing tables
	 * @param link		interface, the flow's oif; NULL if that is 0
	 * @param flow		what to look for
	 * @return			route, NULL if there is none
	 */
	const mobility_route_t *(*lookup)(mobility_fib_rules_t *this,
									  mobility_fib_t *routes,
									  const mobility_link_t *link,
									  const mobility_route_query_t *flow);

	/**
	 * Set which rules don't matter to packets for which there are rules of our
	 * own: if they are for all packets of this host, or all without a mark, and
	 * say that none may leave, as a kill switch does.
	 *
	 * @param priority	priority of our rules, these come behind it; by default
	 *					there are none
	 */
	void (*set_passed)(mobility_fib_rules_t *this, uint32_t priority);

	/**
	 * Get the priority that a rule needs to come before all that catch all packets
	 * of this host, or all without a mark; behind it there is room for one that
	 * does so as well.  Who gives no priority when adding
	 * a rule has it come before all others, but the one for the table of this
	 * host's own addresses.
	 *
	 * @param priority	priority to have if none of them is in front
	 * @return			priority, at least 1; there is no coming before that
	 */
	uint32_t (*get_front)(mobility_fib_rules_t *this, uint32_t priority);

	/**
	 * Start a full resync.
	 */
	void (*sync_begin)(mobility_fib_rules_t *this);

	/**
	 * End a full resync.
	 *
	 * @return			what changed by removal
	 */
	mobility_change_t (*sync_end)(mobility_fib_rules_t *this);

	/**
	 * Destroy a mobility_fib_rules_t.
	 */
	void (*destroy)(mobility_fib_rules_t *this);
};

/**
 * Create an empty set of rules.
 *
 * @param charon_table	table whose rules are ignored
 * @return				instance
 */
mobility_fib_rules_t *mobility_fib_rules_create(uint32_t charon_table);

#endif /** MOBILITY_FIB_RULES_H_ @}*/
