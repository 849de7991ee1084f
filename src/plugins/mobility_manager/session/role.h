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

#include "ike/ike_hooks.h"

typedef struct mobility_role_t mobility_role_t;

/**
 * One of the two ends.  All functions are called with the IKE_SA checked out.
 */
struct mobility_role_t {

	/**
	 * This end follows the other one: stock roams, and there is no DPD from when
	 * the session is not connected anymore until mobility_hold_t.resume().
	 */
	bool follows;

	/**
	 * The IKE_SA is to use other addresses, NULL to leave that to stock.
	 *
	 * @param session	session
	 * @param stock		stock methods of the IKE_SA
	 * @param me		our address, NULL if unchanged
	 * @param other		address of the peer, NULL if unchanged
	 * @param flags		as of ike_sa_t.update_hosts()
	 */
	void (*update_hosts)(void *session, const mobility_ike_stock_t *stock,
						 host_t *me, host_t *other, update_hosts_flag_t flags);

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

#endif /** MOBILITY_ROLE_H_ @}*/
