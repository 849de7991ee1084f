/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_xfrm_msg mobility_xfrm_msg
 * @{ @ingroup mobility_manager
 *
 * Requests to the kernel that move SAs and policies.
 */

#ifndef MOBILITY_XFRM_MSG_H_
#define MOBILITY_XFRM_MSG_H_

#include "esp/xfrm_migrate.h"

#include <linux/xfrm.h>

/** Space for any of these requests */
#define MOBILITY_SAD_MSG_LEN 512

#ifndef XFRM_MSG_MIGRATE_STATE

/** follows XFRM_MSG_GETDEFAULT, since Linux 7.2 */
#define XFRM_MSG_MIGRATE_STATE 0x29

/**
 * What it starts with.
 */
struct xfrm_user_migrate_state {
	struct xfrm_usersa_id id;
	xfrm_address_t new_daddr;
	xfrm_address_t new_saddr;
	struct xfrm_mark old_mark;
	struct xfrm_selector new_sel;
	__u32 new_reqid;
	__u32 flags;
	__u16 new_family;
	__u16 reserved;
};

#endif /* XFRM_MSG_MIGRATE_STATE */

/**
 * Start a request about an SA.
 *
 * @param buf		gets the request
 * @param type		XFRM_MSG_GETSA or XFRM_MSG_DELSA
 * @param id		SA
 * @return			request
 */
struct nlmsghdr *mobility_xfrm_msg_sa(char *buf, uint16_t type,
									  const mobility_sa_id_t *id);

/**
 * Start a request about a policy.
 *
 * @param buf		gets the request
 * @param type		XFRM_MSG_GETPOLICY, XFRM_MSG_DELPOLICY or XFRM_MSG_MIGRATE
 * @param move		names the policy
 * @return			request, NULL if the policy's selector is of a kind that is
 *					rare, and written in special ways
 */
struct nlmsghdr *mobility_xfrm_msg_policy(char *buf, uint16_t type,
										  const mobility_xfrm_move_t *move);

/**
 * Build XFRM_MSG_MIGRATE, which moves a policy, and an SA of its reqid if there
 * is one at the old addresses.
 *
 * @param buf		gets the request
 * @param move		what to change
 * @return			request, NULL as for mobility_xfrm_msg_policy()
 */
struct nlmsghdr *mobility_xfrm_msg_migrate(char *buf,
										   const mobility_xfrm_move_t *move);

/**
 * Build XFRM_MSG_MIGRATE_STATE, which moves an SA and no policy.
 *
 * @param buf		gets the request
 * @param move		what to change, nothing about policies is used
 * @return			request
 */
struct nlmsghdr *mobility_xfrm_msg_migrate_state(char *buf,
											const mobility_xfrm_move_t *move);

#endif /** MOBILITY_XFRM_MSG_H_ @}*/
