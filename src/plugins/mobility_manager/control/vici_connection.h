/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_vici_connection mobility_vici_connection
 * @{ @ingroup mobility_manager
 *
 * The VICI protocol as spoken with one client: bytes in, bytes out.  Knows no
 * sockets and does not wait.
 */

#ifndef MOBILITY_VICI_CONNECTION_H_
#define MOBILITY_VICI_CONNECTION_H_

#include "control/vici_message.h"

typedef struct mobility_vici_connection_t mobility_vici_connection_t;
typedef struct mobility_service_t mobility_service_t;
typedef struct mobility_list_t mobility_list_t;

/** the longest message a client may send, the commands need a tenth of it */
#define MOBILITY_CLIENT_MAX_IN 16384

/** what may wait for a client that does not read when another event comes */
#define MOBILITY_CLIENT_MAX_OUT (256 * 1024)

/** the longest answer, with its operation libvici takes not one byte more */
#define MOBILITY_CLIENT_MAX_ANSWER (512 * 1024 - 1)

/** a list goes on as long as less than this waits for the client */
#define MOBILITY_CLIENT_LIST_AHEAD 16384

/**
 * What a command lists.  Its elements are made one by one as the client takes
 * them: a long list is never there as a whole.
 */
struct mobility_list_t {

	/** name of the event that each element is to clients registered for it */
	const char *event;

	/** enumerate() gets a mobility_vici_message_t* and appends the next element to
	 * it; called by the thread that serves the client.  NULL if nothing is
	 * listed */
	enumerator_t *elements;
};

/**
 * What is served to clients.
 */
struct mobility_service_t {

	/** names of the events that may be registered for, at most 32 */
	const char **events;

	/** number of events */
	u_int count;

	/**
	 * Handle a command.
	 *
	 * @param user		user data
	 * @param name		name of the command
	 * @param request	its arguments, a valid message
	 * @param response	gets the answer, unless something is listed
	 * @param list		gets what is listed, elements is NULL before
	 * @return			FALSE if there is no such command
	 */
	bool (*handle)(void *user, const char *name, chunk_t request,
				   mobility_vici_message_t *response, mobility_list_t *list);

	/** user data for handle */
	void *user;
};

/**
 * A client.  raise() and is_registered() may be called by any thread at any
 * time, everything else by the one thread that serves the client.
 */
struct mobility_vici_connection_t {

	/**
	 * Take bytes from the client.
	 *
	 * @param data		bytes
	 */
	void (*receive)(mobility_vici_connection_t *this, chunk_t data);

	/**
	 * Go on with a list, else handle the next message, if it is complete.  To
	 * be called when the client has got all that there was for it.
	 *
	 * @param error		gets what the client did wrong (static string), it has
	 *					to be disconnected; NULL otherwise
	 * @return			TRUE if there was something to do
	 */
	bool (*process)(mobility_vici_connection_t *this, const char **error);

	/**
	 * Check if the client is in the middle of a message.
	 *
	 * @return			TRUE if more bytes have to come
	 */
	bool (*is_partial)(mobility_vici_connection_t *this);

	/**
	 * Get bytes for the client.
	 *
	 * @param buf		buffer, gets filled
	 * @param len		size of buffer
	 * @return			number of bytes, also if that is more than fits
	 */
	size_t (*peek)(mobility_vici_connection_t *this, u_char *buf, size_t len);

	/**
	 * Drop bytes that the client got.
	 *
	 * @param len		number of bytes
	 */
	void (*sent)(mobility_vici_connection_t *this, size_t len);

	/**
	 * Queue an event if the client registered for it.
	 *
	 * @param event		name of the event
	 * @param message	encoded message, gets copied
	 * @return			TRUE if the client has something to get now
	 */
	bool (*raise)(mobility_vici_connection_t *this, const char *event,
				  chunk_t message);

	/**
	 * Check if the client registered for any events.
	 *
	 * @return			TRUE if it did
	 */
	bool (*is_registered)(mobility_vici_connection_t *this);

	/**
	 * Check if too many events wait for the client.
	 *
	 * @return			TRUE if the client has to be disconnected
	 */
	bool (*is_overrun)(mobility_vici_connection_t *this);

	/**
	 * Destroy a mobility_vici_connection_t.
	 */
	void (*destroy)(mobility_vici_connection_t *this);
};

/**
 * Create a client.
 *
 * @param service		what to serve, not owned
 * @return				client
 */
mobility_vici_connection_t *mobility_vici_connection_create(
											 const mobility_service_t *service);

#endif /** MOBILITY_VICI_CONNECTION_H_ @}*/
