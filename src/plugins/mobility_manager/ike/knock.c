/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/knock.h"

#include <daemon.h>

typedef struct private_mobility_knock_t private_mobility_knock_t;

/**
 * Private data of a mobility_knock_t object.
 */
struct private_mobility_knock_t {

	/**
	 * Public interface.
	 */
	mobility_knock_t public;

	/**
	 * Called when a peer comes.
	 */
	mobility_knock_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;

	/**
	 * Stock method.
	 */
	typeof(((backend_manager_t*)0)->get_ike_cfg) get_ike_cfg;
};

/**
 * The methods of the backend manager have no place for user data.
 */
static private_mobility_knock_t *instance;

/**
 * Hook for backend_manager_t.get_ike_cfg(), which responders call only
 */
static ike_cfg_t *hook_get_ike_cfg(backend_manager_t *backends, host_t *me,
								   host_t *other, ike_version_t version)
{
	ike_cfg_t *ike_cfg;

	ike_cfg = instance->get_ike_cfg(backends, me, other, version);
	if (ike_cfg && version == IKEV2)
	{
		instance->cb(instance->data);
	}
	return ike_cfg;
}

METHOD(mobility_knock_t, destroy, void,
	private_mobility_knock_t *this)
{
	charon->backends->get_ike_cfg = this->get_ike_cfg;
	instance = NULL;
	free(this);
}

/*
 * Described in header.
 */
mobility_knock_t *mobility_knock_create(mobility_knock_cb_t cb, void *data)
{
	private_mobility_knock_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.cb = cb,
		.data = data,
		.get_ike_cfg = charon->backends->get_ike_cfg,
	);
	instance = this;
	charon->backends->get_ike_cfg = hook_get_ike_cfg;
	return &this->public;
}
