/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_local_port mobility_local_port
 * @{ @ingroup mobility_manager
 *
 * The local UDP port of a session.  A NAT, or a firewall, on the way may translate
 * what comes from it to an address that is dead, as a router does that has lost
 * one of its providers, and will do so for as long as somebody sends: users' ESP,
 * or our own requests.  What such a router has not seen yet it translates as it
 * should.  So requests that nobody answers leave from another port as well, and
 * the one that is answered is used.
 *
 * As all of this is about the request that is in flight anyway, nothing but an
 * answer of the peer has a session change its port.
 */

#ifndef MOBILITY_LOCAL_PORT_H_
#define MOBILITY_LOCAL_PORT_H_

#include <sa/ike_sa.h>

#include "ike/own_ports.h"

typedef struct mobility_local_port_t mobility_local_port_t;

/**
 * Local port of one session, all zero at the start but for .ports.  Used with the
 * IKE_SA checked out.
 */
struct mobility_local_port_t {

	/**
	 * Ports to choose from, NULL if there are only those of charon.
	 */
	mobility_own_ports_t *ports;

	/**
	 * The one of them that is used, or may be by an IKE_SA that is going to
	 * replace the current one; 0 for none.
	 */
	uint16_t kept;

	/**
	 * The one that is used from now on, 0 for the one that the IKE_SA has.
	 */
	uint16_t port;

	/**
	 * Another one that requests leave from, 0 for none.
	 */
	uint16_t other;

	/**
	 * Until when the one in use is taken for proven, as the peer has answered an
	 * attempt: what follows may take as long as that did, and if it left from
	 * another port, too, nobody could tell which one the peer has taken.
	 */
	uint64_t proven;
};

/**
 * Get one of our addresses with the port that is used from now on.
 *
 * @param local			local port
 * @param addr			address
 * @param ike_sa		IKE_SA
 * @return				allocated host
 */
host_t *mobility_local_port_host(const mobility_local_port_t *local,
								 host_t *addr, ike_sa_t *ike_sa);

/**
 * Have requests leave from another port as well, a fresh one each time it is
 * not a moment since the last.
 *
 * @param local			local port
 */
void mobility_local_port_try(mobility_local_port_t *local);

/**
 * The request in flight is answered: use the port at which that arrived, and have
 * others leave from there only.
 *
 * @param local			local port
 * @param ike_sa		IKE_SA, gets the port with the path that it uses next
 * @param port			port at which the answer arrived
 * @return				TRUE if that is another one than before
 */
bool mobility_local_port_answered(mobility_local_port_t *local,
								  ike_sa_t *ike_sa, uint16_t port);

/**
 * The IKE_SA has the port that is used from now on.
 *
 * @param local			local port
 */
void mobility_local_port_taken(mobility_local_port_t *local);

/**
 * An IKE_SA that logs in is answered: have it go on at the port at which that
 * arrived, which may not be one of charon's.
 *
 * @param local			local port
 * @param ike_sa		IKE_SA
 * @param answer		the answer
 */
void mobility_local_port_log_in(mobility_local_port_t *local, ike_sa_t *ike_sa,
								message_t *answer);

/**
 * Use the port that an IKE_SA has, which may be one of ours if it replaces
 * another one.
 *
 * @param local			local port
 * @param ike_sa		IKE_SA, NULL if there is none for now
 */
void mobility_local_port_bind(mobility_local_port_t *local, ike_sa_t *ike_sa);

/**
 * Give an IKE_SA that is left to stock a port of charon's.  Not if there is no NAT,
 * as stock would not tell the peer: then the other one stays open.
 *
 * @param local			local port
 * @param ike_sa		IKE_SA
 * @return				TRUE if it has another one now, which the peer has to be
 *						told
 */
bool mobility_local_port_give_back(mobility_local_port_t *local,
								   ike_sa_t *ike_sa);

/**
 * Let go of the port.
 *
 * @param local			local port
 */
void mobility_local_port_cleanup(mobility_local_port_t *local);

#endif /** MOBILITY_LOCAL_PORT_H_ @}*/
