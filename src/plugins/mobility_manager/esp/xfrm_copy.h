/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_xfrm_copy mobility_xfrm_copy
 * @{ @ingroup mobility_manager
 *
 * SAs in the kernel that charon does not know, at addresses where its own are
 * not.
 */

#ifndef MOBILITY_XFRM_COPY_H_
#define MOBILITY_XFRM_COPY_H_

#include "esp/xfrm.h"

/**
 * Have packets of an inbound SA accepted at another address as well, by a copy
 * of it with the same SPI.  Both have a replay window of their own from now on:
 * what one has got the other one does not know.
 *
 * Fails if the kernel does not tell keys, as in lockdown.
 *
 * @param xfrm			socket for requests
 * @param id			SA
 * @param dst			address to accept packets at, of the same family
 * @return				TRUE if they are
 */
bool mobility_xfrm_copy(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id,
						host_t *dst);

/**
 * Check if there are keys among the attributes of an SA: else it is none.
 *
 * @param tb			attributes, by type
 * @return				TRUE if there are
 */
bool mobility_xfrm_has_keys(const struct nlattr *tb[]);

/**
 * Look for an SA.  One without keys only takes its place until there is one, or
 * until it expires, which is after 165 s by default:
 *
 *  - charon has the kernel allocate the SPI of an inbound SA at the address we
 *    have when the request leaves.  If we have another one when the answer comes
 *    the SA is added there.
 *  - If a packet does not find the outbound SA that a policy names, the kernel
 *    waits for somebody to add it.
 *
 * @param xfrm			socket for requests
 * @param id			SA
 * @param allocated		gets TRUE if what is there has no keys
 * @return				0, or errno of what failed
 */
int mobility_xfrm_look(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id,
					   bool *allocated);

/**
 * Make room for an SA at an address: packets find what has no keys, and are lost.
 *
 * @param xfrm			socket for requests
 * @param id			SA; nothing is done if there really is one
 * @return				TRUE if something was in its place
 */
bool mobility_xfrm_make_room(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id);

/**
 * Delete an SA.
 *
 * @param xfrm			socket for requests
 * @param id			SA
 */
void mobility_xfrm_del(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id);

#endif /** MOBILITY_XFRM_COPY_H_ @}*/
