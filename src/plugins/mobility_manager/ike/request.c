/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/request.h"
#include "net/clock.h"

#include <daemon.h>

typedef struct private_mobility_request_t private_mobility_request_t;

/**
 * Private data of a mobility_request_t object.
 */
struct private_mobility_request_t {

	/**
	 * Public interface.
	 */
	mobility_request_t public;

	/**
	 * Packets of the request, several if fragmented, packet_t*.
	 */
	array_t *packets;

	/**
	 * The same, filled up, NULL if it is not needed.
	 */
	packet_t *filled;

	/**
	 * How often only that was sent.
	 */
	u_int filled_sent;

	/**
	 * When it was sent as it is, although it has that form; 0 if it was not.
	 */
	uint64_t unfilled;

	/**
	 * Message ID of the request.
	 */
	uint32_t mid;

	/**
	 * Type of the exchange.
	 */
	exchange_type_t type;
};

METHOD(mobility_request_t, clear, void,
	private_mobility_request_t *this)
{
	packet_t *packet;

	while (array_remove(this->packets, ARRAY_TAIL, &packet))
	{
		packet->destroy(packet);
	}
	DESTROY_IF(this->filled);
	this->filled = NULL;
}

/**
 * Keep a packet of the request.
 */
static void keep(private_mobility_request_t *this, chunk_t data, uint8_t dscp)
{
	packet_t *packet;

	packet = packet_create();
	packet->set_data(packet, chunk_clone(data));
	packet->set_dscp(packet, dscp);
	array_insert(this->packets, ARRAY_TAIL, packet);
}

METHOD(mobility_request_t, capture, void,
	private_mobility_request_t *this, ike_sa_t *ike_sa, message_t *message)
{
	enumerator_t *enumerator;
	ike_cfg_t *ike_cfg;
	packet_t *fragment;
	uint8_t dscp = 0;

	clear(this);
	this->filled_sent = 0;
	this->unfilled = 0;
	ike_cfg = ike_sa->get_ike_cfg(ike_sa);
	if (ike_cfg)
	{
		dscp = ike_cfg->get_dscp(ike_cfg);
	}
	if (message->is_fragmented(message))
	{
		enumerator = message->get_fragments(message);
		while (enumerator->enumerate(enumerator, &fragment))
		{
			keep(this, fragment->get_data(fragment), dscp);
		}
		enumerator->destroy(enumerator);
	}
	else
	{
		keep(this, message->get_packet_data(message), dscp);
	}
	this->mid = message->get_message_id(message);
	this->type = message->get_exchange_type(message);
}

METHOD(mobility_request_t, in_flight, bool,
	private_mobility_request_t *this)
{
	return array_count(this->packets) > 0;
}

METHOD(mobility_request_t, matches, bool,
	private_mobility_request_t *this, uint32_t mid)
{
	return in_flight(this) && this->mid == mid;
}

METHOD(mobility_request_t, get_message_id, uint32_t,
	private_mobility_request_t *this)
{
	return this->mid;
}

METHOD(mobility_request_t, get_name, const char*,
	private_mobility_request_t *this)
{
	return in_flight(this) ? enum_to_name(exchange_type_names, this->type)
						   : NULL;
}

METHOD(mobility_request_t, get_packet, packet_t*,
	private_mobility_request_t *this)
{
	packet_t *packet = NULL;

	array_get(this->packets, ARRAY_HEAD, &packet);
	return packet;
}

METHOD(mobility_request_t, add_filled, void,
	private_mobility_request_t *this, packet_t *packet)
{
	packet->set_dscp(packet, get_packet(this)->get_dscp(get_packet(this)));
	DESTROY_IF(this->filled);
	this->filled = packet;
}

/**
 * Send a packet over a path.
 */
static void send_packet(packet_t *packet, const mobility_path_t *path,
						ike_sa_t *ike_sa)
{
	packet_t *copy;

	copy = packet->clone(packet);
	copy->set_source(copy, mobility_request_host(path->local,
											ike_sa->get_my_host(ike_sa)));
	copy->set_destination(copy, mobility_request_host(path->remote,
											ike_sa->get_other_host(ike_sa)));
	charon->sender->send(charon->sender, copy);
}

METHOD(mobility_request_t, send_filled, bool,
	private_mobility_request_t *this, const mobility_path_t *path,
	ike_sa_t *ike_sa)
{
	if (!this->filled)
	{
		return FALSE;
	}
	this->filled_sent++;
	send_packet(this->filled, path, ike_sa);
	return TRUE;
}

METHOD(mobility_request_t, count_filled, u_int,
	private_mobility_request_t *this)
{
	return this->filled_sent;
}

METHOD(mobility_request_t, get_unfilled, uint64_t,
	private_mobility_request_t *this)
{
	return this->unfilled;
}

METHOD(mobility_request_t, send_, void,
	private_mobility_request_t *this, const mobility_path_t *path,
	ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	packet_t *packet;

	enumerator = array_create_enumerator(this->packets);
	while (enumerator->enumerate(enumerator, &packet))
	{
		send_packet(packet, path, ike_sa);
	}
	enumerator->destroy(enumerator);
	if (this->filled)
	{
		this->unfilled = this->unfilled ?: mobility_now();
		send_packet(this->filled, path, ike_sa);
	}
}

METHOD(mobility_request_t, destroy, void,
	private_mobility_request_t *this)
{
	clear(this);
	array_destroy(this->packets);
	free(this);
}

/*
 * Described in header.
 */
host_t *mobility_request_host(host_t *addr, host_t *port)
{
	addr = addr->clone(addr);
	addr->set_port(addr, port->get_port(port));
	return addr;
}

/*
 * Described in header.
 */
mobility_request_t *mobility_request_create()
{
	private_mobility_request_t *this;

	INIT(this,
		.public = {
			.capture = _capture,
			.in_flight = _in_flight,
			.matches = _matches,
			.get_message_id = _get_message_id,
			.get_name = _get_name,
			.get_packet = _get_packet,
			.add_filled = _add_filled,
			.send_filled = _send_filled,
			.count_filled = _count_filled,
			.get_unfilled = _get_unfilled,
			.send = _send_,
			.clear = _clear,
			.destroy = _destroy,
		},
		.packets = array_create(0, 0),
	);

	return &this->public;
}
