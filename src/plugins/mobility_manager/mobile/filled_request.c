/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/filled_request.h"
#include "ike/request.h"
#include "mobile/pmtu_probe.h"

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
	if (mobility_request_has_marker(local, remote))
	{
		overhead->fixed += MARKER_LEN;
	}
	return TRUE;
}

/*
 * Described in header.
 */
uint32_t mobility_filled_request(ike_sa_t *ike_sa, message_t *message,
								 uint32_t size)
{
	mobility_pmtu_probe_overhead_t overhead;
	chunk_t padding;

	if (!get_overhead(ike_sa, message, &overhead))
	{
		return 0;
	}
	padding = chunk_alloc(mobility_pmtu_probe_pad(size, &overhead, &size));
	memset(padding.ptr, 0, padding.len);
	message->add_notify(message, FALSE, MOBILITY_NOTIFY_PADDING, padding);
	chunk_free(&padding);
	return size;
}
