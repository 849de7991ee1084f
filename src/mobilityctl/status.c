/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <time.h>

#include "ctl_daemon.h"
#include "ctl_output.h"
#include "ctl_screen.h"

/**
 * Print a line of a detailed description.
 */
static void print_line(const char *title, const char *text)
{
	if (*text)
	{
		printf("  %-12s %s\n", title, text);
	}
}

/**
 * Print all that is known about a session.
 */
static void print_details(json_object *session, time_t now)
{
	json_object *move = ctl_sub(session, "last-move");
	char buf[256], time[32], text[320];

	printf("%s: session %lld, IKE_SA %lld, %s end\n",
		   ctl_str(session, "connection"),
		   (long long)ctl_num(session, "session"),
		   (long long)ctl_num(session, "unique-id"), ctl_str(session, "role"));
	snprintf(text, sizeof(text), "%s for %s, since %s",
			 ctl_str(session, "state"),
			 ctl_duration(now - ctl_num(session, "since"), buf, sizeof(buf)),
			 ctl_time(ctl_num(session, "since"), TRUE, time, sizeof(time)));
	print_line("state", text);
	print_line("cause", ctl_str(session, "cause"));
	print_line("uplink", ctl_str(session, "uplink"));
	print_line("kind", ctl_kind(session, text, sizeof(text)));
	print_line("local", ctl_str(session, "local"));
	print_line("remote", ctl_str(session, "remote"));
	print_line("peer", ctl_str(session, "peer"));
	print_line("virtual IPs", ctl_str(session, "virtual-ips"));
	print_line("behind NAT", ctl_str(session, "nat"));
	snprintf(text, sizeof(text), "%lld", (long long)ctl_num(session, "cost"));
	print_line("cost", text);
	if (ctl_num(session, "outage-time"))
	{
		print_line("outage time", ctl_duration(ctl_num(session, "outage-time"),
											   text, sizeof(text)));
	}
	else
	{
		print_line("outage time", "no limit");
	}
	if (ctl_sub(session, "outage-left"))
	{
		print_line("outage left", ctl_duration(ctl_num(session, "outage-left"),
											   text, sizeof(text)));
	}
	if (ctl_sub(session, "silent"))
	{
		print_line("silent", ctl_duration(ctl_num(session, "silent"),
										  text, sizeof(text)));
	}
	print_line("in flight", ctl_str(session, "exchange"));
	snprintf(text, sizeof(text), "%lld", (long long)ctl_num(session, "moves"));
	print_line("moves", text);
	if (move)
	{
		snprintf(text, sizeof(text), "%s, %s",
				 ctl_time(ctl_num(move, "time"), TRUE, time, sizeof(time)),
				 ctl_happening(move, TRUE, NULL, buf, sizeof(buf)));
		print_line("last move", text);
	}
}

/**
 * Add a session to the table.
 */
static void add_session(ctl_table_t *table, json_object *session, time_t now)
{
	char since[32], local[64], why[256];

	table->add(table, ctl_str(session, "connection"),
			   ctl_str(session, "state"),
			   ctl_duration(now - ctl_num(session, "since"), since,
							sizeof(since)),
			   ctl_str(session, "uplink"),
			   ctl_strip_port(ctl_str(session, "local"), local, sizeof(local)),
			   ctl_why(session, why, sizeof(why)));
}

/**
 * Print the sessions.
 */
static void print_sessions(mobilityctl_t *this, json_object *sessions)
{
	time_t now = time(NULL);
	json_object *session;
	ctl_table_t *table;
	int i, count;

	table = ctl_table_create(1U << 4, "CONNECTION", "STATE", "FOR", "UPLINK",
							 "ADDRESS", "WHY", NULL);
	table->states = 1;
	count = json_object_array_length(sessions);
	for (i = 0; i < count; i++)
	{
		session = json_object_array_get_idx(sessions, i);
		if (this->verbose)
		{
			print_details(session, now);
		}
		else
		{
			add_session(table, session, now);
		}
	}
	if (!this->verbose)
	{
		table->print(table);
	}
	table->destroy(table);
}

/**
 * Get the exit code that tells how the sessions are.
 */
static exit_code_t rate(json_object *sessions)
{
	json_object *session;
	int i, count;

	count = json_object_array_length(sessions);
	for (i = 0; i < count; i++)
	{
		session = json_object_array_get_idx(sessions, i);
		if (!streq(ctl_str(session, "state"), "connected"))
		{
			return EXIT_PROBLEM;
		}
	}
	return count ? EXIT_OK : EXIT_NOTHING;
}

/**
 * Print how many sessions there are.
 */
static void print_counts(json_object *counts)
{
	static const char *keys[] = {
		"sessions", "connected", "dormant", "waiting-to-reconnect",
		"connecting", "failed",
	};
	char cells[countof(keys)][16];
	json_object *count;
	ctl_table_t *table;
	int i, j;

	table = ctl_table_create(0, "CONNECTION", "ROLE", "SESSIONS", "CONNECTED",
							 "DORMANT", "WAITING", "CONNECTING", "FAILED",
							 NULL);
	for (i = 0; i < json_object_array_length(counts); i++)
	{
		count = json_object_array_get_idx(counts, i);
		for (j = 0; j < countof(keys); j++)
		{
			snprintf(cells[j], sizeof(cells[j]), "%lld", (long long)
					 ctl_num(j ? ctl_sub(count, "states") : count, keys[j]));
		}
		table->add(table, ctl_str(count, "connection"), ctl_str(count, "role"),
				   cells[0], cells[1], cells[2], cells[3], cells[4], cells[5]);
	}
	table->print(table);
	table->destroy(table);
}

/**
 * Get the exit code that tells how the sessions are that were counted.
 */
static exit_code_t rate_counts(json_object *counts)
{
	json_object *count;
	int i, length;

	length = json_object_array_length(counts);
	for (i = 0; i < length; i++)
	{
		count = json_object_array_get_idx(counts, i);
		if (ctl_num(count, "sessions") !=
			ctl_num(ctl_sub(count, "states"), "connected"))
		{
			return EXIT_PROBLEM;
		}
	}
	return length ? EXIT_OK : EXIT_NOTHING;
}

/**
 * Report that there is nothing to show.
 */
static void report_nothing(const ctl_filter_t *filter)
{
	if (filter->peer || filter->role || filter->state)
	{
		ctl_fail(EXIT_NOTHING, "there is no such session; mobilityctl status "
				 "lists all");
	}
	else if (filter->connection)
	{
		ctl_fail(EXIT_NOTHING, "there is no session of a connection '%s'; "
				 "mobilityctl status lists all", filter->connection);
	}
	else
	{
		ctl_fail(EXIT_NOTHING, "there are no sessions; only IKEv2 connections "
				 "with MOBIKE that are up have one, swanctl --list-sas lists "
				 "all");
	}
}

/*
 * Described in header.
 */
exit_code_t ctl_status_ask(mobilityctl_t *this, ctl_daemon_t *daemon,
						   json_object **answer)
{
	ctl_filter_t *filter = &this->filter;
	exit_code_t code;

	*answer = daemon->call(daemon, this->summary ? "mobility-summary"
						   : "mobility-status", "connection",
						   filter->connection, "peer", filter->peer, "role",
						   filter->role, "state", filter->state, NULL);
	if (!*answer)
	{
		return daemon->failure;
	}
	if (ctl_sub(*answer, "errmsg"))
	{
		code = ctl_fail(EXIT_ERROR, "%s", ctl_str(*answer, "errmsg"));
		json_object_put(*answer);
		return code;
	}
	return EXIT_OK;
}

/**
 * Show what the daemon has told.  Returns the exit code that tells how that is.
 */
static exit_code_t show(mobilityctl_t *this, json_object *answer)
{
	json_object *found = ctl_array(answer);
	exit_code_t code;

	code = this->summary ? rate_counts(found) : rate(found);
	if (this->json)
	{
		ctl_print_json(json_object_get(found), FALSE);
	}
	else if (code == EXIT_NOTHING && !this->watch)
	{
		report_nothing(&this->filter);
	}
	else if (this->summary)
	{
		print_counts(found);
	}
	else
	{
		print_sessions(this, found);
	}
	json_object_put(found);
	return code;
}

/**
 * What is drawn again and again.
 */
typedef struct {
	/** arguments */
	mobilityctl_t *ctl;
	/** daemon that is asked */
	ctl_daemon_t *daemon;
} watched_t;

/**
 * Implements ctl_screen_draw_t
 */
static exit_code_t draw(void *user)
{
	watched_t *this = user;
	json_object *answer;
	exit_code_t code;

	code = ctl_status_ask(this->ctl, this->daemon, &answer);
	if (code == EXIT_OK)
	{
		show(this->ctl, answer);
		json_object_put(answer);
	}
	return code;
}

/**
 * Show the sessions, once or again and again.
 */
static exit_code_t run(mobilityctl_t *this)
{
	watched_t watched = {
		.ctl = this,
		.daemon = ctl_daemon_connect(this->uri),
	};
	json_object *answer;
	exit_code_t code;

	if (!watched.daemon)
	{
		return EXIT_UNREACHABLE;
	}
	if (this->watch)
	{
		code = ctl_screen_run(draw, &watched);
	}
	else
	{
		code = ctl_status_ask(this, watched.daemon, &answer);
		if (code == EXIT_OK)
		{
			code = show(this, answer);
			json_object_put(answer);
		}
	}
	watched.daemon->destroy(watched.daemon);
	return code;
}

/*
 * Described in header.
 */
exit_code_t status_run(mobilityctl_t *this, char *argv[])
{
	this->filter.connection = argv[0] ?: this->filter.connection;
	if (this->watch && (this->json || this->verbose))
	{
		return ctl_fail(EXIT_USAGE, "--watch shows a table, not what --%s asks "
						"for; mobilityctl watch follows the sessions",
						this->json ? "json" : "verbose");
	}
	if (this->watch && !ctl_screen_prepare())
	{
		return EXIT_USAGE;
	}
	return run(this);
}
