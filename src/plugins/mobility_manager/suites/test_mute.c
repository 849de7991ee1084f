/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_netns.h"
#include "mock_child.h"

#include "esp/mute.h"

#include <stdio.h>
#include <unistd.h>
#include <sys/socket.h>

/** sessions */
#define SESSION 7
#define OTHER 8

/** a policy as charon installs it, but without an SA: packets leave as they are */
#define POLICY "xfrm policy %s src %s dst %s %s dir out priority %d %s"

/** what there is for two families: our network and address in it; that of the
 * client, and the client; a larger network of others */
static const struct {
	char *net, *local, *client_net, *client, *larger;
} families[] = {
	{ "10.2.0.0/16", "10.2.0.1", "10.3.0.1/32", "10.3.0.1", "10.3.0.0/16" },
	{ "fec2::/16", "fec2::1", "fec3::1/128", "fec3::1", "fec3::/16" },
};

static mobility_xfrm_t *xfrm;
static mobility_mute_t *mute;

/** IKE_SA with a CHILD_SA */
static mock_parent_t ike;
static mock_child_t child;

static void setup(void)
{
	int i;

	mobility_netns_setup();
	mobility_netns_link("eth0");
	mobility_netns_ip("address add 10.2.0.1/16 dev eth0");
	mobility_netns_ip("address add fec2::1/16 dev eth0 nodad");
	for (i = 0; i < countof(families); i++)
	{
		mobility_netns_ip("route add %s dev eth0", families[i].larger);
	}
	mock_parent_init(&ike, "192.168.0.2", "192.168.0.9");
	mock_child_init(&child);
	array_insert(ike.children, ARRAY_TAIL, &child.public);
	xfrm = mobility_xfrm_create();
	mute = mobility_mute_create(xfrm);
}

static void teardown(void)
{
	int i;

	mute->destroy(mute);
	xfrm->destroy(xfrm);
	for (i = 0; i < MOCK_CHILD_TS; i++)
	{
		DESTROY_IF(child.mine[i]);
		DESTROY_IF(child.others[i]);
	}
	mock_parent_deinit(&ike);
	mobility_suite_teardown();
}

/**
 * Have the policy of a family, with the CHILD_SA's i-th traffic selectors
 */
static void add_policy(int i, int family, const char *options)
{
	const char *dev = child.interface ? "dev eth0" : "";

	child.mine[i] = traffic_selector_create_from_cidr(families[family].net, 0,
													  0, 65535);
	child.others[i] = traffic_selector_create_from_cidr(
										families[family].client_net, 0, 0,
										65535);
	mobility_netns_ip(POLICY, "add", families[family].net,
					  families[family].client_net, dev, 1000, options);
}

/**
 * Check if something leaves to a host, with some mark
 */
static bool leaves_marked(char *dst, int mark)
{
	host_t *to = host_create_from_string(dst, 9);
	bool sent;
	int fd;

	fd = socket(to->get_family(to), SOCK_DGRAM, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)),
					 0);
	sent = connect(fd, to->get_sockaddr(to), *to->get_sockaddr_len(to)) == 0 &&
		   send(fd, "awake?", 6, 0) == 6;
	close(fd);
	to->destroy(to);
	return sent;
}

/**
 * Check if something leaves to a host
 */
static bool leaves(char *dst)
{
	return leaves_marked(dst, 0);
}

/**
 * Get how many policies drop something
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

START_TEST(test_drops)
{
	char *client = families[_i].client;

	add_policy(0, _i, "");
	ck_assert(leaves(client));
	mute->mute(mute, &ike.public, SESSION, 0);
	ck_assert(!leaves(client));
	ck_assert(leaves(families[!_i].client));
	/* again, which changes nothing */
	mute->mute(mute, &ike.public, SESSION, 100);
	ck_assert_int_eq(count(), 1);
	/* whatever charon does with its own one */
	mobility_netns_ip(POLICY, "update", families[_i].net,
					  families[_i].client_net, "", 1000, "");
	ck_assert(!leaves(client));
	mobility_netns_ip("xfrm policy delete src %s dst %s dir out",
					  families[_i].net, families[_i].client_net);
	ck_assert(!leaves(client));
	mute->unmute(mute, OTHER);
	ck_assert(!leaves(client));
	mute->unmute(mute, SESSION);
	ck_assert(leaves(client));
	mute->unmute(mute, SESSION);
	ck_assert_int_eq(count(), 0);
}
END_TEST

START_TEST(test_special)
{
	traffic_selector_t **others = &child.others[0];
	char *client = families[_i].client;

	/* what is for others comes first if it would without us */
	add_policy(0, _i, "");
	(*others)->destroy(*others);
	*others = traffic_selector_create_from_cidr(families[_i].larger, 0, 0,
												65535);
	mobility_netns_ip(POLICY, "add", families[_i].net, families[_i].larger,
					  "", 2000, "");
	mute->mute(mute, &ike.public, SESSION, 0);
	ck_assert_int_eq(count(), 1);
	ck_assert(leaves(client));
	mobility_netns_ip("xfrm policy delete src %s dst %s dir out",
					  families[_i].net, families[_i].client_net);
	ck_assert(!leaves(client));
}
END_TEST

START_TEST(test_marks)
{
	char *client = families[0].client;

	add_policy(0, 0, "mark 5 mask 0xff");
	child.mark_out = (mark_t){ 5, 0xff };
	mute->mute(mute, &ike.public, SESSION, 0);
	ck_assert(!leaves_marked(client, 5));
	ck_assert(leaves_marked(client, 6));
	mute->unmute(mute, SESSION);
	ck_assert(leaves_marked(client, 5));
}
END_TEST

START_TEST(test_named)
{
	/* what is restricted to an XFRM interface, or to another one */
	child.if_id_out = _i ? 0 : 7;
	child.interface = _i ? "eth0" : NULL;
	add_policy(0, 0, _i ? "" : "if_id 7");
	mute->mute(mute, &ike.public, SESSION, 0);
	ck_assert_int_eq(count(), 1);
	ck_assert(leaves(families[0].client) == !_i);
	mute->unmute(mute, SESSION);
	ck_assert_int_eq(count(), 0);
}
END_TEST

START_TEST(test_several)
{
	mock_child_t second;

	/* of a CHILD_SA, and of several */
	add_policy(0, 0, "");
	add_policy(1, 1, "");
	mock_child_init(&second);
	second.mine[0] = child.mine[1];
	second.others[0] = child.others[1];
	array_insert(ike.children, ARRAY_TAIL, &second.public);
	mute->mute(mute, &ike.public, SESSION, 0);
	ck_assert_int_eq(count(), 2);
	ck_assert(!leaves(families[0].client) && !leaves(families[1].client));
	mute->unmute(mute, SESSION);
	ck_assert_int_eq(count(), 0);
	/* not of one that has no policies */
	child.outbound = CHILD_OUTBOUND_SA;
	second.options = OPT_NO_POLICIES;
	mute->mute(mute, &ike.public, SESSION, 0);
	ck_assert_int_eq(count(), 0);
}
END_TEST

/**
 * Have charon add the policy of a family for somebody
 */
static void lift(int family, policy_dir_t dir)
{
	kernel_ipsec_policy_id_t id = {
		.dir = dir,
		.src_ts = child.mine[family],
		.dst_ts = child.others[family],
	};

	mute->lift(mute, &id);
}

START_TEST(test_lift)
{
	add_policy(0, 0, "");
	add_policy(1, 1, "");
	lift(0, POLICY_OUT);
	mute->mute(mute, &ike.public, SESSION, 0);
	lift(0, POLICY_IN);
	ck_assert(!leaves(families[0].client));
	lift(0, POLICY_OUT);
	ck_assert(leaves(families[0].client));
	ck_assert(!leaves(families[1].client));
	/* the new one sleeps, too, when the old one ends */
	mute->unmute(mute, SESSION);
	mute->mute(mute, &ike.public, OTHER, 0);
	ck_assert_int_eq(count(), 2);
	mute->unmute(mute, SESSION);
	ck_assert_int_eq(count(), 2);
	mute->unmute(mute, OTHER);
	ck_assert_int_eq(count(), 0);
}
END_TEST

START_TEST(test_left)
{
	mobility_mute_t *crashed;

	/* who has crashed has left some, those of others stay */
	add_policy(0, 0, "mark 5 mask 0xff");
	child.mark_out = (mark_t){ 5, 0xff };
	mobility_netns_ip("xfrm policy add src 10.2.0.0/16 dst 10.4.0.0/16 dir out "
					  "action block");
	mute->mute(mute, &ike.public, SESSION, 1000);
	ck_assert(mobility_netns_run("ip -s xfrm policy | "
								 "grep -q 'hard 1000(sec)'"));
	ck_assert_int_eq(count(), 2);
	crashed = mute;
	mute = mobility_mute_create(xfrm);
	ck_assert_int_eq(count(), 1);
	crashed->destroy(crashed);
	/* who ends leaves none */
	mute->mute(mute, &ike.public, SESSION, 0);
	mute->destroy(mute);
	ck_assert_int_eq(count(), 1);
	mute = mobility_mute_create(xfrm);
}
END_TEST

START_TEST(test_expire)
{
	add_policy(0, 0, "");
	mute->mute(mute, &ike.public, SESSION, 1);
	ck_assert(!leaves(families[0].client));
	mobility_netns_wait(leaves(families[0].client));
	/* what is gone is not missed */
	mute->unmute(mute, SESSION);
}
END_TEST

START_TEST(test_left_alone)
{
	traffic_selector_t **others = &child.others[0];

	/* a range of ports */
	add_policy(0, 0, "");
	(*others)->destroy(*others);
	*others = traffic_selector_create_from_cidr(families[0].client_net, 17, 8,
												10);
	mute->mute(mute, &ike.public, SESSION, 0);
	/* and what is not there, which is told once */
	(*others)->destroy(*others);
	*others = traffic_selector_create_from_cidr("10.5.0.1/32", 0, 0, 65535);
	mobility_suite_log_start();
	mute->mute(mute, &ike.public, SESSION, 0);
	mute->mute(mute, &ike.public, SESSION, 0);
	ck_assert_str_eq(mobility_suite_log(), "mobility: packets still leave to "
					 "clients that sleep, the kernel refuses to drop them: No "
					 "such file or directory\n");
	ck_assert_int_eq(count(), 0);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("mute");

	tc = tcase_create("policies");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	if (mobility_netns_available())
	{
		tcase_add_loop_test(tc, test_drops, 0, countof(families));
		tcase_add_loop_test(tc, test_special, 0, countof(families));
		tcase_add_test(tc, test_marks);
		tcase_add_loop_test(tc, test_named, 0, 2);
		tcase_add_test(tc, test_several);
		tcase_add_test(tc, test_lift);
		tcase_add_test(tc, test_left);
		tcase_add_test(tc, test_expire);
		tcase_add_test(tc, test_left_alone);
	}
	suite_add_tcase(s, tc);
	return s;
}
