/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* Which sessions a filter means, and what a client has to say for that. */

#include "mobility_suite.h"

#include "control/selection.h"
#include "control/vici_message.h"

/**
 * Set the digest of a session that is dormant at an anchor.
 */
static void set_digest(mobility_digest_t *digest, char *peer)
{
	mobility_status_t *status;

	INIT(status,
		.state = MOBILITY_DORMANT,
		.since = 1000,
		.remote = host_create_from_string("192.0.2.1", 4500),
		.peer = identification_create_from_string(peer),
		.vips = linked_list_create_with_items(
								host_create_from_string("10.3.0.7", 0),
								host_create_from_string("fd00:3::7", 0), NULL),
	);
	mobility_digest_set(digest, status);
	mobility_status_destroy(status);
}

/**
 * Filters, and whether they mean that session
 */
static struct {
	mobility_filter_t filter;
	bool meant;
} filters[] = {
	{ { .connection = NULL }, TRUE },
	{ { .connection = "home" }, TRUE },
	{ { .connection = "hom*" }, FALSE },
	{ { .states = 1 << MOBILITY_DORMANT }, TRUE },
	{ { .states = 1 << MOBILITY_DORMANT | 1 << MOBILITY_FAILED }, TRUE },
	{ { .states = 1 << MOBILITY_CONNECTED }, FALSE },
	{ { .anchor = TRUE }, TRUE },
	{ { .mobile = TRUE }, FALSE },
	{ { .mobile = TRUE, .anchor = TRUE }, TRUE },
	{ { .since = 999 }, FALSE },
	{ { .since = 1000 }, TRUE },
	{ { .since = 1001 }, TRUE },
	{ { .peer = "192.0.2.1" }, TRUE },
	{ { .peer = "192.0.2.*" }, TRUE },
	{ { .peer = "192.0.2" }, FALSE },
	{ { .peer = "C=CH, O=Example, CN=alice" }, TRUE },
	{ { .peer = "*CN=alice" }, TRUE },
	{ { .peer = "CN=alice" }, FALSE },
	{ { .peer = "10.3.0.7" }, TRUE },
	{ { .peer = "fd00:3::7" }, TRUE },
	{ { .peer = "10.3.0.[1-6]" }, FALSE },
	{ { .peer = "" }, FALSE },
	{ { .connection = "home", .peer = "*alice", .anchor = TRUE,
		.states = 1 << MOBILITY_DORMANT, .since = 1000 }, TRUE },
	{ { .connection = "office", .peer = "*alice", .anchor = TRUE,
		.states = 1 << MOBILITY_DORMANT, .since = 1000 }, FALSE },
};

START_TEST(test_filter)
{
	mobility_digest_t digest = {};

	set_digest(&digest, "C=CH, O=Example, CN=alice");
	ck_assert(mobility_filter_matches(&filters[_i].filter, "home", &digest) ==
			  filters[_i].meant);
	free(digest.names);
}
END_TEST

START_TEST(test_unknown)
{
	mobility_filter_t filter = {
		.peer = "*",
	};
	mobility_status_t status = {
		.state = MOBILITY_CONNECTING,
		.mobile = TRUE,
	};
	mobility_digest_t digest = {};
	char longest[5000];

	ck_assert(mobility_filter_matches(NULL, "home", &digest));
	mobility_digest_set(&digest, &status);
	ck_assert(!digest.names);
	ck_assert(!mobility_filter_matches(&filter, "home", &digest));

	/* whatever a peer says that it is */
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	set_digest(&digest, longest);
	ck_assert_uint_lt(strlen(digest.names), 1000);
	filter.peer = "fd00:3::7";
	ck_assert(mobility_filter_matches(&filter, "home", &digest));
	filter.peer = "aaaa*";
	ck_assert(mobility_filter_matches(&filter, "home", &digest));
	mobility_digest_set(&digest, &status);
	ck_assert(!digest.names);
}
END_TEST

/**
 * Requests, and what becomes of them
 */
static struct {
	const char *key, *value, *error;
	uint32_t states;
	bool valid, mobile, anchor;
} requests[] = {
	{ NULL, NULL, "", .valid = TRUE },
	{ "state", "dormant", "", 1 << MOBILITY_DORMANT, .valid = TRUE },
	{ "state", "dormant, failed", "",
	  1 << MOBILITY_DORMANT | 1 << MOBILITY_FAILED, .valid = TRUE },
	{ "state", "waiting-to-reconnect", "", 1 << MOBILITY_WAITING,
	  .valid = TRUE },
	{ "state", "asleep", "there is no state 'asleep'" },
	{ "state", "dormant,asleep", "there is no state 'asleep'",
	  1 << MOBILITY_DORMANT },
	{ "state", "", "state is empty" },
	{ "role", "mobile", "", .valid = TRUE, .mobile = TRUE },
	{ "role", "anchor", "", .valid = TRUE, .anchor = TRUE },
	{ "role", "gateway", "there is no role 'gateway', only mobile and anchor" },
	{ "role", "", "there is no role '', only mobile and anchor" },
	{ "connection", "home", "", .valid = TRUE },
	{ "connection", "ho\nme", "" },
	{ "peer", "a\nb", "" },
	{ "state", "dor\nmant", "" },
};

START_TEST(test_selection)
{
	const char *key = requests[_i].key, *value = requests[_i].value;
	mobility_selection_t selection;
	chunk_t request = chunk_empty;
	char error[128];

	if (key)
	{
		request = chunk_cata("cccc", chunk_from_chars(3, strlen(key)),
							 chunk_from_str((char*)key),
							 chunk_from_chars(0, strlen(value)),
							 chunk_from_str((char*)value));
	}
	ck_assert(mobility_selection_init(&selection, request, error) ==
			  requests[_i].valid);
	ck_assert_str_eq(error, requests[_i].error);
	ck_assert_uint_eq(selection.filter.states, requests[_i].states);
	ck_assert(selection.filter.mobile == requests[_i].mobile);
	ck_assert(selection.filter.anchor == requests[_i].anchor);
	if (key && streq(key, "connection") && requests[_i].valid)
	{
		ck_assert_str_eq(selection.filter.connection, value);
	}
	mobility_selection_clear(&selection);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("digest");
	TCase *tc;

	tc = tcase_create("filters");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_loop_test(tc, test_filter, 0, countof(filters));
	tcase_add_test(tc, test_unknown);
	tcase_add_loop_test(tc, test_selection, 0, countof(requests));
	suite_add_tcase(s, tc);

	return s;
}
