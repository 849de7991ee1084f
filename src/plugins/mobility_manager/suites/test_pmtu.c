/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_netns.h"
#include "fake_clock.h"
#include "mock_charon.h"
#include "mock_ike.h"

#include "mobile/filled_request.h"
#include "mobile/pmtu.h"
#include "mobile/pmtu_probe.h"

#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>

/** what the kernel believes of the loopback interface, at first */
#define MTU 1500

/** what the peer takes without IKE header, for IPv4 with a marker */
#define HEADERS (sizeof(struct iphdr) + sizeof(struct udphdr) + 4)

/**
 * What is around the exchange
 */
static struct {
	ike_sa_id_t *id;
	listener_t listener;
	/** sockets can't be made to bypass policies */
	bool no_bypass;
	/** forms the request was sent in since the last time, a letter each */
	char forms[16];
	/** how often it was sent whole */
	u_int whole;
	/** length of what it is filled with */
	size_t padding;
	mobility_candidates_t candidates;
	/** the path is pinned */
	bool pinned;
	/** limit that was set, 0 if none was, and whether it can be */
	uint32_t limit;
	bool refuse;
	mobility_path_t *path;
	/** message ID of the request that measures */
	uint32_t mid;
	mobility_course_t course;
	mobility_retransmission_t *retransmission;
	/** what the peer is busy with: other sessions, what comes before us */
	mobility_peer_load_t load;
	mobility_rtnl_t rtnl;
	bool busy, queued;
} mock;

/** what is tested */
static mobility_pmtu_t *pmtu;

METHOD(kernel_interface_t, bypass_socket, bool,
	kernel_interface_t *this, int fd, int family)
{
	return !mock.no_bypass;
}

METHOD(listener_t, message_, bool,
	listener_t *this, ike_sa_t *ike_sa, message_t *message, bool incoming,
	bool plain)
{
	notify_payload_t *notify;

	if (plain)
	{
		notify = message->get_notify(message, MOBILITY_NOTIFY_PADDING);
		mock.padding = notify->get_notification_data(notify).len;
	}
	else
	{	/* as a session has it done */
		mock.retransmission->sent(mock.retransmission, message);
	}
	return TRUE;
}

/**
 * Note that the request was sent in a form
 */
static void note(const char *form)
{
	ck_assert_int_lt(strlen(mock.forms), sizeof(mock.forms) - 1);
	strcat(mock.forms, form);
}

/**
 * Note in which order the request was sent whole
 */
static void note_whole(void)
{
	for (; mock.whole < mock_charon_count(); mock.whole++)
	{
		ck_assert_uint_eq(mock_charon_get(mock.whole)->mid, mock.mid);
		note("w");
	}
}

/**
 * Stands in for the function, by --wrap
 */
bool __wrap_mobility_datagram_send_in_parts(host_t *source, host_t *destination,
											uint8_t dscp, chunk_t data)
{
	note_whole();
	note("p");
	return TRUE;
}

METHOD(mobility_candidates_t, is_pinned, bool,
	mobility_candidates_t *this, const mobility_path_t *path)
{
	ck_assert(path == mock.path);
	return mock.pinned;
}

METHOD(mobility_candidates_t, limit, bool,
	mobility_candidates_t *this, const mobility_path_t *path, uint32_t mtu)
{
	ck_assert(path == mock.path);
	mock.limit = mtu;
	return !mock.refuse;
}

METHOD(mobility_rtnl_t, get, int,
	mobility_rtnl_t *this, struct nlmsghdr *nlh, mobility_nlsocket_cb_t cb,
	void *data)
{
	/* no neighbors */
	return ENOENT;
}

METHOD(mobility_peer_load_t, is_before, bool,
	mobility_peer_load_t *this, host_t *local, host_t *remote, uint64_t asked,
	uint64_t now)
{
	return mock.queued;
}

METHOD(mobility_peer_load_t, is_busy, bool,
	mobility_peer_load_t *this, host_t *local, host_t *remote, uint64_t now)
{
	return mock.busy;
}

/**
 * Use other addresses, and ports
 */
static void set_path(char *local, char *remote, uint16_t port)
{
	ike_sa_t *ike_sa = mock.course.ike_sa;

	DESTROY_IF(mock.path->local);
	DESTROY_IF(mock.path->remote);
	mock.path->local = host_create_from_string(local, 0);
	mock.path->remote = host_create_from_string(remote, 0);
	ike_sa->set_my_host(ike_sa, host_create_from_string(local, port));
	ike_sa->set_other_host(ike_sa, host_create_from_string(remote, port));
}

static void setup(void)
{
	mobility_netns_create();
	mobility_netns_ip("link set lo mtu %d", MTU);
	mock_charon_setup("");
	fake_clock_start(1000);
	mock_cipher = (mock_cipher_t){ .block = 1, .icv = 16, .iv = 8 };
	memset(&mock, 0, sizeof(mock));
	charon->kernel->bypass_socket = _bypass_socket;
	mock.candidates.is_pinned = _is_pinned;
	mock.candidates.limit = _limit;
	mock.candidates.pin = (void*)nop;
	mock.candidates.records = mobility_path_history_create();
	mock.pinned = TRUE;
	mock.rtnl.get = _get;
	mock.load.is_before = _is_before;
	mock.load.is_busy = _is_busy;
	mock.id = mock_ike_create(NULL);
	INIT(mock.path,
		.ifname = "lo",
	);
	mock.course = (mobility_course_t){
		.name = "home",
		.ike_sa = charon->ike_sa_manager->checkout(charon->ike_sa_manager,
												   mock.id),
		.candidates = &mock.candidates,
		.heading = { .path = mock.path },
	};
	set_path("127.0.0.1", "127.0.0.2", 4500);
	mock.retransmission = mobility_retransmission_create(&mock.course,
											&mock.rtnl, &mock.load);
	mock.listener.message = _message_;
	charon->bus->add_listener(charon->bus, &mock.listener);
	pmtu = mobility_pmtu_create(&mock.course, mock.retransmission, &mock.load);
}

static void teardown(void)
{
	charon->bus->remove_listener(charon->bus, &mock.listener);
	free(pmtu);
	mock.retransmission->destroy(mock.retransmission);
	mock.candidates.records->destroy(mock.candidates.records);
	mock_ike_checkin(mock.course.ike_sa, DESTROY_ME);
	mobility_path_destroy(mock.path);
	mock.id->destroy(mock.id);
	mock_cipher = (mock_cipher_t)MOCK_CIPHER;
	fake_clock_stop();
	mock_charon_teardown();
}

/**
 * Get when the exchange wants to be told that time has passed, in ms from now on,
 * 0 for never
 */
static uint64_t deadline(void)
{
	uint64_t time = pmtu->exchange.get_deadline(&pmtu->exchange);

	return time ? time - fake_clock_now() : 0;
}

/**
 * Check if something is to be measured now, which is asked for once only
 */
static bool is_due(void)
{
	return pmtu->is_due(pmtu, fake_clock_now());
}

/**
 * Check if something is to be measured after a move
 */
static bool begin(void)
{
	bool due;

	pmtu->moved(pmtu, fake_clock_now() + 1);
	ck_assert(!is_due());
	ck_assert_int_eq(deadline(), 1);
	fake_clock_set(fake_clock_now() + 1);
	due = is_due();
	ck_assert(!is_due());
	ck_assert_int_eq(deadline(), 0);
	return due;
}

/**
 * Check in which forms the request was sent since the last time
 */
static void assert_forms(const char *forms)
{
	note_whole();
	ck_assert_str_eq(mock.forms, forms);
	mock.forms[0] = '\0';
}

/**
 * Create the request, or its answer
 */
static message_t *create_message(bool request)
{
	ike_sa_t *ike_sa = mock.course.ike_sa;
	host_t *me = ike_sa->get_my_host(ike_sa);
	host_t *other = ike_sa->get_other_host(ike_sa);
	message_t *message;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, INFORMATIONAL);
	message->set_message_id(message, mock.mid);
	message->set_source(message, request ? me->clone(me)
										  : other->clone(other));
	message->set_destination(message, request ? other->clone(other)
											   : me->clone(me));
	return message;
}

/**
 * The request is built, encoded and sent. Returns FALSE if it is not one that
 * measures
 */
static bool sent(void)
{
	message_t *request;
	bool measures;

	mock.mid++;
	request = create_message(TRUE);
	pmtu->exchange.build(&pmtu->exchange, request);
	measures = request->is_encoded(request);
	if (measures)
	{
		mock.retransmission->transmit(mock.retransmission);
	}
	request->destroy(request);
	ck_assert_int_eq(measures, deadline() != 0);
	return measures;
}

/**
 * Check if the request was sent in both forms
 */
static bool is_both(void)
{
	mobility_request_t *request = mock.retransmission->request;

	return request->get_both(request) != 0;
}

/**
 * Some time has passed. Returns TRUE if the request was sent in both forms
 */
static bool tick(uint64_t ms)
{
	bool before = is_both();

	fake_clock_set(fake_clock_now() + ms);
	pmtu->exchange.tick(&pmtu->exchange, fake_clock_now());
	return !before && is_both();
}

/**
 * The request is answered. Returns the limit that was set then
 */
static uint32_t answered(void)
{
	message_t *answer;

	answer = create_message(FALSE);
	mock.limit = 0;
	ck_assert(!pmtu->exchange.answered(&pmtu->exchange, answer, TRUE, NULL));
	answer->destroy(answer);
	return mock.limit;
}

/**
 * Parts get through
 */
static void try_parts(void)
{
	ck_assert(sent());
	assert_forms("p");
	ck_assert_int_eq(answered(), 0);
	ck_assert(is_due());
}

START_TEST(test_begin)
{
	ck_assert(begin());
	/* what is not pinned can't be limited */
	mock.pinned = FALSE;
	ck_assert(!begin());
	mock.pinned = TRUE;
	ck_assert(begin());
	/* nothing to be measured, as any path takes this */
	mobility_netns_ip("link set lo mtu %d", MOBILITY_MTU_FLOOR);
	ck_assert(!begin());
	mobility_netns_ip("link set lo mtu %d", MOBILITY_MTU_FLOOR + 1);
	ck_assert(begin());
	mobility_netns_ip("link set lo mtu %d", MTU);
	/* the kernel does not know */
	mock.no_bypass = TRUE;
	ck_assert(!begin());
	mock.no_bypass = FALSE;
	set_path("127.0.0.1", "192.0.2.1", 4500);
	ck_assert(!begin());
	set_path("192.0.2.2", "127.0.0.1", 4500);
	ck_assert(!begin());
	set_path("::1", "::1", 4500);
	ck_assert(begin());
	/* nor on a link that takes less, as that of CLAT, which has no IPv6 then */
	mobility_netns_ip("link set lo mtu 1252");
	ck_assert(!begin());
	set_path("127.0.0.1", "127.0.0.1", 4500);
	ck_assert(!begin());
}
END_TEST

/**
 * The peer has to answer others
 */
START_TEST(test_busy)
{
	int i;

	mock.busy = TRUE;
	pmtu->moved(pmtu, fake_clock_now());
	for (i = 0; i < 6; i++)
	{
		ck_assert(!is_due());
		ck_assert_int_ge(deadline(), 5000);
		ck_assert_int_lt(deadline(), 10000);
		fake_clock_set(fake_clock_now() + deadline());
	}
	/* not for ever */
	ck_assert(is_due());
	/* nor does it mean anything that there is no answer yet */
	try_parts();
	ck_assert(sent());
	assert_forms("w");
	mock.queued = TRUE;
	for (i = 0; i < 20; i++)
	{
		ck_assert(!tick(MOBILITY_MTU_INTERVAL));
	}
	assert_forms("");
	ck_assert_int_eq(answered(), 0);
	ck_assert(!is_due());
}
END_TEST

START_TEST(test_arrives)
{
	try_parts();
	ck_assert(sent());
	assert_forms("w");
	ck_assert_int_eq(deadline(), MOBILITY_MTU_INTERVAL);
	/* answered at once: as large as the kernel believes, it need not be told */
	ck_assert_int_eq(answered(), 0);
	ck_assert(!is_due());
	ck_assert_int_eq(deadline(), 0);
	/* whatever is answered later says nothing */
	ck_assert_int_eq(answered(), 0);

	/* a few bytes are left by a cipher with blocks, these are not known */
	mock_cipher.block = 16;
	mobility_suite_log_start();
	ck_assert(sent());
	ck_assert_int_eq(answered(), MTU - (MTU - HEADERS - 28 - 4 - 8 - 16) % 16);
	ck_assert(!strstr(mobility_suite_log(), "mobility:"));
}
END_TEST

/**
 * The request gets no answer in the form it begins with
 */
static uint32_t measure_hole(const char *first, const char *both)
{
	ck_assert(sent());
	assert_forms(first);
	ck_assert(!tick(MOBILITY_MTU_INTERVAL - 1));
	assert_forms("");
	ck_assert(!tick(1));
	assert_forms(first);
	ck_assert(!tick(MOBILITY_MTU_INTERVAL));
	assert_forms(first);
	ck_assert(tick(MOBILITY_MTU_INTERVAL));
	assert_forms(both);
	ck_assert_int_eq(deadline(), 0);
	ck_assert(!tick(10000));
	assert_forms("");
	return answered();
}

/**
 * Large packets get lost, but parts are answered
 */
static uint32_t measure_large(void)
{
	return measure_hole("w", "wp");
}

START_TEST(test_hole)
{
	mobility_suite_log_start();
	try_parts();
	/* one measurement may have met with a moment without any answers */
	ck_assert_int_eq(measure_large(), 0);
	ck_assert(is_due());
	ck_assert(!strstr(mobility_suite_log(), "mobility:"));
	ck_assert_int_eq(measure_large(), MOBILITY_MTU_FLOOR);
	ck_assert(!is_due());
	ck_assert(strstr(mobility_suite_log(), "mobility: home: packets of 1500 "
					 "bytes get lost over lo, sending none larger than 1280\n"));

	/* the second one says that it was such a moment */
	ck_assert_int_eq(measure_large(), 0);
	ck_assert(is_due());
	ck_assert(sent());
	ck_assert_int_eq(answered(), 0);
	ck_assert(!is_due());
	assert_forms("w");
	ck_assert_int_eq(measure_large(), 0);

	/* with another path it begins anew */
	pmtu->moved(pmtu, fake_clock_now());
	ck_assert(is_due());
	try_parts();
	ck_assert_int_eq(measure_large(), 0);
	/* if it can't be limited that is not logged, either */
	mobility_suite_log_start();
	mock.refuse = TRUE;
	ck_assert_int_eq(measure_large(), MOBILITY_MTU_FLOOR);
	ck_assert(!strstr(mobility_suite_log(), "mobility:"));
}
END_TEST

/**
 * Where parts get lost nothing is sent that could get through only in parts
 */
START_TEST(test_no_parts)
{
	ck_assert_int_eq(measure_hole("p", "wp"), 0);
	ck_assert(!is_due());
	ck_assert_int_eq(deadline(), 0);
	ck_assert_int_eq(mock_charon_get(-1)->len + HEADERS, MOBILITY_MTU_FLOOR);
	/* nor later, until the path is another one */
	ck_assert(sent());
	assert_forms("p");
	ck_assert_int_eq(answered(), 0);
	ck_assert(is_due());
	pmtu->moved(pmtu, fake_clock_now());
	ck_assert(is_due());
	ck_assert(sent());
	assert_forms("p");
}
END_TEST

START_TEST(test_told)
{
	/* a router tells what is wrong */
	try_parts();
	ck_assert(sent());
	mobility_netns_ip("link set lo mtu 1400");
	ck_assert_int_eq(answered(), 0);
	ck_assert(!is_due());
	assert_forms("w");
	/* or while there is doubt */
	ck_assert_int_eq(measure_large(), 0);
	ck_assert(is_due());
	ck_assert(sent());
	mobility_netns_ip("link set lo mtu 1350");
	ck_assert_int_eq(answered(), 0);
	ck_assert(!is_due());
	assert_forms("w");
	ck_assert_int_eq(measure_large(), 0);
}
END_TEST

START_TEST(test_spoiled)
{
	int i;

	/* sent in both forms for another reason, before an answer was to be
	 * expected: neither a trial nor what follows says anything */
	for (i = 0; i < 2; i++)
	{
		ck_assert(sent());
		fake_clock_set(fake_clock_now() + 1);
		mock.retransmission->again(mock.retransmission, mock.path);
		ck_assert(is_both());
		ck_assert_int_eq(deadline(), 0);
		assert_forms(i ? "wwp" : "pwp");
		ck_assert_int_eq(answered(), 0);
		ck_assert(is_due());
		if (!i)
		{
			try_parts();
		}
	}
}
END_TEST

START_TEST(test_repeat)
{
	/* nothing under way */
	pmtu->repeat(pmtu, fake_clock_now());
	ck_assert(!is_due());
	/* a request that was sent: it begins anew */
	try_parts();
	ck_assert(sent());
	assert_forms("w");
	pmtu->repeat(pmtu, fake_clock_now());
	ck_assert(is_due());
	ck_assert_int_eq(deadline(), 0);
	ck_assert_int_eq(answered(), 0);
	ck_assert(!is_due());
	try_parts();
	/* and one that is answered when there is another path to go to, or none */
	ck_assert(sent());
	assert_forms("w");
	mock.course.heading.target = mock.path;
	ck_assert_int_eq(answered(), 0);
	mock.course.heading.target = NULL;
	ck_assert_int_eq(answered(), 0);
	ck_assert(sent());
	assert_forms("w");
	mock.course.heading.path = NULL;
	ck_assert(!tick(10000));
	assert_forms("");
	mock.course.heading.path = mock.path;
	ck_assert_int_eq(answered(), 0);
	ck_assert(!is_due());
}
END_TEST

/**
 * Nothing is measured
 */
START_TEST(test_none)
{
	/* without a path */
	mock.course.heading.path = NULL;
	ck_assert(!sent());
	mock.course.heading.path = mock.path;
	ck_assert_int_eq(answered(), 0);
	/* the cipher fails */
	mock_cipher.fails = TRUE;
	ck_assert(!sent());
	ck_assert_int_eq(answered(), 0);
	mock_cipher.fails = FALSE;
	/* nobody knows which one it is */
	mock_cipher.missing = TRUE;
	ck_assert(!sent());
	ck_assert_int_eq(answered(), 0);
	mock_cipher.missing = FALSE;
	/* nothing to be measured */
	mobility_netns_ip("link set lo mtu %d", MOBILITY_MTU_FLOOR);
	ck_assert(!sent());
	assert_forms("");
}
END_TEST

START_TEST(test_packet)
{
	static const struct {
		size_t block, icv, iv;
		char *local, *remote;
		uint16_t port;
		size_t headers;
	} cases[] = {
		{ 1, 16, 8, "127.0.0.1", "127.0.0.2", 4500, HEADERS },
		{ 16, 16, 16, "127.0.0.1", "127.0.0.2", 4500, HEADERS },
		{ 8, 12, 8, "127.0.0.1", "127.0.0.2", 4500, HEADERS },
		{ 1, 16, 8, "127.0.0.1", "127.0.0.2", 500, HEADERS - 4 },
		{ 16, 12, 16, "::1", "::1", 4500,
		  HEADERS - sizeof(struct iphdr) + sizeof(struct ip6_hdr) },
	};
	ike_sa_t *ike_sa = mock.course.ike_sa;
	const mock_packet_t *packet;
	size_t size, mtu;
	host_t *host;

	mock_cipher.block = cases[_i].block;
	mock_cipher.icv = cases[_i].icv;
	mock_cipher.iv = cases[_i].iv;
	set_path(cases[_i].local, cases[_i].remote, cases[_i].port);
	try_parts();
	for (mtu = MTU - 20; mtu <= MTU; mtu++)
	{
		mobility_netns_ip("link set lo mtu %u", mtu);
		ck_assert(sent());
		assert_forms("w");
		/* as large as fits */
		packet = mock_charon_get(-1);
		size = packet->len + cases[_i].headers;
		ck_assert_int_le(size, mtu);
		ck_assert_int_gt(size + cases[_i].block, mtu);
		ck_assert_int_gt(mock.padding, mtu - 150);
		ck_assert_int_eq(answered(), size < mtu ? size : 0);
	}
	ck_assert_int_eq(packet->type, INFORMATIONAL);
	host = ike_sa->get_my_host(ike_sa);
	ck_assert(host->equals(host, packet->source));
	host = ike_sa->get_other_host(ike_sa);
	ck_assert(host->equals(host, packet->destination));
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("pmtu");

	tc = tcase_create("path");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	if (mobility_netns_available())
	{
		tcase_add_test(tc, test_begin);
		tcase_add_test(tc, test_busy);
		tcase_add_test(tc, test_arrives);
		tcase_add_test(tc, test_hole);
		tcase_add_test(tc, test_no_parts);
		tcase_add_test(tc, test_told);
		tcase_add_test(tc, test_spoiled);
		tcase_add_test(tc, test_repeat);
		tcase_add_test(tc, test_none);
		tcase_add_loop_test(tc, test_packet, 0, 5);
	}
	suite_add_tcase(s, tc);
	return s;
}
