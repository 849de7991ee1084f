/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Sequences of what a peer can cause: CHILD_SAs that are created, rekeyed and
 * deleted, moves of either end, in any order and of which any part may fail in
 * the kernel. There are two kernels: one sees what charon does to it, the other
 * one the same with the relocator, its hooks, and changes that are made later.
 * In the end both have to be the same, and in between packets have to pass.
 */

#include "fuzz.h"

#include <daemon.h>

#include "net/clock.h"
#include "esp/child_update.h"
#include "suites/mock_child.h"

/** CHILD_SAs, policies, users of a policy, and SAs that there can be */
#define CHILDREN 6
#define POLICIES 32
#define USERS 32
#define SAS 64

/** address in a policy that takes any */
#define ANY 0

typedef struct model_t model_t;
typedef struct user_t user_t;
typedef struct policy_t policy_t;
typedef struct kernel_sa_t kernel_sa_t;
typedef struct child_t child_t;

/**
 * What a policy is installed for.
 */
struct user_t {
	policy_type_t type;
	policy_priority_t prio;
	/** last byte of the addresses, without padding as these get compared */
	uint32_t src, dst;
	uint32_t reqid, spi;
};

/**
 * A policy, as charon's kernel interface and the kernel know it.
 */
struct policy_t {
	/** what names it, subnets by a byte of theirs */
	policy_dir_t dir;
	uint8_t src, dst;
	/** who uses it, the first one is installed; there is none without */
	user_t users[USERS];
	int count;
	/** what the kernel has, the addresses may be others */
	user_t installed;
};

/**
 * An SA in the kernel, SPI 0 for none.
 */
struct kernel_sa_t {
	uint32_t spi;
	uint8_t src, dst;
	bool encap;
};

/**
 * A kernel.
 */
struct model_t {
	kernel_interface_t kernel;
	policy_t policies[POLICIES];
	kernel_sa_t sas[SAS];
};

/**
 * A CHILD_SA, with SPI 0 there is none.
 */
struct child_t {
	mock_child_t mock;
	/** last byte of the addresses its SAs have */
	uint8_t me, other;
	bool fwd_out;
	/** pairs of traffic selectors, one or two */
	int pairs;
	/** what was moved in the kernel by the move under way */
	bool moved_in, moved_out;
	/** the kernel has refused to move it, charon replaces it by rekeying */
	bool refused;
};

/** the kernel with the relocator, and the other one */
static model_t with, without;

/** what is around them */
static daemon_t mock_daemon;
static bus_t bus;
static mobility_xfrm_migrate_t sad;
static mobility_clock_t alarm_clock;

/** the IKE_SA */
static child_t children[CHILDREN];
static mock_parent_t parent;

/** what the kernel does as it is told to, one bit for each kind of request */
static uint8_t works;
#define WORKS_IN 1
#define WORKS_OUT 2
#define WORKS_RELAX 4
#define WORKS_COPY 8

/** time, and what is to be called then */
static uint64_t now, alarm_time;
static mobility_clock_cb_t alarm_cb;
static void *alarm_data;

/** last SPI */
static uint32_t spi;

/** stand in for those of net/clock.c */
uint64_t __wrap_mobility_now(void);
mobility_clock_t *__wrap_mobility_clock_create(mobility_clock_cb_t cb,
											   void *data);

uint64_t __wrap_mobility_now(void)
{
	return now;
}

METHOD(mobility_clock_t, set_alarm, void,
	mobility_clock_t *this, uint64_t when)
{
	alarm_time = when;
}

mobility_clock_t *__wrap_mobility_clock_create(mobility_clock_cb_t cb,
											   void *data)
{
	alarm_clock.set = _set_alarm;
	alarm_clock.destroy = (void*)nop;
	alarm_cb = cb;
	alarm_data = data;
	alarm_time = 0;
	return &alarm_clock;
}

/**
 * What an address is known by
 */
static uint8_t byte_of(host_t *host)
{
	return host->get_address(host).ptr[3];
}

/**
 * Create an address
 */
static host_t *create_host(uint8_t byte)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "10.0.0.%u", byte);
	return host_create_from_string(buf, 4500);
}

/**
 * What a subnet is known by
 */
static uint8_t subnet_of(traffic_selector_t *ts)
{
	return ts->get_from_address(ts).ptr[2];
}

/**
 * Find an SA
 */
static kernel_sa_t *find_sa(model_t *model, uint32_t spi, uint8_t dst)
{
	int i;

	for (i = 0; i < SAS; i++)
	{
		if (model->sas[i].spi == spi && (!spi || model->sas[i].dst == dst))
		{
			return &model->sas[i];
		}
	}
	return NULL;
}

/**
 * Install an SA
 */
static void add_sa(model_t *model, uint32_t spi, uint8_t src, uint8_t dst,
				   bool encap)
{
	kernel_sa_t *sa = find_sa(model, 0, 0);

	check(sa && !find_sa(model, spi, dst));
	*sa = (kernel_sa_t){ spi, src, dst, encap };
}

/**
 * Find a policy, or where there is space for it
 */
static policy_t *find_policy(model_t *model, policy_dir_t dir, uint8_t src,
							 uint8_t dst)
{
	policy_t *free = NULL;
	int i;

	for (i = 0; i < POLICIES; i++)
	{
		policy_t *policy = &model->policies[i];

		if (!policy->count)
		{
			free = policy;
		}
		else if (policy->dir == dir && policy->src == src && policy->dst == dst)
		{
			return policy;
		}
	}
	check(free != NULL);
	return free;
}

/**
 * Check if both SAs of a CHILD_SA were moved in the kernel
 */
static bool is_moved(uint32_t spi)
{
	child_t *child;

	for (child = children; child < children + CHILDREN; child++)
	{
		if (child->moved_in && child->moved_out &&
			(child->mock.spi_in == spi || child->mock.spi_out == spi))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Check that packets of CHILD_SAs which were moved can leave: their policies
 * are always there, and only others may have them dropped
 */
static void check_kept(void)
{
	policy_t *policy;
	child_t *child;
	int i;

	for (child = children; child < children + CHILDREN; child++)
	{
		for (i = 0; is_moved(child->mock.spi_out) && i < child->pairs; i++)
		{
			policy = find_policy(&with, POLICY_OUT,
								 subnet_of(child->mock.mine[i]),
								 subnet_of(child->mock.others[i]));
			check(policy->count && (policy->installed.type == POLICY_IPSEC ||
									!is_moved(policy->installed.spi)));
		}
	}
}

/**
 * Get who wants a policy
 */
static user_t get_user(kernel_ipsec_manage_policy_t *data)
{
	check(data->sa->esp.use);
	return (user_t){
		.type = data->type,
		.prio = data->prio,
		.src = byte_of(data->src),
		.dst = byte_of(data->dst),
		.reqid = data->sa->reqid,
		.spi = data->sa->esp.spi,
	};
}

METHOD(kernel_interface_t, add_policy, status_t,
	kernel_interface_t *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_manage_policy_t *data)
{
	model_t *model = (model_t*)this;
	user_t user = get_user(data);
	policy_t *policy;
	int i = 0;

	policy = find_policy(model, id->dir, subnet_of(id->src_ts),
						 subnet_of(id->dst_ts));
	policy->dir = id->dir;
	policy->src = subnet_of(id->src_ts);
	policy->dst = subnet_of(id->dst_ts);
	check(policy->count < USERS);
	while (i < policy->count &&
		   (policy->users[i].prio > user.prio ||
			(policy->users[i].prio == user.prio && policy->users[i].reqid &&
			 !user.reqid)))
	{	/* the higher one comes first, and of equal ones the later one */
		i++;
	}
	memmove(&policy->users[i + 1], &policy->users[i],
			(policy->count - i) * sizeof(user));
	policy->users[i] = user;
	policy->count++;
	if (!i)
	{
		policy->installed = user;
	}
	check_kept();
	return SUCCESS;
}

METHOD(kernel_interface_t, del_policy, status_t,
	kernel_interface_t *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_manage_policy_t *data)
{
	model_t *model = (model_t*)this;
	user_t user = get_user(data);
	policy_t *policy;
	int i = 0;

	policy = find_policy(model, id->dir, subnet_of(id->src_ts),
						 subnet_of(id->dst_ts));
	while (i < policy->count && !memeq(&policy->users[i], &user, sizeof(user)))
	{
		i++;
	}
	/* nothing is deleted that is not there */
	check(i < policy->count);
	policy->count--;
	memmove(&policy->users[i], &policy->users[i + 1],
			(policy->count - i) * sizeof(user));
	if (!i)
	{
		policy->installed = policy->users[0];
	}
	check_kept();
	return SUCCESS;
}

METHOD(kernel_interface_t, update_sa, status_t,
	kernel_interface_t *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_update_sa_t *data)
{
	model_t *model = (model_t*)this;
	kernel_sa_t *sa;

	sa = find_sa(model, id->spi, byte_of(id->dst));
	if (data->encap && !data->new_encap)
	{
		return NOT_SUPPORTED;
	}
	/* it is where charon believes it is, and another one is not in its place */
	check(sa && sa->src == byte_of(id->src));
	check(id->dst->ip_equals(id->dst, data->new_dst) ||
		  !find_sa(model, id->spi, byte_of(data->new_dst)));
	sa->src = byte_of(data->new_src);
	sa->dst = byte_of(data->new_dst);
	sa->encap = data->new_encap;
	return SUCCESS;
}

/**
 * Install or delete one of a CHILD_SA's policies
 */
static void manage_policy(kernel_interface_t *kernel, child_t *child,
						  policy_dir_t dir, int pair, bool inbound, bool add,
						  policy_type_t type, host_t *local, host_t *peer)
{
	ipsec_sa_cfg_t sa = {
		.mode = child->mock.mode,
		.reqid = inbound || dir == POLICY_OUT ? child->mock.reqid : 0,
		.esp = {
			.use = TRUE,
			.spi = inbound ? child->mock.spi_in : child->mock.spi_out,
		},
	};
	kernel_ipsec_policy_id_t id = {
		.dir = dir,
		.src_ts = inbound ? child->mock.others[pair] : child->mock.mine[pair],
		.dst_ts = inbound ? child->mock.mine[pair] : child->mock.others[pair],
	};
	kernel_ipsec_manage_policy_t policy = {
		.type = type,
		.prio = !inbound && dir == POLICY_FWD ? POLICY_PRIORITY_ROUTED
											  : POLICY_PRIORITY_DEFAULT,
		.src = inbound ? peer : local,
		.dst = inbound ? local : peer,
		.sa = &sa,
	};

	if (add)
	{
		kernel->add_policy(kernel, &id, &policy);
	}
	else
	{
		kernel->del_policy(kernel, &id, &policy);
	}
}

/**
 * Install or delete policies for what comes in, of one pair of selectors
 */
static void manage_in(kernel_interface_t *kernel, child_t *child, int pair,
					  bool add, host_t *local, host_t *peer)
{
	manage_policy(kernel, child, POLICY_IN, pair, TRUE, add, POLICY_IPSEC,
				  local, peer);
	if (child->mock.mode == MODE_TUNNEL)
	{
		manage_policy(kernel, child, POLICY_FWD, pair, TRUE, add, POLICY_IPSEC,
					  local, peer);
	}
}

/**
 * Install or delete policies for what leaves, of one pair of selectors
 */
static void manage_out(kernel_interface_t *kernel, child_t *child, int pair,
					   bool add, policy_type_t type, host_t *local,
					   host_t *peer)
{
	manage_policy(kernel, child, POLICY_OUT, pair, FALSE, add, type, local,
				  peer);
	if (child->mock.mode == MODE_TUNNEL && child->fwd_out)
	{
		manage_policy(kernel, child, POLICY_FWD, pair, FALSE, add, type, local,
					  peer);
	}
}

/**
 * Update an SA of a CHILD_SA
 */
static bool update_child_sa(kernel_interface_t *kernel, child_t *child,
							bool inbound, host_t *local, host_t *peer,
							host_t *new_local, host_t *new_peer, bool encap)
{
	kernel_ipsec_sa_id_t id = {
		.src = inbound ? peer : local,
		.dst = inbound ? local : peer,
		.spi = inbound ? child->mock.spi_in : child->mock.spi_out,
		.proto = IPPROTO_ESP,
	};
	kernel_ipsec_update_sa_t data = {
		.new_src = inbound ? new_peer : new_local,
		.new_dst = inbound ? new_local : new_peer,
		.encap = child->mock.encap,
		.new_encap = encap,
	};

	return kernel->update_sa(kernel, &id, &data) != NOT_SUPPORTED;
}

/**
 * Do to the kernel what child_sa_t.update() does. Returns FALSE if it refuses
 */
static bool update_child(kernel_interface_t *kernel, child_t *child,
						 host_t *new_local, host_t *new_peer)
{
	host_t *local = create_host(child->me), *peer = create_host(child->other);
	bool updated = TRUE;
	int i;

	if (!new_local->ip_equals(new_local, local) ||
		!new_peer->ip_equals(new_peer, peer) || child->mock.encap != parent.nat)
	{
		for (i = 0; i < child->pairs; i++)
		{
			manage_out(kernel, child, i, TRUE, POLICY_DROP, local, peer);
			manage_out(kernel, child, i, FALSE, POLICY_IPSEC, local, peer);
			manage_in(kernel, child, i, FALSE, local, peer);
		}
		updated = update_child_sa(kernel, child, TRUE, local, peer, new_local,
								  new_peer, parent.nat) &&
				  update_child_sa(kernel, child, FALSE, local, peer, new_local,
								  new_peer, parent.nat);
		for (i = 0; i < child->pairs; i++)
		{
			manage_in(kernel, child, i, TRUE, updated ? new_local : local,
					  updated ? new_peer : peer);
			manage_out(kernel, child, i, TRUE, POLICY_IPSEC,
					   updated ? new_local : local, updated ? new_peer : peer);
		}
		for (i = 0; i < child->pairs; i++)
		{
			manage_out(kernel, child, i, FALSE, POLICY_DROP, local, peer);
		}
	}
	local->destroy(local);
	peer->destroy(peer);
	return updated;
}

/**
 * Do to the kernel what ike_sa_t.update_hosts() does
 */
static void update_hosts(ike_sa_t *this, host_t *local, host_t *peer,
						 update_hosts_flag_t flags)
{
	child_t *child;
	bool updated;

	for (child = children; child < children + CHILDREN; child++)
	{
		if (child->mock.spi_in)
		{
			updated = update_child(charon->kernel, child, local, peer);
			check(updated == update_child(&without.kernel, child, local, peer));
			child->refused |= !updated;
			if (updated)
			{
				child->me = byte_of(local);
				child->other = byte_of(peer);
				child->mock.encap = parent.nat;
			}
		}
	}
	parent.me->destroy(parent.me);
	parent.me = local->clone(local);
	parent.other->destroy(parent.other);
	parent.other = peer->clone(peer);
}

/**
 * Find a CHILD_SA by one of its SPIs
 */
static child_t *find_child(uint32_t spi)
{
	child_t *child = children;

	while (child->mock.spi_in != spi && child->mock.spi_out != spi)
	{
		child++;
		check(child < children + CHILDREN);
	}
	return child;
}

METHOD(mobility_xfrm_migrate_t, has_moved, bool,
	mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	kernel_sa_t *sa;

	sa = find_sa(&with, move->spi, byte_of(move->new_dst));
	return sa && sa->src == byte_of(move->new_src) && sa->encap == move->encap;
}

/**
 * Find the policy a move is about, if the kernel has it as it is expected
 */
static policy_t *find_moved(const mobility_xfrm_move_t *move)
{
	policy_t *policy;

	policy = find_policy(&with, move->dir, subnet_of(move->src_ts),
						 subnet_of(move->dst_ts));
	if (!policy->count || policy->installed.type != POLICY_IPSEC ||
		policy->installed.reqid != move->reqid)
	{
		return NULL;
	}
	return policy;
}

METHOD(mobility_xfrm_migrate_t, migrate_relaxed, bool,
	mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	child_t *child = find_child(move->spi);
	bool out = move->dir == POLICY_OUT;
	kernel_sa_t *sa;

	sa = find_sa(&with, move->spi, byte_of(move->dst));
	if (sa && sa->src == byte_of(move->src) &&
		(works & (out ? WORKS_OUT : WORKS_IN)))
	{
		check(!find_sa(&with, move->spi, byte_of(move->new_dst)) ||
			  move->dst->ip_equals(move->dst, move->new_dst));
		sa->src = byte_of(move->new_src);
		sa->dst = byte_of(move->new_dst);
		sa->encap = move->encap;
	}
	if (has_moved(this, move))
	{
		*(out ? &child->moved_out : &child->moved_in) = TRUE;
		return TRUE;
	}
	return FALSE;
}

METHOD(mobility_xfrm_migrate_t, migrate, bool,
	mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	policy_t *policy = find_moved(move);

	if (policy && (works & (move->dir == POLICY_OUT ? WORKS_OUT : WORKS_IN)) &&
		policy->installed.src == byte_of(move->src) &&
		policy->installed.dst == byte_of(move->dst))
	{
		policy->installed.src = byte_of(move->new_src);
		policy->installed.dst = byte_of(move->new_dst);
	}
	return migrate_relaxed(this, move);
}

METHOD(mobility_xfrm_migrate_t, relax, bool,
	mobility_xfrm_migrate_t *this, const mobility_xfrm_move_t *move)
{
	policy_t *policy = find_moved(move);

	if (policy && (works & WORKS_RELAX))
	{
		policy->installed.src = ANY;
		return TRUE;
	}
	return FALSE;
}

METHOD(mobility_xfrm_migrate_t, copy_, bool,
	mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id, host_t *dst)
{
	kernel_sa_t *sa;

	sa = find_sa(&with, id->spi, id->dst.bytes[3]);
	if (sa && (works & WORKS_COPY) && !find_sa(&with, id->spi, byte_of(dst)))
	{
		add_sa(&with, id->spi, sa->src, byte_of(dst), sa->encap);
		return TRUE;
	}
	return FALSE;
}

METHOD(mobility_xfrm_migrate_t, del, void,
	mobility_xfrm_migrate_t *this, const mobility_sa_id_t *id)
{
	kernel_sa_t *sa;

	sa = find_sa(&with, id->spi, id->dst.bytes[3]);
	if (sa)
	{
		sa->spi = 0;
	}
}

/**
 * Implements bus_t.log()
 */
static void log_(bus_t *this, debug_t group, level_t level, char *format, ...)
{
}

/**
 * Create a traffic selector
 */
static traffic_selector_t *create_selector(int net, int subnet)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "10.%d.%d.0/24", net, subnet);
	return traffic_selector_create_from_cidr(buf, 0, 0, 65535);
}

/**
 * Install or delete the SAs and policies of a CHILD_SA
 */
static void manage_child(child_t *child, bool add)
{
	host_t *local = create_host(child->me), *peer = create_host(child->other);
	kernel_interface_t *kernels[] = { charon->kernel, &without.kernel };
	model_t *models[] = { &with, &without };
	int i, j;

	for (i = 0; i < countof(models); i++)
	{
		if (add)
		{
			add_sa(models[i], child->mock.spi_in, child->other, child->me,
				   child->mock.encap);
			add_sa(models[i], child->mock.spi_out, child->me, child->other,
				   child->mock.encap);
		}
		for (j = 0; j < child->pairs; j++)
		{
			manage_in(kernels[i], child, j, add, local, peer);
			manage_out(kernels[i], child, j, add, POLICY_IPSEC, local, peer);
		}
		if (!add)
		{
			find_sa(models[i], child->mock.spi_in, child->me)->spi = 0;
			find_sa(models[i], child->mock.spi_out, child->other)->spi = 0;
		}
	}
	local->destroy(local);
	peer->destroy(peer);
}

/**
 * Create a CHILD_SA, or one that replaces another one by rekeying
 */
static void create_child(uint8_t what)
{
	child_t *child = children;
	int i, ts = what % 3;

	while (child < children + CHILDREN && child->mock.spi_in)
	{
		child++;
	}
	if (child == children + CHILDREN)
	{
		return;
	}
	*child = (child_t){
		.me = byte_of(parent.me),
		.other = byte_of(parent.other),
		.fwd_out = (what & 8) != 0,
		.pairs = what & 4 ? 2 : 1,
	};
	mock_child_init(&child->mock);
	child->mock.spi_in = child->mock.unique_id = spi + 1;
	child->mock.spi_out = spi + 2;
	child->mock.encap = parent.nat;
	if ((what & 0x30) == 0x30)
	{
		child->mock.mode = MODE_TRANSPORT;
	}
	array_insert(parent.children, ARRAY_TAIL, &child->mock);
	spi += 2;
	child->mock.reqid = 1 + 2 * ts + child->pairs;
	for (i = 0; i < child->pairs; i++)
	{
		child->mock.mine[i] = create_selector(1, 1 + ts);
		child->mock.others[i] = create_selector(2, 101 + ts + 10 * i);
	}
	manage_child(child, TRUE);
}

/**
 * Delete a CHILD_SA
 */
static void delete_child(child_t *child)
{
	enumerator_t *enumerator;
	mock_child_t *mock;
	int i;

	if (child->mock.spi_in)
	{
		manage_child(child, FALSE);
		for (i = 0; i < child->pairs; i++)
		{
			child->mock.mine[i]->destroy(child->mock.mine[i]);
			child->mock.others[i]->destroy(child->mock.others[i]);
		}
		child->mock.spi_in = child->mock.spi_out = 0;
		enumerator = array_create_enumerator(parent.children);
		while (enumerator->enumerate(enumerator, &mock))
		{
			if (mock == &child->mock)
			{
				array_remove_at(parent.children, enumerator);
			}
		}
		enumerator->destroy(enumerator);
	}
}

/**
 * Check that packets get through, whatever is still to be changed
 */
static void check_passes(void)
{
	policy_t *policy;
	child_t *child;
	kernel_sa_t *sa;

	for (child = children; child < children + CHILDREN; child++)
	{
		sa = find_sa(&with, child->mock.spi_in, child->me);
		check(!child->mock.spi_in ||
			  (sa && sa->src == child->other &&
			   sa->encap == child->mock.encap));
		sa = find_sa(&with, child->mock.spi_out, child->other);
		check(!child->mock.spi_in ||
			  (sa && sa->src == child->me && sa->encap == child->mock.encap));
	}
	for (policy = with.policies; policy < with.policies + POLICIES; policy++)
	{
		if (policy->count)
		{
			child = find_child(policy->installed.spi);
			check(policy->installed.type == POLICY_IPSEC);
			if (policy->installed.spi == child->mock.spi_out)
			{
				check(policy->installed.src == child->me &&
					  policy->installed.dst == child->other);
			}
			else
			{
				check(policy->installed.src == child->other ||
					  policy->installed.src == ANY);
			}
		}
	}
}

/**
 * Check that a policy is used as another one is, in whatever order
 */
static void check_users(policy_t *policy, policy_t *expected)
{
	bool found[USERS] = {};
	int i, j;

	check(policy->count == expected->count);
	for (i = 0; i < policy->count; i++)
	{
		for (j = 0; j < expected->count; j++)
		{
			if (!found[j] && memeq(&policy->users[i], &expected->users[j],
								   sizeof(user_t)))
			{
				found[j] = TRUE;
				break;
			}
		}
		check(j < expected->count);
	}
	/* one that stays where it is may have been made ready to leave, and need
	 * not have been made ready to stay */
	check(!policy->count || find_child(policy->installed.spi)->refused ||
		  memeq(&policy->users[0], &policy->installed, sizeof(user_t)));
}

/**
 * Check that both kernels are the same
 */
static void check_same(void)
{
	kernel_sa_t *sa, *expected;
	int i;

	for (i = 0; i < POLICIES; i++)
	{
		policy_t *policy = &with.policies[i];

		if (policy->count)
		{
			check_users(policy, find_policy(&without, policy->dir, policy->src,
											policy->dst));
		}
		policy = &without.policies[i];
		if (policy->count)
		{
			check(find_policy(&with, policy->dir, policy->src,
							  policy->dst)->count);
		}
	}
	for (i = 0; i < SAS; i++)
	{
		sa = &with.sas[i];
		expected = find_sa(&without, sa->spi, sa->dst);
		check(!sa->spi || (expected && expected->src == sa->src &&
						   expected->encap == sa->encap));
		sa = &without.sas[i];
		check(!sa->spi || find_sa(&with, sa->spi, sa->dst));
	}
}

/**
 * Move the IKE_SA
 */
static void move_hosts(mobility_child_update_t *relocator, uint8_t where,
					   array_t *copies)
{
	host_t *local = create_host(1 + where % 3);
	host_t *peer = create_host(11 + (where >> 2) % 3);
	update_hosts_flag_t flags = UPDATE_HOSTS_FORCE_ADDRS;
	child_t *child;

	parent.nat = (where & 0x10) != 0;
	if (where & 0x20 && !copies)
	{	/* at the responder's end, which makes no copies, stock may decide */
		flags = 0;
	}
	relocator->update(relocator, &parent.public, update_hosts, local, peer,
					  flags, copies);
	local->destroy(local);
	peer->destroy(peer);
	for (child = children; child < children + CHILDREN; child++)
	{
		child->moved_in = child->moved_out = FALSE;
	}
}

/**
 * Let time pass
 */
static void pass(uint64_t ms)
{
	now += ms;
	if (alarm_time && now >= alarm_time)
	{
		alarm_time = 0;
		alarm_cb(alarm_data, now);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	library_init("", "fuzz");
	dbg_default_set_level(-1);
	sad = (mobility_xfrm_migrate_t){
		.migrate = _migrate,
		.relax = _relax,
		.migrate_relaxed = _migrate_relaxed,
		.has_moved = _has_moved,
		.copy = _copy_,
		/* nothing is allocated in here */
		.make_room = (void*)nop,
		.del = _del,
		.destroy = (void*)nop,
	};
	bus.log = log_;
	mock_daemon.bus = &bus;
	mock_daemon.kernel = &with.kernel;
	charon = &mock_daemon;
	return 0;
}

/**
 * Start with nothing
 */
static void reset(void)
{
	memset(&with, 0, sizeof(with));
	with.kernel = (kernel_interface_t){
		.update_sa = _update_sa,
		.add_policy = _add_policy,
		.del_policy = _del_policy,
	};
	without = with;
	memset(children, 0, sizeof(children));
	mock_parent_init(&parent, "10.0.0.1", "10.0.0.11");
	now = 1000;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	mobility_child_update_t *relocator;
	array_t *copies = NULL;
	host_t *local;
	int i;

	reset();
	relocator = mobility_child_update_create(NULL, &sad);
	check(relocator != NULL);
	for (; len >= 3; data += 3, len -= 3)
	{
		works = data[2];
		switch (data[0] % 7)
		{
			case 0:
				create_child(data[1]);
				break;
			case 1:
				delete_child(&children[data[1] % CHILDREN]);
				break;
			case 2:
			case 3:
				move_hosts(relocator, data[1], copies);
				break;
			case 4:
				local = create_host(1 + data[1] % 3);
				relocator->accept(relocator, &parent.public, local, &copies);
				local->destroy(local);
				break;
			case 5:
				relocator->drop(relocator, &copies);
				break;
			default:
				pass(data[1] * 10);
				break;
		}
		check_passes();
	}
	relocator->drop(relocator, &copies);
	relocator->destroy(relocator);
	check_same();
	for (i = 0; i < CHILDREN; i++)
	{
		delete_child(&children[i]);
	}
	check_same();
	mock_parent_deinit(&parent);
	return 0;
}
