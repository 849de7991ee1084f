/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Sequences of what somebody who can send to us makes of an attempt to log in a
 * second time: answers to IKE_SA_INIT, refusals, and silence; two bytes each, what
 * happens and after how long.  The promises of an attempt hold after each of
 * them, and:
 *
 *  - no IKE_AUTH leaves unless the held request was repeated as often as it has to
 *    be, for as long, and was not answered since it was asked for;
 *  - no network refuses more often within an hour than it may;
 *  - what is sent because of an answer is limited.
 */

#include "fuzz.h"

#include "mobile/attempt.h"

/** refusals that are too many */
#define LIMIT 3

/** packets within 20 s: repeating, and asking */
#define PACKETS_MAX 64

static mobility_attempt_t attempt;

/** when the last refusals were, by network */
static uint64_t refusals[4][LIMIT];

/** of the login under way */
static uint64_t answered, now;
static u_int repeats, sent, detours;

/**
 * Somebody answers
 */
static void answer(bool same)
{
	if (attempt.state == MOBILITY_ATTEMPT_ASKING)
	{
		answered = now;
		repeats = 0;
	}
	if (mobility_attempt_answered(&attempt, same, now))
	{
		check(same);
		check(repeats >= MOBILITY_ATTEMPT_REPEATS);
		check(now >= answered + MOBILITY_ATTEMPT_PATIENCE);
		check(attempt.state == MOBILITY_ATTEMPT_LOGIN);
	}
}

/**
 * The second IKE_SA is gone
 */
static void end(mobility_attempt_end_t how, uint8_t network)
{
	uint64_t *times = refusals[network];

	if (how == MOBILITY_ATTEMPT_REFUSED)
	{
		check(!times[0] || now >= times[0] + 3600 * 1000);
		memmove(times, times + 1, sizeof(*times) * (LIMIT - 1));
		times[LIMIT - 1] = now;
	}
	mobility_attempt_end(&attempt, how, 1 + network, now);
}

/**
 * Time passes
 */
static void tick()
{
	switch (mobility_attempt_tick(&attempt, now))
	{
		case MOBILITY_ATTEMPT_REPEAT:
			check(attempt.state == MOBILITY_ATTEMPT_CHECKING);
			repeats++;
			sent++;
			break;
		case MOBILITY_ATTEMPT_ASK:
			check(attempt.state == MOBILITY_ATTEMPT_READY);
			sent++;
			break;
		case MOBILITY_ATTEMPT_DROP:
			check(attempt.state == MOBILITY_ATTEMPT_ASKING);
			check(detours == MOBILITY_ATTEMPT_DETOURS);
			break;
		case MOBILITY_ATTEMPT_WAIT:
			break;
	}
}

/**
 * Something happens
 */
static void happen(uint8_t what)
{
	static uint8_t network;
	uint8_t here = what >> 3 & 3;

	switch (what & 0x07)
	{
		case 0:
			if (mobility_attempt_may_begin(&attempt, 1 + here, LIMIT, now))
			{
				network = here;
				mobility_attempt_begin(&attempt, FALSE, now);
				detours = 0;
			}
			break;
		case 1:
			detours += mobility_attempt_detour(&attempt, what & 0x80, now);
			check(detours <= MOBILITY_ATTEMPT_DETOURS);
			mobility_attempt_asked(&attempt, now);
			break;
		case 2:
			answer(what & 0x80);
			break;
		case 3:
			mobility_attempt_refute(&attempt);
			check(attempt.state == MOBILITY_ATTEMPT_NONE ||
				  attempt.state == MOBILITY_ATTEMPT_LOGIN);
			break;
		case 4:
			mobility_attempt_lost(&attempt);
			break;
		case 5:
			if (attempt.state == MOBILITY_ATTEMPT_LOGIN)
			{
				end(what >> 3 & 3, network);
			}
			break;
		default:
			tick();
			break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint64_t window = 0;
	const char *problem;

	memset(&attempt, 0, sizeof(attempt));
	memset(refusals, 0, sizeof(refusals));
	now = 1000000;
	repeats = sent = detours = 0;
	for (; len >= 2; data += 2, len -= 2)
	{
		/* up to 25 s, which is a long time here; now and then half an hour */
		now += data[1] == 0xff ? 1800 * 1000 : data[1] * 100;
		if (now >= window + 20 * 1000)
		{
			window = now;
			sent = 0;
		}
		happen(data[0]);
		problem = mobility_attempt_check(&attempt);
		check(!problem);
		check(sent < PACKETS_MAX);
	}
	return 0;
}
