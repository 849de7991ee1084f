/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_leases mobility_leases
 * @{ @ingroup mobility_manager
 *
 * Virtual addresses of clients that log in.
 *
 * A device whose old IKE_SA goes because it logs in anew gets the addresses that
 * had, whoever has assigned them.  Until the new IKE_SA takes them they belong to
 * nobody, and nobody has released them: a pool would give them to others, or
 * another one of the same identity to this one, and DHCP servers would be told that
 * they are free.
 *
 * If all pools are full, the client that is dormant for the longest time loses its
 * lease, unless gateway.reclaim is off, or that takes too long (endings.h).  Not so with addresses of RADIUS and DHCP
 * servers: they may have refused one for other reasons.  And if servers or pools
 * assign the address of a dormant client to the same user again, that one is not
 * going to come back with it: its IKE_SA goes before two have the same policies.
 */

#ifndef MOBILITY_LEASES_H_
#define MOBILITY_LEASES_H_

#include <collections/array.h>

#include "anchor/eviction.h"

typedef struct mobility_leases_t mobility_leases_t;

/**
 * Addresses of who logs in.  Methods may be called from any thread, the mutex is a
 * leaf.
 */
struct mobility_leases_t {

	/**
	 * Get the virtual addresses that a peer that logs in asks for.
	 *
	 * @param ike_sa	IKE_SA, checked out
	 * @return			array of host_t*, %any for any, NULL for none; as long as
	 *					the IKE_SA is checked out and not established
	 */
	array_t *(*get_requested)(mobility_leases_t *this, ike_sa_t *ike_sa);

	/**
	 * Have who logs in get the addresses of an IKE_SA that is going to be
	 * destroyed, and of which everybody was told that it is down.  Does nothing if
	 * they do not have the same pools, or a RADIUS server assigns addresses.
	 *
	 * @param old		IKE_SA, checked out
	 * @param new		IKE_SA that logs in, checked out
	 * @param prefer	these are to be taken before those of others
	 */
	void (*hand_over)(mobility_leases_t *this, ike_sa_t *old, ike_sa_t *new,
					  bool prefer);

	/**
	 * Destroy a mobility_leases_t.
	 */
	void (*destroy)(mobility_leases_t *this);
};

/**
 * Create an instance, there can be only one.
 *
 * @param table			dormant clients
 * @param eviction		ends their IKE_SAs
 * @param settings		settings
 * @return				instance
 */
mobility_leases_t *mobility_leases_create(mobility_dormant_table_t *table,
										  mobility_eviction_t *eviction,
										  mobility_settings_t *settings);

#endif /** MOBILITY_LEASES_H_ @}*/
