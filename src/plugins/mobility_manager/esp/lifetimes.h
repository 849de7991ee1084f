/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_lifetimes mobility_lifetimes
 * @{ @ingroup mobility_manager
 *
 * How long an SA may exist in the kernel.  It deletes one at its hard limit
 * (`life_time`, 66 minutes by default), and a peer that sleeps can't agree on new
 * keys: so while it does the limits are further away, and as they were again when
 * it has returned.  The kernel keeps keys, replay window and counters when they
 * change, and what may be sent with a key (bytes, packets) is not changed.
 *
 * The kernel has a trap there.  An SA whose soft limit is still to come when its
 * hard limit is over is taken for one whose clock was set: it lives on for as long
 * as it had when it was looked at last, again and again.  So the soft limit is
 * never removed, but right in front of the hard one.
 */

#ifndef MOBILITY_LIFETIMES_H_
#define MOBILITY_LIFETIMES_H_

#include "esp/xfrm.h"

typedef struct mobility_limits_t mobility_limits_t;

/** Seconds that an SA may still be used after the return of its peer, while it
 * is rekeyed, if it had none left */
#define MOBILITY_LIFETIMES_GRACE 60

/** The same if it is not going to be rekeyed: as short as it can be, see above */
#define MOBILITY_LIFETIMES_OVER 3

/**
 * Limits of an SA, in seconds after it was added, 0 for none.
 */
struct mobility_limits_t {
	/** when it is to be rekeyed */
	uint64_t soft;
	/** when it is deleted */
	uint64_t hard;
};

/**
 * Get the limits of an SA whose peer sleeps.
 *
 * @param limits		its own
 * @param age			seconds since it was added
 * @param seconds		how long it has to live at least, 0 for ever
 * @return				limits
 */
mobility_limits_t mobility_limits_asleep(mobility_limits_t limits, uint64_t age,
										 uint64_t seconds);

/**
 * Get the limits of an SA whose peer does not sleep anymore.
 *
 * @param limits		its own
 * @param age			seconds since it was added
 * @param rekeyed		TRUE if it is rekeyed at once if its time has come, and used
 *						until then.  The kernel has that done if the SA has a soft
 *						limit, or the one for the other direction does
 * @return				limits
 */
mobility_limits_t mobility_limits_awake(mobility_limits_t limits, uint64_t age,
										bool rekeyed);

/**
 * Have an SA live for some time, whatever its limits are.
 *
 * @param xfrm			socket for requests
 * @param id			SA
 * @param seconds		how long it has to live at least, 0 for ever
 * @param limits		its own limits; are read first if both are 0
 * @return				0, or errno; ESRCH if there is no such SA
 */
int mobility_lifetimes_extend(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id,
							  uint64_t seconds, mobility_limits_t *limits);

/**
 * Give an SA its limits back.
 *
 * @param xfrm			socket for requests
 * @param id			SA
 * @param limits		its own limits
 * @param rekeyed		as for mobility_limits_awake()
 * @return				0, or errno; ESRCH if there is no such SA
 */
int mobility_lifetimes_restore(mobility_xfrm_t *xfrm,
							   const mobility_sa_id_t *id,
							   mobility_limits_t limits, bool rekeyed);

#endif /** MOBILITY_LIFETIMES_H_ @}*/
