/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/peer_load.h"
#include "net/netlink.h"

#include <threading/mutex.h>

typedef struct private_mobility_peer_load_t private_mobility_peer_load_t;

/**
 * Answers over a path.
 */
typedef struct {
	/** our address */
	mobility_ip_t local;
	/** address of the peer */
	mobility_ip_t remote;
	/** when the last requests that were answered had been sent */
	uint64_t asked[MOBILITY_BACKLOG_ANSWERS];
	/** when they were answered */
	uint64_t answered[MOBILITY_BACKLOG_ANSWERS];
	/** number of answers so far, the next one replaces the oldest */
	u_int count;
	/** when the last one came, 0 if unused */
	uint64_t last;
} answers_t;

/**
 * Private data of a mobility_peer_load_t object.
 */
struct private_mobility_peer_load_t {

	/**
	 * Public interface.
	 */
	mobility_peer_load_t public;

	/**
	 * Paths.
	 */
	answers_t paths[MOBILITY_BACKLOG_PATHS];

	/**
	 * Locks them.
	 */
	mutex_t *mutex;
};

/**
 * Find the answers over a path, NULL if there were none.
 */
static answers_t *find(private_mobility_peer_load_t *this,
					   const mobility_ip_t *local, const mobility_ip_t *remote)
{
	answers_t *path;
	u_int i;

	for (i = 0; i < countof(this->paths); i++)
	{
		path = &this->paths[i];
		if (path->count && mobility_ip_equals(&path->local, local) &&
			mobility_ip_equals(&path->remote, remote))
		{
			return path;
		}
	}
	return NULL;
}

/**
 * Get the path that had no answer for the longest time, for another one.
 */
static answers_t *replace(private_mobility_peer_load_t *this)
{
	answers_t *oldest = this->paths;
	u_int i;

	for (i = 1; i < countof(this->paths); i++)
	{
		if (this->paths[i].last < oldest->last)
		{
			oldest = &this->paths[i];
		}
	}
	memset(oldest, 0, sizeof(*oldest));
	return oldest;
}

METHOD(mobility_peer_load_t, answered, void,
	private_mobility_peer_load_t *this, host_t *local, host_t *remote,
	uint64_t asked, uint64_t now)
{
	mobility_ip_t from = mobility_ip_from_host(local);
	mobility_ip_t to = mobility_ip_from_host(remote);
	answers_t *path;
	u_int i;

	this->mutex->lock(this->mutex);
	path = find(this, &from, &to);
	if (!path)
	{
		path = replace(this);
		path->local = from;
		path->remote = to;
	}
	i = path->count++ % MOBILITY_BACKLOG_ANSWERS;
	path->asked[i] = asked;
	path->answered[i] = path->last = now;
	this->mutex->unlock(this->mutex);
}

/**
 * Check if a path has as many recent answers as a backlog has, and most of them
 * to requests that are not later than one.
 */
static bool has_backlog(const answers_t *path, uint64_t asked, uint64_t now)
{
	u_int i, later = 0;

	if (path->count < MOBILITY_BACKLOG_ANSWERS)
	{
		return FALSE;
	}
	for (i = 0; i < MOBILITY_BACKLOG_ANSWERS; i++)
	{
		if (path->answered[i] + MOBILITY_BACKLOG_TIME < now)
		{
			return FALSE;
		}
		if (path->asked[i] > asked)
		{
			later++;
		}
	}
	return later <= MOBILITY_BACKLOG_ANSWERS / 2;
}

METHOD(mobility_peer_load_t, is_before, bool,
	private_mobility_peer_load_t *this, host_t *local, host_t *remote,
	uint64_t asked, uint64_t now)
{
	mobility_ip_t from = mobility_ip_from_host(local);
	mobility_ip_t to = mobility_ip_from_host(remote);
	answers_t *path;
	bool before;

	this->mutex->lock(this->mutex);
	path = find(this, &from, &to);
	before = path && has_backlog(path, asked, now);
	this->mutex->unlock(this->mutex);
	return before;
}

METHOD(mobility_peer_load_t, is_busy, bool,
	private_mobility_peer_load_t *this, host_t *local, host_t *remote,
	uint64_t now)
{
	mobility_ip_t from = mobility_ip_from_host(local);
	mobility_ip_t to = mobility_ip_from_host(remote);
	answers_t *path;
	u_int i, recent = 0;

	this->mutex->lock(this->mutex);
	path = find(this, &from, &to);
	for (i = 0; path && i < min(path->count, MOBILITY_BACKLOG_ANSWERS); i++)
	{
		if (path->answered[i] + MOBILITY_BACKLOG_BUSY_TIME >= now)
		{
			recent++;
		}
	}
	this->mutex->unlock(this->mutex);
	return recent >= MOBILITY_BACKLOG_BUSY_ANSWERS;
}

METHOD(mobility_peer_load_t, destroy, void,
	private_mobility_peer_load_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_peer_load_t *mobility_peer_load_create()
{
	private_mobility_peer_load_t *this;

	INIT(this,
		.public = {
			.answered = _answered,
			.is_before = _is_before,
			.is_busy = _is_busy,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
