/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobilityctl.h"

/*
 * Described in header.
 */
exit_code_t check_run(mobilityctl_t *this, char *argv[])
{
	return fail(EXIT_ERROR, "not built in");
}
