/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/login.h"
#include "mobile/login_paths.h"
#include "net/clock.h"

#include <sa/task_manager.h>

typedef struct private_mobility_login_t private_mobility_login_t;

/**
 * Private data of a mobility_login_t object.
 */
struct private_mobility_login_t {

	/**
	 * Public interface.
	 */
	mobility_login_t public;

	/**
	 * Gets the calls of the hooked IKE_SA.
	 */
	mobility_ike_handler_t handler;

	/**
	 * Hooks.
	 */
	mobility_ike_hooks_t *hooks;

	/**
	 * Who waits for logins.
	 */
	mobility_callers_t *callers;

	/**
	 * Course of the session, has the IKE_SA, NULL if there is none.
	 */
	mobility_course_t *course;

	/**
	 * Sends requests.
	 */
	mobility_retransmission_t *retransmission;

	/**
	 * Why the session still is connecting.
	 */
	mobility_standing_t *standing;

	/**
	 * Which paths are tried.
	 */
	mobility_login_paths_t paths;

	/**
	 * How often stock has sent the request in flight again.
	 */
	u_int repeated;

	/**
	 * Our address that the request in flight was built for, NULL if there was
	 * none yet.
	 */
	host_t *me;
};

/** Addresses that no host has (RFC 5737, 3849): the kernel sends nothing from
 * there. */
#define NOWHERE_4 "192.0.2.254"
#define NOWHERE_6 "2001:db8::1"

/** Say why the session still is connecting. */
#define explain(this, ...) \
	mobility_standing_explain((this)->standing, __VA_ARGS__)

/**
 * Get the login from the handler of its IKE_SA.
 */
static inline private_mobility_login_t *login_of(
											mobility_ike_handler_t *handler)
{
	return (private_mobility_login_t*)((char*)handler -
							offsetof(private_mobility_login_t, handler));
}

/**
 * Find the candidate with an id.
 */
static mobility_path_t *find_path(private_mobility_login_t *this,
								  const mobility_path_id_t *id)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_path_t *path = NULL;
	mobility_candidate_t *candidate;
	mobility_path_id_t current;
	enumerator_t *enumerator;

	enumerator = candidates->create_enumerator(candidates, mobility_now());
	while (!path && enumerator->enumerate(enumerator, &candidate))
	{
		current = mobility_path_get_id(candidate->path);
		path = mobility_path_id_equals(&current, id) ? candidate->path : NULL;
	}
	enumerator->destroy(enumerator);
	return path;
}

/**
 * Check if a path may be used: the connection may have addresses of its own, and
 * a gateway that has redirected us is not where we are to log in.
 */
static bool may_use(ike_sa_t *ike_sa, const mobility_path_t *path)
{
	ike_cfg_t *ike_cfg = ike_sa->get_ike_cfg(ike_sa);
	host_t *other = ike_sa->get_other_host(ike_sa);

	return ike_cfg->match_me(ike_cfg, path->local) &&
		   (!ike_sa->get_redirected_from(ike_sa) ||
			other->ip_equals(other, path->remote));
}

/**
 * Collect the paths there are.
 */
static void collect(private_mobility_login_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_remotes_t *remotes = candidates->remotes;
	mobility_login_try_t tries[MOBILITY_LOGIN_TRIES] = {};
	ike_sa_t *ike_sa = this->course->ike_sa;
	mobility_candidate_t *candidate;
	enumerator_t *enumerator;
	uint64_t now = mobility_now();
	u_int count = 0;
	bool improved;

	/* so that it is no news */
	remotes->found(remotes, ike_sa->get_other_host(ike_sa), now);
	candidates->collect(candidates, ike_sa, NULL, now, &improved);
	enumerator = candidates->create_enumerator(candidates, now);
	while (count < MOBILITY_LOGIN_TRIES &&
		   enumerator->enumerate(enumerator, &candidate))
	{
		if (may_use(ike_sa, candidate->path))
		{
			tries[count].id = mobility_path_get_id(candidate->path);
			tries[count++].last_resort = candidate->preference ==
														MOBILITY_LAST_RESORT;
		}
	}
	enumerator->destroy(enumerator);
	mobility_login_paths_set(&this->paths, tries, count);
	if (!count)
	{
		explain(this, "no uplink to %H", ike_sa->get_other_host(ike_sa));
	}
}

/**
 * Send the request over a path as well.
 */
static void ask(private_mobility_login_t *this, const mobility_path_t *path)
{
	DBG1(DBG_IKE, "mobility: %s: no answer yet, trying %s as well",
		 this->course->name, path->ifname);
	explain(this, "no answer yet, trying %s as well", path->ifname);
	this->retransmission->again(this->retransmission, path);
}

/**
 * Another path has answered, and the one that the request was built for did not:
 * put that aside, as if it had failed a test.
 */
static void put_aside(private_mobility_login_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_path_history_t *records = candidates->records;
	ike_sa_t *ike_sa = this->course->ike_sa;
	mobility_path_t *path;

	path = candidates->find(candidates, this->me,
							ike_sa->get_other_host(ike_sa));
	if (path)
	{
		records->failed(records, path, this->course->penalty, mobility_now());
	}
}

/**
 * Build the request anew, for another path.
 */
static status_t begin_anew(private_mobility_login_t *this,
						   const mobility_path_t *path)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_request_t *request = this->retransmission->request;
	ike_sa_t *ike_sa = this->course->ike_sa;
	host_t *me = ike_sa->get_my_host(ike_sa);
	host_t *other = ike_sa->get_other_host(ike_sa);

	DBG1(DBG_IKE, "mobility: %s: logging in over %s", this->course->name,
		 path->ifname);
	explain(this, "trying %s", path->ifname);
	candidates->pin(candidates, path);
	request->clear(request);
	ike_sa->set_my_host(ike_sa, mobility_request_host(path->local, me));
	ike_sa->set_other_host(ike_sa, mobility_request_host(path->remote, other));
	return mobility_request_begin_anew(ike_sa);
}

/**
 * Do what is due.
 */
static status_t act(private_mobility_login_t *this)
{
	mobility_path_id_t id;
	mobility_path_t *path;

	while (TRUE)
	{
		switch (mobility_login_paths_next(&this->paths, mobility_now(), &id))
		{
			case MOBILITY_LOGIN_ASK:
				path = find_path(this, &id);
				if (path)
				{
					ask(this, path);
				}
				break;
			case MOBILITY_LOGIN_WON:
				put_aside(this);
				/* fall-through */
			case MOBILITY_LOGIN_ANEW:
				path = find_path(this, &id);
				return path ? begin_anew(this, path) : SUCCESS;
			case MOBILITY_LOGIN_WAIT:
				return SUCCESS;
		}
	}
}

METHOD(mobility_login_t, look, status_t,
	private_mobility_login_t *this)
{
	collect(this);
	return act(this);
}

/**
 * Check if there are uplinks to the peer that are not to be used.
 */
static bool is_forbidden(private_mobility_login_t *this)
{
	mobility_monitor_t *monitor = this->course->monitor;
	ike_sa_t *ike_sa = this->course->ike_sa;
	array_t *paths = array_create(0, 0);
	bool any;

	monitor->get_paths(monitor, ike_sa->get_other_host(ike_sa), NULL, NULL,
					   paths);
	any = array_count(paths);
	mobility_paths_destroy(paths);
	return any;
}

METHOD(mobility_login_t, choose, host_t*,
	private_mobility_login_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	ike_sa_t *ike_sa = this->course->ike_sa;
	host_t *other = ike_sa->get_other_host(ike_sa);
	mobility_path_t *path;

	collect(this);
	path = this->paths.count ? find_path(this, &this->paths.tries[0].id) : NULL;
	if (!path)
	{
		return is_forbidden(this) ? host_create_from_string(
					other->get_family(other) == AF_INET ? NOWHERE_4 : NOWHERE_6,
					0) : NULL;
	}
	explain(this, "trying %s", path->ifname);
	candidates->pin(candidates, path);
	return path->local->clone(path->local);
}

METHOD(mobility_login_t, get_deadline, uint64_t,
	private_mobility_login_t *this)
{
	return mobility_login_paths_deadline(&this->paths, mobility_now());
}

METHOD(mobility_login_t, is_asking, bool,
	private_mobility_login_t *this)
{
	return this->paths.in_flight;
}

/**
 * Get the name of the uplink over which a message came.
 */
static const char *get_uplink(private_mobility_login_t *this,
							  message_t *message)
{
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_path_t *path;

	path = candidates->find(candidates, message->get_destination(message),
							message->get_source(message));
	return path ? path->ifname : "path";
}

/**
 * The request was answered, by whomever: have stock process it or ignore it.  What
 * follows is left to a job: while this one is processed charon takes the answer to
 * another request for it sent again, and drops it.
 */
static void answered(private_mobility_login_t *this, message_t *message)
{
	mobility_retransmission_t *retransmission = this->retransmission;
	ike_sa_t *ike_sa = this->course->ike_sa;
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);
	ike_sa_id_t *other = message->get_ike_sa_id(message);
	mobility_init_answer_t answer;
	notify_type_t error;

	answer = mobility_init_answer(message, ike_sa->get_ike_cfg(ike_sa), &error);
	if (answer == MOBILITY_INIT_ERROR)
	{
		DBG1(DBG_IKE, "mobility: %s: refused over %s: %N", this->course->name,
			 get_uplink(this, message), notify_type_names, error);
		explain(this, "%s: %N", get_uplink(this, message), notify_type_names,
				error);
	}
	if (mobility_login_paths_answered(&this->paths,
									  message->get_destination(message),
									  message->get_source(message), answer,
									  mobility_now()))
	{
		id->set_responder_spi(id, other->get_responder_spi(other));
		retransmission->answered(retransmission,
								 message->get_destination(message),
								 message->get_source(message));
	}
	else
	{	/* charon has taken over where it arrived */
		ike_sa->set_my_host(ike_sa, this->me->clone(this->me));
		message->set_exchange_type(message, EXCHANGE_TYPE_UNDEFINED);
	}
}

/**
 * What follows IKE_SA_INIT does not leave from the same port as that.  If it is not
 * answered what a NAT knows of that other one may not be true anymore: send it from
 * another one as well.
 */
static void try_other_port(private_mobility_login_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	ike_sa_t *ike_sa = this->course->ike_sa;
	mobility_path_t *path;

	if (ike_sa->has_condition(ike_sa, COND_NAT_HERE))
	{
		path = candidates->find(candidates, ike_sa->get_my_host(ike_sa),
								ike_sa->get_other_host(ike_sa));
		mobility_local_port_try(&this->course->local_port);
		this->retransmission->again(this->retransmission, path);
	}
}

/**
 * What follows IKE_SA_INIT goes on over the path that was answered: keep what is
 * in flight there for when that was lost and is back.
 */
static void authenticate(private_mobility_login_t *this, message_t *message,
						 bool incoming)
{
	mobility_request_t *request = this->retransmission->request;

	if (!incoming)
	{
		this->retransmission->sent(this->retransmission, message);
		this->repeated = 0;
	}
	else if (request->matches(request, message->get_message_id(message)))
	{
		request->clear(request);
		mobility_local_port_log_in(&this->course->local_port,
								   this->course->ike_sa, message);
	}
}

METHOD(mobility_login_t, message_, void,
	private_mobility_login_t *this, message_t *message, bool incoming,
	bool plain)
{
	mobility_request_t *request = this->retransmission->request;
	ike_sa_t *ike_sa = this->course->ike_sa;
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	if (message->get_request(message) == incoming || (plain && !incoming))
	{
		return;
	}
	if (message->get_exchange_type(message) != IKE_SA_INIT)
	{
		if (plain == incoming)
		{
			authenticate(this, message, incoming);
		}
		return;
	}
	if (incoming && plain)
	{
		answered(this, message);
		return;
	}
	if (incoming)
	{	/* charon has taken over its SPI already, answers of others would not
		 * get here anymore; but one that was used has it to stay */
		if (request->in_flight(request))
		{
			id->set_responder_spi(id, 0);
		}
		return;
	}
	this->retransmission->sent(this->retransmission, message);
	this->repeated = 0;
	DESTROY_IF(this->me);
	this->me = ike_sa->get_my_host(ike_sa);
	this->me = this->me->clone(this->me);
	mobility_login_paths_sent(&this->paths, this->me,
							  ike_sa->get_other_host(ike_sa), mobility_now());
}

/**
 * Check if there is nothing that could have answered, and nobody who wants to
 * know that, when stock is about to give up.
 */
static bool has_to_wait(private_mobility_login_t *this, uint32_t mid)
{
	mobility_request_t *request = this->retransmission->request;
	u_int tries;

	tries = lib->settings->get_int(lib->settings, "%s.retransmit_tries",
								   RETRANSMIT_TRIES, lib->ns);
	return request->matches(request, mid) && ++this->repeated > tries &&
		   !this->paths.count &&
		   !this->callers->wait(this->callers, this->course->ike_sa);
}

/**
 * Implements mobility_ike_methods_t.retransmit()
 */
static status_t retransmit(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
						   const mobility_ike_stock_t *stock, uint32_t mid)
{
	private_mobility_login_t *this = login_of(handler);
	mobility_candidates_t *candidates = this->course->candidates;
	mobility_request_t *request = this->retransmission->request;
	mobility_login_paths_t *paths = &this->paths;
	mobility_path_t *path;
	status_t status;
	u_int i;

	if (has_to_wait(this, mid))
	{	/* as often as it takes, whatever keyingtries says */
		return mobility_request_begin_anew(ike_sa);
	}
	for (i = 0; paths->in_flight && i < paths->count; i++)
	{	/* neither router nor peer has answered */
		path = paths->tries[i].asked ? find_path(this, &paths->tries[i].id)
									 : NULL;
		candidates->turn(candidates, path);
	}
	status = stock->retransmit(ike_sa, mid);
	for (i = 0; status == SUCCESS && paths->in_flight && i < paths->count; i++)
	{	/* stock has sent it over the path it was built for */
		path = paths->tries[i].asked ? find_path(this, &paths->tries[i].id)
									 : NULL;
		if (path && !mobility_path_has(path, ike_sa->get_my_host(ike_sa),
									   ike_sa->get_other_host(ike_sa)))
		{
			this->retransmission->again(this->retransmission, path);
		}
	}
	if (status == SUCCESS && !paths->in_flight &&
		request->matches(request, mid))
	{
		try_other_port(this);
	}
	return status;
}

METHOD(mobility_login_t, begin, void,
	private_mobility_login_t *this, ike_sa_t *ike_sa)
{
	this->course->ike_sa = ike_sa;
	this->hooks->hook(this->hooks, ike_sa, &this->handler);
}

METHOD(mobility_login_t, end, void,
	private_mobility_login_t *this)
{
	mobility_request_t *request = this->retransmission->request;

	this->hooks->unhook(this->hooks, this->course->ike_sa);
	this->course->ike_sa = NULL;
	request->clear(request);
}

METHOD(mobility_login_t, destroy, void,
	private_mobility_login_t *this)
{
	DESTROY_IF(this->me);
	free(this);
}

/*
 * Described in header.
 */
mobility_login_t *mobility_login_create(mobility_ike_hooks_t *hooks,
										mobility_callers_t *callers,
										mobility_course_t *course,
								mobility_retransmission_t *retransmission,
										mobility_standing_t *standing,
										void *session)
{
	static const mobility_ike_methods_t methods = {
		.retransmit = retransmit,
	};
	private_mobility_login_t *this;

	INIT(this,
		.public = {
			.begin = _begin,
			.choose = _choose,
			.message = _message_,
			.look = _look,
			.get_deadline = _get_deadline,
			.is_asking = _is_asking,
			.end = _end,
			.destroy = _destroy,
		},
		.handler = {
			.session = session,
			.methods = &methods,
		},
		.hooks = hooks,
		.callers = callers,
		.course = course,
		.retransmission = retransmission,
		.standing = standing,
	);
	return &this->public;
}
