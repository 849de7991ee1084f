/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/drain.h"

/*
 * Described in header.
 */
u_int mobility_drain_terminate(mobility_registry_t *registry,
							   mobility_endings_t *endings,
							   const mobility_filter_t *filter)
{
	mobility_filter_t dormant = *filter;
	array_t *numbers;
	uint32_t number;
	ike_sa_id_t *id;
	u_int count = 0;

	dormant.states = 1 << MOBILITY_DORMANT;
	numbers = mobility_roster_get_numbers(registry, &dormant);
	while (array_remove(numbers, ARRAY_HEAD, &number))
	{
		id = registry->get_id(registry, number);
		if (id)
		{
			endings->add(endings, id, MOBILITY_ENDING_ADMIN);
			id->destroy(id);
			count++;
		}
	}
	array_destroy(numbers);
	return count;
}

/**
 * Redirect a client.  Returns FALSE if it can't be.
 */
static bool redirect(ike_sa_t *ike_sa, identification_t *gateway)
{
	status_t status = FAILED;

	if (ike_sa->supports_extension(ike_sa, EXT_IKE_REDIRECTION))
	{
		status = ike_sa->redirect(ike_sa, gateway);
	}
	mobility_checkin(ike_sa, status);
	return status == SUCCESS;
}

/*
 * Described in header.
 */
u_int mobility_drain_redirect(mobility_registry_t *registry,
							  const mobility_filter_t *filter,
							  identification_t *gateway,
							  mobility_roster_checkout_t checkout, void *data,
							  u_int *unable)
{
	mobility_filter_t anchors = *filter;
	ike_sa_t *ike_sa;
	array_t *numbers;
	uint32_t number;
	u_int count = 0;

	anchors.anchor = TRUE;
	anchors.mobile = FALSE;
	*unable = 0;
	numbers = mobility_roster_get_numbers(registry, &anchors);
	while (array_remove(numbers, ARRAY_HEAD, &number))
	{
		if (checkout(data, number, &ike_sa))
		{
			if (redirect(ike_sa, gateway))
			{
				count++;
			}
			else
			{
				(*unable)++;
			}
		}
	}
	array_destroy(numbers);
	return count;
}
