/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fake_clock.h"
#include "mobility_suite.h"
#include "mock_charon.h"
#include "mock_ike.h"

#include "ike/login_names.h"
#include "compat.h"

/** Any time. */
#define BEGIN 1000000

/** Connections that are initiated at once. */
#define MANY 50

/**
 * A question to the resolver
 */
typedef struct {
	/** name */
	char name[64];
	/** address family */
	int family;
	/** called with an answer, NULL if there was one */
	mobility_resolver_done_t done;
	/** user data for it */
	void *data;
} question_t;

/**
 * What all tests use
 */
static struct {
	/** what is tested */
	mobility_login_names_t *names;
	/** what it uses */
	mobility_resolver_t resolver;
	mobility_settings_t settings;
	/** connections are managed */
	bool mobility;
	/** version they have */
	ike_version_t version;
	/** stock methods */
	host_t *(*resolve)(host_resolver_t *this, char *name, int family);
	typeof(((controller_t*)0)->initiate) initiate;
	/** what the stock resolver was asked, a name a line */
	char asked[256];
	/** questions to the other one */
	question_t questions[MANY + 8];
	u_int count;
	/** somebody has left that */
	bool left;
} t;

METHOD(mobility_resolver_t, look_up, void,
	mobility_resolver_t *this, const char *name, int family,
	mobility_resolver_done_t done, void *data)
{
	question_t *question = &t.questions[t.count++];

	ck_assert_uint_lt(t.count, countof(t.questions));
	snprintf(question->name, sizeof(question->name), "%s", name);
	question->family = family;
	question->done = done;
	question->data = data;
}

METHOD(mobility_resolver_t, leave, void,
	mobility_resolver_t *this, void *data)
{
	t.left = TRUE;
}

METHOD(mobility_settings_t, get, void,
	mobility_settings_t *this, const char *name, mobility_config_t *config)
{
	config->mobility = t.mobility;
}

/**
 * Stock's resolver, which blocks: knows one name
 */
static host_t *resolve(host_resolver_t *this, char *name, int family)
{
	size_t len = strlen(t.asked);

	snprintf(t.asked + len, sizeof(t.asked) - len, "%s\n", name);
	return streq(name, "stock.example.com") ?
							host_create_from_string("192.0.2.99", 0) : NULL;
}

static void setup_conf(const char *conf)
{
	mock_charon_setup(conf);
	fake_clock_start(BEGIN);
	memset(&t, 0, sizeof(t));
	t.mobility = TRUE;
	t.version = IKE_ANY;
	t.resolver.look_up = _look_up;
	t.resolver.leave = _leave;
	t.settings.get = _get;
	t.resolve = lib->hosts->resolve;
	lib->hosts->resolve = resolve;
	t.initiate = charon->controller->initiate;
	t.names = mobility_login_names_create(&t.settings, &t.resolver);
	mobility_suite_log_start();
}

static void setup()
{
	setup_conf("");
}

static void setup_retry()
{
	setup_conf("charon { retry_initiate_interval = 10s }");
}

static void teardown()
{
	if (t.names)
	{
		t.names->destroy(t.names);
	}
	ck_assert(t.left);
	ck_assert(lib->hosts->resolve == resolve);
	ck_assert(charon->controller->initiate == t.initiate);
	lib->hosts->resolve = t.resolve;
	charon->ike_sa_manager->flush(charon->ike_sa_manager);
	fake_clock_stop();
	mock_charon_teardown();
}

/**
 * Create a connection
 */
static peer_cfg_t *create_peer_cfg(char *name, char *remote)
{
	ike_cfg_create_t ike = {
		.version = t.version,
		.local = "%any",
		.local_port = IKEV2_UDP_PORT,
		.remote = remote,
		.remote_port = IKEV2_UDP_PORT,
	};
	peer_cfg_create_t peer = {
		.cert_policy = CERT_NEVER_SEND,
		.unique = UNIQUE_NO,
		.keyingtries = 1,
	};

	return peer_cfg_create(name, ike_cfg_create(&ike), &peer);
}

/**
 * Initiate a connection that nobody waits for, as start_action does
 */
static void initiate(char *name, char *remote)
{
	controller_t *controller = charon->controller;

	controller->initiate(controller, create_peer_cfg(name, remote), NULL, NULL,
						 NULL, MOBILITY_COMPAT_LEVEL(LEVEL_CTRL) 0, FALSE);
	while (fake_clock_run());
}

/**
 * Answer a question, NULL if nothing is found
 */
static void answer(u_int index, char *address)
{
	question_t *question = &t.questions[index];
	mobility_resolver_done_t done = question->done;
	host_t *host = NULL;

	ck_assert_uint_lt(index, t.count);
	ck_assert(done != NULL);
	question->done = NULL;
	if (address)
	{
		host = host_create_from_string(address, 0);
	}
	done(question->data, question->name, question->family, host);
	DESTROY_IF(host);
	while (fake_clock_run());
}

/**
 * Check how often something was logged
 */
static u_int count_log(const char *text)
{
	const char *at = mobility_suite_log();
	u_int count = 0;

	while ((at = strstr(at, text)))
	{
		at += strlen(text);
		count++;
	}
	return count;
}

/**
 * Check which names were asked for, and that none was by stock's resolver
 */
static void assert_asked(const char *expected)
{
	char buf[1024] = "";
	size_t len = 0;
	u_int i;

	for (i = 0; i < t.count; i++)
	{
		len += snprintf(buf + len, sizeof(buf) - len, "%s%s", i ? " " : "",
						t.questions[i].name);
	}
	ck_assert_str_eq(buf, expected);
	ck_assert_str_eq(t.asked, "");
}

START_TEST(test_address)
{
	initiate("home", "192.0.2.1");
	assert_asked("");
	ck_assert_uint_eq(count_log("] to 192.0.2.1"), 1);
}
END_TEST

START_TEST(test_found)
{
	initiate("home", "gateway.example.com");
	assert_asked("gateway.example.com");
	ck_assert_str_eq(mobility_suite_log(), "");
	answer(0, "192.0.2.7");
	assert_asked("gateway.example.com");
	ck_assert_uint_eq(count_log("] to 192.0.2.7"), 1);
}
END_TEST

/**
 * It fails as it does without us
 */
START_TEST(test_not_found)
{
	initiate("home", "gateway.example.com");
	answer(0, NULL);
	assert_asked("gateway.example.com");
	ck_assert_uint_eq(count_log("unable to resolve gateway.example.com, "
								"initiate aborted"), 1);
}
END_TEST

/**
 * The first address that there is is taken, and the next one only if there is none
 */
START_TEST(test_several)
{
	initiate("home", "10.9.0.0/16, a.example.com,b.example.com, 192.0.2.3");
	assert_asked("a.example.com");
	answer(0, NULL);
	assert_asked("a.example.com b.example.com");
	ck_assert_str_eq(mobility_suite_log(), "");
	answer(1, "192.0.2.7");
	ck_assert_uint_eq(count_log("] to 192.0.2.7"), 1);
	initiate("home", "a.example.com,b.example.com, 192.0.2.3, c.example.com");
	answer(2, NULL);
	answer(3, NULL);
	ck_assert_uint_eq(count_log("] to 192.0.2.3"), 1);
	initiate("home", "192.0.2.4, c.example.com");
	ck_assert_uint_eq(count_log("] to 192.0.2.4"), 1);
	initiate("home", "a.example.com,b.example.com");
	answer(4, NULL);
	answer(5, NULL);
	ck_assert_uint_eq(count_log("initiate aborted"), 1);
	assert_asked("a.example.com b.example.com a.example.com b.example.com "
				 "a.example.com b.example.com");
}
END_TEST

START_TEST(test_many)
{
	char name[32];
	u_int i;

	for (i = 0; i < MANY; i++)
	{
		snprintf(name, sizeof(name), "home%u", i);
		initiate(name, i % 2 ? "a.example.com" : "b.example.com");
	}
	ck_assert_uint_eq(charon->ike_sa_manager->get_count(
												charon->ike_sa_manager), 0);
	/* those who ask the same get the same answer */
	answer(0, "192.0.2.7");
	ck_assert_uint_eq(count_log("] to 192.0.2.7"), MANY / 2);
	answer(1, "192.0.2.8");
	ck_assert_uint_eq(count_log("] to 192.0.2.8"), MANY / 2);
	answer(2, "192.0.2.9");
	ck_assert_uint_eq(count_log("] to 192.0.2.9"), 0);
	ck_assert_str_eq(t.asked, "");
}
END_TEST

/**
 * Get a name resolved as the thread of an IKE_SA
 */
static host_t *ask(ike_sa_t *ike_sa, char *name)
{
	host_t *host;

	charon->bus->set_sa(charon->bus, ike_sa);
	host = lib->hosts->resolve(lib->hosts, name, AF_UNSPEC);
	return host;
}

/**
 * Create an IKE_SA that is not initiated
 */
static ike_sa_t *create_ike_sa(char *remote)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	peer_cfg_t *peer_cfg = create_peer_cfg("home", remote);
	ike_sa_t *ike_sa;

	ike_sa = manager->create_new(manager, IKEV2, TRUE);
	ike_sa->set_peer_cfg(ike_sa, peer_cfg);
	peer_cfg->destroy(peer_cfg);
	manager->checkout_new(manager, ike_sa);
	charon->bus->set_sa(charon->bus, ike_sa);
	return ike_sa;
}

/** What is trapped. */
static struct {
	/** its connection */
	peer_cfg_t *peer_cfg;
	/** stands in for the CHILD_SA */
	child_sa_t child_sa;
	/** how often it was acquired, and what charon found */
	u_int acquired;
	host_t *host;
	/** stock's methods */
	trap_manager_t stock;
} trap;

METHOD(child_sa_t, get_reqid, uint32_t,
	child_sa_t *this)
{
	return 7;
}

METHOD(enumerator_t, enumerate_traps, bool,
	enumerator_t *this, va_list args)
{
	child_sa_t **child_sa;
	peer_cfg_t **peer_cfg;

	VA_ARGS_VGET(args, peer_cfg, child_sa);
	*peer_cfg = trap.peer_cfg;
	*child_sa = &trap.child_sa;
	return TRUE;
}

/**
 * In place of trap_manager_t.create_enumerator(), there is one trap, for ever
 */
static enumerator_t *create_trap_enumerator(trap_manager_t *this)
{
	enumerator_t *enumerator;

	INIT(enumerator,
		.enumerate = enumerator_enumerate_default,
		.venumerate = (void*)_enumerate_traps,
		.destroy = (void*)free,
	);
	return enumerator;
}

/**
 * In place of trap_manager_t.acquire()
 */
static void acquire(trap_manager_t *this, uint32_t reqid,
					kernel_acquire_data_t *data)
{
	ike_sa_t *ike_sa = create_ike_sa("gateway.example.com");

	ck_assert_uint_eq(reqid, 7);
	ck_assert(data->src && data->dst);
	trap.acquired++;
	DESTROY_IF(trap.host);
	trap.host = ask(ike_sa, "gateway.example.com");
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager, ike_sa);
}

/**
 * Packets of a trap wait for DNS, not charon
 */
START_TEST(test_acquire)
{
	kernel_acquire_data_t data = {
		.src = traffic_selector_create_from_cidr("10.1.0.1/32", 0, 0, 0),
		.dst = traffic_selector_create_from_cidr("10.2.0.1/32", 0, 0, 0),
	};
	trap_manager_t *traps = charon->traps;
	char buf[64];

	t.names->destroy(t.names);
	trap.stock = *traps;
	traps->acquire = acquire;
	traps->create_enumerator = create_trap_enumerator;
	trap.child_sa.get_reqid = _get_reqid;
	trap.acquired = 0;
	trap.host = NULL;
	trap.peer_cfg = create_peer_cfg("home", "gateway.example.com");
	t.names = mobility_login_names_create(&t.settings, &t.resolver);

	traps->acquire(traps, 7, &data);
	ck_assert_uint_eq(trap.acquired, 0);
	assert_asked("gateway.example.com");
	answer(0, "192.0.2.7");
	ck_assert_uint_eq(trap.acquired, 1);
	snprintf(buf, sizeof(buf), "%H", trap.host);
	ck_assert_str_eq(buf, "192.0.2.7");
	/* nothing is found */
	traps->acquire(traps, 7, &data);
	ck_assert_uint_eq(trap.acquired, 1);
	answer(1, NULL);
	ck_assert_uint_eq(trap.acquired, 2);
	ck_assert(!trap.host);
	ck_assert_str_eq(t.asked, "");

	trap.peer_cfg->destroy(trap.peer_cfg);
	t.names->destroy(t.names);
	t.names = NULL;
	ck_assert(traps->acquire == acquire);
	*traps = trap.stock;
	data.src->destroy(data.src);
	data.dst->destroy(data.dst);
}
END_TEST

/**
 * No name is needed if there is an IKE_SA
 */
START_TEST(test_existing)
{
	ike_sa_t *ike_sa = create_ike_sa("gateway.example.com");
	controller_t *controller = charon->controller;
	peer_cfg_t *peer_cfg = ike_sa->get_peer_cfg(ike_sa);

	ike_sa->set_other_host(ike_sa, host_create_from_string("192.0.2.1", 500));
	ike_sa->set_state(ike_sa, IKE_ESTABLISHED);
	ike_sa->set_condition(ike_sa, COND_ORIGINAL_INITIATOR, TRUE);
	peer_cfg->get_ref(peer_cfg);
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	controller->initiate(controller, peer_cfg, NULL, NULL, NULL,
						 MOBILITY_COMPAT_LEVEL(LEVEL_CTRL) 0, FALSE);
	assert_asked("");
	/* that is not of this one */
	initiate("other", "other.example.com");
	assert_asked("other.example.com");
}
END_TEST

/** What a backend has loaded, or not. */
static peer_cfg_t *loaded;

METHOD(backend_t, get_peer_cfg_by_name, peer_cfg_t*,
	backend_t *this, char *name)
{
	return loaded ? loaded->get_ref(loaded) : NULL;
}

/**
 * What is not loaded anymore when its name was looked up is not initiated
 */
START_TEST(test_removed)
{
	controller_t *controller = charon->controller;
	peer_cfg_t *peer_cfg;
	backend_t backend = {
		.get_peer_cfg_by_name = _get_peer_cfg_by_name,
	};
	u_int i;

	charon->backends->add_backend(charon->backends, &backend);
	for (i = 0; i < 2; i++)
	{
		loaded = peer_cfg = create_peer_cfg("home", "gateway.example.com");
		controller->initiate(controller, peer_cfg->get_ref(peer_cfg), NULL, NULL,
							 NULL, MOBILITY_COMPAT_LEVEL(LEVEL_CTRL) 0, FALSE);
		loaded = i ? NULL : loaded;
		answer(i, "192.0.2.7");
		/* it was still there the first time */
		ck_assert_uint_eq(count_log("] to 192.0.2.7"), 1);
		peer_cfg->destroy(peer_cfg);
		charon->ike_sa_manager->flush(charon->ike_sa_manager);
	}
	loaded = NULL;
	charon->backends->remove_backend(charon->backends, &backend);
}
END_TEST

/**
 * What is not ours is left to stock
 */
START_TEST(test_stock)
{
	t.mobility = FALSE;
	initiate("home", "stock.example.com");
	ck_assert_str_eq(t.asked, "stock.example.com\n");
	ck_assert_uint_eq(count_log("] to 192.0.2.99"), 1);
	t.mobility = TRUE;
	t.version = IKEV1;
	initiate("home1", "stock.example.com");
	ck_assert_str_eq(t.asked, "stock.example.com\nstock.example.com\n");
	ck_assert_uint_eq(t.count, 0);
}
END_TEST

/**
 * Others than gateways, and whoever waits for one, ask as ever
 */
START_TEST(test_others)
{
	ike_sa_t *ike_sa = create_ike_sa("gateway.example.com");
	host_t *host;

	ck_assert(!ask(ike_sa, "other.example.com"));
	ck_assert(!ask(ike_sa, "gateway.example.com"));
	ck_assert(!ask(NULL, "gateway.example.com"));
	host = ask(NULL, "stock.example.com");
	ck_assert(host != NULL);
	host->destroy(host);
	ck_assert_str_eq(t.asked, "other.example.com\ngateway.example.com\n"
					 "gateway.example.com\nstock.example.com\n");
	ck_assert_uint_eq(t.count, 0);
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager, ike_sa);
}
END_TEST

/**
 * An IKE_SA that has an address does not wait for another one
 */
START_TEST(test_keep)
{
	ike_sa_t *ike_sa = create_ike_sa("gateway.example.com, b.example.com");
	host_t *host;

	ike_sa->set_other_host(ike_sa, host_create_from_string("192.0.2.1", 500));
	host = ask(ike_sa, "gateway.example.com");
	ck_assert(host->is_anyaddr(host));
	host->destroy(host);
	ck_assert_str_eq(t.asked, "");
	/* what it is redirected to has to be found */
	ike_sa->set_state(ike_sa, IKE_CONNECTING);
	ike_sa->set_condition(ike_sa, COND_ORIGINAL_INITIATOR, TRUE);
	ck_assert(!ask(ike_sa, "gateway.example.com"));
	ck_assert_str_eq(t.asked, "gateway.example.com\n");
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager, ike_sa);
}
END_TEST

/**
 * Nor does one that replaces another, unless it is redirected
 */
START_TEST(test_reestablish)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_t *ike_sa = create_ike_sa("gateway.example.com"), *new;
	host_t *host;

	ike_sa->set_state(ike_sa, IKE_ESTABLISHED);
	ike_sa->set_condition(ike_sa, COND_ORIGINAL_INITIATOR, TRUE);
	new = manager->create_new(manager, IKEV2, TRUE);
	new->set_peer_cfg(new, ike_sa->get_peer_cfg(ike_sa));
	charon->bus->ike_reestablish_pre(charon->bus, ike_sa, new);
	host = ask(new, "gateway.example.com");
	ck_assert(host->is_anyaddr(host));
	host->destroy(host);
	charon->bus->ike_reestablish_post(charon->bus, ike_sa, new, TRUE);
	ck_assert_str_eq(t.asked, "");
	new->get_redirected_from = (void*)return_true;
	charon->bus->ike_reestablish_pre(charon->bus, ike_sa, new);
	ck_assert(!ask(new, "gateway.example.com"));
	charon->bus->ike_reestablish_post(charon->bus, ike_sa, new, TRUE);
	ck_assert(!ask(ike_sa, "gateway.example.com"));
	ck_assert_str_eq(t.asked, "gateway.example.com\ngateway.example.com\n");
	ck_assert_uint_eq(t.count, 0);
	new->destroy(new);
	manager->checkin_and_destroy(manager, ike_sa);
}
END_TEST

/**
 * What would be initiated later is so as soon as there is an answer
 */
START_TEST(test_retry)
{
	ike_sa_t *ike_sa = create_ike_sa("gateway.example.com, 192.0.2.3");
	u_int i;

	mock_ike_checkin(ike_sa, ike_sa->initiate(ike_sa, NULL, NULL));
	assert_asked("gateway.example.com");
	ck_assert_uint_eq(count_log("retrying in 10s"), 1);
	/* nobody answers, it is asked once at a time */
	for (i = 0; i < 100; i++)
	{
		fake_clock_set(fake_clock_now() + 1000);
		while (fake_clock_run());
		if (i % 15 == 14)
		{
			answer(t.count - 1, NULL);
		}
	}
	ck_assert_uint_ge(t.count, 100 / 20);
	ck_assert_uint_le(t.count, 100 / 10 + 1);
	ck_assert_str_eq(t.asked, "");
	ck_assert_uint_eq(count_log("] to "), 0);
	while (!t.questions[t.count - 1].done)
	{
		fake_clock_set(fake_clock_now() + 1000);
		while (fake_clock_run());
	}
	answer(t.count - 1, "192.0.2.7");
	ck_assert_uint_eq(count_log("] to 192.0.2.7"), 1);
	ck_assert_str_eq(t.asked, "");
}
END_TEST

/**
 * What waits at the end is not initiated
 */
START_TEST(test_end)
{
	ike_sa_t *ike_sa = create_ike_sa("a.example.com");

	initiate("home", "gateway.example.com");
	initiate("home", "b.example.com, c.example.com");
	charon->bus->set_sa(charon->bus, ike_sa);
	mock_ike_checkin(ike_sa, ike_sa->initiate(ike_sa, NULL, NULL));
	answer(1, NULL);
	assert_asked("gateway.example.com b.example.com a.example.com "
				 "c.example.com");
	t.names->destroy(t.names);
	t.names = NULL;
	while (fake_clock_run());
	ck_assert_uint_eq(count_log("initiating"), 0);
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("login_names");

	tc = tcase_create("connections");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_address);
	tcase_add_test(tc, test_found);
	tcase_add_test(tc, test_not_found);
	tcase_add_test(tc, test_several);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_acquire);
	tcase_add_test(tc, test_existing);
	tcase_add_test(tc, test_removed);
	tcase_add_test(tc, test_stock);
	suite_add_tcase(s, tc);

	tc = tcase_create("IKE_SAs");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_others);
	tcase_add_test(tc, test_keep);
	tcase_add_test(tc, test_reestablish);
	suite_add_tcase(s, tc);

	tc = tcase_create("later");
	tcase_add_checked_fixture(tc, setup_retry, teardown);
	tcase_add_test(tc, test_retry);
	tcase_add_test(tc, test_end);
	suite_add_tcase(s, tc);

	return s;
}
