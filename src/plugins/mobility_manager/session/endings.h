/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_endings mobility_endings
 * @{ @ingroup mobility_manager
 *
 * Ends sessions whose peers sleep, for whatever reason: one at a time, each followed
 * by a pause of ten times what it took, however many there are.
 *
 * At a gateway accounting stops with a session: the bus is locked while RADIUS is
 * asked, 14 s if that does not answer, and whatever charon does with any IKE_SA waits.
 * So who waits for nothing is lined up by add(), and stays dormant until it is its
 * turn; its peer may return until then.  As long as the line moves slowly more are
 * dormant than gateway.max_dormant allows.
 *
 * A login can't wait for a turn, by which its client would have given up, and a
 * thread of charon's waits with it.  It calls begin(), which puts it in front of the
 * line, but nobody is ended beside another one, and those in the line have the pause
 * that follows.  What is in the way of a login that goes on in any case is ended in
 * any case, as stock does: the client's own old IKE_SA, or one with the same address.
 * That is once for a login, which itself has to wait for RADIUS that often.  Who only
 * wants what somebody else has is refused instead, as if all were awake, in the pause
 * that follows a slow end: else a full pool would have each login stop the gateway.
 */

#ifndef MOBILITY_ENDINGS_H_
#define MOBILITY_ENDINGS_H_

#include <sa/ike_sa.h>

typedef struct mobility_endings_t mobility_endings_t;
typedef enum mobility_ending_t mobility_ending_t;

/**
 * Why a session is ended.  The first ones are for the line; if there are several, the
 * last of them counts.
 */
enum mobility_ending_t {
	/** too many are dormant, if that is so when it is its turn */
	MOBILITY_ENDING_LIMIT,
	/** the time for an outage is over */
	MOBILITY_ENDING_OUTAGE,
	/** an administrator wants that */
	MOBILITY_ENDING_ADMIN,
	/** somebody needs an address, and the pool is full */
	MOBILITY_ENDING_RECLAIM,
	/** its address was assigned to the same client again */
	MOBILITY_ENDING_REASSIGNED,
	/** the client has logged in anew */
	MOBILITY_ENDING_REPLACED,
};

/**
 * Ends a session if that is still wanted, called by a job.
 *
 * @param data			user data
 * @param ike_sa		IKE_SA, checked out
 * @param reason		why
 * @return				DESTROY_ME to destroy the IKE_SA
 */
typedef status_t (*mobility_ending_cb_t)(void *data, ike_sa_t *ike_sa,
										 mobility_ending_t reason);

/**
 * Ends sessions.  The mutex is a leaf.
 */
struct mobility_endings_t {

	/**
	 * Have a session ended when it is its turn.  If it has a place in the line it
	 * keeps that.  May be called by listeners.
	 *
	 * @param id		id of its IKE_SA
	 * @param reason	why, at most MOBILITY_ENDING_ADMIN
	 */
	void (*add)(mobility_endings_t *this, ike_sa_id_t *id,
				mobility_ending_t reason);

	/**
	 * A session is not to be ended anymore, its peer is there.  Nothing happens if it
	 * has no place.  May be called by listeners.
	 *
	 * @param id		id of its IKE_SA
	 */
	void (*remove)(mobility_endings_t *this, ike_sa_id_t *id);

	/**
	 * Begin to end an IKE_SA that is checked out, without a place in the line.  Waits
	 * until nobody else is being ended: who has begun must not wait for any IKE_SA
	 * until done().  Not to be called by listeners.
	 *
	 * @param refusable	it need not be ended if that takes too long
	 * @return			FALSE if it must not be ended; else done() has to follow
	 */
	bool (*begin)(mobility_endings_t *this, bool refusable);

	/**
	 * The IKE_SA has ended for which begin() was called.
	 */
	void (*done)(mobility_endings_t *this);

	/**
	 * Destroy a mobility_endings_t.  Charon has no threads anymore that run jobs.
	 */
	void (*destroy)(mobility_endings_t *this);
};

/**
 * Log, and count, that a session is ended because somebody wants that.
 *
 * @param ike_sa		IKE_SA, checked out
 * @param reason		why
 */
void mobility_ending_note(ike_sa_t *ike_sa, mobility_ending_t reason);

/**
 * Create an instance.
 *
 * @param cb			ends sessions
 * @param data			user data for it
 * @return				instance
 */
mobility_endings_t *mobility_endings_create(mobility_ending_cb_t cb, void *data);

#endif /** MOBILITY_ENDINGS_H_ @}*/
