/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "session/deadlines.h"

/** number of deadlines, and how often one is set */
#define DEADLINES 100
#define STEPS 20000

/** what is tested */
static mobility_deadlines_t *deadlines;
static mobility_deadline_t all[DEADLINES];

static void setup(void)
{
	mobility_suite_setup();
	memset(all, 0, sizeof(all));
	deadlines = mobility_deadlines_create();
}

static void teardown(void)
{
	deadlines->destroy(deadlines);
	mobility_suite_teardown();
}

/**
 * Check the first one, and that each has a place of its own if it is set
 */
static void assert_sound()
{
	mobility_deadline_t *first = deadlines->get_first(deadlines);
	bool taken[DEADLINES + 1] = {};
	uint64_t earliest = UINT64_MAX;
	u_int i, count = 0;

	for (i = 0; i < DEADLINES; i++)
	{
		mobility_assert((all[i].when != 0) == (all[i].place != 0));
		if (all[i].when)
		{
			earliest = min(earliest, all[i].when);
			mobility_assert(!taken[all[i].place]);
			taken[all[i].place] = TRUE;
			count++;
		}
	}
	for (i = 1; i <= count; i++)
	{
		mobility_assert(taken[i]);
	}
	mobility_assert(count ? first && first->when == earliest : !first);
}

START_TEST(test_random)
{
	mobility_deadline_t *deadline;
	uint64_t when;
	u_int i;

	assert_sound();
	for (i = 0; i < STEPS; i++)
	{
		deadline = &all[random() % DEADLINES];
		/* few times, so that many are equal, and more of them now and then */
		when = random() % 3 ? 1 + random() % (1 + i % 50) : 0;
		deadlines->set(deadlines, deadline, when);
		mobility_assert(deadline->when == when);
		assert_sound();
	}
}
END_TEST

START_TEST(test_order)
{
	mobility_deadline_t *first;
	uint64_t last = 0;
	u_int i;

	for (i = 0; i < DEADLINES; i++)
	{
		deadlines->set(deadlines, &all[i], 1 + random() % 1000);
	}
	for (i = 0; i < DEADLINES; i++)
	{
		first = deadlines->get_first(deadlines);
		ck_assert(first && first->when >= last);
		last = first->when;
		deadlines->set(deadlines, first, 0);
	}
	ck_assert(!deadlines->get_first(deadlines));
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("deadlines");

	tc = tcase_create("heap");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_random);
	tcase_add_test(tc, test_order);
	suite_add_tcase(s, tc);
	return s;
}
