/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include <library.h>
#include <threading/condvar.h>
#include <threading/mutex.h>

#include "ctl_daemon.h"
#include "ctl_output.h"

/** How long to wait for what comes of it, in ms; a test takes a second. */
#define PATIENCE 10000

/**
 * A move that was asked for.
 */
typedef struct {
	/** connection and uplink, as the user named them */
	char *connection, *uplink;
	/** what came of it: "moved", or why not; NULL if nothing yet */
	char *outcome;
	/** it was moved */
	bool moved;
	/** lock, events come from another thread */
	mutex_t *mutex;
	/** signaled with the outcome */
	condvar_t *condvar;
} switch_t;

/**
 * Find out whether a connection has a session.  That the daemon did not do what
 * it was told does not say so.
 */
static bool has_session(ctl_daemon_t *daemon, const char *connection)
{
	json_object *answer;
	bool found = TRUE;

	answer = daemon->call(daemon, "mobility-status", "connection", connection,
						  NULL);
	if (answer)
	{
		found = json_object_object_length(answer) > 0;
		json_object_put(answer);
	}
	return found;
}

/**
 * Note what came of it.
 */
static void set_outcome(switch_t *this, bool moved, const char *outcome)
{
	if (!this->outcome)
	{
		this->moved = moved;
		this->outcome = strdup(outcome);
		this->condvar->signal(this->condvar);
	}
}

/**
 * Look if a session has completed the move.
 */
static void check_move(switch_t *this, json_object *session)
{
	json_object *move = ctl_sub(session, "last-move");
	char outcome[64];

	if (move && streq(ctl_str(move, "to"), this->uplink))
	{
		snprintf(outcome, sizeof(outcome), "in %lld ms",
				 (long long)ctl_num(move, "duration-ms"));
		set_outcome(this, TRUE, outcome);
	}
}

/**
 * Look if the path failed its test, or is gone.
 */
static void check_paths(switch_t *this, json_object *section)
{
	json_object *paths, *path;
	bool found = FALSE;
	int i;

	paths = ctl_array(section);
	for (i = 0; i < json_object_array_length(paths); i++)
	{
		path = json_object_array_get_idx(paths, i);
		if (streq(ctl_str(path, "uplink"), this->uplink))
		{
			found = TRUE;
			if (!ctl_num(path, "usable"))
			{
				set_outcome(this, FALSE, ctl_str(path, "reason"));
			}
		}
	}
	json_object_put(paths);
	if (!found)
	{
		set_outcome(this, FALSE, "nothing leads to the peer anymore");
	}
}

CALLBACK(on_event, void,
	switch_t *this, const char *name, json_object *event)
{
	json_object *sessions, *session;
	int i;

	this->mutex->lock(this->mutex);
	sessions = ctl_array(event);
	for (i = 0; i < json_object_array_length(sessions); i++)
	{
		session = json_object_array_get_idx(sessions, i);
		if (streq(ctl_str(session, "connection"), this->connection))
		{
			if (streq(name, "mobility-move"))
			{
				check_move(this, session);
			}
			else
			{
				check_paths(this, ctl_sub(session, "paths"));
			}
		}
	}
	json_object_put(sessions);
	this->mutex->unlock(this->mutex);
}

/**
 * Wait for the outcome and report it.
 */
static exit_code_t report_outcome(switch_t *this)
{
	exit_code_t code = EXIT_OK;

	this->mutex->lock(this->mutex);
	while (!this->outcome)
	{
		if (this->condvar->timed_wait(this->condvar, this->mutex, PATIENCE))
		{
			break;
		}
	}
	if (!this->outcome)
	{
		code = ctl_fail(EXIT_ERROR, "%s has not moved to %s yet, mobilityctl "
						"watch follows it", this->connection, this->uplink);
	}
	else if (!this->moved)
	{
		code = ctl_fail(EXIT_ERROR, "%s was not moved to %s: %s",
						this->connection, this->uplink, this->outcome);
	}
	else
	{
		printf("%s moved to %s %s\n", this->connection, this->uplink,
			   this->outcome);
	}
	this->mutex->unlock(this->mutex);
	return code;
}

/**
 * Ask for the move.
 */
static exit_code_t run(mobilityctl_t *ctl, switch_t *this,
					   ctl_daemon_t *daemon)
{
	exit_code_t code = EXIT_OK;
	json_object *answer;
	bool success;

	if (!ctl->json && !daemon->listen(daemon, on_event, this, "mobility-move",
									  "mobility-path", NULL))
	{
		return daemon->failure;
	}
	answer = daemon->call(daemon, "mobility-switch", "connection",
						  this->connection, "uplink", this->uplink, NULL);
	if (!answer)
	{
		return daemon->failure;
	}
	success = ctl_num(answer, "success");
	if (!success)
	{
		code = has_session(daemon, this->connection) ? EXIT_ERROR
													 : EXIT_NOTHING;
		ctl_fail(code, "%s was not moved to %s: %s", this->connection,
				 this->uplink, ctl_str(answer, "errmsg"));
	}
	if (ctl->json)
	{
		ctl_print_json(json_object_get(answer), FALSE);
	}
	json_object_put(answer);
	return success && !ctl->json ? report_outcome(this) : code;
}

/*
 * Described in header.
 */
exit_code_t switch_run(mobilityctl_t *this, char *argv[])
{
	exit_code_t code;
	ctl_daemon_t *daemon;
	switch_t move = {
		.connection = argv[0],
		.uplink = argv[1],
	};

	daemon = ctl_daemon_connect(this->uri);
	if (!daemon)
	{
		return EXIT_UNREACHABLE;
	}
	move.mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	move.condvar = condvar_create(CONDVAR_TYPE_DEFAULT);
	code = run(this, &move, daemon);
	daemon->destroy(daemon);
	move.condvar->destroy(move.condvar);
	move.mutex->destroy(move.mutex);
	free(move.outcome);
	return code;
}
