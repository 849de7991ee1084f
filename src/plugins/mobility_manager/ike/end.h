/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_end mobility_end
 * @{ @ingroup mobility_manager
 *
 * Which end of an IKE_SA this is, and if that is ours.
 */

#ifndef MOBILITY_END_H_
#define MOBILITY_END_H_

#include <sa/ike_sa.h>

#include "settings/settings.h"

typedef enum mobility_end_t mobility_end_t;

/**
 * Ends of an IKE_SA.
 */
enum mobility_end_t {
	/** it is to be left to stock */
	MOBILITY_END_NONE,
	/** the one that moves, and says so: the initiator */
	MOBILITY_END_MOBILE,
	/** the one that follows: the responder */
	MOBILITY_END_ANCHOR,
};

/**
 * Get the end of an IKE_SA that is ours if the peer supports MOBIKE, which is
 * known when it is established.
 *
 * @param settings		settings
 * @param ike_sa		IKE_SA, checked out
 * @return				end
 */
mobility_end_t mobility_end_get(mobility_settings_t *settings,
								ike_sa_t *ike_sa);

#endif /** MOBILITY_END_H_ @}*/
