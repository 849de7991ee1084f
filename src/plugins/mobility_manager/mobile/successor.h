/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_successor mobility_successor
 * @{ @ingroup mobility_manager
 *
 * The second IKE_SA of a session that logs in anew, from its creation until the
 * session takes it or it is destroyed: its messages, what replaces it if it is
 * rekeyed, and who gets it if the held one is gone first.
 *
 * The second IKE_SA has its own lock.  Methods are called with the held one
 * checked out; hooks and jobs have the second one, and never wait for the held
 * one.  Of the methods only take() waits for the second one, by its SPIs: never
 * look for a unique id there, as that waits for each IKE_SA before the right one.
 * What both sides need is locked by the inquiry's mutex.
 */

#ifndef MOBILITY_SUCCESSOR_H_
#define MOBILITY_SUCCESSOR_H_

#include "mobile/inquiry.h"
#include "session/session.h"

typedef struct mobility_successor_t mobility_successor_t;

/**
 * Second IKE_SAs of one session, one at a time.  Used by mobility_relogin_t.
 */
struct mobility_successor_t {

	/**
	 * What it asks and is answered.
	 */
	mobility_inquiry_t *inquiry;

	/**
	 * Create it, there is none: it asks for what the held one has, and sends its
	 * first request.
	 *
	 * @param held		the held IKE_SA
	 * @param path		path to send that over, is pinned
	 * @param hopeless	why the held one is of no use, NULL if it may be
	 */
	void (*begin)(mobility_successor_t *this, ike_sa_t *held,
				  const mobility_path_t *path, const char *hopeless);

	/**
	 * Have a job build its IKE_SA_INIT anew, for the path over which that was
	 * answered, which is pinned.
	 */
	void (*build)(mobility_successor_t *this);

	/**
	 * Take it if it is established, with all CHILD_SAs.
	 *
	 * @return			IKE_SA, checked out, not hooked anymore; NULL if there is
	 *					none
	 */
	ike_sa_t *(*take)(mobility_successor_t *this);

	/**
	 * Have a job end it, if there is one.
	 */
	void (*cancel)(mobility_successor_t *this);

	/**
	 * The held IKE_SA is gone: one that has authenticated replaces it, another
	 * one ends.  May be called by bus listeners.
	 *
	 * @param held		the held IKE_SA, NULL if there was none
	 */
	void (*release)(mobility_successor_t *this, ike_sa_t *held);

	/**
	 * Put down the reference of the caller, ends the second IKE_SA.
	 */
	void (*destroy)(mobility_successor_t *this);
};

/**
 * Create an instance.
 *
 * @param context		what sessions share
 * @param session		number of the session
 * @return				instance
 */
mobility_successor_t *mobility_successor_create(mobility_context_t *context,
												uint32_t session);

#endif /** MOBILITY_SUCCESSOR_H_ @}*/
