/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/eviction.h"

#include <daemon.h>

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
	 * Ends IKE_SAs.
	 */
	mobility_endings_t *endings;

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
 * Get how many may be dormant, 0 for no limit.
 */
static u_int get_limit(private_mobility_eviction_t *this)
{
	mobility_gateway_config_t config;

	this->settings->get_gateway(this->settings, NULL, &config);
	return config.max_dormant ?: this->ikesa_limit;
}

/**
 * Hook for ike_sa_manager_t.get_count(), which is only hooked if there is a limit.
 */
static u_int hook_get_count(ike_sa_manager_t *manager)
{
	private_mobility_eviction_t *this = instance;
	u_int count = this->get_count(manager), dormant;

	dormant = min(this->table->get_count(this->table), get_limit(this));
	/* one may have gone in between */
	return count - min(count, dormant);
}

METHOD(mobility_eviction_t, is_due, bool,
	private_mobility_eviction_t *this)
{
	u_int limit = get_limit(this);

	return limit && this->table->get_count(this->table) > limit;
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

METHOD(mobility_eviction_t, take_down, bool,
	private_mobility_eviction_t *this, ike_sa_t *ike_sa,
	mobility_ending_t reason)
{
	if (!this->endings->begin(this->endings, reason == MOBILITY_ENDING_RECLAIM))
	{
		return FALSE;
	}
	mobility_ending_note(ike_sa, reason);
	this->table->remove(this->table, ike_sa->get_id(ike_sa));
	charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
	this->endings->done(this->endings);
	return TRUE;
}

METHOD(mobility_eviction_t, limit_, void,
	private_mobility_eviction_t *this)
{
	ike_sa_id_t *id;

	id = is_due(this) ? this->table->get_first(this->table) : NULL;
	if (id)
	{
		this->endings->add(this->endings, id, MOBILITY_ENDING_LIMIT);
		id->destroy(id);
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
	free(this);
}

/*
 * Described in header.
 */
mobility_eviction_t *mobility_eviction_create(mobility_dormant_table_t *table,
											  mobility_endings_t *endings,
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
			.is_due = _is_due,
			.limit = _limit_,
			.destroy = _destroy,
		},
		.table = table,
		.endings = endings,
		.settings = settings,
		.asleep = asleep,
		.data = data,
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
