/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "net/lookup.h"
#include "net/source_addr.h"

/*
 * Described in header.
 */
const mobility_route_t *mobility_lookup_route(const mobility_lookup_t *this,
											  const mobility_link_t *link,
											  const mobility_route_query_t *flow)
{
	return this->rules->lookup(this->rules, this->routes, link, flow);
}

/*
 * Described in header.
 */
bool mobility_lookup_is_usable(const mobility_lookup_t *this,
							   const mobility_link_t *link,
							   const mobility_ip_t *ip,
							   const mobility_route_t *route)
{
	enumerator_t *enumerator;
	mobility_link_t *other;
	bool usable = FALSE;

	if (mobility_addr_is_usable(mobility_link_get_addr(link, ip)))
	{
		return TRUE;
	}
	enumerator = this->links->create_enumerator(this->links);
	while (!usable && enumerator->enumerate(enumerator, &other))
	{
		usable = (mobility_link_is_virtual(other) ||
				  mobility_ip_equals(&route->prefsrc, ip)) &&
				 mobility_addr_is_usable(mobility_link_get_addr(other, ip));
	}
	enumerator->destroy(enumerator);
	return usable;
}

/**
 * Check if an address is a virtual IP
 */
static bool is_vip(const mobility_lookup_filter_t *filter,
				   const mobility_ip_t *ip)
{
	host_t *host;
	bool vip;

	if (!filter->is_vip)
	{
		return FALSE;
	}
	host = mobility_ip_to_host(ip);
	vip = filter->is_vip(filter->data, host);
	host->destroy(host);
	return vip;
}

/**
 * Use the source address that the route asks for, if that is possible
 */
static const mobility_route_t *use_prefsrc(const mobility_lookup_t *this,
										const mobility_link_t *link,
										const mobility_lookup_filter_t *filter,
										const mobility_route_t *route,
										mobility_route_query_t *flow)
{
	mobility_route_query_t other = *flow;

	if (!route || !mobility_ip_is_set(&route->prefsrc) ||
		is_vip(filter, &route->prefsrc))
	{
		return NULL;
	}
	other.local = route->prefsrc;
	/* may be another one from that address */
	route = mobility_lookup_route(this, link, &other);
	if (route && mobility_lookup_is_usable(this, link, &other.local, route))
	{
		*flow = other;
		return route;
	}
	return NULL;
}

/**
 * Add a way, unless there is one from that address already
 */
static void add_way(mobility_way_t ways[MOBILITY_WAYS_MAX], u_int *count,
					const mobility_route_query_t *flow,
					const mobility_route_t *route)
{
	u_int i;

	for (i = 0; i < *count; i++)
	{
		if (mobility_ip_equals(&ways[i].local, &flow->local))
		{
			return;
		}
	}
	if (route && *count < MOBILITY_WAYS_MAX)
	{
		ways[(*count)++] = (mobility_way_t){
			.local = flow->local,
			.route = route,
		};
	}
}

/**
 * Add the way from the source address that a route asks for
 */
static void add_prefsrc(const mobility_lookup_t *this,
						const mobility_link_t *link,
						const mobility_lookup_filter_t *filter,
						mobility_route_query_t flow,
						const mobility_route_t *route,
						mobility_way_t ways[MOBILITY_WAYS_MAX], u_int *count)
{
	route = use_prefsrc(this, link, filter, route, &flow);
	add_way(ways, count, &flow, route);
}

/*
 * Described in header.
 *
 * Rules may depend on the local address, and the local address depends on the
 * route, so a route for any local address comes first.
 */
u_int mobility_lookup_ways(const mobility_lookup_t *this,
						   const mobility_link_t *link,
						   const mobility_lookup_filter_t *filter,
						   const mobility_ip_t *peer,
						   mobility_way_t ways[MOBILITY_WAYS_MAX])
{
	mobility_route_query_t flow = {
		.peer = *peer,
		.oif = link->ifindex,
	};
	const mobility_route_t *hint, *route;
	mobility_addr_t *addr;
	array_t *ranked;
	u_int count = 0;
	int i;

	hint = mobility_lookup_route(this, link, &flow);
	add_prefsrc(this, link, filter, flow, hint, ways, &count);
	ranked = mobility_source_addr_rank(link, peer, hint,
									   this->prefer_temporary);
	for (i = 0; i < array_count(ranked); i++)
	{
		array_get(ranked, i, &addr);
		if (!is_vip(filter, &addr->ip))
		{
			flow.local = addr->ip;
			route = mobility_lookup_route(this, link, &flow);
			add_prefsrc(this, link, filter, flow, route, ways, &count);
			add_way(ways, &count, &flow, route);
		}
	}
	array_destroy(ranked);
	return count;
}

/*
 * Described in header.
 */
u_int mobility_lookup_hops(const mobility_lookup_t *this,
						   const mobility_link_t *link,
						   const mobility_route_query_t *flow,
						   const mobility_route_t *route,
						   const mobility_route_t *routes[MOBILITY_HOPS_MAX])
{
	mobility_ip_t passed[MOBILITY_HOPS_MAX];
	mobility_route_query_t other = *flow;
	const uint8_t prefix = route->prefix;
	u_int count = 0;

	other.passed = passed;
	do
	{
		passed[count] = route->gateway;
		routes[count++] = route;
		other.passed_count = count;
		/* who is on-link is reached without routers */
		route = mobility_ip_is_set(&route->gateway) &&
				count < MOBILITY_HOPS_MAX ?
						mobility_lookup_route(this, link, &other) : NULL;
	}
	while (route && route->prefix == prefix &&
		   mobility_ip_is_set(&route->gateway));
	return count;
}

/**
 * Check if the kernel prefers a route to another, both may be NULL: this is
 * about where packets go, not where they had better go
 */
static bool is_better(const mobility_route_t *a, const mobility_route_t *b)
{
	if (!a || !b)
	{
		return a != NULL;
	}
	if (a->prefix != b->prefix)
	{
		return a->prefix > b->prefix;
	}
	return a->metric < b->metric;
}

/*
 * Described in header.
 */
mobility_link_t *mobility_lookup_link(const mobility_lookup_t *this,
									  mobility_route_query_t *flow, bool any,
									  const mobility_route_t **best)
{
	mobility_link_t *link, *found = NULL;
	const mobility_route_t *route;
	enumerator_t *enumerator;

	*best = NULL;
	enumerator = this->links->create_enumerator(this->links);
	while (enumerator->enumerate(enumerator, &link))
	{
		if (!any && !mobility_link_get_addr(link, &flow->local))
		{
			continue;
		}
		flow->oif = link->ifindex;
		route = mobility_lookup_route(this, link, flow);
		if (!found || is_better(route, *best))
		{
			found = link;
			*best = route;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}
