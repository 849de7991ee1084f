/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"
#include "mock_network.h"

#include "path/candidates.h"

#include <collections/enumerator.h>

/** A peer's address that it is at in these tests, and two it announced. */
#define PEER "192.0.2.1"
#define PEER2 "192.0.2.2"
#define PEER6 "2001:db8:f::1"

/**
 * The network: eth0 to eth2 are up, and what is configured for each
 */
static mock_network_t *network;
static mobility_uplink_policy_t configs[MOCK_UPLINKS];

/**
 * Addresses the peer has announced, host_t*
 */
static array_t *announced;

/**
 * Address the peer is at
 */
static host_t *other;

/**
 * Index of the uplink of a name
 */
static int get_index(const char *ifname)
{
	ck_assert(strpfx(ifname, "eth"));
	return atoi(ifname + strlen("eth"));
}

METHOD(mobility_settings_t, get_uplink, void,
	mobility_settings_t *this, const char *name, const char *ifname,
	bool tunnel, mobility_uplink_policy_t *config)
{
	ck_assert_str_eq(name, "home");
	*config = configs[get_index(ifname)];
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

/**
 * What candidates use, with these methods only
 */
static mobility_context_t context;
static mobility_settings_t settings;
static ike_sa_t ike_sa;

/**
 * Candidates to test
 */
static mobility_candidates_t *candidates;

/**
 * Have the peer announce another address
 */
static void announce(char *address)
{
	array_insert(announced, ARRAY_TAIL, host_create_from_string(address, 0));
}

/**
 * Create a path over an uplink to where the peer is
 */
static mobility_path_t *create_path(int uplink)
{
	mobility_path_t *path;
	host_t *local;

	local = host_create_from_string(network->uplinks[uplink].local, 0);
	path = context.monitor->find_path(context.monitor, local, other);
	local->destroy(local);
	return path;
}

/**
 * Create the candidates
 */
static mobility_candidates_t *create()
{
	return mobility_candidates_create("home", &settings, context.monitor,
									  context.pins,
									  mobility_path_history_create());
}

static void setup()
{
	int i;

	mobility_suite_setup();
	network = mock_network_create(&context);
	network->uplinks[2].up = TRUE;
	network->local6 = "2001:db8::2";
	settings.get_uplink = _get_uplink;
	ike_sa.get_other_host = _get_other_host;
	ike_sa.create_peer_address_enumerator = _create_peer_address_enumerator;
	for (i = 0; i < MOCK_UPLINKS; i++)
	{
		configs[i] = (mobility_uplink_policy_t){
			.use = TRUE,
			.preference = MOBILITY_NORMAL,
		};
	}
	announced = array_create(0, 0);
	other = host_create_from_string(PEER, 4500);
	announce(PEER);
	candidates = create();
}

static void teardown()
{
	candidates->destroy(candidates);
	mock_network_destroy(network);
	array_destroy_offset(announced, offsetof(host_t, destroy));
	other->destroy(other);
	mobility_suite_teardown();
}

/**
 * Collect, and check what it says: two letters, C for changed and I for
 * improved, - if not
 */
static void assert_collected(const mobility_path_t *incumbent, char *expected)
{
	bool changed, improved;
	char result[3];

	changed = candidates->collect(candidates, &ike_sa, incumbent, 100,
								  &improved);
	snprintf(result, sizeof(result), "%c%c", changed ? 'C' : '-',
			 improved ? 'I' : '-');
	ck_assert_str_eq(result, expected);
}

/**
 * Check the order of paths: an uplink's number for each
 */
static void assert_order(uint64_t now, char *expected)
{
	enumerator_t *enumerator;
	mobility_candidate_t *path;
	char order[64] = "";

	enumerator = candidates->create_enumerator(candidates, now);
	while (enumerator->enumerate(enumerator, &path))
	{
		ck_assert_int_lt(strlen(order), sizeof(order) - 1);
		strcat(order, path->path->ifname + strlen("eth"));
	}
	enumerator->destroy(enumerator);
	ck_assert_str_eq(order, expected);
}

/**
 * Check which uplink find_better() finds, -1 for none
 */
static void assert_better(const mobility_path_t *current, uint64_t now,
						  int expected)
{
	mobility_path_t *better;

	better = candidates->find_better(candidates, current, now);
	ck_assert_int_eq(better ? get_index(better->ifname) : -1, expected);
}

/**
 * The peer was at an address
 */
static void know(char *address)
{
	host_t *remote;

	remote = host_create_from_string(address, 4500);
	candidates->remotes->know(candidates->remotes, remote);
	remote->destroy(remote);
}

START_TEST(test_collect)
{
	mobility_path_t *path;

	ck_assert(!candidates->get_best(candidates, 100));
	assert_collected(NULL, "CI");
	assert_order(100, "012");
	assert_collected(NULL, "--");
	/* one is gone, that is no improvement */
	network->uplinks[0].up = FALSE;
	assert_collected(NULL, "C-");
	assert_order(100, "12");
	network->uplinks[0].up = TRUE;
	assert_collected(NULL, "CI");
	/* the same addresses in another network, if only the next hop tells */
	network->uplinks[0].gateway = "10.0.0.1";
	assert_collected(NULL, "CI");
	network->uplinks[0].gateway = "10.0.0.254";
	assert_collected(NULL, "CI");
	assert_collected(NULL, "--");
	/* metrics make no other paths but another order */
	network->uplinks[0].metric = 1000;
	assert_collected(NULL, "--");
	assert_order(100, "120");
	/* not to be used */
	configs[1].use = FALSE;
	assert_collected(NULL, "C-");
	assert_order(100, "20");
	path = candidates->get_best(candidates, 100)->path;
	ck_assert_str_eq(path->ifname, "eth2");
	ck_assert_uint_eq(candidates->count(candidates, NULL), 2);
	ck_assert_uint_eq(candidates->count(candidates, path), 1);
	path = create_path(1);
	ck_assert_uint_eq(candidates->count(candidates, path), 2);
	mobility_path_destroy(path);
}
END_TEST

START_TEST(test_addresses)
{
	host_t *local, *remote;
	mobility_path_t *path;

	/* to all addresses, each once, also to that it is at but does not list */
	network->uplinks[1].up = network->uplinks[2].up = FALSE;
	announce(PEER6);
	assert_collected(NULL, "CI");
	assert_order(100, "00");
	other->destroy(other);
	other = host_create_from_string(PEER2, 4500);
	assert_collected(NULL, "CI");
	assert_order(100, "000");
	remote = host_create_from_string(PEER2, 0);
	local = host_create_from_string("10.0.0.2", 4500);
	path = candidates->find(candidates, local, remote);
	ck_assert(path && path->remote->ip_equals(path->remote, remote));
	local->destroy(local);
	local = host_create_from_string("10.0.0.3", 4500);
	ck_assert(!candidates->find(candidates, local, remote));
	local->destroy(local);
	remote->destroy(remote);
}
END_TEST

/**
 * Check what is reported as last of some paths: uplink, both addresses, why it
 * is not usable
 */
static void assert_last_report(u_int count, const char *expected)
{
	mobility_path_report_t *report;
	array_t *reports;
	char buf[256] = "";

	reports = candidates->create_reports(candidates, NULL, 100);
	ck_assert_uint_eq(array_count(reports), count);
	if (array_get(reports, ARRAY_TAIL, &report))
	{
		snprintf(buf, sizeof(buf), "%s %H %H %s", report->path->ifname,
				 report->path->local, report->path->remote,
				 report->unusable ?: "usable");
	}
	ck_assert_str_eq(buf, expected);
	array_destroy_function(reports, (void*)mobility_path_report_destroy, NULL);
}

START_TEST(test_own_address)
{
	assert_collected(NULL, "CI");
	assert_last_report(3, "eth2 10.2.0.2 192.0.2.1 usable");
	/* where the peer was, and nobody else can be anymore */
	know(PEER);
	network->owned = PEER;
	assert_collected(NULL, "C-");
	assert_order(100, "");
	assert_last_report(1, "eth2 192.0.2.1 192.0.2.1 this host's own address");
	/* what it only announced may be anybody's */
	announce(PEER2);
	network->owned = PEER2;
	assert_collected(NULL, "CI");
	assert_order(100, "012");
	assert_last_report(3, "eth2 10.2.0.2 192.0.2.1 usable");
	know(PEER2);
	assert_collected(NULL, "--");
	assert_last_report(4, "eth2 192.0.2.2 192.0.2.2 this host's own address");
	/* it is gone, which the paths that were collected don't know yet */
	network->owned = NULL;
	assert_last_report(3, "eth2 10.2.0.2 192.0.2.1 usable");
	assert_collected(NULL, "CI");
	assert_last_report(6, "eth2 10.2.0.2 192.0.2.2 usable");
	/* nor is there any at its own address, which it does not list */
	other->destroy(other);
	other = host_create_from_string("192.0.2.9", 4500);
	network->owned = "192.0.2.9";
	assert_collected(NULL, "--");
	assert_last_report(7, "eth2 192.0.2.9 192.0.2.9 this host's own address");
}
END_TEST

START_TEST(test_shrink)
{
	assert_collected(NULL, "CI");
	candidates->shrink(candidates);
	ck_assert_uint_eq(candidates->count(candidates, NULL), 0);
	ck_assert(!candidates->get_best(candidates, 100));
	/* the same as before */
	assert_collected(NULL, "--");
	candidates->shrink(candidates);
	network->uplinks[0].up = FALSE;
	assert_collected(NULL, "CI");
	/* what was found out is not forgotten */
	candidates->records->failed(candidates->records,
								candidates->get_best(candidates, 100)->path,
								1000, 100);
	assert_order(100, "21");
	candidates->shrink(candidates);
	assert_collected(NULL, "--");
	assert_order(100, "21");
	assert_order(1100, "12");
}
END_TEST

/**
 * Get the peer address of the preferred path
 */
static void assert_best_remote(char *expected)
{
	mobility_path_t *best;
	host_t *remote;

	candidates->shrink(candidates);
	assert_collected(NULL, "--");
	best = candidates->get_best(candidates, 100)->path;
	remote = host_create_from_string(expected, 0);
	ck_assert(best->remote->ip_equals(best->remote, remote));
	remote->destroy(remote);
}

START_TEST(test_know)
{
	network->uplinks[1].up = network->uplinks[2].up = FALSE;
	announce(PEER2);
	assert_collected(NULL, "CI");
	assert_best_remote(PEER);
	/* where it was is preferred */
	know(PEER2);
	assert_best_remote(PEER2);
	know(PEER2);
	know("198.51.100.1");
	know("198.51.100.2");
	know("198.51.100.3");
	assert_best_remote(PEER2);
	/* it was there again, so there were not four others since */
	know(PEER2);
	know("198.51.100.4");
	know("198.51.100.5");
	know("198.51.100.6");
	assert_best_remote(PEER2);
	know("198.51.100.7");
	assert_best_remote(PEER);
}
END_TEST

/**
 * The peer's name resolves to an address, check if that is news
 */
static void find(char *address, bool news)
{
	host_t *remote;

	remote = host_create_from_string(address, 0);
	ck_assert(candidates->remotes->found(candidates->remotes, remote, 1000) ==
			  news);
	remote->destroy(remote);
}

/**
 * Check to which addresses there are paths, last byte or group of each, sorted
 */
static void assert_remotes(char *expected)
{
	enumerator_t *enumerator;
	mobility_candidate_t *candidate;
	host_t *remote;
	bool changed, improved, seen[256] = {};
	char buf[256] = "";
	chunk_t address;
	int i;

	candidates->collect(candidates, &ike_sa, NULL, 100, &improved);
	changed = candidates->collect(candidates, &ike_sa, NULL, 100, &improved);
	ck_assert(!changed && !improved);
	enumerator = candidates->create_enumerator(candidates, 100);
	while (enumerator->enumerate(enumerator, &candidate))
	{
		remote = candidate->path->remote;
		address = remote->get_address(remote);
		/* each of them once */
		ck_assert(!seen[address.ptr[address.len - 1]]);
		seen[address.ptr[address.len - 1]] = TRUE;
	}
	enumerator->destroy(enumerator);
	for (i = 0; i < countof(seen); i++)
	{
		if (seen[i])
		{
			snprintf(buf + strlen(buf), sizeof(buf) - strlen(buf), "%s%d",
					 *buf ? " " : "", i);
		}
	}
	ck_assert_str_eq(buf, expected);
}

START_TEST(test_remotes)
{
	char buf[32];
	int i;

	network->uplinks[1].up = network->uplinks[2].up = FALSE;
	/* as many as a message may have, some of them twice */
	for (i = 20; i > 0; i--)
	{
		snprintf(buf, sizeof(buf), "192.0.2.%d", i);
		announce(buf);
		announce(i % 2 ? buf : PEER);
	}
	/* that in use comes first, then as announced */
	assert_remotes("1 14 15 16 17 18 19 20");
	/* where it has been, which it still announces */
	know("192.0.2.3");
	know("192.0.2.99");
	assert_remotes("1 3 15 16 17 18 19 20");
	/* what its name resolves to */
	find("192.0.2.50", TRUE);
	find("192.0.2.51", TRUE);
	find("192.0.2.50", FALSE);
	assert_remotes("1 3 17 18 19 20 50 51");
	know("192.0.2.51");
	assert_remotes("1 3 17 18 19 20 50 51");
	/* another one each time */
	for (i = 100; i < 120; i++)
	{
		snprintf(buf, sizeof(buf), "192.0.2.%d", i);
		find(buf, TRUE);
	}
	assert_remotes("1 3 114 115 116 117 118 119");
	find("192.0.2.117", FALSE);
	find("192.0.2.113", FALSE);
	find("192.0.2.111", TRUE);
	assert_remotes("1 3 111 113 116 117 118 119");
	/* it is at one that it has not announced */
	other->destroy(other);
	other = host_create_from_string("192.0.2.200", 4500);
	assert_remotes("3 111 113 116 117 118 119 200");
}
END_TEST

/**
 * Addresses where no peer can be, and such that look like them
 */
static struct {
	char *address;
	bool reachable;
} places[] = {
	{ "0.0.0.0", FALSE }, { "0.1.2.3", FALSE }, { "1.0.0.0", TRUE },
	{ "126.255.255.255", TRUE }, { "127.0.0.1", FALSE },
	{ "127.255.255.255", FALSE }, { "128.0.0.0", TRUE },
	{ "169.253.255.255", TRUE }, { "169.254.0.1", FALSE },
	{ "169.255.0.1", TRUE }, { "10.0.0.1", TRUE }, { "172.16.0.1", TRUE },
	{ "192.168.0.1", TRUE }, { "100.64.0.1", TRUE },
	{ "223.255.255.255", TRUE }, { "224.0.0.1", FALSE },
	{ "239.255.255.255", FALSE }, { "240.0.0.1", FALSE },
	{ "255.255.255.255", FALSE },
	{ "::", FALSE }, { "::1", FALSE }, { "::c000:201", FALSE },
	{ "::ffff:c000:201", FALSE }, { "::1:c000:201", TRUE },
	{ "::ff00:c000:201", TRUE }, { "::101:c000:201", TRUE },
	{ "64:ff9b::c000:201", TRUE }, { "2001:db8::1", TRUE },
	{ "fd00::1", TRUE }, { "fec0::1", TRUE }, { "fe80::1", FALSE },
	{ "febf::1", FALSE }, { "ff02::1", FALSE }, { "feff::1", TRUE },
};

START_TEST(test_unreachable)
{
	char *address = places[_i].address;
	bool reachable = places[_i].reachable;

	network->uplinks[1].up = network->uplinks[2].up = FALSE;
	/* neither announced nor resolved */
	announce(address);
	assert_collected(NULL, "CI");
	assert_order(100, reachable ? "00" : "0");
	find(address, reachable);
	assert_collected(NULL, "--");
	/* but if it is where the peer is, so be it */
	other->destroy(other);
	other = host_create_from_string(address, 4500);
	assert_collected(NULL, reachable ? "--" : "CI");
	assert_order(100, "00");
}
END_TEST

START_TEST(test_find_better)
{
	mobility_path_t *current;

	current = create_path(1);
	/* nothing is known yet, or nothing is in use */
	assert_better(current, 100, -1);
	assert_collected(current, "CI");
	assert_better(NULL, 100, -1);
	/* by metric */
	assert_better(current, 100, 0);
	/* by class, of which the one in use has one as well */
	configs[0].preference = MOBILITY_LAST_RESORT;
	assert_better(current, 100, -1);
	configs[1].preference = MOBILITY_LAST_RESORT;
	assert_better(current, 100, 2);
	configs[0].preference = MOBILITY_NORMAL;
	configs[1].preference = MOBILITY_NORMAL;
	/* by cost */
	configs[1].has_cost = TRUE;
	configs[1].cost = 100;
	assert_better(current, 100, -1);
	configs[1].cost = 101;
	assert_better(current, 100, 0);
	/* while it is put aside the next one is it, if it is better */
	candidates->records->failed(candidates->records,
								candidates->get_best(candidates, 100)->path,
								1000, 100);
	assert_better(current, 100, -1);
	configs[1].cost = 301;
	assert_better(current, 100, 2);
	assert_better(current, 1099, 2);
	assert_better(current, 1100, 0);
	mobility_path_destroy(current);
}
END_TEST

START_TEST(test_find_better_unlisted)
{
	mobility_path_t *current;

	/* what is in use is an address that would not be chosen anymore, as one
	 * that is deprecated: class and cost of its uplink count nevertheless */
	current = create_path(1);
	current->local->destroy(current->local);
	current->local = host_create_from_string("10.1.0.99", 0);
	assert_collected(current, "CI");
	ck_assert_uint_eq(candidates->count(candidates, current), 3);
	assert_better(current, 100, 0);
	configs[1].has_cost = TRUE;
	configs[1].cost = 50;
	assert_better(current, 100, -1);
	configs[1].preference = MOBILITY_LAST_RESORT;
	assert_better(current, 100, 0);
	/* it has no cost but metric, and no other uplink has one */
	configs[1] = configs[2];
	current->metric = 50;
	assert_better(current, 100, -1);
	mobility_path_destroy(current);
}
END_TEST

START_TEST(test_find_successor)
{
	mobility_path_t *current, *successor;

	/* eth0 has two addresses */
	network->uplinks[1].second = TRUE;
	current = create_path(0);
	assert_collected(current, "CI");
	assert_order(100, "020");
	ck_assert(!candidates->find_successor(candidates, NULL, 100));
	ck_assert(!candidates->find_successor(candidates, current, 100));
	/* that in use is about to go, of which the collected one tells first */
	network->uplinks[0].expiring = TRUE;
	assert_collected(current, "--");
	successor = candidates->find_successor(candidates, current, 100);
	ck_assert(successor && successor->order == 1);
	ck_assert_str_eq(successor->ifname, "eth0");
	/* which is no reason to leave the uplink, nor is there a way back */
	assert_better(current, 100, -1);
	ck_assert(!candidates->find_successor(candidates, successor, 100));
	/* it does not work */
	candidates->records->failed(candidates->records, successor, 1000, 100);
	ck_assert(!candidates->find_successor(candidates, current, 100));
	assert_order(100, "020");
	ck_assert(candidates->find_successor(candidates, current, 1100));
	mobility_path_destroy(current);
}
END_TEST

START_TEST(test_limit)
{
	mobility_path_t *path;
	host_t *local;
	char buf[32];
	int i;

	/* two addresses at each of two uplinks: all of them are tried, those that
	 * are preferred first */
	network->uplinks[1].second = network->uplinks[3].second = TRUE;
	network->uplinks[3].up = TRUE;
	assert_collected(NULL, "CI");
	assert_order(100, "0202");
	announce(PEER2);
	assert_collected(NULL, "CI");
	assert_order(100, "00220022");
	/* the peer has more: to each, but not from each */
	for (i = 3; i < 9; i++)
	{
		snprintf(buf, sizeof(buf), "192.0.2.%d", i);
		announce(buf);
	}
	assert_collected(NULL, "CI");
	assert_order(100, "0000000022222222");
	ck_assert_uint_eq(candidates->count(candidates, NULL), 16);
	/* what was asked before is known as what it is nevertheless */
	local = host_create_from_string("10.3.0.2", 0);
	path = candidates->find(candidates, local, other);
	ck_assert(path && path->order == 1);
	path = mobility_path_clone(path);
	local->destroy(local);
	/* and is no news when it is asked again */
	assert_collected(NULL, "--");
	assert_collected(path, "--");
	assert_order(100, "02000000022222222");
	mobility_path_destroy(path);
}
END_TEST

/**
 * Check over which next hop, by its last number, a path is taken, and pinned
 */
static void assert_hop(int hop, int pinned)
{
	mobility_path_id_t id;
	mobility_path_t *path;
	host_t *local;

	local = host_create_from_string("10.0.0.2", 0);
	path = candidates->find(candidates, local, other);
	local->destroy(local);
	id = mobility_path_get_id(path);
	ck_assert_int_eq(id.gateway.bytes[3], hop);
	if (array_get(network->pins, ARRAY_TAIL, &id))
	{
		ck_assert_int_eq(id.gateway.bytes[3], pinned);
	}
	else
	{
		ck_assert_int_eq(pinned, 0);
	}
}

START_TEST(test_turn)
{
	mobility_path_report_t *report;
	mobility_path_t *path;
	array_t *reports;

	/* two routers are one candidate */
	network->uplinks[0].gateway = "10.0.0.1";
	network->uplinks[0].gateway2 = "10.0.0.9";
	assert_collected(NULL, "CI");
	assert_order(100, "012");
	assert_hop(1, 0);
	/* but two paths to people */
	reports = candidates->create_reports(candidates, NULL, 100);
	ck_assert_int_eq(array_count(reports), 4);
	array_get(reports, 1, &report);
	ck_assert_uint_eq(report->path->hop, 1);
	array_destroy_function(reports, (void*)mobility_path_report_destroy, NULL);
	/* others have nothing to turn to */
	path = create_path(1);
	ck_assert(!candidates->turn(candidates, path));
	ck_assert(!candidates->turn(candidates, NULL));
	mobility_path_destroy(path);
	/* whichever is given, the next one is taken */
	path = create_path(0);
	ck_assert(candidates->turn(candidates, path));
	assert_hop(9, 0);
	ck_assert(candidates->turn(candidates, path));
	assert_hop(1, 0);
	/* packets follow if there are any */
	candidates->pin(candidates, path);
	ck_assert(candidates->turn(candidates, path));
	assert_hop(9, 9);
	/* and stay as long as that is there, whatever path is in use */
	candidates->repin(candidates, path);
	assert_hop(9, 9);
	assert_collected(path, "--");
	assert_hop(9, 9);
	candidates->shrink(candidates);
	assert_collected(path, "--");
	assert_hop(9, 9);
	/* another one that appears is news */
	network->uplinks[0].gateway = "10.0.0.2";
	assert_collected(path, "CI");
	assert_hop(9, 9);
	/* it is gone */
	network->uplinks[0].gateway = "10.0.0.1";
	network->uplinks[0].gateway2 = NULL;
	assert_collected(path, "CI");
	assert_hop(1, 9);
	candidates->repin(candidates, path);
	assert_hop(1, 1);
	/* and forgotten when it is back */
	network->uplinks[0].gateway2 = "10.0.0.9";
	assert_collected(path, "CI");
	assert_hop(1, 1);
	ck_assert_int_eq(network->pinned.added, 1);
	mobility_path_destroy(path);
}
END_TEST

START_TEST(test_turned_by_others)
{
	mobility_candidates_t *others;
	mobility_path_t *path;
	bool improved;

	network->uplinks[0].gateway = "10.0.0.1";
	network->uplinks[0].gateway2 = "10.0.0.9";
	path = create_path(0);
	assert_collected(path, "CI");
	candidates->pin(candidates, path);
	assert_hop(1, 1);
	/* another session with the same addresses, of which the pin is as well */
	others = create();
	others->collect(others, &ike_sa, path, 100, &improved);
	others->pin(others, path);
	ck_assert(others->turn(others, path));
	/* so packets of ours take that next hop, and we are to know that */
	assert_collected(path, "--");
	assert_hop(9, 9);
	candidates->repin(candidates, path);
	assert_collected(path, "--");
	assert_hop(9, 9);
	/* its turn is as good as any */
	ck_assert(candidates->turn(candidates, path));
	others->collect(others, &ike_sa, path, 100, &improved);
	ck_assert(others->turn(others, path));
	assert_collected(path, "--");
	assert_hop(9, 9);
	others->destroy(others);
	mobility_path_destroy(path);
}
END_TEST

START_TEST(test_aside)
{
	mobility_path_t *path;
	int i;

	assert_collected(NULL, "CI");
	path = create_path(0);
	candidates->records->answered(candidates->records, path, 42, 100);
	ck_assert_uint_eq(candidates->get_best(candidates, 100)->rtt, 42);
	for (i = 0; i < MOBILITY_FLAP_LOSSES; i++)
	{
		candidates->records->lost(candidates->records, path->ifname, 100);
	}
	assert_order(100, "120");
	/* the only one is taken nevertheless */
	network->uplinks[1].up = network->uplinks[2].up = FALSE;
	assert_collected(NULL, "C-");
	ck_assert(mobility_path_equals(
						candidates->get_best(candidates, 100)->path, path));
	/* when a path comes back it is new, but not its uplink */
	network->uplinks[0].up = FALSE;
	assert_collected(NULL, "C-");
	network->uplinks[0].up = network->uplinks[1].up = TRUE;
	network->uplinks[2].up = TRUE;
	assert_collected(NULL, "CI");
	assert_order(100, "120");
	assert_order(100 + MOBILITY_FLAP_TIME, "012");
	ck_assert_uint_eq(candidates->get_best(candidates, 100 +
										   MOBILITY_FLAP_TIME)->rtt, 0);
	mobility_path_destroy(path);
}
END_TEST

START_TEST(test_evidence)
{
	mobility_path_history_t *records = candidates->records;
	mobility_path_t *path;

	/* NetworkManager says that they lead nowhere: it does not ask the peer */
	configs[0].preference = configs[1].preference = MOBILITY_DEMOTED;
	assert_collected(NULL, "CI");
	assert_order(100, "201");
	/* the tunnel is there */
	path = create_path(0);
	assert_collected(path, "--");
	assert_order(100, "021");
	/* or it was not, but the peer answers there */
	assert_collected(NULL, "--");
	assert_order(100, "201");
	records->answered(records, path, 20, 100);
	assert_order(100, "021");
	records->failed(records, path, 1000, 200);
	assert_order(2000, "201");
	/* what people and tariffs say is not about that */
	configs[0].preference = MOBILITY_LAST_RESORT;
	records->answered(records, path, 20, 3000);
	assert_order(3000, "210");
	mobility_path_destroy(path);
}
END_TEST

START_TEST(test_incumbent)
{
	mobility_path_t *incumbent;

	network->uplinks[0].metric = network->uplinks[1].metric = 100;
	network->uplinks[2].metric = 100;
	assert_collected(NULL, "CI");
	assert_order(100, "012");
	/* of equal ones that in use is the first one, until another one is */
	incumbent = create_path(2);
	assert_collected(incumbent, "--");
	mobility_path_destroy(incumbent);
	assert_order(100, "201");
	assert_collected(NULL, "--");
	assert_order(100, "012");
}
END_TEST

START_TEST(test_pins)
{
	mobility_path_t *a, *b;

	a = create_path(0);
	b = create_path(1);
	candidates->pin(candidates, a);
	candidates->pin(candidates, a);
	candidates->pin(candidates, b);
	ck_assert_int_eq(network->pinned.added, 2);
	/* another next hop, or whatever the pins look for, of a pinned path only */
	a->gateway = host_create_from_string("10.0.0.1", 0);
	candidates->repin(candidates, a);
	candidates->repin(candidates, a);
	ck_assert_int_eq(network->pinned.updated, 2);
	candidates->unpin(candidates, b, a);
	ck_assert_int_eq(network->pinned.removed, 0);
	candidates->unpin(candidates, NULL, b);
	ck_assert_int_eq(network->pinned.removed, 1);
	candidates->repin(candidates, a);
	ck_assert_int_eq(network->pinned.updated, 2);
	candidates->pin(candidates, a);
	ck_assert_int_eq(network->pinned.added, 3);
	/* switched off, and on again */
	candidates->enable_pins(candidates, FALSE);
	ck_assert_int_eq(network->pinned.removed, 3);
	candidates->pin(candidates, a);
	ck_assert_int_eq(network->pinned.added, 3);
	candidates->enable_pins(candidates, TRUE);
	/* one that could not be added need not be removed */
	network->pinned.refuse = TRUE;
	candidates->pin(candidates, a);
	network->pinned.refuse = FALSE;
	candidates->unpin(candidates, NULL, NULL);
	ck_assert_int_eq(network->pinned.removed, 3);
	/* the last one goes with the candidates */
	candidates->pin(candidates, b);
	candidates->destroy(candidates);
	ck_assert_int_eq(network->pinned.added, 4);
	ck_assert_int_eq(network->pinned.removed, 4);
	candidates = create();
	mobility_path_destroy(a);
	mobility_path_destroy(b);
}
END_TEST

START_TEST(test_pins_limited)
{
	mobility_path_t *incumbent, *path;
	char buf[32];
	int i;

	incumbent = create_path(1);
	assert_collected(incumbent, "CI");
	candidates->pin(candidates, incumbent);
	/* a name that resolves to another address each time, all are probed */
	for (i = 2; i < 200; i++)
	{
		path = create_path(0);
		snprintf(buf, sizeof(buf), "192.0.2.%d", i);
		path->remote->destroy(path->remote);
		path->remote = host_create_from_string(buf, 0);
		find(buf, TRUE);
		assert_collected(incumbent, "CI");
		candidates->pin(candidates, path);
		ck_assert(candidates->is_pinned(candidates, path));
		ck_assert_int_le(array_count(network->pins), MOBILITY_MAX_PINS);
		mobility_path_destroy(path);
	}
	ck_assert(candidates->is_pinned(candidates, incumbent));
	mobility_path_destroy(incumbent);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("candidates");

	tc = tcase_create("candidates");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_collect);
	tcase_add_test(tc, test_addresses);
	tcase_add_test(tc, test_own_address);
	tcase_add_test(tc, test_shrink);
	tcase_add_test(tc, test_know);
	tcase_add_test(tc, test_remotes);
	tcase_add_loop_test(tc, test_unreachable, 0, countof(places));
	tcase_add_test(tc, test_pins_limited);
	tcase_add_test(tc, test_find_better);
	tcase_add_test(tc, test_find_better_unlisted);
	tcase_add_test(tc, test_find_successor);
	tcase_add_test(tc, test_limit);
	tcase_add_test(tc, test_turn);
	tcase_add_test(tc, test_turned_by_others);
	tcase_add_test(tc, test_aside);
	tcase_add_test(tc, test_evidence);
	tcase_add_test(tc, test_incumbent);
	tcase_add_test(tc, test_pins);
	suite_add_tcase(s, tc);
	return s;
}
