/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_way_back_plan mobility_way_back_plan
 * @{ @ingroup mobility_manager
 *
 * Which rules have a gateway answer over the uplink that it was asked over.
 * Pure.
 *
 * For each address family with an address of which packets would leave by
 * another uplink there is
 *
 *     iif lo lookup main suppress_prefixlength 0
 *
 * and behind that, for each such address, with the default route of its uplink
 * in the table,
 *
 *     from ADDRESS iif lo ipproto udp sport 500 lookup TABLE      and 4500
 *     from ADDRESS iif lo ipproto esp lookup TABLE
 *
 * so that they only decide where the default route of the main table would, and
 * about nothing but IKE and ESP.  ESP in UDP is looked up as UDP.  Without iif lo
 * the kernel would look for ports in all packets that it forwards.
 */

#ifndef MOBILITY_WAY_BACK_PLAN_H_
#define MOBILITY_WAY_BACK_PLAN_H_

#include <collections/array.h>

#include "net/path.h"

typedef struct mobility_way_back_rule_t mobility_way_back_rule_t;

/**
 * A rule, compared as a whole: all bytes that are not used are zero.
 */
struct mobility_way_back_rule_t {
	/** AF_INET or AF_INET6 */
	int family;
	/** table to look up, that of an uplink is up to who installs the rule */
	uint32_t table;
	/** address of this host, not set for the rule that looks up the main table,
	 * but for its default routes */
	mobility_ip_t local;
	/** a path from there, until there is a table */
	const mobility_path_t *path;
	/** protocol */
	uint8_t proto;
	/** source port, 0 for all */
	uint16_t port;
};

/**
 * Find out which rules it takes.
 *
 * @param paths		mobility_path_t*, from this host's addresses to anywhere, by
 *					default routes of their uplinks
 * @param ports		our ports for IKE and NAT traversal
 * @return			mobility_way_back_rule_t, in the order that the kernel is to
 *					have; of several paths from one address the first counts
 */
array_t *mobility_way_back_plan(array_t *paths, const uint16_t ports[2]);

#endif /** MOBILITY_WAY_BACK_PLAN_H_ @}*/
