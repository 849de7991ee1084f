/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/path_test.h"
#include "net/clock.h"

/** Interval between packets of a path test, in ms. */
#define TEST_INTERVAL 300

/** Packets of a path test before it counts as failed. */
#define TEST_ATTEMPTS 3

typedef struct private_mobility_path_test_t private_mobility_path_test_t;

/**
 * Private data of a mobility_path_test_t object.
 */
struct private_mobility_path_test_t {

	/**
	 * Public interface.
	 */
	mobility_path_test_t public;

	/**
	 * Course of the session.
	 */
	mobility_course_t *course;

	/**
	 * Sends requests again.
	 */
	mobility_retransmission_t *retransmission;

	/**
	 * Has packets arrive where the session moves to.
	 */
	mobility_handover_t *handover;

	/**
	 * When the next packet is sent.
	 */
	uint64_t next;

	/**
	 * Packets sent so far.
	 */
	u_int attempt;

	/**
	 * The test had to wait until the peer had answered others.
	 */
	bool queued;

	/**
	 * Take the path if the peer answers.
	 */
	bool moves;
};

METHOD(mobility_path_test_t, begin, void,
	private_mobility_path_test_t *this, const mobility_path_t *path,
	bool moves)
{
	mobility_heading_test(&this->course->heading, path);
	this->moves = moves;
	this->attempt = 1;
	this->queued = FALSE;
	this->next = mobility_now() + TEST_INTERVAL;
}

/**
 * The test is over.
 */
static void end_test(private_mobility_path_test_t *this, bool answered)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_heading_t *heading = &this->course->heading;
	mobility_path_t *path = mobility_path_clone(heading->target);

	mobility_heading_stay(heading);
	mobility_progress_cancel(&this->course->progress);
	candidates->unpin(candidates, heading->path, NULL);
	this->course->listener->tested(this->course->data, path, answered);
	mobility_path_destroy(path);
}

METHOD(mobility_path_test_t, cancel, void,
	private_mobility_path_test_t *this)
{
	if (this->course->heading.state == MOBILITY_TESTING)
	{
		end_test(this, FALSE);
	}
}

/**
 * The target works.  Returns TRUE if it is to be used.
 */
static bool succeed(private_mobility_path_test_t *this)
{
	mobility_path_history_t *records = this->course->candidates->records;
	mobility_heading_t *heading = &this->course->heading;

	records->answered(records, heading->target,
					  this->queued ? 0 : this->retransmission->rtt,
					  mobility_now());
	if (!this->moves)
	{
		end_test(this, TRUE);
		return FALSE;
	}
	mobility_heading_take(heading, heading->target, 0);
	this->handover->begin(this->handover);
	return TRUE;
}

/**
 * Have the next test of a path use another next hop, TRUE if there is one that was
 * not tested yet.
 */
static bool turn(private_mobility_path_test_t *this,
				 const mobility_path_t *path)
{
	mobility_candidates_t *candidates = this->course->candidates;

	if (!candidates->turn(candidates, path))
	{
		return FALSE;
	}
	path = candidates->find(candidates, path->local, path->remote);
	return path && path->hop;
}

/**
 * The target does not work: the request completes over the path in use.
 */
static void fail(private_mobility_path_test_t *this, bool denied)
{
	mobility_path_history_t *records = this->course->candidates->records;
	mobility_path_t *path = this->course->heading.target;
	mobility_request_t *request = this->retransmission->request;

	DBG1(DBG_IKE, "mobility: %s: no answer over %s from %H to %H, staying",
		 this->course->name, path->ifname, path->local, path->remote);
	if (!turn(this, path))
	{
		if (denied)
		{
			records->failed(records, path, MOBILITY_REFUSED_PENALTY,
							mobility_now());
		}
		else
		{
			records->unanswered(records, path, this->course->penalty,
								mobility_now());
		}
	}
	end_test(this, FALSE);
	if (request->in_flight(request))
	{
		this->retransmission->again(this->retransmission,
									this->course->heading.path);
	}
}

METHOD(mobility_exchange_t, answered, bool,
	private_mobility_path_test_t *this, message_t *message, bool echoed,
	ike_natd_t *natd)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_heading_t *heading = &this->course->heading;
	mobility_heading_answer_t answer = {
		.local = message->get_destination(message),
		.remote = message->get_source(message),
		.spread = this->retransmission->spread,
		.probed = this->retransmission->probed,
		.early = this->attempt < TEST_ATTEMPTS,
		.turned = this->retransmission->turns.turned,
	};

	switch (mobility_heading_tested(heading, &answer))
	{
		case MOBILITY_ANSWER_PROVES:
			return succeed(this);
		case MOBILITY_ANSWER_DENIES:
			fail(this, TRUE);
			break;
		default:
			cancel(this);
			break;
	}
	answer.path = candidates->find(candidates, answer.local, answer.remote);
	return mobility_heading_follow(heading, &answer);
}

METHOD(mobility_exchange_t, get_deadline, uint64_t,
	private_mobility_path_test_t *this)
{
	return this->course->heading.state == MOBILITY_TESTING ? this->next : 0;
}

METHOD(mobility_exchange_t, tick, void,
	private_mobility_path_test_t *this, uint64_t now)
{
	mobility_retransmission_t *retransmission = this->retransmission;

	if (this->course->heading.state != MOBILITY_TESTING || now < this->next)
	{
		return;
	}
	if (retransmission->is_queued(retransmission, now))
	{
		this->next = now + TEST_INTERVAL;
		this->queued = TRUE;
	}
	else if (this->attempt < TEST_ATTEMPTS)
	{
		this->attempt++;
		this->next = now + TEST_INTERVAL;
		retransmission->again(retransmission, this->course->heading.target);
	}
	else
	{
		fail(this, FALSE);
	}
}

/*
 * Described in header.
 */
mobility_path_test_t *mobility_path_test_create(mobility_course_t *course,
									mobility_retransmission_t *retransmission,
									mobility_handover_t *handover)
{
	private_mobility_path_test_t *this;

	INIT(this,
		.public = {
			.exchange = {
				.cookie2 = TRUE,
				.detects_nat = (void*)return_false,
				.build = (void*)nop,
				.answered = _answered,
				.get_deadline = _get_deadline,
				.tick = _tick,
			},
			.begin = _begin,
			.cancel = _cancel,
		},
		.course = course,
		.retransmission = retransmission,
		.handover = handover,
	);

	return &this->public;
}
