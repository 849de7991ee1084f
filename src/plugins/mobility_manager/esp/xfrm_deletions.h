/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_xfrm_deletions mobility_xfrm_deletions
 * @{ @ingroup mobility_manager
 *
 * Tells when others delete SAs or policies, whichever.  What charon and we
 * delete ourselves wakes nobody: the kernel drops messages about that.
 */

#ifndef MOBILITY_XFRM_DELETIONS_H_
#define MOBILITY_XFRM_DELETIONS_H_

#include <library.h>

typedef struct mobility_xfrm_deletions_t mobility_xfrm_deletions_t;

/**
 * Others have deleted something.  Called by charon's watcher, must not block.
 *
 * @param data			user data
 */
typedef void (*mobility_xfrm_deletions_cb_t)(void *data);

/**
 * Deletions by others.
 */
struct mobility_xfrm_deletions_t {

	/**
	 * Listen to them, or not any longer.  Not thread-safe, the owner locks.
	 *
	 * @param listen	TRUE to listen
	 */
	void (*listen)(mobility_xfrm_deletions_t *this, bool listen);

	/**
	 * Get how often something was deleted so far.  May be called from any
	 * thread.
	 *
	 * @return			number
	 */
	u_int (*get_count)(mobility_xfrm_deletions_t *this);

	/**
	 * Destroy, waits for a callback that is running.
	 */
	void (*destroy)(mobility_xfrm_deletions_t *this);
};

/**
 * Open a socket, which does not listen yet.
 *
 * @param cb			called when others have deleted something
 * @param data			user data for cb
 * @return				instance, NULL if the kernel has no IPsec (logged)
 */
mobility_xfrm_deletions_t *mobility_xfrm_deletions_create(
										mobility_xfrm_deletions_cb_t cb,
										void *data);

/**
 * Have a socket receive only messages that tell that somebody else has deleted
 * SAs or policies.
 *
 * @param fd			XFRM socket
 * @return				FALSE on failure
 */
bool mobility_xfrm_deletions_attach(int fd);

#endif /** MOBILITY_XFRM_DELETIONS_H_ @}*/
