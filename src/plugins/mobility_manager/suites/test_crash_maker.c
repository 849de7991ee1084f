/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "crash_fixture.h"
#include "succession_fixture.h"

#include "anchor/answer_rate.h"
#include "anchor/crash_maker.h"
#include "ike/crash_notice.h"
#include "ike/mobike_task.h"

#include <limits.h>
#include <sys/stat.h>

/** length of an answer */
#define ANSWER_LEN 60

/**
 * What is tested, and what it has sent
 */
static struct {
	mobility_settings_t *settings;
	mobility_crash_maker_t *maker;
	char path[PATH_MAX];
	/** packets, and the last of them */
	u_int sent;
	packet_t *last;
	/** exchange that is under way, as the responder */
	task_t *passive;
	enumerator_t *(*tasks)(ike_sa_t *this, task_queue_t queue);
} t;

METHOD(sender_t, send_, void,
	sender_t *this, packet_t *packet)
{
	DESTROY_IF(t.last);
	t.last = packet;
	t.sent++;
}

static void create(const char *conf)
{
	t.settings = crash_fixture_setup(conf);
	charon->sender->send = _send_;
	snprintf(t.path, sizeof(t.path), "%s/secret", mobility_suite_dir());
	t.maker = mobility_crash_maker_create(t.settings, t.path);
}

static void setup()
{
	memset(&t, 0, sizeof(t));
	create("");
}

static void teardown()
{
	t.maker->destroy(t.maker);
	crash_fixture_teardown(t.settings);
	DESTROY_IF(t.last);
	t.last = NULL;
}

/**
 * The daemon is killed, and started again: it knows of no IKE_SA
 */
static void restart()
{
	t.maker->destroy(t.maker);
	t.maker = mobility_crash_maker_create(t.settings, t.path);
}

/**
 * A client logs in
 */
static ike_sa_id_t *log_in()
{
	static mock_ike_conf_t conf = { .responder = TRUE };

	return mock_ike_create(&conf);
}

/**
 * Get the token that a client gets when it logs in, empty if none
 */
static chunk_t get_token(ike_sa_id_t *id)
{
	return crash_fixture_tell(id, FALSE, IKE_AUTH, FALSE, chunk_empty);
}

/**
 * Have a message come in that the client of an IKE_SA sends, or somebody else.
 * Returns TRUE if it is answered
 */
static bool ask(ike_sa_id_t *id, char *peer, uint8_t next, uint8_t exchange,
				bool request)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	chunk_t body = chunk_from_chars(0, 0, 0, 8, 1, 2, 3, 4);
	message_t *message;
	ike_sa_t *ike_sa;

	t.sent = 0;
	message = crash_fixture_message(crash_fixture_encode(id, next, exchange,
														 request, body), peer);
	ike_sa = manager->checkout_by_message(manager, message);
	if (ike_sa)
	{
		manager->checkin(manager, ike_sa);
	}
	message->destroy(message);
	ck_assert_uint_le(t.sent, 1);
	return t.sent;
}

/**
 * The same with an ordinary message
 */
static bool ask_for(ike_sa_id_t *id)
{
	return ask(id, CRASH_PEER, PLV2_ENCRYPTED, INFORMATIONAL, TRUE);
}

/**
 * What the client's end of an IKE_SA is
 */
static ike_sa_id_t *other_end(ike_sa_id_t *id)
{
	id->switch_initiator(id);
	return id;
}

/**
 * Check that the last packet is an answer with a token
 */
static void assert_answer(chunk_t token)
{
	chunk_t data = t.last->get_data(t.last);
	mobility_crash_notice_t notice;
	host_t *host;

	ck_assert_uint_eq(data.len, ANSWER_LEN);
	ck_assert(mobility_crash_notice_parse(data, &notice));
	ck_assert(chunk_equals(notice.tokens[0], token));
	host = t.last->get_destination(t.last);
	ck_assert_uint_eq(host->get_port(host), IKEV2_NATT_PORT);
	host = t.last->get_source(t.last);
	ck_assert_uint_eq(host->get_port(host), IKEV2_NATT_PORT);
}

START_TEST(test_crash)
{
	ike_sa_id_t *id = log_in();
	chunk_t token = get_token(id);

	ck_assert_uint_eq(token.len, MOBILITY_CRASH_TOKEN_LEN);
	/* not while it lives, whoever is said to send that */
	ck_assert(!ask_for(other_end(id)));
	ck_assert(!ask_for(other_end(id)));
	/* gone for good */
	succession_end(id->clone(id), TRUE);
	restart();
	ck_assert(ask_for(other_end(id)));
	assert_answer(token);
	ck_assert(ask(id, CRASH_PEER, PLV2_FRAGMENT, CREATE_CHILD_SA, TRUE));
	assert_answer(token);
	ck_assert(strstr(mobility_suite_log(), "asks for an IKE_SA"));
	chunk_free(&token);
	id->destroy(id);
}
END_TEST

START_TEST(test_lives)
{
	ike_sa_id_t *id = log_in(), *crossed;
	chunk_t token = get_token(id);

	/* either of its SPIs with another one, at either place */
	crossed = ike_sa_id_create(IKEV2_MAJOR_VERSION, 4711,
							   id->get_responder_spi(id), FALSE);
	ck_assert(!ask_for(crossed));
	ck_assert(!ask_for(other_end(crossed)));
	crossed->destroy(crossed);
	crossed = ike_sa_id_create(IKEV2_MAJOR_VERSION, id->get_responder_spi(id),
							   4711, TRUE);
	ck_assert(!ask_for(crossed));
	ck_assert(!ask_for(other_end(crossed)));
	crossed->destroy(crossed);
	/* what is not ours is nobody's */
	crossed = ike_sa_id_create(IKEV2_MAJOR_VERSION, id->get_initiator_spi(id),
							   4711, TRUE);
	ck_assert(ask_for(crossed));
	crossed->destroy(crossed);
	chunk_free(&token);
	id->destroy(id);
}
END_TEST

START_TEST(test_half_open)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_id_t *id = log_in(), *new;
	ike_sa_t *ike_sa;

	/* one that charon's manager knows nothing of yet, we have begun it or not */
	ike_sa = manager->create_new(manager, IKEV2, _i);
	ike_sa->set_state(ike_sa, IKE_CONNECTING);
	new = ike_sa->get_id(ike_sa)->clone(ike_sa->get_id(ike_sa));
	if (_i)
	{
		new->set_responder_spi(new, 4711);
	}
	else
	{
		new->set_initiator_spi(new, 4711);
	}
	ck_assert(!ask_for(new));
	ck_assert(!ask_for(other_end(new)));
	ike_sa->destroy(ike_sa);
	ck_assert(ask_for(new));
	new->destroy(new);
	id->destroy(id);
}
END_TEST

/**
 * Messages that are not answered
 */
static struct {
	uint8_t next, exchange;
	bool request;
} others[] = {
	{ PLV2_ENCRYPTED, INFORMATIONAL, FALSE },
	{ PLV2_NOTIFY, INFORMATIONAL, TRUE },
	{ PL_NONE, INFORMATIONAL, TRUE },
	{ PLV2_ENCRYPTED, IKE_AUTH, TRUE },
	{ PLV2_ENCRYPTED, IKE_SA_INIT, TRUE },
	{ PLV2_SECURITY_ASSOCIATION, IKE_SA_INIT, TRUE },
};

START_TEST(test_others)
{
	ike_sa_id_t *id = log_in(), *none;

	none = ike_sa_id_create(IKEV2_MAJOR_VERSION, 4711, 4712, TRUE);
	ck_assert(ask_for(none));
	ck_assert(!ask(none, CRASH_PEER, others[_i].next, others[_i].exchange,
				   others[_i].request));
	none->set_responder_spi(none, 0);
	ck_assert(!ask_for(none));
	none->set_responder_spi(none, 4712);
	none->set_initiator_spi(none, 0);
	ck_assert(!ask_for(none));
	none->destroy(none);
	id->destroy(id);
}
END_TEST

START_TEST(test_flood)
{
	ike_sa_id_t *id = log_in(), *none;
	u_int i, answers = 0;
	char *line;

	none = ike_sa_id_create(IKEV2_MAJOR_VERSION, 4711, 4712, TRUE);
	for (i = 0; i < 1000; i++)
	{	/* a /64 of IPv6 is one source */
		answers += ask(none, _i ? i % 2 ? "2001:db8::1" : "2001:db8::2:1"
								: CRASH_PEER,
					   PLV2_ENCRYPTED, INFORMATIONAL, TRUE);
	}
	ck_assert_uint_ge(answers, MOBILITY_ANSWER_SOURCE_BURST);
	ck_assert_uint_lt(answers, 500);
	line = strstr(mobility_suite_log(), "asks for an IKE_SA");
	ck_assert(line && !strstr(line + 1, "asks for an IKE_SA"));
	none->destroy(none);
	id->destroy(id);
}
END_TEST

/**
 * Clients that get no token
 */
static struct {
	char *conf;
	mock_ike_conf_t ike_sa;
} without[] = {
	{ "gateway {\n crash_detection = no\n}", { .responder = TRUE } },
	{ "gateway {\n mobility = no\n}", { .responder = TRUE } },
	{ "", { .responder = TRUE, .no_mobike = TRUE } },
	/* we are the client */
	{ "", {} },
};

START_TEST(test_without)
{
	ike_sa_id_t *id, *none;
	chunk_t token;

	teardown();
	create(without[_i].conf);
	id = mock_ike_create(&without[_i].ike_sa);
	token = get_token(id);
	ck_assert(!token.len);
	id = succession_rekey(id);
	token = crash_fixture_tell(id, FALSE, INFORMATIONAL, TRUE, chunk_empty);
	ck_assert(!token.len);
	id->destroy(id);
	/* and nobody is answered who could not have one */
	none = ike_sa_id_create(IKEV2_MAJOR_VERSION, 4711, 4712, TRUE);
	ck_assert_int_eq(ask_for(none), _i == 2);
	none->destroy(none);
}
END_TEST

START_TEST(test_auth)
{
	ike_sa_id_t *id = log_in();
	ike_sa_t *ike_sa;
	chunk_t token;

	/* only the one with which it is established, and only ours */
	ike_sa = succession_checkout(id);
	ike_sa->set_state(ike_sa, IKE_DELETING);
	mock_ike_checkin(ike_sa, SUCCESS);
	token = get_token(id);
	ck_assert(!token.len);
	token = crash_fixture_tell(id, TRUE, IKE_AUTH, TRUE, chunk_empty);
	ck_assert(!token.len);
	ike_sa = succession_checkout(id);
	ike_sa->set_state(ike_sa, IKE_ESTABLISHED);
	mock_ike_checkin(ike_sa, SUCCESS);
	token = get_token(id);
	ck_assert(token.len);
	chunk_free(&token);
	token = crash_fixture_tell(id, FALSE, INFORMATIONAL, TRUE, chunk_empty);
	ck_assert(!token.len);
	id->destroy(id);
}
END_TEST

/**
 * Check that a token is that of an IKE_SA, which ends
 */
static void assert_token(ike_sa_id_t *id, chunk_t token)
{
	ck_assert_uint_eq(token.len, MOBILITY_CRASH_TOKEN_LEN);
	succession_end(id->clone(id), TRUE);
	ck_assert(ask_for(other_end(id)));
	assert_answer(token);
	chunk_free(&token);
	id->destroy(id);
}

START_TEST(test_rekey)
{
	ike_sa_id_t *id = log_in(), *old = id->clone(id);
	chunk_t first = get_token(id), token;
	ike_sa_t *ike_sa;

	/* we have begun: an exchange of its own on the new one tells the token */
	id = succession_rekey(id);
	ike_sa = succession_checkout(id);
	ck_assert(mobility_task_queued(ike_sa, TASK_QUEUE_QUEUED, TASK_IKE_DPD));
	mock_ike_checkin(ike_sa, SUCCESS);
	/* that of the old one may be known now, it is gone */
	ck_assert(ask_for(other_end(old)));
	assert_answer(first);
	token = crash_fixture_tell(id, FALSE, INFORMATIONAL, TRUE, chunk_empty);
	ck_assert(!chunk_equals(token, first));
	chunk_free(&first);
	ck_assert(!crash_fixture_tell(id, FALSE, INFORMATIONAL, TRUE,
								  chunk_empty).len);
	assert_token(id, token);
	old->destroy(old);
}
END_TEST

METHOD(ike_sa_t, create_task_enumerator, enumerator_t*,
	ike_sa_t *this, task_queue_t queue)
{
	return queue == TASK_QUEUE_PASSIVE && t.passive
				? enumerator_create_single(t.passive, NULL)
				: t.tasks(this, queue);
}

START_TEST(test_rekey_answered)
{
	ike_sa_id_t *id = log_in(), *new;
	ike_sa_t *ike_sa, *successor;
	chunk_t token;

	/* the client has begun: the answer on the old one tells that of the new */
	ike_sa = succession_checkout(id);
	t.passive = mock_task_create(ike_sa, TASK_IKE_REKEY, NULL, NULL);
	t.tasks = ike_sa->create_task_enumerator;
	ike_sa->create_task_enumerator = _create_task_enumerator;
	successor = mock_ike_create_successor(ike_sa);
	charon->bus->ike_rekey(charon->bus, ike_sa, successor);
	new = successor->get_id(successor)->clone(successor->get_id(successor));
	ck_assert(!mobility_task_queued(successor, TASK_QUEUE_QUEUED,
									TASK_IKE_DPD));
	mock_ike_checkin(successor, SUCCESS);
	charon->bus->set_sa(charon->bus, ike_sa);
	mock_ike_checkin(ike_sa, SUCCESS);
	token = crash_fixture_tell(id, FALSE, CREATE_CHILD_SA, FALSE, chunk_empty);
	/* once */
	ck_assert(!crash_fixture_tell(id, FALSE, CREATE_CHILD_SA, FALSE,
								  chunk_empty).len);
	t.passive->destroy(t.passive);
	t.passive = NULL;
	assert_token(new, token);
	id->destroy(id);
}
END_TEST

START_TEST(test_secret)
{
	ike_sa_id_t *id;
	chunk_t token;

	/* a file that others may read: no tokens, and no answers */
	t.maker->destroy(t.maker);
	mobility_suite_write("/secret", "0123456789abcdef0123456789abcdef");
	ck_assert_int_eq(chmod(t.path, 0644), 0);
	t.maker = mobility_crash_maker_create(t.settings, t.path);
	ck_assert(strstr(mobility_suite_log(), "others may read"));
	id = log_in();
	ck_assert(!get_token(id).len);
	id = succession_rekey(id);
	ck_assert(!crash_fixture_tell(id, FALSE, INFORMATIONAL, TRUE,
								  chunk_empty).len);
	succession_end(id->clone(id), TRUE);
	ck_assert(!ask_for(other_end(id)));
	id->destroy(id);
	/* until somebody has seen to it */
	ck_assert_int_eq(chmod(t.path, 0600), 0);
	t.maker->reload(t.maker);
	id = log_in();
	token = get_token(id);
	assert_token(id, token);
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("crash maker");

	tc = tcase_create("tokens");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_crash);
	tcase_add_test(tc, test_auth);
	tcase_add_test(tc, test_rekey);
	tcase_add_test(tc, test_rekey_answered);
	tcase_add_loop_test(tc, test_without, 0, countof(without));
	tcase_add_test(tc, test_secret);
	suite_add_tcase(s, tc);

	tc = tcase_create("attacks");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_lives);
	tcase_add_loop_test(tc, test_half_open, 0, 2);
	tcase_add_loop_test(tc, test_others, 0, countof(others));
	tcase_add_loop_test(tc, test_flood, 0, 2);
	suite_add_tcase(s, tc);

	return s;
}
