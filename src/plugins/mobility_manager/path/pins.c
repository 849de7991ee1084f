/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <errno.h>

#include "path/pins.h"
#include "path/pin_tables.h"
#include "path/pin_routes.h"

#include <collections/linked_list.h>
#include <threading/mutex.h>
#include <utils/debug.h>

typedef struct private_mobility_pins_t private_mobility_pins_t;

/**
 * Private data
 */
struct private_mobility_pins_t {

	/**
	 * Public interface.
	 */
	mobility_pins_t public;

	/**
	 * Socket for requests.
	 */
	mobility_rtnl_t *rtnl;

	/**
	 * Priority of rules.
	 */
	uint32_t priority;

	/**
	 * Pins, pin_t*.
	 */
	linked_list_t *pins;

	/**
	 * Where they lead to.
	 */
	mobility_pin_tables_t *hops;

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
 * A pin
 */
typedef struct {
	/** rule */
	mobility_pin_routes_rule_t rule;
	/** where the rule leads to */
	mobility_hop_t *hop;
	/** number of references */
	u_int refs;
} pin_t;

/**
 * Log that the kernel refused something, prominently if it is news
 */
static void log_refused(private_mobility_pins_t *this, const char *what,
						const mobility_path_t *path, int error)
{
	const char *remedy = "";

	switch (error)
	{
		case EPERM:
			remedy = ": charon needs CAP_NET_ADMIN, or set pin_paths = no";
			break;
		case EOPNOTSUPP:
		case EAFNOSUPPORT:
			remedy = ": the kernel needs policy routing "
					 "(CONFIG_IP_MULTIPLE_TABLES, "
					 "CONFIG_IPV6_MULTIPLE_TABLES), or set pin_paths = no";
			break;
	}
	dbg(DBG_NET, error == this->refused ? 2 : 1,
		"installing a %s for %H === %H over %s failed, %s%s", what,
		path->local, path->remote, path->ifname, strerror(error), remedy);
	this->refused = error;
}

/**
 * Find the pin of a path, for packets with a mark or for all of them
 */
static pin_t *find_marked(private_mobility_pins_t *this,
						  const mobility_path_id_t *id, uint32_t mark)
{
	enumerator_t *enumerator;
	pin_t *pin, *found = NULL;

	enumerator = this->pins->create_enumerator(this->pins);
	while (!found && enumerator->enumerate(enumerator, &pin))
	{
		if (pin->rule.mark == mark && pin->hop->route.ifindex == id->ifindex &&
			mobility_ip_equals(&pin->rule.local, &id->local) &&
			mobility_ip_equals(&pin->rule.peer, &id->remote))
		{
			found = pin;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Find the pin of a path
 */
static pin_t *find_pin(private_mobility_pins_t *this,
					   const mobility_path_id_t *id)
{
	return find_marked(this, id, 0);
}

/**
 * Move rules for the same addresses behind a new one: if an address moved to
 * another uplink it is the later pin that counts
 */
static void yield_to(private_mobility_pins_t *this, pin_t *pin)
{
	enumerator_t *enumerator;
	pin_t *other;

	enumerator = this->pins->create_enumerator(this->pins);
	while (enumerator->enumerate(enumerator, &other))
	{
		if (other != pin && other->rule.mark == pin->rule.mark &&
			mobility_ip_equals(&other->rule.local, &pin->rule.local) &&
			mobility_ip_equals(&other->rule.peer, &pin->rule.peer))
		{
			mobility_pin_routes_del_rule(this->rtnl, &other->rule);
			mobility_pin_routes_add_rule(this->rtnl, &other->rule);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Let a pin lead over the next hop of a path, after it, whatever it is, is in
 * place
 */
static bool set_hop(private_mobility_pins_t *this, pin_t *pin,
					const mobility_path_t *path)
{
	mobility_pin_routes_rule_t rule = pin->rule;
	mobility_hop_t *hop;
	int error;

	hop = this->hops->get(this->hops, path, &error);
	if (!hop)
	{
		log_refused(this, "route", path, error);
		return FALSE;
	}
	if (pin->hop && pin->hop != hop && !hop->route.mtu && pin->hop->route.mtu &&
		mobility_ip_equals(&pin->hop->route.gateway, &hop->route.gateway))
	{	/* it is what the same next hop takes, whatever the route says now */
		this->hops->limit(this->hops, hop, pin->hop->route.mtu);
	}
	rule.table = hop->route.table;
	error = mobility_pin_routes_add_rule(this->rtnl, &rule);
	if (error)
	{
		log_refused(this, "rule", path, error);
		this->hops->put(this->hops, hop);
		return FALSE;
	}
	if (pin->hop && pin->hop != hop)
	{
		mobility_pin_routes_del_rule(this->rtnl, &pin->rule);
	}
	if (pin->hop)
	{
		this->hops->put(this->hops, pin->hop);
	}
	pin->rule = rule;
	pin->hop = hop;
	return TRUE;
}

/**
 * Remove a pin from the kernel and destroy it
 */
static void pin_destroy(private_mobility_pins_t *this, pin_t *pin)
{
	mobility_pin_routes_del_rule(this->rtnl, &pin->rule);
	this->hops->put(this->hops, pin->hop);
	free(pin);
}

/**
 * Get the priority of rules: those for packets with a mark have to come first
 */
static uint32_t get_priority(private_mobility_pins_t *this, uint32_t mark)
{
	return mark && this->priority ? this->priority - 1 : this->priority;
}

/**
 * Create the pin of a path, NULL if the kernel refused it
 */
static pin_t *create_pin(private_mobility_pins_t *this,
						 const mobility_path_t *path, uint32_t mark)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	pin_t *pin;

	INIT(pin,
		.rule = {
			.local = id.local,
			.peer = id.remote,
			.priority = get_priority(this, mark),
			.mark = mark,
		},
	);
	if (!set_hop(this, pin, path))
	{
		free(pin);
		return NULL;
	}
	yield_to(this, pin);
	this->pins->insert_last(this->pins, pin);
	return pin;
}

METHOD(mobility_pins_t, add, bool,
	private_mobility_pins_t *this, const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	bool added;
	pin_t *pin;

	this->mutex->lock(this->mutex);
	pin = find_pin(this, &id);
	if (pin)
	{
		added = set_hop(this, pin, path);
	}
	else
	{
		pin = create_pin(this, path, 0);
		added = pin != NULL;
	}
	if (added)
	{
		pin->refs++;
		this->refused = 0;
	}
	this->mutex->unlock(this->mutex);
	return added;
}

/**
 * Drop a reference to a pin
 */
static void put_pin(private_mobility_pins_t *this,
					const mobility_path_id_t *id, uint32_t mark)
{
	pin_t *pin;

	this->mutex->lock(this->mutex);
	pin = find_marked(this, id, mark);
	if (pin && --pin->refs == 0)
	{
		this->pins->remove(this->pins, pin, NULL);
		pin_destroy(this, pin);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_pins_t, remove_, void,
	private_mobility_pins_t *this, const mobility_path_id_t *id)
{
	put_pin(this, id, 0);
}

METHOD(mobility_pins_t, mark, bool,
	private_mobility_pins_t *this, const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	pin_t *pin = NULL;
	bool marked;

	this->mutex->lock(this->mutex);
	/* at 0 nothing comes first */
	if (this->priority)
	{
		pin = find_marked(this, &id, MOBILITY_MARK) ?:
			  create_pin(this, path, MOBILITY_MARK);
	}
	marked = pin && mobility_hop_is_for(pin->hop, path);
	if (marked)
	{
		pin->refs++;
	}
	this->mutex->unlock(this->mutex);
	return marked;
}

METHOD(mobility_pins_t, unmark, void,
	private_mobility_pins_t *this, const mobility_path_id_t *id)
{
	put_pin(this, id, MOBILITY_MARK);
}

METHOD(mobility_pins_t, update, void,
	private_mobility_pins_t *this, const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	pin_t *pin;

	this->mutex->lock(this->mutex);
	pin = find_pin(this, &id);
	if (pin && !mobility_hop_is_for(pin->hop, path))
	{
		set_hop(this, pin, path);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_pins_t, limit, bool,
	private_mobility_pins_t *this, const mobility_path_t *path, uint32_t mtu)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	int error = ENOENT;
	pin_t *pin;

	this->mutex->lock(this->mutex);
	pin = find_pin(this, &id);
	if (pin)
	{
		error = this->hops->limit(this->hops, pin->hop, mtu);
		if (error)
		{
			log_refused(this, "route with an MTU", path, error);
		}
	}
	this->mutex->unlock(this->mutex);
	return !error;
}

METHOD(mobility_pins_t, get_limit, uint32_t,
	private_mobility_pins_t *this, const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	uint32_t mtu = 0;
	pin_t *pin;

	this->mutex->lock(this->mutex);
	pin = find_pin(this, &id);
	if (pin)
	{
		mtu = pin->hop->route.mtu;
	}
	this->mutex->unlock(this->mutex);
	return mtu;
}

METHOD(mobility_pins_t, get_gateway, bool,
	private_mobility_pins_t *this, const mobility_path_t *path,
	mobility_ip_t *gateway)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	pin_t *pin;

	this->mutex->lock(this->mutex);
	pin = find_pin(this, &id);
	if (pin)
	{
		*gateway = pin->hop->route.gateway;
	}
	this->mutex->unlock(this->mutex);
	return pin != NULL;
}

/**
 * Have the rule of a pin at another priority
 */
static void move_rule(private_mobility_pins_t *this, pin_t *pin)
{
	mobility_pin_routes_rule_t old = pin->rule;
	int error;

	pin->rule.priority = get_priority(this, pin->rule.mark);
	error = mobility_pin_routes_add_rule(this->rtnl, &pin->rule);
	if (error)
	{
		DBG1(DBG_NET, "mobility: moving the rule for table %u failed: %s",
			 pin->rule.table, strerror(error));
	}
	mobility_pin_routes_del_rule(this->rtnl, &old);
}

METHOD(mobility_pins_t, set_priority, void,
	private_mobility_pins_t *this, uint32_t priority)
{
	array_t *pins;
	pin_t *pin;

	this->mutex->lock(this->mutex);
	if (priority != this->priority)
	{
		DBG1(DBG_NET, "mobility: others have changed their routing rules, ours "
			 "have priority %u now", priority);
		this->priority = priority;
		/* of those for the same addresses the latest one comes first */
		pins = array_create(0, 0);
		while (this->pins->remove_last(this->pins, (void**)&pin) == SUCCESS)
		{
			array_insert(pins, ARRAY_HEAD, pin);
			move_rule(this, pin);
		}
		while (array_remove(pins, ARRAY_HEAD, &pin))
		{
			this->pins->insert_last(this->pins, pin);
		}
		array_destroy(pins);
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Check if a rule is among those the kernel has
 */
static bool is_installed(const mobility_pin_routes_rule_t *rule,
						 array_t *installed)
{
	mobility_pin_routes_rule_t current;
	int i;

	for (i = 0; array_get(installed, i, &current); i++)
	{
		if (current.table == rule->table &&
			current.priority == rule->priority &&
			current.mark == rule->mark &&
			mobility_ip_equals(&current.local, &rule->local) &&
			mobility_ip_equals(&current.peer, &rule->peer))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Install rules again that are gone
 */
static u_int restore_rules(private_mobility_pins_t *this)
{
	enumerator_t *enumerator;
	array_t *installed;
	u_int restored = 0;
	pin_t *pin;
	int error;

	installed = mobility_pin_routes_get_rules(this->rtnl);
	if (!installed)
	{
		return 0;
	}
	enumerator = this->pins->create_enumerator(this->pins);
	while (enumerator->enumerate(enumerator, &pin))
	{
		if (!is_installed(&pin->rule, installed))
		{
			error = mobility_pin_routes_add_rule(this->rtnl, &pin->rule);
			if (error)
			{
				DBG1(DBG_NET, "mobility: restoring the rule for table %u "
					 "failed: %s", pin->rule.table, strerror(error));
			}
			restored += !error;
		}
	}
	enumerator->destroy(enumerator);
	array_destroy(installed);
	return restored;
}

METHOD(mobility_pins_t, restore, u_int,
	private_mobility_pins_t *this)
{
	u_int restored = 0;

	this->mutex->lock(this->mutex);
	if (this->pins->get_count(this->pins))
	{
		restored = this->hops->restore(this->hops) + restore_rules(this);
	}
	this->mutex->unlock(this->mutex);

	if (restored)
	{
		DBG1(DBG_NET, "mobility: %u of our routing rules and routes were gone",
			 restored);
	}
	return restored;
}

METHOD(mobility_pins_t, destroy, void,
	private_mobility_pins_t *this)
{
	pin_t *pin;

	while (this->pins->remove_last(this->pins, (void**)&pin) == SUCCESS)
	{
		pin_destroy(this, pin);
	}
	this->pins->destroy(this->pins);
	this->hops->destroy(this->hops);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_pins_t *mobility_pins_create(mobility_rtnl_t *rtnl, uint32_t priority,
									  uint32_t table)
{
	private_mobility_pins_t *this;
	u_int swept;

	swept = mobility_pin_routes_sweep(rtnl);
	if (swept)
	{
		DBG1(DBG_NET, "mobility: removed %u rules and routes that were left "
			 "behind", swept);
	}
	INIT(this,
		.public = {
			.add = _add,
			.remove = _remove_,
			.update = _update,
			.limit = _limit,
			.get_limit = _get_limit,
			.get_gateway = _get_gateway,
			.set_priority = _set_priority,
			.mark = _mark,
			.unmark = _unmark,
			.restore = _restore,
			.destroy = _destroy,
		},
		.rtnl = rtnl,
		.priority = priority,
		.pins = linked_list_create(),
		.hops = mobility_pin_tables_create(rtnl, table),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
