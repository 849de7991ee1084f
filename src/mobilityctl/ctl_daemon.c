/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl_daemon.h"

#include <collections/array.h>
#include <libvici.h>
#include <utils/debug.h>

/** seconds to wait for an answer */
#define TIMEOUT 30

typedef struct private_ctl_daemon_t private_ctl_daemon_t;
typedef struct registration_t registration_t;

/**
 * A registration for an event.
 */
struct registration_t {
	/** gets called */
	ctl_daemon_event_t cb;
	/** user data */
	void *user;
};

/**
 * Private data of a ctl_daemon_t.
 */
struct private_ctl_daemon_t {

	/**
	 * Public interface.
	 */
	ctl_daemon_t public;

	/**
	 * URI of the socket.
	 */
	char *uri;

	/**
	 * Connection.
	 */
	vici_conn_t *conn;

	/**
	 * Registrations, as registration_t*.
	 */
	array_t *registrations;
};

/**
 * Message for on_timeout().
 */
static char timeout_message[256];

/**
 * libvici waits for an answer for ever, so this ends the program.
 */
static void on_timeout(int signal)
{
	if (write(STDERR_FILENO, timeout_message, strlen(timeout_message)) < 0)
	{
		_exit(EXIT_ERROR);
	}
	_exit(EXIT_UNREACHABLE);
}

/**
 * Limit the time for what follows.
 */
static void set_timeout(private_ctl_daemon_t *this)
{
	struct sigaction action = {
		.sa_handler = on_timeout,
	};

	snprintf(timeout_message, sizeof(timeout_message), "mobilityctl: the "
			 "daemon at %.128s accepts connections but does not answer; is it "
			 "stopped, or in a debugger?\n", this->uri);
	sigaction(SIGALRM, &action, NULL);
	alarm(TIMEOUT);
}

/**
 * Turn a value into JSON, by the name of its key.
 */
static json_object *create_value(const char *key, const char *value)
{
	static const char *numbers[] = {
		"cost", "duration-ms", "metric", "moves", "outage-left",
		"outage-time", "prefix", "session", "since", "time", "unique-id",
	};
	static const char *bools[] = {
		"current", "success", "usable",
	};
	int i;

	for (i = 0; i < countof(numbers); i++)
	{
		if (streq(numbers[i], key))
		{
			return json_object_new_int64(strtoll(value, NULL, 10));
		}
	}
	for (i = 0; i < countof(bools); i++)
	{
		if (streq(bools[i], key))
		{
			return json_object_new_boolean(streq(value, "yes"));
		}
	}
	return json_object_new_string(value);
}

/**
 * Turn a list into JSON.
 */
static json_object *parse_list(vici_res_t *res)
{
	json_object *list = json_object_new_array();
	char *value;

	while (vici_parse(res) == VICI_PARSE_LIST_ITEM)
	{
		value = vici_parse_value_str(res);
		json_object_array_add(list, json_object_new_string(value ?: ""));
	}
	return list;
}

/**
 * Turn a section into JSON.
 */
static json_object *parse_section(vici_res_t *res)
{
	json_object *section = json_object_new_object();
	char *name, *value;

	while (TRUE)
	{
		switch (vici_parse(res))
		{
			case VICI_PARSE_BEGIN_SECTION:
				name = vici_parse_name(res);
				json_object_object_add(section, name, parse_section(res));
				break;
			case VICI_PARSE_BEGIN_LIST:
				name = vici_parse_name(res);
				json_object_object_add(section, name, parse_list(res));
				break;
			case VICI_PARSE_KEY_VALUE:
				name = vici_parse_name(res);
				value = vici_parse_value_str(res);
				json_object_object_add(section, name,
									   create_value(name, value ?: ""));
				break;
			default:
				return section;
		}
	}
}

METHOD(ctl_daemon_t, call, json_object*,
	private_ctl_daemon_t *this, const char *command, ...)
{
	char *key, *value;
	json_object *answer;
	vici_req_t *req;
	vici_res_t *res;
	va_list args;

	req = vici_begin((char*)command);
	va_start(args, command);
	while ((key = va_arg(args, char*)))
	{
		value = va_arg(args, char*);
		if (value)
		{
			vici_add_key_valuef(req, key, "%s", value);
		}
	}
	va_end(args);

	set_timeout(this);
	res = vici_submit(req, this->conn);
	alarm(0);
	if (!res)
	{
		ctl_fail(EXIT_ERROR, errno == ENOENT ?
				 "the daemon at %s does not know the command %s, does it serve "
				 "another socket than the mobility manager's?" :
				 "the daemon at %s did not answer the command %s",
				 this->uri, command);
		return NULL;
	}
	answer = parse_section(res);
	vici_free_res(res);
	return answer;
}

CALLBACK(on_event, void,
	registration_t *registration, char *name, vici_res_t *res)
{
	json_object *event;

	event = parse_section(res);
	registration->cb(registration->user, name, event);
	json_object_put(event);
}

METHOD(ctl_daemon_t, listen_, bool,
	private_ctl_daemon_t *this, const char *event, ctl_daemon_event_t cb,
	void *user)
{
	registration_t *registration;
	int failed;

	INIT(registration,
		.cb = cb,
		.user = user,
	);
	array_insert(this->registrations, ARRAY_TAIL, registration);
	set_timeout(this);
	failed = vici_register(this->conn, (char*)event, on_event, registration);
	alarm(0);
	if (failed)
	{
		ctl_fail(EXIT_ERROR, "the daemon at %s does not know the event %s",
				 this->uri, event);
	}
	return !failed;
}

/**
 * Get the signals for which wait() returns.
 */
static void get_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
}

/**
 * Let a connection of its own say when the daemon goes away, as libvici does
 * not in all its versions.
 */
static int connect_again(private_ctl_daemon_t *this)
{
	stream_t *stream;
	FILE *file;
	int fd = -1;

	stream = lib->streams->connect(lib->streams, this->uri);
	if (stream)
	{
		file = stream->get_file(stream);
		if (file)
		{
			fd = dup(fileno(file));
			fclose(file);
		}
		stream->destroy(stream);
	}
	return fd;
}

METHOD(ctl_daemon_t, wait_, bool,
	private_ctl_daemon_t *this)
{
	struct pollfd pfd = {
		.fd = connect_again(this),
		.events = POLLIN,
	};
	sigset_t signals, old;
	bool interrupted;
	int found;

	if (pfd.fd == -1)
	{
		return FALSE;
	}
	/* ppoll() unblocks the signals, their handlers do nothing */
	get_signals(&signals);
	pthread_sigmask(SIG_BLOCK, &signals, &old);
	sigdelset(&old, SIGINT);
	sigdelset(&old, SIGTERM);
	do
	{
		found = ppoll(&pfd, 1, NULL, &old);
		interrupted = found == -1;
	}
	while (found == 0);
	close(pfd.fd);
	return interrupted;
}

METHOD(ctl_daemon_t, destroy, void,
	private_ctl_daemon_t *this)
{
	registration_t *registration;

	if (this->conn)
	{
		vici_disconnect(this->conn);
	}
	while (array_remove(this->registrations, ARRAY_TAIL, &registration))
	{
		free(registration);
	}
	array_destroy(this->registrations);
	free(this->uri);
	free(this);
}

/**
 * Does nothing, but lets a system call return.
 */
static void on_signal(int signal)
{
}

/*
 * Described in header.
 */
void ctl_daemon_block_signals()
{
	struct sigaction action = {
		.sa_handler = on_signal,
	};
	sigset_t signals;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	get_signals(&signals);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

/** libvici is initialized */
static bool initialized;

/**
 * Initialize libvici, once, as a second time it may not get threads to run.
 */
static void initialize()
{
	if (!initialized)
	{
		vici_init();
		initialized = TRUE;
		/* that lets the library log again, what fails is reported here */
		dbg_default_set_level(LEVEL_SILENT);
	}
}

/*
 * Described in header.
 */
void ctl_daemon_deinit()
{
	if (initialized)
	{
		vici_deinit();
		initialized = FALSE;
	}
}

/*
 * Described in header.
 */
ctl_daemon_t *ctl_daemon_try(char *uri)
{
	private_ctl_daemon_t *this;
	int error;

	initialize();
	INIT(this,
		.public = {
			.call = _call,
			.listen = _listen_,
			.wait = _wait_,
			.destroy = _destroy,
		},
		.uri = strdup(uri),
		.registrations = array_create(0, 0),
	);
	errno = EINVAL;
	this->conn = vici_connect(uri);
	if (!this->conn)
	{
		error = errno;
		_destroy(this);
		errno = error;
		return NULL;
	}
	return &this->public;
}

/*
 * Described in header.
 */
ctl_daemon_t *ctl_daemon_connect(char *uri)
{
	ctl_daemon_t *this;

	this = ctl_daemon_try(uri);
	if (!this)
	{
		switch (errno)
		{
			case EACCES:
			case EPERM:
				ctl_fail(EXIT_UNREACHABLE, "no permission for %s; run this as "
						 "root, or as a member of the group that charon.group "
						 "names", uri);
				break;
			case EINVAL:
				ctl_fail(EXIT_UNREACHABLE, "%s is no URI such as %s", uri,
						 "unix:///run/charon.mobility");
				break;
			default:
				ctl_fail(EXIT_UNREACHABLE, "the mobility manager can't be "
						 "reached at %s: %s; mobilityctl check looks for the "
						 "reason", uri, strerror(errno));
				break;
		}
	}
	return this;
}
