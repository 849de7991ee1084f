/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_netns.h"
#include "mock_charon.h"
#include "succession_fixture.h"

#include <mobility_manager.h>

#include <threading/thread.h>

/** Threads that have IKE_SAs come and go, and how many each */
#define LIVES 4
#define ROUNDS 250

/** Threads of the processor */
#define THREADS 8

/**
 * What all tests use
 */
static struct {
	/** settings */
	mobility_settings_t *settings;
	/** what is tested */
	mobility_manager_t *manager;
	/** not 0 when threads that watch have to end */
	refcount_t done;
} t;

static void setup(void)
{
	/* in a network of its own, what is in the real one is left alone */
	mobility_netns_setup();
	mobility_suite_teardown();
	mock_charon_setup("");
	lib->processor->set_threads(lib->processor, THREADS);
	t.done = 0;
	t.settings = mobility_settings_create();
	t.manager = mobility_manager_create(t.settings);
	ck_assert(t.manager);
	charon->bus->add_listener(charon->bus, t.manager->get_listener(t.manager));
}

static void teardown(void)
{
	/* in the order of charon */
	lib->processor->set_threads(lib->processor, 0);
	charon->ike_sa_manager->flush(charon->ike_sa_manager);
	lib->processor->cancel(lib->processor);
	charon->bus->remove_listener(charon->bus,
								 t.manager->get_listener(t.manager));
	t.manager->destroy(t.manager);
	t.settings->destroy(t.settings);
	mock_charon_teardown();
}

/**
 * IKE_SAs come and go
 */
static void *live(void *data)
{
	u_int seed = (uintptr_t)data, i;
	ike_sa_id_t *id;

	for (i = 0; i < ROUNDS; i++)
	{
		id = mock_ike_create(NULL);
		switch (rand_r(&seed) % 5)
		{
			case 0:
				id = succession_rekey(id);
				break;
			case 1:
				id = succession_reauth(id, REAUTH_BREAK);
				break;
			case 2:
				id = succession_reauth(id, REAUTH_MAKE);
				break;
			case 3:
				id = succession_reauth(id, REAUTH_MAKE_EVENTS);
				id = succession_rekey(id);
				id = succession_reauth(id, REAUTH_BREAK);
				break;
			default:
				break;
		}
		succession_end(id, rand_r(&seed) % 2);
	}
	return NULL;
}

/**
 * People look at them, and change settings
 */
static void *watch(void *data)
{
	char error[128];
	enumerator_t *enumerator;
	mobility_status_t *status;

	while (!ref_cur(&t.done))
	{
		enumerator = t.manager->create_status_enumerator(t.manager);
		while (enumerator->enumerate(enumerator, &status))
		{
			ck_assert_str_eq(status->connection, "home");
		}
		enumerator->destroy(enumerator);
		t.manager->switch_uplink(t.manager, "home", "eth9", error);
		t.manager->reload(t.manager);
	}
	return NULL;
}

/**
 * Sessions end in many threads at the same time.
 */
START_TEST(test_stress)
{
	thread_t *lives[LIVES], *watcher;
	uintptr_t i;

	watcher = thread_create(watch, NULL);
	for (i = 0; i < LIVES; i++)
	{
		lives[i] = thread_create(live, (void*)(i + 1));
	}
	for (i = 0; i < LIVES; i++)
	{
		lives[i]->join(lives[i]);
	}
	ref_get(&t.done);
	watcher->join(watcher);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("manager");
	if (!mobility_netns_available())
	{
		return s;
	}
	tc = tcase_create("stress");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_stress);
	suite_add_tcase(s, tc);
	return s;
}
