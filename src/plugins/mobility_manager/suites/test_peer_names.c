/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "mobile/peer_names.h"

#include <stdlib.h>

/** Any time. */
#define BEGIN 1000000

/** Time between the ticks of a session that nobody answers. */
#define TICK 100

/** An hour */
#define HOUR 3600000

/** What is tested, and where it puts what was found. */
static mobility_peer_names_t names;
static mobility_remotes_t *remotes;

/** How often names were resolved, of both families, and what was found. */
static u_int resolves;
static array_t *found;

/** An IKE_SA that has a config, and its peer's address. */
static ike_sa_t ike_sa;
static ike_cfg_t *ike_cfg;
static host_t *other;

METHOD(mobility_resolver_t, resolve, void,
	mobility_resolver_t *this, uint32_t id, const char *name, int family)
{
	ck_assert_uint_eq(id, 7);
	ck_assert_str_eq(name, "gateway.example.com");
	resolves++;
}

METHOD(mobility_resolver_t, take, host_t*,
	mobility_resolver_t *this, uint32_t id)
{
	host_t *host;

	return array_remove(found, ARRAY_HEAD, &host) ? host : NULL;
}

METHOD(ike_sa_t, get_ike_cfg, ike_cfg_t*,
	ike_sa_t *this)
{
	return ike_cfg;
}

METHOD(ike_sa_t, get_other_host, host_t*,
	ike_sa_t *this)
{
	return other;
}

METHOD(ike_sa_t, create_peer_address_enumerator, enumerator_t*,
	ike_sa_t *this)
{
	return enumerator_create_empty();
}

static void setup()
{
	static mobility_resolver_t resolver;
	ike_cfg_create_t cfg = {
		.version = IKEV2,
		.local = "%any",
		.remote = "gateway.example.com",
	};

	mobility_suite_setup();
	resolver = (mobility_resolver_t){
		.resolve = _resolve,
		.take = _take,
	};
	ike_cfg = ike_cfg_create(&cfg);
	ike_sa = (ike_sa_t){
		.get_ike_cfg = _get_ike_cfg,
		.get_other_host = _get_other_host,
		.create_peer_address_enumerator = _create_peer_address_enumerator,
	};
	other = host_create_from_string("192.0.2.1", 0);
	names = (mobility_peer_names_t){
		.resolver = &resolver,
		.session = 7,
	};
	remotes = mobility_remotes_create();
	remotes->know(remotes, other);
	found = array_create(0, 0);
	resolves = 0;
}

static void teardown()
{
	array_destroy_offset(found, offsetof(host_t, destroy));
	remotes->destroy(remotes);
	other->destroy(other);
	ike_cfg->destroy(ike_cfg);
	mobility_suite_teardown();
}

/**
 * Something happens, check if the names are resolved
 */
static bool event(uint64_t now)
{
	u_int before = resolves;

	mobility_peer_names_resolve(&names, &ike_sa, now);
	ck_assert(resolves == before || resolves == before + 2);
	return resolves != before;
}

/**
 * Time has passed, check if the names are resolved
 */
static bool tick(uint64_t now)
{
	bool due = now >= mobility_peer_names_due(&names);
	u_int before = resolves;

	mobility_peer_names_retry(&names, &ike_sa, now);
	ck_assert(resolves == before || resolves == before + 2);
	ck_assert(due == (resolves != before));
	return due;
}

/**
 * The name has an address
 */
static void answer(char *address, uint64_t now)
{
	array_insert(found, ARRAY_TAIL, host_create_from_string(address, 0));
	ck_assert(mobility_peer_names_take(&names, "home", remotes, now));
}

/**
 * Check where the peer may be
 */
static void assert_remotes(const char *expected)
{
	char buf[512] = "";
	mobility_ip_t ip;
	host_t *host;
	array_t *ips;
	size_t len;
	int i;

	ips = remotes->get(remotes, &ike_sa);
	ck_assert_int_le(array_count(ips), MOBILITY_MAX_REMOTES);
	for (i = 0; i < array_count(ips); i++)
	{
		array_get(ips, i, &ip);
		host = mobility_ip_to_host(&ip);
		len = strlen(buf);
		snprintf(buf + len, sizeof(buf) - len, "%s%H", len ? " " : "", host);
		host->destroy(host);
	}
	array_destroy(ips);
	ck_assert_str_eq(buf, expected);
}

START_TEST(test_event)
{
	ck_assert(event(BEGIN));
	ck_assert(!event(BEGIN + MOBILITY_RESOLVE_INTERVAL - 1));
	ck_assert(event(BEGIN + MOBILITY_RESOLVE_INTERVAL));
}
END_TEST

START_TEST(test_first_tick)
{
	ck_assert_uint_eq(mobility_peer_names_due(&names), 0);
	ck_assert(tick(BEGIN));
	ck_assert(!tick(BEGIN + MOBILITY_RESOLVE_INTERVAL - 1));
	ck_assert(tick(BEGIN + MOBILITY_RESOLVE_INTERVAL));
}
END_TEST

/**
 * However long nobody answers, it is asked again, and not too often.
 */
START_TEST(test_hour)
{
	uint64_t now, last = BEGIN, gap = 0;
	u_int count = 0;

	ck_assert(event(BEGIN));
	for (now = BEGIN + TICK; now <= BEGIN + HOUR; now += TICK)
	{
		if (tick(now))
		{
			ck_assert(now - last >= gap);
			gap = now - last;
			last = now;
			count++;
		}
	}
	ck_assert_uint_eq(gap, MOBILITY_RESOLVE_LIMIT);
	/* 2, 4, 8, 16 and 32 s after, and each 30 s from then on */
	ck_assert_uint_eq(count, 5 + (HOUR - 32000) / MOBILITY_RESOLVE_LIMIT);
	/* in another network that begins anew */
	now = last + MOBILITY_RESOLVE_INTERVAL;
	ck_assert(event(now));
	ck_assert(tick(now + MOBILITY_RESOLVE_INTERVAL));
}
END_TEST

START_TEST(test_random)
{
	uint64_t now = BEGIN, last = 0;
	bool resolved;
	u_int i;

	srandom(_i);
	for (i = 0; i < 10000; i++)
	{
		now += random() % 5000;
		resolved = random() % 4 ? tick(now) : event(now);
		if (resolved)
		{
			ck_assert(!last || now - last >= MOBILITY_RESOLVE_INTERVAL);
			last = now;
		}
		ck_assert(names.interval <= MOBILITY_RESOLVE_LIMIT);
		ck_assert(mobility_peer_names_due(&names) <=
				  last + MOBILITY_RESOLVE_LIMIT);
	}
}
END_TEST

START_TEST(test_nothing)
{
	ck_assert(!mobility_peer_names_take(&names, "home", remotes, BEGIN));
	assert_remotes("192.0.2.1");
}
END_TEST

/**
 * What a captive portal says is tried, too, but not for ever, and stops nothing
 * that is found later.
 */
START_TEST(test_captive_portal)
{
	uint64_t now = BEGIN;

	answer("10.1.0.1", now);
	assert_remotes("192.0.2.1 10.1.0.1");
	now += MOBILITY_RESOLVE_LIMIT;
	answer("192.0.2.50", now);
	assert_remotes("192.0.2.1 192.0.2.50 10.1.0.1");
	for (; now < BEGIN + MOBILITY_FOUND_TIME - MOBILITY_RESOLVE_LIMIT;
		 now += MOBILITY_RESOLVE_LIMIT)
	{
		answer("192.0.2.50", now);
	}
	assert_remotes("192.0.2.1 192.0.2.50 10.1.0.1");
	answer("192.0.2.50", BEGIN + MOBILITY_FOUND_TIME);
	assert_remotes("192.0.2.1 192.0.2.50");
}
END_TEST

/**
 * Nothing is forgotten while there are no answers, nor where the peer was.
 */
START_TEST(test_keep)
{
	host_t *host;

	answer("192.0.2.50", BEGIN);
	answer("192.0.2.51", BEGIN);
	ck_assert(!mobility_peer_names_take(&names, "home", remotes,
										BEGIN + HOUR));
	assert_remotes("192.0.2.1 192.0.2.51 192.0.2.50");
	host = host_create_from_string("192.0.2.50", 0);
	remotes->know(remotes, host);
	host->destroy(host);
	answer("192.0.2.52", BEGIN + HOUR);
	assert_remotes("192.0.2.1 192.0.2.50 192.0.2.52");
	/* the address in use is not lost, whatever else is found */
	answer("192.0.2.1", BEGIN + HOUR);
	answer("192.0.2.53", BEGIN + 2 * HOUR);
	assert_remotes("192.0.2.1 192.0.2.50 192.0.2.53");
}
END_TEST

/**
 * However many addresses a name has, those where the peer was stay.
 */
START_TEST(test_many)
{
	char buf[32];
	u_int i;

	for (i = 0; i < 1000; i++)
	{
		snprintf(buf, sizeof(buf), "10.9.%u.%u", i / 200, i % 200 + 1);
		answer(buf, BEGIN + i);
	}
	assert_remotes("192.0.2.1 10.9.4.200 10.9.4.199 10.9.4.198 10.9.4.197 "
				   "10.9.4.196 10.9.4.195 10.9.4.194");
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("peer_names");

	tc = tcase_create("when");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_event);
	tcase_add_test(tc, test_first_tick);
	tcase_add_test(tc, test_hour);
	tcase_add_loop_test(tc, test_random, 0, 10);
	suite_add_tcase(s, tc);

	tc = tcase_create("found");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_nothing);
	tcase_add_test(tc, test_captive_portal);
	tcase_add_test(tc, test_keep);
	tcase_add_test(tc, test_many);
	suite_add_tcase(s, tc);

	return s;
}
