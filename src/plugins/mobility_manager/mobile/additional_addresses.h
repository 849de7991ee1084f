/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_additional_addresses mobility_additional_addresses
 * @{ @ingroup mobility_manager
 *
 * Tells the peer which other addresses we have, once that has changed (RFC 4555,
 * 3.6).  It tries them if its own address changes.
 */

#ifndef MOBILITY_ADDITIONAL_ADDRESSES_H_
#define MOBILITY_ADDITIONAL_ADDRESSES_H_

#include "ike/exchange.h"
#include "mobile/course.h"

typedef struct mobility_additional_addresses_t mobility_additional_addresses_t;

/**
 * Exchange about our addresses; build() adds them to other requests as well.
 */
struct mobility_additional_addresses_t {

	/**
	 * Implements mobility_exchange_t.
	 */
	mobility_exchange_t exchange;

	/**
	 * Check if the peer knows other addresses than those of the candidates.  To
	 * be called after mobility_course_look(), and followed by the exchange: it
	 * counts as told then.
	 *
	 * @return			TRUE if it has to be told
	 */
	bool (*is_due)(mobility_additional_addresses_t *this);

	/**
	 * What the peer knows is what stock has told it when it authenticated.
	 */
	void (*reset)(mobility_additional_addresses_t *this);
};

/**
 * Create the exchange.
 *
 * @param course		course of the session
 * @return				exchange, to be freed
 */
mobility_additional_addresses_t *mobility_additional_addresses_create(
													mobility_course_t *course);

#endif /** MOBILITY_ADDITIONAL_ADDRESSES_H_ @}*/
