/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_answer_rate mobility_answer_rate
 * @{ @ingroup mobility_manager
 *
 * How often messages are answered whose source anybody may have forged: for each
 * source, and in all.  Pure: no I/O, no clock of its own; times are milliseconds
 * of one clock.  Sources share the place they hash to, so it never grows; whoever
 * fills the place of somebody else only puts him off.
 */

#ifndef MOBILITY_ANSWER_RATE_H_
#define MOBILITY_ANSWER_RATE_H_

#include <library.h>

/** Places for sources. */
#define MOBILITY_ANSWER_SOURCES 256

/** Answers at once to a source and in all, and ms until there is another one: the
 * clients of an office behind one NAT ask together, and those of a gateway that
 * was rebooted. */
#define MOBILITY_ANSWER_SOURCE_BURST 20
#define MOBILITY_ANSWER_SOURCE_INTERVAL 100
#define MOBILITY_ANSWER_BURST 500
#define MOBILITY_ANSWER_INTERVAL 2

typedef struct mobility_answer_rate_t mobility_answer_rate_t;

/**
 * What was answered, a value type, all zero at the start.
 */
struct mobility_answer_rate_t {
	/** when all that was answered has worn off, in all and for each place */
	uint64_t total;
	uint64_t sources[MOBILITY_ANSWER_SOURCES];
};

/**
 * Check if a message may be answered, which is noted then.
 *
 * @param rate			what was answered, gets updated
 * @param source		hash of where it is from
 * @param now			current time
 * @return				TRUE if so
 */
bool mobility_answer_rate_allow(mobility_answer_rate_t *rate, u_int source,
								uint64_t now);

#endif /** MOBILITY_ANSWER_RATE_H_ @}*/
