/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "mock_charon.h"

#include "ike/crash_notice.h"

#include <encoding/message.h>

/** SPIs, message ID */
#define SPIS 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
#define MID 0, 0, 0, 7

/** header of a message: payload, exchange, flags, length */
#define HEADER(next, exchange, flags, len) \
	SPIS, next, 0x20, exchange, flags, MID, 0, 0, 0, len

/** types */
#define NOTIFY 41
#define VENDOR 43
#define SK 46
#define SKF 53
#define SA_INIT 34
#define CREATE_CHILD 36
#define INFO 37

/** INVALID_IKE_SPI, with what follows */
#define INVALID(next) next, 0, 0, 8, 1, 0, 0, 4

/** a token, of 16 bytes and shorter, and one with an SPI */
#define TOKEN(next, byte) next, 0, 0, 24, 1, 0, 0x40, 0x23, \
	byte, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16
#define SHORT_TOKEN(next) next, 0, 0, 23, 1, 0, 0x40, 0x23, \
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define SPI_TOKEN(next) next, 0, 0, 28, 1, 4, 0x40, 0x23, \
	1, 2, 3, 4, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16

static void setup()
{
	mock_charon_setup("");
}

/** one that is whole */
static chunk_t whole = chunk_from_chars(
	HEADER(NOTIFY, INFO, 0x20, 60), INVALID(NOTIFY), TOKEN(0, 1));

/**
 * Messages, and how many tokens they have
 */
static struct {
	chunk_t data;
	u_int count;
} messages[] = {
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 60),
		INVALID(NOTIFY), TOKEN(0, 1)), 1 },
	/* in any order, with something between, of any exchange, as a request */
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x08, 60),
		TOKEN(NOTIFY, 1), INVALID(0)), 1 },
	{ chunk_from_chars(HEADER(VENDOR, CREATE_CHILD, 0x20, 66),
		NOTIFY, 0, 0, 6, 1, 2, INVALID(NOTIFY), TOKEN(0, 1)), 1 },
	/* several, and more than that */
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 132), INVALID(NOTIFY),
		TOKEN(NOTIFY, 1), TOKEN(NOTIFY, 2), TOKEN(NOTIFY, 3), TOKEN(0, 4)), 4 },
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 156), INVALID(NOTIFY),
		TOKEN(NOTIFY, 1), TOKEN(NOTIFY, 2), TOKEN(NOTIFY, 3), TOKEN(NOTIFY, 4),
		TOKEN(0, 5)), 4 },
	/* one of them is none */
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 83), INVALID(NOTIFY),
		SHORT_TOKEN(NOTIFY), TOKEN(0, 1)), 1 },
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 59), INVALID(NOTIFY),
		SHORT_TOKEN(0)), 0 },
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 64), INVALID(NOTIFY),
		SPI_TOKEN(0)), 0 },
	/* nothing says that the IKE_SA is not there, or there is no token */
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 52), TOKEN(0, 1)), 0 },
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 36), INVALID(0)), 0 },
	{ chunk_from_chars(HEADER(0, INFO, 0x20, 28)), 0 },
	/* not of IKEv2, for an IKE_SA that does not exist yet, protected */
	{ chunk_from_chars(SPIS, NOTIFY, 0x10, INFO, 0x20, MID, 0, 0, 0, 60,
		INVALID(NOTIFY), TOKEN(0, 1)), 0 },
	{ chunk_from_chars(HEADER(NOTIFY, SA_INIT, 0x20, 60),
		INVALID(NOTIFY), TOKEN(0, 1)), 0 },
	{ chunk_from_chars(HEADER(SK, INFO, 0x20, 64),
		NOTIFY, 0, 0, 4, INVALID(NOTIFY), TOKEN(0, 1)), 0 },
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 64),
		INVALID(NOTIFY), TOKEN(SKF, 1), 0, 0, 0, 4), 0 },
	/* lengths that are too small, too large, or not those of the message */
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 64),
		INVALID(NOTIFY), TOKEN(NOTIFY, 1), 0, 0, 0, 3), 0 },
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 64),
		INVALID(NOTIFY), TOKEN(NOTIFY, 1), 0, 0, 0, 5), 0 },
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 64),
		INVALID(NOTIFY), TOKEN(NOTIFY, 1), 0, 0, 0, 4), 1 },
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 61),
		INVALID(NOTIFY), TOKEN(0, 1)), 0 },
	{ chunk_from_chars(HEADER(NOTIFY, INFO, 0x20, 59),
		INVALID(NOTIFY), TOKEN(0, 1)), 0 },
};

START_TEST(test_parse)
{
	mobility_crash_notice_t notice;
	u_int i;

	ck_assert_int_eq(mobility_crash_notice_parse(messages[_i].data, &notice),
					 messages[_i].count > 0);
	if (messages[_i].count)
	{
		ck_assert_uint_eq(notice.count, messages[_i].count);
		for (i = 0; i < notice.count; i++)
		{
			ck_assert_uint_eq(notice.tokens[i].len, 16);
			ck_assert_uint_eq(notice.tokens[i].ptr[0], 1 + i);
		}
	}
}
END_TEST

START_TEST(test_truncated)
{
	mobility_crash_notice_t notice;
	chunk_t part;
	size_t len;

	for (len = 0; len < whole.len; len++)
	{	/* in memory that ends there, with the length that it has */
		part = chunk_clone(chunk_create(whole.ptr, len));
		if (len >= 28)
		{
			htoun32(part.ptr + 24, len);
		}
		ck_assert(!mobility_crash_notice_parse(part, &notice));
		chunk_free(&part);
	}
}
END_TEST

START_TEST(test_lengths)
{
	chunk_t token = chunk_alloca(MOBILITY_CRASH_TOKEN_MAX + 1), data;
	mobility_crash_notice_t notice;
	size_t len;

	memset(token.ptr, 'x', token.len);
	for (len = 0; len <= token.len; len++)
	{
		data = mobility_crash_notice_encode(whole,
											chunk_create(token.ptr, len));
		ck_assert_int_eq(mobility_crash_notice_parse(data, &notice),
						 len >= 16 && len <= 128);
		chunk_free(&data);
	}
}
END_TEST

/**
 * Requests, and the flags of the answer
 */
static struct {
	uint8_t exchange, flags, answer;
} requests[] = {
	{ INFO, 0x08, 0x20 },
	{ CREATE_CHILD, 0x00, 0x28 },
};

START_TEST(test_encode)
{
	uint8_t exchange = requests[_i].exchange, flags = requests[_i].flags;
	chunk_t request = chunk_from_chars(HEADER(SK, exchange, flags, 99));
	chunk_t token = chunk_from_chars('t', 'o', 'k', 'e', 'n', ' ', 'o', 'f', ' ',
									 'i', 't', 's', ' ', 'o', 'w', 'n');
	mobility_crash_notice_t notice;
	message_t *message;
	chunk_t data;

	data = mobility_crash_notice_encode(request, token);
	ck_assert(mobility_crash_notice_parse(data, &notice));
	ck_assert_uint_eq(notice.count, 1);
	ck_assert(chunk_equals(notice.tokens[0], token));
	ck_assert_uint_eq(data.ptr[19], requests[_i].answer);
	/* stock can at least read the header, which is that of an answer */
	message = message_create_from_packet(packet_create_from_data(
								host_create_any(AF_INET),
								host_create_any(AF_INET), data));
	ck_assert_int_eq(message->parse_header(message), SUCCESS);
	ck_assert(!message->get_request(message));
	ck_assert_uint_eq(message->get_message_id(message), 7);
	ck_assert_int_eq(message->get_exchange_type(message), exchange);
	ck_assert(memeq(data.ptr, request.ptr, 16));
	message->destroy(message);
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("crash notice");

	tc = tcase_create("parse");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_loop_test(tc, test_parse, 0, countof(messages));
	tcase_add_test(tc, test_truncated);
	suite_add_tcase(s, tc);

	tc = tcase_create("encode");
	tcase_add_checked_fixture(tc, setup, mock_charon_teardown);
	tcase_add_test(tc, test_lengths);
	tcase_add_loop_test(tc, test_encode, 0, countof(requests));
	suite_add_tcase(s, tc);

	return s;
}
