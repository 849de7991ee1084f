/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fake_kernel.h"
#include "mock_child.h"

#include "esp/child_update.h"

#include <daemon.h>

/** addresses before and after */
#define LOCAL "10.0.0.1"
#define PEER "10.0.0.9"
#define NEW_LOCAL "10.0.1.1"
#define NEW_PEER "10.0.1.9"

/** that of all CHILD_SAs, which have the same traffic selectors */
#define REQID 5

typedef struct ike_t ike_t;

/**
 * A CHILD_SA, and where charon thinks its SAs are
 */
typedef struct {
	mock_child_t mock;
	host_t *me, *other;
} child_t;

/**
 * An IKE_SA
 */
struct ike_t {
	/** its CHILD_SAs are child_t* */
	mock_parent_t mock;
	/** SAs that only we know of */
	array_t *copies;
};

/**
 * IKE_SAs: the one that moves, and one that has nothing to do with it
 */
static ike_t *own, *foreign;

/**
 * charon
 */
static struct {
	kernel_interface_t kernel;
	bus_t bus;
	daemon_t daemon;
	traffic_selector_t *mine, *others;
	/** CHILD_SAs that have the policies in common */
	int users;
	uint32_t spis;
} mock;

/**
 * Relocator, with SAs and policies of the fake kernel
 */
static mobility_child_update_t *relocator;

/**
 * Implements kernel_interface_t.update_sa(): delete it, and add it again
 */
static status_t update_sa(kernel_interface_t *this, kernel_ipsec_sa_id_t *id,
						  kernel_ipsec_update_sa_t *data)
{
	int i = fake_kernel_find_sa(id->dst, id->spi);

	if (i < 0)
	{
		return FAILED;
	}
	fake_kernel_remove_sa(i);
	if (fake_kernel_find_sa(data->new_dst, id->spi) >= 0)
	{
		return FAILED;
	}
	fake_kernel_add_sa(data->new_src, data->new_dst, id->spi, REQID,
					   data->new_encap);
	return SUCCESS;
}

/**
 * Describe a policy
 */
static mobility_xfrm_move_t describe(policy_dir_t dir, host_t *src, host_t *dst)
{
	return (mobility_xfrm_move_t){
		.dir = dir,
		.src_ts = dir == POLICY_OUT ? mock.mine : mock.others,
		.dst_ts = dir == POLICY_OUT ? mock.others : mock.mine,
		.reqid = REQID,
		.src = src,
		.dst = dst,
	};
}

/**
 * Implements kernel_interface_t.add_policy()
 */
static status_t add_policy(kernel_interface_t *this,
						   kernel_ipsec_policy_id_t *id,
						   kernel_ipsec_manage_policy_t *data)
{
	mobility_xfrm_move_t policy = describe(id->dir, data->src, data->dst);

	fake_kernel_add_policy(&policy);
	return SUCCESS;
}

/**
 * Implements kernel_interface_t.del_policy(), others may still need it
 */
static status_t del_policy(kernel_interface_t *this,
						   kernel_ipsec_policy_id_t *id,
						   kernel_ipsec_manage_policy_t *data)
{
	mobility_xfrm_move_t policy = describe(id->dir, data->src, data->dst);
	char buf[MOBILITY_SAD_MSG_LEN] __attribute__((aligned(MNL_ALIGNTO)));
	mobility_xfrm_t *xfrm = fake_kernel_create_xfrm();

	if (!mock.users)
	{
		ck_assert_int_eq(0, xfrm->request(xfrm, mobility_xfrm_msg_policy(buf,
									XFRM_MSG_DELPOLICY, &policy), NULL, NULL));
	}
	return SUCCESS;
}

/**
 * Do something with all policies of a CHILD_SA, as charon does
 */
static void each_policy(child_t *child, bool add)
{
	static const policy_dir_t dirs[] = { POLICY_OUT, POLICY_IN, POLICY_FWD };
	ipsec_sa_cfg_t cfg = {
		.reqid = REQID,
	};
	kernel_ipsec_manage_policy_t data = {
		.type = POLICY_IPSEC,
		.sa = &cfg,
	};
	kernel_ipsec_policy_id_t id;
	int i;

	for (i = 0; i < countof(dirs); i++)
	{
		id = (kernel_ipsec_policy_id_t){
			.dir = dirs[i],
			.src_ts = dirs[i] == POLICY_OUT ? mock.mine : mock.others,
			.dst_ts = dirs[i] == POLICY_OUT ? mock.others : mock.mine,
		};
		data.src = dirs[i] == POLICY_OUT ? child->me : child->other;
		data.dst = dirs[i] == POLICY_OUT ? child->other : child->me;
		if (add)
		{
			charon->kernel->add_policy(charon->kernel, &id, &data);
		}
		else
		{
			charon->kernel->del_policy(charon->kernel, &id, &data);
		}
	}
}

/**
 * Replace an address
 */
static void set_host(host_t **host, host_t *new)
{
	host_t *old = *host;

	*host = new->clone(new);
	old->destroy(old);
}

/**
 * Have charon move an SA
 */
static void stock_move(child_t *child, bool inbound, host_t *me, host_t *other,
					   bool encap)
{
	kernel_ipsec_sa_id_t id = {
		.src = inbound ? child->other : child->me,
		.dst = inbound ? child->me : child->other,
		.spi = inbound ? child->mock.spi_in : child->mock.spi_out,
	};
	kernel_ipsec_update_sa_t data = {
		.new_src = inbound ? other : me,
		.new_dst = inbound ? me : other,
		.new_encap = encap,
	};

	charon->kernel->update_sa(charon->kernel, &id, &data);
}

/**
 * Stock's ike_sa_t.update_hosts(): whatever comes of it, from then on charon
 * thinks the SAs have the new addresses
 */
static void update_hosts(ike_sa_t *ike_sa, host_t *me, host_t *other,
						 update_hosts_flag_t flags)
{
	ike_t *ike = (ike_t*)ike_sa;
	enumerator_t *enumerator;
	child_t *child;

	if (me)
	{
		set_host(&ike->mock.me, me);
	}
	if (other)
	{
		set_host(&ike->mock.other, other);
	}
	enumerator = array_create_enumerator(ike->mock.children);
	while (enumerator->enumerate(enumerator, &child))
	{
		stock_move(child, TRUE, ike->mock.me, ike->mock.other, ike->mock.nat);
		if (child->mock.outbound == CHILD_OUTBOUND_INSTALLED)
		{
			stock_move(child, FALSE, ike->mock.me, ike->mock.other,
					   ike->mock.nat);
		}
		set_host(&child->me, ike->mock.me);
		set_host(&child->other, ike->mock.other);
		child->mock.encap = ike->mock.nat;
		each_policy(child, TRUE);
	}
	enumerator->destroy(enumerator);
}

/**
 * Create an IKE_SA
 */
static ike_t *create_ike(void)
{
	ike_t *ike;

	INIT(ike);
	mock_parent_init(&ike->mock, LOCAL, PEER);
	return ike;
}

/**
 * Add a CHILD_SA
 */
static void add_child(ike_t *ike, bool outbound)
{
	child_t *child;

	INIT(child,
		.me = ike->mock.me->clone(ike->mock.me),
		.other = ike->mock.other->clone(ike->mock.other),
	);
	mock_child_init(&child->mock);
	child->mock.spi_in = child->mock.unique_id = htonl(++mock.spis);
	child->mock.spi_out = htonl(++mock.spis);
	child->mock.reqid = REQID;
	child->mock.outbound = outbound ? CHILD_OUTBOUND_INSTALLED
									: CHILD_OUTBOUND_NONE;
	child->mock.mine[0] = mock.mine;
	child->mock.others[0] = mock.others;
	array_insert(ike->mock.children, ARRAY_TAIL, child);
	fake_kernel_add_sa(child->other, child->me, child->mock.spi_in, REQID,
					   FALSE);
	if (outbound)
	{
		fake_kernel_add_sa(child->me, child->other, child->mock.spi_out, REQID,
						   FALSE);
	}
	mock.users++;
	each_policy(child, TRUE);
}

/**
 * End an IKE_SA: charon deletes SAs where it thinks they are
 */
static void end(ike_t *ike)
{
	child_t *child;

	if (ike->copies)
	{
		relocator->drop(relocator, &ike->copies);
	}
	while (array_remove(ike->mock.children, ARRAY_HEAD, &child))
	{
		mock.users--;
		each_policy(child, FALSE);
		fake_kernel_remove_sa(fake_kernel_find_sa(child->me,
												  child->mock.spi_in));
		fake_kernel_remove_sa(fake_kernel_find_sa(child->other,
												  child->mock.spi_out));
		child->me->destroy(child->me);
		child->other->destroy(child->other);
		free(child);
	}
	mock_parent_deinit(&ike->mock);
	free(ike);
}

/**
 * Check that the SAs of an IKE_SA are where charon thinks they are; returns how
 * many these are
 */
static int count_known(ike_t *ike)
{
	enumerator_t *enumerator;
	child_t *child;
	int count = array_count(ike->copies);

	enumerator = array_create_enumerator(ike->mock.children);
	while (enumerator->enumerate(enumerator, &child))
	{
		ck_assert_int_ge(fake_kernel_find_sa(child->me, child->mock.spi_in), 0);
		count++;
		if (child->mock.outbound == CHILD_OUTBOUND_INSTALLED)
		{
			ck_assert_int_ge(fake_kernel_find_sa(child->other,
												 child->mock.spi_out), 0);
			count++;
		}
	}
	enumerator->destroy(enumerator);
	return count;
}

/**
 * Move to one or two other addresses, NULL to keep one
 */
static void move(ike_t *ike, char *me, char *other)
{
	host_t *new_me = NULL, *new_other = NULL;

	if (me)
	{
		new_me = host_create_from_string(me, 4500);
	}
	if (other)
	{
		new_other = host_create_from_string(other, 4500);
	}
	relocator->update(relocator, &ike->mock.public, update_hosts, new_me,
					  new_other, UPDATE_HOSTS_FORCE_ALL, ike->copies);
	DESTROY_IF(new_me);
	DESTROY_IF(new_other);
}

/**
 * Accept packets at another address
 */
static void accept_at(ike_t *ike, char *local)
{
	host_t *host;

	host = host_create_from_string(local, 4500);
	relocator->accept(relocator, &ike->mock.public, host, &ike->copies);
	host->destroy(host);
}

/**
 * Phases of moves, a letter for each step
 */
static char *const phases[] = {
	/* before, between and after: accepting at the new address, being there */
	"", "a", "au", "aud", "u",
	/* and back, with and without */
	"uU", "auU", "auAU", "audAU", "audA", "auUu",
	/* the peer moves, or both do */
	"p", "pP", "b", "up", "aup", "pu",
	/* UDP encapsulation begins, which a copy does not have */
	"n", "an", "nU",
};

/**
 * Do one step
 */
static void do_step(char step)
{
	switch (step)
	{
		case 'a':
			accept_at(own, NEW_LOCAL);
			break;
		case 'A':
			accept_at(own, LOCAL);
			break;
		case 'u':
			move(own, NEW_LOCAL, NULL);
			break;
		case 'U':
			move(own, LOCAL, NULL);
			break;
		case 'p':
			move(own, NULL, NEW_PEER);
			break;
		case 'P':
			move(own, NULL, PEER);
			break;
		case 'b':
			move(own, NEW_LOCAL, NEW_PEER);
			break;
		case 'n':
			own->mock.nat = TRUE;
			move(own, NEW_LOCAL, NULL);
			break;
		case 'd':
			if (own->copies)
			{
				relocator->drop(relocator, &own->copies);
			}
			break;
	}
}

/**
 * Who shares the reqid
 */
static const struct {
	/** a CHILD_SA has been rekeyed, and the old one still gets packets; or the
	 * SAs of the old one are those that were added last */
	bool rekeyed, reversed;
	/** another IKE_SA has one, older or newer than ours */
	bool older, newer;
} cases[] = {
	{},
	{ .rekeyed = TRUE },
	{ .rekeyed = TRUE, .reversed = TRUE },
	{ .older = TRUE },
	{ .newer = TRUE },
	{ .rekeyed = TRUE, .older = TRUE },
	{ .rekeyed = TRUE, .newer = TRUE },
	{ .rekeyed = TRUE, .reversed = TRUE, .newer = TRUE },
};

/**
 * Kernels
 */
static const struct {
	bool migrate, atomic, lockdown;
} kernels[] = {
	{ .migrate = TRUE },
	{ .migrate = TRUE, .atomic = TRUE },
	{ .migrate = TRUE, .lockdown = TRUE },
	{},
};

/**
 * Start over
 */
static void begin(int i, int kernel)
{
	memset(&fake_kernel, 0, sizeof(fake_kernel));
	fake_kernel.migrate = kernels[kernel].migrate;
	fake_kernel.atomic = kernels[kernel].atomic;
	fake_kernel.lockdown = kernels[kernel].lockdown;
	relocator = mobility_child_update_create(NULL,
					mobility_xfrm_migrate_create(fake_kernel_create_xfrm()));
	ck_assert(relocator != NULL);
	own = create_ike();
	foreign = create_ike();
	if (cases[i].older)
	{
		add_child(foreign, TRUE);
	}
	add_child(own, !cases[i].rekeyed || cases[i].reversed);
	if (cases[i].rekeyed)
	{
		add_child(own, !cases[i].reversed);
	}
	if (cases[i].newer)
	{
		add_child(foreign, TRUE);
	}
}

/**
 * The session ends, then the other one, which may move before
 */
static void finish(bool moves)
{
	end(own);
	ck_assert_int_eq(fake_kernel.sa_count, count_known(foreign));
	if (moves)
	{
		move(foreign, NEW_LOCAL, NULL);
		ck_assert_int_eq(fake_kernel.sa_count, count_known(foreign));
	}
	end(foreign);
	ck_assert_int_eq(fake_kernel.sa_count, 0);
	ck_assert_int_eq(fake_kernel.policy_count, 0);
	relocator->destroy(relocator);
}

START_TEST(test_ends)
{
	int i, k, kernel = _i % countof(kernels);
	char *step;

	for (i = 0; i < countof(phases); i++)
	{
		for (k = 0; k < 2; k++)
		{
			begin(_i / countof(kernels), kernel);
			for (step = phases[i]; *step; step++)
			{
				do_step(*step);
				ck_assert_msg(fake_kernel.sa_count ==
							  count_known(own) + count_known(foreign),
							  "after %.*s", (int)(step + 1 - phases[i]),
							  phases[i]);
			}
			finish(k);
		}
	}
}
END_TEST

START_TEST(test_allocated)
{
	enumerator_t *enumerator;
	host_t *host;
	child_t *child;
	int i;

	host = host_create_from_string(NEW_LOCAL, 0);
	for (i = 0; i < countof(phases); i++)
	{
		if (!phases[i][0] || !strchr("aubn", phases[i][0]))
		{
			continue;
		}
		begin(_i / countof(kernels), _i % countof(kernels));
		/* a rekeying began at an address that was left until it was answered */
		enumerator = array_create_enumerator(own->mock.children);
		while (enumerator->enumerate(enumerator, &child))
		{
			fake_kernel_allocate(child->other, host, child->mock.spi_in);
		}
		enumerator->destroy(enumerator);
		do_step(phases[i][0]);
		ck_assert_msg(fake_kernel.sa_count ==
					  count_known(own) + count_known(foreign), "%s", phases[i]);
		finish(FALSE);
	}
	host->destroy(host);
}
END_TEST

START_TEST(test_faults)
{
	int i, kernel = _i % countof(kernels);
	u_int faulty;
	fake_fault_t fault;
	bool more;
	char *step;

	for (fault = FAKE_FAULT_REFUSED; fault <= FAKE_FAULT_LOST; fault++)
	{
		for (i = 0; i < countof(phases); i++)
		{
			for (faulty = 1, more = TRUE; more; faulty++)
			{	/* one request after the other */
				begin(_i / countof(kernels), kernel);
				fake_kernel.requests = 0;
				fake_kernel.fault = fault;
				fake_kernel.faulty = faulty;
				for (step = phases[i]; *step; step++)
				{
					do_step(*step);
				}
				more = fake_kernel.requests >= faulty;
				finish(FALSE);
			}
		}
	}
}
END_TEST

static void setup(void)
{
	mobility_suite_setup();
	memset(&mock, 0, sizeof(mock));
	mock.kernel.update_sa = update_sa;
	mock.kernel.add_policy = add_policy;
	mock.kernel.del_policy = del_policy;
	mock.bus.log = mobility_suite_bus_log;
	mock.daemon.bus = &mock.bus;
	mock.daemon.kernel = &mock.kernel;
	mock.mine = traffic_selector_create_from_cidr("10.3.0.1/32", 0, 0, 65535);
	mock.others = traffic_selector_create_from_cidr("10.4.0.0/16", 0, 0, 65535);
	charon = &mock.daemon;
}

static void teardown(void)
{
	charon = NULL;
	mock.mine->destroy(mock.mine);
	mock.others->destroy(mock.others);
	mobility_suite_teardown();
}

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("leftovers");

	tc = tcase_create("leftovers");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_ends, 0, countof(cases) * countof(kernels));
	tcase_add_loop_test(tc, test_allocated, 0,
						countof(cases) * countof(kernels));
	/* without others: their SAs may stay where they were moved to if this can't
	 * be undone */
	tcase_add_loop_test(tc, test_faults, 0, 3 * countof(kernels));
	suite_add_tcase(s, tc);
	return s;
}
