/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

#include "anchor/way_back.h"
#include "anchor/way_back_plan.h"
#include "net/uplinks.h"
#include "path/pin_tables.h"

#include <daemon.h>
#include <threading/mutex.h>

/** default ports of charon */
#define IKE_PORT 500
#define IKE_NATT_PORT 4500

typedef struct private_mobility_way_back_t private_mobility_way_back_t;

/**
 * Private data of a mobility_way_back_t object.
 */
struct private_mobility_way_back_t {

	/**
	 * Public interface.
	 */
	mobility_way_back_t public;

	/**
	 * Socket for requests.
	 */
	mobility_rtnl_t *rtnl;

	/**
	 * Knows the uplinks.
	 */
	mobility_monitor_t *monitor;

	/**
	 * Settings.
	 */
	mobility_settings_t *settings;

	/**
	 * Tables of uplinks.
	 */
	mobility_pin_tables_t *tables;

	/**
	 * Those that are in use, mobility_hop_t*.
	 */
	array_t *hops;

	/**
	 * What is installed, mobility_way_back_rule_t.
	 */
	array_t *rules;

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
 * Add or remove a rule.
 */
static int manage(private_mobility_way_back_t *this, bool add,
				  const mobility_way_back_rule_t *rule)
{
	char buf[256] __attribute__((aligned(MNL_ALIGNTO)));
	struct fib_rule_port_range port = {
		.start = rule->port,
		.end = rule->port,
	};
	struct nlmsghdr *nlh;
	struct fib_rule_hdr *hdr;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = add ? RTM_NEWRULE : RTM_DELRULE;
	nlh->nlmsg_flags = add ? NLM_F_CREATE | NLM_F_EXCL : 0;
	hdr = mnl_nlmsg_put_extra_header(nlh, sizeof(*hdr));
	hdr->family = rule->family;
	hdr->src_len = mobility_ip_bits(&rule->local);
	hdr->action = FR_ACT_TO_TBL;
	if (hdr->src_len)
	{
		mnl_attr_put(nlh, FRA_SRC, hdr->src_len / 8, rule->local.bytes);
		mnl_attr_put_u8(nlh, FRA_IP_PROTO, rule->proto);
	}
	else
	{
		mnl_attr_put_u32(nlh, FRA_SUPPRESS_PREFIXLEN, 0);
	}
	if (rule->port)
	{
		mnl_attr_put(nlh, FRA_SPORT_RANGE, sizeof(port), &port);
	}
	mnl_attr_put_u32(nlh, FRA_TABLE, rule->table);
	mnl_attr_put_strz(nlh, FRA_IIFNAME, "lo");
	mnl_attr_put_u32(nlh, FRA_PRIORITY, MOBILITY_WAY_BACK_PRIORITY);
	mnl_attr_put_u8(nlh, FRA_PROTOCOL, MOBILITY_RTPROT);
	return this->rtnl->request(this->rtnl, nlh);
}

/**
 * Log that the kernel refused something, prominently if it is news.
 */
static void log_refused(private_mobility_way_back_t *this, int error)
{
	dbg(DBG_NET, error == this->refused ? 2 : 1, "mobility: clients may be "
		"answered over another uplink than they use, the kernel refuses a rule "
		"or route: %s", strerror(error));
	this->refused = error;
}

/**
 * Add rules that are not there yet, in their order.  Returns how many were added.
 */
static u_int add_all(private_mobility_way_back_t *this, array_t *rules)
{
	mobility_way_back_rule_t rule;
	u_int added = 0;
	int i, error;

	for (i = 0; i < array_count(rules); i++)
	{
		array_get(rules, i, &rule);
		error = manage(this, TRUE, &rule);
		if (error && error != EEXIST)
		{
			log_refused(this, error);
		}
		added += !error;
	}
	return added;
}

/**
 * Remove rules, the last one first.
 */
static void del_all(private_mobility_way_back_t *this, array_t *rules)
{
	mobility_way_back_rule_t rule;
	int i;

	for (i = array_count(rules) - 1; i >= 0; i--)
	{
		array_get(rules, i, &rule);
		manage(this, FALSE, &rule);
	}
}

/**
 * Get the rules that are not among others.
 */
static array_t *get_surplus(array_t *rules, array_t *others)
{
	mobility_way_back_rule_t rule, other;
	array_t *surplus;
	bool found;
	int i, j;

	surplus = array_create(sizeof(rule), 0);
	for (i = 0; i < array_count(rules); i++)
	{
		array_get(rules, i, &rule);
		found = FALSE;
		for (j = 0; !found && j < array_count(others); j++)
		{
			array_get(others, j, &other);
			found = memeq(&rule, &other, sizeof(rule));
		}
		if (!found)
		{
			array_insert(surplus, ARRAY_TAIL, &rule);
		}
	}
	return surplus;
}

/**
 * mobility_uplink_filter_t
 */
static bool use_uplink(void *data, const char *ifname, bool tunnel)
{
	private_mobility_way_back_t *this = data;
	mobility_uplink_policy_t config;

	this->settings->get_uplink(this->settings, NULL, ifname, tunnel, &config);
	return config.use;
}

METHOD(mobility_way_back_t, is_wanted, bool,
	private_mobility_way_back_t *this)
{
	mobility_gateway_config_t gateway;
	mobility_config_t config;

	this->settings->get(this->settings, NULL, &config);
	this->settings->get_gateway(this->settings, NULL, &gateway);
	return config.pin_paths && gateway.mobility;
}

/**
 * Collect the paths from this host's addresses to anywhere, if any are wanted.
 */
static array_t *collect_paths(private_mobility_way_back_t *this)
{
	static const int families[] = { AF_INET, AF_INET6 };
	array_t *paths;
	host_t *any;
	int i;

	paths = array_create(0, 0);
	for (i = 0; i < countof(families) && is_wanted(this); i++)
	{
		any = host_create_any(families[i]);
		this->monitor->get_paths(this->monitor, any, use_uplink, this, paths);
		any->destroy(any);
	}
	return paths;
}

/**
 * Give rules the tables of their uplinks.  Returns the tables.
 */
static array_t *get_tables(private_mobility_way_back_t *this, array_t *rules)
{
	mobility_way_back_rule_t *rule;
	enumerator_t *enumerator;
	mobility_hop_t *hop;
	array_t *hops;
	int error;

	hops = array_create(0, 0);
	enumerator = array_create_enumerator(rules);
	while (enumerator->enumerate(enumerator, &rule))
	{
		if (!rule->path)
		{
			continue;
		}
		hop = this->tables->get(this->tables, rule->path, &error);
		if (!hop)
		{
			log_refused(this, error);
			array_remove_at(rules, enumerator);
			continue;
		}
		array_insert(hops, ARRAY_TAIL, hop);
		rule->table = hop->route.table;
		rule->path = NULL;
	}
	enumerator->destroy(enumerator);
	return hops;
}

/**
 * Drop the references to tables.
 */
static void put_tables(private_mobility_way_back_t *this, array_t *hops)
{
	mobility_hop_t *hop;

	while (array_remove(hops, ARRAY_TAIL, &hop))
	{
		this->tables->put(this->tables, hop);
	}
	array_destroy(hops);
}

/**
 * Log what is new.
 */
static void log_news(array_t *rules)
{
	mobility_way_back_rule_t rule;
	host_t *host;
	int i;

	for (i = 0; i < array_count(rules); i++)
	{
		array_get(rules, i, &rule);
		if (rule.proto == IPPROTO_ESP)
		{
			host = mobility_ip_to_host(&rule.local);
			DBG1(DBG_NET, "mobility: IKE and ESP from %H leave by the uplink "
				 "that has this address", host);
			host->destroy(host);
		}
	}
}

/**
 * Have other rules than until now: what both have stays there all the time.
 */
static void apply(private_mobility_way_back_t *this, array_t *rules)
{
	array_t *missing, *surplus, *hops;

	hops = get_tables(this, rules);
	missing = get_surplus(rules, this->rules);
	surplus = get_surplus(this->rules, rules);
	add_all(this, missing);
	log_news(missing);
	del_all(this, surplus);
	put_tables(this, this->hops);
	this->hops = hops;
	array_destroy(this->rules);
	this->rules = rules;
	array_destroy(missing);
	array_destroy(surplus);
}

METHOD(mobility_way_back_t, update, void,
	private_mobility_way_back_t *this)
{
	uint16_t ports[] = {
		charon->socket->get_port(charon->socket, FALSE) ?: IKE_PORT,
		charon->socket->get_port(charon->socket, TRUE) ?: IKE_NATT_PORT,
	};
	array_t *paths;

	this->mutex->lock(this->mutex);
	paths = collect_paths(this);
	apply(this, mobility_way_back_plan(paths, ports));
	mobility_paths_destroy(paths);
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_way_back_t, restore, void,
	private_mobility_way_back_t *this)
{
	u_int restored;

	this->mutex->lock(this->mutex);
	restored = add_all(this, this->rules);
	if (array_count(this->hops))
	{
		restored += this->tables->restore(this->tables);
	}
	if (restored)
	{	/* their order counts, and these are behind the others */
		del_all(this, this->rules);
		add_all(this, this->rules);
		DBG1(DBG_NET, "mobility: %u of our rules and routes to answer clients "
			 "over the uplink that they use were gone", restored);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_way_back_t, destroy, void,
	private_mobility_way_back_t *this)
{
	del_all(this, this->rules);
	array_destroy(this->rules);
	put_tables(this, this->hops);
	this->tables->destroy(this->tables);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_way_back_t *mobility_way_back_create(mobility_rtnl_t *rtnl,
											  mobility_monitor_t *monitor,
											  mobility_settings_t *settings)
{
	private_mobility_way_back_t *this;

	INIT(this,
		.public = {
			.is_wanted = _is_wanted,
			.update = _update,
			.restore = _restore,
			.destroy = _destroy,
		},
		.rtnl = rtnl,
		.monitor = monitor,
		.settings = settings,
		.tables = mobility_pin_tables_create(rtnl,
									settings->get_pin_table(settings) +
									MOBILITY_PIN_TABLES / 2),
		.hops = array_create(0, 0),
		.rules = array_create(sizeof(mobility_way_back_rule_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
