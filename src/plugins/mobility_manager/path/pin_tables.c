/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "path/pin_tables.h"

#include <collections/linked_list.h>
#include <utils/debug.h>

typedef struct private_mobility_pin_tables_t private_mobility_pin_tables_t;

/**
 * Private data
 */
struct private_mobility_pin_tables_t {

	/**
	 * Public interface.
	 */
	mobility_pin_tables_t public;

	/**
	 * Socket for requests.
	 */
	mobility_rtnl_t *rtnl;

	/**
	 * First table.
	 */
	uint32_t table;

	/**
	 * Next hops, mobility_hop_t*, by table.
	 */
	linked_list_t *hops;
};

/*
 * Described in header.
 */
bool mobility_hop_is_for(const mobility_hop_t *hop,
						 const mobility_path_t *path)
{
	mobility_ip_t gateway = mobility_ip_from_host(path->gateway);

	return hop->route.ifindex == path->ifindex &&
		   hop->route.family == path->remote->get_family(path->remote) &&
		   mobility_ip_equals(&hop->route.gateway, &gateway) &&
		   mobility_metrics_equals(&hop->route.metrics, &path->metrics);
}

/**
 * Find the next hop of a path
 */
static mobility_hop_t *find_hop(private_mobility_pin_tables_t *this,
								const mobility_path_t *path)
{
	enumerator_t *enumerator;
	mobility_hop_t *hop, *found = NULL;

	enumerator = this->hops->create_enumerator(this->hops);
	while (!found && enumerator->enumerate(enumerator, &hop))
	{
		if (mobility_hop_is_for(hop, path))
		{
			found = hop;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Create a next hop with the first table that is free
 */
static mobility_hop_t *create_hop(private_mobility_pin_tables_t *this,
								  const mobility_path_t *path)
{
	enumerator_t *enumerator;
	mobility_hop_t *hop, *current;

	INIT(hop,
		.route = {
			.family = path->remote->get_family(path->remote),
			.ifindex = path->ifindex,
			.gateway = mobility_ip_from_host(path->gateway),
			.table = this->table,
			.metrics = path->metrics,
		},
	);
	enumerator = this->hops->create_enumerator(this->hops);
	while (enumerator->enumerate(enumerator, &current))
	{
		if (current->route.table != hop->route.table)
		{
			break;
		}
		hop->route.table++;
	}
	this->hops->insert_before(this->hops, enumerator, hop);
	enumerator->destroy(enumerator);
	return hop;
}

METHOD(mobility_pin_tables_t, put, void,
	private_mobility_pin_tables_t *this, mobility_hop_t *hop)
{
	if (--hop->refs == 0)
	{
		mobility_pin_routes_del_route(this->rtnl, &hop->route);
		this->hops->remove(this->hops, hop, NULL);
		free(hop);
	}
}

METHOD(mobility_pin_tables_t, get, mobility_hop_t*,
	private_mobility_pin_tables_t *this, const mobility_path_t *path,
	int *error)
{
	bool replace = FALSE;
	mobility_hop_t *hop;

	hop = find_hop(this, path);
	if (!hop)
	{
		hop = create_hop(this, path);
		replace = TRUE;
	}
	hop->refs++;
	/* an IPv4 route is gone without notice if its link was down meanwhile */
	*error = mobility_pin_routes_add_route(this->rtnl, &hop->route, replace);
	if (*error)
	{
		put(this, hop);
		return NULL;
	}
	return hop;
}

METHOD(mobility_pin_tables_t, limit, int,
	private_mobility_pin_tables_t *this, mobility_hop_t *hop, uint32_t mtu)
{
	uint32_t old = hop->route.mtu;
	int error;

	hop->route.mtu = mtu;
	error = mobility_pin_routes_add_route(this->rtnl, &hop->route, TRUE);
	if (error)
	{
		hop->route.mtu = old;
	}
	return error;
}

/**
 * Check if a route is among those the kernel has
 */
static bool is_installed(const mobility_pin_routes_route_t *route,
						 array_t *installed)
{
	mobility_pin_routes_route_t current;
	int i;

	for (i = 0; array_get(installed, i, &current); i++)
	{
		if (current.family == route->family && current.table == route->table &&
			current.ifindex == route->ifindex &&
			mobility_ip_equals(&current.gateway, &route->gateway))
		{
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(mobility_pin_tables_t, restore, u_int,
	private_mobility_pin_tables_t *this)
{
	enumerator_t *enumerator;
	array_t *installed;
	u_int restored = 0;
	mobility_hop_t *hop;
	int error;

	installed = mobility_pin_routes_get_routes(this->rtnl);
	if (!installed)
	{
		return 0;
	}
	enumerator = this->hops->create_enumerator(this->hops);
	while (enumerator->enumerate(enumerator, &hop))
	{
		if (!is_installed(&hop->route, installed))
		{
			error = mobility_pin_routes_add_route(this->rtnl, &hop->route,
												  TRUE);
			if (error)
			{	/* it can't be without its link, whose return is told */
				DBG2(DBG_NET, "restoring the route in table %u failed: %s",
					 hop->route.table, strerror(error));
			}
			restored += !error;
		}
	}
	enumerator->destroy(enumerator);
	array_destroy(installed);
	return restored;
}

METHOD(mobility_pin_tables_t, destroy, void,
	private_mobility_pin_tables_t *this)
{
	this->hops->destroy(this->hops);
	free(this);
}

/*
 * Described in header.
 */
mobility_pin_tables_t *mobility_pin_tables_create(mobility_rtnl_t *rtnl,
												  uint32_t table)
{
	private_mobility_pin_tables_t *this;

	INIT(this,
		.public = {
			.get = _get,
			.put = _put,
			.limit = _limit,
			.restore = _restore,
			.destroy = _destroy,
		},
		.rtnl = rtnl,
		.table = table,
		.hops = linked_list_create(),
	);
	return &this->public;
}
