/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_standing mobility_standing
 * @{ @ingroup mobility_manager
 *
 * How a session stands, as people and programs know it: its state, since when,
 * and why.  The state machine may be ahead of that, what it decides is told when
 * it is done.
 */

#ifndef MOBILITY_STANDING_H_
#define MOBILITY_STANDING_H_

#include "session/status.h"

typedef struct mobility_standing_t mobility_standing_t;

/**
 * Standing of one session, all zero at the start.  A value type that owns its
 * cause; there are thousands of them.
 */
struct mobility_standing_t {
	/** state observers know of */
	mobility_state_t state;
	/** wall-clock time it was entered */
	time_t since;
	/** why the session is in its state, or will be; NULL if it was only
	 * established so far */
	char *cause;
};

/**
 * Say why.
 *
 * @param standing		standing
 * @param fmt			printf format of the cause, which gets cut if too long
 * @return				TRUE if that is another cause than before
 */
bool mobility_standing_explain(mobility_standing_t *standing,
							   const char *fmt, ...);

/**
 * Get why.
 *
 * @param standing		standing
 * @return				cause, internal data, valid until there is another one
 */
const char *mobility_standing_get_cause(const mobility_standing_t *standing);

/**
 * Enter a state, and say so in the log.
 *
 * @param standing		standing
 * @param connection	name of the connection
 * @param state			state that is not the one it has
 */
void mobility_standing_enter(mobility_standing_t *standing,
							 const char *connection, mobility_state_t state);

/**
 * Clean up what a standing owns, not itself.
 *
 * @param standing		standing
 */
void mobility_standing_cleanup(mobility_standing_t *standing);

#endif /** MOBILITY_STANDING_H_ @}*/
