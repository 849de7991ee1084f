/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_protection mobility_protection
 * @{ @ingroup mobility_manager
 *
 * What of a session is to be kept out of the clear: the networks that charon has
 * added routes into its tunnels to.  While it is not connected, also those whose
 * CHILD_SAs are gone, as their lifetime is over.
 *
 * What is sent from virtual IP addresses to these networks is kept there longer:
 * until charon has removed the address, which it does after the policies.
 */

#ifndef MOBILITY_PROTECTION_H_
#define MOBILITY_PROTECTION_H_

#include <sa/ike_sa.h>

#include "session/session.h"

typedef struct mobility_protection_t mobility_protection_t;

/**
 * Protection of a session, all zero in the beginning.  Used with the IKE_SA
 * checked out.
 */
struct mobility_protection_t {
	/** networks, mobility_net_t */
	array_t *nets;
};

/**
 * Have the guard protect what has to be now.  Does little if nothing changes.
 *
 * @param protection	protection
 * @param ike_sa		IKE_SA
 * @param context		what sessions share
 * @param remotes		addresses of the peer
 * @param connected		CHILD_SAs that are gone were deleted on purpose
 */
void mobility_protection_update(mobility_protection_t *protection,
								ike_sa_t *ike_sa, mobility_context_t *context,
								mobility_remotes_t *remotes, bool connected);

/**
 * Nothing is to be protected anymore.  Not for bus listeners.
 *
 * @param protection	protection
 * @param context		what sessions share
 */
void mobility_protection_end(mobility_protection_t *protection,
							 mobility_context_t *context);

#endif /** MOBILITY_PROTECTION_H_ @}*/
