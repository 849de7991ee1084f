/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "net/clock.h"
#include "session/registry.h"
#include "mobile/mobile_session.h"

#include <daemon.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/** Number of sessions, more than may work at the same time. */
#define SESSIONS 100

/** Threads of the processor. */
#define THREADS 16

/** How many of them work for sessions. */
#define WORKERS 4

/** Time in ms until a test gives up waiting. */
#define PATIENCE 20000

/**
 * A session with its IKE_SA
 */
typedef struct {
	/** the IKE_SA, knows its ID only; must be the first member */
	ike_sa_t ike_sa;
	/** its ID */
	ike_sa_id_t *id;
	/** the session, has a number and can be destroyed */
	mobility_session_t session;
	/** how often it was */
	u_int destroyed;
	/** its entry, as hooks find it; NULL once it is unhooked */
	mobility_entry_t *entry;
	/** it is checked out */
	bool busy;
	/** how often it was */
	u_int turns;
	/** work it was given */
	mobility_work_t work;
	/** when it was given that */
	uint64_t time;
	/** how often it failed */
	u_int failed;
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
	/** IKE_SAs checked out, and how many were at the same time */
	u_int busy, busiest;
	/** while TRUE, nobody finishes */
	bool stopped;
	/** those that wait for DNS, and how many did at the same time; while TRUE
	 * there is none */
	u_int resolving, most;
	bool no_dns;
	/** locks all of this */
	mutex_t *mutex;
	/** signaled when an IKE_SA is checked in, or nothing is stopped anymore */
	condvar_t *condvar;
	/** what is tested */
	mobility_registry_t *registry;
	/** what is to do for sessions */
	mobility_agenda_t *agenda;
} t;

METHOD(ike_sa_t, get_id, ike_sa_id_t*,
	ike_sa_t *this)
{
	return ((member_t*)this)->id;
}

METHOD(ike_sa_t, get_unique_id, uint32_t,
	ike_sa_t *this)
{
	return ((member_t*)this)->session.number;
}

/**
 * Get the member a session belongs to
 */
static member_t *get_member(mobility_session_t *session)
{
	return (member_t*)((char*)session - offsetof(member_t, session));
}

METHOD(mobility_session_t, destroy, void,
	mobility_session_t *this)
{
	member_t *member = get_member(this);

	t.mutex->lock(t.mutex);
	member->destroyed++;
	t.condvar->broadcast(t.condvar);
	t.mutex->unlock(t.mutex);
}

METHOD(ike_sa_manager_t, checkout, ike_sa_t*,
	ike_sa_manager_t *this, ike_sa_id_t *id)
{
	member_t *member = &t.members[id->get_initiator_spi(id) - 1];

	t.mutex->lock(t.mutex);
	while (member->busy)
	{
		t.condvar->wait(t.condvar, t.mutex);
	}
	member->busy = TRUE;
	t.busiest = max(t.busiest, ++t.busy);
	t.mutex->unlock(t.mutex);
	return &member->ike_sa;
}

METHOD(ike_sa_manager_t, checkin, void,
	ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
	member_t *member = (member_t*)ike_sa;

	t.mutex->lock(t.mutex);
	member->busy = FALSE;
	member->turns++;
	t.busy--;
	t.condvar->broadcast(t.condvar);
	t.mutex->unlock(t.mutex);
}

/**
 * Does the work, a mobility_agenda_cb_t
 */
static status_t do_work(void *data, ike_sa_t *ike_sa)
{
	member_t *member = (member_t*)ike_sa;
	mobility_work_t work;

	if (!member->entry)
	{
		return SUCCESS;
	}
	work = t.agenda->take_work(t.agenda, &member->entry->turn);
	t.mutex->lock(t.mutex);
	while (t.stopped)
	{
		t.condvar->wait(t.condvar, t.mutex);
	}
	member->work |= work;
	member->time = mobility_now();
	t.mutex->unlock(t.mutex);
	return SUCCESS;
}

/**
 * Lets a session fail, a mobility_agenda_cb_t; waits for DNS
 */
static status_t do_give_up(void *data, ike_sa_t *ike_sa)
{
	member_t *member = (member_t*)ike_sa;

	t.mutex->lock(t.mutex);
	t.most = max(t.most, ++t.resolving);
	t.condvar->broadcast(t.condvar);
	while (t.no_dns)
	{
		t.condvar->wait(t.condvar, t.mutex);
	}
	t.resolving--;
	member->failed++;
	t.condvar->broadcast(t.condvar);
	t.mutex->unlock(t.mutex);
	return SUCCESS;
}

static void setup()
{
	member_t *member;
	u_int i;

	mobility_suite_setup();
	memset(&t, 0, sizeof(t));
	t.ike_sas.checkout = (void*)_checkout;
	t.ike_sas.checkin = (void*)_checkin;
	t.daemon.ike_sa_manager = &t.ike_sas;
	charon = &t.daemon;
	t.mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	t.condvar = condvar_create(CONDVAR_TYPE_DEFAULT);
	t.registry = mobility_registry_create(do_work, do_give_up, NULL);
	t.agenda = t.registry->agenda;
	for (i = 0; i < SESSIONS; i++)
	{
		member = &t.members[i];
		member->id = ike_sa_id_create(IKEV2, i + 1, i + 1, TRUE);
		member->ike_sa.get_id = (void*)_get_id;
		member->ike_sa.get_unique_id = (void*)_get_unique_id;
		member->session.number = i + 1;
		member->session.destroy = (void*)_destroy;
		member->session.connection = "home";
		member->entry = t.registry->add(t.registry, &member->session,
										&member->ike_sa);
	}
	lib->processor->set_threads(lib->processor, THREADS);
}

static void teardown()
{
	u_int i;

	lib->processor->set_threads(lib->processor, 0);
	lib->processor->cancel(lib->processor);
	t.registry->flush(t.registry);
	ck_assert_int_eq(t.registry->get_active(t.registry), 0);
	t.registry->destroy(t.registry);
	for (i = 0; i < SESSIONS; i++)
	{
		ck_assert_int_eq(t.members[i].destroyed, 1);
		t.members[i].id->destroy(t.members[i].id);
	}
	t.condvar->destroy(t.condvar);
	t.mutex->destroy(t.mutex);
	charon = NULL;
	mobility_suite_teardown();
}

/**
 * Stop all work when it has begun, or let it go on.
 */
static void stop(bool stopped)
{
	t.mutex->lock(t.mutex);
	t.stopped = stopped;
	t.condvar->broadcast(t.condvar);
	t.mutex->unlock(t.mutex);
}

/**
 * Wait until a number of IKE_SAs is checked out.
 */
static void wait_busy(u_int count)
{
	uint64_t end = mobility_now() + PATIENCE;

	t.mutex->lock(t.mutex);
	while (t.busy < count)
	{
		mobility_assert(mobility_now() < end);
		t.condvar->timed_wait(t.condvar, t.mutex, 10);
	}
	t.mutex->unlock(t.mutex);
}

/**
 * Wait until a session has had so many turns.
 */
static void wait_turns(member_t *member, u_int turns)
{
	uint64_t end = mobility_now() + PATIENCE;

	t.mutex->lock(t.mutex);
	while (member->turns < turns)
	{
		mobility_assert(mobility_now() < end);
		t.condvar->timed_wait(t.condvar, t.mutex, 10);
	}
	t.mutex->unlock(t.mutex);
}

/**
 * End and forget the session of a member, with its IKE_SA checked out.
 */
static void forget(member_t *member)
{
	if (member->entry)
	{
		t.registry->set_ended(t.registry, member->entry);
		t.registry->gone(t.registry, &member->ike_sa);
		member->entry = NULL;
	}
}

/**
 * Wait until a session was destroyed.
 */
static void wait_destroyed(member_t *member)
{
	uint64_t end = mobility_now() + PATIENCE;

	t.mutex->lock(t.mutex);
	while (!member->destroyed)
	{
		mobility_assert(mobility_now() < end);
		t.condvar->timed_wait(t.condvar, t.mutex, 10);
	}
	t.mutex->unlock(t.mutex);
}

/**
 * Wait until a session has had its tick.
 */
static void wait_tick(member_t *member)
{
	uint64_t end = mobility_now() + PATIENCE;

	t.mutex->lock(t.mutex);
	while (!(member->work & MOBILITY_WORK_TICK))
	{
		mobility_assert(mobility_now() < end);
		t.condvar->timed_wait(t.condvar, t.mutex, 10);
	}
	t.mutex->unlock(t.mutex);
}

/**
 * An event is for all, but not for all at the same time.
 */
START_TEST(test_all)
{
	u_int i;

	t.registry->queue_all(t.registry, MOBILITY_WORK_LOOK);
	for (i = 0; i < SESSIONS; i++)
	{
		wait_turns(&t.members[i], 1);
		ck_assert_int_eq(t.members[i].work, MOBILITY_WORK_LOOK);
	}
	ck_assert_int_gt(t.busiest, 0);
	ck_assert_int_lt(t.busiest, THREADS / 2);
}
END_TEST

/**
 * However many sessions fail, and wait for DNS, others have their turn.
 */
START_TEST(test_give_up)
{
	uint64_t end = mobility_now() + PATIENCE;
	u_int i;

	t.no_dns = TRUE;
	/* those that are given up have other work, too, before and afterwards */
	stop(TRUE);
	for (i = 0; i < WORKERS; i++)
	{
		t.agenda->queue(t.agenda, &t.members[SESSIONS - 1 - i].entry->turn,
						  MOBILITY_WORK_LOOK);
	}
	wait_busy(WORKERS);
	for (i = 0; i < SESSIONS / 2; i++)
	{
		t.agenda->queue(t.agenda, &t.members[i].entry->turn,
						MOBILITY_WORK_TICK);
		t.agenda->give_up(t.agenda, &t.members[i].entry->turn);
		t.agenda->give_up(t.agenda, &t.members[i].entry->turn);
	}
	t.registry->set_ended(t.registry, t.members[SESSIONS / 2 - 1].entry);
	stop(FALSE);
	t.registry->queue_all(t.registry, MOBILITY_WORK_LOOK);
	for (i = SESSIONS / 2; i < SESSIONS; i++)
	{
		wait_turns(&t.members[i], 1);
	}
	t.mutex->lock(t.mutex);
	t.no_dns = FALSE;
	t.condvar->broadcast(t.condvar);
	for (i = 0; i < SESSIONS / 2 - 1; i++)
	{
		while (!t.members[i].failed || t.members[i].busy)
		{
			mobility_assert(mobility_now() < end);
			t.condvar->timed_wait(t.condvar, t.mutex, 10);
		}
		ck_assert_int_eq(t.members[i].failed, 1);
		ck_assert_int_eq(t.members[i].work, 0);
	}
	/* not one of charon's threads each */
	ck_assert_int_lt(t.most, THREADS / 2);
	ck_assert_int_eq(t.members[SESSIONS / 2 - 1].failed, 0);
	t.mutex->unlock(t.mutex);
}
END_TEST

/**
 * Others go on while somebody has an IKE_SA checked out for long.
 */
START_TEST(test_blocked)
{
	u_int i;

	_checkout(&t.ike_sas, t.members[0].id);
	t.registry->queue_all(t.registry, MOBILITY_WORK_LOOK);
	for (i = 1; i < SESSIONS; i++)
	{
		wait_turns(&t.members[i], 1);
	}
	ck_assert_int_eq(t.members[0].turns, 0);
	_checkin(&t.ike_sas, &t.members[0].ike_sa);
	wait_turns(&t.members[0], 2);
	ck_assert_int_eq(t.members[0].work, MOBILITY_WORK_LOOK);
}
END_TEST

/**
 * Events that come before a session's turn are one turn, what comes during it
 * is another.
 */
START_TEST(test_coalesce)
{
	member_t *last = &t.members[SESSIONS - 1], *first = &t.members[0];

	stop(TRUE);
	t.agenda->queue(t.agenda, &first->entry->turn, MOBILITY_WORK_LOOK);
	wait_busy(1);
	t.registry->queue_all(t.registry, MOBILITY_WORK_LOOK);
	t.registry->queue_all(t.registry, MOBILITY_WORK_LOOK);
	t.agenda->queue(t.agenda, &last->entry->turn, MOBILITY_WORK_SUSPECT);
	t.registry->queue_number(t.registry, SESSIONS, MOBILITY_WORK_TRAFFIC);
	stop(FALSE);
	wait_turns(first, 2);
	wait_turns(last, 1);
	ck_assert_int_eq(last->work, MOBILITY_WORK_LOOK | MOBILITY_WORK_SUSPECT |
								 MOBILITY_WORK_TRAFFIC);
	ck_assert_int_eq(last->turns, 1);
	ck_assert_int_eq(first->turns, 2);
}
END_TEST

/**
 * Those that end or are forgotten have no work anymore.
 */
START_TEST(test_gone)
{
	member_t *ended = &t.members[SESSIONS - 1];
	member_t *forgotten = &t.members[SESSIONS - 2];

	stop(TRUE);
	t.registry->set_ended(t.registry, ended->entry);
	t.registry->queue_all(t.registry, MOBILITY_WORK_LOOK);
	wait_busy(1);
	forget(forgotten);
	forget(ended);
	ck_assert_int_eq(t.registry->get_active(t.registry), SESSIONS - 2);
	stop(FALSE);
	wait_turns(&t.members[SESSIONS - 3], 1);
	/* in order, so they would have had theirs now */
	t.agenda->queue(t.agenda, &t.members[0].entry->turn, MOBILITY_WORK_LOOK);
	wait_turns(&t.members[0], 2);
	ck_assert_int_eq(ended->turns, 0);
	ck_assert_int_eq(forgotten->turns, 0);
	wait_destroyed(forgotten);
	wait_destroyed(ended);
}
END_TEST

/**
 * Each gets its tick, and not before its time.
 */
START_TEST(test_ticks)
{
	uint64_t begin = mobility_now(), deadlines[SESSIONS];
	u_int i;

	for (i = 0; i < SESSIONS; i++)
	{
		deadlines[i] = begin + 1 + random() % 100;
		/* the first one is not meant */
		t.agenda->arm(t.agenda, &t.members[i].entry->turn, begin + 1000000);
		t.agenda->arm(t.agenda, &t.members[i].entry->turn, deadlines[i]);
	}
	for (i = 0; i < SESSIONS; i++)
	{
		wait_turns(&t.members[i], 1);
		ck_assert_int_eq(t.members[i].work, MOBILITY_WORK_TICK);
		mobility_assert(t.members[i].time >= deadlines[i]);
		ck_assert_int_eq(t.members[i].turns, 1);
	}
}
END_TEST

/**
 * Nobody's tick is forgotten while there is much else to do.
 */
START_TEST(test_ticks_crowded)
{
	uint64_t begin, deadlines[SESSIONS];
	u_int i;

	stop(TRUE);
	t.registry->queue_all(t.registry, MOBILITY_WORK_LOOK);
	wait_busy(1);
	begin = mobility_now();
	for (i = 0; i < SESSIONS; i++)
	{
		/* some change their mind */
		deadlines[i] = begin + (i % 10 ? 1 + random() % 200 : PATIENCE);
		t.agenda->arm(t.agenda, &t.members[i].entry->turn, deadlines[i]);
		if (i % 10 == 0)
		{
			t.agenda->arm(t.agenda, &t.members[i].entry->turn, 0);
		}
	}
	stop(FALSE);
	for (i = 0; i < SESSIONS; i++)
	{
		wait_turns(&t.members[i], 1);
		if (i % 10)
		{
			wait_tick(&t.members[i]);
			mobility_assert(t.members[i].time >= deadlines[i]);
		}
	}
	for (i = 0; i < SESSIONS; i += 10)
	{
		ck_assert_int_eq(t.members[i].work, MOBILITY_WORK_LOOK);
	}
}
END_TEST

/**
 * End all sessions, in any order, as their IKE_SAs are gone.
 */
static void *end_all(void *data)
{
	member_t *member;
	u_int i, step = (uintptr_t)data;

	for (i = 0; i < SESSIONS; i++)
	{
		member = &t.members[i * step % SESSIONS];
		_checkout(&t.ike_sas, member->id);
		forget(member);
		_checkin(&t.ike_sas, &member->ike_sa);
	}
	return NULL;
}

/**
 * Whoever forgets them, and whatever others do, each is destroyed once.
 */
START_TEST(test_forget)
{
	/* prime to the number of sessions */
	const uintptr_t steps[] = { 1, 3, 7, 9, 11, 13 };
	thread_t *threads[countof(steps)];
	linked_list_t *ids;
	u_int i;

	for (i = 0; i < countof(steps); i++)
	{
		threads[i] = thread_create(end_all, (void*)steps[i]);
	}
	for (i = 0; t.registry->get_active(t.registry); i++)
	{
		t.registry->queue_all(t.registry, MOBILITY_WORK_LOOK);
		t.registry->queue_number(t.registry, 1 + i % SESSIONS,
								 MOBILITY_WORK_TRAFFIC);
		ids = t.registry->get_ids(t.registry, "home");
		ids->destroy_offset(ids, offsetof(ike_sa_id_t, destroy));
	}
	for (i = 0; i < countof(steps); i++)
	{
		threads[i]->join(threads[i]);
	}
	for (i = 0; i < SESSIONS; i++)
	{
		wait_destroyed(&t.members[i]);
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("registry");

	tc = tcase_create("work");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_all);
	tcase_add_test(tc, test_give_up);
	tcase_add_test(tc, test_blocked);
	tcase_add_test(tc, test_coalesce);
	tcase_add_test(tc, test_gone);
	tcase_add_test(tc, test_forget);
	suite_add_tcase(s, tc);

	tc = tcase_create("ticks");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_ticks);
	tcase_add_test(tc, test_ticks_crowded);
	suite_add_tcase(s, tc);
	return s;
}
