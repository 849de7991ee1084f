/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/status.h"

ENUM(mobility_state_names, MOBILITY_CONNECTED, MOBILITY_CONNECTING,
	"connected",
	"dormant",
	"waiting-to-reconnect",
	"failed",
	"connecting",
);

/*
 * Described in header.
 */
void mobility_status_destroy(mobility_status_t *status)
{
	if (status)
	{
		DESTROY_IF(status->local);
		DESTROY_IF(status->remote);
		DESTROY_IF(status->peer);
		if (status->vips)
		{
			status->vips->destroy_offset(status->vips,
										 offsetof(host_t, destroy));
		}
		free(status->connection);
		free(status);
	}
}

/*
 * Described in header.
 */
void mobility_status_add_ike_sa(mobility_status_t *status, ike_sa_t *ike_sa)
{
	identification_t *peer = ike_sa->get_other_eap_id(ike_sa);
	host_t *local = ike_sa->get_my_host(ike_sa);
	host_t *remote = ike_sa->get_other_host(ike_sa);
	linked_list_t *vips;

	status->ike_id = ike_sa->get_unique_id(ike_sa);
	status->local = local->clone(local);
	status->remote = remote->clone(remote);
	status->nat_local = ike_sa->has_condition(ike_sa, COND_NAT_HERE);
	status->nat_remote = ike_sa->has_condition(ike_sa, COND_NAT_THERE);
	status->peer = peer ? peer->clone(peer) : NULL;
	vips = linked_list_create_from_enumerator(
				ike_sa->create_virtual_ip_enumerator(ike_sa, status->mobile));
	status->vips = vips->clone_offset(vips, offsetof(host_t, clone));
	vips->destroy(vips);
}
