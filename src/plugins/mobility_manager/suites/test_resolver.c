/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "net/resolver.h"
#include <threading/condvar.h>
#include <threading/mutex.h>

/** queries in the test with many of them */
#define MANY 1000

/** what was told, "number address" a line */
static char told[65536];

/** numbers as they were told, how many, and how many of them were taken */
static uint32_t numbers[2 * MANY + 16];
static u_int count, taken;

/** how often something was taken for each number */
static u_int counts[MANY + 1];

/** threads that wait for DNS at most */
#define THREADS 3

/** locks these, and tells that there is more */
static mutex_t *mutex;
static condvar_t *condvar;

/** what stands in for DNS: asks, waits for the test to say what the answer is */
static struct {
	/** threads that wait, and how many there were at most */
	u_int waiting, most;
	/** number of questions */
	u_int asked;
	/** TRUE once there are answers */
	bool answers;
	/** replaced by it */
	host_resolver_t *real;
} dns;

static void setup(void)
{
	mobility_suite_setup();
	/* all tests are run by one process under the sanitizers */
	told[0] = '\0';
	count = taken = 0;
	memset(counts, 0, sizeof(counts));
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	condvar = condvar_create(CONDVAR_TYPE_DEFAULT);
}

static void teardown(void)
{
	/* those of a test that has failed still ask */
	mutex->lock(mutex);
	dns.answers = TRUE;
	condvar->broadcast(condvar);
	while (dns.waiting)
	{
		condvar->wait(condvar, mutex);
	}
	mutex->unlock(mutex);
	condvar->destroy(condvar);
	mutex->destroy(mutex);
	mobility_suite_teardown();
}

/**
 * mobility_resolver_cb_t
 */
static void resolved(void *data, uint32_t number)
{
	mutex->lock(mutex);
	ck_assert(data == &told);
	ck_assert(count < countof(numbers));
	numbers[count++] = number;
	/* those that ask wait as well */
	condvar->broadcast(condvar);
	mutex->unlock(mutex);
}

/**
 * Take what was found, and write it down
 */
static void take(mobility_resolver_t *resolver, uint32_t number)
{
	host_t *host;
	size_t len;

	host = resolver->take(resolver, number);
	ck_assert(host != NULL);
	len = strlen(told);
	snprintf(told + len, sizeof(told) - len, "%s%u ", len ? "\n" : "", number);
	len = strlen(told);
	inet_ntop(host->get_family(host), host->get_address(host).ptr, told + len,
			  sizeof(told) - len);
	host->destroy(host);
	if (number <= MANY)
	{
		counts[number]++;
	}
}

/**
 * mobility_resolver_cb_t of somebody who does not want to know anymore
 */
static void unwanted(void *data, uint32_t number)
{
	ck_abort_msg("told %u although it is gone", number);
}

/**
 * Wait until that much was told, and take it
 */
static void wait_for(mobility_resolver_t *resolver, u_int number)
{
	mutex->lock(mutex);
	while (count < number)
	{
		ck_assert(!condvar->timed_wait(condvar, mutex, 10000));
	}
	mutex->unlock(mutex);
	while (taken < number)
	{
		take(resolver, numbers[taken++]);
	}
}

/**
 * Resolve names, of which that many are found; another one is resolved for the same
 * session, which it is as soon as they are done
 */
static void assert_told(const char *names, int family, u_int number,
						const char *expected)
{
	mobility_resolver_t *resolver;
	bool done = FALSE;

	resolver = mobility_resolver_create(resolved, &told);
	resolver->resolve(resolver, 7, names, family);
	while (!done)
	{
		resolver->resolve(resolver, 7, family == AF_INET ? "192.0.2.255"
													: "2001:db8::ff", family);
		mutex->lock(mutex);
		done = count > number;
		mutex->unlock(mutex);
	}
	taken = 0;
	wait_for(resolver, number + 1);
	resolver->destroy(resolver);
	ck_assert_str_eq(told, expected);
}

START_TEST(test_address)
{
	assert_told("192.0.2.1", AF_INET, 1, "7 192.0.2.1\n7 192.0.2.255");
}
END_TEST

START_TEST(test_address6)
{
	assert_told("2001:db8::1", AF_INET6, 1, "7 2001:db8::1\n7 2001:db8::ff");
}
END_TEST

START_TEST(test_name)
{
	assert_told("localhost", AF_INET, 1, "7 127.0.0.1\n7 192.0.2.255");
}
END_TEST

START_TEST(test_other_family)
{
	assert_told("2001:db8::1, 192.0.2.1", AF_INET, 1,
				"7 192.0.2.1\n7 192.0.2.255");
}
END_TEST

START_TEST(test_several)
{
	assert_told("192.0.2.1,192.0.2.2 , localhost", AF_INET, 3,
				"7 192.0.2.1\n7 192.0.2.2\n7 127.0.0.1\n7 192.0.2.255");
}
END_TEST

START_TEST(test_many_addresses)
{
	/* none of these is a name, nor the address of the peer */
	assert_told("%any, %any4, 0.0.0.0, 192.0.2.0/24, 192.0.2.1-192.0.2.9,, "
				"192.0.2.1", AF_INET, 1, "7 192.0.2.1\n7 192.0.2.255");
}
END_TEST

START_TEST(test_ranges_are_no_names)
{
	mobility_suite_log_start();
	assert_told("192.0.2.1-192.0.2.9,2001:db8::1-2001:db8::9,192.0.2.0/24",
				AF_INET, 0, "7 192.0.2.255");
	ck_assert(!strstr(mobility_suite_log(), "resolving"));
}
END_TEST

START_TEST(test_nothing)
{
	assert_told("", AF_INET6, 0, "7 2001:db8::ff");
}
END_TEST

METHOD(host_resolver_t, ask, host_t*,
	host_resolver_t *this, char *name, int family)
{
	mutex->lock(mutex);
	dns.asked++;
	dns.waiting++;
	dns.most = max(dns.most, dns.waiting);
	condvar->broadcast(condvar);
	while (!dns.answers)
	{
		condvar->wait(condvar, mutex);
	}
	dns.waiting--;
	condvar->broadcast(condvar);
	mutex->unlock(mutex);
	return host_create_from_string("192.0.2.7", 0);
}

/**
 * Have nobody answer, until answer() is called
 */
static void replace_dns(void)
{
	static host_resolver_t slow;

	memset(&dns, 0, sizeof(dns));
	dns.real = lib->hosts;
	slow = *lib->hosts;
	slow.resolve = (void*)_ask;
	lib->hosts = &slow;
}

/**
 * Have all questions answered
 */
static void answer(void)
{
	mutex->lock(mutex);
	dns.answers = TRUE;
	condvar->broadcast(condvar);
	mutex->unlock(mutex);
}

/**
 * Have the real DNS back, which the library destroys
 */
static void restore_dns(void)
{
	lib->hosts = dns.real;
}

/**
 * Wait until so many threads wait for DNS
 */
static void wait_waiting(u_int number)
{
	mutex->lock(mutex);
	while (dns.waiting != number)
	{
		ck_assert(!condvar->timed_wait(condvar, mutex, 10000));
	}
	mutex->unlock(mutex);
}

START_TEST(test_under_way)
{
	mobility_resolver_t *resolver;

	replace_dns();
	resolver = mobility_resolver_create(resolved, &told);
	resolver->resolve(resolver, 1, "gateway.example.com", AF_INET);
	resolver->resolve(resolver, 1, "other.example.com", AF_INET);
	resolver->resolve(resolver, 1, "other.example.com", AF_INET6);
	wait_waiting(2);
	answer();
	wait_for(resolver, 2);
	ck_assert_uint_eq(dns.asked, 2);
	/* it may ask again */
	resolver->resolve(resolver, 1, "192.0.2.4", AF_INET);
	wait_for(resolver, 3);
	ck_assert_str_eq(told, "1 192.0.2.7\n1 192.0.2.7\n1 192.0.2.4");
	resolver->destroy(resolver);
	restore_dns();
}
END_TEST

START_TEST(test_forget)
{
	mobility_resolver_t *resolver;

	resolver = mobility_resolver_create(resolved, &told);
	resolver->resolve(resolver, 1, "192.0.2.1, 192.0.2.2", AF_INET);
	resolver->resolve(resolver, 2, "192.0.2.3", AF_INET);
	mutex->lock(mutex);
	while (count < 3)
	{
		ck_assert(!condvar->timed_wait(condvar, mutex, 10000));
	}
	mutex->unlock(mutex);
	resolver->forget(resolver, 1);
	ck_assert(!resolver->take(resolver, 1));
	take(resolver, 2);
	ck_assert(!resolver->take(resolver, 2));
	ck_assert_str_eq(told, "2 192.0.2.3");
	/* what nobody takes goes with it */
	resolver->resolve(resolver, 3, "192.0.2.4", AF_INET);
	resolver->destroy(resolver);
}
END_TEST

/**
 * Count the jobs that charon's threads have, or that wait for one
 */
static u_int count_jobs(void)
{
	u_int jobs = 0;
	int i;

	for (i = 0; i < JOB_PRIO_MAX; i++)
	{
		jobs += lib->processor->get_working_threads(lib->processor, i) +
				lib->processor->get_job_load(lib->processor, i);
	}
	return jobs;
}

/**
 * However many sessions have no network, none of charon's threads waits for DNS.
 */
START_TEST(test_slow)
{
	mobility_resolver_t *resolver;
	char name[32];
	u_int i, jobs = count_jobs();

	replace_dns();
	resolver = mobility_resolver_create(resolved, &told);
	for (i = 1; i <= 20; i++)
	{
		snprintf(name, sizeof(name), "gateway%u.example.com", i);
		resolver->resolve(resolver, i, name, AF_INET);
	}
	wait_waiting(THREADS);
	ck_assert_uint_eq(count_jobs(), jobs);
	answer();
	wait_for(resolver, 20);
	ck_assert_uint_eq(dns.most, THREADS);
	ck_assert_uint_eq(dns.asked, 20);
	resolver->destroy(resolver);
	restore_dns();
}
END_TEST

/**
 * What many ask is asked once, also for those who come later.
 */
START_TEST(test_same_question)
{
	mobility_resolver_t *resolver;
	u_int i;

	replace_dns();
	resolver = mobility_resolver_create(resolved, &told);
	resolver->resolve(resolver, 1, "gateway.example.com", AF_INET);
	wait_waiting(1);
	for (i = 2; i < 100; i++)
	{
		resolver->resolve(resolver, i, "gateway.example.com", AF_INET);
	}
	resolver->resolve(resolver, 100, "gateway.example.com", AF_INET6);
	answer();
	wait_for(resolver, 100);
	for (i = 1; i <= 100; i++)
	{
		ck_assert_uint_eq(counts[i], 1);
	}
	ck_assert_uint_eq(dns.asked, 2);
	resolver->destroy(resolver);
	restore_dns();
}
END_TEST

/**
 * Who has asked and does not want to know anymore gets no answer, nor does
 * anything stay for it.
 */
START_TEST(test_forget_under_way)
{
	mobility_resolver_t *resolver;

	replace_dns();
	resolver = mobility_resolver_create(resolved, &told);
	resolver->resolve(resolver, 1, "gateway.example.com", AF_INET);
	resolver->resolve(resolver, 4, "fourth.example.com", AF_INET);
	resolver->resolve(resolver, 5, "fifth.example.com", AF_INET);
	wait_waiting(THREADS);
	/* this one was not asked yet */
	resolver->resolve(resolver, 2, "other.example.com", AF_INET);
	resolver->resolve(resolver, 3, "last.example.com", AF_INET);
	resolver->forget(resolver, 1);
	resolver->forget(resolver, 2);
	resolver->forget(resolver, 4);
	resolver->forget(resolver, 5);
	answer();
	wait_for(resolver, 1);
	ck_assert_str_eq(told, "3 192.0.2.7");
	ck_assert(!resolver->take(resolver, 1));
	ck_assert(!resolver->take(resolver, 2));
	ck_assert_uint_eq(dns.asked, THREADS + 1);
	/* it may ask again */
	resolver->resolve(resolver, 1, "gateway.example.com", AF_INET);
	wait_for(resolver, 2);
	ck_assert_str_eq(told, "3 192.0.2.7\n1 192.0.2.7");
	resolver->destroy(resolver);
	restore_dns();
}
END_TEST

/** what was looked up, a line for each */
static char found[1024];

/** somebody who wants to know */
static int somebody, other;

/**
 * mobility_resolver_done_t
 */
static void done(void *data, const char *name, int family, host_t *host)
{
	size_t len;

	mutex->lock(mutex);
	len = strlen(found);
	snprintf(found + len, sizeof(found) - len, "%s %s %d %H\n",
			 data == &somebody ? "somebody" : "other", name,
			 family == AF_INET ? 4 : family == AF_INET6 ? 6 : 0, host);
	condvar->broadcast(condvar);
	mutex->unlock(mutex);
}

/**
 * Wait until something was looked up
 */
static void wait_done(const char *what)
{
	mutex->lock(mutex);
	while (!strstr(found, what))
	{
		ck_assert(!condvar->timed_wait(condvar, mutex, 10000));
	}
	mutex->unlock(mutex);
}

START_TEST(test_look_up)
{
	mobility_resolver_t *resolver;

	found[0] = '\0';
	replace_dns();
	resolver = mobility_resolver_create(resolved, &told);
	resolver->look_up(resolver, "gateway.example.com", AF_UNSPEC, done,
					  &somebody);
	wait_waiting(1);
	/* that is known already, and this is another question */
	resolver->look_up(resolver, "gateway.example.com", AF_UNSPEC, done,
					  &somebody);
	resolver->look_up(resolver, "gateway.example.com", AF_UNSPEC, done, &other);
	resolver->look_up(resolver, "gateway.example.com", AF_INET, done, &other);
	resolver->resolve(resolver, 1, "gateway.example.com", AF_INET);
	wait_waiting(2);
	answer();
	wait_done("somebody gateway.example.com 0 192.0.2.7\n");
	wait_done("other gateway.example.com 0 192.0.2.7\n");
	wait_done("other gateway.example.com 4 192.0.2.7\n");
	wait_for(resolver, 1);
	ck_assert_uint_eq(dns.asked, 2);
	restore_dns();
	/* nothing is told as well */
	found[0] = '\0';
	resolver->look_up(resolver, "2001:db8::1", AF_INET, done, &other);
	wait_done("other 2001:db8::1 4 (null)\n");
	resolver->destroy(resolver);
	ck_assert_str_eq(found, "other 2001:db8::1 4 (null)\n");
}
END_TEST

START_TEST(test_leave)
{
	mobility_resolver_t *resolver;
	char name[32];
	u_int i;

	found[0] = '\0';
	replace_dns();
	resolver = mobility_resolver_create(resolved, &told);
	for (i = 0; i < 2 * THREADS; i++)
	{
		snprintf(name, sizeof(name), "gateway%u.example.com", i);
		resolver->look_up(resolver, name, AF_INET, done, &somebody);
		resolver->look_up(resolver, name, AF_INET, done, &other);
	}
	wait_waiting(THREADS);
	resolver->leave(resolver, &somebody);
	answer();
	for (i = 0; i < 2 * THREADS; i++)
	{
		snprintf(name, sizeof(name), "gateway%u.example.com", i);
		wait_done(name);
	}
	resolver->destroy(resolver);
	ck_assert(!strstr(found, "somebody"));
	ck_assert_uint_eq(dns.asked, 2 * THREADS);
	restore_dns();
}
END_TEST

/**
 * mobility_resolver_ask_t of somebody who knows one name
 */
static array_t *ask_other(void *data, const char *name, int family)
{
	array_t *hosts = NULL;

	ck_assert(data == &other);
	ck_assert_int_eq(family, AF_INET);
	if (!strpfx(name, "gateway"))
	{
		return NULL;
	}
	array_insert_create(&hosts, ARRAY_TAIL,
						host_create_from_string("192.0.2.8", 0));
	array_insert_create(&hosts, ARRAY_TAIL,
						host_create_from_string("192.0.2.9", 0));
	return hosts;
}

/**
 * Sessions need not wait for DNS if somebody else knows the name, who is not
 * asked about addresses
 */
START_TEST(test_source)
{
	mobility_resolver_t *resolver;

	replace_dns();
	resolver = mobility_resolver_create(resolved, &told);
	resolver->set_source(resolver, ask_other, &other);
	resolver->resolve(resolver, 1, "gateway.example.com, 192.0.2.1", AF_INET);
	wait_for(resolver, 2);
	ck_assert_str_eq(told, "1 192.0.2.8\n1 192.0.2.9");
	wait_waiting(1);
	answer();
	wait_for(resolver, 4);
	ck_assert_str_eq(told, "1 192.0.2.8\n1 192.0.2.9\n1 192.0.2.7\n"
						   "1 192.0.2.1");
	resolver->destroy(resolver);
	restore_dns();
}
END_TEST

/**
 * None of them has to, although some wait for both
 */
START_TEST(test_source_many)
{
	mobility_resolver_t *resolver;
	char name[32];
	u_int i;

	replace_dns();
	resolver = mobility_resolver_create(resolved, &told);
	resolver->set_source(resolver, ask_other, &other);
	for (i = 1; i <= 20; i++)
	{
		snprintf(name, sizeof(name), "gateway%u.example.com", i / 2);
		resolver->resolve(resolver, i, name, AF_INET);
	}
	wait_for(resolver, 40);
	wait_waiting(THREADS - 1);
	for (i = 1; i <= 20; i++)
	{
		ck_assert_uint_eq(counts[i], 2);
		/* it is under way still */
		resolver->resolve(resolver, i, "gateway.example.com", AF_INET);
		if (i % 2)
		{
			resolver->forget(resolver, i);
		}
	}
	/* it may ask again meanwhile, and others who come later may */
	resolver->resolve(resolver, 1, "gateway0.example.com", AF_INET);
	resolver->resolve(resolver, 21, "gateway0.example.com", AF_INET);
	wait_for(resolver, 44);
	ck_assert_uint_eq(counts[1], 4);
	ck_assert_uint_eq(counts[21], 2);
	ck_assert_uint_eq(dns.most, THREADS - 1);
	answer();
	/* those that were not forgotten */
	wait_for(resolver, 44 + 10 + 2);
	ck_assert_uint_eq(dns.most, THREADS - 1);
	resolver->destroy(resolver);
	restore_dns();
}
END_TEST

/** host_resolver_t.resolve() that knows one name */
METHOD(host_resolver_t, know, host_t*,
	host_resolver_t *this, char *name, int family)
{
	return streq(name, "inside.example.com") ?
							host_create_from_string("192.0.2.7", 0) : NULL;
}

/**
 * For logins others are asked if that is needed
 */
START_TEST(test_source_login)
{
	mobility_resolver_t *resolver;

	found[0] = '\0';
	replace_dns();
	lib->hosts->resolve = (void*)_know;
	resolver = mobility_resolver_create(resolved, &told);
	resolver->set_source(resolver, ask_other, &other);
	resolver->look_up(resolver, "inside.example.com", AF_INET, done, &somebody);
	wait_done("somebody inside.example.com 4 192.0.2.7\n");
	resolver->look_up(resolver, "gateway.example.com", AF_INET, done,
					  &somebody);
	wait_done("somebody gateway.example.com 4 192.0.2.8\n");
	resolver->destroy(resolver);
	restore_dns();
}
END_TEST

START_TEST(test_destroyed)
{
	mobility_resolver_t *resolver;
	char name[32];
	u_int i;

	resolver = mobility_resolver_create(unwanted, NULL);
	resolver->destroy(resolver);
	found[0] = '\0';
	replace_dns();
	resolver = mobility_resolver_create(resolved, &told);
	for (i = 1; i <= 2 * THREADS; i++)
	{
		snprintf(name, sizeof(name), "gateway%u.example.com", i);
		resolver->resolve(resolver, i, name, AF_INET);
		resolver->look_up(resolver, name, AF_INET6, done, &other);
	}
	wait_waiting(THREADS);
	answer();
	/* some of these were not asked yet */
	resolver->destroy(resolver);
	ck_assert_uint_eq(dns.waiting, 0);
	restore_dns();
}
END_TEST

START_TEST(test_many)
{
	mobility_resolver_t *resolver;
	u_int i;

	resolver = mobility_resolver_create(resolved, &told);
	for (i = 0; i < MANY; i++)
	{
		resolver->resolve(resolver, i + 1, i % 2 ? "192.0.2.1" : "2001:db8::1",
						  i % 2 ? AF_INET : AF_INET6);
	}
	wait_for(resolver, MANY);
	/* some of these are under way when it goes */
	for (i = 0; i < MANY; i++)
	{
		resolver->resolve(resolver, MANY + 1 + i, "192.0.2.1", AF_INET);
	}
	resolver->destroy(resolver);
	for (i = 1; i <= MANY; i++)
	{
		ck_assert_uint_eq(counts[i], 1);
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("resolver");

	tc = tcase_create("resolve");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_address);
	tcase_add_test(tc, test_address6);
	tcase_add_test(tc, test_name);
	tcase_add_test(tc, test_other_family);
	tcase_add_test(tc, test_several);
	tcase_add_test(tc, test_many_addresses);
	tcase_add_test(tc, test_ranges_are_no_names);
	tcase_add_test(tc, test_nothing);
	suite_add_tcase(s, tc);

	tc = tcase_create("threads");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_under_way);
	tcase_add_test(tc, test_forget);
	tcase_add_test(tc, test_slow);
	tcase_add_test(tc, test_same_question);
	tcase_add_test(tc, test_forget_under_way);
	tcase_add_test(tc, test_look_up);
	tcase_add_test(tc, test_leave);
	tcase_add_test(tc, test_source);
	tcase_add_test(tc, test_source_many);
	tcase_add_test(tc, test_source_login);
	tcase_add_test(tc, test_destroyed);
	tcase_add_test(tc, test_many);
	suite_add_tcase(s, tc);

	return s;
}
