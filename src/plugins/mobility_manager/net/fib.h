/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_fib mobility_fib
 * @{ @ingroup mobility_manager
 *
 * The kernel's routing tables, as far as they may lead to a peer or say that no
 * peer can be there, such as the one with this host's own addresses.  Part of
 * mobility_uplinks_t, which describes what the messages have in common.
 *
 * Routes may go, and come back, without a message: then a full resync says so,
 * see MOBILITY_CHANGE_STALE.
 */

#ifndef MOBILITY_FIB_H_
#define MOBILITY_FIB_H_

#include "net/fib_entry.h"
#include "net/route.h"
#include "net/uplinks.h"

typedef struct mobility_fib_t mobility_fib_t;
typedef enum mobility_fib_result_t mobility_fib_result_t;

/**
 * What a routing table says.
 */
enum mobility_fib_result_t {
	/** nothing, the next rule decides */
	MOBILITY_FIB_NONE,
	/** there is a route */
	MOBILITY_FIB_ROUTE,
	/** the peer is not reachable, and no other table is asked */
	MOBILITY_FIB_UNREACHABLE,
};

/**
 * Routing tables of both families.
 */
struct mobility_fib_t {

	/**
	 * Apply RTM_NEWROUTE or RTM_DELROUTE.
	 *
	 * @param nlh		message
	 * @return			what changed
	 */
	mobility_change_t (*process)(mobility_fib_t *this,
								 const struct nlmsghdr *nlh);

	/**
	 * Look up a route in a table, as the kernel does if the interface is given.
	 *
	 * @param table		number of the table
	 * @param flow		what to look for
	 * @param route		set to the route if there is one
	 * @return			what the table says
	 */
	mobility_fib_result_t (*lookup)(mobility_fib_t *this, uint32_t table,
									const mobility_route_query_t *flow,
									const mobility_route_t **route);

	/**
	 * Check if there is any route over an interface that leads somewhere.
	 *
	 * @param ifindex	interface
	 * @return			TRUE if there is
	 */
	bool (*has_link)(mobility_fib_t *this, int ifindex);

	/**
	 * Start a full resync.
	 */
	void (*sync_begin)(mobility_fib_t *this);

	/**
	 * End a full resync.
	 *
	 * @return			what changed by removal
	 */
	mobility_change_t (*sync_end)(mobility_fib_t *this);

	/**
	 * Destroy a mobility_fib_t.
	 */
	void (*destroy)(mobility_fib_t *this);
};

/**
 * Create empty routing tables.
 *
 * @param charon_table	table whose routes are ignored
 * @return				instance
 */
mobility_fib_t *mobility_fib_create(uint32_t charon_table);

#endif /** MOBILITY_FIB_H_ @}*/
