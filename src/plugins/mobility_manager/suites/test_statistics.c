/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* What events add up to. */

#include "mobility_suite.h"

#include "control/statistics.h"
#include "session/tally.h"

/** what is tested */
static mobility_statistics_t *statistics;

static void setup(void)
{
	mobility_suite_setup();
	statistics = mobility_statistics_create();
}

static void teardown(void)
{
	statistics->destroy(statistics);
	mobility_suite_teardown();
}

/**
 * Tell of a change of state.
 */
static void change(char *connection, bool mobile, mobility_state_t old,
				   mobility_state_t state, const char *cause)
{
	mobility_status_t status = {
		.connection = connection,
		.mobile = mobile,
		.state = state,
	};

	snprintf(status.cause, sizeof(status.cause), "%s", cause);
	statistics->add(statistics, MOBILITY_EVENT_STATE, old, &status);
}

/**
 * Tell of a move.
 */
static void move(char *connection, bool mobile, uint32_t duration)
{
	mobility_status_t status = {
		.connection = connection,
		.mobile = mobile,
		.last_move.duration = duration,
	};

	statistics->add(statistics, MOBILITY_EVENT_MOVE, MOBILITY_CONNECTED,
					&status);
}

/**
 * Get what was counted, and how many connections.
 */
static u_int get(mobility_series_t series[], mobility_durations_t *durations,
				 u_int max, array_t *counts)
{
	enumerator_t *enumerator;
	array_t *copy;
	u_int count;
	int i;

	enumerator = counts ? array_create_enumerator(counts) :
						  enumerator_create_empty();
	copy = statistics->get(statistics, enumerator, durations);
	count = array_count(copy);
	for (i = 0; i < count && i < max; i++)
	{
		array_get(copy, i, &series[i]);
	}
	array_destroy(copy);
	return count;
}

START_TEST(test_events)
{
	mobility_durations_t durations;
	mobility_series_t series[3];

	change("home", TRUE, MOBILITY_CONNECTING, MOBILITY_CONNECTED,
		   "established");
	change("home", TRUE, MOBILITY_CONNECTED, MOBILITY_WAITING,
		   "eth0: no carrier");
	change("home", TRUE, MOBILITY_WAITING, MOBILITY_DORMANT,
		   "no answer over any path");
	change("home", TRUE, MOBILITY_DORMANT, MOBILITY_FAILED,
		   "network outage time of 1800s is over");
	change("home", FALSE, MOBILITY_CONNECTED, MOBILITY_DORMANT,
		   "peer does not answer");
	change("office", FALSE, MOBILITY_CONNECTED, MOBILITY_FAILED,
		   "lifetime of the IKE_SA is over");
	ck_assert_uint_eq(get(series, &durations, 3, NULL), 3);
	ck_assert_str_eq(series[0].connection, "home");
	ck_assert(series[0].mobile);
	ck_assert_uint_eq(series[0].outages[MOBILITY_CAUSE_UPLINK], 1);
	ck_assert_uint_eq(series[0].outages[MOBILITY_CAUSE_SILENCE], 0);
	ck_assert_uint_eq(series[0].failures, 1);
	ck_assert(!series[1].mobile);
	ck_assert_uint_eq(series[1].outages[MOBILITY_CAUSE_SILENCE], 1);
	ck_assert_uint_eq(series[1].failures, 0);
	ck_assert_uint_eq(series[2].outages[MOBILITY_CAUSE_LIFETIME], 1);
	ck_assert_uint_eq(series[2].failures, 1);
	ck_assert_uint_eq(durations.count, 0);
}
END_TEST

START_TEST(test_moves)
{
	mobility_durations_t durations;
	mobility_series_t series[2];
	int i;

	move("home", TRUE, 0);
	move("home", TRUE, 50);
	move("home", TRUE, 51);
	move("home", TRUE, 40000);
	/* an anchor does not know what its peer's moves began with */
	move("home", FALSE, 0);
	ck_assert_uint_eq(get(series, &durations, 2, NULL), 2);
	ck_assert_uint_eq(series[0].moves, 4);
	ck_assert_uint_eq(series[1].moves, 1);
	ck_assert_uint_eq(durations.count, 4);
	ck_assert_uint_eq(durations.sum, 40101);
	ck_assert_uint_eq(durations.buckets[0], 2);
	ck_assert_uint_eq(durations.buckets[1], 3);
	ck_assert_uint_eq(durations.buckets[MOBILITY_BUCKETS - 1], 3);
	/* each has what those before it have, and its name is its limit */
	for (i = 0; i < MOBILITY_BUCKETS; i++)
	{
		ck_assert_uint_eq(atof(mobility_buckets[i].name) * 1000 + 0.5,
						  mobility_buckets[i].limit);
		ck_assert(!i || mobility_buckets[i].limit >
							mobility_buckets[i - 1].limit);
	}
}
END_TEST

/**
 * However many connections there are, what is kept of them is bounded, and nothing
 * gets lost.
 */
START_TEST(test_many)
{
	mobility_series_t series[MOBILITY_SERIES_MAX + 2];
	mobility_durations_t durations;
	char name[16];
	u_int count, i, moves = 0;

	for (i = 0; i < 3 * MOBILITY_SERIES_MAX; i++)
	{
		snprintf(name, sizeof(name), "c%u", i);
		move(name, TRUE, 1);
		move(name, FALSE, 1);
		move(name, FALSE, 1);
	}
	count = get(series, &durations, countof(series), NULL);
	ck_assert_uint_eq(count, MOBILITY_SERIES_MAX + 2);
	for (i = 0; i < count; i++)
	{
		ck_assert(!*series[i].connection == (i >= MOBILITY_SERIES_MAX));
		moves += series[i].moves;
	}
	ck_assert_uint_eq(moves, 9 * MOBILITY_SERIES_MAX);
	ck_assert_uint_eq(durations.count, 3 * MOBILITY_SERIES_MAX);
}
END_TEST

/**
 * Sessions there are go by connection, too; who has none anymore has none.
 */
START_TEST(test_sessions)
{
	mobility_durations_t durations;
	mobility_series_t series[2];
	mobility_count_t count = {
		.connection = "home",
		.states[MOBILITY_DORMANT] = 7,
	}, *pointer = &count;
	array_t *counts;

	counts = array_create(0, 0);
	array_insert(counts, ARRAY_TAIL, pointer);
	ck_assert_uint_eq(get(series, &durations, 2, counts), 1);
	ck_assert_str_eq(series[0].connection, "home");
	ck_assert_uint_eq(series[0].states[MOBILITY_DORMANT], 7);
	ck_assert_uint_eq(series[0].states[MOBILITY_CONNECTED], 0);
	ck_assert_uint_eq(get(series, &durations, 2, NULL), 1);
	ck_assert_uint_eq(series[0].states[MOBILITY_DORMANT], 0);
	array_destroy(counts);
}
END_TEST

/**
 * Causes as they are told, and what programs get to know of them
 */
static struct {
	const char *text;
	mobility_cause_t cause;
} causes[] = {
	{ "eth0: no carrier", MOBILITY_CAUSE_UPLINK },
	{ "eth0: address or route is gone", MOBILITY_CAUSE_UPLINK },
	{ "wlan0: not to be used", MOBILITY_CAUSE_UPLINK },
	{ "local address is gone", MOBILITY_CAUSE_UPLINK },
	{ "eth1 has the peer's address 192.0.2.1", MOBILITY_CAUSE_CONFLICT },
	{ "peer does not answer over eth0", MOBILITY_CAUSE_SILENCE },
	{ "nothing returns over eth0", MOBILITY_CAUSE_SILENCE },
	{ "peer may not be reached over eth0", MOBILITY_CAUSE_SILENCE },
	{ "no answer over any path", MOBILITY_CAUSE_SILENCE },
	{ "lifetime of the IKE_SA is over", MOBILITY_CAUSE_LIFETIME },
	{ "", MOBILITY_CAUSE_OTHER },
	{ "requested", MOBILITY_CAUSE_OTHER },
};

START_TEST(test_causes)
{
	ck_assert_int_eq(mobility_cause_classify(causes[_i].text),
					 causes[_i].cause);
}
END_TEST

START_TEST(test_tally)
{
	u_int before = mobility_tally_get(MOBILITY_TALLY_REFUSED);

	mobility_tally_count(MOBILITY_TALLY_REFUSED);
	mobility_tally_count(MOBILITY_TALLY_RELOGINS);
	mobility_tally_count(MOBILITY_TALLY_REFUSED);
	ck_assert_uint_eq(mobility_tally_get(MOBILITY_TALLY_REFUSED), before + 2);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("statistics");
	TCase *tc;

	tc = tcase_create("statistics");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_events);
	tcase_add_test(tc, test_moves);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_sessions);
	tcase_add_loop_test(tc, test_causes, 0, countof(causes));
	tcase_add_test(tc, test_tally);
	suite_add_tcase(s, tc);

	return s;
}
