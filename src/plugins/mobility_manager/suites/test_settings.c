/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "mobility_suite.h"

#include "settings/section.h"
#include "settings/settings.h"

#include <threading/thread.h>

/** what the names of all options start with */
#define NAME "charon.plugins.mobility-manager."

/**
 * Replace the configuration by one with the given content of our section.
 */
static void set_conf(const char *section)
{
	char *conf;

	ck_assert(asprintf(&conf, "charon {\nplugins {\nmobility-manager {\n%s\n}"
					   "\n}\n}\n", section) > 0);
	ck_assert(lib->settings->load_string(lib->settings, conf, FALSE));
	free(conf);
}

/**
 * Create settings with the given content of our section, recording what is
 * reported.
 */
static mobility_settings_t *create(const char *section)
{
	set_conf(section);
	mobility_suite_log_start();
	return mobility_settings_create();
}

/**
 * Check that exactly these lines were logged.
 */
static void assert_log(const char *log)
{
	ck_assert_str_eq(mobility_suite_log(), log);
}

START_TEST(test_defaults)
{
	mobility_uplink_policy_t uplink;
	mobility_settings_t *settings;
	mobility_gateway_config_t gateway;
	mobility_config_t config;

	settings = create("");
	assert_log("");
	settings->get(settings, NULL, &config);
	ck_assert(config.mobility);
	ck_assert_uint_eq(config.network_outage_time, 1800);
	ck_assert_uint_eq(config.retry_interval, 10);
	ck_assert(config.make_before_break);
	ck_assert_uint_eq(config.settle_time, 5);
	ck_assert_uint_eq(config.penalty_time, 300);
	ck_assert(config.pin_paths);
	ck_assert(config.guard);
	ck_assert(!config.prefer_best_path);
	settings->get_gateway(settings, "any", &gateway);
	ck_assert(gateway.mobility);
	ck_assert_uint_eq(gateway.network_outage_time, 1800);
	ck_assert_uint_eq(gateway.mute_time, 60);
	ck_assert(gateway.crash_detection);
	ck_assert_uint_eq(gateway.max_dormant, 0);
	ck_assert(gateway.reclaim);
	ck_assert_int_eq(gateway.return_routability,
					 MOBILITY_RETURN_ROUTABILITY_AFTER);
	ck_assert_uint_eq(settings->get_pin_priority(settings), 219);
	ck_assert(!settings->is_pin_priority_fixed(settings));
	ck_assert_uint_eq(settings->get_pin_table(settings), 22000);
	ck_assert_str_eq(settings->get_socket(settings), MOBILITY_DEFAULT_URI);
	ck_assert(!settings->get_script(settings));
	settings->get_uplink(settings, "home", "eth0", FALSE, &uplink);
	ck_assert_str_eq(uplink.section, "");
	ck_assert(uplink.use && !uplink.has_cost && !uplink.metered);
	settings->destroy(settings);
}
END_TEST

START_TEST(test_daemons)
{
	static struct {
		const char *ns, *uri;
		uint32_t table;
	} daemons[] = {
		{ "charon", MOBILITY_DEFAULT_URI, 22000 },
		{ "charon-systemd", MOBILITY_DEFAULT_URI, 22000 },
		{ "charon-nm", "unix://" IPSEC_PIDDIR "/charon-nm.mobility", 24000 },
	};
	mobility_settings_t *settings;
	int i;

	/* those that may run at the same time don't get in each other's way */
	for (i = 0; i < countof(daemons); i++)
	{
		settings = mobility_settings_create_for(daemons[i].ns);
		ck_assert_str_eq(settings->get_socket(settings), daemons[i].uri);
		ck_assert_uint_eq(settings->get_pin_table(settings), daemons[i].table);
		settings->destroy(settings);
	}
}
END_TEST

START_TEST(test_values)
{
	mobility_settings_t *settings;
	mobility_gateway_config_t gateway;
	mobility_config_t config;
	char *script;

	settings = create("load = yes\n mobility = no\n network_outage_time = 0\n"
		"retry_interval = 1m\n make_before_break = no\n settle_time = 2s\n"
		"penalty_time = 1h\n pin_paths = no\n guard = no\n pin_priority = 100\n"
		"pin_table = 5000\n socket = unix:///tmp/x\n script = /bin/true\n"
		"gateway {\n mobility = no\n network_outage_time = 2h\n"
		" mute_time = 90s\n"
		"crash_detection = no\n max_dormant = 100\n reclaim = no\n"
		"return_routability = before\n}\n"
		"connections {\n rw {\n mobility = yes\n network_outage_time = 60\n"
		"}\n}");
	assert_log("");
	settings->get(settings, "any", &config);
	ck_assert(!config.mobility);
	ck_assert_uint_eq(config.network_outage_time, 0);
	ck_assert_uint_eq(config.retry_interval, 60);
	ck_assert(!config.make_before_break);
	ck_assert_uint_eq(config.settle_time, 2);
	ck_assert_uint_eq(config.penalty_time, 3600);
	ck_assert(!config.pin_paths);
	ck_assert(!config.guard);
	settings->get_gateway(settings, "any", &gateway);
	ck_assert(!gateway.mobility);
	ck_assert_uint_eq(gateway.network_outage_time, 7200);
	ck_assert_uint_eq(gateway.mute_time, 90);
	ck_assert(!gateway.crash_detection);
	ck_assert_uint_eq(gateway.max_dormant, 100);
	ck_assert(!gateway.reclaim);
	ck_assert_int_eq(gateway.return_routability,
					 MOBILITY_RETURN_ROUTABILITY_BEFORE);
	settings->get_gateway(settings, "rw", &gateway);
	ck_assert(gateway.mobility);
	ck_assert_uint_eq(gateway.network_outage_time, 60);
	ck_assert_uint_eq(settings->get_pin_priority(settings), 100);
	ck_assert(settings->is_pin_priority_fixed(settings));
	ck_assert_uint_eq(settings->get_pin_table(settings), 5000);
	ck_assert_str_eq(settings->get_socket(settings), "unix:///tmp/x");
	script = settings->get_script(settings);
	ck_assert_str_eq(script, "/bin/true");
	free(script);
	settings->destroy(settings);
}
END_TEST

/**
 * Bad configurations, and what is reported
 */
static struct {
	const char *conf;
	const char *log;
} bad[] = {
	{ "network_outage_time = -5m",
	  "network_outage_time = -5m: not a time such as 30s, 30m or 8h, "
	  "using 30m" },
	{ "network_outage_time = 366d",
	  "network_outage_time = 366d: too large, 365d is the most, using 30m" },
	{ "retry_interval = 0",
	  "retry_interval = 0: too small, 1s is the least, using 10s" },
	{ "retry_interval = abc",
	  "retry_interval = abc: not a time such as 30s, 30m or 8h, using 10s" },
	{ "settle_time = 99999999999999999999",
	  "settle_time = 99999999999999999999: not a time such as 30s, 30m or 8h, "
	  "using 5s" },
	{ "penalty_time = 25h",
	  "penalty_time = 25h: too large, 1d is the most, using 5m" },
	{ "mobility = maybe",
	  "mobility = maybe: neither yes nor no, using yes" },
	{ "pin_priority = 0",
	  "pin_priority = 0: too small, 1 is the least, using 219" },
	{ "pin_priority = 220",
	  "pin_priority = 220: must be less than charon.routing_table_prio, which "
	  "is 220, using 219" },
	{ "pin_priority = 1e3",
	  "pin_priority = 1e3: not a number, using 219" },
	{ "pin_table = 254",
	  "pin_table = 254: too small, 256 is the least, using 22000" },
	{ "pin_table = 4294967295",
	  "pin_table = 4294967295: too large, 4294966295 is the most, using "
	  "22000" },
	{ "script = script.sh",
	  "script = script.sh: must be an absolute path, running none" },
	{ "script = /nonexistent/script",
	  "script = /nonexistent/script: No such file or directory, running "
	  "none" },
	{ "script = /etc/passwd",
	  "script = /etc/passwd: Permission denied, running none" },
	{ "retry_intervall = 5s",
	  "retry_intervall = 5s: there is no such option, ignored; did you mean "
	  "retry_interval?" },
	{ "foo = \"a\nb\"",
	  "foo = a?b: there is no such option, ignored" },
	{ "interface {\n}",
	  "interface: there is no such section, ignored; did you mean "
	  "interfaces?" },
	{ "something {\n a = b\n}",
	  "something: there is no such section, ignored" },
	{ "interfaces = yes",
	  "interfaces = yes: there is no such option, ignored" },
	{ "interfaces {\n x {\n }\n}",
	  "interfaces.x: has no pattern in match, so it matches no interface" },
	{ "interfaces {\n x {\n match = en*, a/b\n }\n}",
	  "interfaces.x.match = en*, a/b: pattern 'a/b' contains a slash, which no "
	  "interface's name does, ignored" },
	{ "interfaces {\n x {\n match = averyverylonginterface,en*\n }\n}",
	  "interfaces.x.match = averyverylonginterface,en*: pattern "
	  "'averyverylonginterface' is longer than the name of any interface, "
	  "ignored" },
	{ "interfaces {\n x {\n match = en*, wl*  cost = 5\n }\n}",
	  "interfaces.x.match = en*, wl* cost = 5: pattern 'wl* cost = 5' contains "
	  "a blank, which no interface's name does (separate patterns by commas, "
	  "options by lines), ignored" },
	{ "interfaces {\n x {\n match = en*\n cost = cheap\n }\n}",
	  "interfaces.x.cost = cheap: not a number, using the metric of the "
	  "route" },
	{ "interfaces {\n x {\n match = en*\n cost = -1\n }\n}",
	  "interfaces.x.cost = -1: not a number, using the metric of the route" },
	{ "interfaces {\n x {\n match = en*\n metered = maybe\n }\n}",
	  "interfaces.x.metered = maybe: neither yes nor no, using what "
	  "NetworkManager says, if it does" },
	{ "interfaces {\n x {\n match = en*\n use = never\n }\n}",
	  "interfaces.x.use = never: neither yes nor no, using it unless it is "
	  "a tunnel" },
	{ "interfaces {\n x {\n match = en*\n costs = 1\n }\n}",
	  "interfaces.x.costs = 1: there is no such option, ignored; did you mean "
	  "cost?" },
	{ "interfaces {\n cost = 1\n}",
	  "interfaces.cost = 1: there is no such option, ignored" },
	{ "connections {\n home {\n pin_priority = 5\n }\n}",
	  "connections.home.pin_priority = 5: there is no such option, ignored" },
	{ "connections {\n home {\n retry_interval = x\n }\n}",
	  "connections.home.retry_interval = x: not a time such as 30s, 30m or 8h, "
	  "using 10s" },
	{ "connections {\n 100%home {\n mobility = x\n }\n}",
	  "connections.100%home.mobility = x: neither yes nor no, using yes" },
	{ "connections {\n home {\n gateway {\n }\n }\n}",
	  "connections.home.gateway: there is no such section, ignored" },
	{ "gateway {\n retry_interval = 5s\n}",
	  "gateway.retry_interval = 5s: there is no such option, ignored" },
	{ "gateway {\n outages = 1h\n}",
	  "gateway.outages = 1h: there is no such option, ignored" },
	{ "gateway {\n return_routability = yes\n}",
	  "gateway.return_routability = yes: none of after, before, no, using "
	  "after" },
	{ "gateway {\n mobilty = yes\n}",
	  "gateway.mobilty = yes: there is no such option, ignored; did you mean "
	  "mobility?" },
};

START_TEST(test_bad)
{
	mobility_settings_t *settings;
	mobility_config_t config;
	char *log;

	settings = create(bad[_i].conf);
	ck_assert(asprintf(&log, "mobility: " NAME "%s\n", bad[_i].log) > 0);
	assert_log(log);
	free(log);

	/* what is wrong has no effect */
	settings->get(settings, "home", &config);
	ck_assert(config.mobility);
	ck_assert_uint_eq(config.network_outage_time, 1800);
	ck_assert_uint_eq(config.retry_interval, 10);
	ck_assert_uint_eq(config.settle_time, 5);
	ck_assert_uint_eq(config.penalty_time, 300);
	ck_assert_uint_eq(settings->get_pin_priority(settings), 219);
	ck_assert_uint_eq(settings->get_pin_table(settings), 22000);
	ck_assert(!settings->get_script(settings));
	ck_assert_uint_eq(settings->reload(settings), 1);
	settings->destroy(settings);
}
END_TEST

START_TEST(test_long_value)
{
	mobility_settings_t *settings;
	char value[1024], conf[1100];

	memset(value, 'x', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	snprintf(conf, sizeof(conf), "foo = %s", value);
	settings = create(conf);
	ck_assert(strstr(mobility_suite_log(), "xxx...: there is no such option"));
	ck_assert(strlen(mobility_suite_log()) < 300);
	settings->destroy(settings);
}
END_TEST

START_TEST(test_long_name)
{
	mobility_section_t parent, child;
	u_int problems = 0;
	char name[700];
	int len;

	/* names that lib->settings takes for format strings fit, or are cut */
	for (len = 1; len < sizeof(name); len++)
	{
		memset(name, '%', len);
		name[len] = '\0';
		mobility_section_init(&parent, NULL, name, &problems);
		mobility_section_init(&child, &parent, "%", NULL);
		ck_assert(parent.problems == &problems);
		ck_assert(child.problems == &problems);
		ck_assert_uint_eq(strlen(parent.name),
						  min(len, sizeof(parent.name) - 1));
		ck_assert_uint_eq(strlen(parent.fmt), 2 * strlen(parent.name));
		ck_assert_uint_eq(strlen(child.name),
						  min(len + 2, sizeof(child.name) - 1));
		/* all but the dot, if that is still there, are doubled */
		ck_assert_uint_eq(strlen(child.fmt), 2 * strlen(child.name) -
						  (strchr(child.name, '.') ? 1 : 0));
	}
}
END_TEST

START_TEST(test_order)
{
	mobility_uplink_policy_t uplink;
	mobility_settings_t *settings;

	/* neither the order of names nor of costs decides */
	settings = create("interfaces {\n"
		"zulu {\n match = wl*, ,en*,\n cost = 300\n }\n"
		"mike {\n match = wlan0\n cost = 100\n }\n"
		"alfa {\n match = docker*, br-*\n use = no\n }\n"
		"bravo {\n match = ww*\n cost = 700\n metered = yes\n }\n}");
	assert_log("");
	settings->get_uplink(settings, NULL, "wlan0", FALSE, &uplink);
	ck_assert_str_eq(uplink.section, "zulu");
	ck_assert(uplink.use && uplink.has_cost && !uplink.metered);
	ck_assert_uint_eq(uplink.cost, 300);
	settings->get_uplink(settings, NULL, "enp0s3", FALSE, &uplink);
	ck_assert_str_eq(uplink.section, "zulu");
	settings->get_uplink(settings, NULL, "br-12ab", FALSE, &uplink);
	ck_assert(!uplink.use && !uplink.has_cost);
	settings->get_uplink(settings, NULL, "wwan0", FALSE, &uplink);
	ck_assert(uplink.metered && uplink.cost == 700);
	settings->get_uplink(settings, NULL, "eth0", FALSE, &uplink);
	ck_assert_str_eq(uplink.section, "");
	settings->destroy(settings);
}
END_TEST

/**
 * Says that eth0 is metered and wlan0 in a captive portal, a mobility_advisor_t.
 */
static bool advise(void *data, const char *ifname, mobility_advice_t *advice)
{
	ck_assert(data == &bad);
	*advice = (mobility_advice_t){
		.metered = streq(ifname, "eth0") || streq(ifname, "eth1"),
		.connectivity = streq(ifname, "wlan0") ? MOBILITY_CONNECTIVITY_PORTAL
											   : MOBILITY_CONNECTIVITY_FULL,
	};
	return !streq(ifname, "tun0");
}

/**
 * What a policy says about using an interface.
 */
static struct {
	char *ifname;
	bool tunnel;
	bool use;
} uses[] = {
	{ "eth0", FALSE, TRUE }, { "tun0", TRUE, FALSE },
	{ "wg0", TRUE, TRUE }, { "wg1", TRUE, FALSE },
	{ "eth1", FALSE, TRUE }, { "tun1", TRUE, FALSE }, { "tun2", TRUE, FALSE },
};

START_TEST(test_tunnels)
{
	mobility_uplink_policy_t uplink;
	mobility_settings_t *settings;

	/* a section that says something else about it is not enough */
	settings = create("interfaces {\n"
		"office {\n match = wg0\n use = yes\n }\n"
		"others {\n match = wg*\n use = no\n }\n"
		"cheap {\n match = tun1, eth1\n cost = 5\n }\n"
		"empty {\n match = tun2\n use =\n }\n}\n");
	assert_log("");
	settings->get_uplink(settings, "home", uses[_i].ifname, uses[_i].tunnel,
						 &uplink);
	ck_assert(uplink.use == uses[_i].use);
	settings->destroy(settings);
}
END_TEST

START_TEST(test_effective)
{
	mobility_uplink_policy_t uplink;
	mobility_settings_t *settings;
	mobility_override_t override = {
		.kind = MOBILITY_OVERRIDE_COST,
		.cost = 9,
	};

	settings = create("interfaces {\n"
		"free {\n match = eth1\n metered = no\n }\n"
		"empty {\n match = eth2\n metered =\n cost =\n }\n}\n"
		"connections {\n home {\n interfaces {\n"
		"wifi {\n match = wlan*\n cost = 300\n }\n}\n}\n}");
	assert_log("");
	settings->set_advisor(settings, advise, &bad);
	settings->get_uplink(settings, NULL, "eth0", FALSE, &uplink);
	ck_assert(uplink.metered && uplink.preference == MOBILITY_LAST_RESORT);
	ck_assert_int_eq(uplink.metered_from, MOBILITY_ORIGIN_NM);
	ck_assert_int_eq(uplink.connectivity, MOBILITY_CONNECTIVITY_FULL);
	settings->get_uplink(settings, NULL, "eth1", FALSE, &uplink);
	ck_assert(!uplink.metered && uplink.preference == MOBILITY_NORMAL);
	ck_assert_int_eq(uplink.metered_from, MOBILITY_ORIGIN_SECTION);
	settings->get_uplink(settings, NULL, "eth2", FALSE, &uplink);
	ck_assert_str_eq(uplink.section, "empty");
	ck_assert(!uplink.metered && !uplink.has_cost);
	ck_assert_int_eq(uplink.metered_from, MOBILITY_ORIGIN_NONE);
	settings->get_uplink(settings, NULL, "tun0", FALSE, &uplink);
	ck_assert_int_eq(uplink.connectivity, MOBILITY_CONNECTIVITY_UNKNOWN);

	/* what is set by hand is for all connections, and survives a reload */
	ck_assert(!settings->overrides->set(settings->overrides, "wlan0",
										&override));
	ck_assert_uint_eq(settings->reload(settings), 0);
	settings->get_uplink(settings, "home", "wlan0", FALSE, &uplink);
	ck_assert_str_eq(uplink.section, "wifi");
	ck_assert(uplink.has_cost && uplink.cost == 9);
	ck_assert_int_eq(uplink.cost_from, MOBILITY_ORIGIN_OVERRIDE);
	ck_assert_int_eq(uplink.preference, MOBILITY_DEMOTED);
	settings->get_uplink(settings, "home", "wlan1", FALSE, &uplink);
	ck_assert_uint_eq(uplink.cost, 300);
	ck_assert_int_eq(uplink.cost_from, MOBILITY_ORIGIN_SECTION);

	settings->set_advisor(settings, NULL, NULL);
	settings->get_uplink(settings, NULL, "eth0", FALSE, &uplink);
	ck_assert(!uplink.metered && uplink.preference == MOBILITY_NORMAL);
	settings->destroy(settings);
}
END_TEST

START_TEST(test_connection)
{
	mobility_uplink_policy_t uplink;
	mobility_settings_t *settings;
	mobility_config_t config;

	settings = create("retry_interval = 20s\n settle_time = 9s\n"
		"interfaces {\n any {\n match = *\n cost = 5\n }\n}\n"
		"connections {\n"
		"home {\n network_outage_time = 8h\n interfaces {\n"
		"  lan {\n match = eth*\n cost = 1\n }\n }\n }\n"
		"50%off {\n mobility = no\n }\n}");
	assert_log("");
	settings->get(settings, "home", &config);
	ck_assert(config.mobility);
	ck_assert_uint_eq(config.network_outage_time, 28800);
	ck_assert_uint_eq(config.retry_interval, 20);
	ck_assert_uint_eq(config.settle_time, 9);
	settings->get(settings, "50%off", &config);
	ck_assert(!config.mobility);
	settings->get(settings, "other", &config);
	ck_assert_uint_eq(config.network_outage_time, 1800);
	settings->get(settings, NULL, &config);
	ck_assert_uint_eq(config.network_outage_time, 1800);

	settings->get_uplink(settings, "home", "eth0", FALSE, &uplink);
	ck_assert_str_eq(uplink.section, "lan");
	settings->get_uplink(settings, "home", "wlan0", FALSE, &uplink);
	ck_assert_str_eq(uplink.section, "any");
	settings->get_uplink(settings, "other", "eth0", FALSE, &uplink);
	ck_assert_str_eq(uplink.section, "any");
	settings->destroy(settings);
}
END_TEST

START_TEST(test_best_path)
{
	mobility_settings_t *settings;
	mobility_config_t config;

	set_conf("connections {\n slow {\n settle_time = 7s\n }\n}");
	lib->settings->set_str(lib->settings, "charon.prefer_best_path", "yes");
	settings = mobility_settings_create();
	settings->get(settings, NULL, &config);
	ck_assert(config.prefer_best_path);
	ck_assert_uint_eq(config.settle_time, 0);
	settings->get(settings, "slow", &config);
	ck_assert(config.prefer_best_path);
	ck_assert_uint_eq(config.settle_time, 7);

	lib->settings->set_str(lib->settings,
						   NAME "settle_time", "3s");
	ck_assert_uint_eq(settings->reload(settings), 0);
	settings->get(settings, NULL, &config);
	ck_assert(config.prefer_best_path);
	ck_assert_uint_eq(config.settle_time, 3);
	settings->destroy(settings);
}
END_TEST

START_TEST(test_guard)
{
	mobility_settings_t *settings;
	mobility_config_t config;

	set_conf("connections {\n strict {\n guard = yes\n }\n}");
	lib->settings->set_str(lib->settings,
						   "charon.plugins.kernel-netlink.fwmark", "!0x42");
	settings = mobility_settings_create();
	settings->get(settings, NULL, &config);
	ck_assert(!config.guard);
	settings->get(settings, "strict", &config);
	ck_assert(config.guard);
	settings->destroy(settings);
}
END_TEST

START_TEST(test_charons_tables)
{
	mobility_settings_t *settings;

	settings = create("");
	lib->settings->set_int(lib->settings, "charon.routing_table_prio", 50);
	lib->settings->set_int(lib->settings, "charon.routing_table", 22500);
	ck_assert_uint_eq(settings->reload(settings), 1);
	ck_assert_uint_eq(settings->get_pin_priority(settings), 49);
	ck_assert_uint_eq(settings->get_pin_table(settings), 21000);
	assert_log("mobility: " NAME "pin_table = 22000: the 1000 tables from it on must not "
			   "include charon.routing_table, which is 22500, using 21000\n");

	/* somebody who moves charon's rule back keeps ours in front of it */
	lib->settings->set_int(lib->settings, "charon.routing_table_prio", 30000);
	lib->settings->set_int(lib->settings, "charon.routing_table", 0);
	ck_assert_uint_eq(settings->reload(settings), 0);
	ck_assert_uint_eq(settings->get_pin_priority(settings), 219);
	settings->destroy(settings);
}
END_TEST

START_TEST(test_reload)
{
	mobility_settings_t *settings;
	mobility_config_t config;
	char *script;

	settings = create("network_outage_time = 1h\n socket = unix:///tmp/a");
	settings->get(settings, NULL, &config);
	ck_assert_uint_eq(config.network_outage_time, 3600);

	set_conf("network_outage_time = 2h\n script = /bin/true\n"
			 "socket = unix:///tmp/b\n retry_interval = x");
	ck_assert_uint_eq(settings->reload(settings), 1);
	ck_assert(strstr(mobility_suite_log(), "the option socket changed, which takes "
					 "effect when the daemon starts again"));
	settings->get(settings, NULL, &config);
	ck_assert_uint_eq(config.network_outage_time, 7200);
	ck_assert_str_eq(settings->get_socket(settings), "unix:///tmp/a");
	script = settings->get_script(settings);
	ck_assert_str_eq(script, "/bin/true");
	free(script);

	/* what is removed has its default again */
	set_conf("script =\n socket = unix:///tmp/a");
	ck_assert_uint_eq(settings->reload(settings), 0);
	settings->get(settings, NULL, &config);
	ck_assert_uint_eq(config.network_outage_time, 1800);
	ck_assert(!settings->get_script(settings));
	settings->destroy(settings);
}
END_TEST

START_TEST(test_namespace)
{
	mobility_uplink_policy_t uplink;
	mobility_settings_t *settings;
	mobility_config_t config;

	/* as charon-systemd does: its own options, then charon's */
	set_conf("network_outage_time = 1h\n penalty_time = 1m\n settle_time = y\n"
			 "interfaces {\n a {\n match = eth*\n }\n b {\n match = *\n }\n"
			 "c {\n }\n}\n connection {\n }");
	lib->settings->add_fallback(lib->settings, "charon-systemd", "charon");
	ck_assert(lib->settings->load_string(lib->settings, "charon-systemd {\n"
		"prefer_best_path = yes\n plugins {\n mobility-manager {\n"
		"network_outage_time = 2h\n retry_interval = x\n"
		"interfaces {\n b {\n match = en*\n }\n d {\n }\n}\n}\n}\n}\n", TRUE));
	mobility_suite_log_start();
	settings = mobility_settings_create_for("charon-systemd");
	/* each is named as it was written */
	assert_log("mobility: charon-systemd.plugins.mobility-manager."
			   "retry_interval = x: not a time such as 30s, 30m or 8h, using "
			   "10s\n"
			   "mobility: " NAME "settle_time = y: not a time such as 30s, 30m "
			   "or 8h, using 0s\n"
			   "mobility: " NAME "connection: there is no such section, ignored; "
			   "did you mean connections?\n"
			   "mobility: charon-systemd.plugins.mobility-manager.interfaces.d: "
			   "has no pattern in match, so it matches no interface\n"
			   "mobility: " NAME "interfaces.c: has no pattern in match, so it "
			   "matches no interface\n");
	settings->get(settings, NULL, &config);
	ck_assert(config.prefer_best_path);
	ck_assert_uint_eq(config.network_outage_time, 7200);
	ck_assert_uint_eq(config.penalty_time, 60);
	settings->get_uplink(settings, NULL, "enp0s3", FALSE, &uplink);
	ck_assert_str_eq(uplink.section, "b");
	settings->get_uplink(settings, NULL, "eth0", FALSE, &uplink);
	ck_assert_str_eq(uplink.section, "a");
	settings->destroy(settings);
}
END_TEST

/**
 * Uses settings while they are read again.
 */
static void *use_settings(mobility_settings_t *settings)
{
	mobility_uplink_policy_t uplink;
	mobility_gateway_config_t gateway;
	mobility_config_t config;
	int i;

	for (i = 0; i < 2000; i++)
	{
		settings->get(settings, "home", &config);
		ck_assert_uint_eq(config.network_outage_time, 28800);
		settings->get_uplink(settings, "home", "eth0", FALSE, &uplink);
		ck_assert_uint_eq(uplink.cost, 3);
		settings->get_gateway(settings, "home", &gateway);
		settings->get_pin_priority(settings);
		free(settings->get_script(settings));
	}
	return NULL;
}

START_TEST(test_threads)
{
	mobility_settings_t *settings;
	thread_t *threads[4];
	int i;

	settings = create("script = /bin/true\n connections {\n home {\n"
		"network_outage_time = 8h\n interfaces {\n x {\n match = eth*\n"
		"cost = 3\n }\n }\n }\n}");
	for (i = 0; i < countof(threads); i++)
	{
		threads[i] = thread_create((thread_main_t)use_settings, settings);
	}
	for (i = 0; i < 100; i++)
	{
		ck_assert_uint_eq(settings->reload(settings), 0);
	}
	for (i = 0; i < countof(threads); i++)
	{
		threads[i]->join(threads[i]);
	}
	settings->destroy(settings);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("settings");
	TCase *tc;

	tc = tcase_create("settings");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_test(tc, test_defaults);
	tcase_add_test(tc, test_daemons);
	tcase_add_test(tc, test_values);
	tcase_add_loop_test(tc, test_bad, 0, countof(bad));
	tcase_add_test(tc, test_long_value);
	tcase_add_test(tc, test_long_name);
	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_effective);
	tcase_add_loop_test(tc, test_tunnels, 0, countof(uses));
	tcase_add_test(tc, test_connection);
	tcase_add_test(tc, test_best_path);
	tcase_add_test(tc, test_guard);
	tcase_add_test(tc, test_charons_tables);
	tcase_add_test(tc, test_reload);
	tcase_add_test(tc, test_namespace);
	tcase_add_test(tc, test_threads);
	suite_add_tcase(s, tc);

	return s;
}
