/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "mobile/peer_load.h"

/** Answers it takes, and for how long they count. */
#define ANSWERS MOBILITY_BACKLOG_ANSWERS
#define TIME MOBILITY_BACKLOG_TIME

/** Any time. */
#define BEGIN 1000000

/**
 * What is tested, and a path.
 */
static mobility_peer_load_t *backlog;
static host_t *local, *remote;

static void setup()
{
	mobility_suite_setup();
	backlog = mobility_peer_load_create();
	local = host_create_from_string("10.1.0.10", 4500);
	remote = host_create_from_string("192.0.2.1", 4500);
}

static void teardown()
{
	local->destroy(local);
	remote->destroy(remote);
	backlog->destroy(backlog);
	mobility_suite_teardown();
}

/**
 * Have requests of one time answered, one each step ms, the last one at a time.
 */
static void answer(u_int count, uint64_t asked, u_int step, uint64_t last)
{
	while (count--)
	{
		backlog->answered(backlog, local, remote, asked, last - count * step);
	}
}

/**
 * Check for a request over that path.
 */
static bool is_before(uint64_t asked, uint64_t now)
{
	return backlog->is_before(backlog, local, remote, asked, now);
}

START_TEST(test_none)
{
	ck_assert(!is_before(BEGIN, BEGIN));
	ck_assert(!is_before(BEGIN, BEGIN + TIME));
}
END_TEST

/**
 * Few sessions have no backlog, however long they have to wait.
 */
START_TEST(test_few)
{
	answer(ANSWERS - 1, BEGIN, 1, BEGIN + 100);
	ck_assert(!is_before(BEGIN + 50, BEGIN + 100));
	answer(1, BEGIN, 0, BEGIN + 101);
	ck_assert(is_before(BEGIN + 50, BEGIN + 101));
}
END_TEST

/**
 * Answers that are that far between are no backlog either.
 */
START_TEST(test_slow)
{
	uint64_t now = BEGIN + 10 * TIME;
	u_int step = TIME / (ANSWERS - 1);

	answer(ANSWERS, BEGIN, step, now);
	ck_assert(is_before(BEGIN, now));
	answer(ANSWERS, BEGIN, step + 1, now);
	ck_assert(!is_before(BEGIN, now));
}
END_TEST

/**
 * What can wait does for less, but not forever.
 */
START_TEST(test_busy)
{
	uint64_t now = BEGIN + 5000;

	ck_assert(!backlog->is_busy(backlog, local, remote, now));
	answer(MOBILITY_BACKLOG_BUSY_ANSWERS - 1, BEGIN, 1, now);
	ck_assert(!backlog->is_busy(backlog, local, remote, now));
	answer(1, BEGIN, 0, now);
	ck_assert(backlog->is_busy(backlog, local, remote, now));
	ck_assert(!backlog->is_busy(backlog, remote, local, now));
	ck_assert(!is_before(BEGIN, now));
	now += MOBILITY_BACKLOG_BUSY_TIME;
	ck_assert(!backlog->is_busy(backlog, local, remote, now));
	/* the oldest are forgotten */
	answer(2 * ANSWERS, BEGIN, 1, now);
	ck_assert(backlog->is_busy(backlog, local, remote, now));
	ck_assert(!backlog->is_busy(backlog, local, remote,
								now + MOBILITY_BACKLOG_BUSY_TIME + 1));
}
END_TEST

/**
 * If the answers end there is nothing to wait for.
 */
START_TEST(test_end)
{
	uint64_t last = BEGIN + 5000;

	answer(ANSWERS, BEGIN, 0, last);
	ck_assert(is_before(BEGIN, last + TIME));
	ck_assert(!is_before(BEGIN, last + TIME + 1));
}
END_TEST

/**
 * What was asked before most of what is answered was lost; those asked together
 * are in no order.
 */
START_TEST(test_lost)
{
	uint64_t now = BEGIN + 5000;

	answer(ANSWERS, BEGIN, 1, now);
	ck_assert(is_before(BEGIN + 1, now));
	ck_assert(is_before(BEGIN, now));
	ck_assert(!is_before(BEGIN - 1, now));

	answer(ANSWERS / 2, BEGIN + 10, 1, now);
	ck_assert(is_before(BEGIN + 5, now));
	answer(1, BEGIN + 10, 1, now);
	ck_assert(!is_before(BEGIN + 5, now));
	ck_assert(is_before(BEGIN + 10, now));
}
END_TEST

/**
 * Paths have nothing to do with each other; ports don't matter.
 */
START_TEST(test_paths)
{
	host_t *local2, *remote2, *port, *v6;

	local2 = host_create_from_string("10.1.0.11", 4500);
	remote2 = host_create_from_string("192.0.2.2", 4500);
	port = host_create_from_string("192.0.2.1", 500);
	v6 = host_create_from_string("2001:db8::1", 4500);
	answer(ANSWERS, BEGIN, 1, BEGIN);
	ck_assert(backlog->is_before(backlog, local, port, BEGIN, BEGIN));
	ck_assert(!backlog->is_before(backlog, local2, remote, BEGIN, BEGIN));
	ck_assert(!backlog->is_before(backlog, local, remote2, BEGIN, BEGIN));
	ck_assert(!backlog->is_before(backlog, v6, remote, BEGIN, BEGIN));
	backlog->answered(backlog, local, remote2, BEGIN, BEGIN);
	ck_assert(is_before(BEGIN, BEGIN));
	local2->destroy(local2);
	remote2->destroy(remote2);
	port->destroy(port);
	v6->destroy(v6);
}
END_TEST

/**
 * Only so many paths are remembered, those with the latest answers.
 */
START_TEST(test_many_paths)
{
	host_t *other;
	char addr[32];
	u_int i;

	answer(ANSWERS, BEGIN, 0, BEGIN);
	for (i = 1; i <= MOBILITY_BACKLOG_PATHS; i++)
	{
		ck_assert(is_before(BEGIN, BEGIN + i));
		snprintf(addr, sizeof(addr), "192.0.2.%u", 100 + i);
		other = host_create_from_string(addr, 4500);
		backlog->answered(backlog, local, other, BEGIN, BEGIN + i);
		other->destroy(other);
	}
	ck_assert(!is_before(BEGIN, BEGIN + i));
}
END_TEST

/**
 * A peer answers many sessions in the order they asked, each taking some time,
 * and loses what some of them have asked.  Nobody has to ask again before that
 * is known, and those whose request was lost get to know.
 */
START_TEST(test_random)
{
	uint64_t now, asked[300];
	bool lost[countof(asked)];
	u_int i, j, service, waiting;

	srandom(_i);
	service = 1 + random() % (TIME / ANSWERS - 1);
	for (i = 0; i < countof(asked); i++)
	{
		asked[i] = (i ? asked[i - 1] : BEGIN) + 1 + random() % 5;
		lost[i] = random() % 10 == 0;
	}
	now = asked[i - 1] + 1;
	for (i = 0; i < countof(asked); i++)
	{
		if (lost[i])
		{
			continue;
		}
		now += service;
		backlog->answered(backlog, local, remote, asked[i], now);
		if (i < 2 * ANSWERS)
		{	/* not as many answers yet as it takes, perhaps */
			continue;
		}
		waiting = i + 1 + random() % (countof(asked) - i);
		if (waiting < countof(asked))
		{
			mobility_assert(is_before(asked[waiting], now));
		}
		for (j = 0; j + 2 * ANSWERS < i; j++)
		{
			mobility_assert(!lost[j] || !is_before(asked[j], now));
		}
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("backlog");

	tc = tcase_create("backlog");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_none);
	tcase_add_test(tc, test_few);
	tcase_add_test(tc, test_slow);
	tcase_add_test(tc, test_busy);
	tcase_add_test(tc, test_end);
	tcase_add_test(tc, test_lost);
	tcase_add_test(tc, test_paths);
	tcase_add_test(tc, test_many_paths);
	suite_add_tcase(s, tc);

	tc = tcase_create("random");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_random, 0, 200);
	suite_add_tcase(s, tc);
	return s;
}
