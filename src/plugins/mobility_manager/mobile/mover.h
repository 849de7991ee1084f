/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_mover mobility_mover
 * @{ @ingroup mobility_manager
 *
 * Moves an IKE_SA between paths: knows the path in use and the one it is
 * heading for, the request in flight and over which paths it went, and runs
 * the exchanges of RFC 4555.  When to do so is decided by its session.
 */

#ifndef MOBILITY_MOVER_H_
#define MOBILITY_MOVER_H_

#include "mobile/peer_load.h"
#include "path/candidates.h"
#include "ike/request.h"
#include "session/fsm.h"
#include "net/rtnl.h"
#include "esp/child_update.h"
#include "session/status.h"
#include "ike/mobike_task.h"

typedef struct mobility_mover_t mobility_mover_t;

typedef struct mobility_mover_listener_t mobility_mover_listener_t;

/**
 * Gets told what came out; must do nothing but note it, and may be called
 * while a message is processed.
 */
struct mobility_mover_listener_t {

	/**
	 * The peer has confirmed the path in use by an address update.
	 *
	 * @param data		user data
	 * @param moved		TRUE if that completes a move, the last one of
	 *					the records
	 */
	void (*confirmed)(void *data, bool moved);

	/**
	 * A path was tested.
	 *
	 * @param data		user data
	 * @param path		path
	 * @param answered	TRUE if the peer answered on it
	 */
	void (*tested)(void *data, const mobility_path_t *path, bool answered);
};

/**
 * Mover.  Used with the IKE_SA checked out.
 */
struct mobility_mover_t {

	/**
	 * Gets the results of tasks; must be the first member.
	 */
	mobility_task_owner_t owner;

	/**
	 * Request in flight, read only.
	 */
	mobility_request_t *exchange;

	/**
	 * Candidate paths, read only.
	 */
	mobility_candidates_t *candidates;

	/**
	 * Work for an IKE_SA.  If it replaces another one by rekeying, both have to
	 * be checked out.  Called by listeners, what was done in the kernel is
	 * undone by the next tick(), or with the mover.
	 *
	 * @param ike_sa	IKE_SA, NULL for none
	 */
	void (*bind)(mobility_mover_t *this, ike_sa_t *ike_sa);

	/**
	 * Accept packets over the path in use only, from now on.
	 */
	void (*end_linger)(mobility_mover_t *this);

	/**
	 * Take over the path in use from the IKE_SA, which the peer or stock may
	 * have changed, and collect candidates.
	 *
	 * @param event		gets .candidates and .improved, since the last call with
	 *					an event; NULL if nobody is told of changes
	 * @return			TRUE if there are other candidates than before; FALSE if
	 *					event is NULL, the next call tells
	 */
	bool (*look)(mobility_mover_t *this, mobility_fsm_event_t *event);

	/**
	 * Get the path in use.
	 *
	 * @return			internal path, NULL if its uplink is unknown
	 */
	mobility_path_t *(*get_path)(mobility_mover_t *this);

	/**
	 * Remember what started a move, unless one is under way.
	 *
	 * @param trigger	for people
	 */
	void (*begin)(mobility_mover_t *this, const char *trigger);

	/**
	 * Forget what started a move, there is none.
	 */
	void (*end)(mobility_mover_t *this);

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
	 * Send the request in flight again over the path in use.
	 */
	void (*resend)(mobility_mover_t *this);

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
	 * The IKE_SA is held no longer: give up a test, and have the request in
	 * flight complete over the path in use, as what ends the IKE_SA waits for
	 * that.
	 */
	void (*stay)(mobility_mover_t *this);

	/**
	 * Get the time at which tick() is due.
	 *
	 * @return			time, 0 if it is not needed
	 */
	uint64_t (*get_deadline)(mobility_mover_t *this);

	/**
	 * Time has passed: if the path under test has not answered in time send
	 * once more, or give up; let go of the path that was left.
	 *
	 * @param penalty	ms to put a path aside that failed its test
	 */
	void (*tick)(mobility_mover_t *this, uint64_t penalty);

	/**
	 * Check if neither a move, nor a test, nor any exchange is under way.
	 *
	 * @return			TRUE if idle
	 */
	bool (*is_idle)(mobility_mover_t *this);

	/**
	 * Send a dead peer detection, if no MOBIKE task is queued.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*send_dpd)(mobility_mover_t *this);

	/**
	 * Find out if large packets get through on the path in use, if that is due:
	 * once after every move, and when idle.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*measure)(mobility_mover_t *this);

	/**
	 * Tell the peer which addresses we have if it does not know.  It tries them
	 * if its own address changes.  To be called when idle, after look().
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*announce)(mobility_mover_t *this);

	/**
	 * A request was encoded and is about to be sent.
	 *
	 * @param message	request
	 */
	void (*sent)(mobility_mover_t *this, message_t *message);

	/**
	 * A response was received and authenticated, but is not processed yet.
	 * May be called by a bus listener: does nothing that could block.
	 *
	 * @param message	response
	 * @param rtt		gets ms it took, at least 1, suspends not counted; 0 if
	 *					it is not known, as the request was sent more than once
	 * @return			TRUE if it answers the request in flight over the path
	 *					in use, and no update is pending
	 */
	bool (*answered)(mobility_mover_t *this, message_t *message, uint32_t *rtt);

	/**
	 * A message was processed: go on with the move it may have led to.
	 *
	 * @param lost		the path in use is lost, use the one the move leads to
	 *					before the peer has confirmed it: nothing to lose
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*settle)(mobility_mover_t *this, bool lost);

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
 * @param relocator		moves CHILD_SAs, NULL to have stock do it
 * @param backlog		what peers are busy with
 * @param name			name for the log, must live as long
 * @param listener		gets told what came out
 * @param data			user data for listener
 * @return				mover
 */
mobility_mover_t *mobility_mover_create(mobility_candidates_t *candidates,
										mobility_monitor_t *monitor,
										mobility_rtnl_t *rtnl,
										mobility_child_update_t *relocator,
										mobility_peer_load_t *backlog,
										const char *name,
							const mobility_mover_listener_t *listener,
							void *data);

#endif /** MOBILITY_MOVER_H_ @}*/
