/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_values mobility_values
 * @{ @ingroup mobility_manager
 *
 * Strict readings of the values in strongswan.conf.  Pure.  charon's own
 * functions are lenient: they take "30x" for a number, and -5 for a time.
 */

#ifndef MOBILITY_VALUES_H_
#define MOBILITY_VALUES_H_

#include <library.h>

/**
 * Read a time: digits, and one of the units s, m, h or d (s if there is none).
 *
 * @param str			text
 * @param seconds		gets the time, untouched if the text is no time
 * @return				TRUE if the text is a time that fits
 */
bool mobility_parse_time(const char *str, uint32_t *seconds);

/**
 * Read a decimal number.
 *
 * @param str			text
 * @param number		gets the number, untouched if the text is no number
 * @return				TRUE if the text is a number that fits
 */
bool mobility_parse_number(const char *str, uint32_t *number);

/**
 * Read yes or no, in any of the words strongSwan knows for them.
 *
 * @param str			text
 * @param value			gets the value, untouched if the text is neither
 * @return				TRUE if the text is one of the words
 */
bool mobility_parse_bool(const char *str, bool *value);

/**
 * Write a time as people write it in strongswan.conf, in the largest unit that
 * leaves no rest.
 *
 * @param seconds		time
 * @param buf			buffer
 * @param len			size of buffer
 * @return				buf
 */
char *mobility_print_time(uint32_t seconds, char *buf, size_t len);

/**
 * Check a pattern for names of interfaces.
 *
 * @param pattern		fnmatch(3) pattern
 * @return				NULL if an interface may have a name that matches,
 *						otherwise why not (static string)
 */
const char *mobility_check_pattern(const char *pattern);

/**
 * Check the name of an interface, as the kernel does.
 *
 * @param ifname		name
 * @return				NULL if an interface may have that name, otherwise why
 *						not (static string)
 */
const char *mobility_check_ifname(const char *ifname);

/**
 * Find the word that was probably meant.
 *
 * @param word			word as written
 * @param words			known words
 * @param count			number of known words
 * @return				the nearest of them, NULL if none is near
 */
const char *mobility_nearest(const char *word, const char *words[],
							 u_int count);

#endif /** MOBILITY_VALUES_H_ @}*/
