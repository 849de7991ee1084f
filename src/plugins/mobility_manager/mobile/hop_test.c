/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/hop_test.h"
#include "mobile/hop_trial.h"
#include "net/clock.h"

/** Interval between packets, in ms. */
#define TEST_INTERVAL 300

/** Packets before the test counts as failed. */
#define TEST_ATTEMPTS 3

typedef struct private_mobility_hop_test_t private_mobility_hop_test_t;

/**
 * Private data of a mobility_hop_test_t object.
 */
struct private_mobility_hop_test_t {

	/**
	 * Public interface.
	 */
	mobility_hop_test_t public;

	/**
	 * Course of the session.
	 */
	mobility_course_t *course;

	/**
	 * Sends requests again.
	 */
	mobility_retransmission_t *retransmission;

	/**
	 * When to test.
	 */
	mobility_hop_trial_t trial;

	/**
	 * A test is under way.
	 */
	bool testing;

	/**
	 * When the next packet is sent.
	 */
	uint64_t next;

	/**
	 * Packets sent so far.
	 */
	u_int attempt;
};

/**
 * Check if there is nothing left that could be answered.
 */
static bool is_over(private_mobility_hop_test_t *this)
{
	mobility_request_t *request = this->retransmission->request;

	return !request->in_flight(request) || request->get_both(request) ||
		   this->course->heading.state != MOBILITY_STAYING;
}

/**
 * The test is over.
 */
static void end(private_mobility_hop_test_t *this, bool answered)
{
	mobility_candidates_t *candidates = this->course->candidates;

	this->testing = FALSE;
	candidates->unmark(candidates);
	mobility_hop_trial_tested(&this->trial, answered, this->course->penalty,
							  mobility_now());
}

METHOD(mobility_hop_test_t, begin, bool,
	private_mobility_hop_test_t *this, uint64_t now)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_path_t *hop = this->course->hop;

	if (this->testing || !this->course->prefers || this->course->forced ||
		!mobility_hop_trial_is_due(&this->trial, hop, now))
	{
		return FALSE;
	}
	this->testing = candidates->mark(candidates, hop);
	if (!this->testing)
	{
		mobility_hop_trial_tested(&this->trial, FALSE, this->course->penalty,
								  now);
	}
	this->attempt = 1;
	this->next = now + TEST_INTERVAL;
	return this->testing;
}

METHOD(mobility_exchange_t, build, void,
	private_mobility_hop_test_t *this, message_t *message)
{
	mobility_request_t *request = this->retransmission->request;
	ike_sa_t *ike_sa = this->course->ike_sa;
	packet_t *packet;

	/* by ourselves, to be the first to say how it is sent */
	if (ike_sa->generate_message(ike_sa, message, &packet) == SUCCESS)
	{
		packet->destroy(packet);
		request->begin_with(request, MOBILITY_REQUEST_MARKED);
	}
}

/**
 * The peer answers over the next hop: have all packets take it.  There may be
 * another NAT, so an update has to follow.
 */
static bool take(private_mobility_hop_test_t *this)
{
	mobility_course_t *course = this->course;
	mobility_candidates_t *candidates = course->candidates;
	mobility_heading_t *heading = &course->heading;
	char trigger[sizeof(((mobility_move_t*)0)->trigger)];
	mobility_path_t *hop = course->hop;
	mobility_path_id_t id = mobility_path_get_id(hop);

	course->hop = NULL;
	mobility_course_look(course);
	/* meanwhile it may be gone, or there is one that is preferred to it */
	if (!hop || !mobility_ip_equals(&id.gateway, &this->trial.gateway) ||
		!candidates->take(candidates, hop))
	{
		mobility_path_destroy(hop);
		return FALSE;
	}
	snprintf(trigger, sizeof(trigger), "%s: next hop %H is preferred",
			 hop->ifname, hop->gateway);
	mobility_progress_renew(&course->progress, trigger, heading->path,
							mobility_now());
	mobility_heading_use(heading, hop);
	mobility_heading_take(heading, hop, 0);
	return TRUE;
}

METHOD(mobility_exchange_t, answered, bool,
	private_mobility_hop_test_t *this, message_t *message, bool echoed,
	ike_natd_t *natd)
{
	mobility_request_t *request = this->retransmission->request;
	mobility_heading_t *heading = &this->course->heading;
	bool proven = this->testing && !request->get_both(request) &&
				  heading->state == MOBILITY_STAYING &&
				  mobility_path_has(heading->path,
									message->get_destination(message),
									message->get_source(message));

	if (this->testing)
	{
		end(this, proven);
	}
	return proven && take(this);
}

METHOD(mobility_exchange_t, get_deadline, uint64_t,
	private_mobility_hop_test_t *this)
{
	if (this->testing)
	{
		return this->next;
	}
	/* what is due already waits for the IKE_SA, not for the clock */
	return this->course->hop && this->trial.next > mobility_now() ?
													this->trial.next : 0;
}

METHOD(mobility_exchange_t, tick, void,
	private_mobility_hop_test_t *this, uint64_t now)
{
	mobility_retransmission_t *retransmission = this->retransmission;
	mobility_request_t *request = retransmission->request;
	mobility_path_t *path = this->course->heading.path;

	if (!this->testing || now < this->next)
	{
		return;
	}
	this->next = now + TEST_INTERVAL;
	if (is_over(this))
	{
		end(this, FALSE);
	}
	else if (retransmission->is_queued(retransmission, now))
	{
		return;
	}
	else if (this->attempt < TEST_ATTEMPTS)
	{
		this->attempt++;
		request->send_first(request, path, this->course->ike_sa);
	}
	else
	{
		DBG1(DBG_IKE, "mobility: %s: no answer over another next hop of %s, "
			 "staying", this->course->name, path->ifname);
		end(this, FALSE);
		retransmission->again(retransmission, path);
	}
}

/*
 * Described in header.
 */
mobility_hop_test_t *mobility_hop_test_create(mobility_course_t *course,
									mobility_retransmission_t *retransmission)
{
	private_mobility_hop_test_t *this;

	INIT(this,
		.public = {
			.exchange = {
				.detects_nat = (void*)return_false,
				.build = _build,
				.answered = _answered,
				.get_deadline = _get_deadline,
				.tick = _tick,
			},
			.begin = _begin,
		},
		.course = course,
		.retransmission = retransmission,
	);

	return &this->public;
}
