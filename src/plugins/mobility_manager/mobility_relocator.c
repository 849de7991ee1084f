/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_relocator.h"
#include "mobility_addresses.h"
#include "mobility_kernel_hooks.h"
#include "mobility_sad.h"

#include <daemon.h>

typedef struct private_mobility_relocator_t private_mobility_relocator_t;

/**
 * Private data of a mobility_relocator_t object.
 */
struct private_mobility_relocator_t {

	/**
	 * Public interface.
	 */
	mobility_relocator_t public;

	/**
	 * SAs and policies in the kernel.
	 */
	mobility_sad_t *sad;

	/**
	 * Addresses that stay while stock takes them from one interface to another.
	 */
	mobility_addresses_t *addresses;

	/**
	 * Hooks in charon's kernel interface.
	 */
	mobility_kernel_hooks_t *hooks;
};

/**
 * Change of addresses.
 */
typedef struct {
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
 * Check if a CHILD_SA is of a kind we can handle.
 */
static bool is_plain(child_sa_t *child_sa)
{
	mark_t in, out;

	in = child_sa->get_mark(child_sa, TRUE);
	out = child_sa->get_mark(child_sa, FALSE);
	return child_sa->get_protocol(child_sa) == PROTO_ESP &&
		   child_sa->get_mode(child_sa) == MODE_TUNNEL &&
		   child_sa->get_ipcomp(child_sa) == IPCOMP_NONE &&
		   !in.mask && !out.mask;
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
 * Exchange an SA that only the kernel knows.
 */
static bool exchange_copy(array_t *copies, mobility_sa_id_t *have,
						  mobility_sa_id_t *want)
{
	mobility_sa_id_t current;
	int i;

	for (i = 0; i < array_count(copies); i++)
	{
		array_get(copies, i, &current);
		if (mobility_sa_id_equals(&current, want))
		{
			array_remove(copies, i, &current);
			array_insert(copies, ARRAY_TAIL, have);
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(mobility_relocator_t, accept_, void,
	private_mobility_relocator_t *this, ike_sa_t *ike_sa, host_t *local,
	array_t **copies)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	mobility_sa_id_t id;
	host_t *me = ike_sa->get_my_host(ike_sa);

	if (me->ip_equals(me, local))
	{
		return;
	}
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		if (!is_plain(child_sa))
		{
			continue;
		}
		id = inbound_at(child_sa, me);
		if (this->sad->copy(this->sad, &id, local))
		{
			id = inbound_at(child_sa, local);
			array_insert_create_value(copies, sizeof(id), ARRAY_TAIL, &id);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Move the policies of one direction, and the SA with the first of them.
 */
static bool migrate(private_mobility_relocator_t *this, child_sa_t *child_sa,
					policy_dir_t dir, const change_t *change)
{
	bool inbound = dir != POLICY_OUT, moved = FALSE;
	child_cfg_t *config = child_sa->get_config(child_sa);
	mobility_sad_move_t move = {
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
	traffic_selector_t *mine, *others;
	enumerator_t *enumerator;

	enumerator = child_sa->create_policy_enumerator(child_sa);
	while (enumerator->enumerate(enumerator, &mine, &others))
	{
		move.src_ts = inbound ? others : mine;
		move.dst_ts = inbound ? mine : others;
		if (!this->sad->migrate(this->sad, &move))
		{
			moved = FALSE;
			break;
		}
		moved = TRUE;
	}
	enumerator->destroy(enumerator);
	return moved;
}

/**
 * Move what belongs to a CHILD_SA as far as we can, stock does the rest.
 */
static void move_child(private_mobility_relocator_t *this,
					   child_sa_t *child_sa, const change_t *change)
{
	uint32_t reqid = child_sa->get_reqid(child_sa);
	mobility_sa_id_t old, new;
	bool inbound;

	if (!is_plain(child_sa) || (child_sa->has_encap(child_sa) &&
								!change->encap))
	{
		return;
	}
	old = inbound_at(child_sa, change->me);
	new = inbound_at(child_sa, change->new_me);
	/* forwarded packets are checked by one policy only, others by the other;
	 * the SA goes with the first, as it may be more that are forwarded */
	inbound = exchange_copy(change->copies, &old, &new) ||
			  (migrate(this, child_sa, POLICY_FWD, change) &&
			   migrate(this, child_sa, POLICY_IN, change));
	if (migrate(this, child_sa, POLICY_OUT, change))
	{
		this->hooks->moved(this->hooks, child_sa->get_spi(child_sa, FALSE),
						   reqid);
		if (inbound)
		{
			this->hooks->moved(this->hooks, child_sa->get_spi(child_sa, TRUE),
							   reqid);
		}
	}
}

METHOD(mobility_relocator_t, update, void,
	private_mobility_relocator_t *this, ike_sa_t *ike_sa,
	mobility_update_hosts_t stock, host_t *me, host_t *other,
	update_hosts_flag_t flags, array_t *copies)
{
	change_t change = {
		.me = ike_sa->get_my_host(ike_sa),
		.other = ike_sa->get_other_host(ike_sa),
		.encap = ike_sa->has_condition(ike_sa, COND_NAT_ANY),
		.copies = copies,
	};
	enumerator_t *enumerator;
	child_sa_t *child_sa;

	change.new_me = me ?: change.me;
	change.new_other = other ?: change.other;
	if (!(flags & UPDATE_HOSTS_FORCE_ADDRS) ||
		(change.new_me->equals(change.new_me, change.me) &&
		 change.new_other->equals(change.new_other, change.other)))
	{	/* stock may decide otherwise, and knows best if nothing changes */
		stock(ike_sa, me, other, flags);
		return;
	}
	this->hooks->begin(this->hooks);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		move_child(this, child_sa, &change);
	}
	enumerator->destroy(enumerator);
	this->addresses->keep(this->addresses, ike_sa);
	stock(ike_sa, me, other, flags);
	this->addresses->release(this->addresses, ike_sa);
	this->hooks->end(this->hooks);
}

METHOD(mobility_relocator_t, drop, void,
	private_mobility_relocator_t *this, array_t **copies)
{
	mobility_sa_id_t id;

	while (array_remove(*copies, ARRAY_HEAD, &id))
	{
		this->sad->del(this->sad, &id);
	}
	array_destroy(*copies);
	*copies = NULL;
}

METHOD(mobility_relocator_t, destroy, void,
	private_mobility_relocator_t *this)
{
	DESTROY_IF(this->hooks);
	DESTROY_IF(this->addresses);
	DESTROY_IF(this->sad);
	free(this);
}

/*
 * Described in header.
 */
mobility_relocator_t *mobility_relocator_create()
{
	private_mobility_relocator_t *this;

	INIT(this,
		.public = {
			.accept = _accept_,
			.update = _update,
			.drop = _drop,
			.destroy = _destroy,
		},
		.sad = mobility_sad_create(mobility_xfrm_create()),
		.addresses = mobility_addresses_create(),
		.hooks = mobility_kernel_hooks_create(),
	);
	if (!this->sad || !this->addresses)
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
