/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_vip_marks mobility_vip_marks
 * @{ @ingroup mobility_manager
 *
 * Marks virtual IP addresses in the kernel, so that those that a killed daemon has
 * left can be told from what others have configured: nothing else tells, a server
 * may have a /32 of its own as well.
 *
 * The mark is the metric of the route to the address's network (IFA_RT_PRIORITY),
 * a number that nobody else takes.  A /32 has no such route, that of a /128 says
 * nothing that the local table does not.  There are protocol numbers as well, as
 * our rules and routes have one (IFA_PROTO), but Linux 6.1 does not change that of
 * an IPv4 address.  Before 4.18 it ignores the metric, then nothing is marked or
 * removed.
 */

#ifndef MOBILITY_VIP_MARKS_H_
#define MOBILITY_VIP_MARKS_H_

#include <networking/host.h>

#include "net/rtnl.h"

/**
 * Mark an address that charon has added as a virtual IP.  All else about it stays
 * as it is.  Does nothing if there is no such address, not even if it goes just
 * then, or more than one interface has it, or if it stands for a network, too.
 *
 * @param rtnl			socket for requests
 * @param vip			the address
 */
void mobility_vip_marks_set(mobility_rtnl_t *rtnl, host_t *vip);

/**
 * Remove all addresses that are marked.
 *
 * @param rtnl			socket for requests
 */
void mobility_vip_marks_sweep(mobility_rtnl_t *rtnl);

#endif /** MOBILITY_VIP_MARKS_H_ @}*/
