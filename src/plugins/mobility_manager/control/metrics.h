/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_list_metrics mobility_list_metrics
 * @{ @ingroup mobility_manager
 *
 * The command mobility-metrics: statistics as families of metrics, whose names,
 * types and labels are those of OpenMetrics.
 */

#ifndef MOBILITY_LIST_METRICS_H_
#define MOBILITY_LIST_METRICS_H_

#include "control/commands.h"

/**
 * Begin a list of all metrics, a section for each family.
 *
 * @param this			what to work on
 * @param request		arguments, there are none
 * @param response		answer, nothing is added
 * @param list			gets what is listed
 */
void mobility_metrics_handle(mobility_commands_t *this, chunk_t request,
							 mobility_vici_message_t *response,
							 mobility_list_t *list);

#endif /** MOBILITY_LIST_METRICS_H_ @}*/
