/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_filled_request mobility_filled_request
 * @{ @ingroup mobility_manager
 *
 * A request that is filled up until it is as large as a packet over a path may
 * be.
 */

#ifndef MOBILITY_FILLED_REQUEST_H_
#define MOBILITY_FILLED_REQUEST_H_

#include <encoding/message.h>
#include <sa/ike_sa.h>

/**
 * Notify that fills a request, one of those for private use: who does not know
 * it has to ignore it (RFC 7296, 3.10.1).
 */
#define MOBILITY_NOTIFY_PADDING 52501

/**
 * Fill a request up.
 *
 * @param ike_sa		IKE_SA, which is going to encrypt it
 * @param message		request without payloads, with its addresses
 * @param size			size of the largest IP packet, MOBILITY_MTU_FLOOR at least
 * @return				size that it is going to have as an IP packet, 0 if that
 *						is not known, and nothing was added
 */
uint32_t mobility_filled_request(ike_sa_t *ike_sa, message_t *message,
								 uint32_t size);

#endif /** MOBILITY_FILLED_REQUEST_H_ @}*/
