/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "login_fixture.h"

#include "session/tally.h"

#include <daemon.h>

/** Another address, one of the other family, and what Windows has as IDi */
#define ELSEWHERE "203.0.113.7"
#define ELSEWHERE6 "2001:db8:7::7"
#define ADDRESS "192.168.7.2"
#define PHONE "phone.example.org"

/** Addresses in the pool of all cases */
#define SIZE 3

/**
 * What happens
 */
typedef enum {
	/** the old IKE_SA is gone, the new one has its address */
	HEIR,
	/** both are there, with different addresses */
	BOTH,
	/** both are there, with the same address, as stock takes it for a
	 * reauthentication */
	SAME,
	/** the old one is waited for, the new one has another address: stock */
	WAITS,
	/** the new one is refused */
	REFUSED,
} outcome_t;

/**
 * Somebody logs in, for each value of unique: never, no, replace, keep.  The old
 * IKE_SA is that of laptop.example.org at 198.51.100.1, or has the IDi given.
 */
static const struct {
	const char *name;
	/** how it logs in */
	login_conf_t login;
	/** IDi of the old one, NULL for the usual one */
	char *idi;
	/** if that is asleep, and if it is not */
	outcome_t asleep[4], connected[4];
} cases[] = {
	{ "client killed", { .contact = TRUE }, NULL,
	  { HEIR, HEIR, HEIR, HEIR }, { SAME, HEIR, HEIR, HEIR } },
	{ "new address", { .from = ELSEWHERE, .contact = TRUE }, NULL,
	  { BOTH, HEIR, HEIR, HEIR }, { BOTH, HEIR, HEIR, HEIR } },
	{ "new port", { .port = 1024, .contact = TRUE }, NULL,
	  { BOTH, HEIR, HEIR, HEIR }, { BOTH, HEIR, HEIR, HEIR } },
	{ "other family", { .from = ELSEWHERE6, .contact = TRUE }, NULL,
	  { BOTH, HEIR, HEIR, HEIR }, { BOTH, HEIR, HEIR, HEIR } },
	{ "no INITIAL_CONTACT", { .from = ELSEWHERE }, NULL,
	  { BOTH, HEIR, HEIR, HEIR }, { BOTH, BOTH, HEIR, REFUSED } },
	{ "no INITIAL_CONTACT, other family", { .from = ELSEWHERE6 }, NULL,
	  { BOTH, HEIR, HEIR, HEIR }, { BOTH, BOTH, HEIR, BOTH } },
	{ "no INITIAL_CONTACT, same address", { }, NULL,
	  { HEIR, HEIR, HEIR, HEIR }, { SAME, SAME, SAME, SAME } },
	{ "same virtual IP requested",
	  { .from = ELSEWHERE, .idi = ADDRESS, .requested = "10.3.0.1" }, ADDRESS,
	  { BOTH, HEIR, HEIR, HEIR }, { BOTH, BOTH, HEIR, REFUSED } },
	{ "same virtual IP requested, other family",
	  { .from = ELSEWHERE6, .idi = ADDRESS, .requested = "10.3.0.1" }, ADDRESS,
	  { BOTH, HEIR, HEIR, HEIR }, { BOTH, BOTH, HEIR, BOTH } },
	{ "another virtual IP requested",
	  { .from = ELSEWHERE, .idi = ADDRESS, .requested = "10.3.0.2" }, ADDRESS,
	  { BOTH, BOTH, HEIR, BOTH }, { BOTH, BOTH, WAITS, REFUSED } },
	{ "IDi is an address", { .from = ELSEWHERE, .idi = ADDRESS }, ADDRESS,
	  { BOTH, BOTH, HEIR, BOTH }, { BOTH, BOTH, WAITS, REFUSED } },
	{ "IDi is an address, INITIAL_CONTACT",
	  { .from = ELSEWHERE, .idi = ADDRESS, .contact = TRUE }, ADDRESS,
	  { BOTH, HEIR, HEIR, HEIR }, { BOTH, HEIR, HEIR, HEIR } },
	{ "other device", { .from = ELSEWHERE, .idi = PHONE }, NULL,
	  { BOTH, BOTH, HEIR, BOTH }, { BOTH, BOTH, WAITS, REFUSED } },
	{ "other device, INITIAL_CONTACT",
	  { .from = ELSEWHERE, .idi = PHONE, .contact = TRUE }, NULL,
	  { BOTH, BOTH, HEIR, BOTH }, { BOTH, BOTH, HEIR, HEIR } },
	{ "other user", { .from = ELSEWHERE, .user = "other", .contact = TRUE,
	  .requested = "10.3.0.1" }, NULL,
	  { BOTH, BOTH, BOTH, BOTH }, { BOTH, BOTH, BOTH, BOTH } },
};

static void setup()
{
	login_fixture_setup("", 8);
}

/**
 * What has happened
 */
static outcome_t get_outcome(ike_sa_id_t *old, ike_sa_id_t *new)
{
	if (!new)
	{
		ck_assert_int_eq(login_state(old), IKE_ESTABLISHED);
		return REFUSED;
	}
	ck_assert_int_eq(login_state(new), IKE_ESTABLISHED);
	switch (login_state(old))
	{
		case IKE_DESTROYING:
			ck_assert_uint_eq(login_vip(new), 1);
			ck_assert_uint_eq(login_online(), 1);
			ck_assert_uint_eq(login_downs(), 1);
			ck_assert(!login_table->has(login_table, old));
			return HEIR;
		case IKE_DELETING:
			ck_assert_uint_eq(login_vip(new), 2);
			return WAITS;
		default:
			break;
	}
	ck_assert_uint_eq(login_downs(), 0);
	ck_assert_uint_eq(login_vip(old), 1);
	return login_vip(new) == 1 ? SAME : BOTH;
}

/**
 * Have others had all the other addresses before.  This also keeps charon's pool
 * from adding to an array what is in that array and moves, which sanitizers see.
 */
static void use_pool()
{
	login_conf_t conf = { .from = "203.0.113.1", .unique = UNIQUE_NEVER };
	ike_sa_id_t *ids[SIZE - 1];
	char *users[] = { NULL, "somebody" };
	int i, j;

	for (i = 0; i < countof(users); i++)
	{
		conf.user = users[i];
		for (j = 0; j < countof(ids); j++)
		{
			conf.port = j + 1;
			ids[j] = login(&conf);
			ck_assert_uint_eq(login_vip(ids[j]), j + 2);
		}
		for (j = 0; j < countof(ids); j++)
		{
			login_end(ids[j]);
		}
	}
}

START_TEST(test_cases)
{
	unique_policy_t unique;
	login_conf_t conf, first;
	ike_sa_id_t *old, *new;
	outcome_t outcome;
	int asleep;

	for (unique = UNIQUE_NEVER; unique <= UNIQUE_KEEP; unique++)
	{
		for (asleep = 0; asleep < 2; asleep++)
		{
			first = (login_conf_t){
				.idi = cases[_i].idi,
				.unique = unique,
			};
			conf = cases[_i].login;
			conf.unique = unique;
			login_fixture_setup("", SIZE);
			old = login(&first);
			use_pool();
			if (asleep)
			{
				login_sleep(old);
			}
			new = login(&conf);
			outcome = get_outcome(old, new);
			ck_assert_msg(outcome == (asleep ? cases[_i].asleep[unique]
											 : cases[_i].connected[unique]),
						  "%s, unique = %N, %s: %d", cases[_i].name,
						  unique_policy_names, unique,
						  asleep ? "asleep" : "connected", outcome);
			DESTROY_IF(new);
			old->destroy(old);
			login_fixture_teardown();
		}
	}
}
END_TEST

START_TEST(test_awake)
{
	login_conf_t conf = { .unique = UNIQUE_NO }, elsewhere = {
		.from = ELSEWHERE, .unique = UNIQUE_NO,
	};
	ike_sa_id_t *old, *new;

	/* nobody knew, but the kernel does */
	old = login(&conf);
	login_sleep(old);
	login_asleep = FALSE;
	new = login(&elsewhere);
	ck_assert_int_eq(get_outcome(old, new), BOTH);
	ck_assert(!login_table->has(login_table, old));
	old->destroy(old);
	new->destroy(new);
}
END_TEST

START_TEST(test_devices)
{
	login_conf_t laptop = { .unique = UNIQUE_NO }, phone = {
		.idi = PHONE, .from = ELSEWHERE, .unique = UNIQUE_NO,
	}, tablet = {
		.idi = "tablet.example.org", .from = "203.0.113.8",
		.unique = UNIQUE_NO,
	};
	ike_sa_id_t *ids[3], *again;
	int i;

	/* all asleep, each gets its own address whatever the order */
	ids[0] = login(&laptop);
	ids[1] = login(&phone);
	ids[2] = login(&tablet);
	for (i = 0; i < countof(ids); i++)
	{
		login_sleep(ids[i]);
	}
	phone.from = "203.0.113.9";
	again = login(&phone);
	ck_assert_uint_eq(login_vip(again), 2);
	ck_assert_int_eq(login_state(ids[1]), IKE_DESTROYING);
	ck_assert_int_eq(login_state(ids[0]), IKE_ESTABLISHED);
	ck_assert_int_eq(login_state(ids[2]), IKE_ESTABLISHED);
	again->destroy(again);

	/* with replace all go, and the one that is known to be the same counts */
	tablet.from = "203.0.113.10";
	tablet.unique = UNIQUE_REPLACE;
	again = login(&tablet);
	ck_assert_uint_eq(login_vip(again), 3);
	ck_assert_int_eq(login_state(ids[0]), IKE_DESTROYING);
	ck_assert_int_eq(login_state(ids[2]), IKE_DESTROYING);
	again->destroy(again);
	for (i = 0; i < countof(ids); i++)
	{
		ids[i]->destroy(ids[i]);
	}
}
END_TEST

START_TEST(test_shared)
{
	login_conf_t conf = { .unique = UNIQUE_NO };
	ike_sa_id_t *ids[3], *again;
	char from[32];
	int i;

	/* whoever configures all with the same IDi does not get it to be a proof */
	for (i = 0; i < countof(ids); i++)
	{
		snprintf(from, sizeof(from), "203.0.113.%d", i + 1);
		conf.from = from;
		ids[i] = login(&conf);
	}
	login_sleep(ids[0]);
	conf.from = ELSEWHERE;
	again = login(&conf);
	ck_assert_int_eq(login_state(ids[0]), IKE_ESTABLISHED);
	ck_assert_uint_eq(login_vip(again), 4);
	login_end(again);

	/* but the address is one */
	conf.requested = "10.3.0.1";
	again = login(&conf);
	ck_assert_int_eq(login_state(ids[0]), IKE_DESTROYING);
	ck_assert_uint_eq(login_vip(again), 1);
	again->destroy(again);
	for (i = 0; i < countof(ids); i++)
	{
		ids[i]->destroy(ids[i]);
	}
}
END_TEST

/** more than are looked at */
#define MANY 40

START_TEST(test_many)
{
	login_conf_t conf = { .unique = UNIQUE_NO };
	ike_sa_id_t *ids[MANY], *again;
	u_int replaced = mobility_tally_get(MOBILITY_TALLY_REPLACED);
	char from[32];
	int i;

	login_fixture_setup("", MANY + 8);
	for (i = 0; i < MANY; i++)
	{
		snprintf(from, sizeof(from), "203.0.113.%d", i + 1);
		conf.from = from;
		ids[i] = login(&conf);
	}
	for (i = 0; i < MANY; i++)
	{
		login_sleep(ids[i]);
	}
	/* one logs in, and nobody else suffers */
	conf.from = "198.51.100.9";
	again = login(&conf);
	ck_assert_uint_eq(login_table->get_count(login_table), MANY);
	ck_assert_uint_eq(mobility_tally_get(MOBILITY_TALLY_REPLACED), replaced);
	login_end(again);
	conf.requested = "10.3.0.7";
	again = login(&conf);
	ck_assert_uint_eq(login_vip(again), 7);
	ck_assert_uint_eq(mobility_tally_get(MOBILITY_TALLY_REPLACED),
					  replaced + 1);
	ck_assert_uint_eq(login_table->get_count(login_table), MANY - 1);
	again->destroy(again);

	/* what is asked for has to be one's own */
	conf.user = "other";
	conf.requested = "10.3.0.8";
	again = login(&conf);
	ck_assert_uint_eq(login_table->get_count(login_table), MANY - 1);
	ck_assert_uint_eq(login_vip(again), MANY + 2);
	again->destroy(again);
	conf.user = NULL;

	/* nor is what stock does any other */
	conf.contact = TRUE;
	conf.requested = NULL;
	again = login(&conf);
	for (i = 0; i < MANY; i++)
	{
		ck_assert_int_eq(login_state(ids[i]), IKE_DESTROYING);
		login_table->remove(login_table, ids[i]);
		ids[i]->destroy(ids[i]);
	}
	again->destroy(again);
	login_fixture_teardown();
}
END_TEST

START_TEST(test_off)
{
	login_conf_t conf = { .unique = UNIQUE_NO }, elsewhere = {
		.from = ELSEWHERE, .unique = UNIQUE_NO, .contact = TRUE, .idi = PHONE,
	};
	ike_sa_id_t *old, *new;

	/* stock doesn't know devices */
	login_fixture_setup(LOGIN_GATEWAY("mobility = no"), 8);
	old = login(&conf);
	login_sleep(old);
	new = login(&elsewhere);
	ck_assert_int_eq(login_state(old), IKE_DESTROYING);
	old->destroy(old);
	new->destroy(new);
	login_fixture_teardown();
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("uniqueness");

	tc = tcase_create("cases");
	tcase_add_loop_test(tc, test_cases, 0, countof(cases));
	suite_add_tcase(s, tc);

	tc = tcase_create("devices");
	tcase_add_checked_fixture(tc, setup, login_fixture_teardown);
	tcase_add_test(tc, test_awake);
	tcase_add_test(tc, test_devices);
	tcase_add_test(tc, test_shared);
	suite_add_tcase(s, tc);

	tc = tcase_create("limits");
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_off);
	suite_add_tcase(s, tc);

	return s;
}
