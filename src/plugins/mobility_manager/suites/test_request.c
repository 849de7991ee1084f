/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "ike/request.h"

#include <daemon.h>

/** message ID of the request */
#define MID 7

/** DSCP that the connection has, 0 if it has no config */
static uint8_t dscp;

/** ends of the IKE_SA, of which the ports count */
static host_t *me, *other;

static ike_sa_t ike_sa;
static ike_cfg_t ike_cfg;
static sender_t sender;
static daemon_t mock;

static mobility_request_t *exchange;

/** path over which the request is sent */
static mobility_path_t path;

/** packets that were sent, a line for each */
static char sent[1024];

/**
 * A request: its packets, and if it is fragmented
 */
static struct {
	message_t public;
	char *packets[4];
	bool fragmented;
	uint32_t mid;
	exchange_type_t type;
} message;

METHOD(ike_sa_t, get_ike_cfg, ike_cfg_t*,
	ike_sa_t *this)
{
	return dscp ? &ike_cfg : NULL;
}

METHOD(ike_sa_t, get_my_host, host_t*,
	ike_sa_t *this)
{
	return me;
}

METHOD(ike_sa_t, get_other_host, host_t*,
	ike_sa_t *this)
{
	return other;
}

METHOD(ike_cfg_t, get_dscp, uint8_t,
	ike_cfg_t *this)
{
	return dscp;
}

METHOD(message_t, is_fragmented, bool,
	message_t *this)
{
	return message.fragmented;
}

METHOD(message_t, get_packet_data, chunk_t,
	message_t *this)
{
	return chunk_from_str(message.packets[0]);
}

/**
 * Create a packet that was built for another path
 */
static packet_t *create_packet(char *data)
{
	return packet_create_from_data(host_create_from_string("10.9.9.9", 1),
								   host_create_from_string("10.9.9.8", 2),
								   chunk_clone(chunk_from_str(data)));
}

/**
 * Enumerates fragments
 */
typedef struct {
	enumerator_t public;
	packet_t *current;
	int i;
} fragments_t;

METHOD(enumerator_t, enumerate_fragments, bool,
	fragments_t *this, va_list args)
{
	packet_t **packet;

	VA_ARGS_VGET(args, packet);
	DESTROY_IF(this->current);
	this->current = NULL;
	if (!message.packets[this->i])
	{
		return FALSE;
	}
	*packet = this->current = create_packet(message.packets[this->i++]);
	return TRUE;
}

METHOD(enumerator_t, destroy_fragments, void,
	fragments_t *this)
{
	DESTROY_IF(this->current);
	free(this);
}

METHOD(message_t, get_fragments, enumerator_t*,
	message_t *this)
{
	fragments_t *enumerator;

	INIT(enumerator,
		.public = {
			.enumerate = enumerator_enumerate_default,
			.venumerate = _enumerate_fragments,
			.destroy = _destroy_fragments,
		},
	);
	return &enumerator->public;
}

METHOD(message_t, get_message_id, uint32_t,
	message_t *this)
{
	return message.mid;
}

METHOD(message_t, get_exchange_type, exchange_type_t,
	message_t *this)
{
	return message.type;
}

/**
 * Note what is sent
 */
static void note(host_t *source, host_t *destination, uint8_t dscp,
				 chunk_t data, const char *form)
{
	snprintf(sent + strlen(sent), sizeof(sent) - strlen(sent),
			 "%#H-%#H %u %.*s%s\n", source, destination, dscp, (int)data.len,
			 data.ptr, form);
}

METHOD(sender_t, send_, void,
	sender_t *this, packet_t *packet)
{
	note(packet->get_source(packet), packet->get_destination(packet),
		 packet->get_dscp(packet), packet->get_data(packet), "");
	packet->destroy(packet);
}

/**
 * Stands in for the function, by --wrap
 */
bool __wrap_mobility_datagram_send_in_parts(host_t *source, host_t *destination,
											uint8_t dscp, chunk_t data)
{
	/* unlike charon's sender it does not add the marker */
	if (me->get_port(me) != IKEV2_UDP_PORT)
	{
		ck_assert_int_eq(untoh32(data.ptr), 0);
		data = chunk_skip(data, 4);
	}
	note(source, destination, dscp, data, " in parts");
	return TRUE;
}

static void setup(void)
{
	mobility_suite_setup();
	ike_sa.get_ike_cfg = _get_ike_cfg;
	ike_sa.get_my_host = _get_my_host;
	ike_sa.get_other_host = _get_other_host;
	ike_cfg.get_dscp = _get_dscp;
	sender.send = _send_;
	mock.sender = &sender;
	charon = &mock;
	dscp = 0;
	me = host_create_from_string("10.0.0.2", 4501);
	other = host_create_from_string("192.0.2.1", 4502);
	memset(&message, 0, sizeof(message));
	message.public.is_fragmented = _is_fragmented;
	message.public.get_packet_data = _get_packet_data;
	message.public.get_fragments = _get_fragments;
	message.public.get_message_id = _get_message_id;
	message.public.get_exchange_type = _get_exchange_type;
	message.packets[0] = "one";
	message.mid = MID;
	message.type = INFORMATIONAL;
	path = (mobility_path_t){
		.local = host_create_from_string("10.1.0.2", 0),
		.remote = host_create_from_string("192.0.2.9", 500),
	};
	sent[0] = '\0';
	exchange = mobility_request_create();
}

static void teardown(void)
{
	exchange->destroy(exchange);
	me->destroy(me);
	other->destroy(other);
	path.local->destroy(path.local);
	path.remote->destroy(path.remote);
	charon = NULL;
	mobility_suite_teardown();
}

/** The path with the IKE_SA's ports, before what is sent over it */
#define PATH "10.1.0.2[4501]-192.0.2.9[4502] "

/**
 * Check what was sent since the last time
 */
static void assert_sent(const char *expected)
{
	ck_assert_str_eq(sent, expected);
	sent[0] = '\0';
}

/**
 * Keep the request
 */
static void capture(void)
{
	exchange->capture(exchange, &ike_sa, &message.public);
}

/**
 * Send it over the path
 */
static void send_over(void)
{
	exchange->send(exchange, &path, me, other);
}

START_TEST(test_none)
{
	ck_assert(!exchange->in_flight(exchange));
	ck_assert(!exchange->matches(exchange, 0));
	ck_assert(!exchange->get_name(exchange));
	ck_assert(!exchange->get_packet(exchange));
	send_over();
	ck_assert(!exchange->send_first(exchange, &path, &ike_sa));
	ck_assert_uint_eq(exchange->count_first(exchange), 0);
	assert_sent("");
	exchange->clear(exchange);
}
END_TEST

START_TEST(test_capture)
{
	chunk_t data;

	capture();
	ck_assert(exchange->in_flight(exchange));
	ck_assert(exchange->matches(exchange, MID));
	ck_assert(!exchange->matches(exchange, MID + 1));
	ck_assert(!exchange->matches(exchange, MID - 1));
	ck_assert_uint_eq(exchange->get_message_id(exchange), MID);
	ck_assert_str_eq(exchange->get_name(exchange), "INFORMATIONAL");
	data = exchange->get_packet(exchange)->get_data(
										exchange->get_packet(exchange));
	ck_assert(chunk_equals(data, chunk_from_str("one")));

	/* it is answered */
	exchange->clear(exchange);
	ck_assert(!exchange->in_flight(exchange));
	ck_assert(!exchange->matches(exchange, MID));
	ck_assert(!exchange->get_name(exchange));
	send_over();
	assert_sent("");
}
END_TEST

/**
 * The next request takes the place of one, whatever that was
 */
START_TEST(test_capture_again)
{
	capture();
	exchange->begin_with(exchange, MOBILITY_REQUEST_WHOLE);
	ck_assert(exchange->send_first(exchange, &path, &ike_sa));
	send_over();
	ck_assert(exchange->get_both(exchange));
	assert_sent(PATH "0 one\n" PATH "0 one\n" PATH "0 one in parts\n");

	message.packets[0] = "next";
	message.mid = MID + 1;
	message.type = CREATE_CHILD_SA;
	capture();
	ck_assert(!exchange->matches(exchange, MID));
	ck_assert(exchange->matches(exchange, MID + 1));
	ck_assert_str_eq(exchange->get_name(exchange), "CREATE_CHILD_SA");
	ck_assert_uint_eq(exchange->count_first(exchange), 0);
	ck_assert(!exchange->get_both(exchange));
	send_over();
	assert_sent(PATH "0 next\n");
}
END_TEST

/**
 * Each time it is the same packet, from and to other addresses
 */
START_TEST(test_send)
{
	host_t *local;

	capture();
	message.packets[0] = "something else";
	send_over();
	send_over();
	assert_sent(PATH "0 one\n" PATH "0 one\n");

	local = path.local;
	path.local = host_create_from_string("2001:db8::2", 0);
	me->set_port(me, 4500);
	send_over();
	path.local->destroy(path.local);
	path.local = local;
	assert_sent("2001:db8::2[4500]-192.0.2.9[4502] 0 one\n");
}
END_TEST

START_TEST(test_fragments)
{
	chunk_t data;

	message.fragmented = TRUE;
	message.packets[1] = "two";
	message.packets[2] = "three";
	capture();
	data = exchange->get_packet(exchange)->get_data(
										exchange->get_packet(exchange));
	ck_assert(chunk_equals(data, chunk_from_str("one")));
	send_over();
	send_over();
	assert_sent(PATH "0 one\n" PATH "0 two\n" PATH "0 three\n"
				PATH "0 one\n" PATH "0 two\n" PATH "0 three\n");
}
END_TEST

/**
 * Packets are marked as the connection wants it, also those we have made
 */
START_TEST(test_dscp)
{
	dscp = 46;
	capture();
	exchange->begin_with(exchange, MOBILITY_REQUEST_PARTS);
	/* what it wants later is for the next request */
	dscp = 8;
	send_over();
	assert_sent(PATH "46 one\n" PATH "46 one in parts\n");

	message.fragmented = TRUE;
	message.packets[1] = "two";
	capture();
	send_over();
	assert_sent(PATH "8 one\n" PATH "8 two\n");
}
END_TEST

/**
 * The same packet in one or several IP packets
 */
START_TEST(test_forms)
{
	capture();
	ck_assert(!exchange->send_first(exchange, &path, &ike_sa));
	ck_assert_uint_eq(exchange->count_first(exchange), 0);
	send_over();
	ck_assert(!exchange->get_both(exchange));
	assert_sent(PATH "0 one\n");

	exchange->begin_with(exchange, MOBILITY_REQUEST_PARTS);
	ck_assert(exchange->send_first(exchange, &path, &ike_sa));
	ck_assert(exchange->send_first(exchange, &path, &ike_sa));
	assert_sent(PATH "0 one in parts\n" PATH "0 one in parts\n");
	ck_assert_uint_eq(exchange->count_first(exchange), 2);
	ck_assert(!exchange->get_both(exchange));

	/* in both forms, which does not count */
	send_over();
	ck_assert(exchange->get_both(exchange));
	assert_sent(PATH "0 one\n" PATH "0 one in parts\n");
	ck_assert_uint_eq(exchange->count_first(exchange), 2);

	/* known after it was answered, until there is another one */
	exchange->clear(exchange);
	ck_assert(!exchange->send_first(exchange, &path, &ike_sa));
	send_over();
	assert_sent("");
	ck_assert_uint_eq(exchange->count_first(exchange), 2);
	ck_assert(exchange->get_both(exchange));
	capture();
	ck_assert_uint_eq(exchange->count_first(exchange), 0);
	ck_assert(!exchange->get_both(exchange));
	ck_assert(!exchange->send_first(exchange, &path, &ike_sa));

	/* there is no marker without NAT-T ports */
	me->set_port(me, IKEV2_UDP_PORT);
	exchange->begin_with(exchange, MOBILITY_REQUEST_PARTS);
	ck_assert(exchange->send_first(exchange, &path, &ike_sa));
	assert_sent("10.1.0.2[500]-192.0.2.9[4502] 0 one in parts\n");
}
END_TEST

START_TEST(test_host)
{
	host_t *host;
	char buf[64];

	host = mobility_request_host(path.local, other);
	snprintf(buf, sizeof(buf), "%#H", host);
	ck_assert_str_eq(buf, "10.1.0.2[4502]");
	ck_assert_int_eq(path.local->get_port(path.local), 0);
	host->destroy(host);
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("exchange");

	tc = tcase_create("cases");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_none);
	tcase_add_test(tc, test_capture);
	tcase_add_test(tc, test_capture_again);
	tcase_add_test(tc, test_send);
	tcase_add_test(tc, test_fragments);
	tcase_add_test(tc, test_dscp);
	tcase_add_test(tc, test_forms);
	tcase_add_test(tc, test_host);
	suite_add_tcase(s, tc);

	return s;
}
