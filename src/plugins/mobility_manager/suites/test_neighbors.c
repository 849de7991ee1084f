/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "pins_fixture.h"

#include "net/neighbors.h"

/**
 * Count entries of a neighbor in a state
 */
static int count(const char *neighbor, const char *state)
{
	char command[128];

	snprintf(command, sizeof(command), "ip neigh show %s nud %s || :", neighbor,
			 state);
	return pins_count_lines(command);
}

/**
 * Send something there, whoever may answer
 */
static void ping(const char *neighbor)
{
	mobility_netns_run("ping -c 1 -W 0.01 %s >/dev/null 2>&1 || :", neighbor);
}

/**
 * Check what happens to a neighbor that never answers, and to others
 */
static void check(char *local, char *peer, char *neighbor)
{
	mobility_path_t *path;

	path = mobility_netns_path("wlan0", local, peer, neighbor);

	/* not known at all */
	ck_assert(!mobility_neighbors_ask_again(pins_rtnl, path));
	/* the kernel waits */
	mobility_neighbors_ask(pins_rtnl, path);
	ck_assert_int_eq(count(neighbor, "incomplete"), 1);
	ck_assert(mobility_neighbors_ask_again(pins_rtnl, path));
	ck_assert_int_eq(count(neighbor, "incomplete"), 0);
	ck_assert(!mobility_neighbors_ask_again(pins_rtnl, path));
	/* it does again with the next packet */
	ping(neighbor);
	ck_assert_int_eq(count(neighbor, "incomplete"), 1);
	/* the peer itself, on the same link */
	mobility_path_destroy(path);
	path = mobility_netns_path("wlan0", local, neighbor, NULL);
	ck_assert(mobility_neighbors_ask_again(pins_rtnl, path));
	/* what is known stays */
	mobility_netns_ip("neigh replace %s lladdr 02:00:00:00:00:01 "
					  "nud permanent dev wlan0", neighbor);
	ck_assert(!mobility_neighbors_ask_again(pins_rtnl, path));
	mobility_neighbors_ask(pins_rtnl, path);
	ck_assert_int_eq(count(neighbor, "permanent"), 1);
	mobility_netns_ip("neigh replace %s lladdr 02:00:00:00:00:01 "
					  "nud reachable dev wlan0", neighbor);
	ck_assert(!mobility_neighbors_ask_again(pins_rtnl, path));
	mobility_neighbors_ask(pins_rtnl, path);
	ck_assert_int_eq(count(neighbor, "reachable"), 1);

	mobility_path_destroy(path);
}

START_TEST(test_ask_again)
{
	check(WLAN, PEER, WLAN_GW);
}
END_TEST

START_TEST(test_ask_again6)
{
	check(WLAN6, PEER6, WLAN6_GW);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("neighbors");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, pins_setup, pins_teardown);
	if (mobility_netns_available())
	{
		tcase_add_test(tc, test_ask_again);
		tcase_add_test(tc, test_ask_again6);
	}
	suite_add_tcase(s, tc);
	return s;
}
