/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/probation.h"

/**
 * Get the silence that counts, if it has to be at least that long.
 */
static uint64_t get_limit(const mobility_path_health_facts_t *traffic,
						  uint32_t rtt, uint64_t least)
{
	uint64_t gap = min(traffic->gap, MOBILITY_PROBATION_GAP_MAX);

	return max(least, max(gap * MOBILITY_PROBATION_GAPS,
						  (uint64_t)rtt * MOBILITY_PROBATION_RTTS));
}

/**
 * Check if there is a path to go back to.
 */
static bool has_origin(const mobility_probation_t *probation)
{
	return probation->origin.ifindex != 0;
}

/**
 * Forget the path to go back to.
 */
static void drop_origin(mobility_probation_t *probation)
{
	probation->origin = (mobility_path_id_t){};
}

/**
 * Check if what was sent over the path in use so far got answers there.
 */
static bool is_answered(const mobility_path_health_facts_t *traffic,
						uint32_t rtt)
{
	return traffic->proven && traffic->silence < get_limit(traffic, rtt,
												MOBILITY_PROBATION_SILENCE);
}

/*
 * Described in header.
 */
mobility_probation_action_t mobility_probation_moved(
									mobility_probation_t *probation,
									const mobility_path_t *path,
									const mobility_path_health_facts_t *traffic,
									uint32_t rtt)
{
	mobility_probation_action_t why = probation->leaving;

	if (is_answered(traffic, rtt))
	{
		probation->origin = probation->path;
	}
	else if (traffic->proven || traffic->silence)
	{	/* that says more than what was before */
		drop_origin(probation);
	}
	probation->path = mobility_path_get_id(path);
	if (mobility_path_id_equals(&probation->origin, &probation->path))
	{
		drop_origin(probation);
	}
	probation->leaving = MOBILITY_PROBATION_WAIT;
	probation->given_up = FALSE;
	return why;
}

/**
 * Check if nothing has returned for so long that it counts.
 */
static bool is_silent(const mobility_probation_view_t *view, uint64_t least)
{
	return view->traffic.silence >= get_limit(&view->traffic, view->rtt, least);
}

/*
 * Described in header.
 */
mobility_probation_action_t mobility_probation_review(
									mobility_probation_t *probation,
									const mobility_probation_view_t *view)
{
	probation->leaving = MOBILITY_PROBATION_WAIT;
	if (view->traffic.proven)
	{
		drop_origin(probation);
	}
	if (has_origin(probation) && view->back &&
		is_silent(view, MOBILITY_PROBATION_SILENCE))
	{
		return probation->leaving = MOBILITY_PROBATION_RETURN;
	}
	if (probation->given_up ||
		!is_silent(view, view->traffic.proven ? MOBILITY_PROBATION_PROVEN
											  : MOBILITY_PROBATION_UNKNOWN))
	{
		return MOBILITY_PROBATION_WAIT;
	}
	if (!view->encapsulated)
	{
		return MOBILITY_PROBATION_FORCE;
	}
	if (view->next)
	{
		return probation->leaving = MOBILITY_PROBATION_LEAVE;
	}
	probation->given_up = TRUE;
	return MOBILITY_PROBATION_GIVE_UP;
}

/*
 * Described in header.
 */
const char *mobility_probation_check(const mobility_probation_t *probation)
{
	if (has_origin(probation) &&
		mobility_path_id_equals(&probation->origin, &probation->path))
	{
		return "goes back to where it is";
	}
	switch (probation->leaving)
	{
		case MOBILITY_PROBATION_WAIT:
			break;
		case MOBILITY_PROBATION_RETURN:
			if (!has_origin(probation))
			{
				return "goes back, but to nowhere";
			}
			break;
		case MOBILITY_PROBATION_LEAVE:
			if (probation->given_up)
			{
				return "is leaving, but was given up";
			}
			break;
		default:
			return "leaves without moving";
	}
	return NULL;
}
