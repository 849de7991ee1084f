/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <sys/socket.h>

#include "net/route.h"
#include "net/uplinks.h"

/** router preferences in RTA_PREF (RFC 4191, 2.1), medium is zero */
#define PREF_HIGH 1
#define PREF_LOW 3

/**
 * Read the next hop from the attributes of a route, or of one of several
 */
static void parse_gateway(const struct nlattr *tb[], int family,
						  mobility_route_t *route)
{
	const struct rtvia *via;
	size_t len;

	if (mobility_netlink_get_ip(tb[RTA_GATEWAY], family, &route->gateway))
	{
		if (!mobility_ip_is_set(&route->gateway))
		{	/* via 0.0.0.0 or :: is none */
			memset(&route->gateway, 0, sizeof(route->gateway));
		}
	}
	else if (tb[RTA_VIA] &&
			 mnl_attr_get_payload_len(tb[RTA_VIA]) > sizeof(*via))
	{	/* IPv4 over an IPv6 next hop (RFC 8950) */
		via = mnl_attr_get_payload(tb[RTA_VIA]);
		len = mnl_attr_get_payload_len(tb[RTA_VIA]) - sizeof(*via);
		if (via->rtvia_family == AF_INET6 && len == 16)
		{
			route->gateway.family = AF_INET6;
			memcpy(route->gateway.bytes, via->rtvia_addr, len);
		}
	}
}

/**
 * Read a router preference
 */
static int8_t parse_preference(const struct nlattr *attr)
{
	uint8_t pref = 0;

	mobility_netlink_get_u8(attr, &pref);
	return pref == PREF_HIGH ? 1 : pref == PREF_LOW ? -1 : 0;
}

/**
 * Read the destination of a route
 */
static bool parse_destination(const struct nlattr *tb[],
							  mobility_route_msg_t *msg)
{
	const struct rtmsg *rtm = msg->rtm;
	u_int bits;

	msg->net.family = rtm->rtm_family;
	msg->prefix = rtm->rtm_dst_len;
	msg->table = rtm->rtm_table;
	mobility_netlink_get_u32(tb[RTA_TABLE], &msg->table);

	bits = mobility_ip_bits(&msg->net);
	if (!bits || rtm->rtm_dst_len > bits || rtm->rtm_src_len > bits)
	{
		return FALSE;
	}
	if (mobility_netlink_get_ip(tb[RTA_DST], rtm->rtm_family, &msg->net))
	{
		msg->net = mobility_ip_mask(&msg->net, msg->prefix);
		return TRUE;
	}
	return !msg->prefix;
}

/*
 * Described in header.
 */
bool mobility_route_msg_parse(const struct nlmsghdr *nlh,
							  mobility_route_msg_t *msg)
{
	const struct nlattr *tb[RTA_NH_ID + 1];
	mobility_route_t *route = &msg->route;
	const struct rtmsg *rtm;
	uint32_t oif = 0;

	memset(msg, 0, sizeof(*msg));
	if (!mobility_netlink_parse(nlh, sizeof(*rtm), tb, RTA_NH_ID))
	{
		return FALSE;
	}
	msg->rtm = rtm = mnl_nlmsg_get_payload(nlh);
	if (!parse_destination(tb, msg))
	{
		return FALSE;
	}
	route->prefix = rtm->rtm_dst_len;
	route->type = rtm->rtm_type;
	route->dead = rtm->rtm_flags & RTNH_F_DEAD;
	route->own = rtm->rtm_protocol == MOBILITY_RTPROT;
	/* what clients of DHCP add is RTPROT_DHCP or, as of dhclient, RTPROT_BOOT */
	route->configured = rtm->rtm_protocol == RTPROT_STATIC;
	route->src_prefix = rtm->rtm_src_len;
	route->preference = parse_preference(tb[RTA_PREF]);
	mobility_netlink_get_u32(tb[RTA_PRIORITY], &route->metric);
	mobility_netlink_get_u32(tb[RTA_OIF], &oif);
	route->oif = oif;
	mobility_netlink_get_ip(tb[RTA_PREFSRC], rtm->rtm_family, &route->prefsrc);
	mobility_netlink_get_ip(tb[RTA_SRC], rtm->rtm_family, &route->src);
	route->metrics = mobility_metrics_parse(tb[RTA_METRICS]);
	parse_gateway(tb, rtm->rtm_family, route);

	/* of next hop objects (RTA_NH_ID) the kernel tells the contents as well,
	 * unless somebody turned net.ipv4.nexthop_compat_mode off */
	if (tb[RTA_MULTIPATH])
	{
		msg->nexthop = mnl_attr_get_payload(tb[RTA_MULTIPATH]);
		msg->len = mnl_attr_get_payload_len(tb[RTA_MULTIPATH]);
	}
	else
	{
		msg->single = TRUE;
	}
	return TRUE;
}

/*
 * Described in header.
 */
bool mobility_route_msg_next(mobility_route_msg_t *msg, mobility_route_t *route)
{
	const struct nlattr *tb[RTA_VIA + 1];
	const struct rtnexthop *nh = msg->nexthop;

	*route = msg->route;
	if (msg->single)
	{
		msg->single = FALSE;
		return TRUE;
	}
	if (msg->len < sizeof(*nh) || nh->rtnh_len < sizeof(*nh) ||
		nh->rtnh_len > msg->len)
	{
		return FALSE;
	}
	route->oif = nh->rtnh_ifindex;
	route->dead = nh->rtnh_flags & RTNH_F_DEAD;
	mobility_netlink_parse_data(RTNH_DATA(nh), nh->rtnh_len - sizeof(*nh),
								tb, RTA_VIA);
	parse_gateway(tb, msg->net.family, route);

	msg->len -= min(msg->len, RTNH_ALIGN(nh->rtnh_len));
	msg->nexthop = RTNH_NEXT(nh);
	return TRUE;
}
