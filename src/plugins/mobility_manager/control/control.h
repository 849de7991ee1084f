/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_control mobility_control
 * @{ @ingroup mobility_manager
 *
 * VICI commands and events on a socket of our own.
 */

#ifndef MOBILITY_CONTROL_H_
#define MOBILITY_CONTROL_H_

#include "manager.h"

typedef struct mobility_control_t mobility_control_t;

/**
 * Serves mobility-status, mobility-paths, mobility-switch, mobility-interface,
 * mobility-history and raises mobility-state, mobility-move, mobility-path, and
 * for what is listed mobility-list-session, mobility-list-paths,
 * mobility-list-interface, mobility-list-record.
 */
struct mobility_control_t {

	/**
	 * Destroy a mobility_control_t.
	 */
	void (*destroy)(mobility_control_t *this);
};

/**
 * Create the control socket, with the rights of charon's own VICI socket, and
 * the one for those who may only look, if there is a group of them.
 *
 * @param manager		manager, not owned
 * @param settings		settings, not owned
 * @param uri			URI of the socket
 * @return				control, NULL if the socket can't be created (logged)
 */
mobility_control_t *mobility_control_create(mobility_manager_t *manager,
											mobility_settings_t *settings,
											const char *uri);

#endif /** MOBILITY_CONTROL_H_ @}*/
