/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "net/neighbors.h"
#include "net/rtnl.h"

typedef struct private_mobility_neighbors_t private_mobility_neighbors_t;

/**
 * Private data of a mobility_neighbors_t object.
 */
struct private_mobility_neighbors_t {

	/**
	 * Public interface.
	 */
	mobility_neighbors_t public;

	/**
	 * Socket for requests.
	 */
	mobility_rtnl_t *rtnl;
};

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

METHOD(mobility_neighbors_t, ask_again, bool,
	private_mobility_neighbors_t *this, const mobility_path_t *path)
{
	char buf[128] __attribute__((aligned(MNL_ALIGNTO)));
	uint16_t state = NUD_NONE;
	struct nlmsghdr *nlh;
	bool waiting = FALSE;

	nlh = build_request(buf, RTM_GETNEIGH, path);
	if (this->rtnl->get(this->rtnl, nlh, get_state, &state) == 0 &&
		state == NUD_INCOMPLETE)
	{
		nlh = build_request(buf, RTM_DELNEIGH, path);
		waiting = this->rtnl->request(this->rtnl, nlh) == 0;
	}
	return waiting;
}

METHOD(mobility_neighbors_t, destroy, void,
	private_mobility_neighbors_t *this)
{
	this->rtnl->destroy(this->rtnl);
	free(this);
}

/*
 * Described in header.
 */
mobility_neighbors_t *mobility_neighbors_create()
{
	private_mobility_neighbors_t *this;
	mobility_rtnl_t *rtnl;

	rtnl = mobility_rtnl_create();
	if (!rtnl)
	{
		return NULL;
	}
	INIT(this,
		.public = {
			.ask_again = _ask_again,
			.destroy = _destroy,
		},
		.rtnl = rtnl,
	);
	return &this->public;
}
