/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_netns.h"
#include "fake_clock.h"
#include "mock_charon.h"
#include "mock_ike.h"
#include "mock_network.h"

#include "mobile/mover.h"

#include <encoding/payloads/notify_payload.h>

/** address of the peer, and where it sees us behind a NAT */
#define REMOTE "192.0.2.1"
#define MAPPED "198.51.100.7"

/** ports of our own begin there */
#define SPARE 50000

/** addresses of the uplinks */
static char *locals[] = { "10.0.0.2", "10.1.0.2", "10.2.0.2" };

/**
 * A mover, and what it lives in
 */
static struct {
	mobility_context_t context;
	mock_network_t *network;
	mobility_mover_t *mover;
	ike_sa_id_t *id;
	ike_sa_t *ike_sa;
	listener_t listener;
	/** last request: its message ID, COOKIE2, and notifies, a word for each */
	uint32_t mid;
	chunk_t cookie2;
	char notifies[256];
	/** what came out, a word for each */
	char told[256];
	/** length of what was sent in parts */
	size_t len;
	/** ports of our own: the one to try, and how often others are used */
	mobility_own_ports_t ports;
	uint16_t spare;
	int held;
	/** number of packets that were sent with a mark */
	u_int marked;
} m;

/**
 * Note the notifies of a request
 */
static void note_request(message_t *message)
{
	enumerator_t *enumerator;
	notify_payload_t *notify;
	payload_t *payload;
	int len = 0;

	m.mid = message->get_message_id(message);
	m.notifies[0] = '\0';
	chunk_free(&m.cookie2);
	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		notify = (notify_payload_t*)payload;
		len += snprintf(m.notifies + len, sizeof(m.notifies) - len, "%N ",
						notify_type_short_names,
						notify->get_notify_type(notify));
		if (notify->get_notify_type(notify) == COOKIE2)
		{
			m.cookie2 = chunk_clone(notify->get_notification_data(notify));
		}
	}
	enumerator->destroy(enumerator);
}

METHOD(listener_t, message_, bool,
	listener_t *this, ike_sa_t *ike_sa, message_t *message, bool incoming,
	bool plain)
{
	/* as a session does */
	if (!incoming && plain && message->get_request(message))
	{
		note_request(message);
	}
	else if (!incoming && message->get_request(message))
	{
		m.mover->retransmission->sent(m.mover->retransmission, message);
	}
	else if (incoming && plain && !message->get_request(message))
	{
		m.mover->answered(m.mover, message);
	}
	return TRUE;
}

/**
 * Implements mobility_course_listener_t.confirmed()
 */
static void confirmed(void *data, bool moved)
{
	strcat(m.told, moved ? "moved" : "confirmed");
	strcat(m.told, m.ike_sa->has_condition(m.ike_sa, COND_NAT_HERE) ? "-nat "
																	 : " ");
}

/**
 * Implements mobility_course_listener_t.tested()
 */
static void tested(void *data, const mobility_path_t *path, bool answered)
{
	strcat(m.told, answered ? "works " : "fails ");
}

static const mobility_course_listener_t listener = {
	.confirmed = confirmed,
	.probed = (void*)nop,
	.tested = tested,
};

METHOD(mobility_own_ports_t, get_spare, uint16_t,
	mobility_own_ports_t *this)
{
	return m.spare;
}

METHOD(mobility_own_ports_t, hold, bool,
	mobility_own_ports_t *this, uint16_t port)
{
	m.held += port >= SPARE;
	return port >= SPARE;
}

METHOD(mobility_own_ports_t, release, void,
	mobility_own_ports_t *this, uint16_t port)
{
	ck_assert_uint_ge(port, SPARE);
	m.held--;
}

METHOD(socket_manager_t, get_port, uint16_t,
	socket_manager_t *this, bool nat_t)
{
	return nat_t ? IKEV2_NATT_PORT : IKEV2_UDP_PORT;
}

static void setup(void)
{
	mock_charon_setup("");
	lib->crypto->add_rng(lib->crypto, RNG_STRONG, "mock",
						 mock_charon_create_rng);
	fake_clock_start(1000000);
	memset(&m, 0, sizeof(m));
	m.context = (mobility_context_t){
		.settings = mobility_settings_create(),
		.backlog = mobility_peer_load_create(),
	};
	m.network = mock_network_create(&m.context);
	m.mover = mobility_mover_create(
					mobility_candidates_create("home", m.context.settings,
										m.context.monitor, m.context.pins,
										mobility_path_history_create()),
					m.context.monitor, m.context.rtnl,
					m.context.relocator, m.context.backlog, "home", &listener,
					NULL);
	m.spare = SPARE;
	m.ports = (mobility_own_ports_t){
		.get_spare = _get_spare,
		.hold = _hold,
		.release = _release,
	};
	m.mover->course.local_port.ports = &m.ports;
	charon->socket->get_port = _get_port;
	m.id = mock_ike_create(NULL);
	m.ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager, m.id);
	m.listener.message = _message_;
	charon->bus->add_listener(charon->bus, &m.listener);
	m.mover->bind(m.mover, m.ike_sa);
	mobility_course_look(&m.mover->course);
}

static void teardown(void)
{
	charon->bus->remove_listener(charon->bus, &m.listener);
	m.mover->bind(m.mover, NULL);
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager,
												m.ike_sa);
	m.mover->destroy(m.mover);
	ck_assert_int_eq(m.held, 0);
	mock_network_destroy(m.network);
	m.context.backlog->destroy(m.context.backlog);
	m.context.settings->destroy(m.context.settings);
	m.id->destroy(m.id);
	chunk_free(&m.cookie2);
	fake_clock_stop();
	mock_charon_teardown();
}

/**
 * Have an uplink up or not
 */
static void plug(int uplink, bool up)
{
	m.network->uplinks[uplink].up = up;
	mobility_course_look(&m.mover->course);
}

/**
 * Have the peer answer the last request, over an uplink and at a port of ours
 *
 * @param notify		notify in the answer, COOKIE2 to return none, 0 for none
 * @param mapped		where it sees us, NULL if it does not say so
 */
static void answer_to(int uplink, uint16_t port, notify_type_t notify,
					  char *mapped)
{
	message_t *message;

	message = mock_ike_message(m.id, FALSE, INFORMATIONAL, m.mid,
							   locals[uplink], REMOTE);
	message->set_destination(message,
							 host_create_from_string(locals[uplink], port));
	if (m.cookie2.len && notify != COOKIE2)
	{
		message->add_notify(message, FALSE, COOKIE2, m.cookie2);
	}
	if (notify && notify != COOKIE2)
	{
		message->add_notify(message, FALSE, notify, chunk_empty);
	}
	if (mapped)
	{
		mock_ike_add_natd(message, mapped);
	}
	ck_assert_int_eq(m.ike_sa->process_message(m.ike_sa, message), SUCCESS);
	message->destroy(message);
}

/**
 * The same at the port of charon
 */
static void answer(int uplink, notify_type_t notify, char *mapped)
{
	answer_to(uplink, IKEV2_NATT_PORT, notify, mapped);
}

/**
 * Check what came out, and from where packets were sent, since the last time
 */
static void assert_done(const char *told, const char *sources)
{
	ck_assert_str_eq(m.told, told);
	ck_assert_str_eq(mock_charon_sources(), sources);
	m.told[0] = '\0';
	mock_charon_forget();
}

/**
 * The results of an update apply to the path that it confirms, before anybody is
 * told
 */
START_TEST(test_confirmed)
{
	plug(0, FALSE);
	ck_assert_int_eq(m.mover->move(m.mover), SUCCESS);
	ck_assert_str_eq(m.notifies, "UPD_SA_ADDR NO_ADD_ADDR COOKIE2 NATD_S_IP "
					 "NATD_D_IP ");
	ck_assert(!m.mover->is_idle(m.mover));
	answer(1, 0, MAPPED);
	assert_done("confirmed-nat ", "10.1.0.2 ");
	ck_assert(m.mover->is_idle(m.mover));
}
END_TEST

/**
 * The peer does not like our address, or does not prove that it is there
 */
START_TEST(test_refused)
{
	notify_type_t types[] = {
		UNACCEPTABLE_ADDRESSES, UNEXPECTED_NAT_DETECTED, COOKIE2,
	};

	plug(2, TRUE);
	plug(0, FALSE);
	ck_assert_int_eq(m.mover->move(m.mover), SUCCESS);
	/* nor do its other results mean anything, and there is another path */
	answer(1, types[_i], MAPPED);
	ck_assert(!m.ike_sa->has_condition(m.ike_sa, COND_NAT_HERE));
	assert_done("", "10.1.0.2 10.2.0.2 ");
	/* if all are refused it is not asked again and again */
	answer(2, types[_i], MAPPED);
	ck_assert_int_eq(m.mover->probe(m.mover, TRUE), SUCCESS);
	fake_clock_set(fake_clock_now() + MOBILITY_REFUSED_INTERVAL - 1);
	ck_assert_int_eq(m.mover->probe(m.mover, TRUE), SUCCESS);
	assert_done("", "");
	fake_clock_set(fake_clock_now() + 1);
	ck_assert_int_eq(m.mover->probe(m.mover, TRUE), SUCCESS);
	ck_assert_uint_eq(mock_charon_count(), 1);
}
END_TEST

/**
 * A dead peer detection notices a changed mapping
 */
START_TEST(test_dpd)
{
	ck_assert_int_eq(m.mover->send_dpd(m.mover), SUCCESS);
	ck_assert_str_eq(m.notifies, "");
	answer(0, 0, NULL);
	m.ike_sa->set_condition(m.ike_sa, COND_NAT_HERE, TRUE);
	/* the first one is only remembered */
	ck_assert_int_eq(m.mover->send_dpd(m.mover), SUCCESS);
	ck_assert_str_eq(m.notifies, "NATD_S_IP NATD_D_IP ");
	answer(0, 0, MAPPED);
	ck_assert_int_eq(m.mover->send_dpd(m.mover), SUCCESS);
	answer(0, 0, MAPPED);
	assert_done("", "10.0.0.2 10.0.0.2 10.0.0.2 ");
	ck_assert_int_eq(m.mover->send_dpd(m.mover), SUCCESS);
	answer(0, 0, "198.51.100.8");
	ck_assert(strpfx(m.notifies, "UPD_SA_ADDR "));
	answer(0, 0, "198.51.100.8");
	assert_done("confirmed-nat ", "10.0.0.2 10.0.0.2 ");
	ck_assert(m.mover->is_idle(m.mover));
}
END_TEST

/**
 * The peer is told of other addresses, once
 */
START_TEST(test_addresses)
{
	ck_assert_int_eq(m.mover->announce(m.mover), SUCCESS);
	assert_done("", "");
	plug(2, TRUE);
	ck_assert_int_eq(m.mover->announce(m.mover), SUCCESS);
	ck_assert_str_eq(m.notifies, "ADD_4_ADDR ADD_4_ADDR ");
	answer(0, 0, NULL);
	ck_assert_int_eq(m.mover->announce(m.mover), SUCCESS);
	assert_done("", "10.0.0.2 ");
	plug(1, FALSE);
	plug(2, FALSE);
	ck_assert_int_eq(m.mover->announce(m.mover), SUCCESS);
	ck_assert_str_eq(m.notifies, "NO_ADD_ADDR ");
	answer(0, 0, NULL);
	assert_done("", "10.0.0.2 ");
}
END_TEST

/**
 * A path is tested with three packets, then put aside, and the request completes
 * over the path in use
 */
START_TEST(test_silent)
{
	mobility_candidates_t *candidates = m.mover->course.candidates;
	mobility_record_t record;
	mobility_path_t *path;
	uint64_t deadline;
	host_t *local;

	m.mover->course.penalty = 5000;
	local = host_create_from_string(locals[1], 0);
	path = candidates->find(candidates, local,
							m.ike_sa->get_other_host(m.ike_sa));
	path = mobility_path_clone(path);
	local->destroy(local);
	ck_assert_int_eq(m.mover->test(m.mover, path, NULL), SUCCESS);
	ck_assert_str_eq(m.notifies, "COOKIE2 ");
	while ((deadline = m.mover->get_deadline(m.mover)))
	{
		ck_assert_uint_gt(deadline, fake_clock_now());
		fake_clock_set(deadline);
		m.mover->tick(m.mover);
	}
	assert_done("fails ", "10.1.0.2 10.1.0.2 10.1.0.2 10.0.0.2 ");
	candidates->records->get(candidates->records, path, fake_clock_now(),
							 &record);
	ck_assert_uint_eq(record.until, fake_clock_now() + MOBILITY_NEW_PATH_TIME);
	answer(0, 0, NULL);
	ck_assert(m.mover->is_idle(m.mover));
	mobility_path_destroy(path);
}
END_TEST

/**
 * Stands in for the function, by --wrap
 */
bool __wrap_mobility_datagram_send_in_parts(host_t *source, host_t *destination,
											uint8_t dscp, chunk_t data)
{
	m.len = data.len;
	return TRUE;
}

/**
 * Stands in for the function, by --wrap
 */
bool __wrap_mobility_datagram_send_marked(host_t *source, host_t *destination,
										  uint8_t dscp, uint32_t mark,
										  chunk_t data)
{
	ck_assert_uint_eq(mark, MOBILITY_MARK);
	/* they would take the hop in use without */
	ck_assert_int_eq(m.network->marked.gateway.bytes[3], 1);
	m.marked++;
	return TRUE;
}

/**
 * Get the last number of the next hop that packets take
 */
static int get_router()
{
	mobility_path_id_t pin = {};

	array_get(m.network->pins, ARRAY_HEAD, &pin);
	return pin.gateway.bytes[3];
}

/**
 * Have a second router in use, where routing prefers the first one
 */
static void use_second_router()
{
	mobility_course_t *course = &m.mover->course;
	mobility_path_t *path;

	course->penalty = 60000;
	course->prefers = TRUE;
	m.network->uplinks[0].gateway = "10.0.0.1";
	m.network->uplinks[0].gateway2 = "10.0.0.9";
	m.network->uplinks[0].worse = 100;
	mobility_course_look(course);
	ck_assert_ptr_null(course->hop);
	course->candidates->turn(course->candidates, course->heading.path);
	path = course->candidates->find(course->candidates,
									m.ike_sa->get_my_host(m.ike_sa),
									m.ike_sa->get_other_host(m.ike_sa));
	mobility_heading_use(&course->heading, mobility_path_clone(path));
	mobility_course_look(course);
	ck_assert_int_eq(get_router(), 9);
	ck_assert(course->hop);
	/* not at once */
	ck_assert_int_eq(m.mover->measure(m.mover), SUCCESS);
	ck_assert(m.mover->is_idle(m.mover));
	ck_assert_uint_eq(m.mover->get_deadline(m.mover), fake_clock_now() + 5000);
	fake_clock_set(fake_clock_now() + 5000);
	ck_assert_int_eq(m.mover->measure(m.mover), SUCCESS);
	ck_assert(!m.mover->is_idle(m.mover));
	ck_assert_uint_eq(m.marked, 1);
	/* all others stay where they are */
	ck_assert_int_eq(get_router(), 9);
	assert_done("", "");
}

/**
 * Let time pass until the mover does not wait for it
 */
static void tick_test()
{
	uint64_t deadline;

	while (!m.mover->is_idle(m.mover) && mock_charon_count() == 0 &&
		   (deadline = m.mover->get_deadline(m.mover)))
	{
		ck_assert_uint_gt(deadline, fake_clock_now());
		fake_clock_set(deadline);
		m.mover->tick(m.mover);
	}
}

START_TEST(test_hop)
{
	use_second_router();
	/* it answers again: all packets take it, and the peer is told */
	answer(0, 0, NULL);
	ck_assert_int_eq(get_router(), 1);
	ck_assert_int_eq(m.network->marked.ifindex, 0);
	ck_assert(strpfx(m.notifies, "UPD_SA_ADDR "));
	answer(0, 0, NULL);
	assert_done("moved ", "10.0.0.2 ");
	ck_assert(m.mover->is_idle(m.mover));
	mobility_course_look(&m.mover->course);
	ck_assert_ptr_null(m.mover->course.hop);
	ck_assert_uint_eq(m.mover->get_deadline(m.mover) ?: UINT64_MAX,
					  UINT64_MAX);
}
END_TEST

START_TEST(test_hop_silent)
{
	uint64_t time;
	int i;

	use_second_router();
	for (i = 0; i < 3; i++)
	{
		tick_test();
		ck_assert_uint_eq(m.marked, 3);
		ck_assert_int_eq(m.network->marked.ifindex, 0);
		/* the request completes over the one in use, which says nothing */
		assert_done("", "10.0.0.2 ");
		answer(0, 0, NULL);
		ck_assert(m.mover->is_idle(m.mover));
		ck_assert_int_eq(get_router(), 9);
		/* and it is left alone, ever longer */
		time = m.mover->get_deadline(m.mover);
		ck_assert_uint_eq(time, fake_clock_now() + (60000 << i));
		fake_clock_set(time - 1);
		ck_assert_int_eq(m.mover->measure(m.mover), SUCCESS);
		ck_assert(m.mover->is_idle(m.mover));
		fake_clock_set(time);
		m.marked = 0;
		ck_assert_int_eq(m.mover->measure(m.mover), SUCCESS);
		ck_assert_uint_eq(m.marked, 1);
	}
}
END_TEST

START_TEST(test_hop_disturbed)
{
	mobility_retransmission_t *retransmission = m.mover->retransmission;

	use_second_router();
	switch (_i)
	{
		case 0:
			/* somebody sends it over the one in use, which may be answered */
			retransmission->again(retransmission,
								  m.mover->course.heading.path);
			answer(0, 0, NULL);
			ck_assert(m.mover->is_idle(m.mover));
			break;
		case 1:
			/* it is gone */
			m.network->uplinks[0].gateway = "10.0.0.9";
			m.network->uplinks[0].gateway2 = NULL;
			mobility_course_look(&m.mover->course);
			answer(0, 0, NULL);
			ck_assert(m.mover->is_idle(m.mover));
			break;
		case 2:
			/* the path in use is lost */
			plug(0, FALSE);
			ck_assert_int_eq(m.mover->move(m.mover), SUCCESS);
			fake_clock_set(fake_clock_now() + 300);
			m.mover->tick(m.mover);
			answer(1, 0, NULL);
			answer(1, 0, NULL);
			ck_assert(m.mover->is_idle(m.mover));
			ck_assert_int_eq(m.network->marked.ifindex, 0);
			return;
		case 4:
			/* it is another one, which nobody has asked over */
			m.network->uplinks[0].gateway = "10.0.0.5";
			mobility_course_look(&m.mover->course);
			answer(0, 0, NULL);
			ck_assert(m.mover->is_idle(m.mover));
			break;
		case 3:
			/* another IKE_SA gets the session */
			m.mover->bind(m.mover, m.ike_sa);
			fake_clock_set(fake_clock_now() + 300);
			m.mover->tick(m.mover);
			break;
	}
	ck_assert_int_eq(get_router(), 9);
	ck_assert_int_eq(m.network->marked.ifindex, 0);
}
END_TEST

/**
 * A path was moved to, of which the kernel believes that it takes 1500 bytes
 */
static void move_to_path(void)
{
	mobility_netns_create();
	mobility_netns_ip("link set lo mtu 1500");
	mobility_netns_ip("addr add %s dev lo", locals[1]);
	mobility_netns_ip("addr add %s dev lo", REMOTE);
	charon->kernel->bypass_socket = (void*)return_true;
	mobility_progress_begin(&m.mover->course.progress, "test",
							m.mover->course.heading.path, fake_clock_now());
	plug(0, FALSE);
	ck_assert_int_eq(m.mover->move(m.mover), SUCCESS);
	answer(1, 0, NULL);
	assert_done("moved ", "10.1.0.2 ");
}

/**
 * What a path takes is measured with requests that charon has encoded once, and
 * that it does not send in fragments although the peer may support these
 */
START_TEST(test_measure)
{
	const size_t headers = 20 + 8, marker = 4;

	if (_i)
	{
		m.ike_sa->enable_extension(m.ike_sa, EXT_IKE_FRAGMENTATION);
	}
	move_to_path();
	ck_assert_int_eq(m.mover->measure(m.mover), SUCCESS);
	/* in parts, and only that: any path takes it whole */
	assert_done("", "");
	ck_assert_uint_le(headers + m.len, 1280);
	ck_assert_uint_gt(headers + m.len, 1280 - 16);
	answer(1, 0, NULL);
	/* the large one, whole */
	ck_assert_int_eq(m.mover->measure(m.mover), SUCCESS);
	ck_assert_uint_eq(mock_charon_count(), 1);
	ck_assert_uint_le(headers + marker + mock_charon_get(0)->len, 1500);
	ck_assert_uint_gt(headers + marker + mock_charon_get(0)->len, 1500 - 16);
	/* nobody sends it otherwise, and it is answered */
	m.ike_sa->retransmit(m.ike_sa, m.mid);
	ck_assert_uint_eq(mock_charon_get(-1)->len, mock_charon_get(0)->len);
	ck_assert_uint_eq(marker + mock_charon_get(0)->len, m.len);
	answer(1, 0, NULL);
	ck_assert(m.mover->is_idle(m.mover));
	ck_assert_str_eq(m.told, "");
}
END_TEST

/**
 * Check from which ports packets left since the last time
 */
static void assert_ports(const char *expected)
{
	char ports[128] = "";
	host_t *source;
	int i;

	for (i = 0; i < mock_charon_count(); i++)
	{
		source = mock_charon_get(i)->source;
		snprintf(ports + strlen(ports), sizeof(ports) - strlen(ports), "%u ",
				 source->get_port(source));
	}
	ck_assert_str_eq(ports, expected);
	mock_charon_forget();
}

/**
 * Check the port of the IKE_SA
 */
static void assert_port(uint16_t expected)
{
	host_t *me = m.ike_sa->get_my_host(m.ike_sa);

	ck_assert_uint_eq(me->get_port(me), expected);
}

/**
 * Have the request in flight leave from both ports, over the path in use and the
 * other one
 */
static void probe(const char *expected)
{
	mobility_local_port_try(&m.mover->course.local_port);
	ck_assert_int_eq(m.mover->probe(m.mover, TRUE), SUCCESS);
	assert_ports(expected);
}

/**
 * A request is answered at another port: that is used, once the peer uses it
 */
START_TEST(test_other_port)
{
	mobility_path_history_t *records = m.mover->course.candidates->records;
	mobility_move_t move;

	ck_assert_int_eq(m.mover->send_dpd(m.mover), SUCCESS);
	assert_ports("4500 ");
	probe("4500 50000 4500 50000 ");
	ck_assert_int_eq(m.held, 0);
	fake_clock_set(fake_clock_now() + 1000);
	answer_to(0, SPARE, 0, NULL);
	ck_assert(strpfx(m.notifies, "UPD_SA_ADDR "));
	assert_port(4500);
	assert_ports("50000 ");
	ck_assert_int_eq(m.mover->probe(m.mover, TRUE), SUCCESS);
	assert_ports("50000 ");
	answer_to(0, SPARE, 0, MAPPED);
	ck_assert_str_eq(m.told, "moved-nat ");
	assert_port(SPARE);
	ck_assert_int_eq(m.held, 1);
	records->get_move(records, &move);
	ck_assert_str_eq(move.trigger, "NAT state stale, local port 50000");
	ck_assert_str_eq(move.from, move.to);
	/* the same once more, there is nothing else to try as long as it is fresh */
	ck_assert_int_eq(m.mover->send_dpd(m.mover), SUCCESS);
	assert_ports("50000 ");
	probe("50000 50000 ");
	m.spare++;
	probe("50000 50001 50000 50001 ");
	answer_to(0, SPARE + 1, 0, MAPPED);
	answer_to(0, SPARE + 1, 0, MAPPED);
	assert_ports("50001 ");
	assert_port(SPARE + 1);
	ck_assert_int_eq(m.held, 1);
	ck_assert(m.mover->is_idle(m.mover));
}
END_TEST

/**
 * An update is answered at another port: another update follows, wherever it came
 * from first
 */
START_TEST(test_other_port_update)
{
	uint16_t port = _i ? SPARE : IKEV2_NATT_PORT;
	char expected[16];

	snprintf(expected, sizeof(expected), "%u ", port);
	mobility_progress_begin(&m.mover->course.progress, "unplugged",
							m.mover->course.heading.path, fake_clock_now());
	plug(0, FALSE);
	ck_assert_int_eq(m.mover->move(m.mover), SUCCESS);
	assert_ports("4500 ");
	probe("4500 50000 ");
	answer_to(1, port, 0, MAPPED);
	ck_assert(strpfx(m.notifies, "UPD_SA_ADDR "));
	assert_ports(expected);
	answer_to(1, port, 0, MAPPED);
	ck_assert_str_eq(m.told, "moved-nat ");
	assert_port(port);
	ck_assert_int_eq(m.held, _i);
	ck_assert(m.mover->is_idle(m.mover));
}
END_TEST

/**
 * What stock gets back has a port that it has, and the peer is told
 */
START_TEST(test_other_port_back)
{
	ck_assert_int_eq(m.mover->send_dpd(m.mover), SUCCESS);
	probe("4500 4500 50000 4500 50000 ");
	answer_to(0, SPARE, 0, NULL);
	answer_to(0, SPARE, 0, MAPPED);
	assert_ports("50000 ");
	ck_assert_int_ne(m.mover->give_back(m.mover, FALSE), DESTROY_ME);
	ck_assert(strstr(m.notifies, "NATD_S_IP "));
	assert_port(4500);
}
END_TEST

/**
 * Without a NAT stock would not tell the peer, so it stays
 */
START_TEST(test_other_port_left)
{
	ck_assert_int_eq(m.mover->send_dpd(m.mover), SUCCESS);
	probe("4500 4500 50000 4500 50000 ");
	answer_to(0, SPARE, 0, NULL);
	answer_to(0, SPARE, 0, NULL);
	assert_ports("50000 ");
	ck_assert_int_eq(m.mover->give_back(m.mover, FALSE), SUCCESS);
	assert_ports("");
	assert_port(SPARE);
	/* nobody closes it */
	ck_assert_int_eq(m.held, 1);
	m.held = 0;
}
END_TEST

/**
 * An IKE_SA that replaces another one has its port, or one of charon's
 */
START_TEST(test_other_port_replaced)
{
	ike_sa_t *old = m.ike_sa;
	ike_sa_id_t *id;

	ck_assert_int_eq(m.mover->send_dpd(m.mover), SUCCESS);
	probe("4500 4500 50000 4500 50000 ");
	answer_to(0, SPARE, 0, NULL);
	answer_to(0, SPARE, 0, MAPPED);
	assert_ports("50000 ");
	m.ike_sa = mock_ike_create_successor(old);
	m.mover->bind(m.mover, m.ike_sa);
	charon->ike_sa_manager->checkin_and_destroy(charon->ike_sa_manager, old);
	ck_assert_int_eq(m.held, 1);
	id = m.ike_sa->get_id(m.ike_sa);
	m.id->destroy(m.id);
	m.id = id->clone(id);
	ck_assert_int_eq(m.mover->send_dpd(m.mover), SUCCESS);
	assert_ports("50000 ");
	/* none until another one is there, which may be about to log in from it */
	m.mover->bind(m.mover, NULL);
	ck_assert_int_eq(m.held, 1);
	m.ike_sa->set_my_host(m.ike_sa, host_create_from_string(locals[0], 4500));
	m.mover->bind(m.mover, m.ike_sa);
	ck_assert_int_eq(m.held, 0);
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("mover");

	tc = tcase_create("exchanges");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_confirmed);
	tcase_add_loop_test(tc, test_refused, 0, 3);
	tcase_add_test(tc, test_dpd);
	tcase_add_test(tc, test_addresses);
	tcase_add_test(tc, test_silent);
	tcase_add_test(tc, test_hop);
	tcase_add_test(tc, test_hop_silent);
	tcase_add_loop_test(tc, test_hop_disturbed, 0, 5);
	if (mobility_netns_available())
	{
		tcase_add_loop_test(tc, test_measure, 0, 2);
	}
	suite_add_tcase(s, tc);

	tc = tcase_create("ports");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_other_port);
	tcase_add_loop_test(tc, test_other_port_update, 0, 2);
	tcase_add_test(tc, test_other_port_back);
	tcase_add_test(tc, test_other_port_left);
	tcase_add_test(tc, test_other_port_replaced);
	suite_add_tcase(s, tc);

	return s;
}
