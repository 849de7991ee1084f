/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/follow.h"

/*
 * Described in header.
 */
bool mobility_follow_has_left(const mobility_follow_t *this, host_t *host,
							  uint64_t now)
{
	int i;

	for (i = 0; i < MOBILITY_MAX_LEFT; i++)
	{
		if (this->left[i].host && now < this->left[i].until &&
			host->equals(host, this->left[i].host))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
void mobility_follow_note_move(mobility_follow_t *this, host_t *old,
							   host_t *new, uint64_t now)
{
	int i;

	for (i = 0; i < MOBILITY_MAX_LEFT; i++)
	{
		if (this->left[i].host && new->equals(new, this->left[i].host))
		{
			this->left[i].host->destroy(this->left[i].host);
			this->left[i].host = NULL;
		}
	}
	DESTROY_IF(this->left[this->next].host);
	this->left[this->next].host = old;
	this->left[this->next].until = now + MOBILITY_LEFT_TIME;
	this->next = (this->next + 1) % MOBILITY_MAX_LEFT;
}

/*
 * Described in header.
 */
void mobility_follow_clear(mobility_follow_t *this)
{
	int i;

	for (i = 0; i < MOBILITY_MAX_LEFT; i++)
	{
		DESTROY_IF(this->left[i].host);
		this->left[i].host = NULL;
	}
}
