/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup crash_fixture crash_fixture
 * @{ @ingroup mobility_suite
 *
 * What tests of crash detection have in common: charon of mock_charon with
 * cryptography, jobs that run at once, and messages as they are on the wire.
 */

#ifndef CRASH_FIXTURE_H_
#define CRASH_FIXTURE_H_

#include "mock_charon.h"
#include "mock_ike.h"

#include "settings/settings.h"

/** Who sends messages. */
#define CRASH_PEER "192.0.2.1"

/**
 * Set charon up.
 *
 * @param conf		content of the plugin's section in strongswan.conf
 * @return			settings
 */
mobility_settings_t *crash_fixture_setup(const char *conf);

/**
 * Undo that.
 *
 * @param settings	settings, get destroyed
 */
void crash_fixture_teardown(mobility_settings_t *settings);

/**
 * Create a message that was received.
 *
 * @param data		the message, gets owned
 * @param peer		address of who has sent it
 * @return			message, its header is parsed
 */
message_t *crash_fixture_message(chunk_t data, char *peer);

/**
 * Create what is on the wire of a message.
 *
 * @param id		ID of the IKE_SA, of the end that sends it
 * @param next		type of the first payload
 * @param exchange	type of the exchange
 * @param request	TRUE for a request
 * @param body		payloads
 * @return			allocated
 */
chunk_t crash_fixture_encode(ike_sa_id_t *id, uint8_t next, uint8_t exchange,
							 bool request, chunk_t body);

/**
 * Have an IKE_SA, which is checked out and in, send or receive a message that has
 * been decrypted or is not encrypted yet, or one more of it.
 *
 * @param id		ID of the IKE_SA
 * @param incoming	TRUE if it is received
 * @param exchange	type of the exchange
 * @param request	TRUE for a request
 * @param token		token that it has, empty if none
 * @return			token that it has in the end, allocated; empty if none
 */
chunk_t crash_fixture_tell(ike_sa_id_t *id, bool incoming,
						   exchange_type_t exchange, bool request,
						   chunk_t token);

#endif /** CRASH_FIXTURE_H_ @}*/
