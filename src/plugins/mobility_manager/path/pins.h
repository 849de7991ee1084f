/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_pins mobility_pins
 * @{ @ingroup mobility_manager
 *
 * Policy routing that makes the packets of a path leave by its uplink.
 *
 * A pin is a rule "from <local> to <peer> lookup <table>" at our priority and,
 * in that table, a default route over the path's next hop.  The route is a
 * default route of the worst metric and no host route, because charon's
 * kernel-netlink looks at the routes of all tables and ignores rules: a host
 * route would make it choose a pinned uplink for connections that are none of
 * our business.  It has the metrics of the route that it stands for, such as an
 * MTU.  Tables are one per uplink, next hop and metrics, from the first table on,
 * and for us only.  Everything carries MOBILITY_RTPROT.
 *
 * With a pin packets from the peer pass a strict rp_filter on that uplink, as
 * the kernel applies the rule to the way back, too.
 */

#ifndef MOBILITY_PINS_H_
#define MOBILITY_PINS_H_

#include "net/path.h"
#include "net/rtnl.h"

typedef struct mobility_pins_t mobility_pins_t;

/**
 * Pins.  Methods may be called from any thread, but not by listeners of charon's
 * bus: the internal mutex is held while waiting for the kernel.  But for that of
 * the socket it is a leaf.
 */
struct mobility_pins_t {

	/**
	 * Add a reference to the pin of a path, install it if it is the first, or
	 * again over the path's gateway if that changed.
	 *
	 * If another uplink's pin is about the same addresses, this one counts.
	 *
	 * @param path		path
	 * @return			FALSE if the kernel refused it (logged with the reason)
	 */
	bool (*add)(mobility_pins_t *this, const mobility_path_t *path);

	/**
	 * Drop a reference, remove the pin with the last one.
	 *
	 * @param id		id of the path, as given to add()
	 */
	void (*remove)(mobility_pins_t *this, const mobility_path_id_t *id);

	/**
	 * Install the pin of a path again if its next hop changed, or what its route
	 * says about packets.  There is always one in place meanwhile.
	 *
	 * @param path		path with an existing pin, as it is now
	 */
	void (*update)(mobility_pins_t *this, const mobility_path_t *path);

	/**
	 * Limit the size of packets over the next hop of a path, as long as any pin
	 * leads there.  The kernel tells connections, those in tunnels as well.
	 *
	 * @param path		path with an existing pin
	 * @param mtu		size of the largest packet
	 * @return			FALSE if there is no such pin, or the kernel refused it
	 */
	bool (*limit)(mobility_pins_t *this, const mobility_path_t *path,
				  uint32_t mtu);

	/**
	 * Get the limit of the size of packets of a path.
	 *
	 * @param path		path
	 * @return			size of the largest packet, 0 if there is no limit
	 */
	uint32_t (*get_limit)(mobility_pins_t *this, const mobility_path_t *path);

	/**
	 * Get the next hop that packets of a path take, whoever has pinned them.
	 *
	 * @param path		path
	 * @param gateway	gets its address, not set if the peer is on-link
	 * @return			FALSE if there is no pin
	 */
	bool (*get_gateway)(mobility_pins_t *this, const mobility_path_t *path,
						mobility_ip_t *gateway);

	/**
	 * Have all rules at another priority, each of them is there all the time.
	 *
	 * @param priority	priority
	 */
	void (*set_priority)(mobility_pins_t *this, uint32_t priority);

	/**
	 * Have packets with MOBILITY_MARK leave over another next hop than the
	 * others of a path.  By their protocol IKE and ESP can't be told apart: the
	 * same ports may be both, and what ESP is looked up with is another thing in
	 * each kernel.
	 *
	 * @param path		path over that next hop
	 * @return			FALSE if the kernel refused it, or packets take another one
	 *					for somebody else
	 */
	bool (*mark)(mobility_pins_t *this, const mobility_path_t *path);

	/**
	 * Undo mark(), with the last one that asked for it.
	 *
	 * @param id		id of the path, as given to mark()
	 */
	void (*unmark)(mobility_pins_t *this, const mobility_path_id_t *id);

	/**
	 * Look which of our rules and routes are gone, because somebody removed
	 * them or with their link, and install them again as far as possible.
	 *
	 * @return			number of rules and routes that were installed again
	 */
	u_int (*restore)(mobility_pins_t *this);

	/**
	 * Removes all pins and destroys.
	 */
	void (*destroy)(mobility_pins_t *this);
};

/**
 * Create, after removing all rules and routes of our protocol id that a
 * crashed daemon left.
 *
 * @param rtnl			socket for requests, must live longer
 * @param priority		priority of rules, see set_priority()
 * @param table			first table
 * @return				pins
 */
mobility_pins_t *mobility_pins_create(mobility_rtnl_t *rtnl, uint32_t priority,
									  uint32_t table);

#endif /** MOBILITY_PINS_H_ @}*/
