/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_event_log mobility_event_log
 * @{ @ingroup mobility_manager
 *
 * The last moves and state changes of all sessions, those that ended included.
 */

#ifndef MOBILITY_EVENT_LOG_H_
#define MOBILITY_EVENT_LOG_H_

#include "session/status.h"

typedef struct mobility_event_log_t mobility_event_log_t;
typedef struct mobility_event_log_entry_t mobility_event_log_entry_t;

/** how many are kept */
#define MOBILITY_HISTORY_SIZE 256

/**
 * A move or a state change.
 */
struct mobility_event_log_entry_t {
	/** wall-clock time */
	time_t time;
	/** MOBILITY_EVENT_STATE or MOBILITY_EVENT_MOVE */
	enum mobility_event_kind_t kind;
	/** number of the session */
	uint32_t session;
	/** name of the connection, VICI has none that are longer */
	char connection[256];
	/** state before */
	mobility_state_t old;
	/** state after */
	mobility_state_t state;
	/** why it is in that state */
	char cause[96];
	/** uplink in use */
	char uplink[IFNAMSIZ];
	/** the move, for MOBILITY_EVENT_MOVE */
	mobility_move_t move;
};

/**
 * The records.  Methods may be called from any thread, the mutex is a
 * leaf.
 */
struct mobility_event_log_t {

	/**
	 * Keep an event, forget the oldest one if there are too many.
	 *
	 * @param kind		what happened, MOBILITY_EVENT_PATH is ignored
	 * @param old		state before
	 * @param status	session after it
	 */
	void (*add)(mobility_event_log_t *this, enum mobility_event_kind_t kind,
				mobility_state_t old, const mobility_status_t *status);

	/**
	 * Get a copy of what happened, the oldest first.
	 *
	 * @param connection	name of the connection, NULL for all
	 * @return			array of mobility_event_log_entry_t, to be destroyed by
	 *					array_destroy()
	 */
	array_t *(*get)(mobility_event_log_t *this, const char *connection);

	/**
	 * Destroy a mobility_event_log_t.
	 */
	void (*destroy)(mobility_event_log_t *this);
};

/**
 * Create a history.
 *
 * @param size			how many records are kept
 * @return				history
 */
mobility_event_log_t *mobility_event_log_create(u_int size);

#endif /** MOBILITY_EVENT_LOG_H_ @}*/
