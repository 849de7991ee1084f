/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup fake_nm fake_nm
 * @{ @ingroup mobility_suite
 *
 * A bus of its own, and what a test wants NetworkManager to say there.
 */

#ifndef FAKE_NM_H_
#define FAKE_NM_H_

#include "mobility_suite.h"

#include "nm/nm_device.h"

typedef struct fake_nm_t fake_nm_t;

/**
 * Check if there is a dbus-daemon.  If not, says so, as tests are left out.
 *
 * @return			TRUE if there is
 */
bool fake_bus_available(void);

/**
 * Start a bus.
 *
 * @return			its address, valid until the bus is stopped
 */
const char *fake_bus_start(void);

/**
 * Stop the bus.
 */
void fake_bus_stop(void);

/**
 * A NetworkManager, or somebody who only claims to be.
 */
struct fake_nm_t {

	/**
	 * Behave like one that is about to start: does not list its devices, nor say
	 * that they were added.
	 *
	 * @param quiet		TRUE to behave so
	 */
	void (*set_quiet)(fake_nm_t *this, bool quiet);

	/**
	 * Add a device, and say so.
	 *
	 * @param number	number in its path
	 * @param name		name
	 * @param ifname	interface with the addresses
	 * @param says		what to say about it
	 */
	void (*add)(fake_nm_t *this, u_int number, const char *name,
				const char *ifname, mobility_nm_device_t says);

	/**
	 * Change what is said about a device, and say so.
	 *
	 * @param number	number in its path
	 * @param says		what to say about it
	 */
	void (*change)(fake_nm_t *this, u_int number, mobility_nm_device_t says);

	/**
	 * Remove a device, and say so.
	 *
	 * @param number	number in its path
	 */
	void (*remove)(fake_nm_t *this, u_int number);

	/**
	 * Say that properties of a device changed, with values that have other
	 * types than they should.
	 *
	 * @param number	number in its path
	 */
	void (*garble)(fake_nm_t *this, u_int number);

	/**
	 * Leave the bus.
	 */
	void (*destroy)(fake_nm_t *this);
};

/**
 * Join the bus.
 *
 * @param real		TRUE to be NetworkManager, FALSE to send the same signals
 *					without being it
 * @return			fake
 */
fake_nm_t *fake_nm_create(bool real);

#endif /** FAKE_NM_H_ @}*/
