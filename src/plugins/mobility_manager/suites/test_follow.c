/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "anchor/follow.h"

/** more moves than are remembered */
#define MANY 20

/** what is tested */
static mobility_follow_t follow;
static uint64_t now;

static void setup(void)
{
	mobility_suite_setup();
	memset(&follow, 0, sizeof(follow));
	now = 1000000;
}

static void teardown(void)
{
	mobility_follow_clear(&follow);
	mobility_suite_teardown();
}

/**
 * Get a host with a port
 */
static host_t *at(uint16_t port)
{
	return host_create_from_string("192.168.0.1", port);
}

/**
 * The peer moves from one port to another
 */
static void move(uint16_t from, uint16_t to)
{
	host_t *new = at(to);

	mobility_follow_note_move(&follow, at(from), new, now);
	new->destroy(new);
}

/**
 * Check if the peer has left a port
 */
static bool has_left(uint16_t port)
{
	host_t *host = at(port);
	bool left;

	left = mobility_follow_has_left(&follow, host, now);
	host->destroy(host);
	return left;
}

/**
 * It counts for its time, and for that only
 */
START_TEST(test_time)
{
	ck_assert(!has_left(1));
	move(1, 2);
	ck_assert(has_left(1));
	ck_assert(!has_left(2) && !has_left(3));
	now += MOBILITY_LEFT_TIME - 1;
	ck_assert(has_left(1));
	now += 1;
	ck_assert(!has_left(1));
}
END_TEST

/**
 * Who returns has not left
 */
START_TEST(test_return)
{
	move(1, 2);
	move(2, 1);
	ck_assert(!has_left(1) && has_left(2));
	move(1, 2);
	ck_assert(has_left(1) && !has_left(2));
}
END_TEST

/**
 * No more is kept than is of use, and that is the last of it
 */
START_TEST(test_many)
{
	int i;

	for (i = 1; i < MANY; i++)
	{
		move(i, i + 1);
	}
	for (i = 1; i <= MANY; i++)
	{
		ck_assert_int_eq(has_left(i),
						 i < MANY && i >= MANY - MOBILITY_MAX_LEFT);
	}
	mobility_follow_clear(&follow);
	ck_assert(!has_left(MANY - 1));
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("follow");

	tc = tcase_create("left");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_time);
	tcase_add_test(tc, test_return);
	tcase_add_test(tc, test_many);
	suite_add_tcase(s, tc);

	return s;
}
