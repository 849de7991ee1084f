/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pins_fixture.h"

#include "net/rtnl_events.h"

#include <err.h>
#include <net/if.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <linux/capability.h>

START_TEST(test_references)
{
	mobility_path_t *a, *b, *c;
	mobility_pins_t *pins;

	pins = pins_create();
	a = mobility_netns_path("wlan0", WLAN, PEER, WLAN_GW);
	b = mobility_netns_path("wlan0", WLAN, "192.0.2.2", WLAN_GW);
	c = mobility_netns_path("eth0", ETH, PEER, ETH_GW);
	ck_assert(pins->add(pins, a));
	ck_assert(pins->add(pins, a));
	ck_assert(pins->add(pins, b));
	ck_assert(pins->add(pins, c));
	/* paths over the same next hop share a table */
	ck_assert_int_eq(pins_count_rules(), 3);
	ck_assert_int_eq(pins_count_routes(), 2);
	ck_assert_int_eq(pins_count_lines("ip rule | "
									  "grep 'lookup 22000 proto 230'"), 2);
	ck_assert_int_eq(pins_count_lines("ip rule | "
									  "grep 'lookup 22001 proto 230'"), 1);

	pins_remove(pins, a);
	ck_assert_int_eq(pins_count_rules(), 3);
	pins_remove(pins, a);
	ck_assert_int_eq(pins_count_rules(), 2);
	ck_assert_int_eq(pins_count_routes(), 2);
	/* one more than there were changes nothing */
	pins_remove(pins, a);
	ck_assert_int_eq(pins_count_rules(), 2);
	pins_remove(pins, b);
	ck_assert_int_eq(pins_count_routes(), 1);

	/* the table is free again */
	ck_assert(pins->add(pins, a));
	ck_assert_int_eq(pins_count_lines("ip route show table 22000"), 1);
	ck_assert_int_eq(pins_count_rules(), 2);
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
	mobility_path_destroy(a);
	mobility_path_destroy(b);
	mobility_path_destroy(c);
}
END_TEST

START_TEST(test_sweep)
{
	mobility_pins_t *pins;

	/* what a daemon left that was killed, wherever it had its tables */
	mobility_netns_ip("rule add from " WLAN " to " PEER " lookup 22000 "
					  "pref 219 proto 230");
	mobility_netns_ip("rule add from " WLAN " to 192.0.2.9 lookup 777 "
					  "pref 5 proto 230");
	mobility_netns_ip("-6 rule add from " WLAN6 " to " PEER6 " lookup 22001 "
					  "pref 219 proto 230");
	mobility_netns_ip("route add default via " WLAN_GW " dev wlan0 onlink "
					  "table 22000 metric 4294967294 proto 230");
	mobility_netns_ip("route add 192.0.2.0/24 dev eth0 table 9 proto 230");
	mobility_netns_ip("-6 route add default via fe80::2 dev wlan0 "
					  "table 22001 metric 4294967294 proto 230");
	mobility_netns_ip("-6 route add unreachable 2001:db8:ff::/48 proto 230");
	/* and what is not ours */
	mobility_netns_ip("rule add from 10.9.0.1 lookup 22000 pref 219");
	mobility_netns_ip("rule add from 10.9.0.1 lookup 22000 pref 219 proto 4");
	mobility_netns_ip("route add 192.0.2.0/24 dev wlan0 table 22000");
	ck_assert_int_eq(pins_count_rules(), 3);
	ck_assert_int_eq(pins_count_routes(), 4);

	mobility_suite_log_start();
	pins = pins_create();
	ck_assert_str_eq(mobility_suite_log(),
					 "mobility: removed 7 rules and routes that were left behind\n");
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
	ck_assert_int_eq(pins_count_lines("ip rule | grep 10.9.0.1"), 2);
	ck_assert_int_eq(pins_count_lines("ip route show table 22000"), 1);
	ck_assert_int_eq(pins_count_lines("ip route show default"), 2);
	pins->destroy(pins);

	mobility_suite_log_start();
	pins = pins_create();
	ck_assert_str_eq(mobility_suite_log(), "");
	pins->destroy(pins);
}
END_TEST

START_TEST(test_restore)
{
	mobility_path_t *path, *path6;
	mobility_pins_t *pins;

	pins = pins_create();
	path = mobility_netns_path("wlan0", WLAN, PEER, WLAN_GW);
	path6 = mobility_netns_path("wlan0", WLAN6, PEER6, "fe80::2");
	ck_assert(pins->add(pins, path));
	ck_assert(pins->add(pins, path6));
	ck_assert_int_eq(pins->restore(pins), 0);

	mobility_netns_ip("rule del pref 219");
	mobility_netns_ip("route flush table 22000");
	ck_assert(!pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));
	ck_assert_int_eq(pins->restore(pins), 2);
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));

	mobility_netns_ip("rule flush");
	mobility_netns_ip("-6 rule flush");
	mobility_netns_ip("-6 route flush table 22001");
	mobility_netns_ip("rule add lookup main pref 32766");
	mobility_netns_ip("-6 rule add lookup main pref 32766");
	ck_assert_int_eq(pins->restore(pins), 3);
	ck_assert_int_eq(pins->restore(pins), 0);
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));
	ck_assert(pins_go_to(WLAN6, PEER6, "wlan0", "fe80::2"));

	/* another next hop in our table is replaced */
	mobility_netns_ip("route replace default via 10.2.0.99 dev wlan0 "
					  "table 22000 metric 4294967294 proto 230");
	ck_assert_int_eq(pins->restore(pins), 1);
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
	mobility_path_destroy(path);
	mobility_path_destroy(path6);
}
END_TEST

START_TEST(test_priority)
{
	mobility_path_t *path, *path6, *other;
	mobility_pins_t *pins;

	pins = pins_create();
	path = mobility_netns_path("wlan0", WLAN, PEER, WLAN_GW);
	path6 = mobility_netns_path("wlan0", WLAN6, PEER6, "fe80::2");
	ck_assert(pins->add(pins, path));
	ck_assert(pins->add(pins, path6));

	/* as wg-quick does it, so they are in front of ours */
	mobility_netns_ip("route add default via " ETH_GW " dev eth0 table 77");
	mobility_netns_ip("rule add not fwmark 51820 lookup 77");
	ck_assert(!pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));
	pins->set_priority(pins, 217);
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));
	ck_assert(pins_go_to(WLAN6, PEER6, "wlan0", "fe80::2"));
	ck_assert_int_eq(pins_count_rules(), 2);
	ck_assert_int_eq(pins->restore(pins), 0);
	mobility_netns_ip("rule del pref 217");
	ck_assert_int_eq(pins->restore(pins), 1);
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));

	/* the latest one of the same addresses still counts */
	other = mobility_netns_path("eth0", WLAN, PEER, ETH_GW);
	ck_assert(pins->add(pins, other));
	ck_assert(pins_go_to(WLAN, PEER, "eth0", ETH_GW));
	pins->set_priority(pins, 216);
	ck_assert(pins_go_to(WLAN, PEER, "eth0", ETH_GW));
	pins_remove(pins, other);
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));

	mobility_netns_ip("rule del pref 218");
	pins->set_priority(pins, 219);
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	mobility_path_destroy(path);
	mobility_path_destroy(path6);
	mobility_path_destroy(other);
}
END_TEST

START_TEST(test_limit)
{
	mobility_path_t *paths[2], *other;
	mobility_path_id_t id;
	mobility_pins_t *pins;
	mobility_ip_t gateway;
	int i;

	pins = pins_create();
	paths[0] = mobility_netns_path("wlan0", WLAN, PEER, WLAN_GW);
	paths[1] = mobility_netns_path("wlan0", WLAN6, PEER6, "fe80::2");
	other = mobility_netns_path("eth0", ETH, PEER, ETH_GW);
	id = mobility_path_get_id(paths[0]);
	ck_assert(!pins->get_gateway(pins, paths[0], &gateway));
	ck_assert(pins->add(pins, other));
	ck_assert(!pins->limit(pins, paths[0], 1280));
	for (i = 0; i < countof(paths); i++)
	{
		ck_assert(pins->add(pins, paths[i]));
		ck_assert_int_eq(pins->get_limit(pins, paths[i]), 0);
		ck_assert(pins->limit(pins, paths[i], 1400));
		ck_assert(pins->limit(pins, paths[i], 1280));
		ck_assert_int_eq(pins->get_limit(pins, paths[i]), 1280);
		ck_assert(mobility_netns_run("ip -%d route show table %d | "
									 "grep -q ' mtu 1280'", i ? 6 : 4,
									 22001 + i));
	}
	/* who asks need not be who has pinned it */
	ck_assert(pins->get_gateway(pins, paths[0], &gateway));
	ck_assert(mobility_ip_equals(&gateway, &id.gateway));
	/* the packets of others are as large as before */
	ck_assert_int_eq(pins->get_limit(pins, other), 0);
	ck_assert(!mobility_netns_run("ip route show table 22000 | grep mtu"));
	ck_assert_int_eq(pins_count_routes(), 3);

	/* it comes back with the route */
	mobility_netns_ip("route flush table 22001");
	mobility_netns_ip("-6 route flush table 22002");
	ck_assert_int_eq(pins->restore(pins), 2);
	ck_assert_int_eq(pins_count_routes(), 3);
	ck_assert(mobility_netns_run("ip -4 route show table 22001 | "
								 "grep -q ' mtu 1280'"));
	ck_assert(mobility_netns_run("ip -6 route show table 22002 | "
								 "grep -q ' mtu 1280'"));

	/* and is forgotten with the last pin */
	pins_remove(pins, paths[0]);
	ck_assert(pins->add(pins, paths[0]));
	ck_assert_int_eq(pins->get_limit(pins, paths[0]), 0);
	ck_assert(!mobility_netns_run("ip -4 route show table all proto 230 | "
								  "grep mtu"));
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_routes(), 0);
	for (i = 0; i < countof(paths); i++)
	{
		mobility_path_destroy(paths[i]);
	}
	mobility_path_destroy(other);
}
END_TEST

/**
 * Get the path that the kernel's routes make, over the second uplink
 */
static mobility_path_t *get_path(char *peer)
{
	mobility_path_t *path, *found = NULL;
	mobility_rtnl_events_t *events;
	mobility_uplinks_t *uplinks;
	array_t *paths;
	host_t *host;

	uplinks = mobility_uplinks_create(MOBILITY_CHARON_TABLE, FALSE, "/sys");
	events = mobility_rtnl_events_create(pins_rtnl);
	ck_assert(events->read(events));
	events->apply(events, uplinks);
	host = host_create_from_string(peer, 0);
	paths = array_create(0, 0);
	uplinks->get_paths(uplinks, host, NULL, NULL, NULL, paths);
	while (array_remove(paths, ARRAY_TAIL, &path))
	{
		if (streq(path->ifname, "wlan0"))
		{
			found = path;
			continue;
		}
		mobility_path_destroy(path);
	}
	array_destroy(paths);
	host->destroy(host);
	events->destroy(events);
	uplinks->destroy(uplinks);
	ck_assert(found);
	return found;
}

/**
 * Get what a route says about packets, as printed, without spaces at the end
 */
static char *get_metrics(const char *route)
{
	return mobility_netns_output("ip %s | grep -v error | "
				"sed -n 's/.* metric [0-9]* *//; s/onlink *//; "
				"s/ *pref medium//; s/ *$//p'", route);
}

/**
 * Check if the only route of ours says about packets what the one that it stands
 * for does, which is something
 */
static bool has_metrics(bool ipv6, bool any)
{
	char *ours, *theirs;
	bool equal;

	ours = get_metrics(ipv6 ? "-6 route show table all proto 230"
							: "-4 route show table all proto 230");
	theirs = get_metrics(ipv6 ? "-6 route show default dev wlan0"
							  : "-4 route show default dev wlan0");
	equal = streq(ours, theirs) && any == (strlen(theirs) > 1);
	if (!equal)
	{
		warnx("ours: %s theirs: %s", ours, theirs);
	}
	free(ours);
	free(theirs);
	return equal;
}

/**
 * What routes may say about packets, each after the other
 */
static const char *metrics[] = {
	"", "mtu 1300", "mtu lock 1300", "mtu lock 1300 advmss 1200", "advmss 536",
	"hoplimit 9 initcwnd 20 initrwnd 30 quickack 1", "rto_min 300ms",
	"congctl reno", "congctl lock reno mtu 1290", "features ecn", "window 9000",
	"rtt 100ms rttvar 50ms ssthresh lock 8 cwnd 9 reordering 4",
	"fastopen_no_cookie 1", "",
};

START_TEST(test_metrics)
{
	char *peer = _i ? PEER6 : PEER;
	mobility_path_t *path;
	mobility_pins_t *pins;
	int i;

	pins = pins_create();
	path = get_path(peer);
	ck_assert(pins->add(pins, path));
	for (i = 0; i < countof(metrics); i++)
	{
		mobility_netns_ip("-%d route change default via %s dev wlan0 metric "
						  "600 %s", _i ? 6 : 4, _i ? "fe80::2" : WLAN_GW,
						  metrics[i]);
		mobility_path_destroy(path);
		path = get_path(peer);
		pins->update(pins, path);
		ck_assert_msg(has_metrics(_i, *metrics[i]), "%s", metrics[i]);
		ck_assert(pins_go_to(_i ? WLAN6 : WLAN, peer, "wlan0",
							 _i ? "fe80::2" : WLAN_GW));
		ck_assert_int_eq(pins_count_rules(), 1);
		ck_assert_int_eq(pins_count_routes(), 1);
		/* it comes back as it was */
		mobility_netns_ip("-%d route flush table all proto 230", _i ? 6 : 4);
		ck_assert_int_eq(pins->restore(pins), 1);
		ck_assert_msg(has_metrics(_i, *metrics[i]), "%s", metrics[i]);
	}
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
	mobility_path_destroy(path);
}
END_TEST

/**
 * Check the MTU of the only route of ours, "" if it has none
 */
static bool has_mtu(const char *mtu)
{
	char *found;
	bool equal;

	found = mobility_netns_output("ip route show table all proto 230 | "
								  "grep -o 'mtu.*[0-9]' | tr -d '\n'");
	equal = streq(found, mtu);
	free(found);
	return equal;
}

START_TEST(test_metrics_limit)
{
	mobility_path_t *path, *other;
	mobility_pins_t *pins;

	/* the lesser of what the route says and what was measured, as long as the
	 * next hop is the same */
	pins = pins_create();
	path = mobility_netns_path("wlan0", WLAN, PEER, WLAN_GW);
	path->metrics.values[RTAX_MTU] = 1400;
	ck_assert(pins->add(pins, path));
	ck_assert(has_mtu("mtu 1400"));
	ck_assert(pins->limit(pins, path, 1300));
	ck_assert(has_mtu("mtu 1300"));
	ck_assert_int_eq(pins->get_limit(pins, path), 1300);
	path->metrics.values[RTAX_MTU] = 1290;
	path->metrics.values[RTAX_LOCK] = 1 << RTAX_MTU;
	pins->update(pins, path);
	ck_assert(has_mtu("mtu lock 1290"));
	path->metrics.values[RTAX_MTU] = 0;
	path->metrics.values[RTAX_LOCK] = 0;
	pins->update(pins, path);
	ck_assert(has_mtu("mtu 1300"));
	ck_assert_int_eq(pins->get_limit(pins, path), 1300);
	other = mobility_netns_path("wlan0", WLAN, PEER, "10.2.0.254");
	pins->update(pins, other);
	ck_assert(has_mtu(""));
	ck_assert_int_eq(pins->get_limit(pins, path), 0);

	/* two routes over one next hop may say different things of it */
	mobility_path_destroy(other);
	other = mobility_netns_path("wlan0", WLAN, "192.0.2.9", WLAN_GW);
	other->metrics.values[RTAX_MTU] = 1350;
	pins->update(pins, path);
	ck_assert(has_mtu(""));
	ck_assert(pins->add(pins, other));
	ck_assert_int_eq(pins_count_routes(), 2);
	ck_assert(has_mtu("mtu 1350"));
	pins_remove(pins, other);
	ck_assert(has_mtu(""));
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_routes(), 0);
	mobility_path_destroy(path);
	mobility_path_destroy(other);
}
END_TEST

START_TEST(test_link_down)
{
	mobility_path_t *path, *path6;
	mobility_pins_t *pins;

	pins = pins_create();
	path = mobility_netns_path("wlan0", WLAN, PEER, WLAN_GW);
	path6 = mobility_netns_path("wlan0", WLAN6, PEER6, "fe80::2");
	ck_assert(pins->add(pins, path));
	ck_assert(pins->add(pins, path6));

	/* routes go with the link, and can't be installed without it */
	mobility_netns_ip("link set wlan0 down");
	ck_assert_int_eq(pins_count_routes(), 0);
	ck_assert_int_eq(pins->restore(pins), 0);
	ck_assert_int_eq(pins_count_routes(), 0);

	mobility_netns_ip("link set wlan0 up");
	ck_assert_int_eq(pins->restore(pins), 2);
	ck_assert_int_eq(pins_count_routes(), 2);
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));

	/* another reference sees to that, too */
	mobility_netns_ip("link set wlan0 down");
	mobility_netns_ip("link set wlan0 up");
	ck_assert(pins->add(pins, path));
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));

	/* an address that is away for a moment takes nothing along for good */
	mobility_netns_ip("addr add 10.2.0.50/32 dev wlan0");
	mobility_netns_ip("addr del " WLAN "/24 dev wlan0");
	mobility_netns_ip("addr add " WLAN "/24 dev wlan0");
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));

	/* the link itself is gone, removing pins is fine then */
	mobility_netns_ip("link del wlan0");
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	mobility_path_destroy(path);
	mobility_path_destroy(path6);
}
END_TEST

START_TEST(test_refused)
{
	struct __user_cap_header_struct hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
	mobility_path_t *path;
	mobility_pins_t *pins;

	pins = pins_create();
	path = mobility_netns_path("wlan0", WLAN, PEER, WLAN_GW);
	mobility_suite_log_start();
	path->ifindex = 4711;
	ck_assert(!pins->add(pins, path));
	ck_assert_str_eq(mobility_suite_log(), "installing a route for " WLAN
					 " === " PEER " over wlan0 failed, No such device\n");
	path->ifindex = if_nametoindex("wlan0");
	ck_assert_int_eq(pins_count_rules(), 0);

	/* not for good: the tests after this may run in the same process */
	ck_assert(syscall(SYS_capget, &hdr, caps) == 0);
	memcpy(none, caps, sizeof(none));
	none[0].effective = none[1].effective = 0;

	mobility_suite_log_start();
	ck_assert(syscall(SYS_capset, &hdr, none) == 0);
	ck_assert(!pins->add(pins, path));
	ck_assert(!pins->add(pins, path));
	ck_assert_str_eq(mobility_suite_log(), "installing a route for " WLAN
					 " === " PEER " over wlan0 failed, Operation not permitted"
					 ": charon needs CAP_NET_ADMIN, or set pin_paths = no\n");
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins->restore(pins), 0);
	pins->destroy(pins);
	ck_assert(syscall(SYS_capset, &hdr, caps) == 0);
	mobility_path_destroy(path);
}
END_TEST

START_TEST(test_many)
{
	mobility_path_t *path;
	mobility_pins_t *pins;
	char peer[32];
	int i;

	pins = pins_create();
	for (i = 0; i < 500; i++)
	{
		snprintf(peer, sizeof(peer), "198.51.%d.%d", 100 + i / 250,
				 1 + i % 250);
		path = mobility_netns_path("wlan0", WLAN, peer, WLAN_GW);
		ck_assert(pins->add(pins, path));
		mobility_path_destroy(path);
	}
	ck_assert_int_eq(pins_count_rules(), 500);
	ck_assert_int_eq(pins_count_routes(), 1);
	mobility_netns_ip("rule flush");
	mobility_netns_ip("rule add lookup main pref 32766");
	ck_assert_int_eq(pins->restore(pins), 500);
	ck_assert_int_eq(pins_count_rules(), 500);
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("pins");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, pins_setup, pins_teardown);
	tcase_set_timeout(tc, 60);
	if (mobility_netns_available())
	{
		tcase_add_test(tc, test_references);
		tcase_add_test(tc, test_sweep);
		tcase_add_test(tc, test_restore);
		tcase_add_test(tc, test_priority);
		tcase_add_test(tc, test_limit);
		tcase_add_loop_test(tc, test_metrics, 0, 2);
		tcase_add_test(tc, test_metrics_limit);
		tcase_add_test(tc, test_link_down);
		tcase_add_test(tc, test_refused);
		tcase_add_test(tc, test_many);
	}
	suite_add_tcase(s, tc);
	return s;
}
