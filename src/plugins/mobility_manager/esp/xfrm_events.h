/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_xfrm_events mobility_xfrm_events
 * @{ @ingroup mobility_manager
 *
 * Socket for the kernel's events about the replay state of SAs. The kernel
 * makes events of all SAs as soon as somebody listens, so it is told which ones
 * are of interest, and drops the others before they wake anybody. It always drops
 * those that only say that somebody has set thresholds.
 */

#ifndef MOBILITY_XFRM_EVENTS_H_
#define MOBILITY_XFRM_EVENTS_H_

#include "esp/xfrm.h"

typedef struct mobility_xfrm_events_t mobility_xfrm_events_t;

/**
 * Gets events.
 *
 * @param data			user data
 * @param sa			what the event says
 */
typedef void (*mobility_xfrm_events_cb_t)(void *data, const mobility_sa_t *sa);

/**
 * Socket for events.  Not thread-safe, the owner locks.
 */
struct mobility_xfrm_events_t {

	/**
	 * Get the socket that is readable if there are events.
	 *
	 * @return			file descriptor
	 */
	int (*get_fd)(mobility_xfrm_events_t *this);

	/**
	 * Listen to events, or not any longer.
	 *
	 * @param listen	TRUE to listen
	 * @return			0, or errno of what failed
	 */
	int (*listen)(mobility_xfrm_events_t *this, bool listen);

	/**
	 * Receive events of SAs with the given SPIs only, or those of all SAs if
	 * there are too many for a filter.
	 *
	 * @param spis		SPIs in network order, gets sorted
	 * @param count		number of them, 0 to receive all events
	 */
	void (*filter)(mobility_xfrm_events_t *this, uint32_t *spis, u_int count);

	/**
	 * Read the events that are queued. Does not block.
	 *
	 * @param cb		called for each event
	 * @param data		user data for cb
	 * @return			FALSE if the kernel had to drop some
	 */
	bool (*receive)(mobility_xfrm_events_t *this, mobility_xfrm_events_cb_t cb,
					void *data);

	/**
	 * Destroy a mobility_xfrm_events_t.
	 */
	void (*destroy)(mobility_xfrm_events_t *this);
};

/**
 * Open a socket for events, which does not listen yet.
 *
 * @return				instance, NULL if the kernel has no IPsec (logged)
 */
mobility_xfrm_events_t *mobility_xfrm_events_create();

/**
 * Have a socket receive events about SAs with the given SPIs only, but not that
 * somebody has set something. What the kernel does for each message grows with the
 * logarithm of their number.
 *
 * @param fd			socket for messages that begin with an ID of an SA
 * @param spis			SPIs in network order, gets sorted
 * @param count			number of them
 * @return				FALSE if it receives events of all SAs, because there are
 *						none or too many
 */
bool mobility_xfrm_events_attach(int fd, uint32_t *spis, u_int count);

#endif /** MOBILITY_XFRM_EVENTS_H_ @}*/
