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
 * What is drawn.
 */
typedef struct {
	/** arguments */
	mobilityctl_t *ctl;
	/** daemon that is asked */
	ctl_daemon_t *daemon;
	/** sessions by number as they were drawn last, NULL if they were not */
	json_object *before;
	/** when that was, in ms */
	int64_t drawn;
} top_t;

/**
 * Get a time in ms that only goes on.
 */
static int64_t get_time()
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/**
 * Get how many packets there were since the session was drawn last, -1 if that is
 * not known.
 */
static int64_t get_packets(json_object *session, json_object *before,
						   const char *key)
{
	json_object *now = ctl_sub(session, "packets");
	json_object *then = ctl_sub(before, "packets");

	return now && then ? max(0, ctl_num(now, key) - ctl_num(then, key)) : -1;
}

/**
 * Print packets per second, nothing if they are not known.
 */
static char *print_rate(int64_t packets, int64_t ms, char *buf, size_t len)
{
	buf[0] = '\0';
	if (packets >= 0 && ms > 0)
	{
		snprintf(buf, len, "%lld", (long long)(packets * 1000 + ms / 2) / ms);
	}
	return buf;
}

/**
 * Print what got lost of what the peer has sent, nothing if that was nothing.
 */
static char *print_loss(int64_t in, int64_t sent, char *buf, size_t len)
{
	buf[0] = '\0';
	if (sent > 0)
	{
		snprintf(buf, len, "%lld%%",
				 (long long)max(0, 100 - in * 100 / sent));
	}
	return buf;
}

/**
 * Add a session to the table.
 */
static void add_session(ctl_table_t *table, json_object *session,
						json_object *before, int64_t ms)
{
	int64_t in = get_packets(session, before, "in");
	char since[32], local[64], rtt[32] = "", loss[16], received[32], sent[32];
	char why[256];

	if (ctl_num(session, "rtt-ms"))
	{
		snprintf(rtt, sizeof(rtt), "%lld ms",
				 (long long)ctl_num(session, "rtt-ms"));
	}
	table->add(table, ctl_str(session, "connection"), ctl_str(session, "state"),
			   ctl_duration(time(NULL) - ctl_num(session, "since"), since,
							sizeof(since)),
			   ctl_str(session, "uplink"),
			   ctl_strip_port(ctl_str(session, "local"), local, sizeof(local)),
			   rtt, print_loss(in, get_packets(session, before, "peer-out"),
							   loss, sizeof(loss)),
			   print_rate(in, ms, received, sizeof(received)),
			   print_rate(get_packets(session, before, "out"), ms, sent,
						  sizeof(sent)));
	table->note(table, ctl_why(session, why, sizeof(why)));
}

/**
 * Implements ctl_screen_draw_t
 */
static exit_code_t draw(void *user)
{
	top_t *this = user;
	int64_t now, ms;
	json_object *answer;
	ctl_table_t *table;
	exit_code_t code;
	char buf[32];

	code = ctl_status_ask(this->ctl, this->daemon, &answer);
	if (code != EXIT_OK)
	{
		return code;
	}
	now = get_time();
	ms = this->before ? now - this->drawn : 0;
	printf("mobilityctl top, %s, %d session%s, q quits\n",
		   ctl_time(time(NULL), FALSE, buf, sizeof(buf)),
		   json_object_object_length(answer),
		   json_object_object_length(answer) == 1 ? "" : "s");
	table = ctl_table_create(1U << 4, "CONNECTION", "STATE", "FOR", "UPLINK",
							 "ADDRESS", "RTT", "LOSS", "IN/s", "OUT/s", NULL);
	table->states = 1;
	table->used = 1;
	json_object_object_foreach(answer, number, session)
	{
		add_session(table, session, ctl_sub(this->before, number), ms);
	}
	table->print(table);
	table->destroy(table);
	json_object_put(this->before);
	this->before = answer;
	this->drawn = now;
	return EXIT_OK;
}

/*
 * Described in header.
 */
exit_code_t top_run(mobilityctl_t *this, char *argv[])
{
	top_t top = {
		.ctl = this,
	};
	exit_code_t code;

	this->filter.connection = argv[0] ?: this->filter.connection;
	if (this->json)
	{
		return ctl_fail(EXIT_USAGE, "top does not take --json, mobilityctl "
						"status does");
	}
	if (!ctl_screen_prepare())
	{
		return EXIT_USAGE;
	}
	top.daemon = ctl_daemon_connect(this->uri);
	if (!top.daemon)
	{
		return EXIT_UNREACHABLE;
	}
	code = ctl_screen_run(draw, &top);
	json_object_put(top.before);
	top.daemon->destroy(top.daemon);
	return code;
}
