/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <glob.h>
#include <regex.h>
#include <stdio.h>

#include "checks.h"

/** files may include each other this deep, as strongSwan has it */
#define MAX_DEPTH 10

/** what includes other files: at the start of a line or section */
#define INCLUDE "(^|[{}])[ \t]*include[ \t]+\"?([^\"#}\n\t ]+)\"?"

/**
 * A search for the file that sets an option.
 */
typedef struct {
	/** name of the option or section, as a format string */
	char name[512];
	/** its value, NULL for a section */
	char *value;
	/** file that was found last, the one that counts */
	char *file;
} search_t;

/**
 * Check if there is a section.
 */
static bool has_section(settings_t *settings, const char *name)
{
	enumerator_t *enumerator;
	char *parent, *current;
	bool found = FALSE;

	parent = strdup(name);
	*(strrchr(parent, '.') ?: parent) = '\0';
	name += strlen(parent) + (*parent != '\0');
	enumerator = settings->create_section_enumerator(settings, parent);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		found = streq(current, name);
	}
	enumerator->destroy(enumerator);
	free(parent);
	return found;
}

/**
 * Check if a file sets the option; if it is included this may be within any of
 * the sections that lead to it.
 */
static bool sets_option(search_t *this, settings_t *settings, bool included)
{
	char *name = this->name, *value;

	while (name)
	{
		value = settings->get_str(settings, name, NULL);
		if (this->value ? value && streq(value, this->value) :
						  has_section(settings, name))
		{
			return TRUE;
		}
		name = included ? strchr(name, '.') : NULL;
		name = name ? name + 1 : NULL;
	}
	return FALSE;
}

/**
 * Take what includes other files out of a file.  Returns their patterns.
 */
static array_t *cut_includes(char *content)
{
	array_t *patterns = array_create(0, 0);
	regmatch_t match[3];
	regex_t regex;
	char *pos = content;

	if (regcomp(&regex, INCLUDE, REG_EXTENDED | REG_NEWLINE) == 0)
	{
		while (regexec(&regex, pos, countof(match), match, 0) == 0)
		{
			array_insert(patterns, ARRAY_TAIL,
						 strndup(pos + match[2].rm_so,
								 match[2].rm_eo - match[2].rm_so));
			memset(pos + match[1].rm_eo, ' ', match[0].rm_eo - match[1].rm_eo);
			pos += match[0].rm_eo;
		}
		regfree(&regex);
	}
	return patterns;
}

static void search_file(search_t *this, const char *path, int depth);

/**
 * Search the files that a pattern in a file names.
 */
static void search_pattern(search_t *this, const char *path,
						   const char *pattern, int depth)
{
	char full[PATH_MAX];
	glob_t found;
	int i, dir = 0;

	if (*pattern != '/')
	{
		dir = strrchr(path, '/') ? strrchr(path, '/') + 1 - path : 0;
	}
	snprintf(full, sizeof(full), "%.*s%s", dir, path, pattern);
	if (glob(full, 0, NULL, &found) == 0)
	{
		for (i = 0; i < found.gl_pathc; i++)
		{
			search_file(this, found.gl_pathv[i], depth);
		}
		globfree(&found);
	}
}

/**
 * Search a file, and those it includes.
 */
static void search_file(search_t *this, const char *path, int depth)
{
	char *content, *pattern;
	settings_t *settings;
	array_t *patterns;
	chunk_t *map;

	map = depth < MAX_DEPTH ? chunk_map((char*)path, FALSE) : NULL;
	if (!map)
	{
		return;
	}
	content = map->len ? strndup(map->ptr, map->len) : strdup("");
	chunk_unmap(map);
	patterns = cut_includes(content);
	settings = settings_create_string(content);
	if (settings && sets_option(this, settings, depth > 0))
	{
		free(this->file);
		this->file = strdup(path);
	}
	DESTROY_IF(settings);
	while (array_remove(patterns, ARRAY_HEAD, &pattern))
	{
		search_pattern(this, path, pattern, depth + 1);
		free(pattern);
	}
	array_destroy(patterns);
	free(content);
}

/*
 * Described in header.
 */
char *ctl_check_find_file(ctl_check_t *this, const char *name, char *buf,
						  size_t len)
{
	search_t search = {};
	char *pos = search.name;

	for (; *name && pos < search.name + sizeof(search.name) - 2; name++)
	{
		if (*name == '%')
		{
			*pos++ = '%';
		}
		*pos++ = *name;
	}
	search.value = lib->settings->get_str(lib->settings, search.name, NULL);
	if (this->conf)
	{
		search_file(&search, this->conf, 0);
	}
	snprintf(buf, len, "%s", search.file ?: "strongswan.conf");
	free(search.file);
	return buf;
}
