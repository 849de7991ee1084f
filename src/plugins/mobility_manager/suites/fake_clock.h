/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup fake_clock fake_clock
 * @{ @ingroup mobility_suite
 *
 * A clock that tests set: an outage of half an hour takes no time.  It stands
 * in for mobility_now() and libstrongswan's time_monotonic(), and has the jobs
 * of charon's scheduler and processor run when they are due, by the test's own
 * thread.
 *
 * The program has to be linked with $(FAKE_CLOCK_FLAGS).  Until
 * fake_clock_start() is called everything is as without.
 */

#ifndef FAKE_CLOCK_H_
#define FAKE_CLOCK_H_

#include <library.h>

/**
 * Take over from the real clock, scheduler and processor, which must not have
 * any threads yet.  libstrongswan has to be initialized.
 *
 * @param now		time in ms to begin with
 */
void fake_clock_start(uint64_t now);

/**
 * Undo fake_clock_start(), destroys jobs that were not run.
 */
void fake_clock_stop(void);

/**
 * Get the time.
 *
 * @return			time in ms as of mobility_now()
 */
uint64_t fake_clock_now(void);

/**
 * Set the time, never back.  Runs nothing.
 *
 * @param now		time in ms as of mobility_now()
 */
void fake_clock_set(uint64_t now);

/**
 * Suspend the host: this passes for mobility_now() only.
 *
 * @param ms		time in ms
 */
void fake_clock_suspend(uint64_t ms);

/**
 * Get the time the next job is due.
 *
 * @return			time in ms as of mobility_now(), UINT64_MAX if there is none
 */
uint64_t fake_clock_next(void);

/**
 * Run the jobs that are due, and those they queue.
 *
 * @return			TRUE if there were any
 */
bool fake_clock_run(void);

#endif /** FAKE_CLOCK_H_ @}*/
