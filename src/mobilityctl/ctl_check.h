/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ctl_check ctl_check
 * @{ @ingroup mobilityctl
 *
 * What the checks of this host share: what they learned for each other, how
 * they report what they find, and how they look at the host.
 */

#ifndef CTL_CHECK_H_
#define CTL_CHECK_H_

#include "mobilityctl.h"
#include "settings/settings.h"

#include <collections/array.h>

typedef struct ctl_check_t ctl_check_t;

/**
 * What the checks found, and what one of them learned for the others.
 */
struct ctl_check_t {

	/**
	 * Report a problem.
	 *
	 * @param check		name of the check
	 * @param remedy	what to do about it
	 * @param fmt		what is wrong
	 */
	void (*problem)(ctl_check_t *this, const char *check, const char *remedy,
					const char *fmt, ...)
					__attribute__((format(printf, 4, 5)));

	/**
	 * Report what works, but could be better.
	 *
	 * @param check		name of the check
	 * @param remedy	what to do about it
	 * @param fmt		what is not as good as it could be
	 */
	void (*hint)(ctl_check_t *this, const char *check, const char *remedy,
				 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

	/**
	 * Report that something is as it should be.
	 *
	 * @param check		name of the check
	 * @param fmt		what is right
	 */
	void (*passed)(ctl_check_t *this, const char *check, const char *fmt, ...)
					__attribute__((format(printf, 3, 4)));

	/** what was found: the arrays "problems", "hints" and "passed" */
	json_object *findings;

	/** URI of the control socket */
	char *uri;

	/** strongswan.conf, NULL if there is none */
	const char *conf;

	/** where the file system starts, not / in tests */
	const char *root;

	/** namespace of the daemon in strongswan.conf */
	char ns[32];

	/** its settings, NULL before they are read */
	mobility_settings_t *settings;

	/** connections and pools by their names, and figures, as charon tells in
	 * list-conns, get-pools and stats; empty if it does not */
	json_object *conns, *pools, *stats;

	/** names of the uplinks, as char* */
	array_t *uplinks;

	/**
	 * Destroy a ctl_check_t.
	 */
	void (*destroy)(ctl_check_t *this);
};

/**
 * Create a ctl_check_t that has found nothing yet.
 *
 * @param print			print what is found at once, instead of only
 *						collecting it
 * @return				instance, for the files and settings of this host
 */
ctl_check_t *ctl_check_create(bool print);

/**
 * Add an uplink unless it is known.
 *
 * @param name			name of the interface
 */
void ctl_check_add_uplink(ctl_check_t *this, const char *name);

/**
 * Check if a program runs.
 *
 * @param name			its name, only the first 15 characters count
 * @return				TRUE if there is a process of that name
 */
bool ctl_check_is_running(ctl_check_t *this, const char *name);

/**
 * Read a short file.
 *
 * @param buf			gets the first line, empty on failure
 * @param len			size of buf
 * @param fmt			path of the file, below root
 * @return				FALSE if it can't be read
 */
bool ctl_check_read(ctl_check_t *this, char *buf, size_t len,
					const char *fmt, ...)
					__attribute__((format(printf, 4, 5)));

#endif /** CTL_CHECK_H_ @}*/
