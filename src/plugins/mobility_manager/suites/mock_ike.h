/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mock_ike mock_ike
 * @{ @ingroup mobility_suite
 *
 * An established IKE_SA of charon's own, see mock_charon, without a peer: tests
 * say what that sends.  And tasks that stand in for those that would need a
 * peer with keys.
 */

#ifndef MOCK_IKE_H_
#define MOCK_IKE_H_

#include <sa/ike_sa.h>

/**
 * What passes for encryption.
 */
typedef struct {
	/** length of blocks, ICVs and IVs */
	size_t block, icv, iv;
	/** it fails, or there are no keys */
	bool fails, missing;
} mock_cipher_t;

/** What it is by default */
#define MOCK_CIPHER { .block = 8, .icv = 8, .iv = 8 }

/** What all IKE_SAs have */
extern mock_cipher_t mock_cipher;

/**
 * What an IKE_SA is created with, besides what is usual.
 */
typedef struct {
	/** name of the connection, "home" by default */
	char *name;
	/** our address and the peer's, 10.0.0.2 and 192.0.2.1 by default */
	char *local, *remote;
	/** times in seconds, see peer_cfg_create_t */
	uint32_t dpd, rekey_time, reauth_time, over_time;
	/** the peer does not support MOBIKE */
	bool no_mobike;
	/** we are the responder */
	bool responder;
} mock_ike_conf_t;

/**
 * Create an IKE_SA that has the SPIs of both ends, and nothing else yet.
 *
 * @param initiator	we have initiated it
 * @return			IKE_SA, checked out
 */
ike_sa_t *mock_ike_create_new(bool initiator);

/**
 * Create an established IKE_SA, and check it in.  Listeners are told of state
 * changes and ike_updown().
 *
 * @param conf		what it is like, NULL for all defaults
 * @return			its ID, to be destroyed
 */
ike_sa_id_t *mock_ike_create(const mock_ike_conf_t *conf);

/**
 * Create an established IKE_SA that is to replace another one by rekeying: it
 * has its config, hosts, peer addresses and conditions.
 *
 * @param old		IKE_SA, checked out
 * @return			IKE_SA, checked out
 */
ike_sa_t *mock_ike_create_successor(ike_sa_t *old);

/**
 * Create a message of the peer.
 *
 * @param id		ID of the IKE_SA
 * @param request	TRUE for a request, else a response
 * @param type		type of the exchange
 * @param mid		message ID
 * @param local		our address it arrives at, without port
 * @param remote	the peer's it comes from, without port
 * @return			message, payloads may be added, to be destroyed
 */
message_t *mock_ike_message(ike_sa_id_t *id, bool request,
							exchange_type_t type, uint32_t mid,
							const char *local, const char *remote);

/**
 * Add NAT detection of a peer that sees us at an address.
 * @param message	message of the peer
 * @param mapped	the address, with the NAT-T port
 */
void mock_ike_add_natd(message_t *message, char *mapped);

/**
 * Have charon receive a message: checks out its IKE_SA, has it process the
 * message and checks it in, or destroys it if that is the result.
 *
 * @param message	message, gets destroyed
 * @return			status of process_message()
 */
status_t mock_ike_receive(message_t *message);

/**
 * Check in an IKE_SA, or destroy it, as charon's jobs do.
 *
 * @param ike_sa	IKE_SA, checked out
 * @param status	DESTROY_ME to destroy it
 */
void mock_ike_checkin(ike_sa_t *ike_sa, status_t status);

/**
 * Called when the request of a mock task was answered.
 *
 * @param data		user data
 * @param ike_sa	IKE_SA
 * @param message	response
 * @return			as of task_t.process()
 */
typedef status_t (*mock_task_cb_t)(void *data, ike_sa_t *ike_sa,
								   message_t *message);

/**
 * Create a task whose requests are empty.
 *
 * @param ike_sa	IKE_SA
 * @param type		type to pass for, none of those that the task manager knows
 *					the members of while the peer asks for the same
 * @param cb		called with the response, NULL for SUCCESS
 * @param data		user data for cb
 * @return			task, to be queued
 */
task_t *mock_task_create(ike_sa_t *ike_sa, task_type_t type, mock_task_cb_t cb,
						 void *data);

#endif /** MOCK_IKE_H_ @}*/
