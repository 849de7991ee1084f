/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mock_child mock_child
 * @{ @ingroup mobility_suite
 *
 * A CHILD_SA that says what a test has it say, and an IKE_SA for such.
 */

#ifndef MOCK_CHILD_H_
#define MOCK_CHILD_H_

#include <collections/array.h>
#include <sa/ike_sa.h>

/** pairs of traffic selectors it has at most */
#define MOCK_CHILD_TS 2

/**
 * The mock, what it says is set at any time.
 */
typedef struct {
	/** what is tested gets this */
	child_sa_t public;
	/** how the CHILD_SA is configured */
	child_cfg_t config;
	/** kind of CHILD_SA */
	protocol_id_t proto;
	ipsec_mode_t mode;
	ipcomp_transform_t ipcomp;
	child_sa_state_t state;
	child_sa_outbound_state_t outbound;
	/** UDP encapsulation */
	bool encap;
	/** SPIs in network order */
	uint32_t spi_in, spi_out;
	uint32_t reqid, unique_id;
	mark_t mark_in, mark_out;
	uint32_t if_id_in, if_id_out;
	/** interface to offload to */
	char *interface;
	hw_offload_t offload;
	/** options it is configured with */
	child_cfg_option_t options;
	/** security label, not owned */
	sec_label_t *label;
	/** pairs of traffic selectors, not owned, NULL after the last one */
	traffic_selector_t *mine[MOCK_CHILD_TS], *others[MOCK_CHILD_TS];
} mock_child_t;

/**
 * An IKE_SA, what it says is set at any time.
 */
typedef struct {
	/** what is tested gets this */
	ike_sa_t public;
	/** its hosts, owned */
	host_t *me, *other;
	/** one of them is behind a NAT */
	bool nat;
	/** its virtual IP address, NULL if there is none */
	char *vip;
	/** its CHILD_SAs, mock_child_t*, not owned */
	array_t *children;
} mock_parent_t;

/**
 * Prepare an installed CHILD_SA with ESP in tunnel mode, named "home"; all else
 * is zero.
 *
 * @param this		gets initialized
 */
void mock_child_init(mock_child_t *this);

/**
 * Prepare an IKE_SA without CHILD_SAs.
 *
 * @param this		gets initialized
 * @param me		our address
 * @param other		the peer's, both with port 4500
 */
void mock_parent_init(mock_parent_t *this, char *me, char *other);

/**
 * Clean up after mock_parent_init().
 *
 * @param this		IKE_SA
 */
void mock_parent_deinit(mock_parent_t *this);

#endif /** MOCK_CHILD_H_ @}*/
