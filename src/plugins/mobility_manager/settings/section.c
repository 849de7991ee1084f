/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "settings/section.h"
#include "settings/values.h"

#include <utils/debug.h>

/**
 * Value of a key, as read from lib->settings.
 */
typedef struct {
	char *key;
	char *value;
} entry_t;

CALLBACK(entry_destroy, void,
	entry_t *entry, int idx, void *user)
{
	free(entry->key);
	free(entry->value);
	free(entry);
}

/*
 * Described in header.
 */
void mobility_section_init(mobility_section_t *section,
						   mobility_section_t *parent, const char *name,
						   u_int *problems)
{
	char *pos, *from;

	section->parent = parent;
	section->problems = parent ? parent->problems : problems;
	snprintf(section->name, sizeof(section->name), "%s%s%s",
			 parent ? parent->name : "", parent ? "." : "", name);
	pos = section->fmt;
	/* there is space for as long a name as fits above */
	for (from = section->name; *from; from++)
	{
		if (*from == '%')
		{
			*pos++ = '%';
		}
		*pos++ = *from;
	}
	*pos = '\0';
}

/**
 * Copy a value so that it fits into a line of the log.
 */
static char *printable(const char *value, char *buf, size_t len)
{
	char *pos;

	if (snprintf(buf, len, "%s", value) >= len)
	{
		snprintf(buf + len - 4, 4, "...");
	}
	for (pos = buf; *pos; pos++)
	{
		if (*pos < ' ' || *pos > '~')
		{
			*pos = '?';
		}
	}
	return buf;
}

/**
 * Get where lib->settings keeps the value of a key, or the name of a section.
 * The lock it holds meanwhile is its own.
 */
static const char *find(const char *parent, const char *name)
{
	enumerator_t *enumerator;
	const char *found = NULL;
	char *current, *value;

	enumerator = lib->settings->create_key_value_enumerator(lib->settings,
															(char*)parent);
	while (!found && enumerator->enumerate(enumerator, &current, &value))
	{
		found = streq(current, name) ? value : NULL;
	}
	enumerator->destroy(enumerator);
	enumerator = lib->settings->create_section_enumerator(lib->settings,
														  (char*)parent);
	while (!found && enumerator->enumerate(enumerator, &current))
	{
		found = streq(current, name) ? current : NULL;
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
char *mobility_section_name(const mobility_section_t *section, const char *key,
							char *buf, size_t len)
{
	const mobility_section_t *parent = key ? section : section->parent;
	const char *below, *found;
	char charon[sizeof(section->fmt) + 8];

	snprintf(buf, len, "%s%s%s", section->name, key ? "." : "", key ?: "");
	if (parent)
	{
		key = key ?: section->name + strlen(parent->name) + 1;
		below = parent->fmt + strcspn(parent->fmt, ".");
		snprintf(charon, sizeof(charon), "charon%s", below);
		found = find(parent->fmt, key);
		if (found && found == find(charon, key))
		{	/* the very same, so that is where it is from */
			below = parent->name + strcspn(parent->name, ".");
			snprintf(buf, len, "charon%s.%s", below, key);
		}
	}
	return buf;
}

/*
 * Described in header.
 */
void mobility_section_report(mobility_section_t *section, const char *key,
							 const char *value, const char *fmt, ...)
{
	char problem[256], name[384], text[128] = "", *sep = "";
	va_list args;

	va_start(args, fmt);
	vsnprintf(problem, sizeof(problem), fmt, args);
	va_end(args);

	mobility_section_name(section, key, name, sizeof(name));
	if (value)
	{
		sep = " = ";
		printable(value, text, sizeof(text));
	}
	DBG1(DBG_CFG, "mobility: %s%s%s: %s", name, sep, text, problem);
	(*section->problems)++;
}

/**
 * Write the present value of a key.
 */
static char *print_value(const mobility_key_t *key, void *data, char *buf,
						 size_t len)
{
	void *member = (char*)data + key->offset;

	switch (key->type)
	{
		case MOBILITY_KEY_BOOL:
			snprintf(buf, len, "%s", *(bool*)member ? "yes" : "no");
			break;
		case MOBILITY_KEY_TIME:
			mobility_print_time(*(uint32_t*)member, buf, len);
			break;
		case MOBILITY_KEY_NUMBER:
			snprintf(buf, len, "%u", *(uint32_t*)member);
			break;
		case MOBILITY_KEY_WORD:
			snprintf(buf, len, "%s", key->words[*(u_int*)member]);
			break;
		default:
			*buf = '\0';
			break;
	}
	return buf;
}

/**
 * Check that a time or number is within its limits.
 */
static bool check_limits(mobility_section_t *section,
						 const mobility_key_t *key, const char *value,
						 uint32_t number, void *data)
{
	char def[16], limit[16], text[16];
	bool low = number < key->min;
	mobility_key_t bound = {
		.type = key->type,
	};

	if (!low && (!key->max || number <= key->max))
	{
		return TRUE;
	}
	print_value(key, data, def, sizeof(def));
	number = low ? key->min : key->max;
	print_value(&bound, &number, limit, sizeof(limit));
	snprintf(text, sizeof(text), "too %s", low ? "small" : "large");
	mobility_section_report(section, key->name, value,
							"%s, %s is the %s, using %s", text, limit,
							low ? "least" : "most", def);
	return FALSE;
}

/**
 * Read one of several words.  Returns FALSE if it is none of them, and says so in
 * kind.
 */
static bool read_word(const mobility_key_t *key, const char *value,
					  u_int *member, char *kind, size_t len)
{
	int i;

	snprintf(kind, len, "none of");
	for (i = 0; key->words[i]; i++)
	{
		if (strcaseeq(key->words[i], value))
		{
			*member = i;
			return TRUE;
		}
		snprintf(kind + strlen(kind), len - strlen(kind), "%s %s", i ? "," : "",
				 key->words[i]);
	}
	return FALSE;
}

/**
 * Read the value of a known key.
 */
static void read_value(mobility_section_t *section, const mobility_key_t *key,
					   const char *value, void *data)
{
	void *member = (char*)data + key->offset;
	bool time = key->type == MOBILITY_KEY_TIME;
	const char *kind = NULL;
	uint32_t number;
	char def[16], words[64];

	switch (key->type)
	{
		case MOBILITY_KEY_BOOL:
			if (!mobility_parse_bool(value, member))
			{
				kind = "neither yes nor no";
			}
			break;
		case MOBILITY_KEY_TIME:
		case MOBILITY_KEY_NUMBER:
			if (!(time ? mobility_parse_time(value, &number)
					   : mobility_parse_number(value, &number)))
			{
				kind = time ? "not a time such as 30s, 30m or 8h"
							: "not a number";
			}
			else if (check_limits(section, key, value, number, data))
			{
				*(uint32_t*)member = number;
			}
			break;
		case MOBILITY_KEY_WORD:
			if (!read_word(key, value, member, words, sizeof(words)))
			{
				kind = words;
			}
			break;
		case MOBILITY_KEY_STRING:
			free(*(char**)member);
			*(char**)member = strdup(value);
			break;
		case MOBILITY_KEY_IGNORE:
			break;
	}
	if (kind)
	{
		print_value(key, data, def, sizeof(def));
		mobility_section_report(section, key->name, value, "%s, using %s",
								kind, def);
	}
}

/**
 * Report a key that is not known.
 */
static void unknown_key(mobility_section_t *section, const char *key,
						const char *value, const mobility_key_t keys[],
						u_int count)
{
	const char *names[count + 1], *nearest;
	u_int i;

	for (i = 0; i < count; i++)
	{
		names[i] = keys[i].name;
	}
	nearest = mobility_nearest(key, names, count);
	mobility_section_report(section, key, value, "there is no such option, "
							"ignored%s%s%s", nearest ? "; did you mean " : "",
							nearest ?: "", nearest ? "?" : "");
}

/**
 * Read a key and its value.
 */
static void read_entry(mobility_section_t *section, entry_t *entry,
					   const mobility_key_t keys[], u_int count, void *data)
{
	u_int i;

	for (i = 0; i < count; i++)
	{
		if (streq(keys[i].name, entry->key))
		{
			read_value(section, &keys[i], entry->value, data);
			return;
		}
	}
	unknown_key(section, entry->key, entry->value, keys, count);
}

/*
 * Described in header.
 */
void mobility_section_read(mobility_section_t *section,
						   const mobility_key_t keys[], u_int count,
						   void *data)
{
	array_t *entries = array_create(0, 0);
	enumerator_t *enumerator;
	char *key, *value;
	entry_t *entry;

	/* the enumerator holds a lock, which logging could want, too */
	enumerator = lib->settings->create_key_value_enumerator(lib->settings,
															section->fmt);
	while (enumerator->enumerate(enumerator, &key, &value))
	{
		INIT(entry,
			.key = strdup(key),
			.value = strdup(value),
		);
		array_insert(entries, ARRAY_TAIL, entry);
	}
	enumerator->destroy(enumerator);

	enumerator = array_create_enumerator(entries);
	while (enumerator->enumerate(enumerator, &entry))
	{
		read_entry(section, entry, keys, count, data);
	}
	enumerator->destroy(enumerator);
	array_destroy_function(entries, entry_destroy, NULL);
}

/*
 * Described in header.
 */
array_t *mobility_section_list(mobility_section_t *section)
{
	array_t *names = array_create(0, 0);
	enumerator_t *enumerator;
	char *name;

	enumerator = lib->settings->create_section_enumerator(lib->settings,
														  section->fmt);
	while (enumerator->enumerate(enumerator, &name))
	{
		array_insert(names, ARRAY_TAIL, strdup(name));
	}
	enumerator->destroy(enumerator);
	return names;
}

/*
 * Described in header.
 */
bool mobility_section_has(mobility_section_t *section, const char *key)
{
	enumerator_t *enumerator;
	char *name, *value;
	bool found = FALSE;

	enumerator = lib->settings->create_key_value_enumerator(lib->settings,
															section->fmt);
	while (!found && enumerator->enumerate(enumerator, &name, &value))
	{
		found = streq(name, key);
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
void mobility_section_check(mobility_section_t *section, const char *names[],
							u_int count)
{
	array_t *present = mobility_section_list(section);
	const char *nearest;
	char *name;
	u_int i;

	while (array_remove(present, ARRAY_HEAD, &name))
	{
		for (i = 0; i < count && !streq(name, names[i]); i++)
		{
			/* go on */
		}
		if (i == count)
		{
			nearest = mobility_nearest(name, names, count);
			mobility_section_report(section, name, NULL,
									"there is no such section, ignored%s%s%s",
									nearest ? "; did you mean " : "",
									nearest ?: "", nearest ? "?" : "");
		}
		free(name);
	}
	array_destroy(present);
}
