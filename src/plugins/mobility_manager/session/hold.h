/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_hold mobility_hold
 * @{ @ingroup mobility_manager
 *
 * Holds an IKE_SA: what charon's jobs call to give up on a peer, to roam, or to
 * see if the peer is alive ends here instead of in stock's methods, as long as
 * the IKE_SA is to be kept.
 */

#ifndef MOBILITY_HOLD_H_
#define MOBILITY_HOLD_H_

#include "ike/ike_hooks.h"
#include "ike/request.h"
#include "session/role.h"
#include "session/status.h"

typedef struct mobility_hold_t mobility_hold_t;

/**
 * Holds one IKE_SA.  Used with it checked out.
 */
struct mobility_hold_t {

	/**
	 * Gets the calls of the hooked IKE_SA; must be the first member.
	 */
	mobility_ike_handler_t handler;

	/**
	 * Hold another IKE_SA instead of the current one, before the mover moves
	 * that.
	 *
	 * @param ike_sa	IKE_SA, NULL for none
	 */
	void (*bind)(mobility_hold_t *this, ike_sa_t *ike_sa);

	/**
	 * Check whether the IKE_SA is in a state in which it is held: it is
	 * established, or it is deleted only to reauthenticate.
	 *
	 * @return			TRUE if it is held
	 */
	bool (*is_held)(mobility_hold_t *this);

	/**
	 * The session is connected again: begin again with DPD, if that has ended.
	 */
	void (*resume)(mobility_hold_t *this);

	/**
	 * Let stock end the request in flight as it likes, and with it the IKE_SA.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*hand_over)(mobility_hold_t *this);

	/**
	 * End the IKE_SA as stock does when a peer is dead: CHILD_SAs are trapped
	 * or started again as their dpd_action says.
	 *
	 * @return			DESTROY_ME, the caller has to destroy the IKE_SA
	 */
	status_t (*fail)(mobility_hold_t *this);

	/**
	 * Destroy a mobility_hold_t.
	 */
	void (*destroy)(mobility_hold_t *this);
};

/**
 * Create an instance that holds nothing yet.
 *
 * @param hooks			hooks
 * @param request		its request in flight, not owned
 * @param state			state of the session, read only, must live as long
 * @param role			end that is ours, must live as long
 * @param session		passed to role, and part of the handler
 * @return				instance
 */
mobility_hold_t *mobility_hold_create(mobility_ike_hooks_t *hooks,
									  mobility_request_t *request,
									  const mobility_state_t *state,
									  const mobility_role_t *role,
									  void *session);

#endif /** MOBILITY_HOLD_H_ @}*/
