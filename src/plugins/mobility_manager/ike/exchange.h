/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_exchange mobility_exchange
 * @{ @ingroup mobility_manager
 *
 * A kind of exchange that a session initiates: what its request is about, and
 * what follows from the answer.  How it gets to the peer and back is the task's
 * business, see mobility_task_t.
 */

#ifndef MOBILITY_EXCHANGE_H_
#define MOBILITY_EXCHANGE_H_

#include <encoding/message.h>
#include <sa/ikev2/tasks/ike_natd.h>

typedef struct mobility_exchange_t mobility_exchange_t;

/**
 * A kind of exchange of one IKE_SA, called with that checked out.
 */
struct mobility_exchange_t {

	/**
	 * Its requests have a COOKIE2, which the peer has to return (RFC 4555, 3.7).
	 */
	bool cookie2;

	/**
	 * The request that was built is to look as if it came from behind a NAT: the
	 * peer then uses UDP encapsulation (RFC 7296, 2.23).
	 */
	bool fake_nat;

	/**
	 * Check if a request is to detect NATs (RFC 7296, 2.23).
	 *
	 * @return			TRUE if so
	 */
	bool (*detects_nat)(mobility_exchange_t *this);

	/**
	 * Add what it is about to a request, besides COOKIE2 and NAT detection.
	 *
	 * @param message	request, with the addresses it is sent from and to
	 */
	void (*build)(mobility_exchange_t *this, message_t *message);

	/**
	 * The request was answered.
	 *
	 * @param answer	response; its addresses tell over which path it came
	 * @param echoed	TRUE if the peer has returned COOKIE2, or if the request
	 *					had none
	 * @param natd		detects NATs if the response is given to it, NULL if the
	 *					request did not ask for that
	 * @return			TRUE if an address update has to follow at once
	 */
	bool (*answered)(mobility_exchange_t *this, message_t *answer, bool echoed,
					 ike_natd_t *natd);

	/**
	 * Get the time at which tick() is due.
	 *
	 * @return			time, 0 if it is not needed
	 */
	uint64_t (*get_deadline)(mobility_exchange_t *this);

	/**
	 * Time has passed.
	 *
	 * @param now		current time
	 */
	void (*tick)(mobility_exchange_t *this, uint64_t now);
};

#endif /** MOBILITY_EXCHANGE_H_ @}*/
