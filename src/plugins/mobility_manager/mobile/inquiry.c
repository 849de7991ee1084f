/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/inquiry.h"
#include "net/clock.h"

#include <encoding/payloads/notify_payload.h>

/** Types of notifies that are errors end here (RFC 7296, 3.10.1). */
#define ERRORS_END 16384

/*
 * Described in header.
 */
void mobility_inquiry_sent(mobility_inquiry_t *inquiry, ike_sa_t *ike_sa,
						   message_t *message)
{
	host_t *me = ike_sa->get_my_host(ike_sa);
	host_t *other = ike_sa->get_other_host(ike_sa);

	inquiry->request->capture(inquiry->request, ike_sa, message);
	DESTROY_IF(inquiry->me);
	DESTROY_IF(inquiry->other);
	inquiry->me = me->clone(me);
	inquiry->other = other->clone(other);
	inquiry->replied = FALSE;
	if (message->get_exchange_type(message) == IKE_SA_INIT &&
		inquiry->attempt.state == MOBILITY_ATTEMPT_LOGIN)
	{	/* stock begins once more, and so do we */
		mobility_attempt_begin(&inquiry->attempt, inquiry->attempt.hopeless,
							   mobility_now());
	}
}

/**
 * Check if a path may be asked that is not of the preferred address family.
 */
static bool may_stray(mobility_inquiry_t *inquiry, const mobility_path_t *path)
{
	if (inquiry->attempt.state == MOBILITY_ATTEMPT_ASKING)
	{
		return mobility_attempt_may_stray(&inquiry->attempt, mobility_now());
	}
	/* where IKE_SA_INIT was answered all that follows is */
	return inquiry->remote->get_family(inquiry->remote) ==
		   path->remote->get_family(path->remote);
}

/*
 * Described in header.
 */
void mobility_inquiry_ask(mobility_inquiry_t *inquiry,
						  const mobility_path_t *path, uint16_t port,
						  bool strays)
{
	mobility_request_t *request = inquiry->request;
	host_t *me;

	if (!request->in_flight(request) || (strays && !may_stray(inquiry, path)) ||
		!mobility_attempt_may_ask(&inquiry->attempt, mobility_now()))
	{
		return;
	}
	request->send(request, path, inquiry->me, inquiry->other);
	if (port && inquiry->attempt.state == MOBILITY_ATTEMPT_LOGIN)
	{
		me = inquiry->me->clone(inquiry->me);
		me->set_port(me, port);
		request->send(request, path, me, inquiry->other);
		me->destroy(me);
	}
	mobility_attempt_asked(&inquiry->attempt, mobility_now());
}

/**
 * Note an answer to IKE_SA_INIT.  Returns TRUE if that is to be used.
 */
static bool note_answer(mobility_inquiry_t *inquiry, message_t *message)
{
	host_t *local = message->get_destination(message);
	host_t *remote = message->get_source(message);
	bool fits;

	if (inquiry->attempt.state == MOBILITY_ATTEMPT_ASKING)
	{
		DESTROY_IF(inquiry->local);
		DESTROY_IF(inquiry->remote);
		inquiry->local = local->clone(local);
		inquiry->remote = remote->clone(remote);
	}
	fits = mobility_inquiry_is_built(inquiry) &&
		   local->ip_equals(local, inquiry->local) &&
		   remote->ip_equals(remote, inquiry->remote);
	return mobility_attempt_answered(&inquiry->attempt, fits, mobility_now());
}

/*
 * Described in header.
 */
bool mobility_inquiry_answered(mobility_inquiry_t *inquiry, message_t *message,
							   mobility_init_answer_t answer,
							   notify_type_t error, bool *login)
{
	switch (answer)
	{
		case MOBILITY_INIT_ANSWERED:
			*login = note_answer(inquiry, message);
			inquiry->error = 0;
			return *login;
		case MOBILITY_INIT_DETOUR:
			return mobility_attempt_detour(&inquiry->attempt,
						message->get_notify(message, COOKIE), mobility_now());
		default:
			/* anybody can say so, and other paths may lead to others */
			inquiry->refused = TRUE;
			inquiry->error = error;
			return FALSE;
	}
}

/**
 * Get the error that an answer has, 0 if none.
 */
static notify_type_t find_error(message_t *message)
{
	enumerator_t *enumerator;
	payload_t *payload;
	notify_type_t type, error = 0;

	enumerator = message->create_payload_enumerator(message);
	while (!error && enumerator->enumerate(enumerator, &payload))
	{
		if (payload->get_type(payload) == PLV2_NOTIFY)
		{
			type = ((notify_payload_t*)payload)->get_notify_type(
												(notify_payload_t*)payload);
			error = type < ERRORS_END ? type : 0;
		}
	}
	enumerator->destroy(enumerator);
	return error;
}

/*
 * Described in header.
 */
void mobility_inquiry_replied(mobility_inquiry_t *inquiry, message_t *message)
{
	inquiry->replied = TRUE;
	inquiry->error = find_error(message);
}

/*
 * Described in header.
 */
mobility_attempt_action_t mobility_inquiry_tick(mobility_inquiry_t *inquiry,
										mobility_candidates_t *candidates,
										mobility_path_t **path)
{
	*path = inquiry->local ? candidates->find(candidates, inquiry->local,
											  inquiry->remote) : NULL;
	if (!*path)
	{
		mobility_attempt_lost(&inquiry->attempt);
	}
	return mobility_attempt_tick(&inquiry->attempt, mobility_now());
}

/*
 * Described in header.
 */
bool mobility_inquiry_is_built(mobility_inquiry_t *inquiry)
{
	return inquiry->local && inquiry->me &&
		   inquiry->me->ip_equals(inquiry->me, inquiry->local) &&
		   inquiry->other->ip_equals(inquiry->other, inquiry->remote);
}

/*
 * Described in header.
 */
mobility_attempt_end_t mobility_inquiry_judge_end(mobility_inquiry_t *inquiry,
												  bool established)
{
	if (established)
	{	/* stock may close it if there is no CHILD_SA */
		return MOBILITY_ATTEMPT_USELESS;
	}
	inquiry->refused = inquiry->replied &&
					   inquiry->attempt.state == MOBILITY_ATTEMPT_LOGIN;
	return inquiry->refused ? MOBILITY_ATTEMPT_REFUSED
							: MOBILITY_ATTEMPT_DROPPED;
}

/*
 * Described in header.
 */
void mobility_inquiry_end(mobility_inquiry_t *inquiry,
						  mobility_attempt_end_t end)
{
	mobility_attempt_end(&inquiry->attempt, end, inquiry->network,
						 mobility_now());
	inquiry->request->clear(inquiry->request);
	DESTROY_IF(inquiry->local);
	DESTROY_IF(inquiry->remote);
	inquiry->local = inquiry->remote = NULL;
}

/*
 * Described in header.
 */
bool mobility_inquiry_get_refusal(mobility_inquiry_t *inquiry, char *buf,
								  size_t len)
{
	bool refused = inquiry->refused;

	if (refused && inquiry->error)
	{
		snprintf(buf, len, "gateway refused a new login: %N",
				 notify_type_names, inquiry->error);
	}
	else if (refused)
	{
		snprintf(buf, len, "a new login failed");
	}
	inquiry->refused = FALSE;
	return refused;
}

/*
 * Described in header.
 */
void mobility_inquiry_init(mobility_inquiry_t *inquiry)
{
	*inquiry = (mobility_inquiry_t){
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.request = mobility_request_create(),
	};
}

/*
 * Described in header.
 */
void mobility_inquiry_cleanup(mobility_inquiry_t *inquiry)
{
	inquiry->mutex->destroy(inquiry->mutex);
	inquiry->request->destroy(inquiry->request);
	DESTROY_IF(inquiry->me);
	DESTROY_IF(inquiry->other);
	DESTROY_IF(inquiry->local);
	DESTROY_IF(inquiry->remote);
}
