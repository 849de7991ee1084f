/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_gauge mobility_gauge
 * @{ @ingroup mobility_manager
 *
 * What a measurement of a path's MTU needs of the kernel and of charon, see
 * mobility_mtu_t.
 */

#ifndef MOBILITY_GAUGE_H_
#define MOBILITY_GAUGE_H_

#include <encoding/message.h>
#include <sa/ike_sa.h>

#include "mobility_path.h"

/**
 * Notify that fills a request, one of those for private use: who does not know it
 * has to ignore it (RFC 7296, 3.10.1).
 */
#define MOBILITY_NOTIFY_PADDING 52501

/**
 * Get the MTU that the kernel believes a path has.
 *
 * @param path			path, pinned
 * @return				MTU, 0 if unknown
 */
uint32_t mobility_gauge_believed(const mobility_path_t *path);

/**
 * Get a request with nothing in it filled until it is as large as a packet may
 * be.
 *
 * @param ike_sa		IKE_SA
 * @param message		request with its addresses, not changed
 * @param size			size of the IP packet, at most; gets what it is
 * @return				filled request, NULL on failure
 */
packet_t *mobility_gauge_fill(ike_sa_t *ike_sa, message_t *message,
							  uint32_t *size);

#endif /** MOBILITY_GAUGE_H_ @}*/
