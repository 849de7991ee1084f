/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "ctl_daemon.h"
#include "ctl_output.h"

/**
 * Print a text as OpenMetrics wants it, in labels and in what is for people.
 */
static void print_escaped(const char *text)
{
	for (; *text; text++)
	{
		switch (*text)
		{
			case '\n':
				fputs("\\n", stdout);
				break;
			case '"':
			case '\\':
				putchar('\\');
				/* fall through */
			default:
				putchar(*text);
		}
	}
}

/**
 * Print a sample of a family.
 */
static void print_sample(const char *family, json_object *sample)
{
	json_object *labels = ctl_sub(sample, "labels");
	const char *separator = "{";

	printf("%s%s", family, ctl_str(sample, "suffix"));
	json_object_object_foreach(labels, name, value)
	{
		printf("%s%s=\"", separator, name);
		print_escaped(json_object_get_string(value));
		putchar('"');
		separator = ",";
	}
	printf("%s %s\n", *separator == ',' ? "}" : "", ctl_str(sample, "value"));
}

/**
 * Print a family of metrics.
 */
static void print_family(const char *name, json_object *family)
{
	json_object *samples = ctl_array(ctl_sub(family, "samples"));
	int i;

	printf("# TYPE %s %s\n", name, ctl_str(family, "type"));
	if (*ctl_str(family, "unit"))
	{
		printf("# UNIT %s %s\n", name, ctl_str(family, "unit"));
	}
	printf("# HELP %s ", name);
	print_escaped(ctl_str(family, "help"));
	putchar('\n');
	for (i = 0; i < json_object_array_length(samples); i++)
	{
		print_sample(name, json_object_array_get_idx(samples, i));
	}
	json_object_put(samples);
}

/*
 * Described in header.
 */
exit_code_t metrics_run(mobilityctl_t *this, char *argv[])
{
	json_object *answer;
	exit_code_t code;

	code = ctl_daemon_ask(this->uri, &answer, "mobility-metrics", NULL);
	if (code != EXIT_OK)
	{
		return code;
	}
	if (this->json)
	{
		ctl_print_json(answer, FALSE);
		return EXIT_OK;
	}
	json_object_object_foreach(answer, name, family)
	{
		print_family(name, family);
	}
	printf("# EOF\n");
	json_object_put(answer);
	return EXIT_OK;
}
