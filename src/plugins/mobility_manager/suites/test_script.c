/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "mobility_suite.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "control/script.h"

static char script_path[64], out_path[64], go_path[64];
static mobility_settings_t *settings;
static mobility_script_t *script;
static mobility_status_t status;

static void setup(void)
{
	const char *dir;

	mobility_suite_setup();
	dir = mobility_suite_dir();
	snprintf(script_path, sizeof(script_path), "%s/script", dir);
	snprintf(out_path, sizeof(out_path), "%s/out", dir);
	snprintf(go_path, sizeof(go_path), "%s/go", dir);
	ck_assert(mkfifo(go_path, 0600) == 0);
	status = (mobility_status_t){
		.connection = "home",
		.session = 1,
		.ike_id = 5,
		.mobile = TRUE,
		.state = MOBILITY_CONNECTED,
		.since = 1234567890,
		.cause = "wlan0: $(reboot); `x` \"y\" 'z'",
		.uplink = "wlan0",
		.local = host_create_from_string("192.168.0.100", 4500),
		.remote = host_create_from_string("2001:db8::1", 4500),
		.nat_local = TRUE,
		.cost = 600,
		.outage_time = 1800,
		.outage_left = 1700,
		.moves = 2,
		.last_move = {
			.time = 1234567890,
			.trigger = "eth0: no carrier",
			.duration = 21,
			.from = "eth0",
			.to = "wlan0",
		},
	};
}

/**
 * Check that no child process is left, not even a dead one.
 */
static void assert_no_children(void)
{
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}

static void teardown(void)
{
	script->destroy(script);
	settings->destroy(settings);
	status.local->destroy(status.local);
	status.remote->destroy(status.remote);
	assert_no_children();
	mobility_suite_teardown();
}

/**
 * Write a script, $OUT is where it may write to, and from $GO it may read what
 * the test lets go on.
 */
static void write_script(const char *text)
{
	FILE *file;

	file = fopen(script_path, "w");
	ck_assert(file);
	fprintf(file, "#!/bin/sh\nOUT=%s\nGO=%s\n%s\n", out_path, go_path, text);
	fclose(file);
	chmod(script_path, 0700);
}

/**
 * Let scripts that wait go on, a line for each.
 */
static void let_go(int count)
{
	int fd;

	/* never closed before all of it was read, as it is open for reading */
	fd = open(go_path, O_RDWR | O_CLOEXEC);
	ck_assert(fd != -1);
	while (count--)
	{
		ck_assert(write(fd, "x\n", 2) == 2);
	}
}

/**
 * Install a script.
 */
static void install(const char *text, u_int timeout)
{
	write_script(text);
	lib->settings->set_str(lib->settings,
						   "charon.plugins.mobility-manager.script",
						   script_path);
	settings = mobility_settings_create();
	script = mobility_script_create(settings, timeout);
}

/**
 * Raise an event.
 */
static void raise_event(enum mobility_event_kind_t kind, mobility_state_t old)
{
	script->observer.event(&script->observer, kind, old, &status, NULL);
}

/**
 * Read what scripts wrote.
 */
static const char *read_out(void)
{
	static char buf[16384];
	size_t len = 0;
	FILE *file;

	file = fopen(out_path, "r");
	if (file)
	{
		len = fread(buf, 1, sizeof(buf) - 1, file);
		fclose(file);
	}
	buf[len] = '\0';
	return buf;
}

/**
 * Wait until scripts wrote a number of lines.
 */
static const char *wait_out(int lines)
{
	struct pollfd pfd = {
		.fd = inotify_init1(IN_CLOEXEC),
		.events = POLLIN,
	};
	const char *out, *pos;
	char buf[4096];
	int count;

	ck_assert(inotify_add_watch(pfd.fd, mobility_suite_dir(), IN_MODIFY | IN_MOVED_TO) != -1);
	while (TRUE)
	{
		out = read_out();
		for (pos = out, count = 0; (pos = strchr(pos, '\n')); pos++)
		{
			count++;
		}
		if (count >= lines)
		{
			break;
		}
		ck_assert_msg(poll(&pfd, 1, 30000) == 1, "only %d lines of %d: %s",
					  count, lines, out);
		ck_assert(read(pfd.fd, buf, sizeof(buf)) > 0);
	}
	close(pfd.fd);
	return out;
}

START_TEST(test_state)
{
	install("env | grep -v -e ^_= -e ^PWD= -e SHLVL | LC_ALL=C sort > $OUT.new;"
			"mv $OUT.new $OUT", 10);
	status.state = MOBILITY_DORMANT;
	raise_event(MOBILITY_EVENT_STATE, MOBILITY_CONNECTED);
	ck_assert_str_eq(wait_out(19),
		"MOBILITY_CAUSE=wlan0: $(reboot); `x` \"y\" 'z'\n"
		"MOBILITY_CONNECTION=home\n"
		"MOBILITY_COST=600\n"
		"MOBILITY_EVENT=state\n"
		"MOBILITY_LOCAL=192.168.0.100\n"
		"MOBILITY_MOVES=2\n"
		"MOBILITY_NAT_LOCAL=yes\n"
		"MOBILITY_NAT_REMOTE=no\n"
		"MOBILITY_OLD_STATE=connected\n"
		"MOBILITY_OUTAGE_LEFT=1700\n"
		"MOBILITY_OUTAGE_TIME=1800\n"
		"MOBILITY_REMOTE=2001:db8::1\n"
		"MOBILITY_ROLE=mobile\n"
		"MOBILITY_SESSION=1\n"
		"MOBILITY_SINCE=1234567890\n"
		"MOBILITY_STATE=dormant\n"
		"MOBILITY_UNIQUE_ID=5\n"
		"MOBILITY_UPLINK=wlan0\n"
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
}
END_TEST

START_TEST(test_move)
{
	install("echo \"$MOBILITY_EVENT $MOBILITY_FROM $MOBILITY_TO "
			"$MOBILITY_DURATION_MS $MOBILITY_TRIGGER$MOBILITY_OLD_STATE"
			"$MOBILITY_OUTAGE_LEFT\" > $OUT", 10);
	/* that is no reason to run it */
	raise_event(MOBILITY_EVENT_PATH, MOBILITY_CONNECTED);
	raise_event(MOBILITY_EVENT_MOVE, MOBILITY_CONNECTED);
	ck_assert_str_eq(wait_out(1), "move eth0 wlan0 21 eth0: no carrier\n");
}
END_TEST

/**
 * Write a program that the example script finds instead of the real one.
 */
static void write_fake(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "/%s", name);
	mobility_suite_write(path, text);
	snprintf(path, sizeof(path), "%s/%s", mobility_suite_dir(), name);
	ck_assert_int_eq(chmod(path, 0700), 0);
}

START_TEST(test_notify_desktop)
{
	static struct {
		enum mobility_event_kind_t kind;
		mobility_state_t state;
		const char *told;
	} events[] = {
		{ MOBILITY_EVENT_STATE, MOBILITY_WAITING },
		{ MOBILITY_EVENT_STATE, MOBILITY_DORMANT,
			"home: waits for a network: $(reboot)" },
		{ MOBILITY_EVENT_STATE, MOBILITY_CONNECTED },
		{ MOBILITY_EVENT_MOVE, MOBILITY_CONNECTED, "home: now uses wlan0" },
		{ MOBILITY_EVENT_STATE, MOBILITY_FAILED,
			"home: was given up: $(reboot)" },
	};
	char expected[1024] = "", text[PATH_MAX];
	int i, lines = 0;

	/* alice has a desktop, root has none */
	write_fake("loginctl", "#!/bin/sh\necho 1000 alice\necho 0 root yes\n");
	write_fake("runuser", "#!/bin/sh\nshift 3\nexec \"$@\"\n");
	write_fake("notify-send", "#!/bin/sh\n"
			   "[ ${DBUS_SESSION_BUS_ADDRESS#*/user/} = 1000/bus ] || exit 1\n"
			   "while [ $1 != -- ]; do shift; done\n"
			   "echo \"$2: $3\" >> $OUT\n");
	snprintf(text, sizeof(text), "export OUT PATH=${OUT%%/out}:$PATH\n"
			 "'%s/../../../conf/scripts/notify-desktop'\n"
			 "echo . >> $OUT", getenv("MOBILITY_SRCDIR"));
	install(text, 10);
	strcpy(status.cause, "$(reboot)");
	for (i = 0; i < countof(events); i++)
	{
		status.state = events[i].state;
		raise_event(events[i].kind, MOBILITY_CONNECTED);
		if (events[i].told)
		{
			snprintf(expected + strlen(expected),
					 sizeof(expected) - strlen(expected), "%s\n",
					 events[i].told);
			lines++;
		}
		strcat(expected, ".\n");
	}
	ck_assert_str_eq(wait_out(lines + countof(events)), expected);
}
END_TEST

START_TEST(test_order)
{
	const char *out;
	int i;

	install("n=$MOBILITY_MOVES; echo begin $n >> $OUT;"
			"test $n != 0 || read x < $GO; echo end $n >> $OUT", 60);
	for (i = 0; i < 10; i++)
	{
		status.moves = i;
		raise_event(MOBILITY_EVENT_MOVE, MOBILITY_CONNECTED);
	}
	/* all others wait for the first one */
	wait_out(1);
	let_go(1);
	out = wait_out(20);
	for (i = 0; i < 10; i++)
	{
		char expected[64];
		int len;

		len = snprintf(expected, sizeof(expected), "begin %d\nend %d\n", i, i);
		ck_assert_msg(strpfx(out, expected), "%s", read_out());
		out += len;
	}
}
END_TEST

START_TEST(test_side_by_side)
{
	install("echo $MOBILITY_SESSION >> $OUT; read x < $GO", 60);
	/* each of them runs until all do */
	for (status.session = 1; status.session <= 3; status.session++)
	{
		raise_event(MOBILITY_EVENT_STATE, MOBILITY_CONNECTED);
	}
	wait_out(3);
	let_go(3);
}
END_TEST

START_TEST(test_does_not_block)
{
	int i;

	install("read x < $GO", 60);
	mobility_suite_log_start();
	for (i = 0; i < 1000; i++)
	{
		raise_event(MOBILITY_EVENT_STATE, MOBILITY_CONNECTED);
	}
	ck_assert(strstr(mobility_suite_log(), "is too slow for what happens, not "
					 "running it for the oldest event of session 1"));
	/* and destroying it neither waits for it, nor leaves it behind */
	script->destroy(script);
	assert_no_children();
	script = mobility_script_create(settings, 60);
}
END_TEST

START_TEST(test_timeout)
{
	install("trap '' TERM; echo started > $OUT; while :; do sleep 1; done", 1);
	mobility_suite_log_start();
	raise_event(MOBILITY_EVENT_STATE, MOBILITY_CONNECTED);
	wait_out(1);
	mobility_suite_log_wait("/script: runs for too long, ending it");
	mobility_suite_log_wait("/script: killed by signal 9");
}
END_TEST

START_TEST(test_output)
{
	install("echo one; printf 'two\\001' >&2; printf '\\nthree'; exit 3", 10);
	mobility_suite_log_start();
	raise_event(MOBILITY_EVENT_STATE, MOBILITY_CONNECTED);
	mobility_suite_log_wait("/script: one\n");
	mobility_suite_log_wait("/script: two?\n");
	mobility_suite_log_wait("/script: failed with status 3\n");
	mobility_suite_log_wait("/script: three\n");
}
END_TEST

START_TEST(test_much_output)
{
	install("yes 0123456789 | head -n 100000; echo x > $OUT", 20);
	mobility_suite_log_start();
	raise_event(MOBILITY_EVENT_STATE, MOBILITY_CONNECTED);
	wait_out(1);
	mobility_suite_log_wait("(more is not logged)");
	ck_assert(strlen(mobility_suite_log()) < 50 * 100);
}
END_TEST

START_TEST(test_background)
{
	install("sleep 1000 & echo $! > $OUT", 5);
	/* what it leaves in the background keeps nobody waiting */
	raise_event(MOBILITY_EVENT_STATE, MOBILITY_CONNECTED);
	kill(atoi(wait_out(1)), SIGKILL);
	unlink(out_path);
	raise_event(MOBILITY_EVENT_STATE, MOBILITY_CONNECTED);
	kill(atoi(wait_out(1)), SIGKILL);
}
END_TEST

START_TEST(test_clean_start)
{
	sigset_t all;
	int fds[2];

	/* charon blocks signals and ignores SIGPIPE, and has many files open */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	signal(SIGPIPE, SIG_IGN);
	ck_assert(pipe(fds) == 0);
	install("grep -E 'Sig(Blk|Ign)' /proc/self/status | "
			"grep -cE '0000000[01][08]0000000' > $OUT.new;"
			"ls /proc/self/fd | wc -l >> $OUT.new;"
			"readlink /proc/self/fd/0 >> $OUT.new; mv $OUT.new $OUT", 10);
	raise_event(MOBILITY_EVENT_STATE, MOBILITY_CONNECTED);
	/* the library itself lets the two signals be ignored that are its own;
	 * files are 0, 1, 2 and the directory */
	ck_assert_str_eq(wait_out(3), "2\n4\n/dev/null\n");
	close(fds[0]);
	close(fds[1]);
}
END_TEST

START_TEST(test_gone)
{
	install("echo $MOBILITY_MOVES >> $OUT", 10);
	mobility_suite_log_start();
	/* it was there when the settings were read */
	unlink(script_path);
	raise_event(MOBILITY_EVENT_STATE, MOBILITY_CONNECTED);
	mobility_suite_log_wait("/script: starting it failed: No such file or directory\n");

	/* and is no longer configured after a reload */
	settings->reload(settings);
	mobility_suite_log_start();
	raise_event(MOBILITY_EVENT_STATE, MOBILITY_CONNECTED);

	/* but then again, and only for what happens then */
	write_script("echo $MOBILITY_MOVES >> $OUT");
	settings->reload(settings);
	status.moves++;
	raise_event(MOBILITY_EVENT_STATE, MOBILITY_CONNECTED);
	ck_assert_str_eq(wait_out(1), "3\n");
	ck_assert_str_eq(mobility_suite_log(), "");
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("script");
	TCase *tc;

	tc = tcase_create("script");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, test_state);
	tcase_add_test(tc, test_move);
	tcase_add_test(tc, test_notify_desktop);
	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_side_by_side);
	tcase_add_test(tc, test_does_not_block);
	tcase_add_test(tc, test_timeout);
	tcase_add_test(tc, test_output);
	tcase_add_test(tc, test_much_output);
	tcase_add_test(tc, test_background);
	tcase_add_test(tc, test_clean_start);
	tcase_add_test(tc, test_gone);
	suite_add_tcase(s, tc);

	return s;
}
