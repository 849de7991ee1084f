/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_script mobility_script
 * @{ @ingroup mobility_manager
 *
 * Runs the configured script on every state change and move.
 */

#ifndef MOBILITY_SCRIPT_H_
#define MOBILITY_SCRIPT_H_

#include "session/status.h"
#include "settings/settings.h"

typedef struct mobility_script_t mobility_script_t;

/** seconds a script may run */
#define MOBILITY_SCRIPT_TIMEOUT 60

/** how many runs of a session may wait for one that takes long */
#define MOBILITY_SCRIPT_QUEUE 16

/**
 * Runs a script for each event in the background: one at a time and in order
 * for a session, sessions side by side.
 */
struct mobility_script_t {

	/**
	 * Observer to register at the manager.
	 */
	mobility_observer_t observer;

	/**
	 * Ends scripts that still run, and destroys.  The observer must have been
	 * unregistered before.
	 */
	void (*destroy)(mobility_script_t *this);
};

/**
 * Create an object that runs scripts.
 *
 * @param settings		names the script, may change at any time, not owned
 * @param timeout		seconds a script may run
 * @return				instance
 */
mobility_script_t *mobility_script_create(mobility_settings_t *settings,
										  u_int timeout);

#endif /** MOBILITY_SCRIPT_H_ @}*/
