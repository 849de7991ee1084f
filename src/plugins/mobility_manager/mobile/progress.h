/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_progress mobility_progress
 * @{ @ingroup mobility_manager
 *
 * Keeps track of the move under way, and of those before.  Pure: no I/O, no
 * clock.
 */

#ifndef MOBILITY_PROGRESS_H_
#define MOBILITY_PROGRESS_H_

#include "session/status.h"

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
	/** path it started from, NULL if unknown */
	mobility_path_t *origin;
	/** last completed move, NULL if there was none */
	mobility_move_t *last;
	/** number of completed moves */
	u_int moves;
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
 * Forget what started a move, there is none.
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
 * @return				TRUE if that completes a move: it may also confirm that it
 *						is the same path again
 */
bool mobility_progress_complete(mobility_progress_t *progress,
								const mobility_path_t *path, uint64_t now,
								time_t time);

/**
 * Go on counting where others have stopped.
 *
 * @param progress		progress
 * @param moves			number of moves so far
 * @param last			last of them
 */
void mobility_progress_inherit(mobility_progress_t *progress, u_int moves,
							   const mobility_move_t *last);

/**
 * Free what progress owns.
 *
 * @param progress		progress
 */
void mobility_progress_cleanup(mobility_progress_t *progress);

#endif /** MOBILITY_PROGRESS_H_ @}*/
