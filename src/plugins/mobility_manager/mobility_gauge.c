/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_gauge.h"
#include "mobility_mtu.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
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
 * Connect a socket over a path, and get the MTU of it.
 */
static uint32_t get_mtu(int fd, const mobility_path_t *path)
{
	int family = path->remote->get_family(path->remote), mtu = 0;
	socklen_t len = sizeof(mtu);

	/* without the policies that would have it go through the tunnel */
	if (!charon->kernel->bypass_socket(charon->kernel, fd, family) ||
		bind(fd, path->local->get_sockaddr(path->local),
			 *path->local->get_sockaddr_len(path->local)) != 0 ||
		connect(fd, path->remote->get_sockaddr(path->remote),
				*path->remote->get_sockaddr_len(path->remote)) != 0 ||
		getsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
				   family == AF_INET ? IP_MTU : IPV6_MTU, &mtu, &len) != 0)
	{
		return 0;
	}
	return max(0, mtu);
}

/*
 * Described in header.
 */
uint32_t mobility_gauge_believed(const mobility_path_t *path)
{
	uint32_t mtu;
	int fd;

	fd = socket(path->remote->get_family(path->remote),
				SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
	{
		return 0;
	}
	mtu = get_mtu(fd, path);
	if (!mtu)
	{
		DBG2(DBG_NET, "getting the MTU from %H to %H failed: %s", path->local,
			 path->remote, strerror(errno));
	}
	close(fd);
	return mtu;
}

/**
 * Get what a request consists of besides the padding, FALSE if it is not known
 * how it is going to be encrypted.
 */
static bool get_overhead(ike_sa_t *ike_sa, message_t *message,
						 mobility_mtu_overhead_t *overhead)
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
	*overhead = (mobility_mtu_overhead_t){
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
	if (filled->generate(filled, ike_sa->get_keymat(ike_sa),
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
packet_t *mobility_gauge_fill(ike_sa_t *ike_sa, message_t *message,
							  uint32_t *size)
{
	mobility_mtu_overhead_t overhead;
	packet_t *packet;
	chunk_t padding;

	if (!get_overhead(ike_sa, message, &overhead))
	{
		return NULL;
	}
	padding = chunk_alloc(mobility_mtu_pad(*size, &overhead, size));
	memset(padding.ptr, 0, padding.len);
	packet = encode(ike_sa, message, padding);
	chunk_free(&padding);
	return packet;
}
