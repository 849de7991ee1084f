/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp_fixture.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>
#include <linux/xfrm.h>
#include <sys/syscall.h>
#include <linux/capability.h>

#include <threading/thread.h>

/** space for a message */
static char buf[4096] __attribute__((aligned(MNL_ALIGNTO)));

/**
 * Start a message about an SA
 */
static struct nlmsghdr *put_header(int family)
{
	struct xfrm_aevent_id *ae;
	struct nlmsghdr *nlh;

	memset(buf, 0, sizeof(buf));
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_NEWAE;
	ae = mnl_nlmsg_put_extra_header(nlh, sizeof(*ae));
	ae->sa_id.family = family;
	ae->sa_id.proto = IPPROTO_ESP;
	ae->sa_id.spi = htonl(0x12345678);
	ae->flags = XFRM_AE_CR;
	memset(&ae->sa_id.daddr, 2, sizeof(ae->sa_id.daddr));
	memset(&ae->saddr, 1, sizeof(ae->saddr));
	return nlh;
}

/**
 * Add what the kernel always sends
 */
static void put_lifetime(struct nlmsghdr *nlh)
{
	struct xfrm_lifetime_cur cur = {
		.bytes = 100000000000ULL,
		.packets = 5000000000ULL,
		.add_time = 1700000000,
		.use_time = 1700000001,
	};

	mnl_attr_put(nlh, XFRMA_LTIME_VAL, sizeof(cur), &cur);
}

/**
 * Add replay state of an SA without extended sequence numbers
 */
static void put_replay(struct nlmsghdr *nlh)
{
	struct xfrm_replay_state replay = {
		.oseq = 10,
		.seq = 0xfffffff0,
		.bitmap = 0xf0f0f0f0,
	};

	mnl_attr_put(nlh, XFRMA_REPLAY_VAL, sizeof(replay), &replay);
}

/**
 * Add replay state of an SA with extended sequence numbers
 */
static void put_replay_esn(struct nlmsghdr *nlh, u_int claimed, u_int words)
{
	char data[2048] = {};
	struct xfrm_replay_state_esn *replay = (void*)data;
	u_int i;

	replay->bmp_len = claimed;
	replay->oseq = 5;
	replay->oseq_hi = 1;
	replay->seq = 6;
	replay->seq_hi = 2;
	replay->replay_window = claimed * 32;
	for (i = 0; i < words; i++)
	{
		replay->bmp[i] = i + 1;
	}
	mnl_attr_put(nlh, XFRMA_REPLAY_ESN_VAL,
				 sizeof(*replay) + words * sizeof(uint32_t), replay);
}

/**
 * Parse a message, with nothing behind it
 */
static bool parse(const struct nlmsghdr *nlh, mobility_sa_t *sa)
{
	struct nlmsghdr *copy;
	bool good;

	copy = malloc(nlh->nlmsg_len);
	memcpy(copy, nlh, nlh->nlmsg_len);
	good = mobility_xfrm_parse(copy, sa);
	free(copy);
	return good;
}

START_TEST(test_parse)
{
	struct xfrm_mark mark = { .v = 42, .m = 0xff };
	mobility_sa_t sa;
	struct nlmsghdr *nlh;

	nlh = put_header(AF_INET);
	put_lifetime(nlh);
	put_replay(nlh);
	ck_assert(parse(nlh, &sa));
	ck_assert_int_eq(sa.id.proto, IPPROTO_ESP);
	ck_assert_int_eq(sa.id.spi, htonl(0x12345678));
	ck_assert_int_eq(sa.id.dst.family, AF_INET);
	ck_assert(memeq(sa.id.dst.bytes, "\2\2\2\2\0\0\0\0\0\0\0\0\0\0\0\0", 16));
	ck_assert(memeq(sa.src.bytes, "\1\1\1\1\0\0\0\0\0\0\0\0\0\0\0\0", 16));
	ck_assert_int_eq(sa.id.mark.mask, 0);
	ck_assert_int_eq(sa.if_id, 0);
	ck_assert_int_eq(sa.flags, XFRM_AE_CR);
	ck_assert_int_eq(sa.bytes, 100000000000ULL);
	ck_assert_int_eq(sa.packets, 5000000000ULL);
	ck_assert_int_eq(sa.add_time, 1700000000);
	ck_assert_int_eq(sa.use_time, 1700000001);
	ck_assert(!sa.esn);
	ck_assert_int_eq(sa.oseq, 10);
	ck_assert_int_eq(sa.seq, 0xfffffff0);
	ck_assert_int_eq(sa.words, 1);
	ck_assert_int_eq(sa.bitmap[0], 0xf0f0f0f0);

	nlh = put_header(AF_INET6);
	put_lifetime(nlh);
	put_replay_esn(nlh, 4, 4);
	mnl_attr_put(nlh, XFRMA_MARK, sizeof(mark), &mark);
	mnl_attr_put_u32(nlh, XFRMA_IF_ID, 99);
	ck_assert(parse(nlh, &sa));
	ck_assert_int_eq(sa.id.dst.family, AF_INET6);
	ck_assert_int_eq(sa.id.dst.bytes[15], 2);
	ck_assert_int_eq(sa.id.mark.value, 42);
	ck_assert_int_eq(sa.id.mark.mask, 0xff);
	ck_assert_int_eq(sa.if_id, 99);
	ck_assert(sa.esn);
	ck_assert_int_eq(sa.oseq, 0x100000005ULL);
	ck_assert_int_eq(sa.seq, 0x200000006ULL);
	ck_assert_int_eq(sa.window, 128);
	ck_assert_int_eq(sa.words, 4);
	ck_assert_int_eq(sa.bitmap[3], 4);

	/* the largest window there is, and none at all */
	nlh = put_header(AF_INET6);
	put_lifetime(nlh);
	put_replay_esn(nlh, MOBILITY_XFRM_BITMAP, MOBILITY_XFRM_BITMAP);
	ck_assert(parse(nlh, &sa));
	ck_assert_int_eq(sa.bitmap[MOBILITY_XFRM_BITMAP - 1], MOBILITY_XFRM_BITMAP);
	nlh = put_header(AF_INET);
	put_lifetime(nlh);
	put_replay_esn(nlh, 0, 0);
	ck_assert(parse(nlh, &sa));
	ck_assert_int_eq(sa.words, 0);
}
END_TEST

START_TEST(test_parse_damaged)
{
	static const struct {
		u_int claimed, words;
	} bitmaps[] = {
		{ 1, 0 },
		{ 5, 4 },
		{ MOBILITY_XFRM_BITMAP, 4 },
		{ MOBILITY_XFRM_BITMAP + 1, MOBILITY_XFRM_BITMAP + 1 },
		{ UINT_MAX, 4 },
		{ 0x40000000, 0 },
	};
	mobility_sa_t sa, untouched;
	struct nlmsghdr *nlh;
	int i, len;

	memset(&sa, 0xee, sizeof(sa));
	untouched = sa;
	for (i = 0; i < countof(bitmaps); i++)
	{
		nlh = put_header(AF_INET);
		put_lifetime(nlh);
		put_replay_esn(nlh, bitmaps[i].claimed, bitmaps[i].words);
		ck_assert(!parse(nlh, &sa));
	}
	/* something is missing */
	nlh = put_header(AF_INET);
	ck_assert(!parse(nlh, &sa));
	put_lifetime(nlh);
	ck_assert(!parse(nlh, &sa));
	nlh = put_header(AF_INET);
	put_replay(nlh);
	ck_assert(!parse(nlh, &sa));
	/* something else */
	nlh = put_header(AF_UNIX);
	put_lifetime(nlh);
	put_replay(nlh);
	ck_assert(!parse(nlh, &sa));
	nlh = put_header(AF_INET);
	put_lifetime(nlh);
	put_replay(nlh);
	nlh->nlmsg_type = XFRM_MSG_NEWSA;
	ck_assert(!parse(nlh, &sa));
	/* cut anywhere */
	nlh->nlmsg_type = XFRM_MSG_NEWAE;
	for (len = nlh->nlmsg_len - 1; len >= NLMSG_HDRLEN; len--)
	{
		nlh->nlmsg_len = len;
		ck_assert(!parse(nlh, &sa));
	}
	ck_assert(memeq(&sa, &untouched, sizeof(sa)));
}
END_TEST

START_TEST(test_ids)
{
	mobility_sa_id_t a, b;
	host_t *host;

	host = host_create_from_string("192.0.2.1", 4500);
	a = mobility_sa_id_create(host, IPPROTO_ESP, 1, (mark_t){ 1, 2 });
	b = mobility_sa_id_create(host, IPPROTO_ESP, 1, (mark_t){ 1, 2 });
	ck_assert(mobility_sa_id_equals(&a, &b));
	b = mobility_sa_id_create(host, IPPROTO_ESP, 2, (mark_t){ 1, 2 });
	ck_assert(!mobility_sa_id_equals(&a, &b));
	b = mobility_sa_id_create(host, IPPROTO_AH, 1, (mark_t){ 1, 2 });
	ck_assert(!mobility_sa_id_equals(&a, &b));
	b = mobility_sa_id_create(host, IPPROTO_ESP, 1, (mark_t){ 1, 3 });
	ck_assert(!mobility_sa_id_equals(&a, &b));
	b = mobility_sa_id_create(host, IPPROTO_ESP, 1, (mark_t){ 0, 2 });
	ck_assert(!mobility_sa_id_equals(&a, &b));
	host->destroy(host);
	host = host_create_from_string("192.0.2.2", 4500);
	b = mobility_sa_id_create(host, IPPROTO_ESP, 1, (mark_t){ 1, 2 });
	ck_assert(!mobility_sa_id_equals(&a, &b));
	host->destroy(host);
}
END_TEST

/** sequence number of a request */
#define SEQ 7

/**
 * Start a message of an answer
 */
static struct nlmsghdr *put_answer(uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh;

	memset(buf, 0, sizeof(buf));
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = SEQ;
	return nlh;
}

/**
 * Count messages, a mobility_nlsocket_cb_t
 */
static void count_message(void *data, const struct nlmsghdr *nlh)
{
	(*(int*)data)++;
}

/**
 * Read an answer, with nothing behind it
 */
static mobility_nlsocket_answer_t read_answer(size_t len, int *messages)
{
	mobility_nlsocket_answer_t answer = {
		.seq = SEQ,
		.cb = messages ? count_message : NULL,
		.data = messages,
	};
	char *copy;

	copy = malloc(len);
	memcpy(copy, buf, len);
	mobility_nlsocket_parse(&answer, copy, len);
	free(copy);
	return answer;
}

START_TEST(test_acknowledgement)
{
	static const struct {
		int error, expected;
	} cases[] = {
		{ 0, 0 }, { -ESRCH, ESRCH }, { -4095, 4095 },
		/* nothing the kernel says */
		{ 1, EBADMSG }, { -4096, EBADMSG }, { INT_MIN, EBADMSG },
		{ INT_MAX, EBADMSG },
	};
	mobility_nlsocket_answer_t answer;
	struct nlmsghdr *nlh;
	struct nlmsgerr *err;
	int i;

	for (i = 0; i < countof(cases); i++)
	{
		nlh = put_answer(NLMSG_ERROR, 0);
		err = mnl_nlmsg_put_extra_header(nlh, sizeof(*err));
		err->error = cases[i].error;
		answer = read_answer(nlh->nlmsg_len, NULL);
		ck_assert(answer.done);
		ck_assert_int_eq(answer.error, cases[i].expected);
		ck_assert_str_eq(answer.text, "");

		nlh = put_answer(NLMSG_DONE, 0);
		*(int*)mnl_nlmsg_put_extra_header(nlh, sizeof(int)) = cases[i].error;
		answer = read_answer(nlh->nlmsg_len, NULL);
		ck_assert(answer.done);
		/* some tell there how many there are */
		ck_assert_int_eq(answer.error, cases[i].error > 0 ? 0
														  : cases[i].expected);
	}
	/* too short */
	nlh = put_answer(NLMSG_ERROR, 0);
	answer = read_answer(nlh->nlmsg_len, NULL);
	ck_assert(answer.done);
	ck_assert_int_eq(answer.error, EBADMSG);
	nlh = put_answer(NLMSG_DONE, NLM_F_DUMP_INTR);
	answer = read_answer(nlh->nlmsg_len, NULL);
	ck_assert(answer.done && answer.interrupted);
	ck_assert_int_eq(answer.error, 0);
}
END_TEST

START_TEST(test_error_text)
{
	mobility_nlsocket_answer_t answer;
	struct nlmsghdr *nlh;
	struct nlmsgerr *err;

	/* with the request that it is about, or its header only */
	nlh = put_answer(NLMSG_ERROR, NLM_F_ACK_TLVS | (_i ? NLM_F_CAPPED : 0));
	err = mnl_nlmsg_put_extra_header(nlh, sizeof(*err));
	err->error = -EINVAL;
	err->msg.nlmsg_len = sizeof(err->msg) + 20;
	if (!_i)
	{
		mnl_nlmsg_put_extra_header(nlh, 20);
	}
	mnl_attr_put_u32(nlh, NLMSGERR_ATTR_OFFS, 4);
	mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, "wrong");
	answer = read_answer(nlh->nlmsg_len, NULL);
	ck_assert_int_eq(answer.error, EINVAL);
	ck_assert_str_eq(answer.text, "wrong");
	/* damaged */
	answer = read_answer(nlh->nlmsg_len - 1, NULL);
	ck_assert(!answer.done);
	err->msg.nlmsg_len = UINT32_MAX;
	answer = read_answer(nlh->nlmsg_len, NULL);
	ck_assert_int_eq(answer.error, EINVAL);
	ck_assert_str_eq(answer.text, _i ? "wrong" : "");
}
END_TEST

START_TEST(test_messages)
{
	mobility_nlsocket_answer_t answer;
	struct nlmsghdr *nlh;
	int messages = 0;

	/* what belongs to an earlier request is left out, and control messages */
	nlh = put_answer(XFRM_MSG_NEWAE, NLM_F_MULTI);
	nlh = mnl_nlmsg_put_header((char*)buf + NLMSG_HDRLEN);
	nlh->nlmsg_type = XFRM_MSG_NEWAE;
	nlh->nlmsg_seq = SEQ - 1;
	nlh = mnl_nlmsg_put_header((char*)buf + 2 * NLMSG_HDRLEN);
	nlh->nlmsg_type = NLMSG_NOOP;
	nlh->nlmsg_seq = SEQ;
	answer = read_answer(3 * NLMSG_HDRLEN, &messages);
	ck_assert(!answer.done && !answer.interrupted);
	ck_assert_int_eq(messages, 1);
	/* longer than what was received, whatever the sign of its length */
	nlh = put_answer(XFRM_MSG_NEWAE, 0);
	nlh->nlmsg_len = NLMSG_HDRLEN + 1;
	read_answer(NLMSG_HDRLEN, &messages);
	nlh->nlmsg_len = 0xfffffd00;
	read_answer(NLMSG_HDRLEN, &messages);
	ck_assert_int_eq(messages, 1);
}
END_TEST

START_TEST(test_attributes)
{
	const struct nlattr *attr;
	struct nlmsghdr *nlh, *copy;
	int count = 0;

	/* the last one is not padded, and nothing is read behind it */
	nlh = put_header(AF_INET);
	mnl_attr_put_u32(nlh, XFRMA_IF_ID, 99);
	mnl_attr_put_strz(nlh, XFRMA_PAD, "abcd");
	nlh->nlmsg_len -= 3;
	copy = malloc(nlh->nlmsg_len);
	memcpy(copy, nlh, nlh->nlmsg_len);
	mobility_netlink_for_each(attr, copy, sizeof(struct xfrm_aevent_id))
	{
		count++;
	}
	ck_assert_int_eq(count, 2);
	free(copy);
	/* cut off */
	nlh->nlmsg_len--;
	copy = malloc(nlh->nlmsg_len);
	memcpy(copy, nlh, nlh->nlmsg_len);
	mobility_netlink_for_each(attr, copy, sizeof(struct xfrm_aevent_id))
	{
		count++;
	}
	ck_assert_int_eq(count, 3);
	free(copy);
}
END_TEST

START_TEST(test_unknown)
{
	mobility_sa_id_t id = esp_in(1);
	mobility_xfrm_t *xfrm;
	mobility_sa_t sa;

	xfrm = mobility_xfrm_create();
	ck_assert_int_eq(xfrm->get_sa(xfrm, &id, &sa), ESRCH);
	ck_assert_str_eq(mobility_nlsocket_strerror(ESRCH), "No such process");
	ck_assert_int_eq(xfrm->set_thresholds(xfrm, &id, 0, 200), ESRCH);
	id.dst.family = AF_UNIX;
	ck_assert_int_ne(xfrm->get_sa(xfrm, &id, &sa), 0);
	xfrm->destroy(xfrm);
}
END_TEST

START_TEST(test_refused)
{
	struct __user_cap_header_struct hdr = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
	mobility_sa_id_t id = esp_in(1);
	mobility_xfrm_t *xfrm;
	mobility_sa_t sa;

	/* not for good: the tests after this may run in the same process */
	ck_assert(syscall(SYS_capget, &hdr, caps) == 0);
	memcpy(none, caps, sizeof(none));
	none[0].effective = none[1].effective = 0;

	ck_assert(syscall(SYS_capset, &hdr, none) == 0);
	xfrm = mobility_xfrm_create();
	ck_assert_int_eq(xfrm->get_sa(xfrm, &id, &sa), EPERM);
	ck_assert_str_eq(mobility_nlsocket_strerror(EPERM),
					 "Operation not permitted");
	xfrm->destroy(xfrm);
	ck_assert(syscall(SYS_capset, &hdr, caps) == 0);
}
END_TEST

/**
 * Read a threshold of an SA, as the kernel sends it
 */
static void get_threshold(void *data, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[XFRMA_MAX + 1];
	uint32_t *thresholds = data;

	ck_assert(mobility_netlink_parse(nlh, sizeof(struct xfrm_aevent_id), tb,
									 XFRMA_MAX));
	ck_assert(mobility_netlink_get_u32(tb[XFRMA_REPLAY_THRESH],
									   &thresholds[0]));
	ck_assert(mobility_netlink_get_u32(tb[XFRMA_ETIMER_THRESH],
									   &thresholds[1]));
}

START_TEST(test_kernel)
{
	mobility_sa_id_t id = esp_out(1);
	mobility_xfrm_t *xfrm;
	mobility_sa_t sa;
	uint32_t thresholds[2];
	struct xfrm_aevent_id *ae;
	struct nlmsghdr *nlh;
	host_t *peer;
	int i;

	peer = host_create_from_string(ESP_PEER, 0);
	esp_add(ESP_PORT_A, 1, _i ? "replay-window 128 flag esn if_id 5" :
								"replay-window 32 if_id 5");
	esp_add(ESP_PORT_B, 2, "replay-window 32");
	xfrm = mobility_xfrm_create();
	id = esp_out(2);
	for (i = 0; i < 10; i++)
	{
		esp_send(ESP_PORT_B, ESP_ANSWER);
	}
	ck_assert_int_eq(xfrm->get_sa(xfrm, &id, &sa), 0);
	ck_assert(mobility_sa_id_equals(&id, &sa.id));
	ck_assert_int_eq(sa.oseq, 10);
	ck_assert_int_eq(sa.seq, 0);
	ck_assert_int_eq(sa.packets, 10);
	ck_assert_int_ge(sa.bytes, 10 * 64);
	ck_assert_int_ge(sa.use_time, sa.add_time);
	id = esp_in(2);
	mobility_netns_wait(xfrm->get_sa(xfrm, &id, &sa) == 0 && sa.packets == 10);
	ck_assert_int_eq(sa.oseq, 0);
	ck_assert_int_eq(sa.seq, 10);
	ck_assert_int_eq(sa.bitmap[0], 0x3ff);

	id = esp_out(1);
	ck_assert_int_eq(xfrm->get_sa(xfrm, &id, &sa), 0);
	ck_assert_int_eq(sa.packets, 0);
	ck_assert_int_eq(sa.if_id, 5);
	ck_assert_int_eq(sa.use_time, 0);
	ck_assert_int_eq(sa.esn, _i);
	ck_assert_int_eq(sa.window, _i ? 128 : 0);
	ck_assert_int_eq(sa.words, _i ? 4 : 1);

	/* the kernel looks for marks, too */
	mobility_netns_ip("xfrm state add src " ESP_LOCAL " dst " ESP_PEER " proto "
					  "esp spi 3 mode transport mark 42 mask 0xff aead "
					  "'rfc4106(gcm(aes))' 0x%040d 128", 1);
	id = mobility_sa_id_create(peer, IPPROTO_ESP, htonl(3), (mark_t){});
	ck_assert_int_eq(xfrm->get_sa(xfrm, &id, &sa), ESRCH);
	id = mobility_sa_id_create(peer, IPPROTO_ESP, htonl(3),
							   (mark_t){ 42, 0xff });
	ck_assert_int_eq(xfrm->get_sa(xfrm, &id, &sa), 0);
	ck_assert(mobility_sa_id_equals(&id, &sa.id));
	peer->destroy(peer);

	/* takes jiffies, tells tenths of a second */
	id = esp_out(1);
	ck_assert_int_eq(xfrm->set_thresholds(xfrm, &id, 77, 12300), 0);
	nlh = put_header(AF_INET);
	nlh->nlmsg_type = XFRM_MSG_GETAE;
	ae = mnl_nlmsg_get_payload(nlh);
	memcpy(&ae->sa_id.daddr, id.dst.bytes, sizeof(id.dst.bytes));
	ae->sa_id.spi = id.spi;
	ae->flags = XFRM_AE_RTHR | XFRM_AE_ETHR;
	ck_assert_int_eq(xfrm->request(xfrm, nlh, get_threshold, thresholds), 0);
	ck_assert_int_eq(thresholds[0], 77);
	ck_assert_int_eq(thresholds[1], 123);

	/* what the kernel does not take it says so */
	nlh = put_header(AF_INET);
	ae = mnl_nlmsg_get_payload(nlh);
	memcpy(&ae->sa_id.daddr, id.dst.bytes, sizeof(id.dst.bytes));
	ae->sa_id.spi = id.spi;
	ck_assert_int_eq(xfrm->request(xfrm, nlh, NULL, NULL), EINVAL);
	ck_assert_int_gt(strlen(mobility_nlsocket_strerror(EINVAL)), 5);
	xfrm->destroy(xfrm);
}
END_TEST

/**
 * Ask for an SA that there is not, again and again
 */
static void *ask(void *socket)
{
	mobility_xfrm_t *xfrm = socket;
	mobility_sa_id_t id = esp_in(1);
	mobility_sa_t sa;
	int i;

	for (i = 0; i < 1000; i++)
	{
		mobility_assert(xfrm->get_sa(xfrm, &id, &sa) == ESRCH);
		mobility_assert(streq(mobility_nlsocket_strerror(ESRCH),
							  "No such process"));
	}
	return NULL;
}

START_TEST(test_threads)
{
	mobility_xfrm_t *xfrm;
	thread_t *threads[3];
	char expected[128];
	int i;

	xfrm = mobility_xfrm_create();
	/* another answer, which newer kernels have more to say about */
	ck_assert_int_eq(xfrm->request(xfrm, put_header(AF_INET), NULL, NULL),
					 EINVAL);
	snprintf(expected, sizeof(expected), "%s",
			 mobility_nlsocket_strerror(EINVAL));
	for (i = 0; i < countof(threads); i++)
	{
		threads[i] = thread_create(ask, xfrm);
	}
	for (i = 0; i < 1000; i++)
	{
		mobility_assert(xfrm->request(xfrm, put_header(AF_INET), NULL,
									  NULL) == EINVAL);
		mobility_assert(streq(mobility_nlsocket_strerror(EINVAL), expected));
	}
	for (i = 0; i < countof(threads); i++)
	{
		threads[i]->join(threads[i]);
	}
	xfrm->destroy(xfrm);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("xfrm");

	tc = tcase_create("messages");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_test(tc, test_parse);
	tcase_add_test(tc, test_parse_damaged);
	tcase_add_test(tc, test_ids);
	tcase_add_test(tc, test_acknowledgement);
	tcase_add_loop_test(tc, test_error_text, 0, 2);
	tcase_add_test(tc, test_messages);
	tcase_add_test(tc, test_attributes);
	suite_add_tcase(s, tc);

	tc = tcase_create("socket");
	tcase_add_checked_fixture(tc, mobility_netns_setup,
							  mobility_suite_teardown);
	if (mobility_netns_available())
	{
		tcase_add_test(tc, test_unknown);
		tcase_add_test(tc, test_refused);
		tcase_add_test(tc, test_threads);
	}
	suite_add_tcase(s, tc);

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, esp_setup, esp_teardown);
	tcase_set_timeout(tc, 60);
	if (esp_available())
	{
		tcase_add_loop_test(tc, test_kernel, 0, 2);
	}
	suite_add_tcase(s, tc);
	return s;
}
