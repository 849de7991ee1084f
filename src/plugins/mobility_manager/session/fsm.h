/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_fsm mobility_fsm
 * @{ @ingroup mobility_manager
 *
 * The life of a session as a state machine.  Pure: no I/O, no clock of its
 * own; (state, event, now) -> (state, actions).  All times are milliseconds of
 * one clock that counts suspend (CLOCK_BOOTTIME), 0 means "not set".
 *
 * What the states promise, and mobility_fsm_check() verifies:
 *
 *  - connected: no outage runs.  If no exchange is in flight there is no
 *    deadline either, an idle host is not woken.
 *  - dormant, waiting-to-reconnect: an outage runs, and there always is a
 *    deadline: the next attempt, or the end of the outage time.
 *  - failed: final, no deadline.
 */

#ifndef MOBILITY_FSM_H_
#define MOBILITY_FSM_H_

#include <library.h>
#include "session/retransmit_times.h"
#include "session/status.h"

typedef struct mobility_fsm_t mobility_fsm_t;
typedef struct mobility_fsm_config_t mobility_fsm_config_t;
typedef struct mobility_fsm_event_t mobility_fsm_event_t;
typedef enum mobility_fsm_event_type_t mobility_fsm_event_type_t;
typedef enum mobility_action_t mobility_action_t;

/** Attempts while connected before a silent path counts as lost. */
#define MOBILITY_SUSPECT_ATTEMPTS 2

/** Time a suspect path has to answer until others are asked as well, in ms, if
 * its round-trip time is not known; or half a round-trip time longer than that,
 * but a time that takes a host that is busy. */
#define MOBILITY_SUSPECT_INTERVAL 250
#define MOBILITY_SUSPECT_LEAST 60

/** Attempts right after a move, over the path that was taken: the first packets
 * over a link that just came up are easily lost. */
#define MOBILITY_EARLY_ATTEMPTS 2

/** Times between attempts to move, in ms: those after a move at 0.03 and 0.1 s,
 * then at 0.25, 0.75, 1.75, 3.75 and 7.75 s; a session goes dormant if the last
 * of them was not answered for another 8 s. */
#define MOBILITY_BURST_INTERVALS { 30, 70, 150, 500, 1000, 2000, 4000, 8000 }

/** How long a session lives on whose outage time ended while the host slept, in ms:
 * there was no chance to try until then. */
#define MOBILITY_LATE_TIME 60000

/** Time between attempts of a dormant session if somebody wants to send, in ms. */
#define MOBILITY_WANTED_INTERVAL 1000

/** How long an attempt is overdue if the host slept, in ms. */
#define MOBILITY_OVERDUE 2000

/**
 * Times of the state machine, in ms.
 */
struct mobility_fsm_config_t {
	/** how long a session may be without a working path, 0 for no limit */
	uint64_t outage_time;
	/** interval of attempts while dormant, > 0 */
	uint64_t retry_interval;
	/** retransmission while connected */
	mobility_retransmit_times_t retransmit;
};

/**
 * State of the machine, a value type.
 */
struct mobility_fsm_t {
	/** state of the session */
	mobility_state_t state;
	/** when it was entered */
	uint64_t since;
	/** since when no path is known to work, 0 if one is */
	uint64_t outage;
	/** while connected: since when the host was asleep if nobody has answered
	 * since, 0 if that was not the case */
	uint64_t asleep;
	/** until when the session lives although the outage time is over, 0 if it
	 * does not */
	uint64_t late;
	/** when the request in flight is sent again, 0 if there is no plan */
	uint64_t next;
	/** when the request in flight was sent first, 0 if none is in flight */
	uint64_t sent;
	/** how often it was sent again while connected, or how far the burst is */
	u_int attempt;
	/** when the last attempt was made, while dormant */
	uint64_t tried;
	/** the path in use could not be used when the network was looked at last */
	bool lost;
	/** ms after which the request in flight is sent over all paths, because the
	 * one in use is suspect; 0 if it is not */
	uint32_t urgent;
};

/**
 * What may happen to a session.
 */
enum mobility_fsm_event_type_t {
	/** the network changed or was looked at: .usable, .candidates, .improved */
	MOBILITY_EV_NETWORK,
	/** packets leave and nothing returns over the path in use, a request is
	 * going to be sent: .rtt */
	MOBILITY_EV_SUSPECT,
	/** a request left for the first time */
	MOBILITY_EV_SENT,
	/** the peer answered the request in flight: .on_current */
	MOBILITY_EV_ANSWERED,
	/** the peer confirmed the addresses in use by an address update */
	MOBILITY_EV_CONFIRMED,
	/** the request in flight is gone without an answer (IKE_SA replaced) */
	MOBILITY_EV_ABANDONED,
	/** time has passed */
	MOBILITY_EV_TICK,
	/** packets leave, which somebody wants to get there */
	MOBILITY_EV_WANTED,
	/** the host was suspended, and may be elsewhere: .slept */
	MOBILITY_EV_RESUMED,
	/** packets return over the path in use, which may have been suspect */
	MOBILITY_EV_RELIEVED,
	/** the lifetime of the IKE_SA is over */
	MOBILITY_EV_EXPIRED,
	/** the peer has proven that it has lost the IKE_SA */
	MOBILITY_EV_FORGOTTEN,
};

/**
 * An event.
 */
struct mobility_fsm_event_t {
	/** what happened */
	mobility_fsm_event_type_t type;
	/** the path in use still can work */
	bool usable;
	/** number of paths, the one in use not counted */
	u_int candidates;
	/** a path is there that was not there before */
	bool improved;
	/** the answer came over the path in use */
	bool on_current;
	/** round-trip time of the path in use in ms, 0 if unknown */
	uint32_t rtt;
	/** how long the host was suspended, in ms */
	uint64_t slept;
};

/**
 * What the session has to do, flags.
 */
enum mobility_action_t {
	/** take the best path at once, the one in use is lost */
	MOBILITY_ACT_MOVE = (1<<0),
	/** send the request in flight again over the path in use */
	MOBILITY_ACT_RESEND = (1<<1),
	/** send it over all paths; start an address update if none is in flight */
	MOBILITY_ACT_PROBE = (1<<2),
	/** the state has changed, tell everyone */
	MOBILITY_ACT_TELL = (1<<3),
	/** end the session the way stock ends an IKE_SA whose peer is dead */
	MOBILITY_ACT_FAIL = (1<<4),
};

/**
 * Initialize: a session begins connected.
 *
 * @param fsm		state to initialize
 * @param now		current time
 */
void mobility_fsm_init(mobility_fsm_t *fsm, uint64_t now);

/**
 * Handle an event.
 *
 * @param fsm		state, gets updated
 * @param config	times
 * @param event		event
 * @param now		current time
 * @return			actions to take, MOBILITY_ACT_*
 */
mobility_action_t mobility_fsm_handle(mobility_fsm_t *fsm,
									  const mobility_fsm_config_t *config,
									  const mobility_fsm_event_t *event,
									  uint64_t now);

/**
 * Get the time at which MOBILITY_EV_TICK is due.
 *
 * @param fsm		state
 * @param config	times
 * @return			time, 0 if the session needs no clock
 */
uint64_t mobility_fsm_deadline(const mobility_fsm_t *fsm,
							   const mobility_fsm_config_t *config);

/**
 * Get the time left until the outage time is over; all of it if no outage runs.
 *
 * @param fsm		state
 * @param config	times
 * @param now		current time
 * @return			ms, 0 if there is no limit
 */
uint64_t mobility_fsm_outage_left(const mobility_fsm_t *fsm,
								  const mobility_fsm_config_t *config,
								  uint64_t now);

/**
 * Check the invariants stated above.
 *
 * @param fsm		state
 * @param config	times
 * @return			NULL if they hold, else which one does not
 */
const char *mobility_fsm_check(const mobility_fsm_t *fsm,
							   const mobility_fsm_config_t *config);

#endif /** MOBILITY_FSM_H_ @}*/
