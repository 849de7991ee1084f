/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "session/fsm.h"

/** sequences of random events, and their length */
#define SEQUENCES 20000
#define EVENTS 50

/** minutes and seconds in the machine's unit */
#define SECONDS(x) ((x) * 1000ULL)
#define MINUTES(x) SECONDS((x) * 60)

/**
 * Times as they are by default.
 */
static const mobility_fsm_config_t defaults = {
	.outage_time = MINUTES(30),
	.retry_interval = SECONDS(10),
	.retransmit.timeout = SECONDS(4),
	.retransmit.base = 1.8,
};

static mobility_fsm_t fsm;

static void setup()
{
	mobility_suite_setup();
	mobility_fsm_init(&fsm, SECONDS(1000));
}

/**
 * Handle an event and verify what always holds.
 */
static mobility_action_t handle(const mobility_fsm_config_t *config,
								mobility_fsm_event_t event, uint64_t now)
{
	mobility_state_t old = fsm.state;
	mobility_action_t actions;
	const char *broken;

	actions = mobility_fsm_handle(&fsm, config, &event, now);

	broken = mobility_fsm_check(&fsm, config);
	if (broken)
	{
		ck_abort_msg("%s after event %d in state %d", broken, event.type, old);
	}
	mobility_assert(!!(actions & MOBILITY_ACT_TELL) == (old != fsm.state));
	mobility_assert(!!(actions & MOBILITY_ACT_FAIL) ==
					(old != fsm.state && fsm.state == MOBILITY_FAILED));
	return actions;
}

/**
 * Let time pass until the machine has nothing to do before the given time.
 */
static mobility_action_t run_until(const mobility_fsm_config_t *config,
								   uint64_t *now, uint64_t end)
{
	mobility_action_t actions = 0;
	uint64_t deadline;
	u_int ticks = 0;

	while ((deadline = mobility_fsm_deadline(&fsm, config)) && deadline <= end)
	{
		/* the deadline advances */
		mobility_assert(++ticks < 100000);
		*now = max(*now, deadline);
		actions |= handle(config, (mobility_fsm_event_t){
			.type = MOBILITY_EV_TICK,
		}, *now);
	}
	*now = end;
	return actions;
}

static mobility_action_t network(uint64_t now, bool usable, u_int candidates,
								 bool improved)
{
	return handle(&defaults, (mobility_fsm_event_t){
		.type = MOBILITY_EV_NETWORK,
		.usable = usable,
		.candidates = candidates,
		.improved = improved,
	}, now);
}

static mobility_action_t event(uint64_t now, mobility_fsm_event_type_t type)
{
	return handle(&defaults, (mobility_fsm_event_t){
		.type = type,
	}, now);
}

static mobility_action_t answered(uint64_t now, bool on_current)
{
	return handle(&defaults, (mobility_fsm_event_t){
		.type = MOBILITY_EV_ANSWERED,
		.on_current = on_current,
	}, now);
}

START_TEST(test_idle)
{
	uint64_t now = SECONDS(1000);

	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);
	ck_assert(!mobility_fsm_deadline(&fsm, &defaults));

	/* changes that leave the path in use alone do not wake anyone */
	ck_assert_int_eq(network(now, TRUE, 3, TRUE), 0);
	ck_assert(!mobility_fsm_deadline(&fsm, &defaults));

	/* nor does an exchange that is over */
	event(now, MOBILITY_EV_SENT);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults) == now + SECONDS(4));
	answered(now + 20, TRUE);
	ck_assert(!mobility_fsm_deadline(&fsm, &defaults));
}
END_TEST

START_TEST(test_cable_pull)
{
	uint64_t now = SECONDS(1000);
	mobility_action_t actions;

	actions = network(now, FALSE, 1, FALSE);
	ck_assert_int_eq(actions, MOBILITY_ACT_MOVE | MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	event(now, MOBILITY_EV_SENT);
	answered(now + 10, FALSE);
	ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	actions = event(now + 10, MOBILITY_EV_CONFIRMED);
	ck_assert_int_eq(actions, MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);
	ck_assert(!mobility_fsm_deadline(&fsm, &defaults));
}
END_TEST

START_TEST(test_burst)
{
	const u_int times[] = { 30, 100, 250, 750, 1750, 3750, 7750 };
	uint64_t now = SECONDS(1000), begin = now;
	int i;

	network(now, FALSE, 1, FALSE);
	event(now, MOBILITY_EV_SENT);
	for (i = 0; i < countof(times); i++)
	{
		now = mobility_fsm_deadline(&fsm, &defaults);
		ck_assert_int_eq(now - begin, times[i]);
		ck_assert_int_eq(event(now, MOBILITY_EV_TICK), MOBILITY_ACT_PROBE);
		ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	}
	now = mobility_fsm_deadline(&fsm, &defaults);
	ck_assert_int_eq(now - begin, 15750);
	ck_assert_int_eq(event(now, MOBILITY_EV_TICK), MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_DORMANT);
}
END_TEST

START_TEST(test_dormant_and_back)
{
	uint64_t now = SECONDS(1000);
	mobility_action_t actions;

	ck_assert_int_eq(network(now, FALSE, 0, FALSE), MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_DORMANT);

	/* looks for what it may have missed, every retry_interval */
	actions = run_until(&defaults, &now, now + SECONDS(25));
	ck_assert_int_eq(actions, MOBILITY_ACT_PROBE);
	ck_assert_int_eq(fsm.state, MOBILITY_DORMANT);

	/* and at once when something appears, the same path or another */
	actions = network(now, fsm.attempt % 2, 1, TRUE);
	ck_assert_int_eq(actions, MOBILITY_ACT_MOVE | MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	event(now, MOBILITY_EV_CONFIRMED);
	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);
}
END_TEST

START_TEST(test_outage_ends)
{
	uint64_t now = SECONDS(1000);
	mobility_action_t actions;

	ck_assert(mobility_fsm_outage_left(&fsm, &defaults, now) == MINUTES(30));
	network(now, FALSE, 0, FALSE);
	actions = run_until(&defaults, &now, SECONDS(1000) + MINUTES(30) - 1);
	ck_assert(!(actions & MOBILITY_ACT_FAIL));
	ck_assert(mobility_fsm_outage_left(&fsm, &defaults, now) == 1);
	ck_assert_int_eq(fsm.state, MOBILITY_DORMANT);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults) == SECONDS(1000) + MINUTES(30));
	actions = run_until(&defaults, &now, SECONDS(1000) + MINUTES(30));
	ck_assert(actions & MOBILITY_ACT_FAIL);
	ck_assert_int_eq(fsm.state, MOBILITY_FAILED);
	ck_assert(!mobility_fsm_outage_left(&fsm, &defaults, now));

	/* final */
	ck_assert_int_eq(network(now, TRUE, 2, TRUE), 0);
	ck_assert_int_eq(event(now, MOBILITY_EV_CONFIRMED), 0);
	ck_assert_int_eq(event(now, MOBILITY_EV_EXPIRED), 0);
	ck_assert_int_eq(fsm.state, MOBILITY_FAILED);
}
END_TEST

START_TEST(test_outage_across_attempts)
{
	uint64_t now = SECONDS(1000);

	/* uplinks that come and go do not extend the outage time */
	network(now, FALSE, 0, FALSE);
	while (fsm.state != MOBILITY_FAILED)
	{
		network(now, FALSE, 1, TRUE);
		run_until(&defaults, &now, now + SECONDS(3));
		network(now, FALSE, 0, FALSE);
		run_until(&defaults, &now, now + SECONDS(3));
	}
	ck_assert(now >= SECONDS(1000) + MINUTES(30) && now <= SECONDS(1000) + MINUTES(30) + SECONDS(6));
}
END_TEST

START_TEST(test_no_limit)
{
	mobility_fsm_config_t config = defaults;
	uint64_t now = SECONDS(1000);

	config.outage_time = 0;
	network(now, FALSE, 0, FALSE);
	ck_assert(!mobility_fsm_outage_left(&fsm, &config, now));
	run_until(&config, &now, now + MINUTES(60 * 24 * 7));
	ck_assert_int_eq(fsm.state, MOBILITY_DORMANT);
	ck_assert(mobility_fsm_deadline(&fsm, &config) <= now + SECONDS(10));
}
END_TEST

START_TEST(test_resume)
{
	uint64_t now = SECONDS(1000);

	/* hours of suspend count, but nobody could try: once, over what there is */
	network(now, FALSE, 1, FALSE);
	run_until(&defaults, &now, now + SECONDS(60));
	now += MINUTES(180);
	ck_assert_int_eq(event(now, MOBILITY_EV_TICK),
					 MOBILITY_ACT_PROBE | MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	ck_assert(!mobility_fsm_outage_left(&fsm, &defaults, now));
	ck_assert(run_until(&defaults, &now, now + SECONDS(16)) &
			  MOBILITY_ACT_FAIL);
}
END_TEST

START_TEST(test_wanted)
{
	uint64_t now = SECONDS(1000);

	ck_assert_int_eq(event(now, MOBILITY_EV_WANTED), 0);
	network(now, FALSE, 1, FALSE);
	ck_assert_int_eq(event(now, MOBILITY_EV_WANTED), 0);
	while (fsm.state == MOBILITY_WAITING)
	{
		run_until(&defaults, &now, mobility_fsm_deadline(&fsm, &defaults));
	}
	/* no more often than that, and then the usual interval begins anew */
	ck_assert_int_eq(event(now + 900, MOBILITY_EV_WANTED), 0);
	ck_assert_int_eq(event(now + 1000, MOBILITY_EV_WANTED), MOBILITY_ACT_PROBE);
	ck_assert_int_eq(event(now + 1900, MOBILITY_EV_WANTED), 0);
	ck_assert_int_eq(fsm.state, MOBILITY_DORMANT);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults) == now + SECONDS(11));
}
END_TEST

/**
 * The host was suspended.
 */
static mobility_action_t resumed(uint64_t now, uint64_t slept)
{
	return handle(&defaults, (mobility_fsm_event_t){
		.type = MOBILITY_EV_RESUMED,
		.slept = slept,
	}, now);
}

START_TEST(test_resume_connected)
{
	uint64_t now = SECONDS(10000);

	/* an outage that begins now has begun when the lid was closed */
	ck_assert_int_eq(resumed(now, MINUTES(10)), 0);
	ck_assert(!mobility_fsm_deadline(&fsm, &defaults));
	network(now + 10, FALSE, 0, FALSE);
	ck_assert(fsm.outage == now - MINUTES(10));
	ck_assert(mobility_fsm_outage_left(&fsm, &defaults, now) == MINUTES(20));
	event(now, MOBILITY_EV_CONFIRMED);
	/* heard of the peer since: no longer */
	network(now + 20, FALSE, 0, FALSE);
	ck_assert(fsm.outage == now + 20);
	/* whoever tells first */
	resumed(now + 30, MINUTES(10));
	ck_assert(fsm.outage == now + 30 - MINUTES(10));
}
END_TEST

START_TEST(test_resume_late)
{
	uint64_t now = SECONDS(10000), end = now + MOBILITY_LATE_TIME;

	/* the time was over before anybody could try */
	resumed(now, MINUTES(60));
	network(now, FALSE, 0, FALSE);
	ck_assert_int_eq(fsm.state, MOBILITY_DORMANT);
	/* there was no path, then there is one */
	ck_assert(!(run_until(&defaults, &now, now + SECONDS(20)) &
				MOBILITY_ACT_FAIL));
	ck_assert_int_eq(network(now, FALSE, 1, TRUE),
					 MOBILITY_ACT_MOVE | MOBILITY_ACT_TELL);
	event(now + 20, MOBILITY_EV_CONFIRMED);
	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);
	network(now + 30, FALSE, 0, FALSE);
	ck_assert(mobility_fsm_outage_left(&fsm, &defaults, now + 30) ==
			  MINUTES(30));

	/* there is none: a minute is enough */
	mobility_fsm_init(&fsm, now);
	now = SECONDS(10000);
	resumed(now, MINUTES(60));
	network(now, FALSE, 0, FALSE);
	ck_assert(!(run_until(&defaults, &now, end - 1) & MOBILITY_ACT_FAIL));
	ck_assert(run_until(&defaults, &now, end) & MOBILITY_ACT_FAIL);

	/* dormant before: tried at once */
	mobility_fsm_init(&fsm, now);
	network(now, FALSE, 1, FALSE);
	run_until(&defaults, &now, now + SECONDS(60));
	now += MINUTES(60);
	ck_assert_int_eq(resumed(now, MINUTES(60)),
					 MOBILITY_ACT_PROBE | MOBILITY_ACT_TELL);
	ck_assert(run_until(&defaults, &now, now + SECONDS(16)) &
			  MOBILITY_ACT_FAIL);
}
END_TEST

START_TEST(test_peer_silent)
{
	uint64_t now = SECONDS(1000);
	mobility_action_t actions;

	/* as stock at first, and over the path in use */
	event(now, MOBILITY_EV_SENT);
	actions = run_until(&defaults, &now, now + SECONDS(4));
	ck_assert_int_eq(actions, MOBILITY_ACT_RESEND);
	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);
	/* then over all */
	actions = run_until(&defaults, &now, now + 7200);
	ck_assert_int_eq(actions, MOBILITY_ACT_PROBE);
	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);
	/* then it counts as lost, since the request was sent */
	actions = run_until(&defaults, &now, now + SECONDS(13));
	ck_assert_int_eq(actions, MOBILITY_ACT_PROBE | MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	ck_assert(fsm.outage == SECONDS(1000));
	/* a burst, then at leisure */
	actions = run_until(&defaults, &now, now + SECONDS(20));
	ck_assert_int_eq(fsm.state, MOBILITY_DORMANT);
	/* it comes back without any local event */
	actions = answered(now, TRUE);
	ck_assert_int_eq(actions, MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);
	ck_assert(!mobility_fsm_deadline(&fsm, &defaults));
}
END_TEST

START_TEST(test_suspect)
{
	uint64_t now = SECONDS(1000);
	mobility_fsm_event_t suspect = {
		.type = MOBILITY_EV_SUSPECT,
	};

	/* nothing in flight: the caller sends something, all paths come soon */
	ck_assert_int_eq(handle(&defaults, suspect, now), 0);
	event(now, MOBILITY_EV_SENT);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults) == now + 250);
	now += 250;
	ck_assert_int_eq(event(now, MOBILITY_EV_TICK), MOBILITY_ACT_PROBE);
	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);
	/* once is enough */
	ck_assert_int_eq(handle(&defaults, suspect, now), 0);
	/* it was nothing: from now on there is as much time as ever */
	answered(now + 10, TRUE);
	ck_assert(!mobility_fsm_deadline(&fsm, &defaults));
	event(now, MOBILITY_EV_SENT);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults) == now + SECONDS(4));
	/* with one in flight it is sent again, over a slow path with more patience */
	suspect.rtt = 200;
	ck_assert_int_eq(handle(&defaults, suspect, now + 100), MOBILITY_ACT_RESEND);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults) == now + 400);
	/* nobody answers */
	ck_assert_int_eq(event(now + 500, MOBILITY_EV_TICK), MOBILITY_ACT_PROBE);
	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);
	ck_assert_int_eq(event(now + 800, MOBILITY_EV_TICK),
					 MOBILITY_ACT_PROBE | MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	ck_assert(fsm.outage == now);
	/* nothing to suspect anymore */
	ck_assert_int_eq(handle(&defaults, suspect, now + 950), 0);
	answered(now + 1000, TRUE);
	/* packets return before the answer does: it has as much time as ever */
	suspect.rtt = 10;
	ck_assert_int_eq(handle(&defaults, suspect, now + 1000), 0);
	event(now + 1000, MOBILITY_EV_SENT);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults) ==
			  now + 1000 + MOBILITY_SUSPECT_LEAST);
	ck_assert_int_eq(event(now + 1060, MOBILITY_EV_TICK), MOBILITY_ACT_PROBE);
	ck_assert_int_eq(event(now + 1070, MOBILITY_EV_RELIEVED), 0);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults) == now + 1070 + SECONDS(4));
	ck_assert_int_eq(event(now + 1080, MOBILITY_EV_RELIEVED), 0);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults) == now + 1070 + SECONDS(4));
	answered(now + 1090, TRUE);
	ck_assert_int_eq(event(now + 1090, MOBILITY_EV_RELIEVED), 0);
	ck_assert(!mobility_fsm_deadline(&fsm, &defaults));
	/* whatever was measured, it has no more time than without suspicion */
	suspect.rtt = UINT32_MAX;
	ck_assert_int_eq(handle(&defaults, suspect, now + 1000), 0);
	event(now + 1000, MOBILITY_EV_SENT);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults) == now + SECONDS(5));
	answered(now + 1010, TRUE);
	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);
	/* while only that path was asked an answer elsewhere is a peer's whim */
	suspect.rtt = 40;
	handle(&defaults, suspect, now + 2000);
	event(now + 2000, MOBILITY_EV_SENT);
	ck_assert_int_eq(answered(now + 2010, FALSE), 0);
	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);
	/* then it is lost, and the update is not waited for that long */
	handle(&defaults, suspect, now + 3000);
	event(now + 3000, MOBILITY_EV_SENT);
	ck_assert_int_eq(event(now + 3060, MOBILITY_EV_TICK), MOBILITY_ACT_PROBE);
	ck_assert_int_eq(answered(now + 3070, FALSE), MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	ck_assert(fsm.outage == now + 3000);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults) == now + 3070 + 250);
	ck_assert_int_eq(event(now + 3080, MOBILITY_EV_CONFIRMED),
					 MOBILITY_ACT_TELL);
}
END_TEST

START_TEST(test_answer_elsewhere)
{
	uint64_t now = SECONDS(1000);

	network(now, FALSE, 0, FALSE);
	/* a rekeying in flight gets answered over a path that is not confirmed */
	event(now, MOBILITY_EV_SENT);
	answered(now, FALSE);
	ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults) ==
			  now + 250);
}
END_TEST

START_TEST(test_answer_too_late)
{
	uint64_t now = SECONDS(1000);

	/* the cable is pulled while the answer is on its way: no path works, so
	 * that it will be seen that there is one again */
	event(now, MOBILITY_EV_SENT);
	network(now, FALSE, 0, FALSE);
	ck_assert_int_eq(answered(now, TRUE), 0);
	ck_assert_int_eq(fsm.state, MOBILITY_DORMANT);
	ck_assert_int_eq(network(now + 100, TRUE, 1, TRUE),
					 MOBILITY_ACT_MOVE | MOBILITY_ACT_TELL);
	event(now + 100, MOBILITY_EV_SENT);
	answered(now + 110, TRUE);
	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);

	/* with another path the move that is due goes on */
	event(now + 200, MOBILITY_EV_SENT);
	ck_assert(network(now + 200, FALSE, 1, FALSE) & MOBILITY_ACT_MOVE);
	answered(now + 200, TRUE);
	ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	event(now + 210, MOBILITY_EV_CONFIRMED);
	ck_assert_int_eq(fsm.state, MOBILITY_CONNECTED);
}
END_TEST

START_TEST(test_retransmit_limit)
{
	mobility_fsm_config_t config = defaults;
	uint64_t now = SECONDS(1000);

	config.retransmit.limit = SECONDS(2);
	handle(&config, (mobility_fsm_event_t){ .type = MOBILITY_EV_SENT }, now);
	ck_assert(mobility_fsm_deadline(&fsm, &config) == now + SECONDS(2));
	config.retransmit.limit = 0;
	config.retransmit.timeout = 0;
	handle(&config, (mobility_fsm_event_t){ .type = MOBILITY_EV_SENT }, now);
	ck_assert(mobility_fsm_deadline(&fsm, &config) == now + 1);
}
END_TEST

START_TEST(test_abandoned)
{
	uint64_t now = SECONDS(1000);

	/* rekeyed with an exchange in flight: that of the old IKE_SA is gone */
	event(now, MOBILITY_EV_SENT);
	event(now, MOBILITY_EV_ABANDONED);
	ck_assert(!mobility_fsm_deadline(&fsm, &defaults));

	network(now, FALSE, 1, FALSE);
	event(now, MOBILITY_EV_SENT);
	event(now, MOBILITY_EV_ABANDONED);
	ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	ck_assert(mobility_fsm_deadline(&fsm, &defaults));
}
END_TEST

START_TEST(test_expired)
{
	network(SECONDS(1000), FALSE, 0, FALSE);
	ck_assert_int_eq(event(SECONDS(1001), MOBILITY_EV_EXPIRED),
					 MOBILITY_ACT_FAIL | MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_FAILED);
}
END_TEST

START_TEST(test_forgotten)
{
	uint64_t now = SECONDS(1000);

	/* as long as the request that was answered by that had no answer */
	event(now, MOBILITY_EV_SENT);
	ck_assert_int_eq(event(now + 300, MOBILITY_EV_FORGOTTEN),
					 MOBILITY_ACT_PROBE | MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	ck_assert(fsm.outage == now);
	/* one who has given up tries again */
	now += 300;
	run_until(&defaults, &now, now + MINUTES(2));
	ck_assert_int_eq(fsm.state, MOBILITY_DORMANT);
	ck_assert_int_eq(event(now, MOBILITY_EV_FORGOTTEN),
					 MOBILITY_ACT_PROBE | MOBILITY_ACT_TELL);
	ck_assert_int_eq(fsm.state, MOBILITY_WAITING);
	ck_assert(fsm.outage == SECONDS(1000));
}
END_TEST

/**
 * All events in all states.
 */
START_TEST(test_exhaustive)
{
	mobility_state_t state;
	int type, flags, pending, due;

	for (state = MOBILITY_CONNECTED; state <= MOBILITY_FAILED; state++)
	{
		for (type = MOBILITY_EV_NETWORK; type <= MOBILITY_EV_FORGOTTEN; type++)
		{
			for (flags = 0; flags < 16; flags++)
			{
				for (pending = 0; pending < 2; pending++)
				{
					for (due = 0; due < 3; due++)
					{
						bool down = state == MOBILITY_DORMANT ||
									state == MOBILITY_WAITING;

						fsm = (mobility_fsm_t){
							.state = state,
							.since = SECONDS(900),
							.outage = down ? SECONDS(900) : 0,
							.sent = pending && state != MOBILITY_FAILED ?
									SECONDS(900) : 0,
						};
						fsm.next = down || fsm.sent ? SECONDS(1000) : 0;
						ck_assert(!mobility_fsm_check(&fsm, &defaults));
						handle(&defaults, (mobility_fsm_event_t){
							.type = type,
							.usable = flags & 1,
							.candidates = flags & 2 ? 2 : 0,
							.improved = flags & 4,
							.on_current = flags & 8,
							.slept = flags & 1 ? MINUTES(50) : SECONDS(5),
						}, due == 0 ? SECONDS(950) : due == 1 ? SECONDS(1000) : MINUTES(60));
						if (state == MOBILITY_FAILED)
						{
							ck_assert_int_eq(fsm.state, MOBILITY_FAILED);
						}
					}
				}
			}
		}
	}
}
END_TEST

/**
 * Random lives; _i selects the configuration.  A million events each.
 */
START_TEST(test_random)
{
	mobility_fsm_config_t config = defaults;
	mobility_fsm_event_t event;
	uint64_t now, started;
	u_int seed = 4711 + _i;
	int i, j;

	config.outage_time = _i ? SECONDS(_i * 7) : 0;
	config.retry_interval = SECONDS(1 + _i % 3 * 8);
	for (i = 0; i < SEQUENCES; i++)
	{
		now = SECONDS(1000);
		mobility_fsm_init(&fsm, now);
		started = 0;
		for (j = 0; j < EVENTS; j++)
		{
			now += rand_r(&seed) % 3 ? rand_r(&seed) % 2000
									 : rand_r(&seed) % 20000;
			event = (mobility_fsm_event_t){
				.type = rand_r(&seed) % (MOBILITY_EV_FORGOTTEN + 1),
				.usable = rand_r(&seed) % 2,
				.candidates = rand_r(&seed) % 3,
				.improved = rand_r(&seed) % 2,
				.on_current = rand_r(&seed) % 2,
				.rtt = rand_r(&seed) % 2 * (rand_r(&seed) % 400),
				.slept = rand_r(&seed) % SECONDS(20),
			};
			if (event.type == MOBILITY_EV_EXPIRED && rand_r(&seed) % 20)
			{
				event.type = MOBILITY_EV_TICK;
			}
			handle(&config, event, now);
			if (!fsm.outage)
			{
				started = 0;
			}
			else if (!started || (event.type == MOBILITY_EV_RESUMED &&
								  fsm.outage < started))
			{	/* it may turn out that it began before */
				started = fsm.outage;
			}
			/* an outage neither restarts nor is extended by what happens */
			mobility_assert(fsm.state == MOBILITY_FAILED || fsm.outage == started);
		}
		/* left alone, a session with a limit ends one way or the other */
		if (config.outage_time && fsm.outage)
		{
			run_until(&config, &now, now + MINUTES(24 * 60));
			mobility_assert(fsm.state == MOBILITY_FAILED);
		}
	}
}
END_TEST

START_TEST(test_check_finds)
{
	static const struct {
		mobility_fsm_t fsm;
	} broken[] = {
		{ { .state = MOBILITY_CONNECTED, .outage = 1 } },
		{ { .state = MOBILITY_CONNECTED, .lost = TRUE } },
		{ { .state = MOBILITY_CONNECTED, .sent = 1 } },
		{ { .state = MOBILITY_CONNECTED, .next = 1 } },
		{ { .state = MOBILITY_DORMANT, .next = 1 } },
		{ { .state = MOBILITY_DORMANT, .outage = 1 } },
		{ { .state = MOBILITY_WAITING, .outage = 1 } },
		{ { .state = MOBILITY_FAILED, .next = 1 } },
		{ { .state = MOBILITY_CONNECTED, .late = 1 } },
		{ { .state = MOBILITY_DORMANT, .outage = 1, .next = 1, .asleep = 1 } },
		{ { .state = MOBILITY_FAILED, .late = 1 } },
		{ { .state = MOBILITY_FAILED + 1 } },
	};
	int i;

	for (i = 0; i < countof(broken); i++)
	{
		ck_assert(mobility_fsm_check(&broken[i].fsm, &defaults));
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("fsm");

	tc = tcase_create("cases");
	tcase_add_checked_fixture(tc, setup, mobility_suite_teardown);
	tcase_add_test(tc, test_idle);
	tcase_add_test(tc, test_cable_pull);
	tcase_add_test(tc, test_burst);
	tcase_add_test(tc, test_dormant_and_back);
	tcase_add_test(tc, test_outage_ends);
	tcase_add_test(tc, test_outage_across_attempts);
	tcase_add_test(tc, test_no_limit);
	tcase_add_test(tc, test_resume);
	tcase_add_test(tc, test_wanted);
	tcase_add_test(tc, test_resume_connected);
	tcase_add_test(tc, test_resume_late);
	tcase_add_test(tc, test_peer_silent);
	tcase_add_test(tc, test_suspect);
	tcase_add_test(tc, test_answer_elsewhere);
	tcase_add_test(tc, test_answer_too_late);
	tcase_add_test(tc, test_retransmit_limit);
	tcase_add_test(tc, test_abandoned);
	tcase_add_test(tc, test_expired);
	tcase_add_test(tc, test_forgotten);
	tcase_add_test(tc, test_check_finds);
	suite_add_tcase(s, tc);

	tc = tcase_create("all");
	tcase_add_checked_fixture(tc, setup, mobility_suite_teardown);
	tcase_add_test(tc, test_exhaustive);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_random, 0, 4);
	suite_add_tcase(s, tc);

	return s;
}
