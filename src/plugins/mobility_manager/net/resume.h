/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_resume mobility_resume
 * @{ @ingroup mobility_manager
 *
 * Tells when the host was suspended, without waking up for it: the kernel ends
 * waiting for a time of day if the clock that tells it was set, which it is on
 * resume; CLOCK_BOOTTIME has gone on meanwhile, CLOCK_MONOTONIC has not.
 */

#ifndef MOBILITY_RESUME_H_
#define MOBILITY_RESUME_H_

#include <library.h>

/** Shortest time the host has to have slept, in ms. */
#define MOBILITY_RESUME_MIN 2000

typedef struct mobility_resume_t mobility_resume_t;

/**
 * Called by the watcher's thread when the host is back.
 *
 * @param data			user data
 * @param slept			ms the host was suspended
 */
typedef void (*mobility_resume_cb_t)(void *data, uint64_t slept);

/**
 * Tells when the host was suspended.
 */
struct mobility_resume_t {

	/**
	 * Destroy; waits for a callback under way.
	 */
	void (*destroy)(mobility_resume_t *this);
};

/**
 * Create an instance.
 *
 * @param cb			called when the host is back
 * @param data			user data for cb
 * @return				instance, NULL if the kernel can't tell (logged)
 */
mobility_resume_t *mobility_resume_create(mobility_resume_cb_t cb, void *data);

/**
 * Check if the host was suspended.
 *
 * @param asleep		ms the host had slept since it was started when this was
 *						called last, gets updated
 * @param boottime		ms of CLOCK_BOOTTIME
 * @param monotonic		ms of CLOCK_MONOTONIC, read before boottime
 * @return				ms it slept since, 0 if that is too short to count
 */
uint64_t mobility_resume_check(uint64_t *asleep, uint64_t boottime,
							   uint64_t monotonic);

#endif /** MOBILITY_RESUME_H_ @}*/
