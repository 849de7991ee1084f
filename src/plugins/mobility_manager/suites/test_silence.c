/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>

#include "mobility_suite.h"

#include "esp/path_health.h"

/** what samples are early by, and what a session that knows nothing waits for */
#define SLACK 20
#define LATEST MOBILITY_PATH_HEALTH_SILENCE

/** ms of what a test plays */
#define MINUTE (60 * 1000)

/** longest delay of a packet, in ms */
#define DELAY_MAX 1024

/** phases of a pattern */
#define PHASES_MAX 32

/**
 * What is played: for so many ms, with packets that often, 0 for none
 */
typedef struct {
	u_int ms;
	u_int out;
	u_int in;
} phase_t;

/**
 * Pattern of traffic, see testing/lab/patterns
 */
typedef struct {
	phase_t phases[PHASES_MAX];
	u_int count;
} pattern_t;

/**
 * A session, its path, and a kernel that tells when packets leave
 */
typedef struct {
	/** what is tested */
	mobility_path_health_t *health;
	/** time in ms */
	uint64_t now;
	/** round-trip time, and how much longer it is on average */
	u_int rtt, jitter;
	/** ms that the kernel's timer is late at most */
	u_int late;
	/** nothing arrives */
	bool hole;
	/** packets that are going to come in, by time */
	u_int due[DELAY_MAX];
	/** when the last of them comes in, they stay in order */
	uint64_t last_due;
	/** counters, and what had left when the kernel told last */
	mobility_path_health_sample_t sample;
	uint64_t told;
	/** when it tells again, 0 if with the next packet */
	uint64_t timer;
	/** when the peer answers a request, 0 if it was not asked */
	uint64_t answer;
	/** last look in which packets had come in */
	uint64_t heard;
	/** last verdict */
	mobility_health_t verdict;
	/** number of requests, when the last one was sent, and the last that was
	 * sent earlier than it would have been by a session that knows nothing */
	u_int asked, early;
	uint64_t asked_at, early_at;
	/** packets came in since the last request */
	bool heard_since;
	/** seed */
	u_int seed;
} sim_t;

/**
 * Create a session
 */
static sim_t sim_create(u_int rtt, u_int jitter, u_int seed)
{
	sim_t sim = {
		.health = mobility_path_health_create(),
		.now = 1000000,
		.rtt = rtt,
		.jitter = jitter,
		.late = 10,
		.heard_since = TRUE,
		.seed = seed,
	};

	sim.health->set_rtt(sim.health, rtt);
	sim.health->sample(sim.health, sim.now, &sim.sample);
	return sim;
}

/**
 * Nothing returns: ask
 */
static void ask(sim_t *this)
{
	/* never for a time that is too short to tell, nor again for the same
	 * silence, but after long */
	mobility_assert(this->now + SLACK >= this->heard +
					max(2 * MOBILITY_SILENCE_PERIOD, 2 * this->rtt));
	mobility_assert(this->heard_since || this->now >= this->asked_at + 9000);
	this->heard_since = FALSE;
	this->asked++;
	this->asked_at = this->now;
	if (this->now + SLACK < this->heard + LATEST)
	{
		mobility_assert(!this->early_at || this->now >= this->early_at +
						MOBILITY_SILENCE_BUDGET);
		this->early++;
		this->early_at = this->now;
	}
	if (!this->hole)
	{
		this->answer = this->now + this->rtt + 5;
	}
}

/**
 * The kernel tells that packets leave
 */
static void tell(sim_t *this, uint64_t *in)
{
	mobility_health_t before = this->verdict;

	if (this->sample.in != *in)
	{
		*in = this->sample.in;
		this->heard = this->now;
		this->heard_since = TRUE;
	}
	this->told = this->sample.out;
	this->timer = this->now + MOBILITY_SILENCE_PERIOD +
				  (this->late ? rand_r(&this->seed) % this->late : 0);
	this->verdict = this->health->sample(this->health, this->now,
										 &this->sample);
	if (this->verdict == MOBILITY_HEALTH_SILENT && before != this->verdict)
	{
		ask(this);
	}
}

/**
 * A packet leaves the peer
 */
static void in(sim_t *this)
{
	uint64_t when = this->now + this->rtt;
	double chance;

	chance = (1 + rand_r(&this->seed) % 10000) / 10001.0;
	when += this->jitter * -log(chance);
	when = min(max(when, this->last_due), this->now + DELAY_MAX - 1);
	this->last_due = when;
	this->due[when % DELAY_MAX]++;
}

/**
 * A millisecond passes
 */
static void step(sim_t *this, bool leaves, bool comes, uint64_t *heard)
{
	u_int arrived;

	this->now++;
	if (comes)
	{
		in(this);
	}
	arrived = this->due[this->now % DELAY_MAX];
	this->due[this->now % DELAY_MAX] = 0;
	if (!this->hole)
	{
		this->sample.in += arrived;
		this->sample.seq += arrived;
	}
	this->sample.out += leaves;
	if (this->answer && this->now >= this->answer)
	{
		this->answer = 0;
		this->health->refuted(this->health, this->now);
		this->verdict = this->health->get_verdict(this->health);
	}
	if (this->timer && this->now >= this->timer)
	{
		this->timer = 0;
		if (this->told != this->sample.out)
		{
			tell(this, heard);
		}
	}
	if (leaves && !this->timer)
	{
		tell(this, heard);
	}
}

/**
 * Play a pattern for some time; stops if somebody is asked in a hole
 *
 * @return			time it took
 */
static uint64_t play(sim_t *this, const pattern_t *pattern, uint64_t ms)
{
	uint64_t start = this->now, heard = this->sample.in;
	const phase_t *phase = pattern->phases;
	u_int i;

	while (TRUE)
	{
		for (i = 0; i < phase->ms; i++)
		{
			if (this->now >= start + ms || (this->hole &&
				this->verdict == MOBILITY_HEALTH_SILENT))
			{
				return this->now - start;
			}
			step(this, phase->out && i % phase->out == 0,
				 phase->in && i % phase->in == 0, &heard);
		}
		if (++phase == pattern->phases + pattern->count)
		{
			phase = pattern->phases;
		}
	}
}

/**
 * Packets both ways, that often
 */
static pattern_t both(u_int interval)
{
	return (pattern_t){
		.phases = {
			{ 1000, interval, interval },
		},
		.count = 1,
	};
}

/**
 * Read a number of a pattern
 */
static u_int read_number(enumerator_t *words)
{
	char *word;

	ck_assert(words->enumerate(words, &word));
	return streq(word, "-") ? 0 : atoi(word);
}

/**
 * Read a pattern
 */
static pattern_t read_pattern(const char *name)
{
	enumerator_t *lines, *words;
	pattern_t pattern = {};
	phase_t *phase;
	chunk_t *content;
	char *path, *file, *line, *text;

	ck_assert(asprintf(&file, "../../../../testing/lab/patterns/%s", name) > 0);
	path = mobility_suite_file(file);
	content = chunk_map(path, FALSE);
	ck_assert_msg(content, "%s is missing", path);
	text = strndup(content->ptr, content->len);
	lines = enumerator_create_token(text, "\n", " ");
	while (lines->enumerate(lines, &line))
	{
		if (*line && *line != '#')
		{
			ck_assert(pattern.count < PHASES_MAX);
			phase = &pattern.phases[pattern.count++];
			words = enumerator_create_token(line, " ", " ");
			phase->ms = read_number(words);
			phase->out = read_number(words);
			phase->in = read_number(words);
			words->destroy(words);
			ck_assert(phase->ms);
		}
	}
	lines->destroy(lines);
	chunk_unmap(content);
	free(text);
	free(path);
	free(file);
	ck_assert(pattern.count);
	return pattern;
}

/** what people do with a tunnel */
static char *names[] = {
	"video-call",
	"bulk-download",
	"ssh-typing",
	"one-way-stream",
	"idle",
};

START_TEST(test_patterns)
{
	static const u_int rtts[] = { 1, 10, 30, 80, 150 }, jitters[] = { 0, 3, 15 };
	pattern_t pattern = read_pattern(names[_i]);
	u_int rtt, jitter, seed;
	sim_t sim;

	for (rtt = 0; rtt < countof(rtts); rtt++)
	{
		for (jitter = 0; jitter < countof(jitters); jitter++)
		{
			for (seed = 0; seed < 4; seed++)
			{
				sim = sim_create(rtts[rtt], jitters[jitter], seed);
				play(&sim, &pattern, 10 * MINUTE);
				ck_assert_msg(sim.asked <= 1, "%s: asked %u times, RTT %u, "
							  "jitter %u", names[_i], sim.asked, rtts[rtt],
							  jitters[jitter]);
				sim.health->destroy(sim.health);
			}
		}
	}
}
END_TEST

/**
 * Play traffic both ways that often, then let nothing arrive
 *
 * @return			time it took to ask, 0 if somebody had been asked before
 */
static uint64_t hole(u_int interval, uint64_t ms, u_int rtt, u_int jitter,
					 u_int seed)
{
	pattern_t pattern = both(interval);
	uint64_t took;
	u_int asked;
	sim_t sim;

	sim = sim_create(rtt, jitter, seed);
	play(&sim, &pattern, ms + seed * 7 % 100);
	asked = sim.asked;
	sim.hole = TRUE;
	took = play(&sim, &pattern, MINUTE);
	sim.health->destroy(sim.health);
	return asked ? 0 : took;
}

START_TEST(test_hole)
{
	u_int seed, rtt, jitter, interval;
	uint64_t took, sum = 0;

	/* what time is left for: the peer has two round-trip times to answer, then
	 * two and a half take the move */
	for (seed = 0; seed < 100; seed++)
	{
		took = hole(20, MINUTE / 2, 30, 2, seed);
		ck_assert_uint_ge(took + 30 + SLACK, 2 * MOBILITY_SILENCE_PERIOD);
		ck_assert_uint_le(took, 150);
		sum += took;
	}
	ck_assert_uint_le(sum / 100, 120);
	/* and never later than by a session that knows nothing */
	for (seed = 0; seed < 20; seed++)
	{
		for (rtt = 0; rtt <= 100; rtt += 25)
		{
			for (jitter = 0; jitter <= 200; jitter += 50)
			{
				for (interval = 1; interval <= 81; interval += 20)
				{
					took = hole(interval, MINUTE / 2, rtt, jitter, seed);
					ck_assert_uint_le(took, LATEST + 2 * 81 + 10);
				}
			}
		}
	}
}
END_TEST

START_TEST(test_unknown)
{
	u_int seed;

	for (seed = 0; seed < 20; seed++)
	{
		/* too little was seen */
		ck_assert_uint_ge(hole(20, MINUTE / 8, 10, 0, seed) + SLACK +
						  MOBILITY_SILENCE_PERIOD, LATEST);
		/* nobody knows how long answers take */
		ck_assert_uint_ge(hole(20, MINUTE, 0, 0, seed) + SLACK +
						  MOBILITY_SILENCE_PERIOD, LATEST);
		/* such silences are nothing new */
		ck_assert_uint_ge(hole(60, MINUTE, 10, 20, seed) + SLACK +
						  MOBILITY_SILENCE_PERIOD, 4 * MOBILITY_SILENCE_PERIOD);
		/* packets that are rare */
		ck_assert_uint_ge(hole(120, MINUTE, 10, 0, seed) + SLACK + 120, LATEST);
	}
}
END_TEST

/**
 * Let silences pass that are that many looks long
 */
static uint64_t pass(mobility_silence_t *silence, uint64_t now, u_int count,
					 u_int length)
{
	u_int i;

	while (count--)
	{
		for (i = 0; i <= length; i++)
		{
			now += MOBILITY_SILENCE_PERIOD;
			mobility_silence_look(silence, now, i == length);
		}
	}
	return now;
}

/** silences that none of was long enough to be seen in ten minutes */
#define QUIET (MOBILITY_SILENCE_BUDGET / MOBILITY_SILENCE_PERIOD)

START_TEST(test_limit)
{
	mobility_silence_t silence;
	uint64_t now;
	u_int length;

	for (length = 0; length <= MOBILITY_SILENCE_LENGTHS; length++)
	{
		silence = (mobility_silence_t){};
		ck_assert(mobility_silence_limit(&silence, 0, 1) ==
				  MOBILITY_SILENCE_UNKNOWN);
		/* the first packet that comes in ends nothing */
		now = pass(&silence, 1000, MOBILITY_SILENCE_KNOWN, 0);
		ck_assert(mobility_silence_limit(&silence, now, 1) ==
				  MOBILITY_SILENCE_UNKNOWN);
		now = pass(&silence, now, 1, length);
		ck_assert(mobility_silence_limit(&silence, now, 0) ==
				  MOBILITY_SILENCE_UNKNOWN);
		if (length == MOBILITY_SILENCE_LENGTHS)
		{
			ck_assert(mobility_silence_limit(&silence, now, 1) ==
					  MOBILITY_SILENCE_UNKNOWN);
			continue;
		}
		ck_assert_uint_eq(mobility_silence_limit(&silence, now, 1),
						  2 * (length + 1) * MOBILITY_SILENCE_PERIOD);
		ck_assert_uint_eq(mobility_silence_limit(&silence, now, 1000), 2000);
		/* one that lasts does not change that, but a pause does */
		now = pass(&silence, now, 1, 20);
		silence = (mobility_silence_t){};
		now = pass(&silence, now, MOBILITY_SILENCE_KNOWN + 1, length);
		mobility_silence_look(&silence, now + MOBILITY_SILENCE_PAUSE, FALSE);
		ck_assert_uint_eq(mobility_silence_limit(&silence, now, 1),
						  2 * (length + 1) * MOBILITY_SILENCE_PERIOD);
		mobility_silence_look(&silence, now + 2 * MOBILITY_SILENCE_PAUSE + 1,
							  FALSE);
		ck_assert(mobility_silence_limit(&silence, now, 1) ==
				  MOBILITY_SILENCE_UNKNOWN);
		/* as does whatever makes nobody know */
		now = pass(&silence, now + 10000, 1, 0);
		ck_assert_uint_eq(mobility_silence_limit(&silence, now, 1),
						  2 * (length + 1) * MOBILITY_SILENCE_PERIOD);
		mobility_silence_break(&silence);
		ck_assert(mobility_silence_limit(&silence, now, 1) ==
				  MOBILITY_SILENCE_UNKNOWN);
	}
}
END_TEST

START_TEST(test_rare)
{
	mobility_silence_t silence = {};
	uint64_t now;

	/* one that is long counts in the first ten minutes */
	now = pass(&silence, 1000, 300, 0);
	now = pass(&silence, now, 1, 3);
	now = pass(&silence, now, QUIET / 2, 0);
	ck_assert_uint_eq(mobility_silence_limit(&silence, now, 1), 320);
	/* then it is known to be rare */
	now = pass(&silence, now, QUIET / 2, 0);
	ck_assert_uint_eq(mobility_silence_limit(&silence, now, 1), 80);
	/* two of them are not */
	now = pass(&silence, now, 1, 4);
	ck_assert_uint_eq(mobility_silence_limit(&silence, now, 1), 320);
	/* they are forgotten, some time */
	now = pass(&silence, now, 2 * QUIET, 0);
	ck_assert_uint_eq(mobility_silence_limit(&silence, now, 1), 80);
	/* time in which nothing happens does not count */
	now = pass(&silence, now, 2, 2);
	now = pass(&silence, now + 24 * 60 * MINUTE, 1, 0);
	ck_assert_uint_eq(mobility_silence_limit(&silence, now, 1), 240);
}
END_TEST

START_TEST(test_budget)
{
	mobility_silence_t silence = {};
	uint64_t now, guessed;

	now = guessed = pass(&silence, 1000, 300, 0);
	mobility_silence_guessed(&silence, now);
	while (now < guessed + MOBILITY_SILENCE_BUDGET)
	{
		ck_assert(mobility_silence_limit(&silence, now, 1) ==
				  MOBILITY_SILENCE_UNKNOWN);
		now = pass(&silence, now, 1, 0);
	}
	ck_assert_uint_eq(mobility_silence_limit(&silence, now, 1), 80);
	/* it was wrong: another path does not make it better */
	mobility_silence_guessed(&silence, now);
	mobility_silence_moved(&silence, FALSE);
	now = pass(&silence, now, 300, 0);
	ck_assert(mobility_silence_limit(&silence, now, 1) ==
			  MOBILITY_SILENCE_UNKNOWN);
	/* it was right: all there is to be known is the path */
	mobility_silence_moved(&silence, TRUE);
	ck_assert(mobility_silence_limit(&silence, now, 1) ==
			  MOBILITY_SILENCE_UNKNOWN);
	now = pass(&silence, now, 300, 0);
	ck_assert_uint_eq(mobility_silence_limit(&silence, now, 1), 80);
	/* a clock that went back */
	mobility_silence_look(&silence, 5, TRUE);
	ck_assert_uint_eq(mobility_silence_limit(&silence, 5, 1), 80);
}
END_TEST

START_TEST(test_random)
{
	pattern_t pattern;
	u_int i, run, seed = _i;
	phase_t *phase;
	sim_t sim;

	/* anything; what holds of it is in ask() and here */
	for (run = 0; run < 40; run++)
	{
		sim = sim_create(1 + rand_r(&seed) % 150, rand_r(&seed) % 40, seed);
		sim.late = 1 + rand_r(&seed) % 30;
		/* the path is known to pass ESP */
		pattern = both(20);
		play(&sim, &pattern, 1000);
		pattern = (pattern_t){ .count = PHASES_MAX };
		for (i = 0; i < PHASES_MAX; i++)
		{
			phase = &pattern.phases[i];
			phase->ms = 1 + rand_r(&seed) % (i % 4 ? 300 : 20000);
			phase->out = rand_r(&seed) % 4 ? 1 + rand_r(&seed) % 90 : 0;
			phase->in = rand_r(&seed) % 4 ? 1 + rand_r(&seed) % 90 : 0;
		}
		play(&sim, &pattern, 12 * MINUTE);
		ck_assert_uint_le(sim.early, 2);
		/* whatever there was, a hole is found */
		sim.hole = TRUE;
		pattern = both(20);
		play(&sim, &pattern, 2 * MINUTE);
		ck_assert_int_eq(sim.verdict, MOBILITY_HEALTH_SILENT);
		sim.health->destroy(sim.health);
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("silence");

	tc = tcase_create("cases");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, test_limit);
	tcase_add_test(tc, test_rare);
	tcase_add_test(tc, test_budget);
	tcase_add_test(tc, test_hole);
	tcase_add_test(tc, test_unknown);
	suite_add_tcase(s, tc);

	tc = tcase_create("random");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_random, 0, 4);
	suite_add_tcase(s, tc);

	tc = tcase_create("patterns");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, test_patterns, 0, countof(names));
	suite_add_tcase(s, tc);
	return s;
}
