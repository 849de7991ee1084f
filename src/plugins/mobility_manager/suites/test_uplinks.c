/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "uplinks_fixture.h"

#include <time.h>

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

START_TEST(test_paths)
{
	uplinks_assert(PEER, ETH ", " WLAN);
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
	/* on the link of one of them */
	uplinks_assert("10.1.0.9", "eth0 10.1.0.2 /24 100, " WLAN);
	uplinks_assert("2001:db8:2::9", ETH6 ", wlan0 2001:db8:2::2 /64 600");
}
END_TEST

/**
 * Check what is said about the paths to a peer besides their routes: for each
 * uplink c if that route was configured, o if the peer is in its own network
 */
static void assert_marked(char *peer, const char *expected)
{
	mobility_path_t *path;
	bool configured, onlink;
	char buf[128] = "";
	array_t *paths;
	host_t *host;
	int i;

	host = host_create_from_string(peer, 4500);
	paths = array_create(0, 0);
	uplinks->get_paths(uplinks, host, NULL, NULL, NULL, paths);
	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		if (path->order || path->hop)
		{
			continue;
		}
		configured = path->configured;
		onlink = path->onlink;
		snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), "%s%s %c%c",
				 i ? ", " : "", path->ifname, configured ? 'c' : '-',
				 onlink ? 'o' : '-');
		/* the same is said of a path in use */
		path->configured = !configured;
		path->onlink = !onlink;
		ck_assert(uplinks->is_usable(uplinks, path));
		ck_assert(path->configured == configured && path->onlink == onlink);
	}
	ck_assert_str_eq(buf, expected);
	mobility_paths_destroy(paths);
	host->destroy(host);
}

START_TEST(test_network)
{
	const char *ns;

	/* protocols: 2 kernel, 3 boot, 4 static, 9 router advertisement, 16 DHCP */
	feed(LINK | STALE, "link del 3 wlan0");
	feed(ROUTE, "route add default via 10.1.0.1 dev 2 metric 100 proto 16 "
		 "replace");
	assert_marked(PEER, "eth0 --");
	assert_marked("10.1.0.9", "eth0 co");
	feed(ROUTE, "route add 10.1.0.0/24 dev 2 metric 100 src 10.1.0.2 proto 2 "
		 "replace");
	assert_marked("10.1.0.9", "eth0 -o");
	/* what DHCP servers hand out, by whichever client: a route, a route without
	 * a gateway, and a netmask */
	feed(ROUTE, "route add 192.0.2.1/32 via 10.1.0.1 dev 2 proto 16");
	assert_marked(PEER, "eth0 --");
	feed(ROUTE, "route add 192.0.2.1/32 dev 2 proto 3 replace");
	assert_marked(PEER, "eth0 --");
	feed(ROUTE, "route del 192.0.2.1/32 dev 2 proto 3");
	feed(ADDR, "addr add 172.16.0.2/1 dev 2");
	feed(ROUTE, "route add 128.0.0.0/1 dev 2 src 172.16.0.2 proto 2");
	uplinks_assert(PEER, "eth0 172.16.0.2 /1 0");
	assert_marked(PEER, "eth0 --");
	/* what an administrator adds */
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.1 dev 2 proto 4");
	assert_marked(PEER, "eth0 c-");
	feed(ROUTE, "route del 192.0.2.0/24 via 10.1.0.1 dev 2 proto 4");
	/* and what NetworkManager does, where that has begun the VPN */
	feed(ROUTE, "route add 192.0.2.1/32 via 10.1.0.1 dev 2 proto 4");
	assert_marked(PEER, "eth0 c-");
	ns = lib->ns;
	lib->ns = "charon-nm";
	assert_marked(PEER, "eth0 --");
	lib->ns = ns;
	feed(ROUTE, "route del 192.0.2.1/32 via 10.1.0.1 dev 2 proto 4");
	/* a network as they are, but not by way of a gateway */
	feed(ADDR, "addr add 192.0.2.7/24 dev 2");
	feed(ROUTE, "route add 192.0.2.0/24 dev 2 src 192.0.2.7 proto 2");
	assert_marked(PEER, "eth0 -o");
	feed(ROUTE, "route add 192.0.2.1/32 via 10.1.0.1 dev 2 proto 16");
	assert_marked(PEER, "eth0 --");
	feed(ROUTE, "route del 192.0.2.1/32 via 10.1.0.1 dev 2 proto 16");
	feed(ADDR, "addr add 192.0.2.7/24 dev 2 tentative");
	assert_marked(PEER, "eth0 --");
	/* of IPv6, where networks may come without an address */
	feed(ROUTE, "route add 2001:db8:f::/64 dev 2 proto 9");
	assert_marked(PEER6, "eth0 --");
	feed(ADDR, "addr add 2001:db8:f::2/64 dev 2");
	assert_marked(PEER6, "eth0 -o");
}
END_TEST

START_TEST(test_same_but_protocol)
{
	/* the kernel tells such routes apart */
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.1 dev 2 proto 16");
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.1 dev 2 proto 4");
	feed(ROUTE, "route del 192.0.2.0/24 via 10.1.0.1 dev 2 proto 16");
	assert_marked(PEER, "eth0 c-, wlan0 c-");
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.1 dev 2 proto 3 replace");
	assert_marked(PEER, "eth0 --, wlan0 c-");
	feed(ROUTE, "route del 192.0.2.0/24 via 10.1.0.1 dev 2 proto 3");
	uplinks_assert(PEER, ETH ", " WLAN);
}
END_TEST

START_TEST(test_filters)
{
	uplinks_assert_filtered(PEER, WLAN, "eth0");
	uplinks_assert_filtered(PEER, "", "eth0 wlan0");
	/* virtual IP addresses */
	uplinks_assert_filtered(PEER, ETH, "10.2.0.2");
	feed(ADDR, "addr add 10.2.0.7/24 dev 3 secondary");
	uplinks_assert_filtered(PEER, ETH ", wlan0 10.2.0.7 via 10.2.0.1 /0 600",
							"10.2.0.2");
	feed(ADDR, "addr add 10.3.0.1/32 dev 2");
	uplinks_assert_filtered(PEER, WLAN, "10.1.0.2 10.3.0.1");
	/* also if a route prefers one, as charon's own do */
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.1 dev 2 src 10.3.0.1");
	uplinks_assert_filtered(PEER, "eth0 10.1.0.2 via 10.1.0.1 /24 0, " WLAN,
							"10.3.0.1");
}
END_TEST

START_TEST(test_enumerate)
{
	enumerator_t *enumerator;
	char *ifname;
	int ifindex, count = 0;

	enumerator = uplinks->create_link_enumerator(uplinks);
	while (enumerator->enumerate(enumerator, &ifindex, &ifname))
	{
		ck_assert_str_eq(ifname, ifindex == 2 ? "eth0" : "wlan0");
		count++;
	}
	enumerator->destroy(enumerator);
	ck_assert_int_eq(count, 2);
}
END_TEST

START_TEST(test_is_usable)
{
	mobility_path_t *path;
	host_t *local, *remote;
	char *str;

	local = host_create_from_string("10.2.0.2", 4500);
	remote = host_create_from_string(PEER, 4500);
	path = uplinks->find_path(uplinks, local, remote);
	ck_assert(uplinks->is_usable(uplinks, path));

	/* another next hop is no reason to leave the one in use, as long as that is
	 * there */
	feed(ROUTE, "route add default via 10.2.0.9 dev 3 metric 50");
	feed(LINK, "link add 3 wlp2s0 running");
	ck_assert(uplinks->is_usable(uplinks, path));
	str = uplinks_print(path);
	ck_assert_str_eq(str, "wlp2s0 10.2.0.2 via 10.2.0.1 /0 600");
	free(str);
	feed(ROUTE, "route del default via 10.2.0.1 dev 3 metric 600");
	ck_assert(uplinks->is_usable(uplinks, path));
	str = uplinks_print(path);
	ck_assert_str_eq(str, "wlp2s0 10.2.0.2 via 10.2.0.9 /0 50");
	free(str);
	feed(ROUTE, "route add 192.0.0.0/8 dev 3 metric 50");
	ck_assert(uplinks->is_usable(uplinks, path));
	ck_assert(!path->gateway);
	ck_assert_int_eq(path->prefix, 8);

	/* without address, carrier, route */
	feed(ADDR, "addr add 10.2.0.2/24 dev 3 deprecated");
	ck_assert(uplinks->is_usable(uplinks, path));
	feed(ADDR, "addr add 10.2.0.2/24 dev 3 tentative");
	ck_assert(!uplinks->is_usable(uplinks, path));
	feed(ADDR, "addr add 10.2.0.2/24 dev 3 secondary");
	ck_assert(uplinks->is_usable(uplinks, path));
	feed(LINK | STALE, "link add 3 wlp2s0 up");
	ck_assert(!uplinks->is_usable(uplinks, path));
	feed(LINK | STALE, "link add 3 wlp2s0 running");
	ck_assert(uplinks->is_usable(uplinks, path));
	feed(RULE, "rule add pref 5 from 10.2.0.2 action 7");
	ck_assert(!uplinks->is_usable(uplinks, path));
	feed(RULE, "rule del pref 5 from 10.2.0.2 action 7");
	ck_assert(uplinks->is_usable(uplinks, path));
	/* the address moves to another uplink, or the loopback interface */
	feed(ADDR, "addr add 10.2.0.3/24 dev 3");
	feed(ADDR, "addr add 10.2.0.2/24 dev 2");
	ck_assert(uplinks->is_usable(uplinks, path));
	feed(ADDR | STALE, "addr del 10.2.0.2/24 dev 3");
	ck_assert(!uplinks->is_usable(uplinks, path));
	feed(ADDR, "addr add 10.2.0.2/32 dev 1");
	ck_assert(uplinks->is_usable(uplinks, path));
	feed(ADDR | STALE, "addr del 10.2.0.2/32 dev 1");
	ck_assert(!uplinks->is_usable(uplinks, path));
	/* or the route asks for it, wherever it is */
	feed(ROUTE, "route add 192.0.2.0/24 dev 3 src 10.2.0.2");
	ck_assert(uplinks->is_usable(uplinks, path));
	feed(ADDR | STALE, "addr del 10.2.0.2/24 dev 2");
	ck_assert(!uplinks->is_usable(uplinks, path));
	feed(LINK | STALE, "link del 3 wlp2s0");
	ck_assert(!uplinks->is_usable(uplinks, path));

	mobility_path_destroy(path);
	local->destroy(local);
	remote->destroy(remote);
}
END_TEST

START_TEST(test_find_path)
{
	uplinks_assert_found("10.1.0.2", PEER, ETH);
	uplinks_assert_found("10.2.0.2", PEER, WLAN);
	uplinks_assert_found("2001:db8:2::2", PEER6, WLAN6);
	uplinks_assert_found("10.2.0.3", PEER, "none");
	/* also if it can't be used now */
	feed(LINK | STALE, "link add 3 wlan0 up");
	uplinks_assert_found("10.2.0.2", PEER, WLAN);
	feed(LINK | STALE, "link add 3 wlan0 oper 2");
	feed(ROUTE, "route del default via 10.2.0.1 dev 3 metric 600");
	uplinks_assert_found("10.2.0.2", PEER, "wlan0 10.2.0.2 /0 4294967295");
	/* on two uplinks: the better route */
	feed(ADDR, "addr add 10.1.0.2/24 dev 3");
	uplinks_assert_found("10.1.0.2", PEER, ETH);
	feed(LINK | STALE, "link add 3 wlan0 running");
	feed(ROUTE, "route add default via 10.1.0.1 dev 3 metric 50");
	uplinks_assert_found("10.1.0.2", PEER, "wlan0 10.1.0.2 via 10.1.0.1 /0 50");
	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.1 dev 2 metric 70");
	uplinks_assert_found("10.1.0.2", PEER, "eth0 10.1.0.2 via 10.1.0.1 /24 70");
	/* an address of no uplink leaves by the best of all */
	feed(ADDR, "addr add 198.51.100.1/32 dev 1");
	uplinks_assert_found("198.51.100.1", "203.0.113.1",
						 "wlan0 198.51.100.1 via 10.1.0.1 /0 50");
	feed(LINK | STALE, "link add 8 dummy0 running oper 0 kind dummy");
	feed(ADDR | STALE, "addr add 198.51.100.2/32 dev 8");
	uplinks_assert_found("198.51.100.2", PEER,
						 "eth0 198.51.100.2 via 10.1.0.1 /24 70");
	/* nonsense */
	uplinks_assert_found("198.51.100.2", "2001:db8::1", "none");
}
END_TEST

START_TEST(test_no_carrier)
{
	/* IFF_UP is not enough */
	feed(LINK | STALE, "link add 2 eth0 up");
	uplinks_assert(PEER, WLAN);
	uplinks_assert_described("eth0", "no carrier");
	feed(NONE, "link add 2 eth0 up oper 3");
	feed(NONE, "link add 2 eth0 up oper 1");
	feed(STALE, "link add 2 eth0 dormant");
	uplinks_assert_described("eth0", "not authenticated");
	uplinks_assert(PEER, WLAN);
	/* flags and state have to agree */
	feed(NONE, "link add 2 eth0 running oper 5");
	feed(STALE, "link add 2 eth0 up oper 6");
	uplinks_assert(PEER, WLAN);
	/* virtual interfaces have no operstate */
	feed(LINK | STALE, "link add 2 eth0 running oper 0");
	uplinks_assert(PEER, ETH ", " WLAN);
	uplinks_assert_described("eth0", "usable");
	/* nothing of this has done anything to routes and addresses */
	feed(LINK | STALE, "link add 2 eth0 up");
	feed(LINK | STALE, "link add 2 eth0 running");
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
}
END_TEST

START_TEST(test_link_storm)
{
	feed(NONE, "link add 2 eth0 running");
	feed(NONE, "link add 3 wlan0 running group 0");
	/* wireless events lack most attributes */
	feed(NONE, "link add 3 noname running nooper");
	uplinks_assert(PEER, ETH ", " WLAN);
	/* messages about bridge ports are not about links */
	feed(NONE, "link del 2 eth0 bridge");
	feed(NONE, "link add 2 eth0 bridge");
	uplinks_assert(PEER, ETH ", " WLAN);
}
END_TEST

START_TEST(test_rename)
{
	feed(LINK, "link add 3 wlp2s0 running");
	uplinks_assert(PEER, ETH ", wlp2s0 10.2.0.2 via 10.2.0.1 /0 600");
	uplinks_assert_described("wlan0", "no such interface");
	uplinks_assert_described("wlp2s0", "usable");
	uplinks_assert_filtered(PEER, ETH, "wlp2s0");
}
END_TEST

START_TEST(test_link_down)
{
	/* the kernel takes IPv4 routes without telling */
	feed(LINK | STALE, "link add 2 eth0 oper 2");
	uplinks_assert_described("eth0", "down");
	uplinks_assert(PEER, WLAN);
	feed(ROUTE, "route del default via 10.1.0.1 dev 2 metric 100");
	feed(LINK | STALE, "link add 2 eth0 running");
	uplinks_assert(PEER, WLAN);
	feed(ROUTE, "route add default via 10.1.0.1 dev 2 metric 100");
	uplinks_assert(PEER, ETH ", " WLAN);
}
END_TEST

START_TEST(test_link_gone)
{
	feed(LINK | STALE, "link del 3 wlan0");
	feed(NONE, "link del 3 wlan0");
	uplinks_assert(PEER, ETH);
	uplinks_assert_described("wlan0", "no such interface");
	uplinks_assert_found("10.2.0.2", PEER, "none");
	/* addresses may be told before their link */
	feed(ADDR, "addr add 10.3.0.2/24 dev 9");
	feed(ROUTE, "route add default via 10.3.0.1 dev 9 metric 700");
	uplinks_assert(PEER, ETH);
	uplinks_assert_described("", "no such interface");
	feed(LINK | STALE, "link add 9 wwan0 running");
	uplinks_assert(PEER, ETH ", wwan0 10.3.0.2 via 10.3.0.1 /0 700");
}
END_TEST

START_TEST(test_link_kinds)
{
	feed(LINK | STALE, "link add 4 ppp0 running oper 0 kind ppp");
	feed(ADDR | STALE, "addr add 10.64.0.2/32 peer 10.64.0.1 dev 4");
	feed(ROUTE, "route add default dev 4 metric 700");
	uplinks_assert(PEER, ETH ", " WLAN ", ppp0 10.64.0.2 /0 700");
	/* packets that go through IPsec SAs are no way for those of these SAs */
	feed(LINK | STALE, "link add 5 ipsec0 running oper 0 kind xfrm");
	feed(ADDR | STALE, "addr add 10.65.0.2/32 dev 5");
	feed(ROUTE, "route add default dev 5");
	uplinks_assert(PEER, ETH ", " WLAN ", ppp0 10.64.0.2 /0 700");
	uplinks_assert_described("ipsec0", "IPsec interface");
	/* but may be, if that is what was asked for */
	uplinks_assert_found("10.65.0.2", PEER, "ipsec0 10.65.0.2 /0 0");
	feed(NONE, "link add 5 ipsec0 running oper 0");
	uplinks_assert_described("ipsec0", "IPsec interface");
	/* others can't be reached from outside of a VRF, even if a rule says so */
	feed(LINK, "link add 4 ppp0 running oper 0 master 9 vrf");
	uplinks_assert(PEER, ETH ", " WLAN);
	uplinks_assert_described("ppp0", "in a VRF");
	feed(LINK, "link add 4 ppp0 running oper 0");
	/* loopback interfaces are no uplinks */
	feed(ADDR, "addr add 10.66.0.1/32 dev 1");
	feed(ROUTE, "route add default dev 1");
	uplinks_assert(PEER, ETH ", " WLAN ", ppp0 10.64.0.2 /0 700");
	uplinks_assert_described("lo", "loopback interface");
}
END_TEST

START_TEST(test_sync)
{
	uplinks->sync_begin(uplinks);
	uplinks_resync(NONE);
	uplinks->sync_begin(uplinks);
	uplinks_resync(NONE);

	feed(LINK | STALE, "link add 9 wwan0 running");
	uplinks->sync_begin(uplinks);
	uplinks_resync(LINK);
	uplinks_assert_described("wwan0", "no such interface");

	feed(ADDR, "addr add 10.1.0.3/24 dev 2");
	feed(NONE, "addr add 2001:db8:1::3/24 dev 2 tentative");
	feed(ADDR, "addr add 10.1.0.3/24 dev 99");
	uplinks->sync_begin(uplinks);
	uplinks_resync(ADDR);

	feed(ROUTE, "route add 192.0.2.0/24 via 10.1.0.9 dev 2");
	feed(ROUTE, "route add 2001:db8:f::/64 via fe80::9 dev 2");
	uplinks->sync_begin(uplinks);
	uplinks_resync(ROUTE);

	feed(RULE, "rule add pref 100 action 6");
	uplinks->sync_begin(uplinks);
	uplinks_resync(RULE);


	/* everything is gone */
	uplinks->sync_begin(uplinks);
	ck_assert_int_eq(uplinks->sync_end(uplinks), LINK | ADDR | ROUTE | RULE);
	uplinks_assert(PEER, "");
	uplinks->sync_begin(uplinks);
	ck_assert_int_eq(uplinks->sync_end(uplinks), NONE);
}
END_TEST

START_TEST(test_empty)
{
	enumerator_t *enumerator;
	mobility_path_t *path;
	char *ifname;
	int ifindex;

	uplinks_assert(PEER, "");
	uplinks_assert_found("10.1.0.2", PEER, "none");
	uplinks_assert_described("eth0", "no such interface");
	enumerator = uplinks->create_link_enumerator(uplinks);
	ck_assert(!enumerator->enumerate(enumerator, &ifindex, &ifname));
	enumerator->destroy(enumerator);
	INIT(path,
		.ifindex = 2,
		.local = host_create_from_string("10.1.0.2", 0),
		.remote = host_create_from_string(PEER, 0),
	);
	ck_assert(!uplinks->is_usable(uplinks, path));
	mobility_path_destroy(path);
	/* removing what is not known */
	feed(NONE, "link del 2 eth0");
	feed(NONE, "addr del 10.1.0.2/24 dev 2");
	feed(NONE, "route del default via 10.1.0.1 dev 2");
	feed(NONE, "rule del pref 10 lookup 10");
}
END_TEST

START_TEST(test_no_rules)
{
	/* a kernel without policy routing, or rules that are not known yet */
	feed(LINK | STALE, "link add 2 eth0 running");
	feed(ADDR | STALE, "addr add 10.1.0.2/24 dev 2");
	feed(ROUTE, "route add default via 10.1.0.1 dev 2 table 253");
	feed(ROUTE, "route add default via 10.1.0.7 dev 2 table 7");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.1 /0 0");
	feed(ROUTE, "route add default via 10.1.0.9 dev 2");
	uplinks_assert(PEER, "eth0 10.1.0.2 via 10.1.0.9 /0 0");
	feed(ROUTE, "route add 192.0.2.0/24 type 7");
	uplinks_assert(PEER, "");
	/* rules of the other family, or our own, are no rules */
	feed(RULE, "rule add inet6 pref 32766 lookup 254");
	feed(NONE, "rule add pref 219 from 10.1.0.2 to 192.0.9.1 lookup 22000 "
		 "proto 230");
	uplinks_assert("192.0.9.1", "eth0 10.1.0.2 via 10.1.0.9 /0 0");
	feed(RULE, "rule add pref 32766 lookup 253");
	uplinks_assert("192.0.9.1", "eth0 10.1.0.2 via 10.1.0.1 /0 0");
}
END_TEST

START_TEST(test_malformed)
{
	struct nlmsghdr *nlh;
	char buf[256] __attribute__((aligned(8))) = {};

	/* types that are not ours */
	nlh = mobility_message("link add 4 usb0 running");
	nlh->nlmsg_type = RTM_NEWNEIGH;
	ck_assert_int_eq(uplinks->process(uplinks, nlh), NONE);
	nlh->nlmsg_type = NLMSG_ERROR;
	ck_assert_int_eq(uplinks->process(uplinks, nlh), NONE);
	nlh->nlmsg_len = 3;
	ck_assert_int_eq(uplinks->process(uplinks, nlh), NONE);

	/* names that are too long, and attributes of the wrong length */
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = RTM_NEWLINK;
	((struct ifinfomsg*)mnl_nlmsg_put_extra_header(nlh,
							sizeof(struct ifinfomsg)))->ifi_index = 4;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "a-name-that-is-too-long");
	mnl_attr_put_u32(nlh, IFLA_OPERSTATE, 6);
	mnl_attr_put_u8(nlh, IFLA_GROUP, 6);
	ck_assert_int_eq(uplinks->process(uplinks, nlh), STALE);
	uplinks_assert_described("a-name-that-is-too-long", "no such interface");

	/* families nobody knows, addresses of the wrong length */
	nlh = mobility_message("route add 192.0.2.0/24 dev 2");
	((struct rtmsg*)mnl_nlmsg_get_payload(nlh))->rtm_family = AF_UNIX;
	ck_assert_int_eq(uplinks->process(uplinks, nlh), NONE);
	nlh = mobility_message("route add 192.0.2.0/24 dev 2");
	((struct rtmsg*)mnl_nlmsg_get_payload(nlh))->rtm_family = AF_INET6;
	ck_assert_int_eq(uplinks->process(uplinks, nlh), NONE);
	nlh = mobility_message("route add 192.0.2.0/24 dev 2");
	((struct rtmsg*)mnl_nlmsg_get_payload(nlh))->rtm_src_len = 33;
	ck_assert_int_eq(uplinks->process(uplinks, nlh), NONE);
	nlh = mobility_message("addr add 10.1.0.9/24 dev 2");
	((struct ifaddrmsg*)mnl_nlmsg_get_payload(nlh))->ifa_family = AF_INET6;
	ck_assert_int_eq(uplinks->process(uplinks, nlh), NONE);
	nlh = mobility_message("rule add pref 10 from 10.0.0.0/8 lookup 10");
	((struct fib_rule_hdr*)mnl_nlmsg_get_payload(nlh))->family = AF_INET6;
	ck_assert_int_eq(uplinks->process(uplinks, nlh), NONE);
	nlh = mobility_message("rule add pref 10 from 10.0.0.0/8 lookup 10");
	((struct fib_rule_hdr*)mnl_nlmsg_get_payload(nlh))->family = 128;
	ck_assert_int_eq(uplinks->process(uplinks, nlh), NONE);

	uplinks_assert(PEER, ETH ", " WLAN);
	uplinks_assert(PEER6, ETH6 ", " WLAN6);
}
END_TEST

/**
 * Milliseconds of processor time
 */
static u_int cpu_time()
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

START_TEST(test_many_routes)
{
	mobility_change_t change;
	array_t *paths;
	host_t *peer;
	u_int start;
	int i;

	/* a router's tables */
	start = cpu_time();
	for (i = 0; i < 20000; i++)
	{
		change = uplinks->process(uplinks, mobility_message(
							"route add 20.%d.%d.0/24 via 10.1.0.%d dev 2 "
							"metric 20", i / 256, i % 256, 3 + i % 200));
		ck_assert_int_eq(change, ROUTE);
	}
	/* that flap */
	for (i = 0; i < 20000; i++)
	{
		uplinks->process(uplinks, mobility_message(
							"route %s 20.0.%d.0/24 via 10.1.0.%d dev 2 "
							"metric 20", i % 2 ? "add" : "del", i % 256,
							3 + i % 200));
	}
	peer = host_create_from_string("20.9.9.9", 0);
	for (i = 0; i < 1000; i++)
	{
		paths = array_create(0, 0);
		uplinks->get_paths(uplinks, peer, uplinks_filter, uplinks_is_vip, NULL,
						   paths);
		ck_assert_int_eq(array_count(paths), 2);
		mobility_paths_destroy(paths);
	}
	peer->destroy(peer);
	uplinks_assert("20.9.9.9", "eth0 10.1.0.2 via 10.1.0.116 /24 20, " WLAN);
	/* takes less than 100 ms, but for sanitizers and slow machines */
	ck_assert_int_lt(cpu_time() - start, 5000);
	feed(LINK | STALE, "link add 2 eth0 oper 2");
	uplinks_assert("20.9.9.9", WLAN);
}
END_TEST

START_TEST(test_bounded)
{
	int i;

	/* whoever floods us, it is not without end */
	mobility_suite_log_start();
	for (i = 0; i < 263000; i++)
	{
		uplinks->process(uplinks, mobility_message(
							"route add 20.%d.%d.%d/32 dev 2", i >> 16,
							(i >> 8) & 0xff, i & 0xff));
	}
	ck_assert_str_eq(mobility_suite_log(),
					 "mobility: more than 262144 routes, some are ignored\n");
	feed(NONE, "route add 30.0.0.1/32 dev 2");
	/* a change of what is there is heard */
	feed(ROUTE, "route del 20.0.0.1/32 dev 2");
	feed(ROUTE, "route add default via 10.1.0.1 dev 2 metric 1");

	uplinks->destroy(uplinks);
	uplinks = mobility_uplinks_create(220, TRUE, NULL);
	for (i = 0; i < 66000; i++)
	{
		uplinks->process(uplinks, mobility_message("link add %d l%d up",
												   i + 10, i));
	}
	feed(NONE, "link add 100000 x0 up");
	feed(NONE, "addr add 10.0.0.1/32 dev 100000");
	for (i = 0; i < 66000; i++)
	{
		uplinks->process(uplinks, mobility_message(
							"addr add 20.0.%d.%d/24 dev %d", i >> 8 & 0xff,
							i & 0xff, i % 1000 + 100));
	}
	feed(NONE, "addr add 10.0.0.1/32 dev 100");
	for (i = 0; i < 4100; i++)
	{
		uplinks->process(uplinks, mobility_message("rule add pref %d",
												   20000 - i));
	}
	feed(NONE, "rule add pref 5");
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("uplinks");

	tc = tcase_create("paths");
	tcase_add_checked_fixture(tc, uplinks_setup, uplinks_teardown);
	tcase_add_test(tc, test_paths);
	tcase_add_test(tc, test_network);
	tcase_add_test(tc, test_same_but_protocol);
	tcase_add_test(tc, test_filters);
	tcase_add_test(tc, test_enumerate);
	tcase_add_test(tc, test_is_usable);
	tcase_add_test(tc, test_find_path);
	suite_add_tcase(s, tc);

	tc = tcase_create("links");
	tcase_add_checked_fixture(tc, uplinks_setup, uplinks_teardown);
	tcase_add_test(tc, test_no_carrier);
	tcase_add_test(tc, test_link_storm);
	tcase_add_test(tc, test_rename);
	tcase_add_test(tc, test_link_down);
	tcase_add_test(tc, test_link_gone);
	tcase_add_test(tc, test_link_kinds);
	suite_add_tcase(s, tc);

	tc = tcase_create("sync");
	tcase_add_checked_fixture(tc, uplinks_setup, uplinks_teardown);
	tcase_add_test(tc, test_sync);
	suite_add_tcase(s, tc);

	tc = tcase_create("empty");
	tcase_add_checked_fixture(tc, uplinks_setup_empty, uplinks_teardown);
	tcase_add_test(tc, test_empty);
	tcase_add_test(tc, test_no_rules);
	suite_add_tcase(s, tc);

	tc = tcase_create("robustness");
	tcase_add_checked_fixture(tc, uplinks_setup, uplinks_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_malformed);
	tcase_add_test(tc, test_many_routes);
	tcase_add_test(tc, test_bounded);
	suite_add_tcase(s, tc);
	return s;
}
