/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mock_prf mock_prf
 * @{ @ingroup mobility_suite
 *
 * What passes for HMAC-SHA-256, as there are no plugins.
 */

#ifndef MOCK_PRF_H_
#define MOCK_PRF_H_

#include <library.h>

/**
 * Create a PRF, to be added to lib->crypto as PRF_HMAC_SHA2_256.
 *
 * @param algorithm	algorithm
 * @return			PRF
 */
prf_t *mock_prf_create(pseudo_random_function_t algorithm);

#endif /** MOCK_PRF_H_ @}*/
