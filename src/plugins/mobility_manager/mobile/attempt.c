/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/attempt.h"

/** Time refusals are remembered, in ms. */
#define REFUSAL_TIME (3600 * 1000)

/** Interval and number of IKE_SA_INITs whose answer would count, in ms. */
#define READY_INTERVAL 500
#define READY_REPEATS 8

/** Shortest and longest time after an attempt that was answered in vain, in ms;
 * it doubles. */
#define VAIN_MIN (10 * 1000)
#define VAIN_MAX (600 * 1000)

ENUM(mobility_attempt_state_names, MOBILITY_ATTEMPT_NONE,
	 MOBILITY_ATTEMPT_LOGIN,
	"none",
	"asking",
	"checking",
	"ready",
	"login",
);

/**
 * Get the index of a network, -1 if it has not refused anything.
 */
static int find_network(const mobility_attempt_t *attempt, uint32_t network)
{
	int i;

	for (i = 0; i < MOBILITY_ATTEMPT_NETWORKS; i++)
	{
		if (attempt->refusals[i].network == network)
		{
			return i;
		}
	}
	return -1;
}

/**
 * Remember a refusal.
 */
static void add_refusal(mobility_attempt_t *attempt, uint32_t network,
						uint64_t now)
{
	int i = find_network(attempt, network);
	mobility_refusals_t *refusals;

	if (i < 0)
	{
		i = attempt->oldest;
		attempt->oldest = (i + 1) % MOBILITY_ATTEMPT_NETWORKS;
		attempt->refusals[i] = (mobility_refusals_t){
			.network = network,
		};
	}
	refusals = &attempt->refusals[i];
	refusals->times[refusals->next] = now;
	refusals->next = (refusals->next + 1) % MOBILITY_ATTEMPT_REFUSALS;
}

/**
 * Count the refusals in a network that are remembered.
 */
static u_int count_refusals(const mobility_attempt_t *attempt,
							uint32_t network, uint64_t now)
{
	int i, j = find_network(attempt, network);
	u_int count = 0;
	uint64_t time;

	for (i = 0; j >= 0 && i < MOBILITY_ATTEMPT_REFUSALS; i++)
	{
		time = attempt->refusals[j].times[i];
		if (time && now < time + REFUSAL_TIME)
		{
			count++;
		}
	}
	return count;
}

/**
 * Enter a state.
 */
static void enter(mobility_attempt_t *attempt, mobility_attempt_state_t state,
				  uint64_t next)
{
	attempt->state = state;
	attempt->repeats = 0;
	attempt->next = next;
}

/*
 * Described in header.
 */
bool mobility_attempt_may_begin(const mobility_attempt_t *attempt,
								uint32_t network, u_int limit, uint64_t now)
{
	return attempt->state == MOBILITY_ATTEMPT_NONE &&
		   now >= attempt->not_before &&
		   count_refusals(attempt, network, now) <
									min(limit, MOBILITY_ATTEMPT_REFUSALS);
}

/*
 * Described in header.
 */
void mobility_attempt_begin(mobility_attempt_t *attempt, bool hopeless,
							uint64_t now)
{
	attempt->hopeless = hopeless;
	attempt->detours = 0;
	attempt->pause = 0;
	attempt->wait = 0;
	attempt->put_off = FALSE;
	enter(attempt, MOBILITY_ATTEMPT_ASKING, 0);
	attempt->begun = attempt->asked = now;
}

/*
 * Described in header.
 */
void mobility_attempt_set_hopeless(mobility_attempt_t *attempt, uint64_t now)
{
	if (attempt->state != MOBILITY_ATTEMPT_NONE && !attempt->hopeless)
	{
		attempt->hopeless = TRUE;
		if (attempt->state == MOBILITY_ATTEMPT_CHECKING)
		{
			enter(attempt, MOBILITY_ATTEMPT_READY, now);
		}
	}
}

/*
 * Described in header.
 */
bool mobility_attempt_may_stray(const mobility_attempt_t *attempt,
								uint64_t now)
{
	return now >= attempt->begun + MOBILITY_ATTEMPT_KIN;
}

/*
 * Described in header.
 */
void mobility_attempt_go_round(mobility_attempt_t *attempt, bool elsewhere,
							   uint32_t random, uint64_t now)
{
	if (elsewhere)
	{
		attempt->pause = 0;
		attempt->wait = 0;
	}
	if (attempt->state == MOBILITY_ATTEMPT_ASKING &&
		now >= attempt->round + attempt->wait)
	{
		attempt->round = now;
		attempt->pause = min(max(2 * attempt->pause, MOBILITY_ATTEMPT_ROUND),
							 MOBILITY_ATTEMPT_ROUND_MAX);
		attempt->wait = attempt->pause * 3 / 4 + random % (attempt->pause / 2);
	}
}

/*
 * Described in header.
 */
bool mobility_attempt_may_ask(const mobility_attempt_t *attempt, uint64_t now)
{
	return attempt->state != MOBILITY_ATTEMPT_ASKING ||
		   now < attempt->round + MOBILITY_ATTEMPT_ROUND_TIME;
}

/*
 * Described in header.
 */
void mobility_attempt_asked(mobility_attempt_t *attempt, uint64_t now)
{
	attempt->asked = now;
}

/*
 * Described in header.
 */
bool mobility_attempt_answered(mobility_attempt_t *attempt, bool fits,
							   uint64_t now)
{
	bool asking = attempt->state == MOBILITY_ATTEMPT_ASKING;

	if (fits && ((asking && attempt->hopeless) ||
				 attempt->state == MOBILITY_ATTEMPT_READY))
	{
		enter(attempt, MOBILITY_ATTEMPT_LOGIN, 0);
		return TRUE;
	}
	if (asking)
	{	/* there is nothing to check if nobody can answer the held request */
		enter(attempt, attempt->hopeless ? MOBILITY_ATTEMPT_READY
										: MOBILITY_ATTEMPT_CHECKING, now);
		attempt->answered = now;
		attempt->patience = max(MOBILITY_ATTEMPT_PATIENCE,
							MOBILITY_ATTEMPT_RTTS * (now - attempt->asked));
	}
	return FALSE;
}

/*
 * Described in header.
 */
bool mobility_attempt_detour(mobility_attempt_t *attempt, bool busy,
							 uint64_t now)
{
	if (attempt->state == MOBILITY_ATTEMPT_NONE ||
		attempt->state == MOBILITY_ATTEMPT_LOGIN)
	{
		return FALSE;
	}
	if (busy && !attempt->put_off && !attempt->hopeless &&
		attempt->state == MOBILITY_ATTEMPT_ASKING)
	{
		attempt->put_off = TRUE;
		return FALSE;
	}
	if (attempt->detours >= MOBILITY_ATTEMPT_DETOURS)
	{	/* the others may have been asked for by somebody else */
		if (attempt->state == MOBILITY_ATTEMPT_ASKING && !attempt->next)
		{
			attempt->next = now + MOBILITY_ATTEMPT_WORN;
		}
		return FALSE;
	}
	attempt->detours++;
	return TRUE;
}

/*
 * Described in header.
 */
void mobility_attempt_lost(mobility_attempt_t *attempt)
{
	if (attempt->state == MOBILITY_ATTEMPT_CHECKING ||
		attempt->state == MOBILITY_ATTEMPT_READY)
	{
		enter(attempt, MOBILITY_ATTEMPT_ASKING, 0);
	}
}

/*
 * Described in header.
 */
bool mobility_attempt_refute(mobility_attempt_t *attempt)
{
	if (attempt->state == MOBILITY_ATTEMPT_NONE ||
		attempt->state == MOBILITY_ATTEMPT_LOGIN)
	{
		return FALSE;
	}
	enter(attempt, MOBILITY_ATTEMPT_NONE, 0);
	return TRUE;
}

/*
 * Described in header.
 */
void mobility_attempt_end(mobility_attempt_t *attempt,
						  mobility_attempt_end_t end, uint32_t network,
						  uint64_t now)
{
	enter(attempt, MOBILITY_ATTEMPT_NONE, 0);
	switch (end)
	{
		case MOBILITY_ATTEMPT_REFUSED:
			add_refusal(attempt, network, now);
			/* fall-through */
		case MOBILITY_ATTEMPT_USELESS:
			attempt->not_before = now + min(VAIN_MAX,
									VAIN_MIN << min(attempt->vain, 8));
			attempt->vain++;
			break;
		case MOBILITY_ATTEMPT_DONE:
			attempt->vain = 0;
			attempt->not_before = 0;
			break;
		case MOBILITY_ATTEMPT_DROPPED:
			break;
	}
}

/**
 * The held request is to be repeated, as often as it has to and for as long.
 */
static mobility_attempt_action_t repeat(mobility_attempt_t *attempt,
										uint64_t now)
{
	if (attempt->repeats >= MOBILITY_ATTEMPT_REPEATS &&
		now >= attempt->answered + attempt->patience)
	{
		enter(attempt, MOBILITY_ATTEMPT_READY, now + READY_INTERVAL);
		attempt->repeats = 1;
		return MOBILITY_ATTEMPT_ASK;
	}
	attempt->repeats++;
	attempt->next = now + attempt->patience / MOBILITY_ATTEMPT_REPEATS;
	if (attempt->repeats >= MOBILITY_ATTEMPT_REPEATS)
	{
		attempt->next = max(now, attempt->answered + attempt->patience);
	}
	return MOBILITY_ATTEMPT_REPEAT;
}

/*
 * Described in header.
 */
mobility_attempt_action_t mobility_attempt_tick(mobility_attempt_t *attempt,
												uint64_t now)
{
	if (!attempt->next || now < attempt->next)
	{
		return MOBILITY_ATTEMPT_WAIT;
	}
	if (attempt->state == MOBILITY_ATTEMPT_CHECKING)
	{
		return repeat(attempt, now);
	}
	if (attempt->state == MOBILITY_ATTEMPT_ASKING)
	{
		attempt->next = 0;
		return MOBILITY_ATTEMPT_DROP;
	}
	if (attempt->repeats >= READY_REPEATS)
	{	/* it has answered, but does no more */
		mobility_attempt_lost(attempt);
		return MOBILITY_ATTEMPT_WAIT;
	}
	attempt->repeats++;
	attempt->next = now + READY_INTERVAL;
	return MOBILITY_ATTEMPT_ASK;
}

/*
 * Described in header.
 */
const char *mobility_attempt_check(const mobility_attempt_t *attempt)
{
	bool timed = attempt->state == MOBILITY_ATTEMPT_CHECKING ||
				 attempt->state == MOBILITY_ATTEMPT_READY;

	if (timed && !attempt->next)
	{
		return "there is no deadline";
	}
	if (!timed && attempt->next &&
		(attempt->state != MOBILITY_ATTEMPT_ASKING ||
		 attempt->detours < MOBILITY_ATTEMPT_DETOURS))
	{
		return "there is a deadline, but nothing to do";
	}
	if (!timed && attempt->repeats)
	{
		return "something is repeated, but nothing was answered";
	}
	if (timed && (!attempt->answered ||
				  attempt->patience < MOBILITY_ATTEMPT_PATIENCE))
	{
		return "nothing was answered, or nobody waits for an answer";
	}
	if (attempt->state == MOBILITY_ATTEMPT_CHECKING &&
		attempt->repeats > MOBILITY_ATTEMPT_REPEATS)
	{
		return "the held request is repeated too often";
	}
	return NULL;
}
