/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_mover mobility_mover
 * @{ @ingroup mobility_manager
 *
 * Moves an IKE_SA between paths by the exchanges of RFC 4555, and runs the others
 * that a session initiates.  When to do so is decided by its session.
 */

#ifndef MOBILITY_MOVER_H_
#define MOBILITY_MOVER_H_

#include "esp/child_update.h"
#include "ike/mobike_task.h"
#include "mobile/course.h"
#include "mobile/peer_load.h"
#include "mobile/retransmission.h"
#include "net/rtnl.h"

typedef struct mobility_mover_t mobility_mover_t;

/**
 * Mover.  Used with the IKE_SA checked out.
 */
struct mobility_mover_t {

	/**
	 * Carries the exchanges; must be the first member.
	 */
	mobility_task_owner_t owner;

	/**
	 * Where the IKE_SA is and where it is heading.
	 */
	mobility_course_t course;

	/**
	 * Request in flight, to be sent again.
	 */
	mobility_retransmission_t *retransmission;

	/**
	 * Work for an IKE_SA.  If it replaces another one by rekeying, both have to
	 * be checked out.  Called by listeners, what was done in the kernel is
	 * undone by the next tick(), or with the mover.
	 *
	 * @param ike_sa	IKE_SA, NULL for none
	 */
	void (*bind)(mobility_mover_t *this, ike_sa_t *ike_sa);

	/**
	 * The path in use is lost: take the preferred one at once.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*move)(mobility_mover_t *this);

	/**
	 * Send the request in flight over all paths; if there is none, start an
	 * address update to the preferred one.
	 *
	 * @param last_resort	over those as well that are the last resort
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*probe)(mobility_mover_t *this, bool last_resort);

	/**
	 * Test a path while traffic stays where it is.
	 *
	 * @param path		path to test
	 * @param trigger	if not NULL, move to the path if the peer answers on it;
	 *					the reason, for people
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*test)(mobility_mover_t *this, const mobility_path_t *path,
					 const char *trigger);

	/**
	 * Move to the path in use, which is to be used in another way.
	 *
	 * @param trigger	the reason, for people
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*renew)(mobility_mover_t *this, const char *trigger);

	/**
	 * Send a dead peer detection, if no MOBIKE task is queued.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*send_dpd)(mobility_mover_t *this);

	/**
	 * Find out more about the path in use, if that is due and nothing else is
	 * under way: if large packets get through, once after every move, and if a
	 * next hop works that is preferred, which is taken then.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*measure)(mobility_mover_t *this);

	/**
	 * Tell the peer which addresses we have if it does not know.  To be called
	 * when idle, after mobility_course_look().
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*announce)(mobility_mover_t *this);

	/**
	 * Check if neither a move, nor a test, nor any exchange is under way.
	 *
	 * @return			TRUE if idle
	 */
	bool (*is_idle)(mobility_mover_t *this);

	/**
	 * Get the time at which tick() is due.
	 *
	 * @return			time, 0 if it is not needed
	 */
	uint64_t (*get_deadline)(mobility_mover_t *this);

	/**
	 * Time has passed: if an exchange was not answered in time send once more, or
	 * give up; let go of the path that was left.
	 */
	void (*tick)(mobility_mover_t *this);

	/**
	 * A response was received and authenticated, but is not processed yet.
	 * May be called by a bus listener: does nothing that could block.
	 *
	 * @param message	response
	 * @return			TRUE if it answers the request in flight over the path
	 *					in use, and no update is pending
	 */
	bool (*answered)(mobility_mover_t *this, message_t *message);

	/**
	 * A message was processed: go on with the move it may have led to.
	 *
	 * @param lost		the path in use is lost, use the one the move leads to
	 *					before the peer has confirmed it: nothing to lose
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*settle)(mobility_mover_t *this, bool lost);

	/**
	 * Expect packets over the path in use only.
	 */
	void (*end_linger)(mobility_mover_t *this);

	/**
	 * The IKE_SA is held no longer: give up a test, and have the request in
	 * flight complete over the path in use, as what ends the IKE_SA waits for
	 * that.
	 */
	void (*stay)(mobility_mover_t *this);

	/**
	 * Leave the IKE_SA to stock: removes our tasks, and has stock update the
	 * addresses if ours have not been confirmed.  Not to be called while it
	 * processes a message.
	 *
	 * @param lost		no path is known to work
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*give_back)(mobility_mover_t *this, bool lost);

	/**
	 * Destroy a mobility_mover_t, removes pins.
	 */
	void (*destroy)(mobility_mover_t *this);
};

/**
 * Create a mover without an IKE_SA.
 *
 * @param candidates	candidate paths, adopted
 * @param monitor		network monitor
 * @param rtnl			requests about next hops
 * @param child_update	moves CHILD_SAs, NULL to have stock do it
 * @param load			what peers are busy with
 * @param name			name for the log, must live as long
 * @param listener		gets told what came out
 * @param data			user data for listener
 * @return				mover
 */
mobility_mover_t *mobility_mover_create(mobility_candidates_t *candidates,
										mobility_monitor_t *monitor,
										mobility_rtnl_t *rtnl,
										mobility_child_update_t *child_update,
										mobility_peer_load_t *load,
										const char *name,
							const mobility_course_listener_t *listener,
							void *data);

#endif /** MOBILITY_MOVER_H_ @}*/
