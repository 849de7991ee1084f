/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <net/if.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "net/links.h"

#include <collections/hashtable.h>

/** interfaces, and addresses of all of them, that we are willing to store */
#define LINKS_MAX 65536
#define ADDRS_MAX 65536

/** interfaces over each other of which we look for the last */
#define STACK_MAX 8

typedef struct private_mobility_links_t private_mobility_links_t;

/**
 * Private data
 */
struct private_mobility_links_t {

	/**
	 * Public interface.
	 */
	mobility_links_t public;

	/**
	 * Interfaces, by index, mobility_link_t.
	 */
	hashtable_t *links;

	/**
	 * Number of addresses of all interfaces.
	 */
	u_int addrs;

	/**
	 * Number of the current resync.
	 */
	u_int generation;

	/**
	 * Where sysfs is mounted, NULL not to read it.
	 */
	char *sysfs;
};

/**
 * Destroy an interface with its addresses
 */
static void link_destroy(private_mobility_links_t *this, mobility_link_t *link)
{
	this->addrs -= array_count(link->addrs);
	array_destroy_function(link->addrs, (void*)free, NULL);
	free(link);
}

METHOD(mobility_links_t, get, mobility_link_t*,
	private_mobility_links_t *this, int ifindex)
{
	return this->links->get(this->links, (void*)(uintptr_t)ifindex);
}

/**
 * Get or create an interface, NULL if there are too many
 */
static mobility_link_t *get_or_create(private_mobility_links_t *this,
									  int ifindex)
{
	mobility_link_t *link;

	link = get(this, ifindex);
	if (!link && this->links->get_count(this->links) < LINKS_MAX)
	{
		INIT(link,
			.ifindex = ifindex,
			.operstate = IF_OPER_UNKNOWN,
			.addrs = array_create(0, 0),
			.generation = this->generation,
		);
		this->links->put(this->links, (void*)(uintptr_t)ifindex, link);
	}
	return link;
}

/**
 * Check if two states of an interface are the same for all paths
 */
static bool is_same_link(const mobility_link_t *a, const mobility_link_t *b)
{
	return streq(a->ifname, b->ifname) &&
		   mobility_link_is_up(a) == mobility_link_is_up(b) &&
		   mobility_link_is_running(a) == mobility_link_is_running(b) &&
		   mobility_link_is_loopback(a) == mobility_link_is_loopback(b) &&
		   a->ipsec == b->ipsec && a->dummy == b->dummy && a->vrf == b->vrf &&
		   a->group == b->group;
}

/**
 * Remove an interface
 */
static mobility_change_t del_link(private_mobility_links_t *this, int ifindex)
{
	mobility_change_t change;
	mobility_link_t *link;

	link = this->links->remove(this->links, (void*)(uintptr_t)ifindex);
	if (!link)
	{
		return MOBILITY_CHANGE_NONE;
	}
	change = link->ifname[0] ? MOBILITY_CHANGE_LINK : MOBILITY_CHANGE_NONE;
	link_destroy(this, link);
	return change;
}

METHOD(mobility_links_t, process_link, mobility_change_t,
	private_mobility_links_t *this, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[IFLA_LINK_NETNSID + 1];
	const struct ifinfomsg *msg;
	mobility_link_t *link, old;

	if (!mobility_netlink_parse(nlh, sizeof(*msg), tb, IFLA_LINK_NETNSID))
	{
		return MOBILITY_CHANGE_NONE;
	}
	msg = mnl_nlmsg_get_payload(nlh);
	if (msg->ifi_family != AF_UNSPEC || msg->ifi_index <= 0)
	{	/* e.g. a port that leaves a bridge is an RTM_DELLINK of AF_BRIDGE */
		return MOBILITY_CHANGE_NONE;
	}
	if (nlh->nlmsg_type == RTM_DELLINK)
	{
		return del_link(this, msg->ifi_index);
	}
	link = get_or_create(this, msg->ifi_index);
	if (!link)
	{
		return MOBILITY_CHANGE_NONE;
	}
	old = *link;
	link->generation = this->generation;
	mobility_link_update(link, nlh, tb, this->sysfs);

	return is_same_link(&old, link) ? MOBILITY_CHANGE_NONE
									: MOBILITY_CHANGE_LINK;
}

/**
 * Check if two states of an address are the same for all paths
 */
static bool is_same_addr(const mobility_addr_t *a, const mobility_addr_t *b)
{
	uint32_t relevant = IFA_F_SECONDARY | IFA_F_DEPRECATED | IFA_F_OPTIMISTIC;

	if (!mobility_addr_is_usable(a) && !mobility_addr_is_usable(b))
	{
		return TRUE;
	}
	return mobility_addr_is_usable(a) == mobility_addr_is_usable(b) &&
		   a->prefix == b->prefix && mobility_ip_equals(&a->net, &b->net) &&
		   a->scope == b->scope && a->own == b->own &&
		   !((a->flags ^ b->flags) & relevant) &&
		   mobility_addr_is_expiring(a) == mobility_addr_is_expiring(b);
}

/**
 * Remove an address of an interface
 */
static mobility_change_t del_addr(private_mobility_links_t *this,
								  mobility_link_t *link, mobility_addr_t *addr)
{
	mobility_change_t change = MOBILITY_CHANGE_NONE;
	enumerator_t *enumerator;
	mobility_addr_t *current;

	enumerator = array_create_enumerator(link->addrs);
	while (enumerator->enumerate(enumerator, &current))
	{
		if (current == addr)
		{
			if (mobility_addr_is_usable(addr))
			{
				change = MOBILITY_CHANGE_ADDR;
			}
			array_remove_at(link->addrs, enumerator);
			free(addr);
			this->addrs--;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return change;
}

/**
 * Find the address that a message is about, NULL if it is not known yet.
 *
 * An interface may have an IPv4 address several times, with different prefixes,
 * e.g. while a DHCP client changes the length.
 */
static mobility_addr_t *find_addr(const mobility_link_t *link,
								  const mobility_addr_t *addr)
{
	mobility_addr_t *current;
	int i;

	if (addr->ip.family != AF_INET)
	{
		return mobility_link_get_addr(link, &addr->ip);
	}
	for (i = 0; i < array_count(link->addrs); i++)
	{
		array_get(link->addrs, i, &current);
		if (mobility_ip_equals(&current->ip, &addr->ip) &&
			mobility_ip_equals(&current->net, &addr->net) &&
			current->prefix == addr->prefix)
		{
			return current;
		}
	}
	return NULL;
}

METHOD(mobility_links_t, process_addr, mobility_change_t,
	private_mobility_links_t *this, const struct nlmsghdr *nlh)
{
	mobility_link_t *link;
	mobility_addr_t *addr, old = {};
	mobility_addr_t parsed;
	int ifindex;

	if (!mobility_addr_parse(nlh, &ifindex, &parsed))
	{
		return MOBILITY_CHANGE_NONE;
	}
	link = get(this, ifindex);
	addr = link ? find_addr(link, &parsed) : NULL;
	if (nlh->nlmsg_type == RTM_DELADDR)
	{
		return addr ? del_addr(this, link, addr) : MOBILITY_CHANGE_NONE;
	}
	if (addr)
	{
		old = *addr;
	}
	else
	{
		link = get_or_create(this, ifindex);
		if (!link || this->addrs >= ADDRS_MAX)
		{
			return MOBILITY_CHANGE_NONE;
		}
		addr = malloc_thing(mobility_addr_t);
		array_insert(link->addrs, ARRAY_TAIL, addr);
		this->addrs++;
	}
	*addr = parsed;
	addr->generation = this->generation;
	return is_same_addr(&old, addr) ? MOBILITY_CHANGE_NONE
									: MOBILITY_CHANGE_ADDR;
}

METHOD(mobility_links_t, get_by_name, mobility_link_t*,
	private_mobility_links_t *this, const char *ifname)
{
	enumerator_t *enumerator;
	mobility_link_t *link, *found = NULL;

	enumerator = this->links->create_enumerator(this->links);
	while (!found && enumerator->enumerate(enumerator, NULL, &link))
	{
		if (link->ifname[0] && streq(link->ifname, ifname))
		{
			found = link;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Find the interface that packets of another one are sent over: of several
 * ports one that is running, and then the oldest.
 */
static mobility_link_t *get_lower(private_mobility_links_t *this,
								  mobility_link_t *link)
{
	enumerator_t *enumerator;
	mobility_link_t *port, *found = NULL;

	if (link->lower)
	{
		return get(this, link->lower);
	}
	enumerator = this->links->create_enumerator(this->links);
	while (enumerator->enumerate(enumerator, NULL, &port))
	{
		if (port->master == link->ifindex &&
			(!found || mobility_link_is_running(port) >
											mobility_link_is_running(found) ||
			 (mobility_link_is_running(port) ==
											mobility_link_is_running(found) &&
			  port->ifindex < found->ifindex)))
		{
			found = port;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(mobility_links_t, get_kind, mobility_link_kind_t,
	private_mobility_links_t *this, mobility_link_t *link,
	mobility_link_kind_t *over)
{
	mobility_link_kind_t kind = link->kind;
	int depth;

	if (mobility_link_is_clat(link))
	{
		kind = MOBILITY_KIND_CLAT;
	}
	for (depth = 0; depth < STACK_MAX && link &&
		 mobility_link_kind_is_stacked(link->kind); depth++)
	{
		link = get_lower(this, link);
	}
	*over = !depth || !link || mobility_link_kind_is_stacked(link->kind) ?
									MOBILITY_KIND_UNKNOWN : link->kind;
	return kind;
}

CALLBACK(filter_known, bool,
	void *null, enumerator_t *orig, va_list args)
{
	mobility_link_t *link, **out;

	VA_ARGS_VGET(args, out);

	while (orig->enumerate(orig, NULL, &link))
	{
		if (link->ifname[0])
		{
			*out = link;
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(mobility_links_t, create_enumerator, enumerator_t*,
	private_mobility_links_t *this)
{
	return enumerator_create_filter(this->links->create_enumerator(this->links),
									filter_known, NULL, NULL);
}

METHOD(mobility_links_t, sync_begin, void,
	private_mobility_links_t *this)
{
	this->generation++;
}

/**
 * Remove addresses of an interface that were not mentioned
 */
static mobility_change_t sweep_addrs(private_mobility_links_t *this,
									 mobility_link_t *link)
{
	mobility_change_t change = MOBILITY_CHANGE_NONE;
	mobility_addr_t *addr;
	int i;

	for (i = array_count(link->addrs) - 1; i >= 0; i--)
	{
		array_get(link->addrs, i, &addr);
		if (addr->generation != this->generation)
		{
			change |= del_addr(this, link, addr);
		}
	}
	return change;
}

METHOD(mobility_links_t, sync_end, mobility_change_t,
	private_mobility_links_t *this)
{
	mobility_change_t change = MOBILITY_CHANGE_NONE;
	enumerator_t *enumerator;
	mobility_link_t *link;

	enumerator = this->links->create_enumerator(this->links);
	while (enumerator->enumerate(enumerator, NULL, &link))
	{
		change |= sweep_addrs(this, link);
		if (link->generation != this->generation)
		{
			change |= link->ifname[0] ? MOBILITY_CHANGE_LINK
									  : MOBILITY_CHANGE_NONE;
			this->links->remove_at(this->links, enumerator);
			link_destroy(this, link);
		}
	}
	enumerator->destroy(enumerator);
	return change;
}

METHOD(mobility_links_t, destroy, void,
	private_mobility_links_t *this)
{
	enumerator_t *enumerator;
	mobility_link_t *link;

	enumerator = this->links->create_enumerator(this->links);
	while (enumerator->enumerate(enumerator, NULL, &link))
	{
		link_destroy(this, link);
	}
	enumerator->destroy(enumerator);
	this->links->destroy(this->links);
	free(this->sysfs);
	free(this);
}

/*
 * Described in header.
 */
mobility_links_t *mobility_links_create(const char *sysfs)
{
	private_mobility_links_t *this;

	INIT(this,
		.public = {
			.process_link = _process_link,
			.process_addr = _process_addr,
			.sync_begin = _sync_begin,
			.sync_end = _sync_end,
			.get = _get,
			.get_by_name = _get_by_name,
			.get_kind = _get_kind,
			.create_enumerator = _create_enumerator,
			.destroy = _destroy,
		},
		.links = hashtable_create(hashtable_hash_ptr, hashtable_equals_ptr, 8),
		.sysfs = strdupnull(sysfs),
	);
	return &this->public;
}
