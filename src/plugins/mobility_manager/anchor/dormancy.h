/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_dormancy mobility_dormancy
 * @{ @ingroup mobility_manager
 *
 * Is the peer of an anchor's session there, asleep, or gone for too long?  Pure: no
 * I/O, no clock of its own.  All times are milliseconds of one clock that counts
 * suspend (CLOCK_BOOTTIME), 0 means "not set".
 *
 * An anchor does not look for its peer.  A request of its own that is not answered
 * is sent again as charon does it, and where charon would give up, and no sign of
 * life has come meanwhile, the session is dormant: nothing is sent until the peer
 * shows itself, or the outage time ends.  Whoever knows more is asked before either,
 * by MOBILITY_DORMANCY_ASK.  Sessions end one at a time: one whose time is over stays
 * dormant, and may be woken, until it is its turn.
 *
 * What the states promise, and mobility_dormancy_check() verifies:
 *
 *  - connected: there is a deadline if, and only if, a request is in flight.
 *  - dormant: there is none but the end of the outage time, if that is limited and
 *    not over, and before that the time from which on nothing leaves to the peer.
 *  - failed: final, no deadline.
 */

#ifndef MOBILITY_DORMANCY_H_
#define MOBILITY_DORMANCY_H_

#include "session/retransmit_times.h"
#include "session/status.h"

typedef struct mobility_dormancy_t mobility_dormancy_t;
typedef struct mobility_dormancy_config_t mobility_dormancy_config_t;
typedef enum mobility_dormancy_event_t mobility_dormancy_event_t;
typedef enum mobility_dormancy_action_t mobility_dormancy_action_t;

/**
 * Times.
 */
struct mobility_dormancy_config_t {
	/** how long the peer may be silent, in ms, 0 for no limit */
	uint64_t outage_time;
	/** how long packets leave to a peer that sleeps, in ms, 0 for no limit */
	uint64_t mute_time;
	/** when requests are sent again */
	mobility_retransmit_times_t retransmit;
};

/**
 * State of the machine, a value type.
 */
struct mobility_dormancy_t {
	/** connected, dormant or failed */
	mobility_state_t state;
	/** when a fresh packet of the peer came last, IKE or ESP */
	uint64_t heard;
	/** when the request in flight was sent first, 0 if none is */
	uint64_t sent;
	/** connected: when it is sent again, or given up; dormant: when the peer is
	 * muted, 0 if it is or is not going to be */
	uint64_t next;
	/** how often it was sent again */
	u_int attempt;
	/** dormant: the outage time is over, it is going to be ended */
	bool over;
};

/**
 * What may happen.
 */
enum mobility_dormancy_event_t {
	/** a request left for the first time */
	MOBILITY_DORMANCY_SENT,
	/** the peer answered it */
	MOBILITY_DORMANCY_ANSWERED,
	/** another packet of the peer came, authenticated and fresh */
	MOBILITY_DORMANCY_HEARD,
	/** such a packet, and the peer is at another address now */
	MOBILITY_DORMANCY_MOVED,
	/** who was asked knows of no packet since the last one that is known */
	MOBILITY_DORMANCY_SILENT,
	/** the request in flight is gone without an answer (IKE_SA replaced) */
	MOBILITY_DORMANCY_ABANDONED,
	/** it is its turn to be ended */
	MOBILITY_DORMANCY_TURN,
	/** time has passed */
	MOBILITY_DORMANCY_TICK,
};

/**
 * What is to be done, flags.
 */
enum mobility_dormancy_action_t {
	/** send the request in flight again */
	MOBILITY_DORMANCY_RESEND = (1<<0),
	/** find out if packets have come since the last one that is known, and say so
	 * by HEARD or SILENT */
	MOBILITY_DORMANCY_ASK = (1<<1),
	/** the state has changed, tell everyone */
	MOBILITY_DORMANCY_TELL = (1<<2),
	/** have somebody say when it is its turn to be ended; if it fails then, end it
	 * the way stock ends an IKE_SA whose peer is dead */
	MOBILITY_DORMANCY_RETIRE = (1<<3),
	/** have nothing leave to the peer until it shows itself */
	MOBILITY_DORMANCY_MUTE = (1<<4),
};

/**
 * Initialize: the peer has just been heard.
 *
 * @param dormancy		state to initialize
 * @param now			current time
 */
void mobility_dormancy_init(mobility_dormancy_t *dormancy, uint64_t now);

/**
 * Handle an event.
 *
 * @param dormancy		state, gets updated
 * @param config		times
 * @param event			event
 * @param now			current time
 * @return				actions to take, MOBILITY_DORMANCY_*
 */
mobility_dormancy_action_t mobility_dormancy_handle(
									mobility_dormancy_t *dormancy,
									const mobility_dormancy_config_t *config,
									mobility_dormancy_event_t event,
									uint64_t now);

/**
 * Get the time at which MOBILITY_DORMANCY_TICK is due.
 *
 * @param dormancy		state
 * @param config		times
 * @return				time, 0 if no clock is needed
 */
uint64_t mobility_dormancy_deadline(const mobility_dormancy_t *dormancy,
									const mobility_dormancy_config_t *config);

/**
 * Get since when the peer is silent although it was asked.
 *
 * @param dormancy		state
 * @return				time, 0 if it was not asked
 */
uint64_t mobility_dormancy_silent(const mobility_dormancy_t *dormancy);

/**
 * Get when the session fails if the peer stays silent.
 *
 * @param dormancy		state, with a request in flight
 * @param config		times
 * @return				time, 0 for never
 */
uint64_t mobility_dormancy_end(const mobility_dormancy_t *dormancy,
							   const mobility_dormancy_config_t *config);

/**
 * Check the invariants stated above.
 *
 * @param dormancy		state
 * @param config		times
 * @return				NULL if they hold, else which one does not
 */
const char *mobility_dormancy_check(const mobility_dormancy_t *dormancy,
									const mobility_dormancy_config_t *config);

#endif /** MOBILITY_DORMANCY_H_ @}*/
