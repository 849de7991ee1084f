/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include <stdio.h>

#include "ctl_daemon.h"
#include "ctl_output.h"

/**
 * Print what happened.
 */
static void print_records(json_object *records)
{
	json_object *record;
	ctl_table_t *table;
	char when[32], what[256];
	bool move;
	int i;

	table = ctl_table_create(0, "TIME", "CONNECTION", "WHAT", NULL);
	for (i = 0; i < json_object_array_length(records); i++)
	{
		record = json_object_array_get_idx(records, i);
		move = streq(ctl_str(record, "kind"), "move");
		table->add(table, ctl_time(ctl_num(record, "time"), TRUE, when,
								   sizeof(when)),
				   ctl_str(record, "connection"),
				   ctl_happening(record, move, ctl_str(record, "old-state"),
								 what, sizeof(what)));
	}
	table->print(table);
	table->destroy(table);
}

/*
 * Described in header.
 */
exit_code_t history_run(mobilityctl_t *this, char *argv[])
{
	json_object *records;
	exit_code_t code;
	int count;

	code = ctl_daemon_list(this->uri, &records, "mobility-history", argv[0]);
	if (code != EXIT_OK)
	{
		return code;
	}
	count = json_object_array_length(records);
	if (this->json)
	{
		ctl_print_json(json_object_get(records), FALSE);
	}
	else if (count)
	{
		print_records(records);
	}
	else
	{
		ctl_nothing_happened(argv[0]);
	}
	json_object_put(records);
	return count ? EXIT_OK : EXIT_NOTHING;
}
