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
#include "ctl_screen.h"

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
	 * Print what is found.
	 */
	bool print;
};

/**
 * Add a finding to a list of them.  Returns it.
 */
static json_object *add(private_ctl_check_t *this, const char *list,
						const char *check, const char *key, const char *text)
{
	json_object *finding = json_object_new_object();

	json_object_object_add(finding, "check", json_object_new_string(check));
	json_object_object_add(finding, key, json_object_new_string(text));
	json_object_array_add(ctl_sub(this->public.findings, list), finding);
	return finding;
}

/**
 * Report something that there is a remedy for.
 */
static void report(private_ctl_check_t *this, const char *title,
				   const char *list, const char *check, const char *key,
				   const char *remedy, const char *fmt, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, args);
	if (this->print)
	{
		printf("%s%-8s%s %s: %s\n         remedy: %s\n",
			   ctl_colour(streq(title, "hint") ? CTL_YELLOW : CTL_RED), title,
			   ctl_colour(CTL_PLAIN), check, text, remedy);
	}
	json_object_object_add(add(this, list, check, key, text), "remedy",
						   json_object_new_string(remedy));
}

METHOD(ctl_check_t, problem, void,
	private_ctl_check_t *this, const char *check, const char *remedy,
	const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(this, "PROBLEM", "problems", check, "problem", remedy, fmt, args);
	va_end(args);
}

METHOD(ctl_check_t, hint, void,
	private_ctl_check_t *this, const char *check, const char *remedy,
	const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report(this, "hint", "hints", check, "hint", remedy, fmt, args);
	va_end(args);
}

METHOD(ctl_check_t, passed, void,
	private_ctl_check_t *this, const char *check, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (this->print)
	{
		printf("%sok%s       %s: %s\n", ctl_colour(CTL_GREEN),
			   ctl_colour(CTL_PLAIN), check, text);
	}
	add(this, "passed", check, "result", text);
}

METHOD(ctl_check_t, destroy, void,
	private_ctl_check_t *this)
{
	DESTROY_IF(this->public.settings);
	array_destroy_function(this->public.uplinks, (void*)free, NULL);
	json_object_put(this->public.findings);
	json_object_put(this->public.conns);
	json_object_put(this->public.pools);
	json_object_put(this->public.stats);
	free(this);
}

/*
 * Described in header.
 */
ctl_check_t *ctl_check_create(bool print)
{
	private_ctl_check_t *this;

	INIT(this,
		.public = {
			.problem = _problem,
			.hint = _hint,
			.passed = _passed,
			.findings = json_object_new_object(),
			.conns = json_object_new_object(),
			.pools = json_object_new_object(),
			.stats = json_object_new_object(),
			.conf = lib->conf,
			.root = "",
			.ns = "charon-systemd",
			.uplinks = array_create(0, 0),
			.destroy = _destroy,
		},
		.print = print,
	);
	json_object_object_add(this->public.findings, "problems",
						   json_object_new_array());
	json_object_object_add(this->public.findings, "hints",
						   json_object_new_array());
	json_object_object_add(this->public.findings, "passed",
						   json_object_new_array());
	return &this->public;
}

/*
 * Described in header.
 */
void ctl_check_add_uplink(ctl_check_t *this, const char *name)
{
	bool found = FALSE;
	char *current;
	int i;

	for (i = 0; !found && array_get(this->uplinks, i, &current); i++)
	{
		found = streq(current, name);
	}
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
