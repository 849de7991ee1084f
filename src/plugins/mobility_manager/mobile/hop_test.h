/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_hop_test mobility_hop_test
 * @{ @ingroup mobility_manager
 *
 * Asks the peer over another next hop of the path in use, while traffic stays
 * where it is.  The addresses are the same, so the request has a mark, and until
 * somebody has sent it otherwise an answer can be to nothing else.
 */

#ifndef MOBILITY_HOP_TEST_H_
#define MOBILITY_HOP_TEST_H_

#include "ike/exchange.h"
#include "mobile/retransmission.h"

typedef struct mobility_hop_test_t mobility_hop_test_t;

/**
 * Exchange that tests a next hop, and has the session take it.
 */
struct mobility_hop_test_t {

	/**
	 * Implements mobility_exchange_t.
	 */
	mobility_exchange_t exchange;

	/**
	 * Begin to test the next hop that is preferred to the one in use, if there is
	 * one and it is time to, to be followed by the exchange.
	 *
	 * @param now		current time
	 * @return			FALSE if there is nothing to test
	 */
	bool (*begin)(mobility_hop_test_t *this, uint64_t now);
};

/**
 * Create the exchange.
 *
 * @param course			course of the session
 * @param retransmission	sends requests again
 * @return					exchange, to be freed
 */
mobility_hop_test_t *mobility_hop_test_create(mobility_course_t *course,
									mobility_retransmission_t *retransmission);

#endif /** MOBILITY_HOP_TEST_H_ @}*/
