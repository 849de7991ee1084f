/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/filled_request.h"
#include "ike/request.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>

#include <string.h>

/** Length of the marker in front of IKE messages to and from the NAT-T port. */
#define MARKER_LEN 4

/** Length of an IKE header (RFC 7296, 3.1). */
#define IKE_HEADER_LEN 28

/** Length of the header of the encrypted payload (RFC 7296, 3.14). */
#define ENCRYPTED_HEADER_LEN 4

/** Length of the header of a notify payload without SPI (RFC 7296, 3.10). */
#define NOTIFY_HEADER_LEN 8

/**
 * Get the length of all there is in a request but for what is encrypted.
 */
static size_t get_overhead(message_t *message, aead_t *aead)
{
	host_t *local = message->get_source(message);
	host_t *remote = message->get_destination(message);

	return (remote->get_family(remote) == AF_INET ? sizeof(struct iphdr)
												  : sizeof(struct ip6_hdr)) +
		   sizeof(struct udphdr) +
		   (mobility_request_has_marker(local, remote) ? MARKER_LEN : 0) +
		   IKE_HEADER_LEN + ENCRYPTED_HEADER_LEN + aead->get_iv_size(aead) +
		   aead->get_icv_size(aead);
}

/*
 * Described in header.
 */
uint32_t mobility_filled_request(ike_sa_t *ike_sa, message_t *message,
								 uint32_t size)
{
	keymat_t *keymat = ike_sa->get_keymat(ike_sa);
	aead_t *aead = keymat->get_aead(keymat, FALSE);
	size_t overhead, encrypted;
	chunk_t padding;

	if (!aead)
	{
		return 0;
	}
	overhead = get_overhead(message, aead);
	encrypted = round_down(size - overhead, aead->get_block_size(aead));
	/* one byte at least has the length of the cipher's own padding */
	padding = chunk_alloc(encrypted - NOTIFY_HEADER_LEN - 1);
	memset(padding.ptr, 0, padding.len);
	message->add_notify(message, FALSE, MOBILITY_NOTIFY_PADDING, padding);
	chunk_free(&padding);
	return overhead + encrypted;
}
