/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/path_update.h"
#include "net/clock.h"
#include "session/tally.h"

#include <time.h>

typedef struct private_mobility_path_update_t private_mobility_path_update_t;

/**
 * Private data of an address update.
 */
struct private_mobility_path_update_t {

	/**
	 * Public interface.
	 */
	mobility_exchange_t public;

	/**
	 * Course of the session.
	 */
	mobility_course_t *course;

	/**
	 * Sends requests again.
	 */
	mobility_retransmission_t *retransmission;

	/**
	 * Has CHILD_SAs use another path.
	 */
	mobility_handover_t *handover;

	/**
	 * Adds our other addresses to a request.
	 */
	mobility_additional_addresses_t *addresses;

	/**
	 * Measures a path that was moved to.
	 */
	mobility_pmtu_t *pmtu;
};

METHOD(mobility_exchange_t, build, void,
	private_mobility_path_update_t *this, message_t *message)
{
	mobility_path_history_t *records = this->course->candidates->records;
	mobility_path_t *path = mobility_heading_aim(&this->course->heading);
	mobility_record_t record = {};

	if (path)
	{
		records->get(records, path, mobility_now(), &record);
	}
	this->public.fake_nat = record.encapsulate;
	message->add_notify(message, FALSE, UPDATE_SA_ADDRESSES, chunk_empty);
	/* the peer knows the list of another path */
	this->addresses->exchange.build(&this->addresses->exchange, message);
}

/**
 * Check if the peer refuses addresses.
 */
static bool is_refused(message_t *answer, bool echoed)
{
	/* libreswan copies no COOKIE2 if it could not change the addresses */
	return !echoed || answer->get_notify(answer, UNACCEPTABLE_ADDRESSES) ||
		   answer->get_notify(answer, UNEXPECTED_NAT_DETECTED);
}

/**
 * Try another path than the one that the peer does not accept.
 */
static bool refused(private_mobility_path_update_t *this,
					const mobility_heading_answer_t *answer)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_path_history_t *records = candidates->records;
	mobility_candidate_t *best;
	uint64_t now = mobility_now();

	this->handover->end(this->handover);
	mobility_tally_count(MOBILITY_TALLY_REFUSED);
	DBG1(DBG_IKE, "mobility: %s: peer does not accept the path from %H to %H",
		 this->course->name, answer->local, answer->remote);
	if (answer->path)
	{
		records->failed(records, answer->path, MOBILITY_REFUSED_PENALTY, now);
	}
	best = candidates->get_best(candidates, now);
	return mobility_heading_refused(&this->course->heading,
							best && !best->aside ? best->path : NULL, now);
}

/**
 * The peer uses the path in use.
 */
static void confirmed(private_mobility_path_update_t *this)
{
	mobility_course_t *course = this->course;
	mobility_candidates_t *candidates = course->candidates;
	uint64_t now = mobility_now();
	mobility_move_t move;
	bool moved;

	/* UDP encapsulation may have changed with the NAT situation */
	course->ike_sa->update_hosts(course->ike_sa, NULL, NULL,
								 UPDATE_HOSTS_FORCE_CHILDREN);
	mobility_heading_stay(&course->heading);
	this->handover->confirmed(this->handover);
	if (course->heading.path)
	{
		candidates->remotes->know(candidates->remotes,
								  course->heading.path->remote);
		candidates->records->used(candidates->records, course->heading.path);
	}
	moved = mobility_progress_complete(&course->progress, course->heading.path,
									   now, time(NULL), &move);
	if (moved)
	{
		candidates->records->moved(candidates->records, &move);
		this->pmtu->moved(this->pmtu, now);
	}
	course->listener->confirmed(course->data, moved);
}

/**
 * Have the results of NAT detection.  Where a NAT was made up, and there is
 * none, it is there from now on: with keepalives, and for stock as well.
 */
static void apply_natd(private_mobility_path_update_t *this,
					   message_t *answer, ike_natd_t *natd)
{
	mobility_course_t *course = this->course;
	mobility_path_history_t *records = course->candidates->records;
	ike_sa_t *ike_sa = course->ike_sa;

	natd->task.process(&natd->task, answer);
	course->forced = this->public.fake_nat &&
					 answer->get_notify(answer, NAT_DETECTION_SOURCE_IP) &&
					 !ike_sa->has_condition(ike_sa, COND_NAT_HERE);
	if (course->forced)
	{
		ike_sa->set_condition(ike_sa, COND_NAT_HERE, TRUE);
	}
	else if (this->public.fake_nat && course->heading.path)
	{	/* it is encapsulated anyway, or the peer knows nothing of that */
		records->encapsulate(records, course->heading.path, FALSE);
	}
}

/**
 * The target answers tests, but not updates: it may lead through the tunnel
 * itself.  Nobody is to try that for ever, and people are told.
 */
static void fail(private_mobility_path_update_t *this)
{
	mobility_course_t *course = this->course;
	mobility_path_history_t *records = course->candidates->records;
	mobility_path_t *target = course->heading.target;
	char trigger[sizeof(((mobility_move_t*)0)->trigger)];
	uint64_t now = mobility_now();

	DBG1(DBG_IKE, "mobility: %s: move to %s from %H to %H was not confirmed, "
		 "staying", course->name, target->ifname, target->local,
		 target->remote);
	records->failed(records, target, course->penalty, now);
	snprintf(trigger, sizeof(trigger), "%s: move was not confirmed",
			 target->ifname);
	mobility_progress_cancel(&course->progress);
	mobility_progress_begin(&course->progress, trigger, target, now);
}

METHOD(mobility_exchange_t, answered, bool,
	private_mobility_path_update_t *this, message_t *message, bool echoed,
	ike_natd_t *natd)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_heading_t *heading = &this->course->heading;
	mobility_heading_answer_t answer = {
		.local = message->get_destination(message),
		.remote = message->get_source(message),
		.spread = this->retransmission->spread,
	};

	answer.path = candidates->find(candidates, answer.local, answer.remote);
	if (is_refused(message, echoed))
	{
		return refused(this, &answer);
	}
	if (mobility_heading_has_failed(heading, &answer))
	{
		fail(this);
	}
	if (mobility_heading_updated(heading, &answer) == MOBILITY_ANSWER_LEADS_ON)
	{	/* the results belong to a path that is not the one in use */
		this->handover->end(this->handover);
		return TRUE;
	}
	if (heading->target)
	{
		this->handover->use_target(this->handover);
	}
	if (natd)
	{
		apply_natd(this, message, natd);
	}
	confirmed(this);
	return FALSE;
}

/*
 * Described in header.
 */
mobility_exchange_t *mobility_path_update_create(mobility_course_t *course,
									mobility_retransmission_t *retransmission,
									mobility_handover_t *handover,
									mobility_additional_addresses_t *addresses,
									mobility_pmtu_t *pmtu)
{
	private_mobility_path_update_t *this;

	INIT(this,
		.public = {
			.cookie2 = TRUE,
			.detects_nat = (void*)return_true,
			.build = _build,
			.answered = _answered,
			.get_deadline = (void*)return_null,
			.tick = (void*)nop,
		},
		.course = course,
		.retransmission = retransmission,
		.handover = handover,
		.addresses = addresses,
		.pmtu = pmtu,
	);

	return &this->public;
}
