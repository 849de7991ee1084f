/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "fake_nm.h"

#include "nm/link_servers.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <threading/thread.h>

/** who is asked */
#define RESOLVED "org.freedesktop.resolve1"
#define NM "org.freedesktop.NetworkManager"

/** servers that somebody has at most */
#define SERVERS 5

/** what sd-bus is not to refuse */
#define must(call) ck_assert_int_ge(call, 0)

/**
 * What services there are, and what they say
 */
typedef struct {
	/** name of the service */
	char *name;
	/** its servers, of eth0, whose index is 2 */
	char *servers[SERVERS];
	/** answers with something else than it should */
	bool garbled;
	/** does not answer */
	bool silent;
} service_t;

/** those on the bus */
static service_t services[2];

/** whether NetworkManager is to be asked */
static bool ask_nm;

/** bus, connection to it of the services, their thread, and what ends it */
static const char *address;
static sd_bus *bus;
static thread_t *thread;
static int stop;

/**
 * Find the service that a message is for
 */
static service_t *find_service(sd_bus_message *msg)
{
	const char *path = sd_bus_message_get_path(msg);
	u_int i;

	for (i = 0; i < countof(services); i++)
	{
		if (services[i].name &&
			strstr(path, strrchr(services[i].name, '.') + 1))
		{
			return &services[i];
		}
	}
	return NULL;
}

/**
 * Append the servers as a property
 */
static void append_servers(sd_bus_message *reply, service_t *service, int family,
						   const char *type)
{
	host_t *host;
	chunk_t chunk;
	u_int i;

	must(sd_bus_message_open_container(reply, 'v', type));
	must(sd_bus_message_open_container(reply, 'a', type + 1));
	for (i = 0; i < SERVERS && service->servers[i]; i++)
	{
		host = host_create_from_string(service->servers[i], 0);
		ck_assert(host != NULL);
		chunk = host->get_address(host);
		if (streq(type, "a(iay)"))
		{
			must(sd_bus_message_open_container(reply, 'r', "iay"));
			must(sd_bus_message_append(reply, "i", host->get_family(host)));
			must(sd_bus_message_append_array(reply, 'y', chunk.ptr, chunk.len));
			must(sd_bus_message_close_container(reply));
		}
		else if (host->get_family(host) == family && family == AF_INET6)
		{
			must(sd_bus_message_append_array(reply, 'y', chunk.ptr, chunk.len));
		}
		else if (host->get_family(host) == family)
		{
			must(sd_bus_message_append(reply, "a{sv}", 2,
									   "interface", "s", "eth0",
									   "address", "s", service->servers[i]));
		}
		host->destroy(host);
	}
	must(sd_bus_message_close_container(reply));
	must(sd_bus_message_close_container(reply));
}

/**
 * Answer a request for a property
 */
static void answer_property(sd_bus_message *msg, sd_bus_message *reply,
							service_t *service)
{
	const char *interface, *name;

	must(sd_bus_message_read(msg, "ss", &interface, &name));
	if (service->garbled)
	{
		must(sd_bus_message_append(reply, "v", "a(is)", 1, 7, "x"));
	}
	else if (streq(name, "DNS"))
	{
		append_servers(reply, service, AF_UNSPEC, "a(iay)");
	}
	else if (streq(name, "NameserverData"))
	{
		ck_assert_str_eq(interface, NM ".IP4Config");
		append_servers(reply, service, AF_INET, "aa{sv}");
	}
	else if (streq(name, "Nameservers"))
	{
		ck_assert_str_eq(interface, NM ".IP6Config");
		append_servers(reply, service, AF_INET6, "aay");
	}
	else
	{
		must(sd_bus_message_append(reply, "v", "o",
								   streq(name, "Ip4Config") ?
									"/org/freedesktop/NetworkManager/IP4/1" :
									"/org/freedesktop/NetworkManager/IP6/1"));
	}
}

/**
 * Answer a call, a sd_bus_message_handler_t
 */
static int answer(sd_bus_message *msg, void *data, sd_bus_error *error)
{
	service_t *service;
	sd_bus_message *reply;
	const char *member = sd_bus_message_get_member(msg), *ifname = "eth0";
	int ifindex = 2;

	if (!sd_bus_message_is_method_call(msg, NULL, NULL))
	{
		return 0;
	}
	service = find_service(msg);
	ck_assert(service != NULL);
	if (service->silent)
	{
		return 1;
	}
	must(sd_bus_message_new_method_return(msg, &reply));
	if (streq(member, "Get"))
	{
		answer_property(msg, reply, service);
	}
	else
	{
		if (streq(member, "GetLink"))
		{
			must(sd_bus_message_read(msg, "i", &ifindex));
		}
		else
		{
			ck_assert_str_eq(member, "GetDeviceByIpIface");
			must(sd_bus_message_read(msg, "s", &ifname));
		}
		if (ifindex != 2 || !streq(ifname, "eth0"))
		{
			sd_bus_message_unref(reply);
			return sd_bus_reply_method_errorf(msg, "org.example.Unknown",
											  "no such link");
		}
		must(sd_bus_message_append(reply, "o", streq(member, "GetLink") ?
								   "/org/freedesktop/resolve1/link/_32" :
								   "/org/freedesktop/NetworkManager/Devices/1"));
	}
	must(sd_bus_send(NULL, reply, NULL));
	sd_bus_message_unref(reply);
	return 1;
}

/**
 * Answer calls until stopped
 */
static void *serve(void *data)
{
	struct pollfd fds[2] = {
		{ .fd = stop, .events = POLLIN },
		{ .fd = sd_bus_get_fd(bus), .events = POLLIN },
	};

	while (!fds[0].revents)
	{
		while (sd_bus_process(bus, NULL) > 0)
		{
			/* go on */
		}
		poll(fds, countof(fds), -1);
	}
	return NULL;
}

static void setup(void)
{
	mobility_suite_setup();
	memset(services, 0, sizeof(services));
	thread = NULL;
	ask_nm = TRUE;
	address = fake_bus_start();
}

static void teardown(void)
{
	uint64_t count = 1;

	if (thread)
	{
		ignore_result(write(stop, &count, sizeof(count)));
		thread->join(thread);
		sd_bus_flush_close_unref(bus);
		close(stop);
	}
	fake_bus_stop();
	mobility_suite_teardown();
}

/**
 * Start services, one or two
 */
static void start(service_t first, service_t second)
{
	u_int i;

	services[0] = first;
	services[1] = second;
	stop = eventfd(0, EFD_CLOEXEC);
	must(sd_bus_new(&bus));
	must(sd_bus_set_address(bus, address));
	must(sd_bus_set_bus_client(bus, TRUE));
	must(sd_bus_start(bus));
	must(sd_bus_add_filter(bus, NULL, answer, NULL));
	for (i = 0; i < countof(services); i++)
	{
		if (services[i].name)
		{
			must(sd_bus_request_name(bus, services[i].name, 0));
		}
	}
	thread = thread_create(serve, NULL);
}

/**
 * Check which servers a link has
 */
static void assert_servers(int ifindex, const char *ifname,
						   const char *expected)
{
	array_t *servers = array_create(0, 0);
	char buf[256] = "";
	host_t *host;
	size_t len;

	mobility_link_servers_get(address, ifindex, ifname, ask_nm, servers);
	while (array_remove(servers, ARRAY_HEAD, &host))
	{
		ck_assert_uint_eq(host->get_port(host), 53);
		len = strlen(buf);
		snprintf(buf + len, sizeof(buf) - len, "%s%H", len ? " " : "", host);
		host->destroy(host);
	}
	array_destroy(servers);
	ck_assert_str_eq(buf, expected);
}

START_TEST(test_nobody)
{
	assert_servers(2, "eth0", "");
	address = "unix:path=/nonexistent";
	assert_servers(2, "eth0", "");
}
END_TEST

START_TEST(test_resolved)
{
	start((service_t){ RESOLVED, { "192.0.2.53", "2001:db8::53" } },
		  (service_t){ NM, { "192.0.2.54" } });
	assert_servers(2, "eth0", "192.0.2.53 2001:db8::53");
	assert_servers(3, "eth1", "");
}
END_TEST

START_TEST(test_nm)
{
	start((service_t){ RESOLVED },
		  (service_t){ NM, { "2001:db8::53", "192.0.2.53", "192.0.2.54" } });
	assert_servers(2, "eth0", "192.0.2.53 192.0.2.54 2001:db8::53");
	assert_servers(3, "eth1", "");
}
END_TEST

START_TEST(test_only_nm)
{
	start((service_t){ NM, { "fe80::53" } }, (service_t){});
	assert_servers(2, "eth0", "fe80::53");
	ask_nm = FALSE;
	assert_servers(2, "eth0", "");
}
END_TEST

START_TEST(test_many)
{
	start((service_t){ RESOLVED, { "192.0.2.1", "192.0.2.2", "192.0.2.3",
								   "192.0.2.4", "2001:db8::1" } },
		  (service_t){});
	assert_servers(2, "eth0", "192.0.2.1 192.0.2.2 192.0.2.3");
}
END_TEST

START_TEST(test_garbled)
{
	start((service_t){ RESOLVED, { "192.0.2.1" }, .garbled = TRUE },
		  (service_t){ NM, { "192.0.2.1" }, .garbled = TRUE });
	assert_servers(2, "eth0", "");
}
END_TEST

/**
 * Nobody is waited for more than once
 */
START_TEST(test_silent)
{
	start((service_t){ RESOLVED, { "192.0.2.1" }, .silent = TRUE },
		  (service_t){ NM, { "192.0.2.1" } });
	assert_servers(2, "eth0", "");
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("link_servers");

	if (!fake_bus_available())
	{
		return s;
	}
	tc = tcase_create("servers");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_nobody);
	tcase_add_test(tc, test_resolved);
	tcase_add_test(tc, test_nm);
	tcase_add_test(tc, test_only_nm);
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_garbled);
	tcase_add_test(tc, test_silent);
	suite_add_tcase(s, tc);

	return s;
}
