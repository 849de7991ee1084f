/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "mobile/probation.h"
#include "path/history.h"

/** Number of paths, the first one is preferred */
#define PATHS 3

/** Time a path is put aside, and has to be there to be moved to, in ms */
#define PENALTY 300000
#define SETTLE 5000

/** Steps of simulated time, in ms */
#define LOOK 100
#define STEP 20

/**
 * A path of the simulated network
 */
typedef struct {
	/** value type with the addresses */
	mobility_path_t *path;
	/** it passes ESP, and ESP in UDP */
	bool plain, udp;
	/** it is behind a NAT */
	bool nat;
	/** how often UDP encapsulation was forced on it, and how often it was left
	 * for the next one */
	u_int forced, left;
} end_t;

/**
 * A session that moves as it is told, while the peer always answers
 */
typedef struct {
	mobility_probation_t probation;
	mobility_path_health_t *health;
	mobility_path_history_t *records;
	mobility_path_health_sample_t counters;
	uint64_t now;
	/** path in use, and whether UDP encapsulation is forced on it */
	int current;
	bool forced;
	/** what is sent gets answers, ms later */
	bool answered;
	u_int latency;
	/** nothing is sent */
	bool idle;
	/** answers on their way, one in each step */
	bool pending[8000 / STEP];
	/** counter of outbound packets when the kernel told of them last */
	uint64_t told;
	/** since when a better path is there, 0 if none is */
	uint64_t better;
	/** packets that got no answer though they would have, in the last minute */
	u_int returns, moves;
} sim_t;

static end_t ends[PATHS];

static sim_t sim;

static void setup()
{
	char *locals[] = { "10.0.0.2", "10.1.0.2", "10.2.0.2" };
	int i;

	mobility_suite_setup();
	for (i = 0; i < PATHS; i++)
	{
		ends[i] = (end_t){};
		INIT(ends[i].path,
			.ifindex = 2 + i,
			.local = host_create_from_string(locals[i], 0),
			.remote = host_create_from_string("192.0.2.1", 0),
		);
	}
	sim = (sim_t){};
}

static void teardown()
{
	int i;

	for (i = 0; i < PATHS; i++)
	{
		mobility_path_destroy(ends[i].path);
	}
	mobility_suite_teardown();
}

/**
 * Check what is always true
 */
static void check()
{
	const char *problem = mobility_probation_check(&sim.probation);

	if (problem)
	{
		ck_abort_msg("%s", problem);
	}
}

/**
 * Get the record of a path
 */
static mobility_record_t get(int path)
{
	mobility_record_t record;

	sim.records->get(sim.records, ends[path].path, sim.now, &record);
	return record;
}

/**
 * Use another path
 */
static void move_to(int path)
{
	mobility_path_health_facts_t facts;
	mobility_probation_action_t why;

	sim.health->get_facts(sim.health, &facts);
	why = mobility_probation_moved(&sim.probation, ends[path].path, &facts, 20);
	check();
	if (why != MOBILITY_PROBATION_WAIT)
	{
		sim.records->no_esp(sim.records, ends[sim.current].path,
							why == MOBILITY_PROBATION_RETURN, PENALTY, sim.now);
	}
	sim.current = path;
	sim.forced = get(path).encapsulate && !ends[path].nat;
	sim.health->moved(sim.health, sim.now);
	memset(sim.pending, 0, sizeof(sim.pending));
	sim.moves++;
}

/**
 * Find the best path that is not put aside, -1 if there is none
 */
static int find_best(bool unless_left)
{
	int i;

	for (i = 0; i < PATHS; i++)
	{
		if (!get(i).until && !(unless_left && (i == sim.current || get(i).left)))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Find the path to go back to, -1 if there is none
 */
static int find_origin()
{
	mobility_path_id_t id;
	int i;

	for (i = 0; i < PATHS; i++)
	{
		id = mobility_path_get_id(ends[i].path);
		if (mobility_path_id_equals(&id, &sim.probation.origin) &&
			!get(i).until)
		{
			return i;
		}
	}
	return -1;
}

/**
 * The peer has answered
 */
static void review()
{
	end_t *end = &ends[sim.current];
	mobility_record_t record = get(sim.current);
	mobility_probation_view_t view = {
		.rtt = 20,
		.encapsulated = end->nat || sim.forced || record.encapsulated,
		.back = find_origin() != -1,
		.next = find_best(TRUE) != -1 && !record.left,
	};
	mobility_probation_action_t action;

	sim.health->get_facts(sim.health, &view.traffic);
	if (view.traffic.proven)
	{
		sim.records->esp(sim.records, end->path);
	}
	action = mobility_probation_review(&sim.probation, &view);
	check();
	switch (action)
	{
		case MOBILITY_PROBATION_WAIT:
			return;
		case MOBILITY_PROBATION_RETURN:
			sim.returns++;
			if (!view.encapsulated)
			{
				sim.records->encapsulate(sim.records, end->path, TRUE);
			}
			move_to(find_origin());
			break;
		case MOBILITY_PROBATION_FORCE:
			end->forced++;
			sim.records->encapsulate(sim.records, end->path, TRUE);
			sim.forced = TRUE;
			sim.health->moved(sim.health, sim.now);
			break;
		case MOBILITY_PROBATION_LEAVE:
			end->left++;
			move_to(find_best(TRUE));
			break;
		case MOBILITY_PROBATION_GIVE_UP:
			sim.records->pardon(sim.records, end->path);
			break;
	}
	/* whatever was done, this is not asked again at once */
	mobility_assert(mobility_probation_review(&sim.probation,
					&(mobility_probation_view_t){}) == MOBILITY_PROBATION_WAIT);
}

/**
 * A packet leaves, if anything is sent, and answers arrive
 */
static void exchange()
{
	end_t *end = &ends[sim.current];
	u_int slot = sim.now / STEP, count = countof(sim.pending);
	bool passes = end->nat || sim.forced ? end->udp : end->plain;

	if (sim.pending[slot % count])
	{
		sim.counters.in++;
		sim.counters.seq++;
		sim.pending[slot % count] = FALSE;
	}
	if (!sim.idle)
	{
		sim.counters.out++;
		sim.pending[(slot + sim.latency / STEP) % count] = passes &&
														   sim.answered;
	}
}

/**
 * Prefer the best path, if it is there for a while
 */
static void prefer()
{
	int best = find_best(FALSE);

	if (best == -1 || (best >= sim.current && !get(sim.current).until))
	{
		sim.better = 0;
	}
	else if (!sim.better)
	{
		sim.better = sim.now;
	}
	else if (sim.now >= sim.better + SETTLE)
	{
		sim.better = 0;
		move_to(best);
	}
}

/**
 * Let time pass
 */
static void run(uint64_t ms)
{
	uint64_t end = sim.now + ms;

	while (sim.now < end)
	{
		sim.now += STEP;
		exchange();
		if (sim.now % LOOK == 0 &&
			sim.told != sim.counters.out)
		{
			sim.told = sim.counters.out;
			if (sim.health->sample(sim.health, sim.now, &sim.counters) ==
				MOBILITY_HEALTH_SILENT)
			{	/* a request goes to the peer, and is answered */
				sim.health->refuted(sim.health, sim.now);
				review();
			}
		}
		if (sim.now % 1000 == 0)
		{
			prefer();
		}
	}
}

/**
 * Begin on a path
 */
static void login(int path, bool answered, u_int latency)
{
	int i;

	sim = (sim_t){
		.health = mobility_path_health_create(),
		.records = mobility_path_history_create(),
		.now = 1000000,
		.current = path,
		.answered = answered,
		.latency = latency,
	};
	for (i = 0; i < PATHS; i++)
	{
		ends[i].forced = ends[i].left = 0;
	}
	sim.health->sample(sim.health, sim.now, &sim.counters);
	mobility_probation_moved(&sim.probation, ends[path].path,
							 &(mobility_path_health_facts_t){}, 0);
	check();
}

/**
 * End the session
 */
static void logout()
{
	sim.health->destroy(sim.health);
	sim.records->destroy(sim.records);
}

/**
 * Describe the network: for each path a character, nothing passes, all does, UDP
 * does; and those behind a NAT, where all is UDP
 */
static void network(const char *passes, const char *nat)
{
	int i;

	for (i = 0; i < PATHS; i++)
	{
		ends[i].plain = passes[i] == 'a';
		ends[i].udp = passes[i] != '-';
		ends[i].nat = nat[i] == 'n';
	}
}

/**
 * Count packets that come in
 */
static uint64_t count_in(uint64_t ms)
{
	uint64_t before = sim.counters.in;

	run(ms);
	return sim.counters.in - before;
}

START_TEST(test_return)
{
	uint64_t in;

	/* the path in use works, and a better one comes back without ESP */
	network("ua-", "---");
	login(1, TRUE, 40);
	sim.records->no_esp(sim.records, ends[0].path, TRUE, 5000, sim.now);
	in = count_in(20000);
	ck_assert_int_eq(sim.returns, 1);
	ck_assert_int_eq(sim.current, 1);
	/* a second was lost at most */
	ck_assert_int_gt(in, 1000 - 50);
	ck_assert_int_eq(ends[0].forced, 0);
	ck_assert(get(0).until && get(0).no_esp && get(0).encapsulate);
	/* the next time UDP encapsulation is forced */
	run(2 * PENALTY);
	ck_assert_int_eq(sim.current, 0);
	ck_assert(sim.forced);
	ck_assert_int_eq(sim.returns, 1);
	ck_assert_int_gt(count_in(10000), 490);
	logout();
}
END_TEST

START_TEST(test_return_often)
{
	u_int i;

	/* neither ESP nor UDP: each time it is put aside for longer */
	network("-a-", "---");
	login(1, TRUE, 40);
	run(PENALTY * 32);
	ck_assert_int_eq(sim.current, 1);
	ck_assert_int_ge(sim.returns, 4);
	ck_assert_int_le(sim.returns, 7);
	ck_assert_int_eq(ends[0].left + ends[1].left + ends[2].left, 0);
	logout();

	/* a path that is behind a NAT needs no second chance */
	network("-a-", "n--");
	login(1, TRUE, 40);
	run(20000);
	ck_assert_int_eq(sim.returns, 1);
	ck_assert(!get(0).encapsulate);
	logout();

	/* what is sent at most every 200 ms is enough to tell, and idle is not */
	network("-a-", "---");
	login(1, TRUE, 40);
	for (i = 0; i < 200; i++)
	{
		sim.idle = i % 10 != 0;
		run(STEP);
	}
	ck_assert_int_eq(sim.returns, 0);
	sim.idle = TRUE;
	run(6000);
	ck_assert_int_eq(sim.current, 0);
	run(60000);
	ck_assert_int_eq(sim.returns, 0);
	for (i = 0; i < 100; i++)
	{
		sim.idle = i % 10 != 0;
		run(STEP);
	}
	ck_assert_int_eq(sim.returns, 1);
	logout();
}
END_TEST

/**
 * Answers within the tunnel may take longer than those of IKE.
 */
START_TEST(test_slow_answers)
{
	network("aaa", "---");
	login(1, TRUE, 900);
	run(30000);
	ck_assert_int_eq(sim.current, 0);
	ck_assert_int_eq(sim.returns, 0);
	ck_assert_int_eq(sim.moves, 1);
	logout();

	network("-aa", "---");
	login(1, TRUE, 900);
	run(60000);
	ck_assert_int_eq(sim.current, 1);
	ck_assert_int_eq(sim.returns, 1);
	logout();
}
END_TEST

START_TEST(test_login)
{
	/* ESP does not pass, in UDP it does */
	network("uaa", "---");
	login(0, TRUE, 40);
	run(3000);
	ck_assert(sim.forced);
	ck_assert_int_eq(sim.current, 0);
	ck_assert_int_gt(count_in(10000), 490);
	ck_assert_int_eq(sim.moves, 0);
	logout();

	/* neither does */
	network("-ua", "-n-");
	login(0, TRUE, 40);
	run(6000);
	ck_assert_int_eq(ends[0].forced, 1);
	ck_assert_int_eq(sim.current, 1);
	ck_assert_int_gt(count_in(10000), 490);
	ck_assert(get(0).no_esp);
	ck_assert_int_eq(sim.moves, 1);
	logout();

	/* something changes later */
	network("aaa", "---");
	login(0, TRUE, 40);
	run(60000);
	network("uaa", "---");
	run(20000);
	ck_assert(sim.forced);
	ck_assert_int_gt(count_in(10000), 490);
	ck_assert_int_eq(sim.moves, 0);
	logout();
}
END_TEST

/**
 * What is sent gets no answers: a try for each path, and that is it.
 */
START_TEST(test_one_way)
{
	int i, path;
	u_int moves;

	for (path = 0; path < PATHS; path++)
	{
		network("aaa", path == 1 ? "-n-" : "---");
		login(path, FALSE, 40);
		run(60000);
		for (i = 0; i < PATHS; i++)
		{
			ck_assert_int_le(ends[i].forced, 1);
			ck_assert_int_le(ends[i].left, 1);
			ck_assert(!get(i).until);
		}
		ck_assert_int_eq(sim.current, 0);
		ck_assert_int_le(sim.moves, PATHS);
		moves = sim.moves;
		run(3600 * 1000);
		ck_assert_int_eq(sim.moves, moves);
		ck_assert_int_eq(sim.returns, 0);
		logout();
	}
}
END_TEST

/**
 * Whatever the network and the traffic are like: nothing is done again and
 * again, and if any path passes what is sent, that one is found.
 */
START_TEST(test_random)
{
	static const char *kinds = "-ua";
	char passes[PATHS + 1] = "", nat[PATHS + 1] = "";
	bool any;
	int i, j, k;

	srandom(5996);
	for (i = 0; i < 300; i++)
	{
		for (any = FALSE, j = 0; j < PATHS; j++)
		{
			passes[j] = kinds[random() % 3];
			nat[j] = random() % 2 ? 'n' : '-';
			any |= passes[j] != '-';
		}
		network(passes, nat);
		login(random() % PATHS, TRUE, 20 + random() % 10 * 20);
		run(40000);
		ck_assert_msg(count_in(5000) > 240 || !any, "%s %s on %d", passes,
					  nat, sim.current);
		for (k = 0; k < 20; k++)
		{
			sim.answered = random() % 2;
			sim.idle = random() % 4 == 0;
			if (random() % 8 == 0)
			{
				move_to(random() % PATHS);
			}
			run(random() % 30000 / STEP * STEP);
			for (j = 0; j < PATHS; j++)
			{
				mobility_assert(ends[j].forced <= 1);
				mobility_assert(ends[j].left <= 1);
			}
		}
		logout();
	}
}
END_TEST

/**
 * Check a decision against what the header says
 */
static void check_decision(const mobility_probation_t *before,
						   const mobility_probation_view_t *view)
{
	const mobility_path_health_facts_t *traffic = &view->traffic;
	mobility_probation_t probation = *before;
	mobility_probation_action_t action;
	bool back, enough;

	back = before->origin.ifindex && view->back && !traffic->proven;
	enough = traffic->silence >= (uint64_t)view->rtt * 4 &&
			 traffic->silence >= min(traffic->gap, 5000) * 2;
	action = mobility_probation_review(&probation, view);
	mobility_assert(!mobility_probation_check(&probation));
	if (enough && back && traffic->silence >= 400)
	{
		mobility_assert(action == MOBILITY_PROBATION_RETURN);
	}
	else if (!enough || before->given_up ||
			 traffic->silence < (traffic->proven ? 10000 : 1000))
	{
		mobility_assert(action == MOBILITY_PROBATION_WAIT);
	}
	else if (!view->encapsulated)
	{
		mobility_assert(action == MOBILITY_PROBATION_FORCE);
	}
	else
	{
		mobility_assert(action == (view->next ? MOBILITY_PROBATION_LEAVE
											  : MOBILITY_PROBATION_GIVE_UP));
	}
	mobility_assert(probation.given_up == (before->given_up ||
										action == MOBILITY_PROBATION_GIVE_UP));
}

START_TEST(test_decisions)
{
	static const uint64_t times[] = {
		0, 399, 400, 999, 1000, 1999, 2000, 9999, 10000, 10001, UINT32_MAX
	};
	static const uint32_t rtts[] = { 0, 100, 250, 500, UINT32_MAX };
	mobility_path_id_t here = mobility_path_get_id(ends[0].path);
	mobility_path_id_t there = mobility_path_get_id(ends[1].path);
	mobility_probation_t probation;
	mobility_probation_view_t view;
	int i, j, k, flags;

	for (i = 0; i < countof(times); i++)
	{
		for (j = 0; j < countof(times); j++)
		{
			for (k = 0; k < countof(rtts); k++)
			{
				for (flags = 0; flags < 64; flags++)
				{
					probation = (mobility_probation_t){
						.path = here,
						.given_up = !!(flags & 1),
					};
					if (flags & 2)
					{
						probation.origin = there;
					}
					view = (mobility_probation_view_t){
						.traffic = {
							.proven = !!(flags & 4),
							.silence = times[i],
							.gap = times[j],
						},
						.rtt = rtts[k],
						.encapsulated = !!(flags & 8),
						.back = !!(flags & 16),
						.next = !!(flags & 32),
					};
					check_decision(&probation, &view);
				}
			}
		}
	}
}
END_TEST

/**
 * What a move makes of it.
 */
START_TEST(test_moved)
{
	mobility_path_id_t ids[PATHS];
	mobility_path_health_facts_t nothing = {}, good = {
		.proven = TRUE,
	}, silent = {
		.proven = TRUE,
		.silence = 400,
	}, barren = {
		.silence = 100,
	};
	int i;

	for (i = 0; i < PATHS; i++)
	{
		ids[i] = mobility_path_get_id(ends[i].path);
	}
	/* nothing is known of what was before */
	mobility_probation_moved(&sim.probation, ends[0].path, &good, 0);
	ck_assert(!sim.probation.origin.ifindex);
	mobility_probation_moved(&sim.probation, ends[1].path, &good, 0);
	ck_assert(mobility_path_id_equals(&sim.probation.origin, &ids[0]));
	/* nothing was sent there, so it is the one before that counts */
	mobility_probation_moved(&sim.probation, ends[2].path, &nothing, 0);
	ck_assert(mobility_path_id_equals(&sim.probation.origin, &ids[0]));
	check();
	/* until that is it */
	mobility_probation_moved(&sim.probation, ends[0].path, &nothing, 0);
	ck_assert(!sim.probation.origin.ifindex);
	check();
	/* what was sent got no answers, or some in time, or nobody knows */
	mobility_probation_moved(&sim.probation, ends[1].path, &silent, 0);
	ck_assert(!sim.probation.origin.ifindex);
	mobility_probation_moved(&sim.probation, ends[2].path, &silent, 101);
	ck_assert(mobility_path_id_equals(&sim.probation.origin, &ids[1]));
	mobility_probation_moved(&sim.probation, ends[0].path, &barren, 0);
	ck_assert(!sim.probation.origin.ifindex);
	/* the path may be unknown, there is no way back to it */
	mobility_probation_moved(&sim.probation, NULL, &good, 0);
	ck_assert(mobility_path_id_equals(&sim.probation.origin, &ids[0]));
	mobility_probation_moved(&sim.probation, ends[1].path, &good, 0);
	ck_assert(!sim.probation.origin.ifindex);
	check();
}
END_TEST

/**
 * Broken promises are found.
 */
START_TEST(test_check)
{
	mobility_path_id_t here = mobility_path_get_id(ends[0].path);
	mobility_probation_t broken[] = {
		{ .path = here, .origin = here },
		{ .path = here, .leaving = MOBILITY_PROBATION_RETURN },
		{ .path = here, .leaving = MOBILITY_PROBATION_LEAVE, .given_up = TRUE },
		{ .path = here, .leaving = MOBILITY_PROBATION_FORCE },
	};
	int i;

	for (i = 0; i < countof(broken); i++)
	{
		ck_assert(mobility_probation_check(&broken[i]));
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("probation");

	tc = tcase_create("cases");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_return);
	tcase_add_test(tc, test_return_often);
	tcase_add_test(tc, test_slow_answers);
	tcase_add_test(tc, test_login);
	tcase_add_test(tc, test_one_way);
	tcase_add_test(tc, test_moved);
	tcase_add_test(tc, test_check);
	suite_add_tcase(s, tc);

	tc = tcase_create("all");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_decisions);
	tcase_add_test(tc, test_random);
	suite_add_tcase(s, tc);

	return s;
}
