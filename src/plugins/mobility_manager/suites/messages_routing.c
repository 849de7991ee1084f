/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "messages_builder.h"

#include <linux/fib_rules.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

/**
 * Put a next hop's gateway
 */
static void put_gateway(builder_t *this, const struct rtmsg *msg)
{
	mobility_ip_t gateway = builder_address(this);
	char via[18] = { gateway.family };

	if (gateway.family == msg->rtm_family)
	{
		builder_put_ip(this, RTA_GATEWAY, &gateway);
	}
	else
	{
		memcpy(via + 2, gateway.bytes, sizeof(gateway.bytes));
		mnl_attr_put(this->nlh, RTA_VIA, 2 + mobility_ip_bits(&gateway) / 8,
					 via);
	}
}

/**
 * Put all next hops of a multipath route, these are the last words
 */
static void put_nexthops(builder_t *this, const struct rtmsg *msg)
{
	struct rtnexthop *nh = NULL;
	struct nlattr *multipath;

	multipath = mnl_attr_nest_start(this->nlh, RTA_MULTIPATH);
	do
	{
		if (builder_is(this, "nexthop"))
		{
			nh = mnl_nlmsg_get_payload_tail(this->nlh);
			memset(nh, 0, sizeof(*nh));
			this->nlh->nlmsg_len += sizeof(*nh);
		}
		else if (builder_takes(this, "dev"))
		{
			nh->rtnh_ifindex = builder_number(this);
		}
		else if (builder_takes(this, "via"))
		{
			put_gateway(this, msg);
		}
		else if (builder_is(this, "dead"))
		{
			nh->rtnh_flags |= RTNH_F_DEAD;
		}
		else
		{
			builder_unknown(this);
		}
		nh->rtnh_len = (char*)mnl_nlmsg_get_payload_tail(this->nlh) - (char*)nh;
	}
	while (builder_next_word(this));
	mnl_attr_nest_end(this->nlh, multipath);
}

/**
 * Flags of routes
 */
static bool route_flag(builder_t *this, struct rtmsg *msg)
{
	if (builder_is(this, "cloned"))
	{
		msg->rtm_flags |= RTM_F_CLONED;
	}
	else if (builder_is(this, "dead"))
	{
		msg->rtm_flags |= RTNH_F_DEAD;
	}
	else if (builder_is(this, "linkdown"))
	{
		msg->rtm_flags |= RTNH_F_LINKDOWN;
	}
	else if (builder_is(this, "replace"))
	{
		this->nlh->nlmsg_flags |= NLM_F_REPLACE;
	}
	else if (builder_is(this, "inet6"))
	{
		msg->rtm_family = AF_INET6;
	}
	else
	{
		return FALSE;
	}
	return TRUE;
}

/**
 * Put the only metric of a route
 */
static void put_metric(builder_t *this, uint16_t type)
{
	struct nlattr *metrics;

	metrics = mnl_attr_nest_start(this->nlh, RTA_METRICS);
	mnl_attr_put_u32(this->nlh, type, builder_number(this));
	mnl_attr_nest_end(this->nlh, metrics);
}

/**
 * Attributes of routes
 */
static void route_attr(builder_t *this, struct rtmsg *msg)
{
	struct rta_cacheinfo cache = {};
	mobility_ip_t ip;

	if (builder_takes(this, "via"))
	{
		put_gateway(this, msg);
	}
	else if (builder_takes(this, "dev"))
	{
		mnl_attr_put_u32(this->nlh, RTA_OIF, builder_number(this));
	}
	else if (builder_takes(this, "metric"))
	{
		mnl_attr_put_u32(this->nlh, RTA_PRIORITY, builder_number(this));
	}
	else if (builder_takes(this, "nhid"))
	{
		mnl_attr_put_u32(this->nlh, RTA_NH_ID, builder_number(this));
	}
	else if (builder_takes(this, "src"))
	{
		ip = builder_address(this);
		builder_put_ip(this, RTA_PREFSRC, &ip);
	}
	else if (builder_takes(this, "from"))
	{
		ip = builder_prefix(this, &msg->rtm_src_len);
		builder_put_ip(this, RTA_SRC, &ip);
	}
	else if (builder_takes(this, "pref"))
	{
		mnl_attr_put_u8(this->nlh, RTA_PREF, builder_number(this));
	}
	else if (builder_takes(this, "mtu"))
	{
		put_metric(this, RTAX_MTU);
	}
	else if (builder_takes(this, "advmss"))
	{
		put_metric(this, RTAX_ADVMSS);
	}
	else if (builder_takes(this, "expires"))
	{
		cache.rta_expires = builder_number(this);
		mnl_attr_put(this->nlh, RTA_CACHEINFO, sizeof(cache), &cache);
	}
	else
	{
		builder_unknown(this);
	}
}

/*
 * Described in header
 */
void builder_route(builder_t *this)
{
	uint32_t table = RT_TABLE_MAIN;
	struct rtmsg *msg;
	mobility_ip_t dst;

	this->nlh->nlmsg_type = this->add ? RTM_NEWROUTE : RTM_DELROUTE;
	msg = mnl_nlmsg_put_extra_header(this->nlh, sizeof(*msg));
	msg->rtm_family = AF_INET;
	msg->rtm_type = RTN_UNICAST;
	msg->rtm_protocol = RTPROT_STATIC;
	if (!builder_is(this, "default"))
	{
		dst = builder_prefix(this, &msg->rtm_dst_len);
		msg->rtm_family = dst.family;
		builder_put_ip(this, RTA_DST, &dst);
	}
	while (builder_next_word(this))
	{
		if (builder_is(this, "nexthop"))
		{
			put_nexthops(this, msg);
			break;
		}
		else if (builder_takes(this, "table"))
		{
			table = builder_number(this);
		}
		else if (builder_takes(this, "type"))
		{
			msg->rtm_type = builder_number(this);
		}
		else if (builder_takes(this, "proto"))
		{
			msg->rtm_protocol = builder_number(this);
		}
		else if (builder_takes(this, "tos"))
		{
			msg->rtm_tos = builder_number(this);
		}
		else if (!route_flag(this, msg))
		{
			route_attr(this, msg);
		}
	}
	msg->rtm_table = table < 256 ? table : RT_TABLE_COMPAT;
	mnl_attr_put_u32(this->nlh, RTA_TABLE, table);
}

/**
 * Names of attributes of rules that are numbers
 */
static const struct {
	const char *name;
	uint16_t type;
} rule_numbers[] = {
	{ "pref", FRA_PRIORITY },
	{ "goto", FRA_GOTO },
	{ "fwmark", FRA_FWMARK },
	{ "fwmask", FRA_FWMASK },
	{ "suppress_prefixlength", FRA_SUPPRESS_PREFIXLEN },
	{ "suppress_ifgroup", FRA_SUPPRESS_IFGROUP },
};

/**
 * Attributes of rules that are not numbers
 */
static void rule_attr(builder_t *this, struct fib_rule_hdr *hdr)
{
	struct fib_rule_uid_range uids = {
		.end = 0xfffffffe,
	};
	struct fib_rule_port_range ports = {
		.start = 500,
		.end = 500,
	};
	mobility_ip_t ip;

	if (builder_takes(this, "from"))
	{
		ip = builder_prefix(this, &hdr->src_len);
		hdr->family = ip.family;
		builder_put_ip(this, FRA_SRC, &ip);
	}
	else if (builder_takes(this, "to"))
	{
		ip = builder_prefix(this, &hdr->dst_len);
		hdr->family = ip.family;
		builder_put_ip(this, FRA_DST, &ip);
	}
	else if (builder_takes(this, "iif"))
	{
		mnl_attr_put_strz(this->nlh, FRA_IIFNAME, this->word);
	}
	else if (builder_takes(this, "oif"))
	{
		mnl_attr_put_strz(this->nlh, FRA_OIFNAME, this->word);
	}
	else if (builder_takes(this, "ipproto"))
	{
		mnl_attr_put_u8(this->nlh, FRA_IP_PROTO, builder_number(this));
	}
	else if (builder_takes(this, "uidrange"))
	{
		uids.start = builder_number(this);
		mnl_attr_put(this->nlh, FRA_UID_RANGE, sizeof(uids), &uids);
	}
	else if (builder_takes(this, "tun_id"))
	{
		mnl_attr_put_u64(this->nlh, FRA_TUN_ID, builder_number(this));
	}
	else if (builder_takes(this, "attr"))
	{
		mnl_attr_put_u8(this->nlh, builder_number(this), 1);
	}
	else if (builder_is(this, "sport"))
	{
		mnl_attr_put(this->nlh, FRA_SPORT_RANGE, sizeof(ports), &ports);
	}
	else if (builder_is(this, "l3mdev"))
	{
		mnl_attr_put_u8(this->nlh, FRA_L3MDEV, 1);
	}
	else
	{
		builder_unknown(this);
	}
}

/*
 * Described in header
 */
void builder_rule(builder_t *this)
{
	uint32_t table = 0;
	struct fib_rule_hdr *hdr;
	uint8_t protocol = 0;
	int i;

	this->nlh->nlmsg_type = this->add ? RTM_NEWRULE : RTM_DELRULE;
	hdr = mnl_nlmsg_put_extra_header(this->nlh, sizeof(*hdr));
	hdr->family = AF_INET;
	hdr->action = FR_ACT_TO_TBL;
	do
	{
		for (i = 0; i < countof(rule_numbers); i++)
		{
			if (builder_takes(this, rule_numbers[i].name))
			{
				mnl_attr_put_u32(this->nlh, rule_numbers[i].type,
								 builder_number(this));
				break;
			}
		}
		if (i < countof(rule_numbers))
		{
			if (rule_numbers[i].type == FRA_GOTO)
			{
				hdr->action = FR_ACT_GOTO;
			}
		}
		else if (builder_is(this, "inet6"))
		{
			hdr->family = AF_INET6;
		}
		else if (builder_is(this, "not"))
		{
			hdr->flags |= FIB_RULE_INVERT;
		}
		else if (builder_takes(this, "lookup"))
		{
			table = builder_number(this);
		}
		else if (builder_takes(this, "action"))
		{
			hdr->action = builder_number(this);
		}
		else if (builder_takes(this, "tos"))
		{
			hdr->tos = builder_number(this);
		}
		else if (builder_takes(this, "proto"))
		{
			protocol = builder_number(this);
		}
		else
		{
			rule_attr(this, hdr);
		}
	}
	while (builder_next_word(this));
	hdr->table = table < 256 ? table : RT_TABLE_COMPAT;
	mnl_attr_put_u32(this->nlh, FRA_TABLE, table);
	mnl_attr_put_u8(this->nlh, FRA_PROTOCOL, protocol);
}

/*
 * Described in header
 */
void builder_nexthop(builder_t *this)
{
	struct nhmsg *msg;

	this->nlh->nlmsg_type = this->add ? RTM_NEWNEXTHOP : RTM_DELNEXTHOP;
	msg = mnl_nlmsg_put_extra_header(this->nlh, sizeof(*msg));
	msg->nh_family = AF_INET;
	mnl_attr_put_u32(this->nlh, NHA_ID, builder_number(this));
}
