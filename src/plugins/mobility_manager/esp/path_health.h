/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_flow mobility_flow
 * @{ @ingroup mobility_manager
 *
 * Tells from the counters of a session's SAs if the path works. No I/O, the
 * time is a parameter.
 *
 * It wants a sample with the first packet that leaves after a pause, and one
 * every MOBILITY_PATH_HEALTH_PERIOD as long as packets leave. While none leaves
 * there
 * is nothing to tell, so it needs no timer.
 */

#ifndef MOBILITY_PATH_HEALTH_H_
#define MOBILITY_PATH_HEALTH_H_

#include "esp/silence.h"

/** ms between samples while packets leave */
#define MOBILITY_PATH_HEALTH_PERIOD MOBILITY_SILENCE_PERIOD

/** ms without an answer that are suspect, or four RTTs if that is more; or less
 * if the session's own silences say so */
#define MOBILITY_PATH_HEALTH_SILENCE 400

/** ms without an answer that are suspect for what is sent without any */
#define MOBILITY_PATH_HEALTH_SILENCE_MAX (60 * 1000)

/** ms after which a packet without an answer has nothing to do with the next */
#define MOBILITY_PATH_HEALTH_PAUSE (10 * 1000)

/** packets the peer has to have sent, and ms, to judge what gets lost */
#define MOBILITY_PATH_HEALTH_LOSS_PACKETS 100
#define MOBILITY_PATH_HEALTH_LOSS_TIME 2000

/** ms without any packet, after which earlier ones do not count for the loss */
#define MOBILITY_PATH_HEALTH_LOSS_PAUSE 1000

/** percents of loss, more is lossy, and less is not anymore */
#define MOBILITY_PATH_HEALTH_LOSS_LEAVE 20
#define MOBILITY_PATH_HEALTH_LOSS_RETURN 5

typedef enum mobility_health_t mobility_health_t;
typedef struct mobility_path_health_facts_t mobility_path_health_facts_t;
typedef struct mobility_path_health_sample_t mobility_path_health_sample_t;
typedef struct mobility_path_health_t mobility_path_health_t;

/**
 * What the counters tell about a path.
 */
enum mobility_health_t {
	/** nothing suspect, or no traffic */
	MOBILITY_HEALTH_HEALTHY,
	/** packets leave and nothing returns */
	MOBILITY_HEALTH_SILENT,
	/** much of what the peer sends gets lost */
	MOBILITY_HEALTH_LOSSY,
};

/**
 * Names of verdicts.
 */
extern enum_name_t *mobility_verdict_names;

/**
 * Counters, of all SAs of a session together.
 */
struct mobility_path_health_sample_t {
	/** packets that left */
	uint64_t out;
	/** packets that came in */
	uint64_t in;
	/** packets the peer has sent, as the sequence numbers tell */
	uint64_t seq;
};

/**
 * What is known about the traffic over the path in use.
 */
struct mobility_path_health_facts_t {
	/** packets came in over it */
	bool proven;
	/** ms that packets have left and none came in, 0 if none is without an
	 * answer; known to be that long, not counting what is too recent */
	uint64_t silence;
	/** longest such time within the last minute that was over when packets came
	 * in, over this path or the ones before: what the session has to wait for */
	uint64_t gap;
};

/**
 * Watches the traffic of a session.  Not thread-safe, the owner locks.
 */
struct mobility_path_health_t {

	/**
	 * Have a look at the counters.
	 *
	 * The first sample and one with a counter or a clock that went back are
	 * what others get compared with, and tell nothing.
	 *
	 * @param now		time in ms
	 * @param sample	counters
	 * @return			verdict
	 */
	mobility_health_t (*sample)(mobility_path_health_t *this, uint64_t now,
								const mobility_path_health_sample_t *sample);

	/**
	 * Get the last verdict.
	 *
	 * @return			verdict
	 */
	mobility_health_t (*get_verdict)(mobility_path_health_t *this);

	/**
	 * Get what is known about the traffic over the path in use.
	 *
	 * @param facts		gets filled in
	 */
	void (*get_facts)(mobility_path_health_t *this,
					  mobility_path_health_facts_t *facts);

	/**
	 * The peer can be reached although nothing returned: it is what is sent
	 * that gets no answers. The next suspicion takes twice the time, and ten
	 * seconds at least if the path is known to pass ESP; a packet that comes in
	 * undoes that, but silences as long as this one are not suspect for the
	 * next minute, and as long as they go on.
	 *
	 * @param now		time in ms
	 */
	void (*refuted)(mobility_path_health_t *this, uint64_t now);

	/**
	 * The session uses another path now, of which nothing is known.
	 *
	 * @param now		time in ms
	 */
	void (*moved)(mobility_path_health_t *this, uint64_t now);

	/**
	 * Set the round-trip time of the path.
	 *
	 * @param rtt		ms, 0 if unknown
	 */
	void (*set_rtt)(mobility_path_health_t *this, uint32_t rtt);

	/**
	 * Destroy a mobility_path_health_t.
	 */
	void (*destroy)(mobility_path_health_t *this);
};

/**
 * Create an instance.
 *
 * @return				instance
 */
mobility_path_health_t *mobility_path_health_create();

#endif /** MOBILITY_PATH_HEALTH_H_ @}*/
