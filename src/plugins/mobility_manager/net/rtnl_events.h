/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_rtnl_events mobility_rtnl_events
 * @{ @ingroup mobility_manager
 *
 * Feeds the state of the network, and its changes, to a mobility_uplinks_t.
 */

#ifndef MOBILITY_RTNL_EVENTS_H_
#define MOBILITY_RTNL_EVENTS_H_

#include "net/rtnl.h"
#include "net/uplinks.h"

typedef struct mobility_rtnl_events_t mobility_rtnl_events_t;

/**
 * Receives changes and reads the whole state.  Not thread-safe, the owner
 * locks.
 */
struct mobility_rtnl_events_t {

	/**
	 * Get the socket that is readable if there are changes.
	 *
	 * @return			file descriptor
	 */
	int (*get_fd)(mobility_rtnl_events_t *this);

	/**
	 * Read the whole state, and keep it for apply().  Waits for the kernel.
	 * Changes have been queued since the feed was created, so nothing is missed
	 * if this is done once after that.
	 *
	 * @return			FALSE if it can't be read (logged)
	 */
	bool (*read)(mobility_rtnl_events_t *this);

	/**
	 * Apply the whole state that was read.  Does not block.
	 *
	 * @param uplinks	what to apply the state to
	 * @return			what changed
	 */
	mobility_change_t (*apply)(mobility_rtnl_events_t *this,
							   mobility_uplinks_t *uplinks);

	/**
	 * Receive the changes that are queued, or many of them.  Does not block.
	 *
	 * @param uplinks	what to apply changes to
	 * @return			what changed
	 */
	mobility_change_t (*receive)(mobility_rtnl_events_t *this,
								 mobility_uplinks_t *uplinks);

	/**
	 * Check if there were changes since the whole state was read that the kernel
	 * did not tell of, or had to drop, so that it has to be read again.
	 *
	 * @return			TRUE if so
	 */
	bool (*is_stale)(mobility_rtnl_events_t *this);

	/**
	 * Destroy a mobility_rtnl_events_t.
	 */
	void (*destroy)(mobility_rtnl_events_t *this);
};

/**
 * Subscribe to network changes.
 *
 * @param rtnl			socket to read the whole state, must live longer
 * @return				instance, NULL if rtnetlink is not available (logged)
 */
mobility_rtnl_events_t *mobility_rtnl_events_create(mobility_rtnl_t *rtnl);

#endif /** MOBILITY_RTNL_EVENTS_H_ @}*/
