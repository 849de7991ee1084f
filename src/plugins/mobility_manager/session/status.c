/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/status.h"

ENUM(mobility_state_names, MOBILITY_CONNECTED, MOBILITY_CONNECTING,
	"connected",
	"dormant",
	"waiting-to-reconnect",
	"failed",
	"connecting",
);

/*
 * Described in header.
 */
void mobility_status_destroy(mobility_status_t *status)
{
	if (status)
	{
		DESTROY_IF(status->local);
		DESTROY_IF(status->remote);
		free(status->connection);
		free(status);
	}
}
