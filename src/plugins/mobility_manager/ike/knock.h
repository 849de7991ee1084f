/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_knock mobility_knock
 * @{ @ingroup mobility_manager
 *
 * Tells that a peer begins to log in to this host, before it is answered: what
 * is there for gateways only has to be there then, and not before.
 */

#ifndef MOBILITY_KNOCK_H_
#define MOBILITY_KNOCK_H_

#include <library.h>

typedef struct mobility_knock_t mobility_knock_t;

/**
 * Called with an IKE_SA_INIT that a connection was found for.  Any host may
 * send such a message.  Its IKE_SA is checked out, the kernel may be waited for.
 *
 * @param data			user data
 */
typedef void (*mobility_knock_cb_t)(void *data);

/**
 * Waits for peers.
 */
struct mobility_knock_t {

	/**
	 * Destroys, cb is not called anymore.  There must be no other thread that
	 * processes IKE messages.
	 */
	void (*destroy)(mobility_knock_t *this);
};

/**
 * Wait for peers.  There can be only one instance.
 *
 * @param cb			called when one comes
 * @param data			user data for cb
 * @return				instance
 */
mobility_knock_t *mobility_knock_create(mobility_knock_cb_t cb, void *data);

#endif /** MOBILITY_KNOCK_H_ @}*/
