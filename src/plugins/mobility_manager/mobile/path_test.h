/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_path_test mobility_path_test
 * @{ @ingroup mobility_manager
 *
 * Path test (RFC 4555, 3.10): is the peer there, over the target path?  Traffic
 * stays where it is meanwhile.
 */

#ifndef MOBILITY_PATH_TEST_H_
#define MOBILITY_PATH_TEST_H_

#include "ike/exchange.h"
#include "mobile/handover.h"
#include "mobile/retransmission.h"

typedef struct mobility_path_test_t mobility_path_test_t;

/**
 * Exchange that tests a path; it is under way as long as the heading is testing.
 */
struct mobility_path_test_t {

	/**
	 * Implements mobility_exchange_t.
	 */
	mobility_exchange_t exchange;

	/**
	 * Begin to test a path, to be followed by the exchange.
	 *
	 * @param path		path
	 * @param moves		take the path if the peer answers over it
	 */
	void (*begin)(mobility_path_test_t *this, const mobility_path_t *path,
				  bool moves);

	/**
	 * Give up the test, if one is under way; that says nothing about the path.
	 */
	void (*cancel)(mobility_path_test_t *this);
};

/**
 * Create the exchange.
 *
 * @param course			course of the session
 * @param retransmission	sends requests again
 * @param handover			has packets arrive where the session moves to
 * @return					exchange, to be freed
 */
mobility_path_test_t *mobility_path_test_create(mobility_course_t *course,
									mobility_retransmission_t *retransmission,
									mobility_handover_t *handover);

#endif /** MOBILITY_PATH_TEST_H_ @}*/
