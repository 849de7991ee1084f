/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include <mobility_policy.h>

/**
 * Create a path
 */
static mobility_path_t *create(int ifindex, char *local, char *remote,
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
 * Compare two paths, by cost if there is any
 */
static int compare(const mobility_path_t *a, const mobility_path_t *b,
				   const mobility_path_t *incumbent)
{
	mobility_ranking_t ranking = {
		.incumbent = incumbent,
		.by_cost = a->has_cost || b->has_cost ||
				   (incumbent && incumbent->has_cost),
	};

	return mobility_policy_compare(a, b, &ranking);
}

/**
 * Check if a path is better than the one in use
 */
static bool is_better(const mobility_path_t *path,
					  const mobility_path_t *incumbent)
{
	mobility_ranking_t ranking = {
		.incumbent = incumbent,
		.by_cost = path->has_cost || incumbent->has_cost,
	};

	return mobility_policy_is_better(path, &ranking);
}

/**
 * Check that the first of two paths is preferred, and destroy them
 */
static void assert_order(mobility_path_t *a, mobility_path_t *b,
						 mobility_path_t *incumbent)
{
	ck_assert_int_lt(compare(a, b, incumbent), 0);
	ck_assert_int_gt(compare(b, a, incumbent), 0);
	ck_assert_int_eq(compare(a, a, incumbent), 0);
	ck_assert_int_eq(compare(b, b, incumbent), 0);
	mobility_path_destroy(a);
	mobility_path_destroy(b);
}

START_TEST(test_kernel_order)
{
	/* the longer prefix, whatever the metric */
	assert_order(create(3, "10.2.0.2", "192.0.2.1", 24, 600),
				 create(2, "10.1.0.2", "192.0.2.1", 0, 100), NULL);
	/* the lower metric */
	assert_order(create(3, "10.2.0.2", "192.0.2.1", 0, 100),
				 create(2, "10.1.0.2", "192.0.2.1", 0, 600), NULL);
	assert_order(create(3, "10.2.0.2", "192.0.2.1", 0, 0),
				 create(2, "10.1.0.2", "192.0.2.1", 0, 4294967295), NULL);
	/* of both families */
	assert_order(create(3, "10.2.0.2", "192.0.2.1", 24, 600),
				 create(2, "2001:db8::2", "2001:db8:f::1", 64, 600), NULL);
	assert_order(create(3, "2001:db8::2", "2001:db8:f::1", 97, 600),
				 create(2, "10.2.0.2", "192.0.2.1", 24, 600), NULL);
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
	mobility_path_t *incumbent;

	/* equal preference never moves */
	incumbent = create(3, "10.2.0.2", "192.0.2.1", 0, 100);
	assert_order(mobility_path_clone(incumbent),
				 create(2, "10.1.0.2", "192.0.2.1", 0, 100), incumbent);
	/* a preferred one is */
	assert_order(create(2, "10.1.0.2", "192.0.2.1", 0, 99),
				 mobility_path_clone(incumbent), incumbent);
	/* its address family */
	assert_order(create(9, "10.9.0.2", "192.0.2.1", 0, 100),
				 create(2, "2001:db8::2", "2001:db8:f::1", 0, 100), incumbent);
	mobility_path_destroy(incumbent);

	incumbent = create(3, "2001:db8:2::2", "2001:db8:f::1", 0, 100);
	assert_order(create(9, "2001:db8:9::2", "2001:db8:f::1", 0, 100),
				 create(2, "10.1.0.2", "192.0.2.1", 0, 100), incumbent);
	/* the peer address it leads to, known to be the peer's */
	assert_order(create(2, "2001:db8:9::2", "2001:db8:f::1", 0, 100),
				 create(2, "2001:db8:9::2", "2001:db8:f::2", 64, 100),
				 incumbent);
	mobility_path_destroy(incumbent);
}
END_TEST

/**
 * Check if a path is better, and destroy it
 */
static bool is_better_path(mobility_path_t *path,
						   const mobility_path_t *incumbent)
{
	bool better;

	better = is_better(path, incumbent);
	mobility_path_destroy(path);
	return better;
}

START_TEST(test_known)
{
	mobility_path_t *known, *path, *incumbent;

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
	mobility_path_destroy(incumbent);
}
END_TEST

START_TEST(test_is_better)
{
	mobility_path_t *incumbent;

	incumbent = create(3, "10.2.0.2", "192.0.2.1", 0, 600);
	ck_assert(!is_better(incumbent, incumbent));
	ck_assert(is_better_path(create(4, "10.1.0.2", "192.0.2.1", 0, 100), incumbent));
	ck_assert(is_better_path(create(4, "10.1.0.2", "192.0.2.1", 24, 900),
						incumbent));
	ck_assert(!is_better_path(create(4, "10.1.0.2", "192.0.2.1", 0, 601),
						 incumbent));
	/* not by a tie-break */
	ck_assert(!is_better_path(create(4, "10.1.0.2", "192.0.2.1", 0, 600),
						 incumbent));
	ck_assert(!is_better_path(create(4, "10.1.0.2", "192.0.2.0", 0, 600),
						 incumbent));
	/* to another address only by metric */
	ck_assert(!is_better_path(create(4, "10.1.0.2", "192.0.2.2", 24, 600),
						 incumbent));
	ck_assert(is_better_path(create(4, "10.1.0.2", "192.0.2.2", 0, 100), incumbent));
	mobility_path_destroy(incumbent);
}
END_TEST

START_TEST(test_rank)
{
	mobility_path_t *incumbent, *path;
	array_t *paths;
	int i, order[] = { 5, 2, 4, 3 };

	paths = array_create(0, 0);
	mobility_policy_rank(paths, NULL);
	array_insert(paths, ARRAY_TAIL, create(2, "10.1.0.2", "192.0.2.1", 0, 100));
	array_insert(paths, ARRAY_TAIL, create(3, "10.2.0.2", "192.0.2.1", 0, 600));
	array_insert(paths, ARRAY_TAIL, create(4, "10.3.0.2", "192.0.2.1", 0, 600));
	array_insert(paths, ARRAY_TAIL, create(5, "10.4.0.2", "192.0.2.1", 8, 700));
	incumbent = create(4, "10.3.0.2", "192.0.2.1", 0, 600);
	mobility_policy_rank(paths, incumbent);
	for (i = 0; i < countof(order); i++)
	{
		ck_assert(array_get(paths, i, &path));
		ck_assert_int_eq(path->ifindex, order[i]);
	}
	mobility_path_destroy(incumbent);
	mobility_paths_destroy(paths);
}
END_TEST

/**
 * Pick one of a few paths that have much in common
 */
static mobility_path_t *create_random()
{
	static char *locals[] = {
		"10.1.0.2", "10.2.0.2", "2001:db8:1::2", "2001:db8:2::2",
	}, *remotes[] = {
		"192.0.2.1", "192.0.2.2", "2001:db8:f::1", "2001:db8:f::2",
	};
	static const uint8_t prefixes[] = { 0, 6, 24, 32 };
	static const uint32_t metrics[] = { 0, 100, 600, UINT32_MAX };
	int family = random() % 2 * 2, remote = family + random() % 2;
	mobility_path_t *path;

	path = create(2 + random() % 3, locals[family + random() % 2],
				  remotes[remote], prefixes[random() % 4],
				  metrics[random() % 4]);
	path->known = remote % 3 == 0;
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
 * Check that two paths are the same for what is compared
 */
static bool is_same(mobility_path_t *a, mobility_path_t *b)
{
	return mobility_path_equals(a, b) && a->prefix == b->prefix &&
		   a->metric == b->metric;
}

START_TEST(test_total_order)
{
	mobility_path_t *paths[3], *incumbent;
	int i, j, ab, bc, ac;

	srandom(4555);
	for (i = 0; i < 300000; i++)
	{
		for (j = 0; j < 3; j++)
		{
			paths[j] = create_random();
		}
		incumbent = i % 3 == 0 ? NULL : i % 3 == 1 ? create_random()
											: mobility_path_clone(paths[0]);

		ab = sign(compare(paths[0], paths[1], incumbent));
		bc = sign(compare(paths[1], paths[2], incumbent));
		ac = sign(compare(paths[0], paths[2], incumbent));
		/* reflexive, antisymmetric, with only the same being equal */
		mobility_assert(!compare(paths[0], paths[0], incumbent));
		mobility_assert(ab == -sign(compare(paths[1], paths[0],
															incumbent)));
		mobility_assert((ab == 0) == is_same(paths[0], paths[1]));
		/* transitive */
		mobility_assert(!(ab <= 0 && bc <= 0) || ac <= 0);
		mobility_assert(!(ab >= 0 && bc >= 0) || ac >= 0);
		mobility_assert(!(ab < 0 && bc <= 0) || ac < 0);
		if (incumbent)
		{	/* moving back and forth is never better both times, and with the
			 * incumbent's peer address it is what ranks first that is better */
			mobility_assert(!is_better(paths[1], paths[2]) ||
							!is_better(paths[2], paths[1]));
			mobility_assert(!is_better(paths[1], incumbent) ||
							!paths[1]->remote->ip_equals(paths[1]->remote,
														 incumbent->remote) ||
							compare(paths[1], incumbent,
													incumbent) < 0);
		}
		for (j = 0; j < 3; j++)
		{
			mobility_path_destroy(paths[j]);
		}
		mobility_path_destroy(incumbent);
	}
}
END_TEST

START_TEST(test_paths)
{
	mobility_path_t *a, *b;

	a = create(2, "10.1.0.2", "192.0.2.1", 0, 100);
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

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("policy");

	tc = tcase_create("policy");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_kernel_order);
	tcase_add_test(tc, test_incumbent);
	tcase_add_test(tc, test_known);
	tcase_add_test(tc, test_is_better);
	tcase_add_test(tc, test_rank);
	tcase_add_test(tc, test_total_order);
	tcase_add_test(tc, test_paths);
	suite_add_tcase(s, tc);
	return s;
}
