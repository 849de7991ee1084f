/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "control/event_log.h"
#include <threading/thread.h>

static mobility_status_t *status;

static void setup(void)
{
	mobility_suite_setup();
	INIT(status,
		.connection = strdup("home"),
		.session = 1,
		.state = MOBILITY_CONNECTED,
		.cause = "because",
		.uplink = "eth0",
	);
}

static void teardown(void)
{
	mobility_status_destroy(status);
	mobility_suite_teardown();
}

/**
 * Check the times of all that is kept, the oldest first.
 */
static void assert_times(mobility_event_log_t *history, const char *connection,
						 time_t first, u_int count)
{
	mobility_event_log_entry_t *record;
	enumerator_t *enumerator;
	array_t *records;

	records = history->get(history, connection);
	ck_assert_uint_eq(array_count(records), count);
	enumerator = array_create_enumerator(records);
	while (enumerator->enumerate(enumerator, &record))
	{
		ck_assert_uint_eq(record->time, first++);
	}
	enumerator->destroy(enumerator);
	array_destroy(records);
}

START_TEST(test_ring)
{
	mobility_event_log_t *history;
	int i;

	history = mobility_event_log_create(5);
	assert_times(history, NULL, 0, 0);
	for (i = 1; i <= 23; i++)
	{
		status->since = i;
		history->add(history, MOBILITY_EVENT_STATE, MOBILITY_WAITING, status);
		assert_times(history, NULL, max(1, i - 4), min(i, 5));
		assert_times(history, "home", max(1, i - 4), min(i, 5));
		assert_times(history, "other", 0, 0);
	}
	history->destroy(history);
}
END_TEST

START_TEST(test_records)
{
	mobility_event_log_t *history;
	mobility_event_log_entry_t record;
	array_t *records;

	history = mobility_event_log_create(3);
	status->since = 10;
	history->add(history, MOBILITY_EVENT_STATE, MOBILITY_DORMANT, status);
	history->add(history, MOBILITY_EVENT_PATH, MOBILITY_CONNECTED, status);
	status->last_move = (mobility_move_t){
		.time = 11,
		.trigger = "eth0: no carrier",
		.duration = 21,
		.from = "eth0",
		.to = "wlan0",
	};
	history->add(history, MOBILITY_EVENT_MOVE, MOBILITY_CONNECTED, status);

	records = history->get(history, NULL);
	ck_assert_uint_eq(array_count(records), 2);
	ck_assert(array_remove(records, ARRAY_HEAD, &record));
	ck_assert_int_eq(record.kind, MOBILITY_EVENT_STATE);
	ck_assert_uint_eq(record.time, 10);
	ck_assert_int_eq(record.old, MOBILITY_DORMANT);
	ck_assert_int_eq(record.state, MOBILITY_CONNECTED);
	ck_assert_str_eq(record.connection, "home");
	ck_assert_str_eq(record.cause, "because");
	ck_assert_str_eq(record.uplink, "eth0");
	ck_assert_uint_eq(record.move.time, 0);
	ck_assert(array_remove(records, ARRAY_HEAD, &record));
	ck_assert_int_eq(record.kind, MOBILITY_EVENT_MOVE);
	ck_assert_uint_eq(record.time, 11);
	ck_assert_str_eq(record.move.trigger, "eth0: no carrier");
	ck_assert_uint_eq(record.move.duration, 21);
	ck_assert_str_eq(record.move.from, "eth0");
	ck_assert_str_eq(record.move.to, "wlan0");
	array_destroy(records);
	history->destroy(history);
}
END_TEST

START_TEST(test_long_name)
{
	mobility_event_log_t *history;
	mobility_event_log_entry_t record;
	array_t *records;
	char name[300];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	free(status->connection);
	status->connection = strdup(name);
	history = mobility_event_log_create(1);
	history->add(history, MOBILITY_EVENT_STATE, MOBILITY_DORMANT, status);
	records = history->get(history, NULL);
	ck_assert(array_remove(records, ARRAY_HEAD, &record));
	ck_assert_uint_eq(strlen(record.connection), sizeof(record.connection) - 1);
	array_destroy(records);
	assert_times(history, name, status->since, 1);
	name[100] = '\0';
	assert_times(history, name, 0, 0);
	history->destroy(history);
}
END_TEST

/**
 * Adds records.
 */
static void *add_records(mobility_event_log_t *history)
{
	int i;

	for (i = 0; i < 1000; i++)
	{
		history->add(history, MOBILITY_EVENT_STATE, MOBILITY_DORMANT, status);
	}
	return NULL;
}

START_TEST(test_threads)
{
	mobility_event_log_t *history;
	thread_t *threads[4];
	int i;

	history = mobility_event_log_create(10);
	for (i = 0; i < countof(threads); i++)
	{
		threads[i] = thread_create((thread_main_t)add_records, history);
	}
	for (i = 0; i < 1000; i++)
	{
		array_destroy(history->get(history, "home"));
	}
	for (i = 0; i < countof(threads); i++)
	{
		threads[i]->join(threads[i]);
	}
	history->destroy(history);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("history");
	TCase *tc;

	tc = tcase_create("history");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_ring);
	tcase_add_test(tc, test_records);
	tcase_add_test(tc, test_long_name);
	tcase_add_test(tc, test_threads);
	suite_add_tcase(s, tc);

	return s;
}
