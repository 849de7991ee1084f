/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_guard_plan mobility_guard_plan
 * @{ @ingroup mobility_manager
 *
 * Which rules and routes keep out of the clear what belongs into tunnels.  Pure.
 *
 * Behind charon's own rule, so that they decide only if its table does not, come
 *
 *     oif UPLINK goto END          for each uplink: sockets that are bound to it
 *     to PEER goto END             for each address of a gateway
 *     iif lo ipproto P lookup TABLE    for TCP, UDP and ICMP of this host
 *     not iif lo lookup TABLE      for what it forwards
 *     END: nop
 *
 * In TABLE the networks behind gateways are unreachable; what charon is told to
 * let past tunnels and what never leaves a link is none of its business (throw).
 *
 * The kernel also looks up who sends a packet, as if it was to answer that, and
 * unless rp_filter is off ignores packets, and ARP, of those who are unreachable.
 * Such a lookup is for no protocol, so no rule for a protocol is about it.
 */

#ifndef MOBILITY_GUARD_PLAN_H_
#define MOBILITY_GUARD_PLAN_H_

#include <net/if.h>

#include <collections/array.h>

#include "net/netlink.h"

typedef struct mobility_guard_item_t mobility_guard_item_t;
typedef struct mobility_guard_wish_t mobility_guard_wish_t;

/**
 * A rule or a route, all bytes that are not used are zero.
 */
struct mobility_guard_item_t {
	/** what it is, in the order in which they are added */
	enum {
		/** route: dst is unreachable */
		MOBILITY_GUARD_UNREACHABLE,
		/** route: the table does not say anything about dst */
		MOBILITY_GUARD_THROW,
		/** rule at the end, for others to go to */
		MOBILITY_GUARD_END,
		/** rule: what is bound to ifname goes there */
		MOBILITY_GUARD_UPLINK,
		/** rule: what is sent to dst goes there */
		MOBILITY_GUARD_PEER,
		/** rule that looks up the table for a protocol */
		MOBILITY_GUARD_LOOKUP,
		/** rule that looks up the table for what is forwarded */
		MOBILITY_GUARD_FORWARD,
	} kind;
	/** AF_INET or AF_INET6 */
	int family;
	/** destination */
	mobility_net_t dst;
	/** protocol */
	uint8_t proto;
	/** uplink */
	char ifname[IFNAMSIZ];
};

/**
 * What is to be guarded.
 */
struct mobility_guard_wish_t {
	/** networks behind gateways, mobility_net_t */
	array_t *nets;
	/** addresses of gateways, mobility_ip_t */
	array_t *peers;
	/** networks that charon lets past tunnels, mobility_net_t */
	array_t *passes;
	/** names of uplinks, char[IFNAMSIZ] */
	array_t *uplinks;
};

/**
 * Find out which rules and routes it takes.
 *
 * @param wish		what is to be guarded
 * @return			mobility_guard_item_t, in the order in which they are to be
 *					added, and to be removed from the end; each is there once
 */
array_t *mobility_guard_plan(const mobility_guard_wish_t *wish);

/**
 * Get the items of one plan that are not in another one.  Those that one has too
 * little have to be added before those are removed that are too many: then what
 * both keep out of the clear stays there all the time.
 *
 * @param plan		plan
 * @param other		other plan
 * @return			mobility_guard_item_t, in the order of the plan
 */
array_t *mobility_guard_plan_without(array_t *plan, array_t *other);

#endif /** MOBILITY_GUARD_PLAN_H_ @}*/
