/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp/deferral.h"
#include "net/clock.h"

#include <daemon.h>
#include <collections/array.h>
#include <threading/mutex.h>

/** How long changes are put off, in ms. */
#define DELAY 500

typedef struct private_mobility_deferral_t private_mobility_deferral_t;

/**
 * Change of a policy.
 */
struct mobility_policy_change_t {
	/** what makes it */
	mobility_policy_method_t method;
	/** what identifies the policy, selectors and label owned */
	kernel_ipsec_policy_id_t id;
	/** what it is about, addresses owned */
	kernel_ipsec_manage_policy_t data;
	/** SA it refers to */
	ipsec_sa_cfg_t sa;
	/** when it is to be made */
	uint64_t due;
};

/**
 * Private data of a mobility_deferral_t object.
 */
struct private_mobility_deferral_t {

	/**
	 * Public interface.
	 */
	mobility_deferral_t public;

	/**
	 * Changes, mobility_policy_change_t*.
	 */
	array_t *changes;

	/**
	 * Tells when the first one is due.
	 */
	mobility_clock_t *clock;

	/**
	 * Lock for the changes, and their order.
	 */
	mutex_t *mutex;
};

/*
 * Described in header.
 */
mobility_policy_change_t *mobility_policy_change_create(
										mobility_policy_method_t method,
										kernel_ipsec_policy_id_t *id,
										kernel_ipsec_manage_policy_t *data)
{
	mobility_policy_change_t *this;

	INIT(this,
		.method = method,
		.id = *id,
		.data = *data,
		.sa = *data->sa,
	);
	this->id.src_ts = id->src_ts->clone(id->src_ts);
	this->id.dst_ts = id->dst_ts->clone(id->dst_ts);
	this->id.interface = strdupnull(id->interface);
	this->id.label = id->label ? id->label->clone(id->label) : NULL;
	this->data.src = data->src->clone(data->src);
	this->data.dst = data->dst->clone(data->dst);
	this->data.sa = &this->sa;
	return this;
}

/*
 * Described in header.
 */
void mobility_policy_change_apply(mobility_policy_change_t *this)
{
	this->method(charon->kernel, &this->id, &this->data);
	this->id.src_ts->destroy(this->id.src_ts);
	this->id.dst_ts->destroy(this->id.dst_ts);
	free(this->id.interface);
	DESTROY_IF(this->id.label);
	this->data.src->destroy(this->data.src);
	this->data.dst->destroy(this->data.dst);
	free(this);
}

METHOD(mobility_deferral_t, add, void,
	private_mobility_deferral_t *this, mobility_policy_change_t *change)
{
	change->due = mobility_now() + DELAY;
	this->mutex->lock(this->mutex);
	array_insert(this->changes, ARRAY_TAIL, change);
	if (array_count(this->changes) == 1)
	{
		this->clock->set(this->clock, change->due);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Check if a change is about a policy with the same selectors.
 */
static bool is_about(mobility_policy_change_t *change,
					 kernel_ipsec_policy_id_t *id)
{
	return change->id.dir == id->dir &&
		   change->id.src_ts->equals(change->id.src_ts, id->src_ts) &&
		   change->id.dst_ts->equals(change->id.dst_ts, id->dst_ts);
}

METHOD(mobility_deferral_t, flush, void,
	private_mobility_deferral_t *this, uint32_t reqid,
	kernel_ipsec_policy_id_t *id)
{
	mobility_policy_change_t *change;
	enumerator_t *enumerator;

	this->mutex->lock(this->mutex);
	enumerator = array_create_enumerator(this->changes);
	while (enumerator->enumerate(enumerator, &change))
	{
		if (change->sa.reqid == reqid || (id && is_about(change, id)))
		{
			array_remove_at(this->changes, enumerator);
			mobility_policy_change_apply(change);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

/**
 * Make the changes that are due, a mobility_clock_cb_t.
 */
static void apply_due(private_mobility_deferral_t *this, uint64_t now)
{
	mobility_policy_change_t *change;

	this->mutex->lock(this->mutex);
	while (array_get(this->changes, ARRAY_HEAD, &change))
	{
		if (change->due > now)
		{
			this->clock->set(this->clock, change->due);
			break;
		}
		array_remove(this->changes, ARRAY_HEAD, NULL);
		mobility_policy_change_apply(change);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_deferral_t, destroy, void,
	private_mobility_deferral_t *this)
{
	mobility_policy_change_t *change;

	DESTROY_IF(this->clock);
	while (array_remove(this->changes, ARRAY_HEAD, &change))
	{
		mobility_policy_change_apply(change);
	}
	array_destroy(this->changes);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_deferral_t *mobility_deferral_create()
{
	private_mobility_deferral_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.flush = _flush,
			.destroy = _destroy,
		},
		.changes = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->clock = mobility_clock_create((mobility_clock_cb_t)apply_due, this);
	if (!this->clock)
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}
