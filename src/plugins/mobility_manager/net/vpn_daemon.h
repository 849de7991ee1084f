/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_vpn_daemon mobility_vpn_daemon
 * @{ @ingroup mobility_manager
 *
 * Is this NetworkManager's VPN service?
 */

#ifndef MOBILITY_VPN_DAEMON_H_
#define MOBILITY_VPN_DAEMON_H_

#include <library.h>

/** name of the daemon that NetworkManager starts */
#define MOBILITY_VPN_DAEMON "charon-nm"

/**
 * Check if this daemon is that service.
 *
 * @return				TRUE if so
 */
static inline bool mobility_is_vpn_daemon()
{
	return lib->ns && streq(lib->ns, MOBILITY_VPN_DAEMON);
}

#endif /** MOBILITY_VPN_DAEMON_H_ @}*/
