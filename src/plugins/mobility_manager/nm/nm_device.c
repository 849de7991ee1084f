/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "nm/nm_device.h"

/** NM_DEVICE_STATE_ACTIVATED */
#define STATE_ACTIVATED 100

/** NM_METERED_YES, and NM_METERED_GUESS_YES */
#define METERED_YES 1
#define METERED_GUESS_YES 3

/*
 * Described in header.
 */
mobility_advice_t mobility_nm_device_conclude(
										const mobility_nm_device_t *device)
{
	/* NMConnectivityState has the numbers of mobility_connectivity_t; the first
	 * of these that one of the families has is what counts */
	static const mobility_connectivity_t order[] = {
		MOBILITY_CONNECTIVITY_FULL, MOBILITY_CONNECTIVITY_UNKNOWN,
		MOBILITY_CONNECTIVITY_PORTAL, MOBILITY_CONNECTIVITY_LIMITED,
		MOBILITY_CONNECTIVITY_NONE,
	};
	mobility_advice_t advice = {
		.metered = device->metered == METERED_YES ||
				   device->metered == METERED_GUESS_YES,
	};
	int i;

	if (device->state != STATE_ACTIVATED)
	{
		return advice;
	}
	for (i = 0; i < countof(order); i++)
	{
		if (device->ip4 == order[i] || device->ip6 == order[i])
		{
			advice.connectivity = order[i];
			break;
		}
	}
	return advice;
}

/*
 * Described in header.
 */
bool mobility_nm_device_differs(const mobility_nm_device_t *before,
								const mobility_nm_device_t *after)
{
	mobility_advice_t old = mobility_nm_device_conclude(before);
	mobility_advice_t new = mobility_nm_device_conclude(after);

	return old.metered != new.metered ||
		   old.connectivity != new.connectivity ||
		   !streq(before->name, after->name) ||
		   !streq(before->ifname, after->ifname);
}

/**
 * Read the value of a property, if it is one that we know.  Returns a negative
 * error if the message is not as it should be.
 */
static int read_property(mobility_nm_device_t *device, sd_bus_message *msg,
						 const char *name)
{
	const struct {
		const char *name;
		uint32_t *value;
	} numbers[] = {
		{ "State", &device->state },
		{ "Metered", &device->metered },
		{ "Ip4Connectivity", &device->ip4 },
		{ "Ip6Connectivity", &device->ip6 },
	};
	const struct {
		const char *name;
		char *value;
	} names[] = {
		{ "Interface", device->name },
		{ "IpInterface", device->ifname },
	};
	const char *value;
	int i, res;

	for (i = 0; i < countof(numbers); i++)
	{
		if (streq(numbers[i].name, name))
		{
			return sd_bus_message_read(msg, "v", "u", numbers[i].value);
		}
	}
	for (i = 0; i < countof(names); i++)
	{
		if (streq(names[i].name, name))
		{
			res = sd_bus_message_read(msg, "v", "s", &value);
			if (res >= 0)
			{
				snprintf(names[i].value, sizeof(device->name), "%s", value);
			}
			return res;
		}
	}
	return sd_bus_message_skip(msg, "v");
}

/*
 * Described in header.
 */
int mobility_nm_device_read(mobility_nm_device_t *device, sd_bus_message *msg)
{
	const char *name;
	int res;

	res = sd_bus_message_enter_container(msg, 'a', "{sv}");
	while (res >= 0 &&
		   (res = sd_bus_message_enter_container(msg, 'e', "sv")) > 0)
	{
		res = sd_bus_message_read(msg, "s", &name);
		if (res >= 0)
		{
			res = read_property(device, msg, name);
		}
		if (res >= 0)
		{
			res = sd_bus_message_exit_container(msg);
		}
	}
	return min(res, 0);
}
