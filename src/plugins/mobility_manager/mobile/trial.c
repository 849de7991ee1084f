/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/trial.h"

/*
 * Described in header.
 */
mobility_trial_action_t mobility_trial_consider(mobility_trial_t *trial,
												const mobility_path_t *better,
												uint64_t settle, uint64_t now)
{
	if (!better)
	{
		mobility_trial_end(trial);
		return MOBILITY_TRIAL_NONE;
	}
	if (!settle)
	{
		mobility_trial_end(trial);
		return MOBILITY_TRIAL_MOVE;
	}
	if (!mobility_path_equals(trial->path, better))
	{
		mobility_trial_end(trial);
		trial->path = mobility_path_clone(better);
	}
	if (!trial->proven)
	{
		return MOBILITY_TRIAL_TEST;
	}
	return now >= trial->proven + settle ? MOBILITY_TRIAL_MOVE
										 : MOBILITY_TRIAL_NONE;
}

/*
 * Described in header.
 */
void mobility_trial_proven(mobility_trial_t *trial, uint64_t now)
{
	if (trial->path && !trial->proven)
	{
		trial->proven = now;
	}
}

/*
 * Described in header.
 */
uint64_t mobility_trial_deadline(const mobility_trial_t *trial,
								 uint64_t settle)
{
	return trial->proven ? trial->proven + settle : 0;
}

/*
 * Described in header.
 */
void mobility_trial_end(mobility_trial_t *trial)
{
	mobility_path_destroy(trial->path);
	*trial = (mobility_trial_t){};
}
