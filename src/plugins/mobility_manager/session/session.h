/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_session mobility_session
 * @{ @ingroup mobility_manager
 *
 * A managed IKE_SA, whichever end of it this is, and what all sessions share.
 */

#ifndef MOBILITY_SESSION_H_
#define MOBILITY_SESSION_H_

#include "esp/child_update.h"
#include "esp/lost_vips.h"
#include "esp/sleepers.h"
#include "esp/vip_policies.h"
#include "esp/traffic.h"
#include "ike/callers.h"
#include "esp/tunnel_routes.h"
#include "esp/xfrm_deletions.h"
#include "ike/ike_hooks.h"
#include "ike/own_ports.h"
#include "net/monitor.h"
#include "path/candidates.h"
#include "path/guard.h"
#include "path/pins.h"
#include "session/agenda.h"
#include "session/endings.h"
#include "session/prospect.h"
#include "session/status.h"
#include "settings/settings.h"

typedef struct mobility_session_t mobility_session_t;
typedef struct mobility_context_t mobility_context_t;

struct mobility_crash_taker_t;
struct mobility_peer_load_t;
struct mobility_resolver_t;

/**
 * What all sessions share; provided by the manager.
 */
struct mobility_context_t {
	/** settings */
	mobility_settings_t *settings;
	/** requests to rtnetlink */
	mobility_rtnl_t *rtnl;
	/** network monitor */
	mobility_monitor_t *monitor;
	/** policy routing */
	mobility_pins_t *pins;
	/** keeps out of the clear what belongs into tunnels, NULL if nobody does */
	mobility_guard_t *guard;
	/** routes into tunnels, NULL if nobody puts them back */
	mobility_tunnel_routes_t *routes;
	/** moves CHILD_SAs, NULL to have stock do it */
	mobility_child_update_t *relocator;
	/** puts virtual IPs back that others delete */
	mobility_lost_vips_t *lost_vips;
	/** drops what is sent from virtual IPs without tunnel, NULL if nobody does */
	mobility_vip_policies_t *vip_policies;
	/** what others delete of SAs and policies, NULL if nobody puts them back */
	mobility_xfrm_deletions_t *deletions;
	/** tokens of gateways that tell if they have lost an IKE_SA, NULL if nobody
	 * keeps them */
	struct mobility_crash_taker_t *crash_taker;
	/** what peers are busy with */
	struct mobility_peer_load_t *backlog;
	/** watches traffic, NULL if the kernel does not tell of it */
	mobility_traffic_t *traffic;
	/** what the kernel does for peers that sleep, NULL if nothing */
	mobility_sleepers_t *sleepers;
	/** resolves names of peers */
	struct mobility_resolver_t *resolver;
	/** UDP ports beside those of charon, NULL if there can't be any */
	mobility_own_ports_t *ports;
	/** hooks */
	mobility_ike_hooks_t *hooks;
	/** who waits for a login */
	mobility_callers_t *callers;

	/**
	 * Create a session of the mobile end, without an IKE_SA.
	 *
	 * @param number	number of the session
	 * @param connection	name of the connection, gets cloned
	 * @param records	what experience says, gets owned
	 * @return			session
	 */
	mobility_session_t *(*create_session)(mobility_context_t *this,
										  uint32_t number,
										  const char *connection,
										  mobility_path_history_t *records);

	/**
	 * Create a session of the anchor end, without an IKE_SA.
	 *
	 * @param number	number of the session
	 * @param connection	name of the connection, gets cloned
	 * @return			session
	 */
	mobility_session_t *(*create_anchor)(mobility_context_t *this,
										 uint32_t number,
										 const char *connection);

	/**
	 * Set the time at which the session wants its tick().
	 *
	 * @param session	session
	 * @param deadline	time as of mobility_now(), 0 for never
	 */
	void (*arm)(mobility_context_t *this, mobility_session_t *session,
				uint64_t deadline);

	/**
	 * Have a job call give_up() of the session.
	 *
	 * @param session	session
	 */
	void (*give_up)(mobility_context_t *this, mobility_session_t *session);

	/**
	 * The peer of an anchor's session is dormant, or has failed, or neither.
	 *
	 * @param ike_sa	IKE_SA of the session, checked out
	 * @param dormant	FALSE if it is connected, or the IKE_SA ends
	 */
	void (*set_dormant)(mobility_context_t *this, ike_sa_t *ike_sa,
						bool dormant);

	/**
	 * Have a job call give_up() of the session when it is its turn, as the time for
	 * an outage is over.
	 *
	 * @param session	session
	 */
	void (*retire)(mobility_context_t *this, mobility_session_t *session);

	/**
	 * Have a job work for the session that is shown with a number.
	 *
	 * @param number	number of the session
	 * @param work		what to do
	 */
	void (*wake)(mobility_context_t *this, uint32_t number,
				 mobility_work_t work);

	/**
	 * Get when the host was suspended last.
	 *
	 * @param slept		gets for how long, in ms
	 * @return			time as of mobility_now() at which it was back, 0 if it was
	 *					not suspended
	 */
	uint64_t (*get_resume)(mobility_context_t *this, uint64_t *slept);

	/**
	 * An IKE_SA is going to go on with the session of another one, should that
	 * be gone when it is established.
	 *
	 * @param ike_sa	IKE_SA of the session, only to compare
	 * @param successor	unique id of the other one
	 */
	void (*expect)(mobility_context_t *this, ike_sa_t *ike_sa,
				   uint32_t successor);

	/**
	 * An IKE_SA that was expected is established, and nobody else cares for it.
	 *
	 * @param ike_sa	IKE_SA, checked out, not hooked
	 */
	void (*logged_in)(mobility_context_t *this, ike_sa_t *ike_sa);

	/**
	 * Tell observers about an event.
	 *
	 * @param kind		kind of event
	 * @param old		previous state
	 * @param session	session
	 */
	void (*tell)(mobility_context_t *this, enum mobility_event_kind_t kind,
				 mobility_state_t old, mobility_session_t *session);
};

/**
 * Session of either end.  All methods must be called with its IKE_SA
 * checked out; those that return a status_t return DESTROY_ME if the caller
 * has to destroy the IKE_SA.
 */
struct mobility_session_t {

	/**
	 * Number of the session, stays the same when the IKE_SA is replaced.
	 */
	uint32_t number;

	/**
	 * It is the anchor end: follows its peer, whatever the network of this host is
	 * like.
	 */
	bool follows;

	/**
	 * The IKE_SA is logging in: until it is bound, it is only watched.  Read
	 * only.
	 */
	bool connecting;

	/**
	 * Name of its connection, does not change.
	 */
	char *connection;

	/**
	 * What experience says about its paths, and its moves; NULL if it follows.
	 */
	mobility_path_history_t *records;

	/**
	 * Belongs to whoever created the session.
	 */
	void *entry;

	/**
	 * An IKE_SA is going to log in, or begins to do so; called by listeners.
	 *
	 * @param ike_sa	IKE_SA, as initiator
	 */
	void (*connect)(mobility_session_t *this, ike_sa_t *ike_sa);

	/**
	 * Choose the path that a connecting IKE_SA logs in over, and pin it.  Not to
	 * be called by listeners.
	 *
	 * @return			our address, allocated, NULL if there is no path
	 */
	host_t *(*choose)(mobility_session_t *this);

	/**
	 * Take an IKE_SA: hook it.  If it replaces another one by rekeying, both
	 * have to be checked out.  If the session was released before, it was
	 * established anew.
	 *
	 * @param ike_sa	IKE_SA that replaces the current one
	 */
	void (*bind)(mobility_session_t *this, ike_sa_t *ike_sa);

	/**
	 * Let go of the IKE_SA, which is going to be destroyed; called by
	 * listeners.  What has to be done in the kernel is done with the session's
	 * own end: an IKE_SA that replaces this one logs in over the same path.
	 */
	void (*release)(mobility_session_t *this);

	/**
	 * Give the IKE_SA back to stock: no hooks, no task of ours, and no pins once
	 * the session is destroyed.  Not to be called by listeners.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*give_back)(mobility_session_t *this);

	/**
	 * Look at the network: has the path in use been lost, are there others?
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*look)(mobility_session_t *this);

	/**
	 * The time armed has come.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*tick)(mobility_session_t *this);

	/**
	 * There is a new verdict about the session's traffic, or packets leave while it
	 * is dormant.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*judge)(mobility_session_t *this);

	/**
	 * Something hints that the path in use may not work: the host was suspended,
	 * or the peer does not get our answers.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*suspect)(mobility_session_t *this);

	/**
	 * The peer has proven that it has lost the IKE_SA: log in anew, which keeps
	 * that until there is another one.  Only the mobile end has this.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*lost)(mobility_session_t *this);

	/**
	 * Read settings again.
	 */
	void (*reload)(mobility_session_t *this);

	/**
	 * Move to the named uplink.
	 *
	 * @param uplink	name of interface
	 * @param error		gets the reason of refusal (size 128)
	 * @param status	gets DESTROY_ME to destroy the IKE_SA
	 * @return			TRUE if the move was started
	 */
	bool (*switch_uplink)(mobility_session_t *this, const char *uplink,
						  char *error, status_t *status);

	/**
	 * A message was sent or received, as by listener_t.message().
	 */
	void (*message)(mobility_session_t *this, message_t *message,
					bool incoming, bool plain);

	/**
	 * The IKE_SA that was to replace this one by make-before-break
	 * reauthentication got no answer: try again once the session is connected.
	 *
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*reauth)(mobility_session_t *this);

	/**
	 * End the IKE_SA if there still is a reason to: the time for an outage is over,
	 * or the session is dormant and not to be waited for, which is as if it was
	 * over.  This may wait for DNS, and for RADIUS.
	 *
	 * @param reason	why
	 * @return			DESTROY_ME to destroy the IKE_SA
	 */
	status_t (*give_up)(mobility_session_t *this, mobility_ending_t reason);

	/**
	 * Get the IKE_SA that was established because the peer may have forgotten
	 * this one's, which may take over from that.
	 *
	 * @return			IKE_SA, checked out, NULL if there is none
	 */
	ike_sa_t *(*get_login)(mobility_session_t *this);

	/**
	 * The IKE_SA's hard lifetime is over.
	 */
	void (*expired)(mobility_session_t *this);

	/**
	 * Find out if the peer of an anchor's session is dormant still, or has failed,
	 * as somebody needs what it has: the kernel may know of packets.  Not to be
	 * called by listeners.
	 *
	 * @return			TRUE if so, always FALSE at the mobile end
	 */
	bool (*is_dormant)(mobility_session_t *this);

	/**
	 * Get a snapshot.
	 *
	 * @return			allocated status
	 */
	mobility_status_t *(*get_status)(mobility_session_t *this);

	/**
	 * Get the candidate paths, the preferred one first.
	 *
	 * @param prospect	gets what keeps the session where it is, or NULL
	 * @return			array of mobility_path_report_t*
	 */
	array_t *(*get_paths)(mobility_session_t *this,
						  mobility_prospect_t *prospect);

	/**
	 * Destroy a session that has let go of its IKE_SA.  Not to be called by
	 * listeners, this waits for the kernel.
	 */
	void (*destroy)(mobility_session_t *this);
};

#endif /** MOBILITY_SESSION_H_ @}*/
