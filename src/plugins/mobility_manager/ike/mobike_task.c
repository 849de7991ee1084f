/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/mobike_task.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>
#include <sa/ikev2/tasks/ike_natd.h>

/** Length of COOKIE2, of 8 to 64 bytes that it may have (RFC 4555, 4.2.5). */
#define COOKIE2_LEN 16

typedef struct private_mobility_task_t private_mobility_task_t;

/**
 * Private data of a mobility_task_t object.
 */
struct private_mobility_task_t {

	/**
	 * Public interface.
	 */
	mobility_task_t public;

	/**
	 * IKE_SA the exchanges belong to.
	 */
	ike_sa_t *ike_sa;

	/**
	 * Decides on paths, gets results; NULL if detached.
	 */
	mobility_task_owner_t *owner;

	/**
	 * The current exchange.
	 */
	mobility_exchange_t *exchange;

	/**
	 * An address update has to follow the current exchange.
	 */
	bool follow;

	/**
	 * NAT detection within the exchange, NULL if there is none.
	 */
	ike_natd_t *natd;

	/**
	 * COOKIE2 of the current exchange, empty if it has none.
	 */
	chunk_t cookie2;
};

/**
 * Drop NAT detection of a previous exchange.
 */
static void reset_natd(private_mobility_task_t *this)
{
	if (this->natd)
	{
		this->natd->task.destroy(&this->natd->task);
		this->natd = NULL;
	}
}

/**
 * Have the peer prove that requests to its address get there: nobody can answer
 * this one who has not seen it (RFC 4555, 3.7).
 */
static void add_cookie2(private_mobility_task_t *this, message_t *message)
{
	chunk_t cookie2;
	rng_t *rng;

	rng = lib->crypto->create_rng(lib->crypto, RNG_STRONG);
	if (rng && rng->allocate_bytes(rng, COOKIE2_LEN, &cookie2))
	{
		message->add_notify(message, FALSE, COOKIE2, cookie2);
		this->cookie2 = cookie2;
	}
	else
	{	/* as from a peer that does not check it, better than no move */
		DBG1(DBG_IKE, "mobility: no random number for COOKIE2, not sending any");
	}
	DESTROY_IF(rng);
}

/**
 * Add NAT detection to a request.  strongSwan 6.1 has it come from the IKE_SA's
 * address then, which it has not left yet if this is about another path.
 */
static void build_natd(private_mobility_task_t *this, message_t *message)
{
	host_t *source = message->get_source(message), *me;
	uint16_t port = source->get_port(source);

	if (this->exchange->fake_nat)
	{	/* what is told is another port than the one it is sent from */
		source->set_port(source, port ^ 1);
	}
	me = this->ike_sa->get_my_host(this->ike_sa);
	me = me->clone(me);
	this->ike_sa->set_my_host(this->ike_sa, source->clone(source));
	this->natd = ike_natd_create(this->ike_sa, TRUE);
	this->natd->task.build(&this->natd->task, message);
	this->ike_sa->set_my_host(this->ike_sa, me);
	/* not every charon leaves the message the host it had */
	source = message->get_source(message);
	source->set_port(source, port);
}

METHOD(task_t, build, status_t,
	private_mobility_task_t *this, message_t *message)
{
	host_t *local, *remote;

	if (this->follow)
	{
		this->exchange = this->owner->update;
		this->follow = FALSE;
	}
	/* NAT detection hashes the addresses of the message */
	this->owner->get_target(this->owner, &local, &remote);
	message->set_source(message, local);
	message->set_destination(message, remote);

	this->exchange->build(this->exchange, message);
	chunk_free(&this->cookie2);
	if (this->exchange->cookie2)
	{
		add_cookie2(this, message);
	}
	reset_natd(this);
	if (this->exchange->detects_nat(this->exchange))
	{
		build_natd(this, message);
	}
	return NEED_MORE;
}

METHOD(task_t, process, status_t,
	private_mobility_task_t *this, message_t *message)
{
	notify_payload_t *notify;
	bool echoed = TRUE;

	if (!this->owner)
	{
		return SUCCESS;
	}
	if (this->cookie2.len)
	{
		notify = message->get_notify(message, COOKIE2);
		if (notify && !chunk_equals_const(this->cookie2,
									notify->get_notification_data(notify)))
		{	/* an authenticated peer that is not where it claims to be */
			DBG1(DBG_IKE, "COOKIE2 mismatch, closing IKE_SA");
			return FAILED;
		}
		echoed = notify != NULL;
	}
	if (this->exchange == this->owner->update)
	{	/* whoever wanted one has it, its answer says if there has to be another */
		this->follow = FALSE;
	}
	this->follow |= this->exchange->answered(this->exchange, message, echoed,
											 this->natd);
	return this->follow ? NEED_MORE : SUCCESS;
}

METHOD(mobility_task_t, update, void,
	private_mobility_task_t *this)
{
	this->follow = TRUE;
}

METHOD(mobility_task_t, detach, void,
	private_mobility_task_t *this)
{
	this->owner = NULL;
	this->follow = FALSE;
}

METHOD(mobility_task_t, get_exchange, mobility_exchange_t*,
	private_mobility_task_t *this)
{
	return this->exchange;
}

METHOD(ike_mobike_t, transmit, bool,
	private_mobility_task_t *this, packet_t *packet)
{
	packet_t *copy;
	host_t *host;

	if (this->owner)
	{	/* never deferred: the session sends it again when there is a path */
		this->owner->transmit(this->owner);
		return TRUE;
	}
	copy = packet->clone(packet);
	host = this->ike_sa->get_my_host(this->ike_sa);
	copy->set_source(copy, host->clone(host));
	host = this->ike_sa->get_other_host(this->ike_sa);
	copy->set_destination(copy, host->clone(host));
	charon->sender->send(charon->sender, copy);
	return TRUE;
}

METHOD(task_t, get_type, task_type_t,
	private_mobility_task_t *this)
{
	return TASK_IKE_MOBIKE;
}

METHOD(task_t, migrate, void,
	private_mobility_task_t *this, ike_sa_t *ike_sa)
{
	this->ike_sa = ike_sa;
	reset_natd(this);
	chunk_free(&this->cookie2);
}

METHOD(task_t, destroy, void,
	private_mobility_task_t *this)
{
	reset_natd(this);
	chunk_free(&this->cookie2);
	free(this);
}

/*
 * Described in header.
 */
mobility_task_t *mobility_task_cast(task_t *task)
{
	if (task->destroy == (void*)_destroy)
	{
		return (mobility_task_t*)task;
	}
	return NULL;
}

/*
 * Described in header.
 */
mobility_task_t *mobility_task_create(ike_sa_t *ike_sa,
									  mobility_task_owner_t *owner,
									  mobility_exchange_t *exchange)
{
	private_mobility_task_t *this;

	INIT(this,
		.public = {
			.mobike = {
				.task = {
					.build = _build,
					.process = _process,
					.get_type = _get_type,
					.migrate = _migrate,
					.destroy = _destroy,
				},
				/* charon's own ways to change a MOBIKE task: address lists
				 * and probing are ours to decide, and a DPD is implied */
				.addresses = (void*)nop,
				.roam = (void*)nop,
				.dpd = (void*)nop,
				.transmit = _transmit,
				.is_probing = (void*)return_false,
				.enable_probing = (void*)nop,
			},
			.update = _update,
			.detach = _detach,
			.get_exchange = _get_exchange,
		},
		.ike_sa = ike_sa,
		.owner = owner,
		.exchange = exchange,
	);

	return &this->public;
}

/*
 * Described in header.
 */
bool mobility_task_queued(ike_sa_t *ike_sa, task_queue_t queue,
						  task_type_t type)
{
	enumerator_t *enumerator;
	task_t *task;
	bool found = FALSE;

	enumerator = ike_sa->create_task_enumerator(ike_sa, queue);
	while (!found && enumerator->enumerate(enumerator, &task))
	{
		found = task->get_type(task) == type;
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
bool mobility_task_find(ike_sa_t *ike_sa, task_queue_t queue,
						mobility_task_t **ours)
{
	enumerator_t *enumerator;
	task_t *task;
	bool found = FALSE;

	*ours = NULL;
	enumerator = ike_sa->create_task_enumerator(ike_sa, queue);
	while (!found && enumerator->enumerate(enumerator, &task))
	{
		if (task->get_type(task) == TASK_IKE_MOBIKE)
		{
			*ours = mobility_task_cast(task);
			found = TRUE;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/*
 * Described in header.
 */
void mobility_task_remove(ike_sa_t *ike_sa, task_queue_t queue)
{
	enumerator_t *enumerator;
	task_t *task;

	enumerator = ike_sa->create_task_enumerator(ike_sa, queue);
	while (enumerator->enumerate(enumerator, &task))
	{
		if (mobility_task_cast(task))
		{
			ike_sa->remove_task(ike_sa, enumerator);
			task->destroy(task);
		}
	}
	enumerator->destroy(enumerator);
}
