/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <ifaddrs.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>

#include "checks.h"
#include "net/link.h"
#include "settings/section.h"

#include <utils/debug.h>

/** how what the plugin logs begins */
#define PREFIX "mobility: "

/** collects what reading the settings logs, has no argument of its own */
static ctl_check_t *collector;

/**
 * Report what is wrong, as the plugin logs it.
 */
static void report(const char *text)
{
	char name[384], file[PATH_MAX], remedy[PATH_MAX + 64];
	size_t len;

	/* NAME = VALUE: PROBLEM, or NAME: PROBLEM */
	len = min(strcspn(text, ":"), strcspn(text, "="));
	while (len && text[len - 1] == ' ')
	{
		len--;
	}
	snprintf(name, sizeof(name), "%.*s", (int)len, text);
	snprintf(remedy, sizeof(remedy), "correct it in %s, then swanctl "
			 "--reload-settings", ctl_check_find_file(collector, name, file,
													  sizeof(file)));
	collector->problem(collector, "settings", remedy, "%s", text);
}

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
		report(strpfx(text, PREFIX) ? text + strlen(PREFIX) : text);
	}
}

/**
 * Get the name of an option of charon's as it was written, and its file.
 */
static void find_option(ctl_check_t *this, const char *key, char *name,
						size_t name_len, char *file, size_t file_len)
{
	mobility_section_t section;

	mobility_section_init(&section, NULL, this->ns, NULL);
	mobility_section_name(&section, key, name, name_len);
	ctl_check_find_file(this, name, file, file_len);
}

/**
 * Check that charon installs routes.
 */
static void check_install_routes(ctl_check_t *this)
{
	char name[64], file[PATH_MAX], remedy[PATH_MAX + 128];

	if (lib->settings->get_bool(lib->settings, "%s.install_routes", TRUE,
								this->ns))
	{
		this->passed(this, "install-routes", "charon installs the routes of "
					 "its tunnels");
	}
	else
	{
		find_option(this, "install_routes", name, sizeof(name), file,
					sizeof(file));
		snprintf(remedy, sizeof(remedy), "remove that from %s and restart "
				 "charon, unless all connections use XFRM interfaces "
				 "(if_id_in, if_id_out)", file);
		this->problem(this, "install-routes", remedy,
					  "%s = no: nothing lets traffic into tunnels use the "
					  "right source address, and after a move nothing corrects "
					  "the route it takes", name);
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
		this->passed(this, "settings", "nothing is wrong with the options of "
					 "mobility-manager");
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

/**
 * Check if an interface has an address of 464XLAT (RFC 7335).
 */
static bool is_clat(const char *name)
{
	struct ifaddrs *list, *current;
	bool found = FALSE;
	mobility_ip_t ip;
	host_t *host;

	if (getifaddrs(&list) == 0)
	{
		for (current = list; current; current = current->ifa_next)
		{
			host = current->ifa_addr && streq(current->ifa_name, name) ?
						host_create_from_sockaddr(current->ifa_addr) : NULL;
			if (host)
			{
				ip = mobility_ip_from_host(host);
				found |= mobility_link_is_clat_addr(&ip);
				host->destroy(host);
			}
		}
		freeifaddrs(list);
	}
	return found;
}

/**
 * Check if an interface is a tunnel that is not used unless a section says so.
 */
static bool is_left_out(ctl_check_t *this, const char *name)
{
	mobility_link_kind_facts_t facts = {};
	mobility_uplink_policy_t policy = {};
	char value[16], sysfs[PATH_MAX];

	ctl_check_read(this, value, sizeof(value), "/sys/class/net/%s/type", name);
	facts.type = atoi(value);
	ctl_check_read(this, value, sizeof(value), "/sys/class/net/%s/ifindex",
				   name);
	snprintf(sysfs, sizeof(sysfs), "%s/sys", this->root);
	mobility_link_kind_read(sysfs, name, atoi(value), &facts);
	if (this->settings)
	{
		this->settings->get_uplink(this->settings, NULL, name, TRUE, &policy);
	}
	return !policy.use && policy.use_from == MOBILITY_ORIGIN_NONE &&
		   mobility_link_kind_determine(&facts) == MOBILITY_KIND_TUNNEL &&
		   !is_clat(name);
}

/*
 * Described in header.
 */
void ctl_check_interfaces(ctl_check_t *this)
{
	char option[64], file[PATH_MAX], remedy[PATH_MAX + 64];
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
			find_option(this, use ? "interfaces_use" : "interfaces_ignore",
						option, sizeof(option), file, sizeof(file));
			snprintf(remedy, sizeof(remedy), use ? "add it in %s, or remove "
					 "that line, and restart charon" : "remove it in %s, and "
					 "restart charon", file);
			this->problem(this, "interfaces", remedy, "%s could be an uplink, "
						  "but charon does not use it: %s = %s", name, option,
						  use ?: ignore);
		}
		if (is_left_out(this, name))
		{
			this->passed(this, "interfaces", "%s is a tunnel, no uplink: only a "
						 "section of interfaces with use = yes makes it one",
						 name);
			continue;
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

/**
 * Check if an interface is an uplink.
 */
static bool is_uplink(ctl_check_t *this, const char *ifname)
{
	enumerator_t *enumerator;
	bool found = FALSE;
	char *name;

	enumerator = array_create_enumerator(this->uplinks);
	while (!found && enumerator->enumerate(enumerator, &name))
	{
		found = streq(name, ifname);
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
void ctl_check_virtual_ips(ctl_check_t *this)
{
	bool install;
	char *ifname;

	install = lib->settings->get_bool(lib->settings, "%s.install_virtual_ip",
									  TRUE, this->ns);
	ifname = lib->settings->get_str(lib->settings, "%s.install_virtual_ip_on",
									NULL, this->ns);
	if (!install)
	{
		this->passed(this, "virtual-ips", "charon installs no virtual IP "
					 "addresses");
	}
	/* without that interface charon does as if none was named */
	else if (ifname && if_nametoindex(ifname) && !is_uplink(this, ifname))
	{
		this->passed(this, "virtual-ips", "virtual IP addresses are on %s, "
					 "which is no uplink", ifname);
	}
	else
	{
		this->hint(this, "virtual-ips", "set charon.install_virtual_ip_on = lo "
				   "in strongswan.conf and restart charon", "virtual IP "
				   "addresses are on the uplink in use, and get deleted with "
				   "its own addresses");
	}
}
