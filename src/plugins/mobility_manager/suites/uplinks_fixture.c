/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "uplinks_fixture.h"

#include <stdio.h>

/** what is tested */
mobility_uplinks_t *uplinks;

/*
 * Described in header
 */
void uplinks_setup_empty(void)
{
	mobility_suite_setup();
	uplinks = mobility_uplinks_create(220, TRUE, NULL);
}

/*
 * Described in header
 */
void uplinks_setup(void)
{
	uplinks_setup_empty();
	feed(LINK | STALE, "link add 1 lo loopback running oper 0");
	feed(LINK | STALE, "link add 2 eth0 running");
	feed(LINK | STALE, "link add 3 wlan0 running");
	feed(STALE, "addr add 127.0.0.1/8 dev 1 scope 254");
	feed(NONE, "addr add ::1/128 dev 1 scope 254");
	feed(ADDR | STALE, "addr add 10.1.0.2/24 dev 2");
	feed(ADDR | STALE, "addr add 10.2.0.2/24 dev 3");
	feed(ADDR, "addr add 2001:db8:1::2/64 dev 2");
	feed(ADDR, "addr add 2001:db8:2::2/64 dev 3");
	feed(NONE, "addr add fe80::2/64 dev 2 scope 253");
	feed(ROUTE, "route add 10.1.0.0/24 dev 2 metric 100 src 10.1.0.2");
	feed(ROUTE, "route add 10.2.0.0/24 dev 3 metric 600 src 10.2.0.2");
	feed(ROUTE, "route add default via 10.1.0.1 dev 2 metric 100");
	feed(ROUTE, "route add default via 10.2.0.1 dev 3 metric 600");
	feed(ROUTE, "route add 2001:db8:1::/64 dev 2 metric 100");
	feed(ROUTE, "route add 2001:db8:2::/64 dev 3 metric 600");
	feed(ROUTE, "route add default inet6 via fe80::1 dev 2 metric 100");
	feed(ROUTE, "route add default inet6 via fe80::1 dev 3 metric 600");
	feed(RULE, "rule add lookup 255");
	feed(RULE, "rule add pref 32766 lookup 254");
	feed(RULE, "rule add pref 32767 lookup 253");
	feed(RULE, "rule add inet6 lookup 255");
	feed(RULE, "rule add inet6 pref 32766 lookup 254");
}

/*
 * Described in header
 */
void uplinks_teardown(void)
{
	uplinks->destroy(uplinks);
	mobility_suite_teardown();
}

/*
 * Described in header
 */
bool uplinks_filter(void *data, const char *ifname, bool tunnel)
{
	return !data || !strstr(data, tunnel ? "tunnels" : ifname);
}

/*
 * Described in header
 */
bool uplinks_is_vip(void *data, host_t *addr)
{
	char buf[64];

	snprintf(buf, sizeof(buf), "%H", addr);
	return data && strstr(data, buf);
}

/*
 * Described in header
 */
char *uplinks_print(const mobility_path_t *path)
{
	char *str;

	if (!path)
	{
		return strdup("none");
	}
	if (path->gateway)
	{
		ck_assert(asprintf(&str, "%s %H via %H /%d %u", path->ifname,
						   path->local, path->gateway, path->prefix,
						   path->metric) > 0);
	}
	else
	{
		ck_assert(asprintf(&str, "%s %H /%d %u", path->ifname, path->local,
						   path->prefix, path->metric) > 0);
	}
	return str;
}

/**
 * Compare two paths by uplink, then by which local address and next hop that
 * prefers
 */
static int compare_paths(const void *a, const void *b, void *null)
{
	const mobility_path_t *pa = a, *pb = b;

	return (pa->ifindex - pb->ifindex) ?: (pa->order - pb->order) ?:
		   (pa->hop - pb->hop);
}

/**
 * Check the paths of each uplink, or only the one that it prefers
 */
static void assert_paths(char *peer, const char *expected, char *excluded,
						 bool all)
{
	char buf[1024] = "", *str;
	mobility_path_t *path;
	array_t *paths;
	host_t *host;
	int i;

	host = host_create_from_string(peer, 4500);
	paths = array_create(0, 0);
	uplinks->get_paths(uplinks, host, uplinks_filter, uplinks_is_vip, excluded,
					   paths);
	array_sort(paths, compare_paths, NULL);
	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		ck_assert(path->remote->ip_equals(path->remote, host));
		/* what is good enough to be chosen is good enough to stay */
		ck_assert(uplinks->is_usable(uplinks, path));
		if (all || (!path->order && !path->hop))
		{
			str = uplinks_print(path);
			snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), "%s%s",
					 *buf ? ", " : "", str);
			free(str);
		}
	}
	ck_assert_str_eq(buf, expected);
	mobility_paths_destroy(paths);
	host->destroy(host);
}

/*
 * Described in header
 */
void uplinks_assert_filtered(char *peer, const char *expected,
							 char *excluded)
{
	assert_paths(peer, expected, excluded, FALSE);
}

/*
 * Described in header
 */
void uplinks_assert_all(char *peer, const char *expected, char *excluded)
{
	assert_paths(peer, expected, excluded, TRUE);
}

/*
 * Described in header
 */
void uplinks_assert(char *peer, const char *expected)
{
	uplinks_assert_filtered(peer, expected, NULL);
}

/*
 * Described in header
 */
void uplinks_assert_found(char *local, char *remote, const char *expected)
{
	host_t *src, *dst;
	mobility_path_t *path;
	char *str;

	src = host_create_from_string(local, 500);
	dst = host_create_from_string(remote, 500);
	path = uplinks->find_path(uplinks, src, dst);
	str = uplinks_print(path);
	ck_assert_str_eq(str, expected);
	free(str);
	mobility_path_destroy(path);
	src->destroy(src);
	dst->destroy(dst);
}

/*
 * Described in header
 */
void uplinks_assert_described(const char *ifname, const char *expected)
{
	ck_assert_str_eq(uplinks->describe(uplinks, ifname), expected);
}

/*
 * Described in header
 */
void uplinks_resync(mobility_change_t expected)
{
	feed(NONE, "link add 1 lo loopback running oper 0");
	feed(NONE, "link add 2 eth0 running");
	feed(NONE, "link add 3 wlan0 running");
	feed(NONE, "addr add 127.0.0.1/8 dev 1 scope 254");
	feed(NONE, "addr add ::1/128 dev 1 scope 254");
	feed(NONE, "addr add 10.1.0.2/24 dev 2");
	feed(NONE, "addr add 10.2.0.2/24 dev 3");
	feed(NONE, "addr add 2001:db8:1::2/64 dev 2");
	feed(NONE, "addr add 2001:db8:2::2/64 dev 3");
	feed(NONE, "route add 10.1.0.0/24 dev 2 metric 100 src 10.1.0.2");
	feed(NONE, "route add 10.2.0.0/24 dev 3 metric 600 src 10.2.0.2");
	feed(NONE, "route add default via 10.1.0.1 dev 2 metric 100");
	feed(NONE, "route add default via 10.2.0.1 dev 3 metric 600");
	feed(NONE, "route add 2001:db8:1::/64 dev 2 metric 100");
	feed(NONE, "route add 2001:db8:2::/64 dev 3 metric 600");
	feed(NONE, "route add default inet6 via fe80::1 dev 2 metric 100");
	feed(NONE, "route add default inet6 via fe80::1 dev 3 metric 600");
	feed(NONE, "rule add lookup 255");
	feed(NONE, "rule add pref 32766 lookup 254");
	feed(NONE, "rule add pref 32767 lookup 253");
	feed(NONE, "rule add inet6 lookup 255");
	feed(NONE, "rule add inet6 pref 32766 lookup 254");
	ck_assert_int_eq(uplinks->sync_end(uplinks), expected);
	uplinks_assert(PEER, ETH ", " WLAN);
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
}
