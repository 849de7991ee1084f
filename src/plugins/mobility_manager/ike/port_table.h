/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_port_table mobility_port_table
 * @{ @ingroup mobility_manager
 *
 * Which local UDP ports of our own there are, beside those of charon, and how long
 * they stay.  Pure: no I/O, no clock of its own; all times are milliseconds of one
 * clock.
 *
 * NATs on the way keep what they know of a port for as long as somebody sends from
 * it, even if that leads nowhere anymore.  So one that is to be tried has to be
 * fresh, whoever asks for it.  One that somebody uses stays, others for as long as
 * answers may come.
 */

#ifndef MOBILITY_PORT_TABLE_H_
#define MOBILITY_PORT_TABLE_H_

#include <library.h>

/** Ports at most. */
#define MOBILITY_PORTS_MAX 8

/** How long a port is fresh, in ms. */
#define MOBILITY_PORT_FRESH 5000

/** How long a port stays that nobody uses (anymore), in ms. */
#define MOBILITY_PORT_LINGER 15000

typedef struct mobility_port_entry_t mobility_port_entry_t;
typedef struct mobility_port_table_t mobility_port_table_t;

/**
 * A port.
 */
struct mobility_port_entry_t {
	/** the port, not 0 */
	uint16_t port;
	/** number of those who use it */
	u_int users;
	/** when it was added */
	uint64_t added;
	/** when somebody asked for it last, or used it no longer */
	uint64_t left;
};

/**
 * The ports there are, the newest one last; all zero at the start.
 */
struct mobility_port_table_t {
	/** ports */
	mobility_port_entry_t entries[MOBILITY_PORTS_MAX];
	/** number of these */
	u_int count;
};

/**
 * Get a port to try: a fresh one, or if there are as many as there may be the
 * newest one.
 *
 * @param table			table
 * @param now			current time
 * @return				port, 0 if one is to be added
 */
uint16_t mobility_port_table_spare(mobility_port_table_t *table, uint64_t now);

/**
 * There is a new port, after mobility_port_table_spare() has asked for it.
 *
 * @param table			table
 * @param port			port, not in the table
 * @param now			current time
 */
void mobility_port_table_add(mobility_port_table_t *table, uint16_t port,
							 uint64_t now);

/**
 * Somebody (else) uses a port.
 *
 * @param table			table
 * @param port			port
 * @return				FALSE if it is not in the table
 */
bool mobility_port_table_hold(mobility_port_table_t *table, uint16_t port);

/**
 * Somebody uses a port no longer.
 *
 * @param table			table
 * @param port			port, nothing happens if it is not in the table
 * @param now			current time
 */
void mobility_port_table_release(mobility_port_table_t *table, uint16_t port,
								 uint64_t now);

/**
 * Remove a port that nobody needs anymore.
 *
 * @param table			table
 * @param now			current time
 * @return				port to close, 0 if there is none
 */
uint16_t mobility_port_table_expire(mobility_port_table_t *table, uint64_t now);

/**
 * Get the time at which the next port may be removed.
 *
 * @param table			table
 * @return				time, 0 if all are used
 */
uint64_t mobility_port_table_deadline(const mobility_port_table_t *table);

#endif /** MOBILITY_PORT_TABLE_H_ @}*/
