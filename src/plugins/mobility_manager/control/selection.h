/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_selection mobility_selection
 * @{ @ingroup mobility_manager
 *
 * Which sessions a client of the control socket means.
 */

#ifndef MOBILITY_SELECTION_H_
#define MOBILITY_SELECTION_H_

#include "session/digest.h"

typedef struct mobility_selection_t mobility_selection_t;

/**
 * A filter that owns its texts.
 */
struct mobility_selection_t {
	/** the filter */
	mobility_filter_t filter;
	/** name of the connection, and pattern for the peer, NULL if not asked for */
	char *connection, *peer;
};

/**
 * Read the arguments connection, peer, state and role of a request.
 *
 * @param selection		gets set, to be cleared in any case
 * @param request		encoded message, of any content
 * @param error			gets what is wrong, empty if nothing is but that no
 *						session can be meant (size 128)
 * @return				FALSE if no session can be meant
 */
bool mobility_selection_init(mobility_selection_t *selection, chunk_t request,
							 char *error);

/**
 * Free what a selection owns.
 *
 * @param selection		selection
 */
void mobility_selection_clear(mobility_selection_t *selection);

#endif /** MOBILITY_SELECTION_H_ @}*/
