/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "ike/own_ports.h"
#include "ike/own_socket.h"
#include "ike/port_table.h"
#include "net/clock.h"

#include <errno.h>

#include <daemon.h>
#include <threading/mutex.h>

/** How often another port is chosen if IPv6 does not have the one of IPv4. */
#define OPEN_TRIES 8

typedef struct private_mobility_own_ports_t private_mobility_own_ports_t;

/**
 * The sockets of a port.
 */
typedef struct {
	/** port, 0 if there is none */
	uint16_t port;
	/** sockets, NULL if charon does not have this family either */
	mobility_own_socket_t *v4, *v6;
} sockets_t;

/**
 * Private data of a mobility_own_ports_t object.
 */
struct private_mobility_own_ports_t {

	/**
	 * Public interface.
	 */
	mobility_own_ports_t public;

	/**
	 * Which ports there are.
	 */
	mobility_port_table_t table;

	/**
	 * Their sockets, in any order.
	 */
	sockets_t sockets[MOBILITY_PORTS_MAX];

	/**
	 * Locks these.
	 */
	mutex_t *mutex;

	/**
	 * Has ports closed.
	 */
	mobility_clock_t *clock;

	/**
	 * Stock method, NULL while it is not hooked.
	 */
	typeof(((socket_manager_t*)0)->send) send;
};

/**
 * The methods of charon's sockets have no place for user data.
 */
static private_mobility_own_ports_t *instance;

/**
 * Find the sockets of a port, NULL if it is none of ours; 0 finds a free place.
 */
static sockets_t *find(private_mobility_own_ports_t *this, uint16_t port)
{
	u_int i;

	for (i = 0; i < MOBILITY_PORTS_MAX; i++)
	{
		if (this->sockets[i].port == port)
		{
			return &this->sockets[i];
		}
	}
	return NULL;
}

/**
 * Hook for socket_manager_t.send()
 */
static status_t hook_send(socket_manager_t *manager, packet_t *packet)
{
	private_mobility_own_ports_t *this = instance;
	host_t *source = packet->get_source(packet);
	uint16_t port = source->get_port(source);
	mobility_own_socket_t *socket = NULL;
	sockets_t *sockets;
	status_t status = FAILED;

	this->mutex->lock(this->mutex);
	sockets = port ? find(this, port) : NULL;
	if (sockets)
	{
		socket = source->get_family(source) == AF_INET ? sockets->v4
													   : sockets->v6;
	}
	if (socket && socket->send(socket, packet))
	{
		status = SUCCESS;
	}
	this->mutex->unlock(this->mutex);
	return sockets ? status : this->send(manager, packet);
}

/**
 * Have charon send over our sockets as well.
 */
static void hook(private_mobility_own_ports_t *this)
{
	if (!this->send)
	{
		this->send = charon->socket->send;
		charon->socket->send = hook_send;
	}
}

/**
 * Close sockets.
 */
static void close_sockets(sockets_t *sockets)
{
	DESTROY_IF(sockets->v4);
	DESTROY_IF(sockets->v6);
	*sockets = (sockets_t){};
}

/**
 * Open the sockets of a port.
 */
static bool open_sockets(sockets_t *sockets)
{
	socket_family_t families;

	families = charon->socket->supported_families(charon->socket);
	if (families & SOCKET_FAMILY_IPV4)
	{
		sockets->v4 = mobility_own_socket_create(AF_INET, &sockets->port);
		if (!sockets->v4)
		{
			return FALSE;
		}
	}
	if (families & SOCKET_FAMILY_IPV6)
	{
		sockets->v6 = mobility_own_socket_create(AF_INET6, &sockets->port);
		if (!sockets->v6)
		{
			return FALSE;
		}
	}
	return sockets->port;
}

/**
 * Open another port, 0 on failure.
 */
static uint16_t open_port(private_mobility_own_ports_t *this)
{
	sockets_t *sockets = find(this, 0);
	u_int i;

	for (i = 0; i < OPEN_TRIES; i++)
	{
		if (open_sockets(sockets))
		{
			hook(this);
			return sockets->port;
		}
		close_sockets(sockets);
		if (errno != EADDRINUSE)
		{
			break;
		}
	}
	DBG1(DBG_NET, "mobility: unable to open another UDP port: %s",
		 strerror(errno));
	return 0;
}

METHOD(mobility_own_ports_t, get_spare, uint16_t,
	private_mobility_own_ports_t *this)
{
	uint64_t now = mobility_now();
	uint16_t port;

	this->mutex->lock(this->mutex);
	port = mobility_port_table_spare(&this->table, now);
	if (!port)
	{
		port = open_port(this);
		if (port)
		{
			mobility_port_table_add(&this->table, port, now);
		}
	}
	this->clock->set(this->clock, mobility_port_table_deadline(&this->table));
	this->mutex->unlock(this->mutex);
	return port;
}

METHOD(mobility_own_ports_t, hold, bool,
	private_mobility_own_ports_t *this, uint16_t port)
{
	bool found;

	this->mutex->lock(this->mutex);
	found = mobility_port_table_hold(&this->table, port);
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(mobility_own_ports_t, release, void,
	private_mobility_own_ports_t *this, uint16_t port)
{
	this->mutex->lock(this->mutex);
	mobility_port_table_release(&this->table, port, mobility_now());
	this->clock->set(this->clock, mobility_port_table_deadline(&this->table));
	this->mutex->unlock(this->mutex);
}

/**
 * Close ports that nobody needs anymore, a mobility_clock_cb_t.
 */
static void expire(private_mobility_own_ports_t *this, uint64_t now)
{
	sockets_t closed[MOBILITY_PORTS_MAX];
	sockets_t *sockets;
	uint16_t port;
	u_int count = 0;

	this->mutex->lock(this->mutex);
	while ((port = mobility_port_table_expire(&this->table, now)))
	{
		sockets = find(this, port);
		closed[count++] = *sockets;
		*sockets = (sockets_t){};
	}
	this->clock->set(this->clock, mobility_port_table_deadline(&this->table));
	this->mutex->unlock(this->mutex);
	while (count)
	{	/* this waits for what they receive */
		close_sockets(&closed[--count]);
	}
}

METHOD(mobility_own_ports_t, destroy, void,
	private_mobility_own_ports_t *this)
{
	u_int i;

	if (this->send)
	{
		charon->socket->send = this->send;
	}
	DESTROY_IF(this->clock);
	for (i = 0; i < MOBILITY_PORTS_MAX; i++)
	{
		close_sockets(&this->sockets[i]);
	}
	instance = NULL;
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header.
 */
mobility_own_ports_t *mobility_own_ports_create()
{
	private_mobility_own_ports_t *this;

	INIT(this,
		.public = {
			.get_spare = _get_spare,
			.hold = _hold,
			.release = _release,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	this->clock = mobility_clock_create((mobility_clock_cb_t)expire, this);
	if (!this->clock)
	{
		destroy(this);
		return NULL;
	}
	instance = this;
	return &this->public;
}
