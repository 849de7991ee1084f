/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_suite.h"

#include "anchor/anchor.h"
#include "net/clock.h"

#include <daemon.h>

/** our address */
#define LOCAL "192.168.0.2"

/** addresses of the peer */
#define A "192.168.0.1"
#define B "10.1.0.10"
#define C "10.9.0.1"

/** who is so late is believed again, in ms */
#define LATE 2000

/** more moves than are remembered */
#define MANY 20

/**
 * An IKE_SA and what is to be known of it
 */
typedef struct {
	ike_sa_t ike_sa;
	uint32_t id;
	host_t *me, *other;
	bool nat;
	/** calls of stock's update_hosts(), and of the relocator */
	u_int updates, relocated;
} sa_t;

/**
 * The IKE_SAs, and what there is of charon
 */
static struct {
	sa_t sas[3];
	mobility_child_update_t relocator;
	ike_sa_manager_t manager;
	daemon_t daemon;
	uint64_t now;
} mock;

static mobility_ike_hooks_t *hooks;
static mobility_anchor_t *anchor;

/*
 * Described in net/clock.h; no test waits
 */
uint64_t mobility_now()
{
	return mock.now;
}

METHOD(ike_sa_t, get_unique_id, uint32_t,
	sa_t *this)
{
	return this->id;
}

METHOD(ike_sa_t, get_my_host, host_t*,
	sa_t *this)
{
	return this->me;
}

METHOD(ike_sa_t, get_other_host, host_t*,
	sa_t *this)
{
	return this->other;
}

/**
 * Stock's ike_sa_t.update_hosts(): what ESP packets say counts if there is a NAT
 */
METHOD(ike_sa_t, update_hosts, void,
	sa_t *this, host_t *me, host_t *other, update_hosts_flag_t flags)
{
	this->updates++;
	if (me && flags & UPDATE_HOSTS_FORCE_LOCAL)
	{
		me = me->clone(me);
		this->me->destroy(this->me);
		this->me = me;
	}
	if (other && (this->nat || flags & UPDATE_HOSTS_FORCE_REMOTE))
	{
		other = other->clone(other);
		this->other->destroy(this->other);
		this->other = other;
	}
}

METHOD(mobility_child_update_t, update, void,
	mobility_child_update_t *this, ike_sa_t *ike_sa,
	mobility_update_hosts_t stock,
	host_t *me, host_t *other, update_hosts_flag_t flags, array_t *copies)
{
	((sa_t*)ike_sa)->relocated++;
	ck_assert(!copies);
	stock(ike_sa, me, other, flags);
}

/**
 * Enumerates the IKE_SAs
 */
typedef struct {
	enumerator_t public;
	int i;
} sa_enumerator_t;

METHOD(enumerator_t, sa_enumerate, bool,
	sa_enumerator_t *this, va_list args)
{
	ike_sa_t **ike_sa;

	VA_ARGS_VGET(args, ike_sa);
	if (this->i == countof(mock.sas))
	{
		return FALSE;
	}
	*ike_sa = &mock.sas[this->i++].ike_sa;
	return TRUE;
}

METHOD(ike_sa_manager_t, create_enumerator, enumerator_t*,
	ike_sa_manager_t *this, bool wait)
{
	sa_enumerator_t *enumerator;

	ck_assert(wait);
	INIT(enumerator,
		.public = {
			.enumerate = enumerator_enumerate_default,
			.venumerate = _sa_enumerate,
			.destroy = (void*)free,
		},
	);
	return &enumerator->public;
}

/**
 * Create an IKE_SA that the peer initiated from A, through a NAT
 */
static void sa_init(sa_t *this, uint32_t id)
{
	*this = (sa_t){
		.ike_sa = {
			.get_unique_id = (void*)_get_unique_id,
			.get_my_host = (void*)_get_my_host,
			.get_other_host = (void*)_get_other_host,
			.update_hosts = (void*)_update_hosts,
		},
		.id = id,
		.me = host_create_from_string(LOCAL, 4500),
		.other = host_create_from_string(A, 1024),
		.nat = TRUE,
	};
}

/**
 * The IKE_SA is established
 */
static void up(sa_t *sa)
{
	anchor->follower.take(&anchor->follower, &sa->ike_sa);
}

/**
 * Check if an IKE_SA is ours
 */
static bool is_hooked(sa_t *sa)
{
	return sa->ike_sa.update_hosts != (void*)_update_hosts;
}

static void setup(void)
{
	int i;

	mobility_suite_setup();
	memset(&mock, 0, sizeof(mock));
	mock.relocator.update = _update;
	mock.manager.create_enumerator = _create_enumerator;
	mock.daemon.ike_sa_manager = &mock.manager;
	mock.now = 1000000;
	charon = &mock.daemon;
	for (i = 0; i < countof(mock.sas); i++)
	{
		sa_init(&mock.sas[i], i + 1);
	}
	hooks = mobility_ike_hooks_create();
	anchor = mobility_anchor_create(hooks, &mock.relocator);
}

static void teardown(void)
{
	int i;

	DESTROY_IF(anchor);
	hooks->destroy(hooks);
	charon = NULL;
	for (i = 0; i < countof(mock.sas); i++)
	{
		ck_assert(!is_hooked(&mock.sas[i]));
		mock.sas[i].me->destroy(mock.sas[i].me);
		mock.sas[i].other->destroy(mock.sas[i].other);
	}
	mobility_suite_teardown();
}

/**
 * Call update_hosts() as charon does
 */
static void call(sa_t *sa, char *addr, uint16_t port, update_hosts_flag_t flags)
{
	host_t *other;

	other = host_create_from_string(addr, port);
	sa->ike_sa.update_hosts(&sa->ike_sa,
							flags & UPDATE_HOSTS_FORCE_LOCAL ? sa->me : NULL,
							other, flags);
	other->destroy(other);
}

/**
 * The peer says from where it sends, which nobody else can
 */
static void update_from(sa_t *sa, char *addr, uint16_t port)
{
	call(sa, addr, port, UPDATE_HOSTS_FORCE_ALL);
}

/**
 * The kernel reports from where an ESP packet came, of which anybody on the way
 * can have made that
 */
static void esp_from(sa_t *sa, char *addr, uint16_t port)
{
	call(sa, addr, port, 0);
}

/**
 * Check where the peer is taken to be
 */
#define assert_at(sa, addr, port) \
	do \
	{ \
		host_t *_expected = host_create_from_string(addr, port); \
		bool _equal = _expected->equals(_expected, (sa)->other); \
		_expected->destroy(_expected); \
		ck_assert_msg(_equal, "not at %s:%u", addr, port); \
	} \
	while (FALSE)

START_TEST(test_follow)
{
	sa_t *sa = &mock.sas[0];

	up(sa);
	ck_assert(is_hooked(sa));
	update_from(sa, B, 4500);
	assert_at(sa, B, 4500);
	ck_assert_uint_eq(sa->relocated, 1);
	ck_assert_uint_eq(sa->updates, 1);

	/* the NAT situation, without any address */
	sa->ike_sa.update_hosts(&sa->ike_sa, NULL, NULL,
							UPDATE_HOSTS_FORCE_CHILDREN);
	assert_at(sa, B, 4500);
	ck_assert_uint_eq(sa->updates, 2);
}
END_TEST

/**
 * A NAT uses one mapping, another one, and the first again
 */
START_TEST(test_mapping_flips)
{
	sa_t *sa = &mock.sas[0];
	int i;

	up(sa);
	for (i = 0; i < MANY; i++)
	{
		mock.now += 1000;
		esp_from(sa, A, 2000);
		assert_at(sa, A, 2000);
		mock.now += 1000;
		esp_from(sa, A, 1024);
		assert_at(sa, A, 1024);
	}
	/* also if the peer has moved there before */
	update_from(sa, B, 4500);
	esp_from(sa, B, 2000);
	assert_at(sa, B, 2000);
	esp_from(sa, B, 4500);
	assert_at(sa, B, 4500);
}
END_TEST

/**
 * Somebody has a single packet take another way, again and again
 */
START_TEST(test_strays)
{
	sa_t *sa = &mock.sas[0];
	int i;

	up(sa);
	for (i = 0; i < MANY; i++)
	{
		esp_from(sa, C, 4500);
		assert_at(sa, C, 4500);
		mock.now += 1;
		esp_from(sa, A, 1024);
		assert_at(sa, A, 1024);
		mock.now += 10000 - 1;
	}
}
END_TEST

/**
 * Packets that are still on their way when the peer moves
 */
START_TEST(test_delayed)
{
	sa_t *sa = &mock.sas[0];
	u_int updates;

	up(sa);
	update_from(sa, B, 4500);
	updates = sa->updates;
	esp_from(sa, A, 1024);
	mock.now += LATE - 1;
	esp_from(sa, A, 1024);
	assert_at(sa, B, 4500);
	ck_assert_uint_eq(sa->updates, updates);

	/* another mapping of that address is not what was left */
	esp_from(sa, A, 1025);
	assert_at(sa, A, 1025);
	esp_from(sa, B, 4500);
	assert_at(sa, B, 4500);

	/* nor does it last */
	mock.now += 1;
	esp_from(sa, A, 1024);
	assert_at(sa, A, 1024);
}
END_TEST

/**
 * What keeps coming does not prolong it
 */
START_TEST(test_not_prolonged)
{
	sa_t *sa = &mock.sas[0];
	int i;

	up(sa);
	update_from(sa, B, 4500);
	for (i = 0; i < LATE; i++)
	{
		esp_from(sa, A, 1024);
		assert_at(sa, B, 4500);
		mock.now++;
	}
	esp_from(sa, A, 1024);
	assert_at(sa, A, 1024);
}
END_TEST

/**
 * A stray packet after a move neither drags the session back nor keeps it away
 * from where the peer is
 */
START_TEST(test_stray_after_move)
{
	sa_t *sa = &mock.sas[0];

	up(sa);
	update_from(sa, B, 4500);
	esp_from(sa, C, 4500);
	esp_from(sa, B, 4500);
	assert_at(sa, B, 4500);
	esp_from(sa, A, 1024);
	assert_at(sa, B, 4500);

	/* the peer itself gets it away from there, and it stays away */
	esp_from(sa, C, 4500);
	update_from(sa, B, 4500);
	assert_at(sa, B, 4500);
	esp_from(sa, C, 4500);
	assert_at(sa, B, 4500);
}
END_TEST

/**
 * The peer returns to an address it has just left
 */
START_TEST(test_return)
{
	sa_t *sa = &mock.sas[0];

	up(sa);
	update_from(sa, B, 4500);
	update_from(sa, A, 1024);
	assert_at(sa, A, 1024);
	esp_from(sa, B, 4500);
	assert_at(sa, A, 1024);
	/* it is there, so its packets are believed */
	esp_from(sa, A, 2000);
	assert_at(sa, A, 2000);
	esp_from(sa, A, 1024);
	assert_at(sa, A, 1024);
	esp_from(sa, B, 4500);
	assert_at(sa, A, 1024);
}
END_TEST

/**
 * Several moves one after another: what was left last counts, and no more is
 * kept than is of use
 */
START_TEST(test_many_moves)
{
	sa_t *sa = &mock.sas[0];
	int i;

	up(sa);
	for (i = 1; i <= MANY; i++)
	{
		update_from(sa, B, i);
	}
	assert_at(sa, B, MANY);
	esp_from(sa, B, MANY - 1);
	esp_from(sa, B, MANY - 2);
	esp_from(sa, B, MANY - 3);
	esp_from(sa, B, MANY - 4);
	assert_at(sa, B, MANY);
	esp_from(sa, A, 1024);
	assert_at(sa, A, 1024);
}
END_TEST

/**
 * Our own address changes, or nothing does: nothing was left
 */
START_TEST(test_nothing_left)
{
	sa_t *sa = &mock.sas[0];
	host_t *me;

	up(sa);
	me = host_create_from_string("192.168.0.3", 4500);
	sa->ike_sa.update_hosts(&sa->ike_sa, me, NULL, UPDATE_HOSTS_FORCE_ALL);
	ck_assert(me->equals(me, sa->me));
	sa->ike_sa.update_hosts(&sa->ike_sa, me, sa->other, UPDATE_HOSTS_FORCE_ALL);
	me->destroy(me);
	update_from(sa, A, 1024);
	esp_from(sa, C, 4500);
	esp_from(sa, A, 1024);
	assert_at(sa, A, 1024);
}
END_TEST

/**
 * Without a NAT stock does not believe ESP packets at all
 */
START_TEST(test_no_nat)
{
	sa_t *sa = &mock.sas[0];

	sa->nat = FALSE;
	up(sa);
	esp_from(sa, C, 4500);
	assert_at(sa, A, 1024);
	update_from(sa, B, 4500);
	update_from(sa, A, 1024);
	assert_at(sa, A, 1024);
	ck_assert_uint_eq(sa->updates, 3);
}
END_TEST

/**
 * What one peer has left says nothing about others
 */
START_TEST(test_several)
{
	sa_t *one = &mock.sas[0], *two = &mock.sas[1];

	up(one);
	up(two);
	update_from(one, B, 4500);
	esp_from(two, B, 2000);
	esp_from(two, A, 1024);
	assert_at(two, A, 1024);
	esp_from(one, A, 1024);
	assert_at(one, B, 4500);
}
END_TEST

/**
 * A rekeyed IKE_SA has the same peer
 */
START_TEST(test_rekey)
{
	sa_t *old = &mock.sas[0], *new = &mock.sas[1], *other = &mock.sas[2];

	up(old);
	update_from(old, B, 4500);
	esp_from(new, B, 4500);
	anchor->follower.rekeyed(&anchor->follower, &old->ike_sa, &new->ike_sa);
	ck_assert(is_hooked(new));
	esp_from(new, A, 1024);
	assert_at(new, B, 4500);

	/* which goes on when the old one ends */
	anchor->follower.leave(&anchor->follower, &old->ike_sa);
	ck_assert(!is_hooked(old));
	esp_from(new, A, 1024);
	assert_at(new, B, 4500);
	mock.now += LATE;
	esp_from(new, A, 1024);
	assert_at(new, A, 1024);

	/* one that is not ours stays stock's */
	anchor->follower.rekeyed(&anchor->follower, &old->ike_sa, &other->ike_sa);
	ck_assert(!is_hooked(other));
}
END_TEST

/**
 * Implements mobility_ike_handler_t.update_hosts() for those that are managed
 */
static void ignore(mobility_ike_handler_t *handler, ike_sa_t *ike_sa,
				   const mobility_ike_stock_t *stock, host_t *me, host_t *other,
				   update_hosts_flag_t flags)
{
}

/**
 * What others have hooked is left alone
 */
START_TEST(test_hooked)
{
	mobility_ike_handler_t handler = {
		.update_hosts = ignore,
	};
	sa_t *sa = &mock.sas[0];

	hooks->hook(hooks, &sa->ike_sa, &handler);
	anchor->follower.leave(&anchor->follower, &sa->ike_sa);
	ck_assert(hooks->get_handler(hooks, &sa->ike_sa) == &handler);
	anchor->follower.rekeyed(&anchor->follower, &sa->ike_sa,
							 &mock.sas[1].ike_sa);
	ck_assert(!is_hooked(&mock.sas[1]));
	hooks->unhook(hooks, &sa->ike_sa);

	up(sa);
	ck_assert(is_hooked(sa));
	anchor->follower.leave(&anchor->follower, &sa->ike_sa);
	ck_assert(!is_hooked(sa));
}
END_TEST

/**
 * Stock gets all of them back
 */
START_TEST(test_destroy)
{
	sa_t *sa = &mock.sas[0];

	up(sa);
	up(&mock.sas[2]);
	update_from(sa, B, 4500);
	anchor->destroy(anchor);
	anchor = NULL;
	ck_assert(!is_hooked(sa));
	ck_assert(!is_hooked(&mock.sas[2]));
	esp_from(sa, A, 1024);
	assert_at(sa, A, 1024);
}
END_TEST

Suite *mobility_suite_create()
{
	Suite *s;
	TCase *tc;

	s = suite_create("anchor");

	tc = tcase_create("addresses");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_follow);
	tcase_add_test(tc, test_mapping_flips);
	tcase_add_test(tc, test_strays);
	tcase_add_test(tc, test_delayed);
	tcase_add_test(tc, test_not_prolonged);
	tcase_add_test(tc, test_stray_after_move);
	tcase_add_test(tc, test_return);
	tcase_add_test(tc, test_many_moves);
	tcase_add_test(tc, test_nothing_left);
	tcase_add_test(tc, test_no_nat);
	suite_add_tcase(s, tc);

	tc = tcase_create("IKE_SAs");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_several);
	tcase_add_test(tc, test_rekey);
	tcase_add_test(tc, test_hooked);
	tcase_add_test(tc, test_destroy);
	suite_add_tcase(s, tc);

	return s;
}
