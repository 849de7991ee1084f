/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_nm_device mobility_nm_device
 * @{ @ingroup mobility_manager
 *
 * What NetworkManager says about a device, and what that means. Keeps no state.
 */

#ifndef MOBILITY_NM_DEVICE_H_
#define MOBILITY_NM_DEVICE_H_

#include <systemd/sd-bus.h>

#include "settings/uplink_policy.h"

typedef struct mobility_nm_device_t mobility_nm_device_t;

/**
 * What NetworkManager says about a device, in its own numbers.
 */
struct mobility_nm_device_t {
	/** name of the device: of the interface, or that of a serial port */
	char name[64];
	/** interface that has the addresses, empty if there is none */
	char ifname[64];
	/** NMDeviceState */
	uint32_t state;
	/** NMMetered */
	uint32_t metered;
	/** NMConnectivityState over IPv4 */
	uint32_t ip4;
	/** NMConnectivityState over IPv6 */
	uint32_t ip6;
};

/**
 * Conclude from what NetworkManager says about a device.
 *
 * A device it has not activated says nothing about how far one gets over it:
 * it may be about to be, or others take care of it.  One family is enough for a
 * tunnel.
 *
 * @param device		what it says
 * @return				what that means
 */
mobility_advice_t mobility_nm_device_conclude(
										const mobility_nm_device_t *device);

/**
 * Check if it makes a difference to us what NetworkManager says.
 *
 * @param before		what it said
 * @param after			what it says now
 * @return				TRUE if it does
 */
bool mobility_nm_device_differs(const mobility_nm_device_t *before,
								const mobility_nm_device_t *after);

/**
 * Read properties of a device, an a{sv}.
 *
 * @param device		gets those that are there; not to be used on errors
 * @param msg			message, at the properties
 * @return				0, or a negative errno if it is not as it should be
 */
int mobility_nm_device_read(mobility_nm_device_t *device, sd_bus_message *msg);

#endif /** MOBILITY_NM_DEVICE_H_ @}*/
