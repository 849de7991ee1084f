/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "esp/vip_marks.h"
#include "net/link.h"

#include <collections/array.h>
#include <utils/debug.h>

/** what we add to a message of the kernel: IFA_FLAGS and IFA_RT_PRIORITY */
#define ADDED 16

/**
 * Which addresses to collect
 */
typedef struct {
	/** this one, on any interface, or if not set all that are marked */
	mobility_ip_t ip;
	/** messages about them, struct nlmsghdr* with space for more */
	array_t *found;
} search_t;

/**
 * Collect addresses, a mobility_nlsocket_cb_t
 */
static void collect(void *data, const struct nlmsghdr *nlh)
{
	search_t *this = data;
	struct nlmsghdr *copy;
	mobility_addr_t addr;
	int ifindex;

	if (nlh->nlmsg_type == RTM_NEWADDR &&
		mobility_addr_parse(nlh, &ifindex, &addr) &&
		(this->ip.family ? mobility_ip_equals(&addr.ip, &this->ip) : addr.own))
	{
		copy = malloc(MNL_ALIGN(nlh->nlmsg_len) + ADDED);
		memcpy(copy, nlh, nlh->nlmsg_len);
		array_insert(this->found, ARRAY_TAIL, copy);
	}
}

/**
 * Search addresses of a family; what is found has to be destroyed.
 */
static void search(mobility_rtnl_t *rtnl, int family, search_t *this)
{
	int error;

	error = rtnl->dump(rtnl, RTM_GETADDR, family, RTPROT_UNSPEC, collect, this);
	if (mobility_rtnl_failed(error))
	{
		DBG1(DBG_NET, "mobility: reading the kernel's addresses failed: %s",
			 strerror(error));
	}
}

/**
 * Have the kernel replace an address by what it told about it, and the mark.
 *
 * A request to replace an address adds it if it is gone meanwhile.  With a flag
 * that the kernel obeys when adding, joining the multicast group that this is not,
 * that fails.
 */
static int replace(mobility_rtnl_t *rtnl, struct nlmsghdr *nlh, uint32_t flags)
{
	nlh->nlmsg_flags = NLM_F_REPLACE;
	/* the last of several counts */
	mnl_attr_put_u32(nlh, IFA_FLAGS, flags | IFA_F_MCAUTOJOIN);
	mnl_attr_put_u32(nlh, IFA_RT_PRIORITY, MOBILITY_VIP_METRIC);
	return rtnl->request(rtnl, nlh);
}

/*
 * Described in header.
 */
void mobility_vip_marks_set(mobility_rtnl_t *rtnl, host_t *vip)
{
	search_t this = {
		.ip = mobility_ip_from_host(vip),
		.found = array_create(0, 0),
	};
	struct nlmsghdr *nlh = NULL;
	mobility_addr_t addr;
	int ifindex, error;

	search(rtnl, this.ip.family, &this);
	if (array_count(this.found) == 1)
	{
		array_get(this.found, 0, &nlh);
		mobility_addr_parse(nlh, &ifindex, &addr);
		error = addr.own || addr.prefix != mobility_ip_bits(&addr.ip) ?
									0 : replace(rtnl, nlh, addr.flags);
		if (error)
		{
			DBG2(DBG_NET, "unable to mark virtual IP %H: %s", vip,
				 strerror(error));
		}
	}
	array_destroy_function(this.found, (void*)free, NULL);
}

/*
 * Described in header.
 */
void mobility_vip_marks_sweep(mobility_rtnl_t *rtnl)
{
	static const int families[] = { AF_INET, AF_INET6 };
	search_t this = {
		.found = array_create(0, 0),
	};
	struct nlmsghdr *nlh;
	u_int removed = 0;
	int i;

	for (i = 0; i < countof(families); i++)
	{
		search(rtnl, families[i], &this);
	}
	while (array_remove(this.found, ARRAY_HEAD, &nlh))
	{
		/* what the kernel described is what it shall remove */
		nlh->nlmsg_type = RTM_DELADDR;
		nlh->nlmsg_flags = 0;
		removed += rtnl->request(rtnl, nlh) == 0;
		free(nlh);
	}
	array_destroy(this.found);
	if (removed)
	{
		DBG1(DBG_NET, "mobility: removed %u virtual IPs that were left behind",
			 removed);
	}
}
