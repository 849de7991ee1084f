/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <time.h>

#include "ctl_daemon.h"
#include "ctl_output.h"

/**
 * Say in a few words why a session is where it is.
 */
static char *explain(json_object *session, char *buf, size_t len)
{
	json_object *move = ctl_sub(session, "last-move");
	const char *cause = ctl_str(session, "cause"), *exchange;
	char left[32];
	int pos;

	if (streq(ctl_str(session, "state"), "connected"))
	{
		if (move)
		{
			return ctl_happening(move, TRUE, NULL, buf, len);
		}
		snprintf(buf, len, "%s", cause);
		return buf;
	}
	pos = snprintf(buf, len, "%s", cause);
	exchange = ctl_str(session, "exchange");
	if (*exchange && pos < len)
	{
		pos += snprintf(buf + pos, len - pos, "%sholding %s", pos ? "; " : "",
						exchange);
	}
	if (ctl_sub(session, "outage-left") && pos < len)
	{
		snprintf(buf + pos, len - pos, "%sgives up in %s", pos ? "; " : "",
				 ctl_duration(ctl_num(session, "outage-left"), left,
							  sizeof(left)));
	}
	return buf;
}

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
 * Get an address without its port.
 */
static char *strip_port(const char *addr, char *buf, size_t len)
{
	snprintf(buf, len, "%.*s", (int)strcspn(addr, "["), addr);
	return buf;
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
			   strip_port(ctl_str(session, "local"), local, sizeof(local)),
			   explain(session, why, sizeof(why)));
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
exit_code_t status_run(mobilityctl_t *this, char *argv[])
{
	ctl_filter_t *filter = &this->filter;
	json_object *answer, *found;
	exit_code_t code;

	filter->connection = argv[0] ?: filter->connection;
	code = ctl_daemon_ask(this->uri, &answer, this->summary ?
						  "mobility-summary" : "mobility-status", "connection",
						  filter->connection, "peer", filter->peer, "role",
						  filter->role, "state", filter->state, NULL);
	if (code != EXIT_OK)
	{
		return code;
	}
	if (ctl_sub(answer, "errmsg"))
	{
		code = ctl_fail(EXIT_ERROR, "%s", ctl_str(answer, "errmsg"));
		json_object_put(answer);
		return code;
	}
	found = ctl_array(answer);
	json_object_put(answer);
	code = this->summary ? rate_counts(found) : rate(found);
	if (this->json)
	{
		ctl_print_json(json_object_get(found), FALSE);
	}
	else if (code == EXIT_NOTHING)
	{
		report_nothing(filter);
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
