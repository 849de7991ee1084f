/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/dormancy.h"

/**
 * Enter a state.
 */
static mobility_dormancy_action_t enter(mobility_dormancy_t *this,
										mobility_state_t state)
{
	if (this->state == state)
	{
		return 0;
	}
	this->state = state;
	return MOBILITY_DORMANCY_TELL;
}

/**
 * Begin to wait for the answer to a request that was just sent.
 */
static void begin(mobility_dormancy_t *this,
				  const mobility_dormancy_config_t *config, uint64_t now)
{
	this->attempt = 0;
	this->next = now + mobility_retransmit_times_after(&config->retransmit, 0);
}

/**
 * No request is in flight anymore.
 */
static void end(mobility_dormancy_t *this)
{
	this->sent = 0;
	this->next = 0;
	this->attempt = 0;
}

/**
 * The peer is there.
 */
static mobility_dormancy_action_t heard(mobility_dormancy_t *this,
									const mobility_dormancy_config_t *config,
									bool moved, uint64_t now)
{
	mobility_dormancy_action_t actions = 0;

	this->heard = now;
	this->over = FALSE;
	if (this->sent && (moved || this->state == MOBILITY_DORMANT))
	{
		actions = MOBILITY_DORMANCY_RESEND;
	}
	if (this->sent && (actions || this->attempt))
	{	/* it has all the time again that a request gets */
		begin(this, config, now);
	}
	return actions | enter(this, MOBILITY_CONNECTED);
}

/*
 * Described in header.
 */
uint64_t mobility_dormancy_end(const mobility_dormancy_t *this,
							   const mobility_dormancy_config_t *config)
{
	return config->outage_time ?
				mobility_dormancy_silent(this) + config->outage_time : 0;
}

/**
 * Check if the outage time is over.
 */
static bool is_over(const mobility_dormancy_t *this,
					const mobility_dormancy_config_t *config, uint64_t now)
{
	uint64_t end = mobility_dormancy_end(this, config);

	return this->sent && end && now >= end;
}

/**
 * Nobody knows of any packet.
 */
static mobility_dormancy_action_t silent(mobility_dormancy_t *this,
									const mobility_dormancy_config_t *config,
									uint64_t now)
{
	mobility_dormancy_action_t actions = 0;

	if (this->over)
	{
		return enter(this, MOBILITY_FAILED);
	}
	if (is_over(this, config, now))
	{
		if (config->mute_time &&
			(this->next || this->state == MOBILITY_CONNECTED))
		{
			actions = MOBILITY_DORMANCY_MUTE;
		}
		this->next = 0;
		this->over = TRUE;
		return actions | enter(this, MOBILITY_DORMANT) |
			   MOBILITY_DORMANCY_RETIRE;
	}
	if (this->attempt > config->retransmit.tries &&
		this->state != MOBILITY_DORMANT)
	{
		this->next = config->mute_time ? now + config->mute_time : 0;
		return enter(this, MOBILITY_DORMANT);
	}
	return 0;
}

/**
 * Time has passed.
 */
static mobility_dormancy_action_t tick(mobility_dormancy_t *this,
									const mobility_dormancy_config_t *config,
									uint64_t now)
{
	if (this->over)
	{
		return 0;
	}
	if (is_over(this, config, now))
	{
		return MOBILITY_DORMANCY_ASK;
	}
	if (!this->next || now < this->next)
	{
		return 0;
	}
	if (this->state == MOBILITY_DORMANT)
	{
		this->next = 0;
		return MOBILITY_DORMANCY_MUTE;
	}
	if (this->attempt < config->retransmit.tries)
	{
		this->attempt++;
		this->next = now + mobility_retransmit_times_after(&config->retransmit,
														   this->attempt);
		return MOBILITY_DORMANCY_RESEND;
	}
	this->attempt = config->retransmit.tries + 1;
	return MOBILITY_DORMANCY_ASK;
}

/*
 * Described in header.
 */
void mobility_dormancy_init(mobility_dormancy_t *this, uint64_t now)
{
	*this = (mobility_dormancy_t){
		.state = MOBILITY_CONNECTED,
		.heard = now,
	};
}

/*
 * Described in header.
 */
mobility_dormancy_action_t mobility_dormancy_handle(mobility_dormancy_t *this,
									const mobility_dormancy_config_t *config,
									mobility_dormancy_event_t event,
									uint64_t now)
{
	if (this->state == MOBILITY_FAILED)
	{
		return 0;
	}
	switch (event)
	{
		case MOBILITY_DORMANCY_SENT:
			if (this->state == MOBILITY_CONNECTED)
			{
				this->sent = now;
				begin(this, config, now);
			}
			return 0;
		case MOBILITY_DORMANCY_ANSWERED:
			end(this);
			return heard(this, config, FALSE, now);
		case MOBILITY_DORMANCY_HEARD:
		case MOBILITY_DORMANCY_MOVED:
			return heard(this, config, event == MOBILITY_DORMANCY_MOVED, now);
		case MOBILITY_DORMANCY_SILENT:
			return silent(this, config, now);
		case MOBILITY_DORMANCY_ABANDONED:
			end(this);
			/* only the peer could have had the IKE_SA replaced */
			return heard(this, config, FALSE, now);
		case MOBILITY_DORMANCY_TURN:
			/* unless the time is another one by now */
			this->over = this->over && is_over(this, config, now);
			return this->over ? MOBILITY_DORMANCY_ASK : 0;
		case MOBILITY_DORMANCY_TICK:
			return tick(this, config, now);
	}
	return 0;
}

/*
 * Described in header.
 */
uint64_t mobility_dormancy_silent(const mobility_dormancy_t *this)
{
	return this->sent ? max(this->sent, this->heard) : 0;
}

/*
 * Described in header.
 */
uint64_t mobility_dormancy_deadline(const mobility_dormancy_t *this,
									const mobility_dormancy_config_t *config)
{
	uint64_t end;

	if (!this->sent || this->over)
	{
		return 0;
	}
	end = mobility_dormancy_end(this, config);
	return this->next && end ? min(this->next, end) : this->next ?: end;
}

/*
 * Described in header.
 */
const char *mobility_dormancy_check(const mobility_dormancy_t *this,
									const mobility_dormancy_config_t *config)
{
	uint64_t deadline = mobility_dormancy_deadline(this, config);

	switch (this->state)
	{
		case MOBILITY_CONNECTED:
			if (this->over)
			{
				return "connected, and about to be ended";
			}
			if (!this->sent != !deadline)
			{
				return "connected, and the deadline does not follow the "
					   "request in flight";
			}
			if (this->attempt > config->retransmit.tries + 1)
			{
				return "sends a request more often than it may";
			}
			break;
		case MOBILITY_DORMANT:
			if (!this->sent)
			{
				return "dormant, but nobody was asked";
			}
			if (!deadline != (this->over ||
							  !(this->next || config->outage_time)))
			{
				return "dormant, and woken by something else than the end of "
					   "the outage time, or that it is muted";
			}
			break;
		case MOBILITY_FAILED:
			if (deadline)
			{
				return "failed, but wants to be woken";
			}
			break;
		default:
			return "no such state";
	}
	return NULL;
}
