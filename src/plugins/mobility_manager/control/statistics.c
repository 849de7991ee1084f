/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "control/statistics.h"

#include <threading/mutex.h>

ENUM(mobility_cause_names, MOBILITY_CAUSE_UPLINK, MOBILITY_CAUSE_OTHER,
	"uplink",
	"silence",
	"conflict",
	"lifetime",
	"other",
);

const mobility_bucket_t mobility_buckets[MOBILITY_BUCKETS] = {
	{ 50, "0.05" }, { 100, "0.1" }, { 250, "0.25" }, { 500, "0.5" },
	{ 1000, "1.0" }, { 2500, "2.5" }, { 5000, "5.0" }, { 10000, "10.0" },
	{ 30000, "30.0" },
};

typedef struct private_mobility_statistics_t private_mobility_statistics_t;

/**
 * Private data of a mobility_statistics_t.
 */
struct private_mobility_statistics_t {

	/**
	 * Public interface.
	 */
	mobility_statistics_t public;

	/**
	 * Connections, mobility_series_t*; none is removed.
	 */
	array_t *series;

	/**
	 * How long moves took.
	 */
	mobility_durations_t durations;

	/**
	 * Locks all of this.
	 */
	mutex_t *mutex;
};

/*
 * Described in header.
 */
mobility_cause_t mobility_cause_classify(const char *text)
{
	static const struct {
		const char *phrase;
		mobility_cause_t cause;
	} phrases[] = {
		{ "lifetime", MOBILITY_CAUSE_LIFETIME },
		{ "has the peer's address", MOBILITY_CAUSE_CONFLICT },
		{ "does not answer", MOBILITY_CAUSE_SILENCE },
		{ "no answer", MOBILITY_CAUSE_SILENCE },
		{ "nothing returns", MOBILITY_CAUSE_SILENCE },
		{ "may not be reached", MOBILITY_CAUSE_SILENCE },
		{ "local address is gone", MOBILITY_CAUSE_UPLINK },
		/* name of the uplink in front */
		{ ": ", MOBILITY_CAUSE_UPLINK },
	};
	int i;

	for (i = 0; i < countof(phrases); i++)
	{
		if (strstr(text, phrases[i].phrase))
		{
			return phrases[i].cause;
		}
	}
	return MOBILITY_CAUSE_OTHER;
}

/**
 * Find what a connection is counted as, the mutex must be held.
 */
static mobility_series_t *find(private_mobility_statistics_t *this,
							   const char *connection, bool mobile)
{
	mobility_series_t *series;
	int i;

	for (i = 0; array_get(this->series, i, &series); i++)
	{
		if (series->mobile == mobile && streq(series->connection, connection))
		{
			return series;
		}
	}
	if (i >= MOBILITY_SERIES_MAX && *connection)
	{
		return find(this, "", mobile);
	}
	INIT(series,
		.connection = strdup(connection),
		.mobile = mobile,
	);
	array_insert(this->series, ARRAY_TAIL, series);
	return series;
}

/**
 * Count a move that took so long, the mutex must be held.
 */
static void add_duration(mobility_durations_t *this, uint32_t duration)
{
	int i;

	for (i = 0; i < MOBILITY_BUCKETS; i++)
	{
		this->buckets[i] += duration <= mobility_buckets[i].limit;
	}
	this->count++;
	this->sum += duration;
}

METHOD(mobility_statistics_t, add, void,
	private_mobility_statistics_t *this, enum mobility_event_kind_t kind,
	mobility_state_t old, const mobility_status_t *status)
{
	mobility_series_t *series;

	this->mutex->lock(this->mutex);
	series = find(this, status->connection, status->mobile);
	if (kind == MOBILITY_EVENT_MOVE)
	{
		series->moves++;
		if (status->mobile)
		{
			add_duration(&this->durations, status->last_move.duration);
		}
	}
	if (kind == MOBILITY_EVENT_STATE && old == MOBILITY_CONNECTED)
	{
		series->outages[mobility_cause_classify(status->cause)]++;
	}
	if (kind == MOBILITY_EVENT_STATE && status->state == MOBILITY_FAILED)
	{
		series->failures++;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Note which sessions there are, the mutex must be held.
 */
static void set_states(private_mobility_statistics_t *this,
					   enumerator_t *counts)
{
	mobility_series_t *series;
	mobility_count_t *count;
	int i;

	for (i = 0; array_get(this->series, i, &series); i++)
	{
		memset(series->states, 0, sizeof(series->states));
	}
	while (counts->enumerate(counts, &count))
	{
		series = find(this, count->connection, count->mobile);
		for (i = 0; i < MOBILITY_STATES; i++)
		{
			series->states[i] += count->states[i];
		}
	}
	counts->destroy(counts);
}

METHOD(mobility_statistics_t, get, array_t*,
	private_mobility_statistics_t *this, enumerator_t *counts,
	mobility_durations_t *durations)
{
	mobility_series_t *series;
	array_t *copy;
	int i;

	copy = array_create(sizeof(*series), 0);
	this->mutex->lock(this->mutex);
	set_states(this, counts);
	for (i = 0; array_get(this->series, i, &series); i++)
	{
		array_insert(copy, ARRAY_TAIL, series);
	}
	*durations = this->durations;
	this->mutex->unlock(this->mutex);
	return copy;
}

/**
 * Destroy a mobility_series_t.
 */
static void series_destroy(mobility_series_t *series)
{
	free((char*)series->connection);
	free(series);
}

METHOD(mobility_statistics_t, destroy, void,
	private_mobility_statistics_t *this)
{
	array_destroy_function(this->series, (void*)series_destroy, NULL);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_statistics_t *mobility_statistics_create()
{
	private_mobility_statistics_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.get = _get,
			.destroy = _destroy,
		},
		.series = array_create(0, 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
