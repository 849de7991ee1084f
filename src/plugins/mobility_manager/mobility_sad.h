/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_sad mobility_sad
 * @{ @ingroup mobility_manager
 *
 * Changes SAs and policies in the kernel in a way that no packet is lost by,
 * which deleting an SA and adding it again with other addresses can't.
 */

#ifndef MOBILITY_SAD_H_
#define MOBILITY_SAD_H_

#include "mobility_xfrm.h"

#include <selectors/traffic_selector.h>

typedef struct mobility_sad_t mobility_sad_t;
typedef struct mobility_sad_move_t mobility_sad_move_t;

/**
 * What is to be changed about a policy and the SA that it refers to: ESP in
 * tunnel mode.
 */
struct mobility_sad_move_t {
	/** direction of the policy */
	policy_dir_t dir;
	/** its traffic selectors */
	traffic_selector_t *src_ts, *dst_ts;
	/** name of the interface it is restricted to, NULL if it is not */
	char *interface;
	/** reqid and interface ID of policy and SA */
	uint32_t reqid, if_id;
	/** SPI of the SA, in network order */
	uint32_t spi;
	/** current addresses of the SA */
	host_t *src, *dst;
	/** its addresses from now on, with the ports of UDP encapsulation */
	host_t *new_src, *new_dst;
	/** it is to be UDP-encapsulated; what already is can't be without */
	bool encap;
};

/**
 * Security associations in the kernel.  Methods may be called from any thread;
 * the internal mutex is a leaf.
 */
struct mobility_sad_t {

	/**
	 * Give a policy and its SA other addresses at once (XFRM_MSG_MIGRATE).
	 *
	 * Keys and replay state stay.  The kernel copies the SA, and then deletes
	 * the original: an outbound packet that leaves between these two has the
	 * sequence number of one to come, of which the peer drops one.
	 *
	 * If another policy about the same SA was moved before, only the policy
	 * changes.
	 *
	 * @param move		what to change
	 * @return			TRUE if the policy, and the SA with this SPI, are there
	 */
	bool (*migrate)(mobility_sad_t *this, const mobility_sad_move_t *move);

	/**
	 * Have packets of an inbound SA accepted at another address as well, by a
	 * copy of it with the same SPI.  Both have a replay window of their own
	 * from now on: what one has got the other one does not know.
	 *
	 * @param id		SA
	 * @param dst		address to accept packets at, of the same family
	 * @return			TRUE if they are
	 */
	bool (*copy)(mobility_sad_t *this, const mobility_sa_id_t *id,
				 host_t *dst);

	/**
	 * Delete an SA.
	 *
	 * @param id		SA
	 */
	void (*del)(mobility_sad_t *this, const mobility_sa_id_t *id);

	/**
	 * Destroy a mobility_sad_t.
	 */
	void (*destroy)(mobility_sad_t *this);
};

/**
 * Create an instance.
 *
 * @return				instance, NULL if the kernel has no IPsec (logged)
 */
mobility_sad_t *mobility_sad_create();

#endif /** MOBILITY_SAD_H_ @}*/
