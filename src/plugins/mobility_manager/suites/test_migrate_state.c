/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "sad_fixture.h"

#include <errno.h>
#include <linux/udp.h>

#include "esp/xfrm_msg.h"

/**
 * A kernel that has one SA, and a policy for it
 */
static struct {
	/** what is asked through */
	mobility_xfrm_t xfrm;
	/** it knows XFRM_MSG_MIGRATE_STATE, or the error it has for that */
	int error;
	/** where the SA is */
	mobility_ip_t src, dst;
	struct xfrm_encap_tmpl encap;
	/** its key */
	const char *key;
	/** policies with old addresses */
	int policies;
	/** number of packets sent */
	uint64_t packets;
	/** requests to move something, and the last one */
	u_int states, migrates;
	/** policies written without that */
	u_int written;
	struct xfrm_user_migrate_state last;
	/** flags of the SA, XFRM_STATE_*, and its direction, 0 if it has none */
	uint8_t flags, dir;
	/** SAs added */
	u_int added;
} kernel;

/** directions, and the attribute they are in, since Linux 6.10 */
#define SA_DIR_IN 1
#define ATTR_SA_DIR 33

/**
 * Set where the SA is
 */
static void mock_place(const xfrm_address_t *src, const xfrm_address_t *dst,
					   uint16_t family, const struct nlattr *encap)
{
	kernel.src.family = kernel.dst.family = family;
	memcpy(kernel.src.bytes, src, sizeof(*src));
	memcpy(kernel.dst.bytes, dst, sizeof(*dst));
	if (encap)
	{
		memcpy(&kernel.encap, mnl_attr_get_payload(encap),
			   sizeof(kernel.encap));
	}
}

/**
 * Move the SA, and no policy
 */
static int mock_state(const struct nlmsghdr *nlh, const struct nlattr *encap)
{
	kernel.states++;
	if (kernel.error)
	{
		return kernel.error;
	}
	ck_assert_int_ge(nlh->nlmsg_len, mnl_nlmsg_size(sizeof(kernel.last)));
	memcpy(&kernel.last, mnl_nlmsg_get_payload(nlh), sizeof(kernel.last));
	if (kernel.last.id.spi != htonl(SAD_SPI) ||
		kernel.last.id.family != kernel.dst.family ||
		!memeq(&kernel.last.id.daddr, kernel.dst.bytes, 16))
	{
		return ESRCH;
	}
	mock_place(&kernel.last.new_saddr, &kernel.last.new_daddr,
			   kernel.last.new_family, encap);
	return 0;
}

/**
 * Move a policy, and the SA if it is still at its old addresses
 */
static int mock_migrate(const struct nlattr *attr, const struct nlattr *encap)
{
	struct xfrm_user_migrate migrate;

	ck_assert(attr != NULL);
	memcpy(&migrate, mnl_attr_get_payload(attr), sizeof(migrate));
	kernel.migrates++;
	if (!kernel.policies)
	{
		return ENOENT;
	}
	kernel.policies--;
	if (memeq(&migrate.old_daddr, kernel.dst.bytes, 16) &&
		memeq(&migrate.old_saddr, kernel.src.bytes, 16))
	{
		mock_place(&migrate.new_saddr, &migrate.new_daddr, migrate.new_family,
				   encap);
		kernel.packets = 0;
	}
	return 0;
}

/**
 * Tell of the SA
 */
static int mock_get(const struct nlmsghdr *request, mobility_nlsocket_cb_t cb,
					void *data)
{
	char buf[1024] __attribute__((aligned(sizeof(uint64_t))));
	char algo[sizeof(struct xfrm_algo_aead) + 20];
	const struct xfrm_usersa_id *id = mnl_nlmsg_get_payload(request);
	struct xfrm_algo_aead *aead = (void*)algo;
	struct xfrm_usersa_info *sa;
	struct nlmsghdr *nlh;

	if (id->spi != htonl(SAD_SPI) || !memeq(&id->daddr, kernel.dst.bytes, 16))
	{
		return ESRCH;
	}
	memset(buf, 0, sizeof(buf));
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_NEWSA;
	sa = mnl_nlmsg_put_extra_header(nlh, sizeof(*sa));
	sa->family = kernel.src.family;
	sa->flags = kernel.flags;
	memcpy(&sa->saddr, kernel.src.bytes, 16);
	if (kernel.encap.encap_type)
	{
		mnl_attr_put(nlh, XFRMA_ENCAP, sizeof(kernel.encap), &kernel.encap);
	}
	memset(algo, 0, sizeof(algo));
	aead->alg_key_len = 160;
	aead->alg_icv_len = 128;
	memcpy(aead->alg_key, kernel.key, 20);
	mnl_attr_put(nlh, XFRMA_ALG_AEAD, sizeof(algo), algo);
	if (kernel.dir)
	{
		mnl_attr_put_u8(nlh, ATTR_SA_DIR, kernel.dir);
	}
	cb(data, nlh);
	return 0;
}

/**
 * Add an SA, unless it is of a direction and has flags of the other one, as
 * verify_newsa_info() says
 */
static int mock_add(const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[ATTR_SA_DIR + 1];
	const struct xfrm_usersa_info *sa = mnl_nlmsg_get_payload(nlh);
	uint8_t dir = 0;

	ck_assert(mobility_netlink_parse(nlh, sizeof(*sa), tb, ATTR_SA_DIR));
	mobility_netlink_get_u8(tb[ATTR_SA_DIR], &dir);
	ck_assert_int_eq(dir, kernel.dir);
	if (dir == SA_DIR_IN && (sa->flags & XFRM_STATE_NOPMTUDISC))
	{
		return EINVAL;
	}
	ck_assert_int_eq(sa->flags | XFRM_STATE_NOPMTUDISC,
					 kernel.flags | XFRM_STATE_NOPMTUDISC);
	kernel.added++;
	return 0;
}

/**
 * Tell of the policy
 */
static int mock_get_policy(mobility_nlsocket_cb_t cb, void *data)
{
	char buf[512] __attribute__((aligned(sizeof(uint64_t)))) = {};
	struct nlmsghdr *nlh;

	if (!kernel.policies)
	{
		return ENOENT;
	}
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_NEWPOLICY;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct xfrm_userpolicy_info));
	cb(data, nlh);
	return 0;
}

METHOD(mobility_xfrm_t, mock_request, int,
	mobility_xfrm_t *this, struct nlmsghdr *nlh, mobility_nlsocket_cb_t cb,
	void *data)
{
	const struct nlattr *tb[XFRMA_MAX + 1];
	struct xfrm_lifetime_cur cur;

	switch (nlh->nlmsg_type)
	{
		case XFRM_MSG_GETSA:
			return mock_get(nlh, cb, data);
		case XFRM_MSG_MIGRATE_STATE:
			ck_assert(mobility_netlink_parse(nlh,
						sizeof(struct xfrm_user_migrate_state), tb, XFRMA_MAX));
			return mock_state(nlh, tb[XFRMA_ENCAP]);
		case XFRM_MSG_MIGRATE:
			ck_assert(mobility_netlink_parse(nlh,
						sizeof(struct xfrm_userpolicy_id), tb, XFRMA_MAX));
			return mock_migrate(tb[XFRMA_MIGRATE], tb[XFRMA_ENCAP]);
		case XFRM_MSG_NEWAE:
			ck_assert(mobility_netlink_parse(nlh,
						sizeof(struct xfrm_aevent_id), tb, XFRMA_MAX));
			ck_assert(tb[XFRMA_LTIME_VAL] != NULL);
			memcpy(&cur, mnl_attr_get_payload(tb[XFRMA_LTIME_VAL]),
				   sizeof(cur));
			kernel.packets = cur.packets;
			return 0;
		case XFRM_MSG_GETPOLICY:
			return mock_get_policy(cb, data);
		case XFRM_MSG_UPDPOLICY:
			kernel.written++;
			return 0;
		case XFRM_MSG_DELSA:
			return ESRCH;
		case XFRM_MSG_NEWSA:
			return mock_add(nlh);
		default:
			return EINVAL;
	}
}

METHOD(mobility_xfrm_t, mock_get_sa, int,
	mobility_xfrm_t *this, const mobility_sa_id_t *id, mobility_sa_t *sa)
{
	if (!mobility_ip_equals(&id->dst, &kernel.dst) || id->spi != htonl(SAD_SPI))
	{
		return ESRCH;
	}
	memset(sa, 0, sizeof(*sa));
	sa->id = *id;
	sa->src = kernel.src;
	sa->packets = kernel.packets;
	return 0;
}

/**
 * Create SAs in a kernel with one SA, and policies
 */
static mobility_xfrm_migrate_t *create_mocked(int error, char *src, char *dst,
											  int policies)
{
	host_t *host;

	memset(&kernel, 0, sizeof(kernel));
	kernel.xfrm = (mobility_xfrm_t){
		.request = _mock_request,
		.get_sa = _mock_get_sa,
	};
	kernel.error = error;
	host = host_create_from_string(src, 0);
	kernel.src = mobility_ip_from_host(host);
	host->destroy(host);
	host = host_create_from_string(dst, 0);
	kernel.dst = mobility_ip_from_host(host);
	host->destroy(host);
	kernel.policies = policies;
	kernel.packets = 42;
	kernel.key = "a key that is secret";
	return mobility_xfrm_migrate_create(&kernel.xfrm);
}

START_TEST(test_state)
{
	mobility_xfrm_move_t move;
	mobility_xfrm_migrate_t *sad;

	/* the kernel is asked once if it knows */
	sad = create_mocked(0, "10.0.0.1", "10.0.0.9", 2);
	ck_assert_int_eq(kernel.states, 1);
	ck_assert_int_eq(ntohl(kernel.last.id.spi), 1);
	move = sad_create_move("10.0.0.1", "10.0.0.9", "fd00::1", "fd00::9", 4500);
	move.new_src->set_port(move.new_src, 1024);
	move.dir = POLICY_IN;
	sad_create_ts(&move, "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535);
	/* the SA first, then the policy, and other policies when it is there */
	ck_assert(sad->migrate(sad, &move));
	ck_assert_int_eq(kernel.states, 2);
	ck_assert_int_eq(kernel.written, 1);
	ck_assert_int_eq(kernel.packets, 42);
	ck_assert(sad->migrate(sad, &move));
	ck_assert_int_eq(kernel.states, 2);
	ck_assert_int_eq(kernel.written, 2);
	/* which moves an SA, too, and that would be another one now */
	ck_assert_int_eq(kernel.migrates, 0);
	/* what is in the request */
	ck_assert_int_eq(kernel.last.id.family, AF_INET);
	ck_assert_int_eq(kernel.last.id.proto, IPPROTO_ESP);
	ck_assert(memeq(&kernel.last.id.daddr, "\x0a\0\0\x09\0\0\0\0\0\0\0\0\0\0\0",
					16));
	ck_assert_int_eq(kernel.last.new_family, AF_INET6);
	ck_assert_int_eq(kernel.last.new_reqid, SAD_REQID);
	ck_assert_int_eq(kernel.last.flags, 0);
	ck_assert_int_eq(kernel.last.reserved, 0);
	ck_assert_int_eq(kernel.last.old_mark.m, 0);
	ck_assert_int_eq(kernel.last.new_sel.family, 0);
	ck_assert_int_eq(kernel.last.new_daddr.in6.s6_addr[15], 9);
	ck_assert_int_eq(kernel.last.new_saddr.in6.s6_addr[15], 1);
	ck_assert_int_eq(kernel.encap.encap_type, UDP_ENCAP_ESPINUDP);
	ck_assert_int_eq(ntohs(kernel.encap.encap_sport), 1024);
	ck_assert_int_eq(ntohs(kernel.encap.encap_dport), 4500);
	sad_destroy_move(&move);
	sad->destroy(sad);

	/* both at once if packets leave meanwhile */
	sad = create_mocked(0, "10.0.0.1", "10.0.0.9", 1);
	move = sad_create_move("10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0);
	sad_create_ts(&move, "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535);
	ck_assert(sad->migrate(sad, &move));
	ck_assert_int_eq(kernel.migrates, 1);
	ck_assert_int_eq(kernel.states, 1);
	ck_assert_int_eq(kernel.policies, 0);
	ck_assert_int_eq(kernel.packets, 42);
	sad_destroy_move(&move);
	sad->destroy(sad);

	/* with no policies it moves nevertheless */
	sad = create_mocked(0, "10.0.0.1", "10.0.0.9", 0);
	move = sad_create_move("10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0);
	sad_create_ts(&move, "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535);
	ck_assert(sad->migrate(sad, &move));
	ck_assert_int_eq(kernel.encap.encap_type, 0);
	sad_destroy_move(&move);
	sad->destroy(sad);

	/* for other ports policies need not change */
	sad = create_mocked(0, "10.0.0.1", "10.0.0.9", 1);
	move = sad_create_move("10.0.0.1", "10.0.0.9", "10.0.0.1", "10.0.0.9",
						   4501);
	sad_create_ts(&move, "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535);
	ck_assert(sad->migrate(sad, &move));
	ck_assert_int_eq(kernel.migrates + kernel.written, 0);
	sad_destroy_move(&move);
	sad->destroy(sad);

	/* nothing is asked for an SA that is not there, as during a rekeying */
	sad = create_mocked(0, "10.0.0.1", "10.0.0.9", 0);
	move = sad_create_move("10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0);
	sad_create_ts(&move, "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535);
	move.spi = 0;
	ck_assert(!sad->migrate(sad, &move));
	ck_assert_int_eq(kernel.states, 1);
	sad_destroy_move(&move);
	sad->destroy(sad);
}
END_TEST

/**
 * What kernels say that don't know
 */
static const int errors[] = {
	EINVAL, ENOPROTOOPT, EOPNOTSUPP, EPERM,
};

START_TEST(test_state_unknown)
{
	mobility_xfrm_move_t move;
	mobility_xfrm_migrate_t *sad;

	sad = create_mocked(errors[_i], "10.0.0.1", "10.0.0.9", 1);
	move = sad_create_move("10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0);
	sad_create_ts(&move, "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535);
	ck_assert(sad->migrate(sad, &move));
	ck_assert_int_eq(kernel.states, 1);
	ck_assert_int_eq(kernel.migrates, 1);
	/* that way the kernel forgets how many there were */
	ck_assert_int_eq(kernel.packets, 42);
	sad_destroy_move(&move);
	sad->destroy(sad);

	/* without a policy there is no way */
	sad = create_mocked(errors[_i], "10.0.0.1", "10.0.0.9", 0);
	move = sad_create_move("10.0.0.1", "10.0.0.9", "10.0.1.1", "10.0.0.9", 0);
	sad_create_ts(&move, "10.3.0.1/32", "0.0.0.0/0", 0, 0, 65535);
	ck_assert(!sad->migrate(sad, &move));
	sad_destroy_move(&move);
	sad->destroy(sad);
}
END_TEST

START_TEST(test_copy_secret)
{
	mobility_sa_id_t id;
	mobility_xfrm_migrate_t *sad;
	host_t *dst, *new;

	sad = create_mocked(0, "10.0.0.9", "10.0.0.1", 0);
	dst = host_create_from_string("10.0.0.1", 0);
	new = host_create_from_string("10.0.1.1", 0);
	id = sad_get_id(dst, SAD_SPI);
	ck_assert(sad->copy(sad, &id, new));
	ck_assert_int_eq(kernel.added, 1);
	/* in lockdown everybody would know the key of the copy */
	kernel.key = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
	ck_assert(!sad->copy(sad, &id, new));
	ck_assert_int_eq(kernel.added, 1);
	dst->destroy(dst);
	new->destroy(new);
	sad->destroy(sad);
}
END_TEST

START_TEST(test_copy_flags)
{
	mobility_sa_id_t id;
	mobility_xfrm_migrate_t *sad;
	host_t *dst, *new;

	/* with net.ipv4.ip_no_pmtu_disc kernels gave SAs of either direction a flag
	 * that they took of none that come in, if they know which these are */
	sad = create_mocked(0, "10.0.0.9", "10.0.0.1", 0);
	kernel.flags = XFRM_STATE_ESN | XFRM_STATE_AF_UNSPEC | XFRM_STATE_NOECN |
				   (_i & 1 ? XFRM_STATE_NOPMTUDISC : 0);
	kernel.dir = _i & 2 ? SA_DIR_IN : 0;
	dst = host_create_from_string("10.0.0.1", 0);
	new = host_create_from_string("10.0.1.1", 0);
	id = sad_get_id(dst, SAD_SPI);
	ck_assert(sad->copy(sad, &id, new));
	ck_assert_int_eq(kernel.added, 1);
	dst->destroy(dst);
	new->destroy(new);
	sad->destroy(sad);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("migrate state");

	tc = tcase_create("messages");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_test(tc, test_state);
	tcase_add_loop_test(tc, test_state_unknown, 0, countof(errors));
	tcase_add_test(tc, test_copy_secret);
	tcase_add_loop_test(tc, test_copy_flags, 0, 4);
	suite_add_tcase(s, tc);
	return s;
}
