/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/restoration.h"

/** Time until charon has heard as well that an address is gone, in ms, and how
 * often that is waited for. */
#define RESTORE_INTERVAL 50
#define RESTORE_ATTEMPTS 20

/**
 * Put policies and SAs back, if others have deleted any.
 */
static status_t restore_children(mobility_restoration_t *restoration,
								 ike_sa_t *ike_sa, mobility_context_t *context)
{
	u_int deletions;

	if (!context->deletions || !context->relocator)
	{
		return SUCCESS;
	}
	deletions = context->deletions->get_count(context->deletions);
	if (restoration->deletions == deletions)
	{
		return SUCCESS;
	}
	restoration->deletions = deletions;
	if (context->vip_policies)
	{
		context->vip_policies->restore(context->vip_policies);
	}
	return context->relocator->restore(context->relocator, ike_sa);
}

/**
 * Put back what can be.
 */
static status_t restore(mobility_restoration_t *restoration, ike_sa_t *ike_sa,
						mobility_context_t *context,
						const mobility_path_t *path, uint64_t now)
{
	mobility_lost_vips_t *vips = context->lost_vips;

	restoration->next = 0;
	if (!vips->restore(vips, ike_sa, context->monitor) &&
		restoration->attempts)
	{
		restoration->attempts--;
		restoration->next = now + RESTORE_INTERVAL;
	}
	/* these need the addresses */
	if (context->routes && context->relocator &&
		!context->routes->restore(context->routes, ike_sa, path->ifname))
	{	/* charon has taken an interface that had the same address */
		context->relocator->follow(context->relocator, ike_sa, path);
	}
	return restore_children(restoration, ike_sa, context);
}

/*
 * Described in header.
 */
status_t mobility_restoration_begin(mobility_restoration_t *restoration,
									ike_sa_t *ike_sa,
									mobility_context_t *context,
									const mobility_path_t *path, uint64_t now)
{
	restoration->attempts = RESTORE_ATTEMPTS;
	return restore(restoration, ike_sa, context, path, now);
}

/*
 * Described in header.
 */
status_t mobility_restoration_tick(mobility_restoration_t *restoration,
								   ike_sa_t *ike_sa,
								   mobility_context_t *context,
								   const mobility_path_t *path, uint64_t now)
{
	if (restoration->next && now >= restoration->next && path)
	{
		return restore(restoration, ike_sa, context, path, now);
	}
	return SUCCESS;
}
