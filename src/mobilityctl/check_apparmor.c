/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "checks.h"

/** what the kernel enforces or not, a profile a line, root only */
#define PROFILES "/sys/kernel/security/apparmor/profiles"

/** where files of profiles are, named by their programs */
#define DIRECTORY "/etc/apparmor.d"

/** what profiles are to include */
#define ABSTRACTION "abstractions/mobility-manager"

/**
 * Check if a profile's file for the administrator has the abstraction.
 */
static bool has_abstraction(ctl_check_t *this, const char *name)
{
	char path[PATH_MAX], line[512];
	bool found = FALSE;
	FILE *file;

	snprintf(path, sizeof(path), "%s" DIRECTORY "/local/%s", this->root, name);
	file = fopen(path, "r");
	while (file && !found && fgets(line, sizeof(line), file))
	{	/* #include is no comment */
		found = strstr(line, "include") && strstr(line, ABSTRACTION);
	}
	if (file)
	{
		fclose(file);
	}
	return found;
}

/**
 * Look at the profile of a program, given by its path.
 */
static void check_profile(ctl_check_t *this, const char *program)
{
	char name[PATH_MAX], remedy[PATH_MAX * 3], *pos;

	snprintf(name, sizeof(name), "%s", program + 1);
	for (pos = name; (pos = strchr(pos, '/')); )
	{
		*pos = '.';
	}
	if (has_abstraction(this, name))
	{
		this->passed(this, "apparmor", "the profile of %s has what the plugin "
					 "needs", program);
		return;
	}
	snprintf(remedy, sizeof(remedy), "add the line 'include <" ABSTRACTION ">' "
			 "to " DIRECTORY "/local/%s, and for a script one with its path and "
			 "Ux,; then apparmor_parser -r " DIRECTORY "/%s", name, name);
	this->problem(this, "apparmor", remedy, "AppArmor keeps %s from what the "
				  "plugin needs", program);
}

/*
 * Described in header.
 */
void ctl_check_apparmor(ctl_check_t *this)
{
	char path[PATH_MAX], line[PATH_MAX], *end, *name;
	FILE *file;

	snprintf(path, sizeof(path), "%s" PROFILES, this->root);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
	{
		end = strstr(line, " (enforce)");
		if (line[0] == '/' && end)
		{
			*end = '\0';
			name = strrchr(line, '/') + 1;
			if (streq(name, "charon") || streq(name, "charon-systemd") ||
				streq(name, "charon-nm"))
			{
				check_profile(this, line);
			}
		}
	}
	if (file)
	{
		fclose(file);
	}
}
