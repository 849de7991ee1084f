/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "uplinks_fixture.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

START_TEST(test_route_storm)
{
	feed(NONE, "route add default via 10.1.0.1 dev 2 metric 100");
	feed(NONE, "route add default via 10.1.0.1 dev 2 metric 100 replace");
	feed(NONE, "route add default via 10.1.0.1 dev 2 metric 100 linkdown");
	feed(NONE, "route add default inet6 via fe80::1 dev 2 metric 100 "
		 "expires 1800");
	feed(NONE, "route add default inet6 via fe80::1 dev 2 metric 100 "
		 "expires 1700 replace");
	/* not for us */
	feed(NONE, "route add 192.0.2.1/32 dev 2 cloned");
	feed(NONE, "route add 192.0.2.0/24 dev 2 tos 16");
	feed(NONE, "route add 224.0.0.0/4 dev 2");
	feed(NONE, "route add ff00::/8 dev 2");
	feed(NONE, "route add fe80::/64 dev 2");
	feed(NONE, "route add 192.0.2.0/24 dev 2 table 220");
	feed(TUNNEL, "route del 192.0.2.0/24 dev 2 table 220");
	feed(NONE, "route add 192.0.2.0/44 dev 2");
	uplinks_assert(PEER, ETH ", " WLAN);
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	/* removing a variant */
	feed(NONE, "route del default via 10.1.0.1 dev 2 metric 101");
	feed(NONE, "route del default via 10.1.0.2 dev 2 metric 100");
	uplinks_assert(PEER, ETH ", " WLAN);
}
END_TEST

START_TEST(test_route_metrics)
{
	host_t *local, *peer;
	mobility_path_t *path;

	/* what a route says about packets is its path's, and so is what it says
	 * instead later, but it is no other path */
	local = host_create_from_string("10.1.0.2", 0);
	peer = host_create_from_string(PEER, 0);
	path = uplinks->find_path(uplinks, local, peer);
	ck_assert_int_eq(path->metrics.values[RTAX_MTU], 0);
	feed(ROUTE, "route add default via 10.1.0.1 dev 2 metric 100 mtu 1300 "
		 "replace");
	ck_assert(uplinks->is_usable(uplinks, path));
	ck_assert_int_eq(path->metrics.values[RTAX_MTU], 1300);
	uplinks_assert(PEER, ETH ", " WLAN);
	feed(NONE, "route add default via 10.1.0.1 dev 2 metric 100 mtu 1300 "
		 "replace");
	feed(ROUTE, "route add default via 10.1.0.1 dev 2 metric 100 advmss 900 "
		 "replace");
	ck_assert(uplinks->is_usable(uplinks, path));
	ck_assert_int_eq(path->metrics.values[RTAX_MTU], 0);
	ck_assert_int_eq(path->metrics.values[RTAX_ADVMSS], 900);
	/* of all next hops */
	feed(ROUTE, "route add 192.0.2.0/24 mtu 1400 nexthop via 10.1.0.7 dev 2 "
		 "nexthop via 10.2.0.7 dev 3");
	ck_assert(uplinks->is_usable(uplinks, path));
	ck_assert_int_eq(path->metrics.values[RTAX_MTU], 1400);
	ck_assert_int_eq(path->metrics.values[RTAX_ADVMSS], 0);
	/* it is known by all else when it goes */
	feed(ROUTE, "route del 192.0.2.0/24 nexthop via 10.1.0.7 dev 2 nexthop "
		 "via 10.2.0.7 dev 3");
	ck_assert(uplinks->is_usable(uplinks, path));
	ck_assert_int_eq(path->metrics.values[RTAX_MTU], 0);
	mobility_path_destroy(path);
	local->destroy(local);
	peer->destroy(peer);
}
END_TEST

START_TEST(test_route_order)
{
	/* longest prefix, then lowest metric */
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.3 dev 2 metric 900");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.3 /24 900, " WLAN);
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.4 dev 2 metric 800");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.4 /24 800, " WLAN);
	feed(ROUTE, "route add 192.0.2.1/32 via 10.2.0.5 dev 3 metric 5000");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.4 /24 800, "
				   "wlan0 10.2.0.2 via 10.2.0.5 /32 5000");
	feed(ROUTE, "route del 192.0.2.1/32 via 10.2.0.5 dev 3 metric 5000");
	feed(ROUTE, "route del 192.0.2.0/24 via 10.1.0.4 dev 2 metric 800");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.3 /24 900, " WLAN);
	feed(ROUTE, "route del 192.0.2.0/24 via 10.1.0.3 dev 2 metric 900");
	feed(ROUTE, "route del default via 10.1.0.1 dev 2 metric 100");
	uplinks_assert(PEER, WLAN);
	/* odd prefix lengths */
	feed(ROUTE, "route add 192.0.0.0/13 via 10.1.0.13 dev 2");
	feed(ROUTE, "route add 192.8.0.0/13 via 10.1.0.14 dev 2");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.13 /13 0, " WLAN);
}
END_TEST

/**
 * Check from which addresses packets to anywhere leave by another uplink
 */
static void assert_diverted(int family, const char *expected)
{
	char buf[256] = "";
	mobility_path_t *path;
	array_t *paths;
	host_t *any;

	paths = array_create(0, 0);
	any = host_create_any(family);
	uplinks->get_paths(uplinks, any, NULL, NULL, NULL, paths);
	while (array_remove(paths, ARRAY_HEAD, &path))
	{
		if (path->diverted)
		{
			snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), "%s%H",
					 *buf ? " " : "", path->local);
		}
		mobility_path_destroy(path);
	}
	ck_assert_str_eq(buf, expected);
	array_destroy(paths);
	any->destroy(any);
}

START_TEST(test_diverted)
{
	assert_diverted(AF_INET, "10.2.0.2");
	assert_diverted(AF_INET6, "2001:db8:2::2");
	/* rules see to it: by the address, not by what sockets are bound to */
	feed(ROUTE, "route add default via 10.2.0.7 dev 3 table 7");
	feed(RULE, "rule add pref 50 oif wlan0 lookup 7");
	assert_diverted(AF_INET, "10.2.0.2");
	feed(RULE, "rule add pref 60 from 10.2.0.2/32 lookup 7");
	assert_diverted(AF_INET, "");
	feed(RULE, "rule del pref 60 from 10.2.0.2/32 lookup 7");
	/* the other way round */
	feed(RULE, "rule add pref 60 from 10.1.0.0/24 lookup 7");
	assert_diverted(AF_INET, "10.1.0.2 10.2.0.2");
	feed(RULE, "rule del pref 60 from 10.1.0.0/24 lookup 7");
	/* none may leave (7 is unreachable) */
	feed(RULE, "rule add pref 70 action 7");
	assert_diverted(AF_INET, "");
	feed(RULE, "rule del pref 70 action 7");
	feed(ROUTE, "route del default via 10.1.0.1 dev 2 metric 100");
	assert_diverted(AF_INET, "");
}
END_TEST

/**
 * Check which interface has an address of this host
 */
static void assert_owner(char *address, const char *expected)
{
	const char *owner;
	host_t *host;

	host = host_create_from_string(address, 0);
	owner = uplinks->get_owner(uplinks, host);
	ck_assert_str_eq(owner ?: "none", expected);
	host->destroy(host);
}

START_TEST(test_own_address)
{
	/* an address that the peer has: packets to it stay here, whatever way out
	 * there is (types: 2 local, 3 broadcast, 4 anycast) */
	feed(ADDR, "addr add 192.0.2.1/24 dev 3");
	feed(ROUTE, "route add 192.0.2.0/24 dev 3 src 192.0.2.1 proto 2");
	assert_owner(PEER, "none");
	feed(ROUTE, "route add 192.0.2.1/32 dev 3 table 255 type 2 src 192.0.2.1 "
		 "proto 2");
	feed(ROUTE, "route add 192.0.2.255/32 dev 3 table 255 type 3 "
		 "src 192.0.2.1 proto 2");
	uplinks_assert(PEER, "");
	uplinks_assert_found("10.1.0.2", PEER, "eth0 10.1.0.2 /0 4294967295");
	assert_owner(PEER, "wlan0");
	/* also while that is down, when packets to all hosts leave again */
	uplinks_assert("192.0.2.255", "");
	assert_owner("192.0.2.255", "none");
	feed(LINK | STALE, "link add 3 wlan0 oper 2");
	feed(ROUTE, "route del 192.0.2.255/32 dev 3 table 255 type 3 "
		 "src 192.0.2.1 proto 2");
	uplinks_assert(PEER, "");
	assert_owner(PEER, "wlan0");
	uplinks_assert("192.0.2.255", ETH);
	feed(ROUTE, "route del 192.0.2.1/32 dev 3 table 255 type 2 src 192.0.2.1 "
		 "proto 2");
	uplinks_assert(PEER, ETH);
	assert_owner(PEER, "none");
	/* rules may come first */
	feed(ROUTE, "route add 192.0.2.0/24 dev 1 table 255 type 2 proto 4");
	assert_owner(PEER, "lo");
	uplinks_assert(PEER, "");
	feed(RULE, "rule add pref 0 to 192.0.2.1/32 lookup 254");
	uplinks_assert(PEER, "");
	feed(RULE, "rule del lookup 255");
	uplinks_assert(PEER, ETH);
	/* routes to nobody else are none */
	feed(ROUTE, "route del 10.1.0.0/24 dev 2 metric 100 src 10.1.0.2");
	feed(ROUTE, "route del default via 10.1.0.1 dev 2 metric 100");
	feed(ROUTE, "route del 2001:db8:1::/64 dev 2 metric 100");
	feed(ROUTE, "route del default inet6 via fe80::1 dev 2 metric 100");
	feed(ROUTE, "route add 10.1.0.2/32 dev 2 table 255 type 2 proto 2");
	uplinks_assert_described("eth0", "no route");
}
END_TEST

START_TEST(test_own_address6)
{
	feed(ROUTE, "route add 2001:db8:f::1/128 dev 3 table 255 type 2 proto 2");
	uplinks_assert(PEER6, "");
	assert_owner(PEER6, "wlan0");
	feed(ROUTE, "route del 2001:db8:f::1/128 dev 3 table 255 type 2 proto 2");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	/* of a router */
	feed(ROUTE, "route add 2001:db8:f::1/128 dev 3 table 255 type 4 proto 2");
	uplinks_assert(PEER6, "");
	assert_owner(PEER6, "none");
	feed(ROUTE, "route del 2001:db8:f::1/128 dev 3 table 255 type 4 proto 2");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	/* other addresses of a link do not concern peers */
	feed(NONE, "route add fe80::2/128 dev 2 table 255 type 2 proto 2");
	feed(NONE, "route add ff00::/8 dev 2 table 255 type 5 proto 2");
}
END_TEST

START_TEST(test_next_hops)
{
	/* a second router, a third one, and of each next hop the best route */
	feed(ROUTE, "route add default via 10.1.0.9 dev 2 metric 200");
	feed(ROUTE, "route add default via 10.1.0.7 dev 2 metric 50");
	feed(ROUTE, "route add default via 10.1.0.9 dev 2 metric 300");
	uplinks_assert_all(PEER, "eth0 10.1.0.2 via 10.1.0.7 /0 50, " ETH
					   ", eth0 10.1.0.2 via 10.1.0.9 /0 200, " WLAN, NULL);
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.7 /0 50, " WLAN);
	/* no routers to what is on-link, nor without a router where there is one */
	uplinks_assert_all("10.1.0.77", "eth0 10.1.0.2 /24 100, " WLAN, NULL);
	feed(ROUTE, "route add default dev 2 metric 70");
	uplinks_assert_all(PEER, "eth0 10.1.0.2 via 10.1.0.7 /0 50, " WLAN, NULL);
	feed(ROUTE, "route del default dev 2 metric 70");
	/* as many as it takes to find one that works, but no more */
	feed(ROUTE, "route add default via 10.1.0.4 dev 2 metric 400");
	feed(ROUTE, "route add default via 10.1.0.5 dev 2 metric 500");
	uplinks_assert_all(PEER, "eth0 10.1.0.2 via 10.1.0.7 /0 50, " ETH
					   ", eth0 10.1.0.2 via 10.1.0.9 /0 200, "
					   "eth0 10.1.0.2 via 10.1.0.4 /0 400, " WLAN, NULL);
	/* what is more specific says where the peer is, others do not count */
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.1 dev 2");
	uplinks_assert_all(PEER, "eth0 10.1.0.2 via 10.1.0.1 /24 0, " WLAN, NULL);
}
END_TEST

START_TEST(test_next_hops_legs)
{
	/* legs of one route, as long as their link is there */
	feed(ROUTE, "route add default metric 10 nexthop via 10.1.0.3 dev 2 "
		 "nexthop via 10.1.0.4 dev 2 dead nexthop via 10.2.0.1 dev 3");
	uplinks_assert_all(PEER, "eth0 10.1.0.2 via 10.1.0.3 /0 10, " ETH
					   ", wlan0 10.2.0.2 via 10.2.0.1 /0 10", NULL);
	/* routers of one link, which are legs to the kernel as well */
	feed(ROUTE, "route add default inet6 via fe80::2 dev 2 metric 100");
	uplinks_assert_all(PEER6, ETH6
					   ", eth0 2001:db8:1::2 via fe80::2 /0 100, " WLAN6, NULL);
	/* of each address of theirs */
	feed(ADDR, "addr add 2001:db8:1::7/64 dev 2");
	uplinks_assert_all(PEER6, ETH6
					   ", eth0 2001:db8:1::2 via fe80::2 /0 100, "
					   "eth0 2001:db8:1::7 via fe80::1 /0 100, "
					   "eth0 2001:db8:1::7 via fe80::2 /0 100, " WLAN6, NULL);
}
END_TEST

START_TEST(test_next_hops_rules)
{
	/* what a rule leads to is all there is, what follows is not for this flow */
	feed(RULE, "rule add pref 10 from 10.1.0.2/32 lookup 77");
	feed(ROUTE, "route add default via 10.1.0.7 dev 2 table 77");
	uplinks_assert_all(PEER, "eth0 10.1.0.2 via 10.1.0.7 /0 0, " WLAN, NULL);
	feed(ROUTE, "route add default via 10.1.0.8 dev 2 table 77 metric 9");
	uplinks_assert_all(PEER, "eth0 10.1.0.2 via 10.1.0.7 /0 0, "
					   "eth0 10.1.0.2 via 10.1.0.8 /0 9, " WLAN, NULL);
	/* nor does anything lead past what says that nobody is there */
	feed(ROUTE, "route add default table 77 metric 5 type 7");
	uplinks_assert_all(PEER, "eth0 10.1.0.2 via 10.1.0.7 /0 0, " WLAN, NULL);
}
END_TEST

START_TEST(test_route_preference)
{
	/* router preferences (RFC 4191) of equal metric */
	feed(ROUTE, "route add default inet6 via fe80::3 dev 2 metric 100 pref 3");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	feed(ROUTE, "route add default inet6 via fe80::2 dev 2 metric 100 pref 1");
	uplinks_assert(PEER6, "eth0 2001:db8:1::2 via fe80::2 /0 100, " WLAN6);
	feed(ROUTE, "route add default inet6 via fe80::2 dev 2 metric 100 pref 3");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	feed(NONE, "route add default inet6 via fe80::2 dev 2 metric 100 pref 3");
}
END_TEST

START_TEST(test_route_replace)
{
	/* no message tells that the old one is gone */
	feed(ROUTE, "route add default via 10.1.0.9 dev 2 metric 100 replace");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.9 /0 100, " WLAN);
	feed(ROUTE, "route del default via 10.1.0.9 dev 2 metric 100");
	uplinks_assert(PEER, WLAN);
	feed(ROUTE, "route add default inet6 via fe80::9 dev 2 metric 100 replace");
	uplinks_assert(PEER6, "eth0 2001:db8:1::2 via fe80::9 /0 100, " WLAN6);
	/* to another uplink */
	feed(ROUTE, "route add default inet6 via fe80::9 dev 3 metric 100 replace");
	uplinks_assert(PEER6, "wlan0 2001:db8:2::2 via fe80::9 /0 100");
	/* of several IPv4 routes with the same metric only the first */
	feed(ROUTE, "route add default via 10.1.0.1 dev 2 metric 100");
	feed(ROUTE, "route add default via 10.1.0.2 dev 2 metric 100");
	feed(ROUTE, "route add default via 10.2.0.9 dev 3 metric 100 replace");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.2 /0 100, "
				   "wlan0 10.2.0.2 via 10.2.0.9 /0 100");
	/* a preferred source is part of what is replaced */
	feed(ADDR, "addr add 10.2.0.3/24 dev 3 secondary");
	feed(ROUTE, "route add default via 10.2.0.9 dev 3 metric 100 src 10.2.0.3 "
		 "replace");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.2 /0 100, "
				   "wlan0 10.2.0.3 via 10.2.0.9 /0 100");
}
END_TEST

START_TEST(test_route_multipath)
{
	feed(ROUTE, "route add 192.0.2.0/24 metric 50 nexthop via 10.1.0.1 dev 2 "
		 "nexthop via 10.2.0.1 dev 3");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.1 /24 50, "
				   "wlan0 10.2.0.2 via 10.2.0.1 /24 50");
	feed(NONE, "route add 192.0.2.0/24 metric 50 nexthop via 10.1.0.1 dev 2 "
		 "nexthop via 10.2.0.1 dev 3");
	/* one of them is gone, the route stays */
	feed(ROUTE, "route add 192.0.2.0/24 metric 50 nexthop via 10.1.0.1 dev 2 "
		 "dead nexthop via 10.2.0.1 dev 3");
	uplinks_assert(PEER, ETH ", wlan0 10.2.0.2 via 10.2.0.1 /24 50");
	feed(ROUTE, "route add 192.0.2.0/24 metric 50 nexthop via 10.1.0.1 dev 2 "
		 "nexthop via 10.2.0.1 dev 3");
	feed(ROUTE, "route add 192.0.2.0/24 metric 50 replace "
		 "nexthop via 10.1.0.7 dev 2 nexthop via 10.2.0.1 dev 3");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.7 /24 50, "
				   "wlan0 10.2.0.2 via 10.2.0.1 /24 50");
	feed(ROUTE, "route del 192.0.2.0/24 metric 50 nexthop via 10.1.0.7 dev 2 "
		 "nexthop via 10.2.0.1 dev 3");
	uplinks_assert(PEER, ETH ", " WLAN);
	/* next hops of IPv6 routes come and go one by one */
	feed(ROUTE, "route add 2001:db8:f::/48 metric 7 nexthop via fe80::1 dev 2");
	feed(ROUTE, "route add 2001:db8:f::/48 metric 7 nexthop via fe80::1 dev 2 "
		 "nexthop via fe80::2 dev 3");
	feed(ROUTE, "route del 2001:db8:f::/48 metric 7 via fe80::1 dev 2");
	uplinks_assert(PEER6, ETH6 ", wlan0 2001:db8:2::2 via fe80::2 /48 7");
}
END_TEST

START_TEST(test_route_nexthops)
{
	/* IPv4 over an IPv6 next hop, next hop objects, none at all */
	feed(ROUTE, "route add 192.0.2.0/24 via fe80::5 dev 2");
	uplinks_assert(PEER, "eth0 10.1.0.2 via fe80::5 /24 0, " WLAN);
	feed(ROUTE, "route add 192.0.2.0/25 via 10.1.0.5 dev 2 nhid 17");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.5 /25 0, " WLAN);
	feed(ROUTE, "route add 192.0.2.0/26 nhid 18");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.5 /25 0, " WLAN);
	feed(ROUTE, "route add 192.0.2.0/27 via 0.0.0.0 dev 2");
	uplinks_assert(PEER, "eth0 10.1.0.2 /27 0, " WLAN);
	feed(ROUTE, "route add 192.0.2.0/28 via 10.1.0.5 dev 2 dead");
	uplinks_assert(PEER, "eth0 10.1.0.2 /27 0, " WLAN);
	/* IPv4 over IPv4 in the wrong attribute makes no sense */
	feed(ROUTE, "route add 2001:db8:f::/64 via 10.1.0.5 dev 2");
	uplinks_assert(PEER6, "eth0 2001:db8:1::2 /64 0, " WLAN6);
}
END_TEST

START_TEST(test_route_nexthop_objects)
{
	/* routes go with the object, which the kernel does not tell */
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.5 dev 2 nhid 17");
	feed(NONE, "nexthop add 17");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.5 /24 0, " WLAN);
	feed(STALE, "nexthop del 17");
}
END_TEST

START_TEST(test_route_multipath_replace)
{
	/* replaced by a part of itself */
	feed(ROUTE, "route add 192.0.2.0/24 metric 50 nexthop via 10.1.0.1 dev 2 "
		 "nexthop via 10.2.0.1 dev 3");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.1 /24 50, wlan0 10.2.0.2 "
				   "via 10.2.0.1 /24 50");
	feed(ROUTE, "route add 192.0.2.0/24 metric 50 via 10.1.0.1 dev 2 replace");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.1 /24 50, " WLAN);
	feed(ROUTE, "route del 192.0.2.0/24 metric 50 via 10.1.0.1 dev 2");
	uplinks_assert(PEER, ETH ", " WLAN);
}
END_TEST

START_TEST(test_route_source_specific)
{
	feed(ROUTE, "route add 2001:db8:f::/64 via fe80::7 dev 2 "
		 "from 2001:db8:7::/64");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	feed(ADDR, "addr add 2001:db8:7::2/64 dev 2");
	feed(ADDR, "addr add 2001:db8:1::2/64 dev 2 deprecated");
	uplinks_assert(PEER6, "eth0 2001:db8:7::2 via fe80::7 /64 0, " WLAN6);
	feed(ROUTE, "route del 2001:db8:f::/64 via fe80::7 dev 2 "
		 "from 2001:db8:7::/64");
	uplinks_assert(PEER6, "eth0 2001:db8:7::2 via fe80::1 /0 100, " WLAN6);
}
END_TEST

START_TEST(test_route_unreachable)
{
	static const int types[] = {
		RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT,
	};
	int i;

	for (i = 0; i < countof(types); i++)
	{
		feed(ROUTE, "route add 192.0.2.0/24 type %d", types[i]);
		uplinks_assert(PEER, "");
		uplinks_assert("192.0.3.1", ETH ", " WLAN);
		/* a longer prefix gets around it */
		feed(ROUTE, "route add 192.0.2.1/32 via 10.2.0.7 dev 3");
		uplinks_assert(PEER, "wlan0 10.2.0.2 via 10.2.0.7 /32 0");
		feed(ROUTE, "route del 192.0.2.1/32 via 10.2.0.7 dev 3");
		feed(ROUTE, "route del 192.0.2.0/24 type %d", types[i]);
		/* a fallback of the worst metric does not matter, of the best does */
		feed(ROUTE, "route add default type %d metric 4294967295", types[i]);
		uplinks_assert(PEER, ETH ", " WLAN);
		feed(ROUTE, "route add default type %d metric 200", types[i]);
		uplinks_assert(PEER, ETH);
		feed(ROUTE, "route del default type %d metric 200", types[i]);
		feed(ROUTE, "route del default type %d metric 4294967295", types[i]);
	}
	/* as kernels list their own for IPv6 */
	feed(ROUTE, "route add default inet6 dev 1 type 7 metric 4294967295");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	uplinks_assert(PEER, ETH ", " WLAN);
	/* on with the next table */
	feed(RULE, "rule add pref 100 lookup 100");
	feed(ROUTE, "route add 192.0.2.0/24 type 9 table 100");
	feed(ROUTE, "route add default via 10.1.0.100 dev 2 table 100");
	uplinks_assert(PEER, ETH ", " WLAN);
	uplinks_assert("192.0.3.1", "eth0 10.1.0.2 via 10.1.0.100 /0 0, " WLAN);
}
END_TEST

START_TEST(test_rules_from)
{
	/* a table for each uplink, and nothing in main */
	feed(ROUTE, "route del default via 10.1.0.1 dev 2 metric 100");
	feed(ROUTE, "route del default via 10.2.0.1 dev 3 metric 600");
	uplinks_assert(PEER, "");
	feed(RULE, "rule add pref 1001 from 10.1.0.0/24 lookup 1001");
	feed(RULE, "rule add pref 1002 from 10.2.0.2 lookup 1002");
	feed(ROUTE, "route add default via 10.1.0.254 dev 2 table 1001 metric 7");
	feed(ROUTE, "route add default via 10.2.0.254 dev 3 table 1002");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.254 /0 7, "
				   "wlan0 10.2.0.2 via 10.2.0.254 /0 0");
	uplinks_assert_found("10.1.0.2", PEER, "eth0 10.1.0.2 via 10.1.0.254 /0 7");
	/* an address none of the rules is about */
	feed(ADDR, "addr add 10.9.0.2/24 dev 2");
	uplinks_assert_found("10.9.0.2", PEER, "eth0 10.9.0.2 /0 4294967295");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.254 /0 7, "
				   "wlan0 10.2.0.2 via 10.2.0.254 /0 0");
	/* is not chosen even if it would be preferred */
	feed(ADDR, "addr add 10.1.0.2/24 dev 2 deprecated");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.254 /0 7, "
				   "wlan0 10.2.0.2 via 10.2.0.254 /0 0");
	/* a route only found with the address may ask for another one */
	feed(ADDR, "addr add 10.1.0.9/24 dev 2 secondary");
	feed(ROUTE, "route add default via 10.1.0.254 dev 2 table 1001 metric 7 "
		 "src 10.1.0.9 replace");
	uplinks_assert(PEER, "eth0 10.1.0.9 via 10.1.0.254 /0 7, "
				   "wlan0 10.2.0.2 via 10.2.0.254 /0 0");
	/* main comes later */
	feed(ROUTE, "route add default via 10.2.0.1 dev 3 metric 600");
	uplinks_assert("10.2.0.3", "eth0 10.1.0.9 via 10.1.0.254 /0 7, "
				   "wlan0 10.2.0.2 via 10.2.0.254 /0 0");
}
END_TEST

START_TEST(test_rules_to)
{
	feed(RULE, "rule add pref 100 to 192.0.2.0/24 lookup 100");
	uplinks_assert(PEER, ETH ", " WLAN);
	feed(ROUTE, "route add default via 10.1.0.7 dev 2 table 100");
	/* what is found first for an uplink counts, others don't hide it */
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.7 /0 0, " WLAN);
	uplinks_assert("192.0.3.1", ETH ", " WLAN);
	feed(RULE, "rule del pref 100 to 192.0.2.0/24 lookup 100");
	uplinks_assert(PEER, ETH ", " WLAN);
	feed(RULE, "rule add pref 100 to 2001:db8:f::/48 lookup 100");
	feed(ROUTE, "route add default inet6 via fe80::7 dev 3 table 100");
	uplinks_assert(PEER6, ETH6 ", wlan0 2001:db8:2::2 via fe80::7 /0 0");
	/* large table numbers */
	feed(RULE, "rule add pref 99 to 192.0.2.0/24 lookup 100000");
	feed(ROUTE, "route add default via 10.1.0.8 dev 2 table 100000");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.8 /0 0, " WLAN);
}
END_TEST

START_TEST(test_rules_selectors)
{
	static const struct {
		const char *selector;
		bool matches;
		bool inverted;
	} tests[] = {
		{ "", TRUE, FALSE },
		{ "iif lo", TRUE, FALSE },
		{ "iif eth0", FALSE, TRUE },
		{ "oif eth0", TRUE, FALSE },
		{ "oif wlan0", FALSE, TRUE },
		{ "fwmark 5", FALSE, TRUE },
		{ "fwmark 0", TRUE, FALSE },
		{ "fwmark 5 fwmask 0xff", FALSE, TRUE },
		{ "fwmark 0x500 fwmask 0xff", TRUE, FALSE },
		{ "fwmark 0 fwmask 0xff", TRUE, FALSE },
		{ "uidrange 0", TRUE, FALSE },
		{ "uidrange 1000", FALSE, TRUE },
		{ "tos 16", FALSE, TRUE },
		{ "tun_id 5", FALSE, TRUE },
		{ "l3mdev", FALSE, TRUE },
		{ "from 10.1.0.2", TRUE, FALSE },
		{ "from 10.1.0.3", FALSE, TRUE },
		/* what is true for some packets of a path only is not for us, nor is
		 * what we don't know */
		{ "ipproto 17", FALSE, FALSE },
		{ "sport", FALSE, FALSE },
		{ "attr 25", FALSE, FALSE },
	};
	int i;

	feed(ROUTE, "route add default via 10.1.0.7 dev 2 table 100");
	for (i = 0; i < countof(tests); i++)
	{
		feed(RULE, "rule add pref 100 lookup 100 %s", tests[i].selector);
		uplinks_assert(PEER, tests[i].matches ?
					   "eth0 10.1.0.2 via 10.1.0.7 /0 0, " WLAN :
					   ETH ", " WLAN);
		feed(NONE, "rule add pref 100 lookup 100 %s", tests[i].selector);
		feed(RULE, "rule del pref 100 lookup 100 %s", tests[i].selector);

		feed(RULE, "rule add not pref 100 lookup 100 %s", tests[i].selector);
		uplinks_assert(PEER, tests[i].inverted ?
					   "eth0 10.1.0.2 via 10.1.0.7 /0 0, " WLAN :
					   ETH ", " WLAN);
		feed(NONE, "rule del pref 100 lookup 100 %s", tests[i].selector);
		feed(RULE, "rule del not pref 100 lookup 100 %s", tests[i].selector);
	}
	uplinks_assert(PEER, ETH ", " WLAN);
}
END_TEST

START_TEST(test_rules_wg_quick)
{
	/* what wg-quick sets up for a full tunnel, that is not over ours */
	feed(LINK | STALE, "link add 7 wg0 running oper 0 kind wireguard");
	feed(ADDR | STALE, "addr add 10.200.0.2/32 dev 7");
	feed(ROUTE, "route add default dev 7 table 51820");
	feed(RULE, "rule add not pref 32765 fwmark 51820 lookup 51820 "
		 "suppress_prefixlength 4294967295");
	feed(RULE, "rule add pref 32764 lookup 254 suppress_prefixlength 0");
	uplinks_assert(PEER, ETH ", " WLAN ", wg0 10.200.0.2 /0 0");
	/* unless somebody knows better, nobody knows where it leads */
	uplinks_assert_filtered(PEER, ETH ", " WLAN, "tunnels");
	/* specific routes in main are found there by the first rule */
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.3 dev 2");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.3 /24 0, " WLAN
				   ", wg0 10.200.0.2 /0 0");
}
END_TEST

START_TEST(test_rules_tailscale)
{
	/* an exit node of Tailscale, whose own packets are marked */
	feed(LINK | STALE, "link add 7 tailscale0 running oper 0 kind tun");
	feed(ADDR | STALE, "addr add 100.64.0.2/32 dev 7");
	feed(ROUTE, "route add default dev 7 table 52");
	feed(RULE, "rule add pref 5210 fwmark 0x80000 fwmask 0xff0000 lookup 254");
	feed(RULE, "rule add pref 5230 fwmark 0x80000 fwmask 0xff0000 lookup 253");
	feed(RULE, "rule add pref 5250 fwmark 0x80000 fwmask 0xff0000 action 7");
	feed(RULE, "rule add pref 5270 lookup 52");
	uplinks_assert_filtered(PEER, ETH ", " WLAN, "tunnels");
	/* that node lets nothing by, but for its own */
	feed(ROUTE, "route add default table 52 type 7 metric 9");
	uplinks_assert_filtered(PEER, "", "tunnels");
	uplinks->set_pin_priority(uplinks, 219, FALSE);
	uplinks_assert_filtered(PEER, ETH ", " WLAN, "tunnels");
	ck_assert_uint_eq(uplinks->get_pin_priority(uplinks), 219);
}
END_TEST

/**
 * Check if nothing leaves over a path without a pin
 */
static bool is_closed()
{
	host_t *local = host_create_from_string("10.1.0.2", 0);
	host_t *peer = host_create_from_string(PEER, 0);
	mobility_path_t *path;
	bool closed;

	path = uplinks->find_path(uplinks, local, peer);
	closed = path->closed;
	path->closed = !closed;
	ck_assert(uplinks->is_usable(uplinks, path));
	ck_assert(path->closed == closed);
	mobility_path_destroy(path);
	local->destroy(local);
	peer->destroy(peer);
	return closed;
}

START_TEST(test_rules_passed)
{
	static const char *kill[] = {
		"pref %d lookup 100", "pref %d not fwmark 51820 lookup 100",
		"pref %d action 6", "pref %d action 7", "pref %d action 8",
		"pref %d iif lo action 7",
	}, *meant[] = {
		"pref 10 from 10.0.0.0/8 lookup 100", "pref 10 to 192.0.2.1 action 7",
		"pref 10 lookup 101", "pref 10 from 0.0.0.0/1 action 8",
	};
	char buf[64];
	int i;

	feed(ROUTE, "route add default type 7 table 100 metric 9");
	feed(ROUTE, "route add 192.0.2.0/24 type 7 table 101");
	for (i = 0; i < countof(kill); i++)
	{
		snprintf(buf, sizeof(buf), kill[i], 300);
		feed(RULE, "rule add %s", buf);
		uplinks_assert(PEER, "");
		/* pins pass it if they come before it */
		uplinks->set_pin_priority(uplinks, 300, TRUE);
		uplinks_assert(PEER, "");
		uplinks->set_pin_priority(uplinks, 299, TRUE);
		uplinks_assert(PEER, ETH ", " WLAN);
		ck_assert(is_closed());
		uplinks->set_pin_priority(uplinks, 400, FALSE);
		uplinks_assert(PEER, ETH ", " WLAN);
		ck_assert_uint_eq(uplinks->get_pin_priority(uplinks), 298);
		feed(RULE, "rule del %s", buf);
		ck_assert(!is_closed());
		ck_assert_uint_eq(uplinks->get_pin_priority(uplinks), 400);
		uplinks->set_pin_priority(uplinks, UINT32_MAX, TRUE);
	}
	/* but nothing that is about the peer, or about us */
	uplinks->set_pin_priority(uplinks, 219, FALSE);
	for (i = 0; i < countof(meant); i++)
	{
		feed(RULE, "rule add %s", meant[i]);
		uplinks_assert(PEER, "");
		feed(RULE, "rule del %s", meant[i]);
	}
	/* and not that there is no route at all */
	feed(ROUTE, "route add default type 7 metric 1");
	uplinks_assert(PEER, "");
}
END_TEST

START_TEST(test_rules_front)
{
	static const char *others[] = {
		"pref 218 fwmark 1 lookup 254", "pref 218 from 10.1.0.2 lookup 254",
		"pref 218 to 192.0.2.1 lookup 254", "pref 218 lookup 255",
		"pref 218 oif eth0 lookup 254", "pref 218 iif eth0 lookup 254",
		"pref 218 ipproto 6 lookup 254", "pref 218 tos 4 lookup 254",
		"pref 218 l3mdev", "pref 218 action 3", "pref 220 lookup 254",
		"pref 1 lookup 254", "pref 0 lookup 254", "not pref 218 lookup 254",
	};
	int i;

	ck_assert_uint_eq(uplinks->get_pin_priority(uplinks), 0);
	uplinks->set_pin_priority(uplinks, 219, FALSE);
	ck_assert_uint_eq(uplinks->get_pin_priority(uplinks), 219);
	for (i = 0; i < countof(others); i++)
	{
		feed(RULE, "rule add %s", others[i]);
		ck_assert_uint_eq(uplinks->get_pin_priority(uplinks), 219);
		feed(RULE, "rule del %s", others[i]);
	}
	feed(RULE, "rule add pref 219 lookup 100");
	ck_assert_uint_eq(uplinks->get_pin_priority(uplinks), 217);
	feed(RULE, "rule add not pref 218 fwmark 51820 lookup 51820");
	ck_assert_uint_eq(uplinks->get_pin_priority(uplinks), 216);
	feed(RULE, "rule add inet6 pref 217 lookup 254 suppress_prefixlength 0");
	ck_assert_uint_eq(uplinks->get_pin_priority(uplinks), 215);
	feed(RULE, "rule add pref 3 action 7");
	ck_assert_uint_eq(uplinks->get_pin_priority(uplinks), 1);
	feed(RULE, "rule add pref 2 goto 32766");
	ck_assert_uint_eq(uplinks->get_pin_priority(uplinks), 1);
	/* who has chosen one keeps it */
	uplinks->set_pin_priority(uplinks, 219, TRUE);
	ck_assert_uint_eq(uplinks->get_pin_priority(uplinks), 219);
}
END_TEST

START_TEST(test_rules_suppress)
{
	feed(ROUTE, "route add 192.0.0.0/16 via 10.1.0.7 dev 2 table 100");
	feed(RULE, "rule add pref 100 lookup 100 suppress_prefixlength 16");
	uplinks_assert(PEER, ETH ", " WLAN);
	feed(RULE, "rule add pref 101 lookup 100 suppress_prefixlength 15");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.7 /16 0, " WLAN);
	feed(RULE, "rule del pref 101 lookup 100 suppress_prefixlength 15");
	/* by group of the interface */
	feed(RULE, "rule add pref 101 lookup 100 suppress_ifgroup 3");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.7 /16 0, " WLAN);
	feed(LINK, "link add 2 eth0 running group 3");
	uplinks_assert(PEER, ETH ", " WLAN);
	/* what is unreachable is not suppressed */
	feed(ROUTE, "route add default table 100 type 7");
	uplinks_assert("198.51.100.1", "");
}
END_TEST

START_TEST(test_rules_actions)
{
	static const int actions[] = {
		FR_ACT_BLACKHOLE, FR_ACT_UNREACHABLE, FR_ACT_PROHIBIT,
	};
	int i;

	for (i = 0; i < countof(actions); i++)
	{
		feed(RULE, "rule add pref 100 to 192.0.2.0/24 action %d", actions[i]);
		uplinks_assert(PEER, "");
		uplinks_assert("192.0.3.1", ETH ", " WLAN);
		feed(RULE, "rule add pref 99 from 10.2.0.2 lookup 254");
		uplinks_assert(PEER, WLAN);
		feed(RULE, "rule del pref 99 from 10.2.0.2 lookup 254");
		feed(RULE, "rule del pref 100 to 192.0.2.0/24 action %d", actions[i]);
	}
	feed(RULE, "rule add pref 100 action %d", FR_ACT_NOP);
	feed(RULE, "rule add pref 101 action 99");
	uplinks_assert(PEER, ETH ", " WLAN);
	/* jumps over the rule that follows, but not over those of IPv6 */
	feed(RULE, "rule add pref 200 goto 300");
	feed(RULE, "rule add pref 250 action %d", FR_ACT_BLACKHOLE);
	feed(RULE, "rule add inet6 pref 300 action %d", FR_ACT_NOP);
	uplinks_assert(PEER, "");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	feed(RULE, "rule add pref 300 action %d", FR_ACT_NOP);
	uplinks_assert(PEER, ETH ", " WLAN);
	/* to nowhere is to the next */
	feed(RULE, "rule add pref 199 goto 210");
	uplinks_assert(PEER, ETH ", " WLAN);
	feed(RULE, "rule del pref 200 goto 300");
	uplinks_assert(PEER, "");
}
END_TEST

START_TEST(test_rules_charon)
{
	/* charon's own, with routes to everywhere, and that of its tunnel */
	feed(NONE, "rule add pref 220 lookup 220");
	feed(NONE, "rule del pref 220 lookup 220");
	feed(NONE, "rule add pref 220 lookup 220");
	feed(NONE, "route add 0.0.0.0/1 via 10.1.0.1 dev 2 table 220 src 10.3.0.1");
	uplinks_assert(PEER, ETH ", " WLAN);
	/* malformed ones, and those of multicast routing */
	feed(NONE, "rule add pref 10 from 10.0.0.0/33 lookup 10");
	uplinks_assert(PEER, ETH ", " WLAN);
}
END_TEST

START_TEST(test_tunnel)
{
	/* routes into tunnels are no way to a peer, but somebody needs them */
	feed(NONE, "route add 192.0.2.0/24 dev 3 table 220 proto static");
	uplinks_assert(PEER, ETH ", " WLAN);
	feed(TUNNEL, "route del 192.0.2.0/24 dev 3 table 220 proto static");
	feed(TUNNEL, "route del 192.0.2.0/24 dev 3 table 220 proto static");
	/* and those past them are no way to a peer either */
	feed(TUNNEL, "route add 192.0.2.0/24 type 9 table 220 proto static");
	feed(TUNNEL, "route del 192.0.2.0/24 type 9 table 220 proto static");
	uplinks_assert(PEER, ETH ", " WLAN);
}
END_TEST

START_TEST(test_pins)
{
	/* our own rules and routes do not matter to us */
	feed(NONE, "rule add pref 219 from 10.2.0.2 to 192.0.2.1 lookup 22000 "
		 "proto 230");
	feed(NONE, "route add default via 10.2.0.77 dev 3 table 22000 proto 230 "
		 "metric 4294967294");
	feed(NONE, "route add default via 10.2.0.78 dev 3 proto 230 metric 1");
	uplinks_assert(PEER, ETH ", " WLAN);
	feed(NONE, "rule add pref 219 from 10.2.0.2 to 192.0.2.1 lookup 22000 "
		 "proto 230");
	feed(NONE, "route add default via 10.2.0.77 dev 3 table 22000 proto 230 "
		 "metric 4294967294");
	/* unless somebody removes them */
	feed(PIN_LOST, "rule del pref 219 from 10.2.0.2 to 192.0.2.1 lookup 22000 "
		 "proto 230");
	feed(NONE, "rule add pref 217 lookup 220 proto 230");
	feed(PIN_LOST, "rule del pref 217 lookup 220 proto 230");
	feed(PIN_LOST, "route del default via 10.2.0.77 dev 3 table 22000 "
		 "proto 230 metric 4294967294");
	uplinks_assert(PEER, ETH ", " WLAN);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("routing");

	tc = tcase_create("routes");
	tcase_add_checked_fixture(tc, uplinks_setup, uplinks_teardown);
	tcase_add_test(tc, test_route_storm);
	tcase_add_test(tc, test_route_metrics);
	tcase_add_test(tc, test_route_order);
	tcase_add_test(tc, test_diverted);
	tcase_add_test(tc, test_own_address);
	tcase_add_test(tc, test_own_address6);
	tcase_add_test(tc, test_next_hops);
	tcase_add_test(tc, test_next_hops_legs);
	tcase_add_test(tc, test_next_hops_rules);
	tcase_add_test(tc, test_route_preference);
	tcase_add_test(tc, test_route_replace);
	tcase_add_test(tc, test_route_multipath);
	tcase_add_test(tc, test_route_nexthops);
	tcase_add_test(tc, test_route_nexthop_objects);
	tcase_add_test(tc, test_route_multipath_replace);
	tcase_add_test(tc, test_route_source_specific);
	tcase_add_test(tc, test_route_unreachable);
	suite_add_tcase(s, tc);

	tc = tcase_create("rules");
	tcase_add_checked_fixture(tc, uplinks_setup, uplinks_teardown);
	tcase_add_test(tc, test_rules_from);
	tcase_add_test(tc, test_rules_to);
	tcase_add_test(tc, test_rules_selectors);
	tcase_add_test(tc, test_rules_wg_quick);
	tcase_add_test(tc, test_rules_tailscale);
	tcase_add_test(tc, test_rules_passed);
	tcase_add_test(tc, test_rules_front);
	tcase_add_test(tc, test_rules_suppress);
	tcase_add_test(tc, test_rules_actions);
	tcase_add_test(tc, test_rules_charon);
	suite_add_tcase(s, tc);

	tc = tcase_create("pins");
	tcase_add_checked_fixture(tc, uplinks_setup, uplinks_teardown);
	tcase_add_test(tc, test_tunnel);
	tcase_add_test(tc, test_pins);
	suite_add_tcase(s, tc);
	return s;
}
