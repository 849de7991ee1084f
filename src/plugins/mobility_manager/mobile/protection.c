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
 * Add the networks behind the peer that a CHILD_SA's routes lead to, or have led
 * to before.
 */
static void add_child(array_t *nets, array_t *before,
					  mobility_tunnel_routes_t *routes, child_sa_t *child_sa)
{
	traffic_selector_t *mine, *others;
	enumerator_t *enumerator;
	mobility_net_t net;
	host_t *host;

	enumerator = child_sa->create_policy_enumerator(child_sa);
	while (enumerator->enumerate(enumerator, &mine, &others))
	{
		memset(&net, 0, sizeof(net));
		others->to_subnet(others, &host, &net.prefix);
		net.net = mobility_ip_from_host(host);
		host->destroy(host);
		if (has(before, &net) || routes->leads(routes, &net))
		{
			add(nets, &net);
		}
	}
	enumerator->destroy(enumerator);
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
}

/*
 * Described in header.
 */
void mobility_protection_end(mobility_protection_t *protection,
							 mobility_context_t *context)
{
	if (protection->nets)
	{
		context->guard->set(context->guard, protection, NULL, NULL);
		array_destroy(protection->nets);
		protection->nets = NULL;
	}
}
