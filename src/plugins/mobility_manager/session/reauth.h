/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_reauth mobility_reauth
 * @{ @ingroup mobility_manager
 *
 * Which IKE_SA goes on with the session of another one that it replaces by
 * reauthentication.  The two are never checked out at the same time: what is
 * known about one is noted in the registry for the other.
 */

#ifndef MOBILITY_REAUTH_H_
#define MOBILITY_REAUTH_H_

#include "path/history.h"
#include "session/registry.h"

typedef struct mobility_subject_t mobility_subject_t;

/**
 * An IKE_SA, as it is compared to the entries of the registry.
 */
struct mobility_subject_t {
	/** IKE_SA, only to compare */
	ike_sa_t *ike_sa;
	/** its unique id */
	uint32_t id;
	/** number of the session it goes on with, 0 for none */
	uint32_t number;
	/** what experience says about the paths of that session, NULL if none */
	mobility_path_history_t *records;
};

/**
 * Get what identifies an IKE_SA.
 *
 * @param ike_sa		IKE_SA, checked out
 * @return				subject
 */
mobility_subject_t mobility_reauth_subject(ike_sa_t *ike_sa);

/**
 * Find the session that an IKE_SA which was just established goes on with: that
 * of the IKE_SA it was initiated to replace.
 *
 * @param registry		sessions
 * @param subject		IKE_SA; gets .number and a reference of .records
 */
void mobility_reauth_replace(mobility_registry_t *registry,
							 mobility_subject_t *subject);

/**
 * Note the IKE_SA that is going to replace another one by reauthentication.
 *
 * @param registry		sessions
 * @param subject		IKE_SA that is replaced
 * @param successor		unique id of the one that does
 */
void mobility_reauth_expect(mobility_registry_t *registry,
							mobility_subject_t *subject,
							uint32_t successor);

/**
 * An IKE_SA got no answer to its first requests: if it was to replace one of
 * ours, that has to be tried again, stock won't.
 *
 * @param registry		sessions
 * @param subject		IKE_SA
 */
void mobility_reauth_unreachable(mobility_registry_t *registry,
								 mobility_subject_t *subject);

/**
 * Forget the sessions that ended with an IKE_SA that is gone now, or that it was
 * to replace, and that have nothing else to wait for.
 *
 * @param registry		sessions
 * @param subject		IKE_SA
 */
void mobility_reauth_forget_gone(mobility_registry_t *registry,
								 mobility_subject_t *subject);

#endif /** MOBILITY_REAUTH_H_ @}*/
