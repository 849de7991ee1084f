/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_path mobility_path
 * @{ @ingroup mobility_manager
 *
 * Plain value types that the pure parts (uplinks, ranking, fsm) and the parts
 * with I/O (monitor, pins, manager) share.  Facts of routing only: what ranks
 * paths has a place of its own.
 */

#ifndef MOBILITY_PATH_H_
#define MOBILITY_PATH_H_

#include <net/if.h>

#include <networking/host.h>
#include <collections/array.h>

#include "net/metrics.h"
#include "net/netlink.h"

typedef struct mobility_path_t mobility_path_t;
typedef struct mobility_path_id_t mobility_path_id_t;

/**
 * A path: a local address on an uplink, a peer address, and how the kernel's
 * routing tables get from the one to the other (RFC 4555, 1.3).
 *
 * A value type: hosts are owned, see mobility_path_clone()/_destroy().
 */
struct mobility_path_t {

	/** interface index of the uplink */
	int ifindex;

	/** name of the uplink, for people */
	char ifname[IFNAMSIZ];

	/** local address, port of no meaning */
	host_t *local;

	/** peer's address, port of no meaning */
	host_t *remote;

	/** next hop, NULL if the peer is on-link */
	host_t *gateway;

	/** prefix length of the route that leads to the peer */
	uint8_t prefix;

	/** an administrator configured that route (RTPROT_STATIC), no DHCP server or
	 * router did, so its prefix says what is meant */
	bool configured;

	/** metric (RTA_PRIORITY) of that route, lower is preferred */
	uint32_t metric;

	/** what that route says about packets */
	mobility_metrics_t metrics;

	/** the peer is in the network of the uplink's own address */
	bool onlink;

	/** how many other next hops are preferred to get there from that local
	 * address: 0 is the one that the kernel would take */
	uint8_t hop;

	/** how many other local addresses of the uplink are preferred to get to that
	 * peer's address: 0 is the one that the kernel would choose */
	uint8_t order;

	/** the local address is deprecated and about to be removed */
	bool expiring;

	/** without a pin nothing leaves: rules of others refuse all packets */
	bool closed;

	/** without a pin packets leave by another uplink */
	bool diverted;
};

/**
 * What tells paths apart, for those who have to remember one: it owns nothing
 * and takes a tenth of the memory.
 */
struct mobility_path_id_t {

	/** interface index of the uplink, 0 if there is no path */
	int ifindex;

	/** local address */
	mobility_ip_t local;

	/** peer's address */
	mobility_ip_t remote;

	/** next hop, not set if the peer is on-link; two paths that differ in it
	 * only are the same path, but over another network */
	mobility_ip_t gateway;
};

/**
 * Get what tells a path from others.
 *
 * @param path		path, may be NULL
 * @return			id, equal to no other one if there is no path
 */
mobility_path_id_t mobility_path_get_id(const mobility_path_t *path);

/**
 * Check whether two ids are those of the same path, whatever its next hop is.
 *
 * @param a			first id
 * @param b			second id
 * @return			TRUE if both are set and equal
 */
bool mobility_path_id_equals(const mobility_path_id_t *a,
							 const mobility_path_id_t *b);

/**
 * Clone a path with its hosts.
 *
 * @param path		path to clone
 * @return			allocated clone
 */
mobility_path_t *mobility_path_clone(const mobility_path_t *path);

/**
 * Destroy a path and its hosts.
 *
 * @param path		path to destroy, NULL is ignored
 */
void mobility_path_destroy(mobility_path_t *path);

/**
 * Check whether two paths use the same uplink and the same two IP addresses.
 *
 * @param a			first path, may be NULL
 * @param b			second path, may be NULL
 * @return			TRUE if both are set and equal
 */
bool mobility_path_equals(const mobility_path_t *a, const mobility_path_t *b);

/**
 * Check whether packets between two IP addresses use a path, as far as these
 * tell.
 *
 * @param path		path, may be NULL
 * @param local		local address
 * @param remote	peer's address
 * @return			TRUE if the path is set and has these addresses
 */
bool mobility_path_has(const mobility_path_t *path, host_t *local,
					   host_t *remote);

/**
 * Check whether two paths lead over the same next hop.  Another next hop is
 * another network, even if the addresses are the same (192.168.1.0/24 is
 * everywhere).
 *
 * @param a			first path
 * @param b			second path
 * @return			TRUE if they do, or if the peer is on-link on both
 */
bool mobility_path_same_gateway(const mobility_path_t *a,
								const mobility_path_t *b);

/**
 * Destroy an array of mobility_path_t*, with its paths.
 *
 * @param paths		array to destroy, NULL is ignored
 */
void mobility_paths_destroy(array_t *paths);

#endif /** MOBILITY_PATH_H_ @}*/
