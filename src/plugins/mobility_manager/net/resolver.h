/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_resolver mobility_resolver
 * @{ @ingroup mobility_manager
 *
 * Resolves the configured name of a peer again: with MOBIKE stock only does so
 * before it logs in, and what it found then may be of an address family that
 * the network at hand does not have.
 */

#ifndef MOBILITY_RESOLVER_H_
#define MOBILITY_RESOLVER_H_

#include <networking/host.h>

typedef struct mobility_resolver_t mobility_resolver_t;

/**
 * Called by a job when there is something to take(), with a lock held: must not
 * call the resolver.
 *
 * @param data			user data
 * @param id			number of the session it was for
 */
typedef void (*mobility_resolver_cb_t)(void *data, uint32_t id);

/**
 * Resolver.  Methods may be called from any thread.
 */
struct mobility_resolver_t {

	/**
	 * Resolve a name, unless that is under way for the session.  As this may
	 * take long only few are resolved at the same time; who waits with the same
	 * question gets the same answer.
	 *
	 * @param id		number of the session it is for, not 0
	 * @param name		name or address, or several with commas between; ranges
	 *					and subnets are skipped; gets cloned
	 * @param family	AF_INET or AF_INET6
	 */
	void (*resolve)(mobility_resolver_t *this, uint32_t id, const char *name,
					int family);

	/**
	 * Take an address that was found for a session.
	 *
	 * @param id		number of the session
	 * @return			address, has to be destroyed; NULL if there are no more
	 */
	host_t *(*take)(mobility_resolver_t *this, uint32_t id);

	/**
	 * Forget what was found for a session, and what it has asked.
	 *
	 * @param id		number of the session
	 */
	void (*forget)(mobility_resolver_t *this, uint32_t id);

	/**
	 * Destroy; waits for a callback under way, not for DNS.
	 */
	void (*destroy)(mobility_resolver_t *this);
};

/**
 * Create an instance.
 *
 * @param cb			called when there is something to take
 * @param data			user data for cb
 * @return				instance
 */
mobility_resolver_t *mobility_resolver_create(mobility_resolver_cb_t cb,
											  void *data);

#endif /** MOBILITY_RESOLVER_H_ @}*/
