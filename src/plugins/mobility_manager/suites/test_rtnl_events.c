/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "mobility_netns.h"

#include "net/rtnl_events.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>

/** socket for requests */
static mobility_rtnl_t *rtnl;

/** what is tested */
static mobility_rtnl_events_t *feed;

/** the state that is kept */
static mobility_uplinks_t *uplinks;

/** what was done, to tell if something fails */
static char history[16384];

/**
 * Read the whole state
 */
static mobility_change_t sync_(mobility_rtnl_events_t *feed,
							   mobility_uplinks_t *uplinks)
{
	ck_assert(feed->read(feed));
	return feed->apply(feed, uplinks);
}

/**
 * Receive changes, and the whole state if some were lost
 */
static mobility_change_t receive()
{
	mobility_change_t change;

	change = feed->receive(feed, uplinks);
	if (feed->is_stale(feed))
	{
		change |= sync_(feed, uplinks);
	}
	return change;
}

/**
 * Fixture: two uplinks without addresses, followed by the feed
 */
static void setup()
{
	mobility_netns_setup();
	mobility_netns_link("eth0");
	mobility_netns_link("wlan0");
	uplinks = mobility_uplinks_create(220, TRUE, NULL);
	rtnl = mobility_rtnl_create();
	feed = mobility_rtnl_events_create(rtnl);
	ck_assert(feed);
	sync_(feed, uplinks);
	history[0] = '\0';
}

/**
 * Fixture
 */
static void teardown()
{
	feed->destroy(feed);
	rtnl->destroy(rtnl);
	uplinks->destroy(uplinks);
	mobility_suite_teardown();
}

/**
 * Use all interfaces but the other ends
 */
static bool use_uplink(void *data, const char *ifname, bool tunnel)
{
	return ifname[0] != 'x';
}

/**
 * Order of paths, to compare them
 */
static int compare_paths(const void *a, const void *b, void *null)
{
	return ((mobility_path_t*)a)->ifindex - ((mobility_path_t*)b)->ifindex;
}

/**
 * Describe all paths to some peers
 */
static char *describe(mobility_uplinks_t *uplinks)
{
	static char *peers[] = {
		"192.0.2.1", "192.0.3.1", "10.1.0.9", "2001:db8:f::1", "2001:db8:1::9",
		/* what may be addresses of this host, or broadcast ones */
		"10.1.0.2", "10.2.0.3", "10.1.0.255", "10.2.255.255", "2001:db8:2::3",
	};
	const char *owner;
	mobility_path_t *path;
	array_t *paths;
	host_t *peer;
	char *str;
	FILE *out;
	size_t len;
	int i, j;

	out = open_memstream(&str, &len);
	for (i = 0; i < countof(peers); i++)
	{
		peer = host_create_from_string(peers[i], 0);
		paths = array_create(0, 0);
		uplinks->get_paths(uplinks, peer, use_uplink, NULL, NULL, paths);
		array_sort(paths, compare_paths, NULL);
		for (j = 0; array_get(paths, j, &path); j++)
		{
			char buf[256];

			snprintf(buf, sizeof(buf), "%s: %H via %H dev %s /%d %u\n",
					 peers[i], path->local, path->gateway ?: path->remote,
					 path->ifname, path->prefix, path->metric);
			fputs(buf, out);
		}
		mobility_paths_destroy(paths);
		owner = uplinks->get_owner(uplinks, peer);
		fprintf(out, "%s is on %s\n", peers[i], owner ?: "no interface");
		peer->destroy(peer);
	}
	fprintf(out, "eth0 is %s, wlan0 is %s\n",
			uplinks->describe(uplinks, "eth0"),
			uplinks->describe(uplinks, "wlan0"));
	fclose(out);
	return str;
}

/**
 * Describe what the kernel has right now
 */
static char *describe_kernel()
{
	mobility_uplinks_t *current;
	mobility_rtnl_events_t *other;
	char *str;

	current = mobility_uplinks_create(220, TRUE, NULL);
	other = mobility_rtnl_events_create(rtnl);
	sync_(other, current);
	str = describe(current);
	other->destroy(other);
	current->destroy(current);
	return str;
}

/**
 * Check if what was followed is what the kernel has
 */
static bool is_current(bool verbose)
{
	char *followed, *kernel;
	bool match;

	receive();
	kernel = describe_kernel();
	followed = describe(uplinks);
	match = streq(followed, kernel);
	if (!match && verbose)
	{
		fprintf(stderr, "followed:\n%skernel:\n%safter:\n%s", followed, kernel,
				history);
	}
	free(followed);
	free(kernel);
	return match;
}

/**
 * Change something, whether that is possible or not
 */
static void change(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void change(const char *fmt, ...)
{
	char command[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	if (mobility_netns_run("ip %s 2>/dev/null", command))
	{
		snprintf(history + strlen(history), sizeof(history) - strlen(history),
				 "ip %s\n", command);
	}
}

/**
 * Do something at random
 */
static void change_anything()
{
	const char *dev = random() % 2 ? "eth0" : "wlan0";
	const char *verb = random() % 3 ? "add" : "del";
	int net = random() % 2 + 1, host = random() % 2 + 2;
	int metric = random() % 2 * 100 + 100;

	switch (random() % 33)
	{
		case 0:
			change("link set %s down", dev);
			break;
		case 1:
		case 2:
		case 3:
			change("link set %s up", dev);
			break;
		case 4:
			change("link set x%s down", dev);
			break;
		case 5:
		case 6:
			change("link set x%s up", dev);
			break;
		case 7:
		case 8:
		case 9:
			change("addr %s 10.%d.0.%d/24 dev %s", verb, net, host, dev);
			break;
		case 10:
			change("addr %s 2001:db8:%d::%d/64 dev %s nodad", verb, net, host,
				   dev);
			break;
		case 11:
		case 12:
			change("route %s default via 10.%d.0.1 dev %s metric %d onlink",
				   verb, net, dev, metric);
			break;
		case 13:
			change("route replace default via 10.%d.0.254 dev %s metric %d "
				   "onlink", net, dev, metric);
			break;
		case 14:
			change("route append default via 10.%d.0.1 dev %s metric %d onlink",
				   net, dev, metric);
			break;
		case 15:
			change("route %s 192.0.2.0/24 dev %s src 10.%d.0.%d", verb, dev,
				   net, host);
			break;
		case 16:
			change("route replace 192.0.2.0/24 nexthop via 10.1.0.1 dev eth0 "
				   "onlink nexthop via 10.2.0.1 dev wlan0 onlink");
			break;
		case 17:
			change("-6 route %s default via fe80::%d dev %s metric %d", verb,
				   host, dev, metric);
			break;
		case 18:
			change("-6 route replace default via fe80::%d dev %s metric %d",
				   host, dev, metric);
			break;
		case 19:
			change("-6 route append default via fe80::%d dev %s metric %d",
				   host, dev, metric);
			break;
		case 20:
			change("route %s unreachable 192.0.%d.0/24 metric %d", verb,
				   host, metric);
			break;
		case 21:
			change("rule %s from 10.%d.0.0/24 lookup 100 pref 100", verb, net);
			change("route %s default via 10.%d.0.7 dev %s onlink table 100",
				   verb, net, dev);
			break;
		case 22:
			change("-6 rule %s to 2001:db8:f::/48 lookup 100 pref 100", verb);
			change("-6 route %s default via fe80::7 dev %s table 100", verb,
				   dev);
			break;
		case 23:
			change("rule %s pref 99 lookup main suppress_prefixlength 0", verb);
			break;
		case 24:
			change("nexthop replace id %d via 10.%d.0.1 dev %s onlink", host,
				   net, dev);
			break;
		case 25:
			change("route replace 192.0.3.0/24 nhid %d", host);
			break;
		case 26:
			change("nexthop del id %d", host);
			break;
		case 27:
			change("-6 route replace default metric %d nexthop via fe80::2 "
				   "dev eth0 nexthop via fe80::3 dev wlan0", metric);
			break;
		case 28:
			change("addr flush dev %s scope global", dev);
			break;
		case 29:
			change("link del %s", dev);
			change("link add %s type veth peer name x%s", dev, dev);
			break;
		case 30:
		case 31:
			change("addr %s 10.%d.0.%d/16 dev %s", verb, net, host, dev);
			break;
		case 32:
			change("addr %s 10.%d.0.%d peer 10.%d.0.9 dev %s", verb, net, host,
				   net, dev);
			break;
	}
}

START_TEST(test_follows)
{
	struct pollfd pollfd = {
		.fd = feed->get_fd(feed),
		.events = POLLIN,
	};
	u_int seed = 4555 + _i, i;

	srandom(seed);
	for (i = 0; i < 60; i++)
	{
		change_anything();
		if (!is_current(FALSE))
		{	/* carrier and IPv6 addresses take some time */
			uint64_t end = mobility_netns_now() + MOBILITY_NETNS_TIMEOUT / 5;

			while (!is_current(mobility_netns_now() > end))
			{
				ck_assert_msg(mobility_netns_now() <= end, "seed %u", seed);
				poll(&pollfd, 1, MOBILITY_NETNS_TIMEOUT / 5);
			}
		}
	}
}
END_TEST

/**
 * Make the socket so small that it overflows at once
 */
static void shrink()
{
	int size = 1;

	ck_assert(setsockopt(feed->get_fd(feed), SOL_SOCKET, SO_RCVBUF, &size,
						 sizeof(size)) == 0);
}

START_TEST(test_overflow)
{
	mobility_change_t changed;
	int i;

	mobility_netns_ip("addr add 10.1.0.2/24 dev eth0");
	mobility_netns_ip("addr add 10.2.0.2/24 dev wlan0");
	mobility_netns_ip("route add default via 10.1.0.1 metric 100");
	mobility_netns_ip("route add default via 10.2.0.1 metric 600");
	mobility_netns_ip("addr add 10.1.0.77/24 dev eth0");
	mobility_netns_ip("rule add from 10.9.0.1 lookup 9 pref 9");
	mobility_netns_ip("route add default via 10.1.0.1 dev eth0 table 22000 "
					  "proto 230");
	ck_assert(is_current(TRUE));

	/* what comes in these changes that are lost, and what goes */
	shrink();
	for (i = 0; i < 20; i++)
	{
		mobility_netns_ip("route add 192.0.2.%d/32 via 10.1.0.9", i);
	}
	mobility_netns_ip("route del default via 10.1.0.1 metric 100");
	mobility_netns_ip("route del 192.0.2.1/32 via 10.1.0.9");
	mobility_netns_ip("route add 192.0.2.1/32 via 10.2.0.9");
	mobility_netns_ip("addr del 10.1.0.77/24 dev eth0");
	mobility_netns_ip("rule del from 10.9.0.1 lookup 9 pref 9");
	mobility_netns_ip("route del default table 22000 proto 230");
	mobility_netns_ip("link del wlan0");
	mobility_netns_link("wwan0");
	mobility_suite_log_start();
	changed = receive();
	ck_assert_int_eq(changed, MOBILITY_CHANGE_LINK | MOBILITY_CHANGE_ADDR |
					 MOBILITY_CHANGE_ROUTE | MOBILITY_CHANGE_RULE |
					 MOBILITY_CHANGE_PIN_LOST | MOBILITY_CHANGE_TUNNEL);
	ck_assert(is_current(TRUE));
	ck_assert_str_eq(uplinks->describe(uplinks, "wlan0"), "no such interface");
	ck_assert_str_eq(uplinks->describe(uplinks, "wwan0"), "no address");

	/* nothing new */
	ck_assert_int_eq(receive(), MOBILITY_CHANGE_NONE);

	/* and again, with a route that came and went and came: what is queued is
	 * older than what is read */
	for (i = 0; i < 50; i++)
	{
		change("route %s default via 10.1.0.1 metric 100",
			   i % 2 ? "del" : "add");
	}
	change("route add default via 10.1.0.1 metric 100");
	ck_assert_int_eq(receive(), MOBILITY_CHANGE_ROUTE |
					 MOBILITY_CHANGE_PIN_LOST | MOBILITY_CHANGE_TUNNEL);
	ck_assert(is_current(TRUE));
}
END_TEST

START_TEST(test_flood)
{
	mobility_change_t changed;
	uint64_t start;

	mobility_netns_ip("addr add 10.1.0.2/24 dev eth0");
	ck_assert(is_current(TRUE));
	/* thousands of changes at once fit into the buffer */
	ck_assert(mobility_netns_run("for i in $(seq 2000); do echo route add "
				"20.$((i / 250)).$((i %% 250)).0/24 via 10.1.0.1; done | "
				"ip -batch -"));
	start = mobility_netns_now();
	mobility_suite_log_start();
	do
	{
		changed = receive();
	}
	while (changed != MOBILITY_CHANGE_NONE);
	ck_assert_uint_lt(mobility_netns_now() - start, 5000);
	ck_assert_str_eq(mobility_suite_log(), "");
	ck_assert(is_current(TRUE));
}
END_TEST

START_TEST(test_unavailable)
{
	struct rlimit none = {}, old;

	ck_assert(getrlimit(RLIMIT_NOFILE, &old) == 0);
	none.rlim_max = old.rlim_max;
	ck_assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
	mobility_suite_log_start();
	ck_assert(!mobility_rtnl_events_create(rtnl));
	ck_assert_str_eq(mobility_suite_log(), "mobility: subscribing to network "
					 "changes failed: Too many open files\n");
	mobility_suite_log_start();
	ck_assert(!mobility_rtnl_create());
	ck_assert_str_eq(mobility_suite_log(), "mobility: opening rtnetlink socket "
					 "failed: Too many open files\n");
	ck_assert(setrlimit(RLIMIT_NOFILE, &old) == 0);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("feed");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	if (mobility_netns_available())
	{
		tcase_add_loop_test(tc, test_follows, 0, 12);
		tcase_add_test(tc, test_overflow);
		tcase_add_test(tc, test_flood);
		tcase_add_test(tc, test_unavailable);
	}
	suite_add_tcase(s, tc);
	return s;
}
