/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_xfrm_policy mobility_xfrm_policy
 * @{ @ingroup mobility_manager
 *
 * Changes to policies in the kernel that charon does not make.
 */

#ifndef MOBILITY_XFRM_POLICY_H_
#define MOBILITY_XFRM_POLICY_H_

#include "esp/xfrm_migrate.h"

/**
 * Write a policy as it is but for its selector, or for the addresses of its
 * templates.  One that has the new selector is replaced.
 *
 * @param xfrm		socket for requests
 * @param policy	names the policy: direction, traffic selectors, interface
 * @param copy		names what is written, the same for the policy itself
 * @param src		source address of the tunnel, NULL to expect any
 * @param dst		destination address of the tunnel, NULL to keep
 * @return			TRUE if it was written
 */
bool mobility_xfrm_policy_write(mobility_xfrm_t *xfrm,
								const mobility_xfrm_move_t *policy,
								const mobility_xfrm_move_t *copy, host_t *src,
								host_t *dst);

/**
 * Delete a policy.
 *
 * @param xfrm		socket for requests
 * @param policy	names the policy
 */
void mobility_xfrm_policy_del(mobility_xfrm_t *xfrm,
							  const mobility_xfrm_move_t *policy);

#endif /** MOBILITY_XFRM_POLICY_H_ @}*/
