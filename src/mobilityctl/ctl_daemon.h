/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup ctl_daemon ctl_daemon
 * @{ @ingroup mobilityctl
 *
 * Talks to a daemon over VICI, and turns what it says into JSON.
 */

#ifndef CTL_DAEMON_H_
#define CTL_DAEMON_H_

#include "mobilityctl.h"

typedef struct ctl_daemon_t ctl_daemon_t;

/**
 * Called for an event, by a thread of its own.
 *
 * @param user			user data
 * @param name			name of the event
 * @param event			what the daemon says, not owned
 */
typedef void (*ctl_daemon_event_t)(void *user, const char *name,
								   json_object *event);

/**
 * A daemon that serves VICI.
 */
struct ctl_daemon_t {

	/**
	 * Exit code for what call() or listen() reported last.
	 */
	exit_code_t failure;

	/**
	 * Send a command and wait for the answer.  What it lists is in the answer,
	 * however long that is.
	 *
	 * @param command	name of the command
	 * @param ...		names and values of its arguments, and NULL; those with
	 *					a value of NULL are left out
	 * @return			answer, NULL on failure (reported)
	 */
	json_object *(*call)(ctl_daemon_t *this, const char *command, ...);

	/**
	 * Register for events, once.
	 *
	 * @param cb		gets called
	 * @param user		user data for cb
	 * @param ...		names of the events, and NULL
	 * @return			FALSE on failure (reported)
	 */
	bool (*listen)(ctl_daemon_t *this, ctl_daemon_event_t cb, void *user, ...);

	/**
	 * Wait until the daemon goes away, or closes the connection that events
	 * come from, or somebody interrupts, for which ctl_daemon_block_signals()
	 * must have been called.
	 *
	 * @return			TRUE if interrupted, FALSE if the daemon went away
	 */
	bool (*wait)(ctl_daemon_t *this);

	/**
	 * Destroy a ctl_daemon_t.
	 */
	void (*destroy)(ctl_daemon_t *this);
};

/**
 * Let SIGINT and SIGTERM be noticed by wait() only.  To be called before a
 * daemon is connected.
 */
void ctl_daemon_block_signals();

/**
 * Connect to the mobility manager.
 *
 * @param uri			URI of its socket
 * @return				daemon, NULL if it can't be reached (reported)
 */
ctl_daemon_t *ctl_daemon_connect(char *uri);

/**
 * Connect to the mobility manager for a single command.
 *
 * @param uri			URI of its socket
 * @param answer		gets the answer
 * @param command		name of the command
 * @param ...			as for call()
 * @return				EXIT_OK, or what went wrong (reported)
 */
exit_code_t ctl_daemon_ask(char *uri, json_object **answer,
						   const char *command, ...);

/**
 * The same for a command that lists what there is of a connection.
 *
 * @param uri			URI of its socket
 * @param list			gets an array
 * @param command		name of the command
 * @param connection	name of the connection, NULL for all
 * @return				EXIT_OK, or what went wrong (reported)
 */
exit_code_t ctl_daemon_list(char *uri, json_object **list, const char *command,
							const char *connection);

/**
 * Ask for sessions with their paths, and show them.
 *
 * @param ctl			how to show them
 * @param command		name of the command
 * @param connection	name of the connection, NULL for all
 * @param between		printed between two of them
 * @param print			prints one, for people
 * @return				EXIT_OK, or what went wrong (reported)
 */
exit_code_t ctl_show_sessions(mobilityctl_t *ctl, const char *command,
							  const char *connection, const char *between,
							  void (*print)(json_object *session));

/**
 * Ask for the sessions that are meant, or how many there are.
 *
 * @param ctl			says which are
 * @param daemon		daemon
 * @param answer		gets the answer, if that is one
 * @return				EXIT_OK, or what went wrong (reported)
 */
exit_code_t ctl_status_ask(mobilityctl_t *ctl, ctl_daemon_t *daemon,
						   json_object **answer);

/**
 * Connect to any VICI socket.
 *
 * @param uri			URI of its socket
 * @return				daemon, NULL if it can't be reached (errno is set)
 */
ctl_daemon_t *ctl_daemon_try(char *uri);

/** what helps who has no permission for the socket */
#define CTL_DENIED "run this as root, or as a member of the group that " \
	"charon.group names; mobility-manager.read_only_group names one whose " \
	"members may see what goes on"

/**
 * Check if it was for want of permission that a daemon can't be reached.
 *
 * @param error			error number
 * @return				TRUE if so
 */
bool ctl_daemon_is_denied(int error);

/**
 * Find the URI on which a plugin of the daemon's listens, as strongswan.conf
 * says.
 *
 * @param plugin		name of the plugin
 * @param def			URI if there is none
 * @return				URI
 */
char *ctl_daemon_find_uri(char *plugin, char *def);

/**
 * Find the URI on which the mobility manager listens: that of charon, or of
 * charon-nm if only that runs.
 *
 * @return				URI
 */
char *ctl_daemon_find_manager();

/**
 * Get the URI on which that of charon-nm listens.
 *
 * @return				URI
 */
char *ctl_daemon_find_vpn();

/**
 * Clean up after all daemons were destroyed.
 */
void ctl_daemon_deinit();

#endif /** CTL_DAEMON_H_ @}*/
