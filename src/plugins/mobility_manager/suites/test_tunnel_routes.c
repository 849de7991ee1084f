/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "mobility_netns.h"
#include "mock_child.h"

#include "esp/tunnel_routes.h"

#include <daemon.h>

/** virtual addresses, and networks behind the peer */
#define VIP "10.3.0.1"
#define VIP6 "fec3::1"
#define NET "10.4.0.0/16"
#define NET6 "fec4::/16"

/** what they are in the kernel */
#define ROUTE "10.4.0.0/16 via 10.1.0.9 dev eth0 proto static src 10.3.0.1"
#define ROUTE6 "fec4::/16 via fd01::9 dev eth0 proto static src fec3::1"

/**
 * charon, which adds routes as kernel-netlink does
 */
static struct {
	daemon_t daemon;
	bus_t bus;
	kernel_interface_t kernel;
	/** what add_route() returns without doing anything */
	status_t refuse;
} mock;

static mock_parent_t ike;
static mock_child_t child;
static mobility_rtnl_t *rtnl;
static mobility_tunnel_routes_t *routes;

METHOD(kernel_interface_t, add_route, status_t,
	kernel_interface_t *this, chunk_t net, uint8_t prefix, host_t *gateway,
	host_t *src, char *ifname, bool pass)
{
	char via[64] = "", from[64], dst[64];
	host_t *host;

	if (mock.refuse || pass)
	{
		return mock.refuse;
	}
	host = host_create_from_chunk(AF_UNSPEC, net, 0);
	snprintf(dst, sizeof(dst), "%H/%u", host, prefix);
	host->destroy(host);
	if (gateway)
	{
		snprintf(via, sizeof(via), "via %H", gateway);
	}
	snprintf(from, sizeof(from), "%H", src);
	mobility_netns_ip("route replace %s table 220 proto static %s dev %s "
					  "src %s", dst, via, ifname, from);
	return SUCCESS;
}

METHOD(kernel_interface_t, del_route, status_t,
	kernel_interface_t *this, chunk_t net, uint8_t prefix, host_t *gateway,
	host_t *src, char *ifname, bool pass)
{
	char dst[64];
	host_t *host;

	host = host_create_from_chunk(AF_UNSPEC, net, 0);
	snprintf(dst, sizeof(dst), "%H/%u", host, prefix);
	host->destroy(host);
	mobility_netns_run("ip route del %s table 220 2>/dev/null", dst);
	return SUCCESS;
}

METHOD(ike_sa_t, get_name, char*,
	ike_sa_t *this)
{
	return "home";
}

/**
 * Have charon add or delete a route
 */
static status_t manage(bool add, char *net, char *gateway, char *src,
					   char *ifname)
{
	host_t *dst, *via = NULL, *from;
	status_t status;
	int prefix;

	dst = host_create_from_subnet(net, &prefix);
	from = host_create_from_string(src, 0);
	if (gateway)
	{
		via = host_create_from_string(gateway, 0);
	}
	status = (add ? charon->kernel->add_route : charon->kernel->del_route)(
							charon->kernel, dst->get_address(dst), prefix, via,
							from, ifname, FALSE);
	dst->destroy(dst);
	from->destroy(from);
	DESTROY_IF(via);
	return status;
}

/**
 * Check what is in charon's table
 */
static void assert_routes(const char *v4, const char *v6)
{
	char *output;

	output = mobility_netns_output("ip route show table 220 | sed 's/ *$//'");
	ck_assert_str_eq(output, v4);
	free(output);
	output = mobility_netns_output("ip -6 route show table 220 | "
								   "sed 's/ metric.*//'");
	ck_assert_str_eq(output, v6);
	free(output);
}

static void setup(void)
{
	mobility_netns_setup();
	mobility_netns_link("eth0");
	mobility_netns_ip("addr add 10.1.0.2/24 dev eth0");
	mobility_netns_ip("addr add fd01::2/64 dev eth0 nodad");
	mobility_netns_ip("addr add " VIP "/32 dev eth0");
	mobility_netns_ip("addr add " VIP6 "/128 dev eth0 nodad");
	memset(&mock, 0, sizeof(mock));
	mock.kernel.add_route = _add_route;
	mock.kernel.del_route = _del_route;
	mock.bus.log = mobility_suite_bus_log;
	mock.daemon.bus = &mock.bus;
	mock.daemon.kernel = &mock.kernel;
	charon = &mock.daemon;

	mock_parent_init(&ike, "10.1.0.2", "192.0.2.1");
	ike.public.get_name = _get_name;
	mock_child_init(&child);
	child.mine[0] = traffic_selector_create_from_cidr(VIP "/32", 0, 0, 65535);
	child.others[0] = traffic_selector_create_from_cidr(NET, 0, 0, 65535);
	child.mine[1] = traffic_selector_create_from_cidr(VIP6 "/128", 0, 0, 65535);
	child.others[1] = traffic_selector_create_from_cidr(NET6, 0, 0, 65535);
	array_insert(ike.children, ARRAY_TAIL, &child);

	rtnl = mobility_rtnl_create();
	routes = mobility_tunnel_routes_create(rtnl);
}

static void teardown(void)
{
	int i;

	routes->destroy(routes);
	ck_assert(charon->kernel->add_route == (void*)_add_route);
	ck_assert(charon->kernel->del_route == (void*)_del_route);
	rtnl->destroy(rtnl);
	charon = NULL;
	for (i = 0; i < countof(child.mine); i++)
	{
		child.mine[i]->destroy(child.mine[i]);
		child.others[i]->destroy(child.others[i]);
	}
	mock_parent_deinit(&ike);
	mobility_suite_teardown();
}

START_TEST(test_restore)
{
	ck_assert(!routes->look(routes));
	manage(TRUE, NET, "10.1.0.9", VIP, "eth0");
	manage(TRUE, NET6, "fd01::9", VIP6, "eth0");
	ck_assert(!routes->look(routes));
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes(ROUTE "\n", ROUTE6 "\n");

	mobility_netns_ip("route flush table 220");
	mobility_suite_log_start();
	ck_assert(routes->look(routes));
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes(ROUTE "\n", ROUTE6 "\n");
	ck_assert_str_eq(mobility_suite_log(), "mobility: home: the route to "
					 "10.4.0.0/16 was gone, put it back\n");
	ck_assert(!routes->look(routes));
	mobility_netns_ip("-6 route flush table 220");
	ck_assert(routes->look(routes));
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes(ROUTE "\n", ROUTE6 "\n");
	ck_assert(!routes->look(routes));
}
END_TEST

START_TEST(test_silent)
{
	manage(TRUE, NET, "10.1.0.9", VIP, "eth0");
	/* the kernel does not tell that the route goes with these */
	mobility_netns_ip("addr flush dev eth0 scope global");
	assert_routes("", "");
	ck_assert(routes->look(routes));
	/* it can't be there yet, but is not forgotten */
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes("", "");
	mobility_netns_ip("addr add 10.1.0.2/24 dev eth0");
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes("", "");
	mobility_netns_ip("addr add " VIP "/32 dev eth0");
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes(ROUTE "\n", "");
	/* there is no interface, and no other one is taken */
	mobility_netns_link("wlan0");
	manage(FALSE, NET, "10.1.0.9", VIP, "eth0");
	manage(TRUE, NET, NULL, VIP, "wlan0");
	mobility_netns_ip("link del wlan0");
	ck_assert(routes->look(routes));
	ck_assert(routes->restore(routes, &ike.public, "wlan0"));
	/* the path is somewhere else */
	ck_assert(!routes->restore(routes, &ike.public, "eth0"));
	assert_routes("", "");
}
END_TEST

START_TEST(test_prefsrc)
{
	char *output;

	manage(TRUE, NET6, "fd01::9", VIP6, "eth0");
	/* the kernel leaves the route there, but packets have another source */
	mobility_netns_ip("addr del " VIP6 "/128 dev eth0");
	output = mobility_netns_output("ip -6 route show table 220");
	ck_assert(strstr(output, "fec4::/16 via fd01::9"));
	free(output);
	ck_assert(routes->look(routes));
	assert_routes("", "");
	ck_assert(routes->look(routes));
	mobility_netns_ip("addr add " VIP6 "/128 dev eth0 nodad");
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes("", ROUTE6 "\n");
	ck_assert(!routes->look(routes));
}
END_TEST

START_TEST(test_several)
{
	/* to one destination from a virtual IP, and from a LAN's address */
	manage(TRUE, NET, "10.1.0.9", VIP, "eth0");
	manage(TRUE, NET, "10.1.0.9", "10.1.0.2", "eth0");
	assert_routes("10.4.0.0/16 via 10.1.0.9 dev eth0 proto static "
				  "src 10.1.0.2\n", "");
	ck_assert(!routes->look(routes));
	mobility_netns_ip("route flush table 220");
	ck_assert(routes->look(routes));
	ike.vip = VIP;
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes(ROUTE "\n", "");
	ck_assert(!routes->look(routes));
	/* whichever there is, none is missing */
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes(ROUTE "\n", "");
	ike.vip = NULL;
}
END_TEST

/**
 * Check if a packet from a virtual IP has a route
 */
static bool has_route(char *dst, char *src)
{
	return mobility_netns_run("ip route get %s from %s 2>/dev/null | "
							  "grep -q 'table 220'", dst, src);
}

START_TEST(test_update)
{
	mobility_netns_ip("rule add lookup 220 pref 220");
	mobility_netns_ip("-6 rule add lookup 220 pref 220");
	mobility_netns_link("wlan0");
	mobility_netns_ip("addr add 10.2.0.2/24 dev wlan0");
	manage(TRUE, NET, "10.1.0.9", VIP, "eth0");
	manage(TRUE, NET6, "fd01::9", VIP6, "eth0");
	mobility_tunnel_routes_begin();
	manage(FALSE, NET, "10.1.0.9", VIP, "eth0");
	ck_assert(has_route("10.4.0.1", VIP));
	manage(FALSE, NET6, "fd01::9", VIP6, "eth0");
	ck_assert(has_route("fec4::1", VIP6));
	ck_assert(!routes->look(routes));
	manage(TRUE, NET, "10.2.0.9", VIP, "wlan0");
	/* charon's own comes first */
	ck_assert(mobility_netns_run("ip route get 10.4.0.1 from " VIP " | "
								 "grep -q 'dev wlan0'"));
	mobility_tunnel_routes_end();
	assert_routes("10.4.0.0/16 via 10.2.0.9 dev wlan0 proto static "
				  "src 10.3.0.1\n", "");
	/* not at other times, and not of what can't be */
	manage(FALSE, NET, "10.2.0.9", VIP, "wlan0");
	ck_assert(!has_route("10.4.0.1", VIP));
	mobility_tunnel_routes_end();
	manage(TRUE, NET, "10.2.0.9", VIP, "wlan0");
	mobility_netns_ip("link set wlan0 down");
	mobility_tunnel_routes_begin();
	manage(FALSE, NET, "10.2.0.9", VIP, "wlan0");
	ck_assert(!has_route("10.4.0.1", VIP));
	mobility_tunnel_routes_end();
	assert_routes("", "");
}
END_TEST

START_TEST(test_charon_deletes)
{
	manage(TRUE, NET, "10.1.0.9", VIP, "eth0");
	manage(FALSE, NET, "10.1.0.9", VIP, "eth0");
	assert_routes("", "");
	ck_assert(!routes->look(routes));
	/* what it had no success with, or has already */
	mock.refuse = FAILED;
	ck_assert_int_eq(manage(TRUE, NET, "10.1.0.9", VIP, "eth0"), FAILED);
	mock.refuse = ALREADY_DONE;
	ck_assert_int_eq(manage(TRUE, NET, "10.1.0.9", VIP, "eth0"), ALREADY_DONE);
	mock.refuse = SUCCESS;
	ck_assert(!routes->look(routes));
	/* one of two to the same destination: it is the last one that counts */
	manage(TRUE, NET, "10.1.0.8", VIP, "eth0");
	manage(TRUE, NET, "10.1.0.9", VIP, "eth0");
	mobility_netns_ip("route flush table 220");
	ck_assert(routes->look(routes));
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes(ROUTE "\n", "");
	ck_assert(!routes->look(routes));
	manage(FALSE, NET, "10.1.0.9", VIP, "eth0");
	ck_assert(routes->look(routes));
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes("10.4.0.0/16 via 10.1.0.8 dev eth0 proto static "
				  "src 10.3.0.1\n", "");
}
END_TEST

/**
 * Check if charon has added a route into a tunnel
 */
static bool leads(char *cidr)
{
	mobility_net_t net = {};
	host_t *host;
	int prefix;

	host = host_create_from_subnet(cidr, &prefix);
	net.net = mobility_ip_from_host(host);
	net.prefix = prefix;
	host->destroy(host);
	return routes->leads(routes, &net);
}

START_TEST(test_others)
{
	chunk_t net = chunk_from_chars(10,5,0,0);
	array_t *passes;
	host_t *src;

	/* routes of IKE_SAs that are none of ours, and such as lead past tunnels */
	manage(TRUE, "10.6.0.0/16", NULL, VIP, "eth0");
	src = host_create_from_string("0.0.0.0", 0);
	charon->kernel->add_route(charon->kernel, net, 16, NULL, src, NULL, TRUE);
	passes = routes->get_passes(routes);
	ck_assert_int_eq(array_count(passes), 1);
	array_destroy(passes);
	ck_assert(leads("10.6.0.0/16") && !leads("10.5.0.0/16"));
	ck_assert(!leads("10.6.0.0/17"));
	mobility_netns_ip("route flush table 220");
	ck_assert(routes->look(routes));
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes("", "");
	manage(FALSE, "10.6.0.0/16", NULL, VIP, "eth0");
	ck_assert(!routes->look(routes));
	ck_assert(!leads("10.6.0.0/16"));
	charon->kernel->del_route(charon->kernel, net, 16, NULL, src, NULL, TRUE);
	src->destroy(src);
	passes = routes->get_passes(routes);
	ck_assert_int_eq(array_count(passes), 0);
	array_destroy(passes);
}
END_TEST

START_TEST(test_metrics)
{
	lib->settings->set_int(lib->settings, "%s.plugins.kernel-netlink.mtu", 1300,
						   lib->ns);
	lib->settings->set_int(lib->settings, "%s.plugins.kernel-netlink.mss", 1200,
						   lib->ns);
	manage(TRUE, NET, NULL, VIP, "eth0");
	mobility_netns_ip("route flush table 220");
	ck_assert(routes->look(routes));
	ck_assert(routes->restore(routes, &ike.public, "eth0"));
	assert_routes("10.4.0.0/16 dev eth0 proto static src 10.3.0.1 mtu 1300 "
				  "advmss 1200\n", "");
}
END_TEST

START_TEST(test_no_table)
{
	routes->destroy(routes);
	lib->settings->set_int(lib->settings, "%s.routing_table", 0, lib->ns);
	routes = mobility_tunnel_routes_create(rtnl);
	manage(TRUE, NET, "10.1.0.9", VIP, "eth0");
	mobility_netns_ip("route flush table 220");
	ck_assert(!routes->look(routes));
}
END_TEST

Suite *mobility_suite_create(void)
{
	Suite *s;
	TCase *tc;

	s = suite_create("tunnel routes");

	tc = tcase_create("kernel");
	tcase_add_checked_fixture(tc, setup, teardown);
	if (mobility_netns_available())
	{
		tcase_add_test(tc, test_restore);
		tcase_add_test(tc, test_silent);
		tcase_add_test(tc, test_prefsrc);
		tcase_add_test(tc, test_several);
		tcase_add_test(tc, test_update);
		tcase_add_test(tc, test_charon_deletes);
		tcase_add_test(tc, test_others);
		tcase_add_test(tc, test_metrics);
		tcase_add_test(tc, test_no_table);
	}
	suite_add_tcase(s, tc);
	return s;
}
