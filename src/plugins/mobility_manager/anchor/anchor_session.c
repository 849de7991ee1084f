/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/anchor_session.h"
#include "anchor/dormancy.h"
#include "anchor/follow.h"
#include "anchor/routability.h"
#include "ike/mobike_task.h"
#include "ike/request.h"
#include "net/clock.h"
#include "session/hold.h"
#include "session/standing.h"

#include <time.h>

#include <daemon.h>
#include <sa/ikev2/tasks/ike_dpd.h>

typedef struct private_mobility_session_t private_mobility_session_t;

/**
 * How the peer has moved.
 */
typedef struct {
	/** how often, and when last */
	u_int count;
	time_t last;
	/** from where */
	host_t *from;
	/** addresses it has left */
	mobility_follow_t left;
} moves_t;

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
	 * Its request in flight.
	 */
	mobility_request_t *request;

	/**
	 * Holds the IKE_SA.
	 */
	mobility_hold_t *hold;

	/**
	 * Is the peer there.
	 */
	mobility_dormancy_t dormancy;

	/**
	 * Times for that.
	 */
	mobility_dormancy_config_t times;

	/**
	 * What the dormancy has decided and was not done yet,
	 * mobility_dormancy_action_t.
	 */
	uint8_t due;

	/**
	 * The kernel was asked if ESP has come, or more, since the peer was heard.
	 */
	bool asked;

	/**
	 * State as it was told.
	 */
	mobility_standing_t standing;

	/**
	 * Has it prove where it is, NULL while there is no doubt about that.
	 */
	mobility_routability_t *routability;

	/**
	 * Our address and the peer's of the last message that came while it was silent,
	 * NULL if none did.  If it is no address update, they are not those of the
	 * IKE_SA.
	 */
	host_t *met, *back;

	/**
	 * How the peer has moved, NULL until it does.
	 */
	moves_t *moves;
};

/**
 * Say why the session is in its state, or will be.
 */
#define explain(this, ...) \
	mobility_standing_explain(&(this)->standing, __VA_ARGS__)

/**
 * Forget from where the peer was heard.
 */
static void forget_meeting(private_mobility_session_t *this)
{
	DESTROY_IF(this->met);
	DESTROY_IF(this->back);
	this->met = this->back = NULL;
}

/**
 * Feed the state machine.
 */
static void feed(private_mobility_session_t *this,
				 mobility_dormancy_event_t event)
{
	this->due |= mobility_dormancy_handle(&this->dormancy, &this->times, event,
										  mobility_now());
}

/**
 * There is no doubt about where the peer is.
 */
static void trust(private_mobility_session_t *this)
{
	DESTROY_IF(this->routability);
	this->routability = NULL;
}

/**
 * Something came from an address: if that is not the peer's it may have to prove
 * that it is there.
 */
static void doubt(private_mobility_session_t *this, host_t *from)
{
	mobility_settings_t *settings = this->context->settings;
	mobility_gateway_config_t config;

	if (this->routability ||
		from->equals(from, this->ike_sa->get_other_host(this->ike_sa)))
	{
		return;
	}
	settings->get_gateway(settings, this->public.connection, &config);
	if (config.return_routability != MOBILITY_RETURN_ROUTABILITY_NO)
	{
		this->routability = mobility_routability_create(
								config.return_routability, this->request);
		this->routability->bind(this->routability, this->ike_sa);
	}
}

/**
 * Set the clock: to now if there is something to do that was not done yet.
 */
static void arm(private_mobility_session_t *this)
{
	uint64_t deadline;

	deadline = this->due ? mobility_now() :
				mobility_dormancy_deadline(&this->dormancy, &this->times);
	if (this->routability)
	{
		deadline = mobility_earlier(deadline,
							this->routability->get_deadline(this->routability));
	}
	this->context->arm(this->context, &this->public, deadline);
}

/**
 * Check if ESP packets have come in since this was asked last.
 */
static bool has_esp_come(private_mobility_session_t *this)
{
	mobility_sleepers_t *sleepers = this->context->sleepers;

	this->asked = sleepers != NULL;
	return sleepers && sleepers->has_come(sleepers, this->ike_sa,
										  this->public.number);
}

/**
 * Have the kernel keep what belongs to a peer that sleeps, and tell when ESP comes.
 */
static void sleep_on(private_mobility_session_t *this)
{
	mobility_sleepers_t *sleepers = this->context->sleepers;

	if (sleepers)
	{
		this->asked = TRUE;
		sleepers->sleep(sleepers, this->ike_sa, this->public.number,
						mobility_dormancy_end(&this->dormancy, &this->times));
	}
}

/**
 * Have nothing leave to the peer anymore.
 */
static void mute(private_mobility_session_t *this)
{
	mobility_sleepers_t *sleepers = this->context->sleepers;

	if (sleepers)
	{
		explain(this, "peer does not answer, nothing leaves to it");
		sleepers->mute(sleepers, this->ike_sa, this->public.number);
	}
}

/**
 * The SAs of a peer that sleeps may be others than before, or for another time.
 */
static void sleep_again(private_mobility_session_t *this)
{
	if (this->dormancy.state == MOBILITY_DORMANT)
	{
		sleep_on(this);
		if (this->times.mute_time && !this->dormancy.next)
		{
			mute(this);
		}
	}
}

/**
 * Have the kernel treat the peer as any other one.
 */
static void wake_up(private_mobility_session_t *this, bool returned)
{
	mobility_sleepers_t *sleepers = this->context->sleepers;

	if (this->asked)
	{
		this->asked = FALSE;
		sleepers->wake(sleepers, this->ike_sa, this->public.number, returned);
	}
}

/**
 * Send the request in flight again, to where the peer is.
 */
static void resend(private_mobility_session_t *this)
{
	mobility_routability_t *routability = this->routability;
	mobility_path_t path = {
		.local = this->met,
		.remote = this->back,
	};

	if (!this->back || (routability && routability->where.mode ==
										MOBILITY_RETURN_ROUTABILITY_BEFORE))
	{	/* it has to say by an update that it is elsewhere, and prove that */
		path.local = this->ike_sa->get_my_host(this->ike_sa);
		path.remote = this->ike_sa->get_other_host(this->ike_sa);
	}
	if (!routability || !routability->sends(routability))
	{
		this->request->send(this->request, &path, path.local, path.remote);
	}
	if (this->dormancy.attempt == 1)
	{	/* what comes from now on is news */
		has_esp_come(this);
	}
}

/**
 * Tell everyone that the state has changed, if it has since the last time.
 */
static void tell_state(private_mobility_session_t *this)
{
	mobility_state_t old = this->standing.state;

	if (old == this->dormancy.state)
	{
		return;
	}
	mobility_standing_enter(&this->standing, this->public.connection,
							this->dormancy.state);
	/* no keepalives while nobody is there */
	this->ike_sa->set_condition(this->ike_sa, COND_STALE,
								this->dormancy.state == MOBILITY_DORMANT);
	if (this->dormancy.state == MOBILITY_DORMANT)
	{
		sleep_on(this);
	}
	else if (this->dormancy.state == MOBILITY_CONNECTED)
	{
		this->hold->resume(this->hold);
	}
	/* who has failed waits to be given up, which may take a while */
	this->context->set_dormant(this->context, this->ike_sa,
							   this->dormancy.state != MOBILITY_CONNECTED);
	this->context->tell(this->context, MOBILITY_EVENT_STATE, old,
						&this->public);
}

/**
 * Ask the kernel, and say why the session is in the state that follows.
 */
static void ask(private_mobility_session_t *this)
{
	if (has_esp_come(this))
	{
		explain(this, "packets of the peer come in");
		feed(this, MOBILITY_DORMANCY_HEARD);
		return;
	}
	feed(this, MOBILITY_DORMANCY_SILENT);
	if (this->dormancy.state == MOBILITY_FAILED)
	{
		explain(this, "network outage time of %llus is over",
				(unsigned long long)this->times.outage_time / 1000);
	}
	else
	{
		explain(this, "peer does not answer");
	}
}

/**
 * Do what the state machine decided.
 */
static void act(private_mobility_session_t *this)
{
	mobility_dormancy_action_t due;

	if (this->due & MOBILITY_DORMANCY_ASK)
	{
		ask(this);
	}
	due = this->due;
	this->due = 0;
	if (this->dormancy.state == MOBILITY_CONNECTED && !this->dormancy.attempt)
	{
		wake_up(this, TRUE);
	}
	if (due & MOBILITY_DORMANCY_RESEND)
	{
		resend(this);
	}
	if (due & MOBILITY_DORMANCY_TELL)
	{
		tell_state(this);
	}
	if (due & MOBILITY_DORMANCY_MUTE)
	{
		mute(this);
	}
	if (due & MOBILITY_DORMANCY_RETIRE)
	{
		this->context->retire(this->context, &this->public);
	}
	arm(this);
}

/**
 * Do all that is due.
 */
static status_t work(private_mobility_session_t *this)
{
	status_t status = SUCCESS;

	act(this);
	if (this->routability)
	{
		status = this->routability->work(this->routability);
		if (this->routability->is_idle(this->routability))
		{
			trust(this);
		}
	}
	arm(this);
	return status;
}

/**
 * The IKE_SA is not held anymore.  If it is deleted when the request in flight is
 * answered, that is not waited for any longer than stock does, all else is stock's
 * affair.
 */
static status_t leave(private_mobility_session_t *this)
{
	if (this->dormancy.state == MOBILITY_CONNECTED &&
		mobility_task_queued(this->ike_sa, TASK_QUEUE_QUEUED, TASK_IKE_DELETE))
	{
		feed(this, MOBILITY_DORMANCY_TICK);
		if (this->due & MOBILITY_DORMANCY_ASK)
		{
			return this->hold->fail(this->hold);
		}
		act(this);
		return SUCCESS;
	}
	this->context->arm(this->context, &this->public, 0);
	return this->hold->hand_over(this->hold);
}

METHOD(mobility_session_t, tick, status_t,
	private_mobility_session_t *this)
{
	if (!this->hold->is_held(this->hold))
	{
		return leave(this);
	}
	feed(this, MOBILITY_DORMANCY_TICK);
	return work(this);
}

/**
 * The peer has sent something: remember where it is if it was silent.
 */
static void note_meeting(private_mobility_session_t *this, message_t *message)
{
	host_t *me = message->get_destination(message);
	host_t *other = message->get_source(message);

	if (this->dormancy.state == MOBILITY_DORMANT ||
		(this->back && !other->equals(other, this->back)))
	{
		forget_meeting(this);
		this->met = me->clone(me);
		this->back = other->clone(other);
	}
	if (this->dormancy.state == MOBILITY_DORMANT)
	{
		explain(this, "peer is back at %#H", other);
	}
}

METHOD(mobility_session_t, message, void,
	private_mobility_session_t *this, message_t *message, bool incoming,
	bool plain)
{
	mobility_request_t *request = this->request;

	if (incoming && plain)
	{
		doubt(this, message->get_source(message));
	}
	if (this->routability)
	{
		this->routability->message(this->routability, message, incoming, plain);
	}
	if (!incoming && !plain && message->get_request(message))
	{
		request->capture(request, this->ike_sa, message);
		feed(this, MOBILITY_DORMANCY_SENT);
	}
	else if (incoming && plain)
	{
		note_meeting(this, message);
		if (!message->get_request(message) &&
			request->matches(request, message->get_message_id(message)))
		{
			request->clear(request);
			forget_meeting(this);
			feed(this, MOBILITY_DORMANCY_ANSWERED);
		}
		else
		{
			feed(this, MOBILITY_DORMANCY_HEARD);
		}
	}
	/* listeners must not block, whatever this leads to is done by processed() once
	 * the message is */
	arm(this);
}

/**
 * The peer is at another address.
 */
static void note_move(private_mobility_session_t *this, host_t *old)
{
	this->moves = this->moves ?: calloc(1, sizeof(*this->moves));
	DESTROY_IF(this->moves->from);
	this->moves->from = old->clone(old);
	this->moves->count++;
	this->moves->last = time(NULL);
	forget_meeting(this);
	feed(this, MOBILITY_DORMANCY_MOVED);
	this->context->tell(this->context, MOBILITY_EVENT_MOVE,
						this->standing.state, &this->public);
}

/**
 * Use other addresses.
 */
static void move(private_mobility_session_t *this,
				 const mobility_ike_stock_t *stock, host_t *me, host_t *other,
				 update_hosts_flag_t flags)
{
	mobility_child_update_t *relocator = this->context->relocator;
	host_t *old, *new;

	if (this->dormancy.state == MOBILITY_CONNECTED ||
		(!(flags & UPDATE_HOSTS_FORCE_REMOTE) && other))
	{	/* the peer has shown itself, by ESP in the latter case. What drops its
		 * packets would be in the way of its policies when they move */
		wake_up(this, TRUE);
	}
	old = this->ike_sa->get_other_host(this->ike_sa);
	old = old->clone(old);
	if (relocator)
	{
		relocator->update(relocator, this->ike_sa, stock->update_hosts, me, other,
						  flags, NULL);
	}
	else
	{
		stock->update_hosts(this->ike_sa, me, other, flags);
	}
	new = this->ike_sa->get_other_host(this->ike_sa);
	if (old->equals(old, new))
	{	/* perhaps our own address */
		sleep_again(this);
		old->destroy(old);
		return;
	}
	note_move(this, old);
	if (flags & UPDATE_HOSTS_FORCE_REMOTE)
	{	/* in an IKE message. If it was an ESP packet that came from another
		 * address, the next one from where the peer is has to be believed */
		mobility_follow_note_move(&this->moves->left, old, new,
								  mobility_now());
	}
	else
	{
		old->destroy(old);
	}
}

/**
 * Implements mobility_role_t.update_hosts()
 */
static void update_hosts(void *data, const mobility_ike_stock_t *stock,
						 host_t *me, host_t *other, update_hosts_flag_t flags)
{
	private_mobility_session_t *this = data;

	if (!(flags & UPDATE_HOSTS_FORCE_REMOTE) && other && this->moves &&
		mobility_follow_has_left(&this->moves->left, other, mobility_now()))
	{	/* UDP-encapsulated packets still arrive from there, stock takes that for
		 * a changed NAT mapping and would send everything back */
		return;
	}
	if (other)
	{
		doubt(this, other);
	}
	if (!this->routability ||
		this->routability->admits(this->routability, me, other, flags))
	{
		move(this, stock, me, other, flags);
	}
	/* it may be one of charon's jobs that calls, and no message */
	arm(this);
}

/**
 * Implements mobility_role_t.is_idle()
 */
static bool is_idle(void *data)
{
	private_mobility_session_t *this = data;

	return !this->request->in_flight(this->request);
}

/**
 * Implements mobility_role_t.send_dpd()
 */
static status_t send_dpd(void *data)
{
	private_mobility_session_t *this = data;

	this->ike_sa->queue_task(this->ike_sa, (task_t*)ike_dpd_create(TRUE));
	return this->ike_sa->initiate(this->ike_sa, NULL, NULL);
}

/**
 * Implements mobility_role_t.processed()
 */
static status_t processed(void *data)
{
	private_mobility_session_t *this = data;

	return this->hold->is_held(this->hold) ? work(this) : SUCCESS;
}

METHOD(mobility_session_t, is_dormant, bool,
	private_mobility_session_t *this)
{
	if (this->dormancy.state == MOBILITY_DORMANT && has_esp_come(this))
	{
		explain(this, "packets of the peer come in");
		feed(this, MOBILITY_DORMANCY_HEARD);
		act(this);
	}
	return this->dormancy.state != MOBILITY_CONNECTED;
}

METHOD(mobility_session_t, judge, status_t,
	private_mobility_session_t *this)
{
	if (this->hold->is_held(this->hold))
	{
		is_dormant(this);
	}
	return SUCCESS;
}

METHOD(mobility_session_t, give_up, status_t,
	private_mobility_session_t *this, mobility_ending_t reason)
{
	if (!this->hold->is_held(this->hold))
	{
		return SUCCESS;
	}
	if (reason == MOBILITY_ENDING_OUTAGE)
	{	/* everybody is told that it has failed */
		feed(this, MOBILITY_DORMANCY_TURN);
		act(this);
		return this->dormancy.state == MOBILITY_FAILED ?
							this->hold->fail(this->hold) : SUCCESS;
	}
	if (!is_dormant(this))
	{
		return SUCCESS;
	}
	mobility_ending_note(this->ike_sa, reason);
	return this->hold->fail(this->hold);
}

METHOD(mobility_session_t, reload, void,
	private_mobility_session_t *this)
{
	mobility_settings_t *settings = this->context->settings;
	mobility_gateway_config_t config;

	settings->get_gateway(settings, this->public.connection, &config);
	this->times.outage_time = config.network_outage_time * 1000ULL;
	this->times.mute_time = config.mute_time * 1000ULL;
	mobility_retransmit_times_read(&this->times.retransmit);
	if (this->ike_sa)
	{
		sleep_again(this);
		arm(this);
	}
}

METHOD(mobility_session_t, bind_, void,
	private_mobility_session_t *this, ike_sa_t *ike_sa)
{
	if (this->ike_sa)
	{	/* what it waits for is answered by nobody anymore */
		this->context->set_dormant(this->context, this->ike_sa, FALSE);
		this->request->clear(this->request);
		feed(this, MOBILITY_DORMANCY_ABANDONED);
	}
	else
	{
		mobility_dormancy_init(&this->dormancy, mobility_now());
		this->standing.since = time(NULL);
	}
	this->ike_sa = ike_sa;
	if (this->routability)
	{
		this->routability->bind(this->routability, ike_sa);
	}
	this->hold->bind(this->hold, ike_sa);
	arm(this);
}

METHOD(mobility_session_t, release, void,
	private_mobility_session_t *this)
{
	this->context->arm(this->context, &this->public, 0);
	this->request->clear(this->request);
	trust(this);
	this->hold->bind(this->hold, NULL);
	if (this->ike_sa)
	{
		this->context->set_dormant(this->context, this->ike_sa, FALSE);
	}
	this->ike_sa = NULL;
}

METHOD(mobility_session_t, give_back, status_t,
	private_mobility_session_t *this)
{
	status_t status;

	wake_up(this, FALSE);
	status = this->hold->hand_over(this->hold);
	release(this);
	return status;
}

METHOD(mobility_session_t, switch_uplink, bool,
	private_mobility_session_t *this, const char *uplink, char *error,
	status_t *status)
{
	snprintf(error, 128, "the peer of %s chooses the path",
			 this->public.connection);
	*status = SUCCESS;
	return FALSE;
}

METHOD(mobility_session_t, get_paths, array_t*,
	private_mobility_session_t *this, mobility_prospect_t *prospect)
{
	return array_create(0, 0);
}

/**
 * Get the last move of the peer.
 */
static void get_move(private_mobility_session_t *this, mobility_move_t *move)
{
	if (this->moves && this->ike_sa)
	{
		move->time = this->moves->last;
		snprintf(move->trigger, sizeof(move->trigger), "peer has moved");
		snprintf(move->from, sizeof(move->from), "%#H", this->moves->from);
		snprintf(move->to, sizeof(move->to), "%#H",
				 this->ike_sa->get_other_host(this->ike_sa));
	}
}

/**
 * Get the time in seconds until the session fails if the peer stays silent.
 */
static uint32_t get_outage_left(private_mobility_session_t *this)
{
	uint64_t silent, end, now = mobility_now();

	silent = mobility_dormancy_silent(&this->dormancy) ?: now;
	end = silent + this->times.outage_time;
	return this->times.outage_time && end > now ? (end - now) / 1000 : 0;
}

METHOD(mobility_session_t, get_status, mobility_status_t*,
	private_mobility_session_t *this)
{
	mobility_status_t *status;
	char *uplink;

	INIT(status,
		.connection = strdup(this->public.connection),
		.session = this->public.number,
		.state = this->standing.state,
		.since = this->standing.since,
		.outage_time = this->times.outage_time / 1000,
		.outage_left = get_outage_left(this),
		.silent = (mobility_now() - this->dormancy.heard) / 1000,
		.exchange = this->request->get_name(this->request),
		.moves = this->moves ? this->moves->count : 0,
	);
	snprintf(status->cause, sizeof(status->cause), "%s",
			 mobility_standing_get_cause(&this->standing));
	get_move(this, &status->last_move);
	if (this->ike_sa)
	{
		mobility_status_add_ike_sa(status, this->ike_sa);
		if (charon->kernel->get_interface(charon->kernel, status->local,
										  &uplink))
		{
			snprintf(status->uplink, sizeof(status->uplink), "%s", uplink);
			free(uplink);
		}
	}
	return status;
}

METHOD(mobility_session_t, destroy, void,
	private_mobility_session_t *this)
{
	if (this->asked)
	{
		this->context->sleepers->end(this->context->sleepers,
									 this->public.number);
	}
	this->hold->destroy(this->hold);
	trust(this);
	this->request->destroy(this->request);
	if (this->moves)
	{
		mobility_follow_clear(&this->moves->left);
		DESTROY_IF(this->moves->from);
		free(this->moves);
	}
	forget_meeting(this);
	mobility_standing_cleanup(&this->standing);
	free(this->public.connection);
	free(this);
}

/*
 * Described in header.
 */
mobility_session_t *mobility_anchor_session_create(mobility_context_t *context,
												   uint32_t number,
												   const char *connection)
{
	static const mobility_role_t role = {
		.follows = TRUE,
		.update_hosts = update_hosts,
		.is_idle = is_idle,
		.send_dpd = send_dpd,
		.reauth = (void*)nop,
		.deleted = (void*)return_false,
		.child_deleted = (void*)nop,
		.processed = processed,
	};
	private_mobility_session_t *this;

	INIT(this,
		.public = {
			.number = number,
			.connection = strdup(connection),
			.follows = TRUE,
			.bind = _bind_,
			.release = _release,
			.give_back = _give_back,
			/* nothing of these concerns who only follows */
			.look = (void*)return_success,
			.suspect = (void*)return_success,
			.reauth = (void*)return_success,
			.get_login = (void*)return_null,
			.expired = (void*)nop,
			.is_dormant = _is_dormant,
			.tick = _tick,
			.judge = _judge,
			.reload = _reload,
			.switch_uplink = _switch_uplink,
			.message = _message,
			.give_up = _give_up,
			.get_status = _get_status,
			.get_paths = _get_paths,
			.destroy = _destroy,
		},
		.context = context,
		.request = mobility_request_create(),
	);
	this->hold = mobility_hold_create(context->hooks, this->request,
									  &this->dormancy.state, &role,
									  &this->public);
	reload(this);
	return &this->public;
}
