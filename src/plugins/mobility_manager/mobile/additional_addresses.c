/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/additional_addresses.h"

typedef struct private_mobility_additional_addresses_t
									private_mobility_additional_addresses_t;

/**
 * Private data of a mobility_additional_addresses_t object.
 */
struct private_mobility_additional_addresses_t {

	/**
	 * Public interface.
	 */
	mobility_additional_addresses_t public;

	/**
	 * Course of the session.
	 */
	mobility_course_t *course;

	/**
	 * Sum of the hashes of our addresses the peer knows of, 0 if only charon
	 * knows.
	 */
	uint32_t told;
};

METHOD(mobility_additional_addresses_t, is_due, bool,
	private_mobility_additional_addresses_t *this)
{
	mobility_candidates_t *candidates = this->course->candidates;
	host_t *hosts[MOBILITY_MAX_LOCALS];
	uint32_t digest, told;
	u_int count;

	digest = candidates->get_locals(candidates, hosts, &count);
	/* at first stock did when it authenticated */
	told = this->told ?: digest;
	this->told = digest;
	return digest != told;
}

METHOD(mobility_additional_addresses_t, reset, void,
	private_mobility_additional_addresses_t *this)
{
	this->told = 0;
}

METHOD(mobility_exchange_t, build, void,
	private_mobility_additional_addresses_t *this, message_t *message)
{
	mobility_candidates_t *candidates = this->course->candidates;
	host_t *hosts[MOBILITY_MAX_LOCALS], *source = message->get_source(message);
	notify_type_t type;
	u_int count, i, added = 0;

	if (!candidates->count(candidates, NULL))
	{
		mobility_course_look(this->course);
	}
	this->told = candidates->get_locals(candidates, hosts, &count);
	for (i = 0; i < count; i++)
	{
		if (!source->ip_equals(source, hosts[i]))
		{
			type = hosts[i]->get_family(hosts[i]) == AF_INET ?
						ADDITIONAL_IP4_ADDRESS : ADDITIONAL_IP6_ADDRESS;
			message->add_notify(message, FALSE, type,
								hosts[i]->get_address(hosts[i]));
			added++;
		}
	}
	if (!added)
	{
		message->add_notify(message, FALSE, NO_ADDITIONAL_ADDRESSES,
							chunk_empty);
	}
}

/*
 * Described in header.
 */
mobility_additional_addresses_t *mobility_additional_addresses_create(
													mobility_course_t *course)
{
	private_mobility_additional_addresses_t *this;

	INIT(this,
		.public = {
			.exchange = {
				.detects_nat = (void*)return_false,
				.build = _build,
				.answered = (void*)return_false,
				.get_deadline = (void*)return_null,
				.tick = (void*)nop,
			},
			.is_due = _is_due,
			.reset = _reset,
		},
		.course = course,
	);

	return &this->public;
}
