/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_netns.h"

#include <stdio.h>
#include <linux/rtnetlink.h>

#include "esp/vip_marks.h"
#include "net/link.h"

/** virtual IPs */
#define VIP "10.3.0.1"
#define VIP6 "fec3::1"

/** socket for requests */
static mobility_rtnl_t *rtnl;

/**
 * Mark an address
 */
static void mark(char *ip)
{
	host_t *host = host_create_from_string(ip, 0);

	mobility_vip_marks_set(rtnl, host);
	host->destroy(host);
}

/**
 * Count what is marked, a mobility_nlsocket_cb_t
 */
static void count(void *data, const struct nlmsghdr *nlh)
{
	mobility_addr_t addr;
	int ifindex;

	if (mobility_addr_parse(nlh, &ifindex, &addr) && addr.own)
	{
		(*(u_int*)data)++;
	}
}

/**
 * Get the number of addresses that are marked
 */
static u_int get_marked(void)
{
	u_int marked = 0;

	ck_assert_int_eq(rtnl->dump(rtnl, RTM_GETADDR, AF_UNSPEC, RTPROT_UNSPEC,
								count, &marked), 0);
	return marked;
}

/**
 * Check if there is an address
 */
static bool has(const char *address)
{
	return mobility_netns_run("ip -o address | grep -q ' %s '", address);
}

/**
 * Get all addresses and what follows from them, but for the metric, and what IPv6
 * ones keep of the request
 */
static char *get_all(void)
{
	return mobility_netns_output("(ip address; ip route show table all; "
								 "ip -6 route show table all) | "
								 "sed -E 's/ autojoin| metric [0-9]+//g'");
}

/**
 * Check if the kernel can mark addresses, if not says so, as tests are left out
 */
static bool is_able(void)
{
	mobility_netns_ip("address add 192.0.2.1/32 dev lo");
	mark("192.0.2.1");
	if (get_marked())
	{
		mobility_netns_ip("address delete 192.0.2.1/32 dev lo");
		return TRUE;
	}
	fprintf(stderr, "# the kernel has no metrics of addresses (Linux 4.18): "
			"tests that need them are left out\n");
	return FALSE;
}

START_TEST(test_sweep)
{
	/* what charon adds, and what others have */
	mobility_netns_ip("address add " VIP "/32 dev lo");
	mobility_netns_ip("address add " VIP6 "/128 dev lo nodad");
	mobility_netns_ip("address add 10.3.0.2/32 dev lo");
	mobility_netns_ip("address add fec3::2/128 dev lo nodad");
	mark(VIP);
	mark(VIP6);
	/* another IKE_SA has it as well */
	mark(VIP);
	if (!is_able())
	{
		return;
	}
	ck_assert_uint_eq(get_marked(), 2);

	mobility_suite_log_start();
	mobility_vip_marks_sweep(rtnl);
	ck_assert_str_eq(mobility_suite_log(), "mobility: removed 2 virtual IPs "
					 "that were left behind\n");
	ck_assert_uint_eq(get_marked(), 0);
	ck_assert(!has(VIP "/32"));
	ck_assert(!has(VIP6 "/128"));
	ck_assert(has("10.3.0.2/32"));
	ck_assert(has("fec3::2/128"));

	mobility_suite_log_start();
	mobility_vip_marks_sweep(rtnl);
	ck_assert_str_eq(mobility_suite_log(), "");
}
END_TEST

START_TEST(test_unchanged)
{
	char *before, *after;

	if (!is_able())
	{
		return;
	}
	mobility_netns_ip("address add " VIP "/32 dev lo label lo:vpn metric 7");
	mobility_netns_ip("address add 10.3.0.2/32 dev lo scope link");
	mobility_netns_ip("address add " VIP6 "/128 dev lo nodad metric 7");
	/* as charon does if it can't set labels */
	mobility_netns_ip("address add fec3::2/128 dev lo nodad preferred_lft 0");
	before = get_all();
	mark(VIP);
	mark("10.3.0.2");
	mark(VIP6);
	mark("fec3::2");
	ck_assert_uint_eq(get_marked(), 4);
	after = get_all();
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	/* as charon does that, without a word about the mark */
	mobility_netns_ip("address delete " VIP "/32 dev lo");
	mobility_netns_ip("address delete " VIP6 "/128 dev lo");
	ck_assert_uint_eq(get_marked(), 2);
}
END_TEST

/**
 * Implements mobility_rtnl_t.request(): somebody is faster
 */
static int request_late(mobility_rtnl_t *this, struct nlmsghdr *nlh)
{
	mobility_netns_ip("address flush dev lo");
	return rtnl->request(rtnl, nlh);
}

/**
 * Implements mobility_rtnl_t.dump()
 */
static int dump(mobility_rtnl_t *this, uint16_t type, int family,
				uint8_t protocol, mobility_nlsocket_cb_t cb, void *data)
{
	return rtnl->dump(rtnl, type, family, protocol, cb, data);
}

START_TEST(test_gone)
{
	mobility_rtnl_t late = {
		.dump = dump,
		.request = request_late,
	};
	char *vip = _i ? VIP6 : VIP;
	host_t *host;

	/* was never there */
	mark(vip);
	ck_assert(!mobility_netns_run("ip -o address | grep -q '%s'", vip));
	/* goes when it was found */
	mobility_netns_ip("address add %s/%d dev lo", vip, _i ? 128 : 32);
	host = host_create_from_string(vip, 0);
	mobility_vip_marks_set(&late, host);
	host->destroy(host);
	ck_assert(!mobility_netns_run("ip -o address | grep -q '%s'", vip));
}
END_TEST

START_TEST(test_not_ours)
{
	if (!is_able())
	{
		return;
	}
	/* with the address of a network that the host is in */
	mobility_netns_ip("address add 10.3.1.1/24 dev lo");
	mark("10.3.1.1");
	mobility_netns_ip("address add fec3:1::1/64 dev lo nodad");
	mark("fec3:1::1");
	/* there are several, as with two interfaces */
	mobility_netns_ip("address add " VIP "/32 dev lo");
	mobility_netns_ip("address add " VIP "/24 dev lo");
	mark(VIP);
	ck_assert_uint_eq(get_marked(), 0);
}
END_TEST

static void setup(void)
{
	mobility_netns_setup();
	rtnl = mobility_rtnl_create();
	ck_assert(rtnl);
}

static void teardown(void)
{
	rtnl->destroy(rtnl);
	mobility_suite_teardown();
}

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("vip_marks");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup, teardown);
	if (mobility_netns_available())
	{
		tcase_add_test(tc, test_sweep);
		tcase_add_test(tc, test_unchanged);
		tcase_add_loop_test(tc, test_gone, 0, 2);
		tcase_add_test(tc, test_not_ours);
	}
	suite_add_tcase(s, tc);
	return s;
}
