/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_link_kind mobility_link_kind
 * @{ @ingroup mobility_manager
 *
 * What kind of interface an uplink is, for people: a cable, Wi-Fi, a modem.
 */

#ifndef MOBILITY_LINK_KIND_H_
#define MOBILITY_LINK_KIND_H_

#include <library.h>

typedef enum mobility_link_kind_t mobility_link_kind_t;
typedef struct mobility_link_kind_facts_t mobility_link_kind_facts_t;

/**
 * Kinds of interfaces.
 */
enum mobility_link_kind_t {
	/** something else */
	MOBILITY_KIND_UNKNOWN,
	/** Ethernet, virtual one between hosts or namespaces included */
	MOBILITY_KIND_ETHERNET,
	/** wireless LAN */
	MOBILITY_KIND_WIFI,
	/** modem of a mobile network */
	MOBILITY_KIND_WWAN,
	/** PPP, over whatever line */
	MOBILITY_KIND_PPP,
	/** Bluetooth */
	MOBILITY_KIND_BLUETOOTH,
	/** a telephone, plugged in by USB */
	MOBILITY_KIND_USB,
	/** packets in other packets */
	MOBILITY_KIND_TUNNEL,
	/** VLAN of another interface */
	MOBILITY_KIND_VLAN,
	/** bridge with other interfaces as ports */
	MOBILITY_KIND_BRIDGE,
	/** other interfaces used as one */
	MOBILITY_KIND_BOND,
	/** further address on another interface: macvlan, ipvlan */
	MOBILITY_KIND_MACVLAN,
	/** IPv4 over an uplink that has IPv6 only (RFC 6877) */
	MOBILITY_KIND_CLAT,
};

/** names: unknown, ethernet, wifi, wwan, ppp, bluetooth, usb-tethering, tunnel,
 * vlan, bridge, bond, macvlan, clat */
extern enum_name_t *mobility_link_kind_names;

/**
 * What tells the kind of an interface.
 */
struct mobility_link_kind_facts_t {
	/** kind of virtual interface (IFLA_INFO_KIND), empty for hardware */
	char info[16];
	/** ARPHRD_* */
	uint16_t type;
	/** DEVTYPE as udev gets told, may be empty */
	char devtype[16];
	/** driver of the device, may be empty */
	char driver[32];
	/** there is a wireless PHY */
	bool wireless;
	/** the device came with an address that its maker made up, as computers do
	 * that behave as a network card for another one */
	bool made_up;
};

/**
 * Determine the kind of an interface.  Pure.
 *
 * @param facts			what is known
 * @return				kind
 */
mobility_link_kind_t mobility_link_kind_determine(
									   const mobility_link_kind_facts_t *facts);

/**
 * Add what sysfs tells about an interface that is hardware.
 *
 * @param sysfs			where sysfs is mounted
 * @param ifname		name of the interface
 * @param ifindex		its index: a sysfs that has another one is that of
 *						another network namespace, and ignored
 * @param facts			gets devtype, driver, wireless and made_up
 */
void mobility_link_kind_read(const char *sysfs, const char *ifname, int ifindex,
							 mobility_link_kind_facts_t *facts);

/**
 * Check if interfaces of a kind send packets over other interfaces, of which
 * the kind is to be known, too.
 *
 * @param kind			kind
 * @return				TRUE for VLANs, bridges, bonds and the like
 */
bool mobility_link_kind_is_stacked(mobility_link_kind_t kind);

#endif /** MOBILITY_LINK_KIND_H_ @}*/
