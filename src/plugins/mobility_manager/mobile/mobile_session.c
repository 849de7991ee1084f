/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/mobile_session.h"
#include "mobile/inheritance.h"
#include "mobile/login.h"
#include "mobile/steering.h"
#include "net/clock.h"
#include "session/hold.h"
#include "session/tally.h"

#include <time.h>

#include <daemon.h>

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
	 * Steers the IKE_SA while it is held.
	 */
	mobility_steering_t *steering;

	/**
	 * Moves the IKE_SA, of steering.
	 */
	mobility_mover_t *mover;

	/**
	 * Logs in anew if the peer has forgotten the session, of steering.
	 */
	mobility_relogin_t *relogin;

	/**
	 * Reauthentication got no answer, is to be tried again.
	 */
	bool reauth_due;
};

/** Say why the session is in its state, or will be. */
#define explain(this, ...) \
	mobility_standing_explain(&(this)->steering->standing, __VA_ARGS__)

/**
 * Set the clock to when the login wants to go on.
 */
static void arm_login(private_mobility_session_t *this)
{
	uint64_t deadline;

	deadline = this->login->get_deadline(this->login);
	if (this->login->is_asking(this->login))
	{
		deadline = mobility_earlier(deadline,
							mobility_peer_names_due(&this->steering->names));
	}
	this->context->arm(this->context, &this->public, deadline);
}

/**
 * The peer may have other addresses that answer: have its names resolved.
 */
static void find_addresses(private_mobility_session_t *this, bool look)
{
	mobility_peer_names_t *names = &this->steering->names;

	if (!this->login->is_asking(this->login))
	{
		return;
	}
	if (look)
	{
		mobility_peer_names_resolve(names, this->ike_sa, mobility_now());
	}
	else
	{
		mobility_peer_names_retry(names, this->ike_sa, mobility_now());
	}
}

/**
 * Look at the network, and at the time, while the IKE_SA logs in.
 */
static status_t log_in(private_mobility_session_t *this, bool look)
{
	status_t status;

	if (!mobility_peer_names_take(&this->steering->names,
								  this->public.connection,
								  this->mover->course.candidates->remotes,
								  mobility_now()))
	{	/* what is found is no reason to look for more */
		find_addresses(this, look);
	}
	status = this->login->look(this->login);
	if (status != DESTROY_ME)
	{
		arm_login(this);
	}
	return status;
}

METHOD(mobility_session_t, look, status_t,
	private_mobility_session_t *this)
{
	if (this->public.connecting)
	{
		return log_in(this, TRUE);
	}
	if (!this->hold->is_held(this->hold))
	{
		this->steering->conclude(this->steering);
		return SUCCESS;
	}
	return this->steering->look(this->steering);
}

METHOD(mobility_session_t, judge, status_t,
	private_mobility_session_t *this)
{
	if (!this->hold->is_held(this->hold))
	{
		return SUCCESS;
	}
	return this->steering->judge(this->steering);
}

METHOD(mobility_session_t, suspect, status_t,
	private_mobility_session_t *this)
{
	if (!this->hold->is_held(this->hold))
	{
		return look(this);
	}
	return this->steering->suspect(this->steering);
}

METHOD(mobility_session_t, lost, status_t,
	private_mobility_session_t *this)
{
	if (!this->hold->is_held(this->hold))
	{
		return SUCCESS;
	}
	return this->steering->lost(this->steering);
}

/**
 * The IKE_SA is not held anymore: what it waits for is up to stock, unless the
 * session has failed, which a job ends.
 */
static status_t leave(private_mobility_session_t *this)
{
	this->context->arm(this->context, &this->public, 0);
	this->relogin->cancel(this->relogin);
	this->mover->stay(this->mover);
	this->steering->conclude(this->steering);
	if (this->steering->fsm.state == MOBILITY_FAILED)
	{
		return SUCCESS;
	}
	return this->hold->hand_over(this->hold);
}

METHOD(mobility_session_t, tick, status_t,
	private_mobility_session_t *this)
{
	if (this->public.connecting)
	{
		return log_in(this, FALSE);
	}
	if (!this->hold->is_held(this->hold))
	{
		return leave(this);
	}
	return this->steering->tick(this->steering);
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

METHOD(mobility_session_t, message, void,
	private_mobility_session_t *this, message_t *message, bool incoming,
	bool plain)
{
	if (!is_ours(this, message))
	{
		return;
	}
	if (this->public.connecting)
	{
		this->login->message(this->login, message, incoming, plain);
		arm_login(this);
	}
	else
	{
		this->steering->message(this->steering, message, incoming, plain);
	}
}

/**
 * Try again to reauthenticate, if that is due and the peer is there.
 */
static status_t try_reauth(private_mobility_session_t *this)
{
	if (!this->reauth_due || this->steering->fsm.state != MOBILITY_CONNECTED ||
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

	if (!this->steering->expired && this->steering->config.reestablish &&
		this->steering->fsm.state != MOBILITY_CONNECTED &&
		this->hold->is_held(this->hold) && has_expired(this) &&
		mobility_inheritance_exists(this->ike_sa))
	{	/* who deletes it once more does not do so for its age */
		this->steering->expired = TRUE;
		this->relogin->cancel(this->relogin);
		explain(this, "lifetime of the IKE_SA is over, logging in anew");
		DBG1(DBG_IKE, "mobility: %s: lifetime of the IKE_SA is over, keeping it "
			 "until there is another one", this->public.connection);
		return TRUE;
	}
	this->relogin->cancel(this->relogin);
	return FALSE;
}

/**
 * Implements mobility_role_t.child_deleted()
 */
static void child_deleted(void *data, child_sa_t *child_sa)
{
	private_mobility_session_t *this = data;

	this->relogin->unwanted(this->relogin, child_sa);
}

/**
 * Implements mobility_role_t.processed()
 */
static status_t processed(void *data)
{
	private_mobility_session_t *this = data;

	if (!this->hold->is_held(this->hold))
	{
		this->steering->conclude(this->steering);
	}
	else if (this->steering->processed(this->steering) == DESTROY_ME)
	{
		return DESTROY_ME;
	}
	return try_reauth(this);
}

METHOD(mobility_session_t, give_up, status_t,
	private_mobility_session_t *this, mobility_ending_t reason)
{
	if (reason != MOBILITY_ENDING_OUTAGE)
	{
		if (this->steering->fsm.state != MOBILITY_DORMANT)
		{
			return SUCCESS;
		}
		mobility_ending_note(this->ike_sa, reason);
	}
	this->relogin->cancel(this->relogin);
	return this->hold->fail(this->hold);
}

METHOD(mobility_session_t, get_login, ike_sa_t*,
	private_mobility_session_t *this)
{
	const char *news;
	ike_sa_t *ike_sa;

	ike_sa = this->relogin->take(this->relogin);
	if (ike_sa)
	{
		news = mobility_inheritance_describe(this->ike_sa, ike_sa,
											 this->steering->expired);
		DBG1(DBG_IKE, "mobility: %s: %s", this->public.connection, news);
		mobility_tally_count(MOBILITY_TALLY_RELOGINS);
		this->steering->news = news;
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
	if (this->steering->fsm.state != MOBILITY_CONNECTED && has_expired(this))
	{
		explain(this, "lifetime of the IKE_SA is over");
		this->steering->feed(this->steering, &event);
	}
}

METHOD(mobility_session_t, reload, void,
	private_mobility_session_t *this)
{
	/* costs may be others now */
	this->public.records->choose(this->public.records, NULL);
	this->steering->configure(this->steering);
	if (this->public.connecting)
	{
		arm_login(this);
	}
	else
	{
		this->steering->arm(this->steering);
	}
}

METHOD(mobility_session_t, connect_, void,
	private_mobility_session_t *this, ike_sa_t *ike_sa)
{
	if (!this->public.connecting)
	{
		this->ike_sa = ike_sa;
		this->public.connecting = TRUE;
		this->steering->standing.state = MOBILITY_CONNECTING;
		this->steering->standing.since = time(NULL);
		/* charon just did, or it would not be here */
		this->steering->names.last = mobility_now();
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
	mobility_course_t *course = &this->mover->course;
	mobility_path_t *path;

	end_login(this);
	path = course->candidates->find(course->candidates,
									ike_sa->get_my_host(ike_sa),
									ike_sa->get_other_host(ike_sa));
	if (path)
	{
		mobility_heading_use(&course->heading, mobility_path_clone(path));
		this->public.records->used(this->public.records, path);
	}
}

METHOD(mobility_session_t, bind_, void,
	private_mobility_session_t *this, ike_sa_t *ike_sa)
{
	if (this->public.connecting)
	{
		use_login(this, ike_sa);
	}
	if (this->ike_sa && this->steering->fsm.state == MOBILITY_FAILED)
	{	/* not without the peer, and nobody gives up this one */
		this->steering->news = "peer is back, the IKE_SA was rekeyed";
		this->steering->start(this->steering);
	}
	else if (!this->ike_sa)
	{
		this->steering->start(this->steering);
	}
	this->ike_sa = ike_sa;
	this->reauth_due = FALSE;
	this->hold->bind(this->hold, ike_sa);
	this->steering->bind(this->steering, ike_sa);
}

METHOD(mobility_session_t, release, void,
	private_mobility_session_t *this)
{
	end_login(this);
	this->ike_sa = NULL;
	this->steering->release(this->steering);
	this->hold->bind(this->hold, NULL);
}

METHOD(mobility_session_t, give_back, status_t,
	private_mobility_session_t *this)
{
	bool lost = this->steering->fsm.state != MOBILITY_CONNECTED;
	status_t status;

	this->relogin->cancel(this->relogin);
	status = this->hold->hand_over(this->hold);
	if (status != DESTROY_ME)
	{
		status = this->mover->give_back(this->mover, lost);
	}
	release(this);
	return status;
}

METHOD(mobility_session_t, switch_uplink, bool,
	private_mobility_session_t *this, const char *uplink, char *error,
	status_t *status)
{
	mobility_monitor_t *monitor = this->context->monitor;
	mobility_candidates_t *candidates = this->mover->course.candidates;
	enumerator_t *enumerator;
	mobility_candidate_t *candidate;
	mobility_path_t *current, *found = NULL;

	*status = SUCCESS;
	mobility_course_look(&this->mover->course);
	enumerator = candidates->create_enumerator(candidates, mobility_now());
	while (!found && enumerator->enumerate(enumerator, &candidate))
	{
		found = streq(candidate->path->ifname, uplink) ? candidate->path : NULL;
	}
	enumerator->destroy(enumerator);
	if (!found)
	{
		snprintf(error, 128, "%s cannot reach the peer: %s", uplink,
				 monitor->describe(monitor, uplink));
		return FALSE;
	}
	current = this->mover->course.heading.path;
	if (current && streq(current->ifname, uplink))
	{
		snprintf(error, 128, "%s already uses %s", this->public.connection,
				 uplink);
		return FALSE;
	}
	if (!this->hold->is_held(this->hold) || !this->mover->is_idle(this->mover))
	{
		snprintf(error, 128, "%s is busy with another exchange, try again",
				 this->public.connection);
		return FALSE;
	}
	this->public.records->choose(this->public.records, uplink);
	*status = this->mover->test(this->mover, found, "requested");
	if (*status != DESTROY_ME)
	{
		this->steering->arm(this->steering);
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
								this->public.connection, path->ifname, FALSE,
								&uplink);
	return uplink.has_cost ? uplink.cost : path->metric;
}

METHOD(mobility_session_t, get_status, mobility_status_t*,
	private_mobility_session_t *this)
{
	mobility_request_t *request = this->mover->retransmission->request;
	mobility_monitor_t *monitor = this->context->monitor;
	mobility_steering_t *steering = this->steering;
	mobility_course_t *course = &this->mover->course;
	mobility_status_t *status;
	mobility_path_t *path;
	ike_sa_t *ike_sa = this->ike_sa;

	INIT(status,
		.connection = strdup(this->public.connection),
		.session = this->public.number,
		.mobile = TRUE,
		.state = steering->standing.state,
		.since = steering->standing.since,
		.outage_time = steering->config.network_outage_time,
		.outage_left = mobility_fsm_outage_left(&steering->fsm,
									&steering->times, mobility_now()) / 1000,
		.exchange = this->public.connecting ? NULL
											: request->get_name(request),
	);
	steering->vigil->get_counters(steering->vigil, &status->packets);
	status->rtt = steering->vigil->get_rtt(steering->vigil);
	status->moves = this->public.records->get_move(this->public.records,
												   &status->last_move);
	snprintf(status->cause, sizeof(status->cause), "%s",
			 mobility_standing_get_cause(&steering->standing));
	if (ike_sa)
	{
		mobility_status_add_ike_sa(status, ike_sa);
		status->nat_local &= !course->forced;
	}
	path = course->heading.path;
	if (path)
	{
		memcpy(status->uplink, path->ifname, sizeof(status->uplink));
		status->cost = get_cost(this, path);
		status->kind = monitor->get_kind(monitor, path->ifname, &status->over);
	}
	return status;
}

METHOD(mobility_session_t, get_paths, array_t*,
	private_mobility_session_t *this, mobility_prospect_t *prospect)
{
	mobility_candidates_t *candidates = this->mover->course.candidates;
	uint64_t now = mobility_now();

	if (!candidates->get_best(candidates, now))
	{
		mobility_course_look(&this->mover->course);
	}
	this->steering->proof->note(this->steering->proof);
	if (prospect && !this->public.connecting)
	{
		this->steering->foresee(this->steering, prospect);
	}
	return candidates->create_reports(candidates,
									  this->mover->course.heading.path, now);
}

METHOD(mobility_session_t, destroy, void,
	private_mobility_session_t *this)
{
	release(this);
	this->hold->destroy(this->hold);
	this->login->destroy(this->login);
	this->steering->destroy(this->steering);
	free(this->public.connection);
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
	static const mobility_role_t role = {
		.is_idle = is_idle,
		.send_dpd = send_dpd,
		.reauth = before_reauth,
		.deleted = deleted,
		.child_deleted = child_deleted,
		.processed = processed,
	};
	private_mobility_session_t *this;

	INIT(this,
		.public = {
			.number = number,
			.connection = strdup(connection),
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
			.lost = _lost,
			.reload = _reload,
			.switch_uplink = _switch_uplink,
			.message = _message,
			.reauth = _reauth,
			.give_up = _give_up,
			.get_login = _get_login,
			.expired = _expired,
			.is_dormant = (void*)return_false,
			.get_status = _get_status,
			.get_paths = _get_paths,
			.destroy = _destroy,
		},
		.context = context,
	);
	this->steering = mobility_steering_create(context, this->public.connection,
											  &this->public);
	this->mover = this->steering->mover;
	this->relogin = this->steering->relogin;
	this->login = mobility_login_create(context->hooks, context->callers,
										&this->mover->course,
										this->mover->retransmission,
										&this->steering->standing,
										&this->public);
	this->hold = mobility_hold_create(context->hooks,
									  this->mover->retransmission->request,
									  &this->steering->fsm.state,
									  &role, &this->public);

	return &this->public;
}
