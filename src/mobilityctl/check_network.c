/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Asks the kernel itself, with what the plugin reads its answers with: that a
 * daemon does not run or was never able to start is a reason to check, so it
 * can't be asked for what it knows.  What a rule says is judged for any packet
 * of any peer here, the plugin does for those of a given path.
 */

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "net/route.h"
#include "net/rtnl.h"
#include "net/uplinks.h"

/** loopback interface, the same in each network namespace */
#define LO_INDEX 1

typedef struct rules_t rules_t;

/** Priority of the rule for the main table. */
#define RULE_MAIN 32766

/**
 * What is needed to judge rules.
 */
struct rules_t {
	/** the check */
	ctl_check_t *check;
	/** priority of our rules */
	uint32_t priority;
	/** they have that one, whatever others do */
	bool fixed;
	/** table with routes into tunnels */
	uint32_t charon_table;
	/** priority of the rule for that */
	uint32_t charon_priority;
	/** address family */
	int family;
	/** tables that have routes, as uint32_t */
	array_t *tables;
	/** number of problems */
	u_int problems;
	/** a rule that packets to peers pass, 0 if there is none */
	uint32_t passed;
};

/**
 * Pass what the kernel has of a family.  Returns an error number.
 */
static int dump(uint16_t type, int family, mobility_nlsocket_cb_t cb,
				void *data)
{
	mobility_rtnl_t *rtnl;
	int error;

	rtnl = mobility_rtnl_create();
	if (!rtnl)
	{
		return errno;
	}
	error = rtnl->dump(rtnl, type, family, RTPROT_UNSPEC, cb, data);
	rtnl->destroy(rtnl);
	return error;
}

CALLBACK(add_uplinks, void,
	ctl_check_t *this, const struct nlmsghdr *nlh)
{
	mobility_route_msg_t msg;
	mobility_route_t route;
	char name[IFNAMSIZ];

	/* only default routes, not those of tunnels, nor our own */
	if (!mobility_route_msg_parse(nlh, &msg) || msg.prefix ||
		msg.route.type != RTN_UNICAST || msg.route.own ||
		msg.table == lib->settings->get_int(lib->settings, "%s.routing_table",
											220, this->ns))
	{
		return;
	}
	while (mobility_route_msg_next(&msg, &route))
	{
		if (if_indextoname(route.oif, name) && !streq(name, "lo"))
		{
			ctl_check_add_uplink(this, name);
		}
	}
}

/*
 * Described in header.
 */
void ctl_check_find_uplinks(ctl_check_t *this)
{
	int error;

	error = dump(RTM_GETROUTE, AF_INET, add_uplinks, this) ?:
			dump(RTM_GETROUTE, AF_INET6, add_uplinks, this);
	if (error)
	{
		this->problem(this, "network", "run this as root",
					  "the kernel's routes can't be read: %s",
					  strerror(error));
	}
}

/**
 * Read the reverse path filter of an interface, or of all.
 */
static int get_rp_filter(ctl_check_t *this, const char *name)
{
	char value[16];

	ctl_check_read(this, value, sizeof(value),
				   "/proc/sys/net/ipv4/conf/%s/rp_filter", name);
	return atoi(value);
}

/**
 * Check if the paths of all connections are pinned.
 */
static bool are_paths_pinned(ctl_check_t *this)
{
	enumerator_t *enumerator;
	mobility_config_t config;
	char *name;

	this->settings->get(this->settings, NULL, &config);
	enumerator = lib->settings->create_section_enumerator(lib->settings,
						"%s.plugins.mobility-manager.connections", this->ns);
	while (config.pin_paths && enumerator->enumerate(enumerator, &name))
	{
		this->settings->get(this->settings, name, &config);
	}
	enumerator->destroy(enumerator);
	return config.pin_paths;
}

/**
 * Report that the filter of an interface is strict: that is for those who do
 * not pin paths to change.
 */
static void report_strict(ctl_check_t *this, const char *name, bool own,
						  bool pinned)
{
	char text[256], remedy[256];

	snprintf(text, sizeof(text), "the kernel's reverse path filter is strict "
			 "on %s (net.ipv4.conf.%s.rp_filter = 1)", name,
			 own ? name : "all");
	if (pinned)
	{
		this->passed(this, "rp-filter", "%s, but lets packets of paths in, as "
					 "these are pinned", text);
		return;
	}
	/* dots within a name, as VLANs have, are no separators then */
	snprintf(remedy, sizeof(remedy), strchr(name, '.') ?
			 "sysctl -w net/ipv4/conf/%s/rp_filter=2, and the same in a file "
			 "in /etc/sysctl.d, or set pin_paths = yes" :
			 "sysctl -w net.ipv4.conf.%s.rp_filter=2, and the same in a file "
			 "in /etc/sysctl.d, or set pin_paths = yes", name);
	this->problem(this, "rp-filter", remedy, "%s: while another uplink is "
				  "preferred, packets of the peer that arrive there are "
				  "dropped unless their path is pinned, and pin_paths is no",
				  text);
}

/*
 * Described in header.
 */
void ctl_check_rp_filter(ctl_check_t *this)
{
	bool strict = FALSE, pinned;
	enumerator_t *enumerator;
	int all, own;
	char *name;

	pinned = are_paths_pinned(this);
	all = get_rp_filter(this, "all");
	enumerator = array_create_enumerator(this->uplinks);
	while (enumerator->enumerate(enumerator, &name))
	{
		own = get_rp_filter(this, name);
		/* the kernel uses the larger one, and 2 is the loose one */
		if (max(all, own) == 1)
		{
			strict = TRUE;
			report_strict(this, name, own == 1, pinned);
		}
	}
	enumerator->destroy(enumerator);
	if (!strict)
	{
		this->passed(this, "rp-filter", "the reverse path filter is off or "
					 "loose on all uplinks");
	}
}

CALLBACK(add_table, void,
	rules_t *this, const struct nlmsghdr *nlh)
{
	mobility_route_msg_t msg;

	if (mobility_route_msg_parse(nlh, &msg))
	{
		array_insert(this->tables, ARRAY_TAIL, &msg.table);
	}
}

/**
 * Check if a table has routes.
 */
static bool has_routes(rules_t *this, uint32_t table)
{
	uint32_t current;
	int i;

	for (i = 0; array_get(this->tables, i, &current); i++)
	{
		if (current == table)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Check if a rule is about packets that IKE or ESP never are: such that are
 * marked, come in by an interface, or are of another protocol.
 */
static bool is_unrelated(const struct fib_rule_hdr *rule,
						 const struct nlattr *tb[])
{
	uint32_t mark = 0, mask = 0;
	char iif[IFNAMSIZ];
	uint8_t proto = 0;

	mobility_netlink_get_u32(tb[FRA_FWMARK], &mark);
	mobility_netlink_get_u32(tb[FRA_FWMASK], &mask);
	if (mark && mask && !(rule->flags & FIB_RULE_INVERT))
	{
		return TRUE;
	}
	if (mobility_netlink_get_str(tb[FRA_IIFNAME], iif, sizeof(iif)) &&
		!streq(iif, "lo"))
	{
		return TRUE;
	}
	if (tb[FRA_L3MDEV] || tb[FRA_OIFNAME] || tb[FRA_UID_RANGE])
	{
		return TRUE;
	}
	return mobility_netlink_get_u8(tb[FRA_IP_PROTO], &proto) &&
		   proto != IPPROTO_UDP && proto != IPPROTO_ESP;
}

/**
 * Check if a rule leads to a route, or ends the search for one.
 */
static bool has_effect(rules_t *this, const struct fib_rule_hdr *rule,
					   uint32_t table)
{
	switch (rule->action)
	{
		case FR_ACT_TO_TBL:
			return table != RT_TABLE_LOCAL && has_routes(this, table);
		case FR_ACT_BLACKHOLE:
		case FR_ACT_UNREACHABLE:
		case FR_ACT_PROHIBIT:
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Write an address of a rule with its prefix.
 */
static void print_net(int family, const struct nlattr *attr, int bits,
					  char *buf, size_t len)
{
	mobility_ip_t ip;
	host_t *host;

	if (!bits || !mobility_netlink_get_ip(attr, family, &ip))
	{
		snprintf(buf, len, "anywhere");
		return;
	}
	host = mobility_ip_to_host(&ip);
	snprintf(buf, len, "%H/%d", host, bits);
	host->destroy(host);
}

/**
 * Write what a rule does.
 */
static void print_rule(rules_t *this, const struct fib_rule_hdr *rule,
					   const struct nlattr *tb[], uint32_t table,
					   char *buf, size_t len)
{
	char from[64];

	print_net(this->family, tb[FRA_SRC], rule->src_len, from, sizeof(from));
	if (rule->action == FR_ACT_TO_TBL)
	{
		snprintf(buf, len, "has packets from %s look up table %u", from, table);
	}
	else
	{
		snprintf(buf, len, "drops packets from %s", from);
	}
}

/**
 * Report that a rule decides by which uplink packets to a peer leave.
 */
static void report_in_front(rules_t *this, uint32_t priority, const char *what)
{
	char remedy[256];

	this->problems++;
	snprintf(remedy, sizeof(remedy), "give that rule a number greater than %u, "
			 "or set charon.plugins.mobility-manager.pin_priority = %u in "
			 "strongswan.conf and restart charon", this->priority,
			 priority > 1 ? priority - 1 : 1);
	this->check->problem(this->check, "rules", remedy,
						 "the %s routing rule %u %s and comes before ours "
						 "(%u), so it decides by which uplink packets to the "
						 "peer leave",
						 this->family == AF_INET ? "IPv4" : "IPv6", priority,
						 what, this->priority);
}

/**
 * Report that a rule comes before the one for routes into tunnels.  If ours come
 * before that, they also lead into tunnels, but not by default routes.
 */
static void report_before_tunnels(rules_t *this, uint32_t priority,
								  const char *what)
{
	const char *family = this->family == AF_INET ? "IPv4" : "IPv6";
	char remedy[256];

	snprintf(remedy, sizeof(remedy), "%sgive that rule a number greater than "
			 "%u, as it gets if what adds it is started before charon",
			 priority > this->priority ? "" : "if that is not meant, ",
			 this->charon_priority);
	if (priority > this->priority)
	{
		this->problems++;
		this->check->problem(this->check, "rules", remedy, "the %s routing rule "
							 "%u %s and comes before that of charon (%u), so "
							 "what belongs into a tunnel may go there instead",
							 family, priority, what, this->charon_priority);
		return;
	}
	this->check->hint(this->check, "rules", remedy, "the %s routing rule %u %s "
					  "and comes before that of charon (%u), so a tunnel for "
					  "everything only gets what that leaves", family, priority,
					  what, this->charon_priority);
}

CALLBACK(judge_rule, void,
	rules_t *this, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[FRA_MAX + 1];
	struct fib_rule_hdr *rule;
	uint32_t priority = 0, table;
	uint8_t protocol = 0;
	char what[128];

	if (!mobility_netlink_parse(nlh, sizeof(*rule), tb, FRA_MAX))
	{
		return;
	}
	rule = mnl_nlmsg_get_payload(nlh);
	table = rule->table;
	mobility_netlink_get_u32(tb[FRA_TABLE], &table);
	mobility_netlink_get_u32(tb[FRA_PRIORITY], &priority);
	mobility_netlink_get_u8(tb[FRA_PROTOCOL], &protocol);
	/* a rule for one destination hardly is for that of a peer */
	if (protocol == MOBILITY_RTPROT || rule->dst_len ||
		is_unrelated(rule, tb) || !has_effect(this, rule, table))
	{
		return;
	}
	print_rule(this, rule, tb, table, what, sizeof(what));
	/* ours go before what is for all, see mobility_fib_rules_t.get_front() */
	if (priority <= this->priority &&
		(this->fixed || priority <= 1 || rule->src_len || tb[FRA_IP_PROTO]))
	{
		report_in_front(this, priority, what);
		return;
	}
	if (priority < RULE_MAIN && table != RT_TABLE_MAIN &&
		table != this->charon_table)
	{
		this->passed = this->passed ?: priority;
		if (priority < this->charon_priority)
		{
			report_before_tunnels(this, priority, what);
		}
	}
}

/*
 * Described in header.
 */
void ctl_check_rules(ctl_check_t *this)
{
	int families[] = { AF_INET, AF_INET6 }, i;
	mobility_config_t config;
	rules_t rules = {
		.check = this,
		.priority = this->settings->get_pin_priority(this->settings),
		.fixed = this->settings->is_pin_priority_fixed(this->settings),
		.charon_table = lib->settings->get_int(lib->settings,
										"%s.routing_table", 220, this->ns),
		.charon_priority = lib->settings->get_int(lib->settings,
									"%s.routing_table_prio", 220, this->ns),
	};

	this->settings->get(this->settings, NULL, &config);
	if (!config.pin_paths)
	{
		this->passed(this, "rules", "paths are not pinned, so no rule is in "
					 "front of ours");
		return;
	}
	for (i = 0; i < countof(families); i++)
	{
		rules.family = families[i];
		rules.tables = array_create(sizeof(uint32_t), 0);
		if (!dump(RTM_GETROUTE, families[i], add_table, &rules))
		{
			dump(RTM_GETRULE, families[i], judge_rule, &rules);
		}
		array_destroy(rules.tables);
	}
	if (rules.passed)
	{
		this->passed(this, "rules", "packets to peers pass rules of others, such "
					 "as %u: that of a kill switch is only obeyed with a "
					 "pin_priority above its own", rules.passed);
	}
	if (!rules.problems)
	{
		this->passed(this, "rules", "no routing rule in front of ours (%u) "
					 "catches packets to a peer", rules.priority);
	}
}

CALLBACK(report_way_back, void,
	ctl_check_t *this, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[FRA_MAX + 1];
	struct fib_rule_hdr *rule;
	uint8_t own = 0, proto = 0;
	mobility_ip_t ip;
	host_t *host;

	if (!mobility_netlink_parse(nlh, sizeof(*rule), tb, FRA_MAX))
	{
		return;
	}
	rule = mnl_nlmsg_get_payload(nlh);
	mobility_netlink_get_u8(tb[FRA_PROTOCOL], &own);
	mobility_netlink_get_u8(tb[FRA_IP_PROTO], &proto);
	if (own == MOBILITY_RTPROT && proto == IPPROTO_ESP &&
		mobility_netlink_get_ip(tb[FRA_SRC], rule->family, &ip))
	{
		host = mobility_ip_to_host(&ip);
		this->passed(this, "gateway-uplinks", "clients that use %H are "
					 "answered over the uplink that has this address, which is "
					 "not that of the default route", host);
		host->destroy(host);
	}
}

/*
 * Described in header.
 */
void ctl_check_way_back(ctl_check_t *this)
{
	mobility_config_t config;

	dump(RTM_GETRULE, AF_INET, report_way_back, this);
	dump(RTM_GETRULE, AF_INET6, report_way_back, this);
	this->settings->get(this->settings, NULL, &config);
	if (!config.pin_paths && array_count(this->uplinks) > 1)
	{
		this->hint(this, "gateway-uplinks", "set pin_paths = yes, or add rules "
				   "for the addresses of the other uplinks", "clients that use "
				   "another uplink than that of the default route are answered "
				   "over the latter, as pin_paths is no");
	}
}

/**
 * What is needed to judge interfaces.
 */
typedef struct {
	/** the check */
	ctl_check_t *check;
	/** number of problems, or hints */
	u_int problems;
} interfaces_t;

/**
 * Collect the attributes in another one.
 */
static void parse_nested(const struct nlattr *attr, const struct nlattr *tb[],
						 u_int max)
{
	mobility_netlink_parse_data(attr ? mnl_attr_get_payload(attr) : NULL,
								attr ? mnl_attr_get_payload_len(attr) : 0,
								tb, max);
}

/**
 * Read the name and ID of an XFRM interface.  Returns FALSE if it is none.
 */
static bool is_xfrm(const struct nlattr *tb[], char *name, uint32_t *if_id)
{
	const struct nlattr *info[IFLA_INFO_DATA + 1], *data[IFLA_XFRM_IF_ID + 1];
	char kind[16];

	parse_nested(tb[IFLA_LINKINFO], info, IFLA_INFO_DATA);
	parse_nested(info[IFLA_INFO_DATA], data, IFLA_XFRM_IF_ID);
	return mobility_netlink_get_str(info[IFLA_INFO_KIND], kind, sizeof(kind)) &&
		   streq(kind, "xfrm") &&
		   mobility_netlink_get_str(tb[IFLA_IFNAME], name, IFNAMSIZ) &&
		   mobility_netlink_get_u32(data[IFLA_XFRM_IF_ID], if_id);
}

CALLBACK(judge_interface, void,
	interfaces_t *this, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[IFLA_LINK_NETNSID + 1];
	char name[IFNAMSIZ], lower[IFNAMSIZ], remedy[256];
	uint32_t link = 0, if_id;

	if (!mobility_netlink_parse(nlh, sizeof(struct ifinfomsg), tb,
								IFLA_LINK_NETNSID))
	{
		return;
	}
	mobility_netlink_get_u32(tb[IFLA_LINK], &link);
	if (link == LO_INDEX || tb[IFLA_LINK_NETNSID] ||
		!is_xfrm(tb, name, &if_id) || !if_indextoname(link, lower))
	{
		return;
	}
	this->problems++;
	snprintf(remedy, sizeof(remedy), "create it without one: ip link del %s; "
			 "ip link add %s type xfrm if_id %u, with its addresses and routes; "
			 "in systemd-networkd's [Xfrm] section that is Independent=yes",
			 name, name, if_id);
	this->check->problem(this->check, "xfrm-interfaces", remedy,
						 "the XFRM interface %s is bound to %s: what manages "
						 "the network may create and remove it with that one, "
						 "whichever uplink its tunnels use, and with that in a "
						 "VRF they use no other", name, lower);
}

CALLBACK(judge_vrf, void,
	interfaces_t *this, const struct nlmsghdr *nlh)
{
	const struct nlattr *tb[IFLA_LINKINFO + 1], *info[IFLA_INFO_SLAVE_KIND + 1];
	char name[IFNAMSIZ], kind[16], remedy[128];

	if (!mobility_netlink_parse(nlh, sizeof(struct ifinfomsg), tb,
								IFLA_LINKINFO))
	{
		return;
	}
	parse_nested(tb[IFLA_LINKINFO], info, IFLA_INFO_SLAVE_KIND);
	if (mobility_netlink_get_str(info[IFLA_INFO_SLAVE_KIND], kind,
								 sizeof(kind)) && streq(kind, "vrf") &&
		mobility_netlink_get_str(tb[IFLA_IFNAME], name, sizeof(name)))
	{
		this->problems++;
		snprintf(remedy, sizeof(remedy), "if it is to be an uplink, take it out: "
				 "ip link set %s nomaster", name);
		this->check->hint(this->check, "vrf", remedy, "%s is in a VRF, so no "
						  "session uses it", name);
	}
}

/*
 * Described in header.
 */
void ctl_check_vrf(ctl_check_t *this)
{
	interfaces_t interfaces = {
		.check = this,
	};

	if (!dump(RTM_GETLINK, AF_UNSPEC, judge_vrf, &interfaces) &&
		!interfaces.problems)
	{
		this->passed(this, "vrf", "no interface is in a VRF");
	}
}

/*
 * Described in header.
 */
void ctl_check_xfrm_interfaces(ctl_check_t *this)
{
	interfaces_t interfaces = {
		.check = this,
	};

	if (!dump(RTM_GETLINK, AF_UNSPEC, judge_interface, &interfaces) &&
		!interfaces.problems)
	{
		this->passed(this, "xfrm-interfaces", "no XFRM interface is bound to "
					 "an uplink");
	}
}
