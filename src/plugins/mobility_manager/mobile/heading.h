/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_heading mobility_heading
 * @{ @ingroup mobility_manager
 *
 * Which path an IKE_SA is on, which one it is heading for, and what an answer
 * says about them.  Pure: no I/O, no clock.
 *
 * What the states promise, and mobility_heading_check() verifies:
 *
 *  - staying: there is no target, and nothing goes over one path only.
 *  - testing: there is a target; traffic stays on the path in use.
 *  - moving: there is a target, and the peer has not confirmed it yet.
 */

#ifndef MOBILITY_HEADING_H_
#define MOBILITY_HEADING_H_

#include "net/path.h"
#include "session/fsm.h"

typedef struct mobility_heading_t mobility_heading_t;
typedef struct mobility_heading_answer_t mobility_heading_answer_t;
typedef enum mobility_heading_state_t mobility_heading_state_t;
typedef enum mobility_heading_send_t mobility_heading_send_t;
typedef enum mobility_heading_verdict_t mobility_heading_verdict_t;

/** Attempts over a path the peer has just answered on, before all others. */
#define MOBILITY_PROVEN_ATTEMPTS 4

/** How long a path is put aside that the peer refused, in ms. */
#define MOBILITY_REFUSED_PENALTY 300000

/** Time until another update if the peer has refused all paths, in ms. */
#define MOBILITY_REFUSED_INTERVAL 10000

/**
 * What is going on.
 */
enum mobility_heading_state_t {
	/** nothing */
	MOBILITY_STAYING,
	/** the target is tested */
	MOBILITY_TESTING,
	/** the target is taken, the peer has not confirmed it yet */
	MOBILITY_MOVING,
};

/**
 * Over what to send the request in flight again.
 */
enum mobility_heading_send_t {
	/** nothing, for now */
	MOBILITY_SEND_NONE,
	/** the target */
	MOBILITY_SEND_TARGET,
	/** all paths */
	MOBILITY_SEND_ALL,
};

/**
 * What an answer says.
 */
enum mobility_heading_verdict_t {
	/** the peer is there, over the path that was asked for */
	MOBILITY_ANSWER_PROVES,
	/** nothing about that path */
	MOBILITY_ANSWER_SAYS_NOTHING,
	/** the peer is not to be reached over that path */
	MOBILITY_ANSWER_DENIES,
	/** the peer uses another path than we do: a target was taken, and an update
	 * has to follow */
	MOBILITY_ANSWER_LEADS_ON,
};

/**
 * Where an IKE_SA is and where it is heading, all zero at the start.
 */
struct mobility_heading_t {
	/** what is going on */
	mobility_heading_state_t state;
	/** path in use, owned, NULL if its uplink is unknown */
	mobility_path_t *path;
	/** path under test or to move to, owned, NULL while staying */
	mobility_path_t *target;
	/** how often the request in flight goes over the target only.  Sent over all
	 * paths it would have to be followed by another one, for ever if answers take
	 * longer than attempts. */
	u_int insist;
	/** the target was taken as it answered a test, the path in use works */
	bool tested;
	/** no update before this time, the peer has refused all paths */
	uint64_t hold_off;
};

/**
 * How a request was answered.
 */
struct mobility_heading_answer_t {
	/** our address it arrived at */
	host_t *local;
	/** the peer's address it came from */
	host_t *remote;
	/** the path between these, NULL if there is none (anymore) */
	const mobility_path_t *path;
	/** the request was also sent over others than the path it was built for: its
	 * NAT detection says nothing certain about any */
	bool spread;
	/** it was sent over all, as the one in use did not answer */
	bool probed;
	/** it was not sent for the last time yet */
	bool early;
	/** it took one next hop after the other: over which one it was answered is not
	 * certain */
	bool turned;
};

/**
 * Get the path that requests are built for.
 *
 * @param heading		heading
 * @return				target, else the path in use, may be NULL
 */
mobility_path_t *mobility_heading_aim(const mobility_heading_t *heading);

/**
 * The path in use is another one, or another one is used.
 *
 * @param heading		heading
 * @param path			path in use, adopted, may be NULL
 */
void mobility_heading_use(mobility_heading_t *heading, mobility_path_t *path);

/**
 * Test a path.
 *
 * @param heading		heading
 * @param path			path, gets cloned
 */
void mobility_heading_test(mobility_heading_t *heading,
						   const mobility_path_t *path);

/**
 * Take a path.
 *
 * @param heading		heading
 * @param path			path, gets cloned; may be the target
 * @param insist		how often to send over this path only
 */
void mobility_heading_take(mobility_heading_t *heading,
						   const mobility_path_t *path, u_int insist);

/**
 * Have no target: the one there was is confirmed, or given up.
 *
 * @param heading		heading
 */
void mobility_heading_stay(mobility_heading_t *heading);

/**
 * Decide over what to send the request in flight again that was not answered.
 *
 * @param heading		heading
 * @param queued		the peer has not come to it yet
 * @return				what to send it over
 */
mobility_heading_send_t mobility_heading_attempt(mobility_heading_t *heading,
												 bool queued);

/**
 * Check if an answer came over the path in use, over the same next hop, and no
 * move is under way.
 *
 * @param heading		heading
 * @param answer		answer, of which only the path and its addresses are read
 * @return				TRUE if so
 */
bool mobility_heading_is_current(const mobility_heading_t *heading,
								 const mobility_heading_answer_t *answer);

/**
 * A path test was answered.  Changes nothing: to prove the target is to take it
 * or to stay, all else ends the test.
 *
 * @param heading		heading
 * @param answer		answer, without .path
 * @return				what it says about the target; says nothing as well if
 *						none is under test
 */
mobility_heading_verdict_t mobility_heading_tested(
									const mobility_heading_t *heading,
									const mobility_heading_answer_t *answer);

/**
 * A test is over that was answered over another path than the target: the path
 * in use may be silent.
 *
 * @param heading		heading
 * @param answer		answer
 * @return				TRUE if the path it came over was taken, and an update has
 *						to follow
 */
bool mobility_heading_follow(mobility_heading_t *heading,
							 const mobility_heading_answer_t *answer);

/**
 * Check if an address update, answered and not refused, says that the target does
 * not work although it has answered a test: the answer came over the path that was
 * to be left.
 *
 * @param heading		heading
 * @param answer		answer
 * @return				TRUE if so
 */
bool mobility_heading_has_failed(const mobility_heading_t *heading,
								 const mobility_heading_answer_t *answer);

/**
 * An address update was answered, and not refused.
 *
 * @param heading		heading
 * @param answer		answer
 * @return				proves, or leads on
 */
mobility_heading_verdict_t mobility_heading_updated(mobility_heading_t *heading,
									const mobility_heading_answer_t *answer);

/**
 * The peer has refused the addresses of an update.
 *
 * @param heading		heading
 * @param other			another path, NULL if the peer has refused all of them
 * @param now			current time
 * @return				TRUE if that was taken, and an update has to follow
 */
bool mobility_heading_refused(mobility_heading_t *heading,
							  const mobility_path_t *other, uint64_t now);

/**
 * Check the invariants stated above.
 *
 * @param heading		heading
 * @return				NULL if they hold, else which one does not
 */
const char *mobility_heading_check(const mobility_heading_t *heading);

/**
 * Free what a heading owns, gets all zero.
 *
 * @param heading		heading
 */
void mobility_heading_cleanup(mobility_heading_t *heading);

#endif /** MOBILITY_HEADING_H_ @}*/
