/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* for in6_pktinfo */
#define _GNU_SOURCE

#include "ike/own_socket.h"

#include <errno.h>
#include <unistd.h>
#include <netinet/in.h>

#include <daemon.h>
#include <encoding/message.h>
#include <encoding/payloads/ike_header.h>
#include <processing/jobs/process_message_job.h>

/** Length of the marker in front of IKE messages. */
#define MARKER_LEN 4

/** Offsets and lengths in an IKE header (RFC 7296, 3.1). */
#define SPI_LEN 8
#define OFFSET_VERSION 17
#define OFFSET_EXCHANGE 18
#define OFFSET_FLAGS 19
#define OFFSET_LENGTH 24
#define HEADER_LEN 28

/** Flag of a response. */
#define FLAG_RESPONSE 0x20

typedef struct private_mobility_own_socket_t private_mobility_own_socket_t;

/**
 * Private data of a mobility_own_socket_t object.
 */
struct private_mobility_own_socket_t {

	/**
	 * Public interface.
	 */
	mobility_own_socket_t public;

	/**
	 * Socket.
	 */
	int fd;

	/**
	 * Address family.
	 */
	int family;

	/**
	 * Local port.
	 */
	uint16_t port;

	/**
	 * DSCP that it sends with.
	 */
	uint8_t dscp;

	/**
	 * Size of the largest packet, as charon's.
	 */
	size_t max_packet;
};

/** An address of either family. */
typedef union {
	struct sockaddr sa;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
} address_t;

/** Ancillary data about an address of either family. */
typedef union {
	struct cmsghdr header;
	char v4[CMSG_SPACE(sizeof(struct in_pktinfo))];
	char v6[CMSG_SPACE(sizeof(struct in6_pktinfo))];
} pktinfo_t;

/*
 * Described in header.
 */
bool mobility_own_socket_strip(chunk_t *data)
{
	chunk_t message = chunk_skip(*data, MARKER_LEN), none;
	bool init, response;

	none = chunk_from_chars(0, 0, 0, 0, 0, 0, 0, 0);
	if (message.len < HEADER_LEN ||
		!memeq(data->ptr, none.ptr, MARKER_LEN) ||
		memeq(message.ptr, none.ptr, SPI_LEN) ||
		message.ptr[OFFSET_VERSION] >> 4 != IKEV2_MAJOR_VERSION ||
		untoh32(message.ptr + OFFSET_LENGTH) != message.len)
	{
		return FALSE;
	}
	init = message.ptr[OFFSET_EXCHANGE] == IKE_SA_INIT;
	response = message.ptr[OFFSET_FLAGS] & FLAG_RESPONSE;
	/* somebody who wants a cookie has no SPI yet */
	if (init ? !response : memeq(message.ptr + SPI_LEN, none.ptr, SPI_LEN))
	{
		return FALSE;
	}
	*data = message;
	return TRUE;
}

/**
 * Get our address that a packet came to, NULL if that is not known.
 */
static host_t *get_destination(private_mobility_own_socket_t *this,
							   struct msghdr *msg)
{
	address_t address = {};
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg))
	{
		if (cmsg->cmsg_level == SOL_IP && cmsg->cmsg_type == IP_PKTINFO)
		{
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
			address.v4.sin_family = AF_INET;
			address.v4.sin_port = htons(this->port);
			address.v4.sin_addr = info.ipi_addr;
			return host_create_from_sockaddr(&address.sa);
		}
		if (cmsg->cmsg_level == SOL_IPV6 && cmsg->cmsg_type == IPV6_PKTINFO)
		{
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
			address.v6.sin6_family = AF_INET6;
			address.v6.sin6_port = htons(this->port);
			address.v6.sin6_addr = info.ipi6_addr;
			return host_create_from_sockaddr(&address.sa);
		}
	}
	return NULL;
}

/**
 * Give an IKE message to charon, hosts are adopted.
 */
static void inject(host_t *source, host_t *destination, chunk_t data)
{
	message_t *message;
	packet_t *packet;

	packet = packet_create();
	packet->set_source(packet, source);
	packet->set_destination(packet, destination);
	packet->set_data(packet, chunk_clone(data));
	message = message_create_from_packet(packet);
	if (message->parse_header(message) != SUCCESS)
	{
		DBG1(DBG_NET, "mobility: invalid IKE header from %H, ignored", source);
		message->destroy(message);
		return;
	}
	lib->processor->queue_job(lib->processor,
							  (job_t*)process_message_job_create(message));
}

/**
 * A packet came in, callback for the watcher.
 */
static bool receive(private_mobility_own_socket_t *this, int fd,
					watcher_event_t event)
{
	uint8_t buf[this->max_packet];
	address_t from = {};
	pktinfo_t pktinfo;
	struct iovec iov = {
		.iov_base = buf,
		.iov_len = sizeof(buf),
	};
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &pktinfo,
		.msg_controllen = sizeof(pktinfo),
	};
	chunk_t data = chunk_create(buf, 0);
	host_t *destination;
	ssize_t len;

	len = recvmsg(fd, &msg, MSG_DONTWAIT);
	if (len > 0 && !(msg.msg_flags & MSG_TRUNC))
	{
		data.len = len;
		destination = get_destination(this, &msg);
		if (destination && mobility_own_socket_strip(&data))
		{
			inject(host_create_from_sockaddr(&from.sa), destination, data);
		}
		else
		{
			DESTROY_IF(destination);
		}
	}
	return TRUE;
}

/**
 * Have packets leave with a DSCP value.
 */
static void set_dscp(private_mobility_own_socket_t *this, uint8_t dscp)
{
	int tos = dscp << 2;

	if (dscp != this->dscp &&
		(this->family == AF_INET ?
		 setsockopt(this->fd, SOL_IP, IP_TOS, &tos, sizeof(tos)) :
		 setsockopt(this->fd, SOL_IPV6, IPV6_TCLASS, &tos, sizeof(tos))) == 0)
	{
		this->dscp = dscp;
	}
}

/**
 * Have a message leave with a source address.
 */
static void set_source(struct msghdr *msg, pktinfo_t *pktinfo, host_t *source)
{
	chunk_t address = source->get_address(source);
	struct in_pktinfo v4 = {};
	struct in6_pktinfo v6 = {};
	chunk_t info;

	*pktinfo = (pktinfo_t){};
	if (source->get_family(source) == AF_INET)
	{
		memcpy(&v4.ipi_spec_dst, address.ptr, sizeof(v4.ipi_spec_dst));
		info = chunk_from_thing(v4);
		pktinfo->header.cmsg_level = SOL_IP;
		pktinfo->header.cmsg_type = IP_PKTINFO;
	}
	else
	{
		memcpy(&v6.ipi6_addr, address.ptr, sizeof(v6.ipi6_addr));
		info = chunk_from_thing(v6);
		pktinfo->header.cmsg_level = SOL_IPV6;
		pktinfo->header.cmsg_type = IPV6_PKTINFO;
	}
	pktinfo->header.cmsg_len = CMSG_LEN(info.len);
	memcpy(CMSG_DATA(&pktinfo->header), info.ptr, info.len);
	msg->msg_control = pktinfo;
	msg->msg_controllen = CMSG_SPACE(info.len);
}

METHOD(mobility_own_socket_t, send_, bool,
	private_mobility_own_socket_t *this, packet_t *packet)
{
	host_t *destination = packet->get_destination(packet);
	chunk_t data = packet->get_data(packet);
	pktinfo_t pktinfo;
	struct iovec iov = {
		.iov_base = data.ptr,
		.iov_len = data.len,
	};
	struct msghdr msg = {
		.msg_name = destination->get_sockaddr(destination),
		.msg_namelen = *destination->get_sockaddr_len(destination),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};

	set_dscp(this, packet->get_dscp(packet));
	set_source(&msg, &pktinfo, packet->get_source(packet));
	if (sendmsg(this->fd, &msg, MSG_DONTWAIT) != data.len)
	{
		DBG1(DBG_NET, "mobility: writing to socket failed: %s", strerror(errno));
		return FALSE;
	}
	return TRUE;
}

METHOD(mobility_own_socket_t, destroy, void,
	private_mobility_own_socket_t *this)
{
	lib->watcher->remove(lib->watcher, this->fd);
	close(this->fd);
	free(this);
}

/**
 * Set an option that is an integer.
 */
static bool set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/**
 * Bind a socket to a port, 0 to have one chosen; gets the port.
 */
static bool bind_to(int fd, int family, uint16_t *port)
{
	address_t address = {
		.v6 = {
			.sin6_family = family,
			/* the same as .v4.sin_port */
			.sin6_port = htons(*port),
		},
	};
	socklen_t len;

	len = family == AF_INET ? sizeof(address.v4) : sizeof(address.v6);
	if (bind(fd, &address.sa, len) != 0 ||
		getsockname(fd, &address.sa, &len) != 0)
	{
		return FALSE;
	}
	*port = ntohs(family == AF_INET ? address.v4.sin_port
									: address.v6.sin6_port);
	return TRUE;
}

/**
 * Give packets the mark that those of charon's sockets have, which may be what
 * keeps them out of tunnels.
 */
static void set_mark(int fd)
{
	char *config;
	mark_t mark;

	config = lib->settings->get_str(lib->settings,
							"%s.plugins.socket-default.fwmark", NULL, lib->ns);
	if (config && mark_from_string(config, MARK_OP_NONE, &mark) &&
		!set_option(fd, SOL_SOCKET, SO_MARK, mark.value))
	{
		DBG1(DBG_NET, "mobility: unable to set mark of socket: %s",
			 strerror(errno));
	}
}

/**
 * Have a socket receive what belongs to tunnels, and send it around them.
 */
static bool prepare(int fd, int family, uint16_t *port)
{
	if ((family == AF_INET6 && !set_option(fd, SOL_IPV6, IPV6_V6ONLY, 1)) ||
		!bind_to(fd, family, port) ||
		!(family == AF_INET ? set_option(fd, SOL_IP, IP_PKTINFO, 1) :
							  set_option(fd, SOL_IPV6, IPV6_RECVPKTINFO, 1)))
	{
		return FALSE;
	}
	set_mark(fd);
	if (!charon->kernel->bypass_socket(charon->kernel, fd, family) ||
		!charon->kernel->enable_udp_decap(charon->kernel, fd, family, *port))
	{
		errno = EOPNOTSUPP;
		return FALSE;
	}
	return TRUE;
}

/*
 * Described in header.
 */
mobility_own_socket_t *mobility_own_socket_create(int family, uint16_t *port)
{
	private_mobility_own_socket_t *this;
	int fd, error;

	fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	if (fd == -1)
	{
		return NULL;
	}
	if (!prepare(fd, family, port))
	{
		error = errno;
		close(fd);
		errno = error;
		return NULL;
	}
	INIT(this,
		.public = {
			.send = _send_,
			.destroy = _destroy,
		},
		.fd = fd,
		.family = family,
		.port = *port,
		.max_packet = lib->settings->get_int(lib->settings, "%s.max_packet",
											 PACKET_MAX_DEFAULT, lib->ns),
	);
	lib->watcher->add(lib->watcher, fd, WATCHER_READ, (watcher_cb_t)receive,
					  this);
	return &this->public;
}
