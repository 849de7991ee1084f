/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pins_fixture.h"

#include "path/pin_routes.h"
#include "path/tunnel_rules.h"

/** addresses in networks behind the gateway, and one elsewhere */
#define IN "10.4.0.7"
#define IN6 "2001:db8:4::7"
#define OUT "198.51.100.1"

static mobility_tunnel_rules_t *rules;

/**
 * A tunnel over wlan0 that was up before a VPN for everything, over eth0
 */
static void setup(void)
{
	pins_setup();
	mobility_netns_ip("rule add lookup 220 pref 220");
	mobility_netns_ip("-6 rule add lookup 220 pref 220");
	mobility_netns_ip("route add 10.4.0.0/16 via " WLAN_GW " dev wlan0 table 220");
	mobility_netns_ip("-6 route add 2001:db8:4::/48 via " WLAN6_GW " dev wlan0 "
					  "table 220");
	mobility_netns_ip("route add default via " ETH_GW " dev eth0 table 77");
	mobility_netns_ip("-6 route add default via 2001:db8:1::1 dev eth0 "
					  "table 77");
	mobility_netns_ip("rule add not fwmark 51820 lookup 77");
	mobility_netns_ip("-6 rule add not fwmark 51820 lookup 77");
	rules = mobility_tunnel_rules_create(pins_rtnl, 220);
}

static void teardown(void)
{
	rules->destroy(rules);
	ck_assert_int_eq(pins_count_rules(), 0);
	pins_teardown();
}

START_TEST(test_priority)
{
	static const uint32_t priorities[] = { 218, 150, 218 };
	int i;

	ck_assert(pins_go_to(ETH, IN, "eth0", ETH_GW));
	for (i = 0; i < countof(priorities); i++)
	{
		rules->set_priority(rules, priorities[i]);
		ck_assert(pins_go_to(ETH, IN, "wlan0", WLAN_GW));
		ck_assert(pins_go_to(ETH6, IN6, "wlan0", WLAN6_GW));
		ck_assert(pins_go_to(ETH, OUT, "eth0", ETH_GW));
		ck_assert_int_eq(pins_count_rules(), 2);
	}
	/* a tunnel for everything, and another one that was started later */
	mobility_netns_ip("route add default via " WLAN_GW " dev wlan0 table 220");
	ck_assert(pins_go_to(ETH, OUT, "eth0", ETH_GW));
	rules->set_priority(rules, 0);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert(pins_go_to(ETH, IN, "eth0", ETH_GW));
}
END_TEST

START_TEST(test_restore)
{
	rules->restore(rules);
	ck_assert_int_eq(pins_count_rules(), 0);
	rules->set_priority(rules, 218);
	mobility_netns_ip("rule del pref 218 lookup 220");
	ck_assert(pins_go_to(ETH, IN, "eth0", ETH_GW));
	rules->restore(rules);
	rules->restore(rules);
	ck_assert(pins_go_to(ETH, IN, "wlan0", WLAN_GW));
	ck_assert_int_eq(pins_count_rules(), 2);
}
END_TEST

START_TEST(test_sweep)
{
	/* what a crashed daemon has left */
	rules->set_priority(rules, 218);
	ck_assert_int_eq(mobility_pin_routes_sweep(pins_rtnl), 2);
	ck_assert_int_eq(pins_count_rules(), 0);
}
END_TEST

START_TEST(test_no_table)
{
	rules->destroy(rules);
	rules = mobility_tunnel_rules_create(pins_rtnl, 0);
	rules->set_priority(rules, 218);
	rules->restore(rules);
	ck_assert_int_eq(pins_count_rules(), 0);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("tunnel rules");
	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup, teardown);
	if (mobility_netns_available())
	{
		tcase_add_test(tc, test_priority);
		tcase_add_test(tc, test_restore);
		tcase_add_test(tc, test_sweep);
		tcase_add_test(tc, test_no_table);
	}
	suite_add_tcase(s, tc);
	return s;
}
