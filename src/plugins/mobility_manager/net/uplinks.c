/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <net/if.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>

#include "net/uplinks.h"
#include "net/vpn_daemon.h"
#include "net/lookup.h"

/** shortest prefix of what is taken for the network of an address: no LAN has a
 * shorter one, but who wants to attract packets may hand out any */
#define NETWORK_PREFIX_MIN 16

typedef struct private_mobility_uplinks_t private_mobility_uplinks_t;

/**
 * Private data
 */
struct private_mobility_uplinks_t {

	/**
	 * Public interface.
	 */
	mobility_uplinks_t public;

	/**
	 * Interfaces, addresses, routes and rules.
	 */
	mobility_lookup_t net;

	/**
	 * Priority of pins, 0 if not known.
	 */
	uint32_t pin_priority;

	/**
	 * They have that one in any case.
	 */
	bool pin_fixed;
};

/**
 * How much there is of an interface, as routes go and come with that
 */
typedef enum {
	LINK_NONE,
	LINK_DOWN,
	LINK_NO_CARRIER,
	LINK_UP,
} presence_t;

/**
 * Check how much there is of an interface
 */
static presence_t get_presence(private_mobility_uplinks_t *this, int ifindex)
{
	mobility_link_t *link;

	link = this->net.links->get(this->net.links, ifindex);
	if (!link)
	{
		return LINK_NONE;
	}
	if (!mobility_link_is_up(link))
	{
		return LINK_DOWN;
	}
	return link->flags & (IFF_RUNNING | IFF_LOWER_UP) ? LINK_UP
													  : LINK_NO_CARRIER;
}

/**
 * Apply a message about an interface.
 *
 * The kernel does not tell of IPv4 routes that go because their link is down or
 * gone, or has no carrier if they are over next hop objects, nor of next hops
 * that work again with it.
 */
static mobility_change_t process_link(private_mobility_uplinks_t *this,
									  const struct nlmsghdr *nlh)
{
	const struct ifinfomsg *msg;
	mobility_change_t change;
	presence_t before, after;

	if (nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*msg)))
	{
		return MOBILITY_CHANGE_NONE;
	}
	msg = mnl_nlmsg_get_payload(nlh);
	before = get_presence(this, msg->ifi_index);
	change = this->net.links->process_link(this->net.links, nlh);
	after = get_presence(this, msg->ifi_index);
	if (before != after)
	{
		change |= MOBILITY_CHANGE_STALE;
	}
	return change;
}

/**
 * Check if an interface is up and has IPv4 addresses, as IPv4 routes only exist
 * then
 */
static bool has_ipv4(private_mobility_uplinks_t *this, int ifindex)
{
	mobility_link_t *link;

	link = this->net.links->get(this->net.links, ifindex);
	return mobility_link_is_up(link) &&
		   mobility_link_count_addrs(link, AF_INET) > 0;
}

/**
 * Apply a message about an address.
 *
 * The kernel does not tell of IPv4 routes that go with the last address of their
 * link, or with the one that they prefer.
 */
static mobility_change_t process_addr(private_mobility_uplinks_t *this,
									  const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *msg;
	mobility_change_t change;
	bool before, after;

	if (nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*msg)))
	{
		return MOBILITY_CHANGE_NONE;
	}
	msg = mnl_nlmsg_get_payload(nlh);
	before = has_ipv4(this, msg->ifa_index);
	change = this->net.links->process_addr(this->net.links, nlh);
	after = has_ipv4(this, msg->ifa_index);
	if (before != after ||
		(change != MOBILITY_CHANGE_NONE && nlh->nlmsg_type == RTM_DELADDR))
	{
		change |= MOBILITY_CHANGE_STALE;
	}
	return change;
}

METHOD(mobility_uplinks_t, process, mobility_change_t,
	private_mobility_uplinks_t *this, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_len < sizeof(*nlh))
	{
		return MOBILITY_CHANGE_NONE;
	}
	switch (nlh->nlmsg_type)
	{
		case RTM_NEWLINK:
		case RTM_DELLINK:
			return process_link(this, nlh);
		case RTM_NEWADDR:
		case RTM_DELADDR:
			return process_addr(this, nlh);
		case RTM_NEWROUTE:
		case RTM_DELROUTE:
			return this->net.routes->process(this->net.routes, nlh);
		case RTM_DELNEXTHOP:
			/* IPv4 routes go with it */
			return MOBILITY_CHANGE_STALE;
		case RTM_NEWRULE:
		case RTM_DELRULE:
			return this->net.rules->process(this->net.rules, nlh);
		default:
			return MOBILITY_CHANGE_NONE;
	}
}

METHOD(mobility_uplinks_t, sync_begin, void,
	private_mobility_uplinks_t *this)
{
	this->net.links->sync_begin(this->net.links);
	this->net.routes->sync_begin(this->net.routes);
	this->net.rules->sync_begin(this->net.rules);
}

METHOD(mobility_uplinks_t, sync_end, mobility_change_t,
	private_mobility_uplinks_t *this)
{
	return this->net.links->sync_end(this->net.links) |
		   this->net.routes->sync_end(this->net.routes) |
		   this->net.rules->sync_end(this->net.rules);
}

/**
 * Check if a peer is in the network of an address of the interface itself
 */
static bool is_onlink(const mobility_link_t *link, const mobility_ip_t *peer)
{
	mobility_addr_t *addr;
	int i;

	for (i = 0; i < array_count(link->addrs); i++)
	{
		array_get(link->addrs, i, &addr);
		if (addr->prefix >= NETWORK_PREFIX_MIN &&
			mobility_addr_is_usable(addr) &&
			mobility_ip_in(peer, &addr->net, addr->prefix))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Check if a route is that to a gateway which NetworkManager adds for a VPN, over
 * the link that this was begun on: nobody wants it to stay there
 */
static bool is_of_vpn(const mobility_route_query_t *flow,
					  const mobility_route_t *route)
{
	return mobility_is_vpn_daemon() &&
		   route->prefix == mobility_ip_bits(&flow->peer);
}

/**
 * Store in a path how a route gets to the peer
 */
static void set_route(private_mobility_uplinks_t *this, mobility_path_t *path,
					  const mobility_link_t *link,
					  const mobility_route_query_t *flow,
					  const mobility_route_t *route)
{
	mobility_route_query_t unpinned = {
		.local = flow->local,
		.peer = flow->peer,
		.oif = link->ifindex,
		.unpinned = TRUE,
	};
	const mobility_route_t *any;

	DESTROY_IF(path->gateway);
	path->gateway = mobility_ip_to_host(&route->gateway);
	path->prefix = route->prefix;
	path->configured = route->configured && !is_of_vpn(flow, route);
	path->metric = route->metric;
	path->metrics = route->metrics;
	path->onlink = !path->gateway && is_onlink(link, &flow->peer);
	path->expiring = mobility_addr_is_expiring(
								mobility_link_get_addr(link, &flow->local));
	path->closed = !mobility_lookup_route(&this->net, link, &unpinned);
	unpinned.oif = 0;
	any = mobility_lookup_route(&this->net, NULL, &unpinned);
	path->diverted = any && any->oif != link->ifindex;
}

/**
 * Create a path
 */
static mobility_path_t *create_path(private_mobility_uplinks_t *this,
									const mobility_link_t *link,
									const mobility_route_query_t *flow,
									const mobility_route_t *route)
{
	mobility_path_t *path;

	INIT(path,
		.ifindex = link->ifindex,
		.local = mobility_ip_to_host(&flow->local),
		.remote = mobility_ip_to_host(&flow->peer),
	);
	memcpy(path->ifname, link->ifname, sizeof(path->ifname));
	set_route(this, path, link, flow, route);
	return path;
}

/**
 * Add the paths over an uplink
 */
static void add_paths(private_mobility_uplinks_t *this,
					  const mobility_link_t *link,
					  const mobility_lookup_filter_t *filter,
					  mobility_route_query_t *flow, array_t *paths)
{
	const mobility_route_t *routes[MOBILITY_HOPS_MAX];
	mobility_way_t ways[MOBILITY_WAYS_MAX];
	mobility_path_t *path;
	u_int i, j, count, hops;

	flow->oif = link->ifindex;
	count = mobility_lookup_ways(&this->net, link, filter, &flow->peer, ways);
	for (i = 0; i < count; i++)
	{
		flow->local = ways[i].local;
		hops = mobility_lookup_hops(&this->net, link, flow, ways[i].route,
									routes);
		for (j = 0; j < hops; j++)
		{
			path = create_path(this, link, flow, routes[j]);
			path->order = i;
			path->hop = j;
			array_insert(paths, ARRAY_TAIL, path);
		}
	}
}

METHOD(mobility_uplinks_t, get_paths, void,
	private_mobility_uplinks_t *this, host_t *peer,
	mobility_uplink_filter_t filter, mobility_vip_filter_t is_vip, void *data,
	array_t *paths)
{
	mobility_lookup_filter_t addr_filter = {
		.is_vip = is_vip,
		.data = data,
	};
	mobility_route_query_t flow = {
		.peer = mobility_ip_from_host(peer),
	};
	mobility_link_kind_t over;
	enumerator_t *enumerator;
	mobility_link_t *link;
	bool tunnel;

	enumerator = this->net.links->create_enumerator(this->net.links);
	while (enumerator->enumerate(enumerator, &link))
	{
		tunnel = this->net.links->get_kind(this->net.links, link, &over) ==
														MOBILITY_KIND_TUNNEL;
		if (mobility_link_is_running(link) && !link->ipsec && !link->vrf &&
			!mobility_link_is_loopback(link) &&
			(!filter || filter(data, link->ifname, tunnel)))
		{
			add_paths(this, link, &addr_filter, &flow, paths);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Find the route over the next hop of a path, or else the best one
 */
static const mobility_route_t *find_hop(private_mobility_uplinks_t *this,
										const mobility_link_t *link,
										const mobility_route_query_t *flow,
										const mobility_route_t *route,
										host_t *gateway)
{
	const mobility_route_t *routes[MOBILITY_HOPS_MAX];
	mobility_ip_t ip = mobility_ip_from_host(gateway);
	u_int i, count;

	count = mobility_lookup_hops(&this->net, link, flow, route, routes);
	for (i = 0; i < count; i++)
	{
		if (mobility_ip_equals(&routes[i]->gateway, &ip))
		{
			return routes[i];
		}
	}
	return route;
}

METHOD(mobility_uplinks_t, is_usable, bool,
	private_mobility_uplinks_t *this, mobility_path_t *path)
{
	mobility_route_query_t flow = {
		.local = mobility_ip_from_host(path->local),
		.peer = mobility_ip_from_host(path->remote),
		.oif = path->ifindex,
	};
	const mobility_route_t *route;
	mobility_link_t *link;

	link = this->net.links->get(this->net.links, path->ifindex);
	if (!mobility_link_is_running(link) || link->vrf)
	{
		return FALSE;
	}
	route = mobility_lookup_route(&this->net, link, &flow);
	if (!route ||
		!mobility_lookup_is_usable(&this->net, link, &flow.local, route))
	{
		return FALSE;
	}
	memcpy(path->ifname, link->ifname, sizeof(path->ifname));
	set_route(this, path, link, &flow,
			  find_hop(this, link, &flow, route, path->gateway));
	return TRUE;
}

METHOD(mobility_uplinks_t, find_path, mobility_path_t*,
	private_mobility_uplinks_t *this, host_t *local, host_t *remote)
{
	mobility_route_query_t flow = {
		.local = mobility_ip_from_host(local),
		.peer = mobility_ip_from_host(remote),
	};
	const mobility_route_t none = {
		.metric = UINT32_MAX,
	}, *route, *other;
	mobility_link_t *link, *uplink;

	if (flow.local.family != flow.peer.family)
	{
		return NULL;
	}
	link = mobility_lookup_link(&this->net, &flow, FALSE, &route);
	if (!link)
	{
		return NULL;
	}
	if (mobility_link_is_virtual(link))
	{	/* no uplink, packets from there leave by whatever is best */
		uplink = mobility_lookup_link(&this->net, &flow, TRUE, &other);
		if (other)
		{
			link = uplink;
			route = other;
		}
	}
	return create_path(this, link, &flow, route ?: &none);
}

METHOD(mobility_uplinks_t, get_owner, const char*,
	private_mobility_uplinks_t *this, host_t *addr)
{
	mobility_route_query_t flow = {
		.peer = mobility_ip_from_host(addr),
	};
	const mobility_route_t *route;
	mobility_link_t *link;

	this->net.routes->lookup(this->net.routes, RT_TABLE_LOCAL, &flow, &route);
	if (!route || route->type != RTN_LOCAL)
	{
		return NULL;
	}
	link = this->net.links->get(this->net.links, route->oif);
	return link ? link->ifname : NULL;
}

/**
 * Say why an interface without usable address has none
 */
static const char *describe_addrs(const mobility_link_t *link)
{
	mobility_addr_t *addr;
	int i;

	for (i = 0; i < array_count(link->addrs); i++)
	{
		array_get(link->addrs, i, &addr);
		if (mobility_addr_is_usable(addr))
		{
			return NULL;
		}
	}
	return i ? "address not usable yet" : "no address";
}

METHOD(mobility_uplinks_t, describe, const char*,
	private_mobility_uplinks_t *this, const char *ifname)
{
	mobility_link_t *link;
	const char *reason;

	link = this->net.links->get_by_name(this->net.links, ifname);
	if (!link)
	{
		return "no such interface";
	}
	if (mobility_link_is_loopback(link))
	{
		return "loopback interface";
	}
	if (!mobility_link_is_up(link))
	{
		return "down";
	}
	if (!mobility_link_is_running(link))
	{
		return link->operstate == IF_OPER_DORMANT ? "not authenticated"
												  : "no carrier";
	}
	if (link->ipsec)
	{
		return "IPsec interface";
	}
	if (link->vrf)
	{
		return "in a VRF";
	}
	reason = describe_addrs(link);
	if (!reason && !this->net.routes->has_link(this->net.routes, link->ifindex))
	{
		reason = "no route";
	}
	return reason ?: "usable";
}

METHOD(mobility_uplinks_t, get_kind, mobility_link_kind_t,
	private_mobility_uplinks_t *this, const char *ifname,
	mobility_link_kind_t *over)
{
	mobility_link_t *link;

	link = this->net.links->get_by_name(this->net.links, ifname);
	if (!link)
	{
		*over = MOBILITY_KIND_UNKNOWN;
		return MOBILITY_KIND_UNKNOWN;
	}
	return this->net.links->get_kind(this->net.links, link, over);
}

METHOD(mobility_uplinks_t, set_pin_priority, void,
	private_mobility_uplinks_t *this, uint32_t priority, bool fixed)
{
	this->pin_priority = priority;
	this->pin_fixed = fixed;
	this->net.rules->set_passed(this->net.rules, fixed ? priority : 0);
}

METHOD(mobility_uplinks_t, get_pin_priority, uint32_t,
	private_mobility_uplinks_t *this)
{
	return this->pin_fixed ? this->pin_priority :
				this->net.rules->get_front(this->net.rules, this->pin_priority);
}

CALLBACK(filter_loopback, bool,
	void *null, enumerator_t *orig, va_list args)
{
	mobility_link_t *link;
	int *ifindex;
	char **ifname;

	VA_ARGS_VGET(args, ifindex, ifname);

	while (orig->enumerate(orig, &link))
	{
		if (!mobility_link_is_loopback(link))
		{
			*ifindex = link->ifindex;
			*ifname = link->ifname;
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(mobility_uplinks_t, create_link_enumerator, enumerator_t*,
	private_mobility_uplinks_t *this)
{
	enumerator_t *enumerator;

	enumerator = this->net.links->create_enumerator(this->net.links);
	return enumerator_create_filter(enumerator, filter_loopback, NULL, NULL);
}

METHOD(mobility_uplinks_t, destroy, void,
	private_mobility_uplinks_t *this)
{
	this->net.links->destroy(this->net.links);
	this->net.routes->destroy(this->net.routes);
	this->net.rules->destroy(this->net.rules);
	free(this);
}

/*
 * Described in header.
 */
mobility_uplinks_t *mobility_uplinks_create(uint32_t charon_table,
											bool prefer_temporary,
											const char *sysfs)
{
	private_mobility_uplinks_t *this;

	INIT(this,
		.public = {
			.process = _process,
			.sync_begin = _sync_begin,
			.sync_end = _sync_end,
			.get_paths = _get_paths,
			.is_usable = _is_usable,
			.find_path = _find_path,
			.get_owner = _get_owner,
			.describe = _describe,
			.get_kind = _get_kind,
			.set_pin_priority = _set_pin_priority,
			.get_pin_priority = _get_pin_priority,
			.create_link_enumerator = _create_link_enumerator,
			.destroy = _destroy,
		},
		.net = {
			.links = mobility_links_create(sysfs),
			.routes = mobility_fib_create(charon_table),
			.rules = mobility_fib_rules_create(charon_table),
			.prefer_temporary = prefer_temporary,
		},
	);
	return &this->public;
}
