/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "mobile/login_paths.h"

/** number of uplinks, each with a path */
#define UPLINKS 5

/** events of a random sequence, and number of these */
#define EVENTS 5000
#define SEQUENCES 50

/** number of random logins, tests of so many, and their longest time in ms */
#define LOGINS 100
#define TESTS 20
#define TIME_MAX 120000

static mobility_login_paths_t paths;

/** ids of the paths, and addresses; the last ones are of no path */
static mobility_login_try_t tries[UPLINKS];
static host_t *locals[UPLINKS + 1], *remotes[2];

/** current time */
static uint64_t now;

static void setup()
{
	char addr[32];
	int i;

	mobility_suite_setup();
	for (i = 0; i <= UPLINKS; i++)
	{
		snprintf(addr, sizeof(addr), "10.%d.0.2", i);
		locals[i] = host_create_from_string(addr, 500);
	}
	remotes[0] = host_create_from_string("192.0.2.1", 500);
	remotes[1] = host_create_from_string("192.0.2.2", 500);
	for (i = 0; i < UPLINKS; i++)
	{
		tries[i] = (mobility_login_try_t){
			.id = {
				.ifindex = 2 + i,
				.local = mobility_ip_from_host(locals[i]),
				.remote = mobility_ip_from_host(remotes[0]),
			},
		};
	}
	paths = (mobility_login_paths_t){};
	now = 1000000;
}

static void teardown()
{
	int i;

	for (i = 0; i <= UPLINKS; i++)
	{
		locals[i]->destroy(locals[i]);
	}
	remotes[0]->destroy(remotes[0]);
	remotes[1]->destroy(remotes[1]);
	mobility_suite_teardown();
}

/**
 * A request is built for an uplink
 */
static void build(int uplink)
{
	mobility_login_paths_sent(&paths, locals[uplink], remotes[0], now);
}

/**
 * Begin a login over the first of a number of uplinks
 */
static void begin(u_int count)
{
	mobility_login_paths_set(&paths, tries, count);
	build(0);
}

/**
 * Get what to do next, and the uplink, -1 for none
 */
static mobility_login_step_t next(int *uplink)
{
	mobility_login_step_t step;
	mobility_path_id_t id = {};
	uint64_t deadline = mobility_login_paths_deadline(&paths, now);

	step = mobility_login_paths_next(&paths, now, &id);
	*uplink = step == MOBILITY_LOGIN_WAIT ? -1 : id.ifindex - 2;
	mobility_assert((step == MOBILITY_LOGIN_WAIT) == (deadline != now));
	mobility_assert(!mobility_login_paths_check(&paths));
	return step;
}

/**
 * Check what to do next
 */
static void assert_next(mobility_login_step_t step, int uplink)
{
	int got;

	ck_assert_int_eq(next(&got), step);
	ck_assert_int_eq(got, uplink);
}

/**
 * Check that nothing is to be done until some time from now, then wait for it
 */
static void assert_wait(uint64_t ms)
{
	assert_next(MOBILITY_LOGIN_WAIT, -1);
	ck_assert_uint_eq(mobility_login_paths_deadline(&paths, now), now + ms);
	now += ms - 1;
	assert_next(MOBILITY_LOGIN_WAIT, -1);
	now++;
}

/**
 * Check that nothing is to be done before anything happens
 */
static void assert_quiet()
{
	assert_next(MOBILITY_LOGIN_WAIT, -1);
	ck_assert_uint_eq(mobility_login_paths_deadline(&paths, now), 0);
}

/**
 * Get an answer over an uplink
 */
static bool answer(int uplink, mobility_init_answer_t what)
{
	bool pass;

	pass = mobility_login_paths_answered(&paths, locals[uplink], remotes[0],
										 what, now);
	mobility_assert(!mobility_login_paths_check(&paths));
	return pass;
}

START_TEST(test_answered)
{
	begin(3);
	assert_next(MOBILITY_LOGIN_WAIT, -1);
	now += 999;
	ck_assert(answer(0, MOBILITY_INIT_ANSWERED));
	assert_quiet();
	/* whatever comes later is none of it */
	now += 5000;
	assert_quiet();
}
END_TEST

START_TEST(test_dead)
{
	begin(3);
	assert_wait(1000);
	assert_next(MOBILITY_LOGIN_ASK, 1);
	assert_wait(1000);
	assert_next(MOBILITY_LOGIN_ASK, 2);
	assert_quiet();
	/* what was built for the first is nothing for the second */
	ck_assert(!answer(1, MOBILITY_INIT_ANSWERED));
	/* the first answer wins */
	ck_assert(!answer(2, MOBILITY_INIT_ANSWERED));
	assert_next(MOBILITY_LOGIN_WON, 1);
	build(1);
	assert_next(MOBILITY_LOGIN_WAIT, -1);
	ck_assert(answer(1, MOBILITY_INIT_ANSWERED));
	assert_quiet();
}
END_TEST

START_TEST(test_slow)
{	/* the one that was asked first answers first after all */
	begin(2);
	assert_wait(1000);
	assert_next(MOBILITY_LOGIN_ASK, 1);
	now += 500;
	ck_assert(answer(0, MOBILITY_INIT_ANSWERED));
	assert_quiet();
}
END_TEST

START_TEST(test_not_asked)
{	/* who is at a path that was not asked knows of no request */
	mobility_init_answer_t what;

	for (what = MOBILITY_INIT_ANSWERED; what <= MOBILITY_INIT_ERROR; what++)
	{
		begin(2);
		ck_assert(!answer(1, what));
		ck_assert(!answer(UPLINKS, what));
		assert_wait(1000);
		assert_next(MOBILITY_LOGIN_ASK, 1);
	}
}
END_TEST

START_TEST(test_other_source)
{	/* a peer that answers from another of its addresses */
	begin(2);
	ck_assert(mobility_login_paths_answered(&paths, locals[0], remotes[1],
											MOBILITY_INIT_ANSWERED, now));
	assert_quiet();
}
END_TEST

START_TEST(test_refused)
{
	begin(3);
	/* the next one at once, not when its time has come */
	ck_assert(!answer(0, MOBILITY_INIT_ERROR));
	assert_next(MOBILITY_LOGIN_ANEW, 1);
	build(1);
	assert_wait(1000);
	assert_next(MOBILITY_LOGIN_ASK, 2);
	ck_assert(!answer(2, MOBILITY_INIT_ERROR));
	ck_assert(!answer(2, MOBILITY_INIT_ERROR));
	assert_next(MOBILITY_LOGIN_WAIT, -1);
	/* with the last one it is what the peer says */
	ck_assert(answer(1, MOBILITY_INIT_ERROR));
}
END_TEST

START_TEST(test_refused_alone)
{
	begin(1);
	ck_assert(answer(0, MOBILITY_INIT_ERROR));
}
END_TEST

START_TEST(test_refused_for_a_while)
{
	begin(2);
	ck_assert(!answer(0, MOBILITY_INIT_ERROR));
	assert_next(MOBILITY_LOGIN_ANEW, 1);
	build(1);
	assert_wait(MOBILITY_LOGIN_REFUSED);
	assert_next(MOBILITY_LOGIN_ASK, 0);
	assert_quiet();
}
END_TEST

START_TEST(test_cookie)
{
	begin(3);
	assert_wait(1000);
	assert_next(MOBILITY_LOGIN_ASK, 1);
	/* that path works, but the cookie is for a request that was built for
	 * another one */
	ck_assert(!answer(1, MOBILITY_INIT_DETOUR));
	assert_next(MOBILITY_LOGIN_WON, 1);
	build(1);
	ck_assert(answer(1, MOBILITY_INIT_DETOUR));
	assert_quiet();
	build(1);
	/* only the path that brought it, until that is silent */
	assert_wait(1000);
	assert_next(MOBILITY_LOGIN_ASK, 0);
	ck_assert(answer(1, MOBILITY_INIT_ANSWERED));
}
END_TEST

START_TEST(test_cookies)
{	/* stock gives up if there are too many, and they can be forged */
	int i;

	begin(1);
	for (i = 0; i < MOBILITY_LOGIN_DETOURS; i++)
	{
		ck_assert(answer(0, MOBILITY_INIT_DETOUR));
		build(0);
	}
	ck_assert(!answer(0, MOBILITY_INIT_DETOUR));
	ck_assert(answer(0, MOBILITY_INIT_ANSWERED));
}
END_TEST

START_TEST(test_forged)
{	/* somebody at the second path is always faster than the first */
	int i;

	begin(2);
	for (i = 0; i < MOBILITY_LOGIN_WINS; i++)
	{
		assert_wait(1000);
		assert_next(MOBILITY_LOGIN_ASK, 1);
		ck_assert(!answer(1, MOBILITY_INIT_ANSWERED));
		assert_next(MOBILITY_LOGIN_WON, 1);
		build(1);
		assert_wait(1000);
		assert_next(MOBILITY_LOGIN_ASK, 0);
		ck_assert(!answer(0, MOBILITY_INIT_ANSWERED));
		assert_next(MOBILITY_LOGIN_WON, 0);
		build(0);
	}
	assert_wait(1000);
	assert_next(MOBILITY_LOGIN_ASK, 1);
	ck_assert(!answer(1, MOBILITY_INIT_ANSWERED));
	assert_quiet();
	ck_assert(answer(0, MOBILITY_INIT_ANSWERED));
}
END_TEST

START_TEST(test_last_resort)
{
	tries[2].last_resort = TRUE;
	begin(3);
	assert_wait(1000);
	assert_next(MOBILITY_LOGIN_ASK, 1);
	assert_wait(MOBILITY_LOGIN_LAST_RESORT - 1000);
	assert_next(MOBILITY_LOGIN_ASK, 2);
	assert_quiet();
}
END_TEST

START_TEST(test_last_resort_left)
{	/* it is all that is left */
	tries[1].last_resort = tries[2].last_resort = TRUE;
	begin(3);
	ck_assert(!answer(0, MOBILITY_INIT_ERROR));
	assert_next(MOBILITY_LOGIN_ANEW, 1);
	build(1);
	assert_wait(1000);
	assert_next(MOBILITY_LOGIN_ASK, 2);
}
END_TEST

START_TEST(test_network)
{
	/* sent before anybody has looked: that was its path */
	build(0);
	assert_quiet();
	mobility_login_paths_set(&paths, tries, 2);
	assert_wait(1000);
	assert_next(MOBILITY_LOGIN_ASK, 1);
	/* a third one appears */
	mobility_login_paths_set(&paths, tries, 3);
	assert_wait(1000);
	assert_next(MOBILITY_LOGIN_ASK, 2);
	assert_quiet();
	/* its own one goes: nobody can answer it anymore */
	mobility_login_paths_set(&paths, tries + 1, 2);
	assert_next(MOBILITY_LOGIN_ANEW, 1);
	build(1);
	mobility_login_paths_set(&paths, NULL, 0);
	assert_quiet();
	/* it comes back: whatever was sent is lost */
	now += 30000;
	mobility_login_paths_set(&paths, tries + 1, 1);
	assert_next(MOBILITY_LOGIN_ASK, 1);
	assert_quiet();
}
END_TEST

START_TEST(test_gone_in_auth)
{
	begin(3);
	ck_assert(answer(0, MOBILITY_INIT_ANSWERED));
	/* others come and go */
	mobility_login_paths_set(&paths, tries, 1);
	assert_quiet();
	mobility_login_paths_set(&paths, tries, 3);
	assert_quiet();
	/* IKE_AUTH can't move: all begins anew */
	mobility_login_paths_set(&paths, tries + 1, 2);
	assert_next(MOBILITY_LOGIN_ANEW, 1);
	build(1);
	ck_assert(answer(1, MOBILITY_INIT_ANSWERED));
	/* as soon as there is another path */
	mobility_login_paths_set(&paths, NULL, 0);
	assert_quiet();
	now += 3000;
	mobility_login_paths_set(&paths, tries + 2, 1);
	assert_next(MOBILITY_LOGIN_ANEW, 2);
}
END_TEST

START_TEST(test_back_in_auth)
{
	begin(1);
	ck_assert(answer(0, MOBILITY_INIT_ANSWERED));
	mobility_login_paths_set(&paths, NULL, 0);
	assert_quiet();
	/* what is in flight may still be answered, once is enough to ask */
	mobility_login_paths_set(&paths, tries, 2);
	assert_wait(MOBILITY_LOGIN_INTERVAL);
	assert_next(MOBILITY_LOGIN_ASK, 0);
	assert_quiet();
	mobility_login_paths_set(&paths, tries, 1);
	assert_quiet();
	/* unless it goes again */
	mobility_login_paths_set(&paths, NULL, 0);
	assert_quiet();
	now += 3000;
	mobility_login_paths_set(&paths, tries, 1);
	assert_next(MOBILITY_LOGIN_ASK, 0);
	/* stock begins anew meanwhile */
	mobility_login_paths_set(&paths, NULL, 0);
	build(0);
	now += 3000;
	mobility_login_paths_set(&paths, tries, 1);
	assert_next(MOBILITY_LOGIN_ASK, 0);
	assert_quiet();
}
END_TEST

START_TEST(test_stocks)
{	/* stock has chosen something else, or knows a path that we don't */
	ck_assert(answer(0, MOBILITY_INIT_ERROR));
	build(UPLINKS);
	ck_assert(answer(UPLINKS, MOBILITY_INIT_ERROR));
	ck_assert(answer(UPLINKS, MOBILITY_INIT_ANSWERED));
	build(UPLINKS);
	mobility_login_paths_set(&paths, tries, 2);
	assert_next(MOBILITY_LOGIN_ANEW, 0);
}
END_TEST

START_TEST(test_winner_gone)
{
	begin(2);
	assert_wait(1000);
	assert_next(MOBILITY_LOGIN_ASK, 1);
	ck_assert(!answer(1, MOBILITY_INIT_ANSWERED));
	mobility_login_paths_set(&paths, tries, 1);
	assert_quiet();
}
END_TEST

START_TEST(test_check)
{
	begin(2);
	ck_assert_ptr_null(mobility_login_paths_check(&paths));
	paths.tries[1].wins = MOBILITY_LOGIN_WINS + 1;
	ck_assert_str_eq(mobility_login_paths_check(&paths),
					 "a path won too often");
	paths.tries[1].wins = 0;
	paths.winner = paths.tries[1].id;
	ck_assert_str_eq(mobility_login_paths_check(&paths),
					 "a path won that was not asked");
	paths.winner.ifindex = 99;
	ck_assert_str_eq(mobility_login_paths_check(&paths),
					 "no request in flight, or no path, that won");
	paths.winner.ifindex = 0;
	paths.detours = MOBILITY_LOGIN_DETOURS + 1;
	ck_assert_str_eq(mobility_login_paths_check(&paths), "too many detours");
	paths.detours = 0;
	paths.count = MOBILITY_LOGIN_TRIES + 1;
	ck_assert_str_eq(mobility_login_paths_check(&paths), "too many paths");
}
END_TEST

/**
 * Have some of the uplinks, in another order
 */
static void change_network()
{
	mobility_login_try_t some[UPLINKS], *try;
	u_int count = random() % (UPLINKS + 1);
	int i, first = random() % UPLINKS;

	for (i = 0; i < count; i++)
	{
		try = &tries[(first + i) % UPLINKS];
		some[i] = *try;
		some[i].last_resort = random() % 4 == 0;
	}
	mobility_login_paths_set(&paths, some, count);
}

/**
 * Find an uplink among the paths
 */
static mobility_login_try_t *find(int uplink)
{
	u_int i;

	for (i = 0; i < paths.count; i++)
	{
		if (paths.tries[i].id.ifindex == 2 + uplink)
		{
			return &paths.tries[i];
		}
	}
	return NULL;
}

/**
 * Check how an answer was taken
 */
static void assert_taken(mobility_login_paths_t *old, int uplink,
						 mobility_init_answer_t what, bool pass)
{
	u_int i;

	if (!old->count || !pass)
	{
		return;
	}
	if (what == MOBILITY_INIT_ERROR)
	{	/* nothing unauthenticated ends a login while anything is left */
		for (i = 0; i < paths.count; i++)
		{
			mobility_assert(paths.tries[i].refused > now);
		}
		return;
	}
	/* it came over the path that it was built for */
	mobility_assert(mobility_ip_equals(&old->local, &tries[uplink].id.local));
	mobility_assert(what != MOBILITY_INIT_DETOUR ||
					old->detours < MOBILITY_LOGIN_DETOURS);
}

/**
 * Something happens
 */
static void happen()
{
	mobility_login_paths_t old = paths;
	mobility_init_answer_t what;
	int uplink;
	bool pass;

	switch (random() % 8)
	{
		case 0:
			change_network();
			break;
		case 1:
			build(random() % (UPLINKS + 1));
			break;
		case 2:
		case 3:
			now += random() % 3 ? random() % 1500 : random() % 70000;
			break;
		default:
			uplink = random() % (UPLINKS + 1);
			what = random() % 3;
			pass = answer(uplink, what);
			if (old.in_flight)
			{
				assert_taken(&old, uplink, what, pass);
			}
			break;
	}
}

START_TEST(test_random)
{
	uint64_t asked = 0;
	int i, steps, uplink;
	mobility_login_try_t *try;

	srandom(_i);
	for (i = 0; i < EVENTS; i++)
	{
		happen();
		mobility_assert(!mobility_login_paths_check(&paths));
		for (steps = 0;; steps++)
		{	/* there is an end to it */
			mobility_assert(steps < 2);
			switch (next(&uplink))
			{
				case MOBILITY_LOGIN_ASK:
					try = find(uplink);
					mobility_assert(try && try->refused <= now);
					mobility_assert(now >= asked + MOBILITY_LOGIN_INTERVAL);
					asked = now;
					continue;
				case MOBILITY_LOGIN_WON:
				case MOBILITY_LOGIN_ANEW:
					try = find(uplink);
					mobility_assert(try && try->refused <= now);
					build(uplink);
					asked = now;
					continue;
				case MOBILITY_LOGIN_WAIT:
					/* no need to be woken for nothing */
					mobility_assert(!mobility_login_paths_deadline(&paths, now) ||
							mobility_login_paths_deadline(&paths, now) > now);
					break;
			}
			break;
		}
	}
}
END_TEST

/**
 * A random world: what answers over an uplink, and after what time
 */
typedef struct {
	/** the gateway does */
	bool works;
	/** somebody else does, with errors and cookies; or even an answer, unless
	 * the request was built for that path */
	bool forged;
	/** round-trip time */
	uint64_t rtt;
	/** when the request in flight was sent over it, 0 if it was not */
	uint64_t sent;
} world_t;

/**
 * Let a millisecond pass, returns TRUE if the gateway's answer was accepted
 */
static bool pass_time(world_t *world, int *current, u_int *requests)
{
	mobility_login_step_t step;
	int i, uplink;

	now++;
	for (i = 0; i < UPLINKS; i++)
	{
		if (world[i].sent && world[i].forged && random() % 100 == 0 &&
			i != *current)
		{
			mobility_assert(!answer(i, random() % 3));
		}
		if (world[i].sent && world[i].works && now == world[i].sent +
			world[i].rtt && answer(i, MOBILITY_INIT_ANSWERED))
		{
			mobility_assert(i == *current);
			return TRUE;
		}
	}
	while ((step = next(&uplink)) != MOBILITY_LOGIN_WAIT)
	{
		if (step != MOBILITY_LOGIN_ASK)
		{
			for (i = 0; i < UPLINKS; i++)
			{
				world[i].sent = 0;
			}
			*current = uplink;
			build(uplink);
		}
		world[uplink].sent = now;
		(*requests)++;
	}
	return FALSE;
}

/**
 * If the gateway answers over any path it is found, soon if nobody else
 * answers, and it never takes many requests
 */
static void log_in(u_int seed)
{
	world_t world[UPLINKS];
	u_int i, requests, works;
	bool forged, done;
	uint64_t begun;
	int current;

	srandom(seed);
	paths = (mobility_login_paths_t){};
	works = random() % UPLINKS;
	forged = seed % 2;
	for (i = 0; i < UPLINKS; i++)
	{
		world[i] = (world_t){
			.works = i == works || random() % 3 == 0,
			.rtt = 1 + random() % 900,
		};
		world[i].forged = forged && !world[i].works;
	}
	begin(UPLINKS);
	world[0].sent = begun = now;
	current = 0;
	requests = 1;
	do
	{
		done = pass_time(world, &current, &requests);
	}
	while (!done && now < begun + TIME_MAX);
	mobility_assert(done);
	mobility_assert(forged || now < begun + (works + 2) * 1000);
	mobility_assert(requests <= 2 * UPLINKS * (1 + UPLINKS));
}

START_TEST(test_logins)
{
	u_int i;

	for (i = 0; i < LOGINS; i++)
	{
		log_in(_i * LOGINS + i);
	}
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("login paths");

	tc = tcase_create("cases");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_answered);
	tcase_add_test(tc, test_dead);
	tcase_add_test(tc, test_slow);
	tcase_add_test(tc, test_not_asked);
	tcase_add_test(tc, test_other_source);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_refused_alone);
	tcase_add_test(tc, test_refused_for_a_while);
	tcase_add_test(tc, test_cookie);
	tcase_add_test(tc, test_cookies);
	tcase_add_test(tc, test_forged);
	tcase_add_test(tc, test_last_resort);
	tcase_add_test(tc, test_last_resort_left);
	tcase_add_test(tc, test_network);
	tcase_add_test(tc, test_gone_in_auth);
	tcase_add_test(tc, test_back_in_auth);
	tcase_add_test(tc, test_stocks);
	tcase_add_test(tc, test_winner_gone);
	tcase_add_test(tc, test_check);
	suite_add_tcase(s, tc);

	tc = tcase_create("random");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_random, 0, SEQUENCES);
	suite_add_tcase(s, tc);

	tc = tcase_create("logins");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, test_logins, 0, TESTS);
	suite_add_tcase(s, tc);

	return s;
}
