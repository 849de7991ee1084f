/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_path_update mobility_path_update
 * @{ @ingroup mobility_manager
 *
 * Address update (RFC 4555, 3.5): has the peer use the target, or the path in
 * use if there is none.
 */

#ifndef MOBILITY_PATH_UPDATE_H_
#define MOBILITY_PATH_UPDATE_H_

#include "mobile/additional_addresses.h"
#include "mobile/handover.h"
#include "mobile/pmtu.h"
#include "mobile/retransmission.h"

/**
 * Create the exchange.
 *
 * @param course			course of the session
 * @param retransmission	sends requests again
 * @param handover			has CHILD_SAs use another path
 * @param addresses			adds our other addresses to a request
 * @param pmtu				measures a path that was moved to
 * @return					exchange, to be freed
 */
mobility_exchange_t *mobility_path_update_create(mobility_course_t *course,
									mobility_retransmission_t *retransmission,
									mobility_handover_t *handover,
									mobility_additional_addresses_t *addresses,
									mobility_pmtu_t *pmtu);

#endif /** MOBILITY_PATH_UPDATE_H_ @}*/
