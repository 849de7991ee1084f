/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/retransmission.h"
#include "net/clock.h"
#include "net/neighbors.h"

/** Paths that a request is sent over at a time, those that rank first: to all
 * addresses of a peer over three uplinks. */
#define PROBES_MAX (3 * MOBILITY_MAX_REMOTES)

typedef struct private_mobility_retransmission_t
										private_mobility_retransmission_t;

/**
 * Private data of a mobility_retransmission_t object.
 */
struct private_mobility_retransmission_t {

	/**
	 * Public interface.
	 */
	mobility_retransmission_t public;

	/**
	 * Course of the session.
	 */
	mobility_course_t *course;

	/**
	 * Requests about next hops.
	 */
	mobility_rtnl_t *rtnl;

	/**
	 * What peers are busy with.
	 */
	mobility_peer_load_t *load;

	/**
	 * When the request in flight was sent first; and the same by a clock that
	 * does not count suspend, as no answer comes in then.
	 */
	uint64_t asked;
	timeval_t awake;

	/**
	 * It was sent by transmit().
	 */
	bool transmitted;

	/**
	 * It was sent again: which of its packets is answered is not known.
	 */
	bool repeated;
};

METHOD(mobility_retransmission_t, sent, void,
	private_mobility_retransmission_t *this, message_t *message)
{
	mobility_request_t *request = this->public.request;

	this->public.spread = FALSE;
	this->public.probed = FALSE;
	this->course->local_port.other = 0;
	this->repeated = FALSE;
	this->transmitted = FALSE;
	this->asked = mobility_now();
	mobility_hop_turns_begin(&this->public.turns, this->asked);
	time_monotonic(&this->awake);
	request->capture(request, this->course->ike_sa, message);
}

/**
 * Send the request from our current port, or another one.
 */
static void send_from(private_mobility_retransmission_t *this,
					  const mobility_path_t *path, uint16_t other_port)
{
	mobility_request_t *request = this->public.request;
	ike_sa_t *ike_sa = this->course->ike_sa;
	host_t *me;

	me = mobility_local_port_host(&this->course->local_port, path->local,
								  ike_sa);
	if (other_port)
	{
		me->set_port(me, other_port);
	}
	request->send(request, path, me, ike_sa->get_other_host(ike_sa));
	me->destroy(me);
}

/**
 * Send the request over a path.
 */
static void send_over(private_mobility_retransmission_t *this,
					  const mobility_path_t *path)
{
	mobility_candidates_t *candidates = this->course->candidates;

	candidates->pin(candidates, path);
	send_from(this, path, 0);
	if (!mobility_path_equals(path,
							  mobility_heading_aim(&this->course->heading)))
	{
		this->public.spread = TRUE;
	}
}

METHOD(mobility_retransmission_t, transmit, void,
	private_mobility_retransmission_t *this)
{
	mobility_heading_t *heading = &this->course->heading;
	mobility_request_t *request = this->public.request;
	mobility_path_t *path = mobility_heading_aim(heading);

	/* whoever calls this again, if the IKE_SA is not held, has it answered in
	 * whichever form */
	if (path && (request->count_first(request) ||
		!request->send_first(request, path, this->course->ike_sa)))
	{
		send_over(this, path);
		if (this->transmitted && heading->path &&
			!mobility_path_equals(path, heading->path))
		{	/* nor does anybody else try the path in use */
			send_over(this, heading->path);
		}
	}
	this->repeated |= this->transmitted;
	this->transmitted = TRUE;
}

METHOD(mobility_retransmission_t, redirect, void,
	private_mobility_retransmission_t *this, const mobility_path_t *path)
{
	this->public.spread = this->repeated = TRUE;
	send_over(this, path);
}

METHOD(mobility_retransmission_t, again, void,
	private_mobility_retransmission_t *this, const mobility_path_t *path)
{
	uint16_t other = this->course->local_port.other;

	if (path)
	{
		mobility_neighbors_ask_again(this->rtnl, path);
		this->repeated = TRUE;
		send_over(this, path);
		if (other)
		{
			send_from(this, path, other);
			this->public.spread = TRUE;
		}
	}
}

/**
 * Have packets of a path take another next hop, if there are several, as the one
 * that they took may lead nowhere: nothing tells over which of them an answer
 * came, so each gets some time.
 */
static void turn(private_mobility_retransmission_t *this,
				 const mobility_path_t *path, uint64_t now)
{
	mobility_candidates_t *candidates = this->course->candidates;

	if (candidates->turn(candidates, path))
	{	/* there may be another NAT on the way */
		this->public.spread = TRUE;
		mobility_hop_turns_next(&this->public.turns, now);
	}
}

METHOD(mobility_retransmission_t, insist, void,
	private_mobility_retransmission_t *this, const mobility_path_t *path)
{
	mobility_hop_turns_t *turns = &this->public.turns;
	uint64_t now = mobility_now();

	if (turns->doubtful && mobility_hop_turns_are_over(turns, now))
	{
		turn(this, path, now);
	}
	again(this, path);
}

/**
 * Tell of all paths that a request is to be sent over, and send it if there is one
 * to be sent; over other next hops if it is their turn.
 */
static void try_paths(private_mobility_retransmission_t *this, bool last_resort,
					  bool send, bool turns)
{
	mobility_candidates_t *candidates = this->course->candidates;
	uint64_t now = mobility_now();
	enumerator_t *enumerator;
	mobility_candidate_t *candidate;
	u_int i;

	enumerator = candidates->create_enumerator(candidates, now);
	for (i = 0;
		 i < PROBES_MAX && enumerator->enumerate(enumerator, &candidate); i++)
	{	/* the best one in any case */
		if (!i || last_resort ||
			mobility_path_equals(candidate->path, this->course->heading.path) ||
			candidate->preference != MOBILITY_LAST_RESORT)
		{
			if (turns)
			{
				turn(this, candidate->path, now);
			}
			if (send)
			{
				again(this, candidate->path);
			}
			else
			{
				candidates->pin(candidates, candidate->path);
			}
			this->course->listener->probed(this->course->data,
										   candidate->path);
		}
	}
	enumerator->destroy(enumerator);
}

METHOD(mobility_retransmission_t, probe, void,
	private_mobility_retransmission_t *this, bool last_resort)
{
	mobility_hop_turns_t *turns = &this->public.turns;
	bool before = this->public.probed || turns->doubtful;

	this->public.probed = TRUE;
	try_paths(this, last_resort, TRUE, before &&
			  mobility_hop_turns_are_over(turns, mobility_now()));
}

METHOD(mobility_retransmission_t, prepare, void,
	private_mobility_retransmission_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	enumerator_t *enumerator;
	mobility_candidate_t *candidate;

	enumerator = candidates->create_enumerator(candidates, mobility_now());
	while (enumerator->enumerate(enumerator, &candidate))
	{
		if (candidate->preference != MOBILITY_LAST_RESORT)
		{
			mobility_neighbors_ask(this->rtnl, candidate->path);
		}
	}
	enumerator->destroy(enumerator);
}

METHOD(mobility_retransmission_t, offer, void,
	private_mobility_retransmission_t *this, bool last_resort)
{
	try_paths(this, last_resort, FALSE, FALSE);
}

METHOD(mobility_retransmission_t, is_queued, bool,
	private_mobility_retransmission_t *this, uint64_t now)
{
	mobility_path_t *path = mobility_heading_aim(&this->course->heading);

	return path && this->load->is_before(this->load, path->local, path->remote,
										 this->asked, now);
}

/**
 * Get how long the answer to the request in flight took.
 */
static uint32_t get_rtt(private_mobility_retransmission_t *this)
{
	mobility_request_t *request = this->public.request;
	timeval_t now, diff;

	if (this->repeated || request->count_first(request) > 1)
	{
		return 0;
	}
	time_monotonic(&now);
	timersub(&now, &this->awake, &diff);
	return max(1, diff.tv_sec * 1000 + diff.tv_usec / 1000);
}

METHOD(mobility_retransmission_t, answered, void,
	private_mobility_retransmission_t *this, host_t *local, host_t *remote)
{
	this->public.rtt = get_rtt(this);
	mobility_hop_turns_answered(&this->public.turns, this->public.rtt,
								mobility_now());
	this->public.request->clear(this->public.request);
	this->load->answered(this->load, local, remote, this->asked,
						 mobility_now());
}

METHOD(mobility_retransmission_t, destroy, void,
	private_mobility_retransmission_t *this)
{
	this->public.request->destroy(this->public.request);
	free(this);
}

/*
 * Described in header.
 */
mobility_retransmission_t *mobility_retransmission_create(
											mobility_course_t *course,
											mobility_rtnl_t *rtnl,
											mobility_peer_load_t *load)
{
	private_mobility_retransmission_t *this;

	INIT(this,
		.public = {
			.request = mobility_request_create(),
			.sent = _sent,
			.transmit = _transmit,
			.redirect = _redirect,
			.again = _again,
			.insist = _insist,
			.probe = _probe,
			.prepare = _prepare,
			.offer = _offer,
			.is_queued = _is_queued,
			.answered = _answered,
			.destroy = _destroy,
		},
		.course = course,
		.rtnl = rtnl,
		.load = load,
	);

	return &this->public;
}
