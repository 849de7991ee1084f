/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_lost_vips mobility_lost_vips
 * @{ @ingroup mobility_manager
 *
 * Puts virtual IP addresses back that others delete, e.g. with all addresses of
 * an uplink: without them nothing leaves through the tunnel, however well the path
 * works.
 *
 * charon counts how many IKE_SAs have an address, and forgets that when somebody
 * else deletes it.  While an IKE_SA is replaced two have the same; the count has
 * to be right again, or the first one that is destroyed takes it from the other.
 * And a thread of charon that deletes an address waits until that is gone, for
 * ever if it comes back just then.  So here, and only here, methods of
 * kernel_interface_t for addresses get replaced, to know of both, and to mark what
 * charon adds (mobility_vip_marks_set()).
 */

#ifndef MOBILITY_LOST_VIPS_H_
#define MOBILITY_LOST_VIPS_H_

#include <sa/ike_sa.h>

#include "net/monitor.h"

typedef struct mobility_lost_vips_t mobility_lost_vips_t;

/**
 * Called when charon has deleted an address that no IKE_SA has anymore, without
 * any lock held.
 *
 * @param data		as given to set_gone()
 */
typedef void (*mobility_lost_vips_cb_t)(void *data);

/**
 * Lost virtual IP addresses.
 */
struct mobility_lost_vips_t {

	/**
	 * Put back what is missing.  charon adds the routes again that need it.
	 *
	 * Waits for charon's thread that hears of addresses, so this is not for bus
	 * listeners.
	 *
	 * @param ike_sa	IKE_SA that has the addresses, checked out
	 * @param monitor	network monitor
	 * @return			FALSE if charon has not noticed yet that an address is
	 *					gone, or is deleting it, then this has to be called again
	 *					a moment later
	 */
	bool (*restore)(mobility_lost_vips_t *this, ike_sa_t *ike_sa,
					mobility_monitor_t *monitor);

	/**
	 * Check if any IKE_SA has an address, or charon is just deleting it.
	 *
	 * @param host		address
	 * @return			TRUE if so
	 */
	bool (*is_held)(mobility_lost_vips_t *this, host_t *host);

	/**
	 * Set who is told that an address is gone.
	 *
	 * @param cb		called then, NULL for none
	 * @param data		user data for cb
	 */
	void (*set_gone)(mobility_lost_vips_t *this, mobility_lost_vips_cb_t cb,
					 void *data);

	/**
	 * Destroy, gives charon's kernel interface its own methods back.
	 */
	void (*destroy)(mobility_lost_vips_t *this);
};

/**
 * Watch addresses, there can be only one instance.  Those that a daemon left that
 * was killed are removed: before charon logs in, as it would take them for some
 * that others have configured.
 *
 * @param rtnl			socket for requests, must live longer
 * @return				instance
 */
mobility_lost_vips_t *mobility_lost_vips_create(mobility_rtnl_t *rtnl);

#endif /** MOBILITY_LOST_VIPS_H_ @}*/
