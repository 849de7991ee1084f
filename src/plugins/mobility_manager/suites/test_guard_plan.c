/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include "path/guard_plan.h"

/** number of random plans, and of destinations that are tried in each */
#define PLANS 3000
#define TRIES 50

/** random numbers that are the same each time */
static uint32_t seed;

static uint32_t draw(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

/**
 * Create a network from a string
 */
static mobility_net_t net_from(char *cidr)
{
	mobility_net_t net = {};
	host_t *host;
	int prefix;

	host = host_create_from_subnet(cidr, &prefix);
	net.net = mobility_ip_from_host(host);
	net.prefix = prefix;
	host->destroy(host);
	return net;
}

/**
 * Create an address from a string
 */
static mobility_ip_t ip_from(char *addr)
{
	return net_from(addr).net;
}

/**
 * Create what is to be guarded, of which there is nothing yet
 */
static mobility_guard_wish_t create_wish(void)
{
	return (mobility_guard_wish_t){
		.nets = array_create(sizeof(mobility_net_t), 0),
		.peers = array_create(sizeof(mobility_ip_t), 0),
		.passes = array_create(sizeof(mobility_net_t), 0),
		.uplinks = array_create(IFNAMSIZ, 0),
	};
}

static void destroy_wish(mobility_guard_wish_t *wish)
{
	array_destroy(wish->nets);
	array_destroy(wish->peers);
	array_destroy(wish->passes);
	array_destroy(wish->uplinks);
}

static void add_net(array_t *nets, char *cidr)
{
	mobility_net_t net = net_from(cidr);

	array_insert(nets, ARRAY_TAIL, &net);
}

static void add_uplink(mobility_guard_wish_t *wish, char *name)
{
	char ifname[IFNAMSIZ] = "";

	snprintf(ifname, sizeof(ifname), "%s", name);
	array_insert(wish->uplinks, ARRAY_TAIL, ifname);
}

static void add_peer(mobility_guard_wish_t *wish, char *addr)
{
	mobility_ip_t ip = ip_from(addr);

	array_insert(wish->peers, ARRAY_TAIL, &ip);
}

/** stands for a protocol: packets that are forwarded */
#define FORWARDED 255

/**
 * What the kernel does about a packet with these rules and routes: TRUE if they
 * keep it in
 */
static bool keeps_proto(array_t *plan, const mobility_ip_t *dst,
						const char *oif, uint8_t proto)
{
	mobility_guard_item_t item;
	bool end = FALSE, looked = FALSE, unreachable = FALSE, kept = FALSE;
	int i, prefix = -1;

	for (i = 0; i < array_count(plan); i++)
	{
		array_get(plan, i, &item);
		if (item.family != dst->family)
		{
			continue;
		}
		switch (item.kind)
		{
			case MOBILITY_GUARD_UNREACHABLE:
			case MOBILITY_GUARD_THROW:
				/* of the same network the latter has the better metric */
				if (mobility_ip_in(dst, &item.dst.net, item.dst.prefix) &&
					(item.dst.prefix > prefix ||
					 (item.dst.prefix == prefix &&
					  item.kind == MOBILITY_GUARD_THROW)))
				{
					prefix = item.dst.prefix;
					unreachable = item.kind == MOBILITY_GUARD_UNREACHABLE;
				}
				break;
			case MOBILITY_GUARD_END:
				end = TRUE;
				break;
			case MOBILITY_GUARD_UPLINK:
				looked |= end && streq(item.ifname, oif);
				break;
			case MOBILITY_GUARD_PEER:
				looked |= end && mobility_ip_in(dst, &item.dst.net,
												item.dst.prefix);
				break;
			case MOBILITY_GUARD_LOOKUP:
				kept |= proto == item.proto && !looked && unreachable;
				break;
			case MOBILITY_GUARD_FORWARD:
				kept |= proto == FORWARDED && !looked && unreachable;
				break;
		}
	}
	return kept;
}

/**
 * The same for packets of this host, of all protocols that it is done for, and
 * for those that it forwards, which are bound to nothing
 */
static u_int count_kept(array_t *plan, const mobility_ip_t *dst,
						const char *oif)
{
	return keeps_proto(plan, dst, oif, IPPROTO_TCP) +
		   keeps_proto(plan, dst, oif, IPPROTO_UDP) +
		   keeps_proto(plan, dst, oif, dst->family == AF_INET ? IPPROTO_ICMP
															: IPPROTO_ICMPV6) +
		   keeps_proto(plan, dst, oif, FORWARDED);
}

/**
 * Check if rules and routes are complete, and keep packets in or not
 */
static bool keeps(array_t *plan, const mobility_ip_t *dst, const char *oif)
{
	u_int kept = count_kept(plan, dst, oif);

	mobility_assert(kept == 0 || kept == 4);
	/* who has sent a packet is looked up for no protocol */
	mobility_assert(!keeps_proto(plan, dst, "", 0));
	return kept;
}

/**
 * Check what is kept in
 */
static void assert_keeps(mobility_guard_wish_t *wish, char *addr, char *oif,
						 bool expected)
{
	mobility_ip_t ip = ip_from(addr);
	array_t *plan;

	plan = mobility_guard_plan(wish);
	ck_assert_msg(keeps(plan, &ip, oif) == expected, "%s over '%s'", addr, oif);
	array_destroy(plan);
}

START_TEST(test_nothing)
{
	mobility_guard_wish_t wish = create_wish(), none = {};
	array_t *plan;

	/* as long as there is no tunnel there are no rules */
	add_uplink(&wish, "eth0");
	add_peer(&wish, "192.0.2.1");
	add_net(wish.passes, "10.0.0.0/8");
	plan = mobility_guard_plan(&wish);
	ck_assert_int_eq(array_count(plan), 0);
	array_destroy(plan);
	plan = mobility_guard_plan(&none);
	ck_assert_int_eq(array_count(plan), 0);
	array_destroy(plan);
	destroy_wish(&wish);
}
END_TEST

START_TEST(test_split)
{
	mobility_guard_wish_t wish = create_wish();
	mobility_guard_item_t item;
	array_t *plan;

	add_net(wish.nets, "10.4.0.0/16");
	add_net(wish.nets, "10.4.0.0/16");
	add_uplink(&wish, "eth0");
	add_peer(&wish, "192.0.2.1");
	add_net(wish.passes, "172.16.0.0/12");
	plan = mobility_guard_plan(&wish);
	/* nothing twice, and nothing about what does not matter */
	ck_assert_int_eq(array_count(plan), 7);
	array_get(plan, 0, &item);
	ck_assert_int_eq(item.kind, MOBILITY_GUARD_UNREACHABLE);
	array_get(plan, 1, &item);
	ck_assert_int_eq(item.kind, MOBILITY_GUARD_END);
	array_get(plan, 2, &item);
	ck_assert_int_eq(item.kind, MOBILITY_GUARD_UPLINK);
	ck_assert_str_eq(item.ifname, "eth0");
	array_get(plan, 3, &item);
	ck_assert_int_eq(item.kind, MOBILITY_GUARD_LOOKUP);
	array_get(plan, 6, &item);
	ck_assert_int_eq(item.kind, MOBILITY_GUARD_FORWARD);
	array_destroy(plan);

	assert_keeps(&wish, "10.4.0.1", "", TRUE);
	assert_keeps(&wish, "10.4.0.1", "wlan0", TRUE);
	assert_keeps(&wish, "10.4.0.1", "eth0", FALSE);
	assert_keeps(&wish, "10.5.0.1", "", FALSE);
	assert_keeps(&wish, "2001:db8::1", "", FALSE);
	destroy_wish(&wish);
}
END_TEST

START_TEST(test_full)
{
	mobility_guard_wish_t wish = create_wish();

	add_net(wish.nets, "0.0.0.0/0");
	add_net(wish.nets, "::/0");
	add_net(wish.nets, "10.4.7.0/24");
	add_uplink(&wish, "eth0");
	add_peer(&wish, "192.0.2.1");
	add_peer(&wish, "2001:db8::1");
	add_net(wish.passes, "10.4.0.0/16");
	assert_keeps(&wish, "198.51.100.1", "", TRUE);
	assert_keeps(&wish, "2001:db8::2", "", TRUE);
	assert_keeps(&wish, "198.51.100.1", "eth0", FALSE);
	assert_keeps(&wish, "2001:db8::2", "eth0", FALSE);
	assert_keeps(&wish, "192.0.2.1", "", FALSE);
	assert_keeps(&wish, "2001:db8::1", "", FALSE);
	/* past the tunnel, but for what is a network of the gateway itself */
	assert_keeps(&wish, "10.4.1.1", "", FALSE);
	assert_keeps(&wish, "10.4.7.1", "", TRUE);
	/* neighbor discovery, DHCP, and what is for many */
	assert_keeps(&wish, "fe80::1", "", FALSE);
	assert_keeps(&wish, "ff02::1", "", FALSE);
	assert_keeps(&wish, "169.254.1.1", "", FALSE);
	assert_keeps(&wish, "224.0.0.251", "", FALSE);
	assert_keeps(&wish, "255.255.255.255", "", FALSE);
	destroy_wish(&wish);
}
END_TEST

/** Networks and addresses of few bits, so that they have to do with each other */
static mobility_net_t draw_net(bool host)
{
	mobility_net_t net = {};
	bool v4 = draw(2);

	net.net.family = v4 ? AF_INET : AF_INET6;
	net.net.bytes[0] = v4 ? 10 : 0x20;
	net.net.bytes[1] = draw(4) << 6;
	net.prefix = host ? mobility_ip_bits(&net.net) : 8 + draw(3);
	net.net = mobility_ip_mask(&net.net, net.prefix);
	return net;
}

/**
 * Draw what is to be guarded
 */
static mobility_guard_wish_t draw_wish(void)
{
	static char *names[] = { "eth0", "wlan0", "wwan0" };
	mobility_guard_wish_t wish = create_wish();
	mobility_net_t net;
	u_int i;

	for (i = draw(4); i > 0; i--)
	{
		net = draw_net(FALSE);
		array_insert(wish.nets, ARRAY_TAIL, &net);
	}
	for (i = draw(3); i > 0; i--)
	{
		net = draw_net(FALSE);
		array_insert(wish.passes, ARRAY_TAIL, &net);
	}
	for (i = draw(3); i > 0; i--)
	{
		net = draw_net(TRUE);
		array_insert(wish.peers, ARRAY_TAIL, &net.net);
	}
	for (i = draw(3); i > 0; i--)
	{
		add_uplink(&wish, names[draw(countof(names))]);
	}
	return wish;
}

/**
 * Get the longest prefix of networks that have an address, -1 if none has
 */
static int longest(array_t *nets, const mobility_ip_t *ip)
{
	mobility_net_t net;
	int i, best = -1;

	for (i = 0; i < array_count(nets); i++)
	{
		array_get(nets, i, &net);
		if (mobility_ip_in(ip, &net.net, net.prefix))
		{
			best = max(best, net.prefix);
		}
	}
	return best;
}

/**
 * Check if a packet is to be kept in
 */
static bool is_wanted(const mobility_guard_wish_t *wish,
					  const mobility_ip_t *dst, const char *oif)
{
	char ifname[IFNAMSIZ];
	mobility_ip_t peer;
	int i;

	for (i = 0; i < array_count(wish->uplinks); i++)
	{
		array_get(wish->uplinks, i, ifname);
		if (streq(ifname, oif))
		{
			return FALSE;
		}
	}
	for (i = 0; i < array_count(wish->peers); i++)
	{
		array_get(wish->peers, i, &peer);
		if (mobility_ip_equals(&peer, dst))
		{
			return FALSE;
		}
	}
	return longest(wish->nets, dst) > longest(wish->passes, dst);
}

/**
 * Add an item to what is installed, where it belongs
 */
static void install(array_t *installed, const mobility_guard_item_t *item)
{
	mobility_guard_item_t current;
	int i;

	for (i = 0; i < array_count(installed); i++)
	{
		array_get(installed, i, &current);
		if (current.kind > item->kind)
		{
			break;
		}
	}
	array_insert(installed, i, (void*)item);
}

/**
 * Remove an item from what is installed, where it has to be
 */
static void uninstall(array_t *installed, const mobility_guard_item_t *item)
{
	mobility_guard_item_t current;
	int i;

	for (i = 0; i < array_count(installed); i++)
	{
		array_get(installed, i, &current);
		if (memeq(&current, item, sizeof(*item)))
		{
			array_remove(installed, i, NULL);
			return;
		}
	}
	ck_abort_msg("removes what is not there");
}

/**
 * Check that what both want to be kept in is, whatever is installed meanwhile
 */
static void assert_meanwhile(const mobility_guard_wish_t *old,
							 const mobility_guard_wish_t *new,
							 array_t *installed)
{
	static const char *names[] = { "", "eth0", "wlan0", "lo" };
	mobility_net_t dst;
	const char *oif;
	int i;

	for (i = 0; i < TRIES; i++)
	{
		dst = draw_net(TRUE);
		oif = names[draw(countof(names))];
		if (is_wanted(old, &dst.net, oif) && is_wanted(new, &dst.net, oif))
		{
			mobility_assert(count_kept(installed, &dst.net, oif) == 4);
		}
		if (!is_wanted(old, &dst.net, oif) && !is_wanted(new, &dst.net, oif) &&
			longest(old->nets, &dst.net) == -1 &&
			longest(new->nets, &dst.net) == -1)
		{
			mobility_assert(count_kept(installed, &dst.net, oif) == 0);
		}
	}
}

START_TEST(test_random)
{
	mobility_guard_wish_t old = create_wish(), new;
	array_t *plan, *next, *missing, *surplus, *installed;
	mobility_guard_item_t item;
	mobility_net_t dst;
	int i;

	seed = 4711 + _i;
	plan = mobility_guard_plan(&old);
	installed = array_create(sizeof(item), 0);
	for (i = 0; i < PLANS; i++)
	{
		new = draw_wish();
		next = mobility_guard_plan(&new);
		missing = mobility_guard_plan_without(next, plan);
		surplus = mobility_guard_plan_without(plan, next);
		while (array_remove(missing, ARRAY_HEAD, &item))
		{
			install(installed, &item);
			assert_meanwhile(&old, &new, installed);
		}
		while (array_remove(surplus, ARRAY_TAIL, &item))
		{
			uninstall(installed, &item);
			assert_meanwhile(&old, &new, installed);
		}
		assert_meanwhile(&new, &new, installed);
		dst = draw_net(TRUE);
		mobility_assert(keeps(installed, &dst.net, "eth0") ==
						is_wanted(&new, &dst.net, "eth0"));
		mobility_assert(array_count(installed) == array_count(next));
		array_destroy(missing);
		array_destroy(surplus);
		array_destroy(plan);
		destroy_wish(&old);
		plan = next;
		old = new;
	}
	array_destroy(installed);
	array_destroy(plan);
	destroy_wish(&old);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("guard plan");

	tc = tcase_create("plan");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_nothing);
	tcase_add_test(tc, test_split);
	tcase_add_test(tc, test_full);
	tcase_add_loop_test(tc, test_random, 0, 3);
	suite_add_tcase(s, tc);
	return s;
}
