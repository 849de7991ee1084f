/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_vpn_service mobility_vpn_service
 * @{ @ingroup mobility_manager
 *
 * What charon-nm, NetworkManager's VPN service, needs so that its tunnels survive.
 *
 * NetworkManager ends a VPN when the link goes that it was begun on, unless the
 * user says that it persists (vpn.persistent), and the service that it can.
 * charon-nm says so since strongSwan 6.0.2 only.
 */

#ifndef MOBILITY_VPN_SERVICE_H_
#define MOBILITY_VPN_SERVICE_H_

#include "net/vpn_daemon.h"

/**
 * Have what this daemon tells NetworkManager of a tunnel say that it can persist.
 * Does nothing if it is not that service.
 */
void mobility_vpn_service_start();

/**
 * End that.
 */
void mobility_vpn_service_stop();

#endif /** MOBILITY_VPN_SERVICE_H_ @}*/
