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
 * Make room for an inbound SA at an address.  charon has the kernel allocate its
 * SPI at the address we have when the request leaves.  If we have another one
 * when the answer comes, the SA is added there, and what was allocated takes the
 * place at the first one until it expires, which is 165 s by default.  It has no
 * keys, so packets of an SA that were to be there are lost.
 *
 * @param xfrm			socket for requests
 * @param id			SA; nothing is done if there really is one
 */
void mobility_xfrm_make_room(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id);

/**
 * Delete an SA.
 *
 * @param xfrm			socket for requests
 * @param id			SA
 */
void mobility_xfrm_del(mobility_xfrm_t *xfrm, const mobility_sa_id_t *id);

#endif /** MOBILITY_XFRM_COPY_H_ @}*/
