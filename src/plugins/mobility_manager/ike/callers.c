/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/callers.h"
#include "compat.h"

#include <daemon.h>
#include <collections/linked_list.h>
#include <threading/mutex.h>
#include <threading/thread.h>

typedef struct private_mobility_callers_t private_mobility_callers_t;

/**
 * Private data of a mobility_callers_t object.
 */
struct private_mobility_callers_t {

	/**
	 * Public interface.
	 */
	mobility_callers_t public;

	/**
	 * Connections that somebody waits for, peer_cfg_t*, once for each.
	 */
	linked_list_t *awaited;

	/**
	 * Locks the list.
	 */
	mutex_t *mutex;

	/**
	 * Stock method.
	 */
	typeof(((controller_t*)0)->initiate) initiate;
};

/**
 * The methods of the controller have no place for user data.
 */
static private_mobility_callers_t *instance;

/**
 * A caller waits no longer, or its thread is cancelled.
 */
static void leave(peer_cfg_t *peer_cfg)
{
	instance->mutex->lock(instance->mutex);
	instance->awaited->remove(instance->awaited, peer_cfg, NULL);
	instance->mutex->unlock(instance->mutex);
	peer_cfg->destroy(peer_cfg);
}

/**
 * Hook for controller_t.initiate()
 */
static status_t hook_initiate(controller_t *controller, peer_cfg_t *peer_cfg,
							  child_cfg_t *child_cfg, controller_cb_t callback,
							  void *param, MOBILITY_COMPAT_LEVEL(level_t level)
							  u_int timeout, bool limits)
{
	status_t status;

	if (!callback)
	{
		return instance->initiate(controller, peer_cfg, child_cfg, callback,
								  param, MOBILITY_COMPAT_LEVEL(level)
								  timeout, limits);
	}
	instance->mutex->lock(instance->mutex);
	instance->awaited->insert_last(instance->awaited,
								   peer_cfg->get_ref(peer_cfg));
	instance->mutex->unlock(instance->mutex);
	thread_cleanup_push((thread_cleanup_t)leave, peer_cfg);
	status = instance->initiate(controller, peer_cfg, child_cfg, callback,
								param, MOBILITY_COMPAT_LEVEL(level)
								timeout, limits);
	thread_cleanup_pop(TRUE);
	return status;
}

METHOD(mobility_callers_t, wait_, bool,
	private_mobility_callers_t *this, ike_sa_t *ike_sa)
{
	peer_cfg_t *peer_cfg = ike_sa->get_peer_cfg(ike_sa), *current;
	enumerator_t *enumerator;
	bool found = FALSE;

	this->mutex->lock(this->mutex);
	enumerator = this->awaited->create_enumerator(this->awaited);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		found = current->equals(current, peer_cfg);
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(mobility_callers_t, destroy, void,
	private_mobility_callers_t *this)
{
	charon->controller->initiate = this->initiate;
	instance = NULL;
	this->awaited->destroy(this->awaited);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_callers_t *mobility_callers_create()
{
	private_mobility_callers_t *this;

	INIT(this,
		.public = {
			.wait = _wait_,
			.destroy = _destroy,
		},
		.awaited = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.initiate = charon->controller->initiate,
	);
	instance = this;
	charon->controller->initiate = hook_initiate;
	return &this->public;
}
