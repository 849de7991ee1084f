/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include <utils/debug.h>

#include "settings/settings_data.h"
#include "settings/section.h"
#include "settings/values.h"

/** charon's own default for routing_table_prio, and for routing_table */
#define ROUTING_TABLE_DEFAULT 220

/** default for the first of our routing tables */
#define PIN_TABLE_DEFAULT 22000

/** the same for daemons that may run beside charon */
#define PIN_TABLE_SECOND 24000

/** an outage of a year is none that anybody waits for */
#define OUTAGE_TIME_MAX (365 * 24 * 60 * 60)

/** limit for the other times, which bound how late something is noticed */
#define TIME_MAX (24 * 60 * 60)

/*
 * The tables are not made of conf/plugins/mobility-manager.opt: that has neither
 * limits, nor members, nor says but in prose what a connection may have, and a
 * script that adds these takes more lines than there are here.  That what it
 * describes is in the tables, with the same defaults, is what test_conf tests.
 */

/** refusals within an hour that a gateway may count before it locks somebody */
#define REESTABLISH_MAX 16

/**
 * A key that is named as the member that gets its value, with its limits.
 */
#define KEY(type, name, kind, ...) \
	{ #name, MOBILITY_KEY_##kind, offsetof(type, name), ##__VA_ARGS__ }

#define CONFIG_KEY(...) KEY(mobility_config_t, __VA_ARGS__)
#define TOP_KEY(...) KEY(mobility_settings_data_t, __VA_ARGS__)

/**
 * Keys of a policy, the type of which begins with a mobility_config_t.
 */
#define CONFIG_KEYS \
	CONFIG_KEY(mobility, BOOL), \
	CONFIG_KEY(network_outage_time, TIME, 0, OUTAGE_TIME_MAX), \
	CONFIG_KEY(retry_interval, TIME, 1, TIME_MAX), \
	CONFIG_KEY(make_before_break, BOOL), \
	CONFIG_KEY(settle_time, TIME, 0, TIME_MAX), \
	CONFIG_KEY(penalty_time, TIME, 0, TIME_MAX), \
	CONFIG_KEY(pin_paths, BOOL), \
	CONFIG_KEY(guard, BOOL), \
	CONFIG_KEY(reestablish, BOOL), \
	CONFIG_KEY(reestablish_limit, NUMBER, 0, REESTABLISH_MAX)

static const mobility_key_t connection_keys[] = {
	CONFIG_KEYS,
};

static const mobility_key_t top_keys[] = {
	CONFIG_KEYS,
	{ "load", MOBILITY_KEY_IGNORE },
	TOP_KEY(socket, STRING),
	TOP_KEY(read_only_group, STRING),
	TOP_KEY(pin_priority, NUMBER, 1, INT32_MAX),
	TOP_KEY(pin_table, NUMBER, 256, UINT32_MAX - MOBILITY_PIN_TABLES),
	TOP_KEY(networkmanager, BOOL),
	TOP_KEY(script, STRING),
};

/**
 * What a connection has, too, if the peer initiates.
 */
#define GATEWAY_KEY(...) KEY(mobility_gateway_config_t, __VA_ARGS__)

/**
 * As of mobility_return_routability_t.
 */
static const char *routability_words[] = { "after", "before", "no", NULL };

static const mobility_key_t gateway_keys[] = {
	GATEWAY_KEY(mobility, BOOL),
	GATEWAY_KEY(network_outage_time, TIME, 0, OUTAGE_TIME_MAX),
	GATEWAY_KEY(mute_time, TIME, 0, TIME_MAX),
	GATEWAY_KEY(crash_detection, BOOL),
	GATEWAY_KEY(max_dormant, NUMBER, 0, INT32_MAX),
	GATEWAY_KEY(reclaim, BOOL),
	GATEWAY_KEY(return_routability, WORD, .words = routability_words),
};

static const mobility_key_t interface_keys[] = {
	KEY(mobility_uplink_section_t, match, STRING),
	{ "use", MOBILITY_KEY_STRING,
		offsetof(mobility_uplink_section_t, use_value) },
	{ "cost", MOBILITY_KEY_STRING,
		offsetof(mobility_uplink_section_t, cost_value) },
	{ "metered", MOBILITY_KEY_STRING,
		offsetof(mobility_uplink_section_t, metered_value) },
};

static const char *top_sections[] = { "interfaces", "connections", "gateway" };
static const char *connection_sections[] = { "interfaces" };

/**
 * Destroy a mobility_uplink_section_t.
 */
static void interface_destroy(mobility_uplink_section_t *interface)
{
	array_destroy_function(interface->patterns, (void*)free, NULL);
	free(interface->cost_value);
	free(interface->use_value);
	free(interface->metered_value);
	free(interface->match);
	free(interface->name);
	free(interface);
}

/**
 * Destroy an array of mobility_uplink_section_t*.
 */
static void interfaces_destroy(array_t *interfaces)
{
	array_destroy_function(interfaces, (void*)interface_destroy, NULL);
}

/**
 * Destroy a mobility_connection_t.
 */
static void connection_destroy(mobility_connection_t *connection)
{
	interfaces_destroy(connection->interfaces);
	free(connection->name);
	free(connection);
}

/*
 * Described in header.
 */
void mobility_settings_data_destroy(mobility_settings_data_t *policy)
{
	if (policy)
	{
		array_destroy_function(policy->connections, (void*)connection_destroy,
							   NULL);
		interfaces_destroy(policy->interfaces);
		free(policy->socket);
		free(policy->read_only_group);
		free(policy->script);
		free(policy);
	}
}

/**
 * Take the patterns out of the value of match.
 */
static void read_patterns(mobility_section_t *section,
						  mobility_uplink_section_t *interface)
{
	enumerator_t *enumerator;
	const char *why;
	char *pattern;

	if (!interface->match)
	{
		interface->match = strdup("");
	}
	enumerator = enumerator_create_token(interface->match, ",", " \t\r\n");
	while (enumerator->enumerate(enumerator, &pattern))
	{
		if (!*pattern)
		{	/* a comma too many does no harm */
			continue;
		}
		why = mobility_check_pattern(pattern);
		if (why)
		{
			mobility_section_report(section, "match", interface->match,
									"pattern '%s' %s, ignored", pattern, why);
			continue;
		}
		array_insert(interface->patterns, ARRAY_TAIL, strdup(pattern));
	}
	enumerator->destroy(enumerator);
	if (!array_count(interface->patterns))
	{
		mobility_section_report(section, NULL, NULL, "has no pattern in match, "
								"so it matches no interface");
	}
}

/**
 * Take the value of cost, which has no default.  "cost =" is how the .conf says
 * that there is none.
 */
static void read_cost(mobility_section_t *section,
					  mobility_uplink_section_t *interface)
{
	if (!interface->cost_value || !*interface->cost_value)
	{
		return;
	}
	interface->has_cost = mobility_parse_number(interface->cost_value,
												&interface->cost);
	if (!interface->has_cost)
	{
		mobility_section_report(section, "cost", interface->cost_value,
								"not a number, using the metric of the route");
	}
}

/**
 * Take the value of use, of which yes is something else than nothing: tunnels are
 * only used if somebody says so.
 */
static void read_use(mobility_section_t *section,
					 mobility_uplink_section_t *interface)
{
	if (!interface->use_value || !*interface->use_value)
	{
		return;
	}
	interface->has_use = mobility_parse_bool(interface->use_value,
											 &interface->use);
	if (!interface->has_use)
	{
		mobility_section_report(section, "use", interface->use_value,
								"neither yes nor no, using it unless it is a "
								"tunnel");
	}
}

/**
 * Take the value of metered, of which no is something else than nothing: others
 * may know that an interface is metered.
 */
static void read_metered(mobility_section_t *section,
						 mobility_uplink_section_t *interface)
{
	if (!interface->metered_value || !*interface->metered_value)
	{
		return;
	}
	interface->has_metered = mobility_parse_bool(interface->metered_value,
												 &interface->metered);
	if (!interface->has_metered)
	{
		mobility_section_report(section, "metered", interface->metered_value,
								"neither yes nor no, using what NetworkManager "
								"says, if it does");
	}
}

/**
 * Read a section below interfaces.
 */
static mobility_uplink_section_t *read_interface(mobility_section_t *parent,
												 char *name)
{
	mobility_section_t section;
	mobility_uplink_section_t *interface;

	INIT(interface,
		.name = name,
		.patterns = array_create(0, 0),
	);
	mobility_section_init(&section, parent, name, NULL);
	mobility_section_read(&section, interface_keys, countof(interface_keys),
						  interface);
	mobility_section_check(&section, NULL, 0);
	read_patterns(&section, interface);
	read_use(&section, interface);
	read_cost(&section, interface);
	read_metered(&section, interface);
	return interface;
}

/**
 * Read the section interfaces below the given one.
 */
static array_t *read_interfaces(mobility_section_t *parent)
{
	mobility_section_t section;
	array_t *names, *interfaces;
	char *name;

	interfaces = array_create(0, 0);
	mobility_section_init(&section, parent, "interfaces", NULL);
	mobility_section_read(&section, NULL, 0, NULL);
	names = mobility_section_list(&section);
	while (array_remove(names, ARRAY_HEAD, &name))
	{
		array_insert(interfaces, ARRAY_TAIL, read_interface(&section, name));
	}
	array_destroy(names);
	return interfaces;
}

/**
 * Read the section gateway.
 */
static void read_gateway(mobility_section_t *parent,
						 mobility_settings_data_t *policy)
{
	mobility_section_t section;

	mobility_section_init(&section, parent, "gateway", NULL);
	mobility_section_read(&section, gateway_keys, countof(gateway_keys),
						  &policy->gateway);
	mobility_section_check(&section, NULL, 0);
}

/**
 * Get the policy of a connection if the peer initiates: what it has of its own
 * counts at both ends.
 */
static void derive_gateway(mobility_section_t *section,
						   const mobility_settings_data_t *policy,
						   mobility_connection_t *connection)
{
	connection->gateway = policy->gateway;
	if (mobility_section_has(section, "mobility"))
	{
		connection->gateway.mobility = connection->config.mobility;
	}
	if (mobility_section_has(section, "network_outage_time"))
	{
		connection->gateway.network_outage_time =
									connection->config.network_outage_time;
	}
}

/**
 * Read the section connections.
 */
static void read_connections(mobility_section_t *parent,
							 mobility_settings_data_t *policy)
{
	mobility_section_t section, sub;
	mobility_connection_t *connection;
	array_t *names;
	char *name;

	mobility_section_init(&section, parent, "connections", NULL);
	mobility_section_read(&section, NULL, 0, NULL);
	names = mobility_section_list(&section);
	while (array_remove(names, ARRAY_HEAD, &name))
	{
		INIT(connection,
			.name = name,
			.config = policy->config,
		);
		mobility_section_init(&sub, &section, name, NULL);
		mobility_section_read(&sub, connection_keys, countof(connection_keys),
							  &connection->config);
		mobility_section_check(&sub, connection_sections,
							   countof(connection_sections));
		derive_gateway(&sub, policy, connection);
		connection->interfaces = read_interfaces(&sub);
		array_insert(policy->connections, ARRAY_TAIL, connection);
	}
	array_destroy(names);
}

/**
 * Check that our rules come before charon's own rule, and that our tables are
 * not charon's.
 */
static void check_pins(const char *ns, mobility_section_t *section,
					   mobility_settings_data_t *policy, uint32_t priority)
{
	uint32_t charon_priority, charon_table;
	char value[16];

	charon_priority = lib->settings->get_int(lib->settings,
				"%s.routing_table_prio", ROUTING_TABLE_DEFAULT, ns);
	charon_table = lib->settings->get_int(lib->settings,
				"%s.routing_table", ROUTING_TABLE_DEFAULT, ns);

	if (charon_priority && policy->pin_priority >= charon_priority)
	{
		snprintf(value, sizeof(value), "%u", policy->pin_priority);
		mobility_section_report(section, "pin_priority", value, "must be less "
								"than %s.routing_table_prio, which is %u, "
								"using %u", ns, charon_priority,
								priority);
		policy->pin_priority = priority;
	}
	if (charon_table >= policy->pin_table &&
		charon_table - policy->pin_table < MOBILITY_PIN_TABLES)
	{
		snprintf(value, sizeof(value), "%u", policy->pin_table);
		policy->pin_table = charon_table < PIN_TABLE_DEFAULT ?
					PIN_TABLE_DEFAULT : PIN_TABLE_DEFAULT - MOBILITY_PIN_TABLES;
		mobility_section_report(section, "pin_table", value, "the %u tables "
								"from it on must not include %s.routing_table, "
								"which is %u, using %u", MOBILITY_PIN_TABLES,
								ns, charon_table, policy->pin_table);
	}
}

/**
 * Check that the script is a program.
 */
static void check_script(mobility_section_t *section,
						 mobility_settings_data_t *policy)
{
	const char *why = NULL;

	if (!policy->script || !*policy->script)
	{	/* "script =" is how the .conf says that there is none */
		free(policy->script);
		policy->script = NULL;
		return;
	}
	if (*policy->script != '/')
	{
		why = "must be an absolute path";
	}
	else if (access(policy->script, X_OK) != 0)
	{
		why = strerror(errno);
	}
	if (why)
	{
		mobility_section_report(section, "script", policy->script,
								"%s, running none", why);
		free(policy->script);
		policy->script = NULL;
	}
}

/**
 * Get the priority to use if none is configured.
 */
static uint32_t default_priority(const char *ns)
{
	int priority;

	priority = lib->settings->get_int(lib->settings, "%s.routing_table_prio",
									  ROUTING_TABLE_DEFAULT, ns);
	if (priority <= 1 || priority > ROUTING_TABLE_DEFAULT)
	{
		priority = ROUTING_TABLE_DEFAULT;
	}
	return priority - 1;
}

/*
 * Described in header.
 */
bool mobility_settings_is_second(const char *ns)
{
	return !streq(ns, "charon") && !streq(ns, "charon-systemd");
}

/*
 * Described in header.
 */
mobility_settings_data_t *mobility_settings_data_read(const char *ns,
															   u_int *problems)
{
	mobility_section_t top, plugins, section;
	mobility_settings_data_t *policy;
	bool best;

	best = lib->settings->get_bool(lib->settings, "%s.prefer_best_path", FALSE,
								   ns);

	INIT(policy,
		.config = {
			.mobility = TRUE,
			.network_outage_time = 30 * 60,
			.retry_interval = 10,
			.make_before_break = TRUE,
			/* prefer_best_path moves at once, unless told otherwise by us */
			.settle_time = best ? 0 : 5,
			.penalty_time = 5 * 60,
			.pin_paths = TRUE,
			/* what has that mark is to get past tunnels */
			.guard = !lib->settings->get_str(lib->settings,
								"%s.plugins.kernel-netlink.fwmark", NULL, ns),
			.reestablish = TRUE,
			.reestablish_limit = 3,
			.prefer_best_path = best,
		},
		.gateway = {
			.mobility = TRUE,
			.network_outage_time = 30 * 60,
			.mute_time = 60,
			.crash_detection = TRUE,
			.reclaim = TRUE,
			.return_routability = MOBILITY_RETURN_ROUTABILITY_AFTER,
		},
		.connections = array_create(0, 0),
		.pin_priority = default_priority(ns),
		.pin_priority_fixed = lib->settings->get_str(lib->settings,
				"%s.plugins.mobility-manager.pin_priority", NULL, ns) != NULL,
		.pin_table = mobility_settings_is_second(ns) ? PIN_TABLE_SECOND :
													   PIN_TABLE_DEFAULT,
		.networkmanager = TRUE,
	);
	mobility_section_init(&top, NULL, ns, problems);
	mobility_section_init(&plugins, &top, "plugins", NULL);
	mobility_section_init(&section, &plugins, "mobility-manager", NULL);

	mobility_section_read(&section, top_keys, countof(top_keys), policy);
	mobility_section_check(&section, top_sections, countof(top_sections));
	policy->interfaces = read_interfaces(&section);
	read_gateway(&section, policy);
	read_connections(&section, policy);
	check_pins(ns, &section, policy, default_priority(ns));
	check_script(&section, policy);
	return policy;
}
