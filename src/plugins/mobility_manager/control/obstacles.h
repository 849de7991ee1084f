/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_obstacles mobility_obstacles
 * @{ @ingroup mobility_manager
 *
 * Why there is no path of a session over an interface.
 */

#ifndef MOBILITY_OBSTACLES_H_
#define MOBILITY_OBSTACLES_H_

#include "control/commands.h"

/**
 * Add a section for each interface of this host that a session has no path over,
 * docs/vici.md has the reasons.
 *
 * @param commands		what to work on
 * @param message		gets the sections
 * @param connection	name of the session's connection
 * @param uplinks		names of interfaces with paths, char[IFNAMSIZ]
 */
void mobility_obstacles_add(mobility_commands_t *commands,
							mobility_vici_message_t *message,
							const char *connection, array_t *uplinks);

#endif /** MOBILITY_OBSTACLES_H_ @}*/
