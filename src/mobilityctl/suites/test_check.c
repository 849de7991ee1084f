/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* What mobilityctl check finds, each in a file system or network made up. */

#define _GNU_SOURCE
#include "suites/mobility_suite.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "checks.h"
#include "ctl_daemon.h"
#include "ctl_output.h"
#include "control/vici_server.h"
#include "net/rtnl.h"
#include "suites/mobility_messages.h"
#include "suites/mobility_netns.h"

#include <net/if.h>

/** interface that the kernel has beside eth0, as a message with an index to fill
 * in, instead of all its own */
static const char *interface;

static ctl_check_t *check;

/**
 * Prepare a check that has found nothing yet.
 */
static void prepare(void)
{
	check = ctl_check_create(FALSE);
	check->uri = "unix:///nonexistent/socket";
	check->conf = NULL;
	check->root = mobility_suite_dir();
}

static void setup(void)
{
	mobility_suite_setup();
	prepare();
}

static void setup_netns(void)
{
	mobility_netns_setup();
	prepare();
}

static void teardown(void)
{
	check->destroy(check);
	ctl_daemon_deinit();
	mobility_suite_teardown();
}

/**
 * Append a list of findings to a text, a line each.
 */
static void append(char *buf, size_t len, const char *title, const char *list,
				   const char *key)
{
	json_object *findings, *finding;
	const char *name, *remedy;
	int i;

	findings = ctl_sub(check->findings, list);
	for (i = 0; i < json_object_array_length(findings); i++)
	{
		finding = json_object_array_get_idx(findings, i);
		name = ctl_str(finding, "check");
		remedy = ctl_str(finding, "remedy");
		ck_assert(*remedy || streq(title, "ok"));
		snprintf(buf + strlen(buf), len - strlen(buf), *remedy ?
				 "%s %s: %s\nremedy %s: %s\n" : "%s %s: %s\n", title, name,
				 ctl_str(finding, key), name, remedy);
	}
}

/**
 * Get what was found as a text.
 */
static const char *all_found(void)
{
	static char buf[8192];

	buf[0] = '\0';
	append(buf, sizeof(buf), "ok", "passed", "result");
	append(buf, sizeof(buf), "hint", "hints", "hint");
	append(buf, sizeof(buf), "problem", "problems", "problem");
	return buf;
}

/**
 * Forget what was found.
 */
static void forget(void)
{
	json_object_object_add(check->findings, "passed", json_object_new_array());
	json_object_object_add(check->findings, "hints", json_object_new_array());
	json_object_object_add(check->findings, "problems",
						   json_object_new_array());
}

/**
 * Check that something was found, then forget all that was.
 */
static void assert_found(const char *text)
{
	ck_assert_msg(strstr(all_found(), text), "no '%s' in: %s", text,
				  all_found());
	forget();
}

START_TEST(test_running)
{
	ck_assert(!ctl_check_is_running(check, "charon"));
	mobility_suite_write("/proc/1/comm", "systemd\n");
	mobility_suite_write("/proc/self/comm", "charon\n");
	ck_assert(!ctl_check_is_running(check, "charon"));
	mobility_suite_write("/proc/123/comm", "charon-systemd\n");
	ck_assert(ctl_check_is_running(check, "charon-systemd"));
	ck_assert(!ctl_check_is_running(check, "charon"));
	mobility_suite_write("/proc/124/comm", "systemd-network\n");
	ck_assert(ctl_check_is_running(check, "systemd-networkd"));
}
END_TEST

START_TEST(test_daemon)
{
	lib->settings->set_str(lib->settings, "charon.plugins.vici.socket",
						   "unix:///nonexistent/vici");
	ctl_check_daemon(check);
	assert_found("problem daemon: charon is not running\n"
				 "remedy daemon: systemctl start strongswan\n");
	mobility_suite_write("/proc/123/comm", "charon-systemd\n");
	ctl_check_daemon(check);
	assert_found("problem daemon: charon runs, but can be reached neither at "
				 "unix:///nonexistent/socket nor at unix:///nonexistent/vici: "
				 "No such file or directory\n");
}
END_TEST

START_TEST(test_peers)
{
	json_object *sessions;
	enumerator_t *enumerator;
	char *name, names[64] = "";

	sessions = json_tokener_parse("[ { 'connection': 'home', 'paths': {"
			"'1': { 'uplink': 'eth1', 'local': '192.0.2.7', "
			"'remote': '192.0.2.1' },"
			"'2': { 'uplink': 'eth0', 'local': '10.1.0.10', "
			"'remote': '192.0.2.1' } } } ]");
	ctl_check_paths(check, sessions);
	json_object_put(sessions);
	assert_found("ok peers: this host has no address of a peer\n");
	sessions = json_tokener_parse("[ { 'connection': 'home', 'paths': {"
			"'1': { 'uplink': 'eth1', 'local': '2001:db8::7', "
			"'remote': '2001:db8::1' },"
			"'2': { 'uplink': 'lan0', 'local': '192.0.2.1', "
			"'remote': '192.0.2.1' } } } ]");
	ctl_check_paths(check, sessions);
	json_object_put(sessions);
	assert_found("problem peers: lan0 has the address 192.0.2.1, as the peer of "
				 "home: packets to it don't leave this host, whatever uplink "
				 "they should use\n"
				 "remedy peers: leave the network of lan0 (ip address del "
				 "192.0.2.1 dev lan0; taking the interface down is not enough), "
				 "or have its DHCP server hand out another address\n");
	/* that is no uplink by itself */
	enumerator = array_create_enumerator(check->uplinks);
	while (enumerator->enumerate(enumerator, &name))
	{
		strcat(names, name);
	}
	enumerator->destroy(enumerator);
	ck_assert_str_eq(names, "eth1eth0");
}
END_TEST

START_TEST(test_started_twice)
{
	struct sockaddr_un addr = {
		.sun_family = AF_UNIX,
	};
	char *uri;
	int fd;

	/* the socket is there, but nobody listens anymore */
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/vici", check->root);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert(bind(fd, (struct sockaddr*)&addr, sizeof(addr)) == 0);
	close(fd);
	ck_assert(asprintf(&uri, "unix://%s", addr.sun_path) > 0);
	lib->settings->set_str(lib->settings, "charon.plugins.vici.socket", uri);
	free(uri);
	ctl_check_daemon(check);
	assert_found("problem daemon: charon is not running\n");
	mobility_suite_write("/proc/123/comm", "charon-systemd\n");
	ctl_check_daemon(check);
	assert_found("which happens if it is started a second time\n"
				 "remedy daemon: systemctl restart strongswan\n");
}
END_TEST

/** when charon started, NULL if it does not tell */
static char *since;

/**
 * Charon without the plugin.
 */
static bool be_charon(void *user, const char *name, chunk_t request,
					  mobility_vici_message_t *response, mobility_list_t *list)
{
	if (streq(name, "version"))
	{
		response->add(response, "daemon", "charon-systemd");
		response->add(response, "version", "%s", (char*)user);
	}
	if (streq(name, "stats") && since)
	{
		response->begin(response, "uptime");
		response->add(response, "since", "%s", since);
		response->end(response);
	}
	return TRUE;
}

/**
 * Configurations, and why the plugin is not loaded
 */
static struct {
	char *conf, *version, *found;
	bool missing;
	char *since;
} loads[] = {
	{ "", VERSION, "the plugin is not loaded, there is no ", TRUE },
	{ "", "1.2.3", "it is built for strongSwan " VERSION " and 1.2.3 runs" },
	{ "", VERSION, "charon loads a list of its own" },
	{ "load = random nonce", VERSION, "it is not in the list" },
	{ "load = random mobility-manager!", VERSION, "is not loaded\n"
	  "remedy plugin: its log says why" },
	{ "load = random mobility-manager", VERSION, "hint plugin: the plugin is "
	  "installed, and is loaded when charon starts the next time", FALSE,
	  "Feb 28 09:05:07 2022" },
	{ "load = random mobility-manager", VERSION, "is not loaded\n"
	  "remedy plugin: its log says why", FALSE, "Feb 28 09:05:07 2199" },
	{ "load = random mobility-manager\nplugins {\nmobility-manager {\n"
	  "load = no\n}\n}", VERSION, "strongswan.conf says so" },
	{ "load_modular = yes\nplugins {\nmobility-manager {\n"
	  "load = false\n}\n}", VERSION, "strongswan.conf says so" },
	{ "load_modular = yes\nplugins {\nmobility-manager {\n"
	  "load = 0\n}\n}", VERSION, "strongswan.conf says so" },
	{ "load_modular = yes", VERSION, "says which plugins to load" },
	{ "load_modular = yes\nplugins {\nmobility-manager {\n"
	  "load = 5\n}\n}", VERSION, "is not loaded\nremedy plugin: its log" },
};

START_TEST(test_not_loaded)
{
	mobility_service_t service = {
		.handle = be_charon,
		.user = loads[_i].version,
	};
	mobility_vici_server_t *server;
	char *text, *uri;

	since = loads[_i].since;
	lib->processor->set_threads(lib->processor, 4);
	ck_assert(asprintf(&uri, "unix://%s/vici", check->root) > 0);
	ck_assert(asprintf(&text, "charon {\n%s\n}\ncharon-systemd {\nplugins {\n"
					   "vici {\nsocket = %s\n}\n}\n}\n", loads[_i].conf,
					   uri) > 0);
	ck_assert(lib->settings->load_string(lib->settings, text, FALSE));
	server = mobility_vici_server_create(uri, &service, 10);
	ck_assert(server);
	if (!loads[_i].missing)
	{
		mobility_suite_write(IPSEC_PLUGINDIR
							 "/libstrongswan-mobility-manager.so", "");
	}
	ctl_check_daemon(check);
	server->destroy(server);
	assert_found(loads[_i].found);
	free(text);
	free(uri);
}
END_TEST

/** what the gateways below have in common: a connection for clients */
#define CLIENTS(more) "{ 'clients': { 'remote_addrs': [ '%any' ], " \
					  "'version': 'IKEv2', 'dpd_delay': '60', " more " } }"

/** plugins they have loaded */
#define LOADED "'plugins': [ 'eap-radius', 'dhcp' ]"

/**
 * Gateways: what charon tells of its connections and pools, and of itself, what is
 * in strongswan.conf, what is found, and what is not
 */
static struct {
	const char *conns, *pools, *stats, *conf, *found, *missing;
} gateways[] = {
	/* as it should be */
	{ CLIENTS("'rekey_time': '0'"), "{ 'p': { 'size': '254', 'online': '7', "
	  "'offline': '3' } }", "{ 'ikesas': { 'total': '7' } }", "",
	  "ok gateway-dpd: sleeping clients are noticed in time\n"
	  "ok gateway-lifetime: lifetimes give sleeping clients enough time\n"
	  "ok gateway-unique: clients that log in again replace their old session\n"
	  "ok gateway-pool: there are free addresses for clients\n"
	  "ok gateway-table: charon finds the IKE_SA of a message quickly\n",
	  "remedy" },
	/* none at all, or none that is ours */
	{ "{}", "{}", "{}", "", "", "gateway" },
	{ "{ 'a': { 'remote_addrs': [ '192.0.2.1' ], 'version': 'IKEv2' } }", "{}",
	  "{}", "", "", "gateway" },
	{ "{ 'a': { 'remote_addrs': [ '%any' ], 'version': 'IKEv1' } }", "{}",
	  "{}", "", "", "gateway" },
	{ CLIENTS("'unique': 'UNIQUE_NEVER'"), "{}", "{}",
	  "plugins { mobility-manager { gateway { mobility = no } } }", "",
	  "gateway" },
	/* DPD */
	{ "{ 'c': { 'remote_addrs': [ '%any' ], 'version': 'IKEv1/2' } }", "{}",
	  "{}", "", "hint gateway-dpd: c: clients are never asked whether they are "
	  "still there", "ok gateway-dpd" },
	{ CLIENTS("'rekey_time': '0'"), "{}", "{}",
	  "retransmit_tries = 33\nretransmit_limit = 60", "problem gateway-dpd: "
	  "clients: a client counts as dormant only 1829s after the gateway has "
	  "asked, which is more than its outage time of 30m\nremedy gateway-dpd: "
	  "remove charon.retransmit_tries" },
	{ CLIENTS("'rekey_time': '0'"), "{}", "{}",
	  "retransmit_tries = 33\nretransmit_limit = 60\nplugins {\n"
	  "mobility-manager { gateway { network_outage_time = 2h\n } }\n}",
	  "ok gateway-dpd" },
	{ CLIENTS("'rekey_time': '0'"), "{}", "{}",
	  "plugins { mobility-manager { connections { clients {\n"
	  "network_outage_time = 2m\n} } } }", "problem gateway-dpd: clients: a "
	  "client counts as dormant only 165s after" },
	/* lifetimes */
	{ CLIENTS("'rekey_time': '14400'"), "{}", "{}", "", "hint "
	  "gateway-lifetime: clients: a client that is asleep when its IKE_SA is to "
	  "be rekeyed, every 14400s, has 1440s from then on, unless over_time is "
	  "set\nremedy gateway-lifetime: set rekey_time = 0 for the connection, "
	  "which leaves that to the clients, or over_time = 30m" },
	{ CLIENTS("'rekey_time': '0', 'reauth_time': '3600'"), "{}", "{}", "",
	  "every 3600s, has 360s from then on" },
	{ CLIENTS("'rekey_time': '14400'"), "{}", "{}",
	  "plugins { mobility-manager { gateway { network_outage_time = 20m\n } }"
	  "\n}", "ok gateway-lifetime" },
	/* uniqueness */
	{ CLIENTS("'unique': 'UNIQUE_NEVER'"), "{}", "{}", "",
	  "hint gateway-unique: clients: unique = never keeps the session" },
	{ CLIENTS("'unique': 'UNIQUE_NO'"), "{}", "{}", "", "ok gateway-unique" },
	/* pools */
	{ CLIENTS(""), "{ 'a': { 'size': '10', 'online': '2', 'offline': '0' },"
	  "'b': { 'size': '10', 'online': '9', 'offline': '0' } }", "{}", "",
	  "problem gateway-pool: b: 9 of 10 addresses are in use",
	  "ok gateway-pool" },
	{ CLIENTS(""), "{ 'a': { 'size': '10', 'online': '2', 'offline': '8' } }",
	  "{}", "", "hint gateway-pool: a: each of 10 addresses was given to "
	  "somebody already", "ok gateway-pool" },
	/* RADIUS */
	{ CLIENTS(""), "{}", "{ " LOADED " }", "plugins { eap-radius {\n"
	  "server = 192.0.2.7\n} }", "hint gateway-radius: a RADIUS server that "
	  "does not answer is waited for 22s" },
	{ CLIENTS(""), "{}", "{ " LOADED " }", "plugins { eap-radius {\n"
	  "retransmit_timeout = 1\nretransmit_tries = 2\nservers { a {\n"
	  "address = 192.0.2.7\n} } } }", "ok gateway-radius: a RADIUS server that "
	  "does not answer is waited for 4s only", "accounting_close" },
	{ CLIENTS(""), "{}", "{ " LOADED " }", "plugins { eap-radius {\n"
	  "accounting = yes\nserver = 192.0.2.7\n} }", "remedy gateway-radius: set "
	  "accounting_close_on_timeout = no" },
	{ CLIENTS(""), "{}", "{ " LOADED " }", "", "", "gateway-radius" },
	{ CLIENTS(""), "{}", "{}", "plugins { eap-radius {\n"
	  "server = 192.0.2.7\n} }", "", "gateway-radius" },
	/* DHCP */
	{ CLIENTS(""), "{}", "{ " LOADED " }", "", "hint gateway-dhcp: charon does "
	  "not renew what it gets from DHCP: leases that are shorter than a session "
	  "with its outage time (30m)" },
	{ CLIENTS(""), "{ 'p': { 'size': '254' } }", "{ " LOADED " }", "", "",
	  "gateway-dhcp" },
	{ CLIENTS(""), "{ 'p': { 'size': '254' } }", "{ " LOADED " }",
	  "plugins { dhcp {\nserver = 192.0.2.8\n} }", "hint gateway-dhcp" },
	/* the table of IKE_SAs */
	{ CLIENTS(""), "{}", "{ 'ikesas': { 'total': '5000' } }", "",
	  "hint gateway-table: charon looks through up to 5000 IKE_SAs for each "
	  "message, as ikesa_table_size is 1" },
	{ CLIENTS(""), "{}", "{ 'ikesas': { 'total': '5000' } }",
	  "ikesa_table_size = 1024", "ok gateway-table" },
	{ CLIENTS(""), "{ 'p': { 'size': '65000', 'online': '300', "
	  "'offline': '400' } }", "{ 'ikesas': { 'total': '3' } }",
	  "ikesa_table_size = 4", "up to 175 IKE_SAs" },
};

/**
 * Replace what charon tells.
 */
static void tell(json_object **told, const char *text)
{
	json_object_put(*told);
	*told = json_tokener_parse(text);
	ck_assert_msg(*told, "no JSON: %s", text);
}

START_TEST(test_gateway)
{
	char conf[512];

	snprintf(conf, sizeof(conf), "charon {\n%s\n}\n", gateways[_i].conf);
	ck_assert(lib->settings->load_string(lib->settings, conf, FALSE));
	ctl_check_settings(check);
	forget();
	tell(&check->conns, gateways[_i].conns);
	tell(&check->pools, gateways[_i].pools);
	tell(&check->stats, gateways[_i].stats);
	ctl_check_gateway(check);
	if (gateways[_i].missing)
	{
		ck_assert_msg(!strstr(all_found(), gateways[_i].missing), "%s",
					  all_found());
	}
	assert_found(gateways[_i].found);
}
END_TEST

START_TEST(test_settings)
{
	ctl_check_settings(check);
	ck_assert_str_eq(all_found(),
		"ok settings: nothing is wrong with the options of "
		"mobility-manager\n"
		"ok install-routes: charon installs the routes of its tunnels\n");
	forget();
	check->settings->destroy(check->settings);

	/* what is set for charon counts for charon-systemd */
	lib->settings->set_str(lib->settings, "charon.install_routes", "no");
	lib->settings->set_str(lib->settings,
			"charon.plugins.mobility-manager.retry_interval", "soon");
	ctl_check_settings(check);
	ck_assert(strstr(all_found(), "problem settings: "
			"charon.plugins.mobility-manager.retry_interval = soon: "
			"not a time such as 30s, 30m or 8h, using 10s\n"
			"remedy settings: correct it in strongswan.conf, then"));
	assert_found("problem install-routes: charon.install_routes = no");
}
END_TEST

/**
 * Check that an option is named as it was written, and its file.
 */
static void assert_file(const char *option, const char *file)
{
	const char *found, *remedy;
	char *text;

	found = strstr(all_found(), option);
	ck_assert_msg(found, "no '%s' in: %s", option, all_found());
	remedy = strchr(found, '\n') + 1;
	ck_assert(asprintf(&text, "%s/%s", check->root, file) > 0);
	found = strstr(remedy, text);
	ck_assert_msg(found && found < strchr(remedy, '\n'), "no '%s' in: %s",
				  text, remedy);
	free(text);
}

START_TEST(test_files)
{
	char path[64];

	mobility_suite_write("/etc/strongswan.conf",
						 "charon {\n load_modular = yes\n"
						 "plugins {\n include strongswan.d/charon/*.conf\n }\n"
						 "# include no.conf\n}\n"
						 "include \"strongswan.d/*.conf\"\n"
						 "charon-systemd { plugins { include own.d/mm } }\n");
	mobility_suite_write("/etc/strongswan.d/charon/a.conf",
						 "a {\n load = yes\n}\n");
	mobility_suite_write("/etc/strongswan.d/charon/mm.conf",
						 "mobility-manager {\n"
						 "settle_time = soon\n intefaces {\n }\n interfaces {\n"
						 "include charon-mm.d/*\n }\n script = 50%s\n}\n");
	mobility_suite_write("/etc/strongswan.d/charon/charon-mm.d/wifi",
						 "wifi {\n match = wl*\n cost = high\n}\n");
	mobility_suite_write("/etc/strongswan.d/charon.conf", "charon {\n"
						 "install_routes = no\n "
						 "interfaces_ignore = wlan0\n}\n");
	mobility_suite_write("/etc/own.d/mm",
						 "mobility-manager {\n retry_interval = soon\n}\n");
	snprintf(path, sizeof(path), "%s/etc/strongswan.conf", check->root);
	check->conf = path;
	ck_assert(lib->settings->load_files(lib->settings, path, FALSE));
	ctl_check_settings(check);
	ctl_check_add_uplink(check, "wlan0");
	ctl_check_interfaces(check);

	assert_file("charon-systemd.plugins.mobility-manager.retry_interval = soon",
				"etc/own.d/mm");
	assert_file("charon.plugins.mobility-manager.settle_time = soon",
				"etc/strongswan.d/charon/mm.conf");
	assert_file("charon.plugins.mobility-manager.intefaces: there is no",
				"etc/strongswan.d/charon/mm.conf");
	assert_file("charon.plugins.mobility-manager.script = 50%s",
				"etc/strongswan.d/charon/mm.conf");
	assert_file("charon.plugins.mobility-manager.interfaces.wifi.cost = high",
				"etc/strongswan.d/charon/charon-mm.d/wifi");
	assert_file("charon.install_routes = no", "etc/strongswan.d/charon.conf");
	assert_file("charon.interfaces_ignore = wlan0",
				"etc/strongswan.d/charon.conf");
}
END_TEST

START_TEST(test_interfaces)
{
	ctl_check_interfaces(check);
	assert_found("ok interfaces: nothing could be an uplink now\n");
	ctl_check_add_uplink(check, "eth0");
	ctl_check_add_uplink(check, "wlan0");
	ctl_check_add_uplink(check, "wlan0");
	ctl_check_interfaces(check);
	assert_found("ok interfaces: charon may use what could be an uplink now: "
				 "eth0 wlan0\n");

	lib->settings->set_str(lib->settings, "charon-systemd.interfaces_ignore",
						   "wlan0, docker0");
	ctl_check_interfaces(check);
	assert_found("problem interfaces: wlan0 could be an uplink, but charon "
				 "does not use it: charon-systemd.interfaces_ignore = wlan0, "
				 "docker0\nremedy interfaces: remove it in strongswan.conf, and "
				 "restart charon\n");

	/* charon looks at this one only if it is there */
	lib->settings->set_str(lib->settings, "charon-systemd.interfaces_use",
						   "wlan0,eth1");
	ctl_check_interfaces(check);
	assert_found("problem interfaces: eth0 could be an uplink, but charon "
				 "does not use it: charon-systemd.interfaces_use = wlan0,eth1"
				 "\nremedy interfaces: add it in strongswan.conf, or remove");
}
END_TEST

START_TEST(test_tunnels)
{
	mobility_suite_write("/sys/class/net/wg0/type", "65534\n");
	mobility_suite_write("/sys/class/net/wg0/ifindex", "7\n");
	mobility_suite_write("/sys/class/net/wg0/uevent", "DEVTYPE=wireguard\n");
	mobility_suite_write("/sys/class/net/wwan0/type", "65534\n");
	mobility_suite_write("/sys/class/net/wwan0/ifindex", "8\n");
	mobility_suite_write("/sys/class/net/wwan0/uevent", "DEVTYPE=wwan\n");
	ctl_check_settings(check);
	ctl_check_add_uplink(check, "wg0");
	ctl_check_add_uplink(check, "wwan0");
	ctl_check_interfaces(check);
	assert_found("ok interfaces: wg0 is a tunnel, no uplink: only a section of "
				 "interfaces with use = yes makes it one\n"
				 "ok interfaces: charon may use what could be an uplink now: "
				 "wwan0\n");

	/* unless the user knows where its packets leave */
	lib->settings->set_str(lib->settings, "charon-systemd.plugins."
						"mobility-manager.interfaces.office.match", "wg*");
	lib->settings->set_str(lib->settings, "charon-systemd.plugins."
						"mobility-manager.interfaces.office.use", "yes");
	check->settings->reload(check->settings);
	ctl_check_interfaces(check);
	assert_found("ok interfaces: charon may use what could be an uplink now: "
				 "wg0 wwan0\n");
}
END_TEST

START_TEST(test_virtual_ips)
{
	static const char *hint =
				"hint virtual-ips: virtual IP addresses are on the uplink in "
				"use, and get deleted with its own addresses\n"
				"remedy virtual-ips: set charon.install_virtual_ip_on = lo in "
				"strongswan.conf and restart charon\n";

	ctl_check_virtual_ips(check);
	ck_assert_str_eq(all_found(), hint);
	forget();
	lib->settings->set_str(lib->settings, "charon.install_virtual_ip_on", "lo");
	lib->settings->add_fallback(lib->settings, check->ns, "charon");
	ctl_check_virtual_ips(check);
	ck_assert_str_eq(all_found(), "ok virtual-ips: virtual IP addresses are on "
					 "lo, which is no uplink\n");
	forget();
	/* it is one */
	ctl_check_add_uplink(check, "lo");
	ctl_check_virtual_ips(check);
	assert_found(hint);
	/* there is none of that name */
	lib->settings->set_str(lib->settings, "charon.install_virtual_ip_on",
						   "nonexistent0");
	ctl_check_virtual_ips(check);
	assert_found(hint);
	lib->settings->set_str(lib->settings, "charon.install_virtual_ip", "no");
	ctl_check_virtual_ips(check);
	ck_assert_str_eq(all_found(), "ok virtual-ips: charon installs no virtual "
					 "IP addresses\n");
}
END_TEST

/**
 * The two values of the kernel's filter, and the interface it is strict by
 */
static struct {
	const char *all, *own;
	const char *strict;
} filters[] = {
	{ "0\n", "0\n", NULL },
	{ "0\n", "2\n", NULL },
	{ "2\n", "1\n", NULL },
	{ "1\n", "2\n", NULL },
	{ "1\n", "0\n", "all" },
	{ "0\n", "1\n", "wlan0" },
	{ "1\n", "1\n", "wlan0" },
};

/**
 * Whether paths are pinned: yes, no, not those of a connection
 */
static struct {
	char *key, *value;
} pins[] = {
	{ "charon.plugins.mobility-manager.pin_paths", "yes" },
	{ "charon.plugins.mobility-manager.pin_paths", "no" },
	{ "charon.plugins.mobility-manager.connections.home.pin_paths", "no" },
};

START_TEST(test_rp_filter)
{
	char *text;

	/* pins make it work, but for connections that do without */
	lib->settings->set_str(lib->settings, pins[0].key, pins[0].value);
	lib->settings->set_str(lib->settings, pins[_i % 3].key,
						   pins[_i % 3].value);
	ctl_check_settings(check);
	forget();
	ctl_check_add_uplink(check, "wlan0");
	mobility_suite_write("/proc/sys/net/ipv4/conf/all/rp_filter",
						 filters[_i / 3].all);
	mobility_suite_write("/proc/sys/net/ipv4/conf/wlan0/rp_filter",
						 filters[_i / 3].own);
	ctl_check_rp_filter(check);
	if (filters[_i / 3].strict)
	{
		ck_assert(asprintf(&text, "%s rp-filter: the kernel's reverse path "
						   "filter is strict on wlan0 (net.ipv4.conf.%s."
						   "rp_filter = 1)", _i % 3 ? "problem" : "ok",
						   filters[_i / 3].strict) > 0);
		assert_found(text);
		free(text);
	}
	else
	{
		assert_found("ok rp-filter:");
	}
}
END_TEST

START_TEST(test_rp_filter_vlan)
{
	lib->settings->set_str(lib->settings, pins[1].key, pins[1].value);
	ctl_check_settings(check);
	ctl_check_add_uplink(check, "eth0.100");
	mobility_suite_write("/proc/sys/net/ipv4/conf/eth0.100/rp_filter", "1\n");
	ctl_check_rp_filter(check);
	assert_found("remedy rp-filter: sysctl -w "
				 "net/ipv4/conf/eth0.100/rp_filter=2");
}
END_TEST

START_TEST(test_apparmor)
{
	ctl_check_apparmor(check);
	mobility_suite_write("/sys/kernel/security/apparmor/profiles",
						 "/usr/sbin/swanctl (enforce)\nlsb_release (enforce)\n"
						 "/usr/sbin/charon-systemd (complain)\n");
	ctl_check_apparmor(check);
	ck_assert_str_eq(all_found(), "");
	mobility_suite_write("/sys/kernel/security/apparmor/profiles",
						 "/usr/sbin/swanctl (enforce)\n"
						 "/usr/sbin/charon-systemd (enforce)\n");
	ctl_check_apparmor(check);
	assert_found("problem apparmor: AppArmor keeps /usr/sbin/charon-systemd from "
				 "what the plugin needs\nremedy apparmor: add the line 'include "
				 "<abstractions/mobility-manager>' to /etc/apparmor.d/local/"
				 "usr.sbin.charon-systemd, and for a script one with its path "
				 "and Ux,; then apparmor_parser -r "
				 "/etc/apparmor.d/usr.sbin.charon-systemd\n");
	mobility_suite_write("/etc/apparmor.d/local/usr.sbin.charon-systemd",
						 "# mine\n#include <abstractions/mobility-manager>\n");
	ctl_check_apparmor(check);
	assert_found("ok apparmor: the profile of /usr/sbin/charon-systemd has what "
				 "the plugin needs\n");
}
END_TEST

START_TEST(test_networkmanager)
{
	settings_t *settings = lib->settings;

	ctl_check_networkmanager(check);
	ck_assert_str_eq(all_found(), "");
	mobility_suite_write(IPSEC_LIBDIR "/charon-nm", "");
	/* nothing of charon's settings applies */
	settings->set_str(settings, "charon.load", "nonce mobility-manager");
	settings->set_str(settings, "charon-nm.load", "nonce vici");
	ctl_check_networkmanager(check);
	assert_found("hint networkmanager: NetworkManager's VPN service charon-nm "
				 "does not load the plugin\nremedy networkmanager: as ");
	settings->set_str(settings, "charon-nm.load", "nonce mobility-manager!");
	ctl_check_networkmanager(check);
	assert_found("ok networkmanager: VPNs of NetworkManager's persist\n");
	settings->set_str(settings, "charon-nm.load_modular", "yes");
	ctl_check_networkmanager(check);
	assert_found("hint networkmanager: NetworkManager's VPN service");
	settings->set_str(settings, "charon-nm.plugins.mobility-manager.load",
					  "yes");

	mobility_suite_write("/etc/NetworkManager/system-connections/wifi",
						 "[connection]\nid=wifi\ntype=wifi\n");
	mobility_suite_write("/etc/NetworkManager/system-connections/other",
						 "[connection]\nid=other\ntype=vpn\n[vpn]\n"
						 "service-type=org.freedesktop.NetworkManager.openvpn\n");
	mobility_suite_write("/etc/NetworkManager/system-connections/home",
						 "[connection]\nid = home\ntype=vpn\n[vpn]\n"
						 "persistent=true\nservice-type = "
						 "org.freedesktop.NetworkManager.strongswan\n");
	ctl_check_networkmanager(check);
	assert_found("ok networkmanager: VPNs of NetworkManager's persist\n");
	mobility_suite_write("/etc/NetworkManager/system-connections/work",
						 "[connection]\nid=the work\ntype=vpn\n[vpn]\n"
						 "service-type=org.freedesktop.NetworkManager."
						 "strongswan\n");
	ctl_check_networkmanager(check);
	assert_found("hint networkmanager: NetworkManager ends the VPN the work "
				 "when the link goes that it was begun on\nremedy "
				 "networkmanager: nmcli connection modify 'the work' "
				 "vpn.persistent yes, and connect again\n");
}
END_TEST

START_TEST(test_networkd)
{
	ctl_check_networkd(check);
	assert_found("ok networkd: systemd-networkd is not running\n");

	mobility_suite_write("/proc/50/comm", "systemd-network\n");
	ctl_check_networkd(check);
	assert_found("problem networkd: systemd-networkd removes routing rules");

	mobility_suite_write("/etc/systemd/networkd.conf", "[Network]\n"
						 "#ManageForeignRoutingPolicyRules=no\n"
						 "ManageForeignRoutes = no\n");
	ctl_check_networkd(check);
	assert_found("problem networkd:");
	mobility_suite_write("/etc/systemd/networkd.conf", "[Network]\n"
						 "ManageForeignRoutingPolicyRules = no \n");
	ctl_check_networkd(check);
	assert_found("ok networkd: systemd-networkd leaves");

	/* drop-ins in the order of their names, one in /etc replaces others */
	mobility_suite_write("/run/systemd/networkd.conf.d/50-x.conf", "[Network]\n"
						 "ManageForeignRoutingPolicyRules=yes\n");
	ctl_check_networkd(check);
	assert_found("problem networkd:");
	mobility_suite_write("/usr/lib/systemd/networkd.conf.d/60-y.conf",
						 "[Network]\n"
						 "ManageForeignRoutingPolicyRules=false\n");
	ctl_check_networkd(check);
	assert_found("ok networkd:");
	mobility_suite_write("/etc/systemd/networkd.conf.d/60-y.conf", "");
	ctl_check_networkd(check);
	assert_found("problem networkd:");
}
END_TEST

START_TEST(test_uplinks)
{
	mobility_netns_link("eth0");
	mobility_netns_link("eth1");
	mobility_netns_link("eth2");
	mobility_netns_link("docker0");
	mobility_netns_ip("addr add 10.1.0.2/24 dev eth0");
	mobility_netns_ip("addr add 10.2.0.2/24 dev eth1");
	mobility_netns_ip("addr add 10.3.0.2/24 dev docker0");
	mobility_netns_ip("-6 addr add 2001:db8::2/64 dev eth2 nodad");
	mobility_netns_ip("route add default via 10.1.0.1 metric 100");
	mobility_netns_ip("route add default via 10.2.0.1 metric 600");
	mobility_netns_ip("-6 route add default via 2001:db8::1 dev eth2");
	/* a tunnel's, and one of our own */
	mobility_netns_ip("route add default dev docker0 table 220");
	mobility_netns_ip("route add default dev docker0 table 22000 proto 230");
	ctl_check_find_uplinks(check);
	ctl_check_interfaces(check);
	assert_found("an uplink now: eth0 eth1 eth2\n");
}
END_TEST

/**
 * Rules, and what is said about them
 */
static struct {
	const char *rule;
	const char *found;
} rules[] = {
	{ "pref 219 lookup 77", "hint rules: the IPv4 routing rule 219 has packets "
	  "from anywhere look up table 77 and comes before that of charon (220), so "
	  "a tunnel for everything only gets what that leaves" },
	{ "pref 219 lookup 77", "remedy rules: if that is not meant, give that rule "
	  "a number greater than 220" },
	{ "pref 219 lookup 77", "ok rules: packets to peers pass rules of others, "
	  "such as 219: that of a kill switch" },
	{ "pref 50 not fwmark 1 lookup 77", "ok rules: packets to peers pass rules "
	  "of others, such as 50" },
	{ "pref 50 from 10.1.0.0/24 lookup 77", "problem rules: the IPv4 routing "
	  "rule 50 has packets from 10.1.0.0/24 look up table 77 and comes before "
	  "ours (219)" },
	{ "pref 1 lookup 77", "problem rules: the IPv4 routing rule 1 has packets "
	  "from anywhere look up table 77 and comes before ours (219)" },
	{ "pref 50 unreachable", "hint rules: the IPv4 routing rule 50 drops "
	  "packets from anywhere and comes before that of charon" },
	{ "pref 50 iif lo lookup 77", "hint" },
	{ "pref 50 not fwmark 1 lookup 77", "hint" },
	{ "pref 50 ipproto udp lookup 77", "problem rules: the IPv4 routing rule 50 "
	  "has packets from anywhere look up table 77 and comes before ours" },
	{ "pref 220 lookup 77", "ok" },
	{ "not fwmark 51820 pref 32764 lookup 77", "ok rules: packets to peers pass "
	  "rules of others, such as 32764: that of a kill switch" },
	{ "pref 5270 lookup 77", "ok rules: packets to peers pass rules of others, "
	  "such as 5270" },
	{ "pref 5250 fwmark 1 unreachable", "ok rules: no routing rule in front" },
	{ "pref 220 lookup 220", "ok rules: no routing rule in front of ours" },
	{ "pref 50 lookup 78", "ok" },
	{ "pref 50 fwmark 1 lookup 77", "ok" },
	{ "pref 50 iif eth0 lookup 77", "ok" },
	{ "pref 50 to 10.9.0.0/24 lookup 77", "ok" },
	{ "pref 50 ipproto tcp lookup 77", "ok" },
	{ "pref 50 uidrange 0-10 lookup 77", "ok" },
	{ "pref 219 from 10.1.0.2 to 10.1.0.9 lookup 77 protocol 230", "ok" },
	{ "pref 50 lookup 77 protocol 230", "ok" },
};

START_TEST(test_rules)
{
	mobility_netns_link("eth0");
	mobility_netns_ip("addr add 10.1.0.2/24 dev eth0");
	mobility_netns_ip("route add default via 10.1.0.1 table 77");
	ctl_check_settings(check);
	forget();
	mobility_netns_ip("rule add %s", rules[_i].rule);
	ctl_check_rules(check);
	assert_found(rules[_i].found);
}
END_TEST

START_TEST(test_way_back)
{
	ctl_check_settings(check);
	forget();
	ctl_check_add_uplink(check, "eth0");
	ctl_check_add_uplink(check, "eth1");
	ctl_check_way_back(check);
	ck_assert_str_eq(all_found(), "");
	mobility_netns_ip("rule add pref 32765 from 10.2.0.2 iif lo ipproto udp "
					  "sport 500 lookup 22500 protocol 230");
	mobility_netns_ip("rule add pref 32765 from 10.2.0.2 iif lo ipproto esp "
					  "lookup 22500 protocol 230");
	mobility_netns_ip("-6 rule add pref 32765 from 2001:db8::2 iif lo ipproto "
					  "esp lookup 22501 protocol 230");
	/* somebody else's */
	mobility_netns_ip("rule add pref 9 from 10.2.0.3 ipproto esp lookup 9");
	ctl_check_way_back(check);
	ck_assert_str_eq(all_found(),
		"ok gateway-uplinks: clients that use 10.2.0.2 are answered over the "
		"uplink that has this address, which is not that of the default route\n"
		"ok gateway-uplinks: clients that use 2001:db8::2 are answered over the "
		"uplink that has this address, which is not that of the default "
		"route\n");
	check->settings->destroy(check->settings);

	lib->settings->set_bool(lib->settings,
			"charon.plugins.mobility-manager.pin_paths", FALSE);
	ctl_check_settings(check);
	ctl_check_way_back(check);
	assert_found("hint gateway-uplinks: clients that use another uplink");
}
END_TEST

METHOD(mobility_rtnl_t, dump_links, int,
	mobility_rtnl_t *this, uint16_t type, int family, uint8_t protocol,
	mobility_nlsocket_cb_t cb, void *data)
{
	int ifindex = if_nametoindex("eth0");

	ck_assert_int_eq(type, RTM_GETLINK);
	cb(data, mobility_message("link add %d eth0 running", ifindex));
	/* many kernels have no such thing */
	cb(data, mobility_message(interface, ifindex));
	return 0;
}

/**
 * Stands in for the function, by --wrap
 */
mobility_rtnl_t *__real_mobility_rtnl_create(void);
mobility_rtnl_t *__wrap_mobility_rtnl_create(void)
{
	static mobility_rtnl_t rtnl;

	rtnl.dump = _dump_links;
	rtnl.destroy = (void*)nop;
	return interface ? &rtnl : __real_mobility_rtnl_create();
}

/**
 * Interfaces, and what is said about them
 */
static struct {
	const char *interface;
	const char *found;
} interfaces[] = {
	{ "link add 42 ipsec0 up kind xfrm over %d", "problem xfrm-interfaces: the "
	  "XFRM interface ipsec0 is bound to eth0: " },
	{ "link add 42 ipsec0 up kind xfrm over %d", "remedy xfrm-interfaces: "
	  "create it without one: ip link del ipsec0; ip link add ipsec0 type xfrm "
	  "if_id 42, " },
	{ "link add 42 ipsec0 up kind xfrm", "ok" },
	/* as systemd-networkd has it with Independent=yes */
	{ "link add 42 ipsec0 up kind xfrm over 1", "ok" },
	/* by another network namespace, or by what is gone */
	{ "link add 42 ipsec0 up kind xfrm over %d netns 0", "ok" },
	{ "link add 42 ipsec0 up kind xfrm over 4711", "ok" },
	{ "link add 42 vlan0 up kind vlan over %d", "ok" },
	{ "link add 42 eth2 up", "ok" },
	/* that is another question, see below */
	{ "link add 42 eth2 up vrf", "ok" },
};

START_TEST(test_xfrm_interfaces)
{
	/* those of the kernel */
	mobility_netns_link("eth0");
	ctl_check_xfrm_interfaces(check);
	assert_found("ok xfrm-interfaces:");
	interface = interfaces[_i].interface;
	ctl_check_xfrm_interfaces(check);
	interface = NULL;
	assert_found(interfaces[_i].found);
}
END_TEST

START_TEST(test_vrf)
{
	interface = "link add %d eth0 up";
	ctl_check_vrf(check);
	assert_found("ok vrf: no interface is in a VRF");
	interface = "link add %d eth2 up vrf";
	ctl_check_vrf(check);
	assert_found("hint vrf: eth2 is in a VRF, so no session uses it\n"
				 "remedy vrf: if it is to be an uplink, take it out: "
				 "ip link set eth2 nomaster");
	interface = NULL;
}
END_TEST

START_TEST(test_rules_v6)
{
	mobility_netns_link("eth0");
	mobility_netns_ip("-6 addr add 2001:db8::2/64 dev eth0 nodad");
	mobility_netns_ip("-6 route add default via 2001:db8::1 dev eth0 table 77");
	mobility_netns_ip("-6 rule add pref 7 from 2001:db8::/32 lookup 77");
	lib->settings->set_str(lib->settings,
			"charon-systemd.plugins.mobility-manager.pin_priority", "7");
	ctl_check_settings(check);
	ctl_check_rules(check);
	assert_found("problem rules: the IPv6 routing rule 7 has packets from "
				 "2001:db8::/32 look up table 77 and comes before ours (7)");
	/* between the one that was chosen and charon's */
	mobility_netns_ip("-6 rule add pref 8 lookup 77");
	ctl_check_rules(check);
	assert_found("problem rules: the IPv6 routing rule 8 has packets from "
				 "anywhere look up table 77 and comes before that of charon "
				 "(220), so what belongs into a tunnel may go there instead");

	lib->settings->set_str(lib->settings,
			"charon-systemd.plugins.mobility-manager.pin_paths", "no");
	check->settings->reload(check->settings);
	ctl_check_rules(check);
	assert_found("ok rules: paths are not pinned");
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("check");
	TCase *tc;

	tc = tcase_create("files");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_running);
	tcase_add_test(tc, test_daemon);
	tcase_add_test(tc, test_started_twice);
	tcase_add_loop_test(tc, test_not_loaded, 0, countof(loads));
	tcase_add_test(tc, test_peers);
	tcase_add_loop_test(tc, test_gateway, 0, countof(gateways));
	tcase_add_test(tc, test_settings);
	tcase_add_test(tc, test_files);
	tcase_add_test(tc, test_interfaces);
	tcase_add_test(tc, test_tunnels);
	tcase_add_test(tc, test_virtual_ips);
	tcase_add_loop_test(tc, test_rp_filter, 0,
						   countof(filters) * countof(pins));
	tcase_add_test(tc, test_rp_filter_vlan);
	tcase_add_test(tc, test_apparmor);
	tcase_add_test(tc, test_networkmanager);
	tcase_add_test(tc, test_networkd);
	suite_add_tcase(s, tc);

	if (mobility_netns_available())
	{
		tc = tcase_create("network");
		tcase_add_checked_fixture(tc, setup_netns, teardown);
		tcase_set_timeout(tc, 30);
		tcase_add_test(tc, test_uplinks);
		tcase_add_loop_test(tc, test_rules, 0, countof(rules));
		tcase_add_test(tc, test_way_back);
		tcase_add_test(tc, test_vrf);
		tcase_add_test(tc, test_rules_v6);
		tcase_add_loop_test(tc, test_xfrm_interfaces, 0,
							countof(interfaces));
		suite_add_tcase(s, tc);
	}
	return s;
}
