/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_policy.h"

/**
 * Three-way comparison of numbers of any type
 */
#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

/**
 * Prefix length relative to the address length, in 1/128
 */
static u_int get_prefix(const mobility_path_t *path)
{
	if (path->remote->get_family(path->remote) == AF_INET)
	{
		return path->prefix * 4;
	}
	return path->prefix;
}

/**
 * Compare what a move may be made for
 */
static int compare_preference(const mobility_path_t *a,
							  const mobility_path_t *b)
{
	return COMPARE(get_prefix(b), get_prefix(a)) ?:
		   COMPARE(a->metric, b->metric);
}

/**
 * Check if a path leads to the peer address the incumbent leads to
 */
static bool is_same_remote(const mobility_path_t *path,
						   const mobility_path_t *incumbent)
{
	return path->remote->ip_equals(path->remote, incumbent->remote);
}

/**
 * Check if a path is of the incumbent's address family
 */
static bool is_same_family(const mobility_path_t *path,
						   const mobility_path_t *incumbent)
{
	return path->remote->get_family(path->remote) ==
		   incumbent->remote->get_family(incumbent->remote);
}

/**
 * Order of addresses, by family first, a shorter chunk before a longer one
 */
static int compare_hosts(host_t *a, host_t *b)
{
	return COMPARE(a->get_family(a), b->get_family(b)) ?:
		   chunk_compare(a->get_address(a), b->get_address(b));
}

/*
 * Described in header.
 */
int mobility_policy_compare(const mobility_path_t *a, const mobility_path_t *b,
							const mobility_path_t *incumbent)
{
	int order = 0;

	if (incumbent)
	{
		order = COMPARE(is_same_remote(b, incumbent),
						is_same_remote(a, incumbent)) ?:
				COMPARE(b->known, a->known) ?:
				COMPARE(is_same_family(b, incumbent),
						is_same_family(a, incumbent));
	}
	else
	{
		order = COMPARE(b->known, a->known);
	}
	if (!order)
	{
		order = compare_preference(a, b);
	}
	if (!order && incumbent)
	{
		order = COMPARE(mobility_path_equals(b, incumbent),
						mobility_path_equals(a, incumbent));
	}
	if (!order)
	{
		order = COMPARE(a->ifindex, b->ifindex) ?:
				compare_hosts(a->local, b->local) ?:
				compare_hosts(a->remote, b->remote);
	}
	return order;
}

/**
 * Compare two elements of an array of paths
 */
static int compare_elements(const void *a, const void *b, void *incumbent)
{
	return mobility_policy_compare(a, b, incumbent);
}

/*
 * Described in header.
 */
void mobility_policy_rank(array_t *paths, const mobility_path_t *incumbent)
{
	array_sort(paths, compare_elements, (void*)incumbent);
}

/*
 * Described in header.
 */
bool mobility_policy_is_better(const mobility_path_t *path,
							   const mobility_path_t *incumbent)
{
	if (is_same_remote(path, incumbent))
	{
		return compare_preference(path, incumbent) < 0;
	}
	/* how specific the routes to different addresses are says nothing */
	return path->metric < incumbent->metric;
}
