/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fake_clock.h"
#include "mobility_suite.h"

#include "net/clock.h"
#include "session/agenda.h"

#include <daemon.h>

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

/**
 * A session with its IKE_SA
 */
typedef struct {
	/** the IKE_SA, only its address matters; must be the first member */
	ike_sa_t ike_sa;
	/** its turn */
	mobility_turn_t turn;
	/** it waits to be given up, in its turn or at once */
	bool waiting, paced;
	/** its IKE_SA is gone */
	bool gone;
	/** work it was given */
	mobility_work_t work;
	/** when it was given that, or given up, 0 if it was not */
	uint64_t worked, given_up;
} member_t;

/**
 * What all tests use
 */
static struct {
	/** replaces charon */
	daemon_t daemon;
	/** its IKE_SAs */
	ike_sa_manager_t ike_sas;
	/** nobody wants to be woken */
	mobility_clock_t clock;
	/** sessions */
	member_t members[SESSIONS];
	/** what it takes to give one up */
	uint64_t takes;
	/** when the next one that is paced may be given up, and how many were */
	uint64_t next;
	u_int ended;
	/** what is tested */
	mobility_agenda_t *agenda;
} t;

METHOD(mobility_clock_t, set, void,
	mobility_clock_t *this, uint64_t when)
{
}

METHOD(mobility_clock_t, clock_destroy, void,
	mobility_clock_t *this)
{
}

/** what the linker has called in place of mobility_clock_create() */
mobility_clock_t *__wrap_mobility_clock_create(mobility_clock_cb_t cb,
											   void *data);

/**
 * Jobs of the real one's watcher would wait for it
 */
mobility_clock_t *__wrap_mobility_clock_create(mobility_clock_cb_t cb,
											   void *data)
{
	return &t.clock;
}

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
	member_t *member = (member_t*)ike_sa;

	t.agenda->end(t.agenda, &member->turn);
	member->gone = TRUE;
}

/**
 * mobility_agenda_cb_t that does the work
 */
static status_t do_work(void *data, ike_sa_t *ike_sa)
{
	member_t *member = (member_t*)ike_sa;

	mobility_assert(!member->turn.given_up);
	member->work |= t.agenda->take_work(t.agenda, &member->turn);
	member->worked = fake_clock_now();
	return SUCCESS;
}

/**
 * mobility_agenda_cb_t that gives a session up
 */
static status_t do_give_up(void *data, ike_sa_t *ike_sa)
{
	member_t *member = (member_t*)ike_sa;

	mobility_assert(!member->given_up);
	if (!member->waiting)
	{	/* its peer is back */
		return SUCCESS;
	}
	member->waiting = FALSE;
	member->given_up = fake_clock_now();
	fake_clock_set(fake_clock_now() + t.takes);
	if (member->paced)
	{
		mobility_assert(member->given_up >= t.next);
		t.next = fake_clock_now() + PAUSE * t.takes;
		t.ended++;
	}
	return DESTROY_ME;
}

/**
 * mobility_turn_cb_t
 */
static void do_destroy(mobility_turn_t *turn)
{
}

/**
 * Begin with sessions that have nothing to do
 */
static void begin(void)
{
	int i;

	fake_clock_start(BEGIN);
	t.agenda = mobility_agenda_create(do_work, do_give_up, NULL, do_destroy);
	ck_assert(t.agenda);
	t.takes = UP;
	t.next = 0;
	t.ended = 0;
	for (i = 0; i < SESSIONS; i++)
	{
		t.members[i] = (member_t){
			.turn.initiator_spi = i + 1,
		};
	}
}

/**
 * Undo begin()
 */
static void end(void)
{
	fake_clock_stop();
	t.agenda->flush(t.agenda);
	t.agenda->destroy(t.agenda);
}

static void setup(void)
{
	mobility_suite_setup();
	memset(&t, 0, sizeof(t));
	t.ike_sas.checkout = (void*)_checkout;
	t.ike_sas.checkin = (void*)_checkin;
	t.ike_sas.checkin_and_destroy = (void*)_checkin_and_destroy;
	t.daemon.ike_sa_manager = &t.ike_sas;
	t.clock.set = _set;
	t.clock.destroy = _clock_destroy;
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
 * Have a session given up when it is its turn
 */
static void retire(member_t *member)
{
	member->waiting |= !member->gone;
	member->paced = TRUE;
	t.agenda->retire(t.agenda, &member->turn);
}

/**
 * Have a session given up at once
 */
static void give_up(member_t *member)
{
	member->waiting |= !member->gone;
	member->paced = FALSE;
	t.agenda->give_up(t.agenda, &member->turn);
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
 * A thousand end together, and RADIUS does not answer: whatever else there is to
 * do waits for one of them at most.  It is over soon once that is back.
 */
START_TEST(test_pace)
{
	member_t *other = &t.members[SESSIONS - 1];
	uint64_t asked;
	int i;

	t.takes = DOWN;
	for (i = 0; i < SESSIONS - 1; i++)
	{
		retire(&t.members[i]);
	}
	while (t.ended < 10)
	{
		asked = fake_clock_now();
		t.agenda->queue(t.agenda, &other->turn, MOBILITY_WORK_LOOK);
		fake_clock_run();
		ck_assert(other->worked >= asked && other->worked - asked <= DOWN);
		run_until(fake_clock_now() + DOWN / 2);
	}
	for (i = 0; i < 10; i++)
	{	/* who has waited longest is first */
		ck_assert(t.members[i].given_up ==
				  BEGIN + i * (1 + PAUSE) * (uint64_t)DOWN);
	}
	t.takes = UP;
	run_until(t.next + SESSIONS * (1 + PAUSE) * UP);
	ck_assert_int_eq(t.ended, SESSIONS - 1);
	for (i = 0; i < SESSIONS - 1; i++)
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
	retire(&t.members[0]);
	run_until(fake_clock_now());
	ck_assert_int_eq(t.ended, 1);
	run_until(t.next - ms);
	retire(&t.members[1]);
	run_until(t.next - 1);
	ck_assert_int_eq(t.ended, 1);
	run_until(t.next);
	ck_assert_int_eq(t.ended, 2);

	/* there is no job that waits */
	run_until(t.next);
	ck_assert(fake_clock_next() == UINT64_MAX);

	/* for instance the host was suspended */
	t.takes = 8 * 3600 * ms;
	retire(&t.members[2]);
	run_until(fake_clock_now());
	t.next = 0;
	retire(&t.members[3]);
	run_until(fake_clock_now() + 600 * ms - 1);
	ck_assert_int_eq(t.ended, 3);
	run_until(fake_clock_now() + 1);
	ck_assert_int_eq(t.ended, 4);
}
END_TEST

/**
 * There is work for a session that waits, and if its peer is back it goes on, without
 * a pause for others.  It may be retired again.
 */
START_TEST(test_keep)
{
	member_t *member = &t.members[1];

	t.takes = DOWN;
	retire(&t.members[0]);
	retire(member);
	t.agenda->queue(t.agenda, &member->turn, MOBILITY_WORK_LOOK);
	run_until(fake_clock_now());
	ck_assert(member->waiting);
	ck_assert(member->work == MOBILITY_WORK_LOOK);
	member->waiting = FALSE;
	run_until(t.next);
	ck_assert(!member->gone);
	ck_assert_int_eq(t.ended, 1);
	retire(member);
	run_until(fake_clock_now());
	ck_assert(member->gone);
}
END_TEST

/**
 * Sessions that are not told to RADIUS do not wait for those that are.
 */
START_TEST(test_unpaced)
{
	int i;

	t.takes = DOWN;
	retire(&t.members[0]);
	retire(&t.members[1]);
	run_until(fake_clock_now());
	t.takes = 0;
	for (i = 2; i < 20; i++)
	{
		give_up(&t.members[i]);
	}
	run_until(fake_clock_now());
	for (i = 2; i < 20; i++)
	{
		ck_assert(t.members[i].gone);
	}
	ck_assert(t.members[1].waiting);
}
END_TEST

/**
 * Do one of all the things that may happen to a session
 */
static void happen(member_t *member)
{
	ike_sa_id_t *id;

	switch (random() % 8)
	{
		case 0:
		case 1:
		case 2:
			retire(member);
			break;
		case 3:
			member->waiting = FALSE;
			break;
		case 4:
			member->waiting = FALSE;
			_checkin_and_destroy(&t.ike_sas, &member->ike_sa);
			break;
		case 5:
			id = mobility_turn_get_id(&member->turn);
			t.agenda->rebind(t.agenda, &member->turn, id);
			id->destroy(id);
			break;
		default:
			t.agenda->queue(t.agenda, &member->turn, MOBILITY_WORK_TICK);
			break;
	}
}

/**
 * Whatever happens in whatever order, all that are to be given up are, once, and
 * of those that are paced never one before its time; nobody else is.
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
			mobility_assert(!t.members[i].given_up || t.members[i].gone);
		}
		mobility_assert(fake_clock_next() == UINT64_MAX);
		end();
		begin();
	}
}
END_TEST

/*
 * Described in header.
 */
Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("agenda");
	TCase *tc;

	tc = tcase_create("retired");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_pace);
	tcase_add_test(tc, test_pause);
	tcase_add_test(tc, test_keep);
	tcase_add_test(tc, test_unpaced);
	tcase_add_test(tc, test_random);
	suite_add_tcase(s, tc);

	return s;
}
