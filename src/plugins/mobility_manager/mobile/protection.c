/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/protection.h"

/**
 * Check if a network is among others.
 */
static bool has(array_t *nets, const mobility_net_t *net)
{
	mobility_net_t current;
	int i;

	for (i = 0; i < array_count(nets); i++)
	{
		array_get(nets, i, &current);
		if (memeq(&current, net, sizeof(*net)))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Add a network unless it is there.
 */
static void add(array_t *nets, const mobility_net_t *net)
{
	if (!has(nets, net))
	{
		array_insert(nets, ARRAY_TAIL, (void*)net);
	}
}

/**
 * Get the network of a traffic selector, with all bytes that are not used zero.
 */
static mobility_net_t get_net(traffic_selector_t *ts)
{
	mobility_net_t net;
	host_t *host;

	memset(&net, 0, sizeof(net));
	ts->to_subnet(ts, &host, &net.prefix);
	net.net = mobility_ip_from_host(host);
	host->destroy(host);
	return net;
}

/**
 * Add the networks behind the peer that a CHILD_SA's routes lead to, or have led
 * to before.
 */
static void add_child(array_t *nets, array_t *before,
					  mobility_tunnel_routes_t *routes, child_sa_t *child_sa)
{
	traffic_selector_t *mine, *others;
	enumerator_t *enumerator;
	mobility_net_t net;

	enumerator = child_sa->create_policy_enumerator(child_sa);
	while (enumerator->enumerate(enumerator, &mine, &others))
	{
		net = get_net(others);
		if (has(before, &net) || routes->leads(routes, &net))
		{
			add(nets, &net);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Check if a traffic selector is a virtual IP address of an IKE_SA.
 */
static bool is_vip(ike_sa_t *ike_sa, traffic_selector_t *ts)
{
	enumerator_t *enumerator;
	bool found = FALSE;
	host_t *vip;

	enumerator = ike_sa->create_virtual_ip_enumerator(ike_sa, TRUE);
	while (!found && enumerator->enumerate(enumerator, &vip))
	{
		found = ts->is_host(ts, vip);
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Check if a traffic selector is for all protocols and ports.
 */
static bool is_for_all(traffic_selector_t *ts)
{
	return !ts->get_protocol(ts) && ts->get_from_port(ts) == 0 &&
		   ts->get_to_port(ts) == 65535;
}

/**
 * Add what belongs into the tunnel of a CHILD_SA if it is sent from a virtual IP
 * address.  Not if that depends on marks or interfaces.
 */
static void add_pairs(array_t *pairs, array_t *nets, ike_sa_t *ike_sa,
					  child_sa_t *child_sa)
{
	traffic_selector_t *mine, *others;
	enumerator_t *enumerator;
	mobility_vip_net_t pair;

	if (child_sa->get_mark(child_sa, FALSE).mask ||
		child_sa->get_if_id(child_sa, FALSE))
	{
		return;
	}
	enumerator = child_sa->create_policy_enumerator(child_sa);
	while (enumerator->enumerate(enumerator, &mine, &others))
	{
		memset(&pair, 0, sizeof(pair));
		pair.net = get_net(others);
		pair.vip = get_net(mine).net;
		if (has(nets, &pair.net) && is_vip(ike_sa, mine) &&
			is_for_all(mine) && is_for_all(others))
		{
			array_insert(pairs, ARRAY_TAIL, &pair);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Have dropped what is sent from virtual IP addresses without a tunnel.
 */
static void cover_vips(mobility_protection_t *protection, ike_sa_t *ike_sa,
					   mobility_vip_policies_t *policies)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	array_t *pairs;

	pairs = array_create(sizeof(mobility_vip_net_t), 0);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		add_pairs(pairs, protection->nets, ike_sa, child_sa);
	}
	enumerator->destroy(enumerator);
	policies->add(policies, protection, pairs);
	array_destroy(pairs);
}

/*
 * Described in header.
 */
void mobility_protection_update(mobility_protection_t *protection,
								ike_sa_t *ike_sa, mobility_context_t *context,
								mobility_remotes_t *remotes, bool connected)
{
	array_t *nets, *peers, *before = protection->nets;
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	mobility_net_t net;
	int i;

	if (!context->guard)
	{
		return;
	}
	nets = array_create(sizeof(net), 0);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		add_child(nets, before, context->routes, child_sa);
	}
	enumerator->destroy(enumerator);
	for (i = 0; !connected && i < array_count(before); i++)
	{
		array_get(before, i, &net);
		add(nets, &net);
	}
	array_destroy(before);
	protection->nets = nets;
	peers = remotes->get(remotes, ike_sa);
	context->guard->set(context->guard, protection, nets, peers);
	array_destroy(peers);
	if (context->vip_policies)
	{
		cover_vips(protection, ike_sa, context->vip_policies);
	}
}

/*
 * Described in header.
 */
void mobility_protection_end(mobility_protection_t *protection,
							 mobility_context_t *context)
{
	if (protection->nets)
	{
		if (context->vip_policies)
		{
			context->vip_policies->end(context->vip_policies, protection);
		}
		context->guard->set(context->guard, protection, NULL, NULL);
		array_destroy(protection->nets);
		protection->nets = NULL;
	}
}
