/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Sequences of what a session decides and a peer answers, two bytes each: what
 * happens, and over which path. The promises of a heading hold after each of
 * them, and:
 *
 *  - a path is taken because of an answer only if that came over it, or at an
 *    address that is gone;
 *  - nothing that was sent elsewhere as well proves a path;
 *  - a path that does not answer is insisted on four times at most.
 */

#include "fuzz.h"

#include "mobile/heading.h"

/** number of addresses at each end */
#define ENDS 4

static mobility_path_t *paths[ENDS][ENDS];

static mobility_heading_t heading;

/** attempts since anything but an attempt has happened, over the target only */
static u_int insisted;

/**
 * Get an answer over a path, bytes say what is known of it
 */
static mobility_heading_answer_t get_answer(uint8_t what, uint8_t where)
{
	return (mobility_heading_answer_t){
		.local = paths[where % ENDS][0]->local,
		.remote = paths[0][where / ENDS % ENDS]->remote,
		.path = what & 0x80 ? paths[where % ENDS][where / ENDS % ENDS] : NULL,
		.spread = what & 0x40,
		.probed = what & 0x20,
		.early = what & 0x10,
	};
}

/**
 * The request in flight has to be sent again
 */
static void attempt(bool queued)
{
	switch (mobility_heading_attempt(&heading, queued))
	{
		case MOBILITY_SEND_TARGET:
			check(heading.target && !queued);
			check(++insisted <= MOBILITY_PROVEN_ATTEMPTS);
			break;
		case MOBILITY_SEND_NONE:
			check(queued);
			break;
		case MOBILITY_SEND_ALL:
			check(!queued);
			break;
	}
}

/**
 * A test was answered
 */
static void tested(const mobility_heading_answer_t *answer)
{
	switch (mobility_heading_tested(&heading, answer))
	{
		case MOBILITY_ANSWER_PROVES:
			check(mobility_path_has(heading.target, answer->local,
									answer->remote));
			mobility_heading_take(&heading, heading.target, 0);
			return;
		case MOBILITY_ANSWER_LEADS_ON:
			check(FALSE);
			break;
		default:
			break;
	}
	if (heading.state == MOBILITY_TESTING)
	{
		mobility_heading_stay(&heading);
	}
	if (mobility_heading_follow(&heading, answer))
	{
		check(mobility_path_has(heading.target, answer->local, answer->remote));
		check(!mobility_path_has(heading.path, answer->local, answer->remote));
	}
}

/**
 * An update was answered
 */
static void updated(const mobility_heading_answer_t *answer)
{
	switch (mobility_heading_updated(&heading, answer))
	{
		case MOBILITY_ANSWER_PROVES:
			check(!answer->spread || !mobility_heading_aim(&heading));
			if (heading.target)
			{
				mobility_heading_use(&heading,
									 mobility_path_clone(heading.target));
			}
			mobility_heading_stay(&heading);
			break;
		case MOBILITY_ANSWER_LEADS_ON:
			check(!answer->path || mobility_path_equals(heading.target,
														answer->path));
			break;
		default:
			check(FALSE);
			break;
	}
}

/**
 * Something happens
 */
static void happen(uint8_t what, uint8_t where)
{
	mobility_heading_answer_t answer = get_answer(what, where);
	mobility_path_t *path = paths[where % ENDS][where / ENDS % ENDS];

	if ((what & 0x07) < 2)
	{
		attempt(what & 0x10);
		return;
	}
	insisted = 0;
	switch (what & 0x07)
	{
		case 2:
			mobility_heading_test(&heading, path);
			break;
		case 3:
			mobility_heading_take(&heading, path, what >> 4 & 3);
			break;
		case 4:
			mobility_heading_stay(&heading);
			break;
		case 5:
			tested(&answer);
			break;
		case 6:
			updated(&answer);
			break;
		default:
			if (what & 0x10)
			{	/* stock or the peer has changed it */
				mobility_heading_use(&heading, what & 0x20 ? NULL
												: mobility_path_clone(path));
			}
			else if (!mobility_heading_refused(&heading,
											   what & 0x20 ? path : NULL, where))
			{
				check(heading.hold_off > where);
			}
			break;
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char addr[32];
	int i, j;

	check(library_init(NULL, "fuzz"));
	for (i = 0; i < ENDS; i++)
	{
		for (j = 0; j < ENDS; j++)
		{
			INIT(paths[i][j],
				.ifindex = 2 + i,
			);
			snprintf(addr, sizeof(addr), "10.%d.0.2", i);
			paths[i][j]->local = host_create_from_string(addr, 0);
			snprintf(addr, sizeof(addr), "192.0.2.%d", j);
			paths[i][j]->remote = host_create_from_string(addr, 0);
		}
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	chunk_t input = chunk_create((u_char*)data, len);
	uint8_t what;

	insisted = 0;
	while (input.len)
	{
		what = fuzz_byte(&input);
		happen(what, fuzz_byte(&input));
		check(!mobility_heading_check(&heading));
	}
	mobility_heading_cleanup(&heading);
	return 0;
}
