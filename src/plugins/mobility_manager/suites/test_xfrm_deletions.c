/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp_fixture.h"

#include "esp/xfrm.h"
#include "esp/xfrm_deletions.h"
#include "net/nlsocket.h"

#include <stdio.h>
#include <linux/xfrm.h>

/** an SA, as the ip command names it */
#define SA "src 10.0.0.1 dst 10.0.0.2 proto esp spi 0x1"
#define POLICY "src 10.3.0.1/32 dst 10.4.0.0/16 dir out"

/** how often we were called */
static u_int called;

/** the kernel has ESP */
static bool esp;

static mobility_xfrm_deletions_t *deletions;

/** there is always one more message */
static refcount_t flooded;

/** what the linker has called in place of these */
ssize_t __real_mobility_nlsocket_receive(int fd, void *buf, size_t len);
ssize_t __wrap_mobility_nlsocket_receive(int fd, void *buf, size_t len);

ssize_t __wrap_mobility_nlsocket_receive(int fd, void *buf, size_t len)
{
	ssize_t received;

	received = __real_mobility_nlsocket_receive(fd, buf, len);
	return received < 0 && ref_cur(&flooded) ? 0 : received;
}

/**
 * mobility_xfrm_deletions_cb_t
 */
static void on_deletion(void *data)
{
	ck_assert(data == &called);
	ref_get(&called);
}

/**
 * Have others add an SA and a policy
 */
static void add(void)
{
	if (esp)
	{
		mobility_netns_ip("xfrm state add " SA " mode tunnel aead "
						  "'rfc4106(gcm(aes))' 0x%040x 128", 1);
	}
	mobility_netns_ip("xfrm policy add " POLICY);
}

static void setup(void)
{
	mobility_netns_setup();
	lib->processor->set_threads(lib->processor, 4);
	called = flooded = 0;
	deletions = mobility_xfrm_deletions_create(on_deletion, &called);
}

static void teardown(void)
{
	DESTROY_IF(deletions);
	lib->processor->cancel(lib->processor);
	mobility_suite_teardown();
}

START_TEST(test_others)
{
	static const char *commands[] = {
		"xfrm policy delete " POLICY,
		"xfrm policy flush",
		"xfrm state delete " SA,
		"xfrm state flush",
	};
	u_int before;

	deletions->listen(deletions, TRUE);
	deletions->listen(deletions, TRUE);
	add();
	before = deletions->get_count(deletions);
	mobility_netns_ip("%s", commands[_i]);
	mobility_netns_wait(deletions->get_count(deletions) > before);
	mobility_netns_wait(ref_cur(&called) > before);
	/* that was all */
	ck_assert_int_eq(before, 0);
	ck_assert_int_eq(deletions->get_count(deletions), 1);
	/* nobody wants to know */
	deletions->listen(deletions, FALSE);
	deletions->listen(deletions, FALSE);
	mobility_netns_ip("xfrm state flush");
	mobility_netns_ip("xfrm policy flush");
	deletions->listen(deletions, TRUE);
	add();
	mobility_netns_ip("xfrm policy flush");
	mobility_netns_wait(deletions->get_count(deletions) == 2);
}
END_TEST

START_TEST(test_own)
{
	char buf[256] __attribute__((aligned(MNL_ALIGNTO)));
	struct xfrm_usersa_flush *flush;
	struct nlmsghdr *nlh;
	mobility_xfrm_t *xfrm;
	u_int i;

	xfrm = mobility_xfrm_create();
	deletions->listen(deletions, TRUE);
	for (i = 0; i < 3; i++)
	{
		add();
		nlh = mnl_nlmsg_put_header(buf);
		nlh->nlmsg_type = XFRM_MSG_FLUSHSA;
		flush = mnl_nlmsg_put_extra_header(nlh, sizeof(*flush));
		flush->proto = IPPROTO_ESP;
		ck_assert_int_eq(xfrm->request(xfrm, nlh, NULL, NULL), 0);
		nlh = mnl_nlmsg_put_header(buf);
		nlh->nlmsg_type = XFRM_MSG_FLUSHPOLICY;
		ck_assert_int_eq(xfrm->request(xfrm, nlh, NULL, NULL), 0);
	}
	/* messages stay in order */
	add();
	mobility_netns_ip("xfrm policy flush");
	mobility_netns_wait(deletions->get_count(deletions) > 0);
	ck_assert_int_eq(deletions->get_count(deletions), 1);
	xfrm->destroy(xfrm);
}
END_TEST

/**
 * The kernel sends messages faster than they are read.
 */
START_TEST(test_flood)
{
	deletions->listen(deletions, TRUE);
	ref_get(&flooded);
	add();
	mobility_netns_ip("xfrm policy flush");
	mobility_netns_wait(ref_cur(&called) == 1);
	ignore_result(ref_put(&flooded));
	add();
	mobility_netns_ip("xfrm policy flush");
	mobility_netns_wait(ref_cur(&called) == 2);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("XFRM deletions");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup, teardown);
	esp = esp_available();
	if (mobility_netns_available())
	{
		tcase_add_loop_test(tc, test_others, 0, esp ? 4 : 2);
		tcase_add_test(tc, test_own);
		tcase_add_test(tc, test_flood);
	}
	suite_add_tcase(s, tc);
	return s;
}
