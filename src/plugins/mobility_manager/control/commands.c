/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "control/commands.h"
#include "control/interface.h"
#include "control/maintenance.h"
#include "control/metrics.h"
#include "control/obstacles.h"
#include "control/selection.h"

/**
 * Data of a list.
 */
typedef struct {
	/** what the commands work on */
	mobility_commands_t *commands;
	/** sessions asked for */
	mobility_selection_t selection;
	/** number of the last element, if they are counted */
	u_int number;
} list_t;

/**
 * Add a move.
 */
static void add_move(mobility_vici_message_t *message,
					 const mobility_move_t *move)
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
 * Add an address, in the format given.
 */
static void add_host(mobility_vici_message_t *message, const char *key,
					 const char *fmt, host_t *host)
{
	if (host)
	{
		message->add(message, key, fmt, host);
	}
}

/**
 * Add who the peer is, and the virtual IPs between us.
 */
static void add_peer(mobility_vici_message_t *message,
					 const mobility_status_t *status)
{
	char list[256] = "";
	enumerator_t *enumerator;
	host_t *vip;
	int len = 0;

	if (status->peer)
	{
		message->add(message, "peer", "%Y", status->peer);
	}
	if (!status->vips || !status->vips->get_count(status->vips))
	{
		return;
	}
	enumerator = status->vips->create_enumerator(status->vips);
	while (len < sizeof(list) && enumerator->enumerate(enumerator, &vip))
	{
		len += snprintf(list + len, sizeof(list) - len, "%s%H",
						len ? ", " : "", vip);
	}
	enumerator->destroy(enumerator);
	message->add(message, "virtual-ips", "%s", list);
}

/*
 * Described in header.
 */
void mobility_commands_add_kind(mobility_vici_message_t *message,
								mobility_link_kind_t kind,
								mobility_link_kind_t over)
{
	message->add(message, "kind", "%N", mobility_link_kind_names, kind);
	if (mobility_link_kind_is_stacked(kind))
	{
		message->add(message, "over", "%N", mobility_link_kind_names, over);
	}
}

/**
 * Begin the section of a session, with its keys.
 */
static void begin_status(mobility_vici_message_t *message,
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
	add_host(message, "local", "%#H", status->local);
	add_host(message, "remote", "%#H", status->remote);
	add_peer(message, status);
	message->add(message, "nat", "%s", nat_name(status));
	message->add(message, "cost", "%u", status->cost);
	message->add(message, "outage-time", "%u", status->outage_time);
	if (status->state != MOBILITY_CONNECTED &&
		status->state != MOBILITY_CONNECTING && status->outage_time)
	{
		message->add(message, "outage-left", "%u", status->outage_left);
	}
	if (!status->mobile)
	{
		message->add(message, "silent", "%u", status->silent);
	}
	if (status->exchange)
	{
		message->add(message, "exchange", "%s", status->exchange);
	}
	if (status->rtt)
	{
		message->add(message, "rtt-ms", "%u", status->rtt);
	}
	if (status->mobile)
	{
		message->begin(message, "packets");
		message->add(message, "out", "%llu",
					 (unsigned long long)status->packets.out);
		message->add(message, "in", "%llu",
					 (unsigned long long)status->packets.in);
		message->add(message, "peer-out", "%llu",
					 (unsigned long long)status->packets.seq);
		message->end(message);
	}
	message->add(message, "moves", "%u", status->moves);
	if (status->last_move.time)
	{
		message->begin(message, "last-move");
		add_move(message, &status->last_move);
		message->end(message);
	}
}

/**
 * Add the section of a session.
 */
static void add_status(mobility_vici_message_t *message,
					   const mobility_status_t *status)
{
	begin_status(message, status);
	message->end(message);
}

/**
 * Add the section of a path.
 */
static void add_path(mobility_vici_message_t *message, u_int number,
					 mobility_path_report_t *report)
{
	mobility_path_t *path = report->path;

	message->begin(message, "%u", number);
	message->add(message, "uplink", "%s", path->ifname);
	mobility_commands_add_kind(message, report->kind, report->over);
	add_host(message, "local", "%H", path->local);
	add_host(message, "remote", "%H", path->remote);
	add_host(message, "gateway", "%H", path->gateway);
	message->add(message, "prefix", "%u", path->prefix);
	message->add(message, "metric", "%u", path->metric);
	message->add(message, "cost", "%u", report->cost);
	message->add(message, "class", "%N", mobility_preference_names,
				 report->preference);
	if (report->by != MOBILITY_BY_NOTHING)
	{
		message->add(message, "ranked-by", "%N", mobility_criterion_names,
					 report->by);
	}
	if (report->rtt)
	{
		message->add(message, "rtt-ms", "%u", report->rtt);
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
	if (report->encapsulated)
	{
		message->add(message, "encapsulation", "forced");
	}
	if (report->mtu)
	{
		message->add(message, "mtu", "%u", report->mtu);
	}
	message->end(message);
}

/**
 * Add a section with paths, and destroy their enumerator.  The names of their
 * uplinks are added to an array of char[IFNAMSIZ], unless that is NULL.
 */
static void add_path_list(mobility_vici_message_t *message, enumerator_t *paths,
						  array_t *uplinks)
{
	mobility_path_report_t *report;
	u_int number = 0;

	message->begin(message, "paths");
	while (paths->enumerate(paths, &report))
	{
		add_path(message, ++number, report);
		if (uplinks)
		{
			array_insert(uplinks, ARRAY_TAIL, report->path->ifname);
		}
	}
	paths->destroy(paths);
	message->end(message);
}

/**
 * Add the section of a session's paths, and destroy their enumerator.
 */
static void add_paths(mobility_vici_message_t *message,
					  const mobility_status_t *status, enumerator_t *paths)
{
	message->begin(message, "%u", status->session);
	message->add(message, "connection", "%s", status->connection);
	message->add(message, "session", "%u", status->session);
	add_path_list(message, paths, NULL);
	message->end(message);
}

/**
 * Add the section of a session, with its paths, whose enumerator is destroyed,
 * what keeps it where it is, and interfaces that are no way to the peer.
 */
static void add_explanation(mobility_commands_t *this,
							mobility_vici_message_t *message,
							const mobility_status_t *status,
							const mobility_prospect_t *prospect,
							enumerator_t *paths)
{
	array_t *uplinks = array_create(IFNAMSIZ, 0);

	begin_status(message, status);
	message->begin(message, "stays");
	message->add(message, "why", "%N", mobility_stay_names, prospect->stay);
	if (prospect->uplink[0])
	{
		message->add(message, "uplink", "%s", prospect->uplink);
	}
	if (prospect->left)
	{
		message->add(message, "left", "%u", prospect->left);
	}
	message->end(message);
	add_path_list(message, paths, uplinks);
	if (status->mobile)
	{
		message->begin(message, "obstacles");
		mobility_obstacles_add(this, message, status->connection, uplinks);
		message->end(message);
	}
	message->end(message);
	array_destroy(uplinks);
}

/**
 * Refuse a command.
 */
static void refuse(mobility_vici_message_t *response, const char *error)
{
	response->add(response, "success", "no");
	response->add(response, "errmsg", "%s", error);
}

/**
 * Destroy a list_t.
 */
static void list_destroy(list_t *this)
{
	mobility_selection_clear(&this->selection);
	free(this);
}

/**
 * Begin a list of what is about the sessions asked for.  Returns NULL if none can
 * be meant, and says so if the arguments are wrong.
 */
static list_t *list_create(mobility_commands_t *commands, chunk_t request,
						   mobility_vici_message_t *response)
{
	char error[128];
	list_t *this;

	INIT(this,
		.commands = commands,
	);
	if (mobility_selection_init(&this->selection, request, error))
	{
		return this;
	}
	if (*error)
	{
		refuse(response, error);
	}
	list_destroy(this);
	return NULL;
}

CALLBACK(list_status, bool,
	list_t *this, enumerator_t *sessions, va_list args)
{
	mobility_vici_message_t *message;
	mobility_status_t *status;

	VA_ARGS_VGET(args, message);
	if (!sessions->enumerate(sessions, &status))
	{
		return FALSE;
	}
	add_status(message, status);
	return TRUE;
}

CALLBACK(list_paths, bool,
	list_t *this, enumerator_t *sessions, va_list args)
{
	mobility_manager_t *manager = this->commands->manager;
	mobility_vici_message_t *message;
	mobility_status_t *status;
	enumerator_t *paths = NULL;

	VA_ARGS_VGET(args, message);
	/* there are none of a session that has ended meanwhile */
	while (!paths && sessions->enumerate(sessions, &status))
	{
		paths = manager->create_path_enumerator(manager, status->session, NULL);
	}
	if (paths)
	{
		add_paths(message, status, paths);
	}
	return paths != NULL;
}

CALLBACK(list_explanations, bool,
	list_t *this, enumerator_t *sessions, va_list args)
{
	mobility_manager_t *manager = this->commands->manager;
	mobility_vici_message_t *message;
	mobility_prospect_t prospect = {};
	mobility_status_t *status;
	enumerator_t *paths = NULL;

	VA_ARGS_VGET(args, message);
	while (!paths && sessions->enumerate(sessions, &status))
	{
		paths = manager->create_path_enumerator(manager, status->session,
												&prospect);
	}
	if (paths)
	{
		add_explanation(this->commands, message, status, &prospect, paths);
	}
	return paths != NULL;
}

/**
 * mobility-status, mobility-paths and mobility-explain
 */
static void handle_sessions(mobility_commands_t *this, chunk_t request,
							mobility_vici_message_t *response,
							bool (*filter)(void*, enumerator_t*, va_list),
							mobility_list_t *list)
{
	mobility_manager_t *manager = this->manager;
	list_t *sessions;

	sessions = list_create(this, request, response);
	if (sessions)
	{
		list->elements = enumerator_create_filter(
								manager->create_status_enumerator(manager,
												&sessions->selection.filter),
								filter, sessions, (void*)list_destroy);
	}
}

CALLBACK(list_counts, bool,
	list_t *this, enumerator_t *counts, va_list args)
{
	mobility_vici_message_t *message;
	mobility_count_t *count;
	u_int total = 0;
	int i;

	VA_ARGS_VGET(args, message);
	if (!counts->enumerate(counts, &count))
	{
		return FALSE;
	}
	message->begin(message, "%u", ++this->number);
	message->add(message, "connection", "%s", count->connection);
	message->add(message, "role", "%s", count->mobile ? "mobile" : "anchor");
	message->begin(message, "states");
	for (i = 0; i < MOBILITY_STATES; i++)
	{
		message->add(message, enum_to_name(mobility_state_names, i), "%u",
					 count->states[i]);
		total += count->states[i];
	}
	message->end(message);
	message->add(message, "sessions", "%u", total);
	message->end(message);
	return TRUE;
}

/**
 * mobility-summary
 */
static void handle_summary(mobility_commands_t *this, chunk_t request,
						   mobility_vici_message_t *response,
						   mobility_list_t *list)
{
	mobility_manager_t *manager = this->manager;
	list_t *counts;

	counts = list_create(this, request, response);
	if (counts)
	{
		list->elements = enumerator_create_filter(
								manager->create_count_enumerator(manager,
												&counts->selection.filter),
								list_counts, counts, (void*)list_destroy);
	}
}

/**
 * mobility-switch
 */
static void handle_switch(mobility_commands_t *this, chunk_t request,
						  mobility_vici_message_t *response,
						  mobility_list_t *list)
{
	char *connection, *uplink, error[128] = "";
	bool success = FALSE;

	connection = mobility_vici_message_get(request, "connection");
	uplink = mobility_vici_message_get(request, "uplink");
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
	if (success)
	{
		response->add(response, "success", "yes");
	}
	else
	{
		refuse(response, error);
	}
	free(connection);
	free(uplink);
}

/**
 * Add the section of a record.
 */
static void add_record(mobility_vici_message_t *message, u_int number,
					   const mobility_event_log_entry_t *record)
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

CALLBACK(list_records, bool,
	list_t *this, enumerator_t *records, va_list args)
{
	mobility_event_log_entry_t *record;
	mobility_vici_message_t *message;

	VA_ARGS_VGET(args, message);
	if (!records->enumerate(records, &record))
	{
		return FALSE;
	}
	add_record(message, ++this->number, record);
	return TRUE;
}

/**
 * mobility-history
 */
static void handle_history(mobility_commands_t *this, chunk_t request,
						   mobility_vici_message_t *response,
						   mobility_list_t *list)
{
	enumerator_t *enumerator;
	list_t *happened;
	array_t *records;

	happened = list_create(this, request, response);
	if (happened)
	{
		records = this->history->get(this->history,
									 happened->selection.connection);
		enumerator = enumerator_create_cleaner(array_create_enumerator(records),
											   (void*)array_destroy, records);
		list->elements = enumerator_create_filter(enumerator, list_records,
											happened, (void*)list_destroy);
	}
}

/*
 * Described in header.
 */
bool mobility_commands_handle(mobility_commands_t *this, const char *name,
							  chunk_t request,
							  mobility_vici_message_t *response,
							  mobility_list_t *list)
{
	const struct {
		const char *name, *event;
		/* makes what is listed of each session */
		bool (*filter)(void*, enumerator_t*, va_list);
		/* if that is not all it does */
		void (*handle)(mobility_commands_t *this, chunk_t request,
					   mobility_vici_message_t *response,
					   mobility_list_t *list);
		/* it always changes something */
		bool changes;
	} commands[] = {
		{ "mobility-status", "mobility-list-session", list_status },
		{ "mobility-paths", "mobility-list-paths", list_paths },
		{ "mobility-explain", "mobility-list-explanation", list_explanations },
		{ "mobility-summary", "mobility-list-summary", NULL, handle_summary },
		{ "mobility-switch", NULL, NULL, handle_switch, TRUE },
		{ "mobility-interface", "mobility-list-interface", NULL,
			mobility_interface_handle },
		{ "mobility-history", "mobility-list-record", NULL, handle_history },
		{ "mobility-metrics", "mobility-list-metrics", NULL,
			mobility_metrics_handle },
		{ "mobility-terminate", NULL, NULL, mobility_terminate_handle,
			TRUE },
		{ "mobility-redirect", NULL, NULL, mobility_redirect_handle,
			TRUE },
	};
	int i;

	for (i = 0; i < countof(commands); i++)
	{
		if (streq(commands[i].name, name))
		{
			list->event = commands[i].event;
			if (commands[i].changes && this->read_only)
			{
				refuse(response, MOBILITY_COMMANDS_READ_ONLY);
			}
			else if (commands[i].filter)
			{
				handle_sessions(this, request, response, commands[i].filter,
								list);
			}
			else
			{
				commands[i].handle(this, request, response, list);
			}
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
void mobility_commands_add_event(mobility_vici_message_t *message,
								 enum mobility_event_kind_t kind,
								 mobility_state_t old,
								 const mobility_status_t *status,
								 array_t *paths)
{
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
			add_paths(message, status, array_create_enumerator(paths));
			break;
	}
}
