/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/retransmit_times.h"

#include <math.h>

/*
 * Described in header.
 */
void mobility_retransmit_times_read(mobility_retransmit_times_t *times)
{
	*times = (mobility_retransmit_times_t){
		.timeout = 1000 * lib->settings->get_double(lib->settings,
								"%s.retransmit_timeout", 4.0, lib->ns),
		.base = lib->settings->get_double(lib->settings,
								"%s.retransmit_base", 1.8, lib->ns),
		.limit = 1000ULL * lib->settings->get_int(lib->settings,
								"%s.retransmit_limit", 0, lib->ns),
		.tries = lib->settings->get_int(lib->settings,
								"%s.retransmit_tries", 5, lib->ns),
	};
}

/*
 * Described in header.
 */
uint64_t mobility_retransmit_times_after(
									const mobility_retransmit_times_t *times,
									u_int attempt)
{
	double timeout;

	timeout = times->timeout * pow(times->base, attempt);
	if (times->limit)
	{
		timeout = min(timeout, (double)times->limit);
	}
	/* nor is there more than a year to wait for anything */
	return min(max(1, timeout), 365.0 * 24 * 60 * 60 * 1000);
}
