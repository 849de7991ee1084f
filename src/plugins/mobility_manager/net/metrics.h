/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_metrics mobility_metrics
 * @{ @ingroup mobility_manager
 *
 * What a route says about packets that use it: their size, and how TCP is to
 * behave (RTA_METRICS, not the metric by which routes are chosen).
 */

#ifndef MOBILITY_METRICS_H_
#define MOBILITY_METRICS_H_

#include <linux/rtnetlink.h>

#include "net/netlink.h"

typedef struct mobility_metrics_t mobility_metrics_t;

/**
 * Metrics of a route, a value that can be compared as a whole.
 */
struct mobility_metrics_t {
	/** by RTAX_*, 0 if the route does not say */
	uint32_t values[RTAX_MAX + 1];
	/** congestion control of TCP, by name, empty if the route does not say */
	char cc_algo[16];
};

/**
 * Read metrics.
 *
 * @param attr			RTA_METRICS, may be NULL
 * @return				metrics, all zero if there are none
 */
mobility_metrics_t mobility_metrics_parse(const struct nlattr *attr);

/**
 * Add metrics to a request about a route, if there are any.
 *
 * @param nlh			request
 * @param metrics		metrics
 */
void mobility_metrics_put(struct nlmsghdr *nlh,
						  const mobility_metrics_t *metrics);

/**
 * Compare metrics.
 *
 * @param a				metrics
 * @param b				other metrics
 * @return				TRUE if they are the same
 */
bool mobility_metrics_equals(const mobility_metrics_t *a,
							 const mobility_metrics_t *b);

#endif /** MOBILITY_METRICS_H_ @}*/
