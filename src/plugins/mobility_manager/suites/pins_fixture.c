/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "pins_fixture.h"

#include <stdio.h>

/*
 * Described in header
 */
mobility_rtnl_t *pins_rtnl;

/*
 * Described in header
 */
void pins_setup(void)
{
	mobility_netns_setup();
	mobility_netns_link("eth0");
	mobility_netns_link("wlan0");
	mobility_netns_ip("addr add " ETH "/24 dev eth0");
	mobility_netns_ip("addr add " WLAN "/24 dev wlan0");
	mobility_netns_ip("addr add " ETH6 "/64 dev eth0 nodad");
	mobility_netns_ip("addr add " WLAN6 "/64 dev wlan0 nodad");
	mobility_netns_ip("route add default via " ETH_GW " metric 100");
	mobility_netns_ip("route add default via " WLAN_GW " metric 600");
	mobility_netns_ip("-6 route add default via fe80::1 dev eth0 metric 100");
	mobility_netns_ip("-6 route add default via fe80::2 dev wlan0 metric 600");
	pins_rtnl = mobility_rtnl_create();
	ck_assert(pins_rtnl);
}

/*
 * Described in header
 */
void pins_teardown(void)
{
	pins_rtnl->destroy(pins_rtnl);
	mobility_suite_teardown();
}

/*
 * Described in header
 */
mobility_pins_t *pins_create(void)
{
	return mobility_pins_create(pins_rtnl, 219, 22000);
}

/*
 * Described in header
 */
void pins_remove(mobility_pins_t *pins, const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);

	pins->remove(pins, &id);
}

/*
 * Described in header
 */
char *pins_get_route(const char *local, const char *peer)
{
	return mobility_netns_output("ip route get %s from %s", peer, local);
}

/*
 * Described in header
 */
bool pins_go_to(const char *local, const char *peer, const char *ifname,
				const char *gateway)
{
	char *route, expected[128];
	bool match;

	if (gateway)
	{
		snprintf(expected, sizeof(expected), "via %s dev %s ", gateway, ifname);
	}
	else
	{
		snprintf(expected, sizeof(expected), "from %s dev %s ", local, ifname);
	}
	route = pins_get_route(local, peer);
	match = strstr(route, expected) != NULL;
	free(route);
	return match;
}

/*
 * Described in header
 */
int pins_count_lines(const char *command)
{
	char *output, *pos;
	int count = 0;

	output = mobility_netns_output("%s", command);
	for (pos = output; (pos = strchr(pos, '\n')); pos++)
	{
		count++;
	}
	free(output);
	return count;
}

/*
 * Described in header
 */
int pins_count_rules(void)
{
	return pins_count_lines("(ip rule; ip -6 rule) | grep 'proto 230' || :");
}

/*
 * Described in header
 */
int pins_count_routes(void)
{
	return pins_count_lines("(ip -4 route show table all proto 230;"
					   " ip -6 route show table all proto 230) || :");
}
