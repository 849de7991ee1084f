/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_remotes mobility_remotes
 * @{ @ingroup mobility_manager
 *
 * The addresses that the peer of a session may be at: where it has been, those
 * that its name resolves to, and those that it announces.
 */

#ifndef MOBILITY_REMOTES_H_
#define MOBILITY_REMOTES_H_

#include <collections/array.h>
#include <sa/ike_sa.h>

#include "net/netlink.h"

typedef struct mobility_remotes_t mobility_remotes_t;

/** Addresses of the peer to find paths to: how many a peer announces and a name
 * has is up to others. */
#define MOBILITY_MAX_REMOTES 8

/** How long an address counts that the peer's name had, but has no longer, and
 * where the peer never was, in ms. */
#define MOBILITY_FOUND_TIME 300000

/**
 * Addresses of a peer.  Used with the IKE_SA of the session checked out.
 */
struct mobility_remotes_t {

	/**
	 * Remember that the peer has been at an address, until there were four
	 * others since.
	 *
	 * @param remote	peer's address
	 */
	void (*know)(mobility_remotes_t *this, host_t *remote);

	/**
	 * Check if the peer is remembered to have been at an address.
	 *
	 * @param ip		address
	 * @return			TRUE if it is
	 */
	bool (*is_known)(mobility_remotes_t *this, const mobility_ip_t *ip);

	/**
	 * Note an address that the peer's name resolves to, until there were eight
	 * others since.  Others that it was found at long ago are forgotten, unless
	 * the peer is remembered to have been there: it has other addresses now, or
	 * what answered was no name server of its.
	 *
	 * @param remote	peer's address
	 * @param now		current time in ms
	 * @return			TRUE if that is news
	 */
	bool (*found)(mobility_remotes_t *this, host_t *remote, uint64_t now);

	/**
	 * Check if an address was found(): logins go there, those that a peer
	 * announces may be for an IKE_SA that it has only.
	 *
	 * @param ip		address
	 * @return			TRUE if it was
	 */
	bool (*is_found)(mobility_remotes_t *this, const mobility_ip_t *ip);

	/**
	 * Get eight addresses at most: first the one in use, then those where the
	 * peer has been, those that were found(), and those it has announced.  All
	 * but the first one are such that a peer may be there.
	 *
	 * @param ike_sa	IKE_SA that knows the addresses in use and announced
	 * @return			array of mobility_ip_t
	 */
	array_t *(*get)(mobility_remotes_t *this, ike_sa_t *ike_sa);

	/**
	 * Destroy a mobility_remotes_t.
	 */
	void (*destroy)(mobility_remotes_t *this);
};

/**
 * Create an instance that knows of no address.
 *
 * @return				instance
 */
mobility_remotes_t *mobility_remotes_create();

#endif /** MOBILITY_REMOTES_H_ @}*/
