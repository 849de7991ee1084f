/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/uplink_names.h"
#include "net/name_query.h"
#include "nm/link_servers.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utils/debug.h>

/** Links whose servers are asked for, others may be there for containers. */
#define LINKS_ASKED 16

typedef struct private_mobility_uplink_names_t private_mobility_uplink_names_t;
typedef struct whom_t whom_t;

/**
 * Private data of a mobility_uplink_names_t object.
 */
struct private_mobility_uplink_names_t {

	/**
	 * Public interface.
	 */
	mobility_uplink_names_t public;

	/**
	 * Network monitor.
	 */
	mobility_monitor_t *monitor;

	/**
	 * Settings.
	 */
	mobility_settings_t *settings;

	/**
	 * Readable as soon as nobody wants to know anymore.
	 */
	int stopped;
};

/**
 * Whom to ask.
 */
struct whom_t {
	/** links */
	mobility_name_link_t links[MOBILITY_NAME_LINKS];
	/** number of these */
	u_int count;
	/** those that are the last resort are to be taken, as there are no others */
	bool last_resort;
};

/**
 * Get a link to ask over, NULL if there are too many.
 */
static mobility_name_link_t *get_link(whom_t *whom, const char *ifname)
{
	mobility_name_link_t *link;
	u_int i;

	for (i = 0; i < whom->count; i++)
	{
		if (streq(whom->links[i].ifname, ifname))
		{
			return &whom->links[i];
		}
	}
	if (whom->count == countof(whom->links))
	{
		return NULL;
	}
	link = &whom->links[whom->count++];
	snprintf(link->ifname, sizeof(link->ifname), "%s", ifname);
	return link;
}

/**
 * Ask a server over a link, from an address if that is known.
 */
static void add_server(whom_t *whom, const char *ifname, host_t *server,
					   host_t *local)
{
	mobility_name_link_t *link = get_link(whom, ifname);
	host_t **from;

	if (link && link->count < countof(link->servers))
	{
		link->servers[link->count++] = server->clone(server);
		from = server->get_family(server) == AF_INET ? &link->local4
													 : &link->local6;
		if (local && !*from)
		{
			*from = local->clone(local);
		}
	}
}

/**
 * Check if an uplink may be used.
 */
static bool may_use(private_mobility_uplink_names_t *this, whom_t *whom,
					const char *ifname)
{
	mobility_uplink_policy_t policy;

	this->settings->get_uplink(this->settings, NULL, ifname, FALSE, &policy);
	return policy.use &&
		   (policy.preference != MOBILITY_LAST_RESORT || whom->last_resort);
}

/**
 * Ask a server over the uplinks that lead to it, or only over the one that has it
 * if that is not NULL.
 */
static void add_paths(private_mobility_uplink_names_t *this, whom_t *whom,
					  host_t *server, const char *ifname)
{
	array_t *paths = array_create(0, 0);
	mobility_path_t *path;
	int i;

	this->monitor->get_paths(this->monitor, server, NULL, NULL, paths);
	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		if (!path->hop && !path->order && may_use(this, whom, path->ifname) &&
			(!ifname || streq(path->ifname, ifname)))
		{
			add_server(whom, path->ifname, server, path->local);
		}
	}
	mobility_paths_destroy(paths);
}

/**
 * Collect the servers that are known for links.
 */
static void add_links(private_mobility_uplink_names_t *this, whom_t *whom)
{
	mobility_uplink_report_t *link;
	enumerator_t *enumerator;
	array_t *servers;
	mobility_ip_t ip;
	host_t *server;
	u_int asked = 0;

	enumerator = this->monitor->create_link_enumerator(this->monitor);
	while (asked < LINKS_ASKED && whom->count < countof(whom->links) &&
		   enumerator->enumerate(enumerator, &link))
	{
		if (!streq(link->state, "usable") ||
			!may_use(this, whom, link->ifname))
		{
			continue;
		}
		asked++;
		servers = array_create(0, 0);
		mobility_link_servers_get(NULL, link->ifindex, link->ifname,
							this->settings->use_networkmanager(this->settings),
								  servers);
		while (array_remove(servers, ARRAY_HEAD, &server))
		{
			ip = mobility_ip_from_host(server);
			if (mobility_ip_is_linklocal(&ip))
			{
				add_server(whom, link->ifname, server, NULL);
			}
			else
			{
				add_paths(this, whom, server, link->ifname);
			}
			server->destroy(server);
		}
		array_destroy(servers);
	}
	enumerator->destroy(enumerator);
}

/**
 * Collect the servers of this host.
 */
static void add_defaults(private_mobility_uplink_names_t *this, whom_t *whom)
{
	array_t *servers = array_create(0, 0);
	host_t *server;

	mobility_name_query_defaults(servers);
	while (array_remove(servers, ARRAY_HEAD, &server))
	{
		add_paths(this, whom, server, NULL);
		server->destroy(server);
	}
	array_destroy(servers);
}

METHOD(mobility_uplink_names_t, ask, array_t*,
	private_mobility_uplink_names_t *this, const char *name, int family)
{
	whom_t whom = {};
	array_t *hosts;
	u_int i;

	for (i = 0; i < 2 && !whom.count; i++)
	{
		whom.last_resort = i;
		add_links(this, &whom);
		if (!whom.count)
		{
			add_defaults(this, &whom);
		}
	}
	hosts = mobility_name_query(name, family, whom.links, whom.count,
								MOBILITY_UPLINK_NAMES_TIMEOUT, this->stopped);
	for (i = 0; i < whom.count; i++)
	{
		mobility_name_link_clear(&whom.links[i]);
	}
	return hosts;
}

METHOD(mobility_uplink_names_t, stop, void,
	private_mobility_uplink_names_t *this)
{
	uint64_t count = 1;

	ignore_result(write(this->stopped, &count, sizeof(count)));
}

METHOD(mobility_uplink_names_t, destroy, void,
	private_mobility_uplink_names_t *this)
{
	close(this->stopped);
	free(this);
}

/*
 * Described in header.
 */
mobility_uplink_names_t *mobility_uplink_names_create(
											mobility_monitor_t *monitor,
											mobility_settings_t *settings)
{
	private_mobility_uplink_names_t *this;

	INIT(this,
		.public = {
			.ask = _ask,
			.stop = _stop,
			.destroy = _destroy,
		},
		.monitor = monitor,
		.settings = settings,
		.stopped = eventfd(0, EFD_CLOEXEC),
	);
	if (this->stopped == -1)
	{
		DBG1(DBG_NET, "mobility: creating eventfd failed: %s", strerror(errno));
		free(this);
		return NULL;
	}
	return &this->public;
}
