/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/hold.h"
#include "ike/mobike_task.h"

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <processing/jobs/retransmit_job.h>
#include <processing/jobs/send_dpd_job.h>

/** DPD delays after which the peer is asked even if its packets come in, as they
 * don't tell if ours arrive. */
#define ONE_WAY_DELAYS 4

/** Time after which a peer does not send its DELETE again for an IKE_SA that was
 * replaced, in ms: as charon's by default. */
#define LEFT_TIME 165000

typedef struct private_mobility_hold_t private_mobility_hold_t;

/**
 * Private data of a mobility_hold_t object.
 */
struct private_mobility_hold_t {

	/**
	 * Public interface.
	 */
	mobility_hold_t public;

	/**
	 * Hooks.
	 */
	mobility_ike_hooks_t *hooks;

	/**
	 * IKE_SA, NULL if there is none.
	 */
	ike_sa_t *ike_sa;

	/**
	 * Its request in flight.
	 */
	mobility_request_t *request;

	/**
	 * State of the session.
	 */
	const mobility_state_t *state;

	/**
	 * End that is ours.
	 */
	const mobility_role_t *role;

	/**
	 * Message ID of the request that stock wanted to send again last.
	 */
	uint32_t swallowed;

	/**
	 * The request in flight was handed to stock.
	 */
	bool handed_over;

	/**
	 * There is no job for DPD anymore.
	 */
	bool parked;
};

/**
 * Get the hold from the handler of its IKE_SA.
 */
static inline private_mobility_hold_t *hold_of(mobility_ike_handler_t *handler)
{
	return (private_mobility_hold_t*)handler;
}

METHOD(mobility_hold_t, is_held, bool,
	private_mobility_hold_t *this)
{
	if (!this->ike_sa || this->handed_over ||
		*this->state == MOBILITY_FAILED ||
		mobility_task_queued(this->ike_sa, TASK_QUEUE_QUEUED, TASK_IKE_DELETE))
	{
		return FALSE;
	}
	switch (this->ike_sa->get_state(this->ike_sa))
	{
		case IKE_ESTABLISHED:
		case IKE_REKEYING:
			return TRUE;
		case IKE_DELETING:
			/* break-before-make reauthentication deletes the IKE_SA first */
			return mobility_task_queued(this->ike_sa, TASK_QUEUE_ACTIVE,
										TASK_IKE_REAUTH);
		default:
			return FALSE;
	}
}

/**
 * Have a job send a DPD request, if it still is due by then.
 */
static void schedule_dpd(private_mobility_hold_t *this, time_t delay)
{
	lib->scheduler->schedule_job(lib->scheduler,
			(job_t*)send_dpd_job_create(this->ike_sa->get_id(this->ike_sa)),
			delay);
}

METHOD(mobility_hold_t, resume, void,
	private_mobility_hold_t *this)
{
	peer_cfg_t *peer_cfg;

	if (this->parked)
	{
		this->parked = FALSE;
		peer_cfg = this->ike_sa->get_peer_cfg(this->ike_sa);
		schedule_dpd(this, peer_cfg->get_dpd(peer_cfg));
	}
}

METHOD(mobility_hold_t, hand_over, status_t,
	private_mobility_hold_t *this)
{
	mobility_request_t *exchange = this->request;
	uint32_t mid = this->swallowed;

	resume(this);
	this->handed_over = TRUE;
	this->swallowed = UINT32_MAX;
	if (exchange->matches(exchange, mid))
	{	/* starts stock's chain of retransmit jobs again, which was cut; if it
		 * was not, a second one would end the exchange in half the time */
		return this->ike_sa->retransmit(this->ike_sa, mid);
	}
	return SUCCESS;
}

METHOD(mobility_hold_t, fail, status_t,
	private_mobility_hold_t *this)
{
	mobility_request_t *exchange = this->request;
	ike_sa_t *ike_sa = this->ike_sa;
	packet_t *packet;

	packet = exchange->get_packet(exchange);
	if (packet)
	{
		charon->bus->alert(charon->bus, ALERT_RETRANSMIT_SEND_TIMEOUT, packet);
	}
	ike_sa->reestablish(ike_sa);
	charon->bus->ike_updown(charon->bus, ike_sa, FALSE);
	return DESTROY_ME;
}

/**
 * Implements mobility_ike_methods_t.processed()
 */
static status_t processed(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
						  status_t status)
{
	private_mobility_hold_t *this = hold_of(handler);

	if (this->role->processed(this->public.handler.session) == DESTROY_ME)
	{
		return DESTROY_ME;
	}
	return status;
}

/**
 * Implements mobility_ike_methods_t.retransmit()
 */
static status_t retransmit(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
						   const mobility_ike_stock_t *stock, uint32_t mid)
{
	private_mobility_hold_t *this = hold_of(handler);
	mobility_request_t *exchange = this->request;

	if (!is_held(this))
	{
		return stock->retransmit(ike_sa, mid);
	}
	if (!exchange->matches(exchange, mid))
	{
		return INVALID_STATE;
	}
	/* sent again when the state machine says so, stock's job ends here */
	this->swallowed = mid;
	return SUCCESS;
}

/**
 * Implements mobility_ike_methods_t.roam()
 */
static status_t roam(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
					 const mobility_ike_stock_t *stock, bool address)
{
	private_mobility_hold_t *this = hold_of(handler);

	if (this->role->follows || !is_held(this))
	{
		return stock->roam(ike_sa, address);
	}
	/* our own monitor has seen or will see what this is about */
	return SUCCESS;
}

/**
 * Get how many seconds ago the last authenticated packet came in, IKE or ESP.
 */
static time_t get_idle(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	time_t last, used;

	last = ike_sa->get_statistic(ike_sa, STAT_INBOUND);
	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		child_sa->get_usestats(child_sa, TRUE, &used, NULL, NULL);
		last = max(last, used);
	}
	enumerator->destroy(enumerator);
	return time_monotonic(NULL) - last;
}

/**
 * Get in how many seconds a DPD request is due, at most 0 if it is now.
 */
static time_t get_dpd_due(ike_sa_t *ike_sa, time_t delay)
{
	time_t unasked;

	unasked = time_monotonic(NULL) - ike_sa->get_statistic(ike_sa, STAT_INBOUND);
	return min(delay - get_idle(ike_sa), ONE_WAY_DELAYS * delay - unasked);
}

/**
 * Implements mobility_ike_methods_t.send_dpd()
 */
static status_t send_dpd(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
						 const mobility_ike_stock_t *stock)
{
	private_mobility_hold_t *this = hold_of(handler);
	peer_cfg_t *peer_cfg;
	time_t delay, wait;
	bool due = FALSE;

	if (!is_held(this))
	{
		return stock->send_dpd(ike_sa);
	}
	/* for a MOBIKE peer stock's is a MOBIKE task, which must not meet ours */
	peer_cfg = ike_sa->get_peer_cfg(ike_sa);
	delay = wait = peer_cfg->get_dpd(peer_cfg);
	if (this->role->follows && *this->state != MOBILITY_CONNECTED)
	{	/* nobody is woken to find that there is nothing to do */
		this->parked = delay != 0;
		return SUCCESS;
	}
	if (*this->state == MOBILITY_CONNECTED &&
		this->role->is_idle(this->public.handler.session))
	{
		wait = get_dpd_due(ike_sa, delay);
		due = wait <= 0;
	}
	if (delay)
	{
		schedule_dpd(this, due ? delay : wait);
	}
	return due ? this->role->send_dpd(this->public.handler.session) : SUCCESS;
}

/**
 * Implements mobility_ike_methods_t.delete()
 */
static status_t delete_(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
						const mobility_ike_stock_t *stock, bool force)
{
	private_mobility_hold_t *this = hold_of(handler);

	if (this->role->deleted(this->public.handler.session) && !force)
	{
		return SUCCESS;
	}
	if (!force && *this->state != MOBILITY_CONNECTED && is_held(this))
	{	/* stock would wait for an answer to the request in flight first, and
		 * for one to the delete then */
		DBG1(DBG_IKE, "mobility: %s is %N, deleting IKE_SA without waiting for "
			 "the peer", ike_sa->get_name(ike_sa), mobility_state_names,
			 *this->state);
		force = TRUE;
	}
	return stock->delete(ike_sa, force);
}

/**
 * Have stock send a request again that it is still waiting for, on an IKE_SA that
 * was replaced: it deletes that if the peer does not, but not before the request
 * was answered or given up.
 */
static void leave_behind(private_mobility_hold_t *this)
{
	mobility_request_t *exchange = this->request;

	if (exchange->matches(exchange, this->swallowed))
	{
		lib->processor->queue_job(lib->processor,
					(job_t*)retransmit_job_create(this->swallowed,
										this->ike_sa->get_id(this->ike_sa)));
	}
}

/**
 * Job that destroys an IKE_SA if it still waits for the peer to delete it.
 */
static job_requeue_t destroy_left(ike_sa_id_t *id)
{
	ike_sa_manager_t *manager = charon->ike_sa_manager;
	ike_sa_t *ike_sa;

	ike_sa = manager->checkout(manager, id);
	if (ike_sa && ike_sa->get_state(ike_sa) == IKE_REKEYED)
	{
		DBG1(DBG_IKE, "mobility: destroying IKE_SA %s[%u], the peer has replaced "
			 "it and did not delete it", ike_sa->get_name(ike_sa),
			 ike_sa->get_unique_id(ike_sa));
		manager->checkin_and_destroy(manager, ike_sa);
	}
	else if (ike_sa)
	{
		manager->checkin(manager, ike_sa);
	}
	return JOB_REQUEUE_NONE;
}

/**
 * An IKE_SA was replaced: it goes even if the peer does not delete it, because that
 * was lost or the peer has forgotten it.
 */
static void expire_left(ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	lib->scheduler->schedule_job_ms(lib->scheduler,
			(job_t*)callback_job_create((callback_job_cb_t)destroy_left,
										id->clone(id), (void*)id->destroy, NULL),
			LEFT_TIME);
}

/**
 * Implements mobility_ike_methods_t.child_deleted()
 */
static void child_deleted(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
						  child_sa_t *child_sa)
{
	private_mobility_hold_t *this = hold_of(handler);

	if (is_held(this) && child_sa->get_state(child_sa) == CHILD_INSTALLED)
	{	/* stock says so when it sends the request, which may take hours */
		child_sa->set_state(child_sa, CHILD_DELETING);
	}
	this->role->child_deleted(this->public.handler.session, child_sa);
}

/**
 * Implements mobility_ike_methods_t.reauth()
 */
static void reauth(mobility_ike_handler_t *handler, ike_sa_t *ike_sa)
{
	private_mobility_hold_t *this = hold_of(handler);

	this->role->reauth(this->public.handler.session);
}

/**
 * Implements mobility_ike_methods_t.update_hosts()
 */
static void update_hosts(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
						 const mobility_ike_stock_t *stock, host_t *me,
						 host_t *other, update_hosts_flag_t flags)
{
	private_mobility_hold_t *this = hold_of(handler);

	if (this->role->update_hosts)
	{
		this->role->update_hosts(handler->session, stock, me, other, flags);
	}
	else
	{
		stock->update_hosts(ike_sa, me, other, flags);
	}
}

METHOD(mobility_hold_t, bind_, void,
	private_mobility_hold_t *this, ike_sa_t *ike_sa)
{
	if (this->ike_sa)
	{
		if (ike_sa)
		{
			leave_behind(this);
			expire_left(this->ike_sa);
		}
		this->hooks->unhook(this->hooks, this->ike_sa);
	}
	this->ike_sa = ike_sa;
	this->handed_over = FALSE;
	this->parked = FALSE;
	this->swallowed = UINT32_MAX;
	if (ike_sa)
	{
		this->hooks->hook(this->hooks, ike_sa, &this->public.handler);
	}
}

METHOD(mobility_hold_t, destroy, void,
	private_mobility_hold_t *this)
{
	bind_(this, NULL);
	free(this);
}

/*
 * Described in header.
 */
mobility_hold_t *mobility_hold_create(mobility_ike_hooks_t *hooks,
									  mobility_request_t *request,
									  const mobility_state_t *state,
									  const mobility_role_t *role,
									  void *session)
{
	static const mobility_ike_methods_t methods = {
		.retransmit = retransmit,
		.roam = roam,
		.send_dpd = send_dpd,
		.delete = delete_,
		.child_deleted = child_deleted,
		.reauth = reauth,
		.processed = processed,
		.update_hosts = update_hosts,
	};
	private_mobility_hold_t *this;

	INIT(this,
		.public = {
			.handler = {
				.session = session,
				.methods = &methods,
			},
			.bind = _bind_,
			.is_held = _is_held,
			.resume = _resume,
			.hand_over = _hand_over,
			.fail = _fail,
			.destroy = _destroy,
		},
		.hooks = hooks,
		.request = request,
		.state = state,
		.role = role,
		.swallowed = UINT32_MAX,
	);

	return &this->public;
}
