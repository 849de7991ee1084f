/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_link mobility_link
 * @{ @ingroup mobility_manager
 *
 * A network interface and its addresses, plain values.  Part of
 * mobility_links_t.
 */

#ifndef MOBILITY_LINK_H_
#define MOBILITY_LINK_H_

#include <net/if.h>

#include <library.h>
#include <collections/array.h>

#include "net/link_kind.h"
#include "net/netlink.h"

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
	/** is marked by us: a virtual IP of charon, also of one that was killed */
	bool own;
	/** when it was added, in 1/100 s since some time that all have in common;
	 * wraps around */
	uint32_t created;
	/** how long it is preferred, in seconds, as of when that was told last */
	uint32_t preferred;
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
	/** is there to have addresses only */
	bool dummy;
	/** kind of interface */
	mobility_link_kind_t kind;
	/** interface below it (VLANs and the like), or 0 */
	uint32_t lower;
	/** bridge or bond that it is a port of, or 0 */
	uint32_t master;
	/** is in a VRF: routes and sockets of others don't use it */
	bool vrf;
	/** mobility_addr_t*, in the order in which they were announced */
	array_t *addrs;
	/** resync that saw it last */
	u_int generation;
};

/**
 * Note what a message tells about an interface, apart from its addresses.  The
 * kind is determined once, when the interface appears.
 *
 * @param link			interface, with its index
 * @param nlh			RTM_NEWLINK
 * @param tb			its attributes, up to IFLA_LINK_NETNSID
 * @param sysfs			where sysfs is mounted, NULL not to read it
 */
void mobility_link_update(mobility_link_t *link, const struct nlmsghdr *nlh,
						  const struct nlattr *tb[], const char *sysfs);

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
 * Check if an interface is no uplink, but its addresses may be used on others.
 *
 * @param link			interface
 * @return				TRUE for loopback and dummy interfaces
 */
bool mobility_link_is_virtual(const mobility_link_t *link);

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
 * Check if an address is one of those that 464XLAT has on its hosts (RFC 7335).
 *
 * @param ip			address
 * @return				TRUE if so
 */
bool mobility_link_is_clat_addr(const mobility_ip_t *ip);

/**
 * Check if an interface is the IPv4 end of 464XLAT (RFC 6877), by its address (RFC
 * 7335): a tunnel by its kind, of which is known where its packets leave.
 *
 * @param link			interface
 * @return				TRUE if so
 */
bool mobility_link_is_clat(const mobility_link_t *link);

/**
 * Count the addresses of an interface.
 *
 * @param link			interface, NULL if there is none
 * @param family		AF_INET, AF_INET6
 * @return				number of addresses, whether usable or not
 */
u_int mobility_link_count_addrs(const mobility_link_t *link, int family);

/**
 * Mark of virtual IPs, a metric (IFA_RT_PRIORITY) that nobody else takes: "mobi".
 */
#define MOBILITY_VIP_METRIC 0x6d6f6269

/**
 * Read what a message tells about an address.
 *
 * @param nlh			RTM_NEWADDR or RTM_DELADDR
 * @param ifindex		gets the interface
 * @param addr			gets the address, its generation is zero
 * @return				FALSE if it is malformed, or of no use for paths
 */
bool mobility_addr_parse(const struct nlmsghdr *nlh, int *ifindex,
						 mobility_addr_t *addr);

/**
 * Check if packets may be sent from an address.
 *
 * @param addr			address, NULL if there is none
 * @return				TRUE if usable, deprecated ones are
 */
bool mobility_addr_is_usable(const mobility_addr_t *addr);

/**
 * Check if an address is to be used no longer than it takes to leave it: it is
 * deprecated, and going to be removed.  Those that people have deprecated for
 * good, so that nobody chooses them, are not.
 *
 * @param addr			address, NULL if there is none
 * @return				TRUE if it is about to go
 */
bool mobility_addr_is_expiring(const mobility_addr_t *addr);

#endif /** MOBILITY_LINK_H_ @}*/
