/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "path/remotes.h"

typedef struct private_mobility_remotes_t private_mobility_remotes_t;
typedef struct found_t found_t;

/** Addresses to remember that the peer was at. */
#define MAX_KNOWN 4

/**
 * An address that the peer's name resolves to.
 */
struct found_t {
	/** address */
	mobility_ip_t ip;
	/** when it was found the last time */
	uint64_t when;
};

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
	 * Addresses the peer's name resolves to, found_t, the last one first; NULL
	 * if it was not resolved.
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

METHOD(mobility_remotes_t, know, void,
	private_mobility_remotes_t *this, host_t *remote)
{
	mobility_ip_t ip = mobility_ip_from_host(remote);
	int i = find_ip(this->known, &ip);

	if (i > 0)
	{
		array_remove(this->known, i, NULL);
	}
	if (i != 0)
	{
		array_insert_create_value(&this->known, sizeof(ip), ARRAY_HEAD, &ip);
	}
	if (array_count(this->known) > MAX_KNOWN)
	{
		array_remove(this->known, ARRAY_TAIL, NULL);
	}
}

METHOD(mobility_remotes_t, is_known, bool,
	private_mobility_remotes_t *this, const mobility_ip_t *ip)
{
	return find_ip(this->known, ip) != -1;
}

/**
 * Find an address that the peer's name resolves to, -1 if it is not there.
 */
static int find_found(private_mobility_remotes_t *this, const mobility_ip_t *ip)
{
	found_t found;
	int i;

	for (i = 0; i < array_count(this->resolved); i++)
	{
		array_get(this->resolved, i, &found);
		if (mobility_ip_equals(&found.ip, ip))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Forget addresses where the peer never was, and that its name had long ago.
 */
static void expire(private_mobility_remotes_t *this, uint64_t now)
{
	found_t found;
	int i;

	for (i = array_count(this->resolved) - 1; i >= 0; i--)
	{
		array_get(this->resolved, i, &found);
		if (now - found.when >= MOBILITY_FOUND_TIME &&
			!is_known(this, &found.ip))
		{
			array_remove(this->resolved, i, NULL);
		}
	}
}

METHOD(mobility_remotes_t, found, bool,
	private_mobility_remotes_t *this, host_t *remote, uint64_t now)
{
	found_t found = {
		.ip = mobility_ip_from_host(remote),
		.when = now,
	};
	int i;

	if (!mobility_ip_is_reachable(&found.ip))
	{
		return FALSE;
	}
	i = find_found(this, &found.ip);
	if (i != -1)
	{
		array_remove(this->resolved, i, NULL);
	}
	array_insert_create_value(&this->resolved, sizeof(found), ARRAY_HEAD,
							  &found);
	expire(this, now);
	if (array_count(this->resolved) > MOBILITY_MAX_REMOTES)
	{
		array_remove(this->resolved, ARRAY_TAIL, NULL);
	}
	return i == -1;
}

METHOD(mobility_remotes_t, is_found, bool,
	private_mobility_remotes_t *this, const mobility_ip_t *ip)
{
	return find_found(this, ip) != -1;
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
	found_t found;
	int i;

	for (i = 0; i < array_count(this->resolved); i++)
	{
		array_get(this->resolved, i, &found);
		if (all || is_known(this, &found.ip))
		{
			add_remote(remotes, &found.ip);
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
