/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_manager_plugin mobility_manager_plugin
 * @ingroup mobility_manager
 * @{
 *
 * Plugin that moves MOBIKE connections between networks.
 */

#ifndef MOBILITY_MANAGER_PLUGIN_H_
#define MOBILITY_MANAGER_PLUGIN_H_

#include <plugins/plugin.h>

typedef struct mobility_manager_plugin_t mobility_manager_plugin_t;

/**
 * Front door: checks that it fits into this charon, registers what it
 * provides, and passes on reloads.
 */
struct mobility_manager_plugin_t {

	/**
	 * Implements plugin interface.
	 */
	plugin_t plugin;
};

#endif /** MOBILITY_MANAGER_PLUGIN_H_ @}*/
