/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "succession_fixture.h"
#include "mobility_suite.h"

#include <daemon.h>

/*
 * Described in header
 */
ike_sa_t *succession_checkout(ike_sa_id_t *id)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	mobility_assert(ike_sa);
	return ike_sa;
}

/*
 * Described in header
 */
uint32_t succession_unique_id(ike_sa_id_t *id)
{
	ike_sa_t *ike_sa = succession_checkout(id);
	uint32_t unique_id;

	unique_id = ike_sa->get_unique_id(ike_sa);
	mock_ike_checkin(ike_sa, SUCCESS);
	return unique_id;
}

/*
 * Described in header
 */
void succession_end(ike_sa_id_t *id, bool down)
{
	ike_sa_t *ike_sa = succession_checkout(id);

	if (down)
	{
		charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
	}
	mock_ike_checkin(ike_sa, DESTROY_ME);
	id->destroy(id);
}

/*
 * Described in header
 */
ike_sa_id_t *succession_rekey(ike_sa_id_t *id)
{
	ike_sa_t *old = succession_checkout(id), *new;

	new = mock_ike_create_successor(old);
	charon->bus->ike_rekey(charon->bus, old, new);
	old->set_state(old, IKE_REKEYED);
	id->destroy(id);
	id = new->get_id(new);
	id = id->clone(id);
	mock_ike_checkin(new, SUCCESS);
	charon->bus->set_sa(charon->bus, old);
	mock_ike_checkin(old, DESTROY_ME);
	return id;
}

/**
 * Create the IKE_SA that is to replace another one, not initiated yet
 */
static ike_sa_t *create_new(ike_sa_t *old)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_id_t *id;
	host_t *host;
	ike_sa_t *new;

	new = manager->create_new(manager, IKEV2, TRUE);
	mobility_assert(new);
	id = new->get_id(new);
	/* which it gets with the first answer */
	id->set_responder_spi(id, id->get_initiator_spi(id) + 1);
	new->set_condition(new, COND_ORIGINAL_INITIATOR, TRUE);
	new->set_peer_cfg(new, old->get_peer_cfg(old));
	host = old->get_my_host(old);
	new->set_my_host(new, host->clone(host));
	host = old->get_other_host(old);
	new->set_other_host(new, host->clone(host));
	return new;
}

/**
 * Queue what deletes the old IKE_SA when the new one is established
 */
static void queue_complete(ike_sa_t *new)
{
	new->queue_task(new, mock_task_create(new, TASK_IKE_REAUTH_COMPLETE, NULL,
										  NULL));
}

/**
 * Have the successor register with the manager, which is the last that a thread
 * does with it before it goes on with the old one
 */
static void checkin_new(ike_sa_t *old, ike_sa_t *new)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;

	manager->checkout_new(manager, new);
	mock_ike_checkin(new, SUCCESS);
	charon->bus->set_sa(charon->bus, old);
}

METHOD(task_t, get_init_type, task_type_t,
	task_t *this)
{
	return TASK_IKE_INIT;
}

METHOD(ike_sa_t, create_init_enumerator, enumerator_t*,
	ike_sa_t *this, task_queue_t queue)
{
	static task_t init;

	init.get_type = _get_init_type;
	return queue == TASK_QUEUE_ACTIVE ? enumerator_create_single(&init, NULL)
									  : enumerator_create_empty();
}

/**
 * Have the successor connect as it does when it builds IKE_SA_INIT: one that
 * replaces another one by rekeying has no task for that
 */
static void connect_new(ike_sa_t *new)
{
	enumerator_t *(*stock)(ike_sa_t*, task_queue_t) = new->create_task_enumerator;

	new->create_task_enumerator = _create_init_enumerator;
	new->set_state(new, IKE_CONNECTING);
	new->create_task_enumerator = stock;
}

/*
 * Described in header
 */
ike_sa_id_t *succession_begin(ike_sa_id_t *old_id, reauth_t how)
{
	ike_sa_t *old = succession_checkout(old_id), *new;
	ike_sa_id_t *id;

	if (how != REAUTH_REDIRECT)
	{
		old->set_condition(old, COND_REAUTHENTICATING, TRUE);
	}
	if (how == REAUTH_BREAK)
	{
		charon->bus->ike_updown(charon->bus, old, FALSE);
	}
	new = create_new(old);
	if (how != REAUTH_MAKE)
	{
		charon->bus->ike_reestablish_pre(charon->bus, old, new);
	}
	if (how == REAUTH_MAKE)
	{
		connect_new(new);
	}
	else
	{
		new->set_state(new, IKE_CONNECTING);
	}
	if (how != REAUTH_BREAK)
	{
		queue_complete(new);
	}
	if (how != REAUTH_MAKE)
	{
		charon->bus->ike_reestablish_post(charon->bus, old, new, TRUE);
	}
	id = new->get_id(new);
	id = id->clone(id);
	checkin_new(old, new);
	mock_ike_checkin(old, how == REAUTH_BREAK ? DESTROY_ME : SUCCESS);
	return id;
}

/*
 * Described in header
 */
void succession_establish(ike_sa_id_t *id)
{
	ike_sa_t *ike_sa = succession_checkout(id);

	ike_sa->enable_extension(ike_sa, EXT_MOBIKE);
	ike_sa->set_state(ike_sa, IKE_ESTABLISHED);
	charon->bus->ike_updown(charon->bus, ike_sa, TRUE);
	mock_ike_checkin(ike_sa, SUCCESS);
}

/*
 * Described in header
 */
ike_sa_id_t *succession_reauth(ike_sa_id_t *old, reauth_t how)
{
	ike_sa_id_t *id;

	id = succession_begin(old, how);
	succession_establish(id);
	if (how == REAUTH_BREAK)
	{
		old->destroy(old);
	}
	else
	{
		succession_end(old, TRUE);
	}
	return id;
}
