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
 * mobility_pmtu_probe_t,
 * and limits them if they do not.
 */

#ifndef MOBILITY_PMTU_H_
#define MOBILITY_PMTU_H_

#include <encoding/message.h>
#include <sa/ike_sa.h>

#include "path/candidates.h"
#include "ike/request.h"
#include "mobile/pmtu_probe.h"

typedef struct mobility_pmtu_t mobility_pmtu_t;

/**
 * Notify that fills a request, one of those for private use: who does not know
 * it has to ignore it (RFC 7296, 3.10.1).
 */
#define MOBILITY_NOTIFY_PADDING 52501

/**
 * Gauge of one session, a value type that is all zero in the beginning.  Used
 * with its IKE_SA checked out.
 */
struct mobility_pmtu_t {
	/** when to measure the path in use, 0 if that is done */
	uint64_t due;
	/** how often that was put off */
	u_int postponed;
	/** measurement under way */
	mobility_pmtu_probe_t mtu;
	/** the request that is sent next is to be filled */
	bool fill;
	/** a measurement has said that large packets get lost */
	bool doubt;
};

/**
 * Decide what is due.
 *
 * @param gauge			gauge
 * @param candidates	paths of the session
 * @param path			path in use
 * @return				TRUE if a request is to be queued
 */
bool mobility_pmtu_begin(mobility_pmtu_t *gauge,
						 mobility_candidates_t *candidates,
						 const mobility_path_t *path);

/**
 * The request to be filled was encoded and captured by the exchange: the
 * measurement begins.
 *
 * @param gauge			gauge
 * @param rtt			round-trip time of the path, 0 if unknown
 * @param ike_sa		IKE_SA
 * @param path			path in use, may be NULL
 * @param message		encoded request, not changed
 * @param exchange		request in flight
 */
void mobility_pmtu_sent(mobility_pmtu_t *gauge, uint32_t rtt,
						ike_sa_t *ike_sa, const mobility_path_t *path,
						message_t *message, mobility_request_t *exchange);

/**
 * Time has passed, send the filled request again if that is due.
 *
 * @param gauge			gauge
 * @param exchange		request in flight
 * @param ike_sa		IKE_SA
 * @param path			path in use, may be NULL
 * @param now			current time
 * @return				TRUE if it has to be sent as it is
 */
bool mobility_pmtu_tick(mobility_pmtu_t *gauge,
						mobility_request_t *exchange, ike_sa_t *ike_sa,
						const mobility_path_t *path, uint64_t now);

/**
 * The request was answered over the path in use.
 *
 * @param gauge			gauge
 * @param candidates	paths of the session
 * @param path			path in use
 * @param name			name of the connection, for logs
 * @param now			current time
 */
void mobility_pmtu_answered(mobility_pmtu_t *gauge,
							mobility_candidates_t *candidates,
							const mobility_path_t *path, const char *name,
							uint64_t now);

/**
 * The path in use is another one now, nobody knows what gets through.
 *
 * @param gauge			gauge
 * @param now			current time
 */
void mobility_pmtu_moved(mobility_pmtu_t *gauge, uint64_t now);

/**
 * A measurement under way will not be answered, it has to be repeated.
 *
 * @param gauge			gauge
 * @param now			current time
 */
void mobility_pmtu_repeat(mobility_pmtu_t *gauge, uint64_t now);

/**
 * Whatever is answered, it says nothing.
 *
 * @param gauge			gauge
 */
void mobility_pmtu_cancel(mobility_pmtu_t *gauge);

/**
 * Get when mobility_pmtu_tick() has to be called, or something is due.
 *
 * @param gauge			gauge
 * @param now			current time
 * @return				time, 0 for never
 */
uint64_t mobility_pmtu_deadline(const mobility_pmtu_t *gauge, uint64_t now);

#endif /** MOBILITY_PMTU_H_ @}*/
