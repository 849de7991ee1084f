/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include <daemon.h>

#include "abi.h"

/* mobility_abi_check() itself would find in this program whatever the linker
 * made of the strings below; testing/abi-check has real daemons for it. */

/**
 * Constants of a daemon, and the version that is to be found in them
 */
static struct {
	chunk_t data;
	const char *wanted;
	const char *version;
} data[] = {
#define DATA(str) { (u_char*)str, sizeof(str) }
	{ DATA(""), "5.9.8", "" },
	{ DATA("5.9.8"), "5.9.8", "5.9.8" },
	{ DATA("5.9.8"), "6.1.0", "5.9.8" },
	{ DATA("charon\0005.9.8\0%s"), "5.9.8", "5.9.8" },
	{ DATA("Starting IKE charon daemon (strongSwan 6.1.0, %s %s, %s)"),
	  "5.9.8", "6.1.0" },
	{ DATA("strongSwan %s"), "5.9.8", "" },
	{ DATA("1.2.3\0strongSwan 6.0.1)\0004.5.6"), "5.9.8", "6.0.1" },
	{ DATA("1.2.3\0strongSwan 6.0.1)\0004.5.6"), "4.5.6", "4.5.6" },
	{ DATA("1.2.3\0004.5.6"), "5.9.8", "1.2.3" },
	{ DATA("5.9.80\00015.9.8\0005.9.8.1\0005.9\0005.9.8-x\0x5.9.8"), "5.9.8",
	  "5.9.80" },
	{ DATA("15.9.8.\0005.9.8.1\0005.9\0005.9.8-x\0x5.9.8\0002001:db8::1"),
	  "5.9.8", "" },
	{ DATA("6.0.0rc1"), "6.0.0", "6.0.0rc1" },
	{ DATA("6.0.0rc1"), "6.0.0rc1", "6.0.0rc1" },
	{ DATA("5.9.13dr2\0006.0.0beta6"), "6.0.0beta6", "6.0.0beta6" },
	{ DATA("6.0.0rc"), "6.0.0", "" },
	{ DATA("1111111111111.1111111111111.1111111111111"), "5.9.8", "" },
};

START_TEST(test_find)
{
	char buf[MOBILITY_ABI_VERSION_LEN] = "";
	bool found;

	found = mobility_abi_find_version(data[_i].data, data[_i].wanted, buf);
	ck_assert_str_eq(buf, data[_i].version);
	ck_assert(found == (*data[_i].version != '\0'));
}
END_TEST

START_TEST(test_find_unterminated)
{
	char buf[MOBILITY_ABI_VERSION_LEN] = "";

	ck_assert(!mobility_abi_find_version(chunk_from_chars('5', '.', '9', '.',
										 '8'), "5.9.8", buf));
	ck_assert(!mobility_abi_find_version(chunk_empty, "5.9.8", buf));
}
END_TEST

START_TEST(test_find_several)
{
	char buf[MOBILITY_ABI_VERSION_LEN] = "";

	/* segments are searched one after the other */
	ck_assert(mobility_abi_find_version(chunk_from_str("1.2.3\0"), "5.9.8", buf)
			  == FALSE);
	ck_assert(mobility_abi_find_version(chunk_create("1.2.3", 6), "5.9.8", buf));
	ck_assert_str_eq(buf, "1.2.3");
	ck_assert(mobility_abi_find_version(chunk_create("5.9.8", 6), "5.9.8", buf));
	ck_assert_str_eq(buf, "5.9.8");
	ck_assert(mobility_abi_find_version(chunk_create("1.2.3", 6), "5.9.8", buf));
	ck_assert_str_eq(buf, "5.9.8");
}
END_TEST

START_TEST(test_check_version)
{
	/* the linker may leave out what is not used, and libcharon has the macros */
	ck_assert(charon == NULL);
	mobility_suite_log_start();
	ck_assert(mobility_abi_check_version(VERSION));
	ck_assert_str_eq(mobility_suite_log(), "");
}
END_TEST

/**
 * Versions that do not fit, and how they are reported
 */
static struct {
	const char *version;
	const char *report;
} others[] = {
	{ "", "strongSwan of unknown version with" },
	{ "1.2.3", "strongSwan 1.2.3 with" },
	{ VERSION "1", "strongSwan " VERSION "1 with" },
	{ VERSION "rc1", "strongSwan " VERSION "rc1 with" },
};

START_TEST(test_check_other_version)
{
	const char *log;

	mobility_suite_log_start();
	ck_assert(!mobility_abi_check_version(others[_i].version));
	log = mobility_suite_log();
	ck_assert_msg(strstr(log, "built for strongSwan " VERSION " with"), "%s", log);
	ck_assert_msg(strstr(log, others[_i].report), "%s", log);
	ck_assert_msg(strstr(log, "--with-strongswan"), "%s", log);
	/* a line, and not more than that */
	ck_assert_msg(strchr(log, '\n') == log + strlen(log) - 1, "%s", log);
}
END_TEST

START_TEST(test_check_file)
{
	char buf[MOBILITY_ABI_VERSION_LEN] = "x", path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/plugin", mobility_suite_dir());
	ck_assert(mobility_abi_check_file(path, buf));
	ck_assert_str_eq(buf, "");
	ck_assert(chunk_write(chunk_from_str("no version\0"), path, 077, TRUE));
	ck_assert(mobility_abi_check_file(path, buf));
	ck_assert_str_eq(buf, "");
	ck_assert(chunk_write(chunk_create("1.2.3", 6), path, 077, TRUE));
	ck_assert(!mobility_abi_check_file(path, buf));
	ck_assert_str_eq(buf, "1.2.3");
	ck_assert(chunk_write(chunk_create(VERSION, sizeof(VERSION)), path, 077,
						  TRUE));
	ck_assert(mobility_abi_check_file(path, buf));
	ck_assert_str_eq(buf, VERSION);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("abi");

	tc = tcase_create("find");
	tcase_add_loop_test(tc, test_find, 0, countof(data));
	tcase_add_test(tc, test_find_unterminated);
	tcase_add_test(tc, test_find_several);
	suite_add_tcase(s, tc);

	tc = tcase_create("check");
	tcase_add_checked_fixture(tc, mobility_suite_setup, mobility_suite_teardown);
	tcase_add_test(tc, test_check_version);
	tcase_add_loop_test(tc, test_check_other_version, 0, countof(others));
	tcase_add_test(tc, test_check_file);
	suite_add_tcase(s, tc);

	return s;
}
