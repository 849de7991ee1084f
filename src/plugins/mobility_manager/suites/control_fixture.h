/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup control_fixture control_fixture
 * @{ @ingroup mobility_suite
 *
 * The control socket, with a mock of the manager behind it.
 */

#ifndef CONTROL_FIXTURE_H_
#define CONTROL_FIXTURE_H_

#include "mobility_suite.h"
#include "mock_manager.h"

#include "control/control.h"

/** the sessions */
extern mock_manager_t *mock;

/** the settings */
extern mobility_settings_t *settings;

/** what serves the socket, NULL once a test has destroyed it */
extern mobility_control_t *control;

/**
 * Get the path of the socket, in mobility_suite_dir().
 *
 * @return			path
 */
const char *control_path(void);

/**
 * Get the URI of the socket.
 *
 * @return			URI
 */
char *control_uri(void);

/**
 * Fixture: serve the socket, with threads.  mobility_suite_setup() comes before.
 *
 * @param interfaces	sections below interfaces
 */
void control_setup(const char *interfaces);

/**
 * Fixture that undoes control_setup() and mobility_suite_setup().
 */
void control_teardown(void);

#endif /** CONTROL_FIXTURE_H_ @}*/
