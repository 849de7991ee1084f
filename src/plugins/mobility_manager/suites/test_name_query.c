/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fake_dns.h"
#include "mobility_suite.h"
#include "mock_charon.h"

#include "net/clock.h"
#include "net/name_query.h"

#include <sys/eventfd.h>
#include <unistd.h>

/** Longer than any test takes, in ms. */
#define LONG 20000

/** Long enough for an answer. */
#define SHORT 300

/** Name servers, and the links that lead to them. */
static fake_dns_t *servers[2];
static mobility_name_link_t links[2];

static void setup()
{
	u_int i;

	mock_charon_setup("");
	for (i = 0; i < countof(links); i++)
	{
		servers[i] = fake_dns_create();
		links[i] = (mobility_name_link_t){
			.ifname = "lo",
			.count = 1,
			.servers = { servers[i]->address->clone(servers[i]->address) },
		};
	}
}

static void teardown()
{
	u_int i;

	for (i = 0; i < countof(links); i++)
	{
		servers[i]->destroy(servers[i]);
		mobility_name_link_clear(&links[i]);
		ck_assert_uint_eq(links[i].count, 0);
	}
	mock_charon_teardown();
}

/**
 * Ask over so many links, and check what is found
 */
static void assert_found(const char *name, int family, u_int count,
						 u_int timeout, int stop, const char *expected)
{
	char buf[512] = "";
	array_t *hosts;
	host_t *host;
	size_t len;

	hosts = mobility_name_query(name, family, links, count, timeout, stop);
	while (array_remove(hosts, ARRAY_HEAD, &host))
	{
		ck_assert_uint_eq(host->get_port(host), 0);
		len = strlen(buf);
		snprintf(buf + len, sizeof(buf) - len, "%s%H", len ? " " : "", host);
		host->destroy(host);
	}
	array_destroy(hosts);
	ck_assert_str_eq(buf, expected);
}

static struct {
	char *name;
	int family;
	u_int timeout;
	char *found;
} answers[] = {
	{ "one.example.com", AF_INET, LONG, "192.0.2.1" },
	{ "one.example.com", AF_INET6, LONG, "2001:db8::1" },
	{ "alias.example.com", AF_INET, LONG, "192.0.2.1" },
	{ "alias.example.com", AF_INET6, LONG, "2001:db8::1" },
	{ "wrong.example.com", AF_INET, LONG, "192.0.2.1" },
	{ "none.example.com", AF_INET, LONG, "" },
	{ "failed.example.com", AF_INET, LONG, "" },
	{ "loop.example.com", AF_INET, LONG, "" },
	{ "short.example.com", AF_INET, LONG, "" },
	{ "silent.example.com", AF_INET, SHORT, "" },
	{ "many.example.com", AF_INET, LONG,
	  "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4" },
	{ "many.example.com", AF_INET6, LONG,
	  "2001:db8::1 2001:db8::2 2001:db8::3 2001:db8::4" },
};

START_TEST(test_answer)
{
	assert_found(answers[_i].name, answers[_i].family, 1, answers[_i].timeout,
				 -1, answers[_i].found);
	ck_assert_uint_ge(servers[0]->get_count(servers[0]), 1);
	ck_assert_uint_eq(servers[1]->get_count(servers[1]), 0);
}
END_TEST

START_TEST(test_both_families)
{
	assert_found("many.example.com", AF_UNSPEC, 1, LONG, -1,
				 "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 "
				 "2001:db8::1 2001:db8::2 2001:db8::3 2001:db8::4");
}
END_TEST

/**
 * Nothing is added to the name, and nothing asked for that is none
 */
START_TEST(test_no_name)
{
	char name[2048];

	assert_found("", AF_INET, 1, LONG, -1, "");
	assert_found("a..example.com", AF_INET, 1, LONG, -1, "");
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_found(name, AF_INET, 1, LONG, -1, "");
	assert_found("none", AF_INET, 1, LONG, -1, "");
	ck_assert_uint_le(servers[0]->get_count(servers[0]), 2);
}
END_TEST

START_TEST(test_from)
{
	char client[64];

	links[0].local4 = host_create_from_string("127.0.0.5", 0);
	assert_found("one.example.com", AF_INET, 1, LONG, -1, "192.0.2.1");
	servers[0]->get_client(servers[0], client, sizeof(client));
	ck_assert_str_eq(client, "127.0.0.5");
}
END_TEST

START_TEST(test_nobody)
{
	assert_found("one.example.com", AF_INET, 0, LONG, -1, "");
	links[0].count = 0;
	assert_found("one.example.com", AF_INET, 1, LONG, -1, "");
	links[0].count = 1;
	/* nothing leaves if it can't be bound */
	snprintf(links[0].ifname, sizeof(links[0].ifname), "none0");
	assert_found("one.example.com", AF_INET, 1, LONG, -1, "");
	ck_assert_uint_eq(servers[0]->get_count(servers[0]), 0);
}
END_TEST

/**
 * One link is enough, and the same answer of both is one
 */
START_TEST(test_links)
{
	snprintf(links[0].ifname, sizeof(links[0].ifname), "none0");
	assert_found("one.example.com", AF_INET, 2, LONG, -1, "192.0.2.1");
	snprintf(links[0].ifname, sizeof(links[0].ifname), "lo");
	assert_found("one.example.com", AF_INET, 2, LONG, -1, "192.0.2.1");
	ck_assert_uint_eq(servers[0]->get_count(servers[0]), 1);
	ck_assert_uint_eq(servers[1]->get_count(servers[1]), 2);
}
END_TEST

START_TEST(test_stop)
{
	int stop = eventfd(1, EFD_CLOEXEC);

	ck_assert_int_ne(stop, -1);
	assert_found("silent.example.com", AF_INET, 2, LONG, stop, "");
	close(stop);
}
END_TEST

START_TEST(test_defaults)
{
	array_t *hosts = array_create(0, 0);
	host_t *host;

	/* whatever this host has */
	mobility_name_query_defaults(hosts);
	ck_assert_int_le(array_count(hosts), MOBILITY_NAME_SERVERS);
	while (array_remove(hosts, ARRAY_HEAD, &host))
	{
		ck_assert(!host->is_anyaddr(host));
		ck_assert_uint_ne(host->get_port(host), 0);
		host->destroy(host);
	}
	array_destroy(hosts);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("name_query");

	tc = tcase_create("query");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_answer, 0, countof(answers));
	tcase_add_test(tc, test_both_families);
	tcase_add_test(tc, test_no_name);
	tcase_add_test(tc, test_from);
	tcase_add_test(tc, test_nobody);
	tcase_add_test(tc, test_links);
	tcase_add_test(tc, test_stop);
	tcase_add_test(tc, test_defaults);
	suite_add_tcase(s, tc);

	return s;
}
