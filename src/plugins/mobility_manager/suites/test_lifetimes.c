/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp_fixture.h"
#include "fake_kernel.h"

#include <errno.h>
#include <time.h>

#include "esp/lifetimes.h"

/** an SA */
#define SPI htonl(0x100)

/** its limits, and how old it is */
#define SOFT 3300
#define HARD 3960
#define AGE 3000

START_TEST(test_asleep)
{
	static const struct {
		mobility_limits_t limits, asleep;
		uint64_t age, seconds;
	} tests[] = {
		/* its own last until the end of the session */
		{ { 3300, 3960 }, { 3959, 3960 }, 100, 1800 },
		/* or do not */
		{ { 3300, 3960 }, { 4799, 4800 }, 3000, 1800 },
		{ { 3300, 3960 }, { 5299, 5300 }, 3500, 1800 },
		{ { 0, 3960 }, { 0, 4800 }, 3000, 1800 },
		/* the session does not end */
		{ { 3300, 3960 }, { 0, 0 }, 3000, 0 },
		/* it has none */
		{ { 0, 0 }, { 0, 0 }, 3000, 1800 },
		{ { 3300, 0 }, { 0, 0 }, 3000, 1800 },
	};
	mobility_limits_t limits;

	limits = mobility_limits_asleep(tests[_i].limits, tests[_i].age,
									tests[_i].seconds);
	ck_assert_int_eq(limits.soft, tests[_i].asleep.soft);
	ck_assert_int_eq(limits.hard, tests[_i].asleep.hard);
}
END_TEST

START_TEST(test_awake)
{
	static const struct {
		mobility_limits_t limits, awake;
		uint64_t age;
		bool rekeyed;
	} tests[] = {
		/* none is over, or the soft one only */
		{ { 3300, 3960 }, { 3300, 3960 }, 100, TRUE },
		{ { 3300, 3960 }, { 3300, 3960 }, 3500, TRUE },
		{ { 3300, 3960 }, { 3300, 3960 }, 3500, FALSE },
		/* there is time to rekey it, or the kernel deletes it */
		{ { 3300, 3960 }, { 3300, 5060 }, 5000, TRUE },
		{ { 3300, 3960 }, { 3300, 5003 }, 5000, FALSE },
		{ { 3300, 3960 }, { 3300, 4010 }, 3950, TRUE },
		/* its counterpart is rekeyed, or nobody rekeys it */
		{ { 0, 3960 }, { 0, 5060 }, 5000, TRUE },
		{ { 0, 3960 }, { 0, 3960 }, 5000, FALSE },
		{ { 0, 0 }, { 0, 0 }, 5000, TRUE },
		{ { 3300, 0 }, { 3300, 0 }, 5000, TRUE },
	};
	mobility_limits_t limits;

	limits = mobility_limits_awake(tests[_i].limits, tests[_i].age,
								   tests[_i].rekeyed);
	ck_assert_int_eq(limits.soft, tests[_i].awake.soft);
	ck_assert_int_eq(limits.hard, tests[_i].awake.hard);
}
END_TEST

START_TEST(test_random)
{
	mobility_limits_t own, limits;
	uint64_t age, seconds;
	int i;

	srandom(_i);
	for (i = 0; i < 100000; i++)
	{
		own.hard = random() % 4 ? random() % 8000 : 0;
		own.soft = random() % 4 ? random() % (own.hard + 1) : 0;
		age = random() % 10000;
		seconds = random() % 4 ? random() % 10000 : 0;
		limits = mobility_limits_asleep(own, age, seconds);
		/* it lives for as long as it has to, and not shorter than before */
		mobility_assert(!limits.hard || (seconds && limits.hard >= own.hard &&
										 limits.hard >= age + seconds));
		mobility_assert(own.hard || !limits.hard);
		/* what has a soft limit keeps one if it has a hard one, right in front
		 * of that */
		mobility_assert(!own.soft || !limits.hard ||
						limits.soft == limits.hard - 1);
		mobility_assert(own.soft || !limits.soft);
		limits = mobility_limits_awake(own, age, i % 2);
		mobility_assert(limits.soft == own.soft);
		mobility_assert(!limits.hard == !own.hard);
		mobility_assert(limits.hard == own.hard ||
						(limits.hard > own.hard && (own.soft || i % 2) &&
						 limits.hard <= age + MOBILITY_LIFETIMES_GRACE));
	}
}
END_TEST

/**
 * Addresses of the SA
 */
static host_t *src, *dst;

static void setup(void)
{
	mobility_suite_setup();
	memset(&fake_kernel, 0, sizeof(fake_kernel));
	src = host_create_from_string("10.0.0.9", 4500);
	dst = host_create_from_string("10.0.0.1", 4500);
}

static void teardown(void)
{
	src->destroy(src);
	dst->destroy(dst);
	mobility_suite_teardown();
}

/**
 * Have the SA
 */
static void add_sa(bool encap)
{
	struct xfrm_usersa_info *info = &fake_kernel.sas[0].info;

	fake_kernel_add_sa(src, dst, SPI, 1, encap);
	info->lft.soft_add_expires_seconds = SOFT;
	info->lft.hard_add_expires_seconds = HARD;
	info->lft.hard_byte_limit = 4711;
	info->curlft.add_time = time(NULL) - AGE;
}

/**
 * Check the limits of the SA; seconds may have passed
 */
static void assert_limits(uint64_t soft, uint64_t hard)
{
	struct xfrm_lifetime_cfg *lft = &fake_kernel.sas[0].info.lft;

	ck_assert_int_eq(lft->hard_byte_limit, 4711);
	ck_assert_int_ge(lft->soft_add_expires_seconds, soft);
	ck_assert_int_le(lft->soft_add_expires_seconds, soft + 30);
	ck_assert_int_ge(lft->hard_add_expires_seconds, hard);
	ck_assert_int_le(lft->hard_add_expires_seconds, hard + 30);
}

START_TEST(test_sa)
{
	mobility_xfrm_t *xfrm = fake_kernel_create_xfrm();
	mobility_sa_id_t id = mobility_sa_id_create(dst, IPPROTO_ESP, SPI,
												(mark_t){});
	mobility_limits_t limits = {};

	ck_assert_int_eq(mobility_lifetimes_extend(xfrm, &id, 1800, &limits),
					 ESRCH);
	/* with and without UDP encapsulation; keys need not be told */
	add_sa(_i & 1);
	fake_kernel.lockdown = _i & 2;
	ck_assert_int_eq(mobility_lifetimes_extend(xfrm, &id, 1800, &limits), 0);
	ck_assert_int_eq(limits.soft, SOFT);
	ck_assert_int_eq(limits.hard, HARD);
	assert_limits(AGE + 1800 - 1, AGE + 1800);
	/* its own are kept in mind */
	ck_assert_int_eq(mobility_lifetimes_extend(xfrm, &id, 3600, &limits), 0);
	ck_assert_int_eq(limits.hard, HARD);
	assert_limits(AGE + 3600 - 1, AGE + 3600);

	ck_assert_int_eq(mobility_lifetimes_restore(xfrm, &id, limits, TRUE), 0);
	assert_limits(SOFT, HARD);
	fake_kernel.sas[0].info.curlft.add_time -= 2000;
	ck_assert_int_eq(mobility_lifetimes_restore(xfrm, &id, limits, TRUE), 0);
	assert_limits(SOFT, AGE + 2000 + MOBILITY_LIFETIMES_GRACE);
	fake_kernel_remove_sa(0);
	ck_assert_int_eq(mobility_lifetimes_restore(xfrm, &id, limits, TRUE),
					 ESRCH);
}
END_TEST

START_TEST(test_refused)
{
	mobility_xfrm_t *xfrm = fake_kernel_create_xfrm();
	mobility_sa_id_t id = mobility_sa_id_create(dst, IPPROTO_ESP, SPI,
												(mark_t){});
	mobility_limits_t limits = {};

	add_sa(FALSE);
	fake_kernel.faulty = _i;
	fake_kernel.fault = FAKE_FAULT_REFUSED;
	ck_assert_int_eq(mobility_lifetimes_extend(xfrm, &id, 1800, &limits),
					 ENOMEM);
	assert_limits(SOFT, HARD);
}
END_TEST

START_TEST(test_no_limits)
{
	mobility_xfrm_t *xfrm = fake_kernel_create_xfrm();
	mobility_sa_id_t id = mobility_sa_id_create(dst, IPPROTO_ESP, SPI,
												(mark_t){});
	mobility_limits_t limits = {};

	fake_kernel_add_sa(src, dst, SPI, 1, FALSE);
	ck_assert_int_eq(mobility_lifetimes_extend(xfrm, &id, 1800, &limits), 0);
	/* it is read, and there is nothing to write */
	ck_assert_int_eq(fake_kernel.requests, 1);
}
END_TEST

static mobility_xfrm_t *xfrm;

static void setup_kernel(void)
{
	esp_setup();
	xfrm = mobility_xfrm_create();
}

static void teardown_kernel(void)
{
	xfrm->destroy(xfrm);
	esp_teardown();
}

/**
 * Get what the kernel knows of an SA
 */
static mobility_sa_t get_sa(const mobility_sa_id_t *id)
{
	mobility_sa_t sa;

	ck_assert_int_eq(xfrm->get_sa(xfrm, id, &sa), 0);
	return sa;
}

START_TEST(test_kinds)
{
	static const char *options[] = {
		"replay-window 32",
		"replay-window 128",
		"replay-window 1024 flag esn",
		"replay-window 32 mark 5 mask 0xff",
		"replay-window 32 if_id 0x7",
		"replay-window 32 output-mark 0x9",
	};
	const char *limits = "limit time-soft 100 limit time-hard 200 "
						 "limit byte-hard 1000000";
	mobility_limits_t own = {};
	mobility_sa_id_t in = esp_in(1), id = in;
	mobility_sa_t before, after;
	char all[256], *output;

	snprintf(all, sizeof(all), "%s %s", options[_i], limits);
	esp_add(ESP_PORT_A, 1, all);
	if (strstr(options[_i], " mark"))
	{
		id.mark = (mark_t){ 5, 0xff };
	}
	else if (!strstr(options[_i], "if_id"))
	{
		esp_send_until(ESP_PORT_A, ESP_ANSWER, get_sa(&id).packets >= 3);
	}
	before = get_sa(&id);
	ck_assert_int_eq(mobility_lifetimes_extend(xfrm, &id, 5000, &own), 0);
	ck_assert_int_eq(own.soft, 100);
	ck_assert_int_eq(own.hard, 200);
	output = mobility_netns_output("ip -s xfrm state list spi 1");
	/* bytes stay */
	ck_assert(strstr(output, "hard 1000000(bytes)"));
	ck_assert(!strstr(output, "hard 200(sec)"));
	free(output);
	/* window and counters, too */
	after = get_sa(&id);
	ck_assert(after.seq >= before.seq && after.packets >= before.packets);
	ck_assert_int_eq(after.add_time, before.add_time);
	ck_assert_int_eq(after.words, before.words);
	ck_assert_int_eq(after.if_id, before.if_id);
	if (before.seq)
	{
		esp_send_until(ESP_PORT_A, ESP_ANSWER,
					   get_sa(&id).packets > before.packets);
	}
	ck_assert_int_eq(mobility_lifetimes_restore(xfrm, &id, own, TRUE), 0);
	output = mobility_netns_output("ip -s xfrm state list spi 1");
	ck_assert(strstr(output, "soft 100(sec), hard 200(sec)"));
	free(output);
}
END_TEST

START_TEST(test_other_kinds)
{
	static const struct {
		char *src, *dst, *options;
		mark_t mark;
	} tests[] = {
		{ "10.9.0.2", "10.9.0.1", "mode tunnel encap espinudp 4500 4501 "
		  "0.0.0.0", },
		{ "fec9::2", "fec9::1", "mode tunnel", },
		{ "fec9::2", "fec9::1", "mode tunnel encap espinudp 4500 4501 :: "
		  "mark 3 mask 0xf", { 3, 0xf } },
	};
	mobility_limits_t own = {};
	mobility_sa_id_t id;
	char *before, *after;
	host_t *host;

	host = host_create_from_string(tests[_i].dst, 0);
	id = mobility_sa_id_create(host, IPPROTO_ESP, htonl(7), tests[_i].mark);
	host->destroy(host);
	mobility_netns_ip("xfrm state add src %s dst %s proto esp spi 7 reqid 1 %s "
					  "replay-window 32 limit time-soft 100 limit time-hard 200 "
					  "aead 'rfc4106(gcm(aes))' "
					  "0x0102030405060708090a0b0c0d0e0f1011121314 128",
					  tests[_i].src, tests[_i].dst, tests[_i].options);
	before = mobility_netns_output("ip xfrm state list");
	ck_assert_int_eq(mobility_lifetimes_extend(xfrm, &id, 5000, &own), 0);
	ck_assert_int_eq(own.hard, 200);
	/* the key, addresses and encapsulation are as they were */
	after = mobility_netns_output("ip xfrm state list");
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	ck_assert_int_eq(mobility_lifetimes_restore(xfrm, &id, own, FALSE), 0);
}
END_TEST

START_TEST(test_time)
{
	mobility_sa_id_t first = esp_in(1), second = esp_in(2);
	mobility_limits_t own = {}, others = {};
	mobility_sa_t sa;

	esp_add(ESP_PORT_A, 1, "limit time-soft 3 limit time-hard 4");
	esp_add(ESP_PORT_B, 2, "limit time-soft 3 limit time-hard 4");
	/* the kernel has looked when their soft limits are, the trap */
	mobility_netns_wait(time(NULL) - get_sa(&second).add_time >= 2);
	ck_assert_int_eq(mobility_lifetimes_extend(xfrm, &first, 600, &own), 0);
	ck_assert_int_eq(mobility_lifetimes_extend(xfrm, &second, 3, &others), 0);
	/* the time that was given ends, even if nobody is there to do it */
	mobility_netns_wait(xfrm->get_sa(xfrm, &second, &sa) == ESRCH);
	/* and that of the other one was longer */
	ck_assert_int_ge(time(NULL) - get_sa(&first).add_time, 4);
	/* until nobody extends it anymore */
	ck_assert_int_eq(mobility_lifetimes_restore(xfrm, &first, own, FALSE), 0);
	mobility_netns_wait(xfrm->get_sa(xfrm, &first, &sa) == ESRCH);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("lifetimes");

	tc = tcase_create("limits");
	tcase_add_loop_test(tc, test_asleep, 0, 7);
	tcase_add_loop_test(tc, test_awake, 0, 10);
	tcase_add_loop_test(tc, test_random, 0, 4);
	suite_add_tcase(s, tc);

	tc = tcase_create("requests");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_sa, 0, 4);
	tcase_add_loop_test(tc, test_refused, 1, 3);
	tcase_add_test(tc, test_no_limits);
	suite_add_tcase(s, tc);

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup_kernel, teardown_kernel);
	tcase_set_timeout(tc, 120);
	if (esp_available())
	{
		tcase_add_loop_test(tc, test_kinds, 0, 6);
		tcase_add_loop_test(tc, test_other_kinds, 0, 3);
		tcase_add_test(tc, test_time);
	}
	suite_add_tcase(s, tc);
	return s;
}
