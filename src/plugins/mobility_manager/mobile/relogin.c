/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/relogin.h"
#include "mobile/inheritance.h"
#include "mobile/inquiry.h"
#include "net/clock.h"

#include <daemon.h>
#include <encoding/payloads/delete_payload.h>
#include <processing/jobs/callback_job.h>
#include <sa/ikev2/tasks/ike_delete.h>
#include <threading/mutex.h>

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
	 * Gets the calls of the second IKE_SA.
	 */
	mobility_ike_handler_t handler;

	/**
	 * What sessions share.
	 */
	mobility_context_t *context;

	/**
	 * Course of the session, used with the held IKE_SA checked out.
	 */
	mobility_course_t *course;

	/**
	 * Number of the session.
	 */
	uint32_t session;

	/**
	 * References: the session has one, each hooked IKE_SA another.
	 */
	refcount_t refs;

	/**
	 * Locks what follows.  Nothing of charon but hosts and packets is used with
	 * it held.
	 */
	mutex_t *mutex;

	/**
	 * What it asks and is answered.
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
	 * Configs of CHILD_SAs that somebody has deleted since the second one was
	 * created, child_cfg_t*.  Used with the held IKE_SA checked out.
	 */
	linked_list_t *unwanted;

	/**
	 * It asks for a virtual IP.
	 */
	bool vip;

	/**
	 * Identities of the held one.
	 */
	identification_t *my_id, *other_id;

	/**
	 * What is best of all paths.  Used with the held IKE_SA checked out.
	 */
	fitness_t best;

	/**
	 * Its SPIs once it is established, with all CHILD_SAs, else NULL.
	 */
	ike_sa_id_t *established;
};

/**
 * Get the instance from a handler.
 */
static inline private_mobility_relogin_t *relogin_of(
											mobility_ike_handler_t *handler)
{
	return (private_mobility_relogin_t*)((char*)handler -
							offsetof(private_mobility_relogin_t, handler));
}

/**
 * Put down a reference.
 */
static void put(private_mobility_relogin_t *this)
{
	if (ref_put(&this->refs))
	{
		this->unwanted->destroy_offset(this->unwanted,
									   offsetof(child_cfg_t, destroy));
		mobility_inquiry_cleanup(&this->inquiry);
		DESTROY_IF(this->my_id);
		DESTROY_IF(this->other_id);
		DESTROY_IF(this->established);
		this->mutex->destroy(this->mutex);
		free(this);
	}
}

/**
 * Forget the second IKE_SA, the mutex must be held.
 */
static void forget(private_mobility_relogin_t *this, mobility_attempt_end_t end)
{
	mobility_inquiry_end(&this->inquiry, end);
	DESTROY_IF(this->established);
	this->established = NULL;
	this->id = 0;
}

/**
 * Leave an IKE_SA to stock, whoever has it checked out.
 */
static void unhook(private_mobility_relogin_t *this, ike_sa_t *ike_sa)
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
static bool is_current(private_mobility_relogin_t *this, ike_sa_t *ike_sa)
{
	return this->id && this->id == ike_sa->get_unique_id(ike_sa);
}

/**
 * An IKE_SA that a job sees to.
 */
typedef struct {
	/** its handler, referenced */
	private_mobility_relogin_t *relogin;
	/** its unique id, and that of the held one */
	uint32_t id, held_id;
	/** number of CHILD_SAs that it creates as the held one has them */
	u_int asked;
} work_t;

/**
 * Destroy a work_t.
 */
static void work_destroy(work_t *work)
{
	put(work->relogin);
	free(work);
}

/**
 * Job that ends a second IKE_SA.
 */
static job_requeue_t end_job(work_t *work)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													work->id);
	if (ike_sa)
	{
		unhook(work->relogin, ike_sa);
		mobility_inheritance_return(ike_sa, work->asked, work->held_id);
		mobility_checkin(ike_sa, ike_sa->delete(ike_sa, FALSE));
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Job that has a second IKE_SA go on with a session whose own is gone.
 */
static job_requeue_t succeed_job(work_t *work)
{
	private_mobility_relogin_t *this = work->relogin;
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													work->id);
	if (ike_sa)
	{
		unhook(this, ike_sa);
		this->context->logged_in(this->context, ike_sa);
		mobility_checkin(ike_sa, SUCCESS);
	}
	return JOB_REQUEUE_NONE;
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
 * Job that has a second IKE_SA build its IKE_SA_INIT for the path over which that
 * was answered, with another SPI.
 */
static job_requeue_t build_job(work_t *work)
{
	private_mobility_relogin_t *this = work->relogin;
	host_t *local, *remote;
	status_t status = SUCCESS;
	ike_sa_t *ike_sa;
	bool build;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													work->id);
	if (ike_sa)
	{
		this->mutex->lock(this->mutex);
		build = is_current(this, ike_sa) &&
				mobility_inquiry_rebuild(&this->inquiry, &local, &remote);
		this->mutex->unlock(this->mutex);
		if (build)
		{
			set_hosts(ike_sa, local, remote);
			ike_sa->reset(ike_sa, TRUE);
			status = ike_sa->initiate(ike_sa, NULL, NULL);
			local->destroy(local);
			remote->destroy(remote);
		}
		mobility_checkin(ike_sa, status);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Have a job see to a second IKE_SA, which may have been forgotten here.  The mutex
 * must not be held.
 */
static void queue_job(private_mobility_relogin_t *this, uint32_t id,
					  job_requeue_t (*cb)(work_t *work))
{
	work_t *work;

	this->mutex->lock(this->mutex);
	INIT(work,
		.relogin = this,
		.id = id,
		.held_id = this->held_id,
		.asked = this->asked,
	);
	this->mutex->unlock(this->mutex);
	ref_get(&this->refs);
	lib->processor->queue_job(lib->processor,
				(job_t*)callback_job_create((callback_job_cb_t)cb, work,
											(void*)work_destroy, NULL));
}

METHOD(mobility_relogin_t, cancel, void,
	private_mobility_relogin_t *this)
{
	uint32_t id;

	this->mutex->lock(this->mutex);
	id = this->id;
	if (id)
	{
		forget(this, MOBILITY_ATTEMPT_DROPPED);
	}
	this->mutex->unlock(this->mutex);
	if (id)
	{
		queue_job(this, id, end_job);
	}
}

/**
 * Have the second IKE_SA ask for what the held one has.
 */
static status_t initiate(private_mobility_relogin_t *this, ike_sa_t *held,
						 ike_sa_t *ike_sa)
{
	u_int asked;

	this->unwanted->destroy_offset(this->unwanted,
								   offsetof(child_cfg_t, destroy));
	this->unwanted = linked_list_create();
	this->vip = mobility_inheritance_has_vip(held);
	asked = mobility_inheritance_ask(held, ike_sa);
	this->mutex->lock(this->mutex);
	this->asked = asked;
	this->mutex->unlock(this->mutex);
	return ike_sa->initiate(ike_sa, NULL, NULL);
}

/**
 * Note what is known of the held IKE_SA, for the second one.
 */
static void note_held(private_mobility_relogin_t *this, ike_sa_t *held,
					  uint32_t id, bool expired)
{
	identification_t *me = held->get_my_id(held);
	identification_t *other = held->get_other_id(held);

	this->mutex->lock(this->mutex);
	DESTROY_IF(this->my_id);
	DESTROY_IF(this->other_id);
	this->my_id = me->clone(me);
	this->other_id = other->clone(other);
	this->held = held;
	this->held_id = held->get_unique_id(held);
	this->id = id;
	mobility_inquiry_begin(&this->inquiry, expired);
	this->mutex->unlock(this->mutex);
}

/**
 * Create the second IKE_SA, which sends its first request over a path.
 */
static void create_second(private_mobility_relogin_t *this,
						  const mobility_path_t *path, bool expired)
{
	mobility_ike_hooks_t *hooks = this->context->hooks;
	ike_sa_t *ike_sa, *held = this->course->ike_sa;

	ike_sa = charon->ike_sa_manager->create_new(charon->ike_sa_manager, IKEV2,
												TRUE);
	if (!ike_sa)
	{
		return;
	}
	ike_sa->set_peer_cfg(ike_sa, held->get_peer_cfg(held));
	set_hosts(ike_sa, path->local, path->remote);
	note_held(this, held, ike_sa->get_unique_id(ike_sa), expired);
	ref_get(&this->refs);
	hooks->hook(hooks, ike_sa, &this->handler);
	DBG1(DBG_IKE, "mobility: %s: %s, asking with another IKE_SA",
		 this->course->name, expired ? "lifetime of the IKE_SA is over" :
		 "gateway may have forgotten the session");
	charon->bus->set_sa(charon->bus, ike_sa);
	if (initiate(this, held, ike_sa) != DESTROY_ME)
	{
		charon->ike_sa_manager->checkin(charon->ike_sa_manager, ike_sa);
	}
	else
	{
		charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
													ike_sa);
	}
	charon->bus->set_sa(charon->bus, held);
}

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

METHOD(mobility_relogin_t, begin, void,
	private_mobility_relogin_t *this, u_int limit, bool expired)
{
	mobility_candidates_t *candidates = this->course->candidates;
	ike_sa_t *held = this->course->ike_sa;
	host_t *locals[MOBILITY_MAX_LOCALS];
	mobility_path_t *best;
	bool may;
	u_int count;

	best = find_best(this);
	if (!best || !mobility_inheritance_exists(held))
	{
		return;
	}
	this->mutex->lock(this->mutex);
	this->inquiry.network = candidates->get_locals(candidates, locals, &count);
	may = mobility_attempt_may_begin(&this->inquiry.attempt,
									 this->inquiry.network, limit,
									 mobility_now());
	this->mutex->unlock(this->mutex);
	if (may)
	{
		candidates->pin(candidates, best);
		create_second(this, best, expired);
	}
}

METHOD(mobility_relogin_t, ask, void,
	private_mobility_relogin_t *this, const mobility_path_t *path)
{
	fitness_t lacking = this->best & ~get_fitness(this, path);

	this->mutex->lock(this->mutex);
	if (this->id && !(lacking & FIT_FOUND))
	{
		mobility_inquiry_ask(&this->inquiry, path, lacking & FIT_KIN);
	}
	this->mutex->unlock(this->mutex);
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
	ike_sa_t *held = this->course->ike_sa;
	bool refuted, login;

	this->mutex->lock(this->mutex);
	refuted = mobility_attempt_refute(&this->inquiry.attempt);
	login = mobility_inquiry_is_login(&this->inquiry);
	this->mutex->unlock(this->mutex);
	if (refuted)
	{
		cancel(this);
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
	bool exists;

	this->mutex->lock(this->mutex);
	exists = this->id;
	this->mutex->unlock(this->mutex);
	if (exists)
	{
		this->unwanted->insert_last(this->unwanted, config->get_ref(config));
	}
}

METHOD(mobility_relogin_t, get_deadline, uint64_t,
	private_mobility_relogin_t *this)
{
	uint64_t deadline;

	this->mutex->lock(this->mutex);
	deadline = this->inquiry.attempt.next;
	this->mutex->unlock(this->mutex);
	return deadline;
}

METHOD(mobility_relogin_t, tick, mobility_path_t*,
	private_mobility_relogin_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_attempt_action_t action;
	mobility_path_t *path;
	uint32_t id;
	bool built;

	this->mutex->lock(this->mutex);
	action = mobility_inquiry_tick(&this->inquiry, candidates, &path);
	built = mobility_inquiry_is_built(&this->inquiry);
	id = this->id;
	this->mutex->unlock(this->mutex);
	if (action == MOBILITY_ATTEMPT_ASK)
	{
		candidates->pin(candidates, path);
		built ? ask(this, path) : queue_job(this, id, build_job);
	}
	else if (action == MOBILITY_ATTEMPT_DROP)
	{
		cancel(this);
	}
	return action == MOBILITY_ATTEMPT_REPEAT ? path : NULL;
}

METHOD(mobility_relogin_t, get_refusal, bool,
	private_mobility_relogin_t *this, char *buf, size_t len)
{
	bool refused;

	this->mutex->lock(this->mutex);
	refused = mobility_inquiry_get_refusal(&this->inquiry, buf, len);
	this->mutex->unlock(this->mutex);
	return refused;
}

METHOD(mobility_relogin_t, take, ike_sa_t*,
	private_mobility_relogin_t *this)
{
	ike_sa_t *ike_sa;
	ike_sa_id_t *id;

	this->mutex->lock(this->mutex);
	id = this->established ? this->established->clone(this->established) : NULL;
	this->mutex->unlock(this->mutex);
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
		this->mutex->lock(this->mutex);
		forget(this, MOBILITY_ATTEMPT_DONE);
		this->mutex->unlock(this->mutex);
		unhook(this, ike_sa);
		mobility_inheritance_delete(ike_sa, this->unwanted);
	}
	return ike_sa;
}

METHOD(mobility_relogin_t, release, void,
	private_mobility_relogin_t *this)
{
	ike_sa_t *held = this->course->ike_sa;
	uint32_t succeeding = 0, id;
	bool alone;

	this->mutex->lock(this->mutex);
	this->held = NULL;
	/* what has authenticated goes on by itself */
	alone = mobility_inquiry_is_login(&this->inquiry);
	id = this->id;
	if (this->established)
	{
		succeeding = this->id;
		forget(this, MOBILITY_ATTEMPT_DONE);
	}
	this->mutex->unlock(this->mutex);
	if (alone && held)
	{
		mobility_inheritance_leave(held, id);
	}
	if (succeeding)
	{
		queue_job(this, succeeding, succeed_job);
	}
	else if (!alone)
	{
		cancel(this);
	}
}

METHOD(mobility_relogin_t, destroy, void,
	private_mobility_relogin_t *this)
{
	cancel(this);
	put(this);
}

METHOD(mobility_ike_handler_t, retransmit, status_t,
	mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
	const mobility_ike_stock_t *stock, uint32_t mid)
{
	private_mobility_relogin_t *this = relogin_of(handler);
	bool login;

	this->mutex->lock(this->mutex);
	login = !is_current(this, ike_sa) ||
			mobility_inquiry_is_login(&this->inquiry);
	this->mutex->unlock(this->mutex);
	/* IKE_SA_INIT goes with the held request */
	return login ? stock->retransmit(ike_sa, mid) : SUCCESS;
}

/**
 * IKE_SA_INIT was answered: authenticate, or only note that somebody is there.
 */
static void received_init(private_mobility_relogin_t *this, ike_sa_t *ike_sa,
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
	this->mutex->lock(this->mutex);
	held = this->held;
	if (is_current(this, ike_sa))
	{
		use = mobility_inquiry_answered(&this->inquiry, message, answer, error,
										&login);
	}
	this->mutex->unlock(this->mutex);
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
static void forget_spi(private_mobility_relogin_t *this, ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	bool open;

	this->mutex->lock(this->mutex);
	open = is_current(this, ike_sa) &&
		   !mobility_inquiry_is_login(&this->inquiry);
	this->mutex->unlock(this->mutex);
	if (open)
	{
		id->set_responder_spi(id, 0);
	}
}

/**
 * An answer to a later request came in.
 */
static void received(private_mobility_relogin_t *this, ike_sa_t *ike_sa,
					 message_t *message)
{
	bool current;

	this->mutex->lock(this->mutex);
	current = is_current(this, ike_sa);
	if (current)
	{
		mobility_inquiry_replied(&this->inquiry, message);
	}
	this->mutex->unlock(this->mutex);
	if (!current)
	{
		message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
	}
}

/**
 * Have the gateway forget the held IKE_SA, if it should remember it.
 */
static void add_initial_contact(private_mobility_relogin_t *this,
								ike_sa_t *ike_sa, message_t *message)
{
	identification_t *me, *other;

	/* the next attempt may begin meanwhile */
	this->mutex->lock(this->mutex);
	me = this->my_id->clone(this->my_id);
	other = this->other_id->clone(this->other_id);
	this->mutex->unlock(this->mutex);
	mobility_inheritance_announce(ike_sa, message, me, other);
	me->destroy(me);
	other->destroy(other);
}

/**
 * A request was encoded: keep it.
 */
static void sent(private_mobility_relogin_t *this, ike_sa_t *ike_sa,
				 message_t *message)
{
	this->mutex->lock(this->mutex);
	if (is_current(this, ike_sa))
	{
		mobility_inquiry_sent(&this->inquiry, ike_sa, message);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(mobility_ike_handler_t, message_, void,
	mobility_ike_handler_t *handler, ike_sa_t *ike_sa, message_t *message,
	bool incoming, bool plain)
{
	private_mobility_relogin_t *this = relogin_of(handler);

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
static status_t complete(private_mobility_relogin_t *this, ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	bool useless, alone;

	useless = !ike_sa->get_child_count(ike_sa) ||
			  (this->vip && !mobility_inheritance_has_vip(ike_sa));
	this->mutex->lock(this->mutex);
	alone = !this->held;
	if (useless || alone)
	{
		forget(this, useless ? MOBILITY_ATTEMPT_USELESS : MOBILITY_ATTEMPT_DONE);
	}
	else if (is_current(this, ike_sa))
	{
		this->established = id->clone(id);
	}
	this->mutex->unlock(this->mutex);
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

METHOD(mobility_ike_handler_t, processed, status_t,
	mobility_ike_handler_t *handler, ike_sa_t *ike_sa, status_t status)
{
	private_mobility_relogin_t *this = relogin_of(handler);
	bool current;

	this->mutex->lock(this->mutex);
	current = is_current(this, ike_sa) && !this->established;
	this->mutex->unlock(this->mutex);
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
 * Job that completes the login of an IKE_SA that has replaced the second one.
 */
static job_requeue_t complete_job(work_t *work)
{
	private_mobility_relogin_t *this = work->relogin;
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout_by_id(charon->ike_sa_manager,
													work->id);
	if (ike_sa)
	{
		mobility_checkin(ike_sa, processed(&this->handler, ike_sa, SUCCESS));
	}
	return JOB_REQUEUE_NONE;
}

METHOD(mobility_ike_handler_t, rekeyed, void,
	mobility_ike_handler_t *handler, ike_sa_t *old, ike_sa_t *new)
{
	private_mobility_relogin_t *this = relogin_of(handler);
	mobility_ike_hooks_t *hooks = this->context->hooks;
	ike_sa_id_t *id = new->get_id(new);
	uint32_t unique_id = new->get_unique_id(new);
	bool current, established = FALSE;
	ike_sa_t *held;

	this->mutex->lock(this->mutex);
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
	this->mutex->unlock(this->mutex);
	if (!current)
	{	/* whoever ends the old one does not know of this one */
		queue_job(this, unique_id, end_job);
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
			queue_job(this, unique_id, complete_job);
		}
	}
	unhook(this, old);
}

METHOD(mobility_ike_handler_t, gone, void,
	mobility_ike_handler_t *handler, ike_sa_t *ike_sa)
{
	private_mobility_relogin_t *this = relogin_of(handler);
	mobility_attempt_end_t end;
	uint32_t held_id = 0;
	u_int asked = 0;
	bool current;

	this->mutex->lock(this->mutex);
	current = is_current(this, ike_sa);
	if (current)
	{	/* the next attempt may begin then */
		held_id = this->held_id;
		asked = this->asked;
		end = mobility_inquiry_judge_end(&this->inquiry,
							ike_sa->get_statistic(ike_sa, STAT_ESTABLISHED));
		forget(this, end);
	}
	this->mutex->unlock(this->mutex);
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
		.handler = {
			.retransmit = _retransmit,
			.processed = _processed,
			.message = _message_,
			.rekeyed = _rekeyed,
			.gone = _gone,
		},
		.context = context,
		.course = course,
		.session = session,
		.refs = 1,
		.unwanted = linked_list_create(),
		.inquiry.request = mobility_request_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
