/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * What a client of the control socket sends, cut into pieces as the input's
 * first byte says.
 */

#include <library.h>
#include <utils/debug.h>

#include "control/vici_connection.h"

/** events to register for, with a name that is the beginning of another's */
static const char *events[] = { "mobility-state", "mobility-move", "mobility" };

/**
 * An element of a list
 */
static bool next_element(void *data, enumerator_t *orig, va_list args)
{
	mobility_vici_message_t *message;
	uint8_t *left = data;

	VA_ARGS_VGET(args, message);
	if (!*left)
	{
		return FALSE;
	}
	message->add(message, "left", "%u", (*left)--);
	return TRUE;
}

/**
 * A command with arguments, whose answer depends on them, or is a list
 */
static bool handle(void *user, const char *name, chunk_t request,
				   mobility_vici_message_t *response, mobility_list_t *list)
{
	uint8_t *left;
	char *value;

	/* whatever got here has been checked */
	if (!mobility_vici_message_valid(request))
	{
		abort();
	}
	if (*name == 'l')
	{	/* with so many elements */
		left = malloc_thing(uint8_t);
		*left = name[1];
		list->event = "mobility";
		list->elements = enumerator_create_filter(enumerator_create_empty(),
												  next_element, left, free);
		return TRUE;
	}
	value = mobility_vici_message_get(request, "connection");
	if (value)
	{
		response->begin(response, "%s", value);
		response->add(response, "name", "%s", name);
		response->end(response);
		free(value);
	}
	if (!mobility_vici_message_valid(response->get_encoding(response)))
	{
		abort();
	}
	return *name != 'x';
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	library_init("", "fuzz");
	dbg_default_set_level(-1);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const mobility_service_t service = {
		.events = events,
		.count = countof(events),
		.handle = handle,
	};
	mobility_vici_connection_t *client;
	const char *error = NULL;
	size_t piece, size;
	u_char buf[512];

	if (!len)
	{
		return 0;
	}
	piece = data[0] ?: len;
	data++;
	len--;

	client = mobility_vici_connection_create(&service);
	while (len && !error)
	{
		size = min(len, piece);
		client->receive(client, chunk_create((u_char*)data, size));
		data += size;
		len -= size;

		while (client->process(client, &error) && !error)
		{
			client->raise(client, events[len % countof(events)], chunk_empty);
			size = client->peek(client, buf, sizeof(buf));
			client->sent(client, min(size, sizeof(buf)));
		}
	}
	client->is_partial(client);
	client->is_overrun(client);
	client->destroy(client);
	return 0;
}
