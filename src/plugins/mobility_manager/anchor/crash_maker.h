/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_crash_maker mobility_crash_maker
 * @{ @ingroup mobility_manager
 *
 * The gateway's side of quick crash detection (RFC 6290): each client gets a token
 * for its IKE_SA when it has authenticated, and another one when that is rekeyed.
 * If a client asks for an IKE_SA that is not there the token is sent in the clear,
 * and the client that has the same knows that its session is lost.
 *
 * Who has the token can end the session at the client.  So it never leaves for
 * SPIs of an IKE_SA that lives, whichever end of it the message says to come from:
 * the SPIs that we have given to IKE_SAs of clients are kept from the time at which
 * they are about to be sent until the IKE_SA is destroyed, also of those that are
 * half-open or going to replace another one, of which charon's IKE_SA manager
 * knows nothing yet.  What is answered is limited, see mobility_answer_rate_t.
 *
 * Its listener registers itself.  The mutex is a leaf.
 */

#ifndef MOBILITY_CRASH_MAKER_H_
#define MOBILITY_CRASH_MAKER_H_

#include <bus/listeners/listener.h>

#include "settings/settings.h"

typedef struct mobility_crash_maker_t mobility_crash_maker_t;

/**
 * Makes tokens.
 */
struct mobility_crash_maker_t {

	/**
	 * Its listener, must be the first member.
	 */
	listener_t listener;

	/**
	 * Settings have changed, and the file may be readable by now.
	 */
	void (*reload)(mobility_crash_maker_t *this);

	/**
	 * Destroy a mobility_crash_maker_t.
	 */
	void (*destroy)(mobility_crash_maker_t *this);
};

/**
 * Create an instance, which has read the secret if there is one.  Otherwise that is
 * created when the first client logs in.
 *
 * @param settings		settings, not owned
 * @param path			file of the secret
 * @return				instance
 */
mobility_crash_maker_t *mobility_crash_maker_create(
												mobility_settings_t *settings,
												const char *path);

#endif /** MOBILITY_CRASH_MAKER_H_ @}*/
