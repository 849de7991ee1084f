/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_dpd mobility_dpd
 * @{ @ingroup mobility_manager
 *
 * Dead peer detection, which also notices that a NAT maps us elsewhere: then the
 * peer has to be told by an address update (RFC 4555, 3.8).
 */

#ifndef MOBILITY_DPD_H_
#define MOBILITY_DPD_H_

#include "ike/exchange.h"
#include "mobile/course.h"

/**
 * Create the exchange.
 *
 * @param course		course of the session
 * @return				exchange, to be freed
 */
mobility_exchange_t *mobility_dpd_create(mobility_course_t *course);

#endif /** MOBILITY_DPD_H_ @}*/
