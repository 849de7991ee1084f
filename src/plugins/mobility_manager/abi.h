/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_abi mobility_abi
 * @{ @ingroup mobility_manager
 */

#ifndef MOBILITY_ABI_H_
#define MOBILITY_ABI_H_

#include <library.h>

/**
 * Longest version of strongSwan we expect, with room for "dr", "rc" and more.
 */
#define MOBILITY_ABI_VERSION_LEN 32

/**
 * Check if the plugin was built for the charon it is being loaded into.
 *
 * Objects in strongSwan are tables of methods whose order changes between
 * versions and with some macros, so calls of a plugin built with other headers
 * end up in other methods. This has to be the first thing the plugin does, and
 * it uses nothing but the logger, which is the same everywhere.
 *
 * Logs one line with what was wanted, what was found and the remedy if the two
 * do not fit.
 *
 * @return			TRUE if it fits, FALSE if the plugin must not be used
 */
bool mobility_abi_check(void);

/**
 * Second half of mobility_abi_check(), after finding out the daemon's version.
 *
 * @param version	version of the daemon, empty if it is not known
 * @return			TRUE if it fits, and the macros that libcharon was built with
 */
bool mobility_abi_check_version(const char *version);

/**
 * First half of mobility_abi_check(), find the version of strongSwan in the constant data of a daemon.
 *
 * That is either a string that is nothing but a version, or one that follows
 * the word "strongSwan" in a longer string. The one that was wanted wins if it
 * is there, otherwise the one that follows the word, otherwise the first.
 *
 * @param data		constant data of the program
 * @param wanted	version to prefer
 * @param buf		receives the version, of MOBILITY_ABI_VERSION_LEN, may
 *					contain what an earlier call found in other data
 * @return			TRUE if any version was found, also if by an earlier call
 */
bool mobility_abi_find_version(chunk_t data, const char *wanted, char *buf);

/**
 * Check if a file of strongSwan's is of the version this was built for, for
 * programs that use its libraries, where the version is not to be found.
 *
 * @param path		file that has the version, such as the vici plugin
 * @param buf		receives the version, of MOBILITY_ABI_VERSION_LEN
 * @return			FALSE if it is of another version, TRUE also if the file
 *					can't be read or has none
 */
bool mobility_abi_check_file(const char *path, char *buf);

#endif /** MOBILITY_ABI_H_ @}*/
