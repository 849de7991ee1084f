/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mock_network mock_network
 * @{ @ingroup mobility_suite
 *
 * The network as sessions see it: uplinks that tests plug and pull, a monitor
 * that tells of them, and what sessions do to it: pins, and SAs that accept
 * packets at a second address.
 */

#ifndef MOCK_NETWORK_H_
#define MOCK_NETWORK_H_

#include "mobile/mobile_session.h"

/** Uplinks there are: eth0 to eth3, with indices from 2 on */
#define MOCK_UPLINKS 4

/**
 * An uplink.
 */
typedef struct {
	/** peers can be reached over it */
	bool up;
	/** its IPv4 address: 10.0.0.2 to 10.3.0.2 by default */
	char *local;
	/** next hop, NULL if the peer is on-link; a second one, NULL if none */
	char *gateway, *gateway2;
	/** the only next hop that leads to the peer, NULL if any does */
	char *leads;
	/** metric of its route: 100 to 400 by default */
	uint32_t metric;
	/** how much worse that over the second next hop is */
	uint32_t worse;
	/** it is no uplink of its own, but another address of the one before */
	bool second;
	/** its address is deprecated, and going to be removed */
	bool expiring;
	/** nothing leaves without a pin */
	bool closed;
} mock_uplink_t;

/**
 * The network.
 */
typedef struct {
	/** uplinks, to be changed by tests; eth0 and eth1 are up */
	mock_uplink_t uplinks[MOCK_UPLINKS];
	/** address that eth2 has as well, so that nobody else can be there, or NULL */
	char *owned;
	/** the IPv6 address of each, NULL if they have none */
	char *local6;
	/** pins in place, mobility_path_id_t */
	array_t *pins;
	/** packets with a mark take that path, ifindex is 0 if there is none */
	mobility_path_id_t marked;
	/** what was done to them, and that no more can be added */
	struct {
		int added, removed, updated;
		bool refuse;
	} pinned;
	/** SAs that exist in the kernel only: local addresses, host_t*, by all
	 * sessions */
	array_t *copies;
	/** when the first of these was made, 0 if there are none */
	uint64_t copied;
	/** how often CHILD_SAs were given other addresses */
	u_int updates;
	/** interface that their addresses went to last, without any change */
	char followed[IFNAMSIZ];
	/** how often a next hop was asked for again */
	u_int asked;
	/** uplinks over which they were sought before packets left, flags */
	u_int sought;
	/** what is known about the traffic of all sessions, until they move */
	mobility_health_t verdict;
	mobility_path_health_facts_t traffic;
	/** that packets leave is to be told */
	bool tell_leaving;
	/** round-trip time that was told last */
	uint32_t rtt;
	/** addresses the peer's name resolves to, host_t*, to be taken */
	array_t *resolved;
	/** how often its name was resolved */
	u_int resolves;
} mock_network_t;

/**
 * Set up the network, and what of a context has to do with it: monitor, pins,
 * neighbors, relocator, traffic and resolver.
 *
 * @param context	gets these
 * @return			network
 */
mock_network_t *mock_network_create(mobility_context_t *context);

/**
 * Check if packets over an uplink are pinned.
 *
 * @param network	network
 * @param uplink	number of the uplink
 * @return			TRUE if so
 */
bool mock_network_is_pinned(mock_network_t *network, int uplink);

/**
 * Check if packets that leave from an uplink's address now get to the peer, as far
 * as it is up to the next hop that they are pinned to.
 *
 * @param network	network
 * @param uplink	number of the uplink
 * @return			TRUE if they do
 */
bool mock_network_leads(mock_network_t *network, int uplink);

/**
 * Destroy the network. All pins and copies have to be gone.
 *
 * @param network	network
 */
void mock_network_destroy(mock_network_t *network);

#endif /** MOCK_NETWORK_H_ @}*/
