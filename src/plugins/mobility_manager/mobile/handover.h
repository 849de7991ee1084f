/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_handover mobility_handover
 * @{ @ingroup mobility_manager
 *
 * Has the IKE_SA and its CHILD_SAs use another path without losing what is under
 * way: packets are accepted at both addresses before the peer sends any to the
 * new one, and for a while after it has confirmed that, see
 * mobility_child_update_t.
 */

#ifndef MOBILITY_HANDOVER_H_
#define MOBILITY_HANDOVER_H_

#include "esp/child_update.h"
#include "mobile/course.h"

typedef struct mobility_handover_t mobility_handover_t;

/**
 * Handover of the CHILD_SAs of one session.  Used with the IKE_SA checked out.
 */
struct mobility_handover_t {

	/**
	 * Have packets arrive at the target as well, for two seconds at most.
	 */
	void (*begin)(mobility_handover_t *this);

	/**
	 * Use the target: the IKE_SA and its CHILD_SAs get its addresses.
	 */
	void (*use_target)(mobility_handover_t *this);

	/**
	 * The peer has confirmed the path in use: what is still on its way comes
	 * over the one that was left, for another two seconds.
	 */
	void (*confirmed)(mobility_handover_t *this);

	/**
	 * Expect no more packets over a path that is not in use.
	 */
	void (*end)(mobility_handover_t *this);

	/**
	 * Have the next tick() do what end() does, which listeners must not.
	 */
	void (*expire)(mobility_handover_t *this);

	/**
	 * Get the time at which tick() is due.
	 *
	 * @return			time, 0 if packets are expected over the path in use only
	 */
	uint64_t (*get_deadline)(mobility_handover_t *this);

	/**
	 * Time has passed.
	 *
	 * @param now		current time
	 */
	void (*tick)(mobility_handover_t *this, uint64_t now);

	/**
	 * Destroy a mobility_handover_t, expects no more packets.
	 */
	void (*destroy)(mobility_handover_t *this);
};

/**
 * Create an instance.
 *
 * @param course		course of the session
 * @param child_update	moves CHILD_SAs, NULL to have stock do it
 * @return				instance
 */
mobility_handover_t *mobility_handover_create(mobility_course_t *course,
										mobility_child_update_t *child_update);

#endif /** MOBILITY_HANDOVER_H_ @}*/
