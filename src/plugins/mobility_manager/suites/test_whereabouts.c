/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "anchor/whereabouts.h"

#include <sa/ike_sa.h>

/** lengths of an update, of its answer, and of a request with COOKIE2 */
#define UPDATE_LEN 230
#define ANSWER_LEN 210
#define COOKIE_LEN 130

/** events of a random sequence, and number of these */
#define EVENTS 4000
#define SEQUENCES 50

/** addresses in a random sequence, the last ones are those of victims */
#define PLACES 6
#define VICTIMS 2

static mobility_whereabouts_t where;

static uint64_t now;

/**
 * Where we are, and each address of a peer: two ports of one address first
 */
static mobility_place_t places[PLACES];

static void setup()
{
	struct {
		char *ip;
		uint16_t port;
	} remotes[PLACES] = {
		{ "192.0.2.1", 1024 }, { "192.0.2.1", 1025 }, { "192.0.2.2", 4500 },
		{ "2001:db8::1", 4500 }, { "198.51.100.1", 4500 },
		{ "198.51.100.2", 4500 },
	};
	host_t *local, *remote;
	int i;

	mobility_suite_setup();
	local = host_create_from_string("10.0.0.1", 4500);
	for (i = 0; i < PLACES; i++)
	{
		remote = host_create_from_string(remotes[i].ip, remotes[i].port);
		places[i] = (mobility_place_t){
			.local = mobility_endpoint_get(local),
			.remote = mobility_endpoint_get(remote),
			.nat = i < 2 ? COND_NAT_THERE : 0,
		};
		remote->destroy(remote);
	}
	local->destroy(local);
	now = 1000000;
	where = (mobility_whereabouts_t){
		.mode = MOBILITY_RETURN_ROUTABILITY_AFTER,
		.proven = places[0],
	};
}

static void teardown()
{
	mobility_suite_teardown();
}

/**
 * Get the number of the place in use
 */
static int used()
{
	int i;

	for (i = 0; i < PLACES; i++)
	{
		if (mobility_endpoint_equals(&places[i].remote,
							&mobility_whereabouts_used(&where)->remote))
		{
			return i;
		}
	}
	ck_abort_msg("no such place");
}

/**
 * The peer says that it is at a place, and is answered
 */
static bool update(int place)
{
	bool taken;

	mobility_whereabouts_heard(&where, &places[place].remote, UPDATE_LEN, now);
	taken = mobility_whereabouts_hint(&where, &places[place],
									  MOBILITY_HINT_UPDATE, UPDATE_LEN, now);
	mobility_whereabouts_sent(&where, &places[place].remote, ANSWER_LEN);
	ck_assert_ptr_null(mobility_whereabouts_check(&where));
	return taken;
}

/**
 * An ESP packet came from another place
 */
static bool mapping(int place)
{
	bool taken;

	taken = mobility_whereabouts_hint(&where, &places[place],
									  MOBILITY_HINT_MAPPING, MOBILITY_ESP_MIN,
									  now);
	ck_assert_ptr_null(mobility_whereabouts_check(&where));
	return taken;
}

/**
 * Time passes
 */
static mobility_whereabouts_do_t tick(uint64_t ms)
{
	mobility_whereabouts_do_t what;

	now += ms;
	what = mobility_whereabouts_tick(&where, now);
	ck_assert_ptr_null(mobility_whereabouts_check(&where));
	return what;
}

/**
 * A COOKIE2 is due, and sent
 */
static void ask()
{
	ck_assert_int_eq(tick(0), MOBILITY_WHEREABOUTS_ASK);
	ck_assert(mobility_whereabouts_may_send(&where, COOKIE_LEN));
	mobility_whereabouts_asked(&where);
	mobility_whereabouts_sent(&where, &where.claimed.remote, COOKIE_LEN);
}

/**
 * The request in flight is answered
 */
static mobility_whereabouts_do_t answer(bool echoed, uint32_t rtt)
{
	mobility_whereabouts_do_t what;

	what = mobility_whereabouts_answered(&where, echoed, rtt, now);
	ck_assert_ptr_null(mobility_whereabouts_check(&where));
	return what;
}

/**
 * Let all time pass that a claim has
 */
static void let_expire()
{
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_OPEN);
	while (where.claim == MOBILITY_CLAIM_OPEN)
	{
		now = max(now, mobility_whereabouts_deadline(&where));
		tick(0);
	}
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_REJECTED);
}

START_TEST(test_no)
{
	where.mode = MOBILITY_RETURN_ROUTABILITY_NO;
	ck_assert(update(4));
	ck_assert_int_eq(used(), 4);
	ck_assert(mapping(5));
	ck_assert_int_eq(used(), 5);
	ck_assert_uint_eq(mobility_whereabouts_deadline(&where), 0);
	ck_assert_int_eq(tick(10000), MOBILITY_WHEREABOUTS_STAY);
	ck_assert_int_eq(answer(TRUE, 1), MOBILITY_WHEREABOUTS_STAY);
}
END_TEST

START_TEST(test_after)
{
	ck_assert_uint_eq(mobility_whereabouts_deadline(&where), 0);
	ck_assert(update(2));
	ck_assert_int_eq(used(), 2);
	ck_assert_uint_eq(mobility_whereabouts_deadline(&where), now);
	ask();
	ck_assert(mobility_whereabouts_deadline(&where) > now);
	ck_assert_int_eq(tick(20), MOBILITY_WHEREABOUTS_STAY);
	ck_assert_int_eq(answer(TRUE, 20), MOBILITY_WHEREABOUTS_GO);
	ck_assert_int_eq(used(), 2);
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_NONE);
	ck_assert_uint_eq(where.rtt, 20);
	ck_assert_int_eq(tick(100000), MOBILITY_WHEREABOUTS_STAY);
}
END_TEST

START_TEST(test_before)
{
	where.mode = MOBILITY_RETURN_ROUTABILITY_BEFORE;
	ck_assert(!update(2));
	ck_assert_int_eq(used(), 0);
	ask();
	ck_assert_int_eq(used(), 0);
	ck_assert_int_eq(answer(TRUE, 20), MOBILITY_WHEREABOUTS_GO);
	ck_assert_int_eq(used(), 2);
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_NONE);
}
END_TEST

/**
 * Whose NAT has another mapping is where he was, but for its port
 */
START_TEST(test_before_mapping)
{
	where.mode = MOBILITY_RETURN_ROUTABILITY_BEFORE;
	ck_assert(_i ? update(1) : mapping(1));
	ck_assert_int_eq(used(), 1);
	ask();
	ck_assert_int_eq(answer(TRUE, 20), MOBILITY_WHEREABOUTS_GO);
	ck_assert_int_eq(used(), 1);
	/* anywhere else is not */
	ck_assert(!(_i ? update(2) : mapping(2)));
	ck_assert_int_eq(used(), 1);
	/* nor is it without NAT */
	let_expire();
	where.proven.nat = 0;
	ck_assert(!update(0));
	ck_assert_int_eq(used(), 1);
}
END_TEST

START_TEST(test_rejected)
{
	ck_assert(update(4));
	ask();
	ck_assert_int_eq(tick(500), MOBILITY_WHEREABOUTS_ASK);
	ck_assert_int_eq(tick(MOBILITY_GRACE_MIN - 501), MOBILITY_WHEREABOUTS_ASK);
	ck_assert_int_eq(used(), 4);
	ck_assert_int_eq(tick(1), MOBILITY_WHEREABOUTS_GO);
	ck_assert_int_eq(used(), 0);
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_REJECTED);
	ck_assert_uint_eq(where.refused, 1);
	ck_assert_uint_eq(mobility_whereabouts_deadline(&where), 0);
	/* the answer may have come from where it was sent since */
	ck_assert_int_eq(answer(TRUE, 1100), MOBILITY_WHEREABOUTS_STAY);
	ck_assert_int_eq(used(), 0);
	ck_assert_int_eq(tick(100000), MOBILITY_WHEREABOUTS_STAY);
}
END_TEST

/**
 * Nobody has looked for a while, so nobody has read what the peer has answered: it
 * has the rest of its time then, and no more, however often that happens
 */
START_TEST(test_held_up)
{
	uint64_t looked = 0;

	ck_assert(update(2));
	ask();
	ck_assert_int_eq(tick(_i), MOBILITY_WHEREABOUTS_ASK);
	ck_assert_int_eq(used(), 2);
	ck_assert_int_eq(answer(TRUE, _i), MOBILITY_WHEREABOUTS_GO);
	ck_assert_int_eq(used(), 2);

	ck_assert(update(4));
	while (where.claim == MOBILITY_CLAIM_OPEN)
	{
		now = mobility_whereabouts_deadline(&where);
		looked++;
		tick(_i);
	}
	ck_assert_int_eq(used(), 2);
	ck_assert_uint_le(looked, 6);
}
END_TEST

START_TEST(test_not_echoed)
{
	ck_assert(update(2));
	ask();
	ck_assert_int_eq(answer(FALSE, 20), MOBILITY_WHEREABOUTS_GO);
	ck_assert_int_eq(used(), 0);
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_REJECTED);
	/* it is not asked for ever */
	ck_assert_int_eq(tick(0), MOBILITY_WHEREABOUTS_STAY);
}
END_TEST

/**
 * What was asked before is answered from wherever
 */
START_TEST(test_in_flight)
{
	where.mode = _i;
	update(2);
	ck_assert_int_eq(tick(0), MOBILITY_WHEREABOUTS_ASK);
	ck_assert_int_eq(tick(30), MOBILITY_WHEREABOUTS_STAY);
	ck_assert_int_eq(answer(TRUE, 30), MOBILITY_WHEREABOUTS_STAY);
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_OPEN);
	ask();
	ck_assert_int_eq(answer(TRUE, 30), MOBILITY_WHEREABOUTS_GO);
	ck_assert_int_eq(used(), 2);
}
END_TEST

/**
 * Somebody forwards the update first, from where the peer is not
 */
START_TEST(test_raced)
{
	where.mode = _i;
	update(4);
	ask();
	let_expire();
	ck_assert_int_eq(used(), 0);
	/* the peer says it again, with what was asked still in flight */
	ck_assert(!update(2));
	ck_assert_int_eq(tick(0), MOBILITY_WHEREABOUTS_ASK);
	ck_assert(mobility_whereabouts_may_send(&where, COOKIE_LEN));
	ck_assert_int_eq(answer(TRUE, 20), MOBILITY_WHEREABOUTS_STAY);
	ask();
	ck_assert_int_eq(answer(TRUE, 20), MOBILITY_WHEREABOUTS_GO);
	ck_assert_int_eq(used(), 2);
}
END_TEST

/**
 * A claim that was rejected as packets got lost, or as they take so long, is proven
 * when the peer sends something else, whatever that is
 */
START_TEST(test_retry)
{
	where.mode = _i;
	update(2);
	ask();
	let_expire();
	/* not at once */
	where.since = now;
	mobility_whereabouts_heard(&where, &places[2].remote, 100, now);
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_REJECTED);
	now += MOBILITY_RETRY_TIME;
	mobility_whereabouts_heard(&where, &places[0].remote, 100, now);
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_REJECTED);
	mobility_whereabouts_heard(&where, &places[2].remote, 100, now);
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_OPEN);
	ck_assert_int_eq(used(), 0);
	ask();
	ck_assert_int_eq(answer(TRUE, 20), MOBILITY_WHEREABOUTS_GO);
	ck_assert_int_eq(used(), 2);
}
END_TEST

START_TEST(test_return)
{
	mobility_place_t place = places[0];

	/* before it is proven to be elsewhere, with another address of ours */
	ck_assert(update(2));
	ask();
	now += 100;
	place.local.port = 500;
	ck_assert(mobility_whereabouts_hint(&where, &place, MOBILITY_HINT_UPDATE,
										UPDATE_LEN, now));
	ck_assert_int_eq(used(), 0);
	ck_assert_uint_eq(mobility_whereabouts_used(&where)->local.port, 500);
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_NONE);
	/* the answer is to a request that was sent elsewhere since */
	ck_assert_int_eq(answer(TRUE, 20), MOBILITY_WHEREABOUTS_STAY);
	ck_assert_int_eq(used(), 0);
}
END_TEST

/**
 * Packets from where the peer was don't lead back if it has said that it left
 */
START_TEST(test_late_packets)
{
	where.mode = _i;
	update(2);
	mapping(0);
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_OPEN);
	/* nor does anybody who passes them on keep it from being proven */
	mapping(4);
	ck_assert(mobility_endpoint_equals(&where.claimed.remote,
									   &places[2].remote));
	ask();
	mapping(4);
	ck_assert_int_eq(answer(TRUE, 20), MOBILITY_WHEREABOUTS_GO);
	ck_assert_int_eq(used(), 2);
}
END_TEST

/**
 * A single packet that took another way does not lead away for longer than it
 * takes the next one
 */
START_TEST(test_stray)
{
	ck_assert(mapping(4));
	ck_assert_int_eq(used(), 4);
	ck_assert(mapping(0));
	ck_assert_int_eq(used(), 0);
	ck_assert_int_eq(where.claim, MOBILITY_CLAIM_NONE);
}
END_TEST

/**
 * A satellite: its users are not taken for liars
 */
START_TEST(test_rtt)
{
	where.rtt = 600;
	ck_assert(update(2));
	ask();
	while (now < where.since + 4 * 600 - 1)
	{
		ck_assert_int_ne(tick(1), MOBILITY_WHEREABOUTS_GO);
	}
	ck_assert_int_eq(tick(1), MOBILITY_WHEREABOUTS_GO);
	/* but nobody takes as long as he likes */
	mobility_whereabouts_answered(&where, TRUE, 100000, now);
	ck_assert_uint_eq(where.rtt, MOBILITY_GRACE_RTT_MAX);
}
END_TEST

/**
 * What is sent to an address that is not proven is no more than three times what
 * came from there
 */
START_TEST(test_amplification)
{
	size_t sent = ANSWER_LEN;

	where.mode = MOBILITY_RETURN_ROUTABILITY_BEFORE;
	update(4);
	ck_assert(!mobility_whereabouts_may_send(&where, 3 * UPDATE_LEN -
											 ANSWER_LEN + 1));
	while (where.claim == MOBILITY_CLAIM_OPEN)
	{
		if (tick(1) == MOBILITY_WHEREABOUTS_ASK &&
			mobility_whereabouts_may_send(&where, COOKIE_LEN))
		{
			mobility_whereabouts_sent(&where, &places[4].remote, COOKIE_LEN);
			sent += COOKIE_LEN;
		}
	}
	ck_assert_uint_gt(sent, ANSWER_LEN + COOKIE_LEN);
	ck_assert_uint_le(sent, 3 * UPDATE_LEN);
}
END_TEST

/**
 * Get for how long victims get the traffic, and how often they begin to, if
 * somebody does something every few ms, for ten minutes
 */
static uint64_t attack(uint64_t interval, void (*act)(int i), u_int *times)
{
	uint64_t end = now + 600000, next = now, bad = 0;
	bool before = FALSE;
	int i = 0;

	*times = 0;
	for (; now < end; now++)
	{
		if (now >= next)
		{
			act(i++);
			next += interval;
		}
		tick(0);
		if (used() >= PLACES - VICTIMS)
		{
			*times += !before;
			bad++;
		}
		before = used() >= PLACES - VICTIMS;
	}
	return bad;
}

/**
 * ESP packets are passed on from elsewhere, the next one comes from the peer
 */
static void replay(int i)
{
	mapping(i % 2 ? 0 : 4);
}

/**
 * The peer itself says that it is where others are
 */
static void lie(int i)
{
	update(PLACES - VICTIMS + i % VICTIMS);
}

/**
 * The same, with the truth in between, and proven
 */
static void lie_in_between(int i)
{
	if (i % 2)
	{
		lie(i / 2);
		return;
	}
	update(2 + i / 2 % 2);
	if (where.claim == MOBILITY_CLAIM_OPEN && tick(0))
	{
		mobility_whereabouts_asked(&where);
		answer(TRUE, 1);
	}
}

START_TEST(test_attacks)
{
	static const struct {
		uint64_t interval;
		void (*act)(int i);
		/* greatest time in ms, and number of times */
		uint64_t time;
		u_int times;
	} attacks[] = {
		{ 1000, replay, 2000, 4 },
		{ 50, replay, 1000, 4 },
		{ 10, replay, 1000, 4 },
		{ 10, lie, 1000, 4 },
		{ 1000, lie, 1000, 4 },
		{ 500, lie_in_between, 1000, 4 },
		{ 10, lie_in_between, 1000, 4 },
		/* with pauses in which it is forgiven */
		{ 61000, lie, 10000, 10 },
	};
	uint64_t time;
	u_int times;

	where.mode = MOBILITY_RETURN_ROUTABILITY_AFTER;
	time = attack(attacks[_i].interval, attacks[_i].act, &times);
	ck_assert_uint_gt(times, 0);
	ck_assert_uint_le(time, attacks[_i].time);
	ck_assert_uint_le(times, attacks[_i].times);

	teardown();
	setup();
	where.mode = MOBILITY_RETURN_ROUTABILITY_BEFORE;
	ck_assert_uint_eq(attack(attacks[_i].interval, attacks[_i].act, &times), 0);
}
END_TEST

/**
 * Who has been attacked, and moves himself, is where he says he is
 */
START_TEST(test_after_attack)
{
	u_int times;

	where.mode = _i;
	attack(10, lie, &times);
	update(2);
	answer(TRUE, 10);
	ask();
	ck_assert_int_eq(answer(TRUE, 10), MOBILITY_WHEREABOUTS_GO);
	ck_assert_int_eq(used(), 2);
	/* and after a while he is trusted as before */
	now += MOBILITY_FORGIVE_TIME;
	ck_assert_int_eq(update(3), _i == MOBILITY_RETURN_ROUTABILITY_AFTER);
}
END_TEST

/**
 * What a peer, its network and others do, at random
 */
static struct {
	/** where the peer is */
	int at;
	/** a request is in flight, it has a COOKIE2, and where it was sent to */
	bool in_flight, cookie;
	bool sent_to[PLACES];
	/** bytes that came from and went to a place before it is used */
	size_t received[PLACES], sent[PLACES];
	/** time for which victims had traffic since it was forgiven */
	uint64_t bad, forgiven;
} world;

/**
 * Something is sent to the claim if that is to be done
 */
static void work()
{
	int place;

	switch (tick(0))
	{
		case MOBILITY_WHEREABOUTS_GO:
			world.sent_to[used()] |= world.in_flight;
			break;
		case MOBILITY_WHEREABOUTS_ASK:
			if (!mobility_whereabouts_may_send(&where, COOKIE_LEN))
			{
				break;
			}
			for (place = 0; !mobility_endpoint_equals(&places[place].remote,
											&where.claimed.remote); place++);
			if (!world.in_flight)
			{
				memset(world.sent_to, 0, sizeof(world.sent_to));
				world.in_flight = world.cookie = TRUE;
				mobility_whereabouts_asked(&where);
			}
			world.sent_to[place] = TRUE;
			mobility_whereabouts_sent(&where, &places[place].remote,
									  COOKIE_LEN);
			world.sent[place] += COOKIE_LEN;
			break;
		default:
			break;
	}
}

/**
 * The request in flight is answered, if the peer has got it
 */
static void respond()
{
	bool proves, open = where.claim == MOBILITY_CLAIM_OPEN;
	int i, count = 0;

	if (!world.in_flight || !world.sent_to[world.at])
	{
		return;
	}
	for (i = 0; i < PLACES; i++)
	{
		count += world.sent_to[i];
	}
	proves = world.cookie && count == 1 && open &&
			 mobility_endpoint_equals(&where.claimed.remote,
									  &places[world.at].remote);
	world.in_flight = FALSE;
	mobility_whereabouts_heard(&where, &places[world.at].remote, COOKIE_LEN,
							   now);
	if (answer(world.cookie, random() % 300) == MOBILITY_WHEREABOUTS_GO)
	{	/* nothing that went elsewhere, too, proves anything */
		mobility_assert(proves);
		mobility_assert(used() == world.at);
	}
}

/**
 * An update comes from a place
 */
static void say(int place)
{
	world.received[place] += UPDATE_LEN;
	world.sent[place] += ANSWER_LEN;
	update(place);
}

START_TEST(test_random)
{
	uint64_t next;
	int i, place;

	srandom(_i);
	where.mode = _i % 3;
	memset(&world, 0, sizeof(world));
	for (i = 0; i < EVENTS; i++)
	{
		place = random() % PLACES;
		switch (random() % 10)
		{
			case 0:
				world.at = place % (PLACES - VICTIMS);
				say(world.at);
				break;
			case 1:
				/* forwarded by somebody, or the peer lies */
				say(place);
				break;
			case 2:
				world.received[place] += MOBILITY_ESP_MIN;
				mapping(place);
				break;
			case 3:
				if (!world.in_flight)
				{	/* stock asks something */
					memset(world.sent_to, 0, sizeof(world.sent_to));
					world.sent_to[used()] = world.in_flight = TRUE;
					world.cookie = FALSE;
				}
				break;
			case 4:
				world.received[world.at] += COOKIE_LEN;
				mobility_whereabouts_heard(&where, &places[world.at].remote,
										   COOKIE_LEN, now);
				break;
			case 5:
			case 6:
				respond();
				break;
			default:
				now += random() % 400;
				break;
		}
		work();
		next = mobility_whereabouts_deadline(&where);
		mobility_assert(!next || next > now ||
						where.claim == MOBILITY_CLAIM_OPEN);
		if (where.mode == MOBILITY_RETURN_ROUTABILITY_BEFORE)
		{
			mobility_assert(used() < PLACES - VICTIMS);
			for (place = PLACES - VICTIMS; place < PLACES; place++)
			{
				mobility_assert(world.sent[place] <= 3 * world.received[place]);
			}
		}
	}
	/* in the end the peer is where it is, if that can be proven */
	for (i = 0; i < 20; i++)
	{
		say(world.at);
		work();
		respond();
		now += 50;
	}
	ck_assert_int_eq(used(), world.at);
	ck_assert(mobility_endpoint_equals(&where.proven.remote,
									   &places[world.at].remote));
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("whereabouts");

	tc = tcase_create("claims");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_no);
	tcase_add_test(tc, test_after);
	tcase_add_test(tc, test_before);
	tcase_add_loop_test(tc, test_before_mapping, 0, 2);
	tcase_add_test(tc, test_rejected);
	tcase_add_loop_test(tc, test_held_up, 3000, 3001);
	tcase_add_test(tc, test_not_echoed);
	tcase_add_loop_test(tc, test_in_flight, 0, 2);
	tcase_add_loop_test(tc, test_raced, 0, 2);
	tcase_add_loop_test(tc, test_retry, 0, 2);
	tcase_add_test(tc, test_return);
	tcase_add_loop_test(tc, test_late_packets, 0, 2);
	tcase_add_test(tc, test_stray);
	tcase_add_test(tc, test_rtt);
	suite_add_tcase(s, tc);

	tc = tcase_create("attacks");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_amplification);
	tcase_add_loop_test(tc, test_attacks, 0, 8);
	tcase_add_loop_test(tc, test_after_attack, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("anything");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_random, 0, SEQUENCES);
	suite_add_tcase(s, tc);

	return s;
}
