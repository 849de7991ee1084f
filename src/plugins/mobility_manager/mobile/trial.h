/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_trial mobility_trial
 * @{ @ingroup mobility_manager
 *
 * A better path is on trial before a session moves to it: it is tested when it
 * appears, and again by the move, when it has been there for the settle time.
 * Pure: no I/O, no clock.
 */

#ifndef MOBILITY_TRIAL_H_
#define MOBILITY_TRIAL_H_

#include "net/path.h"

typedef struct mobility_trial_t mobility_trial_t;
typedef enum mobility_trial_action_t mobility_trial_action_t;

/**
 * What to do.
 */
enum mobility_trial_action_t {
	/** nothing, for now */
	MOBILITY_TRIAL_NONE,
	/** test the path */
	MOBILITY_TRIAL_TEST,
	/** test it and move to it */
	MOBILITY_TRIAL_MOVE,
};

/**
 * A trial, all zero if there is none.
 */
struct mobility_trial_t {
	/** path on trial, NULL if none */
	mobility_path_t *path;
	/** when the peer answered on it, 0 if it has not */
	uint64_t proven;
};

/**
 * Decide what to do about the best path that is better than the one in use.
 * To be called when no exchange is under way.
 *
 * @param trial			trial, gets updated
 * @param better		best of the paths that are better, NULL if none is
 * @param settle		ms it has to be proven before the move
 * @param now			current time
 * @return				what to do about better
 */
mobility_trial_action_t mobility_trial_consider(mobility_trial_t *trial,
												const mobility_path_t *better,
												uint64_t settle, uint64_t now);

/**
 * The peer has answered on the path on trial.
 *
 * @param trial			trial, gets updated
 * @param now			current time
 */
void mobility_trial_proven(mobility_trial_t *trial, uint64_t now);

/**
 * Get the time at which to decide again.
 *
 * @param trial			trial
 * @param settle		ms a path has to be proven
 * @return				time, 0 if there is nothing to wait for
 */
uint64_t mobility_trial_deadline(const mobility_trial_t *trial,
								 uint64_t settle);

/**
 * End the trial.
 *
 * @param trial			trial, gets all zero
 */
void mobility_trial_end(mobility_trial_t *trial);

#endif /** MOBILITY_TRIAL_H_ @}*/
