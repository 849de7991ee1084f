/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "mobility_netns.h"

#include "net/monitor.h"
#include "net/rtnl.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <daemon.h>
#include <processing/watcher.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/** where peers are */
#define PEER "192.0.2.1"
#define PEER6 "2001:db8:f::1"

/** what is tested */
static mobility_monitor_t *monitor;

/** its requests */
static mobility_rtnl_t *rtnl;

/** what the callback was told, and what it is to do */
static struct {
	/** protects the others */
	pthread_mutex_t mutex;
	/** signaled when any of the others changes */
	pthread_cond_t cond;
	/** counts calls, and what followed from them */
	u_int news;
	/** times it was called */
	u_int calls;
	/** it has not returned yet */
	bool running;
	/** all changes */
	mobility_change_t change;
	/** stop the monitor */
	bool stop;
	/** start it again */
	bool start;
	/** do not return before this is FALSE */
	bool block;
} told = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.cond = PTHREAD_COND_INITIALIZER,
};

/** what the kernel does */
static struct {
	/** protects the others */
	pthread_mutex_t mutex;
	/** signaled when one of them changes */
	pthread_cond_t cond;
	/** dumps to answer with an error */
	u_int failing;
	/** do not answer */
	bool busy;
	/** a thread waits for an answer */
	bool waiting;
	/** drop changes */
	bool dropping;
	/** have one more message, always */
	bool flooding;
	/** times that it was asked for all routes, links and the like */
	u_int dumps;
	/** the real function */
	int (*dump)(mobility_rtnl_t *this, uint16_t type, int family,
				uint8_t protocol, mobility_nlsocket_cb_t cb, void *data);
} kernel = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.cond = PTHREAD_COND_INITIALIZER,
};

METHOD(mobility_rtnl_t, dump, int,
	mobility_rtnl_t *this, uint16_t type, int family, uint8_t protocol,
	mobility_nlsocket_cb_t cb, void *data)
{
	bool failing;

	pthread_mutex_lock(&kernel.mutex);
	while (kernel.busy)
	{
		kernel.waiting = TRUE;
		pthread_cond_broadcast(&kernel.cond);
		pthread_cond_wait(&kernel.cond, &kernel.mutex);
	}
	kernel.waiting = FALSE;
	failing = kernel.failing > 0;
	kernel.failing -= failing;
	kernel.dumps++;
	pthread_mutex_unlock(&kernel.mutex);
	return failing ? ENOBUFS : kernel.dump(this, type, family, protocol, cb,
										   data);
}

/** what the linker has called in place of these */
ssize_t __real_mobility_nlsocket_receive(int fd, void *buf, size_t len);
ssize_t __wrap_mobility_nlsocket_receive(int fd, void *buf, size_t len);

ssize_t __wrap_mobility_nlsocket_receive(int fd, void *buf, size_t len)
{
	ssize_t received;

	received = __real_mobility_nlsocket_receive(fd, buf, len);
	pthread_mutex_lock(&kernel.mutex);
	if (received >= 0 && kernel.dropping)
	{
		kernel.dropping = FALSE;
		received = -1;
		errno = ENOBUFS;
	}
	else if (received < 0 && kernel.flooding)
	{
		received = 0;
	}
	pthread_mutex_unlock(&kernel.mutex);
	return received;
}

/**
 * Have the kernel do something
 */
#define set_kernel(member, value) ({ \
	pthread_mutex_lock(&kernel.mutex); \
	kernel.member = value; \
	pthread_cond_broadcast(&kernel.cond); \
	pthread_mutex_unlock(&kernel.mutex); })

/**
 * Wait until a thread waits for the kernel
 */
static void wait_waiting()
{
	pthread_mutex_lock(&kernel.mutex);
	while (!kernel.waiting)
	{
		pthread_cond_wait(&kernel.cond, &kernel.mutex);
	}
	pthread_mutex_unlock(&kernel.mutex);
}

/**
 * Get a member of what was told
 */
#define get(member) ({ \
	typeof(told.member) _value; \
	pthread_mutex_lock(&told.mutex); \
	_value = told.member; \
	pthread_mutex_unlock(&told.mutex); \
	_value; })

/**
 * Set a member of what was told
 */
#define set(member, value) ({ \
	pthread_mutex_lock(&told.mutex); \
	told.member = value; \
	pthread_cond_broadcast(&told.cond); \
	pthread_mutex_unlock(&told.mutex); })

/**
 * Wait as long as the callback, or the watcher, is to be blocked
 */
static void wait_unblocked()
{
	pthread_mutex_lock(&told.mutex);
	while (told.block)
	{
		pthread_cond_wait(&told.cond, &told.mutex);
	}
	pthread_mutex_unlock(&told.mutex);
}

/**
 * Wait until there is news, other than when there was that number of them
 */
static void wait_news(u_int news)
{
	struct timespec deadline;
	bool late = FALSE;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += MOBILITY_NETNS_TIMEOUT / 1000;
	pthread_mutex_lock(&told.mutex);
	while (told.news == news && !late)
	{
		late = pthread_cond_timedwait(&told.cond, &told.mutex, &deadline) != 0;
	}
	pthread_mutex_unlock(&told.mutex);
	ck_assert_msg(!late, "nothing was told anymore");
}

/**
 * Wait for a condition that becomes true with something that is told
 */
#define wait_told(condition) ({ \
	u_int _news; \
	while (_news = get(news), !(condition)) \
	{ \
		wait_news(_news); \
	} \
})

/**
 * The callback
 */
static void changed(void *data, mobility_change_t change)
{
	ck_assert_ptr_eq(data, &told);
	ck_assert_int_ne(change, MOBILITY_CHANGE_NONE);
	pthread_mutex_lock(&told.mutex);
	told.calls++;
	told.change |= change;
	told.running = TRUE;
	told.news++;
	pthread_cond_broadcast(&told.cond);
	pthread_mutex_unlock(&told.mutex);
	wait_unblocked();
	if (get(stop))
	{
		monitor->stop(monitor);
	}
	if (get(start))
	{
		ck_assert(monitor->start(monitor));
	}
	pthread_mutex_lock(&told.mutex);
	told.running = FALSE;
	told.news++;
	pthread_cond_broadcast(&told.cond);
	pthread_mutex_unlock(&told.mutex);
}

/**
 * Forget what was told
 */
static void forget()
{
	pthread_mutex_lock(&told.mutex);
	told.calls = 0;
	told.change = 0;
	pthread_mutex_unlock(&told.mutex);
}

/**
 * Fixture: two uplinks
 */
static void setup()
{
	mobility_netns_setup();
	mobility_netns_sysctl("0", "ipv6/conf/default/router_solicitations");
	mobility_netns_sysctl("0", "ipv6/conf/default/router_solicitation_delay");
	mobility_netns_sysctl("0", "ipv6/conf/default/dad_transmits");
	mobility_netns_link("eth0");
	mobility_netns_link("wlan0");
	mobility_netns_ip("addr add 10.1.0.2/24 dev eth0");
	mobility_netns_ip("addr add 10.2.0.2/24 dev wlan0");
	mobility_netns_ip("route add default via 10.1.0.1 metric 100");
	mobility_netns_ip("route add default via 10.2.0.1 metric 600");
	/* nothing of what follows belongs to that */
	mobility_netns_wait(!mobility_netns_run("ip -6 addr show tentative | "
											"grep -q inet6"));
	lib->processor->set_threads(lib->processor, 4);
	forget();
	told.stop = told.start = told.block = FALSE;
	kernel.busy = kernel.waiting = kernel.dropping = kernel.flooding = FALSE;
	kernel.failing = kernel.dumps = 0;
	rtnl = mobility_rtnl_create();
	kernel.dump = rtnl->dump;
	rtnl->dump = (void*)_dump;
	monitor = mobility_monitor_create(rtnl, changed, &told);
}

/**
 * Fixture
 */
static void teardown()
{
	monitor->destroy(monitor);
	rtnl->destroy(rtnl);
	mobility_suite_end_threads();
	/* of a monitor that was stopped by its own thread */
	mobility_suite_await_threads();
	mobility_suite_teardown();
}

/**
 * Use the uplinks, but not their other ends, nor the one given as data
 */
static bool use_uplink(void *data, const char *ifname, bool tunnel)
{
	return ifname[0] != 'x' && (!data || !streq(data, ifname));
}

/**
 * Order of paths, for their description
 */
static int compare_paths(const void *a, const void *b, void *null)
{
	return ((mobility_path_t*)a)->ifindex - ((mobility_path_t*)b)->ifindex;
}

/**
 * Check the uplinks and their preferred local addresses that lead to a peer
 */
static bool has_paths(char *remote, const char *expected)
{
	char buf[512] = "";
	mobility_path_t *path;
	array_t *paths;
	host_t *peer;
	int i;

	peer = host_create_from_string(remote, 0);
	paths = array_create(0, 0);
	monitor->get_paths(monitor, peer, use_uplink, NULL, paths);
	array_sort(paths, compare_paths, NULL);
	for (i = 0; array_get(paths, i, &path); i++)
	{
		if (!path->order && !path->hop)
		{
			snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), "%s%s %H",
					 *buf ? ", " : "", path->ifname, path->local);
		}
	}
	mobility_paths_destroy(paths);
	peer->destroy(peer);
	return streq(buf, expected);
}

/** paths of the fixture */
#define ETH "eth0 10.1.0.2"
#define WLAN "wlan0 10.2.0.2"

/**
 * Wait until the paths to a peer are as expected
 */
#define wait_paths(peer, expected) \
	wait_told(has_paths(peer, expected))

/**
 * Wait until a change was told
 */
#define wait_change(what) wait_told(get(change) & (what))

START_TEST(test_start)
{
	/* nothing is known before, and afterwards */
	ck_assert(has_paths(PEER, ""));
	ck_assert_str_eq(monitor->describe(monitor, "eth0"), "not monitored");
	ck_assert(monitor->start(monitor));
	ck_assert(monitor->start(monitor));
	/* but everything as soon as it is started, without being told */
	ck_assert(has_paths(PEER, ETH ", " WLAN));
	ck_assert_str_eq(monitor->describe(monitor, "eth0"), "usable");
	ck_assert_str_eq(monitor->describe(monitor, "lo"), "loopback interface");
	ck_assert_str_eq(monitor->describe(monitor, "usb0"), "no such interface");
	ck_assert_int_eq(get(calls), 0);
	monitor->stop(monitor);
	ck_assert(has_paths(PEER, ""));
	ck_assert_str_eq(monitor->describe(monitor, "eth0"), "not monitored");
	monitor->stop(monitor);

	mobility_netns_ip("link set eth0 down");
	ck_assert(monitor->start(monitor));
	ck_assert(has_paths(PEER, WLAN));
	ck_assert_int_eq(get(calls), 0);
}
END_TEST

START_TEST(test_carrier)
{
	ck_assert(monitor->start(monitor));
	mobility_netns_ip("link set xeth0 down");
	wait_change(MOBILITY_CHANGE_LINK);
	wait_paths(PEER, WLAN);
	ck_assert_str_eq(monitor->describe(monitor, "eth0"), "no carrier");
	/* still up, with its routes and address */
	ck_assert(mobility_netns_run("ip link show eth0 | grep -q ',UP'"));

	forget();
	mobility_netns_ip("link set xeth0 up");
	wait_change(MOBILITY_CHANGE_LINK);
	wait_paths(PEER, ETH ", " WLAN);
}
END_TEST

START_TEST(test_storm)
{
	int i;

	ck_assert(monitor->start(monitor));
	/* what tells the same again, or nothing of interest, is not told */
	for (i = 0; i < 10; i++)
	{
		mobility_netns_ip("link set eth0 mtu %d", 1400 + i);
		mobility_netns_ip("addr change 10.1.0.2/24 dev eth0 valid_lft %d "
						  "preferred_lft 1000", 3600 + i);
		mobility_netns_ip("neigh replace 10.1.0.1 lladdr 00:11:22:33:44:%02d "
						  "dev eth0", i);
		mobility_netns_ip("route replace 224.0.%d.0/24 dev lo", i + 1);
	}
	/* this is, and comes after all the others */
	mobility_netns_ip("link set dev eth0 group 7");
	wait_change(MOBILITY_CHANGE_LINK);
	ck_assert_int_eq(get(change), MOBILITY_CHANGE_LINK);
	ck_assert_int_eq(get(calls), 1);
}
END_TEST

START_TEST(test_paced)
{
	uint64_t started, took;

	ck_assert(monitor->start(monitor));
	/* each is told of, and comes by itself, but sessions have better things to
	 * do than to look at each */
	started = mobility_netns_now();
	ck_assert(mobility_netns_run("for i in $(seq 250); do ip route replace "
								 "203.0.113.$i via 10.1.0.9 || exit; done"));
	mobility_netns_ip("route del default via 10.1.0.1 metric 100");
	wait_paths(PEER, WLAN);
	took = mobility_netns_now() - started;
	ck_assert_int_ge(get(calls), 1);
	ck_assert_int_le(get(calls), MOBILITY_MONITOR_BURST + 1 +
								 took / MOBILITY_MONITOR_PAUSE);
}
END_TEST

/**
 * Keep the watcher busy, a watcher_cb_t
 */
static bool keep_busy(void *busy, int fd, watcher_event_t event)
{
	__atomic_store_n((bool*)busy, TRUE, __ATOMIC_SEQ_CST);
	set(news, told.news + 1);
	wait_unblocked();
	return FALSE;
}

START_TEST(test_busy_watcher)
{
	bool busy = FALSE;
	int fds[2];

	/* as charon does it if its own socket overflows */
	ck_assert(pipe(fds) == 0);
	set(block, TRUE);
	lib->watcher->add(lib->watcher, fds[0], WATCHER_READ, keep_busy, &busy);
	ck_assert(monitor->start(monitor));
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	wait_told(__atomic_load_n(&busy, __ATOMIC_SEQ_CST));
	mobility_netns_ip("link set xeth0 down");
	wait_change(MOBILITY_CHANGE_LINK);
	set(block, FALSE);
	lib->watcher->remove(lib->watcher, fds[0]);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(test_dad)
{
	/* takes its time for duplicates to be detected */
	mobility_netns_sysctl("3", "ipv6/conf/eth0/dad_transmits");
	mobility_netns_ip("-6 route add default via fe80::1 dev eth0");
	ck_assert(monitor->start(monitor));
	mobility_netns_ip("addr del 10.1.0.2/24 dev eth0");
	wait_change(MOBILITY_CHANGE_ADDR);
	forget();
	mobility_netns_ip("addr add 2001:db8:1::2/64 dev eth0");
	mobility_netns_wait(!streq(monitor->describe(monitor, "eth0"),
							   "no address"));
	ck_assert_str_eq(monitor->describe(monitor, "eth0"),
					 "address not usable yet");
	ck_assert(has_paths(PEER6, ""));
	ck_assert(!(get(change) & MOBILITY_CHANGE_ADDR));
	wait_change(MOBILITY_CHANGE_ADDR);
	ck_assert(has_paths(PEER6, "eth0 2001:db8:1::2"));

	/* somebody else has it */
	forget();
	mobility_netns_ip("addr add 2001:db8:1::3/64 dev xeth0 nodad");
	mobility_netns_ip("addr add 2001:db8:1::3/64 dev eth0");
	mobility_netns_wait(mobility_netns_run("ip -6 addr show dev eth0 dadfailed "
										   "| grep -q 2001:db8:1::3"));
	mobility_netns_ip("addr del 2001:db8:1::2/64 dev eth0");
	wait_paths(PEER6, "");
}
END_TEST

START_TEST(test_deprecated)
{
	mobility_netns_ip("-6 route add default via fe80::1 dev eth0");
	mobility_netns_ip("addr add 2001:db8:1::2/64 dev eth0 nodad");
	ck_assert(monitor->start(monitor));
	mobility_netns_ip("addr add 2001:db8:f::2/64 dev eth0 nodad valid_lft 3600 "
					  "preferred_lft 1");
	wait_paths(PEER6, "eth0 2001:db8:f::2");
	/* the kernel looks at lifetimes at its leisure */
	wait_paths(PEER6, "eth0 2001:db8:1::2");
}
END_TEST

START_TEST(test_small_mtu)
{
	mobility_netns_ip("-6 route add default via fe80::1 dev eth0");
	mobility_netns_ip("addr add 2001:db8:1::2/64 dev eth0 nodad");
	ck_assert(monitor->start(monitor));
	wait_paths(PEER6, "eth0 2001:db8:1::2");
	/* IPv6 takes 1280 bytes at least, without them it is gone with all routes */
	mobility_netns_ip("link set eth0 mtu 1279");
	wait_paths(PEER6, "");
	wait_paths(PEER, ETH ", " WLAN);
	mobility_netns_ip("link set eth0 mtu 1280");
	mobility_netns_ip("addr add 2001:db8:1::2/64 dev eth0 nodad");
	mobility_netns_ip("-6 route add default via fe80::1 dev eth0");
	wait_paths(PEER6, "eth0 2001:db8:1::2");
	/* a message that routes say less is one, too */
	forget();
	mobility_netns_ip("route change default via 10.1.0.1 metric 100 mtu 1200");
	wait_change(MOBILITY_CHANGE_ROUTE);
	wait_paths(PEER, ETH ", " WLAN);
}
END_TEST

START_TEST(test_routes)
{
	ck_assert(monitor->start(monitor));
	mobility_netns_ip("route del default via 10.1.0.1 metric 100");
	wait_change(MOBILITY_CHANGE_ROUTE);
	wait_paths(PEER, WLAN);
	mobility_netns_ip("route add 192.0.2.0/24 via 10.1.0.9");
	wait_paths(PEER, ETH ", " WLAN);
	mobility_netns_ip("route add unreachable 192.0.2.0/25");
	wait_paths(PEER, "");
	mobility_netns_ip("route flush 192.0.2.0/25");
	wait_paths(PEER, ETH ", " WLAN);
	/* charon's table */
	forget();
	mobility_netns_ip("route add 192.0.2.1/32 via 10.1.0.9 table 220");
	mobility_netns_ip("rule add lookup 220 pref 220");
	mobility_netns_ip("route del 192.0.2.0/24 via 10.1.0.9");
	wait_paths(PEER, WLAN);
	ck_assert_int_eq(get(change), MOBILITY_CHANGE_ROUTE);
}
END_TEST

START_TEST(test_rules)
{
	ck_assert(monitor->start(monitor));
	mobility_netns_ip("rule add to " PEER " prohibit pref 10");
	wait_change(MOBILITY_CHANGE_RULE);
	wait_paths(PEER, "");
	mobility_netns_ip("rule add from 10.2.0.2 lookup main pref 9");
	wait_paths(PEER, WLAN);
	forget();
	mobility_netns_ip("rule del pref 10");
	wait_change(MOBILITY_CHANGE_RULE);
	wait_paths(PEER, ETH ", " WLAN);
}
END_TEST

START_TEST(test_pin_priority)
{
	monitor->set_pin_priority(monitor, 219, FALSE);
	ck_assert_uint_eq(monitor->get_pin_priority(monitor), 219);
	mobility_netns_ip("rule add unreachable pref 218");
	ck_assert(monitor->start(monitor));
	ck_assert_uint_eq(monitor->get_pin_priority(monitor), 216);
	wait_paths(PEER, ETH ", " WLAN);
	mobility_netns_ip("rule del pref 218");
	wait_change(MOBILITY_CHANGE_RULE);
	ck_assert_uint_eq(monitor->get_pin_priority(monitor), 219);
}
END_TEST

START_TEST(test_pin_lost)
{
	mobility_netns_ip("rule add from 10.2.0.2 to " PEER " lookup 22000 "
					  "pref 219 proto 230");
	mobility_netns_ip("route add default via 10.2.0.1 table 22000 proto 230");
	ck_assert(monitor->start(monitor));
	mobility_netns_ip("rule del pref 219");
	wait_change(MOBILITY_CHANGE_PIN_LOST);
	ck_assert_int_eq(get(change), MOBILITY_CHANGE_PIN_LOST);
	forget();
	mobility_netns_ip("route flush table 22000");
	wait_change(MOBILITY_CHANGE_PIN_LOST);
	ck_assert_int_eq(get(change), MOBILITY_CHANGE_PIN_LOST);

	/* with the link, told when it is back */
	mobility_netns_ip("route add default via 10.2.0.1 table 22000 proto 230");
	mobility_netns_ip("link set wlan0 down");
	wait_told(streq(monitor->describe(monitor, "wlan0"), "down"));
	forget();
	mobility_netns_ip("link set wlan0 up");
	wait_change(MOBILITY_CHANGE_PIN_LOST);
}
END_TEST

START_TEST(test_settings)
{
	monitor->destroy(monitor);
	lib->settings->set_str(lib->settings, "charon.routing_table", "777");
	lib->settings->set_str(lib->settings, "charon.prefer_temporary_addrs",
						   "no");
	monitor = mobility_monitor_create(rtnl, changed, &told);
	mobility_netns_ip("route add 192.0.2.1/32 via 10.1.0.9 table 777");
	mobility_netns_ip("rule add lookup 777 pref 220");
	mobility_netns_ip("route add unreachable " PEER6 " table 777");
	mobility_netns_ip("route add blackhole " PEER " table 777 metric 1");
	ck_assert(monitor->start(monitor));
	ck_assert(has_paths(PEER, ETH ", " WLAN));

	monitor->stop(monitor);
	lib->settings->set_str(lib->settings, "charon.routing_table", "0");
	ck_assert(monitor->start(monitor));
	ck_assert(has_paths(PEER, ETH));
}
END_TEST

START_TEST(test_find)
{
	enumerator_t *enumerator;
	mobility_path_t *path;
	host_t *local, *remote;
	mobility_uplink_report_t *report;
	mobility_link_kind_t over;
	array_t *paths, *peers;
	int count = 0, i;

	local = host_create_from_string("10.2.0.2", 4500);
	remote = host_create_from_string(PEER, 4500);
	ck_assert(!monitor->find_path(monitor, local, remote));
	ck_assert(monitor->start(monitor));
	path = monitor->find_path(monitor, local, remote);
	ck_assert_str_eq(path->ifname, "wlan0");
	ck_assert_int_eq(path->metric, 600);
	ck_assert(monitor->is_usable(monitor, path));

	/* the copy of the list outlives the monitor's state, and the state is read
	 * again if somebody asks */
	ck_assert_int_eq(monitor->get_kind(monitor, "wlan0", &over),
					 MOBILITY_KIND_ETHERNET);
	for (i = 0; i < 2; i++)
	{
		enumerator = monitor->create_link_enumerator(monitor);
		monitor->stop(monitor);
		while (enumerator->enumerate(enumerator, &report))
		{
			ck_assert_int_eq(report->ifindex, if_nametoindex(report->ifname));
			ck_assert_int_eq(report->kind, MOBILITY_KIND_ETHERNET);
			count++;
		}
		ck_assert_int_eq(count, 4 * (i + 1));
		enumerator->destroy(enumerator);
	}
	ck_assert_int_eq(monitor->get_kind(monitor, "wlan0", &over),
					 MOBILITY_KIND_UNKNOWN);

	paths = array_create(0, 0);
	monitor->get_paths(monitor, remote, NULL, NULL, paths);
	ck_assert_int_eq(array_count(paths), 0);
	peers = array_create(0, 0);
	array_insert(peers, ARRAY_TAIL, remote);
	monitor->read_paths(monitor, peers, NULL, NULL, paths);
	ck_assert_int_eq(array_count(paths), 2);
	array_destroy(peers);
	mobility_paths_destroy(paths);
	ck_assert(!monitor->is_usable(monitor, path));
	mobility_path_destroy(path);
	local->destroy(local);
	remote->destroy(remote);
}
END_TEST

/**
 * kernel_interface_t.is_interface_usable
 */
static bool is_interface_usable(kernel_interface_t *this, const char *iface)
{
	return !streq(iface, "wlan0");
}

/**
 * kernel_interface_t.create_address_enumerator
 */
static enumerator_t *create_address_enumerator(kernel_interface_t *this,
											   kernel_address_type_t which)
{
	static host_t *vip;

	ck_assert(which & ADDR_TYPE_VIRTUAL);
	ck_assert(!(which & ADDR_TYPE_REGULAR));
	vip = host_create_from_string("10.3.0.1", 0);
	return enumerator_create_single(vip, (void*)vip->destroy);
}

START_TEST(test_charon)
{
	kernel_interface_t kernel = {
		.is_interface_usable = is_interface_usable,
		.create_address_enumerator = create_address_enumerator,
	};
	daemon_t daemon = {};
	array_t *paths;
	host_t *peer;

	/* a virtual IP the route prefers, and an interface charon ignores */
	mobility_netns_ip("addr add 10.3.0.1/32 dev eth0");
	mobility_netns_ip("route add 192.0.2.0/24 via 10.1.0.1 dev eth0 "
					  "src 10.3.0.1");
	ck_assert(monitor->start(monitor));
	ck_assert(has_paths(PEER, "eth0 10.3.0.1, " WLAN));
	charon = &daemon;
	ck_assert(has_paths(PEER, "eth0 10.3.0.1, " WLAN));
	daemon.kernel = &kernel;
	ck_assert(has_paths(PEER, ETH));

	/* with and without further filters */
	peer = host_create_from_string(PEER, 0);
	paths = array_create(0, 0);
	monitor->get_paths(monitor, peer, NULL, NULL, paths);
	ck_assert_int_eq(array_count(paths), 1);
	monitor->get_paths(monitor, peer, use_uplink, "eth0", paths);
	ck_assert_int_eq(array_count(paths), 1);
	mobility_paths_destroy(paths);
	peer->destroy(peer);
	charon = NULL;
}
END_TEST

START_TEST(test_stop_in_callback)
{
	int i;

	set(stop, TRUE);
	for (i = 0; i < 20; i++)
	{
		forget();
		ck_assert(monitor->start(monitor));
		mobility_netns_ip("link set eth0 group %d", i + 1);
		wait_change(MOBILITY_CHANGE_LINK);
		wait_told(streq(monitor->describe(monitor, "eth0"),
								  "not monitored"));
		ck_assert_int_eq(get(calls), 1);
	}
	/* and start again */
	set(start, TRUE);
	ck_assert(monitor->start(monitor));
	for (i = 0; i < 20; i++)
	{
		forget();
		mobility_netns_ip("link set eth0 group %d", i + 100);
		wait_change(MOBILITY_CHANGE_LINK);
		/* not that it had yet to stop the monitor */
		wait_told(!get(running) && has_paths(PEER, ETH ", " WLAN));
	}
	/* several at a time */
	for (i = 0; i < 100; i++)
	{
		ck_assert(mobility_netns_run("ip link set eth0 group %d", i + 200));
	}
	wait_told(has_paths(PEER, ETH ", " WLAN));
}
END_TEST

/**
 * Stop the monitor in another thread
 */
static void *stop_monitor(void *null)
{
	monitor->stop(monitor);
	return NULL;
}

START_TEST(test_stop_waits)
{
	thread_t *thread;
	u_int calls;

	ck_assert(monitor->start(monitor));
	set(block, TRUE);
	mobility_netns_ip("link set eth0 group 7");
	wait_told(get(calls) == 1);
	/* queries are possible while the callback runs, and while it is waited
	 * for */
	ck_assert(has_paths(PEER, ETH ", " WLAN));
	thread = thread_create(stop_monitor, NULL);
	while (!has_paths(PEER, ""))
	{	/* until it waits, which nobody tells */
		sched_yield();
	}
	set(block, FALSE);
	thread->join(thread);
	calls = get(calls);
	mobility_netns_ip("link set eth0 group 8");
	mobility_netns_ip("link set eth0 group 9");
	ck_assert_int_eq(get(calls), calls);
}
END_TEST

/**
 * Ask the monitor all the time
 */
static void *ask_monitor(void *stop)
{
	mobility_path_t *path;
	host_t *local, *remote;

	local = host_create_from_string("10.2.0.2", 4500);
	remote = host_create_from_string(PEER, 4500);
	while (!__atomic_load_n((bool*)stop, __ATOMIC_SEQ_CST))
	{
		has_paths(PEER, "");
		path = monitor->find_path(monitor, local, remote);
		if (path)
		{
			monitor->is_usable(monitor, path);
			mobility_path_destroy(path);
		}
		monitor->describe(monitor, "eth0");
	}
	local->destroy(local);
	remote->destroy(remote);
	return NULL;
}

START_TEST(test_threads)
{
	thread_t *threads[3];
	bool stop = FALSE;
	int i;

	for (i = 0; i < countof(threads); i++)
	{
		threads[i] = thread_create(ask_monitor, &stop);
	}
	for (i = 0; i < 50; i++)
	{
		ck_assert(monitor->start(monitor));
		mobility_netns_ip("link set eth0 group %d", i + 1);
		if (i % 2)
		{
			wait_told(get(calls));
			forget();
		}
		monitor->stop(monitor);
	}
	__atomic_store_n(&stop, TRUE, __ATOMIC_SEQ_CST);
	for (i = 0; i < countof(threads); i++)
	{
		threads[i]->join(threads[i]);
	}
}
END_TEST

START_TEST(test_destroy_busy)
{
	/* destroyed while the callback, which stops the monitor, runs */
	set(block, TRUE);
	set(stop, TRUE);
	ck_assert(monitor->start(monitor));
	mobility_netns_ip("link set eth0 group 7");
	wait_told(get(calls) == 1);
	set(block, FALSE);
	monitor->destroy(monitor);
	monitor = mobility_monitor_create(rtnl, changed, &told);
}
END_TEST

/**
 * A state that can't be read is none: nothing would seem to be usable.
 */
START_TEST(test_first_dump_fails)
{
	/* one is not yet the end of it */
	set_kernel(failing, 1);
	ck_assert(monitor->start(monitor));
	ck_assert(has_paths(PEER, ETH ", " WLAN));
	monitor->stop(monitor);

	set_kernel(failing, UINT_MAX);
	mobility_suite_log_start();
	ck_assert(!monitor->start(monitor));
	ck_assert(strstr(mobility_suite_log(), "reading the kernel's links failed"));
	ck_assert(has_paths(PEER, ""));
	ck_assert_str_eq(monitor->describe(monitor, "eth0"), "not monitored");

	set_kernel(failing, 0);
	ck_assert(monitor->start(monitor));
	ck_assert_str_eq(monitor->describe(monitor, "eth0"), "usable");
}
END_TEST

/**
 * If changes were lost, and the state can't be read, that is tried again without
 * any other change.
 */
START_TEST(test_later_dump_fails)
{
	ck_assert(monitor->start(monitor));
	set_kernel(failing, 1);
	set_kernel(dropping, TRUE);
	mobility_netns_ip("addr del 10.1.0.2/24 dev eth0");
	wait_told(streq(monitor->describe(monitor, "eth0"),
							  "no address"));
	pthread_mutex_lock(&kernel.mutex);
	ck_assert_uint_eq(kernel.failing, 0);
	pthread_mutex_unlock(&kernel.mutex);
}
END_TEST

/**
 * Get how often the kernel was asked for something.
 */
static u_int get_dumps()
{
	u_int dumps;

	pthread_mutex_lock(&kernel.mutex);
	dumps = kernel.dumps;
	pthread_mutex_unlock(&kernel.mutex);
	return dumps;
}

/**
 * The kernel has more to say than anybody can listen to: that keeps nobody from
 * being told, or from asking.
 */
START_TEST(test_flood)
{
	u_int dumps;

	ck_assert(monitor->start(monitor));
	set_kernel(flooding, TRUE);
	set_kernel(dropping, TRUE);
	mobility_netns_ip("addr del 10.1.0.2/24 dev eth0");
	wait_told(streq(monitor->describe(monitor, "eth0"), "no address"));
	mobility_netns_ip("addr add 10.1.0.2/24 dev eth0");
	wait_told(streq(monitor->describe(monitor, "eth0"), "usable"));
	/* what was read then may be older than what is queued: it is read again,
	 * until all has been received */
	dumps = get_dumps();
	mobility_netns_wait(get_dumps() > dumps);
	set_kernel(flooding, FALSE);
	mobility_netns_ip("addr del 10.1.0.2/24 dev eth0");
	wait_told(streq(monitor->describe(monitor, "eth0"), "no address"));
}
END_TEST

/**
 * Start the monitor, or ask it although it is not started
 */
static void *use_kernel(void *start)
{
	enumerator_t *enumerator;

	if (start)
	{
		ck_assert(monitor->start(monitor));
	}
	else
	{
		enumerator = monitor->create_link_enumerator(monitor);
		enumerator->destroy(enumerator);
	}
	return NULL;
}

/**
 * Who asks the monitor does not wait for the kernel, whoever else does.
 */
START_TEST(test_not_blocked)
{
	mobility_link_kind_t over;
	thread_t *thread;
	int i;

	for (i = 0; i < 2; i++)
	{
		set_kernel(busy, TRUE);
		thread = thread_create(use_kernel, (void*)(uintptr_t)i);
		wait_waiting();
		ck_assert_str_eq(monitor->describe(monitor, "eth0"), "not monitored");
		ck_assert_int_eq(monitor->get_kind(monitor, "eth0", &over),
						 MOBILITY_KIND_UNKNOWN);
		set_kernel(busy, FALSE);
		thread->join(thread);
	}
	/* changes get lost, everything is read again */
	set_kernel(busy, TRUE);
	set_kernel(dropping, TRUE);
	mobility_netns_ip("addr del 10.1.0.2/24 dev eth0");
	wait_waiting();
	ck_assert_str_eq(monitor->describe(monitor, "eth0"), "usable");
	ck_assert(monitor->start(monitor));
	set_kernel(busy, FALSE);
	wait_told(streq(monitor->describe(monitor, "eth0"),
							  "no address"));
}
END_TEST

START_TEST(test_unavailable)
{
	struct rlimit none = {}, old;

	ck_assert(getrlimit(RLIMIT_NOFILE, &old) == 0);
	none.rlim_max = old.rlim_max;
	ck_assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
	ck_assert(!monitor->start(monitor));
	ck_assert(has_paths(PEER, ""));
	ck_assert(setrlimit(RLIMIT_NOFILE, &old) == 0);
	ck_assert(monitor->start(monitor));
	ck_assert(has_paths(PEER, ETH ", " WLAN));
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("monitor");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	if (mobility_netns_available())
	{
		tcase_add_test(tc, test_start);
		tcase_add_test(tc, test_carrier);
		tcase_add_test(tc, test_storm);
		tcase_add_test(tc, test_paced);
		tcase_add_test(tc, test_busy_watcher);
		tcase_add_test(tc, test_dad);
		tcase_add_test(tc, test_deprecated);
		tcase_add_test(tc, test_small_mtu);
		tcase_add_test(tc, test_routes);
		tcase_add_test(tc, test_rules);
		tcase_add_test(tc, test_pin_priority);
		tcase_add_test(tc, test_pin_lost);
		tcase_add_test(tc, test_settings);
		tcase_add_test(tc, test_find);
		tcase_add_test(tc, test_charon);
		tcase_add_test(tc, test_stop_in_callback);
		tcase_add_test(tc, test_stop_waits);
		tcase_add_test(tc, test_threads);
		tcase_add_test(tc, test_destroy_busy);
		tcase_add_test(tc, test_first_dump_fails);
		tcase_add_test(tc, test_later_dump_fails);
	tcase_add_test(tc, test_flood);
		tcase_add_test(tc, test_not_blocked);
		tcase_add_test(tc, test_unavailable);
	}
	suite_add_tcase(s, tc);
	return s;
}
