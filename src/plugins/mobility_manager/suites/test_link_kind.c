/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "uplinks_fixture.h"

#include "net/link_kind.h"

/**
 * Facts, and the kind that follows.
 */
static const struct {
	mobility_link_kind_facts_t facts;
	mobility_link_kind_t kind;
} cases[] = {
	{ { .type = 1 }, MOBILITY_KIND_ETHERNET },
	{ { .type = 1, .driver = "e1000e" }, MOBILITY_KIND_ETHERNET },
	{ { .type = 1, .driver = "cdc_ncm" }, MOBILITY_KIND_ETHERNET },
	{ { .type = 1, .driver = "e1000e", .made_up = TRUE },
	  MOBILITY_KIND_ETHERNET },
	{ { .type = 1, .driver = "cdc_ncm", .made_up = TRUE }, MOBILITY_KIND_USB },
	{ { .type = 1, .driver = "cdc_ether", .made_up = TRUE },
	  MOBILITY_KIND_USB },
	{ { .type = 1, .driver = "rndis_host" }, MOBILITY_KIND_USB },
	{ { .type = 1, .driver = "ipheth" }, MOBILITY_KIND_USB },
	{ { .type = 1, .driver = "cdc_ether", .devtype = "wwan", .made_up = TRUE },
	  MOBILITY_KIND_WWAN },
	{ { .type = 1, .driver = "iwlwifi", .devtype = "wlan" },
	  MOBILITY_KIND_WIFI },
	{ { .type = 1, .driver = "old", .wireless = TRUE }, MOBILITY_KIND_WIFI },
	{ { .type = 801 }, MOBILITY_KIND_WIFI },
	{ { .type = 1, .devtype = "bluetooth" }, MOBILITY_KIND_BLUETOOTH },
	{ { .type = 512 }, MOBILITY_KIND_PPP },
	{ { .type = 519 }, MOBILITY_KIND_WWAN },
	{ { .type = 65534, .devtype = "wwan" }, MOBILITY_KIND_WWAN },
	{ { .type = 65534 }, MOBILITY_KIND_TUNNEL },
	{ { .type = 776 }, MOBILITY_KIND_TUNNEL },
	{ { .type = 772 }, MOBILITY_KIND_UNKNOWN },
	{ { .type = 280 }, MOBILITY_KIND_UNKNOWN },
	{ { .type = 1, .info = "veth" }, MOBILITY_KIND_ETHERNET },
	{ { .type = 1, .info = "dummy" }, MOBILITY_KIND_UNKNOWN },
	{ { .type = 1, .info = "new", .devtype = "wlan" }, MOBILITY_KIND_UNKNOWN },
	{ { .type = 1, .info = "vlan" }, MOBILITY_KIND_VLAN },
	{ { .type = 1, .info = "bridge" }, MOBILITY_KIND_BRIDGE },
	{ { .type = 1, .info = "bond" }, MOBILITY_KIND_BOND },
	{ { .type = 1, .info = "team" }, MOBILITY_KIND_BOND },
	{ { .type = 1, .info = "macvlan" }, MOBILITY_KIND_MACVLAN },
	{ { .type = 1, .info = "ipvlan" }, MOBILITY_KIND_MACVLAN },
	{ { .type = 1, .info = "tun" }, MOBILITY_KIND_TUNNEL },
	{ { .type = 65534, .info = "wireguard" }, MOBILITY_KIND_TUNNEL },
	{ { .type = 65534, .info = "wwan" }, MOBILITY_KIND_WWAN },
	{ { .type = 512, .info = "ppp" }, MOBILITY_KIND_PPP },
};

START_TEST(test_determine)
{
	ck_assert_int_eq(mobility_link_kind_determine(&cases[_i].facts),
					 cases[_i].kind);
}
END_TEST

START_TEST(test_names)
{
	mobility_link_kind_t kind;
	char buf[32];

	for (kind = 0; kind <= MOBILITY_KIND_MACVLAN; kind++)
	{
		snprintf(buf, sizeof(buf), "%N", mobility_link_kind_names, kind);
		ck_assert(!strchr(buf, '('));
		ck_assert(mobility_link_kind_is_stacked(kind) ==
				  (kind == MOBILITY_KIND_VLAN || kind == MOBILITY_KIND_BRIDGE ||
				   kind == MOBILITY_KIND_BOND || kind == MOBILITY_KIND_MACVLAN));
	}
}
END_TEST

/**
 * Write a file of an interface.
 */
static void put(const char *ifname, const char *file, const char *content)
{
	char path[128];

	snprintf(path, sizeof(path), "/class/net/%s/%s", ifname, file);
	mobility_suite_write(path, content);
}

/**
 * Add an interface, with a driver or none.
 */
static void add(const char *ifname, int ifindex, const char *driver)
{
	char *path, *target, number[16];

	snprintf(number, sizeof(number), "%d\n", ifindex);
	put(ifname, "ifindex", number);
	put(ifname, "addr_assign_type", "0\n");
	put(ifname, "address", "00:1b:21:aa:bb:cc\n");
	put(ifname, "uevent", "INTERFACE=x\nIFINDEX=1\n");
	if (driver)
	{
		put(ifname, "device/vendor", "");
		ck_assert(asprintf(&path, "%s/class/net/%s/device/driver",
						   mobility_suite_dir(), ifname) > 0);
		ck_assert(asprintf(&target, "../../../bus/usb/drivers/%s", driver) > 0);
		ck_assert_int_eq(symlink(target, path), 0);
		free(target);
		free(path);
	}
}

/**
 * Fixture: sysfs without interfaces.
 */
static void setup(void)
{
	uplinks_setup_empty();
	uplinks->destroy(uplinks);
	uplinks = mobility_uplinks_create(220, TRUE, mobility_suite_dir());
}

/**
 * Check the kind of an interface, as "kind" or "kind over kind".
 */
static void assert_kind(const char *ifname, const char *expected)
{
	mobility_link_kind_t kind, over;
	char buf[64];

	kind = uplinks->get_kind(uplinks, ifname, &over);
	snprintf(buf, sizeof(buf), over ? "%N over %N" : "%N",
			 mobility_link_kind_names,
			 kind, mobility_link_kind_names, over);
	ck_assert_str_eq(buf, expected);
}

START_TEST(test_sysfs)
{
	char line[512];

	add("eth0", 2, "e1000e");
	add("wlan0", 3, "iwlwifi");
	put("wlan0", "uevent", "DEVTYPE=wlan\nINTERFACE=wlan0\nIFINDEX=3\n");
	add("wlan1", 4, NULL);
	put("wlan1", "phy80211", "");
	add("usb0", 5, "cdc_ncm");
	put("usb0", "address", "02:1b:21:aa:bb:cc\n");
	add("dock0", 6, "cdc_ncm");
	add("dock1", 7, "cdc_ncm");
	put("dock1", "address", "02:1b:21:aa:bb:cc\n");
	put("dock1", "addr_assign_type", "3\n");
	add("bnep0", 8, NULL);
	put("bnep0", "uevent", "DEVTYPE=bluetooth\n");
	/* of another network namespace */
	add("other0", 99, NULL);
	put("other0", "phy80211", "");
	/* lines that are too long for what we look for */
	add("long0", 10, NULL);
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	put("long0", "uevent", line);

	feed(LINK | STALE, "link add 2 eth0 running");
	feed(LINK | STALE, "link add 3 wlan0 running");
	feed(LINK | STALE, "link add 4 wlan1 running");
	feed(LINK | STALE, "link add 5 usb0 running");
	feed(LINK | STALE, "link add 6 dock0 running");
	feed(LINK | STALE, "link add 7 dock1 running");
	feed(LINK | STALE, "link add 8 bnep0 running");
	feed(LINK | STALE, "link add 9 other0 running");
	feed(LINK | STALE, "link add 10 long0 running");
	feed(LINK | STALE, "link add 11 none0 running");
	assert_kind("eth0", "ethernet");
	assert_kind("wlan0", "wifi");
	assert_kind("wlan1", "wifi");
	assert_kind("usb0", "usb-tethering");
	assert_kind("dock0", "ethernet");
	assert_kind("dock1", "ethernet");
	assert_kind("bnep0", "bluetooth");
	assert_kind("other0", "ethernet");
	assert_kind("long0", "ethernet");
	assert_kind("none0", "ethernet");
	assert_kind("eth9", "unknown");
}
END_TEST

START_TEST(test_read_once)
{
	/* what happens to a link does not make us read files */
	add("eth0", 2, NULL);
	feed(LINK | STALE, "link add 2 eth0 running");
	put("eth0", "phy80211", "");
	feed(LINK | STALE, "link add 2 eth0 up");
	feed(LINK | STALE, "link add 2 eth0 running");
	feed(NONE, "link add 2 eth0 running");
	assert_kind("eth0", "ethernet");
	/* unless it is another one */
	feed(LINK | STALE, "link del 2 eth0");
	feed(LINK | STALE, "link add 2 eth0 running");
	assert_kind("eth0", "wifi");
}
END_TEST

START_TEST(test_stacked)
{
	feed(LINK | STALE, "link add 2 eth0 running");
	feed(LINK | STALE, "link add 3 ppp0 running type 512");
	feed(LINK | STALE, "link add 4 vlan7 running kind vlan over 2");
	feed(LINK | STALE, "link add 5 br0 running kind bridge");
	assert_kind("vlan7", "vlan over ethernet");
	assert_kind("br0", "bridge");

	/* ports come and go, and that is nothing that changes paths */
	feed(LINK | STALE, "link add 6 tap0 running kind tun master 5");
	assert_kind("br0", "bridge over tunnel");
	feed(NONE, "link add 2 eth0 running master 5");
	assert_kind("br0", "bridge over ethernet");
	feed(LINK | STALE, "link add 2 eth0 up master 5");
	assert_kind("br0", "bridge over tunnel");
	feed(LINK | STALE, "link add 2 eth0 running master 5");
	feed(LINK | STALE, "link del 6 tap0");
	feed(NONE, "link add 2 eth0 running");
	assert_kind("br0", "bridge");

	/* several layers */
	feed(LINK | STALE, "link add 7 bond0 running kind bond");
	feed(LINK | STALE, "link add 8 vlan8 running kind vlan over 7");
	feed(LINK | STALE, "link add 9 mac0 running kind macvlan over 8");
	feed(NONE, "link add 3 ppp0 running type 512 master 7");
	assert_kind("mac0", "macvlan over ppp");

	/* what is below is not known, in another namespace, or goes in circles */
	feed(LINK | STALE, "link add 20 vlan20 running kind vlan over 77");
	feed(LINK | STALE, "link add 21 vlan21 running kind vlan over 2 netns 1");
	feed(LINK | STALE, "link add 22 vlan22 running kind vlan over 23");
	feed(LINK | STALE, "link add 23 vlan23 running kind vlan over 22");
	assert_kind("vlan20", "vlan");
	assert_kind("vlan21", "vlan");
	assert_kind("vlan22", "vlan");
	/* IPv4 of an uplink that has none is no tunnel to anywhere */
	feed(LINK | STALE, "link add 25 tun25 running kind tun");
	assert_kind("tun25", "tunnel");
	feed(ADDR | STALE, "addr add 192.0.0.8/32 dev 25");
	assert_kind("tun25", "tunnel");
	feed(ADDR, "addr add 192.0.0.7/32 dev 25");
	assert_kind("tun25", "clat");

	/* the other end of a veth is not below it */
	feed(LINK | STALE, "link add 24 veth0 running kind veth over 3");
	assert_kind("veth0", "ethernet");
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("kind");
	TCase *tc;

	tc = tcase_create("determine");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_loop_test(tc, test_determine, 0, countof(cases));
	tcase_add_test(tc, test_names);
	suite_add_tcase(s, tc);

	tc = tcase_create("sysfs");
	tcase_add_checked_fixture(tc, setup, uplinks_teardown);
	tcase_add_test(tc, test_sysfs);
	tcase_add_test(tc, test_read_once);
	suite_add_tcase(s, tc);

	tc = tcase_create("stacked");
	tcase_add_checked_fixture(tc, uplinks_setup_empty, uplinks_teardown);
	tcase_add_test(tc, test_stacked);
	suite_add_tcase(s, tc);

	return s;
}
