/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_ranking mobility_ranking
 * @{ @ingroup mobility_manager
 *
 * Ranks paths, all of which are usable.  Pure: no I/O, no clock.
 */

#ifndef MOBILITY_RANKING_H_
#define MOBILITY_RANKING_H_

#include "net/path.h"
#include "settings/uplink_policy.h"

typedef struct mobility_candidate_t mobility_candidate_t;
typedef struct mobility_ranking_t mobility_ranking_t;
typedef enum mobility_criterion_t mobility_criterion_t;

/** Paths that are tried, but for those that lead over other uplinks or to other
 * addresses of the peer: more ways out of an uplink must not mean that many more
 * packets. */
#define MOBILITY_MAX_CANDIDATES 8

/**
 * A path that may be taken, and what ranks it beside its route.
 */
struct mobility_candidate_t {
	/** the path, owned */
	mobility_path_t *path;
	/** the same over other next hops, in the order in which it is their turn,
	 * mobility_path_t*, owned; NULL if there are none, see mobility_next_hops */
	array_t *others;
	/** the peer has been at that address before, it not only said so */
	bool known;
	/** class of the uplink */
	mobility_preference_t preference;
	/** a cost is configured for the uplink */
	bool has_cost;
	/** that cost, lower is preferred */
	uint32_t cost;
	/** put aside, to be taken only if there is no other */
	bool aside;
	/** round-trip time as a path test last measured it, in ms, 0 if none did */
	uint32_t rtt;
};

/**
 * What paths are compared with regard to.
 */
struct mobility_ranking_t {
	/** path in use, NULL if none */
	const mobility_candidate_t *incumbent;
	/** a cost is configured for any of the paths */
	bool by_cost;
};

/**
 * What may decide between two paths, in the order in which it is looked at, see
 * mobility_ranking_compare().
 */
enum mobility_criterion_t {
	/** nothing, they are identical */
	MOBILITY_BY_NOTHING,
	/** 1. put aside */
	MOBILITY_BY_ASIDE,
	/** 2. class of the uplink */
	MOBILITY_BY_CLASS,
	/** 3. the peer has been at that address */
	MOBILITY_BY_KNOWN,
	/** 4. which address its uplink prefers */
	MOBILITY_BY_ORDER,
	/** 5. configured cost */
	MOBILITY_BY_COST,
	/** 6. the peer's address in use */
	MOBILITY_BY_REMOTE,
	/** 6. the address family in use */
	MOBILITY_BY_FAMILY,
	/** 7. length of a configured prefix */
	MOBILITY_BY_PREFIX,
	/** 8. metric of the route */
	MOBILITY_BY_METRIC,
	/** 9. the peer is in the uplink's own network */
	MOBILITY_BY_ONLINK,
	/** 10. class of the round-trip time */
	MOBILITY_BY_RTT,
	/** 11. it is the one in use */
	MOBILITY_BY_CURRENT,
	/** 12. indices and addresses */
	MOBILITY_BY_TIE,
	/** the same path over another next hop, which is not compared here */
	MOBILITY_BY_HOP,
};

/** names: none, put-aside, class, known, order, cost, remote, family, prefix,
 * metric, onlink, rtt, current, tie, hop */
extern enum_name_t *mobility_criterion_names;

/**
 * Create a candidate, of which nothing is known but its path.
 *
 * @param path			path, adopted
 * @return				allocated candidate
 */
mobility_candidate_t *mobility_candidate_create(mobility_path_t *path);

/**
 * Destroy a candidate and its path.
 *
 * @param candidate		candidate to destroy, NULL is ignored
 */
void mobility_candidate_destroy(mobility_candidate_t *candidate);

/**
 * Get the cost of a path: the one configured for its uplink, else the metric
 * of its route.
 *
 * @param path			path
 * @return				cost, lower is preferred
 */
uint32_t mobility_ranking_get_cost(const mobility_candidate_t *path);

/**
 * Compare two paths by preference; a total order.
 *
 * Lexicographic:
 *
 *  1. not put aside, because of a failed test or of a flapping uplink,
 *  2. class of the uplink: preferred by hand, as its cost says, demoted, last
 *     resort (metered, avoided by hand),
 *  3. a peer address the peer is known to have been at, others it announced may
 *     be private ones, which exist anywhere,
 *  4. the address that its uplink prefers, then the next one of each: what keeps
 *     one from working often keeps the others of the same uplink as well,
 *  5. the lower cost, if any is configured,
 *  6. the incumbent's peer address, then its address family,
 *  7. the longer prefix (relative to the address length, so IPv4 and IPv6
 *     compare) of a route that an administrator has configured, others count as
 *     having none: a DHCP server may hand out routes to anywhere,
 *  8. the lower metric,
 *  9. the uplink in whose own network the peer is,
 * 10. the class of the round-trip time, where that was measured,
 * 11. the incumbent: equal preference never moves,
 * 12. the order of interface indices and addresses, so that ties are stable.
 *
 * @param a				first path
 * @param b				second path
 * @param ranking		what to compare with regard to
 * @return				< 0 if a is preferred, > 0 if b is, 0 if identical
 */
int mobility_ranking_compare(const mobility_candidate_t *a,
							 const mobility_candidate_t *b,
							 const mobility_ranking_t *ranking);

/**
 * Get the criterion by which mobility_ranking_compare() decides.
 *
 * @param a				first path
 * @param b				second path
 * @param ranking		what to compare with regard to
 * @return				criterion
 */
mobility_criterion_t mobility_ranking_decide(const mobility_candidate_t *a,
											 const mobility_candidate_t *b,
											const mobility_ranking_t *ranking);

/**
 * Say what paths are compared with regard to.
 *
 * @param ranking		gets filled in
 * @param paths			array of mobility_candidate_t*
 * @param incumbent		path in use, NULL if none
 */
void mobility_ranking_init(mobility_ranking_t *ranking, array_t *paths,
						   const mobility_candidate_t *incumbent);

/**
 * Sort paths, the preferred one first.
 *
 * @param paths			array of mobility_candidate_t*
 * @param incumbent		path in use, NULL if none
 */
void mobility_ranking_rank(array_t *paths,
						   const mobility_candidate_t *incumbent);

/**
 * Choose the paths to try: those that rank first, one at least over each uplink to
 * each address of the peer, as nobody knows which can reach which, and the one in
 * use.  So where there are many of these, other local addresses of an uplink only
 * get their turn when the one that it prefers is put aside.
 *
 * @param paths			array of mobility_candidate_t*, as ranked, keeps these
 * @param incumbent		path in use, NULL if none
 * @param spare			array that gets the others appended
 */
void mobility_ranking_limit(array_t *paths,
							const mobility_candidate_t *incumbent,
							array_t *spare);

/**
 * Check whether a path is preferred so clearly that a working incumbent may be
 * left for it, once it is proven: by class or cost of another uplink, not by a
 * tie-break.  Without configured costs that is by 7. to 9. above if both lead to
 * the same peer address, else only if the metric is lower as well.
 *
 * What is a last resort never is, nor is what was put aside.  If the incumbent
 * is put aside itself, all others are.
 *
 * @param path			path that may be better
 * @param ranking		with the path in use
 * @return				TRUE if path is preferred
 */
bool mobility_ranking_is_better(const mobility_candidate_t *path,
								const mobility_ranking_t *ranking);

/**
 * Find the preferred one of the paths that are better than the one in use.
 * Addresses the peer only announced do not count where there is a way over the
 * same uplink to one where it has been.
 *
 * @param paths			array of mobility_candidate_t*, as ranked
 * @param incumbent		path in use, with its class and cost, even if it is not
 *						among the paths: it may have an address that would not be
 *						chosen anymore
 * @return				path of the array, NULL if none is
 */
mobility_candidate_t *mobility_ranking_find_better(array_t *paths,
										const mobility_candidate_t *incumbent);

/**
 * Find the path to go on over as the local address in use is about to be removed:
 * over the same uplink to the same address of the peer, from an address that
 * stays.
 *
 * @param paths			array of mobility_candidate_t*, as ranked
 * @param incumbent		path in use
 * @return				path of the array, NULL if there is none, or no need
 */
mobility_candidate_t *mobility_ranking_find_successor(array_t *paths,
										const mobility_candidate_t *incumbent);

#endif /** MOBILITY_RANKING_H_ @}*/
