/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_restoration mobility_restoration
 * @{ @ingroup mobility_manager
 *
 * Puts back what others delete of a session that is connected.  What charon does
 * not know yet to be gone can't be put back by it, so that is tried for a while.
 */

#ifndef MOBILITY_RESTORATION_H_
#define MOBILITY_RESTORATION_H_

#include <sa/ike_sa.h>

#include "esp/lost_vips.h"

typedef struct mobility_restoration_t mobility_restoration_t;

/**
 * State of a session's restoration, a value type.  Used with the IKE_SA checked
 * out.
 */
struct mobility_restoration_t {
	/** puts virtual IPs back */
	mobility_lost_vips_t *vips;
	/** when to try again, in ms, 0 if not */
	uint64_t next;
	/** how often that is still done */
	u_int attempts;
};

/**
 * Look what is missing, and put it back.
 *
 * @param restoration	restoration
 * @param ike_sa		IKE_SA
 * @param monitor		network monitor
 * @param now			current time in ms
 */
void mobility_restoration_begin(mobility_restoration_t *restoration,
								ike_sa_t *ike_sa, mobility_monitor_t *monitor,
								uint64_t now);

/**
 * Try again, if that is due.
 *
 * @param restoration	restoration
 * @param ike_sa		IKE_SA
 * @param monitor		network monitor
 * @param now			current time in ms
 */
void mobility_restoration_tick(mobility_restoration_t *restoration,
							   ike_sa_t *ike_sa, mobility_monitor_t *monitor,
							   uint64_t now);

#endif /** MOBILITY_RESTORATION_H_ @}*/
