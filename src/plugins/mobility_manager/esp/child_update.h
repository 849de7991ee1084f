/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_child_update mobility_child_update
 * @{ @ingroup mobility_manager
 *
 * Gives the CHILD_SAs of an IKE_SA other addresses so that, as far as possible,
 * no packet is lost:
 *
 *  - Before the peer gets to know the new address, inbound SAs are copied to
 *    it.  Packets are accepted at both, whenever the peer changes over.
 *  - Outbound SAs and policies change at once, see
 *  mobility_xfrm_migrate_t.migrate().
 *
 * Where that does not work stock's way is taken, which loses some: for
 * transport mode, IPComp, marks, hardware offload and SAs per CPU, for traffic
 * selectors that are the address itself, for an SA that kernels before Linux 7.2
 * can't tell from that of another IKE_SA with the same traffic selectors, and if
 * UDP encapsulation ends.  That it begins or ends loses packets in any case, as
 * each end changes over at another time: `encap = yes` in swanctl.conf keeps it
 * always on.
 *
 * What this means for replay protection (RFC 4303, 3.4.3): while there are two
 * inbound SAs with the same keys, each has a replay window of its own, copied
 * when the second one was made.  Who captures a packet that one of them has
 * received since can have the other one accept it once more, for as long as
 * both exist.  The mover drops copies two seconds after it has had them made if
 * the peer did not answer by then, and two seconds after it did.
 */

#ifndef MOBILITY_CHILD_UPDATE_H_
#define MOBILITY_CHILD_UPDATE_H_

#include "esp/xfrm_migrate.h"
#include "net/path.h"
#include "net/rtnl.h"

#include <collections/array.h>
#include <sa/ike_sa.h>

typedef struct mobility_child_update_t mobility_child_update_t;

/**
 * Stock's ike_sa_t.update_hosts().
 */
typedef void (*mobility_update_hosts_t)(ike_sa_t *ike_sa, host_t *me,
										host_t *other,
										update_hosts_flag_t flags);

/**
 * Relocator.  Methods may be called from any thread with the IKE_SA checked
 * out.
 */
struct mobility_child_update_t {

	/**
	 * Accept inbound packets at another local address as well.
	 *
	 * @param ike_sa	IKE_SA
	 * @param local		address, of the same family as that in use
	 * @param copies	gets the SAs that exist in the kernel only, created if
	 *					NULL
	 */
	void (*accept)(mobility_child_update_t *this, ike_sa_t *ike_sa,
				   host_t *local,
				   array_t **copies);

	/**
	 * Change the addresses of an IKE_SA and its CHILD_SAs, as
	 * ike_sa_t.update_hosts() does.
	 *
	 * @param ike_sa	IKE_SA
	 * @param stock		stock's method
	 * @param me		new local address, NULL to keep
	 * @param other		new remote address, NULL to keep
	 * @param flags		as for ike_sa_t.update_hosts()
	 * @param copies	SAs that exist in the kernel only, may be NULL; those at
	 *					the new address change places with the CHILD_SA's
	 */
	void (*update)(mobility_child_update_t *this, ike_sa_t *ike_sa,
				   mobility_update_hosts_t stock, host_t *me, host_t *other,
				   update_hosts_flag_t flags, array_t *copies);

	/**
	 * The addresses of an IKE_SA are the same, but on another interface: its
	 * virtual IP addresses and the routes of its policies go there, too.  SAs
	 * are left as they are.
	 *
	 * @param ike_sa	IKE_SA
	 * @param path		path between them over that interface
	 */
	void (*follow)(mobility_child_update_t *this, ike_sa_t *ike_sa,
				   const mobility_path_t *path);

	/**
	 * Put policies of an IKE_SA back that others have deleted, and have those
	 * CHILD_SAs rekeyed whose SAs they have: nobody knows the keys anymore.
	 *
	 * @param ike_sa	IKE_SA
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*restore)(mobility_child_update_t *this, ike_sa_t *ike_sa);

	/**
	 * Delete SAs that exist in the kernel only.
	 *
	 * @param copies	what accept() returned, gets NULL
	 */
	void (*drop)(mobility_child_update_t *this, array_t **copies);

	/**
	 * Destroy a mobility_child_update_t.
	 */
	void (*destroy)(mobility_child_update_t *this);
};

/**
 * Create an instance, there can be only one.
 *
 * @param rtnl			requests about routes, must live longer
 * @param sad			SAs and policies in the kernel, gets owned
 * @return				relocator, NULL if sad is
 */
mobility_child_update_t *mobility_child_update_create(mobility_rtnl_t *rtnl,
												mobility_xfrm_migrate_t *sad);

#endif /** MOBILITY_CHILD_UPDATE_H_ @}*/
