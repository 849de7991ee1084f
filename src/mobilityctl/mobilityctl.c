/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <getopt.h>
#include <stdio.h>

#include "ctl_daemon.h"
#include "mobilityctl.h"
#include "mobility_settings.h"
#include "mobility_values.h"

#include <utils/debug.h>

/**
 * Options that have no letter.
 */
enum {
	OPT_COST = 256,
	OPT_AVOID,
	OPT_PREFER,
	OPT_RESET,
};

static const command_t commands[] = {
	{ "status", "[CONNECTION]", 0, 1,
		"show the sessions and why they are where they are", status_run },
	{ "paths", "[CONNECTION]", 0, 1,
		"show the paths that sessions could use", paths_run },
	{ "watch", "", 0, 0,
		"follow state changes and moves until interrupted", watch_run },
	{ "switch", "CONNECTION UPLINK", 2, 2,
		"move a session to another network interface now", switch_run },
	{ "interface", "[UPLINK]", 0, 1,
		"show how network interfaces rank, or change that", interface_run },
	{ "history", "[CONNECTION]", 0, 1,
		"show the last state changes and moves", history_run },
	{ "check", "", 0, 0,
		"look for what breaks roaming on this host", check_run },
};

/**
 * Print how to call a command.
 */
static void print_usage(FILE *out, const command_t *command)
{
	fprintf(out, "usage: mobilityctl %s [OPTIONS]%s%s\n", command->name,
			*command->args ? " " : "", command->args);
}

/**
 * Print the help.
 */
static void print_help(const command_t *command)
{
	int i;

	if (command)
	{
		print_usage(stdout, command);
		printf("\n%c%s\n", command->summary[0] - 'a' + 'A',
			   command->summary + 1);
	}
	else
	{
		printf("usage: mobilityctl COMMAND [OPTIONS] [ARGUMENTS]\n\n"
			   "Commands:\n");
		for (i = 0; i < countof(commands); i++)
		{
			printf("  %-9s %-18s %s\n", commands[i].name, commands[i].args,
				   commands[i].summary);
		}
	}
	printf("\nOptions:\n"
		   "  -j, --json     write JSON, for programs\n"
		   "  -v, --verbose  write all that is known\n"
		   "  -u, --uri URI  control socket, default is mobilityctl.socket in\n"
		   "                 strongswan.conf, or %s\n"
		   "  -h, --help     show this help\n"
		   "  -V, --version  show the version\n"
		   "\nWhat interface changes, until the daemon ends:\n"
		   "  --cost N       set the cost of UPLINK\n"
		   "  --avoid        use UPLINK only when nothing else works\n"
		   "  --prefer       prefer UPLINK to all others\n"
		   "  --reset        as configured again\n"
		   "\nmobilityctl(8) explains it all, exit codes included.\n",
		   MOBILITY_DEFAULT_URI);
}

/**
 * Find a command by its name.
 */
static const command_t *find_command(const char *name)
{
	const char *names[countof(commands)], *nearest;
	int i;

	for (i = 0; i < countof(commands); i++)
	{
		if (streq(commands[i].name, name))
		{
			return &commands[i];
		}
		names[i] = commands[i].name;
	}
	nearest = mobility_nearest(name, names, countof(names));
	ctl_fail(EXIT_USAGE, "there is no command '%s'; %s%s%s", name,
			 nearest ? "did you mean '" : "mobilityctl --help lists them all",
			 nearest ?: "", nearest ? "'?" : "");
	return NULL;
}

/**
 * Run a command with libstrongswan up.
 */
static exit_code_t run(mobilityctl_t *this, const command_t *command,
					   char *argv[])
{
	exit_code_t code;

	dbg_default_set_level(LEVEL_SILENT);
	if (!library_init(NULL, "mobilityctl"))
	{
		library_deinit();
		return ctl_fail(EXIT_ERROR, "reading strongswan.conf failed, it has an "
						"error that swanctl will tell about");
	}
	if (!this->uri)
	{
		this->uri = lib->settings->get_str(lib->settings, "%s.socket",
										   MOBILITY_DEFAULT_URI, lib->ns);
	}
	code = command->run(this, argv);
	ctl_daemon_deinit();
	library_deinit();
	if (fflush(stdout) != 0 || ferror(stdout))
	{
		return ctl_fail(EXIT_ERROR, "writing the output failed");
	}
	return code;
}

/**
 * Check the arguments of a command and run it.
 */
static exit_code_t dispatch(mobilityctl_t *this, bool help, int argc,
							char *argv[])
{
	const command_t *command = NULL;

	if (argc)
	{
		command = find_command(argv[0]);
		if (!command)
		{
			return EXIT_USAGE;
		}
	}
	if (help)
	{
		print_help(command);
		return EXIT_OK;
	}
	if (!command)
	{
		return ctl_fail(EXIT_USAGE, "a command is missing; mobilityctl --help "
						"lists them all");
	}
	if (argc - 1 < command->min || argc - 1 > command->max)
	{
		if (argc - 1 < command->min)
		{
			ctl_fail(EXIT_USAGE, "%s needs %s", command->name, command->args);
		}
		else
		{
			ctl_fail(EXIT_USAGE, "%s does not take '%s'", command->name,
					 argv[1 + command->max]);
		}
		print_usage(stderr, command);
		return EXIT_USAGE;
	}
	if (this->action && command->run != interface_run)
	{
		return ctl_fail(EXIT_USAGE, "%s does not take --%s, only interface "
						"does", command->name, this->action);
	}
	return run(this, command, argv + 1);
}

/**
 * Note what to do with an interface.
 */
static bool set_action(mobilityctl_t *this, const char *action)
{
	if (this->action)
	{
		ctl_fail(EXIT_USAGE, "there can be one of --cost, --avoid, --prefer and "
				 "--reset only");
		return FALSE;
	}
	this->action = action;
	return TRUE;
}

int main(int argc, char *argv[])
{
	static const char *actions[] = {
		[OPT_COST - OPT_COST] = "cost",
		[OPT_AVOID - OPT_COST] = "avoid",
		[OPT_PREFER - OPT_COST] = "prefer",
		[OPT_RESET - OPT_COST] = "reset",
	};
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "uri", required_argument, NULL, 'u' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ "cost", required_argument, NULL, OPT_COST },
		{ "avoid", no_argument, NULL, OPT_AVOID },
		{ "prefer", no_argument, NULL, OPT_PREFER },
		{ "reset", no_argument, NULL, OPT_RESET },
		{ },
	};
	mobilityctl_t this = {};
	bool help = FALSE;
	char name[3];
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":jvu:hV", options, NULL)) != -1)
	{
		switch (opt)
		{
			case 'j':
				this.json = TRUE;
				break;
			case 'v':
				this.verbose = TRUE;
				break;
			case 'u':
				this.uri = optarg;
				break;
			case 'h':
				help = TRUE;
				break;
			case 'V':
				printf("mobilityctl %s\n", MOBILITY_VERSION);
				return EXIT_OK;
			case OPT_COST:
				this.cost = optarg;
				/* fall through */
			case OPT_AVOID:
			case OPT_PREFER:
			case OPT_RESET:
				if (!set_action(&this, actions[opt - OPT_COST]))
				{
					return EXIT_USAGE;
				}
				break;
			case ':':
				if (optopt == OPT_COST)
				{
					return ctl_fail(EXIT_USAGE, "--cost needs a number, such "
									"as --cost 100");
				}
				return ctl_fail(EXIT_USAGE, "%s needs a value, such as --uri "
								"%s", argv[optind - 1], MOBILITY_DEFAULT_URI);
			default:
				snprintf(name, sizeof(name), "-%c", optopt);
				return ctl_fail(EXIT_USAGE, "there is no option %s; "
								"mobilityctl --help lists them all",
								strpfx(argv[optind - 1], "--") ?
								argv[optind - 1] : name);
		}
	}
	return dispatch(&this, help, argc - optind, argv + optind);
}
