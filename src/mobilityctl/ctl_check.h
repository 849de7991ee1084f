/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ctl_check ctl_check
 * @{ @ingroup mobilityctl
 *
 * Looks for what breaks roaming on this host.
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
	 * Report that something is as it should be.
	 *
	 * @param check		name of the check
	 * @param fmt		what is right
	 */
	void (*passed)(ctl_check_t *this, const char *check, const char *fmt, ...)
					__attribute__((format(printf, 3, 4)));

	/** URI of the control socket */
	char *uri;

	/** strongswan.conf, NULL if there is none */
	const char *conf;

	/** where the file system starts, not / in tests */
	const char *root;

	/** namespace of the daemon in strongswan.conf */
	char ns[32];

	/** its settings */
	mobility_settings_t *settings;

	/** names of the uplinks, as char* */
	array_t *uplinks;
};

/**
 * Look for the daemon and the plugin, sets ns, looks at paths.
 */
void ctl_check_daemon(ctl_check_t *this);

/**
 * Look for addresses of peers that this host has, adds uplinks of sessions.
 *
 * @param sessions		array of what mobility-paths tells
 */
void ctl_check_paths(ctl_check_t *this, json_object *sessions);

/**
 * Look at strongswan.conf, sets settings.
 */
void ctl_check_settings(ctl_check_t *this);

/**
 * Find the file that sets an option, or has a section.
 *
 * @param name			full name, as it is written there
 * @param buf			gets the path of the file, "strongswan.conf" if none was
 *						found
 * @param len			size of buf
 * @return				buf
 */
char *ctl_check_find_file(ctl_check_t *this, const char *name, char *buf,
						  size_t len);

/**
 * Add the interfaces that have a default route to the uplinks.
 */
void ctl_check_find_uplinks(ctl_check_t *this);

/**
 * Look if charon ignores uplinks.
 */
void ctl_check_interfaces(ctl_check_t *this);

/**
 * Look for the kernel's strict reverse path filter.
 */
void ctl_check_rp_filter(ctl_check_t *this);

/**
 * Look for routing rules in front of ours.
 */
void ctl_check_rules(ctl_check_t *this);

/**
 * Look for systemd-networkd removing our rules.
 */
void ctl_check_networkd(ctl_check_t *this);

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
