/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/peer_names.h"

/** Shortest time until a name is resolved again, in ms. */
#define RESOLVE_INTERVAL 2000

/*
 * Described in header.
 */
void mobility_peer_names_resolve(mobility_peer_names_t *names,
								 ike_sa_t *ike_sa, uint64_t now)
{
	mobility_resolver_t *resolver = names->resolver;
	ike_cfg_t *ike_cfg;
	char *name;

	if (now < names->next)
	{
		return;
	}
	names->next = now + RESOLVE_INTERVAL;
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
void mobility_peer_names_take(mobility_peer_names_t *names,
							  const char *connection,
							  mobility_remotes_t *remotes)
{
	mobility_resolver_t *resolver = names->resolver;
	host_t *host;

	while ((host = resolver->take(resolver, names->session)))
	{
		if (remotes->found(remotes, host))
		{
			DBG1(DBG_IKE, "mobility: %s may be at %H as well", connection,
				 host);
		}
		host->destroy(host);
	}
}
