/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/successor.h"
#include "mobile/inheritance.h"
#include "mobile/local_port.h"
#include "net/clock.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>

typedef struct private_mobility_successor_t private_mobility_successor_t;

/**
 * Private data of a mobility_successor_t object.
 */
struct private_mobility_successor_t {

	/**
	 * Public interface.
	 */
	mobility_successor_t public;

	/**
	 * Gets the calls of the second IKE_SA.
	 */
	mobility_ike_handler_t handler;

	/**
	 * What sessions share.
	 */
	mobility_context_t *context;

	/**
	 * Number of the session.
	 */
	uint32_t session;

	/**
	 * References: the relogin has one, each hooked IKE_SA another.
	 */
	refcount_t refs;

	/**
	 * It asks for a virtual IP.  Used with the second IKE_SA checked out.
	 */
	bool vip;

	/**
	 * What it asks and is answered; its mutex locks what follows as well.
	 */
	mobility_inquiry_t inquiry;

	/**
	 * Unique id of the second IKE_SA, 0 if there is none.
	 */
	uint32_t id;

	/**
	 * The held one, only to compare; NULL if that is gone.  And its unique id.
	 */
	ike_sa_t *held;
	uint32_t held_id;

	/**
	 * Number of CHILD_SAs that the second one creates as the held one has them,
	 * before those that others have asked for.
	 */
	u_int asked;

	/**
	 * Identities of the held one.
	 */
	identification_t *my_id, *other_id;

	/**
	 * Its SPIs once it is established, with all CHILD_SAs, else NULL.
	 */
	ike_sa_id_t *established;
};

/**
 * Get the instance from a handler.
 */
static inline private_mobility_successor_t *successor_of(
											mobility_ike_handler_t *handler)
{
	return (private_mobility_successor_t*)((char*)handler -
							offsetof(private_mobility_successor_t, handler));
}

/**
 * Lock what both sides need.
 */
static void lock(private_mobility_successor_t *this)
{
	this->inquiry.mutex->lock(this->inquiry.mutex);
}

/**
 * Unlock it.
 */
static void unlock(private_mobility_successor_t *this)
{
	this->inquiry.mutex->unlock(this->inquiry.mutex);
}

/**
 * Put down a reference.
 */
static void put(private_mobility_successor_t *this)
{
	if (ref_put(&this->refs))
	{
		mobility_inquiry_cleanup(&this->inquiry);
		DESTROY_IF(this->my_id);
		DESTROY_IF(this->other_id);
		DESTROY_IF(this->established);
		free(this);
	}
}

/**
 * Forget the second IKE_SA, the mutex must be held.
 */
static void forget(private_mobility_successor_t *this,
				   mobility_attempt_end_t end)
{
	mobility_inquiry_end(&this->inquiry, end);
	DESTROY_IF(this->established);
	this->established = NULL;
	this->id = 0;
}

/**
 * Leave an IKE_SA to stock, whoever has it checked out.
 */
static void unhook(private_mobility_successor_t *this, ike_sa_t *ike_sa)
{
	mobility_ike_hooks_t *hooks = this->context->hooks;

	if (hooks->get_handler(hooks, ike_sa) == &this->handler)
	{
		hooks->unhook(hooks, ike_sa);
		put(this);
	}
}

/**
 * Check if an IKE_SA is the current second one, the mutex must be held.
 */
static bool is_current(private_mobility_successor_t *this, ike_sa_t *ike_sa)
{
	return this->id && this->id == ike_sa->get_unique_id(ike_sa);
}

/**
 * Check if the second IKE_SA authenticates or has done so, the mutex must be
 * held.
 */
static bool is_login(private_mobility_successor_t *this)
{
	return this->inquiry.attempt.state == MOBILITY_ATTEMPT_LOGIN;
}

typedef struct work_t work_t;

/**
 * What a job does with a second IKE_SA.
 */
struct work_t {
	/** handler of the IKE_SA, referenced */
	private_mobility_successor_t *successor;
	/** its unique id, and that of the held one */
	uint32_t id, held_id;
	/** number of CHILD_SAs that it creates as the held one has them */
	u_int asked;
	/** does it, with the second one checked out; DESTROY_ME to destroy that */
	status_t (*act)(work_t *work, ike_sa_t *ike_sa);
};

/**
 * Destroy a work_t.
 */
static void work_destroy(work_t *work)
{
	put(work->successor);
	free(work);
}

/**
 * Job that checks out a second IKE_SA, which may be gone.
 */
static job_requeue_t work_job(work_t *work)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													work->id);
	if (ike_sa)
	{
		mobility_checkin(ike_sa, work->act(work, ike_sa));
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Have a job see to a second IKE_SA, which may have been forgotten here.  The mutex
 * must not be held.
 */
static void queue_job(private_mobility_successor_t *this, uint32_t id,
					  status_t (*act)(work_t *work, ike_sa_t *ike_sa))
{
	work_t *work;

	lock(this);
	INIT(work,
		.successor = this,
		.id = id,
		.held_id = this->held_id,
		.asked = this->asked,
		.act = act,
	);
	unlock(this);
	ref_get(&this->refs);
	lib->processor->queue_job(lib->processor,
		(job_t*)callback_job_create((callback_job_cb_t)work_job, work,
									(void*)work_destroy, NULL));
}

/**
 * End a second IKE_SA.
 */
static status_t do_end(work_t *work, ike_sa_t *ike_sa)
{
	unhook(work->successor, ike_sa);
	mobility_inheritance_return(ike_sa, work->asked, work->held_id);
	return ike_sa->delete(ike_sa, FALSE);
}

/**
 * Have a second IKE_SA go on with a session whose own is gone.
 */
static status_t do_succeed(work_t *work, ike_sa_t *ike_sa)
{
	private_mobility_successor_t *this = work->successor;

	unhook(this, ike_sa);
	this->context->logged_in(this->context, ike_sa);
	return SUCCESS;
}

/**
 * Set the addresses of a second IKE_SA, its ports are those of its connection.
 */
static void set_hosts(ike_sa_t *ike_sa, host_t *local, host_t *remote)
{
	ike_cfg_t *ike_cfg = ike_sa->get_ike_cfg(ike_sa);

	local = local->clone(local);
	local->set_port(local, ike_cfg->get_my_port(ike_cfg));
	ike_sa->set_my_host(ike_sa, local);
	remote = remote->clone(remote);
	remote->set_port(remote, ike_cfg->get_other_port(ike_cfg));
	ike_sa->set_other_host(ike_sa, remote);
}

/**
 * Have a second IKE_SA build its IKE_SA_INIT for the path over which that was
 * answered, with another SPI.
 */
static status_t do_build(work_t *work, ike_sa_t *ike_sa)
{
	private_mobility_successor_t *this = work->successor;
	mobility_inquiry_t *inquiry = &this->inquiry;
	host_t *local = NULL, *remote = NULL;

	inquiry->mutex->lock(inquiry->mutex);
	if (is_current(this, ike_sa) && !mobility_inquiry_is_built(inquiry) &&
		inquiry->attempt.state == MOBILITY_ATTEMPT_READY)
	{
		inquiry->request->clear(inquiry->request);
		local = inquiry->local->clone(inquiry->local);
		remote = inquiry->remote->clone(inquiry->remote);
	}
	inquiry->mutex->unlock(inquiry->mutex);
	if (!local)
	{
		return SUCCESS;
	}
	set_hosts(ike_sa, local, remote);
	local->destroy(local);
	remote->destroy(remote);
	return mobility_request_begin_anew(ike_sa);
}

METHOD(mobility_successor_t, cancel, void,
	private_mobility_successor_t *this)
{
	uint32_t id;

	lock(this);
	id = this->id;
	if (id)
	{
		forget(this, MOBILITY_ATTEMPT_DROPPED);
	}
	unlock(this);
	if (id)
	{
		queue_job(this, id, do_end);
	}
}

/**
 * Note what is known of the held IKE_SA, for the second one.
 */
static void note_held(private_mobility_successor_t *this, ike_sa_t *held,
					  uint32_t id, u_int asked, bool hopeless)
{
	identification_t *me = held->get_my_id(held);
	identification_t *other = held->get_other_id(held);

	lock(this);
	DESTROY_IF(this->my_id);
	DESTROY_IF(this->other_id);
	this->my_id = me->clone(me);
	this->other_id = other->clone(other);
	this->held = held;
	this->held_id = held->get_unique_id(held);
	this->id = id;
	this->asked = asked;
	this->inquiry.replied = FALSE;
	mobility_attempt_begin(&this->inquiry.attempt, hopeless, mobility_now());
	unlock(this);
}

METHOD(mobility_successor_t, begin, void,
	private_mobility_successor_t *this, ike_sa_t *held,
	const mobility_path_t *path, const char *hopeless)
{
	mobility_ike_hooks_t *hooks = this->context->hooks;
	ike_sa_t *ike_sa;
	u_int asked;

	ike_sa = charon->ike_sa_manager->create_new(charon->ike_sa_manager, IKEV2,
												TRUE);
	if (!ike_sa)
	{
		return;
	}
	DBG1(DBG_IKE, "mobility: %s: %s, asking with another IKE_SA",
		 held->get_name(held),
		 hopeless ?: "gateway may have forgotten the session");
	charon->bus->set_sa(charon->bus, ike_sa);
	ike_sa->set_peer_cfg(ike_sa, held->get_peer_cfg(held));
	set_hosts(ike_sa, path->local, path->remote);
	this->vip = mobility_inheritance_has_vip(held);
	asked = mobility_inheritance_ask(held, ike_sa);
	note_held(this, held, ike_sa->get_unique_id(ike_sa), asked,
			  hopeless != NULL);
	ref_get(&this->refs);
	hooks->hook(hooks, ike_sa, &this->handler);
	mobility_checkin(ike_sa, ike_sa->initiate(ike_sa, NULL, NULL));
	charon->bus->set_sa(charon->bus, held);
}

METHOD(mobility_successor_t, build, void,
	private_mobility_successor_t *this)
{
	uint32_t id;

	lock(this);
	id = this->id;
	unlock(this);
	queue_job(this, id, do_build);
}

METHOD(mobility_successor_t, take, ike_sa_t*,
	private_mobility_successor_t *this)
{
	ike_sa_t *ike_sa;
	ike_sa_id_t *id;

	lock(this);
	id = this->established ? this->established->clone(this->established) : NULL;
	unlock(this);
	if (!id)
	{
		return NULL;
	}
	/* who looks for a unique id waits for each IKE_SA before the right one, for
	 * ever if it is the held one */
	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, id);
	id->destroy(id);
	if (ike_sa && ike_sa->get_state(ike_sa) == IKE_REKEYING)
	{	/* the one that replaces it is taken, nobody would send that request
		 * again */
		mobility_checkin(ike_sa, SUCCESS);
		return NULL;
	}
	if (ike_sa)
	{
		lock(this);
		forget(this, MOBILITY_ATTEMPT_DONE);
		unlock(this);
		unhook(this, ike_sa);
	}
	return ike_sa;
}

METHOD(mobility_successor_t, release, void,
	private_mobility_successor_t *this, ike_sa_t *held)
{
	uint32_t succeeding = 0, id;
	bool alone;

	lock(this);
	this->held = NULL;
	/* what has authenticated goes on by itself */
	alone = is_login(this);
	id = this->id;
	if (this->established)
	{
		succeeding = this->id;
		forget(this, MOBILITY_ATTEMPT_DONE);
	}
	unlock(this);
	if (alone && held)
	{
		mobility_inheritance_leave(held, id);
	}
	if (succeeding)
	{
		queue_job(this, succeeding, do_succeed);
	}
	else if (!alone)
	{
		cancel(this);
	}
}

METHOD(mobility_successor_t, destroy, void,
	private_mobility_successor_t *this)
{
	cancel(this);
	put(this);
}

/**
 * Implements mobility_ike_methods_t.retransmit()
 */
static status_t retransmit(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
						   const mobility_ike_stock_t *stock, uint32_t mid)
{
	private_mobility_successor_t *this = successor_of(handler);
	bool login;

	lock(this);
	login = !is_current(this, ike_sa) || is_login(this);
	unlock(this);
	/* IKE_SA_INIT goes with the held request */
	return login ? stock->retransmit(ike_sa, mid) : SUCCESS;
}

/**
 * IKE_SA_INIT was answered: authenticate, or only note that somebody is there.
 */
static void received_init(private_mobility_successor_t *this, ike_sa_t *ike_sa,
						  message_t *message)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	ike_sa_id_t *other = message->get_ike_sa_id(message);
	host_t *remote = message->get_source(message);
	bool login = FALSE, use = FALSE;
	mobility_init_answer_t answer;
	notify_type_t error;
	ike_sa_t *held;

	answer = mobility_init_answer(message, ike_sa->get_ike_cfg(ike_sa), &error);
	lock(this);
	held = this->held;
	if (is_current(this, ike_sa))
	{
		use = mobility_inquiry_answered(&this->inquiry, message, answer, error,
										&login);
	}
	unlock(this);
	if (!use)
	{
		message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
		this->context->wake(this->context, this->session, MOBILITY_WORK_TICK);
		return;
	}
	id->set_responder_spi(id, other->get_responder_spi(other));
	if (login)
	{	/* the session waits for it, should the gateway delete the held one */
		ike_sa->set_other_host(ike_sa, remote->clone(remote));
		this->context->expect(this->context, held,
							  ike_sa->get_unique_id(ike_sa));
		DBG1(DBG_IKE, "mobility: %s: gateway answers, but not the session, "
			 "logging in anew", ike_sa->get_name(ike_sa));
	}
}

/**
 * An answer to IKE_SA_INIT came in that was not read yet: charon has taken over its
 * SPI, and would not take answers of others.
 */
static void forget_spi(private_mobility_successor_t *this, ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	bool open;

	lock(this);
	open = is_current(this, ike_sa) && !is_login(this);
	unlock(this);
	if (open)
	{
		id->set_responder_spi(id, 0);
	}
}

/**
 * Go on at the local port at which an answer arrived.  That stays open for longer
 * than it takes until the next one, or until the session has the IKE_SA.
 */
static void use_port(private_mobility_successor_t *this, ike_sa_t *ike_sa,
					 message_t *answer)
{
	mobility_local_port_t local = {
		.ports = this->context->ports,
	};

	mobility_local_port_log_in(&local, ike_sa, answer);
	mobility_local_port_bind(&local, ike_sa);
	mobility_local_port_cleanup(&local);
}

/**
 * An answer to a later request came in.
 */
static void received(private_mobility_successor_t *this, ike_sa_t *ike_sa,
					 message_t *message)
{
	bool current;

	lock(this);
	current = is_current(this, ike_sa);
	if (current)
	{
		mobility_inquiry_replied(&this->inquiry, message);
	}
	unlock(this);
	if (!current)
	{
		message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
		return;
	}
	use_port(this, ike_sa, message);
}

/**
 * Have the gateway forget the held IKE_SA, if it should remember it.
 */
static void add_initial_contact(private_mobility_successor_t *this,
								ike_sa_t *ike_sa, message_t *message)
{
	identification_t *me, *other;

	/* the next attempt may begin meanwhile */
	lock(this);
	me = this->my_id->clone(this->my_id);
	other = this->other_id->clone(this->other_id);
	unlock(this);
	mobility_inheritance_announce(ike_sa, message, me, other);
	me->destroy(me);
	other->destroy(other);
}

/**
 * A request was encoded: keep it.
 */
static void sent(private_mobility_successor_t *this, ike_sa_t *ike_sa,
				 message_t *message)
{
	lock(this);
	if (is_current(this, ike_sa))
	{
		mobility_inquiry_sent(&this->inquiry, ike_sa, message);
	}
	unlock(this);
}

/**
 * Implements mobility_ike_methods_t.message()
 */
static void message_(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
					 message_t *message, bool incoming, bool plain)
{
	private_mobility_successor_t *this = successor_of(handler);

	if (message->get_request(message) == incoming)
	{	/* requests of the peer, and our answers */
		return;
	}
	if (incoming && message->get_exchange_type(message) == IKE_SA_INIT)
	{
		plain ? received_init(this, ike_sa, message)
			  : forget_spi(this, ike_sa);
	}
	else if (incoming && plain)
	{
		received(this, ike_sa, message);
	}
	else if (!incoming && plain &&
			 message->get_exchange_type(message) == IKE_AUTH &&
			 message->get_message_id(message) == 1)
	{
		add_initial_contact(this, ike_sa, message);
	}
	else if (!incoming && !plain)
	{
		sent(this, ike_sa, message);
	}
}

/**
 * The login is over: have the session take the IKE_SA, or leave it to that if the
 * held one is gone.
 */
static status_t complete(private_mobility_successor_t *this, ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	bool useless, alone;

	useless = !ike_sa->get_child_count(ike_sa) ||
			  (this->vip && !mobility_inheritance_has_vip(ike_sa));
	lock(this);
	alone = !this->held;
	if (useless || alone)
	{
		forget(this, useless ? MOBILITY_ATTEMPT_USELESS
							 : MOBILITY_ATTEMPT_DONE);
	}
	else if (is_current(this, ike_sa))
	{
		this->established = id->clone(id);
	}
	unlock(this);
	if (useless)
	{
		DBG1(DBG_IKE, "mobility: %s: gateway gave no CHILD_SA or virtual IP, "
			 "deleting the new IKE_SA", ike_sa->get_name(ike_sa));
		unhook(this, ike_sa);
		return ike_sa->delete(ike_sa, FALSE);
	}
	if (alone)
	{
		unhook(this, ike_sa);
		this->context->logged_in(this->context, ike_sa);
	}
	else
	{
		this->context->wake(this->context, this->session, MOBILITY_WORK_LOGIN);
	}
	return SUCCESS;
}

/**
 * Implements mobility_ike_methods_t.processed()
 */
static status_t processed(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
						  status_t status)
{
	private_mobility_successor_t *this = successor_of(handler);
	bool current;

	lock(this);
	current = is_current(this, ike_sa) && !this->established;
	unlock(this);
	if (current && mobility_inheritance_is_complete(ike_sa))
	{
		ref_get(&this->refs);
		if (complete(this, ike_sa) == DESTROY_ME)
		{
			status = DESTROY_ME;
		}
		put(this);
	}
	return status;
}

/**
 * Complete the login of an IKE_SA that has replaced the second one.
 */
static status_t do_complete(work_t *work, ike_sa_t *ike_sa)
{
	return processed(&work->successor->handler, ike_sa, SUCCESS);
}

/**
 * Implements mobility_ike_methods_t.rekeyed()
 */
static void rekeyed(mobility_ike_handler_t *handler, ike_sa_t *old,
					ike_sa_t *new)
{
	private_mobility_successor_t *this = successor_of(handler);
	mobility_ike_hooks_t *hooks = this->context->hooks;
	ike_sa_id_t *id = new->get_id(new);
	uint32_t unique_id = new->get_unique_id(new);
	bool current, established = FALSE;
	ike_sa_t *held;

	lock(this);
	current = is_current(this, old);
	held = this->held;
	if (current)
	{
		this->id = unique_id;
		if (this->established)
		{
			established = TRUE;
			this->established->destroy(this->established);
			this->established = id->clone(id);
		}
	}
	unlock(this);
	if (!current)
	{	/* whoever ends the old one does not know of this one */
		queue_job(this, unique_id, do_end);
	}
	else
	{
		ref_get(&this->refs);
		hooks->hook(hooks, new, &this->handler);
		if (held)
		{
			this->context->expect(this->context, held, unique_id);
		}
		if (established)
		{
			this->context->wake(this->context, this->session,
								MOBILITY_WORK_LOGIN);
		}
		else
		{	/* as soon as it is checked in */
			queue_job(this, unique_id, do_complete);
		}
	}
	unhook(this, old);
}

/**
 * Implements mobility_ike_methods_t.gone()
 */
static void gone(mobility_ike_handler_t *handler, ike_sa_t *ike_sa)
{
	private_mobility_successor_t *this = successor_of(handler);
	mobility_attempt_end_t end;
	uint32_t held_id = 0;
	u_int asked = 0;
	bool current;

	lock(this);
	current = is_current(this, ike_sa);
	if (current)
	{	/* the next attempt may begin then */
		held_id = this->held_id;
		asked = this->asked;
		end = mobility_inquiry_judge_end(&this->inquiry,
							ike_sa->get_statistic(ike_sa, STAT_ESTABLISHED));
		forget(this, end);
	}
	unlock(this);
	if (current)
	{
		mobility_inheritance_return(ike_sa, asked, held_id);
		this->context->wake(this->context, this->session, MOBILITY_WORK_TICK);
	}
	unhook(this, ike_sa);
}

/*
 * Described in header.
 */
mobility_successor_t *mobility_successor_create(mobility_context_t *context,
												uint32_t session)
{
	static const mobility_ike_methods_t methods = {
		.retransmit = retransmit,
		.processed = processed,
		.message = message_,
		.rekeyed = rekeyed,
		.gone = gone,
	};
	private_mobility_successor_t *this;

	INIT(this,
		.public = {
			.begin = _begin,
			.build = _build,
			.take = _take,
			.cancel = _cancel,
			.release = _release,
			.destroy = _destroy,
		},
		.handler = {
			.methods = &methods,
		},
		.context = context,
		.session = session,
		.refs = 1,
	);
	mobility_inquiry_init(&this->inquiry);
	this->public.inquiry = &this->inquiry;
	return &this->public;
}
