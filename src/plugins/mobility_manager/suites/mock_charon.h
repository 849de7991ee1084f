/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mock_charon mock_charon
 * @{ @ingroup mobility_suite
 *
 * A charon in the test's own process: the real one, with its bus, IKE_SA
 * manager, IKE_SAs and task managers, but for what is at its edges.  The sender
 * keeps what it is given, nothing is encrypted, no sockets, no plugins, and a
 * kernel that refuses everything: methods of charon->kernel may be replaced.
 */

#ifndef MOCK_CHARON_H_
#define MOCK_CHARON_H_

#include <daemon.h>

/**
 * A packet that was sent.
 */
typedef struct {
	/** addresses */
	host_t *source, *destination;
	/** ID of the IKE_SA it belongs to */
	ike_sa_id_t *id;
	/** message ID */
	uint32_t mid;
	/** type of the exchange */
	exchange_type_t type;
	/** it is a request */
	bool request;
	/** its length */
	size_t len;
	/** when it was sent, as of mobility_now() */
	uint64_t time;
} mock_packet_t;

/**
 * Fixture that initializes libstrongswan as mobility_suite_setup_conf() does,
 * and charon.
 *
 * @param conf		content of a strongswan.conf
 */
void mock_charon_setup(const char *conf);

/**
 * Fixture that undoes mock_charon_setup(), all IKE_SAs are destroyed as on
 * shutdown.
 */
void mock_charon_teardown(void);

/**
 * Create what random numbers come from.  What SPIs are made of is added already,
 * RNG_WEAK; for COOKIE2 RNG_STRONG has to be.
 *
 * @param quality	quality
 * @return			rng
 */
rng_t *mock_charon_create_rng(rng_quality_t quality);

/**
 * Get the number of packets sent.
 *
 * @return			number of packets
 */
u_int mock_charon_count(void);

/**
 * Get the number of keepalives for NATs.
 *
 * @return			number of them since this was called last
 */
u_int mock_charon_keepalives(void);

/**
 * Get a packet that was sent.
 *
 * @param index		the first one is 0, negative ones count from the last, -1
 * @return			packet, until the next one is sent or they are forgotten
 */
const mock_packet_t *mock_charon_get(int index);

/**
 * Get the local addresses packets were sent from since they were forgotten.
 *
 * @return			addresses in that order, each followed by a space; valid until
 *					the next call
 */
const char *mock_charon_sources(void);

/**
 * Forget the packets sent.
 */
void mock_charon_forget(void);

#endif /** MOCK_CHARON_H_ @}*/
