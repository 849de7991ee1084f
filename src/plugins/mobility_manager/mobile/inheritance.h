/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_inheritance mobility_inheritance
 * @{ @ingroup mobility_manager
 *
 * What an IKE_SA that was logged in anew takes over from the one it replaces, and
 * what people are told of that.
 */

#ifndef MOBILITY_INHERITANCE_H_
#define MOBILITY_INHERITANCE_H_

#include <sa/ike_sa.h>

/**
 * Say why there is another IKE_SA, and if its virtual IP addresses are others.
 *
 * @param old			IKE_SA that is replaced, checked out
 * @param new			IKE_SA that does, checked out as well
 * @param expired		TRUE if the lifetime of the old one is over
 * @return				text for people, static
 */
const char *mobility_inheritance_describe(ike_sa_t *old, ike_sa_t *new,
										  bool expired);

/**
 * Have an IKE_SA create the CHILD_SAs that the one it replaces was to create
 * next, but not those that were to replace one whose lifetime was over: it has
 * these.
 *
 * @param old			IKE_SA that is replaced, checked out
 * @param new			IKE_SA that does, checked out as well
 */
void mobility_inheritance_adopt(ike_sa_t *old, ike_sa_t *new);

#endif /** MOBILITY_INHERITANCE_H_ @}*/
