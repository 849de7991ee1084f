/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <net/if.h>
#include <netinet/in.h>
#include <linux/udp.h>

#include "esp/xfrm_msg.h"

/**
 * Write an address.
 */
static void put_address(host_t *host, xfrm_address_t *addr)
{
	mobility_ip_t ip = mobility_ip_from_host(host);

	memcpy(addr, ip.bytes, sizeof(*addr));
}

/**
 * Write the subnet of a traffic selector.
 */
static void put_subnet(traffic_selector_t *ts, xfrm_address_t *addr,
					   uint8_t *prefix)
{
	host_t *net;

	ts->to_subnet(ts, &net, prefix);
	put_address(net, addr);
	net->destroy(net);
}

/**
 * Write the ports of a traffic selector; a policy can only have one or all.
 */
static bool put_port(traffic_selector_t *ts, uint16_t *port, uint16_t *mask)
{
	uint16_t from, to;

	from = ts->get_from_port(ts);
	to = ts->get_to_port(ts);
	if (from == to)
	{
		*port = htons(from);
		*mask = 0xffff;
	}
	return from == to || (from == 0 && to == 0xffff);
}

/**
 * Write the selector of a policy, which has to be exactly what charon wrote.
 * Returns FALSE for what is rare and written in special ways.
 */
static bool put_selector(const mobility_xfrm_move_t *move,
						 struct xfrm_selector *sel)
{
	traffic_selector_t *src = move->src_ts, *dst = move->dst_ts;

	sel->family = src->get_type(src) == TS_IPV4_ADDR_RANGE ? AF_INET
														   : AF_INET6;
	sel->proto = max(src->get_protocol(src), dst->get_protocol(dst));
	put_subnet(src, &sel->saddr, &sel->prefixlen_s);
	put_subnet(dst, &sel->daddr, &sel->prefixlen_d);
	sel->ifindex = move->interface ? if_nametoindex(move->interface) : 0;
	return put_port(src, &sel->sport, &sel->sport_mask) &&
		   put_port(dst, &sel->dport, &sel->dport_mask) &&
		   ((sel->proto != IPPROTO_ICMP && sel->proto != IPPROTO_ICMPV6) ||
			(!sel->sport_mask && !sel->dport_mask));
}

/**
 * Write the UDP encapsulation an SA is to have, if any.
 */
static void put_encap(struct nlmsghdr *nlh, const mobility_xfrm_move_t *move)
{
	struct xfrm_encap_tmpl encap = {
		.encap_type = UDP_ENCAP_ESPINUDP,
		.encap_sport = htons(move->new_src->get_port(move->new_src)),
		.encap_dport = htons(move->new_dst->get_port(move->new_dst)),
	};

	if (move->encap)
	{
		mnl_attr_put(nlh, XFRMA_ENCAP, sizeof(encap), &encap);
	}
}

/**
 * Write what changes.
 */
static void put_migrate(struct nlmsghdr *nlh, const mobility_xfrm_move_t *move)
{
	struct xfrm_user_migrate migrate = {
		.proto = IPPROTO_ESP,
		.mode = XFRM_MODE_TUNNEL,
		.reqid = move->reqid,
		.old_family = move->dst->get_family(move->dst),
		.new_family = move->new_dst->get_family(move->new_dst),
	};

	put_address(move->src, &migrate.old_saddr);
	put_address(move->dst, &migrate.old_daddr);
	put_address(move->new_src, &migrate.new_saddr);
	put_address(move->new_dst, &migrate.new_daddr);
	mnl_attr_put(nlh, XFRMA_MIGRATE, sizeof(migrate), &migrate);
	put_encap(nlh, move);
}

/*
 * Described in header.
 */
struct nlmsghdr *mobility_xfrm_msg_sa(char *buf, uint16_t type,
									  const mobility_sa_id_t *id)
{
	struct xfrm_mark mark = {
		.v = id->mark.value,
		.m = id->mark.mask,
	};
	struct xfrm_usersa_id *sa;
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	sa = mnl_nlmsg_put_extra_header(nlh, sizeof(*sa));
	memcpy(&sa->daddr, id->dst.bytes, sizeof(id->dst.bytes));
	sa->family = id->dst.family;
	sa->proto = id->proto;
	sa->spi = id->spi;
	if (mark.m)
	{
		mnl_attr_put(nlh, XFRMA_MARK, sizeof(mark), &mark);
	}
	return nlh;
}

/*
 * Described in header.
 */
struct nlmsghdr *mobility_xfrm_msg_policy(char *buf, uint16_t type,
										  const mobility_xfrm_move_t *move)
{
	struct xfrm_userpolicy_id *policy;
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	policy = mnl_nlmsg_put_extra_header(nlh, sizeof(*policy));
	policy->dir = move->dir == POLICY_IN ? XFRM_POLICY_IN :
				  move->dir == POLICY_FWD ? XFRM_POLICY_FWD : XFRM_POLICY_OUT;
	if (!put_selector(move, &policy->sel))
	{
		return NULL;
	}
	if (move->if_id)
	{
		mnl_attr_put_u32(nlh, XFRMA_IF_ID, move->if_id);
	}
	return nlh;
}

/*
 * Described in header.
 */
struct nlmsghdr *mobility_xfrm_msg_migrate(char *buf,
										   const mobility_xfrm_move_t *move)
{
	struct nlmsghdr *nlh;

	nlh = mobility_xfrm_msg_policy(buf, XFRM_MSG_MIGRATE, move);
	if (nlh)
	{
		put_migrate(nlh, move);
	}
	return nlh;
}

/*
 * Described in header.
 */
struct nlmsghdr *mobility_xfrm_msg_migrate_state(char *buf,
											const mobility_xfrm_move_t *move)
{
	struct xfrm_user_migrate_state *migrate;
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_MIGRATE_STATE;
	/* as charon's own, SAs in tunnel mode have no selector */
	migrate = mnl_nlmsg_put_extra_header(nlh, sizeof(*migrate));
	put_address(move->dst, &migrate->id.daddr);
	migrate->id.family = move->dst->get_family(move->dst);
	migrate->id.proto = IPPROTO_ESP;
	migrate->id.spi = move->spi;
	put_address(move->new_dst, &migrate->new_daddr);
	put_address(move->new_src, &migrate->new_saddr);
	migrate->new_family = move->new_dst->get_family(move->new_dst);
	migrate->new_reqid = move->reqid;
	put_encap(nlh, move);
	return nlh;
}
