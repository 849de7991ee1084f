/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_statistics mobility_statistics
 * @{ @ingroup mobility_manager
 *
 * What events add up to, by connection and end, however many sessions come and go.
 */

#ifndef MOBILITY_STATISTICS_H_
#define MOBILITY_STATISTICS_H_

#include "session/roster.h"

typedef struct mobility_statistics_t mobility_statistics_t;
typedef struct mobility_series_t mobility_series_t;
typedef struct mobility_durations_t mobility_durations_t;
typedef struct mobility_bucket_t mobility_bucket_t;
typedef enum mobility_cause_t mobility_cause_t;

/** connections that are counted each for itself, at most; all others are counted
 * together, as a connection whose name is empty */
#define MOBILITY_SERIES_MAX 100

/** limits of how long moves take */
#define MOBILITY_BUCKETS 9

/**
 * What put an end to being connected, as far as programs are to know.
 */
enum mobility_cause_t {
	/** something about the uplink: carrier, addresses, routes, settings */
	MOBILITY_CAUSE_UPLINK,
	/** the peer does not answer, or nothing returns */
	MOBILITY_CAUSE_SILENCE,
	/** this host has an address of the peer */
	MOBILITY_CAUSE_CONFLICT,
	/** a lifetime is over */
	MOBILITY_CAUSE_LIFETIME,
	/** anything else */
	MOBILITY_CAUSE_OTHER,
};

/** names: uplink, silence, conflict, lifetime, other */
extern enum_name_t *mobility_cause_names;

/** number of causes */
#define MOBILITY_CAUSES (MOBILITY_CAUSE_OTHER + 1)

/**
 * What is counted of a connection and end.
 */
struct mobility_series_t {
	/** name of the connection, owned by the statistics */
	const char *connection;
	/** TRUE for the mobile end */
	bool mobile;
	/** sessions in each state, there are these now */
	u_int states[MOBILITY_STATES];
	/** completed moves */
	uint64_t moves;
	/** how often a session was connected no longer, by cause */
	uint64_t outages[MOBILITY_CAUSES];
	/** sessions that failed */
	uint64_t failures;
};

/**
 * How long moves took, of the mobile end, which knows what they began with.
 */
struct mobility_durations_t {
	/** how many took no longer than each of mobility_buckets */
	uint64_t buckets[MOBILITY_BUCKETS];
	/** how many there were */
	uint64_t count;
	/** milliseconds they took altogether */
	uint64_t sum;
};

/**
 * A limit of how long moves take.
 */
struct mobility_bucket_t {
	/** in ms */
	uint32_t limit;
	/** in seconds, as it has to be written */
	const char *name;
};

/** limits, the shortest first */
extern const mobility_bucket_t mobility_buckets[MOBILITY_BUCKETS];

/**
 * Statistics.  Methods may be called from any thread, the mutex is a leaf.
 */
struct mobility_statistics_t {

	/**
	 * Count an event.
	 *
	 * @param kind		what happened
	 * @param old		state before
	 * @param status	session after it
	 */
	void (*add)(mobility_statistics_t *this, enum mobility_event_kind_t kind,
				mobility_state_t old, const mobility_status_t *status);

	/**
	 * Get what was counted, in the order in which it was there first.
	 *
	 * @param counts	sessions there are now, as mobility_count_t*; gets
	 *					destroyed
	 * @param durations	gets how long moves took
	 * @return			array of mobility_series_t, to be destroyed by
	 *					array_destroy()
	 */
	array_t *(*get)(mobility_statistics_t *this, enumerator_t *counts,
					mobility_durations_t *durations);

	/**
	 * Destroy a mobility_statistics_t.
	 */
	void (*destroy)(mobility_statistics_t *this);
};

/**
 * Get what kind of cause a text is about.
 *
 * @param text			cause as in a status
 * @return				kind of cause
 */
mobility_cause_t mobility_cause_classify(const char *text);

/**
 * Create statistics.
 *
 * @return				statistics
 */
mobility_statistics_t *mobility_statistics_create();

#endif /** MOBILITY_STATISTICS_H_ @}*/
