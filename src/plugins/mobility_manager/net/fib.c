/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <sys/socket.h>

#include "net/fib.h"

#include <collections/hashtable.h>
#include <utils/debug.h>

/** next hops of all routes that we are willing to store */
#define ROUTES_MAX 262144

typedef struct private_mobility_fib_t private_mobility_fib_t;

/**
 * Private data
 */
struct private_mobility_fib_t {

	/**
	 * Public interface.
	 */
	mobility_fib_t public;

	/**
	 * Routes by destination, mobility_fib_entry_key_t => mobility_fib_entry_t.
	 */
	hashtable_t *dsts;

	/**
	 * Number of destinations by prefix length, IPv4.
	 */
	u_int prefixes4[33];

	/**
	 * Number of destinations by prefix length, IPv6.
	 */
	u_int prefixes6[129];

	/**
	 * Number of next hops.
	 */
	u_int count;

	/**
	 * There were more than we are willing to store.
	 */
	bool full;

	/**
	 * Table that is ignored.
	 */
	uint32_t charon_table;

	/**
	 * Number of the last route that was added.
	 */
	u_int group;

	/**
	 * Number of the current resync.
	 */
	u_int generation;
};

/**
 * Hash a destination
 */
static u_int key_hash(const mobility_fib_entry_key_t *key)
{
	return chunk_hash(chunk_from_thing(*key));
}

/**
 * Compare two destinations
 */
static bool key_equals(const mobility_fib_entry_key_t *a,
					   const mobility_fib_entry_key_t *b)
{
	return memeq(a, b, sizeof(*a));
}

/**
 * Get the number of destinations that have a prefix of a given length
 */
static u_int *get_prefixes(private_mobility_fib_t *this, int family,
						   u_int prefix)
{
	return family == AF_INET ? &this->prefixes4[prefix]
							 : &this->prefixes6[prefix];
}

/**
 * Create a destination
 */
static mobility_fib_entry_t *create_dst(private_mobility_fib_t *this,
										const mobility_fib_entry_key_t *key)
{
	mobility_fib_entry_t *dst;

	dst = mobility_fib_entry_create(key);
	this->dsts->put(this->dsts, &dst->key, dst);
	(*get_prefixes(this, key->net.family, key->prefix))++;
	return dst;
}

/**
 * Destroy a destination that was taken out of the table
 */
static void destroy_dst(private_mobility_fib_t *this, mobility_fib_entry_t *dst)
{
	(*get_prefixes(this, dst->key.net.family, dst->key.prefix))--;
	mobility_fib_entry_destroy(dst);
}

/**
 * Check if a route may matter to a path
 */
static bool is_relevant(const mobility_route_msg_t *msg)
{
	switch (msg->rtm->rtm_type)
	{
		case RTN_UNICAST:
		/* that is what leads to no peer: own and other addresses of this host's
		 * networks, which the kernel has in a table of their own */
		case RTN_LOCAL:
		case RTN_BROADCAST:
		case RTN_ANYCAST:
		case RTN_BLACKHOLE:
		case RTN_UNREACHABLE:
		case RTN_PROHIBIT:
		case RTN_THROW:
			break;
		default:
			return FALSE;
	}
	if ((msg->rtm->rtm_flags & RTM_F_CLONED) || msg->rtm->rtm_tos)
	{
		return FALSE;
	}
	if (!msg->prefix)
	{
		return TRUE;
	}
	return !mobility_ip_is_multicast(&msg->net) &&
		  (msg->net.family == AF_INET || !mobility_ip_is_linklocal(&msg->net));
}

/**
 * Check if there is room for another route
 */
static bool has_room(private_mobility_fib_t *this)
{
	if (this->count < ROUTES_MAX)
	{
		return TRUE;
	}
	if (!this->full)
	{
		DBG1(DBG_NET, "mobility: more than %d routes, some are ignored",
			 ROUTES_MAX);
		this->full = TRUE;
	}
	return FALSE;
}

/**
 * Add all next hops of a route, TRUE if that changes anything
 */
static bool add_route(private_mobility_fib_t *this, mobility_fib_entry_t *dst,
					  mobility_route_msg_t *msg, bool replace)
{
	mobility_route_t route;
	bool changed = FALSE;
	u_int replaced;

	replaced = mobility_fib_entry_get_replaced(dst, &msg->route);
	msg->route.group = ++this->group;
	msg->route.generation = this->generation;
	while (mobility_route_msg_next(msg, &route))
	{
		changed |= mobility_fib_entry_add(dst, &route);
	}
	if (replace)
	{
		changed |= mobility_fib_entry_replace(dst, &msg->route, replaced);
	}
	return changed;
}

/**
 * Remove all next hops of a route, TRUE if that changes anything
 */
static bool del_route(mobility_fib_entry_t *dst, mobility_route_msg_t *msg)
{
	mobility_route_t route;
	bool changed = FALSE;

	while (mobility_route_msg_next(msg, &route))
	{
		changed |= mobility_fib_entry_remove(dst, &route);
	}
	return changed;
}

METHOD(mobility_fib_t, process, mobility_change_t,
	private_mobility_fib_t *this, const struct nlmsghdr *nlh)
{
	mobility_route_msg_t msg;
	mobility_fib_entry_key_t key = {};
	mobility_fib_entry_t *dst;
	bool changed, add = nlh->nlmsg_type == RTM_NEWROUTE;

	if (!mobility_route_msg_parse(nlh, &msg))
	{
		return MOBILITY_CHANGE_NONE;
	}
	if (msg.table == this->charon_table)
	{	/* no way to a peer */
		return add && msg.route.type != RTN_THROW ? MOBILITY_CHANGE_NONE
												  : MOBILITY_CHANGE_TUNNEL;
	}
	if (!is_relevant(&msg))
	{
		return MOBILITY_CHANGE_NONE;
	}
	if (msg.route.own)
	{
		return add ? MOBILITY_CHANGE_NONE : MOBILITY_CHANGE_PIN_LOST;
	}
	key.net = msg.net;
	key.prefix = msg.prefix;
	key.table = msg.table;
	dst = this->dsts->get(this->dsts, &key);
	if (!dst)
	{
		if (!add || !has_room(this))
		{
			return MOBILITY_CHANGE_NONE;
		}
		dst = create_dst(this, &key);
	}
	this->count -= array_count(dst->routes);
	changed = add ? add_route(this, dst, &msg, nlh->nlmsg_flags & NLM_F_REPLACE)
				  : del_route(dst, &msg);
	this->count += array_count(dst->routes);
	if (!array_count(dst->routes))
	{
		this->dsts->remove(this->dsts, &key);
		destroy_dst(this, dst);
	}
	return changed ? MOBILITY_CHANGE_ROUTE : MOBILITY_CHANGE_NONE;
}

/**
 * Look up the most specific route, whatever it says
 */
static const mobility_route_t *find_route(private_mobility_fib_t *this,
										  uint32_t table,
										  const mobility_route_query_t *flow)
{
	mobility_fib_entry_key_t key = {
		.table = table,
	};
	const mobility_route_t *route = NULL;
	mobility_fib_entry_t *dst;
	int prefix;

	for (prefix = mobility_ip_bits(&flow->peer); !route && prefix >= 0;
		 prefix--)
	{
		if (*get_prefixes(this, flow->peer.family, prefix))
		{
			key.net = mobility_ip_mask(&flow->peer, prefix);
			key.prefix = prefix;
			dst = this->dsts->get(this->dsts, &key);
			route = dst ? mobility_fib_entry_lookup(dst, flow) : NULL;
		}
	}
	return route;
}

/**
 * Check if a table would have a route if no next hops were passed over: then the
 * rules that follow are not for this flow
 */
static bool has_passed(private_mobility_fib_t *this, uint32_t table,
					   const mobility_route_query_t *flow)
{
	mobility_route_query_t all = *flow;

	all.passed_count = 0;
	return flow->passed_count && find_route(this, table, &all);
}

METHOD(mobility_fib_t, lookup, mobility_fib_result_t,
	private_mobility_fib_t *this, uint32_t table,
	const mobility_route_query_t *flow, const mobility_route_t **route)
{
	*route = find_route(this, table, flow);
	if (!*route)
	{
		return has_passed(this, table, flow) ? MOBILITY_FIB_UNREACHABLE
											 : MOBILITY_FIB_NONE;
	}
	if ((*route)->type == RTN_THROW)
	{
		return MOBILITY_FIB_NONE;
	}
	return (*route)->type == RTN_UNICAST ? MOBILITY_FIB_ROUTE
										 : MOBILITY_FIB_UNREACHABLE;
}

METHOD(mobility_fib_t, has_link, bool,
	private_mobility_fib_t *this, int ifindex)
{
	enumerator_t *enumerator;
	mobility_fib_entry_t *dst;
	bool found = FALSE;

	enumerator = this->dsts->create_enumerator(this->dsts);
	while (!found && enumerator->enumerate(enumerator, NULL, &dst))
	{
		found = mobility_fib_entry_has_link(dst, ifindex);
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(mobility_fib_t, sync_begin, void,
	private_mobility_fib_t *this)
{
	this->generation++;
}

METHOD(mobility_fib_t, sync_end, mobility_change_t,
	private_mobility_fib_t *this)
{
	enumerator_t *enumerator;
	mobility_fib_entry_t *dst;
	bool changed = FALSE;

	this->full = FALSE;
	enumerator = this->dsts->create_enumerator(this->dsts);
	while (enumerator->enumerate(enumerator, NULL, &dst))
	{
		this->count -= array_count(dst->routes);
		changed |= mobility_fib_entry_sweep(dst, this->generation);
		this->count += array_count(dst->routes);
		if (!array_count(dst->routes))
		{
			this->dsts->remove_at(this->dsts, enumerator);
			destroy_dst(this, dst);
		}
	}
	enumerator->destroy(enumerator);
	return changed ? MOBILITY_CHANGE_ROUTE : MOBILITY_CHANGE_NONE;
}

METHOD(mobility_fib_t, destroy, void,
	private_mobility_fib_t *this)
{
	enumerator_t *enumerator;
	mobility_fib_entry_t *dst;

	enumerator = this->dsts->create_enumerator(this->dsts);
	while (enumerator->enumerate(enumerator, NULL, &dst))
	{
		mobility_fib_entry_destroy(dst);
	}
	enumerator->destroy(enumerator);
	this->dsts->destroy(this->dsts);
	free(this);
}

/*
 * Described in header.
 */
mobility_fib_t *mobility_fib_create(uint32_t charon_table)
{
	private_mobility_fib_t *this;

	INIT(this,
		.public = {
			.process = _process,
			.lookup = _lookup,
			.has_link = _has_link,
			.sync_begin = _sync_begin,
			.sync_end = _sync_end,
			.destroy = _destroy,
		},
		.dsts = hashtable_create((hashtable_hash_t)key_hash,
								 (hashtable_equals_t)key_equals, 32),
		.charon_table = charon_table,
	);
	return &this->public;
}
