/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/routability.h"
#include "net/clock.h"
#include "session/tally.h"

#include <daemon.h>

/** Length of a request with COOKIE2 at most, without headers of IP and UDP. */
#define REQUEST_LEN 128

/** Headers of IPv4 and IPv6 with those of UDP and the marker in front of IKE. */
#define HEADERS_V4 (20 + 8 + 4)
#define HEADERS_V6 (40 + 8 + 4)

/** Time in ms in which one line is logged. */
#define LOG_INTERVAL 60000

typedef struct private_mobility_routability_t private_mobility_routability_t;
typedef struct cookie_exchange_t cookie_exchange_t;

/**
 * An exchange with a COOKIE2, and nothing else.
 */
struct cookie_exchange_t {

	/**
	 * Public interface.
	 */
	mobility_exchange_t public;

	/**
	 * Whose it is.
	 */
	private_mobility_routability_t *owner;
};

/**
 * Private data of a mobility_routability_t object.
 */
struct private_mobility_routability_t {

	/**
	 * Public interface.
	 */
	mobility_routability_t public;

	/**
	 * What the peer is asked by.
	 */
	cookie_exchange_t exchange;

	/**
	 * IKE_SA, NULL if none is bound.
	 */
	ike_sa_t *ike_sa;

	/**
	 * Its request in flight.
	 */
	mobility_request_t *request;

	/**
	 * Length of the message that is processed, with all headers.
	 */
	size_t len;

	/**
	 * It is us who changes addresses.
	 */
	bool going;

	/**
	 * Message ID of our last request, and when it was sent first.
	 */
	uint32_t mid;
	uint64_t asked;

	/**
	 * When a line was logged, 0 if none was, and what was not logged since.
	 */
	uint64_t logged;
	u_int suppressed;
};

/**
 * Conditions that NAT detection changes.
 */
static const ike_condition_t nat_conditions[] = {
	COND_NAT_HERE, COND_NAT_THERE, COND_NAT_FAKE,
};

/**
 * Get who is behind a NAT, as NAT detection has left it.
 */
static uint8_t get_nat(ike_sa_t *ike_sa)
{
	uint8_t nat = 0;
	int i;

	for (i = 0; i < countof(nat_conditions); i++)
	{
		if (ike_sa->has_condition(ike_sa, nat_conditions[i]))
		{
			nat |= nat_conditions[i];
		}
	}
	return nat;
}

/**
 * Have who is behind a NAT as it was.
 */
static void set_nat(ike_sa_t *ike_sa, uint8_t nat)
{
	int i;

	for (i = 0; i < countof(nat_conditions); i++)
	{
		ike_sa->set_condition(ike_sa, nat_conditions[i],
							  (nat & nat_conditions[i]) != 0);
	}
}

/**
 * Get the place that an IKE_SA uses.
 */
static mobility_place_t get_place(ike_sa_t *ike_sa)
{
	return (mobility_place_t){
		.local = mobility_endpoint_get(ike_sa->get_my_host(ike_sa)),
		.remote = mobility_endpoint_get(ike_sa->get_other_host(ike_sa)),
		.nat = get_nat(ike_sa),
	};
}

/**
 * Get the length of the headers in front of messages from or to a host.
 */
static size_t get_headers(host_t *host)
{
	return host->get_family(host) == AF_INET ? HEADERS_V4 : HEADERS_V6;
}

/**
 * Get the length of an encoded message, with all headers.
 */
static size_t get_length(message_t *message, host_t *host)
{
	enumerator_t *enumerator;
	packet_t *fragment;
	chunk_t data;
	size_t len = 0;

	if (!message->is_fragmented(message))
	{
		return message->get_packet_data(message).len + get_headers(host);
	}
	enumerator = message->get_fragments(message);
	while (enumerator->enumerate(enumerator, &fragment))
	{
		data = fragment->get_data(fragment);
		len += data.len + get_headers(host);
	}
	enumerator->destroy(enumerator);
	return len;
}

/**
 * Send the request in flight, if that may be done.
 */
static void send_to(private_mobility_routability_t *this,
					const mobility_place_t *place, bool limited)
{
	mobility_whereabouts_t *where = &this->public.where;
	mobility_path_t path = {
		.local = mobility_endpoint_host(&place->local),
		.remote = mobility_endpoint_host(&place->remote),
	};
	size_t len;

	len = this->request->get_length(this->request, get_headers(path.remote));
	if (!limited || mobility_whereabouts_may_send(where, len))
	{
		this->request->send(this->request, &path, path.local, path.remote);
		mobility_whereabouts_sent(where, &place->remote, len);
	}
	path.local->destroy(path.local);
	path.remote->destroy(path.remote);
}

/**
 * Log and count that the peer has not proven to be where it claimed to be.
 */
static void tell_rejected(private_mobility_routability_t *this)
{
	const mobility_whereabouts_t *where = &this->public.where;
	uint64_t now = mobility_now();
	host_t *claimed, *proven;

	mobility_tally_count(MOBILITY_TALLY_UNPROVEN);
	if (this->logged && now - this->logged < LOG_INTERVAL)
	{
		this->suppressed++;
		return;
	}
	claimed = mobility_endpoint_host(&where->claimed.remote);
	proven = mobility_endpoint_host(&where->proven.remote);
	DBG1(DBG_IKE, "mobility: %s[%u]: peer has not proven to be at %#H, using "
		 "%#H (%u more since the last time)",
		 this->ike_sa->get_name(this->ike_sa),
		 this->ike_sa->get_unique_id(this->ike_sa), claimed, proven,
		 this->suppressed);
	claimed->destroy(claimed);
	proven->destroy(proven);
	this->logged = now;
	this->suppressed = 0;
}

/**
 * Have the IKE_SA use the place that is to be used.
 */
static void go(private_mobility_routability_t *this)
{
	const mobility_place_t *used = mobility_whereabouts_used(&this->public.where);
	mobility_place_t current = get_place(this->ike_sa);
	host_t *me, *other;

	if (this->public.where.claim == MOBILITY_CLAIM_REJECTED)
	{
		tell_rejected(this);
	}
	if (mobility_endpoint_equals(&used->local, &current.local) &&
		mobility_endpoint_equals(&used->remote, &current.remote))
	{
		return;
	}
	me = mobility_endpoint_host(&used->local);
	other = mobility_endpoint_host(&used->remote);
	set_nat(this->ike_sa, used->nat);
	this->going = TRUE;
	this->ike_sa->update_hosts(this->ike_sa, me, other, UPDATE_HOSTS_FORCE_ALL);
	this->going = FALSE;
	me->destroy(me);
	other->destroy(other);
}

METHOD(mobility_task_owner_t, get_target, void,
	private_mobility_routability_t *this, host_t **local, host_t **remote)
{
	const mobility_whereabouts_t *where = &this->public.where;
	const mobility_place_t *place;

	place = where->claim == MOBILITY_CLAIM_OPEN ? &where->claimed :
										mobility_whereabouts_used(where);
	*local = mobility_endpoint_host(&place->local);
	*remote = mobility_endpoint_host(&place->remote);
}

METHOD(mobility_task_owner_t, transmit, void,
	private_mobility_routability_t *this)
{
	mobility_whereabouts_t *where = &this->public.where;

	if (!this->request->matches(this->request, this->mid))
	{	/* for the first time, and there is room for it */
		this->mid = this->request->get_message_id(this->request);
		this->asked = mobility_now();
		mobility_whereabouts_asked(where);
	}
	send_to(this, where->exclusive ? &where->claimed :
									 mobility_whereabouts_used(where), FALSE);
}

METHOD(mobility_exchange_t, answered, bool,
	cookie_exchange_t *exchange, message_t *answer, bool echoed,
	ike_natd_t *natd)
{
	private_mobility_routability_t *this = exchange->owner;
	mobility_whereabouts_t *where = &this->public.where;
	mobility_endpoint_t remote;
	uint64_t now = mobility_now();
	uint32_t rtt = 0;

	remote = mobility_endpoint_get(answer->get_source(answer));
	if (where->exclusive ||
		mobility_endpoint_equals(&remote, &where->claimed.remote))
	{	/* where it was sent since says nothing about when it was asked */
		rtt = max(1, now - this->asked);
	}
	if (mobility_whereabouts_answered(where, echoed, rtt, now) ==
													MOBILITY_WHEREABOUTS_GO)
	{
		go(this);
	}
	return FALSE;
}

METHOD(mobility_routability_t, bind_, void,
	private_mobility_routability_t *this, ike_sa_t *ike_sa)
{
	task_queue_t queues[] = { TASK_QUEUE_ACTIVE, TASK_QUEUE_QUEUED };
	mobility_task_t *task;
	int i;

	for (i = 0; this->ike_sa && i < countof(queues); i++)
	{
		if (mobility_task_find(this->ike_sa, queues[i], &task) && task)
		{
			task->detach(task);
		}
	}
	if (!this->ike_sa && ike_sa)
	{	/* it has logged in from there, which it could not have otherwise */
		this->public.where = (mobility_whereabouts_t){
			.mode = this->public.where.mode,
			.proven = get_place(ike_sa),
		};
	}
	mobility_whereabouts_abort(&this->public.where, mobility_now());
	this->mid = UINT32_MAX;
	this->ike_sa = ike_sa;
}

METHOD(mobility_routability_t, admits, bool,
	private_mobility_routability_t *this, host_t *me, host_t *other,
	update_hosts_flag_t flags)
{
	mobility_whereabouts_t *where = &this->public.where;
	mobility_place_t place = get_place(this->ike_sa);
	bool said = flags & UPDATE_HOSTS_FORCE_REMOTE;

	if (this->going || (!me && !other) ||
		(!said && !(place.nat & COND_NAT_THERE)))
	{	/* decided already, or nothing that stock does anything about */
		return TRUE;
	}
	if (me && flags & UPDATE_HOSTS_FORCE_LOCAL)
	{
		place.local = mobility_endpoint_get(me);
	}
	if (other)
	{
		place.remote = mobility_endpoint_get(other);
	}
	if (!mobility_whereabouts_hint(where, &place,
								   said ? MOBILITY_HINT_UPDATE
										: MOBILITY_HINT_MAPPING,
								   said ? this->len : MOBILITY_ESP_MIN,
								   mobility_now()))
	{
		set_nat(this->ike_sa, mobility_whereabouts_used(where)->nat);
		return FALSE;
	}
	return TRUE;
}

METHOD(mobility_routability_t, message_, void,
	private_mobility_routability_t *this, message_t *message, bool incoming,
	bool plain)
{
	mobility_whereabouts_t *where = &this->public.where;
	host_t *remote = incoming ? message->get_source(message)
							  : message->get_destination(message);
	mobility_endpoint_t endpoint = mobility_endpoint_get(remote);

	if (incoming && plain)
	{
		this->len = get_length(message, remote);
		mobility_whereabouts_heard(where, &endpoint, this->len, mobility_now());
		if (!message->get_request(message) && !where->exclusive)
		{
			mobility_whereabouts_abort(where, mobility_now());
		}
	}
	else if (!incoming && !plain && !message->get_request(message))
	{	/* who counts requests is who sends them */
		mobility_whereabouts_sent(where, &endpoint, get_length(message, remote));
	}
}

METHOD(mobility_routability_t, sends, bool,
	private_mobility_routability_t *this)
{
	const mobility_whereabouts_t *where = &this->public.where;

	return where->claim == MOBILITY_CLAIM_OPEN &&
		   (where->next <= mobility_now() ||
			(where->exclusive && !where->ahead));
}

METHOD(mobility_routability_t, get_deadline, uint64_t,
	private_mobility_routability_t *this)
{
	return mobility_whereabouts_deadline(&this->public.where);
}

/**
 * Check if a request can be sent now.
 */
static bool is_free(private_mobility_routability_t *this)
{
	mobility_task_t *task;

	return this->ike_sa->get_state(this->ike_sa) == IKE_ESTABLISHED &&
		   !mobility_task_find(this->ike_sa, TASK_QUEUE_ACTIVE, &task) &&
		   !mobility_task_find(this->ike_sa, TASK_QUEUE_QUEUED, &task);
}

/**
 * Send something to the claim that is answered from there.
 */
static status_t ask(private_mobility_routability_t *this)
{
	mobility_whereabouts_t *where = &this->public.where;
	mobility_task_t *task;

	if (this->request->in_flight(this->request))
	{
		send_to(this, &where->claimed, TRUE);
		return SUCCESS;
	}
	if (!is_free(this) ||
		!mobility_whereabouts_may_send(where, REQUEST_LEN + HEADERS_V4))
	{
		return SUCCESS;
	}
	task = mobility_task_create(this->ike_sa, &this->public.owner,
								&this->exchange.public);
	this->ike_sa->queue_task(this->ike_sa, &task->mobike.task);
	return this->ike_sa->initiate(this->ike_sa, NULL, NULL);
}

METHOD(mobility_routability_t, work, status_t,
	private_mobility_routability_t *this)
{
	mobility_whereabouts_t *where = &this->public.where;

	switch (mobility_whereabouts_tick(where, mobility_now()))
	{
		case MOBILITY_WHEREABOUTS_ASK:
			return ask(this);
		case MOBILITY_WHEREABOUTS_GO:
			go(this);
			if (this->request->in_flight(this->request))
			{
				send_to(this, mobility_whereabouts_used(where), FALSE);
			}
			break;
		default:
			break;
	}
	return SUCCESS;
}

METHOD(mobility_routability_t, is_idle, bool,
	private_mobility_routability_t *this)
{
	const mobility_whereabouts_t *where = &this->public.where;
	uint64_t now = mobility_now();

	return where->claim == MOBILITY_CLAIM_NONE &&
		   !this->request->in_flight(this->request) &&
		   (!where->spent || now - where->spent_at >= MOBILITY_FORGIVE_TIME) &&
		   (!this->logged || now - this->logged >= LOG_INTERVAL);
}

METHOD(mobility_routability_t, destroy, void,
	private_mobility_routability_t *this)
{
	bind_(this, NULL);
	free(this);
}

/*
 * Described in header.
 */
mobility_routability_t *mobility_routability_create(
									mobility_return_routability_t mode,
									mobility_request_t *request)
{
	private_mobility_routability_t *this;

	INIT(this,
		.public = {
			.owner = {
				.get_target = _get_target,
				.transmit = _transmit,
			},
			.where = {
				.mode = mode,
			},
			.bind = _bind_,
			.admits = _admits,
			.message = _message_,
			.sends = _sends,
			.get_deadline = _get_deadline,
			.work = _work,
			.is_idle = _is_idle,
			.destroy = _destroy,
		},
		.exchange = {
			.public = {
				.cookie2 = TRUE,
				.detects_nat = (void*)return_false,
				.build = (void*)nop,
				.answered = _answered,
				.get_deadline = (void*)return_null,
				.tick = (void*)nop,
			},
		},
		.request = request,
		.mid = UINT32_MAX,
	);
	this->exchange.owner = this;
	return &this->public;
}
