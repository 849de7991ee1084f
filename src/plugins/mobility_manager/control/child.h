/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_child mobility_child
 * @{ @ingroup mobility_manager
 *
 * A program that runs in the background, its output goes to the log.
 *
 * libstrongswan's process_t starts one, and waits for it for as long as it
 * takes.  It does not tell the process ID, so nobody could end a program that
 * runs for too long, nor notice its end before that of what it has left behind
 * with the same output; and makes no group of it, resets no signals, and gives
 * it charon's input.
 */

#ifndef MOBILITY_CHILD_H_
#define MOBILITY_CHILD_H_

#include <poll.h>

#include <library.h>

typedef struct mobility_child_t mobility_child_t;

/** file descriptors a child may want to be polled for */
#define MOBILITY_CHILD_FDS 2

/**
 * A child process.  Not thread-safe.
 */
struct mobility_child_t {

	/**
	 * Get the file descriptors to poll for.
	 *
	 * @param pfd		gets filled in
	 * @param timeout	gets reduced to when handle() has to be called at the
	 *					latest, in ms, -1 for never
	 * @return			number of file descriptors
	 */
	int (*get_fds)(mobility_child_t *this,
				   struct pollfd pfd[MOBILITY_CHILD_FDS], int *timeout);

	/**
	 * Log output, note that it ended, end it if it runs for too long.  Does
	 * not block.
	 *
	 * @return			FALSE if it ended
	 */
	bool (*handle)(mobility_child_t *this);

	/**
	 * Ask it, and what it started, to end.
	 */
	void (*terminate)(mobility_child_t *this);

	/**
	 * Force it to end, with what it started, if it still runs, and destroy.
	 */
	void (*destroy)(mobility_child_t *this);
};

/**
 * Start a program without arguments, and no shell.
 *
 * @param path			path of the program
 * @param envp			environment, terminated by NULL
 * @param timeout		seconds it may run
 * @return				child, NULL if it can't be started (logged)
 */
mobility_child_t *mobility_child_create(const char *path, char *const envp[],
										u_int timeout);

#endif /** MOBILITY_CHILD_H_ @}*/
