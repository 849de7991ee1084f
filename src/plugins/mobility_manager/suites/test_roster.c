/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/* Looking at a gateway's sessions takes no more of their IKE_SAs than it has to;
 * nor does what empties a gateway. */

#include "mobility_suite.h"

#include "session/drain.h"

#include <daemon.h>

/** Number of sessions */
#define SESSIONS 5000

/** How many of them are asleep */
#define ASLEEP 100

/**
 * A session with its IKE_SA
 */
typedef struct {
	/** the IKE_SA, knows its ID only; must be the first member */
	ike_sa_t ike_sa;
	/** its ID */
	ike_sa_id_t *id;
	/** the session */
	mobility_session_t session;
	/** its entry */
	mobility_entry_t *entry;
	/** state it is in */
	mobility_state_t state;
	/** how often it was checked out */
	u_int checkouts;
	/** it was redirected */
	bool redirected;
} member_t;

/**
 * What all tests use
 */
static struct {
	/** replaces charon */
	daemon_t daemon;
	/** its IKE_SAs */
	ike_sa_manager_t ike_sas;
	/** the sessions */
	member_t members[SESSIONS];
	/** IKE_SAs that are checked out, and how often any was */
	u_int busy, checkouts;
	/** ends sessions */
	mobility_endings_t endings;
	/** number of those that are to be ended */
	u_int ended;
	/** what is looked at */
	mobility_registry_t *registry;
} t;

METHOD(ike_sa_t, get_id, ike_sa_id_t*,
	ike_sa_t *this)
{
	return ((member_t*)this)->id;
}

/**
 * Get the member a session belongs to
 */
static member_t *get_member(mobility_session_t *session)
{
	return (member_t*)((char*)session - offsetof(member_t, session));
}

METHOD(mobility_session_t, get_status, mobility_status_t*,
	mobility_session_t *this)
{
	mobility_status_t *status;
	char address[16];

	snprintf(address, sizeof(address), "10.3.%u.%u", this->number / 256,
			 this->number % 256);
	INIT(status,
		.connection = strdup(this->number % 2 ? "odd" : "even"),
		.session = this->number,
		.state = get_member(this)->state,
		.since = this->number <= SESSIONS / 2 ? 1000 : 2000,
		.remote = host_create_from_string("192.0.2.1", 4500),
		.vips = linked_list_create_with_items(
								host_create_from_string(address, 0), NULL),
	);
	return status;
}

METHOD(mobility_endings_t, add, void,
	mobility_endings_t *this, ike_sa_id_t *id, mobility_ending_t reason)
{
	member_t *member = &t.members[id->get_initiator_spi(id) - 1];

	ck_assert_int_eq(reason, MOBILITY_ENDING_ADMIN);
	ck_assert_int_eq(member->state, MOBILITY_DORMANT);
	ck_assert_uint_le(member->session.number, SESSIONS / 2);
	t.ended++;
}

METHOD(ike_sa_t, supports_extension, bool,
	ike_sa_t *this, ike_extension_t extension)
{
	ck_assert_int_eq(extension, EXT_IKE_REDIRECTION);
	/* every other client does */
	return ((member_t*)this)->session.number % 2;
}

METHOD(ike_sa_t, redirect, status_t,
	ike_sa_t *this, identification_t *gateway)
{
	ck_assert_int_eq(gateway->get_type(gateway), ID_FQDN);
	((member_t*)this)->redirected = TRUE;
	return SUCCESS;
}

METHOD(mobility_session_t, session_destroy, void,
	mobility_session_t *this)
{
}

METHOD(ike_sa_manager_t, checkin, void,
	ike_sa_manager_t *this, ike_sa_t *ike_sa)
{
	t.busy--;
}

/**
 * mobility_roster_checkout_t, one at a time
 */
static mobility_session_t *checkout(void *data, uint32_t number,
									ike_sa_t **ike_sa)
{
	member_t *member = &t.members[number - 1];

	mobility_assert(t.busy++ == 0);
	t.checkouts++;
	member->checkouts++;
	*ike_sa = &member->ike_sa;
	return &member->session;
}

static void setup(void)
{
	member_t *member;
	u_int i;

	mobility_suite_setup();
	memset(&t, 0, sizeof(t));
	charon = &t.daemon;
	charon->ike_sa_manager = &t.ike_sas;
	t.ike_sas.checkin = (void*)_checkin;
	t.ike_sas.checkin_and_destroy = (void*)_checkin;
	t.endings.add = _add;
	t.registry = mobility_registry_create(NULL, NULL, NULL);
	ck_assert(t.registry);
	for (i = 0; i < SESSIONS; i++)
	{
		member = &t.members[i];
		member->ike_sa.get_id = (void*)_get_id;
		member->ike_sa.supports_extension = _supports_extension;
		member->ike_sa.redirect = _redirect;
		member->id = ike_sa_id_create(2, i + 1, 1, TRUE);
		member->state = i % (SESSIONS / ASLEEP) ? MOBILITY_CONNECTED :
												  MOBILITY_DORMANT;
		member->session.number = i + 1;
		member->session.get_status = _get_status;
		member->session.destroy = _session_destroy;
		member->session.connection = (i + 1) % 2 ? "odd" : "even";
		member->entry = t.registry->add(t.registry, &member->session,
										&member->ike_sa);
		t.registry->note(t.registry, member->entry, NULL);
	}
}

static void teardown(void)
{
	int i;

	lib->processor->cancel(lib->processor);
	t.registry->flush(t.registry);
	t.registry->destroy(t.registry);
	for (i = 0; i < SESSIONS; i++)
	{
		t.members[i].id->destroy(t.members[i].id);
	}
	charon = NULL;
	mobility_suite_teardown();
}

/**
 * Count the sessions that are listed.
 */
static u_int count_listed(const mobility_filter_t *filter)
{
	enumerator_t *enumerator;
	mobility_status_t *status;
	u_int count = 0;

	enumerator = mobility_roster_enumerate(t.registry, filter, checkout, NULL);
	while (enumerator->enumerate(enumerator, &status))
	{
		count++;
	}
	enumerator->destroy(enumerator);
	return count;
}

/**
 * Count the sessions in a state, of all connections.
 */
static u_int count(const mobility_filter_t *filter, mobility_state_t state)
{
	enumerator_t *enumerator;
	mobility_count_t *count;
	u_int total = 0;

	enumerator = mobility_roster_count(t.registry, filter);
	while (enumerator->enumerate(enumerator, &count))
	{
		ck_assert(!count->mobile);
		total += count->states[state];
	}
	enumerator->destroy(enumerator);
	return total;
}

/**
 * Nobody waits for an IKE_SA to count them.
 */
START_TEST(test_count)
{
	mobility_filter_t filter = {
		.connection = "odd",
	};

	ck_assert_uint_eq(count(NULL, MOBILITY_DORMANT), ASLEEP);
	ck_assert_uint_eq(count(NULL, MOBILITY_CONNECTED), SESSIONS - ASLEEP);
	ck_assert_uint_eq(count(&filter, MOBILITY_DORMANT) +
					  count(&filter, MOBILITY_CONNECTED), SESSIONS / 2);
	filter.peer = "10.3.0.*";
	ck_assert_uint_eq(count(&filter, MOBILITY_DORMANT) +
					  count(&filter, MOBILITY_CONNECTED), 128);
	filter.connection = "none";
	ck_assert_uint_eq(count(&filter, MOBILITY_CONNECTED), 0);
	ck_assert_uint_eq(t.checkouts, 0);
}
END_TEST

/**
 * Only the IKE_SAs of what is listed are checked out, once each.
 */
START_TEST(test_list)
{
	mobility_filter_t filter = {
		.peer = "10.3.0.7",
	};
	enumerator_t *enumerator;
	mobility_status_t *status;

	ck_assert_uint_eq(count_listed(&filter), 1);
	ck_assert_uint_eq(t.checkouts, 1);
	ck_assert_uint_eq(t.members[6].checkouts, 1);
	filter.peer = NULL;
	filter.states = 1 << MOBILITY_DORMANT;
	ck_assert_uint_eq(count_listed(&filter), ASLEEP);
	ck_assert_uint_eq(t.checkouts, 1 + ASLEEP);
	ck_assert_uint_eq(count_listed(NULL), SESSIONS);
	ck_assert_uint_eq(t.checkouts, 1 + ASLEEP + SESSIONS);

	/* who takes one only has one checked out */
	enumerator = mobility_roster_enumerate(t.registry, NULL, checkout, NULL);
	ck_assert(enumerator->enumerate(enumerator, &status));
	ck_assert_uint_eq(status->session, 1);
	enumerator->destroy(enumerator);
	ck_assert_uint_eq(t.checkouts, 2 + ASLEEP + SESSIONS);
}
END_TEST

/**
 * What has changed since it was noted is looked at again.
 */
START_TEST(test_changed)
{
	mobility_filter_t filter = {
		.states = 1 << MOBILITY_DORMANT,
	};

	t.members[0].state = MOBILITY_CONNECTED;
	ck_assert_uint_eq(count_listed(&filter), ASLEEP - 1);
	ck_assert_uint_eq(count(&filter, MOBILITY_DORMANT), ASLEEP);
	t.registry->note(t.registry, t.members[0].entry, NULL);
	ck_assert_uint_eq(count(&filter, MOBILITY_DORMANT), ASLEEP - 1);
	/* one that has ended is no session anymore */
	t.registry->set_ended(t.registry, t.members[0].entry);
	ck_assert_uint_eq(count(NULL, MOBILITY_CONNECTED), SESSIONS - ASLEEP);
	ck_assert_uint_eq(count_listed(NULL), SESSIONS - 1);
}
END_TEST

/**
 * Sessions that sleep for long enough are ended, nobody waits for their IKE_SAs.
 */
START_TEST(test_terminate)
{
	mobility_filter_t filter = {
		.since = 1500,
	};

	ck_assert_uint_eq(mobility_drain_terminate(t.registry, &t.endings, &filter),
					  ASLEEP / 2);
	ck_assert_uint_eq(t.ended, ASLEEP / 2);
	ck_assert_uint_eq(t.checkouts, 0);
}
END_TEST

START_TEST(test_redirect)
{
	mobility_filter_t filter = {
		.peer = "10.3.0.[1-4]",
		/* there is no such thing as redirecting a gateway */
		.mobile = TRUE,
	};
	identification_t *gateway;
	u_int unable, i;

	gateway = identification_create_from_string("gw2.example.org");
	ck_assert_uint_eq(mobility_drain_redirect(t.registry, &filter, gateway,
											  checkout, NULL, &unable), 2);
	ck_assert_uint_eq(unable, 2);
	ck_assert_uint_eq(t.checkouts, 4);
	for (i = 0; i < SESSIONS; i++)
	{
		ck_assert(t.members[i].redirected == (i == 0 || i == 2));
	}
	gateway->destroy(gateway);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("roster");
	TCase *tc;

	tc = tcase_create("gateway");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_count);
	tcase_add_test(tc, test_list);
	tcase_add_test(tc, test_changed);
	suite_add_tcase(s, tc);

	tc = tcase_create("drain");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_terminate);
	tcase_add_test(tc, test_redirect);
	suite_add_tcase(s, tc);

	return s;
}
