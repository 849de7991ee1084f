/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_peer_names mobility_peer_names
 * @{ @ingroup mobility_manager
 *
 * When the names that a connection has for its peer are resolved again: addresses
 * of the peer may be missing that this network could reach, in another network the
 * name may have others, and a peer that does not answer may have moved.
 */

#ifndef MOBILITY_PEER_NAMES_H_
#define MOBILITY_PEER_NAMES_H_

#include <sa/ike_sa.h>

#include "net/resolver.h"
#include "path/remotes.h"

typedef struct mobility_peer_names_t mobility_peer_names_t;

/**
 * A session's names of its peer, a value type.  Used with the IKE_SA checked
 * out.
 */
struct mobility_peer_names_t {
	/** resolves them */
	mobility_resolver_t *resolver;
	/** number of the session */
	uint32_t session;
	/** when they were resolved last, in ms, 0 if they were not */
	uint64_t last;
	/** time until that is done again while nothing happens, in ms, 0 if nothing
	 * has happened since they were resolved for that */
	uint32_t interval;
};

/** Shortest time until names are resolved again, in ms. */
#define MOBILITY_RESOLVE_INTERVAL 2000

/** Longest time until names are resolved again while the peer does not answer, in
 * ms. */
#define MOBILITY_RESOLVE_LIMIT 30000

/**
 * Something has happened that may be a reason for other addresses: have the names
 * resolved, unless that was done just before.
 *
 * @param names			names
 * @param ike_sa		IKE_SA that has them
 * @param now			current time in ms
 */
void mobility_peer_names_resolve(mobility_peer_names_t *names,
								 ike_sa_t *ike_sa, uint64_t now);

/**
 * The peer still does not answer: have the names resolved, at first soon and then
 * less and less often.
 *
 * @param names			names
 * @param ike_sa		IKE_SA that has them
 * @param now			current time in ms
 */
void mobility_peer_names_retry(mobility_peer_names_t *names, ike_sa_t *ike_sa,
							   uint64_t now);

/**
 * Get the time at which mobility_peer_names_retry() does something.
 *
 * @param names			names
 * @return				time in ms
 */
uint64_t mobility_peer_names_due(const mobility_peer_names_t *names);

/**
 * Take the addresses that were found.
 *
 * @param names			names
 * @param connection	name of the connection, for the log
 * @param remotes		gets the addresses
 * @param now			current time in ms
 * @return				TRUE if there were any
 */
bool mobility_peer_names_take(mobility_peer_names_t *names,
							  const char *connection,
							  mobility_remotes_t *remotes, uint64_t now);

#endif /** MOBILITY_PEER_NAMES_H_ @}*/
