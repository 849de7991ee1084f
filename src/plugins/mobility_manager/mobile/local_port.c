/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/local_port.h"
#include "ike/request.h"

#include <daemon.h>

/**
 * Get the port of an IKE_SA.
 */
static uint16_t get_port(ike_sa_t *ike_sa)
{
	host_t *me = ike_sa->get_my_host(ike_sa);

	return me->get_port(me);
}

/**
 * Let go of the port that was kept, for another one that is, 0 for none.
 */
static void keep(mobility_local_port_t *local, uint16_t port)
{
	if (local->kept)
	{
		local->ports->release(local->ports, local->kept);
	}
	local->kept = port;
}

/*
 * Described in header.
 */
host_t *mobility_local_port_host(const mobility_local_port_t *local,
								 host_t *addr, ike_sa_t *ike_sa)
{
	host_t *host;

	host = mobility_request_host(addr, ike_sa->get_my_host(ike_sa));
	if (local->port)
	{
		host->set_port(host, local->port);
	}
	return host;
}

/*
 * Described in header.
 */
void mobility_local_port_try(mobility_local_port_t *local)
{
	uint16_t port;

	if (local->ports)
	{
		port = local->ports->get_spare(local->ports);
		local->other = port == local->kept ? 0 : port;
	}
}

/*
 * Described in header.
 */
bool mobility_local_port_answered(mobility_local_port_t *local,
								  ike_sa_t *ike_sa, uint16_t port)
{
	local->other = 0;
	if (!local->ports || port == (local->port ?: get_port(ike_sa)) ||
		!local->ports->hold(local->ports, port))
	{
		return FALSE;
	}
	keep(local, port);
	local->port = port;
	return TRUE;
}

/*
 * Described in header.
 */
void mobility_local_port_taken(mobility_local_port_t *local)
{
	local->port = 0;
}

/*
 * Described in header.
 */
void mobility_local_port_log_in(mobility_local_port_t *local, ike_sa_t *ike_sa,
								message_t *answer)
{
	host_t *me = ike_sa->get_my_host(ike_sa);
	host_t *arrived = answer->get_destination(answer);
	uint16_t port = arrived->get_port(arrived);

	if (mobility_local_port_answered(local, ike_sa, port))
	{
		DBG1(DBG_IKE, "mobility: %s: peer answers to local port %u only, what a "
			 "NAT knows of the other one is stale", ike_sa->get_name(ike_sa),
			 port);
		ike_sa->set_my_host(ike_sa, mobility_local_port_host(local, me, ike_sa));
		mobility_local_port_taken(local);
	}
}

/*
 * Described in header.
 */
void mobility_local_port_bind(mobility_local_port_t *local, ike_sa_t *ike_sa)
{
	uint16_t port;

	local->port = local->other = 0;
	if (local->ports && ike_sa)
	{
		port = get_port(ike_sa);
		keep(local, local->ports->hold(local->ports, port) ? port : 0);
	}
}

/*
 * Described in header.
 */
bool mobility_local_port_give_back(mobility_local_port_t *local,
								   ike_sa_t *ike_sa)
{
	host_t *me = ike_sa->get_my_host(ike_sa);

	if (!local->kept || local->kept != me->get_port(me))
	{
		return FALSE;
	}
	if (!ike_sa->has_condition(ike_sa, COND_NAT_HERE))
	{
		local->kept = 0;
		return FALSE;
	}
	me = me->clone(me);
	me->set_port(me, charon->socket->get_port(charon->socket, TRUE));
	ike_sa->set_my_host(ike_sa, me);
	return TRUE;
}

/*
 * Described in header.
 */
void mobility_local_port_cleanup(mobility_local_port_t *local)
{
	local->port = local->other = 0;
	keep(local, 0);
}
