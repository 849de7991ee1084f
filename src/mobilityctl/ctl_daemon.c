/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/read_only.h"
#include "ctl_daemon.h"
#include "ctl_output.h"
#include "ctl_screen.h"
#include "net/vpn_daemon.h"
#include "settings/settings.h"

#include <libvici.h>
#include <utils/debug.h>

/** seconds to wait for an answer */
#define TIMEOUT 30

/** what makes our create_stream() connect to a URI */
#define PREFIX "mobilityctl+"

typedef struct private_ctl_daemon_t private_ctl_daemon_t;

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
	 * Duplicate of the connection's file descriptor, to notice its end.
	 */
	int fd;

	/**
	 * Gets events.
	 */
	ctl_daemon_event_t cb;

	/**
	 * User data for cb.
	 */
	void *user;
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
	ctl_screen_leave();
	if (write(STDERR_FILENO, timeout_message, strlen(timeout_message)) < 0)
	{
		_exit(EXIT_ERROR);
	}
	_exit(EXIT_UNREACHABLE);
}

/**
 * Begin something that waits for an answer.
 */
static void begin(private_ctl_daemon_t *this)
{
	struct sigaction action = {
		.sa_handler = on_timeout,
	};

	snprintf(timeout_message, sizeof(timeout_message), "mobilityctl: the "
			 "daemon at %.128s accepts connections but does not answer; is it "
			 "stopped, or in a debugger?\n", this->uri);
	sigaction(SIGALRM, &action, NULL);
	alarm(TIMEOUT);
	/* libvici returns an error if the daemon closed the connection; but for
	 * the output, the signal is welcome */
	signal(SIGPIPE, SIG_IGN);
}

/**
 * End what begin() began.
 */
static void end()
{
	int error = errno;

	signal(SIGPIPE, SIG_DFL);
	alarm(0);
	errno = error;
}

/**
 * Report that something failed, as errno says.
 */
static void fail(private_ctl_daemon_t *this, const char *kind,
				 const char *name)
{
	if (errno == ENOENT)
	{
		this->public.failure = ctl_fail(EXIT_ERROR, "the daemon at %s does not "
					"know the %s %s, does it serve another socket than the "
					"mobility manager's?", this->uri, kind, name);
	}
	else
	{
		this->public.failure = ctl_fail(EXIT_UNREACHABLE, "the daemon at %s "
					"closed the connection instead of answering; it was "
					"stopped, or has too many clients", this->uri);
	}
}

/**
 * Turn a value into JSON, by the name of its key.
 */
static json_object *create_value(const char *key, const char *value)
{
	static const char *numbers[] = {
		"connected", "connecting", "cost", "dormant", "duration-ms", "failed",
		"in", "left", "metric", "moves", "mtu", "out", "outage-left",
		"outage-time", "peer-out", "penalty",
		"prefix", "redirected", "rtt-ms", "session", "sessions", "silent",
		"since", "time", "unable", "unique-id", "waiting-to-reconnect",
	};
	static const char *bools[] = {
		"current", "metered", "success", "usable", "use",
	};
	int i;

	for (i = 0; i < countof(numbers); i++)
	{
		/* charon's own since is a date */
		if (streq(numbers[i], key) && !strchr(value, ' '))
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

/**
 * Get the name of the events in which the answer to a command comes, NULL if it
 * comes as one.
 */
static char *get_list_event(const char *command)
{
	static const struct {
		const char *command;
		char *event;
	} lists[] = {
		{ "mobility-status", "mobility-list-session" },
		{ "mobility-summary", "mobility-list-summary" },
		{ "mobility-paths", "mobility-list-paths" },
		{ "mobility-explain", "mobility-list-explanation" },
		{ "mobility-interface", "mobility-list-interface" },
		{ "mobility-history", "mobility-list-record" },
		/* charon's own */
		{ "list-conns", "list-conn" },
		{ "mobility-metrics", "mobility-list-metrics" },
	};
	int i;

	for (i = 0; i < countof(lists); i++)
	{
		if (streq(lists[i].command, command))
		{
			return lists[i].event;
		}
	}
	return NULL;
}

CALLBACK(on_listed, void,
	json_object *answer, char *name, vici_res_t *res)
{
	json_object *sections;

	/* the daemon does answer, however long the list is */
	alarm(TIMEOUT);
	sections = parse_section(res);
	json_object_object_foreach(sections, key, section)
	{
		json_object_object_add(answer, key, json_object_get(section));
	}
	json_object_put(sections);
}

/**
 * Submit a request, and add what the daemon says to the answer.
 */
static bool submit(private_ctl_daemon_t *this, const char *command,
				   vici_req_t *req, json_object *answer)
{
	char *event = get_list_event(command);
	vici_res_t *res;

	/* there are such events only until the daemon has answered */
	if (event && vici_register(this->conn, event, on_listed, answer) != 0)
	{
		fail(this, "event", event);
		vici_free_req(req);
		return FALSE;
	}
	res = vici_submit(req, this->conn);
	if (!res)
	{
		fail(this, "command", command);
		return FALSE;
	}
	on_listed(answer, NULL, res);
	vici_free_res(res);
	return TRUE;
}

/**
 * Send a command with its arguments, and wait for the answer.
 */
static json_object *call_args(private_ctl_daemon_t *this, const char *command,
							  va_list args)
{
	char *key, *value;
	json_object *answer;
	vici_req_t *req;

	req = vici_begin((char*)command);
	while ((key = va_arg(args, char*)))
	{
		value = va_arg(args, char*);
		if (value)
		{
			vici_add_key_valuef(req, key, "%s", value);
		}
	}

	answer = json_object_new_object();
	begin(this);
	if (!submit(this, command, req, answer))
	{
		json_object_put(answer);
		answer = NULL;
	}
	end();
	return answer;
}

METHOD(ctl_daemon_t, call, json_object*,
	private_ctl_daemon_t *this, const char *command, ...)
{
	json_object *answer;
	va_list args;

	va_start(args, command);
	answer = call_args(this, command, args);
	va_end(args);
	return answer;
}

CALLBACK(on_event, void,
	private_ctl_daemon_t *this, char *name, vici_res_t *res)
{
	json_object *event;

	event = parse_section(res);
	this->cb(this->user, name, event);
	json_object_put(event);
}

METHOD(ctl_daemon_t, listen_, bool,
	private_ctl_daemon_t *this, ctl_daemon_event_t cb, void *user, ...)
{
	int failed = 0;
	char *event;
	va_list args;

	this->cb = cb;
	this->user = user;
	va_start(args, user);
	while (!failed && (event = va_arg(args, char*)))
	{
		begin(this);
		failed = vici_register(this->conn, event, on_event, this);
		end();
		if (failed)
		{
			fail(this, "event", event);
		}
	}
	va_end(args);
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
 * File descriptor of the connection created last, see create_stream().
 */
static int created = -1;

/**
 * Connect to what follows our prefix.  libvici does not say in all its versions
 * when a connection was closed and never gives out its file descriptor, so this
 * keeps a duplicate.
 */
static stream_t *create_stream(char *uri)
{
	stream_t *stream;
	FILE *file;

	stream = lib->streams->connect(lib->streams, uri + strlen(PREFIX));
	if (stream)
	{
		file = stream->get_file(stream);
		if (file)
		{
			created = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
			fclose(file);
		}
	}
	return stream;
}

METHOD(ctl_daemon_t, wait_, bool,
	private_ctl_daemon_t *this)
{
	struct pollfd pfd = {
		.fd = this->fd,
		/* it is libvici that reads */
		.events = POLLRDHUP,
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
	return interrupted;
}

METHOD(ctl_daemon_t, destroy, void,
	private_ctl_daemon_t *this)
{
	if (this->conn)
	{
		vici_disconnect(this->conn);
	}
	if (this->fd != -1)
	{
		close(this->fd);
	}
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
		lib->streams->add_stream(lib->streams, PREFIX, create_stream);
		initialized = TRUE;
		/* that lets the library log again, what fails is reported here */
		dbg_default_set_level(LEVEL_SILENT);
	}
}

/*
 * Described in header.
 */
char *ctl_daemon_find_uri(char *plugin, char *def)
{
	static const char *daemons[] = { "charon-systemd", "charon" };
	char *uri;
	int i;

	for (i = 0; i < countof(daemons); i++)
	{
		uri = lib->settings->get_str(lib->settings, "%s.plugins.%s.socket",
									 NULL, daemons[i], plugin);
		if (uri && *uri)
		{
			return uri;
		}
	}
	return def;
}

/**
 * Wait until the watcher has noticed that it has nothing to watch anymore, a second
 * at most: it is not to be cancelled while it polls, then it would go without
 * letting go of anything.
 */
static void stop_watcher()
{
	int i;

	for (i = 0; i < 1000 &&
		 lib->watcher->get_state(lib->watcher) != WATCHER_STOPPED; i++)
	{
		usleep(1000);
	}
}

/*
 * Described in header.
 */
void ctl_daemon_deinit()
{
	if (initialized)
	{
		lib->streams->remove_stream(lib->streams, create_stream);
		stop_watcher();
		vici_deinit();
		initialized = FALSE;
	}
}

/**
 * Connect to the socket, or to the one beside it that is for those who may only
 * look.  Sets errno if neither can be.
 */
static vici_conn_t *connect_to(const char *uri)
{
	char watched[PATH_MAX], read_only[PATH_MAX];
	vici_conn_t *conn;

	created = -1;
	errno = EINVAL;
	snprintf(watched, sizeof(watched), "%s%s", PREFIX, uri);
	conn = vici_connect(watched);
	if (!conn && ctl_daemon_is_denied(errno) &&
		mobility_read_only_uri(uri, read_only, sizeof(read_only)))
	{
		snprintf(watched, sizeof(watched), "%s%s", PREFIX, read_only);
		conn = vici_connect(watched);
		errno = EACCES;
	}
	return conn;
}

/*
 * Described in header.
 */
bool ctl_daemon_is_denied(int error)
{
	return error == EACCES || error == EPERM;
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
	);
	this->conn = connect_to(uri);
	this->fd = created;
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
char *ctl_daemon_find_vpn()
{
	static char uri[64];

	snprintf(uri, sizeof(uri), MOBILITY_DEFAULT_URI_OF, MOBILITY_VPN_DAEMON);
	return lib->settings->get_str(lib->settings,
								  "%s.plugins.mobility-manager.socket", uri,
								  MOBILITY_VPN_DAEMON);
}

/**
 * Check if somebody is there, even if we may not connect.
 */
static bool is_there(char *uri)
{
	ctl_daemon_t *daemon;

	daemon = ctl_daemon_try(uri);
	if (!daemon)
	{
		return ctl_daemon_is_denied(errno);
	}
	daemon->destroy(daemon);
	return TRUE;
}

/*
 * Described in header.
 */
char *ctl_daemon_find_manager()
{
	char *uri, *vpn = ctl_daemon_find_vpn();

	uri = ctl_daemon_find_uri("mobility-manager", MOBILITY_DEFAULT_URI);
	return !is_there(uri) && is_there(vpn) ? vpn : uri;
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
				ctl_fail(EXIT_UNREACHABLE, "no permission for %s; " CTL_DENIED,
						 uri);
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

/*
 * Described in header.
 */
exit_code_t ctl_daemon_ask(char *uri, json_object **answer,
						   const char *command, ...)
{
	ctl_daemon_t *daemon;
	exit_code_t failure;
	va_list args;

	daemon = ctl_daemon_connect(uri);
	if (!daemon)
	{
		return EXIT_UNREACHABLE;
	}
	va_start(args, command);
	*answer = call_args((private_ctl_daemon_t*)daemon, command, args);
	va_end(args);
	failure = daemon->failure;
	daemon->destroy(daemon);
	return *answer ? EXIT_OK : failure;
}

/*
 * Described in header.
 */
exit_code_t ctl_daemon_list(char *uri, json_object **list, const char *command,
							const char *connection)
{
	json_object *answer;
	exit_code_t code;

	code = ctl_daemon_ask(uri, &answer, command, "connection", connection,
						  NULL);
	if (code == EXIT_OK)
	{
		*list = ctl_array(answer);
		json_object_put(answer);
	}
	return code;
}
