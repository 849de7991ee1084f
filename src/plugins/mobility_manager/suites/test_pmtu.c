/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_netns.h"
#include "fake_clock.h"

#include "mobile/filled_request.h"
#include "mobile/pmtu.h"
#include "mobile/pmtu_probe.h"

#include <daemon.h>
#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>

/** message ID of the request that measures */
#define MID 5

/** what the kernel believes of the loopback interface, at first */
#define MTU 1500

/** what the peer takes without IKE header, for IPv4 with a marker */
#define HEADERS (sizeof(struct iphdr) + sizeof(struct udphdr) + 4)

/**
 * A cipher that does nothing
 */
static struct {
	aead_t public;
	iv_gen_t iv_gen;
	size_t block, icv, iv;
	/** it fails */
	bool fail;
	/** what an IV was made of last */
	uint64_t seq;
} cipher;

/**
 * What is around the exchange
 */
static struct {
	keymat_t keymat;
	/** no keys */
	bool keyless;
	ike_sa_t ike_sa;
	ike_sa_id_t *id;
	kernel_interface_t kernel;
	/** sockets can't be made to bypass policies */
	bool no_bypass;
	sender_t sender;
	/** last packet that was sent, NULL if none was */
	packet_t *packet;
	/** forms it was sent in since the last time, a letter each */
	char forms[16];
	/** what was sent first */
	chunk_t first;
	bus_t bus;
	daemon_t daemon;
	mobility_candidates_t candidates;
	/** the path is pinned */
	bool pinned;
	/** limit that was set, 0 if none was, and whether it can be */
	uint32_t limit;
	bool refuse;
	mobility_path_t *path;
	host_t *local, *remote;
	message_t *request;
	mobility_course_t course;
	mobility_retransmission_t *retransmission;
	/** what the peer is busy with: other sessions, what comes before us */
	mobility_peer_load_t load;
	mobility_rtnl_t rtnl;
	bool busy, queued;
} mock;

/** what is tested */
static mobility_pmtu_t *pmtu;

METHOD(iv_gen_t, get_iv, bool,
	iv_gen_t *this, uint64_t seq, size_t size, uint8_t *buffer)
{
	cipher.seq = seq;
	memset(buffer, 0, size);
	return TRUE;
}

METHOD(aead_t, encrypt, bool,
	aead_t *this, chunk_t plain, chunk_t assoc, chunk_t iv,
	chunk_t *encrypted)
{
	return !cipher.fail;
}

METHOD(aead_t, get_block_size, size_t,
	aead_t *this)
{
	return cipher.block;
}

METHOD(aead_t, get_icv_size, size_t,
	aead_t *this)
{
	return cipher.icv;
}

METHOD(aead_t, get_iv_size, size_t,
	aead_t *this)
{
	return cipher.iv;
}

METHOD(aead_t, get_iv_gen, iv_gen_t*,
	aead_t *this)
{
	return &cipher.iv_gen;
}

METHOD(keymat_t, get_version, ike_version_t,
	keymat_t *this)
{
	return IKEV2;
}

METHOD(keymat_t, get_aead, aead_t*,
	keymat_t *this, bool in)
{
	ck_assert(!in);
	return mock.keyless ? NULL : &cipher.public;
}

METHOD(ike_sa_t, get_keymat, keymat_t*,
	ike_sa_t *this)
{
	return &mock.keymat;
}

METHOD(ike_sa_t, get_id, ike_sa_id_t*,
	ike_sa_t *this)
{
	return mock.id;
}

METHOD(ike_sa_t, get_ike_cfg, ike_cfg_t*,
	ike_sa_t *this)
{
	return NULL;
}

METHOD(ike_sa_t, get_my_host, host_t*,
	ike_sa_t *this)
{
	return mock.local;
}

METHOD(ike_sa_t, get_other_host, host_t*,
	ike_sa_t *this)
{
	return mock.remote;
}

METHOD(kernel_interface_t, bypass_socket, bool,
	kernel_interface_t *this, int fd, int family)
{
	return !mock.no_bypass;
}

METHOD(ike_sa_t, generate_message, status_t,
	ike_sa_t *this, message_t *message, packet_t **packet)
{
	status_t status;

	ck_assert(!message->is_encoded(message));
	message->set_ike_sa_id(message, mock.id);
	status = message->generate(message, &mock.keymat, packet);
	if (status == SUCCESS)
	{	/* as a listener has it done */
		chunk_free(&mock.first);
		mock.retransmission->sent(mock.retransmission, message);
	}
	return status;
}

/**
 * Note what is sent
 */
static void note(chunk_t data, const char *form)
{
	/* RFC 7296, 2.1: what has a message ID is that message, bit for bit */
	if (mock.first.len)
	{
		ck_assert(chunk_equals(mock.first, data));
	}
	else
	{
		mock.first = chunk_clone(data);
	}
	ck_assert_int_lt(strlen(mock.forms), sizeof(mock.forms) - 1);
	strcat(mock.forms, form);
}

METHOD(sender_t, send_, void,
	sender_t *this, packet_t *packet)
{
	note(packet->get_data(packet), "w");
	DESTROY_IF(mock.packet);
	mock.packet = packet;
}

/**
 * Stands in for the function, by --wrap
 */
bool __wrap_mobility_datagram_send_in_parts(host_t *source, host_t *destination,
											uint8_t dscp, chunk_t data)
{
	/* without marker */
	note(chunk_skip(data, source->get_port(source) == 500 ? 0 : 4), "p");
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

METHOD(rng_t, get_bytes, bool,
	rng_t *this, size_t len, uint8_t *buffer)
{
	memset(buffer, 0, len);
	return TRUE;
}

/**
 * Create something that fills the padding of ciphers
 */
static rng_t *create_rng(rng_quality_t quality)
{
	static rng_t rng;

	rng.get_bytes = _get_bytes;
	rng.destroy = (void*)nop;
	return &rng;
}

/**
 * Use other addresses, and ports
 */
static void set_path(char *local, char *remote, uint16_t port)
{
	DESTROY_IF(mock.path->local);
	DESTROY_IF(mock.path->remote);
	DESTROY_IF(mock.local);
	DESTROY_IF(mock.remote);
	mock.path->local = host_create_from_string(local, 0);
	mock.path->remote = host_create_from_string(remote, 0);
	mock.local = host_create_from_string(local, port);
	mock.remote = host_create_from_string(remote, port);
}

/**
 * Create the request that measures, with nothing in it
 */
static void create_request(void)
{
	DESTROY_IF(mock.request);
	mock.request = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	mock.request->set_exchange_type(mock.request, INFORMATIONAL);
	mock.request->set_message_id(mock.request, MID);
	mock.request->set_source(mock.request, mock.local->clone(mock.local));
	mock.request->set_destination(mock.request,
								  mock.remote->clone(mock.remote));
}

static void setup(void)
{
	mobility_netns_setup();
	mobility_netns_ip("link set lo mtu %d", MTU);
	fake_clock_start(1000);
	cipher.public = (aead_t){
		.encrypt = _encrypt,
		.get_block_size = _get_block_size,
		.get_icv_size = _get_icv_size,
		.get_iv_size = _get_iv_size,
		.get_iv_gen = _get_iv_gen,
	};
	cipher.iv_gen.get_iv = _get_iv;
	cipher.block = 1;
	cipher.icv = 16;
	cipher.iv = 8;
	cipher.fail = FALSE;
	memset(&mock, 0, sizeof(mock));
	mock.keymat.get_version = _get_version;
	mock.keymat.get_aead = _get_aead;
	mock.ike_sa.get_keymat = _get_keymat;
	mock.ike_sa.generate_message = _generate_message;
	mock.ike_sa.get_id = _get_id;
	mock.ike_sa.get_ike_cfg = _get_ike_cfg;
	mock.ike_sa.get_my_host = _get_my_host;
	mock.ike_sa.get_other_host = _get_other_host;
	mock.kernel.bypass_socket = _bypass_socket;
	mock.sender.send = _send_;
	mock.bus.log = mobility_suite_bus_log;
	mock.daemon = (daemon_t){
		.kernel = &mock.kernel,
		.sender = &mock.sender,
		.bus = &mock.bus,
	};
	charon = &mock.daemon;
	mock.candidates.is_pinned = _is_pinned;
	mock.candidates.limit = _limit;
	mock.candidates.pin = (void*)nop;
	mock.candidates.records = mobility_path_history_create();
	mock.pinned = TRUE;
	mock.rtnl.get = _get;
	mock.load.is_before = _is_before;
	mock.load.is_busy = _is_busy;
	mock.busy = mock.queued = FALSE;
	mock.id = ike_sa_id_create(IKEV2_MAJOR_VERSION, 1, 2, TRUE);
	lib->crypto->add_rng(lib->crypto, RNG_WEAK, "test", create_rng);
	INIT(mock.path,
		.ifname = "lo",
	);
	set_path("127.0.0.1", "127.0.0.2", 4500);
	mock.course = (mobility_course_t){
		.name = "home",
		.ike_sa = &mock.ike_sa,
		.candidates = &mock.candidates,
		.heading = { .path = mock.path },
	};
	mock.retransmission = mobility_retransmission_create(&mock.course,
											&mock.rtnl, &mock.load);
	pmtu = mobility_pmtu_create(&mock.course, mock.retransmission, &mock.load);
}

static void teardown(void)
{
	DESTROY_IF(mock.packet);
	DESTROY_IF(mock.request);
	chunk_free(&mock.first);
	free(pmtu);
	mock.retransmission->destroy(mock.retransmission);
	mock.candidates.records->destroy(mock.candidates.records);
	set_path("127.0.0.1", "127.0.0.1", 0);
	mobility_path_destroy(mock.path);
	mock.local->destroy(mock.local);
	mock.remote->destroy(mock.remote);
	mock.id->destroy(mock.id);
	lib->crypto->remove_rng(lib->crypto, create_rng);
	charon = NULL;
	fake_clock_stop();
	mobility_suite_teardown();
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
	ck_assert_str_eq(mock.forms, forms);
	mock.forms[0] = '\0';
}

/**
 * The request is built, encoded and sent. Returns FALSE if it is not one that
 * measures
 */
static bool sent(void)
{
	bool measures;

	create_request();
	pmtu->exchange.build(&pmtu->exchange, mock.request);
	measures = mock.request->is_encoded(mock.request);
	if (measures)
	{
		mock.retransmission->transmit(mock.retransmission);
	}
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

	answer = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	answer->set_source(answer, mock.remote->clone(mock.remote));
	answer->set_destination(answer, mock.local->clone(mock.local));
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
	cipher.block = 16;
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
	size_t size;

	ck_assert_int_eq(measure_hole("p", "wp"), 0);
	ck_assert(!is_due());
	ck_assert_int_eq(deadline(), 0);
	size = mock.packet->get_data(mock.packet).len + HEADERS;
	ck_assert_int_eq(size, MOBILITY_MTU_FLOOR);
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
	mock.course.heading.target = mock.path;
	ck_assert_int_eq(answered(), 0);
	mock.course.heading.target = NULL;
	ck_assert_int_eq(answered(), 0);
	ck_assert(sent());
	assert_forms("ww");
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
	cipher.fail = TRUE;
	ck_assert(!sent());
	ck_assert_int_eq(answered(), 0);
	cipher.fail = FALSE;
	/* nobody knows which one it is */
	mock.keyless = TRUE;
	ck_assert(!sent());
	ck_assert_int_eq(answered(), 0);
	mock.keyless = FALSE;
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
	size_t size;
	chunk_t data;
	host_t *host;

	cipher.block = cases[_i].block;
	cipher.icv = cases[_i].icv;
	cipher.iv = cases[_i].iv;
	set_path(cases[_i].local, cases[_i].remote, cases[_i].port);
	try_parts();
	ck_assert(sent());
	assert_forms("w");
	/* stock's IV, once */
	ck_assert_int_eq(cipher.seq, (uint64_t)MID << 32);

	/* as large as fits */
	data = mock.packet->get_data(mock.packet);
	size = data.len + cases[_i].headers;
	ck_assert_int_le(size, MTU);
	ck_assert_int_gt(size + cipher.block, MTU);
	host = mock.packet->get_source(mock.packet);
	ck_assert(host->equals(host, mock.local));
	host = mock.packet->get_destination(mock.packet);
	ck_assert(host->equals(host, mock.remote));
	/* message ID and exchange type */
	ck_assert_int_eq(untoh32(data.ptr + 20), MID);
	ck_assert_int_eq(data.ptr[18], INFORMATIONAL);
	/* the notify, not encrypted as the cipher does nothing */
	data = chunk_skip(data, 28 + 4 + cipher.iv);
	ck_assert_int_eq(untoh16(data.ptr + 6), MOBILITY_NOTIFY_PADDING);
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
