/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/steering.h"
#include "mobile/crash_taker.h"
#include "mobile/protection.h"
#include "mobile/restoration.h"
#include "mobile/switch_back.h"
#include "net/clock.h"
#include "session/liveness.h"

#include <time.h>

#include <daemon.h>

/** Shortest time between two hints that count, in ms: the peer is not the only
 * one that can send a packet once more. */
#define SUSPECT_INTERVAL 5000

/** Attempts while waiting for an answer that have gone over all paths before the
 * peer may have forgotten the session. */
#define RELOGIN_ATTEMPTS (MOBILITY_EARLY_ATTEMPTS + 1)

/** How long a port counts as proven by an answer, in ms: the longest time between
 * attempts. */
#define PROVEN_TIME 8000

/** How many times as long it is between attempts if only the last resort is
 * left. */
#define LAST_RESORT_RETRY 6

typedef struct private_mobility_steering_t private_mobility_steering_t;

/**
 * Private data of a mobility_steering_t object.
 */
struct private_mobility_steering_t {

	/**
	 * Public interface.
	 */
	mobility_steering_t public;

	/**
	 * What sessions share.
	 */
	mobility_context_t *context;

	/**
	 * Name of the connection.
	 */
	const char *connection;

	/**
	 * Session that is steered.
	 */
	mobility_session_t *session;

	/**
	 * IKE_SA, NULL if none is bound.
	 */
	ike_sa_t *ike_sa;

	/**
	 * Moves it, the same as the public one.
	 */
	mobility_mover_t *mover;

	/**
	 * Where that is and where it is heading, of the mover.
	 */
	mobility_course_t *course;

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
	 * Has the path in use prove that ESP passes, the same as the public one.
	 */
	mobility_esp_proof_t *proof;

	/**
	 * Logs in anew, the same as the public one.
	 */
	mobility_relogin_t *relogin;

	/**
	 * The peer has proven that it has lost the IKE_SA, and has not answered since.
	 */
	bool forgotten;

	/**
	 * When the host was back from the last suspend that is taken into account.
	 */
	uint64_t resumed;

	/**
	 * When a hint counts again that the path in use may not work.
	 */
	uint64_t suspicious;

	/**
	 * Our addresses when the network was looked at last, a sum of hashes, 0 if it
	 * was not.
	 */
	uint32_t network;

	/**
	 * Puts back what others delete.
	 */
	mobility_restoration_t restoration;

	/**
	 * What is kept out of the clear.
	 */
	mobility_protection_t protection;

	/**
	 * The path in use has another next hop, behind which there may be another
	 * NAT: the peer is to know.
	 */
	bool rerouted;

	/**
	 * Look around when the message is processed, e.g. because the peer has
	 * announced other addresses.
	 */
	bool look_due;
};

/** Say why the session is in its state, or will be. */
#define explain(this, ...) \
	mobility_standing_explain(&(this)->public.standing, __VA_ARGS__)

/**
 * Get the name of the uplink in use.
 */
static const char *get_uplink(private_mobility_steering_t *this)
{
	mobility_path_t *path = this->course->heading.path;

	return path ? path->ifname : "path";
}

/**
 * Remember what started a move, unless one is under way.
 */
static void begin_move(private_mobility_steering_t *this, const char *trigger)
{
	mobility_progress_begin(&this->course->progress, trigger,
							this->course->heading.path, mobility_now());
}

/**
 * Say why the session is connected.
 */
static void explain_connection(private_mobility_steering_t *this)
{
	uint16_t port = this->course->local_port.kept;
	char from[32] = "";

	if (port)
	{
		snprintf(from, sizeof(from), ", from local port %u", port);
	}
	explain(this, "peer answers over %s%s%s", get_uplink(this), from,
			this->course->forced ? ", UDP encapsulation forced" : "");
}

/**
 * Tell everyone that the state has changed, if it has since the last time.
 */
static void tell_state(private_mobility_steering_t *this)
{
	mobility_state_t old = this->public.standing.state;

	if (old == this->public.fsm.state)
	{
		return;
	}
	if (this->public.fsm.state == MOBILITY_CONNECTED && this->public.news)
	{
		explain(this, "%s", this->public.news);
		this->public.news = NULL;
	}
	else if (this->public.fsm.state == MOBILITY_CONNECTED)
	{
		explain_connection(this);
	}
	mobility_standing_enter(&this->public.standing, this->connection,
							this->public.fsm.state);
	if (this->ike_sa)
	{	/* no keepalives while there is no way out */
		this->ike_sa->set_condition(this->ike_sa, COND_STALE,
								this->public.fsm.state == MOBILITY_DORMANT);
	}
	this->vigil->tell_leaving(this->vigil,
							  this->public.fsm.state == MOBILITY_DORMANT);
	this->context->tell(this->context, MOBILITY_EVENT_STATE, old,
						this->session);
}

METHOD(mobility_steering_t, arm, void,
	private_mobility_steering_t *this)
{
	uint64_t deadline;

	if (this->public.fsm.state == MOBILITY_CONNECTED)
	{
		mobility_switch_back_plan(&this->switch_back, &this->public.config,
								 this->session->records,
								 this->mover->is_idle(this->mover),
								 mobility_now());
	}
	else
	{
		this->switch_back.review = 0;
	}
	deadline = mobility_fsm_deadline(&this->public.fsm, &this->public.times);
	deadline = mobility_earlier(deadline,
								this->mover->get_deadline(this->mover));
	deadline = mobility_earlier(deadline, this->restoration.next);
	deadline = mobility_earlier(deadline,
								this->relogin->get_deadline(this->relogin));
	this->context->arm(this->context, this->session,
					   mobility_earlier(deadline, this->switch_back.review));
}

METHOD(mobility_steering_t, foresee, void,
	private_mobility_steering_t *this, mobility_prospect_t *prospect)
{
	uint64_t now = mobility_now(), next = this->public.fsm.next;

	if (this->public.fsm.state == MOBILITY_CONNECTED)
	{
		mobility_switch_back_foresee(&this->switch_back, &this->public.config,
									 this->course->candidates,
									 this->course->heading.path, now, prospect);
	}
	else
	{
		prospect->stay = MOBILITY_STAY_OUTAGE;
		prospect->left = next > now ? (next - now + 999) / 1000 : 0;
	}
}

/**
 * Say why the path in use can't be used anymore.
 */
static void explain_loss(private_mobility_steering_t *this,
						 const mobility_path_t *path, bool use)
{
	mobility_monitor_t *monitor = this->context->monitor;
	const char *reason = use ? monitor->describe(monitor, path->ifname)
							 : "not to be used";
	bool closed = path->closed && !this->public.config.pin_paths;
	char owner[IFNAMSIZ];

	if (!monitor->get_owner(monitor, path->remote, owner))
	{
		/* the uplink may have other addresses, and routes elsewhere */
		explain(this, "%s: %s", path->ifname, !streq(reason, "usable") ? reason :
				closed ? "a routing rule refuses all packets" :
						 "address or route is gone");
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
static bool look_around(private_mobility_steering_t *this,
						mobility_fsm_event_t *event)
{
	mobility_monitor_t *monitor = this->context->monitor;
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_uplink_policy_t uplink;
	mobility_path_id_t id, before;
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
								this->connection, path->ifname, FALSE,
								&uplink);
	before = mobility_path_get_id(path);
	event->usable = uplink.use && monitor->is_usable(monitor, path) &&
					(this->public.config.pin_paths || !path->closed);
	if (event->usable)
	{
		id = mobility_path_get_id(path);
		this->rerouted |= !mobility_ip_equals(&id.gateway, &before.gateway);
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
static bool may_use_last_resort(private_mobility_steering_t *this)
{
	return this->public.fsm.state == MOBILITY_DORMANT ||
		   (this->public.fsm.state == MOBILITY_WAITING &&
			this->public.fsm.attempt > MOBILITY_EARLY_ATTEMPTS + 1);
}

/**
 * Try less often where nothing but the last resort is left: that may have to be
 * paid for.
 */
static void adjust_retry(private_mobility_steering_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	uint64_t interval = this->public.config.retry_interval * 1000ULL;
	mobility_candidate_t *best;

	best = candidates->get_best(candidates, mobility_now());
	if (best && best->preference == MOBILITY_LAST_RESORT)
	{
		interval *= LAST_RESORT_RETRY;
	}
	this->public.times.retry_interval = interval;
}

/**
 * Check if the peer did not answer over any path, so that it may have forgotten the
 * session, or be elsewhere.
 */
static bool is_unheard(private_mobility_steering_t *this)
{
	mobility_fsm_t *fsm = &this->public.fsm;

	return this->public.expired || fsm->state == MOBILITY_DORMANT ||
		   (fsm->state == MOBILITY_WAITING && fsm->attempt > RELOGIN_ATTEMPTS);
}

/**
 * Look if the names of the peer have other addresses by now.
 */
static void find_addresses(private_mobility_steering_t *this)
{
	if (is_unheard(this) ||
		!this->course->candidates->count(this->course->candidates, NULL))
	{
		mobility_peer_names_retry(&this->public.names, this->ike_sa,
								  mobility_now());
	}
}

/**
 * In another network, where we have other addresses, the names of the peer may have
 * others as well, and without any path it may be one of these that this network
 * could reach.
 */
static void note_network(private_mobility_steering_t *this, bool improved)
{
	mobility_candidates_t *candidates = this->course->candidates;
	host_t *locals[MOBILITY_MAX_LOCALS];
	uint32_t before = this->network;
	u_int count;

	this->network = candidates->get_locals(candidates, locals, &count);
	if ((improved && before && this->network != before) ||
		(this->public.fsm.state == MOBILITY_DORMANT && !count))
	{
		mobility_peer_names_resolve(&this->public.names, this->ike_sa,
									mobility_now());
	}
}

METHOD(mobility_steering_t, feed, void,
	private_mobility_steering_t *this, const mobility_fsm_event_t *event)
{
	mobility_state_t old = this->public.fsm.state;

	this->due |= mobility_fsm_handle(&this->public.fsm, &this->public.times,
									 event, mobility_now());
	if (event->type == MOBILITY_EV_TICK && old == MOBILITY_WAITING &&
		this->public.fsm.state == MOBILITY_DORMANT)
	{
		explain(this, "no answer over any path");
	}
	if (event->type == MOBILITY_EV_TICK &&
		this->public.fsm.state == MOBILITY_FAILED)
	{
		explain(this, "network outage time of %us is over",
				this->public.config.network_outage_time);
	}
}

/**
 * If the peer does not answer over any of the paths there are, what a NAT knows of
 * our port may not be true anymore: if there is one, which is not known while moving.
 */
static void try_other_port(private_mobility_steering_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;

	if (is_unheard(this) && candidates->count(candidates, NULL) &&
		mobility_now() >= this->course->local_port.proven &&
		(this->ike_sa->has_condition(this->ike_sa, COND_NAT_HERE) ||
		 this->course->heading.state == MOBILITY_MOVING))
	{
		mobility_local_port_try(&this->course->local_port);
	}
}

/**
 * Check if paths lead to addresses that the peer is not at and its name leads to,
 * where another gateway may be.
 */
static bool has_others(private_mobility_steering_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	host_t *peer = this->ike_sa->get_other_host(this->ike_sa);
	mobility_candidate_t *candidate;
	enumerator_t *enumerator;
	bool others = FALSE;
	mobility_ip_t ip;

	enumerator = candidates->create_enumerator(candidates, mobility_now());
	while (!others && enumerator->enumerate(enumerator, &candidate))
	{
		ip = mobility_ip_from_host(candidate->path->remote);
		others = !peer->ip_equals(peer, candidate->path->remote) &&
				 candidates->remotes->is_found(candidates->remotes, &ip);
	}
	enumerator->destroy(enumerator);
	return others;
}

/**
 * Check if the peer would tell if it had forgotten the session: as it does not
 * answer, it is busy then, or can't be reached.
 */
static bool would_tell(private_mobility_steering_t *this)
{
	mobility_crash_taker_t *taker = this->context->crash_taker;

	return taker && taker->has_token(taker, this->ike_sa->get_id(this->ike_sa));
}

/**
 * If the peer does not answer over any path, it may have forgotten the session.
 * Whether it has is asked by an IKE_SA_INIT, for which it has to compute a key: it
 * may be busy with thousands that wait as we do.  So if there is nobody else, and it
 * would tell by itself, it gets more time to do so; its secret may be lost, too.
 */
static void begin_relogin(private_mobility_steering_t *this)
{
	mobility_config_t *config = &this->public.config;
	bool early = this->public.fsm.state == MOBILITY_WAITING &&
				 !this->public.expired;

	if (config->reestablish &&
		(this->forgotten ||
		 (is_unheard(this) &&
		  !(early && would_tell(this) && !has_others(this)))))
	{
		this->relogin->begin(this->relogin, config->reestablish_limit,
			this->public.expired ? "lifetime of the IKE_SA is over" :
			this->forgotten ? "gateway has lost the session" : NULL);
	}
}

/**
 * Without an IKE_SA whose lifetime is not over, all that can be done is to log in
 * anew.
 */
static void ask_anew(private_mobility_steering_t *this)
{
	mobility_retransmission_t *retransmission = this->mover->retransmission;

	begin_relogin(this);
	retransmission->offer(retransmission, may_use_last_resort(this));
}

/**
 * Time has passed for the attempt to log in anew.
 */
static void tick_relogin(private_mobility_steering_t *this)
{
	mobility_retransmission_t *retransmission = this->mover->retransmission;
	char refusal[sizeof(((mobility_status_t*)0)->cause)];
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
static status_t act(private_mobility_steering_t *this)
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
	if (this->public.expired)
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
		try_other_port(this);
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
		this->context->give_up(this->context, this->session);
	}
	return status;
}

/**
 * Feed the state machine and do what it decides.
 */
static status_t handle(private_mobility_steering_t *this,
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

METHOD(mobility_steering_t, conclude, void,
	private_mobility_steering_t *this)
{
	this->due &= MOBILITY_ACT_TELL | MOBILITY_ACT_FAIL;
	act(this);
}

/**
 * Move to a path that is better than the one in use, once it is proven.
 */
static status_t prefer_best(private_mobility_steering_t *this)
{
	mobility_config_t *config = &this->public.config;
	mobility_path_t *better, *current = this->course->heading.path;
	char trigger[MOBILITY_TRIGGER_LEN];
	status_t status = SUCCESS;

	if (!current || (!config->make_before_break && !config->prefer_best_path))
	{
		mobility_trial_end(&this->switch_back.trial);
		return SUCCESS;
	}
	if (!this->mover->is_idle(this->mover))
	{	/* nothing else may remind of it */
		this->look_due = TRUE;
		return SUCCESS;
	}
	this->proof->note(this->proof);
	switch (mobility_switch_back_decide(&this->switch_back, config,
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
 * Tell the peer if the path in use goes another way.
 */
static status_t follow_route(private_mobility_steering_t *this)
{
	char trigger[MOBILITY_TRIGGER_LEN];

	if (!this->rerouted)
	{
		return SUCCESS;
	}
	if (!this->mover->is_idle(this->mover))
	{
		this->look_due = TRUE;
		return SUCCESS;
	}
	this->rerouted = FALSE;
	snprintf(trigger, sizeof(trigger), "%s: next hop is gone",
			 get_uplink(this));
	return this->mover->renew(this->mover, trigger);
}

/**
 * The uplink in use is lost.
 */
static void note_loss(private_mobility_steering_t *this)
{
	mobility_path_history_t *records = this->session->records;
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
static status_t measure(private_mobility_steering_t *this)
{
	status_t status;

	if (this->public.fsm.state != MOBILITY_CONNECTED)
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
 * The peer answers, do what there is to do if ESP does not return.
 */
static status_t review(private_mobility_steering_t *this)
{
	status_t status;
	bool pardoned;

	if (this->public.fsm.state != MOBILITY_CONNECTED)
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
static void protect(private_mobility_steering_t *this)
{
	if (this->public.config.guard)
	{
		mobility_protection_update(&this->protection, this->ike_sa,
								   this->context,
								   this->course->candidates->remotes,
								   this->public.fsm.state == MOBILITY_CONNECTED);
	}
	else
	{
		mobility_protection_end(&this->protection, this->context);
	}
}

/**
 * Go on with what the mover wanted, if no exchange is under way anymore.
 */
static status_t settle(private_mobility_steering_t *this)
{
	return this->mover->settle(this->mover,
							   this->public.fsm.state != MOBILITY_CONNECTED);
}

/**
 * Whoever is first to see that the host was suspended, which is the state machine
 * to know before what else has changed.
 */
static void note_resume(private_mobility_steering_t *this)
{
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_RESUMED,
	};
	uint64_t when;

	when = this->context->get_resume(this->context, &event.slept);
	if (when > this->resumed)
	{
		this->resumed = when;
		feed(this, &event);
	}
}

METHOD(mobility_steering_t, look, status_t,
	private_mobility_steering_t *this)
{
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_NETWORK,
	};
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_candidate_t *best;
	status_t status;
	bool changed, answered;

	note_resume(this);
	protect(this);
	this->switch_back.review = 0;
	answered = mobility_peer_names_take(&this->public.names, this->connection,
										candidates->remotes, mobility_now());
	changed = look_around(this, &event);
	if (this->public.fsm.state == MOBILITY_CONNECTED)
	{
		if (!event.usable)
		{
			mobility_progress_cancel(&this->course->progress);
			begin_move(this, this->public.standing.cause);
			note_loss(this);
		}
	}
	else if (event.improved)
	{
		best = candidates->get_best(candidates, mobility_now());
		explain(this, "trying %s", best->path->ifname);
	}
	status = handle(this, &event);
	if (status == DESTROY_ME || this->public.fsm.state == MOBILITY_FAILED)
	{
		return status;
	}
	if (!answered)
	{
		note_network(this, event.improved);
	}
	if (changed)
	{
		this->context->tell(this->context, MOBILITY_EVENT_PATH,
							this->public.standing.state, this->session);
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
	if (settle(this) == DESTROY_ME)
	{
		return DESTROY_ME;
	}
	if (this->public.fsm.state == MOBILITY_CONNECTED)
	{
		status = follow_route(this);
		if (status != DESTROY_ME)
		{
			status = prefer_best(this);
		}
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
static status_t suspect_path(private_mobility_steering_t *this, const char *why)
{
	mobility_retransmission_t *retransmission = this->mover->retransmission;
	mobility_request_t *request = retransmission->request;
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_SUSPECT,
		.rtt = this->vigil->get_rtt(this->vigil),
	};
	status_t status;

	explain(this, "%s over %s", why, get_uplink(this));
	begin_move(this, this->public.standing.cause);
	status = handle(this, &event);
	if (status != DESTROY_ME && !request->in_flight(request))
	{
		status = this->mover->send_dpd(this->mover);
	}
	if (status != DESTROY_ME)
	{
		mobility_course_look(this->course);
		retransmission->prepare(retransmission);
	}
	return status;
}

/**
 * Much gets lost on the path in use: others are better now.
 */
static status_t leave_lossy(private_mobility_steering_t *this)
{
	mobility_path_history_t *records = this->session->records;
	mobility_path_t *path = this->course->heading.path;

	if (path)
	{
		DBG1(DBG_IKE, "mobility: %s: high packet loss over %s",
			 this->connection, path->ifname);
		records->failed(records, path, this->course->penalty, mobility_now());
	}
	return look(this);
}

METHOD(mobility_steering_t, judge, status_t,
	private_mobility_steering_t *this)
{
	mobility_fsm_event_t wanted = {
		.type = MOBILITY_EV_WANTED,
	}, relieved = {
		.type = MOBILITY_EV_RELIEVED,
	};

	if (this->public.fsm.state == MOBILITY_DORMANT)
	{
		return handle(this, &wanted);
	}
	if (this->public.fsm.state != MOBILITY_CONNECTED)
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
			return handle(this, &relieved);
	}
}

METHOD(mobility_steering_t, suspect, status_t,
	private_mobility_steering_t *this)
{
	uint64_t now = mobility_now();

	if (look(this) == DESTROY_ME)
	{	/* what events did not get through yet */
		return DESTROY_ME;
	}
	if (now < this->suspicious || this->public.fsm.state != MOBILITY_CONNECTED)
	{
		return SUCCESS;
	}
	this->suspicious = now + SUSPECT_INTERVAL;
	return suspect_path(this, "peer may not be reached");
}

METHOD(mobility_steering_t, lost, status_t,
	private_mobility_steering_t *this)
{
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_FORGOTTEN,
	};

	DBG1(DBG_IKE, "mobility: %s: gateway has proven that it lost the session",
		 this->connection);
	this->forgotten = TRUE;
	explain(this, "gateway has lost the session");
	begin_move(this, this->public.standing.cause);
	return handle(this, &event);
}

/**
 * Say what the state machine is going to find as time has passed.
 */
static void explain_tick(private_mobility_steering_t *this, uint64_t now)
{
	mobility_fsm_t *fsm = &this->public.fsm;

	if (fsm->state == MOBILITY_CONNECTED && fsm->next && now >= fsm->next)
	{
		if (!fsm->urgent)
		{
			explain(this, "peer does not answer over %s", get_uplink(this));
		}
		begin_move(this, this->public.standing.cause);
	}
}

METHOD(mobility_steering_t, tick, status_t,
	private_mobility_steering_t *this)
{
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_TICK,
	};
	uint64_t now = mobility_now();
	bool review = this->switch_back.review && now >= this->switch_back.review;
	status_t status;

	if (mobility_restoration_tick(&this->restoration, this->ike_sa,
								  this->context, this->course->heading.path,
								  now) == DESTROY_ME)
	{
		return DESTROY_ME;
	}
	this->mover->tick(this->mover);
	tick_relogin(this);
	explain_tick(this, now);
	status = handle(this, &event);
	if (status != DESTROY_ME && review &&
		this->public.fsm.state == MOBILITY_CONNECTED)
	{
		status = look(this);
	}
	return status == DESTROY_ME ? DESTROY_ME : measure(this);
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

METHOD(mobility_steering_t, message, void,
	private_mobility_steering_t *this, message_t *message, bool incoming,
	bool plain)
{
	mobility_retransmission_t *retransmission = this->mover->retransmission;
	mobility_request_t *request = retransmission->request;
	mobility_fsm_event_t event = {};

	if (incoming && plain)
	{	/* the peer does remember */
		this->forgotten = FALSE;
		this->relogin->heard(this->relogin, message);
	}
	if (!incoming && !plain && message->get_request(message))
	{
		retransmission->sent(retransmission, message);
		event.type = MOBILITY_EV_SENT;
	}
	else if (incoming && plain && !message->get_request(message) &&
			 request->matches(request, message->get_message_id(message)))
	{
		event.type = MOBILITY_EV_ANSWERED;
		event.on_current = this->mover->answered(this->mover, message);
		if (this->public.fsm.state != MOBILITY_CONNECTED)
		{
			this->course->local_port.proven = mobility_now() + PROVEN_TIME;
		}
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

METHOD(mobility_steering_t, processed, status_t,
	private_mobility_steering_t *this)
{
	bool lost = this->public.fsm.state != MOBILITY_CONNECTED;

	/* there may be other CHILD_SAs */
	protect(this);
	if (settle(this) == DESTROY_ME)
	{
		return DESTROY_ME;
	}
	if (this->public.standing.state != this->public.fsm.state && !lost)
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
	return measure(this);
}

/**
 * What was known of the path in use is not true for this one.
 */
static void note_move(private_mobility_steering_t *this)
{
	mobility_path_history_t *records = this->session->records;
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
	private_mobility_steering_t *this = data;
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_CONFIRMED,
	};
	mobility_move_t move;

	explain_connection(this);
	if (moved)
	{
		note_move(this);
	}
	this->rerouted = FALSE;
	/* there may be a better path than the one that answered first */
	this->look_due = TRUE;
	handle(this, &event);
	if (moved)
	{
		this->session->records->get_move(this->session->records, &move);
		DBG1(DBG_IKE, "mobility: %s moved from %s to %s in %u ms (%s)",
			 this->connection, move.from, move.to, move.duration, move.trigger);
		this->context->tell(this->context, MOBILITY_EVENT_MOVE,
							this->public.standing.state, this->session);
	}
}

/**
 * Implements mobility_course_listener_t.probed()
 */
static void probed(void *data, const mobility_path_t *path)
{
	private_mobility_steering_t *this = data;

	this->relogin->ask(this->relogin, path);
}

/**
 * Implements mobility_course_listener_t.tested()
 */
static void tested(void *data, const mobility_path_t *path, bool answered)
{
	private_mobility_steering_t *this = data;

	mobility_switch_back_tested(&this->switch_back, path, answered,
							   mobility_now());
	/* it may have another next hop */
	this->look_due |= !answered;
	this->context->tell(this->context, MOBILITY_EVENT_PATH,
						this->public.standing.state, this->session);
}

METHOD(mobility_steering_t, configure, void,
	private_mobility_steering_t *this)
{
	mobility_settings_t *settings = this->context->settings;

	settings->get(settings, this->connection, &this->public.config);
	this->course->penalty = this->public.config.penalty_time * 1000ULL;
	this->course->prefers = this->public.config.make_before_break ||
							this->public.config.prefer_best_path;
	this->course->candidates->enable_pins(this->course->candidates,
										 this->public.config.pin_paths);
	this->public.times = (mobility_fsm_config_t){
		.outage_time = this->public.config.network_outage_time * 1000ULL,
		.retry_interval = this->public.config.retry_interval * 1000ULL,
	};
	mobility_retransmit_times_read(&this->public.times.retransmit);
}

METHOD(mobility_steering_t, start, void,
	private_mobility_steering_t *this)
{
	mobility_fsm_init(&this->public.fsm, mobility_now());
	this->resumed = mobility_now();
	this->public.standing.since = time(NULL);
	explain(this, "%s", this->public.news ?: "established");
	if (this->public.standing.state == MOBILITY_CONNECTED)
	{	/* that is no news, nobody is told */
		this->public.news = NULL;
	}
	this->public.expired = FALSE;
	/* unless that was the last that was told */
	this->due = MOBILITY_ACT_TELL;
	/* it may have another path than the one before; and the login took no less
	 * than a round-trip time */
	this->vigil->moved(this->vigil, this->vigil->get_rtt(this->vigil) ?:
									this->mover->retransmission->rtt);
}

METHOD(mobility_steering_t, bind_, void,
	private_mobility_steering_t *this, ike_sa_t *ike_sa)
{
	mobility_fsm_event_t event = {
		.type = MOBILITY_EV_ABANDONED,
	};

	this->ike_sa = ike_sa;
	this->forgotten = FALSE;
	mobility_trial_end(&this->switch_back.trial);
	this->mover->bind(this->mover, ike_sa);
	feed(this, &event);
}

METHOD(mobility_steering_t, release, void,
	private_mobility_steering_t *this)
{
	if (this->ike_sa)
	{
		tell_state(this);
	}
	this->due = 0;
	this->context->arm(this->context, this->session, 0);
	this->ike_sa = NULL;
	this->relogin->release(this->relogin);
	this->mover->bind(this->mover, NULL);
}

METHOD(mobility_steering_t, destroy, void,
	private_mobility_steering_t *this)
{
	mobility_resolver_t *resolver = this->context->resolver;

	mobility_protection_end(&this->protection, this->context);
	resolver->forget(resolver, this->session->number);
	this->relogin->destroy(this->relogin);
	this->vigil->destroy(this->vigil);
	this->proof->destroy(this->proof);
	this->mover->destroy(this->mover);
	mobility_trial_end(&this->switch_back.trial);
	mobility_standing_cleanup(&this->public.standing);
	free(this);
}

/*
 * Described in header.
 */
mobility_steering_t *mobility_steering_create(mobility_context_t *context,
											  const char *connection,
											  mobility_session_t *session)
{
	static const mobility_course_listener_t listener = {
		.confirmed = confirmed,
		.probed = probed,
		.tested = tested,
	};
	private_mobility_steering_t *this;

	INIT(this,
		.public = {
			.names = {
				.resolver = context->resolver,
				.session = session->number,
			},
			.configure = _configure,
			.start = _start,
			.bind = _bind_,
			.release = _release,
			.feed = _feed,
			.message = _message,
			.processed = _processed,
			.look = _look,
			.tick = _tick,
			.judge = _judge,
			.suspect = _suspect,
			.lost = _lost,
			.foresee = _foresee,
			.arm = _arm,
			.conclude = _conclude,
			.destroy = _destroy,
		},
		.context = context,
		.connection = connection,
		.session = session,
	);
	this->public.vigil = this->vigil =
			mobility_liveness_create(context->traffic, session->number);
	this->public.mover = this->mover = mobility_mover_create(
					mobility_candidates_create(connection, context->settings,
											   context->monitor, context->pins,
											   session->records),
					context->monitor, context->rtnl, context->relocator,
					context->backlog, connection, &listener, this);
	this->course = &this->mover->course;
	this->public.proof = this->proof =
			mobility_esp_proof_create(this->mover, this->vigil);
	this->public.relogin = this->relogin =
			mobility_relogin_create(context, this->course, session->number);
	this->course->local_port.ports = context->ports;
	configure(this);

	return &this->public;
}
