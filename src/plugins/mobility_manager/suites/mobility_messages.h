/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_messages mobility_messages
 * @{ @ingroup mobility_suite
 *
 * Builds rtnetlink messages as the kernel sends them, from what resembles the
 * commands of iproute2:
 *
 *  link add 2 eth0 [up] [running] [dormant] [loopback] [oper N] [kind KIND]
 *		 [group N] [bridge] [nooper] [noname] [type N] [over N] [netns N]
 *		 [master N]
 *  addr add 10.1.0.2/24 dev 2 [peer IP] [scope N] [tentative] [optimistic]
 *		 [dadfailed] [deprecated] [temporary] [secondary] [permanent] [stable]
 *		 [expires N] [created N] [preferred N] [metric N]
 *  route add default|NET/LEN [inet6] [via IP] [dev 2] [metric N] [table N]
 *		 [type N] [proto N] [src IP] [from NET/LEN] [tos N] [pref N] [cloned]
 *		 [dead] [linkdown] [replace] [expires N] [nhid N]
 *		 [mtu N|advmss N]
 *		 [nexthop [via IP] [dev 2] [dead] ...]
 *  rule add [inet6] [not] [pref N] [from NET/LEN] [to NET/LEN] [lookup N]
 *		 [goto N] [action N] [fwmark N] [fwmask N] [iif NAME] [oif NAME]
 *		 [proto N] [suppress_prefixlength N] [suppress_ifgroup N] [l3mdev]
 *		 [uidrange N] [tos N] [ipproto N] [sport] [tun_id N] [attr N]
 *  nexthop del N
 *
 * "up" includes IFF_UP only, "running" also carrier and operstate.  "del"
 * instead of "add" builds the message that it is gone.  What has a "kind" has an
 * if_id as well, 42, as XFRM interfaces do.
 */

#ifndef MOBILITY_MESSAGES_H_
#define MOBILITY_MESSAGES_H_

#include <libmnl/libmnl.h>

#include "net/uplinks.h"

/**
 * Build a message.
 *
 * @param fmt		format string of the description
 * @return			message, valid until the next call
 */
struct nlmsghdr *mobility_message(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

/**
 * Build a message and feed it, as well as all that is cut off somewhere, which
 * must not be of any consequence, to an instance.
 *
 * @param uplinks	instance
 * @param fmt		format string of the description
 * @return			what changed
 */
mobility_change_t mobility_feed(mobility_uplinks_t *uplinks,
								const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /** MOBILITY_MESSAGES_H_ @}*/
