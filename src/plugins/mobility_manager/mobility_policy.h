/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_policy mobility_policy
 * @{ @ingroup mobility_manager
 *
 * Ranks paths.  Pure: no I/O, no clock.
 */

#ifndef MOBILITY_POLICY_H_
#define MOBILITY_POLICY_H_

#include "mobility_path.h"

/**
 * Compare two paths by preference; a total order.
 *
 * Lexicographic, for now the kernel's own preference:
 *
 *  1. the incumbent's peer address, if there is an incumbent: it is known to
 *     have worked, while others the peer announced may be private ones, which
 *     exist anywhere, and with a more specific route,
 *  2. another address the peer is known to have been at,
 *  3. the incumbent's address family,
 *  4. the longer prefix (relative to the address length, so IPv4 and IPv6
 *     compare),
 *  5. the lower metric,
 *  6. the incumbent: equal preference never moves,
 *  7. the order of interface indices and addresses, so that ties are stable.
 *
 * @param a				first path
 * @param b				second path
 * @param incumbent		path in use, NULL if none
 * @return				< 0 if a is preferred, > 0 if b is, 0 if identical
 */
int mobility_policy_compare(const mobility_path_t *a, const mobility_path_t *b,
							const mobility_path_t *incumbent);

/**
 * Sort paths, the preferred one first.
 *
 * @param paths			array of mobility_path_t*
 * @param incumbent		path in use, NULL if none
 */
void mobility_policy_rank(array_t *paths, const mobility_path_t *incumbent);

/**
 * Check whether a path is preferred so clearly that a working incumbent may be
 * left for it: by prefix or metric, not by a tie-break.  Prefixes only count if
 * both lead to the same peer address.
 *
 * @param path			path that may be better
 * @param incumbent		path in use
 * @return				TRUE if path is preferred
 */
bool mobility_policy_is_better(const mobility_path_t *path,
							   const mobility_path_t *incumbent);

#endif /** MOBILITY_POLICY_H_ @}*/
