/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_filled_request mobility_filled_request
 * @{ @ingroup mobility_manager
 *
 * Another form of a request, filled up until it is as large as a packet over a
 * path may be.
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
 * Encode and encrypt a request once more, filled up.
 *
 * @param ike_sa		IKE_SA, which has encoded nothing since
 * @param message		encoded request without payloads, not changed
 * @param size			size of the largest IP packet, gets that of this one
 * @return				packet, NULL on failure
 */
packet_t *mobility_filled_request(ike_sa_t *ike_sa, message_t *message,
								  uint32_t *size);

#endif /** MOBILITY_FILLED_REQUEST_H_ @}*/
