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
 * first packet that leaves after a pause, then one every
 * MOBILITY_PATH_HEALTH_PERIOD
 * as long as packets leave, none while there are none. Events of inbound SAs
 * are turned off; their counters are read when packets leave.
 *
 * If the kernel does not have an SA (yet), or does not answer, that is tried
 * again when the SAs are named again, and as packets leave.
 */

#ifndef MOBILITY_TRAFFIC_H_
#define MOBILITY_TRAFFIC_H_

#include "esp/xfrm_events.h"
#include "esp/path_health.h"

#include <collections/array.h>

typedef struct mobility_traffic_t mobility_traffic_t;
typedef struct mobility_traffic_sas_t mobility_traffic_sas_t;

/**
 * SAs of a CHILD_SA.
 */
struct mobility_traffic_sas_t {
	/** inbound SA */
	mobility_sa_id_t in;
	/** outbound SA */
	mobility_sa_id_t out;
};

/** Shortest time between two calls that packets leave, in ms. */
#define MOBILITY_TRAFFIC_LEAVING_INTERVAL 1000

/**
 * Called when the verdict of a watch changed, or packets leave if that is to be
 * told, by a thread that holds no lock of the watches, but may have an IKE_SA
 * checked out.  The watch may have ended.
 *
 * @param data			user data
 * @param number		number of the session
 * @param verdict		verdict
 */
typedef void (*mobility_traffic_cb_t)(void *data, uint32_t number,
									  mobility_health_t verdict);

/**
 * Watches traffic.  Methods may be called from any thread.  All but watch() and
 * sample() do not block, bus listeners may call them: the lock they take is a
 * leaf and not held for requests to the kernel.  What has ended is silently
 * ignored.
 */
struct mobility_traffic_t {

	/**
	 * Begin to watch the traffic of a session. There may be several watches
	 * with the same number: a session that is reauthenticated has one for each
	 * of its IKE_SAs, which know nothing of each other.
	 *
	 * @param number	number of the session, for the callback
	 * @return			ID of the watch, never 0
	 */
	uint32_t (*begin)(mobility_traffic_t *this, uint32_t number);

	/**
	 * Set the SAs of a watch, they are looked at together. To be called again
	 * whenever they may be others, or the kernel may have them at last.
	 *
	 * An SA takes the place of the one with its SPI, and what was counted
	 * stays; what it has counted by itself until then does not count. SAs that
	 * are not named anymore are watched as long as the kernel has them, as the
	 * peer may still use them.
	 *
	 * Waits for the kernel, if there is anything to ask it for. Failures are
	 * logged once for each CHILD_SA.
	 *
	 * @param watch		ID of the watch
	 * @param sas		mobility_traffic_sas_t, may be NULL
	 */
	void (*watch)(mobility_traffic_t *this, uint32_t watch, array_t *sas);

	/**
	 * End a watch.
	 *
	 * @param watch		ID of the watch
	 */
	void (*end)(mobility_traffic_t *this, uint32_t watch);

	/**
	 * Set the round-trip time of the path in use.
	 *
	 * @param watch		ID of the watch
	 * @param rtt		ms, 0 if unknown
	 */
	void (*set_rtt)(mobility_traffic_t *this, uint32_t watch, uint32_t rtt);

	/**
	 * The peer answered over a path that was told to be silent.
	 *
	 * @param watch		ID of the watch
	 */
	void (*refuted)(mobility_traffic_t *this, uint32_t watch);

	/**
	 * Have it told that packets leave, whatever becomes of them: no path is
	 * known to work, and somebody wants to send.
	 *
	 * @param watch		ID of the watch
	 * @param tell		TRUE to be told, at most once a second
	 */
	void (*tell_leaving)(mobility_traffic_t *this, uint32_t watch, bool tell);

	/**
	 * The session uses another path now.
	 *
	 * @param watch		ID of the watch
	 */
	void (*moved)(mobility_traffic_t *this, uint32_t watch);

	/**
	 * Get what is known about the traffic.
	 *
	 * @param watch		ID of the watch
	 * @return			last verdict, healthy if nothing is watched
	 */
	mobility_health_t (*get_verdict)(mobility_traffic_t *this,
									 uint32_t watch);

	/**
	 * Have a look at the counters now.  Waits for the kernel, and may call the
	 * callback.
	 *
	 * @param watch		ID of the watch
	 */
	void (*sample)(mobility_traffic_t *this, uint32_t watch);

	/**
	 * Get what is known about the traffic over the path in use.
	 *
	 * @param watch		ID of the watch
	 * @param facts		gets filled in, all zero if nothing is watched
	 */
	void (*get_facts)(mobility_traffic_t *this, uint32_t watch,
					  mobility_path_health_facts_t *facts);

	/**
	 * Get what was counted since the watch began, when the counters were looked
	 * at last.
	 *
	 * @param watch		ID of the watch
	 * @param counters	gets filled in, all zero if nothing is watched
	 */
	void (*get_counters)(mobility_traffic_t *this, uint32_t watch,
						 mobility_path_health_sample_t *counters);

	/**
	 * Destroy; waits for a callback under way.
	 */
	void (*destroy)(mobility_traffic_t *this);
};

/**
 * Create an instance, which listens to the kernel only while there is something
 * to watch.
 *
 * @param xfrm			socket for requests, must live longer; NULL if there is
 *						none
 * @param events		socket for events, gets owned; NULL if there is none
 * @param cb			called when a verdict changed
 * @param data			user data for cb
 * @return				instance, NULL without one of the sockets
 */
mobility_traffic_t *mobility_traffic_create(mobility_xfrm_t *xfrm,
											mobility_xfrm_events_t *events,
											mobility_traffic_cb_t cb,
											void *data);

#endif /** MOBILITY_TRAFFIC_H_ @}*/
