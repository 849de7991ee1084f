/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/hop_trial.h"
#include "path/history.h"

/*
 * Described in header.
 */
bool mobility_hop_trial_is_due(mobility_hop_trial_t *trial,
							   const mobility_path_t *hop, uint64_t now)
{
	mobility_path_id_t id = mobility_path_get_id(hop);

	if (!hop)
	{
		return FALSE;
	}
	if (!mobility_ip_equals(&trial->gateway, &id.gateway))
	{
		*trial = (mobility_hop_trial_t){
			.gateway = id.gateway,
			.next = now + MOBILITY_HOP_SETTLE,
		};
	}
	return now >= trial->next;
}

/*
 * Described in header.
 */
void mobility_hop_trial_tested(mobility_hop_trial_t *trial, bool answered,
							   uint64_t penalty, uint64_t now)
{
	trial->failed = answered ? 0 : trial->failed;
	penalty <<= min(trial->failed, MOBILITY_PENALTY_DOUBLINGS);
	trial->next = now + max(penalty, MOBILITY_HOP_SETTLE);
	trial->failed += !answered;
}
