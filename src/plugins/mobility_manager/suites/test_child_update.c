/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_netns.h"
#include "mock_child.h"

#include "esp/virtual_ips.h"
#include "path/pins.h"
#include "esp/child_update.h"

#include <daemon.h>
#include <netinet/in.h>

/** addresses before and after */
#define LOCAL "10.0.0.1"
#define PEER "10.0.0.9"
#define NEW_LOCAL "10.0.1.1"
#define NEW_PEER "10.0.1.9"

/** a CHILD_SA */
#define REQID 5
#define SPI_IN 0x11
#define SPI_OUT 0x12

/**
 * What was called, a word for each
 */
static char calls[1024];

/**
 * The IKE_SA with its CHILD_SA, and all that is to be known about them
 */
static struct {
	mock_parent_t ike;
	mock_child_t child;
} sa;

/**
 * The kernel, and if it does what it is asked for
 */
static struct {
	kernel_interface_t kernel;
	bus_t bus;
	daemon_t daemon;
	mobility_xfrm_migrate_t sad;
	bool copy, has_moved, in_place, relax;
	/** what becomes of rekeying */
	status_t rekey;
	/** the CHILD_SA has a policy for what comes in */
	bool inbound;
	/** by direction of the policy */
	bool migrate[POLICY_FWD + 1], policies[POLICY_FWD + 1];
	/** by direction of the SA */
	bool sas[2];
} mock;

/**
 * Relocator to test
 */
static mobility_child_update_t *relocator;

/**
 * Note a call, with printf hooks
 */
#define note(fmt, ...) \
	snprintf(calls + strlen(calls), sizeof(calls) - strlen(calls), fmt " ", \
			 ##__VA_ARGS__)

/**
 * Check the calls since the last time
 */
static void assert_calls(const char *expected)
{
	ck_assert_str_eq(calls, expected);
	calls[0] = '\0';
}

METHOD(mobility_xfrm_migrate_t, relax, bool,
	mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	ck_assert_int_eq(move->spi, SPI_IN);
	ck_assert_int_eq(move->reqid, REQID);
	note("relax-%N:%R-%R", policy_dir_names, move->dir, move->src_ts,
		 move->dst_ts);
	return mock.relax;
}

METHOD(mobility_xfrm_migrate_t, migrate, bool,
	mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	ck_assert_int_eq(move->reqid, REQID);
	ck_assert_int_eq(move->spi, move->dir == POLICY_OUT ? SPI_OUT : SPI_IN);
	ck_assert_int_eq(move->if_id, move->dir == POLICY_OUT ? 2 : 1);
	ck_assert_int_eq(move->encap, sa.ike.nat);
	ck_assert((move->dir == POLICY_OUT) == (move->interface != NULL));
	note("%N:%R-%R:%H-%H:%H-%H", policy_dir_names, move->dir, move->src_ts,
		 move->dst_ts, move->src, move->dst, move->new_src, move->new_dst);
	return mock.migrate[move->dir];
}

METHOD(mobility_xfrm_migrate_t, migrate_relaxed, bool,
	mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	note("relaxed");
	return migrate(this, move);
}

METHOD(mobility_xfrm_migrate_t, has_moved, bool,
	mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	bool old = move->new_dst->ip_equals(move->new_dst, sa.ike.me);

	ck_assert_int_eq(move->spi, SPI_IN);
	ck_assert_int_eq(move->encap, old ? sa.child.encap : sa.ike.nat);
	note("check:%H-%H", move->new_src, move->new_dst);
	return old ? mock.in_place : mock.has_moved;
}

METHOD(mobility_xfrm_migrate_t, copy_, bool,
	mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id, host_t *dst)
{
	ck_assert_int_eq(id->spi, SPI_IN);
	note("copy:%d-%H", id->dst.bytes[2], dst);
	return mock.copy;
}

METHOD(mobility_xfrm_migrate_t, make_room, void,
	mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id)
{
	ck_assert_int_eq(id->spi, SPI_IN);
	ck_assert_int_ne(id->dst.bytes[2], 0);
}

METHOD(mobility_xfrm_migrate_t, del, void,
	mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id)
{
	ck_assert_int_eq(id->spi, SPI_IN);
	note("del:%d", id->dst.bytes[2]);
}

METHOD(mobility_xfrm_migrate_t, has_policy, bool,
	mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	ck_assert_int_eq(move->if_id, move->dir == POLICY_OUT ? 2 : 1);
	return mock.policies[move->dir];
}

METHOD(mobility_xfrm_migrate_t, has_sa, bool,
	mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id)
{
	bool out = id->spi == SPI_OUT;

	ck_assert_int_eq(id->spi, out ? SPI_OUT : SPI_IN);
	ck_assert_int_eq(id->dst.bytes[3], out ? 9 : 1);
	return mock.sas[out];
}

METHOD(ike_sa_t, get_name, char*,
	ike_sa_t *this)
{
	return "home";
}

METHOD(ike_sa_t, rekey_child_sa, status_t,
	ike_sa_t *this, protocol_id_t protocol, uint32_t spi)
{
	ck_assert_int_eq(protocol, PROTO_ESP);
	note("rekey:%x", spi);
	return mock.rekey;
}

METHOD(kernel_interface_t, update_sa, status_t,
	kernel_interface_t *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_update_sa_t *data)
{
	note("update:%x", id->spi);
	return SUCCESS;
}

METHOD(kernel_interface_t, add_policy, status_t,
	kernel_interface_t *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_manage_policy_t *data)
{
	note("%s", data->type == POLICY_DROP ? "drop" : "policy");
	return SUCCESS;
}

/**
 * Stock's ike_sa_t.update_hosts(), as far as the kernel is concerned
 */
static void update_hosts(ike_sa_t *ike_sa, host_t *me, host_t *other,
						 update_hosts_flag_t flags)
{
	kernel_ipsec_policy_id_t id = {};
	ipsec_sa_cfg_t cfg = {
		.reqid = REQID,
	};
	kernel_ipsec_manage_policy_t policy = {
		.type = POLICY_DROP,
		.sa = &cfg,
	};
	kernel_ipsec_sa_id_t sa_id = {};
	kernel_ipsec_update_sa_t data = {};

	ck_assert(ike_sa == &sa.ike.public);
	note("stock");
	charon->kernel->add_policy(charon->kernel, &id, &policy);
	sa_id.spi = SPI_IN;
	charon->kernel->update_sa(charon->kernel, &sa_id, &data);
	sa_id.spi = SPI_OUT;
	charon->kernel->update_sa(charon->kernel, &sa_id, &data);
	if (mock.inbound)
	{
		id.dir = POLICY_IN;
		id.src_ts = sa.child.others[0];
		id.dst_ts = sa.child.mine[0];
		policy.type = POLICY_IPSEC;
		policy.src = other;
		policy.dst = sa.ike.me;
		charon->kernel->add_policy(charon->kernel, &id, &policy);
	}
}

static void setup(void)
{
	mobility_suite_setup();
	memset(&sa, 0, sizeof(sa));
	memset(&mock, 0, sizeof(mock));
	calls[0] = '\0';

	mock_parent_init(&sa.ike, LOCAL, PEER);
	sa.ike.public.get_name = _get_name;
	sa.ike.public.rekey_child_sa = _rekey_child_sa;
	mock_child_init(&sa.child);
	array_insert(sa.ike.children, ARRAY_TAIL, &sa.child);
	sa.child.spi_in = SPI_IN;
	sa.child.spi_out = SPI_OUT;
	sa.child.unique_id = 3;
	sa.child.reqid = REQID;
	sa.child.if_id_in = 1;
	sa.child.if_id_out = 2;
	sa.child.outbound = CHILD_OUTBOUND_SA | CHILD_OUTBOUND_POLICIES;
	sa.child.interface = "eth0";
	sa.child.mine[0] = traffic_selector_create_from_cidr("10.3.0.1/32", 0, 0,
														 65535);
	sa.child.others[0] = traffic_selector_create_from_cidr("10.4.0.0/16", 0, 0,
														   65535);

	mock.sad = (mobility_xfrm_migrate_t){
		.migrate = _migrate,
		.relax = _relax,
		.migrate_relaxed = _migrate_relaxed,
		.has_moved = _has_moved,
		.has_policy = _has_policy,
		.has_sa = _has_sa,
		.copy = _copy_,
		.make_room = _make_room,
		.del = _del,
		.destroy = (void*)nop,
	};
	mock.kernel.update_sa = _update_sa;
	mock.kernel.add_policy = _add_policy;
	mock.copy = mock.has_moved = mock.in_place = mock.relax = TRUE;
	mock.migrate[POLICY_IN] = mock.migrate[POLICY_OUT] = TRUE;
	mock.migrate[POLICY_FWD] = TRUE;
	mock.policies[POLICY_IN] = mock.policies[POLICY_OUT] = TRUE;
	mock.policies[POLICY_FWD] = TRUE;
	mock.sas[0] = mock.sas[1] = TRUE;
	mock.bus.log = mobility_suite_bus_log;
	mock.daemon.bus = &mock.bus;
	mock.daemon.kernel = &mock.kernel;
	charon = &mock.daemon;
	relocator = mobility_child_update_create(NULL, &mock.sad);
	ck_assert(relocator != NULL);
}

static void teardown(void)
{
	int i;

	relocator->destroy(relocator);
	charon = NULL;
	for (i = 0; i < countof(sa.child.mine); i++)
	{
		DESTROY_IF(sa.child.mine[i]);
		DESTROY_IF(sa.child.others[i]);
	}
	mock_parent_deinit(&sa.ike);
	mobility_suite_teardown();
}

/**
 * Accept packets at the new address
 */
static void accept_at(char *local, array_t **copies)
{
	host_t *host;

	host = host_create_from_string(local, 4500);
	relocator->accept(relocator, &sa.ike.public, host, copies);
	host->destroy(host);
}

/**
 * Change addresses
 */
static void update(char *me, char *other, uint16_t port,
				   update_hosts_flag_t flags, array_t *copies)
{
	host_t *new_me = NULL, *new_other = NULL;

	if (me)
	{
		new_me = host_create_from_string(me, 4500);
	}
	if (other)
	{
		new_other = host_create_from_string(other, port);
	}
	relocator->update(relocator, &sa.ike.public, update_hosts, new_me,
					  new_other, flags, copies);
	DESTROY_IF(new_me);
	DESTROY_IF(new_other);
}

/** Requests to move everything from one address of ours to the other one */
#define INBOUND "10.4.0.0/16-10.3.0.1/32:" PEER "-" LOCAL ":" PEER "-" NEW_LOCAL
#define FWD "fwd:" INBOUND " "
#define IN "in:" INBOUND " "
#define OUT "out:10.3.0.1/32-10.4.0.0/16:" LOCAL "-" PEER ":" \
			NEW_LOCAL "-" PEER " "

/** Requests to move everything as the peer's address changes */
#define RELAX "relax-fwd:10.4.0.0/16-10.3.0.1/32 " \
			  "relax-in:10.4.0.0/16-10.3.0.1/32 "
#define OUT_TO_PEER "out:10.3.0.1/32-10.4.0.0/16:10.0.0.1-10.0.0.9:" \
					"10.0.0.1-10.0.1.9 "

/** What stock does if nothing is known about the CHILD_SA */
#define STOCK "stock drop update:11 update:12 "

START_TEST(test_update)
{
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, NULL);
	assert_calls(FWD IN OUT "stock ");
	/* the peer, whose address policies compare */
	update(NULL, NEW_PEER, 4500, UPDATE_HOSTS_FORCE_ADDRS, NULL);
	assert_calls(RELAX "relaxed in:10.4.0.0/16-10.3.0.1/32:"
				 "10.0.0.9-10.0.0.1:10.0.1.9-10.0.0.1 " OUT_TO_PEER "stock ");
	/* its port */
	sa.ike.nat = TRUE;
	update(LOCAL, PEER, 1024, UPDATE_HOSTS_FORCE_ADDRS, NULL);
	ck_assert(strstr(calls, "out:"));
	ck_assert(!strstr(calls, "relax"));
	calls[0] = '\0';
	/* several traffic selectors */
	sa.child.mine[1] = traffic_selector_create_from_cidr("10.3.0.1/32", 0, 0,
														 65535);
	sa.child.others[1] = traffic_selector_create_from_cidr("10.5.0.0/16", 0, 0,
														   65535);
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, NULL);
	ck_assert(strstr(calls, "fwd:10.4.0.0/16"));
	ck_assert(strstr(calls, "fwd:10.5.0.0/16"));
	ck_assert(strstr(calls, "in:10.4.0.0/16"));
	ck_assert(strstr(calls, "in:10.5.0.0/16"));
	ck_assert(strstr(calls, "out:10.3.0.1/32-10.4.0.0/16"));
	ck_assert(strstr(calls, "out:10.3.0.1/32-10.5.0.0/16"));
	calls[0] = '\0';
	update(NULL, NEW_PEER, 4500, UPDATE_HOSTS_FORCE_ADDRS, NULL);
	ck_assert(strstr(calls, "relax-fwd:10.5.0.0/16"));
	ck_assert(strstr(calls, "relax-in:10.5.0.0/16"));
}
END_TEST

/** The same, of a peer that is at two addresses one after the other */
#define TO_PEER RELAX "relaxed in:10.4.0.0/16-10.3.0.1/32:" \
				"10.0.0.9-10.0.0.1:10.0.1.9-10.0.0.1 " OUT_TO_PEER "stock "

START_TEST(test_again)
{
	char *end;

	mock.inbound = TRUE;
	update(NULL, NEW_PEER, 4500, UPDATE_HOSTS_FORCE_ADDRS, NULL);
	/* the policy is put off */
	assert_calls(TO_PEER);
	/* but not until after the next move: it is for the address before */
	update(NULL, NEW_PEER, 4500, UPDATE_HOSTS_FORCE_ADDRS, NULL);
	assert_calls("policy " TO_PEER);
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, NULL);
	ck_assert(strpfx(calls, "policy "));
	end = strstr(calls, "stock ");
	ck_assert(end != NULL);
	/* there is nothing to wait for */
	ck_assert_str_eq(end, "stock policy ");
	calls[0] = '\0';
	mock.inbound = FALSE;
}
END_TEST

METHOD(child_sa_t, update_child, status_t,
	child_sa_t *this, host_t *me, host_t *other, linked_list_t *vips, bool encap)
{
	char *ifname;

	ck_assert(other == sa.ike.other);
	ck_assert_int_eq(encap, sa.child.encap);
	ck_assert(!vips || vips->get_count(vips) == 0);
	ck_assert(me->ip_equals(me, sa.ike.me));
	/* where stock asks for the interface */
	if (vips)
	{
		ck_assert(charon->kernel->get_interface(charon->kernel, me, &ifname));
		ck_assert_str_eq(ifname, "eth1");
		free(ifname);
	}
	note("%s", me->equals(me, sa.ike.me) ? "here" : "aside");
	update_hosts(&sa.ike.public, me, other, 0);
	return SUCCESS;
}

/**
 * The addresses are on another interface: stock installs everything again, but
 * no SA is touched
 */
START_TEST(test_follow)
{
	mobility_path_t path = {
		.ifname = "eth1",
		.local = sa.ike.me,
		.remote = sa.ike.other,
	};

	sa.child.public.update = _update_child;
	mock.inbound = TRUE;
	relocator->follow(relocator, &sa.ike.public, &path);
	assert_calls("aside stock policy here stock policy ");
	/* after a rekeying there is no outbound SA */
	sa.child.outbound = CHILD_OUTBOUND_NONE;
	relocator->follow(relocator, &sa.ike.public, &path);
	assert_calls("aside stock update:12 policy here stock update:12 policy ");
	mock.inbound = FALSE;
}
END_TEST

/**
 * Have everything put back
 */
static status_t restore(void)
{
	return relocator->restore(relocator, &sa.ike.public);
}

/**
 * Others delete policies
 */
START_TEST(test_restore_policies)
{
	bool *missing;

	sa.child.public.update = _update_child;
	mock.inbound = TRUE;
	ck_assert_int_eq(restore(), SUCCESS);
	assert_calls("");
	for (missing = &mock.policies[POLICY_IN];
		 missing <= &mock.policies[POLICY_FWD]; missing++)
	{
		mobility_suite_log_start();
		*missing = FALSE;
		ck_assert_int_eq(restore(), SUCCESS);
		assert_calls("aside stock policy here stock policy ");
		ck_assert_str_eq(mobility_suite_log(), "mobility: home: somebody has "
						 "deleted policies, put them back\n");
		/* none are wanted */
		sa.child.options = OPT_NO_POLICIES;
		restore();
		assert_calls("");
		sa.child.options = 0;
		*missing = TRUE;
	}
	mock.policies[POLICY_OUT] = FALSE;
	/* there is none after a rekeying, or not yet */
	sa.child.outbound = CHILD_OUTBOUND_NONE;
	restore();
	assert_calls("");
	sa.child.outbound = CHILD_OUTBOUND_INSTALLED;
	sa.child.state = CHILD_REKEYED;
	restore();
	assert_calls("");
	sa.child.state = CHILD_INSTALLED;
	/* can't be asked for */
	sa.child.mark_in.mask = 1;
	restore();
	assert_calls("");
	mock.inbound = FALSE;
}
END_TEST

/**
 * Others delete SAs
 */
START_TEST(test_restore_sas)
{
	int i;

	for (i = 0; i < countof(mock.sas); i++)
	{
		mock.sas[i] = FALSE;
		ck_assert_int_eq(restore(), SUCCESS);
		assert_calls("rekey:11 ");
		mock.rekey = FAILED;
		ck_assert_int_eq(restore(), SUCCESS);
		mock.rekey = DESTROY_ME;
		ck_assert_int_eq(restore(), DESTROY_ME);
		calls[0] = '\0';
		mock.rekey = SUCCESS;
		sa.child.state = CHILD_REKEYING;
		restore();
		assert_calls("");
		sa.child.state = CHILD_INSTALLED;
		mock.sas[i] = TRUE;
	}
	mock.sas[1] = FALSE;
	sa.child.outbound = CHILD_OUTBOUND_NONE;
	restore();
	assert_calls("");
}
END_TEST

START_TEST(test_stock_decides)
{
	update(NULL, NULL, 0, UPDATE_HOSTS_FORCE_CHILDREN, NULL);
	assert_calls(STOCK);
	update(LOCAL, PEER, 4500, UPDATE_HOSTS_FORCE_ALL, NULL);
	assert_calls(STOCK);
	update(NEW_LOCAL, NEW_PEER, 4500, 0, NULL);
	assert_calls(STOCK);
	update(NEW_LOCAL, NEW_PEER, 4500, UPDATE_HOSTS_FORCE_LOCAL, NULL);
	assert_calls(STOCK);
}
END_TEST

/** What is looked at when a copy is to change places with an SA */
#define CHECK "check:10.0.0.9-10.0.1.1 check:10.0.0.9-10.0.0.1 "

START_TEST(test_copies)
{
	array_t *copies = NULL;

	/* not where it is anyway */
	accept_at(LOCAL, &copies);
	assert_calls("");
	ck_assert(copies == NULL);
	relocator->drop(relocator, &copies);
	/* nothing came of it */
	accept_at(NEW_LOCAL, &copies);
	assert_calls("copy:0-10.0.1.1 ");
	relocator->drop(relocator, &copies);
	assert_calls("del:1 ");
	ck_assert(copies == NULL);
	mock.copy = FALSE;
	accept_at(NEW_LOCAL, &copies);
	assert_calls("copy:0-10.0.1.1 ");
	ck_assert(copies == NULL);
	mock.copy = TRUE;
	/* the original is what is left */
	accept_at(NEW_LOCAL, &copies);
	calls[0] = '\0';
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, copies);
	assert_calls(CHECK OUT "stock ");
	relocator->drop(relocator, &copies);
	assert_calls("del:0 ");
	/* at an address where there is no copy */
	accept_at("10.0.2.1", &copies);
	calls[0] = '\0';
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, copies);
	assert_calls(FWD IN OUT "stock ");
	relocator->drop(relocator, &copies);
	assert_calls("del:2 ");
}
END_TEST

START_TEST(test_useless_copies)
{
	array_t *copies = NULL;

	/* UDP encapsulation begins, or the peer's address changes as well */
	accept_at(NEW_LOCAL, &copies);
	calls[0] = '\0';
	mock.has_moved = FALSE;
	sa.ike.nat = TRUE;
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, copies);
	assert_calls("check:10.0.0.9-10.0.1.1 del:1 " FWD IN OUT "stock ");
	relocator->drop(relocator, &copies);
	assert_calls("");
	/* the original is not where the IKE_SA is, nobody would find it again */
	sa.ike.nat = FALSE;
	mock.has_moved = TRUE;
	mock.in_place = FALSE;
	accept_at(NEW_LOCAL, &copies);
	calls[0] = '\0';
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, copies);
	assert_calls(CHECK "del:1 " FWD IN OUT "stock ");
	relocator->drop(relocator, &copies);
	assert_calls("");
	/* it ends, stock needs the place for its own */
	sa.ike.nat = FALSE;
	accept_at(NEW_LOCAL, &copies);
	calls[0] = '\0';
	sa.child.encap = TRUE;
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, copies);
	assert_calls("del:1 " STOCK);
	relocator->drop(relocator, &copies);
	assert_calls("");
}
END_TEST

START_TEST(test_failures)
{
	array_t *copies = NULL;

	/* charon has to know where SAs are, whatever happens to the other one */
	mock.migrate[POLICY_OUT] = FALSE;
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, NULL);
	assert_calls(FWD IN OUT "stock drop update:12 ");
	accept_at(NEW_LOCAL, &copies);
	calls[0] = '\0';
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, copies);
	assert_calls(CHECK OUT "stock drop update:12 ");
	relocator->drop(relocator, &copies);
	assert_calls("del:0 ");

	mobility_suite_log_start();
	mock.migrate[POLICY_OUT] = TRUE;
	mock.migrate[POLICY_IN] = mock.migrate[POLICY_FWD] = FALSE;
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, NULL);
	assert_calls(FWD IN OUT "stock update:11 ");

	mock.migrate[POLICY_OUT] = FALSE;
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, NULL);
	assert_calls(FWD IN OUT STOCK);
	ck_assert_str_eq(mobility_suite_log(),
					 "mobility: inbound SAs of CHILD_SA home{3} "
					 "are deleted and added again, packets may get lost\n"
					 "mobility: SAs of CHILD_SA home{3} "
					 "are deleted and added again, packets may get lost\n");

	/* policies that can't be relaxed are left to stock, with their SA */
	mock.migrate[POLICY_IN] = mock.migrate[POLICY_OUT] = TRUE;
	mock.relax = FALSE;
	update(NULL, NEW_PEER, 4500, UPDATE_HOSTS_FORCE_ADDRS, NULL);
	assert_calls("relax-fwd:10.4.0.0/16-10.3.0.1/32 " OUT_TO_PEER
				 "stock update:11 ");

	/* the SA is there, although its other policy is not what we think */
	mock.migrate[POLICY_IN] = mock.migrate[POLICY_OUT] = TRUE;
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, NULL);
	assert_calls(FWD IN OUT "stock ");
}
END_TEST

START_TEST(test_kinds)
{
	array_t *copies = NULL;
	char *ts = NULL;

	switch (_i)
	{
		case 0:
			sa.child.proto = PROTO_AH;
			break;
		case 1:
			sa.child.mode = MODE_TRANSPORT;
			break;
		case 2:
			sa.child.mode = MODE_BEET;
			break;
		case 3:
			sa.child.ipcomp = IPCOMP_DEFLATE;
			break;
		case 4:
			sa.child.mark_in.mask = 1;
			break;
		case 5:
			sa.child.mark_out.mask = 1;
			break;
		case 6:
			sa.child.offload = HW_OFFLOAD_AUTO;
			break;
		case 7:
			/* no virtual IP, charon changes selectors and the reqid */
			ts = LOCAL "/32";
			sa.child.mine[0]->destroy(sa.child.mine[0]);
			sa.child.mine[0] = traffic_selector_create_from_cidr(ts, 0, 0,
																 65535);
			break;
	}
	accept_at(NEW_LOCAL, &copies);
	ck_assert(copies == NULL);
	assert_calls("");
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, NULL);
	assert_calls(STOCK);
}
END_TEST

START_TEST(test_remote_ts)
{
	/* as long as the peer does not move */
	sa.child.others[0]->destroy(sa.child.others[0]);
	sa.child.others[0] = traffic_selector_create_from_cidr(PEER "/32", 0, 0,
														   65535);
	update(NEW_LOCAL, NULL, 0, UPDATE_HOSTS_FORCE_ALL, NULL);
	ck_assert(strstr(calls, "out:"));
	calls[0] = '\0';
	update(NEW_LOCAL, NEW_PEER, 4500, UPDATE_HOSTS_FORCE_ALL, NULL);
	assert_calls(STOCK);
}
END_TEST

START_TEST(test_none)
{
	relocator->destroy(relocator);
	ck_assert(mobility_child_update_create(NULL, NULL) == NULL);
	ck_assert(mock.kernel.update_sa == (void*)_update_sa);
	relocator = mobility_child_update_create(NULL, &mock.sad);
}
END_TEST

/**
 * Check if an address is local
 */
static bool is_local(const char *addr)
{
	return mobility_netns_run("ip route get %s 2>/dev/null | grep -q ^local",
							  addr);
}

START_TEST(test_addresses)
{
	static char *vips[] = { "10.3.0.1", "fd33::1" };
	mobility_rtnl_t *rtnl;
	mobility_pins_t *pins;
	char *vip = vips[_i];

	mock_parent_init(&sa.ike, LOCAL, PEER);
	sa.ike.vip = vip;
	rtnl = mobility_rtnl_create();
	mobility_netns_link("eth0");
	mobility_netns_ip("addr add %s/%d dev eth0", vip, _i ? 128 : 32);

	/* local while charon takes it from one interface to another */
	mobility_virtual_ips_keep(rtnl, &sa.ike.public);
	mobility_netns_ip("addr del %s/%d dev eth0", vip, _i ? 128 : 32);
	ck_assert(is_local(vip));
	mobility_netns_ip("addr add %s/%d dev lo", vip, _i ? 128 : 32);
	mobility_virtual_ips_release(rtnl, &sa.ike.public);
	/* an IPv6 address is usable only a moment after it was added */
	mobility_netns_wait(is_local(vip));
	mobility_netns_ip("addr del %s/%d dev lo", vip, _i ? 128 : 32);
	mobility_netns_wait(!is_local(vip));
	mobility_virtual_ips_release(rtnl, &sa.ike.public);

	/* charon got killed, and starts again */
	mobility_virtual_ips_keep(rtnl, &sa.ike.public);
	mobility_virtual_ips_keep(rtnl, &sa.ike.public);
	ck_assert(is_local(vip));
	pins = mobility_pins_create(rtnl, 100, 200);
	ck_assert(!is_local(vip));
	pins->destroy(pins);
	rtnl->destroy(rtnl);
	mock_parent_deinit(&sa.ike);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("relocator");

	tc = tcase_create("relocator");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_update);
	tcase_add_test(tc, test_again);
	tcase_add_test(tc, test_follow);
	tcase_add_test(tc, test_restore_policies);
	tcase_add_test(tc, test_restore_sas);
	tcase_add_test(tc, test_stock_decides);
	tcase_add_test(tc, test_copies);
	tcase_add_test(tc, test_useless_copies);
	tcase_add_test(tc, test_failures);
	tcase_add_loop_test(tc, test_kinds, 0, 8);
	tcase_add_test(tc, test_remote_ts);
	tcase_add_test(tc, test_none);
	suite_add_tcase(s, tc);

	tc = tcase_create("addresses");
	tcase_add_checked_fixture(tc, mobility_netns_setup,
							  mobility_suite_teardown);
	if (mobility_netns_available())
	{
		tcase_add_loop_test(tc, test_addresses, 0, 2);
	}
	suite_add_tcase(s, tc);
	return s;
}
