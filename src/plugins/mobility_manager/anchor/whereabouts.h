/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_whereabouts mobility_whereabouts
 * @{ @ingroup mobility_manager
 *
 * Where a peer is that moves: the address it has proven to be at, the one it
 * claims to be at, and which of them is used.  Pure: no I/O, no clock.
 *
 * An update says that the peer has sent it, not that it is where that came from
 * (RFC 4555, 5): it may lie, and who is on the way may have it come from anywhere.
 * It is there if it returns a COOKIE2 that was sent there and nowhere else
 * (RFC 4555, 3.7).  Until then there is a claim:
 *
 *  - One that is taken at once is used meanwhile, but only as long as a grace
 *    lasts.  What claims have used of it without being proven has to be
 *    forgiven first, by a minute without any more of that: so nobody gets
 *    traffic for longer, whoever claims what how often.
 *  - Any other is proven first.  What is sent there is three times what came
 *    from there, at most.
 *
 * A claim that is not proven in time is rejected, and the proven address used.
 * Time in which nobody could have read an answer does not count: while charon waits
 * for a RADIUS server with its bus locked no message is processed.
 * The claim is remembered: if the peer sends something else from there it may be
 * proven after all, but before it is used.
 */

#ifndef MOBILITY_WHEREABOUTS_H_
#define MOBILITY_WHEREABOUTS_H_

#include "net/netlink.h"
#include "settings/settings.h"

typedef struct mobility_endpoint_t mobility_endpoint_t;
typedef struct mobility_place_t mobility_place_t;
typedef struct mobility_whereabouts_t mobility_whereabouts_t;
typedef enum mobility_claim_t mobility_claim_t;
typedef enum mobility_hint_t mobility_hint_t;
typedef enum mobility_whereabouts_do_t mobility_whereabouts_do_t;

/** Least time in ms that a claim has to be proven; else it is four times the
 * round-trip time. */
#define MOBILITY_GRACE_MIN 1000

/** Greatest round-trip time in ms that counts, as it is up to the peer. */
#define MOBILITY_GRACE_RTT_MAX 1000

/** After so many ms it is forgiven that claims were not proven. */
#define MOBILITY_FORGIVE_TIME 60000

/** Time in ms between two attempts to have a claim proven, unless the peer
 * makes it again. */
#define MOBILITY_RETRY_TIME 1000

/** Times the bytes that came from where a claim is, that may be sent there. */
#define MOBILITY_AMPLIFICATION 3

/** Length of the least ESP packet that changes a NAT mapping: headers of IP,
 * UDP and ESP, an IV, an empty UDP packet in it, and an ICV. */
#define MOBILITY_ESP_MIN 88

/**
 * State of a claim.
 */
enum mobility_claim_t {
	/** there is none */
	MOBILITY_CLAIM_NONE,
	/** it is to be proven */
	MOBILITY_CLAIM_OPEN,
	/** it was not proven in time */
	MOBILITY_CLAIM_REJECTED,
};

/**
 * What a claim is made of.
 */
enum mobility_hint_t {
	/** an address update of the peer */
	MOBILITY_HINT_UPDATE,
	/** an ESP packet of the peer that came from there: its NAT has another
	 * mapping, or somebody has passed it on */
	MOBILITY_HINT_MAPPING,
};

/**
 * What is to be done.
 */
enum mobility_whereabouts_do_t {
	/** nothing */
	MOBILITY_WHEREABOUTS_STAY,
	/** use the place in use, which may be another one now, and send a request in
	 * flight there */
	MOBILITY_WHEREABOUTS_GO,
	/** send the request in flight to the claim, or a COOKIE2 if there is none */
	MOBILITY_WHEREABOUTS_ASK,
};

/**
 * An IP address and a port.
 */
struct mobility_endpoint_t {
	/** address */
	mobility_ip_t ip;
	/** UDP port */
	uint16_t port;
};

/**
 * Where a peer is.
 */
struct mobility_place_t {
	/** our address that it uses */
	mobility_endpoint_t local;
	/** its own */
	mobility_endpoint_t remote;
	/** which of us is behind a NAT then, COND_NAT_* */
	uint8_t nat;
};

/**
 * Whereabouts of a peer.  A plain value, nothing is owned.
 */
struct mobility_whereabouts_t {
	/** when addresses have to be proven */
	mobility_return_routability_t mode;
	/** where the peer has proven to be */
	mobility_place_t proven;
	/** where it claims to be */
	mobility_place_t claimed;
	/** state of that claim */
	mobility_claim_t claim;
	/** what it is made of */
	mobility_hint_t hint;
	/** the claim is used already */
	bool ahead;
	/** a COOKIE2 is in flight that was sent to the claim and nowhere else */
	bool exclusive;
	/** since when the claim is open, or was the last time; later by the time for
	 * which tick() was late */
	uint64_t since;
	/** when to ask again */
	uint64_t next;
	/** time for which claims were used that were not proven, in ms */
	uint64_t spent;
	/** when it became more, or would have if there had been any left */
	uint64_t spent_at;
	/** round-trip time to the peer in ms, as far as is known */
	uint32_t rtt;
	/** bytes that came from where the claim is, and that were sent there */
	size_t received, sent;
	/** number of claims that were rejected */
	uint32_t refused;
};

/**
 * Get an endpoint.
 *
 * @param host			address and port
 * @return				endpoint
 */
mobility_endpoint_t mobility_endpoint_get(host_t *host);

/**
 * Get the address and port of an endpoint.
 *
 * @param endpoint		endpoint
 * @return				allocated host
 */
host_t *mobility_endpoint_host(const mobility_endpoint_t *endpoint);

/**
 * Check if two endpoints are the same.
 *
 * @param a				first one
 * @param b				second one
 * @return				TRUE if so
 */
bool mobility_endpoint_equals(const mobility_endpoint_t *a,
							  const mobility_endpoint_t *b);

/**
 * Get the place that is used.
 *
 * @param where			whereabouts
 * @return				place
 */
const mobility_place_t *mobility_whereabouts_used(
										const mobility_whereabouts_t *where);

/**
 * Something hints that the peer is at a place.
 *
 * @param where			whereabouts
 * @param place			place
 * @param hint			what hints that
 * @param len			length in bytes of what came from there, with all headers
 * @param now			current time in ms
 * @return				TRUE if that place is to be used now, FALSE to stay
 */
bool mobility_whereabouts_hint(mobility_whereabouts_t *where,
							   const mobility_place_t *place,
							   mobility_hint_t hint, size_t len, uint64_t now);

/**
 * An authenticated message came in, which was not seen before.  What it hints is
 * told afterwards.
 *
 * @param where			whereabouts
 * @param remote		address it came from
 * @param len			its length in bytes, with all headers
 * @param now			current time in ms
 */
void mobility_whereabouts_heard(mobility_whereabouts_t *where,
								const mobility_endpoint_t *remote, size_t len,
								uint64_t now);

/**
 * Something was sent.
 *
 * @param where			whereabouts
 * @param remote		address it was sent to
 * @param len			its length in bytes, with all headers
 */
void mobility_whereabouts_sent(mobility_whereabouts_t *where,
							   const mobility_endpoint_t *remote, size_t len);

/**
 * Check if something may be sent to the claim.
 *
 * @param where			whereabouts
 * @param len			its length in bytes, with all headers
 * @return				TRUE if so
 */
bool mobility_whereabouts_may_send(const mobility_whereabouts_t *where,
								   size_t len);

/**
 * A COOKIE2 is sent to the claim for the first time, if there is one.
 *
 * @param where			whereabouts
 */
void mobility_whereabouts_asked(mobility_whereabouts_t *where);

/**
 * The request in flight was answered.  Nothing is in flight anymore.
 *
 * @param where			whereabouts
 * @param echoed		it had a COOKIE2, which was returned
 * @param rtt			what the round-trip time is at most, in ms, 0 if not known
 * @param now			current time in ms
 * @return				what to do
 */
mobility_whereabouts_do_t mobility_whereabouts_answered(
								mobility_whereabouts_t *where, bool echoed,
								uint32_t rtt, uint64_t now);

/**
 * The request in flight is not going to be answered: nothing is in flight.
 *
 * @param where			whereabouts
 * @param now			current time in ms
 */
void mobility_whereabouts_abort(mobility_whereabouts_t *where, uint64_t now);

/**
 * Get the time at which tick() is due.
 *
 * @param where			whereabouts
 * @return				time in ms, 0 if it is not needed
 */
uint64_t mobility_whereabouts_deadline(const mobility_whereabouts_t *where);

/**
 * Time has passed.
 *
 * @param where			whereabouts
 * @param now			current time in ms
 * @return				what to do
 */
mobility_whereabouts_do_t mobility_whereabouts_tick(
								mobility_whereabouts_t *where, uint64_t now);

/**
 * Check what whereabouts promise.
 *
 * @param where			whereabouts
 * @return				what is wrong, NULL if nothing is
 */
const char *mobility_whereabouts_check(const mobility_whereabouts_t *where);

#endif /** MOBILITY_WHEREABOUTS_H_ @}*/
