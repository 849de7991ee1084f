/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_uplinks mobility_uplinks
 * @{ @ingroup mobility_manager
 *
 * The kernel's links, addresses, routes and rules as rtnetlink reports them,
 * and the paths to a peer that follow from them.  Pure: no sockets, no clock;
 * it is fed netlink messages, live or recorded.  The one thing that it reads by
 * itself is sysfs, of hardware that appears, if it is told where that is.
 */

#ifndef MOBILITY_UPLINKS_H_
#define MOBILITY_UPLINKS_H_

#include <linux/netlink.h>

#include <library.h>
#include "net/link_kind.h"
#include "net/path.h"

typedef struct mobility_uplink_report_t mobility_uplink_report_t;
typedef struct mobility_uplinks_t mobility_uplinks_t;
typedef enum mobility_change_t mobility_change_t;

/**
 * What a netlink message changed, flags.
 */
enum mobility_change_t {
	/** nothing that matters to any path */
	MOBILITY_CHANGE_NONE = 0,
	/** a link's carrier, state, or the link itself */
	MOBILITY_CHANGE_LINK = (1<<0),
	/** an address came, went or changed its usability */
	MOBILITY_CHANGE_ADDR = (1<<1),
	/** a route came, went or changed */
	MOBILITY_CHANGE_ROUTE = (1<<2),
	/** a rule that is not ours */
	MOBILITY_CHANGE_RULE = (1<<3),
	/** one of our own rules or routes (by protocol id) was removed, or may be */
	MOBILITY_CHANGE_PIN_LOST = (1<<4),
	/** what the kernel drops routes with, or has them back with, and does not
	 * tell: a full resync has to find out */
	MOBILITY_CHANGE_STALE = (1<<5),
	/** a route in charon's table was removed, or may be, or one past tunnels was
	 * added */
	MOBILITY_CHANGE_TUNNEL = (1<<6),
};

/**
 * Decides whether an interface may serve as uplink.
 *
 * @param data			user data
 * @param ifname		name of the interface
 * @param tunnel		its packets leave in others, nobody knows where
 * @return				TRUE if usable
 */
typedef bool (*mobility_uplink_filter_t)(void *data, const char *ifname,
										 bool tunnel);

/**
 * Decides whether an address is a virtual IP (of any IKE_SA), which never is
 * the outer address of a path.
 *
 * @param data			user data
 * @param addr			address
 * @return				TRUE if virtual
 */
typedef bool (*mobility_vip_filter_t)(void *data, host_t *addr);

/**
 * An interface, whether it may serve as uplink or not.
 */
struct mobility_uplink_report_t {
	/** name */
	char ifname[IFNAMSIZ];
	/** index */
	int ifindex;
	/** kind */
	mobility_link_kind_t kind;
	/** of a VLAN and the like, kind of what is below it */
	mobility_link_kind_t over;
	/** "usable", or why it is not (static string) */
	const char *state;
};

/**
 * State of the network.  Not thread-safe, the owner locks.
 */
struct mobility_uplinks_t {

	/**
	 * Apply one rtnetlink message (RTM_{NEW,DEL}{LINK,ADDR,ROUTE,RULE} and
	 * RTM_DELNEXTHOP, other types are ignored; malformed ones are, too, and
	 * never read beyond nlmsg_len).
	 *
	 * @param nlh		message
	 * @return			what changed (compared to what was known)
	 */
	mobility_change_t (*process)(mobility_uplinks_t *this,
								 const struct nlmsghdr *nlh);

	/**
	 * Start a full resync: what no message until sync_end() mentions is gone.
	 */
	void (*sync_begin)(mobility_uplinks_t *this);

	/**
	 * End a full resync, remove what was not mentioned.
	 *
	 * @return			what changed by removal
	 */
	mobility_change_t (*sync_end)(mobility_uplinks_t *this);

	/**
	 * Collect the paths to a peer address, one for each local address of an
	 * uplink that is usable and has a route to it: administratively up, with
	 * carrier, by the best route (longest prefix, then lowest metric) through
	 * that uplink that a rule lets packets from the local address to the peer
	 * reach; and for each next hop of the other routes there.  None leads to this
	 * host's own addresses or to broadcast addresses.
	 * Local addresses are in the order by route (RTA_PREFSRC), then as RFC 6724
	 * has it, eight of an uplink at most: which one works nobody knows before
	 * it was tried.  Interfaces whose packets go through IPsec SAs are no
	 * uplinks, nor are those in a VRF.
	 *
	 * @param peer		peer's address
	 * @param filter	decides on interfaces
	 * @param is_vip	decides on addresses, may be NULL
	 * @param data		user data for both
	 * @param paths		array of mobility_path_t*, in no specific order, gets
	 *					appended to
	 */
	void (*get_paths)(mobility_uplinks_t *this, host_t *peer,
					  mobility_uplink_filter_t filter,
					  mobility_vip_filter_t is_vip, void *data,
					  array_t *paths);

	/**
	 * Check whether a path that is in use still can work: link up with carrier,
	 * address still there and usable (deprecated and temporary ones are, for
	 * a path in use), a route through that uplink to the peer; be it over another
	 * next hop, if there is none anymore over its own.
	 *
	 * @param path		path; gateway, prefix, metric, the uplink's name, whether
	 *					its address is expiring and whether it is closed are
	 *					updated
	 * @return			TRUE if usable
	 */
	bool (*is_usable)(mobility_uplinks_t *this, mobility_path_t *path);

	/**
	 * Find the path that packets from local to remote take: the uplink that
	 * has the local address, and the best route through it.  If there is no
	 * route the path has no gateway, and the worst metric.  An address of a
	 * loopback or dummy interface is taken to leave by the best of all uplinks.
	 *
	 * @param local		local address
	 * @param remote	peer's address
	 * @return			allocated path, NULL if no uplink has that address
	 */
	mobility_path_t *(*find_path)(mobility_uplinks_t *this, host_t *local,
								  host_t *remote);

	/**
	 * Find the interface that has an address, so that packets to it never leave
	 * this host, whatever other routes and rules say.
	 *
	 * @param addr		address
	 * @return			name of the interface, NULL if it is no address of this
	 *					host
	 */
	const char *(*get_owner)(mobility_uplinks_t *this, host_t *addr);

	/**
	 * Say in a word why an uplink is not usable, or what it is.
	 *
	 * @param ifname	name of the interface
	 * @return			"no such interface", "loopback", "down", "no carrier",
	 *					"not authenticated", "IPsec interface", "in a VRF", "no address",
	 *					"address not usable yet", "no route" or "usable"
	 *					(static string)
	 */
	const char *(*describe)(mobility_uplinks_t *this, const char *ifname);

	/**
	 * Get the kind of an interface.
	 *
	 * @param ifname	name of the interface
	 * @param over		of an interface that sends over others, such as a VLAN,
	 *					gets the kind of the lowest of them; MOBILITY_KIND_UNKNOWN
	 *					for others
	 * @return			kind, MOBILITY_KIND_UNKNOWN if there is no such interface
	 */
	mobility_link_kind_t (*get_kind)(mobility_uplinks_t *this,
									 const char *ifname,
									 mobility_link_kind_t *over);

	/**
	 * Set what is known of the rules of pins, so of which rules of others
	 * packets pass: those that are for all packets, or all without a mark, and
	 * say that none may leave, as a kill switch does.
	 *
	 * @param priority	priority of our rules
	 * @param fixed		FALSE if they have less if that is needed to come before
	 *					all such rules, see get_pin_priority()
	 */
	void (*set_pin_priority)(mobility_uplinks_t *this, uint32_t priority,
							 bool fixed);

	/**
	 * Get the priority that rules of pins have to have.
	 *
	 * @return			priority, 0 if none was set; if less than that, what is to
	 *					come before the same rules of others is one behind it
	 */
	uint32_t (*get_pin_priority)(mobility_uplinks_t *this);

	/**
	 * Enumerate interfaces, loopback excluded.
	 *
	 * @return			enumerator over (int ifindex, char *ifname)
	 */
	enumerator_t *(*create_link_enumerator)(mobility_uplinks_t *this);

	/**
	 * Destroy a mobility_uplinks_t.
	 */
	void (*destroy)(mobility_uplinks_t *this);
};

/**
 * Create an empty network state.
 *
 * @param charon_table	charon.routing_table, its routes are no way to a peer
 * @param prefer_temporary	prefer temporary IPv6 addresses (RFC 6724, rule 7)
 * @param sysfs			where sysfs is mounted, NULL not to read it
 * @return				instance
 */
mobility_uplinks_t *mobility_uplinks_create(uint32_t charon_table,
											bool prefer_temporary,
											const char *sysfs);

/** Protocol id (rtm_protocol, FRA_PROTOCOL) of our rules and routes. */
#define MOBILITY_RTPROT 230

/** Mark of packets that take another next hop than the others of their path. */
#define MOBILITY_MARK (MOBILITY_RTPROT << 16)

/** Default of charon.routing_table. */
#define MOBILITY_CHARON_TABLE 220

#endif /** MOBILITY_UPLINKS_H_ @}*/
