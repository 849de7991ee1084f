/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_netns.h"

#include "net/datagram.h"

#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <unistd.h>

#include <daemon.h>

/** DSCP of what is sent */
#define DSCP 46

/** length of an Ethernet header */
#define LINK_HEADER 14

static kernel_interface_t kernel;
static bus_t bus;
static daemon_t mock;

/** the kernel refuses to send by other ways than those of policies */
static bool refuses;

METHOD(kernel_interface_t, bypass_socket, bool,
	kernel_interface_t *this, int fd, int family)
{
	return !refuses;
}

static void setup(void)
{
	mobility_netns_setup();
	kernel.bypass_socket = _bypass_socket;
	refuses = FALSE;
	bus.log = mobility_suite_bus_log;
	mock.kernel = &kernel;
	mock.bus = &bus;
	charon = &mock;
}

static void teardown(void)
{
	charon = NULL;
	mobility_suite_teardown();
}

/**
 * Open a socket that gets all packets on the loopback interface
 */
static int listen_to_packets(void)
{
	int fd;

	fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	ck_assert_int_ge(fd, 0);
	return fd;
}

/**
 * Check the packets that were sent, returns their number
 */
static int check_packets(int fd, int family)
{
	uint8_t buf[65536];
	struct sockaddr_ll from;
	socklen_t len;
	ssize_t size;
	int count = 0, dscp;

	while (TRUE)
	{
		len = sizeof(from);
		size = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT,
						(struct sockaddr*)&from, &len);
		if (size < 0)
		{
			break;
		}
		if (from.sll_pkttype != PACKET_OUTGOING)
		{
			continue;
		}
		count++;
		ck_assert_int_le(size - LINK_HEADER, MOBILITY_MTU_FLOOR);
		if (family == AF_INET)
		{
			dscp = buf[LINK_HEADER + 1] >> 2;
			/* routers may make parts of the parts */
			ck_assert_int_eq(untoh16(buf + LINK_HEADER + 6) & IP_DF, 0);
		}
		else
		{
			dscp = untoh16(buf + LINK_HEADER) >> 6 & 0x3f;
		}
		ck_assert_int_eq(dscp, DSCP);
	}
	return count;
}

/**
 * Check that a datagram of some size arrives as it is, from where it comes
 */
static void check(char *from, char *to, size_t size, int packets)
{
	host_t *source, *destination, *host;
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	struct pollfd pfd = { .events = POLLIN };
	uint8_t buf[65536];
	chunk_t data;
	int family, fd, i;

	source = host_create_from_string(from, 4501);
	destination = host_create_from_string(to, 4502);
	family = source->get_family(source);
	data = chunk_alloc(size);
	for (i = 0; i < size; i++)
	{
		data.ptr[i] = random();
	}
	pfd.fd = socket(family, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(pfd.fd, destination->get_sockaddr(destination),
						  *destination->get_sockaddr_len(destination)), 0);
	fd = listen_to_packets();

	ck_assert(mobility_datagram_send_in_parts(source, destination, DSCP, data));
	ck_assert_int_eq(poll(&pfd, 1, MOBILITY_NETNS_TIMEOUT), 1);
	ck_assert_int_eq(recvfrom(pfd.fd, buf, sizeof(buf), 0,
							  (struct sockaddr*)&addr, &len), size);
	ck_assert(memeq(buf, data.ptr, size));
	host = host_create_from_sockaddr((struct sockaddr*)&addr);
	ck_assert(host->equals(host, source));
	ck_assert_int_eq(check_packets(fd, family), packets);

	host->destroy(host);
	close(fd);
	close(pfd.fd);
	chunk_free(&data);
	source->destroy(source);
	destination->destroy(destination);
}

START_TEST(test_arrives)
{
	static char *paths[][2] = {
		{ "127.0.0.1", "127.0.0.2" },
		{ "::1", "::1" },
	};
	char *from = paths[_i][0], *to = paths[_i][1];
	int i;

	check(from, to, 9, 2);
	check(from, to, 1000, 2);
	check(from, to, 1001, 2);
	check(from, to, 1252, 2);
	check(from, to, 1472, 2);
	/* two of the largest parts, and one byte more */
	check(from, to, 2456, 2);
	check(from, to, 2457, 3);
	check(from, to, 9000, 8);
	for (i = 9; i < 64; i++)
	{
		check(from, to, i, 2);
	}
}
END_TEST

/**
 * A path that takes no other packets
 */
START_TEST(test_least)
{
	mobility_netns_ip("link set lo mtu %d", MOBILITY_MTU_FLOOR);
	check("127.0.0.1", "127.0.0.2", 9000, 8);
	check("::1", "::1", 9000, 8);
}
END_TEST

/**
 * With a mark, which says where it goes, in one packet
 */
START_TEST(test_marked)
{
	static char *ends[][2] = {
		{ "127.0.0.1", "127.0.0.2" },
		{ "::1", "::1" },
		{ "10.9.0.1", "10.9.0.2" },
		{ "fd09::1", "fd09::2" },
	};
	chunk_t data = chunk_from_chars(1, 2, 3, 4, 5);
	struct pollfd pfd = { .events = POLLIN };
	host_t *source, *destination;
	uint8_t buf[64];

	mobility_netns_link("eth0");
	mobility_netns_ip("addr add 10.9.0.1/24 dev eth0");
	mobility_netns_ip("addr add fd09::1/64 dev eth0 nodad");
	mobility_netns_ip("rule add fwmark 7 unreachable");
	mobility_netns_ip("-6 rule add fwmark 7 unreachable");
	source = host_create_from_string(ends[_i][0], 4501);
	destination = host_create_from_string(ends[_i][1], 4502);
	if (_i < 2)
	{
		pfd.fd = socket(source->get_family(source), SOCK_DGRAM, 0);
		ck_assert_int_eq(bind(pfd.fd, destination->get_sockaddr(destination),
						*destination->get_sockaddr_len(destination)), 0);
		ck_assert(mobility_datagram_send_marked(source, destination, DSCP, 7,
												data));
		ck_assert_int_eq(poll(&pfd, 1, MOBILITY_NETNS_TIMEOUT), 1);
		ck_assert_int_eq(recv(pfd.fd, buf, sizeof(buf), 0), data.len);
		ck_assert(memeq(buf, data.ptr, data.len));
		close(pfd.fd);
	}
	else
	{
		ck_assert(!mobility_datagram_send_marked(source, destination, DSCP, 7,
												 data));
		ck_assert(mobility_datagram_send_marked(source, destination, DSCP, 8,
												data));
	}
	source->destroy(source);
	destination->destroy(destination);
}
END_TEST

START_TEST(test_fails)
{
	host_t *source, *other, *destination;
	chunk_t data = chunk_from_chars(1, 2, 3, 4, 5, 6, 7, 8, 9);

	source = host_create_from_string("127.0.0.1", 4500);
	other = host_create_from_string("192.0.2.1", 4500);
	destination = host_create_from_string("192.0.2.2", 4500);
	/* an address we do not have, and no route */
	ck_assert(!mobility_datagram_send_in_parts(other, source, 0, data));
	ck_assert(!mobility_datagram_send_in_parts(source, destination, 0, data));
	ck_assert(mobility_datagram_send_in_parts(source, source, 0, data));
	refuses = TRUE;
	ck_assert(!mobility_datagram_send_in_parts(source, source, 0, data));
	source->destroy(source);
	other->destroy(other);
	destination->destroy(destination);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("datagram");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup, teardown);
	if (mobility_netns_available())
	{
		tcase_add_loop_test(tc, test_arrives, 0, 2);
		tcase_add_test(tc, test_least);
	tcase_add_loop_test(tc, test_marked, 0, 4);
		tcase_add_test(tc, test_fails);
	}
	suite_add_tcase(s, tc);
	return s;
}
