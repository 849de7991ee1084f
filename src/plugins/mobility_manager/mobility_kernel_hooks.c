/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_kernel_hooks.h"

#include <daemon.h>
#include <collections/array.h>
#include <threading/thread_value.h>

typedef struct private_mobility_kernel_hooks_t private_mobility_kernel_hooks_t;
typedef struct update_t update_t;
typedef struct policy_t policy_t;

/**
 * A policy to be deleted at the end of an update.
 */
struct policy_t {
	/** what identifies it, selectors and label owned */
	kernel_ipsec_policy_id_t id;
	/** what it is about, addresses owned */
	kernel_ipsec_manage_policy_t data;
	/** SA it refers to */
	ipsec_sa_cfg_t sa;
};

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
	/** policies to delete at the end, policy_t* */
	array_t *policies;
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
	 * Methods as they were.
	 */
	struct {
		status_t (*update_sa)(kernel_interface_t *this,
							  kernel_ipsec_sa_id_t *id,
							  kernel_ipsec_update_sa_t *data);
		status_t (*add_policy)(kernel_interface_t *this,
							   kernel_ipsec_policy_id_t *id,
							   kernel_ipsec_manage_policy_t *data);
		status_t (*del_policy)(kernel_interface_t *this,
							   kernel_ipsec_policy_id_t *id,
							   kernel_ipsec_manage_policy_t *data);
	} stock;
};

/**
 * The methods of the kernel interface have no place for user data.
 */
static private_mobility_kernel_hooks_t *instance;

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
 * Hook for kernel_interface_t.add_policy()
 */
static status_t hook_add_policy(kernel_interface_t *kernel,
								kernel_ipsec_policy_id_t *id,
								kernel_ipsec_manage_policy_t *data)
{
	if (data->type == POLICY_DROP && get_update(data))
	{	/* nothing gets past policies that are always there */
		return SUCCESS;
	}
	return instance->stock.add_policy(kernel, id, data);
}

/**
 * Hook for kernel_interface_t.del_policy()
 */
static status_t hook_del_policy(kernel_interface_t *kernel,
								kernel_ipsec_policy_id_t *id,
								kernel_ipsec_manage_policy_t *data)
{
	update_t *update = get_update(data);
	policy_t *policy;

	if (!update)
	{
		return instance->stock.del_policy(kernel, id, data);
	}
	if (data->type == POLICY_DROP)
	{
		return SUCCESS;
	}
	INIT(policy,
		.id = *id,
		.data = *data,
		.sa = *data->sa,
	);
	policy->id.src_ts = id->src_ts->clone(id->src_ts);
	policy->id.dst_ts = id->dst_ts->clone(id->dst_ts);
	policy->id.interface = strdupnull(id->interface);
	policy->id.label = id->label ? id->label->clone(id->label) : NULL;
	policy->data.src = data->src->clone(data->src);
	policy->data.dst = data->dst->clone(data->dst);
	policy->data.sa = &policy->sa;
	array_insert(update->policies, ARRAY_TAIL, policy);
	return SUCCESS;
}

/**
 * Destroy a policy.
 */
static void policy_destroy(policy_t *policy)
{
	policy->id.src_ts->destroy(policy->id.src_ts);
	policy->id.dst_ts->destroy(policy->id.dst_ts);
	free(policy->id.interface);
	DESTROY_IF(policy->id.label);
	policy->data.src->destroy(policy->data.src);
	policy->data.dst->destroy(policy->data.dst);
	free(policy);
}

METHOD(mobility_kernel_hooks_t, begin, void,
	private_mobility_kernel_hooks_t *this)
{
	update_t *update;

	INIT(update,
		.moved = array_create(sizeof(uint32_t), 0),
		.reqids = array_create(sizeof(uint32_t), 0),
		.spis = array_create(sizeof(uint32_t), 0),
		.policies = array_create(0, 0),
	);
	this->update->set(this->update, update);
}

METHOD(mobility_kernel_hooks_t, moved, void,
	private_mobility_kernel_hooks_t *this, uint32_t spi)
{
	update_t *update = this->update->get(this->update);

	array_insert(update->moved, ARRAY_TAIL, &spi);
}

METHOD(mobility_kernel_hooks_t, keep, void,
	private_mobility_kernel_hooks_t *this, uint32_t reqid, uint32_t spi)
{
	update_t *update = this->update->get(this->update);

	array_insert(update->reqids, ARRAY_TAIL, &reqid);
	array_insert(update->spis, ARRAY_TAIL, &spi);
}

METHOD(mobility_kernel_hooks_t, end, void,
	private_mobility_kernel_hooks_t *this)
{
	update_t *update = this->update->get(this->update);
	policy_t *policy;

	this->update->set(this->update, NULL);
	while (array_remove(update->policies, ARRAY_HEAD, &policy))
	{
		this->stock.del_policy(charon->kernel, &policy->id, &policy->data);
		policy_destroy(policy);
	}
	array_destroy(update->moved);
	array_destroy(update->reqids);
	array_destroy(update->spis);
	array_destroy(update->policies);
	free(update);
}

METHOD(mobility_kernel_hooks_t, destroy, void,
	private_mobility_kernel_hooks_t *this)
{
	charon->kernel->update_sa = this->stock.update_sa;
	charon->kernel->add_policy = this->stock.add_policy;
	charon->kernel->del_policy = this->stock.del_policy;
	instance = NULL;
	this->update->destroy(this->update);
	free(this);
}

/*
 * Described in header.
 */
mobility_kernel_hooks_t *mobility_kernel_hooks_create()
{
	private_mobility_kernel_hooks_t *this;

	INIT(this,
		.public = {
			.begin = _begin,
			.moved = _moved,
			.keep = _keep,
			.end = _end,
			.destroy = _destroy,
		},
		.update = thread_value_create(NULL),
		.stock = {
			.update_sa = charon->kernel->update_sa,
			.add_policy = charon->kernel->add_policy,
			.del_policy = charon->kernel->del_policy,
		},
	);
	instance = this;
	charon->kernel->update_sa = hook_update_sa;
	charon->kernel->add_policy = hook_add_policy;
	charon->kernel->del_policy = hook_del_policy;

	return &this->public;
}
