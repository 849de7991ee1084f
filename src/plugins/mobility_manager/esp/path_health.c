/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp/path_health.h"

/** packets that have to be without an answer */
#define UNANSWERED 2

/** samples come that many ms too early, as the clocks of kernel and daemon may
 * differ that much, and waiting for the next one would take long */
#define SLACK 20

/** RTTs that an answer may take */
#define RTTS 4

/** ms that a silence is remembered as harmless */
#define MEMORY (60 * 1000)

/** ms between samples, more is a pause in what leaves */
#define CONTINUOUS 150

/** ms after which nothing is on its way anymore over a path that was left */
#define ON_ITS_WAY 100

/** ms in which packets that came in are acknowledged, which gets no answer */
#define ACKNOWLEDGED 120

/** ms after which a path that passes ESP is suspect once more: nothing has to
 * be found out earlier, see mobile/probation.h */
#define REFUTED 10000

typedef struct private_mobility_path_health_t private_mobility_path_health_t;

/**
 * Private data
 */
struct private_mobility_path_health_t {

	/**
	 * Public interface.
	 */
	mobility_path_health_t public;

	/**
	 * There was a sample.
	 */
	bool sampled;

	/**
	 * Last sample, and its time.
	 */
	mobility_path_health_sample_t last;
	uint64_t time;

	/**
	 * Last verdict.
	 */
	mobility_health_t verdict;

	/**
	 * Round-trip time, 0 if unknown.
	 */
	uint32_t rtt;

	/**
	 * Silences that there were.
	 */
	mobility_silence_t silence;

	/**
	 * Packets have left since then and none came in.
	 */
	bool waiting;
	uint64_t since;

	/**
	 * Same, but not before the last suspicion was refuted.
	 */
	uint64_t start;

	/**
	 * Number of packets that had left before start.
	 */
	uint64_t out;

	/**
	 * Time the last of them was seen to have left.
	 */
	uint64_t last_out;

	/**
	 * Nothing before that time tells anything about the path.
	 */
	uint64_t fresh;

	/**
	 * Packets came in over the path in use.
	 */
	bool proven;

	/**
	 * Longest time that packets had to wait for others to come in, and the time
	 * to forget it.
	 */
	uint64_t gap;
	uint64_t gap_end;

	/**
	 * Number of suspicions refuted since the last packet came in.
	 */
	u_int refuted;

	/**
	 * Longest silence that was harmless, and the time to forget it.
	 */
	uint64_t harmless;
	uint64_t forget;

	/**
	 * Counters, and time, from which on losses are counted.
	 */
	mobility_path_health_sample_t window;
	uint64_t window_start;

	/**
	 * Time of the last sample with a packet that came in, or losses are counted
	 * from.
	 */
	uint64_t last_in;

	/**
	 * Time of the last sample with a packet that came in over the path in use,
	 * 0 if there is none.
	 */
	uint64_t heard;
};

ENUM(mobility_verdict_names, MOBILITY_HEALTH_HEALTHY, MOBILITY_HEALTH_LOSSY,
	"healthy",
	"silent",
	"lossy",
);

/**
 * Silence that is suspect on an ordinary path
 */
static uint64_t get_silence(private_mobility_path_health_t *this)
{
	return min(max(MOBILITY_PATH_HEALTH_SILENCE, (uint64_t)this->rtt * RTTS),
			   MOBILITY_PATH_HEALTH_SILENCE_MAX);
}

/**
 * Silence that is suspect with what this session sends, whatever it may know of
 * its own silences
 */
static uint64_t get_limit(private_mobility_path_health_t *this)
{
	uint64_t limit;

	limit = max(get_silence(this), this->harmless * 2);
	/* more doublings than that exceed any limit */
	limit <<= min(this->refuted, 10);
	if (this->refuted && this->proven)
	{
		limit = max(limit, REFUTED << min(this->refuted - 1, 10));
	}
	return min(limit, MOBILITY_PATH_HEALTH_SILENCE_MAX);
}

/**
 * Check if the silence is longer than any that is to be expected
 */
static bool is_unlikely(private_mobility_path_health_t *this, uint64_t now)
{
	uint64_t limit;

	if (this->refuted || this->harmless)
	{
		return FALSE;
	}
	limit = mobility_silence_limit(&this->silence, now, this->rtt);
	if (limit >= get_silence(this) || now + SLACK < this->start + limit)
	{
		return FALSE;
	}
	mobility_silence_guessed(&this->silence, now);
	return TRUE;
}

/**
 * Start to count losses with the given sample
 */
static void restart_window(private_mobility_path_health_t *this, uint64_t now,
						   const mobility_path_health_sample_t *sample)
{
	this->window = *sample;
	this->window_start = this->last_in = now;
}

/**
 * Have nothing but a sample to compare others with
 */
static void rebase(private_mobility_path_health_t *this, uint64_t now,
				   const mobility_path_health_sample_t *sample)
{
	if (this->verdict == MOBILITY_HEALTH_SILENT)
	{
		this->verdict = MOBILITY_HEALTH_HEALTHY;
	}
	this->sampled = TRUE;
	this->waiting = FALSE;
	this->refuted = 0;
	this->harmless = 0;
	this->fresh = 0;
	restart_window(this, now, sample);
}

/**
 * Get how long packets have left without any that came in.
 */
static uint64_t get_wait(private_mobility_path_health_t *this)
{
	return this->waiting ? this->last_out + SLACK - this->since : 0;
}

/**
 * Keep in mind how long packets have to wait for an answer, unless nobody knows
 * if the path was there all the time.
 */
static void note_gap(private_mobility_path_health_t *this, uint64_t now)
{
	uint64_t wait = get_wait(this);

	if (now >= this->gap_end)
	{
		this->gap = 0;
	}
	if (wait && wait >= this->gap && this->verdict != MOBILITY_HEALTH_SILENT)
	{
		this->gap = wait;
		this->gap_end = now + MEMORY;
	}
}

/**
 * A silence is over; keep in mind how long it was if it was suspect, or would
 * have been, and nothing was wrong
 */
static void end_silence(private_mobility_path_health_t *this, uint64_t now)
{
	if (now >= this->forget)
	{
		this->harmless = 0;
	}
	if (this->waiting && (this->refuted || this->harmless) &&
		this->last_out + SLACK >= this->since + get_silence(this))
	{
		this->harmless = max(this->harmless, now - this->since);
		this->forget = now + MEMORY;
	}
	this->waiting = FALSE;
	this->refuted = 0;
}

/**
 * Check if what has left before these packets has nothing to do with them
 */
static bool is_pause(private_mobility_path_health_t *this, uint64_t now)
{
	if (now - this->last_out > MOBILITY_PATH_HEALTH_PAUSE)
	{
		return TRUE;
	}
	return now - this->time > CONTINUOUS && this->heard &&
		   this->last_out - this->heard <= ACKNOWLEDGED;
}

/**
 * Packets left and none came in
 */
static void wait_for_answer(private_mobility_path_health_t *this, uint64_t now,
							const mobility_path_health_sample_t *sample)
{
	uint64_t start = now;

	if (!this->waiting || is_pause(this, now))
	{
		if (now - this->time <= CONTINUOUS)
		{	/* no pause, so packets have left all the time */
			start = max(this->time, this->fresh);
		}
		this->waiting = TRUE;
		this->since = this->start = start;
		this->out = this->last.out;
	}
	this->last_out = now;
	if (this->verdict != MOBILITY_HEALTH_SILENT &&
		sample->out - this->out >= UNANSWERED &&
		(now + SLACK >= this->start + get_limit(this) ||
		 is_unlikely(this, now)))
	{
		this->verdict = MOBILITY_HEALTH_SILENT;
	}
}

/**
 * Packets came in: count those that did not
 */
static void count_losses(private_mobility_path_health_t *this, uint64_t now,
						 const mobility_path_health_sample_t *sample)
{
	uint64_t sent, received, lost;

	if (this->verdict == MOBILITY_HEALTH_SILENT ||
		now - this->last_in > MOBILITY_PATH_HEALTH_LOSS_PAUSE)
	{	/* not those of an outage, or of a time we know nothing about */
		restart_window(this, now, sample);
		return;
	}
	this->last_in = now;
	sent = sample->seq - this->window.seq;
	received = sample->in - this->window.in;
	if (sent < MOBILITY_PATH_HEALTH_LOSS_PACKETS ||
		now - this->window_start < MOBILITY_PATH_HEALTH_LOSS_TIME)
	{
		return;
	}
	/* packets that were late may make it more than were sent */
	lost = sent - min(sent, received);
	if (lost > sent / 100.0 * MOBILITY_PATH_HEALTH_LOSS_LEAVE)
	{
		this->verdict = MOBILITY_HEALTH_LOSSY;
	}
	else if (lost < sent / 100.0 * MOBILITY_PATH_HEALTH_LOSS_RETURN)
	{
		this->verdict = MOBILITY_HEALTH_HEALTHY;
	}
	restart_window(this, now, sample);
}

METHOD(mobility_path_health_t, sample_, mobility_health_t,
	private_mobility_path_health_t *this, uint64_t now,
	const mobility_path_health_sample_t *sample)
{
	if (!this->sampled || now < this->time || sample->out < this->last.out ||
		sample->in < this->last.in || sample->seq < this->last.seq)
	{
		rebase(this, now, sample);
		mobility_silence_break(&this->silence);
	}
	else if (sample->in > this->last.in)
	{
		mobility_silence_look(&this->silence, now, TRUE);
		note_gap(this, now);
		end_silence(this, now);
		/* what was on its way when the path changed came over another one */
		this->proven = this->proven ||
					   now >= this->fresh + ON_ITS_WAY;
		count_losses(this, now, sample);
		if (this->verdict == MOBILITY_HEALTH_SILENT)
		{
			this->verdict = MOBILITY_HEALTH_HEALTHY;
		}
		this->heard = now;
	}
	else if (sample->out > this->last.out)
	{
		mobility_silence_look(&this->silence, now, FALSE);
		wait_for_answer(this, now, sample);
	}
	this->last = *sample;
	this->time = now;
	return this->verdict;
}

METHOD(mobility_path_health_t, get_verdict, mobility_health_t,
	private_mobility_path_health_t *this)
{
	return this->verdict;
}

METHOD(mobility_path_health_t, get_facts, void,
	private_mobility_path_health_t *this, mobility_path_health_facts_t *facts)
{
	*facts = (mobility_path_health_facts_t){
		.proven = this->proven,
		.silence = get_wait(this),
		.gap = this->gap,
	};
}

METHOD(mobility_path_health_t, refuted, void,
	private_mobility_path_health_t *this, uint64_t now)
{
	if (this->verdict == MOBILITY_HEALTH_SILENT)
	{
		this->verdict = MOBILITY_HEALTH_HEALTHY;
		this->refuted++;
		this->start = max(now, this->start);
		this->out = this->last.out;
	}
}

METHOD(mobility_path_health_t, moved, void,
	private_mobility_path_health_t *this, uint64_t now)
{
	mobility_silence_moved(&this->silence,
						   this->verdict == MOBILITY_HEALTH_SILENT);
	if (this->sampled)
	{
		rebase(this, now, &this->last);
		this->verdict = MOBILITY_HEALTH_HEALTHY;
		this->fresh = now;
		this->proven = FALSE;
		this->heard = 0;
		/* what was lost until something arrives was lost on the way left */
		this->last_in = 0;
	}
}

METHOD(mobility_path_health_t, set_rtt, void,
	private_mobility_path_health_t *this, uint32_t rtt)
{
	this->rtt = rtt;
}

METHOD(mobility_path_health_t, destroy, void,
	private_mobility_path_health_t *this)
{
	free(this);
}

/*
 * Described in header.
 */
mobility_path_health_t *mobility_path_health_create()
{
	private_mobility_path_health_t *this;

	INIT(this,
		.public = {
			.sample = _sample_,
			.get_verdict = _get_verdict,
			.get_facts = _get_facts,
			.refuted = _refuted,
			.moved = _moved,
			.set_rtt = _set_rtt,
			.destroy = _destroy,
		},
	);
	return &this->public;
}
