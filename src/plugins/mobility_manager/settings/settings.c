/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <fnmatch.h>

#include <collections/array.h>
#include <threading/rwlock.h>
#include <utils/debug.h>

#include "settings/settings_data.h"
#include "settings/settings.h"

typedef struct private_mobility_settings_t private_mobility_settings_t;

/**
 * Private data of a mobility_settings_t.
 */
struct private_mobility_settings_t {

	/**
	 * Public interface.
	 */
	mobility_settings_t public;

	/**
	 * Namespace, charon or charon-systemd.
	 */
	char *ns;

	/**
	 * What was read last.
	 */
	mobility_settings_data_t *policy;

	/**
	 * URI of the socket, as read first.
	 */
	char *socket;

	/**
	 * Name of the group that may read, as read first.
	 */
	char *read_only_group;

	/**
	 * Knows about interfaces, or NULL.
	 */
	mobility_advisor_t advisor;

	/**
	 * User data for the advisor.
	 */
	void *advisor_data;

	/**
	 * Lock for policy and advisor.
	 */
	rwlock_t *lock;
};

/**
 * Find the configuration of a connection.  Lock must be held.
 */
static mobility_connection_t *find_connection(private_mobility_settings_t *this,
									 const char *name)
{
	mobility_connection_t *connection;
	int i;

	for (i = 0; array_get(this->policy->connections, i, &connection); i++)
	{
		if (streq(connection->name, name))
		{
			return connection;
		}
	}
	return NULL;
}

/**
 * Check if one of the patterns of a section matches an interface.
 */
static bool matches(mobility_uplink_section_t *interface, const char *ifname)
{
	char *pattern;
	int i;

	for (i = 0; array_get(interface->patterns, i, &pattern); i++)
	{
		if (fnmatch(pattern, ifname, 0) == 0)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Find the first section that matches an interface.
 */
static bool find_uplink(array_t *interfaces, const char *ifname,
						mobility_uplink_policy_t *config)
{
	mobility_uplink_section_t *interface;
	int i;

	for (i = 0; array_get(interfaces, i, &interface); i++)
	{
		if (matches(interface, ifname))
		{
			snprintf(config->section, sizeof(config->section), "%s",
					 interface->name);
			if (interface->has_use)
			{
				config->use = interface->use;
				config->use_from = MOBILITY_ORIGIN_SECTION;
			}
			if (interface->has_cost)
			{
				config->has_cost = TRUE;
				config->cost = interface->cost;
				config->cost_from = MOBILITY_ORIGIN_SECTION;
			}
			if (interface->has_metered)
			{
				config->metered = interface->metered;
				config->metered_from = MOBILITY_ORIGIN_SECTION;
			}
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(mobility_settings_t, get, void,
	private_mobility_settings_t *this, const char *name,
	mobility_config_t *config)
{
	mobility_connection_t *connection;

	this->lock->read_lock(this->lock);
	connection = find_connection(this, name);
	*config = connection ? connection->config : this->policy->config;
	this->lock->unlock(this->lock);
}

METHOD(mobility_settings_t, get_uplink, void,
	private_mobility_settings_t *this, const char *name, const char *ifname,
	bool tunnel, mobility_uplink_policy_t *config)
{
	mobility_override_t override = this->public.overrides->get(
											this->public.overrides, ifname);
	mobility_connection_t *connection;
	mobility_advice_t advice;
	bool advised;

	*config = (mobility_uplink_policy_t){
		.use = !tunnel,
	};
	this->lock->read_lock(this->lock);
	connection = find_connection(this, name);
	if (!connection || !find_uplink(connection->interfaces, ifname, config))
	{
		find_uplink(this->policy->interfaces, ifname, config);
	}
	advised = this->advisor && this->policy->networkmanager &&
			  this->advisor(this->advisor_data, ifname,
											 &advice);
	this->lock->unlock(this->lock);
	mobility_uplink_policy_complete(config, &override,
									advised ? &advice : NULL);
}

METHOD(mobility_settings_t, set_advisor, void,
	private_mobility_settings_t *this, mobility_advisor_t advisor, void *data)
{
	this->lock->write_lock(this->lock);
	this->advisor = advisor;
	this->advisor_data = data;
	this->lock->unlock(this->lock);
}

METHOD(mobility_settings_t, get_gateway, void,
	private_mobility_settings_t *this, const char *name,
	mobility_gateway_config_t *config)
{
	mobility_connection_t *connection;

	this->lock->read_lock(this->lock);
	connection = find_connection(this, name);
	*config = connection ? connection->gateway : this->policy->gateway;
	this->lock->unlock(this->lock);
}

METHOD(mobility_settings_t, get_pin_priority, uint32_t,
	private_mobility_settings_t *this)
{
	uint32_t priority;

	this->lock->read_lock(this->lock);
	priority = this->policy->pin_priority;
	this->lock->unlock(this->lock);
	return priority;
}

METHOD(mobility_settings_t, is_pin_priority_fixed, bool,
	private_mobility_settings_t *this)
{
	bool fixed;

	this->lock->read_lock(this->lock);
	fixed = this->policy->pin_priority_fixed;
	this->lock->unlock(this->lock);
	return fixed;
}

METHOD(mobility_settings_t, get_pin_table, uint32_t,
	private_mobility_settings_t *this)
{
	uint32_t table;

	this->lock->read_lock(this->lock);
	table = this->policy->pin_table;
	this->lock->unlock(this->lock);
	return table;
}

METHOD(mobility_settings_t, get_socket, const char*,
	private_mobility_settings_t *this)
{
	return this->socket;
}

METHOD(mobility_settings_t, get_read_only_group, const char*,
	private_mobility_settings_t *this)
{
	return this->read_only_group;
}

METHOD(mobility_settings_t, use_networkmanager, bool,
	private_mobility_settings_t *this)
{
	bool use;

	this->lock->read_lock(this->lock);
	use = this->policy->networkmanager;
	this->lock->unlock(this->lock);
	return use;
}

METHOD(mobility_settings_t, get_script, char*,
	private_mobility_settings_t *this)
{
	char *script;

	this->lock->read_lock(this->lock);
	script = strdupnull(this->policy->script);
	this->lock->unlock(this->lock);
	return script;
}

/**
 * Keep the value of an option that is read once, or say that another one has no
 * effect now.
 */
static void keep(char **value, const char *name, const char *now)
{
	if (!*value)
	{
		*value = strdup(now);
	}
	else if (!streq(*value, now))
	{
		DBG1(DBG_CFG, "mobility: the option %s changed, which takes effect "
			 "when the daemon starts again", name);
	}
}

/**
 * Keep the URI of the socket.
 */
static void keep_socket(private_mobility_settings_t *this, const char *uri)
{
	char own[128];

	if (!uri || !*uri)
	{
		snprintf(own, sizeof(own), MOBILITY_DEFAULT_URI_OF,
				 mobility_settings_is_second(this->ns) ? this->ns : "charon");
		uri = own;
	}
	keep(&this->socket, "socket", uri);
}

METHOD(mobility_settings_t, reload, u_int,
	private_mobility_settings_t *this)
{
	mobility_settings_data_t *policy, *old;
	u_int problems = 0;

	policy = mobility_settings_data_read(this->ns, &problems);
	keep_socket(this, policy->socket);
	keep(&this->read_only_group, "read_only_group",
		 policy->read_only_group ?: "");

	this->lock->write_lock(this->lock);
	old = this->policy;
	this->policy = policy;
	this->lock->unlock(this->lock);
	mobility_settings_data_destroy(old);
	return problems;
}

METHOD(mobility_settings_t, destroy, void,
	private_mobility_settings_t *this)
{
	mobility_settings_data_destroy(this->policy);
	this->public.overrides->destroy(this->public.overrides);
	this->lock->destroy(this->lock);
	free(this->socket);
	free(this->read_only_group);
	free(this->ns);
	free(this);
}

/*
 * Described in header.
 */
mobility_settings_t *mobility_settings_create_for(const char *ns)
{
	private_mobility_settings_t *this;

	INIT(this,
		.public = {
			.overrides = mobility_overrides_create(),
			.get = _get,
			.get_uplink = _get_uplink,
			.set_advisor = _set_advisor,
			.get_gateway = _get_gateway,
			.get_pin_priority = _get_pin_priority,
			.is_pin_priority_fixed = _is_pin_priority_fixed,
			.get_pin_table = _get_pin_table,
			.get_socket = _get_socket,
			.get_read_only_group = _get_read_only_group,
			.use_networkmanager = _use_networkmanager,
			.get_script = _get_script,
			.reload = _reload,
			.destroy = _destroy,
		},
		.ns = strdup(ns),
		.lock = rwlock_create(RWLOCK_TYPE_DEFAULT),
	);
	_reload(this);
	return &this->public;
}

/*
 * Described in header.
 */
mobility_settings_t *mobility_settings_create()
{
	return mobility_settings_create_for(lib->ns);
}
