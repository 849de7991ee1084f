/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Sequences of what peers and forgers can have come in, two bytes each, and what
 * the end does that they are told to. The first byte says when addresses have to be
 * proven. The promises of whereabouts hold after each event, and:
 *
 *  - another place is proven only by the COOKIE2 that was sent there and nowhere
 *    else;
 *  - whatever is not proven is used for no longer than a grace, until it is
 *    forgiven;
 *  - where nothing is used before it is proven, nobody is sent more than three
 *    times the bytes that came from there.
 */

#include "fuzz.h"

#include "anchor/whereabouts.h"

#include <sa/ike_sa.h>

/** number of places */
#define PLACES 4

/** lengths of messages */
#define MESSAGE 200
#define COOKIE 130

static mobility_place_t places[PLACES];

static mobility_whereabouts_t where;

static uint64_t now;

/** where the request in flight was sent to, and if it has a COOKIE2 */
static bool in_flight, cookie, sent_to[PLACES];

/** the peer has moved */
static bool moved;

/** bytes that came from places, and were sent there */
static size_t received[PLACES], sent[PLACES];

/** for how long the claim is used, and for how long others were that were not
 * proven; when one was given up the last time */
static uint64_t ahead, spent, given_up;

/**
 * Get the number of a place
 */
static int get_number(const mobility_place_t *place)
{
	int i;

	for (i = 0; i < PLACES; i++)
	{
		if (mobility_endpoint_equals(&places[i].remote, &place->remote))
		{
			return i;
		}
	}
	check(FALSE);
	return -1;
}

/**
 * Something is sent
 */
static void send_to(int place, size_t len)
{
	sent[place] += len;
	mobility_whereabouts_sent(&where, &places[place].remote, len);
}

/**
 * The claim is another one, or none, unless it was proven
 */
static void give_up()
{
	if (now - given_up >= MOBILITY_FORGIVE_TIME)
	{
		spent = 0;
	}
	spent += ahead;
	ahead = 0;
	given_up = now;
	check(spent <= MOBILITY_GRACE_MIN + UINT8_MAX);
}

/**
 * It is some time later
 */
static void tick(uint64_t ms)
{
	now += ms;
	ahead += where.ahead ? ms : 0;
	switch (mobility_whereabouts_tick(&where, now))
	{
		case MOBILITY_WHEREABOUTS_GO:
			give_up();
			sent_to[get_number(mobility_whereabouts_used(&where))] = TRUE;
			break;
		case MOBILITY_WHEREABOUTS_ASK:
			if (mobility_whereabouts_may_send(&where, COOKIE))
			{
				if (!in_flight)
				{
					memset(sent_to, 0, sizeof(sent_to));
					mobility_whereabouts_asked(&where);
					in_flight = cookie = TRUE;
				}
				sent_to[get_number(&where.claimed)] = TRUE;
				send_to(get_number(&where.claimed), COOKIE);
			}
			break;
		default:
			break;
	}
}

/**
 * Time passes
 */
static void pass(uint64_t ms)
{
	uint64_t deadline, until = now + ms;

	do
	{
		deadline = mobility_whereabouts_deadline(&where);
		tick(deadline && deadline < until ? max(now, deadline) - now
										  : until - now);
	}
	while (now < until);
}

/**
 * A message came in from a place
 */
static void hear(int place)
{
	received[place] += MESSAGE;
	mobility_whereabouts_heard(&where, &places[place].remote, MESSAGE, now);
}

/**
 * The request in flight is answered
 */
static void answer(int place, bool echoed, uint32_t rtt)
{
	mobility_endpoint_t proven = where.proven.remote;
	int i, count = 0;

	if (!in_flight)
	{
		return;
	}
	for (i = 0; i < PLACES; i++)
	{
		count += sent_to[i];
	}
	hear(place);
	in_flight = FALSE;
	mobility_whereabouts_answered(&where, echoed && cookie, rtt, now);
	if (!mobility_endpoint_equals(&proven, &where.proven.remote))
	{
		check(echoed && cookie && count == 1 &&
			  sent_to[get_number(&where.proven)]);
		ahead = 0;
		moved = TRUE;
	}
}

/**
 * Something happens
 */
static void happen(uint8_t what, uint8_t arg)
{
	mobility_endpoint_t claimed = where.claimed.remote;
	bool was_ahead = where.ahead;
	int place = what >> 4 & 3;

	switch (what & 7)
	{
		case 0:
		case 1:
			hear(place);
			mobility_whereabouts_hint(&where, &places[place],
									  MOBILITY_HINT_UPDATE, MESSAGE, now);
			send_to(place, MESSAGE);
			break;
		case 2:
			received[place] += MOBILITY_ESP_MIN;
			mobility_whereabouts_hint(&where, &places[place],
									  MOBILITY_HINT_MAPPING, MOBILITY_ESP_MIN,
									  now);
			break;
		case 3:
			hear(place);
			break;
		case 4:
			answer(place, what & 0x80, arg);
			break;
		case 5:
			if (!in_flight)
			{
				memset(sent_to, 0, sizeof(sent_to));
				in_flight = TRUE;
				cookie = FALSE;
				sent_to[get_number(mobility_whereabouts_used(&where))] = TRUE;
			}
			break;
		default:
			break;
	}
	if (was_ahead && ahead &&
		(!where.ahead || !mobility_endpoint_equals(&claimed,
												   &where.claimed.remote)))
	{
		give_up();
	}
	pass(what & 8 ? arg * 100 : arg);
}

/**
 * Check what was promised to who did not ask for anything: neither is he the peer,
 * nor does he share an address with it
 */
static void check_victims()
{
	int i;

	for (i = 2; i < PLACES; i++)
	{
		check(where.mode != MOBILITY_RETURN_ROUTABILITY_BEFORE || moved ||
			  sent[i] <= MOBILITY_AMPLIFICATION * received[i]);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char *remotes[PLACES] = {
		"192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8::1",
	};
	host_t *host;
	int i;

	check(library_init(NULL, "fuzz"));
	for (i = 0; i < PLACES; i++)
	{
		host = host_create_from_string(remotes[i], 1024 + i);
		places[i].local = places[i].remote = mobility_endpoint_get(host);
		places[i].nat = i < 2 ? COND_NAT_THERE : 0;
		host->destroy(host);
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	chunk_t input = chunk_create((u_char*)data, len);
	uint8_t what;

	now = 1000000;
	where = (mobility_whereabouts_t){
		.mode = fuzz_byte(&input) % 3,
		.proven = places[0],
	};
	in_flight = moved = FALSE;
	ahead = spent = given_up = 0;
	memset(received, 0, sizeof(received));
	memset(sent, 0, sizeof(sent));
	while (input.len)
	{
		what = fuzz_byte(&input);
		happen(what, fuzz_byte(&input));
		check(!mobility_whereabouts_check(&where));
		check_victims();
	}
	return 0;
}
