/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_netns.h"

#include "esp/vip_policies.h"

#include <stdio.h>
#include <unistd.h>
#include <sys/socket.h>

/** a policy as charon installs it, but without an SA */
#define CHARON_POLICY "xfrm policy %s src %s dst %s dir out"

static mobility_xfrm_t *xfrm;
static mobility_lost_vips_t lost_vips;
static mobility_vip_policies_t *policies;

/** IKE_SAs have addresses; who is told that they are gone */
static bool held;
static mobility_lost_vips_cb_t gone;
static void *gone_data;

/** what two sessions are called */
static int first, second;

METHOD(mobility_lost_vips_t, is_held, bool,
	mobility_lost_vips_t *this, host_t *host)
{
	return held;
}

METHOD(mobility_lost_vips_t, set_gone, void,
	mobility_lost_vips_t *this, mobility_lost_vips_cb_t cb, void *data)
{
	gone = cb;
	gone_data = data;
}

static void setup(void)
{
	mobility_netns_setup();
	mobility_netns_link("eth0");
	mobility_netns_ip("address add 10.0.0.1/24 dev eth0");
	mobility_netns_ip("address add 10.3.0.1/32 dev eth0");
	mobility_netns_ip("address add fec0::1/64 dev eth0 nodad");
	mobility_netns_ip("address add fec3::1/128 dev eth0 nodad");
	mobility_netns_ip("route add 10.2.0.0/15 via 10.0.0.2");
	mobility_netns_ip("route add fec2::/15 via fec0::2");
	lost_vips.is_held = _is_held;
	lost_vips.set_gone = _set_gone;
	held = TRUE;
	xfrm = mobility_xfrm_create();
	policies = mobility_vip_policies_create(xfrm, &lost_vips);
	ck_assert(gone);
}

static void teardown(void)
{
	policies->destroy(policies);
	ck_assert(!gone);
	xfrm->destroy(xfrm);
	mobility_suite_teardown();
}

/**
 * Have dropped what is sent from an address to a network
 */
static void add(void *session, char *vip, char *net)
{
	mobility_vip_net_t pair = {};
	array_t *pairs;
	host_t *host;
	int prefix;

	host = host_create_from_string(vip, 0);
	pair.vip = mobility_ip_from_host(host);
	host->destroy(host);
	host = host_create_from_subnet(net, &prefix);
	pair.net.net = mobility_ip_from_host(host);
	pair.net.prefix = prefix;
	host->destroy(host);
	pairs = array_create(sizeof(pair), 0);
	array_insert(pairs, ARRAY_TAIL, &pair);
	policies->add(policies, session, pairs);
	array_destroy(pairs);
}

/**
 * Check if what is sent from an address to another one leaves
 */
static bool leaves(char *src, char *dst)
{
	host_t *from = host_create_from_string(src, 0);
	host_t *to = host_create_from_string(dst, 9);
	bool sent;
	int fd;

	fd = socket(from->get_family(from), SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(fd, from->get_sockaddr(from),
						  *from->get_sockaddr_len(from)), 0);
	sent = connect(fd, to->get_sockaddr(to), *to->get_sockaddr_len(to)) == 0 &&
		   send(fd, "clear?", 6, 0) == 6;
	close(fd);
	from->destroy(from);
	to->destroy(to);
	return sent;
}

/**
 * Get the number of policies that the kernel has
 */
static int count(void)
{
	char *output;
	int number;

	output = mobility_netns_output("ip xfrm policy list dir out | "
								   "grep -c 'action block' || :");
	number = atoi(output);
	free(output);
	return number;
}

/** virtual address, network, somebody in there, not in there; our own address */
static const struct {
	char *vip, *net, *inside, *outside, *mine;
} families[] = {
	{ "10.3.0.1", "10.2.0.0/16", "10.2.0.10", "10.3.0.10", "10.0.0.1" },
	{ "fec3::1", "fec2::/16", "fec2::10", "fec3::10", "fec0::1" },
};

START_TEST(test_drops)
{
	char *vip = families[_i].vip, *net = families[_i].net;
	char *inside = families[_i].inside;

	ck_assert(leaves(vip, inside));
	add(&first, vip, net);
	ck_assert(!leaves(vip, inside));
	ck_assert(leaves(vip, families[_i].outside));
	ck_assert(leaves(families[_i].mine, inside));
	/* charon has one with the same selector, and deletes it */
	mobility_netns_ip(CHARON_POLICY " priority 400000", "add", vip, net);
	ck_assert(leaves(vip, inside));
	mobility_netns_ip(CHARON_POLICY, "delete", vip, net);
	ck_assert(!leaves(vip, inside));
	/* it was there before, and stays */
	mobility_netns_ip("xfrm policy flush");
	mobility_netns_ip(CHARON_POLICY " priority 400000", "add", vip, net);
	policies->restore(policies);
	ck_assert_int_eq(count(), 1);
	ck_assert(leaves(vip, inside));
	held = FALSE;
	policies->end(policies, &first);
	ck_assert_int_eq(count(), 0);
	ck_assert(leaves(vip, inside));
	mobility_netns_ip(CHARON_POLICY, "delete", vip, net);
}
END_TEST

START_TEST(test_ends)
{
	add(&first, "10.3.0.1", "10.2.0.0/16");
	add(&first, "10.3.0.1", "10.2.0.0/16");
	ck_assert_int_eq(count(), 1);
	/* the address is removed after its session has ended */
	policies->end(policies, &first);
	ck_assert(!leaves("10.3.0.1", "10.2.0.10"));
	held = FALSE;
	gone(gone_data);
	ck_assert_int_eq(count(), 0);
	ck_assert(leaves("10.3.0.1", "10.2.0.10"));
	/* or before */
	add(&first, "10.3.0.1", "10.2.0.0/16");
	gone(gone_data);
	ck_assert_int_eq(count(), 1);
	policies->end(policies, &first);
	ck_assert_int_eq(count(), 0);
	/* that of somebody else */
	policies->end(policies, &first);
	gone(gone_data);
}
END_TEST

START_TEST(test_replaced)
{
	/* a session that got another address, and the one that goes on with it */
	add(&first, "10.3.0.1", "10.2.0.0/16");
	add(&first, "10.3.0.1", "10.4.0.0/16");
	add(&second, "10.3.0.2", "10.2.0.0/16");
	held = FALSE;
	gone(gone_data);
	ck_assert_int_eq(count(), 3);
	/* only that one has tunnels there */
	policies->end(policies, &first);
	ck_assert_int_eq(count(), 2);
	ck_assert(!leaves("10.3.0.1", "10.2.0.10"));
	policies->end(policies, &second);
	ck_assert_int_eq(count(), 0);
}
END_TEST

START_TEST(test_crashed)
{
	mobility_vip_policies_t *crashed = policies;

	add(&first, "10.3.0.1", "10.2.0.0/16");
	add(&first, "fec3::1", "fec2::/16");
	mobility_netns_ip("xfrm policy add src 10.3.0.1/32 dst 10.4.0.0/16 dir out "
					  "action block");
	policies = mobility_vip_policies_create(xfrm, &lost_vips);
	ck_assert(!leaves("10.3.0.1", "10.2.0.10"));
	add(&first, "10.3.0.1", "10.2.0.0/16");
	ck_assert_int_eq(count(), 3);
	policies->destroy(policies);
	/* that of somebody else stays */
	ck_assert_int_eq(count(), 1);
	policies = crashed;
}
END_TEST

START_TEST(test_bounded)
{
	char net[32];
	int i;

	for (i = 0; i < MOBILITY_VIP_POLICIES_MAX + 4; i++)
	{
		snprintf(net, sizeof(net), "10.2.%d.0/24", i);
		add(&first, "10.3.0.1", net);
	}
	ck_assert_int_eq(count(), MOBILITY_VIP_POLICIES_MAX);
	ck_assert(leaves("10.3.0.1", "10.2.0.10"));
	ck_assert(!leaves("10.3.0.1", "10.2.20.10"));
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("vip_policies");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup, teardown);
	if (mobility_netns_available())
	{
		tcase_add_loop_test(tc, test_drops, 0, countof(families));
		tcase_add_test(tc, test_ends);
		tcase_add_test(tc, test_replaced);
		tcase_add_test(tc, test_crashed);
		tcase_add_test(tc, test_bounded);
	}
	suite_add_tcase(s, tc);
	return s;
}
