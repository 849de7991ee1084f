/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_anchor mobility_anchor
 * @{ @ingroup mobility_manager
 *
 * The anchor end, a gateway: IKE_SAs that the peer initiated and may move by
 * MOBIKE.  When it does, the CHILD_SAs follow without losing packets.
 */

#ifndef MOBILITY_ANCHOR_H_
#define MOBILITY_ANCHOR_H_

#include "mobility_ike_hooks.h"
#include "mobility_relocator.h"
#include "mobility_settings.h"

typedef struct mobility_anchor_t mobility_anchor_t;

/**
 * Anchor end of all IKE_SAs; listens to charon's bus by itself.
 */
struct mobility_anchor_t {

	/**
	 * Destroy a mobility_anchor_t, leaves IKE_SAs to stock.
	 */
	void (*destroy)(mobility_anchor_t *this);
};

/**
 * Create an instance.
 *
 * @param settings		settings
 * @param hooks			hooks
 * @param relocator		moves CHILD_SAs
 * @return				instance
 */
mobility_anchor_t *mobility_anchor_create(mobility_settings_t *settings,
										  mobility_ike_hooks_t *hooks,
										  mobility_relocator_t *relocator);

#endif /** MOBILITY_ANCHOR_H_ @}*/
