/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/vici_server.h"

#include <collections/linked_list.h>
#include <threading/condvar.h>
#include <threading/mutex.h>
#include <threading/thread.h>
#include <utils/debug.h>

/** connections that may wait to be accepted */
#define BACKLOG 16

typedef struct private_mobility_vici_server_t private_mobility_vici_server_t;
typedef struct connection_t connection_t;
typedef enum pending_t pending_t;

/**
 * What a client is to do.
 */
enum pending_t {
	/** nothing, it may be quiet as long as it likes */
	PENDING_NOTHING,
	/** send the rest of its message */
	PENDING_INPUT,
	/** read what is for it */
	PENDING_OUTPUT,
};

/**
 * Private data of a mobility_vici_server_t.
 */
struct private_mobility_vici_server_t {

	/**
	 * Public interface.
	 */
	mobility_vici_server_t public;

	/**
	 * What is served.
	 */
	mobility_service_t service;

	/**
	 * Seconds until a client that makes no progress is disconnected.
	 */
	u_int timeout;

	/**
	 * Accepts connections.
	 */
	stream_service_t *acceptor;

	/**
	 * Clients, as connection_t*.
	 */
	linked_list_t *connections;

	/**
	 * Thread that ended last, nobody joined it yet.
	 */
	thread_t *ended;

	/**
	 * Being destroyed.
	 */
	bool closing;

	/**
	 * Lock for connections, with used, idle and dropped of each, ended and
	 * closing.
	 */
	mutex_t *mutex;

	/**
	 * Signaled when a connection ended.
	 */
	condvar_t *condvar;
};

/**
 * A connected client.
 */
struct connection_t {
	/** server */
	private_mobility_vici_server_t *server;
	/** protocol */
	mobility_vici_connection_t *client;
	/** socket */
	int fd;
	/** wakes the thread that serves the client */
	int wakeup;
	/** what the client is to do */
	pending_t pending;
	/** until when */
	timeval_t deadline;
	/** when it connected, or its last request was handled */
	timeval_t used;
	/** waits for a request of the client */
	bool idle;
	/** has to make room for another client */
	bool dropped;
};

/**
 * Destroy a connection_t.
 */
static void connection_destroy(connection_t *this)
{
	if (this->fd != -1)
	{
		close(this->fd);
	}
	if (this->wakeup != -1)
	{
		close(this->wakeup);
	}
	this->client->destroy(this->client);
	free(this);
}

/**
 * Wake the thread that serves a client.
 */
static void wake_up(connection_t *this)
{
	ignore_result(write(this->wakeup, &(uint64_t){ 1 }, sizeof(uint64_t)));
}

/**
 * Check if a client is not served anymore: the server is being destroyed, or
 * there has to be room for another one, which is an error.
 */
static bool is_over(connection_t *this, const char **error)
{
	bool over;

	this->server->mutex->lock(this->server->mutex);
	over = this->server->closing;
	if (!over && this->dropped)
	{
		*error = "there are too many, and it was idle for the longest time";
		over = TRUE;
	}
	this->server->mutex->unlock(this->server->mutex);
	return over;
}

/**
 * Note whether a request of the client is waited for.
 */
static void set_idle(connection_t *this, bool idle)
{
	this->server->mutex->lock(this->server->mutex);
	this->idle = idle;
	this->server->mutex->unlock(this->server->mutex);
}

/**
 * Note that a request of the client was handled.
 */
static void set_used(connection_t *this)
{
	this->server->mutex->lock(this->server->mutex);
	time_monotonic(&this->used);
	this->server->mutex->unlock(this->server->mutex);
}

/**
 * Read what the client sent.  Returns FALSE if the connection is to be closed.
 */
static bool do_read(connection_t *this, const char **error)
{
	u_char buf[1024];
	ssize_t len;

	len = recv(this->fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (len > 0)
	{
		this->client->receive(this->client, chunk_create(buf, len));
		return TRUE;
	}
	if (len == -1)
	{
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
	}
	if (this->client->is_partial(this->client))
	{
		*error = "disconnected within a message";
	}
	return FALSE;
}

/**
 * Write what the client may take.  Returns FALSE if the connection is to be
 * closed.
 */
static bool do_write(connection_t *this)
{
	u_char buf[4096];
	size_t pending;
	ssize_t len;

	pending = this->client->peek(this->client, buf, sizeof(buf));
	len = send(this->fd, buf, min(pending, sizeof(buf)),
			   MSG_DONTWAIT | MSG_NOSIGNAL);
	if (len == -1)
	{
		return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
	}
	this->client->sent(this->client, len);
	/* that was progress, so the client has time again */
	this->pending = PENDING_NOTHING;
	return TRUE;
}

/**
 * Get the milliseconds left to a client to do what it is to do, -1 if there is
 * no limit.
 */
static int get_timeout(connection_t *this, pending_t pending)
{
	timeval_t now, left;

	time_monotonic(&now);
	if (pending != this->pending)
	{
		this->pending = pending;
		this->deadline = now;
		this->deadline.tv_sec += this->server->timeout;
	}
	if (pending == PENDING_NOTHING)
	{
		return -1;
	}
	if (!timercmp(&now, &this->deadline, <))
	{
		return 0;
	}
	timersub(&this->deadline, &now, &left);
	return left.tv_sec * 1000 + left.tv_usec / 1000 + 1;
}

/**
 * Wait until there is something to do.  Returns FALSE if the client did not do
 * in time what it was to do.
 */
static bool wait_for(connection_t *this, pending_t pending, bool *ready)
{
	struct pollfd pfd[] = {
		{
			.fd = this->fd,
			.events = pending == PENDING_OUTPUT ? POLLOUT : POLLIN,
		},
		{
			.fd = this->wakeup,
			.events = POLLIN,
		},
	};
	uint64_t count;
	int found;

	set_idle(this, pending != PENDING_OUTPUT);
	found = poll(pfd, countof(pfd), get_timeout(this, pending));
	set_idle(this, FALSE);
	*ready = found > 0 && pfd[0].revents;
	if (found > 0 && pfd[1].revents)
	{
		ignore_result(read(this->wakeup, &count, sizeof(count)));
	}
	return found != 0;
}

/**
 * Serve a client until it disconnects.  Returns why it gets disconnected, NULL
 * if there is nothing to complain about.
 */
static const char *serve(connection_t *this)
{
	const char *error = NULL;
	pending_t pending;
	bool ready;

	while (!is_over(this, &error))
	{
		/* the next request has to wait until the answer to the last one is
		 * sent, so a client can't make us queue answers */
		if (this->client->peek(this->client, NULL, 0))
		{
			pending = PENDING_OUTPUT;
		}
		else if (this->client->process(this->client, &error))
		{
			this->pending = PENDING_NOTHING;
			set_used(this);
			continue;
		}
		else
		{
			pending = this->client->is_partial(this->client) ?
										PENDING_INPUT : PENDING_NOTHING;
		}
		if (this->client->is_overrun(this->client))
		{
			error = "does not read its events";
		}
		if (!error && !wait_for(this, pending, &ready))
		{
			error = pending == PENDING_OUTPUT ? "does not read what it gets" :
										"does not complete its message";
		}
		if (error || (ready && !(pending == PENDING_OUTPUT ? do_write(this) :
													do_read(this, &error))))
		{
			break;
		}
	}
	return error;
}

/**
 * Thread that serves a client.
 */
static void *serve_connection(connection_t *this)
{
	private_mobility_vici_server_t *server = this->server;
	const char *error;
	thread_t *previous;

	error = serve(this);
	if (error)
	{
		DBG1(DBG_CFG, "mobility: client disconnected: %s", error);
	}

	server->mutex->lock(server->mutex);
	server->connections->remove(server->connections, this, NULL);
	previous = server->ended;
	server->ended = thread_current();
	connection_destroy(this);
	server->condvar->signal(server->condvar);
	server->mutex->unlock(server->mutex);

	/* nobody waits for this thread now, so it cleans up after the previous
	 * one, and the next one does so after it */
	if (previous)
	{
		previous->join(previous);
	}
	return NULL;
}

/**
 * Get a file descriptor of our own for a stream.
 */
static int get_fd(stream_t *stream)
{
	FILE *file;
	int fd = -1;

	file = stream->get_file(stream);
	if (file)
	{
		fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 0);
		fclose(file);
	}
	return fd;
}

/**
 * Make sure there is room for another client: who only sits there must not keep
 * others out.  Mutex must be held.
 */
static bool make_room(private_mobility_vici_server_t *this)
{
	connection_t *connection, *found = NULL;
	enumerator_t *enumerator;
	u_int count = 0;

	enumerator = this->connections->create_enumerator(this->connections);
	while (enumerator->enumerate(enumerator, &connection))
	{
		if (connection->dropped)
		{
			continue;
		}
		count++;
		if (connection->idle &&
			!connection->client->is_registered(connection->client) &&
			(!found || timercmp(&connection->used, &found->used, <)))
		{
			found = connection;
		}
	}
	enumerator->destroy(enumerator);
	if (count < MOBILITY_SERVER_MAX_CLIENTS)
	{
		return TRUE;
	}
	if (found)
	{
		/* its thread has nothing else to do, so it is gone in a moment */
		found->dropped = TRUE;
		wake_up(found);
	}
	return found != NULL;
}

/**
 * Start to serve a client.  Mutex must be held.
 */
static const char *start(private_mobility_vici_server_t *this, stream_t *stream)
{
	connection_t *connection;

	if (!make_room(this))
	{
		return "too many of them";
	}
	INIT(connection,
		.server = this,
		.client = mobility_vici_connection_create(&this->service),
		.fd = get_fd(stream),
		.wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	);
	time_monotonic(&connection->used);
	this->connections->insert_last(this->connections, connection);
	if (connection->fd == -1 || connection->wakeup == -1 ||
		!thread_create((thread_main_t)serve_connection, connection))
	{
		this->connections->remove_last(this->connections, (void**)&connection);
		connection_destroy(connection);
		return "out of resources";
	}
	return NULL;
}

CALLBACK(on_accept, bool,
	private_mobility_vici_server_t *this, stream_t *stream)
{
	const char *error = NULL;

	this->mutex->lock(this->mutex);
	if (!this->closing)
	{
		error = start(this, stream);
	}
	this->mutex->unlock(this->mutex);
	if (error)
	{
		DBG1(DBG_CFG, "mobility: client refused: %s", error);
	}
	/* we have a descriptor of our own, the stream gets destroyed */
	return FALSE;
}

METHOD(mobility_vici_server_t, raise_, void,
	private_mobility_vici_server_t *this, const char *event, chunk_t message)
{
	enumerator_t *enumerator;
	connection_t *connection;

	this->mutex->lock(this->mutex);
	enumerator = this->connections->create_enumerator(this->connections);
	while (enumerator->enumerate(enumerator, &connection))
	{
		if (connection->client->raise(connection->client, event, message))
		{
			wake_up(connection);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_vici_server_t, destroy, void,
	private_mobility_vici_server_t *this)
{
	enumerator_t *enumerator;
	connection_t *connection;

	DESTROY_IF(this->acceptor);

	this->mutex->lock(this->mutex);
	this->closing = TRUE;
	enumerator = this->connections->create_enumerator(this->connections);
	while (enumerator->enumerate(enumerator, &connection))
	{
		wake_up(connection);
	}
	enumerator->destroy(enumerator);
	while (this->connections->get_count(this->connections))
	{
		this->condvar->wait(this->condvar, this->mutex);
	}
	this->mutex->unlock(this->mutex);

	if (this->ended)
	{
		this->ended->join(this->ended);
	}
	this->connections->destroy(this->connections);
	this->condvar->destroy(this->condvar);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_vici_server_t *mobility_vici_server_create(const char *uri,
											const mobility_service_t *service,
													u_int timeout)
{
	private_mobility_vici_server_t *this;

	INIT(this,
		.public = {
			.raise = _raise_,
			.destroy = _destroy,
		},
		.service = *service,
		.timeout = timeout,
		.connections = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.condvar = condvar_create(CONDVAR_TYPE_DEFAULT),
	);
	this->acceptor = lib->streams->create_service(lib->streams, (char*)uri,
												  BACKLOG);
	if (!this->acceptor)
	{
		DBG1(DBG_CFG, "mobility: creating control socket '%s' failed, "
			 "mobilityctl will not work; set the option socket to one that can "
			 "be created", uri);
		_destroy(this);
		return NULL;
	}
	this->acceptor->on_accept(this->acceptor, on_accept, this, JOB_PRIO_HIGH,
							  0);
	return &this->public;
}
