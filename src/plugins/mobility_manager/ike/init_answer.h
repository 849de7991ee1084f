/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_init_answer mobility_init_answer
 * @{ @ingroup mobility_manager
 *
 * What kind of answer to an IKE_SA_INIT a message is.  Nothing of it is
 * authenticated yet.
 */

#ifndef MOBILITY_INIT_ANSWER_H_
#define MOBILITY_INIT_ANSWER_H_

#include <config/ike_cfg.h>
#include <encoding/message.h>

typedef enum mobility_init_answer_t mobility_init_answer_t;

/**
 * Kinds of answers.
 */
enum mobility_init_answer_t {
	/** what was asked for, as far as is known before keys are derived; or the
	 * address of another gateway */
	MOBILITY_INIT_ANSWERED,
	/** another request is asked for, with a COOKIE or another key exchange */
	MOBILITY_INIT_DETOUR,
	/** an error, or what stock would take for one */
	MOBILITY_INIT_ERROR,
};

/**
 * Get the kind of an answer.
 *
 * @param message		IKE_SA_INIT response, parsed
 * @param ike_cfg		what was proposed
 * @param error			gets the notify of an error, 0 if it has none
 * @return				kind
 */
mobility_init_answer_t mobility_init_answer(message_t *message,
											ike_cfg_t *ike_cfg,
											notify_type_t *error);

#endif /** MOBILITY_INIT_ANSWER_H_ @}*/
