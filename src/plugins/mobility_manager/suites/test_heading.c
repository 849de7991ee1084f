/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "mobile/heading.h"

/** number of addresses at each end */
#define ENDS 3

/** events of a random sequence, and number of these */
#define EVENTS 5000
#define SEQUENCES 20

/**
 * Paths between all addresses
 */
static mobility_path_t *paths[ENDS][ENDS];

static mobility_heading_t heading;

static void setup()
{
	char *locals[] = { "10.0.0.2", "10.1.0.2", "fec0::2" };
	char *remotes[] = { "192.0.2.1", "192.0.2.2", "fec0::1" };
	int i, j;

	mobility_suite_setup();
	for (i = 0; i < ENDS; i++)
	{
		for (j = 0; j < ENDS; j++)
		{
			INIT(paths[i][j],
				.ifindex = 2 + i,
				.local = host_create_from_string(locals[i], 0),
				.remote = host_create_from_string(remotes[j], 0),
			);
		}
	}
	heading = (mobility_heading_t){};
	mobility_heading_use(&heading, mobility_path_clone(paths[0][0]));
}

static void teardown()
{
	int i, j;

	mobility_heading_cleanup(&heading);
	for (i = 0; i < ENDS; i++)
	{
		for (j = 0; j < ENDS; j++)
		{
			mobility_path_destroy(paths[i][j]);
		}
	}
	mobility_suite_teardown();
}

/**
 * Get an answer between two addresses, of a path that still is there
 */
static mobility_heading_answer_t answer(int local, int remote)
{
	return (mobility_heading_answer_t){
		.local = paths[local][local]->local,
		.remote = paths[remote][remote]->remote,
		.path = paths[local][remote],
	};
}

/**
 * Check what is going on
 */
static void assert_heading(mobility_heading_state_t state,
						   const mobility_path_t *target)
{
	ck_assert_ptr_null(mobility_heading_check(&heading));
	ck_assert_int_eq(heading.state, state);
	ck_assert(!target == !heading.target);
	ck_assert(!target || mobility_path_equals(heading.target, target));
	ck_assert(mobility_path_equals(mobility_heading_aim(&heading),
								   target ?: heading.path));
}

/**
 * Check if an answer over a path came over the one in use
 */
static bool is_current(mobility_heading_t *heading, mobility_path_t *path)
{
	mobility_heading_answer_t answer = {
		.local = path->local,
		.remote = path->remote,
		.path = path,
	};

	return mobility_heading_is_current(heading, &answer);
}

START_TEST(test_begin)
{
	mobility_heading_t nowhere = {};

	ck_assert_ptr_null(mobility_heading_check(&nowhere));
	ck_assert_ptr_null(mobility_heading_aim(&nowhere));
	ck_assert(!is_current(&nowhere, paths[0][0]));
	assert_heading(MOBILITY_STAYING, NULL);
	mobility_heading_test(&heading, paths[1][0]);
	assert_heading(MOBILITY_TESTING, paths[1][0]);
	/* traffic is where it was */
	ck_assert(is_current(&heading, paths[0][0]));
	mobility_heading_take(&heading, heading.target, 2);
	assert_heading(MOBILITY_MOVING, paths[1][0]);
	/* whatever comes over either path, the peer does not know of the other */
	ck_assert(!is_current(&heading, paths[0][0]));
	mobility_heading_use(&heading, mobility_path_clone(heading.target));
	ck_assert(!is_current(&heading, paths[1][0]));
	mobility_heading_stay(&heading);
	assert_heading(MOBILITY_STAYING, NULL);
	ck_assert(is_current(&heading, paths[1][0]));
}
END_TEST

START_TEST(test_next_hop)
{
	mobility_heading_answer_t answer = {
		.local = paths[0][0]->local,
		.remote = paths[0][0]->remote,
		.probed = TRUE,
	};
	mobility_path_t *other = mobility_path_clone(paths[0][0]);

	/* between the same addresses, but over another router: where there is another
	 * NAT the peer has to know */
	other->gateway = host_create_from_string("10.0.0.254", 0);
	ck_assert(is_current(&heading, paths[0][0]));
	ck_assert(!is_current(&heading, other));
	answer.path = other;
	ck_assert(mobility_heading_follow(&heading, &answer));
	assert_heading(MOBILITY_MOVING, other);
	ck_assert(mobility_path_same_gateway(heading.target, other));
	mobility_heading_use(&heading, mobility_path_clone(heading.target));
	mobility_heading_stay(&heading);
	ck_assert(is_current(&heading, other));
	ck_assert(!is_current(&heading, paths[0][0]));
	ck_assert(mobility_heading_is_current(&heading, &answer));
	ck_assert(!mobility_heading_follow(&heading, &answer));
	/* if both were taken that may be wrong */
	answer.turned = TRUE;
	ck_assert(!mobility_heading_is_current(&heading, &answer));
	ck_assert(mobility_heading_follow(&heading, &answer));
	mobility_heading_stay(&heading);
	/* nobody knows of other next hops anymore */
	answer.path = NULL;
	ck_assert(mobility_heading_is_current(&heading, &answer));
	mobility_path_destroy(other);
}
END_TEST

START_TEST(test_attempts)
{
	ck_assert_int_eq(mobility_heading_attempt(&heading, FALSE),
					 MOBILITY_SEND_ALL);
	mobility_heading_take(&heading, paths[1][0], 2);
	ck_assert_int_eq(mobility_heading_attempt(&heading, FALSE),
					 MOBILITY_SEND_TARGET);
	/* the attempt that is not made counts */
	ck_assert_int_eq(mobility_heading_attempt(&heading, TRUE),
					 MOBILITY_SEND_NONE);
	ck_assert_int_eq(mobility_heading_attempt(&heading, FALSE),
					 MOBILITY_SEND_ALL);
	ck_assert_int_eq(mobility_heading_attempt(&heading, TRUE),
					 MOBILITY_SEND_NONE);
	ck_assert_int_eq(mobility_heading_attempt(&heading, FALSE),
					 MOBILITY_SEND_ALL);
	/* what is left of them does not outlive the move */
	mobility_heading_take(&heading, paths[1][0], 2);
	mobility_heading_stay(&heading);
	ck_assert_int_eq(mobility_heading_attempt(&heading, FALSE),
					 MOBILITY_SEND_ALL);
}
END_TEST

/**
 * What each answer says about a test of the path 1-0
 */
START_TEST(test_tested)
{
	static const struct {
		int local, remote;
		bool spread, early;
		mobility_heading_verdict_t verdict;
	} cases[] = {
		{ 1, 0, FALSE, TRUE, MOBILITY_ANSWER_PROVES },
		{ 1, 0, TRUE, FALSE, MOBILITY_ANSWER_PROVES },
		{ 0, 0, FALSE, TRUE, MOBILITY_ANSWER_DENIES },
		{ 0, 0, TRUE, TRUE, MOBILITY_ANSWER_SAYS_NOTHING },
		{ 0, 0, TRUE, FALSE, MOBILITY_ANSWER_DENIES },
		{ 1, 1, FALSE, FALSE, MOBILITY_ANSWER_DENIES },
		{ 2, 2, TRUE, TRUE, MOBILITY_ANSWER_SAYS_NOTHING },
	};
	mobility_heading_answer_t got = answer(cases[_i].local, cases[_i].remote);

	got.spread = cases[_i].spread;
	got.early = cases[_i].early;
	ck_assert_int_eq(mobility_heading_tested(&heading, &got),
					 MOBILITY_ANSWER_SAYS_NOTHING);
	mobility_heading_test(&heading, paths[1][0]);
	ck_assert_int_eq(mobility_heading_tested(&heading, &got),
					 cases[_i].verdict);
	/* to decide what follows is the caller's */
	assert_heading(MOBILITY_TESTING, paths[1][0]);
	mobility_heading_take(&heading, paths[1][0], 0);
	ck_assert_int_eq(mobility_heading_tested(&heading, &got),
					 MOBILITY_ANSWER_SAYS_NOTHING);
}
END_TEST

START_TEST(test_follow)
{
	mobility_heading_answer_t got = answer(1, 1);

	/* the path in use works, as far as is known */
	ck_assert(!mobility_heading_follow(&heading, &got));
	got = answer(0, 0);
	got.probed = TRUE;
	ck_assert(!mobility_heading_follow(&heading, &got));
	/* it was silent, but there is no such path */
	got = answer(1, 1);
	got.probed = TRUE;
	got.path = NULL;
	ck_assert(!mobility_heading_follow(&heading, &got));
	assert_heading(MOBILITY_STAYING, NULL);
	got.path = paths[1][1];
	ck_assert(mobility_heading_follow(&heading, &got));
	assert_heading(MOBILITY_MOVING, paths[1][1]);
	ck_assert_uint_eq(heading.insist, MOBILITY_PROVEN_ATTEMPTS);
	/* a move is under way to where nobody answers */
	got = answer(2, 2);
	ck_assert(mobility_heading_follow(&heading, &got));
	assert_heading(MOBILITY_MOVING, paths[2][2]);
}
END_TEST

/**
 * What each answer says about an update to the path 1-0, or of the path in use
 */
START_TEST(test_updated)
{
	static const struct {
		bool move;
		int local, remote;
		bool there, spread, again;
		/** local address of the path taken then */
		int target;
	} cases[] = {
		/* as it was asked */
		{ TRUE, 1, 0, TRUE, FALSE, FALSE },
		{ FALSE, 0, 0, TRUE, FALSE, FALSE },
		/* over another path, or over several */
		{ TRUE, 0, 0, TRUE, FALSE, TRUE, 0 },
		{ FALSE, 1, 0, TRUE, FALSE, TRUE, 1 },
		{ TRUE, 1, 0, TRUE, TRUE, TRUE, 1 },
		{ FALSE, 0, 0, TRUE, TRUE, TRUE, 0 },
		/* from another address of the peer than the one asked */
		{ TRUE, 1, 1, FALSE, FALSE, FALSE },
		/* at an address that is gone meanwhile */
		{ TRUE, 0, 0, FALSE, FALSE, TRUE, 1 },
		{ TRUE, 1, 1, FALSE, TRUE, TRUE, 1 },
		{ FALSE, 2, 0, FALSE, FALSE, TRUE, 0 },
	};
	mobility_heading_answer_t got = answer(cases[_i].local, cases[_i].remote);

	if (cases[_i].move)
	{
		mobility_heading_take(&heading, paths[1][0], 0);
	}
	got.spread = cases[_i].spread;
	if (!cases[_i].there)
	{
		got.path = NULL;
	}
	if (cases[_i].again)
	{
		ck_assert_int_eq(mobility_heading_updated(&heading, &got),
						 MOBILITY_ANSWER_LEADS_ON);
		assert_heading(MOBILITY_MOVING, paths[cases[_i].target][0]);
		ck_assert_uint_eq(heading.insist, got.path ? MOBILITY_PROVEN_ATTEMPTS
												   : MOBILITY_EARLY_ATTEMPTS);
	}
	else
	{
		ck_assert_int_eq(mobility_heading_updated(&heading, &got),
						 MOBILITY_ANSWER_PROVES);
	}
}
END_TEST

START_TEST(test_has_failed)
{
	mobility_heading_answer_t back = answer(0, 0), there = answer(1, 0);

	/* taken for want of the one in use, which is only slow */
	mobility_heading_take(&heading, paths[1][0], 0);
	ck_assert(!mobility_heading_has_failed(&heading, &back));
	/* answers tests, but nothing else */
	mobility_heading_stay(&heading);
	mobility_heading_test(&heading, paths[1][0]);
	mobility_heading_take(&heading, paths[1][0], 0);
	ck_assert(mobility_heading_has_failed(&heading, &back));
	ck_assert(!mobility_heading_has_failed(&heading, &there));
	/* the one in use is gone, or another one answers: that says nothing */
	there = answer(2, 0);
	ck_assert(!mobility_heading_has_failed(&heading, &there));
	mobility_heading_use(&heading, mobility_path_clone(paths[1][0]));
	ck_assert(!mobility_heading_has_failed(&heading, &back));
	/* taken while another one was tested */
	mobility_heading_use(&heading, mobility_path_clone(paths[0][0]));
	mobility_heading_test(&heading, paths[1][0]);
	mobility_heading_take(&heading, paths[2][0], 0);
	ck_assert(!mobility_heading_has_failed(&heading, &back));
}
END_TEST

START_TEST(test_refused)
{
	mobility_heading_take(&heading, paths[1][0], 1);
	ck_assert(mobility_heading_refused(&heading, paths[2][0], 1000));
	assert_heading(MOBILITY_MOVING, paths[2][0]);
	ck_assert_uint_eq(heading.hold_off, 0);
	ck_assert(!mobility_heading_refused(&heading, NULL, 1000));
	assert_heading(MOBILITY_STAYING, NULL);
	ck_assert_uint_eq(heading.hold_off, 1000 + MOBILITY_REFUSED_INTERVAL);
}
END_TEST

/**
 * The check finds what is not as it has to be
 */
START_TEST(test_check)
{
	mobility_path_t *path = heading.path;

	heading.target = path;
	ck_assert_ptr_nonnull(mobility_heading_check(&heading));
	heading.target = NULL;
	heading.insist = 1;
	ck_assert_ptr_nonnull(mobility_heading_check(&heading));
	heading.insist = 0;
	heading.state = MOBILITY_TESTING;
	ck_assert_ptr_nonnull(mobility_heading_check(&heading));
	heading.state = MOBILITY_MOVING;
	ck_assert_ptr_nonnull(mobility_heading_check(&heading));
	heading.target = path;
	ck_assert_ptr_null(mobility_heading_check(&heading));
	heading.insist = MOBILITY_PROVEN_ATTEMPTS + 1;
	ck_assert_ptr_nonnull(mobility_heading_check(&heading));
	heading.state = MOBILITY_MOVING + 1;
	ck_assert_ptr_nonnull(mobility_heading_check(&heading));
	heading = (mobility_heading_t){ .path = path };
}
END_TEST

/**
 * One random event
 */
static void happen()
{
	mobility_heading_answer_t got = answer(random() % ENDS, random() % ENDS);
	mobility_path_t *path = paths[random() % ENDS][random() % ENDS];
	mobility_path_t *aim = mobility_path_clone(mobility_heading_aim(&heading));
	u_int insist = heading.insist;

	got.spread = random() % 2;
	got.probed = random() % 2;
	got.early = random() % 2;
	got.path = random() % 4 ? got.path : NULL;
	switch (random() % 8)
	{
		case 0:
			mobility_heading_test(&heading, path);
			break;
		case 1:
			mobility_heading_take(&heading, random() % 2 ? path : aim,
								  random() % 3);
			break;
		case 2:
			mobility_heading_stay(&heading);
			break;
		case 3:
			ck_assert(mobility_heading_attempt(&heading, FALSE) ==
					  (insist ? MOBILITY_SEND_TARGET : MOBILITY_SEND_ALL));
			break;
		case 4:
			if (mobility_heading_tested(&heading, &got) ==
													MOBILITY_ANSWER_PROVES)
			{
				ck_assert(mobility_path_has(aim, got.local, got.remote));
			}
			break;
		case 5:
			if (mobility_heading_follow(&heading, &got))
			{	/* only where the peer has answered */
				ck_assert(mobility_path_equals(heading.target, got.path));
			}
			break;
		case 6:
			if (mobility_heading_updated(&heading, &got) ==
													MOBILITY_ANSWER_PROVES)
			{	/* it went nowhere else, and was answered where it came from */
				ck_assert(!got.spread);
				ck_assert(aim->local->ip_equals(aim->local, got.local));
			}
			break;
		default:
			mobility_heading_refused(&heading, random() % 2 ? path : NULL,
									 random());
			break;
	}
	mobility_path_destroy(aim);
}

START_TEST(test_random)
{
	const char *broken;
	int i;

	srandom(_i);
	for (i = 0; i < EVENTS; i++)
	{
		happen();
		broken = mobility_heading_check(&heading);
		ck_assert_msg(!broken, "seed %d, event %d: %s", _i, i, broken);
	}
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("heading");

	tc = tcase_create("cases");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_begin);
	tcase_add_test(tc, test_next_hop);
	tcase_add_test(tc, test_attempts);
	tcase_add_loop_test(tc, test_tested, 0, 7);
	tcase_add_test(tc, test_follow);
	tcase_add_loop_test(tc, test_updated, 0, 10);
	tcase_add_test(tc, test_has_failed);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_check);
	suite_add_tcase(s, tc);

	tc = tcase_create("random");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_random, 0, SEQUENCES);
	suite_add_tcase(s, tc);

	return s;
}
