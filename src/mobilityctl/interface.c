/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "ctl_daemon.h"
#include "ctl_output.h"
#include "settings/values.h"

/**
 * Say where a value comes from, in parentheses.  What is configured comes from
 * where everybody expects it to come from.
 */
static const char *print_origin(json_object *interface, const char *key)
{
	const char *from = ctl_str(interface, key);

	if (streq(from, "override"))
	{
		return " (by hand)";
	}
	return streq(from, "networkmanager") ? " (NetworkManager)" : "";
}

/**
 * Say in a few words when an interface is used, and why.
 */
static char *print_use(json_object *interface, char *buf, size_t len)
{
	static const struct {
		const char *preference;
		const char *text;
	} texts[] = {
		{ "prefer", "first" },
		{ "normal", "yes" },
		{ "demoted", "later" },
		{ "last-resort", "last" },
	};
	const char *preference, *why = "", *text = "";
	int i;

	if (!ctl_num(interface, "use"))
	{
		if (streq(ctl_str(interface, "use-from"), "none"))
		{
			return "no (tunnel)";
		}
		snprintf(buf, len, "no (section %s)", ctl_str(interface, "section"));
		return buf;
	}
	preference = ctl_str(interface, "preference");
	for (i = 0; i < countof(texts); i++)
	{
		if (streq(texts[i].preference, preference))
		{
			text = texts[i].text;
		}
	}
	if (streq(ctl_str(interface, "preference-from"), "override"))
	{
		why = "by hand";
	}
	else if (streq(preference, "last-resort"))
	{
		why = "metered";
	}
	else if (streq(preference, "demoted"))
	{
		why = ctl_str(interface, "connectivity");
	}
	snprintf(buf, len, *why ? "%s (%s)" : "%s", text, why);
	return buf;
}

/**
 * Print the interfaces.
 */
static void print_interfaces(json_object *interfaces)
{
	char kind[64], cost[64], metered[64], use[128];
	json_object *interface;
	ctl_table_t *table;
	int i;

	table = ctl_table_create(1U << 1, "UPLINK", "KIND", "COST", "METERED",
							 "USE", "STATE", NULL);
	for (i = 0; i < json_object_array_length(interfaces); i++)
	{
		interface = json_object_array_get_idx(interfaces, i);
		snprintf(cost, sizeof(cost), "metric");
		if (!streq(ctl_str(interface, "cost-from"), "none"))
		{
			snprintf(cost, sizeof(cost), "%lld%s",
					 (long long)ctl_num(interface, "cost"),
					 print_origin(interface, "cost-from"));
		}
		snprintf(metered, sizeof(metered), "%s%s",
				 ctl_num(interface, "metered") ? "yes" : "no",
				 print_origin(interface, "metered-from"));
		table->add(table, ctl_str(interface, "interface"),
				   ctl_kind(interface, kind, sizeof(kind)), cost, metered,
				   print_use(interface, use, sizeof(use)),
				   ctl_str(interface, "state"));
	}
	table->print(table);
	table->destroy(table);
}

/**
 * Show one interface, or all.
 */
static exit_code_t show(mobilityctl_t *this, json_object *answer)
{
	json_object *interfaces;

	interfaces = ctl_array(answer);
	if (this->json)
	{
		ctl_print_json(interfaces, FALSE);
		return EXIT_OK;
	}
	print_interfaces(interfaces);
	json_object_put(interfaces);
	return EXIT_OK;
}

/**
 * Say what was changed.
 */
static exit_code_t confirm(mobilityctl_t *this, const char *ifname,
						   json_object *answer)
{
	const char *note = ctl_str(answer, "note"), *what;

	if (this->json)
	{
		ctl_print_json(json_object_get(answer), FALSE);
		return EXIT_OK;
	}
	if (streq(this->action, "cost"))
	{
		printf("%s has a cost of %s now", ifname, this->cost);
	}
	else if (streq(this->action, "reset"))
	{
		printf("%s is as configured again", ifname);
	}
	else
	{
		what = streq(this->action, "avoid") ? "used only when nothing else works"
											: "preferred to all others";
		printf("%s is %s now", ifname, what);
	}
	printf("%s%s%s\n", *note ? " (" : "", note, *note ? ")" : "");
	return EXIT_OK;
}

/**
 * Check the options.
 */
static exit_code_t check_options(mobilityctl_t *this, const char *ifname)
{
	uint32_t cost;

	if (this->action && !ifname)
	{
		return ctl_fail(EXIT_USAGE, "--%s needs an UPLINK: mobilityctl "
						"interface UPLINK --%s", this->action, this->action);
	}
	if (this->cost && !mobility_parse_number(this->cost, &cost))
	{
		return ctl_fail(EXIT_USAGE, "--cost needs a number such as 100, "
						"instead of '%s'", this->cost);
	}
	return EXIT_OK;
}

/*
 * Described in header.
 */
exit_code_t interface_run(mobilityctl_t *this, char *argv[])
{
	json_object *answer;
	exit_code_t code;

	code = check_options(this, argv[0]);
	if (code != EXIT_OK)
	{
		return code;
	}
	code = ctl_daemon_ask(this->uri, &answer, "mobility-interface",
						  "interface", argv[0], "action", this->action,
						  "cost", this->cost, NULL);
	if (code != EXIT_OK)
	{
		return code;
	}
	if (*ctl_str(answer, "errmsg"))
	{
		code = ctl_fail(EXIT_ERROR, "%s", ctl_str(answer, "errmsg"));
		if (this->json)
		{
			ctl_print_json(json_object_get(answer), FALSE);
		}
	}
	else
	{
		code = this->action ? confirm(this, argv[0], answer)
							: show(this, answer);
	}
	json_object_put(answer);
	return code;
}
