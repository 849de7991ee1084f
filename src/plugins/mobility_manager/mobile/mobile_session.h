/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_mobile_session mobility_mobile_session
 * @{ @ingroup mobility_manager
 *
 * Session of the mobile end: an IKE_SA from its login to its end, which is held,
 * steered, and replaced by others.
 */

#ifndef MOBILITY_MOBILE_SESSION_H_
#define MOBILITY_MOBILE_SESSION_H_

#include "session/session.h"

/**
 * Create a session without an IKE_SA.
 *
 * @param context		shared objects
 * @param number		number of the session
 * @param connection	name of the connection, gets cloned
 * @param records		what experience says about paths, gets owned
 * @return				session
 */
mobility_session_t *mobility_session_create(mobility_context_t *context,
											uint32_t number,
											const char *connection,
											mobility_path_history_t *records);

#endif /** MOBILITY_MOBILE_SESSION_H_ @}*/
