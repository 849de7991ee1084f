/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/pmtu_probe.h"

/*
 * Described in header.
 */
bool mobility_pmtu_probe_begin(mobility_pmtu_probe_t *mtu, bool trial,
							   uint32_t believed, uint32_t rtt, uint64_t now)
{
	*mtu = (mobility_pmtu_probe_t){};
	if (believed <= MOBILITY_MTU_FLOOR)
	{
		return FALSE;
	}
	mtu->believed = min(believed, MOBILITY_MTU_CEILING);
	mtu->size = trial ? MOBILITY_MTU_FLOOR : mtu->believed;
	mtu->trial = trial;
	mtu->interval = max(MOBILITY_MTU_INTERVAL, rtt * 2);
	mtu->attempt = 1;
	mtu->begun = now;
	mtu->next = now + mtu->interval;
	return TRUE;
}

/*
 * Described in header.
 */
mobility_pmtu_probe_action_t mobility_pmtu_probe_tick(
									   mobility_pmtu_probe_t *mtu, uint64_t now)
{
	if (!mtu->next || now < mtu->next)
	{
		return MOBILITY_MTU_NONE;
	}
	if (mtu->attempt < MOBILITY_MTU_ATTEMPTS)
	{
		mtu->attempt++;
		mtu->next = now + mtu->interval;
		return MOBILITY_MTU_FIRST;
	}
	mtu->next = 0;
	return MOBILITY_MTU_BOTH;
}

/*
 * Described in header.
 */
void mobility_pmtu_probe_both(mobility_pmtu_probe_t *mtu, uint64_t now)
{
	if (mtu->size && !mtu->lost && !mtu->spoiled)
	{
		mtu->next = 0;
		mtu->lost = now >= mtu->begun + mtu->interval;
		mtu->spoiled = !mtu->lost;
	}
}

/*
 * Described in header.
 */
uint32_t mobility_pmtu_probe_answered(mobility_pmtu_probe_t *mtu,
									  uint32_t believed,
									  bool *again)
{
	uint32_t takes = mtu->size;

	*again = mtu->spoiled;
	if (mtu->lost)
	{
		takes = mtu->trial ? 0 : MOBILITY_MTU_FLOOR;
	}
	if (mtu->spoiled || believed < mtu->believed || takes >= believed)
	{	/* unknown, or a router has told it meanwhile, or it was right */
		takes = 0;
	}
	*mtu = (mobility_pmtu_probe_t){};
	return takes;
}
