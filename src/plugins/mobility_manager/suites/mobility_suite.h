/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_suite mobility_suite
 * @{ @ingroup mobility_manager
 *
 * What the unit tests have in common. A test program is one file that defines
 * mobility_suite_create(); the main program comes from here.
 */

#ifndef MOBILITY_SUITE_H_
#define MOBILITY_SUITE_H_

#include <check.h>

#include <library.h>
#include <bus/bus.h>

/**
 * A ck_assert() for loops. libcheck's own writes to a file each time, and that
 * is what most of the time goes into if it is a million times.
 */
#define mobility_assert(cond) \
	do \
	{ \
		if (!(cond)) \
		{ \
			ck_abort_msg("Assertion '%s' failed", #cond); \
		} \
	} \
	while (FALSE)

/**
 * Create the suite to run. Defined by each test program.
 *
 * @return			suite
 */
Suite *mobility_suite_create(void);

/**
 * Fixture that initializes libstrongswan without any strongswan.conf, so a
 * test sets what it needs with lib->settings. lib->ns is "charon".
 */
void mobility_suite_setup(void);

/**
 * Fixture that undoes mobility_suite_setup().
 */
void mobility_suite_teardown(void);

/**
 * End the threads of the processor.
 */
void mobility_suite_end_threads(void);

/**
 * Wait for threads that nobody joins to end, as the library must outlive them.
 */
void mobility_suite_await_threads(void);

/**
 * Initialize libstrongswan with the given configuration instead of none. To be
 * called in place of mobility_suite_setup().
 *
 * @param conf		content of a strongswan.conf
 */
void mobility_suite_setup_conf(const char *conf);

/**
 * Start recording what is logged, which is otherwise dropped unless
 * MOBILITY_VERBOSE is set.
 */
void mobility_suite_log_start(void);

/**
 * Get what was logged since mobility_suite_log_start(), a line per message.
 *
 * @return			log, valid until the next call of this function
 */
const char *mobility_suite_log(void);

/**
 * Wait until something was logged since mobility_suite_log_start(), fail if it
 * is not for 30 s.
 *
 * @param text		what to wait for
 */
void mobility_suite_log_wait(const char *text);

/**
 * For the log() of a mocked bus: passes messages on to the suite's log.
 */
void mobility_suite_bus_log(bus_t *bus, debug_t group, level_t level,
							char *format, ...);

/**
 * Get an empty directory, which mobility_suite_teardown() removes with all that
 * is in it by then.
 *
 * @return			its path, the same until then
 */
const char *mobility_suite_dir(void);

/**
 * Write a file below mobility_suite_dir(), with the directories it is in.
 *
 * @param path		path below it, a slash in front
 * @param content	content of the file
 */
void mobility_suite_write(const char *path, const char *content);

/**
 * Name of a file that belongs to the tests.
 *
 * @param name		path relative to suites/
 * @return			path, allocated
 */
char *mobility_suite_file(const char *name);

#endif /** MOBILITY_SUITE_H_ @}*/
