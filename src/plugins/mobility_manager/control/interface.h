/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_interface mobility_interface
 * @{ @ingroup mobility_manager
 *
 * The command mobility-interface: shows and changes the policy for interfaces.
 * docs/vici.md describes it.
 */

#ifndef MOBILITY_INTERFACE_H_
#define MOBILITY_INTERFACE_H_

#include "control/commands.h"

/**
 * Handle mobility-interface.
 *
 * @param commands		what to work on
 * @param request		its arguments, an encoded message
 * @param response		gets the answer, unless interfaces are listed
 * @param list			gets the interfaces
 */
void mobility_interface_handle(mobility_commands_t *commands, chunk_t request,
							   mobility_vici_message_t *response,
							   mobility_list_t *list);

#endif /** MOBILITY_INTERFACE_H_ @}*/
