/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fake_clock.h"
#include "mobility_suite.h"
#include "login_fixture.h"

#include "session/tally.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <threading/thread.h>

/** Addresses of each pool */
#define SIZE 4

/** Where no client was before */
#define ELSEWHERE "203.0.113.77"

/** Threads that log in at the same time, how often, and as how many users */
#define THREADS 4
#define ROUNDS 300
#define USERS 6

/** Clients, and what it takes to end one if a RADIUS server does not answer, in
 * ms */
#define MANY 100
#define DOWN 14208

/** Time at which tests begin, in ms */
#define BEGIN 1000000

/** IKE_SAs of clients, each of a user of its own */
static ike_sa_id_t *ids[SIZE];

static char *users[] = { "a", "b", "c", "d", "e", "f" };

static void setup()
{
	login_fixture_setup("", SIZE);
}

/**
 * Fill a pool
 */
static void fill(char *pool)
{
	login_conf_t conf = { .unique = UNIQUE_NO, .pool = pool };
	int i;

	for (i = 0; i < SIZE; i++)
	{
		conf.user = users[i];
		ids[i] = login(&conf);
		ck_assert_uint_eq(login_vip(ids[i]), i + 1);
	}
}

/**
 * Have others get all addresses but that of an IKE_SA
 */
static void fill_with_others(ike_sa_id_t *id)
{
	login_conf_t conf = { .unique = UNIQUE_NO };
	int i;

	memset(ids, 0, sizeof(ids));
	for (i = 0; i < SIZE - 1; i++)
	{
		conf.user = users[i];
		ids[i] = login(&conf);
		ck_assert_uint_ne(login_vip(ids[i]), login_vip(id));
	}
}

/**
 * Forget all
 */
static void empty()
{
	int i;

	for (i = 0; i < SIZE; i++)
	{
		login_end(ids[i]);
	}
}

START_TEST(test_reclaim)
{
	login_conf_t conf = { .user = "e", .unique = UNIQUE_NO };
	u_int evicted = mobility_tally_get(MOBILITY_TALLY_EVICTED);
	ike_sa_id_t *first, *second;

	fill(NULL);
	ck_assert(!login(&conf));
	login_sleep(ids[2]);
	login_sleep(ids[0]);
	login_sleep(ids[1]);
	first = login(&conf);
	ck_assert_uint_eq(login_vip(first), 3);
	ck_assert_int_eq(login_state(ids[2]), IKE_DESTROYING);
	ck_assert_int_eq(login_state(ids[0]), IKE_ESTABLISHED);
	ck_assert_uint_eq(login_downs(), 1);
	ck_assert_uint_eq(mobility_tally_get(MOBILITY_TALLY_EVICTED), evicted + 1);

	/* who turns out to be awake is passed over, and stays */
	login_asleep = FALSE;
	conf.user = "f";
	ck_assert(!login(&conf));
	ck_assert_uint_eq(login_table->get_count(login_table), 0);
	ck_assert_int_eq(login_state(ids[0]), IKE_ESTABLISHED);
	ck_assert_int_eq(login_state(ids[1]), IKE_ESTABLISHED);

	/* an address that nobody has comes first */
	login_asleep = TRUE;
	login_sleep(ids[0]);
	login_end(first);
	second = login(&conf);
	ck_assert_uint_eq(login_vip(second), 3);
	ck_assert_int_eq(login_state(ids[0]), IKE_ESTABLISHED);
	login_end(second);
	empty();
}
END_TEST

START_TEST(test_no_reclaim)
{
	login_conf_t conf = { .user = "e", .unique = UNIQUE_NO };

	login_fixture_setup(LOGIN_GATEWAY("reclaim = no"), SIZE);
	fill(NULL);
	login_sleep(ids[0]);
	ck_assert(!login(&conf));
	ck_assert_int_eq(login_state(ids[0]), IKE_ESTABLISHED);
	empty();
	login_fixture_teardown();
}
END_TEST

START_TEST(test_not_reclaimed)
{
	login_conf_t conf = { .user = "e", .unique = UNIQUE_NO };

	/* what has none for other reasons: no pool, another family, and servers,
	 * of which nobody knows why */
	fill("dhcp");
	login_sleep(ids[0]);
	conf.pool = "dhcp";
	ck_assert(!login(&conf));
	conf.pool = "none";
	ck_assert(!login(&conf));
	conf.pool = NULL;
	conf.requested = "::";
	ck_assert(!login(&conf));
	ck_assert_int_eq(login_state(ids[0]), IKE_ESTABLISHED);
	empty();
}
END_TEST

START_TEST(test_dhcp)
{
	login_conf_t conf = { .pool = "dhcp", .unique = UNIQUE_NO };
	ike_sa_id_t *old, *new;

	old = login(&conf);
	login_sleep(old);
	conf.from = ELSEWHERE;
	new = login(&conf);
	ck_assert_int_eq(login_state(old), IKE_DESTROYING);
	ck_assert_uint_eq(login_vip(new), 1);
	ck_assert_uint_eq(login_dhcp_releases(), 0);
	login_end(new);
	ck_assert_uint_eq(login_dhcp_releases(), 1);
	old->destroy(old);
}
END_TEST

START_TEST(test_other_pools)
{
	login_conf_t conf = { .unique = UNIQUE_NO };
	ike_sa_id_t *old, *new;

	/* the connection it logs in to now has others */
	old = login(&conf);
	login_sleep(old);
	conf.from = ELSEWHERE;
	conf.pool = "dhcp";
	new = login(&conf);
	ck_assert_int_eq(login_state(old), IKE_DESTROYING);
	ck_assert_uint_eq(login_vip(new), 1);
	ck_assert_uint_eq(login_online(), 1);
	login_end(new);
	ck_assert_uint_eq(login_online(), 0);
	old->destroy(old);
}
END_TEST

START_TEST(test_oldest)
{
	login_conf_t phone = { .idi = "phone", .unique = UNIQUE_NO };
	login_conf_t conf = { .port = 1024, .unique = UNIQUE_NO };
	ike_sa_id_t *old, *new, *others[2];
	int i;

	/* the pool would give it the identity's oldest lease */
	others[0] = login(&phone);
	old = login(&conf);
	ck_assert_uint_eq(login_vip(old), 2);
	phone.from = ELSEWHERE;
	others[1] = login(&phone);
	login_end(others[0]);
	login_end(others[1]);
	login_sleep(old);
	conf.port = 1025;
	new = login(&conf);
	ck_assert_uint_eq(login_vip(new), 2);
	ck_assert_uint_eq(login_online(), 1);
	old->destroy(old);

	/* and knows where it is now, should it reauthenticate; before 6.0 it does not
	 * look while the identity has other leases */
	fill_with_others(new);
	old = login(&conf);
	ck_assert_uint_eq(login_vip(old), 2);
	ck_assert_uint_eq(login_online(), SIZE + 1);
	login_end(new);
	login_end(old);
	for (i = 0; i < SIZE; i++)
	{
		DESTROY_IF(ids[i]);
	}
}
END_TEST

START_TEST(test_refused)
{
	login_conf_t conf = { .unique = UNIQUE_NO };
	ike_sa_id_t *old, *new;

	/* what was kept for who fails to log in is free again */
	old = login(&conf);
	login_sleep(old);
	conf.from = ELSEWHERE;
	conf.forbidden = TRUE;
	ck_assert(!login(&conf));
	ck_assert_int_eq(login_state(old), IKE_DESTROYING);
	ck_assert_uint_eq(login_online(), 0);
	conf.forbidden = FALSE;
	new = login(&conf);
	ck_assert_uint_eq(login_vip(new), 1);
	login_end(new);
	old->destroy(old);
}
END_TEST

START_TEST(test_requested)
{
	login_conf_t conf = { .unique = UNIQUE_NO };
	ike_sa_id_t *old;

	/* of another family than what is kept: nobody takes that */
	old = login(&conf);
	login_sleep(old);
	conf.from = ELSEWHERE;
	conf.requested = "fec3::1";
	ck_assert(!login(&conf));
	ck_assert_uint_eq(login_online(), 0);
	old->destroy(old);
}
END_TEST

/**
 * Wait until there are so many in the table
 */
static void await_dormant(u_int count)
{
	u_int i;

	for (i = 0; login_table->get_count(login_table) != count && i < 1000000; i++)
	{
		sched_yield();
	}
	ck_assert_uint_eq(login_table->get_count(login_table), count);
}

/**
 * Limits, and how many may be asleep with them
 */
static const struct {
	const char *conf;
	u_int limit;
} limits[] = {
	{ "", SIZE },
	{ LOGIN_GATEWAY("max_dormant = 1"), 1 },
	{ "charon {\nikesa_limit = 2\n}", 2 },
	{ "charon {\nikesa_limit = 1\n}\n" LOGIN_GATEWAY("max_dormant = 3"), 3 },
};

START_TEST(test_limits)
{
	u_int limit = limits[_i].limit, i, count;
	ike_sa_manager_t *manager;

	login_fixture_setup(limits[_i].conf, SIZE);
	manager = charon->ike_sa_manager;
	fill(NULL);
	ck_assert_uint_eq(manager->get_count(manager), SIZE);
	for (i = 0; i < SIZE; i++)
	{
		login_sleep(ids[i]);
	}
	/* those that are too many count until they are gone */
	count = strstr(limits[_i].conf, "ikesa_limit") ? limit : 0;
	ck_assert_uint_eq(manager->get_count(manager), SIZE - count);
	lib->processor->set_threads(lib->processor, 4);
	await_dormant(limit);
	mobility_suite_end_threads();
	/* the first ones went, as few as possible */
	for (i = 0; i < SIZE; i++)
	{
		ck_assert_int_eq(login_state(ids[i]),
				i < SIZE - limit ? IKE_DESTROYING : IKE_ESTABLISHED);
	}
	count = strstr(limits[_i].conf, "ikesa_limit") ? 0 : limit;
	ck_assert_uint_eq(manager->get_count(manager), count);
	empty();
	login_fixture_teardown();
}
END_TEST

/**
 * How late somebody else was served, who comes once a second
 */
static struct {
	/** next time */
	uint64_t due;
	/** longest delay */
	uint64_t late;
} other;

static job_requeue_t serve_other(void *data)
{
	other.late = max(other.late, fake_clock_now() - other.due);
	other.due = fake_clock_now() + 1000;
	return JOB_RESCHEDULE_MS(1000);
}

/**
 * Have clients log in and fall asleep
 */
static void put_to_sleep(ike_sa_id_t **ids)
{
	login_conf_t conf = { .unique = UNIQUE_NO };
	char user[16];
	int i;

	conf.user = user;
	for (i = 0; i < MANY; i++)
	{
		snprintf(user, sizeof(user), "user%d", i);
		ids[i] = login(&conf);
		login_sleep(ids[i]);
	}
}

/**
 * Many are too many, and RADIUS does not answer: whoever else wants something waits
 * for the end of one of them at most.
 */
START_TEST(test_slow)
{
	ike_sa_id_t *ids[MANY];
	int i;

	login_fixture_setup(LOGIN_GATEWAY("max_dormant = 1"), MANY);
	fake_clock_start(BEGIN);
	put_to_sleep(ids);
	login_takes = DOWN;
	other.late = 0;
	other.due = BEGIN;
	lib->processor->queue_job(lib->processor,
				(job_t*)callback_job_create(serve_other, NULL, NULL, NULL));
	while (login_table->get_count(login_table) > 1)
	{
		fake_clock_set(max(fake_clock_now(), fake_clock_next()));
		fake_clock_run();
		mobility_assert(other.late <= DOWN);
	}
	for (i = 0; i < MANY; i++)
	{	/* who has slept for the longest time went */
		ck_assert_int_eq(login_state(ids[i]),
						 i < MANY - 1 ? IKE_DESTROYING : IKE_ESTABLISHED);
		ids[i]->destroy(ids[i]);
	}
	login_takes = 0;
	fake_clock_stop();
	login_fixture_teardown();
}
END_TEST

/**
 * One login waits for RADIUS to get an address, others are refused for a while
 */
START_TEST(test_slow_reclaim)
{
	login_conf_t conf = { .user = "e", .unique = UNIQUE_NO };
	ike_sa_id_t *new[2];
	uint64_t now;
	int i;

	fake_clock_start(BEGIN);
	fill(NULL);
	for (i = 0; i < SIZE; i++)
	{
		login_sleep(ids[i]);
	}
	login_takes = DOWN;
	new[0] = login(&conf);
	ck_assert_uint_eq(login_vip(new[0]), 1);
	now = fake_clock_now();
	ck_assert_uint_eq(now, BEGIN + DOWN);
	conf.user = "f";
	ck_assert(!login(&conf));
	fake_clock_set(now + 10 * DOWN - 1);
	ck_assert(!login(&conf));
	ck_assert_int_eq(login_state(ids[1]), IKE_ESTABLISHED);
	/* but not who has the one that is in the way */
	conf.user = users[1];
	conf.from = ELSEWHERE;
	conf.contact = TRUE;
	new[1] = login(&conf);
	ck_assert_uint_eq(login_vip(new[1]), 2);
	ck_assert_uint_eq(login_downs(), 2);
	login_takes = 0;
	login_end(new[0]);
	login_end(new[1]);
	empty();
	fake_clock_stop();
}
END_TEST

/**
 * Log in, fall asleep and log in again, as others do
 */
static void *log_in(void *data)
{
	login_conf_t conf = { .requested = "10.3.0.2" };
	uintptr_t seed = (uintptr_t)data;
	ike_sa_id_t *id = NULL;
	unsigned int state = seed;
	char from[32];
	int i;

	for (i = 0; i < ROUNDS; i++)
	{
		snprintf(from, sizeof(from), "203.0.113.%d", rand_r(&state) % 100 + 1);
		conf.from = from;
		conf.port = 1024 + seed * ROUNDS + i;
		conf.user = users[rand_r(&state) % USERS];
		conf.unique = rand_r(&state) % 4;
		conf.contact = rand_r(&state) % 2;
		conf.forbidden = rand_r(&state) % 8 == 0;
		if (id)
		{
			login_table->remove(login_table, id);
			login_end(id);
		}
		id = login(&conf);
		if (id && rand_r(&state) % 4)
		{
			login_sleep(id);
			/* who is forgotten stays for others to find */
			id->destroy(id);
			id = NULL;
		}
	}
	DESTROY_IF(id);
	return NULL;
}

START_TEST(test_threads)
{
	ike_sa_manager_t *manager;
	thread_t *threads[THREADS];
	uintptr_t i;

	login_fixture_setup(LOGIN_GATEWAY("max_dormant = 2"), SIZE);
	lib->processor->set_threads(lib->processor, 4);
	for (i = 0; i < THREADS; i++)
	{
		threads[i] = thread_create(log_in, (void*)i);
	}
	for (i = 0; i < THREADS; i++)
	{
		threads[i]->join(threads[i]);
	}
	mobility_suite_end_threads();
	/* nobody has what nobody has leased, and nothing is leased to nobody, see the
	 * fixture */
	manager = charon->ike_sa_manager;
	ck_assert_uint_le(login_online(), manager->get_count(manager));
	login_fixture_teardown();
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("leases");

	tc = tcase_create("leases");
	tcase_add_checked_fixture(tc, setup, login_fixture_teardown);
	tcase_add_test(tc, test_reclaim);
	tcase_add_test(tc, test_not_reclaimed);
	tcase_add_test(tc, test_dhcp);
	tcase_add_test(tc, test_other_pools);
	tcase_add_test(tc, test_oldest);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_requested);
	tcase_add_test(tc, test_slow_reclaim);
	suite_add_tcase(s, tc);

	tc = tcase_create("limits");
	tcase_add_test(tc, test_no_reclaim);
	tcase_add_loop_test(tc, test_limits, 0, countof(limits));
	tcase_add_test(tc, test_slow);
	suite_add_tcase(s, tc);

	tc = tcase_create("threads");
	tcase_add_test(tc, test_threads);
	suite_add_tcase(s, tc);

	return s;
}
