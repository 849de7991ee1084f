/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glob.h>
#include <stdio.h>

#include "checks.h"

/** directories with drop-ins, the first one that has a file wins */
static const char *directories[] = {
	"/etc/systemd/networkd.conf.d",
	"/run/systemd/networkd.conf.d",
	"/usr/local/lib/systemd/networkd.conf.d",
	"/usr/lib/systemd/networkd.conf.d",
};

/**
 * Read a key from a configuration file, keep the value if it is not there.
 */
static void read_key(const char *path, const char *key, bool *value)
{
	char line[256], *pos, *end;
	FILE *file;

	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
	{
		pos = line + strspn(line, " \t");
		if (strpfx(pos, (char*)key))
		{
			pos += strlen(key);
			pos += strspn(pos, " \t");
			if (*pos++ == '=')
			{
				pos += strspn(pos, " \t");
				end = pos + strcspn(pos, " \t\r\n");
				*end = '\0';
				/* as systemd reads it, and empty is the default */
				*value = !(strcaseeq(pos, "no") || strcaseeq(pos, "n") ||
						   strcaseeq(pos, "false") || strcaseeq(pos, "f") ||
						   strcaseeq(pos, "off") || streq(pos, "0"));
			}
		}
	}
	if (file)
	{
		fclose(file);
	}
}

/**
 * Get the name of a file without its directory.
 */
static const char *get_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/**
 * Sort by the name of the file, whatever directory it is in.
 */
static int compare(const void *a, const void *b)
{
	return strcmp(get_name(*(char**)a), get_name(*(char**)b));
}

/**
 * Check if one of the drop-ins has the name of this one.
 */
static bool is_masked(array_t *paths, char *path)
{
	char *current;
	int i;

	for (i = 0; array_get(paths, i, &current); i++)
	{
		if (streq(get_name(current), get_name(path)))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Get the drop-ins that count.
 */
static array_t *get_dropins(ctl_check_t *this)
{
	char pattern[PATH_MAX];
	array_t *paths;
	glob_t found;
	int i, j;

	paths = array_create(0, 0);
	for (i = 0; i < countof(directories); i++)
	{
		snprintf(pattern, sizeof(pattern), "%s%s/*.conf", this->root,
				 directories[i]);
		if (glob(pattern, 0, NULL, &found) == 0)
		{
			for (j = 0; j < found.gl_pathc; j++)
			{
				if (!is_masked(paths, found.gl_pathv[j]))
				{
					array_insert(paths, ARRAY_TAIL, strdup(found.gl_pathv[j]));
				}
			}
			globfree(&found);
		}
	}
	return paths;
}

/**
 * Check if networkd is told to leave foreign rules alone.
 */
static bool manages_rules(ctl_check_t *this)
{
	const char *key = "ManageForeignRoutingPolicyRules";
	char path[PATH_MAX], *files[256];
	bool manages = TRUE;
	array_t *dropins;
	int i, count = 0;

	snprintf(path, sizeof(path), "%s/etc/systemd/networkd.conf", this->root);
	read_key(path, key, &manages);
	dropins = get_dropins(this);
	while (count < countof(files) &&
		   array_remove(dropins, ARRAY_HEAD, &files[count]))
	{
		count++;
	}
	qsort(files, count, sizeof(files[0]), compare);
	for (i = 0; i < count; i++)
	{
		read_key(files[i], key, &manages);
		free(files[i]);
	}
	array_destroy(dropins);
	return manages;
}

/*
 * Described in header.
 */
void ctl_check_networkd(ctl_check_t *this)
{
	if (!ctl_check_is_running(this, "systemd-networkd"))
	{
		this->passed(this, "networkd", "systemd-networkd is not running");
	}
	else if (manages_rules(this))
	{
		this->problem(this, "networkd", "write the lines \"[Network]\" and "
					  "\"ManageForeignRoutingPolicyRules=no\" to "
					  "/etc/systemd/networkd.conf.d/mobility.conf, and "
					  "systemctl restart systemd-networkd",
					  "systemd-networkd removes routing rules that are not "
					  "its own whenever it reconfigures an interface, those "
					  "of tunnels among them");
	}
	else
	{
		this->passed(this, "networkd", "systemd-networkd leaves our routing "
					 "rules alone");
	}
}
