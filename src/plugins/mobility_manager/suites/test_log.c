/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* What administrators search the log for: "mobility:" finds all of it. */

#include "mobility_suite.h"

#include <glob.h>

#include <utils/chunk.h>

/** how such a message begins */
#define PREFIX "mobility: "

/**
 * Messages of charon's own, which others know by these words
 */
static const char *stock[] = {
	"COOKIE2 mismatch, closing IKE_SA",
	"sending DPD request",
	"detected changes in NAT mappings, ",
};

/**
 * Check if a message begins as it should.
 */
static bool is_known(const char *message)
{
	int i;

	for (i = 0; i < countof(stock); i++)
	{
		if (strpfx(message, stock[i]))
		{
			return TRUE;
		}
	}
	return strpfx(message, PREFIX);
}

/**
 * Check the messages in a source, return their number.
 */
static u_int check_source(const char *path)
{
	char *source, *pos, *message;
	u_int count = 0;
	chunk_t *map;

	map = chunk_map((char*)path, FALSE);
	ck_assert_msg(map, "reading %s failed", path);
	source = strndup(map->ptr, map->len);
	chunk_unmap(map);
	for (pos = source; (pos = strstr(pos, "DBG1(")); pos = message)
	{
		/* what follows the comma is a literal */
		message = strchr(pos, ',');
		ck_assert(message);
		message += 1 + strspn(message + 1, " \t\n");
		ck_assert_msg(*message == '"' && is_known(message + 1),
					  "in %s '%.60s' does not begin with '%s'", path, message,
					  PREFIX);
		count++;
	}
	free(source);
	return count;
}

START_TEST(test_prefix)
{
	glob_t found;
	char *pattern;
	u_int i, count = 0;

	/* those of the front door, and what is in folders */
	pattern = mobility_suite_file("../*.c");
	ck_assert(glob(pattern, 0, NULL, &found) == 0);
	free(pattern);
	pattern = mobility_suite_file("../*/*.c");
	ck_assert(glob(pattern, GLOB_APPEND, NULL, &found) == 0);
	for (i = 0; i < found.gl_pathc; i++)
	{
		if (!strstr(found.gl_pathv[i], "suites/../suites/"))
		{
			count += check_source(found.gl_pathv[i]);
		}
	}
	ck_assert_uint_gt(count, 30);
	globfree(&found);
	free(pattern);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("log");
	TCase *tc;

	tc = tcase_create("messages");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_test(tc, test_prefix);
	suite_add_tcase(s, tc);

	return s;
}
