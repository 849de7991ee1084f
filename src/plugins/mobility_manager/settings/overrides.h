/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_overrides mobility_overrides
 * @{ @ingroup mobility_manager
 *
 * What was set by hand for interfaces while the daemon runs: lost when it
 * ends, not touched when settings are read again.
 */

#ifndef MOBILITY_OVERRIDES_H_
#define MOBILITY_OVERRIDES_H_

#include <collections/enumerator.h>

#include "settings/uplink_policy.h"

/** number of interfaces for which something may be set */
#define MOBILITY_OVERRIDES_MAX 256

typedef struct mobility_overrides_t mobility_overrides_t;

/**
 * Overrides by the name of the interface.  All methods may be called from any
 * thread; the lock is a leaf.
 */
struct mobility_overrides_t {

	/**
	 * Set or reset what is set by hand for an interface, which need not exist.
	 *
	 * @param ifname	name of the interface
	 * @param override	what to set, of kind MOBILITY_OVERRIDE_NONE to reset
	 * @return			NULL if done, otherwise why not (static string)
	 */
	const char *(*set)(mobility_overrides_t *this, const char *ifname,
					   const mobility_override_t *override);

	/**
	 * Get what is set for an interface.
	 *
	 * @param ifname	name of the interface
	 * @return			what is set, of kind MOBILITY_OVERRIDE_NONE if nothing is
	 */
	mobility_override_t (*get)(mobility_overrides_t *this, const char *ifname);

	/**
	 * Enumerate the names of the interfaces for which something is set, by
	 * name.
	 *
	 * @return			enumerator over (char *ifname), a copy
	 */
	enumerator_t *(*create_enumerator)(mobility_overrides_t *this);

	/**
	 * Destroy a mobility_overrides_t.
	 */
	void (*destroy)(mobility_overrides_t *this);
};

/**
 * Create an empty set.
 *
 * @return				instance
 */
mobility_overrides_t *mobility_overrides_create();

#endif /** MOBILITY_OVERRIDES_H_ @}*/
