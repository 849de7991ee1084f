/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_silence mobility_silence
 * @{ @ingroup mobility_manager
 *
 * How long nothing has to return until that is suspect, by what the session has
 * seen of its own silences.  Pure: no I/O, no clock.
 *
 * Where packets leave all the time, each look at the counters in which others
 * have come in ends a silence, mostly one too short to be seen.  Twice as long
 * as the longest of these is suspect, and twice the round-trip time: of N
 * silences that get rarer at least as fast as those of a Poisson process, one
 * in N times N is twice as long as the longest, so the few seconds it takes to
 * see enough of them speak for ten minutes.  Those of the last ten to twenty
 * minutes are known; the longest does not count if there is but one as long in
 * ten minutes.
 *
 * No such guess is made more than once in ten minutes, unless the path was left
 * for it: whatever the traffic is like, this is what it may cost at most.
 */

#ifndef MOBILITY_SILENCE_H_
#define MOBILITY_SILENCE_H_

#include <library.h>

/** ms between looks while packets leave */
#define MOBILITY_SILENCE_PERIOD 40

/** ms between looks, more is a pause */
#define MOBILITY_SILENCE_PAUSE (2 * MOBILITY_SILENCE_PERIOD)

/** lengths of silences that are told apart, in looks without any packet that
 * came in; twice as long as the last is what is suspect of any session */
#define MOBILITY_SILENCE_LENGTHS 5

/** number of silences that have to be known, see above: ten minutes have 15000
 * at most */
#define MOBILITY_SILENCE_KNOWN 250

/** ms in which one guess may be wrong */
#define MOBILITY_SILENCE_BUDGET (10 * 60 * 1000)

/** what nobody knows */
#define MOBILITY_SILENCE_UNKNOWN UINT64_MAX

typedef struct mobility_silence_t mobility_silence_t;
typedef struct mobility_silence_span_t mobility_silence_span_t;

/**
 * Silences within some time, a value type.
 */
struct mobility_silence_span_t {
	/** how many of each length, and of all that were longer */
	u_int count[MOBILITY_SILENCE_LENGTHS + 1];
	/** ms that they took together, and the packets between them */
	uint64_t time;
};

/**
 * What is known of the silences on a path, a value type, all zero at the start.
 */
struct mobility_silence_t {
	/** the last ten minutes of such traffic, as far as they have passed, and
	 * the ten before */
	mobility_silence_span_t current, before;
	/** last look in which packets had left */
	uint64_t looked;
	/** last look in which others had come in, and packets have left ever since,
	 * 0 if there is none */
	uint64_t since;
	/** when to guess again */
	uint64_t next;
};

/**
 * Packets were seen to have left, or others to have come in.
 *
 * @param silence		silences
 * @param now			time in ms
 * @param in			others have come in
 */
void mobility_silence_look(mobility_silence_t *silence, uint64_t now, bool in);

/**
 * It is not known how long packets have left and none came in.
 *
 * @param silence		silences
 */
void mobility_silence_break(mobility_silence_t *silence);

/**
 * Get how long nothing has to return until that is suspect.
 *
 * @param silence		silences
 * @param now			time in ms
 * @param rtt			round-trip time of the path in ms, 0 if unknown
 * @return				ms since others came in, or MOBILITY_SILENCE_UNKNOWN
 */
uint64_t mobility_silence_limit(const mobility_silence_t *silence,
								uint64_t now, uint32_t rtt);

/**
 * A silence was longer, and somebody is going to be asked.
 *
 * @param silence		silences
 * @param now			time in ms
 */
void mobility_silence_guessed(mobility_silence_t *silence, uint64_t now);

/**
 * Forget all that is true of a path.
 *
 * @param silence		silences
 * @param right			it was left as nothing had returned since the last guess
 */
void mobility_silence_moved(mobility_silence_t *silence, bool right);

#endif /** MOBILITY_SILENCE_H_ @}*/
