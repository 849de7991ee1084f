/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/heading.h"

/**
 * Replace the target, a clone of the path is made first as it may be the same.
 */
static void set_target(mobility_heading_t *heading, const mobility_path_t *path)
{
	mobility_path_t *clone = path ? mobility_path_clone(path) : NULL;

	mobility_path_destroy(heading->target);
	heading->target = clone;
}

/*
 * Described in header.
 */
mobility_path_t *mobility_heading_aim(const mobility_heading_t *heading)
{
	return heading->target ?: heading->path;
}

/*
 * Described in header.
 */
void mobility_heading_use(mobility_heading_t *heading, mobility_path_t *path)
{
	mobility_path_destroy(heading->path);
	heading->path = path;
}

/*
 * Described in header.
 */
void mobility_heading_test(mobility_heading_t *heading,
						   const mobility_path_t *path)
{
	set_target(heading, path);
	heading->state = MOBILITY_TESTING;
	heading->insist = 0;
	heading->tested = FALSE;
}

/*
 * Described in header.
 */
void mobility_heading_take(mobility_heading_t *heading,
						   const mobility_path_t *path, u_int insist)
{
	heading->tested = heading->state == MOBILITY_TESTING &&
					  mobility_path_equals(heading->target, path);
	set_target(heading, path);
	heading->state = MOBILITY_MOVING;
	heading->insist = insist;
}

/*
 * Described in header.
 */
void mobility_heading_stay(mobility_heading_t *heading)
{
	set_target(heading, NULL);
	heading->state = MOBILITY_STAYING;
	heading->insist = 0;
	heading->tested = FALSE;
}

/*
 * Described in header.
 */
mobility_heading_send_t mobility_heading_attempt(mobility_heading_t *heading,
												 bool queued)
{
	bool insist = heading->insist > 0;

	if (insist)
	{
		heading->insist--;
	}
	if (queued)
	{
		return MOBILITY_SEND_NONE;
	}
	return insist ? MOBILITY_SEND_TARGET : MOBILITY_SEND_ALL;
}

/**
 * Check if an answer came over the path in use, certainly by the next hop that it
 * has
 */
static bool is_in_use(const mobility_heading_t *heading,
					  const mobility_heading_answer_t *answer)
{
	return mobility_path_has(heading->path, answer->local, answer->remote) &&
		   (!answer->path ||
			(!answer->turned &&
			 mobility_path_same_gateway(heading->path, answer->path)));
}

/*
 * Described in header.
 */
bool mobility_heading_is_current(const mobility_heading_t *heading,
								 const mobility_heading_answer_t *answer)
{
	return heading->state != MOBILITY_MOVING && is_in_use(heading, answer);
}

/*
 * Described in header.
 */
mobility_heading_verdict_t mobility_heading_tested(
									const mobility_heading_t *heading,
									const mobility_heading_answer_t *answer)
{
	if (heading->state != MOBILITY_TESTING)
	{
		return MOBILITY_ANSWER_SAYS_NOTHING;
	}
	if (mobility_path_has(heading->target, answer->local, answer->remote))
	{
		return MOBILITY_ANSWER_PROVES;
	}
	/* it may have come first over one of those that were asked as well */
	return answer->spread && answer->early ? MOBILITY_ANSWER_SAYS_NOTHING
										   : MOBILITY_ANSWER_DENIES;
}

/**
 * The peer answers over a path: take it, before anything else.
 */
static bool take_proven(mobility_heading_t *heading,
						const mobility_heading_answer_t *answer)
{
	if (!answer->path)
	{
		return FALSE;
	}
	mobility_heading_take(heading, answer->path, MOBILITY_PROVEN_ATTEMPTS);
	return TRUE;
}

/*
 * Described in header.
 */
bool mobility_heading_follow(mobility_heading_t *heading,
							 const mobility_heading_answer_t *answer)
{
	/* unless that in use is silent it need not be left */
	return (answer->probed || heading->state == MOBILITY_MOVING) &&
		   !is_in_use(heading, answer) && take_proven(heading, answer);
}

/**
 * Check if an address at which an answer arrived is not the one that the peer is
 * to use.  Of the peer's address this says nothing, gateways may answer from
 * another one.
 */
static bool is_gone(const mobility_path_t *aim,
					const mobility_heading_answer_t *answer)
{
	return aim && (answer->spread ||
				   !aim->local->ip_equals(aim->local, answer->local));
}

/*
 * Described in header.
 */
bool mobility_heading_has_failed(const mobility_heading_t *heading,
								 const mobility_heading_answer_t *answer)
{
	return heading->tested &&
		   mobility_path_has(heading->path, answer->local, answer->remote) &&
		   !mobility_path_equals(heading->path, heading->target);
}

/*
 * Described in header.
 */
mobility_heading_verdict_t mobility_heading_updated(mobility_heading_t *heading,
									const mobility_heading_answer_t *answer)
{
	mobility_path_t *aim = mobility_heading_aim(heading);

	if (answer->path)
	{
		if (answer->spread ||
			!mobility_path_has(aim, answer->local, answer->remote))
		{	/* the peer answers over this path, have it use this path */
			take_proven(heading, answer);
			return MOBILITY_ANSWER_LEADS_ON;
		}
	}
	else if (is_gone(aim, answer))
	{	/* the peer has taken an address that we had when the request left */
		mobility_heading_take(heading, aim, MOBILITY_EARLY_ATTEMPTS);
		return MOBILITY_ANSWER_LEADS_ON;
	}
	return MOBILITY_ANSWER_PROVES;
}

/*
 * Described in header.
 */
bool mobility_heading_refused(mobility_heading_t *heading,
							  const mobility_path_t *other, uint64_t now)
{
	if (other)
	{
		mobility_heading_take(heading, other, heading->insist);
		return TRUE;
	}
	mobility_heading_stay(heading);
	heading->hold_off = now + MOBILITY_REFUSED_INTERVAL;
	return FALSE;
}

/*
 * Described in header.
 */
const char *mobility_heading_check(const mobility_heading_t *heading)
{
	switch (heading->state)
	{
		case MOBILITY_STAYING:
			if (heading->target)
			{
				return "stays, but has a target";
			}
			break;
		case MOBILITY_TESTING:
		case MOBILITY_MOVING:
			if (!heading->target)
			{
				return "tests or moves, but has no target";
			}
			break;
		default:
			return "no such state";
	}
	if (heading->tested && heading->state != MOBILITY_MOVING)
	{
		return "was tested, but was not taken";
	}
	if (heading->insist && heading->state != MOBILITY_MOVING)
	{
		return "insists on a path that was not taken";
	}
	if (heading->insist > MOBILITY_PROVEN_ATTEMPTS)
	{
		return "insists on a path for too long";
	}
	return NULL;
}

/*
 * Described in header.
 */
void mobility_heading_cleanup(mobility_heading_t *heading)
{
	mobility_path_destroy(heading->path);
	mobility_path_destroy(heading->target);
	*heading = (mobility_heading_t){};
}
