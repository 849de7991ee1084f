/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "ctl_output.h"
#include "ctl_screen.h"

#include <collections/array.h>

/** columns are this far apart */
#define GAP 2

typedef struct private_ctl_table_t private_ctl_table_t;
typedef struct row_t row_t;

/**
 * A row of a table.
 */
struct row_t {
	/** what is in each column */
	char *cells[CTL_TABLE_COLUMNS];
	/** line below it, NULL if there is none */
	char *note;
};

/**
 * Private data of a ctl_table_t.
 */
struct private_ctl_table_t {

	/**
	 * Public interface.
	 */
	ctl_table_t public;

	/**
	 * Number of columns.
	 */
	int columns;

	/**
	 * Columns that may be left out.
	 */
	uint32_t optional;

	/**
	 * Rows, as row_t*, the first has the titles.
	 */
	array_t *rows;
};

/**
 * Add a row.
 */
static void add_row(private_ctl_table_t *this, va_list args)
{
	row_t *row;
	int i;

	INIT(row);
	for (i = 0; i < this->columns; i++)
	{
		row->cells[i] = strdup(va_arg(args, char*));
	}
	array_insert(this->rows, ARRAY_TAIL, row);
}

METHOD(ctl_table_t, add, void,
	private_ctl_table_t *this, ...)
{
	va_list args;

	va_start(args, this);
	add_row(this, args);
	va_end(args);
}

METHOD(ctl_table_t, note, void,
	private_ctl_table_t *this, const char *text)
{
	row_t *row;

	array_get(this->rows, ARRAY_TAIL, &row);
	free(row->note);
	row->note = strdup(text);
}

/**
 * Get the width of each column, 0 for those that are left out.
 */
static void get_widths(private_ctl_table_t *this, int limit, int widths[])
{
	enumerator_t *enumerator;
	int i, total = 0;
	row_t *row;

	for (i = 0; i < this->columns; i++)
	{
		widths[i] = 1;
		enumerator = array_create_enumerator(this->rows);
		while (enumerator->enumerate(enumerator, &row))
		{
			widths[i] = max(widths[i], (int)strlen(row->cells[i]));
		}
		enumerator->destroy(enumerator);
		total += widths[i] + (i ? GAP : 0);
	}
	for (i = this->columns - 1; i >= 0 && limit && total > limit; i--)
	{
		if (this->optional & (1U << i))
		{
			total -= widths[i] + GAP;
			widths[i] = 0;
		}
	}
}

/**
 * Get the colour of a state.
 */
static ctl_colour_t get_colour(const char *state)
{
	return streq(state, "connected") ? CTL_GREEN :
		   streq(state, "failed") ? CTL_RED : CTL_YELLOW;
}

/**
 * Print a row, cut off where the screen ends if there is a limit.
 */
static void print_row(private_ctl_table_t *this, row_t *row, bool title,
					  int widths[], int limit)
{
	int i, pos = 0, next = 0, room;
	bool coloured;

	for (i = 0; i < this->columns; next += widths[i] ? widths[i] + GAP : 0, i++)
	{
		room = limit ? limit - next : INT_MAX;
		if (!widths[i] || !*row->cells[i] || room <= 0)
		{
			continue;
		}
		coloured = i == this->public.states && !title;
		printf("%*s%s%.*s%s", next - pos, "",
			   coloured ? ctl_colour(get_colour(row->cells[i])) : "", room,
			   row->cells[i], coloured ? ctl_colour(CTL_PLAIN) : "");
		pos = next + strlen(row->cells[i]);
	}
	printf("\n");
	if (row->note)
	{
		printf("  %.*s\n", limit ? limit - 2 : INT_MAX, row->note);
	}
}

/**
 * Check if there is no room for a row on a screen: the last line of that is where
 * the cursor is, or what says how many are left.
 */
static bool is_full(row_t *row, int used, int rows)
{
	return rows && used + (row->note ? 2 : 1) >= rows;
}

METHOD(ctl_table_t, print, void,
	private_ctl_table_t *this)
{
	int widths[CTL_TABLE_COLUMNS], columns, rows, i, used, count;
	row_t *row;

	ctl_screen_size(&columns, &rows);
	get_widths(this, columns, widths);
	used = this->public.used;
	count = array_count(this->rows);
	for (i = 0; array_get(this->rows, i, &row); i++)
	{
		if (is_full(row, used, rows))
		{
			printf("... and %d more", count - i);
			break;
		}
		print_row(this, row, !i, widths, rows ? columns : 0);
		used += row->note ? 2 : 1;
	}
}

METHOD(ctl_table_t, destroy, void,
	private_ctl_table_t *this)
{
	row_t *row;
	int i;

	while (array_remove(this->rows, ARRAY_TAIL, &row))
	{
		free(row->note);
		for (i = 0; i < this->columns; i++)
		{
			free(row->cells[i]);
		}
		free(row);
	}
	array_destroy(this->rows);
	free(this);
}

/*
 * Described in header.
 */
ctl_table_t *ctl_table_create(uint32_t optional, ...)
{
	private_ctl_table_t *this;
	va_list args;

	INIT(this,
		.public = {
			.states = -1,
			.add = _add,
			.note = _note,
			.print = _print,
			.destroy = _destroy,
		},
		.optional = optional,
		.rows = array_create(0, 0),
	);
	va_start(args, optional);
	while (this->columns < CTL_TABLE_COLUMNS && va_arg(args, char*))
	{
		this->columns++;
	}
	va_end(args);
	va_start(args, optional);
	add_row(this, args);
	va_end(args);
	return &this->public;
}

/*
 * Described in header.
 */
char *ctl_duration(int64_t seconds, char *buf, size_t len)
{
	static const struct {
		int factor;
		char unit;
	} units[] = {
		{ 24 * 60 * 60, 'd' }, { 60 * 60, 'h' }, { 60, 'm' }, { 1, 's' },
	};
	int i, rest;

	seconds = max(seconds, 0);
	for (i = 0; i < countof(units) - 1 && seconds < units[i].factor; i++)
	{
		/* find the largest unit */
	}
	rest = seconds % units[i].factor;
	if (units[i].factor == 1 || rest < units[i + 1].factor)
	{
		snprintf(buf, len, "%lld%c", (long long)seconds / units[i].factor,
				 units[i].unit);
	}
	else
	{
		snprintf(buf, len, "%lld%c %d%c", (long long)seconds / units[i].factor,
				 units[i].unit, rest / units[i + 1].factor, units[i + 1].unit);
	}
	return buf;
}

/*
 * Described in header.
 */
char *ctl_time(int64_t time, bool date, char *buf, size_t len)
{
	struct tm tm;
	time_t t = time;

	if (!localtime_r(&t, &tm) ||
		!strftime(buf, len, date ? "%Y-%m-%d %H:%M:%S" : "%H:%M:%S", &tm))
	{
		snprintf(buf, len, "?");
	}
	return buf;
}

/*
 * Described in header.
 */
char *ctl_happening(json_object *event, bool move, const char *old, char *buf,
					size_t len)
{
	const char *cause;

	if (move)
	{
		cause = ctl_str(event, "trigger");
		snprintf(buf, len, "moved from %s to %s in %lld ms%s%s%s",
				 *ctl_str(event, "from") ? ctl_str(event, "from") : "nowhere",
				 ctl_str(event, "to"),
				 (long long)ctl_num(event, "duration-ms"), *cause ? " (" : "",
				 cause, *cause ? ")" : "");
	}
	else
	{
		cause = ctl_str(event, "cause");
		snprintf(buf, len, "%s%s%s%s%s%s", *old ? old : "",
				 *old ? " -> " : "", ctl_str(event, "state"),
				 *cause ? " (" : "", cause, *cause ? ")" : "");
	}
	return buf;
}

/*
 * Described in header.
 */
char *ctl_why(json_object *session, char *buf, size_t len)
{
	json_object *move = ctl_sub(session, "last-move");
	const char *cause = ctl_str(session, "cause"), *exchange;
	char left[32];
	int pos;

	if (streq(ctl_str(session, "state"), "connected"))
	{
		if (move)
		{
			return ctl_happening(move, TRUE, NULL, buf, len);
		}
		snprintf(buf, len, "%s", cause);
		return buf;
	}
	pos = snprintf(buf, len, "%s", cause);
	exchange = ctl_str(session, "exchange");
	if (*exchange && pos < len)
	{
		pos += snprintf(buf + pos, len - pos, "%sholding %s", pos ? "; " : "",
						exchange);
	}
	if (ctl_sub(session, "outage-left") && pos < len)
	{
		snprintf(buf + pos, len - pos, "%sgives up in %s", pos ? "; " : "",
				 ctl_duration(ctl_num(session, "outage-left"), left,
							  sizeof(left)));
	}
	return buf;
}

/*
 * Described in header.
 */
char *ctl_strip_port(const char *addr, char *buf, size_t len)
{
	snprintf(buf, len, "%.*s", (int)strcspn(addr, "["), addr);
	return buf;
}

/*
 * Described in header.
 */
char *ctl_kind(json_object *object, char *buf, size_t len)
{
	const char *over = ctl_str(object, "over");

	snprintf(buf, len, "%s%s%s", ctl_str(object, "kind"), *over ? " over " : "",
			 over);
	return buf;
}

/*
 * Described in header.
 */
const char *ctl_str(json_object *object, const char *key)
{
	json_object *member;

	return json_object_object_get_ex(object, key, &member) ?
									json_object_get_string(member) : "";
}

/*
 * Described in header.
 */
int64_t ctl_num(json_object *object, const char *key)
{
	json_object *member;

	return json_object_object_get_ex(object, key, &member) ?
									json_object_get_int64(member) : 0;
}

/*
 * Described in header.
 */
json_object *ctl_sub(json_object *object, const char *key)
{
	json_object *member;

	return json_object_object_get_ex(object, key, &member) ? member : NULL;
}

/*
 * Described in header.
 */
bool ctl_contains(json_object *list, const char *text)
{
	json_object *item;
	int i;

	for (i = 0; list && i < json_object_array_length(list); i++)
	{
		item = json_object_array_get_idx(list, i);
		if (streq(json_object_get_string(item), text))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
json_object *ctl_array(json_object *answer)
{
	json_object *array = json_object_new_array();

	if (answer)
	{
		json_object_object_foreach(answer, key, value)
		{
			if (key && json_object_is_type(value, json_type_object))
			{
				json_object_array_add(array, json_object_get(value));
			}
		}
	}
	return array;
}

/*
 * Described in header.
 */
void ctl_flatten(json_object *object, const char *key)
{
	json_object *member = ctl_sub(object, key);

	if (member)
	{
		json_object_object_add(object, key, ctl_array(member));
	}
}

/*
 * Described in header.
 */
void ctl_print_json(json_object *object, bool line)
{
	printf("%s\n", json_object_to_json_string_ext(object, line ?
				JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE :
				JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
	json_object_put(object);
}

/*
 * Described in header.
 */
exit_code_t ctl_fail(exit_code_t code, const char *fmt, ...)
{
	va_list args;

	ctl_screen_leave();
	fflush(stdout);
	fprintf(stderr, "mobilityctl: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	return code;
}

/*
 * Described in header.
 */
exit_code_t ctl_no_session(const char *connection)
{
	return ctl_fail(EXIT_NOTHING, "there is no session%s%s%s; mobilityctl "
					"status lists them all", connection ? " of a connection '"
					: "", connection ?: "", connection ? "'" : "");
}

/*
 * Described in header.
 */
exit_code_t ctl_nothing_happened(const char *connection)
{
	return ctl_fail(EXIT_NOTHING, "nothing happened%s%s since the daemon "
					"started", connection ? " to " : "", connection ?: "");
}
