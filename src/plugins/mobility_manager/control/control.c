/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stddef.h>

#include "control/commands.h"
#include "control/control.h"
#include "control/read_only.h"
#include "control/vici_server.h"

typedef struct private_mobility_control_t private_mobility_control_t;

/**
 * Names of the events, by mobility_event_kind_t, then those of lists.
 */
static const char *events[] = {
	[MOBILITY_EVENT_STATE] = "mobility-state",
	[MOBILITY_EVENT_MOVE] = "mobility-move",
	[MOBILITY_EVENT_PATH] = "mobility-path",
	"mobility-list-session",
	"mobility-list-summary",
	"mobility-list-paths",
	"mobility-list-explanation",
	"mobility-list-interface",
	"mobility-list-record",
	"mobility-list-metrics",
};

/**
 * Private data of a mobility_control_t.
 */
struct private_mobility_control_t {

	/**
	 * Public interface.
	 */
	mobility_control_t public;

	/**
	 * Gets told what happens.
	 */
	mobility_observer_t observer;

	/**
	 * What the commands work on.
	 */
	mobility_commands_t commands;

	/**
	 * The same for those who may only look.
	 */
	mobility_commands_t looking;

	/**
	 * Serves clients.
	 */
	mobility_vici_server_t *server;

	/**
	 * Serves those who may only look, NULL if there is no such group.
	 */
	mobility_vici_server_t *lookers;
};

METHOD(mobility_observer_t, event, void,
	mobility_observer_t *observer, enum mobility_event_kind_t kind,
	mobility_state_t old, const mobility_status_t *status, array_t *paths)
{
	private_mobility_control_t *this;
	mobility_vici_message_t *message;

	this = (private_mobility_control_t*)((char*)observer -
								offsetof(private_mobility_control_t, observer));
	this->commands.history->add(this->commands.history, kind, old, status);
	this->commands.statistics->add(this->commands.statistics, kind, old,
								   status);

	message = mobility_vici_message_create();
	mobility_commands_add_event(message, kind, old, status, paths);
	this->server->raise(this->server, events[kind],
						message->get_encoding(message));
	if (this->lookers)
	{
		this->lookers->raise(this->lookers, events[kind],
							 message->get_encoding(message));
	}
	message->destroy(message);
}

METHOD(mobility_control_t, destroy, void,
	private_mobility_control_t *this)
{
	mobility_manager_t *manager = this->commands.manager;

	if (this->server)
	{
		manager->remove_observer(manager, &this->observer);
		DESTROY_IF(this->lookers);
		this->server->destroy(this->server);
	}
	this->commands.history->destroy(this->commands.history);
	this->commands.statistics->destroy(this->commands.statistics);
	free(this);
}

/**
 * Serve commands on a socket.  Returns NULL if that can't be created.
 */
static mobility_vici_server_t *serve(mobility_commands_t *commands,
									 const char *uri)
{
	mobility_service_t service = {
		.events = events,
		.count = countof(events),
		.handle = (void*)mobility_commands_handle,
		.user = commands,
	};

	return mobility_vici_server_create(uri, &service, MOBILITY_SERVER_TIMEOUT);
}

/**
 * Serve the group whose members may look, if there is one.
 */
static void serve_lookers(private_mobility_control_t *this,
						  mobility_settings_t *settings, const char *uri)
{
	const char *group = settings->get_read_only_group(settings);
	char path[PATH_MAX];
	gid_t gid;

	if (*group && mobility_read_only_check(uri, group, path, sizeof(path), &gid))
	{
		this->looking = this->commands;
		this->looking.read_only = TRUE;
		this->lookers = serve(&this->looking, path);
		if (this->lookers)
		{	/* nobody but the owner could have connected until now */
			mobility_read_only_allow(path, gid);
		}
	}
}

/*
 * Described in header.
 */
mobility_control_t *mobility_control_create(mobility_manager_t *manager,
											mobility_settings_t *settings,
											const char *uri)
{
	private_mobility_control_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.observer = {
			.event = _event,
		},
		.commands = {
			.manager = manager,
			.settings = settings,
			.history = mobility_event_log_create(MOBILITY_HISTORY_SIZE),
			.statistics = mobility_statistics_create(),
		},
	);

	this->server = serve(&this->commands, uri);
	if (!this->server)
	{
		_destroy(this);
		return NULL;
	}
	serve_lookers(this, settings, uri);
	manager->add_observer(manager, &this->observer);
	return &this->public;
}
