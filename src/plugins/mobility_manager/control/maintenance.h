/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_maintenance mobility_maintenance
 * @{ @ingroup mobility_manager
 *
 * The commands that empty a gateway: mobility-terminate and mobility-redirect.
 */

#ifndef MOBILITY_MAINTENANCE_H_
#define MOBILITY_MAINTENANCE_H_

#include "control/commands.h"

/**
 * mobility-terminate: have sessions ended that are dormant for long enough.
 *
 * @param this			what to work on
 * @param request		arguments
 * @param response		gets the answer
 * @param list			nothing is listed
 */
void mobility_terminate_handle(mobility_commands_t *this, chunk_t request,
							   mobility_vici_message_t *response,
							   mobility_list_t *list);

/**
 * mobility-redirect: send clients to another gateway.
 *
 * @param this			what to work on
 * @param request		arguments
 * @param response		gets the answer
 * @param list			nothing is listed
 */
void mobility_redirect_handle(mobility_commands_t *this, chunk_t request,
							  mobility_vici_message_t *response,
							  mobility_list_t *list);

#endif /** MOBILITY_MAINTENANCE_H_ @}*/
