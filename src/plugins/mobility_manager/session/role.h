/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_role mobility_role
 * @{ @ingroup mobility_manager
 *
 * What a hold needs of the end of an IKE_SA that is ours.
 */

#ifndef MOBILITY_ROLE_H_
#define MOBILITY_ROLE_H_

#include <library.h>

typedef struct mobility_role_t mobility_role_t;

/**
 * One of the two ends.  All functions are called with the IKE_SA checked out.
 */
struct mobility_role_t {

	/**
	 * Check if neither a move, nor a test, nor any exchange is under way.
	 *
	 * @param session	session
	 * @return			TRUE if idle
	 */
	bool (*is_idle)(void *session);

	/**
	 * Send a dead peer detection, if no MOBIKE task is queued.
	 *
	 * @param session	session
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*send_dpd)(void *session);

	/**
	 * The IKE_SA is going to be reauthenticated, and may be gone before time has
	 * passed.
	 *
	 * @param session	session
	 */
	void (*reauth)(void *session);

	/**
	 * A message was processed, and the IKE_SA is not to be destroyed.
	 *
	 * @param session	session
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*processed)(void *session);
};

#endif /** MOBILITY_ROLE_H_ @}*/
