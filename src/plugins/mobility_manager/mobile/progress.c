/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/progress.h"

/*
 * Described in header.
 */
void mobility_progress_begin(mobility_progress_t *progress,
							 const char *trigger, const mobility_path_t *path,
							 uint64_t now)
{
	mobility_move_t *move;

	if (progress->current)
	{
		return;
	}
	INIT(move);
	snprintf(move->trigger, sizeof(move->trigger), "%s", trigger);
	snprintf(move->from, sizeof(move->from), "%s", path ? path->ifname : "");
	progress->current = move;
	progress->begun = now;
	progress->origin = path ? mobility_path_clone(path) : NULL;
}

/*
 * Described in header.
 */
void mobility_progress_renew(mobility_progress_t *progress,
							 const char *trigger, const mobility_path_t *path,
							 uint64_t now)
{
	mobility_progress_cancel(progress);
	mobility_progress_begin(progress, trigger, path, now);
	mobility_path_destroy(progress->origin);
	progress->origin = NULL;
}

/*
 * Described in header.
 */
void mobility_progress_same(mobility_progress_t *progress, const char *trigger,
							const mobility_path_t *path, uint64_t now)
{
	uint64_t begun = progress->current ? progress->begun : now;

	if (!progress->origin || mobility_path_equals(progress->origin, path))
	{
		mobility_progress_renew(progress, trigger, path, begun);
	}
}

/*
 * Described in header.
 */
void mobility_progress_cancel(mobility_progress_t *progress)
{
	free(progress->current);
	progress->current = NULL;
	mobility_path_destroy(progress->origin);
	progress->origin = NULL;
}

/*
 * Described in header.
 */
bool mobility_progress_complete(mobility_progress_t *progress,
								const mobility_path_t *path, uint64_t now,
								time_t time, mobility_move_t *move)
{
	bool moved = progress->current &&
				 !(mobility_path_equals(progress->origin, path) &&
				   mobility_path_same_gateway(progress->origin, path));

	if (moved)
	{
		*move = *progress->current;
		move->time = time;
		move->duration = now - progress->begun;
		snprintf(move->to, sizeof(move->to), "%s", path ? path->ifname : "");
	}
	mobility_progress_cancel(progress);
	return moved;
}
