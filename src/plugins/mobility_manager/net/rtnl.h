/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_rtnl mobility_rtnl
 * @{ @ingroup mobility_manager
 *
 * Requests to rtnetlink and what it answers.
 */

#ifndef MOBILITY_RTNL_H_
#define MOBILITY_RTNL_H_

#include "net/nlsocket.h"

typedef struct mobility_rtnl_t mobility_rtnl_t;

/**
 * Socket for requests.  Methods may be called from any thread, but not with a
 * lock held that listeners of charon's bus take, see mobility_nlsocket_t.
 */
struct mobility_rtnl_t {

	/**
	 * Get all objects of a kind.  If they changed meanwhile the kernel is asked
	 * again, so objects may be passed more than once, and some that are gone.
	 *
	 * @param type		RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE or RTM_GETRULE
	 * @param family	AF_INET, AF_INET6 or AF_UNSPEC
	 * @param protocol	ask for routes of this protocol only, RTPROT_UNSPEC for
	 *					all; kernels that can't filter send all nevertheless
	 * @param cb		called for each message
	 * @param data		user data for cb
	 * @return			0, or errno of what failed; EOPNOTSUPP if the kernel has
	 *					no such objects
	 */
	int (*dump)(mobility_rtnl_t *this, uint16_t type, int family,
				uint8_t protocol, mobility_nlsocket_cb_t cb, void *data);

	/**
	 * Get a single object.
	 *
	 * @param nlh		request that names it, flags are added
	 * @param cb		called for the object
	 * @param data		user data for cb
	 * @return			0, or errno of what failed
	 */
	int (*get)(mobility_rtnl_t *this, struct nlmsghdr *nlh,
			   mobility_nlsocket_cb_t cb, void *data);

	/**
	 * Send a request and wait until the kernel acknowledges it.
	 *
	 * @param nlh		request, flags for the acknowledgement are added
	 * @return			0, or errno of what failed
	 */
	int (*request)(mobility_rtnl_t *this, struct nlmsghdr *nlh);

	/**
	 * Destroy a mobility_rtnl_t.
	 */
	void (*destroy)(mobility_rtnl_t *this);
};

/**
 * Open a socket for requests.
 *
 * @return				instance, NULL if rtnetlink is not available (logged)
 */
mobility_rtnl_t *mobility_rtnl_create();

#endif /** MOBILITY_RTNL_H_ @}*/
