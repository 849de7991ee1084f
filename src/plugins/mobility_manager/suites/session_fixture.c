/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "session_fixture.h"
#include "mobility_suite.h"

#include <stdio.h>

#include "anchor/anchor_session.h"
#include "mobile/peer_load.h"
#include "net/clock.h"

#include <processing/jobs/callback_job.h>
#include <processing/jobs/initiate_tasks_job.h>

/** Time all of it begins */
#define BEGIN 1000000

typedef struct private_session_fixture_t private_session_fixture_t;

/**
 * Private data of a session_fixture_t
 */
struct private_session_fixture_t {
	/** public part */
	session_fixture_t public;
	/** does what session/listener.h does */
	listener_t listener;
	/** the peer is the initiator */
	bool responder;
};

/**
 * The fixture, there is one at a time
 */
static private_session_fixture_t *fixture;

/** what the linker has called in place of mobility_fsm_handle() */
mobility_action_t __wrap_mobility_fsm_handle(mobility_fsm_t *fsm,
									const mobility_fsm_config_t *config,
									const mobility_fsm_event_t *event,
									uint64_t now);

/** the real one */
mobility_action_t __real_mobility_fsm_handle(mobility_fsm_t *fsm,
									const mobility_fsm_config_t *config,
									const mobility_fsm_event_t *event,
									uint64_t now);

mobility_action_t __wrap_mobility_fsm_handle(mobility_fsm_t *fsm,
									const mobility_fsm_config_t *config,
									const mobility_fsm_event_t *event,
									uint64_t now)
{
	mobility_action_t actions;
	const char *problem;

	actions = __real_mobility_fsm_handle(fsm, config, event, now);
	problem = mobility_fsm_check(fsm, config);
	ck_assert_msg(!problem, "after event %d: %s", event->type, problem);
	if (fixture)
	{
		fixture->public.fsm = fsm;
	}
	return actions;
}

/**
 * Implements mobility_context_t.arm()
 */
static void arm(mobility_context_t *context, mobility_session_t *session,
				uint64_t deadline)
{
	fixture->public.deadline = deadline;
}

/**
 * Implements mobility_context_t.give_up()
 */
static void give_up(mobility_context_t *context, mobility_session_t *session)
{
	fixture->public.failing = TRUE;
}

/**
 * Implements mobility_context_t.retire()
 */
static void retire(mobility_context_t *context, mobility_session_t *session)
{
	fixture->public.retiring = TRUE;
}

/**
 * Implements mobility_context_t.get_resume()
 */
static uint64_t get_resume(mobility_context_t *context, uint64_t *slept)
{
	*slept = fixture->public.slept;
	return fixture->public.resumed;
}

/**
 * Implements mobility_context_t.set_dormant()
 */
static void set_dormant(mobility_context_t *context, ike_sa_t *ike_sa,
						bool dormant)
{
	ck_assert(ike_sa);
	fixture->public.dormant = dormant;
}

/**
 * Implements mobility_context_t.tell()
 */
static void tell(mobility_context_t *context, enum mobility_event_kind_t kind,
				 mobility_state_t old, mobility_session_t *session)
{
	session_fixture_t *this = &fixture->public;
	mobility_status_t *status;
	mobility_path_report_t *report;
	array_t *paths;
	size_t len = strlen(this->told);

	status = session->get_status(session);
	switch (kind)
	{
		case MOBILITY_EVENT_STATE:
			this->state = status->state;
			len += snprintf(this->told + len, sizeof(this->told) - len, "%N ",
							mobility_state_names, status->state);
			break;
		case MOBILITY_EVENT_MOVE:
			len += snprintf(this->told + len, sizeof(this->told) - len,
							"move ");
			break;
		case MOBILITY_EVENT_PATH:
			/* as the manager does */
			paths = session->get_paths(session, NULL);
			while (array_remove(paths, ARRAY_TAIL, &report))
			{
				mobility_path_report_destroy(report);
			}
			array_destroy(paths);
			len += snprintf(this->told + len, sizeof(this->told) - len,
							"path ");
			break;
	}
	ck_assert(len < sizeof(this->told));
	mobility_status_destroy(status);
}

/**
 * Have the session work for an IKE_SA
 */
static void bind_session(session_fixture_t *this, ike_sa_t *ike_sa)
{
	ike_sa_id_t *id = ike_sa->get_id(ike_sa);

	DESTROY_IF(this->id);
	this->id = id->clone(id);
	this->ike_sa = ike_sa;
	this->failing = FALSE;
	this->session->bind(this->session, ike_sa);
	this->look = TRUE;
}

/**
 * The session ends
 */
static void end(session_fixture_t *this)
{
	if (!this->ended)
	{
		this->session->release(this->session);
		this->ended = TRUE;
		this->ike_sa = NULL;
	}
}

/**
 * Create a session of the end that is ours
 */
static mobility_session_t *create_session(session_fixture_t *this,
										  ike_sa_t *ike_sa)
{
	char *name = ike_sa->get_name(ike_sa);

	return fixture->responder ?
			mobility_anchor_session_create(&this->context, 1, name) :
			mobility_session_create(&this->context, 1, name,
									mobility_path_history_create());
}

METHOD(listener_t, ike_updown, bool,
	listener_t *listener, ike_sa_t *ike_sa, bool up)
{
	session_fixture_t *this = &fixture->public;

	if (up && !this->session)
	{
		this->session = create_session(this, ike_sa);
		bind_session(this, ike_sa);
	}
	else if (up && this->ended)
	{	/* it was reauthenticated */
		this->ended = FALSE;
		bind_session(this, ike_sa);
	}
	else if (!up && ike_sa == this->ike_sa)
	{
		end(this);
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	listener_t *listener, ike_sa_t *old, ike_sa_t *new)
{
	if (old == fixture->public.ike_sa)
	{
		bind_session(&fixture->public, new);
	}
	return TRUE;
}

METHOD(listener_t, ike_state_change, bool,
	listener_t *listener, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	mobility_ike_hooks_t *hooks = fixture->public.context.hooks;
	mobility_ike_handler_t *handler = hooks->get_handler(hooks, ike_sa);

	if (state == IKE_DESTROYING && ike_sa == fixture->public.ike_sa)
	{
		end(&fixture->public);
	}
	else if (state == IKE_DESTROYING && handler && handler->methods->gone)
	{	/* one that was to log in anew */
		handler->methods->gone(handler, ike_sa);
	}
	return TRUE;
}

METHOD(listener_t, message_, bool,
	listener_t *listener, ike_sa_t *ike_sa, message_t *message, bool incoming,
	bool plain)
{
	session_fixture_t *this = &fixture->public;

	if (ike_sa == this->ike_sa)
	{
		this->session->message(this->session, message, incoming, plain);
	}
	return TRUE;
}

METHOD(listener_t, ike_update, bool,
	listener_t *listener, ike_sa_t *ike_sa, host_t *local, host_t *remote)
{
	fixture->public.look |= ike_sa == fixture->public.ike_sa;
	return TRUE;
}

METHOD(listener_t, alert_, bool,
	listener_t *listener, ike_sa_t *ike_sa, alert_t alert, va_list args)
{
	session_fixture_t *this = &fixture->public;

	if (alert == ALERT_IKE_SA_EXPIRED && ike_sa == this->ike_sa)
	{
		this->session->expired(this->session);
	}
	return TRUE;
}

METHOD(mobility_own_ports_t, get_spare, uint16_t,
	mobility_own_ports_t *this)
{
	fixture->public.asked++;
	return fixture->public.spare;
}

METHOD(mobility_own_ports_t, hold, bool,
	mobility_own_ports_t *this, uint16_t port)
{
	bool found = fixture->public.spare && port >= fixture->public.spare;

	fixture->public.kept += found;
	return found;
}

METHOD(mobility_own_ports_t, release, void,
	mobility_own_ports_t *this, uint16_t port)
{
	ck_assert_uint_gt(fixture->public.kept, 0);
	fixture->public.kept--;
}

/** ports that are not opened */
static mobility_own_ports_t ports;

/**
 * A message of the peer under way
 */
typedef struct {
	/** number of the uplink it arrives over */
	int uplink;
	/** response */
	message_t *message;
} answer_t;

/**
 * Create the answer to a packet
 */
static message_t *create_answer(const mock_packet_t *packet, int uplink,
								notify_type_t notify)
{
	session_fixture_t *this = &fixture->public;
	message_t *message;
	char remote[64];

	snprintf(remote, sizeof(remote), "%H", packet->destination);
	message = mock_ike_message(packet->id, FALSE, packet->type, packet->mid,
							   this->network->uplinks[uplink].local, remote);
	message->set_destination(message, packet->source->clone(packet->source));
	if (notify)
	{
		message->add_notify(message, FALSE, notify, chunk_empty);
	}
	if (this->natd)
	{
		mock_ike_add_natd(message, this->network->uplinks[uplink].local);
	}
	return message;
}

/**
 * Destroys what did not arrive
 */
static void destroy_answer(answer_t *this)
{
	DESTROY_IF(this->message);
	free(this);
}

/**
 * Job: the answer arrives, if the uplink still works
 */
static job_requeue_t arrive(answer_t *this)
{
	if (fixture->public.answers[this->uplink] &&
		fixture->public.network->uplinks[this->uplink].up)
	{
		mock_ike_receive(this->message);
		this->message = NULL;
	}
	return JOB_REQUEUE_NONE;
}

/**
 * Get the number of the uplink a packet left over, -1 for none
 */
static int get_uplink(session_fixture_t *this, const mock_packet_t *packet)
{
	char source[64];
	int i;

	snprintf(source, sizeof(source), "%H", packet->source);
	for (i = 0; i < MOCK_UPLINKS; i++)
	{
		if (streq(this->network->uplinks[i].local, source))
		{
			return i;
		}
	}
	return -1;
}

/**
 * Have the peer answer what it has not seen yet
 */
static void answer_requests(session_fixture_t *this)
{
	const mock_packet_t *packet;
	answer_t *answer;
	int uplink;

	while (this->seen < mock_charon_count())
	{
		packet = mock_charon_get(this->seen++);
		uplink = get_uplink(this, packet);
		if (packet->request && uplink != -1 && this->answers[uplink] &&
			(!this->longest[uplink] || packet->len <= this->longest[uplink]) &&
			packet->source->get_port(packet->source) != this->stale &&
			this->network->uplinks[uplink].up &&
			mock_network_leads(this->network, uplink))
		{
			INIT(answer,
				.uplink = uplink,
				.message = create_answer(packet, uplink, this->notify),
			);
			lib->scheduler->schedule_job_ms(lib->scheduler,
				(job_t*)callback_job_create((callback_job_cb_t)arrive, answer,
								(void*)destroy_answer, NULL), this->latency);
		}
	}
}

/*
 * Described in header
 */
ike_sa_t *session_fixture_checkout(session_fixture_t *this)
{
	ike_sa_t *ike_sa;

	ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, this->id);
	ck_assert(ike_sa && ike_sa == this->ike_sa);
	return ike_sa;
}

/**
 * Check out the IKE_SA and have the session do something
 */
static void do_work(session_fixture_t *this,
					status_t (*work)(mobility_session_t*))
{
	ike_sa_t *ike_sa = session_fixture_checkout(this);

	mock_ike_checkin(ike_sa, work(this->session));
}

/**
 * Have the session given up, as the time for an outage is over
 */
static status_t give_up_now(mobility_session_t *session)
{
	return session->give_up(session, MOBILITY_ENDING_OUTAGE);
}

/**
 * Do everything that is due now
 */
static void settle(session_fixture_t *this)
{
	bool any;

	do
	{
		answer_requests(this);
		any = fake_clock_run();
		if (!this->ended && this->look)
		{
			this->look = FALSE;
			do_work(this, this->session->look);
			any = TRUE;
		}
		if (!this->ended && this->failing && !this->others)
		{
			do_work(this, give_up_now);
			any = TRUE;
		}
		if (!this->ended && this->retiring && !this->others)
		{
			this->retiring = FALSE;
			do_work(this, give_up_now);
			any = TRUE;
		}
		if (!this->ended && this->deadline &&
			this->deadline <= fake_clock_now())
		{
			this->deadline = 0;
			do_work(this, this->session->tick);
			any = TRUE;
		}
	}
	while (any);
	ck_assert_msg(this->ended || !this->fsm || this->state == this->fsm->state,
				  "told %N, but it is %N", mobility_state_names, this->state,
				  mobility_state_names, this->fsm->state);
}

/*
 * Described in header
 */
void session_fixture_run(session_fixture_t *this, uint64_t ms)
{
	uint64_t next, end = fake_clock_now() + ms;

	while (TRUE)
	{
		settle(this);
		next = fake_clock_next();
		if (!this->ended && this->deadline)
		{
			next = min(next, this->deadline);
		}
		if (next > end)
		{
			fake_clock_set(end);
			return;
		}
		fake_clock_set(next);
	}
}

/*
 * Described in header
 */
void session_fixture_changed(session_fixture_t *this)
{
	this->look = TRUE;
	session_fixture_run(this, 0);
}

/*
 * Described in header
 */
void session_fixture_task(session_fixture_t *this, task_type_t type,
						  mock_task_cb_t cb)
{
	ike_sa_t *ike_sa = session_fixture_checkout(this);

	ike_sa->queue_task(ike_sa, mock_task_create(ike_sa, type, cb, this));
	mock_ike_checkin(ike_sa, ike_sa->initiate(ike_sa, NULL, NULL));
}

/*
 * Described in header
 */
status_t session_fixture_answer(session_fixture_t *this, int uplink,
								notify_type_t notify)
{
	status_t status;

	status = mock_ike_receive(create_answer(mock_charon_get(-1), uplink,
											notify));
	session_fixture_run(this, 0);
	return status;
}

/*
 * Described in header
 */
status_t session_fixture_rekeyed(void *this, ike_sa_t *ike_sa,
								 message_t *message)
{
	ike_sa_t *new;

	new = mock_ike_create_successor(ike_sa);
	charon->bus->ike_rekey(charon->bus, ike_sa, new);
	/* as stock does, if there are tasks */
	lib->processor->queue_job(lib->processor,
					(job_t*)initiate_tasks_job_create(new->get_id(new)));
	charon->ike_sa_manager->checkin(charon->ike_sa_manager, new);
	charon->bus->set_sa(charon->bus, ike_sa);
	ike_sa->set_state(ike_sa, IKE_REKEYED);
	return SUCCESS;
}

/*
 * Described in header
 */
void session_fixture_forget(session_fixture_t *this)
{
	this->told[0] = '\0';
	answer_requests(this);
	this->seen = 0;
	mock_charon_forget();
}

/*
 * Described in header
 */
const char *session_fixture_uplink(session_fixture_t *this)
{
	static char uplink[IFNAMSIZ];
	mobility_status_t *status;

	status = this->session->get_status(this->session);
	memcpy(uplink, status->uplink, sizeof(uplink));
	mobility_status_destroy(status);
	return uplink;
}

/*
 * Described in header
 */
session_fixture_t *session_fixture_create(const char *settings,
										  const mock_ike_conf_t *conf)
{
	session_fixture_t *this;
	ike_sa_id_t *id;
	char *text;

	INIT(fixture,
		.public = {
			.context = {
				.ports = &ports,
				.arm = arm,
				.give_up = give_up,
				.retire = retire,
				.get_resume = get_resume,
				.wake = (void*)nop,
				.expect = (void*)nop,
				.logged_in = (void*)nop,
				.set_dormant = set_dormant,
				.tell = tell,
			},
			.answers = { TRUE, TRUE, TRUE },
			.latency = 10,
		},
		.responder = conf && conf->responder,
		.listener = {
			.alert = _alert_,
			.ike_state_change = _ike_state_change,
			.message = _message_,
			.ike_updown = _ike_updown,
			.ike_rekey = _ike_rekey,
			.ike_update = _ike_update,
		},
	);
	this = &fixture->public;
	ports.get_spare = _get_spare;
	ports.hold = _hold;
	ports.release = _release;
	ck_assert(asprintf(&text, "charon { plugins { mobility-manager {\n%s\n"
					   "} } }", settings ?: "") > 0);
	mock_charon_setup(text);
	free(text);
	fake_clock_start(BEGIN);
	this->network = mock_network_create(&this->context);
	this->context.settings = mobility_settings_create();
	this->context.backlog = mobility_peer_load_create();
	this->context.hooks = mobility_ike_hooks_create();
	charon->bus->add_listener(charon->bus, &fixture->listener);
	id = mock_ike_create(conf);
	id->destroy(id);
	session_fixture_run(this, 0);
	return this;
}

/*
 * Described in header
 */
void session_fixture_destroy(session_fixture_t *this)
{
	charon->ike_sa_manager->flush(charon->ike_sa_manager);
	ck_assert(this->ended);
	this->session->destroy(this->session);
	ck_assert_uint_eq(this->kept, 0);
	charon->bus->remove_listener(charon->bus, &fixture->listener);
	this->context.hooks->destroy(this->context.hooks);
	this->context.backlog->destroy(this->context.backlog);
	this->context.settings->destroy(this->context.settings);
	mock_network_destroy(this->network);
	this->id->destroy(this->id);
	fake_clock_stop();
	mock_charon_teardown();
	free(fixture);
	fixture = NULL;
}
