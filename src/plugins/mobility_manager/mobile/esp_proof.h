/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_esp_proof mobility_esp_proof
 * @{ @ingroup mobility_manager
 *
 * Has the path in use prove that ESP passes, and does what is decided if it
 * does not, see mobility_probation_t.
 */

#ifndef MOBILITY_ESP_PROOF_H_
#define MOBILITY_ESP_PROOF_H_

#include "mobile/mover.h"
#include "session/liveness.h"

typedef struct mobility_esp_proof_t mobility_esp_proof_t;

/**
 * Proof of one session's path.  Used with the IKE_SA checked out.
 */
struct mobility_esp_proof_t {

	/**
	 * Another path is in use, or it is used in another way.  To be called
	 * before mobility_liveness_t.moved().
	 */
	void (*moved)(mobility_esp_proof_t *this);

	/**
	 * The peer has answered over the path in use.  May be called by listeners.
	 *
	 * @param certain	at once: the path was not dead for IKE as well, just a
	 *					moment ago
	 */
	void (*answered)(mobility_esp_proof_t *this, bool certain);

	/**
	 * Note if ESP has come in over the path in use: no exchange tells of that.
	 * To be called before paths are compared or reported, by listeners as well.
	 */
	void (*note)(mobility_esp_proof_t *this);

	/**
	 * Do what there is to do, if no exchange is under way.  To be called after
	 * the peer has answered, and after a look at the network.
	 *
	 * @param pardoned	gets TRUE if paths are put aside no longer
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*review)(mobility_esp_proof_t *this, bool *pardoned);

	/**
	 * Destroy a mobility_esp_proof_t.
	 */
	void (*destroy)(mobility_esp_proof_t *this);
};

/**
 * Create an instance.
 *
 * @param mover			moves the session
 * @param vigil			knows its traffic
 * @return				instance
 */
mobility_esp_proof_t *mobility_esp_proof_create(mobility_mover_t *mover,
												mobility_liveness_t *vigil);

#endif /** MOBILITY_ESP_PROOF_H_ @}*/
