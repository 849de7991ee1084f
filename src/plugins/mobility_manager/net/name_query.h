/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_name_query mobility_name_query
 * @{ @ingroup mobility_manager
 *
 * Asks the name servers of links for a name, over these links: what leads into a
 * tunnel is not taken, neither routes nor policies.  Needs c-ares.
 */

#ifndef MOBILITY_NAME_QUERY_H_
#define MOBILITY_NAME_QUERY_H_

#include <net/if.h>

#include <networking/host.h>
#include <collections/array.h>

typedef struct mobility_name_link_t mobility_name_link_t;

/** Servers of a link that are asked. */
#define MOBILITY_NAME_SERVERS 3

/** Links that are asked over. */
#define MOBILITY_NAME_LINKS 4

/** Addresses of a family that an answer may have, others are ignored. */
#define MOBILITY_NAME_ADDRESSES 4

/**
 * A link, and whom to ask there.
 */
struct mobility_name_link_t {
	/** name of the interface */
	char ifname[IFNAMSIZ];
	/** our addresses there, NULL if the kernel may choose one */
	host_t *local4, *local6;
	/** addresses of name servers, with their ports */
	host_t *servers[MOBILITY_NAME_SERVERS];
	/** number of these */
	u_int count;
};

/**
 * Clear a link, and destroy what it owns.
 *
 * @param link			link
 */
void mobility_name_link_clear(mobility_name_link_t *link);

/**
 * Get the name servers of /etc/resolv.conf, but those on this host.
 *
 * @param servers		gets host_t*, MOBILITY_NAME_SERVERS at most
 */
void mobility_name_query_defaults(array_t *servers);

/**
 * Ask for the addresses of a name.  Blocks until all links have answered, or
 * one has and half a second has passed.
 *
 * @param name			name
 * @param family		AF_INET, AF_INET6 or AF_UNSPEC
 * @param links			links to ask over
 * @param count			number of these, MOBILITY_NAME_LINKS at most
 * @param timeout		time that takes at most, in ms
 * @param stop			file descriptor, ends as soon as it is readable; -1 for none
 * @return				array of host_t*, without port, NULL if none was found
 */
array_t *mobility_name_query(const char *name, int family,
							 const mobility_name_link_t *links, u_int count,
							 u_int timeout, int stop);

#endif /** MOBILITY_NAME_QUERY_H_ @}*/
