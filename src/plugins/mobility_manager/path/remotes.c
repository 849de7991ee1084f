/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "path/remotes.h"

typedef struct private_mobility_remotes_t private_mobility_remotes_t;

/** Addresses to remember that the peer was at. */
#define MAX_KNOWN 4

/**
 * Private data of a mobility_remotes_t object.
 */
struct private_mobility_remotes_t {

	/**
	 * Public interface.
	 */
	mobility_remotes_t public;

	/**
	 * Addresses the peer was at, mobility_ip_t, the last one first; NULL if
	 * there are none.
	 */
	array_t *known;

	/**
	 * Addresses the peer's name resolves to, mobility_ip_t, the last one first;
	 * NULL if it was not resolved.
	 */
	array_t *resolved;
};

/**
 * Find an address in an array of mobility_ip_t, -1 if it is not there.
 */
static int find_ip(array_t *ips, const mobility_ip_t *ip)
{
	mobility_ip_t current;
	int i;

	for (i = 0; i < array_count(ips); i++)
	{
		array_get(ips, i, &current);
		if (mobility_ip_equals(&current, ip))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Put an address to the front of an array, which forgets the last one if there
 * are too many.  Returns FALSE if it was there before.
 */
static bool put_first(array_t **ips, const mobility_ip_t *ip, int max)
{
	int i = find_ip(*ips, ip);

	if (i > 0)
	{
		array_remove(*ips, i, NULL);
	}
	if (i != 0)
	{
		array_insert_create_value(ips, sizeof(*ip), ARRAY_HEAD, (void*)ip);
	}
	if (array_count(*ips) > max)
	{
		array_remove(*ips, ARRAY_TAIL, NULL);
	}
	return i == -1;
}

METHOD(mobility_remotes_t, know, void,
	private_mobility_remotes_t *this, host_t *remote)
{
	mobility_ip_t ip = mobility_ip_from_host(remote);

	put_first(&this->known, &ip, MAX_KNOWN);
}

METHOD(mobility_remotes_t, is_known, bool,
	private_mobility_remotes_t *this, const mobility_ip_t *ip)
{
	return find_ip(this->known, ip) != -1;
}

METHOD(mobility_remotes_t, found, bool,
	private_mobility_remotes_t *this, host_t *remote)
{
	mobility_ip_t ip = mobility_ip_from_host(remote);

	return mobility_ip_is_reachable(&ip) &&
		   put_first(&this->resolved, &ip, MOBILITY_MAX_REMOTES);
}

METHOD(mobility_remotes_t, is_found, bool,
	private_mobility_remotes_t *this, const mobility_ip_t *ip)
{
	return find_ip(this->resolved, ip) != -1;
}

/**
 * Add an address of the peer to those to find paths to.
 */
static void add_remote(array_t *remotes, const mobility_ip_t *ip)
{
	if (array_count(remotes) < MOBILITY_MAX_REMOTES &&
		mobility_ip_is_reachable(ip) && find_ip(remotes, ip) == -1)
	{
		array_insert(remotes, ARRAY_TAIL, (void*)ip);
	}
}

/**
 * Add the addresses that the peer has announced, only those where it has been or
 * all of them.
 */
static void add_announced(private_mobility_remotes_t *this,
						  ike_sa_t *ike_sa, bool all, array_t *remotes)
{
	enumerator_t *enumerator;
	mobility_ip_t ip;
	host_t *host;

	enumerator = ike_sa->create_peer_address_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &host))
	{
		ip = mobility_ip_from_host(host);
		if (all || is_known(this, &ip))
		{
			add_remote(remotes, &ip);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Add the addresses that the peer's name resolves to, only those where it has
 * been or all of them.
 */
static void add_resolved(private_mobility_remotes_t *this, bool all,
						 array_t *remotes)
{
	mobility_ip_t ip;
	int i;

	for (i = 0; i < array_count(this->resolved); i++)
	{
		array_get(this->resolved, i, &ip);
		if (all || is_known(this, &ip))
		{
			add_remote(remotes, &ip);
		}
	}
}

METHOD(mobility_remotes_t, get, array_t*,
	private_mobility_remotes_t *this, ike_sa_t *ike_sa)
{
	mobility_ip_t ip;
	array_t *remotes;

	remotes = array_create(sizeof(ip), MOBILITY_MAX_REMOTES);
	ip = mobility_ip_from_host(ike_sa->get_other_host(ike_sa));
	array_insert(remotes, ARRAY_TAIL, &ip);
	add_announced(this, ike_sa, FALSE, remotes);
	add_resolved(this, FALSE, remotes);
	add_resolved(this, TRUE, remotes);
	add_announced(this, ike_sa, TRUE, remotes);
	return remotes;
}

METHOD(mobility_remotes_t, destroy, void,
	private_mobility_remotes_t *this)
{
	array_destroy(this->known);
	array_destroy(this->resolved);
	free(this);
}

/*
 * Described in header.
 */
mobility_remotes_t *mobility_remotes_create()
{
	private_mobility_remotes_t *this;

	INIT(this,
		.public = {
			.know = _know,
			.is_known = _is_known,
			.found = _found,
			.is_found = _is_found,
			.get = _get,
			.destroy = _destroy,
		},
	);
	return &this->public;
}
