/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_resolver mobility_resolver
 * @{ @ingroup mobility_manager
 *
 * Looks up names.  That may take long, so it is done by threads of its own, and not
 * by charon's, of which there are few.  Each name is asked for once at a time,
 * whoever wants to know.
 */

#ifndef MOBILITY_RESOLVER_H_
#define MOBILITY_RESOLVER_H_

#include <networking/host.h>
#include <collections/array.h>

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
 * Called by a thread of the resolver's, with no lock held, when a name was looked
 * up; must not wait for anything.
 *
 * @param data			user data
 * @param name			name
 * @param family		AF_INET, AF_INET6 or AF_UNSPEC
 * @param host			address, NULL if none was found
 */
typedef void (*mobility_resolver_done_t)(void *data, const char *name,
										 int family, host_t *host);

/**
 * Called by a thread of the resolver's to ask others than libstrongswan's resolver
 * for a name, too; may block.
 *
 * @param data			user data
 * @param name			name, no address
 * @param family		AF_INET, AF_INET6 or AF_UNSPEC
 * @return				array of host_t*, gets destroyed; NULL if none was found
 */
typedef array_t *(*mobility_resolver_ask_t)(void *data, const char *name,
											int family);

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
	 * Look up one name, unless that is under way for the same data.
	 *
	 * @param name		name or address, gets cloned
	 * @param family	AF_INET, AF_INET6 or AF_UNSPEC
	 * @param done		called once when that is done, unless data leaves
	 * @param data		user data for done, not NULL
	 */
	void (*look_up)(mobility_resolver_t *this, const char *name, int family,
					mobility_resolver_done_t done, void *data);

	/**
	 * Somebody does not want to know anymore what was to be looked up.  Waits for
	 * callbacks under way.
	 *
	 * @param data		user data of look_up()
	 */
	void (*leave)(mobility_resolver_t *this, void *data);

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
	 * Set whom else to ask: for sessions always, and first, as the name server of
	 * this host may not be reached for the same reason as their peers; for others
	 * if that knows nothing.  To be called before names are looked up.
	 *
	 * @param ask		called for each name
	 * @param data		user data for ask
	 */
	void (*set_source)(mobility_resolver_t *this, mobility_resolver_ask_t ask,
					   void *data);

	/**
	 * Destroy; waits for look-ups under way, which flush() of libstrongswan's
	 * resolver ends.
	 */
	void (*destroy)(mobility_resolver_t *this);
};

/**
 * Check if a peer's address, or name, as it is configured, is not one of any or of
 * many.
 *
 * @param name			address or name
 * @return				FALSE for %any, a subnet or a range
 */
bool mobility_resolver_is_single(char *name);

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
