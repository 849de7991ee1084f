/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_follow mobility_follow
 * @{ @ingroup mobility_manager
 *
 * Which addresses a peer has left, so that packets which are late don't lead back
 * there.  Pure but for its hosts, it gets the time as a parameter.
 *
 * Stock also follows UDP-encapsulated ESP packets that come from another
 * address, of peers behind a NAT.  They prove that the peer has sent them, but
 * neither when nor from where: whoever is on the way may delay one, or pass it
 * on from elsewhere.  So, for two seconds, they say nothing if they come from an
 * address that the peer has left by an address update (RFC 4555, 3.5), which
 * they were on their way from.  Only such an address is remembered: wherever
 * packets have led us, the next one from where the peer is leads us back.  And
 * no longer: if a NAT returns to the mapping before an update, or somebody else
 * has forwarded that update first, it takes these two seconds.
 */

#ifndef MOBILITY_FOLLOW_H_
#define MOBILITY_FOLLOW_H_

#include <networking/host.h>

/** Number of addresses that are remembered to be left, for each peer. */
#define MOBILITY_MAX_LEFT 4

/** Time that packets from an address the peer has left say nothing, in ms.  As
 * long as the mobile end accepts what is still on its way. */
#define MOBILITY_LEFT_TIME 2000

typedef struct mobility_follow_t mobility_follow_t;

/**
 * Addresses that a peer has said to have left, in turn.  A value type that owns its
 * hosts; all zero at the start.
 */
struct mobility_follow_t {
	struct {
		/** address and port, NULL if none */
		host_t *host;
		/** until when this says something */
		uint64_t until;
	} left[MOBILITY_MAX_LEFT];
	/** index of the next one */
	u_int next;
};

/**
 * Check if the peer has just left an address.
 *
 * @param follow		addresses
 * @param host			address and port
 * @param now			current time in ms
 * @return				TRUE if packets from there say nothing
 */
bool mobility_follow_has_left(const mobility_follow_t *follow, host_t *host,
							  uint64_t now);

/**
 * The peer has moved: remember the address it has left, and that it has not left
 * the one it is at now.
 *
 * @param follow		addresses
 * @param old			address it has left, gets adopted
 * @param new			address it is at
 * @param now			current time in ms
 */
void mobility_follow_note_move(mobility_follow_t *follow, host_t *old,
							   host_t *new, uint64_t now);

/**
 * Forget all of them.
 *
 * @param follow		addresses
 */
void mobility_follow_clear(mobility_follow_t *follow);

#endif /** MOBILITY_FOLLOW_H_ @}*/
