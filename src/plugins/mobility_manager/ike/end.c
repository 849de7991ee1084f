/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/end.h"

/**
 * Check if we have initiated an IKE_SA, or are going to.
 */
static bool is_initiator(ike_sa_t *ike_sa)
{
	ike_sa_id_t *id;

	if (ike_sa->get_state(ike_sa) == IKE_CREATED)
	{
		id = ike_sa->get_id(ike_sa);
		return id->is_initiator(id);
	}
	return ike_sa->has_condition(ike_sa, COND_ORIGINAL_INITIATOR);
}

/*
 * Described in header.
 */
mobility_end_t mobility_end_get(mobility_settings_t *settings,
								ike_sa_t *ike_sa)
{
	mobility_gateway_config_t gateway;
	mobility_config_t config;

	if (ike_sa->get_version(ike_sa) != IKEV2)
	{
		return MOBILITY_END_NONE;
	}
	if (!is_initiator(ike_sa))
	{
		settings->get_gateway(settings, ike_sa->get_name(ike_sa), &gateway);
		return gateway.mobility ? MOBILITY_END_ANCHOR : MOBILITY_END_NONE;
	}
	settings->get(settings, ike_sa->get_name(ike_sa), &config);
	return config.mobility ? MOBILITY_END_MOBILE : MOBILITY_END_NONE;
}
