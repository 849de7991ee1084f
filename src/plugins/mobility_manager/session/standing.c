/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/standing.h"

#include <time.h>

/*
 * Described in header.
 */
bool mobility_standing_explain(mobility_standing_t *standing,
							   const char *fmt, ...)
{
	char cause[sizeof(((mobility_status_t*)0)->cause)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(cause, sizeof(cause), fmt, args);
	va_end(args);
	if (streq(standing->cause, cause))
	{
		return FALSE;
	}
	free(standing->cause);
	standing->cause = strdup(cause);
	return TRUE;
}

/*
 * Described in header.
 */
const char *mobility_standing_get_cause(const mobility_standing_t *standing)
{
	return standing->cause ?: "established";
}

/*
 * Described in header.
 */
void mobility_standing_enter(mobility_standing_t *standing,
							 const char *connection, mobility_state_t state)
{
	DBG1(DBG_IKE, "mobility: %s %N -> %N: %s", connection,
		 mobility_state_names, standing->state, mobility_state_names, state,
		 mobility_standing_get_cause(standing));
	standing->state = state;
	standing->since = time(NULL);
}

/*
 * Described in header.
 */
void mobility_standing_cleanup(mobility_standing_t *standing)
{
	free(standing->cause);
}
