/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_request mobility_request
 * @{ @ingroup mobility_manager
 *
 * The request in flight: its packets, kept so that they can be sent again,
 * unchanged as RFC 7296, 2.1 demands, from and to any address as RFC 4555, 3.5
 * allows.  One that measures the path is the same packet, in one IP packet or in
 * several, see mobility_pmtu_probe_t.
 */

#ifndef MOBILITY_REQUEST_H_
#define MOBILITY_REQUEST_H_

#include <encoding/message.h>
#include <sa/ike_sa.h>

#include "net/path.h"

typedef struct mobility_request_t mobility_request_t;
typedef enum mobility_request_form_t mobility_request_form_t;

/**
 * How a packet of a request is sent.
 */
enum mobility_request_form_t {
	/** as the kernel does, in one IP packet if it believes that the path takes
	 * that */
	MOBILITY_REQUEST_WHOLE,
	/** in several IP packets, which any path takes if it takes such at all */
	MOBILITY_REQUEST_PARTS,
	/** as a whole, with MOBILITY_MARK: over another next hop */
	MOBILITY_REQUEST_MARKED,
};

/**
 * Request in flight of one IKE_SA.  Used with that IKE_SA checked out.
 */
struct mobility_request_t {

	/**
	 * Keep a request that was just encoded, drop what was kept before.
	 *
	 * @param ike_sa	IKE_SA it belongs to
	 * @param message	encoded (or fragmented) request
	 */
	void (*capture)(mobility_request_t *this, ike_sa_t *ike_sa,
					message_t *message);

	/**
	 * Check whether a request is in flight.
	 *
	 * @return			TRUE if so
	 */
	bool (*in_flight)(mobility_request_t *this);

	/**
	 * Check whether the request with the given message ID is in flight.
	 *
	 * @param mid		message ID
	 * @return			TRUE if so
	 */
	bool (*matches)(mobility_request_t *this, uint32_t mid);

	/**
	 * Get the message ID of the request in flight.
	 *
	 * @return			message ID
	 */
	uint32_t (*get_message_id)(mobility_request_t *this);

	/**
	 * Get the name of the exchange in flight.
	 *
	 * @return			name, static, NULL if none is in flight
	 */
	const char *(*get_name)(mobility_request_t *this);

	/**
	 * Get the first packet of the request.
	 *
	 * @return			internal packet, NULL if none is in flight
	 */
	packet_t *(*get_packet)(mobility_request_t *this);

	/**
	 * Get the length of the request, of all its packets.
	 *
	 * @param headers	length in bytes of what is in front of each packet
	 * @return			length in bytes
	 */
	size_t (*get_length)(mobility_request_t *this, size_t headers);

	/**
	 * Have the request sent at first in one form only, and then in both, whole
	 * and in parts; if that is not marked, then as a whole.
	 *
	 * @param form		form to begin with
	 */
	void (*begin_with)(mobility_request_t *this, mobility_request_form_t form);

	/**
	 * Send the request over a path only in the form it begins with.
	 *
	 * @param path		path to use
	 * @param ike_sa	IKE_SA to take the ports from
	 * @return			FALSE if it is not one with two forms
	 */
	bool (*send_first)(mobility_request_t *this, const mobility_path_t *path,
					   ike_sa_t *ike_sa);

	/**
	 * Get how often the request was sent with send_first(), also after it was
	 * answered.
	 *
	 * @return			number of times
	 */
	u_int (*count_first)(mobility_request_t *this);

	/**
	 * Get when a request with two forms was sent in both of them for the first
	 * time, also after it was answered.
	 *
	 * @return			time, 0 if it was not
	 */
	uint64_t (*get_both)(mobility_request_t *this);

	/**
	 * Send the request over a path, in both forms if it has two.
	 *
	 * @param path		path to use
	 * @param me		host with our port
	 * @param other		host with the peer's port
	 */
	void (*send)(mobility_request_t *this, const mobility_path_t *path,
				 host_t *me, host_t *other);

	/**
	 * Forget the request.
	 */
	void (*clear)(mobility_request_t *this);

	/**
	 * Destroy a mobility_request_t.
	 */
	void (*destroy)(mobility_request_t *this);
};

/**
 * Create an instance with no request in flight.
 *
 * @return				instance
 */
mobility_request_t *mobility_request_create();

/**
 * Get a host with the IP address of a path's end and the port the IKE_SA uses
 * on that end.  With MOBIKE that is the NAT-T port, IKE has floated to it
 * (RFC 4555, 3.3), on every path.
 *
 * @param addr			IP address
 * @param port			host with the port
 * @return				allocated host
 */
host_t *mobility_request_host(host_t *addr, host_t *port);

/**
 * Have an IKE_SA that is connecting begin with IKE_SA_INIT again.  With another
 * SPI: what comes for the one before means nothing.
 *
 * @param ike_sa		IKE_SA, checked out by the calling thread
 * @return				as ike_sa_t.initiate()
 */
status_t mobility_request_begin_anew(ike_sa_t *ike_sa);

/**
 * Check if IKE messages have a marker in front, as ESP packets go to and from
 * the same ports (RFC 3948, 2.2).
 *
 * @param source		address and port they come from
 * @param destination	address and port they are for
 * @return				TRUE if so
 */
bool mobility_request_has_marker(host_t *source, host_t *destination);

#endif /** MOBILITY_REQUEST_H_ @}*/
