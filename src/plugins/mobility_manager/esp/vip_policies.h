/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_vip_policies mobility_vip_policies
 * @{ @ingroup mobility_manager
 *
 * Policies that drop what is sent from a virtual IP address into a tunnel's
 * networks if there is no tunnel for it.
 *
 * charon deletes the policies of an IKE_SA before its virtual IP addresses, and
 * who is bound to one, or still gets it from a route, would send in the clear
 * meanwhile.  The kernel takes a policy of charon before any of these: their
 * priority is the lowest.
 *
 * The kernel has but one policy for a selector, of whatever priority.  These
 * differ from charon's by a destination port of which no bit is compared, which
 * is how what a crashed daemon has left is found, too.
 */

#ifndef MOBILITY_VIP_POLICIES_H_
#define MOBILITY_VIP_POLICIES_H_

#include <collections/array.h>

#include "esp/lost_vips.h"
#include "esp/xfrm.h"
#include "net/netlink.h"

/** Number of policies at most, the oldest ones go first */
#define MOBILITY_VIP_POLICIES_MAX 64

typedef struct mobility_vip_policies_t mobility_vip_policies_t;
typedef struct mobility_vip_net_t mobility_vip_net_t;

/**
 * What is sent from an address to a network.  All bytes that are not used are
 * zero.
 */
struct mobility_vip_net_t {
	/** virtual IP address */
	mobility_ip_t vip;
	/** network behind the gateway */
	mobility_net_t net;
};

/**
 * Policies about virtual IP addresses.  Methods may be called from any thread,
 * but not by listeners of charon's bus: the internal mutex is held while waiting
 * for the kernel.  But for those of the socket and of mobility_lost_vips_t it is
 * a leaf.
 */
struct mobility_vip_policies_t {

	/**
	 * Have dropped what no tunnel takes.  Nothing of that is taken back before
	 * end(), as a session that gets another address still has its old one for a
	 * while, and routes may have it even longer.
	 *
	 * @param session	what tells the session from others
	 * @param pairs		what belongs into its tunnels, mobility_vip_net_t
	 */
	void (*add)(mobility_vip_policies_t *this, void *session, array_t *pairs);

	/**
	 * A session has ended.  Policies are deleted once no session is left that has
	 * tunnels to the same network, and no IKE_SA has their address.
	 *
	 * @param session	what tells the session from others
	 */
	void (*end)(mobility_vip_policies_t *this, void *session);

	/**
	 * Write policies again, as somebody may have deleted them.
	 */
	void (*restore)(mobility_vip_policies_t *this);

	/**
	 * Deletes all policies and destroys.
	 */
	void (*destroy)(mobility_vip_policies_t *this);
};

/**
 * Create an instance.
 *
 * @param xfrm			socket for requests, must live longer
 * @param vips			knows which addresses IKE_SAs have, must live longer, as
 *						it is told not to call back when this is destroyed
 * @return				instance
 */
mobility_vip_policies_t *mobility_vip_policies_create(mobility_xfrm_t *xfrm,
												mobility_lost_vips_t *vips);

#endif /** MOBILITY_VIP_POLICIES_H_ @}*/
