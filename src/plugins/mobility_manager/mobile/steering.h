/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_steering mobility_steering
 * @{ @ingroup mobility_manager
 *
 * Steers an IKE_SA that is held: tells the state machine what happens to the
 * network, on the paths and in time, and does what that decides.
 */

#ifndef MOBILITY_STEERING_H_
#define MOBILITY_STEERING_H_

#include "mobile/esp_proof.h"
#include "mobile/mover.h"
#include "mobile/peer_names.h"
#include "mobile/relogin.h"
#include "session/fsm.h"
#include "session/liveness.h"
#include "session/session.h"
#include "session/standing.h"

typedef struct mobility_steering_t mobility_steering_t;

/**
 * Steers one session of the mobile end.  Used with its IKE_SA checked out; those
 * that return a status_t return DESTROY_ME if the caller has to destroy the
 * IKE_SA, and are to be called only while it is held, but for conclude().
 */
struct mobility_steering_t {

	/**
	 * State machine, read only.
	 */
	mobility_fsm_t fsm;

	/**
	 * Times for the state machine, read only.
	 */
	mobility_fsm_config_t times;

	/**
	 * Policy of the connection, read only.
	 */
	mobility_config_t config;

	/**
	 * What observers know of.
	 */
	mobility_standing_t standing;

	/**
	 * Names of the peer.
	 */
	mobility_peer_names_t names;

	/**
	 * Moves the IKE_SA.
	 */
	mobility_mover_t *mover;

	/**
	 * Knows how the path in use works, read only.
	 */
	mobility_liveness_t *vigil;

	/**
	 * Has the path in use prove that ESP passes.
	 */
	mobility_esp_proof_t *proof;

	/**
	 * Logs in anew if the peer has forgotten the session.
	 */
	mobility_relogin_t *relogin;

	/**
	 * The lifetime of the IKE_SA is over, it is only kept until another one is
	 * there: nothing is sent with its keys.
	 */
	bool expired;

	/**
	 * Why the session is going to be connected, if that is not for the usual
	 * reason; static.
	 */
	const char *news;

	/**
	 * Read settings.
	 */
	void (*configure)(mobility_steering_t *this);

	/**
	 * Be connected, as an IKE_SA was just established that replaces none.
	 */
	void (*start)(mobility_steering_t *this);

	/**
	 * Steer another IKE_SA, which is held.
	 *
	 * @param ike_sa	IKE_SA
	 */
	void (*bind)(mobility_steering_t *this, ike_sa_t *ike_sa);

	/**
	 * The IKE_SA is going to be destroyed; called by listeners.
	 */
	void (*release)(mobility_steering_t *this);

	/**
	 * Tell the state machine something.  What it decides is kept for one of
	 * those below: bus listeners, which must not block, may call this.
	 *
	 * @param event		what has happened
	 */
	void (*feed)(mobility_steering_t *this, const mobility_fsm_event_t *event);

	/**
	 * A message of the IKE_SA was sent or received, as by listener_t.message().
	 */
	void (*message)(mobility_steering_t *this, message_t *message,
					bool incoming, bool plain);

	/**
	 * A message was processed.
	 */
	status_t (*processed)(mobility_steering_t *this);

	/**
	 * Look at the network.
	 */
	status_t (*look)(mobility_steering_t *this);

	/**
	 * The time armed has come.
	 */
	status_t (*tick)(mobility_steering_t *this);

	/**
	 * There is a new verdict about the session's traffic, or packets leave while it
	 * is dormant.
	 */
	status_t (*judge)(mobility_steering_t *this);

	/**
	 * Something hints that the path in use may not work.
	 */
	status_t (*suspect)(mobility_steering_t *this);

	/**
	 * The peer has proven that it has lost the IKE_SA.
	 */
	status_t (*lost)(mobility_steering_t *this);

	/**
	 * Say what keeps the session where it is.
	 *
	 * @param prospect	gets filled in
	 */
	void (*foresee)(mobility_steering_t *this, mobility_prospect_t *prospect);

	/**
	 * Set the clock to the earliest of the deadlines.
	 */
	void (*arm)(mobility_steering_t *this);

	/**
	 * The IKE_SA is not held anymore: tell what the state machine has decided,
	 * and end the session if it was that.
	 */
	void (*conclude)(mobility_steering_t *this);

	/**
	 * Destroy; waits for the kernel.
	 */
	void (*destroy)(mobility_steering_t *this);
};

/**
 * Create an instance that steers nothing yet.
 *
 * @param context		what sessions share
 * @param connection	name of the connection, must live as long
 * @param session		session, gets armed and told of
 * @return				instance
 */
mobility_steering_t *mobility_steering_create(mobility_context_t *context,
											  const char *connection,
											  mobility_session_t *session);

#endif /** MOBILITY_STEERING_H_ @}*/
