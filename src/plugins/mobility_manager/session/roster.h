/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_roster mobility_roster
 * @{ @ingroup mobility_manager
 *
 * Looks at all sessions, or some of them.  Which ones, and how many there are, is
 * known without any IKE_SA; only those that are looked at closely are checked
 * out, one at a time.
 */

#ifndef MOBILITY_ROSTER_H_
#define MOBILITY_ROSTER_H_

#include "session/digest.h"
#include "session/registry.h"
#include "session/session.h"

typedef struct mobility_count_t mobility_count_t;

/**
 * How many sessions of a connection there are, of one end.
 */
struct mobility_count_t {
	/** name of the connection */
	char *connection;
	/** TRUE for the mobile end */
	bool mobile;
	/** number of sessions in each state */
	u_int states[MOBILITY_STATES];
};

/**
 * Check out the IKE_SA of a session.
 *
 * @param data			user data
 * @param number		number of the session
 * @param ike_sa		gets the IKE_SA
 * @return				session, NULL if there is none with that number anymore
 */
typedef mobility_session_t *(*mobility_roster_checkout_t)(void *data,
											uint32_t number, ike_sa_t **ike_sa);

/**
 * Get the numbers of sessions.
 *
 * @param registry		sessions
 * @param filter		which are meant, NULL for all
 * @return				array of uint32_t
 */
array_t *mobility_roster_get_numbers(mobility_registry_t *registry,
									 const mobility_filter_t *filter);

/**
 * Count sessions.
 *
 * @param registry		sessions
 * @param filter		which are meant, NULL for all
 * @return				enumerator over mobility_count_t*, those without any
 *						session are left out
 */
enumerator_t *mobility_roster_count(mobility_registry_t *registry,
									const mobility_filter_t *filter);

/**
 * Get snapshots of sessions, each taken when it is its turn.  Nothing is locked in
 * between.
 *
 * @param registry		sessions
 * @param filter		which are meant, NULL for all; has to be valid while the
 *						enumerator is used
 * @param checkout		checks out the IKE_SA of each
 * @param data			user data for it
 * @return				enumerator over mobility_status_t*, owned by it, valid until
 *						the next call of enumerate()
 */
enumerator_t *mobility_roster_enumerate(mobility_registry_t *registry,
										const mobility_filter_t *filter,
										mobility_roster_checkout_t checkout,
										void *data);

#endif /** MOBILITY_ROSTER_H_ @}*/
