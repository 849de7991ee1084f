/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_source_address mobility_source_address
 * @{ @ingroup mobility_manager
 *
 * From which address an IKE_SA logs in.
 *
 * charon asks its kernel interface for that, which looks at the routes of all
 * tables and at no rules, before it builds anything.  Here that question gets
 * replaced, nothing else that the kernel interface is asked for.
 */

#ifndef MOBILITY_SOURCE_ADDRESS_H_
#define MOBILITY_SOURCE_ADDRESS_H_

#include <sa/ike_sa.h>

typedef struct mobility_source_address_t mobility_source_address_t;

/**
 * Called when an IKE_SA that we initiate needs an address of ours, not by a
 * listener.
 *
 * @param data			user data
 * @param ike_sa		IKE_SA, checked out, which knows the peer's address
 * @return				allocated address, NULL to have charon look for one
 */
typedef host_t *(*mobility_source_address_cb_t)(void *data, ike_sa_t *ike_sa);

/**
 * Hook.
 */
struct mobility_source_address_t {

	/**
	 * Destroy, gives charon's kernel interface its own method back.
	 */
	void (*destroy)(mobility_source_address_t *this);
};

/**
 * Create the hook, there can be only one instance.
 *
 * @param cb			called for an address
 * @param data			user data for cb
 * @return				hook
 */
mobility_source_address_t *mobility_source_address_create(
											mobility_source_address_cb_t cb,
											void *data);

#endif /** MOBILITY_SOURCE_ADDRESS_H_ @}*/
