/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#define _GNU_SOURCE
#include "mobility_netns.h"

#include <stdio.h>

#include "ike/address_list.h"

#include <daemon.h>
#include <encoding/payloads/notify_payload.h>

/** what messages announce */
#define STOCK "10.2.0.2 172.17.0.1 2001:db8:2::2"

/** what is tested */
static mobility_monitor_t *monitor;
static mobility_rtnl_t *rtnl;
static mobility_settings_t *settings;

/** an IKE_SA, as far as it is looked at */
static struct {
	ike_sa_t public;
	ike_version_t version;
	bool initiator;
	char *name;
	host_t *me;
	host_t *other;
} sa;

/**
 * Our addresses, as charon knows them.
 */
static const struct {
	char *addr;
	char *ifname;
} addrs[] = {
	{ "10.1.0.2", "eth0" },
	{ "172.17.0.1", "docker0" },
	{ "10.2.0.2", "wlan0" },
	{ "10.2.0.3", "wlan0" },
	{ "2001:db8:2::2", "wlan0" },
	{ "2001:db8:3::2", "wwan0" },
	/* is no uplink's, or on an interface that charon ignores */
	{ "192.168.9.1", "lan0" },
	{ "192.168.10.1", NULL },
};

/**
 * ike_sa_t.get_version
 */
static ike_version_t get_version(ike_sa_t *this)
{
	return sa.version;
}

/**
 * ike_sa_t.get_state
 */
static ike_sa_state_t get_state(ike_sa_t *this)
{
	return IKE_CONNECTING;
}

/**
 * ike_sa_t.has_condition
 */
static bool has_condition(ike_sa_t *this, ike_condition_t condition)
{
	return condition == COND_ORIGINAL_INITIATOR && sa.initiator;
}

/**
 * ike_sa_t.get_name
 */
static char *get_name(ike_sa_t *this)
{
	return sa.name;
}

/**
 * ike_sa_t.get_my_host
 */
static host_t *get_my_host(ike_sa_t *this)
{
	return sa.me;
}

/**
 * ike_sa_t.get_other_host
 */
static host_t *get_other_host(ike_sa_t *this)
{
	return sa.other;
}

/**
 * kernel_interface_t.is_interface_usable
 */
static bool is_interface_usable(kernel_interface_t *this, const char *iface)
{
	return TRUE;
}

/**
 * kernel_interface_t.get_interface
 */
static bool get_interface(kernel_interface_t *this, host_t *host, char **name)
{
	host_t *current;
	bool found = FALSE;
	int i;

	for (i = 0; i < countof(addrs) && !found; i++)
	{
		current = host_create_from_string(addrs[i].addr, 0);
		if (current->ip_equals(current, host) && addrs[i].ifname)
		{
			*name = strdup(addrs[i].ifname);
			found = TRUE;
		}
		current->destroy(current);
	}
	return found;
}

/**
 * Destroy a list of hosts.
 */
static void destroy_hosts(array_t *hosts)
{
	array_destroy_offset(hosts, offsetof(host_t, destroy));
}

/**
 * kernel_interface_t.create_address_enumerator
 */
static enumerator_t *create_address_enumerator(kernel_interface_t *this,
											   kernel_address_type_t which)
{
	array_t *hosts = array_create(0, 0);
	int i;

	for (i = 0; i < countof(addrs) && which & ADDR_TYPE_REGULAR; i++)
	{
		array_insert(hosts, ARRAY_TAIL,
					 host_create_from_string(addrs[i].addr, 0));
	}
	return enumerator_create_cleaner(array_create_enumerator(hosts),
									 (void*)destroy_hosts, hosts);
}

static kernel_interface_t kernel = {
	.is_interface_usable = is_interface_usable,
	.get_interface = get_interface,
	.create_address_enumerator = create_address_enumerator,
};

/**
 * bus_t.log
 */
static void log_(bus_t *this, debug_t group, level_t level, char *format, ...)
{
}

static bus_t bus = {
	.log = log_,
};

static daemon_t daemon_;

/**
 * Fixture: a cable, Wi-Fi, a modem with IPv6 only, a LAN without a way out, and
 * containers.
 */
static void setup(void)
{
	mobility_netns_setup();
	mobility_netns_link("eth0");
	mobility_netns_link("wlan0");
	mobility_netns_link("wwan0");
	mobility_netns_link("lan0");
	mobility_netns_link("docker0");
	mobility_netns_ip("addr add 10.1.0.2/24 dev eth0");
	mobility_netns_ip("addr add 10.2.0.2/24 dev wlan0");
	mobility_netns_ip("addr add 10.2.0.3/24 dev wlan0");
	mobility_netns_ip("addr add 192.168.9.1/24 dev lan0");
	mobility_netns_ip("addr add 172.17.0.1/16 dev docker0");
	mobility_netns_ip("addr add 2001:db8:3::2/64 dev wwan0 nodad");
	mobility_netns_ip("route add default via 10.1.0.1 dev eth0 metric 100");
	mobility_netns_ip("route add default via 10.2.0.1 dev wlan0 metric 600");
	mobility_netns_ip("-6 route add default via fe80::1 dev wwan0");
	lib->settings->load_string(lib->settings, "charon {\nplugins {\n"
		"mobility-manager {\nconnections {\n"
		"off {\nmobility = no\n}\n"
		"wired {\ninterfaces {\nair {\nmatch = w*\nuse = no\n}\n}\n}\n"
		"none {\ninterfaces {\nall {\nmatch = *\nuse = no\n}\n}\n}\n"
		"}\n}\n}\n}\n", FALSE);
	settings = mobility_settings_create();
	lib->processor->set_threads(lib->processor, 4);
	rtnl = mobility_rtnl_create();
	monitor = mobility_monitor_create(rtnl, (void*)nop, NULL);
	sa.public = (ike_sa_t){
		.get_version = get_version,
		.get_state = get_state,
		.has_condition = has_condition,
		.get_name = get_name,
		.get_my_host = get_my_host,
		.get_other_host = get_other_host,
	};
	sa.version = IKEV2;
	sa.initiator = TRUE;
	sa.name = "home";
	sa.me = host_create_from_string("10.1.0.2", 500);
	sa.other = host_create_from_string("198.51.100.1", 500);
	daemon_.kernel = &kernel;
	daemon_.bus = &bus;
	charon = &daemon_;
}

static void teardown(void)
{
	charon = NULL;
	sa.me->destroy(sa.me);
	sa.other->destroy(sa.other);
	monitor->destroy(monitor);
	rtnl->destroy(rtnl);
	lib->processor->cancel(lib->processor);
	settings->destroy(settings);
	mobility_suite_teardown();
}

/**
 * Create a message that announces what is listed.
 */
static message_t *create_message(char *list)
{
	enumerator_t *enumerator;
	message_t *message;
	host_t *host;
	char *addr;

	message = message_create(IKEV2_MAJOR_VERSION, IKEV2_MINOR_VERSION);
	message->set_exchange_type(message, IKE_AUTH);
	message->set_request(message, TRUE);
	message->add_notify(message, FALSE, MOBIKE_SUPPORTED, chunk_empty);
	enumerator = enumerator_create_token(list, " ", " ");
	while (enumerator->enumerate(enumerator, &addr))
	{
		host = host_create_from_string(addr, 0);
		message->add_notify(message, FALSE,
							host->get_family(host) == AF_INET ?
								ADDITIONAL_IP4_ADDRESS : ADDITIONAL_IP6_ADDRESS,
							host->get_address(host));
		host->destroy(host);
	}
	enumerator->destroy(enumerator);
	message->add_notify(message, FALSE, INITIAL_CONTACT, chunk_empty);
	return message;
}

/**
 * Check what a message announces, and that nothing else of it was touched.
 */
static void assert_announced(message_t *message, const char *expected)
{
	enumerator_t *enumerator;
	notify_payload_t *notify;
	payload_t *payload;
	char buf[512] = "";
	host_t *host;
	int len = 0, others = 0;

	enumerator = message->create_payload_enumerator(message);
	while (enumerator->enumerate(enumerator, &payload))
	{
		notify = (notify_payload_t*)payload;
		switch (notify->get_notify_type(notify))
		{
			case ADDITIONAL_IP4_ADDRESS:
			case ADDITIONAL_IP6_ADDRESS:
				host = host_create_from_chunk(AF_UNSPEC,
								notify->get_notification_data(notify), 0);
				len += snprintf(buf + len, sizeof(buf) - len, "%s%H",
								len ? " " : "", host);
				host->destroy(host);
				break;
			case NO_ADDITIONAL_ADDRESSES:
				len += snprintf(buf + len, sizeof(buf) - len, "none");
				break;
			default:
				others++;
				break;
		}
	}
	enumerator->destroy(enumerator);
	ck_assert_str_eq(buf, expected);
	ck_assert_int_eq(others, 2);
}

/**
 * Check what becomes of a message.
 */
static void announce(char *stock, const char *expected)
{
	message_t *message = create_message(stock);

	mobility_address_list(settings, monitor, &sa.public, message);
	assert_announced(message, expected);
	message->destroy(message);
}

START_TEST(test_filter)
{
	/* containers and LANs are left out; what stock had no space for is not, and
	 * what may lead to addresses of the peer that are not known yet */
	announce(STOCK, "10.2.0.2 10.2.0.3 2001:db8:2::2 2001:db8:3::2");
	announce("172.17.0.1", "10.2.0.2 10.2.0.3 2001:db8:2::2 2001:db8:3::2");
	sa.name = "wired";
	announce(STOCK, "none");
	/* the same when the monitor runs */
	ck_assert(monitor->start(monitor));
	sa.name = "home";
	announce(STOCK, "10.2.0.2 10.2.0.3 2001:db8:2::2 2001:db8:3::2");
	mobility_netns_ip("link set xwlan0 down");
	mobility_netns_wait(streq(monitor->describe(monitor, "wlan0"),
							  "no carrier"));
	announce(STOCK, "2001:db8:3::2");
}
END_TEST

START_TEST(test_family)
{
	/* a peer with IPv6 */
	sa.me->destroy(sa.me);
	sa.other->destroy(sa.other);
	sa.me = host_create_from_string("2001:db8:3::2", 500);
	sa.other = host_create_from_string("2001:db8:ffff::1", 500);
	announce(STOCK, "10.1.0.2 10.2.0.2 10.2.0.3 2001:db8:2::2");
}
END_TEST

START_TEST(test_untouched)
{
	message_t *message;

	/* nothing is announced */
	announce("", "");
	/* not managed */
	sa.name = "off";
	announce(STOCK, STOCK);
	sa.name = "home";
	sa.initiator = FALSE;
	announce(STOCK, STOCK);
	sa.initiator = TRUE;
	sa.version = IKEV1;
	announce(STOCK, STOCK);
	sa.version = IKEV2;
	/* what a responder says */
	message = create_message(STOCK);
	message->set_request(message, FALSE);
	mobility_address_list(settings, monitor, &sa.public, message);
	assert_announced(message, STOCK);
	message->destroy(message);
	/* no uplink at all, so we can't know any better */
	sa.name = "none";
	announce(STOCK, STOCK);
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s = suite_create("announce");
	TCase *tc;

	if (!mobility_netns_available())
	{
		return s;
	}
	tc = tcase_create("announce");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_filter);
	tcase_add_test(tc, test_family);
	tcase_add_test(tc, test_untouched);
	suite_add_tcase(s, tc);

	return s;
}
