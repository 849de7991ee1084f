/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "mobile/trial.h"

/** Time a path has to be proven in these tests. */
#define SETTLE 5000

/** Number of paths that may be better, besides none. */
#define PATHS 3

/**
 * Paths that may be better, the first one is none
 */
static mobility_path_t *paths[1 + PATHS];

static void setup()
{
	static struct {
		int ifindex;
		char *local, *remote;
	} ends[] = {
		{ 2, "10.1.0.2", "192.0.2.1" },
		{ 3, "10.1.0.2", "192.0.2.1" },
		{ 2, "10.1.0.2", "192.0.2.2" },
	};
	int i;

	mobility_suite_setup();
	for (i = 0; i < PATHS; i++)
	{
		INIT(paths[1 + i],
			.ifindex = ends[i].ifindex,
			.local = host_create_from_string(ends[i].local, 0),
			.remote = host_create_from_string(ends[i].remote, 0),
		);
	}
}

static void teardown()
{
	int i;

	for (i = 1; i <= PATHS; i++)
	{
		mobility_path_destroy(paths[i]);
	}
	mobility_suite_teardown();
}

/**
 * What a trial is expected to be: number of the path, 0 if none
 */
typedef struct {
	int path;
	uint64_t proven;
} model_t;

/**
 * What is expected to be done about the best path
 */
static mobility_trial_action_t consider_model(model_t *model, int better,
											  uint64_t settle, uint64_t now)
{
	if (!better || !settle)
	{
		*model = (model_t){};
		return better ? MOBILITY_TRIAL_MOVE : MOBILITY_TRIAL_NONE;
	}
	if (model->path != better)
	{
		*model = (model_t){ .path = better };
	}
	if (!model->proven)
	{
		return MOBILITY_TRIAL_TEST;
	}
	return now - model->proven >= settle ? MOBILITY_TRIAL_MOVE
										 : MOBILITY_TRIAL_NONE;
}

/**
 * Check that a trial is what it is expected to be
 */
static void check(mobility_trial_t *trial, model_t *model)
{
	mobility_assert(!trial->path == !model->path);
	mobility_assert(!model->path ||
					mobility_path_equals(trial->path, paths[model->path]));
	mobility_assert(trial->proven == model->proven);
	mobility_assert(mobility_trial_deadline(trial, SETTLE) ==
					(model->proven ? model->proven + SETTLE : 0));
}

/**
 * Bring a trial to a state: a path, none is 0, and when it was proven
 */
static void prepare(mobility_trial_t *trial, int path, uint64_t proven)
{
	*trial = (mobility_trial_t){};
	if (path)
	{
		ck_assert(mobility_trial_consider(trial, paths[path], SETTLE, 1) ==
				  MOBILITY_TRIAL_TEST);
	}
	if (proven)
	{
		mobility_trial_proven(trial, proven);
	}
}

START_TEST(test_consider)
{
	static const uint64_t settles[] = { 0, 1, SETTLE, 1ULL << 40 };
	static const uint64_t times[] = { 1000, 1001, 999 + SETTLE, 1000 + SETTLE,
									  1ULL << 50 };
	mobility_trial_t trial;
	model_t model;
	int path, proven, better, settle, now;

	for (path = 0; path <= PATHS; path++)
	for (proven = 0; proven <= (path ? 1000 : 0); proven += 1000)
	for (better = 0; better <= PATHS; better++)
	for (settle = 0; settle < countof(settles); settle++)
	for (now = 0; now < countof(times); now++)
	{
		prepare(&trial, path, proven);
		model = (model_t){ .path = path, .proven = proven };
		check(&trial, &model);
		ck_assert(mobility_trial_consider(&trial, paths[better],
										  settles[settle], times[now]) ==
				  consider_model(&model, better, settles[settle], times[now]));
		check(&trial, &model);
		mobility_trial_end(&trial);
	}
}
END_TEST

START_TEST(test_proven)
{
	mobility_trial_t trial;
	model_t model;
	int path, proven;

	for (path = 0; path <= PATHS; path++)
	for (proven = 0; proven <= (path ? 1000 : 0); proven += 1000)
	{
		prepare(&trial, path, proven);
		/* it counts from the first answer, and only if there is a trial */
		mobility_trial_proven(&trial, 2000);
		model = (model_t){ .path = path, .proven = path ? proven ?: 2000 : 0 };
		check(&trial, &model);
		mobility_trial_end(&trial);
	}
}
END_TEST

START_TEST(test_end)
{
	mobility_trial_t trial;
	model_t none = {};
	int path, proven;

	for (path = 0; path <= PATHS; path++)
	for (proven = 0; proven <= (path ? 1000 : 0); proven += 1000)
	{
		prepare(&trial, path, proven);
		mobility_trial_end(&trial);
		check(&trial, &none);
		mobility_trial_end(&trial);
		check(&trial, &none);
	}
}
END_TEST

START_TEST(test_typical)
{
	mobility_trial_t trial = {};

	/* it is tested when it appears, however often that is asked */
	ck_assert(mobility_trial_consider(&trial, paths[1], SETTLE, 100) ==
			  MOBILITY_TRIAL_TEST);
	ck_assert(mobility_trial_consider(&trial, paths[1], SETTLE, 9000) ==
			  MOBILITY_TRIAL_TEST);
	ck_assert(mobility_trial_deadline(&trial, SETTLE) == 0);
	mobility_trial_proven(&trial, 9050);
	ck_assert(mobility_trial_deadline(&trial, SETTLE) == 9050 + SETTLE);
	ck_assert(mobility_trial_consider(&trial, paths[1], SETTLE,
									  9049 + SETTLE) == MOBILITY_TRIAL_NONE);
	ck_assert(mobility_trial_consider(&trial, paths[1], SETTLE,
									  9050 + SETTLE) == MOBILITY_TRIAL_MOVE);
	/* it goes and comes back: it has to prove itself again */
	ck_assert(mobility_trial_consider(&trial, NULL, SETTLE, 9060 + SETTLE) ==
			  MOBILITY_TRIAL_NONE);
	ck_assert(mobility_trial_consider(&trial, paths[1], SETTLE,
									  9070 + SETTLE) == MOBILITY_TRIAL_TEST);
	mobility_trial_proven(&trial, 20000);
	/* so has a better one, which is not proven by an answer before */
	ck_assert(mobility_trial_consider(&trial, paths[2], SETTLE, 90000) ==
			  MOBILITY_TRIAL_TEST);
	ck_assert(mobility_trial_consider(&trial, paths[2], SETTLE, 99000) ==
			  MOBILITY_TRIAL_TEST);
	/* without a settle time there is nothing to wait for */
	ck_assert(mobility_trial_consider(&trial, paths[2], 0, 99001) ==
			  MOBILITY_TRIAL_MOVE);
	ck_assert(!trial.path);
	mobility_trial_end(&trial);
}
END_TEST

START_TEST(test_random)
{
	mobility_trial_t trial = {};
	mobility_trial_action_t action;
	model_t model = {};
	uint64_t now = 1, settle, settles[] = { 0, 1, SETTLE };
	/* since when a path is the best one and has answered */
	uint64_t since[1 + PATHS] = {};
	int i, better = 0, last = 0;

	srandom(4306);
	for (i = 0; i < 500000; i++)
	{
		now += random() % 2 ? random() % 10 : random() % (2 * SETTLE);
		switch (random() % 8)
		{
			case 0:
				mobility_trial_end(&trial);
				model = (model_t){};
				memset(since, 0, sizeof(since));
				break;
			case 1:
			case 2:
				mobility_trial_proven(&trial, now);
				if (model.path && !model.proven)
				{
					model.proven = since[model.path] = now;
				}
				break;
			default:
				/* mostly the same path, else there never is a move */
				better = random() % 16 ? last : random() % (1 + PATHS);
				settle = settles[random() % 16 ? 2 : random() % 3];
				if (better != last || !settle)
				{
					memset(since, 0, sizeof(since));
				}
				last = better;
				action = mobility_trial_consider(&trial, paths[better], settle,
												 now);
				mobility_assert(action == consider_model(&model, better,
														 settle, now));
				mobility_assert(better || action == MOBILITY_TRIAL_NONE);
				mobility_assert(!better || settle ||
								action == MOBILITY_TRIAL_MOVE);
				if (action == MOBILITY_TRIAL_MOVE && settle)
				{
					mobility_assert(since[better]);
					mobility_assert(now - since[better] >= settle);
				}
				break;
		}
		check(&trial, &model);
	}
	mobility_trial_end(&trial);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("trial");

	tc = tcase_create("trial");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_consider);
	tcase_add_test(tc, test_proven);
	tcase_add_test(tc, test_end);
	tcase_add_test(tc, test_typical);
	tcase_add_test(tc, test_random);
	suite_add_tcase(s, tc);
	return s;
}
