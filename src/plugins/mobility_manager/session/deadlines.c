/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/deadlines.h"

typedef struct private_mobility_deadlines_t private_mobility_deadlines_t;

/**
 * Private data of a mobility_deadlines_t object.
 */
struct private_mobility_deadlines_t {

	/**
	 * Public interface.
	 */
	mobility_deadlines_t public;

	/**
	 * Heap of those that are set.  That at place N is not later than those at
	 * 2 * N and 2 * N + 1, there is none at 0.
	 */
	mobility_deadline_t **heap;

	/**
	 * Number of those that are set.
	 */
	u_int count;

	/**
	 * How many places there are.
	 */
	u_int size;
};

/**
 * Put a deadline at a place, if none there has to be before it.
 */
static void put(private_mobility_deadlines_t *this, u_int place,
				mobility_deadline_t *deadline)
{
	this->heap[place] = deadline;
	deadline->place = place;
}

/**
 * Put a deadline at a place, or before others from there on.
 */
static void put_upwards(private_mobility_deadlines_t *this, u_int place,
						mobility_deadline_t *deadline)
{
	while (place > 1 && this->heap[place / 2]->when > deadline->when)
	{
		put(this, place, this->heap[place / 2]);
		place /= 2;
	}
	put(this, place, deadline);
}

/**
 * Put a deadline at a place, or behind others from there on.
 */
static void put_downwards(private_mobility_deadlines_t *this, u_int place,
						  mobility_deadline_t *deadline)
{
	u_int next;

	while ((next = 2 * place) <= this->count)
	{
		if (next < this->count &&
			this->heap[next + 1]->when < this->heap[next]->when)
		{
			next++;
		}
		if (this->heap[next]->when >= deadline->when)
		{
			break;
		}
		put(this, place, this->heap[next]);
		place = next;
	}
	put(this, place, deadline);
}

/**
 * Take a deadline out, the last one gets its place.
 */
static void take(private_mobility_deadlines_t *this,
				 mobility_deadline_t *deadline)
{
	mobility_deadline_t *last = this->heap[this->count--];
	u_int place = deadline->place;

	if (last != deadline)
	{
		put_downwards(this, place, last);
		put_upwards(this, last->place, last);
	}
	deadline->place = 0;
}

METHOD(mobility_deadlines_t, set, void,
	private_mobility_deadlines_t *this, mobility_deadline_t *deadline,
	uint64_t when)
{
	if (deadline->place)
	{
		take(this, deadline);
	}
	deadline->when = when;
	if (when)
	{
		if (++this->count >= this->size)
		{
			this->size = max(8, 2 * this->size);
			this->heap = realloc(this->heap,
								 this->size * sizeof(*this->heap));
		}
		put_upwards(this, this->count, deadline);
	}
}

METHOD(mobility_deadlines_t, get_first, mobility_deadline_t*,
	private_mobility_deadlines_t *this)
{
	return this->count ? this->heap[1] : NULL;
}

METHOD(mobility_deadlines_t, destroy, void,
	private_mobility_deadlines_t *this)
{
	free(this->heap);
	free(this);
}

/*
 * Described in header.
 */
mobility_deadlines_t *mobility_deadlines_create()
{
	private_mobility_deadlines_t *this;

	INIT(this,
		.public = {
			.set = _set,
			.get_first = _get_first,
			.destroy = _destroy,
		},
	);
	return &this->public;
}
