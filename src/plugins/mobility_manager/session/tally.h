/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_tally mobility_tally
 * @{ @ingroup mobility_manager
 *
 * Counts what is no event of a session, for who looks after many of them.
 */

#ifndef MOBILITY_TALLY_H_
#define MOBILITY_TALLY_H_

#include <library.h>

typedef enum mobility_tally_t mobility_tally_t;

/**
 * What is counted, since the daemon was started.
 */
enum mobility_tally_t {
	/** logins beside a held session, which the peer had forgotten */
	MOBILITY_TALLY_RELOGINS,
	/** updates of our addresses that the peer refused */
	MOBILITY_TALLY_REFUSED,
	/** clients' sessions that the same client, having logged in anew, replaced */
	MOBILITY_TALLY_REPLACED,
	/** dormant ones that were ended for others: too many, or an address was
	 * needed */
	MOBILITY_TALLY_EVICTED,
	/** addresses that clients claimed to be at and did not prove */
	MOBILITY_TALLY_UNPROVEN,
	/** number of these */
	MOBILITY_TALLIES,
};

/**
 * Count something.  May be called from anywhere, never waits.
 *
 * @param what			what
 */
void mobility_tally_count(mobility_tally_t what);

/**
 * Get how often something was counted.
 *
 * @param what			what
 * @return				number
 */
u_int mobility_tally_get(mobility_tally_t what);

#endif /** MOBILITY_TALLY_H_ @}*/
