/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "ctl_daemon.h"
#include "ctl_output.h"

/**
 * Print what the daemon has a name for, each once: of a member of each of the
 * sections of its answer.
 */
static void print_names(mobilityctl_t *this, const char *command,
						const char *key)
{
	json_object *answer, *names;

	if (ctl_daemon_ask(this->uri, &answer, command, NULL) != EXIT_OK)
	{
		return;
	}
	names = json_object_new_object();
	json_object_object_foreach(answer, number, section)
	{
		if (number && *ctl_str(section, key))
		{
			json_object_object_add(names, ctl_str(section, key), NULL);
		}
	}
	json_object_object_foreach(names, name, none)
	{
		if (!none)
		{
			printf("%s\n", name);
		}
	}
	json_object_put(names);
	json_object_put(answer);
}

/**
 * Print what may be in the place of an argument or of an option's value.
 */
static void print_values(mobilityctl_t *this, const char *what)
{
	if (streq(what, "CONNECTION") || streq(what, "connection"))
	{
		print_names(this, "mobility-summary", "connection");
	}
	else if (streq(what, "UPLINK"))
	{
		print_names(this, "mobility-interface", "interface");
	}
	else if (streq(what, "role"))
	{
		printf("mobile\nanchor\n");
	}
	else if (streq(what, "state"))
	{
		printf("connected\nconnecting\ndormant\nfailed\n"
			   "waiting-to-reconnect\n");
	}
}

/**
 * Print what may be in the place of an argument of a command.
 */
static void print_argument(mobilityctl_t *this, const command_t *command,
						   int position)
{
	enumerator_t *enumerator;
	char *name;

	enumerator = enumerator_create_token(command->args, " ", "[]");
	while (position >= 0 && enumerator->enumerate(enumerator, &name))
	{
		if (position-- == 0)
		{
			print_values(this, name);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Print the options of a command, or of all.
 */
static void print_options(const command_t *command)
{
	const struct option *option;
	int i;

	for (i = 0; (option = ctl_get_option(i)); i++)
	{
		if (ctl_takes(command, option))
		{
			printf("--%s\n", option->name);
		}
	}
}

/**
 * Find an option by how it was written, NULL if it is not known.
 */
static const struct option *find_option(const char *written)
{
	const struct option *option;
	int i;

	for (i = 0; (option = ctl_get_option(i)); i++)
	{
		if (strpfx(written, "--") ? streq(written + 2, option->name)
								  : written[1] == option->val && !written[2])
		{
			return option;
		}
	}
	return NULL;
}

/**
 * Find a command by its name, NULL if there is none.
 */
static const command_t *find_command(const char *name)
{
	const command_t *command;
	int i;

	for (i = 0; (command = ctl_get_command(i)); i++)
	{
		if (streq(command->name, name))
		{
			return command;
		}
	}
	return NULL;
}

/*
 * Described in header.
 */
exit_code_t complete_run(mobilityctl_t *this, char *argv[])
{
	const command_t *command = NULL;
	const struct option *option;
	int i, position = 0;

	for (i = 0; argv[i] && argv[i + 1]; i++)
	{
		if (*argv[i] == '-')
		{
			option = find_option(argv[i]);
			if (option && option->has_arg == required_argument)
			{
				i++;
				if (!argv[i + 1])
				{
					print_values(this, option->name);
					return EXIT_OK;
				}
				if (option->val == 'u')
				{
					this->uri = argv[i];
				}
			}
		}
		else if (command)
		{
			position++;
		}
		else
		{
			command = find_command(argv[i]);
			if (!command)
			{
				return EXIT_OK;
			}
		}
	}
	if (argv[i] && *argv[i] == '-')
	{
		print_options(command);
	}
	else if (command)
	{
		print_argument(this, command, position);
	}
	else
	{
		for (i = 0; (command = ctl_get_command(i)); i++)
		{
			printf("%s\n", command->name);
		}
	}
	return EXIT_OK;
}
