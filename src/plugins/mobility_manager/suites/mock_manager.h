/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mock_manager mock_manager
 * @{ @ingroup mobility_suite
 *
 * A mobility_manager_t with sessions that a test makes up.
 */

#ifndef MOCK_MANAGER_H_
#define MOCK_MANAGER_H_

#include "manager.h"

typedef struct mock_manager_t mock_manager_t;

/**
 * The mock.
 */
struct mock_manager_t {

	/**
	 * What is tested gets this.
	 */
	mobility_manager_t manager;

	/**
	 * Add a session, connected over eth0.
	 *
	 * @param connection	name of the connection
	 * @return			the session, to be changed between lock() and unlock()
	 */
	mobility_status_t *(*add)(mock_manager_t *this, const char *connection);

	/**
	 * Keep others from looking at sessions.
	 */
	void (*lock)(mock_manager_t *this);

	/**
	 * Let others look at sessions again.
	 */
	void (*unlock)(mock_manager_t *this);

	/**
	 * Tell the observers about an event of a session, with two paths for
	 * MOBILITY_EVENT_PATH.
	 *
	 * @param kind		kind of event
	 * @param old		previous state
	 * @param status	session
	 */
	void (*raise)(mock_manager_t *this, enum mobility_event_kind_t kind,
				  mobility_state_t old, mobility_status_t *status);

	/**
	 * Get the arguments of the last call of switch_uplink().  It moves the
	 * first session to eth1 and finds wlan0 unusable, of which observers are
	 * told, and refuses every other uplink.
	 *
	 * @return			"CONNECTION UPLINK", empty if there was none
	 */
	const char *(*get_switch)(mock_manager_t *this);

	/**
	 * Get the number of calls of reload().
	 *
	 * @return			number
	 */
	u_int (*get_reloads)(mock_manager_t *this);

	/**
	 * Get the number of registered observers.
	 *
	 * @return			number
	 */
	u_int (*get_observers)(mock_manager_t *this);

	/**
	 * Let create_status_enumerator() block until it is called with FALSE.
	 *
	 * @param block		TRUE to block
	 */
	void (*block)(mock_manager_t *this, bool block);

	/**
	 * Wait until somebody is blocked.
	 */
	void (*wait_blocked)(mock_manager_t *this);
};

/**
 * Create a mock without sessions, destroyed by manager.destroy().
 *
 * @return				mock
 */
mock_manager_t *mock_manager_create();

#endif /** MOCK_MANAGER_H_ @}*/
