/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_pmtu_probe mobility_pmtu_probe
 * @{ @ingroup mobility_manager
 *
 * Does a path take packets as large as the kernel believes?  Routers that drop
 * them should say so, but that may get lost, and then connections hang as soon
 * as they send full packets.
 *
 * A request is filled up to the size of the largest packet.  If it is not
 * answered, it is sent in parts as well, several IP packets: these get through
 * where the large one does not.  So what counts is whether the peer answers
 * before that.  To the peer it is the same request, bit for bit, as often as it
 * gets it (RFC 7296, 2.1).
 *
 * But there are paths that drop packets that are parts of another.  A request
 * that gets there neither way would keep others from being sent.  So first of
 * all comes a trial, with one that any path takes whole: it is sent in parts
 * first, and only if it is answered is there a large one.
 *
 * IKE fragments of the request (RFC 7383, 2.5.2) would get through there.  But
 * charon, if built with mediation as Debian's, drops those of INFORMATIONAL
 * exchanges; and any charon that gets some of them, but the request whole, keeps
 * these, and takes no fragments of later requests.  Pure: no I/O, no clock.
 */

#ifndef MOBILITY_PMTU_PROBE_H_
#define MOBILITY_PMTU_PROBE_H_

#include "net/datagram.h"

/** What is asked for at most, charon receives nothing larger than 10000. */
#define MOBILITY_MTU_CEILING 9000

/** How often the request is sent in one form before it is sent in both. */
#define MOBILITY_MTU_ATTEMPTS 3

/** Least time between them, in ms. */
#define MOBILITY_MTU_INTERVAL 300

typedef struct mobility_pmtu_probe_t mobility_pmtu_probe_t;
typedef enum mobility_pmtu_probe_action_t mobility_pmtu_probe_action_t;

/**
 * What to do.
 */
enum mobility_pmtu_probe_action_t {
	/** nothing, for now */
	MOBILITY_MTU_NONE,
	/** send the request in its first form */
	MOBILITY_MTU_FIRST,
	/** in both, to be told by mobility_pmtu_probe_both() */
	MOBILITY_MTU_BOTH,
};

/**
 * A measurement, all zero if there is none.
 */
struct mobility_pmtu_probe_t {
	/** size of the request as an IP packet */
	uint32_t size;
	/** it is to try whether parts get through: they come first */
	bool trial;
	/** what the kernel believed before */
	uint32_t believed;
	/** when it began */
	uint64_t begun;
	/** when to act, 0 if not at all */
	uint64_t next;
	/** time between attempts */
	uint32_t interval;
	/** attempts so far */
	u_int attempt;
	/** it was not answered in its first form */
	bool lost;
	/** nobody knows which form will be answered */
	bool spoiled;
};

/**
 * Begin to measure: the request is sent in its first form.
 *
 * @param mtu			measurement, gets initialized
 * @param trial			TRUE to try if parts get through
 * @param believed		what the kernel believes
 * @param rtt			round-trip time of the path in ms, 0 if unknown
 * @param now			current time
 * @return				FALSE if there is no need
 */
bool mobility_pmtu_probe_begin(mobility_pmtu_probe_t *mtu, bool trial,
							   uint32_t believed, uint32_t rtt, uint64_t now);

/**
 * Time has passed.
 *
 * @param mtu			measurement, gets updated
 * @param now			current time
 * @return				what to do
 */
mobility_pmtu_probe_action_t mobility_pmtu_probe_tick(
									  mobility_pmtu_probe_t *mtu, uint64_t now);

/**
 * The request is sent in both forms, for whatever reason: if nothing but large
 * packets leave, it soon looks as if the path did not work at all.  That does
 * not spoil it if there was time to answer the first form.
 *
 * @param mtu			measurement, gets updated; nothing happens without one
 * @param now			current time
 */
void mobility_pmtu_probe_both(mobility_pmtu_probe_t *mtu, uint64_t now);

/**
 * The request was answered.
 *
 * @param mtu			measurement, gets all zero
 * @param believed		what the kernel believes now
 * @param again			gets TRUE if it has to be repeated
 * @return				what the path takes, 0 if the kernel need not be told; of a
 *						trial, 0 unless parts get through
 */
uint32_t mobility_pmtu_probe_answered(mobility_pmtu_probe_t *mtu,
									  uint32_t believed,
									  bool *again);

#endif /** MOBILITY_PMTU_PROBE_H_ @}*/
