/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_retransmission mobility_retransmission
 * @{ @ingroup mobility_manager
 *
 * Sends the request in flight, again and over other paths, and knows over which
 * ones it went and how long its answer took.  When to do so is decided by the
 * session.
 */

#ifndef MOBILITY_RETRANSMISSION_H_
#define MOBILITY_RETRANSMISSION_H_

#include "ike/request.h"
#include "mobile/course.h"
#include "mobile/peer_load.h"
#include "net/rtnl.h"
#include "path/next_hops.h"

typedef struct mobility_retransmission_t mobility_retransmission_t;

/**
 * Retransmission of the requests of one session.  Used with the IKE_SA checked
 * out.
 */
struct mobility_retransmission_t {

	/**
	 * Request in flight, read only.
	 */
	mobility_request_t *request;

	/**
	 * The request in flight was also sent over paths other than the one it was
	 * built for, read only.
	 */
	bool spread;

	/**
	 * The request in flight was sent over all paths, as the one in use did not
	 * answer, read only.
	 */
	bool probed;

	/**
	 * How long the last answer took in ms, at least 1, suspends not counted; 0 if
	 * that is not known, as the request was sent more than once.  Read only.
	 */
	uint32_t rtt;

	/**
	 * Turns of the next hops that it took, read only.
	 */
	mobility_hop_turns_t turns;

	/**
	 * A request was encoded and is about to be sent: keep its packets.
	 *
	 * @param message	request
	 */
	void (*sent)(mobility_retransmission_t *this, message_t *message);

	/**
	 * Send the request for the first time, over the path it was built for.  If
	 * it is to be sent again by whoever does not know of paths, also over the
	 * one in use.
	 */
	void (*transmit)(mobility_retransmission_t *this);

	/**
	 * Send the request over a path that was taken just now, whatever it was
	 * built for.
	 *
	 * @param path		path
	 */
	void (*redirect)(mobility_retransmission_t *this,
					 const mobility_path_t *path);

	/**
	 * Send the request over a path once more, and have the kernel ask for its
	 * next hop: that may not even have got it.
	 *
	 * @param path		path, ignored if NULL
	 */
	void (*again)(mobility_retransmission_t *this, const mobility_path_t *path);

	/**
	 * Do so with a path that the peer has just answered on; over another next
	 * hop if it may have been that and it is its turn.
	 *
	 * @param path		path
	 */
	void (*insist)(mobility_retransmission_t *this,
				   const mobility_path_t *path);

	/**
	 * Send the request over all paths, as the one in use does not answer.
	 *
	 * @param last_resort	over those as well that are the last resort
	 */
	void (*probe)(mobility_retransmission_t *this, bool last_resort);

	/**
	 * The request may have to be sent over all paths soon: have the kernel ask for
	 * their next hops.
	 */
	void (*prepare)(mobility_retransmission_t *this);

	/**
	 * Have the listener told of the paths that probe() would send over, which get
	 * pinned, without sending anything.
	 *
	 * @param last_resort	of those as well that are the last resort
	 */
	void (*offer)(mobility_retransmission_t *this, bool last_resort);

	/**
	 * Check if the peer has not come to the request yet, as it has to answer
	 * many others.
	 *
	 * @param now		current time
	 * @return			TRUE if there is no point in asking again
	 */
	bool (*is_queued)(mobility_retransmission_t *this, uint64_t now);

	/**
	 * The request was answered, it is in flight no longer.  May be called by a
	 * bus listener: does nothing that could block.
	 *
	 * @param local		our address the answer arrived at
	 * @param remote	the peer's address it came from
	 */
	void (*answered)(mobility_retransmission_t *this, host_t *local,
					 host_t *remote);

	/**
	 * Destroy a mobility_retransmission_t.
	 */
	void (*destroy)(mobility_retransmission_t *this);
};

/**
 * Create an instance with no request in flight.
 *
 * @param course		course of the session
 * @param rtnl			requests about next hops
 * @param load			what peers are busy with
 * @return				instance
 */
mobility_retransmission_t *mobility_retransmission_create(
											mobility_course_t *course,
											mobility_rtnl_t *rtnl,
											mobility_peer_load_t *load);

#endif /** MOBILITY_RETRANSMISSION_H_ @}*/
