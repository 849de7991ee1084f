/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "esp_fixture.h"
#include "fake_clock.h"
#include "fake_kernel.h"
#include "mock_child.h"
#include "mock_xfrm.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <linux/ip.h>

#include "esp/sleepers.h"
#include "esp/lifetimes.h"

#include <threading/mutex.h>
#include <threading/thread.h>

/** addresses of the IKE_SA */
#define LOCAL "10.0.0.1"
#define PEER "10.0.0.9"
#define NEW_PEER "10.0.1.9"

/** sessions, CHILD_SAs of the first one */
#define SESSION 7
#define CHILDREN 2

/** now, and how long sessions sleep at most, in ms */
#define BEGIN 1000000
#define OUTAGE 1800000

/** limits of SAs, and how old they are, in seconds */
#define SOFT 3300
#define HARD 3960
#define AGE 3000

static mobility_sleepers_t *sleepers;

/** the kernel, of which one half keeps SAs and policies, and the other one knows
 * what has come */
static mobility_xfrm_t kernel;

/** requests of threads are answered one after the other, as by a socket */
static mutex_t *requests;

static mock_parent_t ike;
static mock_child_t children[CHILDREN];

/** who was told last that ESP has come, and how often anybody was */
static uint32_t last;
static int told;
static mutex_t *mutex;

/** policies that dropped something then */
static int muted;

/**
 * Count policies that drop something
 */
static int count_blocks(void)
{
	int i, count = 0;

	for (i = 0; i < fake_kernel.policy_count; i++)
	{
		count += fake_kernel.policies[i].info.action == XFRM_POLICY_BLOCK;
	}
	return count;
}

/**
 * ESP has come, a mobility_sleepers_cb_t
 */
static void on_esp(void *data, uint32_t number)
{
	mutex->lock(mutex);
	last = number;
	told++;
	muted = count_blocks();
	mutex->unlock(mutex);
}

/**
 * Get how often ESP was told of
 */
static int get_told(void)
{
	int result;

	mutex->lock(mutex);
	result = told;
	mutex->unlock(mutex);
	return result;
}

/**
 * Get the inbound SA of a tunnel
 */
static mobility_sa_id_t in(uint32_t spi)
{
	return mock_xfrm_id(LOCAL, spi);
}

/**
 * Get the SPI of the outbound SA that goes with an inbound one
 */
static uint32_t out(uint32_t spi)
{
	return spi + 0x1000;
}

/**
 * Add an SA to that half of the kernel that keeps them
 */
static void add_sa(host_t *src, host_t *dst, uint32_t spi)
{
	struct xfrm_usersa_info *info = &fake_kernel.sas[0].info;

	fake_kernel_add_sa(src, dst, htonl(spi), 1, FALSE);
	info->lft.soft_add_expires_seconds = SOFT;
	info->lft.hard_add_expires_seconds = HARD;
	info->curlft.add_time = time(NULL) - AGE;
}

/**
 * Prepare a CHILD_SA with an SPI
 */
static void init_child(mock_child_t *child, uint32_t spi)
{
	mock_child_init(child);
	child->spi_in = htonl(spi);
	child->spi_out = htonl(out(spi));
	mock_xfrm_add(in(spi));
}

/**
 * Add a CHILD_SA with SAs and a policy
 */
static void add_child(int i)
{
	mobility_xfrm_move_t move = {
		.dir = POLICY_OUT,
		.reqid = 1,
		.src = ike.me,
		.dst = ike.other,
	};
	mock_child_t *child = &children[i];

	init_child(child, i + 1);
	add_sa(ike.other, ike.me, i + 1);
	add_sa(ike.me, ike.other, out(i + 1));
	child->mine[0] = traffic_selector_create_from_cidr("10.2.0.0/16", 0, 0,
													   65535);
	child->others[0] = traffic_selector_create_from_cidr(i ? "10.3.0.2/32" :
													"10.3.0.1/32", 0, 0, 65535);
	move.src_ts = child->mine[0];
	move.dst_ts = child->others[0];
	fake_kernel_add_policy(&move);
	array_insert(ike.children, ARRAY_TAIL, &child->public);
}

METHOD(mobility_xfrm_t, request, int,
	mobility_xfrm_t *this, struct nlmsghdr *nlh, mobility_nlsocket_cb_t cb,
	void *data)
{
	mobility_xfrm_t *keeper;
	int error;

	requests->lock(requests);
	keeper = fake_kernel_create_xfrm();
	error = keeper->request(keeper, nlh, cb, data);
	requests->unlock(requests);
	return error;
}

/**
 * Prepare who is told
 */
static void prepare(void)
{
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	told = 0;
	last = 0;
}

static void setup(void)
{
	int i;

	mobility_suite_setup();
	fake_clock_start(BEGIN);
	prepare();
	memset(&fake_kernel, 0, sizeof(fake_kernel));
	mock_xfrm_setup();
	requests = mutex_create(MUTEX_TYPE_DEFAULT);
	kernel = *mock_xfrm_create();
	kernel.request = _request;
	mock_parent_init(&ike, LOCAL, PEER);
	for (i = 0; i < CHILDREN; i++)
	{
		add_child(i);
	}
	sleepers = mobility_sleepers_create(&kernel, mock_xfrm_create_events(),
										on_esp, NULL);
	ck_assert(sleepers);
}

static void teardown(void)
{
	int i;

	sleepers->destroy(sleepers);
	ck_assert_int_eq(count_blocks(), 0);
	for (i = 0; i < CHILDREN; i++)
	{
		children[i].mine[0]->destroy(children[i].mine[0]);
		children[i].others[0]->destroy(children[i].others[0]);
	}
	mock_parent_deinit(&ike);
	mock_xfrm_teardown();
	requests->destroy(requests);
	mutex->destroy(mutex);
	fake_clock_stop();
	mobility_suite_teardown();
}

/**
 * Ask if ESP has come
 */
static bool has_come(void)
{
	return sleepers->has_come(sleepers, &ike.public, SESSION);
}

/**
 * Have the session sleep
 */
static void go_to_sleep(void)
{
	sleepers->sleep(sleepers, &ike.public, SESSION, BEGIN + OUTAGE);
}

/**
 * Wake it
 */
static void wake(bool returned)
{
	sleepers->wake(sleepers, &ike.public, SESSION, returned);
}

/**
 * Have what comes in told
 */
static void run(void)
{
	while (mock_xfrm_run());
}

/**
 * Check the limits of all SAs, a few seconds may have passed
 */
static void assert_limits(uint64_t soft, uint64_t hard)
{
	struct xfrm_lifetime_cfg *lft;
	int i;

	for (i = 0; i < fake_kernel.sa_count; i++)
	{
		lft = &fake_kernel.sas[i].info.lft;
		mobility_assert(lft->soft_add_expires_seconds >= soft &&
						lft->soft_add_expires_seconds <= soft + 20);
		mobility_assert(lft->hard_add_expires_seconds >= hard &&
						lft->hard_add_expires_seconds <= hard + 20);
	}
}

START_TEST(test_has_come)
{
	ck_assert(!has_come());
	ck_assert(!has_come());
	mock_xfrm_receive(in(1 + _i), 1, 0);
	ck_assert(has_come());
	ck_assert(!has_come());
	/* what has left is none */
	mock_xfrm_add(mock_xfrm_id(PEER, out(1)));
	mock_xfrm_send(mock_xfrm_id(PEER, out(1)), 3);
	ck_assert(!has_come());
	/* nor are those packets that came before the first question */
	wake(TRUE);
	mock_xfrm_receive(in(1), 1, 0);
	ck_assert(!has_come());
	/* nobody has listened so far, nor has anything changed */
	ck_assert_int_eq(mock_xfrm_filter(), -2);
	assert_limits(SOFT, HARD);
	/* what the kernel has not is no proof */
	mock_xfrm_del(in(1));
	mock_xfrm_del(in(2));
	ck_assert(!has_come());
	wake(TRUE);
}
END_TEST

START_TEST(test_told)
{
	mock_xfrm_receive(in(1), 3, 0);
	has_come();
	go_to_sleep();
	ck_assert_int_eq(mock_xfrm_filter(), -1);
	run();
	ck_assert_int_eq(get_told(), 0);
	/* the first packet is told, even before it is the session's turn, and later
	 * ones are not */
	mock_xfrm_receive(in(1 + _i), 1, 0);
	run();
	ck_assert_int_eq(get_told(), 1);
	ck_assert_int_eq(last, SESSION);
	mock_xfrm_receive(in(1 + _i), 1, 0);
	ck_assert(!mock_xfrm_run());
	ck_assert_int_eq(get_told(), 1);
	ck_assert(has_come());
	wake(TRUE);
	ck_assert_int_eq(mock_xfrm_filter(), -2);
	/* once more */
	go_to_sleep();
	mock_xfrm_receive(in(1 + _i), 1, 0);
	run();
	ck_assert_int_eq(get_told(), 2);
	wake(TRUE);
}
END_TEST

START_TEST(test_just_then)
{
	/* between question and sleep */
	has_come();
	mock_xfrm_receive(in(1), 1, 0);
	go_to_sleep();
	ck_assert_int_eq(get_told(), 1);
	ck_assert(has_come());
	wake(TRUE);
	/* without a question: what has come before does not count */
	go_to_sleep();
	run();
	ck_assert_int_eq(get_told(), 1);
	wake(FALSE);
}
END_TEST

START_TEST(test_lifetimes)
{
	uint64_t asleep = AGE + OUTAGE / 1000 + 60;

	go_to_sleep();
	assert_limits(asleep - 1, asleep);
	/* the end is another one, or there is none */
	sleepers->sleep(sleepers, &ike.public, SESSION, BEGIN + 2 * OUTAGE);
	asleep += OUTAGE / 1000;
	assert_limits(asleep - 1, asleep);
	sleepers->sleep(sleepers, &ike.public, SESSION, 0);
	assert_limits(0, 0);
	wake(_i);
	assert_limits(SOFT, HARD);
	/* it is over, and so is what was there to remember */
	sleepers->sleep(sleepers, &ike.public, SESSION, BEGIN - 1);
	assert_limits(HARD - 1, HARD);
	sleepers->end(sleepers, SESSION);
	wake(TRUE);
	assert_limits(HARD - 1, HARD);
}
END_TEST

START_TEST(test_over)
{
	int i;

	go_to_sleep();
	for (i = 0; i < fake_kernel.sa_count; i++)
	{
		fake_kernel.sas[i].info.curlft.add_time -= 1500;
	}
	wake(_i);
	assert_limits(SOFT, AGE + 1500 + (_i ? MOBILITY_LIFETIMES_GRACE
										  : MOBILITY_LIFETIMES_OVER));
}
END_TEST

START_TEST(test_one_soft)
{
	struct xfrm_lifetime_cfg *lft;
	int i;

	/* without jitter charon has only inbound SAs rekeyed */
	for (i = 0; i < fake_kernel.sa_count; i++)
	{
		lft = &fake_kernel.sas[i].info.lft;
		if (ntohl(fake_kernel.sas[i].info.id.spi) > CHILDREN || _i)
		{
			lft->soft_add_expires_seconds = 0;
		}
	}
	go_to_sleep();
	for (i = 0; i < fake_kernel.sa_count; i++)
	{
		fake_kernel.sas[i].info.curlft.add_time -= 1500;
	}
	wake(TRUE);
	for (i = 0; i < fake_kernel.sa_count; i++)
	{
		lft = &fake_kernel.sas[i].info.lft;
		ck_assert_int_eq(lft->hard_add_expires_seconds > HARD, !_i);
	}
}
END_TEST

START_TEST(test_moved)
{
	uint64_t asleep = AGE + OUTAGE / 1000 + 60;
	struct xfrm_usersa_info *info;
	mobility_ip_t ip;
	int i;

	/* it returns from elsewhere, its SAs are there already */
	go_to_sleep();
	ike.other->destroy(ike.other);
	ike.other = host_create_from_string(NEW_PEER, 4500);
	ip = mobility_ip_from_host(ike.other);
	for (i = 0; i < CHILDREN; i++)
	{
		info = &fake_kernel.sas[2 * i].info;
		ck_assert_int_eq(info->id.spi, children[CHILDREN - 1 - i].spi_out);
		memcpy(&info->id.daddr, ip.bytes, sizeof(ip.bytes));
	}
	assert_limits(asleep - 1, asleep);
	wake(TRUE);
	assert_limits(SOFT, HARD);
}
END_TEST

START_TEST(test_mute)
{
	go_to_sleep();
	ck_assert_int_eq(count_blocks(), 0);
	sleepers->mute(sleepers, &ike.public, SESSION);
	ck_assert_int_eq(count_blocks(), CHILDREN);
	if (_i == 0)
	{	/* packets leave again before anybody checks out an IKE_SA */
		mock_xfrm_receive(in(1), 1, 0);
		run();
		ck_assert_int_eq(get_told(), 1);
		ck_assert_int_eq(muted, 0);
	}
	else if (_i == 1)
	{
		wake(TRUE);
	}
	else
	{
		sleepers->end(sleepers, SESSION);
	}
	ck_assert_int_eq(count_blocks(), 0);
	sleepers->end(sleepers, SESSION);
}
END_TEST

START_TEST(test_gone)
{
	/* the kernel has deleted one, as it had too many bytes */
	go_to_sleep();
	mock_xfrm_del(in(1));
	fake_kernel_remove_sa(fake_kernel_find_sa(ike.me, htonl(1)));
	fake_kernel_remove_sa(fake_kernel_find_sa(ike.other, htonl(out(1))));
	array_remove(ike.children, ARRAY_HEAD, NULL);
	mobility_suite_log_start();
	wake(TRUE);
	ck_assert_str_eq(mobility_suite_log(), "");
	ck_assert_int_eq(mock_xfrm_filter(), -2);
	assert_limits(SOFT, HARD);
}
END_TEST

START_TEST(test_refused)
{
	int i;

	/* whatever fails is told once, and nothing else does */
	mobility_suite_log_start();
	fake_kernel.requests = 0;
	fake_kernel.faulty = _i;
	fake_kernel.fault = FAKE_FAULT_REFUSED;
	has_come();
	go_to_sleep();
	sleepers->mute(sleepers, &ike.public, SESSION);
	ck_assert_int_ge(fake_kernel.requests, _i);
	ck_assert(strstr(mobility_suite_log(), "Cannot allocate memory"));
	mock_xfrm_receive(in(1), 1, 0);
	run();
	ck_assert_int_eq(get_told(), 1);
	wake(TRUE);
	assert_limits(SOFT, HARD);

	/* nor is it told again and again */
	mock_xfrm_fail(EPERM);
	mobility_suite_log_start();
	for (i = 0; i < 3; i++)
	{
		has_come();
		go_to_sleep();
		wake(FALSE);
	}
	ck_assert(strstr(mobility_suite_log(), "not permitted"));
	ck_assert(!strstr(strstr(mobility_suite_log(), "not permitted") + 1,
					  "not permitted"));
	ck_assert_int_eq(mock_xfrm_filter(), -2);
}
END_TEST

START_TEST(test_strays)
{
	mobility_sa_id_t awake = mock_xfrm_id(LOCAL, 0x666);
	mobility_sa_id_t wanted = mock_xfrm_id(PEER, 0x667);

	mock_xfrm_add(awake);
	mock_xfrm_add(wanted);
	kernel.set_thresholds(&kernel, &wanted, 1, 0);
	go_to_sleep();
	/* one that is awake has events once */
	mock_xfrm_receive(awake, 5, 0);
	ck_assert(mock_xfrm_run());
	mock_xfrm_requests();
	mock_xfrm_receive(awake, 5, 0);
	ck_assert(!mock_xfrm_run());
	mock_xfrm_send(awake, 5);
	ck_assert(!mock_xfrm_run());
	ck_assert_int_eq(mock_xfrm_requests(), 0);
	/* but not if somebody has asked for them */
	mock_xfrm_send(wanted, 1);
	ck_assert(mock_xfrm_run());
	mock_xfrm_send(wanted, 1);
	ck_assert(mock_xfrm_run());
	ck_assert_int_eq(get_told(), 0);
	mock_xfrm_receive(in(2), 1, 0);
	run();
	ck_assert_int_eq(get_told(), 1);
	wake(TRUE);
}
END_TEST

START_TEST(test_many)
{
	mock_child_t *child, *all;
	uint32_t i, count = 1000;

	/* one of many is no work about the others */
	all = calloc(count, sizeof(*all));
	array_remove(ike.children, ARRAY_TAIL, NULL);
	for (i = 0; i < count; i++)
	{
		child = &all[i];
		init_child(child, 100 + i);
		array_remove(ike.children, ARRAY_TAIL, NULL);
		array_insert(ike.children, ARRAY_TAIL, &child->public);
		sleepers->sleep(sleepers, &ike.public, 100 + i, BEGIN + OUTAGE);
	}
	ck_assert(!mock_xfrm_run());
	mock_xfrm_requests();
	mock_xfrm_receive(in(600), 1, 0);
	run();
	ck_assert_int_eq(get_told(), 1);
	ck_assert_int_eq(last, 600);
	ck_assert_int_le(mock_xfrm_requests(), 2);
	for (i = 0; i < count; i++)
	{
		sleepers->end(sleepers, 100 + i);
	}
	ck_assert_int_eq(mock_xfrm_filter(), -2);
	free(all);
}
END_TEST

/**
 * A session that sleeps, is told of, and wakes, again and again
 */
static void *churn(void *data)
{
	uint32_t number = (uintptr_t)data;
	mock_parent_t parent;
	mock_child_t child;
	int i;

	mock_parent_init(&parent, LOCAL, PEER);
	init_child(&child, number);
	array_insert(parent.children, ARRAY_TAIL, &child.public);
	for (i = 0; i < 300; i++)
	{
		sleepers->has_come(sleepers, &parent.public, number);
		sleepers->sleep(sleepers, &parent.public, number, BEGIN + OUTAGE);
		mock_xfrm_receive(in(number), 1, 0);
		ck_assert(sleepers->has_come(sleepers, &parent.public, number));
		if (i % 3)
		{
			sleepers->wake(sleepers, &parent.public, number, i % 2);
		}
		else
		{
			sleepers->end(sleepers, number);
		}
	}
	mock_parent_deinit(&parent);
	return NULL;
}

START_TEST(test_threads)
{
	thread_t *threads[4];
	uintptr_t i;

	for (i = 0; i < countof(threads); i++)
	{
		threads[i] = thread_create(churn, (void*)(100 + i));
	}
	for (i = 0; i < 300; i++)
	{
		mock_xfrm_run();
	}
	for (i = 0; i < countof(threads); i++)
	{
		threads[i]->join(threads[i]);
	}
	run();
	ck_assert_int_eq(mock_xfrm_filter(), -2);
}
END_TEST

START_TEST(test_no_ipsec)
{
	ck_assert(!mobility_sleepers_create(NULL, NULL, on_esp, NULL));
	ck_assert(!mobility_sleepers_create(mock_xfrm_create(), NULL, on_esp,
										NULL));
	ck_assert(!mobility_sleepers_create(NULL, mock_xfrm_create_events(),
										on_esp, NULL));
}
END_TEST

/** requests to the real kernel */
static mobility_xfrm_t *xfrm;

static void setup_kernel(void)
{
	esp_setup();
	prepare();
	mock_parent_init(&ike, ESP_LOCAL, ESP_PEER);
	xfrm = mobility_xfrm_create();
	sleepers = mobility_sleepers_create(xfrm, mobility_xfrm_events_create(),
										on_esp, NULL);
}

static void teardown_kernel(void)
{
	sleepers->destroy(sleepers);
	xfrm->destroy(xfrm);
	mock_parent_deinit(&ike);
	mutex->destroy(mutex);
	esp_teardown();
}

/**
 * Open a socket that gets a copy of what comes in encrypted, and sends such
 */
static int open_raw(void)
{
	int fd, on = 1;

	fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ESP);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &on, sizeof(on)),
					 0);
	return fd;
}

/**
 * Have a copy of a packet come in, with another byte in it if it is damaged
 */
static void replay(int fd, char *packet, ssize_t len, bool damaged)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = inet_addr(ESP_LOCAL),
	};
	struct iphdr *header = (void*)packet;

	if (damaged)
	{	/* it would be the next one, but is not authentic */
		packet[4 * header->ihl + 7]++;
	}
	ck_assert_int_eq(sendto(fd, packet, len, 0, (struct sockaddr*)&to,
							sizeof(to)), len);
}

/**
 * Get a counter of errors
 */
static long get_errors(const char *name)
{
	char *output;
	long number;

	output = mobility_netns_output("sed -n 's/^%s[ \t]*//p' "
								   "/proc/net/xfrm_stat", name);
	number = atol(output);
	free(output);
	return number;
}

START_TEST(test_kernel)
{
	char packet[512];
	ssize_t len;
	long before;
	int fd;

	esp_add(ESP_PORT_A, 1, _i ? "replay-window 128 flag esn" :
								"replay-window 32");
	mock_child_init(&children[0]);
	children[0].spi_in = esp_in(1).spi;
	children[0].spi_out = esp_out(1).spi;
	array_insert(ike.children, ARRAY_TAIL, &children[0].public);
	fd = open_raw();
	ck_assert(!has_come());
	esp_send(ESP_PORT_A, ESP_ANSWER);
	mobility_netns_wait((len = recv(fd, packet, sizeof(packet),
									MSG_DONTWAIT)) > 0);
	mobility_netns_wait(has_come());
	sleepers->sleep(sleepers, &ike.public, SESSION, 0);

	/* neither an old packet nor a forged one is any */
	before = get_errors("XfrmInStateSeqError");
	replay(fd, packet, len, FALSE);
	mobility_netns_wait(get_errors("XfrmInStateSeqError") > before);
	before = get_errors("XfrmInStateProtoError");
	replay(fd, packet, len, TRUE);
	mobility_netns_wait(get_errors("XfrmInStateProtoError") > before);
	ck_assert(!has_come());
	ck_assert_int_eq(get_told(), 0);

	/* but the first that is new */
	esp_send(ESP_PORT_A, ESP_ANSWER);
	mobility_netns_wait(get_told() == 1);
	ck_assert_int_eq(last, SESSION);
	ck_assert(has_come());
	esp_send(ESP_PORT_A, ESP_ANSWER);
	mobility_netns_wait(has_come());
	ck_assert_int_eq(get_told(), 1);
	sleepers->wake(sleepers, &ike.public, SESSION, TRUE);
	close(fd);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("sleepers");

	tc = tcase_create("mocked");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, test_has_come, 0, CHILDREN);
	tcase_add_loop_test(tc, test_told, 0, CHILDREN);
	tcase_add_test(tc, test_just_then);
	tcase_add_loop_test(tc, test_lifetimes, 0, 2);
	tcase_add_loop_test(tc, test_over, 0, 2);
	tcase_add_loop_test(tc, test_one_soft, 0, 2);
	tcase_add_test(tc, test_moved);
	tcase_add_loop_test(tc, test_mute, 0, 3);
	tcase_add_test(tc, test_gone);
	tcase_add_loop_test(tc, test_refused, 1, 13);
	tcase_add_test(tc, test_strays);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_threads);
	tcase_add_test(tc, test_no_ipsec);
	suite_add_tcase(s, tc);

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup_kernel, teardown_kernel);
	tcase_set_timeout(tc, 120);
	if (esp_available())
	{
		tcase_add_loop_test(tc, test_kernel, 0, 2);
	}
	suite_add_tcase(s, tc);
	return s;
}
