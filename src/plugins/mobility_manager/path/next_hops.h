/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_next_hops mobility_next_hops
 * @{ @ingroup mobility_manager
 *
 * Next hops that packets between two addresses may take out of an uplink:
 * second routers, legs of multipath routes.  Nothing in an answer tells over
 * which one it came, and rules of policy routing can't tell packets apart but by
 * their addresses.  So there is one candidate for all of them, over one next hop
 * at a time; they take turns when nothing is lost by it.  Pure: no I/O, no clock.
 */

#ifndef MOBILITY_NEXT_HOPS_H_
#define MOBILITY_NEXT_HOPS_H_

#include "path/ranking.h"

typedef struct mobility_hop_turns_t mobility_hop_turns_t;

/** Longest time that a turn has to take, in ms: that between attempts. */
#define MOBILITY_HOP_TURN_MAX 8000

/**
 * Turns of next hops while a request is not answered, all zero at the start.  One
 * takes longer than an answer, or that would count for the next one.  The last
 * answer says how long that is, at most.
 */
struct mobility_hop_turns_t {
	/** when the request in flight was sent first */
	uint64_t sent;
	/** when the last turn began */
	uint64_t since;
	/** how long it takes at least, in ms */
	uint32_t length;
	/** there was more than one since the request was sent */
	bool turned;
	/** there was more than one when the last request was answered: it may have
	 * been over another next hop than it seems */
	bool doubtful;
};

/**
 * A request was sent for the first time.
 *
 * @param turns			turns
 * @param now			current time
 */
void mobility_hop_turns_begin(mobility_hop_turns_t *turns, uint64_t now);

/**
 * Check if it may be the turn of others.
 *
 * @param turns			turns
 * @param now			current time
 * @return				TRUE if so
 */
bool mobility_hop_turns_are_over(const mobility_hop_turns_t *turns,
								 uint64_t now);

/**
 * It is the turn of others.
 *
 * @param turns			turns
 * @param now			current time
 */
void mobility_hop_turns_next(mobility_hop_turns_t *turns, uint64_t now);

/**
 * The request was answered.
 *
 * @param turns			turns
 * @param rtt			how long that took, 0 if unknown
 * @param now			current time
 */
void mobility_hop_turns_answered(mobility_hop_turns_t *turns, uint32_t rtt,
								 uint64_t now);

/**
 * Add another next hop, whose turn comes last.
 *
 * @param candidate		candidate
 * @param path			its path over that one, adopted
 */
void mobility_next_hops_add(mobility_candidate_t *candidate,
							mobility_path_t *path);

/**
 * Take the next one.
 *
 * @param candidate		candidate
 * @return				FALSE if there is no other one, and nothing changed
 */
bool mobility_next_hops_turn(mobility_candidate_t *candidate);

/**
 * Take a certain one.
 *
 * @param candidate		candidate
 * @param gateway		its address
 * @return				FALSE if it is none of these, and nothing changed
 */
bool mobility_next_hops_take(mobility_candidate_t *candidate,
							 const mobility_ip_t *gateway);

/**
 * Check if a next hop is one of these.
 *
 * @param candidate		candidate
 * @param gateway		its address
 * @return				TRUE if it is
 */
bool mobility_next_hops_have(const mobility_candidate_t *candidate,
							 const mobility_ip_t *gateway);

/**
 * Find the next hop that routing prefers to another one, by its metric.
 *
 * @param candidate		candidate
 * @param current		path of the same addresses over the one in use
 * @return				path, owned by the candidate, NULL if there is none
 */
mobility_path_t *mobility_next_hops_find_better(
									const mobility_candidate_t *candidate,
									const mobility_path_t *current);

#endif /** MOBILITY_NEXT_HOPS_H_ @}*/
