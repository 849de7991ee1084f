/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "settings/values.h"

/**
 * Times, and UINT32_MAX for what is none
 */
static struct {
	const char *text;
	uint32_t seconds;
} times[] = {
	{ "0", 0 },
	{ "20s", 20 },
	{ "30m", 1800 },
	{ "8h", 28800 },
	{ "2d", 172800 },
	{ "45", 45 },
	{ "5 m", 300 },
	{ "007", 7 },
	{ "4294967294", UINT32_MAX - 1 },
	{ "", UINT32_MAX },
	{ " 5", UINT32_MAX },
	{ "-5m", UINT32_MAX },
	{ "+5m", UINT32_MAX },
	{ "abc", UINT32_MAX },
	{ "m", UINT32_MAX },
	{ "5x", UINT32_MAX },
	{ "5mm", UINT32_MAX },
	{ "5m ", UINT32_MAX },
	{ "5min", UINT32_MAX },
	{ "1h30m", UINT32_MAX },
	{ "0x10", UINT32_MAX },
	{ "1.5h", UINT32_MAX },
	{ "4294967296", UINT32_MAX },
	{ "71582789m", UINT32_MAX },
	{ "99999999999999999999999999999999", UINT32_MAX },
};

START_TEST(test_time)
{
	uint32_t seconds = UINT32_MAX;
	bool valid;

	valid = mobility_parse_time(times[_i].text, &seconds);
	ck_assert_uint_eq(seconds, times[_i].seconds);
	ck_assert(valid == (seconds != UINT32_MAX));
}
END_TEST

START_TEST(test_print_time)
{
	char buf[16];

	ck_assert_str_eq(mobility_print_time(0, buf, sizeof(buf)), "0s");
	ck_assert_str_eq(mobility_print_time(59, buf, sizeof(buf)), "59s");
	ck_assert_str_eq(mobility_print_time(90, buf, sizeof(buf)), "90s");
	ck_assert_str_eq(mobility_print_time(1800, buf, sizeof(buf)), "30m");
	ck_assert_str_eq(mobility_print_time(28800, buf, sizeof(buf)), "8h");
	ck_assert_str_eq(mobility_print_time(86400, buf, sizeof(buf)), "1d");
}
END_TEST

START_TEST(test_number)
{
	uint32_t number = 7;

	ck_assert(mobility_parse_number("0", &number));
	ck_assert_uint_eq(number, 0);
	ck_assert(mobility_parse_number("4294967295", &number));
	ck_assert_uint_eq(number, UINT32_MAX);
	ck_assert(!mobility_parse_number("4294967296", &number));
	ck_assert(!mobility_parse_number("", &number));
	ck_assert(!mobility_parse_number("1a", &number));
	ck_assert(!mobility_parse_number("-1", &number));
	ck_assert(!mobility_parse_number("0x1", &number));
	ck_assert_uint_eq(number, UINT32_MAX);
}
END_TEST

START_TEST(test_bool)
{
	const char *yes[] = { "yes", "1", "true", "enabled", "YES" };
	const char *no[] = { "no", "0", "false", "disabled", "No" };
	const char *none[] = { "", "y", "2", "on", "yes " };
	bool value = FALSE;
	int i;

	for (i = 0; i < countof(yes); i++)
	{
		ck_assert(mobility_parse_bool(yes[i], &value) && value);
		ck_assert(mobility_parse_bool(no[i], &value) && !value);
		ck_assert(!mobility_parse_bool(none[i], &value));
	}
}
END_TEST

/**
 * Patterns, and whether an interface can have such a name
 */
static struct {
	const char *pattern;
	bool possible;
} patterns[] = {
	{ "eth0", TRUE },
	{ "*", TRUE },
	{ "en*", TRUE },
	{ "wl?", TRUE },
	{ "123456789012345", TRUE },
	{ "1234567890123456", FALSE },
	{ "*12345678901234567890*", FALSE },
	{ "[abcdefghijklmnopqrst]*", TRUE },
	{ "[!a]", TRUE },
	{ "[]x]1", TRUE },
	{ "[1", TRUE },
	{ "[abcdefghijklmnopqrst", FALSE },
	{ "\\*12345678901234", TRUE },
	{ "eth\\", TRUE },
	{ "", FALSE },
	{ "a/b", FALSE },
	{ "/", FALSE },
	{ "a b", FALSE },
	{ "a\tb", FALSE },
	{ "a\001", FALSE },
};

START_TEST(test_pattern)
{
	ck_assert(!mobility_check_pattern(patterns[_i].pattern) ==
			  patterns[_i].possible);
}
END_TEST

START_TEST(test_nearest)
{
	const char *words[] = { "cost", "match", "metered", "use" };

	ck_assert_str_eq(mobility_nearest("costs", words, 4), "cost");
	ck_assert_str_eq(mobility_nearest("mettered", words, 4), "metered");
	ck_assert_str_eq(mobility_nearest("macth", words, 4), "match");
	ck_assert(!mobility_nearest("interfaces", words, 4));
	ck_assert(!mobility_nearest("a", words, 0));
	ck_assert(!mobility_nearest("a word that is longer than any of ours is",
								words, 4));
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("values");
	TCase *tc;

	tc = tcase_create("values");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_loop_test(tc, test_time, 0, countof(times));
	tcase_add_test(tc, test_print_time);
	tcase_add_test(tc, test_number);
	tcase_add_test(tc, test_bool);
	tcase_add_loop_test(tc, test_pattern, 0, countof(patterns));
	tcase_add_test(tc, test_nearest);
	suite_add_tcase(s, tc);

	return s;
}
