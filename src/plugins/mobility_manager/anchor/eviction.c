/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/eviction.h"
#include "session/tally.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <threading/mutex.h>

typedef struct private_mobility_eviction_t private_mobility_eviction_t;

/**
 * Private data of a mobility_eviction_t object.
 */
struct private_mobility_eviction_t {

	/**
	 * Public interface.
	 */
	mobility_eviction_t public;

	/**
	 * Dormant clients.
	 */
	mobility_dormant_table_t *table;

	/**
	 * Settings.
	 */
	mobility_settings_t *settings;

	/**
	 * Asked who is dormant, may be NULL.
	 */
	mobility_asleep_cb_t asleep;

	/**
	 * User data for it.
	 */
	void *data;

	/**
	 * A job is queued, or runs: one at a time, as ending an IKE_SA may wait for
	 * RADIUS.
	 */
	bool working;

	/**
	 * Locks that, held while the table is asked.
	 */
	mutex_t *mutex;

	/**
	 * charon.ikesa_limit, 0 if there is none.
	 */
	u_int ikesa_limit;

	/**
	 * Stock method, if that is set.
	 */
	typeof(((ike_sa_manager_t*)0)->get_count) get_count;
};

/**
 * The methods of the IKE_SA manager have no place for user data.
 */
static private_mobility_eviction_t *instance;

/**
 * Hook for ike_sa_manager_t.get_count()
 */
static u_int hook_get_count(ike_sa_manager_t *manager)
{
	u_int count = instance->get_count(manager), dormant;

	/* one may have gone in between */
	dormant = instance->table->get_count(instance->table);
	return count - min(count, dormant);
}

METHOD(mobility_eviction_t, is_asleep, bool,
	private_mobility_eviction_t *this, ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	if (!this->table->has(this->table, id))
	{
		return FALSE;
	}
	if (this->asleep && !this->asleep(this->data, ike_sa))
	{	/* in any case, or who looks for the next one finds it again */
		this->table->remove(this->table, id);
		return FALSE;
	}
	return TRUE;
}

METHOD(mobility_eviction_t, checkout, ike_sa_t*,
	private_mobility_eviction_t *this, ike_sa_id_t *id)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	if (!ike_sa)
	{
		this->table->remove(this->table, id);
	}
	else if (!is_asleep(this, ike_sa))
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
		ike_sa = NULL;
	}
	id->destroy(id);
	return ike_sa;
}

METHOD(mobility_eviction_t, take_down, void,
	private_mobility_eviction_t *this, ike_sa_t *ike_sa, const char *reason)
{
	DBG1(DBG_IKE, "mobility: ending %s[%u] of '%Y', %s",
		 ike_sa->get_name(ike_sa), ike_sa->get_unique_id(ike_sa),
		 ike_sa->get_other_eap_id(ike_sa), reason);
	this->table->remove(this->table, ike_sa->get_id(ike_sa));
	charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
}

/**
 * Check if too many are dormant.
 */
static bool are_too_many(private_mobility_eviction_t *this)
{
	mobility_gateway_config_t config;
	u_int limit;

	this->settings->get_gateway(this->settings, NULL, &config);
	limit = config.max_dormant ?: this->ikesa_limit;
	return limit && this->table->get_count(this->table) > limit;
}

/**
 * Get the id of one that is to be ended, NULL if the job is to end.
 */
static ike_sa_id_t *take_next(private_mobility_eviction_t *this)
{
	ike_sa_id_t *id = NULL;

	this->mutex->lock(this->mutex);
	if (are_too_many(this))
	{
		id = this->table->get_first(this->table);
	}
	this->working = id != NULL;
	this->mutex->unlock(this->mutex);
	return id;
}

/**
 * Job that ends those which are too many.
 */
static job_requeue_t limit_job(private_mobility_eviction_t *this)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;

	while ((id = take_next(this)))
	{
		ike_sa = checkout(this, id);
		if (ike_sa)
		{
			mobility_tally_count(MOBILITY_TALLY_EVICTED);
			take_down(this, ike_sa, "which is dormant for the longest time, as "
					  "too many are");
			manager->checkin_and_destroy(manager, ike_sa);
		}
	}
	return JOB_REQUEUE_NONE;
}

METHOD(mobility_eviction_t, limit_, void,
	private_mobility_eviction_t *this)
{
	bool start;

	this->mutex->lock(this->mutex);
	start = !this->working && are_too_many(this);
	this->working |= start;
	this->mutex->unlock(this->mutex);
	if (start)
	{
		lib->processor->queue_job(lib->processor,
				(job_t*)callback_job_create((callback_job_cb_t)limit_job, this,
											NULL, NULL));
	}
}

METHOD(mobility_eviction_t, destroy, void,
	private_mobility_eviction_t *this)
{
	if (this->get_count)
	{
		charon->ike_sa_manager->get_count = this->get_count;
		instance = NULL;
	}
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_eviction_t *mobility_eviction_create(mobility_dormant_table_t *table,
											  mobility_settings_t *settings,
											  mobility_asleep_cb_t asleep,
											  void *data)
{
	private_mobility_eviction_t *this;

	INIT(this,
		.public = {
			.is_asleep = _is_asleep,
			.checkout = _checkout,
			.take_down = _take_down,
			.limit = _limit_,
			.destroy = _destroy,
		},
		.table = table,
		.settings = settings,
		.asleep = asleep,
		.data = data,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		/* as charon has read it, and does not again */
		.ikesa_limit = lib->settings->get_int(lib->settings, "%s.ikesa_limit",
											  0, lib->ns),
	);
	if (this->ikesa_limit)
	{
		this->get_count = charon->ike_sa_manager->get_count;
		instance = this;
		charon->ike_sa_manager->get_count = hook_get_count;
	}
	return &this->public;
}
