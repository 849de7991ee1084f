/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/mobile_session.h"
#include "net/clock.h"
#include "session/hold.h"
#include "mobile/esp_proof.h"
#include "mobile/inheritance.h"
#include "mobile/login.h"
#include "mobile/mover.h"
#include "mobile/peer_names.h"
#include "mobile/protection.h"
#include "mobile/relogin.h"
#include "mobile/restoration.h"
#include "mobile/switch_back.h"
#include "session/liveness.h"
#include "session/standing.h"

#include <time.h>

#include <daemon.h>

/** Shortest time between two hints that count, in ms: the peer is not the only
 * one that can send a packet once more. */
#define SUSPECT_INTERVAL 5000

/** Attempts while waiting for an answer that have gone over all paths before the
 * peer may have forgotten the session. */
#define RELOGIN_ATTEMPTS (MOBILITY_EARLY_ATTEMPTS + 1)

/** How many times as long it is between attempts if only the last resort is
 * left. */
#define LAST_RESORT_RETRY 6

typedef struct private_mobility_session_t private_mobility_session_t;

/**
 * Private data of a mobility_session_t object.
 */
struct private_mobility_session_t {

	/**
	 * Public interface.
	 */
	mobility_session_t public;

	/**
	 * What sessions share.
	 */
	mobility_context_t *context;

	/**
	 * Name of the connection.
	 */
	char *connection;

	/**
	 * IKE_SA, NULL if none is bound.
	 */
	ike_sa_t *ike_sa;

	/**
	 * Has the IKE_SA log in, before it is held.
	 */
	mobility_login_t *login;

	/**
	 * Holds the IKE_SA.
	 */
	mobility_hold_t *hold;

	/**
	 * Moves the IKE_SA.
	 */
	mobility_mover_t *mover;

	/**
	 * Where that is and where it is heading, of the mover.
	 */
	mobility_course_t *course;

	/**
	 * Policy of the connection.
	 */
	mobility_config_t config;

	/**
	 * Times for the state machine.
	 */
	mobility_fsm_config_t times;

	/**
	 * State machine.
	 */
	mobility_fsm_t fsm;

	/**
	 * What the state machine decided that was not done yet.
	 */
	mobility_action_t due;

	/**
	 * When to leave a path that works.
	 */
	mobility_switch_back_t switch_back;

	/**
	 * How the path in use works.
	 */
	mobility_liveness_t *vigil;

	/**
	 * Has the path in use prove that ESP passes.
	 */
	mobility_esp_proof_t *proof;

	/**
	 * When a hint counts again that the path in use may not work.
	 */
	uint64_t suspicious;

	/**
	 * Logs in anew if the peer has forgotten the session.
	 */
	mobility_relogin_t *relogin;

	/**
	 * The lifetime of the IKE_SA is over, it is only kept until another one is
	 * there.
	 */
	bool expired;

	/**
	 * Why the session is connected, if that is not for the usual reason; static.
	 */
	const char *news;

	/**
	 * Names of the peer.
	 */
	mobility_peer_names_t names;

	/**
	 * Puts back what others delete.
	 */
	mobility_restoration_t restoration;

	/**
	 * What is kept out of the clear.
	 */
	mobility_protection_t protection;

	/**
	 * What observers know of.
	 */
	mobility_standing_t standing;

	/**
	 * Look around when the message is processed, e.g. because the peer has
	 * announced other addresses.
	 */
	bool look_due;

	/**
	 * Reauthentication got no answer, is to be tried again.
	 */
	bool reauth_due;
};

/** Say why the session is in its state, or will be. */
#define explain(this, ...) \
	mobility_standing_explain(&(this)->standing, __VA_ARGS__)

/**
 * Get the name of the uplink in use.
 */
static const char *get_uplink(private_mobility_session_t *this)
{
	mobility_path_t *path = this->course->heading.path;

	return path ? path->ifname : "path";
}

/**
 * Remember what started a move, unless one is under way.
 */
static void begin_move(private_mobility_session_t *this, const char *trigger)
{
	mobility_progress_begin(&this->course->progress, trigger,
							this->course->heading.path, mobility_now());
}

/**
 * Say why the session is connected.
 */
static void explain_connection(private_mobility_session_t *this)
{
	explain(this, "peer answers over %s%s", get_uplink(this),
			this->course->forced ? ", UDP encapsulation forced" : "");
}

/**
 * Tell everyone that the state has changed, if it has since the last time.
 */
static void tell_state(private_mobility_session_t *this)
{
	mobility_state_t old = this->standing.state;

	if (old == this->fsm.state)
	{
		return;
	}
	if (this->fsm.state == MOBILITY_CONNECTED && this->news)
	{
		explain(this, "%s", this->news);
		this->news = NULL;
	}
	else if (this->fsm.state == MOBILITY_CONNECTED)
	{
		explain_connection(this);
	}
	mobility_standing_enter(&this->standing, this->connection,
							this->fsm.state);
	if (this->ike_sa)
	{	/* no keepalives while there is no way out */
		this->ike_sa->set_condition(this->ike_sa, COND_STALE,
									this->standing.state == MOBILITY_DORMANT);
	}
	this->context->tell(this->context, MOBILITY_EVENT_STATE, old,
						&this->public);
}

/**
 * Get the earlier of two times, of which 0 is none.
 */
static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a && b ? min(a, b) : a ?: b;
}

/**
 * Set the clock to the earliest of the deadlines.
 */
static void arm(private_mobility_session_t *this)
{
	uint64_t deadline;

	if (this->public.connecting)
	{
		this->context->arm(this->context, &this->public,
						   this->login->get_deadline(this->login));
		return;
	}
	if (this->fsm.state == MOBILITY_CONNECTED)
	{
		mobility_switch_back_plan(&this->switch_back, &this->config,
								 this->public.records,
								 this->mover->is_idle(this->mover),
								 mobility_now());
	}
	else
	{
		this->switch_back.review = 0;
	}
	deadline = earlier(mobility_fsm_deadline(&this->fsm, &this->times),
					   this->mover->get_deadline(this->mover));
	deadline = earlier(deadline, this->restoration.next);
	deadline = earlier(deadline, this->relogin->get_deadline(this->relogin));
	this->context->arm(this->context, &this->public,
					   earlier(deadline, this->switch_back.review));
}

/**
 * Say why the path in use can't be used anymore.
 */
static void explain_loss(private_mobility_session_t *this,
						 const mobility_path_t *path, bool use)
{
	mobility_monitor_t *monitor = this->context->monitor;
	const char *reason = use ? monitor->describe(monitor, path->ifname)
							 : "not to be used";
	char owner[IFNAMSIZ];

	if (!monitor->get_owner(monitor, path->remote, owner))
	{
		/* the uplink may have other addresses, and routes elsewhere */
		explain(this, "%s: %s", path->ifname, streq(reason, "usable") ?
				"address or route is gone" : reason);
	}
	else if (explain(this, "%s has the peer's address %H", owner,
					 path->remote))
	{
		DBG1(DBG_IKE, "mobility: %s: packets to %H don't leave this host "
			 "while it is an address of %s as well; its network should "
			 "hand out another one", this->connection, path->remote, owner);
	}
}

/**
 * Look at the network: what is there, and does the path in use still work?
 * Returns TRUE if there are other paths than before.
 */
static bool look_around(private_mobility_session_t *this,
						mobility_fsm_event_t *event)
{
	mobility_monitor_t *monitor = this->context->monitor;
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_uplink_policy_t uplink;
	mobility_path_t *path;
	bool changed;

	mobility_course_look(this->course);
	changed = mobility_course_changed(this->course, event);
	path = this->course->heading.path;
	if (!path)
	{
		explain(this, "local address is gone");
		return changed;
	}
	this->context->settings->get_uplink(this->context->settings,
								this->connection, path->ifname, &uplink);
	event->usable = uplink.use && monitor->is_usable(monitor, path);
	if (event->usable)
	{
		candidates->repin(candidates, path);
	}
	else
	{
		explain_loss(this, path, uplink.use);
	}
	return changed;
}

/**
 * Check if paths may be tried that are the last resort: when the others have
 * had their chance.
 */
static bool may_use_last_resort(private_mobility_session_t *this)
{
	return this->fsm.state == MOBILITY_DORMANT ||
		   (this->fsm.state == MOBILITY_WAITING &&
			this->fsm.attempt > MOBILITY_EARLY_ATTEMPTS + 1);
}

/**
 * Try less often where nothing but the last resort is left: that may have to be
 * paid for.
 */
static void adjust_retry(private_mobility_session_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_candidate_t *best;

	best = candidates->get_best(candidates, mobility_now());
	this->times.retry_interval = this->config.retry_interval * 1000ULL;
	if (best && best->preference == MOBILITY_LAST_RESORT)
	{
		this->times.retry_interval *= LAST_RESORT_RETRY;
	}
}

/**
 * Without any path, addresses of the peer may be missing that this network
 * could reach.
 */
static void find_addresses(private_mobility_session_t *this)
{
	if (!this->course->candidates->count(this->course->candidates, NULL))
	{
		mobility_peer_names_resolve(&this->names, this->ike_sa,
									mobility_now());
	}
}

/**
 * Feed the state machine.  What it decides is kept, not done: those who may not
 * do it, as bus listeners must not block, leave it to the next one who may.
 */
static void feed(private_mobility_session_t *this,
				 const mobility_fsm_event_t *event)
{
	mobility_state_t old = this->fsm.state;

	this->due |= mobility_fsm_handle(&this->fsm, &this->times, event,
									 mobility_now());
	if (event->type == MOBILITY_EV_TICK && old == MOBILITY_WAITING &&
		this->fsm.state == MOBILITY_DORMANT)
	{
		explain(this, "no answer over any path");
	}
}

/**
 * If the peer does not answer over any path, it may have forgotten the session.
 */
static void begin_relogin(private_mobility_session_t *this)
{
	if (this->config.reestablish && this->hold->is_held(this->hold) &&
		(this->expired || this->fsm.state == MOBILITY_DORMANT ||
		 (this->fsm.state == MOBILITY_WAITING &&
		  this->fsm.attempt > RELOGIN_ATTEMPTS)))
	{	/* which may be found elsewhere since */
		mobility_peer_names_resolve(&this->names, this->ike_sa,
									mobility_now());
		this->relogin->begin(this->relogin, this->config.reestablish_limit,
							 this->expired);
	}
}

/**
 * Without an IKE_SA whose lifetime is not over, all that can be done is to log in
 * anew.
 */
static void ask_anew(private_mobility_session_t *this)
{
	mobility_retransmission_t *retransmission = this->mover->retransmission;

	begin_relogin(this);
	retransmission->offer(retransmission, may_use_last_resort(this));
}

/**
 * Time has passed for the attempt to log in anew.
 */
static void tick_relogin(private_mobility_session_t *this)
{
	mobility_retransmission_t *retransmission = this->mover->retransmission;
	char refusal[sizeof(this->standing.cause)];
	mobility_path_t *path;

	path = this->relogin->tick(this->relogin);
	if (path && retransmission->request->in_flight(retransmission->request))
	{
		retransmission->again(retransmission, path);
	}
	if (this->relogin->get_refusal(this->relogin, refusal, sizeof(refusal)) &&
		explain(this, "%s", refusal))
	{
		DBG1(DBG_IKE, "mobility: %s: %s", this->connection, refusal);
	}
}

/**
 * Do what the state machine decided.
 */
static status_t act(private_mobility_session_t *this)
{
	mobility_retransmission_t *retransmission = this->mover->retransmission;
	mobility_action_t actions = this->due;
	status_t status = SUCCESS;

	this->due = 0;
	if (actions & MOBILITY_ACT_PROBE)
	{	/* an event may have been missed, have all the paths there are */
		mobility_course_look(this->course);
		adjust_retry(this);
		find_addresses(this);
	}
	if (this->expired)
	{	/* nothing more is sent with its keys */
		if (actions & (MOBILITY_ACT_MOVE | MOBILITY_ACT_PROBE))
		{
			ask_anew(this);
		}
	}
	else if (actions & MOBILITY_ACT_MOVE)
	{
		status = this->mover->move(this->mover);
	}
	else if (actions & MOBILITY_ACT_PROBE)
	{
		begin_relogin(this);
		status = this->mover->probe(this->mover, may_use_last_resort(this));
	}
	else if (actions & MOBILITY_ACT_RESEND)
	{
		retransmission->again(retransmission, this->course->heading.path);
	}
	if (actions & MOBILITY_ACT_TELL)
	{
		tell_state(this);
	}
	if (actions & MOBILITY_ACT_FAIL)
	{
		this->context->give_up(this->context, &this->public);
	}
	return status;
}

/**
 * Feed the state machine and do what it decides.
 */
static status_t handle(private_mobility_session_t *this,
					   const mobility_fsm_event_t *event)
{
	status_t status;

	feed(this, event);
	status = act(this);
	if (status != DESTROY_ME)
	{
		arm(this);
	}
	return status;
}

/**
 * Move to a path that is better than the one in use, once it is proven.
 */
static status_t prefer_best(private_mobility_session_t *this)
{
	mobility_path_t *better, *current = this->course->heading.path;
	char trigger[MOBILITY_TRIGGER_LEN];
	status_t status = SUCCESS;

	if (!current ||
		(!this->config.make_before_break && !this->config.prefer_best_path))
	{
		mobility_trial_end(&this->switch_back.trial);
		return SUCCESS;
	}
	if (!this->mover->is_idle(this->mover))
	{	/* nothing else may remind of it */
		this->look_due = TRUE;
		return SUCCESS;
	}
	switch (mobility_switch_back_decide(&this->switch_back, &this->config,
									   this->course->candidates, current,
									   mobility_now(), &better, trigger))
	{
		case MOBILITY_TRIAL_TEST:
			status = this->mover->test(this->mover, better, NULL);
			break;
		case MOBILITY_TRIAL_MOVE:
			status = this->mover->test(this->mover, better, trigger);
			break;
		case MOBILITY_TRIAL_NONE:
			break;
	}
	if (status != DESTROY_ME)
	{
		arm(this);
	}
	return status;
}

/**
 * The uplink in use is lost.
 */
static void note_loss(private_mobility_session_t *this)
{
	mobility_path_history_t *records = this->public.records;
	mobility_path_t *path = this->course->heading.path;

	mobility_switch_back_lost(&this->switch_back, records);
	if (path)
	{
		records->lost(records, path->ifname, mobility_now());
	}
}

/**
 * Find out if large packets get through, if that is due.
 */
static status_t measure(private_mobility_session_t *this)
{
	status_t status;

	if (this->fsm.state != MOBILITY_CONNECTED ||
		!this->hold->is_held(this->hold))
	{
		return SUCCESS;
	}
	status = this->mover->measure(this->mover);
	if (status != DESTROY_ME)
	{
		arm(this);
	}
	return status;
}

/**
 * Look at the network, and at the time, while the IKE_SA logs in.
 */
static status_t log_in(private_mobility_session_t *this)
{
	status_t status;

	mobility_peer_names_take(&this->names, this->connection,
							 this->course->candidates->remotes);
	status = this->login->look(this->login);
	if (status != DESTROY_ME)
	{
		arm(this);
	}
	return status;
}

/**
 * The peer answers, do what there is to do if ESP does not return.
 */
static status_t review(private_mobility_session_t *this)
{
	status_t status;
	bool pardoned;

	if (this->fsm.state != MOBILITY_CONNECTED ||
		!this->hold->is_held(this->hold))
	{
		return SUCCESS;
	}
	status = this->proof->review(this->proof, &pardoned);
	if (status != DESTROY_ME)
	{
		if (pardoned)
		{	/* there may be a better path now */
			this->switch_back.review = mobility_now();
		}
		arm(this);
	}
	return status;
}

/**
 * Keep out of the clear what belongs into the tunnel.
 */
static void protect(private_mobility_session_t *this)
{
	if (this->config.guard)
	{
		mobility_protection_update(&this->protection, this->ike_sa,
								   this->context,
								   this->course->candidates->remotes,
								   this->fsm.state == MOBILITY_CONNECTED);
	}
	else
	{
		mobility_protection_end(&this->protection, this->context);
	}
}

METHOD(mobility_session_t, look, status_t,
	private_mobility_session_t *this)
{
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_NETWORK,
	};
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_candidate_t *best;
	status_t status;
	bool changed;

	if (this->public.connecting)
	{
		return log_in(this);
	}
	if (!this->hold->is_held(this->hold))
	{
		return act(this);
	}
	protect(this);
	this->switch_back.review = 0;
	mobility_peer_names_take(&this->names, this->connection,
							 candidates->remotes);
	changed = look_around(this, &event);
	if (this->fsm.state == MOBILITY_CONNECTED)
	{
		if (!event.usable)
		{
			mobility_progress_cancel(&this->course->progress);
			begin_move(this, this->standing.cause);
			note_loss(this);
		}
	}
	else if (event.improved)
	{
		best = candidates->get_best(candidates, mobility_now());
		explain(this, "trying %s", best->path->ifname);
	}
	status = handle(this, &event);
	if (status == DESTROY_ME || this->fsm.state == MOBILITY_FAILED)
	{
		return status;
	}
	if (this->fsm.state == MOBILITY_DORMANT)
	{
		find_addresses(this);
	}
	if (changed)
	{
		this->context->tell(this->context, MOBILITY_EVENT_PATH,
							this->standing.state, &this->public);
	}
	if (event.usable)
	{
		status = mobility_restoration_begin(&this->restoration, this->ike_sa,
											this->context,
											this->course->heading.path,
											mobility_now());
		if (status == DESTROY_ME)
		{
			return DESTROY_ME;
		}
		arm(this);
	}
	this->vigil->watch(this->vigil, this->ike_sa);
	/* an update may have stayed behind on the IKE_SA that was replaced */
	if (this->mover->settle(this->mover, this->fsm.state !=
										 MOBILITY_CONNECTED) == DESTROY_ME)
	{
		return DESTROY_ME;
	}
	if (this->fsm.state == MOBILITY_CONNECTED)
	{
		status = prefer_best(this);
		if (status != DESTROY_ME && this->mover->is_idle(this->mover))
		{
			status = this->mover->announce(this->mover);
			candidates->shrink(candidates);
		}
		if (status != DESTROY_ME)
		{
			status = measure(this);
		}
		if (status != DESTROY_ME)
		{
			status = review(this);
		}
	}
	return status;
}

/**
 * Nothing returns over the path in use: have the peer answer something.
 */
static status_t suspect_path(private_mobility_session_t *this, const char *why)
{
	mobility_request_t *request = this->mover->retransmission->request;
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_SUSPECT,
		.rtt = this->vigil->get_rtt(this->vigil),
	};

	explain(this, "%s over %s", why, get_uplink(this));
	begin_move(this, this->standing.cause);
	if (handle(this, &event) == DESTROY_ME)
	{
		return DESTROY_ME;
	}
	if (!request->in_flight(request))
	{
		return this->mover->send_dpd(this->mover);
	}
	return SUCCESS;
}

/**
 * Much gets lost on the path in use: others are better now.
 */
static status_t leave_lossy(private_mobility_session_t *this)
{
	mobility_path_history_t *records = this->public.records;
	mobility_path_t *path = this->course->heading.path;

	if (path)
	{
		DBG1(DBG_IKE, "mobility: %s: %s loses much", this->connection,
			 path->ifname);
		records->failed(records, path, this->config.penalty_time * 1000ULL,
						mobility_now());
	}
	return look(this);
}

METHOD(mobility_session_t, judge, status_t,
	private_mobility_session_t *this)
{
	if (!this->hold->is_held(this->hold) ||
		this->fsm.state != MOBILITY_CONNECTED)
	{
		return SUCCESS;
	}
	switch (this->vigil->get_verdict(this->vigil))
	{
		case MOBILITY_HEALTH_SILENT:
			return suspect_path(this, "nothing returns");
		case MOBILITY_HEALTH_LOSSY:
			return leave_lossy(this);
		default:
			return SUCCESS;
	}
}

METHOD(mobility_session_t, suspect, status_t,
	private_mobility_session_t *this)
{
	uint64_t now = mobility_now();

	if (look(this) == DESTROY_ME)
	{	/* what events did not get through yet */
		return DESTROY_ME;
	}
	if (!this->hold->is_held(this->hold) || now < this->suspicious ||
		this->fsm.state != MOBILITY_CONNECTED)
	{
		return SUCCESS;
	}
	this->suspicious = now + SUSPECT_INTERVAL;
	return suspect_path(this, "peer may not be reached");
}

METHOD(mobility_session_t, tick, status_t,
	private_mobility_session_t *this)
{
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_TICK,
	};
	uint64_t now = mobility_now();
	bool review = this->switch_back.review && now >= this->switch_back.review;
	status_t status;

	if (this->public.connecting)
	{	/* the peer may have other addresses that answer */
		mobility_peer_names_resolve(&this->names, this->ike_sa, now);
		return log_in(this);
	}
	if (!this->hold->is_held(this->hold))
	{
		this->context->arm(this->context, &this->public, 0);
		this->relogin->cancel(this->relogin);
		this->mover->stay(this->mover);
		status = act(this);
		if (status == DESTROY_ME || this->fsm.state == MOBILITY_FAILED)
		{	/* a job ends it */
			return status;
		}
		return this->hold->hand_over(this->hold);
	}
	if (mobility_restoration_tick(&this->restoration, this->ike_sa,
								  this->context, this->course->heading.path,
								  now) == DESTROY_ME)
	{
		return DESTROY_ME;
	}
	this->mover->tick(this->mover);
	tick_relogin(this);
	if (this->fsm.outage && this->times.outage_time &&
		now >= this->fsm.outage + this->times.outage_time)
	{
		explain(this, "network outage time of %us is over",
				this->config.network_outage_time);
	}
	else if (this->fsm.state == MOBILITY_CONNECTED && this->fsm.next &&
			 now >= this->fsm.next)
	{
		if (!this->fsm.urgent)
		{
			explain(this, "peer does not answer over %s", get_uplink(this));
		}
		begin_move(this, this->standing.cause);
	}
	status = handle(this, &event);
	if (status != DESTROY_ME && review &&
		this->fsm.state == MOBILITY_CONNECTED)
	{
		status = look(this);
	}
	return status == DESTROY_ME ? DESTROY_ME : measure(this);
}

/**
 * Check if a message belongs to our IKE_SA.  A thread that has it checked out
 * and initiates its successor has charon report that one's messages for it.
 */
static bool is_ours(private_mobility_session_t *this, message_t *message)
{
	ike_sa_id_t *id, *ours;

	id = message->get_ike_sa_id(message);
	ours = this->ike_sa->get_id(this->ike_sa);
	return id->get_initiator_spi(id) == ours->get_initiator_spi(ours) &&
		   (id->get_responder_spi(id) == ours->get_responder_spi(ours) ||
			this->public.connecting);
}

/**
 * Check if a request changes the peer's list of addresses.
 */
static bool has_addresses(message_t *message)
{
	return message->get_exchange_type(message) == INFORMATIONAL &&
		   (message->get_notify(message, ADDITIONAL_IP4_ADDRESS) ||
			message->get_notify(message, ADDITIONAL_IP6_ADDRESS) ||
			message->get_notify(message, NO_ADDITIONAL_ADDRESSES));
}

METHOD(mobility_session_t, message, void,
	private_mobility_session_t *this, message_t *message, bool incoming,
	bool plain)
{
	mobility_request_t *request = this->mover->retransmission->request;
	mobility_fsm_event_t event = {};

	if (!is_ours(this, message))
	{
		return;
	}
	if (this->public.connecting)
	{
		this->login->message(this->login, message, incoming, plain);
		arm(this);
		return;
	}
	if (incoming && plain)
	{	/* the peer does remember */
		this->relogin->refute(this->relogin);
	}
	if (!incoming && !plain && message->get_request(message))
	{
		this->mover->sent(this->mover, message);
		event.type = MOBILITY_EV_SENT;
	}
	else if (incoming && plain && !message->get_request(message) &&
			 request->matches(request, message->get_message_id(message)))
	{
		event.type = MOBILITY_EV_ANSWERED;
		event.on_current = this->mover->answered(this->mover, message);
		if (event.on_current)
		{	/* whatever looked like the beginning of a move was none */
			mobility_progress_cancel(&this->course->progress);
			this->vigil->answered(this->vigil,
								  this->mover->retransmission->rtt);
			this->proof->answered(this->proof,
								  !this->mover->retransmission->probed);
		}
	}
	else
	{
		this->look_due |= incoming && plain && has_addresses(message);
		return;
	}
	/* listeners must not block, whatever this leads to is done by processed()
	 * once the message is, or by the next look or tick */
	feed(this, &event);
	arm(this);
}

/**
 * Try again to reauthenticate, if that is due and the peer is there.
 */
static status_t try_reauth(private_mobility_session_t *this)
{
	if (!this->reauth_due || this->fsm.state != MOBILITY_CONNECTED ||
		this->ike_sa->get_state(this->ike_sa) != IKE_ESTABLISHED)
	{
		return SUCCESS;
	}
	this->reauth_due = FALSE;
	if (!this->ike_sa->has_condition(this->ike_sa, COND_REAUTHENTICATING))
	{
		return SUCCESS;
	}
	return this->ike_sa->reauth(this->ike_sa);
}

METHOD(mobility_session_t, reauth, status_t,
	private_mobility_session_t *this)
{
	this->reauth_due = TRUE;
	return try_reauth(this);
}

/**
 * Implements mobility_role_t.is_idle()
 */
static bool is_idle(void *data)
{
	private_mobility_session_t *this = data;

	return this->mover->is_idle(this->mover);
}

/**
 * Implements mobility_role_t.send_dpd()
 */
static status_t send_dpd(void *data)
{
	private_mobility_session_t *this = data;

	return this->mover->send_dpd(this->mover);
}

/**
 * Implements mobility_role_t.reauth()
 */
static void before_reauth(void *data)
{
	private_mobility_session_t *this = data;

	this->mover->end_linger(this->mover);
}

/**
 * Check if the lifetime of the IKE_SA is over.
 */
static bool has_expired(private_mobility_session_t *this)
{
	time_t end = this->ike_sa->get_statistic(this->ike_sa, STAT_DELETE);

	return end && time_monotonic(NULL) >= end;
}

/**
 * Implements mobility_role_t.deleted()
 */
static bool deleted(void *data)
{
	private_mobility_session_t *this = data;

	if (!this->expired && this->config.reestablish &&
		this->fsm.state != MOBILITY_CONNECTED &&
		this->hold->is_held(this->hold) && has_expired(this) &&
		this->ike_sa->get_child_count(this->ike_sa))
	{	/* who deletes it once more does not do so for its age */
		this->expired = TRUE;
		this->relogin->cancel(this->relogin);
		explain(this, "lifetime of the IKE_SA is over, logging in anew");
		DBG1(DBG_IKE, "mobility: %s: lifetime of the IKE_SA is over, keeping it "
			 "until there is another one", this->connection);
		return TRUE;
	}
	this->relogin->cancel(this->relogin);
	return FALSE;
}

/**
 * Implements mobility_role_t.processed()
 */
static status_t processed(void *data)
{
	private_mobility_session_t *this = data;
	bool lost = this->fsm.state != MOBILITY_CONNECTED;

	if (this->hold->is_held(this->hold))
	{	/* there may be other CHILD_SAs */
		protect(this);
		if (this->mover->settle(this->mover, lost) == DESTROY_ME)
		{
			return DESTROY_ME;
		}
	}
	if (this->standing.state != this->fsm.state && !lost)
	{	/* it was silent for a while, but it was the path in use after all */
		mobility_progress_cancel(&this->course->progress);
	}
	if (act(this) == DESTROY_ME)
	{
		return DESTROY_ME;
	}
	if (review(this) == DESTROY_ME)
	{	/* before a look wants to know about other paths */
		return DESTROY_ME;
	}
	if (this->look_due)
	{
		this->look_due = FALSE;
		if (look(this) == DESTROY_ME)
		{
			return DESTROY_ME;
		}
	}
	if (measure(this) == DESTROY_ME)
	{
		return DESTROY_ME;
	}
	return try_reauth(this);
}

/**
 * What was known of the path in use is not true for this one.
 */
static void note_move(private_mobility_session_t *this)
{
	mobility_path_history_t *records = this->public.records;
	mobility_path_t *path = this->course->heading.path;
	mobility_record_t record = {};

	if (path)
	{
		records->get(records, path, mobility_now(), &record);
	}
	this->proof->moved(this->proof);
	this->vigil->moved(this->vigil, record.rtt);
}

/**
 * Implements mobility_course_listener_t.confirmed()
 */
static void confirmed(void *data, bool moved)
{
	private_mobility_session_t *this = data;
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_CONFIRMED,
	};
	mobility_move_t move;

	explain_connection(this);
	if (moved)
	{
		note_move(this);
	}
	/* there may be a better path than the one that answered first */
	this->look_due = TRUE;
	handle(this, &event);
	if (moved)
	{
		this->public.records->get_move(this->public.records, &move);
		DBG1(DBG_IKE, "mobility: %s moved from %s to %s in %u ms (%s)",
			 this->connection, move.from, move.to, move.duration, move.trigger);
		this->context->tell(this->context, MOBILITY_EVENT_MOVE,
							this->standing.state, &this->public);
	}
}

/**
 * Implements mobility_course_listener_t.probed()
 */
static void probed(void *data, const mobility_path_t *path)
{
	private_mobility_session_t *this = data;

	this->relogin->ask(this->relogin, path);
}

/**
 * Implements mobility_course_listener_t.tested()
 */
static void tested(void *data, const mobility_path_t *path, bool answered)
{
	private_mobility_session_t *this = data;

	mobility_switch_back_tested(&this->switch_back, path, answered,
							   mobility_now());
	this->context->tell(this->context, MOBILITY_EVENT_PATH,
						this->standing.state, &this->public);
}

METHOD(mobility_session_t, give_up, status_t,
	private_mobility_session_t *this)
{
	this->relogin->cancel(this->relogin);
	return this->hold->fail(this->hold);
}

METHOD(mobility_session_t, get_login, ike_sa_t*,
	private_mobility_session_t *this)
{
	ike_sa_t *ike_sa;

	ike_sa = this->relogin->take(this->relogin);
	if (ike_sa)
	{
		this->news = mobility_inheritance_describe(this->ike_sa, ike_sa,
												   this->expired);
		DBG1(DBG_IKE, "mobility: %s: %s", this->connection, this->news);
		/* the next IKE_SA knows nothing of what this one's SAs have */
		this->mover->end_linger(this->mover);
		mobility_inheritance_adopt(this->ike_sa, ike_sa);
	}
	return ike_sa;
}

METHOD(mobility_session_t, expired, void,
	private_mobility_session_t *this)
{
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_EXPIRED,
	};

	/* stock says so of any IKE_SA without a lifetime that is deleted */
	if (this->fsm.state != MOBILITY_CONNECTED && has_expired(this))
	{
		explain(this, "lifetime of the IKE_SA is over");
		feed(this, &event);
	}
}

/**
 * Read settings.
 */
static void configure(private_mobility_session_t *this)
{
	mobility_settings_t *settings = this->context->settings;

	settings->get(settings, this->connection, &this->config);
	this->course->penalty = this->config.penalty_time * 1000ULL;
	this->course->candidates->enable_pins(this->course->candidates,
										 this->config.pin_paths);
	this->times = (mobility_fsm_config_t){
		.outage_time = this->config.network_outage_time * 1000ULL,
		.retry_interval = this->config.retry_interval * 1000ULL,
		.retransmit_timeout = 1000 * lib->settings->get_double(lib->settings,
								"%s.retransmit_timeout", 4.0, lib->ns),
		.retransmit_base = lib->settings->get_double(lib->settings,
								"%s.retransmit_base", 1.8, lib->ns),
		.retransmit_limit = 1000ULL * lib->settings->get_int(lib->settings,
								"%s.retransmit_limit", 0, lib->ns),
	};
}

METHOD(mobility_session_t, reload, void,
	private_mobility_session_t *this)
{
	/* costs may be others now */
	this->public.records->choose(this->public.records, NULL);
	configure(this);
	arm(this);
}

/**
 * Be connected, as an IKE_SA was just established.
 */
static void start(private_mobility_session_t *this)
{
	mobility_fsm_init(&this->fsm, mobility_now());
	this->standing.since = time(NULL);
	explain(this, "%s", this->news ?: "established");
	if (this->standing.state == MOBILITY_CONNECTED)
	{	/* that is no news, nobody is told */
		this->news = NULL;
	}
	this->expired = FALSE;
	/* unless that was the last that was told */
	this->due = MOBILITY_ACT_TELL;
	/* it may have another path than the one before */
	this->vigil->moved(this->vigil, this->vigil->get_rtt(this->vigil));
}

METHOD(mobility_session_t, connect_, void,
	private_mobility_session_t *this, ike_sa_t *ike_sa)
{
	if (!this->public.connecting)
	{
		this->ike_sa = ike_sa;
		this->public.connecting = TRUE;
		this->standing.state = MOBILITY_CONNECTING;
		this->standing.since = time(NULL);
		explain(this, "logging in");
		this->login->begin(this->login, ike_sa);
	}
}

METHOD(mobility_session_t, choose, host_t*,
	private_mobility_session_t *this)
{
	return this->login->choose(this->login);
}

/**
 * The IKE_SA logs in no longer: it is established, or going to be destroyed.
 */
static void end_login(private_mobility_session_t *this)
{
	if (this->public.connecting)
	{
		this->login->end(this->login);
		this->public.connecting = FALSE;
		this->ike_sa = NULL;
	}
}

/**
 * Go on over the path that the IKE_SA has logged in over, which is pinned.
 */
static void use_login(private_mobility_session_t *this, ike_sa_t *ike_sa)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_path_t *path;

	end_login(this);
	path = candidates->find(candidates, ike_sa->get_my_host(ike_sa),
							ike_sa->get_other_host(ike_sa));
	if (path)
	{
		mobility_heading_use(&this->course->heading, mobility_path_clone(path));
	}
}

METHOD(mobility_session_t, bind_, void,
	private_mobility_session_t *this, ike_sa_t *ike_sa)
{
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_ABANDONED,
	};

	if (this->public.connecting)
	{
		use_login(this, ike_sa);
	}
	if (!this->ike_sa)
	{
		start(this);
	}
	this->ike_sa = ike_sa;
	this->reauth_due = FALSE;
	mobility_trial_end(&this->switch_back.trial);
	this->hold->bind(this->hold, ike_sa);
	this->mover->bind(this->mover, ike_sa);
	feed(this, &event);
}

METHOD(mobility_session_t, release, void,
	private_mobility_session_t *this)
{
	end_login(this);
	if (this->ike_sa)
	{
		tell_state(this);
	}
	this->due = 0;
	this->context->arm(this->context, &this->public, 0);
	this->ike_sa = NULL;
	this->relogin->release(this->relogin);
	this->hold->bind(this->hold, NULL);
	this->mover->bind(this->mover, NULL);
}

METHOD(mobility_session_t, give_back, status_t,
	private_mobility_session_t *this)
{
	status_t status;

	this->relogin->cancel(this->relogin);
	status = this->hold->hand_over(this->hold);
	if (status != DESTROY_ME)
	{
		status = this->mover->give_back(this->mover, this->fsm.state !=
														MOBILITY_CONNECTED);
	}
	release(this);
	return status;
}

METHOD(mobility_session_t, switch_uplink, bool,
	private_mobility_session_t *this, const char *uplink, char *error,
	status_t *status)
{
	mobility_monitor_t *monitor = this->context->monitor;
	mobility_candidates_t *candidates = this->course->candidates;
	enumerator_t *enumerator;
	mobility_candidate_t *candidate;
	mobility_path_t *found = NULL;

	*status = SUCCESS;
	mobility_course_look(this->course);
	enumerator = candidates->create_enumerator(candidates, mobility_now());
	while (!found && enumerator->enumerate(enumerator, &candidate))
	{
		found = streq(candidate->path->ifname, uplink) ? candidate->path : NULL;
	}
	enumerator->destroy(enumerator);
	if (!found)
	{
		snprintf(error, 128, "%s is no way to the peer: %s", uplink,
				 monitor->describe(monitor, uplink));
		return FALSE;
	}
	if (streq(get_uplink(this), uplink))
	{
		snprintf(error, 128, "%s already uses %s", this->connection, uplink);
		return FALSE;
	}
	if (!this->hold->is_held(this->hold) || !this->mover->is_idle(this->mover))
	{
		snprintf(error, 128, "%s is busy with another exchange, try again",
				 this->connection);
		return FALSE;
	}
	this->public.records->choose(this->public.records, uplink);
	*status = this->mover->test(this->mover, found, "requested");
	if (*status != DESTROY_ME)
	{
		arm(this);
	}
	return TRUE;
}

/**
 * Cost of a path, by policy or else the metric of its route.
 */
static uint32_t get_cost(private_mobility_session_t *this,
						 const mobility_path_t *path)
{
	mobility_uplink_policy_t uplink;

	this->context->settings->get_uplink(this->context->settings,
								this->connection, path->ifname, &uplink);
	return uplink.has_cost ? uplink.cost : path->metric;
}

METHOD(mobility_session_t, get_status, mobility_status_t*,
	private_mobility_session_t *this)
{
	mobility_request_t *request = this->mover->retransmission->request;
	mobility_monitor_t *monitor = this->context->monitor;
	mobility_status_t *status;
	mobility_path_t *path;
	ike_sa_t *ike_sa = this->ike_sa;
	host_t *host;

	INIT(status,
		.connection = strdup(this->connection),
		.session = this->public.number,
		.mobile = TRUE,
		.state = this->standing.state,
		.since = this->standing.since,
		.outage_time = this->config.network_outage_time,
		.outage_left = mobility_fsm_outage_left(&this->fsm, &this->times,
												mobility_now()) / 1000,
		.exchange = this->public.connecting ? NULL
											: request->get_name(request),
	);
	status->moves = this->public.records->get_move(this->public.records,
												   &status->last_move);
	memcpy(status->cause, this->standing.cause, sizeof(status->cause));
	if (ike_sa)
	{
		status->ike_id = ike_sa->get_unique_id(ike_sa);
		host = ike_sa->get_my_host(ike_sa);
		status->local = host->clone(host);
		host = ike_sa->get_other_host(ike_sa);
		status->remote = host->clone(host);
		status->nat_local = !this->course->forced &&
							ike_sa->has_condition(ike_sa, COND_NAT_HERE);
		status->nat_remote = ike_sa->has_condition(ike_sa, COND_NAT_THERE);
	}
	path = this->course->heading.path;
	if (path)
	{
		memcpy(status->uplink, path->ifname, sizeof(status->uplink));
		status->cost = get_cost(this, path);
		status->kind = monitor->get_kind(monitor, path->ifname, &status->over);
	}
	return status;
}

METHOD(mobility_session_t, get_paths, array_t*,
	private_mobility_session_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	uint64_t now = mobility_now();

	if (!candidates->get_best(candidates, now))
	{
		mobility_course_look(this->course);
	}
	return candidates->create_reports(candidates,
									  this->course->heading.path, now);
}

METHOD(mobility_session_t, destroy, void,
	private_mobility_session_t *this)
{
	release(this);
	mobility_protection_end(&this->protection, this->context);
	this->names.resolver->forget(this->names.resolver, this->public.number);
	this->hold->destroy(this->hold);
	this->login->destroy(this->login);
	this->relogin->destroy(this->relogin);
	this->vigil->destroy(this->vigil);
	this->proof->destroy(this->proof);
	this->mover->destroy(this->mover);
	mobility_trial_end(&this->switch_back.trial);
	free(this->connection);
	free(this);
}

/*
 * Described in header.
 */
mobility_session_t *mobility_session_create(mobility_context_t *context,
											uint32_t number,
											const char *connection,
											mobility_path_history_t *records)
{
	static const mobility_course_listener_t listener = {
		.confirmed = confirmed,
		.probed = probed,
		.tested = tested,
	};
	static const mobility_role_t role = {
		.is_idle = is_idle,
		.send_dpd = send_dpd,
		.reauth = before_reauth,
		.deleted = deleted,
		.processed = processed,
	};
	private_mobility_session_t *this;

	INIT(this,
		.public = {
			.number = number,
			.records = records,
			.connect = _connect_,
			.choose = _choose,
			.bind = _bind_,
			.release = _release,
			.give_back = _give_back,
			.look = _look,
			.tick = _tick,
			.judge = _judge,
			.suspect = _suspect,
			.reload = _reload,
			.switch_uplink = _switch_uplink,
			.message = _message,
			.reauth = _reauth,
			.give_up = _give_up,
			.get_login = _get_login,
			.expired = _expired,
			.get_status = _get_status,
			.get_paths = _get_paths,
			.destroy = _destroy,
		},
		.context = context,
		.connection = strdup(connection),
		.vigil = mobility_liveness_create(context->traffic, number),
		.names = {
			.resolver = context->resolver,
			.session = number,
		},
	);
	this->mover = mobility_mover_create(
					mobility_candidates_create(this->connection,
											   context->settings,
											   context->monitor, context->pins,
											   records),
					context->monitor, context->rtnl, context->relocator,
					context->backlog,
					this->connection, &listener, this);
	this->course = &this->mover->course;
	this->login = mobility_login_create(context->hooks, context->callers,
										this->course,
										this->mover->retransmission,
										&this->standing, &this->public);
	this->proof = mobility_esp_proof_create(this->mover, this->vigil);
	this->relogin = mobility_relogin_create(context, this->course, number);
	this->hold = mobility_hold_create(context->hooks,
									  this->mover->retransmission->request,
									  &this->fsm, this->connection, &role,
									  &this->public);
	configure(this);

	return &this->public;
}
