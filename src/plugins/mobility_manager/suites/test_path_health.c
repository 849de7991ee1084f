/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "esp/path_health.h"

/** what the detector takes samples early by */
#define SLACK 20

/** ms that it takes longer at most, with packets of which 199 ms pass between
 * two */
#define LATE 200

/**
 * A session and a kernel that tells when its packets leave
 */
typedef struct {
	/** what is tested */
	mobility_path_health_t *flow;
	/** time in ms */
	uint64_t now;
	/** counters */
	mobility_path_health_sample_t sample;
	/** packets that had left at the last event */
	uint64_t told;
	/** time of the next event, 0 if the next packet makes one */
	uint64_t timer;
	/** time of the last packet that came in */
	uint64_t last_in;
	/** packets that left since then */
	uint64_t unanswered;
	/** last verdict */
	mobility_health_t verdict;
	/** number of samples */
	u_int samples;
	/** number of suspicions */
	u_int suspicions;
} sim_t;

/**
 * Create a session that is idle
 */
static sim_t sim_create(void)
{
	sim_t sim = {
		.flow = mobility_path_health_create(),
		.now = 1000000,
	};

	sim.last_in = sim.now;
	sim.flow->sample(sim.flow, sim.now, &sim.sample);
	return sim;
}

/**
 * The kernel has an event
 */
static void tell(sim_t *this)
{
	mobility_health_t before = this->verdict;

	this->told = this->sample.out;
	this->timer = this->now + MOBILITY_PATH_HEALTH_PERIOD;
	this->samples++;
	this->verdict = this->flow->sample(this->flow, this->now, &this->sample);
	mobility_assert(this->verdict == this->flow->get_verdict(this->flow));
	if (this->verdict == MOBILITY_HEALTH_SILENT && before != this->verdict)
	{
		this->suspicions++;
		mobility_assert(this->unanswered >= 2);
		mobility_assert(this->now + SLACK >=
						this->last_in + MOBILITY_PATH_HEALTH_SILENCE);
	}
}

/**
 * Let time pass
 */
static void pass(sim_t *this, uint64_t ms)
{
	uint64_t end = this->now + ms;

	while (this->timer && this->timer <= end)
	{
		this->now = this->timer;
		this->timer = 0;
		if (this->told != this->sample.out)
		{
			tell(this);
		}
	}
	this->now = end;
}

/**
 * Packets leave
 */
static void out(sim_t *this, u_int count)
{
	while (count--)
	{
		this->sample.out++;
		this->unanswered++;
		if (!this->timer)
		{
			tell(this);
		}
	}
}

/**
 * Packets come in, after some that got lost
 */
static void in(sim_t *this, u_int count, u_int lost)
{
	this->sample.in += count;
	this->sample.seq += count + lost;
	if (count)
	{
		this->last_in = this->now;
		this->unanswered = 0;
	}
}

/**
 * The peer answered
 */
static void refute(sim_t *this)
{
	this->flow->refuted(this->flow, this->now);
	this->verdict = this->flow->get_verdict(this->flow);
	ck_assert_int_eq(this->verdict, MOBILITY_HEALTH_HEALTHY);
}

/**
 * Traffic in both directions, each interval
 */
static void both(sim_t *this, uint64_t ms, u_int interval)
{
	uint64_t end = this->now + ms;

	while (this->now < end)
	{
		out(this, 1);
		pass(this, interval / 2);
		in(this, 1, 0);
		pass(this, interval - interval / 2);
	}
}

/**
 * Packets leave and none returns, until that is noticed
 *
 * @return			time it took
 */
static uint64_t hole(sim_t *this, uint64_t max, u_int interval)
{
	uint64_t start = this->now;

	while (this->verdict != MOBILITY_HEALTH_SILENT && this->now < start + max)
	{
		out(this, 1);
		if (this->verdict != MOBILITY_HEALTH_SILENT)
		{
			pass(this, interval);
		}
	}
	return this->now - start;
}

START_TEST(test_hole)
{
	static const u_int intervals[] = { 1, 2, 5, 10, 20, 33, 50, 100, 150, 199 };
	uint64_t took, worst = 0;
	u_int offset, rtt;
	sim_t sim;

	/* wherever between two samples it happens */
	for (offset = 0; offset <= 2 * MOBILITY_PATH_HEALTH_PERIOD; offset += 3)
	{
		for (rtt = 0; rtt <= 300; rtt += 50)
		{
			sim = sim_create();
			sim.flow->set_rtt(sim.flow, rtt);
			both(&sim, 3000 + offset, max(rtt, 2));
			ck_assert_int_eq(sim.suspicions, 0);
			took = hole(&sim, 10000, intervals[(offset + rtt) %
											   countof(intervals)]);
			mobility_assert(sim.verdict == MOBILITY_HEALTH_SILENT);
			mobility_assert(took + rtt + SLACK >= MOBILITY_PATH_HEALTH_SILENCE);
			mobility_assert(took <= max(MOBILITY_PATH_HEALTH_SILENCE, 4 * rtt) +
									LATE);
			if (rtt <= 100)
			{
				worst = max(worst, took);
			}
			sim.flow->destroy(sim.flow);
		}
	}
	/* with ordinary paths there is time left for the move */
	ck_assert_int_le(worst, MOBILITY_PATH_HEALTH_SILENCE + LATE);
}
END_TEST

START_TEST(test_idle)
{
	sim_t sim = sim_create();
	int i;

	/* a packet every now and then that needs no answer */
	for (i = 0; i < 100; i++)
	{
		out(&sim, 1);
		ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
		pass(&sim, MOBILITY_PATH_HEALTH_PAUSE + 1);
	}
	/* one look for each, and none while nothing happens */
	ck_assert_int_eq(sim.samples, 100);
	pass(&sim, 100000000);
	ck_assert_int_eq(sim.samples, 100);
	sim.flow->destroy(sim.flow);

	/* the last packets of a conversation */
	sim = sim_create();
	both(&sim, 1000, 10);
	out(&sim, 3);
	pass(&sim, 3600000);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
	out(&sim, 1);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
	pass(&sim, 1000);
	/* now there were three before, but long ago; and two within a second */
	out(&sim, 1);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_SILENT);
	sim.flow->destroy(sim.flow);
}
END_TEST

START_TEST(test_inbound)
{
	sim_t sim = sim_create();
	int i;

	/* nothing leaves, so nobody looks */
	for (i = 0; i < 10000; i++)
	{
		in(&sim, 1, 0);
		pass(&sim, 7);
	}
	ck_assert_int_eq(sim.samples, 0);
	/* the odd report about it does no harm */
	for (i = 0; i < 10000; i++)
	{
		in(&sim, 1, 0);
		pass(&sim, 7);
		out(&sim, i % 700 == 0);
	}
	ck_assert_int_eq(sim.suspicions, 0);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
	sim.flow->destroy(sim.flow);
}
END_TEST

START_TEST(test_first_answer)
{
	sim_t sim = sim_create();
	u_int rtt, pause;

	/* after a pause of any length the answers take an RTT, while more leaves */
	for (rtt = 1; rtt < 2000; rtt += 7)
	{
		sim.flow->set_rtt(sim.flow, rtt);
		for (pause = 0; pause <= 20000; pause += 997)
		{
			uint64_t answer;

			pass(&sim, pause);
			answer = sim.now + rtt;
			while (sim.now < answer)
			{
				out(&sim, 1);
				pass(&sim, min(answer - sim.now, 10));
			}
			in(&sim, rtt / 10 + 1, 0);
		}
	}
	ck_assert_int_eq(sim.suspicions, 0);
	sim.flow->destroy(sim.flow);
}
END_TEST

START_TEST(test_acknowledged)
{
	sim_t sim = sim_create();
	u_int i, pause;

	/* a key, its echo, which is acknowledged, and a pause: the next key was not
	 * there to be answered yet */
	for (pause = 200; pause < 9000; pause += 100)
	{
		out(&sim, 1);
		pass(&sim, 30);
		in(&sim, 1, 0);
		pass(&sim, 20);
		out(&sim, 1);
		pass(&sim, 50);
		out(&sim, 1);
		pass(&sim, pause);
		ck_assert_int_eq(sim.suspicions, 0);
	}
	/* nor is it lost on anybody if none is answered from there on */
	for (i = 0; i < 2; i++)
	{
		out(&sim, 1);
		pass(&sim, 200 << i);
		ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
	}
	out(&sim, 1);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_SILENT);
	sim.flow->destroy(sim.flow);
}
END_TEST

START_TEST(test_retransmits)
{
	static const u_int rto[] = { 20, 200, 200, 400, 800 };
	sim_t sim = sim_create();
	int i;

	/* TCP on a path that is dead: a segment, a probe for its loss, repeats */
	both(&sim, 2000, 20);
	pass(&sim, 60000);
	for (i = 0; i < countof(rto) && sim.verdict != MOBILITY_HEALTH_SILENT; i++)
	{
		out(&sim, 1);
		pass(&sim, rto[i]);
	}
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_SILENT);
	ck_assert_int_le(i, 4);
	sim.flow->destroy(sim.flow);
}
END_TEST

START_TEST(test_one_way)
{
	sim_t sim = sim_create();
	uint64_t took, expected = MOBILITY_PATH_HEALTH_SILENCE;
	int i;

	hole(&sim, 10000, 20);
	for (i = 0; i < 20; i++)
	{
		ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_SILENT);
		pass(&sim, 30);
		refute(&sim);
		expected = min(expected * 2, MOBILITY_PATH_HEALTH_SILENCE_MAX);
		took = hole(&sim, 200000, 20);
		ck_assert_int_ge(took + SLACK, expected);
		ck_assert_int_le(took, expected + MOBILITY_PATH_HEALTH_PERIOD + 20);
	}
	/* the first packet that comes in ends that */
	in(&sim, 1, 0);
	both(&sim, 1000, 20);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
	sim.flow->destroy(sim.flow);
}
END_TEST

START_TEST(test_rare_answers)
{
	sim_t sim = sim_create();
	uint64_t took;
	u_int i, j;

	/* a stream with a report every 5 s, for an hour: only at first it is not
	 * known that this is normal */
	for (i = 0; i < 720; i++)
	{
		for (j = 0; j < 250; j++)
		{
			out(&sim, 1);
			pass(&sim, 20);
			if (sim.verdict == MOBILITY_HEALTH_SILENT)
			{
				ck_assert_int_eq(i, 0);
				refute(&sim);
			}
		}
		in(&sim, 1, 0);
	}
	ck_assert_int_le(sim.suspicions, 4);
	/* another path is another matter */
	sim.flow->moved(sim.flow, sim.now);
	took = hole(&sim, 60000, 20);
	ck_assert_int_le(took,
				MOBILITY_PATH_HEALTH_SILENCE + 2 * MOBILITY_PATH_HEALTH_PERIOD);
	sim.flow->destroy(sim.flow);

	/* and it is forgotten */
	sim = sim_create();
	hole(&sim, 60000, 20);
	refute(&sim);
	pass(&sim, 100);
	in(&sim, 1, 0);
	both(&sim, 1000, 20);
	took = hole(&sim, 60000, 20);
	ck_assert_int_ge(took, 2 * MOBILITY_PATH_HEALTH_SILENCE);
	in(&sim, 1, 0);
	/* silences that would not be suspect do not keep it in mind */
	for (i = 0; i < 61000; i += 300)
	{
		out(&sim, 1);
		pass(&sim, 100);
		out(&sim, 1);
		pass(&sim, 120);
		in(&sim, 1, 0);
		pass(&sim, 80);
	}
	took = hole(&sim, 60000, 20);
	ck_assert_int_le(took,
				MOBILITY_PATH_HEALTH_SILENCE + 2 * MOBILITY_PATH_HEALTH_PERIOD);
	sim.flow->destroy(sim.flow);
}
END_TEST

START_TEST(test_moved)
{
	mobility_path_health_t *flow;
	sim_t sim = sim_create();

	hole(&sim, 10000, 20);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_SILENT);
	sim.flow->moved(sim.flow, sim.now);
	sim.verdict = sim.flow->get_verdict(sim.flow);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
	/* the new path has its time, even if no packet came in for long */
	ck_assert_int_ge(hole(&sim, 10000, 20) + SLACK,
					 MOBILITY_PATH_HEALTH_SILENCE);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_SILENT);
	sim.flow->destroy(sim.flow);

	/* before the first sample */
	flow = mobility_path_health_create();
	flow->moved(flow, 5);
	flow->refuted(flow, 5);
	ck_assert_int_eq(flow->sample(flow, 6, &(mobility_path_health_sample_t){
		.out = 1000,
	}), MOBILITY_HEALTH_HEALTHY);
	ck_assert_int_eq(flow->sample(flow, 7, &(mobility_path_health_sample_t){
		.out = 1001,
	}), MOBILITY_HEALTH_HEALTHY);
	ck_assert_int_eq(flow->sample(flow, 1000, &(mobility_path_health_sample_t){
		.out = 1002,
	}), MOBILITY_HEALTH_SILENT);
	flow->destroy(flow);
}
END_TEST

/**
 * Get what is known about the traffic
 */
static mobility_path_health_facts_t get_facts(sim_t *this)
{
	mobility_path_health_facts_t facts;

	memset(&facts, 0xff, sizeof(facts));
	this->flow->get_facts(this->flow, &facts);
	return facts;
}

START_TEST(test_facts)
{
	sim_t sim = sim_create();
	u_int i;

	ck_assert(!get_facts(&sim).proven);
	ck_assert_uint_eq(get_facts(&sim).silence, 0);
	ck_assert_uint_eq(get_facts(&sim).gap, 0);
	both(&sim, 1000, 20);
	ck_assert(get_facts(&sim).proven);
	ck_assert_uint_eq(get_facts(&sim).silence, 0);
	ck_assert_uint_le(get_facts(&sim).gap, SLACK);
	/* nothing returns, refuted or not */
	hole(&sim, 10000, 20);
	refute(&sim);
	hole(&sim, 20000, 20);
	ck_assert_uint_ge(get_facts(&sim).silence, 10400 - SLACK);
	ck_assert_uint_le(get_facts(&sim).silence, 10600 + SLACK);
	/* nobody knows if there was a path */
	in(&sim, 1, 0);
	both(&sim, 1000, 20);
	ck_assert_uint_eq(get_facts(&sim).silence, 0);
	ck_assert_uint_le(get_facts(&sim).gap, SLACK);
	/* there was one */
	hole(&sim, 10000, 20);
	refute(&sim);
	in(&sim, 1, 0);
	both(&sim, 200, 20);
	ck_assert_uint_ge(get_facts(&sim).gap, MOBILITY_PATH_HEALTH_SILENCE - 120);
	/* that is known on another path, too, where nothing came in yet */
	out(&sim, 5);
	sim.flow->moved(sim.flow, sim.now);
	ck_assert(!get_facts(&sim).proven);
	ck_assert_uint_eq(get_facts(&sim).silence, 0);
	ck_assert_uint_ge(get_facts(&sim).gap, MOBILITY_PATH_HEALTH_SILENCE - 120);
	/* what comes in at once was on its way before */
	in(&sim, 5, 0);
	pass(&sim, 50);
	out(&sim, 1);
	pass(&sim, 49);
	ck_assert(!get_facts(&sim).proven);
	both(&sim, 1000, 20);
	ck_assert(get_facts(&sim).proven);
	/* it is forgotten */
	for (i = 0; i < 61; i++)
	{
		both(&sim, 1000, 20);
	}
	ck_assert_uint_le(get_facts(&sim).gap, SLACK);
	/* a packet every now and then gets its answer after the last look */
	for (i = 0; i < 10; i++)
	{
		both(&sim, 10, 10);
		pass(&sim, 1990);
	}
	ck_assert_uint_le(get_facts(&sim).gap, SLACK);
	sim.flow->destroy(sim.flow);
}
END_TEST

START_TEST(test_counters_back)
{
	sim_t sim;
	int i;

	for (i = 0; i < 4; i++)
	{
		sim = sim_create();
		both(&sim, 60000, 20);
		hole(&sim, 300, 20);
		switch (i)
		{
			case 0:
				sim.sample.out = sim.told = 0;
				break;
			case 1:
				sim.sample.in = 0;
				break;
			case 2:
				sim.sample.seq = 0;
				break;
			case 3:
				sim.now -= 50000;
				sim.timer = 0;
				break;
		}
		sim.last_in = sim.now;
		hole(&sim, 300, 20);
		ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
		/* from there on it goes on as ever */
		hole(&sim, 10000, 20);
		ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_SILENT);
		sim.sample.out = sim.told = 0;
		out(&sim, 1);
		pass(&sim, MOBILITY_PATH_HEALTH_PERIOD);
		ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
		sim.flow->destroy(sim.flow);
	}
}
END_TEST

START_TEST(test_suspend)
{
	sim_t sim = sim_create();

	both(&sim, 1000, 20);
	hole(&sim, 200, 20);
	/* the clock counts suspend, the kernel's timer does not */
	sim.now += 8 * 3600 * 1000;
	sim.timer = sim.now + 50;
	out(&sim, 3);
	pass(&sim, 60);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
	hole(&sim, 10000, 20);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_SILENT);
	sim.flow->destroy(sim.flow);
}
END_TEST

/**
 * Feed a sample
 */
static mobility_health_t feed(mobility_path_health_t *flow, uint64_t now,
							  uint64_t out, uint64_t in, uint64_t seq)
{
	mobility_path_health_sample_t sample = {
		.out = out,
		.in = in,
		.seq = seq,
	};

	return flow->sample(flow, now, &sample);
}

/**
 * Create a flow with a packet that left after a pause, at 1000 ms
 */
static mobility_path_health_t *create_waiting(uint32_t rtt)
{
	mobility_path_health_t *flow;

	flow = mobility_path_health_create();
	flow->set_rtt(flow, rtt);
	feed(flow, 0, 0, 0, 0);
	ck_assert_int_eq(feed(flow, 1000, 1, 0, 0), MOBILITY_HEALTH_HEALTHY);
	return flow;
}

START_TEST(test_limits)
{
	static const struct {
		uint32_t rtt;
		uint64_t limit;
	} limits[] = {
		{ 0, 400 },
		{ 1, 400 },
		{ 100, 400 },
		{ 101, 404 },
		{ 200, 800 },
		{ 15000, 60000 },
		{ UINT32_MAX, 60000 },
	};
	mobility_path_health_t *flow;
	uint64_t at;
	int i;

	for (i = 0; i < countof(limits); i++)
	{
		at = 1000 + limits[i].limit - SLACK;
		flow = create_waiting(limits[i].rtt);
		/* packets leave all the time, or it would be a pause */
		for (; at > 9000; at -= 5000);
		for (; at < 1000 + limits[i].limit - SLACK; at += 5000)
		{
			ck_assert_int_eq(feed(flow, at, at, 0, 0),
							 MOBILITY_HEALTH_HEALTHY);
		}
		ck_assert_int_eq(feed(flow, at - 1, 100000, 0, 0),
						 MOBILITY_HEALTH_HEALTHY);
		/* neither without another packet */
		ck_assert_int_eq(feed(flow, at, 100000, 0, 0),
						 MOBILITY_HEALTH_HEALTHY);
		ck_assert_int_eq(feed(flow, at, 100001, 0, 0),
						 MOBILITY_HEALTH_SILENT);
		flow->destroy(flow);
	}
	/* a packet is alone after a pause */
	flow = create_waiting(0);
	ck_assert_int_eq(feed(flow, 11001, 2, 0, 0), MOBILITY_HEALTH_HEALTHY);
	flow->destroy(flow);
	flow = create_waiting(0);
	ck_assert_int_eq(feed(flow, 11000, 2, 0, 0), MOBILITY_HEALTH_SILENT);
	/* and after a suspicion that was refuted */
	flow->refuted(flow, 11100);
	ck_assert_int_eq(feed(flow, 13000, 3, 0, 0), MOBILITY_HEALTH_HEALTHY);
	ck_assert_int_eq(feed(flow, 13001, 4, 0, 0), MOBILITY_HEALTH_SILENT);
	flow->destroy(flow);
}
END_TEST

START_TEST(test_fresh)
{
	mobility_path_health_t *flow;

	/* what left before the move tells nothing about the new path */
	flow = create_waiting(0);
	feed(flow, 1200, 10, 1, 1);
	flow->moved(flow, 1250);
	ck_assert_int_eq(feed(flow, 1300, 20, 1, 1), MOBILITY_HEALTH_HEALTHY);
	ck_assert_int_eq(feed(flow, 1629, 30, 1, 1), MOBILITY_HEALTH_HEALTHY);
	ck_assert_int_eq(feed(flow, 1630, 31, 1, 1), MOBILITY_HEALTH_SILENT);
	flow->destroy(flow);

	/* a clock that went back does not make it a long silence */
	flow = create_waiting(0);
	ck_assert_int_eq(feed(flow, 2000, 2, 0, 0), MOBILITY_HEALTH_SILENT);
	flow->refuted(flow, 2000);
	feed(flow, 500, 3, 1, 1);
	feed(flow, 600, 4, 1, 1);
	ck_assert_int_eq(feed(flow, 1000, 5, 1, 1), MOBILITY_HEALTH_SILENT);
	flow->destroy(flow);
}
END_TEST

START_TEST(test_windows)
{
	mobility_path_health_t *flow;
	u_int i;

	/* a burst that is lost, in a window that is long enough */
	flow = mobility_path_health_create();
	feed(flow, 0, 0, 0, 0);
	for (i = 1; i <= 10; i++)
	{
		ck_assert_int_eq(feed(flow, i * 200, i, i * 100 - 50, i * 100),
						 MOBILITY_HEALTH_HEALTHY);
	}
	flow->destroy(flow);

	/* too few packets, then enough of them */
	flow = mobility_path_health_create();
	feed(flow, 0, 0, 0, 0);
	for (i = 1; i < 10; i++)
	{
		ck_assert_int_eq(feed(flow, i * 500, i, i, i * 11),
						 MOBILITY_HEALTH_HEALTHY);
	}
	ck_assert_int_eq(feed(flow, 5000, 10, 10, 110), MOBILITY_HEALTH_LOSSY);
	/* more than were sent, as some were late */
	for (i = 1; i < 5; i++)
	{
		feed(flow, 5000 + i * 500, 10, 10 + i * 110, 110 + i * 100);
	}
	ck_assert_int_eq(flow->get_verdict(flow), MOBILITY_HEALTH_HEALTHY);
	flow->destroy(flow);
}
END_TEST

/**
 * Traffic in both directions of which a share gets lost on the way to us
 */
static void lossy(sim_t *this, uint64_t ms, u_int percent)
{
	uint64_t end = this->now + ms;
	u_int i = 0;

	while (this->now < end)
	{
		out(this, 1);
		/* evenly, as chance is tried elsewhere */
		if ((i * percent) / 100 != ((i + 1) * percent) / 100)
		{
			in(this, 0, 1);
		}
		else
		{
			in(this, 1, 0);
		}
		i++;
		pass(this, 10);
	}
}

START_TEST(test_loss)
{
	sim_t sim = sim_create();
	u_int percent;

	for (percent = 0; percent <= 80; percent++)
	{
		sim.flow->moved(sim.flow, sim.now);
		sim.verdict = sim.flow->get_verdict(sim.flow);
		/* the first window may have a packet more or less */
		lossy(&sim, 7000, percent);
		if (percent != MOBILITY_PATH_HEALTH_LOSS_LEAVE)
		{
			ck_assert_int_eq(sim.verdict,
							 percent < MOBILITY_PATH_HEALTH_LOSS_LEAVE ?
							 MOBILITY_HEALTH_HEALTHY : MOBILITY_HEALTH_LOSSY);
		}
		/* not as long as it is between the two thresholds */
		lossy(&sim, 7000, 50);
		ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_LOSSY);
		lossy(&sim, 7000, percent);
		if (percent != MOBILITY_PATH_HEALTH_LOSS_RETURN)
		{
			ck_assert_int_eq(sim.verdict,
							 percent < MOBILITY_PATH_HEALTH_LOSS_RETURN ?
							 MOBILITY_HEALTH_HEALTHY : MOBILITY_HEALTH_LOSSY);
		}
	}
	ck_assert_int_eq(sim.suspicions, 0);
	sim.flow->destroy(sim.flow);
}
END_TEST

START_TEST(test_loss_outage)
{
	sim_t sim = sim_create();
	int i, j;

	/* what the peer sent during an outage is lost, but not by this path */
	for (i = 0; i < 20; i++)
	{
		both(&sim, 5000, 10);
		hole(&sim, 10000, 10);
		ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_SILENT);
		in(&sim, 1, i * 1000);
		for (j = 0; j < 10; j++)
		{
			both(&sim, 500, 10);
			ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
		}
		/* same, while nothing left */
		pass(&sim, 20000);
		in(&sim, 1, i * 1000);
		both(&sim, 1000, 10);
		ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
	}
	/* a burst, or few packets, tell nothing */
	both(&sim, 5000, 10);
	in(&sim, 30, 20);
	both(&sim, 5000, 10);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
	/* packets that are late */
	in(&sim, 0, 50);
	both(&sim, 1000, 10);
	sim.sample.in += 50;
	both(&sim, 5000, 10);
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
	/* no replay protection */
	sim.sample.seq = 0;
	both(&sim, 5000, 10);
	for (i = 0; i < 10000; i++)
	{
		out(&sim, 1);
		pass(&sim, 10);
		sim.sample.in++;
	}
	ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_HEALTHY);
	sim.flow->destroy(sim.flow);
}
END_TEST

/**
 * Kinds of traffic for random tests
 */
enum {
	IDLE,
	BOTH,
	INBOUND,
	OUTBOUND,
	LOSSY,
	KINDS,
};

START_TEST(test_random)
{
	sim_t sim = sim_create();
	u_int i, kind = IDLE, interval = 10, refuted = 0;
	uint64_t since = 0, limit, in_before;

	srandom(1);
	for (i = 0; i < 1000000; i++)
	{
		if (random() % 500 == 0)
		{
			kind = random() % KINDS;
			interval = 1 + random() % (random() % 10 ? 50 : 3000);
		}
		in_before = sim.last_in;
		switch (kind)
		{
			case BOTH:
				in(&sim, 1, 0);
				out(&sim, 1 + random() % 3);
				break;
			case INBOUND:
				in(&sim, 1, 0);
				break;
			case OUTBOUND:
				out(&sim, 1 + random() % 3);
				break;
			case LOSSY:
				in(&sim, random() % 3 > 0, random() % 2);
				out(&sim, 1);
				break;
		}
		if (sim.last_in != in_before)
		{
			refuted = 0;
		}
		pass(&sim, random() % (2 * interval));
		if (random() % 20 == 0 && sim.verdict == MOBILITY_HEALTH_SILENT)
		{
			if (refuted)
			{
				limit = MOBILITY_PATH_HEALTH_SILENCE << min(refuted, 10);
				mobility_assert(sim.now + SLACK >=
								since + min(limit,
											MOBILITY_PATH_HEALTH_SILENCE_MAX));
			}
			refute(&sim);
			refuted++;
			since = sim.now;
		}
		if (random() % 10000 == 0)
		{
			sim.flow->moved(sim.flow, sim.now);
			sim.verdict = sim.flow->get_verdict(sim.flow);
			mobility_assert(sim.verdict == MOBILITY_HEALTH_HEALTHY);
			refuted = 0;
		}
	}
	/* it did not do nothing */
	ck_assert_int_gt(sim.suspicions, 100);
	sim.flow->destroy(sim.flow);
}
END_TEST

START_TEST(test_random_samples)
{
	mobility_path_health_t *flow = mobility_path_health_create();
	mobility_path_health_sample_t sample = {}, last = {};
	mobility_health_t verdict = MOBILITY_HEALTH_HEALTHY, before;
	uint64_t now = 0;
	u_int i;

	/* anything, in any order */
	srandom(2);
	for (i = 0; i < 1000000; i++)
	{
		switch (random() % 40)
		{
			case 0:
				sample.in = (uint64_t)random() << random() % 33;
				break;
			case 1:
				sample.seq = (uint64_t)random() << random() % 33;
				break;
			case 2:
				sample.out = (uint64_t)random() << random() % 33;
				break;
			case 3:
				now = random() % 1000000;
				break;
			case 4:
				flow->refuted(flow, now);
				break;
			case 5:
				flow->moved(flow, now);
				break;
			case 6:
				flow->set_rtt(flow, random());
				break;
			default:
				sample.out += random() % 3;
				sample.in += random() % 50 == 0;
				sample.seq += random() % 40 == 0;
				now += random() % 500;
				break;
		}
		before = flow->get_verdict(flow);
		verdict = flow->sample(flow, now, &sample);
		mobility_assert(verdict <= MOBILITY_HEALTH_LOSSY);
		/* neither while packets come in, nor if none leaves, nor if something
		 * restarted */
		mobility_assert(verdict != MOBILITY_HEALTH_SILENT ||
						sample.in == last.in);
		mobility_assert(verdict != MOBILITY_HEALTH_SILENT ||
						before == MOBILITY_HEALTH_SILENT ||
						sample.out > last.out);
		mobility_assert(verdict != MOBILITY_HEALTH_LOSSY ||
						before == MOBILITY_HEALTH_LOSSY ||
						(sample.in > last.in && sample.seq >= last.seq));
		last = sample;
	}
	flow->destroy(flow);
}
END_TEST

START_TEST(test_random_loss)
{
	u_int run, i, percent;
	sim_t sim;

	srandom(3);
	for (run = 0; run < 400; run++)
	{
		percent = run % 2 ? 35 : 2;
		sim = sim_create();
		for (i = 0; i < 3000; i++)
		{
			out(&sim, 1);
			if (random() % 100 < percent)
			{
				in(&sim, 0, 1);
			}
			else
			{
				in(&sim, 1, 0);
			}
			pass(&sim, 10);
			if (percent == 2)
			{
				mobility_assert(sim.verdict == MOBILITY_HEALTH_HEALTHY);
			}
		}
		ck_assert_int_eq(sim.verdict, percent == 2 ? MOBILITY_HEALTH_HEALTHY :
													 MOBILITY_HEALTH_LOSSY);
		ck_assert_int_eq(sim.suspicions, 0);
		sim.flow->destroy(sim.flow);
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("flow");

	tc = tcase_create("silence");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_limits);
	tcase_add_test(tc, test_fresh);
	tcase_add_test(tc, test_hole);
	tcase_add_test(tc, test_idle);
	tcase_add_test(tc, test_inbound);
	tcase_add_test(tc, test_first_answer);
	tcase_add_test(tc, test_acknowledged);
	tcase_add_test(tc, test_retransmits);
	tcase_add_test(tc, test_one_way);
	tcase_add_test(tc, test_rare_answers);
	tcase_add_test(tc, test_moved);
	tcase_add_test(tc, test_facts);
	tcase_add_test(tc, test_counters_back);
	tcase_add_test(tc, test_suspend);
	suite_add_tcase(s, tc);

	tc = tcase_create("loss");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_windows);
	tcase_add_test(tc, test_loss);
	tcase_add_test(tc, test_loss_outage);
	suite_add_tcase(s, tc);

	tc = tcase_create("random");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_random);
	tcase_add_test(tc, test_random_samples);
	tcase_add_test(tc, test_random_loss);
	suite_add_tcase(s, tc);
	return s;
}
