/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "anchor/way_back_plan.h"

/** number of random plans */
#define PLANS 2000

/** random numbers that are the same each time */
static uint32_t seed;

static uint32_t draw(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

/** charon's ports, whichever it has */
static const uint16_t ports[] = { 500, 4500 };

/** paths from this host */
static array_t *paths;

static void setup(void)
{
	mobility_suite_setup();
	paths = array_create(0, 0);
}

static void teardown(void)
{
	mobility_paths_destroy(paths);
	mobility_suite_teardown();
}

/**
 * Add a path by a default route
 */
static mobility_path_t *add(char *local, int ifindex, bool diverted)
{
	mobility_path_t *path;
	host_t *host;

	host = host_create_from_string(local, 0);
	INIT(path,
		.ifindex = ifindex,
		.local = host,
		.remote = host_create_any(host->get_family(host)),
		.diverted = diverted,
	);
	array_insert(paths, ARRAY_TAIL, path);
	return path;
}

/**
 * Where the rules lead packets of a protocol from an address: to the path that is
 * returned, or as before if that is NULL
 */
static const mobility_path_t *follow(array_t *plan, host_t *local,
									 uint8_t proto, uint16_t port)
{
	mobility_ip_t ip = mobility_ip_from_host(local);
	mobility_way_back_rule_t rule;
	bool main = FALSE;
	int i;

	for (i = 0; i < array_count(plan); i++)
	{
		array_get(plan, i, &rule);
		if (rule.family != ip.family)
		{
			continue;
		}
		if (!rule.local.family)
		{
			ck_assert(!main && !rule.proto && !rule.port && !rule.path);
			ck_assert_int_eq(rule.table, RT_TABLE_MAIN);
			main = TRUE;
			continue;
		}
		/* what main knows comes first */
		ck_assert(main && rule.proto && rule.path && !rule.table);
		if (mobility_ip_equals(&ip, &rule.local) && proto == rule.proto &&
			(!rule.port || port == rule.port))
		{
			return rule.path;
		}
	}
	return NULL;
}

/**
 * Check a plan for an address that is to have a path, or none
 */
static void check(array_t *plan, host_t *local, const mobility_path_t *path,
				  const uint16_t ports[2])
{
	/* IKE, and ESP in both guises */
	ck_assert(follow(plan, local, IPPROTO_UDP, ports[0]) == path);
	ck_assert(follow(plan, local, IPPROTO_UDP, ports[1]) == path);
	ck_assert(follow(plan, local, IPPROTO_ESP, 0) == path);
	ck_assert(!follow(plan, local, IPPROTO_UDP, 53));
	ck_assert(!follow(plan, local, IPPROTO_TCP, ports[0]));
	ck_assert(!follow(plan, local, 0, 0));
}

/**
 * Create a plan, check what is true for all of them
 */
static array_t *create_plan(const uint16_t ports[2])
{
	mobility_way_back_rule_t rule;
	u_int sources[2] = {}, common[2] = {};
	array_t *plan;
	int i;

	plan = mobility_way_back_plan(paths, ports);
	for (i = 0; i < array_count(plan); i++)
	{
		array_get(plan, i, &rule);
		if (rule.path)
		{
			sources[rule.family == AF_INET6]++;
			ck_assert(rule.path->diverted);
		}
		else
		{
			common[rule.family == AF_INET6]++;
		}
	}
	/* nothing is there for nothing */
	for (i = 0; i < countof(sources); i++)
	{
		ck_assert(!(sources[i] % 3));
		ck_assert_int_eq(common[i], sources[i] > 0);
	}
	return plan;
}

START_TEST(test_none)
{
	array_t *plan;

	add("10.1.0.2", 2, FALSE);
	add("2001:db8:1::2", 2, FALSE);
	plan = create_plan(ports);
	ck_assert_int_eq(array_count(plan), 0);
	array_destroy(plan);
}
END_TEST

START_TEST(test_one)
{
	mobility_path_t *path, *first;
	array_t *plan;

	first = add("10.1.0.2", 2, FALSE);
	path = add("10.2.0.2", 3, TRUE);
	plan = create_plan(ports);
	ck_assert_int_eq(array_count(plan), 4);
	check(plan, path->local, path, ports);
	check(plan, first->local, NULL, ports);
	array_destroy(plan);
}
END_TEST

START_TEST(test_families)
{
	mobility_path_t *path, *path6;
	array_t *plan;

	path6 = add("2001:db8:2::2", 3, TRUE);
	path = add("10.2.0.2", 3, TRUE);
	plan = create_plan(ports);
	check(plan, path->local, path, ports);
	check(plan, path6->local, path6, ports);
	array_destroy(plan);
}
END_TEST

START_TEST(test_same_address)
{
	mobility_path_t *path;
	array_t *plan;

	/* an address that two uplinks have, as a dock and Wi-Fi may */
	path = add("10.2.0.2", 3, TRUE);
	add("10.2.0.2", 4, TRUE);
	plan = create_plan(ports);
	check(plan, path->local, path, ports);
	array_destroy(plan);
	/* one of them is the one that packets leave by anyway */
	add("10.2.0.2", 2, FALSE);
	plan = create_plan(ports);
	ck_assert_int_eq(array_count(plan), 0);
	array_destroy(plan);
}
END_TEST

START_TEST(test_no_default_route)
{
	mobility_path_t *path;
	array_t *plan;

	path = add("10.2.0.2", 3, TRUE);
	path->prefix = 1;
	plan = create_plan(ports);
	ck_assert_int_eq(array_count(plan), 0);
	array_destroy(plan);
}
END_TEST

START_TEST(test_ports)
{
	static const uint16_t others[] = { 1500, 14500 };
	mobility_path_t *path;
	array_t *plan;

	path = add("10.2.0.2", 3, TRUE);
	plan = create_plan(others);
	check(plan, path->local, path, others);
	ck_assert(!follow(plan, path->local, IPPROTO_UDP, 500));
	array_destroy(plan);
}
END_TEST

START_TEST(test_random)
{
	mobility_path_t *path, *other, *expected;
	char addr[32];
	array_t *plan;
	u_int count;
	int i, j, k;

	for (i = 0; i < PLANS; i++)
	{
		mobility_paths_destroy(paths);
		paths = array_create(0, 0);
		count = draw(8);
		while (count--)
		{
			snprintf(addr, sizeof(addr), draw(2) ? "10.2.0.%u" : "2001:db8::%u",
					 1 + draw(5));
			path = add(addr, 2 + draw(3), draw(2));
			path->prefix = !draw(8);
		}
		plan = create_plan(ports);
		for (j = 0; j < array_count(paths); j++)
		{
			array_get(paths, j, &path);
			/* the first one, unless any of them is no problem */
			expected = NULL;
			for (k = array_count(paths) - 1; k >= 0; k--)
			{
				array_get(paths, k, &other);
				if (other->local->ip_equals(other->local, path->local))
				{
					expected = other;
				}
			}
			for (k = 0; expected && k < array_count(paths); k++)
			{
				array_get(paths, k, &other);
				if (!other->diverted &&
					other->local->ip_equals(other->local, path->local))
				{
					expected = NULL;
				}
			}
			if (expected && expected->prefix)
			{
				expected = NULL;
			}
			ck_assert(follow(plan, path->local, IPPROTO_ESP, 0) == expected);
			ck_assert(!follow(plan, path->local, IPPROTO_TCP, 22));
		}
		array_destroy(plan);
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("way back plan");

	tc = tcase_create("plan");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_none);
	tcase_add_test(tc, test_one);
	tcase_add_test(tc, test_families);
	tcase_add_test(tc, test_same_address);
	tcase_add_test(tc, test_no_default_route);
	tcase_add_test(tc, test_ports);
	tcase_add_test(tc, test_random);
	suite_add_tcase(s, tc);
	return s;
}
