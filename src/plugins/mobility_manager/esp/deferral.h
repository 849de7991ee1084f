/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_deferral mobility_deferral
 * @{ @ingroup mobility_manager
 *
 * Changes of policies that are made a little later.  Part of
 * mobility_kernel_hooks_t.
 */

#ifndef MOBILITY_DEFERRAL_H_
#define MOBILITY_DEFERRAL_H_

#include <kernel/kernel_interface.h>

typedef struct mobility_deferral_t mobility_deferral_t;
typedef struct mobility_policy_change_t mobility_policy_change_t;

/**
 * Method of kernel_interface_t that adds a policy, or one that deletes it.
 */
typedef status_t (*mobility_policy_method_t)(kernel_interface_t *kernel,
										kernel_ipsec_policy_id_t *id,
										kernel_ipsec_manage_policy_t *data);

/**
 * Changes of policies, made in the order in which they were put off.  Methods
 * may be called from any thread; the internal mutex is held during changes.
 */
struct mobility_deferral_t {

	/**
	 * Put off a change, by half a second.
	 *
	 * @param change	change, gets owned
	 */
	void (*add)(mobility_deferral_t *this, mobility_policy_change_t *change);

	/**
	 * Make the changes now that are about a CHILD_SA, somebody is about to
	 * change policies that are meant to be there, or not to be there, already.
	 * Others may have a policy with the same selectors.
	 *
	 * @param reqid		reqid of the CHILD_SA
	 * @param id		policy, whose changes by others are made, too; or NULL
	 */
	void (*flush)(mobility_deferral_t *this, uint32_t reqid,
				  kernel_ipsec_policy_id_t *id);

	/**
	 * Make all changes, and destroy.
	 */
	void (*destroy)(mobility_deferral_t *this);
};

/**
 * Keep the change of a policy in mind.
 *
 * @param method		what makes the change
 * @param id			policy, gets cloned
 * @param data			what it is about, gets cloned
 * @return				change
 */
mobility_policy_change_t *mobility_policy_change_create(
										mobility_policy_method_t method,
										kernel_ipsec_policy_id_t *id,
										kernel_ipsec_manage_policy_t *data);

/**
 * Make a change, and destroy it.
 *
 * @param change		change
 */
void mobility_policy_change_apply(mobility_policy_change_t *change);

/**
 * Create an instance.
 *
 * @return				deferral
 */
mobility_deferral_t *mobility_deferral_create();

#endif /** MOBILITY_DEFERRAL_H_ @}*/
