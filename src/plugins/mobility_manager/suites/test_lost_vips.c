/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "esp/lost_vips.h"

#include <daemon.h>

/** virtual addresses of the IKE_SA, and its own */
#define VIP "10.3.0.1"
#define OTHER_VIP "fec3::1"
#define LOCAL "192.168.0.50"

/**
 * charon, as far as it is needed
 */
static struct {
	daemon_t daemon;
	bus_t bus;
	kernel_interface_t kernel;
	mobility_monitor_t monitor;
	mobility_rtnl_t rtnl;
	ike_sa_t ike_sa;
	/** the IKE_SA's address, and virtual ones */
	host_t *me, *vips[2];
	/** the kernel has these, and charon believes it has, for so many */
	bool there[2];
	u_int believed[2];
	/** called when stock has begun to delete one */
	void (*deleting)();
	/** charon knows on which interface the IKE_SA's address is */
	bool known;
	/** adding one works */
	bool works;
	/** somebody else has configured them */
	bool regular;
	/** how often addresses were looked for, to mark or to remove them */
	u_int searches;
	/** number of those that were added */
	u_int added;
	/** object under test */
	mobility_lost_vips_t *lost_vips;
} mock;

/**
 * Get the index of a virtual address
 */
static int find(host_t *host)
{
	return host->ip_equals(host, mock.vips[0]) ? 0 : 1;
}

METHOD(ike_sa_t, get_name, char*,
	ike_sa_t *this)
{
	return "home";
}

METHOD(ike_sa_t, get_my_host, host_t*,
	ike_sa_t *this)
{
	return mock.me;
}

/**
 * Enumerates virtual addresses, all of them or those charon believes in
 */
typedef struct {
	enumerator_t public;
	bool all;
	int next;
} vip_enumerator_t;

METHOD(enumerator_t, enumerate_vips, bool,
	vip_enumerator_t *this, va_list args)
{
	host_t **host;
	int i;

	VA_ARGS_VGET(args, host);
	while (this->next < countof(mock.vips))
	{
		i = this->next++;
		if (this->all || mock.believed[i])
		{
			*host = mock.vips[i];
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Create such an enumerator
 */
static enumerator_t *enumerate(bool all)
{
	vip_enumerator_t *this;

	INIT(this,
		.public = {
			.enumerate = enumerator_enumerate_default,
			.venumerate = _enumerate_vips,
			.destroy = (void*)free,
		},
		.all = all,
	);
	return &this->public;
}

METHOD(ike_sa_t, create_virtual_ip_enumerator, enumerator_t*,
	ike_sa_t *this, bool local)
{
	ck_assert(local);
	return enumerate(TRUE);
}

METHOD(kernel_interface_t, create_address_enumerator, enumerator_t*,
	kernel_interface_t *this, kernel_address_type_t which)
{
	return mock.regular && !(which & ADDR_TYPE_REGULAR) ?
								enumerator_create_empty() : enumerate(FALSE);
}

METHOD(mobility_rtnl_t, dump, int,
	mobility_rtnl_t *this, uint16_t type, int family, uint8_t protocol,
	mobility_nlsocket_cb_t cb, void *data)
{
	mock.searches++;
	return 0;
}

METHOD(kernel_interface_t, get_interface, bool,
	kernel_interface_t *this, host_t *host, char **name)
{
	ck_assert(host == mock.me);
	if (mock.known)
	{
		*name = strdup("eth1");
	}
	return mock.known;
}

METHOD(kernel_interface_t, add_ip, status_t,
	kernel_interface_t *this, host_t *vip, int prefix, char *iface)
{
	ck_assert_str_eq(iface, "eth1");
	ck_assert_int_eq(prefix, -1);
	if (!mock.works)
	{
		return FAILED;
	}
	mock.there[find(vip)] = TRUE;
	mock.believed[find(vip)]++;
	mock.added++;
	return SUCCESS;
}

METHOD(kernel_interface_t, del_ip, status_t,
	kernel_interface_t *this, host_t *vip, int prefix, bool wait)
{
	int i = find(vip);

	if (!mock.believed[i])
	{
		return FAILED;
	}
	if (--mock.believed[i] == 0)
	{
		mock.there[i] = FALSE;
		if (mock.deleting)
		{
			mock.deleting();
		}
		/* waits until it is gone, for ever if it is not */
		ck_assert(!mock.believed[i]);
	}
	return SUCCESS;
}

METHOD(mobility_monitor_t, get_owner, bool,
	mobility_monitor_t *this, host_t *addr, char *ifname)
{
	return mock.there[find(addr)];
}

/**
 * Have an IKE_SA get an address, and lose it again
 */
static void add(int i)
{
	ck_assert_int_eq(charon->kernel->add_ip(charon->kernel, mock.vips[i], -1,
											"eth1"), SUCCESS);
}

static void del(int i)
{
	charon->kernel->del_ip(charon->kernel, mock.vips[i], -1, TRUE);
}

static void setup(void)
{
	int i;

	mobility_suite_setup();
	memset(&mock, 0, sizeof(mock));
	mock.bus.log = mobility_suite_bus_log;
	mock.kernel.create_address_enumerator = _create_address_enumerator;
	mock.kernel.get_interface = _get_interface;
	mock.kernel.add_ip = _add_ip;
	mock.kernel.del_ip = _del_ip;
	mock.monitor.get_owner = _get_owner;
	mock.ike_sa.get_name = _get_name;
	mock.ike_sa.get_my_host = _get_my_host;
	mock.ike_sa.create_virtual_ip_enumerator = _create_virtual_ip_enumerator;
	mock.me = host_create_from_string(LOCAL, 4500);
	mock.vips[0] = host_create_from_string(VIP, 0);
	mock.vips[1] = host_create_from_string(OTHER_VIP, 0);
	mock.known = mock.works = TRUE;
	mock.daemon.bus = &mock.bus;
	mock.daemon.kernel = &mock.kernel;
	charon = &mock.daemon;
	mock.rtnl.dump = _dump;
	mock.lost_vips = mobility_lost_vips_create(&mock.rtnl);
	/* of both families, for those of before */
	ck_assert_uint_eq(mock.searches, 2);
	for (i = 0; i < countof(mock.vips); i++)
	{
		add(i);
	}
	mock.added = mock.searches = 0;
	mobility_suite_log_start();
}

static void teardown(void)
{
	mock.lost_vips->destroy(mock.lost_vips);
	ck_assert(mock.kernel.add_ip == (void*)_add_ip);
	ck_assert(mock.kernel.del_ip == (void*)_del_ip);
	charon = NULL;
	mock.me->destroy(mock.me);
	mock.vips[0]->destroy(mock.vips[0]);
	mock.vips[1]->destroy(mock.vips[1]);
	mobility_suite_teardown();
}

/**
 * Somebody deletes an address, charon has or has not heard of it
 */
static void lose(int i, bool heard)
{
	mock.there[i] = FALSE;
	if (heard)
	{
		mock.believed[i] = 0;
	}
}

/**
 * Have addresses put back
 */
static bool restore()
{
	return mock.lost_vips->restore(mock.lost_vips, &mock.ike_sa,
								   &mock.monitor);
}

START_TEST(test_nothing)
{
	ck_assert(restore());
	ck_assert_uint_eq(mock.added, 0);
	ck_assert_str_eq(mobility_suite_log(), "");
}
END_TEST

START_TEST(test_deleted)
{
	lose(0, TRUE);
	ck_assert(restore());
	ck_assert_uint_eq(mock.added, 1);
	ck_assert(strstr(mobility_suite_log(), "mobility: home: "));
	ck_assert(strstr(mobility_suite_log(), VIP));
	lose(0, TRUE);
	lose(1, TRUE);
	ck_assert(restore());
	ck_assert_uint_eq(mock.added, 3);
	ck_assert(restore());
	ck_assert_uint_eq(mock.added, 3);
}
END_TEST

START_TEST(test_not_heard)
{
	lose(0, TRUE);
	lose(1, FALSE);
	/* it would only be counted once more, and be gone then */
	ck_assert(!restore());
	ck_assert_uint_eq(mock.added, 1);
	lose(1, TRUE);
	ck_assert(restore());
	ck_assert_uint_eq(mock.added, 2);
}
END_TEST

START_TEST(test_shared)
{
	/* the IKE_SA that replaces this one has it as well */
	add(0);
	lose(0, TRUE);
	ck_assert(restore());
	ck_assert_uint_eq(mock.believed[0], 2);
	del(0);
	ck_assert(mock.there[0]);
	/* what others have deleted once more is not counted less for that */
	lose(0, TRUE);
	del(0);
	add(0);
	ck_assert(mock.there[0]);
	ck_assert_uint_eq(mock.believed[0], 1);
	lose(0, TRUE);
	ck_assert(restore());
	ck_assert_uint_eq(mock.believed[0], 1);
}
END_TEST

/**
 * What is being deleted must not come back
 */
static void restore_too_early()
{
	ck_assert(!restore());
}

START_TEST(test_deleting)
{
	mock.deleting = restore_too_early;
	del(0);
	ck_assert(!mock.there[0]);
	mock.deleting = NULL;
	ck_assert(restore());
	ck_assert(mock.there[0]);
}
END_TEST

START_TEST(test_no_interface)
{
	lose(0, TRUE);
	mock.known = FALSE;
	ck_assert(restore());
	ck_assert_uint_eq(mock.added, 0);
	ck_assert_str_eq(mobility_suite_log(), "");
}
END_TEST

START_TEST(test_fails)
{
	lose(0, TRUE);
	mock.works = FALSE;
	ck_assert(restore());
	ck_assert_str_eq(mobility_suite_log(), "");
}
END_TEST

START_TEST(test_marks)
{
	add(0);
	ck_assert_uint_eq(mock.searches, 1);
	lose(1, TRUE);
	ck_assert(restore());
	ck_assert_uint_eq(mock.searches, 2);
	mock.regular = TRUE;
	add(0);
	mock.works = FALSE;
	ck_assert_int_eq(charon->kernel->add_ip(charon->kernel, mock.vips[0], -1,
											"eth1"), FAILED);
	ck_assert_uint_eq(mock.searches, 2);
}
END_TEST

/**
 * An address is gone
 */
static void count_gone(void *data)
{
	u_int *count = data;

	/* nobody has it, and this may be asked */
	ck_assert(!mock.lost_vips->is_held(mock.lost_vips, mock.vips[0]));
	(*count)++;
}

/**
 * Not while it is still being deleted
 */
static void check_held()
{
	ck_assert(mock.lost_vips->is_held(mock.lost_vips, mock.vips[0]));
}

START_TEST(test_gone)
{
	u_int count = 0;

	mock.lost_vips->set_gone(mock.lost_vips, count_gone, &count);
	ck_assert(mock.lost_vips->is_held(mock.lost_vips, mock.vips[0]));
	add(0);
	del(0);
	ck_assert(mock.lost_vips->is_held(mock.lost_vips, mock.vips[0]));
	ck_assert_uint_eq(count, 0);
	mock.deleting = check_held;
	del(0);
	ck_assert_uint_eq(count, 1);
	/* charon has not had it */
	del(0);
	ck_assert_uint_eq(count, 1);
	/* also if others have deleted it before */
	mock.deleting = NULL;
	add(0);
	lose(0, TRUE);
	del(0);
	ck_assert_uint_eq(count, 2);
	mock.lost_vips->set_gone(mock.lost_vips, NULL, NULL);
	add(0);
	del(0);
	ck_assert_uint_eq(count, 2);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("lost_vips");

	tc = tcase_create("deleted by others");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_nothing);
	tcase_add_test(tc, test_deleted);
	tcase_add_test(tc, test_not_heard);
	tcase_add_test(tc, test_shared);
	tcase_add_test(tc, test_deleting);
	tcase_add_test(tc, test_no_interface);
	tcase_add_test(tc, test_fails);
	tcase_add_test(tc, test_marks);
	tcase_add_test(tc, test_gone);
	suite_add_tcase(s, tc);
	return s;
}
