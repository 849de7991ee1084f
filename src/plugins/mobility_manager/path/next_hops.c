/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "path/next_hops.h"

/**
 * Check if a path is over a next hop
 */
static bool is_over(const mobility_path_t *path, const mobility_ip_t *gateway)
{
	mobility_ip_t ip = mobility_ip_from_host(path->gateway);

	return mobility_ip_equals(&ip, gateway);
}

/*
 * Described in header.
 */
void mobility_hop_turns_begin(mobility_hop_turns_t *turns, uint64_t now)
{
	turns->sent = turns->since = now;
	turns->turned = FALSE;
}

/*
 * Described in header.
 */
bool mobility_hop_turns_are_over(const mobility_hop_turns_t *turns,
								 uint64_t now)
{
	return now >= turns->since + turns->length;
}

/*
 * Described in header.
 */
void mobility_hop_turns_next(mobility_hop_turns_t *turns, uint64_t now)
{
	turns->since = now;
	turns->turned = TRUE;
}

/*
 * Described in header.
 */
void mobility_hop_turns_answered(mobility_hop_turns_t *turns, uint32_t rtt,
								 uint64_t now)
{
	uint64_t took = rtt ?: now - turns->sent;

	turns->length = min(took + took / 2, MOBILITY_HOP_TURN_MAX);
	turns->doubtful = turns->turned;
}

/*
 * Described in header.
 */
void mobility_next_hops_add(mobility_candidate_t *candidate,
							mobility_path_t *path)
{
	array_insert_create(&candidate->others, ARRAY_TAIL, path);
}

/*
 * Described in header.
 */
bool mobility_next_hops_turn(mobility_candidate_t *candidate)
{
	mobility_path_t *next;

	if (!array_remove(candidate->others, ARRAY_HEAD, &next))
	{
		return FALSE;
	}
	mobility_next_hops_add(candidate, candidate->path);
	candidate->path = next;
	return TRUE;
}

/*
 * Described in header.
 */
bool mobility_next_hops_have(const mobility_candidate_t *candidate,
							 const mobility_ip_t *gateway)
{
	mobility_path_t *path = candidate->path;
	bool found;
	int i = 0;

	do
	{
		found = is_over(path, gateway);
	}
	while (!found && array_get(candidate->others, i++, &path));
	return found;
}

/*
 * Described in header.
 */
bool mobility_next_hops_take(mobility_candidate_t *candidate,
							 const mobility_ip_t *gateway)
{
	if (!mobility_next_hops_have(candidate, gateway))
	{
		return FALSE;
	}
	while (!is_over(candidate->path, gateway))
	{
		mobility_next_hops_turn(candidate);
	}
	return TRUE;
}

/*
 * Described in header.
 */
mobility_path_t *mobility_next_hops_find_better(
									const mobility_candidate_t *candidate,
									const mobility_path_t *current)
{
	mobility_path_t *path = candidate->path, *better = NULL;
	uint32_t metric = current->metric;
	int i = 0;

	do
	{
		if (path->metric < metric && !mobility_path_same_gateway(path, current))
		{
			better = path;
			metric = path->metric;
		}
	}
	while (array_get(candidate->others, i++, &path));
	return better;
}
