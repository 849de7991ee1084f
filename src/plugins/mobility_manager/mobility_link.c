/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <net/if.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "mobility_link.h"

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
