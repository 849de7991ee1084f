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
	char old[sizeof(standing->cause)];
	va_list args;

	memcpy(old, standing->cause, sizeof(old));
	va_start(args, fmt);
	vsnprintf(standing->cause, sizeof(standing->cause), fmt, args);
	va_end(args);
	return !streq(old, standing->cause);
}

/*
 * Described in header.
 */
void mobility_standing_enter(mobility_standing_t *standing,
							 const char *connection, mobility_state_t state)
{
	DBG1(DBG_IKE, "mobility: %s %N -> %N: %s", connection,
		 mobility_state_names, standing->state, mobility_state_names, state,
		 standing->cause);
	standing->state = state;
	standing->since = time(NULL);
}
