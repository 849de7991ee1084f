/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "crash_fixture.h"
#include "succession_fixture.h"

#include "ike/crash_notice.h"
#include "mobile/crash_taker.h"

/** tokens */
#define TOKEN chunk_from_chars('t', 'h', 'e', ' ', 't', 'o', 'k', 'e', 'n', \
							   ' ', 'o', 'f', ' ', 'a', 'l', 'l')
#define OTHER chunk_from_chars('t', 'h', 'e', ' ', 't', 'o', 'k', 'e', 'n', \
							   ' ', 'o', 'f', ' ', 'n', 'o', 'w')
#define SHORT chunk_from_chars('t', 'h', 'e', ' ', 't', 'o', 'k', 'e', 'n', \
							   ' ', 'o', 'f', ' ', 'n', 'o')

/** forged messages */
#define FORGED 1000

/**
 * What is tested
 */
static struct {
	mobility_settings_t *settings;
	mobility_crash_taker_t *taker;
	/** SPIs of the last IKE_SA that was lost, and how many were */
	ike_sa_id_t *lost;
	u_int losses;
#ifdef ME
	/** what gets connectivity checks, and how many it got */
	connect_manager_t checks;
	u_int checked;
#endif
} t;

/**
 * mobility_crash_taker_cb_t
 */
static void lost(void *data, ike_sa_id_t *id)
{
	ck_assert_ptr_eq(data, &t);
	DESTROY_IF(t.lost);
	t.lost = id;
	t.losses++;
}

#ifdef ME
METHOD(connect_manager_t, process_check, void,
	connect_manager_t *this, message_t *message)
{
	t.checked++;
}
#endif

static void create(const char *conf)
{
	memset(&t, 0, sizeof(t));
	t.settings = crash_fixture_setup(conf);
	t.taker = mobility_crash_taker_create(t.settings, lost, &t);
#ifdef ME
	/* charon creates it after its plugins */
	t.checks.process_check = _process_check;
	charon->connect_manager = &t.checks;
#endif
}

static void setup()
{
	create("");
}

static void teardown()
{
	t.taker->destroy(t.taker);
#ifdef ME
	charon->connect_manager = NULL;
#endif
	crash_fixture_teardown(t.settings);
	DESTROY_IF(t.lost);
}

/**
 * Create what a gateway sends that does not know an IKE_SA
 */
static message_t *create_notice(ike_sa_id_t *id, exchange_type_t exchange,
								chunk_t token)
{
	chunk_t request, data;

	request = crash_fixture_encode(id, PLV2_ENCRYPTED, exchange, TRUE,
								   chunk_empty);
	data = mobility_crash_notice_encode(request, token);
	chunk_free(&request);
	return crash_fixture_message(data, CRASH_PEER);
}

/**
 * Receive a message that is not protected, as charon does.  Returns how many
 * losses it tells.
 */
static u_int receive(message_t *message)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_t *ike_sa;

	t.losses = 0;
#ifdef ME
	if (message->get_exchange_type(message) == INFORMATIONAL)
	{
		charon->connect_manager->process_check(charon->connect_manager,
											   message);
		message->destroy(message);
		return t.losses;
	}
#endif
	ike_sa = manager->checkout_by_message(manager, message);
	if (ike_sa)
	{
		mock_ike_checkin(ike_sa, ike_sa->process_message(ike_sa, message));
	}
	message->destroy(message);
	return t.losses;
}

/**
 * Somebody says that an IKE_SA is lost
 */
static u_int notify(ike_sa_id_t *id, chunk_t token)
{
	return receive(create_notice(id, INFORMATIONAL, token));
}

/**
 * The gateway gives a token
 */
static void give(ike_sa_id_t *id, exchange_type_t exchange, bool request,
				 chunk_t token)
{
	token = crash_fixture_tell(id, TRUE, exchange, request, token);
	chunk_free(&token);
}

/** kinds of exchanges in which a gateway may say so */
static exchange_type_t exchanges[] = { INFORMATIONAL, CREATE_CHILD_SA };

START_TEST(test_lost)
{
	ike_sa_id_t *id = mock_ike_create(NULL);
	ike_sa_t *ike_sa;

	/* without a token nobody knows */
	ck_assert_uint_eq(receive(create_notice(id, exchanges[_i], TOKEN)), 0);
	give(id, IKE_AUTH, FALSE, TOKEN);
	ck_assert_uint_eq(receive(create_notice(id, exchanges[_i], OTHER)), 0);
	ck_assert_uint_eq(receive(create_notice(id, exchanges[_i], TOKEN)), 1);
	ck_assert(t.lost->equals(t.lost, id));
	/* once, whoever repeats what everybody has seen by now */
	ck_assert_uint_eq(receive(create_notice(id, exchanges[_i], TOKEN)), 0);
	/* and nothing has happened to it */
	ike_sa = succession_checkout(id);
	ck_assert_int_eq(ike_sa->get_state(ike_sa), IKE_ESTABLISHED);
	mock_ike_checkin(ike_sa, SUCCESS);
	id->destroy(id);
}
END_TEST

START_TEST(test_several)
{
	ike_sa_id_t *id = mock_ike_create(NULL);
	chunk_t request, data, body;
	mobility_crash_notice_t notice;

	/* the third of several, while a gateway changes its secret */
	give(id, IKE_AUTH, FALSE, TOKEN);
	request = crash_fixture_encode(id, PLV2_ENCRYPTED, INFORMATIONAL, TRUE,
								   chunk_empty);
	data = mobility_crash_notice_encode(request, OTHER);
	/* INVALID_IKE_SPI and the token, each of which says that one follows */
	body = chunk_cata("cccc", chunk_create(data.ptr + 28, 8),
					  chunk_create(data.ptr + 36, 24),
					  chunk_create(data.ptr + 36, 24),
					  chunk_create(data.ptr + 36, 24));
	body.ptr[8] = body.ptr[32] = PLV2_NOTIFY;
	memcpy(body.ptr + body.len - MOBILITY_CRASH_TOKEN_LEN, TOKEN.ptr,
		   MOBILITY_CRASH_TOKEN_LEN);
	chunk_free(&data);
	data = crash_fixture_encode(id, PLV2_NOTIFY, INFORMATIONAL, FALSE, body);
	ck_assert(mobility_crash_notice_parse(data, &notice));
	ck_assert_uint_eq(notice.count, 3);
	ck_assert_uint_eq(receive(crash_fixture_message(data, CRASH_PEER)), 1);
	chunk_free(&request);
	id->destroy(id);
}
END_TEST

START_TEST(test_forged)
{
	ike_sa_id_t *id = mock_ike_create(NULL), *other;
	chunk_t token = chunk_clone(TOKEN);
	char *line;
	u_int i;

	give(id, IKE_AUTH, FALSE, TOKEN);
	for (i = 0; i < FORGED; i++)
	{
		token.ptr[i % token.len] ^= 1 << i % 8;
		ck_assert_uint_eq(notify(id, token), 0);
		token.ptr[i % token.len] ^= 1 << i % 8;
	}
	chunk_free(&token);
	/* the right one, with a part missing or something behind it */
	ck_assert_uint_eq(notify(id, SHORT), 0);
	ck_assert_uint_eq(notify(id, chunk_cata("cc", TOKEN, SHORT)), 0);
	/* of another IKE_SA, or of one that has one of its SPIs */
	other = mock_ike_create(NULL);
	give(other, IKE_AUTH, FALSE, OTHER);
	ck_assert_uint_eq(notify(other, TOKEN), 0);
	ck_assert_uint_eq(notify(id, OTHER), 0);
	other->set_responder_spi(other, id->get_responder_spi(id));
	ck_assert_uint_eq(notify(other, OTHER), 0);
	/* one line for each, whatever comes */
	line = strstr(mobility_suite_log(), "can't prove it");
	line = strstr(line + 1, "can't prove it");
	ck_assert(line && !strstr(line + 1, "can't prove it"));
	ck_assert_uint_eq(notify(id, TOKEN), 1);
	other->destroy(other);
	id->destroy(id);
}
END_TEST

START_TEST(test_rekey)
{
	ike_sa_id_t *id = mock_ike_create(NULL), *old = id->clone(id);

	/* in the answer to our request, or in a request on the new one */
	give(id, IKE_AUTH, FALSE, TOKEN);
	if (_i)
	{
		give(id, CREATE_CHILD_SA, FALSE, OTHER);
	}
	id = succession_rekey(id);
	if (!_i)
	{
		ck_assert_uint_eq(notify(id, TOKEN), 0);
		ck_assert_uint_eq(notify(id, OTHER), 0);
		ck_assert(!t.taker->has_token(t.taker, id));
		give(id, INFORMATIONAL, TRUE, OTHER);
	}
	ck_assert(t.taker->has_token(t.taker, id));
	ck_assert_uint_eq(notify(id, TOKEN), 0);
	ck_assert_uint_eq(notify(old, TOKEN), 0);
	ck_assert_uint_eq(notify(id, OTHER), 1);
	old->destroy(old);
	id->destroy(id);
}
END_TEST

START_TEST(test_replaced)
{
	ike_sa_id_t *id = mock_ike_create(NULL);

	/* RFC 6290, 4.4 */
	give(id, IKE_AUTH, FALSE, TOKEN);
	give(id, INFORMATIONAL, TRUE, OTHER);
	ck_assert_uint_eq(notify(id, TOKEN), 0);
	ck_assert_uint_eq(notify(id, OTHER), 1);
	id->destroy(id);
}
END_TEST

START_TEST(test_gone)
{
	ike_sa_id_t *id = mock_ike_create(NULL);

	give(id, IKE_AUTH, FALSE, TOKEN);
	ck_assert(t.taker->has_token(t.taker, id));
	succession_end(id->clone(id), TRUE);
	ck_assert(!t.taker->has_token(t.taker, id));
	ck_assert_uint_eq(notify(id, TOKEN), 0);
	id->destroy(id);
}
END_TEST

START_TEST(test_bad_tokens)
{
	ike_sa_id_t *id = mock_ike_create(NULL);
	chunk_t large = chunk_alloca(MOBILITY_CRASH_TOKEN_MAX + 1);

	/* too short, too long */
	give(id, IKE_AUTH, FALSE, SHORT);
	ck_assert_uint_eq(notify(id, SHORT), 0);
	ck_assert(!t.taker->has_token(t.taker, id));
	memset(large.ptr, 'x', large.len);
	give(id, IKE_AUTH, FALSE, large);
	ck_assert_uint_eq(notify(id, large), 0);
	large.len--;
	give(id, IKE_AUTH, FALSE, large);
	ck_assert_uint_eq(notify(id, large), 1);
	/* not protected */
	give(id, IKE_SA_INIT, FALSE, TOKEN);
	ck_assert_uint_eq(notify(id, TOKEN), 0);
	id->destroy(id);
}
END_TEST

/**
 * IKE_SAs that are none of ours
 */
static struct {
	char *conf;
	mock_ike_conf_t ike_sa;
} others[] = {
	{ "", { .responder = TRUE } },
	{ "mobility = no", {} },
	{ "connections {\n home {\n mobility = no\n}\n}", {} },
};

START_TEST(test_not_ours)
{
	ike_sa_id_t *id;

	teardown();
	create(others[_i].conf);
	id = mock_ike_create(&others[_i].ike_sa);
	give(id, IKE_AUTH, !_i, TOKEN);
	ck_assert_uint_eq(notify(id, TOKEN), 0);
	id->destroy(id);
}
END_TEST

#ifdef ME
START_TEST(test_checks)
{
	ike_sa_id_t *id = mock_ike_create(NULL), *none;
	chunk_t data;

	give(id, IKE_AUTH, FALSE, TOKEN);
	/* charon gets what is not about one of ours, or something else */
	none = ike_sa_id_create(IKEV2_MAJOR_VERSION, 4711, 4712, TRUE);
	ck_assert_uint_eq(notify(none, TOKEN), 0);
	ck_assert_uint_eq(t.checked, 1);
	data = crash_fixture_encode(id, PL_NONE, INFORMATIONAL, FALSE, chunk_empty);
	ck_assert_uint_eq(receive(crash_fixture_message(data, CRASH_PEER)), 0);
	ck_assert_uint_eq(t.checked, 2);
	ck_assert_uint_eq(notify(id, OTHER), 0);
	ck_assert_uint_eq(t.checked, 2);
	none->destroy(none);
	id->destroy(id);
}
END_TEST
#endif

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("crash taker");

	tc = tcase_create("tokens");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_lost, 0, countof(exchanges));
	tcase_add_test(tc, test_several);
	tcase_add_loop_test(tc, test_rekey, 0, 2);
	tcase_add_test(tc, test_replaced);
	tcase_add_test(tc, test_gone);
	tcase_add_loop_test(tc, test_not_ours, 0, countof(others));
	suite_add_tcase(s, tc);

	tc = tcase_create("attacks");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_forged);
	tcase_add_test(tc, test_bad_tokens);
#ifdef ME
	tcase_add_test(tc, test_checks);
#endif
	suite_add_tcase(s, tc);

	return s;
}
