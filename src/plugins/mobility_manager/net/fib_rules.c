/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <sys/socket.h>
#include <linux/fib_rules.h>

#include "net/fib_rules.h"

#include <utils/debug.h>

/** rules that we are willing to store */
#define RULES_MAX 4096

/** highest attribute of a rule that we know about */
#define FRA_LAST FRA_DPORT_RANGE

/** highest attribute of a rule that later kernels may have */
#define FRA_FUTURE 47

/** suppress_prefixlength and suppress_ifgroup are not set */
#define NO_SUPPRESS 0xffffffff

typedef struct private_mobility_fib_rules_t private_mobility_fib_rules_t;

/**
 * Private data
 */
struct private_mobility_fib_rules_t {

	/**
	 * Public interface.
	 */
	mobility_fib_rules_t public;

	/**
	 * Rules by priority, rule_t*.
	 */
	array_t *rules;

	/**
	 * Table that is ignored.
	 */
	uint32_t charon_table;

	/**
	 * Priority behind which no rule for all packets keeps any from leaving.
	 */
	uint32_t passed;

	/**
	 * Number of the current resync.
	 */
	u_int generation;
};

/**
 * What a rule says, compared as a whole
 */
typedef struct {
	/** address family */
	uint8_t family;
	/** FR_ACT_* */
	uint8_t action;
	/** matches what it does not describe */
	bool invert;
	/** is about something else than what all packets of a path have in common,
	 * for instance ports */
	bool special;
	/** never describes packets of this host, for instance of a VRF */
	bool foreign;
	/** carries our protocol id */
	bool own;
	/** lengths of the prefixes below */
	uint8_t src_prefix, dst_prefix;
	/** source and destination address */
	mobility_ip_t src, dst;
	/** interfaces, empty for any */
	char iif[IFNAMSIZ], oif[IFNAMSIZ];
	/** order among the rules */
	uint32_t priority;
	/** table to look up */
	uint32_t table;
	/** priority of the rule to go to */
	uint32_t target;
	/** mark and mask of packets */
	uint32_t mark, mask;
	/** routes to ignore: by prefix length (or shorter), by group of the link */
	uint32_t suppress_prefix, suppress_group;
} spec_t;

/**
 * A rule
 */
typedef struct {
	/** what it says */
	spec_t spec;
	/** resync that saw it last */
	u_int generation;
} rule_t;

/**
 * Read what packets a rule is about, besides addresses
 */
static void parse_selectors(const struct fib_rule_hdr *hdr,
							const struct nlattr *tb[], spec_t *spec)
{
	struct fib_rule_uid_range uids;
	uint8_t l3mdev = 0;
	int i;

	if (mobility_netlink_get_u32(tb[FRA_FWMARK], &spec->mark))
	{
		spec->mask = 0xffffffff;
	}
	mobility_netlink_get_u32(tb[FRA_FWMASK], &spec->mask);
	mobility_netlink_get_str(tb[FRA_IIFNAME], spec->iif, sizeof(spec->iif));
	mobility_netlink_get_str(tb[FRA_OIFNAME], spec->oif, sizeof(spec->oif));

	spec->special = tb[FRA_IP_PROTO] || tb[FRA_SPORT_RANGE] ||
					tb[FRA_DPORT_RANGE];
	for (i = FRA_LAST + 1; i <= FRA_FUTURE; i++)
	{
		spec->special |= tb[i] != NULL;
	}

	mobility_netlink_get_u8(tb[FRA_L3MDEV], &l3mdev);
	spec->foreign = hdr->tos || l3mdev || tb[FRA_TUN_ID];
	if (tb[FRA_UID_RANGE] &&
		mnl_attr_get_payload_len(tb[FRA_UID_RANGE]) == sizeof(uids))
	{	/* the kernel's packets, and those of charon, are root's */
		memcpy(&uids, mnl_attr_get_payload(tb[FRA_UID_RANGE]), sizeof(uids));
		spec->foreign |= uids.start > 0;
	}
}

/**
 * Read an address prefix of a rule
 */
static bool parse_prefix(const struct nlattr *attr, int family, u_int len,
						 mobility_ip_t *ip, uint8_t *prefix)
{
	*prefix = len;
	if (!len)
	{
		return TRUE;
	}
	return mobility_netlink_get_ip(attr, family, ip) &&
		   len <= mobility_ip_bits(ip);
}

/**
 * Read a rule message
 */
static bool parse_rule(const struct nlmsghdr *nlh, spec_t *spec)
{
	const struct nlattr *tb[FRA_FUTURE + 1];
	const struct fib_rule_hdr *hdr;
	uint8_t protocol = 0;

	if (!mobility_netlink_parse(nlh, sizeof(*hdr), tb, FRA_FUTURE))
	{
		return FALSE;
	}
	hdr = mnl_nlmsg_get_payload(nlh);
	if (hdr->family != AF_INET && hdr->family != AF_INET6)
	{
		return FALSE;
	}
	memset(spec, 0, sizeof(*spec));
	spec->family = hdr->family;
	spec->action = hdr->action;
	spec->table = hdr->table;
	spec->invert = (hdr->flags & FIB_RULE_INVERT) != 0;
	spec->suppress_prefix = spec->suppress_group = NO_SUPPRESS;

	mobility_netlink_get_u32(tb[FRA_PRIORITY], &spec->priority);
	mobility_netlink_get_u32(tb[FRA_TABLE], &spec->table);
	mobility_netlink_get_u32(tb[FRA_GOTO], &spec->target);
	mobility_netlink_get_u32(tb[FRA_SUPPRESS_PREFIXLEN],
							 &spec->suppress_prefix);
	mobility_netlink_get_u32(tb[FRA_SUPPRESS_IFGROUP], &spec->suppress_group);
	mobility_netlink_get_u8(tb[FRA_PROTOCOL], &protocol);
	spec->own = protocol == MOBILITY_RTPROT;
	parse_selectors(hdr, tb, spec);

	return parse_prefix(tb[FRA_SRC], hdr->family, hdr->src_len,
						&spec->src, &spec->src_prefix) &&
		   parse_prefix(tb[FRA_DST], hdr->family, hdr->dst_len,
						&spec->dst, &spec->dst_prefix);
}

/**
 * Add a rule behind those of the same priority
 */
static mobility_change_t add_rule(private_mobility_fib_rules_t *this,
								  const spec_t *spec)
{
	rule_t *rule;
	int i, pos = 0;

	for (i = 0; i < array_count(this->rules); i++)
	{
		array_get(this->rules, i, &rule);
		if (memeq(&rule->spec, spec, sizeof(*spec)))
		{
			rule->generation = this->generation;
			return MOBILITY_CHANGE_NONE;
		}
		if (rule->spec.priority <= spec->priority)
		{
			pos = i + 1;
		}
	}
	if (array_count(this->rules) >= RULES_MAX)
	{
		return MOBILITY_CHANGE_NONE;
	}
	INIT(rule,
		.generation = this->generation,
	);
	memcpy(&rule->spec, spec, sizeof(*spec));
	array_insert(this->rules, pos, rule);
	return MOBILITY_CHANGE_RULE;
}

/**
 * Remove the rule at an index
 */
static mobility_change_t del_rule(private_mobility_fib_rules_t *this, int i)
{
	rule_t *rule;

	array_remove(this->rules, i, &rule);
	free(rule);
	return MOBILITY_CHANGE_RULE;
}

METHOD(mobility_fib_rules_t, process, mobility_change_t,
	private_mobility_fib_rules_t *this, const struct nlmsghdr *nlh)
{
	rule_t *rule;
	spec_t spec;
	int i;

	if (!parse_rule(nlh, &spec))
	{
		return MOBILITY_CHANGE_NONE;
	}
	if (spec.own)
	{
		return nlh->nlmsg_type == RTM_NEWRULE ? MOBILITY_CHANGE_NONE
											  : MOBILITY_CHANGE_PIN_LOST;
	}
	if (spec.table == this->charon_table)
	{
		return MOBILITY_CHANGE_NONE;
	}
	if (nlh->nlmsg_type == RTM_NEWRULE)
	{
		return add_rule(this, &spec);
	}
	for (i = 0; i < array_count(this->rules); i++)
	{
		array_get(this->rules, i, &rule);
		if (memeq(&rule->spec, &spec, sizeof(spec)))
		{
			return del_rule(this, i);
		}
	}
	return MOBILITY_CHANGE_NONE;
}

/**
 * Check if a rule applies to the packets of a path over an interface
 */
static bool matches(const spec_t *spec, const mobility_link_t *link,
					const mobility_route_query_t *flow)
{
	bool match;

	if (spec->special)
	{
		return FALSE;
	}
	match = !spec->foreign && !(spec->mark & spec->mask) &&
			(!spec->iif[0] || streq(spec->iif, "lo")) &&
			(!spec->oif[0] || (link && streq(spec->oif, link->ifname))) &&
			(!spec->src_prefix ||
			 mobility_ip_in(&flow->local, &spec->src, spec->src_prefix)) &&
			(!spec->dst_prefix ||
			 mobility_ip_in(&flow->peer, &spec->dst, spec->dst_prefix));
	return match != spec->invert;
}

/**
 * Check if a rule applies to all packets of this host, or all without a mark
 */
static bool is_general(const spec_t *spec)
{
	bool general = !spec->foreign && !(spec->mark & spec->mask) &&
				   (!spec->iif[0] || streq(spec->iif, "lo")) && !spec->oif[0] &&
				   !spec->src_prefix && !spec->dst_prefix;

	return !spec->special && general != spec->invert;
}

/**
 * Check if pinned packets pass a rule that says that none may leave: what is for
 * all of them is no statement about the peer
 */
static bool is_passed(private_mobility_fib_rules_t *this, const spec_t *spec,
					  const mobility_route_query_t *flow)
{
	return !flow->unpinned && spec->priority > this->passed &&
		   is_general(spec);
}

/**
 * Check if a route of the table of a rule only says that there is no other
 */
static bool is_last_resort(const spec_t *spec, const mobility_route_t *route)
{
	return route && !route->prefix && spec->table != RT_TABLE_MAIN &&
		   spec->table != RT_TABLE_DEFAULT;
}

/**
 * Check if a rule ignores the route that was found
 */
static bool suppresses(const spec_t *spec, const mobility_link_t *link,
					   const mobility_route_t *route)
{
	if (spec->suppress_prefix != NO_SUPPRESS &&
		route->prefix <= spec->suppress_prefix)
	{
		return TRUE;
	}
	return spec->suppress_group != NO_SUPPRESS && link &&
		   spec->suppress_group == link->group;
}

/**
 * Find the rule a goto leads to, the current one if there is none (yet)
 */
static int find_target(private_mobility_fib_rules_t *this, int i)
{
	rule_t *rule, *current;
	int j;

	array_get(this->rules, i, &current);
	for (j = i + 1; j < array_count(this->rules); j++)
	{
		array_get(this->rules, j, &rule);
		if (rule->spec.family == current->spec.family &&
			rule->spec.priority == current->spec.target)
		{	/* the caller goes on with the one that follows */
			return j - 1;
		}
	}
	return i;
}

/**
 * Look up a route without any rules
 */
static const mobility_route_t *lookup_default(mobility_fib_t *routes,
											  const mobility_route_query_t *flow)
{
	static const uint32_t tables[] = {
		RT_TABLE_LOCAL, RT_TABLE_MAIN, RT_TABLE_DEFAULT,
	};
	const mobility_route_t *route;
	mobility_fib_result_t verdict = MOBILITY_FIB_NONE;
	int i;

	for (i = 0; verdict == MOBILITY_FIB_NONE && i < countof(tables); i++)
	{
		verdict = routes->lookup(routes, tables[i], flow, &route);
	}
	return verdict == MOBILITY_FIB_ROUTE ? route : NULL;
}

/**
 * Apply a rule that matches, TRUE if it decides
 */
static bool apply_rule(private_mobility_fib_rules_t *this,
					   mobility_fib_t *routes, const mobility_link_t *link,
					   const mobility_route_query_t *flow, int *i,
					   const mobility_route_t **route)
{
	rule_t *rule;
	bool passed;

	*route = NULL;
	array_get(this->rules, *i, &rule);
	switch (rule->spec.action)
	{
		case FR_ACT_TO_TBL:
			switch (routes->lookup(routes, rule->spec.table, flow, route))
			{
				case MOBILITY_FIB_ROUTE:
					return !suppresses(&rule->spec, link, *route);
				case MOBILITY_FIB_UNREACHABLE:
					passed = is_last_resort(&rule->spec, *route) &&
							 is_passed(this, &rule->spec, flow);
					*route = NULL;
					return !passed;
				case MOBILITY_FIB_NONE:
					break;
			}
			return FALSE;
		case FR_ACT_GOTO:
			*i = find_target(this, *i);
			return FALSE;
		case FR_ACT_BLACKHOLE:
		case FR_ACT_UNREACHABLE:
		case FR_ACT_PROHIBIT:
			return !is_passed(this, &rule->spec, flow);
		default:
			return FALSE;
	}
}

METHOD(mobility_fib_rules_t, set_passed, void,
	private_mobility_fib_rules_t *this, uint32_t priority)
{
	this->passed = priority;
}

METHOD(mobility_fib_rules_t, get_front, uint32_t,
	private_mobility_fib_rules_t *this, uint32_t priority)
{
	const spec_t *spec;
	rule_t *rule;
	int i;

	for (i = 0; i < array_count(this->rules); i++)
	{
		array_get(this->rules, i, &rule);
		spec = &rule->spec;
		if (spec->priority > 1 && spec->priority <= priority &&
			spec->action != FR_ACT_NOP && spec->table != RT_TABLE_LOCAL &&
			is_general(spec))
		{	/* they are in order */
			return max(spec->priority, 3) - 2;
		}
	}
	return priority;
}

METHOD(mobility_fib_rules_t, lookup, const mobility_route_t*,
	private_mobility_fib_rules_t *this, mobility_fib_t *routes,
	const mobility_link_t *link, const mobility_route_query_t *flow)
{
	const mobility_route_t *route;
	bool known = FALSE;
	rule_t *rule;
	int i;

	for (i = 0; i < array_count(this->rules); i++)
	{
		array_get(this->rules, i, &rule);
		if (rule->spec.family != flow->peer.family)
		{
			continue;
		}
		known = TRUE;
		if (matches(&rule->spec, link, flow) &&
			apply_rule(this, routes, link, flow, &i, &route))
		{
			return route;
		}
	}
	/* a kernel without policy routing has no rules */
	return known ? NULL : lookup_default(routes, flow);
}

METHOD(mobility_fib_rules_t, sync_begin, void,
	private_mobility_fib_rules_t *this)
{
	this->generation++;
}

METHOD(mobility_fib_rules_t, sync_end, mobility_change_t,
	private_mobility_fib_rules_t *this)
{
	mobility_change_t change = MOBILITY_CHANGE_NONE;
	rule_t *rule;
	int i;

	for (i = array_count(this->rules) - 1; i >= 0; i--)
	{
		array_get(this->rules, i, &rule);
		if (rule->generation != this->generation)
		{
			change |= del_rule(this, i);
		}
	}
	return change;
}

METHOD(mobility_fib_rules_t, destroy, void,
	private_mobility_fib_rules_t *this)
{
	array_destroy_function(this->rules, (void*)free, NULL);
	free(this);
}

/*
 * Described in header.
 */
mobility_fib_rules_t *mobility_fib_rules_create(uint32_t charon_table)
{
	private_mobility_fib_rules_t *this;

	INIT(this,
		.public = {
			.process = _process,
			.lookup = _lookup,
			.set_passed = _set_passed,
			.get_front = _get_front,
			.sync_begin = _sync_begin,
			.sync_end = _sync_end,
			.destroy = _destroy,
		},
		.rules = array_create(0, 0),
		.charon_table = charon_table,
		.passed = UINT32_MAX,
	);
	return &this->public;
}
