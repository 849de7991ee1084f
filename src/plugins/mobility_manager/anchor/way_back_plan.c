/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <netinet/in.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "anchor/way_back_plan.h"

/**
 * Add a rule, for all packets or those from the address of a path.
 */
static void add(array_t *plan, int family, const mobility_path_t *path,
				uint8_t proto, uint16_t port)
{
	mobility_way_back_rule_t rule;

	memset(&rule, 0, sizeof(rule));
	rule.family = family;
	rule.proto = proto;
	rule.port = port;
	if (path)
	{
		rule.local = mobility_ip_from_host(path->local);
		rule.path = path;
	}
	else
	{
		rule.table = RT_TABLE_MAIN;
	}
	array_insert(plan, ARRAY_TAIL, &rule);
}

/**
 * Check if packets from the address of a path leave by an uplink with that
 * address anyway, or by that of a path that comes first.
 */
static bool is_settled(array_t *paths, int pos)
{
	mobility_path_t *path, *other;
	int i;

	array_get(paths, pos, &path);
	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &other);
		if ((i < pos || !other->diverted) &&
			path->local->ip_equals(path->local, other->local))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Add the rules of an address family.
 */
static void add_family(array_t *plan, int family, array_t *paths,
					   const uint16_t ports[2])
{
	mobility_path_t *path;
	bool first = TRUE;
	int i;

	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		if (path->local->get_family(path->local) != family || path->prefix ||
			is_settled(paths, i))
		{
			continue;
		}
		if (first)
		{
			add(plan, family, NULL, 0, 0);
			first = FALSE;
		}
		add(plan, family, path, IPPROTO_UDP, ports[0]);
		add(plan, family, path, IPPROTO_UDP, ports[1]);
		add(plan, family, path, IPPROTO_ESP, 0);
	}
}

/*
 * Described in header.
 */
array_t *mobility_way_back_plan(array_t *paths, const uint16_t ports[2])
{
	array_t *plan;

	plan = array_create(sizeof(mobility_way_back_rule_t), 0);
	add_family(plan, AF_INET, paths, ports);
	add_family(plan, AF_INET6, paths, ports);
	return plan;
}
