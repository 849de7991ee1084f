/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_fib_entry mobility_fib_entry
 * @{ @ingroup mobility_manager
 *
 * The routes to one destination in one table.  Part of mobility_fib_t.
 */

#ifndef MOBILITY_FIB_ENTRY_H_
#define MOBILITY_FIB_ENTRY_H_

#include <library.h>
#include <collections/array.h>

#include "net/route.h"

typedef struct mobility_fib_entry_t mobility_fib_entry_t;
typedef struct mobility_fib_entry_key_t mobility_fib_entry_key_t;
typedef struct mobility_route_query_t mobility_route_query_t;

/**
 * What a route is looked for.
 */
struct mobility_route_query_t {
	/** local address, not set if it is yet to be chosen */
	mobility_ip_t local;
	/** peer's address */
	mobility_ip_t peer;
	/** interface to use, 0 for any */
	int oif;
	/** next hops to pass over, as others are looked for, and their number */
	const mobility_ip_t *passed;
	u_int passed_count;
	/** the packets have no pin, which would have them pass rules of others */
	bool unpinned;
};

/**
 * A destination in a table, with no padding as it is hashed as a whole.
 */
struct mobility_fib_entry_key_t {
	/** network */
	mobility_ip_t net;
	/** length of its prefix */
	uint8_t prefix;
	/** zero */
	uint8_t reserved[2];
	/** number of the table */
	uint32_t table;
};

/**
 * Routes to a destination.
 */
struct mobility_fib_entry_t {
	/** destination */
	mobility_fib_entry_key_t key;
	/** mobility_route_t*, the preferred one first */
	array_t *routes;
};

/**
 * Create a destination without routes.
 *
 * @param key			destination
 * @return				instance
 */
mobility_fib_entry_t *mobility_fib_entry_create(
										   const mobility_fib_entry_key_t *key);

/**
 * Destroy a destination with its routes.
 *
 * @param dst			destination
 */
void mobility_fib_entry_destroy(mobility_fib_entry_t *dst);

/**
 * Add a next hop, or find that it is known already.
 *
 * @param dst			destination
 * @param route			next hop
 * @return				TRUE if that changes anything
 */
bool mobility_fib_entry_add(mobility_fib_entry_t *dst,
							const mobility_route_t *route);

/**
 * Remove a next hop.
 *
 * @param dst			destination
 * @param route			next hop
 * @return				TRUE if that changes anything
 */
bool mobility_fib_entry_remove(mobility_fib_entry_t *dst,
							   const mobility_route_t *route);

/**
 * Find out what a route replaces (NLM_F_REPLACE), before it is added.
 *
 * @param dst			destination
 * @param route			what the next hops of the new route have in common
 * @return				group of the route that is replaced, 0 if there is none
 */
u_int mobility_fib_entry_get_replaced(mobility_fib_entry_t *dst,
									  const mobility_route_t *route);

/**
 * Remove what a route replaced, after it was added and took the next hops over
 * that are in both of them.  Of IPv6 routes it is all with the same metric, as
 * these are next hops of one route.
 *
 * @param dst			destination
 * @param route			what the next hops of the new route have in common
 * @param replaced		group of the route that is replaced
 * @return				TRUE if that changes anything
 */
bool mobility_fib_entry_replace(mobility_fib_entry_t *dst,
								const mobility_route_t *route,
								u_int replaced);

/**
 * Look for the preferred route a flow may use.
 *
 * @param dst			destination
 * @param flow			flow
 * @return				route, maybe one that leads nowhere, or NULL
 */
const mobility_route_t *mobility_fib_entry_lookup(
												const mobility_fib_entry_t *dst,
											const mobility_route_query_t *flow);

/**
 * Check if there is a route over a link that leads somewhere.
 *
 * @param dst			destination
 * @param ifindex		link
 * @return				TRUE if there is
 */
bool mobility_fib_entry_has_link(const mobility_fib_entry_t *dst, int ifindex);

/**
 * Remove routes that the last resync did not see.
 *
 * @param dst			destination
 * @param generation	number of the resync
 * @return				TRUE if that changes anything
 */
bool mobility_fib_entry_sweep(mobility_fib_entry_t *dst, u_int generation);

#endif /** MOBILITY_FIB_ENTRY_H_ @}*/
