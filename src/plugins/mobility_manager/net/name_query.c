/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "net/name_query.h"
#include "net/clock.h"
#include "net/netlink.h"

#include <ares.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>

#include <daemon.h>

/** Time a server has to answer until the next one is asked, in ms. */
#define SERVER_TIMEOUT 1000

/** How often each is asked. */
#define TRIES 2

/** Sockets of a link: for each server one for UDP, and one for TCP. */
#define SOCKETS (2 * MOBILITY_NAME_SERVERS)

/** Time other links have as soon as something is found over one, in ms. */
#define GRACE 500

typedef struct asked_t asked_t;

/**
 * A link that is asked over.
 */
struct asked_t {
	/** link */
	const mobility_name_link_t *link;
	/** its servers, and requests to them */
	ares_channel channel;
	/** gets what is found, host_t* */
	array_t **hosts;
	/** there is an answer, or is going to be none */
	bool done;
};

/*
 * Described in header.
 */
void mobility_name_link_clear(mobility_name_link_t *link)
{
	u_int i;

	DESTROY_IF(link->local4);
	DESTROY_IF(link->local6);
	for (i = 0; i < link->count; i++)
	{
		link->servers[i]->destroy(link->servers[i]);
	}
	memset(link, 0, sizeof(*link));
}

/**
 * Called by c-ares for each socket, before that sends anything.  Returns -1 not to
 * use it.
 */
static int prepare_socket(ares_socket_t fd, int type, void *data)
{
	asked_t *asked = data;
	int family;
	socklen_t len = sizeof(family);

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, asked->link->ifname,
				   strlen(asked->link->ifname)) ||
		getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len))
	{
		DBG2(DBG_NET, "asking over %s failed: %s", asked->link->ifname,
			 strerror(errno));
		return -1;
	}
	/* or it would be asked through the tunnel; if that fails it is so */
	charon->kernel->bypass_socket(charon->kernel, fd, family);
	return 0;
}

/**
 * Check if an address was found already.
 */
static bool has(array_t *hosts, host_t *host)
{
	host_t *current;
	int i;

	for (i = 0; i < array_count(hosts); i++)
	{
		array_get(hosts, i, &current);
		if (current->ip_equals(current, host))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Called by c-ares when a link was asked.
 */
static void answered(void *data, int status, int timeouts,
					 struct ares_addrinfo *result)
{
	struct ares_addrinfo_node *node;
	asked_t *asked = data;
	u_int count[2] = {};
	host_t *host;

	asked->done = TRUE;
	for (node = result ? result->nodes : NULL; node; node = node->ai_next)
	{
		if (count[node->ai_family == AF_INET6]++ < MOBILITY_NAME_ADDRESSES)
		{
			host = host_create_from_sockaddr(node->ai_addr);
			if (host && !host->is_anyaddr(host) && !has(*asked->hosts, host))
			{
				host->set_port(host, 0);
				array_insert_create(asked->hosts, ARRAY_TAIL, host);
			}
			else
			{
				DESTROY_IF(host);
			}
		}
	}
	if (result)
	{
		ares_freeaddrinfo(result);
	}
	else if (status != ARES_EDESTRUCTION)
	{
		DBG2(DBG_NET, "name servers of %s: %s", asked->link->ifname,
			 ares_strerror(status));
	}
}

/**
 * Set the servers of a link.
 */
static bool set_servers(asked_t *asked)
{
	struct ares_addr_port_node nodes[MOBILITY_NAME_SERVERS] = {};
	host_t *server;
	chunk_t address;
	u_int i;

	for (i = 0; i < asked->link->count; i++)
	{
		server = asked->link->servers[i];
		address = server->get_address(server);
		nodes[i].family = server->get_family(server);
		nodes[i].udp_port = nodes[i].tcp_port = server->get_port(server);
		memcpy(&nodes[i].addr, address.ptr,
			   min(address.len, sizeof(nodes[i].addr)));
		if (i)
		{
			nodes[i - 1].next = &nodes[i];
		}
	}
	return ares_set_servers_ports(asked->channel, nodes) == ARES_SUCCESS;
}

/**
 * Set our addresses.
 */
static void set_locals(asked_t *asked)
{
	host_t *local = asked->link->local4;
	uint32_t ip;

	if (local)
	{
		memcpy(&ip, local->get_address(local).ptr, sizeof(ip));
		ares_set_local_ip4(asked->channel, ntohl(ip));
	}
	local = asked->link->local6;
	if (local)
	{
		ares_set_local_ip6(asked->channel, local->get_address(local).ptr);
	}
}

/**
 * Begin to ask over a link.  Returns FALSE if that is not possible.
 */
static bool begin(asked_t *asked, const char *name, int family)
{
	struct ares_options options = {
		/* nobody but us decides which name it is about */
		.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
		.timeout = SERVER_TIMEOUT,
		.tries = TRIES,
		.lookups = "b",
	};
	struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NOSORT,
		.ai_family = family,
		.ai_socktype = SOCK_DGRAM,
	};

	if (!asked->link->count ||
		ares_init_options(&asked->channel, &options, ARES_OPT_FLAGS |
						  ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
						  ARES_OPT_LOOKUPS) != ARES_SUCCESS)
	{
		asked->channel = NULL;
		return FALSE;
	}
	if (!set_servers(asked))
	{
		return FALSE;
	}
	set_locals(asked);
	ares_set_socket_configure_callback(asked->channel, prepare_socket, asked);
	ares_getaddrinfo(asked->channel, name, NULL, &hints, answered, asked);
	return !asked->done;
}

/**
 * Wait for what there is to do on any link, until some time, and do that.  Returns
 * FALSE if somebody says to stop.
 */
static bool wait_links(asked_t *asked, u_int count, uint64_t end, int stop)
{
	struct pollfd fds[MOBILITY_NAME_LINKS * SOCKETS + 1];
	ares_channel channels[countof(fds)];
	ares_socket_t socks[SOCKETS];
	struct timeval max, tv, *next;
	uint64_t now = mobility_now(), wait = end > now ? end - now : 0;
	u_int i, j, n = 0;
	int mask;

	for (i = 0; i < count; i++)
	{
		if (asked[i].done)
		{
			continue;
		}
		mask = ares_getsock(asked[i].channel, socks, countof(socks));
		for (j = 0; j < countof(socks); j++)
		{
			if (ARES_GETSOCK_READABLE(mask, j) ||
				ARES_GETSOCK_WRITABLE(mask, j))
			{
				channels[n] = asked[i].channel;
				fds[n++] = (struct pollfd){
					.fd = socks[j],
					.events = (ARES_GETSOCK_READABLE(mask, j) ? POLLIN : 0) |
							  (ARES_GETSOCK_WRITABLE(mask, j) ? POLLOUT : 0),
				};
			}
		}
		max = (struct timeval){ .tv_sec = wait / 1000,
								.tv_usec = wait % 1000 * 1000 };
		next = ares_timeout(asked[i].channel, &max, &tv);
		wait = min(wait, next->tv_sec * 1000ULL + next->tv_usec / 1000 + 1);
	}
	fds[n] = (struct pollfd){ .fd = stop, .events = POLLIN };
	if (poll(fds, n + 1, wait) == -1 && errno != EINTR)
	{
		return FALSE;
	}
	for (i = 0; i < n; i++)
	{
		ares_process_fd(channels[i],
						fds[i].revents & (POLLIN | POLLERR | POLLHUP) ?
										fds[i].fd : ARES_SOCKET_BAD,
						fds[i].revents & POLLOUT ? fds[i].fd : ARES_SOCKET_BAD);
	}
	for (i = 0; i < count; i++)
	{	/* for its timeouts */
		if (!asked[i].done)
		{
			ares_process_fd(asked[i].channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
		}
	}
	return !fds[n].revents;
}

/**
 * Check if there is a link that was not asked yet.
 */
static bool is_any_left(asked_t *asked, u_int count)
{
	u_int i;

	for (i = 0; i < count; i++)
	{
		if (!asked[i].done)
		{
			return TRUE;
		}
	}
	return FALSE;
}

/*
 * Described in header.
 */
array_t *mobility_name_query(const char *name, int family,
							 const mobility_name_link_t *links, u_int count,
							 u_int timeout, int stop)
{
	asked_t asked[MOBILITY_NAME_LINKS] = {};
	uint64_t end = mobility_now() + timeout;
	array_t *hosts = NULL;
	bool found = FALSE;
	u_int i;

	count = min(count, countof(asked));
	for (i = 0; i < count; i++)
	{
		asked[i].link = &links[i];
		asked[i].hosts = &hosts;
		asked[i].done = !begin(&asked[i], name, family);
	}
	while (is_any_left(asked, count) && mobility_now() < end &&
		   wait_links(asked, count, end, stop))
	{
		if (hosts && !found)
		{
			found = TRUE;
			end = min(end, mobility_now() + GRACE);
		}
	}
	for (i = 0; i < count; i++)
	{
		if (asked[i].channel)
		{
			ares_destroy(asked[i].channel);
		}
	}
	return hosts;
}

/*
 * Described in header.
 */
void mobility_name_query_defaults(array_t *servers)
{
	struct ares_addr_port_node *nodes = NULL, *node;
	ares_channel channel;
	mobility_ip_t ip;
	chunk_t address;
	host_t *host;

	if (ares_init(&channel) != ARES_SUCCESS)
	{
		return;
	}
	if (ares_get_servers_ports(channel, &nodes) == ARES_SUCCESS)
	{
		for (node = nodes; node; node = node->next)
		{
			address = node->family == AF_INET ? chunk_from_thing(node->addr.addr4)
											 : chunk_from_thing(node->addr.addr6);
			host = host_create_from_chunk(node->family, address,
										  node->udp_port ?: 53);
			ip = mobility_ip_from_host(host);
			if (array_count(servers) < MOBILITY_NAME_SERVERS &&
				mobility_ip_is_reachable(&ip))
			{
				array_insert(servers, ARRAY_TAIL, host);
			}
			else
			{
				host->destroy(host);
			}
		}
		ares_free_data(nodes);
	}
	ares_destroy(channel);
}
