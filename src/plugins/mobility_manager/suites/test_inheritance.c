/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "mobile/inheritance.h"

/** virtual addresses of an IKE_SA at most */
#define VIPS 2

/**
 * An IKE_SA, and the first CHILD_SA it has
 */
typedef struct {
	ike_sa_t public;
	host_t *vips[VIPS];
	child_sa_t child_sa;
	child_sa_state_t state;
	/** whose tasks it has adopted */
	ike_sa_t *adopted;
} mock_sa_t;

static mock_sa_t old, new;

METHOD(ike_sa_t, create_virtual_ip_enumerator, enumerator_t*,
	mock_sa_t *this, bool local)
{
	linked_list_t *list = linked_list_create();
	int i;

	ck_assert(local);
	for (i = 0; i < VIPS && this->vips[i]; i++)
	{
		list->insert_last(list, this->vips[i]);
	}
	return enumerator_create_cleaner(list->create_enumerator(list),
									 (void*)list->destroy, list);
}

METHOD(child_sa_t, get_state, child_sa_state_t,
	child_sa_t *this)
{
	return old.state;
}

METHOD(ike_sa_t, create_child_sa_enumerator, enumerator_t*,
	mock_sa_t *this)
{
	return enumerator_create_single(&this->child_sa, NULL);
}

METHOD(ike_sa_t, adopt_child_tasks, void,
	mock_sa_t *this, ike_sa_t *other)
{
	this->adopted = other;
}

/**
 * Prepare an IKE_SA with virtual addresses
 */
static void init(mock_sa_t *this, char *first, char *second)
{
	*this = (mock_sa_t){
		.public = {
			.create_virtual_ip_enumerator = _create_virtual_ip_enumerator,
			.create_child_sa_enumerator = _create_child_sa_enumerator,
			.adopt_child_tasks = _adopt_child_tasks,
		},
		.vips = {
			first ? host_create_from_string(first, 0) : NULL,
			second ? host_create_from_string(second, 0) : NULL,
		},
		.child_sa = {
			.get_state = _get_state,
		},
		.state = CHILD_INSTALLED,
	};
}

/**
 * Clean up after init()
 */
static void deinit(mock_sa_t *this)
{
	DESTROY_IF(this->vips[0]);
	DESTROY_IF(this->vips[1]);
}

/**
 * Virtual addresses before and after, and whether they are the same
 */
static struct {
	char *old[VIPS], *new[VIPS];
	bool same;
} vips[] = {
	{ { NULL }, { NULL }, TRUE },
	{ { "10.3.0.1" }, { "10.3.0.1" }, TRUE },
	{ { "10.3.0.1", "fec3::1" }, { "10.3.0.1", "fec3::1" }, TRUE },
	{ { "10.3.0.1" }, { "10.3.0.2" }, FALSE },
	{ { "10.3.0.1" }, { NULL }, FALSE },
	{ { NULL }, { "10.3.0.1" }, FALSE },
	{ { "10.3.0.1", "fec3::1" }, { "10.3.0.1" }, FALSE },
	{ { "10.3.0.1" }, { "10.3.0.1", "fec3::1" }, FALSE },
};

START_TEST(test_describe)
{
	const char *text;
	int expired;

	init(&old, vips[_i].old[0], vips[_i].old[1]);
	init(&new, vips[_i].new[0], vips[_i].new[1]);
	for (expired = 0; expired < 2; expired++)
	{
		text = mobility_inheritance_describe(&old.public, &new.public, expired);
		ck_assert_int_eq(strstr(text, "another virtual IP") == NULL,
						 vips[_i].same);
		ck_assert_int_eq(strstr(text, "lifetime") != NULL, expired);
		ck_assert(strstr(text, "logged in anew"));
	}
	deinit(&old);
	deinit(&new);
}
END_TEST

START_TEST(test_adopt)
{
	init(&old, NULL, NULL);
	init(&new, NULL, NULL);
	mobility_inheritance_adopt(&old.public, &new.public);
	ck_assert(new.adopted == &old.public);
	/* one is created again that has lived for too long */
	new.adopted = NULL;
	old.state = CHILD_DELETING;
	mobility_inheritance_adopt(&old.public, &new.public);
	ck_assert(!new.adopted);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("inheritance");

	tc = tcase_create("logged in anew");
	tcase_add_loop_test(tc, test_describe, 0, countof(vips));
	tcase_add_test(tc, test_adopt);
	suite_add_tcase(s, tc);
	return s;
}
