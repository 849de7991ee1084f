/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "fake_clock.h"
#include "mock_charon.h"
#include "mock_child.h"
#include "mock_ike.h"
#include "mock_network.h"

#include "mobile/peer_load.h"
#include "mobile/relogin.h"
#include "net/clock.h"
#include "compat.h"

#include <encoding/payloads/delete_payload.h>
#include <encoding/payloads/notify_payload.h>

/** the peer, another one, and a virtual IP */
#define REMOTE "192.0.2.1"
#define OTHER "192.0.2.2"
#define VIP "10.3.0.1"

/** what the peer has beside it, and we */
#define OTHER6 "2001:db8::1"
#define LOCAL6 "2001:db8:1::2"

/** number of the session, and refusals that are too many */
#define NUMBER 7
#define LIMIT 3

/** port beside those of charon */
#define SPARE 40000

/** SPI of who answers, and a key exchange that nobody has proposed */
#define SPI 4711
#define CHILD_SPI 4712
#define UNKNOWN_GROUP 1034

/**
 * A relogin, and what it lives in
 */
static struct {
	mobility_context_t context;
	mock_network_t *network;
	mobility_candidates_t *candidates;
	mobility_course_t course;
	mobility_relogin_t *relogin;
	listener_t listener;
	/** the held IKE_SA, checked out, and its CHILD_SA */
	ike_sa_id_t *id;
	ike_sa_t *held;
	mock_child_t child;
	host_t *vip;
	/** the second one; if that is checked out by the test */
	ike_sa_t *second;
	bool mine;
	/** key exchange that is asked for instead */
	uint16_t group;
	/** number of its CHILD_SAs, and what it has been asked to do */
	u_int children;
	u_int initiated, vips, deleted, children_deleted, resets;
	/** it gets no virtual IP */
	bool no_vip;
	/** what the held one was asked to initiate, IKE_SAs that were created */
	u_int resumed, created;
	/** stock's methods */
	ike_sa_t *(*create_new)(ike_sa_manager_t *this, ike_version_t version,
							bool initiator);
	ike_sa_t *(*checkout_by_id)(ike_sa_manager_t *this, uint32_t id);
	/** IKE_SAs of the same identities over the other address family */
	u_int others;
	/** the last IKE_AUTH had INITIAL_CONTACT */
	bool contact;
	/** what the context was asked for */
	mobility_work_t woken;
	ike_sa_t *logged_in;
	uint32_t expected;
	/** port that answers arrive at, 0 for that of charon; how often the other one
	 * is used */
	uint16_t port;
	int held_ports;
} t;

METHOD(ike_sa_t, get_child_count, int,
	ike_sa_t *this)
{
	return this == t.held ? 1 : t.children;
}

METHOD(ike_sa_t, create_child_sa_enumerator, enumerator_t*,
	ike_sa_t *this)
{
	return enumerator_create_single(&t.child.public, NULL);
}

METHOD(ike_sa_t, create_virtual_ip_enumerator, enumerator_t*,
	ike_sa_t *this, bool local)
{
	return this == t.second && t.no_vip ? enumerator_create_empty()
										: enumerator_create_single(t.vip, NULL);
}

METHOD(ike_sa_t, add_virtual_ip, void,
	ike_sa_t *this, bool local, host_t *vip)
{
	ck_assert(local && vip->equals(vip, t.vip));
	t.vips++;
}

/**
 * Have the second IKE_SA send a request
 */
static void request(exchange_type_t type, uint32_t mid)
{
	ike_sa_id_t *id = t.second->get_id(t.second);
	message_t *message;
	packet_t *packet;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_ike_sa_id(message, id);
	message->set_request(message, TRUE);
	message->set_exchange_type(message, type);
	message->set_message_id(message, mid);
	message->set_source(message, host_create_from_string("10.0.0.2", 500));
	message->set_destination(message, host_create_from_string(REMOTE, 500));
	charon->bus->set_sa(charon->bus, t.second);
	charon->bus->message(charon->bus, message, FALSE, TRUE);
	t.contact = message->get_notify(message, INITIAL_CONTACT) != NULL;
	ck_assert_int_eq(message->generate(message, t.second->get_keymat(t.second),
									   &packet), SUCCESS);
	packet->destroy(packet);
	charon->bus->message(charon->bus, message, FALSE, FALSE);
	message->destroy(message);
}

METHOD(ike_sa_t, initiate, status_t,
	ike_sa_t *this, child_cfg_t *config, child_init_args_t *args)
{
	ck_assert(!config && !args);
	t.initiated++;
	this->set_state(this, IKE_CONNECTING);
	request(IKE_SA_INIT, 0);
	return SUCCESS;
}

METHOD(ike_sa_t, reset_, void,
	ike_sa_t *this, bool new_spi)
{
	ck_assert(new_spi);
	t.resets++;
}

METHOD(ike_sa_t, resume, status_t,
	ike_sa_t *this, child_cfg_t *config, child_init_args_t *args)
{
	ck_assert(!config && !args);
	t.resumed++;
	return SUCCESS;
}

METHOD(ike_sa_t, delete_, status_t,
	ike_sa_t *this, bool force)
{
	t.deleted++;
	return this->get_state(this) == IKE_ESTABLISHED ? SUCCESS : DESTROY_ME;
}

METHOD(ike_sa_t, delete_child_sa, status_t,
	ike_sa_t *this, protocol_id_t protocol, uint32_t spi, bool expired)
{
	ck_assert(this == t.second && protocol == PROTO_ESP && !expired);
	ck_assert_uint_eq(spi, CHILD_SPI);
	t.children_deleted++;
	return SUCCESS;
}

METHOD(ike_sa_manager_t, create_new, ike_sa_t*,
	ike_sa_manager_t *this, ike_version_t version, bool initiator)
{
	keymat_t *keymat, *mock = t.held->get_keymat(t.held);
	ike_sa_t *ike_sa = t.create_new(this, version, initiator);

	keymat = ike_sa->get_keymat(ike_sa);
	keymat->get_aead = mock->get_aead;
	ike_sa->initiate = _initiate;
	ike_sa->reset = _reset_;
	ike_sa->delete = _delete_;
	ike_sa->add_virtual_ip = _add_virtual_ip;
	ike_sa->get_child_count = _get_child_count;
	ike_sa->create_child_sa_enumerator = _create_child_sa_enumerator;
	ike_sa->delete_child_sa = _delete_child_sa;
	ike_sa->create_virtual_ip_enumerator = _create_virtual_ip_enumerator;
	t.created++;
	t.second = ike_sa;
	t.resets = 0;
	return ike_sa;
}

METHOD(ike_sa_manager_t, create_id_enumerator, enumerator_t*,
	ike_sa_manager_t *this, identification_t *me, identification_t *other,
	int family)
{
	linked_list_t *list = linked_list_create();
	u_int i;

	for (i = 0; i < (family == AF_INET ? 1 : t.others); i++)
	{
		list->insert_last(list, t.id);
	}
	return enumerator_create_cleaner(list->create_enumerator(list),
									 (void*)list->destroy, list);
}

METHOD(listener_t, message_, bool,
	listener_t *this, ike_sa_t *ike_sa, message_t *message, bool incoming,
	bool plain)
{
	mobility_ike_hooks_t *hooks = t.context.hooks;
	mobility_ike_handler_t *handler = hooks->get_handler(hooks, ike_sa);

	if (handler && handler->methods->message)
	{
		handler->methods->message(handler, ike_sa, message, incoming, plain);
	}
	if (ike_sa == t.held && incoming && plain)
	{
		t.relogin->heard(t.relogin, message);
	}
	return TRUE;
}

METHOD(listener_t, ike_updown, bool,
	listener_t *this, ike_sa_t *ike_sa, bool up)
{
	if (ike_sa == t.held)
	{
		ck_assert(!up);
		t.relogin->release(t.relogin);
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	listener_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	mobility_ike_hooks_t *hooks = t.context.hooks;
	mobility_ike_handler_t *handler = hooks->get_handler(hooks, ike_sa);

	if (state == IKE_DESTROYING)
	{
		if (handler && handler->methods->gone)
		{
			handler->methods->gone(handler, ike_sa);
		}
		if (ike_sa == t.second)
		{
			t.second = NULL;
		}
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	listener_t *this, ike_sa_t *old, ike_sa_t *new)
{
	mobility_ike_hooks_t *hooks = t.context.hooks;
	mobility_ike_handler_t *handler = hooks->get_handler(hooks, old);

	if (handler)
	{
		handler->methods->rekeyed(handler, old, new);
	}
	return TRUE;
}

/**
 * Implements mobility_context_t.wake()
 */
static void wake_up(mobility_context_t *context, uint32_t number,
					mobility_work_t work)
{
	ck_assert_uint_eq(number, NUMBER);
	t.woken |= work;
}

/**
 * Implements mobility_context_t.expect()
 */
static void expect(mobility_context_t *context, ike_sa_t *ike_sa,
				   uint32_t successor)
{
	ck_assert(ike_sa == t.held);
	t.expected = successor;
}

/**
 * Implements mobility_context_t.logged_in()
 */
static void logged_in(mobility_context_t *context, ike_sa_t *ike_sa)
{
	ck_assert(!context->hooks->get_handler(context->hooks, ike_sa));
	t.logged_in = ike_sa;
}

/**
 * Have jobs do what they are there for, with the held IKE_SA
 */
static void run_jobs()
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;

	manager->checkin(manager, t.held);
	fake_clock_run();
	ck_assert(manager->checkout(manager, t.id) == t.held);
}

static void setup(void)
{
	ike_sa_manager_t *manager;
	ike_cfg_t *ike_cfg;

	mock_charon_setup("");
	fake_clock_start(1000000);
	memset(&t, 0, sizeof(t));
	t.context = (mobility_context_t){
		.settings = mobility_settings_create(),
		.hooks = mobility_ike_hooks_create(),
		.wake = wake_up,
		.expect = expect,
		.logged_in = logged_in,
	};
	t.network = mock_network_create(&t.context);
	t.candidates = mobility_candidates_create("home", t.context.settings,
											  t.context.monitor, t.context.pins,
											  mobility_path_history_create());
	mock_child_init(&t.child);
	t.child.spi_in = CHILD_SPI;
	t.vip = host_create_from_string(VIP, 0);
	t.id = mock_ike_create(NULL);
	manager = charon->ike_sa_manager;
	t.held = manager->checkout(manager, t.id);
	ike_cfg = t.held->get_ike_cfg(t.held);
	ike_cfg->add_proposal(ike_cfg, proposal_create_from_string(PROTO_IKE,
												"aes128-sha256-curve25519"));
	t.group = CURVE_25519;
	t.held->get_child_count = _get_child_count;
	t.held->initiate = _resume;
	t.held->create_child_sa_enumerator = _create_child_sa_enumerator;
	t.held->create_virtual_ip_enumerator = _create_virtual_ip_enumerator;
	t.create_new = manager->create_new;
	manager->create_new = _create_new;
	manager->create_id_enumerator = _create_id_enumerator;
	t.course = (mobility_course_t){
		.name = "home",
		.ike_sa = t.held,
		.monitor = t.context.monitor,
		.candidates = t.candidates,
	};
	mobility_course_look(&t.course);
	t.listener.message = _message_;
	t.listener.ike_updown = _ike_updown;
	t.listener.ike_state_change = _ike_state_change;
	t.listener.ike_rekey = _ike_rekey;
	charon->bus->add_listener(charon->bus, &t.listener);
	t.relogin = mobility_relogin_create(&t.context, &t.course, NUMBER);
}

static void teardown(void)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;

	t.relogin->destroy(t.relogin);
	run_jobs();
	manager->checkin_and_destroy(manager, t.held);
	manager->flush(manager);
	charon->bus->remove_listener(charon->bus, &t.listener);
	mobility_heading_cleanup(&t.course.heading);
	t.candidates->destroy(t.candidates);
	t.context.hooks->destroy(t.context.hooks);
	t.context.settings->destroy(t.context.settings);
	mock_network_destroy(t.network);
	t.vip->destroy(t.vip);
	t.id->destroy(t.id);
	fake_clock_stop();
	mock_charon_teardown();
}

/**
 * Get a path
 */
static mobility_path_t *path(char *local)
{
	host_t *me = host_create_from_string(local, 0);
	host_t *other = host_create_from_string(REMOTE, 0);
	mobility_path_t *path;

	path = t.candidates->find(t.candidates, me, other);
	me->destroy(me);
	other->destroy(other);
	ck_assert(path);
	return path;
}

/**
 * Have the second IKE_SA receive an answer; returns if charon would ignore it
 */
static bool answer(exchange_type_t type, char *local, char *remote,
				   notify_type_t notify)
{
	ike_sa_id_t *id = t.second->get_id(t.second);
	uint16_t group = htons(t.group);
	message_t *message;
	bool ignored;

	/* charon notes it, and does not take answers with another one then */
	id->set_responder_spi(id, SPI);
	message = mock_ike_message(id, FALSE, type, type == IKE_AUTH, local, remote);
	if (t.port)
	{
		message->set_destination(message,
								 host_create_from_string(local, t.port));
	}
	if (notify)
	{
		message->add_notify(message, FALSE, notify, notify == INVALID_KE_PAYLOAD ?
							chunk_from_thing(group) : chunk_empty);
	}
	else if (type == IKE_SA_INIT)
	{
		message->add_payload(message,
							 payload_create(PLV2_SECURITY_ASSOCIATION));
		message->add_payload(message, payload_create(PLV2_KEY_EXCHANGE));
		message->add_payload(message, payload_create(PLV2_NONCE));
	}
	charon->bus->set_sa(charon->bus, t.second);
	charon->bus->message(charon->bus, message, TRUE, FALSE);
	charon->bus->message(charon->bus, message, TRUE, TRUE);
	ignored = message->get_exchange_type(message) == EXCHANGE_TYPE_UNDEFINED;
	ck_assert(ignored || type != IKE_SA_INIT ||
			  id->get_responder_spi(id) == SPI);
	message->destroy(message);
	charon->bus->set_sa(charon->bus, t.held);
	return ignored;
}

/**
 * A second IKE_SA asks, over two paths
 */
static void ask()
{
	t.relogin->begin(t.relogin, LIMIT, NULL);
	ck_assert(t.second);
	mock_charon_forget();
	t.relogin->ask(t.relogin, path("10.0.0.2"));
	t.relogin->ask(t.relogin, path("10.1.0.2"));
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 10.1.0.2 ");
	ck_assert_int_eq(mock_charon_get(-1)->type, IKE_SA_INIT);
	ck_assert_uint_eq(mock_charon_get(-1)->destination->get_port(
									mock_charon_get(-1)->destination), 500);
}

/**
 * The held request gets its chance over the second path, until IKE_SA_INIT is
 * sent there; returns how often
 */
static u_int check_repeats()
{
	mobility_path_t *repeat;
	u_int repeats = 0;

	mock_charon_forget();
	while (!mock_charon_count())
	{
		ck_assert(t.relogin->get_deadline(t.relogin));
		fake_clock_set(max(fake_clock_now(),
						   t.relogin->get_deadline(t.relogin)));
		repeat = t.relogin->tick(t.relogin);
		if (repeat)
		{
			ck_assert(repeat == path("10.1.0.2"));
			repeats++;
		}
		fake_clock_run();
		charon->bus->set_sa(charon->bus, t.held);
		ck_assert_uint_lt(repeats, 100);
	}
	ck_assert_str_eq(mock_charon_sources(), "10.1.0.2 ");
	return repeats;
}

/**
 * Somebody answers over the second path, and the held request gets its chance
 */
static u_int check_path()
{
	t.woken = 0;
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
	ck_assert_int_eq(t.woken, MOBILITY_WORK_TICK);
	return check_repeats();
}

/**
 * All of it until IKE_AUTH has left
 */
static void log_in()
{
	t.expected = 0;
	ask();
	ck_assert_uint_eq(check_path(), MOBILITY_ATTEMPT_REPEATS);
	ck_assert_uint_eq(t.expected, 0);
	ck_assert(!answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
	ck_assert_uint_eq(t.expected, t.second->get_unique_id(t.second));
	request(IKE_AUTH, 1);
	charon->bus->set_sa(charon->bus, t.held);
}

/**
 * The peer sends something over the held IKE_SA
 */
static void hear()
{
	message_t *message;

	message = mock_ike_message(t.id, FALSE, INFORMATIONAL, 2, "10.0.0.2",
							   REMOTE);
	t.relogin->heard(t.relogin, message);
	message->destroy(message);
}

/**
 * Somebody wants an IKE_SA to create a CHILD_SA
 */
static void want_child(ike_sa_t *ike_sa)
{
	child_create_t *task;

	task = child_create_create(ike_sa, &t.child.config, FALSE, NULL,
							   NULL MOBILITY_COMPAT_SEQ(0));
	ike_sa->queue_task(ike_sa, &task->task);
}

/**
 * Count the CHILD_SAs that an IKE_SA is to create
 */
static u_int wanted(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	task_t *task;
	u_int count = 0;

	enumerator = ike_sa->create_task_enumerator(ike_sa, TASK_QUEUE_QUEUED);
	while (enumerator->enumerate(enumerator, &task))
	{
		count += task->get_type(task) == TASK_CHILD_CREATE;
	}
	enumerator->destroy(enumerator);
	return count;
}

/**
 * The peer has answered what the second IKE_SA has asked for
 */
static void create_children()
{
	enumerator_t *enumerator;
	task_t *task;

	enumerator = t.second->create_task_enumerator(t.second, TASK_QUEUE_QUEUED);
	while (enumerator->enumerate(enumerator, &task))
	{
		ck_assert_int_eq(task->get_type(task), TASK_CHILD_CREATE);
		t.second->remove_task(t.second, enumerator);
		task->destroy(task);
	}
	enumerator->destroy(enumerator);
}

/**
 * A message of the second IKE_SA was processed
 */
static status_t processed()
{
	mobility_ike_hooks_t *hooks = t.context.hooks;
	mobility_ike_handler_t *handler = hooks->get_handler(hooks, t.second);

	return handler->methods->processed(handler, t.second, SUCCESS);
}

/**
 * The second IKE_SA is established
 */
static status_t establish(u_int children)
{
	t.children = children;
	ck_assert(!answer(IKE_AUTH, "10.1.0.2", REMOTE, 0));
	t.second->set_state(t.second, IKE_ESTABLISHED);
	t.woken = 0;
	ck_assert_int_eq(processed(), SUCCESS);
	ck_assert_int_eq(t.woken, 0);
	create_children();
	return processed();
}

/**
 * The second IKE_SA is destroyed, as after an answer that ends it
 */
static void destroy_second()
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_t *ike_sa;

	ike_sa = manager->checkout(manager, t.second->get_id(t.second));
	ck_assert(ike_sa == t.second);
	t.woken = 0;
	manager->checkin_and_destroy(manager, ike_sa);
	ck_assert(!t.second);
	charon->bus->set_sa(charon->bus, t.held);
}

START_TEST(test_take)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_t *ike_sa, *second, *busy;
	ike_sa_id_t *id;

	ck_assert(!t.relogin->take(t.relogin));
	log_in();
	/* once more for the path that has answered */
	ck_assert_uint_eq(t.initiated, 2);
	ck_assert_uint_eq(t.resets, 1);
	ck_assert_uint_eq(t.vips, 1);
	ck_assert(t.contact);
	ck_assert(!t.relogin->take(t.relogin));
	ck_assert_int_eq(processed(), SUCCESS);
	ck_assert(!t.relogin->take(t.relogin));
	ck_assert_int_eq(establish(1), SUCCESS);
	ck_assert_int_eq(t.woken, MOBILITY_WORK_LOGIN);
	/* the held one may be answered now, or asked for anything */
	hear();
	fake_clock_run();
	/* others are not waited for, the held one least of all */
	second = t.second;
	id = mock_ike_create(NULL);
	busy = manager->checkout(manager, id);
	ck_assert(busy);
	t.second = second;
	ike_sa = t.relogin->take(t.relogin);
	ck_assert(ike_sa == t.second);
	mock_ike_checkin(busy, SUCCESS);
	id->destroy(id);
	charon->bus->set_sa(charon->bus, ike_sa);
	ck_assert(!t.context.hooks->get_handler(t.context.hooks, ike_sa));
	mock_ike_checkin(ike_sa, SUCCESS);
	charon->bus->set_sa(charon->bus, t.held);
	ck_assert(!t.relogin->take(t.relogin));
	t.relogin->release(t.relogin);
	fake_clock_run();
	ck_assert(t.second && !t.deleted && !t.logged_in);
}
END_TEST

START_TEST(test_ignored)
{
	ask();
	check_path();
	/* charon has to forget who answered */
	ck_assert(!t.second->get_id(t.second)->get_responder_spi(
												t.second->get_id(t.second)));
	/* only who was checked is believed, and from where */
	ck_assert(answer(IKE_SA_INIT, "10.0.0.2", REMOTE, 0));
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", OTHER, 0));
	/* what has to be sent anew gets through at any time */
	ck_assert(!answer(IKE_SA_INIT, "10.0.0.2", REMOTE, COOKIE));
	ck_assert(!answer(IKE_SA_INIT, "10.0.0.2", REMOTE, INVALID_KE_PAYLOAD));
	ck_assert_uint_eq(t.expected, 0);
	ck_assert(!answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
}
END_TEST

START_TEST(test_built)
{
	/* it was built for the preferred path */
	ask();
	ck_assert(answer(IKE_SA_INIT, "10.0.0.2", REMOTE, 0));
	mock_charon_forget();
	while (!mock_charon_count())
	{
		fake_clock_set(max(fake_clock_now(),
						   t.relogin->get_deadline(t.relogin)));
		t.relogin->tick(t.relogin);
	}
	ck_assert(t.relogin->get_deadline(t.relogin));
	ck_assert_str_eq(mock_charon_sources(), "10.0.0.2 ");
	ck_assert(!answer(IKE_SA_INIT, "10.0.0.2", REMOTE, 0));
	ck_assert_uint_eq(t.resets, 0);
	t.relogin->cancel(t.relogin);
	fake_clock_run();

	/* what was built for another one is not used, however late it is answered */
	ask();
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
	do
	{
		fake_clock_set(max(fake_clock_now(),
						   t.relogin->get_deadline(t.relogin)));
	}
	while (t.relogin->tick(t.relogin));
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
	fake_clock_run();
	charon->bus->set_sa(charon->bus, t.held);
	ck_assert_uint_eq(t.resets, 1);
	ck_assert(!answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
}
END_TEST

START_TEST(test_garbage)
{
	ike_sa_id_t *id;
	message_t *message;

	/* charon notes the SPI before it finds out that it can't read the rest */
	ask();
	id = t.second->get_id(t.second);
	id->set_responder_spi(id, SPI);
	message = mock_ike_message(id, FALSE, IKE_SA_INIT, 0, "10.0.0.2", REMOTE);
	charon->bus->set_sa(charon->bus, t.second);
	charon->bus->message(charon->bus, message, TRUE, FALSE);
	charon->bus->set_sa(charon->bus, t.held);
	message->destroy(message);
	ck_assert(!id->get_responder_spi(id));
	/* nor is one without any keys an answer */
	ck_assert(answer(IKE_SA_INIT, "10.0.0.2", REMOTE, USE_TRANSPORT_MODE));
	ck_assert(!t.relogin->get_deadline(t.relogin));
}
END_TEST

START_TEST(test_detours)
{
	int i;

	ask();
	/* charon gives up if it is asked for what it does not know, or too often */
	t.group = UNKNOWN_GROUP;
	ck_assert(answer(IKE_SA_INIT, "10.0.0.2", REMOTE, INVALID_KE_PAYLOAD));
	/* who has a lot to do may be about to answer the held request */
	ck_assert(answer(IKE_SA_INIT, "10.0.0.2", REMOTE, COOKIE));
	for (i = 0; i < MOBILITY_ATTEMPT_DETOURS; i++)
	{
		ck_assert(!answer(IKE_SA_INIT, "10.0.0.2", REMOTE, COOKIE));
	}
	ck_assert(answer(IKE_SA_INIT, "10.0.0.2", REMOTE, COOKIE));
	check_path();
	ck_assert(!answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
}
END_TEST

START_TEST(test_worn)
{
	int i;

	/* somebody else has used them up, and the peer needs one */
	ask();
	ck_assert(answer(IKE_SA_INIT, "10.0.0.2", REMOTE, COOKIE));
	for (i = 0; i < MOBILITY_ATTEMPT_DETOURS; i++)
	{
		ck_assert(!answer(IKE_SA_INIT, "10.0.0.2", REMOTE, COOKIE));
	}
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, COOKIE));
	fake_clock_set(t.relogin->get_deadline(t.relogin));
	ck_assert(!t.relogin->tick(t.relogin));
	fake_clock_run();
	ck_assert(!t.second);
	ck_assert_uint_eq(t.deleted, 1);
	ask();
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, COOKIE));
	ck_assert(!answer(IKE_SA_INIT, "10.1.0.2", REMOTE, COOKIE));
}
END_TEST

/**
 * When the held request is answered
 */
enum {
	REFUTE_ASKING,
	REFUTE_CHECKING,
	REFUTE_READY,
	REFUTES,
};

START_TEST(test_refute)
{
	ask();
	if (_i >= REFUTE_CHECKING)
	{
		ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
		ck_assert(t.relogin->tick(t.relogin));
	}
	if (_i >= REFUTE_READY)
	{
		check_path();
	}
	hear();
	/* a thread has it process an answer just now */
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
	fake_clock_run();
	ck_assert(!t.second);
	ck_assert_uint_eq(t.deleted, 1);
	ck_assert(!t.relogin->get_deadline(t.relogin));
	mock_charon_forget();
	t.relogin->ask(t.relogin, path("10.0.0.2"));
	ck_assert_uint_eq(mock_charon_count(), 0);
	/* once more */
	t.relogin->begin(t.relogin, LIMIT, NULL);
	ck_assert(t.second);
}
END_TEST

START_TEST(test_announced)
{
	host_t *other = host_create_from_string(OTHER, 0);
	host_t *local = host_create_from_string("10.0.0.2", 0);
	mobility_path_t *elsewhere;

	t.held->add_peer_address(t.held, other->clone(other));
	mobility_course_look(&t.course);
	elsewhere = t.candidates->find(t.candidates, local, other);
	ck_assert(elsewhere);
	/* without a name logins may go anywhere */
	ask();
	t.relogin->ask(t.relogin, elsewhere);
	ck_assert_uint_eq(mock_charon_count(), 3);
	t.relogin->cancel(t.relogin);
	fake_clock_run();

	t.candidates->remotes->found(t.candidates->remotes,
								 path("10.0.0.2")->remote, mobility_now());
	ask();
	t.relogin->ask(t.relogin, elsewhere);
	ck_assert_uint_eq(mock_charon_count(), 2);
	t.relogin->cancel(t.relogin);
	fake_clock_run();

	/* that is where the name leads now */
	t.candidates->remotes->found(t.candidates->remotes, other,
								 mobility_now());
	ask();
	t.relogin->ask(t.relogin, elsewhere);
	ck_assert_uint_eq(mock_charon_count(), 3);
	local->destroy(local);
	other->destroy(other);
}
END_TEST

/**
 * Have IKE_SA_INIT sent over a path, if it may be; returns if it was
 */
static bool is_asked(mobility_path_t *path)
{
	mock_charon_forget();
	t.relogin->ask(t.relogin, path);
	return mock_charon_count() == 1;
}

START_TEST(test_family)
{
	host_t *other = host_create_from_string(OTHER6, 0);
	host_t *local = host_create_from_string(LOCAL6, 0);
	mobility_path_t *six;
	host_t *me;

	t.network->local6 = LOCAL6;
	t.held->add_peer_address(t.held, other->clone(other));
	mobility_course_look(&t.course);
	six = t.candidates->find(t.candidates, local, other);
	ck_assert(six);
	/* a gateway that remembers looks for it there */
	t.course.family = AF_INET6;
	t.relogin->begin(t.relogin, LIMIT, NULL);
	me = t.second->get_my_host(t.second);
	ck_assert(me->ip_equals(me, local));
	ck_assert(is_asked(six));
	ck_assert(!is_asked(path("10.0.0.2")));
	/* others get their turn */
	fake_clock_set(fake_clock_now() + MOBILITY_ATTEMPT_KIN);
	ck_assert(!is_asked(six));
	t.relogin->begin(t.relogin, LIMIT, NULL);
	ck_assert(is_asked(path("10.0.0.2")));
	ck_assert(is_asked(six));
	/* all that follows goes over that of who answers */
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
	ck_assert(is_asked(path("10.0.0.2")));
	fake_clock_set(t.relogin->get_deadline(t.relogin));
	t.network->uplinks[1].up = FALSE;
	mobility_course_look(&t.course);
	ck_assert(!t.relogin->tick(t.relogin));
	ck_assert(answer(IKE_SA_INIT, LOCAL6, OTHER6, 0));
	ck_assert(!is_asked(path("10.0.0.2")));
	t.network->uplinks[1].up = TRUE;
	mobility_course_look(&t.course);
	t.relogin->cancel(t.relogin);
	fake_clock_run();
	six = t.candidates->find(t.candidates, local, other);
	/* not where the name does not lead, whatever the family */
	t.candidates->remotes->found(t.candidates->remotes,
								 path("10.0.0.2")->remote, mobility_now());
	t.relogin->begin(t.relogin, LIMIT, NULL);
	ck_assert(is_asked(path("10.0.0.2")));
	ck_assert(!is_asked(six));
	t.relogin->cancel(t.relogin);
	fake_clock_run();
	/* both, but there is no path anymore */
	t.candidates->remotes->found(t.candidates->remotes, other,
								 mobility_now());
	t.network->local6 = NULL;
	mobility_course_look(&t.course);
	t.relogin->begin(t.relogin, LIMIT, NULL);
	ck_assert(is_asked(path("10.0.0.2")));
	other->destroy(other);
	local->destroy(local);
}
END_TEST

START_TEST(test_path_gone)
{
	ask();
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
	ck_assert(t.relogin->tick(t.relogin));
	t.network->uplinks[1].up = FALSE;
	mobility_course_look(&t.course);
	fake_clock_set(t.relogin->get_deadline(t.relogin));
	ck_assert(!t.relogin->tick(t.relogin));
	ck_assert(!t.relogin->get_deadline(t.relogin));
	ck_assert(answer(IKE_SA_INIT, "10.0.0.2", REMOTE, 0));
	ck_assert(t.relogin->tick(t.relogin) == path("10.0.0.2"));
}
END_TEST

START_TEST(test_refused)
{
	char why[96];

	log_in();
	ck_assert(!answer(IKE_AUTH, "10.1.0.2", REMOTE, AUTHENTICATION_FAILED));
	destroy_second();
	ck_assert_int_eq(t.woken, MOBILITY_WORK_TICK);
	ck_assert(t.relogin->get_refusal(t.relogin, why, sizeof(why)));
	ck_assert_str_eq(why,
					 "gateway refused a new login: AUTHENTICATION_FAILED");
	ck_assert(!t.relogin->get_refusal(t.relogin, why, sizeof(why)));
	/* not at once again */
	t.relogin->begin(t.relogin, LIMIT, NULL);
	ck_assert(!t.second);
	fake_clock_set(fake_clock_now() + 60 * 1000);
	t.relogin->begin(t.relogin, 1, NULL);
	ck_assert(!t.second);
	t.relogin->begin(t.relogin, LIMIT, NULL);
	ck_assert(t.second);
}
END_TEST

START_TEST(test_error)
{
	char why[96];

	ask();
	/* who says so may be anybody, and there are other paths */
	ck_assert(answer(IKE_SA_INIT, "10.0.0.2", REMOTE, NO_PROPOSAL_CHOSEN));
	ck_assert(t.second);
	ck_assert(!t.relogin->get_deadline(t.relogin));
	ck_assert_int_eq(t.woken, MOBILITY_WORK_TICK);
	ck_assert(t.relogin->get_refusal(t.relogin, why, sizeof(why)));
	ck_assert_str_eq(why,
					 "gateway refused a new login: NO_PROPOSAL_CHOSEN");
	check_path();
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, NO_PROPOSAL_CHOSEN));
	ck_assert(!answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
}
END_TEST

START_TEST(test_unanswered)
{
	char why[96];

	log_in();
	destroy_second();
	ck_assert(!t.relogin->get_refusal(t.relogin, why, sizeof(why)));
	t.relogin->begin(t.relogin, 1, NULL);
	ck_assert(t.second);
}
END_TEST

START_TEST(test_broken_answer)
{
	char why[96];

	log_in();
	ck_assert(!answer(IKE_AUTH, "10.1.0.2", REMOTE, 0));
	destroy_second();
	ck_assert(t.relogin->get_refusal(t.relogin, why, sizeof(why)));
	ck_assert_str_eq(why, "a new login failed");
}
END_TEST

START_TEST(test_unusable_answer)
{
	char why[96];

	/* charon can't derive keys from what anybody may have sent */
	ask();
	check_path();
	ck_assert(!answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
	destroy_second();
	ck_assert(!t.relogin->get_refusal(t.relogin, why, sizeof(why)));
	t.relogin->begin(t.relogin, 1, NULL);
	ck_assert(t.second);
}
END_TEST

START_TEST(test_expired)
{
	t.relogin->begin(t.relogin, LIMIT, "over");
	t.relogin->ask(t.relogin, path("10.1.0.2"));
	/* there is nothing to ask for anymore, but it was built for another path */
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
	ck_assert_uint_eq(check_repeats(), 0);
	ck_assert(!answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
	ck_assert_uint_eq(t.expected, t.second->get_unique_id(t.second));
	request(IKE_AUTH, 1);
	charon->bus->set_sa(charon->bus, t.held);
	ck_assert_int_eq(establish(1), SUCCESS);
	ck_assert_int_eq(t.woken, MOBILITY_WORK_LOGIN);
}
END_TEST

START_TEST(test_hopeless)
{
	ask();
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
	/* while the held one still gets its chance the gateway says that it is gone */
	t.relogin->begin(t.relogin, LIMIT, "gone");
	ck_assert_uint_eq(t.created, 1);
	ck_assert_uint_eq(check_repeats(), 0);
	ck_assert(!answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
	ck_assert_uint_eq(t.expected, t.second->get_unique_id(t.second));
}
END_TEST

START_TEST(test_useless)
{
	char why[96];

	log_in();
	/* without CHILD_SAs, or with some for another address */
	t.no_vip = _i;
	ck_assert_int_eq(establish(_i), SUCCESS);
	ck_assert_int_eq(t.woken, 0);
	ck_assert_uint_eq(t.deleted, 1);
	ck_assert(!t.context.hooks->get_handler(t.context.hooks, t.second));
	ck_assert(!t.relogin->take(t.relogin));
	ck_assert(!t.relogin->get_refusal(t.relogin, why, sizeof(why)));
}
END_TEST

START_TEST(test_closed)
{
	char why[96];

	/* stock has closed it, as is configured, before it was complete */
	log_in();
	want_child(t.second);
	t.children = 0;
	ck_assert(!answer(IKE_AUTH, "10.1.0.2", REMOTE, TS_UNACCEPTABLE));
	t.second->set_state(t.second, IKE_ESTABLISHED);
	ck_assert_int_eq(processed(), SUCCESS);
	ck_assert_uint_eq(t.deleted, 0);
	destroy_second();
	run_jobs();
	ck_assert(!t.relogin->get_refusal(t.relogin, why, sizeof(why)));
	/* that is no refusal, but there is no other one at once */
	t.relogin->begin(t.relogin, 1, NULL);
	ck_assert(!t.second);
	fake_clock_set(fake_clock_now() + 60 * 1000);
	t.relogin->begin(t.relogin, 1, NULL);
	ck_assert(t.second);
}
END_TEST

START_TEST(test_held_gone)
{
	ike_sa_t *ike_sa;

	ask();
	t.relogin->release(t.relogin);
	fake_clock_run();
	ck_assert(!t.second);

	/* it goes on alone if it has authenticated */
	log_in();
	t.relogin->release(t.relogin);
	fake_clock_run();
	ck_assert(t.second);
	ike_sa = t.second;
	ck_assert_int_eq(establish(1), SUCCESS);
	ck_assert_int_eq(t.woken, 0);
	ck_assert(t.logged_in == ike_sa);
}
END_TEST

START_TEST(test_held_gone_last)
{
	ike_sa_t *ike_sa;

	log_in();
	ike_sa = t.second;
	ck_assert_int_eq(establish(1), SUCCESS);
	/* before it could be taken */
	t.relogin->release(t.relogin);
	ck_assert(!t.logged_in);
	fake_clock_run();
	ck_assert(t.logged_in == ike_sa && t.second == ike_sa);
	charon->bus->set_sa(charon->bus, t.held);
}
END_TEST

/**
 * The second IKE_SA is replaced by rekeying
 */
static void rekey()
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_t *old, *new;

	old = manager->checkout(manager, t.second->get_id(t.second));
	ck_assert(old);
	new = manager->create_new(manager, IKEV2, TRUE);
	old->set_state(old, IKE_REKEYING);
	new->set_state(new, IKE_ESTABLISHED);
	charon->bus->ike_rekey(charon->bus, old, new);
	ck_assert(!t.context.hooks->get_handler(t.context.hooks, old));
	manager->checkin(manager, new);
	manager->checkin_and_destroy(manager, old);
	charon->bus->set_sa(charon->bus, t.held);
	ck_assert(t.second == new);
}

START_TEST(test_rekeyed)
{
	ike_sa_t *ike_sa;

	/* as soon as it is established, because somebody has asked for that */
	log_in();
	t.children = 1;
	rekey();
	ck_assert_uint_eq(t.expected, t.second->get_unique_id(t.second));
	create_children();
	t.woken = 0;
	run_jobs();
	ck_assert_int_eq(t.woken, MOBILITY_WORK_LOGIN);
	/* and once more, before it is taken */
	t.woken = 0;
	t.second->set_state(t.second, IKE_REKEYING);
	ck_assert(!t.relogin->take(t.relogin));
	rekey();
	ck_assert_int_eq(t.woken, MOBILITY_WORK_LOGIN);
	ike_sa = t.relogin->take(t.relogin);
	ck_assert(ike_sa == t.second);
	mock_ike_checkin(ike_sa, SUCCESS);
	charon->bus->set_sa(charon->bus, t.held);
}
END_TEST

START_TEST(test_rekeyed_unwanted)
{
	log_in();
	t.relogin->cancel(t.relogin);
	t.deleted = 0;
	rekey();
	run_jobs();
	ck_assert_uint_eq(t.deleted, 1);
}
END_TEST

START_TEST(test_cancel)
{
	t.relogin->cancel(t.relogin);
	log_in();
	t.relogin->cancel(t.relogin);
	fake_clock_run();
	ck_assert(!t.second);

	/* it is deleted like any other if it is established */
	log_in();
	ck_assert_int_eq(establish(1), SUCCESS);
	t.relogin->cancel(t.relogin);
	t.deleted = 0;
	fake_clock_run();
	ck_assert(t.second);
	ck_assert_uint_eq(t.deleted, 1);
	ck_assert(!t.relogin->take(t.relogin));
}
END_TEST

START_TEST(test_contact)
{
	t.others = 1;
	log_in();
	ck_assert(!t.contact);
}
END_TEST

START_TEST(test_begins_anew)
{
	log_in();
	/* nobody has answered that, stock tries once more */
	request(IKE_SA_INIT, 0);
	charon->bus->set_sa(charon->bus, t.held);
	ck_assert(answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
}
END_TEST

/**
 * Stock wants to send a request again
 */
static status_t retransmitted(ike_sa_t *ike_sa, uint32_t mid)
{
	return NEED_MORE;
}

START_TEST(test_retransmit)
{
	mobility_ike_hooks_t *hooks = t.context.hooks;
	mobility_ike_stock_t stock = {
		.retransmit = retransmitted,
	};
	mobility_ike_handler_t *handler;

	ask();
	handler = hooks->get_handler(hooks, t.second);
	ck_assert_int_eq(handler->methods->retransmit(handler, t.second, &stock, 0),
					 SUCCESS);
	t.relogin->cancel(t.relogin);
	fake_clock_run();
	log_in();
	handler = hooks->get_handler(hooks, t.second);
	ck_assert_int_eq(handler->methods->retransmit(handler, t.second, &stock, 1),
					 NEED_MORE);
	/* and it goes wherever the held request does */
	mock_charon_forget();
	t.relogin->ask(t.relogin, path("10.0.0.2"));
	ck_assert_int_eq(mock_charon_get(-1)->type, IKE_AUTH);
}
END_TEST

METHOD(mobility_own_ports_t, hold, bool,
	mobility_own_ports_t *this, uint16_t port)
{
	t.held_ports += port == SPARE;
	return port == SPARE;
}

METHOD(mobility_own_ports_t, release, void,
	mobility_own_ports_t *this, uint16_t port)
{
	ck_assert_uint_eq(port, SPARE);
	t.held_ports--;
}

/**
 * Get the local port of a packet, counted from the end
 */
static uint16_t get_port(int number)
{
	host_t *source = mock_charon_get(-number)->source;

	return source->get_port(source);
}

START_TEST(test_stale_port)
{
	mobility_own_ports_t ports = {
		.hold = _hold,
		.release = _release,
	};
	host_t *me;

	t.context.ports = &ports;
	/* IKE_SA_INIT is answered, so that its port is no matter */
	t.course.local_port.other = SPARE;
	log_in();
	mock_charon_forget();
	t.relogin->ask(t.relogin, path("10.1.0.2"));
	ck_assert_uint_eq(mock_charon_count(), 2);
	ck_assert_int_eq(mock_charon_get(-1)->type, IKE_AUTH);
	ck_assert_uint_eq(get_port(1), SPARE);
	ck_assert_uint_ne(get_port(2), SPARE);
	/* which one is answered is not known before */
	t.port = _i ? SPARE : 0;
	ck_assert_int_eq(establish(1), SUCCESS);
	me = t.second->get_my_host(t.second);
	ck_assert((me->get_port(me) == SPARE) == _i);
	/* who takes it over takes that over as well */
	ck_assert_int_eq(t.held_ports, 0);
	t.relogin->cancel(t.relogin);
	fake_clock_run();
}
END_TEST

START_TEST(test_not_begun)
{
	/* without limit, path or CHILD_SA */
	t.relogin->begin(t.relogin, 0, NULL);
	ck_assert(!t.second);
	t.network->uplinks[0].up = t.network->uplinks[1].up = FALSE;
	mobility_course_look(&t.course);
	t.relogin->begin(t.relogin, LIMIT, NULL);
	ck_assert(!t.second);
	/* nor a second one beside a second one */
	t.network->uplinks[0].up = TRUE;
	mobility_course_look(&t.course);
	t.relogin->begin(t.relogin, LIMIT, NULL);
	ck_assert(t.second);
	ck_assert_uint_eq(t.initiated, 1);
	t.relogin->begin(t.relogin, LIMIT, NULL);
	ck_assert_uint_eq(t.initiated, 1);
}
END_TEST

START_TEST(test_unwanted)
{
	ike_sa_t *ike_sa;

	/* not asked for anyway */
	t.relogin->unwanted(t.relogin, &t.child.public);
	log_in();
	if (_i)
	{
		t.relogin->unwanted(t.relogin, &t.child.public);
	}
	ck_assert_int_eq(establish(1), SUCCESS);
	ck_assert_uint_eq(t.children_deleted, 0);
	ike_sa = t.relogin->take(t.relogin);
	ck_assert(ike_sa == t.second);
	ck_assert_uint_eq(t.children_deleted, _i);
	mock_ike_checkin(ike_sa, SUCCESS);
	charon->bus->set_sa(charon->bus, t.held);
}
END_TEST

START_TEST(test_no_children)
{
	t.child.state = CHILD_DELETED;
	t.relogin->begin(t.relogin, LIMIT, NULL);
	ck_assert(!t.second);
	/* a packet wants one */
	want_child(t.held);
	t.relogin->begin(t.relogin, LIMIT, NULL);
	ck_assert(t.second);
	ck_assert_uint_eq(wanted(t.held), 0);
	ck_assert_uint_eq(wanted(t.second), 1);
	hear();
	run_jobs();
	ck_assert(!t.second);
	ck_assert_uint_eq(wanted(t.held), 1);
	ck_assert_uint_eq(t.resumed, 1);
}
END_TEST

/**
 * How a second IKE_SA ends
 */
enum {
	END_ANSWERED,
	END_LOST,
	END_REFUSED,
	ENDS,
};

START_TEST(test_wanted_of_second)
{
	ask();
	ck_assert_uint_eq(wanted(t.second), 1);
	/* charon finds any of both */
	want_child(t.second);
	want_child(t.second);
	switch (_i)
	{
		case END_ANSWERED:
			hear();
			break;
		case END_LOST:
			destroy_second();
			break;
		case END_REFUSED:
			check_path();
			ck_assert(!answer(IKE_SA_INIT, "10.1.0.2", REMOTE, 0));
			request(IKE_AUTH, 1);
			charon->bus->set_sa(charon->bus, t.held);
			ck_assert(!answer(IKE_AUTH, "10.1.0.2", REMOTE,
							  AUTHENTICATION_FAILED));
			destroy_second();
			break;
	}
	ck_assert_uint_eq(wanted(t.held), 0);
	run_jobs();
	ck_assert(!t.second);
	ck_assert_uint_eq(wanted(t.held), 2);
	ck_assert_uint_eq(t.resumed, 1);
}
END_TEST

METHOD(child_cfg_t, get_name, char*,
	child_cfg_t *this)
{
	return "home";
}

START_TEST(test_deleted)
{
	message_t *message;
	ike_sa_t *second;

	/* charon creates another one, as it would if close_action said so */
	t.child.config.get_name = _get_name;
	_i ? log_in() : ask();
	second = t.second;
	want_child(t.held);
	message = mock_ike_message(t.id, TRUE, INFORMATIONAL, 0, "10.0.0.2", REMOTE);
	message->add_payload(message,
				(payload_t*)delete_payload_create(PLV2_DELETE, PROTO_IKE));
	ck_assert_int_eq(t.held->process_message(t.held, message), DESTROY_ME);
	message->destroy(message);
	/* but not in place of the one that has logged in anew */
	ck_assert_uint_eq(t.created, _i ? 1 : 2);
	fake_clock_run();
	ck_assert(_i ? t.second == second : t.second != second);
	ck_assert_uint_eq(wanted(t.second), 1 + _i);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("relogin");

	tc = tcase_create("login");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_take);
	tcase_add_test(tc, test_ignored);
	tcase_add_test(tc, test_built);
	tcase_add_test(tc, test_garbage);
	tcase_add_test(tc, test_detours);
	tcase_add_test(tc, test_worn);
	tcase_add_loop_test(tc, test_refute, 0, REFUTES);
	tcase_add_test(tc, test_path_gone);
	tcase_add_test(tc, test_announced);
	tcase_add_test(tc, test_family);
	tcase_add_test(tc, test_contact);
	tcase_add_test(tc, test_expired);
	tcase_add_test(tc, test_hopeless);
	tcase_add_test(tc, test_begins_anew);
	tcase_add_test(tc, test_retransmit);
	tcase_add_loop_test(tc, test_stale_port, 0, 2);
	tcase_add_test(tc, test_not_begun);
	suite_add_tcase(s, tc);

	tc = tcase_create("CHILD_SAs of others");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_no_children);
	tcase_add_loop_test(tc, test_unwanted, 0, 2);
	tcase_add_loop_test(tc, test_wanted_of_second, 0, ENDS);
	suite_add_tcase(s, tc);

	tc = tcase_create("end");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_refused);
	tcase_add_test(tc, test_error);
	tcase_add_test(tc, test_unanswered);
	tcase_add_test(tc, test_broken_answer);
	tcase_add_test(tc, test_unusable_answer);
	tcase_add_loop_test(tc, test_useless, 0, 2);
	tcase_add_test(tc, test_closed);
	tcase_add_test(tc, test_held_gone);
	tcase_add_test(tc, test_held_gone_last);
	tcase_add_test(tc, test_rekeyed);
	tcase_add_test(tc, test_rekeyed_unwanted);
	tcase_add_test(tc, test_cancel);
	tcase_add_loop_test(tc, test_deleted, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
