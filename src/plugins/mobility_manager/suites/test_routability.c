/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "fake_clock.h"
#include "mock_charon.h"
#include "mock_ike.h"

#include "anchor/routability.h"
#include "session/tally.h"
#include "ike/ike_hooks.h"

#include <encoding/payloads/notify_payload.h>

/** our address, that of the peer, others of it, and somebody else's */
#define LOCAL "10.0.0.2"
#define A "192.0.2.1"
#define B "192.0.2.2"
#define C "192.0.2.3"
#define VICTIM "198.51.100.1"

/** length of messages of the peer */
#define LEN 200

/** notifies of a message, the most that charon takes */
#define MAX_NOTIFIES 20

static struct {
	mobility_ike_handler_t handler;
	mobility_ike_hooks_t *hooks;
	mobility_routability_t *routability;
	mobility_request_t *request;
	listener_t listener;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;
	/** COOKIE2 of the last request, and its message ID */
	chunk_t cookie2;
	uint32_t mid;
	/** message ID of the peer's next request */
	uint32_t peer_mid;
} end;

/**
 * Data of a message of the peer, its length is all that counts
 */
METHOD(message_t, get_packet_data, chunk_t,
	message_t *this)
{
	static uint8_t data[LEN];

	return chunk_from_thing(data);
}

/**
 * Note the COOKIE2 of a request
 */
static void note_request(message_t *message)
{
	notify_payload_t *notify;

	notify = message->get_notify(message, COOKIE2);
	chunk_free(&end.cookie2);
	if (notify)
	{
		end.cookie2 = chunk_clone(notify->get_notification_data(notify));
	}
	end.mid = message->get_message_id(message);
}

/**
 * What a session does
 */
METHOD(listener_t, message_, bool,
	listener_t *this, ike_sa_t *ike_sa, message_t *message, bool incoming,
	bool plain)
{
	mobility_request_t *request = end.request;

	if (!incoming && plain && message->get_request(message))
	{
		note_request(message);
	}
	if (!end.routability || ike_sa != end.ike_sa)
	{
		return TRUE;
	}
	end.routability->message(end.routability, message, incoming, plain);
	if (!incoming && !plain && message->get_request(message))
	{
		request->capture(request, ike_sa, message);
	}
	else if (incoming && plain && !message->get_request(message) &&
			 request->matches(request, message->get_message_id(message)))
	{
		request->clear(request);
	}
	return TRUE;
}

/**
 * Implements mobility_ike_methods_t.update_hosts()
 */
static void update_hosts(mobility_ike_handler_t *this, ike_sa_t *ike_sa,
						 const mobility_ike_stock_t *stock, host_t *me,
						 host_t *other, update_hosts_flag_t flags)
{
	if (end.routability->admits(end.routability, me, other, flags))
	{
		stock->update_hosts(ike_sa, me, other, flags);
	}
}

/**
 * Implements mobility_ike_methods_t.processed()
 */
static status_t processed(mobility_ike_handler_t *this, ike_sa_t *ike_sa,
						  status_t status)
{
	return end.routability->work(end.routability);
}

/**
 * Implements mobility_ike_methods_t.retransmit(): a session decides itself
 */
static status_t retransmit(mobility_ike_handler_t *this, ike_sa_t *ike_sa,
						   const mobility_ike_stock_t *stock, uint32_t mid)
{
	return SUCCESS;
}

/**
 * Create the end of a peer that has logged in from A
 */
static void begin(mobility_return_routability_t mode)
{
	mock_ike_conf_t conf = {
		.responder = TRUE,
	};

	end.id = mock_ike_create(&conf);
	end.ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager,
												  end.id);
	end.request = mobility_request_create();
	end.routability = mobility_routability_create(mode, end.request);
	end.hooks->hook(end.hooks, end.ike_sa, &end.handler);
	end.routability->bind(end.routability, end.ike_sa);
	end.peer_mid = end.ike_sa->get_message_id(end.ike_sa, FALSE);
	mock_charon_forget();
}

static void setup(void)
{
	static const mobility_ike_methods_t methods = {
		.update_hosts = update_hosts,
		.retransmit = retransmit,
		.processed = processed,
	};

	mock_charon_setup("");
	fake_clock_start(1000000);
	lib->crypto->add_rng(lib->crypto, RNG_STRONG, "mock",
						 mock_charon_create_rng);
	memset(&end, 0, sizeof(end));
	end.hooks = mobility_ike_hooks_create();
	end.handler.methods = &methods;
	end.listener.message = _message_;
	charon->bus->add_listener(charon->bus, &end.listener);
}

static void teardown(void)
{
	end.routability->bind(end.routability, NULL);
	end.hooks->unhook(end.hooks, end.ike_sa);
	end.routability->destroy(end.routability);
	end.routability = NULL;
	end.request->destroy(end.request);
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
												end.ike_sa);
	end.id->destroy(end.id);
	end.hooks->destroy(end.hooks);
	charon->bus->remove_listener(charon->bus, &end.listener);
	chunk_free(&end.cookie2);
	lib->crypto->remove_rng(lib->crypto, mock_charon_create_rng);
	fake_clock_stop();
	mock_charon_teardown();
}

/**
 * Have the end process a message, which gets destroyed
 */
static status_t process(message_t *message)
{
	status_t status;

	message->get_packet_data = _get_packet_data;
	status = end.ike_sa->process_message(end.ike_sa, message);
	message->destroy(message);
	return status;
}

/**
 * Create a request of the peer
 */
static message_t *create_request(char *from)
{
	return mock_ike_message(end.id, TRUE, INFORMATIONAL, end.peer_mid++, LOCAL,
							from);
}

/**
 * The peer says that it is somewhere, through a NAT that has it mapped there if it
 * believes to be elsewhere
 */
static void update_from(char *from)
{
	message_t *message;

	message = create_request(from);
	message->add_notify(message, FALSE, UPDATE_SA_ADDRESSES, chunk_empty);
	ck_assert_int_eq(process(message), SUCCESS);
}

/**
 * An ESP packet came from somewhere else
 */
static void esp_from(char *from)
{
	host_t *other;

	other = host_create_from_string(from, IKEV2_NATT_PORT);
	end.ike_sa->update_hosts(end.ike_sa, NULL, other, 0);
	other->destroy(other);
	ck_assert_int_eq(end.routability->work(end.routability), SUCCESS);
}

/**
 * The peer answers the request in flight, with its COOKIE2, another one or none
 */
static status_t answer_with(char *from, chunk_t cookie2)
{
	message_t *message;

	message = mock_ike_message(end.id, FALSE, INFORMATIONAL, end.mid, LOCAL,
							   from);
	if (cookie2.len)
	{
		message->add_notify(message, FALSE, COOKIE2, cookie2);
	}
	return process(message);
}

/**
 * The peer answers as it has to
 */
static void answer_from(char *from)
{
	ck_assert_int_eq(answer_with(from, end.cookie2), SUCCESS);
}

/**
 * Time passes
 */
static void pass(uint64_t ms)
{
	uint64_t next, until = fake_clock_now() + ms;

	while (TRUE)
	{
		next = end.routability->get_deadline(end.routability);
		if (!next || next > until)
		{
			break;
		}
		fake_clock_set(max(next, fake_clock_now()));
		ck_assert_int_eq(end.routability->work(end.routability), SUCCESS);
		if (end.routability->get_deadline(end.routability) == next)
		{	/* it waits for what is in flight */
			break;
		}
	}
	fake_clock_set(until);
	ck_assert_int_eq(end.routability->work(end.routability), SUCCESS);
}

/**
 * Check where the peer is taken to be
 */
static void assert_at(char *addr)
{
	char at[64];

	snprintf(at, sizeof(at), "%H", end.ike_sa->get_other_host(end.ike_sa));
	ck_assert_str_eq(at, addr);
}

/**
 * Check to where requests were sent since this was called last
 */
static void assert_asked(char *expected)
{
	const mock_packet_t *packet;
	char asked[256] = "";
	int i;

	for (i = 0; i < mock_charon_count(); i++)
	{
		packet = mock_charon_get(i);
		if (packet->request)
		{
			snprintf(asked + strlen(asked), sizeof(asked) - strlen(asked),
					 "%H ", packet->destination);
		}
	}
	ck_assert_str_eq(asked, expected);
	mock_charon_forget();
}

/**
 * Have a request of stock's in flight
 */
static void ask_something(void)
{
	end.ike_sa->queue_task(end.ike_sa, mock_task_create(end.ike_sa,
											TASK_IKE_DPD, NULL, NULL));
	ck_assert_int_eq(end.ike_sa->initiate(end.ike_sa, NULL, NULL), SUCCESS);
}

START_TEST(test_proven)
{
	begin(_i);
	update_from(B);
	assert_at(_i == MOBILITY_RETURN_ROUTABILITY_BEFORE ? A : B);
	if (_i == MOBILITY_RETURN_ROUTABILITY_NO)
	{
		assert_asked("");
		return;
	}
	ck_assert_uint_eq(end.cookie2.len, 16);
	assert_asked(B " ");
	answer_from(B);
	assert_at(B);
	pass(10000);
	assert_asked("");
	ck_assert_uint_eq(end.routability->get_deadline(end.routability), 0);
}
END_TEST

START_TEST(test_unproven)
{
	begin(_i);
	update_from(VICTIM);
	assert_asked(VICTIM " ");
	pass(999);
	assert_asked(VICTIM " " VICTIM " " VICTIM " ");
	mobility_suite_log_start();
	pass(1);
	assert_at(A);
	/* the old address is tried */
	assert_asked(A " ");
	ck_assert(strstr(mobility_suite_log(), "peer has not proven to be at "
					 VICTIM "[4500], using " A));
	pass(60000);
	assert_asked("");
	/* and what is answered then is not about the other */
	answer_from(A);
	assert_at(A);
	assert_asked("");
}
END_TEST

START_TEST(test_different)
{
	begin(_i);
	update_from(B);
	ck_assert_int_eq(answer_with(B, chunk_from_str("something else")),
					 DESTROY_ME);
}
END_TEST

START_TEST(test_missing)
{
	begin(_i);
	update_from(B);
	assert_asked(B " ");
	mobility_suite_log_start();
	ck_assert_int_eq(answer_with(B, chunk_empty), SUCCESS);
	assert_at(A);
	ck_assert(strstr(mobility_suite_log(), "peer has not proven to be at " B));
	pass(10000);
	assert_asked("");
}
END_TEST

START_TEST(test_in_flight)
{
	begin(_i);
	ask_something();
	assert_asked(A " ");
	update_from(B);
	/* the peer gets it nowhere else */
	assert_asked(B " ");
	answer_from(B);
	ck_assert_uint_eq(end.cookie2.len, 16);
	assert_asked(B " ");
	assert_at(_i == MOBILITY_RETURN_ROUTABILITY_BEFORE ? A : B);
	answer_from(B);
	assert_at(B);
	assert_asked("");
}
END_TEST

/**
 * What is in flight is about one address, and then about another one
 */
START_TEST(test_moves_on)
{
	chunk_t cookie2;

	begin(_i);
	update_from(B);
	assert_asked(B " ");
	update_from(C);
	assert_asked(C " ");
	cookie2 = chunk_clone(end.cookie2);
	answer_from(C);
	/* that proved nothing */
	assert_at(_i == MOBILITY_RETURN_ROUTABILITY_BEFORE ? A : C);
	assert_asked(C " ");
	ck_assert(!chunk_equals(cookie2, end.cookie2));
	chunk_free(&cookie2);
	answer_from(C);
	assert_at(C);
	pass(10000);
	assert_asked("");
}
END_TEST

/**
 * Packets are late, as the network is slow: what they prove is asked once more
 */
START_TEST(test_late)
{
	begin(_i);
	update_from(B);
	pass(1200);
	assert_at(A);
	mock_charon_forget();
	answer_from(B);
	assert_at(A);
	assert_asked(B " ");
	answer_from(B);
	assert_at(B);
}
END_TEST

/**
 * Answers of others than the peer can't be, but it may send them from elsewhere
 */
START_TEST(test_source_says_nothing)
{
	begin(MOBILITY_RETURN_ROUTABILITY_AFTER);
	update_from(VICTIM);
	pass(1000);
	mock_charon_forget();
	/* it was sent to both by now */
	answer_from(VICTIM);
	assert_at(A);
	assert_asked(VICTIM " ");
	pass(1000);
	assert_at(A);
}
END_TEST

/**
 * NAT detection comes before the address, and has to go back with it
 */
START_TEST(test_nat)
{
	message_t *message;

	begin(_i);
	message = create_request(B);
	message->add_notify(message, FALSE, UPDATE_SA_ADDRESSES, chunk_empty);
	message->add_notify(message, FALSE, NAT_DETECTION_SOURCE_IP,
						chunk_from_str("01234567890123456789"));
	message->add_notify(message, FALSE, NAT_DETECTION_DESTINATION_IP,
						chunk_from_str("01234567890123456789"));
	ck_assert_int_eq(process(message), SUCCESS);
	ck_assert_int_eq(end.ike_sa->has_condition(end.ike_sa, COND_NAT_THERE),
					 _i == MOBILITY_RETURN_ROUTABILITY_AFTER);
	ck_assert_int_eq(end.ike_sa->has_condition(end.ike_sa, COND_NAT_ANY),
					 _i == MOBILITY_RETURN_ROUTABILITY_AFTER);
	answer_from(B);
	assert_at(B);
	ck_assert(end.ike_sa->has_condition(end.ike_sa, COND_NAT_THERE));
	ck_assert(end.ike_sa->has_condition(end.ike_sa, COND_NAT_HERE));

	update_from(VICTIM);
	pass(5000);
	assert_at(B);
	ck_assert(end.ike_sa->has_condition(end.ike_sa, COND_NAT_THERE));
}
END_TEST

/**
 * ESP packets that somebody has passed on from elsewhere
 */
START_TEST(test_esp)
{
	int i, away = 0;

	begin(_i);
	esp_from(VICTIM);
	assert_at(A);
	assert_asked("");
	end.ike_sa->set_condition(end.ike_sa, COND_NAT_THERE, TRUE);
	for (i = 0; i < 100; i++)
	{
		esp_from(VICTIM);
		away += end.routability->where.ahead;
		pass(20);
		esp_from(A);
		pass(980);
		assert_at(A);
		if (end.request->in_flight(end.request) &&
			!end.routability->where.exclusive)
		{	/* it was sent there as well by now */
			answer_from(A);
		}
	}
	ck_assert_int_eq(away, _i == MOBILITY_RETURN_ROUTABILITY_AFTER ? 4 : 0);
}
END_TEST

/**
 * A hundred messages a second with as many addresses as there can be
 */
START_TEST(test_flood)
{
	ike_sa_t *ike_sa;
	enumerator_t *enumerator;
	message_t *message;
	host_t *host;
	char from[16];
	uint8_t address[4] = { 198, 51, 100 };
	size_t sent = 0;
	u_int lines = 0;
	const char *log;
	int i, j;

	begin(_i);
	ike_sa = end.ike_sa;
	mobility_suite_log_start();
	for (i = 0; i < 1000; i++)
	{
		snprintf(from, sizeof(from), "198.51.100.%d", 1 + i % 250);
		message = create_request(from);
		message->add_notify(message, FALSE, UPDATE_SA_ADDRESSES, chunk_empty);
		for (j = 1; j < MAX_NOTIFIES; j++)
		{
			address[3] = i + j;
			message->add_notify(message, FALSE, ADDITIONAL_IP4_ADDRESS,
								chunk_from_thing(address));
		}
		ck_assert_int_eq(process(message), SUCCESS);
		pass(10);
	}
	pass(5000);
	assert_at(A);
	for (i = 0; i < mock_charon_count(); i++)
	{
		sent += mock_charon_get(i)->len + 32;
	}
	ck_assert_uint_le(sent, 3 * 1000 * (LEN + 32));
	/* each list has replaced the one before */
	i = 0;
	enumerator = ike_sa->create_peer_address_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &host))
	{
		i++;
	}
	enumerator->destroy(enumerator);
	ck_assert_int_le(i, MAX_NOTIFIES + 1);
	for (log = mobility_suite_log(); (log = strstr(log, "not proven")); log++)
	{
		lines++;
	}
	ck_assert_uint_eq(lines, 1);
}
END_TEST

START_TEST(test_log)
{
	u_int counted = mobility_tally_get(MOBILITY_TALLY_UNPROVEN);
	const char *log;
	int i, lines = 0;

	begin(MOBILITY_RETURN_ROUTABILITY_AFTER);
	mobility_suite_log_start();
	for (i = 0; i < 60; i++)
	{
		update_from(i % 2 ? B : C);
		pass(2000);
	}
	for (log = mobility_suite_log(); (log = strstr(log, "not proven")); log++)
	{
		lines++;
	}
	ck_assert_int_eq(lines, 2);
	ck_assert(strstr(mobility_suite_log(), "(29 more since the last time)"));
	ck_assert_uint_eq(mobility_tally_get(MOBILITY_TALLY_UNPROVEN), counted + 60);
}
END_TEST

/**
 * A rekeyed IKE_SA has the same peer, of which is known what was
 */
START_TEST(test_rekey)
{
	mobility_task_t *task;
	ike_sa_t *old = end.ike_sa, *new;

	begin(_i);
	old = end.ike_sa;
	update_from(B);
	assert_asked(B " ");
	new = mock_ike_create_successor(old);
	end.routability->bind(end.routability, new);
	ck_assert(mobility_task_find(old, TASK_QUEUE_ACTIVE, &task));
	end.request->clear(end.request);
	end.hooks->unhook(end.hooks, old);
	end.hooks->hook(end.hooks, new, &end.handler);
	/* what the old one is answered means nothing */
	ck_assert_int_eq(answer_with(B, end.cookie2), SUCCESS);
	assert_at(_i == MOBILITY_RETURN_ROUTABILITY_BEFORE ? A : B);
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager, old);
	end.ike_sa = new;
	charon->bus->set_sa(charon->bus, new);
	end.id->destroy(end.id);
	end.id = new->get_id(new);
	end.id = end.id->clone(end.id);
	pass(0);
	assert_asked(B " ");
	answer_from(B);
	assert_at(B);
	ck_assert_int_eq(end.routability->where.claim, MOBILITY_CLAIM_NONE);
}
END_TEST

/**
 * A MOBIKE task of stock is not met
 */
START_TEST(test_stock_task)
{
	ike_mobike_t *mobike;

	begin(MOBILITY_RETURN_ROUTABILITY_AFTER);
	mobike = ike_mobike_create(end.ike_sa, TRUE);
	end.ike_sa->queue_task_delayed(end.ike_sa, &mobike->task, 60);
	update_from(B);
	assert_asked("");
	end.ike_sa->flush_queue(end.ike_sa, TASK_QUEUE_QUEUED);
	pass(300);
	assert_asked(B " ");
	answer_from(B);
	ck_assert_int_eq(end.routability->where.claim, MOBILITY_CLAIM_NONE);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("routability");

	tc = tcase_create("addresses");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_proven, 0, 3);
	tcase_add_loop_test(tc, test_unproven, 0, 2);
	tcase_add_loop_test(tc, test_different, 0, 2);
	tcase_add_loop_test(tc, test_missing, 0, 2);
	tcase_add_loop_test(tc, test_in_flight, 0, 2);
	tcase_add_loop_test(tc, test_moves_on, 0, 2);
	tcase_add_loop_test(tc, test_late, 0, 2);
	tcase_add_test(tc, test_source_says_nothing);
	tcase_add_loop_test(tc, test_nat, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("attacks");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_esp, 0, 2);
	tcase_add_loop_test(tc, test_flood, 0, 2);
	tcase_add_test(tc, test_log);
	suite_add_tcase(s, tc);

	tc = tcase_create("IKE_SAs");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_rekey, 0, 2);
	tcase_add_test(tc, test_stock_task);
	suite_add_tcase(s, tc);

	return s;
}
