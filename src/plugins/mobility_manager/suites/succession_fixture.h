/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup succession_fixture succession_fixture
 * @{ @ingroup mobility_suite
 *
 * How IKE_SAs of charon's own end, and are replaced by others: what listeners
 * are told, by whom, in the order charon does it.  All of it may be done by
 * several threads, each with its own IKE_SAs.
 */

#ifndef SUCCESSION_FIXTURE_H_
#define SUCCESSION_FIXTURE_H_

#include "mock_ike.h"

/**
 * Ways to replace an IKE_SA by one that is authenticated anew.
 */
typedef enum {
	/** break-before-make reauthentication */
	REAUTH_BREAK,
	/** make-before-break reauthentication, as charon 5.9.8 does it */
	REAUTH_MAKE,
	/** the same with more events, as charon 6.1.0 does it */
	REAUTH_MAKE_EVENTS,
	/** the gateway has sent us to another */
	REAUTH_REDIRECT,
} reauth_t;

/**
 * Check out an IKE_SA, which has to exist.
 *
 * @param id		its ID
 * @return			IKE_SA
 */
ike_sa_t *succession_checkout(ike_sa_id_t *id);

/**
 * Get the unique id of an IKE_SA.
 *
 * @param id		its ID
 * @return			unique id
 */
uint32_t succession_unique_id(ike_sa_id_t *id);

/**
 * Destroy an IKE_SA.
 *
 * @param id		its ID, gets destroyed
 * @param down		report it down first
 */
void succession_end(ike_sa_id_t *id, bool down);

/**
 * Rekey an IKE_SA.
 *
 * @param id		its ID, gets destroyed
 * @return			ID of the one that has replaced it
 */
ike_sa_id_t *succession_rekey(ike_sa_id_t *id);

/**
 * Initiate the IKE_SA that is to replace another one, as its thread does.  With
 * REAUTH_BREAK the old one is gone then.
 *
 * @param old		ID of the old one
 * @param how		way to do it
 * @return			ID of the new one, which is connecting
 */
ike_sa_id_t *succession_begin(ike_sa_id_t *old, reauth_t how);

/**
 * A connecting IKE_SA is established.
 *
 * @param id		its ID
 */
void succession_establish(ike_sa_id_t *id);

/**
 * Replace an IKE_SA, which is gone then.
 *
 * @param id		its ID, gets destroyed
 * @param how		way to do it
 * @return			ID of the new one, which is established
 */
ike_sa_id_t *succession_reauth(ike_sa_id_t *id, reauth_t how);

#endif /** SUCCESSION_FIXTURE_H_ @}*/
