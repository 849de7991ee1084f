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
 * Put back what can be.
 */
static void restore(mobility_restoration_t *restoration, ike_sa_t *ike_sa,
					mobility_monitor_t *monitor, uint64_t now)
{
	mobility_lost_vips_t *vips = restoration->vips;

	restoration->next = 0;
	if (!vips->restore(vips, ike_sa, monitor) && restoration->attempts)
	{
		restoration->attempts--;
		restoration->next = now + RESTORE_INTERVAL;
	}
}

/*
 * Described in header.
 */
void mobility_restoration_begin(mobility_restoration_t *restoration,
								ike_sa_t *ike_sa, mobility_monitor_t *monitor,
								uint64_t now)
{
	restoration->attempts = RESTORE_ATTEMPTS;
	restore(restoration, ike_sa, monitor, now);
}

/*
 * Described in header.
 */
void mobility_restoration_tick(mobility_restoration_t *restoration,
							   ike_sa_t *ike_sa, mobility_monitor_t *monitor,
							   uint64_t now)
{
	if (restoration->next && now >= restoration->next)
	{
		restore(restoration, ike_sa, monitor, now);
	}
}
