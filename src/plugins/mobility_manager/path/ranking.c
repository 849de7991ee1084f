/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "path/ranking.h"

ENUM(mobility_criterion_names, MOBILITY_BY_NOTHING, MOBILITY_BY_HOP,
	"none",
	"put-aside",
	"class",
	"known",
	"order",
	"cost",
	"remote",
	"family",
	"prefix",
	"metric",
	"onlink",
	"rtt",
	"current",
	"tie",
	"hop",
);

/**
 * Three-way comparison of numbers of any type
 */
#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

/**
 * Prefix length relative to the address length, in 1/128, of a route that says
 * where the peer's network is: others lead wherever a DHCP server wants
 */
static u_int get_prefix(const mobility_path_t *path)
{
	if (!path->configured)
	{
		return 0;
	}
	if (path->remote->get_family(path->remote) == AF_INET)
	{
		return path->prefix * 4;
	}
	return path->prefix;
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

/**
 * Class of a round-trip time, differences within one do not matter
 */
static u_int get_rtt_class(const mobility_candidate_t *path)
{
	if (!path->rtt)
	{	/* not worse than most, it may be the first time that it is there */
		return 1;
	}
	return path->rtt < 30 ? 0 : path->rtt < 100 ? 1 : path->rtt < 300 ? 2 : 3;
}

/**
 * Compare in some stable way
 */
static int compare_ties(const mobility_path_t *a, const mobility_path_t *b)
{
	return COMPARE(a->ifindex, b->ifindex) ?:
		   compare_hosts(a->local, b->local) ?:
		   compare_hosts(a->remote, b->remote);
}

/*
 * Described in header.
 */
mobility_candidate_t *mobility_candidate_create(mobility_path_t *path)
{
	mobility_candidate_t *candidate;

	INIT(candidate,
		.path = path,
	);
	return candidate;
}

/*
 * Described in header.
 */
void mobility_candidate_destroy(mobility_candidate_t *candidate)
{
	if (candidate)
	{
		mobility_path_destroy(candidate->path);
		mobility_paths_destroy(candidate->others);
		free(candidate);
	}
}

/*
 * Described in header.
 */
uint32_t mobility_ranking_get_cost(const mobility_candidate_t *path)
{
	return path->has_cost ? path->cost : path->path->metric;
}

/**
 * Compare two paths by one criterion
 */
static int compare_by(mobility_criterion_t by, const mobility_candidate_t *a,
					  const mobility_candidate_t *b,
					  const mobility_ranking_t *ranking)
{
	const mobility_path_t *incumbent = NULL;

	if (ranking->incumbent)
	{
		incumbent = ranking->incumbent->path;
	}
	switch (by)
	{
		case MOBILITY_BY_ASIDE:
			return COMPARE(a->aside, b->aside);
		case MOBILITY_BY_CLASS:
			return COMPARE(a->preference, b->preference);
		case MOBILITY_BY_KNOWN:
			return COMPARE(b->known, a->known);
		case MOBILITY_BY_ORDER:
			return COMPARE(a->path->order, b->path->order);
		case MOBILITY_BY_COST:
			return ranking->by_cost ? COMPARE(mobility_ranking_get_cost(a),
											  mobility_ranking_get_cost(b)) : 0;
		case MOBILITY_BY_REMOTE:
			return incumbent ? COMPARE(is_same_remote(b->path, incumbent),
									   is_same_remote(a->path, incumbent)) : 0;
		case MOBILITY_BY_FAMILY:
			return incumbent ? COMPARE(is_same_family(b->path, incumbent),
									   is_same_family(a->path, incumbent)) : 0;
		case MOBILITY_BY_PREFIX:
			return COMPARE(get_prefix(b->path), get_prefix(a->path));
		case MOBILITY_BY_METRIC:
			return COMPARE(a->path->metric, b->path->metric);
		case MOBILITY_BY_ONLINK:
			return COMPARE(b->path->onlink, a->path->onlink);
		case MOBILITY_BY_RTT:
			return COMPARE(get_rtt_class(a), get_rtt_class(b));
		case MOBILITY_BY_CURRENT:
			return COMPARE(mobility_path_equals(b->path, incumbent),
						   mobility_path_equals(a->path, incumbent));
		case MOBILITY_BY_TIE:
			return compare_ties(a->path, b->path);
		case MOBILITY_BY_NOTHING:
		case MOBILITY_BY_HOP:
			break;
	}
	return 0;
}

/**
 * Compare two paths by some of the criteria, the first that tells them apart
 * decides
 */
static int compare_range(mobility_criterion_t *by, mobility_criterion_t last,
						 const mobility_candidate_t *a,
						 const mobility_candidate_t *b,
						 const mobility_ranking_t *ranking)
{
	int order;

	for (order = 0; *by <= last; (*by)++)
	{
		order = compare_by(*by, a, b, ranking);
		if (order)
		{
			break;
		}
	}
	return order;
}

/*
 * Described in header.
 */
int mobility_ranking_compare(const mobility_candidate_t *a,
							 const mobility_candidate_t *b,
							 const mobility_ranking_t *ranking)
{
	mobility_criterion_t by = MOBILITY_BY_ASIDE;

	return compare_range(&by, MOBILITY_BY_TIE, a, b, ranking);
}

/*
 * Described in header.
 */
mobility_criterion_t mobility_ranking_decide(const mobility_candidate_t *a,
											 const mobility_candidate_t *b,
											const mobility_ranking_t *ranking)
{
	mobility_criterion_t by = MOBILITY_BY_ASIDE;

	return compare_range(&by, MOBILITY_BY_TIE, a, b, ranking) ? by
													: MOBILITY_BY_NOTHING;
}

/**
 * Compare two elements of an array of paths
 */
static int compare_elements(const void *a, const void *b, void *ranking)
{
	return mobility_ranking_compare(a, b, ranking);
}

/**
 * Check if a cost is configured for any path
 */
static bool has_cost(array_t *paths)
{
	mobility_candidate_t *path;
	int i;

	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		if (path->has_cost)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
void mobility_ranking_init(mobility_ranking_t *ranking, array_t *paths,
						   const mobility_candidate_t *incumbent)
{
	*ranking = (mobility_ranking_t){
		.incumbent = incumbent,
		.by_cost = has_cost(paths),
	};
}

/*
 * Described in header.
 */
void mobility_ranking_rank(array_t *paths,
						   const mobility_candidate_t *incumbent)
{
	mobility_ranking_t ranking;

	mobility_ranking_init(&ranking, paths, incumbent);
	array_sort(paths, compare_elements, &ranking);
}

/**
 * Check if a path is the one in use
 */
static bool is_in_use(const mobility_path_t *path,
					  const mobility_candidate_t *incumbent)
{
	return incumbent && mobility_path_equals(path, incumbent->path);
}

/**
 * Check if one of the first paths is over the same uplink and to the same address
 */
static bool is_covered(array_t *paths, u_int count, const mobility_path_t *path)
{
	mobility_candidate_t *other;
	u_int i;

	for (i = 0; i < count; i++)
	{
		array_get(paths, i, &other);
		if (other->path->ifindex == path->ifindex &&
			is_same_remote(other->path, path))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
void mobility_ranking_limit(array_t *paths,
							const mobility_candidate_t *incumbent,
							array_t *spare)
{
	mobility_candidate_t *path;
	u_int count = 0;

	while (array_get(paths, count, &path))
	{
		if (count < MOBILITY_MAX_CANDIDATES ||
			!is_covered(paths, count, path->path) ||
			is_in_use(path->path, incumbent))
		{
			count++;
		}
		else
		{
			array_remove(paths, count, &path);
			array_insert(spare, ARRAY_TAIL, path);
		}
	}
}

/*
 * Described in header.
 */
bool mobility_ranking_is_better(const mobility_candidate_t *path,
								const mobility_ranking_t *ranking)
{
	const mobility_candidate_t *incumbent = ranking->incumbent;
	mobility_criterion_t by = MOBILITY_BY_PREFIX;

	if (path->aside || path->preference == MOBILITY_LAST_RESORT ||
		path->path->ifindex == incumbent->path->ifindex)
	{
		return FALSE;
	}
	if (incumbent->aside)
	{	/* e.g. because of high packet loss */
		return TRUE;
	}
	if (path->preference != incumbent->preference)
	{
		return path->preference < incumbent->preference;
	}
	if (ranking->by_cost)
	{
		return mobility_ranking_get_cost(path) <
			   mobility_ranking_get_cost(incumbent);
	}
	/* how specific the routes to different addresses are says nothing, but must
	 * not say the opposite, or there could be no end of moving in a circle */
	return compare_range(&by, MOBILITY_BY_ONLINK, path, incumbent,
						 ranking) < 0 &&
		   (is_same_remote(path->path, incumbent->path) ||
			path->path->metric < incumbent->path->metric);
}

/**
 * Check if the peer may be at the other end: what it announced may be private
 * addresses, only where there is nothing better known are they worth a test.
 */
static bool is_plausible(array_t *paths, const mobility_candidate_t *path)
{
	mobility_candidate_t *other;
	int i;

	for (i = 0; !path->known && i < array_count(paths); i++)
	{
		array_get(paths, i, &other);
		if (other->known && other->path->ifindex == path->path->ifindex &&
			is_same_family(other->path, path->path))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header.
 */
mobility_candidate_t *mobility_ranking_find_better(array_t *paths,
										const mobility_candidate_t *incumbent)
{
	mobility_ranking_t ranking = {
		.incumbent = incumbent,
		.by_cost = has_cost(paths) || incumbent->has_cost,
	};
	mobility_candidate_t *path;
	int i;

	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		if (mobility_ranking_is_better(path, &ranking) &&
			is_plausible(paths, path))
		{
			return path;
		}
	}
	return NULL;
}

/*
 * Described in header.
 */
mobility_candidate_t *mobility_ranking_find_successor(array_t *paths,
										const mobility_candidate_t *incumbent)
{
	mobility_candidate_t *path;
	int i;

	for (i = 0; incumbent->path->expiring && i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		if (!path->aside && !path->path->expiring &&
			path->path->ifindex == incumbent->path->ifindex &&
			is_same_remote(path->path, incumbent->path))
		{
			return path;
		}
	}
	return NULL;
}
