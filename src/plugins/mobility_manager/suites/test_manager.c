/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_netns.h"
#include "mock_charon.h"
#include "succession_fixture.h"

#include "manager.h"
#include "net/resume.h"
#include "net/rtnl_events.h"
#include "session/tally.h"

#include <sys/resource.h>

#include <threading/thread.h>

/** Threads that have IKE_SAs come and go, and how many each */
#define LIVES 4
#define ROUNDS 250

/** Threads of the processor */
#define THREADS 8

/** What the name of a connection is if nothing else is said */
#define HOME "home"

/**
 * What all tests use
 */
static struct {
	/** settings */
	mobility_settings_t *settings;
	/** what is tested */
	mobility_manager_t *manager;
	/** observes it */
	mobility_observer_t observer;
	/** what that was told, by kind of event */
	refcount_t events[MOBILITY_EVENT_PATH + 1];
	/** not 0 when threads that watch have to end */
	refcount_t done;
	/** not 0 while nobody can subscribe to network changes */
	refcount_t no_rtnetlink;
	/** not 0 once the manager is gone */
	bool destroyed;
	/** whom to tell that the host was suspended */
	mobility_resume_cb_t resumed;
	void *data;
} t;

/** what the linker has called in place of it */
mobility_rtnl_events_t *__real_mobility_rtnl_events_create(
														mobility_rtnl_t *rtnl);
mobility_rtnl_events_t *__wrap_mobility_rtnl_events_create(
														mobility_rtnl_t *rtnl);

mobility_rtnl_events_t *__wrap_mobility_rtnl_events_create(
														mobility_rtnl_t *rtnl)
{
	return ref_cur(&t.no_rtnetlink) ? NULL :
									  __real_mobility_rtnl_events_create(rtnl);
}

METHOD(mobility_resume_t, resume_destroy, void,
	mobility_resume_t *this)
{
	t.resumed = NULL;
}

/** what the linker has called in place of it */
mobility_resume_t *__wrap_mobility_resume_create(mobility_resume_cb_t cb,
												 void *data);

mobility_resume_t *__wrap_mobility_resume_create(mobility_resume_cb_t cb,
												 void *data)
{
	static mobility_resume_t resume;

	resume.destroy = _resume_destroy;
	t.resumed = cb;
	t.data = data;
	return &resume;
}

METHOD(mobility_observer_t, event, void,
	mobility_observer_t *this, enum mobility_event_kind_t kind,
	mobility_state_t old, const mobility_status_t *status, array_t *paths)
{
	ck_assert_str_eq(status->connection, HOME);
	ck_assert_int_eq(paths != NULL, kind == MOBILITY_EVENT_PATH);
	ref_get(&t.events[kind]);
}

/**
 * Two uplinks, eth0 is preferred
 */
static void setup_network(void)
{
	mobility_netns_setup();
	mobility_suite_teardown();
	mobility_netns_link("eth0");
	mobility_netns_link("wlan0");
	mobility_netns_ip("addr add 10.0.0.2/24 dev eth0");
	mobility_netns_ip("addr add 10.1.0.2/24 dev wlan0");
	mobility_netns_ip("route add default via 10.0.0.1 metric 100");
	mobility_netns_ip("route add default via 10.1.0.1 metric 600");
}

/**
 * Fixture with settings of the plugin
 */
static void setup_with(const char *settings)
{
	char conf[512];

	snprintf(conf, sizeof(conf), "charon { retransmit_tries = 1\n"
			 "plugins { mobility-manager { %s } } }", settings);
	mock_charon_setup(conf);
	lib->processor->set_threads(lib->processor, THREADS);
	memset(&t, 0, sizeof(t));
	t.settings = mobility_settings_create();
	t.manager = mobility_manager_create(t.settings);
	ck_assert(t.manager);
	t.observer.event = _event;
	t.manager->add_observer(t.manager, &t.observer);
	charon->bus->add_listener(charon->bus, t.manager->get_listener(t.manager));
}

static void setup(void)
{
	setup_network();
	setup_with("network_outage_time = 1h");
}

static void setup_short(void)
{
	setup_network();
	setup_with("network_outage_time = 1s");
}

static void setup_stress(void)
{
	mobility_netns_setup();
	mobility_suite_teardown();
	setup_with("");
}

/**
 * As charon does it before it ends: no thread is left
 */
static void end_threads(void)
{
	lib->processor->set_threads(lib->processor, 0);
	charon->ike_sa_manager->flush(charon->ike_sa_manager);
	lib->processor->cancel(lib->processor);
}

/**
 * The plugin is unloaded
 */
static void destroy_manager(void)
{
	charon->bus->remove_listener(charon->bus,
								 t.manager->get_listener(t.manager));
	t.manager->remove_observer(t.manager, &t.observer);
	t.manager->destroy(t.manager);
	t.settings->destroy(t.settings);
	t.destroyed = TRUE;
}

static void teardown(void)
{
	end_threads();
	if (!t.destroyed)
	{
		destroy_manager();
	}
	mock_charon_teardown();
}

/**
 * Get the status of a session by its number, NULL if there is none; 0 for any
 */
static mobility_status_t *get_status(uint32_t number)
{
	static mobility_status_t status;
	mobility_status_t *current;
	enumerator_t *enumerator;
	bool found = FALSE;

	enumerator = t.manager->create_status_enumerator(t.manager, NULL);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		found = !number || current->session == number;
		status = *current;
	}
	enumerator->destroy(enumerator);
	/* what it points to is gone */
	status.connection = NULL;
	status.local = status.remote = NULL;
	return found ? &status : NULL;
}

/**
 * Get the number of sessions
 */
static u_int count_sessions(void)
{
	enumerator_t *enumerator;
	mobility_status_t *status;
	u_int count = 0;

	enumerator = t.manager->create_status_enumerator(t.manager, NULL);
	while (enumerator->enumerate(enumerator, &status))
	{
		count++;
	}
	enumerator->destroy(enumerator);
	return count;
}

/**
 * Check if a session is in a state
 */
static bool is_state(mobility_state_t state)
{
	mobility_status_t *status = get_status(0);

	return status && status->state == state;
}

/**
 * Check if there is a pin of a path from an address
 */
static bool is_pinned(const char *local)
{
	return mobility_netns_run("ip rule | grep -q 'from %s to 192.0.2.1'", local);
}

/**
 * Create an IKE_SA with a session, which has looked around
 */
static ike_sa_id_t *create_session(void)
{
	ike_sa_id_t *id;

	id = mock_ike_create(NULL);
	mobility_netns_wait(is_pinned("10.0.0.2"));
	return id;
}

/**
 * Check if an IKE_SA has a method of stock
 */
static bool is_stock(ike_sa_id_t *id, void *stock)
{
	ike_sa_t *ike_sa = succession_checkout(id);
	bool same = ike_sa->retransmit == stock;

	mock_ike_checkin(ike_sa, SUCCESS);
	return same;
}

/**
 * Get the method that stock has
 */
static void *get_stock(void)
{
	ike_sa_t *ike_sa;
	void *stock;

	ike_sa = charon->ike_sa_manager->create_new(charon->ike_sa_manager, IKEV2,
												TRUE);
	stock = ike_sa->retransmit;
	ike_sa->destroy(ike_sa);
	return stock;
}

/**
 * What there is to know of a session.
 */
START_TEST(test_status)
{
	mobility_prospect_t prospect = {};
	mobility_path_report_t *report;
	mobility_status_t *status;
	enumerator_t *enumerator;
	ike_sa_id_t *id;
	u_int count = 0;

	ck_assert(!get_status(0));
	ck_assert(!t.manager->create_path_enumerator(t.manager, 1, NULL));
	id = create_session();
	mobility_netns_wait((status = get_status(0)) && status->uplink[0]);
	ck_assert_str_eq(status->uplink, "eth0");
	ck_assert_int_eq(status->state, MOBILITY_CONNECTED);
	ck_assert_int_eq(status->ike_id, succession_unique_id(id));
	ck_assert(!t.manager->create_path_enumerator(t.manager,
												 status->session + 1, NULL));
	enumerator = t.manager->create_path_enumerator(t.manager, status->session,
												   &prospect);
	ck_assert_int_eq(prospect.stay, MOBILITY_STAY_BEST);
	while (enumerator->enumerate(enumerator, &report))
	{
		ck_assert_str_eq(report->path->ifname, count ? "wlan0" : "eth0");
		count++;
	}
	enumerator->destroy(enumerator);
	ck_assert_int_eq(count, 2);
	ck_assert_int_eq(count_sessions(), 1);
	succession_end(id, TRUE);
	ck_assert_int_eq(count_sessions(), 0);
	/* a job removes what is left */
	mobility_netns_wait(!is_pinned("10.0.0.2"));
}
END_TEST

/**
 * Interfaces are listed, whether there are sessions or not.
 */
START_TEST(test_links)
{
	mobility_uplink_report_t *report;
	enumerator_t *enumerator;
	ike_sa_id_t *id = NULL;
	u_int count, i;

	for (i = 0; i < 2; i++)
	{
		count = 0;
		enumerator = t.manager->create_link_enumerator(t.manager);
		while (enumerator->enumerate(enumerator, &report))
		{
			count += streq(report->ifname, "eth0") ||
					 streq(report->ifname, "wlan0");
		}
		enumerator->destroy(enumerator);
		ck_assert_int_eq(count, 2);
		id = id ?: create_session();
	}
	id->destroy(id);
}
END_TEST

/**
 * What is wrong with a request to switch is said.
 */
START_TEST(test_switch)
{
	ike_sa_id_t *id;
	char error[128];

	ck_assert(!t.manager->switch_uplink(t.manager, HOME, "wlan0", error));
	ck_assert(strstr(error, "no session"));
	id = create_session();
	ck_assert(!t.manager->switch_uplink(t.manager, "other", "wlan0", error));
	ck_assert(strstr(error, "no session"));
	ck_assert(!t.manager->switch_uplink(t.manager, HOME, "ppp0", error));
	ck_assert(strstr(error, "ppp0"));
	mobility_netns_wait(t.manager->switch_uplink(t.manager, HOME, "wlan0",
												 error));
	ck_assert(is_pinned("10.1.0.2"));
	id->destroy(id);
}
END_TEST

/**
 * Changes of the network reach sessions, and what those do observers.
 */
START_TEST(test_network)
{
	ike_sa_id_t *id;

	id = create_session();
	mobility_netns_wait(ref_cur(&t.events[MOBILITY_EVENT_PATH]));
	mobility_netns_ip("link set xeth0 down");
	mobility_netns_wait(is_state(MOBILITY_WAITING));
	mobility_netns_ip("link set xwlan0 down");
	mobility_netns_wait(is_state(MOBILITY_DORMANT));
	ck_assert_int_ge(ref_cur(&t.events[MOBILITY_EVENT_STATE]), 2);
	/* somebody flushes rules */
	mobility_netns_ip("rule del from 10.0.0.2 to 192.0.2.1");
	mobility_netns_wait(is_pinned("10.0.0.2"));
	id->destroy(id);
}
END_TEST

/**
 * Nobody knows what went on while the host was suspended: the peer is asked.
 */
START_TEST(test_resume)
{
	mobility_status_t *status;
	ike_sa_id_t *id;

	id = create_session();
	mobility_netns_wait((status = get_status(0)) && status->uplink[0]);
	mock_charon_forget();
	t.resumed(t.data, 5000);
	mobility_netns_wait(mock_charon_count());
	ck_assert_int_eq(mock_charon_get(0)->type, INFORMATIONAL);
	status = get_status(0);
	ck_assert_str_eq(status->cause, "peer may not be reached over eth0");
	/* which does not answer */
	mobility_netns_wait(is_state(MOBILITY_WAITING));
	id->destroy(id);
}
END_TEST

/**
 * charon asks where to log in from, and gets the address of an uplink that leads
 * to the peer; the pin goes with the IKE_SA.
 */
START_TEST(test_login)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	kernel_interface_t *kernel = charon->kernel;
	ike_sa_id_t *id = create_session();
	ike_sa_t *ike_sa, *old;
	host_t *local, *remote, *chosen;

	old = succession_checkout(id);
	local = old->get_my_host(old);
	local = local->clone(local);
	remote = old->get_other_host(old);
	remote = remote->clone(remote);
	ike_sa = manager->create_new(manager, IKEV2, TRUE);
	ike_sa->set_peer_cfg(ike_sa, old->get_peer_cfg(old));
	ike_sa->set_other_host(ike_sa, remote->clone(remote));
	charon->bus->set_sa(charon->bus, old);
	mock_ike_checkin(old, SUCCESS);
	succession_end(id, TRUE);
	mobility_netns_wait(!is_pinned("10.0.0.2"));

	charon->bus->set_sa(charon->bus, ike_sa);
	chosen = kernel->get_source_addr(kernel, remote, NULL);
	ck_assert(chosen && chosen->ip_equals(chosen, local));
	ck_assert(is_pinned("10.0.0.2"));
	chosen->destroy(chosen);
	manager->checkin(manager, ike_sa);
	ck_assert_int_eq(count_sessions(), 1);
	ck_assert(is_state(MOBILITY_CONNECTING));
	manager->flush(manager);
	mobility_netns_wait(!is_pinned("10.0.0.2"));
	local->destroy(local);
	remote->destroy(remote);
}
END_TEST

/**
 * Check if an IKE_SA is in a state of charon's
 */
static bool is_ike_state(ike_sa_id_t *id, ike_sa_state_t state)
{
	ike_sa_t *ike_sa = succession_checkout(id);
	bool same = ike_sa->get_state(ike_sa) == state;

	mock_ike_checkin(ike_sa, SUCCESS);
	return same;
}

/**
 * An IKE_SA that is rekeyed after it was replaced is deleted, as nobody else does.
 */
START_TEST(test_replaced)
{
	ike_sa_id_t *id, *new;

	id = create_session();
	new = succession_begin(id, REAUTH_MAKE);
	succession_establish(new);
	id = succession_rekey(id);
	mobility_netns_wait(is_ike_state(id, IKE_DELETING));
	ck_assert(is_ike_state(new, IKE_ESTABLISHED));
	id->destroy(id);
	new->destroy(new);
}
END_TEST

/**
 * Check if an IKE_SA is to be reauthenticated, or waits for an answer until it can
 * be
 */
static bool is_reauthenticated(ike_sa_id_t *id)
{
	static const task_queue_t queues[] = { TASK_QUEUE_ACTIVE, TASK_QUEUE_QUEUED };
	ike_sa_t *ike_sa = succession_checkout(id);
	enumerator_t *enumerator;
	bool found = FALSE;
	task_t *task;
	int i;

	for (i = 0; i < countof(queues); i++)
	{
		enumerator = ike_sa->create_task_enumerator(ike_sa, queues[i]);
		while (enumerator->enumerate(enumerator, &task))
		{
			found |= task->get_type(task) == TASK_IKE_REAUTH;
		}
		enumerator->destroy(enumerator);
	}
	mock_ike_checkin(ike_sa, SUCCESS);
	return found;
}

/**
 * If the IKE_SA that was to replace another one is not answered it is tried once
 * more.
 */
START_TEST(test_reauth)
{
	ike_sa_id_t *id, *new;
	ike_sa_t *ike_sa;

	/* else there is no such task, but a new IKE_SA at once */
	lib->settings->set_bool(lib->settings, "%s.make_before_break", FALSE,
							lib->ns);
	id = create_session();
	new = succession_begin(id, REAUTH_MAKE);
	ck_assert(!is_reauthenticated(id));
	ike_sa = succession_checkout(new);
	charon->bus->alert(charon->bus, ALERT_PEER_INIT_UNREACHABLE, 1);
	mock_ike_checkin(ike_sa, DESTROY_ME);
	mobility_netns_wait(is_reauthenticated(id));
	id->destroy(id);
	new->destroy(new);
}
END_TEST

/**
 * When the time for an outage is over the IKE_SA is destroyed.
 */
START_TEST(test_give_up)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_id_t *id;

	id = create_session();
	mobility_netns_ip("link set xeth0 down");
	mobility_netns_ip("link set xwlan0 down");
	mobility_netns_wait(manager->get_count(manager) == 0);
	ck_assert_int_eq(count_sessions(), 0);
	mobility_netns_wait(!is_pinned("10.0.0.2"));
	id->destroy(id);
}
END_TEST

/**
 * Count the sessions of clients in a state
 */
static u_int count_clients(mobility_state_t state)
{
	enumerator_t *enumerator;
	mobility_count_t *each;
	u_int count = 0;

	enumerator = t.manager->create_count_enumerator(t.manager, NULL);
	while (enumerator->enumerate(enumerator, &each))
	{
		ck_assert(!each->mobile);
		count += each->states[state];
	}
	enumerator->destroy(enumerator);
	return count;
}

/**
 * A client logs in, and does not answer when it is asked for something
 */
static void create_client(void)
{
	mock_ike_conf_t conf = {
		.responder = TRUE,
	};
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	lib->settings->set_double(lib->settings, "%s.retransmit_timeout", 0.02,
							  lib->ns);
	lib->settings->set_int(lib->settings, "%s.retransmit_tries", 1, lib->ns);
	id = mock_ike_create(&conf);
	ck_assert_uint_ge(count_clients(MOBILITY_CONNECTED), 1);
	ike_sa = succession_checkout(id);
	ike_sa->queue_task(ike_sa, mock_task_create(ike_sa, TASK_IKE_DPD, NULL,
												NULL));
	mock_ike_checkin(ike_sa, ike_sa->initiate(ike_sa, NULL, NULL));
	id->destroy(id);
}

/**
 * A client that sleeps is kept, until somebody does not want to wait for it
 */
START_TEST(test_client)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	identification_t *gateway;
	mobility_filter_t any = {};
	u_int unable;

	create_client();
	mobility_netns_wait(count_clients(MOBILITY_DORMANT) == 1);
	ck_assert_uint_eq(manager->get_count(manager), 1);
	gateway = identification_create_from_string("gw2.example.org");
	ck_assert_uint_eq(t.manager->redirect(t.manager, &any, gateway, &unable), 0);
	ck_assert_uint_eq(unable, 1);
	gateway->destroy(gateway);
	ck_assert_uint_eq(t.manager->terminate(t.manager, &any), 1);
	mobility_netns_wait(manager->get_count(manager) == 0);
	ck_assert_uint_eq(count_clients(MOBILITY_DORMANT), 0);
	ck_assert_uint_eq(t.manager->terminate(t.manager, &any), 0);
}
END_TEST

/**
 * When its time is over it is its turn to go
 */
START_TEST(test_client_outage)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;

	lib->settings->set_int(lib->settings, "%s.plugins.mobility-manager."
						   "gateway.network_outage_time", 1, lib->ns);
	t.settings->reload(t.settings);
	create_client();
	mobility_netns_wait(manager->get_count(manager) == 0);
	ck_assert_uint_eq(count_clients(MOBILITY_DORMANT), 0);
}
END_TEST

/**
 * If too many sleep the one that does for the longest time goes
 */
START_TEST(test_client_limit)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	u_int evicted = mobility_tally_get(MOBILITY_TALLY_EVICTED), i;

	lib->settings->set_int(lib->settings, "%s.plugins.mobility-manager."
						   "gateway.max_dormant", 1, lib->ns);
	t.settings->reload(t.settings);
	for (i = 0; i < 3; i++)
	{
		create_client();
	}
	mobility_netns_wait(manager->get_count(manager) == 1 &&
						count_clients(MOBILITY_DORMANT) == 1);
	ck_assert_uint_eq(mobility_tally_get(MOBILITY_TALLY_EVICTED), evicted + 2);
}
END_TEST

/**
 * A connection that is not to be managed anymore is given back, with nothing
 * left of us.
 */
START_TEST(test_reload)
{
	void *stock = get_stock();
	ike_sa_id_t *id;

	id = create_session();
	ck_assert(!is_stock(id, stock));
	t.manager->reload(t.manager);
	ck_assert_int_eq(count_sessions(), 1);
	lib->settings->set_bool(lib->settings,
							"%s.plugins.mobility-manager.mobility", FALSE,
							lib->ns);
	t.settings->reload(t.settings);
	t.manager->reload(t.manager);
	mobility_netns_wait(is_stock(id, stock));
	mobility_netns_wait(!is_pinned("10.0.0.2"));
	ck_assert_int_eq(count_sessions(), 0);
	id = succession_rekey(id);
	ck_assert_int_eq(count_sessions(), 0);
	id->destroy(id);
}
END_TEST

/**
 * Without the network's changes stock does better.
 */
START_TEST(test_no_monitor)
{
	void *stock = get_stock();
	ike_sa_id_t *id;

	ref_get(&t.no_rtnetlink);
	id = mock_ike_create(NULL);
	mobility_netns_wait(is_stock(id, stock));
	ck_assert_int_eq(count_sessions(), 0);
	succession_end(id, TRUE);
	/* and it is tried again with the next one */
	ignore_result(ref_put(&t.no_rtnetlink));
	id = create_session();
	ck_assert(!is_stock(id, stock));
	id->destroy(id);
}
END_TEST

/** What a peer finds that comes. */
static ike_cfg_t *served;

METHOD(backend_t, create_ike_cfg_enumerator, enumerator_t*,
	backend_t *this, host_t *me, host_t *other)
{
	return enumerator_create_single(served, NULL);
}

/**
 * The first message of a client is answered over the uplink that it uses, before
 * there is any session, and so is the one that comes after the last.
 */
START_TEST(test_clients)
{
	ike_cfg_create_t create = {
		.version = IKEV2,
		.local = "%any",
		.local_port = IKEV2_UDP_PORT,
		.remote = "%any",
		.remote_port = IKEV2_UDP_PORT,
	};
	backend_t backend = {
		.create_ike_cfg_enumerator = _create_ike_cfg_enumerator,
	};
	ike_cfg_t *found;
	host_t *me, *other;
	ike_sa_id_t *id;

	served = ike_cfg_create(&create);
	me = host_create_from_string("10.1.0.2", 500);
	other = host_create_from_string("192.0.2.1", 500);
	found = charon->backends->get_ike_cfg(charon->backends, me, other, IKEV2);
	ck_assert(!found);
	ck_assert(!mobility_netns_run("ip rule | grep -q 'proto 230'"));
	charon->backends->add_backend(charon->backends, &backend);
	found = charon->backends->get_ike_cfg(charon->backends, me, other, IKEV2);
	found->destroy(found);
	ck_assert(mobility_netns_run("ip route get 192.0.2.1 from 10.1.0.2 ipproto "
								 "udp sport 500 | grep -q 'dev wlan0'"));
	id = create_session();
	succession_end(id, TRUE);
	mobility_netns_wait(!is_pinned("10.0.0.2"));
	mobility_netns_ip("route del default via 10.0.0.1 metric 100");
	mobility_netns_wait(!mobility_netns_run("ip rule | grep -q 'proto 230'"));
	mobility_netns_ip("route add default via 10.0.0.1 metric 100");
	mobility_netns_wait(mobility_netns_run("ip rule | grep -q 10.1.0.2"));
	lib->settings->set_bool(lib->settings,
							"%s.plugins.mobility-manager.pin_paths", FALSE,
							lib->ns);
	t.settings->reload(t.settings);
	t.manager->reload(t.manager);
	ck_assert(!mobility_netns_run("ip rule | grep -q 'proto 230'"));
	charon->backends->remove_backend(charon->backends, &backend);
	served->destroy(served);
	other->destroy(other);
	me->destroy(me);
}
END_TEST

/**
 * If the plugin goes while there are IKE_SAs all of them are given back, those
 * that are being replaced, too.
 */
START_TEST(test_destroy)
{
	void *stock = get_stock();
	ike_sa_id_t *id, *new, *rekeyed;

	rekeyed = succession_rekey(create_session());
	id = create_session();
	new = succession_begin(id, REAUTH_MAKE);
	succession_establish(new);
	ck_assert_int_eq(count_sessions(), 2);
	ck_assert(!is_stock(id, stock));
	mobility_suite_end_threads();
	destroy_manager();
	ck_assert(is_stock(id, stock));
	ck_assert(is_stock(new, stock));
	ck_assert(is_stock(rekeyed, stock));
	ck_assert(!is_pinned("10.0.0.2"));
	succession_end(id, TRUE);
	succession_end(new, TRUE);
	succession_end(rekeyed, TRUE);
}
END_TEST

/**
 * Without a timer there is nothing.
 */
START_TEST(test_no_timer)
{
	struct rlimit none = {}, old;
	mobility_manager_t *manager;

	destroy_manager();
	t.settings = mobility_settings_create();
	ck_assert(getrlimit(RLIMIT_NOFILE, &old) == 0);
	none.rlim_max = old.rlim_max;
	ck_assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
	manager = mobility_manager_create(t.settings);
	ck_assert(setrlimit(RLIMIT_NOFILE, &old) == 0);
	ck_assert(!manager);
	t.settings->destroy(t.settings);
}
END_TEST

/**
 * IKE_SAs come and go
 */
static void *live(void *data)
{
	u_int seed = (uintptr_t)data, i;
	ike_sa_id_t *id;

	for (i = 0; i < ROUNDS; i++)
	{
		id = mock_ike_create(NULL);
		switch (rand_r(&seed) % 5)
		{
			case 0:
				id = succession_rekey(id);
				break;
			case 1:
				id = succession_reauth(id, REAUTH_BREAK);
				break;
			case 2:
				id = succession_reauth(id, REAUTH_MAKE);
				break;
			case 3:
				id = succession_reauth(id, REAUTH_MAKE_EVENTS);
				id = succession_rekey(id);
				id = succession_reauth(id, REAUTH_BREAK);
				break;
			default:
				break;
		}
		succession_end(id, rand_r(&seed) % 2);
	}
	return NULL;
}

/**
 * People look at them, and change settings
 */
static void *watch(void *data)
{
	char error[128];
	enumerator_t *enumerator;
	mobility_status_t *status;

	while (!ref_cur(&t.done))
	{
		enumerator = t.manager->create_status_enumerator(t.manager, NULL);
		while (enumerator->enumerate(enumerator, &status))
		{
			mobility_assert(streq(status->connection, HOME));
		}
		enumerator->destroy(enumerator);
		t.manager->switch_uplink(t.manager, HOME, "eth9", error);
		t.manager->reload(t.manager);
	}
	return NULL;
}

/**
 * Sessions end in many threads at the same time.
 */
START_TEST(test_stress)
{
	thread_t *lives[LIVES], *watcher;
	uintptr_t i;

	watcher = thread_create(watch, NULL);
	for (i = 0; i < LIVES; i++)
	{
		lives[i] = thread_create(live, (void*)(i + 1));
	}
	for (i = 0; i < LIVES; i++)
	{
		lives[i]->join(lives[i]);
	}
	ref_get(&t.done);
	watcher->join(watcher);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("manager");
	if (!mobility_netns_available())
	{
		return s;
	}
	tc = tcase_create("sessions");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_status);
	tcase_add_test(tc, test_links);
	tcase_add_test(tc, test_switch);
	tcase_add_test(tc, test_network);
	tcase_add_test(tc, test_resume);
	tcase_add_test(tc, test_login);
	tcase_add_test(tc, test_replaced);
	tcase_add_test(tc, test_reauth);
	tcase_add_test(tc, test_reload);
	tcase_add_test(tc, test_no_monitor);
	tcase_add_test(tc, test_clients);
	tcase_add_test(tc, test_destroy);
	tcase_add_test(tc, test_no_timer);
	suite_add_tcase(s, tc);

	tc = tcase_create("outage");
	tcase_add_checked_fixture(tc, setup_short, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_give_up);
	tcase_add_test(tc, test_client);
	tcase_add_test(tc, test_client_outage);
	tcase_add_test(tc, test_client_limit);
	suite_add_tcase(s, tc);

	tc = tcase_create("stress");
	tcase_add_checked_fixture(tc, setup_stress, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_stress);
	suite_add_tcase(s, tc);
	return s;
}
