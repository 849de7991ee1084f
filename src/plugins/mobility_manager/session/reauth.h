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
 *
 * If the old IKE_SA is gone when the new one is established, as it always is if
 * it breaks before it makes, the session is handed over as it is.  If it makes
 * before it breaks both are there: the new one has to be hooked before anything
 * else is sent, the old one has to be held until it is deleted, and what is known
 * about its request in flight is nobody's but whose who has it checked out, which
 * may be another thread.  So then there are two sessions with the same number and
 * records until the old IKE_SA is gone, of which the new one is shown.
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
	/** session that is handed over to it, NULL if none is */
	mobility_entry_t *entry;
	/** else the number of the session it goes on with, 0 for none */
	uint32_t number;
	/** what experience says about the paths of that one, NULL if none */
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
 * @param subject		IKE_SA; gets .entry, or .number and a reference of .records
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
 * Forget the sessions that ended with an IKE_SA that is gone now, or that have
 * waited for it to replace their own, and that have nothing else to wait for.
 *
 * @param registry		sessions
 * @param subject		IKE_SA
 */
void mobility_reauth_forget_gone(mobility_registry_t *registry,
								 mobility_subject_t *subject);

#endif /** MOBILITY_REAUTH_H_ @}*/
