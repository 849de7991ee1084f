/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_listener mobility_listener
 * @{ @ingroup mobility_manager
 *
 * Follows charon's IKE_SAs from their beginning to their end, and decides which
 * end of each is ours, and that they get a session of that end.
 */

#ifndef MOBILITY_LISTENER_H_
#define MOBILITY_LISTENER_H_

#include <bus/listeners/listener.h>

#include "session/registry.h"
#include "session/session.h"

typedef struct mobility_listener_t mobility_listener_t;

/**
 * Called by a listener, which must not block, when a session ended.
 *
 * @param data			user data
 */
typedef void (*mobility_listener_cb_t)(void *data);

/**
 * Listener.  Methods are called with the IKE_SA in question checked out.
 */
struct mobility_listener_t {

	/**
	 * Listener to register on the bus.
	 */
	listener_t listener;

	/**
	 * An IKE_SA is going to log in, or begins to do so: manage it from now on,
	 * if it is ours.  May be called by listeners.
	 *
	 * @param ike_sa	IKE_SA
	 * @return			its entry, NULL if it is not ours, or hooked by others
	 */
	mobility_entry_t *(*connect)(mobility_listener_t *this, ike_sa_t *ike_sa);

	/**
	 * Find the entry of an IKE_SA that we manage.
	 *
	 * @param ike_sa	IKE_SA, NULL to find none
	 * @return			entry, NULL if it has none
	 */
	mobility_entry_t *(*find)(mobility_listener_t *this, ike_sa_t *ike_sa);

	/**
	 * Give an IKE_SA that is established a session, as if that was just so.
	 *
	 * @param ike_sa	IKE_SA, checked out, not hooked
	 */
	void (*take)(mobility_listener_t *this, ike_sa_t *ike_sa);

	/**
	 * Have a session go on with the IKE_SA that was established because the peer
	 * has forgotten the one it has, if there is such a one.
	 *
	 * @param entry		entry of the session
	 * @param ike_sa	its IKE_SA, checked out
	 * @return			DESTROY_ME if it goes on with another one
	 */
	status_t (*take_over)(mobility_listener_t *this, mobility_entry_t *entry,
						  ike_sa_t *ike_sa);

	/**
	 * Forget the session of an IKE_SA that was given back to stock.
	 *
	 * @param entry		entry, must not be used anymore
	 */
	void (*drop)(mobility_listener_t *this, mobility_entry_t *entry);

	/**
	 * Destroy a mobility_listener_t; there must be no sessions anymore.
	 */
	void (*destroy)(mobility_listener_t *this);
};

/**
 * Create a listener.
 *
 * @param context		what sessions share
 * @param registry		where they are
 * @param ended			called when a session ended
 * @param data			user data for ended
 * @return				listener
 */
mobility_listener_t *mobility_listener_create(mobility_context_t *context,
											  mobility_registry_t *registry,
											  mobility_listener_cb_t ended,
											  void *data);

#endif /** MOBILITY_LISTENER_H_ @}*/
