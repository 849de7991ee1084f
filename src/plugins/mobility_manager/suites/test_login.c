/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fake_clock.h"
#include "mobility_suite.h"
#include "mock_charon.h"
#include "mock_ike.h"
#include "mock_network.h"

#include "ike/source_address.h"
#include "mobile/mobile_session.h"
#include "mobile/peer_load.h"
#include "mobile/peer_names.h"

#include <encoding/payloads/ke_payload.h>
#include <encoding/payloads/nonce_payload.h>
#include <encoding/payloads/sa_payload.h>
#include <sa/redirect_manager.h>

/** time it begins */
#define BEGIN 1000000

/** a port that is none of charon's */
#define SPARE 50000

/** octets of our nonces */
#define NONCE 0x5a

/**
 * What all tests use
 */
static struct {
	/** what sessions share */
	mobility_context_t context;
	/** the network */
	mock_network_t *network;
	/** asks for addresses */
	mobility_source_address_t *source;
	/** does what the tracker does */
	listener_t listener;
	/** connection */
	peer_cfg_t *peer_cfg;
	/** session that is connecting, NULL until then */
	mobility_session_t *session;
	/** its IKE_SA, NULL once that is gone */
	ike_sa_t *ike_sa;
	/** when it wants to be woken, 0 for never */
	uint64_t deadline;
	/** somebody waits for it */
	mobility_callers_t callers;
	bool awaited;
	/** ports beside those of charon, and how often they are used */
	mobility_own_ports_t ports;
	int held;
} t;

METHOD(mobility_own_ports_t, get_spare, uint16_t,
	mobility_own_ports_t *this)
{
	return SPARE;
}

METHOD(mobility_own_ports_t, hold, bool,
	mobility_own_ports_t *this, uint16_t port)
{
	t.held += port == SPARE;
	return port == SPARE;
}

METHOD(mobility_own_ports_t, release, void,
	mobility_own_ports_t *this, uint16_t port)
{
	ck_assert_uint_eq(port, SPARE);
	t.held--;
}

METHOD(mobility_callers_t, wait_, bool,
	mobility_callers_t *this, ike_sa_t *ike_sa)
{
	ck_assert(ike_sa == t.ike_sa);
	return t.awaited;
}

METHOD(key_exchange_t, get_public_key, bool,
	key_exchange_t *this, chunk_t *value)
{
	*value = chunk_clone(chunk_from_str("public"));
	return TRUE;
}

METHOD(key_exchange_t, get_method, key_exchange_method_t,
	key_exchange_t *this)
{
	return MODP_2048_BIT;
}

/**
 * Creates what passes for a key exchange
 */
static key_exchange_t *create_ke(key_exchange_method_t method, ...)
{
	key_exchange_t *this;

	INIT(this,
		.get_public_key = _get_public_key,
		.get_method = _get_method,
		.destroy = (void*)free,
	);
	return this;
}

METHOD(nonce_gen_t, allocate_nonce, bool,
	nonce_gen_t *this, size_t size, chunk_t *chunk)
{
	*chunk = chunk_alloc(size);
	memset(chunk->ptr, NONCE, size);
	return TRUE;
}

/**
 * Creates what passes for nonces
 */
static nonce_gen_t *create_nonce_gen()
{
	nonce_gen_t *this;

	INIT(this,
		.allocate_nonce = _allocate_nonce,
		.destroy = (void*)free,
	);
	return this;
}

/**
 * Implements mobility_context_t.arm()
 */
static void arm(mobility_context_t *context, mobility_session_t *session,
				uint64_t deadline)
{
	t.deadline = deadline;
}

/**
 * An IKE_SA is going to log in, or does so
 */
static void connect_session(ike_sa_t *ike_sa)
{
	if (!t.session)
	{
		t.session = mobility_session_create(&t.context, 1, "home",
											mobility_path_history_create());
		t.ike_sa = ike_sa;
	}
	t.session->connect(t.session, ike_sa);
}

/**
 * mobility_source_address_cb_t
 */
static host_t *choose(void *data, ike_sa_t *ike_sa)
{
	ck_assert(data == &t);
	connect_session(ike_sa);
	return t.session->choose(t.session);
}

METHOD(listener_t, ike_state_change, bool,
	listener_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	if (state == IKE_CONNECTING)
	{
		connect_session(ike_sa);
	}
	else if (state == IKE_DESTROYING && t.ike_sa)
	{
		t.session->release(t.session);
		t.ike_sa = NULL;
	}
	return TRUE;
}

METHOD(listener_t, message_, bool,
	listener_t *this, ike_sa_t *ike_sa, message_t *message, bool incoming,
	bool plain)
{
	t.session->message(t.session, message, incoming, plain);
	return TRUE;
}

static void setup_conf(char *local, char *settings)
{
	ike_cfg_create_t ike = {
		.version = IKEV2,
		.local = local,
		.local_port = IKEV2_UDP_PORT,
		.remote = "192.0.2.1",
		.remote_port = IKEV2_UDP_PORT,
	};
	peer_cfg_create_t peer = {
		.cert_policy = CERT_NEVER_SEND,
		.unique = UNIQUE_NO,
		.keyingtries = 1,
	};
	char conf[512];
	ike_cfg_t *ike_cfg;

	snprintf(conf, sizeof(conf), "charon { retransmit_tries = 1\n"
			 "plugins { mobility-manager { %s } } }", settings);
	mock_charon_setup(conf);
	fake_clock_start(BEGIN);
	lib->crypto->add_ke(lib->crypto, MODP_2048_BIT, "mock", create_ke);
	lib->crypto->add_nonce_gen(lib->crypto, "mock", create_nonce_gen);
	t.session = NULL;
	t.ike_sa = NULL;
	t.deadline = 0;
	t.awaited = FALSE;
	t.held = 0;
	t.ports = (mobility_own_ports_t){
		.get_spare = _get_spare,
		.hold = _hold,
		.release = _release,
	};
	t.callers.wait = _wait_;
	t.context = (mobility_context_t){
		.settings = mobility_settings_create(),
		.backlog = mobility_peer_load_create(),
		.hooks = mobility_ike_hooks_create(),
		.callers = &t.callers,
		.ports = &t.ports,
		.arm = arm,
		.give_up = (void*)nop,
		.get_resume = (void*)return_null,
		.tell = (void*)nop,
	};
	t.network = mock_network_create(&t.context);
	t.source = mobility_source_address_create(choose, &t);
	t.listener = (listener_t){
		.ike_state_change = _ike_state_change,
		.message = _message_,
	};
	charon->bus->add_listener(charon->bus, &t.listener);
	ike_cfg = ike_cfg_create(&ike);
	ike_cfg->add_proposal(ike_cfg, proposal_create_from_string(PROTO_IKE,
											"aes128-sha256-modp2048"));
	t.peer_cfg = peer_cfg_create("home", ike_cfg, &peer);
}

static void setup()
{
	setup_conf("%any", "");
}

static void teardown()
{
	charon->ike_sa_manager->flush(charon->ike_sa_manager);
	ck_assert(!t.ike_sa);
	if (t.session)
	{
		t.session->destroy(t.session);
	}
	ck_assert_int_eq(t.held, 0);
	t.peer_cfg->destroy(t.peer_cfg);
	charon->bus->remove_listener(charon->bus, &t.listener);
	t.source->destroy(t.source);
	t.context.hooks->destroy(t.context.hooks);
	t.context.backlog->destroy(t.context.backlog);
	t.context.settings->destroy(t.context.settings);
	mock_network_destroy(t.network);
	lib->crypto->remove_ke(lib->crypto, create_ke);
	lib->crypto->remove_nonce_gen(lib->crypto, create_nonce_gen);
	fake_clock_stop();
	mock_charon_teardown();
}

/**
 * Log in, from a given address if that is not NULL
 */
static void initiate(char *local)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_t *ike_sa;

	ike_sa = manager->create_new(manager, IKEV2, TRUE);
	ike_sa->set_peer_cfg(ike_sa, t.peer_cfg);
	manager->checkout_new(manager, ike_sa);
	charon->bus->set_sa(charon->bus, ike_sa);
	if (local)
	{
		ike_sa->set_my_host(ike_sa, host_create_from_string(local, 500));
		ike_sa->set_other_host(ike_sa, host_create_from_string("192.0.2.1",
															   500));
	}
	mock_ike_checkin(ike_sa, ike_sa->initiate(ike_sa, NULL, NULL));
}

/**
 * Have the session do something
 */
static void do_work(status_t (*work)(mobility_session_t*))
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager,
											  t.ike_sa->get_id(t.ike_sa));
	ck_assert(ike_sa == t.ike_sa);
	mock_ike_checkin(ike_sa, work(t.session));
}

/**
 * The network has changed
 */
static void look()
{
	do_work(t.session->look);
}

/**
 * Let time pass
 */
static void run(uint64_t ms)
{
	uint64_t next, end = fake_clock_now() + ms;

	while (TRUE)
	{
		while (fake_clock_run());
		if (t.ike_sa && t.deadline && t.deadline <= fake_clock_now())
		{
			do_work(t.session->tick);
			continue;
		}
		next = min(fake_clock_next(), t.ike_sa && t.deadline ? t.deadline
															 : UINT64_MAX);
		fake_clock_set(min(next, end));
		if (next > end)
		{
			return;
		}
	}
}

/**
 * Create an answer to the last request, as it arrives over an uplink
 */
static message_t *create_answer(int uplink)
{
	const mock_packet_t *packet = mock_charon_get(-1);
	message_t *message;
	ike_sa_id_t *id;

	id = packet->id->clone(packet->id);
	id->set_responder_spi(id, 4711);
	message = mock_ike_message(id, FALSE, IKE_SA_INIT, 0,
							   t.network->uplinks[uplink].local, "192.0.2.1");
	id->destroy(id);
	message->get_destination(message)->set_port(
									message->get_destination(message), 500);
	message->get_source(message)->set_port(message->get_source(message), 500);
	return message;
}

/**
 * Receive an answer, and do what follows at once
 */
static status_t receive(message_t *message)
{
	status_t status = mock_ike_receive(message);

	run(0);
	return status;
}

/**
 * Get an answer with a notify over an uplink
 */
static status_t answer(int uplink, notify_type_t notify, chunk_t data)
{
	message_t *message = create_answer(uplink);

	message->add_notify(message, FALSE, notify, data);
	return receive(message);
}

/**
 * Create an answer that looks as if the peer was there, but stock finds the
 * proposal in it wrong and gives up
 */
static message_t *create_good_answer(int uplink)
{
	message_t *message = create_answer(uplink);
	proposal_t *proposal;
	key_exchange_t *ke = create_ke(MODP_2048_BIT);
	nonce_payload_t *nonce;

	proposal = proposal_create_from_string(PROTO_IKE, "aes256-sha1-modp2048");
	message->add_payload(message, (payload_t*)
						 sa_payload_create_from_proposal_v2(proposal));
	proposal->destroy(proposal);
	message->add_payload(message, (payload_t*)
		ke_payload_create_from_key_exchange(PLV2_KEY_EXCHANGE, ke));
	ke->destroy(ke);
	nonce = nonce_payload_create(PLV2_NONCE);
	nonce->set_nonce(nonce, chunk_from_str("the nonce of another peer"));
	message->add_payload(message, &nonce->payload_interface);
	return message;
}

/**
 * Get such an answer over an uplink
 */
static status_t answer_well(int uplink)
{
	return receive(create_good_answer(uplink));
}

/**
 * Check from where requests were sent, and forget them
 */
static void assert_sent(const char *sources)
{
	const mock_packet_t *last;
	int i;

	ck_assert_str_eq(mock_charon_sources(), sources);
	last = mock_charon_count() ? mock_charon_get(-1) : NULL;
	for (i = 0; i < mock_charon_count(); i++)
	{
		ck_assert_int_eq(mock_charon_get(i)->type, IKE_SA_INIT);
		ck_assert_int_eq(mock_charon_get(i)->source->get_port(
										mock_charon_get(i)->source), 500);
		ck_assert(mock_charon_get(i)->id->equals(mock_charon_get(i)->id,
												 last->id));
	}
}

/**
 * Check if the paths over an uplink are put aside
 */
static void assert_aside(const char *uplink, bool aside)
{
	array_t *paths = t.session->get_paths(t.session, NULL);
	mobility_path_report_t *report;
	bool found = FALSE;

	while (array_remove(paths, ARRAY_TAIL, &report))
	{
		if (streq(report->path->ifname, uplink))
		{
			found = TRUE;
			ck_assert_int_eq(report->penalty != 0, aside);
		}
		mobility_path_report_destroy(report);
	}
	array_destroy(paths);
	ck_assert(found);
}

/**
 * Check that the session still is connecting, and why
 */
static void assert_cause(const char *cause)
{
	mobility_status_t *status;

	status = t.session->get_status(t.session);
	ck_assert_int_eq(status->state, MOBILITY_CONNECTING);
	ck_assert_str_eq(status->cause, cause);
	mobility_status_destroy(status);
}

START_TEST(test_best)
{	/* by the best uplink, whatever charon thinks of routes, and pinned */
	t.network->uplinks[0].metric = 900;
	initiate(NULL);
	assert_sent("10.1.0.2 ");
	assert_cause("trying eth1");
	ck_assert(mock_network_is_pinned(t.network, 1));
	ck_assert(!mock_network_is_pinned(t.network, 0));
	run(999);
	assert_sent("10.1.0.2 ");
}
END_TEST

START_TEST(test_dead)
{
	host_t *me;

	initiate(NULL);
	assert_sent("10.0.0.2 ");
	run(1000);
	/* unchanged, and pinned as well */
	assert_sent("10.0.0.2 10.1.0.2 ");
	ck_assert(mock_network_is_pinned(t.network, 1));
	assert_cause("no answer yet, trying eth1 as well");
	/* stock sends it again after 4 s, over both */
	run(3000);
	assert_sent("10.0.0.2 10.1.0.2 10.0.0.2 10.1.0.2 ");
	ck_assert_int_eq(answer_well(1), SUCCESS);
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 10.1.0.2 10.0.0.2 "
					 "10.1.0.2 10.1.0.2 ");
	/* another one, not to be taken for the one before */
	ck_assert(!mock_charon_get(-1)->id->equals(mock_charon_get(-1)->id,
											   mock_charon_get(-2)->id));
	me = t.ike_sa->get_my_host(t.ike_sa);
	ck_assert_int_eq(me->get_port(me), 500);
	assert_cause("trying eth1");
	/* established, it is left alone for a while */
	assert_aside("eth0", TRUE);
	assert_aside("eth1", FALSE);
	/* now it is stock's */
	ck_assert_int_eq(answer_well(1), DESTROY_ME);
	ck_assert(!t.ike_sa);
}
END_TEST

START_TEST(test_refused)
{
	initiate(NULL);
	ck_assert_int_eq(answer(0, NO_PROPOSAL_CHOSEN, chunk_empty), SUCCESS);
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 10.1.0.2 ");
	/* anybody may have said so */
	assert_aside("eth0", FALSE);
	/* with the last one it is what the peer says */
	ck_assert_int_eq(answer(1, NO_PROPOSAL_CHOSEN, chunk_empty), DESTROY_ME);
}
END_TEST

START_TEST(test_refused_dead)
{
	initiate(NULL);
	run(1000);
	ck_assert_int_eq(answer(1, NO_PROPOSAL_CHOSEN, chunk_empty), SUCCESS);
	assert_cause("eth1: NO_PROPOSAL_CHOSEN");
	/* and when stock gives up, it does */
	run(60000);
	ck_assert(!t.ike_sa);
}
END_TEST

START_TEST(test_forged_nothing)
{	/* nothing in it that stock could do anything with */
	initiate(NULL);
	ck_assert_int_eq(receive(create_answer(0)), SUCCESS);
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 10.1.0.2 ");
}
END_TEST

/**
 * An answer that comes again, over another path, once it was used
 */
START_TEST(test_again)
{
	message_t *message;
	ike_sa_id_t *id;

	initiate(NULL);
	id = t.ike_sa->get_id(t.ike_sa);
	message = create_answer(0);
	message->add_payload(message, payload_create(PLV2_SECURITY_ASSOCIATION));
	message->add_payload(message, payload_create(PLV2_KEY_EXCHANGE));
	message->add_payload(message, payload_create(PLV2_NONCE));
	id->set_responder_spi(id, 4711);
	charon->bus->set_sa(charon->bus, t.ike_sa);
	charon->bus->message(charon->bus, message, TRUE, FALSE);
	ck_assert(!id->get_responder_spi(id));
	charon->bus->message(charon->bus, message, TRUE, TRUE);
	ck_assert_int_eq(message->get_exchange_type(message), IKE_SA_INIT);
	ck_assert(id->get_responder_spi(id) == 4711);
	/* stock authenticates now, and with nobody else */
	charon->bus->message(charon->bus, message, TRUE, FALSE);
	ck_assert(id->get_responder_spi(id) == 4711);
	charon->bus->set_sa(charon->bus, NULL);
	message->destroy(message);
	/* the cable is pulled before that is answered */
	t.network->uplinks[0].up = FALSE;
	look();
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 10.1.0.2 ");
	ck_assert(!mock_charon_get(-1)->id->equals(mock_charon_get(-1)->id,
											   mock_charon_get(-2)->id));
	assert_cause("trying eth1");
}
END_TEST

/**
 * Have the peer answer IKE_SA_INIT so that stock goes on with it
 */
static void begin_auth()
{
	message_t *message = create_answer(0);

	message->add_payload(message, payload_create(PLV2_SECURITY_ASSOCIATION));
	message->add_payload(message, payload_create(PLV2_KEY_EXCHANGE));
	message->add_payload(message, payload_create(PLV2_NONCE));
	charon->bus->set_sa(charon->bus, t.ike_sa);
	charon->bus->message(charon->bus, message, TRUE, TRUE);
	charon->bus->set_sa(charon->bus, NULL);
	message->destroy(message);
}

/**
 * An IKE_AUTH request leaves, or its answer arrives
 */
static void auth(bool incoming, uint8_t mid, uint16_t port)
{
	ike_sa_id_t *id = t.ike_sa->get_id(t.ike_sa);
	uint64_t spi = id->get_initiator_spi(id);
	char header[28] = {
		[17] = 0x20, [18] = IKE_AUTH, [19] = incoming ? 0x20 : 0x08,
		[23] = mid, [27] = sizeof(header),
	};
	host_t *me = t.ike_sa->get_my_host(t.ike_sa);
	host_t *other = t.ike_sa->get_other_host(t.ike_sa);
	message_t *message;

	me = me->clone(me);
	me->set_port(me, port);
	other = other->clone(other);
	memcpy(header, &spi, sizeof(spi));
	spi = id->get_responder_spi(id);
	memcpy(header + sizeof(spi), &spi, sizeof(spi));
	message = message_create_from_packet(packet_create_from_data(
									incoming ? other : me,
									incoming ? me : other,
									chunk_clone(chunk_from_thing(header))));
	ck_assert_int_eq(message->parse_header(message), SUCCESS);
	charon->bus->set_sa(charon->bus, t.ike_sa);
	charon->bus->message(charon->bus, message, incoming, incoming);
	charon->bus->set_sa(charon->bus, NULL);
	message->destroy(message);
}

START_TEST(test_auth_again)
{
	t.network->uplinks[1].up = FALSE;
	initiate(NULL);
	begin_auth();
	auth(FALSE, 1, 4500);
	mock_charon_forget();
	t.network->uplinks[0].up = FALSE;
	look();
	assert_cause("no uplink to 192.0.2.1");
	run(1000);
	ck_assert_int_eq(mock_charon_count(), 0);
	/* the same uplink is back: not when stock sends it again */
	t.network->uplinks[0].up = TRUE;
	look();
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 ");
	ck_assert_int_eq(mock_charon_get(0)->type, IKE_AUTH);
	ck_assert_uint_eq(mock_charon_get(0)->mid, 1);
	/* once it was answered there is nothing to be sent */
	auth(TRUE, 1, 4500);
	mock_charon_forget();
	t.network->uplinks[0].up = FALSE;
	look();
	run(1000);
	t.network->uplinks[0].up = TRUE;
	look();
	run(1000);
	ck_assert_int_eq(mock_charon_count(), 0);
}
END_TEST

/**
 * IKE_AUTH does not leave from the port that IKE_SA_INIT does: what a NAT knows of
 * that may be stale
 */
START_TEST(test_auth_port)
{
	uint16_t port = _i == 2 ? SPARE : IKEV2_UDP_PORT;
	const mock_packet_t *packet;
	host_t *me;

	initiate(NULL);
	begin_auth();
	auth(FALSE, 0, 4500);
	t.ike_sa->set_condition(t.ike_sa, COND_NAT_HERE, _i > 0);
	mock_charon_forget();
	ck_assert_int_eq(t.ike_sa->retransmit(t.ike_sa, 0), SUCCESS);
	packet = mock_charon_get(-1);
	/* without a NAT there is nothing but what stock sends */
	ck_assert_int_eq(packet->type, _i ? IKE_AUTH : IKE_SA_INIT);
	ck_assert_uint_eq(packet->source->get_port(packet->source),
					  _i ? SPARE : IKEV2_UDP_PORT);
	ck_assert_int_eq(t.held, 0);
	auth(TRUE, 0, port);
	me = t.ike_sa->get_my_host(t.ike_sa);
	ck_assert_uint_eq(me->get_port(me), port);
	ck_assert_int_eq(t.held, _i == 2);
}
END_TEST

START_TEST(test_cookie)
{
	char cookie[] = "cookie 0";
	int i;

	initiate(NULL);
	for (i = 0; i < 4; i++)
	{
		cookie[sizeof(cookie) - 2]++;
		ck_assert_int_eq(answer(0, COOKIE, chunk_from_str(cookie)), SUCCESS);
		ck_assert_int_eq(mock_charon_count(), i + 2);
	}
	/* the next one would be the end */
	ck_assert_int_eq(answer(0, COOKIE, chunk_from_str("cookie")), SUCCESS);
	assert_sent("10.0.0.2 10.0.0.2 10.0.0.2 10.0.0.2 10.0.0.2 ");
	/* it is silent then */
	run(1000);
	assert_sent("10.0.0.2 10.0.0.2 10.0.0.2 10.0.0.2 10.0.0.2 10.1.0.2 ");
}
END_TEST

START_TEST(test_key_exchange)
{	/* one that was not proposed is an error, to stock the last one */
	uint16_t method = htons(MODP_2048_BIT), other = htons(CURVE_25519);

	initiate(NULL);
	ck_assert_int_eq(answer(0, INVALID_KE_PAYLOAD, chunk_from_thing(method)),
					 SUCCESS);
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 10.0.0.2 ");
	ck_assert_int_eq(answer(0, INVALID_KE_PAYLOAD, chunk_from_thing(other)),
					 SUCCESS);
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 10.0.0.2 10.1.0.2 ");
	ck_assert_int_eq(answer(1, INVALID_KE_PAYLOAD, chunk_from_thing(other)),
					 DESTROY_ME);
}
END_TEST

START_TEST(test_rtt)
{
	ike_sa_t *ike_sa;
	message_t *message;

	/* how long the answer took is known before anything else is asked; unless
	 * nobody knows which of several requests it belongs to */
	initiate(NULL);
	run(_i ? 1500 : 40);
	message = create_good_answer(0);
	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager,
											  t.ike_sa->get_id(t.ike_sa));
	t.session->message(t.session, message, TRUE, TRUE);
	t.session->bind(t.session, ike_sa);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	message->destroy(message);
	ck_assert_uint_eq(t.network->rtt, _i ? 0 : 40);
}
END_TEST

START_TEST(test_network)
{
	initiate(NULL);
	/* nothing can come back where it left */
	t.network->uplinks[0].up = FALSE;
	look();
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 10.1.0.2 ");
	assert_cause("trying eth1");
	t.network->uplinks[1].up = FALSE;
	look();
	assert_cause("no uplink to 192.0.2.1");
	run(2000);
	t.network->uplinks[2].up = TRUE;
	look();
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 10.1.0.2 10.2.0.2 ");
	assert_cause("trying eth2");
}
END_TEST

START_TEST(test_no_network)
{	/* without any uplink it takes as long as it takes, unless somebody wants to
	 * know: then it fails when stock does */
	t.network->uplinks[0].up = t.network->uplinks[1].up = FALSE;
	t.awaited = _i;
	initiate(NULL);
	assert_cause("no uplink to 192.0.2.1");
	run(11000);
	ck_assert(t.ike_sa);
	run(600000);
	ck_assert(!t.ike_sa == !!_i);
	if (!_i)
	{
		assert_cause("no uplink to 192.0.2.1");
		mock_charon_forget();
		t.network->uplinks[1].up = TRUE;
		look();
		assert_sent("10.1.0.2 ");
		assert_cause("trying eth1");
		/* now it has an uplink that does not answer: as ever */
		run(20000);
		ck_assert(!t.ike_sa);
	}
}
END_TEST

START_TEST(test_network_gone)
{	/* it is gone when stock gives up, not before */
	initiate(NULL);
	run(10000);
	t.network->uplinks[0].up = t.network->uplinks[1].up = FALSE;
	look();
	run(60000);
	ck_assert(t.ike_sa);
}
END_TEST

START_TEST(test_addresses_set)
{	/* the addresses of the IKE_SA are known already: it replaces another */
	initiate("10.1.0.2");
	assert_sent("10.1.0.2 ");
	look();
	run(1000);
	assert_sent("10.1.0.2 10.0.0.2 ");
}
END_TEST

START_TEST(test_address_gone)
{
	initiate("10.3.0.2");
	look();
	ck_assert_str_eq(mock_charon_sources(), "10.3.0.2 10.0.0.2 ");
}
END_TEST

START_TEST(test_own_address)
{	/* the connection has one: only that, as ever */
	teardown();
	setup_conf("10.1.0.2", "");
	initiate(NULL);
	run(3000);
	look();
	assert_sent("10.1.0.2 ");
}
END_TEST

START_TEST(test_last_resort)
{
	teardown();
	setup_conf("%any", "interfaces { m { match = eth0\n metered = yes } }");
	initiate(NULL);
	assert_sent("10.1.0.2 ");
	run(7999);
	ck_assert(!strstr(mock_charon_sources(), "10.0.0.2"));
	run(1);
	ck_assert(strstr(mock_charon_sources(), "10.0.0.2"));
}
END_TEST

START_TEST(test_forbidden)
{	/* nothing leaves over an uplink that is not to be used, the kernel refuses
	 * to send from such an address */
	teardown();
	setup_conf("%any", "interfaces { e { match = eth*\n use = no } }");
	initiate(NULL);
	run(8000);
	ck_assert(mock_charon_count());
	ck_assert(!strstr(mock_charon_sources(), "10."));
	ck_assert(!strstr(mock_charon_sources(), "%any"));
	assert_cause("no uplink to 192.0.2.1");
}
END_TEST

START_TEST(test_failed_before)
{	/* nothing is told of what was not connected */
	initiate(NULL);
	charon->ike_sa_manager->flush(charon->ike_sa_manager);
	mobility_suite_log_start();
	t.session->release(t.session);
	ck_assert(!strstr(mobility_suite_log(), "connected"));
}
END_TEST

START_TEST(test_give_back)
{
	initiate(NULL);
	do_work(t.session->give_back);
	/* as without us */
	run(2000);
	look();
	assert_sent("10.0.0.2 ");
	t.ike_sa = NULL;
}
END_TEST

START_TEST(test_redirect)
{	/* to another gateway, over the best path; the one that has redirected us is
	 * not asked again, although it is known */
	identification_t *gateway;
	u_char nonce[32];
	char destination[64];
	chunk_t data;
	int i;

	initiate(NULL);
	run(1000);
	gateway = identification_create_from_string("192.0.2.9");
	memset(nonce, NONCE, sizeof(nonce));
	data = redirect_data_create(gateway, chunk_from_thing(nonce));
	/* that of another path makes it begin anew there */
	ck_assert_int_eq(answer(1, REDIRECT, data), SUCCESS);
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 10.1.0.2 10.1.0.2 ");
	ck_assert_int_eq(answer(1, REDIRECT, data), SUCCESS);
	chunk_free(&data);
	gateway->destroy(gateway);
	run(3000);
	/* which may be reached where the other one is not */
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 10.1.0.2 10.1.0.2 "
					 "10.0.0.2 10.1.0.2 ");
	for (i = 3; i < 5; i++)
	{
		snprintf(destination, sizeof(destination), "%H",
				 mock_charon_get(i)->destination);
		ck_assert_str_eq(destination, "192.0.2.9");
	}
}
END_TEST

START_TEST(test_resolved)
{	/* the peer has another address, which can be reached */
	host_t *other = host_create_from_string("192.0.2.7", 500);
	char destination[64];

	initiate(NULL);
	run(MOBILITY_RESOLVE_INTERVAL - 1);
	ck_assert_int_eq(t.network->resolves, 0);
	run(1);
	ck_assert_int_eq(t.network->resolves, 2);
	array_insert(t.network->resolved, ARRAY_TAIL, other);
	look();
	run(1500);
	assert_sent("10.0.0.2 10.1.0.2 10.0.0.2 10.1.0.2 ");
	snprintf(destination, sizeof(destination), "%H",
			 mock_charon_get(-1)->destination);
	ck_assert_str_eq(destination, "192.0.2.7");
	/* which does not mean that it answers there */
	run(500);
	ck_assert_int_eq(t.network->resolves, 4);
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("login");

	tc = tcase_create("login");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_best);
	tcase_add_test(tc, test_dead);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_refused_dead);
	tcase_add_test(tc, test_forged_nothing);
	tcase_add_test(tc, test_again);
	tcase_add_test(tc, test_auth_again);
	tcase_add_loop_test(tc, test_auth_port, 0, 3);
	tcase_add_test(tc, test_cookie);
	tcase_add_test(tc, test_key_exchange);
	tcase_add_loop_test(tc, test_rtt, 0, 2);
	tcase_add_test(tc, test_network);
	tcase_add_loop_test(tc, test_no_network, 0, 2);
	tcase_add_test(tc, test_network_gone);
	tcase_add_test(tc, test_addresses_set);
	tcase_add_test(tc, test_address_gone);
	tcase_add_test(tc, test_own_address);
	tcase_add_test(tc, test_last_resort);
	tcase_add_test(tc, test_forbidden);
	tcase_add_test(tc, test_failed_before);
	tcase_add_test(tc, test_give_back);
	tcase_add_test(tc, test_redirect);
	tcase_add_test(tc, test_resolved);
	suite_add_tcase(s, tc);

	return s;
}
