/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp/kernel_hooks.h"
#include "esp/tunnel_routes.h"
#include "esp/deferral.h"

#include <daemon.h>
#include <collections/array.h>
#include <threading/thread_value.h>

typedef struct private_mobility_kernel_hooks_t private_mobility_kernel_hooks_t;
typedef struct update_t update_t;

/**
 * An update of CHILD_SAs by a thread.
 */
struct update_t {
	/** SPIs of SAs that were moved and charon has not tried to, uint32_t */
	array_t *moved;
	/** reqids of CHILD_SAs whose policies stay in place, uint32_t */
	array_t *reqids;
	/** their outbound SPIs, uint32_t */
	array_t *spis;
	/** reqids of those whose inbound policies are changed later, uint32_t */
	array_t *relaxed;
	/** policies to delete at the end, mobility_policy_change_t* */
	array_t *deletes;
	/** policies to delete later, mobility_policy_change_t* */
	array_t *deferred;
	/** path that is used from now on, NULL if charon may find out by itself */
	const mobility_path_t *path;
};

/**
 * Private data of a mobility_kernel_hooks_t object.
 */
struct private_mobility_kernel_hooks_t {

	/**
	 * Public interface.
	 */
	mobility_kernel_hooks_t public;

	/**
	 * Update by the current thread, update_t*.
	 */
	thread_value_t *update;

	/**
	 * Changes to be made later.
	 */
	mobility_deferral_t *deferral;

	/**
	 * Methods as they were.
	 */
	struct {
		status_t (*update_sa)(kernel_interface_t *this,
							  kernel_ipsec_sa_id_t *id,
							  kernel_ipsec_update_sa_t *data);
		mobility_policy_method_t add_policy;
		mobility_policy_method_t del_policy;
		bool (*get_interface)(kernel_interface_t *this, host_t *host,
							  char **name);
		host_t *(*get_nexthop)(kernel_interface_t *this, host_t *dest,
							   int prefix, host_t *src, char **iface);
	} stock;
};

/**
 * The methods of the kernel interface have no place for user data.
 */
static private_mobility_kernel_hooks_t *instance;

/**
 * Gets told of policies, NULL if nobody is.
 */
static mobility_mute_t *mute;

/**
 * Find a number in an array, -1 if it has none.
 */
static int find(array_t *array, uint32_t number)
{
	uint32_t current;
	int i;

	for (i = 0; i < array_count(array); i++)
	{
		array_get(array, i, &current);
		if (current == number)
		{
			return i;
		}
	}
	return -1;
}

/**
 * Get the update of this thread if a policy has to stay in place.  Policies
 * that let forwarded packets out have no reqid.
 */
static update_t *get_update(kernel_ipsec_manage_policy_t *data)
{
	update_t *update = instance->update->get(instance->update);

	if (update && (find(update->reqids, data->sa->reqid) >= 0 ||
				   (!data->sa->reqid && data->sa->esp.use &&
					find(update->spis, data->sa->esp.spi) >= 0)))
	{
		return update;
	}
	return NULL;
}

/**
 * Hook for kernel_interface_t.update_sa()
 */
static status_t hook_update_sa(kernel_interface_t *kernel,
							   kernel_ipsec_sa_id_t *id,
							   kernel_ipsec_update_sa_t *data)
{
	update_t *update = instance->update->get(instance->update);
	int i = update ? find(update->moved, id->spi) : -1;

	if (i >= 0)
	{	/* only once, charon moves it back if another one can't be moved */
		array_remove(update->moved, i, NULL);
		return SUCCESS;
	}
	return instance->stock.update_sa(kernel, id, data);
}

/**
 * Check if a policy is about inbound packets of a CHILD_SA whose policies take
 * those of any address until all that wait to be checked have been.
 */
static bool is_relaxed(update_t *update, kernel_ipsec_policy_id_t *id,
					   kernel_ipsec_manage_policy_t *data)
{
	return id->dir != POLICY_OUT &&
		   find(update->relaxed, data->sa->reqid) >= 0;
}

/**
 * Hook for kernel_interface_t.add_policy()
 */
static status_t hook_add_policy(kernel_interface_t *kernel,
								kernel_ipsec_policy_id_t *id,
								kernel_ipsec_manage_policy_t *data)
{
	update_t *update = get_update(data);
	mobility_policy_change_t *change;
	status_t status;

	if (update && data->type == POLICY_DROP)
	{	/* nothing gets past policies that are always there */
		return SUCCESS;
	}
	if (update && is_relaxed(update, id, data))
	{
		change = mobility_policy_change_create(instance->stock.add_policy, id,
											   data);
		instance->deferral->add(instance->deferral, change);
		return SUCCESS;
	}
	if (!update)
	{
		instance->deferral->flush(instance->deferral, data->sa->reqid, id);
	}
	status = instance->stock.add_policy(kernel, id, data);
	if (!update && mute && data->type == POLICY_IPSEC)
	{
		mute->lift(mute, id);
	}
	return status;
}

/**
 * Hook for kernel_interface_t.del_policy()
 */
static status_t hook_del_policy(kernel_interface_t *kernel,
								kernel_ipsec_policy_id_t *id,
								kernel_ipsec_manage_policy_t *data)
{
	update_t *update = get_update(data);
	mobility_policy_change_t *change;

	if (!update)
	{
		instance->deferral->flush(instance->deferral, data->sa->reqid, id);
		return instance->stock.del_policy(kernel, id, data);
	}
	if (data->type != POLICY_DROP)
	{
		change = mobility_policy_change_create(instance->stock.del_policy, id,
											   data);
		if (is_relaxed(update, id, data))
		{
			array_insert(update->deferred, ARRAY_TAIL, change);
		}
		else
		{
			array_insert(update->deletes, ARRAY_TAIL, change);
		}
	}
	return SUCCESS;
}

/**
 * Hook for kernel_interface_t.get_interface()
 */
static bool hook_get_interface(kernel_interface_t *kernel, host_t *host,
							   char **name)
{
	update_t *update = instance->update->get(instance->update);

	if (update && update->path &&
		host->ip_equals(host, update->path->local))
	{
		if (name)
		{
			*name = strdup(update->path->ifname);
		}
		return TRUE;
	}
	return instance->stock.get_interface(kernel, host, name);
}

/**
 * Hook for kernel_interface_t.get_nexthop(), which is the destination itself if
 * that is on-link
 */
static host_t *hook_get_nexthop(kernel_interface_t *kernel, host_t *dest,
								int prefix, host_t *src, char **iface)
{
	update_t *update = instance->update->get(instance->update);
	host_t *next;

	if (update && update->path && src &&
		dest->ip_equals(dest, update->path->remote) &&
		src->ip_equals(src, update->path->local))
	{
		if (iface)
		{
			*iface = strdup(update->path->ifname);
		}
		next = update->path->gateway ?: dest;
		return next->clone(next);
	}
	return instance->stock.get_nexthop(kernel, dest, prefix, src, iface);
}

METHOD(mobility_kernel_hooks_t, begin, void,
	private_mobility_kernel_hooks_t *this)
{
	update_t *update;

	INIT(update,
		.moved = array_create(sizeof(uint32_t), 0),
		.reqids = array_create(sizeof(uint32_t), 0),
		.spis = array_create(sizeof(uint32_t), 0),
		.relaxed = array_create(sizeof(uint32_t), 0),
		.deletes = array_create(0, 0),
		.deferred = array_create(0, 0),
	);
	this->update->set(this->update, update);
	mobility_tunnel_routes_begin();
}

METHOD(mobility_kernel_hooks_t, moved, void,
	private_mobility_kernel_hooks_t *this, uint32_t spi)
{
	update_t *update = this->update->get(this->update);

	array_insert(update->moved, ARRAY_TAIL, &spi);
}

METHOD(mobility_kernel_hooks_t, settle, void,
	private_mobility_kernel_hooks_t *this, uint32_t reqid)
{
	this->deferral->flush(this->deferral, reqid, NULL);
}

METHOD(mobility_kernel_hooks_t, keep, void,
	private_mobility_kernel_hooks_t *this, uint32_t reqid, uint32_t spi,
	bool relaxed)
{
	update_t *update = this->update->get(this->update);

	array_insert(update->reqids, ARRAY_TAIL, &reqid);
	array_insert(update->spis, ARRAY_TAIL, &spi);
	if (relaxed)
	{
		array_insert(update->relaxed, ARRAY_TAIL, &reqid);
	}
	else
	{	/* what was put off is older than what is to come */
		settle(this, reqid);
	}
}

METHOD(mobility_kernel_hooks_t, steer, void,
	private_mobility_kernel_hooks_t *this, const mobility_path_t *path)
{
	update_t *update = this->update->get(this->update);

	update->path = path;
}

METHOD(mobility_kernel_hooks_t, end, void,
	private_mobility_kernel_hooks_t *this)
{
	update_t *update = this->update->get(this->update);
	mobility_policy_change_t *change;

	/* these make stock look for the interface once more */
	while (array_remove(update->deletes, ARRAY_HEAD, &change))
	{
		mobility_policy_change_apply(change);
	}
	this->update->set(this->update, NULL);
	mobility_tunnel_routes_end();
	while (array_remove(update->deferred, ARRAY_HEAD, &change))
	{
		this->deferral->add(this->deferral, change);
	}
	array_destroy(update->moved);
	array_destroy(update->reqids);
	array_destroy(update->spis);
	array_destroy(update->relaxed);
	array_destroy(update->deletes);
	array_destroy(update->deferred);
	free(update);
}

METHOD(mobility_kernel_hooks_t, destroy, void,
	private_mobility_kernel_hooks_t *this)
{
	charon->kernel->update_sa = this->stock.update_sa;
	charon->kernel->add_policy = this->stock.add_policy;
	charon->kernel->del_policy = this->stock.del_policy;
	charon->kernel->get_interface = this->stock.get_interface;
	charon->kernel->get_nexthop = this->stock.get_nexthop;
	this->deferral->destroy(this->deferral);
	instance = NULL;
	this->update->destroy(this->update);
	free(this);
}

/*
 * Described in header.
 */
void mobility_kernel_hooks_set_mute(mobility_mute_t *new)
{
	mute = new;
}

/*
 * Described in header.
 */
mobility_kernel_hooks_t *mobility_kernel_hooks_create()
{
	private_mobility_kernel_hooks_t *this;
	mobility_deferral_t *deferral = mobility_deferral_create();

	if (!deferral)
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.begin = _begin,
			.moved = _moved,
			.settle = _settle,
			.keep = _keep,
			.steer = _steer,
			.end = _end,
			.destroy = _destroy,
		},
		.update = thread_value_create(NULL),
		.deferral = deferral,
		.stock = {
			.update_sa = charon->kernel->update_sa,
			.add_policy = charon->kernel->add_policy,
			.del_policy = charon->kernel->del_policy,
			.get_interface = charon->kernel->get_interface,
			.get_nexthop = charon->kernel->get_nexthop,
		},
	);
	instance = this;
	charon->kernel->update_sa = hook_update_sa;
	charon->kernel->add_policy = hook_add_policy;
	charon->kernel->del_policy = hook_del_policy;
	charon->kernel->get_interface = hook_get_interface;
	charon->kernel->get_nexthop = hook_get_nexthop;

	return &this->public;
}
