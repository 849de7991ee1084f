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
static void manage_route(mobility_rtnl_t *rtnl, uint16_t flags, host_t *host)
{
	mobility_rtnl_route_t route = {
		.dst.net = mobility_ip_from_host(host),
		.dst.prefix = host->get_family(host) == AF_INET ? 32 : 128,
		.table = RT_TABLE_LOCAL,
		.metric = METRIC,
		.type = RTN_LOCAL,
		.scope = RT_SCOPE_HOST,
		.protocol = MOBILITY_RTPROT,
		.oif = if_nametoindex("lo"),
	};
	int error;

	error = mobility_rtnl_change_route(rtnl, flags, &route);
	if (error && error != EEXIST && error != ESRCH)
	{
		DBG2(DBG_KNL, "unable to keep virtual IP %H: %s", host,
			 strerror(error));
	}
}

/**
 * Add or remove routes for all virtual IP addresses of an IKE_SA.
 */
static void manage_routes(mobility_rtnl_t *rtnl, uint16_t flags,
						  ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	host_t *host;

	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, TRUE);
	while (enumerator->enumerate(enumerator, &host))
	{
		manage_route(rtnl, flags, host);
	}
	enumerator->destroy(enumerator);
}

/*
 * Described in header.
 */
void mobility_virtual_ips_keep(mobility_rtnl_t *rtnl, ike_sa_t *ike_sa)
{
	manage_routes(rtnl, NLM_F_CREATE | NLM_F_EXCL, ike_sa);
}

/*
 * Described in header.
 */
void mobility_virtual_ips_release(mobility_rtnl_t *rtnl, ike_sa_t *ike_sa)
{
	manage_routes(rtnl, 0, ike_sa);
}
