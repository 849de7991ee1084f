/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_section mobility_section
 * @{ @ingroup mobility_manager
 *
 * Reads a section of strongswan.conf by a table of its keys, and reports what
 * the table does not know or allow.
 */

#ifndef MOBILITY_SECTION_H_
#define MOBILITY_SECTION_H_

#include <library.h>
#include <collections/array.h>

typedef struct mobility_section_t mobility_section_t;
typedef struct mobility_key_t mobility_key_t;
typedef enum mobility_key_type_t mobility_key_type_t;

/**
 * Types of values, and of the members they are stored in.
 */
enum mobility_key_type_t {
	/** yes or no, bool */
	MOBILITY_KEY_BOOL,
	/** 30s, 30m, uint32_t */
	MOBILITY_KEY_TIME,
	/** uint32_t */
	MOBILITY_KEY_NUMBER,
	/** one of several words, an enum that is 0 for the first of them */
	MOBILITY_KEY_WORD,
	/** char*, freed and replaced by a copy */
	MOBILITY_KEY_STRING,
	/** known, but read by somebody else */
	MOBILITY_KEY_IGNORE,
};

/**
 * A key that a section may have.
 */
struct mobility_key_t {
	/** name of the key */
	const char *name;
	/** type of its value */
	mobility_key_type_t type;
	/** offset of the member that gets the value */
	size_t offset;
	/** least value of a time or number */
	uint32_t min;
	/** greatest value of a time or number, 0 for no limit */
	uint32_t max;
	/** words, the last one is NULL */
	const char **words;
};

/**
 * A section of lib->settings, by the names that lead to it.
 */
struct mobility_section_t {
	/** section it is in, NULL for one at the top */
	const mobility_section_t *parent;
	/** full name as reported */
	char name[384];
	/** the same, as lib->settings takes it for a format string: with each %
	 * twice */
	char fmt[768];
	/** counts problems, in this section and those below it */
	u_int *problems;
};

/**
 * Name a section below another.
 *
 * @param section		gets filled in
 * @param parent		parent section, NULL for a section at the top; has to
 *						live as long
 * @param name			name of the section
 * @param problems		counter of problems, for a section at the top
 */
void mobility_section_init(mobility_section_t *section,
						   mobility_section_t *parent, const char *name,
						   u_int *problems);

/**
 * Get the full name of something as it was written: charon-systemd gets what is
 * set for charon, too.
 *
 * @param section		section
 * @param key			name of a key or a section in it, NULL for itself
 * @param buf			gets the name
 * @param len			size of buf
 * @return				buf
 */
char *mobility_section_name(const mobility_section_t *section, const char *key,
							char *buf, size_t len);

/**
 * Report a problem with a key, and count it.
 *
 * @param section		section
 * @param key			name of the key
 * @param value			its value, NULL for none
 * @param fmt			what is wrong, and what happens now
 */
void mobility_section_report(mobility_section_t *section, const char *key,
							 const char *value, const char *fmt, ...);

/**
 * Read the keys of a section into a struct.  Members keep their values, the
 * defaults, where a key is missing or its value is bad.
 *
 * @param section		section
 * @param keys			keys the section may have
 * @param count			number of keys
 * @param data			struct with the members of the keys
 */
void mobility_section_read(mobility_section_t *section,
						   const mobility_key_t keys[], u_int count,
						   void *data);

/**
 * Check if a section has a key, whatever its value is.
 *
 * @param section		section
 * @param key			name of the key
 * @return				TRUE if it has
 */
bool mobility_section_has(mobility_section_t *section, const char *key);

/**
 * Check the names of the sections in a section.
 *
 * @param section		section
 * @param names			known names
 * @param count			number of known names
 */
void mobility_section_check(mobility_section_t *section, const char *names[],
							u_int count);

/**
 * Get the names of the sections in a section, in the order of the file.
 *
 * @param section		section
 * @return				array of allocated char*
 */
array_t *mobility_section_list(mobility_section_t *section);

#endif /** MOBILITY_SECTION_H_ @}*/
