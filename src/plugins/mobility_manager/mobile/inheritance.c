/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobile/inheritance.h"

/**
 * Check if two IKE_SAs have the same virtual IP addresses.
 */
static bool equal_vips(ike_sa_t *a, ike_sa_t *b)
{
	enumerator_t *mine, *theirs;
	host_t *vip, *other;
	bool equal = TRUE;

	mine = a->create_virtual_ip_enumerator(a, TRUE);
	theirs = b->create_virtual_ip_enumerator(b, TRUE);
	while (equal && mine->enumerate(mine, &vip))
	{
		equal = theirs->enumerate(theirs, &other) && vip->ip_equals(vip, other);
	}
	equal = equal && !theirs->enumerate(theirs, &other);
	mine->destroy(mine);
	theirs->destroy(theirs);
	return equal;
}

/*
 * Described in header.
 */
const char *mobility_inheritance_describe(ike_sa_t *old, ike_sa_t *new,
										  bool expired)
{
	static const char *texts[2][2] = {
		{ "gateway had forgotten the session, logged in anew and got another "
		  "virtual IP",
		  "gateway had forgotten the session, logged in anew" },
		{ "lifetime of the IKE_SA was over, logged in anew and got another "
		  "virtual IP",
		  "lifetime of the IKE_SA was over, logged in anew" },
	};

	return texts[expired ? 1 : 0][equal_vips(old, new) ? 1 : 0];
}

/*
 * Described in header.
 */
void mobility_inheritance_adopt(ike_sa_t *old, ike_sa_t *new)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	bool replaced = FALSE;

	enumerator = old->create_child_sa_enumerator(old);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		replaced |= child_sa->get_state(child_sa) == CHILD_DELETING;
	}
	enumerator->destroy(enumerator);
	if (!replaced)
	{
		new->adopt_child_tasks(new, old);
	}
}
