/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_switch_back mobility_switch_back
 * @{ @ingroup mobility_manager
 *
 * Decides when to leave a path that works for one that is better: once that has
 * proven itself, see mobility_trial_t, and not if somebody wants the session where
 * it is; and for another address of the same uplink while the one in use still is
 * there.  No I/O, no clock.
 */

#ifndef MOBILITY_SWITCH_BACK_H_
#define MOBILITY_SWITCH_BACK_H_

#include "mobile/trial.h"
#include "path/candidates.h"
#include "session/prospect.h"
#include "settings/settings.h"

typedef struct mobility_switch_back_t mobility_switch_back_t;

/** Length of a trigger, with its end. */
#define MOBILITY_TRIGGER_LEN 64

/**
 * What a session would rather use, all zero at the start.
 */
struct mobility_switch_back_t {
	/** a better path that has to prove itself */
	mobility_trial_t trial;
	/** when it may have, or when a path is put aside no longer; 0 if there is
	 * nothing to wait for */
	uint64_t review;
};

/**
 * Decide what to do about better paths.  To be called when no exchange is under
 * way.
 *
 * @param switch_back	what the session would rather use
 * @param config		policy of the connection
 * @param candidates	paths of the session
 * @param current		path in use
 * @param now			current time
 * @param better		gets the path to test, owned by candidates
 * @param trigger		gets the reason for a move, MOBILITY_TRIGGER_LEN
 * @return				what to do about that path
 */
mobility_trial_action_t mobility_switch_back_decide(
									mobility_switch_back_t *switch_back,
									const mobility_config_t *config,
									mobility_candidates_t *candidates,
									const mobility_path_t *current,
									uint64_t now, mobility_path_t **better,
									char *trigger);

/**
 * Say what mobility_switch_back_decide() is going to do, and when.  Changes
 * nothing.
 *
 * @param switch_back	what the session would rather use
 * @param config		policy of the connection
 * @param candidates	paths of the session
 * @param current		path in use, may be NULL
 * @param now			current time
 * @param prospect		gets filled in
 */
void mobility_switch_back_foresee(const mobility_switch_back_t *switch_back,
								  const mobility_config_t *config,
								  mobility_candidates_t *candidates,
								  const mobility_path_t *current, uint64_t now,
								  mobility_prospect_t *prospect);

/**
 * A path was tested.
 *
 * @param switch_back	what the session would rather use
 * @param path			path
 * @param answered		TRUE if the peer answered on it
 * @param now			current time
 */
void mobility_switch_back_tested(mobility_switch_back_t *switch_back,
								const mobility_path_t *path, bool answered,
								uint64_t now);

/**
 * The path in use is lost: nothing is to be left for another one.
 *
 * @param switch_back	what the session would rather use
 * @param records		what experience says about the paths, forgets what was
 *						chosen
 */
void mobility_switch_back_lost(mobility_switch_back_t *switch_back,
							   mobility_path_history_t *records);

/**
 * Plan when to decide again.
 *
 * @param switch_back	what the session would rather use, gets .review
 * @param config		policy of the connection
 * @param records		what experience says about the paths
 * @param idle			no exchange is under way; else what a trial waits for would
 *						have passed for as long as there is no answer
 * @param now			current time
 */
void mobility_switch_back_plan(mobility_switch_back_t *switch_back,
							  const mobility_config_t *config,
							  mobility_path_history_t *records, bool idle,
							  uint64_t now);

#endif /** MOBILITY_SWITCH_BACK_H_ @}*/
