/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_callers mobility_callers
 * @{ @ingroup mobility_manager
 *
 * Who waits for an IKE_SA to be established: swanctl --initiate, say, wants to
 * know if that failed, a start_action does not.
 *
 * Replaces initiate() of charon's controller, only to see who calls it.
 */

#ifndef MOBILITY_CALLERS_H_
#define MOBILITY_CALLERS_H_

#include <sa/ike_sa.h>

typedef struct mobility_callers_t mobility_callers_t;

/**
 * Callers.  Methods may be called from any thread; the mutex is a leaf.
 */
struct mobility_callers_t {

	/**
	 * Check if somebody waits for an IKE_SA, or another one of its connection.
	 *
	 * @param ike_sa	IKE_SA, checked out
	 * @return			TRUE if so
	 */
	bool (*wait)(mobility_callers_t *this, ike_sa_t *ike_sa);

	/**
	 * Destroy, gives charon's controller its own method back.
	 */
	void (*destroy)(mobility_callers_t *this);
};

/**
 * Create an instance, there can be only one.
 *
 * @return				instance
 */
mobility_callers_t *mobility_callers_create();

#endif /** MOBILITY_CALLERS_H_ @}*/
