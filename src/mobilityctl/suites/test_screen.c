/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* The program on a terminal, which is one of tmux. */

#define _GNU_SOURCE
#include "suites/control_fixture.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

/** how long to wait for what is to be seen, in ms */
#define PATIENCE 20000

/**
 * Run a command of tmux, and get what it prints.
 */
static char *tmux(const char *fmt, ...)
{
	static char out[16384];
	char args[512], *command;
	va_list list;
	size_t len;
	FILE *pipe;

	va_start(list, fmt);
	vsnprintf(args, sizeof(args), fmt, list);
	va_end(list);
	ck_assert(asprintf(&command, "tmux -S %s/tmux -f /dev/null %s",
					   mobility_suite_dir(), args) > 0);
	pipe = popen(command, "r");
	ck_assert(pipe);
	len = fread(out, 1, sizeof(out) - 1, pipe);
	out[len] = '\0';
	ck_assert_msg(pclose(pipe) == 0, "%s failed", command);
	free(command);
	return out;
}

/**
 * Wait until the terminal shows a text, and get all that it shows.
 */
static char *wait_for(const char *text)
{
	char *shown;
	int i;

	for (i = 0; i < PATIENCE / 20; i++)
	{
		shown = tmux("capture-pane -p -e");
		if (strstr(shown, text))
		{
			return shown;
		}
		/* it tells nobody that there is something new */
		usleep(20 * 1000);
	}
	ck_abort_msg("no '%s' in: %s", text, shown);
	return NULL;
}

/**
 * Type a line.
 */
#define type(fmt, ...) tmux("send-keys \"" fmt "\" Enter", ##__VA_ARGS__)

static void setup(void)
{
	char conf[128];

	mobility_suite_setup();
	snprintf(conf, sizeof(conf), "mobilityctl { socket = %s }\n",
			 control_uri());
	mobility_suite_write("/strongswan.conf", conf);
	snprintf(conf, sizeof(conf), "%s/strongswan.conf", mobility_suite_dir());
	setenv("STRONGSWAN_CONF", conf, 1);
	setenv("TZ", "UTC", 1);
	unsetenv("NO_COLOR");
	unsetenv("TMUX");
	/* there must be no threads that may read the environment before */
	control_setup("");
	tmux("new-session -d -x 80 -y 12 'PS1=\"> \" exec sh'");
	wait_for(">");
	type("alias ctl=%s; clear; stty -g > %s/before",
		 getenv("MOBILITYCTL") ?: "./mobilityctl", mobility_suite_dir());
}

static void teardown(void)
{
	tmux("kill-server");
	control_teardown();
}

/**
 * Check that the terminal is as it was before something was drawn.
 */
static void assert_restored(void)
{
	type("stty -g | cmp - %s/before && echo the same", mobility_suite_dir());
	wait_for("\nthe same\n");
	ck_assert_str_eq(tmux("display-message -p '#{cursor_flag} "
						  "#{alternate_on}'"), "1 0\n");
}

/**
 * Keys that quit
 */
static char *keys[] = { "q", "C-c" };

START_TEST(test_top)
{
	mobility_status_t *home, *office;
	char *shown, *line;

	home = mock->add(mock, "home");
	office = mock->add(mock, "office");
	mock->lock(mock);
	home->since = time(NULL) - 3 * 60 * 60;
	office->state = MOBILITY_DORMANT;
	office->outage_left = 1788;
	strcpy(office->cause, "eth0: no carrier, and so long a reason that it does "
		   "not fit into a line of a terminal");
	mock->unlock(mock);
	type("echo before; ctl top; echo left with \\$?");
	shown = wait_for("q quits");
	ck_assert(!strstr(shown, "before"));
	ck_assert(strstr(shown, "CONNECTION  STATE      FOR"));
	ck_assert(strstr(shown, "12 ms"));
	ck_assert(strstr(shown, "\n  eth0: no carrier, and so long"));
	/* each line is one, in 80 columns */
	ck_assert(strstr(shown, "into a line of a t\n"));
	/* counters go on: ten packets, of which two got lost */
	mock->lock(mock);
	home->packets.in += 8;
	home->packets.seq += 10;
	mock->unlock(mock);
	wait_for("  20%  ");
	/* and another state */
	mock->lock(mock);
	home->state = MOBILITY_WAITING;
	mock->unlock(mock);
	wait_for("waiting-to-reconnect");
	/* with less room there is less of it, at once */
	tmux("resize-window -x 60 -y 5");
	shown = wait_for("... and 1 more");
	ck_assert(!strstr(shown, "192.168.0.100"));
	tmux("resize-window -x 80 -y 12");
	wait_for("office");
	tmux("send-keys %s", keys[_i]);
	shown = wait_for("left with 0");
	line = strstr(shown, "before\n");
	ck_assert(line && strstr(line, "left with 0"));
	ck_assert(!strstr(shown, "q quits"));
	assert_restored();
}
END_TEST

START_TEST(test_status)
{
	mobility_status_t *home;
	char *shown;

	home = mock->add(mock, "home");
	type("ctl status --watch; echo left with \\$?");
	shown = wait_for("home");
	ck_assert(strstr(shown, "connected"));
	mock->lock(mock);
	home->state = MOBILITY_FAILED;
	mock->unlock(mock);
	shown = wait_for("failed");
	/* in place */
	ck_assert(!strstr(shown, "connected"));
	/* the daemon goes away, which is said where it can be read */
	control->destroy(control);
	control = NULL;
	wait_for("left with 3");
	wait_for("mobilityctl: the daemon at ");
	assert_restored();
}
END_TEST

/**
 * Environments, and whether there are to be colours
 */
static struct {
	char *env;
	bool colours;
} colours[] = {
	{ "TERM=xterm", TRUE },
	{ "NO_COLOR=1", FALSE },
	{ "NO_COLOR=", TRUE },
	{ "TERM=dumb", FALSE },
};

START_TEST(test_colours)
{
	mock->add(mock, "home");
	type("%s ctl status; echo shown", colours[_i].env);
	ck_assert_int_eq(strstr(wait_for("\nshown"), "\e[32mconnected") != NULL,
					 colours[_i].colours);
	/* never in what others read */
	type("clear; ctl status | cat -v; echo read");
	ck_assert(strstr(wait_for("\nread"), "home        connected"));
}
END_TEST

START_TEST(test_dumb)
{
	type("TERM=dumb ctl top; echo left with \\$?");
	wait_for("left with 2");
	wait_for("there is no terminal to draw on");
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("screen");
	TCase *tc;

	if (system("tmux -V > /dev/null 2>&1") != 0)
	{
		return s;
	}
	tc = tcase_create("tmux");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_top, 0, countof(keys));
	tcase_add_test(tc, test_status);
	tcase_add_loop_test(tc, test_colours, 0, countof(colours));
	tcase_add_test(tc, test_dumb);
	suite_add_tcase(s, tc);

	return s;
}
