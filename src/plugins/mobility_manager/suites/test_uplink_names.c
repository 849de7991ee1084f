/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "mobile/uplink_names.h"
#include "net/name_query.h"
#include "nm/link_servers.h"

#include <poll.h>

/** What is tested, and what it uses. */
static mobility_uplink_names_t *names;
static mobility_monitor_t monitor;
static mobility_settings_t settings;

/** Interfaces there are, uplinks but for the last one, and whether they work. */
static char *ifnames[] = { "eth0", "eth1", "wlan0", "wwan0", "eth2", "lo" };
static bool usable[countof(ifnames)];

/** Servers that a link has, or this host. */
static char *link_servers[countof(ifnames)], *defaults;

/** Whom was asked, "ifname local server..." for each link; if stopped. */
static char asked[512];
static bool stopped;

/**
 * Get the index of an interface
 */
static u_int index_of(const char *ifname)
{
	u_int i;

	for (i = 0; !streq(ifnames[i], ifname); i++);
	return i;
}

/**
 * Add servers, with spaces between
 */
static void add_servers(char *addresses, array_t *servers)
{
	enumerator_t *enumerator;
	char *address;

	enumerator = enumerator_create_token(addresses ?: "", " ", " ");
	while (enumerator->enumerate(enumerator, &address))
	{
		if (*address)
		{
			array_insert(servers, ARRAY_TAIL,
						 host_create_from_string(address, 53));
		}
	}
	enumerator->destroy(enumerator);
}

/* what the linker has called in place of these */
void __wrap_mobility_link_servers_get(const char *address, int ifindex,
									  const char *ifname, bool nm,
									  array_t *servers);
void __wrap_mobility_name_query_defaults(array_t *servers);
array_t *__wrap_mobility_name_query(const char *name, int family,
									const mobility_name_link_t *links,
									u_int count, u_int timeout, int stop);

void __wrap_mobility_link_servers_get(const char *address, int ifindex,
									  const char *ifname, bool nm,
									  array_t *servers)
{
	ck_assert(!address);
	ck_assert(nm);
	ck_assert_int_eq(ifindex, index_of(ifname) + 1);
	/* nobody who does not work, or is not to be used, is asked for */
	ck_assert(usable[ifindex - 1]);
	add_servers(link_servers[ifindex - 1], servers);
}

void __wrap_mobility_name_query_defaults(array_t *servers)
{
	add_servers(defaults, servers);
}

array_t *__wrap_mobility_name_query(const char *name, int family,
									const mobility_name_link_t *links,
									u_int count, u_int timeout, int stop)
{
	struct pollfd fd = { .fd = stop, .events = POLLIN };
	array_t *hosts = NULL;
	size_t len = 0;
	u_int i, j;

	ck_assert_str_eq(name, "gateway.example.com");
	ck_assert_int_eq(family, AF_INET);
	ck_assert_uint_le(count, MOBILITY_NAME_LINKS);
	ck_assert_uint_eq(timeout, MOBILITY_UPLINK_NAMES_TIMEOUT);
	stopped = poll(&fd, 1, 0) == 1;
	asked[0] = '\0';
	for (i = 0; i < count; i++)
	{
		ck_assert_uint_le(links[i].count, MOBILITY_NAME_SERVERS);
		len += snprintf(asked + len, sizeof(asked) - len, "%s%s", i ? ", " : "",
						links[i].ifname);
		if (links[i].local4)
		{
			len += snprintf(asked + len, sizeof(asked) - len, " from %H",
							links[i].local4);
		}
		for (j = 0; j < links[i].count; j++)
		{
			len += snprintf(asked + len, sizeof(asked) - len, " %H",
							links[i].servers[j]);
		}
	}
	array_insert_create(&hosts, ARRAY_TAIL,
						host_create_from_string("192.0.2.7", 0));
	return hosts;
}

METHOD(mobility_monitor_t, get_paths, void,
	mobility_monitor_t *this, host_t *peer, mobility_uplink_filter_t filter,
	void *data, array_t *paths)
{
	mobility_path_t *path;
	char local[32];
	u_int i, order;

	/* each uplink has two addresses */
	for (i = 0; i < countof(ifnames) - 1; i++)
	{
		for (order = 0; usable[i] && order < 2; order++)
		{
			snprintf(local, sizeof(local), "10.%u.0.%u", i, order + 2);
			INIT(path,
				.ifindex = i + 1,
				.local = host_create_from_string(local, 0),
				.remote = peer->clone(peer),
				.order = order,
			);
			strcpy(path->ifname, ifnames[i]);
			array_insert(paths, ARRAY_TAIL, path);
		}
	}
}

/** Index of the next interface to list. */
static u_int next;

CALLBACK(enumerate, bool,
	enumerator_t *this, va_list args)
{
	static mobility_uplink_report_t report;
	mobility_uplink_report_t **out;

	VA_ARGS_VGET(args, out);
	if (next == countof(ifnames))
	{
		return FALSE;
	}
	report = (mobility_uplink_report_t){
		.ifindex = next + 1,
		.state = usable[next] ? "usable" : "no carrier",
	};
	strcpy(report.ifname, ifnames[next++]);
	*out = &report;
	return TRUE;
}

METHOD(mobility_monitor_t, create_link_enumerator, enumerator_t*,
	mobility_monitor_t *this)
{
	enumerator_t *enumerator;

	next = 0;
	INIT(enumerator,
		.enumerate = enumerator_enumerate_default,
		.venumerate = (void*)enumerate,
		.destroy = (void*)free,
	);
	return enumerator;
}

METHOD(mobility_settings_t, get_uplink, void,
	mobility_settings_t *this, const char *name, const char *ifname,
	bool tunnel, mobility_uplink_policy_t *policy)
{
	memset(policy, 0, sizeof(*policy));
	policy->use = !streq(ifname, "eth2");
	policy->preference = streq(ifname, "wwan0") ? MOBILITY_LAST_RESORT
												: MOBILITY_NORMAL;
}

static void setup()
{
	mobility_suite_setup();
	monitor.get_paths = _get_paths;
	monitor.create_link_enumerator = _create_link_enumerator;
	settings.get_uplink = _get_uplink;
	settings.use_networkmanager = (void*)return_true;
	memset(usable, 0, sizeof(usable));
	memset(link_servers, 0, sizeof(link_servers));
	usable[0] = usable[2] = TRUE;
	defaults = NULL;
	names = mobility_uplink_names_create(&monitor, &settings);
	ck_assert(names != NULL);
}

static void teardown()
{
	names->destroy(names);
	mobility_suite_teardown();
}

/**
 * Check whom is asked
 */
static void assert_asked(const char *expected)
{
	array_t *hosts;
	host_t *host;

	hosts = names->ask(names, "gateway.example.com", AF_INET);
	ck_assert_int_eq(array_count(hosts), 1);
	array_get(hosts, 0, &host);
	host->destroy(host);
	array_destroy(hosts);
	ck_assert_str_eq(asked, expected);
}

START_TEST(test_links)
{
	link_servers[0] = "192.0.2.1 192.0.2.2";
	link_servers[1] = "192.0.2.3";
	link_servers[2] = "192.0.2.4 fe80::1";
	defaults = "192.0.2.9";
	assert_asked("eth0 from 10.0.0.2 192.0.2.1 192.0.2.2, "
				 "wlan0 from 10.2.0.2 192.0.2.4 fe80::1");
	usable[0] = FALSE;
	assert_asked("wlan0 from 10.2.0.2 192.0.2.4 fe80::1");
}
END_TEST

START_TEST(test_defaults)
{
	defaults = "192.0.2.9 192.0.2.10";
	assert_asked("eth0 from 10.0.0.2 192.0.2.9 192.0.2.10, "
				 "wlan0 from 10.2.0.2 192.0.2.9 192.0.2.10");
	usable[0] = usable[2] = FALSE;
	assert_asked("");
	defaults = NULL;
	usable[0] = TRUE;
	assert_asked("");
}
END_TEST

/**
 * Neither what is not to be used, nor what costs if there is something else
 */
START_TEST(test_policy)
{
	usable[3] = usable[4] = TRUE;
	defaults = "192.0.2.9";
	assert_asked("eth0 from 10.0.0.2 192.0.2.9, wlan0 from 10.2.0.2 192.0.2.9");
	usable[0] = usable[2] = FALSE;
	assert_asked("wwan0 from 10.3.0.2 192.0.2.9");
	link_servers[3] = "192.0.2.4";
	assert_asked("wwan0 from 10.3.0.2 192.0.2.4");
}
END_TEST

START_TEST(test_many)
{
	link_servers[0] = "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4";
	assert_asked("eth0 from 10.0.0.2 192.0.2.1 192.0.2.2 192.0.2.3");
}
END_TEST

START_TEST(test_stop)
{
	assert_asked("");
	ck_assert(!stopped);
	names->stop(names);
	assert_asked("");
	ck_assert(stopped);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("uplink_names");

	tc = tcase_create("whom");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_links);
	tcase_add_test(tc, test_defaults);
	tcase_add_test(tc, test_policy);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_stop);
	suite_add_tcase(s, tc);

	return s;
}
