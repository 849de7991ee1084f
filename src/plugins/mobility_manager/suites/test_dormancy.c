/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "anchor/dormancy.h"

/** Time all of it begins, in ms */
#define BEGIN 1000000

/** Seconds in ms */
#define SECONDS(s) ((uint64_t)(s) * 1000)

/** Random sequences, and the events of each */
#define SEQUENCES 20000
#define EVENTS 60

/** charon's defaults */
static const mobility_dormancy_config_t defaults = {
	.outage_time = SECONDS(1800),
	.retransmit = {
		.timeout = SECONDS(4),
		.base = 1.8,
		.tries = 5,
	},
};

/** what is tested */
static mobility_dormancy_t dormancy;
static mobility_dormancy_config_t config;
static uint64_t now;

static void setup(void)
{
	mobility_suite_setup();
	config = defaults;
	now = BEGIN;
	mobility_dormancy_init(&dormancy, now);
}

static void teardown(void)
{
	mobility_suite_teardown();
}

/**
 * Feed an event, the invariants have to hold after it
 */
static mobility_dormancy_action_t feed(mobility_dormancy_event_t event)
{
	mobility_dormancy_action_t actions;
	const char *problem;

	actions = mobility_dormancy_handle(&dormancy, &config, event, now);
	problem = mobility_dormancy_check(&dormancy, &config);
	ck_assert_msg(!problem, "after event %d: %s", event, problem);
	return actions;
}

/**
 * Wait until the clock is due
 */
static mobility_dormancy_action_t wait_tick(void)
{
	uint64_t deadline = mobility_dormancy_deadline(&dormancy, &config);

	ck_assert_uint_ne(deadline, 0);
	ck_assert_uint_ge(deadline, now);
	now = deadline;
	return feed(MOBILITY_DORMANCY_TICK);
}

/**
 * The peer does not answer until stock would give up
 */
static void fall_silent(void)
{
	int i;

	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SENT), 0);
	for (i = 0; i < config.retransmit.tries; i++)
	{
		ck_assert_int_eq(wait_tick(), MOBILITY_DORMANCY_RESEND);
	}
	ck_assert_int_eq(wait_tick(), MOBILITY_DORMANCY_ASK);
}

/**
 * Go dormant
 */
static void fall_asleep(void)
{
	fall_silent();
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SILENT), MOBILITY_DORMANCY_TELL);
	ck_assert_int_eq(dormancy.state, MOBILITY_DORMANT);
}

/**
 * Requests that are answered, and none at all: nobody is woken
 */
START_TEST(test_answered)
{
	ck_assert_uint_eq(mobility_dormancy_deadline(&dormancy, &config), 0);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SENT), 0);
	ck_assert_uint_eq(mobility_dormancy_deadline(&dormancy, &config),
					  now + SECONDS(4));
	now += 20;
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_ANSWERED), 0);
	ck_assert_uint_eq(mobility_dormancy_deadline(&dormancy, &config), 0);
	ck_assert_uint_eq(dormancy.heard, now);
	ck_assert_uint_eq(mobility_dormancy_silent(&dormancy), 0);
	now += SECONDS(100000);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_TICK), 0);
	ck_assert_int_eq(dormancy.state, MOBILITY_CONNECTED);
}
END_TEST

/**
 * A request is sent again exactly when stock does, and where stock would give up the
 * session goes dormant
 */
START_TEST(test_as_stock)
{
	/* 4 s, 1.8 times as long each time, five times */
	static const uint64_t sent[] = { 4000, 11200, 24160, 47488, 89478, 165060 };
	int i;

	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SENT), 0);
	for (i = 0; i < countof(sent); i++)
	{
		now = BEGIN + sent[i] - 1;
		ck_assert_int_eq(feed(MOBILITY_DORMANCY_TICK), 0);
		now += 2;
		ck_assert_int_eq(feed(MOBILITY_DORMANCY_TICK),
						 i == 5 ? MOBILITY_DORMANCY_ASK
								: MOBILITY_DORMANCY_RESEND);
		ck_assert_int_eq(dormancy.state, MOBILITY_CONNECTED);
		/* jobs are never late here */
		dormancy.next -= dormancy.next > now;
	}
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SILENT), MOBILITY_DORMANCY_TELL);
	ck_assert_int_eq(dormancy.state, MOBILITY_DORMANT);
	/* and nothing is sent anymore */
	ck_assert_uint_eq(mobility_dormancy_deadline(&dormancy, &config),
					  BEGIN + SECONDS(1800));
}
END_TEST

/**
 * Packets have come although no answer has: the peer is there, and is asked on
 */
START_TEST(test_esp_comes)
{
	int i;

	fall_silent();
	for (i = 0; i < 50; i++)
	{
		ck_assert_int_eq(feed(MOBILITY_DORMANCY_HEARD), 0);
		ck_assert_uint_eq(mobility_dormancy_silent(&dormancy), now);
		while (wait_tick() != MOBILITY_DORMANCY_ASK);
		ck_assert_int_eq(dormancy.state, MOBILITY_CONNECTED);
	}
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SILENT), MOBILITY_DORMANCY_TELL);
	ck_assert_uint_gt(mobility_dormancy_deadline(&dormancy, &config),
					  BEGIN + SECONDS(50 * 165) + config.outage_time);
}
END_TEST

/**
 * The peer comes back: what waits goes out at once, and has its time again
 */
START_TEST(test_return)
{
	static const mobility_dormancy_event_t events[] = {
		MOBILITY_DORMANCY_HEARD,
		MOBILITY_DORMANCY_MOVED,
	};

	fall_asleep();
	now += SECONDS(600);
	ck_assert_int_eq(feed(events[_i]),
					 MOBILITY_DORMANCY_RESEND | MOBILITY_DORMANCY_TELL);
	ck_assert_int_eq(dormancy.state, MOBILITY_CONNECTED);
	ck_assert_int_eq(wait_tick(), MOBILITY_DORMANCY_RESEND);
	now += 10;
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_ANSWERED), 0);
	ck_assert_uint_eq(mobility_dormancy_deadline(&dormancy, &config), 0);
}
END_TEST

/**
 * The answer itself comes, which was late, or is one to what a test sent
 */
START_TEST(test_late_answer)
{
	fall_asleep();
	now += SECONDS(600);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_ANSWERED), MOBILITY_DORMANCY_TELL);
	ck_assert_int_eq(dormancy.state, MOBILITY_CONNECTED);
	ck_assert_uint_eq(mobility_dormancy_deadline(&dormancy, &config), 0);
}
END_TEST

/**
 * While a request is in flight the peer moves, or just sends
 */
START_TEST(test_moved)
{
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SENT), 0);
	now += 1;
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_HEARD), 0);
	ck_assert_uint_eq(mobility_dormancy_deadline(&dormancy, &config),
					  BEGIN + SECONDS(4));
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_MOVED), MOBILITY_DORMANCY_RESEND);
	ck_assert_uint_eq(mobility_dormancy_deadline(&dormancy, &config),
					  now + SECONDS(4));
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_ANSWERED), 0);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_MOVED), 0);
}
END_TEST

/**
 * Nothing leaves to who has slept for long
 */
START_TEST(test_mute)
{
	int i;

	config.mute_time = SECONDS(60);
	for (i = 0; i < 3; i++)
	{
		fall_asleep();
		ck_assert_uint_eq(mobility_dormancy_deadline(&dormancy, &config),
						  now + SECONDS(60));
		if (i < 2)
		{	/* nothing but a packet puts that off */
			now += SECONDS(30);
			ck_assert_int_eq(feed(MOBILITY_DORMANCY_TICK), 0);
			ck_assert_int_eq(feed(MOBILITY_DORMANCY_SILENT), 0);
			ck_assert_uint_eq(mobility_dormancy_deadline(&dormancy, &config),
							  now + SECONDS(30));
		}
		if (i == 1)
		{
			ck_assert_int_eq(wait_tick(), MOBILITY_DORMANCY_MUTE);
			now += SECONDS(60);
			ck_assert_int_eq(feed(MOBILITY_DORMANCY_TICK), 0);
		}
		ck_assert_int_eq(feed(MOBILITY_DORMANCY_ANSWERED),
						 MOBILITY_DORMANCY_TELL);
	}
	/* it ends before */
	config.outage_time = SECONDS(180);
	fall_asleep();
	ck_assert_int_eq(wait_tick(), MOBILITY_DORMANCY_ASK);
	ck_assert_uint_eq(now, mobility_dormancy_end(&dormancy, &config));
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SILENT),
					 MOBILITY_DORMANCY_MUTE | MOBILITY_DORMANCY_RETIRE);
}
END_TEST

/**
 * The outage time ends, unless packets have come after all
 */
START_TEST(test_outage_time)
{
	fall_asleep();
	ck_assert_int_eq(wait_tick(), MOBILITY_DORMANCY_ASK);
	ck_assert_uint_eq(now, BEGIN + config.outage_time);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_HEARD),
					 MOBILITY_DORMANCY_RESEND | MOBILITY_DORMANCY_TELL);
	while (wait_tick() != MOBILITY_DORMANCY_ASK);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SILENT), MOBILITY_DORMANCY_TELL);
	ck_assert_int_eq(wait_tick(), MOBILITY_DORMANCY_ASK);
	ck_assert_uint_eq(now, BEGIN + 2 * config.outage_time);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SILENT), MOBILITY_DORMANCY_RETIRE);
	/* others are ended first */
	now += SECONDS(3600);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_TICK), 0);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_TURN), MOBILITY_DORMANCY_ASK);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SILENT), MOBILITY_DORMANCY_TELL);
	ck_assert_int_eq(dormancy.state, MOBILITY_FAILED);
	/* and that is final */
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_HEARD), 0);
	ck_assert_int_eq(dormancy.state, MOBILITY_FAILED);
}
END_TEST

/**
 * The peer is back before it is its turn to be ended, or there is more time by then
 */
START_TEST(test_kept)
{
	fall_asleep();
	ck_assert_int_eq(wait_tick(), MOBILITY_DORMANCY_ASK);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SILENT), MOBILITY_DORMANCY_RETIRE);
	now += SECONDS(3600);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_HEARD),
					 MOBILITY_DORMANCY_RESEND | MOBILITY_DORMANCY_TELL);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_TURN), 0);
	while (wait_tick() != MOBILITY_DORMANCY_ASK);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SILENT), MOBILITY_DORMANCY_TELL);
	ck_assert_int_eq(wait_tick(), MOBILITY_DORMANCY_ASK);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SILENT), MOBILITY_DORMANCY_RETIRE);
	config.outage_time *= 2;
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_TURN), 0);
	ck_assert_int_eq(dormancy.state, MOBILITY_DORMANT);
	ck_assert_int_eq(wait_tick(), MOBILITY_DORMANCY_ASK);
}
END_TEST

/**
 * Without a limit nobody is woken at all
 */
START_TEST(test_no_limit)
{
	config.outage_time = 0;
	fall_asleep();
	ck_assert_uint_eq(mobility_dormancy_deadline(&dormancy, &config), 0);
	now += SECONDS(1000000);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_TICK), 0);
	ck_assert_int_eq(dormancy.state, MOBILITY_DORMANT);
}
END_TEST

/**
 * Who wants less than stock gets less
 */
START_TEST(test_short)
{
	config.outage_time = SECONDS(30);
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SENT), 0);
	while (wait_tick() != MOBILITY_DORMANCY_ASK);
	ck_assert_uint_eq(now, BEGIN + SECONDS(30));
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_SILENT),
					 MOBILITY_DORMANCY_TELL | MOBILITY_DORMANCY_RETIRE);
}
END_TEST

/**
 * The IKE_SA is replaced while it waits for an answer
 */
START_TEST(test_abandoned)
{
	fall_asleep();
	ck_assert_int_eq(feed(MOBILITY_DORMANCY_ABANDONED), MOBILITY_DORMANCY_TELL);
	ck_assert_uint_eq(mobility_dormancy_deadline(&dormancy, &config), 0);
}
END_TEST

/**
 * Whatever happens in whatever order: the invariants hold, nothing is sent while
 * dormant, and no session is ended before its time
 */
START_TEST(test_random)
{
	mobility_dormancy_action_t actions;
	mobility_dormancy_event_t event;
	mobility_state_t before;
	uint64_t silent, deadline;
	bool over;
	int i, j;

	srandom(_i + 1);
	for (i = 0; i < SEQUENCES; i++)
	{
		setup();
		config.outage_time = random() % 3 ? SECONDS(random() % 600 + 1) : 0;
		config.mute_time = random() % 3 ? SECONDS(random() % 600 + 1) : 0;
		config.retransmit.tries = random() % 4;
		config.retransmit.limit = random() % 2 * SECONDS(5);
		for (j = 0; j < EVENTS; j++)
		{
			deadline = mobility_dormancy_deadline(&dormancy, &config);
			now = deadline && random() % 2 ? max(now, deadline)
										   : now + random() % SECONDS(20);
			event = random() % (MOBILITY_DORMANCY_TICK + 1);
			before = dormancy.state;
			over = dormancy.over;
			silent = mobility_dormancy_silent(&dormancy);
			actions = feed(event);
			ck_assert_int_eq(!(actions & MOBILITY_DORMANCY_TELL),
							 before == dormancy.state);
			if (actions & MOBILITY_DORMANCY_RESEND)
			{
				ck_assert_uint_ne(dormancy.sent, 0);
				ck_assert_int_eq(dormancy.state, MOBILITY_CONNECTED);
			}
			if (actions & MOBILITY_DORMANCY_MUTE)
			{
				ck_assert_uint_ne(config.mute_time, 0);
				ck_assert_int_eq(dormancy.state, MOBILITY_DORMANT);
			}
			if (actions & MOBILITY_DORMANCY_RETIRE ||
				dormancy.state == MOBILITY_FAILED)
			{
				ck_assert_uint_ne(config.outage_time, 0);
				ck_assert_uint_ge(now, silent + config.outage_time);
			}
			ck_assert_int_eq(!(actions & MOBILITY_DORMANCY_RETIRE),
							 over || !dormancy.over);
			if (dormancy.state == MOBILITY_FAILED)
			{
				ck_assert(over || before == MOBILITY_FAILED);
			}
		}
		teardown();
	}
	setup();
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("dormancy");

	tc = tcase_create("silence");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_answered);
	tcase_add_test(tc, test_as_stock);
	tcase_add_test(tc, test_esp_comes);
	tcase_add_loop_test(tc, test_return, 0, 2);
	tcase_add_test(tc, test_late_answer);
	tcase_add_test(tc, test_moved);
	tcase_add_test(tc, test_mute);
	tcase_add_test(tc, test_outage_time);
	tcase_add_test(tc, test_kept);
	tcase_add_test(tc, test_no_limit);
	tcase_add_test(tc, test_short);
	tcase_add_test(tc, test_abandoned);
	suite_add_tcase(s, tc);

	tc = tcase_create("random");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_random, 0, 5);
	suite_add_tcase(s, tc);

	return s;
}
