/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_clock mobility_clock
 * @{ @ingroup mobility_manager
 *
 * Wakes up at a given time of a clock that counts suspend.  charon's scheduler
 * runs on CLOCK_MONOTONIC, which stops then, and has no way to cancel.
 */

#ifndef MOBILITY_CLOCK_H_
#define MOBILITY_CLOCK_H_

#include <library.h>

typedef struct mobility_clock_t mobility_clock_t;

/**
 * Called by the watcher's thread when the time has come.
 *
 * @param data			user data
 * @param now			current time
 */
typedef void (*mobility_clock_cb_t)(void *data, uint64_t now);

/**
 * Clock.  Methods may be called from any thread.
 */
struct mobility_clock_t {

	/**
	 * Set the time to wake up at, replaces any set before.
	 *
	 * @param when		time in ms as of mobility_now(), 0 for never
	 */
	void (*set)(mobility_clock_t *this, uint64_t when);

	/**
	 * Destroy; waits for a callback under way.
	 */
	void (*destroy)(mobility_clock_t *this);
};

/**
 * Create a clock.
 *
 * @param cb			called when the time has come
 * @param data			user data for cb
 * @return				clock, NULL on failure (logged)
 */
mobility_clock_t *mobility_clock_create(mobility_clock_cb_t cb, void *data);

/**
 * Get the current time.
 *
 * @return				milliseconds of CLOCK_BOOTTIME
 */
uint64_t mobility_now();

/**
 * Get the earlier of two times, each of which may be 0 for never.
 *
 * @param a				time
 * @param b				other time
 * @return				the earlier one, 0 if both are
 */
static inline uint64_t mobility_earlier(uint64_t a, uint64_t b)
{
	return a && b ? min(a, b) : a ?: b;
}

#endif /** MOBILITY_CLOCK_H_ @}*/
