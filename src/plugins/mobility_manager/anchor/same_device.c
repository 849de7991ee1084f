/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "anchor/same_device.h"

/*
 * Described in header.
 */
bool mobility_same_identity(ike_sa_t *a, ike_sa_t *b)
{
	identification_t *me = a->get_my_id(a), *other = a->get_other_eap_id(a);

	return me->equals(me, b->get_my_id(b)) &&
		   other->equals(other, b->get_other_eap_id(b));
}

/**
 * Check if an IDi is an address, which is that of a network, not of a device.
 */
static bool is_address(identification_t *id)
{
	switch (id->get_type(id))
	{
		case ID_IPV4_ADDR:
		case ID_IPV6_ADDR:
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Check if two addresses are the same, a linked_list_match_t.
 */
CALLBACK(is_same, bool,
	host_t *vip, va_list args)
{
	host_t *host;

	VA_ARGS_VGET(args, host);
	return vip->ip_equals(vip, host);
}

/**
 * Check if one of the addresses that are asked for is one of those that are had.
 */
static bool asks_for(array_t *requested, linked_list_t *vips)
{
	host_t *host;
	int i;

	for (i = 0; array_get(requested, i, &host); i++)
	{
		if (!host->is_anyaddr(host) &&
			vips->find_first(vips, is_same, NULL, host))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
mobility_device_t mobility_same_device(identification_t *idi,
									   array_t *requested,
									   identification_t *other,
									   linked_list_t *vips, bool shared)
{
	if (asks_for(requested, vips))
	{
		return MOBILITY_DEVICE_SAME;
	}
	if (is_address(idi) || is_address(other))
	{
		return MOBILITY_DEVICE_UNKNOWN;
	}
	if (!idi->equals(idi, other))
	{
		return MOBILITY_DEVICE_OTHER;
	}
	return shared ? MOBILITY_DEVICE_UNKNOWN : MOBILITY_DEVICE_SAME;
}

/**
 * Decide about an IKE_SA whose client is connected, as far as anybody knows.
 */
static mobility_duplicate_t judge_connected(unique_policy_t unique,
											bool contact,
											mobility_device_t device,
											bool moved)
{
	if (contact)
	{	/* who wants one IKE_SA per identity gets it as from stock */
		return unique == UNIQUE_NO && device == MOBILITY_DEVICE_OTHER ?
						MOBILITY_DUPLICATE_STAYS : MOBILITY_DUPLICATE_GOES;
	}
	switch (unique)
	{
		case UNIQUE_REPLACE:
			return device == MOBILITY_DEVICE_SAME && moved ?
						MOBILITY_DUPLICATE_REPLACED : MOBILITY_DUPLICATE_STOCK;
		case UNIQUE_KEEP:
			return MOBILITY_DUPLICATE_STOCK;
		default:
			return MOBILITY_DUPLICATE_STAYS;
	}
}

/*
 * Described in header.
 */
mobility_duplicate_t mobility_judge_duplicate(unique_policy_t unique,
											  bool contact, bool asleep,
											  mobility_device_t device,
											  bool moved)
{
	if (unique == UNIQUE_NEVER)
	{
		return MOBILITY_DUPLICATE_STAYS;
	}
	if (!asleep)
	{
		return judge_connected(unique, contact, device, moved);
	}
	if (unique == UNIQUE_REPLACE || device == MOBILITY_DEVICE_SAME ||
		(contact && device == MOBILITY_DEVICE_UNKNOWN))
	{
		return MOBILITY_DUPLICATE_GOES;
	}
	return MOBILITY_DUPLICATE_STAYS;
}
