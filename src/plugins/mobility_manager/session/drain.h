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

#include "session/roster.h"

/** After a session was ended others have as many times what that took: stock does it
 * with a lock held that messages need, and may wait for RADIUS meanwhile. */
#define MOBILITY_DRAIN_PAUSE 10

/**
 * Have dormant sessions ended the way stock ends those whose peer does not answer,
 * one after the other by a job.  One that is dormant no longer when it is its turn
 * is left alone.
 *
 * @param registry		sessions
 * @param filter		which are meant, only dormant ones are
 * @param checkout		checks out the IKE_SA of each
 * @param data			user data for it
 * @return				number of sessions that are going to be ended
 */
u_int mobility_drain_terminate(mobility_registry_t *registry,
							   const mobility_filter_t *filter,
							   mobility_roster_checkout_t checkout, void *data);

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
