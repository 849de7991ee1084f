/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <sys/socket.h>

#include "net/fib_entry.h"

/*
 * Described in header.
 */
mobility_fib_entry_t *mobility_fib_entry_create(
											const mobility_fib_entry_key_t *key)
{
	mobility_fib_entry_t *dst;

	INIT(dst,
		.key = *key,
		.routes = array_create(0, 0),
	);
	return dst;
}

/*
 * Described in header.
 */
void mobility_fib_entry_destroy(mobility_fib_entry_t *dst)
{
	array_destroy_function(dst->routes, (void*)free, NULL);
	free(dst);
}

/**
 * Check if two next hops are of the same route and lead to the same place.
 *
 * Of IPv6 routes the kernel forgets the preferred source if it disappears.
 */
static bool is_same(mobility_fib_entry_t *dst, const mobility_route_t *a,
					const mobility_route_t *b)
{
	return a->metric == b->metric && a->type == b->type && a->oif == b->oif &&
		   a->configured == b->configured &&
		   a->src_prefix == b->src_prefix &&
		   mobility_ip_equals(&a->src, &b->src) &&
		   mobility_ip_equals(&a->gateway, &b->gateway) &&
		  (dst->key.net.family == AF_INET6 ||
		   mobility_ip_equals(&a->prefsrc, &b->prefsrc));
}

/**
 * Find a next hop, returns its index or -1
 */
static int find_route(mobility_fib_entry_t *dst, const mobility_route_t *route,
					  mobility_route_t **found)
{
	int i;

	for (i = 0; i < array_count(dst->routes); i++)
	{
		array_get(dst->routes, i, found);
		if (is_same(dst, *found, route))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Insert a next hop behind those that are preferred to it or equal
 */
static void insert_route(mobility_fib_entry_t *dst,
						 const mobility_route_t *route)
{
	mobility_route_t *current;
	int i;

	for (i = 0; i < array_count(dst->routes); i++)
	{
		array_get(dst->routes, i, &current);
		if (route->metric < current->metric ||
		   (route->metric == current->metric &&
			route->preference > current->preference))
		{
			break;
		}
	}
	current = malloc_thing(mobility_route_t);
	*current = *route;
	array_insert(dst->routes, i, current);
}

/**
 * Remove the next hop at an index
 */
static void remove_route(mobility_fib_entry_t *dst, int i)
{
	mobility_route_t *route;

	if (array_remove(dst->routes, i, &route))
	{
		free(route);
	}
}

/*
 * Described in header.
 */
bool mobility_fib_entry_add(mobility_fib_entry_t *dst,
							const mobility_route_t *route)
{
	mobility_route_t *known;
	bool changed;
	int i;

	i = find_route(dst, route, &known);
	if (i >= 0)
	{
		if (known->preference == route->preference)
		{
			changed = known->dead != route->dead ||
					  !mobility_metrics_equals(&known->metrics,
											   &route->metrics) ||
					  !mobility_ip_equals(&known->prefsrc, &route->prefsrc);
			*known = *route;
			return changed;
		}
		remove_route(dst, i);
	}
	insert_route(dst, route);
	return TRUE;
}

/*
 * Described in header.
 */
bool mobility_fib_entry_remove(mobility_fib_entry_t *dst,
							   const mobility_route_t *route)
{
	mobility_route_t *known;
	int i;

	i = find_route(dst, route, &known);
	if (i < 0)
	{
		return FALSE;
	}
	remove_route(dst, i);
	return TRUE;
}

/**
 * Check if two routes only differ in where they lead to
 */
static bool is_rival(const mobility_route_t *a, const mobility_route_t *b)
{
	return a->metric == b->metric && a->src_prefix == b->src_prefix &&
		   mobility_ip_equals(&a->src, &b->src);
}

/*
 * Described in header.
 */
u_int mobility_fib_entry_get_replaced(mobility_fib_entry_t *dst,
									  const mobility_route_t *route)
{
	mobility_route_t *current;
	int i;

	for (i = 0; i < array_count(dst->routes); i++)
	{
		array_get(dst->routes, i, &current);
		if (is_rival(current, route))
		{
			return current->group;
		}
	}
	return 0;
}

/*
 * Described in header.
 */
bool mobility_fib_entry_replace(mobility_fib_entry_t *dst,
								const mobility_route_t *route,
								u_int replaced)
{
	mobility_route_t *current;
	bool changed = FALSE;
	int i, first = -1;

	for (i = 0; i < array_count(dst->routes); i++)
	{
		array_get(dst->routes, i, &current);
		if (!is_rival(current, route))
		{
			continue;
		}
		if (first < 0)
		{
			first = i;
		}
		if (current->group == route->group)
		{	/* takes the place of what it replaced */
			array_remove(dst->routes, i, NULL);
			array_insert(dst->routes, first++, current);
		}
		else if (current->group == replaced ||
				 dst->key.net.family == AF_INET6)
		{
			remove_route(dst, i--);
			changed = TRUE;
		}
	}
	return changed;
}

/**
 * Check if a route is over one of the next hops to pass over
 */
static bool is_passed(const mobility_route_t *route,
					  const mobility_route_query_t *flow)
{
	u_int i;

	for (i = 0; i < flow->passed_count; i++)
	{
		if (mobility_ip_equals(&route->gateway, &flow->passed[i]))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Check if packets of a flow may use a route
 */
static bool is_for_flow(const mobility_route_t *route,
						const mobility_route_query_t *flow)
{
	if (route->dead)
	{
		return FALSE;
	}
	if (route->src_prefix && !mobility_ip_in(&flow->local, &route->src,
											 route->src_prefix))
	{
		return FALSE;
	}
	return route->type != RTN_UNICAST ||
		   ((!flow->oif || route->oif == flow->oif) && !is_passed(route, flow));
}

/*
 * Described in header.
 */
const mobility_route_t *mobility_fib_entry_lookup(
												const mobility_fib_entry_t *dst,
											const mobility_route_query_t *flow)
{
	mobility_route_t *route;
	int i;

	for (i = 0; i < array_count(dst->routes); i++)
	{
		array_get(dst->routes, i, &route);
		if (is_for_flow(route, flow))
		{
			return route;
		}
	}
	return NULL;
}

/*
 * Described in header.
 */
bool mobility_fib_entry_has_link(const mobility_fib_entry_t *dst, int ifindex)
{
	mobility_route_t *route;
	int i;

	for (i = 0; i < array_count(dst->routes); i++)
	{
		array_get(dst->routes, i, &route);
		if (route->oif == ifindex && route->type == RTN_UNICAST &&
			!route->dead)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
bool mobility_fib_entry_sweep(mobility_fib_entry_t *dst, u_int generation)
{
	mobility_route_t *route;
	bool changed = FALSE;
	int i;

	for (i = array_count(dst->routes) - 1; i >= 0; i--)
	{
		array_get(dst->routes, i, &route);
		if (route->generation != generation)
		{
			remove_route(dst, i);
			changed = TRUE;
		}
	}
	return changed;
}
