/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "mobile/pmtu_probe.h"

START_TEST(test_no_need)
{
	mobility_pmtu_probe_t mtu;
	uint32_t believed;

	for (believed = 0; believed <= MOBILITY_MTU_FLOOR; believed++)
	{
		ck_assert(!mobility_pmtu_probe_begin(&mtu, FALSE, believed, 10, 1000));
		ck_assert_int_eq(mtu.next, 0);
	}
	ck_assert(mobility_pmtu_probe_begin(&mtu, FALSE, MOBILITY_MTU_FLOOR + 1,
										10, 1000));
	ck_assert_int_eq(mtu.size, MOBILITY_MTU_FLOOR + 1);
	ck_assert(mobility_pmtu_probe_begin(&mtu, FALSE, 65536, 10, 1000));
	ck_assert_int_eq(mtu.size, MOBILITY_MTU_CEILING);
}
END_TEST

START_TEST(test_arrives)
{
	mobility_pmtu_probe_t mtu;
	bool again;

	/* the kernel is right */
	ck_assert(mobility_pmtu_probe_begin(&mtu, FALSE, 1500, 0, 1000));
	ck_assert_int_eq(mtu.next, 1000 + MOBILITY_MTU_INTERVAL);
	ck_assert(!mobility_pmtu_probe_tick(&mtu, mtu.next - 1));
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 1500, &again), 0);
	ck_assert(!again);
	ck_assert_int_eq(mtu.next, 0);
	ck_assert(!mobility_pmtu_probe_tick(&mtu, 100000));

	/* the cipher has the request not quite as large: nothing else is proven */
	ck_assert(mobility_pmtu_probe_begin(&mtu, FALSE, 1500, 0, 1000));
	mtu.size = 1488;
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 1500, &again), 1488);
	ck_assert(!again);

	/* lost at first */
	ck_assert(mobility_pmtu_probe_begin(&mtu, FALSE, 1500, 0, 1000));
	ck_assert_int_eq(mobility_pmtu_probe_tick(&mtu, mtu.next),
					 MOBILITY_MTU_FIRST);
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 1500, &again), 0);
	ck_assert(!again);
}
END_TEST

START_TEST(test_lost)
{
	mobility_pmtu_probe_t mtu;
	uint64_t begun = 1000, now;
	u_int sent = 1;
	bool again;

	/* patience for a slow path */
	ck_assert(mobility_pmtu_probe_begin(&mtu, FALSE, 1500, 700, begun));
	ck_assert_int_eq(mtu.next, begun + 1400);
	for (now = begun; mobility_pmtu_probe_tick(&mtu,
											   now) != MOBILITY_MTU_BOTH; now++)
	{
		ck_assert(!mtu.lost);
		sent = mtu.attempt;
	}
	ck_assert_int_eq(sent, MOBILITY_MTU_ATTEMPTS);
	ck_assert_int_eq(now, begun + 1400 * MOBILITY_MTU_ATTEMPTS);
	mobility_pmtu_probe_both(&mtu, now);
	ck_assert(mtu.lost);
	/* whoever repeats the request now leaves it to others */
	ck_assert_int_eq(mtu.next, 0);
	mobility_pmtu_probe_both(&mtu, now + 4000);
	ck_assert(!mobility_pmtu_probe_tick(&mtu, now + 5000));
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 1500, &again),
					 MOBILITY_MTU_FLOOR);
	ck_assert(!again);
	ck_assert(!mtu.lost);
}
END_TEST

START_TEST(test_trial)
{
	mobility_pmtu_probe_t mtu;
	bool again;

	/* parts get through */
	ck_assert(mobility_pmtu_probe_begin(&mtu, TRUE, 1500, 0, 1000));
	ck_assert(mtu.trial);
	ck_assert_int_eq(mtu.size, MOBILITY_MTU_FLOOR);
	ck_assert_int_eq(mobility_pmtu_probe_tick(&mtu, mtu.next),
					 MOBILITY_MTU_FIRST);
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 1500, &again),
					 MOBILITY_MTU_FLOOR);
	ck_assert(!again);
	ck_assert(!mtu.trial);

	/* they do not, or a router has told what does */
	ck_assert(mobility_pmtu_probe_begin(&mtu, TRUE, 1500, 0, 1000));
	mobility_pmtu_probe_both(&mtu, 1000 + MOBILITY_MTU_INTERVAL);
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 1500, &again), 0);
	ck_assert(!again);
	ck_assert(mobility_pmtu_probe_begin(&mtu, TRUE, 1500, 0, 1000));
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 1400, &again), 0);
	ck_assert(!again);

	/* nobody knows */
	ck_assert(mobility_pmtu_probe_begin(&mtu, TRUE, 1500, 0, 1000));
	mobility_pmtu_probe_both(&mtu, 1001);
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 1500, &again), 0);
	ck_assert(again);

	/* no need */
	ck_assert(!mobility_pmtu_probe_begin(&mtu, TRUE, MOBILITY_MTU_FLOOR, 0,
										 1000));
}
END_TEST

START_TEST(test_told)
{
	mobility_pmtu_probe_t mtu;
	bool again;

	/* a router has told the kernel that large packets get lost */
	ck_assert(mobility_pmtu_probe_begin(&mtu, FALSE, 1500, 0, 1000));
	mobility_pmtu_probe_both(&mtu, 2000);
	ck_assert(mtu.lost);
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 1300, &again), 0);
	ck_assert(!again);
	/* it has sent them in parts since then */
	ck_assert(mobility_pmtu_probe_begin(&mtu, FALSE, 1500, 0, 1000));
	mtu.size = 1488;
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 1300, &again), 0);
	ck_assert(mobility_pmtu_probe_begin(&mtu, FALSE, 1500, 0, 1000));
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 0, &again), 0);
}
END_TEST

START_TEST(test_both)
{
	mobility_pmtu_probe_t mtu;
	bool again;

	/* without any measurement */
	mtu = (mobility_pmtu_probe_t){};
	mobility_pmtu_probe_both(&mtu, 1000);
	ck_assert(!mtu.lost);
	ck_assert(!mtu.spoiled);

	/* there was no time to answer, there still is not later */
	ck_assert(mobility_pmtu_probe_begin(&mtu, FALSE, 1500, 0, 1000));
	mobility_pmtu_probe_both(&mtu, 1000 + MOBILITY_MTU_INTERVAL - 1);
	ck_assert_int_eq(mtu.next, 0);
	mobility_pmtu_probe_both(&mtu, 5000);
	ck_assert(!mobility_pmtu_probe_tick(&mtu, 100000));
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 1500, &again), 0);
	ck_assert(again);

	/* there was */
	ck_assert(mobility_pmtu_probe_begin(&mtu, FALSE, 1500, 0, 1000));
	mobility_pmtu_probe_both(&mtu, 1000 + MOBILITY_MTU_INTERVAL);
	ck_assert_int_eq(mtu.next, 0);
	ck_assert_int_eq(mobility_pmtu_probe_answered(&mtu, 1500, &again),
					 MOBILITY_MTU_FLOOR);
	ck_assert(!again);
}
END_TEST

START_TEST(test_random)
{
	uint32_t believed, current, takes;
	uint64_t now, begun, both;
	mobility_pmtu_probe_t mtu;
	bool again, trial;
	u_int sent;
	int i;

	for (i = 0; i < 200000; i++)
	{
		now = begun = random();
		believed = current = random() % 10000;
		both = 0;
		sent = 1;
		trial = random() % 2;
		if (!mobility_pmtu_probe_begin(&mtu, trial, believed, random() % 3000,
									   now))
		{
			mobility_assert(believed <= MOBILITY_MTU_FLOOR);
			continue;
		}
		mtu.size -= random() % 16;
		while (random() % 6)
		{
			now += random() % 1000;
			if (!(random() % 20))
			{
				mobility_pmtu_probe_both(&mtu, now);
				both = both ?: now;
			}
			if (!(random() % 20))
			{
				current = min(current, 600 + random() % 1000);
			}
			switch (mobility_pmtu_probe_tick(&mtu, now))
			{
				case MOBILITY_MTU_FIRST:
					mobility_assert(!both);
					sent++;
					break;
				case MOBILITY_MTU_BOTH:
					mobility_assert(!both);
					mobility_assert(sent == MOBILITY_MTU_ATTEMPTS);
					mobility_assert(now >= begun + MOBILITY_MTU_ATTEMPTS *
													MOBILITY_MTU_INTERVAL);
					mobility_pmtu_probe_both(&mtu, now);
					both = now;
					break;
				case MOBILITY_MTU_NONE:
					break;
			}
			mobility_assert(sent <= MOBILITY_MTU_ATTEMPTS);
			mobility_assert(!mtu.next || mtu.next > now);
			mobility_assert(!mtu.next == (both != 0));
		}
		takes = mobility_pmtu_probe_answered(&mtu, current, &again);
		/* never more than the kernel believes, never less than any path takes */
		mobility_assert(takes < current || !takes);
		mobility_assert(!takes || takes >= MOBILITY_MTU_FLOOR - 15);
		mobility_assert(!takes || current >= min(believed,
												 MOBILITY_MTU_CEILING));
		mobility_assert(!again || (!takes && both));
		/* a large one follows only if parts were answered */
		mobility_assert(!trial || !both || !takes);
		/* some time to answer */
		mobility_assert(!takes || !both ||
						both >= begun + MOBILITY_MTU_INTERVAL);
		mobility_assert(!mtu.next && !mtu.size);
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("mtu");

	tc = tcase_create("mtu");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_test(tc, test_no_need);
	tcase_add_test(tc, test_arrives);
	tcase_add_test(tc, test_lost);
	tcase_add_test(tc, test_trial);
	tcase_add_test(tc, test_told);
	tcase_add_test(tc, test_both);
	tcase_add_test(tc, test_random);
	suite_add_tcase(s, tc);
	return s;
}
