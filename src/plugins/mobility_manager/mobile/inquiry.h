/*
 * Copyright (C) 2026 The mobility-manager developers
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

/**
 * @defgroup mobility_inquiry mobility_inquiry
 * @{ @ingroup mobility_manager
 *
 * What a second IKE_SA asks of who may be the gateway, and what the answers say:
 * its request in flight and the paths that goes over, the path over which
 * IKE_SA_INIT was answered, and why a gateway refused.  What follows from that is
 * decided by mobility_attempt_t.
 *
 * Whoever has the held IKE_SA checked out needs this, and whoever has the second
 * one, who do not wait for each other.  So there is a mutex, which all callers of
 * the functions below hold.  It is a leaf: nothing of charon but hosts and packets
 * is used with it held.
 */

#ifndef MOBILITY_INQUIRY_H_
#define MOBILITY_INQUIRY_H_

#include "ike/init_answer.h"
#include "ike/request.h"
#include "mobile/attempt.h"
#include "path/candidates.h"

#include <threading/mutex.h>

typedef struct mobility_inquiry_t mobility_inquiry_t;

/**
 * State of an inquiry.
 */
struct mobility_inquiry_t {
	/** locks what follows */
	mutex_t *mutex;
	/** when to do what */
	mobility_attempt_t attempt;
	/** what the network is recognized by */
	uint32_t network;
	/** request of the second IKE_SA, and hosts with its ports; NULL if none */
	mobility_request_t *request;
	host_t *me, *other;
	/** ends of the path that IKE_SA_INIT was answered over, NULL if it was not */
	host_t *local, *remote;
	/** the request in flight was answered */
	bool replied;
	/** what the last answer had to complain about, and if a gateway refused for
	 * that since somebody asked */
	notify_type_t error;
	bool refused;
};

/**
 * Initialize an inquiry.
 *
 * @param inquiry		inquiry
 */
void mobility_inquiry_init(mobility_inquiry_t *inquiry);

/**
 * A request of the second IKE_SA was encoded: keep it.
 *
 * @param inquiry		inquiry, gets updated
 * @param ike_sa		the second IKE_SA, checked out
 * @param message		encoded request
 */
void mobility_inquiry_sent(mobility_inquiry_t *inquiry, ike_sa_t *ike_sa,
						   message_t *message);

/**
 * Send the request in flight over a path, if there is one.
 *
 * @param inquiry		inquiry, gets updated
 * @param path			path, is pinned
 * @param port			what follows IKE_SA_INIT is sent from this local port as
 *						well, 0 for none
 * @param strays		TRUE if it is not of the preferred address family, see
 *						mobility_attempt_may_stray(): only if it may be asked yet
 */
void mobility_inquiry_ask(mobility_inquiry_t *inquiry,
						  const mobility_path_t *path, uint16_t port,
						  bool strays);

/**
 * IKE_SA_INIT was answered, by whomever.
 *
 * @param inquiry		inquiry, gets updated
 * @param message		the answer
 * @param answer		its kind
 * @param error			notify if that is an error, 0 if none
 * @param login			gets TRUE if the second IKE_SA authenticates then
 * @return				TRUE to have charon process it, FALSE to have it ignored
 */
bool mobility_inquiry_answered(mobility_inquiry_t *inquiry, message_t *message,
							   mobility_init_answer_t answer,
							   notify_type_t error, bool *login);

/**
 * A later request was answered.
 *
 * @param inquiry		inquiry, gets updated
 * @param message		the answer
 */
void mobility_inquiry_replied(mobility_inquiry_t *inquiry, message_t *message);

/**
 * Time has passed.
 *
 * @param inquiry		inquiry, gets updated
 * @param candidates	paths there are
 * @param path			gets the path that IKE_SA_INIT was answered over, owned by
 *						candidates; NULL if there is none
 * @return				what to do
 */
mobility_attempt_action_t mobility_inquiry_tick(mobility_inquiry_t *inquiry,
										mobility_candidates_t *candidates,
										mobility_path_t **path);

/**
 * Check if IKE_SA_INIT was built for the path over which it was answered: else the
 * two ends would not see the same NATs.
 *
 * @param inquiry		inquiry
 * @return				TRUE if so
 */
bool mobility_inquiry_is_built(mobility_inquiry_t *inquiry);

/**
 * The second IKE_SA is destroyed, though nobody here wanted that: get what this
 * says about the gateway.
 *
 * @param inquiry		inquiry, gets updated
 * @param established	TRUE if it was established
 * @return				how the attempt has ended
 */
mobility_attempt_end_t mobility_inquiry_judge_end(mobility_inquiry_t *inquiry,
												  bool established);

/**
 * There is no second IKE_SA anymore.
 *
 * @param inquiry		inquiry, gets updated
 * @param end			how the attempt has ended
 */
void mobility_inquiry_end(mobility_inquiry_t *inquiry,
						  mobility_attempt_end_t end);

/**
 * Get what the gateway had to say if it refused, once.
 *
 * @param inquiry		inquiry, gets updated
 * @param buf			gets text for people
 * @param len			size of buf
 * @return				TRUE if it refused since the last call
 */
bool mobility_inquiry_get_refusal(mobility_inquiry_t *inquiry, char *buf,
								  size_t len);

/**
 * Clean up what an inquiry owns, not itself.
 *
 * @param inquiry		inquiry
 */
void mobility_inquiry_cleanup(mobility_inquiry_t *inquiry);

#endif /** MOBILITY_INQUIRY_H_ @}*/
