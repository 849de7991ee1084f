/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "settings/uplink_policy.h"

ENUM(mobility_preference_names, MOBILITY_PREFER, MOBILITY_LAST_RESORT,
	"prefer",
	"normal",
	"demoted",
	"last-resort",
);

ENUM(mobility_origin_names, MOBILITY_ORIGIN_NONE, MOBILITY_ORIGIN_NM,
	"none",
	"section",
	"override",
	"networkmanager",
);

ENUM(mobility_override_names, MOBILITY_OVERRIDE_NONE, MOBILITY_OVERRIDE_PREFER,
	"none",
	"cost",
	"avoid",
	"prefer",
);

ENUM(mobility_connectivity_names, MOBILITY_CONNECTIVITY_UNKNOWN,
	 MOBILITY_CONNECTIVITY_FULL,
	"unknown",
	"none",
	"portal",
	"limited",
	"full",
);

/**
 * Check if NetworkManager says that an interface leads nowhere
 */
static bool leads_nowhere(mobility_connectivity_t connectivity)
{
	switch (connectivity)
	{
		case MOBILITY_CONNECTIVITY_NONE:
		case MOBILITY_CONNECTIVITY_PORTAL:
		case MOBILITY_CONNECTIVITY_LIMITED:
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Set the cost by hand
 */
static void set_cost(mobility_uplink_policy_t *config, uint32_t cost)
{
	config->has_cost = TRUE;
	config->cost = cost;
	config->cost_from = MOBILITY_ORIGIN_OVERRIDE;
}

/**
 * Set the class, and where it comes from
 */
static void set_preference(mobility_uplink_policy_t *config,
						   mobility_preference_t preference,
						   mobility_origin_t from)
{
	config->preference = preference;
	config->preference_from = from;
}

/*
 * Described in header.
 */
void mobility_uplink_policy_complete(mobility_uplink_policy_t *config,
									 const mobility_override_t *override,
									 const mobility_advice_t *advice)
{
	config->connectivity = MOBILITY_CONNECTIVITY_UNKNOWN;
	if (advice)
	{
		config->connectivity = advice->connectivity;
		if (advice->metered && config->metered_from == MOBILITY_ORIGIN_NONE)
		{
			config->metered = TRUE;
			config->metered_from = MOBILITY_ORIGIN_NM;
		}
	}
	set_preference(config, MOBILITY_NORMAL, MOBILITY_ORIGIN_NONE);
	if (config->metered)
	{
		set_preference(config, MOBILITY_LAST_RESORT, config->metered_from);
	}
	else if (leads_nowhere(config->connectivity))
	{
		set_preference(config, MOBILITY_DEMOTED, MOBILITY_ORIGIN_NM);
	}
	switch (override->kind)
	{
		case MOBILITY_OVERRIDE_COST:
			set_cost(config, override->cost);
			break;
		case MOBILITY_OVERRIDE_AVOID:
			set_preference(config, MOBILITY_LAST_RESORT,
						   MOBILITY_ORIGIN_OVERRIDE);
			break;
		case MOBILITY_OVERRIDE_PREFER:
			set_cost(config, 0);
			set_preference(config, MOBILITY_PREFER, MOBILITY_ORIGIN_OVERRIDE);
			config->metered = FALSE;
			config->metered_from = MOBILITY_ORIGIN_OVERRIDE;
			break;
		case MOBILITY_OVERRIDE_NONE:
			break;
	}
}
