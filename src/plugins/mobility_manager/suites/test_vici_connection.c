/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* The VICI protocol as the control socket speaks it, without sockets. */

#include "mobility_suite.h"

#include "control/vici_connection.h"

/** elements of messages; names and values come with their length in front */
#define SECTION(name) "\x01" name
#define END "\x02"
#define KV(name, value) "\x03" name "\0" value
#define LIST(name) "\x04" name
#define ITEM(value) "\x05\0" value
#define LIST_END "\x06"

/** a chunk of a literal that may contain zeros */
#define DATA(str) { (u_char*)(str), sizeof(str) - 1 }

/**
 * Messages, and whether they are well-formed
 */
static struct {
	chunk_t data;
	bool valid;
} messages[] = {
	{ DATA(""), TRUE },
	{ DATA(KV("\x01k", "\x01v")), TRUE },
	{ DATA(KV("\x01k", "\0")), TRUE },
	{ DATA(SECTION("\x01s") END), TRUE },
	{ DATA(SECTION("\x01s") SECTION("\x01t") KV("\x01k", "\x01v") END END),
	  TRUE },
	{ DATA(LIST("\x01l") LIST_END), TRUE },
	{ DATA(LIST("\x01l") ITEM("\x01i") ITEM("\0") LIST_END), TRUE },
	{ DATA(SECTION("\x01s") LIST("\x01l") ITEM("\x01i") LIST_END END), TRUE },
	/* not ended, or ended too often */
	{ DATA(SECTION("\x01s")), FALSE },
	{ DATA(LIST("\x01l")), FALSE },
	{ DATA(END), FALSE },
	{ DATA(SECTION("\x01s") END END), FALSE },
	{ DATA(LIST_END), FALSE },
	{ DATA(LIST("\x01l") LIST_END LIST_END), FALSE },
	/* in places where they may not be */
	{ DATA(ITEM("\x01i")), FALSE },
	{ DATA(LIST("\x01l") KV("\x01k", "\x01v") LIST_END), FALSE },
	{ DATA(LIST("\x01l") SECTION("\x01s") END LIST_END), FALSE },
	{ DATA(LIST("\x01l") LIST("\x01m") LIST_END LIST_END), FALSE },
	{ DATA(SECTION("\x01s") LIST("\x01l") END LIST_END), FALSE },
	/* lengths that lead out of the message */
	{ DATA("\x01"), FALSE },
	{ DATA("\x01\x02s"), FALSE },
	{ DATA("\x03"), FALSE },
	{ DATA("\x03\x01k"), FALSE },
	{ DATA("\x03\x01k\0"), FALSE },
	{ DATA("\x03\x01k\0\x02v"), FALSE },
	{ DATA("\x03\xffk\0\x01v"), FALSE },
	{ DATA("\x03\x01k\xff\xffv"), FALSE },
	{ DATA("\x04\x01l\x05"), FALSE },
	{ DATA("\x04\x01l\x05\0"), FALSE },
	{ DATA("\x04\x01l\x05\0\x02i\x06"), FALSE },
	/* elements there are none of */
	{ DATA("\0"), FALSE },
	{ DATA("\x07"), FALSE },
	{ DATA("\xff"), FALSE },
	{ DATA(KV("\x01k", "\x01v") "\x07"), FALSE },
};

START_TEST(test_valid)
{
	chunk_t copy;

	/* memory of exactly this size, for the sanitizer */
	copy = chunk_clone(messages[_i].data);
	ck_assert(mobility_vici_message_valid(copy) == messages[_i].valid);
	if (!messages[_i].valid)
	{
		ck_assert(!mobility_vici_message_get(copy, "k"));
	}
	chunk_free(&copy);
}
END_TEST

START_TEST(test_get)
{
	chunk_t message = DATA(SECTION("\x01s") KV("\x01k", "\x01w") END
						   KV("\x02ka", "\x01v") KV("\x01k", "\x02xx")
						   KV("\x01k", "\x01y") KV("\x01n", "\x01\n"));
	char *value;

	ck_assert(mobility_vici_message_valid(message));
	value = mobility_vici_message_get(message, "k");
	ck_assert_str_eq(value, "xx");
	free(value);
	value = mobility_vici_message_get(message, "ka");
	ck_assert_str_eq(value, "v");
	free(value);
	ck_assert(!mobility_vici_message_get(message, "n"));
	ck_assert(!mobility_vici_message_get(message, "s"));
	ck_assert(!mobility_vici_message_get(message, ""));
	ck_assert(!mobility_vici_message_get(chunk_empty, "k"));
}
END_TEST

START_TEST(test_build)
{
	mobility_vici_message_t *message;
	char text[1024], *value;
	chunk_t encoding;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	message = mobility_vici_message_create();
	message->begin(message, "%s", text);
	message->add(message, "in", "%d", 5);
	message->end(message);
	message->add(message, "long", "%s", text);
	message->add(message, "odd", "a\nb\x80%s", "");
	message->add(message, "empty", "%s", "");
	encoding = message->get_encoding(message);
	ck_assert(mobility_vici_message_valid(encoding));
	value = mobility_vici_message_get(encoding, "long");
	ck_assert_uint_eq(strlen(value), 511);
	free(value);
	value = mobility_vici_message_get(encoding, "odd");
	ck_assert_str_eq(value, "a?b?");
	free(value);
	value = mobility_vici_message_get(encoding, "empty");
	ck_assert_str_eq(value, "");
	free(value);
	message->destroy(message);
}
END_TEST

/** number of commands handled */
static u_int handled;

/** how many elements the command "list" has, and how many were made */
static u_int elements, made;

CALLBACK(list_next, bool,
	void *user, enumerator_t *orig, va_list args)
{
	mobility_vici_message_t *message;

	VA_ARGS_VGET(args, message);
	if (made == elements)
	{
		return FALSE;
	}
	message->add(message, "k", "%u", ++made);
	return TRUE;
}

/** number of lists destroyed */
static u_int destroyed;

CALLBACK(list_destroy, void,
	void *user)
{
	destroyed++;
}

/**
 * Knows two commands: one returns its argument, one lists.
 */
static bool handle(void *user, const char *name, chunk_t request,
				   mobility_vici_message_t *response, mobility_list_t *list)
{
	char *value;

	ck_assert_ptr_eq(user, &handled);
	ck_assert(!list->elements);
	handled++;
	if (streq(name, "list"))
	{
		made = 0;
		destroyed = 0;
		list->event = "one";
		list->elements = enumerator_create_filter(enumerator_create_empty(),
											list_next, &made, list_destroy);
		return TRUE;
	}
	value = mobility_vici_message_get(request, "k");
	if (value)
	{
		response->add(response, "k", "%s", value);
		free(value);
	}
	return streq(name, "echo");
}

static const char *events[] = { "one", "two" };

static const mobility_service_t service = {
	.events = events,
	.count = countof(events),
	.handle = handle,
	.user = &handled,
};

/**
 * Check that a client was sent exactly this.
 */
static void assert_sent(mobility_vici_connection_t *client, chunk_t expected)
{
	u_char buf[1024];
	size_t len;

	len = client->peek(client, buf, sizeof(buf));
	ck_assert_uint_eq(len, expected.len);
	ck_assert(memeq(buf, expected.ptr, len));
	client->sent(client, len);
	ck_assert_uint_eq(client->peek(client, buf, sizeof(buf)), 0);
}

/**
 * Let a client send a request, and check the answer.
 */
static void assert_answer(mobility_vici_connection_t *client, chunk_t request,
						  chunk_t answer)
{
	const char *error;

	client->receive(client, request);
	ck_assert(client->process(client, &error));
	ck_assert(!error);
	assert_sent(client, answer);
}

/** a literal as argument */
#define CHUNK(str) ((chunk_t)DATA(str))

/** requests, and answers */
#define ECHO_REQUEST "\0\0\0\x0c\0\x04" "echo" KV("\x01k", "\x01v")
#define ECHO_ANSWER "\0\0\0\x07\x01" KV("\x01k", "\x01v")
#define EMPTY_REQUEST "\0\0\0\x06\0\x04" "echo"
#define EMPTY_ANSWER "\0\0\0\x01\x01"
#define UNKNOWN_REQUEST "\0\0\0\x04\0\x02" "no"
#define UNKNOWN_ANSWER "\0\0\0\x01\x02"
#define REGISTER_ONE "\0\0\0\x05\x03\x03" "one"
#define UNREGISTER_ONE "\0\0\0\x05\x04\x03" "one"
#define CONFIRMED "\0\0\0\x01\x05"
#define NO_EVENT "\0\0\0\x01\x06"

START_TEST(test_requests)
{
	mobility_vici_connection_t *client;
	const char *error;

	handled = 0;
	client = mobility_vici_connection_create(&service);
	ck_assert(!client->process(client, &error) && !error);
	assert_answer(client, CHUNK(EMPTY_REQUEST), CHUNK(EMPTY_ANSWER));
	assert_answer(client, CHUNK(ECHO_REQUEST), CHUNK(ECHO_ANSWER));
	assert_answer(client, CHUNK(UNKNOWN_REQUEST), CHUNK(UNKNOWN_ANSWER));
	ck_assert_uint_eq(handled, 3);

	/* two in a row, and part of a third */
	client->receive(client, CHUNK(EMPTY_REQUEST UNKNOWN_REQUEST "\0\0"));
	ck_assert(client->process(client, &error) && !error);
	assert_sent(client, CHUNK(EMPTY_ANSWER));
	ck_assert(client->process(client, &error) && !error);
	assert_sent(client, CHUNK(UNKNOWN_ANSWER));
	ck_assert(!client->process(client, &error) && !error);
	ck_assert(client->is_partial(client));
	assert_answer(client, CHUNK("\0\x06\0\x04" "echo"), CHUNK(EMPTY_ANSWER));
	ck_assert(!client->is_partial(client));
	client->destroy(client);
}
END_TEST

START_TEST(test_pieces)
{
	chunk_t request = DATA(ECHO_REQUEST);
	mobility_vici_connection_t *client;
	const char *error;

	client = mobility_vici_connection_create(&service);
	while (request.len > 1)
	{
		client->receive(client, chunk_create(request.ptr, 1));
		ck_assert(client->is_partial(client));
		ck_assert(!client->process(client, &error) && !error);
		request = chunk_skip(request, 1);
	}
	assert_answer(client, request, CHUNK(ECHO_ANSWER));
	client->destroy(client);
}
END_TEST

START_TEST(test_longest)
{
	u_char buf[MOBILITY_CLIENT_MAX_IN + 5] = {};
	mobility_vici_connection_t *client;
	const char *error;
	int i;

	/* a message of exactly the most that is allowed, several times */
	client = mobility_vici_connection_create(&service);
	htoun32(buf, MOBILITY_CLIENT_MAX_IN);
	memcpy(buf + 4, "\0\x04" "echo" "\x03\x01z", 9);
	htoun16(buf + 13, MOBILITY_CLIENT_MAX_IN - 11);
	for (i = 0; i < 3; i++)
	{
		client->receive(client, chunk_create(buf, sizeof(buf) - 2));
		ck_assert(!client->process(client, &error) && !error);
		client->receive(client, chunk_create(buf, 1));
		ck_assert(client->process(client, &error) && !error);
		assert_sent(client, CHUNK(EMPTY_ANSWER));
		ck_assert(!client->is_partial(client));
	}
	client->destroy(client);
}
END_TEST

/**
 * What clients must not send
 */
static chunk_t malformed[] = {
	DATA("\0\0\0\0"),
	DATA("\0\0\0\x01\0"),
	DATA("\0\0\0\x02\0\0"),
	DATA("\0\0\0\x03\0\x01\x01"),
	DATA("\0\0\0\x03\0\x02" "e"),
	DATA("\0\0\0\x06\x01\x04" "echo"),
	DATA("\0\0\0\x05\x07\x03" "one"),
	DATA("\0\0\0\x05\xff\x03" "one"),
	DATA("\0\0\0\x07\0\x04" "echo" END),
	DATA("\0\0\0\x0b\0\x04" "echo" "\x03\x01k\0\x01"),
	DATA("\0\0\x40\x01"),
	DATA("\xff\xff\xff\xff"),
	DATA("GET / HTTP/1.1\r\n\r\n"),
};

START_TEST(test_malformed)
{
	mobility_vici_connection_t *client;
	const char *error;

	handled = 0;
	client = mobility_vici_connection_create(&service);
	client->receive(client, malformed[_i]);
	ck_assert(!client->process(client, &error));
	ck_assert(error);
	ck_assert_uint_eq(handled, 0);
	ck_assert_uint_eq(client->peek(client, NULL, 0), 0);
	client->destroy(client);
}
END_TEST

START_TEST(test_events)
{
	mobility_vici_connection_t *client;

	client = mobility_vici_connection_create(&service);
	ck_assert(!client->raise(client, "one", CHUNK("x")));
	assert_answer(client, CHUNK(UNREGISTER_ONE), CHUNK(NO_EVENT));
	assert_answer(client, CHUNK(REGISTER_ONE), CHUNK(CONFIRMED));
	ck_assert(client->raise(client, "one", CHUNK("x")));
	ck_assert(!client->raise(client, "two", CHUNK("x")));
	ck_assert(!client->raise(client, "three", CHUNK("x")));
	assert_sent(client, CHUNK("\0\0\0\x06\x07\x03" "one" "x"));

	/* registering twice has no effect */
	assert_answer(client, CHUNK(REGISTER_ONE), CHUNK(CONFIRMED));
	ck_assert(client->raise(client, "one", chunk_empty));
	assert_sent(client, CHUNK("\0\0\0\x05\x07\x03" "one"));

	assert_answer(client, CHUNK(UNREGISTER_ONE), CHUNK(CONFIRMED));
	ck_assert(!client->raise(client, "one", CHUNK("x")));
	assert_answer(client, CHUNK("\0\0\0\x06\x03\x04" "once"), CHUNK(NO_EVENT));
	client->destroy(client);
}
END_TEST

#define LIST_REQUEST "\0\0\0\x06\0\x04" "list"
#define ELEMENT(value) "\0\0\0\x0b\x07\x03" "one" KV("\x01k", "\x01" value)

START_TEST(test_list)
{
	mobility_vici_connection_t *client;
	const char *error;

	/* without events all is in the answer */
	client = mobility_vici_connection_create(&service);
	elements = 2;
	assert_answer(client, CHUNK(LIST_REQUEST),
				  CHUNK("\0\0\0\x0d\x01" KV("\x01k", "\x01" "1")
						KV("\x01k", "\x01" "2")));
	ck_assert_uint_eq(destroyed, 1);
	elements = 0;
	assert_answer(client, CHUNK(LIST_REQUEST), CHUNK("\0\0\0\x01\x01"));

	/* with them nothing is, and the next request has to wait */
	assert_answer(client, CHUNK(REGISTER_ONE), CHUNK(CONFIRMED));
	assert_answer(client, CHUNK(LIST_REQUEST), CHUNK("\0\0\0\x01\x01"));
	elements = 2;
	client->receive(client, CHUNK(LIST_REQUEST EMPTY_REQUEST));
	ck_assert(client->process(client, &error) && !error);
	assert_sent(client, CHUNK(ELEMENT("1")));
	ck_assert(client->process(client, &error) && !error);
	assert_sent(client, CHUNK(ELEMENT("2") "\0\0\0\x01\x01"));
	ck_assert_uint_eq(destroyed, 1);
	ck_assert(client->process(client, &error) && !error);
	assert_sent(client, CHUNK(EMPTY_ANSWER));
	ck_assert(!client->process(client, &error) && !error);

	/* events of others may come in between, and the client may go */
	client->receive(client, CHUNK(LIST_REQUEST));
	ck_assert(client->process(client, &error) && !error);
	ck_assert(client->raise(client, "one", CHUNK("x")));
	assert_sent(client, CHUNK(ELEMENT("1") "\0\0\0\x06\x07\x03" "one" "x"));
	client->destroy(client);
	ck_assert_uint_eq(destroyed, 1);
}
END_TEST

START_TEST(test_long_list)
{
	mobility_vici_connection_t *client;
	const char *error;
	u_char buf[1024];
	u_int before, rounds = 0;

	client = mobility_vici_connection_create(&service);
	elements = 1000000;
	client->receive(client, CHUNK(LIST_REQUEST));
	ck_assert(client->process(client, &error) && !error);
	ck_assert_uint_lt(made, 100000);
	ck_assert_uint_eq(destroyed, 1);
	client->peek(client, buf, 21);
	ck_assert(memeq(buf + 4, "\x01" KV("\x07success", "\x02no"), 14));
	client->sent(client, client->peek(client, NULL, 0));

	/* never is more there than the client may take at once */
	assert_answer(client, CHUNK(REGISTER_ONE), CHUNK(CONFIRMED));
	client->receive(client, CHUNK(LIST_REQUEST));
	made = 0;
	do
	{
		before = made;
		mobility_assert(client->process(client, &error) && !error);
		mobility_assert(made - before <= MOBILITY_CLIENT_LIST_AHEAD / 15 + 1);
		mobility_assert(client->peek(client, NULL, 0) <
						MOBILITY_CLIENT_LIST_AHEAD + 32);
		client->sent(client, client->peek(client, NULL, 0));
		rounds++;
	}
	while (!destroyed);
	ck_assert_uint_eq(made, elements);
	ck_assert_uint_gt(rounds, 100);
	ck_assert(!client->process(client, &error) && !error);
	client->destroy(client);
}
END_TEST

START_TEST(test_overrun)
{
	mobility_vici_connection_t *client;
	u_char data[1024] = {};
	int i;

	client = mobility_vici_connection_create(&service);
	assert_answer(client, CHUNK(REGISTER_ONE), CHUNK(CONFIRMED));
	for (i = 0; i < 10000; i++)
	{
		client->raise(client, "one", chunk_from_thing(data));
		ck_assert(client->is_overrun(client) ==
				  (i > MOBILITY_CLIENT_MAX_OUT / 1033));
	}
	ck_assert(client->peek(client, data, sizeof(data)) <
			  MOBILITY_CLIENT_MAX_OUT + 2048);
	client->destroy(client);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("client");
	TCase *tc;

	tc = tcase_create("messages");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_loop_test(tc, test_valid, 0, countof(messages));
	tcase_add_test(tc, test_get);
	tcase_add_test(tc, test_build);
	suite_add_tcase(s, tc);

	tc = tcase_create("protocol");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_test(tc, test_requests);
	tcase_add_test(tc, test_pieces);
	tcase_add_test(tc, test_longest);
	tcase_add_loop_test(tc, test_malformed, 0, countof(malformed));
	tcase_add_test(tc, test_events);
	tcase_add_test(tc, test_list);
	tcase_add_test(tc, test_long_list);
	tcase_add_test(tc, test_overrun);
	suite_add_tcase(s, tc);

	return s;
}
