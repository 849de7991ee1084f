/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <bio/bio_reader.h>
#include <threading/mutex.h>
#include <utils/debug.h>

#include "control/vici_connection.h"

typedef struct private_mobility_vici_connection_t private_mobility_vici_connection_t;
typedef struct buffer_t buffer_t;
typedef enum operation_t operation_t;

/** bytes of the length in front of each message */
#define HEADER 4

/**
 * Operations, as in VICI's specification.
 */
enum operation_t {
	CMD_REQUEST = 0,
	CMD_RESPONSE = 1,
	CMD_UNKNOWN = 2,
	EVENT_REGISTER = 3,
	EVENT_UNREGISTER = 4,
	EVENT_CONFIRM = 5,
	EVENT_UNKNOWN = 6,
	EVENT = 7,
};

/**
 * Bytes that come in at the end and go out at the front.
 */
struct buffer_t {
	/** allocated memory */
	u_char *ptr;
	/** its size */
	size_t size;
	/** where the bytes start */
	size_t start;
	/** number of bytes */
	size_t len;
};

/**
 * Private data of a mobility_vici_connection_t.
 */
struct private_mobility_vici_connection_t {

	/**
	 * Public interface.
	 */
	mobility_vici_connection_t public;

	/**
	 * What is served.
	 */
	const mobility_service_t *service;

	/**
	 * Bytes received and not yet handled.
	 */
	buffer_t in;

	/**
	 * Bytes to send.
	 */
	buffer_t out;

	/**
	 * List under way, for a client that gets it in events.
	 */
	mobility_list_t list;

	/**
	 * Events the client registered for, by index, as flags.
	 */
	uint32_t registered;

	/**
	 * An event had to be dropped.
	 */
	bool overrun;

	/**
	 * Lock for out, registered and overrun.
	 */
	mutex_t *mutex;
};

/**
 * Append bytes.
 */
static void buffer_append(buffer_t *this, chunk_t data)
{
	if (this->start + this->len + data.len > this->size)
	{
		if (this->start)
		{
			memmove(this->ptr, this->ptr + this->start, this->len);
			this->start = 0;
		}
		if (this->len + data.len > this->size)
		{
			this->size = max(1024, 2 * (this->len + data.len));
			this->ptr = realloc(this->ptr, this->size);
		}
	}
	if (data.len)
	{
		memcpy(this->ptr + this->start + this->len, data.ptr, data.len);
		this->len += data.len;
	}
}

/**
 * Drop bytes at the front, and a large buffer once it is empty.
 */
static void buffer_drop(buffer_t *this, size_t len)
{
	this->start += len;
	this->len -= len;
	if (!this->len)
	{
		this->start = 0;
		if (this->size > MOBILITY_CLIENT_MAX_IN)
		{
			free(this->ptr);
			this->ptr = NULL;
			this->size = 0;
		}
	}
}

/**
 * Append a message to what is to be sent.  Mutex must be held.
 */
static void append(private_mobility_vici_connection_t *this, operation_t op,
				   const char *name, chunk_t message)
{
	u_char header[HEADER + 2];
	size_t len = 1, namelen = 0;

	if (name)
	{
		namelen = strlen(name);
		len += 1 + namelen;
	}
	htoun32(header, len + message.len);
	header[HEADER] = op;
	header[HEADER + 1] = namelen;
	buffer_append(&this->out, chunk_create(header, HEADER + (name ? 2 : 1)));
	buffer_append(&this->out, chunk_create((u_char*)name, namelen));
	buffer_append(&this->out, message);
}

/**
 * Append a message to what is to be sent.
 */
static void respond(private_mobility_vici_connection_t *this, operation_t op,
					chunk_t message)
{
	this->mutex->lock(this->mutex);
	append(this, op, NULL, message);
	this->mutex->unlock(this->mutex);
}

/**
 * Find an event.  Returns its flag, 0 if there is no such event.
 */
static uint32_t find_event(private_mobility_vici_connection_t *this,
						   const char *name)
{
	u_int i;

	for (i = 0; i < this->service->count; i++)
	{
		if (streq(this->service->events[i], name))
		{
			return 1U << i;
		}
	}
	return 0;
}

/**
 * Register or unregister for an event.
 */
static void set_registered(private_mobility_vici_connection_t *this,
						   const char *name,
						   bool reg)
{
	uint32_t event = find_event(this, name);

	this->mutex->lock(this->mutex);
	if (!reg && !(this->registered & event))
	{
		event = 0;
	}
	this->registered = reg ? this->registered | event :
							 this->registered & ~event;
	append(this, event ? EVENT_CONFIRM : EVENT_UNKNOWN, NULL, chunk_empty);
	this->mutex->unlock(this->mutex);
}

/**
 * Queue the next element of the list under way as an event, and the answer
 * after the last one.
 */
static void list_next(private_mobility_vici_connection_t *this)
{
	enumerator_t *elements = this->list.elements;
	mobility_vici_message_t *message;

	message = mobility_vici_message_create();
	if (elements->enumerate(elements, message))
	{
		this->mutex->lock(this->mutex);
		append(this, EVENT, this->list.event, message->get_encoding(message));
		this->mutex->unlock(this->mutex);
	}
	else
	{
		elements->destroy(elements);
		this->list.elements = NULL;
		respond(this, CMD_RESPONSE, chunk_empty);
	}
	message->destroy(message);
}

/**
 * Answer with a list as a whole, or that there is too much of it.
 */
static void respond_list(private_mobility_vici_connection_t *this,
						 mobility_list_t *list)
{
	mobility_vici_message_t *response;
	chunk_t encoding;
	bool more;

	response = mobility_vici_message_create();
	do
	{
		more = list->elements->enumerate(list->elements, response);
		encoding = response->get_encoding(response);
	}
	while (more && encoding.len <= MOBILITY_CLIENT_MAX_ANSWER);
	list->elements->destroy(list->elements);
	if (encoding.len > MOBILITY_CLIENT_MAX_ANSWER)
	{
		response->destroy(response);
		response = mobility_vici_message_create();
		response->add(response, "success", "no");
		response->add(response, "errmsg", "too long for one answer, register "
					  "for %s to get it in pieces", list->event);
		encoding = response->get_encoding(response);
	}
	respond(this, CMD_RESPONSE, encoding);
	response->destroy(response);
}

/**
 * Handle a command.
 */
static const char *handle_command(private_mobility_vici_connection_t *this,
								  const char *name, chunk_t request)
{
	mobility_vici_message_t *response;
	mobility_list_t list = {};

	if (!mobility_vici_message_valid(request))
	{
		return "malformed arguments";
	}
	response = mobility_vici_message_create();
	if (!this->service->handle(this->service->user, name, request, response,
							   &list))
	{
		respond(this, CMD_UNKNOWN, chunk_empty);
	}
	else if (!list.elements)
	{
		respond(this, CMD_RESPONSE, response->get_encoding(response));
	}
	else if (this->registered & find_event(this, list.event))
	{	/* registered is changed by this thread only */
		this->list = list;
		list_next(this);
	}
	else
	{
		respond_list(this, &list);
	}
	response->destroy(response);
	return NULL;
}

/**
 * Handle a message, without the header.
 */
static const char *handle(private_mobility_vici_connection_t *this,
						  chunk_t message)
{
	const char *error = NULL;
	char name[UINT8_MAX + 1];
	bio_reader_t *reader;
	chunk_t text;
	uint8_t op;

	reader = bio_reader_create(message);
	if (!reader->read_uint8(reader, &op) ||
		!reader->read_data8(reader, &text) || !text.len ||
		!chunk_printable(text, NULL, 0))
	{
		reader->destroy(reader);
		return "malformed message";
	}
	memcpy(name, text.ptr, text.len);
	name[text.len] = '\0';

	switch (op)
	{
		case CMD_REQUEST:
			error = handle_command(this, name, reader->peek(reader));
			break;
		case EVENT_REGISTER:
		case EVENT_UNREGISTER:
			set_registered(this, name, op == EVENT_REGISTER);
			break;
		default:
			error = "not a request";
			break;
	}
	reader->destroy(reader);
	return error;
}

METHOD(mobility_vici_connection_t, receive, void,
	private_mobility_vici_connection_t *this, chunk_t data)
{
	buffer_append(&this->in, data);
}

METHOD(mobility_vici_connection_t, peek, size_t,
	private_mobility_vici_connection_t *this, u_char *buf, size_t len)
{
	size_t total;

	this->mutex->lock(this->mutex);
	total = this->out.len;
	if (min(len, total))
	{
		memcpy(buf, this->out.ptr + this->out.start, min(len, total));
	}
	this->mutex->unlock(this->mutex);
	return total;
}

METHOD(mobility_vici_connection_t, process, bool,
	private_mobility_vici_connection_t *this, const char **error)
{
	uint32_t len;

	*error = NULL;
	if (this->list.elements)
	{
		while (this->list.elements &&
			   _peek(this, NULL, 0) < MOBILITY_CLIENT_LIST_AHEAD)
		{
			list_next(this);
		}
		return TRUE;
	}
	if (this->in.len < HEADER)
	{
		return FALSE;
	}
	len = untoh32(this->in.ptr + this->in.start);
	if (len > MOBILITY_CLIENT_MAX_IN)
	{
		*error = "message too long";
		return FALSE;
	}
	if (this->in.len < HEADER + len)
	{
		return FALSE;
	}
	*error = handle(this, chunk_create(this->in.ptr + this->in.start + HEADER,
									   len));
	buffer_drop(&this->in, HEADER + len);
	return !*error;
}

METHOD(mobility_vici_connection_t, is_partial, bool,
	private_mobility_vici_connection_t *this)
{
	return this->in.len != 0;
}

METHOD(mobility_vici_connection_t, sent, void,
	private_mobility_vici_connection_t *this, size_t len)
{
	this->mutex->lock(this->mutex);
	buffer_drop(&this->out, len);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_vici_connection_t, raise_, bool,
	private_mobility_vici_connection_t *this, const char *event,
	chunk_t message)
{
	bool queued = FALSE;

	this->mutex->lock(this->mutex);
	if (this->registered & find_event(this, event))
	{
		queued = TRUE;
		if (this->out.len > MOBILITY_CLIENT_MAX_OUT)
		{
			this->overrun = TRUE;
		}
		else
		{
			append(this, EVENT, event, message);
		}
	}
	this->mutex->unlock(this->mutex);
	return queued;
}

METHOD(mobility_vici_connection_t, is_registered, bool,
	private_mobility_vici_connection_t *this)
{
	bool registered;

	this->mutex->lock(this->mutex);
	registered = this->registered != 0;
	this->mutex->unlock(this->mutex);
	return registered;
}

METHOD(mobility_vici_connection_t, is_overrun, bool,
	private_mobility_vici_connection_t *this)
{
	bool overrun;

	this->mutex->lock(this->mutex);
	overrun = this->overrun;
	this->mutex->unlock(this->mutex);
	return overrun;
}

METHOD(mobility_vici_connection_t, destroy, void,
	private_mobility_vici_connection_t *this)
{
	DESTROY_IF(this->list.elements);
	this->mutex->destroy(this->mutex);
	free(this->in.ptr);
	free(this->out.ptr);
	free(this);
}

/*
 * Described in header.
 */
mobility_vici_connection_t *mobility_vici_connection_create(
											  const mobility_service_t *service)
{
	private_mobility_vici_connection_t *this;

	INIT(this,
		.public = {
			.receive = _receive,
			.process = _process,
			.is_partial = _is_partial,
			.peek = _peek,
			.sent = _sent,
			.raise = _raise_,
			.is_registered = _is_registered,
			.is_overrun = _is_overrun,
			.destroy = _destroy,
		},
		.service = service,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
