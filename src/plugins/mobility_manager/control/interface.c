/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "control/interface.h"
#include "settings/values.h"

/**
 * Arguments of the command.
 */
typedef struct {
	/** name of the interface, or NULL for all */
	char *ifname;
	/** what to do, or NULL to show */
	char *action;
	/** the cost, or NULL */
	char *cost;
} args_t;

/**
 * Data of a list.
 */
typedef struct {
	/** what the commands work on */
	mobility_commands_t *commands;
	/** number of the last interface */
	u_int number;
} list_t;

/**
 * Read an argument.  Returns FALSE if it is there but no text.
 */
static bool get_arg(chunk_t request, const char *key, char **value)
{
	*value = mobility_vici_message_get(request, key);
	return *value || !mobility_vici_message_has(request, key);
}

/**
 * Find an interface.  Returns FALSE if there is none of that name.
 */
static bool find_link(mobility_commands_t *this, const char *ifname,
					  mobility_uplink_report_t *found)
{
	mobility_uplink_report_t *report;
	enumerator_t *enumerator;

	*found = (mobility_uplink_report_t){
		.state = "no such interface",
	};
	snprintf(found->ifname, sizeof(found->ifname), "%s", ifname);
	enumerator = this->manager->create_link_enumerator(this->manager);
	while (!found->ifindex && enumerator->enumerate(enumerator, &report))
	{
		if (streq(report->ifname, ifname))
		{
			*found = *report;
		}
	}
	enumerator->destroy(enumerator);
	return found->ifindex;
}

/**
 * Add the section of an interface.
 */
static void add_interface(mobility_commands_t *this,
						  mobility_vici_message_t *message, u_int number,
						  const mobility_uplink_report_t *report)
{
	mobility_settings_t *settings = this->settings;
	mobility_uplink_policy_t config;
	mobility_override_t override;

	settings->get_uplink(settings, NULL, report->ifname,
						 report->kind == MOBILITY_KIND_TUNNEL, &config);
	override = settings->overrides->get(settings->overrides, report->ifname);

	message->begin(message, "%u", number);
	message->add(message, "interface", "%s", report->ifname);
	message->add(message, "state", "%s", report->state);
	mobility_commands_add_kind(message, report->kind, report->over);
	if (config.section[0])
	{
		message->add(message, "section", "%s", config.section);
	}
	message->add(message, "override", "%N", mobility_override_names,
				 override.kind);
	message->add(message, "use", "%s", config.use ? "yes" : "no");
	message->add(message, "use-from", "%N", mobility_origin_names,
				 config.use_from);
	message->add(message, "preference", "%N", mobility_preference_names,
				 config.preference);
	message->add(message, "preference-from", "%N", mobility_origin_names,
				 config.preference_from);
	if (config.has_cost)
	{
		message->add(message, "cost", "%u", config.cost);
	}
	message->add(message, "cost-from", "%N", mobility_origin_names,
				 config.cost_from);
	message->add(message, "metered", "%s", config.metered ? "yes" : "no");
	message->add(message, "metered-from", "%N", mobility_origin_names,
				 config.metered_from);
	message->add(message, "connectivity", "%N", mobility_connectivity_names,
				 config.connectivity);
	message->end(message);
}

/**
 * Get all interfaces there are, and those that are not but are overridden, as
 * mobility_uplink_report_t.
 */
static array_t *get_all(mobility_commands_t *this)
{
	mobility_overrides_t *overrides = this->settings->overrides;
	mobility_uplink_report_t *report, missing;
	enumerator_t *enumerator;
	array_t *reports;
	char *ifname;

	reports = array_create(sizeof(*report), 0);
	enumerator = this->manager->create_link_enumerator(this->manager);
	while (enumerator->enumerate(enumerator, &report))
	{
		array_insert(reports, ARRAY_TAIL, report);
	}
	enumerator->destroy(enumerator);
	enumerator = overrides->create_enumerator(overrides);
	while (enumerator->enumerate(enumerator, &ifname))
	{
		if (!find_link(this, ifname, &missing))
		{
			array_insert(reports, ARRAY_TAIL, &missing);
		}
	}
	enumerator->destroy(enumerator);
	return reports;
}

/**
 * Get the interfaces of a given name, as mobility_uplink_report_t.
 */
static array_t *get_one(mobility_commands_t *this, const char *ifname)
{
	mobility_uplink_report_t report;
	array_t *reports;

	reports = array_create(sizeof(report), 0);
	find_link(this, ifname, &report);
	array_insert(reports, ARRAY_TAIL, &report);
	return reports;
}

CALLBACK(list_interfaces, bool,
	list_t *this, enumerator_t *reports, va_list args)
{
	mobility_uplink_report_t *report;
	mobility_vici_message_t *message;

	VA_ARGS_VGET(args, message);
	if (!reports->enumerate(reports, &report))
	{
		return FALSE;
	}
	add_interface(this->commands, message, ++this->number, report);
	return TRUE;
}

/**
 * List interfaces.
 */
static enumerator_t *create_list(mobility_commands_t *commands,
								 array_t *reports)
{
	enumerator_t *enumerator;
	list_t *this;

	INIT(this,
		.commands = commands,
	);
	enumerator = enumerator_create_cleaner(array_create_enumerator(reports),
										   (void*)array_destroy, reports);
	return enumerator_create_filter(enumerator, list_interfaces, this, free);
}

/**
 * Read what to set.  Returns what is wrong, or NULL.
 */
static const char *parse(const args_t *args, mobility_override_t *override,
						 char *buf, size_t len)
{
	static const struct {
		const char *action;
		mobility_override_kind_t kind;
	} actions[] = {
		{ "cost", MOBILITY_OVERRIDE_COST },
		{ "avoid", MOBILITY_OVERRIDE_AVOID },
		{ "prefer", MOBILITY_OVERRIDE_PREFER },
		{ "reset", MOBILITY_OVERRIDE_NONE },
	};
	int i;

	for (i = 0; i < countof(actions); i++)
	{
		if (streq(actions[i].action, args->action))
		{
			break;
		}
	}
	if (i == countof(actions))
	{
		snprintf(buf, len, "there is no action '%.32s', only cost, avoid, "
				 "prefer and reset", args->action);
		return buf;
	}
	override->kind = actions[i].kind;
	if (override->kind != MOBILITY_OVERRIDE_COST)
	{
		return args->cost ? "only the action cost takes a cost" : NULL;
	}
	if (!args->cost)
	{
		return "cost is missing, a number such as 100";
	}
	if (!mobility_parse_number(args->cost, &override->cost))
	{
		snprintf(buf, len, "cost '%.32s' is not a number such as 100, or too "
				 "large", args->cost);
		return buf;
	}
	return NULL;
}

/**
 * Set or reset something, and have sessions look again.  Returns what is wrong,
 * or NULL.
 */
static const char *change(mobility_commands_t *this, const args_t *args,
						  char *buf, size_t len)
{
	mobility_overrides_t *overrides = this->settings->overrides;
	mobility_override_t override = {};
	const char *error;

	if (this->read_only)
	{
		return MOBILITY_COMMANDS_READ_ONLY;
	}
	if (!args->ifname)
	{
		return "interface is missing";
	}
	error = parse(args, &override, buf, len);
	if (error)
	{
		return error;
	}
	error = overrides->set(overrides, args->ifname, &override);
	if (error)
	{
		snprintf(buf, len, "interface '%.32s': %s", args->ifname, error);
		return buf;
	}
	this->manager->reload(this->manager);
	return NULL;
}

/**
 * Say why what was set has no effect now, if so.
 */
static void add_note(mobility_commands_t *this, const char *ifname,
					 mobility_vici_message_t *response)
{
	mobility_settings_t *settings = this->settings;
	mobility_uplink_policy_t config;
	mobility_uplink_report_t report;
	bool found;

	found = find_link(this, ifname, &report);
	settings->get_uplink(settings, NULL, ifname,
						 report.kind == MOBILITY_KIND_TUNNEL, &config);
	if (!config.use && config.use_from == MOBILITY_ORIGIN_SECTION)
	{
		response->add(response, "note", "%s is not used at all: section %s "
					  "says so", ifname, config.section);
	}
	else if (!config.use)
	{
		response->add(response, "note", "%s is not used at all: it is a tunnel, "
					  "and no section says use = yes", ifname);
	}
	else if (!found)
	{
		response->add(response, "note", "there is no interface %s now", ifname);
	}
}

/*
 * Described in header.
 */
void mobility_interface_handle(mobility_commands_t *this, chunk_t request,
							   mobility_vici_message_t *response,
							   mobility_list_t *list)
{
	const char *error = NULL;
	args_t args = {};
	char buf[256];
	bool valid;

	valid = get_arg(request, "interface", &args.ifname);
	valid = get_arg(request, "action", &args.action) && valid;
	valid = get_arg(request, "cost", &args.cost) && valid;
	if (!valid)
	{
		error = "an argument is not text";
	}
	else if (args.action || args.cost)
	{
		error = args.action ? change(this, &args, buf, sizeof(buf))
							: "action is missing";
		if (!error)
		{
			response->add(response, "success", "yes");
			add_note(this, args.ifname, response);
		}
	}
	else if (!args.ifname)
	{
		list->elements = create_list(this, get_all(this));
	}
	else if (mobility_check_ifname(args.ifname))
	{
		snprintf(buf, sizeof(buf), "interface '%.32s': %s", args.ifname,
				 mobility_check_ifname(args.ifname));
		error = buf;
	}
	else
	{
		list->elements = create_list(this, get_one(this, args.ifname));
	}
	if (error)
	{
		response->add(response, "success", "no");
		response->add(response, "errmsg", "%s", error);
	}
	free(args.ifname);
	free(args.action);
	free(args.cost);
}
