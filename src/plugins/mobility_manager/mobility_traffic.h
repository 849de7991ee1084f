/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_traffic mobility_traffic
 * @{ @ingroup mobility_manager
 *
 * Watches the traffic of sessions in the kernel's counters, and tells when
 * nothing returns or much gets lost. Nothing is sent for that, and there is no
 * timer: the kernel tells when packets leave.
 *
 * It does so with events about replay state (XFRMNLGRP_AEVENTS): one with the
 * first packet that leaves after a pause, then one every MOBILITY_FLOW_PERIOD
 * as long as packets leave, none while there are none. Events of inbound SAs
 * are turned off; their counters are read when packets leave.
 */

#ifndef MOBILITY_TRAFFIC_H_
#define MOBILITY_TRAFFIC_H_

#include "mobility_flow.h"
#include "mobility_xfrm.h"

typedef struct mobility_traffic_t mobility_traffic_t;

/**
 * Called when the verdict about a session changed, by a thread that holds no
 * lock. The session may not be watched anymore.
 *
 * @param data			user data
 * @param number		number of the session
 * @param verdict		new verdict
 */
typedef void (*mobility_traffic_cb_t)(void *data, uint32_t number,
									  mobility_verdict_t verdict);

/**
 * Watches traffic.  Methods may be called from any thread. There is one lock,
 * held only for requests to the kernel, that waits for no other.
 */
struct mobility_traffic_t {

	/**
	 * Watch the SAs of a CHILD_SA. Those of one session are looked at together.
	 *
	 * To be called again whenever SAs were installed anew, even under the same
	 * SPIs, as when addresses changed: an SA takes the place of the one with
	 * its SPI, and what was counted stays. SAs that are gone are forgotten
	 * without being asked to.
	 *
	 * @param number	number of the session
	 * @param in		inbound SA
	 * @param out		outbound SA
	 * @return			FALSE if the kernel has no such SAs, or has no events
	 *					about them (logged)
	 */
	bool (*watch)(mobility_traffic_t *this, uint32_t number,
				  const mobility_sa_id_t *in, const mobility_sa_id_t *out);

	/**
	 * Watch a session no longer.
	 *
	 * @param number	number of the session
	 */
	void (*unwatch)(mobility_traffic_t *this, uint32_t number);

	/**
	 * Set the round-trip time of the path of a session.
	 *
	 * @param number	number of the session
	 * @param rtt		ms, 0 if unknown
	 */
	void (*set_rtt)(mobility_traffic_t *this, uint32_t number, uint32_t rtt);

	/**
	 * The peer answered over a path that was told to be silent.
	 *
	 * @param number	number of the session
	 */
	void (*refuted)(mobility_traffic_t *this, uint32_t number);

	/**
	 * A session uses another path now.
	 *
	 * @param number	number of the session
	 */
	void (*moved)(mobility_traffic_t *this, uint32_t number);

	/**
	 * Get what is known about the traffic of a session.
	 *
	 * @param number	number of the session
	 * @return			last verdict, healthy if the session is not watched
	 */
	mobility_verdict_t (*get_verdict)(mobility_traffic_t *this,
									  uint32_t number);

	/**
	 * Destroy; waits for a callback under way.
	 */
	void (*destroy)(mobility_traffic_t *this);
};

/**
 * Create an instance, which listens to the kernel only while there is something
 * to watch.
 *
 * @param cb			called when a verdict changed
 * @param data			user data for cb
 * @return				instance, NULL if the kernel has no IPsec (logged)
 */
mobility_traffic_t *mobility_traffic_create(mobility_traffic_cb_t cb,
											void *data);

#endif /** MOBILITY_TRAFFIC_H_ @}*/
