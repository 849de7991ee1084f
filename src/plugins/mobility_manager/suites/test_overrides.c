/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "mobility_suite.h"

#include <stdio.h>

#include "settings/overrides.h"

#include <threading/thread.h>

/** numbers of values */
#define KINDS (MOBILITY_OVERRIDE_PREFER + 1)
#define STATES (MOBILITY_CONNECTIVITY_FULL + 1)

/**
 * What is configured: cost, metered and who says so.
 */
static const mobility_uplink_policy_t configured[] = {
	{ .use = TRUE },
	{ .use = FALSE },
	{ .use = TRUE, .has_cost = TRUE, .cost = 100,
	  .cost_from = MOBILITY_ORIGIN_SECTION },
	{ .use = TRUE, .metered = TRUE, .metered_from = MOBILITY_ORIGIN_SECTION },
	{ .use = TRUE, .metered = FALSE, .metered_from = MOBILITY_ORIGIN_SECTION },
};

/**
 * Check what became of a policy.
 */
static void check(const mobility_uplink_policy_t *base,
				  mobility_override_kind_t kind, const mobility_advice_t *advice,
				  const mobility_uplink_policy_t *config)
{
	bool by_hand = base->metered_from == MOBILITY_ORIGIN_SECTION, metered;
	bool nowhere = advice && advice->connectivity &&
				   advice->connectivity < MOBILITY_CONNECTIVITY_FULL;

	/* only a section forbids the use of an uplink, and nothing changes that */
	ck_assert(config->use == base->use);
	metered = by_hand ? base->metered : advice && advice->metered;

	if (kind == MOBILITY_OVERRIDE_PREFER)
	{
		ck_assert_int_eq(config->preference, MOBILITY_PREFER);
		ck_assert_int_eq(config->preference_from, MOBILITY_ORIGIN_OVERRIDE);
		ck_assert(config->has_cost && config->cost == 0);
		ck_assert_int_eq(config->cost_from, MOBILITY_ORIGIN_OVERRIDE);
		ck_assert(!config->metered);
		return;
	}
	ck_assert(config->metered == metered);
	ck_assert_int_eq(config->metered_from, by_hand ? MOBILITY_ORIGIN_SECTION :
					 metered ? MOBILITY_ORIGIN_NM : MOBILITY_ORIGIN_NONE);
	if (kind == MOBILITY_OVERRIDE_COST)
	{
		ck_assert(config->has_cost && config->cost == 7);
		ck_assert_int_eq(config->cost_from, MOBILITY_ORIGIN_OVERRIDE);
	}
	else
	{
		ck_assert(config->has_cost == base->has_cost);
		ck_assert_uint_eq(config->cost, base->cost);
		ck_assert_int_eq(config->cost_from, base->cost_from);
	}
	if (kind == MOBILITY_OVERRIDE_AVOID)
	{
		ck_assert_int_eq(config->preference, MOBILITY_LAST_RESORT);
		ck_assert_int_eq(config->preference_from, MOBILITY_ORIGIN_OVERRIDE);
	}
	else if (metered)
	{
		ck_assert_int_eq(config->preference, MOBILITY_LAST_RESORT);
		ck_assert_int_eq(config->preference_from, config->metered_from);
	}
	else
	{
		ck_assert_int_eq(config->preference, nowhere ? MOBILITY_DEMOTED
													 : MOBILITY_NORMAL);
		ck_assert_int_eq(config->preference_from, nowhere ? MOBILITY_ORIGIN_NM
													: MOBILITY_ORIGIN_NONE);
	}
}

START_TEST(test_complete)
{
	mobility_uplink_policy_t config;
	mobility_advice_t advice, *known;
	mobility_override_t override = {
		.cost = 7,
	};
	int state, metered;

	/* all there is */
	for (override.kind = 0; override.kind < KINDS; override.kind++)
	{
		for (state = -1; state < STATES; state++)
		{
			for (metered = 0; metered < 2; metered++)
			{
				advice = (mobility_advice_t){
					.metered = metered,
					.connectivity = max(state, 0),
				};
				known = state == -1 ? NULL : &advice;
				config = configured[_i];
				mobility_uplink_policy_complete(&config, &override, known);
				check(&configured[_i], override.kind, known, &config);
				ck_assert_int_eq(config.connectivity, max(state, 0));
			}
		}
	}
}
END_TEST

/** names that no interface has */
static const char *bad[] = {
	"", ".", "..", "a/b", "eth0:1", "eth 0", "eth0\n", "et\x01h", "\xff",
	"sixteencharacter", "a very long name that does not fit anywhere",
};

START_TEST(test_bad_name)
{
	mobility_overrides_t *overrides = mobility_overrides_create();
	mobility_override_t override = {
		.kind = MOBILITY_OVERRIDE_AVOID,
	};
	enumerator_t *enumerator;
	char *ifname;

	ck_assert(overrides->set(overrides, bad[_i], &override));
	override = overrides->get(overrides, bad[_i]);
	ck_assert_int_eq(override.kind, MOBILITY_OVERRIDE_NONE);
	enumerator = overrides->create_enumerator(overrides);
	ck_assert(!enumerator->enumerate(enumerator, &ifname));
	enumerator->destroy(enumerator);
	overrides->destroy(overrides);
}
END_TEST

/**
 * Check what is set, as name=kind/cost, by name.
 */
static void assert_set(mobility_overrides_t *overrides, const char *expected)
{
	mobility_override_t override;
	enumerator_t *enumerator;
	char buf[256] = "", *ifname;
	int len = 0;

	enumerator = overrides->create_enumerator(overrides);
	while (enumerator->enumerate(enumerator, &ifname))
	{
		override = overrides->get(overrides, ifname);
		len += snprintf(buf + len, sizeof(buf) - len, "%s%s=%N/%u",
						len ? " " : "", ifname, mobility_override_names,
						override.kind, override.cost);
	}
	enumerator->destroy(enumerator);
	ck_assert_str_eq(buf, expected);
}

/**
 * Set something.
 */
static const char *set(mobility_overrides_t *overrides, const char *ifname,
					   mobility_override_kind_t kind, uint32_t cost)
{
	mobility_override_t override = {
		.kind = kind,
		.cost = cost,
	};
	return overrides->set(overrides, ifname, &override);
}

START_TEST(test_set)
{
	mobility_overrides_t *overrides = mobility_overrides_create();
	char name[16];
	int i;

	assert_set(overrides, "");
	ck_assert(!set(overrides, "wlan0", MOBILITY_OVERRIDE_COST, 5));
	ck_assert(!set(overrides, "eth0", MOBILITY_OVERRIDE_AVOID, 0));
	ck_assert(!set(overrides, "fifteencharacte", MOBILITY_OVERRIDE_PREFER, 0));
	assert_set(overrides, "eth0=avoid/0 fifteencharacte=prefer/0 wlan0=cost/5");

	/* the last one counts, the others stay */
	ck_assert(!set(overrides, "wlan0", MOBILITY_OVERRIDE_PREFER, 0));
	ck_assert(!set(overrides, "eth0", MOBILITY_OVERRIDE_NONE, 0));
	ck_assert(!set(overrides, "eth1", MOBILITY_OVERRIDE_NONE, 0));
	assert_set(overrides, "fifteencharacte=prefer/0 wlan0=prefer/0");
	ck_assert(!set(overrides, "fifteencharacte", MOBILITY_OVERRIDE_NONE, 0));

	/* there is a limit, which does not get in the way of changing things */
	for (i = 1; i < MOBILITY_OVERRIDES_MAX; i++)
	{
		snprintf(name, sizeof(name), "if%d", i);
		ck_assert(!set(overrides, name, MOBILITY_OVERRIDE_COST, i));
	}
	ck_assert(set(overrides, "eth0", MOBILITY_OVERRIDE_AVOID, 0));
	ck_assert(!set(overrides, "if9", MOBILITY_OVERRIDE_AVOID, 0));
	ck_assert(!set(overrides, "if9", MOBILITY_OVERRIDE_NONE, 0));
	ck_assert(!set(overrides, "eth0", MOBILITY_OVERRIDE_AVOID, 0));
	overrides->destroy(overrides);
}
END_TEST

/**
 * Set and reset something, again and again.
 */
static void *change(mobility_overrides_t *overrides)
{
	int i;

	for (i = 0; i < 2000; i++)
	{
		set(overrides, "eth0", i % 2 ? MOBILITY_OVERRIDE_NONE
									 : MOBILITY_OVERRIDE_COST, 3);
	}
	return NULL;
}

START_TEST(test_threads)
{
	mobility_overrides_t *overrides = mobility_overrides_create();
	mobility_override_t override;
	enumerator_t *enumerator;
	thread_t *threads[3];
	char *ifname;
	int i;

	ck_assert(!set(overrides, "wlan0", MOBILITY_OVERRIDE_AVOID, 0));
	for (i = 0; i < countof(threads); i++)
	{
		threads[i] = thread_create((thread_main_t)change, overrides);
	}
	for (i = 0; i < 2000; i++)
	{
		override = overrides->get(overrides, "eth0");
		mobility_assert(override.kind == MOBILITY_OVERRIDE_NONE ||
						override.cost == 3);
		enumerator = overrides->create_enumerator(overrides);
		mobility_assert(enumerator->enumerate(enumerator, &ifname));
		enumerator->destroy(enumerator);
	}
	for (i = 0; i < countof(threads); i++)
	{
		threads[i]->join(threads[i]);
	}
	assert_set(overrides, "wlan0=avoid/0");
	overrides->destroy(overrides);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("overrides");
	TCase *tc;

	tc = tcase_create("complete");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_loop_test(tc, test_complete, 0, countof(configured));
	suite_add_tcase(s, tc);

	tc = tcase_create("overrides");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_loop_test(tc, test_bad_name, 0, countof(bad));
	tcase_add_test(tc, test_set);
	tcase_add_test(tc, test_threads);
	suite_add_tcase(s, tc);

	return s;
}
