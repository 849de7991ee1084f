/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "nm/link_servers.h"

#include <errno.h>

#include <systemd/sd-bus.h>

#include <utils/debug.h>

/** names on the bus */
#define RESOLVED "org.freedesktop.resolve1"
#define RESOLVED_PATH "/org/freedesktop/resolve1"
#define NM "org.freedesktop.NetworkManager"
#define NM_PATH "/org/freedesktop/NetworkManager"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/** Time to wait for each answer, in us. */
#define TIMEOUT 500000

/** Port of name servers. */
#define DNS_PORT 53

/**
 * Add a name server, unless there are enough.
 */
static void add_server(array_t *servers, host_t *host)
{
	if (host && !host->is_anyaddr(host) &&
		array_count(servers) < MOBILITY_LINK_SERVERS)
	{
		array_insert(servers, ARRAY_TAIL, host);
	}
	else
	{
		DESTROY_IF(host);
	}
}

/**
 * Call a method of somebody, who is not started for that.  Returns the answer,
 * NULL if there is none.
 */
static sd_bus_message *call(sd_bus *bus, const char *dest, const char *path,
							const char *interface, const char *method,
							const char *types, ...)
{
	sd_bus_message *msg = NULL, *reply = NULL;
	va_list args;
	int res;

	res = sd_bus_message_new_method_call(bus, &msg, dest, path, interface,
										 method);
	if (res >= 0)
	{
		res = sd_bus_message_set_auto_start(msg, FALSE);
	}
	if (res >= 0)
	{
		va_start(args, types);
		res = sd_bus_message_appendv(msg, types, args);
		va_end(args);
	}
	if (res >= 0)
	{
		res = sd_bus_call(bus, msg, TIMEOUT, NULL, &reply);
	}
	sd_bus_message_unref(msg);
	if (res < 0)
	{
		DBG2(DBG_NET, "%s of %s failed: %s", method, dest, strerror(-res));
		if (res == -ETIMEDOUT)
		{	/* once is enough */
			sd_bus_close(bus);
		}
		return NULL;
	}
	return reply;
}

/**
 * Read the path of an object from a message, which is released.  Returns it
 * allocated, NULL if there is none.
 */
static char *read_path(sd_bus_message *reply)
{
	const char *path;
	char *copy = NULL;

	if (reply && sd_bus_message_read(reply, "o", &path) > 0 &&
		!streq(path, "/"))
	{
		copy = strdup(path);
	}
	sd_bus_message_unref(reply);
	return copy;
}

/**
 * Get a property of an object, which is entered, NULL if that is not of the type
 * that it should have.
 */
static sd_bus_message *get_property(sd_bus *bus, const char *dest,
									const char *path, const char *interface,
									const char *name, const char *type)
{
	sd_bus_message *reply;

	reply = call(bus, dest, path, PROPERTIES, "Get", "ss", interface, name);
	if (reply && sd_bus_message_enter_container(reply, 'v', type) <= 0)
	{
		DBG2(DBG_NET, "%s of %s is not as expected", name, dest);
		reply = sd_bus_message_unref(reply);
	}
	return reply;
}

/**
 * Read addresses as systemd-resolved has them, an a(iay).
 */
static void read_resolved(sd_bus_message *reply, array_t *servers)
{
	const void *data;
	size_t len;
	int family;

	if (sd_bus_message_enter_container(reply, 'a', "(iay)") <= 0)
	{
		return;
	}
	while (sd_bus_message_enter_container(reply, 'r', "iay") > 0)
	{
		if (sd_bus_message_read(reply, "i", &family) <= 0 ||
			sd_bus_message_read_array(reply, 'y', &data, &len) <= 0 ||
			sd_bus_message_exit_container(reply) < 0)
		{
			return;
		}
		if (len == (family == AF_INET ? 4 : 16))
		{
			add_server(servers, host_create_from_chunk(family,
								chunk_create((void*)data, len), DNS_PORT));
		}
	}
}

/**
 * Ask systemd-resolved.
 */
static void ask_resolved(sd_bus *bus, int ifindex, array_t *servers)
{
	sd_bus_message *reply;
	char *path;

	path = read_path(call(bus, RESOLVED, RESOLVED_PATH, RESOLVED ".Manager",
						  "GetLink", "i", ifindex));
	reply = path ? get_property(bus, RESOLVED, path, RESOLVED ".Link", "DNS",
								"a(iay)") : NULL;
	if (reply)
	{
		read_resolved(reply, servers);
	}
	sd_bus_message_unref(reply);
	free(path);
}

/**
 * Read IPv4 addresses as NetworkManager has them, an aa{sv}.
 */
static void read_nm4(sd_bus_message *reply, array_t *servers)
{
	const char *key, *address;

	if (sd_bus_message_enter_container(reply, 'a', "a{sv}") <= 0)
	{
		return;
	}
	while (sd_bus_message_enter_container(reply, 'a', "{sv}") > 0)
	{
		while (sd_bus_message_enter_container(reply, 'e', "sv") > 0)
		{
			if (sd_bus_message_read(reply, "s", &key) <= 0)
			{
				return;
			}
			if (streq(key, "address") &&
				sd_bus_message_read(reply, "v", "s", &address) > 0)
			{
				add_server(servers, host_create_from_string_and_family(
									(char*)address, AF_INET, DNS_PORT));
			}
			else if (sd_bus_message_skip(reply, "v") < 0)
			{
				return;
			}
			if (sd_bus_message_exit_container(reply) < 0)
			{
				return;
			}
		}
		if (sd_bus_message_exit_container(reply) < 0)
		{
			return;
		}
	}
}

/**
 * Read IPv6 addresses as NetworkManager has them, an aay.
 */
static void read_nm6(sd_bus_message *reply, array_t *servers)
{
	const void *data;
	size_t len;

	if (sd_bus_message_enter_container(reply, 'a', "ay") <= 0)
	{
		return;
	}
	while (sd_bus_message_read_array(reply, 'y', &data, &len) > 0)
	{
		if (len == 16)
		{
			add_server(servers, host_create_from_chunk(AF_INET6,
								chunk_create((void*)data, len), DNS_PORT));
		}
	}
}

/**
 * Ask NetworkManager for the servers of a device that it has from one family's
 * configuration.
 */
static void ask_nm_family(sd_bus *bus, const char *device, const char *config,
						  const char *interface, const char *name,
						  const char *type,
						  void (*read)(sd_bus_message*, array_t*),
						  array_t *servers)
{
	sd_bus_message *reply;
	char *path = NULL;

	reply = get_property(bus, NM, device, NM ".Device", config, "o");
	if (reply)
	{
		path = read_path(reply);
	}
	reply = path ? get_property(bus, NM, path, interface, name, type) : NULL;
	if (reply)
	{
		read(reply, servers);
	}
	sd_bus_message_unref(reply);
	free(path);
}

/**
 * Ask NetworkManager.
 */
static void ask_nm(sd_bus *bus, const char *ifname, array_t *servers)
{
	char *device;

	device = read_path(call(bus, NM, NM_PATH, NM, "GetDeviceByIpIface", "s",
							ifname));
	if (device)
	{
		ask_nm_family(bus, device, "Ip4Config", NM ".IP4Config",
					  "NameserverData", "aa{sv}", read_nm4, servers);
		ask_nm_family(bus, device, "Ip6Config", NM ".IP6Config", "Nameservers",
					  "aay", read_nm6, servers);
		free(device);
	}
}

/**
 * Connect to the bus.
 */
static int connect_bus(const char *address, sd_bus **bus)
{
	int res;

	if (!address)
	{
		return sd_bus_open_system(bus);
	}
	res = sd_bus_new(bus);
	if (res >= 0)
	{
		res = sd_bus_set_address(*bus, address);
	}
	if (res >= 0)
	{
		res = sd_bus_set_bus_client(*bus, TRUE);
	}
	return res >= 0 ? sd_bus_start(*bus) : res;
}

/*
 * Described in header.
 */
void mobility_link_servers_get(const char *address, int ifindex,
							   const char *ifname, bool nm, array_t *servers)
{
	sd_bus *bus = NULL;

	if (connect_bus(address, &bus) >= 0)
	{
		ask_resolved(bus, ifindex, servers);
		if (!array_count(servers) && nm)
		{
			ask_nm(bus, ifname, servers);
		}
		sd_bus_close(bus);
	}
	sd_bus_unref(bus);
}
