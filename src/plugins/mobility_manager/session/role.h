/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_role mobility_role
 * @{ @ingroup mobility_manager
 *
 * What a hold and the listener need of the end of an IKE_SA that is ours.
 */

#ifndef MOBILITY_ROLE_H_
#define MOBILITY_ROLE_H_

#include <sa/ike_sa.h>

typedef struct mobility_role_t mobility_role_t;
typedef struct mobility_follower_t mobility_follower_t;

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
	 * The IKE_SA is to be deleted, here and not at the other end.
	 *
	 * @param session	session
	 * @return			TRUE to keep it: its lifetime is over, and the session
	 *					outlives it
	 */
	bool (*deleted)(void *session);

	/**
	 * A CHILD_SA is to be deleted, here and not at the other end, and not because
	 * its lifetime is over.
	 *
	 * @param session	session
	 * @param child_sa	CHILD_SA
	 */
	void (*child_deleted)(void *session, child_sa_t *child_sa);

	/**
	 * A message was processed, and the IKE_SA is not to be destroyed.
	 *
	 * @param session	session
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*processed)(void *session);
};

/**
 * The end that is followed, if nothing else is to be known of it: called by bus
 * listeners, with the IKE_SA checked out.
 */
struct mobility_follower_t {

	/**
	 * Take an IKE_SA that was established.
	 *
	 * @param ike_sa	IKE_SA, not hooked
	 */
	void (*take)(mobility_follower_t *this, ike_sa_t *ike_sa);

	/**
	 * An IKE_SA was replaced by rekeying: take the new one if the old one was
	 * taken.
	 *
	 * @param old		IKE_SA
	 * @param new		IKE_SA that has its CHILD_SAs
	 */
	void (*rekeyed)(mobility_follower_t *this, ike_sa_t *old, ike_sa_t *new);

	/**
	 * Leave an IKE_SA that is destroyed, if it was taken.
	 *
	 * @param ike_sa	IKE_SA
	 */
	void (*leave)(mobility_follower_t *this, ike_sa_t *ike_sa);
};

#endif /** MOBILITY_ROLE_H_ @}*/
