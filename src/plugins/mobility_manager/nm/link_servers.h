/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_link_servers mobility_link_servers
 * @{ @ingroup mobility_manager
 *
 * The name servers of a link, as systemd-resolved or else NetworkManager know
 * them.  They are asked over D-Bus when somebody wants to know, and not started.
 */

#ifndef MOBILITY_LINK_SERVERS_H_
#define MOBILITY_LINK_SERVERS_H_

#include <networking/host.h>
#include <collections/array.h>

/** Name servers of a link that are told. */
#define MOBILITY_LINK_SERVERS 3

#ifdef MOBILITY_NETWORKMANAGER

/**
 * Get the name servers of a link.  Blocks, for half a second if nobody
 * answers.
 *
 * @param address		address of the bus, NULL for the system's
 * @param ifindex		index of the interface
 * @param ifname		its name
 * @param nm			whether to ask NetworkManager
 * @param servers		gets host_t*, MOBILITY_LINK_SERVERS at most, with port 53
 */
void mobility_link_servers_get(const char *address, int ifindex,
							   const char *ifname, bool nm, array_t *servers);

#else

static inline void mobility_link_servers_get(const char *address, int ifindex,
											 const char *ifname, bool nm,
											 array_t *servers)
{
}

#endif

#endif /** MOBILITY_LINK_SERVERS_H_ @}*/
