/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_source_addr mobility_source_addr
 * @{ @ingroup mobility_manager
 *
 * Chooses local addresses: IPv6 ones as RFC 6724 does, IPv4 ones as the kernel
 * does.  Pure.
 */

#ifndef MOBILITY_SOURCE_ADDR_H_
#define MOBILITY_SOURCE_ADDR_H_

#include "net/link.h"
#include "net/route.h"

/**
 * Rank the addresses of an interface by how well they suit to reach a peer; of
 * IPv6 ones that are equal the newest comes first.
 *
 * @param link			interface
 * @param peer			peer's address
 * @param route			route over this interface, as far as it is known yet,
 *						or NULL
 * @param prefer_temporary	prefer temporary IPv6 addresses (RFC 6724, rule 7),
 *						or avoid them
 * @return				array of mobility_addr_t*, owned by link, the preferred
 *						one first; only those that are usable, and no virtual
 *						IPs as far as they are marked
 */
array_t *mobility_source_addr_rank(const mobility_link_t *link,
								   const mobility_ip_t *peer,
								   const mobility_route_t *route,
								   bool prefer_temporary);

#endif /** MOBILITY_SOURCE_ADDR_H_ @}*/
