/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobilityctl mobilityctl
 * @{
 *
 * Tool to look at and control the mobility manager.
 */

#ifndef MOBILITYCTL_H_
#define MOBILITYCTL_H_

#include <getopt.h>

#include <json.h>

#include <library.h>

typedef struct mobilityctl_t mobilityctl_t;
typedef struct command_t command_t;
typedef enum exit_code_t exit_code_t;

/**
 * Exit codes, documented in the manual page for those who write scripts.
 */
enum exit_code_t {
	/** done, and all is well */
	EXIT_OK = 0,
	/** the daemon refused, or something failed */
	EXIT_ERROR = 1,
	/** called in a wrong way */
	EXIT_USAGE = 2,
	/** the daemon can't be reached, or went away */
	EXIT_UNREACHABLE = 3,
	/** there is no such session */
	EXIT_NOTHING = 4,
	/** status: a session is not connected, check: something is wrong */
	EXIT_PROBLEM = 5,
};

/**
 * Which sessions are meant, as written; NULL for any.
 */
typedef struct {
	/** name of the connection */
	const char *connection;
	/** pattern for an address or identity of the peer */
	const char *peer;
	/** end */
	const char *role;
	/** states */
	const char *state;
} ctl_filter_t;

/**
 * What all commands get.
 */
struct mobilityctl_t {
	/** URI of the control socket */
	char *uri;
	/** write JSON instead of text for people */
	bool json;
	/** write all that is known */
	bool verbose;
	/** which sessions are meant */
	ctl_filter_t filter;
	/** status: only count the sessions */
	bool summary;
	/** status: show them again and again */
	bool watch;
	/** report: tell who people are */
	bool identities;
	/** terminate: for how long a session must have been dormant */
	const char *dormant;
	/** interface: what to do with it, NULL to show it */
	const char *action;
	/** interface: new cost, NULL unless action is cost */
	const char *cost;
};

/**
 * A command.
 */
struct command_t {
	/** name */
	const char *name;
	/** names of the arguments */
	const char *args;
	/** number of arguments it needs, and takes */
	int min, max;
	/** letters or numbers of the options that only some take, and 0 */
	const int *options;
	/** what it does, in a line */
	const char *summary;
	/** run it */
	exit_code_t (*run)(mobilityctl_t *this, char *argv[]);
};

/** commands, argv has the arguments and a NULL */
exit_code_t status_run(mobilityctl_t *this, char *argv[]);
exit_code_t top_run(mobilityctl_t *this, char *argv[]);
exit_code_t paths_run(mobilityctl_t *this, char *argv[]);
exit_code_t explain_run(mobilityctl_t *this, char *argv[]);
exit_code_t watch_run(mobilityctl_t *this, char *argv[]);
exit_code_t switch_run(mobilityctl_t *this, char *argv[]);
exit_code_t interface_run(mobilityctl_t *this, char *argv[]);
exit_code_t history_run(mobilityctl_t *this, char *argv[]);
exit_code_t metrics_run(mobilityctl_t *this, char *argv[]);
exit_code_t terminate_run(mobilityctl_t *this, char *argv[]);
exit_code_t redirect_run(mobilityctl_t *this, char *argv[]);
exit_code_t complete_run(mobilityctl_t *this, char *argv[]);
exit_code_t plot_run(mobilityctl_t *this, char *argv[]);
exit_code_t report_run(mobilityctl_t *this, char *argv[]);
exit_code_t check_run(mobilityctl_t *this, char *argv[]);

/**
 * Get one of the commands.
 *
 * @param number		number, from 0
 * @return				command, NULL if there are no more
 */
const command_t *ctl_get_command(int number);

/**
 * Get one of the options of all commands.
 *
 * @param number		number, from 0
 * @return				option, NULL if there are no more
 */
const struct option *ctl_get_option(int number);

/**
 * Check if a command takes an option.
 *
 * @param command		command, NULL for any
 * @param option		option
 * @return				TRUE if it does
 */
bool ctl_takes(const command_t *command, const struct option *option);

/**
 * Report an error on stderr.
 *
 * @param code			exit code
 * @param fmt			what is wrong, and what to do about it
 * @return				code
 */
exit_code_t ctl_fail(exit_code_t code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /** MOBILITYCTL_H_ @}*/
