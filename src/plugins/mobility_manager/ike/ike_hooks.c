/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/ike_hooks.h"

#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <threading/mutex.h>

typedef struct private_mobility_ike_hooks_t private_mobility_ike_hooks_t;
typedef struct hook_t hook_t;

/**
 * A hooked IKE_SA.
 */
struct hook_t {

	/**
	 * Methods as they were, which many share.
	 */
	const mobility_ike_stock_t *stock;

	/**
	 * Gets the calls.
	 */
	mobility_ike_handler_t *handler;
};

/**
 * Private data of a mobility_ike_hooks_t object.
 */
struct private_mobility_ike_hooks_t {

	/**
	 * Public interface.
	 */
	mobility_ike_hooks_t public;

	/**
	 * ike_sa_t* => hook_t*
	 */
	hashtable_t *hooks;

	/**
	 * What the methods of any IKE_SA were, mobility_ike_stock_t*: one, unless
	 * somebody else replaces them as well.
	 */
	linked_list_t *stocks;

	/**
	 * Locks both.  A hook_t itself is only used and removed with its
	 * IKE_SA checked out.
	 */
	mutex_t *mutex;
};

/**
 * The methods of an ike_sa_t have no place for user data.
 */
static private_mobility_ike_hooks_t *instance;

/**
 * Find the hook of an IKE_SA.
 */
static hook_t *find(ike_sa_t *ike_sa)
{
	hook_t *hook;

	instance->mutex->lock(instance->mutex);
	hook = instance->hooks->get(instance->hooks, ike_sa);
	instance->mutex->unlock(instance->mutex);
	return hook;
}

/**
 * Hook for ike_sa_t.retransmit()
 */
static status_t hook_retransmit(ike_sa_t *ike_sa, uint32_t mid)
{
	hook_t *hook = find(ike_sa);

	return hook->handler->methods->retransmit(hook->handler, ike_sa, hook->stock, mid);
}

/**
 * Hook for ike_sa_t.roam()
 */
static status_t hook_roam(ike_sa_t *ike_sa, bool address)
{
	hook_t *hook = find(ike_sa);

	return hook->handler->methods->roam(hook->handler, ike_sa, hook->stock, address);
}

/**
 * Hook for ike_sa_t.send_dpd()
 */
static status_t hook_send_dpd(ike_sa_t *ike_sa)
{
	hook_t *hook = find(ike_sa);

	return hook->handler->methods->send_dpd(hook->handler, ike_sa, hook->stock);
}

/**
 * Hook for ike_sa_t.delete()
 */
static status_t hook_delete(ike_sa_t *ike_sa, bool force)
{
	hook_t *hook = find(ike_sa);

	return hook->handler->methods->delete(hook->handler, ike_sa, hook->stock, force);
}

/**
 * Hook for ike_sa_t.delete_child_sa()
 */
static status_t hook_delete_child_sa(ike_sa_t *ike_sa, protocol_id_t protocol,
									 uint32_t spi, bool expired)
{
	hook_t *hook = find(ike_sa);
	child_sa_t *child_sa;

	child_sa = ike_sa->get_child_sa(ike_sa, protocol, spi, TRUE);
	if (child_sa && !expired)
	{
		hook->handler->methods->child_deleted(hook->handler, ike_sa, child_sa);
	}
	return hook->stock->delete_child_sa(ike_sa, protocol, spi, expired);
}

/**
 * Hook for ike_sa_t.reauth()
 */
static status_t hook_reauth(ike_sa_t *ike_sa)
{
	hook_t *hook = find(ike_sa);

	hook->handler->methods->reauth(hook->handler, ike_sa);
	return hook->stock->reauth(ike_sa);
}

/**
 * Hook for ike_sa_t.process_message()
 */
static status_t hook_process_message(ike_sa_t *ike_sa, message_t *message)
{
	hook_t *hook = find(ike_sa);
	status_t status;

	status = hook->stock->process_message(ike_sa, message);
	if (status == DESTROY_ME)
	{
		return status;
	}
	/* processing the message may have unhooked the IKE_SA */
	hook = find(ike_sa);
	if (hook)
	{
		return hook->handler->methods->processed(hook->handler, ike_sa, status);
	}
	return status;
}

/**
 * Hook for ike_sa_t.update_hosts()
 */
static void hook_update_hosts(ike_sa_t *ike_sa, host_t *me, host_t *other,
							  update_hosts_flag_t flags)
{
	hook_t *hook = find(ike_sa);

	hook->handler->methods->update_hosts(hook->handler, ike_sa, hook->stock, me, other,
								flags);
}

/**
 * Read the methods of an IKE_SA.
 */
static mobility_ike_stock_t read_methods(ike_sa_t *ike_sa)
{
	return (mobility_ike_stock_t){
		.retransmit = ike_sa->retransmit,
		.roam = ike_sa->roam,
		.send_dpd = ike_sa->send_dpd,
		.delete = ike_sa->delete,
		.delete_child_sa = ike_sa->delete_child_sa,
		.reauth = ike_sa->reauth,
		.process_message = ike_sa->process_message,
		.update_hosts = ike_sa->update_hosts,
	};
}

CALLBACK(match_stock, bool,
	const mobility_ike_stock_t *stock, va_list args)
{
	const mobility_ike_stock_t *other;

	VA_ARGS_VGET(args, other);
	return memeq(stock, other, sizeof(*stock));
}

/**
 * Get what the methods of an IKE_SA are that is not hooked, the mutex must be held.
 */
static const mobility_ike_stock_t *get_stock(private_mobility_ike_hooks_t *this,
											 ike_sa_t *ike_sa)
{
	mobility_ike_stock_t methods = read_methods(ike_sa), *stock;

	if (!this->stocks->find_first(this->stocks, match_stock, (void**)&stock,
								  &methods))
	{
		INIT(stock);
		*stock = methods;
		this->stocks->insert_last(this->stocks, stock);
	}
	return stock;
}

/**
 * Replace the methods of an IKE_SA that a handler wants.
 */
static void replace_methods(ike_sa_t *ike_sa, const hook_t *hook,
							const mobility_ike_methods_t *methods)
{
	const mobility_ike_stock_t *stock = hook->stock;

	ike_sa->retransmit = methods->retransmit ? hook_retransmit
											 : stock->retransmit;
	ike_sa->roam = methods->roam ? hook_roam : stock->roam;
	ike_sa->send_dpd = methods->send_dpd ? hook_send_dpd : stock->send_dpd;
	ike_sa->delete = methods->delete ? hook_delete : stock->delete;
	ike_sa->delete_child_sa = methods->child_deleted ? hook_delete_child_sa
													 : stock->delete_child_sa;
	ike_sa->reauth = methods->reauth ? hook_reauth : stock->reauth;
	ike_sa->process_message = methods->processed ? hook_process_message
												 : stock->process_message;
	ike_sa->update_hosts = methods->update_hosts ? hook_update_hosts
												 : stock->update_hosts;
}

METHOD(mobility_ike_hooks_t, hook_, void,
	private_mobility_ike_hooks_t *this, ike_sa_t *ike_sa,
	mobility_ike_handler_t *handler)
{
	hook_t *hook;

	this->mutex->lock(this->mutex);
	hook = this->hooks->get(this->hooks, ike_sa);
	if (!hook)
	{
		INIT(hook,
			.stock = get_stock(this, ike_sa),
		);
		this->hooks->put(this->hooks, ike_sa, hook);
	}
	hook->handler = handler;
	this->mutex->unlock(this->mutex);

	replace_methods(ike_sa, hook, handler->methods);
}

METHOD(mobility_ike_hooks_t, unhook, void,
	private_mobility_ike_hooks_t *this, ike_sa_t *ike_sa)
{
	static const mobility_ike_methods_t none = {};
	hook_t *hook;

	this->mutex->lock(this->mutex);
	hook = this->hooks->remove(this->hooks, ike_sa);
	this->mutex->unlock(this->mutex);

	if (hook)
	{
		replace_methods(ike_sa, hook, &none);
		free(hook);
	}
}

METHOD(mobility_ike_hooks_t, get_handler, mobility_ike_handler_t*,
	private_mobility_ike_hooks_t *this, ike_sa_t *ike_sa)
{
	hook_t *hook = find(ike_sa);

	return hook ? hook->handler : NULL;
}

METHOD(mobility_ike_hooks_t, destroy, void,
	private_mobility_ike_hooks_t *this)
{
	instance = NULL;
	this->hooks->destroy_function(this->hooks, (void*)free);
	this->stocks->destroy_function(this->stocks, free);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_ike_hooks_t *mobility_ike_hooks_create()
{
	private_mobility_ike_hooks_t *this;

	INIT(this,
		.public = {
			.hook = _hook_,
			.unhook = _unhook,
			.get_handler = _get_handler,
			.destroy = _destroy,
		},
		.hooks = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 4),
		.stocks = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	instance = this;

	return &this->public;
}
