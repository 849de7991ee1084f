/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_address_list mobility_address_list
 * @{ @ingroup mobility_manager
 *
 * The addresses that stock tells a peer when it authenticates.  It takes the
 * first eight of all interfaces, those of containers and LANs included, and the
 * peer may use any of them.
 */

#ifndef MOBILITY_ADDRESS_LIST_H_
#define MOBILITY_ADDRESS_LIST_H_

#include <sa/ike_sa.h>

#include "net/monitor.h"
#include "settings/settings.h"

/**
 * Have a message announce the addresses of uplinks that the policy allows and
 * that lead to the peer, or, for the other address family, out of this host.
 * Messages that announce nothing, and those of IKE_SAs that are not going to be
 * managed, stay as they are.
 *
 * To be called for outgoing messages that are not encoded yet.
 *
 * @param settings		settings
 * @param monitor		network monitor, which need not be started
 * @param ike_sa		IKE_SA, checked out
 * @param message		message, gets changed
 */
void mobility_address_list(mobility_settings_t *settings,
						   mobility_monitor_t *monitor, ike_sa_t *ike_sa,
						   message_t *message);

#endif /** MOBILITY_ADDRESS_LIST_H_ @}*/
