/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <sys/socket.h>
#include <linux/rtnetlink.h>

#include "net/rtnl_events.h"

#include <utils/debug.h>

/** size of the socket's buffer, takes thousands of changes at once */
#define RECEIVE_BUFFER (4 * 1024 * 1024)

/** times that is read before changes get reported, even if there are more */
#define READS_MAX 256

/** the same if the state is stale: more than the buffer can hold */
#define READS_STALE (2 * RECEIVE_BUFFER / 512)

typedef struct private_mobility_rtnl_events_t private_mobility_rtnl_events_t;

/**
 * Private data
 */
struct private_mobility_rtnl_events_t {

	/**
	 * Public interface.
	 */
	mobility_rtnl_events_t public;

	/**
	 * Socket that is subscribed to changes.
	 */
	struct mnl_socket *socket;

	/**
	 * Socket to read the whole state.
	 */
	mobility_rtnl_t *rtnl;

	/**
	 * What is received.
	 */
	char *buf;

	/**
	 * Whole state that was read and not applied yet, messages in a row.
	 */
	chunk_t state;

	/**
	 * How much space there is for that.
	 */
	size_t space;

	/**
	 * There were changes that nobody told of, the whole state has to be read.
	 */
	bool stale;

	/**
	 * There are more changes than were received.
	 */
	bool more;
};

/**
 * What to read for the whole state
 */
static const struct {
	/** name, for the log */
	const char *name;
	/** RTM_GET* */
	uint16_t type;
	/** address family */
	int family;
} dumps[] = {
	{ "links",			RTM_GETLINK,	AF_UNSPEC },
	{ "addresses",		RTM_GETADDR,	AF_INET },
	{ "addresses",		RTM_GETADDR,	AF_INET6 },
	{ "routes",			RTM_GETROUTE,	AF_INET },
	{ "routes",			RTM_GETROUTE,	AF_INET6 },
	{ "rules",			RTM_GETRULE,	AF_INET },
	{ "rules",			RTM_GETRULE,	AF_INET6 },
};

/**
 * Changes to subscribe to
 */
static const int groups[] = {
	RTNLGRP_LINK,
	RTNLGRP_IPV4_IFADDR,
	RTNLGRP_IPV6_IFADDR,
	RTNLGRP_IPV4_ROUTE,
	RTNLGRP_IPV6_ROUTE,
	RTNLGRP_IPV4_RULE,
	RTNLGRP_IPV6_RULE,
	/* since 5.3, and last as older kernels lack it */
	RTNLGRP_NEXTHOP,
};

METHOD(mobility_rtnl_events_t, get_fd, int,
	private_mobility_rtnl_events_t *this)
{
	return mnl_socket_get_fd(this->socket);
}

/**
 * Keep a message, a mobility_nlsocket_cb_t
 */
static void keep(void *data, const struct nlmsghdr *nlh)
{
	private_mobility_rtnl_events_t *this = data;
	size_t len = NLMSG_ALIGN(nlh->nlmsg_len);

	if (this->state.len + len > this->space)
	{
		this->space = max(2 * this->space, this->state.len + len);
		this->state.ptr = realloc(this->state.ptr, this->space);
	}
	memcpy(this->state.ptr + this->state.len, nlh, nlh->nlmsg_len);
	this->state.len += len;
}

/**
 * Forget what was read
 */
static void forget(private_mobility_rtnl_events_t *this)
{
	chunk_free(&this->state);
	this->space = 0;
}

METHOD(mobility_rtnl_events_t, read_, bool,
	private_mobility_rtnl_events_t *this)
{
	bool complete = TRUE;
	int i, error;

	forget(this);
	for (i = 0; i < countof(dumps); i++)
	{
		error = this->rtnl->dump(this->rtnl, dumps[i].type, dumps[i].family,
								 RTPROT_UNSPEC, keep, this);
		if (mobility_rtnl_failed(error))
		{
			DBG1(DBG_NET, "mobility: reading the kernel's %s failed: %s",
				 dumps[i].name, strerror(error));
			complete = FALSE;
		}
	}
	this->stale = this->more || !complete;
	return complete;
}

/**
 * Process messages in a row.
 */
static mobility_change_t process(mobility_uplinks_t *uplinks, void *buf,
								 int len)
{
	mobility_change_t change = MOBILITY_CHANGE_NONE;
	const struct nlmsghdr *nlh;

	for (nlh = buf; mobility_netlink_ok(nlh, len);
		 nlh = mnl_nlmsg_next(nlh, &len))
	{
		change |= uplinks->process(uplinks, nlh);
	}
	return change;
}

METHOD(mobility_rtnl_events_t, apply, mobility_change_t,
	private_mobility_rtnl_events_t *this, mobility_uplinks_t *uplinks)
{
	mobility_change_t change;

	uplinks->sync_begin(uplinks);
	change = process(uplinks, this->state.ptr, this->state.len);
	change |= uplinks->sync_end(uplinks);
	forget(this);
	/* ours and charon's are not told of either if they go with a link, and can't
	 * be installed again before it is back */
	return (change & ~MOBILITY_CHANGE_STALE) | MOBILITY_CHANGE_PIN_LOST |
		   MOBILITY_CHANGE_TUNNEL;
}

METHOD(mobility_rtnl_events_t, is_stale, bool,
	private_mobility_rtnl_events_t *this)
{
	return this->stale;
}

METHOD(mobility_rtnl_events_t, receive, mobility_change_t,
	private_mobility_rtnl_events_t *this, mobility_uplinks_t *uplinks)
{
	mobility_change_t change = MOBILITY_CHANGE_NONE;
	int len, reads = 0;

	/* what was queued before changes had to be dropped is older than the state
	 * that is read, so all of it has to be gone before; or as long as they come
	 * faster than they are received the state is read again and again */
	this->more = TRUE;
	while (reads++ < (this->stale ? READS_STALE : READS_MAX))
	{
		len = mobility_nlsocket_receive(mnl_socket_get_fd(this->socket),
										this->buf, MOBILITY_NLSOCKET_BUF);
		if (len >= 0)
		{
			change |= process(uplinks, this->buf, len);
			this->stale |= (change & MOBILITY_CHANGE_STALE) != 0;
		}
		else if (errno == ENOBUFS || errno == EMSGSIZE)
		{
			DBG2(DBG_NET, "network changes were lost, reading everything");
			this->stale = TRUE;
		}
		else
		{
			this->more = FALSE;
			break;
		}
	}
	return change & ~MOBILITY_CHANGE_STALE;
}

METHOD(mobility_rtnl_events_t, destroy, void,
	private_mobility_rtnl_events_t *this)
{
	if (this->socket)
	{
		mnl_socket_close(this->socket);
	}
	forget(this);
	free(this->buf);
	free(this);
}

/**
 * Open a socket and subscribe to changes
 */
static bool subscribe(struct mnl_socket *socket)
{
	int i, size = RECEIVE_BUFFER;

	if (!socket)
	{
		return FALSE;
	}
	if (setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUFFORCE,
				   &size, sizeof(size)) == -1)
	{	/* only up to net.core.rmem_max without the capability */
		setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVBUF,
				   &size, sizeof(size));
	}
	for (i = 0; i < countof(groups); i++)
	{
		if (mnl_socket_setsockopt(socket, NETLINK_ADD_MEMBERSHIP,
								  (void*)&groups[i], sizeof(groups[i])) == -1 &&
			groups[i] != RTNLGRP_NEXTHOP)
		{
			return FALSE;
		}
	}
	return TRUE;
}

/*
 * Described in header.
 */
mobility_rtnl_events_t *mobility_rtnl_events_create(mobility_rtnl_t *rtnl)
{
	private_mobility_rtnl_events_t *this;

	INIT(this,
		.public = {
			.get_fd = _get_fd,
			.read = _read_,
			.apply = _apply,
			.receive = _receive,
			.is_stale = _is_stale,
			.destroy = _destroy,
		},
		.socket = mobility_nlsocket_open(NETLINK_ROUTE, SOCK_NONBLOCK),
		.rtnl = rtnl,
		.buf = malloc(MOBILITY_NLSOCKET_BUF),
	);

	if (!subscribe(this->socket))
	{
		DBG1(DBG_NET, "mobility: subscribing to network changes failed: %s",
			 strerror(errno));
		destroy(this);
		return NULL;
	}
	return &this->public;
}
