/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <limits.h>
#include <stdio.h>

#include "abi.h"
#include "ctl_daemon.h"
#include "mobilityctl.h"
#include "settings/settings.h"
#include "settings/values.h"

#include <utils/debug.h>

/**
 * Options that have no letter.
 */
enum {
	OPT_COST = 256,
	OPT_AVOID,
	OPT_PREFER,
	OPT_RESET,
	OPT_CONNECTION,
	OPT_PEER,
	OPT_ROLE,
	OPT_STATE,
	OPT_SUMMARY,
	OPT_DORMANT,
	OPT_WATCH,
	OPT_IDENTITIES,
};

/**
 * An option, and what is said about it.
 */
static const struct {
	/** name, and letter or number if it has none */
	struct option option;
	/** how it is shown */
	const char *usage;
	/** what it does */
	const char *help;
	/** not all commands take it */
	bool special;
	/** of one that needs a value, what that could be */
	const char *example;
} descriptions[] = {
	{ { "json", no_argument, NULL, 'j' },
		"-j, --json", "write JSON, for programs" },
	{ { "verbose", no_argument, NULL, 'v' },
		"-v, --verbose", "write all that is known", TRUE },
	{ { "connection", required_argument, NULL, OPT_CONNECTION },
		"    --connection C", "only sessions of connection C", TRUE, "home" },
	{ { "peer", required_argument, NULL, OPT_PEER },
		"    --peer P", "only sessions whose peer is P, by address or "
		"identity", TRUE, "10.3.0.7" },
	{ { "role", required_argument, NULL, OPT_ROLE },
		"    --role R", "only sessions of this end: mobile or anchor", TRUE,
		"anchor" },
	{ { "state", required_argument, NULL, OPT_STATE },
		"    --state S", "only sessions in state S, or S,S", TRUE, "dormant" },
	{ { "summary", no_argument, NULL, OPT_SUMMARY },
		"    --summary", "only count the sessions", TRUE },
	{ { "watch", no_argument, NULL, OPT_WATCH },
		"    --watch", "show them again each second", TRUE },
	{ { "dormant", required_argument, NULL, OPT_DORMANT },
		"    --dormant TIME", "only sessions dormant for TIME or longer", TRUE,
		"10m" },
	{ { "with-identities", no_argument, NULL, OPT_IDENTITIES },
		"    --with-identities", "leave in who people are", TRUE },
	{ { "cost", required_argument, NULL, OPT_COST },
		"    --cost N", "set the cost of UPLINK", TRUE, "100" },
	{ { "avoid", no_argument, NULL, OPT_AVOID },
		"    --avoid", "use UPLINK only when nothing else works", TRUE },
	{ { "prefer", no_argument, NULL, OPT_PREFER },
		"    --prefer", "prefer UPLINK to all others", TRUE },
	{ { "reset", no_argument, NULL, OPT_RESET },
		"    --reset", "rank UPLINK as configured again", TRUE },
	{ { "uri", required_argument, NULL, 'u' },
		"-u, --uri URI", "control socket, default is what strongswan.conf "
		"says", FALSE, MOBILITY_DEFAULT_URI },
	{ { "help", no_argument, NULL, 'h' }, "-h, --help", "show this help" },
	{ { "version", no_argument, NULL, 'V' },
		"-V, --version", "show the version" },
};

/** which of them were given */
static bool given[countof(descriptions)];

static const int none[] = { 0 };
static const int status_options[] = {
	'v', OPT_CONNECTION, OPT_PEER, OPT_ROLE, OPT_STATE, OPT_SUMMARY, OPT_WATCH,
	0
};
static const int top_options[] = {
	OPT_CONNECTION, OPT_PEER, OPT_ROLE, OPT_STATE, 0
};
static const int terminate_options[] = {
	OPT_DORMANT, OPT_CONNECTION, OPT_PEER, 0
};
static const int redirect_options[] = {
	OPT_CONNECTION, OPT_PEER, OPT_STATE, 0
};
static const int report_options[] = { OPT_IDENTITIES, 0 };
static const int interface_options[] = {
	OPT_COST, OPT_AVOID, OPT_PREFER, OPT_RESET, 0
};

static const command_t commands[] = {
	{ "status", "[CONNECTION]", 0, 1, status_options,
		"show the sessions and why they are where they are", status_run },
	{ "top", "[CONNECTION]", 0, 1, top_options,
		"watch the sessions and their packets on the terminal", top_run },
	{ "paths", "[CONNECTION]", 0, 1, none,
		"show the paths that sessions could use", paths_run },
	{ "explain", "[CONNECTION]", 0, 1, none,
		"say why sessions are where they are, and what would move them",
		explain_run },
	{ "watch", "", 0, 0, none,
		"follow state changes and moves until interrupted", watch_run },
	{ "switch", "CONNECTION UPLINK", 2, 2, none,
		"move a session to another network interface now", switch_run },
	{ "interface", "[UPLINK]", 0, 1, interface_options,
		"show how network interfaces rank, or change that", interface_run },
	{ "history", "[CONNECTION]", 0, 1, none,
		"show the last state changes and moves", history_run },
	{ "plot", "[CONNECTION]", 0, 1, none,
		"draw where sessions were, as SVG", plot_run },
	{ "metrics", "", 0, 0, none,
		"write what is counted, for OpenMetrics", metrics_run },
	{ "terminate", "--dormant TIME", 0, 0, terminate_options,
		"on a gateway, end sessions of clients that sleep", terminate_run },
	{ "redirect", "GATEWAY", 1, 1, redirect_options,
		"on a gateway, send clients to another one", redirect_run },
	{ "check", "", 0, 0, none,
		"look for what breaks roaming on this host", check_run },
	{ "report", "[FILE]", 0, 1, report_options,
		"collect what a bug report needs, without secrets", report_run },
	{ "complete", "[WORD...]", 0, INT_MAX, none,
		"print what may be the last WORD, for shells", complete_run },
};

/**
 * Check if a command takes an option that not all take.
 */
static bool takes(const command_t *command, int opt)
{
	const int *current;

	for (current = command->options; *current; current++)
	{
		if (*current == opt)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
const command_t *ctl_get_command(int number)
{
	return number < countof(commands) ? &commands[number] : NULL;
}

/*
 * Described in header.
 */
const struct option *ctl_get_option(int number)
{
	return number < countof(descriptions) ? &descriptions[number].option : NULL;
}

/*
 * Described in header.
 */
bool ctl_takes(const command_t *command, const struct option *option)
{
	int i;

	for (i = 0; i < countof(descriptions); i++)
	{
		if (&descriptions[i].option == option)
		{
			return !descriptions[i].special ||
				   (command && takes(command, option->val));
		}
	}
	return FALSE;
}

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
	printf("\nOptions:\n");
	for (i = 0; i < countof(descriptions); i++)
	{
		if (ctl_takes(command, &descriptions[i].option))
		{
			printf("  %-18s %s\n", descriptions[i].usage,
				   descriptions[i].help);
		}
	}
	printf(command ? "" : "\nmobilityctl COMMAND --help shows those that only "
		   "COMMAND takes.\n");
	printf("\nmobilityctl(8) explains it all, exit codes included.\n");
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
	char version[MOBILITY_ABI_VERSION_LEN];
	exit_code_t code;

	if (command->run == complete_run && !freopen("/dev/null", "w", stderr))
	{	/* shells are not to show why there is nothing */
		return EXIT_ERROR;
	}
	dbg_default_set_level(LEVEL_SILENT);
	if (!mobility_abi_check_file(IPSEC_LIBDIR "/plugins/libstrongswan-vici.so",
								 version))
	{	/* what its libraries have is laid out differently */
		return ctl_fail(EXIT_ERROR, "strongSwan %s is installed, this was built "
						"for %s, and so was the plugin: when charon starts it "
						"does not use that; install the packages mobilityctl "
						"and strongswan-mobility-manager for strongSwan %s, or "
						"build both again", version, VERSION, version);
	}
	if (!library_init(NULL, "mobilityctl"))
	{
		library_deinit();
		return ctl_fail(EXIT_ERROR, "reading strongswan.conf failed, it has an "
						"error that swanctl will tell about");
	}
	if (!this->uri)
	{
		this->uri = lib->settings->get_str(lib->settings, "%s.socket", NULL,
										   lib->ns);
	}
	if (!this->uri)
	{
		this->uri = ctl_daemon_find_manager();
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
	const struct option *option;
	int i;

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
	for (i = 0; i < countof(descriptions); i++)
	{
		option = &descriptions[i].option;
		if (descriptions[i].special && given[i] &&
			!takes(command, option->val))
		{
			ctl_fail(EXIT_USAGE, "%s does not take --%s", command->name,
					 option->name);
			print_usage(stderr, command);
			return EXIT_USAGE;
		}
	}
	return run(this, command, argv + 1);
}

/**
 * Find an option by its letter or number.
 */
static int find_option(int opt)
{
	int i;

	for (i = 0; i < countof(descriptions); i++)
	{
		if (descriptions[i].option.val == opt)
		{
			return i;
		}
	}
	return -1;
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

/**
 * Note an option.
 */
static bool set_option(mobilityctl_t *this, int opt, char *value)
{
	const char *name = descriptions[find_option(opt)].option.name;

	switch (opt)
	{
		case 'j':
			this->json = TRUE;
			break;
		case 'v':
			this->verbose = TRUE;
			break;
		case 'u':
			this->uri = value;
			break;
		case OPT_CONNECTION:
			this->filter.connection = value;
			break;
		case OPT_PEER:
			this->filter.peer = value;
			break;
		case OPT_ROLE:
			this->filter.role = value;
			break;
		case OPT_STATE:
			this->filter.state = value;
			break;
		case OPT_SUMMARY:
			this->summary = TRUE;
			break;
		case OPT_WATCH:
			this->watch = TRUE;
			break;
		case OPT_IDENTITIES:
			this->identities = TRUE;
			break;
		case OPT_DORMANT:
			this->dormant = value;
			break;
		case OPT_COST:
			this->cost = value;
			return set_action(this, name);
		case OPT_AVOID:
		case OPT_PREFER:
		case OPT_RESET:
			return set_action(this, name);
	}
	return TRUE;
}

/**
 * Report an option that there is not, or that has no value.
 */
static exit_code_t report_option(int opt, int number, const char *written)
{
	const char *name, *example;
	char letter[3];

	if (opt != ':')
	{
		snprintf(letter, sizeof(letter), "-%c", number);
		return ctl_fail(EXIT_USAGE, "there is no option %s; mobilityctl --help "
						"lists them all", strpfx(written, "--") ? written :
						letter);
	}
	name = descriptions[find_option(number)].option.name;
	example = descriptions[find_option(number)].example;
	return ctl_fail(EXIT_USAGE, "%s needs a %s, such as --%s %s", written,
					number == OPT_COST ? "number" : "value", name, example);
}

int main(int argc, char *argv[])
{
	struct option options[countof(descriptions) + 1] = {};
	mobilityctl_t this = {};
	bool help = FALSE;
	int opt, i;

	for (i = 0; i < countof(descriptions); i++)
	{
		options[i] = descriptions[i].option;
	}
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":jvu:hV", options, NULL)) != -1)
	{
		switch (opt)
		{
			case 'h':
				help = TRUE;
				break;
			case 'V':
				printf("mobilityctl %s\n", MOBILITY_VERSION);
				return EXIT_OK;
			case ':':
			case '?':
				return report_option(opt, optopt, argv[optind - 1]);
			default:
				given[find_option(opt)] = TRUE;
				if (!set_option(&this, opt, optarg))
				{
					return EXIT_USAGE;
				}
		}
	}
	return dispatch(&this, help, argc - optind, argv + optind);
}
