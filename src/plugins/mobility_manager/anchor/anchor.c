/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/anchor.h"
#include "net/clock.h"

#include <daemon.h>

/**
 * Time that packets from an address the peer has left say nothing, in ms.  As
 * long as the mobile end accepts what is still on its way.
 */
#define LEFT_TIME 2000

/** Number of addresses that are remembered to be left, for each IKE_SA. */
#define MAX_LEFT 4

typedef struct private_mobility_anchor_t private_mobility_anchor_t;
typedef struct anchored_t anchored_t;

/**
 * An IKE_SA of ours.  Used with it checked out.
 */
struct anchored_t {

	/**
	 * Gets the calls of the IKE_SA, must be the first member.
	 */
	mobility_ike_handler_t handler;

	/**
	 * Moves CHILD_SAs.
	 */
	mobility_child_update_t *relocator;

	/**
	 * Addresses that the peer has said to have left, in turn.
	 */
	struct {
		/** address and port, NULL if none */
		host_t *host;
		/** until when this says something */
		uint64_t until;
	} left[MAX_LEFT];

	/**
	 * Index of the next one.
	 */
	u_int next;
};

/**
 * Private data of a mobility_anchor_t object.
 */
struct private_mobility_anchor_t {

	/**
	 * Public interface.
	 */
	mobility_anchor_t public;

	/**
	 * Hooks.
	 */
	mobility_ike_hooks_t *hooks;

	/**
	 * Moves CHILD_SAs.
	 */
	mobility_child_update_t *relocator;
};

/**
 * Check if the peer has just left an address.
 */
static bool has_left(anchored_t *this, host_t *host)
{
	uint64_t now = mobility_now();
	int i;

	for (i = 0; i < MAX_LEFT; i++)
	{
		if (this->left[i].host && now < this->left[i].until &&
			host->equals(host, this->left[i].host))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * The peer has moved: remember the address it has left, which gets adopted, and
 * that it has not left the one it is at now.
 */
static void note_move(anchored_t *this, host_t *old, host_t *new)
{
	int i;

	for (i = 0; i < MAX_LEFT; i++)
	{
		if (this->left[i].host && new->equals(new, this->left[i].host))
		{
			this->left[i].host->destroy(this->left[i].host);
			this->left[i].host = NULL;
		}
	}
	DESTROY_IF(this->left[this->next].host);
	this->left[this->next].host = old;
	this->left[this->next].until = mobility_now() + LEFT_TIME;
	this->next = (this->next + 1) % MAX_LEFT;
}

/**
 * Implements mobility_ike_handler_t.update_hosts()
 */
static void update_hosts(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
						 const mobility_ike_stock_t *stock, host_t *me,
						 host_t *other, update_hosts_flag_t flags)
{
	anchored_t *this = (anchored_t*)handler;
	bool moved = flags & UPDATE_HOSTS_FORCE_REMOTE;
	host_t *old, *new;

	if (!moved && other && has_left(this, other))
	{	/* UDP-encapsulated packets still arrive from there, stock takes that for
		 * a changed NAT mapping and would send everything back */
		return;
	}
	old = ike_sa->get_other_host(ike_sa);
	old = old->clone(old);
	this->relocator->update(this->relocator, ike_sa, stock->update_hosts, me,
							other, flags, NULL);
	new = ike_sa->get_other_host(ike_sa);
	if (moved && !old->equals(old, new))
	{	/* said in an IKE message. If it was an ESP packet that came from another
		 * address, the next one from where the peer is has to be believed */
		note_move(this, old, new);
	}
	else
	{
		old->destroy(old);
	}
}

/**
 * Get what we know of an IKE_SA, NULL if it is not hooked by us.
 */
static anchored_t *find(private_mobility_anchor_t *this, ike_sa_t *ike_sa)
{
	mobility_ike_handler_t *handler;

	handler = this->hooks->get_handler(this->hooks, ike_sa);
	return handler && handler->update_hosts == update_hosts ?
				(anchored_t*)handler : NULL;
}

/**
 * Hook an IKE_SA.
 */
static anchored_t *hook(private_mobility_anchor_t *this, ike_sa_t *ike_sa)
{
	anchored_t *anchored;

	INIT(anchored,
		.handler = {
			.update_hosts = update_hosts,
		},
		.relocator = this->relocator,
	);
	this->hooks->hook(this->hooks, ike_sa, &anchored->handler);
	return anchored;
}

METHOD(mobility_follower_t, take, void,
	private_mobility_anchor_t *this, ike_sa_t *ike_sa)
{
	hook(this, ike_sa);
}

METHOD(mobility_follower_t, rekeyed, void,
	private_mobility_anchor_t *this, ike_sa_t *old, ike_sa_t *new)
{
	anchored_t *predecessor = find(this, old), *successor;

	if (predecessor)
	{	/* the CHILD_SAs, and what is on its way to them, go over */
		successor = hook(this, new);
		memcpy(successor->left, predecessor->left, sizeof(successor->left));
		memset(predecessor->left, 0, sizeof(predecessor->left));
		successor->next = predecessor->next;
	}
}

METHOD(mobility_follower_t, leave, void,
	private_mobility_anchor_t *this, ike_sa_t *ike_sa)
{
	anchored_t *anchored = find(this, ike_sa);
	int i;

	if (anchored)
	{
		this->hooks->unhook(this->hooks, ike_sa);
		for (i = 0; i < MAX_LEFT; i++)
		{
			DESTROY_IF(anchored->left[i].host);
		}
		free(anchored);
	}
}

METHOD(mobility_anchor_t, destroy, void,
	private_mobility_anchor_t *this)
{
	enumerator_t *enumerator;
	ike_sa_t *ike_sa;

	enumerator = charon->ike_sa_manager->create_enumerator(
												charon->ike_sa_manager, TRUE);
	while (enumerator->enumerate(enumerator, &ike_sa))
	{
		leave(this, ike_sa);
	}
	enumerator->destroy(enumerator);
	free(this);
}

/*
 * Described in header.
 */
mobility_anchor_t *mobility_anchor_create(mobility_ike_hooks_t *hooks,
										  mobility_child_update_t *relocator)
{
	private_mobility_anchor_t *this;

	INIT(this,
		.public = {
			.follower = {
				.take = _take,
				.rekeyed = _rekeyed,
				.leave = _leave,
			},
			.destroy = _destroy,
		},
		.hooks = hooks,
		.relocator = relocator,
	);
	return &this->public;
}
