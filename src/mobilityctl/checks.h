/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup checks checks
 * @{ @ingroup mobilityctl
 *
 * What breaks roaming on this host, a check each.
 */

#ifndef CHECKS_H_
#define CHECKS_H_

#include "ctl_check.h"

/**
 * Look for the daemon and the plugin, sets ns, looks at paths.
 */
void ctl_check_daemon(ctl_check_t *this);

/**
 * Look for addresses of peers that this host has, adds uplinks of sessions.
 *
 * @param sessions		array of what mobility-paths tells
 */
void ctl_check_paths(ctl_check_t *this, json_object *sessions);

/**
 * Look at strongswan.conf, sets settings.
 */
void ctl_check_settings(ctl_check_t *this);

/**
 * Find the file that sets an option, or has a section.
 *
 * @param name			full name, as it is written there
 * @param buf			gets the path of the file, "strongswan.conf" if none was
 *						found
 * @param len			size of buf
 * @return				buf
 */
char *ctl_check_find_file(ctl_check_t *this, const char *name, char *buf,
						  size_t len);

/**
 * Add the interfaces that have a default route to the uplinks.
 */
void ctl_check_find_uplinks(ctl_check_t *this);

/**
 * Look if charon ignores uplinks.
 */
void ctl_check_interfaces(ctl_check_t *this);

/**
 * Look where charon puts virtual IP addresses.
 */
void ctl_check_virtual_ips(ctl_check_t *this);

/**
 * Look for the kernel's strict reverse path filter.
 */
void ctl_check_rp_filter(ctl_check_t *this);

/**
 * Look for routing rules in front of ours.
 */
void ctl_check_rules(ctl_check_t *this);

/**
 * Look for interfaces in a VRF.
 */
void ctl_check_vrf(ctl_check_t *this);

/**
 * Look for XFRM interfaces that are bound to another interface.
 */
void ctl_check_xfrm_interfaces(ctl_check_t *this);

/**
 * Look for systemd-networkd removing our rules.
 */
void ctl_check_networkd(ctl_check_t *this);

/**
 * Look over which uplinks a gateway answers.
 */
void ctl_check_way_back(ctl_check_t *this);

/**
 * Look whether AppArmor's profile of the daemon allows what the plugin needs, if
 * it is enforced.
 */
void ctl_check_apparmor(ctl_check_t *this);

/**
 * Look whether VPNs of NetworkManager's survive, if it has any.
 */
void ctl_check_networkmanager(ctl_check_t *this);

/**
 * Look for what a gateway takes away from clients that sleep.  Does nothing
 * unless clients log in to this host.
 */
void ctl_check_gateway(ctl_check_t *this);

/**
 * Do all of the above.
 *
 * @param ctl			arguments
 * @param print			print what is found at once
 * @return				what was found
 */
ctl_check_t *ctl_check_all(mobilityctl_t *ctl, bool print);

#endif /** CHECKS_H_ @}*/
