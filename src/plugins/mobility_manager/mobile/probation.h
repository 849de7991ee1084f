/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_probation mobility_probation
 * @{ @ingroup mobility_manager
 *
 * The path in use is on probation until ESP has come in over it: there are
 * networks that pass IKE, but not ESP, and an answer to a request says nothing
 * about that.  Decides what to do if packets leave and nothing returns although
 * the peer answers.  Pure: no I/O, no clock.
 *
 * Nobody can tell a path that loses ESP from traffic that gets no answers.  So:
 *
 *  - If what was sent got answers over the path that was left, it would get
 *    them now: that path is taken again.
 *  - Otherwise UDP encapsulation is forced, and if that does not help or is
 *    used already, the next path is taken: each of these once per path.
 *
 * Paths are those over other uplinks: several routers of one are not told apart
 * here.  One that answers on UDP port 4500 passes what is encapsulated there.
 *
 * What the state promises, and mobility_probation_check() verifies: there is a
 * way back only to another path; a path is being left for that only if there is
 * one, and for no other once it was given up to try them.
 */

#ifndef MOBILITY_PROBATION_H_
#define MOBILITY_PROBATION_H_

#include "esp/path_health.h"
#include "net/path.h"

typedef struct mobility_probation_t mobility_probation_t;
typedef struct mobility_probation_view_t mobility_probation_view_t;
typedef enum mobility_probation_action_t mobility_probation_action_t;

/** Silence that counts if what was sent got answers over the path before, in
 * ms, or that many RTTs or silences that the session knows, if that is more. */
#define MOBILITY_PROBATION_SILENCE 400
#define MOBILITY_PROBATION_RTTS 4
#define MOBILITY_PROBATION_GAPS 2

/** The longest of these silences that matters, in ms: it may have been an outage
 * that nobody noticed. */
#define MOBILITY_PROBATION_GAP_MAX 5000

/** Silence that counts if it is not known whether what is sent gets answers. */
#define MOBILITY_PROBATION_UNKNOWN 1000

/** Silence that counts if ESP has come in over the path: something must have
 * changed, at the path or about what is sent. */
#define MOBILITY_PROBATION_PROVEN 10000

/**
 * What to do.
 */
enum mobility_probation_action_t {
	/** nothing, for now */
	MOBILITY_PROBATION_WAIT,
	/** take the path that was left again, this one is put aside */
	MOBILITY_PROBATION_RETURN,
	/** force UDP encapsulation */
	MOBILITY_PROBATION_FORCE,
	/** take the next path, this one is put aside */
	MOBILITY_PROBATION_LEAVE,
	/** what is sent gets no answers anywhere: put no path aside for that */
	MOBILITY_PROBATION_GIVE_UP,
};

/**
 * Probation of the path in use, all zero at the start.
 */
struct mobility_probation_t {
	/** path in use */
	mobility_path_id_t path;
	/** path that was left, where what was sent got answers; all zero if there is
	 * no way back */
	mobility_path_id_t origin;
	/** the path is being left as nothing returns: returning or leaving, or else
	 * waiting */
	mobility_probation_action_t leaving;
	/** nothing more is tried until something changes */
	bool given_up;
};

/**
 * What is known at the moment.
 */
struct mobility_probation_view_t {
	/** the traffic */
	mobility_path_health_facts_t traffic;
	/** round-trip time of the path in use in ms, 0 if unknown */
	uint32_t rtt;
	/** ESP is encapsulated in UDP already, or that was tried */
	bool encapsulated;
	/** the way back is there */
	bool back;
	/** there is a next path that this one may be left for */
	bool next;
};

/**
 * Another path is in use, or an IKE_SA was established.
 *
 * @param probation		probation
 * @param path			path in use, NULL if unknown
 * @param traffic		the traffic over the path that was left
 * @param rtt			round-trip time of that one in ms, 0 if unknown
 * @return				why it was left: returning or leaving if nothing returned
 *						there, else waiting
 */
mobility_probation_action_t mobility_probation_moved(
									mobility_probation_t *probation,
									const mobility_path_t *path,
									const mobility_path_health_facts_t *traffic,
									uint32_t rtt);

/**
 * The peer has answered over the path in use: decide what to do about ESP.  To
 * be called when no move is under way.
 *
 * @param probation		probation
 * @param view			what is known
 * @return				what to do
 */
mobility_probation_action_t mobility_probation_review(
									mobility_probation_t *probation,
									const mobility_probation_view_t *view);

/**
 * Check the invariants stated above.
 *
 * @param probation		probation
 * @return				NULL if they hold, else which one does not
 */
const char *mobility_probation_check(const mobility_probation_t *probation);

#endif /** MOBILITY_PROBATION_H_ @}*/
