/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_neighbors mobility_neighbors
 * @{ @ingroup mobility_manager
 *
 * Has the kernel ask for the link-layer address of a next hop again.
 *
 * A link that comes up often loses the first packet, a switch port does not
 * forward yet.  If that is an ARP request or a neighbor solicitation, the
 * kernel repeats it after a second (RFC 4861, 10: RETRANS_TIMER), and all
 * packets wait for as long.
 */

#ifndef MOBILITY_NEIGHBORS_H_
#define MOBILITY_NEIGHBORS_H_

#include "net/path.h"
#include "net/rtnl.h"

/**
 * If the kernel still waits for an answer of a path's next hop, make it forget
 * that it has asked: the next packet makes it ask at once.  Known and static
 * entries are left alone.
 *
 * @param rtnl			socket for requests
 * @param path			path
 * @return				TRUE if the kernel was waiting
 */
bool mobility_neighbors_ask_again(mobility_rtnl_t *rtnl,
								  const mobility_path_t *path);

/**
 * Have the kernel ask for a path's next hop, unless it knows that or asks already:
 * packets that leave soon don't have to wait.
 *
 * @param rtnl			socket for requests
 * @param path			path
 */
void mobility_neighbors_ask(mobility_rtnl_t *rtnl, const mobility_path_t *path);

#endif /** MOBILITY_NEIGHBORS_H_ @}*/
