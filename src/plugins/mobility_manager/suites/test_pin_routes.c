/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pins_fixture.h"

#include "net/uplinks.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

START_TEST(test_steers)
{
	mobility_path_t *eth, *wlan;
	mobility_pins_t *pins;

	/* without a pin the source address does not matter */
	ck_assert(pins_go_to(WLAN, PEER, "eth0", ETH_GW));

	pins = pins_create();
	ck_assert(pins);
	wlan = mobility_netns_path("wlan0", WLAN, PEER, WLAN_GW);
	ck_assert(pins->add(pins, wlan));
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));
	/* no other traffic is touched */
	ck_assert(pins_go_to(ETH, PEER, "eth0", ETH_GW));
	ck_assert(pins_go_to(WLAN, "192.0.2.2", "eth0", ETH_GW));
	ck_assert_int_eq(pins_count_rules(), 1);
	ck_assert_int_eq(pins_count_routes(), 1);

	/* a pin stays if the default route moves to the other uplink and back */
	eth = mobility_netns_path("eth0", ETH, PEER, ETH_GW);
	ck_assert(pins->add(pins, eth));
	mobility_netns_ip("route add default via " WLAN_GW " metric 50");
	ck_assert(pins_go_to(ETH, PEER, "eth0", ETH_GW));
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", WLAN_GW));
	ck_assert_int_eq(pins_count_rules(), 2);
	ck_assert_int_eq(pins_count_routes(), 2);

	pins_remove(pins, wlan);
	ck_assert_int_eq(pins_count_rules(), 1);
	ck_assert_int_eq(pins_count_routes(), 1);
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
	mobility_path_destroy(eth);
	mobility_path_destroy(wlan);
}
END_TEST

/**
 * Check which next hop packets with our mark take
 */
static bool marked_go_to(const char *gateway)
{
	char command[256];

	snprintf(command, sizeof(command), "ip route get %s from %s mark %u | "
			 "grep 'via %s '", PEER, ETH, MOBILITY_MARK, gateway);
	return pins_count_lines(command) == 1;
}

START_TEST(test_marked)
{
	mobility_path_id_t id;
	mobility_path_t *path, *other, *third;
	mobility_pins_t *pins;

	pins = pins_create();
	path = mobility_netns_path("eth0", ETH, PEER, ETH_GW);
	other = mobility_netns_path("eth0", ETH, PEER, ETH_GW "1");
	third = mobility_netns_path("eth0", ETH, PEER, ETH_GW "2");
	id = mobility_path_get_id(path);
	ck_assert(pins->add(pins, path));
	ck_assert(marked_go_to(ETH_GW));
	/* all others stay, also those with another mark */
	ck_assert(pins->mark(pins, other));
	ck_assert(marked_go_to(ETH_GW "1"));
	ck_assert(pins_go_to(ETH, PEER, "eth0", ETH_GW));
	ck_assert_int_eq(pins_count_lines("ip route get " PEER " from " ETH
									  " mark 230 | grep 'via " ETH_GW " '"), 1);
	/* one at a time, for whoever wants it */
	ck_assert(!pins->mark(pins, third));
	ck_assert(pins->mark(pins, other));
	pins->unmark(pins, &id);
	ck_assert(marked_go_to(ETH_GW "1"));
	/* it always comes first */
	pins->set_priority(pins, 100);
	ck_assert(marked_go_to(ETH_GW "1"));
	ck_assert(pins_go_to(ETH, PEER, "eth0", ETH_GW));
	/* it comes back as pins do, and goes alone */
	mobility_netns_ip("rule flush");
	mobility_netns_ip("rule add pref 32766 lookup main");
	ck_assert_int_eq(pins->restore(pins), 2);
	ck_assert(marked_go_to(ETH_GW "1"));
	ck_assert(pins_go_to(ETH, PEER, "eth0", ETH_GW));
	pins->unmark(pins, &id);
	ck_assert(marked_go_to(ETH_GW));
	ck_assert_int_eq(pins_count_rules(), 1);
	ck_assert_int_eq(pins_count_routes(), 1);
	pins->unmark(pins, &id);
	ck_assert_int_eq(pins_count_rules(), 1);
	ck_assert(pins->mark(pins, third));
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
	mobility_path_destroy(path);
	mobility_path_destroy(other);
	mobility_path_destroy(third);
}
END_TEST

START_TEST(test_steers6)
{
	mobility_path_t *linklocal, *global;
	mobility_pins_t *pins;

	ck_assert(pins_go_to(WLAN6, PEER6, "eth0", "fe80::1"));

	pins = pins_create();
	linklocal = mobility_netns_path("wlan0", WLAN6, PEER6, "fe80::2");
	ck_assert(pins->add(pins, linklocal));
	ck_assert(pins_go_to(WLAN6, PEER6, "wlan0", "fe80::2"));
	ck_assert(pins_go_to(ETH6, PEER6, "eth0", "fe80::1"));
	pins_remove(pins, linklocal);
	ck_assert(pins_go_to(WLAN6, PEER6, "eth0", "fe80::1"));

	global = mobility_netns_path("wlan0", WLAN6, PEER6, WLAN6_GW);
	ck_assert(pins->add(pins, global));
	ck_assert(pins_go_to(WLAN6, PEER6, "wlan0", WLAN6_GW));
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
	mobility_path_destroy(linklocal);
	mobility_path_destroy(global);
}
END_TEST

START_TEST(test_on_link)
{
	mobility_path_t *path, *path6;
	mobility_pins_t *pins;

	/* the same network on both, with the peer in it */
	mobility_netns_ip("addr add 10.1.0.3/24 dev wlan0");
	mobility_netns_ip("addr add 2001:db8:1::3/64 dev wlan0 nodad");
	ck_assert(pins_go_to("10.1.0.3", "10.1.0.9", "eth0", NULL));

	pins = pins_create();
	path = mobility_netns_path("wlan0", "10.1.0.3", "10.1.0.9", NULL);
	path6 = mobility_netns_path("wlan0", "2001:db8:1::3", "2001:db8:1::9",
								NULL);
	ck_assert(pins->add(pins, path));
	ck_assert(pins->add(pins, path6));
	ck_assert(pins_go_to("10.1.0.3", "10.1.0.9", "wlan0", NULL));
	ck_assert(pins_go_to("10.1.0.2", "10.1.0.9", "eth0", NULL));
	ck_assert(pins_go_to("2001:db8:1::3", "2001:db8:1::9", "wlan0", NULL));
	ck_assert(pins_go_to("2001:db8:1::2", "2001:db8:1::9", "eth0", NULL));
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
	mobility_path_destroy(path);
	mobility_path_destroy(path6);
}
END_TEST

START_TEST(test_odd_gateways)
{
	mobility_path_t *unrelated, *unrelated6, *via6;
	mobility_pins_t *pins;

	/* gateways no route leads to, and one of the other family */
	pins = pins_create();
	unrelated = mobility_netns_path("wlan0", WLAN, PEER, "172.31.255.1");
	ck_assert(pins->add(pins, unrelated));
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", "172.31.255.1"));
	unrelated6 = mobility_netns_path("wlan0", WLAN6, PEER6, "2001:db8:e::1");
	ck_assert(pins->add(pins, unrelated6));
	ck_assert(pins_go_to(WLAN6, PEER6, "wlan0", "2001:db8:e::1"));
	via6 = mobility_netns_path("wlan0", WLAN, "192.0.2.7", "fe80::7");
	ck_assert(pins->add(pins, via6));
	ck_assert(pins_go_to(WLAN, "192.0.2.7", "wlan0", "inet6 fe80::7"));
	ck_assert_int_eq(pins->restore(pins), 0);
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
	mobility_path_destroy(unrelated);
	mobility_path_destroy(unrelated6);
	mobility_path_destroy(via6);
}
END_TEST

START_TEST(test_same_gateway)
{
	mobility_path_t *path, *path6, *via6;
	mobility_pins_t *pins;

	/* both uplinks in one network, with the same gateway, which the main table
	 * reaches over the first one */
	mobility_netns_ip("addr add 10.3.0.2/24 dev eth0");
	mobility_netns_ip("addr add 10.3.0.3/24 dev wlan0 metric 600");
	mobility_netns_ip("addr add 2001:db8:3::2/64 dev eth0 nodad metric 100");
	mobility_netns_ip("addr add 2001:db8:3::3/64 dev wlan0 nodad metric 600");
	pins = pins_create();
	mobility_suite_log_start();
	path = mobility_netns_path("wlan0", "10.3.0.3", PEER, "10.3.0.1");
	ck_assert(pins->add(pins, path));
	ck_assert(pins_go_to("10.3.0.3", PEER, "wlan0", "10.3.0.1"));
	path6 = mobility_netns_path("wlan0", "2001:db8:3::3", PEER6,
								"2001:db8:3::1");
	ck_assert(pins->add(pins, path6));
	ck_assert(pins_go_to("2001:db8:3::3", PEER6, "wlan0", "2001:db8:3::1"));
	via6 = mobility_netns_path("wlan0", "10.3.0.3", "192.0.2.7",
							   "2001:db8:3::9");
	ck_assert(pins->add(pins, via6));
	ck_assert(pins_go_to("10.3.0.3", "192.0.2.7", "wlan0",
					  "inet6 2001:db8:3::9"));
	ck_assert_str_eq(mobility_suite_log(), "");
	ck_assert_int_eq(pins->restore(pins), 0);
	mobility_netns_ip("-6 route flush table 22001");
	ck_assert_int_eq(pins->restore(pins), 1);
	ck_assert(pins_go_to("2001:db8:3::3", PEER6, "wlan0", "2001:db8:3::1"));
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
	mobility_path_destroy(path);
	mobility_path_destroy(path6);
	mobility_path_destroy(via6);
}
END_TEST

START_TEST(test_update)
{
	mobility_path_t *old, *new, *other;
	mobility_pins_t *pins;
	char *route;
	pid_t pid;
	int i, status;

	pins = pins_create();
	old = mobility_netns_path("wlan0", WLAN, PEER, WLAN_GW);
	new = mobility_netns_path("wlan0", WLAN, PEER, "10.2.0.254");
	other = mobility_netns_path("wlan0", WLAN, "192.0.2.2", WLAN_GW);
	ck_assert(pins->add(pins, old));
	ck_assert(pins->add(pins, other));

	pins->update(pins, new);
	ck_assert(pins_go_to(WLAN, PEER, "wlan0", "10.2.0.254"));
	ck_assert(pins_go_to(WLAN, "192.0.2.2", "wlan0", WLAN_GW));
	ck_assert_int_eq(pins_count_rules(), 2);
	ck_assert_int_eq(pins_count_routes(), 2);
	ck_assert_int_eq(pins->restore(pins), 0);

	/* the same again changes nothing, nor does one that is not pinned */
	pins->update(pins, new);
	mobility_path_destroy(other);
	other = mobility_netns_path("eth0", ETH, PEER, ETH_GW);
	pins->update(pins, other);
	ck_assert_int_eq(pins_count_rules(), 2);
	ck_assert_int_eq(pins_count_routes(), 2);

	/* there is no moment without a pin */
	pid = fork();
	ck_assert(pid >= 0);
	if (pid == 0)
	{
		while (TRUE)
		{
			route = pins_get_route(WLAN, PEER);
			if (!strstr(route, "dev wlan0"))
			{
				_exit(1);
			}
			free(route);
		}
	}
	for (i = 0; i < 1000; i++)
	{
		pins->update(pins, i % 2 ? new : old);
	}
	/* libcheck has a handler for most other signals */
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));

	pins_remove(pins, old);
	ck_assert_int_eq(pins_count_rules(), 1);
	pins->destroy(pins);
	ck_assert_int_eq(pins_count_rules(), 0);
	ck_assert_int_eq(pins_count_routes(), 0);
	mobility_path_destroy(old);
	mobility_path_destroy(new);
	mobility_path_destroy(other);
}
END_TEST

START_TEST(test_address_moves)
{
	mobility_path_t *eth, *wlan;
	mobility_pins_t *pins;

	/* the same address on both, for a while: what was pinned last counts */
	mobility_netns_ip("addr add " ETH "/24 dev wlan0");
	pins = pins_create();
	eth = mobility_netns_path("eth0", ETH, PEER, ETH_GW);
	wlan = mobility_netns_path("wlan0", ETH, PEER, ETH_GW);
	ck_assert(pins->add(pins, eth));
	ck_assert(pins->add(pins, wlan));
	ck_assert(pins_go_to(ETH, PEER, "wlan0", ETH_GW));
	ck_assert_int_eq(pins_count_rules(), 2);
	pins_remove(pins, wlan);
	ck_assert(pins_go_to(ETH, PEER, "eth0", ETH_GW));
	pins->destroy(pins);
	mobility_path_destroy(eth);
	mobility_path_destroy(wlan);
}
END_TEST

/**
 * Let a packet from the peer come in over an uplink
 */
static void inject(const char *ifname)
{
	struct {
		struct ethhdr eth;
		struct iphdr ip;
		struct udphdr udp;
		char data[4];
	} __attribute__((packed)) packet = {
		.eth.h_proto = htons(ETH_P_IP),
		.ip = {
			.version = 4,
			.ihl = 5,
			.ttl = 64,
			.protocol = IPPROTO_UDP,
			.tot_len = htons(sizeof(packet) - sizeof(packet.eth)),
		},
		.udp = {
			.source = htons(4500),
			.dest = htons(4500),
			.len = htons(sizeof(packet.udp) + sizeof(packet.data)),
		},
		.data = "test",
	};
	struct ifreq ifr = {};
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
	};
	const uint8_t *word = (uint8_t*)&packet.ip;
	uint32_t sum = 0;
	u_int i;
	int fd;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	ck_assert(fd >= 0);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
	ck_assert(ioctl(fd, SIOCGIFHWADDR, &ifr) == 0);
	memcpy(packet.eth.h_dest, ifr.ifr_hwaddr.sa_data, ETH_ALEN);
	inet_pton(AF_INET, PEER, &packet.ip.saddr);
	inet_pton(AF_INET, WLAN, &packet.ip.daddr);
	for (i = 0; i < sizeof(packet.ip); i += 2)
	{
		sum += word[i] << 8 | word[i + 1];
	}
	packet.ip.check = htons(~(sum + (sum >> 16)));

	/* it leaves by the other end */
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "x%s", ifname);
	addr.sll_ifindex = if_nametoindex(ifr.ifr_name);
	ck_assert_int_eq(sendto(fd, &packet, sizeof(packet), 0,
							(struct sockaddr*)&addr, sizeof(addr)),
					 sizeof(packet));
	close(fd);
}

/**
 * Check if packets from the peer that come in over an uplink get accepted
 */
static bool accepts(const char *ifname)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(4500),
	};
	struct pollfd pfd = {
		.events = POLLIN,
	};
	bool accepted;

	pfd.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert(bind(pfd.fd, (struct sockaddr*)&addr, sizeof(addr)) == 0);
	inject(ifname);
	/* there is no event for a packet that is dropped */
	accepted = poll(&pfd, 1, 300) == 1;
	close(pfd.fd);
	return accepted;
}

START_TEST(test_rp_filter)
{
	mobility_path_t *path;
	mobility_pins_t *pins;

	/* packets from the peer come over the uplink that is not preferred */
	mobility_netns_sysctl("0", "ipv4/conf/all/rp_filter");
	mobility_netns_sysctl("0", "ipv4/conf/wlan0/rp_filter");
	ck_assert(accepts("wlan0"));
	mobility_netns_sysctl("1", "ipv4/conf/wlan0/rp_filter");
	ck_assert(!accepts("wlan0"));

	pins = pins_create();
	path = mobility_netns_path("wlan0", WLAN, PEER, WLAN_GW);
	ck_assert(pins->add(pins, path));
	ck_assert(accepts("wlan0"));
	pins_remove(pins, path);
	ck_assert(!accepts("wlan0"));
	pins->destroy(pins);
	mobility_path_destroy(path);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("steering");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, pins_setup, pins_teardown);
	tcase_set_timeout(tc, 60);
	if (mobility_netns_available())
	{
		tcase_add_test(tc, test_steers);
		tcase_add_test(tc, test_marked);
		tcase_add_test(tc, test_steers6);
		tcase_add_test(tc, test_on_link);
		tcase_add_test(tc, test_odd_gateways);
		tcase_add_test(tc, test_same_gateway);
		tcase_add_test(tc, test_update);
		tcase_add_test(tc, test_address_moves);
		tcase_add_test(tc, test_rp_filter);
	}
	suite_add_tcase(s, tc);
	return s;
}
