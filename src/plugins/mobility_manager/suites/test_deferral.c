/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "fake_clock.h"

#include "net/clock.h"
#include "esp/deferral.h"

#include <daemon.h>
#include <threading/mutex.h>
#include <threading/thread.h>

/** ms that changes are put off */
#define DELAY 500

/**
 * What is around a deferral
 */
static struct {
	kernel_interface_t kernel;
	daemon_t daemon;
	/** its timer, when it is set to, 0 if it is not, and what it calls */
	mobility_clock_t clock;
	uint64_t when;
	mobility_clock_cb_t cb;
	void *data;
	/** there is none */
	bool no_clock;
	/** changes made, a word for each, and their number */
	char calls[1024];
	int count;
	mutex_t *mutex;
} mock;

/** what is tested */
static mobility_deferral_t *deferral;

METHOD(mobility_clock_t, set, void,
	mobility_clock_t *this, uint64_t when)
{
	mock.when = when;
}

/** what the linker has called in place of mobility_clock_create() */
mobility_clock_t *__wrap_mobility_clock_create(mobility_clock_cb_t cb,
											   void *data);

mobility_clock_t *__wrap_mobility_clock_create(mobility_clock_cb_t cb,
											   void *data)
{
	mock.cb = cb;
	mock.data = data;
	return mock.no_clock ? NULL : &mock.clock;
}

/**
 * Note a change that is made
 */
static void note(const char *what, kernel_interface_t *kernel,
				 kernel_ipsec_policy_id_t *id,
				 kernel_ipsec_manage_policy_t *data)
{
	size_t len;

	ck_assert(kernel == &mock.kernel);
	mock.mutex->lock(mock.mutex);
	mock.count++;
	len = strlen(mock.calls);
	snprintf(mock.calls + len, sizeof(mock.calls) - len, "%s:%N:%u:%R:%H%s%s ",
			 what, policy_dir_names, id->dir, data->sa->reqid, id->src_ts,
			 data->src, id->interface ? ":" : "", id->interface ?: "");
	mock.mutex->unlock(mock.mutex);
}

METHOD(kernel_interface_t, add_policy, status_t,
	kernel_interface_t *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_manage_policy_t *data)
{
	note("add", this, id, data);
	return SUCCESS;
}

METHOD(kernel_interface_t, del_policy, status_t,
	kernel_interface_t *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_manage_policy_t *data)
{
	note("del", this, id, data);
	return FAILED;
}

/**
 * Put off a change, whatever was passed is gone then
 */
static void put_off(mobility_policy_method_t method, policy_dir_t dir,
					uint32_t reqid, char *src, char *interface)
{
	ipsec_sa_cfg_t sa = {
		.reqid = reqid,
	};
	kernel_ipsec_policy_id_t id = {
		.dir = dir,
		.src_ts = traffic_selector_create_from_cidr(src, 0, 0, 65535),
		.dst_ts = traffic_selector_create_from_cidr("10.4.0.0/16", 0, 0, 65535),
		.interface = strdupnull(interface),
	};
	kernel_ipsec_manage_policy_t data = {
		.src = host_create_from_string("10.0.0.1", 0),
		.dst = host_create_from_string("10.0.0.9", 0),
		.sa = &sa,
	};
	mobility_policy_change_t *change;

	change = mobility_policy_change_create(method, &id, &data);
	id.src_ts->destroy(id.src_ts);
	id.dst_ts->destroy(id.dst_ts);
	free(id.interface);
	data.src->destroy(data.src);
	data.dst->destroy(data.dst);
	memset(&sa, 0xee, sizeof(sa));
	memset(&id, 0xee, sizeof(id));
	memset(&data, 0xee, sizeof(data));
	deferral->add(deferral, change);
}

/**
 * Let time pass
 */
static void pass(uint64_t ms)
{
	fake_clock_set(fake_clock_now() + ms);
	if (mock.when && mock.when <= fake_clock_now())
	{
		mock.when = 0;
		mock.cb(mock.data, fake_clock_now());
	}
}

/**
 * Check the changes made since the last time
 */
static void assert_calls(const char *expected)
{
	ck_assert_str_eq(mock.calls, expected);
	mock.calls[0] = '\0';
}

/**
 * Have changes made that are about a policy
 */
static void flush(uint32_t reqid, policy_dir_t dir, char *src)
{
	kernel_ipsec_policy_id_t id = {
		.dir = dir,
		.src_ts = traffic_selector_create_from_cidr(src, 0, 0, 65535),
		.dst_ts = traffic_selector_create_from_cidr("10.4.0.0/16", 0, 0, 65535),
	};

	deferral->flush(deferral, reqid, &id);
	id.src_ts->destroy(id.src_ts);
	id.dst_ts->destroy(id.dst_ts);
}

static void setup(void)
{
	mobility_suite_setup();
	fake_clock_start(1000);
	memset(&mock, 0, sizeof(mock));
	mock.mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	mock.daemon.kernel = &mock.kernel;
	mock.clock.set = _set;
	mock.clock.destroy = (void*)nop;
	charon = &mock.daemon;
	deferral = mobility_deferral_create();
	ck_assert(deferral);
}

static void teardown(void)
{
	DESTROY_IF(deferral);
	mock.mutex->destroy(mock.mutex);
	charon = NULL;
	fake_clock_stop();
	mobility_suite_teardown();
}

START_TEST(test_due)
{
	/* the timer is set to the first, and off if there is none */
	ck_assert_int_eq(mock.when, 0);
	put_off(_add_policy, POLICY_IN, 1, "10.3.0.1/32", NULL);
	ck_assert_int_eq(mock.when, 1000 + DELAY);
	pass(100);
	put_off(_del_policy, POLICY_IN, 1, "10.3.0.2/32", "eth0");
	pass(100);
	put_off(_add_policy, POLICY_FWD, 2, "10.3.0.3/32", NULL);
	ck_assert_int_eq(mock.when, 1000 + DELAY);
	pass(DELAY - 201);
	assert_calls("");
	pass(1);
	assert_calls("add:in:1:10.3.0.1/32:10.0.0.1 ");
	ck_assert_int_eq(mock.when, 1100 + DELAY);
	/* late */
	pass(300);
	assert_calls("del:in:1:10.3.0.2/32:10.0.0.1:eth0 "
				 "add:fwd:2:10.3.0.3/32:10.0.0.1 ");
	ck_assert_int_eq(mock.when, 0);
	/* and once more */
	put_off(_add_policy, POLICY_IN, 1, "10.3.0.1/32", NULL);
	pass(DELAY);
	assert_calls("add:in:1:10.3.0.1/32:10.0.0.1 ");
}
END_TEST

START_TEST(test_flush)
{
	put_off(_add_policy, POLICY_IN, 1, "10.3.0.1/32", NULL);
	put_off(_add_policy, POLICY_IN, 2, "10.3.0.2/32", NULL);
	put_off(_del_policy, POLICY_IN, 1, "10.3.0.1/32", NULL);
	/* nobody's */
	deferral->flush(deferral, 3, NULL);
	flush(3, POLICY_IN, "10.3.0.3/32");
	flush(3, POLICY_OUT, "10.3.0.1/32");
	assert_calls("");
	/* those of a CHILD_SA in their order */
	deferral->flush(deferral, 1, NULL);
	assert_calls("add:in:1:10.3.0.1/32:10.0.0.1 "
				 "del:in:1:10.3.0.1/32:10.0.0.1 ");
	deferral->flush(deferral, 1, NULL);
	assert_calls("");
	/* those after them come in time */
	pass(DELAY);
	assert_calls("add:in:2:10.3.0.2/32:10.0.0.1 ");

	/* those of others about the same policy */
	put_off(_add_policy, POLICY_IN, 1, "10.3.0.1/32", NULL);
	put_off(_add_policy, POLICY_FWD, 1, "10.3.0.1/32", NULL);
	put_off(_add_policy, POLICY_IN, 2, "10.3.0.1/32", NULL);
	put_off(_del_policy, POLICY_IN, 1, "10.3.0.1/32", NULL);
	flush(3, POLICY_IN, "10.3.0.1/32");
	assert_calls("add:in:1:10.3.0.1/32:10.0.0.1 "
				 "add:in:2:10.3.0.1/32:10.0.0.1 "
				 "del:in:1:10.3.0.1/32:10.0.0.1 ");
	pass(DELAY);
	assert_calls("add:fwd:1:10.3.0.1/32:10.0.0.1 ");
}
END_TEST

START_TEST(test_timer)
{
	/* the first one is gone when its time comes */
	put_off(_add_policy, POLICY_IN, 1, "10.3.0.1/32", NULL);
	pass(100);
	put_off(_add_policy, POLICY_IN, 2, "10.3.0.2/32", NULL);
	deferral->flush(deferral, 1, NULL);
	assert_calls("add:in:1:10.3.0.1/32:10.0.0.1 ");
	pass(DELAY - 100);
	assert_calls("");
	ck_assert_int_eq(mock.when, 1100 + DELAY);
	/* all are gone, and then there is another one */
	deferral->flush(deferral, 2, NULL);
	assert_calls("add:in:2:10.3.0.2/32:10.0.0.1 ");
	pass(50);
	put_off(_add_policy, POLICY_IN, 3, "10.3.0.3/32", NULL);
	ck_assert_int_eq(mock.when, 1000 + DELAY + 50 + DELAY);
	pass(DELAY);
	assert_calls("add:in:3:10.3.0.3/32:10.0.0.1 ");
}
END_TEST

START_TEST(test_end)
{
	/* nothing is lost at the end */
	put_off(_add_policy, POLICY_IN, 1, "10.3.0.1/32", NULL);
	put_off(_del_policy, POLICY_IN, 2, "10.3.0.2/32", NULL);
	deferral->destroy(deferral);
	assert_calls("add:in:1:10.3.0.1/32:10.0.0.1 "
				 "del:in:2:10.3.0.2/32:10.0.0.1 ");
	mock.no_clock = TRUE;
	deferral = mobility_deferral_create();
	ck_assert(!deferral);
}
END_TEST

/**
 * Put off changes, and have them made, in a thread
 */
static void *churn(void *data)
{
	uint32_t reqid = (uintptr_t)data;
	int i;

	for (i = 0; i < 1000; i++)
	{
		put_off(_add_policy, POLICY_IN, reqid, "10.3.0.1/32", NULL);
		put_off(_del_policy, POLICY_IN, reqid, "10.3.0.2/32", NULL);
		if (i % 3 == 0)
		{
			deferral->flush(deferral, reqid, NULL);
		}
		if (i % 7 == 0)
		{
			flush(reqid + 1, POLICY_IN, "10.3.0.1/32");
		}
	}
	return NULL;
}

START_TEST(test_threads)
{
	thread_t *threads[4];
	uintptr_t i;

	for (i = 0; i < countof(threads); i++)
	{
		threads[i] = thread_create(churn, (void*)(i + 1));
	}
	for (i = 0; i < 100; i++)
	{	/* early or late */
		mock.cb(mock.data, fake_clock_now() + i % 2 * DELAY);
	}
	for (i = 0; i < countof(threads); i++)
	{
		threads[i]->join(threads[i]);
	}
	pass(DELAY);
	ck_assert_int_eq(mock.count, countof(threads) * 2000);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("deferral");

	tc = tcase_create("changes");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_due);
	tcase_add_test(tc, test_flush);
	tcase_add_test(tc, test_timer);
	tcase_add_test(tc, test_end);
	tcase_add_test(tc, test_threads);
	suite_add_tcase(s, tc);
	return s;
}
