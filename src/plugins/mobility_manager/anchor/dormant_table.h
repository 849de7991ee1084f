/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_dormant_table mobility_dormant_table
 * @{ @ingroup mobility_manager
 *
 * IKE_SAs whose clients are dormant, for those who look for one without having it
 * checked out: by its id, and which one has been dormant for the longest time, of
 * all, or of those that have an address of some pools, any or a certain one.
 *
 * What is found is a hint, and has to be checked out and asked for again.  Nothing
 * takes longer the more there are.  An entry with two addresses takes 400 bytes.
 */

#ifndef MOBILITY_DORMANT_TABLE_H_
#define MOBILITY_DORMANT_TABLE_H_

#include <sa/ike_sa.h>

typedef struct mobility_dormant_table_t mobility_dormant_table_t;

/**
 * Table of dormant clients' IKE_SAs.  Methods may be called from any thread, the
 * mutex is a leaf.
 */
struct mobility_dormant_table_t {

	/**
	 * The client of an IKE_SA fell asleep.  Nothing happens if it is known.
	 *
	 * @param ike_sa	IKE_SA, checked out
	 */
	void (*add)(mobility_dormant_table_t *this, ike_sa_t *ike_sa);

	/**
	 * It woke up, or the IKE_SA ends.  Nothing happens if it is not known.
	 *
	 * @param id		id of the IKE_SA
	 */
	void (*remove)(mobility_dormant_table_t *this, ike_sa_id_t *id);

	/**
	 * Check if the client of an IKE_SA is dormant.
	 *
	 * @param id		id of the IKE_SA
	 * @return			TRUE if it is
	 */
	bool (*has)(mobility_dormant_table_t *this, ike_sa_id_t *id);

	/**
	 * Get the IKE_SA that has been dormant for the longest time.
	 *
	 * @return			its id, allocated, NULL if there is none
	 */
	ike_sa_id_t *(*get_first)(mobility_dormant_table_t *this);

	/**
	 * Get the one of those that have an address from the pools of another IKE_SA.
	 *
	 * @param ike_sa	IKE_SA, checked out, whose connection has pools
	 * @param family	family of the address
	 * @return			id of one with exactly these pools, allocated, NULL if there
	 *					is none
	 */
	ike_sa_id_t *(*get_lease)(mobility_dormant_table_t *this, ike_sa_t *ike_sa,
							  int family);

	/**
	 * Get the one that has some address from these pools.
	 *
	 * @param ike_sa	IKE_SA, checked out, whose connection has pools
	 * @param address	virtual address
	 * @return			id of one with exactly these pools, allocated, NULL if there
	 *					is none
	 */
	ike_sa_id_t *(*find)(mobility_dormant_table_t *this, ike_sa_t *ike_sa,
						 host_t *address);

	/**
	 * Get the number of IKE_SAs.
	 *
	 * @return			number
	 */
	u_int (*get_count)(mobility_dormant_table_t *this);

	/**
	 * Destroy a mobility_dormant_table_t.
	 */
	void (*destroy)(mobility_dormant_table_t *this);
};

/**
 * Create an empty table.
 *
 * @return				table
 */
mobility_dormant_table_t *mobility_dormant_table_create();

#endif /** MOBILITY_DORMANT_TABLE_H_ @}*/
