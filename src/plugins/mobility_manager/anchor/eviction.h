/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_eviction mobility_eviction
 * @{ @ingroup mobility_manager
 *
 * Ends IKE_SAs of dormant clients before their time is over: because somebody needs
 * what they have, or there are too many of them.
 *
 * At most gateway.max_dormant are dormant, the one that is for the longest time goes
 * first.  charon.ikesa_limit is for IKE_SAs whose clients are there: dormant ones
 * turn nobody away.  If no other limit is set it also is that of dormant ones, so
 * that clients who log in and go silent don't take all memory.  Those that are too
 * many and wait for their turn to be ended (endings.h) count as if they were there:
 * so there never are more IKE_SAs than both limits together, and no login has to
 * wait for one of them.
 */

#ifndef MOBILITY_EVICTION_H_
#define MOBILITY_EVICTION_H_

#include "anchor/dormant_table.h"
#include "session/endings.h"
#include "settings/settings.h"

typedef struct mobility_eviction_t mobility_eviction_t;

/**
 * Find out if the client of an IKE_SA is dormant still: by the kernel, which may
 * know of packets that nobody else does.  If not, it is to be taken out of the
 * table.
 *
 * @param data			user data
 * @param ike_sa		IKE_SA, checked out
 * @return				TRUE if it is
 */
typedef bool (*mobility_asleep_cb_t)(void *data, ike_sa_t *ike_sa);

/**
 * Ends IKE_SAs of dormant clients.  Methods may be called from any thread, but not by
 * bus listeners if nothing else is said.
 */
struct mobility_eviction_t {

	/**
	 * Check if the client of an IKE_SA is dormant.
	 *
	 * @param ike_sa	IKE_SA, checked out
	 * @return			TRUE if it is
	 */
	bool (*is_asleep)(mobility_eviction_t *this, ike_sa_t *ike_sa);

	/**
	 * Check out an IKE_SA if its client is dormant.  To be called with no IKE_SA
	 * checked out, or one that logs in: who has a dormant one checked out never
	 * waits for another one.
	 *
	 * @param id		its id, gets destroyed
	 * @return			IKE_SA, NULL if it is not dormant
	 */
	ike_sa_t *(*checkout)(mobility_eviction_t *this, ike_sa_id_t *id);

	/**
	 * Tell everybody that an IKE_SA is down, for a login that can't wait; nothing is
	 * sent.  The caller has to destroy it.
	 *
	 * @param ike_sa	IKE_SA, checked out
	 * @param reason	why, after MOBILITY_ENDING_ADMIN
	 * @return			FALSE if it stays, as that would take too long; only with
	 *					MOBILITY_ENDING_RECLAIM
	 */
	bool (*take_down)(mobility_eviction_t *this, ike_sa_t *ike_sa,
					  mobility_ending_t reason);

	/**
	 * Check if too many clients are dormant.  May be called by listeners.
	 *
	 * @return			TRUE if so
	 */
	bool (*is_due)(mobility_eviction_t *this);

	/**
	 * The dormant clients have changed: if they are too many, line up the one that is
	 * for the longest time.  May be called by listeners.
	 */
	void (*limit)(mobility_eviction_t *this);

	/**
	 * Destroy a mobility_eviction_t.
	 */
	void (*destroy)(mobility_eviction_t *this);
};

/**
 * Create an instance, there can be only one.
 *
 * @param table			dormant clients
 * @param endings		ends IKE_SAs
 * @param settings		settings
 * @param asleep		asked who is dormant, NULL if the table knows
 * @param data			user data for it
 * @return				instance
 */
mobility_eviction_t *mobility_eviction_create(mobility_dormant_table_t *table,
											  mobility_endings_t *endings,
											  mobility_settings_t *settings,
											  mobility_asleep_cb_t asleep,
											  void *data);

#endif /** MOBILITY_EVICTION_H_ @}*/
