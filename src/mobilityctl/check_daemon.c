/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "checks.h"
#include "ctl_daemon.h"
#include "ctl_output.h"
#include "net/vpn_daemon.h"
#include "settings/values.h"

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
static char *get_vici_uri()
{
	return ctl_daemon_find_uri("vici", "unix://" IPSEC_PIDDIR "/charon.vici");
}

/**
 * Ask charon for something that is kept if it answers.
 */
static void ask_for(ctl_daemon_t *daemon, const char *command,
					json_object **answer)
{
	json_object *new;

	new = daemon->call(daemon, command, NULL);
	if (new)
	{
		json_object_put(*answer);
		*answer = new;
	}
}

/**
 * Ask charon what it is, what it has loaded, and whom it serves.
 */
static void ask_charon(ctl_check_t *this, charon_t *charon)
{
	json_object *answer;
	ctl_daemon_t *daemon;

	daemon = ctl_daemon_try(get_vici_uri());
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
	ask_for(daemon, "stats", &this->stats);
	charon->loaded = ctl_contains(ctl_sub(this->stats, "plugins"),
								  "mobility-manager");
	if (charon->loaded)
	{
		ask_for(daemon, "list-conns", &this->conns);
		ask_for(daemon, "get-pools", &this->pools);
	}
	daemon->destroy(daemon);
}

/**
 * Report an address of a peer that this host has as well.
 */
static void report_own(ctl_check_t *this, json_object *session,
					   json_object *path)
{
	char remedy[256];

	snprintf(remedy, sizeof(remedy), "leave the network of %s (ip address del "
			 "%s dev %s; taking the interface down is not enough), or have its "
			 "DHCP server hand out another address", ctl_str(path, "uplink"),
			 ctl_str(path, "local"), ctl_str(path, "uplink"));
	this->problem(this, "peers", remedy, "%s has the address %s, as the peer "
				  "of %s: packets to it don't leave this host, whatever uplink "
				  "they should use", ctl_str(path, "uplink"),
				  ctl_str(path, "local"), ctl_str(session, "connection"));
}

/*
 * Described in header.
 */
void ctl_check_paths(ctl_check_t *this, json_object *sessions)
{
	json_object *session, *paths, *path;
	bool problem = FALSE;
	int i, j;

	for (i = 0; i < json_object_array_length(sessions); i++)
	{
		session = json_object_array_get_idx(sessions, i);
		paths = ctl_array(ctl_sub(session, "paths"));
		for (j = 0; j < json_object_array_length(paths); j++)
		{
			path = json_object_array_get_idx(paths, j);
			if (streq(ctl_str(path, "local"), ctl_str(path, "remote")))
			{
				report_own(this, session, path);
				problem = TRUE;
			}
			else
			{
				ctl_check_add_uplink(this, ctl_str(path, "uplink"));
			}
		}
		json_object_put(paths);
	}
	if (!problem)
	{
		this->passed(this, "peers", "this host has no address of a peer");
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
	if (!charon->reached && streq(this->uri, ctl_daemon_find_vpn()))
	{	/* which serves nothing else */
		strcpy(this->ns, MOBILITY_VPN_DAEMON);
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
	this->passed(this, "daemon", "%s%s%s runs with the plugin, which has %d "
				 "session%s", charon->reached || streq(this->ns, MOBILITY_VPN_DAEMON) ?
				 this->ns : "charon", charon->reached ? " " : "",
				 charon->version, count,
				 count == 1 ? "" : "s");
	ctl_check_paths(this, sessions);
	json_object_put(sessions);
	json_object_put(answer);
	return TRUE;
}

/**
 * Get an option of the daemon, or of charon.
 */
static char *get_option(ctl_check_t *this, char *key)
{
	char *value;

	value = lib->settings->get_str(lib->settings, "charon.%s", NULL, key);
	return lib->settings->get_str(lib->settings, "%s.%s", value, this->ns,
								  key);
}

/**
 * Check if a value means no to charon.
 */
static bool is_no(const char *value)
{
	bool yes = TRUE;

	return streq(value, "0") || (mobility_parse_bool(value, &yes) && !yes);
}

/**
 * Check if the configuration keeps the plugin from being loaded.  Returns how,
 * NULL if it does not.
 */
static const char *not_configured(ctl_check_t *this)
{
	enumerator_t *enumerator;
	bool modular = FALSE, listed = FALSE;
	char *load, *value, *token;

	value = get_option(this, "load_modular");
	mobility_parse_bool(value ?: "no", &modular);
	load = lib->settings->get_str(lib->settings,
						"charon.plugins.mobility-manager.load", NULL);
	load = lib->settings->get_str(lib->settings,
						"%s.plugins.mobility-manager.load", load, this->ns);
	if (load && is_no(load))
	{
		return "strongswan.conf says so (mobility-manager.load)";
	}
	if (modular)
	{
		return load ? NULL : "strongswan.conf says which plugins to load, but "
							 "not this one (mobility-manager.load)";
	}
	value = get_option(this, "load");
	if (!value)
	{
		return "charon loads a list of its own unless strongswan.conf says "
			   "otherwise (charon.load_modular)";
	}
	enumerator = enumerator_create_token(value, " ", " !");
	while (!listed && enumerator->enumerate(enumerator, &token))
	{
		listed = streq(token, "mobility-manager");
	}
	enumerator->destroy(enumerator);
	return listed ? NULL : "it is not in the list of plugins to load in "
						   "strongswan.conf (charon.load)";
}

/**
 * Check if a file is newer than the daemon, which tells when it started.
 */
static bool is_new(ctl_check_t *this, const char *path)
{
	struct tm since = { .tm_isdst = -1 };
	struct stat file;

	return strptime(ctl_str(ctl_sub(this->stats, "uptime"), "since"),
					"%b %d %H:%M:%S %Y", &since) &&
		   stat(path, &file) == 0 && file.st_ctime > mktime(&since);
}

/**
 * Say why the plugin is not loaded.
 */
static void report_not_loaded(ctl_check_t *this, charon_t *charon)
{
	const char *why = not_configured(this);
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", this->root,
			 IPSEC_PLUGINDIR "/" PLUGIN);
	if (access(path, R_OK) != 0)
	{
		this->problem(this, "plugin", "install the package "
					  "strongswan-mobility-manager, or install it there with "
					  "make install, after configure --with-plugindir if that "
					  "is not where charon looks for plugins",
					  "the plugin is not loaded, there is no %s",
					  IPSEC_PLUGINDIR "/" PLUGIN);
	}
	else if (!streq(charon->version, VERSION))
	{
		this->problem(this, "plugin", "restart charon if strongSwan was "
					  "upgraded since it started; else install the package "
					  "strongswan-mobility-manager for the strongSwan that "
					  "runs, or build it with its headers (configure "
					  "--with-strongswan)", "the plugin is not loaded, it is "
					  "built for strongSwan %s and %s runs", VERSION,
					  charon->version);
	}
	else if (why)
	{
		this->problem(this, "plugin", "correct that, and restart charon",
					  "the plugin is not loaded, %s", why);
	}
	else if (is_new(this, path))
	{
		this->hint(this, "plugin", "systemctl restart strongswan as soon as its "
				   "tunnels may end, which this does to all of them",
				   "the plugin is installed, and is loaded when charon starts "
				   "the next time");
	}
	else
	{
		this->problem(this, "plugin", "its log says why, when charon starts "
					  "(journalctl -u strongswan -g mobility)",
					  "the plugin is not loaded");
	}
}

/**
 * Say why the mobility manager can't be reached.
 */
static void report_unreachable(ctl_check_t *this, charon_t *charon, int error)
{
	if (ctl_daemon_is_denied(error))
	{
		this->problem(this, "daemon", CTL_DENIED, "no permission for %s",
					  this->uri);
	}
	else if (charon->reached && charon->loaded)
	{
		this->problem(this, "socket", "restart charon if that was changed "
					  "since it started; else name the right one with --uri or "
					  "mobilityctl.socket in strongswan.conf; if it could not "
					  "be created, charon's log says why",
					  "the plugin is loaded, but can't be reached at %s: %s",
					  this->uri, strerror(error));
	}
	else if (charon->reached)
	{
		report_not_loaded(this, charon);
	}
	else if (charon->error == ECONNREFUSED &&
			 (ctl_check_is_running(this, "charon-systemd") ||
			  ctl_check_is_running(this, "charon")))
	{
		this->problem(this, "daemon", "systemctl restart strongswan",
					  "charon runs, but does not listen at %s anymore, which "
					  "happens if it is started a second time",
					  get_vici_uri());
	}
	else if (ctl_check_is_running(this, "charon-systemd") ||
			 ctl_check_is_running(this, "charon"))
	{
		this->problem(this, "daemon", "load the vici plugin, or name the "
					  "sockets in strongswan.conf (charon.plugins.vici.socket, "
					  "mobilityctl.socket)",
					  "charon runs, but can be reached neither at %s nor at "
					  "%s: %s", this->uri, get_vici_uri(),
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
