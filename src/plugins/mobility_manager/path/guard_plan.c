/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <netinet/in.h>
#include <sys/socket.h>

#include "path/guard_plan.h"

/** What never leaves a link, or is for many. */
static const mobility_net_t local_nets[] = {
	{ { AF_INET, { 169, 254 } }, 16 },
	{ { AF_INET, { 224 } }, 4 },
	{ { AF_INET, { 255, 255, 255, 255 } }, 32 },
	{ { AF_INET6, { 0xfe, 0x80 } }, 10 },
	{ { AF_INET6, { 0xff } }, 8 },
};

/**
 * Compare items, to sort them.
 */
static int compare(const void *a, const void *b, void *null)
{
	const mobility_guard_item_t *x = a, *y = b;

	if (x->kind != y->kind)
	{
		return x->kind < y->kind ? -1 : 1;
	}
	return memcmp(x, y, sizeof(*x));
}

/**
 * Add an item.
 */
static void add(array_t *plan, int kind, int family, const mobility_net_t *dst,
				const char *ifname, uint8_t proto)
{
	mobility_guard_item_t item;

	memset(&item, 0, sizeof(item));
	item.kind = kind;
	item.family = family;
	item.proto = proto;
	if (dst)
	{
		item.dst = *dst;
	}
	if (ifname)
	{
		snprintf(item.ifname, sizeof(item.ifname), "%s", ifname);
	}
	array_insert(plan, ARRAY_TAIL, &item);
}

/**
 * Check if any of some networks has a part in common with another one.
 */
static bool overlaps(array_t *nets, const mobility_net_t *other)
{
	mobility_net_t net;
	int i;

	for (i = 0; i < array_count(nets); i++)
	{
		array_get(nets, i, &net);
		if (mobility_ip_in(&net.net, &other->net,
						   min(net.prefix, other->prefix)))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Add the routes of the table.  What is a network of a gateway itself is meant.
 */
static void add_routes(array_t *plan, const mobility_guard_wish_t *wish)
{
	mobility_net_t net;
	int i;

	for (i = 0; i < array_count(wish->nets); i++)
	{
		array_get(wish->nets, i, &net);
		add(plan, MOBILITY_GUARD_UNREACHABLE, net.net.family, &net, NULL, 0);
	}
	for (i = 0; i < array_count(wish->passes); i++)
	{
		array_get(wish->passes, i, &net);
		if (overlaps(wish->nets, &net))
		{
			add(plan, MOBILITY_GUARD_THROW, net.net.family, &net, NULL, 0);
		}
	}
	for (i = 0; i < countof(local_nets); i++)
	{
		if (overlaps(wish->nets, &local_nets[i]))
		{
			add(plan, MOBILITY_GUARD_THROW, local_nets[i].net.family,
				&local_nets[i], NULL, 0);
		}
	}
}

/**
 * Add the rules of an address family, if there is anything to be guarded.
 */
static void add_rules(array_t *plan, const mobility_guard_wish_t *wish,
					  int family)
{
	mobility_net_t any = {
		.net.family = family,
	}, peer;
	char ifname[IFNAMSIZ];
	int i;

	if (!overlaps(wish->nets, &any))
	{
		return;
	}
	for (i = 0; i < array_count(wish->uplinks); i++)
	{
		array_get(wish->uplinks, i, ifname);
		add(plan, MOBILITY_GUARD_UPLINK, family, NULL, ifname, 0);
	}
	for (i = 0; i < array_count(wish->peers); i++)
	{
		memset(&peer, 0, sizeof(peer));
		array_get(wish->peers, i, &peer.net);
		peer.prefix = mobility_ip_bits(&peer.net);
		if (peer.net.family == family && overlaps(wish->nets, &peer))
		{
			add(plan, MOBILITY_GUARD_PEER, family, &peer, NULL, 0);
		}
	}
	add(plan, MOBILITY_GUARD_END, family, NULL, NULL, 0);
	add(plan, MOBILITY_GUARD_LOOKUP, family, NULL, NULL, IPPROTO_TCP);
	add(plan, MOBILITY_GUARD_LOOKUP, family, NULL, NULL, IPPROTO_UDP);
	add(plan, MOBILITY_GUARD_LOOKUP, family, NULL, NULL,
		family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	add(plan, MOBILITY_GUARD_FORWARD, family, NULL, NULL, 0);
}

/*
 * Described in header.
 */
array_t *mobility_guard_plan(const mobility_guard_wish_t *wish)
{
	mobility_guard_item_t item, last;
	array_t *plan;
	int i;

	plan = array_create(sizeof(item), 0);
	add_routes(plan, wish);
	add_rules(plan, wish, AF_INET);
	add_rules(plan, wish, AF_INET6);
	array_sort(plan, compare, NULL);
	for (i = array_count(plan) - 1; i > 0; i--)
	{
		array_get(plan, i, &item);
		array_get(plan, i - 1, &last);
		if (!compare(&item, &last, NULL))
		{
			array_remove(plan, i, NULL);
		}
	}
	array_compress(plan);
	return plan;
}

/*
 * Described in header.
 */
array_t *mobility_guard_plan_without(array_t *plan, array_t *other)
{
	mobility_guard_item_t item, current;
	array_t *rest;
	int i, j = 0, order;

	rest = array_create(sizeof(item), 0);
	for (i = 0; i < array_count(plan); i++)
	{
		array_get(plan, i, &item);
		order = 1;
		while (array_get(other, j, &current) &&
			   (order = compare(&item, &current, NULL)) > 0)
		{
			j++;
			order = 1;
		}
		if (order)
		{
			array_insert(rest, ARRAY_TAIL, &item);
		}
	}
	return rest;
}
