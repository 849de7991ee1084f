/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "ctl_screen.h"

/** another screen than the one with the shell, without cursor; and back */
#define ENTER "\e[?1049h\e[?25l"
#define LEAVE "\e[?25h\e[?1049l"

/** back to the first position, and nothing behind it */
#define CLEAR "\e[H\e[2J"

/**
 * How the terminal was.
 */
static struct termios before;

/**
 * It is not as it was.
 */
static volatile sig_atomic_t entered;

/**
 * Check if there is a terminal that knows escape sequences.
 */
static bool is_terminal()
{
	char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && *term && !streq(term, "dumb");
}

/*
 * Described in header.
 */
const char *ctl_colour(ctl_colour_t colour)
{
	static const char *sequences[] = {
		[CTL_PLAIN] = "\e[0m",
		[CTL_GREEN] = "\e[32m",
		[CTL_YELLOW] = "\e[33m",
		[CTL_RED] = "\e[1;31m",
	};
	char *unwanted = getenv("NO_COLOR");

	return (unwanted && *unwanted) || !is_terminal() ? "" : sequences[colour];
}

/*
 * Described in header.
 */
void ctl_screen_size(int *columns, int *rows)
{
	struct winsize size;

	*columns = *rows = 0;
	if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
	{
		*columns = size.ws_col ?: 80;
		*rows = entered ? size.ws_row ?: 24 : 0;
	}
}

/*
 * Described in header.
 */
void ctl_screen_leave()
{
	if (entered)
	{
		entered = FALSE;
		ignore_result(write(STDOUT_FILENO, LEAVE, strlen(LEAVE)));
		tcsetattr(STDIN_FILENO, TCSANOW, &before);
	}
}

/**
 * Somebody ends the program, which may be waiting for a daemon.
 */
static void on_end(int signal)
{
	ctl_screen_leave();
	_exit(EXIT_OK);
}

/**
 * Does nothing, but has ppoll() return.
 */
static void on_resize(int signal)
{
}

/**
 * Get the signals that end the program.
 */
static void get_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGHUP);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGTERM);
}

/*
 * Described in header.
 */
bool ctl_screen_prepare()
{
	struct sigaction end = {
		.sa_handler = on_end,
	}, resize = {
		.sa_handler = on_resize,
	};
	sigset_t signals;

	if (!is_terminal() || tcgetattr(STDIN_FILENO, &before) != 0)
	{
		ctl_fail(EXIT_USAGE, "there is no terminal to draw on; mobilityctl "
				 "watch needs none");
		return FALSE;
	}
	sigaction(SIGHUP, &end, NULL);
	sigaction(SIGINT, &end, NULL);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGWINCH, &resize, NULL);
	/* threads that are created from now on get none of them */
	get_signals(&signals);
	sigaddset(&signals, SIGWINCH);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	return TRUE;
}

/**
 * Change the terminal, and let this thread get the signals.
 */
static void enter()
{
	static char buf[64 * 1024];
	struct termios raw = before;
	sigset_t signals;

	raw.c_lflag &= ~(ICANON | ECHO);
	/* it would stop with the terminal as it is */
	raw.c_cc[VSUSP] = raw.c_cc[VQUIT] = _POSIX_VDISABLE;
	/* all that is drawn is written at once, so that nothing flickers */
	setvbuf(stdout, buf, _IOFBF, sizeof(buf));
	entered = TRUE;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	printf(ENTER);
	get_signals(&signals);
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
}

/**
 * Wait for a second, or until there is something to do.  Returns FALSE if the user
 * quits.
 */
static bool wait_for_user()
{
	struct timespec second = {
		.tv_sec = 1,
	};
	struct pollfd pfd = {
		.fd = STDIN_FILENO,
		.events = POLLIN,
	};
	sigset_t signals;
	char key;

	pthread_sigmask(SIG_BLOCK, NULL, &signals);
	sigdelset(&signals, SIGWINCH);
	if (ppoll(&pfd, 1, &second, &signals) == 1)
	{
		return read(STDIN_FILENO, &key, 1) == 1 && key != 'q' && key != 'Q';
	}
	return TRUE;
}

/*
 * Described in header.
 */
exit_code_t ctl_screen_run(ctl_screen_draw_t draw, void *user)
{
	exit_code_t code;

	enter();
	do
	{
		printf(CLEAR);
		code = draw(user);
		fflush(stdout);
	}
	while (code == EXIT_OK && wait_for_user());
	ctl_screen_leave();
	return code;
}
