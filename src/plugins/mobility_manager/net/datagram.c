/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "net/datagram.h"

#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <unistd.h>

#include <daemon.h>

/** Hop limit, as the kernel's. */
#define TTL 64

/** Offsets of fragments are multiples of this. */
#define UNIT 8

/** Content of the largest part, whatever the family. */
#define PART_MAX ((MOBILITY_MTU_FLOOR - sizeof(struct ip6_hdr) - \
				   sizeof(struct ip6_frag)) / UNIT * UNIT)

/** Headers of a packet that has a part of a datagram. */
typedef union {
	struct iphdr v4;
	struct {
		struct ip6_hdr ip;
		struct ip6_frag fragment;
	} v6;
} headers_t;

/**
 * Send a packet.
 */
static bool send_packet(int fd, host_t *destination, chunk_t header,
						chunk_t data)
{
	chunk_t packet = chunk_cata("cc", header, data);

	return sendto(fd, packet.ptr, packet.len, MSG_DONTWAIT,
				  destination->get_sockaddr(destination),
				  *destination->get_sockaddr_len(destination)) >= 0;
}

/**
 * Fill in what is different in each packet, and send it.
 */
static bool send_part(int fd, host_t *destination, headers_t *headers,
					  size_t offset, bool more, chunk_t data)
{
	chunk_t header = chunk_from_thing(headers->v6);

	if (destination->get_family(destination) == AF_INET)
	{
		header.len = sizeof(headers->v4);
		headers->v4.frag_off = htons(offset / UNIT | (more ? IP_MF : 0));
		headers->v4.tot_len = htons(header.len + data.len);
	}
	else
	{
		headers->v6.fragment.ip6f_offlg = htons(offset | more);
		headers->v6.ip.ip6_plen = htons(sizeof(headers->v6.fragment) +
										data.len);
	}
	return send_packet(fd, destination, header, data);
}

/**
 * Send a datagram as it is, in one packet.
 */
static bool send_whole(int fd, host_t *destination, headers_t *headers,
					   chunk_t datagram)
{
	chunk_t header = chunk_from_thing(headers->v4);

	if (destination->get_family(destination) == AF_INET)
	{
		headers->v4.tot_len = htons(header.len + datagram.len);
	}
	else
	{
		header = chunk_from_thing(headers->v6.ip);
		headers->v6.ip.ip6_nxt = IPPROTO_UDP;
		headers->v6.ip.ip6_plen = htons(datagram.len);
	}
	return send_packet(fd, destination, header, datagram);
}

/**
 * Write what all packets of a datagram have in their headers; the kernel adds
 * the checksum of IPv4.
 */
static void write_headers(headers_t *headers, host_t *source,
						  host_t *destination, uint8_t dscp)
{
	chunk_t src = source->get_address(source);
	chunk_t dst = destination->get_address(destination);

	memset(headers, 0, sizeof(*headers));
	if (source->get_family(source) == AF_INET)
	{
		headers->v4.version = IPVERSION;
		headers->v4.ihl = sizeof(headers->v4) / 4;
		headers->v4.tos = dscp << 2;
		headers->v4.id = random() | 1;
		headers->v4.ttl = TTL;
		headers->v4.protocol = IPPROTO_UDP;
		memcpy(&headers->v4.saddr, src.ptr, src.len);
		memcpy(&headers->v4.daddr, dst.ptr, dst.len);
	}
	else
	{
		headers->v6.ip.ip6_flow = htonl(6 << 28 | dscp << 22);
		headers->v6.ip.ip6_nxt = IPPROTO_FRAGMENT;
		headers->v6.ip.ip6_hlim = TTL;
		memcpy(&headers->v6.ip.ip6_src, src.ptr, src.len);
		memcpy(&headers->v6.ip.ip6_dst, dst.ptr, dst.len);
		headers->v6.fragment.ip6f_nxt = IPPROTO_UDP;
		headers->v6.fragment.ip6f_ident = random();
	}
}

/**
 * Compute the checksum of a datagram (RFC 768; RFC 8200, 8.1).
 */
static uint16_t checksum(host_t *source, host_t *destination, chunk_t datagram)
{
	uint16_t pseudo[] = { htons(IPPROTO_UDP), htons(datagram.len) }, sum;

	sum = chunk_internet_checksum(source->get_address(source));
	sum = chunk_internet_checksum_inc(destination->get_address(destination),
									  sum);
	sum = chunk_internet_checksum_inc(chunk_from_thing(pseudo), sum);
	/* zero means that there is none */
	return chunk_internet_checksum_inc(datagram, sum) ?: 0xffff;
}

/**
 * Write a datagram.
 */
static chunk_t write_datagram(host_t *source, host_t *destination, chunk_t data)
{
	struct udphdr *header;
	chunk_t datagram;

	datagram = chunk_alloc(sizeof(*header) + data.len);
	header = (struct udphdr*)datagram.ptr;
	*header = (struct udphdr){
		.source = htons(source->get_port(source)),
		.dest = htons(destination->get_port(destination)),
		.len = htons(datagram.len),
	};
	memcpy(header + 1, data.ptr, data.len);
	header->check = checksum(source, destination, datagram);
	return datagram;
}

/**
 * Send a datagram part by part.
 */
static bool send_parts(int fd, host_t *destination, headers_t *headers,
					   chunk_t datagram)
{
	size_t len = min(PART_MAX, round_up((datagram.len + 1) / 2, UNIT)), offset;
	bool sent = TRUE;

	for (offset = 0; sent && offset < datagram.len; offset += len)
	{
		len = min(len, datagram.len - offset);
		sent = send_part(fd, destination, headers, offset,
						 offset + len < datagram.len,
						 chunk_create(datagram.ptr + offset, len));
	}
	return sent;
}

/**
 * Send a datagram over a raw socket, with a mark in one packet, without in parts.
 */
static bool send_raw(int fd, host_t *source, host_t *destination,
					 uint8_t dscp, uint32_t mark, chunk_t datagram)
{
	headers_t headers;
	bool sent;

	write_headers(&headers, source, destination, dscp);
	/* there are no ports on this floor */
	destination = destination->clone(destination);
	destination->set_port(destination, 0);
	if (!mark)
	{
		sent = send_parts(fd, destination, &headers, datagram);
	}
	else
	{
		sent = setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) == 0 &&
			   send_whole(fd, destination, &headers, datagram);
	}
	destination->destroy(destination);
	return sent;
}

/**
 * Send a datagram by a socket of its own.
 */
static bool send_datagram(host_t *source, host_t *destination, uint8_t dscp,
						  uint32_t mark, chunk_t data)
{
	int family = source->get_family(source), fd;
	chunk_t datagram = chunk_empty;
	bool sent = FALSE;

	fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (fd >= 0)
	{
		datagram = write_datagram(source, destination, data);
		/* without the policies that would have it go through a tunnel */
		sent = charon->kernel->bypass_socket(charon->kernel, fd, family) &&
			   bind(fd, source->get_sockaddr(source),
					*source->get_sockaddr_len(source)) == 0 &&
			   send_raw(fd, source, destination, dscp, mark, datagram);
	}
	if (!sent)
	{
		DBG2(DBG_NET, "sending a datagram from %H to %H failed: %s", source,
			 destination, strerror(errno));
	}
	if (fd >= 0)
	{
		close(fd);
	}
	chunk_free(&datagram);
	return sent;
}

/*
 * Described in header.
 */
bool mobility_datagram_send_in_parts(host_t *source, host_t *destination,
									 uint8_t dscp, chunk_t data)
{
	return send_datagram(source, destination, dscp, 0, data);
}

/*
 * Described in header.
 */
bool mobility_datagram_send_marked(host_t *source, host_t *destination,
								   uint8_t dscp, uint32_t mark, chunk_t data)
{
	return send_datagram(source, destination, dscp, mark, data);
}
