/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* The program as users call it, against a control socket of our own. */

#define _GNU_SOURCE
#include "suites/control_fixture.h"

#include <fcntl.h>
#include <json.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/**
 * Write the strongswan.conf that the program reads.
 */
#define write_conf(fmt, ...) ({ \
	char conf[512]; \
	snprintf(conf, sizeof(conf), fmt, ##__VA_ARGS__); \
	mobility_suite_write("/strongswan.conf", conf); })

static void setup(void)
{
	char path[64];

	mobility_suite_setup();
	snprintf(path, sizeof(path), "%s/strongswan.conf", mobility_suite_dir());
	write_conf("mobilityctl { socket = %s }\n", control_uri());
	setenv("STRONGSWAN_CONF", path, 1);
	setenv("TZ", "UTC", 1);
	/* there must be no threads that may read the environment before */
	control_setup("wifi {\nmatch = wl*\ncost = 300\nmetered = yes\n}\n");
}

/**
 * Run the program, return its exit code and all it wrote.
 */
static int run(char *out, size_t size, const char *args)
{
	char *command;
	size_t len;
	FILE *pipe;
	int status;

	ck_assert(asprintf(&command, "exec 2>&1; %s %s",
					   getenv("MOBILITYCTL") ?: "./mobilityctl", args) > 0);
	pipe = popen(command, "r");
	free(command);
	ck_assert(pipe);
	len = fread(out, 1, size - 1, pipe);
	out[len] = '\0';
	status = pclose(pipe);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/**
 * Run the program, check its exit code and that it wrote something.
 */
static void assert_run(const char *args, int code, const char *text)
{
	char out[8192];
	int found;

	found = run(out, sizeof(out), args);
	ck_assert_msg(found == code, "%s: %d instead of %d: %s", args, found, code,
				  out);
	ck_assert_msg(strstr(out, text), "%s: no '%s' in: %s", args, text, out);
}

/**
 * Run the program, check its exit code and read the JSON it wrote.
 */
static json_object *run_json(const char *args, int code)
{
	json_object *object;
	char out[65536];

	ck_assert_int_eq(run(out, sizeof(out), args), code);
	object = json_tokener_parse(out);
	ck_assert_msg(object, "%s: no JSON: %s", args, out);
	return object;
}

/**
 * Get what is at a path (RFC 6901) as a string.
 */
static const char *get(json_object *object, const char *pointer)
{
	json_object *found;

	return json_pointer_get(object, pointer, &found) == 0 ?
									json_object_get_string(found) : "(none)";
}

/**
 * Calls that are wrong, and what is said about them
 */
static struct {
	const char *args;
	int code;
	const char *text;
} usage[] = {
	{ "", 2, "a command is missing; mobilityctl --help lists them all" },
	{ "statsu", 2, "there is no command 'statsu'; did you mean 'status'?" },
	{ "frobnicate", 2, "there is no command 'frobnicate'; mobilityctl --help" },
	{ "--frob status", 2, "there is no option --frob" },
	{ "status -x", 2, "there is no option -x" },
	{ "status -vx", 2, "there is no option -x" },
	{ "--json=1 status", 2, "--json" },
	{ "status --uri", 2, "--uri needs a value, such as --uri unix://" },
	{ "status -u", 2, "-u needs a value" },
	{ "status --state", 2, "--state needs a value, such as --state dormant" },
	{ "status --state asleep", 1, "there is no state 'asleep'" },
	{ "status --role gateway", 1, "there is no role 'gateway'" },
	{ "status --peer 10.3.0.7", 4, "there is no such session" },
	{ "status --connection home", 4, "there is no session of a connection "
	  "'home'" },
	{ "status --summary", 4, "there are no sessions" },
	{ "status --watch", 2, "there is no terminal to draw on; mobilityctl watch" },
	{ "status --watch --json", 2, "--watch shows a table, not what --json" },
	{ "paths --watch", 2, "paths does not take --watch\nusage: " },
	{ "top", 2, "there is no terminal to draw on" },
	{ "plot", 4, "nothing happened since the daemon started" },
	{ "plot home", 4, "nothing happened to home since" },
	{ "plot a b", 2, "plot does not take 'b'\nusage: mobilityctl plot" },
	{ "plot --json", 2, "plot does not take --json" },
	{ "--uri unix:///nonexistent/socket plot", 3, "can't be reached" },
	{ "report a b", 2, "report does not take 'b'\nusage: mobilityctl report" },
	{ "report --json", 2, "report does not take --json" },
	{ "report --with-identity", 2, "there is no option --with-identity" },
	{ "status --with-identities", 2, "status does not take --with-identities" },
	{ "top a b", 2, "top does not take 'b'\nusage: mobilityctl top" },
	{ "top --json", 2, "top does not take --json" },
	{ "paths --peer 10.3.0.7", 2, "paths does not take --peer\nusage: " },
	{ "status a b", 2, "status does not take 'b'\nusage: mobilityctl status" },
	{ "watch home", 2, "watch does not take 'home'" },
	{ "terminate", 2, "terminate needs --dormant with a time such as 600" },
	{ "terminate --dormant", 2, "--dormant needs a value, such as --dormant "
	  "10m" },
	{ "terminate --dormant soon", 2, "terminate needs --dormant with a time" },
	{ "terminate --dormant 600 home", 2, "terminate does not take 'home'" },
	{ "terminate --dormant 600", 4, "no client is dormant for 10m or longer" },
	{ "status --dormant 600", 2, "status does not take --dormant\nusage: " },
	{ "redirect", 2, "redirect needs GATEWAY" },
	{ "redirect gw2.example.org", 4, "there is no such client" },
	{ "redirect user@example.org", 1, "neither an address nor a domain name" },
	{ "redirect gw2.example.org --state asleep", 1, "there is no state" },
	{ "redirect gw2.example.org --role mobile", 2, "redirect does not take "
	  "--role" },
	{ "metrics home", 2, "metrics does not take 'home'" },
	{ "--uri unix:///nonexistent/socket metrics", 3, "can't be reached" },
	{ "switch", 2, "switch needs CONNECTION UPLINK\nusage: mobilityctl "
	  "switch [OPTIONS] CONNECTION UPLINK" },
	{ "switch home", 2, "switch needs CONNECTION UPLINK" },
	{ "--help", 0, "usage: mobilityctl COMMAND" },
	{ "-h", 0, "follow state changes" },
	{ "switch --help", 0, "usage: mobilityctl switch [OPTIONS] CONNECTION "
	  "UPLINK\n\nMove a session" },
	{ "help", 2, "there is no command 'help'" },
	{ "--version", 0, "mobilityctl " MOBILITY_VERSION "\n" },
	{ "--uri unix:///nonexistent/socket status", 3, "can't be reached at "
	  "unix:///nonexistent/socket: No such file or directory; mobilityctl "
	  "check looks for the reason" },
	{ "--uri nonsense status", 3, "nonsense is no URI such as unix://" },
	{ "--uri unix:///nonexistent/socket watch", 3, "can't be reached" },
	{ "status", 4, "there are no sessions" },
	{ "status home", 4, "there is no session of a connection 'home'" },
	{ "paths", 4, "there is no session; mobilityctl status" },
	{ "paths home", 4, "there is no session of a connection 'home'" },
	{ "explain", 4, "there is no session; mobilityctl status" },
	{ "explain home", 4, "there is no session of a connection 'home'" },
	{ "explain a b", 2, "explain does not take 'b'\nusage: " },
	{ "--uri unix:///nonexistent/socket explain", 3, "can't be reached" },
	{ "history", 4, "nothing happened since the daemon started" },
	{ "history home", 4, "nothing happened to home since" },
	{ "switch home eth9", 4, "home was not moved to eth9" },
	{ "interface a b", 2, "interface does not take 'b'" },
	{ "interface --avoid", 2, "--avoid needs an UPLINK: mobilityctl interface "
	  "UPLINK --avoid" },
	{ "interface eth0 --cost", 2, "--cost needs a number, such as --cost 100" },
	{ "interface eth0 --cost=cheap", 2, "--cost needs a number such as 100, "
	  "instead of 'cheap'" },
	{ "interface eth0 --cost -1", 2, "--cost needs a number such as 100, "
	  "instead of '-1'" },
	{ "interface eth0 --avoid --prefer", 2, "there can be one of --cost, "
	  "--avoid, --prefer and --reset only" },
	{ "interface eth0 --forbid", 2, "there is no option --forbid" },
	{ "status --reset", 2, "status does not take --reset\nusage: " },
	{ "interface --verbose", 2, "interface does not take --verbose\nusage: " },
	{ "interface a/b --avoid", 1, "interface 'a/b': it contains a slash" },
	{ "interface a/b", 1, "interface 'a/b': it contains a slash" },
	{ "interface --help", 0, "usage: mobilityctl interface [OPTIONS] [UPLINK]" },
};

START_TEST(test_usage)
{
	assert_run(usage[_i].args, usage[_i].code, usage[_i].text);
}
END_TEST

/**
 * Commands, and options that they may take or not
 */
static struct {
	const char *command;
	bool verbose, cost, filter;
} help[] = {
	{ "", FALSE, FALSE },
	{ "status", TRUE, FALSE, TRUE },
	{ "paths", FALSE, FALSE },
	{ "explain", FALSE, FALSE },
	{ "watch", FALSE, FALSE },
	{ "switch", FALSE, FALSE },
	{ "interface", FALSE, TRUE },
	{ "history", FALSE, FALSE },
	{ "check", FALSE, FALSE },
	{ "metrics", FALSE, FALSE },
};

START_TEST(test_help)
{
	char args[64], out[8192];

	/* each shows what it takes, and nothing else */
	snprintf(args, sizeof(args), "%s --help", help[_i].command);
	ck_assert_int_eq(run(out, sizeof(out), args), 0);
	ck_assert(strstr(out, "  -j, --json         write JSON"));
	ck_assert(strstr(out, "  -u, --uri URI      control socket"));
	ck_assert(!strstr(out, "--verbose") == !help[_i].verbose);
	ck_assert(!strstr(out, "--cost N") == !help[_i].cost);
	ck_assert(!strstr(out, "--reset") == !help[_i].cost);
	ck_assert(!strstr(out, "--state S") == !help[_i].filter);
}
END_TEST

/**
 * Configurations that name our socket, instead of that of this tool
 */
static const char *sockets[] = {
	"charon { plugins { mobility-manager { socket = %s\n } } }",
	"charon-systemd { plugins { mobility-manager { socket = %s\n } } }\n"
	"charon { plugins { mobility-manager { socket = unix:///none\n } } }",
	"charon { plugins { mobility-manager { socket = unix:///none\n } } }\n"
	"mobilityctl { socket = %s\n }",
	"charon-systemd { plugins { mobility-manager { socket =\n } } }\n"
	"charon { plugins { mobility-manager { socket = %s\n } } }",
};

START_TEST(test_socket)
{
	write_conf(sockets[_i], control_uri());
	mock->add(mock, "home");
	assert_run("status", 0, "home ");
	assert_run("--uri unix:///none status", 3, "can't be reached at "
			   "unix:///none:");
}
END_TEST

/**
 * Add a session that moved, and one that is dormant.
 */
static void add_sessions(void)
{
	mobility_status_t *home, *office;

	home = mock->add(mock, "home");
	office = mock->add(mock, "office");
	mock->lock(mock);
	home->since = time(NULL) - (3 * 60 + 12) * 60 - 30;
	home->last_move = (mobility_move_t){
		.time = 1234567890,
		.trigger = "wlan0: no carrier",
		.duration = 21,
		.from = "wlan0",
		.to = "eth0",
	};
	home->moves = 1;
	office->state = MOBILITY_DORMANT;
	office->outage_left = 1788;
	office->exchange = "CREATE_CHILD_SA";
	strcpy(office->cause, "eth0: no carrier");
	mock->unlock(mock);
}

START_TEST(test_status)
{
	json_object *array;

	add_sessions();
	assert_run("status home", 0,
		"CONNECTION  STATE      FOR     UPLINK  ADDRESS        WHY\n"
		"home        connected  3h 12m  eth0    192.168.0.100  moved from "
		"wlan0 to eth0 in 21 ms (wlan0: no carrier)\n");
	assert_run("status", 5, "192.168.0.100  eth0: no carrier; holding "
			   "CREATE_CHILD_SA; gives up in 29m 48s\n");
	assert_run("-v status home", 0, "  kind         vlan over ethernet\n");
	assert_run("-v status office", 5, "  in flight    CREATE_CHILD_SA\n");
	assert_run("-v status home", 0, "  last move    2009-02-13 23:31:30, moved "
			   "from wlan0 to eth0 in 21 ms (wlan0: no carrier)\n");

	array = run_json("status --json", 5);
	ck_assert_int_eq(json_object_array_length(array), 2);
	ck_assert_str_eq(get(array, "/0/connection"), "home");
	ck_assert_str_eq(get(array, "/0/session"), "1");
	ck_assert_str_eq(get(array, "/0/last-move/to"), "eth0");
	ck_assert_str_eq(get(array, "/1/state"), "dormant");
	ck_assert_str_eq(get(array, "/1/outage-left"), "1788");
	json_object_put(array);
	json_object_put(run_json("status --json home", 0));
	array = run_json("status -j nobody", 4);
	ck_assert_int_eq(json_object_array_length(array), 0);
	json_object_put(array);
}
END_TEST

START_TEST(test_selection)
{
	json_object *array;

	add_sessions();
	assert_run("status --state dormant", 5, "office      dormant");
	assert_run("status --state connected | grep -c .", 0, "2\n");
	assert_run("status --state connected,dormant --role mobile "
			   "--peer '192.168.*' | grep -c .", 0, "3\n");
	assert_run("status --role anchor", 4, "there is no such session");
	assert_run("status --summary", 5,
		"CONNECTION  ROLE    SESSIONS  CONNECTED  DORMANT  WAITING  CONNECTING"
		"  FAILED\n"
		"home        mobile  1         1          0        0        0         "
		"  0\n"
		"office      mobile  1         0          1        0        0         "
		"  0\n");
	assert_run("status --summary --state connected", 0, "home ");
	array = run_json("status --summary --json --connection office", 5);
	ck_assert_int_eq(json_object_array_length(array), 1);
	ck_assert_str_eq(get(array, "/0/connection"), "office");
	ck_assert_str_eq(get(array, "/0/states/dormant"), "1");
	ck_assert_str_eq(get(array, "/0/sessions"), "1");
	json_object_put(array);
}
END_TEST

START_TEST(test_paths)
{
	json_object *array;

	add_sessions();
	assert_run("paths home", 0,
		"home (session 1)\n"
		"   UPLINK  KIND      LOCAL          REMOTE       VIA            COST  "
		"RTT    USABLE\n"
		"*  eth0    ethernet  192.168.0.100  192.168.0.1                 100   "
		"12 ms  in use, UDP encapsulation forced, MTU 1280\n"
		"   wlan0   wifi      192.168.0.100  192.168.0.1  192.168.0.254  100   "
		"       no carrier for 4m 10s\n");
	array = run_json("paths --json", 0);
	ck_assert_int_eq(json_object_array_length(array), 2);
	ck_assert_str_eq(get(array, "/0/paths/0/uplink"), "eth0");
	ck_assert_str_eq(get(array, "/0/paths/0/current"), "true");
	ck_assert_str_eq(get(array, "/0/paths/0/mtu"), "1280");
	ck_assert_str_eq(get(array, "/0/paths/1/usable"), "false");
	ck_assert_str_eq(get(array, "/1/paths/1/reason"), "no carrier");
	json_object_put(array);
}
END_TEST

START_TEST(test_explain)
{
	mobility_status_t *clients;
	json_object *array;

	add_sessions();
	assert_run("explain home", 0, "home (session 1) is connected over eth0 "
			   "since ");
	assert_run("explain home", 0, "(3h 12m): moved from wlan0 to eth0 in 21 ms "
			   "(wlan0: no carrier).\n"
			   "It is going to move to wlan0, which is better, if that still "
			   "works in 7s (settle_time).\n"
			   "Should eth0 fail, there is no other path.\n"
			   "Its paths, the preferred one first:\n"
			   "  1. eth0 from 192.168.0.100 to 192.168.0.1, in use\n"
			   "  2. wlan0 from 192.168.0.100 to 192.168.0.1 via "
			   "192.168.0.254: no carrier for 4m 10s, until ");
	assert_run("explain home", 0, "; behind eth0, as it is put aside\n"
			   "These cannot reach the peer:\n"
			   "  wlan0.7: no address\n");
	array = run_json("explain --json", 0);
	ck_assert_int_eq(json_object_array_length(array), 2);
	ck_assert_str_eq(get(array, "/0/stays/why"), "settle");
	ck_assert_str_eq(get(array, "/0/stays/left"), "7");
	ck_assert_str_eq(get(array, "/0/paths/0/ranked-by"), "(none)");
	ck_assert_str_eq(get(array, "/0/paths/1/ranked-by"), "put-aside");
	ck_assert_str_eq(get(array, "/0/obstacles/0/reason"), "no address");
	ck_assert_str_eq(get(array, "/0/obstacles/1"), "(none)");
	json_object_put(array);

	clients = mock->add(mock, "clients");
	mock->lock(mock);
	clients->mobile = FALSE;
	clients->state = MOBILITY_DORMANT;
	clients->outage_left = 61;
	clients->silent = 300;
	clients->last_move = (mobility_move_t){
		.time = 1234567890,
		.from = "192.0.2.7[4500]",
	};
	mock->unlock(mock);
	assert_run("explain clients", 0, "The peer is at 192.168.0.1[4500] since "
			   "2009-02-13 23:31:30 (");
	assert_run("explain clients", 0, "), before that it was at "
			   "192.0.2.7[4500], and was heard 5m ago.\n"
			   "It is the peer who chooses the path.\n"
			   "Its session is kept until the peer returns.\n"
			   "It gives up in 1m 1s, at ");
}
END_TEST

/**
 * Words, and what may be the last one
 */
static struct {
	const char *words;
	const char *found;
} completions[] = {
	{ "sw", "status\ntop\n" },
	{ "--uri nowhere ''", "status\ntop\n" },
	{ "nothing ''", "" },
	{ "status ''", "home\na b\n" },
	{ "status home ''", "" },
	{ "--connection ''", "home\na b\n" },
	{ "--json switch ''", "home\na b\n" },
	{ "switch home ''", "eth0\nwlan0\nwlan0.7\n" },
	{ "interface -", "--json\n--cost\n--avoid\n--prefer\n--reset\n--uri\n" },
	{ "interface --cost ''", "" },
	{ "interface --cost 7 ''", "eth0\nwlan0\nwlan0.7\n" },
	{ "status --role ''", "mobile\nanchor\n" },
	{ "status --role anchor ''", "home\na b\n" },
	{ "-", "--json\n--uri\n" },
	{ "terminate ''", "" },
	/* there is nobody who knows names */
	{ "--uri unix:///nonexistent/socket status ''", "" },
};

START_TEST(test_complete)
{
	char args[128], out[8192];

	mock->add(mock, "home");
	mock->add(mock, "a b");
	mock->add(mock, "home");
	snprintf(args, sizeof(args), "complete -- %s", completions[_i].words);
	ck_assert_int_eq(run(out, sizeof(out), args), 0);
	ck_assert_msg(strpfx(out, completions[_i].found), "%s: %s", args, out);
	ck_assert(*completions[_i].found || !*out);
}
END_TEST

/**
 * Shells, and how to have them complete switch home wlan0.
 */
static struct {
	const char *shell, *script;
} shells[] = {
	{ "bash", ". $MOBILITY_COMPLETION/mobilityctl; "
	  "COMP_WORDS=(ctl switch \"%s\" \"%s\"); COMP_CWORD=%d; "
	  "_mobilityctl $MOBILITYCTL; printf \"%%s\\n\" \"${COMPREPLY[@]}\"" },
	{ "zsh -f", "compadd() { print -l $found; }; f() { "
	  "words=($MOBILITYCTL switch \"%s\" \"%s\"); CURRENT=%d+1; "
	  ". $MOBILITY_COMPLETION/_mobilityctl; }; f" },
	{ "fish --no-config", "alias mobilityctl $MOBILITYCTL; "
	  ". $MOBILITY_COMPLETION/mobilityctl.fish; "
	  "complete -C \"mobilityctl switch %s %s\"; true %d" },
};

/**
 * Have a shell complete words of mobilityctl switch.
 */
static void run_shell(int i, char *first, char *second, int word, char *out,
					  size_t size)
{
	char script[512], *command;
	size_t len;
	FILE *pipe;

	snprintf(script, sizeof(script), shells[i].script, first, second, word);
	ck_assert(asprintf(&command, "exec 2>&1; %s -c '%s'", shells[i].shell,
					   script) > 0);
	pipe = popen(command, "r");
	len = fread(out, 1, size - 1, pipe);
	out[len] = '\0';
	ck_assert(pclose(pipe) != -1);
	free(command);
}

START_TEST(test_shells)
{
	char command[64], out[1024];

	snprintf(command, sizeof(command), "%s -c true > /dev/null 2>&1",
			 shells[_i].shell);
	if (system(command) != 0 || !getenv("MOBILITY_COMPLETION"))
	{
		return;
	}
	mock->add(mock, "home");
	run_shell(_i, "home", "wlan0.", 3, out, sizeof(out));
	ck_assert_msg(strstr(out, "wlan0.7"), "%s", out);
	control->destroy(control);
	control = NULL;
	run_shell(_i, "home", "wlan0.", 3, out, sizeof(out));
	ck_assert_msg(!strstr(out, "wlan0.7") && !strstr(out, "reached"), "%s", out);
}
END_TEST

START_TEST(test_report)
{
	const char *secrets[] = {
		"topsecret", "0x0123456789abcdef0123456789abcdef01234567",
	}, *identities[] = {
		"alice@example.org", "CN=bob", "Example", "carol", "eve@home",
	};
	mobility_status_t *status;
	char path[512], out[65536];
	struct stat st;
	int i;

	/* nobody has to ask for no keys */
	mobility_suite_write("/ip", "#!/bin/sh\necho \"$@\"\n"
			"echo 'auth-trunc hmac(sha256) 0x0123456789abcdef0123456789abcdef"
			"01234567 128'\necho 'spi 0x01234567 mark 0x1/0xffffffff'\n");
	snprintf(path, sizeof(path), "%s/ip", mobility_suite_dir());
	ck_assert_int_eq(chmod(path, 0700), 0);
	snprintf(path, sizeof(path), "%s:%s", mobility_suite_dir(),
			 getenv("PATH"));
	setenv("PATH", path, 1);
	write_conf("mobilityctl { socket = %s }\ncharon {\nplugins {\neap-radius "
			   "{\nsecret = topsecret\n}\nmobility-manager {\nsettle_time = 7s\n"
			   "a_secret = topsecret\n}\n}\n}\n", control_uri());
	status = mock->add(mock, "eve@home");
	status->peer = identification_create_from_string("alice@example.org");
	status = mock->add(mock, "home");
	status->peer = identification_create_from_string("C=CH, O=Example, CN=bob");
	status = mock->add(mock, "carol");
	status->peer = identification_create_from_string("carol");
	mock->raise(mock, MOBILITY_EVENT_STATE, MOBILITY_DORMANT, status);
	for (i = 0; i < 2; i++)
	{
		ck_assert_int_eq(run(out, sizeof(out), i ? "report --with-identities" :
							 "report"), 0);
		/* what it is for */
		ck_assert(strstr(out, "mobility-manager " MOBILITY_VERSION));
		ck_assert(strstr(out, "\nkernel "));
		ck_assert(strstr(out, "settle_time = 7s"));
		ck_assert(strstr(out, "\"connection\": \"home\""));
		ck_assert(strstr(out, "\"old-state\": \"dormant\""));
		ck_assert(strstr(out, "192.168.0.100"));
		ck_assert(strstr(out, "route show table all"));
		ck_assert(strstr(out, "spi 0x01234567 mark 0x1/0xffffffff"));
		ck_assert(strstr(out, "xfrm state list nokeys\nauth-trunc hmac(sha256) "
						 "<hidden> 128"));
		ck_assert(strstr(out, "a_secret = <hidden>"));
		ck_assert(!strstr(out, secrets[0]) && !strstr(out, secrets[1]));
	}
	for (i = 0; i < countof(identities); i++)
	{
		ck_assert(strstr(out, identities[i]));
	}
	ck_assert_int_eq(run(out, sizeof(out), "report"), 0);
	for (i = 0; i < countof(identities); i++)
	{
		ck_assert_msg(!strstr(out, identities[i]), "%s", identities[i]);
	}
	ck_assert(strstr(out, "\"connection\": \"<identity"));

	/* as a file, for nobody else, and not in place of one */
	snprintf(path, sizeof(path), "report %s/report", mobility_suite_dir());
	assert_run(path, 0, "/report is the report; have a look at it");
	ck_assert_int_eq(stat(path + strlen("report "), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_int_gt(st.st_size, 1000);
	assert_run(path, 1, "can't be written: File exists");
	assert_run("report > /dev/full", 1, "writing the output failed");
	/* as far as it can without a daemon */
	assert_run("--uri unix:///nonexistent/socket report", 0,
			   "unix:///nonexistent/socket can't be reached: No such file");
	assert_run("--uri unix:///nonexistent/socket report", 0, "settle_time = 7s");
}
END_TEST

START_TEST(test_many)
{
	int i;

	/* more than one answer may have */
	for (i = 0; i < 5000; i++)
	{
		mock->add(mock, "home");
	}
	assert_run("status | grep -c '^home *connected'", 0, "5000\n");
	assert_run("status --json | grep -c '\"connection\": \"home\"'", 0,
			   "5000\n");
	assert_run("paths | grep -c '^home (session'", 0, "5000\n");
}
END_TEST

/**
 * Read a text in quotation marks, return what follows it.  What is escaped is
 * what has to be.
 */
static const char *skip_quoted(const char *pos)
{
	ck_assert_int_eq(*pos++, '"');
	while (*pos != '"')
	{
		ck_assert(*pos && *pos != '\n');
		if (*pos++ == '\\')
		{
			ck_assert(*pos && strchr("n\"\\", *pos));
			pos++;
		}
	}
	return pos + 1;
}

/**
 * Check a line with a sample: NAME{LABEL="TEXT",...} NUMBER.  The name is that of
 * a family, with a suffix that its type allows.
 */
static void check_sample(const char *line, const char *family,
						 const char *type)
{
	static const struct {
		const char *type, *suffix;
	} suffixes[] = {
		{ "gauge", "" }, { "counter", "_total" }, { "histogram", "_bucket" },
		{ "histogram", "_count" }, { "histogram", "_sum" },
	};
	const char *pos = line;
	bool known = FALSE;
	size_t len;
	char *end;
	int i;

	ck_assert_msg(strpfx(line, family), "%s is not of %s", line, family);
	pos += strlen(family);
	len = strcspn(pos, "{ ");
	for (i = 0; i < countof(suffixes); i++)
	{
		known |= streq(type, suffixes[i].type) &&
				 len == strlen(suffixes[i].suffix) &&
				 strneq(pos, suffixes[i].suffix, len);
	}
	ck_assert_msg(known, "%s is no sample of a %s", line, type);
	pos += len;
	if (*pos == '{')
	{
		do
		{
			pos++;
			len = strspn(pos, "abcdefghijklmnopqrstuvwxyz_");
			ck_assert(len && pos[len] == '=');
			pos = skip_quoted(pos + len + 1);
		}
		while (*pos == ',');
		ck_assert_int_eq(*pos++, '}');
	}
	ck_assert_int_eq(*pos++, ' ');
	ck_assert(strtod(pos, &end) >= 0 && end != pos && !*end);
}

/**
 * Check that a text is what OpenMetrics 1.0 asks for, as far as this uses it.
 * Returns the number of samples.
 */
static u_int check_metrics(char *text)
{
	char family[64] = "", type[16] = "", unit[16], name[64], seen[1024] = "";
	bool ended = FALSE;
	u_int count = 0;
	char *line;

	ck_assert(strlen(text) && text[strlen(text) - 1] == '\n');
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
	{
		/* nothing comes after the end */
		ck_assert(!ended);
		if (streq(line, "# EOF"))
		{
			ended = TRUE;
		}
		else if (sscanf(line, "# TYPE %63s %15s", family, type) == 2)
		{	/* samples of a family are together */
			snprintf(name, sizeof(name), "<%s>", family);
			ck_assert_msg(!strstr(seen, name), "%s is there twice", family);
			strcat(seen, name);
			ck_assert(!strchr(line, '"'));
		}
		else if (sscanf(line, "# UNIT %63s %15s", name, unit) == 2)
		{
			ck_assert_str_eq(name, family);
			ck_assert_str_eq(family + strlen(family) - strlen(unit), unit);
		}
		else if (sscanf(line, "# HELP %63s", name) == 1)
		{
			ck_assert_str_eq(name, family);
		}
		else
		{
			check_sample(line, family, type);
			count++;
		}
	}
	ck_assert(ended);
	return count;
}

START_TEST(test_metrics)
{
	mobility_status_t *status;
	json_object *object;
	char out[16384];

	ck_assert_int_eq(run(out, sizeof(out), "metrics"), 0);
	/* without any session: how long moves took, and what is no event */
	ck_assert_uint_eq(check_metrics(out), 12 + 5);
	add_sessions();
	status = mock->add(mock, "a \"b\\c\"");
	status->last_move.duration = 2000;
	mock->raise(mock, MOBILITY_EVENT_MOVE, MOBILITY_CONNECTED, status);
	ck_assert_int_eq(run(out, sizeof(out), "metrics"), 0);
	ck_assert(strstr(out, "# TYPE mobility_sessions gauge\n"));
	ck_assert(strstr(out, "\nmobility_sessions{connection=\"office\","
					 "role=\"mobile\",state=\"dormant\"} 1\n"));
	ck_assert(strstr(out, "\nmobility_moves_total{connection="
					 "\"a \\\"b\\\\c\\\"\",role=\"mobile\"} 1\n"));
	ck_assert(strstr(out, "# UNIT mobility_move_duration_seconds seconds\n"));
	ck_assert(strstr(out, "_bucket{le=\"1.0\"} 0\n"));
	ck_assert(strstr(out, "_bucket{le=\"2.5\"} 1\n"));
	ck_assert(strstr(out, "_bucket{le=\"+Inf\"} 1\n"));
	ck_assert(strstr(out, "_sum 2.000\n"));
	ck_assert(strstr(out, "\nmobility_relogins_total 0\n"));
	ck_assert_uint_gt(check_metrics(out), 20);

	object = run_json("metrics --json", 0);
	ck_assert_str_eq(get(object, "/mobility_moves/type"), "counter");
	json_object_put(object);
}
END_TEST

START_TEST(test_maintenance)
{
	mobility_status_t *alice, *bob;
	json_object *object;

	/* these are no clients */
	add_sessions();
	assert_run("terminate --dormant 0", 4, "no client is dormant");
	assert_run("redirect 192.0.2.9", 4, "there is no such client");
	alice = mock->add(mock, "clients");
	bob = mock->add(mock, "clients");
	mock->lock(mock);
	alice->mobile = bob->mobile = FALSE;
	alice->peer = identification_create_from_string("alice@example.org");
	alice->state = MOBILITY_DORMANT;
	alice->since = time(NULL) - 700;
	mock->unlock(mock);
	assert_run("terminate --dormant 600", 0, "1 session of clients that are "
			   "dormant for 10m or longer is ended now");
	assert_run("terminate --dormant 20m", 4, "no client is dormant for 20m");
	assert_run("terminate --dormant 600 --peer bob*", 4, "no client");
	object = run_json("terminate --dormant 600 --json", 0);
	ck_assert_str_eq(get(object, "/sessions"), "1");
	json_object_put(object);

	assert_run("redirect gw2.example.org --peer alice@*", 0,
			   "1 client redirected to gw2.example.org\n");
	/* the mock has bob not support it */
	assert_run("redirect 2001:db8::2", 1, "1 client redirected to 2001:db8::2");
	assert_run("redirect 192.0.2.9 --state connected", 1, "1 client can't be "
			   "redirected");
	object = run_json("redirect 192.0.2.9 --json --state dormant", 0);
	ck_assert_str_eq(get(object, "/redirected"), "1");
	ck_assert_str_eq(get(object, "/unable"), "0");
	json_object_put(object);
}
END_TEST

START_TEST(test_switch)
{
	json_object *object;

	add_sessions();
	assert_run("switch home eth1", 0, "home moved to eth1 in 21 ms");
	ck_assert_str_eq(mock->get_switch(mock), "home eth1");
	assert_run("status caf\xc3\xa9", 4, "there is no session");
	assert_run("paths caf\xc3\xa9", 4, "there is no session");
	assert_run("switch nobody eth9", 4, "nobody was not moved to eth9");
	assert_run("switch home eth9", 1, "home was not moved to eth9: eth9: no "
			   "such interface");
	assert_run("switch home wlan0", 1, "home was not moved to wlan0: no "
			   "carrier");
	object = run_json("switch home eth1 --json", 0);
	ck_assert_str_eq(get(object, "/success"), "true");
	json_object_put(object);
	object = run_json("switch home eth9 --json 2>/dev/null", 1);
	ck_assert_str_eq(get(object, "/success"), "false");
	ck_assert_str_eq(get(object, "/errmsg"), "eth9: no such interface");
	json_object_put(object);
}
END_TEST

START_TEST(test_interface)
{
	json_object *array, *object;

	assert_run("interface", 0,
		"UPLINK   KIND            COST    METERED  USE             STATE\n"
		"eth0     ethernet        metric  no       yes             usable\n"
		"wlan0    wifi            300     yes      last (metered)  no carrier\n"
		"wlan0.7  vlan over wifi  300     yes      last (metered)  no "
		"address\n");
	assert_run("interface eth0 --cost 7", 0, "eth0 has a cost of 7 now\n");
	assert_run("--prefer interface wlan0", 0,
			   "wlan0 is preferred to all others now\n");
	assert_run("interface ppp0 --avoid", 0, "ppp0 is used only when nothing "
			   "else works now (there is no interface ppp0 now)\n");
	ck_assert_uint_eq(mock->get_reloads(mock), 3);
	assert_run("interface", 0, "eth0     ethernet        7 (by hand)  no");
	assert_run("interface wlan0", 0,
		"UPLINK  KIND  COST         METERED       USE              STATE\n"
		"wlan0   wifi  0 (by hand)  no (by hand)  first (by hand)  "
		"no carrier\n");
	assert_run("interface ppp0", 0, "metric  no       last (by hand)  no such "
			   "interface\n");

	array = run_json("interface --json", 0);
	ck_assert_int_eq(json_object_array_length(array), 4);
	ck_assert_str_eq(get(array, "/0/interface"), "eth0");
	ck_assert_str_eq(get(array, "/0/cost"), "7");
	ck_assert_str_eq(get(array, "/0/override"), "cost");
	ck_assert_str_eq(get(array, "/0/use"), "true");
	ck_assert_str_eq(get(array, "/1/section"), "wifi");
	ck_assert_str_eq(get(array, "/1/metered"), "false");
	ck_assert_str_eq(get(array, "/2/over"), "wifi");
	ck_assert_str_eq(get(array, "/3/preference"), "last-resort");
	json_object_put(array);

	assert_run("interface wlan0 --reset", 0,
			   "wlan0 is as configured again\n");
	object = run_json("interface ppp0 --reset --json", 0);
	ck_assert_str_eq(get(object, "/success"), "true");
	ck_assert_str_eq(get(object, "/note"), "there is no interface ppp0 now");
	json_object_put(object);
	array = run_json("interface --json", 0);
	ck_assert_int_eq(json_object_array_length(array), 3);
	json_object_put(array);
}
END_TEST

START_TEST(test_history)
{
	mobility_status_t *status;
	json_object *array;

	status = mock->add(mock, "home");
	mock->lock(mock);
	status->since = 1234567890;
	mock->unlock(mock);
	mock->raise(mock, MOBILITY_EVENT_STATE, MOBILITY_DORMANT, status);
	mock->lock(mock);
	status->last_move = (mobility_move_t){
		.time = 1234567891,
		.trigger = "wlan0: gone",
		.duration = 3000,
		.to = "eth0",
	};
	mock->unlock(mock);
	mock->raise(mock, MOBILITY_EVENT_MOVE, MOBILITY_CONNECTED, status);
	assert_run("history", 0,
		"TIME                 CONNECTION  WHAT\n"
		"2009-02-13 23:31:30  home        dormant -> connected "
		"(established)\n"
		"2009-02-13 23:31:31  home        moved from nowhere to eth0 in 3000 "
		"ms (wlan0: gone)\n");
	array = run_json("history --json home", 0);
	ck_assert_int_eq(json_object_array_length(array), 2);
	ck_assert_str_eq(get(array, "/0/kind"), "state");
	ck_assert_str_eq(get(array, "/1/duration-ms"), "3000");
	json_object_put(array);
	assert_run("history other", 4, "nothing happened to other");
}
END_TEST

/**
 * Something happens to a session, at a time.
 */
static void happen(mobility_status_t *status, time_t when, mobility_state_t old,
				   mobility_state_t state, char *uplink, char *cause)
{
	mock->lock(mock);
	status->since = when;
	status->state = state;
	strcpy(status->uplink, uplink);
	snprintf(status->cause, sizeof(status->cause), "%s", cause);
	status->last_move = (mobility_move_t){
		.time = when,
		.duration = 21,
		.from = "eth0",
	};
	strcpy(status->last_move.to, uplink);
	snprintf(status->last_move.trigger, sizeof(status->last_move.trigger), "%s",
			 cause);
	mock->unlock(mock);
	mock->raise(mock, old == state ? MOBILITY_EVENT_MOVE : MOBILITY_EVENT_STATE,
				old, status);
}

START_TEST(test_plot)
{
	mobility_status_t *home, *odd;
	char out[16384], path[128], command[256];
	time_t now = time(NULL);

	home = mock->add(mock, "home");
	odd = mock->add(mock, "a<b>&\"c\"\x1b");
	happen(home, now - 600, MOBILITY_CONNECTING, MOBILITY_CONNECTED, "eth0",
		   "established");
	happen(home, now - 400, MOBILITY_CONNECTED, MOBILITY_CONNECTED, "wlan0",
		   "eth0: no carrier");
	happen(home, now - 300, MOBILITY_CONNECTED, MOBILITY_DORMANT, "wlan0",
		   "wlan0: no carrier");
	happen(home, now - 200, MOBILITY_DORMANT, MOBILITY_CONNECTED, "eth0",
		   "peer answers over eth0");
	happen(odd, now - 100, MOBILITY_CONNECTING, MOBILITY_CONNECTED, "eth0",
		   "established");
	ck_assert_int_eq(run(out, sizeof(out), "plot"), 0);
	ck_assert(strpfx(out, "<?xml version=\"1.0\""));
	ck_assert(strstr(out, ">home (session 1)<"));
	ck_assert(strstr(out, ">a&lt;b&gt;&amp;\"c\"? (session 2)<"));
	ck_assert(strstr(out, ">wlan0<"));
	ck_assert(strstr(out, "class=\"outage\""));
	ck_assert(strstr(out, "  home: moved from eth0 to wlan0 in 21 ms (eth0: no "
					 "carrier)<"));
	ck_assert(strstr(out, "connected -&gt; dormant (wlan0: no carrier)<"));
	ck_assert(strstr(out, "</svg>\n"));
	mobility_suite_write("/plot.svg", out);
	snprintf(path, sizeof(path), "%s/plot.svg", mobility_suite_dir());
	snprintf(command, sizeof(command), "python3 -c 'import sys, xml.dom.minidom "
			 "as m; m.parse(sys.argv[1])' %s", path);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(run(out, sizeof(out), "plot home"), 0);
	ck_assert(!strstr(out, "session 2"));
	assert_run("plot > /dev/full", 1, "writing the output failed");
}
END_TEST

/**
 * Start mobilityctl watch.
 */
static pid_t start_watch(const char *option, int *fd)
{
	int fds[2];
	pid_t pid;

	ck_assert(pipe2(fds, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0)
	{
		dup2(fds[1], STDOUT_FILENO);
		dup2(fds[1], STDERR_FILENO);
		execl(getenv("MOBILITYCTL") ?: "./mobilityctl", "mobilityctl",
			  "watch", option, NULL);
		_exit(127);
	}
	close(fds[1]);
	*fd = fds[0];
	return pid;
}

/**
 * Read a line, without the end of it.
 */
static void read_line(int fd, char *buf, size_t size)
{
	struct pollfd pfd = {
		.fd = fd,
		.events = POLLIN,
	};
	size_t len = 0;

	while (len < size - 1)
	{
		ck_assert_int_eq(poll(&pfd, 1, 20000), 1);
		if (read(fd, buf + len, 1) != 1 || buf[len] == '\n')
		{
			break;
		}
		len++;
	}
	buf[len] = '\0';
}

/**
 * Check that a line ends with a text.
 */
static void assert_line(int fd, const char *text)
{
	char line[2048];

	read_line(fd, line, sizeof(line));
	ck_assert_msg(strlen(line) >= strlen(text) &&
				  streq(line + strlen(line) - strlen(text), text),
				  "'%s' does not end with '%s'", line, text);
}

/**
 * Check with which code a process ends.
 */
static void assert_exit(pid_t pid, int code)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), code);
}

START_TEST(test_watch)
{
	mobility_status_t *status;
	pid_t pid;
	int fd;

	add_sessions();
	status = mock->add(mock, "third");
	pid = start_watch(NULL, &fd);
	assert_line(fd, "  home  connected (established)");
	assert_line(fd, "  office  dormant (eth0: no carrier)");
	assert_line(fd, "  third  connected (established)");

	mock->lock(mock);
	status->state = MOBILITY_WAITING;
	status->last_move = (mobility_move_t){
		.time = 1234567890,
		.trigger = "wlan0: gone",
		.duration = 99,
		.from = "wlan0",
		.to = "eth0",
	};
	mock->unlock(mock);
	mock->raise(mock, MOBILITY_EVENT_STATE, MOBILITY_CONNECTED, status);
	assert_line(fd, "  third  connected -> waiting-to-reconnect (established)");
	mock->raise(mock, MOBILITY_EVENT_MOVE, MOBILITY_CONNECTED, status);
	assert_line(fd, "23:31:30  third  moved from wlan0 to eth0 in 99 ms "
				"(wlan0: gone)");
	mock->raise(mock, MOBILITY_EVENT_PATH, MOBILITY_CONNECTED, status);
	assert_line(fd, "  third  paths: eth0 (in use), wlan0 (no carrier)");

	kill(pid, _i ? SIGINT : SIGTERM);
	assert_line(fd, "");
	assert_exit(pid, 0);
	close(fd);
}
END_TEST

START_TEST(test_watch_json)
{
	mobility_status_t *status;
	json_object *object;
	char line[2048];
	pid_t pid;
	int fd;

	status = mock->add(mock, "home");
	pid = start_watch("--json", &fd);
	read_line(fd, line, sizeof(line));
	object = json_tokener_parse(line);
	ck_assert_str_eq(get(object, "/event"), "status");
	ck_assert_str_eq(get(object, "/session/connection"), "home");
	json_object_put(object);

	mock->raise(mock, MOBILITY_EVENT_STATE, MOBILITY_DORMANT, status);
	read_line(fd, line, sizeof(line));
	object = json_tokener_parse(line);
	ck_assert_str_eq(get(object, "/event"), "mobility-state");
	ck_assert_str_eq(get(object, "/old-state"), "dormant");
	ck_assert_str_eq(get(object, "/session/state"), "connected");
	json_object_put(object);

	mock->raise(mock, MOBILITY_EVENT_PATH, MOBILITY_DORMANT, status);
	read_line(fd, line, sizeof(line));
	object = json_tokener_parse(line);
	ck_assert_str_eq(get(object, "/event"), "mobility-path");
	ck_assert_str_eq(get(object, "/session/paths/1/uplink"), "wlan0");
	json_object_put(object);

	/* the daemon goes away */
	control->destroy(control);
	control = NULL;
	assert_line(fd, "mobilityctl: the daemon went away");
	assert_exit(pid, 3);
	close(fd);
}
END_TEST

START_TEST(test_watch_without_sessions)
{
	pid_t pid;
	int fd;

	pid = start_watch(NULL, &fd);
	assert_line(fd, "there are no sessions yet");
	control->destroy(control);
	control = NULL;
	assert_line(fd, "mobilityctl: the daemon went away");
	assert_exit(pid, 3);
	close(fd);
}
END_TEST

/**
 * Listen on the control socket instead of the daemon.
 */
static int listen_instead(void)
{
	struct sockaddr_un addr = {
		.sun_family = AF_UNIX,
	};
	int fd;

	control->destroy(control);
	control = NULL;
	strcpy(addr.sun_path, control_path());
	unlink(addr.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert(fd != -1);
	ck_assert(bind(fd, (struct sockaddr*)&addr, sizeof(addr)) == 0);
	ck_assert(listen(fd, 8) == 0);
	return fd;
}

/**
 * Receive a request, and answer it with a type of message without content.
 */
static void answer(int fd, u_char operation)
{
	u_char buf[256], header[] = { 0, 0, 0, 1, operation };

	ck_assert(recv(fd, buf, 4, MSG_WAITALL) == 4);
	ck_assert_uint_lt(buf[3], sizeof(buf));
	ck_assert(recv(fd, buf, buf[3], MSG_WAITALL) > 0);
	ck_assert(send(fd, header, sizeof(header), MSG_NOSIGNAL) ==
			  sizeof(header));
}

START_TEST(test_closed)
{
	int fd, client;
	pid_t pid;

	fd = listen_instead();
	pid = fork();
	if (pid == 0)
	{
		while (TRUE)
		{
			client = accept(fd, NULL, NULL);
			if (_i)
			{
				ignore_result(recv(client, &(char){ 0 }, 1, 0));
			}
			close(client);
		}
	}
	close(fd);
	assert_run("status", 3, "closed the connection");
	assert_run("paths", 3, "closed the connection");
	assert_run("history", 3, "closed the connection");
	assert_run("switch home eth0", 3, "closed the connection");
	assert_run("watch", 3, "closed the connection");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(test_full)
{
	add_sessions();
	assert_run("status > /dev/full", 1, "mobilityctl: writing the output "
			   "failed");
}
END_TEST

START_TEST(test_bad_conf)
{
	write_conf("charon {\n");
	assert_run("status", 1, "reading strongswan.conf failed");
}
END_TEST

START_TEST(test_watch_closed)
{
	int fd, out, client, i;
	pid_t pid;

	fd = listen_instead();
	pid = start_watch(NULL, &out);
	client = accept(fd, NULL, NULL);
	for (i = 0; i < 4; i++)
	{
		answer(client, 5);
	}
	answer(client, 1);
	assert_line(out, "there are no sessions yet");
	/* others could still connect */
	close(client);
	assert_line(out, "mobilityctl: the daemon went away");
	assert_exit(pid, 3);
	close(out);
	close(fd);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("mobilityctl");
	TCase *tc;

	tc = tcase_create("commands");
	tcase_add_checked_fixture(tc, setup, control_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_usage, 0, countof(usage));
	tcase_add_loop_test(tc, test_help, 0, countof(help));
	tcase_add_loop_test(tc, test_socket, 0, countof(sockets));
	tcase_add_test(tc, test_status);
	tcase_add_test(tc, test_selection);
	tcase_add_test(tc, test_metrics);
	tcase_add_test(tc, test_maintenance);
	tcase_add_test(tc, test_paths);
	tcase_add_test(tc, test_explain);
	tcase_add_loop_test(tc, test_complete, 0, countof(completions));
	tcase_add_loop_test(tc, test_shells, 0, countof(shells));
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_switch);
	tcase_add_test(tc, test_interface);
	tcase_add_test(tc, test_history);
	tcase_add_loop_test(tc, test_closed, 0, 2);
	tcase_add_test(tc, test_full);
	tcase_add_test(tc, test_bad_conf);
	suite_add_tcase(s, tc);

	tc = tcase_create("report");
	tcase_add_checked_fixture(tc, setup, control_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_report);
	tcase_add_test(tc, test_plot);
	suite_add_tcase(s, tc);

	tc = tcase_create("watch");
	tcase_add_checked_fixture(tc, setup, control_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_watch, 0, 2);
	tcase_add_test(tc, test_watch_json);
	tcase_add_test(tc, test_watch_without_sessions);
	tcase_add_test(tc, test_watch_closed);
	suite_add_tcase(s, tc);

	return s;
}
