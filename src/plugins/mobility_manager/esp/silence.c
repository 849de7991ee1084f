/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp/silence.h"

/** how many times the longest silence that is known, or a round-trip time */
#define FACTOR 2

/**
 * Remember a silence that is over.
 */
static void note(mobility_silence_t *silence, uint64_t now)
{
	mobility_silence_span_t *span = &silence->current;
	uint64_t length = silence->looked - silence->since;

	length /= MOBILITY_SILENCE_PERIOD;
	span->count[min(length, MOBILITY_SILENCE_LENGTHS)]++;
	span->time += now - silence->since;
	if (span->time >= MOBILITY_SILENCE_BUDGET)
	{
		silence->before = *span;
		*span = (mobility_silence_span_t){};
	}
}

/*
 * Described in header.
 */
void mobility_silence_look(mobility_silence_t *silence, uint64_t now, bool in)
{
	if (now < silence->looked || now - silence->looked > MOBILITY_SILENCE_PAUSE)
	{
		silence->since = 0;
	}
	if (in && silence->since)
	{
		note(silence, now);
	}
	silence->since = in ? now : silence->since;
	silence->looked = now;
}

/*
 * Described in header.
 */
void mobility_silence_break(mobility_silence_t *silence)
{
	silence->since = 0;
}

/**
 * Get how many silences are known that have a length.
 */
static u_int get_count(const mobility_silence_t *silence, u_int length)
{
	return silence->current.count[length] + silence->before.count[length];
}

/**
 * Check if enough silences are known.
 */
static bool is_known(const mobility_silence_t *silence)
{
	u_int i, count = 0;

	for (i = 0; i <= MOBILITY_SILENCE_LENGTHS; i++)
	{
		count += get_count(silence, i);
	}
	return count >= MOBILITY_SILENCE_KNOWN;
}

/**
 * Get the longest silence of those that are more than one in ten minutes, in
 * looks.
 */
static u_int get_longest(const mobility_silence_t *silence)
{
	uint64_t longer = 0, rare;
	u_int i;

	rare = (silence->current.time + silence->before.time) /
		   MOBILITY_SILENCE_BUDGET;
	for (i = MOBILITY_SILENCE_LENGTHS; i > 0; i--)
	{
		longer += get_count(silence, i);
		if (longer > rare)
		{
			break;
		}
	}
	return i;
}

/*
 * Described in header.
 */
uint64_t mobility_silence_limit(const mobility_silence_t *silence,
								uint64_t now, uint32_t rtt)
{
	u_int longest;

	if (!silence->since || !rtt || now < silence->next || !is_known(silence))
	{
		return MOBILITY_SILENCE_UNKNOWN;
	}
	longest = get_longest(silence);
	if (longest == MOBILITY_SILENCE_LENGTHS)
	{
		return MOBILITY_SILENCE_UNKNOWN;
	}
	/* one that was seen may have been longer by almost a period */
	return FACTOR * max((longest + 1) * MOBILITY_SILENCE_PERIOD,
						(uint64_t)rtt);
}

/*
 * Described in header.
 */
void mobility_silence_guessed(mobility_silence_t *silence, uint64_t now)
{
	silence->next = now + MOBILITY_SILENCE_BUDGET;
}

/*
 * Described in header.
 */
void mobility_silence_moved(mobility_silence_t *silence, bool right)
{
	*silence = (mobility_silence_t){
		.next = right ? 0 : silence->next,
	};
}
