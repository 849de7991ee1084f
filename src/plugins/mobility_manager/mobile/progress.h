/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_progress mobility_progress
 * @{ @ingroup mobility_manager
 *
 * Keeps track of the move under way.  Pure: no I/O, no clock.
 */

#ifndef MOBILITY_PROGRESS_H_
#define MOBILITY_PROGRESS_H_

#include "path/history.h"

typedef struct mobility_progress_t mobility_progress_t;

/**
 * Progress of moves, all zero at the start.
 */
struct mobility_progress_t {
	/** what started the current move, and where from, NULL if none is under
	 * way */
	mobility_move_t *current;
	/** when it was started */
	uint64_t begun;
	/** path it started from, NULL if unknown, or if it may lead there */
	mobility_path_t *origin;
};

/**
 * Begin a move, unless one is under way.
 *
 * @param progress		progress
 * @param trigger		what started it, for people
 * @param path			path in use, NULL if unknown
 * @param now			current time
 */
void mobility_progress_begin(mobility_progress_t *progress,
							 const char *trigger, const mobility_path_t *path,
							 uint64_t now);

/**
 * Begin a move to the path in use itself: the same addresses, used in another
 * way.
 *
 * @param progress		progress
 * @param trigger		what started it, for people
 * @param path			path in use
 * @param now			current time
 */
void mobility_progress_renew(mobility_progress_t *progress,
							 const char *trigger, const mobility_path_t *path,
							 uint64_t now);

/**
 * The path in use is used in another way, unless it is not the one that a move under
 * way has started from: that goes on as it began.
 *
 * @param progress		progress
 * @param trigger		what that was for, for people
 * @param path			path in use, NULL if unknown
 * @param now			current time
 */
void mobility_progress_same(mobility_progress_t *progress, const char *trigger,
							const mobility_path_t *path, uint64_t now);

/**
 * Forget what started a move, there is none; frees what progress owns.
 *
 * @param progress		progress
 */
void mobility_progress_cancel(mobility_progress_t *progress);

/**
 * The peer has confirmed a path.
 *
 * @param progress		progress
 * @param path			path in use, NULL if unknown
 * @param now			current time
 * @param time			current time of day, in seconds
 * @param move			gets the move, if one is completed
 * @return				TRUE if that completes a move: it may also confirm that it
 *						is the same path again
 */
bool mobility_progress_complete(mobility_progress_t *progress,
								const mobility_path_t *path, uint64_t now,
								time_t time, mobility_move_t *move);

#endif /** MOBILITY_PROGRESS_H_ @}*/
