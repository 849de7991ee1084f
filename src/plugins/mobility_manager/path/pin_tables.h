/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_pin_tables mobility_pin_tables
 * @{ @ingroup mobility_manager
 *
 * Routing tables of our own, one per uplink, next hop, and what the route that
 * leads there says about packets.  Part of mobility_pins_t.
 */

#ifndef MOBILITY_PIN_TABLES_H_
#define MOBILITY_PIN_TABLES_H_

#include "net/path.h"
#include "path/pin_routes.h"

typedef struct mobility_pin_tables_t mobility_pin_tables_t;
typedef struct mobility_hop_t mobility_hop_t;

/**
 * An uplink and next hop.
 */
struct mobility_hop_t {
	/** route in its table */
	mobility_pin_routes_route_t route;
	/** number of references */
	u_int refs;
};

/**
 * Check if packets of a path go there as its route says.
 *
 * @param hop			next hop
 * @param path			path
 * @return				TRUE if uplink, gateway and metrics are the same
 */
bool mobility_hop_is_for(const mobility_hop_t *hop,
						 const mobility_path_t *path);

/**
 * All next hops that are in use.  Not thread-safe, the owner locks.
 */
struct mobility_pin_tables_t {

	/**
	 * Get a reference to the next hop of a path, and see to it that the route
	 * in its table is installed.
	 *
	 * @param path		path
	 * @param error		set to errno of what failed
	 * @return			next hop, NULL on failure
	 */
	mobility_hop_t *(*get)(mobility_pin_tables_t *this,
						   const mobility_path_t *path,
						   int *error);

	/**
	 * Drop a reference, the route is removed with the last one.
	 *
	 * @param hop		next hop
	 */
	void (*put)(mobility_pin_tables_t *this, mobility_hop_t *hop);

	/**
	 * Limit the size of packets over a next hop, as long as it is in use.
	 *
	 * @param hop		next hop
	 * @param mtu		size of the largest packet
	 * @return			0, or errno of what failed
	 */
	int (*limit)(mobility_pin_tables_t *this, mobility_hop_t *hop,
				 uint32_t mtu);

	/**
	 * Install routes again that are gone, as far as their links are there.
	 *
	 * @return			number of routes that were installed again
	 */
	u_int (*restore)(mobility_pin_tables_t *this);

	/**
	 * Destroy a mobility_pin_tables_t, there are no references anymore.
	 */
	void (*destroy)(mobility_pin_tables_t *this);
};

/**
 * Create an empty set.
 *
 * @param rtnl			socket for requests, must live longer
 * @param table			first table to use
 * @return				instance
 */
mobility_pin_tables_t *mobility_pin_tables_create(mobility_rtnl_t *rtnl,
												  uint32_t table);

#endif /** MOBILITY_PIN_TABLES_H_ @}*/
