/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup pins_fixture pins_fixture
 * @{ @ingroup mobility_suite
 *
 * A network with two uplinks, and where packets go in it.
 */

#ifndef PINS_FIXTURE_H_
#define PINS_FIXTURE_H_

#include "mobility_netns.h"

#include "path/pins.h"

/** where the peer is, behind the gateways of both uplinks */
#define PEER "192.0.2.1"
#define PEER6 "2001:db8:f::1"

/** addresses on both uplinks, and their gateways */
#define ETH "10.1.0.2"
#define ETH_GW "10.1.0.1"
#define WLAN "10.2.0.2"
#define WLAN_GW "10.2.0.1"
#define ETH6 "2001:db8:1::2"
#define WLAN6 "2001:db8:2::2"
#define WLAN6_GW "2001:db8:2::1"

/** socket for requests */
extern mobility_rtnl_t *pins_rtnl;

/**
 * Fixture: two uplinks, the first one preferred.
 */
void pins_setup(void);

/**
 * Fixture.
 */
void pins_teardown(void);

/**
 * Create pins.
 *
 * @return			pins
 */
mobility_pins_t *pins_create(void);

/**
 * Drop a reference to the pin of a path.
 *
 * @param pins		pins
 * @param path		path
 */
void pins_remove(mobility_pins_t *pins, const mobility_path_t *path);

/**
 * Get the route packets to the peer take from an address.
 *
 * @param local		local address
 * @param peer		peer's address
 * @return			route as printed, allocated
 */
char *pins_get_route(const char *local, const char *peer);

/**
 * Check where packets to the peer go from an address.
 *
 * @param local		local address
 * @param peer		peer's address
 * @param ifname	expected uplink
 * @param gateway	expected next hop, NULL if there is to be none
 * @return			TRUE if they go there
 */
bool pins_go_to(const char *local, const char *peer, const char *ifname,
				const char *gateway);

/**
 * Count lines a command prints.
 *
 * @param command	shell command
 * @return			number of lines
 */
int pins_count_lines(const char *command);

/**
 * Count rules of ours in the kernel.
 *
 * @return			number of rules
 */
int pins_count_rules(void);

/**
 * Count routes of ours in the kernel.
 *
 * @return			number of routes
 */
int pins_count_routes(void);

#endif /** PINS_FIXTURE_H_ @}*/
