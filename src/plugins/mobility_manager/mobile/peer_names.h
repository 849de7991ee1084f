/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_peer_names mobility_peer_names
 * @{ @ingroup mobility_manager
 *
 * When the names that a connection has for its peer are resolved again: without
 * any path, addresses of the peer may be missing that this network could reach.
 */

#ifndef MOBILITY_PEER_NAMES_H_
#define MOBILITY_PEER_NAMES_H_

#include <sa/ike_sa.h>

#include "mobile/resolver.h"
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
	/** when they may be resolved again, in ms */
	uint64_t next;
};

/**
 * Have the names resolved, unless that was done just before.
 *
 * @param names			names
 * @param ike_sa		IKE_SA that has them
 * @param now			current time in ms
 */
void mobility_peer_names_resolve(mobility_peer_names_t *names,
								 ike_sa_t *ike_sa, uint64_t now);

/**
 * Take the addresses that were found.
 *
 * @param names			names
 * @param connection	name of the connection, for the log
 * @param remotes		gets the addresses
 */
void mobility_peer_names_take(mobility_peer_names_t *names,
							  const char *connection,
							  mobility_remotes_t *remotes);

#endif /** MOBILITY_PEER_NAMES_H_ @}*/
