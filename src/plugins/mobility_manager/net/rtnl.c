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

/**
 * Put an address into a request, if it is set
 */
static void put_ip(struct nlmsghdr *nlh, uint16_t type, const mobility_ip_t *ip)
{
	if (mobility_ip_is_set(ip))
	{
		mnl_attr_put(nlh, type, mobility_ip_bits(ip) / 8, ip->bytes);
	}
}

/**
 * Put a number into a request, if it is set
 */
static void put_u32(struct nlmsghdr *nlh, uint16_t type, uint32_t value)
{
	if (value)
	{
		mnl_attr_put_u32(nlh, type, value);
	}
}

/**
 * Put a next hop into a request
 */
static void put_gateway(struct nlmsghdr *nlh,
						const mobility_rtnl_route_t *route)
{
	struct {
		/* as in struct rtvia */
		uint16_t family;
		uint8_t addr[16];
	} via = {
		.family = route->gateway.family,
	};

	if (!mobility_ip_is_set(&route->gateway) ||
		route->gateway.family == route->dst.net.family)
	{
		put_ip(nlh, RTA_GATEWAY, &route->gateway);
	}
	else
	{	/* IPv4 over an IPv6 next hop (RFC 8950) */
		memcpy(via.addr, route->gateway.bytes, sizeof(via.addr));
		mnl_attr_put(nlh, RTA_VIA, sizeof(via), &via);
	}
}

/*
 * Described in header.
 */
int mobility_rtnl_change_route(mobility_rtnl_t *rtnl, uint16_t flags,
							   const mobility_rtnl_route_t *route)
{
	char buf[512] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh;
	struct rtmsg *rtm;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = flags ? RTM_NEWROUTE : RTM_DELROUTE;
	nlh->nlmsg_flags = flags;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = route->dst.net.family;
	rtm->rtm_dst_len = route->dst.prefix;
	rtm->rtm_protocol = route->protocol;
	rtm->rtm_type = route->type;
	rtm->rtm_scope = route->scope;
	rtm->rtm_flags = route->onlink ? RTNH_F_ONLINK : 0;
	put_ip(nlh, RTA_DST, &route->dst.net);
	put_u32(nlh, RTA_TABLE, route->table);
	put_u32(nlh, RTA_PRIORITY, route->metric);
	put_u32(nlh, RTA_OIF, route->oif);
	put_gateway(nlh, route);
	put_ip(nlh, RTA_PREFSRC, &route->prefsrc);
	mobility_metrics_put(nlh, &route->metrics);
	return rtnl->request(rtnl, nlh);
}

/*
 * Described in header.
 */
bool mobility_rtnl_failed(int error)
{
	return error && error != EOPNOTSUPP && error != EAFNOSUPPORT;
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
