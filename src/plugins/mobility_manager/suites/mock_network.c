/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mock_network.h"
#include "mobility_suite.h"

#include "net/clock.h"
#include "net/resolver.h"

#include <errno.h>
#include <linux/rtnetlink.h>

/** Index of the first uplink */
#define FIRST_INDEX 2

/**
 * The network, and what is known of it. There is one at a time.
 */
static struct {
	/** public part */
	mock_network_t public;
	/** what tells of it, with the methods that sessions use */
	mobility_monitor_t monitor;
	mobility_pins_t pins;
	mobility_rtnl_t rtnl;
	mobility_child_update_t relocator;
	mobility_traffic_t traffic;
	mobility_resolver_t resolver;
	mobility_lost_vips_t lost_vips;
} net;

/**
 * Get the number of the uplink that has an address
 */
static int get_uplink(int i)
{
	return i - net.public.uplinks[i].second;
}

/**
 * Create a path over an uplink to an address of the peer
 */
static mobility_path_t *create_path(int i, char *gateway, host_t *peer)
{
	mock_uplink_t *uplink = &net.public.uplinks[i];
	bool v4 = peer->get_family(peer) == AF_INET;
	mobility_path_t *path;

	INIT(path,
		.ifindex = FIRST_INDEX + get_uplink(i),
		.local = host_create_from_string(v4 ? uplink->local
											: net.public.local6, 0),
		.remote = peer->clone(peer),
		.metric = uplink->metric,
		.order = uplink->second,
		.expiring = uplink->expiring,
		.closed = uplink->closed,
	);
	path->remote->set_port(path->remote, 0);
	snprintf(path->ifname, sizeof(path->ifname), "eth%d", get_uplink(i));
	if (gateway)
	{
		path->gateway = host_create_from_string(gateway, 0);
		path->hop = gateway == uplink->gateway2;
		path->metric += path->hop * uplink->worse;
	}
	return path;
}

METHOD(mobility_monitor_t, get_owner, bool,
	mobility_monitor_t *this, host_t *addr, char *ifname)
{
	host_t *owned;
	bool own;

	owned = host_create_from_string(net.public.owned, 0);
	own = owned && owned->ip_equals(owned, addr);
	DESTROY_IF(owned);
	strcpy(ifname, own ? "eth2" : "");
	return own;
}

METHOD(mobility_monitor_t, get_paths, void,
	mobility_monitor_t *this, host_t *peer, mobility_uplink_filter_t filter,
	void *data, array_t *paths)
{
	char ifname[IFNAMSIZ];
	int i;

	if ((peer->get_family(peer) != AF_INET && !net.public.local6) ||
		get_owner(this, peer, ifname))
	{
		return;
	}
	for (i = 0; i < MOCK_UPLINKS; i++)
	{
		snprintf(ifname, sizeof(ifname), "eth%d", get_uplink(i));
		if (net.public.uplinks[i].up && (!filter || filter(data, ifname, FALSE)))
		{
			array_insert(paths, ARRAY_TAIL,
						 create_path(i, net.public.uplinks[i].gateway, peer));
			if (net.public.uplinks[i].gateway2)
			{
				array_insert(paths, ARRAY_TAIL,
						 create_path(i, net.public.uplinks[i].gateway2, peer));
			}
		}
	}
}

/**
 * Find the uplink that has an address, -1 if none has
 */
static int find_uplink(host_t *local)
{
	host_t *host;
	int i, found = -1;

	for (i = 0; i < MOCK_UPLINKS && found == -1; i++)
	{
		host = host_create_from_string(net.public.uplinks[i].local, 0);
		found = host->ip_equals(host, local) ? i : -1;
		host->destroy(host);
	}
	return found;
}

/**
 * Check if a path is over a next hop, which may be NULL
 */
static bool is_over(mobility_path_t *path, char *gateway)
{
	host_t *host = host_create_from_string(gateway, 0);
	bool over;

	over = host && path->gateway ? host->ip_equals(host, path->gateway)
								 : !host && !path->gateway;
	DESTROY_IF(host);
	return over;
}

/**
 * Update what is told about a path in use
 */
static void update_path(mobility_path_t *path, mock_uplink_t *uplink)
{
	path->expiring = uplink->expiring;
	path->closed = uplink->closed;
	if (!is_over(path, uplink->gateway) && !is_over(path, uplink->gateway2))
	{
		DESTROY_IF(path->gateway);
		path->gateway = host_create_from_string(uplink->gateway, 0);
	}
}

METHOD(mobility_monitor_t, is_usable, bool,
	mobility_monitor_t *this, mobility_path_t *path)
{
	int i = find_uplink(path->local);
	char owner[IFNAMSIZ];

	if (i != -1)
	{
		update_path(path, &net.public.uplinks[i]);
	}
	return i != -1 && atoi(path->ifname + strlen("eth")) == get_uplink(i) &&
		   net.public.uplinks[i].up && !get_owner(this, path->remote, owner);
}

METHOD(mobility_monitor_t, find_path, mobility_path_t*,
	mobility_monitor_t *this, host_t *local, host_t *remote)
{
	int i = find_uplink(local);

	return i != -1 ? create_path(i, net.public.uplinks[i].gateway, remote)
				   : NULL;
}

METHOD(mobility_monitor_t, describe, const char*,
	mobility_monitor_t *this, const char *ifname)
{
	u_int i = atoi(ifname + strlen("eth"));

	if (!strpfx(ifname, "eth") || i >= MOCK_UPLINKS)
	{
		return "no such interface";
	}
	return net.public.uplinks[i].up ? "usable" : "no carrier";
}

METHOD(mobility_monitor_t, get_kind, mobility_link_kind_t,
	mobility_monitor_t *this, const char *ifname, mobility_link_kind_t *over)
{
	return *over = MOBILITY_KIND_ETHERNET;
}

/**
 * Find a pin, -1 if it is not there
 */
static int find_pin(const mobility_path_id_t *id)
{
	mobility_path_id_t pin;
	int i;

	for (i = 0; i < array_count(net.public.pins); i++)
	{
		array_get(net.public.pins, i, &pin);
		if (mobility_path_id_equals(&pin, id))
		{
			return i;
		}
	}
	return -1;
}

METHOD(mobility_pins_t, add_pin, bool,
	mobility_pins_t *this, const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);

	if (net.public.pinned.refuse)
	{
		return FALSE;
	}
	array_insert(net.public.pins, ARRAY_TAIL, &id);
	net.public.pinned.added++;
	return TRUE;
}

METHOD(mobility_pins_t, remove_pin, void,
	mobility_pins_t *this, const mobility_path_id_t *id)
{
	int i = find_pin(id);

	ck_assert_int_ge(i, 0);
	array_remove(net.public.pins, i, NULL);
	net.public.pinned.removed++;
}

METHOD(mobility_pins_t, update_pin, void,
	mobility_pins_t *this, const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	mobility_path_id_t pin;
	int i;

	ck_assert_int_ge(find_pin(&id), 0);
	for (i = 0; i < array_count(net.public.pins); i++)
	{	/* who else has a reference has it to the same pin */
		array_get(net.public.pins, i, &pin);
		if (mobility_path_id_equals(&pin, &id))
		{
			array_remove(net.public.pins, i, NULL);
			array_insert(net.public.pins, i, &id);
		}
	}
	net.public.pinned.updated++;
}

METHOD(mobility_pins_t, mark, bool,
	mobility_pins_t *this, const mobility_path_t *path)
{
	if (net.public.pinned.refuse)
	{
		return FALSE;
	}
	ck_assert_int_eq(net.public.marked.ifindex, 0);
	net.public.marked = mobility_path_get_id(path);
	return TRUE;
}

METHOD(mobility_pins_t, unmark, void,
	mobility_pins_t *this, const mobility_path_id_t *id)
{
	ck_assert(mobility_path_id_equals(&net.public.marked, id));
	net.public.marked = (mobility_path_id_t){};
}

METHOD(mobility_pins_t, limit, bool,
	mobility_pins_t *this, const mobility_path_t *path, uint32_t mtu)
{
	return TRUE;
}

METHOD(mobility_pins_t, get_limit, uint32_t,
	mobility_pins_t *this, const mobility_path_t *path)
{
	return 0;
}

METHOD(mobility_pins_t, get_gateway, bool,
	mobility_pins_t *this, const mobility_path_t *path, mobility_ip_t *gateway)
{
	mobility_path_id_t pin, id = mobility_path_get_id(path);
	int i = find_pin(&id);

	if (i != -1 && array_get(net.public.pins, i, &pin))
	{
		*gateway = pin.gateway;
	}
	return i != -1;
}

METHOD(mobility_rtnl_t, get, int,
	mobility_rtnl_t *this, struct nlmsghdr *nlh, mobility_nlsocket_cb_t cb,
	void *data)
{
	ck_assert_int_eq(nlh->nlmsg_type, RTM_GETNEIGH);
	net.public.asked++;
	return ENOENT;
}

METHOD(mobility_rtnl_t, request, int,
	mobility_rtnl_t *this, struct nlmsghdr *nlh)
{
	struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);

	ck_assert_int_eq(nlh->nlmsg_type, RTM_NEWNEIGH);
	net.public.sought |= 1 << (ndm->ndm_ifindex - 2);
	return 0;
}

METHOD(mobility_child_update_t, accept_, void,
	mobility_child_update_t *this, ike_sa_t *ike_sa, host_t *local,
	array_t **copies)
{
	if (!net.public.copied)
	{
		net.public.copied = mobility_now();
	}
	array_insert_create(copies, ARRAY_TAIL, local->clone(local));
	array_insert(net.public.copies, ARRAY_TAIL, local->clone(local));
}

METHOD(mobility_child_update_t, update, void,
	mobility_child_update_t *this, ike_sa_t *ike_sa,
	mobility_update_hosts_t stock, host_t *me, host_t *other,
	update_hosts_flag_t flags, array_t *copies)
{
	net.public.updates++;
	stock(ike_sa, me, other, flags);
}

METHOD(mobility_child_update_t, follow, void,
	mobility_child_update_t *this, ike_sa_t *ike_sa,
	const mobility_path_t *path)
{
	snprintf(net.public.followed, sizeof(net.public.followed), "%s",
			 path->ifname);
}

METHOD(mobility_child_update_t, drop, void,
	mobility_child_update_t *this, array_t **copies)
{
	host_t *host;

	while (array_remove(*copies, ARRAY_TAIL, &host))
	{
		host->destroy(host);
		ck_assert(array_remove(net.public.copies, ARRAY_TAIL, &host));
		host->destroy(host);
	}
	array_destroy(*copies);
	*copies = NULL;
	if (!array_count(net.public.copies))
	{
		net.public.copied = 0;
	}
}

METHOD(mobility_traffic_t, begin, uint32_t,
	mobility_traffic_t *this, uint32_t number)
{
	return number;
}

METHOD(mobility_traffic_t, set_rtt, void,
	mobility_traffic_t *this, uint32_t watch, uint32_t rtt)
{
	net.public.rtt = rtt;
}

METHOD(mobility_traffic_t, tell_leaving, void,
	mobility_traffic_t *this, uint32_t watch, bool tell)
{
	net.public.tell_leaving = tell;
}

METHOD(mobility_traffic_t, get_verdict, mobility_health_t,
	mobility_traffic_t *this, uint32_t watch)
{
	return net.public.verdict;
}

METHOD(mobility_traffic_t, moved, void,
	mobility_traffic_t *this, uint32_t watch)
{
	net.public.verdict = MOBILITY_HEALTH_HEALTHY;
	net.public.traffic = (mobility_path_health_facts_t){};
}

METHOD(mobility_traffic_t, get_facts, void,
	mobility_traffic_t *this, uint32_t watch,
	mobility_path_health_facts_t *facts)
{
	*facts = net.public.traffic;
}

METHOD(mobility_traffic_t, get_counters, void,
	mobility_traffic_t *this, uint32_t watch,
	mobility_path_health_sample_t *counters)
{
	*counters = (mobility_path_health_sample_t){};
}

METHOD(mobility_resolver_t, resolve, void,
	mobility_resolver_t *this, uint32_t number, const char *name, int family)
{
	net.public.resolves++;
}

METHOD(mobility_resolver_t, take, host_t*,
	mobility_resolver_t *this, uint32_t number)
{
	host_t *host;

	return array_remove(net.public.resolved, ARRAY_HEAD, &host) ? host : NULL;
}

/*
 * Described in header
 */
mock_network_t *mock_network_create(mobility_context_t *context)
{
	memset(&net, 0, sizeof(net));
	net.public = (mock_network_t){
		.uplinks = {
			{ .up = TRUE, .local = "10.0.0.2", .metric = 100 },
			{ .up = TRUE, .local = "10.1.0.2", .metric = 200 },
			{ .local = "10.2.0.2", .metric = 300 },
			{ .local = "10.3.0.2", .metric = 400 },
		},
		.pins = array_create(sizeof(mobility_path_id_t), 0),
		.copies = array_create(0, 0),
		.resolved = array_create(0, 0),
	};
	net.monitor = (mobility_monitor_t){
		.get_paths = _get_paths,
		.is_usable = _is_usable,
		.find_path = _find_path,
		.get_owner = _get_owner,
		.describe = _describe,
		.get_kind = _get_kind,
	};
	net.pins = (mobility_pins_t){
		.add = _add_pin,
		.remove = _remove_pin,
		.update = _update_pin,
		.limit = _limit,
		.get_limit = _get_limit,
		.get_gateway = _get_gateway,
		.mark = _mark,
		.unmark = _unmark,
	};
	net.rtnl.get = _get;
	net.rtnl.request = _request;
	net.relocator = (mobility_child_update_t){
		.accept = _accept_,
		.update = _update,
		.follow = _follow,
		.drop = _drop,
	};
	net.traffic = (mobility_traffic_t){
		.begin = _begin,
		.watch = (void*)nop,
		.end = (void*)nop,
		.set_rtt = _set_rtt,
		.refuted = (void*)nop,
		.moved = _moved,
		.tell_leaving = _tell_leaving,
		.get_verdict = _get_verdict,
		.sample = (void*)nop,
		.get_facts = _get_facts,
		.get_counters = _get_counters,
	};
	net.lost_vips.restore = (void*)return_true;
	net.resolver = (mobility_resolver_t){
		.resolve = _resolve,
		.take = _take,
		.forget = (void*)nop,
	};
	context->monitor = &net.monitor;
	context->pins = &net.pins;
	context->rtnl = &net.rtnl;
	context->relocator = &net.relocator;
	context->traffic = &net.traffic;
	context->resolver = &net.resolver;
	context->lost_vips = &net.lost_vips;
	return &net.public;
}

/*
 * Described in header
 */
bool mock_network_is_pinned(mock_network_t *network, int uplink)
{
	mobility_path_id_t pin;
	int i;

	for (i = 0; i < array_count(network->pins); i++)
	{
		array_get(network->pins, i, &pin);
		if (pin.ifindex == FIRST_INDEX + uplink)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
bool mock_network_leads(mock_network_t *network, int uplink)
{
	mobility_path_id_t pin;
	mobility_ip_t gateway;
	host_t *host;
	int i;

	if (!network->uplinks[uplink].leads)
	{
		return TRUE;
	}
	host = host_create_from_string(network->uplinks[uplink].leads, 0);
	gateway = mobility_ip_from_host(host);
	host->destroy(host);
	for (i = 0; i < array_count(network->pins); i++)
	{
		array_get(network->pins, i, &pin);
		if (pin.ifindex == FIRST_INDEX + uplink)
		{
			return mobility_ip_equals(&pin.gateway, &gateway);
		}
	}
	return FALSE;
}

/*
 * Described in header
 */
void mock_network_destroy(mock_network_t *network)
{
	ck_assert_int_eq(array_count(network->pins), 0);
	ck_assert_int_eq(network->marked.ifindex, 0);
	ck_assert_int_eq(array_count(network->copies), 0);
	array_destroy(network->pins);
	array_destroy(network->copies);
	array_destroy_offset(network->resolved, offsetof(host_t, destroy));
}
