/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "mock_charon.h"
#include "mock_prf.h"

#include "ike/crash_secret.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>
#include <sys/stat.h>

/** SPIs */
#define INITIATOR 4711
#define RESPONDER 4712

/** where the secret is, and what that is */
static char path[PATH_MAX];
static mobility_crash_secret_t secret;

static void setup()
{
	mobility_suite_setup();
	lib->crypto->add_rng(lib->crypto, RNG_STRONG, "mock",
						 mock_charon_create_rng);
	lib->crypto->add_prf(lib->crypto, PRF_HMAC_SHA2_256, "mock",
						 mock_prf_create);
	snprintf(path, sizeof(path), "%s/state/secret", mobility_suite_dir());
	mobility_suite_log_start();
}

static void teardown()
{
	lib->crypto->remove_prf(lib->crypto, mock_prf_create);
	lib->crypto->remove_rng(lib->crypto, mock_charon_create_rng);
	mobility_suite_teardown();
}

/**
 * Get the token of an IKE_SA
 */
static chunk_t make_token(uint64_t initiator, uint64_t responder)
{
	static uint8_t tokens[8][MOBILITY_CRASH_TOKEN_LEN];
	static u_int next;
	uint8_t *token = tokens[next++ % countof(tokens)];

	ck_assert(mobility_crash_secret_make_token(&secret, initiator, responder,
											   token));
	return chunk_create(token, MOBILITY_CRASH_TOKEN_LEN);
}

START_TEST(test_survives)
{
	struct stat st;
	chunk_t token;

	ck_assert_int_eq(mobility_crash_secret_open(path, &secret), NOT_FOUND);
	ck_assert_str_eq(mobility_suite_log(), "");
	ck_assert(mobility_crash_secret_create(path, &secret));
	token = make_token(INITIATOR, RESPONDER);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode, S_IFREG | 0600);
	mobility_crash_secret_close(&secret);
	/* after a restart, and if somebody wants to create it again */
	ck_assert_int_eq(mobility_crash_secret_open(path, &secret), SUCCESS);
	ck_assert(chunk_equals(token, make_token(INITIATOR, RESPONDER)));
	mobility_crash_secret_close(&secret);
	ck_assert(mobility_crash_secret_create(path, &secret));
	ck_assert(chunk_equals(token, make_token(INITIATOR, RESPONDER)));
	mobility_crash_secret_close(&secret);
	/* but not if it was lost; what is left of who lost its power is no harm */
	ck_assert_int_eq(unlink(path), 0);
	mobility_suite_write("/state/secret.new", "too short");
	ck_assert(mobility_crash_secret_create(path, &secret));
	ck_assert(!chunk_equals(token, make_token(INITIATOR, RESPONDER)));
	mobility_crash_secret_close(&secret);
	ck_assert(!strstr(mobility_suite_log(), "no tokens"));
}
END_TEST

START_TEST(test_tokens)
{
	chunk_t token;

	ck_assert(mobility_crash_secret_create(path, &secret));
	token = make_token(INITIATOR, RESPONDER);
	ck_assert(chunk_equals(token, make_token(INITIATOR, RESPONDER)));
	ck_assert(!chunk_equals(token, make_token(RESPONDER, INITIATOR)));
	ck_assert(!chunk_equals(token, make_token(INITIATOR, RESPONDER + 1)));
	ck_assert(!chunk_equals(token, make_token(INITIATOR + 1, RESPONDER)));
	/* nothing of the secret is in there */
	ck_assert(!memeq(token.ptr, secret.secret, token.len));
	lib->crypto->remove_prf(lib->crypto, mock_prf_create);
	ck_assert(!mobility_crash_secret_make_token(&secret, INITIATOR, RESPONDER,
												token.ptr));
	mobility_crash_secret_close(&secret);
}
END_TEST

/**
 * Files that can't be used
 */
static struct {
	/** mode of a file, its content; a directory or a link if there is none */
	mode_t mode;
	char *content;
	char *why;
} files[] = {
	{ 0640, "0123456789abcdef0123456789abcdef", "others may read" },
	{ 0602, "0123456789abcdef0123456789abcdef", "others may read" },
	{ 0600, "0123456789abcdef0123456789abcde", "length of a secret" },
	{ 0600, "0123456789abcdef0123456789abcdefg", "length of a secret" },
	{ 0600, "", "length of a secret" },
	{ S_IFDIR, NULL, "is no file" },
	{ S_IFLNK, NULL, "symbolic links" },
	{ S_IFIFO, NULL, "is no file" },
};

START_TEST(test_unfit)
{
	mobility_suite_write("/state/other", "0123456789abcdef0123456789abcdef");
	switch (files[_i].mode)
	{
		case S_IFDIR:
			ck_assert_int_eq(mkdir(path, 0700), 0);
			break;
		case S_IFLNK:
			ck_assert_int_eq(symlink("other", path), 0);
			break;
		case S_IFIFO:
			ck_assert_int_eq(mkfifo(path, 0600), 0);
			break;
		default:
			mobility_suite_write("/state/secret", files[_i].content);
			ck_assert_int_eq(chmod(path, files[_i].mode), 0);
			break;
	}
	ck_assert_int_eq(mobility_crash_secret_open(path, &secret), FAILED);
	ck_assert_msg(strstr(mobility_suite_log(), files[_i].why), "%s",
				  mobility_suite_log());
	ck_assert(strstr(mobility_suite_log(), path));
	/* nor is it overwritten */
	ck_assert(!mobility_crash_secret_create(path, &secret));
}
END_TEST

START_TEST(test_others)
{
	if (geteuid() == 0)
	{
		mobility_suite_write("/state/secret",
							 "0123456789abcdef0123456789abcdef");
		ck_assert_int_eq(chmod(path, 0600), 0);
		ck_assert_int_eq(chown(path, 65534, 65534), 0);
		ck_assert_int_eq(mobility_crash_secret_open(path, &secret), FAILED);
	}
}
END_TEST

START_TEST(test_unwritable)
{
	/* where there is no directory, nor a place for one */
	snprintf(path, sizeof(path), "%s/some/where/secret", mobility_suite_dir());
	ck_assert_int_eq(mobility_crash_secret_open(path, &secret), NOT_FOUND);
	ck_assert(!mobility_crash_secret_create(path, &secret));
	ck_assert(strstr(mobility_suite_log(), "No such file"));
	/* nobody may write there, not even root */
	ck_assert(!mobility_crash_secret_create("/proc/self/secret", &secret));
	/* without random numbers */
	lib->crypto->remove_rng(lib->crypto, mock_charon_create_rng);
	snprintf(path, sizeof(path), "%s/secret", mobility_suite_dir());
	ck_assert(!mobility_crash_secret_create(path, &secret));
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(test_shared)
{
	mobility_crash_secret_t other;

	/* somebody who has it open counts as another daemon */
	ck_assert(mobility_crash_secret_create(path, &other));
	ck_assert_int_eq(mobility_crash_secret_open(path, &secret), FAILED);
	ck_assert(strstr(mobility_suite_log(), "another daemon"));
	mobility_crash_secret_close(&other);
	ck_assert_int_eq(mobility_crash_secret_open(path, &secret), SUCCESS);
	mobility_crash_secret_close(&secret);
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("crash secret");

	tc = tcase_create("cases");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_survives);
	tcase_add_test(tc, test_tokens);
	tcase_add_loop_test(tc, test_unfit, 0, countof(files));
	tcase_add_test(tc, test_others);
	tcase_add_test(tc, test_unwritable);
	tcase_add_test(tc, test_shared);
	suite_add_tcase(s, tc);

	return s;
}
