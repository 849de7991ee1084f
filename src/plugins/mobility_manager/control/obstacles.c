/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "control/obstacles.h"

#include <daemon.h>

/**
 * Check if there are paths over an interface.
 */
static bool has_paths(array_t *uplinks, const char *ifname)
{
	char uplink[IFNAMSIZ];
	int i;

	for (i = 0; array_get(uplinks, i, uplink); i++)
	{
		if (streq(uplink, ifname))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Say why there are none.  What is not wanted goes before what does not work.
 */
static const char *get_reason(const mobility_uplink_policy_t *policy,
							  const mobility_uplink_report_t *link)
{
	if (!policy->use)
	{
		return policy->use_from == MOBILITY_ORIGIN_SECTION ? "use = no"
														   : "tunnel";
	}
	if (charon && charon->kernel &&
		!charon->kernel->is_interface_usable(charon->kernel, link->ifname))
	{
		return "ignored by charon";
	}
	return streq(link->state, "usable") ? "no route to the peer" : link->state;
}

/*
 * Described in header.
 */
void mobility_obstacles_add(mobility_commands_t *commands,
							mobility_vici_message_t *message,
							const char *connection, array_t *uplinks)
{
	mobility_settings_t *settings = commands->settings;
	mobility_manager_t *manager = commands->manager;
	mobility_uplink_policy_t policy;
	mobility_uplink_report_t *link;
	enumerator_t *enumerator;
	u_int number = 0;

	enumerator = manager->create_link_enumerator(manager);
	while (enumerator->enumerate(enumerator, &link))
	{
		if (has_paths(uplinks, link->ifname))
		{
			continue;
		}
		settings->get_uplink(settings, connection, link->ifname,
							 link->kind == MOBILITY_KIND_TUNNEL, &policy);
		message->begin(message, "%u", ++number);
		message->add(message, "uplink", "%s", link->ifname);
		mobility_commands_add_kind(message, link->kind, link->over);
		message->add(message, "reason", "%s", get_reason(&policy, link));
		if (!policy.use && policy.section[0])
		{
			message->add(message, "section", "%s", policy.section);
		}
		message->end(message);
	}
	enumerator->destroy(enumerator);
}
