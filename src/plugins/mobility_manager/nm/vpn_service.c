/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include <dlfcn.h>

#include "nm/vpn_service.h"

#include <utils/debug.h>

/** what charon-nm sends, on its own connection to the bus, when a tunnel is up */
#define CONFIG_INTERFACE "org.freedesktop.NetworkManager.VPN.Plugin"
#define CONFIG_MEMBER "Config"

/** what that has to contain, NM_VPN_PLUGIN_CAN_PERSIST of libnm */
#define CAN_PERSIST "can-persist"

/** G_BUS_TYPE_SYSTEM */
#define BUS_SYSTEM 1

/**
 * Functions of GLib.  charon-nm is linked to it, other daemons are not, so they
 * are looked up; what they take and return are pointers to its objects.
 */
static struct {
	void *(*bus_get_sync)(int type, void *cancellable, void **error);
	u_int (*dbus_connection_add_filter)(void *connection,
					void *(*filter)(void*, void*, int, void*), void *data,
					void (*destroy)(void*));
	void (*dbus_connection_remove_filter)(void *connection, u_int id);
	const char *(*dbus_message_get_interface)(void *message);
	const char *(*dbus_message_get_member)(void *message);
	void *(*dbus_message_get_body)(void *message);
	void (*dbus_message_set_body)(void *message, void *body);
	void *(*dbus_message_copy)(void *message, void **error);
	void *(*variant_get_child_value)(void *variant, size_t index);
	void *(*variant_new)(const char *format, ...);
	void (*variant_unref)(void *variant);
	void *(*variant_dict_new)(void *variant);
	void (*variant_dict_insert)(void *dict, const char *key, const char *format,
								...);
	void *(*variant_dict_end)(void *dict);
	void (*variant_dict_unref)(void *dict);
	void (*object_unref)(void *object);
} g;

/**
 * Where these go, by their names without the g_ in front.
 */
#define FUNCTION(name) { "g_" #name, (void**)&g.name }

static const struct {
	const char *name;
	void **function;
} functions[] = {
	FUNCTION(bus_get_sync),
	FUNCTION(dbus_connection_add_filter),
	FUNCTION(dbus_connection_remove_filter),
	FUNCTION(dbus_message_get_interface),
	FUNCTION(dbus_message_get_member),
	FUNCTION(dbus_message_get_body),
	FUNCTION(dbus_message_set_body),
	FUNCTION(dbus_message_copy),
	FUNCTION(variant_get_child_value),
	FUNCTION(variant_new),
	FUNCTION(variant_unref),
	FUNCTION(variant_dict_new),
	FUNCTION(variant_dict_insert),
	FUNCTION(variant_dict_end),
	FUNCTION(variant_dict_unref),
	FUNCTION(object_unref),
};

/**
 * charon-nm's connection, NULL if it is not extended.
 */
static void *connection;

/**
 * Filter of it.
 */
static u_int filter;

/**
 * Look up all functions.
 */
static bool find_functions()
{
	int i;

	for (i = 0; i < countof(functions); i++)
	{
		*functions[i].function = dlsym(RTLD_DEFAULT, functions[i].name);
		if (!*functions[i].function)
		{
			return FALSE;
		}
	}
	return TRUE;
}

/**
 * Filter of messages, a GDBusMessageFilterFunction: owns the message, and returns
 * it or another one.
 */
static void *extend(void *connection, void *message, int incoming, void *data)
{
	void *copy, *config, *dict;

	if (incoming ||
		!streq(g.dbus_message_get_interface(message), CONFIG_INTERFACE) ||
		!streq(g.dbus_message_get_member(message), CONFIG_MEMBER))
	{
		return message;
	}
	/* it must not be changed itself */
	copy = g.dbus_message_copy(message, NULL);
	if (!copy)
	{
		return message;
	}
	config = g.variant_get_child_value(g.dbus_message_get_body(message), 0);
	dict = g.variant_dict_new(config);
	g.variant_unref(config);
	g.variant_dict_insert(dict, CAN_PERSIST, "b", TRUE);
	g.dbus_message_set_body(copy, g.variant_new("(@a{sv})",
												g.variant_dict_end(dict)));
	g.variant_dict_unref(dict);
	g.object_unref(message);
	return copy;
}

/*
 * Described in header.
 */
void mobility_vpn_service_start()
{
	if (mobility_is_vpn_daemon() && find_functions())
	{
		connection = g.bus_get_sync(BUS_SYSTEM, NULL, NULL);
	}
	if (connection)
	{
		filter = g.dbus_connection_add_filter(connection, extend, NULL, NULL);
	}
}

/*
 * Described in header.
 */
void mobility_vpn_service_stop()
{
	if (connection)
	{
		g.dbus_connection_remove_filter(connection, filter);
		g.object_unref(connection);
		connection = NULL;
	}
}
