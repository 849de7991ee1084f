/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_pmtu mobility_pmtu
 * @{ @ingroup mobility_manager
 *
 * Measures if large packets get through on the path in use, see
 * mobility_pmtu_probe_t, and limits them if they do not.
 */

#ifndef MOBILITY_PMTU_H_
#define MOBILITY_PMTU_H_

#include "ike/exchange.h"
#include "mobile/retransmission.h"

typedef struct mobility_pmtu_t mobility_pmtu_t;

/**
 * Exchange that measures the path in use of one session.
 */
struct mobility_pmtu_t {

	/**
	 * Implements mobility_exchange_t.
	 */
	mobility_exchange_t exchange;

	/**
	 * Check if the path in use is to be measured, once after every move.  To be
	 * called when idle, and followed by the exchange.
	 *
	 * @param now		current time
	 * @return			TRUE if so
	 */
	bool (*is_due)(mobility_pmtu_t *this, uint64_t now);

	/**
	 * The path in use is another one now, nobody knows what gets through.
	 *
	 * @param now		current time
	 */
	void (*moved)(mobility_pmtu_t *this, uint64_t now);

	/**
	 * A measurement under way will not be answered, it has to be repeated.
	 *
	 * @param now		current time
	 */
	void (*repeat)(mobility_pmtu_t *this, uint64_t now);
};

/**
 * Create the exchange.
 *
 * @param course			course of the session
 * @param retransmission	sends requests again
 * @param load				what peers are busy with
 * @return					exchange, to be freed
 */
mobility_pmtu_t *mobility_pmtu_create(mobility_course_t *course,
									  mobility_retransmission_t *retransmission,
									  mobility_peer_load_t *load);

#endif /** MOBILITY_PMTU_H_ @}*/
