/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp/child_update.h"
#include "esp/virtual_ips.h"
#include "compat.h"
#include "esp/kernel_hooks.h"

#include <unistd.h>

#include <daemon.h>

/** How often we look if charon knows an address, and every how many ms. */
#define KNOWN_TRIES 100
#define KNOWN_INTERVAL 5

typedef struct private_mobility_child_update_t private_mobility_child_update_t;

/**
 * Private data of a mobility_child_update_t object.
 */
struct private_mobility_child_update_t {

	/**
	 * Public interface.
	 */
	mobility_child_update_t public;

	/**
	 * SAs and policies in the kernel.
	 */
	mobility_xfrm_migrate_t *sad;

	/**
	 * Requests about routes.
	 */
	mobility_rtnl_t *rtnl;

	/**
	 * Hooks in charon's kernel interface.
	 */
	mobility_kernel_hooks_t *hooks;
};

/**
 * Change of addresses.
 */
typedef struct {
	/** IKE_SA they are of */
	ike_sa_t *ike_sa;
	/** addresses of the CHILD_SAs so far */
	host_t *me, *other;
	/** addresses from now on */
	host_t *new_me, *new_other;
	/** use UDP encapsulation from now on */
	bool encap;
	/** SAs that exist in the kernel only, mobility_sa_id_t */
	array_t *copies;
} change_t;

/**
 * Check if a traffic selector is just one of our addresses, and follows it.
 */
static bool follows(child_sa_t *child_sa, bool local, host_t *from, host_t *to)
{
	enumerator_t *enumerator;
	traffic_selector_t *ts;
	bool found = FALSE;

	if (from->ip_equals(from, to))
	{
		return FALSE;
	}
	enumerator = child_sa->create_ts_enumerator(child_sa, local);
	while (!found && enumerator->enumerate(enumerator, &ts))
	{
		found = ts->is_host(ts, from);
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Check if a CHILD_SA is of a kind we can handle.
 */
static bool is_plain(child_sa_t *child_sa, const change_t *change)
{
	child_cfg_t *config = child_sa->get_config(child_sa);
	mark_t in, out;

	in = child_sa->get_mark(child_sa, TRUE);
	out = child_sa->get_mark(child_sa, FALSE);
	return child_sa->get_protocol(child_sa) == PROTO_ESP &&
		   child_sa->get_mode(child_sa) == MODE_TUNNEL &&
		   child_sa->get_ipcomp(child_sa) == IPCOMP_NONE &&
		   config->get_hw_offload(config) == HW_OFFLOAD_NO &&
		   !mobility_compat_per_cpu(child_sa) &&
		   !in.mask && !out.mask &&
		   /* charon gives it another reqid */
		   !follows(child_sa, TRUE, change->me, change->new_me) &&
		   !follows(child_sa, FALSE, change->other, change->new_other);
}

/**
 * Get the inbound SA of a CHILD_SA at one of our addresses.
 */
static mobility_sa_id_t inbound_at(child_sa_t *child_sa, host_t *me)
{
	return mobility_sa_id_create(me, IPPROTO_ESP,
								 child_sa->get_spi(child_sa, TRUE),
								 (mark_t){});
}

/**
 * Remove an SA from those that only the kernel knows.
 */
static bool remove_copy(array_t *copies, const mobility_sa_id_t *id)
{
	mobility_sa_id_t current;
	int i;

	for (i = 0; i < array_count(copies); i++)
	{
		array_get(copies, i, &current);
		if (mobility_sa_id_equals(&current, id))
		{
			return array_remove(copies, i, NULL);
		}
	}
	return FALSE;
}

/**
 * Have nothing in the way of the inbound SA at a new address of ours.
 */
static void make_room(private_mobility_child_update_t *this,
					  child_sa_t *child_sa, host_t *me)
{
	mobility_sa_id_t id = inbound_at(child_sa, me);

	this->sad->make_room(this->sad, &id);
}

METHOD(mobility_child_update_t, accept_, void,
	private_mobility_child_update_t *this, ike_sa_t *ike_sa, host_t *local,
	array_t **copies)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	mobility_sa_id_t id;
	change_t change = {
		.me = ike_sa->get_my_host(ike_sa),
		.other = ike_sa->get_other_host(ike_sa),
		.new_me = local,
	};

	change.new_other = change.other;
	if (local->ip_equals(local, change.me))
	{
		return;
	}
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		if (!is_plain(child_sa, &change))
		{
			continue;
		}
		make_room(this, child_sa, local);
		id = inbound_at(child_sa, change.me);
		if (this->sad->copy(this->sad, &id, local))
		{
			id = inbound_at(child_sa, local);
			array_insert_create_value(copies, sizeof(id), ARRAY_TAIL, &id);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Check if a CHILD_SA has an outbound SA: not once it is deleted, while packets
 * may still come in.
 */
static bool has_outbound(child_sa_t *child_sa)
{
	return (child_sa->get_outbound_state(child_sa) & CHILD_OUTBOUND_SA) != 0;
}

/**
 * Get the SPIs of other CHILD_SAs that the kernel can't tell from this one, which
 * it has replaced or is going to: uint32_t, NULL if there are none.
 */
static array_t *get_kin(ike_sa_t *ike_sa, child_sa_t *child_sa, bool inbound)
{
	enumerator_t *enumerator;
	array_t *kin = NULL;
	child_sa_t *other;
	uint32_t spi;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &other))
	{
		if (other != child_sa && (inbound || has_outbound(other)) &&
			other->get_reqid(other) == child_sa->get_reqid(child_sa))
		{
			spi = other->get_spi(other, inbound);
			array_insert_create_value(&kin, sizeof(spi), ARRAY_TAIL, &spi);
		}
	}
	enumerator->destroy(enumerator);
	return kin;
}

/**
 * Describe what changes about the policies of one direction.
 */
static mobility_xfrm_move_t get_move(child_sa_t *child_sa, policy_dir_t dir,
									 const change_t *change)
{
	bool inbound = dir != POLICY_OUT;
	child_cfg_t *config = child_sa->get_config(child_sa);

	return (mobility_xfrm_move_t){
		.dir = dir,
		.interface = inbound ? NULL : config->get_interface(config),
		.reqid = child_sa->get_reqid(child_sa),
		.if_id = child_sa->get_if_id(child_sa, inbound),
		.spi = child_sa->get_spi(child_sa, inbound),
		.src = inbound ? change->other : change->me,
		.dst = inbound ? change->me : change->other,
		.new_src = inbound ? change->new_other : change->new_me,
		.new_dst = inbound ? change->new_me : change->new_other,
		.encap = change->encap,
	};
}

/**
 * Do something with the policies of one direction.  Returns TRUE if it could be
 * done with all of them, last gets what the last one returned if not NULL.
 */
static bool each_policy(private_mobility_child_update_t *this,
						child_sa_t *child_sa, mobility_xfrm_move_t *move,
						bool (*method)(mobility_xfrm_migrate_t*,
									   const mobility_xfrm_move_t*), bool *last)
{
	bool inbound = move->dir != POLICY_OUT, failed = FALSE, done = FALSE;
	traffic_selector_t *mine, *others;
	enumerator_t *enumerator;

	enumerator = child_sa->create_policy_enumerator(child_sa);
	while (enumerator->enumerate(enumerator, &mine, &others))
	{
		move->src_ts = inbound ? others : mine;
		move->dst_ts = inbound ? mine : others;
		done = method(this->sad, move);
		failed = failed || !done;
	}
	enumerator->destroy(enumerator);
	if (last)
	{
		*last = done;
	}
	return done && !failed;
}

/**
 * Move the policies of one direction, and the SA with the first of them.
 * Returns TRUE if the SA is there, which matters for charon.
 */
static bool migrate(private_mobility_child_update_t *this, child_sa_t *child_sa,
					policy_dir_t dir, const change_t *change)
{
	mobility_xfrm_move_t move = get_move(child_sa, dir, change);
	bool there;

	move.kin = get_kin(change->ike_sa, child_sa, dir != POLICY_OUT);
	each_policy(this, child_sa, &move, this->sad->migrate, &there);
	array_destroy(move.kin);
	return there;
}

/**
 * Move the inbound SA, whose policies accept it whatever address it has.
 */
static bool migrate_relaxed(private_mobility_child_update_t *this,
							child_sa_t *child_sa, mobility_xfrm_move_t *in,
							const change_t *change)
{
	bool there;

	in->kin = get_kin(change->ike_sa, child_sa, TRUE);
	there = this->sad->migrate_relaxed(this->sad, in);
	array_destroy(in->kin);
	return there;
}

/**
 * Move the inbound SA. Forwarded packets are checked by one policy only, others
 * by the other.
 */
static bool migrate_inbound(private_mobility_child_update_t *this,
							child_sa_t *child_sa, const change_t *change,
							bool *relaxed)
{
	mobility_xfrm_move_t fwd = get_move(child_sa, POLICY_FWD, change);
	mobility_xfrm_move_t in = get_move(child_sa, POLICY_IN, change);

	/* what was put off is about an address that is not left before that */
	this->hooks->settle(this->hooks, child_sa->get_reqid(child_sa));
	if (change->other->ip_equals(change->other, change->new_other))
	{	/* the SA goes with the first, as it may be more of these */
		migrate(this, child_sa, POLICY_FWD, change);
		return migrate(this, child_sa, POLICY_IN, change);
	}
	if (each_policy(this, child_sa, &fwd, this->sad->relax, NULL) &&
		each_policy(this, child_sa, &in, this->sad->relax, NULL))
	{
		*relaxed = TRUE;
		return migrate_relaxed(this, child_sa, &in, change);
	}
	return FALSE;
}

/**
 * Check if the inbound SA is where the IKE_SA is so far: what can't be without
 * UDP encapsulation stays behind until stock has it rekeyed.
 */
static bool is_in_place(private_mobility_child_update_t *this,
						child_sa_t *child_sa, const change_t *change)
{
	change_t stay = {
		.me = change->me,
		.other = change->other,
		.new_me = change->me,
		.new_other = change->other,
		.encap = child_sa->has_encap(child_sa),
	};
	mobility_xfrm_move_t move = get_move(child_sa, POLICY_IN, &stay);

	return this->sad->has_moved(this->sad, &move);
}

/**
 * Have the copy of the inbound SA at the new address change places with it.
 * If it isn't as the SA has to be it goes, two SAs can't be at one address.
 */
static bool exchange_copy(private_mobility_child_update_t *this,
						  child_sa_t *child_sa, const change_t *change,
						  bool plain)
{
	mobility_xfrm_move_t move = get_move(child_sa, POLICY_IN, change);
	mobility_sa_id_t old, new;

	old = inbound_at(child_sa, change->me);
	new = inbound_at(child_sa, change->new_me);
	if (!remove_copy(change->copies, &new))
	{
		return FALSE;
	}
	if (plain && this->sad->has_moved(this->sad, &move) &&
		is_in_place(this, child_sa, change))
	{
		array_insert(change->copies, ARRAY_TAIL, &old);
		return TRUE;
	}
	this->sad->del(this->sad, &new);
	return FALSE;
}

/**
 * Move what belongs to a CHILD_SA as far as we can, stock does the rest.
 */
static void move_child(private_mobility_child_update_t *this,
					   child_sa_t *child_sa, const change_t *change)
{
	bool plain, relaxed = FALSE, inbound, outbound;

	if (!change->me->ip_equals(change->me, change->new_me))
	{
		make_room(this, child_sa, change->new_me);
	}
	plain = is_plain(child_sa, change) &&
			(change->encap || !child_sa->has_encap(child_sa));
	inbound = exchange_copy(this, child_sa, change, plain) ||
			  (plain && migrate_inbound(this, child_sa, change, &relaxed));
	outbound = plain && (!has_outbound(child_sa) ||
						 migrate(this, child_sa, POLICY_OUT, change));
	if (inbound)
	{
		this->hooks->moved(this->hooks, child_sa->get_spi(child_sa, TRUE));
	}
	if (outbound)
	{
		this->hooks->moved(this->hooks, child_sa->get_spi(child_sa, FALSE));
		this->hooks->keep(this->hooks, child_sa->get_reqid(child_sa),
						  child_sa->get_spi(child_sa, FALSE), relaxed);
	}
	if (!inbound || !outbound)
	{
		DBG1(DBG_KNL, "mobility: %sSAs of CHILD_SA %s{%u} are deleted and "
			 "added again, packets may get lost", inbound ? "outbound " :
			 outbound ? "inbound " : "", child_sa->get_name(child_sa),
			 child_sa->get_unique_id(child_sa));
	}
}

/**
 * Check if charon knows an address, on an interface if that is not NULL.
 */
static bool is_known(host_t *host, const char *ifname)
{
	char *known;
	bool found;

	if (!charon->kernel->get_interface(charon->kernel, host, &known))
	{
		return FALSE;
	}
	found = !ifname || streq(known, ifname);
	free(known);
	return found;
}

/**
 * Wait until charon has heard of an address that we have heard of already.
 * Stock puts virtual IP addresses on its interface, and if it knows none it
 * leaves them where they were, without a word.
 */
static void wait_for_interface(ike_sa_t *ike_sa, host_t *host,
							   const char *ifname)
{
	enumerator_t *enumerator;
	host_t *vip;
	bool has_vip;
	int i;

	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, TRUE);
	has_vip = enumerator->enumerate(enumerator, &vip);
	enumerator->destroy(enumerator);

	for (i = 0; has_vip && i < KNOWN_TRIES && !is_known(host, ifname); i++)
	{
		usleep(KNOWN_INTERVAL * 1000);
	}
}

METHOD(mobility_child_update_t, update, void,
	private_mobility_child_update_t *this, ike_sa_t *ike_sa,
	mobility_update_hosts_t stock, host_t *me, host_t *other,
	update_hosts_flag_t flags, array_t *copies)
{
	change_t change = {
		.ike_sa = ike_sa,
		.me = ike_sa->get_my_host(ike_sa),
		.other = ike_sa->get_other_host(ike_sa),
		.encap = ike_sa->has_condition(ike_sa, COND_NAT_ANY),
		.copies = copies,
	};
	enumerator_t *enumerator;
	child_sa_t *child_sa;

	change.new_me = me ?: change.me;
	change.new_other = other ?: change.other;
	if ((flags & UPDATE_HOSTS_FORCE_ADDRS) != UPDATE_HOSTS_FORCE_ADDRS ||
		(change.new_me->equals(change.new_me, change.me) &&
		 change.new_other->equals(change.new_other, change.other)))
	{	/* stock may decide otherwise, and knows best if nothing changes */
		stock(ike_sa, me, other, flags);
		return;
	}
	wait_for_interface(ike_sa, change.new_me, NULL);
	this->hooks->begin(this->hooks);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		move_child(this, child_sa, &change);
	}
	enumerator->destroy(enumerator);
	mobility_virtual_ips_keep(this->rtnl, ike_sa);
	stock(ike_sa, me, other, flags);
	mobility_virtual_ips_release(this->rtnl, ike_sa);
	this->hooks->end(this->hooks);
}

/**
 * Have stock update a CHILD_SA, but not its SAs in the kernel.
 */
static void update_around(private_mobility_child_update_t *this,
						  child_sa_t *child_sa, host_t *me, host_t *other,
						  linked_list_t *vips)
{
	this->hooks->moved(this->hooks, child_sa->get_spi(child_sa, TRUE));
	if (has_outbound(child_sa))
	{
		this->hooks->moved(this->hooks, child_sa->get_spi(child_sa, FALSE));
	}
	child_sa->update(child_sa, me, other, vips, child_sa->has_encap(child_sa));
}

/**
 * Have stock write the policies of an IKE_SA again, and virtual IP addresses if
 * there are any, but not SAs.  With a path, routes and addresses go to that.
 */
static void rewrite(private_mobility_child_update_t *this, ike_sa_t *ike_sa,
					const mobility_path_t *path, linked_list_t *vips)
{
	host_t *me = ike_sa->get_my_host(ike_sa), *aside;
	host_t *other = ike_sa->get_other_host(ike_sa);
	enumerator_t *enumerator;
	child_sa_t *child_sa;

	/* stock does nothing where nothing changes: there and back again */
	aside = me->clone(me);
	aside->set_port(aside, me->get_port(me) ^ 1);
	this->hooks->begin(this->hooks);
	this->hooks->steer(this->hooks, path);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		this->hooks->keep(this->hooks, child_sa->get_reqid(child_sa),
						  child_sa->get_spi(child_sa, FALSE), FALSE);
		update_around(this, child_sa, aside, other, vips);
		update_around(this, child_sa, me, other, vips);
	}
	enumerator->destroy(enumerator);
	this->hooks->end(this->hooks);
	aside->destroy(aside);
}

METHOD(mobility_child_update_t, follow, void,
	private_mobility_child_update_t *this, ike_sa_t *ike_sa,
	const mobility_path_t *path)
{
	linked_list_t *vips;

	wait_for_interface(ike_sa, path->local, path->ifname);
	vips = linked_list_create_from_enumerator(
							ike_sa->create_virtual_ip_enumerator(ike_sa, TRUE));
	mobility_virtual_ips_keep(this->rtnl, ike_sa);
	rewrite(this, ike_sa, path, vips);
	mobility_virtual_ips_release(this->rtnl, ike_sa);
	vips->destroy(vips);
}

/**
 * Check if all policies of a CHILD_SA are there.
 */
static bool has_policies(private_mobility_child_update_t *this,
						 child_sa_t *child_sa, const change_t *change)
{
	child_cfg_t *config = child_sa->get_config(child_sa);
	mobility_xfrm_move_t in = get_move(child_sa, POLICY_IN, change);
	mobility_xfrm_move_t fwd = get_move(child_sa, POLICY_FWD, change);
	mobility_xfrm_move_t out = get_move(child_sa, POLICY_OUT, change);

	return config->has_option(config, OPT_NO_POLICIES) ||
		   (each_policy(this, child_sa, &in, this->sad->has_policy, NULL) &&
			each_policy(this, child_sa, &fwd, this->sad->has_policy, NULL) &&
			(!has_outbound(child_sa) ||
			 each_policy(this, child_sa, &out, this->sad->has_policy, NULL)));
}

/**
 * Check if the SAs of a CHILD_SA are there.
 */
static bool has_sas(private_mobility_child_update_t *this,
					child_sa_t *child_sa, const change_t *change)
{
	mobility_sa_id_t in, out;

	in = inbound_at(child_sa, change->me);
	out = mobility_sa_id_create(change->other, IPPROTO_ESP,
								child_sa->get_spi(child_sa, FALSE),
								(mark_t){});
	return this->sad->has_sa(this->sad, &in) &&
		   (!has_outbound(child_sa) || this->sad->has_sa(this->sad, &out));
}

/**
 * Rekey the CHILD_SAs with these inbound SPIs, uint32_t.
 */
static status_t rekey(ike_sa_t *ike_sa, array_t *spis)
{
	status_t status = SUCCESS;
	uint32_t spi;

	while (status != DESTROY_ME && array_remove(spis, ARRAY_HEAD, &spi))
	{
		DBG1(DBG_KNL, "mobility: %s: somebody has deleted the SAs with SPI "
			 "%.8x, rekeying", ike_sa->get_name(ike_sa), ntohl(spi));
		status = ike_sa->rekey_child_sa(ike_sa, PROTO_ESP, spi);
	}
	return status == DESTROY_ME ? DESTROY_ME : SUCCESS;
}

METHOD(mobility_child_update_t, restore, status_t,
	private_mobility_child_update_t *this, ike_sa_t *ike_sa)
{
	change_t stay = {
		.ike_sa = ike_sa,
		.me = ike_sa->get_my_host(ike_sa),
		.other = ike_sa->get_other_host(ike_sa),
		.new_me = ike_sa->get_my_host(ike_sa),
		.new_other = ike_sa->get_other_host(ike_sa),
	};
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	array_t *gone;
	bool complete = TRUE;
	uint32_t spi;
	status_t status;

	gone = array_create(sizeof(spi), 0);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		if (child_sa->get_state(child_sa) != CHILD_INSTALLED ||
			!is_plain(child_sa, &stay))
		{
			continue;
		}
		complete = complete && has_policies(this, child_sa, &stay);
		if (!has_sas(this, child_sa, &stay))
		{
			spi = child_sa->get_spi(child_sa, TRUE);
			array_insert(gone, ARRAY_TAIL, &spi);
		}
	}
	enumerator->destroy(enumerator);
	if (!complete)
	{
		DBG1(DBG_KNL, "mobility: %s: somebody has deleted policies, put them "
			 "back", ike_sa->get_name(ike_sa));
		rewrite(this, ike_sa, NULL, NULL);
	}
	status = rekey(ike_sa, gone);
	array_destroy(gone);
	return status;
}

METHOD(mobility_child_update_t, drop, void,
	private_mobility_child_update_t *this, array_t **copies)
{
	mobility_sa_id_t id;

	while (array_remove(*copies, ARRAY_HEAD, &id))
	{
		this->sad->del(this->sad, &id);
	}
	array_destroy(*copies);
	*copies = NULL;
}

METHOD(mobility_child_update_t, destroy, void,
	private_mobility_child_update_t *this)
{
	DESTROY_IF(this->hooks);
	DESTROY_IF(this->sad);
	free(this);
}

/*
 * Described in header.
 */
mobility_child_update_t *mobility_child_update_create(mobility_rtnl_t *rtnl,
												mobility_xfrm_migrate_t *sad)
{
	private_mobility_child_update_t *this;

	INIT(this,
		.public = {
			.accept = _accept_,
			.update = _update,
			.follow = _follow,
			.restore = _restore,
			.drop = _drop,
			.destroy = _destroy,
		},
		.sad = sad,
		.rtnl = rtnl,
		.hooks = mobility_kernel_hooks_create(),
	);
	if (!this->sad || !this->hooks)
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
