/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_liveness mobility_liveness
 * @{ @ingroup mobility_manager
 *
 * What is known about how the path in use works: has the traffic of a session's
 * CHILD_SAs watched, and keeps its round-trip time.
 */

#ifndef MOBILITY_LIVENESS_H_
#define MOBILITY_LIVENESS_H_

#include <sa/ike_sa.h>

#include "esp/traffic.h"

typedef struct mobility_liveness_t mobility_liveness_t;

/**
 * Vigil over a session's path.  Used with its IKE_SA checked out.  Another one
 * may exist for the same session, as while it is reauthenticated, make before
 * break.
 */
struct mobility_liveness_t {

	/**
	 * Watch the CHILD_SAs of an IKE_SA. To be called whenever they may be
	 * others than before, and not by bus listeners: it may wait for the kernel.
	 *
	 * @param ike_sa	IKE_SA
	 */
	void (*watch)(mobility_liveness_t *this, ike_sa_t *ike_sa);

	/**
	 * Watch nothing anymore, for good.
	 */
	void (*stop)(mobility_liveness_t *this);

	/**
	 * The peer answered over the path in use.
	 *
	 * @param rtt		ms it took, 0 if that is not certain
	 */
	void (*answered)(mobility_liveness_t *this, uint32_t rtt);

	/**
	 * Another path is in use.
	 *
	 * @param rtt		its round-trip time in ms, 0 if unknown
	 */
	void (*moved)(mobility_liveness_t *this, uint32_t rtt);

	/**
	 * Have it told that packets leave, see mobility_traffic_t.
	 *
	 * @param tell		TRUE to be told
	 */
	void (*tell_leaving)(mobility_liveness_t *this, bool tell);

	/**
	 * Get the round-trip time of the path in use.
	 *
	 * @return			ms, 0 if unknown
	 */
	uint32_t (*get_rtt)(mobility_liveness_t *this);

	/**
	 * Get what the traffic tells.
	 *
	 * @return			verdict
	 */
	mobility_health_t (*get_verdict)(mobility_liveness_t *this);

	/**
	 * Have a look at the traffic now.  Not to be called by bus listeners: it
	 * waits for the kernel.
	 */
	void (*sample)(mobility_liveness_t *this);

	/**
	 * Get what is known about the traffic over the path in use.
	 *
	 * @param facts		gets filled in, all zero if the kernel does not tell of it
	 */
	void (*get_facts)(mobility_liveness_t *this,
					  mobility_path_health_facts_t *facts);

	/**
	 * Get what was counted, see mobility_traffic_t.
	 *
	 * @param counters	gets filled in, all zero if the kernel does not tell of it
	 */
	void (*get_counters)(mobility_liveness_t *this,
						 mobility_path_health_sample_t *counters);

	/**
	 * Destroy a mobility_liveness_t, watches nothing anymore.
	 */
	void (*destroy)(mobility_liveness_t *this);
};

/**
 * Create an instance.
 *
 * @param traffic		watches traffic, NULL if the kernel does not tell of it
 * @param number		number of the session, which is told of verdicts
 * @return				instance
 */
mobility_liveness_t *mobility_liveness_create(mobility_traffic_t *traffic,
											  uint32_t number);

#endif /** MOBILITY_LIVENESS_H_ @}*/
