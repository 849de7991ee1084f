/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * What a peer announces and its name resolves to, while the network changes: a
 * byte says what happens, others follow. However many addresses there are, and
 * of whatever kind, few paths come of them, in one order, and few pins.
 */

#include "fuzz.h"

#include <library.h>
#include <utils/debug.h>

#include "path/candidates.h"
#include "path/ranking.h"

/** Uplinks, eth0 and so on, with indices from 2 on, and addresses of each */
#define UPLINKS 3
#define WAYS 2

/**
 * What is left of the input
 */
static chunk_t input;

/**
 * An uplink, what of it changes
 */
typedef struct {
	/** there is a path over it */
	bool up;
	/** what paths over it are like */
	mobility_path_t path;
	/** what is configured for it */
	mobility_uplink_policy_t config;
	/** further next hops */
	int hops;
	/** which of its addresses is about to go, WAYS for none */
	int expiring;
} uplink_t;

/** the network */
static uplink_t uplinks[UPLINKS];

/** an address of this host, which the peer can't have, or NULL */
static host_t *owned;

/** addresses in charon's list, host_t* */
static array_t *announced;

/** the peer's address in use */
static host_t *other;

/** number of pins, and of those for packets with a mark */
static int pins, marks;

/** what candidates use, with these methods only */
static mobility_monitor_t monitor;
static mobility_settings_t settings;
static mobility_pins_t pin_methods;
static ike_sa_t ike_sa;

/**
 * Take an address: one of a few, or any
 */
static host_t *take_host()
{
	uint8_t kind = fuzz_byte(&input), bytes[16] = { 192, 0, 2, 0 };
	int i, family = kind & 1 ? AF_INET6 : AF_INET;

	for (i = kind & 2 ? 0 : 3; i < (kind & 1 ? 16 : 4); i++)
	{
		bytes[i] = kind & 4 && i < 15 ? kind : fuzz_byte(&input);
	}
	return host_create_from_chunk(family, chunk_from_thing(bytes), 4500);
}

METHOD(mobility_monitor_t, get_owner, bool,
	mobility_monitor_t *this, host_t *addr, char *ifname)
{
	strcpy(ifname, "lo");
	return owned && owned->ip_equals(owned, addr);
}

METHOD(mobility_monitor_t, get_kind, mobility_link_kind_t,
	mobility_monitor_t *this, const char *ifname, mobility_link_kind_t *over)
{
	return *over = MOBILITY_KIND_UNKNOWN;
}

/**
 * Create a path over an uplink, from one of its addresses
 */
static mobility_path_t *create_path(int i, int way, int hop, host_t *peer)
{
	mobility_path_t *path;
	uint8_t local[16] = { 10, i, way, 2 }, gateway[4] = { 10, i, 0, hop };

	INIT(path);
	*path = uplinks[i].path;
	path->ifindex = 2 + i;
	path->order = way;
	path->hop = hop;
	path->gateway = host_create_from_chunk(AF_INET, chunk_from_thing(gateway),
										   0);
	path->expiring = uplinks[i].expiring == way;
	snprintf(path->ifname, sizeof(path->ifname), "eth%d", i);
	path->local = host_create_from_chunk(peer->get_family(peer),
										 chunk_from_thing(local), 0);
	path->remote = peer->clone(peer);
	return path;
}

METHOD(mobility_monitor_t, get_paths, void,
	mobility_monitor_t *this, host_t *peer, mobility_uplink_filter_t filter,
	void *data, array_t *paths)
{
	char ifname[IFNAMSIZ];
	int i, j, k;

	for (i = 0; i < UPLINKS && !get_owner(this, peer, ifname); i++)
	{
		snprintf(ifname, sizeof(ifname), "eth%d", i);
		if (uplinks[i].up && filter(data, ifname, FALSE))
		{
			for (j = 0; j < WAYS; j++)
			{
				for (k = 0; k <= uplinks[i].hops; k++)
				{
					array_insert(paths, ARRAY_TAIL,
								 create_path(i, j, k, peer));
				}
			}
		}
	}
}

METHOD(mobility_settings_t, get_uplink, void,
	mobility_settings_t *this, const char *name, const char *ifname,
	bool tunnel, mobility_uplink_policy_t *config)
{
	*config = uplinks[atoi(ifname + strlen("eth"))].config;
}

METHOD(mobility_pins_t, add, bool,
	mobility_pins_t *this, const mobility_path_t *path)
{
	pins++;
	return TRUE;
}

METHOD(mobility_pins_t, remove_, void,
	mobility_pins_t *this, const mobility_path_id_t *id)
{
	pins--;
}

METHOD(mobility_pins_t, mark, bool,
	mobility_pins_t *this, const mobility_path_t *path)
{
	marks++;
	return TRUE;
}

METHOD(mobility_pins_t, unmark, void,
	mobility_pins_t *this, const mobility_path_id_t *id)
{
	marks--;
}

METHOD(mobility_pins_t, get_limit, uint32_t,
	mobility_pins_t *this, const mobility_path_t *path)
{
	return 0;
}

METHOD(ike_sa_t, get_other_host, host_t*,
	ike_sa_t *this)
{
	return other;
}

METHOD(ike_sa_t, create_peer_address_enumerator, enumerator_t*,
	ike_sa_t *this)
{
	return array_create_enumerator(announced);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	library_init("", "charon");
	dbg_default_set_level(-1);
	monitor.get_paths = _get_paths;
	monitor.get_owner = _get_owner;
	monitor.get_kind = _get_kind;
	settings.get_uplink = _get_uplink;
	pin_methods.add = _add;
	pin_methods.remove = _remove_;
	pin_methods.update = (void*)nop;
	pin_methods.get_limit = _get_limit;
	pin_methods.mark = _mark;
	pin_methods.unmark = _unmark;
	pin_methods.get_gateway = (void*)return_false;
	ike_sa.get_other_host = _get_other_host;
	ike_sa.create_peer_address_enumerator = _create_peer_address_enumerator;
	return 0;
}

/**
 * Something about an uplink changes
 */
static void change_uplink()
{
	uint8_t what = fuzz_byte(&input);
	uplink_t *uplink = &uplinks[what % UPLINKS];

	uplink->up = what & 0x04;
	uplink->path.configured = what & 0x08;
	uplink->path.onlink = what & 0x10;
	uplink->config = (mobility_uplink_policy_t){
		.use = what & 0x20,
		.has_cost = what & 0x40,
		.cost = fuzz_byte(&input),
		.preference = fuzz_byte(&input) % (MOBILITY_LAST_RESORT + 1),
	};
	uplink->path.metric = fuzz_byte(&input);
	uplink->path.prefix = fuzz_byte(&input) % 33;
	uplink->hops = fuzz_byte(&input) % 3;
	uplink->expiring = fuzz_byte(&input) % (WAYS + 1);
}

/**
 * Check that of two paths the first comes first, and that only equal ones do
 * both, and that a peer may be there
 */
static void check_pair(mobility_candidate_t *a, mobility_candidate_t *b,
					   const mobility_ranking_t *ranking)
{
	host_t *remote = b->path->remote;
	mobility_ip_t ip = mobility_ip_from_host(remote);

	check(mobility_ranking_compare(a, b, ranking) <= 0);
	check(mobility_ranking_compare(b, a, ranking) >= 0);
	check((a == b) == mobility_path_equals(a->path, b->path));
	check(mobility_ip_is_reachable(&ip) || remote->ip_equals(remote, other));
}

/**
 * Get the paths in their order
 */
static array_t *get_paths_ranked(mobility_candidates_t *candidates,
								 uint64_t now)
{
	array_t *paths = array_create(0, 0);
	enumerator_t *enumerator;
	mobility_candidate_t *path;

	enumerator = candidates->create_enumerator(candidates, now);
	while (enumerator->enumerate(enumerator, &path))
	{
		array_insert(paths, ARRAY_TAIL, path);
	}
	enumerator->destroy(enumerator);
	return paths;
}

/**
 * Check the paths that were collected
 */
static void check_paths(mobility_candidates_t *candidates,
						mobility_path_t *incumbent, uint64_t now)
{
	mobility_candidate_t in_use = {
		.path = incumbent,
	};
	mobility_ranking_t ranking = {
		.incumbent = incumbent ? &in_use : NULL,
	};
	mobility_candidate_t *a, *b;
	mobility_path_t *better, *successor;
	array_t *paths, *reports;
	char ifname[IFNAMSIZ];
	bool used = FALSE;
	int i, j;

	paths = get_paths_ranked(candidates, now);
	check(array_count(paths) <= UPLINKS * MOBILITY_MAX_REMOTES +
							   MOBILITY_MAX_CANDIDATES);
	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &a);
		ranking.by_cost |= a->has_cost;
		used |= a->path->remote->ip_equals(a->path->remote, other);
	}
	check(used || !array_count(paths) || get_owner(&monitor, other, ifname));
	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &a);
		for (j = i; j < array_count(paths); j++)
		{
			array_get(paths, j, &b);
			check_pair(a, b, &ranking);
		}
	}
	better = candidates->find_better(candidates, incumbent, now);
	check(!better || (incumbent && better->ifindex != incumbent->ifindex));
	successor = candidates->find_successor(candidates, incumbent, now);
	check(!successor || (successor->ifindex == incumbent->ifindex &&
						 !successor->expiring));
	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &a);
		check(a->path != successor || !a->aside);
		check(a->path != better ||
			  (!a->aside && a->preference != MOBILITY_LAST_RESORT));
	}
	array_destroy(paths);
	reports = candidates->create_reports(candidates, incumbent, now);
	check(array_count(reports) >= candidates->count(candidates, NULL));
	array_destroy_function(reports, (void*)mobility_path_report_destroy, NULL);
}

/**
 * Have a request go out over all paths
 */
static void probe(mobility_candidates_t *candidates, uint64_t now)
{
	mobility_candidate_t *path;
	array_t *paths;
	int i;

	paths = get_paths_ranked(candidates, now);
	for (i = 0; i < array_count(paths); i++)
	{
		array_get(paths, i, &path);
		candidates->pin(candidates, path->path);
		candidates->turn(candidates, path->path);
	}
	array_destroy(paths);
	check(pins <= MOBILITY_MAX_PINS);
}

/**
 * The network changed, or the list of addresses
 */
static void collect(mobility_candidates_t *candidates, int uplink,
					uint64_t now)
{
	mobility_path_t *incumbent = NULL, *hop;
	bool improved;

	if (uplink < UPLINKS)
	{
		incumbent = create_path(uplink, now % WAYS, now % 2, other);
	}
	candidates->collect(candidates, &ike_sa, incumbent, now, &improved);
	hop = candidates->find_hop(candidates, incumbent);
	if (hop)
	{	/* another one, which can be tested, and taken then */
		check(mobility_path_equals(hop, incumbent) &&
			  !mobility_path_same_gateway(hop, incumbent) &&
			  hop->metric < incumbent->metric);
		candidates->mark(candidates, hop);
		hop = mobility_path_clone(hop);
		check(now % 2 || candidates->take(candidates, hop));
		mobility_path_destroy(hop);
	}
	else
	{
		candidates->unmark(candidates);
	}
	check(marks <= 1);
	check_paths(candidates, incumbent, now);
	/* the same again is no news */
	check(!candidates->collect(candidates, &ike_sa, incumbent, now,
							   &improved) && !improved);
	mobility_path_destroy(incumbent);
}

/**
 * A path does not work, or does
 */
static void judge(mobility_candidates_t *candidates, uint8_t how, uint64_t now)
{
	mobility_candidate_t *best = candidates->get_best(candidates, now);
	mobility_path_t *path;

	if (!best)
	{
		return;
	}
	path = best->path;
	switch (how % 3)
	{
		case 0:
			candidates->records->failed(candidates->records, path,
										1 + fuzz_byte(&input) * 100, now);
			break;
		case 1:
			candidates->records->answered(candidates->records, path, fuzz_byte(&input),
										  now);
			break;
		case 2:
			candidates->records->lost(candidates->records, path->ifname, now);
			break;
	}
}

/**
 * What happens to the addresses of the peer
 */
static void change_addresses(mobility_candidates_t *candidates, uint8_t what,
							 uint64_t now)
{
	host_t *host = take_host(), *old;

	switch (what)
	{
		case 0:
			array_insert(announced, ARRAY_TAIL, host);
			return;
		case 1:
			candidates->remotes->found(candidates->remotes, host, now);
			break;
		case 2:
			candidates->remotes->know(candidates->remotes, host);
			break;
		case 3:
			old = other;
			other = host;
			host = old;
			break;
		case 4:
			DESTROY_IF(owned);
			owned = host;
			return;
		default:
			while (array_remove(announced, ARRAY_TAIL, &old))
			{
				old->destroy(old);
			}
			break;
	}
	host->destroy(host);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	mobility_candidates_t *candidates;
	uint64_t now = 1;
	uint8_t what;
	int i;

	input = chunk_create((u_char*)data, len);
	pins = 0;
	memset(uplinks, 0, sizeof(uplinks));
	for (i = 0; i < UPLINKS; i++)
	{
		uplinks[i].up = uplinks[i].config.use = TRUE;
	}
	announced = array_create(0, 0);
	other = host_create_from_string("192.0.2.1", 4500);
	candidates = mobility_candidates_create("home", &settings, &monitor,
											&pin_methods,
											mobility_path_history_create());
	while (input.len)
	{
		now += 10;
		what = fuzz_byte(&input);
		switch (what & 0x07)
		{
			case 0:
			case 1:
			case 2:
				change_addresses(candidates, what >> 3, now);
				break;
			case 3:
				change_uplink();
				break;
			case 4:
				collect(candidates, what >> 6, now);
				break;
			case 5:
				probe(candidates, now);
				break;
			case 6:
				judge(candidates, what >> 3, now);
				break;
			case 7:
				if (what & 0x80)
				{
					candidates->unpin(candidates, NULL, NULL);
				}
				candidates->shrink(candidates);
				break;
		}
	}
	candidates->destroy(candidates);
	check(!pins && !marks);
	array_destroy_offset(announced, offsetof(host_t, destroy));
	other->destroy(other);
	DESTROY_IF(owned);
	owned = NULL;
	return 0;
}
