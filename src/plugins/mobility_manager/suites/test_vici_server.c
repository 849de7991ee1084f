/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* The control socket, with clients that misbehave, and others beside them. */

#define _GNU_SOURCE
#include "control_fixture.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/vici_server.h"
#include <threading/thread.h>

/** a chunk of a literal that may contain zeros */
#define CHUNK(str) chunk_create((u_char*)(str), sizeof(str) - 1)

#define STATUS_REQUEST "\0\0\0\x11\0\x0f" "mobility-status"
#define REGISTER_STATE "\0\0\0\x10\x03\x0e" "mobility-state"

static void setup(void)
{
	mobility_suite_setup();
	control_setup("");
}

/**
 * Connect without any library.
 */
static int raw_connect(void)
{
	struct sockaddr_un addr = {
		.sun_family = AF_UNIX,
	};
	int fd;

	strcpy(addr.sun_path, control_path());
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert(fd != -1);
	ck_assert(connect(fd, (struct sockaddr*)&addr, sizeof(addr)) == 0);
	return fd;
}

/**
 * Send something that is taken.
 */
static void raw_send(int fd, chunk_t data)
{
	ck_assert(send(fd, data.ptr, data.len, MSG_NOSIGNAL) == data.len);
}

/**
 * Receive a message, without its length.  Returns FALSE if the connection was
 * closed.
 */
static bool raw_receive(int fd, chunk_t *message)
{
	u_char header[4];

	*message = chunk_empty;
	if (recv(fd, header, sizeof(header), MSG_WAITALL) != sizeof(header))
	{
		return FALSE;
	}
	*message = chunk_alloc(untoh32(header));
	if (recv(fd, message->ptr, message->len, MSG_WAITALL) != message->len)
	{
		chunk_free(message);
		return FALSE;
	}
	return TRUE;
}

/**
 * Check that a client gets an answer, which begins with an operation.
 */
static void assert_served(int fd, u_char operation)
{
	chunk_t message;

	ck_assert(raw_receive(fd, &message));
	ck_assert_uint_eq(message.ptr[0], operation);
	chunk_free(&message);
}

/**
 * Check that a client is disconnected within a time.
 */
static void assert_closed(int fd, int timeout)
{
	struct pollfd pfd = {
		.fd = fd,
		.events = POLLIN,
	};
	char buf[65536];
	ssize_t len;

	do
	{
		ck_assert_int_eq(poll(&pfd, 1, timeout), 1);
		len = recv(fd, buf, sizeof(buf), 0);
	}
	while (len > 0);
	close(fd);
}

/**
 * Disconnect, and wait until the server has noticed.
 */
static void leave(int fd)
{
	shutdown(fd, SHUT_WR);
	assert_closed(fd, 30000);
}

/**
 * Wait until a client gets disconnected, without reading, for some time.
 */
static bool is_closed(int fd, int timeout)
{
	struct pollfd pfd = {
		.fd = fd,
		.events = POLLRDHUP,
	};

	return poll(&pfd, 1, timeout) == 1;
}

/**
 * Check that somebody who does nothing wrong is served.
 */
static void assert_works(void)
{
	int fd = raw_connect();

	raw_send(fd, CHUNK(STATUS_REQUEST));
	assert_served(fd, 1);
	leave(fd);
}

START_TEST(test_malformed)
{
	static chunk_t data[] = {
		{ (u_char*)"\0\0\0\0", 4 },
		{ (u_char*)"\xff\xff\xff\xff", 4 },
		{ (u_char*)"\0\0\0\x03\0\x05" "a", 7 },
		{ (u_char*)"GET / HTTP/1.1\r\n\r\n", 18 },
		{ (u_char*)"\0\0\0\x13\0\x0f" "mobility-status\x01\x05", 23 },
	};
	int fd;

	fd = raw_connect();
	raw_send(fd, data[_i]);
	assert_closed(fd, 5000);
	assert_works();
}
END_TEST

START_TEST(test_disconnects)
{
	const chunk_t request = CHUNK(STATUS_REQUEST);
	int fd, i;

	/* disconnect after each byte of a request, and without the answer */
	for (i = 0; i <= request.len; i++)
	{
		fd = raw_connect();
		raw_send(fd, chunk_create(request.ptr, i));
		close(fd);
	}
	/* no more to come, but the answer is still wanted */
	fd = raw_connect();
	raw_send(fd, request);
	shutdown(fd, SHUT_WR);
	assert_served(fd, 1);
	assert_closed(fd, 5000);
	assert_works();
}
END_TEST

START_TEST(test_many_requests)
{
	mobility_status_t *status;
	chunk_t message;
	int fd, i;

	for (i = 0; i < 30; i++)
	{
		status = mock->add(mock, "home");
		mock->lock(mock);
		memset(status->cause, 'x', sizeof(status->cause) - 1);
		mock->unlock(mock);
	}
	fd = raw_connect();
	/* the answers do not fit into the socket's buffer, but nothing is lost */
	for (i = 0; i < 100; i++)
	{
		raw_send(fd, CHUNK(STATUS_REQUEST));
	}
	for (i = 0; i < 100; i++)
	{
		ck_assert(raw_receive(fd, &message));
		ck_assert(message.len > 30 * 300);
		chunk_free(&message);
	}
	close(fd);
}
END_TEST

START_TEST(test_reads_no_events)
{
	mobility_status_t *status;
	int fd, other, i;

	status = mock->add(mock, "home");
	fd = raw_connect();
	raw_send(fd, CHUNK(REGISTER_STATE));
	assert_served(fd, 5);
	other = raw_connect();
	raw_send(other, CHUNK(REGISTER_STATE));
	assert_served(other, 5);
	for (i = 0; i < 5000; i++)
	{
		mock->raise(mock, MOBILITY_EVENT_STATE, MOBILITY_CONNECTED, status);
		assert_served(other, 7);
	}
	assert_closed(fd, 5000);
	close(other);
	assert_works();
}
END_TEST

START_TEST(test_blocked_command)
{
	int slow, fd;

	slow = raw_connect();
	mock->block(mock, TRUE);
	raw_send(slow, CHUNK(STATUS_REQUEST));
	mock->wait_blocked(mock);

	/* others are served meanwhile, as long as they want something else */
	fd = raw_connect();
	raw_send(fd, CHUNK("\0\0\0\x12\0\x10" "mobility-history"));
	assert_served(fd, 1);
	close(fd);

	mock->block(mock, FALSE);
	assert_served(slow, 1);
	close(slow);
}
END_TEST

/**
 * Unblocks the command once a client was disconnected.
 */
static void *unblock(void *arg)
{
	assert_closed((intptr_t)arg, 30000);
	mock->block(mock, FALSE);
	return NULL;
}

START_TEST(test_destroy)
{
	thread_t *thread;
	int fds[3];

	fds[0] = raw_connect();
	fds[1] = raw_connect();
	raw_send(fds[1], CHUNK(REGISTER_STATE));
	assert_served(fds[1], 5);
	fds[2] = raw_connect();
	mock->block(mock, TRUE);
	raw_send(fds[2], CHUNK(STATUS_REQUEST));
	mock->wait_blocked(mock);

	/* disconnects everybody, waits for the command */
	thread = thread_create(unblock, (void*)(intptr_t)fds[0]);
	control->destroy(control);
	control = NULL;
	thread->join(thread);
	assert_closed(fds[1], 5000);
	assert_closed(fds[2], 5000);
}
END_TEST

START_TEST(test_many_clients)
{
	int fds[MOBILITY_SERVER_MAX_CLIENTS], fd, i;

	for (i = 0; i < countof(fds); i++)
	{
		fds[i] = raw_connect();
		raw_send(fds[i], CHUNK(REGISTER_STATE));
		assert_served(fds[i], 5);
	}
	fd = raw_connect();
	assert_closed(fd, 5000);
	leave(fds[0]);
	assert_works();
	for (i = 1; i < countof(fds); i++)
	{
		close(fds[i]);
	}
}
END_TEST

START_TEST(test_idle_clients)
{
	int fds[MOBILITY_SERVER_MAX_CLIENTS], i;

	/* one waits for events, the next one asks for something again */
	for (i = 0; i < countof(fds); i++)
	{
		fds[i] = raw_connect();
		raw_send(fds[i], i ? CHUNK(STATUS_REQUEST) : CHUNK(REGISTER_STATE));
		assert_served(fds[i], i ? 1 : 5);
	}
	raw_send(fds[1], CHUNK(STATUS_REQUEST));
	assert_served(fds[1], 1);

	/* those that do nothing make room, in the order they did something */
	assert_works();
	assert_closed(fds[2], 5000);
	fds[2] = raw_connect();
	raw_send(fds[2], CHUNK(STATUS_REQUEST));
	assert_served(fds[2], 1);
	assert_works();
	assert_closed(fds[3], 5000);
	for (i = 0; i < 3; i++)
	{
		raw_send(fds[i], CHUNK(STATUS_REQUEST));
		assert_served(fds[i], 1);
		close(fds[i]);
	}
	for (i = 4; i < countof(fds); i++)
	{
		close(fds[i]);
	}
}
END_TEST

/** a number of values that is too large for the buffers of a socket */
#define MUCH 4000

/**
 * Answers with more than a socket buffers.
 */
static bool answer_much(void *user, const char *name, chunk_t request,
						mobility_vici_message_t *response,
						mobility_list_t *list)
{
	int i;

	for (i = 0; i < MUCH; i++)
	{
		response->add(response, "key", "%0400d", i);
	}
	return TRUE;
}

/**
 * Create a server that loses its patience after a second.
 */
static mobility_vici_server_t *create_server(
						bool (*handle)(void*, const char*, chunk_t,
									   mobility_vici_message_t*,
									   mobility_list_t*))
{
	static const char *events[] = { "event" };
	mobility_service_t service = {
		.events = events,
		.count = countof(events),
		.handle = handle,
	};

	control->destroy(control);
	control = NULL;
	return mobility_vici_server_create(control_uri(), &service, 1);
}

START_TEST(test_slow_sender)
{
	mobility_vici_server_t *server = create_server(answer_much);
	int fd, idle, i;

	fd = raw_connect();
	idle = raw_connect();
	raw_send(fd, CHUNK("\0\0\1\0"));
	/* a byte now and then does not give more time */
	for (i = 0; i < 200 && !is_closed(fd, 100); i++)
	{
		ignore_result(send(fd, &(char){ 0 }, 1, MSG_NOSIGNAL));
	}
	ck_assert_int_lt(i, 200);
	assert_closed(fd, 1000);

	/* who said nothing at all may stay */
	raw_send(idle, CHUNK(STATUS_REQUEST));
	assert_served(idle, 1);
	close(idle);
	server->destroy(server);
}
END_TEST

START_TEST(test_slow_reader)
{
	mobility_vici_server_t *server = create_server(answer_much);
	char buf[256 * 1024];
	ssize_t total = 0;
	int fd, i;

	/* reads nothing of what it asked for */
	fd = raw_connect();
	raw_send(fd, CHUNK(STATUS_REQUEST));
	ck_assert(is_closed(fd, 30000));
	assert_closed(fd, 1000);

	/* takes twice as long, but reads */
	fd = raw_connect();
	raw_send(fd, CHUNK(STATUS_REQUEST));
	for (i = 0; i < 4; i++)
	{
		ck_assert(recv(fd, buf, sizeof(buf), MSG_WAITALL) == sizeof(buf));
		total += sizeof(buf);
		ck_assert(!is_closed(fd, 500));
	}
	while (total < 4 + 1 + MUCH * (1 + 1 + 3 + 2 + 400))
	{
		i = recv(fd, buf, sizeof(buf), 0);
		ck_assert_int_gt(i, 0);
		total += i;
	}
	close(fd);
	server->destroy(server);
}
END_TEST

/** elements of the list below, and how many of them were made */
#define ENDLESS 10000000
static u_int made;

CALLBACK(list_next, bool,
	void *user, enumerator_t *orig, va_list args)
{
	mobility_vici_message_t *message;

	VA_ARGS_VGET(args, message);
	message->add(message, "key", "%0400d", ++made);
	return made < ENDLESS;
}

/**
 * Answers with a list that has no end.
 */
static bool list_endless(void *user, const char *name, chunk_t request,
						 mobility_vici_message_t *response,
						 mobility_list_t *list)
{
	list->event = "event";
	list->elements = enumerator_create_filter(enumerator_create_empty(),
											  list_next, NULL, NULL);
	return TRUE;
}

START_TEST(test_endless_list)
{
	mobility_vici_server_t *server = create_server(list_endless);
	int fd;

	made = 0;
	fd = raw_connect();
	raw_send(fd, CHUNK("\0\0\0\x07\x03\x05" "event" STATUS_REQUEST));
	assert_served(fd, 5);
	assert_served(fd, 7);
	/* who does not read does not get the server to make more of it */
	ck_assert(!_i || is_closed(fd, 30000));
	server->destroy(server);
	assert_closed(fd, 5000);
	ck_assert_uint_lt(made, ENDLESS / 1000);
}
END_TEST

/**
 * Connects, asks and leaves, over and over, while events are raised.
 */
static void *be_client(void *arg)
{
	const chunk_t request = CHUNK(STATUS_REQUEST);
	mobility_status_t *status = arg;
	chunk_t message;
	int fd, i = 0;

	while (i < 50)
	{
		mock->raise(mock, MOBILITY_EVENT_STATE, MOBILITY_CONNECTED, status);
		fd = raw_connect();
		/* on a busy host those that left may still count as clients, and are
		 * so many that the next one is turned away */
		if (send(fd, request.ptr, request.len, MSG_NOSIGNAL) == request.len &&
			raw_receive(fd, &message))
		{
			ck_assert_uint_eq(message.ptr[0], 1);
			chunk_free(&message);
			i++;
		}
		close(fd);
	}
	return NULL;
}

START_TEST(test_stress)
{
	mobility_status_t *status;
	thread_t *threads[8];
	int i;

	status = mock->add(mock, "home");
	for (i = 0; i < countof(threads); i++)
	{
		threads[i] = thread_create(be_client, status);
	}
	for (i = 0; i < countof(threads); i++)
	{
		threads[i]->join(threads[i]);
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("server");
	TCase *tc;

	tc = tcase_create("server");
	tcase_add_checked_fixture(tc, setup, control_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_malformed, 0, 5);
	tcase_add_test(tc, test_disconnects);
	tcase_add_test(tc, test_many_requests);
	tcase_add_test(tc, test_reads_no_events);
	tcase_add_test(tc, test_blocked_command);
	tcase_add_test(tc, test_destroy);
	tcase_add_test(tc, test_many_clients);
	tcase_add_test(tc, test_idle_clients);
	tcase_add_test(tc, test_slow_sender);
	tcase_add_test(tc, test_slow_reader);
	tcase_add_loop_test(tc, test_endless_list, 0, 2);
	tcase_add_test(tc, test_stress);
	suite_add_tcase(s, tc);

	return s;
}
