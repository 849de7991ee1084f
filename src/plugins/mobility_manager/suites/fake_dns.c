/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fake_dns.h"
#include "mobility_suite.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <threading/mutex.h>
#include <threading/thread.h>

/** What is in messages (RFC 1035, 4.1) */
#define HEADER_LEN 12
#define FLAG_RESPONSE 0x8000
#define FLAG_RECURSION_AVAILABLE 0x0080
#define SERVER_FAILURE 2
#define NAME_ERROR 3
#define TYPE_A 1
#define TYPE_CNAME 5
#define TYPE_AAAA 28
#define CLASS_IN 1
#define POINTER 0xc000

/** Longest message */
#define MESSAGE_MAX 512

typedef struct private_fake_dns_t private_fake_dns_t;

/**
 * Private data
 */
struct private_fake_dns_t {

	/**
	 * Public interface.
	 */
	fake_dns_t public;

	/**
	 * Thread that answers.
	 */
	thread_t *thread;

	/**
	 * Socket, and what ends the thread.
	 */
	int fd, stop;

	/**
	 * Locks the following.
	 */
	mutex_t *mutex;

	/**
	 * Number of queries.
	 */
	u_int count;

	/**
	 * Where the last one came from.
	 */
	char client[INET6_ADDRSTRLEN];
};

/**
 * A message that is written
 */
typedef struct {
	/** bytes */
	uint8_t buf[MESSAGE_MAX];
	/** number of these */
	size_t len;
} message_out_t;

/**
 * Append a number of two bytes
 */
static void put16(message_out_t *out, uint16_t value)
{
	ck_assert_uint_le(out->len + 2, sizeof(out->buf));
	htoun16(out->buf + out->len, value);
	out->len += 2;
}

/**
 * Append bytes
 */
static void put(message_out_t *out, const void *data, size_t len)
{
	ck_assert_uint_le(out->len + len, sizeof(out->buf));
	memcpy(out->buf + out->len, data, len);
	out->len += len;
}

/**
 * Append a record, of the name at some offset
 */
static void put_record(message_out_t *out, uint16_t name, uint16_t type,
					   const void *data, size_t len)
{
	put16(out, POINTER | name);
	put16(out, type);
	put16(out, CLASS_IN);
	put16(out, 0);
	put16(out, 60);
	put16(out, len);
	put(out, data, len);
	htoun16(out->buf + 6, untoh16(out->buf + 6) + 1);
}

/**
 * Append an address
 */
static void put_address(message_out_t *out, uint16_t name, uint16_t type,
						uint8_t number)
{
	uint8_t ip4[] = { 192, 0, 2, number };
	uint8_t ip6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = number };

	if (type == TYPE_A)
	{
		put_record(out, name, type, ip4, sizeof(ip4));
	}
	else
	{
		put_record(out, name, type, ip6, sizeof(ip6));
	}
}

/**
 * Append what there is for a name
 */
static void put_answers(message_out_t *out, const char *label, uint16_t type)
{
	static const uint8_t alias[] = { 2, 'w', 'w', POINTER >> 8, HEADER_LEN };
	static const uint8_t self[] = { POINTER >> 8, HEADER_LEN };
	size_t at;
	u_int i;

	if (streq(label, "many"))
	{
		for (i = 1; i <= (type == TYPE_A ? 20 : 10); i++)
		{
			put_address(out, HEADER_LEN, type, i);
		}
	}
	else if (streq(label, "alias"))
	{
		at = out->len + 12;
		put_record(out, HEADER_LEN, TYPE_CNAME, alias, sizeof(alias));
		put_address(out, at, type, 1);
	}
	else if (streq(label, "loop"))
	{
		put_record(out, HEADER_LEN, TYPE_CNAME, self, sizeof(self));
	}
	else if (streq(label, "one") || streq(label, "short") ||
			 streq(label, "wrong"))
	{
		put_address(out, HEADER_LEN, type, 1);
	}
}

/**
 * Answer a query
 */
static void answer(private_fake_dns_t *this, const uint8_t *query, size_t len,
				   struct sockaddr *client, socklen_t client_len)
{
	message_out_t out = {};
	char label[64] = "";
	size_t at = HEADER_LEN;
	uint16_t flags = FLAG_RESPONSE | FLAG_RECURSION_AVAILABLE;

	ck_assert_uint_gt(len, at);
	ck_assert_uint_lt(query[at], sizeof(label));
	memcpy(label, query + at + 1, query[at]);
	while (query[at])
	{
		at += query[at] + 1;
		ck_assert_uint_lt(at + 4, len);
	}
	if (streq(label, "silent"))
	{
		return;
	}
	if (streq(label, "none"))
	{
		flags |= NAME_ERROR;
	}
	if (streq(label, "failed"))
	{
		flags |= SERVER_FAILURE;
	}
	put(&out, query, at + 5);
	htoun16(out.buf + 2, flags);
	put_answers(&out, label, untoh16((void*)query + at + 1));
	if (streq(label, "short"))
	{
		out.len -= 3;
	}
	if (streq(label, "wrong"))
	{
		out.buf[0] ^= 0xff;
		sendto(this->fd, out.buf, out.len, 0, client, client_len);
		out.buf[0] ^= 0xff;
	}
	sendto(this->fd, out.buf, out.len, 0, client, client_len);
}

/**
 * Answer queries
 */
static void *serve(private_fake_dns_t *this)
{
	struct pollfd fds[] = {
		{ .fd = this->fd, .events = POLLIN },
		{ .fd = this->stop, .events = POLLIN },
	};
	struct sockaddr_storage client;
	socklen_t client_len;
	uint8_t query[MESSAGE_MAX];
	ssize_t len;
	host_t *host;

	while (poll(fds, countof(fds), -1) > 0 && !fds[1].revents)
	{
		client_len = sizeof(client);
		len = recvfrom(this->fd, query, sizeof(query), 0,
					   (struct sockaddr*)&client, &client_len);
		host = host_create_from_sockaddr((struct sockaddr*)&client);
		this->mutex->lock(this->mutex);
		this->count++;
		snprintf(this->client, sizeof(this->client), "%H", host);
		this->mutex->unlock(this->mutex);
		host->destroy(host);
		answer(this, query, len, (struct sockaddr*)&client, client_len);
	}
	return NULL;
}

METHOD(fake_dns_t, get_count, u_int,
	private_fake_dns_t *this)
{
	u_int count;

	this->mutex->lock(this->mutex);
	count = this->count;
	this->mutex->unlock(this->mutex);
	return count;
}

METHOD(fake_dns_t, get_client, void,
	private_fake_dns_t *this, char *buf, size_t len)
{
	this->mutex->lock(this->mutex);
	snprintf(buf, len, "%s", this->client);
	this->mutex->unlock(this->mutex);
}

METHOD(fake_dns_t, destroy, void,
	private_fake_dns_t *this)
{
	uint64_t count = 1;

	ignore_result(write(this->stop, &count, sizeof(count)));
	this->thread->join(this->thread);
	this->mutex->destroy(this->mutex);
	this->public.address->destroy(this->public.address);
	close(this->fd);
	close(this->stop);
	free(this);
}

/*
 * Described in header
 */
fake_dns_t *fake_dns_create(void)
{
	private_fake_dns_t *this;
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);

	INIT(this,
		.public = {
			.get_count = _get_count,
			.get_client = _get_client,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
		.stop = eventfd(0, EFD_CLOEXEC),
	);
	ck_assert(!bind(this->fd, (struct sockaddr*)&addr, len));
	ck_assert(!getsockname(this->fd, (struct sockaddr*)&addr, &len));
	this->public.address = host_create_from_sockaddr((struct sockaddr*)&addr);
	this->thread = thread_create((thread_main_t)serve, this);
	return &this->public;
}
