/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "net/resume.h"

/** a host has slept for that long, awake for that long */
#define ASLEEP 3600000
#define AWAKE 7200000

/**
 * Check what is told of a host that slept before as long as ASLEEP, and what
 * is kept
 */
static void assert_slept(int64_t boottime, int64_t monotonic, uint64_t slept,
						 uint64_t kept)
{
	uint64_t asleep = ASLEEP;

	ck_assert_uint_eq(mobility_resume_check(&asleep, boottime, monotonic),
					  slept);
	ck_assert_uint_eq(asleep, kept);
}

START_TEST(test_awake)
{
	assert_slept(ASLEEP + AWAKE, AWAKE, 0, ASLEEP);
	/* later, and much later */
	assert_slept(ASLEEP + AWAKE + 1, AWAKE + 1, 0, ASLEEP);
	assert_slept(ASLEEP + AWAKE * 1000LL, AWAKE * 1000LL, 0, ASLEEP);
	/* one clock is read after the other */
	assert_slept(ASLEEP + AWAKE + 7, AWAKE, 0, ASLEEP + 7);
}
END_TEST

START_TEST(test_asleep)
{
	uint64_t shortest = MOBILITY_RESUME_MIN;

	assert_slept(ASLEEP + AWAKE + shortest - 1, AWAKE, 0,
				 ASLEEP + shortest - 1);
	assert_slept(ASLEEP + AWAKE + shortest, AWAKE, shortest, ASLEEP + shortest);
	assert_slept(ASLEEP + AWAKE + 86400000, AWAKE + 5, 86399995,
				 ASLEEP + 86399995);
}
END_TEST

START_TEST(test_clocks_differ)
{
	/* the kernel's clocks may be apart a little less than before */
	assert_slept(ASLEEP + AWAKE - 1, AWAKE, 0, ASLEEP - 1);
	/* equal as long as it never slept, and read in the wrong order */
	assert_slept(AWAKE, AWAKE, 0, 0);
	assert_slept(AWAKE - 1, AWAKE, 0, 0);
	assert_slept(0, 0, 0, 0);
}
END_TEST

START_TEST(test_each_suspend_once)
{
	uint64_t asleep = 0;

	/* what there was before we looked the first time does count */
	ck_assert_uint_eq(mobility_resume_check(&asleep, 15000, 10000), 5000);
	ck_assert_uint_eq(mobility_resume_check(&asleep, 15000, 10000), 0);
	ck_assert_uint_eq(mobility_resume_check(&asleep, 16000, 11000), 0);
	ck_assert_uint_eq(mobility_resume_check(&asleep, 20000, 12000), 3000);
	/* short ones do not add up */
	ck_assert_uint_eq(mobility_resume_check(&asleep, 21500, 12000), 0);
	ck_assert_uint_eq(mobility_resume_check(&asleep, 23000, 12000), 0);
	ck_assert_uint_eq(mobility_resume_check(&asleep, 25000, 12000), 2000);
}
END_TEST

/**
 * A host that sleeps now and then, and is asked now and then, also by somebody
 * who reads one clock some milliseconds after the other
 */
START_TEST(test_random)
{
	uint64_t boottime = 0, monotonic = 0, asleep = 0;
	uint64_t step, sleep, slept, late, total;
	int i;

	srandom(1);
	for (i = 0; i < 1000000; i++)
	{
		step = random() % 10000;
		sleep = random() % 4 ? 0 : random() % (3 * MOBILITY_RESUME_MIN);
		late = random() % 5;
		monotonic += step;
		boottime += step + sleep;
		total = boottime + late - monotonic;
		slept = mobility_resume_check(&asleep, boottime + late, monotonic);
		mobility_assert(asleep == total);
		/* it may count what went by between the clocks, in either direction */
		mobility_assert(!slept || slept >= MOBILITY_RESUME_MIN);
		mobility_assert(!slept || (slept <= sleep + 5 && slept + 5 >= sleep));
		mobility_assert(slept || sleep < MOBILITY_RESUME_MIN + 5);
	}
}
END_TEST

/**
 * mobility_resume_cb_t
 */
static void resumed(void *data, uint64_t slept)
{
	ck_abort_msg("did not sleep for %llu ms", (unsigned long long)slept);
}

START_TEST(test_create)
{
	mobility_resume_t *resume;

	/* nothing is told by a host that is awake, whatever it slept before */
	lib->processor->set_threads(lib->processor, 2);
	resume = mobility_resume_create(resumed, NULL);
	ck_assert(resume != NULL);
	resume->destroy(resume);
	lib->processor->cancel(lib->processor);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("resume");

	tc = tcase_create("check");
	tcase_add_test(tc, test_awake);
	tcase_add_test(tc, test_asleep);
	tcase_add_test(tc, test_clocks_differ);
	tcase_add_test(tc, test_each_suspend_once);
	tcase_add_test(tc, test_random);
	suite_add_tcase(s, tc);

	tc = tcase_create("timer");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_test(tc, test_create);
	suite_add_tcase(s, tc);

	return s;
}
