/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_anchor.h"
#include "mobility_clock.h"

#include <daemon.h>
#include <threading/mutex.h>

/** Time that packets from an address the peer has left say nothing, in ms. */
#define LEFT_TIME 10000

typedef struct private_mobility_anchor_t private_mobility_anchor_t;
typedef struct left_t left_t;

/**
 * An address that a peer has left.
 */
struct left_t {
	/** unique id of the IKE_SA */
	uint32_t id;
	/** address and port */
	host_t *host;
	/** until when this is remembered */
	uint64_t until;
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
	 * Hears of IKE_SAs.
	 */
	listener_t listener;

	/**
	 * Gets the calls of hooked IKE_SAs, the same one for all.
	 */
	mobility_ike_handler_t handler;

	/**
	 * Settings.
	 */
	mobility_settings_t *settings;

	/**
	 * Hooks.
	 */
	mobility_ike_hooks_t *hooks;

	/**
	 * Moves CHILD_SAs.
	 */
	mobility_relocator_t *relocator;

	/**
	 * Addresses that peers have left, left_t*.
	 */
	array_t *left;

	/**
	 * Locks these.
	 */
	mutex_t *mutex;
};

/**
 * Get the object a listener is part of.
 */
static inline private_mobility_anchor_t *anchor_of(listener_t *listener)
{
	return (private_mobility_anchor_t*)((char*)listener -
								offsetof(private_mobility_anchor_t, listener));
}

/**
 * Destroy the record of an address.
 */
static void left_destroy(left_t *left)
{
	left->host->destroy(left->host);
	free(left);
}

/**
 * Check if a peer has just left an address, and forget what is longer ago.
 */
static bool has_left_locked(private_mobility_anchor_t *this, uint32_t id,
							host_t *host)
{
	enumerator_t *enumerator;
	uint64_t now = mobility_now();
	left_t *left;
	bool found = FALSE;

	enumerator = array_create_enumerator(this->left);
	while (enumerator->enumerate(enumerator, &left))
	{
		if (now >= left->until)
		{
			array_remove_at(this->left, enumerator);
			left_destroy(left);
		}
		else if (left->id == id && left->host->equals(left->host, host))
		{
			found = TRUE;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Check if a peer has just left an address.
 */
static bool has_left(private_mobility_anchor_t *this, uint32_t id,
					 host_t *host)
{
	bool found;

	this->mutex->lock(this->mutex);
	found = has_left_locked(this, id, host);
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * Remember an address that a peer has left.
 */
static void note_left(private_mobility_anchor_t *this, uint32_t id,
					  host_t *host)
{
	left_t *left;

	INIT(left,
		.id = id,
		.host = host,
		.until = mobility_now() + LEFT_TIME,
	);
	this->mutex->lock(this->mutex);
	has_left_locked(this, id, host);
	array_insert(this->left, ARRAY_TAIL, left);
	this->mutex->unlock(this->mutex);
}

/**
 * Implements mobility_ike_handler_t.update_hosts()
 */
static void update_hosts(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
						 const mobility_ike_stock_t *stock, host_t *me,
						 host_t *other, update_hosts_flag_t flags)
{
	private_mobility_anchor_t *this;
	uint32_t id = ike_sa->get_unique_id(ike_sa);
	host_t *old;

	this = (private_mobility_anchor_t*)((char*)handler -
								offsetof(private_mobility_anchor_t, handler));
	if (!(flags & UPDATE_HOSTS_FORCE_ADDRS) && other &&
		has_left(this, id, other))
	{	/* UDP-encapsulated packets still arrive from there, stock takes that for
		 * a changed NAT mapping and would send everything back */
		return;
	}
	old = ike_sa->get_other_host(ike_sa);
	old = old->clone(old);
	this->relocator->update(this->relocator, ike_sa, stock->update_hosts, me,
							other, flags, NULL);
	if (!old->equals(old, ike_sa->get_other_host(ike_sa)))
	{
		note_left(this, id, old);
	}
	else
	{
		old->destroy(old);
	}
}

/**
 * Check if an IKE_SA is one that the peer may move.
 */
static bool is_anchor(private_mobility_anchor_t *this, ike_sa_t *ike_sa)
{
	mobility_config_t config;

	this->settings->get_gateway(this->settings, &config);
	return config.mobility && ike_sa->get_version(ike_sa) == IKEV2 &&
		   ike_sa->supports_extension(ike_sa, EXT_MOBIKE) &&
		   !ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR);
}

/**
 * Check if an IKE_SA is hooked by us.
 */
static bool is_hooked(private_mobility_anchor_t *this, ike_sa_t *ike_sa)
{
	return this->hooks->get_handler(this->hooks, ike_sa) == &this->handler;
}

/**
 * Implements listener_t.ike_updown()
 */
static bool ike_updown(listener_t *listener, ike_sa_t *ike_sa, bool up)
{
	private_mobility_anchor_t *this = anchor_of(listener);

	if (up && is_anchor(this, ike_sa) &&
		!this->hooks->get_handler(this->hooks, ike_sa))
	{
		this->hooks->hook(this->hooks, ike_sa, &this->handler);
	}
	return TRUE;
}

/**
 * Implements listener_t.ike_rekey()
 */
static bool ike_rekey(listener_t *listener, ike_sa_t *old, ike_sa_t *new)
{
	private_mobility_anchor_t *this = anchor_of(listener);

	if (is_hooked(this, old))
	{
		this->hooks->hook(this->hooks, new, &this->handler);
	}
	return TRUE;
}

/**
 * Implements listener_t.ike_state_change()
 */
static bool ike_state_change(listener_t *listener, ike_sa_t *ike_sa,
							 ike_sa_state_t state)
{
	private_mobility_anchor_t *this = anchor_of(listener);

	if (state == IKE_DESTROYING && is_hooked(this, ike_sa))
	{
		this->hooks->unhook(this->hooks, ike_sa);
	}
	return TRUE;
}

METHOD(mobility_anchor_t, destroy, void,
	private_mobility_anchor_t *this)
{
	enumerator_t *enumerator;
	ike_sa_t *ike_sa;

	charon->bus->remove_listener(charon->bus, &this->listener);
	enumerator = charon->ike_sa_manager->create_enumerator(
												charon->ike_sa_manager, TRUE);
	while (enumerator->enumerate(enumerator, &ike_sa))
	{
		if (is_hooked(this, ike_sa))
		{
			this->hooks->unhook(this->hooks, ike_sa);
		}
	}
	enumerator->destroy(enumerator);
	array_destroy_function(this->left, (void*)left_destroy, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_anchor_t *mobility_anchor_create(mobility_settings_t *settings,
										  mobility_ike_hooks_t *hooks,
										  mobility_relocator_t *relocator)
{
	private_mobility_anchor_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.listener = {
			.ike_updown = ike_updown,
			.ike_rekey = ike_rekey,
			.ike_state_change = ike_state_change,
		},
		.handler = {
			.update_hosts = update_hosts,
		},
		.settings = settings,
		.hooks = hooks,
		.relocator = relocator,
		.left = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	charon->bus->add_listener(charon->bus, &this->listener);

	return &this->public;
}
