/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_login_paths mobility_login_paths
 * @{ @ingroup mobility_manager
 *
 * Over which paths an IKE_SA_INIT is tried, and what an answer to it says,
 * which anybody may have sent.  Pure: no I/O, no clock.
 *
 * A request is built for one path, what it says about NATs is true there only.
 * If that does not answer the same packets go over the next one as well, and so
 * on.  If another path answers first the request is built anew, for that one:
 * all that follows is as if it had been the only one.  If that path is gone before
 * the peer has authenticated, all begins anew over another one: IKE_AUTH can't move.
 * If there is none the same IKE_AUTH is sent again when that path is back.
 *
 * What is promised, and mobility_login_paths_check() verifies:
 *
 *  - only a path over which the request went wins, not too often, and then that
 *    is in flight;
 *  - while one is in flight, a path that was not asked is so in the end.
 */

#ifndef MOBILITY_LOGIN_PATHS_H_
#define MOBILITY_LOGIN_PATHS_H_

#include "ike/init_answer.h"
#include "net/path.h"

typedef struct mobility_login_try_t mobility_login_try_t;
typedef struct mobility_login_paths_t mobility_login_paths_t;
typedef enum mobility_login_step_t mobility_login_step_t;

/** Paths that are tried, those that rank first. */
#define MOBILITY_LOGIN_TRIES 16

/** Time a path has to answer until the next one is asked, in ms. */
#define MOBILITY_LOGIN_INTERVAL 1000

/** Time the others have until a path is asked that is the last resort, in ms.
 */
#define MOBILITY_LOGIN_LAST_RESORT 8000

/** How long a path is left alone that answered by an error, in ms. */
#define MOBILITY_LOGIN_REFUSED 60000

/** How often an answer over a path that the request was not built for is
 * followed, for each path: they can be forged. */
#define MOBILITY_LOGIN_WINS 2

/** How often the peer may ask for another request; stock gives up if it does
 * once more. */
#define MOBILITY_LOGIN_DETOURS 4

/**
 * What to do.
 */
enum mobility_login_step_t {
	/** nothing for now */
	MOBILITY_LOGIN_WAIT,
	/** send the request over a path as well, or once more over the one that is
	 * back */
	MOBILITY_LOGIN_ASK,
	/** build the request anew, for a path */
	MOBILITY_LOGIN_ANEW,
	/** the same, that path has answered and the one before did not */
	MOBILITY_LOGIN_WON,
};

/**
 * A path to try.
 */
struct mobility_login_try_t {
	/** the path */
	mobility_path_id_t id;
	/** to be tried if no other works */
	bool last_resort;
	/** the request in flight went over it */
	bool asked;
	/** until when it is left alone, as it answered by an error; 0 if it did
	 * not */
	uint64_t refused;
	/** how often it won over others */
	u_int wins;
};

/**
 * State of a login, all zero at the start.
 */
struct mobility_login_paths_t {
	/** paths there are, the preferred one first */
	mobility_login_try_t tries[MOBILITY_LOGIN_TRIES];
	/** number of these */
	u_int count;
	/** somebody has looked which there are */
	bool looked;
	/** a request is in flight */
	bool in_flight;
	/** it was answered, authentication goes on between these addresses */
	bool answered;
	/** that path was not there meanwhile */
	bool gone;
	/** addresses it was built for */
	mobility_ip_t local, remote;
	/** path to build it for, ifindex is 0 if it stays as it is */
	mobility_path_id_t winner;
	/** when the first one was sent */
	uint64_t begun;
	/** when to ask the next path */
	uint64_t next;
	/** how often the peer asked for another request */
	u_int detours;
};

/**
 * There may be other paths than before, what is known of the others is kept.
 *
 * @param paths			state
 * @param tries			paths, the preferred one first, only .id and
 *						.last_resort count
 * @param count			number of these, MOBILITY_LOGIN_TRIES at most
 */
void mobility_login_paths_set(mobility_login_paths_t *paths,
							  const mobility_login_try_t *tries, u_int count);

/**
 * A request was built, and sent over the path it was built for.
 *
 * @param paths			state
 * @param local			our address
 * @param remote		the peer's address
 * @param now			current time
 */
void mobility_login_paths_sent(mobility_login_paths_t *paths, host_t *local,
							   host_t *remote, uint64_t now);

/**
 * Decide what to do now; to be called again until there is nothing to do.
 *
 * @param paths			state, a path to ask counts as asked
 * @param now			current time
 * @param id			gets the path, unless there is nothing to do
 * @return				what to do
 */
mobility_login_step_t mobility_login_paths_next(mobility_login_paths_t *paths,
												uint64_t now,
												mobility_path_id_t *id);

/**
 * Get the time at which something is to be done.
 *
 * @param paths			state
 * @param now			current time
 * @return				time, now if that is due; 0 if only answers and other paths
 *						change anything
 */
uint64_t mobility_login_paths_deadline(const mobility_login_paths_t *paths,
									   uint64_t now);

/**
 * Somebody has answered the request in flight.
 *
 * @param paths			state
 * @param local			our address the answer arrived at
 * @param remote		address it came from
 * @param answer		kind of answer
 * @param now			current time
 * @return				TRUE to have stock process it, FALSE to drop it
 */
bool mobility_login_paths_answered(mobility_login_paths_t *paths,
								   host_t *local, host_t *remote,
								   mobility_init_answer_t answer,
								   uint64_t now);

/**
 * Check the invariants stated above.
 *
 * @param paths			state
 * @return				NULL if they hold, else which one does not
 */
const char *mobility_login_paths_check(const mobility_login_paths_t *paths);

#endif /** MOBILITY_LOGIN_PATHS_H_ @}*/
