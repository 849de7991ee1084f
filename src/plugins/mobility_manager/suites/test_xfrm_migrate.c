/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp_fixture.h"
#include "sad_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/xfrm.h>

/** an SA and a policy with the same addresses that are none of our business */
#define OTHER_SPI 0x200
#define OTHER_REQID 8

/** a cipher that all kernels with ESP have */
#define ALGORITHM "aead 'rfc4106(gcm(aes))' " \
				  "0x0102030405060708090a0b0c0d0e0f1011121314 128"

static mobility_xfrm_t *xfrm;
static mobility_xfrm_migrate_t *sad;

static void setup(void)
{
	mobility_netns_setup();
	xfrm = mobility_xfrm_create();
	sad = mobility_xfrm_migrate_create(xfrm);
}

static void teardown(void)
{
	sad->destroy(sad);
	xfrm->destroy(xfrm);
	mobility_suite_teardown();
}

/**
 * What is tested with the kernel, in each direction
 */
static const struct {
	/** addresses before and after */
	char *src, *dst, *new_src, *new_dst;
	/** ports before and after, 0 without UDP encapsulation */
	uint16_t port, new_port;
	/** interface ID */
	uint32_t if_id;
	/** traffic selectors, for us and for the ip command */
	char *src_net, *dst_net;
	uint8_t proto;
	uint16_t port_from, port_to;
	const char *upper;
	/** options of the SA */
	const char *options;
	/** the SA moves */
	bool moves;
} kernel_cases[] = {
	{ "10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0, 0, 0,
	  "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535, "",
	  "replay-window 32 replay-seq 0x7 replay-oseq 0x9", TRUE },
	{ "10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.1.9", 0, 0, 0,
	  "10.3.0.0/16", "10.4.0.0/16", 0, 0, 65535, "",
	  "replay-window 128 flag esn replay-seq 0x7 replay-oseq 0x9 "
	  "replay-seq-hi 0x1 replay-oseq-hi 0x2", TRUE },
	/* only the destination */
	{ "10.0.0.1", "10.0.0.9", "10.0.0.1", "10.0.1.9", 0, 0, 0,
	  "10.3.0.1/32", "10.4.0.0/16", 0, 0, 65535, "", "", TRUE },
	{ "fd00::1", "fd00::9", "fd01::1", "fd00::9", 0, 0, 0,
	  "fd33::1/128", "::/0", 0, 0, 65535, "", "replay-window 32", TRUE },
	/* other family */
	{ "10.0.0.1", "10.0.0.9", "fd01::1", "fd01::9", 0, 0, 0,
	  "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535, "", "replay-window 32", TRUE },
	{ "fd00::1", "fd00::9", "10.0.1.1", "10.0.1.9", 0, 0, 0,
	  "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535, "", "replay-window 32", TRUE },
	/* encapsulated, before or from now on, or to another port only */
	{ "10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 4500, 4501, 0,
	  "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535, "", "", TRUE },
	{ "10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0, 4500, 0,
	  "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535, "", "", TRUE },
	{ "10.0.0.1", "10.0.0.9", "10.0.0.1", "10.0.0.9", 4500, 1024, 0,
	  "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535, "",
	  "replay-window 32 replay-seq 0x7 replay-oseq 0x9", TRUE },
	/* XFRM interface */
	{ "10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0, 0, 42,
	  "0.0.0.0/0", "0.0.0.0/0", 0, 0, 65535, "", "", TRUE },
	/* other selectors */
	{ "10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0, 0, 0,
	  "10.3.0.1/32", "10.4.0.0/16", IPPROTO_TCP, 80, 80,
	  "proto tcp dport 80", "", TRUE },
	{ "10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0, 0, 0,
	  "10.3.0.1/32", "10.4.0.0/16", IPPROTO_UDP, 0, 65535, "proto udp", "",
	  TRUE },
	{ "10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0, 0, 0,
	  "10.3.0.1/32", "10.4.0.0/16", IPPROTO_ICMP, 0, 65535, "proto icmp", "",
	  TRUE },
	/* left to stock */
	{ "10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0, 0, 0,
	  "10.3.0.1/32", "10.4.0.0/16", IPPROTO_UDP, 1024, 2047, "proto udp", "",
	  FALSE },
	{ "10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0, 0, 0,
	  "10.3.0.1/32", "10.4.0.0/16", IPPROTO_ICMP, 2048, 2048, "proto icmp",
	  "", FALSE },
};

/**
 * Add an SA in tunnel mode
 */
static void add_sa(const char *src, const char *dst, uint32_t spi,
				   uint32_t reqid, const char *options)
{
	mobility_netns_ip("xfrm state add src %s dst %s proto esp spi %u reqid %u "
					  "mode tunnel flag af-unspec %s " ALGORITHM, src, dst, spi,
					  reqid, options);
}

/**
 * Add a policy
 */
static void add_policy(const char *src_net, const char *dst_net,
					   const char *upper, const char *dir, uint32_t if_id,
					   const char *src, const char *dst, uint32_t reqid)
{
	mobility_netns_ip("xfrm policy add src %s dst %s %s dir %s if_id %u tmpl "
					  "src %s dst %s proto esp reqid %u mode tunnel", src_net,
					  dst_net, upper, dir, if_id, src, dst, reqid);
}

/**
 * Count lines of ip xfrm that match
 */
static int count(const char *what, const char *pattern)
{
	char *output;
	int number;

	output = mobility_netns_output("ip xfrm %s list | grep -c '%s' || :", what,
								   pattern);
	number = atoi(output);
	free(output);
	return number;
}

/**
 * Count templates of policies
 */
static int count_templates(const char *src, const char *dst)
{
	char pattern[128];

	snprintf(pattern, sizeof(pattern), "tmpl src %s dst %s$", src, dst);
	return count("policy", pattern);
}

/**
 * Get everything there is, except for when it was used
 */
static char *get_all(void)
{
	return mobility_netns_output("ip xfrm state list; ip xfrm policy list");
}

/**
 * Check that nothing changed since get_all()
 */
static void assert_all(char *before)
{
	char *after;

	after = get_all();
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}

/**
 * Set the counters of an SA as if there was traffic
 */
static void set_counters(const mobility_sa_id_t *id)
{
	char buf[256] __attribute__((aligned(MNL_ALIGNTO)));
	struct xfrm_lifetime_cur cur = {
		.bytes = 123456,
		.packets = 789,
		.add_time = 1700000000,
		.use_time = 1700000001,
	};
	struct nlmsghdr *nlh;

	nlh = mobility_xfrm_put_ae(buf, XFRM_MSG_NEWAE, id, 0);
	nlh->nlmsg_flags = NLM_F_REPLACE;
	mnl_attr_put(nlh, XFRMA_LTIME_VAL, sizeof(cur), &cur);
	ck_assert_int_eq(xfrm->request(xfrm, nlh, NULL, NULL), 0);
}

/**
 * Check that an SA is the same as before, at another place
 */
static void assert_same(const mobility_sa_id_t *id,
						const mobility_sa_t *before)
{
	mobility_sa_t sa;

	ck_assert_int_eq(xfrm->get_sa(xfrm, id, &sa), 0);
	ck_assert_int_eq(sa.bytes, before->bytes);
	ck_assert_int_eq(sa.packets, before->packets);
	ck_assert_int_eq(sa.add_time, before->add_time);
	ck_assert_int_eq(sa.use_time, before->use_time);
	ck_assert_int_eq(sa.if_id, before->if_id);
	ck_assert_int_eq(sa.oseq, before->oseq);
	ck_assert_int_eq(sa.seq, before->seq);
	ck_assert_int_eq(sa.esn, before->esn);
	ck_assert_int_eq(sa.window, before->window);
	ck_assert_int_eq(sa.words, before->words);
	ck_assert(memeq(sa.bitmap, before->bitmap, sa.words * sizeof(uint32_t)));
}

START_TEST(test_migrate)
{
	static const struct {
		policy_dir_t dir;
		const char *name;
	} dirs[] = {
		{ POLICY_OUT, "out" },
		{ POLICY_IN, "in" },
		{ POLICY_FWD, "fwd" },
	};
	int n = _i / countof(dirs), d = _i % countof(dirs);
	typeof(&kernel_cases[0]) test = &kernel_cases[n];
	mobility_xfrm_move_t move;
	mobility_sa_id_t old, new;
	mobility_sa_t before, other;
	char options[256], encap[64] = "", *all, *net;

	net = strchr(test->src_net, ':') ? "fd55::/64" : "10.5.0.0/16";
	move = sad_create_move(test->src, test->dst, test->new_src, test->new_dst,
					   test->new_port);
	move.dir = dirs[d].dir;
	move.if_id = test->if_id;
	sad_create_ts(&move, test->src_net, test->dst_net, test->proto,
				  test->port_from, test->port_to);
	old = sad_get_id(move.dst, SAD_SPI);
	new = sad_get_id(move.new_dst, SAD_SPI);
	if (test->port)
	{
		snprintf(encap, sizeof(encap), "encap espinudp %d %d 0.0.0.0",
				 test->port, test->port);
	}
	snprintf(options, sizeof(options), "if_id %u %s %s", test->if_id,
			 test->options, encap);
	add_sa(test->src, test->dst, OTHER_SPI, OTHER_REQID, options);
	add_sa(test->src, test->dst, SAD_SPI, SAD_REQID, options);
	add_policy(net, net, "", dirs[d].name, test->if_id, test->src, test->dst,
			   OTHER_REQID);
	add_policy(test->src_net, test->dst_net, test->upper, dirs[d].name,
			   test->if_id, test->src, test->dst, SAD_REQID);
	set_counters(&old);
	ck_assert_int_eq(xfrm->get_sa(xfrm, &old, &before), 0);
	ck_assert(!sad->has_moved(sad, &move));

	all = get_all();
	ck_assert_int_eq(sad->migrate(sad, &move), test->moves);
	if (!test->moves)
	{
		assert_all(all);
	}
	else
	{
		free(all);
		ck_assert(sad->has_moved(sad, &move));
		assert_same(&new, &before);
		if (!mobility_sa_id_equals(&old, &new))
		{
			ck_assert_int_eq(xfrm->get_sa(xfrm, &old, &before), ESRCH);
		}
		if (!move.src->ip_equals(move.src, move.new_src) ||
			!move.dst->ip_equals(move.dst, move.new_dst))
		{
			ck_assert_int_eq(count_templates(test->new_src, test->new_dst), 1);
			ck_assert_int_eq(count_templates(test->src, test->dst), 1);
		}
		/* once more changes nothing */
		all = get_all();
		ck_assert(sad->migrate(sad, &move));
		assert_all(all);
	}
	/* the others are as they were */
	ck_assert_int_eq(count("state", "proto esp"), 2);
	ck_assert_int_eq(count("policy", "tmpl"), 2);
	old = sad_get_id(move.dst, OTHER_SPI);
	ck_assert_int_eq(xfrm->get_sa(xfrm, &old, &other), 0);
	ck_assert_int_eq(other.packets, 0);

	sad_destroy_move(&move);
}
END_TEST

START_TEST(test_relax)
{
	mobility_xfrm_move_t move;
	mobility_sa_id_t id;
	mobility_sa_t before;
	char options[64] = "replay-window 32";
	bool v6 = _i == 1, encap = _i == 2;
	char *src = v6 ? "fd00::9" : "10.0.0.9", *dst = v6 ? "fd00::1" : "10.0.0.1";
	char *new_src = v6 ? "fd01::9" : "10.0.1.9";
	char *src_net = v6 ? "fd44::/64" : "10.4.0.0/16";
	char *dst_net = v6 ? "fd33::1/128" : "10.3.0.1/32";
	u_int if_id = _i == 3 ? 42 : 0;

	snprintf(options, sizeof(options), "replay-window 32 if_id %u %s", if_id,
			 encap ? "encap espinudp 4500 4500 0.0.0.0" : "");
	add_sa(src, dst, OTHER_SPI, OTHER_REQID, options);
	add_sa(src, dst, SAD_SPI, SAD_REQID, options);
	add_policy(src_net, dst_net, "", "fwd", if_id, src, dst, SAD_REQID);
	add_policy(src_net, dst_net, "", "in", if_id, src, dst, SAD_REQID);
	move = sad_create_move(src, dst, new_src, dst, encap ? 1024 : 0);
	move.if_id = if_id;
	sad_create_ts(&move, src_net, dst_net, 0, 0, 65535);
	id = sad_get_id(move.dst, SAD_SPI);
	set_counters(&id);
	ck_assert_int_eq(xfrm->get_sa(xfrm, &id, &before), 0);

	move.dir = POLICY_FWD;
	ck_assert(sad->relax(sad, &move));
	move.dir = POLICY_IN;
	ck_assert(sad->relax(sad, &move));
	ck_assert_int_eq(count("policy", "dir fwd"), 1);
	ck_assert_int_eq(count("policy", "dir in"), 1);
	ck_assert_int_eq(count_templates(src, dst), 0);
	ck_assert_int_eq(count_templates(v6 ? "::" : "0.0.0.0", dst), 2);
	ck_assert_int_eq(count("policy", "reqid 7 mode tunnel"), 2);

	ck_assert(sad->migrate_relaxed(sad, &move));
	assert_same(&id, &before);
	ck_assert(sad->has_moved(sad, &move));
	/* nothing is left of what that took, and nothing else has moved */
	ck_assert_int_eq(count_templates(v6 ? "::" : "0.0.0.0", dst), 2);
	ck_assert_int_eq(count("policy", "tmpl"), 2);
	ck_assert_int_eq(count("state", "proto esp"), 2);

	/* there is no such policy */
	move.dir = POLICY_OUT;
	ck_assert(!sad->relax(sad, &move));
	ck_assert(!sad->migrate_relaxed(sad, &move));
	sad_destroy_move(&move);
}
END_TEST

START_TEST(test_migrate_policies)
{
	mobility_xfrm_move_t move;

	/* policies in two directions, and two traffic selectors */
	add_sa("10.0.0.9", "10.0.0.1", SAD_SPI, SAD_REQID, "replay-window 32");
	add_policy("10.4.0.0/16", "10.3.0.1/32", "", "fwd", 0, "10.0.0.9",
			   "10.0.0.1", SAD_REQID);
	add_policy("10.5.0.0/16", "10.3.0.1/32", "", "fwd", 0, "10.0.0.9",
			   "10.0.0.1", SAD_REQID);
	add_policy("10.4.0.0/16", "10.3.0.1/32", "", "in", 0, "10.0.0.9",
			   "10.0.0.1", SAD_REQID);
	move = sad_create_move("10.0.0.9", "10.0.0.1", "10.0.0.9", "10.0.1.1", 0);
	move.dir = POLICY_FWD;
	sad_create_ts(&move, "10.4.0.0/16", "10.3.0.1/32", 0, 0, 65535);
	ck_assert(sad->migrate(sad, &move));
	ck_assert_int_eq(count_templates("10.0.0.9", "10.0.1.1"), 1);
	move.dir = POLICY_IN;
	ck_assert(sad->migrate(sad, &move));
	ck_assert_int_eq(count_templates("10.0.0.9", "10.0.1.1"), 2);
	move.src_ts->destroy(move.src_ts);
	move.dst_ts->destroy(move.dst_ts);
	sad_create_ts(&move, "10.5.0.0/16", "10.3.0.1/32", 0, 0, 65535);
	move.dir = POLICY_FWD;
	ck_assert(sad->migrate(sad, &move));
	ck_assert_int_eq(count_templates("10.0.0.9", "10.0.1.1"), 3);
	ck_assert_int_eq(count("state", "proto esp"), 1);
	/* no such policy, but the SA is there, and charon has to know */
	move.dir = POLICY_OUT;
	ck_assert(sad->migrate(sad, &move));
	sad_destroy_move(&move);
}
END_TEST

START_TEST(test_migrate_fails)
{
	mobility_xfrm_move_t move;
	char *all;

	add_sa("10.0.0.1", "10.0.0.9", SAD_SPI, SAD_REQID, "replay-oseq 0x9");
	add_sa("10.0.0.1", "10.0.1.9", SAD_SPI, SAD_REQID, "replay-oseq 0x9");
	add_policy("10.3.0.1/32", "0.0.0.0/0", "", "out", 0, "10.0.0.1",
			   "10.0.0.9", OTHER_REQID);
	add_policy("10.3.0.2/32", "0.0.0.0/0", "", "out", 0, "10.0.0.1",
			   "10.0.0.9", SAD_REQID);

	/* no SA with this SPI, and none with this reqid */
	all = get_all();
	move = sad_create_move("10.0.0.1", "10.0.0.9", "10.0.2.1", "10.0.2.9", 0);
	sad_create_ts(&move, "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535);
	move.spi = htonl(OTHER_SPI);
	move.reqid = OTHER_REQID + 1;
	ck_assert(!sad->migrate(sad, &move));
	assert_all(all);
	sad_destroy_move(&move);

	/* there is something at the new address */
	all = get_all();
	move = sad_create_move("10.0.0.1", "10.0.0.9", "10.0.2.1", "10.0.1.9", 0);
	sad_create_ts(&move, "10.3.0.2/32", "0.0.0.0/0", 0, 0, 65535);
	ck_assert(!sad->migrate(sad, &move));
	assert_all(all);
	sad_destroy_move(&move);
}
END_TEST

/**
 * Add two SAs with the same reqid, and a policy; describe how the one that was
 * added first moves, or only changes its port
 */
static mobility_xfrm_move_t add_same_reqid(bool moves)
{
	mobility_xfrm_move_t move;

	add_sa("10.0.0.1", "10.0.0.9", SAD_SPI, SAD_REQID,
		   "encap espinudp 4500 4500 ::");
	add_sa("10.0.0.1", "10.0.0.9", OTHER_SPI, SAD_REQID,
		   "encap espinudp 4500 4500 ::");
	add_policy("10.3.0.1/32", "0.0.0.0/0", "", "out", 0, "10.0.0.1",
			   "10.0.0.9", SAD_REQID);
	move = sad_create_move("10.0.0.1", "10.0.0.9", moves ? "10.0.1.1" :
						   "10.0.0.1", moves ? "10.0.1.9" : "10.0.0.9", 4501);
	move.src->set_port(move.src, 4500);
	move.dst->set_port(move.dst, 4500);
	sad_create_ts(&move, "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535);
	return move;
}

START_TEST(test_same_reqid)
{
	mobility_xfrm_move_t move, other;
	bool moved;

	/* of another IKE_SA: it stays, whichever the kernel finds first */
	move = add_same_reqid(_i);
	other = move;
	other.spi = htonl(OTHER_SPI);
	moved = sad->migrate(sad, &move);
	ck_assert_int_eq(moved, sad->has_moved(sad, &move));
	ck_assert(!sad->has_moved(sad, &other));
	ck_assert_int_eq(count("state", "espinudp sport 4500 dport 4500"), !moved + 1);
	ck_assert_int_eq(count("state", "src 10.0.0.1 dst 10.0.0.9"),
					 _i ? !moved + 1 : 2);
	if (!moved && _i)
	{	/* it can when it is the only one */
		ck_assert(sad->migrate(sad, &other));
		ck_assert(!sad->has_moved(sad, &move));
		ck_assert(!sad->migrate(sad, &move));
		/* the policy is where the other one is */
		ck_assert_int_eq(count_templates("10.0.1.1", "10.0.1.9"), 1);
	}
	ck_assert_int_eq(count("state", "proto esp"), 2);
	sad_destroy_move(&move);
}
END_TEST

START_TEST(test_kin)
{
	mobility_xfrm_move_t move;
	uint32_t spi = htonl(OTHER_SPI);

	/* a CHILD_SA and the one that replaces it share policies, both move */
	move = add_same_reqid(TRUE);
	array_insert_create_value(&move.kin, sizeof(spi), ARRAY_TAIL, &spi);
	ck_assert(sad->migrate(sad, &move));
	ck_assert(sad->has_moved(sad, &move));
	move.spi = spi;
	ck_assert(sad->migrate(sad, &move));
	ck_assert_int_eq(count("state", "espinudp sport 4501 dport 4501"), 2);
	ck_assert_int_eq(count("state", "proto esp"), 2);
	ck_assert_int_eq(count_templates("10.0.1.1", "10.0.1.9"), 1);
	array_destroy(move.kin);
	sad_destroy_move(&move);
}
END_TEST

/**
 * A packet did not find the SA at its new place, where the policy was already:
 * what the kernel waits with for somebody to negotiate one is not the SA.
 */
START_TEST(test_acquired)
{
	uint32_t spis[] = { SAD_SPI, OTHER_SPI }, spi = htonl(OTHER_SPI);
	mobility_xfrm_move_t move;
	mobility_sa_id_t id;
	int i;

	move = sad_create_move("10.0.0.1", "10.0.0.9", "fd01::1", "fd01::9", 0);
	sad_create_ts(&move, "10.3.0.1/32", "10.4.0.0/16", 0, 0, 65535);
	array_insert_create_value(&move.kin, sizeof(spi), ARRAY_TAIL, &spi);
	add_policy("10.3.0.1/32", "10.4.0.0/16", "", "out", 0, "10.0.0.1",
			   "10.0.0.9", SAD_REQID);
	/* newer kernels allocate no SPI that any SA has */
	for (i = 0; i < countof(spis); i++)
	{
		mobility_netns_ip("xfrm state allocspi src fd01::1 dst fd01::9 proto "
						  "esp reqid %u mode tunnel min %u max %u", SAD_REQID,
						  spis[i], spis[i]);
		id = sad_get_id(move.new_dst, spis[i]);
		ck_assert(!sad->has_sa(sad, &id));
	}
	for (i = 0; i < countof(spis); i++)
	{
		add_sa("10.0.0.1", "10.0.0.9", spis[(i + _i) % 2], SAD_REQID, "");
	}
	ck_assert(sad->migrate(sad, &move));
	ck_assert(sad->has_moved(sad, &move));
	/* the policy may have moved already, the other SA has not */
	move.spi = spi;
	spi = htonl(SAD_SPI);
	array_remove(move.kin, ARRAY_HEAD, NULL);
	array_insert(move.kin, ARRAY_TAIL, &spi);
	ck_assert(sad->migrate(sad, &move));
	ck_assert(sad->has_moved(sad, &move));
	ck_assert_int_eq(count("state", "aead"), 2);
	ck_assert_int_eq(count("state", "proto esp"), 2);
	ck_assert_int_eq(count_templates("fd01::1", "fd01::9"), 1);
	array_destroy(move.kin);
	sad_destroy_move(&move);
}
END_TEST

/**
 * Send a packet through the tunnel, which ends at this host again
 */
static bool send_packet(void)
{
	struct timeval timeout = {
		.tv_sec = 5,
	};
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(7),
		.sin_addr.s_addr = htonl(0x0a040001),
	}, from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x0a030001),
	};
	int in, out;
	char byte = 0;
	bool arrived;

	in = socket(AF_INET, SOCK_DGRAM, 0);
	out = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	ck_assert(bind(in, (struct sockaddr*)&to, sizeof(to)) == 0);
	ck_assert(bind(out, (struct sockaddr*)&from, sizeof(from)) == 0);
	arrived = sendto(out, &byte, 1, 0, (struct sockaddr*)&to,
					 sizeof(to)) == 1 && recv(in, &byte, 1, 0) == 1;
	close(in);
	close(out);
	return arrived;
}

/**
 * Have packets leave through the SA at an address of ours
 */
static void use_sa(const char *dst)
{
	mobility_netns_ip("xfrm policy update src 10.3.0.1 dst 10.4.0.1 dir out "
					  "tmpl src 10.0.0.9 dst %s proto esp spi %u reqid %u mode "
					  "tunnel", dst, SAD_SPI, SAD_REQID);
}

START_TEST(test_copy)
{
	static char *addrs[] = {
		"10.3.0.1", "10.4.0.1", "10.0.0.9", "10.0.0.1", "10.0.1.1",
	};
	mobility_sa_id_t old, new;
	mobility_sa_t sa, before;
	host_t *host, *host6;
	int i;

	/* an SA that is outbound and inbound at once */
	for (i = 0; i < countof(addrs); i++)
	{
		mobility_netns_ip("addr add %s/32 dev lo", addrs[i]);
	}
	mobility_netns_sysctl("0", "ipv4/conf/lo/disable_xfrm");
	mobility_netns_sysctl("0", "ipv4/conf/lo/disable_policy");
	mobility_netns_sysctl("1", "ipv4/conf/lo/accept_local");
	add_sa("10.0.0.9", "10.0.0.1", SAD_SPI, SAD_REQID,
		   _i ? "replay-window 128 flag esn" : "replay-window 32");
	use_sa("10.0.0.1");
	add_policy("10.3.0.1", "10.4.0.1", "", "in", 0, "10.0.0.9", "10.0.0.1",
			   SAD_REQID);
	host = host_create_from_string("10.0.0.1", 0);
	old = sad_get_id(host, SAD_SPI);
	host->destroy(host);
	host = host_create_from_string("10.0.1.1", 0);
	new = sad_get_id(host, SAD_SPI);
	for (i = 0; i < 5; i++)
	{
		ck_assert(send_packet());
	}

	ck_assert_int_eq(xfrm->get_sa(xfrm, &old, &before), 0);
	ck_assert_int_eq(before.seq, 5);
	ck_assert(sad->copy(sad, &old, host));
	assert_same(&old, &before);
	assert_same(&new, &before);
	/* there is one, and it stays as it is */
	ck_assert(!sad->copy(sad, &old, host));
	assert_same(&new, &before);

	/* each gets packets, and knows of its own only */
	ck_assert(send_packet());
	use_sa("10.0.1.1");
	ck_assert(send_packet());
	ck_assert(send_packet());
	use_sa("10.0.0.1");
	ck_assert(send_packet());
	ck_assert_int_eq(xfrm->get_sa(xfrm, &old, &sa), 0);
	ck_assert_int_eq(sa.seq, 7);
	ck_assert_int_eq(xfrm->get_sa(xfrm, &new, &sa), 0);
	ck_assert_int_eq(sa.seq, 7);

	/* no other family, no SA, no two that are gone */
	host6 = host_create_from_string("fd00::1", 0);
	ck_assert(!sad->copy(sad, &old, host6));
	host6->destroy(host6);
	sad->del(sad, &old);
	ck_assert_int_eq(xfrm->get_sa(xfrm, &old, &sa), ESRCH);
	ck_assert_int_eq(xfrm->get_sa(xfrm, &new, &sa), 0);
	sad->del(sad, &old);
	sad->del(sad, &new);
	ck_assert_int_eq(count("state", "proto esp"), 0);
	ck_assert(!sad->copy(sad, &old, host));

	host->destroy(host);
}
END_TEST

START_TEST(test_make_room)
{
	mobility_xfrm_migrate_t *sad;
	mobility_sa_id_t id;
	host_t *host;

	sad = mobility_xfrm_migrate_create(mobility_xfrm_create());
	host = host_create_from_string("10.0.1.1", 0);
	id = sad_get_id(host, SAD_SPI);
	/* nothing there */
	sad->make_room(sad, &id);
	mobility_netns_ip("xfrm state allocspi src 10.0.0.9 dst 10.0.1.1 proto esp "
					  "mode tunnel min %u max %u", SAD_SPI, SAD_SPI);
	ck_assert_int_eq(count("state", "^src 10.0.0.9 dst 10.0.1.1"), 1);
	sad->make_room(sad, &id);
	ck_assert_int_eq(count("state", "^src 10.0.0.9 dst 10.0.1.1"), 0);
	/* an SA stays, whatever its algorithms */
	add_sa("10.0.0.9", "10.0.1.1", SAD_SPI, SAD_REQID, "");
	sad->make_room(sad, &id);
	ck_assert_int_eq(count("state", "^src 10.0.0.9 dst 10.0.1.1"), 1);
	sad->del(sad, &id);
	mobility_netns_ip("xfrm state add src 10.0.0.9 dst 10.0.1.1 proto esp "
					  "spi %u mode tunnel enc 'cbc(aes)' 0x%032x auth "
					  "'hmac(sha256)' 0x%064x", SAD_SPI, 1, 1);
	sad->make_room(sad, &id);
	ck_assert_int_eq(count("state", "^src 10.0.0.9 dst 10.0.1.1"), 1);

	host->destroy(host);
	sad->destroy(sad);
}
END_TEST

START_TEST(test_presence)
{
	mobility_xfrm_move_t move;
	mobility_sa_id_t id;

	move = sad_create_move("10.0.0.1", "10.0.0.9", "10.0.0.1", "10.0.0.9", 0);
	sad_create_ts(&move, "10.3.0.1/32", "10.4.0.0/16", 0, 0, 65535);
	move.dir = POLICY_OUT;
	id = sad_get_id(move.dst, SAD_SPI);
	ck_assert(!sad->has_policy(sad, &move));
	ck_assert(!sad->has_sa(sad, &id));
	mobility_netns_ip("xfrm policy add src 10.3.0.1/32 dst 10.4.0.0/16 dir out "
					  "tmpl src 10.0.0.1 dst 10.0.0.9 proto esp reqid %u mode "
					  "tunnel", SAD_REQID);
	add_sa("10.0.0.1", "10.0.0.9", SAD_SPI, SAD_REQID, "");
	ck_assert(sad->has_policy(sad, &move));
	ck_assert(sad->has_sa(sad, &id));
	move.dir = POLICY_IN;
	ck_assert(!sad->has_policy(sad, &move));
	/* a selector of a kind that can't be asked for */
	sad_destroy_move(&move);
	move = sad_create_move("10.0.0.1", "10.0.0.9", "10.0.0.1", "10.0.0.9", 0);
	sad_create_ts(&move, "10.3.0.1/32", "10.4.0.0/16", IPPROTO_UDP, 1024, 2047);
	ck_assert(sad->has_policy(sad, &move));
	sad_destroy_move(&move);
}
END_TEST

START_TEST(test_none)
{
	ck_assert(mobility_xfrm_migrate_create(NULL) == NULL);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("sad");

	tc = tcase_create("none");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_test(tc, test_none);
	suite_add_tcase(s, tc);

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	if (esp_available())
	{
		tcase_add_loop_test(tc, test_migrate, 0, countof(kernel_cases) * 3);
		tcase_add_loop_test(tc, test_relax, 0, 4);
		tcase_add_test(tc, test_migrate_policies);
		tcase_add_test(tc, test_migrate_fails);
		tcase_add_loop_test(tc, test_same_reqid, 0, 2);
		tcase_add_test(tc, test_kin);
		tcase_add_loop_test(tc, test_acquired, 0, 2);
		tcase_add_loop_test(tc, test_copy, 0, 2);
		tcase_add_test(tc, test_make_room);
		tcase_add_test(tc, test_presence);
	}
	suite_add_tcase(s, tc);
	return s;
}
