/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <malloc.h>

#include "mobility_suite.h"
#include "mock_charon.h"
#include "mock_network.h"
#include "succession_fixture.h"

#include "anchor/anchor_session.h"
#include "mobile/mobile_session.h"
#include "mobile/peer_load.h"
#include "net/clock.h"
#include "session/listener.h"

/** Clients of a gateway before memory is measured, and meanwhile */
#define CLIENTS_BEFORE 100
#define CLIENTS 1000

/** Most bytes that each may take */
#define CLIENT_MEMORY 1024

/** Ways to replace an IKE_SA, of the last the old one goes on until then */
#define WAYS (REAUTH_REDIRECT + 1)

/**
 * What all tests use
 */
static struct {
	/** what sessions share */
	mobility_context_t context;
	/** sessions */
	mobility_registry_t *registry;
	/** what is to do for sessions */
	mobility_agenda_t *agenda;
	/** what is tested */
	mobility_listener_t *listener;
	/** the network */
	mock_network_t *network;
	/** its methods that wait for the kernel in reality */
	mobility_pins_t pins;
	mobility_child_update_t relocator;
	/** listeners that are called before and after that one */
	listener_t first, last;
	/** it is being called */
	bool listening;
	/** listener that has IKE_SAs log in */
	listener_t login;
	/** how often a session was said to have ended */
	u_int ended;
} t;

METHOD(mobility_pins_t, add_pin, bool,
	mobility_pins_t *this, const mobility_path_t *path)
{
	ck_assert(!t.listening);
	return t.pins.add(this, path);
}

METHOD(mobility_pins_t, remove_pin, void,
	mobility_pins_t *this, const mobility_path_id_t *id)
{
	ck_assert(!t.listening);
	t.pins.remove(this, id);
}

METHOD(mobility_child_update_t, drop, void,
	mobility_child_update_t *this, array_t **copies)
{
	ck_assert(!t.listening);
	t.relocator.drop(this, copies);
}

/**
 * Set up the network, which listeners have to leave alone
 */
static void create_network(void)
{
	t.network = mock_network_create(&t.context);
	t.pins = *t.context.pins;
	t.context.pins->add = _add_pin;
	t.context.pins->remove = _remove_pin;
	t.relocator = *t.context.relocator;
	t.context.relocator->drop = _drop;
}

/**
 * Events are going to be told
 */
static bool begin(void)
{
	t.listening = TRUE;
	return TRUE;
}

/**
 * Events were told
 */
static bool done(void)
{
	t.listening = FALSE;
	return TRUE;
}

/**
 * Have a function called with all events of the listener
 */
static void add_listener(listener_t *listener, bool (*cb)(void))
{
	*listener = (listener_t){
		.alert = (void*)cb,
		.ike_state_change = (void*)cb,
		.message = (void*)cb,
		.ike_updown = (void*)cb,
		.ike_rekey = (void*)cb,
		.ike_update = (void*)cb,
		.ike_reestablish_post = (void*)cb,
		.child_updown = (void*)cb,
		.child_rekey = (void*)cb,
	};
	charon->bus->add_listener(charon->bus, listener);
}

/**
 * mobility_listener_cb_t
 */
static void ended(void *data)
{
	ck_assert(data == &t);
	t.ended++;
}

/**
 * mobility_agenda_cb_t, nothing runs jobs here
 */
static status_t do_work(void *data, ike_sa_t *ike_sa)
{
	ck_abort_msg("there are no jobs");
	return FAILED;
}

static void setup(void)
{
	mock_charon_setup("charon { plugins { mobility-manager { connections { "
					  "other { mobility = no } } } } }");
	t.ended = 0;
	t.listening = FALSE;
	t.context = (mobility_context_t){
		.settings = mobility_settings_create(),
		.backlog = mobility_peer_load_create(),
		.hooks = mobility_ike_hooks_create(),
		.create_session = mobility_session_create,
		.create_anchor = mobility_anchor_session_create,
		.arm = (void*)nop,
		.give_up = (void*)nop,
		.get_resume = (void*)return_null,
		.set_dormant = (void*)nop,
		.tell = (void*)nop,
	};
	create_network();
	t.registry = mobility_registry_create(do_work, do_work, NULL);
	t.agenda = t.registry->agenda;
	t.listener = mobility_listener_create(&t.context, t.registry,
										  ended, &t);
	add_listener(&t.first, begin);
	charon->bus->add_listener(charon->bus, &t.listener->listener);
	add_listener(&t.last, done);
}

static void teardown(void)
{
	charon->ike_sa_manager->flush(charon->ike_sa_manager);
	charon->bus->remove_listener(charon->bus, &t.first);
	charon->bus->remove_listener(charon->bus, &t.listener->listener);
	charon->bus->remove_listener(charon->bus, &t.last);
	ck_assert_int_eq(t.registry->get_active(t.registry), 0);
	t.registry->flush(t.registry);
	t.listener->destroy(t.listener);
	t.registry->destroy(t.registry);
	mock_network_destroy(t.network);
	t.context.backlog->destroy(t.context.backlog);
	t.context.hooks->destroy(t.context.hooks);
	t.context.settings->destroy(t.context.settings);
	mock_charon_teardown();
}

/**
 * Get the session of an IKE_SA, NULL if it has none
 */
static mobility_entry_t *find(ike_sa_id_t *id)
{
	ike_sa_t *ike_sa = succession_checkout(id);
	mobility_entry_t *entry;
	ike_sa_id_t *known;

	entry = t.listener->find(t.listener, ike_sa);
	if (entry)
	{
		ck_assert(entry->ike_sa == ike_sa);
		ck_assert(entry->session->entry == entry);
		known = mobility_turn_get_id(&entry->turn);
		ck_assert(known->equals(known, id));
		known->destroy(known);
	}
	mock_ike_checkin(ike_sa, SUCCESS);
	return entry;
}

/**
 * Get the number of the session of an IKE_SA, 0 if it has none
 */
static uint32_t get_number(ike_sa_id_t *id)
{
	mobility_entry_t *entry = find(id);

	return entry ? entry->session->number : 0;
}

/**
 * Count entries, a mobility_entry_cb_t
 */
static void count_one(void *data, mobility_entry_t *entry)
{
	(*(u_int*)data)++;
}

/**
 * Get the number of sessions, those that have ended, too
 */
static u_int count_entries(void)
{
	u_int count = 0;

	t.registry->for_each(t.registry, count_one, &count);
	return count;
}

/**
 * Get the number of sessions that are shown, with any number if that is 0
 */
static u_int count_shown(uint32_t number)
{
	linked_list_t *ids;
	ike_sa_id_t *id;
	u_int count;

	if (number)
	{
		id = t.registry->get_id(t.registry, number);
		count = id != NULL;
		DESTROY_IF(id);
		return count;
	}
	ids = t.registry->get_ids(t.registry, "home");
	count = ids->get_count(ids);
	ids->destroy_offset(ids, offsetof(ike_sa_id_t, destroy));
	return count;
}

/**
 * A session has looked around
 */
static void look(ike_sa_id_t *id)
{
	ike_sa_t *ike_sa = succession_checkout(id);
	mobility_entry_t *entry;

	entry = t.listener->find(t.listener, ike_sa);
	ck_assert_int_eq(entry->session->look(entry->session), SUCCESS);
	mock_ike_checkin(ike_sa, SUCCESS);
}

/**
 * Take the work a session has
 */
static mobility_work_t take_work(ike_sa_id_t *id)
{
	return t.agenda->take_work(t.agenda, &find(id)->turn);
}

/**
 * Both ends of MOBIKE are managed, if that is configured, and where an anchor is it
 * does not look at the network.
 */
START_TEST(test_ends)
{
	static const struct {
		mock_ike_conf_t conf;
		bool no_gateway, managed;
	} cases[] = {
		{ {}, FALSE, TRUE },
		{ { .name = "home" }, TRUE, TRUE },
		{ { .name = "other" }, FALSE, FALSE },
		{ { .no_mobike = TRUE }, FALSE, FALSE },
		{ { .responder = TRUE }, FALSE, TRUE },
		{ { .responder = TRUE, .name = "other" }, FALSE, FALSE },
		{ { .responder = TRUE }, TRUE, FALSE },
		{ { .responder = TRUE, .no_mobike = TRUE }, FALSE, FALSE },
	};
	bool follows = cases[_i].conf.responder;
	ike_sa_id_t *id;

	lib->settings->set_bool(lib->settings,
							"%s.plugins.mobility-manager.gateway.mobility",
							!cases[_i].no_gateway, lib->ns);
	t.context.settings->reload(t.context.settings);
	id = mock_ike_create(&cases[_i].conf);
	ck_assert_int_eq(find(id) != NULL, cases[_i].managed);
	ck_assert_int_eq(t.registry->get_active(t.registry),
					 cases[_i].managed && !follows);
	if (cases[_i].managed)
	{
		ck_assert_int_eq(find(id)->session->follows, follows);
		ck_assert_int_eq(take_work(id), follows ? 0 : MOBILITY_WORK_LOOK);
		t.registry->queue_all(t.registry, MOBILITY_WORK_LOOK);
		ck_assert_int_eq(take_work(id), follows ? 0 : MOBILITY_WORK_LOOK);
	}
	id = succession_rekey(id);
	ck_assert_int_eq(find(id) != NULL, cases[_i].managed);
	succession_end(id, TRUE);
	ck_assert_int_eq(count_entries(), 0);
	ck_assert_int_eq(t.ended, cases[_i].managed);
}
END_TEST

/**
 * Check what is noted of an IKE_SA's session: its end, and whether a peer with
 * such a name is found.
 */
static void assert_noted(ike_sa_id_t *id, bool mobile, const char *name,
						 bool found)
{
	mobility_filter_t filter = {
		.peer = name,
	};
	mobility_digest_t *digest = &find(id)->digest;

	ck_assert_int_eq(digest->state, MOBILITY_CONNECTED);
	ck_assert_int_eq(digest->mobile, mobile);
	ck_assert_int_eq(mobility_filter_matches(&filter, "home", digest), found);
}

/**
 * Who looks for sessions finds them without their IKE_SAs, from the beginning.
 */
START_TEST(test_noted)
{
	mock_ike_conf_t conf = {
		.responder = _i,
	};
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;
	host_t *vip;

	id = mock_ike_create(&conf);
	assert_noted(id, !_i, "192.0.2.1", TRUE);
	assert_noted(id, !_i, "10.3.0.7", FALSE);
	/* stock assigns a client's address later */
	vip = host_create_from_string("10.3.0.7", 0);
	ike_sa = succession_checkout(id);
	if (_i)
	{
		ike_sa->add_virtual_ip(ike_sa, FALSE, vip);
	}
	t.listener->listener.child_updown(&t.listener->listener, ike_sa, NULL,
									  TRUE);
	mock_ike_checkin(ike_sa, SUCCESS);
	assert_noted(id, !_i, "10.3.0.7", _i);
	id = succession_rekey(id);
	assert_noted(id, !_i, "192.0.2.1", TRUE);
	vip->destroy(vip);
	succession_end(id, TRUE);
}
END_TEST

METHOD(listener_t, log_in, bool,
	listener_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	mobility_entry_t *entry;

	if (state == IKE_CONNECTING)
	{
		entry = t.listener->connect(t.listener, ike_sa);
		ck_assert(!entry || entry->session->connecting);
		ck_assert(t.listener->connect(t.listener, ike_sa) == entry);
	}
	return TRUE;
}

/**
 * Have IKE_SAs log in from now on
 */
static void begin_logins(void)
{
	t.login = (listener_t){
		.ike_state_change = _log_in,
	};
	charon->bus->add_listener(charon->bus, &t.login);
}

/**
 * The session there is while an IKE_SA is connecting is that of the established
 * one, if that is managed.
 */
START_TEST(test_login)
{
	static const struct {
		mock_ike_conf_t conf;
		bool login, managed;
	} cases[] = {
		{ {}, TRUE, TRUE },
		{ { .no_mobike = TRUE }, TRUE, FALSE },
		{ { .name = "other" }, FALSE, FALSE },
		{ { .responder = TRUE, .name = "other" }, FALSE, FALSE },
	};
	ike_sa_id_t *id;

	begin_logins();
	id = mock_ike_create(&cases[_i].conf);
	ck_assert_int_eq(find(id) != NULL, cases[_i].managed);
	/* the pin of what has logged in stays as long as that does */
	ck_assert_int_eq(count_entries(), cases[_i].login);
	ck_assert_int_eq(count_shown(0), cases[_i].managed);
	ck_assert_int_eq(t.ended, cases[_i].login && !cases[_i].managed);
	if (cases[_i].managed)
	{
		ck_assert(!find(id)->session->connecting);
		ck_assert_int_eq(get_number(id), 1);
		ck_assert(take_work(id) & MOBILITY_WORK_LOOK);
	}
	succession_end(id, TRUE);
	ck_assert_int_eq(count_entries(), 0);
	ck_assert_int_eq(t.ended, cases[_i].login);
	charon->bus->remove_listener(charon->bus, &t.login);
}
END_TEST

/**
 * An IKE_SA that replaces another one logs in with a session of its own, but
 * goes on with that of the other.
 */
START_TEST(test_login_again)
{
	ike_sa_id_t *id, *new;
	uint32_t number;

	id = mock_ike_create(NULL);
	number = get_number(id);
	begin_logins();
	new = succession_begin(id, _i);
	ck_assert(find(new)->session->connecting);
	ck_assert_int_eq(count_entries(), 2);
	succession_establish(new);
	ck_assert(!find(new)->session->connecting);
	ck_assert_int_eq(get_number(new), number);
	ck_assert_int_eq(count_shown(number), 1);
	ck_assert_int_eq(count_shown(0), 1);
	ck_assert_int_eq(count_entries(), _i == REAUTH_BREAK ? 1 : 2);
	if (_i == REAUTH_BREAK)
	{
		id->destroy(id);
	}
	else
	{
		succession_end(id, TRUE);
	}
	succession_end(new, TRUE);
	ck_assert_int_eq(count_entries(), 0);
	charon->bus->remove_listener(charon->bus, &t.login);
}
END_TEST

/**
 * A login that fails leaves nothing behind.
 */
START_TEST(test_login_fails)
{
	ike_sa_id_t *id, *new;

	id = mock_ike_create(NULL);
	begin_logins();
	new = succession_begin(id, REAUTH_BREAK);
	ck_assert_int_eq(t.registry->get_active(t.registry), 1);
	succession_end(new, _i);
	ck_assert_int_eq(count_entries(), 0);
	ck_assert_int_eq(t.registry->get_active(t.registry), 0);
	id->destroy(id);
	charon->bus->remove_listener(charon->bus, &t.login);
}
END_TEST

/**
 * What has been hooked already stays as it is.
 */
START_TEST(test_hooked)
{
	static const mobility_ike_methods_t methods = {
		.retransmit = (void*)return_failed,
		.roam = (void*)return_failed,
		.send_dpd = (void*)return_failed,
		.delete = (void*)return_failed,
		.child_deleted = (void*)nop,
		.reauth = (void*)nop,
		.processed = (void*)return_failed,
		.update_hosts = (void*)nop,
	};
	mobility_ike_handler_t handler = {
		.methods = &methods,
	};
	mobility_ike_hooks_t *hooks = t.context.hooks;
	mock_ike_conf_t conf = {
		.no_mobike = TRUE,
	};
	ike_sa_id_t *id;
	ike_sa_t *ike_sa, before;

	id = mock_ike_create(&conf);
	ike_sa = succession_checkout(id);
	before = *ike_sa;
	hooks->hook(hooks, ike_sa, &handler);
	ck_assert(!memeq(ike_sa, &before, sizeof(before)));
	ike_sa->enable_extension(ike_sa, EXT_MOBIKE);
	charon->bus->ike_updown(charon->bus, ike_sa, TRUE);
	ck_assert(hooks->get_handler(hooks, ike_sa) == &handler);
	hooks->unhook(hooks, ike_sa);
	ck_assert(memeq(ike_sa, &before, sizeof(before)));
	charon->bus->ike_updown(charon->bus, ike_sa, TRUE);
	ck_assert(t.listener->find(t.listener, ike_sa));
	mock_ike_checkin(ike_sa, SUCCESS);
	id->destroy(id);
}
END_TEST

/**
 * A session ends with its IKE_SA, reported down or not, and only once.
 */
START_TEST(test_end)
{
	ike_sa_id_t *id, *other;
	ike_sa_t *ike_sa;

	other = mock_ike_create(NULL);
	id = mock_ike_create(NULL);
	ck_assert_int_ne(get_number(id), get_number(other));
	look(id);
	ck_assert(mock_network_is_pinned(t.network, 0));
	if (_i)
	{
		ike_sa = succession_checkout(id);
		charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
		/* shown to the IKE_SA only */
		ck_assert(!t.listener->find(t.listener, ike_sa));
		ck_assert_int_eq(t.registry->get_active(t.registry), 1);
		ck_assert_int_eq(count_entries(), 2);
		mock_ike_checkin(ike_sa, SUCCESS);
	}
	succession_end(id, _i);
	/* the DELETE may be sent again over this path, a job removes the pin */
	ck_assert(mock_network_is_pinned(t.network, 0));
	ck_assert_int_eq(count_entries(), 1);
	ck_assert_int_eq(t.registry->get_active(t.registry), 1);
	ck_assert_int_eq(t.ended, 1);
	ck_assert(find(other));
	other->destroy(other);
}
END_TEST

/**
 * Rekeying keeps the session, and the end of the old IKE_SA is not its end.
 */
START_TEST(test_rekey)
{
	mobility_entry_t *entry;
	ike_sa_id_t *id;

	id = mock_ike_create(NULL);
	entry = find(id);
	id = succession_rekey(id);
	ck_assert(find(id) == entry);
	look(id);
	id = succession_rekey(id);
	ck_assert(find(id) == entry);
	ck_assert(entry->turn.work & MOBILITY_WORK_LOOK);
	ck_assert_int_eq(count_entries(), 1);
	ck_assert_int_eq(t.ended, 0);
	succession_end(id, TRUE);
	ck_assert_int_eq(count_entries(), 0);
	ck_assert_int_eq(t.ended, 1);
}
END_TEST

/**
 * Who replaces an IKE_SA goes on with its session, and what that has learnt.
 */
START_TEST(test_reauth)
{
	mobility_move_t move = { .from = "eth0", .to = "wlan0" };
	mobility_path_history_t *records;
	mobility_status_t *status;
	mobility_entry_t *entry;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;
	uint32_t number;
	int i;

	id = mock_ike_create(NULL);
	number = get_number(id);
	records = find(id)->session->records;
	records->moved(records, &move);
	for (i = 0; i < MOBILITY_FLAP_LOSSES; i++)
	{
		records->lost(records, "eth1", mobility_now());
	}
	id = succession_reauth(id, _i);
	ck_assert_int_eq(get_number(id), number);
	ck_assert_int_eq(count_shown(number), 1);
	look(id);
	ck_assert_int_eq(count_entries(), 1);
	/* it knows what that did, for the next one, too */
	ike_sa = succession_checkout(id);
	entry = t.listener->find(t.listener, ike_sa);
	records = entry->session->records;
	ck_assert(records->get_end(records, mobility_now()));
	status = entry->session->get_status(entry->session);
	ck_assert_int_eq(status->moves, 1);
	ck_assert_str_eq(status->last_move.to, "wlan0");
	mobility_status_destroy(status);
	mock_ike_checkin(ike_sa, SUCCESS);

	id = succession_reauth(id, _i);
	ck_assert_int_eq(get_number(id), number);
	succession_end(id, TRUE);
	ck_assert_int_eq(count_entries(), 0);
}
END_TEST

/**
 * An IKE_SA that is rekeyed while it is reauthenticated is replaced all the same;
 * stock does not find it to delete it.
 */
START_TEST(test_rekeyed_meanwhile)
{
	ike_sa_id_t *id, *new;
	uint32_t number;

	id = mock_ike_create(NULL);
	number = get_number(id);
	new = succession_begin(id, _i);
	id = succession_rekey(id);
	id = succession_rekey(id);
	ck_assert_int_eq(take_work(id), MOBILITY_WORK_LOOK);
	succession_establish(new);
	ck_assert_int_eq(get_number(new), number);
	ck_assert_int_eq(count_shown(number), 1);
	ck_assert_int_eq(take_work(id), MOBILITY_WORK_REPLACED);
	succession_end(id, TRUE);
	ck_assert_int_eq(get_number(new), number);
	ck_assert_int_eq(count_entries(), 1);
	/* else stock does, as always */
	id = new;
	new = succession_begin(id, _i);
	take_work(id);
	succession_establish(new);
	ck_assert_int_eq(take_work(id), 0);
	/* unless that was being rekeyed, it deletes the one before */
	id = succession_rekey(id);
	ck_assert(take_work(id) & MOBILITY_WORK_REPLACED);
	ck_assert_int_eq(get_number(new), number);
	ck_assert_int_eq(count_shown(number), 1);
	succession_end(id, TRUE);
	/* one that did not succeed is nobody's successor anymore */
	id = new;
	new = succession_begin(id, _i);
	succession_end(new, FALSE);
	id = succession_rekey(id);
	ck_assert_int_eq(take_work(id), MOBILITY_WORK_LOOK);
	ck_assert(!find(id)->rekeyed);
	succession_end(id, TRUE);
	ck_assert_int_eq(count_entries(), 0);
}
END_TEST

/**
 * With break-before-make the session is kept, as its path is, and handed over to
 * the new IKE_SA.
 */
START_TEST(test_break_before_make)
{
	mobility_session_t *session;
	mobility_entry_t *entry;
	ike_sa_id_t *id, *new;

	id = mock_ike_create(NULL);
	look(id);
	entry = find(id);
	session = entry->session;
	new = succession_begin(id, REAUTH_BREAK);
	ck_assert(mock_network_is_pinned(t.network, 0));
	ck_assert_int_eq(count_entries(), 1);
	ck_assert_int_eq(count_shown(0), 0);
	ck_assert_int_eq(t.registry->get_active(t.registry), 0);
	/* nobody has it now, but it has to know of that */
	t.agenda->queue(t.agenda, &entry->turn, MOBILITY_WORK_RELOAD);
	t.agenda->queue(t.agenda, &entry->turn, MOBILITY_WORK_SUSPECT);
	succession_establish(new);
	ck_assert(find(new) == entry);
	ck_assert(entry->session == session);
	ck_assert_int_eq(entry->successor, 0);
	ck_assert_int_eq(count_shown(0), 1);
	ck_assert_int_eq(t.registry->get_active(t.registry), 1);
	ck_assert_int_eq(take_work(new), MOBILITY_WORK_LOOK | MOBILITY_WORK_RELOAD);
	look(new);
	ck_assert(mock_network_is_pinned(t.network, 0));
	succession_end(new, TRUE);
	ck_assert_int_eq(count_entries(), 0);
	id->destroy(id);
}
END_TEST

/**
 * An IKE_SA whose session was given up in vain, as it was being reauthenticated or
 * the peer has rekeyed it, is not the end of that.
 */
START_TEST(test_given_up)
{
	mobility_entry_t *entry;
	ike_sa_id_t *id, *new;

	id = mock_ike_create(NULL);
	entry = find(id);
	t.agenda->give_up(t.agenda, &entry->turn);
	if (_i)
	{
		new = succession_rekey(id->clone(id));
	}
	else
	{
		new = succession_begin(id, REAUTH_BREAK);
		succession_establish(new);
	}
	ck_assert(find(new) == entry);
	ck_assert_int_eq(take_work(new), MOBILITY_WORK_LOOK);
	new->destroy(new);
	id->destroy(id);
}
END_TEST

/**
 * While both IKE_SAs are there only the new session is shown.
 */
START_TEST(test_make_before_break)
{
	ike_sa_id_t *id, *new;
	uint32_t number;

	id = mock_ike_create(NULL);
	number = get_number(id);
	new = succession_begin(id, _i);
	ck_assert_int_eq(count_shown(number), 1);
	ck_assert(!find(new));
	succession_establish(new);
	look(new);
	ck_assert_int_eq(get_number(new), number);
	ck_assert_int_eq(get_number(id), number);
	ck_assert_int_eq(count_entries(), 2);
	ck_assert_int_eq(count_shown(number), 1);
	ck_assert(find(id)->replaced);
	ck_assert_int_eq(find(id)->successor, 0);
	ck_assert(find(id)->session->records == find(new)->session->records);
	ck_assert(!find(new)->replaced);
	succession_end(id, TRUE);
	ck_assert_int_eq(count_entries(), 1);
	ck_assert_int_eq(count_shown(number), 1);
	new->destroy(new);
}
END_TEST

/**
 * Of several IKE_SAs of one connection the one that was reauthenticated is
 * replaced, and no other.
 */
START_TEST(test_same_connection)
{
	ike_sa_id_t *ids[3], *new;
	uint32_t numbers[3];
	u_int way = _i / countof(ids), which = _i % countof(ids), i;

	for (i = 0; i < countof(ids); i++)
	{
		ids[i] = mock_ike_create(NULL);
		numbers[i] = get_number(ids[i]);
	}
	new = succession_begin(ids[which], way);
	succession_establish(new);
	look(new);
	ck_assert_int_eq(get_number(new), numbers[which]);
	for (i = 0; i < countof(ids); i++)
	{
		ck_assert_int_eq(count_shown(numbers[i]), 1);
		if (i != which)
		{
			ck_assert(!find(ids[i])->replaced);
		}
	}
	if (way != REAUTH_BREAK)
	{
		succession_end(ids[which]->clone(ids[which]), TRUE);
	}
	ck_assert_int_eq(count_entries(), countof(ids));
	for (i = 0; i < countof(ids); i++)
	{
		ids[i]->destroy(ids[i]);
	}
	new->destroy(new);
}
END_TEST

/**
 * If two IKE_SAs of one connection reauthenticate at the same time, each has its
 * own successor, in whatever order these are established.
 */
START_TEST(test_crossing)
{
	ike_sa_id_t *a, *b, *new_a, *new_b;
	uint32_t number_a, number_b;

	a = mock_ike_create(NULL);
	number_a = get_number(a);
	b = mock_ike_create(NULL);
	number_b = get_number(b);
	new_a = succession_begin(a, _i);
	new_b = succession_begin(b, _i);
	succession_establish(new_b);
	succession_establish(new_a);
	ck_assert_int_eq(get_number(new_a), number_a);
	ck_assert_int_eq(get_number(new_b), number_b);
	if (_i != REAUTH_BREAK)
	{
		succession_end(a->clone(a), TRUE);
		succession_end(b->clone(b), FALSE);
	}
	look(new_a);
	look(new_b);
	ck_assert_int_eq(count_entries(), 2);
	ck_assert_int_eq(count_shown(0), 2);
	a->destroy(a);
	b->destroy(b);
	new_a->destroy(new_a);
	new_b->destroy(new_b);
}
END_TEST

/**
 * Another IKE_SA of the connection that comes up in the meantime replaces none.
 */
START_TEST(test_not_a_successor)
{
	ike_sa_id_t *id, *new, *other;
	uint32_t number;

	id = mock_ike_create(NULL);
	number = get_number(id);
	new = succession_begin(id, _i);
	other = mock_ike_create(NULL);
	ck_assert_int_ne(get_number(other), number);
	succession_establish(new);
	ck_assert_int_eq(get_number(new), number);
	ck_assert_int_eq(count_shown(0), 2);
	id->destroy(id);
	new->destroy(new);
	other->destroy(other);
}
END_TEST

/**
 * A successor that fails leaves everything as it was; of break-before-make
 * nothing is left.
 */
START_TEST(test_successor_fails)
{
	ike_sa_id_t *id, *new;
	uint32_t number;

	id = mock_ike_create(NULL);
	number = get_number(id);
	new = succession_begin(id, _i);
	succession_end(new, FALSE);
	if (_i == REAUTH_BREAK)
	{
		ck_assert_int_eq(count_entries(), 0);
		id->destroy(id);
		return;
	}
	ck_assert_int_eq(count_shown(number), 1);
	ck_assert_int_eq(find(id)->successor, 0);
	/* the next one succeeds */
	id = succession_reauth(id, _i);
	ck_assert_int_eq(get_number(id), number);
	succession_end(id, TRUE);
	ck_assert_int_eq(count_entries(), 0);
}
END_TEST

/**
 * The old IKE_SA is gone before the new one is established: the session waits.
 */
START_TEST(test_old_ends_first)
{
	ike_sa_id_t *id, *new;
	mobility_entry_t *entry;

	id = mock_ike_create(NULL);
	entry = find(id);
	new = succession_begin(id, _i);
	succession_end(id, TRUE);
	ck_assert_int_eq(count_entries(), 1);
	ck_assert_int_eq(count_shown(0), 0);
	succession_establish(new);
	look(new);
	ck_assert(find(new) == entry);
	ck_assert_int_eq(count_entries(), 1);
	new->destroy(new);
}
END_TEST

/** what get_login() returns, checked out */
static ike_sa_t *login;

METHOD(mobility_session_t, get_login, ike_sa_t*,
	mobility_session_t *this)
{
	return login;
}

/**
 * Have a session go on with an IKE_SA that is not managed, if there is one; the
 * ID of that is returned
 */
static ike_sa_id_t *take_over(ike_sa_id_t *id, mock_ike_conf_t *conf)
{
	mobility_entry_t *entry = find(id);
	ike_sa_id_t *new = NULL;
	ike_sa_t *ike_sa;

	entry->session->get_login = _get_login;
	ike_sa = succession_checkout(id);
	login = NULL;
	if (conf)
	{
		new = mock_ike_create(conf);
		login = succession_checkout(new);
	}
	ck_assert_int_eq(t.listener->take_over(t.listener, entry, ike_sa),
					 new ? DESTROY_ME : SUCCESS);
	mock_ike_checkin(ike_sa, new ? DESTROY_ME : SUCCESS);
	return new;
}

/**
 * A session goes on with an IKE_SA that was logged in anew.
 */
START_TEST(test_take_over)
{
	mock_ike_conf_t other = { .name = "other" };
	mobility_entry_t *entry;
	ike_sa_id_t *id, *new;

	id = mock_ike_create(NULL);
	entry = find(id);
	ck_assert(!take_over(id, NULL));
	ck_assert(find(id) == entry);
	new = take_over(id, &other);
	ck_assert(find(new) == entry);
	ck_assert_int_eq(t.ended, 0);
	ck_assert_int_eq(count_shown(0), 1);
	ck_assert(take_work(new) & MOBILITY_WORK_LOOK);
	succession_end(new, TRUE);
	ck_assert_int_eq(t.ended, 1);
	ck_assert_int_eq(count_entries(), 0);
	id->destroy(id);
}
END_TEST

/**
 * One that can't be managed is left to stock, and the session ends.
 */
START_TEST(test_take_over_stock)
{
	mock_ike_conf_t no_mobike = { .name = "other", .no_mobike = TRUE };
	ike_sa_id_t *id, *new;

	id = mock_ike_create(NULL);
	new = take_over(id, &no_mobike);
	ck_assert(!find(new));
	ck_assert_int_eq(t.ended, 1);
	ck_assert_int_eq(count_entries(), 0);
	id->destroy(id);
	new->destroy(new);
}
END_TEST

/**
 * An IKE_SA that is expected, as its session has no other anymore, may be taken
 * when it is established.
 */
START_TEST(test_take)
{
	mobility_entry_t *entry;
	ike_sa_id_t *id, *new;
	ike_sa_t *ike_sa;

	id = mock_ike_create(NULL);
	entry = find(id);
	new = succession_begin(id, REAUTH_BREAK);
	ck_assert_int_eq(count_shown(0), 0);
	ike_sa = succession_checkout(new);
	ike_sa->enable_extension(ike_sa, EXT_MOBIKE);
	t.listener->take(t.listener, ike_sa);
	ck_assert(t.listener->find(t.listener, ike_sa) == entry);
	mock_ike_checkin(ike_sa, SUCCESS);
	ck_assert_int_eq(count_shown(0), 1);
	new->destroy(new);
	id->destroy(id);
}
END_TEST

/**
 * An IKE_SA that another gateway or a new attempt gets is what charon asks and
 * tells about until it is initiated; one that is reauthenticated is not.
 */
START_TEST(test_reestablish_bus)
{
	mock_ike_conf_t stock = { .name = "other" };
	ike_sa_id_t *id, *new, *none;
	ike_sa_t *ike_sa, *successor, *other;

	id = mock_ike_create(NULL);
	new = mock_ike_create(NULL);
	none = mock_ike_create(&stock);
	ike_sa = succession_checkout(id);
	successor = succession_checkout(new);
	other = succession_checkout(none);
	charon->bus->set_sa(charon->bus, ike_sa);
	charon->bus->ike_reestablish_pre(charon->bus, ike_sa, other);
	ck_assert(charon->bus->get_sa(charon->bus) == ike_sa);
	charon->bus->ike_reestablish_pre(charon->bus, ike_sa, successor);
	ck_assert(charon->bus->get_sa(charon->bus) == successor);
	charon->bus->set_sa(charon->bus, ike_sa);
	ike_sa->set_condition(ike_sa, COND_REAUTHENTICATING, TRUE);
	charon->bus->ike_reestablish_pre(charon->bus, ike_sa, successor);
	ck_assert(charon->bus->get_sa(charon->bus) == ike_sa);
	mock_ike_checkin(other, DESTROY_ME);
	mock_ike_checkin(successor, DESTROY_ME);
	mock_ike_checkin(ike_sa, DESTROY_ME);
	id->destroy(id);
	new->destroy(new);
	none->destroy(none);
}
END_TEST

/**
 * A dead peer's IKE_SA that is established again is another session.
 */
START_TEST(test_reestablish)
{
	ike_sa_id_t *id, *new;
	ike_sa_t *ike_sa, *successor;
	uint32_t number;

	id = mock_ike_create(NULL);
	number = get_number(id);
	new = mock_ike_create(NULL);
	ike_sa = succession_checkout(id);
	successor = succession_checkout(new);
	charon->bus->set_sa(charon->bus, ike_sa);
	charon->bus->ike_reestablish_post(charon->bus, ike_sa, successor, TRUE);
	ck_assert_int_eq(t.listener->find(t.listener, ike_sa)->successor, 0);
	charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
	mock_ike_checkin(successor, SUCCESS);
	charon->bus->set_sa(charon->bus, ike_sa);
	mock_ike_checkin(ike_sa, DESTROY_ME);
	ck_assert_int_eq(count_entries(), 1);
	ck_assert_int_ne(get_number(new), number);
	id->destroy(id);
	new->destroy(new);
}
END_TEST

/**
 * Say that nobody answers to the first request of an IKE_SA
 */
static void alert_unreachable(ike_sa_id_t *id, uint32_t try)
{
	ike_sa_t *ike_sa = succession_checkout(id);

	charon->bus->alert(charon->bus, ALERT_PEER_INIT_UNREACHABLE, try);
	mock_ike_checkin(ike_sa, SUCCESS);
}

/**
 * If a successor is not answered, it is the old one of that which reauthenticates
 * again.
 */
START_TEST(test_unreachable)
{
	ike_sa_id_t *ids[2], *new[2];
	int i;

	for (i = 0; i < countof(ids); i++)
	{
		ids[i] = mock_ike_create(NULL);
		take_work(ids[i]);
	}
	new[0] = succession_begin(ids[0], _i);
	new[1] = mock_ike_create(NULL);
	alert_unreachable(new[1], 0);
	ck_assert_int_eq(take_work(ids[0]), 0);
	alert_unreachable(new[0], 0);
	ck_assert_int_eq(take_work(ids[0]), MOBILITY_WORK_REAUTH);
	ck_assert_int_eq(take_work(ids[1]), 0);
	for (i = 0; i < countof(ids); i++)
	{
		ids[i]->destroy(ids[i]);
		new[i]->destroy(new[i]);
	}
}
END_TEST

/**
 * A repeated request and the end of a lifetime are told, of others nothing is.
 */
START_TEST(test_alerts)
{
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	charon->bus->alert(charon->bus, ALERT_PEER_INIT_UNREACHABLE, 0);
	charon->bus->alert(charon->bus, ALERT_RETRANSMIT_RECEIVE, NULL);
	id = mock_ike_create(NULL);
	take_work(id);
	ike_sa = succession_checkout(id);
	charon->bus->alert(charon->bus, ALERT_RETRANSMIT_RECEIVE, NULL);
	charon->bus->alert(charon->bus, ALERT_IKE_SA_EXPIRED);
	charon->bus->alert(charon->bus, ALERT_LOCAL_AUTH_FAILED);
	mock_ike_checkin(ike_sa, SUCCESS);
	ck_assert_int_eq(take_work(id), MOBILITY_WORK_SUSPECT);
	id->destroy(id);
}
END_TEST

/**
 * What changes about an IKE_SA has its session look, listeners do nothing else.
 */
START_TEST(test_changes)
{
	mobility_entry_t *entry;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;
	host_t *host;

	id = mock_ike_create(NULL);
	ck_assert_int_eq(take_work(id), MOBILITY_WORK_LOOK);
	ike_sa = succession_checkout(id);
	entry = t.listener->find(t.listener, ike_sa);
	host = ike_sa->get_my_host(ike_sa);
	charon->bus->ike_update(charon->bus, ike_sa, host, host);
	ck_assert_int_eq(t.agenda->take_work(t.agenda, &entry->turn),
					 MOBILITY_WORK_LOOK);
	charon->bus->child_updown(charon->bus, NULL, TRUE);
	ck_assert_int_eq(t.agenda->take_work(t.agenda, &entry->turn),
					 MOBILITY_WORK_LOOK);
	charon->bus->child_rekey(charon->bus, NULL, NULL);
	ck_assert_int_eq(t.agenda->take_work(t.agenda, &entry->turn),
					 MOBILITY_WORK_LOOK);
	mock_ike_checkin(ike_sa, SUCCESS);
	id->destroy(id);
}
END_TEST

/**
 * An IKE_SA that was given back is not ours anymore, and goes on.
 */
START_TEST(test_drop)
{
	mobility_entry_t *entry;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	id = mock_ike_create(NULL);
	ike_sa = succession_checkout(id);
	entry = t.listener->find(t.listener, ike_sa);
	ck_assert_int_eq(entry->session->give_back(entry->session), SUCCESS);
	t.listener->drop(t.listener, entry);
	ck_assert(!t.listener->find(t.listener, ike_sa));
	mock_ike_checkin(ike_sa, SUCCESS);
	ck_assert_int_eq(count_entries(), 0);
	ck_assert_int_eq(t.ended, 1);
	id = succession_rekey(id);
	ck_assert(!find(id));
	succession_end(id, TRUE);
	ck_assert_int_eq(t.ended, 1);
}
END_TEST

/**
 * What a thread has checked out when an IKE_SA is initiated
 */
static struct {
	/** listens */
	listener_t listener;
	/** unique id of the one that is initiated, and of the one checked out */
	uint32_t new, old;
} seen;

METHOD(listener_t, see_state_change, bool,
	listener_t *this, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	ike_sa_t *old = charon->bus->get_sa(charon->bus);

	if (state == IKE_CONNECTING)
	{
		seen.new = ike_sa->get_unique_id(ike_sa);
		seen.old = old ? old->get_unique_id(old) : 0;
	}
	return TRUE;
}

/**
 * This charon, too, has the old IKE_SA checked out when it initiates the new one
 * to make before it breaks: what all of the above is based on.
 */
START_TEST(test_charon_reauth)
{
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	lib->settings->set_bool(lib->settings, "%s.make_before_break", TRUE,
							lib->ns);
	id = mock_ike_create(NULL);
	seen.new = seen.old = 0;
	seen.listener = (listener_t){
		.ike_state_change = (void*)_see_state_change,
	};
	charon->bus->add_listener(charon->bus, &seen.listener);
	ike_sa = succession_checkout(id);
	/* it needs a CHILD_SA to create again */
	ike_sa->queue_task(ike_sa, mock_task_create(ike_sa, TASK_CHILD_CREATE, NULL,
												NULL));
	/* without any algorithms the new one is destroyed at once */
	ck_assert_int_ne(ike_sa->reauth(ike_sa), DESTROY_ME);
	mock_ike_checkin(ike_sa, SUCCESS);
	charon->bus->remove_listener(charon->bus, &seen.listener);
	ck_assert_int_ne(seen.new, 0);
	ck_assert_int_eq(seen.old, succession_unique_id(id));
	ck_assert_int_ne(seen.old, seen.new);
	ck_assert_int_eq(find(id)->successor, 0);
	id->destroy(id);
}
END_TEST

/**
 * Get how much memory each client of a connection takes
 */
static size_t measure_client(char *connection)
{
	mock_ike_conf_t conf = {
		.name = connection,
		.responder = TRUE,
	};
	size_t before = 0;
	ike_sa_id_t *id;
	u_int i;

	for (i = 0; i < CLIENTS_BEFORE + CLIENTS; i++)
	{
		if (i == CLIENTS_BEFORE)
		{
			before = mallinfo2().uordblks;
		}
		id = mock_ike_create(&conf);
		id->destroy(id);
	}
	return (mallinfo2().uordblks - before) / CLIENTS;
}

/**
 * A gateway keeps thousands of sessions of silent clients
 */
START_TEST(test_memory)
{
	size_t stock, managed;

	stock = measure_client("other");
	managed = measure_client("home");
	ck_assert_int_eq(count_entries(), CLIENTS_BEFORE + CLIENTS);
	ck_assert_uint_le(managed - stock, CLIENT_MEMORY);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("listener");

	tc = tcase_create("life");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_ends, 0, 8);
	tcase_add_loop_test(tc, test_noted, 0, 2);
	tcase_add_loop_test(tc, test_login, 0, 4);
	tcase_add_loop_test(tc, test_login_again, 0, WAYS);
	tcase_add_loop_test(tc, test_login_fails, 0, 2);
	tcase_add_test(tc, test_hooked);
	tcase_add_loop_test(tc, test_end, 0, 2);
	tcase_add_test(tc, test_rekey);
	tcase_add_test(tc, test_alerts);
	tcase_add_test(tc, test_changes);
	tcase_add_test(tc, test_drop);
	tcase_add_test(tc, test_memory);
	suite_add_tcase(s, tc);

	tc = tcase_create("reauthentication");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_reauth, 0, WAYS);
	tcase_add_test(tc, test_break_before_make);
	tcase_add_loop_test(tc, test_given_up, 0, 2);
	tcase_add_loop_test(tc, test_make_before_break, REAUTH_MAKE, WAYS);
	tcase_add_loop_test(tc, test_same_connection, 0, 3 * WAYS);
	tcase_add_loop_test(tc, test_crossing, 0, WAYS);
	tcase_add_loop_test(tc, test_not_a_successor, 0, WAYS);
	tcase_add_loop_test(tc, test_successor_fails, 0, WAYS);
	tcase_add_loop_test(tc, test_old_ends_first, REAUTH_MAKE, WAYS);
	tcase_add_loop_test(tc, test_rekeyed_meanwhile, REAUTH_MAKE, WAYS);
	tcase_add_test(tc, test_take_over);
	tcase_add_test(tc, test_take_over_stock);
	tcase_add_test(tc, test_take);
	tcase_add_test(tc, test_reestablish);
	tcase_add_test(tc, test_reestablish_bus);
	tcase_add_loop_test(tc, test_unreachable, REAUTH_MAKE, REAUTH_REDIRECT);
	tcase_add_test(tc, test_charon_reauth);
	suite_add_tcase(s, tc);
	return s;
}
