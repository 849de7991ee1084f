/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "path/candidates.h"
#include "path/next_hops.h"
#include "net/netlink.h"

typedef struct private_mobility_candidates_t private_mobility_candidates_t;

/**
 * Private data of a mobility_candidates_t object.
 */
struct private_mobility_candidates_t {

	/**
	 * Public interface.
	 */
	mobility_candidates_t public;

	/**
	 * Name of the connection.
	 */
	const char *connection;

	/**
	 * Settings.
	 */
	mobility_settings_t *settings;

	/**
	 * Network monitor.
	 */
	mobility_monitor_t *monitor;

	/**
	 * Policy routing.
	 */
	mobility_pins_t *pins;

	/**
	 * Whether to pin paths.
	 */
	bool pinning;

	/**
	 * Paths to try by preference, mobility_candidate_t*.
	 */
	array_t *paths;

	/**
	 * More of them, for when some of these are put aside.
	 */
	array_t *spare;

	/**
	 * Addresses the peer was at that are this host's own now, mobility_ip_t;
	 * NULL if there are none.
	 */
	array_t *own;

	/**
	 * Sum of the hashes of the paths collected last.
	 */
	uint32_t digest;

	/**
	 * They were forgotten since, but for that sum.
	 */
	bool shrunk;

	/**
	 * Path in use when these were collected, NULL if none was.
	 */
	mobility_candidate_t *incumbent;

	/**
	 * Paths with a pin, mobility_path_id_t, NULL if there are none.
	 */
	array_t *pinned;

	/**
	 * Path of which packets with a mark take another next hop, not set if there
	 * is none.
	 */
	mobility_path_id_t marked;

	/**
	 * Paths of which another next hop is taken than the first one, with that,
	 * mobility_path_id_t; NULL if there are none.
	 */
	array_t *turned;
};

/**
 * Get the candidate at an index, those to try first; FALSE if there are no more.
 */
static bool get_candidate(private_mobility_candidates_t *this, int i,
						  mobility_candidate_t **candidate)
{
	int count = array_count(this->paths);

	return i < count ? array_get(this->paths, i, candidate)
					 : array_get(this->spare, i - count, candidate);
}

/**
 * Find the candidate whose path is the same, over whichever next hop.
 */
static mobility_candidate_t *find_equal(private_mobility_candidates_t *this,
										const mobility_path_id_t *id)
{
	mobility_candidate_t *candidate;
	mobility_path_id_t current;
	int i;

	for (i = 0; get_candidate(this, i, &candidate); i++)
	{
		if (candidate->path->ifindex == id->ifindex)
		{
			current = mobility_path_get_id(candidate->path);
			if (mobility_path_id_equals(&current, id))
			{
				return candidate;
			}
		}
	}
	return NULL;
}

/**
 * Find a path by its id, -1 if it is not there.
 */
static int find_id(array_t *ids, const mobility_path_id_t *id)
{
	mobility_path_id_t current;
	int i;

	for (i = 0; i < array_count(ids); i++)
	{
		array_get(ids, i, &current);
		if (mobility_path_id_equals(&current, id))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Replace the id of a path by one with another next hop, or add it.
 */
static void set_id(array_t **ids, const mobility_path_id_t *id)
{
	int i = find_id(*ids, id);

	if (i != -1)
	{
		array_remove(*ids, i, NULL);
	}
	array_insert_create_value(ids, sizeof(*id), ARRAY_TAIL, (void*)id);
}

METHOD(mobility_candidates_t, is_pinned, bool,
	private_mobility_candidates_t *this, const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);

	return find_id(this->pinned, &id) != -1;
}

/**
 * Hash what makes a path.
 */
static uint32_t hash_path(const mobility_path_t *path)
{
	uint32_t hash;

	hash = chunk_hash_inc(path->local->get_address(path->local),
						  path->ifindex);
	hash = chunk_hash_inc(path->remote->get_address(path->remote), hash);
	if (path->gateway)
	{
		hash = chunk_hash_inc(path->gateway->get_address(path->gateway), hash);
	}
	return hash;
}

/**
 * mobility_uplink_filter_t
 */
static bool use_uplink(void *data, const char *ifname, bool tunnel)
{
	private_mobility_candidates_t *this = data;
	mobility_uplink_policy_t config;

	this->settings->get_uplink(this->settings, this->connection, ifname,
							   tunnel, &config);
	return config.use;
}

/**
 * Check if the peer answers over a path, as far as is known.
 */
static bool is_proven(private_mobility_candidates_t *this,
					  const mobility_path_t *path,
					  const mobility_record_t *record)
{
	return (record->rtt && !record->failed) ||
		   (this->incumbent && mobility_path_equals(this->incumbent->path, path));
}

/**
 * Add what is configured about a path and known from experience.  That the peer
 * answers goes before what others have found who did not ask it.
 */
static void rate(private_mobility_candidates_t *this,
				 mobility_candidate_t *path, uint64_t now)
{
	mobility_uplink_policy_t config;
	mobility_record_t record;

	this->settings->get_uplink(this->settings, this->connection,
							   path->path->ifname, FALSE, &config);
	this->public.records->get(this->public.records, path->path, now, &record);
	path->preference = config.preference;
	if (path->preference == MOBILITY_DEMOTED &&
		is_proven(this, path->path, &record))
	{
		path->preference = MOBILITY_NORMAL;
	}
	path->has_cost = config.has_cost;
	path->cost = config.cost;
	path->rtt = record.rtt;
	path->aside = record.until != 0;
}

/**
 * Rate all paths, rank, and choose those to try.
 */
static void rank(private_mobility_candidates_t *this, uint64_t now)
{
	mobility_candidate_t *path;
	int i;

	while (array_remove(this->spare, ARRAY_TAIL, &path))
	{
		array_insert(this->paths, ARRAY_TAIL, path);
	}
	for (i = 0; i < array_count(this->paths); i++)
	{
		array_get(this->paths, i, &path);
		rate(this, path, now);
	}
	mobility_ranking_rank(this->paths, this->incumbent);
	mobility_ranking_limit(this->paths, this->incumbent, this->spare);
}

/**
 * Remove paths over which nothing leaves without a pin, those behind the first
 * ones.
 */
static void remove_closed(array_t *paths, int first)
{
	mobility_path_t *path;
	int i;

	for (i = array_count(paths) - 1; i >= first; i--)
	{
		array_get(paths, i, &path);
		if (path->closed)
		{
			array_remove(paths, i, NULL);
			mobility_path_destroy(path);
		}
	}
}

/**
 * Collect the paths to an address of the peer.
 */
static void collect_paths(private_mobility_candidates_t *this,
						  mobility_ip_t *ip, bool known, array_t *paths)
{
	host_t *remote = mobility_ip_to_host(ip);
	u_int count = array_count(paths);
	char owner[IFNAMSIZ];

	this->monitor->get_paths(this->monitor, remote, use_uplink, this, paths);
	if (!this->pinning)
	{
		remove_closed(paths, count);
	}
	if (known && array_count(paths) == count &&
		this->monitor->get_owner(this->monitor, remote, owner))
	{
		array_insert_create_value(&this->own, sizeof(*ip), ARRAY_TAIL, ip);
	}
	remote->destroy(remote);
}

/**
 * Collect the paths to all addresses of the peer.
 */
static array_t *collect_all(private_mobility_candidates_t *this,
							ike_sa_t *ike_sa)
{
	array_t *paths, *remotes;
	mobility_remotes_t *addresses = this->public.remotes;
	mobility_ip_t ip;
	int i;

	array_destroy(this->own);
	this->own = NULL;
	paths = array_create(0, 0);
	remotes = addresses->get(addresses, ike_sa);
	for (i = 0; i < array_count(remotes); i++)
	{
		array_get(remotes, i, &ip);
		collect_paths(this, &ip, !i || addresses->is_known(addresses, &ip),
					  paths);
	}
	array_destroy(remotes);
	return paths;
}

/**
 * Forget all paths, and the one in use.
 */
static void clear(private_mobility_candidates_t *this)
{
	array_destroy_function(this->paths, (void*)mobility_candidate_destroy,
						   NULL);
	array_destroy_function(this->spare, (void*)mobility_candidate_destroy,
						   NULL);
	mobility_candidate_destroy(this->incumbent);
	this->paths = array_create(0, 0);
	this->spare = array_create(0, 0);
	this->incumbent = NULL;
}

/**
 * Add a path, which is adopted, as a candidate, or as another next hop of one.
 */
static void add_path(private_mobility_candidates_t *this, mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	mobility_remotes_t *remotes = this->public.remotes;
	mobility_candidate_t *candidate;

	candidate = find_equal(this, &id);
	if (candidate)
	{
		mobility_next_hops_add(candidate, path);
		return;
	}
	candidate = mobility_candidate_create(path);
	candidate->known = remotes->is_known(remotes, &id.remote);
	array_insert(this->paths, ARRAY_TAIL, candidate);
}

/**
 * Take the next hop of a candidate that others have its packets take: another
 * session may have turned to it, and there is one pin for both.
 */
static void follow_pin(private_mobility_candidates_t *this,
					   mobility_candidate_t *candidate)
{
	mobility_ip_t gateway;
	mobility_path_id_t id;

	if (array_count(candidate->others) &&
		this->pins->get_gateway(this->pins, candidate->path, &gateway) &&
		mobility_next_hops_take(candidate, &gateway))
	{
		id = mobility_path_get_id(candidate->path);
		set_id(&this->turned, &id);
		if (find_id(this->pinned, &id) != -1)
		{
			set_id(&this->pinned, &id);
		}
	}
}

/**
 * Take the next hops that were taken before, as far as they are there.
 */
static void restore_hops(private_mobility_candidates_t *this)
{
	mobility_candidate_t *candidate;
	mobility_path_id_t id;
	int i;

	for (i = array_count(this->turned) - 1; i >= 0; i--)
	{
		array_get(this->turned, i, &id);
		candidate = find_equal(this, &id);
		if (!candidate || !mobility_next_hops_take(candidate, &id.gateway))
		{
			array_remove(this->turned, i, NULL);
		}
	}
	for (i = 0; get_candidate(this, i, &candidate); i++)
	{
		follow_pin(this, candidate);
	}
}

/**
 * Have other paths than before, which are adopted, and another one in use.
 */
static void set_paths(private_mobility_candidates_t *this, array_t *paths,
					  const mobility_path_t *incumbent)
{
	mobility_path_t *path;

	clear(this);
	while (array_remove(paths, ARRAY_HEAD, &path))
	{
		add_path(this, path);
	}
	array_destroy(paths);
	restore_hops(this);
	if (incumbent)
	{
		this->incumbent = mobility_candidate_create(
											mobility_path_clone(incumbent));
	}
}

/**
 * Check if a path, over its next hop, was there when these were collected.
 */
static bool was_there(private_mobility_candidates_t *this,
					  const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	mobility_candidate_t *candidate = find_equal(this, &id);

	return candidate && mobility_next_hops_have(candidate, &id.gateway);
}

METHOD(mobility_candidates_t, collect, bool,
	private_mobility_candidates_t *this, ike_sa_t *ike_sa,
	const mobility_path_t *incumbent, uint64_t now, bool *improved)
{
	mobility_path_t *path;
	array_t *paths;
	bool changed;
	uint32_t digest = 0;
	int i;

	paths = collect_all(this, ike_sa);
	*improved = FALSE;
	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		digest += hash_path(path);
		*improved = *improved || !was_there(this, path);
	}
	changed = digest != this->digest;
	if (this->shrunk)
	{	/* if they are others, nobody knows which of them are new */
		*improved = *improved && changed;
		this->shrunk = FALSE;
	}
	this->digest = digest;
	this->public.records->keep(this->public.records, paths);
	set_paths(this, paths, incumbent);
	rank(this, now);
	return changed;
}

METHOD(mobility_candidates_t, shrink, void,
	private_mobility_candidates_t *this)
{
	clear(this);
	this->shrunk = TRUE;
}

METHOD(mobility_candidates_t, create_enumerator, enumerator_t*,
	private_mobility_candidates_t *this, uint64_t now)
{
	rank(this, now);
	return array_create_enumerator(this->paths);
}

/**
 * Say what experience says about a path: why it is put aside, if it is.
 */
static void describe_record(private_mobility_candidates_t *this,
						   mobility_path_report_t *report, uint64_t now)
{
	mobility_record_t record;

	this->public.records->get(this->public.records, report->path, now, &record);
	if (record.until)
	{
		report->penalty = (record.until - now + 999) / 1000;
		report->unusable = record.no_esp ? "no ESP, put aside" :
						   record.failed ? "did not work, put aside" :
										   "comes and goes, put aside";
	}
	report->encapsulated = record.encapsulate;
}

/**
 * Report that there are no paths to where the peer was, as that is an address of
 * this host.
 */
static void report_own(private_mobility_candidates_t *this, array_t *reports)
{
	mobility_path_report_t *report;
	char owner[IFNAMSIZ];
	mobility_ip_t ip;
	host_t *host;
	int i;

	for (i = 0; i < array_count(this->own); i++)
	{
		array_get(this->own, i, &ip);
		host = mobility_ip_to_host(&ip);
		if (this->monitor->get_owner(this->monitor, host, owner))
		{
			INIT(report,
				.unusable = "this host's own address",
			);
			INIT(report->path,
				.local = host->clone(host),
				.remote = host->clone(host),
			);
			strcpy(report->path->ifname, owner);
			report->kind = this->monitor->get_kind(this->monitor, owner,
												   &report->over);
			array_insert(reports, ARRAY_TAIL, report);
		}
		host->destroy(host);
	}
}

/**
 * Report a path of a candidate.
 */
static void report_path(private_mobility_candidates_t *this,
						const mobility_candidate_t *candidate,
						const mobility_path_t *path, mobility_criterion_t by,
						bool current, uint64_t now, array_t *reports)
{
	mobility_path_report_t *report;

	INIT(report,
		.path = mobility_path_clone(path),
		.cost = candidate->has_cost ? candidate->cost : path->metric,
		.preference = candidate->preference,
		.rtt = candidate->rtt,
		.by = by,
		.current = current,
	);
	report->kind = this->monitor->get_kind(this->monitor, path->ifname,
										   &report->over);
	describe_record(this, report, now);
	if (path == candidate->path && is_pinned(this, path))
	{
		report->mtu = this->pins->get_limit(this->pins, path);
	}
	array_insert(reports, ARRAY_TAIL, report);
}

METHOD(mobility_candidates_t, create_reports, array_t*,
	private_mobility_candidates_t *this, const mobility_path_t *current,
	uint64_t now)
{
	mobility_candidate_t *candidate, *before = NULL;
	mobility_ranking_t ranking;
	mobility_path_t *path;
	array_t *reports;
	int i, j;

	rank(this, now);
	mobility_ranking_init(&ranking, this->paths, this->incumbent);
	reports = array_create(0, array_count(this->paths));
	for (i = 0; i < array_count(this->paths); i++, before = candidate)
	{
		array_get(this->paths, i, &candidate);
		report_path(this, candidate, candidate->path, before ?
					mobility_ranking_decide(before, candidate, &ranking) :
					MOBILITY_BY_NOTHING,
					mobility_path_equals(candidate->path, current), now,
					reports);
		for (j = 0; j < array_count(candidate->others); j++)
		{
			array_get(candidate->others, j, &path);
			report_path(this, candidate, path, MOBILITY_BY_HOP, FALSE, now,
						reports);
		}
	}
	report_own(this, reports);
	return reports;
}

METHOD(mobility_candidates_t, count, u_int,
	private_mobility_candidates_t *this, const mobility_path_t *path)
{
	mobility_candidate_t *other;
	u_int count = 0;
	int i;

	for (i = 0; i < array_count(this->paths); i++)
	{
		array_get(this->paths, i, &other);
		count += !mobility_path_equals(other->path, path);
	}
	return count;
}

METHOD(mobility_candidates_t, get_best, mobility_candidate_t*,
	private_mobility_candidates_t *this, uint64_t now)
{
	mobility_candidate_t *path;

	rank(this, now);
	return array_get(this->paths, ARRAY_HEAD, &path) ? path : NULL;
}

/**
 * Find a path that is to be used instead of the one in use.
 */
static mobility_path_t *find_other(private_mobility_candidates_t *this,
								   const mobility_path_t *current, uint64_t now,
		mobility_candidate_t *(*find)(array_t*, const mobility_candidate_t*))
{
	mobility_path_id_t id = mobility_path_get_id(current);
	mobility_candidate_t *other, *incumbent;

	if (!current)
	{
		return NULL;
	}
	rank(this, now);
	incumbent = find_equal(this, &id);
	incumbent = mobility_candidate_create(
					mobility_path_clone(incumbent ? incumbent->path : current));
	rate(this, incumbent, now);
	other = find(this->paths, incumbent);
	mobility_candidate_destroy(incumbent);
	return other ? other->path : NULL;
}

METHOD(mobility_candidates_t, find_better, mobility_path_t*,
	private_mobility_candidates_t *this, const mobility_path_t *current,
	uint64_t now)
{
	return find_other(this, current, now, mobility_ranking_find_better);
}

METHOD(mobility_candidates_t, find_successor, mobility_path_t*,
	private_mobility_candidates_t *this, const mobility_path_t *current,
	uint64_t now)
{
	return find_other(this, current, now, mobility_ranking_find_successor);
}

METHOD(mobility_candidates_t, get_locals, uint32_t,
	private_mobility_candidates_t *this, host_t **hosts, u_int *count)
{
	mobility_candidate_t *path;
	host_t *local;
	uint32_t digest = 0;
	u_int i, j;

	*count = 0;
	for (i = 0; i < array_count(this->paths) &&
				*count < MOBILITY_MAX_LOCALS; i++)
	{
		array_get(this->paths, i, &path);
		local = path->path->local;
		for (j = 0; j < *count; j++)
		{
			if (hosts[j]->ip_equals(hosts[j], local))
			{
				break;
			}
		}
		if (j == *count)
		{
			hosts[(*count)++] = local;
			digest += chunk_hash(local->get_address(local));
		}
	}
	return digest ?: 1;
}

METHOD(mobility_candidates_t, find, mobility_path_t*,
	private_mobility_candidates_t *this, host_t *local, host_t *remote)
{
	mobility_candidate_t *candidate;
	int i;

	for (i = 0; get_candidate(this, i, &candidate); i++)
	{
		if (mobility_path_has(candidate->path, local, remote))
		{
			return candidate->path;
		}
	}
	return NULL;
}

/**
 * Check if a path, of which only the id is known, is the one in use, or to be
 * tried.
 */
static bool is_tried(private_mobility_candidates_t *this,
					 const mobility_path_id_t *id)
{
	mobility_candidate_t *candidate = this->incumbent;
	mobility_path_id_t current;
	bool found;
	int i = 0;

	do
	{
		current = mobility_path_get_id(candidate ? candidate->path : NULL);
		found = mobility_path_id_equals(&current, id);
	}
	while (!found && array_get(this->paths, i++, &candidate));
	return found;
}

/**
 * Make room for a pin: peers and names may have ever other addresses while they
 * are looked for, and of many paths others are tried each time.
 */
static void limit_pins(private_mobility_candidates_t *this)
{
	mobility_path_id_t pinned;
	int i;

	for (i = 0; i < array_count(this->pinned) &&
				array_count(this->pinned) >= MOBILITY_MAX_PINS; i++)
	{
		array_get(this->pinned, i, &pinned);
		if (!is_tried(this, &pinned))
		{
			array_remove(this->pinned, i--, NULL);
			this->pins->remove(this->pins, &pinned);
		}
	}
}

METHOD(mobility_candidates_t, pin, void,
	private_mobility_candidates_t *this, const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);

	if (!this->pinning || find_id(this->pinned, &id) != -1)
	{
		return;
	}
	limit_pins(this);
	if (this->pins->add(this->pins, path))
	{
		set_id(&this->pinned, &id);
	}
}

/**
 * Have packets of a pinned path leave over another next hop.
 */
static void move_pin(private_mobility_candidates_t *this,
					 const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);

	if (find_id(this->pinned, &id) != -1)
	{
		set_id(&this->pinned, &id);
		this->pins->update(this->pins, path);
	}
}

METHOD(mobility_candidates_t, repin, void,
	private_mobility_candidates_t *this, const mobility_path_t *path)
{
	mobility_path_id_t pinned, id = mobility_path_get_id(path);
	mobility_candidate_t *candidate = find_equal(this, &id);
	int i = find_id(this->pinned, &id);

	if (i != -1 && array_get(this->pinned, i, &pinned) &&
		!mobility_ip_equals(&pinned.gateway, &id.gateway) &&
		candidate && mobility_next_hops_have(candidate, &pinned.gateway))
	{	/* it is the turn of another one */
		return;
	}
	move_pin(this, path);
}

/**
 * Another next hop of a candidate was taken.
 */
static void taken(private_mobility_candidates_t *this,
				  mobility_candidate_t *candidate)
{
	mobility_path_id_t id = mobility_path_get_id(candidate->path);

	set_id(&this->turned, &id);
	move_pin(this, candidate->path);
}

METHOD(mobility_candidates_t, turn, bool,
	private_mobility_candidates_t *this, const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	mobility_candidate_t *candidate;

	candidate = find_equal(this, &id);
	if (!candidate || !mobility_next_hops_turn(candidate))
	{
		return FALSE;
	}
	taken(this, candidate);
	return TRUE;
}

METHOD(mobility_candidates_t, find_hop, mobility_path_t*,
	private_mobility_candidates_t *this, const mobility_path_t *current)
{
	mobility_path_id_t id = mobility_path_get_id(current);
	mobility_candidate_t *candidate = find_equal(this, &id);

	return candidate ? mobility_next_hops_find_better(candidate, current)
					 : NULL;
}

METHOD(mobility_candidates_t, take, bool,
	private_mobility_candidates_t *this, const mobility_path_t *path)
{
	mobility_path_id_t id = mobility_path_get_id(path);
	mobility_candidate_t *candidate = find_equal(this, &id);

	if (!candidate || !mobility_next_hops_take(candidate, &id.gateway))
	{
		return FALSE;
	}
	taken(this, candidate);
	return TRUE;
}

METHOD(mobility_candidates_t, unmark, void,
	private_mobility_candidates_t *this)
{
	if (this->marked.ifindex)
	{
		this->pins->unmark(this->pins, &this->marked);
		this->marked = (mobility_path_id_t){};
	}
}

METHOD(mobility_candidates_t, mark, bool,
	private_mobility_candidates_t *this, const mobility_path_t *path)
{
	unmark(this);
	if (!is_pinned(this, path) || !this->pins->mark(this->pins, path))
	{
		return FALSE;
	}
	this->marked = mobility_path_get_id(path);
	return TRUE;
}

METHOD(mobility_candidates_t, limit, bool,
	private_mobility_candidates_t *this, const mobility_path_t *path,
	uint32_t mtu)
{
	return is_pinned(this, path) && this->pins->limit(this->pins, path, mtu);
}

METHOD(mobility_candidates_t, unpin, void,
	private_mobility_candidates_t *this, const mobility_path_t *keep,
	const mobility_path_t *too)
{
	mobility_path_id_t pinned, kept[] = {
		mobility_path_get_id(keep), mobility_path_get_id(too),
	};
	int i;

	for (i = array_count(this->pinned) - 1; i >= 0; i--)
	{
		array_get(this->pinned, i, &pinned);
		if (!mobility_path_id_equals(&pinned, &kept[0]) &&
			!mobility_path_id_equals(&pinned, &kept[1]))
		{
			array_remove(this->pinned, i, NULL);
			this->pins->remove(this->pins, &pinned);
		}
	}
}

METHOD(mobility_candidates_t, enable_pins, void,
	private_mobility_candidates_t *this, bool enable)
{
	this->pinning = enable;
	if (!enable)
	{
		unpin(this, NULL, NULL);
	}
}

METHOD(mobility_candidates_t, destroy, void,
	private_mobility_candidates_t *this)
{
	unpin(this, NULL, NULL);
	unmark(this);
	array_destroy(this->pinned);
	array_destroy(this->turned);
	this->public.remotes->destroy(this->public.remotes);
	array_destroy(this->own);
	this->public.records->destroy(this->public.records);
	clear(this);
	array_destroy(this->paths);
	array_destroy(this->spare);
	free(this);
}

/*
 * Described in header.
 */
void mobility_path_report_destroy(mobility_path_report_t *report)
{
	if (report)
	{
		mobility_path_destroy(report->path);
		free(report);
	}
}

/*
 * Described in header.
 */
mobility_candidates_t *mobility_candidates_create(const char *connection,
												  mobility_settings_t *settings,
												  mobility_monitor_t *monitor,
												  mobility_pins_t *pins,
											mobility_path_history_t *records)
{
	private_mobility_candidates_t *this;

	INIT(this,
		.public = {
			.records = records,
			.remotes = mobility_remotes_create(),
			.collect = _collect,
			.shrink = _shrink,
			.create_enumerator = _create_enumerator,
			.count = _count,
			.get_best = _get_best,
			.get_locals = _get_locals,
			.find = _find,
			.find_better = _find_better,
			.find_successor = _find_successor,
			.create_reports = _create_reports,
			.enable_pins = _enable_pins,
			.pin = _pin,
			.repin = _repin,
			.turn = _turn,
			.find_hop = _find_hop,
			.take = _take,
			.mark = _mark,
			.unmark = _unmark,
			.is_pinned = _is_pinned,
			.limit = _limit,
			.unpin = _unpin,
			.destroy = _destroy,
		},
		.connection = connection,
		.settings = settings,
		.monitor = monitor,
		.pins = pins,
		.pinning = TRUE,
		.paths = array_create(0, 0),
		.spare = array_create(0, 0),
	);

	return &this->public;
}
