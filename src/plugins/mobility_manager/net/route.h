/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_route_msg mobility_route_msg
 * @{ @ingroup mobility_manager
 *
 * Reads rtnetlink's route messages.
 */

#ifndef MOBILITY_ROUTE_MSG_H_
#define MOBILITY_ROUTE_MSG_H_

#include <linux/rtnetlink.h>

#include "net/metrics.h"
#include "net/netlink.h"

typedef struct mobility_route_t mobility_route_t;
typedef struct mobility_route_msg_t mobility_route_msg_t;

/**
 * A next hop of a route.
 */
struct mobility_route_t {
	/** length of the destination's prefix */
	uint8_t prefix;
	/** RTN_* */
	uint8_t type;
	/** its link is gone */
	bool dead;
	/** preference among IPv6 routers, higher is preferred (RFC 4191) */
	int8_t preference;
	/** carries our protocol id */
	bool own;
	/** an administrator configured it, no DHCP server or router did */
	bool configured;
	/** metric, lower is preferred */
	uint32_t metric;
	/** interface, 0 if it has none */
	int oif;
	/** next hop, may be of the other family */
	mobility_ip_t gateway;
	/** preferred source */
	mobility_ip_t prefsrc;
	/** packets' source, for IPv6 */
	mobility_ip_t src;
	/** length of that prefix */
	uint8_t src_prefix;
	/** what it says about packets */
	mobility_metrics_t metrics;
	/** the next hops of one route have the same */
	u_int group;
	/** resync that saw it last */
	u_int generation;
};

/**
 * A route message.
 */
struct mobility_route_msg_t {
	/** number of the table */
	uint32_t table;
	/** destination */
	mobility_ip_t net;
	/** length of its prefix */
	uint8_t prefix;
	/** header of the message */
	const struct rtmsg *rtm;
	/** what the next hops have in common, with the next hop if there is one */
	mobility_route_t route;
	/** next hops yet to read, if there are several */
	const struct rtnexthop *nexthop;
	/** their length */
	size_t len;
	/** the only next hop is yet to read */
	bool single;
};

/**
 * Read RTM_NEWROUTE or RTM_DELROUTE of IPv4 or IPv6.
 *
 * @param nlh		message, has to stay as it is while next hops are read
 * @param msg		gets what was read
 * @return			FALSE if the message is malformed or of another family
 */
bool mobility_route_msg_parse(const struct nlmsghdr *nlh,
							  mobility_route_msg_t *msg);

/**
 * Read the next of the route's next hops, there is at least one.  Of a route
 * that leads nowhere it has no interface.
 *
 * @param msg		message
 * @param route		gets the next hop
 * @return			FALSE if there are no more
 */
bool mobility_route_msg_next(mobility_route_msg_t *msg,
							 mobility_route_t *route);

#endif /** MOBILITY_ROUTE_MSG_H_ @}*/
