/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_lookup mobility_lookup
 * @{ @ingroup mobility_manager
 *
 * Finds out how packets get to a peer with the links, addresses, routes and
 * rules there are.  Part of mobility_uplinks_t.
 */

#ifndef MOBILITY_LOOKUP_H_
#define MOBILITY_LOOKUP_H_

#include "net/links.h"
#include "net/fib.h"
#include "net/fib_rules.h"

typedef struct mobility_lookup_t mobility_lookup_t;
typedef struct mobility_lookup_filter_t mobility_lookup_filter_t;
typedef struct mobility_way_t mobility_way_t;

/** Local addresses of an interface that are looked at: how many there are is up
 * to routers. */
#define MOBILITY_WAYS_MAX 8

/**
 * What is looked at.
 */
struct mobility_lookup_t {
	/** interfaces and addresses */
	mobility_links_t *links;
	/** routing tables */
	mobility_fib_t *routes;
	/** rules that lead to these tables */
	mobility_fib_rules_t *rules;
	/** prefer temporary IPv6 addresses */
	bool prefer_temporary;
};

/**
 * What is not looked at.
 */
struct mobility_lookup_filter_t {
	/** decides on addresses, may be NULL */
	mobility_vip_filter_t is_vip;
	/** user data for it */
	void *data;
};

/** Next hops of a way that are looked at. */
#define MOBILITY_HOPS_MAX 4

/**
 * A way out of an interface.
 */
struct mobility_way_t {
	/** local address */
	mobility_ip_t local;
	/** route from there to the peer */
	const mobility_route_t *route;
};

/**
 * Find the route of a flow over an interface, or over any.
 *
 * @param link			interface, the flow's oif; NULL if that is 0
 * @param flow			what to look for
 * @return				route, NULL if there is none
 */
const mobility_route_t *mobility_lookup_route(const mobility_lookup_t *this,
											  const mobility_link_t *link,
											const mobility_route_query_t *flow);

/**
 * Check if packets may leave an interface with an address: one of its own, or
 * of no other uplink, or the one the route asks for.
 *
 * @param link			interface
 * @param ip			address
 * @param route			route over this interface
 * @return				TRUE if there is that address and it can be used
 */
bool mobility_lookup_is_usable(const mobility_lookup_t *this,
							   const mobility_link_t *link,
							   const mobility_ip_t *ip,
							   const mobility_route_t *route);

/**
 * Find the local addresses that can be used on an interface and the routes from
 * them.
 *
 * @param link			interface
 * @param filter		addresses not to use
 * @param peer			peer's address
 * @param ways			gets what was found, the preferred one first, each local
 *						address once
 * @return				number of ways, MOBILITY_WAYS_MAX at most
 */
u_int mobility_lookup_ways(const mobility_lookup_t *this,
						   const mobility_link_t *link,
						   const mobility_lookup_filter_t *filter,
						   const mobility_ip_t *peer,
						   mobility_way_t ways[MOBILITY_WAYS_MAX]);

/**
 * Find all routes of a flow over an interface that are as specific as the one it
 * has and lead over different next hops: of other routers, of worse metrics, and
 * those of multipath routes.
 *
 * @param link			interface, the flow's oif
 * @param flow			what to look for
 * @param route			the route that it has
 * @param routes		gets these routes, that one first
 * @return				number of routes, MOBILITY_HOPS_MAX at most
 */
u_int mobility_lookup_hops(const mobility_lookup_t *this,
						   const mobility_link_t *link,
						   const mobility_route_query_t *flow,
						   const mobility_route_t *route,
						   const mobility_route_t *routes[MOBILITY_HOPS_MAX]);

/**
 * Find the interface with the best route of a flow.
 *
 * @param flow			what to look for, gets the interface
 * @param any			FALSE to look only at those with the local address
 * @param best			gets the route, NULL if there is none
 * @return				interface, with the best route, or without one if none
 *						has one, NULL if no interface has the local address
 */
mobility_link_t *mobility_lookup_link(const mobility_lookup_t *this,
									  mobility_route_query_t *flow, bool any,
									  const mobility_route_t **best);

#endif /** MOBILITY_LOOKUP_H_ @}*/
