/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* The control socket, with libvici as its client. */

#define _GNU_SOURCE
#include "control_fixture.h"

#include <errno.h>
#include <grp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libvici.h>
#include "control/event_log.h"
#include <threading/condvar.h>
#include <threading/mutex.h>

static void setup(void)
{
	mobility_suite_setup();
	control_setup("modem {\nmatch = ww*\ncost = 700\nmetered = yes\n}\n"
				  "never {\nmatch = docker*\nuse = no\n}\n");
}

/**
 * Send a command with arguments: pairs of a key and a value, which is NULL if
 * the argument is left out, and a NULL.
 */
static vici_res_t *submit(vici_conn_t *conn, char *command, ...)
{
	char *key, *value;
	vici_req_t *req;
	vici_res_t *res;
	va_list args;

	req = vici_begin(command);
	va_start(args, command);
	while ((key = va_arg(args, char*)))
	{
		value = va_arg(args, char*);
		if (value)
		{
			vici_add_key_valuef(req, key, "%s", value);
		}
	}
	va_end(args);
	res = vici_submit(req, conn);
	ck_assert(res);
	return res;
}

/**
 * Call mobility-interface, NULL leaves an argument out.
 */
#define submit_interface(conn, ifname, what, value) \
	submit(conn, "mobility-interface", "interface", ifname, "action", what, \
		   "cost", value, NULL)

START_TEST(test_status)
{
	mobility_status_t *status;
	vici_conn_t *conn;
	vici_res_t *res;

	status = mock->add(mock, "home");
	conn = vici_connect(control_uri());
	ck_assert(conn);
	res = submit(conn, "mobility-status", NULL);
	ck_assert_str_eq(vici_find_str(res, "", "1.connection"), "home");
	ck_assert_str_eq(vici_find_str(res, "", "1.role"), "mobile");
	ck_assert_str_eq(vici_find_str(res, "", "1.state"), "connected");
	ck_assert_str_eq(vici_find_str(res, "", "1.nat"), "none");
	ck_assert_int_eq(vici_find_int(res, 0, "1.rtt-ms"), 12);
	ck_assert_int_eq(vici_find_int(res, 0, "1.packets.out"), 10);
	ck_assert_int_eq(vici_find_int(res, 0, "1.packets.in"), 7);
	ck_assert_int_eq(vici_find_int(res, 0, "1.packets.peer-out"), 8);
	ck_assert(!vici_find_str(res, NULL, "1.outage-left"));
	ck_assert(!vici_find_str(res, NULL, "1.exchange"));
	ck_assert(!vici_find_str(res, NULL, "1.last-move.time"));
	vici_free_res(res);

	status = mock->add(mock, "office");
	mock->lock(mock);
	status->state = MOBILITY_DORMANT;
	status->mobile = FALSE;
	status->outage_left = 1700;
	status->exchange = "CREATE_CHILD_SA";
	status->nat_local = TRUE;
	status->peer = identification_create_from_string("alice@example.org");
	status->vips = linked_list_create_with_items(
								host_create_from_string("10.3.0.1", 0),
								host_create_from_string("fd00:3::1", 0), NULL);
	status->silent = 70;
	status->moves = 3;
	strcpy(status->cause, "eth0: no carrier");
	status->last_move = (mobility_move_t){
		.time = 1234567890,
		.trigger = "wlan0: gone",
		.duration = 118,
		.from = "wlan0",
		.to = "eth0",
	};
	mock->unlock(mock);

	res = submit(conn, "mobility-status", NULL);
	ck_assert_str_eq(vici_find_str(res, "", "2.connection"), "office");
	ck_assert_int_eq(vici_find_int(res, 0, "2.session"), 2);
	ck_assert_int_eq(vici_find_int(res, 0, "2.unique-id"), 7);
	ck_assert_str_eq(vici_find_str(res, "", "2.role"), "anchor");
	ck_assert_str_eq(vici_find_str(res, "", "2.state"), "dormant");
	ck_assert_int_eq(vici_find_int(res, 0, "2.since"), status->since);
	ck_assert_str_eq(vici_find_str(res, "", "2.cause"), "eth0: no carrier");
	ck_assert_str_eq(vici_find_str(res, "", "2.uplink"), "eth0");
	ck_assert_str_eq(vici_find_str(res, "", "2.kind"), "vlan");
	ck_assert_str_eq(vici_find_str(res, "", "2.over"), "ethernet");
	ck_assert_str_eq(vici_find_str(res, "", "2.local"),
					 "192.168.0.100[4500]");
	ck_assert_str_eq(vici_find_str(res, "", "2.remote"), "192.168.0.1[4500]");
	ck_assert_str_eq(vici_find_str(res, "", "2.peer"), "alice@example.org");
	ck_assert_str_eq(vici_find_str(res, "", "2.virtual-ips"),
					 "10.3.0.1, fd00:3::1");
	ck_assert_int_eq(vici_find_int(res, 0, "2.silent"), 70);
	ck_assert_str_eq(vici_find_str(res, "", "2.nat"), "local");
	ck_assert_int_eq(vici_find_int(res, 0, "2.cost"), 100);
	ck_assert_int_eq(vici_find_int(res, 0, "2.outage-time"), 1800);
	ck_assert_int_eq(vici_find_int(res, 0, "2.outage-left"), 1700);
	ck_assert_str_eq(vici_find_str(res, "", "2.exchange"), "CREATE_CHILD_SA");
	ck_assert_int_eq(vici_find_int(res, 0, "2.moves"), 3);
	ck_assert_int_eq(vici_find_int(res, 0, "2.last-move.time"), 1234567890);
	ck_assert_str_eq(vici_find_str(res, "", "2.last-move.trigger"),
					 "wlan0: gone");
	ck_assert_int_eq(vici_find_int(res, 0, "2.last-move.duration-ms"), 118);
	ck_assert_str_eq(vici_find_str(res, "", "2.last-move.from"), "wlan0");
	ck_assert_str_eq(vici_find_str(res, "", "2.last-move.to"), "eth0");
	vici_free_res(res);
	vici_disconnect(conn);
}
END_TEST

START_TEST(test_filter)
{
	vici_conn_t *conn;
	vici_res_t *res;

	mock->add(mock, "home");
	mock->add(mock, "office");
	mock->add(mock, "home");
	conn = vici_connect(control_uri());

	res = submit(conn, "mobility-status", "connection", "home", NULL);
	ck_assert(vici_find_str(res, NULL, "1.connection"));
	ck_assert(!vici_find_str(res, NULL, "2.connection"));
	ck_assert(vici_find_str(res, NULL, "3.connection"));
	vici_free_res(res);

	res = submit(conn, "mobility-status", "connection", "hom", NULL);
	ck_assert_int_eq(vici_parse(res), VICI_PARSE_END);
	vici_free_res(res);

	res = submit(conn, "mobility-paths", "connection", "office", NULL);
	ck_assert(!vici_find_str(res, NULL, "1.connection"));
	ck_assert_str_eq(vici_find_str(res, "", "2.connection"), "office");
	vici_free_res(res);

	ck_assert(!vici_submit(vici_begin("mobility-nothing"), conn));
	ck_assert_int_eq(errno, ENOENT);
	vici_disconnect(conn);
}
END_TEST

/**
 * Arguments of mobility-status, and which of three sessions they mean
 */
static struct {
	char *key, *value;
	bool meant[3];
} selections[] = {
	{ "state", "connected", { TRUE, FALSE, TRUE } },
	{ "state", "dormant,failed", { FALSE, TRUE, FALSE } },
	{ "role", "anchor", { FALSE, TRUE, TRUE } },
	{ "peer", "alice@*", { FALSE, TRUE, FALSE } },
	{ "peer", "192.168.0.1", { TRUE, TRUE, TRUE } },
	{ "peer", "nobody", { FALSE, FALSE, FALSE } },
};

START_TEST(test_selection)
{
	char *commands[] = { "mobility-status", "mobility-paths" };
	mobility_status_t *sessions[3];
	vici_conn_t *conn;
	vici_res_t *res;
	char key[16];
	int i, j;

	for (i = 0; i < countof(sessions); i++)
	{
		sessions[i] = mock->add(mock, "home");
		sessions[i]->mobile = i == 0;
	}
	sessions[1]->state = MOBILITY_DORMANT;
	sessions[1]->peer = identification_create_from_string("alice@example.org");
	conn = vici_connect(control_uri());
	for (i = 0; i < countof(commands); i++)
	{
		res = submit(conn, commands[i], selections[_i].key,
					 selections[_i].value, NULL);
		for (j = 0; j < countof(sessions); j++)
		{
			snprintf(key, sizeof(key), "%d.connection", j + 1);
			ck_assert(!vici_find_str(res, NULL, key) ==
					  !selections[_i].meant[j]);
		}
		vici_free_res(res);
	}
	res = submit(conn, "mobility-status", "state", "asleep", NULL);
	ck_assert_str_eq(vici_find_str(res, "", "success"), "no");
	ck_assert_str_eq(vici_find_str(res, "", "errmsg"),
					 "there is no state 'asleep'");
	vici_free_res(res);
	vici_disconnect(conn);
}
END_TEST

START_TEST(test_summary)
{
	mobility_status_t *status;
	vici_conn_t *conn;
	vici_res_t *res;
	int i;

	for (i = 0; i < 5; i++)
	{
		status = mock->add(mock, "home");
		status->mobile = FALSE;
		status->state = i < 2 ? MOBILITY_DORMANT : MOBILITY_CONNECTED;
	}
	mock->add(mock, "home");
	conn = vici_connect(control_uri());
	res = submit(conn, "mobility-summary", NULL);
	ck_assert_str_eq(vici_find_str(res, "", "1.connection"), "home");
	ck_assert_str_eq(vici_find_str(res, "", "1.role"), "anchor");
	ck_assert_int_eq(vici_find_int(res, 0, "1.sessions"), 5);
	ck_assert_int_eq(vici_find_int(res, 0, "1.states.connected"), 3);
	ck_assert_int_eq(vici_find_int(res, 0, "1.states.dormant"), 2);
	ck_assert_int_eq(vici_find_int(res, 7, "1.states.failed"), 0);
	ck_assert_str_eq(vici_find_str(res, "", "2.role"), "mobile");
	ck_assert_int_eq(vici_find_int(res, 0, "2.sessions"), 1);
	ck_assert(!vici_find_str(res, NULL, "3.connection"));
	vici_free_res(res);
	res = submit(conn, "mobility-summary", "state", "dormant", NULL);
	ck_assert_int_eq(vici_find_int(res, 0, "1.sessions"), 2);
	ck_assert(!vici_find_str(res, NULL, "2.connection"));
	vici_free_res(res);
	vici_disconnect(conn);
}
END_TEST

START_TEST(test_paths)
{
	vici_conn_t *conn;
	vici_res_t *res;

	mock->add(mock, "home");
	conn = vici_connect(control_uri());
	res = submit(conn, "mobility-paths", NULL);
	ck_assert_int_eq(vici_find_int(res, 0, "1.session"), 1);
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.1.uplink"), "eth0");
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.1.kind"), "ethernet");
	ck_assert(!vici_find_str(res, NULL, "1.paths.1.over"));
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.1.local"),
					 "192.168.0.100");
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.1.remote"),
					 "192.168.0.1");
	ck_assert_int_eq(vici_find_int(res, 0, "1.paths.1.prefix"), 24);
	ck_assert_int_eq(vici_find_int(res, 0, "1.paths.1.metric"), 100);
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.1.current"), "yes");
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.1.usable"), "yes");
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.1.encapsulation"),
					 "forced");
	ck_assert(!vici_find_str(res, NULL, "1.paths.2.encapsulation"));
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.2.uplink"), "wlan0");
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.2.gateway"),
					 "192.168.0.254");
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.2.current"), "no");
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.2.usable"), "no");
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.2.reason"),
					 "no carrier");
	vici_free_res(res);
	vici_disconnect(conn);
}
END_TEST

START_TEST(test_explain)
{
	mobility_status_t *status;
	vici_conn_t *conn;
	vici_res_t *res;

	mock->add(mock, "home");
	status = mock->add(mock, "clients");
	status->mobile = FALSE;
	conn = vici_connect(control_uri());
	res = submit(conn, "mobility-explain", NULL);
	ck_assert_str_eq(vici_find_str(res, "", "1.state"), "connected");
	ck_assert_str_eq(vici_find_str(res, "", "1.stays.why"), "settle");
	ck_assert_str_eq(vici_find_str(res, "", "1.stays.uplink"), "wlan0");
	ck_assert_int_eq(vici_find_int(res, 0, "1.stays.left"), 7);
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.1.uplink"), "eth0");
	ck_assert_str_eq(vici_find_str(res, "", "1.paths.2.ranked-by"),
					 "put-aside");
	/* those with paths are none */
	ck_assert_str_eq(vici_find_str(res, "", "1.obstacles.1.uplink"), "wlan0.7");
	ck_assert_str_eq(vici_find_str(res, "", "1.obstacles.1.reason"),
					 "no address");
	/* the peer of an anchor has others */
	ck_assert_str_eq(vici_find_str(res, "", "2.role"), "anchor");
	ck_assert(!vici_find_str(res, NULL, "2.obstacles.1.uplink"));
	vici_free_res(res);
	res = submit(conn, "mobility-explain", "connection", "office", NULL);
	ck_assert_int_eq(vici_parse(res), VICI_PARSE_END);
	vici_free_res(res);
	vici_disconnect(conn);
}
END_TEST

START_TEST(test_explain_forbidden)
{
	vici_conn_t *conn;
	vici_res_t *res;

	control_teardown();
	mobility_suite_setup();
	control_setup("forbidden {\nmatch = wlan0.*\nuse = no\n}\n");
	mock->add(mock, "home");
	conn = vici_connect(control_uri());
	res = submit(conn, "mobility-explain", NULL);
	/* that goes before that it has no address */
	ck_assert_str_eq(vici_find_str(res, "", "1.obstacles.1.reason"),
					 "use = no");
	ck_assert_str_eq(vici_find_str(res, "", "1.obstacles.1.section"),
					 "forbidden");
	vici_free_res(res);
	vici_disconnect(conn);
}
END_TEST

START_TEST(test_switch)
{
	static struct {
		char *connection, *uplink, *called, *success, *errmsg;
	} data[] = {
		{ NULL, NULL, "", "no", "connection is missing" },
		{ NULL, "eth1", "", "no", "connection is missing" },
		{ "home", NULL, "", "no", "uplink is missing" },
		{ "home", "eth9", "home eth9", "no", "eth9: no such interface" },
		{ "home", "eth1", "home eth1", "yes", NULL },
	};
	vici_conn_t *conn;
	vici_res_t *res;
	char *errmsg;
	int i;

	conn = vici_connect(control_uri());
	for (i = 0; i < countof(data); i++)
	{
		res = submit(conn, "mobility-switch", "connection",
					 data[i].connection, "uplink", data[i].uplink, NULL);
		ck_assert_str_eq(vici_find_str(res, "", "success"), data[i].success);
		errmsg = vici_find_str(res, NULL, "errmsg");
		ck_assert(data[i].errmsg ? streq(errmsg, data[i].errmsg) : !errmsg);
		ck_assert_str_eq(mock->get_switch(mock), data[i].called);
		vici_free_res(res);
	}
	vici_disconnect(conn);
}
END_TEST

START_TEST(test_interface_refused)
{
	static struct {
		char *interface, *action, *cost, *errmsg;
	} data[] = {
		{ NULL, "avoid", NULL, "interface is missing" },
		{ NULL, NULL, "5", "action is missing" },
		{ "eth0", NULL, "5", "action is missing" },
		{ "eth0", "cost", NULL, "cost is missing, a number such as 100" },
		{ "eth0", "cost", "", "cost '' is not a number such as 100, or too "
		  "large" },
		{ "eth0", "cost", "-1", "cost '-1' is not a number such as 100, or too "
		  "large" },
		{ "eth0", "cost", "4294967296", "cost '4294967296' is not a number such "
		  "as 100, or too large" },
		{ "eth0", "avoid", "5", "only the action cost takes a cost" },
		{ "eth0", "forbid", NULL, "there is no action 'forbid', only cost, "
		  "avoid, prefer and reset" },
		{ "eth0", "", NULL, "there is no action '', only cost, avoid, prefer "
		  "and reset" },
		{ "", "avoid", NULL, "interface '': it is empty" },
		{ "", NULL, NULL, "interface '': it is empty" },
		{ "a/b", "reset", NULL, "interface 'a/b': it contains a slash or colon, "
		  "which no interface's name does" },
		{ "aninterfaceofalong", "prefer", NULL, "interface "
		  "'aninterfaceofalong': it is longer than the name of any interface" },
		{ "eth0", "avoid\n", NULL, "an argument is not text" },
	};
	enumerator_t *enumerator;
	vici_conn_t *conn;
	vici_res_t *res;
	char *ifname;
	int i;

	conn = vici_connect(control_uri());
	for (i = 0; i < countof(data); i++)
	{
		res = submit_interface(conn, data[i].interface, data[i].action,
							   data[i].cost);
		ck_assert_str_eq(vici_find_str(res, "", "success"), "no");
		ck_assert_str_eq(vici_find_str(res, "", "errmsg"), data[i].errmsg);
		vici_free_res(res);
	}
	enumerator = settings->overrides->create_enumerator(settings->overrides);
	ck_assert(!enumerator->enumerate(enumerator, &ifname));
	enumerator->destroy(enumerator);
	ck_assert_uint_eq(mock->get_reloads(mock), 0);
	vici_disconnect(conn);
}
END_TEST

/**
 * Change something, and check what is noted.
 */
static void change_interface(vici_conn_t *conn, char *interface, char *action,
							 char *cost, char *note)
{
	u_int reloads = mock->get_reloads(mock);
	vici_res_t *res;

	res = submit_interface(conn, interface, action, cost);
	ck_assert_str_eq(vici_find_str(res, "", "success"), "yes");
	ck_assert_str_eq(vici_find_str(res, "", "note"), note);
	vici_free_res(res);
	/* sessions look again */
	ck_assert_uint_eq(mock->get_reloads(mock), reloads + 1);
}

START_TEST(test_interface)
{
	vici_conn_t *conn;
	vici_res_t *res;

	conn = vici_connect(control_uri());
	change_interface(conn, "eth0", "cost", "7", "");
	change_interface(conn, "wwan0", "prefer", NULL,
					 "there is no interface wwan0 now");
	change_interface(conn, "docker0", "avoid", NULL,
					 "docker0 is not used at all: section never says so");
	change_interface(conn, "wlan0", "avoid", NULL, "");
	change_interface(conn, "wlan0", "reset", NULL, "");

	/* those that are there, and then those that were changed by hand */
	res = submit_interface(conn, NULL, NULL, NULL);
	ck_assert_str_eq(vici_find_str(res, "", "1.interface"), "eth0");
	ck_assert_str_eq(vici_find_str(res, "", "1.state"), "usable");
	ck_assert_str_eq(vici_find_str(res, "", "1.kind"), "ethernet");
	ck_assert_str_eq(vici_find_str(res, "", "1.override"), "cost");
	ck_assert_str_eq(vici_find_str(res, "", "1.cost"), "7");
	ck_assert_str_eq(vici_find_str(res, "", "1.cost-from"), "override");
	ck_assert_str_eq(vici_find_str(res, "", "1.preference"), "normal");
	ck_assert_str_eq(vici_find_str(res, "", "1.use"), "yes");
	ck_assert_str_eq(vici_find_str(res, "", "2.interface"), "wlan0");
	ck_assert_str_eq(vici_find_str(res, "", "2.override"), "none");
	ck_assert_str_eq(vici_find_str(res, "", "2.cost-from"), "none");
	ck_assert_str_eq(vici_find_str(res, "", "3.kind"), "vlan");
	ck_assert_str_eq(vici_find_str(res, "", "3.over"), "wifi");
	ck_assert_str_eq(vici_find_str(res, "", "4.interface"), "docker0");
	ck_assert_str_eq(vici_find_str(res, "", "4.use"), "no");
	ck_assert_str_eq(vici_find_str(res, "", "4.preference"), "last-resort");
	ck_assert_str_eq(vici_find_str(res, "", "5.interface"), "wwan0");
	ck_assert_str_eq(vici_find_str(res, "", "5.state"), "no such interface");
	ck_assert_str_eq(vici_find_str(res, "", "5.preference"), "prefer");
	ck_assert(!vici_find_str(res, NULL, "6.interface"));
	vici_free_res(res);

	/* one, as configured once what was set is reset */
	change_interface(conn, "wwan0", "reset", NULL,
					 "there is no interface wwan0 now");
	res = submit_interface(conn, "wwan0", NULL, NULL);
	ck_assert_str_eq(vici_find_str(res, "", "1.interface"), "wwan0");
	ck_assert_str_eq(vici_find_str(res, "", "1.section"), "modem");
	ck_assert_str_eq(vici_find_str(res, "", "1.cost"), "700");
	ck_assert_str_eq(vici_find_str(res, "", "1.cost-from"), "section");
	ck_assert_str_eq(vici_find_str(res, "", "1.metered"), "yes");
	ck_assert_str_eq(vici_find_str(res, "", "1.metered-from"), "section");
	ck_assert_str_eq(vici_find_str(res, "", "1.preference"), "last-resort");
	ck_assert_str_eq(vici_find_str(res, "", "1.preference-from"), "section");
	ck_assert_str_eq(vici_find_str(res, "", "1.connectivity"), "unknown");
	ck_assert(!vici_find_str(res, NULL, "2.interface"));
	vici_free_res(res);

	/* what is not set is left out */
	res = submit_interface(conn, "wlan0", NULL, NULL);
	ck_assert_str_eq(vici_find_str(res, "", "1.interface"), "wlan0");
	ck_assert(!vici_find_str(res, NULL, "1.cost"));
	ck_assert(!vici_find_str(res, NULL, "1.section"));
	ck_assert(!vici_find_str(res, NULL, "1.over"));
	vici_free_res(res);
	vici_disconnect(conn);
}
END_TEST

START_TEST(test_history)
{
	mobility_status_t *home, *office;
	vici_conn_t *conn;
	vici_res_t *res;

	home = mock->add(mock, "home");
	office = mock->add(mock, "office");
	conn = vici_connect(control_uri());
	res = submit(conn, "mobility-history", NULL);
	ck_assert_int_eq(vici_parse(res), VICI_PARSE_END);
	vici_free_res(res);

	mock->raise(mock, MOBILITY_EVENT_STATE, MOBILITY_WAITING, home);
	mock->lock(mock);
	office->last_move = (mobility_move_t){
		.time = 1234567890,
		.trigger = "wlan0: gone",
		.duration = 118,
		.from = "wlan0",
		.to = "eth0",
	};
	mock->unlock(mock);
	mock->raise(mock, MOBILITY_EVENT_PATH, MOBILITY_CONNECTED, office);
	mock->raise(mock, MOBILITY_EVENT_MOVE, MOBILITY_CONNECTED, office);

	res = submit(conn, "mobility-history", NULL);
	ck_assert_str_eq(vici_find_str(res, "", "1.kind"), "state");
	ck_assert_str_eq(vici_find_str(res, "", "1.connection"), "home");
	ck_assert_str_eq(vici_find_str(res, "", "1.old-state"),
					 "waiting-to-reconnect");
	ck_assert_str_eq(vici_find_str(res, "", "1.state"), "connected");
	ck_assert_int_eq(vici_find_int(res, 0, "1.time"), home->since);
	ck_assert_str_eq(vici_find_str(res, "", "2.kind"), "move");
	ck_assert_str_eq(vici_find_str(res, "", "2.connection"), "office");
	ck_assert_int_eq(vici_find_int(res, 0, "2.time"), 1234567890);
	ck_assert_str_eq(vici_find_str(res, "", "2.trigger"), "wlan0: gone");
	ck_assert_int_eq(vici_find_int(res, 0, "2.duration-ms"), 118);
	ck_assert_str_eq(vici_find_str(res, "", "2.from"), "wlan0");
	ck_assert_str_eq(vici_find_str(res, "", "2.to"), "eth0");
	ck_assert(!vici_find_str(res, NULL, "3.kind"));
	vici_free_res(res);

	res = submit(conn, "mobility-history", "connection", "office", NULL);
	ck_assert_str_eq(vici_find_str(res, "", "1.kind"), "move");
	ck_assert(!vici_find_str(res, NULL, "2.kind"));
	vici_free_res(res);
	vici_disconnect(conn);
}
END_TEST

START_TEST(test_metrics)
{
	mobility_status_t *home;
	vici_conn_t *conn;
	vici_res_t *res;

	home = mock->add(mock, "home");
	home->last_move.duration = 118;
	mock->raise(mock, MOBILITY_EVENT_MOVE, MOBILITY_CONNECTED, home);
	strcpy(home->cause, "eth0: no carrier");
	home->state = MOBILITY_DORMANT;
	mock->raise(mock, MOBILITY_EVENT_STATE, MOBILITY_CONNECTED, home);
	conn = vici_connect(control_uri());
	res = submit(conn, "mobility-metrics", NULL);
	ck_assert_str_eq(vici_find_str(res, "", "mobility_sessions.type"), "gauge");
	ck_assert_str_eq(vici_find_str(res, "", "mobility_sessions.samples.2."
								   "labels.connection"), "home");
	ck_assert_str_eq(vici_find_str(res, "", "mobility_sessions.samples.2."
								   "labels.role"), "mobile");
	ck_assert_str_eq(vici_find_str(res, "", "mobility_sessions.samples.2."
								   "labels.state"), "dormant");
	ck_assert_str_eq(vici_find_str(res, "", "mobility_sessions.samples.2."
								   "value"), "1");
	ck_assert_str_eq(vici_find_str(res, "", "mobility_moves.samples.1.value"),
					 "1");
	ck_assert_str_eq(vici_find_str(res, "", "mobility_outages.samples.1."
								   "labels.cause"), "uplink");
	ck_assert_str_eq(vici_find_str(res, "", "mobility_outages.samples.1."
								   "value"), "1");
	ck_assert_str_eq(vici_find_str(res, "", "mobility_move_duration_seconds."
								   "samples.12.suffix"), "_sum");
	ck_assert_str_eq(vici_find_str(res, "", "mobility_move_duration_seconds."
								   "samples.12.value"), "0.118");
	ck_assert(vici_find_str(res, NULL, "mobility_relogins.samples.1.value"));
	vici_free_res(res);
	vici_disconnect(conn);
}
END_TEST

/**
 * Events received by a libvici client.
 */
typedef struct {
	/** lock for the rest */
	mutex_t *mutex;
	/** signaled for each event */
	condvar_t *condvar;
	/** number of events */
	u_int count;
	/** what the events say, one after the other */
	char text[512];
} received_t;

/**
 * Called by libvici for an event.
 */
static void on_event(void *user, char *name, vici_res_t *res)
{
	received_t *this = user;
	size_t len;

	this->mutex->lock(this->mutex);
	len = strlen(this->text);
	snprintf(this->text + len, sizeof(this->text) - len, "%s %s %s %s\n", name,
			 vici_find_str(res, "-", "old-state"),
			 vici_find_str(res, "-", "1.state"),
			 vici_find_str(res, "-", "1.paths.2.reason"));
	this->count++;
	this->condvar->signal(this->condvar);
	this->mutex->unlock(this->mutex);
}

START_TEST(test_events)
{
	char *events[] = { "mobility-state", "mobility-move", "mobility-path" };
	mobility_status_t *status;
	received_t received = {};
	vici_conn_t *conn;
	int i;

	received.mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	received.condvar = condvar_create(CONDVAR_TYPE_DEFAULT);
	status = mock->add(mock, "home");
	conn = vici_connect(control_uri());
	for (i = 0; i < countof(events); i++)
	{
		ck_assert_int_eq(vici_register(conn, events[i], on_event, &received),
						 0);
	}
	ck_assert_int_ne(vici_register(conn, "mobility-none", on_event, NULL), 0);

	status->state = MOBILITY_DORMANT;
	mock->raise(mock, MOBILITY_EVENT_STATE, MOBILITY_CONNECTED, status);
	mock->raise(mock, MOBILITY_EVENT_PATH, MOBILITY_DORMANT, status);
	status->state = MOBILITY_CONNECTED;
	mock->raise(mock, MOBILITY_EVENT_MOVE, MOBILITY_CONNECTED, status);
	received.mutex->lock(received.mutex);
	while (received.count < 3)
	{
		received.condvar->wait(received.condvar, received.mutex);
	}
	ck_assert_str_eq(received.text,
					 "mobility-state connected dormant -\n"
					 "mobility-path - - no carrier\n"
					 "mobility-move - connected -\n");
	received.mutex->unlock(received.mutex);

	ck_assert_int_eq(vici_register(conn, events[0], NULL, NULL), 0);
	mock->raise(mock, MOBILITY_EVENT_STATE, MOBILITY_CONNECTED, status);
	vici_free_res(submit(conn, "mobility-status", NULL));
	ck_assert_uint_eq(received.count, 3);
	vici_disconnect(conn);
	received.condvar->destroy(received.condvar);
	received.mutex->destroy(received.mutex);
}
END_TEST

/** what no answer has room for */
#define MANY 5000

/**
 * What is counted of a list.
 */
typedef struct {
	/** number of events */
	u_int events;
	/** name of the last element */
	u_int last;
	/** an event had not one element, or another name than the list's */
	bool odd;
	/** name of the event */
	char *name;
} listed_t;

CALLBACK(on_listed, void,
	listed_t *this, char *name, vici_res_t *res)
{
	u_int number;

	this->odd |= !streq(name, this->name);
	this->odd |= vici_parse(res) != VICI_PARSE_BEGIN_SECTION;
	number = atoi(vici_parse_name(res));
	this->odd |= number <= this->last;
	this->last = number;
	while (vici_parse(res) != VICI_PARSE_END)
	{
		/* to the end of the section, and of those in it */
	}
	this->events++;
}

/**
 * Get a list in events, check their number and that nothing else is left of it.
 */
static void assert_listed(vici_conn_t *conn, char *command, char *connection,
						  char *event, u_int count, u_int last)
{
	listed_t listed = {
		.name = event,
	};
	vici_res_t *res;

	ck_assert_int_eq(vici_register(conn, event, on_listed, &listed), 0);
	res = submit(conn, command, "connection", connection, NULL);
	ck_assert_int_eq(vici_parse(res), VICI_PARSE_END);
	vici_free_res(res);
	ck_assert_int_eq(vici_register(conn, event, NULL, NULL), 0);
	ck_assert_uint_eq(listed.events, count);
	ck_assert_uint_eq(listed.last, last);
	ck_assert(!listed.odd);
}

START_TEST(test_many)
{
	static struct {
		char *command, *event;
	} lists[] = {
		{ "mobility-status", "mobility-list-session" },
		{ "mobility-paths", "mobility-list-paths" },
	};
	char errmsg[128];
	vici_conn_t *conn;
	vici_res_t *res;
	int i;

	for (i = 1; i < MANY; i++)
	{
		mock->add(mock, "home");
	}
	mock->add(mock, "office");
	conn = vici_connect(control_uri());
	for (i = 0; i < countof(lists); i++)
	{
		/* libvici takes none that is longer than 512 KiB */
		res = submit(conn, lists[i].command, NULL);
		ck_assert_str_eq(vici_find_str(res, "", "success"), "no");
		snprintf(errmsg, sizeof(errmsg), "too long for one answer, register "
				 "for %s to get it in pieces", lists[i].event);
		ck_assert_str_eq(vici_find_str(res, "", "errmsg"), errmsg);
		vici_free_res(res);
		/* what fits comes as ever */
		res = submit(conn, lists[i].command, "connection", "office", NULL);
		ck_assert_str_eq(vici_find_str(res, "", "5000.connection"), "office");
		vici_free_res(res);
		assert_listed(conn, lists[i].command, NULL, lists[i].event, MANY,
					  MANY);
		assert_listed(conn, lists[i].command, "office", lists[i].event, 1,
					  MANY);
	}
	vici_disconnect(conn);
}
END_TEST

START_TEST(test_lists)
{
	mobility_status_t *home;
	vici_conn_t *conn;
	vici_res_t *res;
	int i;

	home = mock->add(mock, "home");
	conn = vici_connect(control_uri());
	assert_listed(conn, "mobility-history", NULL, "mobility-list-record", 0, 0);
	for (i = 0; i < 300; i++)
	{
		mock->raise(mock, MOBILITY_EVENT_STATE, MOBILITY_WAITING, home);
	}
	assert_listed(conn, "mobility-history", NULL, "mobility-list-record",
				  MOBILITY_HISTORY_SIZE, MOBILITY_HISTORY_SIZE);
	assert_listed(conn, "mobility-history", "office", "mobility-list-record",
				  0, 0);
	assert_listed(conn, "mobility-status", "office", "mobility-list-session",
				  0, 0);
	assert_listed(conn, "mobility-summary", NULL, "mobility-list-summary", 1,
				  1);
	assert_listed(conn, "mobility-explain", NULL, "mobility-list-explanation",
				  1, 1);
	change_interface(conn, "wwan0", "prefer", NULL,
					 "there is no interface wwan0 now");
	assert_listed(conn, "mobility-interface", NULL, "mobility-list-interface",
				  4, 4);

	/* what is no list is answered as ever */
	ck_assert_int_eq(vici_register(conn, "mobility-list-interface",
								   on_listed, NULL), 0);
	res = submit_interface(conn, "a/b", NULL, NULL);
	ck_assert_str_eq(vici_find_str(res, "", "success"), "no");
	vici_free_res(res);
	vici_disconnect(conn);
}
END_TEST

START_TEST(test_rights)
{
	struct stat st;

	ck_assert_int_eq(stat(control_path(), &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_int_eq(st.st_mode & 07, 0);
	ck_assert_int_eq(st.st_uid, lib->caps->get_uid(lib->caps));
	ck_assert_int_eq(st.st_gid, lib->caps->get_gid(lib->caps));
}
END_TEST

/**
 * Start again with a group whose members may look.
 */
static void restart(const char *group, char *uri)
{
	control->destroy(control);
	settings->destroy(settings);
	lib->settings->set_str(lib->settings,
						   "charon.plugins.mobility-manager.read_only_group",
						   (char*)group);
	settings = mobility_settings_create();
	mobility_suite_log_start();
	control = mobility_control_create(&mock->manager, settings, uri);
	ck_assert(control);
}

/**
 * Connect to the socket of those who may only look.
 */
static vici_conn_t *connect_read_only(void)
{
	char uri[128];

	snprintf(uri, sizeof(uri), "%s.ro", control_uri());
	return vici_connect(uri);
}

/**
 * Commands that change something.
 */
static struct {
	char *command, *args[2][2];
} changes[] = {
	{ "mobility-switch", { { "connection", "home" }, { "uplink", "eth0" } } },
	{ "mobility-interface", { { "interface", "eth0" }, { "action", "avoid" } } },
	{ "mobility-terminate", { { "dormant", "1s" } } },
	{ "mobility-redirect", { { "gateway", "10.0.0.1" } } },
};

START_TEST(test_read_only)
{
	struct group *group = getgrgid(getgid());
	vici_conn_t *conn;
	vici_res_t *res;
	struct stat st;
	char path[128];
	int i;

	restart(group->gr_name, control_uri());
	mock->add(mock, "home");
	snprintf(path, sizeof(path), "%s.ro", control_path());
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07, 0);
	ck_assert_int_eq(st.st_gid, group->gr_gid);
	conn = connect_read_only();
	ck_assert(conn);
	res = submit(conn, "mobility-status", NULL);
	ck_assert_str_eq(vici_find_str(res, "", "1.connection"), "home");
	vici_free_res(res);
	res = submit_interface(conn, NULL, NULL, NULL);
	ck_assert(!vici_find_str(res, NULL, "errmsg"));
	vici_free_res(res);
	for (i = 0; i < countof(changes); i++)
	{
		res = submit(conn, changes[i].command,
					 changes[i].args[0][0], changes[i].args[0][1],
					 changes[i].args[1][0], changes[i].args[1][1], NULL);
		ck_assert_str_eq(vici_find_str(res, "", "success"), "no");
		ck_assert(strpfx(vici_find_str(res, "", "errmsg"), "members of "
						 "read_only_group may only look; run this as root"));
		vici_free_res(res);
	}
	vici_disconnect(conn);
}
END_TEST

CALLBACK(on_state, void,
	int *pipe, char *name, vici_res_t *res)
{
	ck_assert_int_eq(write(pipe[1], name, strlen(name)), strlen(name));
}

START_TEST(test_read_only_events)
{
	mobility_status_t *status;
	vici_conn_t *conn;
	char name[32] = "";
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	restart(getgrgid(getgid())->gr_name, control_uri());
	status = mock->add(mock, "home");
	conn = connect_read_only();
	ck_assert_int_eq(vici_register(conn, "mobility-state", on_state, fds), 0);
	mock->raise(mock, MOBILITY_EVENT_STATE, MOBILITY_DORMANT, status);
	ck_assert(read(fds[0], name, sizeof(name) - 1) > 0);
	ck_assert_str_eq(name, "mobility-state");
	vici_disconnect(conn);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(test_read_only_wrong)
{
	ck_assert(!connect_read_only());
	restart("no-such-group", control_uri());
	ck_assert(strstr(mobility_suite_log(), "mobility: read_only_group: there is "
					 "no group 'no-such-group', so nobody may look"));
	ck_assert(!connect_read_only());
	restart("root", "tcp://127.0.0.1:0");
	ck_assert(strstr(mobility_suite_log(), "mobility: read_only_group has no "
					 "effect, as 'tcp://127.0.0.1:0' is no socket"));
}
END_TEST

START_TEST(test_no_socket)
{
	mobility_suite_log_start();
	ck_assert(!mobility_control_create(&mock->manager, settings,
									   "unix:///nonexistent/socket"));
	ck_assert(strstr(mobility_suite_log(), "creating control socket "
					 "'unix:///nonexistent/socket' failed"));
	ck_assert(!mobility_control_create(&mock->manager, settings, "no URI"));
	ck_assert_uint_eq(mock->get_observers(mock), 1);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("control");
	TCase *tc;

	tc = tcase_create("control");
	tcase_add_checked_fixture(tc, setup, control_teardown);
	tcase_add_test(tc, test_status);
	tcase_add_test(tc, test_filter);
	tcase_add_loop_test(tc, test_selection, 0, countof(selections));
	tcase_add_test(tc, test_summary);
	tcase_add_test(tc, test_paths);
	tcase_add_test(tc, test_explain);
	tcase_add_test(tc, test_explain_forbidden);
	tcase_add_test(tc, test_switch);
	tcase_add_test(tc, test_interface_refused);
	tcase_add_test(tc, test_interface);
	tcase_add_test(tc, test_history);
	tcase_add_test(tc, test_metrics);
	tcase_add_test(tc, test_events);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_lists);
	tcase_add_test(tc, test_rights);
	tcase_add_test(tc, test_read_only);
	tcase_add_test(tc, test_read_only_events);
	tcase_add_test(tc, test_read_only_wrong);
	tcase_add_test(tc, test_no_socket);
	suite_add_tcase(s, tc);

	return s;
}
