/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>

#include "ctl_check.h"
#include "ctl_output.h"

typedef struct private_ctl_check_t private_ctl_check_t;

/**
 * Private data of a ctl_check_t.
 */
struct private_ctl_check_t {

	/**
	 * Public interface.
	 */
	ctl_check_t public;

	/**
	 * Collect the findings instead of printing them.
	 */
	bool json;

	/**
	 * What is wrong, an array.
	 */
	json_object *problems;

	/**
	 * What is right, an array.
	 */
	json_object *good;
};

METHOD(ctl_check_t, problem, void,
	private_ctl_check_t *this, const char *check, const char *remedy,
	const char *fmt, ...)
{
	json_object *finding;
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);

	if (!this->json)
	{
		printf("PROBLEM  %s: %s\n", check, text);
		printf("         remedy: %s\n", remedy);
	}
	finding = json_object_new_object();
	json_object_object_add(finding, "check", json_object_new_string(check));
	json_object_object_add(finding, "problem", json_object_new_string(text));
	json_object_object_add(finding, "remedy", json_object_new_string(remedy));
	json_object_array_add(this->problems, finding);
}

METHOD(ctl_check_t, passed, void,
	private_ctl_check_t *this, const char *check, const char *fmt, ...)
{
	json_object *finding;
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);

	if (!this->json)
	{
		printf("ok       %s: %s\n", check, text);
	}
	finding = json_object_new_object();
	json_object_object_add(finding, "check", json_object_new_string(check));
	json_object_object_add(finding, "result", json_object_new_string(text));
	json_object_array_add(this->good, finding);
}

/*
 * Described in header.
 */
void ctl_check_add_uplink(ctl_check_t *this, const char *name)
{
	enumerator_t *enumerator;
	bool found = FALSE;
	char *current;

	enumerator = array_create_enumerator(this->uplinks);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		found = streq(current, name);
	}
	enumerator->destroy(enumerator);
	if (!found && *name)
	{
		array_insert(this->uplinks, ARRAY_TAIL, strdup(name));
	}
}

/*
 * Described in header.
 */
bool ctl_check_read(ctl_check_t *this, char *buf, size_t len,
					const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;
	FILE *file;
	int pos;

	*buf = '\0';
	pos = snprintf(path, sizeof(path), "%s", this->root);
	va_start(args, fmt);
	vsnprintf(path + pos, sizeof(path) - pos, fmt, args);
	va_end(args);
	file = fopen(path, "r");
	if (!file)
	{
		return FALSE;
	}
	if (!fgets(buf, len, file))
	{
		*buf = '\0';
	}
	buf[strcspn(buf, "\n")] = '\0';
	fclose(file);
	return TRUE;
}

/*
 * Described in header.
 */
bool ctl_check_is_running(ctl_check_t *this, const char *name)
{
	char path[PATH_MAX], comm[32];
	struct dirent *entry;
	bool found = FALSE;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/proc", this->root);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir)))
	{
		found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
				ctl_check_read(this, comm, sizeof(comm), "/proc/%s/comm",
							   entry->d_name) &&
				*comm && strneq(comm, name, 15);
	}
	if (dir)
	{
		closedir(dir);
	}
	return found;
}

/**
 * Run the checks.
 */
static void run_checks(ctl_check_t *this)
{
	ctl_check_daemon(this);
	ctl_check_settings(this);
	ctl_check_find_uplinks(this);
	ctl_check_interfaces(this);
	ctl_check_rp_filter(this);
	ctl_check_rules(this);
	ctl_check_networkd(this);
}

/**
 * Print the result.
 */
static exit_code_t finish(private_ctl_check_t *this)
{
	json_object *result;
	int count;

	count = json_object_array_length(this->problems);
	if (this->json)
	{
		result = json_object_new_object();
		json_object_object_add(result, "problems", this->problems);
		json_object_object_add(result, "passed", this->good);
		ctl_print_json(result, FALSE);
	}
	else
	{
		printf("%d problem%s found\n", count, count == 1 ? "" : "s");
		json_object_put(this->problems);
		json_object_put(this->good);
	}
	return count ? EXIT_PROBLEM : EXIT_OK;
}

/*
 * Described in header.
 */
exit_code_t check_run(mobilityctl_t *this, char *argv[])
{
	private_ctl_check_t check = {
		.public = {
			.problem = _problem,
			.passed = _passed,
			.uri = this->uri,
			.conf = lib->conf,
			.root = "",
			.ns = "charon-systemd",
			.uplinks = array_create(0, 0),
		},
		.json = this->json,
		.problems = json_object_new_array(),
		.good = json_object_new_array(),
	};
	char *name;

	run_checks(&check.public);
	check.public.settings->destroy(check.public.settings);
	while (array_remove(check.public.uplinks, ARRAY_TAIL, &name))
	{
		free(name);
	}
	array_destroy(check.public.uplinks);
	return finish(&check);
}
