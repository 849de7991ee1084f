/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "esp/kernel_hooks.h"

#include <daemon.h>
#include <threading/mutex.h>
#include <threading/semaphore.h>
#include <threading/thread.h>

/** a CHILD_SA that is moved, and another one */
#define REQID 1
#define SPI_IN 0x11
#define SPI_OUT 0x12
#define OTHER_REQID 2
#define OTHER_IN 0x21
#define OTHER_OUT 0x22

/**
 * Calls that got through to the kernel, a word for each
 */
static char calls[1024];

/**
 * Lock for them, some are made later by another thread
 */
static mutex_t *mutex;

/**
 * Charon's kernel interface, and what this is in
 */
static kernel_interface_t kernel;
static daemon_t daemon_mock;

/**
 * Posted for each inbound policy that gets deleted
 */
static semaphore_t *deleted;

/**
 * Hooks to test
 */
static mobility_kernel_hooks_t *hooks;

/**
 * Policy and SA as they are passed
 */
static kernel_ipsec_policy_id_t policy_id;
static kernel_ipsec_manage_policy_t policy;
static ipsec_sa_cfg_t sa;

/**
 * The other CHILD_SA has the same traffic selectors
 */
static bool overlap;

/** address whose interface stock asks for when it deletes a policy */
static host_t *asked;

/**
 * Get the source of packets of a CHILD_SA
 */
static char *get_source(uint32_t spi)
{
	return overlap || spi < OTHER_IN ? "10.3.0.1/32" : "10.3.0.2/32";
}

/**
 * Note a call
 */
static void note(const char *fmt, ...)
{
	size_t len;
	va_list args;

	mutex->lock(mutex);
	len = strlen(calls);
	va_start(args, fmt);
	vsnprintf(calls + len, sizeof(calls) - len, fmt, args);
	va_end(args);
	mutex->unlock(mutex);
}

/**
 * Check the calls since the last time
 */
static void assert_calls(const char *expected)
{
	mutex->lock(mutex);
	ck_assert_str_eq(calls, expected);
	calls[0] = '\0';
	mutex->unlock(mutex);
}

METHOD(kernel_interface_t, update_sa, status_t,
	kernel_interface_t *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_update_sa_t *data)
{
	ck_assert(this == &kernel);
	note("update:%x ", id->spi);
	return NOT_SUPPORTED;
}

METHOD(kernel_interface_t, add_policy, status_t,
	kernel_interface_t *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_manage_policy_t *data)
{
	ck_assert(this == &kernel);
	note("add:%s:%u:%s ", enum_to_name(policy_dir_names, id->dir),
		 data->sa->reqid, data->type == POLICY_DROP ? "drop" : "ipsec");
	return FAILED;
}

METHOD(kernel_interface_t, del_policy, status_t,
	kernel_interface_t *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_manage_policy_t *data)
{
	char buf[128], expected[128], *ifname;

	ck_assert(this == &kernel);
	if (asked)
	{
		kernel.get_interface(&kernel, asked, &ifname);
		note("over:%s ", ifname);
		free(ifname);
	}
	snprintf(buf, sizeof(buf), "%R-%R %H-%H", id->src_ts, id->dst_ts, data->src,
			 data->dst);
	snprintf(expected, sizeof(expected), "%s-10.4.0.0/16 10.0.0.1-10.0.0.9",
			 get_source(data->sa->esp.spi));
	ck_assert_str_eq(buf, expected);
	ck_assert(!id->interface || streq(id->interface, "eth0"));
	note("del:%s:%u:%x:%s%s ", enum_to_name(policy_dir_names, id->dir),
		 data->sa->reqid, data->sa->esp.spi,
		 data->type == POLICY_DROP ? "drop" : "ipsec",
		 id->interface ? ":if" : "");
	if (id->dir == POLICY_IN)
	{
		deleted->post(deleted);
	}
	return FAILED;
}

/**
 * Set what is passed; all of it is gone when the calls return
 */
static void fill(uint32_t reqid, uint32_t spi, policy_dir_t dir,
				 policy_type_t type)
{
	sa = (ipsec_sa_cfg_t){
		.mode = MODE_TUNNEL,
		.reqid = reqid,
		.esp = {
			.use = TRUE,
			.spi = spi,
		},
	};
	policy_id = (kernel_ipsec_policy_id_t){
		.dir = dir,
		.src_ts = traffic_selector_create_from_cidr(get_source(spi), 0, 0,
													65535),
		.dst_ts = traffic_selector_create_from_cidr("10.4.0.0/16", 0, 0, 65535),
		.interface = dir == POLICY_OUT ? strdup("eth0") : NULL,
	};
	policy = (kernel_ipsec_manage_policy_t){
		.type = type,
		.src = host_create_from_string("10.0.0.1", 0),
		.dst = host_create_from_string("10.0.0.9", 0),
		.sa = &sa,
	};
}

/**
 * Free what was passed, and make it useless
 */
static void wipe(void)
{
	policy_id.src_ts->destroy(policy_id.src_ts);
	policy_id.dst_ts->destroy(policy_id.dst_ts);
	free(policy_id.interface);
	policy.src->destroy(policy.src);
	policy.dst->destroy(policy.dst);
	memset(&policy_id, 0xee, sizeof(policy_id));
	memset(&policy, 0xee, sizeof(policy));
	memset(&sa, 0xee, sizeof(sa));
}

/**
 * Add a policy as charon does
 */
static status_t add(uint32_t reqid, uint32_t spi, policy_dir_t dir,
					policy_type_t type)
{
	status_t status;

	fill(reqid, spi, dir, type);
	status = charon->kernel->add_policy(charon->kernel, &policy_id, &policy);
	wipe();
	return status;
}

/**
 * Delete a policy as charon does
 */
static status_t del(uint32_t reqid, uint32_t spi, policy_dir_t dir,
					policy_type_t type)
{
	status_t status;

	fill(reqid, spi, dir, type);
	status = charon->kernel->del_policy(charon->kernel, &policy_id, &policy);
	wipe();
	return status;
}

/**
 * Move an SA as charon does
 */
static status_t move(uint32_t spi)
{
	kernel_ipsec_sa_id_t id = {
		.spi = spi,
	};
	kernel_ipsec_update_sa_t data = {};

	return charon->kernel->update_sa(charon->kernel, &id, &data);
}

METHOD(kernel_interface_t, get_interface, bool,
	kernel_interface_t *this, host_t *host, char **name)
{
	if (name)
	{
		*name = strdup("stock0");
	}
	return FALSE;
}

METHOD(kernel_interface_t, get_nexthop, host_t*,
	kernel_interface_t *this, host_t *dest, int prefix, host_t *src,
	char **iface)
{
	ck_assert_int_eq(prefix, -1);
	if (iface)
	{
		*iface = strdup("stock0");
	}
	return NULL;
}

static void setup(void)
{
	mobility_suite_setup();
	kernel = (kernel_interface_t){
		.get_interface = _get_interface,
		.get_nexthop = _get_nexthop,
		.update_sa = _update_sa,
		.add_policy = _add_policy,
		.del_policy = _del_policy,
	};
	daemon_mock = (daemon_t){
		.kernel = &kernel,
	};
	charon = &daemon_mock;
	calls[0] = '\0';
	overlap = FALSE;
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	deleted = semaphore_create(0);
	hooks = mobility_kernel_hooks_create();
}

static void teardown(void)
{
	lib->processor->cancel(lib->processor);
	hooks->destroy(hooks);
	/* as it was */
	ck_assert(kernel.update_sa == (void*)_update_sa);
	ck_assert(kernel.add_policy == (void*)_add_policy);
	ck_assert(kernel.del_policy == (void*)_del_policy);
	ck_assert(kernel.get_interface == (void*)_get_interface);
	ck_assert(kernel.get_nexthop == (void*)_get_nexthop);
	charon = NULL;
	deleted->destroy(deleted);
	mutex->destroy(mutex);
	mobility_suite_teardown();
}

/**
 * What child_sa_t.update() does about a CHILD_SA
 */
static void update_child(uint32_t reqid, uint32_t in, uint32_t out)
{
	add(reqid, out, POLICY_OUT, POLICY_DROP);
	add(0, out, POLICY_FWD, POLICY_DROP);
	del(reqid, out, POLICY_OUT, POLICY_IPSEC);
	del(0, out, POLICY_FWD, POLICY_IPSEC);
	del(reqid, in, POLICY_IN, POLICY_IPSEC);
	move(in);
	move(out);
	add(reqid, in, POLICY_IN, POLICY_IPSEC);
	add(reqid, out, POLICY_OUT, POLICY_IPSEC);
	add(0, out, POLICY_FWD, POLICY_IPSEC);
	del(reqid, out, POLICY_OUT, POLICY_DROP);
	del(0, out, POLICY_FWD, POLICY_DROP);
}

/**
 * Check over which interface and next hop charon believes packets to leave
 */
static void assert_hop(host_t *local, host_t *remote, const char *ifname,
					   host_t *expected)
{
	char *name = NULL;
	host_t *hop;

	hop = kernel.get_nexthop(&kernel, remote, -1, local, &name);
	ck_assert_str_eq(name, ifname);
	free(name);
	ck_assert((hop != NULL) == (expected != NULL));
	ck_assert(!hop || hop->ip_equals(hop, expected));
	DESTROY_IF(hop);
	hop = kernel.get_nexthop(&kernel, remote, -1, local, NULL);
	ck_assert((hop != NULL) == (expected != NULL));
	DESTROY_IF(hop);
	ck_assert_int_eq(kernel.get_interface(&kernel, local, &name),
					 expected != NULL);
	ck_assert_str_eq(name, ifname);
	free(name);
	ck_assert_int_eq(kernel.get_interface(&kernel, local, NULL),
					 expected != NULL);
}

START_TEST(test_steer)
{
	mobility_path_t path = {
		.ifname = "eth1",
		.local = host_create_from_string("10.0.0.1", 4500),
		.remote = host_create_from_string("192.0.2.1", 4500),
	};
	host_t *other = host_create_from_string("10.0.0.2", 4500), *hop;

	assert_hop(path.local, path.remote, "stock0", NULL);
	hooks->begin(hooks);
	assert_hop(path.local, path.remote, "stock0", NULL);
	hooks->steer(hooks, &path);
	/* on-link, and not */
	assert_hop(path.local, path.remote, "eth1", path.remote);
	path.gateway = host_create_from_string("10.0.0.9", 0);
	assert_hop(path.local, path.remote, "eth1", path.gateway);
	/* between others */
	assert_hop(other, path.remote, "stock0", NULL);
	hop = kernel.get_nexthop(&kernel, other, -1, path.local, NULL);
	ck_assert(!hop);
	hop = kernel.get_nexthop(&kernel, path.remote, -1, NULL, NULL);
	ck_assert(!hop);
	hooks->steer(hooks, NULL);
	assert_hop(path.local, path.remote, "stock0", NULL);
	hooks->steer(hooks, &path);
	/* until the last policy is deleted */
	hooks->keep(hooks, REQID, SPI_OUT, FALSE);
	del(REQID, SPI_OUT, POLICY_OUT, POLICY_IPSEC);
	assert_calls("");
	asked = path.local;
	hooks->end(hooks);
	asked = NULL;
	assert_calls("over:eth1 del:out:1:12:ipsec:if ");
	assert_hop(path.local, path.remote, "stock0", NULL);
	path.local->destroy(path.local);
	path.remote->destroy(path.remote);
	path.gateway->destroy(path.gateway);
	other->destroy(other);
}
END_TEST

/** What gets through if nothing is known about it */
#define STOCK "add:out:2:drop add:fwd:0:drop del:out:2:22:ipsec:if " \
			  "del:fwd:0:22:ipsec del:in:2:21:ipsec update:21 update:22 " \
			  "add:in:2:ipsec add:out:2:ipsec add:fwd:0:ipsec " \
			  "del:out:2:22:drop:if del:fwd:0:22:drop "

START_TEST(test_order)
{
	hooks->begin(hooks);
	hooks->moved(hooks, SPI_IN);
	hooks->moved(hooks, SPI_OUT);
	hooks->keep(hooks, REQID, SPI_OUT, FALSE);
	/* policies are there all the time */
	update_child(REQID, SPI_IN, SPI_OUT);
	assert_calls("add:in:1:ipsec add:out:1:ipsec add:fwd:0:ipsec ");
	/* another CHILD_SA of the same IKE_SA */
	update_child(OTHER_REQID, OTHER_IN, OTHER_OUT);
	assert_calls(STOCK);
	hooks->end(hooks);
	assert_calls("del:out:1:12:ipsec:if del:fwd:0:12:ipsec del:in:1:11:ipsec ");
	/* all is over */
	update_child(OTHER_REQID, OTHER_IN, OTHER_OUT);
	assert_calls(STOCK);
	move(SPI_IN);
	assert_calls("update:11 ");
}
END_TEST

START_TEST(test_status)
{
	/* as the caller does not know better, except for what stock says */
	hooks->begin(hooks);
	hooks->moved(hooks, SPI_IN);
	hooks->keep(hooks, REQID, SPI_OUT, FALSE);
	ck_assert_int_eq(add(REQID, SPI_OUT, POLICY_OUT, POLICY_DROP), SUCCESS);
	ck_assert_int_eq(del(REQID, SPI_OUT, POLICY_OUT, POLICY_IPSEC), SUCCESS);
	ck_assert_int_eq(move(SPI_IN), SUCCESS);
	ck_assert_int_eq(move(SPI_OUT), NOT_SUPPORTED);
	ck_assert_int_eq(add(REQID, SPI_OUT, POLICY_OUT, POLICY_IPSEC), FAILED);
	ck_assert_int_eq(del(REQID, SPI_OUT, POLICY_OUT, POLICY_DROP), SUCCESS);
	hooks->end(hooks);
}
END_TEST

START_TEST(test_moved_back)
{
	/* if one SA can't be moved charon moves the other one back */
	hooks->begin(hooks);
	hooks->moved(hooks, SPI_IN);
	ck_assert_int_eq(move(SPI_IN), SUCCESS);
	ck_assert_int_eq(move(SPI_OUT), NOT_SUPPORTED);
	ck_assert_int_eq(move(SPI_IN), NOT_SUPPORTED);
	assert_calls("update:12 update:11 ");
	hooks->end(hooks);
}
END_TEST

START_TEST(test_inbound_only)
{
	/* nothing may leave while the outbound SA is not there */
	hooks->begin(hooks);
	hooks->moved(hooks, SPI_IN);
	add(REQID, SPI_OUT, POLICY_OUT, POLICY_DROP);
	del(REQID, SPI_OUT, POLICY_OUT, POLICY_IPSEC);
	move(SPI_IN);
	move(SPI_OUT);
	assert_calls("add:out:1:drop del:out:1:12:ipsec:if update:12 ");
	hooks->end(hooks);
	assert_calls("");
}
END_TEST

/**
 * Update CHILD_SAs as another thread, with and without hooks
 */
static void *other_thread(void *data)
{
	update_child(OTHER_REQID, OTHER_IN, OTHER_OUT);
	assert_calls(STOCK);
	hooks->begin(hooks);
	update_child(OTHER_REQID, OTHER_IN, OTHER_OUT);
	assert_calls(STOCK);
	hooks->keep(hooks, OTHER_REQID, OTHER_OUT, FALSE);
	del(OTHER_REQID, OTHER_OUT, POLICY_OUT, POLICY_IPSEC);
	hooks->end(hooks);
	assert_calls("del:out:2:22:ipsec:if ");
	return NULL;
}

START_TEST(test_threads)
{
	thread_t *thread;

	hooks->begin(hooks);
	hooks->moved(hooks, OTHER_IN);
	hooks->moved(hooks, OTHER_OUT);
	hooks->keep(hooks, OTHER_REQID, OTHER_OUT, FALSE);
	thread = thread_create(other_thread, NULL);
	thread->join(thread);
	/* this one is as it was */
	update_child(OTHER_REQID, OTHER_IN, OTHER_OUT);
	assert_calls("add:in:2:ipsec add:out:2:ipsec add:fwd:0:ipsec ");
	hooks->end(hooks);
	assert_calls("del:out:2:22:ipsec:if del:fwd:0:22:ipsec del:in:2:21:ipsec ");
}
END_TEST

/**
 * Update a CHILD_SA whose SA accepts packets from all addresses, as the kernel
 * has packets that were decrypted before
 */
static void update_relaxed(void)
{
	hooks->begin(hooks);
	hooks->moved(hooks, SPI_IN);
	hooks->moved(hooks, SPI_OUT);
	hooks->keep(hooks, REQID, SPI_OUT, TRUE);
	update_child(REQID, SPI_IN, SPI_OUT);
	assert_calls("add:out:1:ipsec add:fwd:0:ipsec ");
	hooks->end(hooks);
	assert_calls("del:out:1:12:ipsec:if del:fwd:0:12:ipsec ");
}

/** What is put off then */
#define LATER "add:in:1:ipsec del:in:1:11:ipsec "

START_TEST(test_later)
{
	lib->processor->set_threads(lib->processor, 4);
	update_relaxed();
	deleted->wait(deleted);
	/* the thread that did that is done */
	hooks->settle(hooks, REQID);
	assert_calls(LATER);
	/* once more, the timer is set again */
	update_relaxed();
	deleted->wait(deleted);
	hooks->settle(hooks, REQID);
	assert_calls(LATER);
}
END_TEST

START_TEST(test_later_order)
{
	/* nothing overtakes what was put off, but others do not care */
	update_relaxed();
	update_child(OTHER_REQID, OTHER_IN, OTHER_OUT);
	assert_calls(STOCK);
	del(REQID, SPI_IN, POLICY_IN, POLICY_IPSEC);
	assert_calls(LATER "del:in:1:11:ipsec ");
	update_relaxed();
	add(REQID, SPI_IN, POLICY_IN, POLICY_IPSEC);
	assert_calls(LATER "add:in:1:ipsec ");
	/* one move after the other, both with packets that wait */
	update_relaxed();
	update_relaxed();
	hooks->settle(hooks, OTHER_REQID);
	assert_calls("");
	hooks->settle(hooks, REQID);
	assert_calls(LATER LATER);
	/* without */
	update_relaxed();
	hooks->begin(hooks);
	hooks->keep(hooks, REQID, SPI_OUT, FALSE);
	assert_calls(LATER);
	hooks->end(hooks);
	/* nothing is lost at the end */
	update_relaxed();
	hooks->destroy(hooks);
	assert_calls(LATER);
	hooks = mobility_kernel_hooks_create();
}
END_TEST

START_TEST(test_overlap)
{
	overlap = TRUE;
	/* another CHILD_SA has a policy with the same selectors: what was put off
	 * comes first, so that when it goes the kernel has what is to be there */
	update_relaxed();
	add(OTHER_REQID, OTHER_IN, POLICY_IN, POLICY_IPSEC);
	assert_calls(LATER "add:in:2:ipsec ");
	update_relaxed();
	del(OTHER_REQID, OTHER_IN, POLICY_IN, POLICY_IPSEC);
	assert_calls(LATER "del:in:2:21:ipsec ");
	/* one in another direction does not care */
	update_relaxed();
	add(OTHER_REQID, OTHER_OUT, POLICY_OUT, POLICY_IPSEC);
	assert_calls("add:out:2:ipsec ");
	hooks->settle(hooks, REQID);
	assert_calls(LATER);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("kernel hooks");

	tc = tcase_create("hooks");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_steer);
	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_status);
	tcase_add_test(tc, test_moved_back);
	tcase_add_test(tc, test_inbound_only);
	tcase_add_test(tc, test_threads);
	tcase_add_test(tc, test_later);
	tcase_add_test(tc, test_later_order);
	tcase_add_test(tc, test_overlap);
	suite_add_tcase(s, tc);
	return s;
}
