/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_progress.h"

/*
 * Described in header.
 */
void mobility_progress_begin(mobility_progress_t *progress,
							 const char *trigger, const mobility_path_t *path,
							 uint64_t now)
{
	mobility_move_t *move = &progress->current;

	if (progress->begun)
	{
		return;
	}
	progress->begun = now;
	snprintf(move->trigger, sizeof(move->trigger), "%s", trigger);
	snprintf(move->from, sizeof(move->from), "%s", path ? path->ifname : "");
	mobility_path_destroy(progress->origin);
	progress->origin = path ? mobility_path_clone(path) : NULL;
}

/*
 * Described in header.
 */
void mobility_progress_cancel(mobility_progress_t *progress)
{
	progress->begun = 0;
}

/*
 * Described in header.
 */
bool mobility_progress_complete(mobility_progress_t *progress,
								const mobility_path_t *path, uint64_t now,
								time_t time)
{
	mobility_move_t *last = &progress->last;
	uint64_t begun = progress->begun;

	progress->begun = 0;
	if (!begun || mobility_path_equals(progress->origin, path))
	{
		return FALSE;
	}
	progress->moves++;
	*last = progress->current;
	last->time = time;
	last->duration = now - begun;
	snprintf(last->to, sizeof(last->to), "%s", path ? path->ifname : "");
	return TRUE;
}

/*
 * Described in header.
 */
void mobility_progress_cleanup(mobility_progress_t *progress)
{
	mobility_path_destroy(progress->origin);
	progress->origin = NULL;
}
