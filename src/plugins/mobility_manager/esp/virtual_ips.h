/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_virtual_ips mobility_virtual_ips
 * @{ @ingroup mobility_manager
 *
 * Keeps virtual IP addresses local.
 *
 * With each change of addresses stock deletes virtual IP addresses and adds
 * them again to the new uplink.  Meanwhile packets to them have nowhere to go,
 * and applications can't send from them.  A route of type local has the same
 * effect as an address on some interface.
 */

#ifndef MOBILITY_VIRTUAL_IPS_H_
#define MOBILITY_VIRTUAL_IPS_H_

#include <sa/ike_sa.h>

#include "net/rtnl.h"

/**
 * Keep the virtual IP addresses of an IKE_SA local.
 *
 * @param rtnl			socket for requests
 * @param ike_sa		IKE_SA, checked out
 */
void mobility_virtual_ips_keep(mobility_rtnl_t *rtnl, ike_sa_t *ike_sa);

/**
 * They are on an interface again.
 *
 * @param rtnl			socket for requests
 * @param ike_sa		IKE_SA, checked out
 */
void mobility_virtual_ips_release(mobility_rtnl_t *rtnl, ike_sa_t *ike_sa);

#endif /** MOBILITY_VIRTUAL_IPS_H_ @}*/
