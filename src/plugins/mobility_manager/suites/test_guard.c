/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pins_fixture.h"

#include "path/guard.h"

#include <net/if.h>

static mobility_guard_t *guard;

/** what two sessions are called */
static int first, second;

static void setup(void)
{
	pins_setup();
	guard = mobility_guard_create(pins_rtnl, 221, 22999);
}

static void teardown(void)
{
	guard->destroy(guard);
	pins_teardown();
}

/**
 * Create an array of networks, or of addresses, from a list of strings
 */
static array_t *list(bool nets, char *strings)
{
	enumerator_t *enumerator;
	mobility_net_t net = {};
	host_t *host;
	array_t *array;
	char *string;
	int prefix;

	array = array_create(nets ? sizeof(net) : sizeof(net.net), 0);
	enumerator = enumerator_create_token(strings, " ", "");
	while (enumerator->enumerate(enumerator, &string))
	{
		host = host_create_from_subnet(string, &prefix);
		net.net = mobility_ip_from_host(host);
		net.prefix = prefix;
		host->destroy(host);
		array_insert(array, ARRAY_TAIL, nets ? (void*)&net : &net.net);
	}
	enumerator->destroy(enumerator);
	return array;
}

/**
 * Have something guarded
 */
static void set(void *session, char *nets, char *peers)
{
	array_t *a = list(TRUE, nets), *b = list(FALSE, peers);

	guard->set(guard, session, a, b);
	array_destroy(a);
	array_destroy(b);
}

/**
 * Set names of uplinks
 */
static void set_uplinks(char *names)
{
	enumerator_t *enumerator;
	array_t *array;
	char *name, ifname[IFNAMSIZ];

	array = array_create(IFNAMSIZ, 0);
	enumerator = enumerator_create_token(names, " ", "");
	while (enumerator->enumerate(enumerator, &name))
	{
		memset(ifname, 0, sizeof(ifname));
		snprintf(ifname, sizeof(ifname), "%s", name);
		array_insert(array, ARRAY_TAIL, ifname);
	}
	enumerator->destroy(enumerator);
	guard->set_uplinks(guard, array);
}

/**
 * Check if there is a way to an address
 */
static bool leaves(char *dst, char *how)
{
	return mobility_netns_run("ip route get %s %s ipproto udp >/dev/null 2>&1",
							  dst, how);
}

/**
 * Check if what is bound to an uplink takes its gateway: if there is no route
 * IPv4 just assumes that everything is on-link
 */
static bool takes(char *dst, char *ifname, char *gateway)
{
	return mobility_netns_run("ip route get %s oif %s ipproto tcp 2>&1 | "
							  "grep -q 'via %s '", dst, ifname, gateway);
}

/**
 * Get the number of rules and routes of ours
 */
static int count(void)
{
	char *output;
	int number;

	output = mobility_netns_output("(ip -N rule; ip -N -6 rule; ip -N route show "
						"table all; ip -N -6 route show table all) | "
						"grep -c 'proto 230'");
	number = atoi(output);
	free(output);
	return number;
}

/** the IPv4 and IPv6 network, and addresses in and out of them */
#define NETS "10.4.0.0/16 2001:db8:4::/48"
#define IN "10.4.0.1"
#define IN6 "2001:db8:4::1"
#define OUT "10.5.0.1"
#define OUT6 "2001:db8:5::1"

START_TEST(test_guard)
{
	ck_assert(leaves(IN, "") && leaves(IN6, ""));
	set_uplinks("eth0 wlan0");
	ck_assert_int_eq(count(), 0);
	set(&first, NETS, "10.4.0.9 192.0.2.1");
	ck_assert(!leaves(IN, "") && !leaves(IN6, ""));
	ck_assert(!leaves(IN, "from " ETH) && !leaves(IN6, "from " ETH6));
	ck_assert(leaves(OUT, "") && leaves(OUT6, ""));
	/* bound to an uplink, or to the gateway itself */
	ck_assert(takes(IN, "eth0", ETH_GW) && takes(IN6, "eth0", "fe80::1"));
	ck_assert(takes(IN, "wlan0", WLAN_GW) && takes(IN6, "wlan0", "fe80::2"));
	ck_assert(leaves("10.4.0.9", "") && leaves("192.0.2.1", ""));
	/* forwarded packets */
	mobility_netns_sysctl("1", "ipv4/ip_forward");
	ck_assert(!mobility_netns_run("ip route get " IN " from 10.1.0.77 iif eth0 "
								  ">/dev/null 2>&1"));
	ck_assert(mobility_netns_run("ip route get " OUT " from 10.1.0.77 iif eth0 "
								 ">/dev/null 2>&1"));

	/* charon's table comes first */
	mobility_netns_ip("rule add pref 220 lookup 220");
	mobility_netns_ip("route add 10.4.0.0/16 dev eth0 table 220");
	ck_assert(leaves(IN, ""));
	mobility_netns_ip("route flush table 220");
	ck_assert(!leaves(IN, ""));

	guard->set(guard, &first, NULL, NULL);
	ck_assert(leaves(IN, "") && leaves(IN6, ""));
	ck_assert_int_eq(count(), 0);
}
END_TEST

START_TEST(test_full)
{
	guard->set_passes(guard, list(TRUE, "10.6.0.0/16"));
	set_uplinks("eth0");
	set(&first, "0.0.0.0/0 ::/0", "192.0.2.1 2001:db8:f::1");
	ck_assert(!leaves(OUT, "") && !leaves(OUT6, ""));
	ck_assert(takes(OUT, "eth0", ETH_GW) && takes(OUT6, "eth0", "fe80::1"));
	/* an uplink that is not known of yet */
	ck_assert(!takes(OUT, "wlan0", WLAN_GW));
	set_uplinks("eth0 wlan0");
	ck_assert(takes(OUT, "wlan0", WLAN_GW));
	ck_assert(leaves("192.0.2.1", "") && leaves("2001:db8:f::1", ""));
	ck_assert(leaves("10.6.0.1", "") && !leaves("10.5.0.1", ""));
	/* what is on the link, and this host itself */
	ck_assert(leaves("fe80::7", "oif eth0") && leaves("ff02::1", "oif eth0"));
	ck_assert(leaves("224.0.0.251", "") && leaves("127.0.0.1", ""));
	ck_assert(leaves(ETH, "") && leaves(ETH6, ""));
	guard->set_passes(guard, NULL);
	ck_assert(!leaves("10.6.0.1", ""));
	/* who sends packets, or asks for our link-layer address, is heard */
	mobility_netns_sysctl("1", "ipv4/conf/eth0/rp_filter");
	ck_assert(mobility_netns_run("ip route get " ETH " from 10.1.0.77 iif eth0 "
								 ">/dev/null"));
	/* the gateway is at other addresses */
	set(&first, "0.0.0.0/0 ::/0", "192.0.2.2");
	ck_assert(!leaves("192.0.2.1", "") && leaves("192.0.2.2", ""));
	ck_assert(!leaves("2001:db8:f::1", ""));
	/* rules of the administrator behind ours are asked by what is bound */
	mobility_netns_ip("rule add pref 1000 oif eth0 lookup 77");
	mobility_netns_ip("route add default via 10.1.0.99 table 77");
	ck_assert(takes(OUT, "eth0", "10.1.0.99"));
	ck_assert(takes(OUT, "wlan0", WLAN_GW));
}
END_TEST

START_TEST(test_sessions)
{
	int both;

	set(&first, NETS, "192.0.2.1");
	both = count();
	/* another one with the same networks, then others */
	set(&second, NETS, "192.0.2.2");
	ck_assert_int_eq(count(), both);
	set(&second, "10.7.0.0/16", "192.0.2.2");
	ck_assert_int_eq(count(), both + 1);
	ck_assert(!leaves(IN, "") && !leaves("10.7.0.1", ""));
	guard->set(guard, &first, NULL, NULL);
	ck_assert(leaves(IN, "") && !leaves("10.7.0.1", ""));
	guard->set(guard, &first, NULL, NULL);
	set(&second, "", "");
	ck_assert_int_eq(count(), 0);
}
END_TEST

START_TEST(test_restore)
{
	int before;

	set_uplinks("eth0 wlan0");
	set(&first, NETS, "10.4.0.9");
	before = count();
	mobility_suite_log_start();
	guard->restore(guard);
	ck_assert_str_eq(mobility_suite_log(), "");
	mobility_netns_run("ip rule del pref 222");
	mobility_netns_ip("route flush table 22999");
	mobility_netns_ip("-6 route flush table 22999");
	ck_assert(leaves(IN, ""));
	guard->restore(guard);
	ck_assert_str_eq(mobility_suite_log(), "mobility: 3 of our rules and routes "
					 "that keep out of the clear what belongs into tunnels were "
					 "gone\n");
	ck_assert(!leaves(IN, "") && !leaves(IN6, ""));
	ck_assert_int_eq(count(), before);
	/* an interface that is not there */
	mobility_netns_ip("link del wlan0");
	ck_assert_int_eq(count(), before);
	mobility_netns_link("wlan0");
	mobility_netns_ip("addr add " WLAN "/24 dev wlan0");
	mobility_netns_ip("route add default via " WLAN_GW " metric 600");
	ck_assert(takes(IN, "wlan0", WLAN_GW));
}
END_TEST

START_TEST(test_sweep)
{
	mobility_pins_t *pins;
	mobility_guard_t *old = guard;

	/* charon got killed, and starts again */
	guard->set_passes(guard, list(TRUE, "10.4.6.0/24"));
	set_uplinks("eth0 wlan0");
	set(&first, NETS " ::/0", "10.4.0.9 2001:db8:f::1");
	ck_assert_int_gt(count(), 10);
	pins = pins_create();
	ck_assert_int_eq(count(), 0);
	guard = mobility_guard_create(pins_rtnl, 221, 22999);
	set(&first, NETS, "10.4.0.9");
	ck_assert(!leaves(IN, ""));
	/* what is none of a pin is left alone */
	pins->restore(pins);
	pins->destroy(pins);
	ck_assert(!leaves(IN, ""));
	old->destroy(old);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("guard");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	if (mobility_netns_available())
	{
		tcase_add_test(tc, test_guard);
		tcase_add_test(tc, test_full);
		tcase_add_test(tc, test_sessions);
		tcase_add_test(tc, test_restore);
		tcase_add_test(tc, test_sweep);
	}
	suite_add_tcase(s, tc);
	return s;
}
