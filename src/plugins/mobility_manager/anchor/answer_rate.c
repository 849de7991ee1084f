/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/answer_rate.h"

/**
 * Get when everything has worn off after one more answer.
 */
static uint64_t after(uint64_t until, uint64_t interval, uint64_t now)
{
	return max(until, now) + interval;
}

/*
 * Described in header.
 */
bool mobility_answer_rate_allow(mobility_answer_rate_t *rate, u_int source,
								uint64_t now)
{
	uint64_t *place = &rate->sources[source % MOBILITY_ANSWER_SOURCES];
	uint64_t total, one;

	total = after(rate->total, MOBILITY_ANSWER_INTERVAL, now);
	one = after(*place, MOBILITY_ANSWER_SOURCE_INTERVAL, now);
	if (total > now + MOBILITY_ANSWER_BURST * MOBILITY_ANSWER_INTERVAL ||
		one > now + MOBILITY_ANSWER_SOURCE_BURST *
					MOBILITY_ANSWER_SOURCE_INTERVAL)
	{
		return FALSE;
	}
	rate->total = total;
	*place = one;
	return TRUE;
}
