/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "net/neighbors.h"

/** Longest request, in bytes. */
#define REQUEST_MAX 128

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

/**
 * Ask the kernel for the state of a path's next hop.
 */
static uint16_t ask_state(mobility_rtnl_t *rtnl, const mobility_path_t *path)
{
	char buf[REQUEST_MAX] __attribute__((aligned(MNL_ALIGNTO)));
	uint16_t state = NUD_NONE;

	rtnl->get(rtnl, build_request(buf, RTM_GETNEIGH, path), get_state, &state);
	return state;
}

/*
 * Described in header.
 */
bool mobility_neighbors_ask_again(mobility_rtnl_t *rtnl,
								  const mobility_path_t *path)
{
	char buf[REQUEST_MAX] __attribute__((aligned(MNL_ALIGNTO)));

	return ask_state(rtnl, path) == NUD_INCOMPLETE &&
		   rtnl->request(rtnl, build_request(buf, RTM_DELNEIGH, path)) == 0;
}

/*
 * Described in header.
 */
void mobility_neighbors_ask(mobility_rtnl_t *rtnl, const mobility_path_t *path)
{
	char buf[REQUEST_MAX] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh;
	struct ndmsg *ndm;

	if (ask_state(rtnl, path) & ~NUD_FAILED)
	{	/* which would make a permanent entry an ordinary one */
		return;
	}
	nlh = build_request(buf, RTM_NEWNEIGH, path);
	nlh->nlmsg_flags = NLM_F_CREATE;
	ndm = mnl_nlmsg_get_payload(nlh);
	ndm->ndm_flags = NTF_USE;
	rtnl->request(rtnl, nlh);
}
