/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_links mobility_links
 * @{ @ingroup mobility_manager
 *
 * Network interfaces and their addresses, as rtnetlink reports them.  Part of
 * mobility_uplinks_t, which describes what the messages have in common.
 */

#ifndef MOBILITY_LINKS_H_
#define MOBILITY_LINKS_H_

#include <collections/enumerator.h>

#include "net/link.h"
#include "net/uplinks.h"

typedef struct mobility_links_t mobility_links_t;

/**
 * Interfaces with their addresses.
 */
struct mobility_links_t {

	/**
	 * Apply RTM_NEWLINK or RTM_DELLINK.
	 *
	 * @param nlh		message
	 * @return			what changed
	 */
	mobility_change_t (*process_link)(mobility_links_t *this,
									  const struct nlmsghdr *nlh);

	/**
	 * Apply RTM_NEWADDR or RTM_DELADDR.
	 *
	 * @param nlh		message
	 * @return			what changed
	 */
	mobility_change_t (*process_addr)(mobility_links_t *this,
									  const struct nlmsghdr *nlh);

	/**
	 * Start a full resync.
	 */
	void (*sync_begin)(mobility_links_t *this);

	/**
	 * End a full resync.
	 *
	 * @return			what changed by removal
	 */
	mobility_change_t (*sync_end)(mobility_links_t *this);

	/**
	 * Find an interface by its index.
	 *
	 * @param ifindex	index
	 * @return			interface, NULL if unknown
	 */
	mobility_link_t *(*get)(mobility_links_t *this, int ifindex);

	/**
	 * Find an interface by its name.
	 *
	 * @param ifname	name
	 * @return			interface, NULL if unknown
	 */
	mobility_link_t *(*get_by_name)(mobility_links_t *this, const char *ifname);

	/**
	 * Get the kind of an interface, and of what is below it.
	 *
	 * @param link		interface
	 * @param over		of an interface that sends over others, such as a VLAN,
	 *					gets the kind of the lowest of them; MOBILITY_KIND_UNKNOWN
	 *					for others
	 * @return			kind
	 */
	mobility_link_kind_t (*get_kind)(mobility_links_t *this,
									 mobility_link_t *link,
									 mobility_link_kind_t *over);

	/**
	 * Enumerate interfaces, loopback included.
	 *
	 * @return			enumerator over mobility_link_t*
	 */
	enumerator_t *(*create_enumerator)(mobility_links_t *this);

	/**
	 * Destroy a mobility_links_t.
	 */
	void (*destroy)(mobility_links_t *this);
};

/**
 * Create an empty set of interfaces.
 *
 * @param sysfs			where sysfs is mounted, which is read when interfaces
 *						appear, NULL not to
 * @return				instance
 */
mobility_links_t *mobility_links_create(const char *sysfs);

#endif /** MOBILITY_LINKS_H_ @}*/
