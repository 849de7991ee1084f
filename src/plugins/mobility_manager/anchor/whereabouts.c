/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/whereabouts.h"

#include <sa/ike_sa.h>

/** Least time in ms between two packets to a claim. */
#define ASK_INTERVAL 250

/** Who looks so many ms too late was held up himself. */
#define HELD_UP 500

/** Claims that can be taken and left within a grace, however short they were. */
#define LEFT_MAX 4

/*
 * Described in header.
 */
mobility_endpoint_t mobility_endpoint_get(host_t *host)
{
	return (mobility_endpoint_t){
		.ip = mobility_ip_from_host(host),
		.port = host->get_port(host),
	};
}

/*
 * Described in header.
 */
host_t *mobility_endpoint_host(const mobility_endpoint_t *endpoint)
{
	host_t *host;

	host = mobility_ip_to_host(&endpoint->ip);
	host->set_port(host, endpoint->port);
	return host;
}

/*
 * Described in header.
 */
bool mobility_endpoint_equals(const mobility_endpoint_t *a,
							  const mobility_endpoint_t *b)
{
	return a->port == b->port && mobility_ip_equals(&a->ip, &b->ip);
}

/*
 * Described in header.
 */
const mobility_place_t *mobility_whereabouts_used(
										const mobility_whereabouts_t *where)
{
	return where->ahead ? &where->claimed : &where->proven;
}

/**
 * Get how long a claim has to be proven, in ms.
 */
static uint64_t get_grace(const mobility_whereabouts_t *where)
{
	return max(MOBILITY_GRACE_MIN, 4 * where->rtt);
}

/**
 * Get when an open claim is rejected.
 */
static uint64_t get_end(const mobility_whereabouts_t *where)
{
	uint64_t grace = get_grace(where);

	if (where->ahead)
	{
		grace -= min(grace, where->spent);
	}
	return where->since + grace;
}

/**
 * Check if there is a claim to be at an address.
 */
static bool is_claimed(const mobility_whereabouts_t *where,
					   const mobility_endpoint_t *remote)
{
	return where->claim != MOBILITY_CLAIM_NONE &&
		   mobility_endpoint_equals(&where->claimed.remote, remote);
}

/**
 * Give up an open claim that was not proven.
 */
static void give_up(mobility_whereabouts_t *where, mobility_claim_t claim,
					uint64_t now)
{
	if (where->claim == MOBILITY_CLAIM_OPEN)
	{
		if (where->ahead)
		{
			where->spent += max(now - where->since,
								get_grace(where) / LEFT_MAX);
		}
		if (where->spent)
		{
			where->spent_at = now;
		}
		where->refused += claim == MOBILITY_CLAIM_REJECTED;
	}
	where->ahead = where->exclusive = FALSE;
	where->claim = claim;
}

/**
 * Check if a claim may be used before it is proven.
 */
static bool may_go_ahead(mobility_whereabouts_t *where, uint64_t now)
{
	if (now - where->spent_at >= MOBILITY_FORGIVE_TIME)
	{
		where->spent = 0;
	}
	if (where->spent >= get_grace(where))
	{
		return FALSE;
	}
	/* else only what NATs do, which is another port of the same address: it is
	 * who has that address that can have any */
	return where->mode == MOBILITY_RETURN_ROUTABILITY_AFTER ||
		   (where->proven.nat & COND_NAT_THERE &&
			mobility_ip_equals(&where->claimed.remote.ip,
							   &where->proven.remote.ip));
}

/**
 * Have the claim proven, which something has come from.
 */
static void open_claim(mobility_whereabouts_t *where, size_t len, uint64_t now)
{
	where->claim = MOBILITY_CLAIM_OPEN;
	where->since = where->next = now;
	where->received = len;
	where->sent = 0;
}

/**
 * The peer is said to be where it was proven to be.  Returns TRUE if so.
 */
static bool return_to(mobility_whereabouts_t *where,
					  const mobility_place_t *place, mobility_hint_t hint,
					  uint64_t now)
{
	if (hint == MOBILITY_HINT_MAPPING && where->claim != MOBILITY_CLAIM_NONE &&
		!(where->ahead && where->hint == MOBILITY_HINT_MAPPING))
	{	/* packets that were on their way when it said that it has left */
		return FALSE;
	}
	give_up(where, MOBILITY_CLAIM_NONE, now);
	where->proven = *place;
	return TRUE;
}

/**
 * The peer is said to be where it claims to be already.  What has come from there
 * is counted, but not by whom the kernel tells of a mapping.
 */
static void claim_again(mobility_whereabouts_t *where,
						const mobility_place_t *place, mobility_hint_t hint,
						size_t len, uint64_t now)
{
	bool update = hint == MOBILITY_HINT_UPDATE;

	if (update)
	{
		where->claimed = *place;
		where->hint = hint;
	}
	if (where->claim == MOBILITY_CLAIM_OPEN)
	{
		where->received += update ? 0 : len;
	}
	else if (update || now - where->since >= MOBILITY_RETRY_TIME)
	{
		open_claim(where, len, now);
	}
}

/**
 * Check if a changed mapping is to be ignored, for the sake of another claim.
 */
static bool has_better(const mobility_whereabouts_t *where)
{
	return where->claim == MOBILITY_CLAIM_OPEN &&
		   (where->hint == MOBILITY_HINT_UPDATE || !where->ahead);
}

/*
 * Described in header.
 */
bool mobility_whereabouts_hint(mobility_whereabouts_t *where,
							   const mobility_place_t *place,
							   mobility_hint_t hint, size_t len, uint64_t now)
{
	if (where->mode == MOBILITY_RETURN_ROUTABILITY_NO)
	{
		where->proven = *place;
		return TRUE;
	}
	if (mobility_endpoint_equals(&place->remote, &where->proven.remote))
	{
		return return_to(where, place, hint, now);
	}
	if (is_claimed(where, &place->remote))
	{
		claim_again(where, place, hint, len, now);
		return where->ahead;
	}
	if (hint == MOBILITY_HINT_MAPPING && has_better(where))
	{
		return FALSE;
	}
	give_up(where, MOBILITY_CLAIM_NONE, now);
	where->claimed = *place;
	where->hint = hint;
	open_claim(where, len, now);
	where->ahead = may_go_ahead(where, now);
	return where->ahead;
}

/*
 * Described in header.
 */
void mobility_whereabouts_heard(mobility_whereabouts_t *where,
								const mobility_endpoint_t *remote, size_t len,
								uint64_t now)
{
	if (!is_claimed(where, remote))
	{
		return;
	}
	if (where->claim == MOBILITY_CLAIM_REJECTED &&
		now - where->since >= MOBILITY_RETRY_TIME)
	{
		open_claim(where, len, now);
	}
	else
	{
		where->received += len;
	}
}

/*
 * Described in header.
 */
void mobility_whereabouts_sent(mobility_whereabouts_t *where,
							   const mobility_endpoint_t *remote, size_t len)
{
	if (is_claimed(where, remote))
	{
		where->sent += len;
	}
}

/*
 * Described in header.
 */
bool mobility_whereabouts_may_send(const mobility_whereabouts_t *where,
								   size_t len)
{
	return where->claim == MOBILITY_CLAIM_OPEN &&
		   (where->ahead ||
			where->sent + len <= MOBILITY_AMPLIFICATION * where->received);
}

/*
 * Described in header.
 */
void mobility_whereabouts_asked(mobility_whereabouts_t *where)
{
	where->exclusive = where->claim == MOBILITY_CLAIM_OPEN;
}

/**
 * The peer has returned a COOKIE2 that was sent to the claim only.
 */
static void prove(mobility_whereabouts_t *where)
{
	where->proven = where->claimed;
	where->claim = MOBILITY_CLAIM_NONE;
	where->ahead = where->exclusive = FALSE;
}

/*
 * Described in header.
 */
mobility_whereabouts_do_t mobility_whereabouts_answered(
								mobility_whereabouts_t *where, bool echoed,
								uint32_t rtt, uint64_t now)
{
	if (rtt)
	{
		where->rtt = min(rtt, MOBILITY_GRACE_RTT_MAX);
	}
	if (!where->exclusive)
	{
		mobility_whereabouts_abort(where, now);
		return MOBILITY_WHEREABOUTS_STAY;
	}
	if (echoed)
	{
		prove(where);
	}
	else
	{
		give_up(where, MOBILITY_CLAIM_REJECTED, now);
	}
	return MOBILITY_WHEREABOUTS_GO;
}

/*
 * Described in header.
 */
void mobility_whereabouts_abort(mobility_whereabouts_t *where, uint64_t now)
{
	where->exclusive = FALSE;
	where->next = now;
}

/*
 * Described in header.
 */
uint64_t mobility_whereabouts_deadline(const mobility_whereabouts_t *where)
{
	return where->claim == MOBILITY_CLAIM_OPEN ? min(where->next,
													 get_end(where)) : 0;
}

/*
 * Described in header.
 */
mobility_whereabouts_do_t mobility_whereabouts_tick(
								mobility_whereabouts_t *where, uint64_t now)
{
	uint64_t due;

	if (where->claim != MOBILITY_CLAIM_OPEN)
	{
		return MOBILITY_WHEREABOUTS_STAY;
	}
	due = mobility_whereabouts_deadline(where);
	if (now > due + HELD_UP)
	{	/* answers have waited, too */
		where->since += now - due;
	}
	if (now >= get_end(where))
	{
		give_up(where, MOBILITY_CLAIM_REJECTED, now);
		return MOBILITY_WHEREABOUTS_GO;
	}
	if (now < where->next)
	{
		return MOBILITY_WHEREABOUTS_STAY;
	}
	where->next = now + max(ASK_INTERVAL, where->rtt + where->rtt / 2);
	return MOBILITY_WHEREABOUTS_ASK;
}

/*
 * Described in header.
 */
const char *mobility_whereabouts_check(const mobility_whereabouts_t *where)
{
	if (!mobility_ip_is_set(&where->proven.remote.ip))
	{
		return "no proven address";
	}
	if (where->claim != MOBILITY_CLAIM_NONE &&
		mobility_endpoint_equals(&where->proven.remote, &where->claimed.remote))
	{
		return "a claim to be where the peer has proven to be";
	}
	if (where->claim != MOBILITY_CLAIM_OPEN &&
		(where->ahead || where->exclusive))
	{
		return "no open claim, but it is used or asked";
	}
	if (where->mode == MOBILITY_RETURN_ROUTABILITY_NO &&
		where->claim != MOBILITY_CLAIM_NONE)
	{
		return "a claim although nothing has to be proven";
	}
	if (where->mode == MOBILITY_RETURN_ROUTABILITY_BEFORE && where->ahead &&
		!mobility_ip_equals(&where->proven.remote.ip,
							&where->claimed.remote.ip))
	{
		return "another address is used before it is proven";
	}
	return NULL;
}
