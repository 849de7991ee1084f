/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "mock_child.h"

#include "mobile/protection.h"

#include <netinet/in.h>

/**
 * What sessions share, as far as it is needed
 */
static struct {
	mobility_context_t context;
	mobility_guard_t guard;
	mobility_tunnel_routes_t routes;
	mobility_remotes_t remotes;
	mobility_vip_policies_t policies;
	/** charon has added routes, but not to the second network */
	bool routed;
	/** what is guarded, a word for each network */
	char guarded[256];
	/** what is dropped without a tunnel, and in how many sessions */
	char dropped[256];
	int sessions;
} mock;

static mock_parent_t ike;
static mock_child_t first, second;
static mobility_protection_t protection;

METHOD(mobility_guard_t, set, void,
	mobility_guard_t *this, void *session, array_t *nets, array_t *peers)
{
	mobility_net_t net;
	host_t *host;
	size_t len;
	int i;

	ck_assert(session == &protection);
	ck_assert_int_eq(array_count(peers), nets ? 1 : 0);
	mock.guarded[0] = '\0';
	for (i = 0; i < array_count(nets); i++)
	{
		array_get(nets, i, &net);
		host = mobility_ip_to_host(&net.net);
		len = strlen(mock.guarded);
		snprintf(mock.guarded + len, sizeof(mock.guarded) - len, "%H/%u ", host,
				 net.prefix);
		host->destroy(host);
	}
}

METHOD(mobility_vip_policies_t, add_policies, void,
	mobility_vip_policies_t *this, void *session, array_t *pairs)
{
	mobility_vip_net_t pair;
	host_t *vip, *net;
	size_t len;
	int i;

	ck_assert(session == &protection);
	mock.sessions = 1;
	mock.dropped[0] = '\0';
	for (i = 0; i < array_count(pairs); i++)
	{
		array_get(pairs, i, &pair);
		vip = mobility_ip_to_host(&pair.vip);
		net = mobility_ip_to_host(&pair.net.net);
		len = strlen(mock.dropped);
		snprintf(mock.dropped + len, sizeof(mock.dropped) - len,
				 "%H -> %H/%u ", vip, net, pair.net.prefix);
		vip->destroy(vip);
		net->destroy(net);
	}
}

METHOD(mobility_vip_policies_t, end_policies, void,
	mobility_vip_policies_t *this, void *session)
{
	ck_assert(session == &protection);
	mock.sessions--;
}

METHOD(mobility_tunnel_routes_t, leads, bool,
	mobility_tunnel_routes_t *this, const mobility_net_t *net)
{
	return mock.routed && net->net.bytes[1] != 5;
}

METHOD(mobility_remotes_t, get, array_t*,
	mobility_remotes_t *this, ike_sa_t *ike_sa)
{
	mobility_ip_t ip = mobility_ip_from_host(ike.other);
	array_t *ips;

	ips = array_create(sizeof(ip), 0);
	array_insert(ips, ARRAY_TAIL, &ip);
	return ips;
}

/**
 * Update, and check what is guarded then
 */
static void assert_guarded(bool connected, const char *expected)
{
	mobility_protection_update(&protection, &ike.public, &mock.context,
							   &mock.remotes, connected);
	ck_assert_str_eq(mock.guarded, expected);
}

static void setup(void)
{
	mobility_suite_setup();
	memset(&mock, 0, sizeof(mock));
	mock.guard.set = _set;
	mock.routes.leads = _leads;
	mock.remotes.get = _get;
	mock.policies.add = _add_policies;
	mock.policies.end = _end_policies;
	mock.context.guard = &mock.guard;
	mock.context.vip_policies = &mock.policies;
	mock.context.routes = &mock.routes;
	mock.routed = TRUE;
	mock_parent_init(&ike, "10.0.0.1", "192.0.2.1");
	mock_child_init(&first);
	mock_child_init(&second);
	first.mine[0] = traffic_selector_create_from_cidr("10.3.0.1/32", 0, 0,
													  65535);
	first.others[0] = traffic_selector_create_from_cidr("10.4.0.0/16", 0, 0,
														65535);
	first.mine[1] = traffic_selector_create_from_cidr("10.3.0.1/32", 0, 0,
													  65535);
	first.others[1] = traffic_selector_create_from_cidr("10.5.0.0/16", 0, 0,
														65535);
	second.mine[0] = traffic_selector_create_from_cidr("10.3.0.1/32", 0, 0,
													   65535);
	second.others[0] = traffic_selector_create_from_cidr("10.6.0.0/16", 0, 0,
														 65535);
	array_insert(ike.children, ARRAY_TAIL, &first);
}

static void teardown(void)
{
	mobility_protection_end(&protection, &mock.context);
	ck_assert_str_eq(mock.guarded, "");
	ck_assert_int_eq(mock.sessions, 0);
	first.mine[0]->destroy(first.mine[0]);
	first.others[0]->destroy(first.others[0]);
	first.mine[1]->destroy(first.mine[1]);
	first.others[1]->destroy(first.others[1]);
	second.mine[0]->destroy(second.mine[0]);
	second.others[0]->destroy(second.others[0]);
	mock_parent_deinit(&ike);
	mobility_suite_teardown();
}

START_TEST(test_children)
{
	/* only what there are routes for, and each once */
	assert_guarded(TRUE, "10.4.0.0/16 ");
	array_insert(ike.children, ARRAY_TAIL, &first);
	assert_guarded(TRUE, "10.4.0.0/16 ");
	array_insert(ike.children, ARRAY_TAIL, &second);
	assert_guarded(TRUE, "10.4.0.0/16 10.6.0.0/16 ");
	/* a route is gone for a moment, but not what it was for */
	mock.routed = FALSE;
	assert_guarded(TRUE, "10.4.0.0/16 10.6.0.0/16 ");
	assert_guarded(FALSE, "10.4.0.0/16 10.6.0.0/16 ");
	/* somebody terminates a CHILD_SA */
	array_remove(ike.children, ARRAY_TAIL, NULL);
	assert_guarded(TRUE, "10.4.0.0/16 ");
	/* a new one has no route yet */
	array_insert(ike.children, ARRAY_TAIL, &second);
	assert_guarded(TRUE, "10.4.0.0/16 ");
	mock.routed = TRUE;
	assert_guarded(TRUE, "10.4.0.0/16 10.6.0.0/16 ");
}
END_TEST

START_TEST(test_outage)
{
	/* lifetimes are over */
	assert_guarded(TRUE, "10.4.0.0/16 ");
	array_remove(ike.children, ARRAY_TAIL, NULL);
	mock.routed = FALSE;
	assert_guarded(FALSE, "10.4.0.0/16 ");
	assert_guarded(FALSE, "10.4.0.0/16 ");
	/* and back: they are created anew */
	array_insert(ike.children, ARRAY_TAIL, &first);
	assert_guarded(FALSE, "10.4.0.0/16 ");
	assert_guarded(TRUE, "10.4.0.0/16 ");
	array_remove(ike.children, ARRAY_TAIL, NULL);
	assert_guarded(TRUE, "");
}
END_TEST

START_TEST(test_virtual_ips)
{
	/* this is an address of our own */
	assert_guarded(TRUE, "10.4.0.0/16 ");
	ck_assert_str_eq(mock.dropped, "");
	ike.vip = "10.3.0.1";
	array_insert(ike.children, ARRAY_TAIL, &second);
	assert_guarded(TRUE, "10.4.0.0/16 10.6.0.0/16 ");
	ck_assert_str_eq(mock.dropped, "10.3.0.1 -> 10.4.0.0/16 "
					 "10.3.0.1 -> 10.6.0.0/16 ");
	/* without what it depends on others would be dropped, too */
	second.mark_out.value = second.mark_out.mask = 42;
	assert_guarded(TRUE, "10.4.0.0/16 10.6.0.0/16 ");
	ck_assert_str_eq(mock.dropped, "10.3.0.1 -> 10.4.0.0/16 ");
	second.mark_out.value = second.mark_out.mask = 0;
	second.if_id_out = 42;
	assert_guarded(TRUE, "10.4.0.0/16 10.6.0.0/16 ");
	ck_assert_str_eq(mock.dropped, "10.3.0.1 -> 10.4.0.0/16 ");
	/* those may send something else in the clear */
	second.if_id_out = 0;
	second.others[0]->destroy(second.others[0]);
	second.others[0] = traffic_selector_create_from_cidr("10.6.0.0/16",
														 IPPROTO_TCP, 80, 80);
	assert_guarded(TRUE, "10.4.0.0/16 10.6.0.0/16 ");
	ck_assert_str_eq(mock.dropped, "10.3.0.1 -> 10.4.0.0/16 ");
	/* networks behind us are not our addresses */
	ike.vip = "10.3.0.2";
	assert_guarded(TRUE, "10.4.0.0/16 10.6.0.0/16 ");
	ck_assert_str_eq(mock.dropped, "");
	mock.context.vip_policies = NULL;
	assert_guarded(TRUE, "10.4.0.0/16 10.6.0.0/16 ");
	mock.context.vip_policies = &mock.policies;
}
END_TEST

START_TEST(test_no_guard)
{
	mock.context.guard = NULL;
	mobility_protection_update(&protection, &ike.public, &mock.context,
							   &mock.remotes, TRUE);
	ck_assert(!protection.nets);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("protection");

	tc = tcase_create("protection");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_children);
	tcase_add_test(tc, test_outage);
	tcase_add_test(tc, test_virtual_ips);
	tcase_add_test(tc, test_no_guard);
	suite_add_tcase(s, tc);
	return s;
}
