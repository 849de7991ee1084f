/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/handover.h"
#include "ike/request.h"
#include "net/clock.h"

/** Time that packets are accepted over a path that is about to be used, at most,
 * and over one that was left, in ms: that long there are two replay windows. */
#define LINGER_TIME 2000

typedef struct private_mobility_handover_t private_mobility_handover_t;

/**
 * Private data of a mobility_handover_t object.
 */
struct private_mobility_handover_t {

	/**
	 * Public interface.
	 */
	mobility_handover_t public;

	/**
	 * Course of the session.
	 */
	mobility_course_t *course;

	/**
	 * Moves CHILD_SAs, or NULL.
	 */
	mobility_child_update_t *child_update;

	/**
	 * SAs that accept packets at the address that is going to be used, or was
	 * used before, mobility_sa_id_t; NULL if none do.
	 */
	array_t *copies;

	/**
	 * Until when packets are accepted over a path that is not in use, 0 if they
	 * are not.
	 */
	uint64_t linger;
};

/**
 * Have copies, if there are any, live for a while from now on, however long the
 * peer may take.
 */
static void linger(private_mobility_handover_t *this, uint64_t time)
{
	if (this->copies)
	{
		this->linger = mobility_now() + time;
	}
}

METHOD(mobility_handover_t, begin, void,
	private_mobility_handover_t *this)
{
	mobility_heading_t *heading = &this->course->heading;
	host_t *local = heading->target->local;

	if (this->child_update && heading->path && local->get_family(local) ==
				heading->path->local->get_family(heading->path->local))
	{
		this->child_update->accept(this->child_update, this->course->ike_sa,
								   local, &this->copies);
	}
	linger(this, LINGER_TIME);
}

/**
 * Give the IKE_SA and its CHILD_SAs other addresses.
 */
static void update_hosts(private_mobility_handover_t *this, host_t *local,
						 host_t *remote)
{
	ike_sa_t *ike_sa = this->course->ike_sa;

	if (this->child_update)
	{
		this->child_update->update(this->child_update, ike_sa,
								   ike_sa->update_hosts, local, remote,
								   UPDATE_HOSTS_FORCE_ALL, this->copies);
	}
	else
	{
		ike_sa->update_hosts(ike_sa, local, remote, UPDATE_HOSTS_FORCE_ALL);
	}
}

METHOD(mobility_handover_t, use_target, void,
	private_mobility_handover_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_path_t *path = this->course->heading.target;
	ike_sa_t *ike_sa = this->course->ike_sa;
	host_t *me, *other, *local, *remote;

	me = ike_sa->get_my_host(ike_sa);
	other = ike_sa->get_other_host(ike_sa);
	local = mobility_local_port_host(&this->course->local_port, path->local,
									 ike_sa);
	remote = mobility_request_host(path->remote, other);
	if (!local->equals(local, me) || !remote->equals(remote, other))
	{
		candidates->pin(candidates, path);
		update_hosts(this, local, remote);
	}
	else if (this->child_update && this->course->heading.path &&
			 this->course->heading.path->ifindex != path->ifindex)
	{	/* a dock, or a bridge, has taken over the address */
		this->child_update->follow(this->child_update, ike_sa, path);
	}
	local->destroy(local);
	remote->destroy(remote);
	mobility_local_port_taken(&this->course->local_port);
	mobility_heading_use(&this->course->heading, mobility_path_clone(path));
}

METHOD(mobility_handover_t, confirmed, void,
	private_mobility_handover_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;

	linger(this, LINGER_TIME);
	candidates->unpin(candidates, this->course->heading.path,
					  this->linger ? this->course->progress.origin : NULL);
}

METHOD(mobility_handover_t, end, void,
	private_mobility_handover_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_heading_t *heading = &this->course->heading;

	if (this->copies)
	{
		this->child_update->drop(this->child_update, &this->copies);
	}
	if (this->linger)
	{
		this->linger = 0;
		candidates->unpin(candidates, heading->path, heading->target);
	}
}

METHOD(mobility_handover_t, expire, void,
	private_mobility_handover_t *this)
{
	linger(this, 0);
}

METHOD(mobility_handover_t, get_deadline, uint64_t,
	private_mobility_handover_t *this)
{
	return this->linger;
}

METHOD(mobility_handover_t, tick, void,
	private_mobility_handover_t *this, uint64_t now)
{
	if (this->linger && now >= this->linger)
	{
		end(this);
	}
}

METHOD(mobility_handover_t, destroy, void,
	private_mobility_handover_t *this)
{
	end(this);
	free(this);
}

/*
 * Described in header.
 */
mobility_handover_t *mobility_handover_create(mobility_course_t *course,
										mobility_child_update_t *child_update)
{
	private_mobility_handover_t *this;

	INIT(this,
		.public = {
			.begin = _begin,
			.use_target = _use_target,
			.confirmed = _confirmed,
			.end = _end,
			.expire = _expire,
			.get_deadline = _get_deadline,
			.tick = _tick,
			.destroy = _destroy,
		},
		.course = course,
		.child_update = child_update,
	);

	return &this->public;
}
