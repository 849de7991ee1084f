/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>
#include <time.h>

#include "ctl_daemon.h"
#include "ctl_output.h"

/** pixels: of the names on the left, the time that is shown, and a line of text */
#define LEFT 170
#define WIDTH 800
#define LINE 18

/**
 * A picture that is drawn.
 */
typedef struct {
	/** sessions by number: arrays of their records, the oldest first */
	json_object *sessions;
	/** time on the left and on the right */
	int64_t start, end;
	/** pixels from the top to what is drawn next */
	int y;
	/** number of what is explained below the picture */
	int number;
	/** what is said there, an array of texts */
	json_object *notes;
} plot_t;

/**
 * Print a text as XML has it.
 */
static void print_text(const char *text)
{
	for (; *text; text++)
	{
		switch (*text)
		{
			case '<':
				printf("&lt;");
				break;
			case '>':
				printf("&gt;");
				break;
			case '&':
				printf("&amp;");
				break;
			default:
				putchar(*text);
				break;
		}
	}
}

/**
 * Draw a text.
 */
static void draw_text(double x, int y, const char *attributes, const char *text)
{
	printf("<text x=\"%.1f\" y=\"%d\" %s>", x, y, attributes);
	print_text(text);
	printf("</text>\n");
}

/**
 * Draw a line of a class.
 */
static void draw_line(const char *class, double x1, int y1, double x2, int y2)
{
	printf("<line class=\"%s\" x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\"/>\n",
		   class, x1, y1, x2, y2);
}

/**
 * Get where a time is.
 */
static double get_x(plot_t *this, int64_t when)
{
	return LEFT + (double)(when - this->start) * WIDTH /
				  (this->end - this->start);
}

/**
 * Get where a session is after a record.
 */
static const char *get_place(json_object *record)
{
	const char *place = ctl_str(record, streq(ctl_str(record, "kind"), "move") ?
								"to" : "uplink");

	return *place ? place : "nowhere";
}

/**
 * Get the height at which a place of a session is drawn, 0 for the first one.
 */
static int get_height(json_object *places, const char *place)
{
	if (!ctl_sub(places, place))
	{
		json_object_object_add(places, place, json_object_new_int(
								json_object_object_length(places) * LINE));
	}
	return ctl_num(places, place);
}

/**
 * Number a record, and have it explained below.
 */
static void note(plot_t *this, json_object *record, int y)
{
	char when[32], what[256], text[320];

	snprintf(text, sizeof(text), "%d", ++this->number);
	/* those that are close do not hide each other */
	draw_text(get_x(this, ctl_num(record, "time")),
			  y - 12 - this->number % 2 * 10, "class=\"number\"", text);
	snprintf(text, sizeof(text), "%d  %s  %s: %s", this->number,
			 ctl_time(ctl_num(record, "time"), TRUE, when, sizeof(when)),
			 ctl_str(record, "connection"),
			 ctl_happening(record, streq(ctl_str(record, "kind"), "move"),
						   ctl_str(record, "old-state"), what, sizeof(what)));
	json_object_array_add(this->notes, json_object_new_string(text));
}

/**
 * Draw where a session was from a record to the next one, or until now.
 */
static void draw_stay(plot_t *this, json_object *record, json_object *next,
					  int y, int height)
{
	bool connected = streq(ctl_str(record, "state"), "connected");
	int64_t end = next ? ctl_num(next, "time") : this->end;
	double x1 = get_x(this, ctl_num(record, "time")), x2 = get_x(this, end);

	if (connected)
	{
		/* however short it was */
		draw_line("path", x1, y, max(x2, x1 + 1), y);
	}
	else if (!streq(ctl_str(record, "state"), "failed"))
	{
		printf("<rect class=\"outage\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" "
			   "height=\"%d\"/>\n", x1, this->y - LINE / 2, max(x2 - x1, 1),
			   height);
	}
}

/**
 * Draw a session: a line for each place, and when it was there.
 */
static void draw_session(plot_t *this, json_object *records)
{
	json_object *places = json_object_new_object(), *record, *next;
	char title[320];
	int i, y, before, height;

	record = json_object_array_get_idx(records, 0);
	snprintf(title, sizeof(title), "%s (session %lld)",
			 ctl_str(record, "connection"),
			 (long long)ctl_num(record, "session"));
	draw_text(8, this->y, "class=\"title\"", title);
	this->y += 3 * LINE;
	for (i = 0; (record = json_object_array_get_idx(records, i)); i++)
	{
		get_height(places, get_place(record));
	}
	height = json_object_object_length(places) * LINE;
	json_object_object_foreach(places, place, offset)
	{
		y = this->y + json_object_get_int(offset);
		draw_text(LEFT - 8, y + 4, "class=\"place\"", place);
		draw_line("grid", LEFT, y, LEFT + WIDTH, y);
	}
	before = -1;
	for (i = 0; (record = json_object_array_get_idx(records, i)); i++)
	{
		next = i + 1 < json_object_array_length(records) ?
							json_object_array_get_idx(records, i + 1) : NULL;
		y = this->y + get_height(places, get_place(record));
		draw_stay(this, record, next, y, height);
		if (before != -1 && before != y)
		{
			draw_line("move", get_x(this, ctl_num(record, "time")), before,
					  get_x(this, ctl_num(record, "time")), y);
		}
		note(this, record, this->y - 4);
		before = y;
	}
	this->y += height + LINE;
	json_object_put(places);
}

/**
 * Draw the times, below all sessions.
 */
static void draw_times(plot_t *this, int top)
{
	static const int steps[] = {
		1, 5, 15, 60, 5 * 60, 15 * 60, 60 * 60, 4 * 60 * 60, 24 * 60 * 60,
	};
	int64_t when, step = 7 * 24 * 60 * 60;
	char text[32];
	int i;

	for (i = countof(steps) - 1; i >= 0; i--)
	{
		step = (this->end - this->start) / steps[i] <= 8 ? steps[i] : step;
	}
	step *= 1 + (this->end - this->start) / step / 9;
	for (when = this->start; when <= this->end; when += step)
	{
		draw_line("grid", get_x(this, when), top, get_x(this, when), this->y);
		draw_text(get_x(this, when), this->y + LINE, "class=\"time\"",
				  ctl_time(when, FALSE, text, sizeof(text)));
	}
	this->y += 2 * LINE;
}

/**
 * Sort the records by sessions.
 */
static void collect(plot_t *this, json_object *records)
{
	json_object *record;
	int64_t when;
	char number[16];
	int i;

	for (i = 0; i < json_object_array_length(records); i++)
	{
		record = json_object_array_get_idx(records, i);
		snprintf(number, sizeof(number), "%u",
				 (u_int)ctl_num(record, "session"));
		if (!ctl_sub(this->sessions, number))
		{
			json_object_object_add(this->sessions, number,
								   json_object_new_array());
		}
		json_object_array_add(ctl_sub(this->sessions, number),
							  json_object_get(record));
		when = ctl_num(record, "time");
		this->start = i ? min(this->start, when) : when;
		this->end = max(this->end, when + 1);
	}
}

/**
 * Get the height of the picture: what draw_session() and the others take.
 */
static int get_total(plot_t *this, int records)
{
	json_object *places, *record;
	int i, total = 5 * LINE + records * LINE;

	json_object_object_foreach(this->sessions, number, list)
	{
		places = json_object_new_object();
		for (i = 0; number && (record = json_object_array_get_idx(list, i));
			 i++)
		{
			get_height(places, get_place(record));
		}
		total += (4 + json_object_object_length(places)) * LINE;
		json_object_put(places);
	}
	return total;
}

/**
 * Draw all.
 */
static void draw(plot_t *this, json_object *records)
{
	int i, total;

	collect(this, records);
	total = get_total(this, json_object_array_length(records));
	printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		   "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		   "height=\"%d\" viewBox=\"0 0 %d %d\">\n"
		   "<title>Where IPsec tunnels were</title>\n<style>\n"
		   "text { font: 12px sans-serif; fill: #222 }\n"
		   ".title { font-weight: bold }\n.place { text-anchor: end }\n"
		   ".time, .number { text-anchor: middle; font-size: 10px }\n"
		   ".grid { stroke: #ccc }\n.move { stroke: #222; stroke-width: 1.5 }\n"
		   ".path { stroke: #124a80; stroke-width: 6 }\n"
		   ".outage { fill: #b00020; fill-opacity: 0.3; stroke: #b00020 }\n"
		   "</style>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		   LEFT + WIDTH + 60, total, LEFT + WIDTH + 60, total);
	this->y = 2 * LINE;
	json_object_object_foreach(this->sessions, number, list)
	{
		if (number)
		{
			draw_session(this, list);
		}
	}
	draw_times(this, 2 * LINE);
	for (i = 0; i < json_object_array_length(this->notes); i++)
	{
		draw_text(8, this->y + i * LINE, "xml:space=\"preserve\"",
				  json_object_get_string(json_object_array_get_idx(this->notes,
																   i)));
	}
	printf("</svg>\n");
}

/*
 * Described in header.
 */
exit_code_t plot_run(mobilityctl_t *this, char *argv[])
{
	plot_t plot = {
		.end = time(NULL),
	};
	json_object *records;
	exit_code_t code;

	if (this->json)
	{
		return ctl_fail(EXIT_USAGE, "plot does not take --json, mobilityctl "
						"history does");
	}
	code = ctl_daemon_list(this->uri, &records, "mobility-history", argv[0]);
	if (code != EXIT_OK)
	{
		return code;
	}
	if (json_object_array_length(records))
	{
		plot.sessions = json_object_new_object();
		plot.notes = json_object_new_array();
		draw(&plot, records);
		json_object_put(plot.sessions);
		json_object_put(plot.notes);
	}
	else
	{
		code = ctl_nothing_happened(argv[0]);
	}
	json_object_put(records);
	return code;
}
