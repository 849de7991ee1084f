/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_prospect mobility_prospect
 * @{ @ingroup mobility_manager
 *
 * What keeps a session where it is, for people.
 */

#ifndef MOBILITY_PROSPECT_H_
#define MOBILITY_PROSPECT_H_

#include <net/if.h>

#include <library.h>

typedef struct mobility_prospect_t mobility_prospect_t;
typedef enum mobility_stay_t mobility_stay_t;

/**
 * Why a session stays where it is.
 */
enum mobility_stay_t {
	/** that is not for this end to say, or not known yet */
	MOBILITY_STAY_UNKNOWN,
	/** no other path is better */
	MOBILITY_STAY_BEST,
	/** others rank before it, but not for what a path that works is left for */
	MOBILITY_STAY_SIMILAR,
	/** it was moved there by hand */
	MOBILITY_STAY_CHOSEN,
	/** settings have it stay as long as the path works */
	MOBILITY_STAY_DISABLED,
	/** a better path has not answered yet */
	MOBILITY_STAY_TEST,
	/** a better path answers, but not for long enough */
	MOBILITY_STAY_SETTLE,
	/** no path works */
	MOBILITY_STAY_OUTAGE,
};

/** names: unknown, best, similar, chosen, disabled, test, settle, outage */
extern enum_name_t *mobility_stay_names;

/**
 * What is going to become of a session.
 */
struct mobility_prospect_t {
	/** why it stays where it is */
	mobility_stay_t stay;
	/** uplink of the better path, empty if there is none */
	char uplink[IFNAMSIZ];
	/** seconds until it moves there, or tries again in an outage; 0 if that is
	 * not a matter of time */
	uint32_t left;
};

#endif /** MOBILITY_PROSPECT_H_ @}*/
