/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "mobility_commands.h"
#include "mobility_interface.h"

/**
 * Add a move.
 */
static void add_move(mobility_message_t *message, const mobility_move_t *move)
{
	message->add(message, "time", "%llu", (unsigned long long)move->time);
	message->add(message, "trigger", "%s", move->trigger);
	message->add(message, "duration-ms", "%u", move->duration);
	message->add(message, "from", "%s", move->from);
	message->add(message, "to", "%s", move->to);
}

/**
 * Get the name for which ends are behind a NAT.
 */
static const char *nat_name(const mobility_status_t *status)
{
	if (status->nat_local)
	{
		return status->nat_remote ? "both" : "local";
	}
	return status->nat_remote ? "remote" : "none";
}

/**
 * Add an address, with its port.
 */
static void add_host(mobility_message_t *message, const char *key,
					 host_t *host)
{
	if (host)
	{
		message->add(message, key, "%#H", host);
	}
}

/*
 * Described in header.
 */
void mobility_commands_add_kind(mobility_message_t *message,
								mobility_kind_t kind, mobility_kind_t over)
{
	message->add(message, "kind", "%N", mobility_kind_names, kind);
	if (mobility_kind_is_stacked(kind))
	{
		message->add(message, "over", "%N", mobility_kind_names, over);
	}
}

/**
 * Add the section of a session.
 */
static void add_status(mobility_message_t *message,
					   const mobility_status_t *status)
{
	message->begin(message, "%u", status->session);
	message->add(message, "connection", "%s", status->connection);
	message->add(message, "session", "%u", status->session);
	message->add(message, "unique-id", "%u", status->ike_id);
	message->add(message, "role", "%s", status->mobile ? "mobile" : "anchor");
	message->add(message, "state", "%N", mobility_state_names, status->state);
	message->add(message, "since", "%llu", (unsigned long long)status->since);
	message->add(message, "cause", "%s", status->cause);
	message->add(message, "uplink", "%s", status->uplink);
	mobility_commands_add_kind(message, status->kind, status->over);
	add_host(message, "local", status->local);
	add_host(message, "remote", status->remote);
	message->add(message, "nat", "%s", nat_name(status));
	message->add(message, "cost", "%u", status->cost);
	message->add(message, "outage-time", "%u", status->outage_time);
	if (status->state != MOBILITY_CONNECTED && status->outage_time)
	{
		message->add(message, "outage-left", "%u", status->outage_left);
	}
	if (status->exchange)
	{
		message->add(message, "exchange", "%s", status->exchange);
	}
	message->add(message, "moves", "%u", status->moves);
	if (status->last_move.time)
	{
		message->begin(message, "last-move");
		add_move(message, &status->last_move);
		message->end(message);
	}
	message->end(message);
}

/**
 * Add an address, without port.
 */
static void add_addr(mobility_message_t *message, const char *key,
					 host_t *host)
{
	if (host)
	{
		message->add(message, key, "%H", host);
	}
}

/**
 * Add the section of a path.
 */
static void add_path(mobility_message_t *message, u_int number,
					 mobility_path_report_t *report)
{
	mobility_path_t *path = report->path;

	message->begin(message, "%u", number);
	message->add(message, "uplink", "%s", path->ifname);
	mobility_commands_add_kind(message, report->kind, report->over);
	add_addr(message, "local", path->local);
	add_addr(message, "remote", path->remote);
	add_addr(message, "gateway", path->gateway);
	message->add(message, "prefix", "%u", path->prefix);
	message->add(message, "metric", "%u", path->metric);
	message->add(message, "cost", "%u", report->cost);
	message->add(message, "class", "%N", mobility_preference_names,
				 path->preference);
	if (path->rtt)
	{
		message->add(message, "rtt-ms", "%u", path->rtt);
	}
	message->add(message, "current", "%s", report->current ? "yes" : "no");
	message->add(message, "usable", "%s", report->unusable ? "no" : "yes");
	if (report->unusable)
	{
		message->add(message, "reason", "%s", report->unusable);
	}
	if (report->penalty)
	{
		message->add(message, "penalty", "%u", report->penalty);
	}
	if (report->mtu)
	{
		message->add(message, "mtu", "%u", report->mtu);
	}
	message->end(message);
}

/**
 * Begin the section of a session's paths.
 */
static void begin_paths(mobility_message_t *message, uint32_t session,
						const char *connection)
{
	message->begin(message, "%u", session);
	message->add(message, "connection", "%s", connection);
	message->add(message, "session", "%u", session);
	message->begin(message, "paths");
}

/**
 * End the section of a session's paths.
 */
static void end_paths(mobility_message_t *message)
{
	message->end(message);
	message->end(message);
}

/**
 * Get the connection asked for, NULL for all.  Returns FALSE if none can have
 * that name.
 */
static bool get_connection(chunk_t request, char **connection)
{
	*connection = mobility_message_get(request, "connection");
	return *connection || !mobility_message_has(request, "connection");
}

/**
 * mobility-status
 */
static void handle_status(mobility_commands_t *this, chunk_t request,
						  mobility_message_t *response)
{
	enumerator_t *enumerator;
	mobility_status_t *status;
	char *connection;

	if (!get_connection(request, &connection))
	{
		return;
	}
	enumerator = this->manager->create_status_enumerator(this->manager);
	while (enumerator->enumerate(enumerator, &status))
	{
		if (!connection || streq(connection, status->connection))
		{
			add_status(response, status);
		}
	}
	enumerator->destroy(enumerator);
	free(connection);
}

/**
 * Answer mobility-paths for a session.
 */
static void add_paths(mobility_commands_t *this, uint32_t session,
					  const char *connection, mobility_message_t *response)
{
	mobility_path_report_t *report;
	enumerator_t *enumerator;
	u_int number = 0;

	enumerator = this->manager->create_path_enumerator(this->manager, session);
	if (enumerator)
	{
		begin_paths(response, session, connection);
		while (enumerator->enumerate(enumerator, &report))
		{
			add_path(response, ++number, report);
		}
		enumerator->destroy(enumerator);
		end_paths(response);
	}
}

/**
 * mobility-paths
 */
static void handle_paths(mobility_commands_t *this, chunk_t request,
						 mobility_message_t *response)
{
	array_t *sessions, *names;
	enumerator_t *enumerator;
	mobility_status_t *status;
	char *connection, *name;
	uint32_t session;

	if (!get_connection(request, &connection))
	{
		return;
	}
	/* asking for paths locks a session, so do not enumerate meanwhile */
	sessions = array_create(sizeof(session), 0);
	names = array_create(0, 0);
	enumerator = this->manager->create_status_enumerator(this->manager);
	while (enumerator->enumerate(enumerator, &status))
	{
		if (!connection || streq(connection, status->connection))
		{
			session = status->session;
			array_insert(sessions, ARRAY_TAIL, &session);
			array_insert(names, ARRAY_TAIL, strdup(status->connection));
		}
	}
	enumerator->destroy(enumerator);
	while (array_remove(sessions, ARRAY_HEAD, &session) &&
		   array_remove(names, ARRAY_HEAD, &name))
	{
		add_paths(this, session, name, response);
		free(name);
	}
	array_destroy(sessions);
	array_destroy(names);
	free(connection);
}

/**
 * mobility-switch
 */
static void handle_switch(mobility_commands_t *this, chunk_t request,
						  mobility_message_t *response)
{
	char *connection, *uplink, error[128] = "";
	bool success = FALSE;

	connection = mobility_message_get(request, "connection");
	uplink = mobility_message_get(request, "uplink");
	if (!connection)
	{
		snprintf(error, sizeof(error), "connection is missing");
	}
	else if (!uplink)
	{
		snprintf(error, sizeof(error), "uplink is missing");
	}
	else
	{
		success = this->manager->switch_uplink(this->manager, connection,
											   uplink, error);
	}
	response->add(response, "success", "%s", success ? "yes" : "no");
	if (!success)
	{
		response->add(response, "errmsg", "%s", error);
	}
	free(connection);
	free(uplink);
}

/**
 * Add the section of a record.
 */
static void add_record(mobility_message_t *message, u_int number,
					   const mobility_history_entry_t *record)
{
	bool move = record->kind == MOBILITY_EVENT_MOVE;

	message->begin(message, "%u", number);
	message->add(message, "kind", "%s", move ? "move" : "state");
	message->add(message, "connection", "%s", record->connection);
	message->add(message, "session", "%u", record->session);
	message->add(message, "state", "%N", mobility_state_names, record->state);
	message->add(message, "uplink", "%s", record->uplink);
	message->add(message, "cause", "%s", record->cause);
	if (move)
	{
		add_move(message, &record->move);
	}
	else
	{
		message->add(message, "time", "%llu",
					 (unsigned long long)record->time);
		message->add(message, "old-state", "%N", mobility_state_names,
					 record->old);
	}
	message->end(message);
}

/**
 * mobility-history
 */
static void handle_history(mobility_commands_t *this, chunk_t request,
						   mobility_message_t *response)
{
	mobility_history_entry_t *record;
	enumerator_t *enumerator;
	array_t *records;
	u_int number = 0;
	char *connection;

	if (!get_connection(request, &connection))
	{
		return;
	}
	records = this->history->get(this->history, connection);
	enumerator = array_create_enumerator(records);
	while (enumerator->enumerate(enumerator, &record))
	{
		add_record(response, ++number, record);
	}
	enumerator->destroy(enumerator);
	array_destroy(records);
	free(connection);
}

/*
 * Described in header.
 */
bool mobility_commands_handle(mobility_commands_t *this, const char *name,
							  chunk_t request, mobility_message_t *response)
{
	static const struct {
		const char *name;
		void (*handle)(mobility_commands_t *this, chunk_t request,
					   mobility_message_t *response);
	} commands[] = {
		{ "mobility-status", handle_status },
		{ "mobility-paths", handle_paths },
		{ "mobility-switch", handle_switch },
		{ "mobility-interface", mobility_interface_handle },
		{ "mobility-history", handle_history },
	};
	int i;

	for (i = 0; i < countof(commands); i++)
	{
		if (streq(commands[i].name, name))
		{
			commands[i].handle(this, request, response);
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
void mobility_commands_add_event(mobility_message_t *message,
								 enum mobility_event_kind_t kind,
								 mobility_state_t old,
								 const mobility_status_t *status,
								 array_t *paths)
{
	mobility_path_report_t *report;
	enumerator_t *enumerator;
	u_int number = 0;

	switch (kind)
	{
		case MOBILITY_EVENT_STATE:
			message->add(message, "old-state", "%N", mobility_state_names, old);
			add_status(message, status);
			break;
		case MOBILITY_EVENT_MOVE:
			add_status(message, status);
			break;
		case MOBILITY_EVENT_PATH:
			begin_paths(message, status->session, status->connection);
			enumerator = array_create_enumerator(paths);
			while (enumerator->enumerate(enumerator, &report))
			{
				add_path(message, ++number, report);
			}
			enumerator->destroy(enumerator);
			end_paths(message);
			break;
	}
}
