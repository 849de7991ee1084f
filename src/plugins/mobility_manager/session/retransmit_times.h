/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_retransmit_times mobility_retransmit_times
 * @{ @ingroup mobility_manager
 *
 * When charon sends a request again that is not answered (RFC 7296, 2.4), by its
 * options retransmit_*.
 */

#ifndef MOBILITY_RETRANSMIT_TIMES_H_
#define MOBILITY_RETRANSMIT_TIMES_H_

#include <library.h>

typedef struct mobility_retransmit_times_t mobility_retransmit_times_t;

/**
 * Times of retransmission, a value type.
 */
struct mobility_retransmit_times_t {
	/** first timeout in ms */
	uint64_t timeout;
	/** its growth, >= 1.0 */
	double base;
	/** upper limit of a single timeout in ms, 0 for none */
	uint64_t limit;
	/** how often a request is sent again before it is given up */
	u_int tries;
};

/**
 * Read charon's options.
 *
 * @param times			gets filled in
 */
void mobility_retransmit_times_read(mobility_retransmit_times_t *times);

/**
 * Get how long a request has to be answered.
 *
 * @param times			times
 * @param attempt		how often it was sent again
 * @return				ms, at least 1
 */
uint64_t mobility_retransmit_times_after(
									const mobility_retransmit_times_t *times,
									u_int attempt);

#endif /** MOBILITY_RETRANSMIT_TIMES_H_ @}*/
