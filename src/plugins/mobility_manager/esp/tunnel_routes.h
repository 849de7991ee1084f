/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_tunnel_routes mobility_tunnel_routes
 * @{ @ingroup mobility_manager
 *
 * Routes into tunnels, which charon adds to its routing_table with policies.
 * Others may delete them, and the kernel does without a message, with the last
 * address of their interface; or it takes their preferred source away, if that is
 * an IPv6 address that is deleted.  Packets then leave in the clear.
 *
 * As nobody can ask charon which routes it has added, two methods of
 * kernel_interface_t are replaced, which take note and go on to stock.  There
 * is nothing to put back if charon has no table of its own (routing_table is 0).
 */

#ifndef MOBILITY_TUNNEL_ROUTES_H_
#define MOBILITY_TUNNEL_ROUTES_H_

#include <collections/array.h>
#include <sa/ike_sa.h>

#include "net/netlink.h"
#include "net/rtnl.h"

typedef struct mobility_tunnel_routes_t mobility_tunnel_routes_t;

/**
 * Routes into tunnels.  Methods may be called from any thread, but not by
 * listeners of charon's bus: the internal mutex is held while waiting for the
 * kernel.  But for that of the socket it is a leaf.
 */
struct mobility_tunnel_routes_t {

	/**
	 * Ask the kernel which of the routes it does not have.  Those that it has
	 * without their preferred source are removed.
	 *
	 * @return			TRUE if any is missing
	 */
	bool (*look)(mobility_tunnel_routes_t *this);

	/**
	 * Put those routes of an IKE_SA back that look() has found missing, as far as
	 * addresses and interfaces are there that they need; the others are still
	 * missing.
	 *
	 * @param ike_sa	IKE_SA, checked out
	 * @param ifname	interface that its path is over
	 * @return			FALSE if a route leads over another interface and can't be
	 *					put back there
	 */
	bool (*restore)(mobility_tunnel_routes_t *this, ike_sa_t *ike_sa,
					const char *ifname);

	/**
	 * Check if charon has added a route into a tunnel to a network, to a table
	 * of its own.
	 *
	 * @param net		network
	 * @return			TRUE if it has, whether the kernel still has it or not
	 */
	bool (*leads)(mobility_tunnel_routes_t *this, const mobility_net_t *net);

	/**
	 * Get the networks that charon is told to let past all tunnels.
	 *
	 * @return			array of mobility_net_t
	 */
	array_t *(*get_passes)(mobility_tunnel_routes_t *this);

	/**
	 * Destroy, gives charon's kernel interface its own methods back.
	 */
	void (*destroy)(mobility_tunnel_routes_t *this);
};

/**
 * Create an instance, there can be only one.
 *
 * @param rtnl			socket for requests, must live longer
 * @return				instance
 */
mobility_tunnel_routes_t *mobility_tunnel_routes_create(mobility_rtnl_t *rtnl);

/**
 * This thread begins to update CHILD_SAs: charon deletes a route before it adds
 * another one to the same destination.  From now on there is a copy of ours in
 * the table meanwhile.  Does nothing if there is no instance.
 */
void mobility_tunnel_routes_begin();

/**
 * This thread has updated CHILD_SAs, copies are removed.
 */
void mobility_tunnel_routes_end();

#endif /** MOBILITY_TUNNEL_ROUTES_H_ @}*/
