/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "control/child.h"
#include "control/script.h"

#include <collections/array.h>
#include <threading/mutex.h>
#include <threading/thread.h>
#include <utils/debug.h>

/** how many scripts run side by side */
#define MAX_RUNNING 8

/** seconds that scripts have to end when charon does */
#define GRACE 2

/** variables in the environment of a script */
#define MAX_ENV 32

typedef struct private_mobility_script_t private_mobility_script_t;
typedef struct run_t run_t;

/**
 * Private data of a mobility_script_t.
 */
struct private_mobility_script_t {

	/**
	 * Public interface.
	 */
	mobility_script_t public;

	/**
	 * Names the script.
	 */
	mobility_settings_t *settings;

	/**
	 * Seconds a script may run.
	 */
	u_int timeout;

	/**
	 * Runs that wait, as run_t*, in the order of the events.
	 */
	array_t *waiting;

	/**
	 * Runs under way, as run_t*, the thread's own.
	 */
	array_t *running;

	/**
	 * Runs the scripts, NULL before there is the first.
	 */
	thread_t *thread;

	/**
	 * Wakes the thread.
	 */
	int wakeup;

	/**
	 * Being destroyed.
	 */
	bool closing;

	/**
	 * Lock for waiting, thread and closing.
	 */
	mutex_t *mutex;
};

/**
 * A run of the script.
 */
struct run_t {
	/** number of the session */
	uint32_t session;
	/** script */
	char *path;
	/** its environment, terminated by NULL */
	char *env[MAX_ENV + 1];
	/** number of variables */
	int count;
	/** process, NULL while waiting */
	mobility_child_t *child;
};

/**
 * Destroy a run_t.
 */
static void run_destroy(run_t *run)
{
	int i;

	DESTROY_IF(run->child);
	for (i = 0; i < run->count; i++)
	{
		free(run->env[i]);
	}
	free(run->path);
	free(run);
}

/**
 * Add a variable to the environment.
 */
static void add_env(run_t *run, const char *name, const char *fmt, ...)
{
	char value[256], *variable;
	va_list args;

	va_start(args, fmt);
	vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	if (run->count < MAX_ENV && asprintf(&variable, "%s=%s", name, value) > 0)
	{
		run->env[run->count++] = variable;
	}
}

/**
 * Add what is known about a session.
 */
static void add_status(run_t *run, const mobility_status_t *status)
{
	add_env(run, "MOBILITY_CONNECTION", "%s", status->connection);
	add_env(run, "MOBILITY_SESSION", "%u", status->session);
	add_env(run, "MOBILITY_UNIQUE_ID", "%u", status->ike_id);
	add_env(run, "MOBILITY_ROLE", "%s", status->mobile ? "mobile" : "anchor");
	add_env(run, "MOBILITY_STATE", "%N", mobility_state_names, status->state);
	add_env(run, "MOBILITY_SINCE", "%llu", (unsigned long long)status->since);
	add_env(run, "MOBILITY_CAUSE", "%s", status->cause);
	add_env(run, "MOBILITY_UPLINK", "%s", status->uplink);
	if (status->local)
	{
		add_env(run, "MOBILITY_LOCAL", "%H", status->local);
	}
	if (status->remote)
	{
		add_env(run, "MOBILITY_REMOTE", "%H", status->remote);
	}
	add_env(run, "MOBILITY_NAT_LOCAL", "%s", status->nat_local ? "yes" : "no");
	add_env(run, "MOBILITY_NAT_REMOTE", "%s",
			status->nat_remote ? "yes" : "no");
	add_env(run, "MOBILITY_COST", "%u", status->cost);
	add_env(run, "MOBILITY_OUTAGE_TIME", "%u", status->outage_time);
	if (status->state != MOBILITY_CONNECTED && status->outage_time)
	{
		add_env(run, "MOBILITY_OUTAGE_LEFT", "%u", status->outage_left);
	}
	add_env(run, "MOBILITY_MOVES", "%u", status->moves);
}

/**
 * Add what is known about a move.
 */
static void add_move(run_t *run, const mobility_move_t *move)
{
	add_env(run, "MOBILITY_FROM", "%s", move->from);
	add_env(run, "MOBILITY_TO", "%s", move->to);
	add_env(run, "MOBILITY_TRIGGER", "%s", move->trigger);
	add_env(run, "MOBILITY_DURATION_MS", "%u", move->duration);
}

/**
 * Create a run for an event.
 */
static run_t *create_run(char *path, enum mobility_event_kind_t kind,
						 mobility_state_t old, const mobility_status_t *status)
{
	run_t *run;

	INIT(run,
		.session = status->session,
		.path = path,
	);
	add_env(run, "PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
			"/sbin:/bin");
	add_env(run, "MOBILITY_EVENT", "%s",
			kind == MOBILITY_EVENT_MOVE ? "move" : "state");
	add_status(run, status);
	if (kind == MOBILITY_EVENT_MOVE)
	{
		add_move(run, &status->last_move);
	}
	else
	{
		add_env(run, "MOBILITY_OLD_STATE", "%N", mobility_state_names, old);
	}
	return run;
}

/**
 * Check if a script runs for a session.
 */
static bool is_running(private_mobility_script_t *this, uint32_t session)
{
	run_t *run;
	int i;

	for (i = 0; array_get(this->running, i, &run); i++)
	{
		if (run->session == session)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Take the first run that needs not wait for another one.
 */
static run_t *get_next(private_mobility_script_t *this)
{
	run_t *run, *found = NULL;
	int i;

	if (array_count(this->running) >= MAX_RUNNING)
	{
		return NULL;
	}
	this->mutex->lock(this->mutex);
	for (i = 0; !found && array_get(this->waiting, i, &run); i++)
	{
		if (!is_running(this, run->session))
		{
			array_remove(this->waiting, i, &found);
		}
	}
	this->mutex->unlock(this->mutex);
	return found;
}

/**
 * Start the scripts that may run now.
 */
static void start_waiting(private_mobility_script_t *this)
{
	run_t *run;

	while ((run = get_next(this)))
	{
		run->child = mobility_child_create(run->path, run->env, this->timeout);
		if (run->child)
		{
			array_insert(this->running, ARRAY_TAIL, run);
		}
		else
		{
			run_destroy(run);
		}
	}
}

/**
 * Look after the scripts that run.
 */
static void handle_running(private_mobility_script_t *this)
{
	run_t *run;
	int i;

	for (i = array_count(this->running) - 1; i >= 0; i--)
	{
		if (array_get(this->running, i, &run) &&
			!run->child->handle(run->child))
		{
			array_remove(this->running, i, NULL);
			run_destroy(run);
		}
	}
}

/**
 * Wait until there is something to do.
 */
static void wait_for(private_mobility_script_t *this)
{
	struct pollfd pfd[1 + MAX_RUNNING * MOBILITY_CHILD_FDS] = {
		{
			.fd = this->wakeup,
			.events = POLLIN,
		},
	};
	enumerator_t *enumerator;
	int count = 1, timeout = -1;
	uint64_t value;
	run_t *run;

	enumerator = array_create_enumerator(this->running);
	while (enumerator->enumerate(enumerator, &run))
	{
		count += run->child->get_fds(run->child, pfd + count, &timeout);
	}
	enumerator->destroy(enumerator);
	if (poll(pfd, count, timeout) > 0 && pfd[0].revents)
	{
		ignore_result(read(this->wakeup, &value, sizeof(value)));
	}
}

/**
 * Thread that runs scripts.
 */
static void *run_scripts(private_mobility_script_t *this)
{
	bool closing;

	while (TRUE)
	{
		this->mutex->lock(this->mutex);
		closing = this->closing;
		this->mutex->unlock(this->mutex);
		if (closing)
		{
			return NULL;
		}
		handle_running(this);
		start_waiting(this);
		wait_for(this);
	}
}

/**
 * Let the thread do something.
 */
static void wake_up(private_mobility_script_t *this)
{
	ignore_result(write(this->wakeup, &(uint64_t){ 1 }, sizeof(uint64_t)));
}

/**
 * Drop the oldest waiting run of a session if there are too many.  Mutex must
 * be held.
 */
static void limit_queue(private_mobility_script_t *this, uint32_t session)
{
	run_t *run, *oldest = NULL;
	u_int count = 0;
	int at = 0, i;

	for (i = 0; array_get(this->waiting, i, &run); i++)
	{
		if (run->session == session && !count++)
		{
			oldest = run;
			at = i;
		}
	}
	if (count >= MOBILITY_SCRIPT_QUEUE)
	{
		DBG1(DBG_CFG, "mobility: %s is too slow for what happens, not running "
			 "it for the oldest event of session %u", oldest->path, session);
		array_remove(this->waiting, at, NULL);
		run_destroy(oldest);
	}
}

METHOD(mobility_observer_t, event, void,
	mobility_observer_t *observer, enum mobility_event_kind_t kind,
	mobility_state_t old, const mobility_status_t *status, array_t *paths)
{
	private_mobility_script_t *this = (private_mobility_script_t*)observer;
	char *path;

	if (kind == MOBILITY_EVENT_PATH)
	{
		return;
	}
	path = this->settings->get_script(this->settings);
	if (!path)
	{
		return;
	}
	this->mutex->lock(this->mutex);
	limit_queue(this, status->session);
	array_insert(this->waiting, ARRAY_TAIL,
				 create_run(path, kind, old, status));
	if (!this->thread)
	{
		this->thread = thread_create((thread_main_t)run_scripts, this);
	}
	this->mutex->unlock(this->mutex);
	wake_up(this);
}

/**
 * Ask the scripts that run to end, and give them a moment to do so.
 */
static void end_running(private_mobility_script_t *this)
{
	enumerator_t *enumerator;
	time_t deadline;
	run_t *run;

	enumerator = array_create_enumerator(this->running);
	while (enumerator->enumerate(enumerator, &run))
	{
		run->child->terminate(run->child);
	}
	enumerator->destroy(enumerator);
	deadline = time_monotonic(NULL) + GRACE;
	while (array_count(this->running) && time_monotonic(NULL) < deadline)
	{
		handle_running(this);
		usleep(10000);
	}
}

METHOD(mobility_script_t, destroy, void,
	private_mobility_script_t *this)
{
	this->mutex->lock(this->mutex);
	this->closing = TRUE;
	this->mutex->unlock(this->mutex);
	if (this->thread)
	{
		wake_up(this);
		this->thread->join(this->thread);
		end_running(this);
	}
	array_destroy_function(this->waiting, (void*)run_destroy, NULL);
	array_destroy_function(this->running, (void*)run_destroy, NULL);
	if (this->wakeup != -1)
	{
		close(this->wakeup);
	}
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_script_t *mobility_script_create(mobility_settings_t *settings,
										  u_int timeout)
{
	private_mobility_script_t *this;

	INIT(this,
		.public = {
			.observer = {
				.event = _event,
			},
			.destroy = _destroy,
		},
		.settings = settings,
		.timeout = timeout,
		.waiting = array_create(0, 0),
		.running = array_create(0, 0),
		.wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
