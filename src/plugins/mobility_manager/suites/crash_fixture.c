/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "crash_fixture.h"
#include "mobility_suite.h"
#include "mock_prf.h"
#include "succession_fixture.h"

#include <encoding/payloads/notify_payload.h>

METHOD(processor_t, queue_job, void,
	processor_t *this, job_t *job)
{
	job->execute(job);
	job->destroy(job);
}

/*
 * Described in header
 */
mobility_settings_t *crash_fixture_setup(const char *conf)
{
	char buf[512];

	snprintf(buf, sizeof(buf), "charon {\n plugins {\n mobility-manager {\n"
			 "%s\n}\n}\n}\n", conf);
	mock_charon_setup(buf);
	lib->crypto->add_rng(lib->crypto, RNG_STRONG, "mock",
						 mock_charon_create_rng);
	lib->crypto->add_prf(lib->crypto, PRF_HMAC_SHA2_256, "mock",
						 mock_prf_create);
	lib->processor->queue_job = _queue_job;
	mobility_suite_log_start();
	return mobility_settings_create();
}

/*
 * Described in header
 */
void crash_fixture_teardown(mobility_settings_t *settings)
{
	settings->destroy(settings);
	lib->crypto->remove_prf(lib->crypto, mock_prf_create);
	mock_charon_teardown();
}

/*
 * Described in header
 */
message_t *crash_fixture_message(chunk_t data, char *peer)
{
	message_t *message;

	message = message_create_from_packet(packet_create_from_data(
							host_create_from_string(peer, IKEV2_NATT_PORT),
							host_create_from_string("10.0.0.2",
													IKEV2_NATT_PORT), data));
	ck_assert_int_eq(message->parse_header(message), SUCCESS);
	return message;
}

/*
 * Described in header
 */
chunk_t crash_fixture_encode(ike_sa_id_t *id, uint8_t next, uint8_t exchange,
							 bool request, chunk_t body)
{
	uint64_t spis[] = { id->get_initiator_spi(id), id->get_responder_spi(id) };
	uint8_t rest[] = {
		next, 0x20, exchange,
		(request ? 0 : 0x20) | (id->is_initiator(id) ? 0x08 : 0),
		0, 0, 0, 7, 0, 0, 0, 0,
	};

	htoun32(rest + 8, sizeof(spis) + sizeof(rest) + body.len);
	return chunk_cat("ccc", chunk_from_thing(spis), chunk_from_thing(rest),
					 body);
}

/*
 * Described in header
 */
chunk_t crash_fixture_tell(ike_sa_id_t *id, bool incoming,
						   exchange_type_t exchange, bool request,
						   chunk_t token)
{
	ike_sa_t *ike_sa = succession_checkout(id);
	notify_payload_t *notify;
	message_t *message;

	message = mock_ike_message(id, request, exchange, 7, "10.0.0.2",
							   CRASH_PEER);
	if (token.ptr)
	{
		message->add_notify(message, FALSE, QUICK_CRASH_DETECTION, token);
	}
	charon->bus->message(charon->bus, message, incoming, TRUE);
	notify = message->get_notify(message, QUICK_CRASH_DETECTION);
	token = notify ? chunk_clone(notify->get_notification_data(notify))
				   : chunk_empty;
	message->destroy(message);
	mock_ike_checkin(ike_sa, SUCCESS);
	return token;
}
