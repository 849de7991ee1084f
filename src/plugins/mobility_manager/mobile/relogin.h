/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_relogin mobility_relogin
 * @{ @ingroup mobility_manager
 *
 * Logs in a second time while a session is held whose gateway may have
 * forgotten it: a second IKE_SA of the same connection, with the same virtual IPs
 * and CHILD_SAs.  This is the session's side of it: over which paths that asks,
 * what is heard from the gateway meanwhile, and who goes on.  When it does what
 * is decided by mobility_attempt_t; the second IKE_SA itself is a
 * mobility_successor_t.
 *
 * Used with the held IKE_SA checked out; what is known of the second one is read
 * with the mutex of its mobility_inquiry_t.
 */

#ifndef MOBILITY_RELOGIN_H_
#define MOBILITY_RELOGIN_H_

#include "mobile/attempt.h"
#include "mobile/course.h"
#include "session/session.h"

typedef struct mobility_relogin_t mobility_relogin_t;

/**
 * Second logins of one session.
 */
struct mobility_relogin_t {

	/**
	 * The held request was not answered several times: create a second IKE_SA,
	 * if one may be.  It logs in where the name of the peer leads; where that was
	 * only once the held one was established only if no path leads elsewhere.
	 * Paths of the address family that this was over are asked first, see
	 * mobility_attempt_may_stray().
	 *
	 * If the held one is known to be of no use, that goes for one that there is
	 * already as well.
	 *
	 * @param limit		refusals within an hour after which it may not
	 * @param hopeless	why the held IKE_SA is of no use, NULL if it may be
	 */
	void (*begin)(mobility_relogin_t *this, u_int limit, const char *hopeless);

	/**
	 * Send IKE_SA_INIT, or what the second IKE_SA sends later, over a path that
	 * the held request was just sent over, if the peer may be logged in at there.
	 *
	 * @param path		path, is pinned
	 */
	void (*ask)(mobility_relogin_t *this, const mobility_path_t *path);

	/**
	 * The gateway has sent something that proves that it knows the held IKE_SA:
	 * the second one is no longer needed, unless it has authenticated.  Then it
	 * goes on should the gateway delete the held one, in place of what close_action
	 * may create.
	 *
	 * @param message	decrypted message of the held one
	 */
	void (*heard)(mobility_relogin_t *this, message_t *message);

	/**
	 * Somebody deletes a CHILD_SA of the held IKE_SA: the second one is not to
	 * have it either.
	 *
	 * @param child_sa	CHILD_SA
	 */
	void (*unwanted)(mobility_relogin_t *this, child_sa_t *child_sa);

	/**
	 * Get the time at which tick() is due.
	 *
	 * @return			time, 0 if it is not needed
	 */
	uint64_t (*get_deadline)(mobility_relogin_t *this);

	/**
	 * Time has passed.
	 *
	 * @return			path to send the held request over once more, owned by
	 *					candidates; NULL if none
	 */
	mobility_path_t *(*tick)(mobility_relogin_t *this);

	/**
	 * Get what the gateway had to say if it refused, once.
	 *
	 * @param buf		gets text for people
	 * @param len		size of buf
	 * @return			TRUE if it refused since the last call
	 */
	bool (*get_refusal)(mobility_relogin_t *this, char *buf, size_t len);

	/**
	 * Take the second IKE_SA if it is established, with all CHILD_SAs.
	 *
	 * @return			IKE_SA, checked out, not hooked anymore; NULL if there is
	 *					none
	 */
	ike_sa_t *(*take)(mobility_relogin_t *this);

	/**
	 * The session is not wanted anymore: end the second IKE_SA.
	 */
	void (*cancel)(mobility_relogin_t *this);

	/**
	 * The held IKE_SA is gone.  A second one that has authenticated replaces it
	 * as after a reauthentication, others are not needed anymore.  May be called
	 * by bus listeners.
	 */
	void (*release)(mobility_relogin_t *this);

	/**
	 * Destroy, ends the second IKE_SA.
	 */
	void (*destroy)(mobility_relogin_t *this);
};

/**
 * Create an instance.
 *
 * @param context		what sessions share
 * @param course		course of the session
 * @param session		number of the session
 * @return				instance
 */
mobility_relogin_t *mobility_relogin_create(mobility_context_t *context,
											mobility_course_t *course,
											uint32_t session);

#endif /** MOBILITY_RELOGIN_H_ @}*/
