/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_same_device mobility_same_device
 * @{ @ingroup mobility_manager
 *
 * Somebody logs in, and there is an IKE_SA of the same identity already: is that
 * the same device, and has its old IKE_SA to go?  Pure.
 *
 * A device that has lost its state logs in anew, and what it left behind is of no
 * use to anybody.  But one user of EAP may have several devices.  Which of them it
 * is can be told from two things, both of them authenticated:
 *
 *  - the IDi, unless it is an IP address: with EAP some clients send their local
 *    one, which differs per network, and which two of them can share;
 *  - the virtual address that it asks for (RFC 7296, 2.19): who asks for that of a
 *    session had it.
 *
 * INITIAL_CONTACT (RFC 7296, 2.4) says that there is no other IKE_SA between the
 * identities that are authenticated.  With EAP these are not the ones charon goes by,
 * so it says nothing of devices that have another IDi.
 */

#ifndef MOBILITY_SAME_DEVICE_H_
#define MOBILITY_SAME_DEVICE_H_

#include <collections/linked_list.h>
#include <collections/array.h>
#include <config/peer_cfg.h>
#include <sa/ike_sa.h>

typedef enum mobility_device_t mobility_device_t;
typedef enum mobility_duplicate_t mobility_duplicate_t;

/**
 * What is known of two devices of one identity.
 */
enum mobility_device_t {
	/** they are two */
	MOBILITY_DEVICE_OTHER,
	/** nothing */
	MOBILITY_DEVICE_UNKNOWN,
	/** they are the same */
	MOBILITY_DEVICE_SAME,
};

/**
 * What happens to the IKE_SA that was there first.
 */
enum mobility_duplicate_t {
	/** both are there */
	MOBILITY_DUPLICATE_STAYS,
	/** it is destroyed, its client does not know of it anymore */
	MOBILITY_DUPLICATE_GOES,
	/** it is deleted and destroyed, without waiting for an answer */
	MOBILITY_DUPLICATE_REPLACED,
	/** what stock does for that value of unique */
	MOBILITY_DUPLICATE_STOCK,
};

/**
 * Check if two IKE_SAs have the same identities, of EAP if that was used.
 *
 * @param a				IKE_SA, checked out
 * @param b				IKE_SA, checked out
 * @return				TRUE if so
 */
bool mobility_same_identity(ike_sa_t *a, ike_sa_t *b);

/**
 * Compare two devices that have the same EAP-or-IKE identity.
 *
 * @param idi			IDi of the one that logs in
 * @param requested		virtual addresses it asks for, host_t*
 * @param other			IDi of the other one
 * @param vips			virtual addresses that one has, host_t*, NULL if none
 * @param shared		an equal IDi says nothing
 * @return				what is known
 */
mobility_device_t mobility_same_device(identification_t *idi,
									   array_t *requested,
									   identification_t *other,
									   linked_list_t *vips, bool shared);

/**
 * Decide what happens to an IKE_SA of the same identity.
 *
 * @param unique		what is configured
 * @param contact		who logs in has sent INITIAL_CONTACT
 * @param asleep		the client of the IKE_SA is dormant
 * @param device		what is known of both
 * @param moved			the IKE_SA is at another address or port than who logs in:
 *						else it may be about to be reauthenticated, make before
 *						break
 * @return				what happens
 */
mobility_duplicate_t mobility_judge_duplicate(unique_policy_t unique,
											  bool contact, bool asleep,
											  mobility_device_t device,
											  bool moved);

#endif /** MOBILITY_SAME_DEVICE_H_ @}*/
