/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <net/if.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>

#include "mobility_uplinks.h"
#include "mobility_links.h"
#include "mobility_routes.h"
#include "mobility_rules.h"
#include "mobility_source.h"

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
	 * Interfaces and addresses.
	 */
	mobility_links_t *links;

	/**
	 * Routing tables.
	 */
	mobility_routes_t *routes;

	/**
	 * Rules that lead to these tables.
	 */
	mobility_rules_t *rules;

	/**
	 * Prefer temporary IPv6 addresses.
	 */
	bool prefer_temporary;
};

/**
 * Filters for get_paths()
 */
typedef struct {
	/** decides on interfaces */
	mobility_uplink_filter_t link;
	/** decides on addresses, may be NULL */
	mobility_vip_filter_t is_vip;
	/** user data for both */
	void *data;
} filter_t;

/**
 * Apply a message about an interface, whose routes go and come with it
 */
static mobility_change_t process_link(private_mobility_uplinks_t *this,
									  const struct nlmsghdr *nlh)
{
	const struct ifinfomsg *msg;
	mobility_change_t change;
	bool was_up, is_up;

	if (nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*msg)))
	{
		return MOBILITY_CHANGE_NONE;
	}
	msg = mnl_nlmsg_get_payload(nlh);
	was_up = mobility_link_is_up(this->links->get(this->links, msg->ifi_index));
	change = this->links->process_link(this->links, nlh);
	is_up = mobility_link_is_up(this->links->get(this->links, msg->ifi_index));

	if (was_up && !is_up)
	{
		change |= this->routes->lose_link(this->routes, msg->ifi_index,
										  AF_UNSPEC);
	}
	else if (!was_up && is_up)
	{
		change |= this->routes->regain_link(this->routes, msg->ifi_index,
											AF_UNSPEC);
	}
	return change;
}

/**
 * Apply a message about an address, which may take IPv4 routes along
 */
static mobility_change_t process_addr(private_mobility_uplinks_t *this,
									  const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *msg;
	mobility_change_t change;
	mobility_ip_t gone = {};
	u_int before, after;

	if (nlh->nlmsg_len < mnl_nlmsg_size(sizeof(*msg)))
	{
		return MOBILITY_CHANGE_NONE;
	}
	msg = mnl_nlmsg_get_payload(nlh);
	before = mobility_link_count_addrs(
						this->links->get(this->links, msg->ifa_index), AF_INET);
	change = this->links->process_addr(this->links, nlh, &gone);
	after = mobility_link_count_addrs(
						this->links->get(this->links, msg->ifa_index), AF_INET);

	if (gone.family != AF_UNSPEC && !this->links->get_addr(this->links, &gone))
	{
		change |= this->routes->lose_source(this->routes, &gone);
	}
	if (before && !after)
	{
		change |= this->routes->lose_link(this->routes, msg->ifa_index,
										  AF_INET);
	}
	else if (!before && after)
	{
		change |= this->routes->regain_link(this->routes, msg->ifa_index,
											AF_INET);
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
			return this->routes->process(this->routes, nlh);
		case RTM_NEWRULE:
		case RTM_DELRULE:
			return this->rules->process(this->rules, nlh);
		default:
			return MOBILITY_CHANGE_NONE;
	}
}

METHOD(mobility_uplinks_t, sync_begin, void,
	private_mobility_uplinks_t *this)
{
	this->links->sync_begin(this->links);
	this->routes->sync_begin(this->routes);
	this->rules->sync_begin(this->rules);
}

METHOD(mobility_uplinks_t, sync_end, mobility_change_t,
	private_mobility_uplinks_t *this)
{
	return this->links->sync_end(this->links) |
		   this->routes->sync_end(this->routes) |
		   this->rules->sync_end(this->rules);
}

/**
 * Store in a path how a route gets to the peer
 */
static void set_route(mobility_path_t *path, const mobility_route_t *route)
{
	DESTROY_IF(path->gateway);
	path->gateway = mobility_ip_to_host(&route->gateway);
	path->prefix = route->prefix;
	path->metric = route->metric;
}

/**
 * Create a path
 */
static mobility_path_t *create_path(const mobility_link_t *link,
									const mobility_flow_t *flow,
									const mobility_route_t *route)
{
	mobility_path_t *path;

	INIT(path,
		.ifindex = link->ifindex,
		.local = mobility_ip_to_host(&flow->local),
		.remote = mobility_ip_to_host(&flow->peer),
	);
	memcpy(path->ifname, link->ifname, sizeof(path->ifname));
	set_route(path, route);
	return path;
}

/**
 * Check if an address is a virtual IP
 */
static bool is_vip(const filter_t *filter, const mobility_ip_t *ip)
{
	host_t *host;
	bool vip;

	if (!filter->is_vip)
	{
		return FALSE;
	}
	host = mobility_ip_to_host(ip);
	vip = filter->is_vip(filter->data, host);
	host->destroy(host);
	return vip;
}

/**
 * Use the source address that the route asks for, if that is possible
 */
static const mobility_route_t *use_prefsrc(private_mobility_uplinks_t *this,
										   const mobility_link_t *link,
										   const filter_t *filter,
										   const mobility_route_t *route,
										   mobility_flow_t *flow)
{
	mobility_flow_t other = *flow;

	if (!route || !mobility_ip_is_set(&route->prefsrc))
	{
		return NULL;
	}
	other.local = route->prefsrc;
	if (!mobility_addr_is_usable(this->links->get_addr(this->links,
													   &other.local)) ||
		is_vip(filter, &other.local))
	{
		return NULL;
	}
	route = this->rules->lookup(this->rules, this->routes, link, &other);
	if (route)
	{
		*flow = other;
	}
	return route;
}

/**
 * Find the local address on an uplink and the route from it.
 *
 * Rules may depend on the local address, and the local address depends on the
 * route, so a route for any local address comes first.
 */
static const mobility_route_t *choose_local(private_mobility_uplinks_t *this,
											const mobility_link_t *link,
											const filter_t *filter,
											mobility_flow_t *flow)
{
	const mobility_route_t *hint, *route;
	mobility_addr_t *addr;
	array_t *ranked;
	int i;

	hint = this->rules->lookup(this->rules, this->routes, link, flow);
	route = use_prefsrc(this, link, filter, hint, flow);
	if (route)
	{
		return route;
	}
	ranked = mobility_source_rank(link, &flow->peer, hint,
								  this->prefer_temporary);
	for (i = 0; !route && i < array_count(ranked); i++)
	{
		array_get(ranked, i, &addr);
		if (!is_vip(filter, &addr->ip))
		{
			flow->local = addr->ip;
			route = this->rules->lookup(this->rules, this->routes, link, flow);
		}
	}
	array_destroy(ranked);
	return use_prefsrc(this, link, filter, route, flow) ?: route;
}

METHOD(mobility_uplinks_t, get_paths, void,
	private_mobility_uplinks_t *this, host_t *peer,
	mobility_uplink_filter_t filter, mobility_vip_filter_t is_vip, void *data,
	array_t *paths)
{
	filter_t filters = {
		.link = filter,
		.is_vip = is_vip,
		.data = data,
	};
	const mobility_route_t *route;
	enumerator_t *enumerator;
	mobility_link_t *link;

	enumerator = this->links->create_enumerator(this->links);
	while (enumerator->enumerate(enumerator, &link))
	{
		mobility_flow_t flow = {
			.peer = mobility_ip_from_host(peer),
			.oif = link->ifindex,
		};

		if (!mobility_link_is_running(link) || link->ipsec ||
			mobility_link_is_loopback(link) ||
			(filter && !filter(data, link->ifname)))
		{
			continue;
		}
		route = choose_local(this, link, &filters, &flow);
		if (route)
		{
			array_insert(paths, ARRAY_TAIL, create_path(link, &flow, route));
		}
	}
	enumerator->destroy(enumerator);
}

METHOD(mobility_uplinks_t, is_usable, bool,
	private_mobility_uplinks_t *this, mobility_path_t *path)
{
	mobility_flow_t flow = {
		.local = mobility_ip_from_host(path->local),
		.peer = mobility_ip_from_host(path->remote),
		.oif = path->ifindex,
	};
	const mobility_route_t *route;
	mobility_link_t *link;

	link = this->links->get(this->links, path->ifindex);
	if (!mobility_link_is_running(link) ||
		!mobility_addr_is_usable(this->links->get_addr(this->links,
													   &flow.local)))
	{
		return FALSE;
	}
	route = this->rules->lookup(this->rules, this->routes, link, &flow);
	if (!route)
	{
		return FALSE;
	}
	memcpy(path->ifname, link->ifname, sizeof(path->ifname));
	set_route(path, route);
	return TRUE;
}

/**
 * Check if a route is to be preferred to another, both may be NULL
 */
static bool is_better(const mobility_route_t *a, const mobility_route_t *b)
{
	if (!a || !b)
	{
		return a != NULL;
	}
	if (a->prefix != b->prefix)
	{
		return a->prefix > b->prefix;
	}
	return a->metric < b->metric;
}

/**
 * Find the best route of a flow over the interfaces that have the local
 * address, or over any, and set the flow's interface.
 */
static mobility_link_t *find_link(private_mobility_uplinks_t *this,
								  mobility_flow_t *flow, bool any,
								  const mobility_route_t **best)
{
	mobility_link_t *link, *found = NULL;
	const mobility_route_t *route;
	enumerator_t *enumerator;

	*best = NULL;
	enumerator = this->links->create_enumerator(this->links);
	while (enumerator->enumerate(enumerator, &link))
	{
		if (!any && !mobility_link_get_addr(link, &flow->local))
		{
			continue;
		}
		flow->oif = link->ifindex;
		route = this->rules->lookup(this->rules, this->routes, link, flow);
		if (!found || is_better(route, *best))
		{
			found = link;
			*best = route;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(mobility_uplinks_t, find_path, mobility_path_t*,
	private_mobility_uplinks_t *this, host_t *local, host_t *remote)
{
	mobility_flow_t flow = {
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
	link = find_link(this, &flow, FALSE, &route);
	if (!link)
	{
		return NULL;
	}
	if (mobility_link_is_loopback(link) || link->dummy)
	{	/* no uplink, packets from there leave by whatever is best */
		uplink = find_link(this, &flow, TRUE, &other);
		if (other)
		{
			link = uplink;
			route = other;
		}
	}
	return create_path(link, &flow, route ?: &none);
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

	link = this->links->get_by_name(this->links, ifname);
	if (!link)
	{
		return "no such interface";
	}
	if (mobility_link_is_loopback(link))
	{
		return "loopback";
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
	reason = describe_addrs(link);
	if (!reason && !this->routes->has_link(this->routes, link->ifindex))
	{
		reason = "no route";
	}
	return reason ?: "usable";
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
	return enumerator_create_filter(this->links->create_enumerator(this->links),
									filter_loopback, NULL, NULL);
}

METHOD(mobility_uplinks_t, destroy, void,
	private_mobility_uplinks_t *this)
{
	this->links->destroy(this->links);
	this->routes->destroy(this->routes);
	this->rules->destroy(this->rules);
	free(this);
}

/*
 * Described in header.
 */
mobility_uplinks_t *mobility_uplinks_create(uint32_t charon_table,
											bool prefer_temporary)
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
			.describe = _describe,
			.create_link_enumerator = _create_link_enumerator,
			.destroy = _destroy,
		},
		.links = mobility_links_create(),
		.routes = mobility_routes_create(charon_table),
		.rules = mobility_rules_create(charon_table),
		.prefer_temporary = prefer_temporary,
	);
	return &this->public;
}
