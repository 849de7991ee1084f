/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <time.h>

#include "ctl_daemon.h"
#include "ctl_output.h"

#include <threading/mutex.h>

/**
 * What the callbacks need.
 */
typedef struct {
	/** how to print */
	mobilityctl_t *ctl;
	/** lets one print at a time, and none before the sessions are listed */
	mutex_t *mutex;
} watch_t;

/**
 * Print a line about a connection.
 */
static void print_line(int64_t when, const char *connection, const char *text)
{
	char buf[32];

	printf("%s  %s  %s\n", ctl_time(when, FALSE, buf, sizeof(buf)),
		   connection, text);
	fflush(stdout);
}

/**
 * Describe the candidate paths in a line.
 */
static char *describe_paths(json_object *session, char *buf, size_t len)
{
	json_object *paths, *path;
	const char *verdict;
	int i, count, pos;

	paths = ctl_array(ctl_sub(session, "paths"));
	count = json_object_array_length(paths);
	pos = snprintf(buf, len, count ? "paths:" : "no path");
	for (i = 0; i < count && pos < len; i++)
	{
		path = json_object_array_get_idx(paths, i);
		verdict = ctl_str(path, "reason");
		if (!*verdict)
		{
			verdict = ctl_num(path, "current") ? "in use" : "usable";
		}
		pos += snprintf(buf + pos, len - pos, "%s %s (%s)", i ? "," : "",
						ctl_str(path, "uplink"), verdict);
	}
	json_object_put(paths);
	return buf;
}

/**
 * Print an event for people.
 */
static void print_event(const char *name, const char *old,
						json_object *session)
{
	const char *connection = ctl_str(session, "connection");
	json_object *move = ctl_sub(session, "last-move");
	char buf[512];

	if (streq(name, "mobility-path"))
	{
		print_line(time(NULL), connection,
				   describe_paths(session, buf, sizeof(buf)));
	}
	else if (streq(name, "mobility-state"))
	{
		print_line(ctl_num(session, "since"), connection,
				   ctl_happening(session, FALSE, old, buf, sizeof(buf)));
	}
	else if (move)
	{
		print_line(ctl_num(move, "time"), connection,
				   ctl_happening(move, TRUE, NULL, buf, sizeof(buf)));
	}
}

/**
 * Print an event for programs.
 */
static void print_json(const char *name, const char *old, json_object *session)
{
	json_object *object;

	object = json_object_new_object();
	json_object_object_add(object, "event", json_object_new_string(name));
	json_object_object_add(object, "received",
						   json_object_new_int64(time(NULL)));
	if (old && *old)
	{
		json_object_object_add(object, "old-state",
							   json_object_new_string(old));
	}
	ctl_flatten(session, "paths");
	json_object_object_add(object, "session", json_object_get(session));
	ctl_print_json(object, TRUE);
}

/**
 * Print an event, or "status" for the state at the start.
 */
static void print(watch_t *this, const char *name, json_object *event)
{
	const char *old = ctl_str(event, "old-state");
	json_object *sessions, *session;
	int i;

	sessions = ctl_array(event);
	for (i = 0; i < json_object_array_length(sessions); i++)
	{
		session = json_object_array_get_idx(sessions, i);
		if (this->ctl->json)
		{
			print_json(name, old, session);
		}
		else
		{
			print_event(streq(name, "status") ? "mobility-state" : name, old,
						session);
		}
	}
	json_object_put(sessions);
}

CALLBACK(on_event, void,
	watch_t *this, const char *name, json_object *event)
{
	this->mutex->lock(this->mutex);
	print(this, name, event);
	this->mutex->unlock(this->mutex);
}

/**
 * Register for all events, and list the sessions as they are.
 */
static bool start(watch_t *this, ctl_daemon_t *daemon)
{
	json_object *answer;

	if (!daemon->listen(daemon, on_event, this, "mobility-state",
						"mobility-move", "mobility-path", NULL))
	{
		return FALSE;
	}
	answer = daemon->call(daemon, "mobility-status", NULL);
	if (!answer)
	{
		return FALSE;
	}
	this->mutex->lock(this->mutex);
	print(this, "status", answer);
	if (!this->ctl->json && !json_object_object_length(answer))
	{
		printf("there are no sessions yet\n");
		fflush(stdout);
	}
	this->mutex->unlock(this->mutex);
	json_object_put(answer);
	return TRUE;
}

/*
 * Described in header.
 */
exit_code_t watch_run(mobilityctl_t *this, char *argv[])
{
	exit_code_t code;
	ctl_daemon_t *daemon;
	watch_t watch = {
		.ctl = this,
	};

	ctl_daemon_block_signals();
	daemon = ctl_daemon_connect(this->uri);
	if (!daemon)
	{
		return EXIT_UNREACHABLE;
	}
	watch.mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	if (start(&watch, daemon))
	{
		code = EXIT_OK;
		if (!daemon->wait(daemon))
		{
			code = ctl_fail(EXIT_UNREACHABLE, "the daemon went away");
		}
	}
	else
	{
		code = daemon->failure;
	}
	daemon->destroy(daemon);
	watch.mutex->destroy(watch.mutex);
	return code;
}
