/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup session_fixture session_fixture
 * @{ @ingroup mobility_suite
 *
 * A session of either end with everything below it, on an IKE_SA of charon's own, in a network
 * and with a peer that tests control, see mock_charon, mock_ike, mock_network and
 * fake_clock.  In place of the manager: does at once what that has jobs do.
 *
 * After every event mobility_fsm_check() has to agree.  The program has to be
 * linked with $(SESSION_FLAGS).
 */

#ifndef SESSION_FIXTURE_H_
#define SESSION_FIXTURE_H_

#include "fake_clock.h"
#include "mock_charon.h"
#include "mock_ike.h"
#include "mock_network.h"

#include "session/fsm.h"
#include "mobile/mobile_session.h"

/**
 * A session and what it lives in.
 */
typedef struct {
	/** what sessions share */
	mobility_context_t context;
	/** the network */
	mock_network_t *network;
	/** ID of the IKE_SA the session has */
	ike_sa_id_t *id;
	/** that IKE_SA; with a single thread it may be looked at */
	ike_sa_t *ike_sa;
	/** the session */
	mobility_session_t *session;
	/** its state machine, read only, NULL until its first event */
	const mobility_fsm_t *fsm;
	/** when it wants to be woken, 0 for never */
	uint64_t deadline;
	/** its peer is dormant, or has failed */
	bool dormant;
	/** when the host was back from a suspend, and how long that was */
	uint64_t resumed, slept;
	/** it is to look around */
	bool look;
	/** it is to be given up, or to be retired when it is its turn; neither happens
	 * while others are before it */
	bool failing, retiring, others;
	/** its IKE_SA was reported down, or destroyed */
	bool ended;
	/** what was told, e.g. "dormant path connected move ", see
	 * session_fixture_forget() */
	char told[1024];
	/** the last state that was told */
	mobility_state_t state;
	/** what the peer does: whether it gets requests sent over an uplink, and its
	 * answers get back, ms after they were sent */
	bool answers[MOCK_UPLINKS];
	uint32_t latency;
	/** length of the largest packet that gets there over an uplink, 0 for any */
	size_t longest[MOCK_UPLINKS];
	/** notify in all its answers, 0 for none */
	notify_type_t notify;
	/** it detects NATs, of which there are none */
	bool natd;
	/** number of packets it has seen */
	u_int seen;
	/** a port beside those of charon, 0 if there is none; and how often somebody
	 * asked for it, and keeps one */
	uint16_t spare;
	u_int asked, kept;
	/** port that nothing gets to the peer from anymore, 0 for none */
	uint16_t stale;
} session_fixture_t;

/**
 * Initialize, and establish an IKE_SA that a session is made for.
 *
 * @param settings	content of the plugin's section in strongswan.conf
 * @param conf		what the IKE_SA is like, NULL for all defaults
 * @return			fixture
 */
session_fixture_t *session_fixture_create(const char *settings,
										  const mock_ike_conf_t *conf);

/**
 * Let time pass: jobs run, the session is woken, the peer answers.
 *
 * @param this		fixture
 * @param ms		how long
 */
void session_fixture_run(session_fixture_t *this, uint64_t ms);

/**
 * The network changed: have the session look, and do what follows at once.
 *
 * @param this		fixture
 */
void session_fixture_changed(session_fixture_t *this);

/**
 * Check out the session's IKE_SA.
 *
 * @param this		fixture
 * @return			IKE_SA, to be given to mock_ike_checkin()
 */
ike_sa_t *session_fixture_checkout(session_fixture_t *this);

/**
 * Have the IKE_SA queue a task and initiate it.
 *
 * @param this		fixture
 * @param type		type of the task, see mock_task_create()
 * @param cb		called with the response, may be NULL
 */
void session_fixture_task(session_fixture_t *this, task_type_t type,
						  mock_task_cb_t cb);

/**
 * Have the peer answer the last request that was sent.
 *
 * @param this		fixture
 * @param uplink	number of the uplink the answer arrives over
 * @param notify	notify in the answer, 0 for none
 * @return			status of process_message(), NOT_FOUND without IKE_SA
 */
status_t session_fixture_answer(session_fixture_t *this, int uplink,
								notify_type_t notify);

/**
 * mock_task_cb_t that replaces the IKE_SA as rekeying does; the old one is kept
 * to delete it.
 */
status_t session_fixture_rekeyed(void *this, ike_sa_t *ike_sa,
								 message_t *message);

/**
 * Forget what was told and which packets were sent.
 *
 * @param this		fixture
 */
void session_fixture_forget(session_fixture_t *this);

/**
 * Get the uplink in use.
 *
 * @param this		fixture
 * @return			name, valid until the next call
 */
const char *session_fixture_uplink(session_fixture_t *this);

/**
 * Destroy the IKE_SA, the session, and everything. Nothing of it may be left in
 * the network.
 *
 * @param this		fixture
 */
void session_fixture_destroy(session_fixture_t *this);

#endif /** SESSION_FIXTURE_H_ @}*/
