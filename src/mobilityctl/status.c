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

/*
 * Described in header.
 */
exit_code_t status_run(mobilityctl_t *this, char *argv[])
{
	json_object *answer, *sessions;
	exit_code_t code;

	code = ctl_daemon_ask(this->uri, &answer, "mobility-status", "connection",
						  argv[0], NULL);
	if (code != EXIT_OK)
	{
		return code;
	}
	sessions = ctl_array(answer);
	json_object_put(answer);
	code = rate(sessions);
	if (this->json)
	{
		ctl_print_json(json_object_get(sessions), FALSE);
	}
	else if (code != EXIT_NOTHING)
	{
		print_sessions(this, sessions);
	}
	else if (argv[0])
	{
		ctl_fail(code, "there is no session of a connection '%s'; mobilityctl "
				 "status lists all", argv[0]);
	}
	else
	{
		ctl_fail(code, "there are no sessions; only IKEv2 connections with "
				 "MOBIKE that are up have one, swanctl --list-sas lists all");
	}
	json_object_put(sessions);
	return code;
}
