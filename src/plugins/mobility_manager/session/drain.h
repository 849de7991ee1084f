/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_drain mobility_drain
 * @{ @ingroup mobility_manager
 *
 * Empties a gateway: sends clients elsewhere, and ends sessions of those that
 * sleep.
 */

#ifndef MOBILITY_DRAIN_H_
#define MOBILITY_DRAIN_H_

#include "session/endings.h"
#include "session/roster.h"

/**
 * Have dormant sessions ended the way stock ends those whose peer does not answer,
 * when it is their turn.
 *
 * @param registry		sessions
 * @param endings		ends them
 * @param filter		which are meant, only dormant ones are
 * @return				number of sessions that are going to be ended
 */
u_int mobility_drain_terminate(mobility_registry_t *registry,
							   mobility_endings_t *endings,
							   const mobility_filter_t *filter);

/**
 * Redirect clients to another gateway (RFC 5685), by stock's own request.  A client
 * that sleeps gets that when it wakes.
 *
 * @param registry		sessions
 * @param filter		which are meant, only those of the anchor end are
 * @param gateway		the other gateway, an address or domain name
 * @param checkout		checks out the IKE_SA of each
 * @param data			user data for it
 * @param unable		gets the number of those that can't be redirected, as the
 *						client does not support it
 * @return				number of clients that are redirected
 */
u_int mobility_drain_redirect(mobility_registry_t *registry,
							  const mobility_filter_t *filter,
							  identification_t *gateway,
							  mobility_roster_checkout_t checkout, void *data,
							  u_int *unable);

#endif /** MOBILITY_DRAIN_H_ @}*/
