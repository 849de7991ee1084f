/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "session_fixture.h"

/** Sequences of events, each in a charon of its own */
#define SEQUENCES 300

/** Events of a sequence */
#define EVENTS 60

/** Longest time that packets may be accepted at two addresses: until a move is
 * confirmed, and after it */
#define COPIES_TIME 4000

/** Until when a session has to be connected if it can be: an attempt is due all
 * 10 s, and 4 s until somebody notices that an update was refused may be lost */
#define RECOVERY_TIME 120000

/**
 * What is tested
 */
static session_fixture_t *f;

/**
 * State of the random numbers, so that a sequence can be repeated
 */
static unsigned int seed;

/**
 * Get a random number below a limit
 */
static u_int get_random(u_int limit)
{
	return rand_r(&seed) % limit;
}

/**
 * Have the session do something with its IKE_SA checked out
 */
static void work(status_t (*method)(mobility_session_t*))
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);

	mock_ike_checkin(ike_sa, method(f->session));
}

/**
 * Move to an uplink by hand
 */
static void switch_uplink()
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);
	char uplink[IFNAMSIZ], error[128];
	status_t status;

	snprintf(uplink, sizeof(uplink), "eth%u", get_random(4));
	f->session->switch_uplink(f->session, uplink, error, &status);
	mock_ike_checkin(ike_sa, status);
}

/**
 * Ask for paths and status
 */
static void ask()
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);
	mobility_path_report_t *report;
	array_t *paths;

	paths = f->session->get_paths(f->session, NULL);
	while (array_remove(paths, ARRAY_TAIL, &report))
	{
		mobility_path_report_destroy(report);
	}
	array_destroy(paths);
	mobility_status_destroy(f->session->get_status(f->session));
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
}

/**
 * The peer rekeys the IKE_SA
 */
static void rekey_by_peer()
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);

	if (ike_sa->get_state(ike_sa) == IKE_ESTABLISHED)
	{
		session_fixture_rekeyed(f, ike_sa, NULL);
	}
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
}

/**
 * Call what charon's jobs call
 */
static void call_job()
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);
	status_t status;

	switch (get_random(3))
	{
		case 0:
			status = ike_sa->roam(ike_sa, TRUE);
			break;
		case 1:
			status = ike_sa->send_dpd(ike_sa);
			break;
		default:
			status = ike_sa->retransmit(ike_sa,
										ike_sa->get_message_id(ike_sa, TRUE));
			break;
	}
	mock_ike_checkin(ike_sa, status);
}

/**
 * Let anything happen
 */
static void happen()
{
	static const task_type_t tasks[] = {
		TASK_IKE_DPD, TASK_CHILD_CREATE, TASK_IKE_REKEY,
	};
	static char *leads[] = {
		NULL, "10.0.0.1", "10.0.0.9", "10.0.0.7",
	};
	u_int i = get_random(MOCK_UPLINKS);

	switch (get_random(16))
	{
		case 0:
		case 1:
		case 2:
			f->network->uplinks[i].up = !f->network->uplinks[i].up;
			session_fixture_changed(f);
			break;
		case 3:
		case 4:
		case 5:
			f->answers[i] = !f->answers[i];
			break;
		case 6:
			f->network->uplinks[i].metric = 100 * (1 + get_random(4));
			session_fixture_changed(f);
			break;
		case 7:
			switch_uplink();
			break;
		case 8:
			i = get_random(countof(tasks));
			session_fixture_task(f, tasks[i], tasks[i] == TASK_IKE_REKEY ?
								 session_fixture_rekeyed : NULL);
			break;
		case 9:
			rekey_by_peer();
			break;
		case 10:
			f->notify = get_random(4) ? 0 : UNACCEPTABLE_ADDRESSES;
			f->latency = 1 << get_random(12);
			break;
		case 11:
			fake_clock_suspend(get_random(100000));
			work(f->session->suspect);
			break;
		case 12:
			f->network->verdict = get_random(3);
			work(f->session->judge);
			f->network->verdict = MOBILITY_HEALTH_HEALTHY;
			break;
		case 13:
			/* one of two routers leads nowhere, or neither does */
			f->network->uplinks[0].leads = leads[get_random(countof(leads))];
			break;
		case 14:
			f->network->uplinks[i].expiring = !f->network->uplinks[i].expiring;
			session_fixture_changed(f);
			break;
		default:
			ask();
			call_job();
			break;
	}
}

/**
 * Check what has to be true at any time
 */
static void check()
{
	mobility_status_t *status;
	bool busy;

	if (f->network->copied)
	{
		mobility_assert(fake_clock_now() <= f->network->copied + COPIES_TIME);
	}
	if (f->ended)
	{
		return;
	}
	status = f->session->get_status(f->session);
	busy = status->exchange != NULL;
	mobility_assert(status->state == f->state);
	mobility_status_destroy(status);
	/* nothing is under way: what is in use is pinned, and nothing else */
	if (f->state == MOBILITY_CONNECTED && !busy && !f->network->copied)
	{
		mobility_assert(array_count(f->network->pins) <= 1);
	}
	/* a session that is not connected gets its chance */
	mobility_assert(f->state == MOBILITY_CONNECTED || f->deadline);
}

START_TEST(test_random)
{
	u_int i, sent;

	seed = _i;
	f = session_fixture_create("network_outage_time = 20m", NULL);
	/* two routers, and an uplink with two addresses */
	f->network->uplinks[0].gateway = "10.0.0.1";
	f->network->uplinks[0].gateway2 = "10.0.0.9";
	f->network->uplinks[3].second = _i % 2;
	for (i = 0; i < EVENTS && !f->ended; i++)
	{
		happen();
		if (!f->ended)
		{
			session_fixture_run(f, get_random(2) ? get_random(50)
												 : 1 << get_random(15));
		}
		check();
	}
	/* everything works again */
	f->notify = 0;
	f->latency = 10;
	for (i = 0; i < MOCK_UPLINKS; i++)
	{
		f->answers[i] = f->network->uplinks[i].up = TRUE;
		f->network->uplinks[i].expiring = FALSE;
	}
	f->network->uplinks[0].leads = NULL;
	if (!f->ended)
	{
		session_fixture_changed(f);
		session_fixture_run(f, RECOVERY_TIME);
		check();
		mobility_assert(f->state == MOBILITY_CONNECTED);
		mobility_assert(array_count(f->network->pins) == 1 ||
						f->network->copied);
	}
	else
	{
		sent = mock_charon_count();
		session_fixture_run(f, RECOVERY_TIME);
		mobility_assert(mock_charon_count() == sent);
	}
	session_fixture_destroy(f);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("moves");

	tc = tcase_create("random");
	tcase_add_loop_test(tc, test_random, 0, SEQUENCES);
	suite_add_tcase(s, tc);
	return s;
}
