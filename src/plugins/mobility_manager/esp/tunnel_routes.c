/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <net/if.h>
#include <linux/rtnetlink.h>

#include "esp/tunnel_routes.h"
#include "net/netlink.h"
#include "net/route.h"
#include "net/uplinks.h"

#include <daemon.h>
#include <collections/array.h>
#include <collections/hashtable.h>
#include <threading/mutex.h>
#include <threading/thread_value.h>

/** Metric of copies, worse than those of charon's routes. */
#define COPY_METRIC 4294967294U

typedef struct private_mobility_tunnel_routes_t private_mobility_tunnel_routes_t;

/**
 * kernel_interface_t.add_route() and del_route().
 */
typedef status_t (*route_method_t)(kernel_interface_t *kernel, chunk_t dst_net,
								   uint8_t prefixlen, host_t *gateway,
								   host_t *src_ip, char *if_name, bool pass);

/**
 * Private data of a mobility_tunnel_routes_t object.
 */
struct private_mobility_tunnel_routes_t {

	/**
	 * Public interface.
	 */
	mobility_tunnel_routes_t public;

	/**
	 * Socket for requests.
	 */
	mobility_rtnl_t *rtnl;

	/**
	 * charon's table.
	 */
	uint32_t table;

	/**
	 * Routes that charon has added by destination, of several to the same one the
	 * last one, mobility_net_t* => entry_t*.
	 */
	hashtable_t *routes;

	/**
	 * Destinations of those that lead past tunnels, mobility_net_t.
	 */
	array_t *passes;

	/**
	 * Locks both.
	 */
	mutex_t *mutex;

	/**
	 * Copies of routes that the current thread's update has deleted, entry_t*.
	 */
	thread_value_t *update;

	/**
	 * Methods as they were.
	 */
	struct {
		route_method_t add_route;
		route_method_t del_route;
	} stock;
};

typedef struct entry_t entry_t;

/**
 * A route into a tunnel, or one that leads past all of them.
 */
struct entry_t {
	/** destination, what the kernel knows it by in the table */
	mobility_net_t dst;
	/** next hop, not set if there is none */
	mobility_ip_t gateway;
	/** preferred source */
	mobility_ip_t src;
	/** interface */
	char ifname[IFNAMSIZ];
	/** leads past tunnels */
	bool pass;
	/** the kernel does not have it, only looked for of those into tunnels */
	bool missing;
	/** the one to the same destination that was added before */
	entry_t *next;
};

/**
 * The methods of the kernel interface have no place for user data.
 */
static private_mobility_tunnel_routes_t *instance;

/**
 * Hash a destination.
 */
static u_int net_hash(const void *key)
{
	const mobility_net_t *net = key;

	return chunk_hash(chunk_from_thing(*net));
}

/**
 * Compare destinations.
 */
static bool net_equals(const void *a, const void *b)
{
	return memeq(a, b, sizeof(mobility_net_t));
}

/**
 * Get the last route to a destination, which knows the others.
 */
static entry_t *get_last(private_mobility_tunnel_routes_t *this,
						 const mobility_net_t *dst)
{
	return this->routes->get(this->routes, dst);
}

/**
 * Fill in a route.  The kernel takes no next hop of the other family for it.
 */
static void set_entry(entry_t *entry, chunk_t net, uint8_t prefix,
					  host_t *gateway, host_t *src, char *ifname, bool pass)
{
	memset(entry, 0, sizeof(*entry));
	entry->dst.net.family = net.len == 4 ? AF_INET : AF_INET6;
	memcpy(entry->dst.net.bytes, net.ptr,
		   min(net.len, sizeof(entry->dst.net.bytes)));
	entry->dst.prefix = prefix;
	entry->src = mobility_ip_from_host(src);
	if (gateway && gateway->get_family(gateway) == src->get_family(src))
	{
		entry->gateway = mobility_ip_from_host(gateway);
	}
	strncpy(entry->ifname, ifname ?: "", sizeof(entry->ifname) - 1);
	entry->pass = pass;
}

/**
 * Describe a route that is charon's, or the copy of it that is ours, as far as
 * it takes to remove it.
 */
static mobility_rtnl_route_t describe(private_mobility_tunnel_routes_t *this,
									  const entry_t *entry, bool copy)
{
	return (mobility_rtnl_route_t){
		.dst = entry->dst,
		.table = this->table,
		.metric = copy ? COPY_METRIC : 0,
		.type = RTN_UNICAST,
		.protocol = copy ? MOBILITY_RTPROT : RTPROT_STATIC,
	};
}

/**
 * Remove a route, or our copy of it.
 */
static void del_route(private_mobility_tunnel_routes_t *this,
					  const entry_t *entry, bool copy)
{
	mobility_rtnl_route_t route = describe(this, entry, copy);

	mobility_rtnl_change_route(this->rtnl, 0, &route);
}

/**
 * Add a route as charon does, which then is no route of ours but charon's, or a
 * copy of it.
 */
static int add_route(private_mobility_tunnel_routes_t *this,
					 const entry_t *entry, bool copy)
{
	mobility_rtnl_route_t route = describe(this, entry, copy);

	route.oif = if_nametoindex(entry->ifname);
	if (!route.oif)
	{	/* the kernel would choose another one */
		return ENODEV;
	}
	route.gateway = entry->gateway;
	route.prefsrc = entry->src;
	route.metrics.values[RTAX_MTU] = lib->settings->get_int(lib->settings,
								"%s.plugins.kernel-netlink.mtu", 0, lib->ns);
	route.metrics.values[RTAX_ADVMSS] = lib->settings->get_int(lib->settings,
								"%s.plugins.kernel-netlink.mss", 0, lib->ns);
	return mobility_rtnl_change_route(this->rtnl,
									  NLM_F_CREATE | NLM_F_REPLACE, &route);
}

/**
 * Hook for kernel_interface_t.add_route()
 */
static status_t hook_add_route(kernel_interface_t *kernel, chunk_t net,
							   uint8_t prefix, host_t *gateway, host_t *src,
							   char *ifname, bool pass)
{
	private_mobility_tunnel_routes_t *this = instance;
	entry_t *entry;
	status_t status;

	status = this->stock.add_route(kernel, net, prefix, gateway, src, ifname,
								   pass);
	if (status == SUCCESS)
	{
		entry = malloc_thing(entry_t);
		set_entry(entry, net, prefix, gateway, src, ifname, pass);
		this->mutex->lock(this->mutex);
		entry->next = get_last(this, &entry->dst);
		this->routes->put(this->routes, &entry->dst, entry);
		if (pass)
		{
			array_insert(this->passes, ARRAY_TAIL, &entry->dst);
		}
		this->mutex->unlock(this->mutex);
	}
	return status;
}

/**
 * Check if two routes to the same destination are the same.
 */
static bool entry_equals(const entry_t *a, const entry_t *b)
{
	return mobility_ip_equals(&a->gateway, &b->gateway) &&
		   mobility_ip_equals(&a->src, &b->src) &&
		   streq(a->ifname, b->ifname) && a->pass == b->pass;
}

/**
 * Forget that a route leads past tunnels.
 */
static void forget_pass(private_mobility_tunnel_routes_t *this,
						const mobility_net_t *dst)
{
	mobility_net_t pass;
	int i;

	for (i = 0; array_get(this->passes, i, &pass); i++)
	{
		if (net_equals(&pass, dst))
		{
			array_remove(this->passes, i, NULL);
			return;
		}
	}
}

/**
 * Forget a route.
 */
static void forget(private_mobility_tunnel_routes_t *this, const entry_t *entry)
{
	entry_t *last = get_last(this, &entry->dst), **pos = &last, *found;

	while (*pos && !entry_equals(*pos, entry))
	{
		pos = &(*pos)->next;
	}
	found = *pos;
	if (found)
	{
		*pos = found->next;
		this->routes->remove(this->routes, &entry->dst);
		if (last)
		{
			this->routes->put(this->routes, &last->dst, last);
		}
		if (found->pass)
		{
			forget_pass(this, &found->dst);
		}
		free(found);
	}
}

/**
 * Have a copy of a route until the update of this thread has added another one:
 * charon deletes the one before.
 */
static void keep_copy(private_mobility_tunnel_routes_t *this,
					  const entry_t *entry)
{
	array_t *copies = this->update->get(this->update);

	if (copies && this->table && !entry->pass && !add_route(this, entry, TRUE))
	{
		array_insert(copies, ARRAY_TAIL, (void*)entry);
	}
}

/*
 * Described in header.
 */
void mobility_tunnel_routes_begin()
{
	if (instance)
	{
		instance->update->set(instance->update,
							  array_create(sizeof(entry_t), 0));
	}
}

/*
 * Described in header.
 */
void mobility_tunnel_routes_end()
{
	array_t *copies;
	entry_t entry;

	copies = instance ? instance->update->get(instance->update) : NULL;
	if (copies)
	{
		instance->update->set(instance->update, NULL);
		while (array_remove(copies, ARRAY_TAIL, &entry))
		{
			del_route(instance, &entry, TRUE);
		}
		array_destroy(copies);
	}
}

/**
 * Hook for kernel_interface_t.del_route()
 */
static status_t hook_del_route(kernel_interface_t *kernel, chunk_t net,
							   uint8_t prefix, host_t *gateway, host_t *src,
							   char *ifname, bool pass)
{
	private_mobility_tunnel_routes_t *this = instance;
	entry_t entry;

	/* before it is gone, so that nobody puts it back */
	set_entry(&entry, net, prefix, gateway, src, ifname, pass);
	keep_copy(this, &entry);
	this->mutex->lock(this->mutex);
	forget(this, &entry);
	this->mutex->unlock(this->mutex);
	return this->stock.del_route(kernel, net, prefix, gateway, src, ifname,
								 pass);
}

/**
 * What the kernel has of a route, with no padding as it is compared as a whole.
 */
typedef struct {
	/** destination */
	mobility_net_t dst;
	/** preferred source */
	mobility_ip_t src;
} known_t;

/**
 * Compare routes.
 */
static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(known_t));
}

/**
 * Compare routes, to sort them.
 */
static int compare_sort(const void *a, const void *b, void *null)
{
	return compare(a, b);
}

/**
 * What the kernel has.
 */
typedef struct {
	/** table to look at */
	uint32_t table;
	/** routes there, known_t */
	array_t *known;
} installed_t;

/**
 * Collect routes, a mobility_nlsocket_cb_t.
 */
static void collect(void *data, const struct nlmsghdr *nlh)
{
	installed_t *installed = data;
	mobility_route_msg_t msg;
	known_t known = {};

	if (nlh->nlmsg_type == RTM_NEWROUTE &&
		mobility_route_msg_parse(nlh, &msg) && msg.table == installed->table)
	{
		known.dst.net = msg.net;
		known.dst.prefix = msg.prefix;
		known.src = msg.route.prefsrc;
		array_insert(installed->known, ARRAY_TAIL, &known);
	}
}

/**
 * Get what the kernel has in charon's table.  Returns FALSE on failure.
 */
static bool dump(private_mobility_tunnel_routes_t *this, installed_t *installed)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int i, error;

	for (i = 0; i < countof(families); i++)
	{
		error = this->rtnl->dump(this->rtnl, RTM_GETROUTE, families[i],
								 RTPROT_STATIC, collect, installed);
		if (mobility_rtnl_failed(error))
		{
			DBG1(DBG_NET, "mobility: reading the routes of tunnels failed: %s",
				 strerror(error));
			return FALSE;
		}
	}
	array_sort(installed->known, compare_sort, NULL);
	return TRUE;
}

/**
 * Check if the kernel has a route to a destination with a preferred source, or
 * without one if that is NULL.
 */
static bool has_route(installed_t *installed, const mobility_net_t *dst,
					  const mobility_ip_t *src)
{
	known_t known;

	memset(&known, 0, sizeof(known));
	known.dst = *dst;
	if (src)
	{
		known.src = *src;
	}
	return array_bsearch(installed->known, &known, compare, &known) != -1;
}

/**
 * Check if there is no route to a destination.  Of several to the same one
 * charon only installs one.
 */
static bool is_missing(private_mobility_tunnel_routes_t *this,
					   const entry_t *entry, installed_t *installed)
{
	entry_t *other = get_last(this, &entry->dst);

	while (other && !other->pass &&
		   !has_route(installed, &other->dst, &other->src))
	{
		other = other->next;
	}
	return !other;
}

/**
 * Look if the kernel has a route.  Returns TRUE if it is missing.
 */
static bool look_for(private_mobility_tunnel_routes_t *this, entry_t *entry,
					 installed_t *installed)
{
	entry->missing = !entry->pass && is_missing(this, entry, installed);
	if (entry->missing && has_route(installed, &entry->dst, NULL))
	{	/* an IPv6 route stays without its preferred source when that is
		 * deleted; with any other one packets would leave in the clear */
		del_route(this, entry, FALSE);
	}
	return entry->missing;
}

METHOD(mobility_tunnel_routes_t, look, bool,
	private_mobility_tunnel_routes_t *this)
{
	installed_t installed = {
		.table = this->table,
	};
	enumerator_t *enumerator;
	bool missing = FALSE;
	entry_t *entry;

	if (!this->table)
	{
		return FALSE;
	}
	installed.known = array_create(sizeof(known_t), 0);
	this->mutex->lock(this->mutex);
	if (this->routes->get_count(this->routes) && dump(this, &installed))
	{
		enumerator = this->routes->create_enumerator(this->routes);
		while (enumerator->enumerate(enumerator, NULL, &entry))
		{
			for (; entry; entry = entry->next)
			{
				missing |= look_for(this, entry, &installed);
			}
		}
		enumerator->destroy(enumerator);
	}
	this->mutex->unlock(this->mutex);
	array_destroy(installed.known);
	return missing;
}

/**
 * Check if an address is a virtual IP of an IKE_SA.
 */
static bool is_vip(ike_sa_t *ike_sa, const mobility_ip_t *ip)
{
	enumerator_t *enumerator;
	mobility_ip_t vip;
	host_t *host;
	bool found = FALSE;

	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, TRUE);
	while (!found && enumerator->enumerate(enumerator, &host))
	{
		vip = mobility_ip_from_host(host);
		found = mobility_ip_equals(&vip, ip);
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Find the route to a destination to put back, NULL if none is missing: as charon
 * does one from a virtual IP if there is one, else the last one that it has added.
 */
static entry_t *find_missing(private_mobility_tunnel_routes_t *this,
							 ike_sa_t *ike_sa, const mobility_net_t *dst)
{
	entry_t *entry, *found = NULL;

	for (entry = get_last(this, dst); entry; entry = entry->next)
	{
		if (entry->missing)
		{
			if (is_vip(ike_sa, &entry->src))
			{
				return entry;
			}
			found = found ?: entry;
		}
	}
	return found;
}

/**
 * There is a route to a destination again, it does not matter if there are more.
 */
static void set_found(private_mobility_tunnel_routes_t *this,
					  const mobility_net_t *dst)
{
	entry_t *entry;

	for (entry = get_last(this, dst); entry; entry = entry->next)
	{
		entry->missing = FALSE;
	}
}

/**
 * Put the route to a destination back.  Returns FALSE if that would have to lead
 * over another interface.
 */
static bool restore_dst(private_mobility_tunnel_routes_t *this,
						ike_sa_t *ike_sa, const char *ifname,
						traffic_selector_t *ts)
{
	mobility_net_t dst = {};
	entry_t *entry;
	host_t *net;
	int error = 0;
	bool astray = FALSE;

	ts->to_subnet(ts, &net, &dst.prefix);
	dst.net = mobility_ip_from_host(net);
	entry = find_missing(this, ike_sa, &dst);
	if (entry)
	{
		error = add_route(this, entry, FALSE);
		if (error)
		{
			DBG2(DBG_KNL, "unable to put the route to %H/%u back: %s", net,
				 dst.prefix, strerror(error));
			astray = !streq(entry->ifname, ifname);
		}
		else
		{
			DBG1(DBG_KNL, "mobility: %s: the route to %H/%u was gone, put it "
				 "back", ike_sa->get_name(ike_sa), net, dst.prefix);
			set_found(this, &dst);
		}
	}
	net->destroy(net);
	return !astray;
}

METHOD(mobility_tunnel_routes_t, restore, bool,
	private_mobility_tunnel_routes_t *this, ike_sa_t *ike_sa,
	const char *ifname)
{
	enumerator_t *children, *policies;
	traffic_selector_t *mine, *others;
	child_sa_t *child_sa;
	bool complete = TRUE;

	this->mutex->lock(this->mutex);
	children = ike_sa->create_child_sa_enumerator(ike_sa);
	while (children->enumerate(children, &child_sa))
	{
		policies = child_sa->create_policy_enumerator(child_sa);
		while (policies->enumerate(policies, &mine, &others))
		{
			complete &= restore_dst(this, ike_sa, ifname, others);
		}
		policies->destroy(policies);
	}
	children->destroy(children);
	this->mutex->unlock(this->mutex);
	return complete;
}

METHOD(mobility_tunnel_routes_t, leads, bool,
	private_mobility_tunnel_routes_t *this, const mobility_net_t *net)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = get_last(this, net);
	while (entry && entry->pass)
	{
		entry = entry->next;
	}
	this->mutex->unlock(this->mutex);
	/* in the main table they come last, nothing may be in front of that */
	return this->table && entry;
}

METHOD(mobility_tunnel_routes_t, get_passes, array_t*,
	private_mobility_tunnel_routes_t *this)
{
	array_t *passes;
	mobility_net_t pass;
	int i;

	passes = array_create(sizeof(mobility_net_t), 0);
	this->mutex->lock(this->mutex);
	for (i = 0; array_get(this->passes, i, &pass); i++)
	{
		array_insert(passes, ARRAY_TAIL, &pass);
	}
	this->mutex->unlock(this->mutex);
	return passes;
}

METHOD(mobility_tunnel_routes_t, destroy, void,
	private_mobility_tunnel_routes_t *this)
{
	enumerator_t *enumerator;
	entry_t *entry, *next;

	charon->kernel->add_route = this->stock.add_route;
	charon->kernel->del_route = this->stock.del_route;
	instance = NULL;
	enumerator = this->routes->create_enumerator(this->routes);
	while (enumerator->enumerate(enumerator, NULL, &entry))
	{
		for (; entry; entry = next)
		{
			next = entry->next;
			free(entry);
		}
	}
	enumerator->destroy(enumerator);
	this->routes->destroy(this->routes);
	array_destroy(this->passes);
	this->update->destroy(this->update);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_tunnel_routes_t *mobility_tunnel_routes_create(mobility_rtnl_t *rtnl)
{
	private_mobility_tunnel_routes_t *this;

	INIT(this,
		.public = {
			.look = _look,
			.restore = _restore,
			.leads = _leads,
			.get_passes = _get_passes,
			.destroy = _destroy,
		},
		.rtnl = rtnl,
		.table = lib->settings->get_int(lib->settings, "%s.routing_table",
										MOBILITY_CHARON_TABLE, lib->ns),
		.routes = hashtable_create(net_hash, net_equals, 4),
		.passes = array_create(sizeof(mobility_net_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.update = thread_value_create(NULL),
		.stock = {
			.add_route = charon->kernel->add_route,
			.del_route = charon->kernel->del_route,
		},
	);
	instance = this;
	charon->kernel->add_route = hook_add_route;
	charon->kernel->del_route = hook_del_route;

	return &this->public;
}
