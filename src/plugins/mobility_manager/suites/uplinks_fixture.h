/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup uplinks_fixture uplinks_fixture
 * @{ @ingroup mobility_suite
 *
 * A network made of recorded messages, and what to check about it.
 */

#ifndef UPLINKS_FIXTURE_H_
#define UPLINKS_FIXTURE_H_

#include "mobility_suite.h"
#include "mobility_messages.h"

/** changes, in short */
#define NONE MOBILITY_CHANGE_NONE
#define LINK MOBILITY_CHANGE_LINK
#define ADDR MOBILITY_CHANGE_ADDR
#define ROUTE MOBILITY_CHANGE_ROUTE
#define RULE MOBILITY_CHANGE_RULE
#define PIN_LOST MOBILITY_CHANGE_PIN_LOST
#define STALE MOBILITY_CHANGE_STALE
#define TUNNEL MOBILITY_CHANGE_TUNNEL

/** where peers are */
#define PEER "192.0.2.1"
#define PEER6 "2001:db8:f::1"

/** the paths to them in the network of uplinks_setup() */
#define ETH "eth0 10.1.0.2 via 10.1.0.1 /0 100"
#define WLAN "wlan0 10.2.0.2 via 10.2.0.1 /0 600"
#define ETH6 "eth0 2001:db8:1::2 via fe80::1 /0 100"
#define WLAN6 "wlan0 2001:db8:2::2 via fe80::1 /0 600"

/** what is tested */
extern mobility_uplinks_t *uplinks;

/**
 * Feed a message, and check what it changed.
 */
#define feed(expected, ...) \
	ck_assert_int_eq(mobility_feed(uplinks, __VA_ARGS__), expected)

/**
 * Fixture: nothing is known, temporary addresses are preferred.
 */
void uplinks_setup_empty(void);

/**
 * Fixture: a host with cable and Wi-Fi, and both address families.
 */
void uplinks_setup(void);

/**
 * Fixture that undoes the others.
 */
void uplinks_teardown(void);

/**
 * Feed the messages of uplinks_setup() again during a resync, and end that.
 *
 * @param expected	what is to change by removal
 */
void uplinks_resync(mobility_change_t expected);

/**
 * Decide whether to use an interface, a mobility_uplink_filter_t.
 *
 * @param data		interfaces and addresses to exclude, separated by spaces; or
 *					"tunnels", which are not excluded by their names
 * @param ifname	interface
 * @param tunnel	its packets leave in others
 * @return			TRUE if not excluded
 */
bool uplinks_filter(void *data, const char *ifname, bool tunnel);

/**
 * Decide whether an address is virtual, a mobility_vip_filter_t.
 *
 * @param data		interfaces and addresses to exclude, separated by spaces
 * @param addr		address
 * @return			TRUE if excluded
 */
bool uplinks_is_vip(void *data, host_t *addr);

/**
 * Describe a path.
 *
 * @param path		path, or NULL
 * @return			uplink, local address, gateway if there is one, prefix
 *					length, metric; "none" for NULL; allocated
 */
char *uplinks_print(const mobility_path_t *path);

/**
 * Check the path to a peer that each uplink prefers.
 *
 * @param peer		peer's address
 * @param expected	paths as described, by interface index, separated by commas
 * @param excluded	interfaces and virtual IP addresses to exclude, or NULL
 */
void uplinks_assert_filtered(char *peer, const char *expected, char *excluded);

/**
 * Check all paths to a peer.
 *
 * @param peer		peer's address
 * @param expected	paths as described, by interface index, those that it prefers
 *					first, separated by commas
 * @param excluded	interfaces and virtual IP addresses to exclude, or NULL
 */
void uplinks_assert_all(char *peer, const char *expected, char *excluded);

/**
 * Check the path to a peer that each uplink prefers, with nothing excluded.
 *
 * @param peer		peer's address
 * @param expected	paths as described, by interface index, separated by commas
 */
void uplinks_assert(char *peer, const char *expected);

/**
 * Check which path is found for two addresses.
 *
 * @param local		local address
 * @param remote	peer's address
 * @param expected	path as described
 */
void uplinks_assert_found(char *local, char *remote, const char *expected);

/**
 * Check what is said about an interface.
 *
 * @param ifname	interface
 * @param expected	description
 */
void uplinks_assert_described(const char *ifname, const char *expected);

#endif /** UPLINKS_FIXTURE_H_ @}*/
