/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_anchor_session mobility_anchor_session
 * @{ @ingroup mobility_manager
 *
 * A session of the anchor end, a gateway: an IKE_SA that the peer has initiated and
 * may move by MOBIKE.  When it does, the CHILD_SAs follow without losing packets.
 * When it is silent, the IKE_SA is kept until the outage time ends: what stock asks
 * it waits, unchanged, and goes on where the peer shows itself next.
 *
 * Only what is authenticated and fresh shows that: charon tells listeners of
 * messages it has decrypted and not seen before, and the kernel counts ESP packets
 * that have passed the replay check.
 */

#ifndef MOBILITY_ANCHOR_SESSION_H_
#define MOBILITY_ANCHOR_SESSION_H_

#include "session/session.h"

/**
 * Create a session of the anchor end, implements
 * mobility_context_t.create_anchor().
 *
 * @param context		what sessions share
 * @param number		number of the session
 * @param connection	name of the connection, gets cloned
 * @return				session that has no IKE_SA yet
 */
mobility_session_t *mobility_anchor_session_create(mobility_context_t *context,
												   uint32_t number,
												   const char *connection);

#endif /** MOBILITY_ANCHOR_SESSION_H_ @}*/
