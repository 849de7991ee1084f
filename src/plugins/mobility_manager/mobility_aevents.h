/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_aevents mobility_aevents
 * @{ @ingroup mobility_manager
 *
 * Socket for the kernel's events about the replay state of SAs. The kernel
 * makes events of all SAs as soon as somebody listens, so it is told which ones
 * are of interest, and drops the others before they wake anybody.
 */

#ifndef MOBILITY_AEVENTS_H_
#define MOBILITY_AEVENTS_H_

#include "mobility_xfrm.h"

typedef struct mobility_aevents_t mobility_aevents_t;

/**
 * Gets events.
 *
 * @param data			user data
 * @param sa			what the event says
 */
typedef void (*mobility_aevents_cb_t)(void *data, const mobility_sa_t *sa);

/**
 * Socket for events.  Not thread-safe, the owner locks.
 */
struct mobility_aevents_t {

	/**
	 * Get the socket that is readable if there are events.
	 *
	 * @return			file descriptor
	 */
	int (*get_fd)(mobility_aevents_t *this);

	/**
	 * Listen to events, or not any longer.
	 *
	 * @param listen	TRUE to listen
	 * @return			0, or errno of what failed
	 */
	int (*listen)(mobility_aevents_t *this, bool listen);

	/**
	 * Receive events of SAs with the given SPIs only, or those of all SAs if
	 * there are too many for a filter, as it is in the beginning.
	 *
	 * @param spis		SPIs in network order, gets sorted
	 * @param count		number of them, 0 to receive all events
	 */
	void (*filter)(mobility_aevents_t *this, uint32_t *spis, u_int count);

	/**
	 * Read the events that are queued. Does not block.
	 *
	 * @param cb		called for each event
	 * @param data		user data for cb
	 * @return			FALSE if the kernel had to drop some
	 */
	bool (*receive)(mobility_aevents_t *this, mobility_aevents_cb_t cb,
					void *data);

	/**
	 * Destroy a mobility_aevents_t.
	 */
	void (*destroy)(mobility_aevents_t *this);
};

/**
 * Open a socket for events, which does not listen yet.
 *
 * @return				instance, NULL if the kernel has no IPsec (logged)
 */
mobility_aevents_t *mobility_aevents_create();

/**
 * Have a socket receive messages about SAs with the given SPIs only. What the
 * kernel does for each message grows with the logarithm of their number.
 *
 * @param fd			socket for messages that begin with an ID of an SA
 * @param spis			SPIs in network order, gets sorted
 * @param count			number of them
 * @return				FALSE if it receives all messages, because there are none
 *						or too many
 */
bool mobility_aevents_attach(int fd, uint32_t *spis, u_int count);

#endif /** MOBILITY_AEVENTS_H_ @}*/
