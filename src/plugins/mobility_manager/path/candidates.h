/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_candidates mobility_candidates
 * @{ @ingroup mobility_manager
 *
 * The paths a session may take: collected from the network monitor, ranked by
 * policy, pinned when used, put aside when they failed.
 */

#ifndef MOBILITY_CANDIDATES_H_
#define MOBILITY_CANDIDATES_H_

#include <sa/ike_sa.h>

#include "net/monitor.h"
#include "path/pins.h"
#include "path/history.h"
#include "path/ranking.h"
#include "path/remotes.h"
#include "settings/settings.h"

typedef struct mobility_path_report_t mobility_path_report_t;
typedef struct mobility_candidates_t mobility_candidates_t;

/** Addresses to tell the peer of, stock has the same limit. */
#define MOBILITY_MAX_LOCALS 8

/** Pins of a session, apart from those of more paths than that. */
#define MOBILITY_MAX_PINS 32

/**
 * A candidate path of a session.
 */
struct mobility_path_report_t {
	/** the path, remote addresses included */
	mobility_path_t *path;
	/** cost, by policy or the route's metric */
	uint32_t cost;
	/** class of its uplink */
	mobility_preference_t preference;
	/** round-trip time as a path test last measured it, in ms, 0 if none did */
	uint32_t rtt;
	/** kind of its uplink */
	mobility_link_kind_t kind;
	/** of a VLAN and the like, kind of what is below it */
	mobility_link_kind_t over;
	/** what ranks it behind the one before it, which is not what keeps it from
	 * being used; MOBILITY_BY_NOTHING for the first one */
	mobility_criterion_t by;
	/** in use */
	bool current;
	/** why it may not be used, NULL if usable (static string) */
	const char *unusable;
	/** seconds it is put aside, 0 if it is not */
	uint32_t penalty;
	/** UDP encapsulation is forced on it, as no ESP returned without */
	bool encapsulated;
	/** size of the largest packet that is known to get through, 0 if nothing
	 * limits it */
	uint32_t mtu;
};

/**
 * Destroy a path report and what it owns.
 *
 * @param report		report, NULL is ignored
 */
void mobility_path_report_destroy(mobility_path_report_t *report);

/**
 * Candidate paths of a session.  Used with its IKE_SA checked out.
 */
struct mobility_candidates_t {

	/**
	 * What experience says about the paths.
	 */
	mobility_path_history_t *records;

	/**
	 * Addresses that the peer may be at.
	 */
	mobility_remotes_t *remotes;

	/**
	 * Collect and rank the paths from all usable uplinks to the addresses that
	 * the peer may be at.
	 *
	 * @param ike_sa	IKE_SA that knows the peer's addresses
	 * @param incumbent	path in use, may be NULL
	 * @param now		current time
	 * @param improved	gets TRUE if there is a path that was not there before
	 * @return			TRUE if there are other paths than before
	 */
	bool (*collect)(mobility_candidates_t *this, ike_sa_t *ike_sa,
					const mobility_path_t *incumbent, uint64_t now,
					bool *improved);

	/**
	 * Forget the paths until the next collect(), to save memory; whether that
	 * finds changes is known still, and if so, everything it finds is new to it.
	 */
	void (*shrink)(mobility_candidates_t *this);

	/**
	 * Enumerate the paths to try, see mobility_ranking_limit(), the preferred one
	 * first.  Meanwhile only the methods about pins may be called, others change
	 * the order.
	 *
	 * @param now		current time
	 * @return			enumerator over (mobility_candidate_t*)
	 */
	enumerator_t *(*create_enumerator)(mobility_candidates_t *this,
									   uint64_t now);

	/**
	 * Get the number of paths to try other than the given one.
	 *
	 * @param path		path not to count, may be NULL
	 * @return			number of paths
	 */
	u_int (*count)(mobility_candidates_t *this, const mobility_path_t *path);

	/**
	 * Get the preferred path.
	 *
	 * @param now		current time
	 * @return			path, owned by candidates, NULL if there is none
	 */
	mobility_candidate_t *(*get_best)(mobility_candidates_t *this,
									  uint64_t now);

	/**
	 * Get our addresses of all paths, each once.
	 *
	 * @param hosts		gets addresses, owned by candidates, MOBILITY_MAX_LOCALS
	 *					at most
	 * @param count		gets the number of addresses
	 * @return			sum of their hashes, never 0
	 */
	uint32_t (*get_locals)(mobility_candidates_t *this, host_t **hosts,
						   u_int *count);

	/**
	 * Find a path by its addresses, over the next hop that is taken now.
	 *
	 * @param local		local address
	 * @param remote	peer's address
	 * @return			path, owned by candidates, NULL if there is none
	 */
	mobility_path_t *(*find)(mobility_candidates_t *this, host_t *local,
							 host_t *remote);

	/**
	 * Find a path that is better than the one in use and may be tested for it.
	 *
	 * @param current	path in use, may be NULL
	 * @param now		current time
	 * @return			path, owned by candidates, NULL if there is none
	 */
	mobility_path_t *(*find_better)(mobility_candidates_t *this,
									const mobility_path_t *current,
									uint64_t now);

	/**
	 * Find the path to go on over as the local address in use is about to be
	 * removed.
	 *
	 * @param current	path in use, may be NULL
	 * @param now		current time
	 * @return			path over the same uplink, owned by candidates, NULL if
	 *					there is none, or no need
	 */
	mobility_path_t *(*find_successor)(mobility_candidates_t *this,
									   const mobility_path_t *current,
									   uint64_t now);

	/**
	 * Describe the paths, the preferred one first, and last where the peer was
	 * but no path leads to anymore, as this host has that address itself: there
	 * both addresses are the same, and the uplink is the one that has it.
	 *
	 * @param current	path in use, may be NULL
	 * @param now		current time
	 * @return			array of mobility_path_report_t*
	 */
	array_t *(*create_reports)(mobility_candidates_t *this,
							   const mobility_path_t *current, uint64_t now);

	/**
	 * Set whether pin() does anything.
	 *
	 * @param enable	FALSE to remove all pins and not to add any
	 */
	void (*enable_pins)(mobility_candidates_t *this, bool enable);

	/**
	 * Have packets of a path leave by its uplink.
	 *
	 * @param path		path to pin, if it isn't yet
	 */
	void (*pin)(mobility_candidates_t *this, const mobility_path_t *path);

	/**
	 * Have the pin of a path, if there is one, follow what changed of its route;
	 * to another next hop if nothing leads over its own anymore.
	 *
	 * @param path		path as it is now
	 */
	void (*repin)(mobility_candidates_t *this, const mobility_path_t *path);

	/**
	 * Take the next of the next hops of a path, if it has several, see
	 * mobility_next_hops.  What was sent over it before may still be answered.
	 *
	 * @param path		path, over whichever next hop; that of the candidates is
	 *					another one from now on
	 * @return			FALSE if it has but one
	 */
	bool (*turn)(mobility_candidates_t *this, const mobility_path_t *path);

	/**
	 * Find the next hop that routing prefers to the one in use, for the same
	 * addresses.
	 * @param current	path in use, as it is now, may be NULL
	 * @return			path over it, owned by candidates, NULL if there is none
	 */
	mobility_path_t *(*find_hop)(mobility_candidates_t *this,
								 const mobility_path_t *current);

	/**
	 * Take a certain next hop of a path.
	 * @param path		path over that one
	 * @return			FALSE if it is not there anymore
	 */
	bool (*take)(mobility_candidates_t *this, const mobility_path_t *path);

	/**
	 * Have packets with MOBILITY_MARK take a next hop of a pinned path, see
	 * mobility_pins_t.mark(), until that is undone by unmark().
	 * @param path		path over that one
	 * @return			FALSE if that is not possible
	 */
	bool (*mark)(mobility_candidates_t *this, const mobility_path_t *path);

	/**
	 * Undo mark(), if it was done.
	 */
	void (*unmark)(mobility_candidates_t *this);

	/**
	 * Check if packets of a path are known to leave by its uplink.
	 *
	 * @param path		path
	 * @return			TRUE if it is pinned
	 */
	bool (*is_pinned)(mobility_candidates_t *this,
					  const mobility_path_t *path);

	/**
	 * Limit the size of packets over a path, until nothing leads to its next
	 * hop anymore.
	 *
	 * @param path		pinned path
	 * @param mtu		size of the largest packet
	 * @return			FALSE if that is not possible
	 */
	bool (*limit)(mobility_candidates_t *this, const mobility_path_t *path,
				  uint32_t mtu);

	/**
	 * Remove all pins but those of the given paths.
	 *
	 * @param keep		path to keep the pin of, may be NULL
	 * @param too		another one, may be NULL
	 */
	void (*unpin)(mobility_candidates_t *this, const mobility_path_t *keep,
				  const mobility_path_t *too);

	/**
	 * Destroy, removes all pins.
	 */
	void (*destroy)(mobility_candidates_t *this);
};

/**
 * Create an empty set.
 *
 * @param connection	name of the connection, must live as long
 * @param settings		settings
 * @param monitor		network monitor
 * @param pins			pins
 * @param records		what experience says about the paths, gets owned
 * @return				candidates
 */
mobility_candidates_t *mobility_candidates_create(const char *connection,
												  mobility_settings_t *settings,
												  mobility_monitor_t *monitor,
												  mobility_pins_t *pins,
											mobility_path_history_t *records);

#endif /** MOBILITY_CANDIDATES_H_ @}*/
