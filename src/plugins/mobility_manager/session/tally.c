/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/tally.h"

/** the counters */
static refcount_t counters[MOBILITY_TALLIES];

/*
 * Described in header.
 */
void mobility_tally_count(mobility_tally_t what)
{
	ref_get(&counters[what]);
}

/*
 * Described in header.
 */
u_int mobility_tally_get(mobility_tally_t what)
{
	return ref_cur(&counters[what]);
}
