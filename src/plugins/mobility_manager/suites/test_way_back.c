/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pins_fixture.h"

#include "anchor/way_back.h"
#include "ike/knock.h"
#include "path/pin_routes.h"

#include <daemon.h>

/** what comes from our ports, and what does not */
#define IKE "ipproto udp sport 500"
#define NATT "ipproto udp sport 4500"
#define DNS "ipproto udp sport 53"
#define TCP "ipproto tcp sport 500"

static mobility_settings_t *settings;
static mobility_monitor_t *monitor;
static mobility_way_back_t *way_back;

static uint16_t get_port(socket_manager_t *socket, bool nat_t)
{
	return nat_t ? 4500 : 500;
}

static socket_manager_t socket_ = {
	.get_port = get_port,
};

static bus_t bus = {
	.log = (void*)nop,
};

static daemon_t daemon_ = {
	.bus = &bus,
	.socket = &socket_,
};

/**
 * mobility_monitor_cb_t
 */
static void network_changed(void *data, mobility_change_t change)
{
	way_back->update(way_back);
	if (change & MOBILITY_CHANGE_PIN_LOST)
	{
		way_back->restore(way_back);
	}
}

static void setup(void)
{
	pins_setup();
	charon = &daemon_;
	settings = mobility_settings_create();
	monitor = mobility_monitor_create(pins_rtnl, network_changed, NULL);
	way_back = mobility_way_back_create(pins_rtnl, monitor, settings);
	way_back->update(way_back);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert(monitor->start(monitor));
	way_back->update(way_back);
}

static void teardown(void)
{
	monitor->stop(monitor);
	way_back->destroy(way_back);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
	monitor->destroy(monitor);
	settings->destroy(settings);
	charon = NULL;
	pins_teardown();
}

/**
 * Check where packets to the peer go from an address, by protocol and port
 */
static bool goes(const char *local, const char *peer, const char *how,
				 const char *expected)
{
	return mobility_netns_run("ip route get %s from %s %s 2>/dev/null | "
							  "grep -q 'via %s '", peer, local, how, expected);
}

/**
 * Check that IKE and ESP leave by a next hop, and all else by that of eth0
 */
static bool answers_by(const char *gateway)
{
	/* nobody can ask for the route of ESP */
	return goes(WLAN, PEER, IKE, gateway) && goes(WLAN, PEER, NATT, gateway) &&
		   goes(WLAN, PEER, "", ETH_GW) && goes(WLAN, PEER, DNS, ETH_GW) &&
		   goes(WLAN, PEER, TCP, ETH_GW) && goes(ETH, PEER, IKE, ETH_GW) &&
		   mobility_netns_run("ip rule | grep -q 'from " WLAN " iif lo "
							  "ipproto esp lookup'");
}

static bool answers_by6(const char *gateway)
{
	return goes(WLAN6, PEER6, IKE, gateway) &&
		   goes(WLAN6, PEER6, NATT, gateway) &&
		   goes(WLAN6, PEER6, "", "fe80::1") &&
		   goes(WLAN6, PEER6, DNS, "fe80::1") &&
		   goes(WLAN6, PEER6, TCP, "fe80::1") &&
		   goes(ETH6, PEER6, IKE, "fe80::1");
}

START_TEST(test_answers)
{
	ck_assert(answers_by(WLAN_GW));
	ck_assert(answers_by6("fe80::2"));
	ck_assert_int_eq(pins_count_rules(), 8);
	/* nothing is done twice */
	way_back->update(way_back);
	way_back->restore(way_back);
	ck_assert_int_eq(pins_count_rules(), 8);
	ck_assert_int_eq(pins_count_routes(), 2);
}
END_TEST

/**
 * What the main table knows better, and what others say, goes before
 */
START_TEST(test_others)
{
	mobility_netns_ip("route add 192.0.2.0/25 via " ETH_GW);
	ck_assert(goes(WLAN, PEER, IKE, ETH_GW));
	ck_assert(goes(WLAN, "192.0.2.200", IKE, WLAN_GW));
	mobility_netns_ip("route del 192.0.2.0/25 via " ETH_GW);
	ck_assert(answers_by(WLAN_GW));
	/* somebody else sees to it, in the place where rules of ifupdown are */
	mobility_netns_ip("route add default via 10.2.0.254 table 100");
	mobility_netns_ip("rule add from " WLAN " lookup 100 pref 32700");
	mobility_netns_wait(goes(WLAN, PEER, IKE, "10.2.0.254"));
	mobility_netns_wait(pins_count_rules() == 4);
	mobility_netns_ip("rule del pref 32700");
	mobility_netns_wait(answers_by(WLAN_GW));
	/* nothing is to leave */
	mobility_netns_ip("rule add unreachable pref 300");
	ck_assert(!goes(WLAN, PEER, IKE, WLAN_GW));
	mobility_netns_wait(pins_count_rules() == 4);
}
END_TEST

START_TEST(test_changes)
{
	/* another next hop */
	mobility_netns_ip("route change default via 10.2.0.254 metric 600");
	mobility_netns_wait(answers_by("10.2.0.254"));
	mobility_netns_ip("route change default via " WLAN_GW " metric 600");
	mobility_netns_wait(answers_by(WLAN_GW));
	/* one more address, and it goes */
	mobility_netns_ip("addr add 10.2.0.3/24 dev wlan0");
	mobility_netns_wait(goes("10.2.0.3", PEER, IKE, WLAN_GW));
	ck_assert_int_eq(pins_count_rules(), 11);
	ck_assert_int_eq(pins_count_routes(), 2);
	mobility_netns_ip("addr del 10.2.0.3/24 dev wlan0");
	mobility_netns_wait(pins_count_rules() == 8);
	/* the other uplink is preferred */
	mobility_netns_ip("route del default metric 100");
	mobility_netns_wait(pins_count_rules() == 4);
	ck_assert(goes(WLAN, PEER, DNS, WLAN_GW));
	mobility_netns_ip("route add default via " ETH_GW " metric 700");
	mobility_netns_wait(goes(ETH, PEER, IKE, ETH_GW));
	ck_assert(goes(ETH, PEER, DNS, WLAN_GW));
	/* one is down and up */
	mobility_netns_ip("link set eth0 down");
	mobility_netns_wait(pins_count_rules() == 0);
	mobility_netns_ip("link set eth0 up");
	mobility_netns_ip("route add default via " ETH_GW " metric 100");
	mobility_netns_wait(answers_by(WLAN_GW));
}
END_TEST

START_TEST(test_off)
{
	lib->settings->set_bool(lib->settings, _i ?
							"%s.plugins.mobility-manager.pin_paths" :
							"%s.plugins.mobility-manager.gateway.mobility",
							FALSE, lib->ns);
	settings->reload(settings);
	ck_assert(!way_back->is_wanted(way_back));
	way_back->update(way_back);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
}
END_TEST

/**
 * An interface is not to be used
 */
START_TEST(test_unused)
{
	lib->settings->set_str(lib->settings, "%s.plugins.mobility-manager."
						   "interfaces.w.match", "wlan0", lib->ns);
	lib->settings->set_str(lib->settings, "%s.plugins.mobility-manager."
						   "interfaces.w.use", "no", lib->ns);
	settings->reload(settings);
	way_back->update(way_back);
	ck_assert_int_eq(pins_count_rules(), 0);
}
END_TEST

START_TEST(test_restore)
{
	mobility_netns_ip("rule del ipproto udp sport 4500 pref 32765");
	mobility_netns_wait(answers_by(WLAN_GW));
	mobility_netns_ip("rule del pref 32765 lookup main");
	mobility_netns_wait(pins_count_rules() == 8);
	mobility_netns_ip("route add 192.0.2.0/25 via " ETH_GW);
	mobility_netns_wait(goes(WLAN, PEER, IKE, ETH_GW));
	mobility_netns_ip("route del 192.0.2.0/25 via " ETH_GW);
	mobility_netns_ip("route flush table 22500");
	mobility_netns_wait(answers_by(WLAN_GW));
}
END_TEST

/**
 * What a crashed daemon has left
 */
START_TEST(test_sweep)
{
	monitor->stop(monitor);
	ck_assert_int_eq(mobility_pin_routes_sweep(pins_rtnl), 10);
	ck_assert_int_eq(pins_count_rules(), 0);
}
END_TEST

/** what the mocked backends return, and how often somebody has come */
static ike_cfg_t *found, ike_cfg;
static u_int knocks;

static ike_cfg_t *get_ike_cfg(backend_manager_t *backends, host_t *me,
							  host_t *other, ike_version_t version)
{
	return found;
}

static void knocked(void *data)
{
	knocks++;
}

/**
 * Only who finds a connection, with IKEv2, is a client
 */
START_TEST(test_knock)
{
	backend_manager_t backends = {
		.get_ike_cfg = get_ike_cfg,
	};
	mobility_knock_t *knock;

	daemon_.backends = &backends;
	knock = mobility_knock_create(knocked, NULL);
	ck_assert(!backends.get_ike_cfg(&backends, NULL, NULL, IKEV2));
	ck_assert_int_eq(knocks, 0);
	found = &ike_cfg;
	ck_assert(backends.get_ike_cfg(&backends, NULL, NULL, IKEV1) == found);
	ck_assert_int_eq(knocks, 0);
	ck_assert(backends.get_ike_cfg(&backends, NULL, NULL, IKEV2) == found);
	ck_assert_int_eq(knocks, 1);
	knock->destroy(knock);
	ck_assert(backends.get_ike_cfg(&backends, NULL, NULL, IKEV2) == found);
	ck_assert_int_eq(knocks, 1);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("way back");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup, teardown);
	if (mobility_netns_available())
	{
		tcase_add_test(tc, test_answers);
		tcase_add_test(tc, test_others);
		tcase_add_test(tc, test_changes);
		tcase_add_loop_test(tc, test_off, 0, 2);
		tcase_add_test(tc, test_unused);
		tcase_add_test(tc, test_restore);
		tcase_add_test(tc, test_sweep);
		tcase_add_test(tc, test_knock);
	}
	suite_add_tcase(s, tc);
	return s;
}
