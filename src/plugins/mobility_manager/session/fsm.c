/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "session/fsm.h"

/** Times between the attempts of a burst, in ms. */
static const u_int intervals[] = MOBILITY_BURST_INTERVALS;

/**
 * Enter a state.
 */
static mobility_action_t enter(mobility_fsm_t *fsm, mobility_state_t state,
							   uint64_t now)
{
	if (fsm->state == state)
	{
		return 0;
	}
	fsm->state = state;
	fsm->since = now;
	return MOBILITY_ACT_TELL;
}

/**
 * Timeout after the given number of retransmits while connected.
 */
static inline uint64_t retransmit_after(const mobility_fsm_config_t *config,
										u_int attempt)
{
	return mobility_retransmit_times_after(&config->retransmit, attempt);
}

/**
 * Begin a burst of attempts to move: the first one is up to the caller's
 * action, the next one is planned here.
 */
static mobility_action_t begin_burst(mobility_fsm_t *fsm, u_int attempt,
									 uint64_t now)
{
	u_int i;

	fsm->attempt = attempt;
	fsm->urgent = 0;
	fsm->next = now;
	for (i = 0; i <= attempt; i++)
	{
		fsm->next += intervals[i];
	}
	return enter(fsm, MOBILITY_WAITING, now);
}

/**
 * Go dormant.
 */
static mobility_action_t go_dormant(mobility_fsm_t *fsm,
									const mobility_fsm_config_t *config,
									uint64_t now)
{
	fsm->attempt = 0;
	fsm->urgent = 0;
	fsm->next = now + config->retry_interval;
	fsm->tried = now;
	return enter(fsm, MOBILITY_DORMANT, now);
}

/**
 * Somebody wants to send.
 */
static mobility_action_t wanted(mobility_fsm_t *fsm,
								const mobility_fsm_config_t *config,
								uint64_t now)
{
	if (fsm->state != MOBILITY_DORMANT ||
		now < fsm->tried + MOBILITY_WANTED_INTERVAL)
	{
		return 0;
	}
	fsm->next = now + config->retry_interval;
	fsm->tried = now;
	return MOBILITY_ACT_PROBE;
}

/**
 * Check if the outage time is over.
 */
static bool is_late(const mobility_fsm_t *fsm,
					const mobility_fsm_config_t *config, uint64_t now)
{
	return fsm->outage && config->outage_time &&
		   now >= fsm->outage + config->outage_time;
}

/**
 * An outage has begun, which may be while the host was asleep: who could not try
 * before the time was over has a chance now.
 */
static void begin_outage(mobility_fsm_t *fsm,
						 const mobility_fsm_config_t *config, uint64_t since,
						 uint64_t now)
{
	fsm->outage = fsm->asleep ? min(fsm->asleep, since) : since;
	fsm->asleep = 0;
	if (is_late(fsm, config, now))
	{
		fsm->late = now + MOBILITY_LATE_TIME;
	}
}

/**
 * A path is known to work.
 */
static mobility_action_t be_connected(mobility_fsm_t *fsm,
								 const mobility_fsm_config_t *config,
								 uint64_t now)
{
	fsm->outage = 0;
	fsm->asleep = 0;
	fsm->late = 0;
	fsm->attempt = 0;
	fsm->urgent = 0;
	fsm->lost = FALSE;
	fsm->next = fsm->sent ? now + retransmit_after(config, 0) : 0;
	return enter(fsm, MOBILITY_CONNECTED, now);
}

/**
 * End the session.
 */
static mobility_action_t fail(mobility_fsm_t *fsm, uint64_t now)
{
	fsm->next = 0;
	fsm->sent = 0;
	fsm->late = 0;
	fsm->asleep = 0;
	fsm->urgent = 0;
	return enter(fsm, MOBILITY_FAILED, now) | MOBILITY_ACT_FAIL;
}

/**
 * The network changed or was looked at.
 */
static mobility_action_t network(mobility_fsm_t *fsm,
								 const mobility_fsm_config_t *config,
								 const mobility_fsm_event_t *event,
								 uint64_t now)
{
	fsm->lost = !event->usable;
	if (fsm->state == MOBILITY_CONNECTED)
	{
		if (event->usable)
		{
			return 0;
		}
		begin_outage(fsm, config, now, now);
	}
	if (!event->usable && !event->candidates)
	{
		return fsm->state == MOBILITY_DORMANT ? 0
											  : go_dormant(fsm, config, now);
	}
	if (fsm->state == MOBILITY_CONNECTED || event->improved)
	{	/* leading edge: whatever appears gets its attempt at once */
		return begin_burst(fsm, 0, now) | MOBILITY_ACT_MOVE;
	}
	return 0;
}

/**
 * The peer has answered the request in flight.
 */
static mobility_action_t answered(mobility_fsm_t *fsm,
								  const mobility_fsm_config_t *config,
								  bool on_current, uint64_t now)
{
	bool silent = fsm->urgent && fsm->attempt && !on_current;
	uint64_t sent = fsm->sent;

	fsm->sent = 0;
	if (silent)
	{	/* all paths were asked, and that in use did not answer */
		begin_outage(fsm, config, sent ?: now, now);
	}
	else if (fsm->state == MOBILITY_CONNECTED || (on_current && !fsm->lost))
	{
		return be_connected(fsm, config, now);
	}
	if (on_current && fsm->state == MOBILITY_DORMANT)
	{	/* it was still under way when the last path was lost */
		return 0;
	}
	/* the peer is there, on another path: the update follows */
	return begin_burst(fsm, MOBILITY_EARLY_ATTEMPTS, now);
}

/**
 * The path in use may be a black hole.
 */
static mobility_action_t suspect(mobility_fsm_t *fsm,
								 const mobility_fsm_config_t *config,
								 uint32_t rtt, uint64_t now)
{
	if (fsm->state != MOBILITY_CONNECTED || fsm->urgent)
	{
		return 0;
	}
	rtt = min(rtt, UINT32_MAX / 2);
	fsm->urgent = rtt ? max(MOBILITY_SUSPECT_LEAST, rtt + rtt / 2)
					  : MOBILITY_SUSPECT_INTERVAL;
	/* not later than without any suspicion */
	fsm->urgent = min(fsm->urgent, retransmit_after(config, 0));
	if (!fsm->sent)
	{	/* the caller sends one */
		return 0;
	}
	fsm->next = min(fsm->next, now + fsm->urgent);
	return MOBILITY_ACT_RESEND;
}

/**
 * The path in use works, the answer is not waited for that urgently anymore.
 */
static mobility_action_t relieved(mobility_fsm_t *fsm,
								  const mobility_fsm_config_t *config,
								  uint64_t now)
{
	if (fsm->state == MOBILITY_CONNECTED && fsm->urgent)
	{
		fsm->urgent = 0;
		fsm->attempt = 0;
		fsm->next = fsm->sent ? now + retransmit_after(config, 0) : 0;
	}
	return 0;
}

/**
 * The request in flight was not answered in time.
 */
static mobility_action_t unanswered(mobility_fsm_t *fsm,
									const mobility_fsm_config_t *config,
									uint64_t now)
{
	fsm->attempt++;
	switch (fsm->state)
	{
		case MOBILITY_CONNECTED:
			if (fsm->urgent && fsm->attempt < MOBILITY_SUSPECT_ATTEMPTS)
			{
				fsm->next = now + fsm->urgent;
				return MOBILITY_ACT_PROBE;
			}
			if (!fsm->urgent && fsm->attempt <= MOBILITY_SUSPECT_ATTEMPTS)
			{
				fsm->next = now + retransmit_after(config, fsm->attempt);
				/* an early loss is no reason to bother other paths */
				return fsm->attempt == 1 ? MOBILITY_ACT_RESEND
										 : MOBILITY_ACT_PROBE;
			}
			/* the path was silent all the time since the request left */
			begin_outage(fsm, config, fsm->sent, now);
			return begin_burst(fsm, MOBILITY_EARLY_ATTEMPTS, now) |
				   MOBILITY_ACT_PROBE;
		case MOBILITY_WAITING:
			if (fsm->attempt < countof(intervals))
			{
				fsm->next = now + intervals[fsm->attempt];
				return MOBILITY_ACT_PROBE;
			}
			if (fsm->late)
			{	/* that was the chance */
				return fail(fsm, now);
			}
			return go_dormant(fsm, config, now);
		default:
			fsm->tried = now;
			fsm->next = now + config->retry_interval;
			return MOBILITY_ACT_PROBE;
	}
}

/**
 * The host was suspended: what went on meanwhile is not known, but that nothing
 * was heard of the peer.
 */
static mobility_action_t resumed(mobility_fsm_t *fsm,
								 const mobility_fsm_config_t *config,
								 uint64_t slept, uint64_t now)
{
	uint64_t since = now > slept ? now - slept : 1;

	if (fsm->state == MOBILITY_CONNECTED)
	{
		fsm->asleep = fsm->asleep ? min(fsm->asleep, since) : since;
		return 0;
	}
	if (!fsm->late)
	{
		begin_outage(fsm, config, min(fsm->outage, since), now);
	}
	return begin_burst(fsm, 0, now) | MOBILITY_ACT_PROBE;
}

/**
 * The peer has lost the IKE_SA, nothing gets through until there is another one.
 */
static mobility_action_t forgotten(mobility_fsm_t *fsm,
								   const mobility_fsm_config_t *config,
								   uint64_t now)
{
	if (fsm->state == MOBILITY_CONNECTED)
	{
		begin_outage(fsm, config, fsm->sent ?: now, now);
	}
	return begin_burst(fsm, 0, now) | MOBILITY_ACT_PROBE;
}

/**
 * Check if the outage time is over, and was used.
 */
static bool is_over(const mobility_fsm_t *fsm,
					const mobility_fsm_config_t *config, uint64_t now)
{
	if (fsm->late)
	{
		return now >= fsm->late;
	}
	/* an attempt that is overdue for long was not made, nobody was awake */
	return is_late(fsm, config, now) && now < fsm->next + MOBILITY_OVERDUE;
}

/**
 * Time has passed.
 */
static mobility_action_t tick(mobility_fsm_t *fsm,
							  const mobility_fsm_config_t *config,
							  uint64_t now)
{
	if (is_over(fsm, config, now))
	{
		return fail(fsm, now);
	}
	if (is_late(fsm, config, now) && !fsm->late)
	{
		fsm->late = now + MOBILITY_LATE_TIME;
		return begin_burst(fsm, 0, now) | MOBILITY_ACT_PROBE;
	}
	if (fsm->next && now >= fsm->next)
	{
		return unanswered(fsm, config, now);
	}
	return 0;
}

/*
 * Described in header.
 */
void mobility_fsm_init(mobility_fsm_t *fsm, uint64_t now)
{
	*fsm = (mobility_fsm_t){
		.state = MOBILITY_CONNECTED,
		.since = now,
	};
}

/*
 * Described in header.
 */
mobility_action_t mobility_fsm_handle(mobility_fsm_t *fsm,
									  const mobility_fsm_config_t *config,
									  const mobility_fsm_event_t *event,
									  uint64_t now)
{
	if (fsm->state == MOBILITY_FAILED)
	{
		return 0;
	}
	switch (event->type)
	{
		case MOBILITY_EV_NETWORK:
			return network(fsm, config, event, now);
		case MOBILITY_EV_SUSPECT:
			return suspect(fsm, config, event->rtt, now);
		case MOBILITY_EV_SENT:
			fsm->sent = now;
			if (fsm->state == MOBILITY_CONNECTED)
			{
				fsm->attempt = 0;
				fsm->next = now + (fsm->urgent ?:
								   retransmit_after(config, 0));
			}
			return 0;
		case MOBILITY_EV_ANSWERED:
			return answered(fsm, config, event->on_current, now);
		case MOBILITY_EV_CONFIRMED:
			return be_connected(fsm, config, now);
		case MOBILITY_EV_ABANDONED:
			fsm->sent = 0;
			if (fsm->state == MOBILITY_CONNECTED)
			{
				return be_connected(fsm, config, now);
			}
			return 0;
		case MOBILITY_EV_TICK:
			return tick(fsm, config, now);
		case MOBILITY_EV_WANTED:
			return wanted(fsm, config, now);
		case MOBILITY_EV_RESUMED:
			return resumed(fsm, config, event->slept, now);
		case MOBILITY_EV_RELIEVED:
			return relieved(fsm, config, now);
		case MOBILITY_EV_EXPIRED:
			return fail(fsm, now);
		case MOBILITY_EV_FORGOTTEN:
			return forgotten(fsm, config, now);
	}
	return 0;
}

/*
 * Described in header.
 */
uint64_t mobility_fsm_deadline(const mobility_fsm_t *fsm,
							   const mobility_fsm_config_t *config)
{
	uint64_t end;

	if (!fsm->outage || !config->outage_time ||
		fsm->state == MOBILITY_FAILED)
	{
		return fsm->next;
	}
	end = fsm->late ?: fsm->outage + config->outage_time;
	return fsm->next ? min(fsm->next, end) : end;
}

/*
 * Described in header.
 */
uint64_t mobility_fsm_outage_left(const mobility_fsm_t *fsm,
								  const mobility_fsm_config_t *config,
								  uint64_t now)
{
	uint64_t end = (fsm->outage ?: now) + config->outage_time;

	return config->outage_time && end > now ? end - now : 0;
}

/*
 * Described in header.
 */
const char *mobility_fsm_check(const mobility_fsm_t *fsm,
							   const mobility_fsm_config_t *config)
{
	uint64_t deadline = mobility_fsm_deadline(fsm, config);

	switch (fsm->state)
	{
		case MOBILITY_CONNECTED:
			if (fsm->outage || fsm->late)
			{
				return "connected, but an outage runs";
			}
			if (fsm->lost)
			{
				return "connected over a path that is lost";
			}
			if (!fsm->sent != !deadline)
			{
				return "connected, and the deadline does not follow the "
					   "request in flight";
			}
			break;
		case MOBILITY_DORMANT:
		case MOBILITY_WAITING:
			if (fsm->urgent)
			{
				return "suspects a path that is lost anyway";
			}
			if (!fsm->outage)
			{
				return "no path works, but no outage runs";
			}
			if (!fsm->next)
			{
				return "no path works, but no attempt is planned";
			}
			if (fsm->asleep)
			{
				return "was asleep, but that is no outage";
			}
			if (config->outage_time && !fsm->late &&
				deadline > fsm->outage + config->outage_time)
			{
				return "outlives its outage time";
			}
			break;
		case MOBILITY_FAILED:
			if (deadline || fsm->late || fsm->asleep)
			{
				return "failed, but wants to be woken";
			}
			break;
		default:
			return "no such state";
	}
	return NULL;
}
