/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_sleep_watch mobility_sleep_watch
 * @{ @ingroup mobility_manager
 *
 * Tells when ESP comes from a peer that sleeps, without any timer: its inbound
 * SAs are armed with an event about their replay state (XFRMNLGRP_AEVENTS), which
 * the kernel sends once a packet was decrypted, authenticated, and has a higher
 * sequence number than any before (RFC 4303, 3.4.3).  So neither a copy of an old
 * packet nor a forged one tells anything, and an SA without replay protection
 * (`replay_window = 0`) never does.
 *
 * As long as somebody listens the kernel has events of all SAs, by default one for
 * every other packet.  There may be thousands that sleep, too many for a filter.
 * So an SA that has an event nobody wants gets the threshold that ends that, once:
 * unless it is not the kernel's default anymore, then somebody wants it.
 */

#ifndef MOBILITY_SLEEP_WATCH_H_
#define MOBILITY_SLEEP_WATCH_H_

#include "esp/xfrm_events.h"
#include "esp/xfrm.h"

typedef struct mobility_sleep_watch_t mobility_sleep_watch_t;

/**
 * ESP has come.  Called by a thread that holds no lock of ours and has no IKE_SA
 * checked out; the session may have been woken, or have ended, meanwhile.
 *
 * @param data			user data
 * @param number		number of the session
 */
typedef void (*mobility_sleep_watch_cb_t)(void *data, uint32_t number);

/**
 * Watches inbound SAs.  Methods may be called from any thread, but not by bus
 * listeners: they wait for the kernel.
 */
struct mobility_sleep_watch_t {

	/**
	 * Have the first packet told that comes by an SA.  It is disarmed by that.
	 *
	 * @param id		inbound SA
	 * @param number	number of the session, for the callback
	 * @param seq		highest sequence number so far, gets that of after the SA
	 *					was armed: if it is higher packets have come just then
	 * @return			0, or errno of what failed
	 */
	int (*arm)(mobility_sleep_watch_t *this, const mobility_sa_id_t *id,
			   uint32_t number, uint64_t *seq);

	/**
	 * Have nothing told anymore.
	 *
	 * @param id		inbound SA, at whichever address it was armed
	 */
	void (*disarm)(mobility_sleep_watch_t *this, const mobility_sa_id_t *id);

	/**
	 * Forget an SA that the kernel does not have anymore.  Does not block.
	 *
	 * @param spi		its SPI in network order
	 */
	void (*forget)(mobility_sleep_watch_t *this, uint32_t spi);

	/**
	 * Destroy; waits for a callback under way.
	 */
	void (*destroy)(mobility_sleep_watch_t *this);
};

/**
 * Create an instance, which listens to the kernel only while an SA is armed.
 *
 * @param xfrm			socket for requests, must live longer
 * @param events		socket for events, gets owned
 * @param cb			called when ESP has come
 * @param data			user data for cb
 * @return				instance
 */
mobility_sleep_watch_t *mobility_sleep_watch_create(mobility_xfrm_t *xfrm,
											mobility_xfrm_events_t *events,
											mobility_sleep_watch_cb_t cb,
											void *data);

#endif /** MOBILITY_SLEEP_WATCH_H_ @}*/
