/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <sys/socket.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "path/tunnel_rules.h"
#include "net/netlink.h"
#include "net/uplinks.h"

#include <threading/mutex.h>
#include <utils/debug.h>

typedef struct private_mobility_tunnel_rules_t private_mobility_tunnel_rules_t;

/**
 * Private data of a mobility_tunnel_rules_t object.
 */
struct private_mobility_tunnel_rules_t {

	/**
	 * Public interface.
	 */
	mobility_tunnel_rules_t public;

	/**
	 * Socket for requests.
	 */
	mobility_rtnl_t *rtnl;

	/**
	 * charon's table, or 0.
	 */
	uint32_t table;

	/**
	 * Priority of the rules, 0 if there are none.
	 */
	uint32_t priority;

	/**
	 * Locks the priority.
	 */
	mutex_t *mutex;
};

/**
 * Add or remove the rule of an address family.
 */
static int manage_rule(private_mobility_tunnel_rules_t *this, uint16_t type,
					   int family, uint32_t priority)
{
	char buf[128] __attribute__((aligned(MNL_ALIGNTO)));
	struct nlmsghdr *nlh;
	struct fib_rule_hdr *hdr;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = type == RTM_NEWRULE ? NLM_F_CREATE | NLM_F_EXCL : 0;
	hdr = mnl_nlmsg_put_extra_header(nlh, sizeof(*hdr));
	hdr->family = family;
	hdr->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(nlh, FRA_TABLE, this->table);
	mnl_attr_put_u32(nlh, FRA_PRIORITY, priority);
	mnl_attr_put_u32(nlh, FRA_SUPPRESS_PREFIXLEN, 0);
	mnl_attr_put_u8(nlh, FRA_PROTOCOL, MOBILITY_RTPROT);
	return this->rtnl->request(this->rtnl, nlh);
}

/**
 * Add or remove the rules of both address families.
 */
static void manage(private_mobility_tunnel_rules_t *this, uint16_t type,
				   uint32_t priority)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int i, error;

	for (i = 0; priority && i < countof(families); i++)
	{
		error = manage_rule(this, type, families[i], priority);
		if (type == RTM_NEWRULE && error != EEXIST &&
			mobility_rtnl_failed(error))
		{
			DBG1(DBG_NET, "mobility: what belongs into tunnels goes where rules "
				 "of others lead, the kernel refuses a rule: %s",
				 strerror(error));
		}
	}
}

METHOD(mobility_tunnel_rules_t, set_priority, void,
	private_mobility_tunnel_rules_t *this, uint32_t priority)
{
	uint32_t old;

	this->mutex->lock(this->mutex);
	old = this->priority;
	if (this->table && old != priority)
	{
		this->priority = priority;
		manage(this, RTM_NEWRULE, priority);
		manage(this, RTM_DELRULE, old);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_tunnel_rules_t, restore, void,
	private_mobility_tunnel_rules_t *this)
{
	this->mutex->lock(this->mutex);
	manage(this, RTM_NEWRULE, this->priority);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_tunnel_rules_t, destroy, void,
	private_mobility_tunnel_rules_t *this)
{
	set_priority(this, 0);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_tunnel_rules_t *mobility_tunnel_rules_create(mobility_rtnl_t *rtnl,
													  uint32_t table)
{
	private_mobility_tunnel_rules_t *this;

	INIT(this,
		.public = {
			.set_priority = _set_priority,
			.restore = _restore,
			.destroy = _destroy,
		},
		.rtnl = rtnl,
		.table = table,
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
