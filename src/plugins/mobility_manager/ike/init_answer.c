/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/init_answer.h"
#include "compat.h"

#include <encoding/payloads/notify_payload.h>

/** Notifies up to this one are errors (RFC 7296, 3.10.1). */
#define LAST_ERROR 16383

/**
 * Check if a key exchange is among those that were proposed.  Stock gives up if
 * it is asked for one that it does not know.
 */
static bool is_proposed(ike_cfg_t *ike_cfg, uint16_t wanted)
{
	linked_list_t *proposals = mobility_compat_proposals(ike_cfg);
	enumerator_t *enumerator, *methods;
	proposal_t *proposal;
	bool found = FALSE;
	uint16_t method, size;

	enumerator = proposals->create_enumerator(proposals);
	while (!found && enumerator->enumerate(enumerator, &proposal))
	{
		methods = proposal->create_enumerator(proposal, KEY_EXCHANGE_METHOD);
		while (!found && methods->enumerate(methods, &method, &size))
		{
			found = method == wanted;
		}
		methods->destroy(methods);
	}
	enumerator->destroy(enumerator);
	proposals->destroy_offset(proposals, offsetof(proposal_t, destroy));
	return found;
}

/**
 * Get the kind of an answer by one of its notifies.
 */
static mobility_init_answer_t get_kind(notify_payload_t *notify,
									   ike_cfg_t *ike_cfg)
{
	notify_type_t type = notify->get_notify_type(notify);
	chunk_t data = notify->get_notification_data(notify);

	switch (type)
	{
		case COOKIE:
			return MOBILITY_INIT_DETOUR;
		case INVALID_KE_PAYLOAD:
			return data.len == sizeof(uint16_t) &&
				   is_proposed(ike_cfg, untoh16(data.ptr))
						? MOBILITY_INIT_DETOUR : MOBILITY_INIT_ERROR;
		default:
			return type <= LAST_ERROR ? MOBILITY_INIT_ERROR
									  : MOBILITY_INIT_ANSWERED;
	}
}

/*
 * Described in header.
 */
mobility_init_answer_t mobility_init_answer(message_t *message,
											ike_cfg_t *ike_cfg,
											notify_type_t *error)
{
	mobility_init_answer_t kind = MOBILITY_INIT_ANSWERED;
	enumerator_t *enumerator;
	notify_payload_t *notify;
	payload_t *payload;

	*error = 0;
	enumerator = message->create_payload_enumerator(message);
	while (kind == MOBILITY_INIT_ANSWERED &&
		   enumerator->enumerate(enumerator, &payload))
	{	/* as stock, which goes by the first that says anything */
		if (payload->get_type(payload) == PLV2_NOTIFY)
		{
			notify = (notify_payload_t*)payload;
			kind = get_kind(notify, ike_cfg);
			if (kind == MOBILITY_INIT_ERROR)
			{
				*error = notify->get_notify_type(notify);
			}
		}
	}
	enumerator->destroy(enumerator);
	if (kind == MOBILITY_INIT_ANSWERED &&
		!message->get_notify(message, REDIRECT) &&
		!(message->get_payload(message, PLV2_SECURITY_ASSOCIATION) &&
		  message->get_payload(message, PLV2_KEY_EXCHANGE) &&
		  message->get_payload(message, PLV2_NONCE)))
	{
		kind = MOBILITY_INIT_ERROR;
	}
	return kind;
}
