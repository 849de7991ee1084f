/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/address_list.h"
#include "ike/end.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>

/** number of addresses, the same as stock's limit */
#define MAX_ADDRESSES 8

/** stand for addresses of the peer in a family of which none is known yet, to
 * see what leads out of this host; nothing is ever sent there (RFC 5737, 3849) */
#define SOMEWHERE_4 "192.0.2.1"
#define SOMEWHERE_6 "2001:db8::1"

/**
 * What the filter needs.
 */
typedef struct {
	/** settings */
	mobility_settings_t *settings;
	/** name of the connection */
	const char *connection;
} filter_t;

/**
 * Check if a notify announces addresses.
 */
static bool is_announcement(payload_t *payload)
{
	if (payload->get_type(payload) != PLV2_NOTIFY)
	{
		return FALSE;
	}
	switch (((notify_payload_t*)payload)->get_notify_type(
												(notify_payload_t*)payload))
	{
		case ADDITIONAL_IP4_ADDRESS:
		case ADDITIONAL_IP6_ADDRESS:
		case NO_ADDITIONAL_ADDRESSES:
			return TRUE;
		default:
			return FALSE;
	}
}

/**
 * Remove what is announced.
 */
static void remove_announcements(message_t *message)
{
	enumerator_t *enumerator;
	payload_t *payload;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		if (is_announcement(payload))
		{
			message->remove_payload_at(message, enumerator);
			payload->destroy(payload);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Check if a message is a request that announces addresses.
 */
static bool announces(message_t *message)
{
	return message->get_request(message) &&
		   (message->get_notify(message, ADDITIONAL_IP4_ADDRESS) ||
			message->get_notify(message, ADDITIONAL_IP6_ADDRESS) ||
			message->get_notify(message, NO_ADDITIONAL_ADDRESSES));
}

/**
 * mobility_uplink_filter_t
 */
static bool use_uplink(void *data, const char *ifname, bool tunnel)
{
	filter_t *this = data;
	mobility_uplink_policy_t config;

	this->settings->get_uplink(this->settings, this->connection, ifname,
							   tunnel, &config);
	return config.use;
}

/**
 * Collect the paths over uplinks that may be used.
 */
static array_t *collect_paths(mobility_settings_t *settings,
							  mobility_monitor_t *monitor, ike_sa_t *ike_sa)
{
	filter_t filter = {
		.settings = settings,
		.connection = ike_sa->get_name(ike_sa),
	};
	array_t *paths = array_create(0, 0), *peers = array_create(0, 0);
	host_t *other = ike_sa->get_other_host(ike_sa), *somewhere;

	somewhere = host_create_from_string(
					other->get_family(other) == AF_INET ? SOMEWHERE_6
														: SOMEWHERE_4, 0);
	array_insert(peers, ARRAY_TAIL, other);
	array_insert(peers, ARRAY_TAIL, somewhere);
	monitor->read_paths(monitor, peers, use_uplink, &filter, paths);
	array_destroy(peers);
	somewhere->destroy(somewhere);
	return paths;
}

/**
 * Check if an address is on an interface that one of the paths uses.
 */
static bool is_on_path(array_t *paths, host_t *host)
{
	mobility_path_t *path;
	bool found = FALSE;
	char *ifname;
	int i;

	if (!charon->kernel->get_interface(charon->kernel, host, &ifname))
	{
		return FALSE;
	}
	for (i = 0; i < array_count(paths) && !found; i++)
	{
		array_get(paths, i, &path);
		found = streq(path->ifname, ifname);
	}
	free(ifname);
	return found;
}

/**
 * Get all addresses of this host.  A copy, as the enumerator has a lock that
 * asking about an address takes as well.
 */
static array_t *get_addresses()
{
	array_t *hosts = array_create(0, 0);
	enumerator_t *enumerator;
	host_t *host;

	enumerator = charon->kernel->create_address_enumerator(charon->kernel,
														   ADDR_TYPE_REGULAR);
	while (enumerator->enumerate(enumerator, &host))
	{
		array_insert(hosts, ARRAY_TAIL, host->clone(host));
	}
	enumerator->destroy(enumerator);
	return hosts;
}

/**
 * Announce our addresses on the interfaces that the paths use.
 */
static void add_announcements(message_t *message, array_t *paths, host_t *me)
{
	array_t *hosts = get_addresses();
	notify_type_t type;
	u_int added = 0;
	host_t *host;
	int i;

	for (i = 0; i < array_count(hosts) && added < MAX_ADDRESSES; i++)
	{
		array_get(hosts, i, &host);
		if (!host->ip_equals(host, me) && is_on_path(paths, host))
		{
			type = host->get_family(host) == AF_INET ? ADDITIONAL_IP4_ADDRESS
													 : ADDITIONAL_IP6_ADDRESS;
			message->add_notify(message, FALSE, type,
								host->get_address(host));
			added++;
		}
	}
	array_destroy_offset(hosts, offsetof(host_t, destroy));
	if (!added)
	{
		message->add_notify(message, FALSE, NO_ADDITIONAL_ADDRESSES,
							chunk_empty);
	}
}

/*
 * Described in header.
 */
void mobility_address_list(mobility_settings_t *settings,
						   mobility_monitor_t *monitor, ike_sa_t *ike_sa,
						   message_t *message)
{
	array_t *paths;

	if (!announces(message) ||
		mobility_end_get(settings, ike_sa) != MOBILITY_END_MOBILE)
	{
		return;
	}
	paths = collect_paths(settings, monitor, ike_sa);
	/* it is sent over some uplink, if we don't see any we know nothing */
	if (array_count(paths))
	{
		remove_announcements(message);
		add_announcements(message, paths, ike_sa->get_my_host(ike_sa));
	}
	mobility_paths_destroy(paths);
}
