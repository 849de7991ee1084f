/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "session_fixture.h"

/**
 * The session whose path is on probation
 */
static session_fixture_t *f;

static void setup()
{
	f = session_fixture_create("", NULL);
	f->latency = 20;
	session_fixture_run(f, 1000);
	session_fixture_forget(f);
}

static void teardown()
{
	session_fixture_destroy(f);
}

/**
 * Pull or plug the cable of an uplink, and have what follows
 */
static void plug(int uplink, bool up)
{
	f->network->uplinks[uplink].up = up;
	session_fixture_changed(f);
	session_fixture_run(f, 10000);
}

/**
 * Say what is known about the traffic over the path in use
 */
static void traffic(bool proven, uint64_t silence)
{
	f->network->traffic = (mobility_path_health_facts_t){
		.proven = proven,
		.silence = silence,
	};
}

/**
 * Nothing returns for so long, the peer is asked and answers
 */
static void silence(uint64_t silence)
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);

	f->network->traffic.silence = silence;
	f->network->verdict = MOBILITY_HEALTH_SILENT;
	mock_ike_checkin(ike_sa, f->session->judge(f->session));
	f->network->verdict = MOBILITY_HEALTH_HEALTHY;
	session_fixture_run(f, 1000);
}

/**
 * Check what is said about the paths in words, the second of which may be NULL,
 * and why the session is as it is
 */
static void assert_told(const char *cause, const char *first,
						const char *second)
{
	const char *expected[] = { first, second };
	mobility_path_report_t *report;
	mobility_status_t *status;
	array_t *paths;
	ike_sa_t *ike_sa;
	char text[128];
	int i;

	status = f->session->get_status(f->session);
	ck_assert_str_eq(status->cause, cause);
	ck_assert(!status->nat_local);
	mobility_status_destroy(status);
	ike_sa = session_fixture_checkout(f);
	paths = f->session->get_paths(f->session, NULL);
	mock_ike_checkin(ike_sa, SUCCESS);
	for (i = 0; i < countof(expected) && expected[i]; i++)
	{
		ck_assert(array_remove(paths, ARRAY_HEAD, &report));
		snprintf(text, sizeof(text), "%s%s%s%s", report->path->ifname,
				 report->current ? "*" : "",
				 report->encapsulated ? " UDP" : "",
				 report->penalty ? report->unusable : "");
		ck_assert_str_eq(text, expected[i]);
		mobility_path_report_destroy(report);
	}
	ck_assert_uint_eq(array_count(paths), 0);
	array_destroy(paths);
}

/**
 * Check if both ends use UDP encapsulation
 */
static bool is_encapsulated()
{
	return f->ike_sa->has_condition(f->ike_sa, COND_NAT_HERE);
}

/**
 * The preferred uplink comes back, but without ESP
 */
static void come_back()
{
	plug(0, FALSE);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	traffic(TRUE, 0);
	session_fixture_forget(f);
	plug(0, TRUE);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
}

START_TEST(test_return)
{
	mobility_status_t *status;

	f->natd = TRUE;
	come_back();
	/* the answer proves IKE only */
	silence(399);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	session_fixture_forget(f);
	silence(400);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	ck_assert_str_eq(f->told, "move ");
	status = f->session->get_status(f->session);
	ck_assert_str_eq(status->last_move.trigger, "no ESP over eth0");
	mobility_status_destroy(status);
	assert_told("peer answers over eth1", "eth1*", "eth0 UDPno ESP, put aside");
	traffic(TRUE, 0);
	session_fixture_run(f, 280000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	ck_assert(!is_encapsulated());
	/* the next try is in UDP */
	session_fixture_run(f, 30000);
	ck_assert(is_encapsulated());
	assert_told("peer answers over eth0, UDP encapsulation forced",
				"eth0* UDP", "eth1");
	/* neither is a success: it takes twice as long until the next one */
	silence(400);
	assert_told("peer answers over eth1", "eth1*", "eth0 UDPno ESP, put aside");
	traffic(TRUE, 0);
	session_fixture_run(f, 590000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	session_fixture_run(f, 20000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	/* once ESP returns that is forgotten, but not how */
	traffic(TRUE, 0);
	silence(0);
	traffic(FALSE, 0);
	session_fixture_run(f, 60000);
	silence(9000);
	assert_told("peer answers over eth1", "eth1*", "eth0 UDPno ESP, put aside");
	traffic(TRUE, 0);
	session_fixture_run(f, 310000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
}
END_TEST

/**
 * ESP that comes in counts at once, even if no exchange tells of it.
 */
START_TEST(test_returns_quietly)
{
	f->natd = TRUE;
	come_back();
	silence(400);
	plug(1, FALSE);
	assert_told("peer answers over eth0, UDP encapsulation forced",
				"eth0* UDPno ESP, put aside", NULL);
	traffic(TRUE, 0);
	session_fixture_forget(f);
	if (_i)
	{
		assert_told("peer answers over eth0, UDP encapsulation forced",
					"eth0* UDP", NULL);
	}
	plug(1, TRUE);
	/* the other one's address is announced, it is not tested */
	ck_assert_uint_eq(mock_charon_count(), 1);
	assert_told("peer answers over eth0, UDP encapsulation forced",
				"eth0* UDP", "eth1");
}
END_TEST

/**
 * The way back does not work: what is known of ESP counts.
 */
START_TEST(test_no_return)
{
	f->natd = TRUE;
	come_back();
	f->answers[1] = FALSE;
	silence(400);
	session_fixture_run(f, 3000);
	assert_told("nothing returns over eth0", "eth0*",
				"eth1did not work, put aside");
	silence(1000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	ck_assert(is_encapsulated());
	assert_told("peer answers over eth0, UDP encapsulation forced",
				"eth0* UDP", "eth1did not work, put aside");
	/* there is no other */
	silence(2000);
	session_fixture_forget(f);
	silence(5000);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(mock_charon_count(), 1);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
}
END_TEST

/**
 * What is silent for IKE as well may have been for a moment only.
 */
START_TEST(test_uncertain)
{
	ike_sa_t *ike_sa;

	come_back();
	/* a look alone tells nothing */
	f->network->traffic.silence = 5000;
	session_fixture_changed(f);
	session_fixture_run(f, 1000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	/* the first request gets lost, too */
	f->answers[0] = f->answers[1] = FALSE;
	f->network->verdict = MOBILITY_HEALTH_SILENT;
	ike_sa = session_fixture_checkout(f);
	mock_ike_checkin(ike_sa, f->session->judge(f->session));
	f->network->verdict = MOBILITY_HEALTH_HEALTHY;
	session_fixture_run(f, 50);
	f->answers[0] = TRUE;
	session_fixture_run(f, 1000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	f->answers[1] = TRUE;
	session_fixture_run(f, 1000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	silence(400);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
}
END_TEST

START_TEST(test_force)
{
	f->natd = TRUE;
	silence(999);
	ck_assert_str_eq(f->told, "");
	silence(1000);
	ck_assert(is_encapsulated());
	ck_assert_str_eq(f->told, "move ");
	assert_told("peer answers over eth0, UDP encapsulation forced",
				"eth0* UDP", "eth1");
	ck_assert_uint_eq(f->network->traffic.silence, 0);
	/* a DPD does not undo that */
	traffic(TRUE, 0);
	session_fixture_forget(f);
	silence(0);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(mock_charon_count(), 1);
	ck_assert(is_encapsulated());
	ck_assert_uint_ge(mock_charon_keepalives(), 1);
	/* on another path it is not forced, back here it is */
	plug(0, FALSE);
	ck_assert(!is_encapsulated());
	f->network->uplinks[0].up = TRUE;
	session_fixture_changed(f);
	session_fixture_run(f, 1000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
}
END_TEST

/**
 * Whoever replaces the IKE_SA gets to know of it.
 */
START_TEST(test_force_again)
{
	ike_sa_t *ike_sa;

	f->natd = TRUE;
	silence(1000);
	ck_assert(is_encapsulated());
	session_fixture_task(f, TASK_IKE_REKEY, session_fixture_rekeyed);
	session_fixture_run(f, 5000);
	ck_assert(is_encapsulated());
	assert_told("peer answers over eth0, UDP encapsulation forced",
				"eth0* UDP", "eth1");
	/* somebody's NAT detection undoes it, we do not leave it at that */
	ike_sa = session_fixture_checkout(f);
	ike_sa->set_condition(ike_sa, COND_NAT_HERE, FALSE);
	mock_ike_checkin(ike_sa, SUCCESS);
	silence(0);
	ck_assert(is_encapsulated());
}
END_TEST

/**
 * Where nobody detects NATs, or there is one, there is nothing to be forced.
 */
START_TEST(test_no_force)
{
	session_fixture_forget(f);
	silence(1000);
	ck_assert(!is_encapsulated());
	/* DPD, and an update that changes nothing */
	ck_assert_uint_eq(mock_charon_count(), 2);
	assert_told("peer answers over eth0", "eth0*", "eth1");
	/* next is another path */
	silence(2000);
	assert_told("peer answers over eth1", "eth1*", "eth0no ESP, put aside");
}
END_TEST

START_TEST(test_one_way)
{
	int i;

	f->natd = TRUE;
	silence(1000);
	ck_assert(is_encapsulated());
	silence(1000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	assert_told("peer answers over eth1", "eth1*", "eth0 UDPno ESP, put aside");
	silence(1000);
	ck_assert(is_encapsulated());
	/* it is what is sent that gets no answers */
	silence(1000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	assert_told("nothing returns over eth1", "eth0", "eth1* UDP");
	session_fixture_run(f, 20000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	ck_assert(!is_encapsulated());
	/* and that is known now */
	session_fixture_forget(f);
	for (i = 0; i < 10; i++)
	{
		silence(1000 << i);
	}
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	ck_assert_str_eq(f->told, "");
	ck_assert_uint_eq(mock_charon_count(), 10);
}
END_TEST

/**
 * Of two routers the first one passes no ESP: it need not be left for that.
 */
START_TEST(test_routers)
{
	mobility_path_id_t pin;

	f->natd = TRUE;
	f->network->uplinks[0].gateway = "10.0.0.1";
	f->network->uplinks[0].gateway2 = "10.0.0.9";
	plug(1, FALSE);
	silence(1000);
	ck_assert(is_encapsulated());
	traffic(TRUE, 0);
	session_fixture_forget(f);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(mock_charon_count(), 0);
	ck_assert(array_get(f->network->pins, ARRAY_HEAD, &pin));
	ck_assert_uint_eq(pin.gateway.bytes[3], 1);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("esp_proof");

	tc = tcase_create("session");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_return);
	tcase_add_loop_test(tc, test_returns_quietly, 0, 2);
	tcase_add_test(tc, test_no_return);
	tcase_add_test(tc, test_uncertain);
	tcase_add_test(tc, test_force);
	tcase_add_test(tc, test_force_again);
	tcase_add_test(tc, test_no_force);
	tcase_add_test(tc, test_one_way);
	tcase_add_test(tc, test_routers);
	suite_add_tcase(s, tc);

	return s;
}
