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

#include "net/metrics.h"
#include "net/netlink.h"
#include "net/nlsocket.h"

typedef struct mobility_rtnl_t mobility_rtnl_t;
typedef struct mobility_rtnl_route_t mobility_rtnl_route_t;

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
 * A route to be added or removed, what is zero is not said.
 */
struct mobility_rtnl_route_t {
	/** destination, its family is always said */
	mobility_net_t dst;
	/** table it is in */
	uint32_t table;
	/** metric, lower is preferred */
	uint32_t metric;
	/** RTN_* */
	uint8_t type;
	/** RT_SCOPE_* */
	uint8_t scope;
	/** RTPROT_* */
	uint8_t protocol;
	/** interface */
	int oif;
	/** next hop, may be of the other family */
	mobility_ip_t gateway;
	/** use that as it is, whether there is a route to it or not */
	bool onlink;
	/** preferred source */
	mobility_ip_t prefsrc;
	/** what it says about packets */
	mobility_metrics_t metrics;
};

/**
 * Add or remove a route.
 *
 * @param rtnl			socket for requests
 * @param flags			to add it NLM_F_CREATE with NLM_F_EXCL or NLM_F_REPLACE,
 *						0 to remove it
 * @param route			route
 * @return				0, or errno of what failed
 */
int mobility_rtnl_change_route(mobility_rtnl_t *rtnl, uint16_t flags,
							   const mobility_rtnl_route_t *route);

/**
 * Check if something is wrong, not just that the kernel lacks what was asked for:
 * IPv6, or policy routing.
 *
 * @param error			what a request returned
 * @return				TRUE if it is an error that somebody has to know of
 */
bool mobility_rtnl_failed(int error);

/**
 * Open a socket for requests.
 *
 * @return				instance, NULL if rtnetlink is not available (logged)
 */
mobility_rtnl_t *mobility_rtnl_create();

#endif /** MOBILITY_RTNL_H_ @}*/
