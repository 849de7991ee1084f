/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/mover.h"
#include "mobile/additional_addresses.h"
#include "mobile/dpd.h"
#include "mobile/handover.h"
#include "mobile/hop_test.h"
#include "mobile/path_test.h"
#include "mobile/path_update.h"
#include "mobile/pmtu.h"
#include "net/clock.h"

typedef struct private_mobility_mover_t private_mobility_mover_t;

/**
 * Private data of a mobility_mover_t object.
 */
struct private_mobility_mover_t {

	/**
	 * Public interface.
	 */
	mobility_mover_t public;

	/**
	 * Has CHILD_SAs use another path.
	 */
	mobility_handover_t *handover;

	/**
	 * Tests a path.
	 */
	mobility_path_test_t *test;

	/**
	 * Tests a next hop.
	 */
	mobility_hop_test_t *hop_test;

	/**
	 * Updates addresses.
	 */
	mobility_exchange_t *update;

	/**
	 * Tells the peer our other addresses.
	 */
	mobility_additional_addresses_t *addresses;

	/**
	 * Measures the path in use.
	 */
	mobility_pmtu_t *pmtu;

	/**
	 * Dead peer detection.
	 */
	mobility_exchange_t *dpd;

	/**
	 * All of these, owned.
	 */
	mobility_exchange_t *exchanges[6];
};

/**
 * Begin an exchange as soon as the task manager may.
 */
static void queue(private_mobility_mover_t *this, mobility_exchange_t *exchange)
{
	ike_sa_t *ike_sa = this->public.course.ike_sa;
	mobility_task_t *task;

	task = mobility_task_create(ike_sa, &this->public.owner, exchange);
	ike_sa->queue_task(ike_sa, &task->mobike.task);
}

/**
 * Begin an exchange now.
 */
static status_t initiate(private_mobility_mover_t *this,
						 mobility_exchange_t *exchange)
{
	ike_sa_t *ike_sa = this->public.course.ike_sa;

	queue(this, exchange);
	return ike_sa->initiate(ike_sa, NULL, NULL);
}

/**
 * Check if a MOBIKE task is queued, ours or stock's.
 */
static bool is_queued(private_mobility_mover_t *this)
{
	mobility_task_t *task;

	return mobility_task_find(this->public.course.ike_sa, TASK_QUEUE_QUEUED,
							  &task);
}

/**
 * Check if a request is in flight.
 */
static bool in_flight(private_mobility_mover_t *this)
{
	mobility_request_t *request = this->public.retransmission->request;

	return request->in_flight(request);
}

/**
 * Make sure an address update to the target is queued or in flight.
 */
static void queue_update(private_mobility_mover_t *this)
{
	ike_sa_t *ike_sa = this->public.course.ike_sa;
	mobility_task_t *task;

	if (mobility_task_find(ike_sa, TASK_QUEUE_QUEUED, &task) ||
		mobility_task_find(ike_sa, TASK_QUEUE_ACTIVE, &task))
	{
		if (task)
		{
			task->update(task);
		}
		/* else it is stock's, ours must not meet it: we come back when that
		 * is answered, or when the next attempt is due */
		return;
	}
	queue(this, this->update);
}

METHOD(mobility_mover_t, probe, status_t,
	private_mobility_mover_t *this, bool last_resort)
{
	mobility_retransmission_t *retransmission = this->public.retransmission;
	mobility_course_t *course = &this->public.course;
	mobility_heading_t *heading = &course->heading;
	mobility_candidate_t *best;
	uint64_t now = mobility_now();

	if (in_flight(this))
	{
		switch (mobility_heading_attempt(heading,
							retransmission->is_queued(retransmission, now)))
		{
			case MOBILITY_SEND_TARGET:
				retransmission->insist(retransmission, heading->target);
				break;
			case MOBILITY_SEND_ALL:
				retransmission->probe(retransmission, last_resort);
				break;
			case MOBILITY_SEND_NONE:
				break;
		}
		return SUCCESS;
	}
	best = course->candidates->get_best(course->candidates, now);
	if (!best || now < heading->hold_off)
	{
		return SUCCESS;
	}
	mobility_heading_take(heading, best->path, 0);
	queue_update(this);
	return course->ike_sa->initiate(course->ike_sa, NULL, NULL);
}

METHOD(mobility_mover_t, move, status_t,
	private_mobility_mover_t *this)
{
	mobility_retransmission_t *retransmission = this->public.retransmission;
	mobility_course_t *course = &this->public.course;
	uint64_t now = mobility_now();
	mobility_candidate_t *best;
	status_t status;

	best = course->candidates->get_best(course->candidates, now);
	if (!best)
	{
		return SUCCESS;
	}
	this->handover->end(this->handover);
	mobility_heading_take(&course->heading, best->path,
						  MOBILITY_EARLY_ATTEMPTS);
	this->pmtu->repeat(this->pmtu, now);
	course->candidates->pin(course->candidates, best->path);
	if (in_flight(this))
	{	/* whatever it is, it was built for another path */
		retransmission->redirect(retransmission, best->path);
	}
	queue_update(this);
	status = course->ike_sa->initiate(course->ike_sa, NULL, NULL);
	if (status != DESTROY_ME)
	{
		this->handover->use_target(this->handover);
	}
	return status;
}

METHOD(mobility_mover_t, settle, status_t,
	private_mobility_mover_t *this, bool lost)
{
	mobility_course_t *course = &this->public.course;

	if (course->heading.state == MOBILITY_STAYING && !in_flight(this) &&
		!this->handover->get_deadline(this->handover))
	{	/* others may have been probed, or stock has changed the one in use */
		course->candidates->unpin(course->candidates, course->heading.path,
								  NULL);
	}
	if (course->heading.state != MOBILITY_MOVING)
	{
		return SUCCESS;
	}
	if (lost)
	{
		this->handover->use_target(this->handover);
	}
	if (!in_flight(this) && !is_queued(this))
	{	/* could not be queued while a task of stock's was active */
		queue_update(this);
		return course->ike_sa->initiate(course->ike_sa, NULL, NULL);
	}
	return SUCCESS;
}

METHOD(mobility_mover_t, is_idle, bool,
	private_mobility_mover_t *this)
{
	mobility_course_t *course = &this->public.course;

	return course->ike_sa && course->heading.state == MOBILITY_STAYING &&
		   course->ike_sa->get_state(course->ike_sa) == IKE_ESTABLISHED &&
		   !in_flight(this) && !is_queued(this);
}

METHOD(mobility_mover_t, test, status_t,
	private_mobility_mover_t *this, const mobility_path_t *path,
	const char *trigger)
{
	mobility_course_t *course = &this->public.course;

	this->handover->end(this->handover);
	course->candidates->pin(course->candidates, path);
	mobility_progress_cancel(&course->progress);
	if (trigger)
	{
		mobility_progress_begin(&course->progress, trigger,
								course->heading.path, mobility_now());
	}
	this->test->begin(this->test, path, trigger != NULL);
	return initiate(this, &this->test->exchange);
}

METHOD(mobility_mover_t, renew, status_t,
	private_mobility_mover_t *this, const char *trigger)
{
	mobility_course_t *course = &this->public.course;

	mobility_progress_renew(&course->progress, trigger, course->heading.path,
							mobility_now());
	mobility_heading_take(&course->heading, course->heading.path, 0);
	return initiate(this, this->update);
}

METHOD(mobility_mover_t, send_dpd, status_t,
	private_mobility_mover_t *this)
{
	if (is_queued(this))
	{
		return SUCCESS;
	}
	DBG1(DBG_IKE, "sending DPD request");
	return initiate(this, this->dpd);
}

METHOD(mobility_mover_t, measure, status_t,
	private_mobility_mover_t *this)
{
	uint64_t now = mobility_now();

	if (!is_idle(this))
	{
		return SUCCESS;
	}
	if (this->pmtu->is_due(this->pmtu, now))
	{
		return initiate(this, &this->pmtu->exchange);
	}
	if (this->hop_test->begin(this->hop_test, now))
	{
		return initiate(this, &this->hop_test->exchange);
	}
	return SUCCESS;
}

METHOD(mobility_mover_t, announce, status_t,
	private_mobility_mover_t *this)
{
	if (!this->addresses->is_due(this->addresses))
	{
		return SUCCESS;
	}
	return initiate(this, &this->addresses->exchange);
}

METHOD(mobility_mover_t, end_linger, void,
	private_mobility_mover_t *this)
{
	this->handover->end(this->handover);
}

METHOD(mobility_mover_t, stay, void,
	private_mobility_mover_t *this)
{
	mobility_retransmission_t *retransmission = this->public.retransmission;

	this->test->cancel(this->test);
	if (in_flight(this))
	{
		retransmission->again(retransmission, this->public.course.heading.path);
	}
}

METHOD(mobility_mover_t, get_deadline, uint64_t,
	private_mobility_mover_t *this)
{
	mobility_exchange_t *exchange;
	uint64_t deadline;
	int i;

	deadline = this->handover->get_deadline(this->handover);
	for (i = 0; i < countof(this->exchanges); i++)
	{
		exchange = this->exchanges[i];
		deadline = mobility_earlier(deadline, exchange->get_deadline(exchange));
	}
	return deadline;
}

METHOD(mobility_mover_t, tick, void,
	private_mobility_mover_t *this)
{
	mobility_exchange_t *exchange;
	uint64_t now = mobility_now();
	int i;

	this->handover->tick(this->handover, now);
	for (i = 0; i < countof(this->exchanges); i++)
	{
		exchange = this->exchanges[i];
		exchange->tick(exchange, now);
	}
}

/**
 * The request in flight was answered over a path that is not (known to be) the
 * one in use.
 */
static void answered_elsewhere(private_mobility_mover_t *this,
							   const mobility_heading_answer_t *answer)
{
	mobility_course_t *course = &this->public.course;
	ike_sa_t *ike_sa = course->ike_sa;
	mobility_exchange_t *exchange;
	host_t *me = answer->local, *other = answer->remote;
	mobility_task_t *task;

	if (mobility_task_queued(ike_sa, TASK_QUEUE_ACTIVE, TASK_IKE_REAUTH))
	{	/* the new IKE_SA has to start from where this one was answered */
		ike_sa->set_my_host(ike_sa, me->clone(me));
		ike_sa->set_other_host(ike_sa, other->clone(other));
		return;
	}
	if (mobility_task_find(ike_sa, TASK_QUEUE_ACTIVE, &task))
	{
		exchange = task ? task->get_exchange(task) : NULL;
		if (!exchange || exchange == this->update ||
			exchange == &this->test->exchange)
		{	/* these look at the path themselves */
			return;
		}
	}
	if (answer->path)
	{	/* the peer answers over it: take it before anything else */
		mobility_heading_take(&course->heading, answer->path,
							  MOBILITY_PROVEN_ATTEMPTS);
		queue_update(this);
	}
}

/**
 * Check if the request in flight was answered at another port than that in use,
 * which is used from now on.
 */
static bool has_other_port(private_mobility_mover_t *this,
						   const mobility_heading_answer_t *answer)
{
	mobility_course_t *course = &this->public.course;
	char trigger[sizeof(((mobility_move_t*)0)->trigger)];
	host_t *me = answer->local;

	if (!mobility_local_port_answered(&course->local_port, course->ike_sa,
									  me->get_port(me)))
	{
		return FALSE;
	}
	DBG1(DBG_IKE, "mobility: %s: peer answers to local port %u only, what a NAT "
		 "knows of the other one is stale", course->name, me->get_port(me));
	snprintf(trigger, sizeof(trigger), "NAT state stale, local port %u",
			 me->get_port(me));
	mobility_progress_same(&course->progress, trigger, course->heading.path,
						   mobility_now());
	return TRUE;
}

METHOD(mobility_mover_t, answered, bool,
	private_mobility_mover_t *this, message_t *message)
{
	mobility_retransmission_t *retransmission = this->public.retransmission;
	mobility_candidates_t *candidates = this->public.course.candidates;
	mobility_heading_answer_t answer = {
		.local = message->get_destination(message),
		.remote = message->get_source(message),
		.turned = retransmission->turns.turned,
	};

	retransmission->answered(retransmission, answer.local, answer.remote);
	answer.path = candidates->find(candidates, answer.local, answer.remote);
	if (!has_other_port(this, &answer) &&
		mobility_heading_is_current(&this->public.course.heading, &answer))
	{
		return TRUE;
	}
	answered_elsewhere(this, &answer);
	return FALSE;
}

METHOD(mobility_task_owner_t, get_target, void,
	private_mobility_mover_t *this, host_t **local, host_t **remote)
{
	mobility_course_t *course = &this->public.course;
	mobility_path_t *path = mobility_heading_aim(&course->heading);
	host_t *me, *other;

	me = course->ike_sa->get_my_host(course->ike_sa);
	other = course->ike_sa->get_other_host(course->ike_sa);
	*local = mobility_local_port_host(&course->local_port,
									  path ? path->local : me, course->ike_sa);
	*remote = mobility_request_host(path ? path->remote : other, other);
}

METHOD(mobility_task_owner_t, transmit, void,
	private_mobility_mover_t *this)
{
	this->public.retransmission->transmit(this->public.retransmission);
}

METHOD(mobility_mover_t, give_back, status_t,
	private_mobility_mover_t *this, bool lost)
{
	ike_sa_t *ike_sa = this->public.course.ike_sa;
	ike_mobike_t *mobike;
	bool other_port;

	mobility_task_remove(ike_sa, TASK_QUEUE_QUEUED);
	mobility_task_remove(ike_sa, TASK_QUEUE_ACTIVE);
	ike_sa->set_condition(ike_sa, COND_STALE, FALSE);
	other_port = mobility_local_port_give_back(&this->public.course.local_port,
											   ike_sa);
	if (!lost && !other_port &&
		this->public.course.heading.state != MOBILITY_MOVING)
	{
		return SUCCESS;
	}
	/* the peer may have taken an update that was not confirmed */
	mobike = ike_mobike_create(ike_sa, TRUE);
	mobike->roam(mobike, TRUE);
	if (other_port)
	{	/* what it detects then is another mapping, and an update follows */
		mobike->dpd(mobike);
	}
	ike_sa->queue_task(ike_sa, &mobike->task);
	return ike_sa->initiate(ike_sa, NULL, NULL);
}

METHOD(mobility_mover_t, bind_, void,
	private_mobility_mover_t *this, ike_sa_t *ike_sa)
{
	mobility_request_t *request = this->public.retransmission->request;
	mobility_course_t *course = &this->public.course;
	mobility_task_t *task;
	host_t *other;

	if (course->ike_sa &&
		mobility_task_find(course->ike_sa, TASK_QUEUE_ACTIVE, &task) && task)
	{	/* the peer rekeyed while our request was in flight, it stays behind */
		task->detach(task);
	}
	/* listeners call this */
	this->handover->expire(this->handover);
	course->ike_sa = ike_sa;
	if (ike_sa)
	{
		other = ike_sa->get_other_host(ike_sa);
		course->family = other->get_family(other);
	}
	mobility_local_port_bind(&course->local_port, ike_sa);
	request->clear(request);
	this->pmtu->repeat(this->pmtu, mobility_now());
	if (!ike_sa)
	{	/* the one that replaces it by reauthentication logs in wherever it can,
		 * and stock tells the peer of our addresses */
		mobility_progress_cancel(&course->progress);
		mobility_heading_stay(&course->heading);
		course->heading.hold_off = 0;
		course->forced = FALSE;
		this->addresses->reset(this->addresses);
	}
	if (course->heading.state == MOBILITY_TESTING)
	{	/* a test ends here, its path must not be taken for one in use */
		mobility_heading_stay(&course->heading);
	}
}

METHOD(mobility_mover_t, destroy, void,
	private_mobility_mover_t *this)
{
	mobility_course_t *course = &this->public.course;
	int i;

	this->handover->destroy(this->handover);
	for (i = 0; i < countof(this->exchanges); i++)
	{
		free(this->exchanges[i]);
	}
	this->public.retransmission->destroy(this->public.retransmission);
	course->candidates->destroy(course->candidates);
	mobility_heading_cleanup(&course->heading);
	mobility_progress_cancel(&course->progress);
	mobility_local_port_cleanup(&course->local_port);
	mobility_path_destroy(course->hop);
	free(this);
}

/*
 * Described in header.
 */
mobility_mover_t *mobility_mover_create(mobility_candidates_t *candidates,
										mobility_monitor_t *monitor,
										mobility_rtnl_t *rtnl,
										mobility_child_update_t *child_update,
										mobility_peer_load_t *load,
										const char *name,
							const mobility_course_listener_t *listener,
							void *data)
{
	private_mobility_mover_t *this;
	mobility_retransmission_t *retransmission;
	mobility_course_t *course;

	INIT(this,
		.public = {
			.owner = {
				.get_target = _get_target,
				.transmit = _transmit,
			},
			.course = {
				.name = name,
				.monitor = monitor,
				.candidates = candidates,
				.listener = listener,
				.data = data,
			},
			.bind = _bind_,
			.move = _move,
			.probe = _probe,
			.test = _test,
			.renew = _renew,
			.send_dpd = _send_dpd,
			.measure = _measure,
			.announce = _announce,
			.is_idle = _is_idle,
			.get_deadline = _get_deadline,
			.tick = _tick,
			.answered = _answered,
			.settle = _settle,
			.end_linger = _end_linger,
			.stay = _stay,
			.give_back = _give_back,
			.destroy = _destroy,
		},
	);
	course = &this->public.course;
	retransmission = mobility_retransmission_create(course, rtnl, load);
	this->public.retransmission = retransmission;
	this->handover = mobility_handover_create(course, child_update);
	this->test = mobility_path_test_create(course, retransmission,
										   this->handover);
	this->hop_test = mobility_hop_test_create(course, retransmission);
	this->addresses = mobility_additional_addresses_create(course);
	this->pmtu = mobility_pmtu_create(course, retransmission, load);
	this->update = mobility_path_update_create(course, retransmission,
								this->handover, this->addresses, this->pmtu);
	this->dpd = mobility_dpd_create(course);
	this->public.owner.update = this->update;
	this->exchanges[0] = this->update;
	this->exchanges[1] = this->dpd;
	this->exchanges[2] = &this->test->exchange;
	this->exchanges[3] = &this->addresses->exchange;
	this->exchanges[4] = &this->pmtu->exchange;
	this->exchanges[5] = &this->hop_test->exchange;

	return &this->public;
}
