/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "mobile/progress.h"

/** two paths */
static mobility_path_t *cable, *wifi;

/** what is tested */
static mobility_progress_t progress;

/** last move */
static mobility_move_t move;

/**
 * Create a path
 */
static mobility_path_t *create_path(int ifindex, char *ifname, char *local)
{
	mobility_path_t *path;

	INIT(path,
		.ifindex = ifindex,
		.local = host_create_from_string(local, 0),
		.remote = host_create_from_string("192.0.2.1", 0),
	);
	snprintf(path->ifname, sizeof(path->ifname), "%s", ifname);
	return path;
}

static void setup()
{
	mobility_suite_setup();
	memset(&progress, 0, sizeof(progress));
	cable = create_path(2, "eth0", "10.1.0.2");
	wifi = create_path(3, "wlan0", "10.2.0.2");
}

static void teardown()
{
	mobility_progress_cancel(&progress);
	mobility_path_destroy(cable);
	mobility_path_destroy(wifi);
	mobility_suite_teardown();
}

START_TEST(test_move)
{
	mobility_progress_begin(&progress, "eth0: no carrier", cable, 1000);
	ck_assert(mobility_progress_complete(&progress, wifi, 1042, 77,
										 &move));
	ck_assert_str_eq(move.trigger, "eth0: no carrier");
	ck_assert_str_eq(move.from, "eth0");
	ck_assert_str_eq(move.to, "wlan0");
	ck_assert_int_eq(move.duration, 42);
	ck_assert_int_eq(move.time, 77);
	/* that was all */
	ck_assert(!mobility_progress_complete(&progress, cable, 2000, 78,
										 &move));
	ck_assert_str_eq(move.to, "wlan0");
}
END_TEST

START_TEST(test_first_trigger)
{
	/* whatever happens on the way, the first one caused it */
	mobility_progress_begin(&progress, "eth0: no carrier", cable, 1000);
	mobility_progress_begin(&progress, "peer does not answer", wifi, 1500);
	ck_assert(mobility_progress_complete(&progress, wifi, 3000, 77,
										 &move));
	ck_assert_str_eq(move.trigger, "eth0: no carrier");
	ck_assert_str_eq(move.from, "eth0");
	ck_assert_int_eq(move.duration, 2000);
}
END_TEST

START_TEST(test_no_move)
{
	/* back where it was */
	mobility_progress_begin(&progress, "peer does not answer", cable, 1000);
	ck_assert(!mobility_progress_complete(&progress, cable, 1500, 77,
										 &move));
	/* it was nothing */
	mobility_progress_begin(&progress, "peer does not answer", cable, 2000);
	mobility_progress_cancel(&progress);
	ck_assert(!mobility_progress_complete(&progress, wifi, 2500, 77,
										 &move));
	/* and does not count for the next one */
	mobility_progress_begin(&progress, "requested", wifi, 3000);
	ck_assert(mobility_progress_complete(&progress, cable, 3001, 77,
										 &move));
	ck_assert_str_eq(move.trigger, "requested");
	ck_assert_str_eq(move.from, "wlan0");
	ck_assert_int_eq(move.duration, 1);
}
END_TEST

START_TEST(test_unknown)
{
	/* paths that the monitor does not know */
	mobility_progress_begin(&progress, "eth0: gone", NULL, 1000);
	ck_assert(mobility_progress_complete(&progress, wifi, 1001, 77,
										 &move));
	ck_assert_str_eq(move.from, "");
	ck_assert_str_eq(move.to, "wlan0");
	mobility_progress_begin(&progress, "wlan0: gone", wifi, 2000);
	ck_assert(mobility_progress_complete(&progress, NULL, 2001, 77,
										 &move));
	ck_assert_str_eq(move.to, "");
}
END_TEST

START_TEST(test_nothing_kept)
{
	/* what only a move needs does not outlive it */
	mobility_progress_begin(&progress, "eth0: no carrier", cable, 1000);
	ck_assert(mobility_path_equals(progress.origin, cable));
	ck_assert(mobility_progress_complete(&progress, wifi, 1001, 77,
										 &move));
	ck_assert(!progress.current);
	ck_assert(!progress.origin);
	mobility_progress_begin(&progress, "requested", wifi, 2000);
	mobility_progress_cancel(&progress);
	ck_assert(!progress.current);
	ck_assert(!progress.origin);
}
END_TEST

START_TEST(test_long_trigger)
{
	char trigger[sizeof(move.trigger) * 2];

	memset(trigger, 'x', sizeof(trigger) - 1);
	trigger[sizeof(trigger) - 1] = '\0';
	mobility_progress_begin(&progress, trigger, cable, 1000);
	ck_assert(mobility_progress_complete(&progress, wifi, 1001, 77,
										 &move));
	ck_assert_int_eq(strlen(move.trigger),
					 sizeof(move.trigger) - 1);
}
END_TEST

START_TEST(test_renew)
{
	/* it leads to where it comes from, and is a move nevertheless */
	mobility_progress_begin(&progress, "eth0: no carrier", wifi, 500);
	mobility_progress_renew(&progress, "encapsulated", cable, 1000);
	ck_assert(mobility_progress_complete(&progress, cable, 1042, 77, &move));
	ck_assert_str_eq(move.trigger, "encapsulated");
	ck_assert_str_eq(move.from, "eth0");
	ck_assert_str_eq(move.to, "eth0");
	ck_assert_int_eq(move.duration, 42);
	ck_assert(!mobility_progress_complete(&progress, cable, 2000, 78, &move));
}
END_TEST

START_TEST(test_same)
{
	/* nobody had noticed anything */
	mobility_progress_same(&progress, "port 1", cable, 500);
	ck_assert(mobility_progress_complete(&progress, cable, 542, 77, &move));
	ck_assert_str_eq(move.trigger, "port 1");
	ck_assert_int_eq(move.duration, 42);
	/* it was silent before, and the next one was so as well */
	mobility_progress_begin(&progress, "eth0: silent", cable, 500);
	mobility_progress_same(&progress, "port 2", cable, 600);
	mobility_progress_same(&progress, "port 3", cable, 700);
	ck_assert(mobility_progress_complete(&progress, cable, 742, 77, &move));
	ck_assert_str_eq(move.trigger, "port 3");
	ck_assert_str_eq(move.from, "eth0");
	ck_assert_str_eq(move.to, "eth0");
	ck_assert_int_eq(move.duration, 242);
	/* where it moves to there is such a thing */
	mobility_progress_begin(&progress, "eth0: no carrier", cable, 500);
	mobility_progress_same(&progress, "port 4", wifi, 600);
	ck_assert(mobility_progress_complete(&progress, wifi, 742, 77, &move));
	ck_assert_str_eq(move.trigger, "eth0: no carrier");
	ck_assert_int_eq(move.duration, 242);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("progress");
	tc = tcase_create("progress");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_move);
	tcase_add_test(tc, test_first_trigger);
	tcase_add_test(tc, test_no_move);
	tcase_add_test(tc, test_unknown);
	tcase_add_test(tc, test_nothing_kept);
	tcase_add_test(tc, test_long_trigger);
	tcase_add_test(tc, test_renew);
	tcase_add_test(tc, test_same);
	suite_add_tcase(s, tc);
	return s;
}
