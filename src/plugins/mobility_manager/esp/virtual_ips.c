/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <net/if.h>
#include <linux/rtnetlink.h>

#include "esp/virtual_ips.h"
#include "net/netlink.h"
#include "net/route.h"
#include "net/uplinks.h"

#include <daemon.h>

/** worst metric, routes that belong to addresses come first */
#define METRIC 4294967294U

/**
 * Add or remove the local route of an address.
 */
static void manage_route(mobility_rtnl_t *rtnl, uint16_t type, host_t *host)
{
	char buf[256] __attribute__((aligned(MNL_ALIGNTO)));
	mobility_ip_t ip = mobility_ip_from_host(host);
	struct nlmsghdr *nlh;
	struct rtmsg *rtm;
	int error;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = ip.family;
	rtm->rtm_dst_len = mobility_ip_bits(&ip);
	rtm->rtm_table = RT_TABLE_LOCAL;
	rtm->rtm_protocol = MOBILITY_RTPROT;
	rtm->rtm_type = RTN_LOCAL;
	rtm->rtm_scope = RT_SCOPE_HOST;
	mnl_attr_put(nlh, RTA_DST, mobility_ip_bits(&ip) / 8, ip.bytes);
	mnl_attr_put_u32(nlh, RTA_OIF, if_nametoindex("lo"));
	mnl_attr_put_u32(nlh, RTA_PRIORITY, METRIC);

	error = rtnl->request(rtnl, nlh);
	if (error && error != EEXIST && error != ESRCH)
	{
		DBG2(DBG_KNL, "unable to keep virtual IP %H: %s", host,
			 strerror(error));
	}
}

/**
 * Add or remove routes for all virtual IP addresses of an IKE_SA.
 */
static void manage_routes(mobility_rtnl_t *rtnl, uint16_t type,
						  ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	host_t *host;

	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, TRUE);
	while (enumerator->enumerate(enumerator, &host))
	{
		manage_route(rtnl, type, host);
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
void mobility_virtual_ips_keep(mobility_rtnl_t *rtnl, ike_sa_t *ike_sa)
{
	manage_routes(rtnl, RTM_NEWROUTE, ike_sa);
}

/*
 * Described in header.
 */
void mobility_virtual_ips_release(mobility_rtnl_t *rtnl, ike_sa_t *ike_sa)
{
	manage_routes(rtnl, RTM_DELROUTE, ike_sa);
}
