/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup login_fixture login_fixture
 * @{ @ingroup mobility_suite
 *
 * A gateway that clients log in to, by charon's own managers (see mock_charon), in
 * the order of its tasks: uniqueness, addresses, established.  Pools are charon's
 * own, too, and there is one that stands in for a DHCP server.
 */

#ifndef LOGIN_FIXTURE_H_
#define LOGIN_FIXTURE_H_

#include <config/peer_cfg.h>
#include <sa/ike_sa.h>

#include "anchor/dormant_table.h"
#include "anchor/eviction.h"
#include "anchor/leases.h"
#include "anchor/uniqueness.h"

/** Addresses of the gateway */
#define GATEWAY "192.0.2.1"
#define GATEWAY6 "2001:db8::1"

/** strongswan.conf with a setting of the section gateway */
#define LOGIN_GATEWAY(setting) \
	"charon {\n plugins {\n mobility-manager {\n gateway {\n" setting \
	"\n}\n}\n}\n}"

/**
 * How a client logs in
 */
typedef struct {
	/** EAP identity, "user" if NULL */
	char *user;
	/** IDi, "laptop.example.org" if NULL */
	char *idi;
	/** address it comes from, "198.51.100.1" if NULL, its port 4500 if 0 */
	char *from;
	uint16_t port;
	/** virtual address it asks for, "0.0.0.0" if NULL */
	char *requested;
	/** pool of its connection, "rw" if NULL */
	char *pool;
	/** unique of its connection */
	unique_policy_t unique;
	/** it sends INITIAL_CONTACT */
	bool contact;
	/** it is refused afterwards, as by RADIUS */
	bool forbidden;
} login_conf_t;

/** What is tested */
extern mobility_dormant_table_t *login_table;
extern mobility_endings_t *login_endings;
extern mobility_eviction_t *login_eviction;

/** Who is in the table is asleep */
extern bool login_asleep;

/** What it takes to tell others that an IKE_SA is down, in ms, as with a RADIUS
 * server that does not answer; needs fake_clock_start() if it is not 0 */
extern u_int login_takes;

/**
 * Fixture that sets up charon, and what is tested.
 *
 * @param conf		strongswan.conf
 * @param size		number of addresses of each of the pools, 10.3.0.1 ("rw") and
 *					10.4.0.1 ("dhcp") on
 */
void login_fixture_setup(const char *conf, u_int size);

/**
 * Fixture that undoes that.
 */
void login_fixture_teardown(void);

/**
 * Log in.
 *
 * @param conf		how
 * @return			id of the IKE_SA, NULL if it was refused
 */
ike_sa_id_t *login(const login_conf_t *conf);

/**
 * Have the client of an IKE_SA fall asleep.
 *
 * @param id		id of the IKE_SA
 */
void login_sleep(ike_sa_id_t *id);

/**
 * Check if an IKE_SA is there.
 *
 * @param id		its id
 * @return			its state, IKE_DESTROYING if it is not
 */
ike_sa_state_t login_state(ike_sa_id_t *id);

/**
 * Get the virtual address of an IKE_SA.
 *
 * @param id		its id
 * @return			last byte of the address, 0 if it has none
 */
u_int login_vip(ike_sa_id_t *id);

/**
 * Have a client log out.
 *
 * @param id		id of the IKE_SA, gets destroyed
 */
void login_end(ike_sa_id_t *id);

/**
 * Get how many IKE_SAs went down since this was called last, each once.
 *
 * @return			number of them
 */
u_int login_downs(void);

/**
 * Get how often addresses were released at the DHCP server.
 *
 * @return			number of times
 */
u_int login_dhcp_releases(void);

/**
 * Get the number of addresses that are leased.
 *
 * @return			number
 */
u_int login_online(void);

#endif /** LOGIN_FIXTURE_H_ @}*/
