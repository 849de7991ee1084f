/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "mock_child.h"
#include "session_fixture.h"

#include "mobile/peer_names.h"

#include <processing/jobs/delete_ike_sa_job.h>

/**
 * What is tested
 */
static session_fixture_t *f;

static void setup()
{
	f = session_fixture_create("", NULL);
	session_fixture_forget(f);
}

static void teardown()
{
	session_fixture_destroy(f);
}

/**
 * Pull or plug the cable of an uplink
 */
static void plug(int uplink, bool up)
{
	f->network->uplinks[uplink].up = up;
	session_fixture_changed(f);
}

START_TEST(test_cable_pull)
{
	plug(0, FALSE);
	/* the update has left, and ESP follows before it is answered */
	ck_assert_str_eq(f->told, "waiting-to-reconnect path ");
	ck_assert_str_eq(mock_charon_sources(), "10.1.0.2 ");
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	session_fixture_run(f, 1000);
	ck_assert_str_eq(f->told,
					 "waiting-to-reconnect path connected move ");
	ck_assert_str_eq(mock_charon_sources(), "10.1.0.2 ");
	ck_assert(mock_network_is_pinned(f->network, 1));
	ck_assert(!mock_network_is_pinned(f->network, 0));
	ck_assert_uint_eq(f->deadline, 0);
}
END_TEST

START_TEST(test_answer_late)
{
	f->latency = 1200;
	plug(0, FALSE);
	session_fixture_run(f, 1199);
	ck_assert_uint_eq(f->state, MOBILITY_WAITING);
	/* the first of the packets that were sent meanwhile is answered */
	session_fixture_run(f, 1);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	session_fixture_forget(f);
	/* answers to the others come in, nothing follows */
	session_fixture_run(f, 60000);
	ck_assert_str_eq(f->told, "");
	ck_assert_uint_eq(mock_charon_count(), 0);
}
END_TEST

START_TEST(test_answer_never)
{
	f->answers[1] = FALSE;
	plug(0, FALSE);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	ck_assert(f->ike_sa->has_condition(f->ike_sa, COND_STALE));
	session_fixture_run(f, 29 * 60000);
	ck_assert(f->ended);
	ck_assert_str_eq(f->told, "waiting-to-reconnect path dormant failed ");
	session_fixture_forget(f);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(mock_charon_count(), 0);
}
END_TEST

START_TEST(test_answer_twice)
{
	plug(0, FALSE);
	session_fixture_answer(f, 1, 0);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	session_fixture_answer(f, 1, 0);
	session_fixture_answer(f, 0, 0);
	ck_assert_str_eq(f->told,
					 "waiting-to-reconnect path connected move ");
	ck_assert_uint_eq(mock_charon_count(), 1);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
}
END_TEST

/**
 * Let an uplink lose everything silently, or not
 */
static void mute(int uplink, bool muted)
{
	f->answers[uplink] = !muted;
}

/**
 * Check why the session is in its state
 */
static void assert_cause(const char *cause)
{
	mobility_status_t *status;

	status = f->session->get_status(f->session);
	ck_assert_str_eq(status->cause, cause);
	mobility_status_destroy(status);
}

/**
 * Check which uplinks packets are pinned to, a digit for each
 */
static void assert_pinned(const char *uplinks)
{
	char pinned[MOCK_UPLINKS + 1] = "";
	int i;

	for (i = 0; i < MOCK_UPLINKS; i++)
	{
		if (mock_network_is_pinned(f->network, i))
		{
			snprintf(pinned + strlen(pinned), 2, "%d", i);
		}
	}
	ck_assert_str_eq(pinned, uplinks);
}

/**
 * Move to another uplink by hand
 */
static void switch_to(const char *uplink)
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);
	char error[128];
	status_t status;

	ck_assert_msg(f->session->switch_uplink(f->session, uplink, error, &status),
				  "%s", error);
	mock_ike_checkin(ike_sa, status);
}

/**
 * Delete the IKE_SA as swanctl does
 */
static void terminate()
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);

	mock_ike_checkin(ike_sa, ike_sa->delete(ike_sa, FALSE));
}

/**
 * Have the session ask whether the peer is there
 */
static void suspect()
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);

	mock_ike_checkin(ike_sa, f->session->suspect(f->session));
}

START_TEST(test_rekeyed_in_outage)
{
	uint32_t old = f->ike_sa->get_unique_id(f->ike_sa);

	mute(0, TRUE);
	mute(1, TRUE);
	session_fixture_task(f, TASK_IKE_REKEY, session_fixture_rekeyed);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	ck_assert(f->ike_sa->has_condition(f->ike_sa, COND_STALE));
	/* the answer comes over the path in use, and with it another IKE_SA */
	session_fixture_forget(f);
	mute(0, FALSE);
	session_fixture_run(f, 20000);
	ck_assert_uint_ne(f->ike_sa->get_unique_id(f->ike_sa), old);
	ck_assert_str_eq(f->told, "connected ");
	ck_assert(!f->ike_sa->has_condition(f->ike_sa, COND_STALE));
}
END_TEST

START_TEST(test_no_answer_cause)
{
	mute(0, TRUE);
	mute(1, TRUE);
	suspect();
	session_fixture_run(f, 5000);
	ck_assert_uint_eq(f->state, MOBILITY_WAITING);
	assert_cause("peer may not be reached over eth0");
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	assert_cause("no answer over any path");
	/* the one that appears is tried, but nobody answers there, either */
	mute(2, TRUE);
	plug(2, TRUE);
	assert_cause("trying eth0");
	session_fixture_run(f, 60000);
	assert_cause("no answer over any path");
	plug(0, FALSE);
	plug(1, FALSE);
	plug(2, FALSE);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
}
END_TEST

/**
 * Have what a NAT knows of a port be stale, and something not be answered
 */
static void stale(bool nat)
{
	f->spare = 50000;
	f->stale = 4500;
	mute(1, TRUE);
	f->ike_sa->set_condition(f->ike_sa, COND_NAT_HERE, nat);
	session_fixture_forget(f);
	suspect();
}

/**
 * Check the port in use
 */
static void assert_port(uint16_t expected)
{
	host_t *me = f->ike_sa->get_my_host(f->ike_sa);

	ck_assert_uint_eq(me->get_port(me), expected);
	ck_assert_uint_eq(f->kept, expected == 4500 ? 0 : 1);
}

START_TEST(test_nat_stale)
{
	mobility_status_t *status;

	stale(TRUE);
	/* as long as it may just be slow there is no other port */
	session_fixture_run(f, 700);
	ck_assert_uint_eq(f->state, MOBILITY_WAITING);
	ck_assert_uint_eq(f->asked, 0);
	assert_port(4500);
	session_fixture_run(f, 1000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	ck_assert_str_eq(f->told, "waiting-to-reconnect connected move ");
	assert_port(50000);
	assert_cause("peer answers over eth0, from local port 50000");
	status = f->session->get_status(f->session);
	ck_assert_str_eq(status->last_move.trigger, "NAT state stale, local port 50000");
	mobility_status_destroy(status);
	/* which is used from then on, wherever it moves */
	session_fixture_forget(f);
	mute(1, FALSE);
	plug(0, FALSE);
	session_fixture_run(f, 1000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	assert_port(50000);
	ck_assert_uint_eq(f->asked, 1);
}
END_TEST

/**
 * What is tried gets stale as well, while the router has no other way out
 */
START_TEST(test_nat_stale_long)
{
	stale(TRUE);
	mute(0, TRUE);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	mute(0, FALSE);
	f->spare++;
	session_fixture_run(f, 30000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	assert_port(50001);
}
END_TEST

/**
 * Without a NAT there is nothing to be stale, nor without any path
 */
START_TEST(test_no_nat)
{
	if (_i)
	{
		plug(0, FALSE);
		plug(1, FALSE);
	}
	stale(_i);
	session_fixture_run(f, 120000);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	ck_assert_uint_eq(f->asked, 0);
	assert_port(4500);
}
END_TEST

/**
 * A path that is slow has no NAT whose state is stale: what follows the answer does
 * not leave from another port, or nobody could tell which one the peer has taken
 */
START_TEST(test_nat_slow)
{
	f->spare = 50000;
	f->latency = 1000 + 500 * _i;
	f->ike_sa->set_condition(f->ike_sa, COND_NAT_HERE, TRUE);
	plug(1, FALSE);
	plug(0, FALSE);
	plug(0, TRUE);
	session_fixture_run(f, 3 * f->latency);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	session_fixture_forget(f);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_uint_eq(mock_charon_count(), 0);
}
END_TEST

START_TEST(test_terminate_dormant)
{
	plug(1, FALSE);
	plug(0, FALSE);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	session_fixture_forget(f);
	terminate();
	ck_assert(f->ended);
	/* that is not the end of any lifetime */
	ck_assert_str_eq(f->told, "");
	assert_cause("eth0: no carrier");
}
END_TEST

START_TEST(test_lifetime)
{
	mock_ike_conf_t conf = {
		.rekey_time = 3600,
		.over_time = 360,
	};

	session_fixture_destroy(f);
	f = session_fixture_create("network_outage_time = 0", &conf);
	plug(1, FALSE);
	plug(0, FALSE);
	session_fixture_forget(f);
	session_fixture_run(f, 3959 * 1000);
	ck_assert(!f->ended);
	session_fixture_run(f, 2000);
	ck_assert(f->ended);
	ck_assert_str_eq(f->told, "failed ");
	assert_cause("lifetime of the IKE_SA is over");
}
END_TEST

START_TEST(test_many_addresses)
{
	char address[16];
	int i;

	for (i = 2; i < 22; i++)
	{
		snprintf(address, sizeof(address), "192.0.2.%d", i);
		f->ike_sa->add_peer_address(f->ike_sa,
									host_create_from_string(address, 0));
	}
	memset(f->answers, FALSE, sizeof(f->answers));
	plug(2, TRUE);
	plug(0, FALSE);
	session_fixture_run(f, 200);
	/* a packet over each of two uplinks to each of eight addresses */
	session_fixture_forget(f);
	session_fixture_run(f, 200);
	ck_assert_uint_eq(mock_charon_count(), 16);
	/* with two more uplinks there are 32 paths, and a limit */
	plug(0, TRUE);
	plug(3, TRUE);
	session_fixture_run(f, 200);
	session_fixture_forget(f);
	session_fixture_run(f, 200);
	ck_assert_uint_eq(mock_charon_count(), 24);
	session_fixture_forget(f);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	session_fixture_forget(f);
	session_fixture_run(f, 10000);
	ck_assert_uint_eq(mock_charon_count(), 24);
	/* one of them answers */
	f->answers[1] = TRUE;
	session_fixture_run(f, 10000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_int_eq(array_count(f->network->pins), 1);
}
END_TEST

START_TEST(test_resolved)
{
	/* nobody can be at the address in use, but its name has another one */
	f->network->owned = "192.0.2.1";
	array_insert(f->network->resolved, ARRAY_TAIL,
				 host_create_from_string("127.0.0.2", 0));
	array_insert(f->network->resolved, ARRAY_TAIL,
				 host_create_from_string("192.0.2.50", 0));
	session_fixture_changed(f);
	session_fixture_run(f, 1000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_uint_eq(mock_charon_count(), 1);
	ck_assert(chunk_equals(f->ike_sa->get_other_host(f->ike_sa)->get_address(
							f->ike_sa->get_other_host(f->ike_sa)),
						   chunk_from_chars(192, 0, 2, 50)));
}
END_TEST

/**
 * Have so many milliseconds pass, and get how often names were resolved
 */
static u_int count_resolves(uint64_t ms)
{
	u_int before = f->network->resolves;

	session_fixture_run(f, ms);
	/* IPv4 and IPv6 */
	return (f->network->resolves - before) / 2;
}

/**
 * The peer is at another address, nothing else tells of it
 */
START_TEST(test_renamed)
{
	u_int resolves;

	memset(f->answers, FALSE, sizeof(f->answers));
	plug(0, FALSE);
	ck_assert_uint_ge(count_resolves(20000), 1);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	/* attempts are made each 10 s */
	ck_assert_uint_ge(count_resolves(600000), 600 / 40);
	ck_assert_uint_le(count_resolves(600000), 600 / 30);
	while (!count_resolves(1000));
	ck_assert_uint_eq(count_resolves(MOBILITY_RESOLVE_INTERVAL), 0);
	/* but in another network at once, if that changes anything */
	resolves = f->network->resolves;
	plug(0, FALSE);
	ck_assert_uint_eq(f->network->resolves, resolves);
	plug(2, TRUE);
	ck_assert_uint_eq(f->network->resolves, resolves + 2);
	ck_assert_uint_ge(count_resolves(10000), 2);
}
END_TEST

START_TEST(test_own_address)
{
	/* no path over any uplink: nothing is sent, to ourselves it would be */
	f->network->owned = "192.0.2.1";
	session_fixture_changed(f);
	session_fixture_run(f, 60000);
	ck_assert_str_eq(f->told, "dormant path ");
	ck_assert_uint_eq(mock_charon_count(), 0);
	assert_cause("eth2 has the peer's address 192.0.2.1");
	/* it is gone, the path that was in use is tried at once */
	f->network->owned = NULL;
	session_fixture_changed(f);
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 ");
	session_fixture_run(f, 1000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
}
END_TEST

/**
 * Another IKE_SA replaces the session's, which is gone before
 */
static void reauthenticate(char *local)
{
	mock_ike_conf_t conf = {
		.local = local,
	};
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	ike_sa = session_fixture_checkout(f);
	charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
	mock_ike_checkin(ike_sa, DESTROY_ME);
	ck_assert(f->ended);
	id = mock_ike_create(&conf);
	ck_assert(!f->ended);
	id->destroy(id);
	session_fixture_run(f, 100);
}

/**
 * Reauthentication changes neither what was asked for by hand nor what is known.
 */
START_TEST(test_reauthenticated)
{
	mobility_path_history_t *records;
	mobility_session_t *other;
	mobility_status_t *status;

	session_fixture_destroy(f);
	f = session_fixture_create("prefer_best_path = yes", NULL);
	switch_to("eth1");
	session_fixture_run(f, 100);
	session_fixture_forget(f);
	/* nor does it change anything that there are two for a moment */
	records = f->session->records;
	other = mobility_session_create(&f->context, f->session->number, "home",
									records->get_ref(records));
	other->destroy(other);
	reauthenticate("10.1.0.2");
	session_fixture_run(f, 600000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	ck_assert_str_eq(f->told, "");
	status = f->session->get_status(f->session);
	ck_assert_int_eq(status->moves, 1);
	ck_assert_str_eq(status->cause, "established");
	mobility_status_destroy(status);
}
END_TEST

/**
 * Whatever the session was about when its IKE_SA was gone, the next one works.
 */
START_TEST(test_reauthenticated_lost)
{
	plug(1, _i > 0);
	mute(1, _i > 0);
	plug(0, FALSE);
	ck_assert_int_ne(f->state, MOBILITY_CONNECTED);
	plug(2, TRUE);
	mute(2, FALSE);
	session_fixture_forget(f);
	reauthenticate("10.2.0.2");
	ck_assert_int_eq(f->state, MOBILITY_CONNECTED);
	assert_cause("peer answers over eth2");
	ck_assert_str_eq(session_fixture_uplink(f), "eth2");
	/* which needs no update, what would be better is tested */
	ck_assert_str_eq(mock_charon_sources(), _i ? "10.1.0.2 " : "");
	session_fixture_run(f, 60000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth2");
	ck_assert(!strstr(f->told, "move"));
}
END_TEST

START_TEST(test_lost)
{
	ike_sa_t *ike_sa;

	/* the peer is there, but has lost the IKE_SA: no path is to be blamed */
	mute(0, TRUE);
	mute(1, TRUE);
	ike_sa = session_fixture_checkout(f);
	ck_assert_int_eq(f->session->lost(f->session), SUCCESS);
	mock_ike_checkin(ike_sa, SUCCESS);
	ck_assert_str_eq(f->told, "waiting-to-reconnect ");
	assert_cause("gateway has lost the session");
	ck_assert(!f->ended);
	/* it is held, and should it be answered all is well */
	session_fixture_run(f, 5000);
	ck_assert_uint_eq(f->state, MOBILITY_WAITING);
	mute(0, FALSE);
	session_fixture_run(f, 10000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
}
END_TEST

START_TEST(test_terminate_in_test)
{
	mute(1, TRUE);
	switch_to("eth1");
	session_fixture_run(f, 100);
	ck_assert_str_eq(mock_charon_sources(), "10.1.0.2 ");
	/* the path under test is silent, that in use works */
	terminate();
	session_fixture_run(f, 500);
	ck_assert(f->ended);
	ck_assert_str_eq(mock_charon_sources(), "10.1.0.2 10.0.0.2 10.0.0.2 ");
}
END_TEST

START_TEST(test_terminate_in_move)
{
	switch_to("eth1");
	session_fixture_run(f, 10);
	mute(1, TRUE);
	/* the peer answered the test, but does not the update */
	ck_assert_str_eq(mock_charon_sources(), "10.1.0.2 10.1.0.2 ");
	terminate();
	session_fixture_run(f, 5000);
	ck_assert(f->ended);
}
END_TEST

START_TEST(test_third_path)
{
	plug(2, TRUE);
	session_fixture_run(f, 100);
	mute(0, TRUE);
	mute(1, TRUE);
	session_fixture_forget(f);
	switch_to("eth1");
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_str_eq(session_fixture_uplink(f), "eth2");
	assert_pinned("2");
}
END_TEST

START_TEST(test_unconfirmed)
{
	mobility_move_t move;
	u_int i, updates = 0;

	/* a way through the tunnel itself works as long as that does: updates get
	 * nowhere, tests do */
	plug(0, FALSE);
	session_fixture_run(f, 1000);
	f->longest[0] = mock_charon_get(0)->len - 1;
	plug(0, TRUE);
	session_fixture_forget(f);
	session_fixture_run(f, 290000);
	for (i = 0; i < mock_charon_count(); i++)
	{
		updates += mock_charon_get(i)->len > f->longest[0];
	}
	/* one to move there, the same over the path in use, and one to stay there */
	ck_assert_uint_eq(updates, 3);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	ck_assert_str_eq(f->told, "path move ");
	ck_assert(f->session->records->get_move(f->session->records, &move));
	ck_assert_str_eq(move.from, "eth0");
	ck_assert_str_eq(move.to, "eth1");
	ck_assert_str_eq(move.trigger, "eth0: move was not confirmed");
}
END_TEST

START_TEST(test_pulled_in_test)
{
	plug(2, TRUE);
	session_fixture_run(f, 100);
	session_fixture_forget(f);
	f->latency = 20;
	mute(1, TRUE);
	switch_to("eth2");
	/* eth1 would be preferred, but the answer to the test says what works */
	plug(0, FALSE);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	session_fixture_run(f, 60);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_str_eq(session_fixture_uplink(f), "eth2");
	ck_assert(strpfx(mock_charon_sources(), "10.2.0.2 10.1.0.2 10.2.0.2 "));
}
END_TEST

/**
 * A better uplink vanishes at any time after it has appeared: while it is tested,
 * while the session moves there, or when it just has
 */
START_TEST(test_vanishes)
{
	const uint64_t when = _i * 10;

	f->latency = 50;
	f->network->uplinks[2].metric = 10;
	plug(2, TRUE);
	session_fixture_run(f, 5030);
	/* settle_time is over in 20 ms, test and update take 50 ms each */
	session_fixture_run(f, when);
	ck_assert_int_eq(when >= 120, streq(session_fixture_uplink(f), "eth2"));
	plug(2, FALSE);
	session_fixture_run(f, 300);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	session_fixture_run(f, 10000);
	ck_assert(!strstr(f->told, "dormant"));
	ck_assert_int_eq(array_count(f->network->copies), 0);
	assert_pinned("0");
	/* that it did so says nothing about the next time */
	plug(2, TRUE);
	session_fixture_run(f, 10000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth2");
	assert_pinned("2");
}
END_TEST

START_TEST(test_from_nowhere)
{
	ike_sa_t *ike_sa;

	/* no uplink has the address of the IKE_SA, and none can be used */
	ike_sa = session_fixture_checkout(f);
	ike_sa->set_my_host(ike_sa, host_create_from_string("10.9.0.2", 4500));
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	f->network->uplinks[0].up = f->network->uplinks[1].up = FALSE;
	session_fixture_changed(f);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	/* who asks for one that has just come back is faster than its event */
	f->network->uplinks[1].up = TRUE;
	switch_to("eth1");
	session_fixture_run(f, 100);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
}
END_TEST

START_TEST(test_address_elsewhere)
{
	/* a dock or a bridge takes over the address of what it is made of */
	plug(1, FALSE);
	session_fixture_run(f, 1000);
	session_fixture_forget(f);
	f->network->uplinks[0].local = "10.0.0.9";
	f->network->uplinks[0].up = FALSE;
	f->network->uplinks[2].local = "10.0.0.2";
	f->answers[2] = TRUE;
	plug(2, TRUE);
	session_fixture_run(f, 1000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_str_eq(session_fixture_uplink(f), "eth2");
	ck_assert_str_eq(f->network->followed, "eth2");
	ck_assert_uint_eq(f->network->updates, 0);
}
END_TEST

START_TEST(test_suspect_in_test)
{
	ike_sa_t *ike_sa;
	mobility_path_report_t *report;
	array_t *paths;

	mute(1, TRUE);
	switch_to("eth1");
	suspect();
	session_fixture_run(f, 100);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	/* the path in use answered first, that does not tell about the other */
	ike_sa = session_fixture_checkout(f);
	paths = f->session->get_paths(f->session, NULL);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	ck_assert_int_eq(array_count(paths), 2);
	while (array_remove(paths, ARRAY_HEAD, &report))
	{
		ck_assert(!report->unusable);
		mobility_path_report_destroy(report);
	}
	array_destroy(paths);
}
END_TEST

START_TEST(test_suspect_after_test)
{
	mobility_path_report_t *report;
	array_t *paths;
	ike_sa_t *ike_sa;
	u_int aside = 0;

	mute(1, TRUE);
	switch_to("eth1");
	session_fixture_run(f, 700);
	/* all of the test's packets were sent, before any other path was asked */
	suspect();
	session_fixture_run(f, 100);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	ike_sa = session_fixture_checkout(f);
	paths = f->session->get_paths(f->session, NULL);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	while (array_remove(paths, ARRAY_HEAD, &report))
	{
		aside += report->unusable && streq(report->path->ifname, "eth1");
		mobility_path_report_destroy(report);
	}
	array_destroy(paths);
	ck_assert_uint_eq(aside, 1);
}
END_TEST

START_TEST(test_copies_unanswered)
{
	switch_to("eth1");
	session_fixture_run(f, 10);
	mute(1, TRUE);
	ck_assert_int_eq(array_count(f->network->copies), 1);
	session_fixture_run(f, 1990);
	ck_assert_int_eq(array_count(f->network->copies), 1);
	session_fixture_run(f, 20);
	ck_assert_int_eq(array_count(f->network->copies), 0);
	/* the request gets an answer over the path in use */
	session_fixture_run(f, 10000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	ck_assert_int_eq(array_count(f->network->copies), 0);
	assert_pinned("0");
}
END_TEST

START_TEST(test_copies_reauth)
{
	ike_sa_t *ike_sa;

	switch_to("eth1");
	session_fixture_run(f, 100);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	ck_assert_int_eq(array_count(f->network->copies), 1);
	/* the new IKE_SA may take its time, or never be there */
	ike_sa = session_fixture_checkout(f);
	mock_ike_checkin(ike_sa, ike_sa->reauth(ike_sa));
	ck_assert_int_eq(array_count(f->network->copies), 0);
	assert_pinned("1");
}
END_TEST

START_TEST(test_pins_of_probes)
{
	plug(2, TRUE);
	session_fixture_run(f, 100);
	mute(0, TRUE);
	mute(1, TRUE);
	mute(2, TRUE);
	suspect();
	session_fixture_run(f, 5000);
	assert_pinned("012");
	mute(0, FALSE);
	session_fixture_run(f, 10000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	assert_pinned("0");
}
END_TEST

START_TEST(test_answered_address_gone)
{
	f->latency = 50;
	plug(0, FALSE);
	session_fixture_run(f, 10);
	/* the same request is sent again, from the uplink's other address */
	f->network->uplinks[1].local = "10.1.0.9";
	session_fixture_changed(f);
	ck_assert_str_eq(mock_charon_sources(), "10.1.0.2 10.1.0.9 ");
	/* what the peer answers says that it has taken the one that is gone */
	session_fixture_run(f, 45);
	ck_assert_uint_eq(f->state, MOBILITY_WAITING);
	ck_assert_uint_ne(mock_charon_get(-1)->mid, mock_charon_get(0)->mid);
	session_fixture_run(f, 60);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert(f->network->uplinks[1].up);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	/* and that is all */
	session_fixture_forget(f);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(mock_charon_count(), 0);
}
END_TEST

/**
 * Have the peer replace the IKE_SA by rekeying, without deleting the old one
 */
static void rekey_by_peer()
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);

	session_fixture_rekeyed(f, ike_sa, NULL);
	/* as stock does */
	lib->scheduler->schedule_job(lib->scheduler,
		(job_t*)delete_ike_sa_job_create(ike_sa->get_id(ike_sa), TRUE), 90);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
}

START_TEST(test_rekeyed_not_deleted)
{
	ike_sa_id_t *old;

	old = f->id->clone(f->id);
	mute(0, TRUE);
	mute(1, TRUE);
	suspect();
	session_fixture_run(f, 5000);
	rekey_by_peer();
	mute(1, FALSE);
	session_fixture_run(f, 300000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert(!charon->ike_sa_manager->checkout(charon->ike_sa_manager, old));
	old->destroy(old);
}
END_TEST

/**
 * The peer is back after the outage time, and replaces the IKE_SA before a job has
 * given it up
 */
START_TEST(test_rekeyed_failed)
{
	mute(0, TRUE);
	mute(1, TRUE);
	f->others = TRUE;
	suspect();
	session_fixture_run(f, 1900 * 1000);
	ck_assert_uint_eq(f->state, MOBILITY_FAILED);
	session_fixture_forget(f);
	rekey_by_peer();
	mute(0, FALSE);
	f->others = FALSE;
	session_fixture_run(f, 1000);
	ck_assert(!f->ended);
	ck_assert_str_eq(f->told, "connected ");
	assert_cause("peer is back, the IKE_SA was rekeyed");
	/* and it is looked after as before */
	plug(0, FALSE);
	mute(1, FALSE);
	session_fixture_run(f, 1000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
}
END_TEST

/**
 * CHILD_SA of the IKE_SA
 */
static mock_child_t child;

METHOD(ike_sa_t, get_child_sa, child_sa_t*,
	ike_sa_t *this, protocol_id_t protocol, uint32_t spi, bool inbound)
{
	return inbound && spi == child.spi_in ? &child.public : NULL;
}

START_TEST(test_child_deleted)
{
	ike_sa_t *ike_sa;
	int expired;

	mock_child_init(&child);
	child.spi_in = 1;
	mute(0, TRUE);
	mute(1, TRUE);
	suspect();
	session_fixture_run(f, 5000);
	/* the request is sent when those before are answered */
	for (expired = 1; expired >= 0; expired--)
	{
		ike_sa = session_fixture_checkout(f);
		ike_sa->get_child_sa = _get_child_sa;
		ck_assert_int_eq(ike_sa->delete_child_sa(ike_sa, PROTO_ESP, 1, expired),
						 SUCCESS);
		ck_assert_int_eq(ike_sa->delete_child_sa(ike_sa, PROTO_ESP, 2, expired),
						 SUCCESS);
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
		ck_assert_int_eq(child.state, expired ? CHILD_INSTALLED
											  : CHILD_DELETING);
	}
	ck_assert_uint_eq(f->state, MOBILITY_WAITING);
}
END_TEST

START_TEST(test_rtt)
{
	f->latency = 40;
	suspect();
	session_fixture_run(f, 100);
	ck_assert_uint_eq(f->network->rtt, 40);
	/* how long the host slept does not count, if it was for the answer */
	session_fixture_run(f, 10000);
	suspect();
	session_fixture_run(f, 20);
	fake_clock_suspend(3000);
	fake_clock_set(fake_clock_now() + 20);
	session_fixture_run(f, 0);
	ck_assert_uint_eq(f->network->rtt, 40);
	/* which of two was answered is not known */
	session_fixture_run(f, 10000);
	f->latency = 300;
	session_fixture_task(f, TASK_IKE_DPD, NULL);
	session_fixture_run(f, 200);
	session_fixture_forget(f);
	suspect();
	ck_assert_uint_eq(mock_charon_count(), 1);
	session_fixture_run(f, 100);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_uint_eq(f->network->rtt, 40);
}
END_TEST

/**
 * The traffic says something else
 */
static void judge(mobility_health_t verdict)
{
	ike_sa_t *ike_sa = session_fixture_checkout(f);

	f->network->verdict = verdict;
	mock_ike_checkin(ike_sa, f->session->judge(f->session));
}

START_TEST(test_silence_ends)
{
	f->latency = 10;
	suspect();
	session_fixture_run(f, 100);
	session_fixture_forget(f);
	mute(0, TRUE);
	/* all paths would be asked soon, but packets return first */
	judge(MOBILITY_HEALTH_SILENT);
	session_fixture_run(f, 50);
	judge(MOBILITY_HEALTH_HEALTHY);
	session_fixture_run(f, 3900);
	ck_assert_uint_eq(mock_charon_count(), 1);
	mute(0, FALSE);
	session_fixture_run(f, 1000);
	ck_assert_uint_eq(mock_charon_count(), 2);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	/* they don't: packets over other paths don't wait for their next hops */
	mute(0, TRUE);
	f->network->sought = 0;
	session_fixture_forget(f);
	judge(MOBILITY_HEALTH_SILENT);
	ck_assert_uint_eq(f->network->sought, (1 << 0) | (1 << 1));
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 ");
	session_fixture_run(f, 200);
	ck_assert_str_eq(session_fixture_uplink(f), "eth1");
	ck_assert(strstr(f->told, "waiting"));
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
}
END_TEST

START_TEST(test_wanted)
{
	u_int i, count;

	plug(1, FALSE);
	mute(0, TRUE);
	suspect();
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	ck_assert(f->network->tell_leaving);
	/* whoever wants to send has it try, once a second and not more often */
	count = mock_charon_count();
	for (i = 0; i < 10; i++)
	{
		judge(MOBILITY_HEALTH_SILENT);
		session_fixture_run(f, 200);
	}
	ck_assert_uint_eq(mock_charon_count() - count, 2);
	mute(0, FALSE);
	judge(MOBILITY_HEALTH_SILENT);
	session_fixture_run(f, 100);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert(!f->network->tell_leaving);
}
END_TEST

/**
 * The host is suspended for an hour, which is longer than an outage may be
 */
static void sleep_hour()
{
	f->slept = 3600000;
	fake_clock_suspend(f->slept);
	fake_clock_set(fake_clock_now() + 10);
	f->resumed = fake_clock_now();
}

START_TEST(test_asleep_connected)
{
	/* the lid is closed while all is well, and opened where nothing is */
	plug(1, FALSE);
	session_fixture_run(f, 1000);
	session_fixture_forget(f);
	sleep_hour();
	plug(0, FALSE);
	suspect();
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	session_fixture_run(f, 20000);
	ck_assert(!f->ended);
	plug(1, TRUE);
	session_fixture_run(f, 1000);
	ck_assert_str_eq(f->told, "dormant path waiting-to-reconnect path "
							  "connected move ");
	/* or there is a way to nobody */
	sleep_hour();
	mute(1, TRUE);
	suspect();
	session_fixture_run(f, 30000);
	ck_assert(f->ended);
}
END_TEST

START_TEST(test_asleep_dormant)
{
	mute(0, TRUE);
	plug(1, FALSE);
	suspect();
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	sleep_hour();
	mute(0, FALSE);
	/* the alarm may be first to find that the time is over */
	session_fixture_run(f, 1000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	suspect();
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert(!f->ended);
}
END_TEST

START_TEST(test_listed_while_dormant)
{
	ike_sa_t *ike_sa;
	mobility_path_report_t *report;
	array_t *paths;

	plug(1, FALSE);
	plug(0, FALSE);
	session_fixture_forget(f);
	/* somebody asks for the paths before the session looks */
	f->network->uplinks[1].up = TRUE;
	ike_sa = session_fixture_checkout(f);
	paths = f->session->get_paths(f->session, NULL);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	ck_assert_int_eq(array_count(paths), 1);
	ck_assert(array_remove(paths, ARRAY_HEAD, &report));
	mobility_path_report_destroy(report);
	array_destroy(paths);
	session_fixture_changed(f);
	session_fixture_run(f, 100);
	ck_assert_str_eq(f->told, "waiting-to-reconnect path connected move ");
}
END_TEST

/**
 * Check what is said to keep the session where it is, and which path ranks first
 */
static void assert_stays(mobility_stay_t stay, char *uplink, uint32_t left,
						 char *first)
{
	mobility_prospect_t prospect = {};
	mobility_path_report_t *report;
	ike_sa_t *ike_sa;
	array_t *paths;
	int i;

	ike_sa = session_fixture_checkout(f);
	paths = f->session->get_paths(f->session, &prospect);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	ck_assert_int_eq(prospect.stay, stay);
	ck_assert_str_eq(prospect.uplink, uplink);
	ck_assert_uint_eq(prospect.left, left);
	for (i = 0; array_remove(paths, ARRAY_HEAD, &report); i++)
	{
		/* something ranks each behind the one before it */
		ck_assert(!i == (report->by == MOBILITY_BY_NOTHING));
		ck_assert(i || streq(report->path->ifname, first));
		mobility_path_report_destroy(report);
	}
	ck_assert(!i == !*first);
	array_destroy(paths);
}

START_TEST(test_prospect)
{
	char error[128];
	status_t status;
	ike_sa_t *ike_sa;

	assert_stays(MOBILITY_STAY_BEST, "", 0, "eth0");
	/* a better one has to answer first, and to go on for settle_time */
	f->latency = 50;
	f->network->uplinks[2].metric = 10;
	plug(2, TRUE);
	assert_stays(MOBILITY_STAY_TEST, "eth2", 0, "eth2");
	session_fixture_run(f, 60);
	assert_stays(MOBILITY_STAY_SETTLE, "eth2", 5, "eth2");
	session_fixture_run(f, 2000);
	assert_stays(MOBILITY_STAY_SETTLE, "eth2", 3, "eth2");
	session_fixture_run(f, 8000);
	assert_stays(MOBILITY_STAY_BEST, "", 0, "eth2");
	/* it is where somebody wants it to be */
	ike_sa = session_fixture_checkout(f);
	ck_assert(f->session->switch_uplink(f->session, "eth0", error, &status));
	mock_ike_checkin(ike_sa, status);
	session_fixture_run(f, 1000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	assert_stays(MOBILITY_STAY_CHOSEN, "", 0, "eth2");
	/* and there is nothing left, or nothing that answers */
	plug(2, FALSE);
	plug(1, FALSE);
	plug(0, FALSE);
	session_fixture_run(f, 500);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	assert_stays(MOBILITY_STAY_OUTAGE, "", (f->fsm->next - fake_clock_now() +
											999) / 1000, "");
}
END_TEST

START_TEST(test_prospect_disabled)
{
	teardown();
	f = session_fixture_create("make_before_break = no", NULL);
	f->network->uplinks[2].metric = 10;
	plug(2, TRUE);
	session_fixture_run(f, 60);
	assert_stays(MOBILITY_STAY_DISABLED, "", 0, "eth2");
}
END_TEST

/**
 * Get the address in use
 */
static const char *get_local()
{
	static char buf[64];
	host_t *me = f->ike_sa->get_my_host(f->ike_sa);

	snprintf(buf, sizeof(buf), "%H", me);
	return buf;
}

/**
 * Have the second uplink be another address of the first one
 */
static void add_address()
{
	f->network->uplinks[1].second = TRUE;
	f->network->uplinks[1].metric = f->network->uplinks[0].metric;
	session_fixture_changed(f);
	session_fixture_run(f, 1000);
	session_fixture_forget(f);
}

/**
 * A kill switch is closed, and opened
 */
START_TEST(test_closed)
{
	mobility_status_t *status;
	u_int i;

	session_fixture_destroy(f);
	f = session_fixture_create(_i ? "" : "pin_paths = no", NULL);
	session_fixture_run(f, 1000);
	session_fixture_forget(f);
	for (i = 0; i < MOCK_UPLINKS; i++)
	{
		f->network->uplinks[i].closed = TRUE;
	}
	session_fixture_changed(f);
	session_fixture_run(f, 60000);
	if (_i)
	{	/* pins pass it */
		ck_assert_str_eq(f->told, "");
		return;
	}
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	ck_assert_uint_eq(mock_charon_count(), 0);
	status = f->session->get_status(f->session);
	ck_assert_str_eq(status->cause,
					 "eth0: a routing rule refuses all packets");
	mobility_status_destroy(status);
	for (i = 0; i < MOCK_UPLINKS; i++)
	{
		f->network->uplinks[i].closed = FALSE;
	}
	session_fixture_changed(f);
	session_fixture_run(f, 1000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
}
END_TEST

START_TEST(test_address_renumbered)
{
	/* nothing is sent back to the old address anymore, which still is there */
	add_address();
	mute(0, TRUE);
	suspect();
	session_fixture_run(f, 1000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_str_eq(session_fixture_uplink(f), "eth0");
	ck_assert_str_eq(get_local(), "10.1.0.2");
	session_fixture_run(f, 5000);
	ck_assert_uint_eq(array_count(f->network->pins), 1);
	/* it stays there, that the other one might be preferred is no reason */
	mute(0, FALSE);
	session_fixture_forget(f);
	session_fixture_run(f, 3600000);
	ck_assert_uint_eq(mock_charon_count(), 0);
	ck_assert_str_eq(get_local(), "10.1.0.2");
}
END_TEST

START_TEST(test_address_expires)
{
	/* as long as it does not, nothing is done about a second one */
	add_address();
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(mock_charon_count(), 0);
	f->latency = 20;
	f->network->uplinks[0].expiring = TRUE;
	session_fixture_changed(f);
	/* tested first */
	ck_assert_str_eq(get_local(), "10.0.0.2");
	session_fixture_run(f, 25);
	ck_assert_str_eq(get_local(), "10.0.0.2");
	ck_assert_uint_eq(array_count(f->network->copies), 1);
	session_fixture_run(f, 1000);
	ck_assert_str_eq(get_local(), "10.1.0.2");
	ck_assert_str_eq(f->told, "move ");
	session_fixture_run(f, 2000);
	session_fixture_forget(f);
	f->network->uplinks[0].up = FALSE;
	session_fixture_changed(f);
	session_fixture_run(f, 60000);
	ck_assert(!strstr(f->told, "move"));
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
}
END_TEST

START_TEST(test_address_expires_alone)
{
	/* the other one does not work, it has to do until it is gone */
	add_address();
	mute(1, TRUE);
	f->network->uplinks[0].expiring = TRUE;
	session_fixture_changed(f);
	session_fixture_run(f, 20000);
	ck_assert_str_eq(get_local(), "10.0.0.2");
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	session_fixture_forget(f);
	session_fixture_changed(f);
	session_fixture_run(f, 20000);
	/* it may only take a while: one more test, and what the peer answers */
	ck_assert_uint_le(mock_charon_count(), 4);
	mute(1, FALSE);
	plug(0, FALSE);
	session_fixture_run(f, 1000);
	ck_assert_str_eq(get_local(), "10.1.0.2");
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
}
END_TEST

/**
 * Get the last number of the next hop that an uplink is pinned to
 */
static int get_router(int uplink)
{
	mobility_path_id_t pin;
	int i;

	for (i = 0; i < array_count(f->network->pins); i++)
	{
		array_get(f->network->pins, i, &pin);
		if (pin.ifindex == 2 + uplink)
		{
			return pin.gateway.bytes[3];
		}
	}
	return -1;
}

/**
 * Have two routers at the first uplink, and no others
 */
static void add_routers()
{
	f->network->uplinks[0].gateway = "10.0.0.1";
	f->network->uplinks[0].gateway2 = "10.0.0.9";
	f->network->uplinks[1].up = FALSE;
	session_fixture_changed(f);
	session_fixture_run(f, 1000);
	session_fixture_forget(f);
	ck_assert_int_eq(get_router(0), 1);
}

START_TEST(test_second_router)
{
	/* nothing is sent over it while the first one works */
	add_routers();
	suspect();
	session_fixture_run(f, 60000);
	ck_assert_int_eq(get_router(0), 1);
	/* the first one leads nowhere anymore */
	f->network->uplinks[0].leads = "10.0.0.9";
	session_fixture_forget(f);
	suspect();
	session_fixture_run(f, 2000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_int_eq(get_router(0), 9);
	/* there may be another NAT: the peer gets to know */
	ck_assert(strstr(f->told, "move"));
	/* it stays there, whatever changes elsewhere */
	f->network->uplinks[0].leads = NULL;
	session_fixture_run(f, 5000);
	session_fixture_forget(f);
	f->network->uplinks[2].metric = 10;
	plug(3, TRUE);
	session_fixture_run(f, 60000);
	ck_assert_int_eq(get_router(0), 9);
	/* until it is gone, which the peer gets to know as well */
	session_fixture_forget(f);
	f->network->uplinks[0].gateway2 = NULL;
	session_fixture_changed(f);
	ck_assert_int_eq(get_router(0), 1);
	ck_assert_uint_eq(mock_charon_count(), 1);
	session_fixture_run(f, 1000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert(strstr(f->told, "move"));
	ck_assert(!strstr(f->told, "waiting"));
	session_fixture_forget(f);
	session_fixture_changed(f);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(mock_charon_count(), 0);
}
END_TEST

START_TEST(test_router_returns)
{
	/* both are silent for a while: each gets its turn until one of them answers,
	 * whichever it is */
	add_routers();
	mute(0, TRUE);
	suspect();
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(f->state, MOBILITY_DORMANT);
	f->network->uplinks[0].leads = _i ? "10.0.0.1" : "10.0.0.9";
	mute(0, FALSE);
	session_fixture_run(f, 25000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_int_eq(get_router(0), _i ? 1 : 9);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_int_eq(get_router(0), _i ? 1 : 9);
}
END_TEST

START_TEST(test_router_slow)
{
	static const uint32_t latencies[] = { 800, 1400, 3000 };

	/* the answer takes so long that it is the other one's turn when it comes,
	 * which leads nowhere */
	add_routers();
	f->network->uplinks[0].leads = _i % 2 ? "10.0.0.9" : "10.0.0.1";
	f->latency = latencies[_i / 2];
	suspect();
	session_fixture_run(f, 25000);
	ck_assert_uint_eq(f->state, MOBILITY_CONNECTED);
	ck_assert_int_eq(get_router(0), _i % 2 ? 9 : 1);
	session_fixture_forget(f);
	session_fixture_run(f, 60000);
	ck_assert_uint_eq(mock_charon_count(), 0);
}
END_TEST

START_TEST(test_router_tested)
{
	/* an uplink that would be better, but for its first router */
	session_fixture_run(f, 1000);
	f->network->uplinks[2].metric = 10;
	f->network->uplinks[2].gateway = "10.2.0.1";
	f->network->uplinks[2].gateway2 = "10.2.0.9";
	f->network->uplinks[2].leads = "10.2.0.9";
	plug(2, TRUE);
	session_fixture_run(f, 30000);
	ck_assert_str_eq(session_fixture_uplink(f), "eth2");
	ck_assert_int_eq(get_router(2), 9);
	ck_assert(!strstr(f->told, "waiting"));
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("session");

	tc = tcase_create("moves");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_cable_pull);
	tcase_add_test(tc, test_answer_late);
	tcase_add_test(tc, test_answer_never);
	tcase_add_test(tc, test_answer_twice);
	tcase_add_loop_test(tc, test_closed, 0, 2);
	tcase_add_test(tc, test_address_renumbered);
	tcase_add_test(tc, test_address_expires);
	tcase_add_test(tc, test_address_expires_alone);
	tcase_add_test(tc, test_second_router);
	tcase_add_loop_test(tc, test_router_returns, 0, 2);
	tcase_add_loop_test(tc, test_router_slow, 0, 6);
	tcase_add_test(tc, test_router_tested);
	tcase_add_test(tc, test_many_addresses);
	tcase_add_test(tc, test_resolved);
	tcase_add_test(tc, test_renamed);
	tcase_add_test(tc, test_own_address);
	suite_add_tcase(s, tc);

	tc = tcase_create("faults");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_rekeyed_in_outage);
	tcase_add_test(tc, test_no_answer_cause);
	tcase_add_test(tc, test_nat_stale);
	tcase_add_test(tc, test_nat_stale_long);
	tcase_add_loop_test(tc, test_nat_slow, 0, 5);
	tcase_add_loop_test(tc, test_no_nat, 0, 2);
	tcase_add_test(tc, test_terminate_dormant);
	tcase_add_test(tc, test_lifetime);
	tcase_add_test(tc, test_reauthenticated);
	tcase_add_loop_test(tc, test_reauthenticated_lost, 0, 2);
	tcase_add_test(tc, test_terminate_in_test);
	tcase_add_test(tc, test_lost);
	tcase_add_test(tc, test_terminate_in_move);
	tcase_add_test(tc, test_third_path);
	tcase_add_test(tc, test_unconfirmed);
	tcase_add_test(tc, test_pulled_in_test);
	tcase_add_loop_test(tc, test_vanishes, 0, 20);
	tcase_add_test(tc, test_from_nowhere);
	tcase_add_test(tc, test_address_elsewhere);
	tcase_add_test(tc, test_suspect_in_test);
	tcase_add_test(tc, test_suspect_after_test);
	tcase_add_test(tc, test_copies_unanswered);
	tcase_add_test(tc, test_copies_reauth);
	tcase_add_test(tc, test_pins_of_probes);
	tcase_add_test(tc, test_answered_address_gone);
	tcase_add_test(tc, test_rekeyed_not_deleted);
	tcase_add_test(tc, test_rekeyed_failed);
	tcase_add_test(tc, test_child_deleted);
	tcase_add_test(tc, test_rtt);
	tcase_add_test(tc, test_silence_ends);
	tcase_add_test(tc, test_wanted);
	tcase_add_test(tc, test_asleep_connected);
	tcase_add_test(tc, test_asleep_dormant);
	tcase_add_test(tc, test_listed_while_dormant);
	tcase_add_test(tc, test_prospect);
	tcase_add_test(tc, test_prospect_disabled);
	suite_add_tcase(s, tc);
	return s;
}
