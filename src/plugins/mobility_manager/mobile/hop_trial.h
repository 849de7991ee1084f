/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_hop_trial mobility_hop_trial
 * @{ @ingroup mobility_manager
 *
 * When to ask the peer over the next hop that routing prefers to the one in use,
 * which was left because nobody answered over it.  Pure: no I/O, no clock.
 */

#ifndef MOBILITY_HOP_TRIAL_H_
#define MOBILITY_HOP_TRIAL_H_

#include "net/path.h"

typedef struct mobility_hop_trial_t mobility_hop_trial_t;

/** How long a next hop has to be there before it is tested, in ms, and the least
 * until it is once more. */
#define MOBILITY_HOP_SETTLE 5000

/**
 * State, all zero at the start.
 */
struct mobility_hop_trial_t {
	/** next hop, the last one that there was */
	mobility_ip_t gateway;
	/** when to test it */
	uint64_t next;
	/** tests that failed since it last answered */
	u_int failed;
};

/**
 * Check if it is time to test a next hop.
 *
 * @param trial			state
 * @param hop			path over it, NULL if none is preferred to the one in use
 * @param now			current time
 * @return				TRUE to test it now
 */
bool mobility_hop_trial_is_due(mobility_hop_trial_t *trial,
							   const mobility_path_t *hop, uint64_t now);

/**
 * It was tested.  Also after it has answered the next time is not at once: it may
 * come and go.
 *
 * @param trial			state
 * @param answered		TRUE if the peer answered over it
 * @param penalty		ms until it is tested again, doubles with each failure
 * @param now			current time
 */
void mobility_hop_trial_tested(mobility_hop_trial_t *trial, bool answered,
							   uint64_t penalty, uint64_t now);

#endif /** MOBILITY_HOP_TRIAL_H_ @}*/
