/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "net/neighbors.h"

/**
 * Build a request about the next hop of a path.
 */
static struct nlmsghdr *build_request(char *buf, uint16_t type,
									  const mobility_path_t *path)
{
	host_t *hop = path->gateway ?: path->remote;
	struct nlmsghdr *nlh;
	struct ndmsg *ndm;
	chunk_t address;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	ndm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ndm));
	ndm->ndm_family = hop->get_family(hop);
	ndm->ndm_ifindex = path->ifindex;
	address = hop->get_address(hop);
	mnl_attr_put(nlh, NDA_DST, address.len, address.ptr);
	return nlh;
}

/**
 * Get the state of an entry, a mobility_nlsocket_cb_t.
 */
static void get_state(void *data, const struct nlmsghdr *nlh)
{
	uint16_t *state = data;
	const struct ndmsg *ndm;

	if (nlh->nlmsg_type == RTM_NEWNEIGH &&
		nlh->nlmsg_len >= mnl_nlmsg_size(sizeof(*ndm)))
	{
		ndm = mnl_nlmsg_get_payload(nlh);
		*state = ndm->ndm_state;
	}
}

/*
 * Described in header.
 */
bool mobility_neighbors_ask_again(mobility_rtnl_t *rtnl,
								  const mobility_path_t *path)
{
	char buf[128] __attribute__((aligned(MNL_ALIGNTO)));
	uint16_t state = NUD_NONE;

	return rtnl->get(rtnl, build_request(buf, RTM_GETNEIGH, path), get_state,
					 &state) == 0 &&
		   state == NUD_INCOMPLETE &&
		   rtnl->request(rtnl, build_request(buf, RTM_DELNEIGH, path)) == 0;
}
