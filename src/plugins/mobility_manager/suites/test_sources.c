/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "uplinks_fixture.h"

START_TEST(test_addr_storm)
{
	feed(NONE, "addr add 2001:db8:1::2/64 dev 2 expires 86400");
	feed(NONE, "addr add 2001:db8:1::2/64 dev 2 expires 7200 stable");
	feed(NONE, "addr add 10.1.0.2/24 dev 2 expires 1 permanent");
	uplinks_assert(PEER, ETH ", " WLAN);
	/* those that are of no use do not matter */
	feed(NONE, "addr add 2001:db8:1::7/64 dev 2 tentative");
	feed(NONE, "addr add 2001:db8:1::7/64 dev 2 tentative dadfailed");
	feed(NONE, "addr del 2001:db8:1::7/64 dev 2 dadfailed");
	feed(NONE, "addr add fe80::7/64 dev 2 scope 253");
	feed(NONE, "addr del fe80::7/64 dev 2 scope 253");
	feed(NONE, "addr add 10.1.0.77/40 dev 2");
	feed(NONE, "addr add 10.1.0.77/24");
}
END_TEST

START_TEST(test_addr_usable)
{
	feed(ADDR | STALE, "addr del 10.1.0.2/24 dev 2");
	uplinks_assert(PEER, WLAN);
	feed(ADDR | STALE, "addr del 2001:db8:1::2/64 dev 2");
	uplinks_assert(PEER6, WLAN6);
	uplinks_assert_described("eth0", "no address");
	feed(NONE, "addr add 2001:db8:1::3/64 dev 2 tentative");
	uplinks_assert(PEER6, WLAN6);
	uplinks_assert_described("eth0", "address not usable yet");
	feed(ADDR, "addr add 2001:db8:1::3/64 dev 2 tentative optimistic");
	uplinks_assert(PEER6, "eth0 2001:db8:1::3 via fe80::1 /0 100, " WLAN6);
	feed(ADDR, "addr add 2001:db8:1::3/64 dev 2");
	uplinks_assert(PEER6, "eth0 2001:db8:1::3 via fe80::1 /0 100, " WLAN6);
	/* deprecated only if there is nothing else */
	feed(ADDR, "addr add 2001:db8:1::3/64 dev 2 deprecated");
	uplinks_assert(PEER6, "eth0 2001:db8:1::3 via fe80::1 /0 100, " WLAN6);
	feed(ADDR, "addr add 2001:db8:1::4/64 dev 2");
	uplinks_assert(PEER6, "eth0 2001:db8:1::4 via fe80::1 /0 100, " WLAN6);
	feed(ADDR, "addr add 2001:db8:1::4/64 dev 2 dadfailed");
	uplinks_assert(PEER6, "eth0 2001:db8:1::3 via fe80::1 /0 100, " WLAN6);
	/* other prefix length, other peer */
	feed(ADDR, "addr add 2001:db8:1::3/96 dev 2 deprecated");
	feed(ADDR, "addr add 10.2.0.2/16 dev 3");
	feed(ADDR, "addr add 10.2.0.2/16 peer 10.2.0.9 dev 3");
}
END_TEST

START_TEST(test_source_rfc6724)
{
	/* labels: a ULA for a ULA, a global address for a global address */
	feed(ADDR, "addr add fd00:1::2/64 dev 2");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	uplinks_assert("fd00:2::1", "eth0 fd00:1::2 via fe80::1 /0 100, " WLAN6);
	feed(ADDR, "addr add 2002:c000:201::2/64 dev 2");
	uplinks_assert("2002:1::1", "eth0 2002:c000:201::2 via fe80::1 /0 100, "
				   WLAN6);
	feed(ADDR, "addr add 2001:0:53aa::1/32 dev 2");
	uplinks_assert("2001:0:1::1", "eth0 2001:0:53aa::1 via fe80::1 /0 100, "
				   WLAN6);
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	/* temporary ones are preferred */
	feed(ADDR, "addr add 2001:db8:1::aaaa/64 dev 2 temporary");
	uplinks_assert(PEER6, "eth0 2001:db8:1::aaaa via fe80::1 /0 100, " WLAN6);
	feed(ADDR, "addr add 2001:db8:1::aaaa/64 dev 2 temporary deprecated");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	/* but not the tentative next one */
	feed(NONE, "addr add 2001:db8:1::bbbb/64 dev 2 temporary tentative");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	feed(ADDR, "addr add 2001:db8:1::bbbb/64 dev 2 temporary");
	uplinks_assert(PEER6, "eth0 2001:db8:1::bbbb via fe80::1 /0 100, " WLAN6);
	/* optimistic ones are not preferred */
	feed(ADDR, "addr add 2001:db8:1::bbbb/64 dev 2 temporary optimistic "
		 "tentative");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	/* longest matching prefix, of equals always the same */
	feed(ADDR, "addr add 2001:db8:f::2/64 dev 3");
	uplinks_assert(PEER6, ETH6 ", wlan0 2001:db8:f::2 via fe80::1 /0 600");
	feed(ADDR, "addr add 2001:db8:f::3/64 dev 3");
	uplinks_assert(PEER6, ETH6 ", wlan0 2001:db8:f::2 via fe80::1 /0 600");
	/* the interface identifier does not count */
	feed(ADDR, "addr add 2001:db8:e::1/64 dev 3");
	feed(ADDR, "addr add 2001:db8:e::2/64 dev 3");
	uplinks_assert("2001:db8:e::2", ETH6
				   ", wlan0 2001:db8:e::1 via fe80::1 /0 600");
}
END_TEST

START_TEST(test_source_public)
{
	uplinks->destroy(uplinks);
	uplinks = mobility_uplinks_create(220, FALSE, NULL);
	feed(LINK | STALE, "link add 2 eth0 running");
	feed(ADDR, "addr add 2001:db8:1::aaaa/64 dev 2 temporary");
	feed(ROUTE, "route add default inet6 via fe80::1 dev 2 metric 100");
	uplinks_assert(PEER6, "eth0 2001:db8:1::aaaa via fe80::1 /0 100");
	feed(ADDR, "addr add 2001:db8:1::2/64 dev 2");
	uplinks_assert(PEER6, ETH6);
}
END_TEST

START_TEST(test_source_scope)
{
	/* site-local ones, for who still has them: scope comes first */
	feed(ADDR, "addr add fec0::2/64 dev 2");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	uplinks_assert("fec0::1", "eth0 fec0::2 via fe80::1 /0 100, " WLAN6);
	feed(ADDR, "addr add 2001:db8:1::2/64 dev 2 deprecated");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	feed(ADDR, "addr add fec0::3/64 dev 2 temporary");
	feed(ADDR, "addr add 2001:db8:1::4/64 dev 2");
	uplinks_assert(PEER6, "eth0 2001:db8:1::4 via fe80::1 /0 100, " WLAN6);
	uplinks_assert("fec0::1", "eth0 fec0::3 via fe80::1 /0 100, " WLAN6);
}
END_TEST

START_TEST(test_source_ipv4)
{
	feed(LINK | STALE, "link add 4 usb0 running");
	/* of the next hop's subnet */
	feed(ADDR | STALE, "addr add 172.16.1.2/24 dev 4");
	feed(ADDR, "addr add 172.16.2.2/24 dev 4");
	feed(ROUTE, "route add default via 172.16.2.1 dev 4 metric 700");
	uplinks_assert(PEER, ETH ", " WLAN
				   ", usb0 172.16.2.2 via 172.16.2.1 /0 700");
	/* primary before secondary */
	feed(ADDR, "addr add 172.16.2.3/24 dev 4 secondary");
	uplinks_assert(PEER, ETH ", " WLAN
				   ", usb0 172.16.2.2 via 172.16.2.1 /0 700");
	feed(ADDR | STALE, "addr del 172.16.2.2/24 dev 4");
	uplinks_assert(PEER, ETH ", " WLAN
				   ", usb0 172.16.2.3 via 172.16.2.1 /0 700");
	/* deprecated, and of a smaller scope, if there is nothing else */
	feed(ADDR, "addr add 172.16.2.4/24 dev 4");
	feed(ADDR, "addr add 172.16.2.4/24 dev 4 scope 253");
	uplinks_assert(PEER, ETH ", " WLAN
				   ", usb0 172.16.2.3 via 172.16.2.1 /0 700");
	feed(ADDR, "addr add 172.16.2.3/24 dev 4 secondary deprecated");
	uplinks_assert(PEER, ETH ", " WLAN
				   ", usb0 172.16.1.2 via 172.16.2.1 /0 700");
	feed(ADDR | STALE, "addr del 172.16.1.2/24 dev 4");
	uplinks_assert(PEER, ETH ", " WLAN
				   ", usb0 172.16.2.4 via 172.16.2.1 /0 700");
	/* on-link with the peer */
	feed(ADDR, "addr add 172.16.3.2/24 dev 4");
	feed(ADDR, "addr add 172.16.4.2/24 dev 4");
	feed(ROUTE, "route add 172.16.0.0/16 dev 4");
	uplinks_assert("172.16.4.7", ETH ", " WLAN ", usb0 172.16.4.2 /16 0");
}
END_TEST

START_TEST(test_source_own)
{
	/* a virtual IP, which is marked a moment after it was added */
	feed(ADDR, "addr add 10.1.0.7/24 dev 2");
	feed(ADDR, "addr add 10.1.0.7/24 dev 2 metric 1836016233");
	feed(NONE, "addr add 10.1.0.7/24 dev 2 metric 1836016233");
	feed(ADDR, "addr add 10.1.0.8/24 dev 2 metric 3");
	feed(ADDR | STALE, "addr del 10.1.0.2/24 dev 2");
	uplinks_assert(PEER, "eth0 10.1.0.8 via 10.1.0.1 /0 100, " WLAN);
	/* that it is gone matters to whom it belongs */
	feed(ADDR | STALE, "addr del 10.1.0.7/24 dev 2 metric 1836016233");
}
END_TEST

START_TEST(test_source_linklocal)
{
	feed(LINK | STALE, "link add 4 usb0 running");
	feed(ADDR | STALE, "addr add 169.254.7.7/16 dev 4 scope 253");
	feed(ROUTE, "route add default dev 4 metric 1004");
	/* DHCP failed: that is no way to anybody but neighbors */
	uplinks_assert(PEER, ETH ", " WLAN);
	uplinks_assert("169.254.1.1", ETH ", " WLAN ", usb0 169.254.7.7 /0 1004");
}
END_TEST

START_TEST(test_source_prefsrc)
{
	feed(ADDR, "addr add 10.1.0.7/24 dev 2 secondary");
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.1 dev 2 src 10.1.0.7");
	uplinks_assert(PEER, "eth0 10.1.0.7 via 10.1.0.1 /24 0, " WLAN);
	/* of another interface, if that is what the route says */
	feed(ADDR, "addr add 198.51.100.1/32 dev 1");
	feed(ROUTE, "route add 192.0.2.0/28 via 10.1.0.1 dev 2 src 198.51.100.1");
	uplinks_assert(PEER, "eth0 198.51.100.1 via 10.1.0.1 /28 0, " WLAN);
	/* until the kernel is asked, it takes such a route along */
	feed(ADDR | STALE, "addr del 198.51.100.1/32 dev 1");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.1 /28 0, " WLAN);
	feed(ROUTE, "route del 192.0.2.0/28 via 10.1.0.1 dev 2 src 198.51.100.1");
	uplinks_assert(PEER, "eth0 10.1.0.7 via 10.1.0.1 /24 0, " WLAN);
	feed(ROUTE, "route del 192.0.2.0/24 via 10.1.0.1 dev 2 src 10.1.0.7");
	/* one that is not there yet */
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.1 dev 2 src 10.1.0.8");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.1 /24 0, " WLAN);
	/* IPv6 routes only forget about it */
	feed(ADDR, "addr add 2001:db8:1::7/64 dev 2");
	feed(ROUTE, "route add 2001:db8:f::/64 via fe80::1 dev 2 "
		 "src 2001:db8:1::7");
	uplinks_assert(PEER6, "eth0 2001:db8:1::7 via fe80::1 /64 0, " WLAN6);
	feed(ADDR | STALE, "addr del 2001:db8:1::7/64 dev 2");
	uplinks_assert(PEER6, "eth0 2001:db8:1::2 via fe80::1 /64 0, " WLAN6);
	feed(ROUTE, "route del 2001:db8:f::/64 via fe80::1 dev 2");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
}
END_TEST

START_TEST(test_source_age)
{
	/* the router has lost its prefix, and nobody said so: the newest first */
	feed(ADDR, "addr add 2001:db8:7::2/64 dev 2 created 500 preferred 600");
	uplinks_assert_all(PEER6, "eth0 2001:db8:7::2 via fe80::1 /0 100, "
					   ETH6 ", " WLAN6, NULL);
	feed(ADDR, "addr add 2001:db8:3::2/64 dev 2 created 499 preferred 9999");
	uplinks_assert_all(PEER6, "eth0 2001:db8:7::2 via fe80::1 /0 100, "
					   "eth0 2001:db8:3::2 via fe80::1 /0 100, "
					   ETH6 ", " WLAN6, NULL);
	/* of those of one age what lasts longer; that they are refreshed is no
	 * change */
	feed(NONE, "addr add 2001:db8:3::2/64 dev 2 created 500 preferred 9999");
	uplinks_assert(PEER6, "eth0 2001:db8:3::2 via fe80::1 /0 100, " WLAN6);
	/* as uptime goes on the counter starts again */
	feed(NONE, "addr add 2001:db8:7::2/64 dev 2 created 4294967295");
	feed(NONE, "addr add 2001:db8:1::2/64 dev 2 created 2");
	feed(NONE, "addr add 2001:db8:3::2/64 dev 2 created 1");
	uplinks_assert_all(PEER6, ETH6
					   ", eth0 2001:db8:3::2 via fe80::1 /0 100, "
					   "eth0 2001:db8:7::2 via fe80::1 /0 100, " WLAN6, NULL);
	/* rules come before age */
	feed(ADDR, "addr add 2001:db8:1::2/64 dev 2 created 2 deprecated");
	uplinks_assert(PEER6, "eth0 2001:db8:3::2 via fe80::1 /0 100, " WLAN6);
	feed(ADDR, "addr add 2001:db8:7::aaaa/64 dev 2 temporary");
	uplinks_assert(PEER6, "eth0 2001:db8:7::aaaa via fe80::1 /0 100, " WLAN6);
}
END_TEST

START_TEST(test_ways)
{
	/* whichever works */
	feed(ADDR, "addr add 10.1.0.7/24 dev 2 secondary");
	feed(ADDR, "addr add 172.16.7.7/16 dev 2");
	feed(ADDR, "addr add 10.9.0.9/32 dev 2");
	feed(NONE, "addr add 10.1.0.8/24 dev 2 tentative");
	feed(ADDR, "addr add 169.254.7.7/16 dev 2 scope 253");
	uplinks_assert_all(PEER, ETH ", eth0 10.1.0.7 via 10.1.0.1 /0 100, "
					   "eth0 172.16.7.7 via 10.1.0.1 /0 100, " WLAN,
					   "10.9.0.9");
	/* what the route asks for first, each address once */
	feed(ADDR, "addr add 10.1.0.7/25 dev 2 secondary");
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.1 dev 2 src 172.16.7.7");
	uplinks_assert_all(PEER, "eth0 172.16.7.7 via 10.1.0.1 /24 0, "
					   "eth0 10.1.0.2 via 10.1.0.1 /24 0, "
					   "eth0 10.1.0.7 via 10.1.0.1 /24 0, " WLAN, "10.9.0.9");
	/* rules may lead some elsewhere, or nowhere */
	feed(RULE, "rule add pref 10 from 172.16.0.0/16 lookup 77");
	feed(RULE, "rule add pref 11 from 10.1.0.7/32 action 7");
	feed(ROUTE, "route add default via 172.16.0.1 dev 2 table 77");
	uplinks_assert_all(PEER, "eth0 172.16.7.7 via 172.16.0.1 /0 0, "
					   "eth0 10.1.0.2 via 10.1.0.1 /24 0, " WLAN, "10.9.0.9");
}
END_TEST

START_TEST(test_ways_limited)
{
	mobility_path_t *path;
	array_t *paths;
	host_t *host, *local;
	int i;

	/* a router may hand out as many prefixes as it likes */
	for (i = 1; i < 100; i++)
	{
		feed(ADDR, "addr add 2001:db8:1:%d::2/64 dev 2 created %d", i, i);
	}
	paths = array_create(0, 0);
	host = host_create_from_string(PEER6, 0);
	uplinks->get_paths(uplinks, host, NULL, NULL, NULL, paths);
	ck_assert_int_eq(array_count(paths), 8 + 1);
	mobility_paths_destroy(paths);
	/* what is in use stays so, be it the oldest */
	local = host_create_from_string("2001:db8:1::2", 0);
	path = uplinks->find_path(uplinks, local, host);
	ck_assert(uplinks->is_usable(uplinks, path));
	mobility_path_destroy(path);
	local->destroy(local);
	host->destroy(host);
}
END_TEST

/**
 * Check whether an address in use is about to go
 */
static void assert_expiring(char *local, char *remote, bool expected)
{
	host_t *src = host_create_from_string(local, 0);
	host_t *dst = host_create_from_string(remote, 0);
	mobility_path_t *path;

	path = uplinks->find_path(uplinks, src, dst);
	ck_assert(path->expiring == expected);
	path->expiring = !expected;
	ck_assert(uplinks->is_usable(uplinks, path));
	ck_assert(path->expiring == expected);
	mobility_path_destroy(path);
	src->destroy(src);
	dst->destroy(dst);
}

START_TEST(test_expiring)
{
	assert_expiring("2001:db8:1::2", PEER6, FALSE);
	feed(ADDR, "addr add 2001:db8:1::2/64 dev 2 deprecated");
	assert_expiring("2001:db8:1::2", PEER6, TRUE);
	/* deprecated for good, by people */
	feed(ADDR, "addr add 2001:db8:1::2/64 dev 2 deprecated permanent");
	assert_expiring("2001:db8:1::2", PEER6, FALSE);
	feed(ADDR, "addr add 2001:db8:1::2/64 dev 2 deprecated");
	assert_expiring("2001:db8:1::2", PEER6, TRUE);
	feed(ADDR, "addr add 2001:db8:1::2/64 dev 2");
	assert_expiring("2001:db8:1::2", PEER6, FALSE);
	/* a DHCP server may do so as well */
	feed(ADDR, "addr add 10.1.0.2/24 dev 2 deprecated");
	assert_expiring("10.1.0.2", PEER, TRUE);
}
END_TEST

START_TEST(test_last_address)
{
	/* whatever routes there are nothing leaves without an address */
	feed(ADDR | STALE, "addr del 10.1.0.2/24 dev 2");
	uplinks_assert(PEER, WLAN);
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	feed(ADDR | STALE, "addr add 10.1.0.2/24 dev 2");
	uplinks_assert(PEER, ETH ", " WLAN);
}
END_TEST

START_TEST(test_prefix_changes)
{
	/* IPv4: the address is there twice, in between */
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.1 dev 2 src 10.1.0.2");
	feed(ADDR, "addr add 10.1.0.2/16 dev 2");
	feed(NONE, "addr add 10.1.0.2/16 dev 2");
	feed(ADDR | STALE, "addr del 10.1.0.2/24 dev 2");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.1 /24 0, " WLAN);
	uplinks_assert("198.51.100.1", ETH ", " WLAN);
	feed(NONE, "addr del 10.1.0.2/24 dev 2");
	/* and with another peer */
	feed(ADDR, "addr add 10.1.0.2/16 peer 10.7.0.1 dev 2");
	feed(ADDR | STALE, "addr del 10.1.0.2/16 dev 2");
	uplinks_assert("198.51.100.1", ETH ", " WLAN);
	feed(ADDR | STALE, "addr del 10.1.0.2/16 peer 10.7.0.1 dev 2");
	uplinks_assert(PEER, WLAN);
	/* IPv6: an address is there only once */
	feed(ADDR, "addr add 2001:db8:1::2/96 dev 2");
	feed(ADDR | STALE, "addr del 2001:db8:1::2/96 dev 2");
	uplinks_assert(PEER6, WLAN6);
}
END_TEST

START_TEST(test_prefix_resync)
{
	/* only one of the two is left */
	feed(ADDR, "addr add 10.1.0.2/16 dev 2");
	uplinks->sync_begin(uplinks);
	uplinks_resync(ADDR);
	uplinks_assert(PEER, ETH ", " WLAN);
	feed(ADDR | STALE, "addr del 10.1.0.2/24 dev 2");
	uplinks_assert(PEER, WLAN);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("sources");

	tc = tcase_create("addresses");
	tcase_add_checked_fixture(tc, uplinks_setup, uplinks_teardown);
	tcase_add_test(tc, test_addr_storm);
	tcase_add_test(tc, test_addr_usable);
	tcase_add_test(tc, test_source_rfc6724);
	tcase_add_test(tc, test_source_public);
	tcase_add_test(tc, test_source_scope);
	tcase_add_test(tc, test_source_ipv4);
	tcase_add_test(tc, test_source_own);
	tcase_add_test(tc, test_source_linklocal);
	tcase_add_test(tc, test_source_prefsrc);
	tcase_add_test(tc, test_source_age);
	tcase_add_test(tc, test_ways);
	tcase_add_test(tc, test_ways_limited);
	tcase_add_test(tc, test_expiring);
	tcase_add_test(tc, test_last_address);
	tcase_add_test(tc, test_prefix_changes);
	tcase_add_test(tc, test_prefix_resync);
	suite_add_tcase(s, tc);
	return s;
}
