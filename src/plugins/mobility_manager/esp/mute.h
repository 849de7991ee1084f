/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_mute mobility_mute
 * @{ @ingroup mobility_manager
 *
 * Has nothing leave to peers that sleep for long, as others may have their address
 * by now.
 *
 * For each outbound policy of a CHILD_SA there is one more then, which drops what
 * that one is for, and is right in front of it: more special ones, of others,
 * still come before both.  It is a policy of its own, which the kernel tells from
 * charon's by a number in its selector that means nothing to packets.  So charon
 * may write, move and delete its policies as it likes, and to end it one request
 * is enough, which any thread may send without knowing what charon does.
 *
 * These policies expire, if the daemon crashes.  Who starts anew sweeps them
 * before.
 *
 * Left alone are policies that charon writes in special ways (a range of ports,
 * types of ICMP), those with a security label, and those it does not install.
 */

#ifndef MOBILITY_MUTE_H_
#define MOBILITY_MUTE_H_

#include "esp/xfrm.h"

#include <kernel/kernel_ipsec.h>
#include <sa/ike_sa.h>

typedef struct mobility_mute_t mobility_mute_t;

/** Number in the selectors of these policies */
#define MOBILITY_MUTE_USER 0x6d757465

/**
 * Sessions that nothing leaves for.  Methods may be called from any thread, but
 * not by bus listeners: they wait for the kernel.
 */
struct mobility_mute_t {

	/**
	 * Have nothing leave by the CHILD_SAs of an IKE_SA.
	 *
	 * @param ike_sa	IKE_SA, checked out
	 * @param number	number of its session
	 * @param seconds	until the policies expire, 0 for never
	 */
	void (*mute)(mobility_mute_t *this, ike_sa_t *ike_sa, uint32_t number,
				 uint64_t seconds);

	/**
	 * Have packets leave again.
	 *
	 * @param number	number of the session
	 */
	void (*unmute)(mobility_mute_t *this, uint32_t number);

	/**
	 * Charon has added a policy for another CHILD_SA: what is for that is not
	 * dropped anymore, whoever sleeps.
	 *
	 * @param id		policy
	 */
	void (*lift)(mobility_mute_t *this, kernel_ipsec_policy_id_t *id);

	/**
	 * Destroy, packets leave again for all.
	 */
	void (*destroy)(mobility_mute_t *this);
};

/**
 * Create an instance, sweeps what a crashed daemon has left.
 *
 * @param xfrm			socket for requests, must live longer
 * @return				instance
 */
mobility_mute_t *mobility_mute_create(mobility_xfrm_t *xfrm);

#endif /** MOBILITY_MUTE_H_ @}*/
