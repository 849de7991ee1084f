/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "checks.h"
#include "ctl_daemon.h"
#include "ctl_output.h"
#include "scrub.h"

/** the most that is taken of what a command prints, in bytes */
#define OUTPUT_MAX (256 * 1024)

/** sections in sections, the plugin has less */
#define DEPTH 8

/**
 * A report that is written.
 */
typedef struct {
	/** what there is of it */
	FILE *out;
	/** what nobody may see, char* */
	array_t *secrets;
	/** who is mentioned in it, char* */
	array_t *identities;
} report_t;

/**
 * Begin a section.
 */
static void begin(report_t *this, const char *title)
{
	fprintf(this->out, "\n== %s ==\n", title);
}

/**
 * Add what a file says, as far as it is of interest.
 */
static void add_file(report_t *this, const char *path, const char *prefix)
{
	char line[256];
	FILE *file;

	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
	{
		if (strpfx(line, prefix))
		{
			fprintf(this->out, "%s", line);
		}
	}
	if (file)
	{
		fclose(file);
	}
}

/**
 * Add what a command prints.
 */
static void add_command(report_t *this, const char *command)
{
	size_t len, total = 0;
	char buf[4096];
	FILE *pipe;

	fprintf(this->out, "# %s\n", command);
	snprintf(buf, sizeof(buf), "exec 2>&1; %s", command);
	pipe = popen(buf, "r");
	while (pipe && total < OUTPUT_MAX &&
		   (len = fread(buf, 1, sizeof(buf), pipe)) > 0)
	{
		total += len;
		fwrite(buf, 1, len, this->out);
	}
	if (pipe)
	{
		pclose(pipe);
	}
	if (total >= OUTPUT_MAX)
	{
		fprintf(this->out, "\n(and more)\n");
	}
}

/**
 * Add what a daemon answers to a command, whose identities are noted.
 */
static void add_answer(report_t *this, ctl_daemon_t *daemon,
					   const char *command)
{
	json_object *answer;

	fprintf(this->out, "# %s\n", command);
	answer = daemon->call(daemon, command, NULL);
	if (answer)
	{
		scrub_collect(answer, this->identities);
		fprintf(this->out, "%s\n", json_object_to_json_string_ext(answer,
				JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(answer);
	}
}

/**
 * Add what a daemon answers to several commands, the last one is NULL.
 */
static void add_daemon(report_t *this, char *uri, const char *commands[])
{
	ctl_daemon_t *daemon;
	int i;

	daemon = ctl_daemon_try(uri);
	if (!daemon)
	{
		fprintf(this->out, "%s can't be reached: %s\n", uri, strerror(errno));
		return;
	}
	for (i = 0; commands[i]; i++)
	{
		add_answer(this, daemon, commands[i]);
	}
	daemon->destroy(daemon);
}

/**
 * Check if the value of a setting is nobody's business.
 */
static bool is_secret(const char *key)
{
	static const char *words[] = { "secret", "pass", "psk", "token" };
	int i;

	for (i = 0; i < countof(words); i++)
	{
		if (strcasestr(key, words[i]))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Add the settings of a section, and those of the sections in it.
 */
static void add_settings(report_t *this, char *path[DEPTH], int depth)
{
	char *key, *value, format[DEPTH * 3] = "";
	enumerator_t *enumerator;
	int i;

	/* names may have dots in them */
	for (i = 0; i < depth; i++)
	{
		strcat(format, i ? ".%s" : "%s");
	}
	enumerator = lib->settings->create_key_value_enumerator(lib->settings,
									format, path[0], path[1], path[2], path[3],
									path[4], path[5], path[6], path[7]);
	while (enumerator->enumerate(enumerator, &key, &value))
	{
		for (i = 0; i < depth; i++)
		{
			fprintf(this->out, "%s.", path[i]);
		}
		fprintf(this->out, "%s = %s\n", key, value);
		if (is_secret(key) && *value)
		{	/* what checks say of the option has it, too */
			array_insert(this->secrets, ARRAY_TAIL, strdup(value));
		}
	}
	enumerator->destroy(enumerator);
	if (depth == DEPTH)
	{
		return;
	}
	enumerator = lib->settings->create_section_enumerator(lib->settings,
									format, path[0], path[1], path[2], path[3],
									path[4], path[5], path[6], path[7]);
	while (enumerator->enumerate(enumerator, &path[depth]))
	{
		add_settings(this, path, depth + 1);
	}
	enumerator->destroy(enumerator);
}

/**
 * Add the settings of the plugin, and those of the daemon that matter to it: others
 * may have passwords.
 */
static void add_all_settings(report_t *this)
{
	static const char *daemons[] = { "charon", "charon-systemd", "charon-nm" };
	static const char *keys[] = {
		"install_routes", "install_virtual_ip", "install_virtual_ip_on",
		"interfaces_ignore", "interfaces_use", "routing_table",
		"routing_table_prio", "retransmit_base", "retransmit_timeout",
		"retransmit_tries", "port", "port_nat_t", "keep_alive", "threads",
		"make_before_break", "prefer_best_path", "load", "load_modular",
	};
	char *path[DEPTH] = { NULL, "plugins", "mobility-manager" }, *value;
	int i, j;

	begin(this, "settings, of strongswan.conf");
	for (i = 0; i < countof(daemons); i++)
	{
		for (j = 0; j < countof(keys); j++)
		{
			value = lib->settings->get_str(lib->settings, "%s.%s", NULL,
										   daemons[i], keys[j]);
			if (value)
			{
				fprintf(this->out, "%s.%s = %s\n", daemons[i], keys[j], value);
			}
		}
		path[0] = (char*)daemons[i];
		add_settings(this, path, 3);
	}
}

/**
 * Add what the checks find.
 */
static void add_checks(report_t *this, mobilityctl_t *ctl)
{
	ctl_check_t *check;

	begin(this, "check");
	check = ctl_check_all(ctl, FALSE);
	scrub_collect(check->conns, this->identities);
	fprintf(this->out, "%s\n", json_object_to_json_string_ext(check->findings,
			JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			JSON_C_TO_STRING_NOSLASHESCAPE));
	check->destroy(check);
}

/**
 * Add all there is to say.
 */
static void add_all(report_t *this, mobilityctl_t *ctl)
{
	const char *charon[] = { "version", "stats", "list-conns", NULL };
	const char *manager[] = {
		"mobility-summary", "mobility-explain", "mobility-interface",
		"mobility-history", "mobility-metrics", NULL
	};
	struct utsname uts;
	char now[32];

	uname(&uts);
	fprintf(this->out, "mobility-manager %s, %s\nkernel %s %s\n",
			MOBILITY_VERSION, ctl_time(time(NULL), TRUE, now, sizeof(now)),
			uts.release, uts.machine);
	add_file(this, "/etc/os-release", "PRETTY_NAME=");
	begin(this, "charon");
	add_daemon(this, ctl_daemon_find_uri("vici", "unix://" IPSEC_PIDDIR
										 "/charon.vici"), charon);
	add_all_settings(this);
	begin(this, "mobility manager");
	add_daemon(this, ctl->uri, manager);
	add_checks(this, ctl);
	begin(this, "kernel");
	add_command(this, "ip rule; ip -6 rule");
	add_command(this, "ip route show table all; ip -6 route show table all");
	add_command(this, "ip -s xfrm state list nokeys");
	add_command(this, "ip xfrm policy");
}

/**
 * Write a report to a file that must not be there yet.
 */
static exit_code_t write_file(const char *name, const char *text)
{
	bool written;
	int fd;

	fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
	{
		return ctl_fail(EXIT_ERROR, "%s can't be written: %s", name,
						strerror(errno));
	}
	written = write(fd, text, strlen(text)) == strlen(text);
	if (close(fd) != 0 || !written)
	{
		return ctl_fail(EXIT_ERROR, "writing %s failed: %s", name,
						strerror(errno));
	}
	printf("%s is the report; have a look at it before you send it\n", name);
	return EXIT_OK;
}

/*
 * Described in header.
 */
exit_code_t report_run(mobilityctl_t *this, char *argv[])
{
	report_t report;
	exit_code_t code = EXIT_OK;
	char *text = NULL, *scrubbed;
	size_t size;

	if (this->json)
	{
		return ctl_fail(EXIT_USAGE, "report does not take --json");
	}
	report.secrets = array_create(0, 0);
	report.identities = array_create(0, 0);
	report.out = open_memstream(&text, &size);
	add_all(&report, this);
	fclose(report.out);
	scrubbed = scrub_text(text, report.secrets, this->identities ? NULL
														 : report.identities);
	if (argv[0])
	{
		code = write_file(argv[0], scrubbed);
	}
	else
	{
		printf("%s", scrubbed);
	}
	array_destroy_function(report.secrets, (void*)free, NULL);
	array_destroy_function(report.identities, (void*)free, NULL);
	free(scrubbed);
	free(text);
	return code;
}
