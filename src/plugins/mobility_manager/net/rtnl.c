/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "net/rtnl.h"

#include <utils/debug.h>

/** number of times that objects are asked for while they keep changing */
#define DUMP_TRIES 5

#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

typedef struct private_mobility_rtnl_t private_mobility_rtnl_t;

/**
 * Private data
 */
struct private_mobility_rtnl_t {

	/**
	 * Public interface.
	 */
	mobility_rtnl_t public;

	/**
	 * The socket.
	 */
	mobility_nlsocket_t *socket;
};

/**
 * Put the header the kernel expects for a dump into a request
 */
static void put_dump_header(struct nlmsghdr *nlh, int family, uint8_t protocol)
{
	struct ifinfomsg *link;
	struct ifaddrmsg *addr;
	struct rtmsg *route;
	struct fib_rule_hdr *rule;

	switch (nlh->nlmsg_type)
	{
		case RTM_GETLINK:
			link = mnl_nlmsg_put_extra_header(nlh, sizeof(*link));
			link->ifi_family = family;
			mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
			break;
		case RTM_GETADDR:
			addr = mnl_nlmsg_put_extra_header(nlh, sizeof(*addr));
			addr->ifa_family = family;
			break;
		case RTM_GETROUTE:
			route = mnl_nlmsg_put_extra_header(nlh, sizeof(*route));
			route->rtm_family = family;
			route->rtm_protocol = protocol;
			break;
		case RTM_GETRULE:
			rule = mnl_nlmsg_put_extra_header(nlh, sizeof(*rule));
			rule->family = family;
			break;
	}
}

METHOD(mobility_rtnl_t, dump, int,
	private_mobility_rtnl_t *this, uint16_t type, int family, uint8_t protocol,
	mobility_nlsocket_cb_t cb, void *data)
{
	char buf[128] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh;
	int try, error = 0;

	for (try = 0; try < DUMP_TRIES; try++)
	{
		nlh = mnl_nlmsg_put_header(buf);
		nlh->nlmsg_type = type;
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		put_dump_header(nlh, family, protocol);
		error = this->socket->exchange(this->socket, nlh, cb, data);
		if (error != EINTR && error != EAGAIN)
		{
			return error;
		}
	}
	/* with what still changes we hear of the changes */
	return error == EINTR ? 0 : error;
}

METHOD(mobility_rtnl_t, get, int,
	private_mobility_rtnl_t *this, struct nlmsghdr *nlh,
	mobility_nlsocket_cb_t cb, void *data)
{
	nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	return this->socket->exchange(this->socket, nlh, cb, data);
}

METHOD(mobility_rtnl_t, request, int,
	private_mobility_rtnl_t *this, struct nlmsghdr *nlh)
{
	return get(this, nlh, NULL, NULL);
}

METHOD(mobility_rtnl_t, destroy, void,
	private_mobility_rtnl_t *this)
{
	this->socket->destroy(this->socket);
	free(this);
}

/*
 * Described in header.
 */
mobility_rtnl_t *mobility_rtnl_create()
{
	private_mobility_rtnl_t *this;
	mobility_nlsocket_t *socket;

	socket = mobility_nlsocket_create(NETLINK_ROUTE);
	if (!socket)
	{
		DBG1(DBG_NET, "mobility: opening rtnetlink socket failed: %s",
			 strerror(errno));
		return NULL;
	}

	INIT(this,
		.public = {
			.dump = _dump,
			.get = _get,
			.request = _request,
			.destroy = _destroy,
		},
		.socket = socket,
	);
	return &this->public;
}
