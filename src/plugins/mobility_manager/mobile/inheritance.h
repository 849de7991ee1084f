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

#include <collections/linked_list.h>
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
 * Check if there is anything for another IKE_SA to create.
 *
 * @param old			IKE_SA, checked out
 * @return				TRUE if it has CHILD_SAs, or is about to create one
 */
bool mobility_inheritance_exists(ike_sa_t *old);

/**
 * Have an IKE_SA ask for the virtual IPs that another one has, and create the
 * CHILD_SAs that it has or is about to create, as they are: with their reqids,
 * which trap policies have as well, marks and labels.  Interface IDs stay those
 * that are configured, unique ones are new, as whoever creates interfaces for
 * them is told of the new CHILD_SAs before the old ones go.  All this is what
 * stock does if it makes before it breaks.
 *
 * Tasks that have sent nothing yet are taken away from the other one.
 *
 * @param old			IKE_SA to be replaced, checked out
 * @param new			IKE_SA that does, just created
 * @return				number of tasks that are none of those, which come first
 */
u_int mobility_inheritance_ask(ike_sa_t *old, ike_sa_t *new);

/**
 * Check if an IKE_SA has a virtual IP.  One that has asked for it and has none
 * may have CHILD_SAs, but for our own address.
 *
 * @param ike_sa		IKE_SA, checked out
 * @return				TRUE if it has
 */
bool mobility_inheritance_has_vip(ike_sa_t *ike_sa);

/**
 * Check if an IKE_SA has got all that it gets of what it has asked for.
 *
 * @param new			IKE_SA, checked out
 * @return				TRUE if it is established, and has all CHILD_SAs
 */
bool mobility_inheritance_is_complete(ike_sa_t *new);

/**
 * Have the gateway forget the IKE_SA that is replaced, if it should remember
 * it: by INITIAL_CONTACT (RFC 7296, 2.4), which stock sends only if there is no
 * other IKE_SA.  Not if there are more of the same identities, or the policy is
 * not to.
 *
 * @param new			IKE_SA that replaces it, checked out
 * @param message		its first IKE_AUTH, not encoded yet
 * @param me			our identity
 * @param other			identity of the peer
 */
void mobility_inheritance_announce(ike_sa_t *new, message_t *message,
								   identification_t *me,
								   identification_t *other);

/**
 * Have an IKE_SA create the CHILD_SAs that the one it replaces was to create
 * since.
 *
 * @param old			IKE_SA that is replaced, checked out
 * @param new			IKE_SA that does, checked out as well
 */
void mobility_inheritance_adopt(ike_sa_t *old, ike_sa_t *new);

/**
 * Have an IKE_SA delete CHILD_SAs that nobody wants anymore.
 *
 * @param ike_sa		IKE_SA, established and checked out
 * @param configs		configs that they have, child_cfg_t*
 */
void mobility_inheritance_delete(ike_sa_t *ike_sa, linked_list_t *configs);

/**
 * Have a job give the tasks of an IKE_SA that create CHILD_SAs to another one, as
 * it is going to end, and charon may have chosen it for what others have asked
 * for.
 *
 * @param ike_sa		IKE_SA that ends, checked out
 * @param skip			number of tasks that end with it, the first ones
 * @param heir			unique id of the other one; if that is gone they end, too
 */
void mobility_inheritance_return(ike_sa_t *ike_sa, u_int skip, uint32_t heir);

/**
 * Do so with those that the one which replaces an IKE_SA was not asked for yet.
 *
 * @param old			IKE_SA that ends, checked out
 * @param heir			unique id of the one that replaces it
 */
void mobility_inheritance_leave(ike_sa_t *old, uint32_t heir);

#endif /** MOBILITY_INHERITANCE_H_ @}*/
