/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_commands mobility_commands
 * @{ @ingroup mobility_manager
 *
 * The commands of the control socket, and how sessions look in messages.
 * docs/vici.md describes both.
 */

#ifndef MOBILITY_COMMANDS_H_
#define MOBILITY_COMMANDS_H_

#include "control/vici_connection.h"
#include "control/event_log.h"
#include "control/statistics.h"
#include "manager.h"
#include "control/vici_message.h"
#include "settings/settings.h"

typedef struct mobility_commands_t mobility_commands_t;

/** answer to who wants to change something where nothing may be changed */
#define MOBILITY_COMMANDS_READ_ONLY "members of read_only_group may only look; " \
	"run this as root, or as a member of the group that charon.group names"

/**
 * What commands work on.
 */
struct mobility_commands_t {
	/** sessions */
	mobility_manager_t *manager;
	/** settings */
	mobility_settings_t *settings;
	/** what happened to sessions */
	mobility_event_log_t *history;
	/** what that adds up to */
	mobility_statistics_t *statistics;
	/** nothing may be changed */
	bool read_only;
};

/**
 * Handle a command.
 *
 * @param this			what to work on
 * @param name			name of the command
 * @param request		its arguments, an encoded message
 * @param response		gets the answer, unless something is listed
 * @param list			gets what is listed
 * @return				FALSE if there is no such command
 */
bool mobility_commands_handle(mobility_commands_t *this, const char *name,
							  chunk_t request,
							  mobility_vici_message_t *response,
							  mobility_list_t *list);

/**
 * Add the kind of an interface.
 *
 * @param message		gets the keys
 * @param kind			kind
 * @param over			kind of what is below it, if that matters
 */
void mobility_commands_add_kind(mobility_vici_message_t *message,
								mobility_link_kind_t kind,
								mobility_link_kind_t over);

/**
 * Add the section for an event.
 *
 * @param message		gets the section
 * @param kind			kind of event
 * @param old			previous state
 * @param status		session
 * @param paths			candidate paths for MOBILITY_EVENT_PATH
 */
void mobility_commands_add_event(mobility_vici_message_t *message,
								 enum mobility_event_kind_t kind,
								 mobility_state_t old,
								 const mobility_status_t *status,
								 array_t *paths);

#endif /** MOBILITY_COMMANDS_H_ @}*/
