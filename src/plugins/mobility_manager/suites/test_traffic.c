/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp_fixture.h"

#include <unistd.h>

#include <mobility_traffic.h>

#include <threading/mutex.h>

/** verdict if there was none */
#define NONE -1

/** session that is watched */
#define SESSION 7

/** RTT that is said to be, so that a busy host is not suspect, and what is */
#define RTT 250
#define SILENCE (4 * RTT)

/** what is tested */
static mobility_traffic_t *traffic;

/** last verdict, how many there were, and the session of the last */
static int last, verdicts;
static uint32_t last_number;
static mutex_t *mutex;

/**
 * A verdict, a mobility_traffic_cb_t
 */
static void on_verdict(void *data, uint32_t number, mobility_verdict_t verdict)
{
	/* has no lock, so that the callee can do anything */
	traffic->get_verdict(traffic, number);
	mutex->lock(mutex);
	last = verdict;
	last_number = number;
	verdicts++;
	mutex->unlock(mutex);
}

/**
 * Get a value the callback sets
 */
static int get(int *value)
{
	int result;

	mutex->lock(mutex);
	result = *value;
	mutex->unlock(mutex);
	return result;
}

/**
 * Watch a tunnel
 */
static bool watch(uint32_t number, uint32_t spi)
{
	mobility_sa_id_t in = esp_in(spi), out = esp_out(spi);

	return traffic->watch(traffic, number, &in, &out);
}

/**
 * Get counters of an SA
 */
static mobility_sa_t get_sa(mobility_sa_id_t id)
{
	mobility_xfrm_t *xfrm;
	mobility_sa_t sa;

	xfrm = mobility_xfrm_create();
	ck_assert_int_eq(xfrm->get_sa(xfrm, &id, &sa), 0);
	xfrm->destroy(xfrm);
	return sa;
}

/**
 * Send packets for some time
 */
static void send_for(int port, esp_answer_t answer, uint64_t ms)
{
	uint64_t end = mobility_netns_now() + ms;

	esp_send_until(port, answer, mobility_netns_now() >= end);
}

static void setup(void)
{
	esp_setup();
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	last = NONE;
	verdicts = 0;
	traffic = mobility_traffic_create(on_verdict, NULL);
	ck_assert(traffic);
	esp_add(ESP_PORT_A, 1, "replay-window 32");
	ck_assert(watch(SESSION, 1));
	traffic->set_rtt(traffic, SESSION, RTT);
}

static void teardown(void)
{
	traffic->destroy(traffic);
	mutex->destroy(mutex);
	esp_teardown();
}

START_TEST(test_hole)
{
	uint64_t start;

	/* answers come */
	send_for(ESP_PORT_A, ESP_ANSWER, 1500);
	ck_assert_int_eq(get(&verdicts), 0);

	start = mobility_netns_now();
	esp_lose(FALSE, TRUE);
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   get(&last) == MOBILITY_VERDICT_SILENT);
	ck_assert_int_ge(mobility_netns_now() - start + MOBILITY_FLOW_PERIOD,
					 SILENCE);
	ck_assert_int_eq(last_number, SESSION);
	ck_assert_int_eq(traffic->get_verdict(traffic, SESSION),
					 MOBILITY_VERDICT_SILENT);
	/* told once */
	send_for(ESP_PORT_A, ESP_ANSWER, 500);
	ck_assert_int_eq(get(&verdicts), 1);

	esp_lose(FALSE, FALSE);
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   get(&last) == MOBILITY_VERDICT_HEALTHY);

	/* in the other direction it is the same */
	esp_lose(TRUE, TRUE);
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   get(&last) == MOBILITY_VERDICT_SILENT);
	esp_lose(TRUE, FALSE);
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   get(&last) == MOBILITY_VERDICT_HEALTHY);
	ck_assert_int_eq(get(&verdicts), 4);
}
END_TEST

START_TEST(test_one_way)
{
	uint64_t start;

	esp_send_until(ESP_PORT_A, ESP_NO_ANSWER,
				   get(&last) == MOBILITY_VERDICT_SILENT);
	traffic->refuted(traffic, SESSION);
	start = mobility_netns_now();
	ck_assert_int_eq(traffic->get_verdict(traffic, SESSION),
					 MOBILITY_VERDICT_HEALTHY);
	esp_send_until(ESP_PORT_A, ESP_NO_ANSWER, get(&verdicts) == 2);
	ck_assert_int_ge(mobility_netns_now() - start + 100, 2 * SILENCE);
	traffic->moved(traffic, SESSION);
	traffic->set_rtt(traffic, SESSION, 500);
	start = mobility_netns_now();
	esp_send_until(ESP_PORT_A, ESP_NO_ANSWER, get(&verdicts) == 3);
	ck_assert_int_ge(mobility_netns_now() - start + 100, 4 * 500);
}
END_TEST

START_TEST(test_loss)
{
	int i = 0;

	/* every third of the packets that the peer sends */
	esp_send_until(ESP_PORT_A, ++i % 3 ? ESP_ANSWER : ESP_ANSWER_LOST,
				   get(&last) == MOBILITY_VERDICT_LOSSY);
	ck_assert_int_eq(get(&verdicts), 1);
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   get(&last) == MOBILITY_VERDICT_HEALTHY);
	ck_assert_int_eq(get(&verdicts), 2);
}
END_TEST

START_TEST(test_rekey)
{
	send_for(ESP_PORT_A, ESP_ANSWER, 500);
	/* for a while both are there */
	esp_add(ESP_PORT_A, 2, "replay-window 128 flag esn");
	ck_assert(watch(SESSION, 2));
	send_for(ESP_PORT_A, ESP_ANSWER, 500);
	esp_del(1);
	send_for(ESP_PORT_A, ESP_ANSWER, 1000);
	ck_assert(get_sa(esp_in(2)).packets > 0);
	ck_assert_int_eq(get(&verdicts), 0);
	esp_lose(TRUE, TRUE);
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   get(&last) == MOBILITY_VERDICT_SILENT);
	esp_lose(TRUE, FALSE);
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   get(&last) == MOBILITY_VERDICT_HEALTHY);

	/* anew under the same SPIs, with other counters and thresholds */
	esp_del(2);
	esp_add(ESP_PORT_A, 2, "replay-window 128 flag esn");
	ck_assert(watch(SESSION, 2));
	send_for(ESP_PORT_A, ESP_ANSWER, 1000);
	ck_assert_int_eq(get(&verdicts), 2);
	esp_lose(TRUE, TRUE);
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   get(&last) == MOBILITY_VERDICT_SILENT);
}
END_TEST

START_TEST(test_sum)
{
	uint64_t end;

	/* one CHILD_SA sends, the other one receives */
	end = mobility_netns_now() + 2000;
	esp_add(ESP_PORT_B, 2, "replay-window 128 flag esn");
	ck_assert(watch(SESSION, 2));
	while (mobility_netns_now() < end)
	{
		esp_send(ESP_PORT_A, ESP_NO_ANSWER);
		esp_send(ESP_PORT_B, ESP_ANSWER);
		usleep(5000);
	}
	ck_assert_int_eq(get(&verdicts), 0);
	/* as sessions of their own it is another matter */
	ck_assert(watch(SESSION + 1, 2));
	traffic->set_rtt(traffic, SESSION + 1, RTT);
	end = mobility_netns_now() + MOBILITY_NETNS_TIMEOUT;
	while (get(&verdicts) == 0)
	{
		ck_assert(mobility_netns_now() < end);
		esp_send(ESP_PORT_A, ESP_NO_ANSWER);
		esp_send(ESP_PORT_B, ESP_ANSWER);
		usleep(5000);
	}
	ck_assert_int_eq(last_number, SESSION);
	ck_assert_int_eq(traffic->get_verdict(traffic, SESSION + 1),
					 MOBILITY_VERDICT_HEALTHY);
	traffic->unwatch(traffic, SESSION);
	traffic->unwatch(traffic, SESSION);
	ck_assert_int_eq(traffic->get_verdict(traffic, SESSION),
					 MOBILITY_VERDICT_HEALTHY);
}
END_TEST

START_TEST(test_unwatched)
{
	send_for(ESP_PORT_A, ESP_NO_ANSWER, 100);
	traffic->unwatch(traffic, SESSION);
	send_for(ESP_PORT_A, ESP_NO_ANSWER, 2 * SILENCE);
	ck_assert_int_eq(get(&verdicts), 0);
	traffic->refuted(traffic, SESSION);
	traffic->moved(traffic, SESSION);
	traffic->set_rtt(traffic, SESSION, 5);

	/* SAs that are gone, or never were */
	ck_assert(watch(SESSION, 1));
	send_for(ESP_PORT_A, ESP_ANSWER, 300);
	esp_del(1);
	mobility_suite_log_start();
	ck_assert(!watch(SESSION, 1));
	ck_assert_str_eq(mobility_suite_log(), "watching the traffic of the SAs "
					 "with SPIs 00000001_i and 00001001_o failed: "
					 "No such process\n");
	ck_assert_int_eq(traffic->get_verdict(traffic, SESSION),
					 MOBILITY_VERDICT_HEALTHY);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("traffic");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	if (esp_available())
	{
		tcase_add_test(tc, test_hole);
		tcase_add_test(tc, test_one_way);
		tcase_add_test(tc, test_loss);
		tcase_add_test(tc, test_rekey);
		tcase_add_test(tc, test_sum);
		tcase_add_test(tc, test_unwatched);
	}
	suite_add_tcase(s, tc);
	return s;
}
