/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdarg.h>
#include <stdio.h>

#include "ctl_check.h"

#include <utils/debug.h>

/** how what the plugin logs begins */
#define PREFIX "mobility: "

/** collects what reading the settings logs, has no argument of its own */
static ctl_check_t *collector;

/**
 * Replaces the logger while settings are read.
 */
static void collect(debug_t group, level_t level, char *fmt, ...)
{
	char text[512];
	va_list args;

	if (group == DBG_CFG && level <= 1)
	{
		va_start(args, fmt);
		vsnprintf(text, sizeof(text), fmt, args);
		va_end(args);
		collector->problem(collector, "settings", "correct it in "
						   "strongswan.conf, then swanctl --reload-settings",
						   "%s", strpfx(text, PREFIX) ? text + strlen(PREFIX) :
													text);
	}
}

/**
 * Check that charon installs routes.
 */
static void check_install_routes(ctl_check_t *this)
{
	if (lib->settings->get_bool(lib->settings, "%s.install_routes", TRUE,
								this->ns))
	{
		this->passed(this, "install-routes", "charon installs the routes of "
					 "its tunnels");
	}
	else
	{
		this->problem(this, "install-routes", "set charon.install_routes = yes "
					  "in strongswan.conf, unless all connections use XFRM "
					  "interfaces (if_id_in, if_id_out)",
					  "%s.install_routes = no: nothing lets traffic into "
					  "tunnels use the right source address, and after a move "
					  "nothing corrects the route it takes", this->ns);
	}
}

/*
 * Described in header.
 */
void ctl_check_settings(ctl_check_t *this)
{
	void (*old)(debug_t group, level_t level, char *fmt, ...) = dbg;
	u_int problems;

	/* what charon does for the name it runs under */
	if (!streq(this->ns, "charon"))
	{
		lib->settings->add_fallback(lib->settings, this->ns, "charon");
	}
	this->settings = mobility_settings_create_for(this->ns);
	collector = this;
	dbg = collect;
	problems = this->settings->reload(this->settings);
	dbg = old;
	if (!problems)
	{
		this->passed(this, "settings", "nothing is wrong with "
					 "%s.plugins.mobility-manager", this->ns);
	}
	check_install_routes(this);
}

/**
 * Check if a comma-separated list contains a name.
 */
static bool contains(const char *list, const char *name)
{
	enumerator_t *enumerator;
	bool found = FALSE;
	char *token;

	enumerator = enumerator_create_token(list, ",", " ");
	while (!found && enumerator->enumerate(enumerator, &token))
	{
		found = streq(token, name);
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
void ctl_check_interfaces(ctl_check_t *this)
{
	char *use, *ignore, *name, names[256] = "";
	enumerator_t *enumerator;
	bool problem = FALSE;
	size_t len;

	use = lib->settings->get_str(lib->settings, "%s.interfaces_use", NULL,
								 this->ns);
	ignore = lib->settings->get_str(lib->settings, "%s.interfaces_ignore",
									NULL, this->ns);
	enumerator = array_create_enumerator(this->uplinks);
	while (enumerator->enumerate(enumerator, &name))
	{
		/* charon looks at the second only if there is not the first */
		if (use ? !contains(use, name) : ignore && contains(ignore, name))
		{
			problem = TRUE;
			this->problem(this, "interfaces", use ?
						  "add it there, or remove that line" :
						  "remove it there", "%s could be an uplink, but "
						  "charon does not use it: %s.%s = %s", name, this->ns,
						  use ? "interfaces_use" : "interfaces_ignore",
						  use ?: ignore);
		}
		len = strlen(names);
		snprintf(names + len, sizeof(names) - len, " %s", name);
	}
	enumerator->destroy(enumerator);
	if (!problem)
	{
		this->passed(this, "interfaces", *names ? "charon may use what could "
					 "be an uplink now:%s" : "nothing could be an uplink now",
					 names);
	}
}
