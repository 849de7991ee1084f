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

#include <net/if.h>

#include <collections/array.h>
#include <collections/enumerator.h>

#include "mobility_netlink.h"
#include "mobility_uplinks.h"

typedef struct mobility_links_t mobility_links_t;
typedef struct mobility_link_t mobility_link_t;
typedef struct mobility_addr_t mobility_addr_t;

/**
 * An address of an interface.
 */
struct mobility_addr_t {
	/** the address */
	mobility_ip_t ip;
	/** what the prefix is about: the address, or the other end's if there is
	 * but one */
	mobility_ip_t net;
	/** length of that prefix */
	uint8_t prefix;
	/** RT_SCOPE_* */
	uint8_t scope;
	/** IFA_F_* */
	uint32_t flags;
	/** resync that saw it last */
	u_int generation;
};

/**
 * An interface.
 */
struct mobility_link_t {
	/** index */
	int ifindex;
	/** name, empty as long as only its addresses are known */
	char ifname[IFNAMSIZ];
	/** IFF_* */
	uint32_t flags;
	/** IF_OPER_* */
	uint8_t operstate;
	/** group, as rules may refer to it */
	uint32_t group;
	/** its packets go through IPsec SAs */
	bool ipsec;
	/** mobility_addr_t*, in the order in which they were announced */
	array_t *addrs;
	/** resync that saw it last */
	u_int generation;
};

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
	 * @param gone		set to the address that was removed, if one was
	 * @return			what changed
	 */
	mobility_change_t (*process_addr)(mobility_links_t *this,
									  const struct nlmsghdr *nlh,
									  mobility_ip_t *gone);

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
	 * Find an address on any interface.
	 *
	 * @param ip		address
	 * @return			address, a usable one if there are several, or NULL
	 */
	mobility_addr_t *(*get_addr)(mobility_links_t *this,
								 const mobility_ip_t *ip);

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
 * @return				instance
 */
mobility_links_t *mobility_links_create();

/**
 * Check if an interface is administratively up.
 *
 * @param link			interface, NULL if there is none
 * @return				TRUE if up
 */
bool mobility_link_is_up(const mobility_link_t *link);

/**
 * Check if an interface has carrier and may send packets.
 *
 * @param link			interface, NULL if there is none
 * @return				TRUE if it is up and running
 */
bool mobility_link_is_running(const mobility_link_t *link);

/**
 * Check if an interface is a loopback interface.
 *
 * @param link			interface
 * @return				TRUE if loopback
 */
bool mobility_link_is_loopback(const mobility_link_t *link);

/**
 * Find an address of an interface.
 *
 * @param link			interface
 * @param ip			address
 * @return				address, NULL if the interface does not have it
 */
mobility_addr_t *mobility_link_get_addr(const mobility_link_t *link,
										const mobility_ip_t *ip);

/**
 * Count the addresses of an interface.
 *
 * @param link			interface, NULL if there is none
 * @param family		AF_INET, AF_INET6
 * @return				number of addresses, whether usable or not
 */
u_int mobility_link_count_addrs(const mobility_link_t *link, int family);

/**
 * Check if packets may be sent from an address.
 *
 * @param addr			address, NULL if there is none
 * @return				TRUE if usable, deprecated ones are
 */
bool mobility_addr_is_usable(const mobility_addr_t *addr);

#endif /** MOBILITY_LINKS_H_ @}*/
