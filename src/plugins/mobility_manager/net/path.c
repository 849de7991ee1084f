/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "net/path.h"

/*
 * Described in header.
 */
mobility_path_id_t mobility_path_get_id(const mobility_path_t *path)
{
	if (!path)
	{
		return (mobility_path_id_t){};
	}
	return (mobility_path_id_t){
		.ifindex = path->ifindex,
		.local = mobility_ip_from_host(path->local),
		.remote = mobility_ip_from_host(path->remote),
		.gateway = mobility_ip_from_host(path->gateway),
	};
}

/*
 * Described in header.
 */
bool mobility_path_id_equals(const mobility_path_id_t *a,
							 const mobility_path_id_t *b)
{
	return a->ifindex && a->ifindex == b->ifindex &&
		   mobility_ip_equals(&a->local, &b->local) &&
		   mobility_ip_equals(&a->remote, &b->remote);
}

/*
 * Described in header.
 */
mobility_path_t *mobility_path_clone(const mobility_path_t *path)
{
	mobility_path_t *clone;

	clone = malloc_thing(mobility_path_t);
	*clone = *path;
	clone->local = path->local->clone(path->local);
	clone->remote = path->remote->clone(path->remote);
	if (path->gateway)
	{
		clone->gateway = path->gateway->clone(path->gateway);
	}
	return clone;
}

/*
 * Described in header.
 */
void mobility_path_destroy(mobility_path_t *path)
{
	if (path)
	{
		path->local->destroy(path->local);
		path->remote->destroy(path->remote);
		DESTROY_IF(path->gateway);
		free(path);
	}
}

/*
 * Described in header.
 */
bool mobility_path_equals(const mobility_path_t *a, const mobility_path_t *b)
{
	return a && b && a->ifindex == b->ifindex &&
		   a->local->ip_equals(a->local, b->local) &&
		   a->remote->ip_equals(a->remote, b->remote);
}

/*
 * Described in header.
 */
bool mobility_path_has(const mobility_path_t *path, host_t *local,
					   host_t *remote)
{
	return path && path->local->ip_equals(path->local, local) &&
		   path->remote->ip_equals(path->remote, remote);
}

/*
 * Described in header.
 */
bool mobility_path_same_gateway(const mobility_path_t *a,
								const mobility_path_t *b)
{
	if (a->gateway && b->gateway)
	{
		return a->gateway->ip_equals(a->gateway, b->gateway);
	}
	return !a->gateway && !b->gateway;
}

/*
 * Described in header.
 */
void mobility_paths_destroy(array_t *paths)
{
	mobility_path_t *path;

	while (array_remove(paths, ARRAY_TAIL, &path))
	{
		mobility_path_destroy(path);
	}
	array_destroy(paths);
}
