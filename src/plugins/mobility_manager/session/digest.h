/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_digest mobility_digest
 * @{ @ingroup mobility_manager
 *
 * A session in short: what it takes to count sessions and to choose some of them,
 * without checking out the IKE_SAs of all.  Small, as a gateway has thousands.
 * Pure.
 */

#ifndef MOBILITY_DIGEST_H_
#define MOBILITY_DIGEST_H_

#include "session/status.h"

typedef struct mobility_digest_t mobility_digest_t;
typedef struct mobility_filter_t mobility_filter_t;

/** number of states */
#define MOBILITY_STATES (MOBILITY_CONNECTING + 1)

/**
 * A session in short.  All zero before it is known, then its names are owned.
 */
struct mobility_digest_t {
	/** state */
	mobility_state_t state;
	/** TRUE for the mobile end, FALSE for the anchor end */
	bool mobile;
	/** wall-clock time since when it is in that state */
	time_t since;
	/** what the peer is known by: its address, the virtual addresses, and who it
	 * is, with line ends in between; NULL if nothing is known */
	char *names;
};

/**
 * Which sessions are meant: those for which all is true that is set here.
 */
struct mobility_filter_t {
	/** name of the connection, NULL for any */
	const char *connection;
	/** pattern (fnmatch(3)) for one of the names of the peer, NULL for any */
	const char *peer;
	/** flags of states, (1 << state); 0 for any */
	uint32_t states;
	/** ends, both are meant if none is set */
	bool mobile, anchor;
	/** only those that are in their state since that time, 0 for any */
	time_t since;
};

/**
 * Note what a session is like now.
 *
 * @param digest		digest, the names are replaced
 * @param status		session
 */
void mobility_digest_set(mobility_digest_t *digest,
						 const mobility_status_t *status);

/**
 * Check if a session is meant.
 *
 * @param filter		filter, NULL for all
 * @param connection	name of its connection
 * @param digest		what it is like
 * @return				TRUE if it is meant
 */
bool mobility_filter_matches(const mobility_filter_t *filter,
							 const char *connection,
							 const mobility_digest_t *digest);

/**
 * Check if a session is meant, by all that is known of it now.
 *
 * @param filter		filter, NULL for all
 * @param status		session
 * @return				TRUE if it is meant
 */
bool mobility_filter_matches_status(const mobility_filter_t *filter,
									const mobility_status_t *status);

#endif /** MOBILITY_DIGEST_H_ @}*/
