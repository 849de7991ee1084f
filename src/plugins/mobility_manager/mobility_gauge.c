/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_clock.h"
#include "mobility_gauge.h"

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

typedef struct private_mobility_gauge_t private_mobility_gauge_t;

/**
 * Private data of a mobility_gauge_t object.
 */
struct private_mobility_gauge_t {

	/**
	 * Public interface.
	 */
	mobility_gauge_t public;

	/**
	 * Name of the connection.
	 */
	const char *name;

	/**
	 * Paths of the session.
	 */
	mobility_candidates_t *candidates;

	/**
	 * Request in flight.
	 */
	mobility_exchange_t *exchange;

	/**
	 * When to find out if large packets get through on the path in use, 0 if
	 * that is known.
	 */
	uint64_t due;

	/**
	 * Finds it out.
	 */
	mobility_mtu_t mtu;

	/**
	 * Filled request for that, until it gets sent.
	 */
	packet_t *filled;
};

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

/**
 * Get a request filled until it is as large as a packet may be, NULL on failure.
 * Sets the size it has then.
 */
static packet_t *get_filled(ike_sa_t *ike_sa, message_t *message,
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

METHOD(mobility_gauge_t, moved, void,
	private_mobility_gauge_t *this)
{
	this->due = mobility_now();
}

METHOD(mobility_gauge_t, is_due, bool,
	private_mobility_gauge_t *this, uint64_t now)
{
	return this->due && now >= this->due;
}

METHOD(mobility_gauge_t, postpone, void,
	private_mobility_gauge_t *this, uint64_t when)
{
	this->due = when;
}

METHOD(mobility_gauge_t, begin, bool,
	private_mobility_gauge_t *this, const mobility_path_t *path)
{
	this->due = 0;
	/* else there is nothing to limit, or no way to */
	return this->candidates->is_pinned(this->candidates, path) &&
		   get_believed(path) > MOBILITY_MTU_FLOOR;
}

METHOD(mobility_gauge_t, cancel, void,
	private_mobility_gauge_t *this)
{
	this->mtu = (mobility_mtu_t){};
}

METHOD(mobility_gauge_t, fill, void,
	private_mobility_gauge_t *this, ike_sa_t *ike_sa,
	const mobility_path_t *path, message_t *message)
{
	mobility_records_t *records = this->candidates->records;
	uint64_t now = mobility_now();
	mobility_record_t record;

	DESTROY_IF(this->filled);
	this->filled = NULL;
	if (!path)
	{
		return;
	}
	records->get(records, path, now, &record);
	if (mobility_mtu_begin(&this->mtu, get_believed(path), record.rtt, now))
	{
		this->filled = get_filled(ike_sa, message, &this->mtu.size);
	}
	if (!this->filled)
	{	/* it goes out as it is, its answer says nothing */
		cancel(this);
	}
}

METHOD(mobility_gauge_t, sent, void,
	private_mobility_gauge_t *this)
{
	if (this->filled)
	{
		this->exchange->add_filled(this->exchange, this->filled);
		this->filled = NULL;
	}
}

METHOD(mobility_gauge_t, is_filled, bool,
	private_mobility_gauge_t *this)
{
	return this->mtu.next != 0;
}

METHOD(mobility_gauge_t, unfilled, void,
	private_mobility_gauge_t *this)
{
	mobility_mtu_unfilled(&this->mtu, mobility_now());
}

METHOD(mobility_gauge_t, tick, bool,
	private_mobility_gauge_t *this, ike_sa_t *ike_sa,
	const mobility_path_t *path, uint64_t now)
{
	if (!path)
	{
		cancel(this);
	}
	switch (mobility_mtu_tick(&this->mtu, now))
	{
		case MOBILITY_MTU_FILLED:
			this->exchange->send_filled(this->exchange, path, ike_sa);
			break;
		case MOBILITY_MTU_ALL:
			return TRUE;
		case MOBILITY_MTU_NONE:
			break;
	}
	return FALSE;
}

METHOD(mobility_gauge_t, answered, void,
	private_mobility_gauge_t *this, const mobility_path_t *path)
{
	uint32_t size = this->mtu.size, takes;
	bool again;

	if (!size)
	{
		return;
	}
	takes = mobility_mtu_answered(&this->mtu, get_believed(path), &again);
	if (again)
	{
		this->due = mobility_now();
	}
	if (takes && this->candidates->limit(this->candidates, path, takes))
	{
		dbg(DBG_IKE, takes < size ? 1 : 2, "mobility: %s: packets of %u bytes "
			"%s over %s, sending none larger than %u", this->name, size,
			takes < size ? "get lost" : "arrive", path->ifname, takes);
	}
}

METHOD(mobility_gauge_t, get_deadline, uint64_t,
	private_mobility_gauge_t *this)
{
	/* what is due already waits for the IKE_SA, not for the clock */
	if (!this->mtu.next && this->due > mobility_now())
	{
		return this->due;
	}
	return this->mtu.next;
}

METHOD(mobility_gauge_t, destroy, void,
	private_mobility_gauge_t *this)
{
	DESTROY_IF(this->filled);
	free(this);
}

/*
 * Described in header.
 */
mobility_gauge_t *mobility_gauge_create(const char *name,
										mobility_candidates_t *candidates,
										mobility_exchange_t *exchange)
{
	private_mobility_gauge_t *this;

	INIT(this,
		.public = {
			.moved = _moved,
			.is_due = _is_due,
			.postpone = _postpone,
			.begin = _begin,
			.fill = _fill,
			.sent = _sent,
			.is_filled = _is_filled,
			.unfilled = _unfilled,
			.tick = _tick,
			.answered = _answered,
			.cancel = _cancel,
			.get_deadline = _get_deadline,
			.destroy = _destroy,
		},
		.name = name,
		.candidates = candidates,
		.exchange = exchange,
	);
	return &this->public;
}
