/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/relogin.h"
#include "mobile/inheritance.h"
#include "mobile/successor.h"
#include "net/clock.h"

#include <encoding/payloads/delete_payload.h>
#include <sa/ikev2/tasks/ike_delete.h>

typedef struct private_mobility_relogin_t private_mobility_relogin_t;

/**
 * What makes a path fit for a login, what counts more is larger.
 */
typedef enum {
	/** the held IKE_SA was established over the same address family */
	FIT_KIN = (1 << 0),
	/** the peer's name leads there */
	FIT_FOUND = (1 << 1),
} fitness_t;

/**
 * Private data of a mobility_relogin_t object.
 */
struct private_mobility_relogin_t {

	/**
	 * Public interface.
	 */
	mobility_relogin_t public;

	/**
	 * Course of the session.
	 */
	mobility_course_t *course;

	/**
	 * The second IKE_SA, and what it asks and is answered.
	 */
	mobility_successor_t *successor;
	mobility_inquiry_t *inquiry;

	/**
	 * What is best of all paths.
	 */
	fitness_t best;

	/**
	 * Configs of CHILD_SAs that somebody has deleted since the second one was
	 * created, child_cfg_t*.
	 */
	linked_list_t *unwanted;
};

/**
 * Get what makes a path fit for a login.
 */
static fitness_t get_fitness(private_mobility_relogin_t *this,
							 const mobility_path_t *path)
{
	mobility_remotes_t *remotes = this->course->candidates->remotes;
	mobility_ip_t ip = mobility_ip_from_host(path->remote);
	fitness_t fitness = 0;

	if (path->remote->get_family(path->remote) == this->course->family)
	{
		fitness |= FIT_KIN;
	}
	if (remotes->is_found(remotes, &ip))
	{
		fitness |= FIT_FOUND;
	}
	return fitness;
}

/**
 * Get the preferred path that the peer may be logged in at, NULL if there is
 * none.
 */
static mobility_path_t *find_best(private_mobility_relogin_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_candidate_t *candidate;
	mobility_path_t *best = NULL;
	enumerator_t *enumerator;
	fitness_t fitness;

	this->best = 0;
	enumerator = candidates->create_enumerator(candidates, mobility_now());
	while (enumerator->enumerate(enumerator, &candidate))
	{
		fitness = get_fitness(this, candidate->path);
		if (!best || fitness > this->best)
		{
			best = candidate->path;
			this->best = fitness;
		}
	}
	enumerator->destroy(enumerator);
	return best;
}

/**
 * Have IKE_SA_INIT go with the held request over all paths, if it is time.
 */
static void go_round(private_mobility_relogin_t *this, bool elsewhere)
{
	mobility_inquiry_t *inquiry = this->inquiry;

	inquiry->mutex->lock(inquiry->mutex);
	mobility_attempt_go_round(&inquiry->attempt, elsewhere, random(),
							  mobility_now());
	inquiry->mutex->unlock(inquiry->mutex);
}

METHOD(mobility_relogin_t, begin, void,
	private_mobility_relogin_t *this, u_int limit, const char *hopeless)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_inquiry_t *inquiry = this->inquiry;
	ike_sa_t *held = this->course->ike_sa;
	host_t *locals[MOBILITY_MAX_LOCALS];
	mobility_path_t *best;
	bool may, elsewhere;
	uint32_t network;
	u_int count;

	best = find_best(this);
	if (!best || !mobility_inheritance_exists(held))
	{
		return;
	}
	inquiry->mutex->lock(inquiry->mutex);
	network = candidates->get_locals(candidates, locals, &count);
	elsewhere = network != inquiry->network;
	inquiry->network = network;
	may = mobility_attempt_may_begin(&inquiry->attempt, inquiry->network, limit,
									 mobility_now());
	if (hopeless)
	{
		mobility_attempt_set_hopeless(&inquiry->attempt, mobility_now());
	}
	inquiry->mutex->unlock(inquiry->mutex);
	if (may)
	{
		this->unwanted->destroy_offset(this->unwanted,
									   offsetof(child_cfg_t, destroy));
		this->unwanted = linked_list_create();
		candidates->pin(candidates, best);
		this->successor->begin(this->successor, held, best, hopeless);
	}
	go_round(this, elsewhere);
}

METHOD(mobility_relogin_t, ask, void,
	private_mobility_relogin_t *this, const mobility_path_t *path)
{
	fitness_t lacking = this->best & ~get_fitness(this, path);
	mobility_inquiry_t *inquiry = this->inquiry;

	if (!(lacking & FIT_FOUND))
	{
		inquiry->mutex->lock(inquiry->mutex);
		mobility_inquiry_ask(inquiry, path, this->course->local_port.other,
							 lacking & FIT_KIN);
		inquiry->mutex->unlock(inquiry->mutex);
	}
}

/**
 * Check if a message deletes the IKE_SA it belongs to.
 */
static bool is_delete(message_t *message)
{
	delete_payload_t *payload;

	payload = (delete_payload_t*)message->get_payload(message, PLV2_DELETE);
	return message->get_request(message) && payload &&
		   payload->get_protocol_id(payload) == PROTO_IKE;
}

METHOD(mobility_relogin_t, heard, void,
	private_mobility_relogin_t *this, message_t *message)
{
	mobility_inquiry_t *inquiry = this->inquiry;
	ike_sa_t *held = this->course->ike_sa;
	bool refuted, login;

	inquiry->mutex->lock(inquiry->mutex);
	refuted = mobility_attempt_refute(&inquiry->attempt);
	login = inquiry->attempt.state == MOBILITY_ATTEMPT_LOGIN;
	inquiry->mutex->unlock(inquiry->mutex);
	if (refuted)
	{
		this->successor->cancel(this->successor);
	}
	else if (login && is_delete(message))
	{	/* there is another one already, so stock must not create a third one
		 * if that is what close_action says */
		held->queue_task(held, (task_t*)ike_delete_create(held, TRUE));
	}
}

METHOD(mobility_relogin_t, unwanted, void,
	private_mobility_relogin_t *this, child_sa_t *child_sa)
{
	child_cfg_t *config = child_sa->get_config(child_sa);
	mobility_inquiry_t *inquiry = this->inquiry;
	bool exists;

	inquiry->mutex->lock(inquiry->mutex);
	exists = inquiry->attempt.state != MOBILITY_ATTEMPT_NONE;
	inquiry->mutex->unlock(inquiry->mutex);
	if (exists)
	{
		this->unwanted->insert_last(this->unwanted, config->get_ref(config));
	}
}

METHOD(mobility_relogin_t, get_deadline, uint64_t,
	private_mobility_relogin_t *this)
{
	mobility_inquiry_t *inquiry = this->inquiry;
	uint64_t deadline;

	inquiry->mutex->lock(inquiry->mutex);
	deadline = inquiry->attempt.next;
	inquiry->mutex->unlock(inquiry->mutex);
	return deadline;
}

METHOD(mobility_relogin_t, tick, mobility_path_t*,
	private_mobility_relogin_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_successor_t *successor = this->successor;
	mobility_inquiry_t *inquiry = this->inquiry;
	mobility_attempt_action_t action;
	mobility_path_t *path;
	bool built;

	inquiry->mutex->lock(inquiry->mutex);
	action = mobility_inquiry_tick(inquiry, candidates, &path);
	built = mobility_inquiry_is_built(inquiry);
	inquiry->mutex->unlock(inquiry->mutex);
	if (action == MOBILITY_ATTEMPT_ASK)
	{
		candidates->pin(candidates, path);
		built ? ask(this, path) : successor->build(successor);
	}
	else if (action == MOBILITY_ATTEMPT_DROP)
	{
		successor->cancel(successor);
	}
	return action == MOBILITY_ATTEMPT_REPEAT ? path : NULL;
}

METHOD(mobility_relogin_t, get_refusal, bool,
	private_mobility_relogin_t *this, char *buf, size_t len)
{
	mobility_inquiry_t *inquiry = this->inquiry;
	bool refused;

	inquiry->mutex->lock(inquiry->mutex);
	refused = mobility_inquiry_get_refusal(inquiry, buf, len);
	inquiry->mutex->unlock(inquiry->mutex);
	return refused;
}

METHOD(mobility_relogin_t, take, ike_sa_t*,
	private_mobility_relogin_t *this)
{
	ike_sa_t *ike_sa;

	ike_sa = this->successor->take(this->successor);
	if (ike_sa)
	{
		mobility_inheritance_delete(ike_sa, this->unwanted);
	}
	return ike_sa;
}

METHOD(mobility_relogin_t, cancel, void,
	private_mobility_relogin_t *this)
{
	this->successor->cancel(this->successor);
}

METHOD(mobility_relogin_t, release, void,
	private_mobility_relogin_t *this)
{
	this->successor->release(this->successor, this->course->ike_sa);
}

METHOD(mobility_relogin_t, destroy, void,
	private_mobility_relogin_t *this)
{
	this->successor->destroy(this->successor);
	this->unwanted->destroy_offset(this->unwanted,
								   offsetof(child_cfg_t, destroy));
	free(this);
}

/*
 * Described in header.
 */
mobility_relogin_t *mobility_relogin_create(mobility_context_t *context,
											mobility_course_t *course,
											uint32_t session)
{
	private_mobility_relogin_t *this;

	INIT(this,
		.public = {
			.begin = _begin,
			.ask = _ask,
			.heard = _heard,
			.unwanted = _unwanted,
			.get_deadline = _get_deadline,
			.tick = _tick,
			.get_refusal = _get_refusal,
			.take = _take,
			.cancel = _cancel,
			.release = _release,
			.destroy = _destroy,
		},
		.course = course,
		.successor = mobility_successor_create(context, session),
		.unwanted = linked_list_create(),
	);
	this->inquiry = this->successor->inquiry;
	return &this->public;
}
