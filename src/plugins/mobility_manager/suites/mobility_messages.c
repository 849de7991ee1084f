/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "mobility_messages.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <net/if.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>

#include <mobility_netlink.h>

/**
 * A message under construction
 */
typedef struct {
	/** description, gets cut into words */
	char text[512];
	/** position in it */
	char *pos;
	/** current word */
	char *word;
	/** add, not del */
	bool add;
	/** the message */
	struct nlmsghdr *nlh;
} builder_t;

/**
 * Where messages are built
 */
static char buffer[16384] __attribute__((aligned(8)));

/**
 * Get the next word, FALSE if there is none
 */
static bool next_word(builder_t *this)
{
	this->word = strtok_r(NULL, " ", &this->pos);
	return this->word != NULL;
}

/**
 * Check the current word
 */
static bool is(builder_t *this, const char *word)
{
	return streq(this->word, word);
}

/**
 * Check the current word, and skip it
 */
static bool takes(builder_t *this, const char *word)
{
	if (is(this, word))
	{
		ck_assert_msg(next_word(this), "'%s' lacks its value", word);
		return TRUE;
	}
	return FALSE;
}

/**
 * Fail because of a word nobody knows
 */
static void unknown(builder_t *this)
{
	ck_abort_msg("unknown word '%s'", this->word);
}

/**
 * The current word as a number
 */
static uint32_t number(builder_t *this)
{
	return strtoul(this->word, NULL, 0);
}

/**
 * The current word as an address
 */
static mobility_ip_t address(builder_t *this)
{
	mobility_ip_t ip;
	host_t *host;

	host = host_create_from_string(this->word, 0);
	ck_assert_msg(host, "'%s' is no address", this->word);
	ip = mobility_ip_from_host(host);
	host->destroy(host);
	return ip;
}

/**
 * The current word as an address with prefix length
 */
static mobility_ip_t prefix(builder_t *this, uint8_t *len)
{
	mobility_ip_t ip;
	char *slash;

	slash = strchr(this->word, '/');
	if (slash)
	{
		*slash = '\0';
	}
	ip = address(this);
	*len = slash ? atoi(slash + 1) : mobility_ip_bits(&ip);
	return ip;
}

/**
 * Put an address
 */
static void put_ip(builder_t *this, uint16_t type, const mobility_ip_t *ip)
{
	mnl_attr_put(this->nlh, type, mobility_ip_bits(ip) / 8, ip->bytes);
}

/**
 * Build a message about a link
 */
static void build_link(builder_t *this)
{
	struct ifinfomsg *msg;
	struct nlattr *info;
	int oper = IF_OPER_DOWN;
	bool has_oper = TRUE;

	this->nlh->nlmsg_type = this->add ? RTM_NEWLINK : RTM_DELLINK;
	msg = mnl_nlmsg_put_extra_header(this->nlh, sizeof(*msg));
	msg->ifi_type = 1;
	msg->ifi_index = number(this);
	ck_assert(next_word(this));
	if (!is(this, "noname"))
	{
		mnl_attr_put_strz(this->nlh, IFLA_IFNAME, this->word);
	}
	mnl_attr_put_u32(this->nlh, IFLA_MTU, 1500);
	while (next_word(this))
	{
		if (is(this, "up"))
		{
			msg->ifi_flags |= IFF_UP;
		}
		else if (is(this, "running"))
		{
			msg->ifi_flags |= IFF_UP | IFF_RUNNING | IFF_LOWER_UP;
			oper = IF_OPER_UP;
		}
		else if (is(this, "dormant"))
		{
			msg->ifi_flags |= IFF_UP | IFF_LOWER_UP | IFF_DORMANT;
			oper = IF_OPER_DORMANT;
		}
		else if (is(this, "loopback"))
		{
			msg->ifi_flags |= IFF_LOOPBACK;
		}
		else if (is(this, "bridge"))
		{
			msg->ifi_family = AF_BRIDGE;
		}
		else if (is(this, "nooper"))
		{
			has_oper = FALSE;
		}
		else if (takes(this, "oper"))
		{
			oper = number(this);
		}
		else if (takes(this, "group"))
		{
			mnl_attr_put_u32(this->nlh, IFLA_GROUP, number(this));
		}
		else if (takes(this, "kind"))
		{
			info = mnl_attr_nest_start(this->nlh, IFLA_LINKINFO);
			mnl_attr_put_strz(this->nlh, IFLA_INFO_KIND, this->word);
			mnl_attr_nest_end(this->nlh, info);
		}
		else
		{
			unknown(this);
		}
	}
	if (has_oper)
	{
		mnl_attr_put_u8(this->nlh, IFLA_OPERSTATE, oper);
	}
}

/**
 * Names of flags of addresses
 */
static const struct {
	const char *name;
	uint32_t flag;
} addr_flags[] = {
	{ "tentative", IFA_F_TENTATIVE },
	{ "optimistic", IFA_F_OPTIMISTIC },
	{ "dadfailed", IFA_F_DADFAILED },
	{ "deprecated", IFA_F_DEPRECATED },
	{ "temporary", IFA_F_TEMPORARY },
	{ "secondary", IFA_F_SECONDARY },
	{ "permanent", IFA_F_PERMANENT },
	{ "stable", IFA_F_STABLE_PRIVACY },
};

/**
 * Build a message about an address
 */
static void build_addr(builder_t *this)
{
	struct ifa_cacheinfo cache = {
		.ifa_valid = 3600,
	};
	struct ifaddrmsg *msg;
	mobility_ip_t local, peer;
	uint32_t flags = 0;
	int i;

	this->nlh->nlmsg_type = this->add ? RTM_NEWADDR : RTM_DELADDR;
	msg = mnl_nlmsg_put_extra_header(this->nlh, sizeof(*msg));
	peer = local = prefix(this, &msg->ifa_prefixlen);
	msg->ifa_family = local.family;
	while (next_word(this))
	{
		for (i = 0; i < countof(addr_flags); i++)
		{
			if (is(this, addr_flags[i].name))
			{
				flags |= addr_flags[i].flag;
				break;
			}
		}
		if (i < countof(addr_flags))
		{
			continue;
		}
		if (takes(this, "dev"))
		{
			msg->ifa_index = number(this);
		}
		else if (takes(this, "peer"))
		{
			peer = address(this);
		}
		else if (takes(this, "scope"))
		{
			msg->ifa_scope = number(this);
		}
		else if (takes(this, "expires"))
		{
			cache.ifa_valid = number(this);
		}
		else
		{
			unknown(this);
		}
	}
	put_ip(this, IFA_ADDRESS, &peer);
	if (local.family == AF_INET || !mobility_ip_equals(&peer, &local))
	{
		put_ip(this, IFA_LOCAL, &local);
	}
	msg->ifa_flags = flags;
	mnl_attr_put_u32(this->nlh, IFA_FLAGS, flags);
	mnl_attr_put(this->nlh, IFA_CACHEINFO, sizeof(cache), &cache);
}

/**
 * Put a next hop's gateway
 */
static void put_gateway(builder_t *this, const struct rtmsg *msg)
{
	mobility_ip_t gateway = address(this);
	char via[18] = { gateway.family };

	if (gateway.family == msg->rtm_family)
	{
		put_ip(this, RTA_GATEWAY, &gateway);
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
		if (is(this, "nexthop"))
		{
			nh = mnl_nlmsg_get_payload_tail(this->nlh);
			memset(nh, 0, sizeof(*nh));
			this->nlh->nlmsg_len += sizeof(*nh);
		}
		else if (takes(this, "dev"))
		{
			nh->rtnh_ifindex = number(this);
		}
		else if (takes(this, "via"))
		{
			put_gateway(this, msg);
		}
		else if (is(this, "dead"))
		{
			nh->rtnh_flags |= RTNH_F_DEAD;
		}
		else
		{
			unknown(this);
		}
		nh->rtnh_len = (char*)mnl_nlmsg_get_payload_tail(this->nlh) - (char*)nh;
	}
	while (next_word(this));
	mnl_attr_nest_end(this->nlh, multipath);
}

/**
 * Flags of routes
 */
static bool route_flag(builder_t *this, struct rtmsg *msg)
{
	if (is(this, "cloned"))
	{
		msg->rtm_flags |= RTM_F_CLONED;
	}
	else if (is(this, "dead"))
	{
		msg->rtm_flags |= RTNH_F_DEAD;
	}
	else if (is(this, "linkdown"))
	{
		msg->rtm_flags |= RTNH_F_LINKDOWN;
	}
	else if (is(this, "replace"))
	{
		this->nlh->nlmsg_flags |= NLM_F_REPLACE;
	}
	else if (is(this, "inet6"))
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
 * Attributes of routes
 */
static void route_attr(builder_t *this, struct rtmsg *msg)
{
	struct rta_cacheinfo cache = {};
	mobility_ip_t ip;

	if (takes(this, "via"))
	{
		put_gateway(this, msg);
	}
	else if (takes(this, "dev"))
	{
		mnl_attr_put_u32(this->nlh, RTA_OIF, number(this));
	}
	else if (takes(this, "metric"))
	{
		mnl_attr_put_u32(this->nlh, RTA_PRIORITY, number(this));
	}
	else if (takes(this, "nhid"))
	{
		mnl_attr_put_u32(this->nlh, RTA_NH_ID, number(this));
	}
	else if (takes(this, "src"))
	{
		ip = address(this);
		put_ip(this, RTA_PREFSRC, &ip);
	}
	else if (takes(this, "from"))
	{
		ip = prefix(this, &msg->rtm_src_len);
		put_ip(this, RTA_SRC, &ip);
	}
	else if (takes(this, "pref"))
	{
		mnl_attr_put_u8(this->nlh, RTA_PREF, number(this));
	}
	else if (takes(this, "expires"))
	{
		cache.rta_expires = number(this);
		mnl_attr_put(this->nlh, RTA_CACHEINFO, sizeof(cache), &cache);
	}
	else
	{
		unknown(this);
	}
}

/**
 * Build a message about a route
 */
static void build_route(builder_t *this)
{
	uint32_t table = RT_TABLE_MAIN;
	struct rtmsg *msg;
	mobility_ip_t dst;

	this->nlh->nlmsg_type = this->add ? RTM_NEWROUTE : RTM_DELROUTE;
	msg = mnl_nlmsg_put_extra_header(this->nlh, sizeof(*msg));
	msg->rtm_family = AF_INET;
	msg->rtm_type = RTN_UNICAST;
	msg->rtm_protocol = RTPROT_STATIC;
	if (!is(this, "default"))
	{
		dst = prefix(this, &msg->rtm_dst_len);
		msg->rtm_family = dst.family;
		put_ip(this, RTA_DST, &dst);
	}
	while (next_word(this))
	{
		if (is(this, "nexthop"))
		{
			put_nexthops(this, msg);
			break;
		}
		else if (takes(this, "table"))
		{
			table = number(this);
		}
		else if (takes(this, "type"))
		{
			msg->rtm_type = number(this);
		}
		else if (takes(this, "proto"))
		{
			msg->rtm_protocol = number(this);
		}
		else if (takes(this, "tos"))
		{
			msg->rtm_tos = number(this);
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

	if (takes(this, "from"))
	{
		ip = prefix(this, &hdr->src_len);
		hdr->family = ip.family;
		put_ip(this, FRA_SRC, &ip);
	}
	else if (takes(this, "to"))
	{
		ip = prefix(this, &hdr->dst_len);
		hdr->family = ip.family;
		put_ip(this, FRA_DST, &ip);
	}
	else if (takes(this, "iif"))
	{
		mnl_attr_put_strz(this->nlh, FRA_IIFNAME, this->word);
	}
	else if (takes(this, "oif"))
	{
		mnl_attr_put_strz(this->nlh, FRA_OIFNAME, this->word);
	}
	else if (takes(this, "ipproto"))
	{
		mnl_attr_put_u8(this->nlh, FRA_IP_PROTO, number(this));
	}
	else if (takes(this, "uidrange"))
	{
		uids.start = number(this);
		mnl_attr_put(this->nlh, FRA_UID_RANGE, sizeof(uids), &uids);
	}
	else if (takes(this, "tun_id"))
	{
		mnl_attr_put_u64(this->nlh, FRA_TUN_ID, number(this));
	}
	else if (takes(this, "attr"))
	{
		mnl_attr_put_u8(this->nlh, number(this), 1);
	}
	else if (is(this, "sport"))
	{
		mnl_attr_put(this->nlh, FRA_SPORT_RANGE, sizeof(ports), &ports);
	}
	else if (is(this, "l3mdev"))
	{
		mnl_attr_put_u8(this->nlh, FRA_L3MDEV, 1);
	}
	else
	{
		unknown(this);
	}
}

/**
 * Build a message about a rule
 */
static void build_rule(builder_t *this)
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
			if (takes(this, rule_numbers[i].name))
			{
				mnl_attr_put_u32(this->nlh, rule_numbers[i].type,
								 number(this));
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
		else if (is(this, "inet6"))
		{
			hdr->family = AF_INET6;
		}
		else if (is(this, "not"))
		{
			hdr->flags |= FIB_RULE_INVERT;
		}
		else if (takes(this, "lookup"))
		{
			table = number(this);
		}
		else if (takes(this, "action"))
		{
			hdr->action = number(this);
		}
		else if (takes(this, "tos"))
		{
			hdr->tos = number(this);
		}
		else if (takes(this, "proto"))
		{
			protocol = number(this);
		}
		else
		{
			rule_attr(this, hdr);
		}
	}
	while (next_word(this));
	hdr->table = table < 256 ? table : RT_TABLE_COMPAT;
	mnl_attr_put_u32(this->nlh, FRA_TABLE, table);
	mnl_attr_put_u8(this->nlh, FRA_PROTOCOL, protocol);
}

/**
 * Build a message about a next hop object
 */
static void build_nexthop(builder_t *this)
{
	struct nhmsg *msg;

	this->nlh->nlmsg_type = this->add ? RTM_NEWNEXTHOP : RTM_DELNEXTHOP;
	msg = mnl_nlmsg_put_extra_header(this->nlh, sizeof(*msg));
	msg->nh_family = AF_INET;
	mnl_attr_put_u32(this->nlh, NHA_ID, number(this));
}

/**
 * Build a message
 */
static struct nlmsghdr *build(const char *fmt, va_list args)
{
	builder_t this;
	char *kind, *what;

	vsnprintf(this.text, sizeof(this.text), fmt, args);
	this.nlh = mnl_nlmsg_put_header(buffer);
	kind = strtok_r(this.text, " ", &this.pos);
	what = strtok_r(NULL, " ", &this.pos);
	ck_assert(what && next_word(&this));
	this.add = streq(what, "add");
	ck_assert(this.add || streq(what, "del"));
	if (streq(kind, "link"))
	{
		build_link(&this);
	}
	else if (streq(kind, "addr"))
	{
		build_addr(&this);
	}
	else if (streq(kind, "route"))
	{
		build_route(&this);
	}
	else if (streq(kind, "nexthop"))
	{
		build_nexthop(&this);
	}
	else
	{
		ck_assert_str_eq(kind, "rule");
		build_rule(&this);
	}
	return this.nlh;
}

/*
 * Described in header
 */
struct nlmsghdr *mobility_message(const char *fmt, ...)
{
	struct nlmsghdr *nlh;
	va_list args;

	va_start(args, fmt);
	nlh = build(fmt, args);
	va_end(args);
	return nlh;
}

/**
 * Feed a message in memory that ends where it ends, as sanitizers notice then
 */
static mobility_change_t feed(mobility_uplinks_t *uplinks,
							  const struct nlmsghdr *nlh, size_t len)
{
	mobility_change_t change;
	struct nlmsghdr *copy;

	copy = malloc(max(len, sizeof(*copy)));
	memcpy(copy, nlh, max(len, sizeof(*copy)));
	copy->nlmsg_len = len;
	change = uplinks->process(uplinks, copy);
	free(copy);
	return change;
}

/*
 * Described in header
 */
mobility_change_t mobility_feed(mobility_uplinks_t *uplinks,
								const char *fmt, ...)
{
	mobility_uplinks_t *other;
	struct nlmsghdr *nlh;
	va_list args;
	size_t len;

	va_start(args, fmt);
	nlh = build(fmt, args);
	va_end(args);

	other = mobility_uplinks_create(220, TRUE);
	for (len = 0; len < nlh->nlmsg_len; len++)
	{
		feed(other, nlh, len);
	}
	other->destroy(other);
	return feed(uplinks, nlh, nlh->nlmsg_len);
}
