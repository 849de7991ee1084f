/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "path/ranking.h"

/**
 * Create a path, of a route that nobody has configured
 */
static mobility_path_t *create_path(int ifindex, char *local, char *remote,
									int prefix, uint32_t metric)
{
	mobility_path_t *path;

	INIT(path,
		.ifindex = ifindex,
		.local = host_create_from_string(local, 500),
		.remote = host_create_from_string(remote, 500),
		.prefix = prefix,
		.metric = metric,
	);
	return path;
}

/**
 * Create a candidate with such a path
 */
static mobility_candidate_t *create(int ifindex, char *local, char *remote,
									int prefix, uint32_t metric)
{
	return mobility_candidate_create(create_path(ifindex, local, remote,
												 prefix, metric));
}

/**
 * Clone a candidate
 */
static mobility_candidate_t *clone(const mobility_candidate_t *candidate)
{
	mobility_candidate_t *clone;

	clone = malloc_thing(mobility_candidate_t);
	*clone = *candidate;
	clone->path = mobility_path_clone(candidate->path);
	return clone;
}

/**
 * Destroy an array of candidates
 */
static void destroy_all(array_t *candidates)
{
	array_destroy_function(candidates, (void*)mobility_candidate_destroy, NULL);
}

/**
 * Create a path of a route that an administrator has configured
 */
static mobility_candidate_t *create_configured(int ifindex, char *local,
										  char *remote, int prefix,
										  uint32_t metric)
{
	mobility_candidate_t *path;

	path = create(ifindex, local, remote, prefix, metric);
	path->path->configured = TRUE;
	return path;
}

/**
 * Compare two paths, by cost if there is any
 */
static int compare(const mobility_candidate_t *a, const mobility_candidate_t *b,
				   const mobility_candidate_t *incumbent)
{
	mobility_ranking_t ranking = {
		.incumbent = incumbent,
		.by_cost = a->has_cost || b->has_cost ||
				   (incumbent && incumbent->has_cost),
	};

	return mobility_ranking_compare(a, b, &ranking);
}

/**
 * Check if a path is better than the one in use
 */
static bool is_better(const mobility_candidate_t *path,
					  const mobility_candidate_t *incumbent)
{
	mobility_ranking_t ranking = {
		.incumbent = incumbent,
		.by_cost = path->has_cost || incumbent->has_cost,
	};

	return mobility_ranking_is_better(path, &ranking);
}

/**
 * Check that the first of two paths is preferred, and destroy them
 */
static void assert_order(mobility_candidate_t *a, mobility_candidate_t *b,
						 mobility_candidate_t *incumbent)
{
	ck_assert_int_lt(compare(a, b, incumbent), 0);
	ck_assert_int_gt(compare(b, a, incumbent), 0);
	ck_assert_int_eq(compare(a, a, incumbent), 0);
	ck_assert_int_eq(compare(b, b, incumbent), 0);
	mobility_candidate_destroy(a);
	mobility_candidate_destroy(b);
}

/**
 * What a path is like, as far as that matters for its rank
 */
typedef struct {
	bool aside;
	mobility_preference_t preference;
	bool known;
	uint32_t cost;
	char *remote;
	/** negative if nobody has configured that route */
	int prefix;
	uint32_t metric;
	uint32_t rtt;
	int ifindex;
	bool onlink;
	int order;
} traits_t;

/**
 * Create such a path, its local address tells nothing
 */
static mobility_candidate_t *create_like(const traits_t *traits)
{
	mobility_candidate_t *path;

	path = create(traits->ifindex, strchr(traits->remote, ':') ?
				  "2001:db8::2" : "10.1.0.2", traits->remote,
				  abs(traits->prefix), traits->metric);
	path->path->configured = traits->prefix >= 0;
	path->path->onlink = traits->onlink;
	path->path->order = traits->order;
	path->aside = traits->aside;
	path->preference = traits->preference;
	path->known = traits->known;
	path->has_cost = TRUE;
	path->cost = traits->cost;
	path->rtt = traits->rtt;
	return path;
}

/** Path in use in the tests below: its interface and the peer's address. */
#define IN_USE 2
#define USED "192.0.2.1"
#define OTHER "192.0.2.2"
#define OTHER6 "2001:db8:f::1"

/**
 * Each rule, where the first path is to be preferred though everything that is
 * compared later prefers the second one
 */
static struct {
	bool by_cost;
	traits_t a, b;
	mobility_criterion_t by;
} rules[] = {
	/* put aside */
	{ TRUE, { FALSE, MOBILITY_LAST_RESORT, FALSE, 9, OTHER6, 0, 9, 400, 3,
			  FALSE, 1 },
			{ TRUE, MOBILITY_PREFER, TRUE, 1, USED, 32, 1, 1, IN_USE,
			  TRUE },
	  MOBILITY_BY_ASIDE },
	/* class */
	{ TRUE, { FALSE, MOBILITY_PREFER, FALSE, 9, OTHER6, 0, 9, 400, 3,
			  FALSE, 1 },
			{ FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 32, 1, 1, IN_USE,
			  TRUE },
	  MOBILITY_BY_CLASS },
	{ TRUE, { FALSE, MOBILITY_NORMAL, FALSE, 9, OTHER6, 0, 9, 400, 3,
			  FALSE, 1 },
			{ FALSE, MOBILITY_DEMOTED, TRUE, 1, USED, 32, 1, 1, IN_USE,
			  TRUE },
	  MOBILITY_BY_CLASS },
	{ TRUE, { FALSE, MOBILITY_DEMOTED, FALSE, 9, OTHER6, 0, 9, 400, 3,
			  FALSE, 1 },
			{ FALSE, MOBILITY_LAST_RESORT, TRUE, 1, USED, 32, 1, 1, IN_USE,
			  TRUE },
	  MOBILITY_BY_CLASS },
	/* an address the peer was at */
	{ TRUE, { FALSE, MOBILITY_NORMAL, TRUE, 9, OTHER6, 0, 9, 400, 3,
			  FALSE, 1 },
			{ FALSE, MOBILITY_NORMAL, FALSE, 1, USED, 32, 1, 1, IN_USE,
			  TRUE },
	  MOBILITY_BY_KNOWN },
	/* the address that its uplink prefers */
	{ TRUE, { FALSE, MOBILITY_NORMAL, TRUE, 9, OTHER6, 0, 9, 400, 3 },
			{ FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 32, 1, 1, IN_USE,
			  TRUE, 1 },
	  MOBILITY_BY_ORDER },
	{ TRUE, { FALSE, MOBILITY_NORMAL, TRUE, 9, OTHER6, 0, 9, 400, 3,
			  FALSE, 1 },
			{ FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 32, 1, 1, IN_USE,
			  TRUE, 2 },
	  MOBILITY_BY_ORDER },
	/* cost */
	{ TRUE, { FALSE, MOBILITY_NORMAL, TRUE, 1, OTHER6, 0, 9, 400, 3 },
			{ FALSE, MOBILITY_NORMAL, TRUE, 2, USED, 32, 1, 1, IN_USE,
			  TRUE },
	  MOBILITY_BY_COST },
	{ TRUE, { FALSE, MOBILITY_NORMAL, TRUE, 0, OTHER6, 0, 9, 400, 3 },
			{ FALSE, MOBILITY_NORMAL, TRUE, UINT32_MAX, USED, 32, 1, 1, IN_USE,
			  TRUE },
	  MOBILITY_BY_COST },
	/* the peer's address that is in use; the costs are of no interest */
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 0, 9, 400, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, OTHER, 32, 1, 1, 1,
			  TRUE },
	  MOBILITY_BY_REMOTE },
	/* the address family that is in use */
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, OTHER, 0, 9, 400, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, OTHER6, 128, 1, 1, 1,
			  TRUE },
	  MOBILITY_BY_FAMILY },
	/* prefix of a route that was configured */
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 400, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 23, 1, 1, IN_USE, TRUE },
	  MOBILITY_BY_PREFIX },
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 1, 9, 400, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, -32, 1, 1, IN_USE,
			   TRUE },
	  MOBILITY_BY_PREFIX },
	/* metric, whatever the prefix of other routes is */
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 8, 400, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 24, 9, 1, IN_USE, TRUE },
	  MOBILITY_BY_METRIC },
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 0, 8, 400, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, -32, 9, 1, IN_USE,
			   TRUE },
	  MOBILITY_BY_METRIC },
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, -1, 8, 400, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, -32, 9, 1, IN_USE,
			   TRUE },
	  MOBILITY_BY_METRIC },
	/* the uplink's own network */
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 400, 3, TRUE },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 24, 9, 1, IN_USE },
	  MOBILITY_BY_ONLINK },
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, -24, 9, 400, 3, TRUE },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, -32, 9, 1, IN_USE },
	  MOBILITY_BY_ONLINK },
	/* class of the round-trip time */
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 29, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 24, 9, 30, IN_USE },
	  MOBILITY_BY_RTT },
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 99, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 24, 9, 100, IN_USE },
	  MOBILITY_BY_RTT },
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 299, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 24, 9, 300, IN_USE },
	  MOBILITY_BY_RTT },
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 0, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 24, 9, 100, IN_USE },
	  MOBILITY_BY_RTT },
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 29, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 24, 9, 0, IN_USE },
	  MOBILITY_BY_RTT },
	/* the path in use, differences within a class do not count */
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 29, IN_USE },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 24, 9, 1, 1 },
	  MOBILITY_BY_CURRENT },
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 99, IN_USE },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 24, 9, 30, 1 },
	  MOBILITY_BY_CURRENT },
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 30, IN_USE },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 24, 9, 0, 1 },
	  MOBILITY_BY_CURRENT },
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 900, IN_USE },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, USED, 24, 9, 300, 1 },
	  MOBILITY_BY_CURRENT },
	{ TRUE, { FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 0, IN_USE },
			{ FALSE, MOBILITY_NORMAL, TRUE, 9, USED, 24, 9, 0, 1 },
	  MOBILITY_BY_CURRENT },
	/* the interface index, then addresses */
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, OTHER, 24, 9, 0, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, OTHER, 24, 9, 0, 4 },
	  MOBILITY_BY_TIE },
	{ FALSE, { FALSE, MOBILITY_NORMAL, TRUE, 9, OTHER, 24, 9, 0, 3 },
			 { FALSE, MOBILITY_NORMAL, TRUE, 1, "192.0.2.3", 24, 9, 0, 3 },
	  MOBILITY_BY_TIE },
};

START_TEST(test_rules)
{
	mobility_candidate_t *incumbent, *a, *b;
	mobility_ranking_t ranking = {
		.by_cost = rules[_i].by_cost,
	};

	incumbent = create(IN_USE, "10.1.0.2", USED, 0, 0);
	ranking.incumbent = incumbent;
	a = create_like(&rules[_i].a);
	b = create_like(&rules[_i].b);
	ck_assert_int_lt(mobility_ranking_compare(a, b, &ranking), 0);
	ck_assert_int_gt(mobility_ranking_compare(b, a, &ranking), 0);
	ck_assert_int_eq(mobility_ranking_compare(a, a, &ranking), 0);
	ck_assert_int_eq(mobility_ranking_compare(b, b, &ranking), 0);
	ck_assert_int_eq(mobility_ranking_decide(a, b, &ranking), rules[_i].by);
	ck_assert_int_eq(mobility_ranking_decide(b, a, &ranking), rules[_i].by);
	ck_assert_int_eq(mobility_ranking_decide(a, a, &ranking),
					 MOBILITY_BY_NOTHING);
	mobility_candidate_destroy(a);
	mobility_candidate_destroy(b);
	mobility_candidate_destroy(incumbent);
}
END_TEST

START_TEST(test_cost)
{
	mobility_candidate_t *with, *without;

	/* where none is configured the metric is the cost */
	with = create(2, "10.1.0.2", USED, 0, 900);
	with->has_cost = TRUE;
	with->cost = 200;
	without = create(3, "10.2.0.2", USED, 24, 100);
	without->cost = 1000;
	ck_assert_uint_eq(mobility_ranking_get_cost(with), 200);
	ck_assert_uint_eq(mobility_ranking_get_cost(without), 100);
	ck_assert_int_gt(compare(with, without, NULL), 0);
	with->cost = 99;
	ck_assert_int_lt(compare(with, without, NULL), 0);
	/* a cost of 0 is one */
	with->cost = 0;
	without->path->metric = 0;
	ck_assert_int_gt(compare(with, without, NULL), 0);
	mobility_candidate_destroy(with);
	mobility_candidate_destroy(without);
}
END_TEST

START_TEST(test_kernel_order)
{
	/* the longer prefix of a route that was configured, whatever the metric */
	assert_order(create_configured(3, "10.2.0.2", "192.0.2.1", 24, 600),
				 create(2, "10.1.0.2", "192.0.2.1", 0, 100), NULL);
	/* of others it says nothing */
	assert_order(create(2, "10.1.0.2", "192.0.2.1", 0, 100),
				 create(3, "10.2.0.2", "192.0.2.1", 1, 600), NULL);
	assert_order(create(2, "10.1.0.2", "192.0.2.1", 0, 100),
				 create(3, "10.2.0.2", "192.0.2.1", 32, 600), NULL);
	assert_order(create(2, "10.1.0.2", "192.0.2.1", 0, 100),
				 create(3, "10.2.0.2", "192.0.2.1", 32, 100), NULL);
	/* the lower metric */
	assert_order(create(3, "10.2.0.2", "192.0.2.1", 0, 100),
				 create(2, "10.1.0.2", "192.0.2.1", 0, 600), NULL);
	assert_order(create(3, "10.2.0.2", "192.0.2.1", 0, 0),
				 create(2, "10.1.0.2", "192.0.2.1", 0, 4294967295), NULL);
	/* of both families */
	assert_order(create_configured(3, "10.2.0.2", "192.0.2.1", 24, 600),
				 create_configured(2, "2001:db8::2", "2001:db8:f::1", 64, 600),
				 NULL);
	assert_order(create_configured(3, "2001:db8::2", "2001:db8:f::1", 97, 600),
				 create_configured(2, "10.2.0.2", "192.0.2.1", 24, 600), NULL);
	assert_order(create(3, "2001:db8::2", "2001:db8:f::1", 0, 100),
				 create(2, "10.2.0.2", "192.0.2.1", 0, 600), NULL);
	/* ties are stable */
	assert_order(create(2, "10.1.0.2", "192.0.2.1", 0, 100),
				 create(3, "10.0.0.2", "192.0.2.1", 0, 100), NULL);
	assert_order(create(2, "10.0.0.2", "192.0.2.9", 0, 100),
				 create(2, "10.1.0.2", "192.0.2.1", 0, 100), NULL);
	assert_order(create(2, "10.1.0.2", "192.0.2.1", 0, 100),
				 create(2, "10.1.0.2", "192.0.2.2", 0, 100), NULL);
	assert_order(create(2, "10.1.0.2", "192.0.2.1", 0, 100),
				 create(2, "2001:db8::2", "2001:db8:f::1", 0, 100), NULL);
}
END_TEST

START_TEST(test_incumbent)
{
	mobility_candidate_t *incumbent;

	/* equal preference never moves */
	incumbent = create(3, "10.2.0.2", "192.0.2.1", 0, 100);
	assert_order(clone(incumbent),
				 create(2, "10.1.0.2", "192.0.2.1", 0, 100), incumbent);
	/* a preferred one is */
	assert_order(create(2, "10.1.0.2", "192.0.2.1", 0, 99),
				 clone(incumbent), incumbent);
	/* its address family */
	assert_order(create(9, "10.9.0.2", "192.0.2.1", 0, 100),
				 create(2, "2001:db8::2", "2001:db8:f::1", 0, 100), incumbent);
	mobility_candidate_destroy(incumbent);

	incumbent = create(3, "2001:db8:2::2", "2001:db8:f::1", 0, 100);
	assert_order(create(9, "2001:db8:9::2", "2001:db8:f::1", 0, 100),
				 create(2, "10.1.0.2", "192.0.2.1", 0, 100), incumbent);
	/* the peer address it leads to, known to be the peer's */
	assert_order(create(2, "2001:db8:9::2", "2001:db8:f::1", 0, 100),
				 create(2, "2001:db8:9::2", "2001:db8:f::2", 64, 100),
				 incumbent);
	mobility_candidate_destroy(incumbent);
}
END_TEST

/**
 * Check if a path is better, and destroy it
 */
static bool is_better_path(mobility_candidate_t *path,
						   const mobility_candidate_t *incumbent)
{
	bool better;

	better = is_better(path, incumbent);
	mobility_candidate_destroy(path);
	return better;
}

START_TEST(test_known)
{
	mobility_candidate_t *known, *path, *incumbent;

	/* where the peer was is tried before what it announced, by any route */
	known = create(2, "10.1.0.2", "192.0.2.1", 0, 600);
	known->known = TRUE;
	assert_order(known, create(2, "10.1.0.2", "10.2.0.1", 16, 100), NULL);
	/* even if it was in use over the other address family */
	incumbent = create(2, "2001:db8::2", "2001:db8:f::1", 64, 100);
	known = create(3, "10.1.0.2", "192.0.2.1", 0, 600);
	known->known = TRUE;
	assert_order(known, create(3, "2001:db8:2::2", "2001:db8:f::2", 64, 100),
				 incumbent);
	/* but not before the address in use, which is known as well */
	known = create(3, "10.1.0.2", "192.0.2.1", 0, 100);
	known->known = TRUE;
	path = create(3, "2001:db8:2::2", "2001:db8:f::1", 0, 600);
	path->known = TRUE;
	assert_order(path, known, incumbent);
	mobility_candidate_destroy(incumbent);
}
END_TEST

START_TEST(test_is_better)
{
	mobility_candidate_t *incumbent;

	incumbent = create(3, "10.2.0.2", "192.0.2.1", 0, 600);
	ck_assert(!is_better(incumbent, incumbent));
	ck_assert(is_better_path(create(4, "10.1.0.2", "192.0.2.1", 0, 100),
							 incumbent));
	ck_assert(is_better_path(create_configured(4, "10.1.0.2", "192.0.2.1", 24,
											   900), incumbent));
	/* whatever routes a DHCP server hands out */
	ck_assert(!is_better_path(create(4, "10.1.0.2", "192.0.2.1", 32, 600),
							  incumbent));
	ck_assert(!is_better_path(create(4, "10.1.0.2", "192.0.2.1", 1, 600),
							  incumbent));
	ck_assert(!is_better_path(create(4, "10.1.0.2", "192.0.2.1", 32, 601),
							  incumbent));
	ck_assert(!is_better_path(create(4, "10.1.0.2", "192.0.2.1", 0, 601),
						 incumbent));
	/* not by a tie-break */
	ck_assert(!is_better_path(create(4, "10.1.0.2", "192.0.2.1", 0, 600),
						 incumbent));
	ck_assert(!is_better_path(create(4, "10.1.0.2", "192.0.2.0", 0, 600),
						 incumbent));
	/* to another address only by metric */
	ck_assert(!is_better_path(create_configured(4, "10.1.0.2", "192.0.2.2", 24,
												600), incumbent));
	ck_assert(is_better_path(create(4, "10.1.0.2", "192.0.2.2", 0, 100),
							 incumbent));
	/* not to the same uplink */
	ck_assert(!is_better_path(create(3, "10.1.0.2", "192.0.2.1", 0, 100),
							  incumbent));
	mobility_candidate_destroy(incumbent);
}
END_TEST

START_TEST(test_is_better_onlink)
{
	mobility_candidate_t *incumbent, *path;

	incumbent = create(3, "10.2.0.2", USED, 0, 600);
	path = create(4, "192.0.2.7", USED, 24, 600);
	path->path->onlink = TRUE;
	ck_assert(is_better(path, incumbent));
	ck_assert(!is_better(incumbent, path));
	/* neither before the metric nor before a route that was configured */
	incumbent->path->metric = 599;
	ck_assert(!is_better(path, incumbent));
	ck_assert(is_better(incumbent, path));
	incumbent->path->metric = 600;
	incumbent->path->configured = TRUE;
	incumbent->path->prefix = 1;
	ck_assert(!is_better(path, incumbent));
	ck_assert(is_better(incumbent, path));
	/* a default route that was configured is nothing special */
	incumbent->path->prefix = 0;
	ck_assert(is_better(path, incumbent));
	incumbent->path->onlink = TRUE;
	ck_assert(!is_better(path, incumbent));
	ck_assert(!is_better(incumbent, path));
	/* nor to another address */
	incumbent->path->onlink = FALSE;
	path->path->remote->destroy(path->path->remote);
	path->path->remote = host_create_from_string(OTHER, 0);
	ck_assert(!is_better(path, incumbent));
	mobility_candidate_destroy(incumbent);
	mobility_candidate_destroy(path);
}
END_TEST

START_TEST(test_is_better_class)
{
	mobility_preference_t mine, other;
	mobility_candidate_t *incumbent, *path;

	incumbent = create(3, "10.2.0.2", USED, 0, 600);
	path = create(4, "10.1.0.2", USED, 0, 600);
	incumbent->has_cost = path->has_cost = TRUE;
	for (mine = MOBILITY_PREFER; mine <= MOBILITY_LAST_RESORT; mine++)
	{
		for (other = MOBILITY_PREFER; other <= MOBILITY_LAST_RESORT; other++)
		{
			incumbent->preference = mine;
			path->preference = other;
			/* by class, whatever it costs */
			incumbent->cost = 1;
			path->cost = 2;
			ck_assert(is_better(path, incumbent) == (other < mine));
			/* within a class by cost; the last resort never is */
			incumbent->cost = 3;
			ck_assert(is_better(path, incumbent) ==
					  (other <= mine && other != MOBILITY_LAST_RESORT));
			path->cost = 3;
			ck_assert(is_better(path, incumbent) == (other < mine));
			/* what was put aside never is */
			path->aside = TRUE;
			ck_assert(!is_better(path, incumbent));
			path->aside = FALSE;
			/* nor is another address of the same uplink */
			path->path->ifindex = incumbent->path->ifindex;
			ck_assert(!is_better(path, incumbent));
			path->path->ifindex = 4;
			/* what was put aside is left for any but the last resort */
			incumbent->aside = TRUE;
			incumbent->cost = 1;
			ck_assert(is_better(path, incumbent) ==
					  (other != MOBILITY_LAST_RESORT));
			path->aside = TRUE;
			ck_assert(!is_better(path, incumbent));
			incumbent->aside = path->aside = FALSE;
		}
	}
	/* prefix and metric are no reason if there are costs */
	incumbent->preference = path->preference = MOBILITY_NORMAL;
	incumbent->cost = path->cost = 5;
	path->path->prefix = 32;
	path->path->configured = path->path->onlink = TRUE;
	path->path->metric = 0;
	ck_assert(!is_better(path, incumbent));
	mobility_candidate_destroy(incumbent);
	mobility_candidate_destroy(path);
}
END_TEST

START_TEST(test_no_circle)
{
	mobility_candidate_t *specific, *cheap, *other;

	/* three uplinks, two addresses of the peer */
	specific = create_configured(2, "10.1.0.2", USED, 24, 600);
	cheap = create(3, "10.2.0.2", USED, 0, 100);
	other = create(4, "10.3.0.2", OTHER, 0, 300);
	ck_assert(is_better(specific, cheap));
	ck_assert(is_better(cheap, other));
	ck_assert(!is_better(other, specific));
	other->path->prefix = 24;
	ck_assert(!is_better(other, specific));
	other->path->configured = TRUE;
	ck_assert(is_better(other, specific));
	ck_assert(!is_better(specific, other));
	ck_assert(!is_better(other, cheap));
	mobility_candidate_destroy(specific);
	mobility_candidate_destroy(cheap);
	mobility_candidate_destroy(other);
}
END_TEST

START_TEST(test_rank)
{
	mobility_candidate_t *incumbent, *path;
	array_t *paths;
	int i, order[] = { 5, 2, 4, 3 };

	paths = array_create(0, 0);
	mobility_ranking_rank(paths, NULL);
	array_insert(paths, ARRAY_TAIL, create(2, "10.1.0.2", "192.0.2.1", 0, 100));
	array_insert(paths, ARRAY_TAIL, create(3, "10.2.0.2", "192.0.2.1", 0, 600));
	array_insert(paths, ARRAY_TAIL, create(4, "10.3.0.2", "192.0.2.1", 0, 600));
	array_insert(paths, ARRAY_TAIL, create_configured(5, "10.4.0.2",
													  "192.0.2.1", 8, 700));
	incumbent = create(4, "10.3.0.2", "192.0.2.1", 0, 600);
	mobility_ranking_rank(paths, incumbent);
	for (i = 0; i < countof(order); i++)
	{
		ck_assert(array_get(paths, i, &path));
		ck_assert_int_eq(path->path->ifindex, order[i]);
	}
	mobility_candidate_destroy(incumbent);
	destroy_all(paths);
}
END_TEST

/**
 * Pick one of a few paths that have much in common
 */
static mobility_candidate_t *create_random()
{
	static char *locals[] = {
		"10.1.0.2", "10.2.0.2", "2001:db8:1::2", "2001:db8:2::2",
	}, *remotes[] = {
		"192.0.2.1", "192.0.2.2", "2001:db8:f::1", "2001:db8:f::2",
	};
	static const uint8_t prefixes[] = { 0, 6, 24, 32 };
	static const uint32_t metrics[] = { 0, 100, 600, UINT32_MAX };
	int family = random() % 2 * 2, remote = family + random() % 2;
	mobility_candidate_t *path;

	path = create(2 + random() % 3, locals[family + random() % 2],
				  remotes[remote], prefixes[random() % 4],
				  metrics[random() % 4]);
	path->path->configured = random() % 2;
	path->path->onlink = random() % 2;
	path->path->order = random() % 4 ? 0 : random() % 3;
	path->path->expiring = random() % 2;
	path->known = remote % 3 == 0;
	path->preference = random() % 8 ? MOBILITY_NORMAL : random() % 4;
	path->aside = random() % 4 == 0;
	path->has_cost = random() % 2;
	path->cost = metrics[random() % 4];
	path->rtt = random() % 3 ? 0 : random() % 400;
	return path;
}

/**
 * Sign of a number
 */
static int sign(int i)
{
	return (i > 0) - (i < 0);
}

/**
 * Class of a round-trip time, as documented
 */
static int rtt_class(const mobility_candidate_t *path)
{
	return !path->rtt ? 1 : (path->rtt >= 30) + (path->rtt >= 100) +
							(path->rtt >= 300);
}

/**
 * Check that two paths are the same for what is compared
 */
static bool is_same(mobility_candidate_t *a, mobility_candidate_t *b,
					bool by_cost)
{
	mobility_path_t *pa = a->path, *pb = b->path;

	return mobility_path_equals(pa, pb) &&
		   (pa->configured ? pa->prefix : 0) ==
		   (pb->configured ? pb->prefix : 0) &&
		   pa->metric == pb->metric && pa->onlink == pb->onlink &&
		   pa->order == pb->order &&
		   a->aside == b->aside &&
		   a->preference == b->preference && rtt_class(a) == rtt_class(b) &&
		   (!by_cost ||
			mobility_ranking_get_cost(a) == mobility_ranking_get_cost(b));
}

/**
 * Check what must hold for any three paths
 */
static void check_order(mobility_candidate_t *paths[3],
						const mobility_ranking_t *ranking)
{
	int ab, bc, ac;

	ab = sign(mobility_ranking_compare(paths[0], paths[1], ranking));
	bc = sign(mobility_ranking_compare(paths[1], paths[2], ranking));
	ac = sign(mobility_ranking_compare(paths[0], paths[2], ranking));
	/* reflexive, antisymmetric, with only the same being equal */
	mobility_assert(!mobility_ranking_compare(paths[0], paths[0], ranking));
	mobility_assert(ab == -sign(mobility_ranking_compare(paths[1], paths[0],
														 ranking)));
	mobility_assert((ab == 0) == is_same(paths[0], paths[1],
										 ranking->by_cost));
	/* transitive */
	mobility_assert(!(ab <= 0 && bc <= 0) || ac <= 0);
	mobility_assert(!(ab >= 0 && bc >= 0) || ac >= 0);
	mobility_assert(!(ab < 0 && bc <= 0) || ac < 0);
}

/**
 * Check if the first path is better than the second one, by cost or not
 */
static bool better_by(const mobility_candidate_t *path,
					  const mobility_candidate_t *incumbent, bool by_cost)
{
	mobility_ranking_t ranking = {
		.incumbent = incumbent,
		.by_cost = by_cost,
	};

	return mobility_ranking_is_better(path, &ranking);
}

START_TEST(test_total_order)
{
	mobility_candidate_t *paths[3], *incumbent;
	mobility_ranking_t ranking = {
		.by_cost = _i,
	};
	int i, j;

	srandom(4555 + _i);
	for (i = 0; i < 300000; i++)
	{
		for (j = 0; j < 3; j++)
		{
			paths[j] = create_random();
		}
		incumbent = i % 3 == 0 ? NULL : i % 3 == 1 ? create_random()
											: clone(paths[0]);
		ranking.incumbent = incumbent;
		check_order(paths, &ranking);
		/* moving from one to the next never ends where it began */
		mobility_assert(!better_by(paths[0], paths[1], _i) ||
						!better_by(paths[1], paths[0], _i));
		mobility_assert(!better_by(paths[0], paths[1], _i) ||
						!better_by(paths[1], paths[2], _i) ||
						!better_by(paths[2], paths[0], _i));
		/* with the incumbent's peer address it is what ranks first that is
		 * better, unless that is no address its uplink prefers */
		mobility_assert(!incumbent || !better_by(paths[1], incumbent, _i) ||
						!paths[1]->path->remote->ip_equals(
							paths[1]->path->remote, incumbent->path->remote) ||
						paths[1]->path->order > incumbent->path->order ||
						mobility_ranking_compare(paths[1], incumbent,
												 &ranking) < 0);
		for (j = 0; j < 3; j++)
		{
			mobility_candidate_destroy(paths[j]);
		}
		mobility_candidate_destroy(incumbent);
	}
}
END_TEST

/** Number of values of each trait that are combined below. */
#define COMBINATIONS (2 * 2 * 2 * 3 * 4 * 2 * 2 * 2 * 2)

/**
 * Take the next of some values
 */
static u_int take(u_int *combination, u_int count)
{
	u_int value = *combination % count;

	*combination /= count;
	return value;
}

/**
 * Create the path with one of the combinations of all that is compared
 */
static mobility_candidate_t *create_combined(u_int i)
{
	static char *remotes[] = { USED, OTHER, OTHER6 };
	static const int prefixes[] = { 0, 8, -1, -32 };
	traits_t traits;
	mobility_candidate_t *path;

	traits = (traits_t){
		.remote = remotes[take(&i, 3)],
		.ifindex = IN_USE + take(&i, 2),
		.prefix = prefixes[take(&i, 4)],
		.metric = take(&i, 2),
		.onlink = take(&i, 2),
		.rtt = take(&i, 2) * 400,
		.preference = MOBILITY_NORMAL + take(&i, 2),
		.aside = take(&i, 2),
		.cost = 7,
	};
	traits.known = streq(traits.remote, OTHER);
	path = create_like(&traits);
	path->has_cost = take(&i, 2);
	return path;
}

/**
 * Create the paths with all combinations
 */
static array_t *create_all()
{
	array_t *paths = array_create(0, 0);
	u_int i;

	for (i = 0; i < COMBINATIONS; i++)
	{
		array_insert(paths, ARRAY_TAIL, create_combined(i));
	}
	return paths;
}

/**
 * Compare two elements
 */
static int compare_elements(const void *a, const void *b, void *ranking)
{
	return mobility_ranking_compare(a, b, ranking);
}

START_TEST(test_all_ordered)
{
	mobility_candidate_t *a, *b;
	array_t *paths;
	mobility_ranking_t ranking = {
		.by_cost = _i % 2,
	};
	int i, j, order;

	/* none in use, or any of a few that differ */
	ranking.incumbent = _i < 2 ? NULL : create_combined(_i * 101);
	paths = create_all();
	array_sort(paths, compare_elements, &ranking);
	/* all pairs agree with one line: that is a total order, so transitive */
	for (i = 0; i < COMBINATIONS; i++)
	{
		array_get(paths, i, &a);
		for (j = i; j < COMBINATIONS; j++)
		{
			array_get(paths, j, &b);
			order = mobility_ranking_compare(a, b, &ranking);
			mobility_assert(order <= 0);
			mobility_assert(sign(order) ==
							-sign(mobility_ranking_compare(b, a, &ranking)));
			mobility_assert((order == 0) == is_same(a, b, ranking.by_cost));
		}
	}
	destroy_all(paths);
	mobility_candidate_destroy((mobility_candidate_t*)ranking.incumbent);
}
END_TEST

START_TEST(test_all_acyclic)
{
	mobility_candidate_t *a, *b;
	array_t *paths;
	u_int better[COMBINATIONS] = {}, i, j, left = COMBINATIONS, before;

	/* how many are better than each */
	paths = create_all();
	for (i = 0; i < COMBINATIONS; i++)
	{
		array_get(paths, i, &a);
		for (j = 0; j < COMBINATIONS; j++)
		{
			array_get(paths, j, &b);
			better[i] += better_by(b, a, _i);
		}
	}
	/* whoever is at one with none that is better stays.  Without these, others
	 * have none: if it goes on so until none is left there is no circle */
	do
	{
		before = left;
		for (i = 0; i < COMBINATIONS; i++)
		{
			if (better[i])
			{
				continue;
			}
			better[i] = UINT_MAX;
			left--;
			array_get(paths, i, &a);
			for (j = 0; j < COMBINATIONS; j++)
			{
				array_get(paths, j, &b);
				if (better[j] != UINT_MAX && better_by(a, b, _i))
				{
					better[j]--;
				}
			}
		}
	}
	while (left && left < before);
	ck_assert_uint_eq(left, 0);
	destroy_all(paths);
}
END_TEST

/**
 * Check if the peer is known to be at another address that this uplink leads to
 */
static bool leads_to_known(array_t *paths, const mobility_candidate_t *path)
{
	mobility_candidate_t *current;
	int i;

	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &current);
		if (current->known && current->path->ifindex == path->path->ifindex &&
			current->path->remote->get_family(current->path->remote) ==
			path->path->remote->get_family(path->path->remote))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Check what find_better() says about ranked paths
 */
static void check_better(array_t *paths, const mobility_candidate_t *incumbent)
{
	mobility_candidate_t *path, *better;
	bool by_cost = incumbent->has_cost, passed = FALSE;
	int i;

	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		by_cost = by_cost || path->has_cost;
	}
	better = mobility_ranking_find_better(paths, incumbent);
	if (better)
	{
		mobility_assert(!better->aside);
		mobility_assert(better->preference != MOBILITY_LAST_RESORT);
		mobility_assert(better->path->ifindex != incumbent->path->ifindex);
		mobility_assert(better->known || !leads_to_known(paths, better));
	}
	for (i = 0; i < array_count(paths); i++)
	{	/* it is the first one that is better */
		array_get(paths, i, &path);
		passed = passed || path == better;
		mobility_assert(passed || !better_by(path, incumbent, by_cost) ||
						(!path->known && leads_to_known(paths, path)));
	}
	mobility_assert(!better || (passed && better_by(better, incumbent,
													by_cost)));
}

START_TEST(test_find_better)
{
	mobility_candidate_t *incumbent, *path, *last;
	mobility_ranking_t ranking = {};
	array_t *paths;
	int i, j, count;

	srandom(7296);
	for (i = 0; i < 50000; i++)
	{
		paths = array_create(0, 0);
		count = random() % 6;
		ranking.by_cost = FALSE;
		for (j = 0; j < count; j++)
		{
			path = create_random();
			ranking.by_cost |= path->has_cost;
			array_insert(paths, ARRAY_TAIL, path);
		}
		/* one of the paths or not */
		incumbent = count && i % 2 ? clone(path)
								   : create_random();
		mobility_ranking_rank(paths, incumbent);
		ranking.incumbent = incumbent;
		for (j = 0; j < count; j++)
		{
			array_get(paths, j, &path);
			mobility_assert(!j || mobility_ranking_compare(last, path,
														   &ranking) <= 0);
			last = path;
		}
		check_better(paths, incumbent);
		mobility_candidate_destroy(incumbent);
		destroy_all(paths);
	}
}
END_TEST

/**
 * Check what find_successor() says about ranked paths
 */
static void check_successor(array_t *paths,
							const mobility_candidate_t *incumbent)
{
	mobility_candidate_t *path, *successor, *first = NULL;
	int i;

	for (i = 0; i < array_count(paths) && !first; i++)
	{
		array_get(paths, i, &path);
		if (incumbent->path->expiring && !path->path->expiring &&
			!path->aside && path->path->ifindex == incumbent->path->ifindex &&
			path->path->remote->ip_equals(path->path->remote,
										  incumbent->path->remote))
		{
			first = path;
		}
	}
	successor = mobility_ranking_find_successor(paths, incumbent);
	mobility_assert(successor == first);
	/* nobody goes back from there */
	mobility_assert(!successor ||
					!mobility_ranking_find_successor(paths, successor));
}

/**
 * Check which paths are chosen of ranked ones
 */
static void check_limit(array_t *paths, const mobility_candidate_t *incumbent)
{
	mobility_candidate_t *path, *kept;
	array_t *all = array_create(0, 0), *spare = array_create(0, 0);
	int i, j, k = 0, s = 0;
	bool covered;

	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		array_insert(all, ARRAY_TAIL, path);
	}
	mobility_ranking_limit(paths, incumbent, spare);
	mobility_assert(array_count(paths) + array_count(spare) ==
					array_count(all));
	for (i = 0; i < array_count(all); i++)
	{	/* both in the same order */
		array_get(all, i, &path);
		if (array_get(paths, k, &kept) && kept == path)
		{
			k++;
			continue;
		}
		mobility_assert(array_get(spare, s++, &kept) && kept == path);
		mobility_assert(k >= MOBILITY_MAX_CANDIDATES);
		mobility_assert(!incumbent ||
						!mobility_path_equals(path->path, incumbent->path));
		covered = FALSE;
		for (j = 0; j < k; j++)
		{
			array_get(paths, j, &kept);
			covered |= kept->path->ifindex == path->path->ifindex &&
					   kept->path->remote->ip_equals(kept->path->remote,
													 path->path->remote);
		}
		mobility_assert(covered);
	}
	/* there are three uplinks and four addresses of the peer, and each path
	 * that equals the one in use */
	for (i = MOBILITY_MAX_CANDIDATES, j = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		j += !incumbent || !mobility_path_equals(path->path, incumbent->path);
	}
	mobility_assert(j <= 3 * 4);
	while (array_remove(spare, ARRAY_HEAD, &path))
	{
		array_insert(paths, ARRAY_TAIL, path);
	}
	array_destroy(spare);
	array_destroy(all);
}

START_TEST(test_choose)
{
	mobility_candidate_t *incumbent;
	array_t *paths;
	int i, j, count;

	srandom(8978);
	for (i = 0; i < 20000; i++)
	{
		paths = array_create(0, 0);
		count = random() % 40;
		for (j = 0; j < count; j++)
		{
			array_insert(paths, ARRAY_TAIL, create_random());
		}
		incumbent = i % 3 ? create_random() : NULL;
		mobility_ranking_rank(paths, incumbent);
		if (incumbent)
		{
			check_successor(paths, incumbent);
		}
		check_limit(paths, incumbent);
		mobility_candidate_destroy(incumbent);
		destroy_all(paths);
	}
}
END_TEST

START_TEST(test_paths)
{
	mobility_path_t *a, *b;

	a = create_path(2, "10.1.0.2", "192.0.2.1", 0, 100);
	a->gateway = host_create_from_string("10.1.0.1", 0);
	b = mobility_path_clone(a);
	ck_assert(mobility_path_equals(a, b));
	ck_assert(b->gateway->ip_equals(b->gateway, a->gateway));
	/* next hop and metric do not make another path */
	DESTROY_IF(b->gateway);
	b->gateway = NULL;
	b->metric = 200;
	ck_assert(mobility_path_equals(a, b));
	b->ifindex = 3;
	ck_assert(!mobility_path_equals(a, b));
	ck_assert(!mobility_path_equals(a, NULL));
	ck_assert(!mobility_path_equals(NULL, NULL));
	mobility_path_destroy(a);
	mobility_path_destroy(b);
	mobility_path_destroy(NULL);
	mobility_paths_destroy(NULL);
}
END_TEST

/**
 * Check if two paths have the same id, and if their next hops are the same
 */
static bool equal_ids(const mobility_path_t *a, const mobility_path_t *b,
					  bool *same_gateway)
{
	mobility_path_id_t ia = mobility_path_get_id(a);
	mobility_path_id_t ib = mobility_path_get_id(b);

	*same_gateway = mobility_ip_equals(&ia.gateway, &ib.gateway);
	return mobility_path_id_equals(&ia, &ib);
}

START_TEST(test_ids)
{
	static char *locals[] = { "10.1.0.2", "10.1.0.3", "fe80::1", "2001:db8::1" };
	static char *remotes[] = { "192.0.2.1", "192.0.2.2", "2001:db8:f::1" };
	static char *gateways[] = { NULL, "10.1.0.1", "fe80::2" };
	mobility_path_t *paths[2];
	bool same_gateway;
	int i, j;

	for (i = 0; i < 2000; i++)
	{
		for (j = 0; j < 2; j++)
		{
			paths[j] = create_path(1 + random() % 2,
							  locals[random() % countof(locals)],
							  remotes[random() % countof(remotes)],
							  random() % 24, random());
			paths[j]->gateway = host_create_from_string(
							gateways[random() % countof(gateways)], 0);
		}
		ck_assert_int_eq(equal_ids(paths[0], paths[1], &same_gateway),
						 mobility_path_equals(paths[0], paths[1]));
		ck_assert_int_eq(same_gateway, mobility_path_same_gateway(paths[0],
																  paths[1]));
		ck_assert(equal_ids(paths[0], paths[0], &same_gateway));
		ck_assert(!equal_ids(paths[0], NULL, &same_gateway));
		mobility_path_destroy(paths[0]);
		mobility_path_destroy(paths[1]);
	}
	ck_assert(!equal_ids(NULL, NULL, &same_gateway));
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("policy");

	tc = tcase_create("policy");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_rules, 0, countof(rules));
	tcase_add_test(tc, test_cost);
	tcase_add_test(tc, test_kernel_order);
	tcase_add_test(tc, test_incumbent);
	tcase_add_test(tc, test_known);
	tcase_add_test(tc, test_is_better);
	tcase_add_test(tc, test_is_better_onlink);
	tcase_add_test(tc, test_is_better_class);
	tcase_add_test(tc, test_no_circle);
	tcase_add_test(tc, test_rank);
	tcase_add_loop_test(tc, test_total_order, 0, 2);
	tcase_add_loop_test(tc, test_all_ordered, 0, 12);
	tcase_add_loop_test(tc, test_all_acyclic, 0, 2);
	tcase_add_test(tc, test_find_better);
	tcase_add_test(tc, test_choose);
	tcase_add_test(tc, test_paths);
	tcase_add_test(tc, test_ids);
	suite_add_tcase(s, tc);
	return s;
}
