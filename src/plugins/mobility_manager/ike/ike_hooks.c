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
typedef struct group_t group_t;

/**
 * Hooked IKE_SAs whose methods were the same.
 */
struct group_t {

	/**
	 * What these were.
	 */
	mobility_ike_stock_t stock;

	/**
	 * Who gets the calls, ike_sa_t* => mobility_ike_handler_t*.
	 */
	hashtable_t *handlers;
};

/**
 * What is known of a hooked IKE_SA.
 */
typedef struct {
	/** methods as they were */
	const mobility_ike_stock_t *stock;
	/** gets the calls, NULL if it is not hooked */
	mobility_ike_handler_t *handler;
} hook_t;

/**
 * Private data of a mobility_ike_hooks_t object.
 */
struct private_mobility_ike_hooks_t {

	/**
	 * Public interface.
	 */
	mobility_ike_hooks_t public;

	/**
	 * All that are hooked, group_t*: one, unless somebody else replaces methods
	 * as well.  They stay for as long as this does.
	 */
	linked_list_t *groups;

	/**
	 * Locks this.  The handler of an IKE_SA is only used and changed with that
	 * checked out.
	 */
	mutex_t *mutex;
};

/**
 * The methods of an ike_sa_t have no place for user data.
 */
static private_mobility_ike_hooks_t *instance;

CALLBACK(match_ike_sa, bool,
	group_t *group, va_list args)
{
	ike_sa_t *ike_sa;

	VA_ARGS_VGET(args, ike_sa);
	return group->handlers->get(group->handlers, ike_sa) != NULL;
}

/**
 * Find the group that an IKE_SA is in, NULL if it is not hooked.  The mutex must be
 * held.
 */
static group_t *find_group(private_mobility_ike_hooks_t *this, ike_sa_t *ike_sa)
{
	group_t *group = NULL;

	this->groups->find_first(this->groups, match_ike_sa, (void**)&group,
							 ike_sa);
	return group;
}

/**
 * Find out about an IKE_SA.
 */
static hook_t find(ike_sa_t *ike_sa)
{
	hook_t hook = {};
	group_t *group;

	instance->mutex->lock(instance->mutex);
	group = find_group(instance, ike_sa);
	if (group)
	{
		hook.stock = &group->stock;
		hook.handler = group->handlers->get(group->handlers, ike_sa);
	}
	instance->mutex->unlock(instance->mutex);
	return hook;
}

/**
 * Hook for ike_sa_t.retransmit()
 */
static status_t hook_retransmit(ike_sa_t *ike_sa, uint32_t mid)
{
	hook_t hook = find(ike_sa);

	return hook.handler->methods->retransmit(hook.handler, ike_sa, hook.stock, mid);
}

/**
 * Hook for ike_sa_t.roam()
 */
static status_t hook_roam(ike_sa_t *ike_sa, bool address)
{
	hook_t hook = find(ike_sa);

	return hook.handler->methods->roam(hook.handler, ike_sa, hook.stock, address);
}

/**
 * Hook for ike_sa_t.send_dpd()
 */
static status_t hook_send_dpd(ike_sa_t *ike_sa)
{
	hook_t hook = find(ike_sa);

	return hook.handler->methods->send_dpd(hook.handler, ike_sa, hook.stock);
}

/**
 * Hook for ike_sa_t.delete()
 */
static status_t hook_delete(ike_sa_t *ike_sa, bool force)
{
	hook_t hook = find(ike_sa);

	return hook.handler->methods->delete(hook.handler, ike_sa, hook.stock, force);
}

/**
 * Hook for ike_sa_t.delete_child_sa()
 */
static status_t hook_delete_child_sa(ike_sa_t *ike_sa, protocol_id_t protocol,
									 uint32_t spi, bool expired)
{
	hook_t hook = find(ike_sa);
	child_sa_t *child_sa;

	child_sa = ike_sa->get_child_sa(ike_sa, protocol, spi, TRUE);
	if (child_sa && !expired)
	{
		hook.handler->methods->child_deleted(hook.handler, ike_sa, child_sa);
	}
	return hook.stock->delete_child_sa(ike_sa, protocol, spi, expired);
}

/**
 * Hook for ike_sa_t.reauth()
 */
static status_t hook_reauth(ike_sa_t *ike_sa)
{
	hook_t hook = find(ike_sa);

	hook.handler->methods->reauth(hook.handler, ike_sa);
	return hook.stock->reauth(ike_sa);
}

/**
 * Hook for ike_sa_t.process_message()
 */
static status_t hook_process_message(ike_sa_t *ike_sa, message_t *message)
{
	hook_t hook = find(ike_sa);
	status_t status;

	status = hook.stock->process_message(ike_sa, message);
	if (status == DESTROY_ME)
	{
		return status;
	}
	/* processing the message may have unhooked the IKE_SA */
	hook = find(ike_sa);
	if (hook.handler)
	{
		return hook.handler->methods->processed(hook.handler, ike_sa, status);
	}
	return status;
}

/**
 * Hook for ike_sa_t.update_hosts()
 */
static void hook_update_hosts(ike_sa_t *ike_sa, host_t *me, host_t *other,
							  update_hosts_flag_t flags)
{
	hook_t hook = find(ike_sa);

	hook.handler->methods->update_hosts(hook.handler, ike_sa, hook.stock, me, other,
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
	group_t *group, va_list args)
{
	const mobility_ike_stock_t *methods;

	VA_ARGS_VGET(args, methods);
	return memeq(&group->stock, methods, sizeof(*methods));
}

/**
 * Get the group for an IKE_SA that is not hooked, the mutex must be held.
 */
static group_t *get_group(private_mobility_ike_hooks_t *this, ike_sa_t *ike_sa)
{
	mobility_ike_stock_t methods = read_methods(ike_sa);
	group_t *group;

	if (!this->groups->find_first(this->groups, match_stock, (void**)&group,
								  &methods))
	{
		INIT(group,
			.stock = methods,
			.handlers = hashtable_create(hashtable_hash_ptr,
										 hashtable_equals_ptr, 4),
		);
		this->groups->insert_last(this->groups, group);
	}
	return group;
}

/**
 * Replace the methods of an IKE_SA that a handler wants.
 */
static void replace_methods(ike_sa_t *ike_sa, const mobility_ike_stock_t *stock,
							const mobility_ike_methods_t *methods)
{
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
	group_t *group;

	this->mutex->lock(this->mutex);
	group = find_group(this, ike_sa) ?: get_group(this, ike_sa);
	group->handlers->put(group->handlers, ike_sa, handler);
	this->mutex->unlock(this->mutex);

	replace_methods(ike_sa, &group->stock, handler->methods);
}

METHOD(mobility_ike_hooks_t, unhook, void,
	private_mobility_ike_hooks_t *this, ike_sa_t *ike_sa)
{
	static const mobility_ike_methods_t none = {};
	group_t *group;

	this->mutex->lock(this->mutex);
	group = find_group(this, ike_sa);
	if (group)
	{
		group->handlers->remove(group->handlers, ike_sa);
	}
	this->mutex->unlock(this->mutex);

	if (group)
	{
		replace_methods(ike_sa, &group->stock, &none);
	}
}

METHOD(mobility_ike_hooks_t, get_handler, mobility_ike_handler_t*,
	private_mobility_ike_hooks_t *this, ike_sa_t *ike_sa)
{
	return find(ike_sa).handler;
}

/**
 * Destroy a group.
 */
static void group_destroy(group_t *group)
{
	group->handlers->destroy(group->handlers);
	free(group);
}

METHOD(mobility_ike_hooks_t, destroy, void,
	private_mobility_ike_hooks_t *this)
{
	instance = NULL;
	this->groups->destroy_function(this->groups, (void*)group_destroy);
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
		.groups = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	instance = this;

	return &this->public;
}
