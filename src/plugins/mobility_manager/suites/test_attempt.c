/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "mobile/attempt.h"

/** seconds, minutes */
#define S(n) ((n) * 1000ULL)
#define M(n) ((n) * 60 * 1000ULL)

/** when it all begins, and two networks */
#define BEGIN S(1000)
#define HOME 4711
#define TRAIN 4712

/** refusals that are too many */
#define LIMIT 3

/** random lives, and events of each */
#define LIVES 2000
#define EVENTS 300

/** what is tested */
static mobility_attempt_t attempt;

static void setup()
{
	mobility_suite_setup();
	memset(&attempt, 0, sizeof(attempt));
}

/**
 * Check the invariants
 */
static void check()
{
	const char *problem = mobility_attempt_check(&attempt);

	ck_assert_msg(!problem, "%N: %s", mobility_attempt_state_names,
				  attempt.state, problem);
}

/**
 * Have it tick
 */
static mobility_attempt_action_t tick(uint64_t now)
{
	mobility_attempt_action_t action;

	action = mobility_attempt_tick(&attempt, now);
	check();
	return action;
}

/**
 * Begin an attempt and have it answered after a time
 */
static uint64_t ask(uint64_t now, uint64_t took)
{
	ck_assert(mobility_attempt_may_begin(&attempt, HOME, LIMIT, now));
	mobility_attempt_begin(&attempt, FALSE, now);
	check();
	ck_assert(!mobility_attempt_may_begin(&attempt, HOME, LIMIT, now));
	ck_assert_int_eq(tick(now), MOBILITY_ATTEMPT_WAIT);
	ck_assert(!attempt.next);
	ck_assert(!mobility_attempt_answered(&attempt, TRUE, now + took));
	check();
	ck_assert_int_eq(attempt.state, MOBILITY_ATTEMPT_CHECKING);
	return now + took;
}

/**
 * Let time pass until an action, which is expected to be another one than
 * repeating the held request; returns when it is
 */
static uint64_t run(uint64_t now, mobility_attempt_action_t expected,
					u_int *repeats)
{
	mobility_attempt_action_t action;
	u_int i;

	for (i = 0; i < 100; i++)
	{
		action = tick(now);
		if (action == expected)
		{
			return now;
		}
		*repeats += action == MOBILITY_ATTEMPT_REPEAT;
		ck_assert(attempt.next > now);
		now = attempt.next;
	}
	ck_abort_msg("it never comes");
	return 0;
}

START_TEST(test_stray)
{
	mobility_attempt_begin(&attempt, FALSE, BEGIN);
	ck_assert(!mobility_attempt_may_stray(&attempt, BEGIN));
	mobility_attempt_asked(&attempt, BEGIN + MOBILITY_ATTEMPT_KIN - 1);
	ck_assert(!mobility_attempt_may_stray(&attempt,
										  BEGIN + MOBILITY_ATTEMPT_KIN - 1));
	ck_assert(mobility_attempt_may_stray(&attempt,
										 BEGIN + MOBILITY_ATTEMPT_KIN));
	/* with each attempt */
	mobility_attempt_end(&attempt, MOBILITY_ATTEMPT_DROPPED, HOME, BEGIN + S(9));
	mobility_attempt_begin(&attempt, FALSE, BEGIN + S(9));
	ck_assert(!mobility_attempt_may_stray(&attempt, BEGIN + S(9)));
}
END_TEST

/**
 * Times that IKE_SA_INIT may take, and how long the held request is waited for
 */
static struct {
	uint64_t took, patience;
} patiences[] = {
	{ 0, S(2) },
	{ 20, S(2) },
	{ 500, S(2) },
	{ 501, 2004 },
	{ S(4), S(16) },
};

START_TEST(test_login)
{
	uint64_t answered, now;
	u_int repeats = 0;

	answered = ask(BEGIN, patiences[_i].took);
	now = run(answered, MOBILITY_ATTEMPT_ASK, &repeats);
	ck_assert_uint_eq(repeats, MOBILITY_ATTEMPT_REPEATS);
	ck_assert(now >= answered + patiences[_i].patience);
	ck_assert(now <= answered + patiences[_i].patience + 10);
	/* whoever answers over another path is not who was checked */
	ck_assert(!mobility_attempt_answered(&attempt, FALSE, now + 5));
	check();
	ck_assert_int_eq(attempt.state, MOBILITY_ATTEMPT_READY);
	ck_assert(mobility_attempt_answered(&attempt, TRUE, now + 5));
	check();
	ck_assert_int_eq(attempt.state, MOBILITY_ATTEMPT_LOGIN);
	/* once is enough, and there is no way back */
	ck_assert(!mobility_attempt_answered(&attempt, TRUE, now + 6));
	ck_assert(!mobility_attempt_refute(&attempt));
	mobility_attempt_lost(&attempt);
	ck_assert_int_eq(attempt.state, MOBILITY_ATTEMPT_LOGIN);
	mobility_attempt_end(&attempt, MOBILITY_ATTEMPT_DONE, HOME, now + 10);
	ck_assert(mobility_attempt_may_begin(&attempt, HOME, LIMIT, now + 10));
}
END_TEST

START_TEST(test_answer_lost)
{
	uint64_t now;
	u_int repeats = 0;

	now = ask(BEGIN, 20);
	now = run(now, MOBILITY_ATTEMPT_ASK, &repeats);
	/* one of those that follow is answered as well */
	now = run(attempt.next, MOBILITY_ATTEMPT_ASK, &repeats);
	ck_assert(mobility_attempt_answered(&attempt, TRUE, now + 20));
	check();
}
END_TEST

START_TEST(test_silent_again)
{
	u_int repeats = 0, asked = 0;
	uint64_t now;

	/* a forger answers once */
	now = ask(BEGIN, 20);
	now = run(now, MOBILITY_ATTEMPT_ASK, &repeats);
	while (attempt.next)
	{
		now = attempt.next;
		asked += tick(now) == MOBILITY_ATTEMPT_ASK;
		ck_assert_uint_lt(asked, 20);
	}
	ck_assert_int_eq(attempt.state, MOBILITY_ATTEMPT_ASKING);
	/* all of it again */
	ck_assert(!mobility_attempt_answered(&attempt, TRUE, now));
	repeats = 0;
	run(now, MOBILITY_ATTEMPT_ASK, &repeats);
	ck_assert_uint_eq(repeats, MOBILITY_ATTEMPT_REPEATS);
}
END_TEST

START_TEST(test_refute)
{
	uint64_t now = BEGIN;
	u_int repeats = 0;

	ck_assert(!mobility_attempt_refute(&attempt));
	mobility_attempt_begin(&attempt, FALSE, now);
	ck_assert(mobility_attempt_refute(&attempt));
	check();
	now = ask(now, 20);
	ck_assert(mobility_attempt_refute(&attempt));
	check();
	now = ask(now, 20);
	run(now, MOBILITY_ATTEMPT_ASK, &repeats);
	ck_assert(mobility_attempt_refute(&attempt));
	check();
	ck_assert_int_eq(attempt.state, MOBILITY_ATTEMPT_NONE);
	ck_assert(mobility_attempt_may_begin(&attempt, HOME, LIMIT, now));
}
END_TEST

START_TEST(test_detour)
{
	u_int repeats = 0;
	uint64_t now;
	int i;

	ck_assert(!mobility_attempt_detour(&attempt, FALSE, BEGIN));
	now = ask(BEGIN, 20);
	for (i = 0; i < MOBILITY_ATTEMPT_DETOURS; i++)
	{
		ck_assert(mobility_attempt_detour(&attempt, FALSE, now));
		check();
	}
	ck_assert(!mobility_attempt_detour(&attempt, FALSE, now));
	/* nothing else has changed */
	now = run(now, MOBILITY_ATTEMPT_ASK, &repeats);
	ck_assert_uint_eq(repeats, MOBILITY_ATTEMPT_REPEATS);
	ck_assert(mobility_attempt_answered(&attempt, TRUE, now));
	ck_assert(!mobility_attempt_detour(&attempt, FALSE, now));
	mobility_attempt_end(&attempt, MOBILITY_ATTEMPT_DROPPED, HOME, now);
	mobility_attempt_begin(&attempt, FALSE, now);
	ck_assert(mobility_attempt_detour(&attempt, FALSE, now));
}
END_TEST

START_TEST(test_busy)
{
	u_int repeats = 0;
	uint64_t now;

	/* one round later */
	mobility_attempt_begin(&attempt, FALSE, BEGIN);
	ck_assert(!mobility_attempt_detour(&attempt, TRUE, BEGIN));
	check();
	ck_assert(mobility_attempt_detour(&attempt, TRUE, BEGIN + S(1)));
	ck_assert(mobility_attempt_detour(&attempt, TRUE, BEGIN + S(1)));
	/* with each attempt, but not if another key exchange is wanted */
	mobility_attempt_end(&attempt, MOBILITY_ATTEMPT_DROPPED, HOME, BEGIN + S(9));
	mobility_attempt_begin(&attempt, FALSE, BEGIN + S(9));
	ck_assert(mobility_attempt_detour(&attempt, FALSE, BEGIN + S(9)));
	ck_assert(!mobility_attempt_detour(&attempt, TRUE, BEGIN + S(9)));
	mobility_attempt_end(&attempt, MOBILITY_ATTEMPT_DROPPED, HOME, BEGIN + S(9));
	/* nor if there was an answer, or is nothing to wait for */
	now = run(ask(BEGIN + S(10), 20), MOBILITY_ATTEMPT_ASK, &repeats);
	ck_assert(mobility_attempt_detour(&attempt, TRUE, now));
	mobility_attempt_end(&attempt, MOBILITY_ATTEMPT_DROPPED, HOME, now);
	mobility_attempt_begin(&attempt, TRUE, now);
	ck_assert(mobility_attempt_detour(&attempt, TRUE, now));
}
END_TEST

/**
 * Rounds within a time if the held request leaves so often, over two paths
 */
static u_int count_rounds(uint64_t since, uint64_t time, uint64_t interval,
						  u_int *seed)
{
	uint64_t now, last = 0;
	u_int rounds = 0;

	for (now = since; now < since + time; now += interval)
	{
		mobility_attempt_go_round(&attempt, FALSE, rand_r(seed), now);
		if (mobility_attempt_may_ask(&attempt, now) &&
			now >= last + MOBILITY_ATTEMPT_ROUND_TIME)
		{
			ck_assert(mobility_attempt_may_ask(&attempt, now + 1));
			ck_assert(!last ||
					  now >= last + MOBILITY_ATTEMPT_ROUND * 3 / 4);
			last = now;
			rounds++;
		}
	}
	return rounds;
}

START_TEST(test_rounds)
{
	u_int seed = _i, first, more;

	/* nobody answers, but packets are to be sent */
	mobility_attempt_begin(&attempt, FALSE, BEGIN);
	first = count_rounds(BEGIN, M(1), S(1), &seed);
	more = count_rounds(BEGIN + M(1), M(1), S(1), &seed);
	ck_assert_uint_ge(first, 8);
	ck_assert_uint_le(first, 12);
	ck_assert_uint_ge(more, 5);
	ck_assert_uint_le(more, 10);
	/* the network comes and goes, and those of others */
	ck_assert_uint_le(count_rounds(BEGIN + M(2), M(1), 30, &seed), 10);
	/* elsewhere there may be another answer at once */
	mobility_attempt_go_round(&attempt, TRUE, 0, BEGIN + M(3));
	ck_assert(mobility_attempt_may_ask(&attempt, BEGIN + M(3)));
	ck_assert_uint_ge(count_rounds(BEGIN + M(3) + S(1), M(1), S(1), &seed), 7);
	/* whatever follows an answer has its own times */
	mobility_attempt_answered(&attempt, TRUE, BEGIN + M(5));
	ck_assert(mobility_attempt_may_ask(&attempt, BEGIN + M(6)));
}
END_TEST

START_TEST(test_worn)
{
	int i;

	/* a forger asks for them, and then the peer for another one */
	mobility_attempt_begin(&attempt, FALSE, BEGIN);
	for (i = 0; i < MOBILITY_ATTEMPT_DETOURS; i++)
	{
		ck_assert(mobility_attempt_detour(&attempt, FALSE, BEGIN));
	}
	ck_assert(!attempt.next);
	ck_assert(!mobility_attempt_detour(&attempt, FALSE, BEGIN + S(1)));
	check();
	ck_assert_uint_eq(attempt.next, BEGIN + S(1) + MOBILITY_ATTEMPT_WORN);
	/* who goes on does not put that off */
	ck_assert(!mobility_attempt_detour(&attempt, FALSE, BEGIN + S(5)));
	ck_assert_int_eq(tick(attempt.next - 1), MOBILITY_ATTEMPT_WAIT);
	ck_assert_int_eq(tick(attempt.next), MOBILITY_ATTEMPT_DROP);
	ck_assert_int_eq(tick(BEGIN + M(1)), MOBILITY_ATTEMPT_WAIT);
	/* unless somebody takes what is sent */
	ck_assert(!mobility_attempt_detour(&attempt, FALSE, BEGIN + M(2)));
	ck_assert(!mobility_attempt_answered(&attempt, TRUE, BEGIN + M(2)));
	check();
	ck_assert_int_eq(tick(BEGIN + M(3)), MOBILITY_ATTEMPT_REPEAT);
}
END_TEST

START_TEST(test_expired)
{
	mobility_attempt_begin(&attempt, TRUE, BEGIN);
	check();
	ck_assert(mobility_attempt_answered(&attempt, TRUE, BEGIN + 5));
	check();
	ck_assert_int_eq(attempt.state, MOBILITY_ATTEMPT_LOGIN);
	mobility_attempt_end(&attempt, MOBILITY_ATTEMPT_DROPPED, HOME, BEGIN + 6);
	/* built for another path, it is asked again at once */
	mobility_attempt_begin(&attempt, TRUE, BEGIN + 7);
	ck_assert(!mobility_attempt_answered(&attempt, FALSE, BEGIN + 8));
	check();
	ck_assert_int_eq(tick(BEGIN + 8), MOBILITY_ATTEMPT_ASK);
	ck_assert(mobility_attempt_answered(&attempt, TRUE, BEGIN + 9));
	check();
	mobility_attempt_end(&attempt, MOBILITY_ATTEMPT_DROPPED, HOME, BEGIN + 9);
	/* that was then */
	ask(BEGIN + 10, 20);
}
END_TEST

START_TEST(test_hopeless)
{
	uint64_t now;

	/* nobody asks, nothing to know */
	mobility_attempt_set_hopeless(&attempt, BEGIN);
	check();
	now = ask(BEGIN, 20);
	ck_assert_int_eq(tick(now), MOBILITY_ATTEMPT_REPEAT);
	/* no need to check anything: the next answer counts, and is asked for */
	mobility_attempt_set_hopeless(&attempt, now + 5);
	check();
	ck_assert_int_eq(tick(now + 5), MOBILITY_ATTEMPT_ASK);
	/* which is known already */
	mobility_attempt_set_hopeless(&attempt, now + 6);
	ck_assert_int_eq(tick(now + 6), MOBILITY_ATTEMPT_WAIT);
	ck_assert(mobility_attempt_answered(&attempt, TRUE, now + 25));
	check();
	/* there is no way back from a login */
	mobility_attempt_set_hopeless(&attempt, now + 26);
	ck_assert_int_eq(attempt.state, MOBILITY_ATTEMPT_LOGIN);
	mobility_attempt_end(&attempt, MOBILITY_ATTEMPT_DONE, HOME, now + 30);
	/* or it is known before anybody has answered */
	mobility_attempt_begin(&attempt, FALSE, now + 40);
	mobility_attempt_set_hopeless(&attempt, now + 41);
	check();
	ck_assert(mobility_attempt_answered(&attempt, TRUE, now + 60));
	mobility_attempt_end(&attempt, MOBILITY_ATTEMPT_REFUSED, HOME, now + 70);
	/* who is refused is not less so */
	ck_assert(!mobility_attempt_may_begin(&attempt, HOME, LIMIT, now + 70));
	mobility_attempt_set_hopeless(&attempt, now + 70);
	ck_assert(!mobility_attempt_may_begin(&attempt, HOME, LIMIT, now + 70));
}
END_TEST

START_TEST(test_path_lost)
{
	uint64_t now;

	now = ask(BEGIN, 20);
	ck_assert_int_eq(tick(now), MOBILITY_ATTEMPT_REPEAT);
	mobility_attempt_lost(&attempt);
	check();
	ck_assert_int_eq(attempt.state, MOBILITY_ATTEMPT_ASKING);
	/* what is sent meanwhile is what an answer is measured from */
	mobility_attempt_asked(&attempt, now + S(60));
	ck_assert(!mobility_attempt_answered(&attempt, TRUE, now + S(61)));
	ck_assert_uint_eq(attempt.patience, S(4));
}
END_TEST

/**
 * Be refused, or let in without a CHILD_SA
 */
static void vain(mobility_attempt_end_t end, uint32_t network, uint64_t now)
{
	mobility_attempt_begin(&attempt, FALSE, now);
	mobility_attempt_end(&attempt, end, network, now);
	check();
}

START_TEST(test_refused)
{
	uint64_t now = BEGIN;
	int i;

	for (i = 0; i < LIMIT; i++)
	{
		ck_assert(mobility_attempt_may_begin(&attempt, HOME, LIMIT, now));
		vain(MOBILITY_ATTEMPT_REFUSED, HOME, now);
		/* not at once again, wherever */
		ck_assert(!mobility_attempt_may_begin(&attempt, HOME, LIMIT, now + S(9)));
		ck_assert(!mobility_attempt_may_begin(&attempt, TRAIN, LIMIT,
											  now + S(9)));
		now += M(5);
	}
	/* here no more within the hour, elsewhere there may be */
	ck_assert(!mobility_attempt_may_begin(&attempt, HOME, LIMIT, now));
	ck_assert(mobility_attempt_may_begin(&attempt, TRAIN, LIMIT, now));
	ck_assert(!mobility_attempt_may_begin(&attempt, HOME, LIMIT,
										  BEGIN + M(60) - 1));
	ck_assert(mobility_attempt_may_begin(&attempt, HOME, LIMIT, BEGIN + M(60)));
	ck_assert(!mobility_attempt_may_begin(&attempt, HOME, 0, now + M(600)));
}
END_TEST

START_TEST(test_many_networks)
{
	uint64_t now = BEGIN;
	uint32_t network;

	for (network = 1; network < 100; network++)
	{
		ck_assert(mobility_attempt_may_begin(&attempt, network, 1, now));
		vain(MOBILITY_ATTEMPT_REFUSED, network, now);
		now += M(20);
		ck_assert(!mobility_attempt_may_begin(&attempt, network, 1, now));
	}
}
END_TEST

START_TEST(test_vain)
{
	uint64_t now = BEGIN, wait = S(10);
	int i;

	/* this does not lock any account, but is work for the gateway */
	for (i = 0; i < 100; i++)
	{
		vain(MOBILITY_ATTEMPT_USELESS, HOME, now);
		ck_assert(!mobility_attempt_may_begin(&attempt, HOME, LIMIT,
											  now + wait - 1));
		ck_assert(mobility_attempt_may_begin(&attempt, HOME, LIMIT, now + wait));
		now += wait;
		wait = min(wait * 2, M(10));
	}
	vain(MOBILITY_ATTEMPT_DONE, HOME, now);
	vain(MOBILITY_ATTEMPT_USELESS, HOME, now);
	ck_assert(mobility_attempt_may_begin(&attempt, HOME, LIMIT, now + S(10)));
	/* nobody was there, nothing to back off from */
	memset(&attempt, 0, sizeof(attempt));
	vain(MOBILITY_ATTEMPT_DROPPED, HOME, now);
	ck_assert(mobility_attempt_may_begin(&attempt, HOME, LIMIT, now));
}
END_TEST

START_TEST(test_random)
{
	u_int seed = 4711, repeats = 0, logins = 0;
	uint64_t now, answered = 0;
	int i, j;

	for (i = 0; i < LIVES; i++)
	{
		memset(&attempt, 0, sizeof(attempt));
		now = BEGIN;
		for (j = 0; j < EVENTS; j++)
		{
			now += rand_r(&seed) % 4 ? rand_r(&seed) % 400
									 : rand_r(&seed) % 20000;
			switch (rand_r(&seed) % 16)
			{
				case 0:
					if (mobility_attempt_may_begin(&attempt, HOME, LIMIT, now))
					{
						mobility_attempt_begin(&attempt, FALSE, now);
					}
					break;
				case 1:
					mobility_attempt_asked(&attempt, now);
					break;
				case 2:
					if (rand_r(&seed) % 4 == 0)
					{
						mobility_attempt_lost(&attempt);
					}
					break;
				case 3:
					if (rand_r(&seed) % 4 == 0)
					{
						mobility_attempt_refute(&attempt);
						ck_assert(attempt.state == MOBILITY_ATTEMPT_NONE ||
								  attempt.state == MOBILITY_ATTEMPT_LOGIN);
					}
					break;
				case 4:
					if (attempt.state == MOBILITY_ATTEMPT_LOGIN)
					{
						mobility_attempt_end(&attempt, rand_r(&seed) %
											 (MOBILITY_ATTEMPT_REFUSED + 1),
											 HOME, now);
					}
					break;
				case 5:
					mobility_attempt_detour(&attempt, rand_r(&seed) % 2, now);
					break;
				case 6:
				case 7:
				case 8:
					if (attempt.state == MOBILITY_ATTEMPT_ASKING)
					{
						answered = now;
						repeats = 0;
					}
					if (mobility_attempt_answered(&attempt, rand_r(&seed) % 2,
												  now))
					{	/* never without having had the peer's chance */
						ck_assert_uint_ge(repeats, MOBILITY_ATTEMPT_REPEATS);
						ck_assert(now >= answered + MOBILITY_ATTEMPT_PATIENCE);
						logins++;
					}
					break;
				default:
					repeats += mobility_attempt_tick(&attempt, now) ==
													MOBILITY_ATTEMPT_REPEAT;
					break;
			}
			check();
		}
	}
	ck_assert_uint_gt(logins, LIVES / 10);
}
END_TEST

START_TEST(test_check)
{
	mobility_attempt_t broken[] = {
		{ .state = MOBILITY_ATTEMPT_NONE, .next = 1 },
		{ .state = MOBILITY_ATTEMPT_ASKING, .next = 1 },
		{ .state = MOBILITY_ATTEMPT_LOGIN, .repeats = 1 },
		{ .state = MOBILITY_ATTEMPT_CHECKING, .answered = 1, .patience = S(2) },
		{ .state = MOBILITY_ATTEMPT_CHECKING, .next = 1, .patience = S(2) },
		{ .state = MOBILITY_ATTEMPT_READY, .next = 1, .answered = 1,
		  .patience = S(1) },
		{ .state = MOBILITY_ATTEMPT_CHECKING, .next = 1, .answered = 1,
		  .patience = S(2), .repeats = MOBILITY_ATTEMPT_REPEATS + 1 },
	};
	int i;

	for (i = 0; i < countof(broken); i++)
	{
		ck_assert(mobility_attempt_check(&broken[i]));
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("attempt");

	tc = tcase_create("login");
	tcase_add_checked_fixture(tc, setup, mobility_suite_teardown);
	tcase_add_loop_test(tc, test_login, 0, countof(patiences));
	tcase_add_test(tc, test_stray);
	tcase_add_test(tc, test_answer_lost);
	tcase_add_test(tc, test_silent_again);
	tcase_add_test(tc, test_refute);
	tcase_add_test(tc, test_path_lost);
	tcase_add_test(tc, test_detour);
	tcase_add_test(tc, test_busy);
	tcase_add_loop_test(tc, test_rounds, 0, 50);
	tcase_add_test(tc, test_worn);
	tcase_add_test(tc, test_expired);
	tcase_add_test(tc, test_hopeless);
	suite_add_tcase(s, tc);

	tc = tcase_create("in vain");
	tcase_add_checked_fixture(tc, setup, mobility_suite_teardown);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_many_networks);
	tcase_add_test(tc, test_vain);
	suite_add_tcase(s, tc);

	tc = tcase_create("random");
	tcase_add_checked_fixture(tc, setup, mobility_suite_teardown);
	tcase_add_test(tc, test_random);
	tcase_add_test(tc, test_check);
	suite_add_tcase(s, tc);
	return s;
}
