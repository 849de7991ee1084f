/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_path_history mobility_path_history
 * @{ @ingroup mobility_manager
 *
 * What experience says about paths and uplinks: which answered, how fast, which
 * are to be left alone for a while, which people want, and how often the session
 * moved.  Pure: no I/O, no clock.
 */

#ifndef MOBILITY_PATH_HISTORY_H_
#define MOBILITY_PATH_HISTORY_H_

#include "net/path.h"

typedef struct mobility_path_history_t mobility_path_history_t;
typedef struct mobility_record_t mobility_record_t;
typedef struct mobility_move_t mobility_move_t;

/** An uplink flaps if it was lost that often, each time within a minute. */
#define MOBILITY_FLAP_LOSSES 3

/** How long after a loss another one counts, in ms. */
#define MOBILITY_FLAP_WINDOW 60000

/** How long an uplink that flaps is put aside first, doubles, in ms: not less
 * than a minute, as a move to it and one away from it for each loss are 5 until
 * then. */
#define MOBILITY_FLAP_TIME 60000

/** The most it grows to, in ms. */
#define MOBILITY_FLAP_TIME_MAX 300000

/** How long a path is put aside first that has not been answered over yet,
 * doubles, in ms: it may be there before the network lets anybody through. */
#define MOBILITY_NEW_PATH_TIME 2000

/** How often the time a path is put aside doubles. */
#define MOBILITY_PENALTY_DOUBLINGS 3

/** Length of the name of where a session is: an uplink; of the anchor end an address
 * with its port. */
#define MOBILITY_PLACE_LEN 56

/**
 * Record of a path.
 */
struct mobility_record_t {
	/** when it was tested last, 0 if it wasn't */
	uint64_t tested;
	/** round-trip time in ms, at least 1 if it was measured */
	uint32_t rtt;
	/** tests that failed since it last answered */
	u_int failed;
	/** until when it is put aside, 0 if it is not */
	uint64_t until;
	/** put aside as no ESP returned */
	bool no_esp;
	/** UDP encapsulation is forced on it, and that was tried */
	bool encapsulate, encapsulated;
	/** its uplink was left for others as no ESP returned, or there were none */
	bool left;
};

/**
 * A move of a session from one path to another.
 */
struct mobility_move_t {
	/** wall-clock time it was completed, 0 if there was none */
	time_t time;
	/** what started it, e.g. "eth0: no carrier" */
	char trigger[64];
	/** milliseconds from the trigger to the peer's confirmation */
	uint32_t duration;
	/** uplink it came from, of the anchor end the peer's address */
	char from[MOBILITY_PLACE_LEN];
	/** uplink it went to, or that address */
	char to[MOBILITY_PLACE_LEN];
};

/**
 * Records of a session.  Two have the same while one IKE_SA replaces another, so
 * methods may be called from any thread; the mutex is a leaf.
 */
struct mobility_path_history_t {

	/**
	 * The peer answered on a path: it is put aside no longer.
	 *
	 * @param path		path
	 * @param rtt		ms it took, 0 if unknown
	 * @param now		current time
	 */
	void (*answered)(mobility_path_history_t *this, const mobility_path_t *path,
					 uint32_t rtt, uint64_t now);

	/**
	 * The session uses a path, so it is not one that the peer never answered over;
	 * nothing else changes.
	 *
	 * @param path		path
	 */
	void (*used)(mobility_path_history_t *this, const mobility_path_t *path);

	/**
	 * A path failed: put it aside, each time for twice as long.
	 *
	 * @param path		path
	 * @param penalty	ms to put it aside the first time
	 * @param now		current time
	 */
	void (*failed)(mobility_path_history_t *this, const mobility_path_t *path,
				   uint64_t penalty, uint64_t now);

	/**
	 * The peer did not answer on a path that was tested: it failed.  If it never
	 * answered there, the path is put aside for less, at first.
	 *
	 * @param path		path
	 * @param penalty	ms to put it aside the first time, if it had answered
	 * @param now		current time
	 */
	void (*unanswered)(mobility_path_history_t *this,
					   const mobility_path_t *path, uint64_t penalty,
					   uint64_t now);

	/**
	 * No ESP returned over a path, so it was left: put it aside, each time for
	 * twice as long until some has.
	 *
	 * @param path		path
	 * @param sure		it would have returned, as it did over another path; else
	 *					pardon() undoes this
	 * @param penalty	ms to put it aside the first time
	 * @param now		current time
	 */
	void (*no_esp)(mobility_path_history_t *this, const mobility_path_t *path,
				   bool sure, uint64_t penalty, uint64_t now);

	/**
	 * ESP came in over a path.
	 *
	 * @param path		path
	 */
	void (*esp)(mobility_path_history_t *this, const mobility_path_t *path);

	/**
	 * Force UDP encapsulation on a path from now on, or never mind.
	 *
	 * @param path		path
	 * @param force		TRUE to force it
	 */
	void (*encapsulate)(mobility_path_history_t *this,
						const mobility_path_t *path, bool force);

	/**
	 * No ESP returned over any path, so that says nothing about them: those that
	 * were left for it without being sure are as before, but that they are not
	 * left for it again.
	 *
	 * @param path		path in use, on which nothing changes
	 * @return			TRUE if any was put aside for that
	 */
	bool (*pardon)(mobility_path_history_t *this, const mobility_path_t *path);

	/**
	 * The uplink in use was lost: if that happens often it is put aside.
	 *
	 * @param ifname	name of the uplink
	 * @param now		current time
	 */
	void (*lost)(mobility_path_history_t *this, const char *ifname,
				 uint64_t now);

	/**
	 * Get the record of a path.
	 *
	 * @param path		path
	 * @param now		current time
	 * @param record	gets filled in, flapping of its uplink included
	 */
	void (*get)(mobility_path_history_t *this, const mobility_path_t *path,
				uint64_t now, mobility_record_t *record);

	/**
	 * Get the time at which the first path is put aside no longer.
	 *
	 * @param now		current time
	 * @return			time, 0 if none is put aside
	 */
	uint64_t (*get_end)(mobility_path_history_t *this, uint64_t now);

	/**
	 * Forget the paths that are gone, when one comes back it is new, and those
	 * that have another next hop; that their uplink flaps is remembered.
	 *
	 * @param paths		array of mobility_path_t* that are there
	 */
	void (*keep)(mobility_path_history_t *this, array_t *paths);

	/**
	 * Set the uplink that the session was moved to by hand, where it stays.
	 *
	 * @param ifname	name of the uplink, NULL for none
	 */
	void (*choose)(mobility_path_history_t *this, const char *ifname);

	/**
	 * Check if the session was moved to an uplink by hand, and stays there.
	 *
	 * @param ifname	name of the uplink
	 * @return			TRUE if so
	 */
	bool (*is_chosen)(mobility_path_history_t *this, const char *ifname);

	/**
	 * The session has moved.
	 *
	 * @param move		move
	 */
	void (*moved)(mobility_path_history_t *this, const mobility_move_t *move);

	/**
	 * Get the last move.
	 *
	 * @param move		gets filled in
	 * @return			number of moves so far
	 */
	u_int (*get_move)(mobility_path_history_t *this, mobility_move_t *move);

	/**
	 * Get a reference.
	 *
	 * @return			the same
	 */
	mobility_path_history_t *(*get_ref)(mobility_path_history_t *this);

	/**
	 * Drop a reference, and destroy it with the last one.
	 */
	void (*destroy)(mobility_path_history_t *this);
};

/**
 * Create an instance.
 *
 * @return				empty records
 */
mobility_path_history_t *mobility_path_history_create();

#endif /** MOBILITY_PATH_HISTORY_H_ @}*/
