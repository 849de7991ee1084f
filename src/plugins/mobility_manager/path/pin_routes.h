/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_pin_routes mobility_pin_routes
 * @{ @ingroup mobility_manager
 *
 * Rules and routes of our own (MOBILITY_RTPROT) in the kernel, for
 * mobility_pins_t.  All of it waits for the kernel, see mobility_rtnl_t.
 */

#ifndef MOBILITY_PIN_ROUTES_H_
#define MOBILITY_PIN_ROUTES_H_

#include "net/netlink.h"
#include "net/rtnl.h"
#include "net/uplinks.h"

typedef struct mobility_pin_routes_rule_t mobility_pin_routes_rule_t;
typedef struct mobility_pin_routes_route_t mobility_pin_routes_route_t;

/**
 * A rule: from local to peer, fwmark mark if that is not 0, lookup table.
 */
struct mobility_pin_routes_rule_t {
	/** local address */
	mobility_ip_t local;
	/** peer's address */
	mobility_ip_t peer;
	/** table to look up */
	uint32_t table;
	/** priority of the rule */
	uint32_t priority;
	/** mark that packets need to have, 0 if they need not */
	uint32_t mark;
};

/**
 * A route: default via gateway dev ifindex table table.
 */
struct mobility_pin_routes_route_t {
	/** AF_INET or AF_INET6 */
	int family;
	/** interface */
	int ifindex;
	/** next hop, not set if peers are on-link */
	mobility_ip_t gateway;
	/** table it is in */
	uint32_t table;
	/** what the route that it stands for says about packets */
	mobility_metrics_t metrics;
	/** largest packet that gets through, 0 if nothing is known but what that
	 * says */
	uint32_t mtu;
};

/**
 * Add a rule.
 *
 * @param rtnl			socket for requests
 * @param rule			rule
 * @return				0, or errno of what failed; it is fine if it exists
 */
int mobility_pin_routes_add_rule(mobility_rtnl_t *rtnl,
								 const mobility_pin_routes_rule_t *rule);

/**
 * Remove a rule.
 *
 * @param rtnl			socket for requests
 * @param rule			rule
 * @return				0, or errno of what failed
 */
int mobility_pin_routes_del_rule(mobility_rtnl_t *rtnl,
								 const mobility_pin_routes_rule_t *rule);

/**
 * Add a route.
 *
 * @param rtnl			socket for requests
 * @param route			route
 * @param replace		TRUE to replace what is in the table, FALSE to leave it
 * @return				0, or errno of what failed; it is fine if it exists
 */
int mobility_pin_routes_add_route(mobility_rtnl_t *rtnl,
								  const mobility_pin_routes_route_t *route,
								  bool replace);

/**
 * Remove a route.
 *
 * @param rtnl			socket for requests
 * @param route			route
 * @return				0, or errno of what failed
 */
int mobility_pin_routes_del_route(mobility_rtnl_t *rtnl,
								  const mobility_pin_routes_route_t *route);

/**
 * Get the rules that the kernel has.
 *
 * @param rtnl			socket for requests
 * @return				array of mobility_pin_routes_rule_t, NULL on failure
 */
array_t *mobility_pin_routes_get_rules(mobility_rtnl_t *rtnl);

/**
 * Get the routes that the kernel has.
 *
 * @param rtnl			socket for requests
 * @return				array of mobility_pin_routes_route_t, NULL on failure
 */
array_t *mobility_pin_routes_get_routes(mobility_rtnl_t *rtnl);

/**
 * Remove all rules and routes of ours, whatever they look like.
 *
 * @param rtnl			socket for requests
 * @return				number of rules and routes removed
 */
u_int mobility_pin_routes_sweep(mobility_rtnl_t *rtnl);

#endif /** MOBILITY_PIN_ROUTES_H_ @}*/
