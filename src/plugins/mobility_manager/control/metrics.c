/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "control/metrics.h"

#include "session/tally.h"

/**
 * What is listed.
 */
typedef struct {
	/** public interface */
	enumerator_t public;
	/** connections, mobility_series_t */
	array_t *series;
	/** how long moves took */
	mobility_durations_t durations;
	/** family that comes next */
	u_int next;
	/** number of its last sample */
	u_int sample;
	/** message under construction */
	mobility_vici_message_t *message;
} metrics_t;

/** names of ends */
static const char *roles[] = { "anchor", "mobile" };

/**
 * Begin a sample that has a suffix and labels, which have to be ended.
 */
static void begin_sample(metrics_t *this, const char *suffix)
{
	this->message->begin(this->message, "%u", ++this->sample);
	this->message->add(this->message, "suffix", "%s", suffix);
	this->message->begin(this->message, "labels");
}

/**
 * End the labels of a sample, and the sample with its value.
 */
static void end_sample(metrics_t *this, uint64_t value)
{
	this->message->end(this->message);
	this->message->add(this->message, "value", "%llu",
					   (unsigned long long)value);
	this->message->end(this->message);
}

/**
 * Add a sample of a connection, with one more label unless that is NULL.
 */
static void add_sample(metrics_t *this, const char *suffix,
					   const mobility_series_t *series, const char *key,
					   const char *label, uint64_t value)
{
	begin_sample(this, suffix);
	this->message->add(this->message, "connection", "%s", series->connection);
	this->message->add(this->message, "role", "%s", roles[series->mobile]);
	if (key)
	{
		this->message->add(this->message, key, "%s", label);
	}
	end_sample(this, value);
}

/**
 * Sessions there are.
 */
static void add_sessions(metrics_t *this, const mobility_series_t *series)
{
	int i;

	for (i = 0; i < MOBILITY_STATES; i++)
	{
		add_sample(this, "", series, "state",
				   enum_to_name(mobility_state_names, i), series->states[i]);
	}
}

/**
 * Completed moves.
 */
static void add_moves(metrics_t *this, const mobility_series_t *series)
{
	add_sample(this, "_total", series, NULL, NULL, series->moves);
}

/**
 * Outages, by cause.
 */
static void add_outages(metrics_t *this, const mobility_series_t *series)
{
	int i;

	for (i = 0; i < MOBILITY_CAUSES; i++)
	{
		add_sample(this, "_total", series, "cause",
				   enum_to_name(mobility_cause_names, i), series->outages[i]);
	}
}

/**
 * Sessions that failed.
 */
static void add_failures(metrics_t *this, const mobility_series_t *series)
{
	add_sample(this, "_total", series, NULL, NULL, series->failures);
}

/**
 * Add samples of how long moves took.
 */
static void add_durations(metrics_t *this)
{
	mobility_durations_t *durations = &this->durations;
	mobility_vici_message_t *message = this->message;
	int i;

	for (i = 0; i <= MOBILITY_BUCKETS; i++)
	{
		begin_sample(this, "_bucket");
		message->add(message, "le", "%s", i < MOBILITY_BUCKETS ?
					 mobility_buckets[i].name : "+Inf");
		end_sample(this, i < MOBILITY_BUCKETS ? durations->buckets[i] :
												durations->count);
	}
	begin_sample(this, "_count");
	end_sample(this, durations->count);
	begin_sample(this, "_sum");
	message->end(message);
	message->add(message, "value", "%llu.%03llu",
				 (unsigned long long)durations->sum / 1000,
				 (unsigned long long)durations->sum % 1000);
	message->end(message);
}

/**
 * A family of metrics.
 */
static const struct {
	/** name, and what it is, to be read by people */
	const char *name, *help;
	/** its type, and its unit if it has one */
	const char *type, *unit;
	/** adds the samples of a connection */
	void (*add)(metrics_t *this, const mobility_series_t *series);
	/** what is counted instead, for all connections */
	mobility_tally_t tally;
} families[] = {
	{ "mobility_sessions", "Sessions there are now.", "gauge", NULL,
		add_sessions },
	{ "mobility_moves", "Moves of sessions to another path.", "counter", NULL,
		add_moves },
	{ "mobility_move_duration_seconds", "Time from what caused a move of this "
		"host until the peer confirmed it.", "histogram", "seconds" },
	{ "mobility_outages", "How often a session was connected no longer.",
		"counter", NULL, add_outages },
	{ "mobility_failures", "Sessions that ended with their outage time or "
		"lifetime.", "counter", NULL, add_failures },
	{ "mobility_relogins", "Logins of sessions that the gateway had forgotten.",
		"counter", NULL, NULL, MOBILITY_TALLY_RELOGINS },
	{ "mobility_refused_updates", "Address updates that the peer refused.",
		"counter", NULL, NULL, MOBILITY_TALLY_REFUSED },
	{ "mobility_replaced", "Sessions of clients that logged in anew.",
		"counter", NULL, NULL, MOBILITY_TALLY_REPLACED },
	{ "mobility_evicted", "Dormant sessions that were ended for others.",
		"counter", NULL, NULL, MOBILITY_TALLY_EVICTED },
	{ "mobility_unproven", "Addresses that clients have not proven to be at.",
		"counter", NULL, NULL, MOBILITY_TALLY_UNPROVEN },
};

/**
 * Add the samples of a family.
 */
static void add_samples(metrics_t *this, u_int family)
{
	mobility_series_t series;
	int i;

	if (families[family].add)
	{
		for (i = 0; array_get(this->series, i, &series); i++)
		{
			families[family].add(this, &series);
		}
	}
	else if (families[family].unit)
	{
		add_durations(this);
	}
	else
	{
		begin_sample(this, "_total");
		end_sample(this, mobility_tally_get(families[family].tally));
	}
}

METHOD(enumerator_t, metrics_enumerate, bool,
	metrics_t *this, va_list args)
{
	mobility_vici_message_t *message;

	VA_ARGS_VGET(args, message);
	if (this->next == countof(families))
	{
		return FALSE;
	}
	this->message = message;
	this->sample = 0;
	message->begin(message, "%s", families[this->next].name);
	message->add(message, "type", "%s", families[this->next].type);
	message->add(message, "help", "%s", families[this->next].help);
	if (families[this->next].unit)
	{
		message->add(message, "unit", "%s", families[this->next].unit);
	}
	message->begin(message, "samples");
	add_samples(this, this->next++);
	message->end(message);
	message->end(message);
	return TRUE;
}

METHOD(enumerator_t, metrics_destroy, void,
	metrics_t *this)
{
	array_destroy(this->series);
	free(this);
}

/*
 * Described in header.
 */
void mobility_metrics_handle(mobility_commands_t *commands, chunk_t request,
							 mobility_vici_message_t *response,
							 mobility_list_t *list)
{
	mobility_manager_t *manager = commands->manager;
	metrics_t *this;

	INIT(this,
		.public = {
			.enumerate = enumerator_enumerate_default,
			.venumerate = _metrics_enumerate,
			.destroy = _metrics_destroy,
		},
	);
	this->series = commands->statistics->get(commands->statistics,
								manager->create_count_enumerator(manager, NULL),
								&this->durations);
	list->elements = &this->public;
}
