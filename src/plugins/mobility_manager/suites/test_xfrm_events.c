/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp_fixture.h"

#include <poll.h>
#include <unistd.h>
#include <sys/socket.h>
#include <libmnl/libmnl.h>
#include <linux/xfrm.h>

#include "esp/xfrm_events.h"
#include "esp/path_health.h"

/** SPIs there are, from 1 on: the filter has every other one of them */
#define SPIS 2000

/**
 * The kernel runs the code of a filter for any socket that it is attached to:
 * this one gets what is sent to the other one
 */
static int ours, other;

/**
 * Check if a message about an SA gets through
 */
static bool passes(uint32_t spi)
{
	char buf[256] __attribute__((aligned(MNL_ALIGNTO)));
	struct xfrm_aevent_id *ae;
	struct nlmsghdr *nlh;

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = XFRM_MSG_NEWAE;
	ae = mnl_nlmsg_put_extra_header(nlh, sizeof(*ae));
	ae->sa_id.spi = htonl(spi);
	mobility_assert(send(other, nlh, nlh->nlmsg_len, 0) == nlh->nlmsg_len);
	return recv(ours, buf, sizeof(buf), MSG_DONTWAIT) > 0;
}

/**
 * Create SPIs in network order and in no order, spread over all there are
 */
static uint32_t *create_spis(u_int count)
{
	uint32_t *spis, stride = UINT32_MAX / SPIS;
	u_int i, j;

	spis = calloc(max(count, 1), sizeof(*spis));
	for (i = 0; i < count; i++)
	{
		/* 7 and count have no common divisor, or a few are left out */
		j = (uint64_t)i * 7 % max(count, 1);
		spis[i] = htonl((2 * j + 1) * stride);
	}
	return spis;
}

static void setup(void)
{
	int fds[2];

	mobility_suite_setup();
	ck_assert(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds) == 0);
	ours = fds[0];
	other = fds[1];
}

static void teardown(void)
{
	close(ours);
	close(other);
	mobility_suite_teardown();
}

START_TEST(test_filter)
{
	static const u_int counts[] = {
		1, 2, 7, 8, 9, 10, 11, 16, 17, 100, 255, 256, 257, 600, 999, 1000,
	};
	uint32_t *spis, spi;
	bool *wanted;
	u_int i;

	spis = create_spis(counts[_i]);
	wanted = calloc(SPIS + 2, sizeof(*wanted));
	for (i = 0; i < counts[_i]; i++)
	{
		wanted[ntohl(spis[i]) / (UINT32_MAX / SPIS)] = TRUE;
	}
	ck_assert(mobility_xfrm_events_attach(ours, spis, counts[_i]));
	for (i = 0; i < SPIS + 2; i++)
	{
		spi = i * (UINT32_MAX / SPIS);
		mobility_assert(passes(spi) == wanted[i]);
		mobility_assert(!passes(spi + 1));
	}
	/* all again */
	ck_assert(!mobility_xfrm_events_attach(ours, NULL, 0));
	ck_assert(passes(1));
	free(wanted);
	free(spis);
}
END_TEST

START_TEST(test_too_many)
{
	static const u_int counts[] = {
		1001, 2048, 4096, 32766, 32767, 32768, 40000, 65535, 65536, 200000,
	};
	uint32_t *spis;

	spis = create_spis(counts[_i]);
	/* what was wanted before does not count anymore */
	ck_assert(mobility_xfrm_events_attach(ours, spis, 1));
	ck_assert(!passes(1));
	ck_assert(!mobility_xfrm_events_attach(ours, spis, counts[_i]));
	ck_assert(passes(1));
	free(spis);
}
END_TEST

/**
 * An event that must not be, a mobility_xfrm_events_cb_t
 */
static void on_event(void *data, const mobility_sa_t *sa)
{
	ck_abort();
}

START_TEST(test_socket)
{
	mobility_xfrm_events_t *events;
	uint32_t spis[] = { htonl(3), htonl(1), htonl(2) };

	events = mobility_xfrm_events_create();
	ck_assert_int_eq(events->listen(events, TRUE), 0);
	ck_assert_int_eq(events->listen(events, TRUE), 0);
	events->filter(events, spis, countof(spis));
	ck_assert_int_eq(ntohl(spis[0]), 1);
	ck_assert_int_eq(ntohl(spis[2]), 3);
	ck_assert_int_ge(events->get_fd(events), 0);
	ck_assert(events->receive(events, on_event, NULL));
	events->filter(events, NULL, 0);
	ck_assert_int_eq(events->listen(events, FALSE), 0);
	ck_assert_int_eq(events->listen(events, FALSE), 0);
	events->destroy(events);
}
END_TEST

/**
 * What is received from the kernel
 */
typedef struct {
	/** events about the outbound SAs of two tunnels, but those somebody asked
	 * for */
	int a, b;
	/** events about others */
	int others;
	/** packets that had left by the last one about the second tunnel */
	uint64_t seq;
} seen_t;

/**
 * Get an event, a mobility_xfrm_events_cb_t
 */
static void on_kernel_event(void *data, const mobility_sa_t *sa)
{
	mobility_sa_id_t a = esp_out(1), b = esp_out(2);
	seen_t *seen = data;

	if (!(sa->flags & XFRM_AE_CU))
	{
		if (mobility_sa_id_equals(&sa->id, &a))
		{
			seen->a++;
		}
		else if (mobility_sa_id_equals(&sa->id, &b))
		{
			seen->b++;
			seen->seq = sa->oseq;
		}
		else
		{
			seen->others++;
		}
	}
}

/**
 * Read events that there are, or wait for some
 */
static void read_events(mobility_xfrm_events_t *events, seen_t *seen, bool wait)
{
	struct pollfd fd = {
		.fd = events->get_fd(events),
		.events = POLLIN,
	};

	if (wait)
	{
		ck_assert_int_eq(poll(&fd, 1, MOBILITY_NETNS_TIMEOUT), 1);
	}
	ck_assert(events->receive(events, on_kernel_event, seen));
}

/**
 * Read events until there was one more about one of the tunnels
 */
static void wait_event(mobility_xfrm_events_t *events, seen_t *seen,
					   int *counter)
{
	int before = *counter;

	while (*counter == before)
	{
		read_events(events, seen, TRUE);
	}
}

/**
 * Get counters of an SA
 */
static mobility_sa_t get_sa(mobility_xfrm_t *xfrm, mobility_sa_id_t id)
{
	mobility_sa_t sa;

	ck_assert_int_eq(xfrm->get_sa(xfrm, &id, &sa), 0);
	return sa;
}

/**
 * Set thresholds of an SA
 */
static void set_thresholds(mobility_xfrm_t *xfrm, mobility_sa_id_t id,
						   uint32_t seq, uint32_t age)
{
	ck_assert_int_eq(xfrm->set_thresholds(xfrm, &id, seq, age), 0);
}

/**
 * Have a packet leave, and an event about it
 */
static void send_first(mobility_xfrm_events_t *events, seen_t *seen, int port,
					   int *counter)
{
	esp_send(port, ESP_NO_ANSWER);
	wait_event(events, seen, counter);
}

START_TEST(test_thresholds)
{
	mobility_xfrm_events_t *events, *all;
	mobility_xfrm_t *xfrm;
	uint32_t out[] = { esp_out(1).spi, esp_out(2).spi };
	seen_t seen = {}, seen_all = {};
	uint64_t start;
	int i;

	esp_add(ESP_PORT_A, 1, "replay-window 32");
	esp_add(ESP_PORT_B, 2, _i ? "replay-window 128 flag esn" :
								"replay-window 32");
	xfrm = mobility_xfrm_create();
	events = mobility_xfrm_events_create();
	all = mobility_xfrm_events_create();
	ck_assert_int_eq(events->listen(events, TRUE), 0);
	ck_assert_int_eq(all->listen(all, TRUE), 0);
	events->filter(events, out, countof(out));

	/* with the thresholds it has at first the kernel has lots of them, but
	 * those of other SAs get dropped */
	for (i = 0; i < 100; i++)
	{
		esp_send(ESP_PORT_A, ESP_ANSWER);
	}
	while (seen_all.others < 40)
	{
		read_events(all, &seen_all, TRUE);
	}
	read_events(events, &seen, FALSE);
	ck_assert_int_ge(seen.a, 40);
	ck_assert_int_eq(seen.others, 0);

	/* with ours one every now and then, and none of inbound SAs */
	ck_assert_int_gt(get_sa(xfrm, esp_in(2)).threshold, MOBILITY_XFRM_WANTED);
	set_thresholds(xfrm, esp_in(2), 0, MOBILITY_XFRM_RARELY);
	ck_assert_int_eq(get_sa(xfrm, esp_in(2)).threshold, 0);
	set_thresholds(xfrm, esp_out(2), 1, MOBILITY_PATH_HEALTH_PERIOD);
	ck_assert_int_eq(get_sa(xfrm, esp_out(2)).threshold, MOBILITY_XFRM_WANTED);
	send_first(events, &seen, ESP_PORT_B, &seen.b);
	set_thresholds(xfrm, esp_out(2), 0, MOBILITY_PATH_HEALTH_PERIOD);
	start = mobility_netns_now();
	esp_send_until(ESP_PORT_B, ESP_ANSWER,
				   (read_events(events, &seen, FALSE), seen.b >= 11));
	ck_assert_int_ge(mobility_netns_now() - start + 100,
					 9 * MOBILITY_PATH_HEALTH_PERIOD);

	/* after a last one there is quiet, for as long as it takes until another
	 * SA has an event */
	i = get_sa(xfrm, esp_out(2)).oseq;
	while (seen.seq != i)
	{
		wait_event(events, &seen, &seen.b);
	}
	set_thresholds(xfrm, esp_out(1), 1, 3 * MOBILITY_PATH_HEALTH_PERIOD);
	send_first(events, &seen, ESP_PORT_A, &seen.a);
	set_thresholds(xfrm, esp_out(1), 0, 3 * MOBILITY_PATH_HEALTH_PERIOD);
	read_events(events, &seen, FALSE);
	seen.b = 0;
	send_first(events, &seen, ESP_PORT_A, &seen.a);
	ck_assert_int_eq(seen.b, 0);
	/* then the first packet makes one at once, before the period is over */
	send_first(events, &seen, ESP_PORT_B, &seen.b);
	ck_assert_int_eq(seen.b, 1);
	ck_assert_int_eq(seen.seq, i + 1);

	/* those of an SA that nobody wants anymore are dropped */
	read_events(all, &seen_all, FALSE);
	events->filter(events, out, 1);
	set_thresholds(xfrm, esp_out(2), 1, MOBILITY_PATH_HEALTH_PERIOD);
	seen.b = seen_all.b = 0;
	send_first(all, &seen_all, ESP_PORT_B, &seen_all.b);
	read_events(events, &seen, FALSE);
	ck_assert_int_eq(seen.b, 0);
	/* and all if nobody listens */
	events->filter(events, NULL, 0);
	send_first(events, &seen, ESP_PORT_B, &seen.b);
	ck_assert_int_eq(events->listen(events, FALSE), 0);
	read_events(events, &seen, FALSE);
	read_events(all, &seen_all, FALSE);
	seen.b = 0;
	send_first(all, &seen_all, ESP_PORT_B, &seen_all.b);
	read_events(events, &seen, FALSE);
	ck_assert_int_eq(seen.b, 0);
	events->destroy(events);
	all->destroy(all);
	xfrm->destroy(xfrm);
}
END_TEST

START_TEST(test_overrun)
{
	mobility_xfrm_events_t *events;
	seen_t seen = {};
	int i;

	events = mobility_xfrm_events_create();
	ck_assert_int_eq(events->listen(events, TRUE), 0);
	esp_add(ESP_PORT_B, 2, "");
	for (i = 0; i < 10; i++)
	{
		esp_send(ESP_PORT_B, ESP_NO_ANSWER);
	}
	wait_event(events, &seen, &seen.b);
	ck_assert_int_eq(seen.b, 5);

	/* events that are lost are noticed */
	for (i = 0; i < 10000; i++)
	{
		esp_send(ESP_PORT_B, ESP_NO_ANSWER);
	}
	ck_assert(!events->receive(events, on_kernel_event, &seen));
	do
	{
		seen.b = 0;
		ck_assert(events->receive(events, on_kernel_event, &seen));
	}
	while (seen.b);
	events->destroy(events);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("aevents");

	tc = tcase_create("filter");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_filter, 0, 16);
	tcase_add_loop_test(tc, test_too_many, 0, 10);
	suite_add_tcase(s, tc);

	tc = tcase_create("socket");
	tcase_add_checked_fixture(tc, mobility_netns_setup,
							  mobility_suite_teardown);
	if (mobility_netns_available())
	{
		tcase_add_test(tc, test_socket);
	}
	suite_add_tcase(s, tc);

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, esp_setup, esp_teardown);
	tcase_set_timeout(tc, 120);
	if (esp_available())
	{
		tcase_add_loop_test(tc, test_thresholds, 0, 2);
		tcase_add_test(tc, test_overrun);
	}
	suite_add_tcase(s, tc);
	return s;
}
