/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_sleepers mobility_sleepers
 * @{ @ingroup mobility_manager
 *
 * The kernel's side of peers that sleep: has ESP come from them, it is told when
 * it does, their SAs outlive their lifetimes, and nothing leaves to them.  Nothing
 * is done for peers that are awake.
 */

#ifndef MOBILITY_SLEEPERS_H_
#define MOBILITY_SLEEPERS_H_

#include "esp/xfrm_events.h"
#include "esp/mute.h"

#include <sa/ike_sa.h>

typedef struct mobility_sleepers_t mobility_sleepers_t;

/**
 * ESP has come from a peer that sleeps, and packets leave to it again.  Called by
 * a thread that holds no lock of ours and has no IKE_SA checked out.  The session
 * is to ask has_come(), which knows, and to wake().
 *
 * @param data			user data
 * @param number		number of the session
 */
typedef void (*mobility_sleepers_cb_t)(void *data, uint32_t number);

/**
 * Peers that sleep.  Methods must be called with the IKE_SA checked out, if there
 * is one, and not by bus listeners: they wait for the kernel.  What the kernel
 * refuses is logged, and is then as in stock.
 */
struct mobility_sleepers_t {

	/**
	 * Check if ESP packets have come since this was asked last.  They are proof
	 * of life: only those count that are authenticated, and newer than any that
	 * came before.  The first question is answered with no, so it is to be asked
	 * when there is the first doubt.
	 *
	 * @param ike_sa	IKE_SA
	 * @param number	number of its session
	 * @return			TRUE if some have come
	 */
	bool (*has_come)(mobility_sleepers_t *this, ike_sa_t *ike_sa,
					 uint32_t number);

	/**
	 * The peer sleeps: it is told when ESP comes, and lifetimes of the CHILD_SAs
	 * do not end.  May be called again, with another time.
	 *
	 * @param ike_sa	IKE_SA
	 * @param number	number of its session
	 * @param until		when the session ends if the peer does not return, as of
	 *					mobility_now(), 0 for never
	 */
	void (*sleep)(mobility_sleepers_t *this, ike_sa_t *ike_sa, uint32_t number,
				  uint64_t until);

	/**
	 * The peer has slept for long: nothing leaves to it anymore.  To be called
	 * after sleep(), and again if policies have been changed since.
	 *
	 * @param ike_sa	IKE_SA
	 * @param number	number of its session
	 */
	void (*mute)(mobility_sleepers_t *this, ike_sa_t *ike_sa, uint32_t number);

	/**
	 * The peer is awake, or is to be as with stock.  Nothing happens if it did not
	 * sleep, but that it is forgotten what was asked.
	 *
	 * Lifetimes end when they would have.  But if the peer has returned, what is
	 * past its time to be rekeyed is so at once, and what is past its end lives
	 * until then.
	 *
	 * @param ike_sa	IKE_SA
	 * @param number	number of its session
	 * @param returned	TRUE if the peer has proved that it is there
	 */
	void (*wake)(mobility_sleepers_t *this, ike_sa_t *ike_sa, uint32_t number,
				 bool returned);

	/**
	 * The session has no IKE_SA anymore, nor CHILD_SAs.
	 *
	 * @param number	number of the session
	 */
	void (*end)(mobility_sleepers_t *this, uint32_t number);

	/**
	 * Destroy.  Who sleeps is to be woken before.
	 */
	void (*destroy)(mobility_sleepers_t *this);
};

/**
 * Create an instance.
 *
 * @param xfrm			socket for requests, must live longer; NULL if there is
 *						none
 * @param events		socket for events, gets owned; NULL if there is none
 * @param cb			called when ESP has come
 * @param data			user data for cb
 * @return				instance, NULL without one of the sockets
 */
mobility_sleepers_t *mobility_sleepers_create(mobility_xfrm_t *xfrm,
											  mobility_xfrm_events_t *events,
											  mobility_sleepers_cb_t cb,
											  void *data);

#endif /** MOBILITY_SLEEPERS_H_ @}*/
