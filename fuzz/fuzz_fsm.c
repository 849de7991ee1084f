/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/*
 * Sequences of events, two bytes each: what happens, and how much later. The
 * first bytes are the configuration. The state machine's promises hold after
 * each of them.
 */

#include <library.h>

#include "session/fsm.h"

/**
 * Time that a byte stands for: from none at all to days, in ms
 */
static uint64_t duration(uint8_t byte)
{
	return ((uint64_t)(byte & 0x0f) << (byte >> 4)) * 100;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	mobility_fsm_config_t config;
	mobility_fsm_event_t event;
	mobility_fsm_t fsm;
	mobility_action_t actions;
	uint64_t now = 1, deadline;
	const char *broken;

	if (len < 3)
	{
		return 0;
	}
	config = (mobility_fsm_config_t){
		.outage_time = duration(data[0]),
		.retry_interval = duration(data[1]) ?: 1,
		.retransmit.timeout = 4000,
		.retransmit.base = 1.0 + (data[2] & 0x0f) / 10.0,
		.retransmit.limit = duration(data[2] & 0xf0),
	};
	mobility_fsm_init(&fsm, now);

	for (data += 3, len -= 3; len >= 2; data += 2, len -= 2)
	{
		deadline = mobility_fsm_deadline(&fsm, &config);
		/* 0xff is the moment that the machine asked for */
		if (data[1] == 0xff && deadline > now)
		{
			now = deadline;
		}
		else
		{
			now += duration(data[1]);
		}
		event = (mobility_fsm_event_t){
			.type = (data[0] & 0x0f) % (MOBILITY_EV_FORGOTTEN + 1),
			.usable = data[0] & 0x08,
			.improved = data[0] & 0x10,
			.on_current = data[0] & 0x20,
			.candidates = data[0] >> 6,
			.slept = duration(data[1]),
		};
		actions = mobility_fsm_handle(&fsm, &config, &event, now);
		broken = mobility_fsm_check(&fsm, &config);
		if (broken)
		{
			fprintf(stderr, "%s\n", broken);
			abort();
		}
		if (actions & MOBILITY_ACT_FAIL && fsm.state != MOBILITY_FAILED)
		{
			abort();
		}
	}
	return 0;
}
