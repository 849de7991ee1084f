/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_task mobility_task
 * @{ @ingroup mobility_manager
 *
 * Carries the exchanges that a session initiates, see mobility_exchange_t, one
 * after the other.  To the task manager it is a task of type TASK_IKE_MOBIKE,
 * which it asks to transmit its packets; over which path they go is the owner's
 * decision.
 *
 * Stock's ike_mobike_t and this task must not meet on one IKE_SA: stock reads
 * private members of any TASK_IKE_MOBIKE that is queued while its own is
 * active.  The owner queues none while stock's is active.
 *
 * Path tests and address updates carry a COOKIE2, as stock's updates do, and
 * nothing is confirmed without it (RFC 4555, 3.7):
 *
 *  - If the answer to an update has none, the peer counts as having refused the
 *    addresses.  That of a test may have none, libreswan copies it with updates
 *    only.
 *  - If it is another one, the IKE_SA is closed, as the RFC demands: whoever
 *    answers has the keys, but has not seen the request.  Answers to other
 *    requests than the current one don't get here.
 *
 * Those of the peer are answered by stock.
 */

#ifndef MOBILITY_MOBIKE_TASK_H_
#define MOBILITY_MOBIKE_TASK_H_

#include <sa/ikev2/tasks/ike_mobike.h>

#include "ike/exchange.h"

typedef struct mobility_task_t mobility_task_t;
typedef struct mobility_task_owner_t mobility_task_owner_t;

/**
 * Owner of tasks, called with the IKE_SA checked out.
 */
struct mobility_task_owner_t {

	/**
	 * The exchange that updates addresses.
	 */
	mobility_exchange_t *update;

	/**
	 * Get the addresses a request is built for.
	 *
	 * @param local		gets allocated local host
	 * @param remote	gets allocated remote host
	 */
	void (*get_target)(mobility_task_owner_t *this, host_t **local,
					   host_t **remote);

	/**
	 * Send the request that was just built, over the target path.
	 */
	void (*transmit)(mobility_task_owner_t *this);
};

/**
 * Task for the exchanges of a session.
 */
struct mobility_task_t {

	/**
	 * Implements ike_mobike_t, and thereby task_t.
	 */
	ike_mobike_t mobike;

	/**
	 * Whatever the exchange was for, follow it by an address update.  If the
	 * request was not built yet, it will be one.
	 */
	void (*update)(mobility_task_t *this);

	/**
	 * Leave the owner alone from now on: the IKE_SA was replaced while the
	 * exchange is in flight.  It ends without any result.
	 */
	void (*detach)(mobility_task_t *this);

	/**
	 * Get the exchange in flight, or the first one.
	 *
	 * @return			exchange
	 */
	mobility_exchange_t *(*get_exchange)(mobility_task_t *this);
};

/**
 * Create a task.
 *
 * @param ike_sa		IKE_SA
 * @param owner			owner, must outlive the task or detach it
 * @param exchange		what for, of the owner
 * @return				task
 */
mobility_task_t *mobility_task_create(ike_sa_t *ike_sa,
									  mobility_task_owner_t *owner,
									  mobility_exchange_t *exchange);

/**
 * Check whether a task is one of these.
 *
 * @param task			any task
 * @return				the task, NULL if it is of another class
 */
mobility_task_t *mobility_task_cast(task_t *task);

/**
 * Check if a task of the given type is in a queue of an IKE_SA.
 *
 * @param ike_sa		IKE_SA
 * @param queue			queue to search
 * @param type			type of task
 * @return				TRUE if there is one
 */
bool mobility_task_queued(ike_sa_t *ike_sa, task_queue_t queue,
						  task_type_t type);

/**
 * Find the MOBIKE task in a queue of an IKE_SA.
 *
 * @param ike_sa		IKE_SA
 * @param queue			queue to search
 * @param ours			gets the task if it is of this class, else NULL
 * @return				TRUE if there is one, ours or stock's
 */
bool mobility_task_find(ike_sa_t *ike_sa, task_queue_t queue,
						mobility_task_t **ours);

/**
 * Remove the tasks of this class from a queue of an IKE_SA.
 *
 * @param ike_sa		IKE_SA, which must not be processing a message
 * @param queue			queue to search
 */
void mobility_task_remove(ike_sa_t *ike_sa, task_queue_t queue);

#endif /** MOBILITY_MOBIKE_TASK_H_ @}*/
