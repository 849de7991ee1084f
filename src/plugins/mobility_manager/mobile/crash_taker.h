/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_crash_taker mobility_crash_taker
 * @{ @ingroup mobility_manager
 *
 * The client's side of quick crash detection (RFC 6290): keeps the token that a
 * gateway has given for an IKE_SA, and tells if somebody who knows it says that
 * the gateway has no such IKE_SA.  Only the gateway knew it, and it gives it away
 * only if that is so.  Anything else that says so changes nothing, and is logged
 * once for each IKE_SA.
 *
 * Such messages are not protected.  A charon that supports mediation, as that of
 * Debian, takes those in an INFORMATIONAL exchange for connectivity checks, so they
 * are taken from there; the others come to their IKE_SA, which ignores them.
 *
 * Its listener registers itself.  The mutex is a leaf.
 */

#ifndef MOBILITY_CRASH_TAKER_H_
#define MOBILITY_CRASH_TAKER_H_

#include <bus/listeners/listener.h>
#include <sa/ike_sa_id.h>

#include "settings/settings.h"

typedef struct mobility_crash_taker_t mobility_crash_taker_t;

/**
 * Called by a job when a gateway has proven that it lost an IKE_SA, once for each.
 *
 * @param data			user data
 * @param id			SPIs of the IKE_SA, owned by whoever is called
 */
typedef void (*mobility_crash_taker_cb_t)(void *data, ike_sa_id_t *id);

/**
 * Keeps tokens.
 */
struct mobility_crash_taker_t {

	/**
	 * Its listener, must be the first member.
	 */
	listener_t listener;

	/**
	 * Check if a gateway has given a token for an IKE_SA: then it tells, when it is
	 * asked, if it has lost that.
	 *
	 * @param id		SPIs of the IKE_SA
	 * @return			TRUE if so
	 */
	bool (*has_token)(mobility_crash_taker_t *this, ike_sa_id_t *id);

	/**
	 * Destroy a mobility_crash_taker_t.
	 */
	void (*destroy)(mobility_crash_taker_t *this);
};

/**
 * Create the instance, there is only one.
 *
 * @param settings		settings, not owned
 * @param cb			called when an IKE_SA is lost
 * @param data			user data for cb
 * @return				instance
 */
mobility_crash_taker_t *mobility_crash_taker_create(
												mobility_settings_t *settings,
												mobility_crash_taker_cb_t cb,
												void *data);

#endif /** MOBILITY_CRASH_TAKER_H_ @}*/
