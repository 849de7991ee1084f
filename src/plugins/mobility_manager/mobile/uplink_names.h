/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_uplink_names mobility_uplink_names
 * @{ @ingroup mobility_manager
 *
 * Looks up the names of gateways over the uplinks.  The name server that this host
 * has may be in the tunnel that is to be repaired, or its route, and what it says
 * may be true for another network.
 *
 * Nothing but these names leaves that way.
 */

#ifndef MOBILITY_UPLINK_NAMES_H_
#define MOBILITY_UPLINK_NAMES_H_

#include "net/monitor.h"
#include "settings/settings.h"

typedef struct mobility_uplink_names_t mobility_uplink_names_t;

/** How long a look-up takes at most once it is known whom to ask, in ms. */
#define MOBILITY_UPLINK_NAMES_TIMEOUT 4000

/**
 * Looks up names.  Methods may be called by any thread.
 */
struct mobility_uplink_names_t {

	/**
	 * Look up a name; a mobility_resolver_ask_t.  Blocks.
	 *
	 * @param name		name
	 * @param family	AF_INET, AF_INET6 or AF_UNSPEC
	 * @return			array of host_t*, NULL if none was found
	 */
	array_t *(*ask)(mobility_uplink_names_t *this, const char *name,
					int family);

	/**
	 * Have ask() return at once from now on, also what waits.
	 */
	void (*stop)(mobility_uplink_names_t *this);

	/**
	 * Destroy.
	 */
	void (*destroy)(mobility_uplink_names_t *this);
};

#ifdef MOBILITY_CARES

/**
 * Create an instance.
 *
 * @param monitor		network monitor
 * @param settings		settings, say which uplinks may be used
 * @return				instance, NULL if this is built without, or on errors
 */
mobility_uplink_names_t *mobility_uplink_names_create(
											mobility_monitor_t *monitor,
											mobility_settings_t *settings);

#else

static inline mobility_uplink_names_t *mobility_uplink_names_create(
											mobility_monitor_t *monitor,
											mobility_settings_t *settings)
{
	return NULL;
}

#endif

#endif /** MOBILITY_UPLINK_NAMES_H_ @}*/
