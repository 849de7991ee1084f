/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_uniqueness mobility_uniqueness
 * @{ @ingroup mobility_manager
 *
 * Somebody has logged in who has, or had, other IKE_SAs: what same_device.h says
 * about them is done, in place of charon's check of uniqueness.  That knows neither
 * dormant clients nor devices, and by its table it finds only IKE_SAs that were
 * established over the same family of addresses.
 *
 * It is done before addresses are assigned and CHILD_SAs created: what goes is gone
 * with its policies by then, and its addresses are those of the newcomer.
 */

#ifndef MOBILITY_UNIQUENESS_H_
#define MOBILITY_UNIQUENESS_H_

#include "anchor/eviction.h"
#include "anchor/leases.h"

typedef struct mobility_uniqueness_t mobility_uniqueness_t;

/**
 * Check of uniqueness.
 *
 * Like charon's it checks out other IKE_SAs while the one that logs in is: nobody
 * who has one of them checked out waits for one that is not established.
 */
struct mobility_uniqueness_t {

	/**
	 * Destroy a mobility_uniqueness_t.
	 */
	void (*destroy)(mobility_uniqueness_t *this);
};

/**
 * Create an instance, there can be only one.
 *
 * @param table			dormant clients
 * @param eviction		ends their IKE_SAs
 * @param leases		addresses of who logs in
 * @param settings		settings
 * @return				instance
 */
mobility_uniqueness_t *mobility_uniqueness_create(
											mobility_dormant_table_t *table,
											mobility_eviction_t *eviction,
											mobility_leases_t *leases,
											mobility_settings_t *settings);

#endif /** MOBILITY_UNIQUENESS_H_ @}*/
