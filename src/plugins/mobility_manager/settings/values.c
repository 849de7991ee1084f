/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <ctype.h>
#include <net/if.h>

#include "settings/values.h"

/** words longer than this are not compared */
#define MAX_WORD 32

/**
 * Read leading digits.  Returns what follows them, NULL if there are none or
 * the number is too large.
 */
static const char *parse_digits(const char *str, uint64_t *number)
{
	const char *pos;

	*number = 0;
	for (pos = str; *pos >= '0' && *pos <= '9'; pos++)
	{
		*number = *number * 10 + (*pos - '0');
		if (*number > UINT32_MAX)
		{
			return NULL;
		}
	}
	return pos == str ? NULL : pos;
}

/*
 * Described in header.
 */
bool mobility_parse_time(const char *str, uint32_t *seconds)
{
	uint64_t number, factor = 1;
	const char *unit;

	unit = parse_digits(str, &number);
	if (!unit)
	{
		return FALSE;
	}
	while (*unit == ' ' || *unit == '\t')
	{
		unit++;
	}
	switch (*unit)
	{
		case 'd':
			factor = 24 * 60 * 60;
			break;
		case 'h':
			factor = 60 * 60;
			break;
		case 'm':
			factor = 60;
			break;
		case 's':
		case '\0':
			break;
		default:
			return FALSE;
	}
	if ((*unit && unit[1]) || number * factor > UINT32_MAX)
	{
		return FALSE;
	}
	*seconds = number * factor;
	return TRUE;
}

/*
 * Described in header.
 */
bool mobility_parse_number(const char *str, uint32_t *number)
{
	const char *end;
	uint64_t value;

	end = parse_digits(str, &value);
	if (!end || *end)
	{
		return FALSE;
	}
	*number = value;
	return TRUE;
}

/*
 * Described in header.
 */
bool mobility_parse_bool(const char *str, bool *value)
{
	static const char *words[][2] = {
		{ "no", "yes" }, { "0", "1" },
		{ "false", "true" }, { "disabled", "enabled" },
	};
	int i, j;

	for (i = 0; i < countof(words); i++)
	{
		for (j = 0; j < 2; j++)
		{
			if (strcaseeq(str, words[i][j]))
			{
				*value = j;
				return TRUE;
			}
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
char *mobility_print_time(uint32_t seconds, char *buf, size_t len)
{
	static const struct {
		uint32_t factor;
		char unit;
	} units[] = {
		{ 24 * 60 * 60, 'd' }, { 60 * 60, 'h' }, { 60, 'm' }, { 1, 's' },
	};
	int i;

	for (i = 0; i < countof(units); i++)
	{
		if (seconds >= units[i].factor && seconds % units[i].factor == 0)
		{
			snprintf(buf, len, "%u%c", seconds / units[i].factor,
					 units[i].unit);
			return buf;
		}
	}
	snprintf(buf, len, "0s");
	return buf;
}

/**
 * Skip a bracket expression.  Returns its last character, or the start if the
 * bracket is never closed and stands for itself.
 */
static const char *skip_bracket(const char *pos)
{
	const char *end = pos + 1;

	if (*end == '!' || *end == '^')
	{
		end++;
	}
	if (*end == ']')
	{
		end++;
	}
	while (*end && *end != ']')
	{
		end++;
	}
	return *end ? end : pos;
}

/*
 * Described in header.
 */
const char *mobility_check_pattern(const char *pattern)
{
	const char *pos;
	u_int len = 0;

	if (!*pattern)
	{
		return "is empty";
	}
	for (pos = pattern; *pos; pos++)
	{
		if (*pos == '/')
		{
			return "contains a slash, which no interface's name does";
		}
		if (isspace((u_char)*pos) || iscntrl((u_char)*pos))
		{
			return "contains a blank, which no interface's name does "
				   "(separate patterns by commas, options by lines)";
		}
		switch (*pos)
		{
			case '*':
				continue;
			case '\\':
				if (pos[1])
				{
					pos++;
				}
				break;
			case '[':
				pos = skip_bracket(pos);
				break;
			default:
				break;
		}
		if (++len >= IFNAMSIZ)
		{
			return "is longer than the name of any interface";
		}
	}
	return NULL;
}

/*
 * Described in header.
 */
const char *mobility_check_ifname(const char *ifname)
{
	const char *pos;

	if (!*ifname)
	{
		return "it is empty";
	}
	if (streq(ifname, ".") || streq(ifname, ".."))
	{
		return "no interface can have that name";
	}
	for (pos = ifname; *pos; pos++)
	{
		if (*pos == '/' || *pos == ':')
		{
			return "it contains a slash or colon, which no interface's name "
				   "does";
		}
		if (isspace((u_char)*pos) || !isprint((u_char)*pos))
		{
			return "it contains a character which no interface's name should";
		}
	}
	if (pos - ifname >= IFNAMSIZ)
	{
		return "it is longer than the name of any interface";
	}
	return NULL;
}

/**
 * Number of characters to insert, remove, replace or swap to get from one word
 * to the other, both of at most MAX_WORD characters.
 */
static u_int distance(const char *a, const char *b)
{
	u_int rows[3][MAX_WORD + 1], *prev2 = rows[0], *prev = rows[1];
	u_int *row = rows[2], *tmp, la = strlen(a), lb = strlen(b), i, j;

	for (j = 0; j <= lb; j++)
	{
		prev[j] = prev2[j] = j;
	}
	for (i = 1; i <= la; i++)
	{
		row[0] = i;
		for (j = 1; j <= lb; j++)
		{
			row[j] = prev[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
			row[j] = min(row[j], prev[j] + 1);
			row[j] = min(row[j], row[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
			{
				row[j] = min(row[j], prev2[j - 2] + 1);
			}
		}
		tmp = prev2;
		prev2 = prev;
		prev = row;
		row = tmp;
	}
	return prev[lb];
}

/*
 * Described in header.
 */
const char *mobility_nearest(const char *word, const char *words[],
							 u_int count)
{
	u_int i, current, best = 3, len = strlen(word);
	const char *found = NULL;

	if (len > MAX_WORD)
	{
		return NULL;
	}
	/* two errors in a word of two letters leave nothing of it */
	best = min(best, 1 + len / 3);
	for (i = 0; i < count; i++)
	{
		if (strlen(words[i]) <= MAX_WORD)
		{
			current = distance(word, words[i]);
			if (current < best || (current == best && !found))
			{
				best = current;
				found = words[i];
			}
		}
	}
	return found;
}
