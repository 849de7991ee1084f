/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_pin_routes mobility_pin_routes
 * @{ @ingroup mobility_manager
 *
 * Rules and routes of our own (MOBILITY_RTPROT) in the kernel.  Part of
 * mobility_pins_t.
 */

#ifndef MOBILITY_PIN_ROUTES_H_
#define MOBILITY_PIN_ROUTES_H_

#include "net/netlink.h"
#include "net/rtnl.h"
#include "net/uplinks.h"

typedef struct mobility_pin_routes_t mobility_pin_routes_t;
typedef struct mobility_pin_routes_rule_t mobility_pin_routes_rule_t;
typedef struct mobility_pin_routes_route_t mobility_pin_routes_route_t;

/**
 * A rule: from local to peer lookup table.
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
	/** largest packet that gets through, 0 for that of the interface */
	uint32_t mtu;
};

/**
 * Access to our own rules and routes.  Not thread-safe, the owner locks.
 */
struct mobility_pin_routes_t {

	/**
	 * Add a rule.
	 *
	 * @param rule		rule
	 * @return			0, or errno of what failed; it is fine if it exists
	 */
	int (*add_rule)(mobility_pin_routes_t *this,
					const mobility_pin_routes_rule_t *rule);

	/**
	 * Remove a rule.
	 *
	 * @param rule		rule
	 * @return			0, or errno of what failed
	 */
	int (*del_rule)(mobility_pin_routes_t *this,
					const mobility_pin_routes_rule_t *rule);

	/**
	 * Add a route.
	 *
	 * @param route		route
	 * @param replace	TRUE to replace what is in the table, FALSE to leave it
	 * @return			0, or errno of what failed; it is fine if it exists
	 */
	int (*add_route)(mobility_pin_routes_t *this,
					 const mobility_pin_routes_route_t *route, bool replace);

	/**
	 * Remove a route.
	 *
	 * @param route		route
	 * @return			0, or errno of what failed
	 */
	int (*del_route)(mobility_pin_routes_t *this,
					 const mobility_pin_routes_route_t *route);

	/**
	 * Get the rules that the kernel has.
	 *
	 * @return			array of mobility_pin_routes_rule_t, NULL on failure
	 */
	array_t *(*get_rules)(mobility_pin_routes_t *this);

	/**
	 * Get the routes that the kernel has.
	 *
	 * @return			array of mobility_pin_routes_route_t, NULL on failure
	 */
	array_t *(*get_routes)(mobility_pin_routes_t *this);

	/**
	 * Remove all rules and routes of ours, whatever they look like.
	 *
	 * @return			number of rules and routes removed
	 */
	u_int (*sweep)(mobility_pin_routes_t *this);

	/**
	 * Destroy a mobility_pin_routes_t, rules and routes stay.
	 */
	void (*destroy)(mobility_pin_routes_t *this);
};

/**
 * Create an instance.
 *
 * @return				instance, NULL if rtnetlink is not available (logged)
 */
mobility_pin_routes_t *mobility_pin_routes_create();

#endif /** MOBILITY_PIN_ROUTES_H_ @}*/
