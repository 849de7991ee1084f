/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "control/selection.h"
#include "control/vici_message.h"

#include <stdio.h>

/**
 * Get an argument.  Returns FALSE if it is there, but nothing that a name could
 * be.
 */
static bool get(chunk_t request, const char *key, char **value)
{
	*value = mobility_vici_message_get(request, key);
	return *value || !mobility_vici_message_has(request, key);
}

/**
 * Read a comma-separated list of states.
 */
static bool parse_states(mobility_filter_t *filter, const char *states,
						 char *error)
{
	enumerator_t *enumerator;
	bool valid = TRUE;
	char *name;
	int state;

	enumerator = enumerator_create_token(states, ",", " ");
	while (valid && enumerator->enumerate(enumerator, &name))
	{
		valid = enum_from_name(mobility_state_names, name, &state);
		if (valid)
		{
			filter->states |= 1 << state;
		}
		else
		{
			snprintf(error, 128, "there is no state '%.32s'", name);
		}
	}
	enumerator->destroy(enumerator);
	if (valid && !filter->states)
	{
		snprintf(error, 128, "state is empty");
	}
	return filter->states && valid;
}

/**
 * Read the end that is meant.
 */
static bool parse_role(mobility_filter_t *filter, const char *role,
					   char *error)
{
	filter->mobile = streq(role, "mobile");
	filter->anchor = streq(role, "anchor");
	if (!filter->mobile && !filter->anchor)
	{
		snprintf(error, 128, "there is no role '%.32s', only mobile and anchor",
				 role);
		return FALSE;
	}
	return TRUE;
}

/*
 * Described in header.
 */
bool mobility_selection_init(mobility_selection_t *selection, chunk_t request,
							 char *error)
{
	mobility_filter_t *filter = &selection->filter;
	char *states = NULL, *role = NULL;
	bool valid;

	memset(selection, 0, sizeof(*selection));
	*error = '\0';
	valid = get(request, "connection", &selection->connection);
	valid &= get(request, "peer", &selection->peer);
	valid &= get(request, "state", &states);
	valid &= get(request, "role", &role);
	filter->connection = selection->connection;
	filter->peer = selection->peer;
	valid = valid && (!states || parse_states(filter, states, error)) &&
			(!role || parse_role(filter, role, error));
	free(states);
	free(role);
	return valid;
}

/*
 * Described in header.
 */
void mobility_selection_clear(mobility_selection_t *selection)
{
	free(selection->connection);
	free(selection->peer);
}
