/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "fake_clock.h"
#include "mock_child.h"
#include "mock_xfrm.h"

#include <errno.h>

#include "session/liveness.h"

#include <collections/array.h>
#include <threading/thread.h>

/** addresses of the IKE_SA, and SPIs of its CHILD_SAs */
#define LOCAL "10.0.0.2"
#define PEER "192.0.2.1"
#define SPI_IN 1
#define SPI_OUT 0x1001
#define NEW_IN 2
#define NEW_OUT 0x1002

/** number of the session */
#define SESSION 7

/** ms between packets */
#define STEP 20

/**
 * An IKE_SA
 */
typedef struct {
	mock_parent_t mock;
	mock_child_t child;
} mock_ike_t;

/** what vigils share */
static mobility_traffic_t *traffic;

/** IKE_SA and the one that replaces it */
static mock_ike_t ike, successor;

/** number of verdicts that told nothing good */
static int alarms;

/**
 * Create an IKE_SA with a CHILD_SA, whose SAs the kernel has
 */
static void create_ike(mock_ike_t *this, uint32_t in, uint32_t out)
{
	mock_parent_init(&this->mock, LOCAL, PEER);
	mock_child_init(&this->child);
	this->child.spi_in = htonl(in);
	this->child.spi_out = htonl(out);
	array_insert(this->mock.children, ARRAY_TAIL, &this->child);
	mock_xfrm_add(mock_xfrm_id(LOCAL, in));
	mock_xfrm_add(mock_xfrm_id(PEER, out));
}

/**
 * A verdict, a mobility_traffic_cb_t
 */
static void on_verdict(void *data, uint32_t number, mobility_health_t verdict)
{
	ck_assert_int_eq(number, SESSION);
	alarms += verdict != MOBILITY_HEALTH_HEALTHY;
}

/**
 * Packets leave by the first CHILD_SA, and are answered or not
 */
static void packets(mock_ike_t *this, bool answered, uint64_t ms)
{
	uint64_t end = fake_clock_now() + ms;
	mobility_sa_id_t in, out;

	in = mock_xfrm_id(LOCAL, ntohl(this->child.spi_in));
	out = mock_xfrm_id(PEER, ntohl(this->child.spi_out));
	while (fake_clock_now() < end)
	{
		mock_xfrm_send(out, 1);
		while (mock_xfrm_run());
		if (answered)
		{
			mock_xfrm_receive(in, 1, 0);
		}
		fake_clock_set(fake_clock_now() + STEP);
		while (mock_xfrm_run());
	}
}

/**
 * Check that a hole is noticed, and not without one
 */
static void assert_watched(mobility_liveness_t *vigil, mock_ike_t *this)
{
	int before = alarms;

	packets(this, TRUE, 2000);
	ck_assert_int_eq(alarms, before);
	ck_assert_int_eq(vigil->get_verdict(vigil), MOBILITY_HEALTH_HEALTHY);
	packets(this, FALSE, 1000);
	ck_assert_int_eq(alarms, before + 1);
	ck_assert_int_eq(vigil->get_verdict(vigil), MOBILITY_HEALTH_SILENT);
	packets(this, TRUE, 2000);
	ck_assert_int_eq(vigil->get_verdict(vigil), MOBILITY_HEALTH_HEALTHY);
}

static void setup(void)
{
	mobility_suite_setup();
	fake_clock_start(1000000);
	mock_xfrm_setup();
	alarms = 0;
	traffic = mobility_traffic_create(mock_xfrm_create(),
									  mock_xfrm_create_events(), on_verdict,
									  NULL);
	create_ike(&ike, SPI_IN, SPI_OUT);
	create_ike(&successor, NEW_IN, NEW_OUT);
}

static void teardown(void)
{
	traffic->destroy(traffic);
	mock_parent_deinit(&ike.mock);
	mock_parent_deinit(&successor.mock);
	mock_xfrm_teardown();
	fake_clock_stop();
	mobility_suite_teardown();
}

START_TEST(test_watch)
{
	mobility_liveness_t *vigil;

	vigil = mobility_liveness_create(traffic, SESSION);
	ck_assert_int_eq(mock_xfrm_filter(), -2);
	vigil->watch(vigil, &ike.mock.public);
	assert_watched(vigil, &ike);
	/* nothing is asked for again that is known */
	mock_xfrm_requests();
	vigil->watch(vigil, &ike.mock.public);
	ck_assert_int_eq(mock_xfrm_requests(), 0);
	vigil->stop(vigil);
	ck_assert_int_eq(mock_xfrm_filter(), -2);
	packets(&ike, FALSE, 2000);
	ck_assert_int_eq(alarms, 1);
	ck_assert_int_eq(vigil->get_verdict(vigil), MOBILITY_HEALTH_HEALTHY);
	vigil->stop(vigil);
	vigil->destroy(vigil);
}
END_TEST

START_TEST(test_kinds)
{
	mobility_liveness_t *vigil;

	/* AH, and what is not installed, is not watched */
	vigil = mobility_liveness_create(traffic, SESSION);
	ike.child.proto = PROTO_AH;
	vigil->watch(vigil, &ike.mock.public);
	ck_assert_int_eq(mock_xfrm_filter(), -2);
	ike.child.proto = PROTO_ESP;
	ike.child.state = CHILD_INSTALLING;
	vigil->watch(vigil, &ike.mock.public);
	ck_assert_int_eq(mock_xfrm_filter(), -2);
	ck_assert_int_eq(mock_xfrm_requests(), 0);
	ike.child.state = CHILD_INSTALLED;
	vigil->watch(vigil, &ike.mock.public);
	assert_watched(vigil, &ike);
	vigil->destroy(vigil);
	ck_assert_int_eq(mock_xfrm_filter(), -2);
}
END_TEST

START_TEST(test_reauthentication)
{
	mobility_liveness_t *old, *new;

	/* for a while there are two, of which the old one ends last */
	old = mobility_liveness_create(traffic, SESSION);
	old->watch(old, &ike.mock.public);
	assert_watched(old, &ike);
	new = mobility_liveness_create(traffic, SESSION);
	new->watch(new, &successor.mock.public);
	if (_i == 0)
	{
		old->stop(old);
		old->destroy(old);
		new->watch(new, &successor.mock.public);
		assert_watched(new, &successor);
	}
	else
	{	/* looks again only when nothing has changed for long */
		new->watch(new, &successor.mock.public);
		old->stop(old);
		assert_watched(new, &successor);
		old->destroy(old);
		assert_watched(new, &successor);
	}
	new->destroy(new);
	ck_assert_int_eq(mock_xfrm_filter(), -2);
}
END_TEST

START_TEST(test_again)
{
	mobility_sa_id_t in = mock_xfrm_id(LOCAL, SPI_IN);
	mobility_liveness_t *vigil;

	/* the kernel refuses, the next look has more luck */
	vigil = mobility_liveness_create(traffic, SESSION);
	if (_i == 0)
	{
		mock_xfrm_fail(ENOBUFS);
		vigil->watch(vigil, &ike.mock.public);
		mock_xfrm_fail(0);
	}
	else
	{
		mock_xfrm_del(in);
		vigil->watch(vigil, &ike.mock.public);
		mock_xfrm_add(in);
	}
	vigil->watch(vigil, &ike.mock.public);
	assert_watched(vigil, &ike);
	vigil->destroy(vigil);
}
END_TEST

START_TEST(test_error)
{
	mobility_liveness_t *vigil;

	/* a request that fails is no reason to never ask again */
	vigil = mobility_liveness_create(traffic, SESSION);
	vigil->watch(vigil, &ike.mock.public);
	packets(&ike, TRUE, 500);
	mock_xfrm_fail(ENOBUFS);
	packets(&ike, TRUE, 500);
	mock_xfrm_fail(0);
	vigil->watch(vigil, &ike.mock.public);
	assert_watched(vigil, &ike);
	vigil->destroy(vigil);
}
END_TEST

START_TEST(test_rtt)
{
	mobility_liveness_t *vigil;
	uint64_t begin;

	/* an RTT that is known before there is a CHILD_SA counts, too */
	vigil = mobility_liveness_create(traffic, SESSION);
	ck_assert_int_eq(vigil->get_rtt(vigil), 0);
	vigil->answered(vigil, 500);
	ck_assert_int_eq(vigil->get_rtt(vigil), 500);
	vigil->watch(vigil, &ike.mock.public);
	packets(&ike, TRUE, 500);
	packets(&ike, FALSE, 1800);
	ck_assert_int_eq(alarms, 0);
	packets(&ike, FALSE, 400);
	ck_assert_int_eq(alarms, 1);
	/* one that is not certain does not change it, the answer counts */
	vigil->answered(vigil, 0);
	ck_assert_int_eq(vigil->get_rtt(vigil), 500);
	ck_assert_int_eq(vigil->get_verdict(vigil), MOBILITY_HEALTH_HEALTHY);
	packets(&ike, FALSE, 9800);
	ck_assert_int_eq(alarms, 1);
	packets(&ike, FALSE, 500);
	ck_assert_int_eq(alarms, 2);
	/* another path, of which nothing is known */
	vigil->moved(vigil, 0);
	ck_assert_int_eq(vigil->get_rtt(vigil), 0);
	begin = fake_clock_now();
	while (alarms == 2)
	{
		packets(&ike, FALSE, STEP);
		ck_assert(fake_clock_now() < begin + 1000);
	}
	vigil->moved(vigil, 700);
	ck_assert_int_eq(vigil->get_rtt(vigil), 700);
	vigil->destroy(vigil);
}
END_TEST

/**
 * Get what is known about the traffic
 */
static mobility_path_health_facts_t get_facts(mobility_liveness_t *vigil)
{
	mobility_path_health_facts_t facts;

	memset(&facts, 0xff, sizeof(facts));
	vigil->get_facts(vigil, &facts);
	return facts;
}

START_TEST(test_facts)
{
	mobility_path_health_sample_t before, counters;
	mobility_sa_id_t in = mock_xfrm_id("10.1.0.2", SPI_IN);
	mobility_liveness_t *vigil;

	vigil = mobility_liveness_create(traffic, SESSION);
	vigil->watch(vigil, &ike.mock.public);
	ck_assert(!get_facts(vigil).proven);
	vigil->get_counters(vigil, &before);
	packets(&ike, TRUE, 500);
	ck_assert(get_facts(vigil).proven);
	vigil->get_counters(vigil, &counters);
	ck_assert_uint_gt(counters.out, before.out);
	ck_assert_uint_gt(counters.in, before.in);
	ck_assert_uint_ge(counters.seq, counters.in);
	/* it moves, to an SA that has counted something before */
	vigil->moved(vigil, 20);
	mock_xfrm_add(in);
	mock_xfrm_receive(in, 1000, 0);
	ike.mock.me->destroy(ike.mock.me);
	ike.mock.me = host_create_from_string("10.1.0.2", 0);
	vigil->watch(vigil, &ike.mock.public);
	fake_clock_set(fake_clock_now() + 1000);
	packets(&ike, FALSE, 700);
	ck_assert(!get_facts(vigil).proven);
	ck_assert_uint_ge(get_facts(vigil).silence, 400);
	/* nothing leaves anymore, but somebody asks */
	while (mock_xfrm_run());
	mock_xfrm_receive(in, 1, 0);
	ck_assert_uint_ge(get_facts(vigil).silence, 400);
	vigil->sample(vigil);
	ck_assert(get_facts(vigil).proven);
	ck_assert_uint_eq(get_facts(vigil).silence, 0);
	ck_assert_int_eq(vigil->get_verdict(vigil), MOBILITY_HEALTH_HEALTHY);
	vigil->destroy(vigil);
}
END_TEST

/**
 * Ask the kernel, as packets have left
 */
static void *asker(void *data)
{
	mock_xfrm_run();
	return NULL;
}

/**
 * What bus listeners do
 */
static void *listener(void *data)
{
	mobility_liveness_t *vigil = data;

	vigil->answered(vigil, 10);
	vigil->moved(vigil, 20);
	vigil->stop(vigil);
	return NULL;
}

START_TEST(test_blocked)
{
	thread_t *asking, *listening;
	mobility_liveness_t *vigil;

	/* while the kernel takes its time the bus goes on */
	vigil = mobility_liveness_create(traffic, SESSION);
	vigil->watch(vigil, &ike.mock.public);
	packets(&ike, TRUE, 500);
	fake_clock_set(fake_clock_now() + 1000);
	mock_xfrm_send(mock_xfrm_id(PEER, SPI_OUT), 10);
	mock_xfrm_block();
	asking = thread_create(asker, NULL);
	mock_xfrm_wait();
	listening = thread_create(listener, vigil);
	/* for ever, if it has to wait for the kernel */
	listening->join(listening);
	mock_xfrm_unblock();
	asking->join(asking);
	vigil->destroy(vigil);
}
END_TEST

START_TEST(test_without)
{
	mobility_liveness_t *vigil;

	/* the kernel does not tell of traffic */
	vigil = mobility_liveness_create(NULL, SESSION);
	vigil->watch(vigil, &ike.mock.public);
	vigil->sample(vigil);
	ck_assert_uint_eq(get_facts(vigil).silence, 0);
	vigil->answered(vigil, 30);
	ck_assert_int_eq(vigil->get_rtt(vigil), 30);
	vigil->moved(vigil, 40);
	ck_assert_int_eq(vigil->get_rtt(vigil), 40);
	ck_assert_int_eq(vigil->get_verdict(vigil), MOBILITY_HEALTH_HEALTHY);
	vigil->stop(vigil);
	vigil->destroy(vigil);
	ck_assert_int_eq(mock_xfrm_requests(), 0);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("vigil");

	tc = tcase_create("path");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, test_watch);
	tcase_add_test(tc, test_kinds);
	tcase_add_loop_test(tc, test_reauthentication, 0, 2);
	tcase_add_loop_test(tc, test_again, 0, 2);
	tcase_add_test(tc, test_error);
	tcase_add_test(tc, test_facts);
	tcase_add_test(tc, test_rtt);
	tcase_add_test(tc, test_blocked);
	tcase_add_test(tc, test_without);
	suite_add_tcase(s, tc);
	return s;
}
