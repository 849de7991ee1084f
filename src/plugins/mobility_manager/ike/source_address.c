/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/source_address.h"

#include <daemon.h>

typedef struct private_mobility_source_address_t
										private_mobility_source_address_t;

/**
 * Private data of a mobility_source_address_t object.
 */
struct private_mobility_source_address_t {

	/**
	 * Public interface.
	 */
	mobility_source_address_t public;

	/**
	 * Called for an address.
	 */
	mobility_source_address_cb_t cb;

	/**
	 * User data for cb.
	 */
	void *data;

	/**
	 * Stock method.
	 */
	host_t *(*get_source_addr)(kernel_interface_t *this, host_t *dest,
							   host_t *src);
};

/**
 * The methods of the kernel interface have no place for user data.
 */
static private_mobility_source_address_t *instance;

/**
 * Check if this is about the first request of an IKE_SA.
 */
static bool is_login(ike_sa_t *ike_sa, host_t *dest)
{
	ike_sa_id_t *id;
	host_t *other;

	if (!ike_sa || ike_sa->get_state(ike_sa) != IKE_CREATED)
	{
		return FALSE;
	}
	id = ike_sa->get_id(ike_sa);
	other = ike_sa->get_other_host(ike_sa);
	return id->is_initiator(id) && dest->ip_equals(dest, other);
}

/**
 * Hook for kernel_interface_t.get_source_addr()
 */
static host_t *hook_get_source_addr(kernel_interface_t *kernel, host_t *dest,
									host_t *src)
{
	ike_sa_t *ike_sa = charon->bus->get_sa(charon->bus);
	host_t *host = NULL;

	if (!src && is_login(ike_sa, dest))
	{
		host = instance->cb(instance->data, ike_sa);
	}
	return host ?: instance->get_source_addr(kernel, dest, src);
}

METHOD(mobility_source_address_t, destroy, void,
	private_mobility_source_address_t *this)
{
	charon->kernel->get_source_addr = this->get_source_addr;
	instance = NULL;
	free(this);
}

/*
 * Described in header.
 */
mobility_source_address_t *mobility_source_address_create(
											mobility_source_address_cb_t cb,
											void *data)
{
	private_mobility_source_address_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.cb = cb,
		.data = data,
		.get_source_addr = charon->kernel->get_source_addr,
	);
	instance = this;
	charon->kernel->get_source_addr = hook_get_source_addr;
	return &this->public;
}
