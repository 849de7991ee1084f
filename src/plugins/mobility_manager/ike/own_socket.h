/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_own_socket mobility_own_socket
 * @{ @ingroup mobility_manager
 *
 * A UDP socket for IKE and UDP-encapsulated ESP, as charon's own at port 4500 but
 * with another port.  The kernel takes ESP from it, IKE messages are given to
 * charon.
 */

#ifndef MOBILITY_OWN_SOCKET_H_
#define MOBILITY_OWN_SOCKET_H_

#include <networking/packet.h>

typedef struct mobility_own_socket_t mobility_own_socket_t;

/**
 * Socket.  Methods may be called from any thread, send() by one at a time.
 */
struct mobility_own_socket_t {

	/**
	 * Send a packet, does not wait until that is possible.
	 *
	 * @param packet	packet with its source address, and the marker in front
	 *					that IKE messages have
	 * @return			FALSE if it could not be sent (logged)
	 */
	bool (*send)(mobility_own_socket_t *this, packet_t *packet);

	/**
	 * Destroy; waits for a packet that is received.
	 */
	void (*destroy)(mobility_own_socket_t *this);
};

/**
 * Take the marker off an IKE message that came in (RFC 3948, 2.2), if it is one for
 * which a socket like this may be open: not the first message of an IKE_SA, such
 * come to ports that are known.  Pure.
 *
 * @param data			what was received, gets the message, not copied
 * @return				FALSE if it is something else, and to be ignored
 */
bool mobility_own_socket_strip(chunk_t *data);

/**
 * Open a socket.
 *
 * @param family		address family
 * @param port			local port, 0 to have one chosen; gets the port
 * @return				socket, NULL on failure (errno is set)
 */
mobility_own_socket_t *mobility_own_socket_create(int family, uint16_t *port);

#endif /** MOBILITY_OWN_SOCKET_H_ @}*/
