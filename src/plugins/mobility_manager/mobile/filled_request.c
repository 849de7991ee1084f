/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/filled_request.h"
#include "mobile/pmtu_probe.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>

#include <daemon.h>

/** Length of the marker in front of IKE messages to and from the NAT-T port. */
#define MARKER_LEN 4

/** Length of an IKE header (RFC 7296, 3.1). */
#define IKE_HEADER_LEN 28

/** Length of the header of the encrypted payload (RFC 7296, 3.14). */
#define ENCRYPTED_HEADER_LEN 4

/** Length of the header of a notify payload without SPI (RFC 7296, 3.10). */
#define NOTIFY_HEADER_LEN 8

/**
 * Get what a request consists of besides the padding, FALSE if it is not known
 * how it is going to be encrypted.
 */
static bool get_overhead(ike_sa_t *ike_sa, message_t *message,
						 mobility_pmtu_probe_overhead_t *overhead)
{
	keymat_t *keymat = ike_sa->get_keymat(ike_sa);
	host_t *local = message->get_source(message);
	host_t *remote = message->get_destination(message);
	aead_t *aead;

	aead = keymat ? keymat->get_aead(keymat, FALSE) : NULL;
	if (!aead)
	{
		return FALSE;
	}
	*overhead = (mobility_pmtu_probe_overhead_t){
		.fixed = (remote->get_family(remote) == AF_INET ?
					sizeof(struct iphdr) : sizeof(struct ip6_hdr)) +
				 sizeof(struct udphdr) + IKE_HEADER_LEN +
				 ENCRYPTED_HEADER_LEN + aead->get_iv_size(aead) +
				 aead->get_icv_size(aead),
		.payload = NOTIFY_HEADER_LEN,
		.block = aead->get_block_size(aead),
	};
	if (local->get_port(local) != IKEV2_UDP_PORT &&
		remote->get_port(remote) != IKEV2_UDP_PORT)
	{
		overhead->fixed += MARKER_LEN;
	}
	return TRUE;
}

/**
 * Stock's method of the generator of IVs that is in use by this thread.
 */
static __thread bool (*stock_get_iv)(iv_gen_t *this, uint64_t seq, size_t size,
									 uint8_t *buffer);

METHOD(iv_gen_t, get_later_iv, bool,
	iv_gen_t *this, uint64_t seq, size_t size, uint8_t *buffer)
{
	return stock_get_iv(this, seq | 0xffffffff, size, buffer);
}

/**
 * Encode and encrypt a second message with the message ID of one that was.
 *
 * Counter modes and AEADs must never use an IV twice, and charon makes these of
 * the message ID, in the upper half, and the number of a fragment, in the lower
 * half.  So this takes the last of those of the message ID: later than what was
 * used, and earlier than what follows, which charon demands as well.
 */
static status_t generate_later(message_t *message, keymat_t *keymat,
							   packet_t **packet)
{
	aead_t *aead = keymat->get_aead(keymat, FALSE);
	iv_gen_t *iv_gen = aead->get_iv_gen(aead);
	status_t status;

	stock_get_iv = iv_gen->get_iv;
	iv_gen->get_iv = _get_later_iv;
	status = message->generate(message, keymat, packet);
	iv_gen->get_iv = stock_get_iv;
	return status;
}

/**
 * Encode a request that is the same but for what it is filled with.
 */
static packet_t *encode(ike_sa_t *ike_sa, message_t *message, chunk_t padding)
{
	packet_t *packet = NULL;
	message_t *filled;
	host_t *host;

	filled = message_create(message->get_major_version(message),
							message->get_minor_version(message));
	filled->set_message_id(filled, message->get_message_id(message));
	filled->set_exchange_type(filled, message->get_exchange_type(message));
	filled->set_ike_sa_id(filled, ike_sa->get_id(ike_sa));
	host = message->get_source(message);
	filled->set_source(filled, host->clone(host));
	host = message->get_destination(message);
	filled->set_destination(filled, host->clone(host));
	filled->add_notify(filled, FALSE, MOBILITY_NOTIFY_PADDING, padding);
	if (generate_later(filled, ike_sa->get_keymat(ike_sa),
					   &packet) != SUCCESS)
	{
		packet = NULL;
	}
	filled->destroy(filled);
	return packet;
}

/*
 * Described in header.
 */
packet_t *mobility_filled_request(ike_sa_t *ike_sa, message_t *message,
								  uint32_t *size)
{
	mobility_pmtu_probe_overhead_t overhead;
	packet_t *packet;
	chunk_t padding;

	if (!get_overhead(ike_sa, message, &overhead))
	{
		return NULL;
	}
	padding = chunk_alloc(mobility_pmtu_probe_pad(*size, &overhead, size));
	memset(padding.ptr, 0, padding.len);
	packet = encode(ike_sa, message, padding);
	chunk_free(&padding);
	return packet;
}
