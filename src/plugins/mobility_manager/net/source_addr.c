/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <sys/socket.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "net/source_addr.h"

/** scopes of RFC 4291, 2.7 */
#define SCOPE_LINK 0x2
#define SCOPE_SITE 0x5
#define SCOPE_GLOBAL 0xe

/**
 * What addresses are compared for
 */
typedef struct {
	/** peer's address */
	mobility_ip_t peer;
	/** next hop, or the peer if it is on-link */
	mobility_ip_t nexthop;
	/** prefer temporary addresses */
	bool prefer_temporary;
} criteria_t;

/**
 * The default policy table of RFC 6724, 2.1, longer prefixes first
 */
static const struct {
	uint8_t net[16];
	uint8_t prefix;
	uint8_t label;
} labels[] = {
	{ { [15] = 1 },                   128,  0 },
	{ { [10] = 0xff, [11] = 0xff },    96,  4 },
	{ { 0 },                           96,  3 },
	{ { 0x20, 0x01, 0x00, 0x00 },      32,  5 },
	{ { 0x20, 0x02 },                  16,  2 },
	{ { 0x3f, 0xfe },                  16, 12 },
	{ { 0xfe, 0xc0 },                  10, 11 },
	{ { 0xfc },                         7, 13 },
	{ { 0 },                            0,  1 },
};

/**
 * Get the label of an IPv6 address
 */
static uint8_t get_label(const mobility_ip_t *ip)
{
	mobility_ip_t net = {
		.family = AF_INET6,
	};
	int i;

	for (i = 0; i < countof(labels); i++)
	{
		memcpy(net.bytes, labels[i].net, sizeof(net.bytes));
		if (mobility_ip_in(ip, &net, labels[i].prefix))
		{
			break;
		}
	}
	return labels[i].label;
}

/**
 * Get the scope of an IPv6 address
 */
static u_int get_scope(const mobility_ip_t *ip)
{
	if (ip->bytes[0] == 0xfe)
	{
		switch (ip->bytes[1] & 0xc0)
		{
			case 0x80:
				return SCOPE_LINK;
			case 0xc0:
				return SCOPE_SITE;
		}
	}
	return SCOPE_GLOBAL;
}

/**
 * Get the number of bits that an address, but for its interface identifier, has
 * in common with the peer's
 */
static u_int get_common(const criteria_t *criteria, const mobility_addr_t *addr)
{
	return min(mobility_ip_common(&addr->ip, &criteria->peer), addr->prefix);
}

/**
 * Check if an address is of the next hop's subnet
 */
static bool is_near(const criteria_t *criteria, const mobility_addr_t *addr)
{
	return mobility_ip_in(&criteria->nexthop, &addr->net, addr->prefix);
}

/**
 * RFC 6724, 5, rule 2: the smallest scope that is at least the peer's, or else
 * the largest
 */
static int compare_scope(const criteria_t *criteria, const mobility_addr_t *a,
						 const mobility_addr_t *b)
{
	u_int scope_a, scope_b, scope_peer;

	scope_a = get_scope(&a->ip);
	scope_b = get_scope(&b->ip);
	scope_peer = get_scope(&criteria->peer);
	if (scope_a == scope_b)
	{
		return 0;
	}
	if (scope_a < scope_b)
	{
		return scope_a < scope_peer ? 1 : -1;
	}
	return scope_b < scope_peer ? -1 : 1;
}

/**
 * Order of addresses that are equal otherwise: the newest first, as the kernel
 * has it, since a router that lost its prefix hands out another one and the old
 * one stays preferred (RFC 8978); then the one that is so for longer.
 */
static int compare_age(const mobility_addr_t *a, const mobility_addr_t *b)
{
	int32_t younger = b->created - a->created;

	if (younger)
	{
		return younger > 0 ? 1 : -1;
	}
	return (a->preferred < b->preferred) - (a->preferred > b->preferred);
}

/**
 * Compare IPv6 addresses by RFC 6724, 5
 */
static int compare6(const criteria_t *criteria, const mobility_addr_t *a,
					const mobility_addr_t *b)
{
	uint32_t avoid = IFA_F_DEPRECATED | IFA_F_OPTIMISTIC;
	uint8_t label = get_label(&criteria->peer);
	int order;

	/* rule 2: prefer appropriate scope */
	order = compare_scope(criteria, a, b);
	if (!order)
	{	/* rule 3: avoid deprecated addresses (RFC 4429, 3.1: as well as
		 * optimistic ones) */
		order = !!(a->flags & avoid) - !!(b->flags & avoid);
	}
	/* rules 4 and 5 are about home addresses and other interfaces */
	if (!order)
	{	/* rule 6: prefer matching label */
		order = (get_label(&b->ip) == label) - (get_label(&a->ip) == label);
	}
	if (!order)
	{	/* rule 7: prefer temporary addresses, or not */
		order = !!(b->flags & IFA_F_TEMPORARY) - !!(a->flags & IFA_F_TEMPORARY);
		order = criteria->prefer_temporary ? order : -order;
	}
	if (!order)
	{	/* rule 8: use longest matching prefix */
		order = get_common(criteria, b) - get_common(criteria, a);
	}
	if (!order)
	{
		order = compare_age(a, b);
	}
	if (!order)
	{	/* no matter in which order we heard of them */
		order = memcmp(a->ip.bytes, b->ip.bytes, sizeof(a->ip.bytes));
	}
	return order;
}

/**
 * Compare IPv4 addresses as the kernel does
 */
static int compare4(const criteria_t *criteria, const mobility_addr_t *a,
					const mobility_addr_t *b)
{
	int order;

	order = !!(a->flags & IFA_F_DEPRECATED) - !!(b->flags & IFA_F_DEPRECATED);
	if (!order)
	{
		order = (a->scope != RT_SCOPE_UNIVERSE) -
				(b->scope != RT_SCOPE_UNIVERSE);
	}
	if (!order)
	{
		order = is_near(criteria, b) - is_near(criteria, a);
	}
	if (!order)
	{
		order = !!(a->flags & IFA_F_SECONDARY) - !!(b->flags & IFA_F_SECONDARY);
	}
	return order;
}

/**
 * Check if packets from an address may reach the peer
 */
static bool is_candidate(const criteria_t *criteria,
						 const mobility_addr_t *addr)
{
	if (addr->ip.family != criteria->peer.family || addr->own ||
		!mobility_addr_is_usable(addr))
	{
		return FALSE;
	}
	return !mobility_ip_is_linklocal(&addr->ip) ||
			mobility_ip_is_linklocal(&criteria->peer);
}

/*
 * Described in header.
 */
array_t *mobility_source_addr_rank(const mobility_link_t *link,
								   const mobility_ip_t *peer,
								   const mobility_route_t *route,
								   bool prefer_temporary)
{
	criteria_t criteria = {
		.peer = *peer,
		.nexthop = *peer,
		.prefer_temporary = prefer_temporary,
	};
	int (*compare)(const criteria_t*, const mobility_addr_t*,
				   const mobility_addr_t*);
	mobility_addr_t *addr, *other;
	array_t *ranked;
	int i, pos;

	if (route && route->gateway.family != AF_UNSPEC)
	{
		criteria.nexthop = route->gateway;
	}
	compare = peer->family == AF_INET ? compare4 : compare6;
	ranked = array_create(0, 0);
	for (i = 0; i < array_count(link->addrs); i++)
	{
		array_get(link->addrs, i, &addr);
		if (!is_candidate(&criteria, addr))
		{
			continue;
		}
		/* of equal ones the kernel prefers the first, too */
		for (pos = 0; pos < array_count(ranked); pos++)
		{
			array_get(ranked, pos, &other);
			if (compare(&criteria, addr, other) < 0)
			{
				break;
			}
		}
		array_insert(ranked, pos, addr);
	}
	return ranked;
}
