/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_restoration mobility_restoration
 * @{ @ingroup mobility_manager
 *
 * Puts back what others delete of a session that is connected: virtual IP
 * addresses, the routes that lead into the tunnel, policies, and SAs, which have
 * to be created anew.  What charon does not know yet to be gone can't be put back
 * by it, so that is tried for a while.
 */

#ifndef MOBILITY_RESTORATION_H_
#define MOBILITY_RESTORATION_H_

#include <sa/ike_sa.h>

#include "session/session.h"

typedef struct mobility_restoration_t mobility_restoration_t;

/**
 * State of a session's restoration, all zero in the beginning.  Used with the
 * IKE_SA checked out.
 */
struct mobility_restoration_t {
	/** when to try again, in ms, 0 if not */
	uint64_t next;
	/** how often that is still done */
	u_int attempts;
	/** how often others had deleted SAs or policies when it was looked at these
	 * last */
	u_int deletions;
};

/**
 * Look what is missing, and put it back.
 *
 * @param restoration	restoration
 * @param ike_sa		IKE_SA
 * @param context		what sessions share
 * @param path			path in use
 * @param now			current time in ms
 * @return				DESTROY_ME to destroy the IKE_SA
 */
status_t mobility_restoration_begin(mobility_restoration_t *restoration,
									ike_sa_t *ike_sa,
									mobility_context_t *context,
									const mobility_path_t *path, uint64_t now);

/**
 * Try again, if that is due.
 *
 * @param restoration	restoration
 * @param ike_sa		IKE_SA
 * @param context		what sessions share
 * @param path			path in use, NULL if there is none
 * @param now			current time in ms
 * @return				DESTROY_ME to destroy the IKE_SA
 */
status_t mobility_restoration_tick(mobility_restoration_t *restoration,
								   ike_sa_t *ike_sa,
								   mobility_context_t *context,
								   const mobility_path_t *path, uint64_t now);

#endif /** MOBILITY_RESTORATION_H_ @}*/
