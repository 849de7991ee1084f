/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_login mobility_login
 * @{ @ingroup mobility_manager
 *
 * Has an IKE_SA log in over whichever uplink works: its IKE_SA_INIT leaves over
 * the preferred path, pinned, and if that does not answer over the next ones as
 * well, see mobility_login_paths_t.  When to give up is stock's decision, but not
 * while there is no path at all and nobody waits for the result; and whatever
 * follows IKE_SA_INIT is its business, but for the port that it leaves from, see
 * mobility_local_port_t.
 */

#ifndef MOBILITY_LOGIN_H_
#define MOBILITY_LOGIN_H_

#include "ike/callers.h"
#include "ike/ike_hooks.h"
#include "mobile/course.h"
#include "mobile/retransmission.h"
#include "session/standing.h"

typedef struct mobility_login_t mobility_login_t;

/**
 * Login of one session, whose IKE_SA has to be checked out.  Methods that
 * return a status_t return DESTROY_ME to destroy it.
 */
struct mobility_login_t {

	/**
	 * An IKE_SA is going to log in: hook it.  May be called by listeners.
	 *
	 * @param ike_sa	IKE_SA, as initiator
	 */
	void (*begin)(mobility_login_t *this, ike_sa_t *ike_sa);

	/**
	 * Choose the path to log in over, and pin it.
	 *
	 * @return			our address, allocated, NULL if there is no path
	 */
	host_t *(*choose)(mobility_login_t *this);

	/**
	 * A message was sent or received, as by listener_t.message().
	 */
	void (*message)(mobility_login_t *this, message_t *message, bool incoming,
					bool plain);

	/**
	 * Look at the network, and do what is due.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*look)(mobility_login_t *this);

	/**
	 * Get the time at which to look again.
	 *
	 * @return			time, not in the future if there is something to do, 0 for
	 *					none
	 */
	uint64_t (*get_deadline)(mobility_login_t *this);

	/**
	 * Check if the peer has not answered yet, so that it may be elsewhere.
	 *
	 * @return			TRUE if an IKE_SA_INIT is in flight
	 */
	bool (*is_asking)(mobility_login_t *this);

	/**
	 * Leave the IKE_SA alone: it is established or going to be destroyed.
	 * Called by listeners.
	 */
	void (*end)(mobility_login_t *this);

	/**
	 * Destroy a mobility_login_t, which has ended.
	 */
	void (*destroy)(mobility_login_t *this);
};

/**
 * Create an instance without an IKE_SA.
 *
 * @param hooks			hooks
 * @param callers		who waits for logins
 * @param course		course of the session
 * @param retransmission	sends its requests
 * @param standing		gets to know why it still is connecting
 * @param session		session, part of the handler of the IKE_SA
 * @return				instance
 */
mobility_login_t *mobility_login_create(mobility_ike_hooks_t *hooks,
										mobility_callers_t *callers,
										mobility_course_t *course,
								mobility_retransmission_t *retransmission,
										mobility_standing_t *standing,
										void *session);

#endif /** MOBILITY_LOGIN_H_ @}*/
