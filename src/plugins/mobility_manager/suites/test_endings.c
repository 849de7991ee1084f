/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fake_clock.h"
#include "mobility_suite.h"

#include "session/endings.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <threading/thread.h>

/** Time at which tests begin, in ms. */
#define BEGIN 1000000

/** Number of sessions. */
#define SESSIONS 1000

/** What it takes to ask a RADIUS server that does not answer, and one that does,
 * in ms. */
#define DOWN 14208
#define UP 6

/** Pause after that, in times of what it took. */
#define PAUSE 10

/** Events of a random sequence, and number of sequences. */
#define EVENTS 400
#define SEQUENCES 300

/** Who may be ended in the pause that follows, and what makes that so. */
#define SLOW 1000

/**
 * A session with its IKE_SA
 */
typedef struct {
	/** the IKE_SA, knows its ID only; must be the first member */
	ike_sa_t ike_sa;
	/** its ID */
	ike_sa_id_t *id;
	/** its peer is there */
	bool awake;
	/** it is to be ended, for the last of these reasons */
	bool waiting;
	mobility_ending_t reason;
	/** its IKE_SA is gone */
	bool gone;
	/** when it was ended, 0 if it was not */
	uint64_t ended;
} member_t;

/**
 * What all tests use
 */
static struct {
	/** replaces charon */
	daemon_t daemon;
	/** its IKE_SAs */
	ike_sa_manager_t ike_sas;
	/** sessions */
	member_t members[SESSIONS];
	/** what it takes to end one */
	uint64_t takes;
	/** when the next one may be ended, and how many were */
	uint64_t next;
	u_int ended;
	/** when somebody else was served last, see serve() */
	uint64_t served;
	/** what is tested */
	mobility_endings_t *endings;
} t;

METHOD(ike_sa_manager_t, checkout, ike_sa_t*,
	ike_sa_manager_t *this, ike_sa_id_t *id)
{
	member_t *member = &t.members[id->get_initiator_spi(id) - 1];

	return member->gone ? NULL : &member->ike_sa;
}

METHOD(ike_sa_manager_t, checkin, void,
	ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
}

METHOD(ike_sa_manager_t, checkin_and_destroy, void,
	ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
	((member_t*)ike_sa)->gone = TRUE;
}

/**
 * It takes some time to end a session, and a pause follows
 */
static void take(member_t *member)
{
	member->waiting = FALSE;
	member->ended = fake_clock_now();
	fake_clock_set(fake_clock_now() + t.takes);
	t.next = max(t.next, fake_clock_now() + PAUSE * t.takes);
	t.ended++;
}

/**
 * mobility_ending_cb_t
 */
static status_t end_session(void *data, ike_sa_t *ike_sa,
							mobility_ending_t reason)
{
	member_t *member = (member_t*)ike_sa;

	mobility_assert(!member->ended);
	mobility_assert(member->waiting);
	mobility_assert(member->reason == reason);
	mobility_assert(fake_clock_now() >= t.next);
	if (member->awake)
	{	/* nobody else knew */
		member->waiting = FALSE;
		return SUCCESS;
	}
	take(member);
	return DESTROY_ME;
}

/**
 * Begin with sessions that nobody wants to be ended
 */
static void begin(void)
{
	int i;

	fake_clock_start(BEGIN);
	t.endings = mobility_endings_create(end_session, NULL);
	t.takes = UP;
	t.next = 0;
	t.ended = 0;
	for (i = 0; i < SESSIONS; i++)
	{
		t.members[i] = (member_t){
			.id = ike_sa_id_create(IKEV2, i + 1, 1, TRUE),
		};
	}
}

/**
 * Undo begin()
 */
static void end(void)
{
	int i;

	fake_clock_stop();
	t.endings->destroy(t.endings);
	for (i = 0; i < SESSIONS; i++)
	{
		t.members[i].id->destroy(t.members[i].id);
	}
}

static void setup(void)
{
	mobility_suite_setup();
	memset(&t, 0, sizeof(t));
	t.ike_sas.checkout = (void*)_checkout;
	t.ike_sas.checkin = (void*)_checkin;
	t.ike_sas.checkin_and_destroy = (void*)_checkin_and_destroy;
	t.daemon.ike_sa_manager = &t.ike_sas;
	charon = &t.daemon;
	begin();
}

static void teardown(void)
{
	end();
	charon = NULL;
	mobility_suite_teardown();
}

/**
 * Have a session ended when it is its turn
 */
static void add(member_t *member, mobility_ending_t reason)
{
	member->reason = member->waiting ? max(member->reason, reason) : reason;
	member->waiting |= !member->gone;
	t.endings->add(t.endings, member->id, reason);
}

/**
 * The peer of a session is back
 */
static void spare(member_t *member)
{
	member->waiting = FALSE;
	t.endings->remove(t.endings, member->id);
}

/**
 * Somebody logs in for whom a session has to end, or may
 */
static bool jump(member_t *member, bool refusable)
{
	if (!t.endings->begin(t.endings, refusable))
	{
		return FALSE;
	}
	take(member);
	t.endings->done(t.endings);
	_checkin_and_destroy(&t.ike_sas, &member->ike_sa);
	return TRUE;
}

/**
 * Run jobs until a time
 */
static void run_until(uint64_t time)
{
	while (fake_clock_next() <= time)
	{
		fake_clock_set(max(fake_clock_now(), fake_clock_next()));
		fake_clock_run();
	}
	fake_clock_set(max(fake_clock_now(), time));
}

/**
 * Somebody else wants something each second, and waits for one end at most
 */
static job_requeue_t serve(void *data)
{
	mobility_assert(fake_clock_now() - t.served <= 1000 + DOWN);
	t.served = fake_clock_now();
	return JOB_RESCHEDULE_MS(1000);
}

/**
 * A thousand are to end, for all reasons at once, and RADIUS does not answer: whatever
 * else there is to do waits for one of them at most.  It is over soon once that is
 * back.
 */
START_TEST(test_pace)
{
	int i;

	t.takes = DOWN;
	t.served = BEGIN;
	lib->processor->queue_job(lib->processor,
					(job_t*)callback_job_create(serve, NULL, NULL, NULL));
	for (i = 0; i < SESSIONS; i++)
	{
		add(&t.members[i], i % (MOBILITY_ENDING_ADMIN + 1));
	}
	run_until(BEGIN + 10 * (1 + PAUSE) * (uint64_t)DOWN - 1);
	ck_assert_uint_eq(t.ended, 10);
	for (i = 0; i < 10; i++)
	{	/* who has waited longest is first */
		ck_assert(t.members[i].ended ==
				  BEGIN + i * (1 + PAUSE) * (uint64_t)DOWN);
	}
	t.takes = UP;
	run_until(t.next + SESSIONS * (1 + PAUSE) * UP);
	ck_assert_int_eq(t.ended, SESSIONS);
	for (i = 0; i < SESSIONS; i++)
	{
		ck_assert(t.members[i].gone);
	}
}
END_TEST

/**
 * The pause is as long if nobody is waiting when it begins, but does not last for
 * ever.
 */
START_TEST(test_pause)
{
	uint64_t ms = 1000;

	t.takes = DOWN;
	add(&t.members[0], MOBILITY_ENDING_OUTAGE);
	run_until(fake_clock_now());
	ck_assert_int_eq(t.ended, 1);
	run_until(t.next - ms);
	add(&t.members[1], MOBILITY_ENDING_OUTAGE);
	run_until(t.next - 1);
	ck_assert_int_eq(t.ended, 1);
	run_until(t.next);
	ck_assert_int_eq(t.ended, 2);

	/* there is no job that waits */
	ck_assert(fake_clock_next() == UINT64_MAX);

	/* for instance the host was suspended */
	run_until(t.next);
	t.takes = 8 * 3600 * ms;
	add(&t.members[2], MOBILITY_ENDING_OUTAGE);
	run_until(fake_clock_now());
	t.next = 0;
	add(&t.members[3], MOBILITY_ENDING_OUTAGE);
	run_until(fake_clock_now() + 600 * ms - 1);
	ck_assert_int_eq(t.ended, 3);
	run_until(fake_clock_now() + 1);
	ck_assert_int_eq(t.ended, 4);
}
END_TEST

/**
 * If a peer is back its session is not ended, whoever notes that.  It may be later.
 */
START_TEST(test_spare)
{
	member_t *member = &t.members[1], *awake = &t.members[2];

	t.takes = DOWN;
	add(&t.members[0], MOBILITY_ENDING_OUTAGE);
	add(member, MOBILITY_ENDING_ADMIN);
	add(awake, MOBILITY_ENDING_OUTAGE);
	run_until(fake_clock_now());
	awake->awake = TRUE;
	spare(member);
	run_until(t.next);
	ck_assert(!member->gone && !awake->gone);
	ck_assert_int_eq(t.ended, 1);
	awake->awake = FALSE;
	add(awake, MOBILITY_ENDING_LIMIT);
	add(member, MOBILITY_ENDING_OUTAGE);
	run_until(fake_clock_now());
	ck_assert(awake->gone && !member->gone);
	/* a stronger reason does not change its place, a weaker one nothing */
	add(&t.members[3], MOBILITY_ENDING_ADMIN);
	add(member, MOBILITY_ENDING_ADMIN);
	add(member, MOBILITY_ENDING_LIMIT);
	run_until(t.next);
	ck_assert(member->gone && !t.members[3].gone);
}
END_TEST

/**
 * A login is served at once, and who is in the line has the pause that follows; but
 * no login that could be refused stops everybody after a slow end.
 */
START_TEST(test_jump)
{
	int i;

	for (i = 0; i < 10; i++)
	{
		ck_assert(jump(&t.members[i], TRUE));
	}
	add(&t.members[10], MOBILITY_ENDING_OUTAGE);
	run_until(t.next - 1);
	ck_assert(!t.members[10].gone);
	t.takes = DOWN;
	run_until(t.next);
	ck_assert(t.members[10].gone);
	ck_assert(!jump(&t.members[11], TRUE));
	run_until(t.next - 1);
	ck_assert(!jump(&t.members[11], TRUE));
	ck_assert(jump(&t.members[11], FALSE));
	run_until(t.next - 1);
	ck_assert(!jump(&t.members[12], TRUE));
	run_until(t.next);
	t.takes = SLOW - 1;
	ck_assert(jump(&t.members[12], TRUE));
	ck_assert(jump(&t.members[13], TRUE));
}
END_TEST

/**
 * Do one of all the things that may happen to a session
 */
static void happen(member_t *member)
{
	switch (random() % 8)
	{
		case 0:
		case 1:
		case 2:
			add(member, random() % (MOBILITY_ENDING_ADMIN + 1));
			break;
		case 3:
			spare(member);
			break;
		case 4:
			member->waiting = FALSE;
			member->gone = TRUE;
			break;
		case 5:
			if (!member->gone)
			{
				member->waiting &= !jump(member, random() % 2);
			}
			break;
		default:
			member->awake = !member->awake;
			break;
	}
}

/**
 * Whatever happens in whatever order, all that are to be ended are, once, and never
 * one before its time; nobody else is.
 */
START_TEST(test_random)
{
	int i, sequence;

	for (sequence = 0; sequence < SEQUENCES; sequence++)
	{
		srandom(sequence);
		for (i = 0; i < EVENTS; i++)
		{
			t.takes = random() % 3 ? UP : random() % DOWN;
			happen(&t.members[random() % 50]);
			run_until(fake_clock_now() + random() % (PAUSE * UP));
		}
		t.takes = UP;
		run_until(max(t.next, fake_clock_now()) + 60 * (1 + PAUSE) * UP);
		for (i = 0; i < SESSIONS; i++)
		{
			mobility_assert(!t.members[i].waiting);
			mobility_assert(!t.members[i].ended || t.members[i].gone);
		}
		mobility_assert(fake_clock_next() == UINT64_MAX);
		end();
		begin();
	}
}
END_TEST

/** Threads that end sessions, and how many each */
#define THREADS 4
#define ROUNDS 200

/** Somebody is being ended */
static refcount_t ending;

/**
 * Check that nobody else is being ended
 */
static void end_alone(void)
{
	ck_assert_int_eq(ref_get(&ending), 1);
	sched_yield();
	ck_assert(ref_put(&ending));
}

/**
 * mobility_ending_cb_t
 */
static status_t end_one(void *data, ike_sa_t *ike_sa, mobility_ending_t reason)
{
	end_alone();
	ref_get((refcount_t*)data);
	return DESTROY_ME;
}

/**
 * Log in, again and again
 */
static void *log_in(void *data)
{
	int i;

	for (i = 0; i < ROUNDS; i++)
	{
		if (t.endings->begin(t.endings, i % 2))
		{
			end_alone();
			t.endings->done(t.endings);
		}
	}
	return NULL;
}

/**
 * Whoever ends a session is the only one that does
 */
START_TEST(test_threads)
{
	mobility_endings_t *endings = t.endings;
	thread_t *threads[THREADS];
	refcount_t ended = 0;
	int i;

	fake_clock_stop();
	t.endings = mobility_endings_create(end_one, &ended);
	lib->processor->set_threads(lib->processor, THREADS);
	for (i = 0; i < THREADS; i++)
	{
		threads[i] = thread_create(log_in, NULL);
	}
	for (i = 0; i < SESSIONS; i++)
	{
		t.endings->add(t.endings, t.members[i].id, MOBILITY_ENDING_OUTAGE);
	}
	for (i = 0; i < THREADS; i++)
	{
		threads[i]->join(threads[i]);
	}
	while (ref_cur(&ended) < SESSIONS)
	{
		sched_yield();
	}
	mobility_suite_end_threads();
	t.endings->destroy(t.endings);
	fake_clock_start(BEGIN);
	t.endings = endings;
}
END_TEST

/*
 * Described in header.
 */
Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("endings");
	TCase *tc;

	tc = tcase_create("endings");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_pace);
	tcase_add_test(tc, test_pause);
	tcase_add_test(tc, test_spare);
	tcase_add_test(tc, test_jump);
	tcase_add_test(tc, test_random);
	tcase_add_test(tc, test_threads);
	suite_add_tcase(s, tc);

	return s;
}
