/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/port_table.h"

/**
 * Find a port, NULL if it is not there.
 */
static mobility_port_entry_t *find(mobility_port_table_t *table, uint16_t port)
{
	u_int i;

	for (i = 0; i < table->count; i++)
	{
		if (table->entries[i].port == port)
		{
			return &table->entries[i];
		}
	}
	return NULL;
}

/*
 * Described in header.
 */
uint16_t mobility_port_table_spare(mobility_port_table_t *table, uint64_t now)
{
	mobility_port_entry_t *newest;

	if (!table->count)
	{
		return 0;
	}
	newest = &table->entries[table->count - 1];
	if (now >= newest->added + MOBILITY_PORT_FRESH &&
		table->count < MOBILITY_PORTS_MAX)
	{
		return 0;
	}
	newest->left = now;
	return newest->port;
}

/*
 * Described in header.
 */
void mobility_port_table_add(mobility_port_table_t *table, uint16_t port,
							 uint64_t now)
{
	table->entries[table->count++] = (mobility_port_entry_t){
		.port = port,
		.added = now,
		.left = now,
	};
}

/*
 * Described in header.
 */
bool mobility_port_table_hold(mobility_port_table_t *table, uint16_t port)
{
	mobility_port_entry_t *entry = find(table, port);

	if (entry)
	{
		entry->users++;
	}
	return entry != NULL;
}

/*
 * Described in header.
 */
void mobility_port_table_release(mobility_port_table_t *table, uint16_t port,
								 uint64_t now)
{
	mobility_port_entry_t *entry = find(table, port);

	if (entry)
	{
		entry->users--;
		entry->left = now;
	}
}

/*
 * Described in header.
 */
uint16_t mobility_port_table_expire(mobility_port_table_t *table, uint64_t now)
{
	mobility_port_entry_t *entry;
	uint16_t port;
	u_int i;

	for (i = 0; i < table->count; i++)
	{
		entry = &table->entries[i];
		if (!entry->users && now >= entry->left + MOBILITY_PORT_LINGER)
		{
			port = entry->port;
			table->count--;
			memmove(entry, entry + 1, (table->count - i) * sizeof(*entry));
			return port;
		}
	}
	return 0;
}

/*
 * Described in header.
 */
uint64_t mobility_port_table_deadline(const mobility_port_table_t *table)
{
	const mobility_port_entry_t *entry;
	uint64_t deadline = 0, time;
	u_int i;

	for (i = 0; i < table->count; i++)
	{
		entry = &table->entries[i];
		time = entry->left + MOBILITY_PORT_LINGER;
		if (!entry->users && (!deadline || time < deadline))
		{
			deadline = time;
		}
	}
	return deadline;
}
