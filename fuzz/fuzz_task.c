/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * What a peer may send: answers with any notifies, over any path, to requests of
 * real tasks of a real mover in a real charon, and requests of its own. In between
 * the mover does what a session has it do. Nothing crashes, and:
 *
 *  - every update and every test has a COOKIE2 that no other one had;
 *  - a path is confirmed only by the answer to an update that echoes it, and
 *    refuses nothing;
 *  - a NAT that is made up is there for charon as well;
 *  - the IKE_SA ends only if another one comes back, or if stock ends it: with
 *    an INVALID_SYNTAX, or an answer that is early.
 */

#include "fuzz.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>

#include "net/clock.h"
#include "mobile/mover.h"
#include "suites/mobility_suite.h"
#include "suites/mock_charon.h"
#include "suites/mock_ike.h"
#include "suites/mock_network.h"

/** notifies of a message that charon understands */
#define MAX_NOTIFIES 20

/**
 * What is left of the input
 */
static chunk_t input;

/**
 * Time, so that it is the same in each run
 */
static uint64_t now;

/**
 * Everything about one input
 */
static struct {
	mobility_context_t context;
	mock_network_t *network;
	mobility_mover_t *mover;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;
	/** the last request: its message ID, COOKIE2, and if it is an update */
	uint32_t mid;
	chunk_t cookie2;
	bool update;
	/** its answer is processed: it echoes COOKIE2, and refuses */
	bool echoed, refused;
	/** a path was confirmed */
	bool confirmed;
} run;

/*
 * Described in net/clock.h
 */
uint64_t mobility_now()
{
	return now;
}

/*
 * Described in mobility_suite.h, for the mocks
 */
void mobility_suite_setup_conf(const char *conf)
{
	check(library_init(NULL, "charon"));
}

/*
 * Described in mobility_suite.h
 */
void mobility_suite_teardown(void)
{
}

/**
 * Implements mobility_course_listener_t.confirmed()
 */
static void confirmed(void *data, bool moved)
{
	check(run.update && run.echoed && !run.refused);
	check(!run.mover->course.forced ||
		  run.ike_sa->has_condition(run.ike_sa, COND_NAT_HERE));
	run.confirmed = TRUE;
}

/**
 * Implements mobility_course_listener_t.tested()
 */
static void tested(void *data, const mobility_path_t *path, bool answered)
{
	check(path);
}

static const mobility_course_listener_t mover_listener = {
	.confirmed = confirmed,
	.probed = (void*)nop,
	.tested = tested,
};

/**
 * Count the notifies of a message
 */
static u_int count_notifies(message_t *message)
{
	enumerator_t *enumerator;
	payload_t *payload;
	u_int count = 0;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		count += payload->get_type(payload) == PLV2_NOTIFY;
	}
	enumerator->destroy(enumerator);
	return count;
}

/**
 * Look at a request before it is encrypted
 */
static void inspect(message_t *message)
{
	notify_payload_t *notify;
	chunk_t cookie2 = chunk_empty;

	run.mid = message->get_message_id(message);
	run.update = message->get_notify(message, UPDATE_SA_ADDRESSES) != NULL;
	check(count_notifies(message) <= MAX_NOTIFIES);
	notify = message->get_notify(message, COOKIE2);
	if (notify)
	{
		cookie2 = notify->get_notification_data(notify);
		check(!chunk_equals(cookie2, run.cookie2));
	}
	check(!run.update || cookie2.len);
	chunk_free(&run.cookie2);
	run.cookie2 = chunk_clone(cookie2);
}

METHOD(listener_t, message_, bool,
	listener_t *this, ike_sa_t *ike_sa, message_t *message, bool incoming,
	bool plain)
{
	mobility_request_t *sent;

	if (!run.mover || ike_sa != run.ike_sa)
	{
		return TRUE;
	}
	/* as a session does */
	sent = run.mover->retransmission->request;
	if (!incoming && plain && message->get_request(message))
	{
		inspect(message);
	}
	else if (!incoming && message->get_request(message))
	{
		run.mover->retransmission->sent(run.mover->retransmission, message);
	}
	else if (incoming && plain && !message->get_request(message) &&
			 sent->matches(sent, message->get_message_id(message)))
	{
		run.mover->answered(run.mover, message);
	}
	return TRUE;
}

/**
 * Have somebody send a message, over a path
 */
static message_t *create_message(bool request, uint32_t mid, uint8_t path)
{
	char *locals[] = { "10.0.0.2", "10.1.0.2", "10.2.0.2", "203.0.113.5" };
	char *remotes[] = { "192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.1" };

	return mock_ike_message(run.id, request, INFORMATIONAL, mid,
							locals[path % countof(locals)],
							remotes[path / countof(locals) % countof(remotes)]);
}

/**
 * Add a notify to a message, unless charon drops such a message
 */
static void add_notify(message_t *message, notify_type_t type, chunk_t data)
{
	notify_payload_t *notify;

	notify = notify_payload_create(PLV2_NOTIFY);
	notify->set_notify_type(notify, type);
	notify->set_notification_data(notify, data);
	if (notify->payload_interface.verify(&notify->payload_interface) == SUCCESS)
	{
		message->add_payload(message, &notify->payload_interface);
	}
	else
	{
		notify->destroy(notify);
	}
}

/**
 * Add notifies to a message, as the input has them
 */
static void add_notifies(message_t *message, uint8_t count)
{
	notify_type_t type, types[] = {
		UNACCEPTABLE_ADDRESSES, UNEXPECTED_NAT_DETECTED, COOKIE2,
		NAT_DETECTION_SOURCE_IP, NAT_DETECTION_DESTINATION_IP,
		UPDATE_SA_ADDRESSES, ADDITIONAL_IP4_ADDRESS, ADDITIONAL_IP6_ADDRESS,
		NO_ADDITIONAL_ADDRESSES, NO_NATS_ALLOWED, INVALID_SYNTAX,
		TEMPORARY_FAILURE, NO_ADDITIONAL_SAS,
	};

	while (count--)
	{
		type = fuzz_byte(&input);
		type = type < countof(types) ? types[type] : type << 8 | fuzz_byte(&input);
		add_notify(message, type, fuzz_bytes(&input, fuzz_byte(&input)));
	}
}

/**
 * Have the peer answer the request in flight, or seem to answer another one.
 * Returns FALSE if the IKE_SA is gone.
 */
static bool answer()
{
	uint8_t path = fuzz_byte(&input), kind = fuzz_byte(&input);
	mobility_request_t *sent;
	notify_payload_t *notify;
	message_t *message;
	chunk_t cookie2;
	status_t status;
	bool expected, in_flight, ends;

	message = create_message(FALSE, run.mid + (kind & 3 ? 0 : kind >> 2 & 1) -
							 (kind & 3 ? 0 : kind >> 3 & 1), path);
	expected = message->get_message_id(message) ==
			   run.ike_sa->get_message_id(run.ike_sa, TRUE);
	sent = run.mover->retransmission->request;
	in_flight = sent->in_flight(sent);
	if (kind & 0x30)
	{
		cookie2 = chunk_clone(run.cookie2);
		if ((kind & 0x30) == 0x30 && cookie2.len)
		{
			cookie2.ptr[kind % cookie2.len] ^= 1;
		}
		add_notify(message, COOKIE2, cookie2);
		chunk_free(&cookie2);
	}
	add_notifies(message, kind >> 6 == 3 ? fuzz_byte(&input) & 0x1f : kind >> 6);

	notify = message->get_notify(message, COOKIE2);
	run.echoed = notify && chunk_equals(notify->get_notification_data(notify),
										run.cookie2);
	run.refused = message->get_notify(message, UNACCEPTABLE_ADDRESSES) ||
				  message->get_notify(message, UNEXPECTED_NAT_DETECTED);
	ends = expected && (!in_flight ||
						(run.cookie2.len && notify && !run.echoed) ||
						message->get_notify(message, INVALID_SYNTAX));
	run.confirmed = FALSE;
	status = run.ike_sa->process_message(run.ike_sa, message);
	check((status == DESTROY_ME) == ends);
	check(!run.confirmed || (expected && in_flight));
	check(!mobility_heading_check(&run.mover->course.heading));
	message->destroy(message);
	return status != DESTROY_ME;
}

/**
 * Have the peer send a request of its own
 */
static bool request()
{
	message_t *message;
	status_t status;

	message = create_message(TRUE, run.ike_sa->get_message_id(run.ike_sa, FALSE),
							 fuzz_byte(&input));
	add_notifies(message, fuzz_byte(&input) & 0x0f);
	run.confirmed = FALSE;
	status = run.ike_sa->process_message(run.ike_sa, message);
	message->destroy(message);
	check(!run.confirmed);
	return status != DESTROY_ME;
}

/**
 * Test a path
 */
static status_t test(uint8_t byte)
{
	mobility_candidates_t *candidates = run.mover->course.candidates;
	enumerator_t *enumerator;
	mobility_candidate_t *candidate = NULL;
	mobility_path_t *path;
	status_t status = SUCCESS;
	int i = byte & 7;

	if (!run.mover->is_idle(run.mover))
	{
		return SUCCESS;
	}
	enumerator = candidates->create_enumerator(candidates, now);
	while (i-- >= 0 && enumerator->enumerate(enumerator, &candidate));
	enumerator->destroy(enumerator);
	if (candidate)
	{
		path = mobility_path_clone(candidate->path);
		status = run.mover->test(run.mover, path, byte & 8 ? "test" : NULL);
		mobility_path_destroy(path);
	}
	return status;
}

/**
 * Force UDP encapsulation.
 */
static status_t force()
{
	mobility_course_t *course = &run.mover->course;
	mobility_path_history_t *records = course->candidates->records;

	if (!course->heading.path)
	{
		return SUCCESS;
	}
	records->encapsulate(records, course->heading.path, TRUE);
	return run.mover->renew(run.mover, "forced");
}

/**
 * Have a session decide something.  Returns FALSE if the IKE_SA is gone.
 */
static bool decide(uint8_t what)
{
	uint8_t byte = fuzz_byte(&input);
	mobility_mover_t *mover = run.mover;
	mobility_course_t *course = &mover->course;
	status_t status = SUCCESS;

	switch (what)
	{
		case 0:
			run.network->uplinks[byte % MOCK_UPLINKS].up = byte & 0x80;
			mobility_course_look(course);
			break;
		case 1:
			mobility_progress_begin(&course->progress, "test",
									course->heading.path, now);
			status = mover->move(mover);
			break;
		case 2:
			status = mover->probe(mover, byte & 1);
			break;
		case 3:
			now += byte * 100;
			mover->tick(mover);
			break;
		case 4:
			status = test(byte);
			break;
		case 5:
			status = mover->settle(mover, byte & 1);
			break;
		case 6:
			if (mover->is_idle(mover))
			{
				status = byte & 4 ? force() :
						 byte & 1 ? mover->send_dpd(mover) :
						 byte & 2 ? mover->measure(mover) :
									mover->announce(mover);
			}
			break;
		default:
			mobility_course_look(course);
			mover->retransmission->again(mover->retransmission,
										 course->heading.path);
			break;
	}
	check(status != DESTROY_ME);
	check(!mobility_heading_check(&course->heading));
	return TRUE;
}

/**
 * Set up what is there for each input
 */
static void begin()
{
	char *others[] = { "192.0.2.2", "192.0.2.3" };
	int i;

	now = 1000000;
	run.context = (mobility_context_t){
		.settings = mobility_settings_create(),
		.backlog = mobility_peer_load_create(),
	};
	run.network = mock_network_create(&run.context);
	run.network->uplinks[2].up = TRUE;
	run.mover = mobility_mover_create(
					mobility_candidates_create("home", run.context.settings,
											   run.context.monitor,
											   run.context.pins,
											mobility_path_history_create()),
					run.context.monitor, run.context.rtnl,
					run.context.relocator, run.context.backlog, "home",
					&mover_listener, NULL);
	run.id = mock_ike_create(NULL);
	run.ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager,
												  run.id);
	for (i = 0; i < countof(others); i++)
	{
		run.ike_sa->add_peer_address(run.ike_sa,
									 host_create_from_string(others[i], 0));
	}
	run.mover->bind(run.mover, run.ike_sa);
	mobility_course_look(&run.mover->course);
}

/**
 * Clean up
 */
static void end()
{
	mobility_mover_t *mover = run.mover;

	mover->bind(mover, NULL);
	run.mover = NULL;
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
												run.ike_sa);
	mover->destroy(mover);
	mock_network_destroy(run.network);
	run.context.backlog->destroy(run.context.backlog);
	run.context.settings->destroy(run.context.settings);
	run.id->destroy(run.id);
	chunk_free(&run.cookie2);
	mock_charon_forget();
	lib->scheduler->flush(lib->scheduler);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static listener_t listener;

	listener.message = _message_;
	mock_charon_setup("");
	charon->bus->log = (void*)nop;
	charon->bus->add_listener(charon->bus, &listener);
	lib->crypto->add_rng(lib->crypto, RNG_STRONG, "mock",
						 mock_charon_create_rng);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t what;
	bool alive = TRUE;

	input = chunk_create((u_char*)data, len);
	begin();
	while (alive && input.len)
	{
		what = fuzz_byte(&input) & 0x0f;
		alive = what < 8 ? decide(what) : what < 14 ? answer() : request();
	}
	end();
	return 0;
}
