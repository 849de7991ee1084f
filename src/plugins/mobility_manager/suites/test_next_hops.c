/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "path/next_hops.h"

/** Next hops a candidate has in these tests, at most, and changes of each. */
#define HOPS 5
#define CHANGES 200

/**
 * Create a path over a next hop, without any for 0
 */
static mobility_path_t *create_path(int hop)
{
	mobility_path_t *path;
	char gateway[32];

	snprintf(gateway, sizeof(gateway), "10.0.0.%d", hop);
	INIT(path,
		.ifindex = 2,
		.local = host_create_from_string("10.0.0.77", 0),
		.remote = host_create_from_string("192.0.2.1", 0),
		.gateway = hop ? host_create_from_string(gateway, 0) : NULL,
		.hop = hop,
	);
	return path;
}

/**
 * Get the address of a next hop
 */
static mobility_ip_t get_gateway(int hop)
{
	mobility_path_t *path = create_path(hop);
	mobility_ip_t ip = mobility_ip_from_host(path->gateway);

	mobility_path_destroy(path);
	return ip;
}

START_TEST(test_single)
{
	mobility_candidate_t *candidate;
	mobility_ip_t ip = get_gateway(0), other = get_gateway(1);

	candidate = mobility_candidate_create(create_path(0));
	ck_assert(mobility_next_hops_have(candidate, &ip));
	ck_assert(!mobility_next_hops_have(candidate, &other));
	ck_assert(mobility_next_hops_take(candidate, &ip));
	ck_assert(!mobility_next_hops_take(candidate, &other));
	ck_assert(!mobility_next_hops_turn(candidate));
	ck_assert(!candidate->path->gateway);
	mobility_candidate_destroy(candidate);
}
END_TEST

START_TEST(test_turns)
{
	mobility_candidate_t *candidate;
	mobility_ip_t ip;
	int i, hop, count = 1, current = 0;

	srandom(_i);
	candidate = mobility_candidate_create(create_path(0));
	for (i = 0; i < CHANGES; i++)
	{
		switch (random() % 3)
		{
			case 0:
				if (count < HOPS && !current)
				{	/* behind all others */
					mobility_next_hops_add(candidate, create_path(count++));
				}
				break;
			case 1:
				mobility_assert(mobility_next_hops_turn(candidate) ==
								(count > 1));
				current = (current + 1) % count;
				break;
			default:
				hop = random() % HOPS;
				ip = get_gateway(hop);
				mobility_assert(mobility_next_hops_have(candidate, &ip) ==
								(hop < count));
				mobility_assert(mobility_next_hops_take(candidate, &ip) ==
								(hop < count));
				current = hop < count ? hop : current;
				break;
		}
		mobility_assert(candidate->path->hop == current);
		mobility_assert(array_count(candidate->others) == count - 1);
	}
	/* each of them once */
	for (i = 0; i < count; i++)
	{
		mobility_assert(candidate->path->hop == (current + i) % count);
		mobility_next_hops_turn(candidate);
	}
	mobility_candidate_destroy(candidate);
}
END_TEST

START_TEST(test_better)
{
	static const uint32_t metrics[] = { 100, 100, 200, 50, 300 };
	static const int better[] = { 3, 3, 3, -1, 3 };
	mobility_candidate_t *candidate;
	mobility_path_t *path, *found;
	int i;

	candidate = mobility_candidate_create(create_path(0));
	candidate->path->metric = metrics[0];
	for (i = 1; i < HOPS; i++)
	{
		path = create_path(i);
		path->metric = metrics[i];
		mobility_next_hops_add(candidate, path);
	}
	/* whichever is taken */
	for (i = 0; i < HOPS * HOPS; i++)
	{
		path = create_path(i % HOPS);
		path->metric = metrics[i % HOPS];
		found = mobility_next_hops_find_better(candidate, path);
		ck_assert_int_eq(found ? found->hop : -1, better[i % HOPS]);
		/* the one in use is none, whatever its route said before */
		path->metric = 51;
		found = mobility_next_hops_find_better(candidate, path);
		ck_assert_int_eq(found ? found->hop : -1, better[i % HOPS]);
		mobility_path_destroy(path);
		if (i % HOPS == HOPS - 1)
		{
			mobility_next_hops_turn(candidate);
		}
	}
	mobility_candidate_destroy(candidate);
}
END_TEST

/**
 * Have a request answered over one of some next hops only, which takes rtt ms;
 * attempts get rarer, as those of a session.
 *
 * @return			next hop that gets the answer ascribed
 */
static int ask(mobility_hop_turns_t *turns, uint64_t *now, int hop, int count,
			   int works, uint64_t rtt)
{
	uint64_t answer = 0, interval = 250, next = *now + interval;

	mobility_hop_turns_begin(turns, *now);
	while (TRUE)
	{
		if (hop == works && !answer)
		{
			answer = *now + rtt;
		}
		if (answer && answer <= next)
		{
			*now = answer;
			mobility_hop_turns_answered(turns, 0, *now);
			return hop;
		}
		*now = next;
		interval = min(interval * 2, MOBILITY_HOP_TURN_MAX);
		next += interval;
		if (mobility_hop_turns_are_over(turns, *now))
		{
			hop = (hop + 1) % count;
			mobility_hop_turns_next(turns, *now);
		}
	}
}

START_TEST(test_slow)
{
	mobility_hop_turns_t turns;
	uint64_t now = 1000, rtt;
	int works, hop, count = 2 + _i;

	for (rtt = 1; rtt <= MOBILITY_HOP_TURN_MAX / 2; rtt += 13)
	{
		for (works = 0; works < count; works++)
		{
			turns = (mobility_hop_turns_t){};
			hop = ask(&turns, &now, 0, count, works, rtt);
			/* which may be another one, but that is not repeated */
			mobility_assert(turns.doubtful || hop == 0);
			hop = ask(&turns, &now, hop, count, works, rtt);
			mobility_assert(hop == works);
			hop = ask(&turns, &now, hop, count, works, rtt);
			mobility_assert(hop == works && !turns.turned);
			/* once there is no doubt, so short is the next turn */
			mobility_assert(!turns.doubtful);
			mobility_assert(turns.length == rtt + rtt / 2);
		}
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("next hops");

	tc = tcase_create("turns");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_test(tc, test_single);
	tcase_add_loop_test(tc, test_turns, 0, 50);
	tcase_add_test(tc, test_better);
	tcase_add_loop_test(tc, test_slow, 0, 3);
	suite_add_tcase(s, tc);
	return s;
}
