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
 *
 * Stock also follows UDP-encapsulated ESP packets that come from another
 * address, of peers behind a NAT.  They prove that the peer has sent them, but
 * neither when nor from where: whoever is on the way may delay one, or pass it
 * on from elsewhere.  So, for two seconds, they say nothing if they come from an
 * address that the peer has left by an address update (RFC 4555, 3.5), which
 * they were on their way from.  Only such an address is remembered: wherever
 * packets have led us, the next one from where the peer is leads us back.  And
 * no longer: if a NAT returns to the mapping before an update, or somebody else
 * has forwarded that update first, it takes these two seconds.
 */

#ifndef MOBILITY_ANCHOR_H_
#define MOBILITY_ANCHOR_H_

#include "esp/child_update.h"
#include "ike/ike_hooks.h"
#include "session/role.h"

typedef struct mobility_anchor_t mobility_anchor_t;

/**
 * Anchor end of all IKE_SAs.
 */
struct mobility_anchor_t {

	/**
	 * Gets told of them; must be the first member.
	 */
	mobility_follower_t follower;

	/**
	 * Destroy a mobility_anchor_t, leaves IKE_SAs to stock.
	 */
	void (*destroy)(mobility_anchor_t *this);
};

/**
 * Create an instance.
 *
 * @param hooks			hooks
 * @param relocator		moves CHILD_SAs
 * @return				instance
 */
mobility_anchor_t *mobility_anchor_create(mobility_ike_hooks_t *hooks,
										  mobility_child_update_t *relocator);

#endif /** MOBILITY_ANCHOR_H_ @}*/
