/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/peer_names.h"

/**
 * Have the names resolved.
 */
static void resolve(mobility_peer_names_t *names, ike_sa_t *ike_sa,
					uint64_t now)
{
	mobility_resolver_t *resolver = names->resolver;
	ike_cfg_t *ike_cfg;
	char *name;

	names->last = now;
	ike_cfg = ike_sa->get_ike_cfg(ike_sa);
	name = ike_cfg->get_other_addr(ike_cfg);
	if (name)
	{
		resolver->resolve(resolver, names->session, name, AF_INET);
		resolver->resolve(resolver, names->session, name, AF_INET6);
	}
}

/*
 * Described in header.
 */
void mobility_peer_names_resolve(mobility_peer_names_t *names,
								 ike_sa_t *ike_sa, uint64_t now)
{
	names->interval = 0;
	if (!names->last || now - names->last >= MOBILITY_RESOLVE_INTERVAL)
	{
		resolve(names, ike_sa, now);
	}
}

/*
 * Described in header.
 */
uint64_t mobility_peer_names_due(const mobility_peer_names_t *names)
{
	return names->last ? names->last + (names->interval ?:
										MOBILITY_RESOLVE_INTERVAL) : 0;
}

/*
 * Described in header.
 */
void mobility_peer_names_retry(mobility_peer_names_t *names, ike_sa_t *ike_sa,
							   uint64_t now)
{
	if (now >= mobility_peer_names_due(names))
	{
		names->interval = names->interval ?
							min(2 * names->interval, MOBILITY_RESOLVE_LIMIT) :
							MOBILITY_RESOLVE_INTERVAL;
		resolve(names, ike_sa, now);
	}
}

/*
 * Described in header.
 */
bool mobility_peer_names_take(mobility_peer_names_t *names,
							  const char *connection,
							  mobility_remotes_t *remotes, uint64_t now)
{
	mobility_resolver_t *resolver = names->resolver;
	bool any = FALSE;
	host_t *host;

	while ((host = resolver->take(resolver, names->session)))
	{
		if (remotes->found(remotes, host, now))
		{
			DBG1(DBG_IKE, "mobility: %s may be at %H as well", connection,
				 host);
		}
		host->destroy(host);
		any = TRUE;
	}
	return any;
}
