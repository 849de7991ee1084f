/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glob.h>
#include <stdio.h>
#include <unistd.h>

#include "checks.h"
#include "net/vpn_daemon.h"

/** its file */
#define DAEMON IPSEC_LIBDIR "/" MOBILITY_VPN_DAEMON

/** connections that NetworkManager keeps */
#define CONNECTIONS "/etc/NetworkManager/system-connections/*"

/**
 * What a connection of NetworkManager's says.
 */
typedef struct {
	/** it is one of ours */
	bool ours;
	/** it stays when its link goes */
	bool persistent;
	/** its name */
	char id[128];
} profile_t;

/**
 * Check if the VPN service loads the plugin.  It does not inherit charon's
 * settings.
 */
static bool loads_plugin()
{
	enumerator_t *enumerator;
	bool listed = FALSE;
	char *token;

	if (lib->settings->get_bool(lib->settings, "%s.load_modular", FALSE,
								MOBILITY_VPN_DAEMON))
	{
		return lib->settings->get_bool(lib->settings,
									   "%s.plugins.mobility-manager.load",
									   FALSE, MOBILITY_VPN_DAEMON);
	}
	enumerator = enumerator_create_token(lib->settings->get_str(lib->settings,
								"%s.load", "", MOBILITY_VPN_DAEMON), " ", " !");
	while (!listed && enumerator->enumerate(enumerator, &token))
	{
		listed = streq(token, "mobility-manager");
	}
	enumerator->destroy(enumerator);
	return listed;
}

/**
 * Get the value if a line of a file sets a key, NULL if it does not.
 */
static const char *get_value(char *line, const char *key)
{
	char *value = strchr(line, '=');

	line[strcspn(line, "\r\n")] = '\0';
	if (!value || !strpfx(line, (char*)key) ||
		strspn(line + strlen(key), " ") != value - line - strlen(key))
	{
		return NULL;
	}
	return value + 1 + strspn(value + 1, " ");
}

/**
 * Read a connection.
 */
static void read_profile(const char *path, profile_t *profile)
{
	const char *value;
	char line[512];
	FILE *file;

	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
	{
		if ((value = get_value(line, "id")))
		{
			snprintf(profile->id, sizeof(profile->id), "%s", value);
		}
		else if ((value = get_value(line, "service-type")))
		{
			profile->ours = streq(value,
								"org.freedesktop.NetworkManager.strongswan");
		}
		else if ((value = get_value(line, "persistent")))
		{
			profile->persistent = streq(value, "true");
		}
	}
	if (file)
	{
		fclose(file);
	}
}

/**
 * Report connections that NetworkManager ends.  Returns their number.
 */
static u_int report_profiles(ctl_check_t *this)
{
	char pattern[PATH_MAX], remedy[256];
	u_int count = 0;
	glob_t found;
	int i;

	snprintf(pattern, sizeof(pattern), "%s" CONNECTIONS, this->root);
	if (glob(pattern, 0, NULL, &found) != 0)
	{
		return 0;
	}
	for (i = 0; i < found.gl_pathc; i++)
	{
		profile_t profile = {};

		read_profile(found.gl_pathv[i], &profile);
		if (profile.ours && !profile.persistent)
		{
			snprintf(remedy, sizeof(remedy), "nmcli connection modify '%s' "
					 "vpn.persistent yes, and connect again", profile.id);
			this->hint(this, "networkmanager", remedy, "NetworkManager ends "
					   "the VPN %s when the link goes that it was begun on",
					   profile.id);
			count++;
		}
	}
	globfree(&found);
	return count;
}

/*
 * Described in header.
 */
void ctl_check_networkmanager(ctl_check_t *this)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s" DAEMON, this->root);
	if (access(path, F_OK) != 0)
	{
		return;
	}
	if (!loads_plugin())
	{
		this->hint(this, "networkmanager", "as docs/desktop.md says, have "
				   "strongswan.d/charon-nm.conf list it in load, or set load in "
				   "strongswan.d/charon-nm/mobility-manager.conf; then kill "
				   "charon-nm and connect again",
				   "NetworkManager's VPN service charon-nm does not load the "
				   "plugin");
	}
	else if (!report_profiles(this))
	{
		this->passed(this, "networkmanager", "VPNs of NetworkManager's persist");
	}
}
