/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_kernel_hooks mobility_kernel_hooks
 * @{ @ingroup mobility_manager
 *
 * When the addresses of a CHILD_SA change, stock installs policies that drop
 * packets, deletes its own, deletes each SA and adds it again, and then adds
 * policies.  Packets get lost in all of these.
 *
 * Here, and only here, methods of kernel_interface_t for SAs and policies get
 * replaced: for SAs of which something else has taken care already, the thread
 * that updates their CHILD_SAs adds policies first (which replaces those in the
 * kernel) and deletes the old ones last, and does nothing about the SAs
 * themselves.  And as stock asks by addresses alone where packets leave, it is
 * told the path.  All other calls go to stock; if a policy is added by one of
 * them, it is for somebody who does not sleep.
 */

#ifndef MOBILITY_KERNEL_HOOKS_H_
#define MOBILITY_KERNEL_HOOKS_H_

#include <library.h>

#include "esp/mute.h"
#include "net/path.h"

typedef struct mobility_kernel_hooks_t mobility_kernel_hooks_t;

/**
 * Hooks.  Methods may be called from any thread and act on the calls of that
 * thread only.
 */
struct mobility_kernel_hooks_t {

	/**
	 * Begin an update of CHILD_SAs by this thread.
	 */
	void (*begin)(mobility_kernel_hooks_t *this);

	/**
	 * An SA has its new addresses in the kernel already, leave it alone when
	 * charon is about to move it.
	 *
	 * @param spi		SPI of the SA, in network order
	 */
	void (*moved)(mobility_kernel_hooks_t *this, uint32_t spi);

	/**
	 * Have the policies of a CHILD_SA as charon wants them, which may be what an
	 * update before has put off.
	 *
	 * @param reqid		reqid of the CHILD_SA
	 */
	void (*settle)(mobility_kernel_hooks_t *this, uint32_t reqid);

	/**
	 * Packets can leave all the time, keep the policies of a CHILD_SA in place.
	 *
	 * With relaxed, those that check packets which came in are changed later,
	 * when none wait anymore that were decrypted before the update.
	 *
	 * @param reqid		reqid of the CHILD_SA
	 * @param spi		SPI of its outbound SA, in network order
	 * @param relaxed	the kernel accepts packets of SAs with any address
	 */
	void (*keep)(mobility_kernel_hooks_t *this, uint32_t reqid, uint32_t spi,
				 bool relaxed);

	/**
	 * Have charon take the path for the one between its addresses: routes into
	 * tunnels and virtual IP addresses go to its interface, even if others have
	 * its local address as well.
	 *
	 * @param path		path, has to be there until the end
	 */
	void (*steer)(mobility_kernel_hooks_t *this, const mobility_path_t *path);

	/**
	 * End the update, delete what is not needed anymore.
	 */
	void (*end)(mobility_kernel_hooks_t *this);

	/**
	 * Destroy, gives charon's kernel interface its own methods back.  No thread
	 * may be between begin() and end().
	 */
	void (*destroy)(mobility_kernel_hooks_t *this);
};

/**
 * Have it told of charon's policies that are not part of an update.
 *
 * @param mute			gets told, NULL for nobody
 */
void mobility_kernel_hooks_set_mute(mobility_mute_t *mute);

/**
 * Create the hooks, there can be only one instance.
 *
 * @return				hooks, NULL on failure (logged)
 */
mobility_kernel_hooks_t *mobility_kernel_hooks_create();

#endif /** MOBILITY_KERNEL_HOOKS_H_ @}*/
