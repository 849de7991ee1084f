/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_peer_load mobility_peer_load
 * @{ @ingroup mobility_manager
 *
 * Tells if a peer is busy with what other sessions have asked before. When a
 * link fails all sessions ask at once, and the peer answers one after the
 * other: to ask again while it does so makes it take longer. No I/O, the time
 * is a parameter. May be used by several threads.
 */

#ifndef MOBILITY_PEER_LOAD_H_
#define MOBILITY_PEER_LOAD_H_

#include <networking/host.h>

/** Answers over a path within so many ms that tell of a backlog; a few sessions
 * do not get as many. */
#define MOBILITY_BACKLOG_ANSWERS 16
#define MOBILITY_BACKLOG_TIME 500

/** Answers over a path within so many ms that tell of others who may be in more
 * of a hurry. */
#define MOBILITY_BACKLOG_BUSY_ANSWERS 8
#define MOBILITY_BACKLOG_BUSY_TIME 1000

/** Paths to remember answers of, those that had one last. */
#define MOBILITY_BACKLOG_PATHS 8

typedef struct mobility_peer_load_t mobility_peer_load_t;

/**
 * Backlog of all peers.
 */
struct mobility_peer_load_t {

	/**
	 * A peer has answered a request.
	 *
	 * @param local		our address it has answered to
	 * @param remote	its address
	 * @param asked		when the request was sent first
	 * @param now		current time
	 */
	void (*answered)(mobility_peer_load_t *this, host_t *local, host_t *remote,
					 uint64_t asked, uint64_t now);

	/**
	 * Check if a peer that has not answered a request will probably do so, as
	 * it is still answering earlier ones. If most of what it answered was asked
	 * later, the request was lost.
	 *
	 * @param local		our address it was sent from
	 * @param remote	the peer's address
	 * @param asked		when the request was sent first
	 * @param now		current time
	 * @return			TRUE if there is no point in asking again
	 */
	bool (*is_before)(mobility_peer_load_t *this, host_t *local, host_t *remote,
					  uint64_t asked, uint64_t now);

	/**
	 * Check if a peer has so much to answer that what can wait should.
	 *
	 * @param local		our address to ask from
	 * @param remote	the peer's address
	 * @param now		current time
	 * @return			TRUE if it should
	 */
	bool (*is_busy)(mobility_peer_load_t *this, host_t *local, host_t *remote,
					uint64_t now);

	/**
	 * Destroy a mobility_peer_load_t.
	 */
	void (*destroy)(mobility_peer_load_t *this);
};

/**
 * Create an instance.
 *
 * @return				instance
 */
mobility_peer_load_t *mobility_peer_load_create();

#endif /** MOBILITY_PEER_LOAD_H_ @}*/
