/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_settings mobility_settings
 * @{ @ingroup mobility_manager
 *
 * strongswan.conf -> checked policy.  Unknown keys and bad values are reported
 * once per (re)load with the key's full name, the value and the remedy, and
 * the default is used.
 */

#ifndef MOBILITY_SETTINGS_H_
#define MOBILITY_SETTINGS_H_

#include <library.h>

#include "settings/overrides.h"
#include "settings/uplink_policy.h"

/** URI of the control socket, unless configured */
#define MOBILITY_DEFAULT_URI "unix://" IPSEC_PIDDIR "/charon.mobility"

/** the same for daemons other than charon and charon-systemd, by their name */
#define MOBILITY_DEFAULT_URI_OF "unix://" IPSEC_PIDDIR "/%s.mobility"

/** secret of a gateway that tells its clients of a crash */
#define MOBILITY_CRASH_SECRET IPSEC_STATEDIR "/mobility-manager.secret"

/** routing tables of ours, from pin_table on; the last one is the guard's */
#define MOBILITY_PIN_TABLES 1000

typedef struct mobility_settings_t mobility_settings_t;
typedef struct mobility_config_t mobility_config_t;
typedef struct mobility_gateway_config_t mobility_gateway_config_t;
typedef enum mobility_return_routability_t mobility_return_routability_t;

/**
 * When a peer that moves has to prove where it is, as it is configured.
 */
enum mobility_return_routability_t {
	/** after its new address was taken */
	MOBILITY_RETURN_ROUTABILITY_AFTER,
	/** before it is taken */
	MOBILITY_RETURN_ROUTABILITY_BEFORE,
	/** never */
	MOBILITY_RETURN_ROUTABILITY_NO,
};

/**
 * Policy of a connection, all values checked.  Times in seconds.
 */
struct mobility_config_t {
	/** manage this connection at all */
	bool mobility;
	/** how long a session may be without a working path, 0 for no limit */
	uint32_t network_outage_time;
	/** how often a session without connectivity tries again, at least 1 */
	uint32_t retry_interval;
	/** move to a cheaper working path while the current one still works */
	bool make_before_break;
	/** how long a cheaper path must have been proven before a move to it */
	uint32_t settle_time;
	/** how long a path that failed its test is left alone */
	uint32_t penalty_time;
	/** install policy routing for paths */
	bool pin_paths;
	/** keep out of the clear what belongs into the tunnel */
	bool guard;
	/** log in anew if the gateway may have forgotten the session */
	bool reestablish;
	/** refusals within an hour after which that is not tried in a network */
	uint32_t reestablish_limit;
	/** move back to the preferred path as soon as the peer answered on it
	 * (charon.prefer_best_path) */
	bool prefer_best_path;
};

/**
 * Policy of a connection that peers log in to, all values checked.  Times in
 * seconds.
 */
struct mobility_gateway_config_t {
	/** manage this connection at all */
	bool mobility;
	/** how long a session lives whose peer is silent, 0 for no limit */
	uint32_t network_outage_time;
	/** how long packets leave to a peer that sleeps, 0 for no limit */
	uint32_t mute_time;
	/** have clients notice at once that we have lost their IKE_SAs; the same for
	 * all connections */
	bool crash_detection;
	/** how many sessions may be dormant, of all connections, 0 for no limit */
	uint32_t max_dormant;
	/** a full pool takes leases of dormant sessions */
	bool reclaim;
	/** when a peer that moves has to prove where it is */
	mobility_return_routability_t return_routability;
};

/**
 * Tells what is known about an interface from outside.
 *
 * @param data			user data
 * @param ifname		name of the interface
 * @param advice		gets filled in
 * @return				FALSE if nothing is known
 */
typedef bool (*mobility_advisor_t)(void *data, const char *ifname,
								   mobility_advice_t *advice);

/**
 * Checked settings of the plugin.  All methods may be called from any thread;
 * getters copy under a read lock.
 */
struct mobility_settings_t {

	/**
	 * What was set by hand, owned by the settings.  Not touched by reload().
	 */
	mobility_overrides_t *overrides;

	/**
	 * Get the policy for a connection.
	 *
	 * @param name		name of the connection (peer_cfg) in swanctl.conf, NULL
	 *					for the global policy
	 * @param config	gets filled in
	 */
	void (*get)(mobility_settings_t *this, const char *name,
				mobility_config_t *config);

	/**
	 * Get the policy for an uplink, the only one there is: what the first
	 * interfaces section says whose match list has a pattern (fnmatch(3)) that
	 * fits, sections of the connection coming before the global ones; completed
	 * by what was set by hand, and by what the advisor says.
	 *
	 * @param name		name of the connection, NULL for global only
	 * @param ifname	name of the interface
	 * @param tunnel	it is one: nobody knows where its packets leave, which may
	 *					be through the very SAs that are to be moved there.  Used
	 *					only if a section says so
	 * @param config	gets filled in
	 */
	void (*get_uplink)(mobility_settings_t *this, const char *name,
					   const char *ifname, bool tunnel,
					   mobility_uplink_policy_t *config);

	/**
	 * Set who is asked what is known about interfaces.  On return a previous
	 * one is not called anymore.
	 *
	 * @param advisor	called with the lock of the settings held, NULL for none
	 * @param data		user data for it
	 */
	void (*set_advisor)(mobility_settings_t *this, mobility_advisor_t advisor,
						void *data);

	/**
	 * Get the policy for a connection whose IKE_SA the peer has initiated.
	 *
	 * @param name		name of the connection (peer_cfg), NULL for the global
	 *					policy
	 * @param config	gets filled in
	 */
	void (*get_gateway)(mobility_settings_t *this, const char *name,
						mobility_gateway_config_t *config);

	/**
	 * Get priority of our routing rules.
	 *
	 * @return			priority, checked to be below charon.routing_table_prio
	 */
	uint32_t (*get_pin_priority)(mobility_settings_t *this);

	/**
	 * Check whether our routing rules have that priority in any case.
	 *
	 * @return			TRUE if so, FALSE if they are to come before those of others
	 *					that catch the packets of all
	 */
	bool (*is_pin_priority_fixed)(mobility_settings_t *this);

	/**
	 * Get the number of the first routing table for pins.
	 *
	 * @return			table
	 */
	uint32_t (*get_pin_table)(mobility_settings_t *this);

	/**
	 * Get the URI of the control socket.
	 *
	 * @return			URI, valid until destroy(), read once at start
	 */
	const char *(*get_socket)(mobility_settings_t *this);

	/**
	 * Get the group whose members may ask what is going on, but change nothing.
	 *
	 * @return			name of the group, empty if none, valid until destroy(),
	 *					read once at start
	 */
	const char *(*get_read_only_group)(mobility_settings_t *this);

	/**
	 * Check whether to ask NetworkManager.
	 *
	 * @return			TRUE to ask it, if it is there
	 */
	bool (*use_networkmanager)(mobility_settings_t *this);

	/**
	 * Get the script to run on state changes and moves.
	 *
	 * @return			allocated path, NULL if none
	 */
	char *(*get_script)(mobility_settings_t *this);

	/**
	 * Read everything again from lib->settings and report what is wrong.
	 *
	 * @return			number of problems reported
	 */
	u_int (*reload)(mobility_settings_t *this);

	/**
	 * Destroy a mobility_settings_t.
	 */
	void (*destroy)(mobility_settings_t *this);
};

/**
 * Create the settings from lib->settings, below
 * <ns>.plugins.mobility-manager, where <ns> is lib->ns.
 *
 * @return				settings, problems reported as by reload()
 */
mobility_settings_t *mobility_settings_create();

/**
 * Create the settings from lib->settings, below
 * <ns>.plugins.mobility-manager.
 *
 * @param ns			namespace, the name of the daemon
 * @return				settings, problems reported as by reload()
 */
mobility_settings_t *mobility_settings_create_for(const char *ns);

#endif /** MOBILITY_SETTINGS_H_ @}*/
