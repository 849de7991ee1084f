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
		   a->own == b->own && a->configured == b->configured &&
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
	if (i < 0 || known->lost)
	{
		return FALSE;
	}
	if (known->own)
	{
		known->lost = TRUE;
	}
	else
	{
		remove_route(dst, i);
	}
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
		if (is_rival(current, route) && !current->lost)
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
		if (!is_rival(current, route) || current->lost)
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
 * Check if packets of a flow may use a route
 */
static bool is_for_flow(const mobility_route_t *route,
						const mobility_route_query_t *flow)
{
	if (route->own || route->dead)
	{
		return FALSE;
	}
	if (route->src_prefix && !mobility_ip_in(&flow->local, &route->src,
											 route->src_prefix))
	{
		return FALSE;
	}
	return route->type != RTN_UNICAST || route->oif == flow->oif;
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
			!route->own && !route->dead)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Check if all next hops of a route are gone
 */
static bool is_all_dead(mobility_fib_entry_t *dst, u_int group)
{
	mobility_route_t *route;
	int i;

	for (i = 0; i < array_count(dst->routes); i++)
	{
		array_get(dst->routes, i, &route);
		if (route->group == group && !route->dead)
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Mark all next hops of a route as gone
 */
static void set_all_dead(mobility_fib_entry_t *dst, u_int group)
{
	mobility_route_t *route;
	int i;

	for (i = 0; i < array_count(dst->routes); i++)
	{
		array_get(dst->routes, i, &route);
		route->dead |= route->group == group;
	}
}

/**
 * Check if a loss leaves a route alone: the address of an interface that is down
 * still is one of the host's own, for IPv4
 */
static bool survives(mobility_fib_entry_t *dst, const mobility_route_t *route,
					 mobility_loss_t loss)
{
	switch (loss)
	{
		case MOBILITY_LOSS_ADDRESS:
			return route->nhid;
		case MOBILITY_LOSS_DOWN:
			return route->type == RTN_LOCAL && dst->key.net.family == AF_INET;
		default:
			return FALSE;
	}
}

/**
 * Mark next hops over a link as gone, our own as lost
 */
static bool set_link_dead(mobility_fib_entry_t *dst, int ifindex,
						  mobility_loss_t loss)
{
	mobility_route_t *route;
	bool changed = FALSE, gone = loss == MOBILITY_LOSS_GONE;
	int i;

	for (i = 0; i < array_count(dst->routes); i++)
	{
		array_get(dst->routes, i, &route);
		if (route->oif != ifindex || survives(dst, route, loss))
		{
			continue;
		}
		if (route->own)
		{
			route->lost = TRUE;
			continue;
		}
		changed |= !route->dead || gone;
		route->dead = TRUE;
		if (gone && dst->key.net.family == AF_INET)
		{
			set_all_dead(dst, route->group);
		}
	}
	return changed;
}

/**
 * Check if a next hop is gone for good after a loss
 */
static bool is_lost(mobility_fib_entry_t *dst, const mobility_route_t *route,
					int ifindex, mobility_loss_t loss)
{
	switch (loss)
	{
		case MOBILITY_LOSS_CARRIER:
			return route->nhid && route->oif == ifindex &&
				   dst->key.net.family == AF_INET;
		case MOBILITY_LOSS_GONE:
			if (route->oif == ifindex)
			{
				return TRUE;
			}
			/* fall-through */
		default:
			return route->dead && is_all_dead(dst, route->group);
	}
}

/*
 * Described in header.
 */
mobility_change_t mobility_fib_entry_lose_link(mobility_fib_entry_t *dst,
											   int ifindex,
											   mobility_loss_t loss)
{
	mobility_change_t change = MOBILITY_CHANGE_NONE;
	mobility_route_t *route;
	int i;

	if (loss != MOBILITY_LOSS_CARRIER &&
		set_link_dead(dst, ifindex, loss))
	{
		change = MOBILITY_CHANGE_ROUTE;
	}
	for (i = array_count(dst->routes) - 1; i >= 0; i--)
	{
		array_get(dst->routes, i, &route);
		if (is_lost(dst, route, ifindex, loss))
		{
			if (!route->own)
			{
				change = MOBILITY_CHANGE_ROUTE;
			}
			remove_route(dst, i);
		}
	}
	return change;
}

/*
 * Described in header.
 */
mobility_change_t mobility_fib_entry_regain_link(mobility_fib_entry_t *dst,
												 int ifindex)
{
	mobility_change_t change = MOBILITY_CHANGE_NONE;
	mobility_route_t *route;
	int i;

	for (i = array_count(dst->routes) - 1; i >= 0; i--)
	{
		array_get(dst->routes, i, &route);
		if (route->oif != ifindex)
		{
			continue;
		}
		if (route->lost)
		{
			remove_route(dst, i);
			change |= MOBILITY_CHANGE_PIN_LOST;
		}
		else if (route->dead)
		{
			route->dead = FALSE;
			change |= MOBILITY_CHANGE_ROUTE;
		}
	}
	return change;
}

/*
 * Described in header.
 */
mobility_change_t mobility_fib_entry_lose_source(mobility_fib_entry_t *dst,
												 const mobility_ip_t *ip)
{
	mobility_change_t change = MOBILITY_CHANGE_NONE;
	mobility_route_t *route;
	int i;

	for (i = array_count(dst->routes) - 1; i >= 0; i--)
	{
		array_get(dst->routes, i, &route);
		if (!mobility_ip_equals(&route->prefsrc, ip))
		{
			continue;
		}
		if (ip->family == AF_INET6)
		{
			memset(&route->prefsrc, 0, sizeof(route->prefsrc));
		}
		else
		{
			remove_route(dst, i);
		}
		change = MOBILITY_CHANGE_ROUTE;
	}
	return change;
}

/*
 * Described in header.
 */
mobility_change_t mobility_fib_entry_lose_nexthop(mobility_fib_entry_t *dst,
												  uint32_t nhid)
{
	mobility_change_t change = MOBILITY_CHANGE_NONE;
	mobility_route_t *route;
	int i;

	for (i = array_count(dst->routes) - 1; i >= 0; i--)
	{
		array_get(dst->routes, i, &route);
		if (route->nhid == nhid)
		{
			remove_route(dst, i);
			change = MOBILITY_CHANGE_ROUTE;
		}
	}
	return change;
}

/*
 * Described in header.
 */
mobility_change_t mobility_fib_entry_sweep(mobility_fib_entry_t *dst,
										   u_int generation)
{
	mobility_change_t change = MOBILITY_CHANGE_NONE;
	mobility_route_t *route;
	int i;

	for (i = array_count(dst->routes) - 1; i >= 0; i--)
	{
		array_get(dst->routes, i, &route);
		if (route->generation == generation || route->lost)
		{
			continue;
		}
		if (route->own)
		{
			route->lost = TRUE;
			change |= MOBILITY_CHANGE_PIN_LOST;
		}
		else
		{
			remove_route(dst, i);
			change |= MOBILITY_CHANGE_ROUTE;
		}
	}
	return change;
}
