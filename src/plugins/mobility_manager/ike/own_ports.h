/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_own_ports mobility_own_ports
 * @{ @ingroup mobility_manager
 *
 * Local UDP ports beside the two that charon has.  What has such a port as its
 * source leaves from there, whoever sends it, see mobility_port_table_t for how long.
 */

#ifndef MOBILITY_OWN_PORTS_H_
#define MOBILITY_OWN_PORTS_H_

#include <library.h>

typedef struct mobility_own_ports_t mobility_own_ports_t;

/**
 * Ports.  Methods may be called from any thread.  The mutex is held while sockets
 * are opened and packets are sent, which does not wait for anything.
 */
struct mobility_own_ports_t {

	/**
	 * Get a port to try, that nothing was sent from before or only just now.  It
	 * stays for a while, who uses it then has to hold() it.
	 *
	 * @return			port, the same for both address families; 0 if none can be
	 *					opened (logged)
	 */
	uint16_t (*get_spare)(mobility_own_ports_t *this);

	/**
	 * Keep a port.  May be called by bus listeners.
	 *
	 * @param port		port
	 * @return			FALSE if it is not one of these
	 */
	bool (*hold)(mobility_own_ports_t *this, uint16_t port);

	/**
	 * Let go of a port that was kept.  May be called by bus listeners.
	 *
	 * @param port		port
	 */
	void (*release)(mobility_own_ports_t *this, uint16_t port);

	/**
	 * Destroy, closes all ports.
	 */
	void (*destroy)(mobility_own_ports_t *this);
};

/**
 * Create an instance, there can be only one.
 *
 * @return				instance, NULL on failure (logged)
 */
mobility_own_ports_t *mobility_own_ports_create();

#endif /** MOBILITY_OWN_PORTS_H_ @}*/
