/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_login_names mobility_login_names
 * @{ @ingroup mobility_manager
 *
 * charon's look-ups of the names of gateways that it logs in at.
 *
 * Stock has one of charon's few threads wait for DNS, with the IKE_SA checked
 * out.  If that is silent and there are more connections than threads, charon does
 * nothing else.  Here a connection that nobody waits for, or that packets have to wait
 * for anyhow, is initiated when its name was looked up, an IKE_SA that may be initiated later is so when its was, and
 * one that has an address keeps it meanwhile.
 *
 * Replaces resolve() of libstrongswan's resolver, initiate() of charon's
 * controller and acquire() of its traps, for what is ours.
 */

#ifndef MOBILITY_LOGIN_NAMES_H_
#define MOBILITY_LOGIN_NAMES_H_

#include "net/resolver.h"
#include "settings/settings.h"

typedef struct mobility_login_names_t mobility_login_names_t;

/** How long an answer is good for IKE_SAs that are initiated again, in ms. */
#define MOBILITY_ANSWER_TIME 10000

/**
 * Look-ups for logins.
 */
struct mobility_login_names_t {

	/**
	 * Destroy, gives the methods back; connections that wait for DNS are not
	 * initiated anymore.
	 */
	void (*destroy)(mobility_login_names_t *this);
};

/**
 * Create an instance, there can be only one.
 *
 * @param settings		settings
 * @param resolver		resolves names, has to live longer
 * @return				instance
 */
mobility_login_names_t *mobility_login_names_create(
											mobility_settings_t *settings,
											mobility_resolver_t *resolver);

#endif /** MOBILITY_LOGIN_NAMES_H_ @}*/
