/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_course mobility_course
 * @{ @ingroup mobility_manager
 *
 * What a mover and its parts share: the IKE_SA, its paths, where it is and where
 * it is heading.
 */

#ifndef MOBILITY_COURSE_H_
#define MOBILITY_COURSE_H_

#include <sa/ike_sa.h>

#include "mobile/heading.h"
#include "mobile/local_port.h"
#include "mobile/progress.h"
#include "net/monitor.h"
#include "path/candidates.h"

typedef struct mobility_course_t mobility_course_t;
typedef struct mobility_course_listener_t mobility_course_listener_t;

/**
 * Gets told what came out; must do nothing but note it, and may be called
 * while a message is processed.
 */
struct mobility_course_listener_t {

	/**
	 * The peer has confirmed the path in use by an address update.
	 *
	 * @param data		user data
	 * @param moved		TRUE if that completes a move, the last one of the
	 *					records
	 */
	void (*confirmed)(void *data, bool moved);

	/**
	 * The request in flight was sent over a path, one of several, as the one in
	 * use does not answer; or would have been, if it was not one of an IKE_SA
	 * that has lived for too long.
	 *
	 * @param data		user data
	 * @param path		path, pinned
	 */
	void (*probed)(void *data, const mobility_path_t *path);

	/**
	 * A path was tested.
	 *
	 * @param data		user data
	 * @param path		path
	 * @param answered	TRUE if the peer answered on it
	 */
	void (*tested)(void *data, const mobility_path_t *path, bool answered);
};

/**
 * Course of one session.  Used with the IKE_SA checked out.
 */
struct mobility_course_t {

	/**
	 * Name for the log, owned by the session.
	 */
	const char *name;

	/**
	 * IKE_SA, NULL if none is bound.
	 */
	ike_sa_t *ike_sa;

	/**
	 * Address family that it was established over: peers look for others of the
	 * same identities in that one only, wherever they have moved since.
	 */
	int family;

	/**
	 * Network monitor.
	 */
	mobility_monitor_t *monitor;

	/**
	 * Candidate paths.
	 */
	mobility_candidates_t *candidates;

	/**
	 * Path in use, and the one to go to.
	 */
	mobility_heading_t heading;

	/**
	 * Port that packets leave from, whatever the path.
	 */
	mobility_local_port_t local_port;

	/**
	 * UDP encapsulation is forced on the path in use: both ends take it for one
	 * behind a NAT.
	 */
	bool forced;

	/**
	 * The move under way.
	 */
	mobility_progress_t progress;

	/**
	 * Path in use over a next hop that is preferred to the one it has, NULL if
	 * there is none.
	 */
	mobility_path_t *hop;

	/**
	 * A path that works may be left for one that is preferred.
	 */
	bool prefers;

	/**
	 * How long to put a path aside that failed its test, in ms.
	 */
	uint64_t penalty;

	/**
	 * There are other candidates, or new ones, than those the session was told
	 * of, see mobility_course_changed().
	 */
	bool changed;
	bool improved;

	/**
	 * Gets told what came out.
	 */
	const mobility_course_listener_t *listener;

	/**
	 * User data for listener.
	 */
	void *data;
};

/**
 * Take over the path in use from the IKE_SA, which the peer or stock may have
 * changed, and collect candidates.
 *
 * @param course		course
 */
void mobility_course_look(mobility_course_t *course);

/**
 * Get what has changed since the last call.
 *
 * @param course		course
 * @param event			gets .candidates and .improved
 * @return				TRUE if there are other candidates than before
 */
bool mobility_course_changed(mobility_course_t *course,
							 mobility_fsm_event_t *event);

#endif /** MOBILITY_COURSE_H_ @}*/
