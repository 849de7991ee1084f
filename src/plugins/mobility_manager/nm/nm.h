/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_nm mobility_nm
 * @{ @ingroup mobility_manager
 *
 * What NetworkManager knows about interfaces, over D-Bus: whether they are
 * metered, and how far one gets over them.  Nothing needs it to be there.
 */

#ifndef MOBILITY_NM_H_
#define MOBILITY_NM_H_

#include "settings/uplink_policy.h"

typedef struct mobility_nm_t mobility_nm_t;

/**
 * Called by a thread of its own, with no lock held, after something changed
 * that matters to us.
 *
 * @param data			user data
 */
typedef void (*mobility_nm_cb_t)(void *data);

/**
 * Client of NetworkManager.  All methods may be called from any thread.  The
 * lock for what get() tells is a leaf.
 */
struct mobility_nm_t {

	/**
	 * Connect to the bus, find NetworkManager, and follow what it says; all
	 * that by a thread that sleeps as long as nothing changes, and ends if there
	 * is no bus.  Does not block, and nothing if already started.
	 */
	void (*start)(mobility_nm_t *this);

	/**
	 * Disconnect, forget all.  Waits for the callback, so hold no lock which
	 * that needs; not to be called by the callback.
	 */
	void (*stop)(mobility_nm_t *this);

	/**
	 * Get what is known about an interface.
	 *
	 * @param ifname	name of the interface
	 * @param advice	gets filled in
	 * @return			FALSE if nothing is known
	 */
	bool (*get)(mobility_nm_t *this, const char *ifname,
				mobility_advice_t *advice);

	/**
	 * Stops and destroys.
	 */
	void (*destroy)(mobility_nm_t *this);
};

#ifdef MOBILITY_NETWORKMANAGER

/**
 * Create a client, not started.
 *
 * @param address		address of the bus, NULL for the system's
 * @param cb			called on changes
 * @param data			user data for cb
 * @return				client, NULL if this is built without
 */
mobility_nm_t *mobility_nm_create(const char *address, mobility_nm_cb_t cb,
								  void *data);

#else

static inline mobility_nm_t *mobility_nm_create(const char *address,
												mobility_nm_cb_t cb, void *data)
{
	return NULL;
}

#endif

#endif /** MOBILITY_NM_H_ @}*/
