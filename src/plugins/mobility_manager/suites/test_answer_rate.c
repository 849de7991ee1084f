/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "anchor/answer_rate.h"

/** when it begins, and how long who floods does so, in ms */
#define BEGIN 1000000ULL
#define FLOOD 60000

/** somebody, and who has the same place */
#define SOURCE 4711
#define SAME (SOURCE + MOBILITY_ANSWER_SOURCES)

/** what is tested */
static mobility_answer_rate_t rate;

static void setup()
{
	mobility_suite_setup();
	memset(&rate, 0, sizeof(rate));
}

/**
 * Get how many of a number of messages are answered
 */
static u_int count(u_int source, u_int messages, uint64_t now)
{
	u_int answers = 0;

	while (messages--)
	{
		answers += mobility_answer_rate_allow(&rate, source, now);
	}
	return answers;
}

START_TEST(test_source)
{
	ck_assert_uint_eq(count(SOURCE, 1000, BEGIN), MOBILITY_ANSWER_SOURCE_BURST);
	ck_assert_uint_eq(count(SAME, 1000, BEGIN), 0);
	ck_assert_uint_eq(count(SOURCE, 1, BEGIN +
							MOBILITY_ANSWER_SOURCE_INTERVAL - 1), 0);
	ck_assert_uint_eq(count(SOURCE, 10, BEGIN +
							MOBILITY_ANSWER_SOURCE_INTERVAL), 1);
	/* nobody else has to wait */
	ck_assert_uint_eq(count(SOURCE + 1, 10, BEGIN), 10);
	/* and in the end it is as before */
	ck_assert_uint_eq(count(SOURCE, 1000, BEGIN + FLOOD),
					  MOBILITY_ANSWER_SOURCE_BURST);
}
END_TEST

START_TEST(test_total)
{
	u_int source, answers = 0;

	for (source = 0; source < MOBILITY_ANSWER_SOURCES; source++)
	{
		answers += count(source, 10, BEGIN);
	}
	ck_assert_uint_eq(answers, MOBILITY_ANSWER_BURST);
	/* who was not answered for that has not used up anything of his own */
	ck_assert_uint_eq(count(MOBILITY_ANSWER_SOURCES - 1, 1000, BEGIN + FLOOD),
					  MOBILITY_ANSWER_SOURCE_BURST);
}
END_TEST

START_TEST(test_flood)
{
	u_int seed = 4711, answers = 0, own = 0;
	uint64_t now;

	/* any sources, three a ms, one of them all the time */
	for (now = BEGIN; now < BEGIN + FLOOD; now++)
	{
		answers += mobility_answer_rate_allow(&rate, rand_r(&seed), now);
		answers += mobility_answer_rate_allow(&rate, rand_r(&seed), now);
		own += mobility_answer_rate_allow(&rate, SOURCE, now);
	}
	ck_assert_uint_le(answers + own, MOBILITY_ANSWER_BURST +
									 FLOOD / MOBILITY_ANSWER_INTERVAL);
	ck_assert_uint_ge(answers + own, FLOOD / MOBILITY_ANSWER_INTERVAL);
	ck_assert_uint_le(own, MOBILITY_ANSWER_SOURCE_BURST +
						   FLOOD / MOBILITY_ANSWER_SOURCE_INTERVAL);
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("answer rate");

	tc = tcase_create("cases");
	tcase_add_checked_fixture(tc, setup, mobility_suite_teardown);
	tcase_add_test(tc, test_source);
	tcase_add_test(tc, test_total);
	tcase_add_test(tc, test_flood);
	suite_add_tcase(s, tc);

	return s;
}
