/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <net/if.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "net/link.h"

/** Length of the prefix that CLATs have addresses of (RFC 7335). */
#define CLAT_PREFIX 29

/**
 * Collect the attributes within IFLA_LINKINFO, if a message has that.
 */
static void parse_info(const struct nlattr *linkinfo, const struct nlattr *tb[],
					   u_int max)
{
	mobility_netlink_parse_data(linkinfo ? mnl_attr_get_payload(linkinfo) : NULL,
						linkinfo ? mnl_attr_get_payload_len(linkinfo) : 0,
								tb, max);
}

/**
 * Find out what kind of interface it is.
 *
 * Packets that go through IPsec SAs are no way for the packets of these SAs.
 */
static void set_kind(mobility_link_t *link, uint16_t type,
					 const struct nlattr *linkinfo, const char *sysfs)
{
	const struct nlattr *tb[IFLA_INFO_KIND + 1];
	mobility_link_kind_facts_t facts = {
		.type = type,
	};

	parse_info(linkinfo, tb, IFLA_INFO_KIND);
	mobility_netlink_get_str(tb[IFLA_INFO_KIND], facts.info,
							 sizeof(facts.info));
	link->ipsec = streq(facts.info, "xfrm") || streq(facts.info, "vti") ||
				  streq(facts.info, "vti6");
	link->dummy = streq(facts.info, "dummy");
	if (sysfs && !facts.info[0] && !mobility_link_is_loopback(link))
	{
		mobility_link_kind_read(sysfs, link->ifname, link->ifindex, &facts);
	}
	link->kind = mobility_link_kind_determine(&facts);
}

/**
 * Note the interfaces below and above.
 */
static void set_stack(mobility_link_t *link, const struct nlattr *tb[])
{
	const struct nlattr *info[IFLA_INFO_SLAVE_KIND + 1];
	char kind[16];

	parse_info(tb[IFLA_LINKINFO], info, IFLA_INFO_SLAVE_KIND);
	link->vrf = mobility_netlink_get_str(info[IFLA_INFO_SLAVE_KIND], kind,
										 sizeof(kind)) && streq(kind, "vrf");
	link->lower = link->master = 0;
	mobility_netlink_get_u32(tb[IFLA_MASTER], &link->master);
	if (mobility_link_kind_is_stacked(link->kind) && !tb[IFLA_LINK_NETNSID])
	{	/* of a veth it would be the other end, which is not below it */
		mobility_netlink_get_u32(tb[IFLA_LINK], &link->lower);
	}
}

/*
 * Described in header.
 */
void mobility_link_update(mobility_link_t *link, const struct nlmsghdr *nlh,
						  const struct nlattr *tb[], const char *sysfs)
{
	const struct ifinfomsg *msg = mnl_nlmsg_get_payload(nlh);
	char old[IFNAMSIZ];

	memcpy(old, link->ifname, sizeof(old));
	link->flags = msg->ifi_flags;
	/* not all messages have all attributes, e.g. those about wireless events */
	mobility_netlink_get_str(tb[IFLA_IFNAME], link->ifname,
							 sizeof(link->ifname));
	mobility_netlink_get_u8(tb[IFLA_OPERSTATE], &link->operstate);
	mobility_netlink_get_u32(tb[IFLA_GROUP], &link->group);
	if (!streq(old, link->ifname))
	{	/* files are read for that, which is not for each of the messages */
		set_kind(link, msg->ifi_type, tb[IFLA_LINKINFO], sysfs);
	}
	if (tb[IFLA_MTU])
	{
		set_stack(link, tb);
	}
}

/*
 * Described in header.
 */
bool mobility_link_is_up(const mobility_link_t *link)
{
	return link && link->ifname[0] && (link->flags & IFF_UP);
}

/*
 * Described in header.
 */
bool mobility_link_is_running(const mobility_link_t *link)
{
	return mobility_link_is_up(link) &&
		  (link->flags & IFF_RUNNING) && (link->flags & IFF_LOWER_UP) &&
		  (link->operstate == IF_OPER_UP || link->operstate == IF_OPER_UNKNOWN);
}

/*
 * Described in header.
 */
bool mobility_link_is_loopback(const mobility_link_t *link)
{
	return link->flags & IFF_LOOPBACK;
}

/*
 * Described in header.
 */
bool mobility_link_is_virtual(const mobility_link_t *link)
{
	return mobility_link_is_loopback(link) || link->dummy;
}

/*
 * Described in header.
 */
mobility_addr_t *mobility_link_get_addr(const mobility_link_t *link,
										const mobility_ip_t *ip)
{
	mobility_addr_t *addr;
	int i;

	for (i = 0; i < array_count(link->addrs); i++)
	{
		array_get(link->addrs, i, &addr);
		if (mobility_ip_equals(&addr->ip, ip))
		{
			return addr;
		}
	}
	return NULL;
}

/*
 * Described in header.
 */
bool mobility_link_is_clat_addr(const mobility_ip_t *ip)
{
	const mobility_ip_t net = {
		.family = AF_INET,
		.bytes = { 192, 0, 0, 0 },
	};

	return mobility_ip_in(ip, &net, CLAT_PREFIX);
}

/*
 * Described in header.
 */
bool mobility_link_is_clat(const mobility_link_t *link)
{
	mobility_addr_t *addr;
	int i;

	for (i = 0; link->kind == MOBILITY_KIND_TUNNEL &&
				i < array_count(link->addrs); i++)
	{
		array_get(link->addrs, i, &addr);
		if (mobility_link_is_clat_addr(&addr->ip))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
u_int mobility_link_count_addrs(const mobility_link_t *link, int family)
{
	mobility_addr_t *addr;
	u_int count = 0;
	int i;

	for (i = 0; link && i < array_count(link->addrs); i++)
	{
		array_get(link->addrs, i, &addr);
		count += addr->ip.family == family;
	}
	return count;
}

/**
 * Read how old an address is, and how long it will be preferred
 */
static void parse_lifetimes(const struct nlattr *attr, mobility_addr_t *addr)
{
	struct ifa_cacheinfo cache;

	if (attr && mnl_attr_get_payload_len(attr) >= sizeof(cache))
	{
		memcpy(&cache, mnl_attr_get_payload(attr), sizeof(cache));
		addr->created = cache.cstamp;
		addr->preferred = cache.ifa_prefered;
	}
}

/*
 * Described in header.
 */
bool mobility_addr_parse(const struct nlmsghdr *nlh, int *ifindex,
						 mobility_addr_t *addr)
{
	const struct nlattr *tb[IFA_RT_PRIORITY + 1];
	const struct ifaddrmsg *msg;
	uint32_t metric = 0;

	if (!mobility_netlink_parse(nlh, sizeof(*msg), tb, IFA_RT_PRIORITY))
	{
		return FALSE;
	}
	msg = mnl_nlmsg_get_payload(nlh);
	memset(addr, 0, sizeof(*addr));
	*ifindex = msg->ifa_index;
	addr->prefix = msg->ifa_prefixlen;
	addr->scope = msg->ifa_scope;
	addr->flags = msg->ifa_flags;
	mobility_netlink_get_u32(tb[IFA_FLAGS], &addr->flags);
	mobility_netlink_get_u32(tb[IFA_RT_PRIORITY], &metric);
	addr->own = metric == MOBILITY_VIP_METRIC;
	parse_lifetimes(tb[IFA_CACHEINFO], addr);

	/* on point-to-point links IFA_ADDRESS is the other end's */
	if (!mobility_netlink_get_ip(tb[IFA_ADDRESS], msg->ifa_family,
								 &addr->net) &&
		!mobility_netlink_get_ip(tb[IFA_LOCAL], msg->ifa_family, &addr->net))
	{
		return FALSE;
	}
	addr->ip = addr->net;
	mobility_netlink_get_ip(tb[IFA_LOCAL], msg->ifa_family, &addr->ip);

	/* as peers have global addresses, IPv6 link-local ones are of no use */
	return *ifindex > 0 && addr->prefix <= mobility_ip_bits(&addr->ip) &&
		  (addr->ip.family == AF_INET || !mobility_ip_is_linklocal(&addr->ip));
}

/*
 * Described in header.
 */
bool mobility_addr_is_usable(const mobility_addr_t *addr)
{
	if (!addr || addr->ip.family == AF_UNSPEC || addr->scope >= RT_SCOPE_HOST)
	{
		return FALSE;
	}
	if (addr->flags & IFA_F_DADFAILED)
	{
		return FALSE;
	}
	return !(addr->flags & IFA_F_TENTATIVE) || (addr->flags & IFA_F_OPTIMISTIC);
}

/*
 * Described in header.
 */
bool mobility_addr_is_expiring(const mobility_addr_t *addr)
{
	return addr && (addr->flags & IFA_F_DEPRECATED) &&
		   !(addr->flags & IFA_F_PERMANENT);
}
