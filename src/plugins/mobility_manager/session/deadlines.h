/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_deadlines mobility_deadlines
 * @{ @ingroup mobility_manager
 *
 * Pure: who wants to be woken when.  A heap: the first of any number is known, and
 * to change one takes as many steps as that number has bits.
 */

#ifndef MOBILITY_DEADLINES_H_
#define MOBILITY_DEADLINES_H_

#include <library.h>

typedef struct mobility_deadlines_t mobility_deadlines_t;
typedef struct mobility_deadline_t mobility_deadline_t;

/**
 * A deadline, part of whoever has it.  All zero at the start; must not go while it
 * is set.
 */
struct mobility_deadline_t {

	/**
	 * Time as of mobility_now(), 0 if it is not set.  Read only.
	 */
	uint64_t when;

	/**
	 * Its place in the heap, 0 if it has none.
	 */
	u_int place;
};

/**
 * Deadlines.  Not thread-safe.
 */
struct mobility_deadlines_t {

	/**
	 * Set a deadline.
	 *
	 * @param deadline	deadline
	 * @param when		time as of mobility_now(), 0 for never
	 */
	void (*set)(mobility_deadlines_t *this, mobility_deadline_t *deadline,
				uint64_t when);

	/**
	 * Get the earliest deadline.
	 *
	 * @return			deadline, NULL if none is set
	 */
	mobility_deadline_t *(*get_first)(mobility_deadlines_t *this);

	/**
	 * Destroy a mobility_deadlines_t, deadlines stay as they are.
	 */
	void (*destroy)(mobility_deadlines_t *this);
};

/**
 * Create an instance without any deadline.
 *
 * @return				instance
 */
mobility_deadlines_t *mobility_deadlines_create();

#endif /** MOBILITY_DEADLINES_H_ @}*/
