/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp/deferral.h"
#include "net/clock.h"

#include <daemon.h>
#include <collections/array.h>
#include <collections/hashtable.h>
#include <collections/linked_list.h>
#include <threading/mutex.h>

/** How long changes are put off, in ms. */
#define DELAY 500

typedef struct private_mobility_deferral_t private_mobility_deferral_t;

/**
 * Change of a policy.
 */
struct mobility_policy_change_t {
	/** what makes it, NULL once it is made */
	mobility_policy_method_t method;
	/** what identifies the policy, selectors and label owned */
	kernel_ipsec_policy_id_t id;
	/** what it is about, addresses owned */
	kernel_ipsec_manage_policy_t data;
	/** SA it refers to */
	ipsec_sa_cfg_t sa;
	/** when it is to be made */
	uint64_t due;
	/** number in the order of all of them */
	uint64_t number;
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
	 * Changes, mobility_policy_change_t*, the first one is not made yet.
	 */
	linked_list_t *changes;

	/**
	 * Those that are not made yet, by reqid.
	 */
	hashlist_t *reqids;

	/**
	 * The same by selectors.
	 */
	hashlist_t *policies;

	/**
	 * Number of the last one.
	 */
	uint64_t last;

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

/**
 * Make a change.
 */
static void make(mobility_policy_change_t *this)
{
	this->method(charon->kernel, &this->id, &this->data);
	this->method = NULL;
	this->id.src_ts->destroy(this->id.src_ts);
	this->id.dst_ts->destroy(this->id.dst_ts);
	free(this->id.interface);
	DESTROY_IF(this->id.label);
	this->data.src->destroy(this->data.src);
	this->data.dst->destroy(this->data.dst);
}

/*
 * Described in header.
 */
void mobility_policy_change_apply(mobility_policy_change_t *this)
{
	make(this);
	free(this);
}

/**
 * Hash a change by its reqid.
 */
static u_int hash_reqid(const void *key)
{
	const mobility_policy_change_t *change = key;

	return change->sa.reqid;
}

/**
 * Check if two changes are about policies with the same reqid.
 */
static bool same_reqid(const void *a, const void *b)
{
	return hash_reqid(a) == hash_reqid(b);
}

/**
 * Hash a change by the selectors of its policy.
 */
static u_int hash_policy(const void *key)
{
	const mobility_policy_change_t *change = key;
	traffic_selector_t *src = change->id.src_ts, *dst = change->id.dst_ts;

	return src->hash(src, dst->hash(dst, change->id.dir));
}

/**
 * Check if two changes are about policies with the same selectors.
 */
static bool same_policy(const void *a, const void *b)
{
	const mobility_policy_change_t *one = a, *other = b;

	return one->id.dir == other->id.dir &&
		   one->id.src_ts->equals(one->id.src_ts, other->id.src_ts) &&
		   one->id.dst_ts->equals(one->id.dst_ts, other->id.dst_ts);
}

/**
 * Compare changes by when they were put off, to sort them.
 */
static int compare(const void *a, const void *b, void *null)
{
	const mobility_policy_change_t *one = a, *other = b;

	return one->number < other->number ? -1 : 1;
}

METHOD(mobility_deferral_t, add, void,
	private_mobility_deferral_t *this, mobility_policy_change_t *change)
{
	change->due = mobility_now() + DELAY;
	this->mutex->lock(this->mutex);
	change->number = ++this->last;
	this->changes->insert_last(this->changes, change);
	this->reqids->ht.put(&this->reqids->ht, change, change);
	this->policies->ht.put(&this->policies->ht, change, change);
	if (this->changes->get_count(this->changes) == 1)
	{
		this->clock->set(this->clock, change->due);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Take a change out of the tables, as it is going to be made.
 */
static void take(private_mobility_deferral_t *this,
				 mobility_policy_change_t *change)
{
	this->reqids->ht.remove(&this->reqids->ht, change);
	this->policies->ht.remove(&this->policies->ht, change);
}

/**
 * Take all changes that have something in common with another one.
 */
static void take_all(private_mobility_deferral_t *this, hashlist_t *table,
					 mobility_policy_change_t *like, hashtable_equals_t match,
					 array_t **taken)
{
	mobility_policy_change_t *change;

	while ((change = table->get_match(table, like, match)))
	{
		take(this, change);
		array_insert_create(taken, ARRAY_TAIL, change);
	}
}

/**
 * Get the first change that is not made yet, NULL if there is none.
 */
static mobility_policy_change_t *get_first(private_mobility_deferral_t *this)
{
	mobility_policy_change_t *change;

	while (this->changes->get_first(this->changes, (void**)&change) == SUCCESS)
	{
		if (change->method)
		{
			return change;
		}
		this->changes->remove_first(this->changes, (void**)&change);
		free(change);
	}
	return NULL;
}

METHOD(mobility_deferral_t, flush, void,
	private_mobility_deferral_t *this, uint32_t reqid,
	kernel_ipsec_policy_id_t *id)
{
	mobility_policy_change_t like = {
		.sa.reqid = reqid,
	}, *change;
	array_t *taken = NULL;
	int i;

	this->mutex->lock(this->mutex);
	take_all(this, this->reqids, &like, same_reqid, &taken);
	if (id)
	{
		like.id = *id;
		take_all(this, this->policies, &like, same_policy, &taken);
	}
	array_sort(taken, compare, NULL);
	for (i = 0; array_get(taken, i, &change); i++)
	{
		make(change);
	}
	array_destroy(taken);
	get_first(this);
	this->mutex->unlock(this->mutex);
}

/**
 * Make the changes that are due, a mobility_clock_cb_t.
 */
static void apply_due(private_mobility_deferral_t *this, uint64_t now)
{
	mobility_policy_change_t *change;

	this->mutex->lock(this->mutex);
	while ((change = get_first(this)))
	{
		if (change->due > now)
		{
			this->clock->set(this->clock, change->due);
			break;
		}
		take(this, change);
		make(change);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_deferral_t, destroy, void,
	private_mobility_deferral_t *this)
{
	mobility_policy_change_t *change;

	DESTROY_IF(this->clock);
	while ((change = get_first(this)))
	{
		take(this, change);
		make(change);
	}
	this->changes->destroy(this->changes);
	this->reqids->destroy(this->reqids);
	this->policies->destroy(this->policies);
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
		.changes = linked_list_create(),
		.reqids = hashlist_create(hash_reqid, hashtable_equals_ptr, 8),
		.policies = hashlist_create(hash_policy, hashtable_equals_ptr, 8),
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
