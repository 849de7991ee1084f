/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_uplink_policy mobility_uplink_policy
 * @{ @ingroup mobility_manager
 *
 * The policy for an uplink, and how it follows from what is configured, what
 * was set by hand, and what NetworkManager says.  Plain values, pure.
 */

#ifndef MOBILITY_UPLINK_POLICY_H_
#define MOBILITY_UPLINK_POLICY_H_

#include <library.h>

typedef enum mobility_preference_t mobility_preference_t;
typedef enum mobility_origin_t mobility_origin_t;
typedef enum mobility_override_kind_t mobility_override_kind_t;
typedef enum mobility_connectivity_t mobility_connectivity_t;
typedef struct mobility_uplink_policy_t mobility_uplink_policy_t;
typedef struct mobility_override_t mobility_override_t;
typedef struct mobility_advice_t mobility_advice_t;

/**
 * Classes of uplinks, the preferred one first: compared before the cost, any
 * uplink of one class is preferred to all uplinks of the next one.
 */
enum mobility_preference_t {
	/** before all others, set by hand */
	MOBILITY_PREFER,
	/** as its cost ranks it */
	MOBILITY_NORMAL,
	/** NetworkManager says that it leads nowhere (a captive portal, no way to
	 * the Internet): after those of which it does not */
	MOBILITY_DEMOTED,
	/** only when nothing else works: metered, or avoided by hand */
	MOBILITY_LAST_RESORT,
};

/** names: prefer, normal, demoted, last-resort */
extern enum_name_t *mobility_preference_names;

/**
 * Where a value comes from.
 */
enum mobility_origin_t {
	/** nobody has set it */
	MOBILITY_ORIGIN_NONE,
	/** the section of strongswan.conf that matches the interface */
	MOBILITY_ORIGIN_SECTION,
	/** set by hand while the daemon runs */
	MOBILITY_ORIGIN_OVERRIDE,
	/** NetworkManager */
	MOBILITY_ORIGIN_NM,
};

/** names: none, section, override, networkmanager */
extern enum_name_t *mobility_origin_names;

/**
 * What may be set by hand for an interface.
 */
enum mobility_override_kind_t {
	/** nothing */
	MOBILITY_OVERRIDE_NONE,
	/** another cost */
	MOBILITY_OVERRIDE_COST,
	/** take it only when nothing else works */
	MOBILITY_OVERRIDE_AVOID,
	/** take it before all others */
	MOBILITY_OVERRIDE_PREFER,
};

/** names: none, cost, avoid, prefer */
extern enum_name_t *mobility_override_names;

/**
 * Something set by hand.
 */
struct mobility_override_t {
	/** what */
	mobility_override_kind_t kind;
	/** the cost, for MOBILITY_OVERRIDE_COST */
	uint32_t cost;
};

/**
 * How far one gets over an interface, as NetworkManager found out.
 */
enum mobility_connectivity_t {
	/** nobody knows */
	MOBILITY_CONNECTIVITY_UNKNOWN,
	/** nowhere */
	MOBILITY_CONNECTIVITY_NONE,
	/** to a captive portal */
	MOBILITY_CONNECTIVITY_PORTAL,
	/** not to the Internet */
	MOBILITY_CONNECTIVITY_LIMITED,
	/** to the Internet */
	MOBILITY_CONNECTIVITY_FULL,
};

/** names: unknown, none, portal, limited, full */
extern enum_name_t *mobility_connectivity_names;

/**
 * What NetworkManager says about an interface.
 */
struct mobility_advice_t {
	/** it is, or seems to be, metered */
	bool metered;
	/** how far one gets over it */
	mobility_connectivity_t connectivity;
};

/**
 * Policy for an uplink, all that is to be known to rank it.
 */
struct mobility_uplink_policy_t {
	/** name of the section in interfaces {} that matched, empty if none */
	char section[64];
	/** uplink may be used; only a section can forbid it, or allow it if it is a
	 * tunnel */
	bool use;
	/** who says so, NONE if nobody does */
	mobility_origin_t use_from;
	/** class it belongs to, compared before the cost */
	mobility_preference_t preference;
	/** where that comes from, NONE for MOBILITY_NORMAL */
	mobility_origin_t preference_from;
	/** a cost is set; if not, the metric of the route is the cost */
	bool has_cost;
	/** the cost, lower is preferred */
	uint32_t cost;
	/** where it comes from */
	mobility_origin_t cost_from;
	/** traffic has to be paid for */
	bool metered;
	/** who says so, or says that it has not; NONE if nobody says anything */
	mobility_origin_t metered_from;
	/** how far NetworkManager gets over it */
	mobility_connectivity_t connectivity;
};

/**
 * Complete a policy, of which the section, use, and cost and metered with their
 * origins are set as configured (or to their defaults), by what was set by hand
 * and by what NetworkManager says.
 *
 * - What is set by hand comes first, then the section, then NetworkManager.
 * - --prefer: cost 0, and not treated as metered.
 * - --avoid: MOBILITY_LAST_RESORT, the cost stays.
 * - --cost: the cost; what is metered or demoted stays so.
 *
 * @param config		policy to complete
 * @param override		what was set by hand
 * @param advice		what NetworkManager says, NULL if it does not
 */
void mobility_uplink_policy_complete(mobility_uplink_policy_t *config,
									 const mobility_override_t *override,
									 const mobility_advice_t *advice);

#endif /** MOBILITY_UPLINK_POLICY_H_ @}*/
