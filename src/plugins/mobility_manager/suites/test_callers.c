/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "mock_charon.h"
#include "mock_ike.h"

#include "ike/callers.h"
#include "compat.h"

#include <threading/semaphore.h>
#include <threading/thread.h>

/**
 * What all tests use
 */
static struct {
	/** what is tested */
	mobility_callers_t *callers;
	/** the controller's own method */
	typeof(((controller_t*)0)->initiate) initiate;
	/** IKE_SAs of two connections */
	ike_sa_id_t *home, *other;
	/** connection to initiate, of the first */
	peer_cfg_t *peer_cfg;
	/** it is called, and may return */
	semaphore_t *called, *go;
	/** what it was called with */
	void *param;
	u_int timeout;
} t;

/**
 * In place of controller_t.initiate()
 */
static status_t initiate(controller_t *this, peer_cfg_t *peer_cfg,
						 child_cfg_t *child_cfg, controller_cb_t callback,
						 void *param, MOBILITY_COMPAT_LEVEL(level_t level)
						 u_int timeout, bool limits)
{
	ck_assert(peer_cfg == t.peer_cfg);
	ck_assert(!child_cfg);
	ck_assert(limits);
	t.param = param;
	t.timeout = timeout;
	t.called->post(t.called);
	t.go->wait(t.go);
	return NEED_MORE;
}

static void setup()
{
	mock_ike_conf_t conf = {
		.name = "other",
		/* connections that differ in their names only are the same to charon */
		.dpd = 100,
	};
	ike_sa_t *ike_sa;

	mock_charon_setup("");
	t.initiate = charon->controller->initiate;
	charon->controller->initiate = initiate;
	t.callers = mobility_callers_create();
	t.home = mock_ike_create(NULL);
	t.other = mock_ike_create(&conf);
	t.called = semaphore_create(0);
	t.go = semaphore_create(0);
	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, t.home);
	t.peer_cfg = ike_sa->get_peer_cfg(ike_sa);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
}

static void teardown()
{
	t.callers->destroy(t.callers);
	ck_assert(charon->controller->initiate == initiate);
	charon->controller->initiate = t.initiate;
	t.called->destroy(t.called);
	t.go->destroy(t.go);
	t.home->destroy(t.home);
	t.other->destroy(t.other);
	mock_charon_teardown();
}

/**
 * Check if somebody waits for the connection of an IKE_SA
 */
static bool waits(ike_sa_id_t *id)
{
	ike_sa_t *ike_sa;
	bool wait;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	wait = t.callers->wait(t.callers, ike_sa);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	return wait;
}

/**
 * Initiate, with a callback if there is one
 */
static void *call(controller_cb_t callback)
{
	controller_t *controller = charon->controller;
	status_t status;

	thread_cancelability(TRUE);
	status = controller->initiate(controller, t.peer_cfg, NULL, callback, &t,
								  MOBILITY_COMPAT_LEVEL(LEVEL_CTRL) 5, TRUE);
	return (void*)(uintptr_t)status;
}

/**
 * Begin to initiate
 */
static thread_t *begin(controller_cb_t callback)
{
	thread_t *thread = thread_create((thread_main_t)call, callback);

	t.called->wait(t.called);
	ck_assert(t.param == &t);
	ck_assert_int_eq(t.timeout, 5);
	return thread;
}

START_TEST(test_wait)
{
	thread_t *threads[2];
	int i;

	ck_assert(!waits(t.home));
	for (i = 0; i < countof(threads); i++)
	{
		threads[i] = begin((void*)nop);
	}
	ck_assert(waits(t.home));
	ck_assert(!waits(t.other));
	t.go->post(t.go);
	t.go->post(t.go);
	for (i = 0; i < countof(threads); i++)
	{
		ck_assert_int_eq((uintptr_t)threads[i]->join(threads[i]), NEED_MORE);
	}
	ck_assert(!waits(t.home));
}
END_TEST

START_TEST(test_start_action)
{	/* nobody wants to know */
	thread_t *thread = begin(NULL);

	ck_assert(!waits(t.home));
	t.go->post(t.go);
	ck_assert_int_eq((uintptr_t)thread->join(thread), NEED_MORE);
}
END_TEST

START_TEST(test_cancelled)
{	/* charon ends the thread of a client */
	thread_t *thread = begin((void*)nop);

	thread->cancel(thread);
	thread->join(thread);
	ck_assert(!waits(t.home));
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("callers");

	tc = tcase_create("callers");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_wait);
	tcase_add_test(tc, test_start_action);
	tcase_add_test(tc, test_cancelled);
	suite_add_tcase(s, tc);

	return s;
}
