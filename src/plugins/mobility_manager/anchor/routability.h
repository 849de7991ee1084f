/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_routability mobility_routability
 * @{ @ingroup mobility_manager
 *
 * Return routability (RFC 4555, 3.7): has a peer that moves prove that it is where
 * it says, by COOKIE2 to there and back.  What follows from that is decided by
 * mobility_whereabouts_t; this sends the requests, and has the IKE_SA and its
 * CHILD_SAs use what was decided.
 *
 * There is one request at a time (RFC 7296, 2.3).  One that is in flight already
 * goes to the new address as well, as who has moved gets it nowhere else; its
 * answer proves nothing, as it went elsewhere, too.
 */

#ifndef MOBILITY_ROUTABILITY_H_
#define MOBILITY_ROUTABILITY_H_

#include "anchor/whereabouts.h"
#include "ike/mobike_task.h"
#include "ike/request.h"

typedef struct mobility_routability_t mobility_routability_t;

/**
 * Return routability of one session.  Used with the IKE_SA checked out.
 */
struct mobility_routability_t {

	/**
	 * Tells tasks where to send, must be the first member.
	 */
	mobility_task_owner_t owner;

	/**
	 * Whereabouts of the peer, read only.
	 */
	mobility_whereabouts_t where;

	/**
	 * Take an IKE_SA, that replaces another one by rekeying if there is one.  May be
	 * called by listeners.
	 *
	 * @param ike_sa	IKE_SA, NULL to let go of the one that is bound
	 */
	void (*bind)(mobility_routability_t *this, ike_sa_t *ike_sa);

	/**
	 * Somebody wants the IKE_SA to have other addresses: are they to be used?  If not
	 * the NAT situation is that of those in use again.
	 *
	 * @param me		our address, NULL to keep
	 * @param other		the peer's, NULL to keep
	 * @param flags		as of ike_sa_t.update_hosts()
	 * @return			TRUE if so
	 */
	bool (*admits)(mobility_routability_t *this, host_t *me, host_t *other,
				   update_hosts_flag_t flags);

	/**
	 * A message was sent or received, as by listener_t.message(), before the request
	 * in flight is forgotten that it answers.
	 *
	 * @param message	message
	 * @param incoming	it was received
	 * @param plain		it is not encrypted
	 */
	void (*message)(mobility_routability_t *this, message_t *message,
					bool incoming, bool plain);

	/**
	 * Check if nobody else is to send the request in flight: work() is going to do so,
	 * or it must not be sent to where the IKE_SA is.
	 *
	 * @return			TRUE if so
	 */
	bool (*sends)(mobility_routability_t *this);

	/**
	 * Get the time at which work() is due.
	 *
	 * @return			time, 0 if it is not needed
	 */
	uint64_t (*get_deadline)(mobility_routability_t *this);

	/**
	 * Do what is due, once a message was processed or time has passed.  Not to be
	 * called by listeners.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*work)(mobility_routability_t *this);

	/**
	 * Check if there is nothing to be remembered: another instance does as well.
	 *
	 * @return			TRUE if so
	 */
	bool (*is_idle)(mobility_routability_t *this);

	/**
	 * Destroy a mobility_routability_t.
	 */
	void (*destroy)(mobility_routability_t *this);
};

/**
 * Create an instance that has no IKE_SA.
 *
 * @param mode			when addresses have to be proven
 * @param request		the request in flight, not owned
 * @return				instance
 */
mobility_routability_t *mobility_routability_create(
									mobility_return_routability_t mode,
									mobility_request_t *request);

#endif /** MOBILITY_ROUTABILITY_H_ @}*/
