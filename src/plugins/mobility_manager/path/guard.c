/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <sys/socket.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "path/guard.h"
#include "path/guard_plan.h"
#include "net/uplinks.h"

#include <threading/mutex.h>
#include <utils/debug.h>

/** Metrics of routes, so that both kinds may be there of one network. */
#define METRIC_THROW 1
#define METRIC_UNREACHABLE 2

typedef struct private_mobility_guard_t private_mobility_guard_t;

/**
 * Private data of a mobility_guard_t object.
 */
struct private_mobility_guard_t {

	/**
	 * Public interface.
	 */
	mobility_guard_t public;

	/**
	 * Socket for requests.
	 */
	mobility_rtnl_t *rtnl;

	/**
	 * Priority of the exceptions, followed by those of the rules that look up
	 * the table for protocols and for what is forwarded, and of the end: when
	 * the kernel deletes a rule it does not compare what the request leaves out.
	 */
	uint32_t priority;

	/**
	 * Table.
	 */
	uint32_t table;

	/**
	 * What sessions want to be guarded, claim_t*.
	 */
	array_t *claims;

	/**
	 * Names of uplinks, char[IFNAMSIZ].
	 */
	array_t *uplinks;

	/**
	 * Networks that charon lets past tunnels, mobility_net_t.
	 */
	array_t *passes;

	/**
	 * What is installed, mobility_guard_item_t.
	 */
	array_t *plan;

	/**
	 * What the kernel refused last, errno, to log it once.
	 */
	int refused;

	/**
	 * Locks all of it.
	 */
	mutex_t *mutex;
};

/**
 * What a session wants to be guarded.
 */
typedef struct {
	/** session */
	void *session;
	/** networks behind the gateway, mobility_net_t */
	array_t *nets;
	/** addresses of the gateway, mobility_ip_t */
	array_t *peers;
} claim_t;

/**
 * Destroy a claim.
 */
static void claim_destroy(claim_t *claim)
{
	array_destroy(claim->nets);
	array_destroy(claim->peers);
	free(claim);
}

/**
 * Append all elements of an array to another one, both with elements of a size
 * that space is big enough for.
 */
static void append(array_t *array, array_t *other, void *space)
{
	int i;

	for (i = 0; i < array_count(other); i++)
	{
		array_get(other, i, space);
		array_insert(array, ARRAY_TAIL, space);
	}
}

/**
 * Check if two arrays have the same elements of a size, in the same order.
 */
static bool equal_arrays(array_t *a, array_t *b, size_t size)
{
	char x[size], y[size];
	int i;

	if (array_count(a) != array_count(b))
	{
		return FALSE;
	}
	for (i = 0; i < array_count(a); i++)
	{
		array_get(a, i, x);
		array_get(b, i, y);
		if (!memeq(x, y, size))
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Add or remove a route.
 */
static int manage_route(private_mobility_guard_t *this, uint16_t flags,
						const mobility_guard_item_t *item)
{
	bool throw = item->kind == MOBILITY_GUARD_THROW;
	mobility_rtnl_route_t route = {
		.dst = item->dst,
		.table = this->table,
		.metric = throw ? METRIC_THROW : METRIC_UNREACHABLE,
		.type = throw ? RTN_THROW : RTN_UNREACHABLE,
		.protocol = MOBILITY_RTPROT,
	};

	return mobility_rtnl_change_route(this->rtnl, flags, &route);
}

/**
 * Have a rule look up the table for packets of this host.
 */
static void put_lookup(private_mobility_guard_t *this, struct nlmsghdr *nlh,
					   struct fib_rule_hdr *hdr)
{
	hdr->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(nlh, FRA_TABLE, this->table);
	mnl_attr_put_strz(nlh, FRA_IIFNAME, "lo");
}

/**
 * Build a request about a rule.
 */
static void put_rule(private_mobility_guard_t *this, struct nlmsghdr *nlh,
					 const mobility_guard_item_t *item)
{
	struct fib_rule_hdr *hdr;
	uint32_t priority = this->priority;

	hdr = mnl_nlmsg_put_extra_header(nlh, sizeof(*hdr));
	hdr->family = item->family;
	switch (item->kind)
	{
		case MOBILITY_GUARD_LOOKUP:
			mnl_attr_put_u8(nlh, FRA_IP_PROTO, item->proto);
			put_lookup(this, nlh, hdr);
			priority += 1;
			break;
		case MOBILITY_GUARD_FORWARD:
			hdr->flags = FIB_RULE_INVERT;
			put_lookup(this, nlh, hdr);
			priority += 2;
			break;
		case MOBILITY_GUARD_END:
			hdr->action = FR_ACT_NOP;
			priority += 3;
			break;
		default:
			hdr->action = FR_ACT_GOTO;
			mnl_attr_put_u32(nlh, FRA_GOTO, this->priority + 3);
			break;
	}
	if (item->ifname[0])
	{
		mnl_attr_put_strz(nlh, FRA_OIFNAME, item->ifname);
	}
	if (item->dst.prefix)
	{
		hdr->dst_len = item->dst.prefix;
		mnl_attr_put(nlh, FRA_DST, mobility_ip_bits(&item->dst.net) / 8,
					 item->dst.net.bytes);
	}
	mnl_attr_put_u32(nlh, FRA_PRIORITY, priority);
	mnl_attr_put_u8(nlh, FRA_PROTOCOL, MOBILITY_RTPROT);
}

/**
 * Add or remove a rule or route.
 */
static int manage(private_mobility_guard_t *this, bool add,
				  const mobility_guard_item_t *item)
{
	char buf[256] __attribute__((aligned(MNL_ALIGNTO)));
	uint16_t flags = add ? NLM_F_CREATE | NLM_F_EXCL : 0;
	struct nlmsghdr *nlh;

	if (item->kind == MOBILITY_GUARD_UNREACHABLE ||
		item->kind == MOBILITY_GUARD_THROW)
	{
		return manage_route(this, flags, item);
	}
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = add ? RTM_NEWRULE : RTM_DELRULE;
	nlh->nlmsg_flags = flags;
	put_rule(this, nlh, item);
	return this->rtnl->request(this->rtnl, nlh);
}

/**
 * Add what is not there yet.  Returns the number of rules and routes that were
 * added.
 */
static u_int add_all(private_mobility_guard_t *this, array_t *items)
{
	mobility_guard_item_t item;
	u_int added = 0;
	int i, error;

	for (i = 0; i < array_count(items); i++)
	{
		array_get(items, i, &item);
		error = manage(this, TRUE, &item);
		if (error && error != EEXIST)
		{
			dbg(DBG_NET, error == this->refused ? 2 : 1, "mobility: nothing "
				"keeps out of the clear what belongs into tunnels, the kernel "
				"refuses a %s: %s", item.kind < MOBILITY_GUARD_END ? "route" :
				"rule", strerror(error));
			this->refused = error;
		}
		added += !error;
	}
	return added;
}

/**
 * Remove rules and routes, the last one first.
 */
static void del_all(private_mobility_guard_t *this, array_t *items)
{
	mobility_guard_item_t item;

	while (array_remove(items, ARRAY_TAIL, &item))
	{
		manage(this, FALSE, &item);
	}
}

/**
 * Find out what has to be installed.
 */
static array_t *create_plan(private_mobility_guard_t *this)
{
	mobility_guard_wish_t wish = {
		.nets = array_create(sizeof(mobility_net_t), 0),
		.peers = array_create(sizeof(mobility_ip_t), 0),
		.passes = this->passes,
		.uplinks = this->uplinks,
	};
	mobility_net_t net;
	mobility_ip_t ip;
	claim_t *claim;
	array_t *plan;
	int i;

	for (i = 0; i < array_count(this->claims); i++)
	{
		array_get(this->claims, i, &claim);
		append(wish.nets, claim->nets, &net);
		append(wish.peers, claim->peers, &ip);
	}
	plan = mobility_guard_plan(&wish);
	array_destroy(wish.nets);
	array_destroy(wish.peers);
	return plan;
}

/**
 * Install what has to be, and nothing else.
 */
static void apply(private_mobility_guard_t *this)
{
	array_t *plan, *missing, *surplus;

	plan = create_plan(this);
	missing = mobility_guard_plan_without(plan, this->plan);
	surplus = mobility_guard_plan_without(this->plan, plan);
	add_all(this, missing);
	del_all(this, surplus);
	array_destroy(missing);
	array_destroy(surplus);
	array_destroy(this->plan);
	this->plan = plan;
}

/**
 * Find the claim of a session, -1 if it has none.
 */
static int find_claim(private_mobility_guard_t *this, void *session,
					  claim_t **claim)
{
	int i;

	for (i = 0; i < array_count(this->claims); i++)
	{
		array_get(this->claims, i, claim);
		if ((*claim)->session == session)
		{
			return i;
		}
	}
	return -1;
}

METHOD(mobility_guard_t, set, void,
	private_mobility_guard_t *this, void *session, array_t *nets,
	array_t *peers)
{
	mobility_net_t net;
	mobility_ip_t ip;
	claim_t *claim;
	int i;

	this->mutex->lock(this->mutex);
	i = find_claim(this, session, &claim);
	if (i >= 0 ? !equal_arrays(claim->nets, nets, sizeof(net)) ||
				 !equal_arrays(claim->peers, peers, sizeof(ip))
			   : array_count(nets) > 0)
	{
		if (i >= 0)
		{
			array_remove(this->claims, i, NULL);
			claim_destroy(claim);
		}
		if (array_count(nets))
		{
			INIT(claim,
				.session = session,
				.nets = array_create(sizeof(net), 0),
				.peers = array_create(sizeof(ip), 0),
			);
			append(claim->nets, nets, &net);
			append(claim->peers, peers, &ip);
			array_insert(this->claims, ARRAY_TAIL, claim);
		}
		apply(this);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Replace an array that the plan is made of, with elements of a size.
 */
static void replace(private_mobility_guard_t *this, array_t **old, array_t *new,
					size_t size)
{
	bool changed;

	this->mutex->lock(this->mutex);
	changed = !equal_arrays(*old, new, size);
	array_destroy(*old);
	*old = new;
	if (changed)
	{
		apply(this);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_guard_t, set_uplinks, void,
	private_mobility_guard_t *this, array_t *uplinks)
{
	replace(this, &this->uplinks, uplinks, IFNAMSIZ);
}

METHOD(mobility_guard_t, set_passes, void,
	private_mobility_guard_t *this, array_t *passes)
{
	replace(this, &this->passes, passes, sizeof(mobility_net_t));
}

METHOD(mobility_guard_t, restore, void,
	private_mobility_guard_t *this)
{
	u_int restored;

	this->mutex->lock(this->mutex);
	restored = add_all(this, this->plan);
	this->mutex->unlock(this->mutex);
	if (restored)
	{
		DBG1(DBG_NET, "mobility: %u of our rules and routes that keep out of "
			 "the clear what belongs into tunnels were gone", restored);
	}
}

METHOD(mobility_guard_t, destroy, void,
	private_mobility_guard_t *this)
{
	del_all(this, this->plan);
	array_destroy(this->plan);
	array_destroy_function(this->claims, (void*)claim_destroy, NULL);
	array_destroy(this->uplinks);
	array_destroy(this->passes);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_guard_t *mobility_guard_create(mobility_rtnl_t *rtnl,
										uint32_t priority, uint32_t table)
{
	private_mobility_guard_t *this;

	INIT(this,
		.public = {
			.set = _set,
			.set_uplinks = _set_uplinks,
			.set_passes = _set_passes,
			.restore = _restore,
			.destroy = _destroy,
		},
		.rtnl = rtnl,
		.priority = priority,
		.table = table,
		.claims = array_create(0, 0),
		.plan = array_create(sizeof(mobility_guard_item_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
