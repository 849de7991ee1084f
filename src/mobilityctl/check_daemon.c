/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "ctl_check.h"
#include "ctl_daemon.h"
#include "ctl_output.h"

/** name of the plugin's file */
#define PLUGIN "libstrongswan-mobility-manager.so"

/**
 * What charon's own VICI socket tells.
 */
typedef struct {
	/** it answers */
	bool reached;
	/** error number if it does not */
	int error;
	/** version of the daemon */
	char version[32];
	/** the plugin is loaded */
	bool loaded;
} charon_t;

/**
 * Get the URI of charon's own VICI socket.
 */
static char *get_vici_uri(ctl_check_t *this)
{
	char *uri;

	uri = lib->settings->get_str(lib->settings, "charon.plugins.vici.socket",
								 "unix://" IPSEC_PIDDIR "/charon.vici");
	return lib->settings->get_str(lib->settings,
								  "charon-systemd.plugins.vici.socket", uri);
}

/**
 * Check if a list contains a text.
 */
static bool contains(json_object *list, const char *text)
{
	json_object *item;
	int i;

	for (i = 0; list && i < json_object_array_length(list); i++)
	{
		item = json_object_array_get_idx(list, i);
		if (streq(json_object_get_string(item), text))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Ask charon what it is and what it has loaded.
 */
static void ask_charon(ctl_check_t *this, charon_t *charon)
{
	json_object *answer;
	ctl_daemon_t *daemon;

	daemon = ctl_daemon_try(get_vici_uri(this));
	if (!daemon)
	{
		charon->error = errno;
		return;
	}
	answer = daemon->call(daemon, "version", NULL);
	if (answer)
	{
		charon->reached = TRUE;
		snprintf(this->ns, sizeof(this->ns), "%s", ctl_str(answer, "daemon"));
		snprintf(charon->version, sizeof(charon->version), "%s",
				 ctl_str(answer, "version"));
		json_object_put(answer);
	}
	answer = daemon->call(daemon, "stats", NULL);
	if (answer)
	{
		charon->loaded = contains(ctl_sub(answer, "plugins"),
								  "mobility-manager");
		json_object_put(answer);
	}
	daemon->destroy(daemon);
}

/**
 * Note the uplinks that sessions have.
 */
static void add_uplinks(ctl_check_t *this, json_object *sessions)
{
	json_object *paths;
	int i, j;

	for (i = 0; i < json_object_array_length(sessions); i++)
	{
		paths = ctl_array(ctl_sub(json_object_array_get_idx(sessions, i),
								  "paths"));
		for (j = 0; j < json_object_array_length(paths); j++)
		{
			ctl_check_add_uplink(this, ctl_str(
						json_object_array_get_idx(paths, j), "uplink"));
		}
		json_object_put(paths);
	}
}

/**
 * Ask the mobility manager for its sessions.
 */
static bool ask_manager(ctl_check_t *this, charon_t *charon, int *error)
{
	json_object *answer, *sessions;
	ctl_daemon_t *daemon;
	int count;

	daemon = ctl_daemon_try(this->uri);
	if (!daemon)
	{
		*error = errno;
		return FALSE;
	}
	answer = daemon->call(daemon, "mobility-paths", NULL);
	daemon->destroy(daemon);
	if (!answer)
	{
		*error = EPROTO;
		return FALSE;
	}
	sessions = ctl_array(answer);
	count = json_object_array_length(sessions);
	add_uplinks(this, sessions);
	json_object_put(sessions);
	json_object_put(answer);
	this->passed(this, "daemon", "%s%s%s runs with the plugin, which has %d "
				 "session%s", charon->reached ? this->ns : "charon",
				 charon->reached ? " " : "", charon->version, count,
				 count == 1 ? "" : "s");
	return TRUE;
}

/**
 * Say why the plugin is not loaded.
 */
static void report_not_loaded(ctl_check_t *this, charon_t *charon)
{
	char *load;
	bool modular;

	load = lib->settings->get_str(lib->settings,
								  "%s.plugins.mobility-manager.load",
								  lib->settings->get_str(lib->settings,
								  "charon.plugins.mobility-manager.load",
								  NULL), this->ns);
	modular = lib->settings->get_bool(lib->settings, "%s.load_modular",
									  lib->settings->get_bool(lib->settings,
									  "charon.load_modular", FALSE), this->ns);
	if (access(IPSEC_PLUGINDIR "/" PLUGIN, R_OK) != 0)
	{
		this->problem(this, "plugin", "install it there with make install, "
					  "after configure --with-plugindir if that is not where "
					  "charon looks for plugins",
					  "the plugin is not loaded, there is no %s",
					  IPSEC_PLUGINDIR "/" PLUGIN);
	}
	else if (!streq(charon->version, VERSION))
	{
		this->problem(this, "plugin", "build it with the headers of the "
					  "strongSwan that is installed (configure "
					  "--with-strongswan)", "the plugin is not loaded, it is "
					  "built for strongSwan %s and %s runs", VERSION,
					  charon->version);
	}
	else if ((!load && modular) || (load && (streq(load, "no") ||
											 streq(load, "0"))))
	{
		this->problem(this, "plugin", "set charon.plugins.mobility-manager."
					  "load = yes in strongswan.conf, and restart charon",
					  "the plugin is not loaded, %s",
					  load ? "strongswan.conf says so" :
					  "strongswan.conf says which to load, but nothing of it");
	}
	else
	{
		this->problem(this, "plugin", "restart charon if the plugin was "
					  "installed while it ran; else its log says why, when it "
					  "starts (journalctl -u strongswan -g mobility)",
					  "the plugin is not loaded");
	}
}

/**
 * Say why the mobility manager can't be reached.
 */
static void report_unreachable(ctl_check_t *this, charon_t *charon, int error)
{
	if (error == EACCES || error == EPERM)
	{
		this->problem(this, "daemon", "run this as root, or as a member of "
					  "the group that charon.group names",
					  "no permission for %s", this->uri);
	}
	else if (charon->reached && charon->loaded)
	{
		this->problem(this, "socket", "name the right one with --uri or "
					  "mobilityctl.socket in strongswan.conf; if it could not "
					  "be created, charon's log says why",
					  "the plugin is loaded, but can't be reached at %s: %s",
					  this->uri, strerror(error));
	}
	else if (charon->reached)
	{
		report_not_loaded(this, charon);
	}
	else if (ctl_check_is_running(this, "charon-systemd") ||
			 ctl_check_is_running(this, "charon"))
	{
		this->problem(this, "daemon", "load the vici plugin, or name the "
					  "sockets in strongswan.conf (charon.plugins.vici.socket, "
					  "mobilityctl.socket)",
					  "charon runs, but can be reached neither at %s nor at "
					  "%s: %s", this->uri, get_vici_uri(this),
					  strerror(charon->error));
	}
	else
	{
		this->problem(this, "daemon", "systemctl start strongswan",
					  "charon is not running");
	}
}

/*
 * Described in header.
 */
void ctl_check_daemon(ctl_check_t *this)
{
	charon_t charon = {};
	int error = 0;

	ask_charon(this, &charon);
	if (!ask_manager(this, &charon, &error))
	{
		report_unreachable(this, &charon, error);
	}
}
