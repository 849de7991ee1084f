/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/request.h"
#include "net/clock.h"
#include "net/datagram.h"
#include "net/uplinks.h"

#include <daemon.h>

typedef struct private_mobility_request_t private_mobility_request_t;

/**
 * How a request is sent that has two forms.
 */
typedef struct {
	/** it still is sent like that */
	bool used;
	/** the form it begins with */
	mobility_request_form_t first;
	/** how often it was sent in that one only */
	u_int first_sent;
	/** when it was sent in both, 0 if it was not */
	uint64_t both;
} forms_t;

/**
 * Private data of a mobility_request_t object.
 */
struct private_mobility_request_t {

	/**
	 * Public interface.
	 */
	mobility_request_t public;

	/**
	 * Packets of the request, several if fragmented, packet_t*; NULL if none is
	 * in flight.
	 */
	array_t *packets;

	/**
	 * The forms they are sent in, NULL if there is one.
	 */
	forms_t *forms;

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
	array_destroy(this->packets);
	this->packets = NULL;
	if (this->forms)
	{
		this->forms->used = FALSE;
	}
}

/**
 * Check if the request in flight is sent in two forms.
 */
static bool has_forms(private_mobility_request_t *this)
{
	return this->forms && this->forms->used;
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
	array_insert_create(&this->packets, ARRAY_TAIL, packet);
}

METHOD(mobility_request_t, capture, void,
	private_mobility_request_t *this, ike_sa_t *ike_sa, message_t *message)
{
	enumerator_t *enumerator;
	ike_cfg_t *ike_cfg;
	packet_t *fragment;
	uint8_t dscp = 0;

	clear(this);
	free(this->forms);
	this->forms = NULL;
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

METHOD(mobility_request_t, get_length, size_t,
	private_mobility_request_t *this, size_t headers)
{
	enumerator_t *enumerator;
	packet_t *packet;
	chunk_t data;
	size_t len = 0;

	enumerator = array_create_enumerator(this->packets);
	while (enumerator->enumerate(enumerator, &packet))
	{
		data = packet->get_data(packet);
		len += data.len + headers;
	}
	enumerator->destroy(enumerator);
	return len;
}

METHOD(mobility_request_t, begin_with, void,
	private_mobility_request_t *this, mobility_request_form_t form)
{
	free(this->forms);
	INIT(this->forms,
		.used = TRUE,
		.first = form,
	);
}

/**
 * Send a packet, as charon's sender does but for its form.
 */
static void send_packet(packet_t *packet, mobility_request_form_t form)
{
	host_t *source = packet->get_source(packet);
	host_t *destination = packet->get_destination(packet);
	chunk_t marker = chunk_from_chars(0x00, 0x00, 0x00, 0x00), data;

	if (!mobility_request_has_marker(source, destination))
	{
		marker = chunk_empty;
	}
	data = chunk_cat("cc", marker, packet->get_data(packet));
	if (form == MOBILITY_REQUEST_PARTS)
	{
		mobility_datagram_send_in_parts(source, destination,
										packet->get_dscp(packet), data);
	}
	else
	{
		mobility_datagram_send_marked(source, destination,
									  packet->get_dscp(packet), MOBILITY_MARK,
									  data);
	}
	chunk_free(&data);
	packet->destroy(packet);
}

/**
 * Send the packets over a path in one form.
 */
static void send_in_form(private_mobility_request_t *this,
						 mobility_request_form_t form,
						 const mobility_path_t *path, host_t *me,
						 host_t *other)
{
	enumerator_t *enumerator;
	packet_t *packet;

	enumerator = array_create_enumerator(this->packets);
	while (enumerator->enumerate(enumerator, &packet))
	{
		packet = packet->clone(packet);
		packet->set_source(packet, mobility_request_host(path->local, me));
		packet->set_destination(packet, mobility_request_host(path->remote,
															  other));
		if (form == MOBILITY_REQUEST_WHOLE)
		{
			charon->sender->send(charon->sender, packet);
		}
		else
		{
			send_packet(packet, form);
		}
	}
	enumerator->destroy(enumerator);
}

METHOD(mobility_request_t, send_first, bool,
	private_mobility_request_t *this, const mobility_path_t *path,
	ike_sa_t *ike_sa)
{
	if (!has_forms(this))
	{
		return FALSE;
	}
	this->forms->first_sent++;
	send_in_form(this, this->forms->first, path, ike_sa->get_my_host(ike_sa),
				 ike_sa->get_other_host(ike_sa));
	return TRUE;
}

METHOD(mobility_request_t, count_first, u_int,
	private_mobility_request_t *this)
{
	return this->forms ? this->forms->first_sent : 0;
}

METHOD(mobility_request_t, get_both, uint64_t,
	private_mobility_request_t *this)
{
	return this->forms ? this->forms->both : 0;
}

METHOD(mobility_request_t, send_, void,
	private_mobility_request_t *this, const mobility_path_t *path, host_t *me,
	host_t *other)
{
	send_in_form(this, MOBILITY_REQUEST_WHOLE, path, me, other);
	if (!has_forms(this))
	{
		return;
	}
	this->forms->both = this->forms->both ?: mobility_now();
	if (this->forms->first != MOBILITY_REQUEST_MARKED)
	{
		send_in_form(this, MOBILITY_REQUEST_PARTS, path, me, other);
	}
}

METHOD(mobility_request_t, destroy, void,
	private_mobility_request_t *this)
{
	clear(this);
	free(this->forms);
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
status_t mobility_request_begin_anew(ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	/* charon's table gets this at once, but would learn of what reset() does only
	 * when the IKE_SA is checked in, which may be after the answer */
	id->set_responder_spi(id, 0);
	ike_sa->reset(ike_sa, TRUE);
	return ike_sa->initiate(ike_sa, NULL, NULL);
}

/*
 * Described in header.
 */
bool mobility_request_has_marker(host_t *source, host_t *destination)
{
	return source->get_port(source) != IKEV2_UDP_PORT &&
		   destination->get_port(destination) != IKEV2_UDP_PORT;
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
			.get_length = _get_length,
			.begin_with = _begin_with,
			.send_first = _send_first,
			.count_first = _count_first,
			.get_both = _get_both,
			.send = _send_,
			.clear = _clear,
			.destroy = _destroy,
		},
	);

	return &this->public;
}
