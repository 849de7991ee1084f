/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_gauge mobility_gauge
 * @{ @ingroup mobility_manager
 *
 * Measures if large packets get through on the path in use, see mobility_mtu_t,
 * and limits them if they do not.
 */

#ifndef MOBILITY_GAUGE_H_
#define MOBILITY_GAUGE_H_

#include <encoding/message.h>
#include <sa/ike_sa.h>

#include "mobility_candidates.h"
#include "mobility_exchange.h"
#include "mobility_mtu.h"

typedef struct mobility_gauge_t mobility_gauge_t;

/**
 * Notify that fills a request, one of those for private use: who does not know
 * it has to ignore it (RFC 7296, 3.10.1).
 */
#define MOBILITY_NOTIFY_PADDING 52501

/**
 * Gauge of one session.  Used with its IKE_SA checked out.
 */
struct mobility_gauge_t {

	/**
	 * The path in use is another one now, nobody knows what gets through.
	 */
	void (*moved)(mobility_gauge_t *this);

	/**
	 * Check if something is to be measured.
	 *
	 * @param now		current time
	 * @return			TRUE if so
	 */
	bool (*is_due)(mobility_gauge_t *this, uint64_t now);

	/**
	 * Have it measured later.
	 *
	 * @param when		time
	 */
	void (*postpone)(mobility_gauge_t *this, uint64_t when);

	/**
	 * Decide what is due.
	 *
	 * @param path		path in use
	 * @return			TRUE if a request is to be queued, for fill()
	 */
	bool (*begin)(mobility_gauge_t *this, const mobility_path_t *path);

	/**
	 * Begin to measure with a request that is about to be sent.
	 *
	 * @param ike_sa	IKE_SA
	 * @param path		path in use, may be NULL
	 * @param message	request with nothing in it, not changed
	 */
	void (*fill)(mobility_gauge_t *this, ike_sa_t *ike_sa,
				 const mobility_path_t *path, message_t *message);

	/**
	 * A request was captured by the exchange, maybe the one to be filled.
	 */
	void (*sent)(mobility_gauge_t *this);

	/**
	 * Check if only the filled form of the request is to be sent.
	 *
	 * @return			TRUE if so
	 */
	bool (*is_filled)(mobility_gauge_t *this);

	/**
	 * The request was sent as it is.
	 */
	void (*unfilled)(mobility_gauge_t *this);

	/**
	 * Time has passed, send the filled request again if that is due.
	 *
	 * @param ike_sa	IKE_SA
	 * @param path		path in use, may be NULL
	 * @param now		current time
	 * @return			TRUE if it has to be sent as it is
	 */
	bool (*tick)(mobility_gauge_t *this, ike_sa_t *ike_sa,
				 const mobility_path_t *path, uint64_t now);

	/**
	 * The request was answered over the path in use.
	 *
	 * @param path		path in use
	 */
	void (*answered)(mobility_gauge_t *this, const mobility_path_t *path);

	/**
	 * Whatever is answered, it says nothing.
	 */
	void (*cancel)(mobility_gauge_t *this);

	/**
	 * Get when tick() has to be called, or something is due.
	 *
	 * @return			time, 0 for never
	 */
	uint64_t (*get_deadline)(mobility_gauge_t *this);

	/**
	 * Destroy a mobility_gauge_t.
	 */
	void (*destroy)(mobility_gauge_t *this);
};

/**
 * Create a gauge.
 *
 * @param name			name of the connection, for logs, not cloned
 * @param candidates	paths of the session
 * @param exchange		request in flight
 * @return				gauge
 */
mobility_gauge_t *mobility_gauge_create(const char *name,
										mobility_candidates_t *candidates,
										mobility_exchange_t *exchange);

#endif /** MOBILITY_GAUGE_H_ @}*/
