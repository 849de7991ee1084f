/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_netns.h"

#include "ike/own_ports.h"
#include "ike/own_socket.h"
#include "ike/port_table.h"
#include "net/clock.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>
#include <netinet/in.h>

#include <daemon.h>
#include <threading/semaphore.h>

/** when it begins */
#define BEGIN 1000000ULL

/** An IKE message: SPIs, an encrypted payload, version, exchange, flags, message
 * ID, length. */
#define MARKER 0, 0, 0, 0
#define SPI 1, 2, 3, 4, 5, 6, 7, 8
#define NO_SPI 0, 0, 0, 0, 0, 0, 0, 0
#define REST(exchange, flags) 46, 0x20, exchange, flags, 0, 0, 0, 9, 0, 0, 0, 28

/** What is around the ports */
static struct {
	daemon_t daemon;
	bus_t bus;
	kernel_interface_t kernel;
	socket_manager_t socket;
	ike_sa_manager_t ike_sas;
	/** their timer, when it is set to, and what it calls */
	mobility_clock_t clock;
	uint64_t when;
	mobility_clock_cb_t cb;
	void *data;
	/** current time */
	uint64_t now;
	/** what charon can do */
	socket_family_t families;
	/** the kernel can't take ESP from sockets */
	bool no_decap;
	/** sockets that are open, which have UDP encapsulation */
	u_int decaps;
	/** packets that charon's sockets have sent */
	u_int sent;
	/** a message that charon got, posted for each */
	host_t *source, *destination;
	uint32_t mid;
	semaphore_t *got;
} m;

/** what is tested */
static mobility_own_ports_t *ports;

/** what the linker has called in place of these */
uint64_t __wrap_mobility_now(void);
mobility_clock_t *__wrap_mobility_clock_create(mobility_clock_cb_t cb,
											   void *data);

uint64_t __wrap_mobility_now(void)
{
	return m.now;
}

METHOD(mobility_clock_t, set, void,
	mobility_clock_t *this, uint64_t when)
{
	m.when = when;
}

mobility_clock_t *__wrap_mobility_clock_create(mobility_clock_cb_t cb,
											   void *data)
{
	m.cb = cb;
	m.data = data;
	return cb ? &m.clock : NULL;
}

METHOD(kernel_interface_t, enable_udp_decap, bool,
	kernel_interface_t *this, int fd, int family, uint16_t port)
{
	m.decaps++;
	return !m.no_decap;
}

METHOD(socket_manager_t, send_, status_t,
	socket_manager_t *this, packet_t *packet)
{
	m.sent++;
	return SUCCESS;
}

METHOD(socket_manager_t, supported_families, socket_family_t,
	socket_manager_t *this)
{
	return m.families;
}

METHOD(ike_sa_manager_t, checkout_by_message, ike_sa_t*,
	ike_sa_manager_t *this, message_t *message)
{
	host_t *host = message->get_source(message);

	m.source = host->clone(host);
	host = message->get_destination(message);
	m.destination = host->clone(host);
	m.mid = message->get_message_id(message);
	m.got->post(m.got);
	return NULL;
}

static void setup(void)
{
	mobility_netns_setup();
	memset(&m, 0, sizeof(m));
	m.now = BEGIN;
	m.families = SOCKET_FAMILY_BOTH;
	m.clock.set = _set;
	m.clock.destroy = (void*)nop;
	m.bus.log = mobility_suite_bus_log;
	m.kernel.bypass_socket = (void*)return_true;
	m.kernel.enable_udp_decap = _enable_udp_decap;
	m.socket.send = _send_;
	m.socket.supported_families = _supported_families;
	m.ike_sas.checkout_by_message = _checkout_by_message;
	m.daemon.bus = &m.bus;
	m.daemon.kernel = &m.kernel;
	m.daemon.socket = &m.socket;
	m.daemon.ike_sa_manager = &m.ike_sas;
	m.got = semaphore_create(0);
	charon = &m.daemon;
	lib->processor->set_threads(lib->processor, 3);
	ports = mobility_own_ports_create();
	ck_assert(ports);
}

static void teardown(void)
{
	ports->destroy(ports);
	ck_assert(m.socket.send == _send_);
	mobility_suite_end_threads();
	DESTROY_IF(m.source);
	DESTROY_IF(m.destination);
	m.got->destroy(m.got);
	charon = NULL;
	mobility_suite_teardown();
}

/**
 * Have charon send something from a port to another one of this host
 */
static status_t send_from(char *address, uint16_t port, uint16_t to,
						  uint8_t dscp)
{
	packet_t *packet;
	status_t status;

	packet = packet_create();
	packet->set_source(packet, host_create_from_string(address, port));
	packet->set_destination(packet, host_create_from_string(address, to));
	packet->set_data(packet, chunk_clone(chunk_from_str("hello")));
	packet->set_dscp(packet, dscp);
	status = m.socket.send(&m.socket, packet);
	packet->destroy(packet);
	return status;
}

/**
 * Open a socket as a peer has it, which gets the DSCP as well
 */
static int open_peer(char *address, uint16_t *port)
{
	struct sockaddr_storage storage;
	socklen_t len = sizeof(storage);
	int fd, on = 1;
	host_t *host;

	host = host_create_from_string(address, 0);
	fd = socket(host->get_family(host), SOCK_DGRAM, 0);
	ck_assert(fd != -1);
	ck_assert(!bind(fd, host->get_sockaddr(host),
					*host->get_sockaddr_len(host)));
	ck_assert(!setsockopt(fd, SOL_IP, IP_RECVTOS, &on, sizeof(on)));
	host->destroy(host);
	ck_assert(!getsockname(fd, (struct sockaddr*)&storage, &len));
	host = host_create_from_sockaddr((struct sockaddr*)&storage);
	*port = host->get_port(host);
	host->destroy(host);
	return fd;
}

/**
 * Receive something, and check where it is from
 */
static uint8_t receive_from(int fd, char *address, uint16_t port)
{
	struct sockaddr_storage storage;
	char buf[64], control[128];
	struct iovec iov = {
		.iov_base = buf,
		.iov_len = sizeof(buf),
	};
	struct msghdr msg = {
		.msg_name = &storage,
		.msg_namelen = sizeof(storage),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct pollfd pfd = {
		.fd = fd,
		.events = POLLIN,
	};
	struct cmsghdr *cmsg;
	host_t *expected, *from;

	ck_assert_int_eq(poll(&pfd, 1, MOBILITY_NETNS_TIMEOUT), 1);
	ck_assert_int_eq(recvmsg(fd, &msg, 0), 5);
	ck_assert(!memcmp(buf, "hello", 5));
	from = host_create_from_sockaddr((struct sockaddr*)&storage);
	expected = host_create_from_string(address, port);
	ck_assert(from->equals(from, expected));
	from->destroy(from);
	expected->destroy(expected);
	cmsg = CMSG_FIRSTHDR(&msg);
	return cmsg && cmsg->cmsg_level == SOL_IP ? *CMSG_DATA(cmsg) >> 2 : 0;
}

/** the addresses of a host */
static char *addresses[] = { "127.0.0.1", "::1" };

START_TEST(test_send)
{
	char *address = addresses[_i];
	uint16_t port, to;
	int fd;

	fd = open_peer(address, &to);
	/* as long as there are none nothing is in the way */
	ck_assert(m.socket.send == _send_);
	port = ports->get_spare(ports);
	ck_assert(port);
	ck_assert_uint_eq(m.decaps, 2);
	ck_assert_int_eq(send_from(address, port, to, 46), SUCCESS);
	ck_assert_uint_eq(receive_from(fd, address, port), _i ? 0 : 46);
	ck_assert_int_eq(send_from(address, port, to, 0), SUCCESS);
	ck_assert_uint_eq(receive_from(fd, address, port), 0);
	ck_assert_uint_eq(m.sent, 0);
	/* all else is charon's */
	ck_assert_int_eq(send_from(address, 4500, to, 0), SUCCESS);
	ck_assert_int_eq(send_from(address, 0, to, 0), SUCCESS);
	ck_assert_uint_eq(m.sent, 2);
	close(fd);
}
END_TEST

START_TEST(test_send_fails)
{
	uint16_t port = ports->get_spare(ports);

	/* not an address of this host */
	ck_assert_int_eq(send_from("192.0.2.1", port, 4500, 0), FAILED);
	ck_assert_uint_eq(m.sent, 0);
}
END_TEST

/**
 * Send something to a port, from another one of this host
 */
static void send_to(int fd, char *address, uint16_t port, chunk_t data)
{
	host_t *to = host_create_from_string(address, port);

	ck_assert_int_eq(sendto(fd, data.ptr, data.len, 0, to->get_sockaddr(to),
							*to->get_sockaddr_len(to)), data.len);
	to->destroy(to);
}

START_TEST(test_receive)
{
	char *address = addresses[_i];
	uint16_t port, from;
	chunk_t data;
	int fd;

	fd = open_peer(address, &from);
	port = ports->get_spare(ports);
	/* what is none of charon's business comes first */
	data = chunk_from_chars(SPI, REST(INFORMATIONAL, 0x20));
	send_to(fd, address, port, data);
	send_to(fd, address, port, chunk_from_chars(0xff));
	send_to(fd, address, port, chunk_from_chars(MARKER));
	data = chunk_from_chars(MARKER, SPI, NO_SPI, REST(IKE_SA_INIT, 0x08));
	send_to(fd, address, port, data);
	data = chunk_from_chars(MARKER, SPI, SPI, REST(INFORMATIONAL, 0x20));
	send_to(fd, address, port, data);
	m.got->wait(m.got);
	ck_assert_uint_eq(m.mid, 9);
	ck_assert_uint_eq(m.source->get_port(m.source), from);
	ck_assert_uint_eq(m.destination->get_port(m.destination), port);
	ck_assert(m.source->ip_equals(m.source, m.destination));
	close(fd);
}
END_TEST

START_TEST(test_expire)
{
	uint16_t port, other, to;
	int fd;

	fd = open_peer("127.0.0.1", &to);
	port = ports->get_spare(ports);
	ck_assert(ports->hold(ports, port));
	ck_assert_uint_eq(m.when, BEGIN + MOBILITY_PORT_LINGER);
	m.now += MOBILITY_PORT_FRESH;
	other = ports->get_spare(ports);
	ck_assert_uint_ne(port, other);
	ck_assert_uint_eq(m.when, m.now + MOBILITY_PORT_LINGER);
	m.now = m.when;
	m.cb(m.data, m.now);
	ck_assert_uint_eq(m.when, 0);
	ck_assert(!ports->hold(ports, other));
	/* charon says that it has no such port */
	send_from("127.0.0.1", other, to, 0);
	ck_assert_uint_eq(m.sent, 1);
	ck_assert_int_eq(send_from("127.0.0.1", port, to, 0), SUCCESS);
	receive_from(fd, "127.0.0.1", port);
	ports->release(ports, port);
	m.now = m.when;
	m.cb(m.data, m.now);
	ck_assert(!ports->hold(ports, port));
	close(fd);
}
END_TEST

START_TEST(test_families)
{
	uint16_t port, to;
	int fd;

	m.families = SOCKET_FAMILY_IPV4;
	fd = open_peer("127.0.0.1", &to);
	port = ports->get_spare(ports);
	ck_assert_uint_eq(m.decaps, 1);
	ck_assert_int_eq(send_from("127.0.0.1", port, to, 0), SUCCESS);
	receive_from(fd, "127.0.0.1", port);
	ck_assert_int_eq(send_from("::1", port, to, 0), FAILED);
	close(fd);
}
END_TEST

START_TEST(test_refused)
{
	m.no_decap = TRUE;
	mobility_suite_log_start();
	ck_assert_uint_eq(ports->get_spare(ports), 0);
	ck_assert(strstr(mobility_suite_log(), "unable to open another UDP port"));
	ck_assert(m.socket.send == _send_);
	m.no_decap = FALSE;
	ck_assert(ports->get_spare(ports));
}
END_TEST

START_TEST(test_no_families)
{
	m.families = SOCKET_FAMILY_NONE;
	ck_assert_uint_eq(ports->get_spare(ports), 0);
}
END_TEST

/**
 * Check what becomes of something that was received
 */
static void assert_strip(bool expected, chunk_t data)
{
	chunk_t copy = data;

	ck_assert(mobility_own_socket_strip(&data) == expected);
	if (expected)
	{
		copy = chunk_skip(copy, 4);
	}
	ck_assert(data.ptr == copy.ptr && data.len == copy.len);
}

/** the same as a chunk */
#define message(...) chunk_from_chars(__VA_ARGS__)

START_TEST(test_strip)
{
	chunk_t data, prefix;
	size_t len;

	assert_strip(TRUE, message(MARKER, SPI, SPI, REST(INFORMATIONAL, 0)));
	assert_strip(TRUE, message(MARKER, SPI, SPI, REST(CREATE_CHILD_SA, 0x28)));
	assert_strip(TRUE, message(MARKER, SPI, SPI, REST(IKE_AUTH, 0x20)));
	assert_strip(TRUE, message(MARKER, SPI, SPI, REST(IKE_SA_INIT, 0x20)));
	/* with a cookie */
	assert_strip(TRUE, message(MARKER, SPI, NO_SPI, REST(IKE_SA_INIT, 0x20)));
	assert_strip(FALSE, message(MARKER, SPI, NO_SPI, REST(IKE_SA_INIT, 0x08)));
	assert_strip(FALSE, message(MARKER, SPI, SPI, REST(IKE_SA_INIT, 0x08)));
	assert_strip(FALSE, message(MARKER, SPI, NO_SPI, REST(IKE_AUTH, 0x20)));
	assert_strip(FALSE, message(MARKER, NO_SPI, SPI, REST(IKE_AUTH, 0x20)));
	assert_strip(FALSE, message(1, 0, 0, 0, SPI, SPI, REST(IKE_AUTH, 0x20)));
	assert_strip(FALSE, message(SPI, SPI, REST(IKE_AUTH, 0x20)));
	/* another length, IKEv1 */
	assert_strip(FALSE, message(MARKER, SPI, SPI, REST(IKE_AUTH, 0x20), 0));
	data = message(MARKER, SPI, SPI, REST(IKE_AUTH, 0x20));
	data.ptr[4 + 17] = 0x10;
	assert_strip(FALSE, data);

	data = message(MARKER, SPI, SPI, REST(IKE_AUTH, 0x20));
	for (len = 0; len < data.len; len++)
	{	/* nothing behind it is read */
		prefix = chunk_clone(chunk_create(data.ptr, len));
		assert_strip(FALSE, prefix);
		chunk_free(&prefix);
	}
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("own ports");

	tc = tcase_create("strip");
	tcase_add_checked_fixture(tc, mobility_suite_setup,
							  mobility_suite_teardown);
	tcase_add_test(tc, test_strip);
	suite_add_tcase(s, tc);

	if (mobility_netns_available())
	{
		tc = tcase_create("sockets");
		tcase_add_checked_fixture(tc, setup, teardown);
		tcase_add_loop_test(tc, test_send, 0, countof(addresses));
		tcase_add_test(tc, test_send_fails);
		tcase_add_loop_test(tc, test_receive, 0, countof(addresses));
		tcase_add_test(tc, test_expire);
		tcase_add_test(tc, test_families);
		tcase_add_test(tc, test_refused);
		tcase_add_test(tc, test_no_families);
		suite_add_tcase(s, tc);
	}

	return s;
}
