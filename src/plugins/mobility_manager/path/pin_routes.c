/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <sys/socket.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "path/pin_routes.h"
#include "net/route.h"

#include <utils/debug.h>

/**
 * Metric of our routes.  They are alone in their tables, but charon's
 * kernel-netlink looks at the routes of all tables as if they were one, so ours
 * have to be worse than all others.  The worst of all is what the kernel has
 * for IPv6 routes that do not exist.
 */
#define METRIC 0xfffffffe

/**
 * Put an address into a request
 */
static void put_ip(struct nlmsghdr *nlh, uint16_t type, const mobility_ip_t *ip)
{
	mnl_attr_put(nlh, type, mobility_ip_bits(ip) / 8, ip->bytes);
}

/**
 * Add or remove a rule
 */
static int manage_rule(mobility_rtnl_t *rtnl, uint16_t type, uint16_t flags,
					   const mobility_pin_routes_rule_t *rule)
{
	char buf[256] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh;
	struct fib_rule_hdr *hdr;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	hdr = mnl_nlmsg_put_extra_header(nlh, sizeof(*hdr));
	hdr->family = rule->peer.family;
	hdr->src_len = mobility_ip_bits(&rule->local);
	hdr->dst_len = mobility_ip_bits(&rule->peer);
	hdr->action = FR_ACT_TO_TBL;
	put_ip(nlh, FRA_SRC, &rule->local);
	put_ip(nlh, FRA_DST, &rule->peer);
	mnl_attr_put_u32(nlh, FRA_TABLE, rule->table);
	mnl_attr_put_u32(nlh, FRA_PRIORITY, rule->priority);
	mnl_attr_put_u8(nlh, FRA_PROTOCOL, MOBILITY_RTPROT);
	if (rule->mark)
	{
		mnl_attr_put_u32(nlh, FRA_FWMARK, rule->mark);
	}
	return rtnl->request(rtnl, nlh);
}

/*
 * Described in header.
 */
int mobility_pin_routes_add_rule(mobility_rtnl_t *rtnl,
								 const mobility_pin_routes_rule_t *rule)
{
	int error;

	error = manage_rule(rtnl, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, rule);
	return error == EEXIST ? 0 : error;
}

/*
 * Described in header.
 */
int mobility_pin_routes_del_rule(mobility_rtnl_t *rtnl,
								 const mobility_pin_routes_rule_t *rule)
{
	return manage_rule(rtnl, RTM_DELRULE, 0, rule);
}

/**
 * Add or remove a route.
 *
 * There is no preferred source: rules see to that, and an IPv4 route is gone
 * for good if the address it prefers is away for a moment.
 */
static int manage_route(mobility_rtnl_t *rtnl, uint16_t flags,
						const mobility_pin_routes_route_t *route, bool onlink)
{
	bool has_gateway = mobility_ip_is_set(&route->gateway);
	mobility_rtnl_route_t change = {
		.dst.net.family = route->family,
		.table = route->table,
		.metric = METRIC,
		.type = RTN_UNICAST,
		.scope = route->family == AF_INET && !has_gateway ? RT_SCOPE_LINK
														  : RT_SCOPE_UNIVERSE,
		.protocol = MOBILITY_RTPROT,
		.oif = route->ifindex,
		.gateway = route->gateway,
		.onlink = onlink && has_gateway,
	};
	uint32_t *mtu = &change.metrics.values[RTAX_MTU];

	if (flags)
	{	/* what is left out need not match when it is removed */
		change.metrics = route->metrics;
		if (route->mtu)
		{
			*mtu = min(*mtu ?: route->mtu, route->mtu);
		}
	}
	return mobility_rtnl_change_route(rtnl, flags, &change);
}

/*
 * Described in header.
 */
int mobility_pin_routes_add_route(mobility_rtnl_t *rtnl,
								  const mobility_pin_routes_route_t *route,
								  bool replace)
{
	const mobility_ip_t *gateway = &route->gateway;
	uint16_t flags = NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL);
	bool onlink;
	int error;

	/* the uplink's own table may be the only one with a route to the gateway,
	 * for link-local ones there is no need of any */
	onlink = gateway->family == AF_INET || !mobility_ip_is_linklocal(gateway);
	error = manage_route(rtnl, flags, route, onlink);
	if (error == EINVAL && onlink && gateway->family == AF_INET6)
	{	/* for the kernel no IPv6 gateway is on-link that the main table rather
		 * reaches over another interface, but it may be used if that table
		 * has a route to it over this one, too */
		error = manage_route(rtnl, flags, route, FALSE);
	}
	return error == EEXIST ? 0 : error;
}

/*
 * Described in header.
 */
int mobility_pin_routes_del_route(mobility_rtnl_t *rtnl,
								  const mobility_pin_routes_route_t *route)
{
	return manage_route(rtnl, 0, route, FALSE);
}

/**
 * Check if a message is about a rule of ours, collect its attributes
 */
static bool is_own_rule(const struct nlmsghdr *nlh, const struct nlattr *tb[])
{
	uint8_t protocol;

	return nlh->nlmsg_type == RTM_NEWRULE &&
		   mobility_netlink_parse(nlh, sizeof(struct fib_rule_hdr), tb,
								  FRA_PROTOCOL) &&
		   mobility_netlink_get_u8(tb[FRA_PROTOCOL], &protocol) &&
		   protocol == MOBILITY_RTPROT;
}

/**
 * Collect rules, a mobility_nlsocket_cb_t
 */
static void collect_rule(void *data, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[FRA_PROTOCOL + 1];
	const struct fib_rule_hdr *hdr;
	mobility_pin_routes_rule_t rule = {};

	if (is_own_rule(nlh, tb))
	{
		hdr = mnl_nlmsg_get_payload(nlh);
		mobility_netlink_get_ip(tb[FRA_SRC], hdr->family, &rule.local);
		mobility_netlink_get_ip(tb[FRA_DST], hdr->family, &rule.peer);
		mobility_netlink_get_u32(tb[FRA_TABLE], &rule.table);
		mobility_netlink_get_u32(tb[FRA_PRIORITY], &rule.priority);
		mobility_netlink_get_u32(tb[FRA_FWMARK], &rule.mark);
		array_insert(data, ARRAY_TAIL, &rule);
	}
}

/**
 * Collect routes, a mobility_nlsocket_cb_t
 */
static void collect_route(void *data, const struct nlmsghdr *nlh)
{
	mobility_route_msg_t msg;
	mobility_route_t hop;
	mobility_pin_routes_route_t route = {};

	if (nlh->nlmsg_type == RTM_NEWROUTE && mobility_route_msg_parse(nlh,
																	&msg) &&
		msg.route.own && !msg.prefix && mobility_route_msg_next(&msg, &hop))
	{
		route.family = msg.net.family;
		route.ifindex = hop.oif;
		route.gateway = hop.gateway;
		route.table = msg.table;
		array_insert(data, ARRAY_TAIL, &route);
	}
}

/**
 * Have the kernel list its objects of a kind for both families, FALSE on failure
 */
static bool dump(mobility_rtnl_t *rtnl, uint16_t type,
				 mobility_nlsocket_cb_t cb, void *data)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int i, error;

	for (i = 0; i < countof(families); i++)
	{
		error = rtnl->dump(rtnl, type, families[i], MOBILITY_RTPROT, cb, data);
		if (mobility_rtnl_failed(error))
		{
			DBG1(DBG_NET, "mobility: reading the kernel's %s failed: %s",
				 type == RTM_GETRULE ? "rules" : "routes", strerror(error));
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Get our objects of a kind, NULL on failure
 */
static array_t *get(mobility_rtnl_t *rtnl, uint16_t type,
					mobility_nlsocket_cb_t cb, size_t size)
{
	array_t *objects;

	objects = array_create(size, 0);
	if (!dump(rtnl, type, cb, objects))
	{
		array_destroy(objects);
		return NULL;
	}
	return objects;
}

/*
 * Described in header.
 */
array_t *mobility_pin_routes_get_rules(mobility_rtnl_t *rtnl)
{
	return get(rtnl, RTM_GETRULE, collect_rule,
			   sizeof(mobility_pin_routes_rule_t));
}

/*
 * Described in header.
 */
array_t *mobility_pin_routes_get_routes(mobility_rtnl_t *rtnl)
{
	return get(rtnl, RTM_GETROUTE, collect_route,
			   sizeof(mobility_pin_routes_route_t));
}

/**
 * Collect whatever is ours, a mobility_nlsocket_cb_t
 */
static void collect_own(void *data, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[FRA_PROTOCOL + 1];
	mobility_route_msg_t msg;
	chunk_t chunk;

	if (is_own_rule(nlh, tb) ||
		(nlh->nlmsg_type == RTM_NEWROUTE && mobility_route_msg_parse(nlh,
																	 &msg) &&
		 msg.route.own))
	{
		chunk = chunk_clone(chunk_create((u_char*)nlh, nlh->nlmsg_len));
		array_insert(data, ARRAY_TAIL, chunk.ptr);
	}
}

/*
 * Described in header.
 */
u_int mobility_pin_routes_sweep(mobility_rtnl_t *rtnl)
{
	struct nlmsghdr *nlh;
	array_t *own;
	u_int removed = 0;

	own = array_create(0, 0);
	dump(rtnl, RTM_GETRULE, collect_own, own);
	dump(rtnl, RTM_GETROUTE, collect_own, own);
	while (array_remove(own, ARRAY_HEAD, &nlh))
	{
		/* what the kernel described is what it shall remove */
		nlh->nlmsg_type = nlh->nlmsg_type == RTM_NEWRULE ? RTM_DELRULE
														 : RTM_DELROUTE;
		nlh->nlmsg_flags = 0;
		removed += rtnl->request(rtnl, nlh) == 0;
		free(nlh);
	}
	array_destroy(own);
	return removed;
}
