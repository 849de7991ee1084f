/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <unistd.h>

#include "control/read_only.h"

#include <utils/debug.h>

/** what the URI of a socket in the file system begins with */
#define UNIX "unix://"

/** what its path has in addition */
#define SUFFIX ".ro"

/*
 * Described in header.
 */
bool mobility_read_only_uri(const char *uri, char *buf, size_t len)
{
	return strpfx(uri, UNIX) && snprintf(buf, len, "%s" SUFFIX, uri) < len;
}

/**
 * Look up a group.  Returns FALSE if there is none of that name.
 */
static bool find_group(const char *name, gid_t *gid)
{
	struct group group, *found = NULL;
	char buf[16384];

	if (getgrnam_r(name, &group, buf, sizeof(buf), &found) != 0 || !found)
	{
		return FALSE;
	}
	*gid = found->gr_gid;
	return TRUE;
}

/*
 * Described in header.
 */
bool mobility_read_only_check(const char *uri, const char *group, char *buf,
							  size_t len, gid_t *gid)
{
	if (!mobility_read_only_uri(uri, buf, len))
	{
		DBG1(DBG_CFG, "mobility: read_only_group has no effect, as '%s' is no "
			 "socket that can have a group; set the option socket to one like "
			 "unix:///run/charon.mobility", uri);
		return FALSE;
	}
	if (!find_group(group, gid))
	{
		DBG1(DBG_CFG, "mobility: read_only_group: there is no group '%s', so "
			 "nobody may look who may not change anything; create it, or name "
			 "another one", group);
		return FALSE;
	}
	return TRUE;
}

/*
 * Described in header.
 */
void mobility_read_only_allow(const char *uri, gid_t gid)
{
	const char *path = uri + strlen(UNIX);

	if (chown(path, -1, gid) != 0)
	{
		DBG1(DBG_CFG, "mobility: read_only_group: changing the group of '%s' "
			 "failed: %s", path, strerror(errno));
	}
}
