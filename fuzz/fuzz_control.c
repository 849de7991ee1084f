/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Arguments of the commands, whole and as they come through the protocol. Every
 * answer is a well-formed message.
 */

#include <library.h>
#include <utils/debug.h>

#include "control/vici_connection.h"
#include "control/commands.h"
#include "suites/mock_manager.h"

/** names of the commands, and of one that does not exist */
static const char *names[] = {
	"mobility-status", "mobility-paths", "mobility-switch",
	"mobility-history", "mobility-interface", "mobility",
	"mobility-summary", "mobility-metrics",
	"mobility-terminate", "mobility-redirect", "mobility-explain",
};

/** events for what is listed */
static const char *lists[] = {
	"mobility-list-session", "mobility-list-paths", "mobility-list-record",
	"mobility-list-interface", "mobility-list-summary",
	"mobility-list-metrics", "mobility-list-explanation",
};

/** what commands work on */
static mobility_commands_t commands;

/**
 * Add a session whose texts are odd
 */
static void add_session(mock_manager_t *mock, char *name)
{
	mobility_status_t *status;

	status = mock->add(mock, name);
	mock->lock(mock);
	memset(status->cause, '\n', sizeof(status->cause) - 1);
	memset(status->last_move.trigger, 0xff,
		   sizeof(status->last_move.trigger) - 1);
	status->last_move.time = 1;
	status->state = MOBILITY_DORMANT;
	status->exchange = "";
	mock->unlock(mock);
	commands.history->add(commands.history, MOBILITY_EVENT_STATE,
						  MOBILITY_CONNECTED, status);
	commands.history->add(commands.history, MOBILITY_EVENT_MOVE,
						  MOBILITY_CONNECTED, status);
	commands.statistics->add(commands.statistics, MOBILITY_EVENT_MOVE,
							 MOBILITY_CONNECTED, status);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	mock_manager_t *mock;

	library_init("", "fuzz");
	dbg_default_set_level(-1);
	mock = mock_manager_create();
	commands.manager = &mock->manager;
	commands.settings = mobility_settings_create_for("charon");
	commands.history = mobility_event_log_create(4);
	commands.statistics = mobility_statistics_create();
	add_session(mock, "home");
	add_session(mock, "a b\x80%s");
	return 0;
}

/**
 * Call a command directly, with arguments nobody looked at before
 */
static void call(const char *name, chunk_t request)
{
	mobility_vici_message_t *response;
	mobility_list_t list = {};
	bool known;

	response = mobility_vici_message_create();
	known = mobility_commands_handle(&commands, name, request, response, &list);
	while (list.elements && list.elements->enumerate(list.elements, response))
	{
		/* all of them into one message */
	}
	if (known == streq(name, "mobility") ||
		!mobility_vici_message_valid(response->get_encoding(response)))
	{
		abort();
	}
	DESTROY_IF(list.elements);
	response->destroy(response);
}

/**
 * Let a client send a message
 */
static void send_message(mobility_vici_connection_t *client, u_char operation,
						 const char *name, chunk_t arguments)
{
	u_char header[6];

	htoun32(header, 2 + strlen(name) + arguments.len);
	header[4] = operation;
	header[5] = strlen(name);
	client->receive(client, chunk_from_thing(header));
	client->receive(client, chunk_from_str((char*)name));
	client->receive(client, arguments);
}

/**
 * Let a client send a request, and take what is listed as events if it knows
 * of them
 */
static void send_request(const char *name, chunk_t request, bool events)
{
	const mobility_service_t service = {
		.events = lists,
		.count = countof(lists),
		.handle = (void*)mobility_commands_handle,
		.user = &commands,
	};
	mobility_vici_connection_t *client;
	const char *error;
	int i;

	client = mobility_vici_connection_create(&service);
	for (i = 0; events && i < countof(lists); i++)
	{
		send_message(client, 3, lists[i], chunk_empty);
		client->process(client, &error);
	}
	send_message(client, 0, name, request);
	client->process(client, &error);
	if (!error != mobility_vici_message_valid(request) &&
		request.len < MOBILITY_CLIENT_MAX_IN / 2)
	{
		abort();
	}
	while (!error && client->process(client, &error))
	{
		client->sent(client, client->peek(client, NULL, 0));
	}
	client->destroy(client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	chunk_t request;
	const char *name;

	if (!len)
	{
		return 0;
	}
	name = names[data[0] % countof(names)];
	request = chunk_create((u_char*)data + 1, len - 1);
	call(name, request);
	send_request(name, request, FALSE);
	send_request(name, request, TRUE);
	return 0;
}
