/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp_fixture.h"
#include "fake_clock.h"
#include "mock_xfrm.h"

#include <errno.h>

#include "esp/traffic.h"

#include <threading/mutex.h>
#include <threading/semaphore.h>
#include <threading/thread.h>

/** verdict if there was none */
#define NONE -1

/** session that is watched */
#define SESSION 7

/** time to begin with, and that passes between packets, in ms */
#define BEGIN 1000000
#define STEP 20

/** requests that a second of packets makes at most, for one tunnel */
#define REQUESTS (1000 / MOBILITY_PATH_HEALTH_PERIOD + 1)

/** RTT that is said to be for the real kernel, so that a busy host is not
 * suspect, and what is */
#define RTT 250
#define SILENCE (4 * RTT)

/** what is tested */
static mobility_traffic_t *traffic;

/** watch of the session */
static uint32_t session;

/** last verdict, how many there were, and the session of the last */
static int last, verdicts;
static uint32_t last_number;
static mutex_t *mutex;

/**
 * A verdict, a mobility_traffic_cb_t
 */
static void on_verdict(void *data, uint32_t number, mobility_health_t verdict)
{
	/* has no lock, so that the callee can do anything */
	traffic->get_verdict(traffic, session);
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
 * Get the inbound SA of a tunnel
 */
static mobility_sa_id_t in(uint32_t spi)
{
	return mock_xfrm_id(ESP_LOCAL, spi);
}

/**
 * Get the outbound SA of a tunnel
 */
static mobility_sa_id_t out(uint32_t spi)
{
	return mock_xfrm_id(ESP_PEER, spi + 0x1000);
}

/**
 * Install the SAs of a tunnel
 */
static void add(uint32_t spi)
{
	mock_xfrm_add(in(spi));
	mock_xfrm_add(out(spi));
}

/**
 * Delete the SAs of a tunnel
 */
static void del(uint32_t spi)
{
	mock_xfrm_del(in(spi));
	mock_xfrm_del(out(spi));
}

/**
 * Set the SAs of a watch to those of the tunnels with SPIs first to last, with
 * one of our addresses
 */
static void watch_at(uint32_t watch, uint32_t first, uint32_t last, char *local)
{
	mobility_traffic_sas_t sas;
	array_t *array = NULL;

	for (; first <= last; first++)
	{
		sas.in = mock_xfrm_id(local, first);
		sas.out = out(first);
		array_insert_create_value(&array, sizeof(sas), ARRAY_TAIL, &sas);
	}
	traffic->watch(traffic, watch, array);
	array_destroy(array);
}

/**
 * Set the SAs of a watch to those of the tunnels with SPIs first to last
 */
static void watch(uint32_t watch, uint32_t first, uint32_t last)
{
	watch_at(watch, first, last, ESP_LOCAL);
}

/**
 * Let some time pass
 */
static void pass(uint64_t ms)
{
	fake_clock_set(fake_clock_now() + ms);
	while (mock_xfrm_run());
}

/**
 * A packet leaves, and is answered over the same tunnel or not
 */
static void packet(uint32_t spi, bool answered)
{
	mock_xfrm_send(out(spi), 1);
	while (mock_xfrm_run());
	if (answered)
	{
		mock_xfrm_receive(in(spi), 1, 0);
	}
	pass(STEP);
}

/**
 * Packets leave for some time
 */
static void packets(uint32_t spi, bool answered, uint64_t ms)
{
	uint64_t end = fake_clock_now() + ms;

	while (fake_clock_now() < end)
	{
		packet(spi, answered);
	}
}

/**
 * Packets leave until there is a number of verdicts. Returns how long it took
 */
static uint64_t until(uint32_t spi, bool answered, int count)
{
	uint64_t begin = fake_clock_now();

	while (get(&verdicts) < count)
	{
		ck_assert(fake_clock_now() < begin + 100000);
		packet(spi, answered);
	}
	return fake_clock_now() - begin;
}

/**
 * Check verdicts
 */
static void assert_verdicts(int count, int verdict)
{
	ck_assert_int_eq(get(&verdicts), count);
	ck_assert_int_eq(get(&last), verdict);
}

/**
 * Prepare for verdicts
 */
static void prepare(void)
{
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	last = NONE;
	verdicts = 0;
}

static void setup(void)
{
	mobility_suite_setup();
	fake_clock_start(BEGIN);
	prepare();
	mock_xfrm_setup();
	traffic = mobility_traffic_create(mock_xfrm_create(),
									  mock_xfrm_create_events(), on_verdict,
									  NULL);
	ck_assert(traffic);
	session = traffic->begin(traffic, SESSION);
	ck_assert(session);
	add(1);
	watch(session, 1, 1);
}

static void teardown(void)
{
	traffic->destroy(traffic);
	mock_xfrm_teardown();
	mutex->destroy(mutex);
	fake_clock_stop();
	mobility_suite_teardown();
}

START_TEST(test_hole)
{
	/* answers come */
	packets(1, TRUE, 1500);
	assert_verdicts(0, NONE);
	/* told once */
	ck_assert_int_le(until(1, FALSE, 1), MOBILITY_PATH_HEALTH_SILENCE + 200);
	packets(1, FALSE, 500);
	assert_verdicts(1, MOBILITY_HEALTH_SILENT);
	ck_assert_int_eq(last_number, SESSION);
	ck_assert_int_eq(traffic->get_verdict(traffic, session),
					 MOBILITY_HEALTH_SILENT);
	until(1, TRUE, 2);
	assert_verdicts(2, MOBILITY_HEALTH_HEALTHY);
	ck_assert_int_eq(traffic->get_verdict(traffic, session),
					 MOBILITY_HEALTH_HEALTHY);
}
END_TEST

START_TEST(test_leaving)
{
	/* nobody knows a path: each second that somebody sends */
	traffic->tell_leaving(traffic, session, TRUE);
	pass(5000);
	assert_verdicts(0, NONE);
	packet(1, FALSE);
	assert_verdicts(1, MOBILITY_HEALTH_HEALTHY);
	packets(1, FALSE, 3000);
	ck_assert_int_ge(get(&verdicts), 3);
	ck_assert_int_le(get(&verdicts), 5);
	ck_assert_int_eq(get(&last), MOBILITY_HEALTH_SILENT);
	verdicts = 0;
	traffic->tell_leaving(traffic, session, FALSE);
	packets(1, FALSE, 3000);
	assert_verdicts(0, MOBILITY_HEALTH_SILENT);
	traffic->tell_leaving(traffic, session + 1, TRUE);
}
END_TEST

START_TEST(test_one_way)
{
	traffic->set_rtt(traffic, session, 500);
	ck_assert_int_ge(until(1, FALSE, 1) + MOBILITY_PATH_HEALTH_PERIOD, 4 * 500);
	traffic->refuted(traffic, session);
	ck_assert_int_eq(traffic->get_verdict(traffic, session),
					 MOBILITY_HEALTH_HEALTHY);
	ck_assert_int_ge(until(1, FALSE, 2) + MOBILITY_PATH_HEALTH_PERIOD,
					 2 * 4 * 500);
	traffic->moved(traffic, session);
	traffic->set_rtt(traffic, session, 250);
	ck_assert_int_ge(until(1, FALSE, 3) + MOBILITY_PATH_HEALTH_PERIOD, 4 * 250);
	assert_verdicts(3, MOBILITY_HEALTH_SILENT);
}
END_TEST

START_TEST(test_loss)
{
	/* every third of the packets that the peer sends */
	while (get(&verdicts) == 0)
	{
		ck_assert(fake_clock_now() < BEGIN + 100000);
		mock_xfrm_receive(in(1), 2, 1);
		packet(1, FALSE);
	}
	assert_verdicts(1, MOBILITY_HEALTH_LOSSY);
	until(1, TRUE, 2);
	assert_verdicts(2, MOBILITY_HEALTH_HEALTHY);
}
END_TEST

START_TEST(test_idle)
{
	u_int requests;

	/* few requests while packets leave */
	packets(1, TRUE, 1000);
	mock_xfrm_requests();
	packets(1, TRUE, 1000);
	requests = mock_xfrm_requests();
	ck_assert_int_ge(requests, 5);
	ck_assert_int_le(requests, REQUESTS);
	/* none while none leave, whoever looks */
	pass(10000);
	mock_xfrm_requests();
	pass(10000);
	watch(session, 1, 1);
	ck_assert(!mock_xfrm_run());
	ck_assert_int_eq(mock_xfrm_requests(), 0);
	assert_verdicts(0, NONE);
}
END_TEST

START_TEST(test_rekey)
{
	packets(1, TRUE, 500);
	/* for a while both are there, and the peer may use either */
	add(2);
	watch(session, 2, 2);
	packets(1, TRUE, 500);
	packets(2, TRUE, 500);
	while (fake_clock_now() < BEGIN + 5000)
	{
		mock_xfrm_receive(in(1), 1, 0);
		packet(2, FALSE);
	}
	del(1);
	packets(2, TRUE, 1000);
	assert_verdicts(0, NONE);
	until(2, FALSE, 1);
	until(2, TRUE, 2);
	assert_verdicts(2, MOBILITY_HEALTH_HEALTHY);

	/* anew under the same SPIs, with other counters and thresholds: as stock
	 * does if it changes nothing but ports */
	del(2);
	add(2);
	packets(2, TRUE, 1000);
	assert_verdicts(2, MOBILITY_HEALTH_HEALTHY);
	until(2, FALSE, 3);
	until(2, TRUE, 4);
	mock_xfrm_requests();
	packets(2, TRUE, 1000);
	ck_assert_int_le(mock_xfrm_requests(), REQUESTS);

	/* somebody looks just then */
	del(2);
	mock_xfrm_overrun();
	mock_xfrm_run();
	add(2);
	packets(2, TRUE, 3000);
	assert_verdicts(4, MOBILITY_HEALTH_HEALTHY);
	until(2, FALSE, 5);
	assert_verdicts(5, MOBILITY_HEALTH_SILENT);
}
END_TEST

START_TEST(test_moved)
{
	/* the SAs get another address, in the same place and with the same SPIs */
	packets(1, TRUE, 500);
	mock_xfrm_del(in(1));
	mock_xfrm_add(mock_xfrm_id("10.9.1.1", 1));
	watch_at(session, 1, 1, "10.9.1.1");
	while (fake_clock_now() < BEGIN + 3000)
	{
		mock_xfrm_receive(mock_xfrm_id("10.9.1.1", 1), 1, 0);
		packet(1, FALSE);
	}
	assert_verdicts(0, NONE);
	until(1, FALSE, 1);
	assert_verdicts(1, MOBILITY_HEALTH_SILENT);
}
END_TEST

START_TEST(test_sum)
{
	uint32_t other;

	/* one CHILD_SA sends, the other one receives */
	add(2);
	watch(session, 1, 2);
	while (fake_clock_now() < BEGIN + 2000)
	{
		mock_xfrm_receive(in(2), 1, 0);
		packet(1, FALSE);
	}
	assert_verdicts(0, NONE);
	/* as sessions of their own it is another matter */
	other = traffic->begin(traffic, SESSION + 1);
	watch(other, 2, 2);
	while (get(&verdicts) == 0)
	{
		ck_assert(fake_clock_now() < BEGIN + 100000);
		mock_xfrm_receive(in(2), 1, 0);
		packet(1, FALSE);
	}
	assert_verdicts(1, MOBILITY_HEALTH_SILENT);
	ck_assert_int_eq(last_number, SESSION);
	ck_assert_int_eq(traffic->get_verdict(traffic, other),
					 MOBILITY_HEALTH_HEALTHY);
	traffic->end(traffic, session);
	traffic->end(traffic, session);
	ck_assert_int_eq(traffic->get_verdict(traffic, session),
					 MOBILITY_HEALTH_HEALTHY);
}
END_TEST

START_TEST(test_same_number)
{
	uint32_t old = session;

	/* reauthentication, of which the old session's end is the end */
	packets(1, TRUE, 500);
	session = traffic->begin(traffic, SESSION);
	ck_assert_int_ne(session, old);
	/* also what is said before there are any SAs counts */
	traffic->set_rtt(traffic, session, 500);
	traffic->set_rtt(traffic, old, 1);
	add(2);
	watch(session, 2, 2);
	packets(2, TRUE, 500);
	traffic->end(traffic, old);
	del(1);
	packets(2, TRUE, 1000);
	assert_verdicts(0, NONE);
	ck_assert_int_ge(until(2, FALSE, 1) + MOBILITY_PATH_HEALTH_PERIOD, 4 * 500);
	assert_verdicts(1, MOBILITY_HEALTH_SILENT);
	ck_assert_int_eq(last_number, SESSION);
	/* what has ended can't disturb, either */
	traffic->refuted(traffic, old);
	traffic->moved(traffic, old);
	watch(old, 2, 2);
	ck_assert_int_eq(traffic->get_verdict(traffic, session),
					 MOBILITY_HEALTH_SILENT);
}
END_TEST

START_TEST(test_ended)
{
	packets(1, FALSE, 100);
	traffic->end(traffic, session);
	/* nobody listens anymore */
	ck_assert_int_eq(mock_xfrm_filter(), -2);
	packets(1, FALSE, 2000);
	assert_verdicts(0, NONE);
	traffic->refuted(traffic, session);
	traffic->moved(traffic, session);
	traffic->set_rtt(traffic, session, 5);
	watch(session, 1, 1);
	ck_assert_int_eq(mock_xfrm_filter(), -2);
	/* those that never were */
	traffic->end(traffic, 0);
	traffic->end(traffic, 4711);
}
END_TEST

/** what is logged about the second tunnel */
#define FAILED "mobility: watching the traffic of the SAs with SPIs " \
			   "00000002_i and 00001002_o failed: "

START_TEST(test_missing)
{
	/* the kernel does not have them yet, which is logged once */
	mobility_suite_log_start();
	watch(session, 1, 2);
	watch(session, 1, 2);
	ck_assert_str_eq(mobility_suite_log(), FAILED "No such process\n");
	/* what is there is watched */
	packets(1, TRUE, 1000);
	until(1, FALSE, 1);
	until(1, TRUE, 2);
	add(2);
	if (_i == 0)
	{	/* somebody looks again */
		watch(session, 1, 2);
	}
	else
	{	/* packets leave */
		packets(2, FALSE, MOBILITY_PATH_HEALTH_SILENCE - 100);
	}
	pass(2000);
	packets(2, TRUE, 2000);
	assert_verdicts(2, MOBILITY_HEALTH_HEALTHY);
	mock_xfrm_requests();
	packets(2, TRUE, 1000);
	ck_assert_int_le(mock_xfrm_requests(), 2 * REQUESTS);
	until(2, FALSE, 3);
	assert_verdicts(3, MOBILITY_HEALTH_SILENT);
	ck_assert_str_eq(mobility_suite_log(), FAILED "No such process\n");
}
END_TEST

START_TEST(test_never)
{
	/* SAs the kernel never gets are forgotten when nobody names them anymore */
	mobility_suite_log_start();
	watch(session, 2, 2);
	ck_assert_str_eq(mobility_suite_log(), FAILED "No such process\n");
	watch(session, 1, 1);
	mock_xfrm_requests();
	watch(session, 1, 1);
	ck_assert_int_eq(mock_xfrm_requests(), 0);
	watch(session, 2, 2);
	ck_assert_str_eq(mobility_suite_log(), FAILED "No such process\n"
					 FAILED "No such process\n");
	/* those of a watch without any others, too */
	del(1);
	mock_xfrm_overrun();
	mock_xfrm_run();
	ck_assert_int_eq(mock_xfrm_filter(), -1);
	traffic->watch(traffic, session, NULL);
	ck_assert_int_eq(mock_xfrm_filter(), -2);
}
END_TEST

START_TEST(test_error)
{
	/* the kernel has them, but no time */
	add(2);
	mobility_suite_log_start();
	mock_xfrm_fail(ENOBUFS);
	watch(session, 2, 2);
	ck_assert_str_eq(mobility_suite_log(), FAILED "No buffer space "
					 "available\n");
	if (_i == 0)
	{
		mock_xfrm_fail(0);
		watch(session, 2, 2);
		packets(2, TRUE, 1000);
	}
	else
	{	/* packets leave, then it is tried again, but not all the time */
		packets(2, FALSE, 900);
		mock_xfrm_requests();
		packets(2, FALSE, 5 * 1000);
		ck_assert_int_le(mock_xfrm_requests(), 2 * 6);
		/* nothing is known of what came in */
		assert_verdicts(0, NONE);
		mock_xfrm_fail(0);
		pass(5000);
		mock_xfrm_requests();
		pass(5000);
		ck_assert_int_eq(mock_xfrm_requests(), 0);
		packets(2, TRUE, 2000);
	}
	assert_verdicts(0, NONE);
	until(2, FALSE, 1);
	assert_verdicts(1, MOBILITY_HEALTH_SILENT);
	ck_assert_str_eq(mobility_suite_log(), FAILED "No buffer space "
					 "available\n");
}
END_TEST

START_TEST(test_error_later)
{
	int i;

	/* while packets leave */
	packets(1, TRUE, 1000);
	for (i = 0; i < 10; i++)
	{
		mock_xfrm_fail(_i == 0 ? ENOBUFS : EAGAIN);
		packets(1, TRUE, 700);
		assert_verdicts(0, NONE);
		mock_xfrm_fail(0);
		packets(1, TRUE, i * 10);
	}
	packets(1, TRUE, 1000);
	until(1, FALSE, 1);
	assert_verdicts(1, MOBILITY_HEALTH_SILENT);
	until(1, TRUE, 2);

	/* or while events are to come less often after the first one */
	pass(5000);
	add(2);
	watch(session, 2, 2);
	mock_xfrm_fail(ENOBUFS);
	packets(2, TRUE, 200);
	mock_xfrm_fail(0);
	packets(2, TRUE, 1000);
	mock_xfrm_requests();
	packets(2, TRUE, 1000);
	ck_assert_int_le(mock_xfrm_requests(), 2 * REQUESTS);
	assert_verdicts(2, MOBILITY_HEALTH_HEALTHY);
}
END_TEST

START_TEST(test_listen)
{
	/* it is tried again to listen as soon as somebody looks */
	del(1);
	traffic->watch(traffic, session, NULL);
	mock_xfrm_overrun();
	mock_xfrm_run();
	ck_assert_int_eq(mock_xfrm_filter(), -2);
	add(1);
	mobility_suite_log_start();
	mock_xfrm_fail_listen(ENOBUFS);
	watch(session, 1, 1);
	ck_assert_str_eq(mobility_suite_log(), "mobility: listening to events of "
					 "SAs failed: No buffer space available\n");
	mock_xfrm_fail_listen(0);
	watch(session, 1, 1);
	ck_assert_int_eq(mock_xfrm_filter(), -1);
	packets(1, TRUE, 1000);
	until(1, FALSE, 1);
}
END_TEST

START_TEST(test_filter)
{
	mobility_sa_id_t other = mock_xfrm_id(ESP_PEER, 0x666);

	/* no filter as long as there is nothing else */
	packets(1, TRUE, 2000);
	ck_assert_int_eq(mock_xfrm_filter(), -1);
	/* others' events wake us once */
	mock_xfrm_add(other);
	mock_xfrm_send(other, 2);
	ck_assert(mock_xfrm_run());
	ck_assert_int_eq(mock_xfrm_filter(), 1);
	mock_xfrm_send(other, 2);
	ck_assert(!mock_xfrm_run());
	/* a new SA gets through at once */
	add(2);
	watch(session, 1, 2);
	ck_assert_int_eq(mock_xfrm_filter(), -1);
	packets(2, TRUE, 1000);
	mock_xfrm_send(other, 2);
	ck_assert(mock_xfrm_run());
	ck_assert_int_eq(mock_xfrm_filter(), 2);
	/* with one that goes there is no hurry */
	watch(session, 1, 1);
	del(2);
	mock_xfrm_overrun();
	mock_xfrm_run();
	ck_assert_int_eq(mock_xfrm_filter(), 2);
	add(3);
	watch(session, 1, 3);
	ck_assert_int_eq(mock_xfrm_filter(), -1);
	packets(3, TRUE, 1000);
	until(3, FALSE, 1);
	assert_verdicts(1, MOBILITY_HEALTH_SILENT);
}
END_TEST

START_TEST(test_overrun)
{
	/* events are lost, the counters say what happened */
	packets(1, TRUE, 1000);
	mock_xfrm_send(out(1), 100);
	mock_xfrm_receive(in(1), 1, 100);
	mock_xfrm_overrun();
	ck_assert(mock_xfrm_run());
	assert_verdicts(0, NONE);
	packets(1, FALSE, 300);
	mock_xfrm_send(out(1), 100);
	pass(500);
	mock_xfrm_overrun();
	ck_assert(mock_xfrm_run());
	packet(1, FALSE);
	assert_verdicts(1, MOBILITY_HEALTH_SILENT);
}
END_TEST

START_TEST(test_many)
{
	uint32_t i;

	/* one that is active among many does not make work about all of them */
	for (i = 2; i <= 1000; i++)
	{
		add(i);
		watch(traffic->begin(traffic, i), i, i);
	}
	while (mock_xfrm_run());
	mock_xfrm_requests();
	packets(500, TRUE, 1000);
	ck_assert_int_le(mock_xfrm_requests(), 2 * REQUESTS);
	until(500, FALSE, 1);
	assert_verdicts(1, MOBILITY_HEALTH_SILENT);
	ck_assert_int_eq(last_number, 500);
}
END_TEST

/**
 * What a bus listener may call, as a thread of its own that posts when done
 */
static void *listener(semaphore_t *done)
{
	uint32_t other;

	traffic->refuted(traffic, session);
	traffic->set_rtt(traffic, session, 100);
	traffic->moved(traffic, session);
	traffic->get_verdict(traffic, session);
	other = traffic->begin(traffic, SESSION);
	traffic->end(traffic, other);
	traffic->end(traffic, session);
	done->post(done);
	return NULL;
}

/**
 * Have the kernel asked, because packets left or because there are new SAs
 */
static void *asker(void *fresh)
{
	if (fresh)
	{
		watch(session, 1, 2);
	}
	else
	{
		mock_xfrm_run();
	}
	return NULL;
}

START_TEST(test_blocked)
{
	thread_t *asking, *listening;
	semaphore_t *done;

	add(2);
	packets(1, TRUE, 1000);
	fake_clock_set(fake_clock_now() + 1000);
	mock_xfrm_send(out(1), 10);
	mock_xfrm_block();
	asking = thread_create((void*)asker, (void*)(uintptr_t)_i);
	mock_xfrm_wait();
	done = semaphore_create(0);
	listening = thread_create((void*)listener, done);
	/* for ever, if it has to wait for the kernel */
	done->wait(done);
	ck_assert_int_eq(mock_xfrm_filter(), -2);
	mock_xfrm_unblock();
	asking->join(asking);
	listening->join(listening);
	done->destroy(done);
	assert_verdicts(0, NONE);
}
END_TEST

/**
 * Name SAs that have another address of ours by now
 */
static void *move(void *data)
{
	watch_at(session, 1, 1, "10.9.1.1");
	return NULL;
}

START_TEST(test_answered_late)
{
	thread_t *asking, *moving;

	/* while the kernel is asked the SAs get another address: the answer about
	 * the old one does not count */
	packets(1, TRUE, 1000);
	fake_clock_set(fake_clock_now() + 1000);
	mock_xfrm_send(out(1), 1);
	mock_xfrm_block();
	asking = thread_create(asker, NULL);
	mock_xfrm_wait();
	mock_xfrm_del(in(1));
	mock_xfrm_add(mock_xfrm_id("10.9.1.1", 1));
	moving = thread_create(move, NULL);
	mock_xfrm_unblock();
	asking->join(asking);
	moving->join(moving);
	mock_xfrm_requests();
	move(NULL);
	ck_assert_int_eq(mock_xfrm_requests(), 0);
	until(1, FALSE, 1);
	assert_verdicts(1, MOBILITY_HEALTH_SILENT);
}
END_TEST

/**
 * Watch and end in a thread, again and again
 */
static void *churn(void *data)
{
	uint32_t spi = (uintptr_t)data, id;
	int i;

	for (i = 0; i < 300; i++)
	{
		id = traffic->begin(traffic, spi);
		watch(id, spi, spi + i % 2);
		mock_xfrm_send(out(spi), 3);
		traffic->refuted(traffic, id);
		traffic->get_verdict(traffic, id);
		watch(id, spi, spi);
		traffic->moved(traffic, id);
		traffic->end(traffic, id);
	}
	return NULL;
}

START_TEST(test_threads)
{
	thread_t *threads[4];
	uintptr_t i;

	for (i = 0; i < countof(threads); i++)
	{
		add(10 * i + 10);
		add(10 * i + 11);
	}
	for (i = 0; i < countof(threads); i++)
	{
		threads[i] = thread_create(churn, (void*)(10 * i + 10));
	}
	/* the watcher is one thread */
	for (i = 0; i < 300; i++)
	{
		mock_xfrm_send(out(1), 2);
		mock_xfrm_run();
		if (i % 50 == 0)
		{
			mock_xfrm_overrun();
		}
	}
	for (i = 0; i < countof(threads); i++)
	{
		threads[i]->join(threads[i]);
	}
	while (mock_xfrm_run());
	assert_verdicts(0, NONE);
	packets(1, TRUE, 2000);
	until(1, FALSE, 1);
	assert_verdicts(1, MOBILITY_HEALTH_SILENT);
}
END_TEST

START_TEST(test_no_ipsec)
{
	ck_assert(!mobility_traffic_create(NULL, NULL, on_verdict, NULL));
	ck_assert(!mobility_traffic_create(mock_xfrm_create(), NULL, on_verdict,
									   NULL));
	ck_assert(!mobility_traffic_create(NULL, mock_xfrm_create_events(),
									   on_verdict, NULL));
}
END_TEST

static mobility_xfrm_t *xfrm;

static void setup_kernel(void)
{
	mobility_traffic_sas_t sas;
	array_t *array = NULL;

	esp_setup();
	prepare();
	xfrm = mobility_xfrm_create();
	traffic = mobility_traffic_create(xfrm, mobility_xfrm_events_create(),
									  on_verdict, NULL);
	ck_assert(traffic);
	esp_add(ESP_PORT_A, 1, "replay-window 32");
	session = traffic->begin(traffic, SESSION);
	traffic->set_rtt(traffic, session, RTT);
	sas.in = esp_in(1);
	sas.out = esp_out(1);
	array_insert_create_value(&array, sizeof(sas), ARRAY_TAIL, &sas);
	traffic->watch(traffic, session, array);
	array_destroy(array);
}

static void teardown_kernel(void)
{
	traffic->destroy(traffic);
	xfrm->destroy(xfrm);
	mutex->destroy(mutex);
	esp_teardown();
}

START_TEST(test_kernel)
{
	uint64_t start = mobility_netns_now();

	/* answers come */
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   mobility_netns_now() > start + SILENCE);
	assert_verdicts(0, NONE);
	start = mobility_netns_now();
	esp_lose(FALSE, TRUE);
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   get(&last) == MOBILITY_HEALTH_SILENT);
	ck_assert_int_ge(mobility_netns_now() - start + MOBILITY_PATH_HEALTH_PERIOD,
					 SILENCE);
	ck_assert_int_eq(last_number, SESSION);
	esp_lose(FALSE, FALSE);
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   get(&last) == MOBILITY_HEALTH_HEALTHY);

	/* in the other direction it is the same */
	esp_lose(TRUE, TRUE);
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   get(&last) == MOBILITY_HEALTH_SILENT);
	esp_lose(TRUE, FALSE);
	esp_send_until(ESP_PORT_A, ESP_ANSWER,
				   get(&last) == MOBILITY_HEALTH_HEALTHY);
	ck_assert_int_eq(get(&verdicts), 4);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("traffic");

	tc = tcase_create("counters");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_hole);
	tcase_add_test(tc, test_leaving);
	tcase_add_test(tc, test_one_way);
	tcase_add_test(tc, test_loss);
	tcase_add_test(tc, test_idle);
	tcase_add_test(tc, test_rekey);
	tcase_add_test(tc, test_moved);
	tcase_add_test(tc, test_sum);
	tcase_add_test(tc, test_same_number);
	tcase_add_test(tc, test_ended);
	tcase_add_loop_test(tc, test_missing, 0, 2);
	tcase_add_test(tc, test_never);
	tcase_add_loop_test(tc, test_error, 0, 2);
	tcase_add_loop_test(tc, test_error_later, 0, 2);
	tcase_add_test(tc, test_listen);
	tcase_add_test(tc, test_filter);
	tcase_add_test(tc, test_overrun);
	tcase_add_test(tc, test_many);
	tcase_add_loop_test(tc, test_blocked, 0, 2);
	tcase_add_test(tc, test_answered_late);
	tcase_add_test(tc, test_threads);
	tcase_add_test(tc, test_no_ipsec);
	suite_add_tcase(s, tc);

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup_kernel, teardown_kernel);
	tcase_set_timeout(tc, 120);
	if (esp_available())
	{
		tcase_add_test(tc, test_kernel);
	}
	suite_add_tcase(s, tc);
	return s;
}
