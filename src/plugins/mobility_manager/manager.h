/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_manager mobility_manager
 * @{ @ingroup libcharon_plugins
 *
 * The sessions: events of the network and of IKE in, actions out.
 */

#ifndef MOBILITY_MANAGER_H_
#define MOBILITY_MANAGER_H_

#include <bus/listeners/listener.h>

#include "net/uplinks.h"
#include "path/candidates.h"
#include "session/prospect.h"
#include "session/roster.h"
#include "settings/settings.h"

typedef struct mobility_manager_t mobility_manager_t;

/**
 * Manages sessions.
 *
 * Locking: a session's state is touched only with its IKE_SA checked out.
 * Whoever has none checked out must call the methods below, which check out
 * themselves, one IKE_SA at a time; they must therefore not be called by
 * someone who has one.
 */
struct mobility_manager_t {

	/**
	 * Get the listener to register on the bus.
	 *
	 * @return			listener, internal
	 */
	listener_t *(*get_listener)(mobility_manager_t *this);

	/**
	 * Get snapshots of sessions, each taken when it is its turn.  Nothing is
	 * locked in between, and other methods may be called.
	 *
	 * @param filter	which are meant, NULL for all; has to be valid while the
	 *					enumerator is used
	 * @return			enumerator over mobility_status_t*, owned by it, valid
	 *					until the next call of enumerate()
	 */
	enumerator_t *(*create_status_enumerator)(mobility_manager_t *this,
											  const mobility_filter_t *filter);

	/**
	 * Count sessions.  This waits for no IKE_SA.
	 *
	 * @param filter	which are meant, NULL for all
	 * @return			enumerator over mobility_count_t*, a copy
	 */
	enumerator_t *(*create_count_enumerator)(mobility_manager_t *this,
											 const mobility_filter_t *filter);

	/**
	 * Get the candidate paths of the session with the given number, the
	 * preferred one first.
	 *
	 * @param session	number of the session
	 * @param prospect	gets what keeps it where it is, or NULL
	 * @return			enumerator over mobility_path_report_t*, owned by it,
	 *					NULL if there is no such session
	 */
	enumerator_t *(*create_path_enumerator)(mobility_manager_t *this,
											uint32_t session,
											mobility_prospect_t *prospect);

	/**
	 * List the interfaces of this host, loopback excluded, whether there are
	 * sessions or not.
	 *
	 * @return			enumerator over mobility_uplink_report_t*, a copy
	 */
	enumerator_t *(*create_link_enumerator)(mobility_manager_t *this);

	/**
	 * Move sessions to an uplink.
	 *
	 * @param connection	name of the connection
	 * @param uplink	name of the interface
	 * @param error		gets the reason if it is refused (size 128)
	 * @return			TRUE if the move was started
	 */
	bool (*switch_uplink)(mobility_manager_t *this, const char *connection,
						  const char *uplink, char *error);

	/**
	 * Have sessions of sleeping clients ended, one after the other by a job.
	 *
	 * @param filter	which are meant, see mobility_drain_terminate()
	 * @return			number of sessions that are going to be ended
	 */
	u_int (*terminate)(mobility_manager_t *this,
					   const mobility_filter_t *filter);

	/**
	 * Redirect clients to another gateway.
	 *
	 * @param filter	which are meant, see mobility_drain_redirect()
	 * @param gateway	the other gateway
	 * @param unable	gets the number of those that can't be redirected
	 * @return			number of clients that are redirected
	 */
	u_int (*redirect)(mobility_manager_t *this,
					  const mobility_filter_t *filter,
					  identification_t *gateway, u_int *unable);

	/**
	 * Register an observer of events, there may be several.
	 *
	 * @param observer	observer
	 */
	void (*add_observer)(mobility_manager_t *this,
						 mobility_observer_t *observer);

	/**
	 * Unregister an observer, not called anymore on return.
	 *
	 * @param observer	observer
	 */
	void (*remove_observer)(mobility_manager_t *this,
							mobility_observer_t *observer);

	/**
	 * Apply changed settings to all sessions, and have them look again.
	 */
	void (*reload)(mobility_manager_t *this);

	/**
	 * Gives all IKE_SAs back to stock behaviour, removes pins, and destroys.
	 * The listener must have been unregistered before.
	 */
	void (*destroy)(mobility_manager_t *this);
};

/**
 * Create the manager.
 *
 * @param settings		settings, not owned
 * @return				manager, NULL on failure, e.g. without rtnetlink
 */
mobility_manager_t *mobility_manager_create(mobility_settings_t *settings);

#endif /** MOBILITY_MANAGER_H_ @}*/
