/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_report mobility_report
 * @{ @ingroup mobility_manager
 *
 * What people and programs get told: snapshots of sessions, and the events of
 * their lives.  Value types, with the hosts owned.
 */

#ifndef MOBILITY_STATUS_H_
#define MOBILITY_STATUS_H_

#include <library.h>
#include <collections/linked_list.h>
#include <sa/ike_sa.h>

#include "esp/path_health.h"
#include "net/link_kind.h"
#include "net/path.h"
#include "path/history.h"

typedef enum mobility_state_t mobility_state_t;
typedef struct mobility_status_t mobility_status_t;

/**
 * States of a session, as Windows names them.
 */
enum mobility_state_t {
	/** on a working path */
	MOBILITY_CONNECTED,
	/** no usable path */
	MOBILITY_DORMANT,
	/** an uplink is there and the move is under way */
	MOBILITY_WAITING,
	/** the outage time ran out, or the IKE_SA's lifetime */
	MOBILITY_FAILED,
	/** logging in over whichever uplink works, or waiting for one; before the
	 * state machine begins */
	MOBILITY_CONNECTING,
};

/** names: connected, dormant, waiting-to-reconnect, failed, connecting */
extern enum_name_t *mobility_state_names;

/**
 * Snapshot of a session.
 */
struct mobility_status_t {
	/** name of the connection (peer_cfg) */
	char *connection;
	/** number of the session, stays the same over rekeying */
	uint32_t session;
	/** unique id of the IKE_SA it currently has */
	uint32_t ike_id;
	/** TRUE for the mobile end (initiator), FALSE for the anchor end */
	bool mobile;
	/** state */
	mobility_state_t state;
	/** wall-clock time since when it is in that state */
	time_t since;
	/** why it is in that state, e.g. "eth0: no carrier", "peer does not answer" */
	char cause[96];
	/** uplink in use, empty if unknown */
	char uplink[IFNAMSIZ];
	/** kind of that uplink */
	mobility_link_kind_t kind;
	/** of a VLAN and the like, kind of what is below it */
	mobility_link_kind_t over;
	/** local address, with port */
	host_t *local;
	/** peer's address, with port */
	host_t *remote;
	/** local end is behind a NAT */
	bool nat_local;
	/** remote end is behind a NAT */
	bool nat_remote;
	/** cost of the path, by policy or the route's metric */
	uint32_t cost;
	/** configured network outage time in seconds, 0 for no limit */
	uint32_t outage_time;
	/** seconds of it left, meaningful unless connected or connecting */
	uint32_t outage_left;
	/** peer as it has authenticated itself, by EAP if it did, NULL if unknown */
	identification_t *peer;
	/** virtual IPs of the mobile end, host_t*, NULL if unknown */
	linked_list_t *vips;
	/** anchor: seconds since the last fresh packet that is known of */
	uint32_t silent;
	/** exchange type name in flight, NULL if none (static string) */
	const char *exchange;
	/** mobile: round-trip time of the path in use in ms, 0 if unknown */
	uint32_t rtt;
	/** mobile: packets of the CHILD_SAs, as far as they were counted */
	mobility_path_health_sample_t packets;
	/** number of moves */
	u_int moves;
	/** last move */
	mobility_move_t last_move;
};

/**
 * Destroy a status and what it owns.
 *
 * @param status		status, NULL is ignored
 */
void mobility_status_destroy(mobility_status_t *status);

/**
 * Add to the snapshot of a session what its IKE_SA knows.
 *
 * @param status		status, with .mobile set
 * @param ike_sa		IKE_SA, checked out
 */
void mobility_status_add_ike_sa(mobility_status_t *status, ike_sa_t *ike_sa);

/**
 * Kinds of events.
 */
enum mobility_event_kind_t {
	/** a state change: mobility-state */
	MOBILITY_EVENT_STATE,
	/** a completed move: mobility-move */
	MOBILITY_EVENT_MOVE,
	/** the set of candidate paths changed: mobility-path */
	MOBILITY_EVENT_PATH,
};

/**
 * Gets told about events.  Called with the IKE_SA checked out: must not block
 * and must not check out any IKE_SA.
 */
typedef struct mobility_observer_t mobility_observer_t;

struct mobility_observer_t {

	/**
	 * Something happened to a session.
	 *
	 * @param kind		what
	 * @param old		previous state (equal to the current one unless
	 *					kind is MOBILITY_EVENT_STATE)
	 * @param status	the session after it, owned by the caller
	 * @param paths		for MOBILITY_EVENT_PATH an array of
	 *					mobility_path_report_t*, owned by the caller, else NULL
	 */
	void (*event)(mobility_observer_t *this, enum mobility_event_kind_t kind,
				  mobility_state_t old, const mobility_status_t *status,
				  array_t *paths);
};

#endif /** MOBILITY_STATUS_H_ @}*/
