/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/switch_back.h"

/**
 * Get the time a better path has to be proven, in ms.
 */
static uint64_t get_settle(const mobility_config_t *config)
{
	/* 0 by default with prefer_best_path */
	return config->settle_time * 1000ULL;
}

/**
 * Find the path to leave the one in use for, NULL if there is none: for one that
 * is better nobody leaves where somebody wants the session to be.
 */
static mobility_path_t *find_better(mobility_candidates_t *candidates,
									const mobility_path_t *current,
									bool aside, uint64_t now)
{
	mobility_path_history_t *records = candidates->records;

	if (!aside && records->is_chosen(records, current->ifname))
	{
		return NULL;
	}
	return candidates->find_better(candidates, current, now);
}

/*
 * Described in header.
 */
mobility_trial_action_t mobility_switch_back_decide(
									mobility_switch_back_t *switch_back,
									const mobility_config_t *config,
									mobility_candidates_t *candidates,
									const mobility_path_t *current,
									uint64_t now, mobility_path_t **better,
									char *trigger)
{
	mobility_trial_action_t action;
	mobility_path_history_t *records = candidates->records;
	mobility_record_t record;
	uint64_t settle = 0;
	bool expires;

	records->get(records, current, now, &record);
	/* that can't wait */
	*better = candidates->find_successor(candidates, current, now);
	expires = *better != NULL;
	if (!expires)
	{
		*better = find_better(candidates, current, record.until != 0, now);
		settle = get_settle(config);
	}
	action = mobility_trial_consider(&switch_back->trial, *better, settle, now);
	if (action == MOBILITY_TRIAL_MOVE)
	{
		mobility_trial_end(&switch_back->trial);
		snprintf(trigger, MOBILITY_TRIGGER_LEN,
				 expires ? "%s: address is about to go" :
				 record.until ? "%s was put aside" : "%s is preferred",
				 expires || record.until ? current->ifname
										 : (*better)->ifname);
	}
	return action;
}

/**
 * Say why a path is not left, if none is better.
 */
static mobility_stay_t get_stay(mobility_candidates_t *candidates,
								const mobility_path_t *current, uint64_t now)
{
	mobility_candidate_t *best;

	if (candidates->records->is_chosen(candidates->records, current->ifname))
	{
		return MOBILITY_STAY_CHOSEN;
	}
	best = candidates->get_best(candidates, now);
	return best && best->path->ifindex != current->ifindex ?
								MOBILITY_STAY_SIMILAR : MOBILITY_STAY_BEST;
}

/*
 * Described in header.
 */
void mobility_switch_back_foresee(const mobility_switch_back_t *switch_back,
								  const mobility_config_t *config,
								  mobility_candidates_t *candidates,
								  const mobility_path_t *current, uint64_t now,
								  mobility_prospect_t *prospect)
{
	const mobility_trial_t *trial = &switch_back->trial;
	mobility_path_t *better;
	mobility_record_t record;
	uint64_t end;

	if (!current)
	{
		return;
	}
	if (!config->make_before_break && !config->prefer_best_path)
	{
		prospect->stay = MOBILITY_STAY_DISABLED;
		return;
	}
	candidates->records->get(candidates->records, current, now, &record);
	better = candidates->find_successor(candidates, current, now) ?:
			 find_better(candidates, current, record.until != 0, now);
	if (!better)
	{
		prospect->stay = get_stay(candidates, current, now);
		return;
	}
	prospect->stay = MOBILITY_STAY_TEST;
	strcpy(prospect->uplink, better->ifname);
	if (trial->proven && mobility_path_equals(trial->path, better))
	{
		end = mobility_trial_deadline(trial, get_settle(config));
		prospect->stay = MOBILITY_STAY_SETTLE;
		prospect->left = end > now ? (end - now + 999) / 1000 : 0;
	}
}

/*
 * Described in header.
 */
void mobility_switch_back_tested(mobility_switch_back_t *switch_back,
								const mobility_path_t *path, bool answered,
								uint64_t now)
{
	if (answered && mobility_path_equals(switch_back->trial.path, path))
	{
		mobility_trial_proven(&switch_back->trial, now);
	}
	else
	{
		mobility_trial_end(&switch_back->trial);
	}
}

/*
 * Described in header.
 */
void mobility_switch_back_lost(mobility_switch_back_t *switch_back,
							   mobility_path_history_t *records)
{
	mobility_trial_end(&switch_back->trial);
	records->choose(records, NULL);
}

/*
 * Described in header.
 */
void mobility_switch_back_plan(mobility_switch_back_t *switch_back,
							  const mobility_config_t *config,
							  mobility_path_history_t *records, bool idle,
							  uint64_t now)
{
	uint64_t times[] = {
		/* what is due already is still to be done, by the next look */
		switch_back->review > now ? 0 : switch_back->review,
		records->get_end(records, now),
		idle ? mobility_trial_deadline(&switch_back->trial, get_settle(config))
			 : 0,
	};
	int i;

	switch_back->review = 0;
	for (i = 0; i < countof(times); i++)
	{
		if (times[i] &&
			(!switch_back->review || times[i] < switch_back->review))
		{
			switch_back->review = times[i];
		}
	}
}
