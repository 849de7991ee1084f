/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "ike/port_table.h"

/** when it begins */
#define BEGIN 1000000ULL

/** random lives, events of each, sessions */
#define LIVES 1000
#define EVENTS 500
#define SESSIONS 12

/** what is tested */
static mobility_port_table_t table;

/** port that is opened next, current time */
static uint16_t next;
static uint64_t now;

static void setup(void)
{
	mobility_suite_setup();
	memset(&table, 0, sizeof(table));
	next = 40000;
	now = BEGIN;
}

/**
 * Get a port to try, which is opened if there is none
 */
static uint16_t get_spare(void)
{
	uint16_t port;

	port = mobility_port_table_spare(&table, now);
	if (!port)
	{
		port = next++;
		mobility_port_table_add(&table, port, now);
	}
	return port;
}

START_TEST(test_empty)
{
	ck_assert(!mobility_port_table_spare(&table, now));
	ck_assert(!mobility_port_table_hold(&table, 40000));
	mobility_port_table_release(&table, 40000, now);
	ck_assert(!mobility_port_table_expire(&table, now));
	ck_assert_uint_eq(mobility_port_table_deadline(&table), 0);
}
END_TEST

START_TEST(test_fresh)
{
	ck_assert_uint_eq(get_spare(), 40000);
	now += MOBILITY_PORT_FRESH - 1;
	ck_assert_uint_eq(get_spare(), 40000);
	now++;
	ck_assert_uint_eq(get_spare(), 40001);
	ck_assert_uint_eq(get_spare(), 40001);
}
END_TEST

START_TEST(test_linger)
{
	get_spare();
	ck_assert_uint_eq(mobility_port_table_deadline(&table),
					  now + MOBILITY_PORT_LINGER);
	/* asked for once more */
	now += 10;
	get_spare();
	now += MOBILITY_PORT_LINGER - 1;
	ck_assert_uint_eq(mobility_port_table_deadline(&table), now + 1);
	ck_assert(!mobility_port_table_expire(&table, now));
	now++;
	ck_assert_uint_eq(mobility_port_table_expire(&table, now), 40000);
	ck_assert(!mobility_port_table_expire(&table, now));
	ck_assert_uint_eq(table.count, 0);
}
END_TEST

START_TEST(test_used)
{
	get_spare();
	ck_assert(mobility_port_table_hold(&table, 40000));
	ck_assert(mobility_port_table_hold(&table, 40000));
	ck_assert(!mobility_port_table_hold(&table, 40001));
	ck_assert_uint_eq(mobility_port_table_deadline(&table), 0);
	now += 10 * MOBILITY_PORT_LINGER;
	ck_assert(!mobility_port_table_expire(&table, now));
	mobility_port_table_release(&table, 40000, now);
	now += 10 * MOBILITY_PORT_LINGER;
	ck_assert(!mobility_port_table_expire(&table, now));
	mobility_port_table_release(&table, 40000, now);
	ck_assert(!mobility_port_table_expire(&table, now));
	ck_assert_uint_eq(mobility_port_table_deadline(&table),
					  now + MOBILITY_PORT_LINGER);
	now += MOBILITY_PORT_LINGER;
	ck_assert_uint_eq(mobility_port_table_expire(&table, now), 40000);
}
END_TEST

START_TEST(test_full)
{
	int i;

	for (i = 0; i < MOBILITY_PORTS_MAX; i++)
	{
		ck_assert(mobility_port_table_hold(&table, get_spare()));
		now += MOBILITY_PORT_FRESH;
	}
	/* the newest one is what there is */
	ck_assert_uint_eq(get_spare(), 40000 + MOBILITY_PORTS_MAX - 1);
	now += MOBILITY_PORT_LINGER;
	/* one in the middle goes */
	mobility_port_table_release(&table, 40003, now);
	now += MOBILITY_PORT_LINGER;
	ck_assert_uint_eq(mobility_port_table_expire(&table, now), 40003);
	ck_assert(!mobility_port_table_hold(&table, 40003));
	ck_assert_uint_eq(get_spare(), 40000 + MOBILITY_PORTS_MAX);
	ck_assert(mobility_port_table_hold(&table, 40004));
	ck_assert(mobility_port_table_hold(&table, 40002));
}
END_TEST

/** ports that sessions use, 0 for none */
static uint16_t held[SESSIONS];

/**
 * Check if a port is used
 */
static bool is_held(uint16_t port)
{
	int i;

	for (i = 0; i < SESSIONS; i++)
	{
		if (held[i] == port)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Have a session do something
 */
static void happen(u_int session)
{
	uint16_t port;

	switch (rand() % 4)
	{
		case 0:
			/* what is answered may be used then */
			port = get_spare();
			mobility_assert(mobility_port_table_hold(&table, port));
			mobility_port_table_release(&table, held[session], now);
			held[session] = port;
			break;
		case 1:
			get_spare();
			break;
		case 2:
			mobility_port_table_release(&table, held[session], now);
			held[session] = 0;
			break;
		case 3:
			while ((port = mobility_port_table_expire(&table, now)))
			{
				mobility_assert(!is_held(port));
			}
			break;
	}
}

START_TEST(test_random)
{
	int i, j, k;

	for (i = 0; i < LIVES; i++)
	{
		memset(&table, 0, sizeof(table));
		memset(held, 0, sizeof(held));
		next = 40000;
		srand(i);
		for (j = 0; j < EVENTS; j++)
		{
			now += rand() % (MOBILITY_PORT_FRESH * (1 + i % 3));
			happen(rand() % SESSIONS);
			mobility_assert(table.count <= MOBILITY_PORTS_MAX);
			for (k = 0; k < SESSIONS; k++)
			{	/* what is used is there */
				if (held[k])
				{
					mobility_assert(mobility_port_table_hold(&table, held[k]));
					mobility_port_table_release(&table, held[k], now);
				}
			}
		}
		for (k = 0; k < SESSIONS; k++)
		{
			mobility_port_table_release(&table, held[k], now);
		}
		now += MOBILITY_PORT_LINGER;
		while (mobility_port_table_expire(&table, now));
		mobility_assert(!table.count);
		mobility_assert(!mobility_port_table_deadline(&table));
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("port table");

	tc = tcase_create("cases");
	tcase_add_checked_fixture(tc, setup, mobility_suite_teardown);
	tcase_add_test(tc, test_empty);
	tcase_add_test(tc, test_fresh);
	tcase_add_test(tc, test_linger);
	tcase_add_test(tc, test_used);
	tcase_add_test(tc, test_full);
	suite_add_tcase(s, tc);

	tc = tcase_create("random");
	tcase_add_checked_fixture(tc, setup, mobility_suite_teardown);
	tcase_add_test(tc, test_random);
	suite_add_tcase(s, tc);

	return s;
}
