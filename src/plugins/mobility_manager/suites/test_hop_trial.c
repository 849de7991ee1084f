/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "mobile/hop_trial.h"
#include "path/history.h"

/** Time until another test in these tests, in ms. */
#define PENALTY 10000

/** Paths over a next hop each */
static mobility_path_t *hops[2];

static void setup()
{
	static char *gateways[] = { "10.0.0.1", "10.0.0.9" };
	int i;

	mobility_suite_setup();
	for (i = 0; i < countof(hops); i++)
	{
		INIT(hops[i],
			.ifindex = 2,
			.local = host_create_from_string("10.0.0.2", 0),
			.remote = host_create_from_string("192.0.2.1", 0),
			.gateway = host_create_from_string(gateways[i], 0),
		);
	}
}

static void teardown()
{
	int i;

	for (i = 0; i < countof(hops); i++)
	{
		mobility_path_destroy(hops[i]);
	}
	mobility_suite_teardown();
}

START_TEST(test_settles)
{
	mobility_hop_trial_t trial = {};

	ck_assert(!mobility_hop_trial_is_due(&trial, NULL, 100));
	ck_assert(!mobility_hop_trial_is_due(&trial, hops[0], 100));
	ck_assert(!mobility_hop_trial_is_due(&trial, hops[0],
										 100 + MOBILITY_HOP_SETTLE - 1));
	ck_assert(mobility_hop_trial_is_due(&trial, hops[0],
										100 + MOBILITY_HOP_SETTLE));
	/* another one is as new */
	ck_assert(!mobility_hop_trial_is_due(&trial, hops[1],
										 100 + MOBILITY_HOP_SETTLE));
}
END_TEST

START_TEST(test_comes_and_goes)
{
	mobility_hop_trial_t trial = {};
	uint64_t now = 100;

	mobility_hop_trial_is_due(&trial, hops[0], now);
	now += MOBILITY_HOP_SETTLE;
	/* it answers, is taken, and left again at once: not again so soon */
	mobility_hop_trial_tested(&trial, TRUE, PENALTY, now);
	ck_assert(!mobility_hop_trial_is_due(&trial, NULL, now + 1));
	ck_assert(!mobility_hop_trial_is_due(&trial, hops[0], now + 2));
	ck_assert(!mobility_hop_trial_is_due(&trial, hops[0], now + PENALTY - 1));
	ck_assert(mobility_hop_trial_is_due(&trial, hops[0], now + PENALTY));
	/* whatever is configured */
	mobility_hop_trial_tested(&trial, FALSE, 0, now);
	ck_assert(!mobility_hop_trial_is_due(&trial, hops[0],
										 now + MOBILITY_HOP_SETTLE - 1));
	ck_assert(mobility_hop_trial_is_due(&trial, hops[0],
										now + MOBILITY_HOP_SETTLE));
}
END_TEST

/**
 * Whatever happens, one next hop is tested no more often than allowed
 */
START_TEST(test_random)
{
	mobility_hop_trial_t trial = {};
	mobility_path_t *hop;
	uint64_t now = 1, tested = 0, wait = 0;
	u_int failed = 0;
	int i, current = -1, which;
	bool answered;

	srandom(_i);
	for (i = 0; i < 1000; i++)
	{
		now += random() % PENALTY;
		which = random() % 8 ? max(current, 0) : random() % countof(hops);
		hop = random() % 4 ? hops[which] : NULL;
		if (hop && which != current)
		{
			current = which;
			failed = tested = 0;
			wait = now + MOBILITY_HOP_SETTLE;
		}
		mobility_assert(mobility_hop_trial_is_due(&trial, hop, now) ==
						(hop && now >= (tested ?: wait)));
		if (hop && now >= (tested ?: wait))
		{
			answered = random() % 2;
			failed = answered ? 0 : failed;
			mobility_hop_trial_tested(&trial, answered, PENALTY, now);
			tested = now + (PENALTY << min(failed, MOBILITY_PENALTY_DOUBLINGS));
			failed += !answered;
		}
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("hop trial");

	tc = tcase_create("cases");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_settles);
	tcase_add_test(tc, test_comes_and_goes);
	tcase_add_loop_test(tc, test_random, 0, 20);
	suite_add_tcase(s, tc);
	return s;
}
