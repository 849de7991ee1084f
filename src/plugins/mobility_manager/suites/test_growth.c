/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <time.h>

#include "fake_clock.h"
#include "mobility_suite.h"

#include "esp/deferral.h"
#include "esp/tunnel_routes.h"
#include "ike/ike_hooks.h"
#include "net/clock.h"
#include "session/registry.h"
#include "session/session.h"

#include <daemon.h>

/**
 * An event must not take longer the more sessions there are: the time of the
 * processor that some events take is measured with a few sessions and with many,
 * 64 times as many.  What looks at all of them takes 30 times as long or longer
 * then; what does not takes longer only as less of it is in caches.
 */
#define FEW 250
#define MANY 16000
#define GROWTH 10

/** number of events, and how often that is measured: others disturb some */
#define EVENTS 100
#define ROUNDS 5

/** time in ms that deadlines are after */
#define BEGIN 1000000

/**
 * A session with its IKE_SA
 */
typedef struct {
	/** the IKE_SA, knows its ids only; must be the first member */
	ike_sa_t ike_sa;
	ike_sa_id_t *id;
	/** the session, which nobody uses */
	mobility_session_t session;
	/** its entry */
	mobility_entry_t *entry;
} member_t;

/**
 * What all tests use
 */
static struct {
	daemon_t daemon;
	kernel_interface_t kernel;
	/** timer that nobody waits for, and what it calls */
	mobility_clock_t clock;
	mobility_clock_cb_t cb;
	void *data;
	/** sessions */
	member_t *members;
	u_int count;
	/** what is tested */
	mobility_registry_t *registry;
	mobility_ike_hooks_t *hooks;
	mobility_ike_handler_t handler;
	mobility_deferral_t *deferral;
	mobility_tunnel_routes_t *routes;
} t;

/** what the linker has called in place of mobility_clock_create() */
mobility_clock_t *__wrap_mobility_clock_create(mobility_clock_cb_t cb,
											   void *data);

mobility_clock_t *__wrap_mobility_clock_create(mobility_clock_cb_t cb,
											   void *data)
{
	t.cb = cb;
	t.data = data;
	return &t.clock;
}

METHOD(ike_sa_t, get_id, ike_sa_id_t*,
	ike_sa_t *this)
{
	return ((member_t*)this)->id;
}

METHOD(ike_sa_t, get_unique_id, uint32_t,
	ike_sa_t *this)
{
	return ((member_t*)this)->session.number;
}

/**
 * Create sessions, one more than are added, of clients or of the mobile end
 */
static void create_members(u_int count, bool follows)
{
	member_t *member;
	u_int i;

	t.registry = mobility_registry_create(NULL, NULL, NULL);
	t.members = calloc(count + 1, sizeof(*t.members));
	t.count = count;
	for (i = 0; i <= count; i++)
	{
		member = &t.members[i];
		member->id = ike_sa_id_create(IKEV2, i + 1, i + 1, FALSE);
		member->ike_sa.get_id = _get_id;
		member->ike_sa.get_unique_id = _get_unique_id;
		member->session.number = i + 1;
		member->session.connection = "home";
		member->session.follows = follows;
		member->session.destroy = (void*)nop;
		if (i < count)
		{
			member->entry = t.registry->add(t.registry, &member->session,
											&member->ike_sa);
		}
	}
}

static void create_idle(u_int count)
{
	create_members(count, FALSE);
}

static void create_clients(u_int count)
{
	create_members(count, TRUE);
}

/**
 * All want to be woken, one after the other
 */
static void create_armed(u_int count)
{
	u_int i;

	create_members(count, TRUE);
	for (i = 0; i < count; i++)
	{
		t.registry->agenda->arm(t.registry->agenda, &t.members[i].entry->turn,
								BEGIN + i);
	}
}

/**
 * All wait for a job
 */
static void create_waiting(u_int count)
{
	create_members(count, FALSE);
	t.registry->queue_all(t.registry, MOBILITY_WORK_LOOK);
}

/**
 * All wait to be given up
 */
static void create_failing(u_int count)
{
	u_int i;

	create_members(count, FALSE);
	for (i = 0; i < count; i++)
	{
		t.registry->agenda->give_up(t.registry->agenda,
									&t.members[i].entry->turn);
	}
}

static void destroy_members()
{
	u_int i;

	t.registry->flush(t.registry);
	t.registry->destroy(t.registry);
	for (i = 0; i <= t.count; i++)
	{
		t.members[i].id->destroy(t.members[i].id);
	}
	free(t.members);
}

/**
 * Get one of the last sessions
 */
static mobility_entry_t *get_late(u_int i)
{
	return t.members[t.count - 1 - i].entry;
}

static void end(u_int i)
{
	t.registry->set_ended(t.registry, get_late(i));
}

static void rebind(u_int i)
{
	t.registry->rebind(t.registry, get_late(i),
					   &t.members[t.count - 1 - i].ike_sa);
}

static void give_up(u_int i)
{
	t.registry->agenda->give_up(t.registry->agenda, &get_late(i)->turn);
}

/**
 * The first one wants to be woken at another time
 */
static void arm(u_int i)
{
	t.registry->agenda->arm(t.registry->agenda, &t.members[0].entry->turn,
							BEGIN - 1 - i);
}

/**
 * The time of one has come
 */
static void tick(u_int i)
{
	t.cb(t.data, BEGIN + i);
	mobility_assert(t.members[i].entry->turn.work == MOBILITY_WORK_TICK);
	t.registry->set_ended(t.registry, t.members[i].entry);
}

static void login_logout(u_int i)
{
	member_t *member = &t.members[t.count];

	t.registry->add(t.registry, &member->session, &member->ike_sa);
	t.registry->queue_number(t.registry, member->session.number,
							 MOBILITY_WORK_TRAFFIC);
	t.registry->gone(t.registry, &member->ike_sa);
}

static void network_changed(u_int i)
{
	t.registry->queue_all(t.registry, MOBILITY_WORK_LOOK);
}

static void create_hooked(u_int count)
{
	static const mobility_ike_methods_t methods = {};
	u_int i;

	create_members(count, FALSE);
	t.hooks = mobility_ike_hooks_create();
	t.handler.methods = &methods;
	for (i = 0; i < count; i++)
	{
		t.hooks->hook(t.hooks, &t.members[i].ike_sa, &t.handler);
	}
}

static void destroy_hooked()
{
	u_int i;

	for (i = 0; i < t.count; i++)
	{
		t.hooks->unhook(t.hooks, &t.members[i].ike_sa);
	}
	t.hooks->destroy(t.hooks);
	destroy_members();
}

static void hook_unhook(u_int i)
{
	ike_sa_t *ike_sa = &t.members[t.count].ike_sa;

	t.hooks->hook(t.hooks, ike_sa, &t.handler);
	mobility_assert(t.hooks->get_handler(t.hooks, ike_sa) == &t.handler);
	t.hooks->unhook(t.hooks, ike_sa);
}

METHOD(kernel_interface_t, add_policy, status_t,
	kernel_interface_t *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_manage_policy_t *data)
{
	return SUCCESS;
}

/**
 * Get the network of a client
 */
static traffic_selector_t *create_ts(u_int i)
{
	uint32_t ip = htonl(0x0a030000 + i);
	chunk_t chunk = chunk_from_thing(ip);

	return traffic_selector_create_from_bytes(0, TS_IPV4_ADDR_RANGE, chunk, 0,
											  chunk, 65535);
}

/**
 * Have the policy of a client changed later
 */
static void put_off(u_int i)
{
	ipsec_sa_cfg_t sa = {
		.reqid = i + 1,
	};
	kernel_ipsec_policy_id_t id = {
		.dir = POLICY_IN,
		.src_ts = create_ts(i),
		.dst_ts = create_ts(UINT16_MAX),
	};
	kernel_ipsec_manage_policy_t data = {
		.src = host_create_any(AF_INET),
		.dst = host_create_any(AF_INET),
		.sa = &sa,
	};

	t.deferral->add(t.deferral,
					mobility_policy_change_create(_add_policy, &id, &data));
	id.src_ts->destroy(id.src_ts);
	id.dst_ts->destroy(id.dst_ts);
	data.src->destroy(data.src);
	data.dst->destroy(data.dst);
}

static void create_deferral(u_int count)
{
	u_int i;

	t.deferral = mobility_deferral_create();
	t.count = count;
	for (i = 0; i < count; i++)
	{
		put_off(i);
	}
}

static void destroy_deferral()
{
	t.deferral->destroy(t.deferral);
}

/**
 * A policy is changed that none, or one that something was put off for
 */
static void change_policy(u_int i)
{
	kernel_ipsec_policy_id_t id = {
		.dir = POLICY_IN,
		.src_ts = create_ts(i),
		.dst_ts = create_ts(UINT16_MAX),
	};

	t.deferral->flush(t.deferral, t.count + 1, &id);
	t.deferral->flush(t.deferral, t.count - i, NULL);
	t.deferral->flush(t.deferral, t.count + 2, NULL);
	put_off(i);
	id.src_ts->destroy(id.src_ts);
	id.dst_ts->destroy(id.dst_ts);
}

METHOD(kernel_interface_t, manage_route, status_t,
	kernel_interface_t *this, chunk_t dst_net, uint8_t prefixlen,
	host_t *gateway, host_t *src_ip, char *if_name, bool pass)
{
	return SUCCESS;
}

/**
 * Have charon add or delete the route to a client
 */
static void set_route(u_int i, bool add)
{
	kernel_interface_t *kernel = charon->kernel;
	uint32_t ip = htonl(0x0a030000 + i);
	host_t *src = host_create_any(AF_INET);

	(add ? kernel->add_route : kernel->del_route)(kernel, chunk_from_thing(ip),
												  32, NULL, src, "eth0", FALSE);
	src->destroy(src);
}

static void create_routes(u_int count)
{
	u_int i;

	t.routes = mobility_tunnel_routes_create(NULL);
	t.count = count;
	for (i = 0; i < count; i++)
	{
		set_route(i, TRUE);
	}
}

static void destroy_routes()
{
	t.routes->destroy(t.routes);
}

static void change_route(u_int i)
{
	mobility_net_t net = {
		.net = {
			.family = AF_INET,
			.bytes = { 10, 3, i >> 8, i },
		},
		.prefix = 32,
	};

	mobility_assert(t.routes->leads(t.routes, &net));
	set_route(i, FALSE);
	set_route(t.count + i, TRUE);
	array_destroy(t.routes->get_passes(t.routes));
}

/**
 * What there may be many of, and what happens to one of them
 */
static const struct {
	char *name;
	void (*create)(u_int count);
	void (*event)(u_int i);
	void (*destroy)();
} cases[] = {
	{ "login and logout", create_idle, login_logout, destroy_members },
	{ "end while all wait for jobs", create_waiting, end, destroy_members },
	{ "rekeying while all wait for jobs", create_waiting, rebind,
	  destroy_members },
	{ "one given up while all wait for jobs", create_waiting, give_up,
	  destroy_members },
	{ "end while all wait to be given up", create_failing, end,
	  destroy_members },
	{ "another deadline", create_armed, arm, destroy_members },
	{ "deadline", create_armed, tick, destroy_members },
	{ "change of the network of a gateway", create_clients,
	  network_changed, destroy_members },
	{ "hooks", create_hooked, hook_unhook, destroy_hooked },
	{ "policy", create_deferral, change_policy, destroy_deferral },
	{ "route", create_routes, change_route, destroy_routes },
};

static void setup(void)
{
	mobility_suite_setup();
	memset(&t, 0, sizeof(t));
	fake_clock_start(1000);
	t.clock.set = (void*)nop;
	t.clock.destroy = (void*)nop;
	t.kernel.add_route = _manage_route;
	t.kernel.del_route = _manage_route;
	t.daemon.kernel = &t.kernel;
	charon = &t.daemon;
}

static void teardown(void)
{
	charon = NULL;
	fake_clock_stop();
	mobility_suite_teardown();
}

/**
 * Get the time of the processor that this thread has taken, in ns
 */
static uint64_t get_time()
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/**
 * Measure the events of a case, in ns
 */
static uint64_t measure(int test, u_int count)
{
	uint64_t begin, best = UINT64_MAX;
	u_int i, round;

	for (round = 0; round < ROUNDS; round++)
	{
		cases[test].create(count);
		begin = get_time();
		for (i = 0; i < EVENTS; i++)
		{
			cases[test].event(i);
		}
		best = min(best, get_time() - begin);
		cases[test].destroy();
	}
	return best;
}

START_TEST(test_growth)
{
	uint64_t few, many;

	few = measure(_i, FEW);
	many = measure(_i, MANY);
	ck_assert_msg(many < GROWTH * few, "%s: %llu ns with %d sessions, %llu ns "
				  "with %d", cases[_i].name, (unsigned long long)few / EVENTS,
				  FEW, (unsigned long long)many / EVENTS, MANY);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("growth");

	tc = tcase_create("events");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_growth, 0, countof(cases));
	suite_add_tcase(s, tc);
	return s;
}
