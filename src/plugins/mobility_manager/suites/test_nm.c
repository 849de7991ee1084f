/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "fake_nm.h"

#include "nm/nm.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <systemd/sd-bus.h>

#include <threading/condvar.h>
#include <threading/mutex.h>

/** milliseconds after which waiting is given up */
#define TIMEOUT 10000

/** what is tested, and who it talks to */
static mobility_nm_t *nm;
static const char *address;

/** protects the number of times that the callback was called */
static mutex_t *mutex;
static condvar_t *condvar;
static u_int calls;

/** the thread that calls it, for which messages have no end if flooded */
static pthread_t talker;
static bool flooded;

/** what the linker has called in place of these */
int __real_sd_bus_process(sd_bus *bus, sd_bus_message **msg);
int __wrap_sd_bus_process(sd_bus *bus, sd_bus_message **msg);

int __wrap_sd_bus_process(sd_bus *bus, sd_bus_message **msg)
{
	int res = __real_sd_bus_process(bus, msg);

	mutex->lock(mutex);
	if (!res && flooded && pthread_equal(pthread_self(), talker))
	{
		res = 1;
	}
	mutex->unlock(mutex);
	return res;
}

/**
 * The callback
 */
static void changed(void *data)
{
	ck_assert(data == &calls);
	mutex->lock(mutex);
	talker = pthread_self();
	calls++;
	condvar->signal(condvar);
	mutex->unlock(mutex);
}

/**
 * Wait for a condition, which may become true when the callback is called.
 */
#define wait_for(condition) ({ \
	mutex->lock(mutex); \
	while (!(condition)) \
	{ \
		if (condvar->timed_wait(condvar, mutex, TIMEOUT)) \
		{ \
			mutex->unlock(mutex); \
			ck_abort_msg("waited in vain for: " #condition); \
		} \
	} \
	mutex->unlock(mutex); })

static void setup(void)
{
	mobility_suite_setup();
	calls = 0;
	flooded = FALSE;
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	condvar = condvar_create(CONDVAR_TYPE_DEFAULT);
	address = fake_bus_start();
	nm = mobility_nm_create(address, changed, &calls);
}

static void teardown(void)
{
	nm->destroy(nm);
	fake_bus_stop();
	condvar->destroy(condvar);
	mutex->destroy(mutex);
	mobility_suite_teardown();
}

/**
 * Check what is known about an interface: NULL for nothing, the connectivity
 * with "metered" in front.
 */
static bool is_known(const char *ifname, const char *expected)
{
	mobility_advice_t advice;
	char buf[64];

	if (!nm->get(nm, ifname, &advice))
	{
		return !expected;
	}
	snprintf(buf, sizeof(buf), "%s%N", advice.metered ? "metered " : "",
			 mobility_connectivity_names, advice.connectivity);
	return expected && streq(buf, expected);
}

/**
 * What NetworkManager says, and what follows.
 */
#define SAYS(state_, metered_, ip4_, ip6_) (mobility_nm_device_t){ \
	.state = state_, .metered = metered_, .ip4 = ip4_, .ip6 = ip6_ }

START_TEST(test_conclude)
{
	mobility_nm_device_t says;
	mobility_advice_t advice;
	bool full, unknown;

	/* all numbers there are, and some there are not */
	for (says.state = 0; says.state <= 130; says.state += 10)
	{
		for (says.metered = 0; says.metered < 7; says.metered++)
		{
			for (says.ip4 = 0; says.ip4 < 7; says.ip4++)
			{
				for (says.ip6 = 0; says.ip6 < 7; says.ip6++)
				{
					advice = mobility_nm_device_conclude(&says);
					mobility_assert(advice.metered == (says.metered == 1 ||
													   says.metered == 3));
					full = says.ip4 == 4 || says.ip6 == 4;
					unknown = says.ip4 == 0 || says.ip6 == 0;
					mobility_assert((advice.connectivity ==
											MOBILITY_CONNECTIVITY_FULL) ==
									(says.state == 100 && full));
					if (says.state != 100 || (unknown && !full))
					{
						mobility_assert(advice.connectivity ==
										MOBILITY_CONNECTIVITY_UNKNOWN);
					}
				}
			}
		}
	}
	says = SAYS(100, 0, 2, 3);
	ck_assert_int_eq(mobility_nm_device_conclude(&says).connectivity,
					 MOBILITY_CONNECTIVITY_PORTAL);
	says = SAYS(100, 0, 1, 3);
	ck_assert_int_eq(mobility_nm_device_conclude(&says).connectivity,
					 MOBILITY_CONNECTIVITY_LIMITED);
	says = SAYS(100, 0, 1, 1);
	ck_assert_int_eq(mobility_nm_device_conclude(&says).connectivity,
					 MOBILITY_CONNECTIVITY_NONE);
}
END_TEST

START_TEST(test_devices)
{
	fake_nm_t *fake = fake_nm_create(TRUE);
	u_int before;

	fake->add(fake, 1, "eth0", "eth0", SAYS(100, 4, 4, 1));
	fake->add(fake, 2, "wlan0", "wlan0", SAYS(100, 3, 2, 1));
	fake->add(fake, 3, "cdc-wdm0", "wwan0", SAYS(100, 1, 4, 4));
	fake->add(fake, 4, "docker0", "", SAYS(10, 0, 1, 1));
	ck_assert(is_known("eth0", NULL));
	nm->start(nm);
	nm->start(nm);
	wait_for(is_known("eth0", "full") && is_known("wlan0", "metered portal") &&
			 is_known("wwan0", "metered full") &&
			 is_known("docker0", "unknown"));
	ck_assert(is_known("cdc-wdm0", NULL));
	ck_assert(is_known("eth1", NULL));

	/* what changes, comes and goes */
	fake->change(fake, 2, SAYS(100, 4, 4, 1));
	wait_for(is_known("wlan0", "full"));
	fake->change(fake, 2, SAYS(30, 0, 1, 1));
	wait_for(is_known("wlan0", "unknown"));
	fake->add(fake, 5, "eth1", "eth1", SAYS(100, 1, 3, 1));
	wait_for(is_known("eth1", "metered limited"));
	fake->remove(fake, 1);
	wait_for(is_known("eth0", NULL));

	/* what makes no difference is not told: it comes before the change that is */
	before = calls;
	fake->change(fake, 2, SAYS(40, 2, 0, 1));
	fake->change(fake, 2, SAYS(50, 0, 1, 1));
	fake->change(fake, 5, SAYS(100, 0, 3, 1));
	wait_for(is_known("eth1", "limited"));
	ck_assert_uint_eq(calls, before + 1);

	/* nothing is known of what is not asked for anymore */
	nm->stop(nm);
	ck_assert(is_known("eth1", NULL));
	nm->stop(nm);
	nm->start(nm);
	wait_for(is_known("eth1", "limited"));
	fake->destroy(fake);
}
END_TEST

START_TEST(test_restart)
{
	fake_nm_t *fake;
	int i;

	/* NetworkManager starts later, ends, and starts again */
	nm->start(nm);
	for (i = 0; i < 3; i++)
	{
		fake = fake_nm_create(TRUE);
		fake->add(fake, 1, "eth0", "eth0", SAYS(100, 1, 4, 4));
		wait_for(is_known("eth0", "metered full"));
		fake->destroy(fake);
		wait_for(is_known("eth0", NULL));
	}
}
END_TEST

START_TEST(test_starts)
{
	fake_nm_t *fake = fake_nm_create(TRUE);

	/* it has its name, but does not list its devices yet */
	fake->set_quiet(fake, TRUE);
	nm->start(nm);
	fake->add(fake, 1, "eth0", "eth0", SAYS(10, 0, 1, 1));
	do
	{	/* until we are there to hear it */
		fake->change(fake, 1, SAYS(100, 1, 4, 4));
		mutex->lock(mutex);
		condvar->timed_wait(condvar, mutex, 50);
		mutex->unlock(mutex);
	}
	while (!is_known("eth0", "metered full"));
	fake->set_quiet(fake, FALSE);
	fake->add(fake, 2, "eth1", "eth1", SAYS(100, 0, 4, 4));
	wait_for(is_known("eth1", "full"));
	fake->destroy(fake);
}
END_TEST

START_TEST(test_bad)
{
	fake_nm_t *fake = fake_nm_create(TRUE), *other = fake_nm_create(FALSE);

	fake->add(fake, 1, "eth0", "eth0", SAYS(100, 0, 4, 4));
	fake->add(fake, 2, "aninterfacewithalongname", "", SAYS(100, 0, 4, 4));
	nm->start(nm);
	wait_for(is_known("eth0", "full"));

	/* what others say is nothing to us, and nonsense is dropped as a whole */
	other->change(other, 1, SAYS(100, 1, 2, 2));
	other->remove(other, 1);
	fake->garble(fake, 1);
	fake->add(fake, 3, "eth3", "eth3", SAYS(100, 0, 4, 4));
	wait_for(is_known("eth3", "full"));
	ck_assert(is_known("eth0", "full"));
	ck_assert(is_known("aninterfacewithalongname", NULL));
	other->destroy(other);
	fake->destroy(fake);
}
END_TEST

/**
 * Somebody sends messages faster than they are read.
 */
START_TEST(test_flood)
{
	fake_nm_t *fake = fake_nm_create(TRUE);

	fake->add(fake, 1, "eth0", "eth0", SAYS(100, 0, 4, 4));
	nm->start(nm);
	wait_for(is_known("eth0", "full"));
	mutex->lock(mutex);
	flooded = TRUE;
	mutex->unlock(mutex);
	fake->change(fake, 1, SAYS(100, 1, 4, 4));
	wait_for(is_known("eth0", "metered full"));
	nm->stop(nm);
	ck_assert(is_known("eth0", NULL));
	fake->destroy(fake);
}
END_TEST

START_TEST(test_bus_ends)
{
	fake_nm_t *fake = fake_nm_create(TRUE);

	fake->add(fake, 1, "eth0", "eth0", SAYS(100, 0, 4, 4));
	nm->start(nm);
	wait_for(is_known("eth0", "full"));
	fake_bus_stop();
	wait_for(is_known("eth0", NULL));
	fake->destroy(fake);
	nm->stop(nm);
}
END_TEST

START_TEST(test_no_bus)
{
	mobility_nm_t *alone;

	/* there is nobody to talk to, and that is not worth more than a line */
	mobility_suite_log_start();
	alone = mobility_nm_create("unix:path=/nonexistent/bus", changed, &calls);
	alone->start(alone);
	alone->stop(alone);
	alone->start(alone);
	alone->destroy(alone);
	alone = mobility_nm_create("no address at all", changed, &calls);
	alone->start(alone);
	alone->destroy(alone);
	ck_assert_uint_eq(calls, 0);
	/* stopped while it is about to connect */
	nm->start(nm);
	nm->stop(nm);
	ck_assert_uint_eq(calls, 0);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("nm");
	TCase *tc;

	tc = tcase_create("conclude");
	tcase_add_test(tc, test_conclude);
	suite_add_tcase(s, tc);

	if (!fake_bus_available())
	{
		return s;
	}
	tc = tcase_create("bus");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_devices);
	tcase_add_test(tc, test_restart);
	tcase_add_test(tc, test_starts);
	tcase_add_test(tc, test_bad);
	tcase_add_test(tc, test_flood);
	tcase_add_test(tc, test_bus_ends);
	tcase_add_test(tc, test_no_bus);
	suite_add_tcase(s, tc);

	return s;
}
