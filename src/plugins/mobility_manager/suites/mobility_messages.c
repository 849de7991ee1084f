/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "messages_builder.h"
#include "mobility_messages.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <net/if.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

/**
 * Where messages are built
 */
static char buffer[16384] __attribute__((aligned(8)));

/*
 * Described in header
 */
bool builder_next_word(builder_t *this)
{
	this->word = strtok_r(NULL, " ", &this->pos);
	return this->word != NULL;
}

/*
 * Described in header
 */
bool builder_is(builder_t *this, const char *word)
{
	return streq(this->word, word);
}

/*
 * Described in header
 */
bool builder_takes(builder_t *this, const char *word)
{
	if (builder_is(this, word))
	{
		ck_assert_msg(builder_next_word(this), "'%s' lacks its value", word);
		return TRUE;
	}
	return FALSE;
}

/*
 * Described in header
 */
void builder_unknown(builder_t *this)
{
	ck_abort_msg("unknown word '%s'", this->word);
}

/*
 * Described in header
 */
uint32_t builder_number(builder_t *this)
{
	return strtoul(this->word, NULL, 0);
}

/*
 * Described in header
 */
mobility_ip_t builder_address(builder_t *this)
{
	mobility_ip_t ip;
	host_t *host;

	host = host_create_from_string(this->word, 0);
	ck_assert_msg(host, "'%s' is no address", this->word);
	ip = mobility_ip_from_host(host);
	host->destroy(host);
	return ip;
}

/*
 * Described in header
 */
mobility_ip_t builder_prefix(builder_t *this, uint8_t *len)
{
	mobility_ip_t ip;
	char *slash;

	slash = strchr(this->word, '/');
	if (slash)
	{
		*slash = '\0';
	}
	ip = builder_address(this);
	*len = slash ? atoi(slash + 1) : mobility_ip_bits(&ip);
	return ip;
}

/*
 * Described in header
 */
void builder_put_ip(builder_t *this, uint16_t type, const mobility_ip_t *ip)
{
	mnl_attr_put(this->nlh, type, mobility_ip_bits(ip) / 8, ip->bytes);
}

/**
 * Build a message about a link
 */
static void build_link(builder_t *this)
{
	struct ifinfomsg *msg;
	struct nlattr *info, *data;
	int oper = IF_OPER_DOWN;
	bool has_oper = TRUE;

	this->nlh->nlmsg_type = this->add ? RTM_NEWLINK : RTM_DELLINK;
	msg = mnl_nlmsg_put_extra_header(this->nlh, sizeof(*msg));
	msg->ifi_type = 1;
	msg->ifi_index = builder_number(this);
	ck_assert(builder_next_word(this));
	if (!builder_is(this, "noname"))
	{
		mnl_attr_put_strz(this->nlh, IFLA_IFNAME, this->word);
	}
	mnl_attr_put_u32(this->nlh, IFLA_MTU, 1500);
	while (builder_next_word(this))
	{
		if (builder_is(this, "up"))
		{
			msg->ifi_flags |= IFF_UP;
		}
		else if (builder_is(this, "running"))
		{
			msg->ifi_flags |= IFF_UP | IFF_RUNNING | IFF_LOWER_UP;
			oper = IF_OPER_UP;
		}
		else if (builder_is(this, "dormant"))
		{
			msg->ifi_flags |= IFF_UP | IFF_LOWER_UP | IFF_DORMANT;
			oper = IF_OPER_DORMANT;
		}
		else if (builder_is(this, "loopback"))
		{
			msg->ifi_flags |= IFF_LOOPBACK;
		}
		else if (builder_is(this, "bridge"))
		{
			msg->ifi_family = AF_BRIDGE;
		}
		else if (builder_is(this, "nooper"))
		{
			has_oper = FALSE;
		}
		else if (builder_takes(this, "oper"))
		{
			oper = builder_number(this);
		}
		else if (builder_takes(this, "group"))
		{
			mnl_attr_put_u32(this->nlh, IFLA_GROUP, builder_number(this));
		}
		else if (builder_takes(this, "type"))
		{
			msg->ifi_type = builder_number(this);
		}
		else if (builder_takes(this, "over"))
		{
			mnl_attr_put_u32(this->nlh, IFLA_LINK, builder_number(this));
		}
		else if (builder_takes(this, "netns"))
		{
			mnl_attr_put_u32(this->nlh, IFLA_LINK_NETNSID,
							 builder_number(this));
		}
		else if (builder_takes(this, "master"))
		{
			mnl_attr_put_u32(this->nlh, IFLA_MASTER, builder_number(this));
		}
		else if (builder_is(this, "vrf"))
		{
			info = mnl_attr_nest_start(this->nlh, IFLA_LINKINFO);
			mnl_attr_put_strz(this->nlh, IFLA_INFO_SLAVE_KIND, "vrf");
			mnl_attr_nest_end(this->nlh, info);
		}
		else if (builder_takes(this, "kind"))
		{
			info = mnl_attr_nest_start(this->nlh, IFLA_LINKINFO);
			mnl_attr_put_strz(this->nlh, IFLA_INFO_KIND, this->word);
			data = mnl_attr_nest_start(this->nlh, IFLA_INFO_DATA);
			mnl_attr_put_u32(this->nlh, IFLA_XFRM_IF_ID, 42);
			mnl_attr_nest_end(this->nlh, data);
			mnl_attr_nest_end(this->nlh, info);
		}
		else
		{
			builder_unknown(this);
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
	uint32_t metric = 0;
	int i;

	this->nlh->nlmsg_type = this->add ? RTM_NEWADDR : RTM_DELADDR;
	msg = mnl_nlmsg_put_extra_header(this->nlh, sizeof(*msg));
	peer = local = builder_prefix(this, &msg->ifa_prefixlen);
	msg->ifa_family = local.family;
	while (builder_next_word(this))
	{
		for (i = 0; i < countof(addr_flags); i++)
		{
			if (builder_is(this, addr_flags[i].name))
			{
				flags |= addr_flags[i].flag;
				break;
			}
		}
		if (i < countof(addr_flags))
		{
			continue;
		}
		if (builder_takes(this, "dev"))
		{
			msg->ifa_index = builder_number(this);
		}
		else if (builder_takes(this, "peer"))
		{
			peer = builder_address(this);
		}
		else if (builder_takes(this, "scope"))
		{
			msg->ifa_scope = builder_number(this);
		}
		else if (builder_takes(this, "metric"))
		{
			metric = builder_number(this);
		}
		else if (builder_takes(this, "expires"))
		{
			cache.ifa_valid = builder_number(this);
		}
		else if (builder_takes(this, "created"))
		{
			cache.cstamp = builder_number(this);
		}
		else if (builder_takes(this, "preferred"))
		{
			cache.ifa_prefered = builder_number(this);
		}
		else
		{
			builder_unknown(this);
		}
	}
	builder_put_ip(this, IFA_ADDRESS, &peer);
	if (local.family == AF_INET || !mobility_ip_equals(&peer, &local))
	{
		builder_put_ip(this, IFA_LOCAL, &local);
	}
	msg->ifa_flags = flags;
	mnl_attr_put_u32(this->nlh, IFA_FLAGS, flags);
	mnl_attr_put(this->nlh, IFA_CACHEINFO, sizeof(cache), &cache);
	if (metric)
	{
		mnl_attr_put_u32(this->nlh, IFA_RT_PRIORITY, metric);
	}
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
	ck_assert(what && builder_next_word(&this));
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
		builder_route(&this);
	}
	else if (streq(kind, "nexthop"))
	{
		builder_nexthop(&this);
	}
	else
	{
		ck_assert_str_eq(kind, "rule");
		builder_rule(&this);
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

	other = mobility_uplinks_create(220, TRUE, NULL);
	for (len = 0; len < nlh->nlmsg_len; len++)
	{
		feed(other, nlh, len);
	}
	other->destroy(other);
	return feed(uplinks, nlh, nlh->nlmsg_len);
}
