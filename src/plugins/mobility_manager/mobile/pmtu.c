/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "net/clock.h"
#include "mobile/pmtu.h"

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

/**
 * Get the MTU that the kernel believes a path has, 0 if unknown.
 */
static uint32_t get_believed(const mobility_path_t *path)
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

/**
 * Get a request filled until it is as large as a packet may be, NULL on failure.
 * Sets the size it has then.
 */
static packet_t *get_filled(ike_sa_t *ike_sa, message_t *message,
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

/*
 * Described in header.
 */
bool mobility_pmtu_begin(mobility_pmtu_t *gauge,
						 mobility_candidates_t *candidates,
						 const mobility_path_t *path)
{
	gauge->due = 0;
	/* else there is nothing to limit, or no way to */
	return candidates->is_pinned(candidates, path) &&
		   get_believed(path) > MOBILITY_MTU_FLOOR;
}

/*
 * Described in header.
 */
void mobility_pmtu_cancel(mobility_pmtu_t *gauge)
{
	gauge->mtu = (mobility_pmtu_probe_t){};
	gauge->fill = FALSE;
}

/*
 * Described in header.
 */
void mobility_pmtu_moved(mobility_pmtu_t *gauge, uint64_t now)
{
	gauge->due = now;
	gauge->postponed = 0;
	gauge->doubt = FALSE;
}

/*
 * Described in header.
 */
void mobility_pmtu_repeat(mobility_pmtu_t *gauge, uint64_t now)
{
	if (gauge->mtu.size || gauge->fill)
	{
		gauge->due = now;
	}
	mobility_pmtu_cancel(gauge);
}

/*
 * Described in header.
 */
void mobility_pmtu_sent(mobility_pmtu_t *gauge, uint32_t rtt,
						ike_sa_t *ike_sa, const mobility_path_t *path,
						message_t *message, mobility_request_t *exchange)
{
	packet_t *filled = NULL;

	gauge->fill = FALSE;
	if (path && mobility_pmtu_probe_begin(&gauge->mtu, get_believed(path), rtt,
										  mobility_now()))
	{
		filled = get_filled(ike_sa, message, &gauge->mtu.size);
	}
	if (filled)
	{
		exchange->add_filled(exchange, filled);
	}
	else
	{	/* it goes out as it is, its answer says nothing */
		mobility_pmtu_cancel(gauge);
	}
}

/*
 * Described in header.
 */
bool mobility_pmtu_tick(mobility_pmtu_t *gauge,
						mobility_request_t *exchange, ike_sa_t *ike_sa,
						const mobility_path_t *path, uint64_t now)
{
	if (!path)
	{
		mobility_pmtu_cancel(gauge);
	}
	switch (mobility_pmtu_probe_tick(&gauge->mtu, now))
	{
		case MOBILITY_MTU_FILLED:
			exchange->send_filled(exchange, path, ike_sa);
			break;
		case MOBILITY_MTU_ALL:
			return TRUE;
		case MOBILITY_MTU_NONE:
			break;
	}
	return FALSE;
}

/*
 * Described in header.
 */
void mobility_pmtu_answered(mobility_pmtu_t *gauge,
							mobility_candidates_t *candidates,
							const mobility_path_t *path, const char *name,
							uint64_t now)
{
	uint32_t size = gauge->mtu.size, takes;
	bool again;

	if (!size)
	{
		return;
	}
	takes = mobility_pmtu_probe_answered(&gauge->mtu, get_believed(path),
										 &again);
	if (takes == MOBILITY_MTU_FLOOR && !gauge->doubt)
	{	/* nothing else may have got through for a moment, either */
		gauge->doubt = again = TRUE;
		takes = 0;
	}
	else if (!again)
	{
		gauge->doubt = FALSE;
	}
	if (again)
	{
		gauge->due = now;
	}
	if (takes && candidates->limit(candidates, path, takes))
	{
		dbg(DBG_IKE, takes < size ? 1 : 2, "mobility: %s: packets of %u bytes "
			"%s over %s, sending none larger than %u", name, size,
			takes < size ? "get lost" : "arrive", path->ifname, takes);
	}
}

/*
 * Described in header.
 */
uint64_t mobility_pmtu_deadline(const mobility_pmtu_t *gauge, uint64_t now)
{
	/* what is due already waits for the IKE_SA, not for the clock */
	if (!gauge->mtu.next && gauge->due > now)
	{
		return gauge->due;
	}
	return gauge->mtu.next;
}
