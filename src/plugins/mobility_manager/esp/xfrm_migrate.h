/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_xfrm_migrate mobility_xfrm_migrate
 * @{ @ingroup mobility_manager
 *
 * Changes SAs and policies in the kernel in a way that no packet is lost by,
 * which deleting an SA and adding it again with other addresses can't.
 */

#ifndef MOBILITY_XFRM_MIGRATE_H_
#define MOBILITY_XFRM_MIGRATE_H_

#include "esp/xfrm.h"

#include <collections/array.h>
#include <selectors/traffic_selector.h>

typedef struct mobility_xfrm_migrate_t mobility_xfrm_migrate_t;
typedef struct mobility_xfrm_move_t mobility_xfrm_move_t;

/**
 * What is to be changed about a policy and the SA that it refers to: ESP in
 * tunnel mode, without marks and hardware offload.
 */
struct mobility_xfrm_move_t {
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
	/** SPIs of other SAs with this reqid that are to get the same addresses,
	 * uint32_t in network order; NULL if there are none */
	array_t *kin;
};

/**
 * Security associations in the kernel.  Methods may be called from any thread,
 * but not with a lock held that listeners of charon's bus take; but for the
 * socket's the internal mutex is a leaf.
 */
struct mobility_xfrm_migrate_t {

	/**
	 * Give an SA and a policy other addresses.  Keys and replay state stay.
	 *
	 * With XFRM_MSG_MIGRATE_STATE (Linux 7.2) the kernel locks the SA until it
	 * has moved, the policy follows.
	 *
	 * Older kernels move both with XFRM_MSG_MIGRATE.  They copy the SA, and
	 * then delete the original: a packet that leaves in between has the
	 * sequence number of one to come, and the peer drops one of the two.  No
	 * nonce is used twice by that: IVs are made of the sequence number and of
	 * random bits that each instance of a cipher draws for itself.
	 *
	 * They find the SA by its reqid and addresses, which it may share with one
	 * of another IKE_SA, for instance during reauthentication, and move the one
	 * that was added last.  Nobody would ever delete that at its new address,
	 * as charon does not know.  So if it is none of those that are to move, it
	 * is moved back, and the one that was asked for stays where it is.
	 *
	 * An SA that has moved already stays, only the policy changes.  Nothing
	 * does if the SA is somewhere else.
	 *
	 * @param move		what to change
	 * @return			TRUE if the SA with this SPI is there, see has_moved()
	 */
	bool (*migrate)(mobility_xfrm_migrate_t *this,
					const mobility_xfrm_move_t *move);

	/**
	 * Have a policy for inbound packets accept those of its SA whatever address
	 * the SA has, which it otherwise compares.  Packets wait between being
	 * decrypted and being checked, and one of an SA that has moved meanwhile
	 * would be dropped.  Who may send is not changed by that, the SA is found
	 * by its SPI and the policy names its reqid.
	 *
	 * @param move		names the policy
	 * @return			TRUE if it does
	 */
	bool (*relax)(mobility_xfrm_migrate_t *this,
				  const mobility_xfrm_move_t *move);

	/**
	 * Give an SA other addresses whose policies are relaxed, and stay so.
	 *
	 * @param move		what to change, naming one of the policies
	 * @return			TRUE if the SA with this SPI is there, see has_moved()
	 */
	bool (*migrate_relaxed)(mobility_xfrm_migrate_t *this,
							const mobility_xfrm_move_t *move);

	/**
	 * Check if an SA has its new addresses and UDP encapsulation.
	 *
	 * @param move		what was to be changed
	 * @return			TRUE if it has
	 */
	bool (*has_moved)(mobility_xfrm_migrate_t *this,
					  const mobility_xfrm_move_t *move);

	/**
	 * Check if there is a policy, somebody may have deleted it.
	 *
	 * @param move		names the policy
	 * @return			FALSE only if the kernel says that there is none
	 */
	bool (*has_policy)(mobility_xfrm_migrate_t *this,
					   const mobility_xfrm_move_t *move);

	/**
	 * Check if there is an SA, somebody may have deleted it.
	 *
	 * @param id		SA
	 * @return			FALSE only if the kernel says that there is none
	 */
	bool (*has_sa)(mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id);

	/** see mobility_xfrm_copy() */
	bool (*copy)(mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id,
				 host_t *dst);

	/** see mobility_xfrm_make_room() */
	void (*make_room)(mobility_xfrm_migrate_t *this,
					  const mobility_sa_id_t *id);

	/** see mobility_xfrm_del() */
	void (*del)(mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id);

	/**
	 * Destroy a mobility_xfrm_migrate_t.
	 */
	void (*destroy)(mobility_xfrm_migrate_t *this);
};

/**
 * Create an instance.
 *
 * @param xfrm			socket for requests, must live longer; NULL if there is
 *						none
 * @return				instance, NULL if xfrm is
 */
mobility_xfrm_migrate_t *mobility_xfrm_migrate_create(mobility_xfrm_t *xfrm);

#endif /** MOBILITY_XFRM_MIGRATE_H_ @}*/
