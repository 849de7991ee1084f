/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_vici_server mobility_vici_server
 * @{ @ingroup mobility_manager
 *
 * Serves VICI clients on a socket, each by a thread of its own that exists as
 * long as the client is connected.  Whatever a client does or fails to do, it
 * is its own thread that waits for it, its own queue that fills, and its own
 * connection that gets closed.
 *
 * One thread for all, or charon's watcher and jobs, take no less: a command may
 * wait for an IKE_SA that another thread has checked out, so it would need a
 * thread or job of its own, and with that all that is locked here, while nobody
 * is to lose events meanwhile.  And the watcher of strongSwan 5.9 calls nobody
 * while charon's own socket for network changes has overflowed, which is when
 * there is much to tell.
 */

#ifndef MOBILITY_VICI_SERVER_H_
#define MOBILITY_VICI_SERVER_H_

#include "control/vici_connection.h"

typedef struct mobility_vici_server_t mobility_vici_server_t;

/** how many clients may be connected at once; for another one, who waits for no
 * events and did not ask anything for the longest time has to go */
#define MOBILITY_SERVER_MAX_CLIENTS 64

/** seconds a client has to complete a message it began, or to read */
#define MOBILITY_SERVER_TIMEOUT 10

/**
 * A server.
 */
struct mobility_vici_server_t {

	/**
	 * Send an event to the clients that registered for it.  Does not block.
	 *
	 * @param event		name of the event
	 * @param message	encoded message, gets copied
	 */
	void (*raise)(mobility_vici_server_t *this, const char *event,
				  chunk_t message);

	/**
	 * Disconnects all clients, waiting for commands in progress, and destroys.
	 */
	void (*destroy)(mobility_vici_server_t *this);
};

/**
 * Create a server.
 *
 * @param uri			URI of the socket
 * @param service		what to serve, gets copied
 * @param timeout		seconds, see MOBILITY_SERVER_TIMEOUT
 * @return				server, NULL if the socket can't be created (logged)
 */
mobility_vici_server_t *mobility_vici_server_create(const char *uri,
											const mobility_service_t *service,
													u_int timeout);

#endif /** MOBILITY_VICI_SERVER_H_ @}*/
